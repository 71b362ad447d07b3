"""A table as the readers see it: cells with their horizontal extent, merged cells on every row they cover."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, TypeVar

from normalizers.text import blank, squeeze
from schema.document import Cell, Table

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A cell and where it stands across the table: `left` < `right`, in the table's own measure. text: on one line without any blank;
    blank: it says nothing."""

    cell: Cell
    left: float
    right: float
    text: str = field(init=False, repr=False)
    blank: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", squeeze(self.cell.text))
        object.__setattr__(self, "blank", blank(self.cell.text))

    def overlap(self, left: float, right: float) -> float:
        return (self.right if self.right < right else right) - (self.left if self.left > left else left)


@dataclass(frozen=True, slots=True)
class Block:
    """Rows `start` to `stop` (exclusive) of a table; the first `header` of them are its heading band."""

    kind: str
    start: int
    stop: int
    header: int = 0


class Grid:
    """rows[r]: the cells that begin in row r, left to right; covering[r]: all that stand in it.

    A ragged row's cells share the width evenly: an order, not a place.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.ragged = table.ragged
        edges = [0.0, *accumulate(map(float, table.widths or (1.0,) * table.columns))]
        self.width = edges[-1]
        self.rows: list[list[Slot]] = [[] for _ in range(table.rows)]
        self.spanning: list[list[Slot]] = [[] for _ in range(table.rows)]
        by_row: list[list[Cell]] = [[] for _ in range(table.rows)]
        for cell in table.cells:
            by_row[cell.row].append(cell)
        for row, cells in enumerate(by_row):
            if row in self.ragged:
                step = self.width / max(len(cells), 1)
                slots = [Slot(cell, i * step, (i + 1) * step) for i, cell in enumerate(cells)]
            else:
                slots = [Slot(c, edges[c.column], edges[c.column + c.column_span]) for c in cells]
            self.rows[row] = slots
            for slot in slots:
                for covered in range(row, min(row + slot.cell.row_span, table.rows)):
                    self.spanning[covered].append(slot)
        for covering in self.spanning:
            covering.sort(key=lambda slot: slot.left)
        self.doubts: dict[int, float] = {}  # rows whose block is not sure, and how sure it is (blocks.py)
        self.told: Mapping[
            int, tuple[str, ...]
        ] = {}  # by the row a block starts in, what people say its columns are (confirmed.py)
        self._found: dict[tuple[str, int], Any] = {}
        self._filled = [[slot for slot in slots if not slot.blank] for slots in self.rows]

    def set_aside(self, row: int, slots: list[Slot]) -> None:
        """Takes cells of a row out: nobody is to read them."""
        self.rows[row] = [slot for slot in self.rows[row] if slot not in slots]
        self.spanning[row] = [slot for slot in self.spanning[row] if slot not in slots]
        self._filled[row] = [slot for slot in self._filled[row] if slot not in slots]
        self._found.clear()

    def once(self, question: str, row: int, answer: Callable[[], _Found]) -> _Found:
        """What is found out about a row, worked out once as long as no cell is set aside. A grid is read under one vocabulary."""
        if (question, row) not in self._found:
            self._found[question, row] = answer()
        found: _Found = self._found[question, row]
        return found

    def filled(self, row: int) -> list[Slot]:
        """The cells that begin in the row and hold more than blanks."""
        return self._filled[row]

    def heads_a_blank_row(self, row: int) -> bool:
        """Is a row one of headings over a row left blank (`姓名 | 单位 | 意见`)?"""
        slots = self.rows[row]
        if len(slots) < 2 or row + 1 >= len(self.rows) or any(slot.blank for slot in slots):
            return False
        below = self.rows[row + 1]
        same = [(slot.left, slot.right) for slot in below] == [(slot.left, slot.right) for slot in slots]
        return same and all(slot.blank for slot in below)

    def at(self, row: int, left: float, right: float) -> Slot | None:
        """The cell of a row that shares most of the stretch, None where none does."""
        return widest(self.spanning[row], left, right)


def widest(slots: Iterable[Slot], left: float, right: float) -> Slot | None:
    """The slot that shares most of the stretch from left to right, None where none does."""
    best, most = None, 0.0
    for slot in slots:
        shared = (slot.right if slot.right < right else right) - (slot.left if slot.left > left else left)
        if shared > most:
            best, most = slot, shared
    return best
