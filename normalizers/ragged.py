"""Gives every cell of a row its column when the source lost the spans of its merged cells.

Not by position alone: what a cell can be (a known level name, a number, a rate, free text), what the
heading promises, what the rows above hold, and the order of the cells decide together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from normalizers.columns import Column
from normalizers.grid import Slot
from normalizers.text import squeeze
from normalizers.values import Number, number, quantity
from normalizers.vocabulary import Vocabulary
from schema.records import Indicator, Kind, of_kind

_FIGURES = frozenset(of_kind(Indicator, Kind.POINTS, Kind.RATE))
_QUANTITIES = frozenset((*of_kind(Indicator, Kind.LINE), "adjusted_target")) - {"unit", "nature"}
_LONG = frozenset(("definition", "criteria", "evidence", "deviation", "level4"))
_INHERITED = ("level1", "level1_weight", "level2", "level2_weight", "criteria", "definition")
_POINTS = re.compile(r"[（(]?\d+(?:\.\d+)?\s*分?\s*[)）]?$")
_IMPOSSIBLE = -1000.0
# What it costs to leave a column of a row empty, and to shift cells against their order.
_MISSING = {
    "level3": 2.0,
    "weight": 1.0,
    "score": 1.5,
    "target": 1.2,
    "actual": 1.2,
    "criteria": 0.2,
    "definition": 0.2,
}
_SHIFT, _FAR = 0.3, 0.35


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of a ragged table in columns: its own cells, and those merged cells above that reach into it."""

    own: dict[int, Slot]
    inherited: dict[int, Slot]


class Aligner:
    """Aligns the rows of one indicator block; guards what merged cells above say for the rows below."""

    def __init__(self, band: list[Column], length: int, vocabulary: Vocabulary) -> None:
        self.band = band
        self.length = length  # how many cells the longest row of headings has
        self.places = {column.slot.cell.column: i for i, column in enumerate(band)}
        self.vocabulary = vocabulary
        self.label: Slot | None = None  # the block's own label, at its side
        self.above: dict[int, Slot] = {}  # column → the last cell read in it
        self.waiting: tuple[int, Slot] | None = None  # a level 1 that stands before its rows

    def place(self, slots: list[Slot]) -> Placed:
        """The columns of one row's cells. A block's own label (`项目绩效70分`) has none."""
        own = self._identity(slots) or self._aligned(slots)
        self._level1_too_early(own)
        inherited = self._inherit(own, self._explicit_blanks(slots, own))
        return Placed(own, inherited)

    def side_label(self, rows: list[list[Slot]]) -> Slot | None:
        """The label at the side of the whole block (`项目绩效70分`): the only cell left of every heading.

        Once found, it takes no part in the alignment of its row.
        """
        first = min(self.places, default=0)
        whole = [slots for slots in rows if len(slots) >= self.length]
        left = [slot for slots in whole for slot in slots if slot.cell.column < first and not slot.blank]
        labels = [slot for slot in left if not self.vocabulary.listed(slot.text, "total_row")]
        if len(labels) != 1 or self._level_of(labels[0].text) or number(labels[0].cell.text):
            return None
        self.label = labels[0]
        return self.label

    def continuation(self, slots: list[Slot]) -> dict[int, Slot]:
        """The columns of a row that only goes on with the cells of the row above: by order."""
        return {self.places[i]: slot for i, slot in self._filled(slots) if i in self.places}

    def _filled(self, slots: list[Slot]) -> list[tuple[int, Slot]]:
        block = self.vocabulary.heading
        own = [(i, s) for i, s in enumerate(slots) if not s.blank and s is not self.label]
        return [(i, s) for i, s in own if block(s.text, "indicators") != "block"]

    def names_group(self, slots: list[Slot]) -> bool:
        """Does a cell name a group other than the one merged cells above name?"""
        above = {_POINTS.sub("", squeeze(slot.cell.text)) for slot in self.above.values()}
        names = [squeeze(slot.cell.text) for slot in slots if not slot.blank]
        return any(self._level_of(name) and _POINTS.sub("", name) not in above for name in names)

    def place_total(self, slots: list[Slot], label: Slot) -> dict[int, Slot]:
        """The columns of a total row, whose label swallowed an unknown number of them."""
        if len(slots) >= self.length:
            return {i: slot for i, slot in self.continuation(slots).items() if slot is not label}
        behind = slots[slots.index(label) + 1 :]
        first = max(len(self.band) - len(behind), 0)
        return {first + i: slot for i, slot in enumerate(behind) if not slot.blank}

    # -- alignment
    def _identity(self, slots: list[Slot]) -> dict[int, Slot] | None:
        """Cells as they stand, where their number fits and none contradicts its heading."""
        if len(slots) != self.length or any(i not in self.places for i, _ in self._filled(slots)):
            return None
        placed = self.continuation(slots)
        if any(self._fit(slot, self.band[i]) <= -2 for i, slot in placed.items()):
            return None
        return placed

    def _aligned(self, slots: list[Slot]) -> dict[int, Slot]:
        """The order-keeping assignment of the filled cells to columns with the best sum of fits."""
        filled = self._filled(slots)
        width = len(self.band)
        best: dict[tuple[int, int], tuple[float, tuple[int, ...]]] = {(0, -1): (0.0, ())}
        for count, (at, slot) in enumerate(filled):
            step: dict[tuple[int, int], tuple[float, tuple[int, ...]]] = {}
            for (_, last), (score, chosen) in best.items():
                before = filled[count - 1][0] - self.band[last].slot.cell.column if count else None
                for column in range(last + 1, width - (len(filled) - count - 1)):
                    fit = self._fit(slot, self.band[column])
                    skipped = sum(_MISSING.get(str(self.band[c].field), 0.0) for c in range(last + 1, column))
                    shift = at - self.band[column].slot.cell.column
                    if self.band[column].field == "level2_weight" and self.band[last].field != "level2":
                        fit -= 3.0  # points of a group without the group
                    moved = _SHIFT * min(abs(shift - before), 3) if before is not None else 0.0
                    total = score + fit - skipped - moved - _FAR * abs(shift)
                    key = (count + 1, column)
                    if key not in step or total > step[key][0]:
                        step[key] = (total, (*chosen, column))
            if not step:
                return {i: slot for i, slot in filled if i < width}
            best = step

        def finished(entry: tuple[tuple[int, int], tuple[float, tuple[int, ...]]]) -> float:
            (_, last), (score, _) = entry
            return score - sum(_MISSING.get(str(self.band[c].field), 0.0) for c in range(last + 1, width))

        _, (_, chosen) = max(best.items(), key=finished)
        return {column: slot for column, (_, slot) in zip(chosen, filled, strict=True)}

    def _fit(self, slot: Slot, column: Column) -> float:
        """How well a cell suits a column: above 0 it does, at -2 and below it contradicts."""
        text = squeeze(slot.cell.text)
        figure = number(text)
        field = column.field
        if field == "block":
            return -3.0
        if field in ("ignore", None, "extra", "remark"):
            return -1.0 if figure and field == "remark" else 0.0
        if field in _FIGURES:
            return self._points_fit(figure, str(field)) if figure else -6.0
        if figure and field in ("level1", "level2", "level3", *_LONG):
            return 0.0 if figure.unit == "%" and field in ("evidence", "deviation") else -5.0
        if field in ("level1", "level2"):
            return self._level_fit(text, field)
        if field == "level3":
            known = 2.5 if self._level_of(text) else 0.0
            return (1.5 if len(text) <= 30 else 0.0 if len(text) <= 45 else -3.0) - known
        if field in _QUANTITIES:
            if quantity(text):
                return 2.0 if len(text) <= 15 else 0.5
            return 0.5 if len(text) <= 25 else -2.0
        if field in _LONG:
            return 2.0 if len(text) > 25 else 0.2
        if field in ("unit", "op", "nature"):
            return 0.8 if len(text) <= 4 else -3.0
        return 0.0

    @staticmethod
    def _points_fit(figure: Number, field: str) -> float:
        if field != "coefficient" and figure.value > 100:
            return -4.0
        if figure.unit == "%":
            return 1.0 if field in ("weight", "coefficient", "level2_weight", "level1_weight") else -1.5
        return (2.5 if figure.unit in ("", "分") else 0.0) - (0.8 if field == "review_score" else 0.0)

    def _level_fit(self, text: str, field: str) -> float:
        if len(text) > 25:
            return -5.0
        known = self._level_of(text)
        pointed = 1.0 if re.search(r"\d分?[)）]?$", text) else 0.0
        if known:
            return 3.0 + pointed if known == field else -3.0
        return 0.2 + pointed

    def _level_of(self, text: str) -> str | None:
        """The level a known group name stands on: 产出指标 on level 1, 数量指标 on level 2."""
        name = _POINTS.sub("", text)
        if len(name) > 14:
            return None
        if re.fullmatch(r"(?:项目)?(?:产出|效益|满意度|服务满意度|投入|过程|效果|成本)(?:指标)?", name):
            return "level2" if name == "成本指标" and "level1" in self._fields() else "level1"
        if re.fullmatch(
            r"(?:数量|质量|时效|成本|经济效益|社会效益|生态效益|可持续影响|(?:社会公众或)?服务对象满意度|经济成本|社会成本|生态环境成本)(?:指标)?",
            name,
        ):
            return "level2"
        return None

    def _fields(self) -> set[str | None]:
        return {column.field for column in self.band}

    # -- merged cells above
    def _column(self, field: str) -> int | None:
        return next((i for i, column in enumerate(self.band) if column.field == field), None)

    def _level1_too_early(self, own: dict[int, Slot]) -> None:
        """A level 1 that does not go with its row's level 2, where the level 1 above does, waits for its rows."""
        first, second = self._column("level1"), self._column("level2")
        if first is None or second is None or second not in own:
            return
        level2 = _POINTS.sub("", squeeze(own[second].cell.text))
        above = self.above.get(first)
        if first in own and above is not None:
            new, old = (_POINTS.sub("", squeeze(slot.cell.text)) for slot in (own[first], above))
            if not self.vocabulary.belongs(new, level2) and self.vocabulary.belongs(old, level2):
                self.waiting = (first, own.pop(first))
        elif self.waiting is not None and above is not None:
            late = _POINTS.sub("", squeeze(self.waiting[1].cell.text))
            old = _POINTS.sub("", squeeze(above.cell.text))
            if self.vocabulary.belongs(late, level2) and not self.vocabulary.belongs(old, level2):
                own[first] = self.waiting[1]
                self.waiting = None

    def _explicit_blanks(self, slots: list[Slot], own: dict[int, Slot]) -> set[int]:
        """Columns whose cell holds blanks of its own: it is no continuation of a merged cell above."""
        if len(slots) != self.length:
            return set()
        blanks = {self.places[i] for i, s in enumerate(slots) if i in self.places and s.cell.text and s.blank}
        return blanks - set(own)

    def _inherit(self, own: dict[int, Slot], explicit: set[int]) -> dict[int, Slot]:
        inherited: dict[int, Slot] = {}
        fresh = False  # a new group begins: what stood below the old one no longer holds
        for field in _INHERITED:
            column = self._column(field)
            if column is None:
                continue
            if column in own:
                self.above[column] = own[column]
                fresh = fresh or field in ("level1", "level2")
            elif column in explicit or (fresh and field in ("level2", "level2_weight", "criteria", "definition")):
                self.above.pop(column, None)
            elif column in self.above:
                inherited[column] = self.above[column]
        return inherited


def spread(upper: list[Slot], lower: list[Slot]) -> list[Slot]:
    """The stretches of an upper row of headings over a lower one with more cells.

    A heading over a blank cell goes on below it; the filled cells belong to the others in equal shares.
    """
    if not lower or len(upper) >= len(lower):
        return upper
    title, heads = upper[:1], upper[1:]
    cells = lower[1:]
    trailing = 0
    while trailing < len(cells) and cells[-1 - trailing].blank:
        trailing += 1
    shared, filled = len(heads) - trailing, len(cells) - trailing
    if shared <= 0 or filled % shared or trailing > len(heads):
        return upper
    share = filled // shared
    out = list(title)
    at = 0
    for index, head in enumerate(heads):
        count = share if index < shared else 1
        out.append(replace(head, left=cells[at].left, right=cells[at + count - 1].right))
        at += count
    return out
