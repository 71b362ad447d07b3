"""Reads the annual goals: expected beside achieved, in columns, in rows, or one label with one text."""

from __future__ import annotations

from normalizers.blocks import Block
from normalizers.draft import Draft
from normalizers.grid import Grid, Slot
from normalizers.text import words
from normalizers.vocabulary import Vocabulary
from schema.records import Goal

_FIELDS = ("planned", "actual", "adjusted", "extra")


def read(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    """One goal per row of goal cells below a heading band; else label and text side by side."""
    if block.header:
        _columns(grid, block, draft, vocabulary)
    else:
        _pairs(grid, block, draft, vocabulary)


def _columns(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    heads = [(slot, vocabulary.heading(slot.text, "goals")) for slot in grid.filled(block.start)]
    for slot, _ in heads:
        draft.ledger.ornament(slot.cell)
    columns = [(slot, field) for slot, field in heads if field in _FIELDS]
    for row in range(block.start + block.header, block.stop):
        cells: dict[str, Slot] = {}
        extra: list[tuple[str, Slot]] = []
        for slot in _in_order(grid, row, block.start, columns):
            head, field = slot
            if head[1] == "extra" or head[1] in cells:
                extra.append((head[0].text, field))
            else:
                cells[str(head[1])] = field
        _add(draft, cells, extra)


def _in_order(
    grid: Grid, row: int, header: int, columns: list[tuple[Slot, str | None]]
) -> list[tuple[tuple[Slot, str | None], Slot]]:
    """Each filled cell of a row with its column: by place, or by order where the row is ragged."""
    out: list[tuple[tuple[Slot, str | None], Slot]] = []
    if row in grid.ragged and len(grid.rows[row]) != len(grid.rows[header]):
        return list(zip(columns, grid.filled(row), strict=False))
    for slot in grid.filled(row):
        best = max(columns, key=lambda c: c[0].overlap(slot.left, slot.right))
        if best[0].overlap(slot.left, slot.right) > 0:
            out.append((best, slot))
    return out


def _pairs(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    cells: dict[str, Slot] = {}
    for row in range(block.start, block.stop):
        field = "planned"
        for slot in grid.filled(row):
            named = vocabulary.heading(slot.text, "goals")
            if named in ("planned", "actual", "adjusted", "block"):
                draft.ledger.ornament(slot.cell)
                field = "planned" if named == "block" else named
            elif field not in cells:
                cells[field] = slot
    _add(draft, cells, [])


def _add(draft: Draft, cells: dict[str, Slot], extra: list[tuple[str, Slot]]) -> None:
    texts = {field: words(slot.cell.text) for field, slot in cells.items()}
    others = {heading: text for heading, slot in extra if (text := words(slot.cell.text))}
    if texts.get("adjusted"):
        if texts.get("planned"):
            others["年初目标"] = str(texts["planned"])
        texts["planned"] = texts["adjusted"]
    path = f"{draft.path}.goals[{len(draft.goals)}]"
    goal = Goal(len(draft.goals) + 1, texts.get("planned"), texts.get("actual"), others or None)
    stated = goal.planned or goal.actual
    for field, slot in cells.items():
        if texts[field] and stated:
            draft.ledger.use(slot.cell, path, "planned" if field == "adjusted" else field)
        else:
            draft.ledger.ornament(slot.cell)
    for _, slot in extra:
        if stated:
            draft.ledger.use(slot.cell, path, "extra")
    if stated:
        draft.goals.append(goal)
