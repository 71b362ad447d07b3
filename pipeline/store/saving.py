"""Saves submissions, and what became of files that gave none: one transaction each, the same bytes never twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from extractors.names import kept, title
from pipeline.extract import Extraction
from pipeline.ruleset import VERSION, current
from pipeline.store import copies, journal, judging, leases, looks, units, versions
from pipeline.store.connection import Store, hold
from pipeline.store.journal import FAILED, REFUSED, Outcome
from pipeline.store.rows import batches, once, put, rows
from schema.relational import tables

_SUBMITTED = sa.select(tables.submission.c.submission_id).where(tables.submission.c.sha256 == sa.bindparam("digest"))
_STANDING = sa.select(tables.file.c.outcome, tables.file.c.message, tables.file.c.version).where(
    tables.file.c.sha256 == sa.bindparam("digest")
)


def known(store: Store, sha256: str) -> Any:
    """What is known of a file's bytes, as a row: outcome, message, version; None where they were never seen."""
    return store.ask(lambda connection: connection.execute(_STANDING, {"digest": sha256}).first())


def save(
    store: Store,
    path: Path,
    size: int,
    extraction: Extraction,
    run_id: int | None = None,
    outcome: Outcome | None = None,
) -> bool:
    """Saves one submission whole or not at all, with its outcome in a run; False where its bytes are there already."""
    document, reading = extraction.document, current()
    standing = journal.as_read(len(extraction.evidence.leftovers))
    fresh, document_row = (
        batches(rows(extraction, reading.keys), store.engine.dialect),
        versions.document_row(document, reading),
    )
    delivered = _delivery(path, document.digest)

    def work(connection: sa.Connection) -> bool:
        hold(connection, document.digest[:16])
        there = connection.execute(_SUBMITTED, {"digest": document.digest}).first() is not None
        if not there:
            _put_file(connection, path, size, document.digest, document.format, standing, None)
            versions.store_document(connection, document_row, reading)
            for batch in fresh:
                put(connection, batch)
            versions.start(connection, document.digest[:16], run_id, [])
            units.register(connection, extraction.submission.report.submitter)
            judging.write(connection, document.digest[:16], extraction.submission)
            looks.count(connection, document.digest[:16])
        if _deliver(connection, delivered) or not there:
            copies.mark(connection, copies.key(connection, document.digest))
        _end(connection, document.digest, run_id, outcome)
        return not there

    return store.write(work)


def save_outcome(store: Store, path: Path, size: int, sha256: str, run_id: int, outcome: Outcome) -> None:
    """Notes what became of a file that gave no new submission: known, refused or failed."""
    delivered = _delivery(path, sha256)

    def work(connection: sa.Connection) -> None:
        hold(connection, sha256[:16])
        if outcome.outcome in (REFUSED, FAILED) and not connection.execute(_SUBMITTED, {"digest": sha256}).first():
            _put_file(connection, path, size, sha256, None, outcome.outcome, outcome.reason)
        if _deliver(connection, delivered):
            copies.mark(connection, copies.key(connection, sha256))
        _end(connection, sha256, run_id, outcome)

    store.write(work)


def save_unreadable(store: Store, run_id: int, outcome: Outcome) -> None:
    """Notes a file whose bytes could not be read at all."""
    store.write(lambda connection: journal.note(connection, run_id, outcome))


def _end(connection: sa.Connection, sha256: str, run_id: int | None, outcome: Outcome | None) -> None:
    leases.release(connection, sha256)
    if run_id is not None and outcome is not None:
        journal.note(connection, run_id, outcome)


def _put_file(
    connection: sa.Connection,
    path: Path,
    size: int,
    sha256: str,
    kind: str | None,
    outcome: str,
    message: str | None,
) -> None:
    row = {"format": kind, "outcome": outcome, "message": message, "version": VERSION}
    if not once(connection, tables.file, {"sha256": sha256, "name": title(path), "size": size, **row}):
        connection.execute(tables.file.update().where(tables.file.c.sha256 == sha256).values(**row))


def _deliver(connection: sa.Connection, row: dict[str, Any]) -> bool:
    """Notes where a file was; what the first releases did not note of it, as it is now. Did anything change?"""
    if once(connection, tables.delivery, row):
        return True
    d = tables.delivery
    there = (d.c.path == row["path"]) & (d.c.sha256 == row["sha256"]) & d.c.modified_at.is_(None)
    told = {name: row[name] for name in ("stage", "modified_at")}
    return row["modified_at"] is not None and connection.execute(d.update().where(there).values(told)).rowcount > 0


def _delivery(path: Path, sha256: str) -> dict[str, Any]:
    """The row that tells where a file was."""
    return {
        "path": kept(path.absolute()), "sha256": sha256, "stage": copies.stage(path), "modified_at": copies.modified(path),
        "is_current": False,
    }  # fmt: skip
