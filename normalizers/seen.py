"""What is seen of a table's row: its known words, its cells, the rows above and below; what speaks for the kind of block it belongs to (rows.py)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from normalizers.grid import Grid, Slot
from normalizers.roles import kind_of
from normalizers.spelling import LONGEST
from normalizers.values import number
from normalizers.vocabulary import KNOWN, Vocabulary
from schema import numbering

_BLOCKS = ("head", "funds", "goals", "management", "tasks", "indicators")
_LISTS = ("total_row", "subtotal_row", "basics_group", "basics_top", "management", "side")
_LENGTHS = (4, 10, 20, 40)  # characters of a row's longest text
_MOST = 7  # cells of a row that are told apart from more
_GOES_ON = ("cells", "figures", "longest", "first", "as above")  # weighed for each block that a row may go on with
_RUN_IN = re.compile(r"^(?:其中[:：])?([^:：]{2,20})[:：].")  # a label with its value in one cell


def seen(grid: Grid, row: int, vocabulary: Vocabulary) -> tuple[str, ...]:
    """What speaks for the kind of a row, whatever block stands above it. The row holds more than blanks."""
    filled = grid.filled(row)
    texts = [slot.text for slot in filled]
    out = ["any", f"cells {min(len(filled), _MOST)}", f"figures {_share(_figures(filled), len(filled))}"]
    out += [f"longest {_length(filled)}", f"first {kind_of(texts[0])}", f"last {kind_of(texts[-1])}"]
    out += ["side"] if grid.spanning[row][0].cell.row < row else []
    out += ["deep"] if filled[0].cell.row_span > 1 else []
    out += ["ragged"] if row in grid.ragged else []
    out += ["top"] if row == 0 else []
    out += ["numbered"] if numbering.parse(texts[0]) else []
    out += ["colon"] if ":" in texts[0] or "：" in texts[0] else []
    out += ["signs"] if any(sign in text for text in texts for sign in "≥≤%") else []
    if row:
        out.append(f"as above {_edges(grid, row) == _edges(grid, row - 1)}")
    out += _said(texts, vocabulary)
    return (*out, *_below(grid, row))


def _said(texts: list[str], vocabulary: Vocabulary) -> list[str]:
    """What the known words of a row say."""
    short = [text if len(text) <= 2 * LONGEST else "" for text in texts]
    out = []
    for block in _BLOCKS:
        fields = [vocabulary.heading(text, block) if text else None for text in short]
        named = sum(field is not None and field not in KNOWN for field in fields)
        if named:
            out.append(f"{block}: {min(named, 4)} of {'all' if named >= 0.6 * len(texts) else 'some'}")
        if fields[0]:
            out.append(f"{block}: first {'field' if fields[0] not in KNOWN else fields[0]}")
        if len(fields) > 1 and fields[1]:
            out.append(f"{block}: second")
    items = [bool(text) and vocabulary.label(text) is not None for text in short]
    out += ["item first"] if items[0] else []
    out += [f"items {min(sum(items), 3)}"] if any(items) else []
    labels = [match[1] for text in texts if (match := _RUN_IN.match(text))]
    out += ["head run in"] if any(vocabulary.heading(label, "head") for label in labels) else []
    out += (
        ["money run in"] if any(vocabulary.label(label) or vocabulary.listed(label, "side") for label in labels) else []
    )
    return out + [name for name in _LISTS if any(vocabulary.listed(text, name) for text in short[:2] if text)]


def _below(grid: Grid, row: int) -> list[str]:
    if row + 1 == len(grid.rows):
        return ["end"]
    filled = grid.filled(row + 1)
    if not filled:
        return ["below blank"]
    out = [f"below figures {_share(_figures(filled), len(filled))}", f"below longest {_length(filled)}"]
    return out + (["same below"] if _edges(grid, row) == _edges(grid, row + 1) else [])


def _figures(filled: list[Slot]) -> int:
    return sum(number(slot.cell.text) is not None for slot in filled)


def _share(count: int, of: int) -> str:
    return "none" if not count else "all" if count == of else "half" if 2 * count >= of else "some"


def _length(filled: list[Slot]) -> str:
    longest = max(len(slot.text) for slot in filled)
    return next((str(most) for most in _LENGTHS if longest <= most), "more")


def _edges(grid: Grid, row: int) -> list[tuple[float, float]]:
    return [(slot.left, slot.right) for slot in grid.spanning[row]]


def given(things: Iterable[str], current: str | None, said: str | None) -> list[str]:
    """What speaks for the kind of a row below a block. current: the block's kind; said: the kind that the row's words begin (starts.py)."""
    if said is not None:
        return [f"below {current}", f"begins {said}"]
    going = [f"in {current}: {thing}" for thing in things if thing.startswith(_GOES_ON)]
    return [f"below {current}", f"goes on with {current}", *going]
