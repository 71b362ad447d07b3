"""Second readings of a PDF page: pdfplumber where the fast reading fails its own test, camelot where a table has no rules.

Both only say where cells are and which characters the page holds; the characters go into the cells as everywhere.
"""

from __future__ import annotations

import io
import logging
import struct
import tempfile
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from extractors.pdf_rules import SNAP, levels
from extractors.pdf_tables import Box, Lattice
from extractors.pdf_text import Char, Line
from extractors.radicals import meant

BROAD = 1.5  # a gap in a line wider than this many characters parts two columns
CLOSE = 1.5  # lines of one text follow each other within this many times their size
LEAST = 3  # a table without rules has at least so many rows of so many columns

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


# pdfminer, under both of them, meets a broken page with any of these.
_BROKEN = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, RecursionError, OverflowError, OSError,
    NotImplementedError, EOFError, struct.error, zlib.error, ZeroDivisionError,
)  # fmt: skip


class NotInstalled(Exception):
    """A page may hold a table without rules, and camelot is not installed."""


def available() -> bool:
    """Is camelot installed?"""
    return find_spec("camelot") is not None


def plumbed(data: bytes, number: int) -> tuple[list[Lattice], list[Char]] | None:
    """The tables and characters of a page (from 0) as pdfplumber sees them; None where it cannot read the page."""
    from pdfminer.psexceptions import PSException
    from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

    try:
        return _plumbed(data, number)
    except (*_BROKEN, PSException, MalformedPDFException, PdfminerException):
        return None


def _plumbed(data: bytes, number: int) -> tuple[list[Lattice], list[Char]]:
    import pdfplumber

    with _quiet(), pdfplumber.open(io.BytesIO(data), pages=[number + 1]) as document:
        page = document.pages[0]
        tables = [lattice([c for c in table.cells if c is not None]) for table in page.find_tables()]
        chars = [
            Char(meant(text), c["x0"], c["x1"], c["top"] + 0.88 * c["size"], c["size"])
            for c in page.chars
            for text in c["text"]
            if c["upright"]
        ]
        page.close()
    return [table for table in tables if table is not None], chars


def columned(data: bytes, number: int, height: float, outside: list[Line]) -> list[Lattice]:
    """The tables without rules of a page (from 0), as camelot sets their cells. Left out are those it sets through
    the midst of a text, and those whose lines stand so close that cells may hold several: nobody can tell which.
    outside: the lines in no table; height: of the page, in points. Raises NotInstalled where there may be one and camelot is not there."""
    if not tabular(outside):
        return []
    if not available():
        raise NotInstalled
    from camelot.io import read_pdf
    from pdfminer.psexceptions import PSException
    from playa.exceptions import PDFException

    try:
        with _quiet(), tempfile.TemporaryDirectory() as place:  # of bytes it leaves a file behind where it fails
            file = Path(place, "page.pdf")
            file.write_bytes(data)
            found = read_pdf(str(file), pages=str(number + 1), flavor="network", suppress_stdout=True)
    except (*_BROKEN, PSException, PDFException):  # a copy that may not be copied from, among others
        return []
    out = []
    for table in found:
        boxes = [(c.x1, height - c.y2, c.x2, height - c.y1) for row in table.cells for c in row]
        made = lattice(boxes)
        if made is not None and len(made.xs) > LEAST and not _cut(made, outside) and not _dense(made, outside):
            out.append(made)
    return out


def tabular(found: list[Line]) -> bool:
    """Do some lines in a row hold so many words apart that they can only be rows of a table?"""
    run = 0
    for line in found:
        run = run + 1 if len(words(line)) >= LEAST else 0
        if run >= LEAST:
            return True
    return False


def words(line: Line) -> list[tuple[float, float]]:
    """(left, right) of the texts of a line that broad gaps part."""
    out: list[tuple[float, float]] = []
    for char in line.chars:
        if char.text.isspace():
            continue
        if out and char.left - out[-1][1] < BROAD * char.size:
            out[-1] = (out[-1][0], max(out[-1][1], char.right))
        else:
            out.append((char.left, char.right))
    return out


def _cut(table: Lattice, found: list[Line]) -> bool:
    """Does a column edge go through a text?"""
    rows = [line for line in found if table.top <= line.base - 0.3 * line.size <= table.bottom]
    return any(left + SNAP < x < right - SNAP for line in rows for left, right in words(line) for x in table.xs)


def _dense(table: Lattice, found: list[Line]) -> bool:
    """Do lines of the table follow each other as the lines of one text do?"""
    rows = [line for line in found if table.top <= line.base - 0.3 * line.size <= table.bottom]
    steps = [(b.base - a.base) / a.size for a, b in pairwise(rows)]
    return sum(step < CLOSE for step in steps) > 0.1 * len(steps)


def lattice(cells: Iterable[Rectangle]) -> Lattice | None:
    """Rectangles as a grid with spans; None where they overlap or leave holes."""
    cells = sorted(set(cells), key=lambda c: (c[1], c[0]))
    xs = [(a + b) / 2 for a, b in levels(x for c in cells for x in (c[0], c[2]))]
    ys = [(a + b) / 2 for a, b in levels(y for c in cells for y in (c[1], c[3]))]
    if len(xs) < 2 or len(ys) < 2:
        return None
    owner = [[-1] * (len(xs) - 1) for _ in ys[1:]]
    boxes: list[Box] = []
    for left, top, right, bottom in cells:
        c0, c1 = _nearest(xs, left), _nearest(xs, right)
        r0, r1 = _nearest(ys, top), _nearest(ys, bottom)
        if c1 <= c0 or r1 <= r0 or any(owner[r][c] >= 0 for r in range(r0, r1) for c in range(c0, c1)):
            return None
        for r in range(r0, r1):
            owner[r][c0:c1] = [len(boxes)] * (c1 - c0)
        boxes.append(Box(r0, c0, r1 - r0, c1 - c0, xs[c0], ys[r0], xs[c1], ys[r1]))
    if any(-1 in row for row in owner):
        return None
    return Lattice(xs, ys, boxes, owner)


def _nearest(edges: list[float], at: float) -> int:
    return min(range(len(edges)), key=lambda i: abs(edges[i] - at))


@contextmanager
def _quiet() -> Iterator[None]:
    """Neither library may print among our own messages."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
