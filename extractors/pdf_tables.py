"""Ruling lines and characters of a page → tables with merged cells: the same grid for text PDFs and scans.

Coordinates are points, y downwards. A cell is what no line divides: neighbouring grid fields without an
edge between them are one cell, and each character belongs to the cell its own place is in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from extractors.pdf_rules import SMALLEST, SNAP, Placed, Rule, connected, joined, levels, with_sides
from extractors.pdf_text import Char, Line, lines, paragraphs, stripped

MAX_RULES = 20_000  # lines or pieces of lines on a page
COVERED = 0.6  # share of a field's side that a line must cover to be its edge
FOLLOWING = 2.0  # times its size that a line stands below the one before


class TooManyMarks(Exception):
    """A page draws more than any form does."""


@dataclass(slots=True)
class Box:
    """One cell of a page's grid: its fields, its rectangle, the characters in it."""

    row: int
    column: int
    row_span: int
    column_span: int
    left: float
    top: float
    right: float
    bottom: float
    hangs: bool = False  # no line is drawn below it: the page's end cut it
    chars: list[Char] = field(default_factory=list)
    _lines: list[Line] | None = None
    _text: str | None = None

    @property
    def lines(self) -> list[Line]:
        """Its characters as lines, once all of them are in."""
        if self._lines is None:
            self._lines = lines(self.chars)
        return self._lines

    @property
    def text(self) -> str:
        """Its text, `\n` between its paragraphs."""
        if self._text is None:
            found = paragraphs(self.lines, self.limit) if len(self.lines) > 1 else [self.lines]
            self._text = "\n".join(map(stripped, found))
        return self._text

    @property
    def limit(self) -> float:
        """The right edge that its lines may fill: its padding is the same on both sides."""
        found = self.lines
        left = found[0].left if len(found) == 1 else min((line.left for line in found), default=self.left)
        return self.right - min(max(left - self.left, 1.0), 8.0)

    def move(self, to: float, origin: float, stretch: float) -> None:
        """Moves it sideways with all that is in it: what stood at `origin` stands at `to`."""

        def moved(x: float) -> float:
            return to + (x - origin) * stretch

        self.left, self.right = moved(self.left), moved(self.right)
        self.chars = [c._replace(left=moved(c.left), right=moved(c.right)) for c in self.chars]
        self._lines = None


@dataclass(slots=True)
class Lattice:
    """A ruled table on one page: the edges of its columns and rows, and its cells in reading order."""

    xs: list[float]
    ys: list[float]
    boxes: list[Box]
    owner: list[list[int]]  # which box has each field
    torn: int = 0  # sides of fields where the boxes and the lines disagree

    def box_at(self, x: float, y: float) -> Box | None:
        """The box at a place; None outside the table."""
        if not (self.ys[0] <= y <= self.ys[-1] and self.xs[0] <= x <= self.xs[-1]):
            return None
        row = min(bisect_right(self.ys, y), len(self.ys) - 1) - 1
        column = min(bisect_right(self.xs, x), len(self.xs) - 1) - 1
        return self.boxes[self.owner[row][column]]

    @property
    def top(self) -> float:
        return self.ys[0]

    @property
    def bottom(self) -> float:
        return self.ys[-1]


def lattices(rules: list[Rule]) -> list[Lattice]:
    """The ruled tables of a page, top to bottom; lines that enclose nothing make none. Raises TooManyMarks."""
    if len(rules) > MAX_RULES:
        raise TooManyMarks
    whole = joined([r for r in rules if r.horizontal]) + joined([r for r in rules if not r.horizontal])
    found = []
    for group in with_sides(connected(whole)):
        lattice = _lattice(group)
        if lattice is not None:
            found.append(lattice)
    return sorted(found, key=lambda lattice: (lattice.top, lattice.xs[0]))


def _edges(rules: list[Rule], horizontal: bool) -> list[float]:
    found = levels(rule.at for rule in rules if rule.horizontal is horizontal)
    return [(low + high) / 2 for low, high in found]


def _lattice(rules: list[Rule]) -> Lattice | None:
    xs, ys = _edges(rules, False), _edges(rules, True)
    if not xs:
        return None
    rules = rules + _open_sides(rules, xs, ys)
    xs = _edges(rules, False)
    if len(xs) < 2:
        return None
    lines_across = [rule for rule in rules if rule.horizontal]
    rules = rules + _open_ends(rules, xs, ys)
    ys = _edges(rules, True)
    if len(ys) < 2:
        return None
    columns, rows = len(xs) - 1, len(ys) - 1
    down, across = Placed(r for r in rules if not r.horizontal), Placed(r for r in rules if r.horizontal)
    at_x = [[(r.start, r.end) for r in down.between(x - SNAP, x + SNAP)] for x in xs]
    at_y = [[(r.start, r.end) for r in across.between(y - SNAP, y + SNAP)] for y in ys]
    right_of = [[_covered(at_x[c + 1], ys[r], ys[r + 1]) for c in range(columns)] for r in range(rows)]
    below = [[_covered(at_y[r + 1], xs[c], xs[c + 1]) for c in range(columns)] for r in range(rows)]
    owner = [[-1] * columns for _ in range(rows)]
    boxes: list[Box] = []
    for r in range(rows):
        for c in range(columns):
            if owner[r][c] >= 0:
                continue
            last_row, last_column = _extent(r, c, right_of, below, owner)
            for rr in range(r, last_row + 1):
                for cc in range(c, last_column + 1):
                    owner[rr][cc] = len(boxes)
            boxes.append(
                Box(
                    r,
                    c,
                    last_row - r + 1,
                    last_column - c + 1,
                    xs[c],
                    ys[r],
                    xs[last_column + 1],
                    ys[last_row + 1],
                )
            )
    drawn = [(rule.start, rule.end) for rule in lines_across if abs(rule.at - ys[-1]) <= SNAP]
    for box in boxes:
        box.hangs = box.bottom == ys[-1] and not _covered(drawn, box.left, box.right)
    return Lattice(xs, ys, boxes, owner, _torn(owner, right_of, below))


def _open_sides(rules: list[Rule], xs: list[float], ys: list[float]) -> list[Rule]:
    """The sides that a form without outer borders leaves out: its horizontal lines go on beyond the last vertical."""
    across = [r for r in rules if r.horizontal]
    if len(ys) < 3:
        return []
    left, right = min(r.start for r in across), max(r.end for r in across)
    out = []
    for x, beyond, ends in (
        (left, xs[0] - left, [r.start for r in across]),
        (right, right - xs[-1], [r.end for r in across]),
    ):
        if beyond > 2 * SMALLEST and sum(abs(end - x) <= SNAP for end in ends) >= max(2, len(ys) // 2):
            out.append(Rule(False, x, ys[0], ys[-1]))
    return out


def _open_ends(rules: list[Rule], xs: list[float], ys: list[float]) -> list[Rule]:
    """The edges that a page break left out: both outer sides go on beyond the last horizontal line."""
    sides = [[r for r in rules if not r.horizontal and abs(r.at - x) <= SNAP] for x in (xs[0], xs[-1])]
    if not all(sides):
        return []
    if not ys:
        return [Rule(True, y, xs[0], xs[-1]) for y in (sides[0][0].start, sides[0][0].end)]
    low = min(max(r.end for r in side) for side in sides)
    high = max(min(r.start for r in side) for side in sides)
    ends = [y for y, beyond in ((low, low - ys[-1]), (high, ys[0] - high)) if beyond > 2 * SMALLEST]
    return [Rule(True, y, xs[0], xs[-1]) for y in ends]


def _extent(
    r: int, c: int, right_of: list[list[bool]], below: list[list[bool]], owner: list[list[int]]
) -> tuple[int, int]:
    """The last row and column of the rectangle that no line divides."""
    last_column = c
    while last_column + 1 < len(right_of[0]) and not right_of[r][last_column] and owner[r][last_column + 1] < 0:
        last_column += 1
    last_row = r
    while last_row + 1 < len(right_of):
        under = range(c, last_column + 1)
        if any(below[last_row][cc] for cc in under) or any(owner[last_row + 1][cc] >= 0 for cc in under):
            break
        if any(right_of[last_row + 1][cc] for cc in range(c, last_column)):
            break
        last_row += 1
    return last_row, last_column


def _torn(owner: list[list[int]], right_of: list[list[bool]], below: list[list[bool]]) -> int:
    """Sides of fields where the boxes and the lines disagree: a line inside a box, or none between two."""
    rows, columns = range(len(owner)), range(len(owner[0]))
    return sum(right_of[r][c] is not (owner[r][c] != owner[r][c + 1]) for r in rows for c in columns[:-1]) + sum(
        below[r][c] is not (owner[r][c] != owner[r + 1][c]) for r in rows[:-1] for c in columns
    )


def _covered(spans: list[tuple[float, float]], start: float, end: float) -> bool:
    """Does a line stand at this side of a field along most of it?"""
    length = 0.0
    for low, high in spans:
        common = (high if high < end else end) - (low if low > start else start)
        if common > 0:
            length += common
    return length >= COVERED * (end - start)


# ---------------------------------------------------------------- characters
def fill(tables: list[Lattice], chars: Iterable[Char]) -> list[Char]:
    """Puts each character into the cell it stands in; gives back those outside every table."""
    outside: list[Char] = []
    box: Box | None = None  # where the character before stood: most often the next one stands there too
    for char in chars:
        x, y = (char.left + char.right) / 2, char.base - 0.3 * char.size
        if box is None or not (box.left <= x <= box.right and box.top <= y <= box.bottom):
            box = next((found for table in tables if (found := table.box_at(x, y)) is not None), None)
        (box.chars if box is not None else outside).append(char)
    hanging = [box for table in tables for box in table.boxes if box.hangs]
    return _hung(hanging, outside) if hanging else outside


def _hung(boxes: list[Box], outside: list[Char]) -> list[Char]:
    """The characters outside every table without those that go on below where the sides of a cell end, which take them: they stand on the line
    below its last one, or on that line."""
    last = {id(box): max((own.base for own in box.chars), default=None) for box in boxes}
    left: list[Char] = []
    for char in sorted(outside, key=attrgetter("base")):
        middle = (char.left + char.right) / 2
        box = next(
            (
                box
                for box in boxes
                if box.left <= middle <= box.right
                and box.bottom < char.base
                and (base := last[id(box)]) is not None
                and char.base - base < FOLLOWING * char.size
            ),
            None,
        )
        if box is None:
            left.append(char)
            continue
        box.chars.append(char)
        last[id(box)] = char.base
    return left


# ---------------------------------------------------------------- doubt
def doubt(tables: list[Lattice], outside: list[Char], rules: list[Rule]) -> str | None:
    """What speaks against a reading of a page; None where nothing does."""
    if not tables and sum(not r.horizontal for r in rules) > 3 and sum(r.horizontal for r in rules) > 3:
        return "表格线没有围成表格"
    if any(table.torn for table in tables):
        return "表格线没有围成完整的单元格"
    if sum(_crossed(box) for table in tables for box in table.boxes) > 1:
        return "文字压在表格线上"
    beside = sum(table.top < char.base - 0.3 * char.size < table.bottom for table in tables for char in outside)
    return "表格旁有不在格内的文字" if beside > 2 else None


def _crossed(box: Box) -> bool:
    """Does a side of the box run through the midst of a character?"""
    return any(line.left < box.left - 0.3 * line.size or line.right > box.right + 0.3 * line.size for line in box.lines)
