"""What the reader of funds collects: headings in force, and lines of money in the making."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from normalizers import money
from normalizers.grid import Slot
from normalizers.ledger import keep
from normalizers.text import OF_WHICH, stated_text
from normalizers.values import Number, number
from normalizers.vocabulary import Label
from schema import numbering

UNKNOWN = Label(None, None)  # a line whose label no code fits


@dataclass(frozen=True, slots=True)
class Heading:
    """A cell that names a field, an item or a side, above its figures or at their left."""

    slot: Slot
    row: int
    field: str | None = None
    item: Label | None = None
    side: str | None = None
    recognised: str | None = None  # why it is that field, where its spelling is not known as written
    behind: str | None = None  # the label behind a side's own name: `资金来源：财政拨款`

    @property
    def label(self) -> str | None:
        """The row's own words, without a leading 其中, numbering, a closing colon or a figure run in."""
        words_only = numbering.without(OF_WHICH.sub("", self.behind or self.slot.text))
        return re.split("[:：]", words_only)[0] or None


@dataclass(slots=True)
class Line:
    """One fund in the making: its label's slot, its values and where they were read."""

    label: str | None
    item: str | None
    side: str | None
    source: Slot | None
    values: dict[str, Decimal] = field(default_factory=dict)
    cells: list[tuple[str, Slot]] = field(default_factory=list)
    reasons: dict[Slot, str] = field(default_factory=dict)  # cells under a heading not known as written
    extra: dict[str, str] = field(default_factory=dict)
    # The execution rate as written, and whether its heading says per cent.
    rate: tuple[Number, bool] | None = None
    crossed: bool = False  # do figures of it stand under the items of other lines?
    stated: bool = False  # is its unit of money stated anywhere?
    unnamed: int = 0  # figures that no heading names
    unreadable: list[tuple[str, str, str]] = field(default_factory=list)  # field, raw text, what is wrong

    def takes_back(self, name: str, heading: str) -> None:
        """A value that is not sure after all keeps its own words."""
        slot = next(slot for told, slot in self.cells if told == name)
        del self.values[name]
        self.cells.remove((name, slot))
        self.also(heading, slot)

    def also(self, heading: str, slot: Slot) -> None:
        """A cell that belongs to the line and to no field of it."""
        text = stated_text(slot.cell.text)
        if text is not None:
            self.cells.append((keep(self.extra, heading, text), slot))


class Units:
    """The cells of a block that state a unit of money, and which of them holds for a figure."""

    def __init__(self) -> None:
        self._found: list[tuple[Slot, int, money.Unit]] = []

    def note(self, slot: Slot, row: int) -> None:
        """Takes a cell that begins in a row up where it states a unit."""
        if number(slot.cell.text) is None and (unit := money.stated(slot.text)) is not None:
            self._found.append((slot, row, unit))

    def over(self, slot: Slot, title: Slot | None) -> money.Unit | None:
        """The unit that the nearest heading states for a figure: over it, at its left, or the block's own label, title; None where
        none does."""
        over = [
            (row, unit)
            for cell, row, unit in self._found
            if row < slot.cell.row and cell.overlap(slot.left, slot.right) > 0
        ]
        left = [
            unit
            for cell, row, unit in self._found
            if row == slot.cell.row and cell.left < slot.left and cell is not title
        ]
        if over or left:
            return max(over, key=lambda found: found[0])[1] if over else left[-1]
        stated = {unit for _, _, unit in self._found}
        if len(stated) == 1:
            return stated.pop()
        return next((unit for cell, _, unit in self._found if cell is title or cell.left == 0), None)
