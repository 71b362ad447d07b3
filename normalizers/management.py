"""Reads 资金管理情况 of a transfer form: a row an item, how it was managed, what was wrong and what is done about it."""

from __future__ import annotations

from normalizers.draft import Draft
from normalizers.grid import Block, Grid, Slot
from normalizers.spelling import LONGEST
from normalizers.text import stated_text
from normalizers.vocabulary import Vocabulary
from schema import numbering
from schema.records import Management

_TEXTS = ("detail", "problem")


def read(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    """One record for every row that names an item and says something of it; an item about which nothing is said is ornament."""
    heads: list[tuple[Slot, str | None]] = []
    for row in range(block.start, block.stop):
        filled = [slot for slot in grid.filled(row) if not _names_block(slot, draft, vocabulary)]
        fields = [vocabulary.heading(slot.text, "management") for slot in filled]
        if set(fields) & {*_TEXTS} and all(len(slot.text) <= LONGEST for slot in filled):
            heads = _heads(filled, fields, draft, vocabulary)
        else:
            _row(filled, heads, draft, vocabulary)


def _names_block(slot: Slot, draft: Draft, vocabulary: Vocabulary) -> bool:
    """资金管理情况 at the side of its rows."""
    block = vocabulary.heading(slot.text, "management") == "block"
    if block:
        draft.ledger.ornament(slot.cell)
    return block


def _heads(
    filled: list[Slot], fields: list[str | None], draft: Draft, vocabulary: Vocabulary
) -> list[tuple[Slot, str | None]]:
    for slot, field in zip(filled, fields, strict=True):
        if field is not None:
            draft.ledger.ornament(slot.cell)
        else:
            near = vocabulary.similar(slot.text, "management")
            beside = tuple(other.text for other in filled if other is not slot)
            draft.ledger.unknown(slot.text, slot.cell, "management", near, beside=beside)
    draft.outline += [
        ("management", vocabulary.stripped(slot.text), field) for slot, field in zip(filled, fields, strict=True)
    ]
    return list(zip(filled, fields, strict=True))


def _row(filled: list[Slot], heads: list[tuple[Slot, str | None]], draft: Draft, vocabulary: Vocabulary) -> None:
    under = (slot for at, slot in enumerate(filled) if _field(slot, at, heads) == "item")
    item = next(under, next(iter(filled), None))
    if item is None or len(item.text) > LONGEST:
        return
    path = f"{draft.path}.management[{len(draft.management)}]"
    texts: dict[str, list[str]] = {}
    cells: list[tuple[str, Slot]] = []
    for at, slot in enumerate(slot for slot in filled if slot is not item):
        field = _field(slot, at, heads)
        text = stated_text(slot.cell.text)
        if field in _TEXTS and text is not None:
            texts.setdefault(field, []).append(text)
            cells.append((field, slot))
        elif text is None:
            draft.ledger.ornament(slot.cell)
    if not texts:
        if vocabulary.listed(item.text, "management"):
            draft.ledger.ornament(item.cell)
        return
    told = {field: "\n".join(dict.fromkeys(parts)) for field, parts in texts.items()}
    name = numbering.without(item.text).strip(":：") or None
    draft.management.append(Management(len(draft.management) + 1, name, **told))
    draft.ledger.use(item.cell, path, "item")
    for field, slot in cells:
        draft.ledger.use(slot.cell, path, field)


def _field(slot: Slot, at: int, heads: list[tuple[Slot, str | None]]) -> str | None:
    """What a text behind an item is: by the heading over it, else by its place."""
    if not heads:
        return _TEXTS[at] if at < len(_TEXTS) else None
    over = [(head.overlap(slot.left, slot.right), field) for head, field in heads]
    shared, field = max(over, key=lambda found: found[0])
    return field if shared > 0 else None
