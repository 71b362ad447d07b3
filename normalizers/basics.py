"""Reads a 基础数据表: groups with their own column headings, rows that hang from each other by numbering."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from normalizers.draft import Draft
from normalizers.grid import Block, Grid, Slot
from normalizers.text import OF_WHICH, squeeze, stated_text
from normalizers.values import number, rate
from normalizers.vocabulary import Vocabulary
from schema import numbering
from schema.records import Basic

# A unit in brackets is no part of a name; another note is.
_UNIT = re.compile(r"[（(](?:单位[:：])?(?:人|个|辆|台|户|[百千]?万?元|亿元|%|平方米|㎡)[)）]$")
_OF_YEAR = re.compile(r"20\d\d年度?")  # which a layout has another of each year
_UNNUMBERED, _WITHIN = 6, 10  # an unnumbered label hangs from a numbered one, 其中 from any


@dataclass(slots=True)
class _Row:
    depth: float
    path: tuple[str, ...]
    values: dict[str, Decimal | str | None]
    group: str | None
    label: Slot | None
    cells: list[tuple[str, Slot]]
    kept: bool = False


def read(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    """One record per row with a figure or a text, and per row without one that others hang from."""
    rows = _Rows(grid, draft, vocabulary)
    for row in range(block.start, block.stop):
        rows.read(row)
    rows.close()


class _Rows:
    """The rows of one block in order; guards the group, its headings and the labels still open."""

    def __init__(self, grid: Grid, draft: Draft, vocabulary: Vocabulary) -> None:
        self.grid, self.draft, self.vocabulary = grid, draft, vocabulary
        self.group: str | None = None
        self.headings: list[Slot] = []
        self.open: list[_Row] = []
        self.rows: list[_Row] = []

    def read(self, row: int) -> None:
        filled = self.grid.filled(row)
        if not filled:
            return
        if self._is_heading(filled):
            self.headings = filled[1:] if self._group(filled[0]) else filled
            self.open = []
            for slot in self.headings:
                self.draft.ledger.ornament(slot.cell)
                self.draft.outline.append(("basics", _OF_YEAR.sub("", slot.text), None))
            return
        label = next((slot for slot in filled if not self._below_heading(slot, row)), None)
        values = [slot for slot in filled if slot is not label]
        if label is None:
            self._add(_UNNUMBERED, (), None, values)
        else:
            self._labelled(label, values, row)

    def _is_heading(self, filled: list[Slot]) -> bool:
        """A row of words: a group's name (or its continuation) and the headings of its columns."""
        if len(filled) < 2 or any(number(slot.cell.text) for slot in filled):
            return False
        words_only = all(len(slot.text) <= 20 for slot in filled)
        return words_only and (len(filled) > 2 or self.vocabulary.listed(filled[0].text, "basics_group") is not None)

    def _group(self, slot: Slot) -> bool:
        self.group = _UNIT.sub("", squeeze(slot.cell.text))
        self.draft.ledger.ornament(slot.cell)
        return True

    def _below_heading(self, slot: Slot, row: int) -> bool:
        """Does the cell stand under a column heading, and not in the column of the labels?"""
        if row in self.grid.ragged:
            return bool(self.headings) and self.grid.rows[row].index(slot) > 0
        return any(head.overlap(slot.left, slot.right) > 0 for head in self.headings)

    def _labelled(self, label: Slot, values: list[Slot], row: int) -> None:
        text = squeeze(label.cell.text)
        own = self._depth(text, row)
        name = numbering.without(OF_WHICH.sub("", text))
        name = _UNIT.sub("", name.rstrip(":："))
        while self.open and self.open[-1].depth >= own:
            self.open.pop()
        path = (*(self.open[-1].path if self.open else ()), name)
        self.open.append(self._add(own, path, label, values))

    def _depth(self, text: str, row: int) -> float:
        """How deep a label stands: by its numbering, over the list that begins below it, else under the label it follows."""
        if (numbered := numbering.parse(text)) is not None:
            return numbered.level
        if not OF_WHICH.match(text):
            if self.vocabulary.listed(text, "basics_top"):
                return 1
            if (first := self._list_below(row)) is not None:
                return first - 0.5
        last = self.open[-1].depth if self.open else 0
        if OF_WHICH.match(text):
            return last + _WITHIN
        return last if last >= _UNNUMBERED else last + _UNNUMBERED

    def _list_below(self, row: int) -> int | None:
        """The level of the list whose first number begins the next row."""
        below = self.grid.filled(row + 1) if row + 1 < len(self.grid.rows) else []
        numbered = numbering.parse(squeeze(below[0].cell.text)) if below else None
        return numbered.level if numbered is not None and numbered.value == 1 else None

    def _add(self, depth: float, path: tuple[str, ...], label: Slot | None, slots: list[Slot]) -> _Row:
        values: dict[str, Decimal | str | None] = {h.text: None for h in self.headings}
        cells: list[tuple[str, Slot]] = []
        for slot in slots:
            heading = self._heading(slot, len(slots))
            values[heading] = _value(slot.cell.text)
            cells.append((heading, slot))
        if len(slots) == 1 and "" in values:
            values = {"": values[""]}
        row = _Row(depth, path, values, self.group, label, cells)
        self.rows.append(row)
        if any(value is not None for value in values.values()):
            row.kept = True
            for above in self.open:
                above.kept = True
        return row

    def _heading(self, slot: Slot, count: int) -> str:
        """The column heading a value stands under; `` where it spans all of them."""
        row = slot.cell.row
        if row in self.grid.ragged:
            place = self.grid.rows[row].index(slot) - (len(self.grid.rows[row]) - len(self.headings))
            if len(self.grid.rows[row]) <= len(self.headings) and count == 1:
                return ""
            return self.headings[place].text if 0 <= place < len(self.headings) else ""
        under = [head for head in self.headings if head.overlap(slot.left, slot.right) > 0]
        if len(under) > 1 and len(under) == len(self.headings):
            return ""
        return max(under, key=lambda h: h.overlap(slot.left, slot.right)).text if under else ""

    def close(self) -> None:
        ledger = self.draft.ledger
        for row in self.rows:
            if row.kept:
                path = f"{self.draft.path}.basics[{len(self.draft.basics)}]"
                self.draft.basics.append(Basic(row.group, row.path, row.values))
                if row.label is not None:
                    ledger.use(row.label.cell, path, "path")
                for heading, slot in row.cells:
                    ledger.use(slot.cell, path, f"values.{heading}")
            elif row.label is not None:
                ledger.ornament(row.label.cell)


def _value(text: str) -> Decimal | str | None:
    stated = stated_text(text)
    if stated is None:
        return None
    figure = number(text)
    if figure is None:
        return stated
    return rate(figure) if figure.unit in ("%", "‰") else figure.value
