"""A table as it has been joined over pages so far: its cells, and what is counted of them.

A page is only ever held against the table's first rows, its last row and what is counted of the rest, so that a table costs as much a page
however long it is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from operator import attrgetter

from extractors.pdf_tables import Box
from extractors.pdf_text import Line
from schema.document import Place

_SCORE = attrgetter("score")
FIGURE = re.compile(r"^[\d.,%‰\-]+分?$")
NEAR = 4.0  # edges of one table on two pages differ by less
MAX_HEADING = 4
DESCENT = 0.6  # of a line: what a cell leaves below the last one anyway
ENDING = 2  # characters
PADDING = 5.4  # points between a cell's side and its text; a printer may leave less
_NEVER_FIRST = frozenset("，。；：、！？）》”’,.;:!?)%％")

Edges = tuple[float, float]


@dataclass(slots=True)
class Part:
    """A cell of a joined table: where its parts stand, and their texts."""

    row: int
    column: int
    row_span: int
    column_span: int
    texts: list[str]
    places: list[Place]
    left: float
    right: float
    hangs: bool  # no line is drawn below it
    score: float
    room: float  # left in its last line, in characters of it
    first: float  # what of its first line cannot be broken, in characters of it
    space: float  # left below its last line, in lines

    @property
    def text(self) -> str:
        return "\n".join(text for text in self.texts if text)

    @property
    def edges(self) -> Edges:
        return self.left, self.right


@dataclass(slots=True)
class Whole:
    """A table as joined so far."""

    xs: list[float]
    rows: int = 0
    parts: list[Part] = field(default_factory=list)
    repeats: bool = False  # its heading stands again on every page
    bottom: float = 0.0  # where it ends on its last page
    first: list[Part] = field(default_factory=list)  # those of the rows that may be its heading
    last: list[Part] = field(default_factory=list)  # those that end where it ends: the only ones that may go on
    # Of the others, by their left and right edges: how many there are, how many have a text, of which how many are figures,
    # and who merges rows.
    cells: Counter[Edges] = field(default_factory=Counter)
    texts: Counter[Edges] = field(default_factory=Counter)
    figures: Counter[Edges] = field(default_factory=Counter)
    endings: dict[Edges, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    merging: set[Edges] = field(default_factory=set)

    def take(self, parts: list[Part]) -> None:
        """Parts of the next page, as they stand after joining."""
        self.parts += parts
        self.first += [part for part in parts if part.row <= MAX_HEADING]
        ends = [*self.last, *parts]
        self.rows = max((part.row + part.row_span for part in ends), default=0)
        self.last = [part for part in ends if part.row + part.row_span == self.rows]
        for part in ends:
            if part.row + part.row_span == self.rows:
                continue
            self.cells[part.edges] += 1
            if part.text:
                self.texts[part.edges] += 1
                self.endings[part.edges][_ending(part.text)] += 1
                self.figures[part.edges] += bool(FIGURE.match(part.text.strip()))
            if part.row_span > 1:
                self.merging.add(part.edges)

    def row_texts(self, row: int) -> list[str]:
        """The texts of one of its first rows."""
        return [part.text for part in self.first if part.row == row]

    def counted(self, left: float, right: float) -> tuple[int, int]:
        """How many cells between these edges have a text, and how many of those are figures."""
        own = [part.text.strip() for part in self.last if part.text and same((left, right), part.edges)]
        alike = [edges for edges in self.texts if same((left, right), edges)]
        texts = len(own) + sum(self.texts[edges] for edges in alike)
        return texts, sum(bool(FIGURE.match(text)) for text in own) + sum(self.figures[e] for e in alike)

    def filled(self, edges: Edges) -> tuple[int, int]:
        """How many cells between these edges there are, and how many have a text; those of the last row left out."""
        alike = [own for own in self.cells if same(edges, own)]
        return sum(self.cells[own] for own in alike), sum(self.texts[own] for own in alike)

    def ending_so(self, part: Part) -> tuple[int, int]:
        """How many other cells between the edges of one have a text, and how many of those end as its text does."""
        counts = [self.endings[own] for own in self.texts if same(part.edges, own)]
        return sum(count.total() for count in counts), sum(count[_ending(part.text)] for count in counts)

    def merges(self, parts: list[Part], cell: Part) -> bool:
        """Does a cell between the edges of this one run over several rows, in the table or among the parts of the next page?"""
        return any(same(edges, cell.edges) for edges in self.merging) or any(
            part.row_span > 1 and same(part.edges, cell.edges) for part in (*self.last, *parts)
        )


def part_of(box: Box, page: int, rows: int, xs: list[float]) -> Part:
    """A cell of a page (from 0) as a part of a table that has so many rows before it, and these edges of columns."""
    column, last = _nearest(xs, box.left), _nearest(xs, box.right)
    found = box.lines
    place = Place(page + 1, round(box.left, 1), round(box.top, 1), round(box.right, 1), round(box.bottom, 1))
    return Part(
        box.row + rows,
        column,
        box.row_span,
        max(last - column, 1),
        [box.text],
        [place],
        box.left,
        box.right,
        box.hangs,
        min(map(_SCORE, box.chars), default=1.0),
        _room(box),
        _first(found[0]) if found else 0.0,
        max(box.bottom - found[-1].base, 0.0) / found[-1].size - DESCENT if found else 0.0,
    )


def _ending(text: str) -> str:
    return "".join(text.split())[-ENDING:]


def _room(box: Box) -> float:
    """How many characters would have found room in a cell's last line, whatever its text is set to."""
    found = box.lines
    if not found:
        return 0.0
    padding = min([PADDING, *(max(min(line.left - box.left, box.right - line.right), 0.5) for line in found)])
    last = found[-1]
    return (box.right - box.left - (last.right - last.left) - 2 * padding) / last.size


def _first(line: Line) -> float:
    """How wide the word is that a line begins with, in characters: figures and letters are not broken, nor is a mark parted from what it follows."""
    chars = [char for char in line.chars if not char.text.isspace()]
    stop = 1
    while stop < len(chars) and (
        chars[stop].text in _NEVER_FIRST or (chars[stop].text.isascii() and chars[stop - 1].text.isascii())
    ):
        stop += 1
    return (chars[stop - 1].right - chars[0].left) / line.size


def _nearest(xs: list[float], x: float) -> int:
    at = bisect_left(xs, x)
    return at - 1 if at == len(xs) or (at and x - xs[at - 1] <= xs[at] - x) else at


def same(one: Edges, other: Edges) -> bool:
    return abs(one[0] - other[0]) <= NEAR and abs(one[1] - other[1]) <= NEAR
