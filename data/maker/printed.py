"""A source (source.py) as a PDF of ruled tables, printed as a word processor prints: a table that does not fit goes on over the
next page, a merged cell that the page's end cuts has the lines that fit on the first page and the others, mostly none, on the next."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from data.maker.others import cells, plain
from data.maker.source import Box, Line, parse

FONT, TITLE, PADDING = "STSong-Light", 14.0, 3.0
_LEADING = 1.25
# How a printer draws the sides of a cell: as strokes, as thin filled rectangles, as filled polygons whose ends meet aslant (Chromium), as
# one ring filled even-odd, as a filled cell clipped to its sides, or not at all: white cells lie apart on grey.
STYLES: Final = ("stroke", "strips", "polygons", "ring", "clipped", "grey")
_LINE = 0.75
_Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Paper:
    """An A4 page. margin: on all sides; size: of the print in tables, both in points; broad: laid across."""

    margin: float = 50.0
    size: float = 8.0
    broad: bool = True

    @property
    def sides(self) -> tuple[float, float]:
        """Width and height in points."""
        return (842.0, 595.0) if self.broad else (595.0, 842.0)


def pdf(source: str, style: str = "stroke", paper: Paper = Paper()) -> bytes:
    """The source as a PDF, the sides of its cells drawn in one of STYLES. Raises ValueError where one row is higher than a page."""
    printing = _Printing(style, paper)
    for part in parse(source):
        if isinstance(part, Line):
            printing.line(part)
        else:
            printing.table(part)
    return printing.close()


@dataclass
class _Merged:
    """A cell being printed: where it stands, its lines, and where the part on this page begins (None: not yet)."""

    row: int
    column: int
    rows: int
    columns: int
    lines: list[str]
    top: float | None = None


class _Printing:
    """The page being printed on; guards how far down it is filled."""

    def __init__(self, style: str, paper: Paper) -> None:
        self.style, self.margin, self.size = style, paper.margin, paper.size
        self.width, self.height = paper.sides
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
        self.out = io.BytesIO()
        self.canvas = Canvas(self.out, pagesize=paper.sides, invariant=1)
        self.y = self.margin

    def close(self) -> bytes:
        self.canvas.save()
        return self.out.getvalue()

    def line(self, line: Line) -> None:
        if line.kind == "break":
            self._turn()
            return
        size = TITLE if line.kind == "title" else 10.0
        for text in _wrapped(plain(line.text), self.width - 2 * self.margin, size) if line.text else ():
            if self.y + size * _LEADING > self.height - self.margin:
                self._turn()
            wide = pdfmetrics.stringWidth(text, FONT, size)
            left = (self.width - wide) / 2 if line.kind == "title" else self.margin
            self._text(text, left, self.y, size)
            self.y += size * _LEADING + 2

    def table(self, box: Box) -> None:
        step = (self.width - 2 * self.margin) / len(box.rows[0])
        merged = [
            _Merged(r, c, high, wide, _wrapped(text, wide * step - 2 * PADDING, self.size))
            for r, c, high, wide, text in cells(box)
        ]
        heights = _heights(merged, len(box.rows), self.size)
        open_cells: list[_Merged] = []
        for row, height in enumerate(heights):
            if height > self.height - 2 * self.margin:
                raise ValueError(f"row {row + 1} is higher than a page")
            if self.y + height > self.height - self.margin:
                for cell in open_cells:
                    self._box(cell, step)
                self._turn()
            for cell in open_cells:
                cell.top = self.y if cell.top is None else cell.top
            for cell in (m for m in merged if m.row == row):
                cell.top = self.y
                open_cells.append(cell)
            self.y += height
            for cell in [c for c in open_cells if c.row + c.rows == row + 1]:
                self._box(cell, step)
                open_cells.remove(cell)
        self.y += 12

    def _box(self, cell: _Merged, step: float) -> None:
        """Rules the part of a cell that stands on this page, with the lines that fit."""
        assert cell.top is not None
        left = self.margin + cell.column * step
        self._border(left, self.height - self.y, left + cell.columns * step, self.height - cell.top)
        fits = round((self.y - cell.top - 2 * PADDING) // (self.size * _LEADING) + 0.01)
        for i, text in enumerate(cell.lines[:fits]):
            self._text(text, left + PADDING, cell.top + PADDING + i * self.size * _LEADING, self.size)
        cell.lines, cell.top = cell.lines[fits:], None

    def _border(self, left: float, low: float, right: float, high: float) -> None:
        """Draws the sides of a cell in the paper's style."""
        canvas = self.canvas
        outer = _corners(left, low, right, high)
        within = _corners(left + _LINE, low + _LINE, right - _LINE, high - _LINE)
        if self.style == "stroke":
            canvas.setLineWidth(0.5)
            canvas.rect(left, low, right - left, high - low)
        elif self.style == "strips":
            for x in (left, right):
                canvas.rect(x - _LINE / 2, low, _LINE, high - low, stroke=0, fill=1)
            for y in (low, high):
                canvas.rect(left, y - _LINE / 2, right - left, _LINE, stroke=0, fill=1)
        elif self.style == "polygons":
            for i in range(4):
                canvas.drawPath(self._path((outer[i], outer[i - 1], within[i - 1], within[i])), stroke=0, fill=1)
        elif self.style == "ring":
            canvas.drawPath(self._path(outer, within), stroke=0, fill=1, fillMode=0)
        elif self.style == "clipped":
            canvas.saveState()
            canvas.clipPath(self._path(outer, within), stroke=0, fill=0, fillMode=0)
            canvas.rect(left, low, right - left, high - low, stroke=0, fill=1)
            canvas.restoreState()
        else:
            canvas.setFillGray(0.6)
            canvas.rect(left, low, right - left, high - low, stroke=0, fill=1)
            canvas.setFillGray(1)
            canvas.drawPath(self._path(within), stroke=0, fill=1)
            canvas.setFillGray(0)

    def _path(self, *polygons: tuple[_Point, ...]) -> Any:
        """Closed polygons as one path."""
        path = self.canvas.beginPath()
        for polygon in polygons:
            path.moveTo(*polygon[0])
            for point in polygon[1:]:
                path.lineTo(*point)
            path.close()
        return path

    def _text(self, text: str, left: float, top: float, size: float) -> None:
        self.canvas.setFont(FONT, size)
        self.canvas.drawString(left, self.height - top - size, text)

    def _turn(self) -> None:
        self.canvas.showPage()
        self.y = self.margin


def _corners(left: float, low: float, right: float, high: float) -> tuple[_Point, ...]:
    return (left, low), (right, low), (right, high), (left, high)


def _heights(merged: list[_Merged], rows: int, size: float) -> list[float]:
    """How high each row is: enough for its cells; a cell merged down shares what it needs more among its rows."""
    heights = [size * _LEADING + 2 * PADDING] * rows
    for cell in sorted(merged, key=lambda cell: cell.rows):
        needed = len(cell.lines) * size * _LEADING + 2 * PADDING
        missing = needed - sum(heights[cell.row : cell.row + cell.rows])
        for row in range(cell.row, cell.row + cell.rows):
            heights[row] += max(missing, 0) / cell.rows
    return heights


def _wrapped(text: str, room: float, size: float) -> list[str]:
    out = []
    for paragraph in text.split("\n"):
        line = ""
        for character in paragraph:
            if line and pdfmetrics.stringWidth(line + character, FONT, size) > room:
                out.append(line)
                line = ""
            line += character
        out.append(line)
    return out
