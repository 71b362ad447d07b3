"""Reads the annual goals: expected beside achieved, in columns, in rows, or one label with one text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from normalizers import band
from normalizers.assignment import Decision
from normalizers.columns import Column
from normalizers.draft import Draft
from normalizers.grid import Block, Grid, Slot
from normalizers.ledger import keep
from normalizers.roles import Look, look
from normalizers.spelling import LONGEST
from normalizers.starts import band_fields, of_year
from normalizers.text import stated_text
from normalizers.values import year
from normalizers.vocabulary import Vocabulary
from schema.records import Goal

_FIELDS = ("planned", "actual", "adjusted", "extra")
_NEEDED = {"planned": -3.0, "actual": -1.0}  # what it costs a reading of a band to be without


def read(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    """One goal per row of goal cells below a heading band; else label and text side by side."""
    if block.header:
        _columns(grid, block, draft, vocabulary)
    else:
        _pairs(grid, block, draft, vocabulary)


@dataclass(frozen=True, slots=True)
class _Head:
    """A heading of the band and the goal field it names."""

    slot: Slot
    field: str
    recognised: str | None = None


def _columns(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    heads: list[_Head] = []
    filled = grid.filled(block.start)
    fields = _by_year(filled, band_fields(filled, vocabulary, "goals", "planned", ("actual",)), draft)
    read = _jointly(grid, block, filled, fields, vocabulary)
    for slot, field in zip(filled, fields, strict=True):
        if field is None and slot not in read:  # a label at the side of all rows
            draft.ledger.unknown(slot.text, slot.cell, "goals", vocabulary.similar(slot.text, "goals"))
            continue
        if field is None:
            heads.append(_unknown(grid, block, slot, read[slot], draft, vocabulary))
            continue
        draft.ledger.ornament(slot.cell)
        if field in _FIELDS:
            heads.append(_Head(slot, str(field)))
    draft.outline += [("goals", vocabulary.stripped(head.slot.text), head.field) for head in heads]
    for row in range(block.start + block.header, block.stop):
        if _no_goal(grid, row, heads) or _labelled(grid, row, heads, vocabulary):
            continue
        cells: dict[str, Slot] = {}
        extra: list[tuple[str, Slot]] = []
        heading = {head.field: head.slot.text for head in heads}
        for head, slot in _under(grid, row, block.start, heads):
            if head.field == "extra" or head.field in cells:
                extra.append((head.slot.text, slot))
            else:
                cells[head.field] = slot
        if "adjusted" in cells:  # the adjusted goal counts, the initial one is kept beside it
            if "planned" in cells:
                extra.append((heading["planned"], cells["planned"]))
            cells["planned"] = cells.pop("adjusted")
        _add(
            draft,
            cells,
            extra,
            {head.field: head.recognised for head in heads},
            _side_points(grid, row, heads),
        )


def _by_year(filled: list[Slot], fields: list[str | None], draft: Draft) -> list[str | None]:
    """Of headings that name years the form's own is the plan, the first where it names none of them; the others are kept beside."""
    years = [i for i, slot in enumerate(filled) if of_year(slot.text)]
    if len(years) < 2:
        return fields
    own = next((i for i in years if year(filled[i].text) == draft.get("fiscal_year")), years[0])
    return ["planned" if i == own else "extra" if i in years else field for i, field in enumerate(fields)]


def _side_points(grid: Grid, row: int, heads: list[_Head]) -> _Weight | None:
    """The points that the label at the side of a row, or the heading over its plans, states."""
    side = [slot for slot in grid.spanning[row] if all(h.slot.overlap(slot.left, slot.right) <= 0 for h in heads)]
    planned = [head.slot for head in heads if head.field == "planned"]
    return next((points for slot in [*side, *planned] if (points := _points(slot)) is not None), None)


def _no_goal(grid: Grid, row: int, heads: list[_Head]) -> bool:
    """Is a row parted otherwise than the headings above it? Two cells below one heading are no goal."""
    filled = grid.filled(row)
    if len(filled) > len(heads) + 2:
        return True
    return row not in grid.ragged and any(
        sum(slot.overlap(head.slot.left, head.slot.right) > 0 for slot in filled) > 1 for head in heads
    )


def _labelled(grid: Grid, row: int, heads: list[_Head], vocabulary: Vocabulary) -> bool:
    """`项目实施过程概述 | text` below the goals: a row with a label of its own, which is no goal's, is no goal."""
    filled = [slot for slot in grid.filled(row) if slot.cell.row == row]
    if len(filled) != 2 or row in grid.ragged:
        return False
    label = filled[0]
    beside = all(head.slot.overlap(label.left, label.right) <= 0 for head in heads)
    return beside and 6 <= len(label.text) <= LONGEST and vocabulary.heading(label.text, "goals") is None


def looks(grid: Grid, block: Block, vocabulary: Vocabulary) -> list[tuple[str | None, Look]]:
    """The field that each heading of a band names as it is known, and what stands below it."""
    filled = grid.filled(block.start) if block.header else []
    fields = band_fields(filled, vocabulary, "goals", "planned", ("actual",))
    return [(f, _look(grid, block, s)) for s, f in zip(filled, fields, strict=True) if f is None or f in _FIELDS]


def _look(grid: Grid, block: Block, head: Slot) -> Look:
    rows = range(block.start + block.header, block.stop)
    cells = [slot.cell.text for row in rows if (slot := grid.at(row, head.left, head.right)) and slot.cell.row == row]
    return look(cells, len(rows))


def _jointly(
    grid: Grid, block: Block, filled: list[Slot], fields: list[str | None], vocabulary: Vocabulary
) -> dict[Slot, Decision]:
    """What each heading of the band is, those nobody knows read with those beside them; nothing where all are known."""
    told = [
        (slot, field)
        for slot, field in zip(filled, fields, strict=True)
        if (field is None and slot.cell.row_span <= block.header) or field in _FIELDS
    ]
    if all(field is not None for _, field in told):
        return {}
    headed = [band.Headed(slot.text, field, _look(grid, block, slot)) for slot, field in told]
    decisions, _ = band.read("goals", headed, vocabulary, _whole)
    return {slot: decision for (slot, _), decision in zip(told, decisions, strict=True)}


def _whole(roles: Sequence[str]) -> float:
    return sum(lost for field, lost in _NEEDED.items() if field not in roles)


def _unknown(grid: Grid, block: Block, slot: Slot, decision: Decision, draft: Draft, vocabulary: Vocabulary) -> _Head:
    """A heading that nobody knows: the goal field that the joint reading has it for, where that is sure; else its texts keep its own words, and it
    stays a leftover."""
    near = band.proposal(slot.text, decision, "goals", vocabulary)
    sure = band.sure(near, decision)
    texts = [s.cell.text for s in grid.filled(block.start + 1) if s.overlap(slot.left, slot.right) > 0]
    beside = tuple(other.text for other in grid.filled(block.start) if other is not slot)
    draft.ledger.unknown(slot.text, slot.cell, "goals", near, taken=sure, below=tuple(texts), beside=beside)
    if near is None or not sure:
        return _Head(slot, "extra")
    draft.ledger.ornament(slot.cell)
    return _Head(slot, near.field, near.reason)


def _under(grid: Grid, row: int, header: int, heads: list[_Head]) -> list[tuple[_Head, Slot]]:
    """Each filled cell of a row with its heading: by place, or by order where the row is ragged."""
    if row in grid.ragged and len(grid.rows[row]) != len(grid.rows[header]):
        return list(zip(heads, grid.filled(row), strict=False))
    out: list[tuple[_Head, Slot]] = []
    for slot in grid.filled(row):
        best = max(heads, key=lambda head: head.slot.overlap(slot.left, slot.right))
        if best.slot.overlap(slot.left, slot.right) > 0:
            out.append((best, slot))
    return out


def _pairs(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    """Labels with a text beside each; the label of a goal that already has its text begins the next one."""
    cells: dict[str, Slot] = {}
    weight: _Weight | None = None
    for row in range(block.start, block.stop):
        field = "planned"
        for slot in grid.filled(row):
            named = vocabulary.heading(slot.text, "goals")
            if named in ("planned", "actual", "adjusted", "block"):
                draft.ledger.ornament(slot.cell)
                reached = "planned" in cells and "完成" in slot.text  # 年度绩效目标 | …, below it 目标完成情况 | …
                field = named if named != "block" else "actual" if reached else "planned"
                points = _points(slot)
                if field == "planned" and _COUNTED.search(slot.text) and (field in cells or (points and weight)):
                    _add(draft, cells, [], weight=weight)
                    cells, weight = {}, None
                weight = points or weight
            elif field not in cells:
                cells[field] = slot
    _add(draft, cells, [], weight=weight)


_COUNTED = re.compile("目标[（(]?[\\d一二三四五六七八九十]")  # 年度绩效目标2
_Weight = tuple[Decimal, Slot]
POINTS = r"[（(](?:分值|权重)?[:：]?(\d+(?:\.\d+)?)分?[)）]$"  # behind a goal's label


def _points(label: Slot) -> _Weight | None:
    """The points that a goal's label states: `年度绩效目标1（40分）`."""
    match = re.search(POINTS, label.text)
    return (Decimal(match[1]), label) if match else None


def _add(
    draft: Draft,
    cells: dict[str, Slot],
    extra: list[tuple[str, Slot]],
    recognised: Mapping[str, str | None] = MappingProxyType({}),
    weight: _Weight | None = None,
) -> None:
    texts = {field: text for field, slot in cells.items() if (text := stated_text(slot.cell.text))}
    path = f"{draft.path}.goals[{len(draft.goals)}]"
    if not texts:
        for slot in cells.values():
            draft.ledger.ornament(slot.cell)
        for heading, slot in extra:
            draft.add_extra(heading, stated_text(slot.cell.text), slot.cell)
        return
    others: dict[str, str] = {}
    for heading, slot in extra:
        if text := stated_text(slot.cell.text):
            draft.ledger.use(slot.cell, path, keep(others, heading, text))
    points = weight[0] if weight is not None else None
    goal = Goal(len(draft.goals) + 1, texts.get("planned"), texts.get("actual"), points, others or None)
    draft.goals.append(goal)
    if weight is not None:
        draft.ledger.use(weight[1].cell, path, "weight")
    for field, slot in cells.items():
        if field in texts:
            draft.ledger.use(slot.cell, path, field, recognised.get(field))
        else:
            draft.ledger.ornament(slot.cell)


_GOAL = re.compile(rf"目标(\d{{1,2}}){POINTS}")


def at_side(block: Block, band: list[Column], draft: Draft) -> tuple[int, Slot] | None:
    """`年度绩效目标1（80分）` at the side of its indicators: a goal with its points; None where no such label stands there, or
    one without a number, which names the block."""
    side = next((c.slot for c in band if c.field == "block" and c.slot.left == 0), None)
    match = _GOAL.search(side.text) if side is not None else None
    if side is None or match is None or side.cell.row + side.cell.row_span <= block.start + block.header:
        return None
    no, weight = len(draft.goals) + 1, Decimal(match[2])
    if int(match[1]) <= len(draft.goals):
        no = int(match[1])
        draft.goals[no - 1] = replace(draft.goals[no - 1], weight=weight)
    else:
        draft.goals.append(Goal(no, weight=weight))
    draft.ledger.use(side.cell, f"{draft.path}.goals[{no - 1}]", "weight")
    return no, side
