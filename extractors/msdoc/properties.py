"""The properties of paragraphs, runs and rows: modifiers (sprm) with their operands."""

from __future__ import annotations

# Property modifiers (sprm) that are read.
IN_TABLE, ROW_END, DEPTH, INNER_CELL, INNER_ROW_END = 0x2416, 0x2417, 0x6649, 0x244B, 0x244C
LIST_LEVEL, LIST, HUGE = 0x260A, 0x460B, 0x6646
TABLE, VERTICAL, MERGE = 0xD608, 0xD62B, 0x5624
DELETED, HIDDEN, SYMBOL = 0x0800, 0x083C, 0x6A09
_OPERAND = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}

Properties = dict[int, bytes]


def modifiers(raw: bytes) -> Properties:
    """The property modifiers of a list, the last of each kind; a broken tail is left out."""
    out: Properties = {}
    at = 0
    while at + 2 <= len(raw):
        sprm = raw[at] | raw[at + 1] << 8
        at += 2
        size = _OPERAND.get(sprm >> 13)
        if size is None:
            if at >= len(raw):
                break
            if sprm == TABLE:
                size = (raw[at] | raw[at + 1] << 8) - 1 if at + 1 < len(raw) else 0
                at += 2
            else:
                size = raw[at]
                at += 1
        operand = raw[at : at + size]
        if sprm in (VERTICAL, MERGE) and sprm in out:
            operand = out[sprm] + operand
        out[sprm] = operand
        at += size
    return out
