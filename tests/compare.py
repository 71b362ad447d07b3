"""Do two checkouts say the same? `python -m tests.compare OTHER [FILES]` reads data/samples, data/formats and FILES with both and
compares every record, its evidence, the rows of the store, exports, questions and sheets. Exit code 1 where anything differs.

Each checkout is run by its own .venv, so that both need `make install`.
"""

from __future__ import annotations

import argparse
import difflib
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conftest import ROOT

# What tells runs apart and not what was read: when, where, by which code.
_OWN = (
    "lookups",  # what was asked of the vocabulary, not what was read
    *("rules_key", "words_key", "reader_key", "version", "host", "arguments", "content"),
    *("started_at", "ended_at", "valid_from", "seconds", "passage_id"),  # passages are numbered as they come
)
_LEFT_OUT = ("document", "wordlist", "alembic_version", "lease", "passage_index")
_SHOWN = 20  # lines of a difference


def main(other: Path, files: list[Path]) -> int:
    samples = sorted((ROOT / "data" / "samples").iterdir()) + sorted((ROOT / "data" / "formats").iterdir())
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(2) as pool:
        ours, theirs = Path(name, "ours"), Path(name, "theirs")
        wanted = [path.resolve() for path in (*samples, *files)]
        list(pool.map(said, (ROOT, other.resolve()), (ours, theirs), (wanted, wanted)))
        found = {path.relative_to(ours) for path in ours.rglob("*") if path.is_file()}
        found |= {path.relative_to(theirs) for path in theirs.rglob("*") if path.is_file()}
        different = [path for path in sorted(found) if not same(path, theirs, ours)]
    print(f"{len(found)} files compared, {len(different)} differ")
    return bool(different)


def said(checkout: Path, out: Path, files: list[Path]) -> None:
    """Writes all that a checkout says of files into a folder."""
    out.mkdir()
    ziping = checkout / ".venv" / "bin" / "ziping"
    for i, path in enumerate(files):
        for kind in ("--json", "--evidence"):
            (out / f"{i:03d}-{path.name}{kind}").write_text(run(ziping, "extract", path, kind))
    store = out / "s.db"
    run(ziping, "ingest", ROOT / "data" / "samples", *files, "--store", store, "--quiet", "--timeout", "600")
    with sqlite3.connect(store) as connection:
        (out / "rows").write_text("\n".join(rows(connection)))
    for question in sorted((ROOT / "pipeline" / "analysts" / "questions").glob("*.sql")):
        answer = run(ziping, "query", question.stem, "--format", "csv", "--store", store)
        (out / f"{question.stem}.csv").write_text(answer)
    exported = run(ziping, "export", out / "export", "--format", "csv", "--store", store)
    reported = run(ziping, "report", "--all", "--out", out / "sheets", "--store", store)
    (out / "commands").write_text(exported + reported)
    for path in out.glob("s.db*"):
        path.unlink()


def run(ziping: Path, *arguments: object) -> str:
    """What a command prints, and how it ends; in the folder of its checkout, whose modules lie there."""
    command = [ziping, *map(str, arguments)]
    done = subprocess.run(command, cwd=ziping.parents[2], capture_output=True, text=True, check=False)
    return f"{done.stdout}\n{done.stderr}\n{done.returncode}\n"


def rows(connection: sqlite3.Connection) -> Iterator[str]:
    """Every row of a store, in an order of its own."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    for (table,) in tables:
        if table.startswith(_LEFT_OUT) or table.startswith("sqlite_"):
            continue
        columns = [column[1] for column in connection.execute(f"PRAGMA table_info({table})")]
        told = ", ".join(f'"{column}"' for column in columns if column not in _OWN)
        yield from sorted(f"{table} {row!r}" for row in connection.execute(f"SELECT {told} FROM {table}"))


def same(path: Path, theirs: Path, ours: Path) -> bool:
    """Is a file the same in both folders? Prints the first lines of the difference where it is not."""
    if not ((theirs / path).exists() and (ours / path).exists()):
        print(f"only in {'the other' if (theirs / path).exists() else 'this one'}: {path}")
        return False
    old, new = text(path, theirs), text(path, ours)
    if old == new:
        return True
    print(f"--- {path}")
    for line in list(difflib.unified_diff(old, new, "the other", "this one", lineterm="", n=0))[:_SHOWN]:
        print(line[:300])
    return False


def text(path: Path, folder: Path) -> list[str]:
    """The lines of a file, of a Word file those of its document, without the folder that all of it lies in."""
    word = path.suffix == ".docx"
    content = zipfile.ZipFile(folder / path).read("word/document.xml") if word else (folder / path).read_bytes()
    return content.decode("utf-8", "backslashreplace").replace(str(folder), "").splitlines()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m tests.compare OTHER_CHECKOUT [FILES]")
    said_by = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    said_by.add_argument("other", type=Path, help="another checkout with a .venv of its own")
    said_by.add_argument("files", type=Path, nargs="*", help="files or folders beside data/samples and data/formats")
    given = said_by.parse_args()
    sys.exit(main(given.other, given.files))
