"""Documents as a recogniser reads them: how sure it is of each cell, and one figure misread."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace

from schema.document import Cell, Document, Origin, Table

# What is taken for what in poor scans.
_LIKE = {"0": "86", "1": "7", "2": "7", "3": "8", "4": "9", "5": "6", "6": "58", "7": "1", "8": "30", "9": "4"}
_SURE, _UNSURE = (0.9, 1.0), (0.5, 0.9)
_SELDOM = 0.03  # of the right readings a recogniser is not sure


def recognised(document: Document, seed: str) -> Document:
    """The document as if every cell had been recognised and read right; of a few it was not sure."""
    rng = random.Random(seed)

    def score(cell: Cell) -> Cell:
        return replace(cell, recognition=round(rng.uniform(*(_UNSURE if rng.random() < _SELDOM else _SURE)), 3))

    return each(document, score)


def misread(document: Document, place: Origin, seed: str) -> Document | None:
    """The document with one digit of the first figure of a cell misread, or its decimal point or minus lost, by a recogniser that was not sure;
    None where the cell has no figure."""
    rng = random.Random(seed)
    score = round(rng.uniform(*_UNSURE), 3)
    text = next((item.text for item in document.texts() if item.origin == place), "")
    found = re.search(r"-?\d[\d,]*(?:\.\d+)?", text)
    if found is None:
        return None
    written = _misread(found.group(), rng)
    wrong = text[: found.start()] + written + text[found.end() :]
    return each(document, lambda cell: replace(cell, text=wrong, recognition=score) if cell.origin == place else cell)


def _misread(written: str, rng: random.Random) -> str:
    lost = [sign for sign in ".-" if sign in written]
    if lost and rng.random() < 0.25:
        return written.replace(rng.choice(lost), "", 1)
    at = rng.choice([i for i, ch in enumerate(written) if ch.isdigit()])
    return written[:at] + rng.choice(_LIKE[written[at]]) + written[at + 1 :]


def each(document: Document, change: Callable[[Cell], Cell]) -> Document:
    """The document with every cell changed."""
    return replace(
        document,
        blocks=tuple(
            replace(block, cells=tuple(map(change, block.cells))) if isinstance(block, Table) else block
            for block in document.blocks
        ),
    )
