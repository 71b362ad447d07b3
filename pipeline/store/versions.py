"""The versions of a submission: what is written when a reading changes.

The plain tables hold the current version. What it replaces is kept whole, as the record of RECORDS.md.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from pipeline.clock import now
from pipeline.extract import Extraction, as_json
from pipeline.ruleset import Ruleset, VocabularyRows, pack, unpack
from pipeline.store import copies, decisions, documents, judging, units, verdicts
from pipeline.store.connection import hold
from pipeline.store.journal import as_read
from pipeline.store.rows import Batch, Rows, add, batches, clear, once, put, rows
from schema.document import Document
from schema.relational import tables

T = TypeVar("T")
Record = dict[str, Any]
WORDS = "words"  # what whoever takes unused vocabularies away holds alone
_WORDS = sa.select(tables.wordlist.c.words_key).where(tables.wordlist.c.words_key == sa.bindparam("words"))
_LAST = sa.select(sa.func.max(tables.version.c.no)).where(tables.version.c.submission_id == sa.bindparam("submission"))
_ENDED = (
    tables.version.update()
    .where((tables.version.c.submission_id == sa.bindparam("submission")) & tables.version.c.valid_to.is_(None))
    .values(valid_to=sa.bindparam("valid_to"), content=sa.bindparam("content"))
)


# ---------------------------------------------------------------- writing, inside a transaction
def document_row(document: Document, reading: Ruleset) -> dict[str, Any]:
    """The row that keeps a document."""
    return {
        "sha256": document.digest, "reader_key": reading.reader, "content": documents.pack(document),
    }  # fmt: skip


def store_document(connection: sa.Connection, row: dict[str, Any], reading: Ruleset) -> None:
    """Keeps a document and the vocabulary that it was understood by."""
    if not once(connection, tables.document, row):
        d = tables.document
        connection.execute(d.update().where(d.c.sha256 == row["sha256"]).values(**row))
    store_vocabulary(connection, reading)


def store_vocabulary(connection: sa.Connection, reading: Ruleset) -> None:
    """Keeps the rows of a vocabulary."""
    hold(connection, WORDS, shared=True)
    if connection.execute(_WORDS, {"words": reading.words.key}).first() is None:
        once(connection, tables.wordlist, {"words_key": reading.words.key, "content": pack(reading.words)})


def start(
    connection: sa.Connection,
    submission_id: str,
    run_id: int | None,
    causes: list[str],
    corrected: Sequence[int] = (),
) -> None:
    """The next version of a submission is current from now on. corrected: the corrections that it was made with."""
    last = connection.execute(_LAST, {"submission": submission_id}).scalar() or 0
    row = {
        "submission_id": submission_id,
        "no": last + 1,
        "run_id": run_id,
        "valid_from": now(),
        "causes": causes,
        "corrections": list(corrected) or None,
    }
    add(connection, tables.version, row)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Another reading of a submission as its rows, made before anybody has to wait for the store."""

    extraction: Extraction
    rows: Rows
    below: list[Batch]  # the rows of all tables but submission's

    @property
    def submission_id(self) -> str:
        return self.extraction.document.digest[:16]

    @property
    def corrected(self) -> list[int]:
        """The corrections that it was made with."""
        return sorted(standing.correction_id for standing in self.extraction.corrections)


def prepare(extraction: Extraction, reading: Ruleset, dialect: sa.Dialect) -> Prepared:
    fresh = rows(extraction, reading.keys)
    below = {table: found for table, found in fresh.items() if table is not tables.submission}
    return Prepared(extraction, fresh, batches(below, dialect))


def supersede(
    connection: sa.Connection, fresh: Prepared, before: dict[str, Any], run_id: int, causes: list[str]
) -> None:
    """Puts another reading in the place of the current one, which is kept as a version. before: the current one's record."""
    old = as_json(before, indent=None)
    ended = {"submission": fresh.submission_id, "valid_to": now(), "content": zlib.compress(old.encode(), 6)}
    connection.execute(_ENDED, ended)
    start(connection, fresh.submission_id, run_id, causes, fresh.corrected)
    _overwrite(connection, fresh)


def overwrite(connection: sa.Connection, fresh: Prepared) -> None:
    """Writes a reading over the rows of the current one, whose evidence alone is otherwise."""
    _made_with(connection, fresh)
    _overwrite(connection, fresh)


def _made_with(connection: sa.Connection, fresh: Prepared) -> None:
    """Notes the corrections that the current version was made with."""
    v = tables.version
    current = (v.c.submission_id == fresh.submission_id) & v.c.valid_to.is_(None)
    connection.execute(v.update().where(current).values(corrections=fresh.corrected or None))


def _overwrite(connection: sa.Connection, fresh: Prepared) -> None:
    document, s, f = fresh.extraction.document, tables.submission, tables.file
    units.register(connection, fresh.extraction.submission.report.submitter)
    before = copies.key(connection, document.digest)
    for table in reversed(fresh.rows):
        if table is not s:
            clear(connection, table, fresh.submission_id)
    (row,) = fresh.rows[s]
    connection.execute(s.update().where(s.c.submission_id == fresh.submission_id).values(**row))
    for batch in fresh.below:
        put(connection, batch)
    judging.write(connection, fresh.submission_id, fresh.extraction.submission)
    verdicts.restand(connection, fresh.extraction)
    copies.mark(connection, before, copies.key(connection, document.digest))
    outcome = as_read(len(fresh.extraction.evidence.leftovers))
    connection.execute(f.update().where(f.c.sha256 == document.digest).values(outcome=outcome))


def mark_current(connection: sa.Connection, fresh: Prepared, reading: Ruleset) -> None:
    """The submission reads as before under other code, words or corrections."""
    s = tables.submission
    _made_with(connection, fresh)
    connection.execute(s.update().where(s.c.submission_id == fresh.submission_id).values(**reading.keys))


@dataclass(frozen=True, slots=True)
class State:
    """What a reading of a submission rests on, as it stood at a moment: a reading made from another one must not be written."""

    version: int
    corrections: tuple[int, ...]
    keys: tuple[str | None, ...]  # of reader, rules and words


class Overtaken(Exception):
    """Since a submission was read, somebody else has written it."""


def state(connection: sa.Connection, submission_id: str) -> State:
    s, d = tables.submission, tables.document
    keys = sa.select(d.c.reader_key, s.c.rules_key, s.c.words_key).outerjoin_from(s, d, d.c.sha256 == s.c.sha256)
    found = connection.execute(keys.where(s.c.submission_id == submission_id)).one()
    last = connection.execute(_LAST, {"submission": submission_id}).scalar() or 0
    return State(last, tuple(decisions.ids(connection, submission_id)), tuple(found))


def unchanged(connection: sa.Connection, submission_id: str, seen: State) -> None:
    """Keeps a submission from others until the transaction ends. Raises Overtaken where it is not as it was seen."""
    hold(connection, submission_id)
    if state(connection, submission_id) != seen:
        raise Overtaken


def retried(work: Callable[[], T]) -> T:
    """What `work` reads and writes, done again from its reading where it was overtaken."""
    while True:
        with suppress(Overtaken):
            return work()


# ---------------------------------------------------------------- reading
def vocabulary_rows(connection: sa.Connection, submission_id: str) -> VocabularyRows | None:
    """The vocabulary that a submission was understood by; None where an older version of ziping read it."""
    s, w = tables.submission, tables.wordlist
    query = sa.select(w.c.content).join(s, s.c.words_key == w.c.words_key)
    content = connection.execute(query.where(s.c.submission_id == submission_id)).scalar()
    return unpack(content) if content is not None else None


def basis(connection: sa.Connection, head: sa.Row[Any]) -> tuple[Document, VocabularyRows]:
    """What a submission is understood from. Raises StoreError where an older version of ziping read it."""
    words = vocabulary_rows(connection, head.submission_id)
    if words is None:
        raise documents.not_kept(head.name)
    return documents.document(connection, head.sha256, head.name), words
