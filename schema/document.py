"""What an extractor hands over: paragraphs and tables in reading order, every cell with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle on a page: page from 1, edges in points from its upper left corner."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a text stands in its file, counted from 1 as people count.

    part: `body`, `header`, `footer`, `footnotes`, `endnotes`, `textbox`; block: number of the paragraph or
    table in reading order; table: number among the tables, None for a paragraph; row and column: place in
    the table's grid, None for a paragraph or a whole table; places: where each part of it stands on a page,
    for files that have pages.
    """

    part: str
    block: int
    table: int | None = None
    row: int | None = None
    column: int | None = None
    places: tuple[Place, ...] = ()

    def __str__(self) -> str:
        place = "" if self.part == "body" else f"{self.part} "
        if self.table is None:
            return f"{place}paragraph {self.block}"
        return f"{place}table {self.table} row {self.row} column {self.column}"

    @property
    def chinese(self) -> str:
        """The same for people: `表格1第11行第4列`, `第5段`."""
        place = "" if self.part == "body" else f"{self.part} "
        return (
            f"{place}第{self.block}段"
            if self.table is None
            else f"{place}表格{self.table}第{self.row}行第{self.column}列"
        )


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph outside every table. `ornament`: page headers and footers, which say nothing."""

    text: str
    origin: Origin
    ornament: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its grid position from 0, its spans (>= 1) and its text as written, `\\n` between paragraphs."""

    row: int
    column: int
    row_span: int
    column_span: int
    text: str
    origin: Origin
    recognition: float | None = None  # a recogniser's lowest score for its characters, from 0 to 1


@dataclass(frozen=True, slots=True)
class Table:
    """A grid of cells in reading order.

    widths: the width of each grid column in the file's own unit, empty where it is not known.
    ragged: the rows whose cells stand in order but not in their columns, because the source lost the
    spans; `column` is then a running number and nothing more.
    """

    cells: tuple[Cell, ...]
    rows: int
    columns: int
    origin: Origin
    widths: tuple[int, ...] = ()
    ragged: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class PageReading:
    """How a page was read. page: from 1; reader: `pdfium` (text and lines), `pdfplumber` (second reading), `opencv`
    (lines in the page's picture, characters of its text), `camelot` (cells of a table without lines) or `rapidocr` (recognised picture);
    reason: why not the first of them; turned: by how many degrees clockwise a picture was turned to be read (0, 90, 180, 270)."""

    page: int
    reader: str
    reason: str | None = None
    turned: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """One file as read. format: `docx`, `doc`, `pdf`, `xlsx`, `xls`, `html`, `image`, `rtf` or `text`; digest: SHA-256 of
    the bytes, in hexadecimal; pages: how each page was read, for files that have pages."""

    name: str
    format: str
    digest: str
    blocks: tuple[Paragraph | Table, ...]
    pages: tuple[PageReading, ...] = ()

    def texts(self) -> Iterator[Paragraph | Cell]:
        """Every paragraph and cell that holds more than blanks."""
        for block in self.blocks:
            for item in block.cells if isinstance(block, Table) else (block,):
                if item.text.strip():
                    yield item
