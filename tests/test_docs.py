"""What the READMEs say is run: their queries on the samples, their commands, their quoted findings."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, SAMPLES

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


def test_both_readmes_hold_the_same_commands_queries_and_links() -> None:
    def skeleton(path: Path) -> tuple[list[str], list[str]]:
        text = path.read_text(encoding="utf-8")
        return re.findall(r"```sql\n(.+?)```", text, re.DOTALL), re.findall(
            r"^\| `(ziping .+?)` \|", text, re.MULTILINE
        )

    assert skeleton(READMES[0]) == skeleton(READMES[1])


def test_every_command_of_the_readme_exists(ziping: Run) -> None:
    text = READMES[0].read_text(encoding="utf-8")
    named = set(re.findall(r"`ziping (\w+)", text))
    listed = set(re.findall(r"^  (\w+) ", ziping("--help").stdout.split("Commands:")[1], re.MULTILINE))
    assert named == listed - {"Exit", "ziping"}
    for name in named:
        assert ziping(name, "--help").returncode == 0


def test_every_linked_file_exists_and_every_target_of_make_is_explained() -> None:
    for page in [*READMES, ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md"]:
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
        "check",
        "format",
        "bench",
        "migration",
        "samples",
        "gold",
        "lock",
        "clean",
    )
    assert re.findall(r"^([a-z]+):.*## ", make, re.MULTILINE) == list(wanted)
