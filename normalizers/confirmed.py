"""Layouts that people have confirmed: which rows head the blocks of a table, which column and which label is what. A table that has all of a layout's
anchor rows is read by it, whatever the rules would have made of it; one that lacks any is read as if nobody had confirmed anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from normalizers.grid import Block, Grid
from normalizers.layout import Confirmed, Part
from normalizers.text import squeeze
from normalizers.vocabulary import FIELDS, KNOWN, Vocabulary
from schema.errors import VocabularyError

BLOCKS = (*FIELDS, "basics", "title", "ignore", "unknown")
COLUMNED = "indicators"  # the block whose columns are told one by one; of the others the words
NO_CODE = "none"  # of a line of money that no code is for
_KINDS = frozenset(("department", "project", "transfer", "common", "basics"))
_KEYS = frozenset(("block", "rows", "from", "columns", "labels", "until", "form"))


@dataclass(frozen=True, slots=True)
class Found:
    """A table read by a confirmed layout: its blocks; by the row that a block starts in, the fields of its columns; the rows in which another
    form begins; by block, what its words mean."""

    layout: Confirmed
    blocks: list[Block]
    columns: Mapping[int, tuple[str, ...]]
    forms: frozenset[int]
    words: Mapping[str, Mapping[str, str]]


# ---------------------------------------------------------------- a table
def find(grid: Grid, layouts: Iterable[Confirmed], vocabulary: Vocabulary) -> Found | None:
    """The first confirmed layout that a table is of; None where it is of none."""
    texts = [tuple(_spelt(slot.text, vocabulary) for slot in grid.filled(row)) for row in range(len(grid.rows))]
    for layout in layouts:
        for parts in layout.tables:
            if (found := _placed(layout, parts, texts, vocabulary)) is not None:
                return found
    return None


def _spelt(text: str, vocabulary: Vocabulary) -> str:
    """A heading as layouts are told apart by it: without units, numbering and points; a text that is nothing but these as it stands."""
    return vocabulary.stripped(text) or squeeze(text)


def _placed(
    layout: Confirmed, parts: Sequence[Part], texts: list[tuple[str, ...]], vocabulary: Vocabulary
) -> Found | None:
    """Where each block of a layout stands in a table; None where one is not there."""
    starts: list[int] = []
    at = 0
    for part in parts:
        begin = _begins(part, texts, at, vocabulary)
        if begin is None:
            return None
        starts.append(begin)
        at = begin + max(len(part.rows), 1)
    blocks: list[Block] = []
    columns: dict[int, tuple[str, ...]] = {}
    words: dict[str, dict[str, str]] = {}
    ends = [*starts[1:], len(texts)]
    for part, start, end in zip(parts, starts, ends, strict=True):
        if not blocks and start:
            blocks.append(Block("unknown", 0, start))
        stop = _stop(part, texts, start + len(part.rows), end, vocabulary)
        blocks.append(Block(part.block, start, stop, len(part.rows)))
        if stop < end:
            blocks.append(Block("unknown", stop, end))
        if part.columns:
            columns[start] = part.columns
        words.setdefault(part.block, {}).update({squeeze(text): said for text, said in part.words.items()})
    forms = frozenset(start for part, start in zip(parts, starts, strict=True) if part.form)
    return Found(layout, blocks, columns, forms, words)


def _begins(part: Part, texts: list[tuple[str, ...]], at: int, vocabulary: Vocabulary) -> int | None:
    """The first row from `at` on in which a block begins: its heading rows, or a row with one of its labels."""
    if part.rows:
        wanted = [tuple(_spelt(text, vocabulary) for text in row) for row in part.rows]
        ends = len(texts) - len(wanted) + 1
        return next((row for row in range(at, ends) if texts[row : row + len(wanted)] == wanted), None)
    if part.begins is not None:
        return next(
            (row for row in range(at, len(texts)) if texts[row][:1] == (_spelt(part.begins, vocabulary),)), None
        )
    labels = {_spelt(text, vocabulary) for text in part.words}
    return next((row for row in range(at, len(texts)) if labels.intersection(texts[row])), None)


def _stop(part: Part, texts: list[tuple[str, ...]], first: int, end: int, vocabulary: Vocabulary) -> int:
    if part.until is None:
        return end
    wanted = _spelt(part.until, vocabulary)
    return next((row for row in range(first, end) if texts[row][:1] == (wanted,)), end)


# ---------------------------------------------------------------- from what people wrote
def bound(told: Any, place: object, codes: Iterable[str]) -> Confirmed:
    """A layout as its YAML has it. place: the file, for what is said of errors; codes: those a line of money may have. Raises VocabularyError
    with file, place and remedy."""
    if not isinstance(told, dict) or not isinstance(told.get("tables"), list) or not told.get("name"):
        raise VocabularyError(place, "没有name或tables", "请照 ziping layouts draft 写出的样子填写")
    kind = told.get("kind")
    if kind is not None and kind not in _KINDS:
        raise VocabularyError(place, f"没有“{kind}”这种表", f"可用：{'、'.join(sorted(_KINDS))}")
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
    return Part(block, rows, columns, words, begins, until, bool(told.get("form")))


def _decided(pair: Any, place: str) -> str:
    """The field of a column: `年度目标: target`."""
    if not isinstance(pair, dict) or len(pair) != 1:
        raise VocabularyError(place, f"“{pair}”不是一列", "请写成“表头: 字段”，一列一行")
    return str(next(iter(pair.values())))
