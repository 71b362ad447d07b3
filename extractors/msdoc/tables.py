"""Paragraphs put together into blocks: tables with their merged cells, at every depth of nesting."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import pairwise

from extractors.msdoc.binary import File, Run
from extractors.msdoc.lists import lists
from extractors.msdoc.properties import (
    INNER_CELL,
    INNER_ROW_END,
    LIST,
    LIST_LEVEL,
    MERGE,
    ROW_END,
    TABLE,
    VERTICAL,
    Properties,
)
from schema.document import Cell, Origin, Paragraph, Table

_NEAR = 15  # twips: column edges of one table differ by less


@dataclass(slots=True)
class _Row:
    edges: list[int]
    flags: list[int]
    texts: list[str]


@dataclass(slots=True)
class _Open:
    """A table being read at one depth of nesting."""

    lines: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    rows: list[_Row] = field(default_factory=list)


class Assembler:
    """Puts the paragraphs of a file together into blocks; guards the tables still open at each depth."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.numbers = lists(file)
        self.out: list[Paragraph | Table] = []
        self.open: dict[int, _Open] = {}
        self.nested: list[list[_Row]] = []
        self.tables = 0

    def read(self) -> list[Paragraph | Table]:
        for part, start, stop in self.file.stories:
            self._story(part, start, stop)
        return self.out

    def _story(self, part: str, start: int, stop: int) -> None:
        for run in self.file.runs(start, stop):
            depth = run.depth
            for deeper in sorted((d for d in self.open if d > depth), reverse=True):
                self._close(deeper)
            text = self._number(run) + run.text
            if depth == 0:
                self.out.append(Paragraph(text, Origin(part, len(self.out) + 1)))
            else:
                self._in_table(run, depth, text)
        for deeper in sorted(self.open, reverse=True):
            self._close(deeper)

    def _number(self, run: Run) -> str:
        wanted = run.properties.get(LIST)
        if not wanted:
            return ""
        level = run.properties.get(LIST_LEVEL, b"\0")[0]
        return self.numbers.next(str(int.from_bytes(wanted[:2], "little")), min(level, 8))

    def _in_table(self, run: Run, depth: int, text: str) -> None:
        table = self.open.setdefault(depth, _Open())
        row_end = run.flag(ROW_END) if depth == 1 else run.flag(INNER_ROW_END)
        cell_end = run.mark == "\x07" if depth == 1 else run.flag(INNER_CELL)
        if row_end:
            edges, flags = _grid(run.properties, len(table.cells))
            table.rows.append(_Row(edges, flags, table.cells))
            table.cells, table.lines = [], []
        else:
            table.lines.append(text)
            if cell_end:
                table.cells.append("\n".join(table.lines))
                table.lines = []

    def _close(self, depth: int) -> None:
        table = self.open.pop(depth)
        if depth > 1:
            self.nested.append(table.rows)
            return
        for rows in [table.rows, *self.nested]:
            if rows:
                self.tables += 1
                self.out.append(_table(rows, len(self.out) + 1, self.tables))
        self.nested = []


def _grid(properties: Properties, count: int) -> tuple[list[int], list[int]]:
    """The column edges of a row and, per cell, its merge flags (1: goes on from the left, 2: from above,
    4: may go on below)."""
    raw = properties.get(TABLE, b"")
    cells = raw[0] if raw else 0
    if not cells or len(raw) < 1 + 2 * (cells + 1):
        return [1000 * i for i in range(count + 1)], [0] * count
    edges = list(struct.unpack_from(f"<{cells + 1}h", raw, 1))
    flags = []
    for i in range(cells):
        at = 1 + 2 * (cells + 1) + 20 * i
        grf = raw[at] | raw[at + 1] << 8 if at + 1 < len(raw) else 0
        vertical = grf >> 5 & 3
        flags.append((1 if grf & 3 == 1 else 0) | (2 if vertical == 1 else 4 if vertical == 3 else 0))
    vertical_marks = properties.get(VERTICAL, b"")
    for k in range(0, len(vertical_marks) - 1, 2):
        cell, mark = vertical_marks[k], vertical_marks[k + 1]
        if cell < cells:
            flags[cell] = flags[cell] & 1 | (2 if mark == 1 else 4 if mark == 3 else 0)
    merges = properties.get(MERGE, b"")
    for k in range(0, len(merges) - 1, 2):
        for cell in range(merges[k] + 1, min(merges[k + 1], cells)):
            flags[cell] |= 1
    return edges, flags


def _table(rows: list[_Row], block: int, number: int) -> Table:
    xs: list[int] = []
    for edge in sorted({edge for row in rows for edge in row.edges}):
        if not xs or edge - xs[-1] > _NEAR:
            xs.append(edge)

    if len(xs) < 2:
        xs = [0, 1000]

    def column(edge: int) -> int:
        return min(range(len(xs)), key=lambda i: abs(xs[i] - edge))

    cells: list[Cell] = []
    above: dict[tuple[int, int], int] = {}  # (column, span) of a cell that may go on below → its index
    for r, row in enumerate(rows):
        still: dict[tuple[int, int], int] = {}
        for i, text in enumerate(row.texts[: len(row.edges) - 1]):
            left = min(column(row.edges[i]), len(xs) - 2)
            right = max(column(row.edges[i + 1]), left + 1)
            if row.flags[i] & 1 and cells and cells[-1].row == r:
                last = cells[-1]
                cells[-1] = Cell(r, last.column, 1, max(right - last.column, 1), last.text, last.origin)
                continue
            key = (left, right - left)
            if row.flags[i] & 2 and key in above:
                index = above[key]
                top = cells[index]
                cells[index] = Cell(top.row, top.column, r - top.row + 1, top.column_span, top.text, top.origin)
                still[key] = index
                continue
            origin = Origin("body", block, number, r + 1, left + 1)
            cells.append(Cell(r, left, 1, key[1], text, origin))
            if row.flags[i] & 6:
                still[key] = len(cells) - 1
        above = still
    widths = tuple(max(b - a, 1) for a, b in pairwise(xs))
    return Table(tuple(cells), len(rows), len(xs) - 1, Origin("body", block, number), widths)
