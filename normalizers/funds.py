"""Reads the funds block in both layouts: columns × rows, and label–value pairs side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal

from normalizers import head, ragged
from normalizers.blocks import Block
from normalizers.draft import Draft
from normalizers.grid import Grid, Slot
from normalizers.text import squeeze, words
from normalizers.values import Number, money, not_stated, number, rate
from normalizers.vocabulary import Label, Vocabulary
from schema.records import Fund

_MONEY = ("approved", "revised", "received", "executed", "amount")
_FIELDS = (*_MONEY, "execution_rate", "weight", "score")
_RUN_IN = re.compile(r"^(.{2,30}?)[:：](.+)$", re.DOTALL)
_OF_WHICH = re.compile(r"^(?:其中|其 中)\s*[:：]?\s*")
_HEADING_POINTS = re.compile(r"[（(](\d+(?:\.\d+)?)\s*分[)）]")
_YUAN = re.compile(r"[（(]\s*(?:单位[:：])?\s*(?:人民币)?元\s*[)）]")
_EXPENDITURE = frozenset(("basic", "personnel", "operating", "project"))


@dataclass(slots=True)
class _Line:
    """One fund in the making: its label's slot, its values and where they were read."""

    label: str | None
    item: str | None
    side: str | None
    source: Slot | None
    values: dict[str, Decimal] = field(default_factory=dict)
    cells: list[tuple[str, Slot]] = field(default_factory=list)
    row: int | None = None  # the row its label stands in; None where a heading above is its label
    extra: dict[str, str] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Heading:
    """A cell that names a field, an item or a side; `row` is where it stands."""

    slot: Slot
    row: int
    field: str | None = None
    item: Label | None = None
    side: str | None = None


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
        self.headings: list[_Heading] = []
        self.lines: dict[tuple[object, ...], _Line] = {}
        self.title: Slot | None = None
        self.weight: Decimal | None = None
        self.sided = False
        self.spent: set[_Heading] = set()  # labels at the left of a figure that already have theirs

    # -- rows
    def row(self, row: int) -> None:
        taken = head.read_row(self.grid, row, self.block, self.draft, self.vocabulary, funds=True)
        slots = [slot for slot in self.grid.rows[row] if slot not in taken]
        filled = [slot for slot in slots if not slot.blank]
        for slot in filled:
            self._title(slot, row)
        named = [h for slot in filled if (h := self._named(slot, row))]
        figures = [slot for slot in filled if self._figure(slot) is not None]
        if any(h.side for h in named) and not figures:
            # 按收入性质分 | 按支出性质分: the columns above no longer hold, but for those named here
            self.headings = [h for h in self.headings if h.side is None and h.field is None and h.row == row]
        if named and not figures:
            if all(h.item for h in named) or any(h.field or h.side for h in named):
                self._take_headings(named)
                if any(h.field for h in named) or len(named) > 1 or any(h.side for h in named):
                    return
        self._values(row, slots, figures, named)

    def _title(self, slot: Slot, row: int) -> None:
        text = squeeze(slot.cell.text)
        if self.vocabulary.heading(text, "funds") == "block" or (
            slot.cell.row_span > 1
            and slot.left == 0
            and self.title is None
            and row == self.block.start
            and self._figure(slot) is None
            and self.vocabulary.label(text) is None
        ):
            self.title = self.title or slot
            self.draft.ledger.ornament(slot.cell)
            points = _HEADING_POINTS.search(text)
            if points:
                self.weight = Decimal(points[1])
        if _YUAN.search(text):
            self.draft.scale = Decimal("0.0001")

    def _named(self, slot: Slot, row: int) -> _Heading | None:
        if slot is self.title:
            return None
        side = self.vocabulary.listed(slot.text, "side")
        label = self.vocabulary.label(slot.text)
        name = self.vocabulary.heading(slot.text, "funds")
        if side and not label:
            self.sided = True
            return _Heading(slot, row, side=side)
        if name in _FIELDS or name == "extra":
            return _Heading(slot, row, field=name)
        if label:
            return _Heading(slot, row, item=label)
        if name in ("ignore", "block"):
            self.draft.ledger.ornament(slot.cell)
        return None

    def _take_headings(self, named: list[_Heading]) -> None:
        row = named[0].row
        if row in self.grid.ragged and self.headings and self.headings[-1].row in self.grid.ragged:
            upper = self.headings[-1].row
            spread = dict(
                zip(
                    self.grid.rows[upper],
                    ragged.spread(self.grid.rows[upper], self.grid.rows[row]),
                    strict=True,
                )
            )
            self.headings = [replace(h, slot=spread.get(h.slot, h.slot)) for h in self.headings]
        for heading in named:
            self.headings.append(heading)
            if heading.field or heading.side:
                self.draft.ledger.ornament(heading.slot.cell)

    def _figure(self, slot: Slot) -> Number | None:
        return number(slot.cell.text) or self._run_in(slot)

    def _run_in(self, slot: Slot) -> Number | None:
        """`资金总额：2677.71`: label and figure in one cell."""
        match = _RUN_IN.match(squeeze(_OF_WHICH.sub("", squeeze(slot.cell.text))))
        return number(match[2]) if match else None

    # -- values
    def _values(self, row: int, slots: list[Slot], figures: list[Slot], named: list[_Heading]) -> None:
        by_slot = {h.slot: h for h in named}
        columns = self._by_order(row, figures)
        left: _Heading | _Line | None = None
        line: _Line | None = None
        for slot in slots:
            if slot is self.title:
                continue
            if not slot.blank and self._run_in(slot) and number(slot.cell.text) is None:
                line = left = self._begin(self._run_in_line(slot))
                continue
            if slot in by_slot:
                left = by_slot[slot]
                if left.item:
                    line = None
                continue
            if slot.blank or (figure := number(slot.cell.text)) is None:
                if not slot.blank:
                    left, line = self._words(slot, left, line, columns)
                continue
            line = self._place(slot, figure, left, line, columns.get(slot))

    def _by_order(self, row: int, figures: list[Slot]) -> dict[Slot, _Heading]:
        """In a ragged row: as many figures as a row of headings has items or fields go by their order."""
        if row not in self.grid.ragged or not self.headings:
            return {}
        last = self.headings[-1].row
        heads = [h for h in self.headings if h.row == last and not h.side]
        return dict(zip(figures, heads, strict=True)) if len(heads) == len(figures) else {}

    def _above(self, slot: Slot, wanted: str) -> _Heading | None:
        """The nearest heading of a kind over a cell."""
        for heading in reversed(self.headings):
            if (
                getattr(heading, wanted)
                and heading.row < slot.cell.row
                and heading.slot.overlap(slot.left, slot.right) > 0
            ):
                same = [h for h in self.headings if h.row == heading.row and getattr(h, wanted)]
                return max(same, key=lambda h: h.slot.overlap(slot.left, slot.right))
        return None

    def _place(
        self,
        slot: Slot,
        figure: Number,
        left: _Heading | _Line | None,
        line: _Line | None,
        ordered: _Heading | None,
    ) -> _Line | None:
        """Gives one figure its line and field, from the label at its left and the headings above it."""
        field_above = ordered if ordered and ordered.field else self._above(slot, "field")
        item_above = ordered if ordered and ordered.item else self._above(slot, "item")
        name = field_above.field if field_above else None
        if isinstance(left, _Heading) and left.field and not (left in self.spent and field_above and item_above is None):
            self.spent.add(left)
            name = left.field if not (field_above and item_above is None and left.slot.left == 0) else name
            self.draft.ledger.ornament(left.slot.cell)
            line = None
        if isinstance(left, _Heading) and left.item:
            line = line or self._begin(self._item_line(left, slot))
        elif line is None or (isinstance(left, _Heading) and left.field) or left is None:
            if item_above and item_above.item and not isinstance(left, _Line):
                line = self._begin(self._item_line(item_above, slot, above=True))
            else:
                line = self._begin(self._total_line())
        if name is None and isinstance(left, _Line) and left is line and not line.values:
            name = "amount"
        self._state(line, name or "amount", slot, figure, field_above)
        return line

    def _words(
        self, slot: Slot, left: _Heading | _Line | None, line: _Line | None, columns: dict[Slot, _Heading]
    ) -> tuple[_Heading | _Line | None, _Line | None]:
        """A cell of words: a label nobody knows, a note, or a figure that cannot be read."""
        above = columns.get(slot) or self._above(slot, "field")
        if above is not None and above.field == "extra":
            target = line or (
                self._begin(self._item_line(left, slot)) if isinstance(left, _Heading) and left.item else None
            )
            text = words(slot.cell.text)
            if target is not None and text:
                target.extra[above.slot.text] = text
                target.cells.append(("extra", slot))
            return left, line
        if above is not None and above.field in _FIELDS:
            if re.search(r"\d", slot.text) and len(slot.text) < 20:
                target = line or (
                    self._begin(self._item_line(left, slot))
                    if isinstance(left, _Heading) and left.item
                    else self._begin(self._total_line())
                )
                target.unreadable.append((above.field, slot.text))
                target.cells.append((above.field, slot))
                return left, target
            if not_stated(slot.text):
                self.draft.ledger.ornament(slot.cell)
            return left, line
        if len(slot.text) <= 30 and slot.cell.row >= self.block.start and not re.search("[。；]", slot.text):
            begun = _Line(_label(slot.cell.text), None, self._side(slot, None), slot, row=slot.cell.row)
            return begun, begun
        return left, line

    # -- lines
    def _item_line(self, heading: _Heading, slot: Slot, above: bool = False) -> _Line:
        assert heading.item is not None
        side = self._side(
            slot if above and slot.cell.row not in self.grid.ragged else heading.slot, heading.item
        )
        row = None if above else heading.slot.cell.row
        return _Line(_label(heading.slot.cell.text), heading.item.item, side, heading.slot, row=row)

    def _run_in_line(self, slot: Slot) -> _Line:
        text = squeeze(_OF_WHICH.sub("", squeeze(slot.cell.text)))
        match = _RUN_IN.match(text)
        assert match is not None
        label = self.vocabulary.label(match[1])
        line = _Line(
            _label(match[1]), label.item if label else None, self._side(slot, label), slot, row=slot.cell.row
        )
        figure = number(match[2])
        assert figure is not None
        above = self._above(slot, "field")
        if above and above.field in _MONEY:
            name = above.field
        else:
            name = "approved" if line.item == "total" and self._executed_beside(slot) else "amount"
        self._state(line, name, slot, figure, above)
        return line

    def _executed_beside(self, slot: Slot) -> bool:
        return any(
            h.field in ("executed", "execution_rate")
            and any(
                s.cell.row == slot.cell.row and number(s.cell.text) and h.slot.overlap(s.left, s.right) > 0
                for s in self.grid.rows[slot.cell.row]
            )
            for h in self.headings
        )

    def _total_line(self) -> _Line:
        for line in self.lines.values():
            if line.item == "total":
                return line
        text = words(self.title.cell.text) if self.title else None
        return _Line(text.replace("\n", "") if text else None, "total", None, self.title)

    def _side(self, slot: Slot, label: Label | None) -> str | None:
        """Only where the form itself has sides: the side heading above, else the side of the item."""
        if not self.sided:
            return None
        above = self._above(slot, "side")
        if label and label.side and (slot.cell.row in self.grid.ragged or above is None):
            return label.side if above or label.item in _EXPENDITURE or label.side == "revenue" else None
        return above.side if above else None

    def _begin(self, line: _Line) -> _Line:
        key = (line.label, line.item, line.side, line.row)
        return self.lines.setdefault(key, line)

    def _state(self, line: _Line, name: str, slot: Slot, figure: Number, heading: _Heading | None) -> None:
        if name == "extra":
            line.extra[heading.slot.text if heading else "其他"] = squeeze(slot.cell.text)
            line.cells.append(("extra", slot))
            return
        if name in line.values:
            line.extra[heading.slot.text if heading else name] = squeeze(slot.cell.text)
            line.cells.append(("extra", slot))
            return
        if name == "execution_rate":
            value = rate(figure, heading is not None and "%" in heading.slot.text)
        elif name in ("weight", "score"):
            value = figure.value
        else:
            value = money(figure, self.draft.scale)
        line.values[name] = value
        line.cells.append((name, slot))
        if figure.note:
            line.extra["备注"] = figure.note

    def close(self) -> None:
        ledger = self.draft.ledger
        for heading in self.headings:
            ledger.ornament(heading.slot.cell)
        first = True
        for line in self.lines.values():
            if not line.values and not line.unreadable:
                if line.source is not None and line.item is not None:
                    ledger.ornament(line.source.cell)
                continue
            index = len(self.draft.funds)
            path = f"{self.draft.path}.funds[{index}]"
            if first and line.item == "total" and "weight" not in line.values and self.weight is not None:
                line.values["weight"] = self.weight
                if self.title is not None:
                    ledger.use(self.title.cell, path, "weight")
            first = False
            self.draft.funds.append(
                Fund(
                    item=line.item, label=line.label, side=line.side, extra=line.extra or None, **line.values
                )
            )
            if line.source is not None:
                ledger.use(line.source.cell, path, "label")
            for name, slot in line.cells:
                ledger.use(slot.cell, path, name)
            for name, raw in line.unreadable:
                self.draft.unreadable.append((f"funds[{index}].{name}", line.label or "资金", raw))
        for row in range(self.block.start, self.block.stop):
            for slot in self.grid.filled(row):
                if (
                    not ledger.claimed(slot.cell)
                    and (self.vocabulary.label(slot.text) or self.vocabulary.listed(slot.text, "side"))
                ) or (
                    not ledger.claimed(slot.cell)
                    and _RUN_IN.match(slot.text + "0")
                    and self.vocabulary.label(slot.text)
                ):
                    ledger.ornament(slot.cell)


def _label(text: str) -> str | None:
    """A row's own words without a leading 其中 and a closing colon."""
    plain = squeeze(text)
    plain = _OF_WHICH.sub("", plain)
    plain = re.sub(r"^\d{1,2}[、.．](?!\d)", "", plain)
    return plain.rstrip(":：") or None
