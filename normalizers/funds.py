"""Reads the funds block in both layouts: columns × rows, and label–value pairs side by side."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise, takewhile

from normalizers import head, money, ragged
from normalizers.draft import Draft, Unreadable
from normalizers.fund_lines import OF_WHICH, UNKNOWN, Heading, Line, Units
from normalizers.grid import Block, Grid, Slot
from normalizers.ledger import keep
from normalizers.likeness import Near, agree
from normalizers.text import words
from normalizers.values import Number, not_stated, number, rate
from normalizers.vocabulary import FIELDS, LONGEST, Label, Vocabulary
from schema.records import Fund

_MONEY = ("approved", "revised", "received", "executed", "amount")
_FIELDS = (*_MONEY, "execution_rate", "weight", "score")
_RUN_IN = re.compile(r"^(.{2,30}?)[:：](.+)$", re.DOTALL)
_HEADING_POINTS = re.compile(r"[（(](\d+(?:\.\d+)?)分[)）]")


def read(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    """One fund per stated money line; a line without any figure is left out."""
    reader = _Rows(grid, block, draft, vocabulary)
    for row in range(block.start, block.stop):
        reader.row(row)
    reader.close()


class _Rows:
    """The rows of one block in order; guards the headings in force and the lines begun."""

    def __init__(self, grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
        self.grid, self.block, self.draft, self.vocabulary = grid, block, draft, vocabulary
        self.headings: list[Heading] = []  # those above the row being read, topmost first
        self.lines: dict[tuple[object, ...], Line] = {}
        self.title: Slot | None = None  # the block's own label at its side
        self.weight: Decimal | None = None  # the points that label states
        self.beside: list[Heading] = []  # 资金来源, 支出构成, merged down at the side of their rows
        self.sided = False  # the form parts its money by revenue and expenditure
        # Fields named at the left of a figure: they hold for the figures below it.
        self.pairs: list[Heading] = []
        self.spent: set[Heading] = set()  # labels beside a figure that already have theirs
        self.units = Units()

    # -- rows
    def row(self, row: int) -> None:
        taken = head.read_row(self.grid, row, self.block, self.draft, self.vocabulary, funds=True)
        slots = [slot for slot in self.grid.rows[row] if slot not in taken]
        for slot in slots:
            if not slot.blank:
                self._title(slot, row)
                self.units.note(slot, row)
        slots = [slot for slot in slots if slot is not self.title and not self._takes_side(slot, row)]
        for slot in slots:
            if found := self._behind_side(slot):
                self.beside, self.sided = [*self.beside, Heading(slot, row, side=found[0])], True
        named = {slot: h for slot in slots if not slot.blank and (h := self._named(slot, row))}
        figures = [slot for slot in slots if number(slot.cell.text) or self._run_in(slot)]
        if figures or not self._headings_only(row, list(named.values())):
            self._values(row, slots, figures, named)

    def _title(self, slot: Slot, row: int) -> None:
        beside = row == self.block.start and slot.left == 0 and slot.cell.row_span > 1 and self.title is None
        known = self.vocabulary.heading(slot.text, "funds") == "block"
        if known or (
            beside and not self._named(slot, row) and not number(slot.cell.text) and not self._run_in(slot)
        ):
            self.title = self.title or slot
            self.draft.ledger.ornament(slot.cell)
            points = _HEADING_POINTS.search(slot.text)
            self.weight = Decimal(points[1]) if points else self.weight

    def _takes_side(self, slot: Slot, row: int) -> bool:
        """A side's own label merged down at the left of its rows: the headings above no longer hold."""
        side = self.vocabulary.listed(slot.text, "side") if slot.cell.row_span > 1 else None
        if side is not None:
            if slot.left == 0:
                self.headings = []
            self.beside, self.sided = [*self.beside, Heading(slot, row, side=side)], True
            self.draft.ledger.ornament(slot.cell)
        return side is not None

    def _behind_side(self, slot: Slot) -> tuple[str, str] | None:
        """(side, label) of `1、资金来源：（1）财政拨款`, the first line of a side."""
        match = _RUN_IN.match(slot.text)
        side = self.vocabulary.listed(match[1], "side") if match else None
        if match is None or side is None or number(match[2]):
            return None
        return side, match[2]

    def _named(self, slot: Slot, row: int) -> Heading | None:
        if behind := self._behind_side(slot):
            return Heading(slot, row, item=self.vocabulary.label(behind[1]) or UNKNOWN, behind=behind[1])
        label = self.vocabulary.label(slot.text)
        side = self.vocabulary.listed(slot.text, "side")
        name = self.vocabulary.heading(slot.text, "funds")
        if side and not label:
            self.sided = True
            return Heading(slot, row, side=side)
        if name in _FIELDS or name == "extra":
            return Heading(slot, row, field=name)
        if label:
            return Heading(slot, row, item=label)
        if name in ("ignore", "block"):
            self.draft.ledger.ornament(slot.cell)
        return None

    def _headings_only(self, row: int, named: list[Heading]) -> bool:
        """Takes a row without a figure as headings; False where it is a line with nothing stated."""
        sides = any(h.side for h in named)
        if not named or (len(named) == 1 and named[0].item):
            return False
        if sides:  # 按收入性质分 | 按支出性质分: the columns above no longer hold
            self.headings = []
        if row in self.grid.ragged and self.headings and self.headings[-1].row in self.grid.ragged:
            upper = self.grid.rows[self.headings[-1].row]
            stretched = dict(zip(upper, ragged.spread(upper, self.grid.rows[row]), strict=True))
            self.headings = [replace(h, slot=stretched.get(h.slot, h.slot)) for h in self.headings]
        if any(h.field in _FIELDS for h in named) and all(h.item.item == "total" for h in named if h.item):
            # 小计 among headings that name fields sums up some of them: it is no line
            named = [replace(h, item=None, field="extra") if h.item else h for h in named]
        self.headings += named
        for heading in named:
            self.draft.ledger.ornament(heading.slot.cell)
        if any(heading.field for heading in named):
            self._unknown_headings(row, {heading.slot for heading in named})
        self.draft.outline += [
            ("funds", self.vocabulary.stripped(heading.slot.text), heading.field)
            for heading in sorted(self.headings, key=lambda h: h.slot.left)
            if heading.row == row and heading.field
        ]
        return True

    def _unknown_headings(self, row: int, named: set[Slot]) -> None:
        """Headings beside known ones that nobody knows: the field of the likest spelling where the figures below agree, else
        their figures keep the heading's own words. Without it they would look like amounts that no heading names."""
        taken = {heading.field for heading in self.headings}
        for slot in self.grid.filled(row):
            if (
                slot in named
                or slot is self.title
                or len(slot.text) > LONGEST
                or re.search("[。；]", slot.text)
            ):
                continue
            cells = tuple(self._below(slot, row))
            labels = any(self.vocabulary.label(cell) for cell in cells) or slot is self.grid.filled(row)[0]
            words_only = not any(number(cell) for cell in cells)
            silent = words_only and (labels or row in self.grid.ragged or not any(map(words, cells)))
            if self._named(slot, row) or silent:
                continue
            if self.vocabulary.heading(slot.text, "funds"):
                # known to say nothing: its figures keep its words
                self.headings.append(Heading(slot, row, field="extra"))
                continue
            near = self.vocabulary.near(slot.text, "funds")
            sure = (
                near is not None
                and near.field in _FIELDS
                and (near.field not in taken or self._only_over(slot, row, near.field))
                and agree(FIELDS["funds"][near.field], cells)
            )
            proposal = near or self.vocabulary.guess(slot.text, "funds", cells) or self._only_missing(taken)
            if near is not None and sure:
                self.headings.append(Heading(slot, row, field=near.field, recognised=near.reason))
                self.draft.ledger.ornament(slot.cell)
                taken.add(near.field)
            else:
                self.headings.append(Heading(slot, row, field="extra"))
            beside = tuple(other.text for other in self.grid.filled(row) if other in named)
            self.draft.ledger.unknown(
                slot.text, slot.cell, "funds", proposal, taken=sure, below=cells, beside=beside
            )

    def _only_over(self, slot: Slot, row: int, field: str) -> bool:
        """Do only headings over a cell name its field, as 预算安排 over 年初安排数?"""
        others = [h for h in self.headings if h.field == field]
        return all(h.row < row and h.slot.overlap(slot.left, slot.right) > 0 for h in others)

    def _only_missing(self, taken: set[str | None]) -> Near | None:
        """The one of the three figures of a budget's year that no heading names."""
        missing = [field for field in ("approved", "revised", "executed") if field not in taken]
        return Near(missing[0], "", 0.0, "其余表头只缺这一项") if len(missing) == 1 else None

    def _below(self, slot: Slot, row: int) -> list[str]:
        """The texts below a cell in its block."""
        return [
            other.cell.text
            for below in range(row + 1, self.block.stop)
            for other in self.grid.filled(below)
            if other.overlap(slot.left, slot.right) > 0 and other.cell is not slot.cell
        ]

    def _run_in(self, slot: Slot) -> Number | None:
        """`资金总额：2677.71`: label and figure in one cell."""
        match = _RUN_IN.match(OF_WHICH.sub("", slot.text))
        return number(match[2]) if match and not number(slot.cell.text) else None

    # -- figures
    def _values(self, row: int, slots: list[Slot], figures: list[Slot], named: dict[Slot, Heading]) -> None:
        ordered = self._by_order(row, figures)
        left: Heading | None = None
        for slot in slots:
            if slot.blank:
                continue
            if figure := self._run_in(slot):
                left = Heading(
                    slot,
                    row,
                    item=self.vocabulary.label(re.split("[:：]", OF_WHICH.sub("", slot.text))[0]) or UNKNOWN,
                )
                self._state(
                    self._line(left), self._run_in_field(left), slot, figure, self._above(slot, "field")
                )
            elif slot in named:
                left = named[slot]
            elif left is not None and (other := self._no_money(left)):
                heading = self._above(slot, "field")
                key = f"{other}>{heading.slot.text}" if heading is not None else other
                self.draft.add_extra(key, words(slot.cell.text), slot.cell)
                self.draft.ledger.ornament(left.slot.cell)
            elif figure := number(slot.cell.text):
                self._place(slot, figure, left, ordered.get(slot))
            else:
                left = self._words(slot, left, ordered.get(slot))

    def _no_money(self, left: Heading) -> str | None:
        """The label of a line that counts no money: 受益人数, 批复文号."""
        known = left.field or (left.item and left.item != UNKNOWN)
        plain = not known and re.search(self.vocabulary.forms["no_money"], left.slot.text)
        return left.label if plain else None

    def _by_order(self, row: int, figures: list[Slot]) -> dict[Slot, Heading]:
        """In a ragged row: as many figures as a row of headings has items or fields go by their order."""
        if row not in self.grid.ragged or not self.headings:
            return {}
        heads = [h for h in self.headings if h.row == self.headings[-1].row and not h.side]
        return dict(zip(figures, heads, strict=True)) if len(heads) == len(figures) else {}

    def _above(self, slot: Slot, kind: str) -> Heading | None:
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

    def _place(self, slot: Slot, figure: Number, left: Heading | None, ordered: Heading | None) -> None:
        """Gives one figure its line and field, from the label at its left and the headings above it."""
        field_above = (
            ordered if ordered and ordered.field else self._above(slot, "field") or self._paired(slot)
        )
        if left is not None and left.item == UNKNOWN and field_above is None and self._among_fields(left):
            left = self._unknown_pair(left, slot)
        item_above = ordered if ordered and ordered.item else self._above(slot, "item")
        if left is not None and self._crosses(left, item_above):
            key = [h.slot.text for h in (field_above, item_above) if h is not None]
            line = self._line(left)
            line.also(">".join(key), slot)
            line.crossed = True
            return
        line = self._line_of(slot, left, item_above)
        name = field_above.field if field_above else None
        if (
            left is not None
            and left.field
            and not self._heads_line(left, slot, field_above)
            and (item_above or not field_above or left not in self.spent)
        ):
            self.spent.add(left)
            if left.field != "extra":
                self.draft.ledger.ornament(left.slot.cell)
            name = left.field
            self.pairs.append(replace(left, slot=replace(slot, cell=left.slot.cell), row=slot.cell.row))
            field_above = self.pairs[-1] if name == "extra" else field_above
        if name is None and item_above is not None and line.side == "expenditure":
            name = "executed"  # under items as column headings (支出合计 | 基本支出 | …)
        self._state(line, name or "amount", slot, figure, field_above)

    def _crosses(self, left: Heading, item_above: Heading | None) -> bool:
        """Does a figure belong to a line and to a column of another item: the part of `财政性资金` that is `基本支出`?"""
        if item_above is None or left.item is None or left.item == UNKNOWN or item_above.item == UNKNOWN:
            return False
        return "total" not in (left.item.item, item_above.item.item if item_above.item else None)

    def _paired(self, slot: Slot) -> Heading | None:
        """The field named at the left of the figure above: `预算数 | 100 | 执行数 | 90` over `其中：财政资金 | 60 | …`."""
        below = [h for h in self.pairs if h.row < slot.cell.row and h.slot.overlap(slot.left, slot.right) > 0]
        return max(below, key=lambda h: h.row, default=None)

    def _among_fields(self, left: Heading) -> bool:
        """Does a label nobody knows stand in a row of label–figure pairs of which another names a field?"""
        slots = self.grid.filled(left.row)
        return any(
            self.vocabulary.heading(a.text, "funds") in _MONEY and number(b.cell.text) is not None
            for a, b in pairwise(slots)
            if a is not left.slot
        )

    def _unknown_pair(self, left: Heading, slot: Slot) -> Heading:
        """A label nobody knows beside labels that name fields: its figures keep its own words."""
        proposal = self.vocabulary.near(left.slot.text, "funds") or self.vocabulary.guess(
            left.slot.text, "funds", (slot.cell.text,)
        )
        self.draft.ledger.unknown(left.slot.text, left.slot.cell, "funds", proposal, below=(slot.cell.text,))
        return replace(left, item=None, field="extra")

    def _heads_line(self, left: Heading, slot: Slot, field_above: Heading | None) -> bool:
        """Is a label that could name a field (`全年支出`) the label of a whole line? Several figures follow it, each below a
        heading of its own."""
        if field_above is None or left.row != slot.cell.row:
            return False
        after = [s for s in self.grid.filled(left.row) if s.left > left.slot.left]
        figures = list(takewhile(lambda s: number(s.cell.text) is not None, after))
        return len(figures) > 1 and len({self._above(s, "field") for s in figures} - {None}) > 1

    def _line_of(self, slot: Slot, left: Heading | None, item_above: Heading | None) -> Line:
        if item_above is not None and left is not None and left.item == UNKNOWN:
            line = self._line(item_above, slot, left.row)  # a unit's name at the side of its row of items
            line.also(self._over_label(left) or "名称", left.slot)
            return line
        if left is not None and left.item and not (item_above and left.item.item == "total"):
            return self._line(
                left
            )  # 合计 at the side of a row says nothing where the headings above are items
        return self._line(item_above, slot) if item_above is not None else self._total(left)

    def _words(self, slot: Slot, left: Heading | None, ordered: Heading | None) -> Heading | None:
        """A cell of words is a note of the line, a figure that cannot be read, or a label nobody knows."""
        above = ordered or self._above(slot, "field")
        if above is None or above.field is None or above.slot.left == 0:
            known = len(slot.text) <= LONGEST and not re.search("[。；]", slot.text)
            return Heading(slot, slot.cell.row, item=UNKNOWN) if known else left
        line = self._line_of(slot, left, self._above(slot, "item"))
        if above.field == "extra":
            line.also(above.slot.text, slot)
        elif re.search(r"\d", slot.text) and len(slot.text) < 20:
            line.unreadable.append((above.field, slot.text, "不是数字"))
            line.cells.append((above.field, slot))
        elif not_stated(slot.text):
            self.draft.ledger.ornament(slot.cell)
        return left

    # -- lines
    def _over_label(self, left: Heading) -> str | None:
        """The words over a label at the side of a row (`机构名称`)."""
        top = self.headings[-1].row if self.headings else left.row
        over = [
            self.grid.at(row, left.slot.left, left.slot.right) for row in range(self.block.start, top + 1)
        ]
        return next((s.text for s in reversed(over) if s is not None and not s.blank), None)

    def _line(self, heading: Heading, under: Slot | None = None, row: int | None = None) -> Line:
        """The line a heading names; under: the figure it stands above, where it stands above it; row: the row that has lines of
        its own."""
        assert heading.item is not None
        placed = under if under is not None and under.cell.row not in self.grid.ragged else heading.slot
        side = self._side(placed, heading.item)
        key = (heading.label, heading.item.item, side, heading.row if under is None else row)
        return self.lines.setdefault(key, Line(heading.label, heading.item.item, side, heading.slot))

    def _total(self, left: Heading | None) -> Line:
        """The line of figures that have no label: the total, named by the block's own label as written, else by the heading
        at the left of its first figure."""
        for line in self.lines.values():
            if line.item == "total":
                return line
        own = left is not None and left.field and left.slot.cell.row_span == 1 and left not in self.spent
        text = words(self.title.cell.text) if self.title and not own else None
        label = text.replace("\n", "") if text else left.label if left else None
        source = self.title if text or left is None else left.slot
        return self.lines.setdefault((label, "total", None, None), Line(label, "total", None, source))

    def _run_in_field(self, heading: Heading) -> str:
        """A total that shares its row with an executed figure but has no column heading is `approved`."""
        above = self._above(heading.slot, "field")
        if above is not None and above.field in _MONEY:
            return above.field
        beside = [s for s in self.grid.rows[heading.row] if number(s.cell.text)]
        executed = any(
            (h := self._above(s, "field")) and h.field in ("executed", "execution_rate") for s in beside
        )
        return "approved" if executed and heading.item and heading.item.item == "total" else "amount"

    def _side(self, slot: Slot, label: Label) -> str | None:
        """Only where the form itself has sides: the side heading above, else the side of the item."""
        if not self.sided:
            return None
        left = [h for h in self.beside if h.slot.left <= slot.left and h.row <= slot.cell.row]
        reach = [h for h in left if slot.cell.row < h.row + h.slot.cell.row_span]
        above = self._above(slot, "side") or max(
            reach or left, key=lambda h: (h.slot.left, h.row), default=None
        )
        if label.side and (slot.cell.row in self.grid.ragged or above is None):
            return label.side
        return above.side if above else None

    def _state(self, line: Line, name: str, slot: Slot, figure: Number, heading: Heading | None) -> None:
        if name == "extra" or name in line.values:
            line.also(heading.slot.text if heading else "其他", slot)
            return
        line.cells.append((name, slot))
        if name == "execution_rate":
            line.rate = figure, heading is not None and "%" in heading.slot.text
            line.values[name] = rate(*line.rate)
        elif name in ("weight", "score"):
            line.values[name] = figure.value
        else:
            unit = money.own(figure) or self.units.over(slot, self.title)
            line.stated = line.stated or unit is not None or self.draft.unit is not None
            value = money.amount(figure, unit or self.draft.unit or money.WAN)
            if value is None:
                line.unreadable.append((name, slot.text, money.UNKNOWN_UNIT))
                return
            line.values[name] = value
        if heading is not None and heading.recognised is not None and heading.field == name:
            line.reasons[slot] = heading.recognised
        if figure.note:
            line.cells.append((keep(line.extra, "备注", figure.note), slot))

    def close(self) -> None:
        """Hands the lines with a figure over to the draft; what only headings and empty lines said is ornament."""
        for line in self.lines.values():
            if line.values or line.unreadable or line.crossed:
                self._hand_over(line)
        for row in range(self.block.start, self.block.stop):
            for slot in self.grid.filled(row):
                known = self._named(slot, row) or self.vocabulary.label(slot.text.rstrip(":："))
                if known and not self._behind_words(slot, row):
                    self.draft.ledger.ornament(slot.cell)

    def _behind_words(self, slot: Slot, row: int) -> bool:
        """Does a cell stand behind a label nobody knows, as its value?"""
        before = [s for s in self.grid.filled(row) if s.left < slot.left]
        return (
            bool(before)
            and not self.draft.ledger.claimed(before[-1].cell)
            and number(before[-1].cell.text) is None
        )

    def _tell_unknown(self, line: Line) -> None:
        """A line whose label nobody knows goes to the evidence; one known to fit no code does not."""
        assert line.source is not None
        if self.vocabulary.label(line.label or "") is not None:
            return
        near = self.vocabulary.near_label(line.label or "")
        figures = tuple(slot.text for _, slot in line.cells)
        self.draft.ledger.unknown(line.label or "", line.source.cell, "label", near, below=figures)

    def _hand_over(self, line: Line) -> None:
        ledger, index = self.draft.ledger, len(self.draft.funds)
        path = f"{self.draft.path}.funds[{index}]"
        if line.item == "total" and self.weight is not None and self.title is not None:
            if "weight" not in line.values:
                line.values["weight"] = self.weight
                ledger.use(self.title.cell, path, "weight")
            self.weight = None
        if line.item is None and line.source is not None and line.label:
            self._tell_unknown(line)
        base = line.values.get("revised", line.values.get("approved"))
        if line.rate is not None and base and "executed" in line.values:
            line.values["execution_rate"] = rate(*line.rate, computed=line.values["executed"] / base)
        fund = Fund(item=line.item, label=line.label, side=line.side, extra=line.extra or None, **line.values)
        self.draft.funds.append(fund)
        if line.source is not None:
            ledger.use(line.source.cell, path, "label")
        for name, slot in line.cells:
            ledger.use(slot.cell, path, name, line.reasons.get(slot))
        for name, raw, why in line.unreadable:
            self.draft.unreadable.append(Unreadable(f"funds[{index}].{name}", line.label or "资金", raw, why))
        if not line.stated:
            self.draft.unsure.append(index)
