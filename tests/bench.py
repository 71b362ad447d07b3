"""Speed beside named tools, as ratios from one run: `make bench`, or `python -m tests.bench FILE.docx ...`.

Seconds are the best of five on this machine and mean nothing elsewhere; the ratios do.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import docx
from docx2python import docx2python

import extractors
from pipeline.extract import extract
from tests.conftest import SAMPLES

CHARACTERS_A_PAGE = 470  # a 21-page report of fourteen forms, printed, holds 9,900


def best(work: Callable[[], object], times: int = 5) -> float:
    def once() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return min(once() for _ in range(times))


def row_cells(path: Path) -> list[str]:
    """python-docx's own walk, row by row."""
    return [
        cell.text for table in docx.Document(str(path)).tables for row in table.rows for cell in row.cells
    ]


def table_cell(path: Path) -> list[str]:
    """python-docx's walk cell by cell, as most tutorials write it."""
    out = []
    for table in docx.Document(str(path)).tables:
        for r in range(len(table.rows)):
            out += [table.cell(r, c).text for c in range(len(table.columns))]
    return out


def pages(path: Path) -> float:
    return max(sum(len(item.text.strip()) for item in extractors.read(path).texts()) / CHARACTERS_A_PAGE, 1)


def measure(path: Path) -> None:
    count = pages(path)
    first = best(lambda: extract(path), 1)  # nothing looked up before
    read = best(lambda: extractors.read(path))
    whole = best(lambda: extract(path))
    print(f"{path.name} ({count:.1f} page-equivalents)")
    print(f"  file to Document   {read:.4f} s a document, {read / count:.4f} s a page")
    print(
        f"  file to record     {whole:.4f} s a document, {whole / count:.4f} s a page; {first:.4f} s the first time"
    )
    for name, other in (
        ("docx2python", best(lambda: docx2python(str(path)).text, 3)),
        ("python-docx row.cells", best(lambda: row_cells(path), 3)),
        ("python-docx table.cell()", best(lambda: table_cell(path), 1)),
    ):
        print(
            f"  {name:24} {other:.4f} s: file to Document {read / other:.3f} x, file to record {whole / other:.3f} x"
        )


def start() -> None:
    ziping = Path(sys.executable).parent / "ziping"
    bare = best(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
    command = best(lambda: subprocess.run([ziping, "--help"], check=True, capture_output=True))
    print(f"ziping --help {command:.3f} s: {command / bare:.1f} x python -c pass")


def main(paths: list[Path]) -> None:
    start()
    for path in paths:
        measure(path)


if __name__ == "__main__":
    given = [Path(name) for name in sys.argv[1:]]
    largest = sorted(SAMPLES.glob("*.docx"), key=lambda p: -p.stat().st_size)[:3]
    main(given or largest)
