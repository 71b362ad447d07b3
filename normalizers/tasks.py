"""Reads the annual tasks: one row a task, its list number split from its name."""

from __future__ import annotations

import re

from normalizers.blocks import Block
from normalizers.draft import Draft
from normalizers.grid import Grid, Slot, widest
from normalizers.text import words
from normalizers.vocabulary import Vocabulary
from schema.records import Task

_NUMBER = re.compile(r"^(?:任务)?(\d{1,3})\s*[、.．:：)）](?!\d)\s*|^([一二三四五六七八九十]{1,3})[、.．]\s*")


def read(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    """One task for every row below the headings that names or describes one."""
    for row in range(block.start, block.start + block.header):
        for slot in grid.filled(row):
            draft.ledger.ornament(slot.cell)
    heads = [slot for slot in grid.covering[block.start + block.header - 1] if not slot.blank]
    fields = {slot: _field(grid, block, slot, vocabulary) for slot in heads}
    if len([field for field in fields.values() if field == "name"]) > 1:
        fields[heads[0]] = "ignore"  # the block's own label at its side, before 任务名称
    draft.outline += [("tasks", vocabulary.stripped(head.text), fields[head]) for head in heads]
    for row in range(block.start + block.header, block.stop):
        texts: dict[str, str] = {}
        extra: dict[str, str] = {}
        path = f"{draft.path}.tasks[{len(draft.tasks)}]"
        for slot in grid.covering[row]:
            head = widest(heads, slot.left, slot.right)
            text = words(slot.cell.text)
            if head is None or text is None or slot is head:
                continue
            field = fields[head]
            if field in ("name", "planned", "actual", "reason") and field not in texts:
                texts[field] = text
                draft.ledger.use(slot.cell, path, field)
            elif field == "extra":
                extra[head.text] = text
                draft.ledger.use(slot.cell, path, "extra")
            elif field == "ignore":
                draft.ledger.ornament(slot.cell)
        if texts:
            name = _NUMBER.sub("", texts["name"]).replace("\n", "") if "name" in texts else None
            draft.tasks.append(
                Task(
                    len(draft.tasks) + 1,
                    name,
                    texts.get("planned"),
                    texts.get("actual"),
                    texts.get("reason"),
                    extra or None,
                )
            )


def _field(grid: Grid, block: Block, head: Slot, vocabulary: Vocabulary) -> str | None:
    """The field of a column of headings: its own, else that of the heading over it."""
    own = vocabulary.heading(head.text, "tasks")
    over = grid.at(block.start, head.left, head.right)
    return own if own is not None or over is None else vocabulary.heading(over.text, "tasks")
