"""The source of a submission as people see it: the pictures of its pages with each cell's place, or the document as the tables it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from extractors import pictures
from extractors.pictures import Size
from pipeline.batch.executors import Limits, Pool
from pipeline.reviews import place_text
from pipeline.store import originals
from pipeline.store.connection import Store
from schema.document import Document, Paragraph, Table
from schema.errors import Failed, FileRefused, StoreError

LIMITS = Limits(1, 60.0, 2 << 30)  # what drawing a page may cost
SCANNED = "rapidocr"  # the reader of a page that is a picture
_KEPT = 64  # pictures of pages that are kept in memory
_MOST = 6000  # cells of a table that a page has room for; the rest is counted


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell in the document as it is drawn: its key, its text, its spans."""

    key: str
    text: str
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True)
class Drawn:
    """A paragraph (one spot) or a table (its rows); more: cells there was no room for."""

    rows: tuple[tuple[Spot, ...], ...]
    table: int | None
    more: int = 0


@dataclass(frozen=True, slots=True)
class Outlined:
    """A page of a file with pages: its size, and the places of its cells as (key, left, top, width, height), shares of the page."""

    number: int
    size: Size
    spots: tuple[tuple[str, float, float, float, float], ...]


def drawn(document: Document) -> Iterator[Drawn]:
    """The blocks of a document in reading order, blank paragraphs left out."""
    for block in document.blocks:
        if isinstance(block, Paragraph):
            if block.text.strip():
                yield Drawn(((Spot(place_text(block.origin), block.text),),), None)
        else:
            yield _table(block)


def _table(table: Table) -> Drawn:
    rows: dict[int, list[Spot]] = {}
    for cell in table.cells[:_MOST]:
        spot = Spot(place_text(cell.origin), cell.text, cell.row_span, cell.column_span)
        rows.setdefault(cell.row, []).append(spot)
    last = max(rows, default=-1)
    told = tuple(tuple(rows.get(row, ())) for row in range(last + 1))
    return Drawn(told, table.origin.table, max(len(table.cells) - _MOST, 0))


def outlined(document: Document, sizes: list[Size]) -> list[Outlined]:
    """The pages of a document with the places of what stands on each; sizes: of the file's pages. A scan stands as it was turned to be read."""
    sizes = list(sizes)
    for page in document.pages:
        if page.reader == SCANNED and page.page <= len(sizes):
            size = sizes[page.page - 1]
            upright = page.turned % 180 == 0
            sizes[page.page - 1] = Size(*((size.width, size.height) if upright else (size.height, size.width)))
    spots: dict[int, list[tuple[str, float, float, float, float]]] = {}
    for item in document.texts():
        for place in item.origin.places:
            if place.page <= len(sizes):
                size = sizes[place.page - 1]
                left, top = (place.left - size.left) / size.width, (place.top - size.top) / size.height
                width, height = (place.right - place.left) / size.width, (place.bottom - place.top) / size.height
                box = tuple(round(share, 5) for share in (left, top, width, height))
                spots.setdefault(place.page, []).append((place_text(item.origin), *box))  # type: ignore[arg-type]
    return [Outlined(number, size, tuple(spots.get(number, ()))) for number, size in enumerate(sizes, 1)]


class Drawer:
    """Draws pages in a process of its own, under limits; what was drawn is kept by the file's content."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._pool: Pool | None = None
        self.sizes = lru_cache(maxsize=_KEPT)(self._sizes)
        self.picture = lru_cache(maxsize=_KEPT)(self._picture)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.stop()

    def _sizes(self, document_name: str, kind: str, sha256: str) -> list[Size]:
        """The pages of a file; none where its format has none or its bytes were not kept."""
        data = self.original(sha256) if kind in ("pdf", "image") else None
        if data is None:
            return []
        found: list[Size] = self._done(_sizes_of, (data, document_name, kind))
        return found

    def _picture(self, name: str, kind: str, sha256: str, number: int, turned: int | None) -> bytes:
        """A page as `pictures.picture` draws it. Raises StoreError where the file's bytes were not kept, FileRefused."""
        data = self.original(sha256)
        if data is None:
            raise StoreError(name, "没有保存原文件", "请再运行 ziping ingest，或放回原文件")
        found: bytes = self._done(_picture_of, (data, name, kind, number, turned))
        return found

    def original(self, sha256: str) -> bytes | None:
        """A file's own bytes."""
        file = originals.file_of(self.store, sha256, "")
        return file.content if file is not None else None

    def _done(self, work: Any, item: tuple[Any, ...]) -> Any:
        if self._pool is None:
            self._pool = Pool(LIMITS)
        (result,) = self._pool.results(work, [item], _lost)
        if isinstance(result, Exception):
            raise result
        return result


def _sizes_of(item: tuple[bytes, str, str]) -> list[Size] | FileRefused:
    data, name, kind = item
    try:
        return pictures.sizes(data, Path(name), kind)
    except FileRefused as refused:
        return refused


def _picture_of(item: tuple[bytes, str, str, int, int | None]) -> bytes | FileRefused:
    data, name, kind, number, turned = item
    try:
        return pictures.picture(data, Path(name), kind, number, turned)
    except FileRefused as refused:
        return refused


def _lost(item: tuple[Any, ...], trouble: str, remedy: str) -> Failed:
    return Failed(item[1], trouble, remedy)
