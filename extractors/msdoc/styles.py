"""The styles of a .doc: which list its paragraphs are numbered by, where a style says so and not the paragraph."""

from __future__ import annotations

import struct

from extractors.msdoc.properties import LIST, LIST_LEVEL, Properties, modifiers

_PARAGRAPH = 1  # the kind of a paragraph style
_NO_BASE = 0xFFF
_DEEPEST = 12  # styles based on styles

_Style = tuple[int, Properties]  # the style it is based on, its own properties


def styles(sheet: bytes) -> dict[int, Properties]:
    """By its number, what a paragraph style says of lists, with what it has of the styles it is based on. sheet: the style sheet [MS-DOC]
    STSH; a broken one has no styles."""
    try:
        own = _own(sheet)
    except (struct.error, IndexError):
        return {}
    return {number: told for number in own if (told := _told(own, number, 0))}


def _told(own: dict[int, _Style], number: int, depth: int) -> Properties:
    if number not in own or depth > _DEEPEST:
        return {}
    base, properties = own[number]
    return {**_told(own, base, depth + 1), **properties}


def _own(sheet: bytes) -> dict[int, _Style]:
    head = struct.unpack_from("<H", sheet)[0]
    count, fixed = struct.unpack_from("<HH", sheet, 2)
    at, out = 2 + head, {}
    for number in range(count):
        size = struct.unpack_from("<H", sheet, at)[0]
        style = sheet[at + 2 : at + 2 + size]
        at += 2 + size + size % 2
        if len(style) < fixed + 2:
            continue  # a number that no style has
        kind = struct.unpack_from("<H", style, 2)[0]
        if kind & 0xF != _PARAGRAPH:
            continue
        letters = struct.unpack_from("<H", style, fixed)[0]
        told = fixed + 4 + 2 * letters
        length = struct.unpack_from("<H", style, told)[0] if told + 2 <= len(style) else 0
        found = modifiers(style[told + 4 : told + 2 + length]) if length > 2 else {}
        base = kind >> 4
        out[number] = (
            base if base != _NO_BASE else -1,
            {name: found[name] for name in (LIST, LIST_LEVEL) if name in found},
        )
    return out
