"""Reads the funds block in both layouts: columns × rows, and label–value pairs side by side."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise, takewhile

from normalizers import head, money
from normalizers.draft import Draft, Unreadable
from normalizers.fund_columns import heads
from normalizers.fund_headings import MONEY, Headings, run_in
from normalizers.fund_lines import UNKNOWN, Heading, Line, Units
from normalizers.grid import Block, Grid, Slot
from normalizers.ledger import keep
from normalizers.spelling import LONGEST
from normalizers.text import OF_WHICH, stated_text
from normalizers.values import Number, not_stated, number, rate
from normalizers.vocabulary import KNOWN, Label, Vocabulary
from schema.records import Fund

_WORD = re.compile("[\u4e00-\u9fffA-Za-z]")  # `①+②+③` names no line
_OTHERS = "其他"  # what figures that no heading names are kept under


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
        self.headings = Headings(grid, block, draft, vocabulary)
        self.lines: dict[tuple[object, ...], Line] = {}
        # Fields named at the left of a figure: they hold for the figures below it.
        self.pairs: list[Heading] = []
        self.spent: set[Heading] = set()  # labels beside a figure that already have theirs
        self.units = Units()

    # -- rows
    def row(self, row: int) -> None:
        taken: set[Slot] = set()
        if heads(self.grid, row, self.vocabulary):
            self._named_below(row)
        else:
            taken = head.read_row(self.grid, row, self.block, self.draft, self.vocabulary, funds=True)
        slots = [slot for slot in self.grid.rows[row] if slot not in taken]
        for slot in slots:
            if not slot.blank:
                self.headings.take_title(slot, row)
                self.units.note(slot, row)
        slots = [slot for slot in slots if slot is not self.headings.title and not self.headings.takes_side(slot, row)]
        for slot in slots:
            if found := self.headings.behind_side(slot):
                self.headings.begin_side(Heading(slot, row, side=found[0]))
        named = {slot: h for slot in slots if not slot.blank and (h := self.headings.named(slot, row))}
        figures = [slot for slot in slots if number(slot.cell.text) or run_in(slot)]
        if figures or not self.headings.take_row(row, list(named.values())):
            self._values(row, slots, figures, named)

    def _named_below(self, row: int) -> None:
        """A head field among headings of money, over one value alone: `项目名称 | 资金来源 | 预算数` over the lines of one project."""
        for slot in self.grid.filled(row):
            field = self.vocabulary.heading(slot.text, "head")
            if field is None or field in KNOWN or self.vocabulary.heading(slot.text, "funds"):
                continue
            below = [
                s for r in range(row + 1, self.block.stop) if (s := self.grid.at(r, slot.left, slot.right)) is not None
            ]
            own = {s.cell.text: s for s in below if s.cell.column_span <= slot.cell.column_span and not s.blank}
            told = [s for text, s in own.items() if self.vocabulary.label(text) is None]
            if len(told) == 1:
                self.draft.put(field, head.head_value(field, told[0].cell.text), told[0].cell)
                self.draft.ledger.ornament(slot.cell)

    # -- figures
    def _values(self, row: int, slots: list[Slot], figures: list[Slot], named: dict[Slot, Heading]) -> None:
        ordered = self._by_order(row, figures)
        left: Heading | None = None
        for slot in slots:
            if slot.blank:
                continue
            if figure := run_in(slot):
                left = self._run_in(slot, row)
                self._state(
                    self._line(left),
                    self._run_in_field(left),
                    slot,
                    figure,
                    self.headings.above(slot, "field"),
                )
            elif slot in named:
                left = named[slot]
            elif left is not None and (other := self._no_money(left)):
                heading = self.headings.above(slot, "field")
                key = f"{other}>{heading.slot.text}" if heading is not None else other
                self.draft.add_extra(key, stated_text(slot.cell.text), slot.cell)
                self.draft.ledger.ornament(left.slot.cell)
            elif figure := number(slot.cell.text):
                self._place(slot, figure, left, ordered.get(slot))
            else:
                left = self._words(slot, left, ordered.get(slot))

    def _run_in(self, slot: Slot, row: int) -> Heading:
        """The line that a label with its figure names: `基本支出：30`; `按收入性质分：100` is a side's total, and heads what is below."""
        label = re.split("[:：]", OF_WHICH.sub("", slot.text))[0]
        if (side := self.vocabulary.listed(label, "side")) is not None:
            self.headings.head_side(Heading(slot, row, side=side))
            return Heading(slot, row, item=Label("total", side))
        return Heading(slot, row, item=self.vocabulary.label(label) or UNKNOWN)

    def _no_money(self, left: Heading) -> str | None:
        """The label of a line that counts no money: 受益人数, 批复文号."""
        known = left.field or (left.item and left.item != UNKNOWN)
        plain = not known and re.search(self.vocabulary.forms["no_money"], left.slot.text)
        return left.label if plain else None

    def _by_order(self, row: int, figures: list[Slot]) -> dict[Slot, Heading]:
        """In a ragged row: as many figures as a row of headings has items or fields go by their order."""
        if row not in self.grid.ragged:
            return {}
        heads = self.headings.lowest()
        return dict(zip(figures, heads, strict=True)) if len(heads) == len(figures) else {}

    def _place(self, slot: Slot, figure: Number, left: Heading | None, ordered: Heading | None) -> None:
        """Gives one figure its line and field, from the label at its left and the headings above it."""
        field_above = ordered if ordered and ordered.field else self.headings.above(slot, "field") or self._paired(slot)
        item_above = ordered if ordered and ordered.item else self.headings.above(slot, "item")
        if left is not None and left.item == UNKNOWN and self._names_field(left, field_above, item_above):
            left, field_above = self._unknown_pair(left, slot), None
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
        unread = name is None and field_above is None and item_above is None
        over = self.headings.unread_over(slot) if unread else None
        if over is not None:
            self._state_unread(line, slot, over)
        elif name is None:
            self._state_unnamed(line, slot, figure, field_above)
        else:
            self._state(line, name, slot, figure, field_above)

    def _state_unread(self, line: Line, slot: Slot, heading: Slot) -> None:
        """A figure under a heading nobody knows keeps the heading's own words."""
        self._tell_heading(heading, slot)
        line.unnamed += 1
        line.also(heading.text, slot)

    def _state_unnamed(self, line: Line, slot: Slot, figure: Number, heading: Heading | None) -> None:
        """A figure that no heading names is the line's amount where it is the only one; of several nobody knows which."""
        line.unnamed += 1
        if line.unnamed == 2 and "amount" in line.values:
            line.takes_back("amount", _OTHERS)
        self._state(line, "amount" if line.unnamed == 1 else "extra", slot, figure, heading)

    def _crosses(self, left: Heading, item_above: Heading | None) -> bool:
        """Does a figure belong to a line and to a column of another item: the part of `财政性资金` that is `基本支出`?"""
        if item_above is None or left.item is None or left.item == UNKNOWN or item_above.item == UNKNOWN:
            return False
        return "total" not in (left.item.item, item_above.item.item if item_above.item else None)

    def _paired(self, slot: Slot) -> Heading | None:
        """The field named at the left of the figure above: `预算数 | 100 | 执行数 | 90` over `其中：财政资金 | 60 | …`."""
        below = [h for h in self.pairs if h.row < slot.cell.row and h.slot.overlap(slot.left, slot.right) > 0]
        return max(below, key=lambda h: h.row, default=None)

    def _names_field(self, left: Heading, above: Heading | None, item: Heading | None) -> bool:
        """Is a label nobody knows a field's rather than a line's? It stands among pairs of which another names a field, or below the name of the
        line that all pairs belong to."""
        if item is not None and item.slot.right - item.slot.left >= self.grid.width:
            return above is None or above in self.pairs
        return above is None and self._among_fields(left)

    def _among_fields(self, left: Heading) -> bool:
        """Does a label nobody knows stand in a row of label–figure pairs of which another names a field?"""
        slots = self.grid.filled(left.row)
        return any(
            self.vocabulary.heading(a.text, "funds") in MONEY and number(b.cell.text) is not None
            for a, b in pairwise(slots)
            if a is not left.slot
        )

    def _unknown_pair(self, left: Heading, slot: Slot) -> Heading:
        """A label nobody knows beside labels that name fields: its figures keep its own words."""
        self._tell_heading(left.slot, slot)
        return replace(left, item=None, field="extra")

    def _tell_heading(self, heading: Slot, figure: Slot) -> None:
        """A heading of a figure that nobody knows goes to the evidence, with the field it may mean."""
        cells = (figure.cell.text,)
        near = self.vocabulary.similar(heading.text, "funds") or self.vocabulary.guess(heading.text, "funds", cells)
        self.draft.ledger.unknown(heading.text, heading.cell, "funds", near, below=cells)

    def _heads_line(self, left: Heading, slot: Slot, field_above: Heading | None) -> bool:
        """Is a label that could name a field (`全年支出`) the label of a whole line? Several figures follow it, each below a
        heading of its own."""
        if field_above is None or left.row != slot.cell.row:
            return False
        after = [s for s in self.grid.filled(left.row) if s.left > left.slot.left]
        figures = list(takewhile(lambda s: number(s.cell.text) is not None, after))
        return len(figures) > 1 and len({self.headings.above(s, "field") for s in figures} - {None}) > 1

    def _line_of(self, slot: Slot, left: Heading | None, item_above: Heading | None) -> Line:
        if item_above is not None and left is not None and left.item == UNKNOWN:
            line = self._line(item_above, slot, left.row)  # a unit's name at the side of its row of items
            line.also(self.headings.over(left) or "名称", left.slot)
            return line
        if left is not None and left.item and not (item_above and left.item.item == "total"):
            return self._line(left)  # 合计 at the side of a row says nothing where the headings above are items
        return self._line(item_above, slot) if item_above is not None else self._total(left)

    def _words(self, slot: Slot, left: Heading | None, ordered: Heading | None) -> Heading | None:
        """A cell of words is a note of the line, a figure that cannot be read, or a label nobody knows."""
        above = ordered or self.headings.above(slot, "field")
        if above is None or above.field is None or above.slot.left == 0:
            named = len(slot.text) <= LONGEST and not re.search("[。；]", slot.text) and _WORD.search(slot.text)
            return Heading(slot, slot.cell.row, item=UNKNOWN) if named else left
        line = self._line_of(slot, left, self.headings.above(slot, "item"))
        if above.field == "extra":
            line.also(above.slot.text, slot)
        elif re.search(r"\d", slot.text) and len(slot.text) < 20:
            line.unreadable.append((above.field, slot.text, "不是数字"))
            line.cells.append((above.field, slot))
        elif not_stated(slot.text):
            self.draft.ledger.ornament(slot.cell)
        return left

    # -- lines
    def _line(self, heading: Heading, under: Slot | None = None, row: int | None = None) -> Line:
        """The line a heading names; under: the figure it stands above, where it stands above it; row: the row that has lines of
        its own."""
        assert heading.item is not None
        placed = under if under is not None and under.cell.row not in self.grid.ragged else heading.slot
        side = self.headings.side_of(placed, heading.item)
        key = (heading.label, heading.item.item, side, heading.row if under is None else row)
        return self.lines.setdefault(key, Line(heading.label, heading.item.item, side, heading.slot))

    def _total(self, left: Heading | None) -> Line:
        """The line of figures that have no label: the total, named by the block's own label as written, else by the heading
        at the left of its first figure."""
        for line in self.lines.values():
            if line.item == "total":
                return line
        own = left is not None and left.field and left.slot.cell.row_span == 1 and left not in self.spent
        text = stated_text(self.headings.title.cell.text) if self.headings.title and not own else None
        label = text.replace("\n", "") if text else left.label if left else None
        source = self.headings.title if text or left is None else left.slot
        return self.lines.setdefault((label, "total", None, None), Line(label, "total", None, source))

    def _run_in_field(self, heading: Heading) -> str:
        """The field of the one heading it stands under; a total that shares its row with an executed figure but has no column heading is
        `approved`."""
        above = self.headings.above(heading.slot, "field")
        if above is not None and above.field in MONEY:
            return above.field if self.headings.only_over(heading.slot) else "amount"
        beside = [s for s in self.grid.rows[heading.row] if number(s.cell.text)]
        executed = any(
            (h := self.headings.above(s, "field")) and h.field in ("executed", "execution_rate") for s in beside
        )
        return "approved" if executed and heading.item and heading.item.item == "total" else "amount"

    def _state(self, line: Line, name: str, slot: Slot, figure: Number, heading: Heading | None) -> None:
        if name == "extra" or name in line.values:
            line.also(heading.slot.text if heading else _OTHERS, slot)
            return
        line.cells.append((name, slot))
        if name == "execution_rate":
            line.rate = figure, heading is not None and "%" in heading.slot.text
            line.values[name] = rate(*line.rate)
        elif name in ("weight", "score"):
            line.values[name] = figure.value
        else:
            unit = money.own(figure) or self.units.over(slot, self.headings.title)
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
            kept = line.unnamed > 0 and not any(h.item for h in self.headings.headings)
            if line.values or line.unreadable or line.crossed or kept:
                self._hand_over(line)
        for row in range(self.block.start, self.block.stop):
            for slot in self.grid.filled(row):
                known = self.headings.named(slot, row) or self.vocabulary.label(slot.text.rstrip(":："))
                if known and not self._behind_words(slot, row):
                    self.draft.ledger.ornament(slot.cell)

    def _behind_words(self, slot: Slot, row: int) -> bool:
        """Does a cell stand behind a label nobody knows, as its value?"""
        before = [s for s in self.grid.filled(row) if s.left < slot.left]
        return bool(before) and not self.draft.ledger.claimed(before[-1].cell) and number(before[-1].cell.text) is None

    def _tell_unknown(self, line: Line) -> None:
        """A line whose label nobody knows goes to the evidence; one known to fit no code does not."""
        assert line.source is not None
        if self.vocabulary.label(line.label or "") is not None:
            return
        near = self.vocabulary.similar_label(line.label or "")
        figures = tuple(slot.text for _, slot in line.cells)
        self.draft.ledger.unknown(line.label or "", line.source.cell, "label", near, below=figures)

    def _hand_over(self, line: Line) -> None:
        ledger, index = self.draft.ledger, len(self.draft.funds)
        path = f"{self.draft.path}.funds[{index}]"
        if line.item == "total" and self.headings.weight is not None and self.headings.title is not None:
            if "weight" not in line.values:
                line.values["weight"] = self.headings.weight
                ledger.use(self.headings.title.cell, path, "weight")
            self.headings.weight = None
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
