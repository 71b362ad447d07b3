"""Ruling lines and characters of a page → tables with merged cells: the same grid for text PDFs and scans.

Coordinates are points, y downwards. A cell is what no line divides: neighbouring grid fields without an
edge between them are one cell, and each character belongs to the cell its own place is in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

SNAP = 2.6  # lines closer than this are one (double lines, borders of neighbouring cells)
GAP = 4.0  # a line may be broken this much (dashes, corners)
COVERED = 0.6  # share of a field's side that a line must cover to be its edge
_BEGINS = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[、.．](?!\d)|[①-⑳]|(?:目标|指标)\d+[:：]|附件|说明[:：])"
)
SMALLEST = 4.0  # a field narrower or lower than this is part of a line


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal or vertical line: `at` its y or x, from `start` to `end` along the other axis."""

    horizontal: bool
    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Char:
    """A character with its left and right edge, its baseline, its font size, and how sure a recogniser
    is of it (1 where nothing was recognised)."""

    text: str
    left: float
    right: float
    base: float
    size: float
    score: float = 1.0


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
    chars: list[Char] = field(default_factory=list)


@dataclass(slots=True)
class Lattice:
    """A ruled table on one page: the edges of its columns and rows, and its cells in reading order."""

    xs: list[float]
    ys: list[float]
    boxes: list[Box]

    @property
    def top(self) -> float:
        return self.ys[0]

    @property
    def bottom(self) -> float:
        return self.ys[-1]


def lattices(rules: list[Rule]) -> list[Lattice]:
    """The ruled tables of a page, top to bottom; lines that enclose nothing make none."""
    joined = _joined([r for r in rules if r.horizontal]) + _joined([r for r in rules if not r.horizontal])
    found = []
    for group in _connected(joined):
        lattice = _lattice(group)
        if lattice is not None:
            found.append(lattice)
    return sorted(found, key=lambda lattice: (lattice.top, lattice.xs[0]))


def _joined(rules: list[Rule]) -> list[Rule]:
    """Lines of one direction with the pieces of a line put together."""
    out: list[Rule] = []
    for level in _levels(rule.at for rule in rules):
        pieces = sorted((r for r in rules if level[0] <= r.at <= level[1]), key=lambda r: r.start)
        at = sum(r.at for r in pieces) / len(pieces)
        start, end = pieces[0].start, pieces[0].end
        for piece in pieces[1:]:
            if piece.start <= end + GAP:
                end = max(end, piece.end)
            else:
                out.append(Rule(piece.horizontal, at, start, end))
                start, end = piece.start, piece.end
        out.append(Rule(pieces[0].horizontal, at, start, end))
    return [rule for rule in out if rule.end - rule.start >= SMALLEST]


def _levels(values: Iterable[float]) -> list[tuple[float, float]]:
    """Groups of values that lie within SNAP of each other, each as its lowest and highest."""
    out: list[tuple[float, float]] = []
    for value in sorted(set(values)):
        if out and value - out[-1][1] <= SNAP and value - out[-1][0] <= 2 * SNAP:
            out[-1] = (out[-1][0], value)
        else:
            out.append((value, value))
    return out


def _connected(rules: list[Rule]) -> list[list[Rule]]:
    """Groups of lines that touch or cross each other."""
    across = [r for r in rules if r.horizontal]
    down = sorted((r for r in rules if not r.horizontal), key=lambda r: r.at)
    parent = {id(rule): rule for rule in rules}

    def root(rule: Rule) -> Rule:
        while parent[id(rule)] is not rule:
            parent[id(rule)] = parent[id(parent[id(rule)])]
            rule = parent[id(rule)]
        return rule

    for h in across:
        for v in down:
            if h.start - SNAP <= v.at <= h.end + SNAP and v.start - SNAP <= h.at <= v.end + SNAP:
                parent[id(root(h))] = root(v)
    groups: dict[int, list[Rule]] = {}
    for rule in rules:
        groups.setdefault(id(root(rule)), []).append(rule)
    return list(groups.values())


def _edges(rules: list[Rule], horizontal: bool) -> list[float]:
    levels = _levels(rule.at for rule in rules if rule.horizontal is horizontal)
    return [(low + high) / 2 for low, high in levels]


def _lattice(rules: list[Rule]) -> Lattice | None:
    xs, ys = _edges(rules, False), _edges(rules, True)
    if len(xs) < 2 or not ys:
        return None
    rules = rules + _open_ends(rules, xs, ys)
    ys = _edges(rules, True)
    if len(ys) < 2:
        return None
    columns, rows = len(xs) - 1, len(ys) - 1
    right_of = [
        [_covered(rules, False, xs[c + 1], ys[r], ys[r + 1]) for c in range(columns)] for r in range(rows)
    ]
    below = [
        [_covered(rules, True, ys[r + 1], xs[c], xs[c + 1]) for c in range(columns)] for r in range(rows)
    ]
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
    return Lattice(xs, ys, boxes)


def _open_ends(rules: list[Rule], xs: list[float], ys: list[float]) -> list[Rule]:
    """The edges that a page break left out: both outer sides go on beyond the last horizontal line."""
    sides = [[r for r in rules if not r.horizontal and abs(r.at - x) <= SNAP] for x in (xs[0], xs[-1])]
    if not all(sides):
        return []
    low = min(max(r.end for r in side) for side in sides)
    high = max(min(r.start for r in side) for side in sides)
    ends = [y for y, beyond in ((low, low - ys[-1]), (high, ys[0] - high)) if beyond > 2 * SMALLEST]
    return [Rule(True, y, xs[0], xs[-1]) for y in ends]


def _extent(
    r: int, c: int, right_of: list[list[bool]], below: list[list[bool]], owner: list[list[int]]
) -> tuple[int, int]:
    """The last row and column of the rectangle that no line divides."""
    last_column = c
    while (
        last_column + 1 < len(right_of[0]) and not right_of[r][last_column] and owner[r][last_column + 1] < 0
    ):
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


def _covered(rules: list[Rule], horizontal: bool, at: float, start: float, end: float) -> bool:
    """Does a line stand at this side of a field along most of it?"""
    if end - start <= 0:
        return True
    length = sum(
        max(0.0, min(rule.end, end) - max(rule.start, start))
        for rule in rules
        if rule.horizontal is horizontal and abs(rule.at - at) <= SNAP
    )
    return length >= COVERED * (end - start)


# ---------------------------------------------------------------- characters
def fill(tables: list[Lattice], chars: list[Char]) -> list[Char]:
    """Puts each character into the cell it stands in; gives back those outside every table."""
    outside: list[Char] = []
    for char in chars:
        x, y = (char.left + char.right) / 2, char.base - 0.3 * char.size
        box = next(
            (
                b
                for t in tables
                if t.top <= y <= t.bottom
                for b in t.boxes
                if b.left <= x <= b.right and b.top <= y <= b.bottom
            ),
            None,
        )
        (box.chars if box is not None else outside).append(char)
    return outside


@dataclass(slots=True)
class Line:
    """Characters on one baseline, left to right."""

    chars: list[Char]

    @property
    def left(self) -> float:
        return next((c.left for c in self.chars if not c.text.isspace()), self.chars[0].left)

    @property
    def right(self) -> float:
        return max((c.right for c in self.chars if not c.text.isspace()), default=self.chars[-1].right)

    @property
    def base(self) -> float:
        return self.chars[0].base

    @property
    def size(self) -> float:
        return max(c.size for c in self.chars)

    @property
    def text(self) -> str:
        out = ""
        for before, char in pairwise([None, *self.chars]):
            if (
                before is not None
                and char is not None
                and char.left - before.right > 0.9 * char.size
                and not out.endswith((" ", "\u3000"))
            ):
                out += " "
            out += char.text if char is not None else ""
        return out


def lines(chars: list[Char]) -> list[Line]:
    """The characters as lines, top to bottom. A character drawn twice to look bold counts once."""
    out: list[Line] = []
    for char in sorted(chars, key=lambda c: (c.base, c.left)):
        line = next(
            (
                line
                for line in reversed(out[-4:])
                if abs(line.base - char.base) < 0.45 * min(line.size, char.size)
            ),
            None,
        )
        if line is None:
            out.append(Line([char]))
        else:
            line.chars.append(char)
    for line in out:
        line.chars.sort(key=lambda c: c.left)
        line.chars = [
            c
            for i, c in enumerate(line.chars)
            if not any(_drawn_twice(o, c) for o in line.chars[max(0, i - 2) : i])
        ]
    return [line for line in out if any(not c.text.isspace() for c in line.chars)]


def _drawn_twice(before: Char, char: Char) -> bool:
    """The same character almost in the same place; two points side by side are two."""
    near = min(0.12 * char.size, 0.4 * (char.right - char.left))
    return before.text == char.text and abs(before.left - char.left) < near


def paragraphs(found: list[Line], right: float) -> list[list[Line]]:
    """Lines as paragraphs: a line that fills the width up to `right` goes on in the next one."""
    out: list[list[Line]] = []
    for line in found:
        if out and wrapped(out[-1][-1], line, right):
            out[-1].append(line)
        else:
            out.append([line])
    return out


def wrapped(line: Line, following: Line, right: float) -> bool:
    """Was the line broken only because the next word did not fit?"""
    text = line.text.rstrip()
    if _BEGINS.match(following.text.strip()) or text.endswith(("：", ":")):
        return False
    first = next((c for c in following.chars if not c.text.isspace()), following.chars[0])
    room = right - line.right
    return (
        room < (first.right - first.left) + 0.75 * line.size and following.left < line.left + 1.6 * line.size
    )


def limit(box: Box) -> float:
    """The right edge that a cell's lines may fill: its padding is the same on both sides."""
    left = min((c.left for c in box.chars if not c.text.isspace()), default=box.left)
    return box.right - min(max(left - box.left, 1.0), 8.0)


def text_of(box: Box) -> str:
    """A cell's text, `\n` between its paragraphs."""
    return "\n".join(
        "".join(line.text.strip() if i else line.text.rstrip() for i, line in enumerate(paragraph))
        for paragraph in paragraphs(lines(box.chars), limit(box))
    )
