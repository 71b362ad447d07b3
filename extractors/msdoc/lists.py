"""The numbered lists of a .doc, for the numbers that Word shows before a paragraph."""

from __future__ import annotations

import struct

from extractors.msdoc.binary import LISTS, OVERRIDES, File
from extractors.word_numbers import Counter, Level

_FORMATS = {
    0: "decimal", 1: "upperRoman", 2: "lowerRoman", 3: "upperLetter", 4: "lowerLetter", 10: "ideographDigital",
    11: "japaneseCounting", 18: "decimalEnclosedCircle", 22: "decimalZero", 23: "bullet", 33: "japaneseCounting",
    35: "chineseCountingThousand", 37: "chineseCounting", 38: "chineseLegalSimplified", 39: "chineseCountingThousand",
    255: "none",
}  # fmt: skip


def lists(file: File) -> Counter:
    """The document's numbered lists; a document without them numbers nothing."""
    try:
        return _bound_lists(file)
    except (struct.error, IndexError):
        return Counter({}, {})


def _bound_lists(file: File) -> Counter:
    lists, overrides = file.part(LISTS), file.part(OVERRIDES)
    if len(lists) < 2 or len(overrides) < 4:
        return Counter({}, {})
    start = struct.unpack_from("<I", file.main, 154 + 8 * LISTS)[0]
    count = struct.unpack_from("<H", lists)[0]
    at = start + 2 + 28 * count
    definitions: dict[int, dict[int, Level]] = {}
    for i in range(count):
        name = struct.unpack_from("<i", lists, 2 + 28 * i)[0]
        levels: dict[int, Level] = {}
        for level in range(1 if lists[2 + 28 * i + 26] & 1 else 9):
            levels[level], at = _list_level(file.table, at)
        definitions[name] = levels
    bound: dict[str, dict[int, Level]] = {}
    shared: dict[str, str] = {}
    for i in range(struct.unpack_from("<I", overrides)[0]):
        name = struct.unpack_from("<i", overrides, 4 + 16 * i)[0]
        bound[str(i + 1)] = definitions.get(name, {})
        shared[str(i + 1)] = f"list {name}"
    return Counter(bound, shared)


def _list_level(table: bytes, at: int) -> tuple[Level, int]:
    first, kind = struct.unpack_from("<iB", table, at)
    papx, chpx = table[at + 25], table[at + 24]
    at += 28 + papx + chpx
    length = struct.unpack_from("<H", table, at)[0]
    raw = table[at + 2 : at + 2 + 2 * length].decode("utf-16-le", "replace")
    text = "".join(f"%{ord(ch) + 1}" if ord(ch) < 9 else ch for ch in raw)
    return (_FORMATS.get(kind, "decimal"), text, first), at + 2 + 2 * length
