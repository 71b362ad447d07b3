"""What no text may hold, wherever it was read: halves of a character, and NUL, which no database takes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar

from schema.document import Cell, Origin, Paragraph, Table

Item = TypeVar("Item", Cell, Paragraph)
_ILLEGIBLE = re.compile("[\x00\ud800-\udfff]")


def legible(text: str) -> str:
    """The text with the halves of a character joined, a half alone as U+FFFD, without NUL."""
    if not _ILLEGIBLE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")


def blocks(found: list[Paragraph | Table]) -> list[Paragraph | Table]:
    """Paragraphs and tables with every text legible, and the names of their parts."""
    return [
        replace(block, cells=tuple(map(_item, block.cells)), origin=_origin(block.origin))
        if isinstance(block, Table)
        else _item(block)
        for block in found
    ]


def _item(item: Item) -> Item:
    text, origin = legible(item.text), _origin(item.origin)
    return item if text is item.text and origin is item.origin else replace(item, text=text, origin=origin)


def _origin(origin: Origin) -> Origin:
    part = legible(origin.part)
    return origin if part is origin.part else replace(origin, part=part)
