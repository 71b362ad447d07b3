"""The re-run: which submissions read otherwise today, what would change and why, and then, where a person says so, the change.

A submission is understood again from its stored document, cause by cause: the rules first, then each vocabulary row, so that
every changed value belongs to one cause. Only a changed extractor opens a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sqlalchemy as sa

import extractors
from normalizers.lookups import CODES, PAIR
from normalizers.similarity import best_guess
from normalizers.spelling import LONGEST
from normalizers.vocabulary import Vocabulary
from pipeline import ruleset
from pipeline.batch import run
from pipeline.batch.executors import Executor, Limits, serial
from pipeline.extract import Extraction, as_record, understand
from pipeline.rerun import changes, staleness
from pipeline.rerun.changes import Change
from pipeline.rerun.staleness import Row
from pipeline.ruleset import LAYOUTS, VERSION, Ruleset, VocabularyRows
from pipeline.store import contents, decisions, documents, journal, looks, originals, versions
from pipeline.store.connection import Store, hold
from pipeline.store.rows import record, same
from pipeline.store.versions import State
from schema.document import Document
from schema.errors import ZipingError
from schema.relational import tables

READER, RULES, REST, CORRECTED = "读取程序有变", "整理规则有变", "其余词条", "人工更正"
MOST_ROWS = 8  # vocabulary rows told apart for one submission


@dataclass(frozen=True, slots=True)
class Stale:
    """A submission that may read otherwise today. rows: the vocabulary rows that came or went and concern it; corrected: its current
    version was made without a correction in force, or with one taken back."""

    submission_id: str
    sha256: str
    file: str
    reader: bool
    rules: bool
    rows: tuple[Row, ...]
    corrected: bool = False

    @property
    def causes(self) -> list[str]:
        code = [READER] * self.reader + [RULES] * self.rules
        return code + [str(row) for row in self.rows] + [CORRECTED] * self.corrected


@dataclass(frozen=True, slots=True)
class Planned:
    """One submission understood again: its changes by cause, or why it could not be."""

    submission_id: str
    file: str
    changes: tuple[tuple[str, Change], ...] = ()
    written: bool = False
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What understanding submissions again needs. words: today's vocabulary; run_id: None where nothing is written."""

    url: str
    words: VocabularyRows
    run_id: int | None
    whole: bool  # nothing is left out: each submission ends with just these rows


# ---------------------------------------------------------------- what is stale
def stale(store: Store, reading: Ruleset | None = None) -> list[Stale]:
    """The submissions whose keys are not those of today and that hold something that changed, in order of file."""
    reading = reading or ruleset.current()
    s, d, f = tables.submission, tables.document, tables.file
    out: dict[str, Stale] = {}
    with store.reading() as connection:
        uncorrected = _uncorrected(connection)
        old = sa.or_(
            s.c.rules_key.is_distinct_from(reading.rules), s.c.words_key.is_distinct_from(reading.words.key),
            d.c.reader_key.is_distinct_from(reading.reader), s.c.submission_id.in_(uncorrected),
        )  # fmt: skip
        query = (
            sa.select(s.c.submission_id, s.c.sha256, f.c.name, s.c.rules_key, s.c.words_key, d.c.reader_key)
            .join(f, f.c.sha256 == s.c.sha256)
            .outerjoin(d, d.c.sha256 == s.c.sha256)
            .where(old)
            .order_by(f.c.name, s.c.submission_id)
        )
        found = connection.execute(query).all()
        concerned = {
            key: _concerned(connection, key, reading)
            for key in {row.words_key for row in found}
            if key not in (None, reading.words.key)
        }
    for row in found:
        reader = row.reader_key != reading.reader
        rules = not reader and row.rules_key != reading.rules
        rows = tuple(concerned.get(row.words_key, {}).get(row.submission_id, ()))
        corrected = row.submission_id in uncorrected
        if reader or rules or rows or corrected:
            out[row.submission_id] = Stale(row.submission_id, row.sha256, row.name, reader, rules, rows, corrected)
    return list(out.values())


def _uncorrected(connection: sa.Connection) -> list[str]:
    """The submissions whose current version was not made with the very corrections that are in force."""
    c, v = tables.correction, tables.version
    wanted: dict[str, list[int]] = {}
    in_force = sa.select(c.c.submission_id, c.c.correction_id).where(c.c.withdrawn_at.is_(None))
    for submission_id, number in connection.execute(in_force.order_by(c.c.correction_id)):
        wanted.setdefault(submission_id, []).append(number)
    made = sa.select(v.c.submission_id, v.c.corrections).where(v.c.valid_to.is_(None) & v.c.corrections.is_not(None))
    used: dict[str, list[int]] = {row.submission_id: row.corrections for row in connection.execute(made)}
    return sorted(i for i in wanted.keys() | used.keys() if wanted.get(i, []) != used.get(i, []))


def _concerned(connection: sa.Connection, words_key: str, reading: Ruleset) -> dict[str, list[Row]]:
    """The submissions understood by an older vocabulary that a changed row may touch, with these rows."""
    s, w = tables.submission, tables.wordlist
    content = connection.execute(sa.select(w.c.content).where(w.c.words_key == words_key)).scalar_one()
    before = ruleset.unpack(content)
    old = ruleset.bound(before)
    of_words = sa.select(s.c.submission_id, s.c.lookups).where(s.c.words_key == words_key)
    out: dict[str, list[Row]] = {}

    def concern(row: Row, ids: Iterable[str]) -> None:
        for submission_id in ids:
            rows = out.setdefault(submission_id, [])
            if row not in rows:
                rows.append(row)

    for row in staleness.changed(before, reading.words):
        if row.file in ("headings.csv", "labels.csv"):
            spellings, letter = staleness.asked(row, reading.vocabulary), staleness.code(row)
            holds = (s.c.lookups.contains(f"\n{spelling}\t", autoescape=True) for spelling in spellings)
            found = connection.execute(of_words.where(sa.or_(s.c.lookups.is_(None), *holds)))
            concern(row, (i for i, noted in found if noted is None or staleness.noted(noted, spellings, letter)))
            unknown = _unknown_in(connection, row, old, reading.vocabulary)
            concern(row, connection.execute(unknown.where(s.c.words_key == words_key)).scalars())
        else:
            found = connection.execute(of_words)
            concern(row, (i for i, noted in found if noted is None or _fits(row, noted, reading.vocabulary)))
    return out


def _fits(row: Row, noted: str, vocabulary: Vocabulary) -> bool:
    """Was a text that the patterns of a row fit matched against them, or do all headings of a layout stand among what was looked up?"""
    if row.file == LAYOUTS:
        return staleness.may_be_of(row, noted, vocabulary)
    if row.file == "narrative.csv":
        pattern = re.compile(row.cells[0])
        return any(pattern.search(text) for text in staleness.noted_patterns(noted, CODES["narrative"]))
    one, two = (re.compile(pattern) for pattern in row.cells[:2])
    pairs = (text.partition(PAIR) for text in staleness.noted_patterns(noted, CODES["category"]))
    return any(one.search(first) and two.search(second) for first, _, second in pairs)


def _unknown_in(connection: sa.Connection, row: Row, before: Vocabulary, after: Vocabulary) -> sa.Select[Any]:
    """The submissions with a heading nobody knows that is now most similar to another spelling, or may be proposed another field; of a row of
    the indicators' also those that left over a text like it: it may head a table that was not known for one."""
    s, u, left = tables.submission, tables.unknown_heading, tables.leftover
    block, field = ("label", row.cells[2]) if row.file == "labels.csv" else (row.cells[1], row.cells[2])
    told = sa.select(u.c.text, u.c.taken).where(u.c.block == block).distinct()
    texts = [
        text
        for text, taken in connection.execute(told)
        if staleness.read_otherwise(text, block, before, after)
        or (not taken and best_guess(after.stripped(text), [(row.cells[0], field)]) is not None)
    ]
    concerned = [sa.select(u.c.submission_id).where((u.c.block == block) & u.c.text.in_(texts))]
    if block in after.roles:
        short = connection.execute(sa.select(left.c.text).where(sa.func.length(left.c.text) <= LONGEST).distinct())
        heads = list(staleness.alike(short.scalars(), row, after))
        concerned.append(sa.select(left.c.submission_id).where(left.c.text.in_(heads)))
    return sa.select(s.c.submission_id).where(sa.or_(*(s.c.submission_id.in_(those) for those in concerned)))


# ---------------------------------------------------------------- plan and apply
def plan(
    store: Store,
    reading: Ruleset | None = None,
    *,
    only: Sequence[str] = (),
    reject: Sequence[str] = (),
    executor: Executor = serial,
    limits: Limits = run.LIMITS,
    apply: bool = False,
) -> Iterator[Planned]:
    """What a re-run would change, submission by submission; with `apply`, each is written as it comes, in a transaction of its
    own. only, reject: causes (a vocabulary row's words) or submissions (the beginning of an id, or a file's name) to be
    taken alone, or left out. Raises StoreError."""
    reading = reading or ruleset.current()
    chosen = [picked for found in stale(store, reading) if (picked := _chosen(found, only, reject)) is not None]
    whole = not (only or reject)
    if not apply:
        task = Task(store.url, reading.words, None, whole)
        yield from executor(partial(one, task), chosen, limits, _lost)
        return
    if not chosen and not (whole and _behind(store, reading)):
        return
    arguments = {"only": list(only), "reject": list(reject)}
    with journal.running(store, "rerun", arguments, VERSION) as run_id:
        task = Task(store.url, reading.words, run_id, whole)
        yield from executor(partial(one, task), chosen, limits, _lost)
        if whole:
            behind = _behind(store, reading)
            for found in stale(store, reading):
                behind.pop(found.submission_id, None)
            _catch_up(store, reading, behind)


def _chosen(found: Stale, only: Sequence[str], reject: Sequence[str]) -> Stale | None:
    """A stale submission with the causes that are wanted; None where none is. Code is not taken apart: where it changed and is
    not wanted, the submission is left out."""

    def named(wanted: Sequence[str]) -> bool:
        return any(found.submission_id.startswith(name) or found.file == name for name in wanted)

    def cause(row: Row, wanted: Sequence[str]) -> bool:
        return any(name in row.cells or name == str(row) for name in wanted)

    whole = not only or named(only)
    code = {READER} if found.reader else {RULES} if found.rules else set()
    if named(reject) or code & set(reject) or (code and not whole and not code & set(only)):
        return None
    rows = tuple(row for row in found.rows if not cause(row, reject) and (whole or cause(row, only)))
    return replace(found, rows=rows) if code or rows or found.corrected else None


def _behind(store: Store, reading: Ruleset) -> dict[str, str]:
    """The submissions understood by today's rules and by another vocabulary, with its key."""
    s = tables.submission
    query = sa.select(s.c.submission_id, s.c.words_key).where(
        s.c.words_key.is_distinct_from(reading.words.key)
        & s.c.words_key.is_not(None)
        & (s.c.rules_key == reading.rules)
    )
    with store.reading() as connection:
        return {row.submission_id: row.words_key for row in connection.execute(query)}


def _catch_up(store: Store, reading: Ruleset, behind: dict[str, str]) -> None:
    """Submissions that hold nothing of what changed are of today too, where nobody has read them otherwise meanwhile."""
    s, w = tables.submission, tables.wordlist

    def work(connection: sa.Connection) -> None:
        hold(connection, versions.WORDS)
        versions.store_vocabulary(connection, reading)
        ids = list(behind)
        for start in range(0, len(ids), 500):
            chunk = ids[start : start + 500]
            still = (
                s.c.submission_id.in_(chunk)
                & s.c.words_key.in_({behind[i] for i in chunk})
                & (s.c.rules_key == reading.rules)
            )
            connection.execute(s.update().where(still).values(words_key=reading.words.key))
        used = sa.select(s.c.words_key).where(s.c.words_key.is_not(None))
        connection.execute(w.delete().where(w.c.words_key.not_in(used)))

    store.write(work)


def one(task: Task, found: Stale) -> Planned:
    """One submission understood again, in whatever process; written where the task has a run."""
    store = run.opened(task.url, os.getpid())
    try:
        return versions.retried(lambda: _one(store, task, found))
    except ZipingError as error:
        return Planned(found.submission_id, found.file, trouble=error.reason)


def _one(store: Store, task: Task, found: Stale) -> Planned:
    with store.reading() as connection:
        seen = versions.state(connection, found.submission_id)
        before = record(connection, found.submission_id)
        in_force = decisions.in_force(connection, found.submission_id)
        old_words = versions.vocabulary_rows(connection, found.submission_id)
        stored = documents.kept(connection, found.sha256)
    document = _reread(store, found) if found.reader or stored is None else stored
    told: list[tuple[str, Change]] = []
    words, last, extraction = task.words, before, None
    for cause, words in _steps(found, old_words or task.words, task.words):
        extraction = understand(document, ruleset.bound(words), in_force)
        after = as_record(extraction)
        told += [(cause, c) for c in changes.changes(found.submission_id, found.file, last, after)]
        last = after
    assert extraction is not None
    if task.run_id is None:
        return Planned(found.submission_id, found.file, tuple(told))
    today = ruleset.current()
    reading = Ruleset(today.reader, today.rules, task.words if task.whole else words, today.vocabulary)
    written = _write(store, extraction, reading, task.run_id, found, seen, bool(told))
    return Planned(found.submission_id, found.file, tuple(told), written)


def _steps(found: Stale, old: VocabularyRows, new: VocabularyRows) -> Iterator[tuple[str, VocabularyRows]]:
    """(cause, vocabulary) after each cause: first the code with the old words, then row by row."""
    if found.reader or found.rules:
        yield (READER if found.reader else RULES), old
    for row in found.rows[:MOST_ROWS]:
        old = staleness.with_row(old, row, new)
        yield str(row), old
    if found.rows[MOST_ROWS:]:
        for row in found.rows[MOST_ROWS:]:
            old = staleness.with_row(old, row, new)
        yield REST, old
    if found.corrected or not (found.reader or found.rules or found.rows):
        yield CORRECTED, old


def _write(
    store: Store,
    extraction: Extraction,
    reading: Ruleset,
    run_id: int,
    found: Stale,
    seen: State,
    changed: bool,
) -> bool:
    """Writes another reading as a new version; where only its evidence is otherwise, in its place. False where it is the same.
    Raises Overtaken."""
    kept = versions.document_row(extraction.document, reading) if found.reader else None
    fresh = versions.prepare(extraction, reading, store.engine.dialect)

    def work(connection: sa.Connection) -> bool:
        versions.unchanged(connection, found.submission_id, seen)
        if kept is not None:
            versions.store_document(connection, kept, reading)
            f = tables.file
            connection.execute(f.update().where(f.c.sha256 == found.sha256).values(version=VERSION))
        else:
            versions.store_vocabulary(connection, reading)
        equal = same(connection, found.submission_id, fresh.rows)
        if equal:
            versions.mark_current(connection, fresh, reading)
        elif changed:
            before = record(connection, found.submission_id)
            versions.supersede(connection, fresh, before, run_id, found.causes)
        else:
            versions.overwrite(connection, fresh)
        decisions.keep(connection, extraction.corrections)
        looks.count(connection, found.submission_id)
        return changed and not equal

    return store.write(work)


def _reread(store: Store, found: Stale) -> Document:
    """The document of a file that is still where it arrived, or was kept. Raises FileRefused where it is not, or is another by now."""
    file = originals.file_of(store, found.sha256, found.file)
    if file is not None:
        return extractors.read(file)
    paths = contents.sources(store, found.submission_id)
    raise ZipingError(found.file, "原文件已不在原处，无法重读", f"请放回{paths[0] if paths else '原处'}后再运行")


def _lost(found: Stale, trouble: str, remedy: str) -> Planned:
    return Planned(found.submission_id, found.file, trouble=f"{trouble}; {remedy}")
