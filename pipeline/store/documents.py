"""A Document as compressed bytes for the store, and back from it: what a changed vocabulary is read from again, without its file."""

from __future__ import annotations

import json
import zlib
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from schema.document import Cell, Document, Origin, PageReading, Paragraph, Place, Table
from schema.errors import StoreError
from schema.relational import tables

_PARAGRAPH, _TABLE = 0, 1


def pack(document: Document) -> bytes:
    """The document as bytes: zlib over JSON lists in the order of the dataclasses' fields."""
    plain = [
        document.name, document.format, document.digest,
        [_table(b) if isinstance(b, Table) else _paragraph(b) for b in document.blocks],
        [[page.page, page.reader, page.reason, page.turned] for page in document.pages],
    ]  # fmt: skip
    return zlib.compress(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode(), 6)


@lru_cache(maxsize=8)  # whoever decides on a submission asks for it again and again
def unpack(data: bytes) -> Document:
    """The document that was packed, equal to it field by field."""
    name, kind, digest, blocks, pages = json.loads(zlib.decompress(data))
    return Document(name, kind, digest, tuple(map(_block, blocks)), tuple(PageReading(*page) for page in pages))


def kept(connection: sa.Connection, sha256: str) -> Document | None:
    """The document that was kept of a file; None where an older version of ziping read it."""
    d = tables.document
    content = connection.execute(sa.select(d.c.content).where(d.c.sha256 == sha256)).scalar()
    return unpack(content) if content is not None else None


def document(connection: sa.Connection, sha256: str, name: str) -> Document:
    """The document that was kept of a file. Raises StoreError where there is none."""
    found = kept(connection, sha256)
    if found is None:
        raise not_kept(name)
    return found


def not_kept(name: str) -> StoreError:
    return StoreError(name, "库中没有它的原文（由旧版ziping读入）", "请先运行 ziping rerun --apply")


def _origin(origin: Origin) -> list[Any]:
    places = [[p.page, p.left, p.top, p.right, p.bottom] for p in origin.places]
    return [origin.part, origin.block, origin.table, origin.row, origin.column, places]


def _origin_of(plain: list[Any]) -> Origin:
    part, block, table, row, column, places = plain
    return Origin(part, block, table, row, column, tuple(Place(*place) for place in places))


def _paragraph(paragraph: Paragraph) -> list[Any]:
    return [_PARAGRAPH, paragraph.text, _origin(paragraph.origin), paragraph.ornament]


def _table(table: Table) -> list[Any]:
    cells = [
        [c.row, c.column, c.row_span, c.column_span, c.text, _origin(c.origin), c.recognition] for c in table.cells
    ]
    return [
        _TABLE,
        cells,
        table.rows,
        table.columns,
        _origin(table.origin),
        table.widths,
        sorted(table.ragged),
    ]


def _block(plain: list[Any]) -> Paragraph | Table:
    if plain[0] == _PARAGRAPH:
        return Paragraph(plain[1], _origin_of(plain[2]), plain[3])
    _, cells, rows, columns, origin, widths, ragged = plain
    made = tuple(Cell(r, c, high, wide, text, _origin_of(o), sure) for r, c, high, wide, text, o, sure in cells)
    return Table(made, rows, columns, _origin_of(origin), tuple(widths), frozenset(ragged))
