"""Labels that nobody knows, with what stands beside them: kept under their own words, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from normalizers.draft import Draft, Value
from normalizers.grid import Block, Grid, Slot
from normalizers.similarity import Match, cells_fit
from normalizers.spelling import LONGEST
from normalizers.text import squeeze, stated_text
from normalizers.values import number
from normalizers.vocabulary import FIELDS, KNOWN, Vocabulary
from schema.document import Paragraph

_LIKELY = 0.6
_LONGEST_ALONE = 16  # a label with one text beside it, over all columns
_SENTENCE = re.compile("[。；！？，]")
_ENDS = re.compile("[:：]$")


def read(
    grid: Grid,
    block: Block,
    draft: Draft,
    vocabulary: Vocabulary,
    typed: Callable[[str, str], Value | None] | None = None,
) -> None:
    """The pairs of a block whose label is not known: under the field of the most similar label where the value agrees and the block
    states it nowhere else, else in the form's `extra` under the label's own words. The label itself stays a leftover.

    typed: gives the value of a head field as its type; without it nothing is recognised (below a form, beside its funds).
    """
    fields = {
        field
        for row in range(block.start, block.stop)
        for slot in grid.filled(row)
        if (field := vocabulary.heading(slot.text, "head")) is not None
    }
    for label, value in _found(grid, block, draft, vocabulary):
        near = vocabulary.similar(label.text, "head")
        text = value.cell.text
        sure = (
            typed is not None
            and near is not None
            and near.field not in fields | KNOWN
            and draft.get(near.field) is None
            and cells_fit(FIELDS["head"][near.field], [text])
            and typed(near.field, text) is not None
        )
        near = near or _likely(label.text, text, vocabulary)
        beside = tuple(slot.text for slot in grid.filled(label.cell.row) if slot not in (label, value))
        example = (text,) if stated_text(text) else ()
        draft.ledger.unknown(label.text, label.cell, "head", near, taken=sure, below=example, beside=beside)
        if sure and near is not None and typed is not None:
            draft.put(near.field, typed(near.field, text), value.cell, label=label.text, recognised=near.reason)
        elif stated_text(text) is not None:
            draft.add_extra(_ENDS.sub("", label.text), stated_text(text), value.cell)


_LINE = re.compile(r"^([\u4e00-\u9fff（()）]{2,12})[:：]\s*([^。；:：]{1,40})$")


def read_line(line: Paragraph, draft: Draft, vocabulary: Vocabulary) -> bool:
    """`自评级别：优` below a form, with a label nobody knows; False where the line is no such pair."""
    match = _LINE.match(squeeze(line.text))
    if match is None or vocabulary.heading(match[1], "head") is not None or stated_text(match[2]) is None:
        return False
    near = vocabulary.similar(match[1], "head") or _likely(match[1], match[2], vocabulary)
    draft.ledger.unknown(match[1], line, "head", near, below=(match[2],))
    draft.add_extra(match[1], match[2], line)
    return True


def _likely(label: str, value: str, vocabulary: Vocabulary) -> Match | None:
    """A proposal for a label: most that nobody knows are of no field, so that it must be rather like."""
    found = vocabulary.guess(label, "head", (value,))
    return found if found is not None and found.likeness >= _LIKELY else None


def _found(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> Iterator[tuple[Slot, Slot]]:
    """(label, value) of every pair that nobody has read and whose label nobody knows."""
    places = {
        (slot.left, slot.right)
        for row in range(block.start, block.stop)
        for slot in grid.rows[row]
        if vocabulary.heading(slot.text, "head") is not None
    }
    for row in range(block.start, block.stop):
        slots = grid.rows[row]
        if row in grid.ragged:
            continue
        if _alone(grid, slots, draft, vocabulary):
            yield slots[0], slots[1]
            continue
        if found := _beside_label(grid, row, draft, vocabulary):
            yield found
            continue
        at = 0
        while at + 1 < len(slots):
            label, value = slots[at], slots[at + 1]
            known = vocabulary.heading(label.text, "head") is not None
            follows = at >= 2 and (slots[at - 2].left, slots[at - 2].right) in places and len(slots) % 2 == 0
            if known:
                at += 2
            elif (
                _label(label, draft, vocabulary)
                and not draft.ledger.claimed(value.cell)
                and ((label.left, label.right) in places or follows or _like(label, value, vocabulary))
                and vocabulary.heading(value.text, "head") is None
            ):
                yield label, value
                places.add((label.left, label.right))
                at += 2
            else:
                at += 1


def _like(label: Slot, value: Slot, vocabulary: Vocabulary) -> bool:
    """Is a label so like a known one that what stands behind it is its value, wherever they stand?"""
    if value.blank:
        return False
    return vocabulary.similar(label.text, "head") is not None or vocabulary.listed(label.text, "named") is not None


def _alone(grid: Grid, slots: list[Slot], draft: Draft, vocabulary: Vocabulary) -> bool:
    """`项目概况 | a text over all the other columns`."""
    if len(slots) != 2 or slots[0].left > 0 or slots[1].right < grid.width or slots[0].cell.row_span > 1:
        return False
    return (
        _label(slots[0], draft, vocabulary)
        and len(slots[0].text) <= _LONGEST_ALONE
        and not slots[1].blank
        and not draft.ledger.claimed(slots[1].cell)
        and slots[1].right - slots[1].left > slots[0].right - slots[0].left
    )


def _beside_label(grid: Grid, row: int, draft: Draft, vocabulary: Vocabulary) -> tuple[Slot, Slot] | None:
    """`采购合规 | 合规 | ` in a row at whose side a label runs over several rows."""
    filled = grid.filled(row)
    side = next((slot for slot in grid.spanning[row] if slot.left == 0), None)
    if len(filled) != 2 or side is None or side.cell.row == row or side.blank or grid.heads_a_blank_row(row):
        return None
    label, value = filled
    if not _label(label, draft, vocabulary) or draft.ledger.claimed(value.cell) or len(label.text) > _LONGEST_ALONE:
        return None
    return label, value


def _label(slot: Slot, draft: Draft, vocabulary: Vocabulary) -> bool:
    """May a cell that nobody has read be a label?"""
    return (
        not slot.blank
        and not draft.ledger.claimed(slot.cell)
        and 2 <= len(slot.text) <= LONGEST
        and not _SENTENCE.search(slot.text)
        and number(slot.cell.text) is None
        and vocabulary.label(slot.text) is None
        and all(vocabulary.heading(slot.text, name) is None for name in ("head", "funds", "indicators"))
    )
