"""What the READMEs say is run: their queries on the samples, their commands, their quoted findings."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, SAMPLES

PAGES = sorted(path.stem for path in (ROOT / "docs" / "en").glob("*.md"))
QUIET = {"NO_MKDOCS_2_WARNING": "1"}  # the theme speaks of its successor
_CHINESE = re.compile("[\u3400-\u9fff]")
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
Run = Callable[..., subprocess.CompletedProcess[str]]
_QUERY = re.compile(r"```sql\n([^`]+)```\s+\|([^\n]+)\|\n\| ---[^\n]*\n((?:\|[^\n]*\n)+)")


@pytest.mark.parametrize("readme", READMES, ids=lambda p: p.name)
def test_the_queries_give_the_tables_that_stand_below_them(readme: Path, templates: Callable[[str], Path]) -> None:
    found = _QUERY.findall(readme.read_text(encoding="utf-8"))
    assert len(found) == 2
    with sqlite3.connect(templates("demo")) as store:
        for query, headings, rows in found:
            cursor = store.execute(query)
            assert [c[0] for c in cursor.description] == [h.strip() for h in headings.split("|")]
            shown = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]
            assert [[str(cell) for cell in row] for row in cursor] == shown


def test_the_quoted_findings_are_what_extract_prints(ziping: Run) -> None:
    printed = ziping("extract", SAMPLES / "water-2022.docx").stdout
    for readme in READMES:
        quoted = re.search(r"核对发现：\n(.+?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
        assert quoted is not None
        for line in quoted[1].strip().splitlines():
            assert line.strip() in printed


def skeleton(page: Path) -> dict[str, list[object]]:
    """What a page has in any language: levels of its headings, what its blocks of code run, the shape of its tables and the codes in their
    first column, and where it leads."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in prose.splitlines() if line[:2] == "| "]
    links = re.findall(r"\]\(([^)]+)\)", prose)
    return {
        "headings": [len(level) for level in re.findall(r"^(#+) ", prose, re.MULTILINE)],
        "code": [[line.partition("  #")[0].split() for line in code.splitlines() if not _CHINESE.search(line.partition("  #")[0])]
                 if kind not in ("mermaid", "text") else kind for kind, code in blocks],
        "tables": [(len(row), re.findall("`[^`]+`", row[0])) for row in rows],
        "links": sorted(re.sub(r"(?<=docs/)zh(?=/)|(?<=docs/)en(?=/)|README(\.zh-CN)?\.md$", "", link) for link in links),
    }  # fmt: skip


@pytest.mark.parametrize("page", ["README.md", *(f"docs/en/{name}.md" for name in PAGES)])
def test_chinese_and_english_say_the_same(page: str) -> None:
    other = "README.zh-CN.md" if page == "README.md" else page.replace("/en/", "/zh/")
    assert skeleton(ROOT / page) == skeleton(ROOT / other)


def test_every_page_has_its_pair_and_the_documentation_builds(tmp_path: Path) -> None:
    assert {path.stem for path in (ROOT / "docs" / "zh").glob("*.md")} == set(PAGES)
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | QUIET)
    assert (done.returncode, done.stderr) == (0, "")
    assert "unit_spelling" in (tmp_path / "dictionary" / "index.html").read_text(encoding="utf-8")


def test_every_command_is_explained_and_exists(ziping: Run) -> None:
    text = (ROOT / "docs" / "en" / "commands.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`ziping (\w+)", text))
    listed = set(re.findall(r"^  (\w+) ", ziping("--help").stdout.split("Commands:")[1], re.MULTILINE))
    assert named == listed - {"Exit", "ziping"}
    for name in named:
        assert ziping(name, "--help").returncode == 0


def test_every_linked_file_exists_and_every_target_of_make_is_explained() -> None:
    for page in [*READMES, ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), (page.name, link)
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    wanted = (
        "help",
        "install",
        "demo",
        "test",
        "quick",
        "soak",
        "notebooks",
        "docs",
        "check",
        "format",
        "bench",
        "migration",
        "samples",
        "locale",
        "gold",
        "evidence",
        "lock",
        "clean",
    )
    assert re.findall(r"^([a-z]+):.*## ", make, re.MULTILINE) == list(wanted)
