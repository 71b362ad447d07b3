"""The headings of a funds block in force at a row: fields, items and sides above the figures, the block's own label at its side."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from normalizers import band, fund_columns, ragged
from normalizers.draft import Draft
from normalizers.fund_lines import UNKNOWN, Heading
from normalizers.grid import Block, Grid, Slot
from normalizers.spelling import LONGEST
from normalizers.text import OF_WHICH, stated_text
from normalizers.values import Number, number
from normalizers.vocabulary import Label, Vocabulary

MONEY = ("approved", "revised", "received", "executed", "amount")
RUN_IN = re.compile(r"^(.{2,30}?)[:：](.+)$", re.DOTALL)
_POINTS = re.compile(r"[（(](\d+(?:\.\d+)?)分[)）]")


def run_in(slot: Slot) -> Number | None:
    """`资金总额：2677.71`: label and figure in one cell."""
    match = RUN_IN.match(OF_WHICH.sub("", slot.text))
    return number(match[2]) if match and not number(slot.cell.text) else None


class Headings:
    """Guards the headings above the row being read, and what stands at the side of the rows."""

    def __init__(self, grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
        self.grid, self.block, self.draft, self.vocabulary = grid, block, draft, vocabulary
        self.headings: list[Heading] = []  # topmost first
        self.title: Slot | None = None  # the block's own label at its side
        self.weight: Decimal | None = None  # the points that label states
        self.beside: list[Heading] = []  # 资金来源, 支出构成, merged down at the side of their rows
        self.sided = False  # the form parts its money by revenue and expenditure

    def take_title(self, slot: Slot, row: int) -> None:
        beside = row == self.block.start and slot.left == 0 and slot.cell.row_span > 1 and self.title is None
        known = self.vocabulary.heading(slot.text, "funds") == "block"
        if known or (beside and not self.named(slot, row) and not number(slot.cell.text) and not run_in(slot)):
            self.title = self.title or slot
            self.draft.ledger.ornament(slot.cell)
            points = _POINTS.search(slot.text)
            self.weight = Decimal(points[1]) if points else self.weight

    def takes_side(self, slot: Slot, row: int) -> bool:
        """A side's own label merged down at the left of its rows: the headings above no longer hold."""
        side = self.vocabulary.listed(slot.text, "side") if slot.cell.row_span > 1 else None
        if side is not None:
            if slot.left == 0:
                self.headings = []
            self.begin_side(Heading(slot, row, side=side))
            self.draft.ledger.ornament(slot.cell)
        return side is not None

    def begin_side(self, heading: Heading) -> None:
        """A side whose label stands at the left of its rows."""
        self.beside, self.sided = [*self.beside, heading], True

    def head_side(self, heading: Heading) -> None:
        """A side whose label stands over its lines."""
        self.headings, self.sided = [*self.headings, heading], True

    def only_over(self, slot: Slot) -> bool:
        """Does one field's heading alone stand over a cell?"""
        over = {h.field for h in self.headings if h.field and h.slot.overlap(slot.left, slot.right) > 0}
        return len(over) == 1

    def behind_side(self, slot: Slot) -> tuple[str, str] | None:
        """(side, label) of `1、资金来源：（1）财政拨款`, the first line of a side."""
        match = RUN_IN.match(slot.text)
        side = self.vocabulary.listed(match[1], "side") if match else None
        if match is None or side is None or number(match[2]):
            return None
        return side, match[2]

    def named(self, slot: Slot, row: int) -> Heading | None:
        if behind := self.behind_side(slot):
            return Heading(slot, row, item=self.vocabulary.label(behind[1]) or UNKNOWN, behind=behind[1])
        label = self.vocabulary.label(slot.text)
        side = self.vocabulary.listed(slot.text, "side")
        name = self.vocabulary.heading(slot.text, "funds")
        if side and not label:
            self.sided = True
            return Heading(slot, row, side=side)
        if name in fund_columns.FIELDS or name == "extra":
            return Heading(slot, row, field=name)
        if label:
            return Heading(slot, row, item=label)
        if name in ("ignore", "block"):
            self.draft.ledger.ornament(slot.cell)
        return None

    def take_row(self, row: int, named: list[Heading]) -> bool:
        """Takes a row without a figure as headings; False where it is a line with nothing stated."""
        sides = any(h.side for h in named)
        if (item := fund_columns.over_pairs(self.grid, row, self.vocabulary)) is not None:
            self.headings = [Heading(self.grid.filled(row)[0], row, item=item)]
            self.draft.ledger.ornament(self.headings[0].slot.cell)
            return True
        if not named and fund_columns.heads(self.grid, row, self.vocabulary):
            self._unknown_headings(row, set())
            self._outline(row)
            return True
        if not named or (len(named) == 1 and named[0].item) or self._are_pairs(named):
            return False
        if sides:  # 按收入性质分 | 按支出性质分: the columns above no longer hold
            self.headings = []
        if row in self.grid.ragged and self.headings and self.headings[-1].row in self.grid.ragged:
            upper = self.grid.rows[self.headings[-1].row]
            stretched = dict(zip(upper, ragged.spread(upper, self.grid.rows[row]), strict=True))
            self.headings = [replace(h, slot=stretched.get(h.slot, h.slot)) for h in self.headings]
        if any(h.field in fund_columns.FIELDS for h in named) and all(h.item.item == "total" for h in named if h.item):
            # 小计 among headings that name fields sums up some of them: it is no line
            named = [replace(h, item=None, field="extra") if h.item else h for h in named]
        self.headings += named
        for heading in named:
            self.draft.ledger.ornament(heading.slot.cell)
        if any(heading.field for heading in named):
            self._unknown_headings(row, {heading.slot for heading in named})
        self._outline(row)
        return True

    def _are_pairs(self, named: list[Heading]) -> bool:
        """`市财政 | | 市财政 | ` without figures, in the places where other rows have items beside their figures: a line with nothing stated."""
        rows = range(self.block.start, self.block.stop)
        return all(heading.item and any(self._pair(heading.slot, row) for row in rows) for heading in named)

    def _pair(self, place: Slot, row: int) -> bool:
        """Does an item stand in a place of another row, its figure right behind it?"""
        slots = self.grid.rows[row]
        at = next((i for i, s in enumerate(slots) if (s.left, s.right) == (place.left, place.right)), None)
        if at is None or at + 1 >= len(slots) or slots[at] is place:
            return False
        return self.vocabulary.label(slots[at].text) is not None and number(slots[at + 1].cell.text) is not None

    def unread_over(self, slot: Slot) -> Slot | None:
        """A heading over a figure that nobody has read: the nearest words above it, in a row without figures; None where none stand there or where
        they are known."""
        for row in range(slot.cell.row - 1, self.block.start - 1, -1):
            over = self.grid.at(row, slot.left, slot.right)
            if over is None or over.blank or number(over.cell.text) is not None or run_in(over):
                continue
            heads = self.grid.filled(over.cell.row)
            figures = any(number(other.cell.text) is not None for other in heads)
            alone = over.right - over.left >= self.grid.width or len(heads) < 2
            known = self.named(over, over.cell.row) or self.vocabulary.listed(over.text, "side")
            if figures or alone or known or over is self.title or len(over.text) > LONGEST:
                return None
            return over
        return None

    def _outline(self, row: int) -> None:
        """Notes the headings of a row that name fields: they make the form's layout."""
        self.draft.outline += [
            ("funds", self.vocabulary.stripped(heading.slot.text), heading.field)
            for heading in sorted(self.headings, key=lambda h: h.slot.left)
            if heading.row == row and heading.field
        ]

    def _unknown_headings(self, row: int, named: set[Slot]) -> None:
        """Headings that nobody knows, read jointly with those beside them: their field where that is sure, else their figures keep the heading's
        own words. Without it they would look like amounts that no heading names."""
        aside = [] if self.title is None else [self.title]
        found = fund_columns.columns(self.grid, row, self.block.stop, self.vocabulary, aside)
        free = any(column.field is None for column in found)
        decisions = fund_columns.read(found, self.vocabulary)[0] if free else []
        read = {column.slot: decision for column, decision in zip(found, decisions, strict=free)}
        taken = {heading.field for heading in self.headings}
        for slot in self.grid.filled(row):
            if slot in named or slot is self.title or len(slot.text) > LONGEST or re.search("[。；]", slot.text):
                continue
            cells = tuple(self._below(slot, row))
            labels = any(self.vocabulary.label(cell) for cell in cells) or slot is self.grid.filled(row)[0]
            words_only = not any(number(cell) for cell in cells)
            silent = words_only and (labels or row in self.grid.ragged or not any(map(stated_text, cells)))
            if self.named(slot, row) or silent:
                continue
            if self._among_items(slot, row):
                self.headings.append(Heading(slot, row, item=UNKNOWN))
                continue
            if self.vocabulary.heading(slot.text, "funds"):
                # known to say nothing: its figures keep its words
                self.headings.append(Heading(slot, row, field="extra"))
                continue
            near = band.proposal(slot.text, read[slot], "funds", self.vocabulary) if slot in read else None
            sure = (
                near is not None
                and band.sure(near, read[slot])
                and (near.field not in taken or self._only_over(slot, row, near.field))
            )
            if near is None:  # over other headings, or over words
                near = self.vocabulary.similar(slot.text, "funds") or self.vocabulary.guess(slot.text, "funds", cells)
            if near is not None and sure:
                self.headings.append(Heading(slot, row, field=near.field, recognised=near.reason))
                self.draft.ledger.ornament(slot.cell)
                taken.add(near.field)
            else:
                self.headings.append(Heading(slot, row, field="extra"))
            beside = tuple(other.text for other in self.grid.filled(row) if other in named)
            self.draft.ledger.unknown(slot.text, slot.cell, "funds", near, taken=sure, below=cells, beside=beside)

    def _among_items(self, slot: Slot, row: int) -> bool:
        """Does a heading nobody knows stand between two that name items: `中央 | 省、地 | 本级`?"""
        filled = self.grid.filled(row)
        at = filled.index(slot)
        beside = [filled[i] for i in (at - 1, at + 1) if 0 <= i < len(filled)]
        known = self.vocabulary.heading(slot.text, "funds") is not None
        return not known and len(beside) == 2 and all(self.vocabulary.label(other.text) is not None for other in beside)

    def _only_over(self, slot: Slot, row: int, field: str) -> bool:
        """Do only headings over a cell name its field, as 预算安排 over 年初安排数?"""
        others = [h for h in self.headings if h.field == field]
        return all(h.row < row and h.slot.overlap(slot.left, slot.right) > 0 for h in others)

    def _below(self, slot: Slot, row: int) -> list[str]:
        """The texts below a cell in its block."""
        return [
            other.cell.text
            for below in range(row + 1, self.block.stop)
            for other in self.grid.filled(below)
            if other.overlap(slot.left, slot.right) > 0 and other.cell is not slot.cell
        ]

    def above(self, slot: Slot, kind: str) -> Heading | None:
        """The nearest heading of a kind (`field`, `item`, `side`) over a cell."""
        over = [
            h
            for h in self.headings
            if getattr(h, kind) and h.row < slot.cell.row and h.slot.overlap(slot.left, slot.right) > 0
        ]
        nearest = max((h.row for h in over), default=None)
        return max(
            (h for h in over if h.row == nearest),
            key=lambda h: h.slot.overlap(slot.left, slot.right),
            default=None,
        )

    def lowest(self) -> list[Heading]:
        """The items and fields in the lowest row of headings."""
        return [h for h in self.headings if h.row == self.headings[-1].row and not h.side]

    def over(self, left: Heading) -> str | None:
        """The words over a label at the side of a row (`机构名称`)."""
        top = self.headings[-1].row if self.headings else left.row
        over = [self.grid.at(row, left.slot.left, left.slot.right) for row in range(self.block.start, top + 1)]
        return next((s.text for s in reversed(over) if s is not None and not s.blank), None)

    def side_of(self, slot: Slot, label: Label) -> str | None:
        """Only where the form itself has sides: the side heading above, else the side of the item."""
        if not self.sided:
            return None
        left = [h for h in self.beside if h.slot.left <= slot.left and h.row <= slot.cell.row]
        reach = [h for h in left if slot.cell.row < h.row + h.slot.cell.row_span]
        above = self.above(slot, "side") or max(reach or left, key=lambda h: (h.slot.left, h.row), default=None)
        if label.side and (slot.cell.row in self.grid.ragged or above is None):
            return label.side
        return above.side if above else None
