"""The columns of a funds block whose headings name fields over lines of money (`资金总额 | 100 | 90 | 90%`), those nobody knows read jointly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from normalizers import band
from normalizers.assignment import Decision
from normalizers.grid import Grid, Slot
from normalizers.roles import EXTRA, Look, look
from normalizers.spelling import LONGEST
from normalizers.values import number, rate
from normalizers.vocabulary import Label, Vocabulary

FIELDS = ("approved", "revised", "received", "executed", "amount", "execution_rate", "weight", "score")
_BASES = ("revised", "approved", "received")  # what an execution rate is a share of; the first that a form has
_FEWEST = 3  # cells of such a row
_CLEARLY = 3.0  # so much better must such a row be read as headings of money than as none
# What a whole reading says: what a block has, and what it costs a reading to be without.
_NEEDED = ((frozenset(("approved", "revised", "amount")), -1.5), (frozenset(("executed", "received", "amount")), -1.5))
_RATE, _NO_RATE = 3.5, -3.0  # a line whose rate is the share that it says, one whose is not
_LINES = 3  # that count
_WITHIN, _ABOVE = 0.5, -3.0  # scores beside their weights; what is spent beside what there is to spend
_NEAR = Decimal("0.006")
_DASH = re.compile("[-－—–]+")

Figures = list[Decimal | None]  # down the lines


@dataclass(frozen=True, slots=True)
class FundColumn:
    """A heading over figures: its cell, the field it names where its spelling is known, what stands below it."""

    slot: Slot
    field: str | None
    look: Look
    figures: Figures


def columns(grid: Grid, row: int, stop: int, vocabulary: Vocabulary, aside: Sequence[Slot] = ()) -> list[FundColumn]:
    """The headings of a row that stand over figures of the rows down to `stop`; aside: cells that are none. A row that names items (基本支出) heads
    figures of another kind: it has none. A 小计 among headings sums some of them up."""
    heads = [slot for slot in grid.filled(row) if slot not in aside]
    items = {slot: label.item for slot in heads if (label := vocabulary.label(slot.text)) is not None}
    if row in grid.ragged or any(item != "total" for item in items.values()):
        return []
    lines = [below for below in range(row + 1, stop) if below not in grid.ragged and _is_line(grid, below)]
    found = []
    for slot in heads:
        cells = [grid.at(below, slot.left, slot.right) for below in lines]
        texts = [s.cell.text for s in cells if s is not None and s.cell.column_span <= 2 * slot.cell.column_span]
        figures = [number(s.cell.text) if s is not None else None for s in cells]
        field = EXTRA if slot in items else vocabulary.heading(slot.text, "funds")
        if len(slot.text) > LONGEST or number(slot.text) is not None:
            continue
        if field in FIELDS or any(figure is not None for figure in figures):
            values = [rate(f) if f and f.unit in ("%", "‰") else f.value if f else None for f in figures]
            found.append(FundColumn(slot, field, look(texts, len(lines)), values))
    return found


def _is_line(grid: Grid, row: int) -> bool:
    return any(number(slot.cell.text) is not None for slot in grid.filled(row))


def read(found: list[FundColumn], vocabulary: Vocabulary) -> tuple[list[Decision], float]:
    """The field of each heading, and how much better the best reading is than that of a row of none."""
    headed = [band.Headed(c.slot.text, c.field, c.look) for c in found]
    figures = [column.figures for column in found]
    return band.read("funds", headed, vocabulary, lambda roles: _whole(roles, figures))


def _whole(roles: Sequence[str], figures: list[Figures]) -> float:
    at = {role: figures[i] for i, role in enumerate(roles)}
    said = sum(lost for fields, lost in _NEEDED if not at.keys() & fields)
    base = next((at[field] for field in _BASES if field in at), None)
    if base is not None and "executed" in at:
        spent = _both(base, at["executed"])
        if spent:
            said += _WITHIN if all(one >= other for one, other in spent) else _ABOVE
        if "execution_rate" in at:
            shares = [
                abs(executed / whole - told) <= _NEAR or abs(executed / whole * 100 - told) <= 100 * _NEAR
                for whole, executed, told in zip(base, at["executed"], at["execution_rate"], strict=True)
                if whole and executed is not None and told is not None
            ]
            if shares:
                holds = sum(shares)
                said += _RATE * min(holds, _LINES) + _NO_RATE * min(len(shares) - holds, _LINES)
    if "weight" in at and "score" in at and (points := _both(at["weight"], at["score"])):
        said += _WITHIN if all(weight >= score for weight, score in points) else _ABOVE
    return said


def _both(one: Figures, other: Figures) -> list[tuple[Decimal, Decimal]]:
    return [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]


def over_pairs(grid: Grid, row: int, vocabulary: Vocabulary) -> Label | None:
    """`项目资金－财政拨款（万元）` over all columns: the line to which the pairs of label and figure below it belong (of no code where nobody
    knows it); None where no such line stands here."""
    filled = grid.filled(row)
    if len(filled) != 1 or row in grid.ragged or row + 1 >= len(grid.rows) or len(filled[0].text) > LONGEST:
        return None
    over, below = filled[0], grid.filled(row + 1)
    paired = len(below) > 1 and any(vocabulary.heading(label.text, "funds") in FIELDS for label in below[::2])
    if not paired or over.left > 0 or over.right < grid.width or vocabulary.heading(over.text, "funds"):
        return None
    return vocabulary.label(_DASH.split(over.text)[-1]) or Label(None, None)


def begins(grid: Grid, row: int, vocabulary: Vocabulary) -> bool:
    """Does a block begin in a row with headings of money that hardly anybody knows, or in the row above them that a merged cell joins to them?"""
    joined = not _is_line(grid, row) and any(slot.cell.row_span > 1 for slot in grid.filled(row))
    return heads(grid, row, vocabulary) or (joined and heads(grid, row + 1, vocabulary))


def heads(grid: Grid, row: int, vocabulary: Vocabulary) -> bool:
    """Does a row of headings of money stand here, though hardly one of them is known? It stands over a line that is known, and its headings are
    clearly better explained as those of money than as none."""
    return bool(grid.once("money by all", row, lambda: _heads(grid, row, vocabulary)))


def _heads(grid: Grid, row: int, vocabulary: Vocabulary) -> bool:
    if row + 1 >= len(grid.rows) or row in grid.ragged or len(grid.filled(row)) < _FEWEST:
        return False
    if _is_line(grid, row):
        return False
    below = grid.filled(row + 1)
    if not any(vocabulary.label(slot.text) for slot in below[:2]) or not _is_line(grid, row + 1):
        return False
    stop = row + 2
    while (
        stop < len(grid.rows) and _is_line(grid, stop) and any(vocabulary.label(s.text) for s in grid.filled(stop)[:2])
    ):
        stop += 1
    found = columns(grid, row, stop, vocabulary)
    if len(found) < 2:
        return False
    decisions, lead = read(found, vocabulary)
    told = {decision.role for decision in decisions}
    return lead >= _CLEARLY and len(told & set(FIELDS)) >= 2
