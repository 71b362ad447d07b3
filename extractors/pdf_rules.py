"""Ruling lines of a page: pieces put together, and the groups of them that touch or stand side by side as those of one table do."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

SNAP = 4.0  # lines closer than this are one (double lines, borders of neighbouring cells)
GAP = 4.0  # a line may be broken this much (dashes, corners)
SMALLEST = 4.0  # a field narrower or lower than this is part of a line


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal or vertical line: `at` its y or x, from `start` to `end` along the other axis."""

    horizontal: bool
    at: float
    start: float
    end: float


class Placed:
    """Lines of one direction in the order of their places, so that those between two places are found at once."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = sorted(rules, key=attrgetter("at"))
        self._places = [rule.at for rule in self._rules]

    def between(self, low: float, high: float) -> list[Rule]:
        """The lines that lie from `low` to `high`."""
        return self._rules[bisect_left(self._places, low) : bisect_right(self._places, high)]


def joined(rules: list[Rule], near: float = SNAP) -> list[Rule]:
    """Lines of one direction with the pieces of a line put together; pieces lie within `near` of each other."""
    out: list[Rule] = []
    lows = [low for low, _ in levels((rule.at for rule in rules), near)]
    by_level: list[list[Rule]] = [[] for _ in lows]
    for rule in rules:
        by_level[bisect_right(lows, rule.at) - 1].append(rule)
    for pieces in by_level:
        pieces.sort(key=attrgetter("start"))
        line = [pieces[0]]
        end = pieces[0].end
        for piece in pieces[1:]:
            if piece.start > end + GAP:
                out.append(_one(line))
                line = []
            line.append(piece)
            end = max(end, piece.end) if len(line) > 1 else piece.end
        out.append(_one(line))
    return [rule for rule in out if rule.end - rule.start >= SMALLEST]


def _one(pieces: list[Rule]) -> Rule:
    """The pieces of a line as one; the longer a piece, the more it says where the line stands."""
    length = sum(r.end - r.start for r in pieces)
    at = sum(r.at * (r.end - r.start) for r in pieces) / length if length > 0 else pieces[0].at
    return Rule(pieces[0].horizontal, at, min(r.start for r in pieces), max(r.end for r in pieces))


def levels(values: Iterable[float], near: float = SNAP) -> list[tuple[float, float]]:
    """Groups of values that lie within `near` of each other, each as its lowest and highest."""
    out: list[tuple[float, float]] = []
    for value in sorted(set(values)):
        if out and value - out[-1][1] <= near and value - out[-1][0] <= 2 * near:
            out[-1] = (out[-1][0], value)
        else:
            out.append((value, value))
    return out


def connected(rules: list[Rule]) -> list[list[Rule]]:
    """Groups of lines that touch or cross each other."""
    across = [r for r in rules if r.horizontal]
    down = Placed(r for r in rules if not r.horizontal)
    parent = {id(rule): rule for rule in rules}

    def root(rule: Rule) -> Rule:
        while parent[id(rule)] is not rule:
            parent[id(rule)] = parent[id(parent[id(rule)])]
            rule = parent[id(rule)]
        return rule

    for h in across:
        for v in down.between(h.start - SNAP, h.end + SNAP):
            if v.start - SNAP <= h.at <= v.end + SNAP:
                parent[id(root(h))] = root(v)
    groups: dict[int, list[Rule]] = {}
    for rule in rules:
        groups.setdefault(id(root(rule)), []).append(rule)
    return list(groups.values())


def with_sides(groups: list[list[Rule]]) -> list[list[Rule]]:
    """A merged cell that fills a page from its first line to its last leaves its outer side alone: an upright as high as the table beside it.
    Uprights of one height with no line across them are the sides of a row that fills the page."""
    tables = [group for group in groups if any(rule.horizontal for rule in group)]
    alone = [rule for group in groups if not any(rule.horizontal for rule in group) for rule in group]
    if not alone:
        return tables
    high, rows = _ByHeight(), _ByHeight()
    for table in tables:
        if uprights := [rule for rule in table if not rule.horizontal]:
            high.add(min(rule.start for rule in uprights), max(rule.end for rule in uprights), table)
    for rule in sorted(alone, key=attrgetter("at")):
        beside = high.find(rule) or rows.find(rule)
        if len(beside) > 1:
            beside.sort(key=lambda group: min(abs(rule.at - own.at) for own in group if not own.horizontal))
        if beside:
            beside[0].append(rule)
        else:
            rows.add(rule.start, rule.end, [rule])
    return tables + [row for row in rows.groups if len(row) > 2]


class _ByHeight:
    """Groups of lines by where they begin and end, so that those as high as an upright are found at once."""

    def __init__(self) -> None:
        self.groups: list[list[Rule]] = []
        self._placed: dict[tuple[int, int], list[tuple[float, float, list[Rule]]]] = {}

    def add(self, top: float, bottom: float, group: list[Rule]) -> None:
        self.groups.append(group)
        self._placed.setdefault((int(top // SNAP), int(bottom // SNAP)), []).append((top, bottom, group))

    def find(self, rule: Rule) -> list[list[Rule]]:
        """The groups that begin and end where an upright does."""
        near = [
            placed
            for top in range(int(rule.start // SNAP) - 1, int(rule.start // SNAP) + 2)
            for bottom in range(int(rule.end // SNAP) - 1, int(rule.end // SNAP) + 2)
            for placed in self._placed.get((top, bottom), ())
        ]
        return [
            group for top, bottom, group in near if abs(rule.start - top) <= SNAP and abs(rule.end - bottom) <= SNAP
        ]
