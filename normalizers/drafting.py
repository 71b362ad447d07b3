"""What a document's tables are read as, put so that a person can correct it: each block with its heading rows, its columns and labels, and what
is not sure of them. From it a confirmed layout is written (confirmed.py)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from normalizers.blocks import cut
from normalizers.columns import Column, columns
from normalizers.confirmed import COLUMNED
from normalizers.grid import Block, Grid, Slot
from normalizers.lookups import Lookups
from normalizers.similarity import Match
from normalizers.spelling import LONGEST
from normalizers.starts import without_column_numbers
from normalizers.text import squeeze
from normalizers.titles import form_kind, is_title
from normalizers.values import number
from normalizers.vocabulary import FIELDS, KNOWN, Vocabulary
from schema.document import Document, Paragraph, Table

SHOWN = 6  # rows of a block nobody understood that a person is shown
_NEAR = 0.2  # a likeness that is worth a word
_TWICE = "另有一列也是它，请核对"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a heading or a label is read as: its text, its field (None: nobody knows), and what is to be said of it."""

    text: str
    field: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class DraftedPart:
    """A block as it was read. rows: the texts of its heading rows; begins: the text of its first cell, of a block that is only supposed; shown:
    rows that nobody understood."""

    block: str
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[Meaning, ...] = ()
    labels: tuple[Meaning, ...] = ()
    shown: tuple[tuple[str, ...], ...] = ()
    begins: str | None = None


@dataclass(frozen=True, slots=True)
class DraftedTable:
    """A table as it was read, in the order of its blocks. number: from 1; kind: of the form whose title stands over it."""

    number: int
    kind: str | None
    parts: tuple[DraftedPart, ...]


def drafted(
    document: Document, words: Vocabulary, unread: Mapping[int, Collection[int]] = MappingProxyType({})
) -> list[DraftedTable]:
    """Every table of a document as it is read under a vocabulary. What differs from form to form, titles and notes, is left out. unread: by
    the table's number, from 1, the rows, from 1, of which hardly anything was read or nothing is sure: a person is shown them."""
    vocabulary = Lookups(words)
    kind: str | None = None
    out: list[DraftedTable] = []
    numbers = 0
    for block in document.blocks:
        if isinstance(block, Paragraph):
            if is_title(block.text, vocabulary):
                kind = form_kind(block.text, vocabulary)
            continue
        numbers += 1
        out.append(
            DraftedTable(numbers, kind, tuple(_parts(block, vocabulary, kind == "basics", unread.get(numbers, ()))))
        )
    return out


def _parts(table: Table, vocabulary: Lookups, basics: bool, unread: Collection[int]) -> Iterator[DraftedPart]:
    grid = Grid(table)
    without_column_numbers(grid, vocabulary)
    for block in cut(grid, vocabulary, basics):
        rows = tuple(_texts(grid, row) for row in range(block.start, block.start + block.header))
        if block.kind == COLUMNED:
            found = columns(grid, block, vocabulary)
            yield DraftedPart(block.kind, rows, tuple(_of_columns(found, vocabulary)))
            continue
        if block.kind in FIELDS:
            labels = tuple(_labels(grid, block, vocabulary, unread))
            if rows or labels:
                yield DraftedPart(block.kind, rows, labels=labels)
        below = range(block.start + block.header, block.stop)
        rest = [row for row in below if grid.filled(row) and (block.kind == "unknown" or row + 1 in unread)]
        yield from _supposed(grid, rest, vocabulary)


def _texts(grid: Grid, row: int) -> tuple[str, ...]:
    return tuple(slot.text for slot in grid.filled(row))


def _confirmed(vocabulary: Lookups) -> dict[tuple[str, str], Meaning]:
    """By block and words: what people have confirmed of them for another layout."""
    out: dict[tuple[str, str], Meaning] = {}
    for layout in vocabulary.layouts:
        note = f"照确认的版式“{layout.name}”"
        for part in (part for parts in layout.tables for part in parts):
            heads = part.rows[-1] if part.rows and len(part.rows[-1]) == len(part.columns) else ()
            told = [*part.words.items(), *zip(heads, part.columns, strict=False)]
            out.update({(part.block, squeeze(text)): Meaning(squeeze(text), field, note) for text, field in told})
    return out


def _of_columns(found: list[Column], vocabulary: Lookups) -> Iterator[Meaning]:
    """The columns, with what is known of those that the vocabulary does not hold; of two of one field a person says what the second is."""
    fields, told = [column.field for column in found], set[str]()
    before = _confirmed(vocabulary)
    for column in found:
        if column.field is None and (said := before.get((COLUMNED, column.heading))) is not None:
            yield said
            continue
        match = column.proposal
        note = _said(match) if match is not None and match.likeness >= _NEAR else ""
        if column.field in KNOWN or column.field is None or fields.count(column.field) == 1:
            yield Meaning(column.heading, column.field, note)
            continue
        note = f"{note}；{_TWICE}" if note else _TWICE
        if column.field in told:
            yield Meaning(column.heading, None, f"{column.field}：{note}")
        else:
            yield Meaning(column.heading, column.field, note)
        told.add(column.field)


def _said(match: Match) -> str:
    """What is known of a heading that the vocabulary does not hold."""
    return f"{match.field}：{match.reason}"


def _supposed(grid: Grid, rows: Sequence[int], vocabulary: Lookups) -> Iterator[DraftedPart]:
    """Rows that nobody understood: short texts over figures are supposed to be headings of money; the others are shown."""
    shown: list[tuple[str, ...]] = []
    covered = -1
    for row in rows:
        heads = grid.filled(row)
        if row <= covered:
            continue
        if _over_figures(grid, row):
            labels = tuple(_meaning(slot.text, Block("funds", row, row + 1), vocabulary) for slot in heads[1:])
            yield DraftedPart("funds", (), labels=labels, begins=heads[0].text)
            covered = row + 1
        elif not _pairs(grid, row):
            shown.append(_texts(grid, row))
    if shown:
        yield DraftedPart("unknown", (), shown=tuple(shown[:SHOWN]))


def _over_figures(grid: Grid, row: int) -> bool:
    """Do short texts stand over a row of figures?"""
    heads, below = grid.filled(row), grid.filled(row + 1) if row + 1 < len(grid.rows) else []
    figures = sum(number(slot.cell.text) is not None for slot in below)
    return len(heads) >= 3 and all(map(_is_short, heads)) and figures >= 2 and figures >= len(below) - 1


def _is_short(slot: Slot) -> bool:
    return len(slot.text) <= LONGEST and number(slot.cell.text) is None


def _pairs(grid: Grid, row: int) -> list[tuple[Slot, Slot]]:
    """(label, text) of a row of labels with a text beside each; none where it is no such row."""
    filled = grid.filled(row)
    pairs = list(zip(filled[::2], filled[1::2], strict=False))
    labelled = len(filled) % 2 == 0 and all(_is_short(label) for label, _ in pairs)
    return pairs if labelled and not _over_figures(grid, row) else []


def _labels(grid: Grid, block: Block, vocabulary: Lookups, unread: Collection[int]) -> Iterator[Meaning]:
    """The headings and labels of a block that are known, and those that are not: headings, and labels of a head beside a text."""
    told: set[str] = set()
    for row in range(block.start, block.stop):
        pairs = _pairs(grid, row) if block.kind == "head" and row + 1 in unread else []
        beside = {label.text for label, _ in pairs}
        for slot in grid.filled(row):
            text = slot.text
            if text in told or len(text) > LONGEST or number(slot.cell.text) is not None:
                continue
            meaning = _meaning(text, block, vocabulary)
            if meaning.field is None and row >= block.start + block.header and text not in beside:
                continue  # a line of money, a name: no two forms have the same
            told.add(text)
            yield meaning


def _meaning(text: str, block: Block, vocabulary: Lookups) -> Meaning:
    field = vocabulary.heading(text, block.kind) if block.kind in FIELDS else None
    if field is None and block.kind == "funds" and (label := vocabulary.label(text)) is not None:
        field = label.item
    if field is not None:
        return Meaning(text, field)
    if (before := _confirmed(vocabulary).get((block.kind, text))) is not None:
        return before
    match = vocabulary.similar(text, block.kind) if block.kind in FIELDS else None
    return Meaning(text, None, _said(match) if match is not None and match.likeness > _NEAR else "")


def undecided(tables: Iterable[DraftedTable]) -> int:
    """How many headings and labels, and stretches of rows nobody understood, a person has to decide on."""
    parts = [part for table in tables for part in table.parts]
    unknown = (meaning.field is None for part in parts for meaning in (*part.columns, *part.labels))
    return sum(unknown) + sum(bool(part.shown) for part in parts)
