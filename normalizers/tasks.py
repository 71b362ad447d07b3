"""Reads the annual tasks: one row a task, its list number split from its name."""

from __future__ import annotations

import re

from normalizers.blocks import Block
from normalizers.draft import Draft
from normalizers.grid import Grid, widest
from normalizers.text import words
from normalizers.vocabulary import Vocabulary
from schema.records import Task

_NUMBER = re.compile(r"^(?:任务)?(\d{1,3})\s*[、.．:：)）](?!\d)\s*|^([一二三四五六七八九十]{1,3})[、.．]\s*")


def read(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    """One task for every row below the headings that names or describes one."""
    heads = grid.filled(block.start)
    fields = {slot: vocabulary.heading(slot.text, "tasks") for slot in heads}
    for slot in heads:
        draft.ledger.ornament(slot.cell)
    for row in range(block.start + block.header, block.stop):
        texts: dict[str, str] = {}
        extra: dict[str, str] = {}
        path = f"{draft.path}.tasks[{len(draft.tasks)}]"
        for slot in grid.covering[row]:
            head = widest(heads, slot.left, slot.right)
            text = words(slot.cell.text)
            if head is None or text is None:
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
