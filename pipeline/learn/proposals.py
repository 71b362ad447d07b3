"""What nobody understood, as rows for the vocabulary: proposed, tested against the store, added."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from normalizers.confirmed import COLUMNED
from normalizers.roles import kind_of
from normalizers.spelling import LONGEST, whole
from normalizers.text import squeeze
from normalizers.vocabulary import COLUMNS, FIELDS, Vocabulary, folder
from pipeline import ruleset
from pipeline.rerun.planning import Planned, plan
from pipeline.store import contents
from pipeline.store.connection import Store
from pipeline.store.rows import origin_of
from schema.errors import VocabularyError

HEADINGS, LABELS, CATEGORIES, NARRATIVE = COLUMNS
LABEL, LEFTOVER, CATEGORY, SECTION = "label", "leftover", "category", "section"
_DECIDED = {
    HEADINGS: "field",
    LABELS: "code",
    CATEGORIES: "category",
    NARRATIVE: "kind",
}  # what a person fills in
_FILES = {LABEL: LABELS, CATEGORY: CATEGORIES, SECTION: NARRATIVE}  # the others are headings
_SENTENCE = "。；！？"
_VALUES = frozenset(("blank", "percent", "points", "figure", "quantity", "signed", "sign", "measure"))  # no heading
_WORDS = re.compile("[\u4e00-\u9fff]{2}")
_ALIKE = re.compile(r"近似“.*”（(\d\.\d+)）")
_LIKE = (
    0.8  # of proposals by likeness alone below it one of six was right, above it nearly all (python -m tests.hold_out)
)
_BOTH = " / "  # between level 1 and level 2
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A spelling that the vocabulary does not hold, over the whole store. field: the proposed one, None where none is; taken:
    its cells were put under that field already; completes: the submissions in which nothing else is unknown."""

    text: str
    block: str
    field: str | None
    reason: str | None
    taken: bool
    submissions: int
    completes: int
    below: tuple[str, ...]
    beside: tuple[str, ...]
    example: str

    @property
    def file(self) -> str:
        """The file of the vocabulary that its row belongs to."""
        return _FILES.get(self.block, HEADINGS)

    @property
    def row(self) -> Row:
        """The row of that file; a field that nobody proposes stays blank, for a person to write."""
        note = f"{self.submissions}份；{self.reason or '没有建议'}；例：{self.example}"
        field = self.field or ""
        if self.file == LABELS:
            return {"label": self.text, "list": "funds", "code": field, "side": "", "note": note}
        if self.file == CATEGORIES:
            one, two = map(_whole, self.text.split(_BOTH))
            return {"level1": one, "level2": two, "category": field, "note": note}
        if self.file == NARRATIVE:
            return {"pattern": _whole(self.text), "kind": field, "note": note}
        return {"heading": self.text, "block": self.block, "field": field, "note": note}


def unknown(store: Store) -> list[Proposal]:
    """The unknown spellings of a store, most frequent first."""
    words = ruleset.words()
    groups: dict[tuple[str, str], list[Any]] = {}
    open_in: dict[str, set[str]] = {}
    for spelling, block, row in _unknown(store, words):
        groups.setdefault((spelling, block), []).append(row)
        if not getattr(row, "taken", False):
            open_in.setdefault(row.submission_id, set()).add(spelling)
    found = [_proposal(spelling, block, rows, open_in, words) for (spelling, block), rows in groups.items()]
    return sorted(found, key=lambda p: (-p.submissions, -p.completes, p.block, p.text))


def _unknown(store: Store, words: Vocabulary) -> Iterator[tuple[str, str, Any]]:
    """(spelling, block, row of the store) of whatever the vocabulary does not hold, each place once."""
    told = set()
    rows = contents.unknown(store)
    heads = _may_head([row for row in rows if not hasattr(row, "block")])
    for row in rows:
        heading = hasattr(row, "block")
        place = _place(row)
        long = len(row.text.strip()) > LONGEST or set(row.text) & set(_SENTENCE)
        if kind_of(row.text) in _VALUES or not _WORDS.search(row.text):
            continue  # a figure among headings
        if not heading and (place in told or long or place not in heads):
            continue
        told.add(place)
        spelling = words.stripped(row.text)
        if spelling and (heading or not _is_known(spelling, words)):
            yield spelling, row.block if heading else LEFTOVER, row
    for row in contents.without_category(store):
        if not words.knows_category(row.level1, row.level2):
            yield f"{row.level1 or ''}{_BOTH}{row.level2 or ''}", CATEGORY, row
    for row in contents.without_kind(store):
        if not words.knows_narrative(row.heading):
            yield squeeze(row.heading), SECTION, row


def _is_known(spelling: str, words: Vocabulary) -> bool:
    """Is a text that nobody read known as it stands? No word can teach more of it."""
    return words.label(spelling) is not None or any(words.heading(spelling, block) for block in FIELDS)


_Place = tuple[Any, ...]


def _place(row: Any) -> _Place:
    return row.submission_id, row.part, row.block_no, row.table_no, row.row_no, row.column_no


def _may_head(leftovers: Iterable[Any]) -> set[_Place]:
    """The places of what nobody read that may be a heading or a label, not a value: the first of its row, or in the first of several rows that
    nobody read. Lines outside tables are none."""
    columns: dict[_Place, list[int]] = {}
    for row in leftovers:
        if row.table_no is not None:
            columns.setdefault(_place(row)[:5], []).append(row.column_no)
    out: set[_Place] = set()
    for (*table, number), found in columns.items():
        first = (*table, number - 1) not in columns and len(found) > 1
        out |= {(*table, number, column) for column in (found if first else [min(found)])}
    return out


def _proposal(spelling: str, block: str, rows: list[Any], open_in: dict[str, set[str]], words: Vocabulary) -> Proposal:
    submissions = {row.submission_id for row in rows}
    first = rows[0]
    example = f"{first.file} {origin_of(first).chinese}"
    completes = sum(open_in.get(s, set()) == {spelling} for s in submissions)
    if block in (CATEGORY, SECTION):
        one, _, two = spelling.partition(_BOTH)
        code = words.propose_category(one, two) if block == CATEGORY else None
        field, reason = code or (None, None)
        below = tuple(dict.fromkeys(row.below for row in rows if row.below))[:5]
        return Proposal(spelling, block, field, reason, False, len(submissions), completes, below, (), example)
    if block == LEFTOVER:
        found = words.propose(spelling)
        name = found[0] if found else "head"
        field, reason = _worth_proposing(found[1].field, found[1].reason) if found else (None, None)
        return Proposal(spelling, name, field, reason, False, len(submissions), completes, (), (), example)
    field = Counter(row.field for row in rows).most_common(1)[0][0]
    reason = next((row.reason for row in rows if row.field == field), None)
    below = tuple(dict.fromkeys(cell for row in rows for cell in row.below))[:5]
    beside = tuple(dict.fromkeys(cell for row in rows for cell in row.beside))[:4]
    taken = all(row.taken for row in rows)
    if not taken:
        field, reason = _worth_proposing(field, reason)
    if field is None and reason is None and block == COLUMNED:  # the whole band was read, and it is none of its fields
        field, reason = "extra", "没有相近的字段，保留原文"
    return Proposal(spelling, block, field, reason, taken, len(submissions), completes, below, beside, example)


def _worth_proposing(field: str | None, reason: str | None) -> tuple[str | None, str | None]:
    """A proposal that rests on how like a spelling is to a known one alone is none below _LIKE; what it is like is still said."""
    alike = _ALIKE.fullmatch(reason or "")
    return (None, reason) if alike is not None and float(alike[1]) < _LIKE else (field, reason)


def as_csv(proposals: Iterable[Proposal]) -> str:
    """Proposals as rows of headings.csv and, after them, of the other files, each under its own headings."""
    out = io.StringIO()
    every = list(proposals)
    for name, columns in COLUMNS.items():
        rows = [p.row for p in every if p.file == name]
        if rows:
            writer = csv.DictWriter(out, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return out.getvalue()


# ---------------------------------------------------------------- rows that a person kept
def rows_of(path: Path) -> dict[str, list[Row]]:
    """The rows of a file as `unknown --csv` writes it, by the vocabulary file they belong to; a row whose field a person left
    blank is left out. Raises VocabularyError."""
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise VocabularyError(path, f"词条文件无法读取（{error}）", "请用UTF-8编码的CSV") from None
    out: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    name = None
    for number, line in enumerate(lines, 1):
        if not any(cell.strip() for cell in line):
            continue
        heading = next((n for n, columns in COLUMNS.items() if tuple(line) == columns), None)
        if heading is not None:
            name = heading
            continue
        if name is None or len(line) != len(COLUMNS[name]):
            wanted = " 或 ".join(",".join(columns) for columns in COLUMNS.values())
            raise VocabularyError(f"{path}第{number}行", "没有表头或列数不对", f"第一行应为 {wanted}")
        row = dict(zip(COLUMNS[name], (cell.strip() for cell in line), strict=True)) | {"line": str(number)}
        if row[_DECIDED[name]]:
            out[name].append(row)
    return out


def contradictions(path: Path) -> list[str]:
    """Every row of a file whose spelling means something else in its block by today, or twice in the file, each in one line with its place. Raises
    VocabularyError where a row is wrong in itself."""
    return [f"{place}: {trouble}" for place, trouble in _contradictions(path)]


def _contradictions(path: Path) -> list[tuple[str, str]]:
    added, today = rows_of(path), ruleset.today().files
    out: list[tuple[str, str]] = []
    first: dict[str, list[Row]] = {}  # rows that say something of a spelling for the first time
    for name, rows in added.items():
        if name not in ruleset.SPELT:
            first[name] = rows
            continue
        columns = COLUMNS[name][:-1]
        meanings = {(whole(row[0]), row[1]): tuple(row[2:]) for row in today[name]}
        mine: set[tuple[str, str]] = set()
        for row in rows:
            text, block, *meaning = (row[column] for column in columns)
            key = whole(text), block
            if key not in mine:
                mine.add(key)
                first.setdefault(name, []).append(row)
            had = meanings.setdefault(key, tuple(meaning))
            if had != tuple(meaning):
                said = "、".join(filter(None, had))
                out.append((f"{path}第{row['line']}行", f"“{text}”在{block}里已另作“{said}”"))
    Vocabulary(folder(), first, str(path), only=True)  # are there such blocks, fields and codes?
    return out


def extended(path: Path, over: bool = False) -> Vocabulary:
    """Today's vocabulary with the rows of a file. over: they may give a spelling another meaning. Raises VocabularyError where one is wrong or
    contradicts another spelling."""
    wrong = _contradictions(path)
    if wrong and not over:
        place, trouble = wrong[0]
        more = f"，另有{len(wrong) - 1}处" if len(wrong) > 1 else ""
        raise VocabularyError(place, f"{trouble}{more}", "请改正；确要以此为准，用 ziping vocabulary add --over")
    return ruleset.bound(_with(path))


def _with(path: Path) -> ruleset.VocabularyRows:
    rows = {
        name: [[row[column] for column in COLUMNS[name][:-1]] for row in added] for name, added in rows_of(path).items()
    }
    return ruleset.overlaid(ruleset.today(), rows)


def effect(store: Store, path: Path, over: bool = False) -> list[Planned]:
    """What the rows of a file would change in the store: the submissions they concern, understood again from their stored
    documents. Nothing is written. Raises VocabularyError, StoreError."""
    extended(path, over)
    return list(plan(store, ruleset.under(_with(path))))


def add(path: Path, over: bool = False) -> int:
    """Writes the rows of a file into the team's own words; how many there were. Raises VocabularyError and changes nothing where one
    is wrong, contradicts another, or no folder is named. A spelling that is there already is not written twice; one that the team gave another
    meaning is replaced."""
    extended(path, over)
    place = ruleset.own_team()
    added = 0
    for name, rows in rows_of(path).items():
        target, columns = place / name, COLUMNS[name]
        there = {tuple(row[k] for k in columns[:2]): row for row in ruleset.own_rows(target, columns)}
        fresh = [
            row
            for row in rows
            if _meaning(there.get(tuple(row[k] for k in columns[:2])), columns) != _meaning(row, columns)
        ]
        if not fresh:
            continue
        there |= {tuple(row[k] for k in columns[:2]): _kept(row) for row in fresh}
        try:
            with target.open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
                writer.writeheader()
                writer.writerows(there.values())
        except OSError as error:
            raise VocabularyError(target, f"无法写入（{error.strerror}）", "请检查权限和磁盘空间") from None
        added += len(fresh)
    return added


def _meaning(row: Row | None, columns: tuple[str, ...]) -> tuple[str, ...] | None:
    return tuple(row[column] for column in columns[:-1]) if row is not None else None


def _whole(text: str) -> str:
    """A pattern that fits this text alone."""
    return f"^{re.escape(text)}$"


def _kept(row: Row) -> Row:
    """A row as it is kept: the evidence of the proposal named a file, which the vocabulary must not."""
    return {**row, "note": ""}
