"""Pages in their order → one document: tables joined over pages, cut rows and merged cells rejoined.

Decided by what stands on the pages alone: edges, repeated rows, lines that were broken for want of room.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from statistics import median

from extractors.pdf_joins import as_table, begin, goes_on, shift
from extractors.pdf_parts import Whole
from extractors.pdf_tables import Lattice
from extractors.pdf_text import Counted, Line, stripped, wrapped
from schema.document import Origin, PageReading, Paragraph, Place, Table

_PAGE_NUMBER = re.compile(r"^[-—－~\s]*(?:第\s*)?\d{1,4}\s*(?:页)?(?:\s*[/／共]\s*(?:共\s*)?\d{1,4}\s*页?)?[-—－~\s]*$")
TITLE = 1.15  # a title is printed so much larger than the text


@dataclass(slots=True)
class Text:
    """A paragraph outside every table: its lines, and where they stand."""

    lines: list[Line]
    places: list[Place] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """What a page shows: paragraphs and tables, and the page numbers at its edges."""

    reading: PageReading
    texts: list[Text]
    tables: list[Lattice]
    ornaments: list[Line]
    height: float = 0.0

    @property
    def number(self) -> int:
        """Counted from 0."""
        return self.reading.page - 1

    @property
    def scanned(self) -> bool:
        """Laid on the glass by hand: its edges may stand elsewhere than the page before's."""
        return self.reading.reader == "rapidocr"

    @property
    def lines(self) -> list[Line]:
        return [line for text in self.texts for line in text.lines] + self.ornaments

    def items(self) -> list[Text | Lattice]:
        """Paragraphs and tables from top to bottom."""
        placed: list[tuple[float, Text | Lattice]] = [(text.lines[0].base, text) for text in self.texts]
        placed += [(table.top, table) for table in self.tables]
        return [item for _, item in sorted(placed, key=lambda pair: pair[0])]


def laid_out(reading: PageReading, height: float, tables: list[Lattice], found: list[Line]) -> Page:
    """A page's lines as paragraphs between its tables; page numbers at its edges set apart."""
    numbers = [
        line for line in found
        if _PAGE_NUMBER.match(line.text.strip()) and (line.base > 0.88 * height or line.base < 0.1 * height)
    ]  # fmt: skip
    body = [line for line in found if line not in numbers]
    parts: list[Text] = []
    edges = sorted(t.top for t in tables)
    for low, high in zip([-1e9, *edges], [*edges, 1e9], strict=True):
        between = [line for line in body if low <= line.base < high]
        parts += [Text([line]) for line in between]
    return Page(reading, parts, tables, numbers, height)


def joined(pages: list[Page]) -> list[Paragraph | Table]:
    """The blocks of a document. A page number is ornament and stands last."""
    every = [line for page in pages for text in page.texts for line in text.lines]
    right = max([line.right for line in every] + [t.xs[-1] for page in pages for t in page.tables], default=0.0)
    bottom = _text_area(pages)
    left = min([line.left for line in every] + [t.xs[0] for page in pages for t in page.tables], default=0.0)
    out: list[Whole | Text] = []
    counted, usual = Counted(), median(line.size for line in every) if every else 0.0
    for page in pages:
        for index, item in enumerate(page.items()):
            before = out[-1] if out else None
            if isinstance(item, Lattice):
                first = index == 0 and isinstance(before, Whole)
                if page.scanned and first and isinstance(before, Whole):
                    shift(item, before.xs)
                if not (
                    first and isinstance(before, Whole) and goes_on(before, item, page.number, bottom - before.bottom)
                ):
                    out.append(begin(item, page.number))
                continue
            item.places = [_place(page.number, item.lines)]
            last = before.lines[-1] if isinstance(before, Text) else None
            full = last is not None and (
                (last.left < left + 3 * last.size and wrapped(last, item.lines[0], right, counted))
                or _one_title(last, item.lines[0], left, right, usual)
            )
            if isinstance(before, Text) and full:
                before.lines += item.lines
                before.places += item.places
            else:
                out.append(item)
                counted.note(item.lines[0].text)
    blocks: list[Paragraph | Table] = []
    tables = 0
    for whole in out:
        if isinstance(whole, Whole):
            tables += 1
            blocks.append(as_table(whole, len(blocks) + 1, tables))
        else:
            origin = Origin("body", len(blocks) + 1, places=tuple(whole.places))
            blocks.append(Paragraph(stripped(whole.lines), origin))
    for page in pages:
        for line in page.ornaments:
            origin = Origin("page number", len(blocks) + 1, places=(_place(page.number, [line]),))
            blocks.append(Paragraph(line.text.strip(), origin, ornament=True))
    return blocks


def _one_title(line: Line, following: Line, left: float, right: float, usual: float) -> bool:
    """Are two lines a title that did not fit on one: in larger print than the text, both in the middle, close together?"""
    middle, size = (left + right) / 2, line.size
    return (
        min(size, following.size) > TITLE * usual
        and abs(size - following.size) <= 0.1 * size
        and all(abs((one.left + one.right) / 2 - middle) < size for one in (line, following))
        and line.right - line.left > 0.6 * (right - left)
        and 0 < following.base - line.base < 2.5 * size
    )


def _text_area(pages: list[Page]) -> float:
    """How far down the pages are filled: as far as anything stands, or as far from the edge as at the top."""
    tables = [t for page in pages for t in page.tables]
    top = min(
        [t.top for t in tables]
        + [line.base - line.size for page in pages for text in page.texts for line in text.lines],
        default=0.0,
    )
    low = max([t.bottom for t in tables], default=0.0)
    height = max((page.height for page in pages), default=0.0)
    return max(low, height - top)


def _place(page: int, found: list[Line]) -> Place:
    top = min(line.base - line.size for line in found)
    return Place(
        page + 1, round(min(line.left for line in found), 1), round(top, 1),
        round(max(line.right for line in found), 1), round(max(line.base for line in found), 1),
    )  # fmt: skip
