"""Layouts that people have confirmed: which rows head the blocks of a table, which column and which label is what. A table that has all of a layout's
anchor rows is read by it, whatever the rules would have made of it; one that lacks any is read as if nobody had confirmed anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from normalizers.grid import Block, Grid
from normalizers.layout import Confirmed, Part
from normalizers.starts import starts
from normalizers.text import squeeze
from normalizers.values import number
from normalizers.vocabulary import FIELDS, KNOWN, Vocabulary
from schema.codes import CODES
from schema.errors import VocabularyError

BLOCKS = (*FIELDS, "basics", "title", "ignore", "unknown")
COLUMNED = "indicators"  # the block whose columns are told one by one; of the others the words
NO_CODE = "none"  # of a line of money that no code is for
_KEYS = frozenset(("block", "rows", "from", "columns", "labels", "until", "form"))


@dataclass(frozen=True, slots=True)
class Found:
    """A table read by a confirmed layout: its blocks that are confirmed; by the row that a block starts in, the fields of its columns; the rows
    in which another form begins; does it go on with the form above; by block, what its words mean."""

    layout: Confirmed
    blocks: list[Block]
    columns: Mapping[int, tuple[str, ...]]
    forms: frozenset[int]
    goes_on: bool
    words: Mapping[str, Mapping[str, str]]

    @property
    def rows(self) -> set[int]:
        """The rows of its blocks."""
        return {row for block in self.blocks for row in range(block.start, block.stop)}


# ---------------------------------------------------------------- a table
def find(grid: Grid, layouts: Sequence[Confirmed], vocabulary: Vocabulary) -> Found | None:
    """The first confirmed layout that a table is of; None where it is of none."""
    if not layouts:
        return None
    texts = [tuple(_spelt(slot.text, vocabulary) for slot in grid.filled(row)) for row in range(len(grid.rows))]
    for layout in layouts:
        for parts in layout.tables:
            if (found := _placed(layout, parts, grid, texts, vocabulary)) is not None:
                return found
    return None


def _spelt(text: str, vocabulary: Vocabulary) -> str:
    """A heading as layouts are told apart by it: without units, numbering and points. A figure among headings, the points of what stands below, is
    another in each form."""
    return "#" if number(text) is not None else vocabulary.stripped(text) or squeeze(text)


def _placed(
    layout: Confirmed, parts: Sequence[Part], grid: Grid, texts: list[tuple[str, ...]], vocabulary: Vocabulary
) -> Found | None:
    """Where each block of a layout stands in a table; None where one is not there."""
    begun: list[int] = []
    at = 0
    for part in parts:
        begin = _begins(part, texts, at, vocabulary)
        if begin is None:
            return None
        begun.append(begin)
        at = begin + max(len(part.rows), 1)
    confirmed: list[Block] = []
    columns: dict[int, tuple[str, ...]] = {}
    words: dict[str, dict[str, str]] = {}
    ends = [*begun[1:], len(texts)]
    for part, start, end in zip(parts, begun, ends, strict=True):
        words.setdefault(part.block, {}).update({squeeze(text): said for text, said in part.words.items()})
        if not part.rows and part.begins is None and part.form is None:
            continue  # of labels alone: known words part the table by themselves
        stop = _stop(part, grid, texts, start + max(len(part.rows), 1), end, vocabulary)
        confirmed.append(Block(part.block, start, stop, len(part.rows)))
        if part.columns:
            columns[start] = part.columns
    forms = frozenset(start for part, start in zip(parts, begun, strict=True) if part.form)
    return Found(layout, confirmed, columns, forms, parts[0].form is False, words)


def _begins(part: Part, texts: list[tuple[str, ...]], at: int, vocabulary: Vocabulary) -> int | None:
    """The first row from `at` on in which a block begins: its heading rows, or a row with one of its labels."""
    if part.rows:
        wanted = [tuple(_spelt(text, vocabulary) for text in row) for row in part.rows]
        ends = len(texts) - len(wanted) + 1
        return next((row for row in range(at, ends) if texts[row : row + len(wanted)] == wanted), None)
    if part.begins is not None:
        return _begun_by(_spelt(part.begins, vocabulary), texts, at, len(texts))
    labels = {_spelt(text, vocabulary) for text in part.words}
    return next((row for row in range(at, len(texts)) if labels.intersection(texts[row])), None)


def _stop(part: Part, grid: Grid, texts: list[tuple[str, ...]], first: int, end: int, vocabulary: Vocabulary) -> int:
    """The row behind a block: where its people say, else where words that everybody knows begin another."""
    if part.until is not None:
        found = _begun_by(_spelt(part.until, vocabulary), texts, first, end)
        return end if found is None else found
    for row in range(first, end) if part.block in FIELDS else ():
        if texts[row] and starts(grid, row, vocabulary, part.block, basics=False)[0] not in (None, part.block):
            return row
    return end


def _begun_by(text: str, texts: list[tuple[str, ...]], first: int, end: int) -> int | None:
    """The first row whose first cell has a text; None where none has."""
    return next((row for row in range(first, end) if texts[row][:1] == (text,)), None)


def parted(found: Found, others: Iterable[Block]) -> list[Block]:
    """The blocks of a table: those that are confirmed, and between them what the rows are by themselves."""
    out, covered = list(found.blocks), found.rows
    for block in others:
        free = [row for row in range(block.start, block.stop) if row not in covered]
        for first, last in _stretches(free):
            header = max(min(block.start + block.header, last + 1) - first, 0) if first == block.start else 0
            out.append(Block(block.kind, first, last + 1, header))
    return sorted(out, key=lambda block: block.start)


def _stretches(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of each run of rows."""
    for at, row in enumerate(rows):
        if not at or rows[at - 1] != row - 1:
            begin = row
        if at + 1 == len(rows) or rows[at + 1] != row + 1:
            yield begin, row


# ---------------------------------------------------------------- from what people wrote
def bound(told: Any, place: object, codes: Iterable[str]) -> Confirmed:
    """A layout as its YAML has it. place: the file, for what is said of errors; codes: those a line of money may have. Raises VocabularyError
    with file, place and remedy."""
    if not isinstance(told, dict) or not isinstance(told.get("tables"), list) or not told.get("name"):
        raise VocabularyError(place, "没有name或tables", "请照 ziping layouts draft 写出的样子填写")
    kind = told.get("kind")
    if kind is not None and kind not in CODES["kind"]:
        raise VocabularyError(place, f"没有“{kind}”这种表", f"可用：{'、'.join(CODES['kind'])}")
    allowed = frozenset(codes)
    tables = tuple(
        tuple(_part(part, f"{place}表{t}第{n}块", allowed) for n, part in enumerate(parts or (), 1))
        for t, parts in enumerate(told["tables"], 1)
    )
    if not any(tables):
        raise VocabularyError(place, "没有可以认出版式的表头或标签", "请在rows或labels里至少写一行")
    return Confirmed(str(told["name"]), kind, tables)


def plain(layout: Confirmed) -> dict[str, Any]:
    """A layout as its YAML has it, in one way of writing: what `bound` makes the same layout of."""
    return {
        "name": layout.name,
        "kind": layout.kind,
        "tables": [
            [
                {
                    "block": part.block,
                    "rows": [list(row) for row in part.rows],
                    "columns": [{"": said} for said in part.columns],
                    "labels": dict(part.words),
                    "from": part.begins,
                    "until": part.until,
                    "form": part.form,
                }
                for part in parts
            ]
            for parts in layout.tables
        ],
    }


def _part(told: Any, place: str, codes: frozenset[str]) -> Part:
    if not isinstance(told, dict) or set(told) - _KEYS:
        wrong = "、".join(sorted(set(told) - _KEYS)) if isinstance(told, dict) else str(told)
        raise VocabularyError(place, f"不认识“{wrong}”", f"可用：{'、'.join(sorted(_KEYS))}")
    block = told.get("block")
    if block not in BLOCKS:
        raise VocabularyError(place, f"没有“{block}”这个块", f"可用：{'、'.join(BLOCKS)}")
    rows = tuple(tuple(str(text) for text in row) for row in told.get("rows") or ())
    columns = tuple(_decided(pair, place) for pair in told.get("columns") or ())
    words = {str(text): str(said) for text, said in (told.get("labels") or {}).items()}
    if not isinstance(told.get("form"), bool | None):
        raise VocabularyError(place, f"form不能是“{told['form']}”", "请写true（另起一张表）或false（接上一张表）")
    begins, until = (None if told.get(key) is None else str(told[key]) for key in ("from", "until"))
    if not rows and not words and begins is None:
        raise VocabularyError(place, "没有rows、from或labels，无从认出", "请写上这一块的表头、首格或标签")
    if (block == COLUMNED) != bool(columns):
        raise VocabularyError(place, "columns只属于indicators块", "请写上每一列的字段；其他块用labels")
    fields = (FIELDS.get(block, {}).keys() | KNOWN) | (codes | {NO_CODE} if block == "funds" else frozenset())
    for said in (*columns, *words.values()):
        if said not in fields:
            wrong = "还没有决定" if said in ("？", "?") else f"没有“{said}”字段"
            raise VocabularyError(place, f"{block}块{wrong}", f"可用：{'、'.join(sorted(fields))}")
    return Part(block, rows, columns, words, begins, until, told.get("form"))


def _decided(pair: Any, place: str) -> str:
    """The field of a column: `年度目标: target`."""
    if not isinstance(pair, dict) or len(pair) != 1:
        raise VocabularyError(place, f"“{pair}”不是一列", "请写成“表头: 字段”，一列一行")
    return str(next(iter(pair.values())))
