"""The versions of a submission: what is written when a reading changes, what stood at any earlier time, what a run changed.

The plain tables hold the current version. What it replaces is kept whole, as the record of RECORDS.md.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import simplejson
import sqlalchemy as sa

from pipeline import archive, copies, corrections, units
from pipeline.database import hold
from pipeline.extract import Extraction, as_json
from pipeline.freshness import Reading, Words, pack, unpack
from pipeline.journal import as_read, now
from pipeline.rows import Batch, Rows, add, batches, clear, once, put, record, rows
from pipeline.score import differences
from schema import tables
from schema.document import Document
from schema.errors import StoreError

if TYPE_CHECKING:
    from pipeline.store import Store

T = TypeVar("T")
Record = dict[str, Any]
WORDS = "words"  # what whoever takes unused vocabularies away holds alone
_WORDS = sa.select(tables.wordlist.c.words_key).where(tables.wordlist.c.words_key == sa.bindparam("words"))
_LAST = sa.select(sa.func.max(tables.version.c.no)).where(
    tables.version.c.submission_id == sa.bindparam("submission")
)
_ENDED = (
    tables.version.update()
    .where(
        (tables.version.c.submission_id == sa.bindparam("submission")) & tables.version.c.valid_to.is_(None)
    )
    .values(valid_to=sa.bindparam("valid_to"), content=sa.bindparam("content"))
)


@dataclass(frozen=True, slots=True)
class Change:
    """One value that is otherwise in another reading. path: as in RECORDS.md, from the submission."""

    submission_id: str
    file: str
    path: str
    before: Any
    after: Any

    @property
    def kind(self) -> str:
        """`added`, `removed` or `changed`."""
        return "added" if self.before is None else "removed" if self.after is None else "changed"

    @property
    def field(self) -> str:
        return self.path.rsplit(".", 1)[-1] if "." in self.path else self.path


# ---------------------------------------------------------------- writing, inside a transaction
def kept(document: Document, reading: Reading) -> dict[str, Any]:
    """The row that keeps a document."""
    return {
        "sha256": document.digest, "reader_key": reading.reader, "content": archive.pack(document),
    }  # fmt: skip


def keep(connection: sa.Connection, row: dict[str, Any], reading: Reading) -> None:
    """Keeps a document and the vocabulary that it was understood by."""
    if not once(connection, tables.document, row):
        d = tables.document
        connection.execute(d.update().where(d.c.sha256 == row["sha256"]).values(**row))
    keep_words(connection, reading)


def keep_words(connection: sa.Connection, reading: Reading) -> None:
    """Keeps the rows of a vocabulary."""
    hold(connection, WORDS, shared=True)
    if connection.execute(_WORDS, {"words": reading.words.key}).first() is None:
        once(connection, tables.wordlist, {"words_key": reading.words.key, "content": pack(reading.words)})


def begin(
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
class Again:
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


def again(extraction: Extraction, reading: Reading, dialect: sa.Dialect) -> Again:
    fresh = rows(extraction, reading.keys)
    below = {table: found for table, found in fresh.items() if table is not tables.submission}
    return Again(extraction, fresh, batches(below, dialect))


def replace(connection: sa.Connection, fresh: Again, run_id: int, causes: list[str]) -> None:
    """Puts another reading in the place of the current one, which is kept as a version."""
    old = as_json(record(connection, fresh.submission_id), indent=None)
    ended = {"submission": fresh.submission_id, "valid_to": now(), "content": zlib.compress(old.encode(), 6)}
    connection.execute(_ENDED, ended)
    begin(connection, fresh.submission_id, run_id, causes, fresh.corrected)
    _overwrite(connection, fresh)


def rewrite(connection: sa.Connection, fresh: Again) -> None:
    """Writes a reading over the rows of the current one, whose evidence alone is otherwise."""
    _made_with(connection, fresh)
    _overwrite(connection, fresh)


def _made_with(connection: sa.Connection, fresh: Again) -> None:
    """Notes the corrections that the current version was made with."""
    v = tables.version
    current = (v.c.submission_id == fresh.submission_id) & v.c.valid_to.is_(None)
    connection.execute(v.update().where(current).values(corrections=fresh.corrected or None))


def _overwrite(connection: sa.Connection, fresh: Again) -> None:
    document, s, f = fresh.extraction.document, tables.submission, tables.file
    units.know(connection, fresh.extraction.submission.report.submitter)
    before = copies.key(connection, document.digest)
    for table in reversed(fresh.rows):
        if table is not s:
            clear(connection, table, fresh.submission_id)
    (row,) = fresh.rows[s]
    connection.execute(s.update().where(s.c.submission_id == fresh.submission_id).values(**row))
    for batch in fresh.below:
        put(connection, batch)
    copies.mark(connection, before, copies.key(connection, document.digest))
    outcome = as_read(len(fresh.extraction.evidence.leftovers))
    connection.execute(f.update().where(f.c.sha256 == document.digest).values(outcome=outcome))


def touch(connection: sa.Connection, fresh: Again, reading: Reading) -> None:
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
    keys = sa.select(d.c.reader_key, s.c.rules_key, s.c.words_key).outerjoin_from(
        s, d, d.c.sha256 == s.c.sha256
    )
    found = connection.execute(keys.where(s.c.submission_id == submission_id)).one()
    last = connection.execute(_LAST, {"submission": submission_id}).scalar() or 0
    return State(last, tuple(corrections.ids(connection, submission_id)), tuple(found))


def unchanged(connection: sa.Connection, submission_id: str, seen: State) -> None:
    """Keeps a submission from others until the transaction ends. Raises Overtaken where it is not as it was seen."""
    hold(connection, submission_id)
    if state(connection, submission_id) != seen:
        raise Overtaken


def lasting(work: Callable[[], T]) -> T:
    """What `work` reads and writes, done again from its reading where it was overtaken."""
    while True:
        with suppress(Overtaken):
            return work()


# ---------------------------------------------------------------- reading
def document(connection: sa.Connection, sha256: str) -> Document | None:
    """The document that was kept of a file; None where an older version of ziping read it."""
    d = tables.document
    content = connection.execute(sa.select(d.c.content).where(d.c.sha256 == sha256)).scalar()
    return archive.unpack(content) if content is not None else None


def words(connection: sa.Connection, submission_id: str) -> Words | None:
    """The vocabulary that a submission was understood by; None where an older version of ziping read it."""
    s, w = tables.submission, tables.wordlist
    query = sa.select(w.c.content).join(s, s.c.words_key == w.c.words_key)
    content = connection.execute(query.where(s.c.submission_id == submission_id)).scalar()
    return unpack(content) if content is not None else None


def basis(connection: sa.Connection, head: sa.Row[Any]) -> tuple[Document, Words]:
    """What a submission is understood from. Raises StoreError where an older version of ziping read it."""
    found, rows_of = document(connection, head.sha256), words(connection, head.submission_id)
    if found is None or rows_of is None:
        raise StoreError(head.name, "库中没有它的原文（由旧版ziping读入）", "请先运行 ziping rerun --apply")
    return found, rows_of


def history(store: Store, wanted: str) -> list[sa.Row[Any]]:
    """The versions of a submission, oldest first: no, run_id, valid_from, valid_to, causes."""
    with store.reading() as connection:
        submission_id = store.find(connection, wanted).submission_id
        v = tables.version
        query = sa.select(v.c.no, v.c.run_id, v.c.valid_from, v.c.valid_to, v.c.causes)
        return list(connection.execute(query.where(v.c.submission_id == submission_id).order_by(v.c.no)))


def at(store: Store, wanted: str, moment: str) -> Record:
    """The record that stood at a moment (ISO date, or date and time in UTC; a date is its end). Raises StoreError where
    there was none yet."""
    moment = f"{moment}T23:59:59Z" if len(moment) == 10 else moment
    with store.reading() as connection:
        head = store.find(connection, wanted)
        v = tables.version
        query = (
            sa.select(v.c.content, v.c.valid_to)
            .where((v.c.submission_id == head.submission_id) & (v.c.valid_from <= moment))
            .order_by(v.c.no.desc())
        )
        found = connection.execute(query).first()
        if found is None:
            raise StoreError(wanted, f"{moment}时库中还没有它", "请用 ziping history 查看各版的时间")
        return _record(connection, head, found.content)


def _record(connection: sa.Connection, head: sa.Row[Any], content: bytes | None) -> Record:
    if content is None:
        return record(connection, head.submission_id)
    old: Record = simplejson.loads(zlib.decompress(content), use_decimal=True)
    return old


def diff(store: Store, first: int, second: int) -> Iterator[Change]:
    """What is otherwise after one run than after another, value by value."""
    v, s, f = tables.version, tables.submission, tables.file
    with store.reading() as connection:
        for run in (first, second):
            known = sa.select(tables.run.c.run_id).where(tables.run.c.run_id == run)
            if connection.execute(known).first() is None:
                raise StoreError(f"run {run}", "没有这次运行", "请用 ziping status --runs 查看运行编号")
        low, high = sorted((first, second))
        touched = sa.select(v.c.submission_id).where(v.c.run_id.between(low + 1, high)).distinct()
        for (submission_id,) in connection.execute(touched.order_by(v.c.submission_id)).all():
            head = connection.execute(
                sa.select(s, f.c.name)
                .join(f, f.c.sha256 == s.c.sha256)
                .where(s.c.submission_id == submission_id)
            ).one()
            states = []
            for run in (first, second):
                query = (
                    sa.select(v.c.content)
                    .where((v.c.submission_id == submission_id) & (sa.func.coalesce(v.c.run_id, 0) <= run))
                    .order_by(v.c.no.desc())
                )
                found = connection.execute(query).first()
                states.append(_record(connection, head, found.content) if found is not None else {})
            yield from changes(submission_id, head.name, *states)


def changes(submission_id: str, file: str, before: Record, after: Record) -> Iterator[Change]:
    """What is otherwise in another record of the same submission, value by value; rows are paired by what they agree in. Gives
    nothing only where the records say the same to the letter."""
    old, new = (simplejson.loads(as_json(_published(record)), use_decimal=True) for record in (before, after))
    for path, one, other in differences(old, new):
        yield Change(submission_id, file, path, one, other)


def _published(record: Record) -> Record:
    """A record without the counts of its cells; how many nobody understood is told."""
    left = len(record.get("coverage", {}).get("unexplained", ()))
    return {**record, "coverage": {"unexplained": left}} if "coverage" in record else record
