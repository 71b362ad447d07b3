"""The journal: which runs there were, and what became of every file in each."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from extractors.names import kept, place
from pipeline.clock import now, person
from pipeline.store import search
from pipeline.store.connection import Store
from pipeline.store.rows import once
from schema.relational import tables

if TYPE_CHECKING:
    from extractors.files import File
    from schema.errors import FileRefused

READ, PARTLY, REFUSED, FAILED, KNOWN = "read", "partly", "refused", "failed", "known"
LATER = "later"  # never written


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file in a run. path: as `names.kept` writes it; reason: why it was not read; left: cells nobody understood;
    seconds: from opening it to its transaction; later: what is to be read in its place later, the members of an archive (sha256 is
    None) or the file itself where another run is reading the same bytes."""

    path: str
    sha256: str | None
    outcome: str
    reason: str | None = None
    left: int = 0
    seconds: float = 0.0
    later: tuple[File | FileRefused, ...] = ()


def as_read(left: int) -> str:
    """The outcome of a file that was read, by how many of its cells nobody understood."""
    return PARTLY if left else READ


@contextmanager
def running(store: Store, kind: str, arguments: dict[str, Any], version: str) -> Iterator[int]:
    """A run from its begin to its end; one that was killed has no end. Gives its number."""
    row = {
        "kind": kind, "started_at": now(), "person": person(), "host": socket.gethostname(), "version": version,
        "arguments": arguments,
    }  # fmt: skip
    run_id: int = store.write(
        lambda connection: connection.execute(tables.run.insert().values(**row)).inserted_primary_key[0]  # type: ignore[index]
    )
    yield run_id

    def end(connection: sa.Connection) -> None:
        o = tables.outcome.c
        counted = sa.select(o.outcome, sa.func.count()).where(o.run_id == run_id).group_by(o.outcome)
        counts = {outcome: count for outcome, count in connection.execute(counted)}
        ended = tables.run.update().where(tables.run.c.run_id == run_id)
        connection.execute(ended.values(ended_at=now(), counts=counts))
        search.index(connection)

    store.write(end)


def note(connection: sa.Connection, run_id: int, outcome: Outcome) -> None:
    """Writes what became of a file; the same file twice in a run keeps what became of it first."""
    row = {
        "run_id": run_id, "path": kept(place(outcome.path).absolute()), "sha256": outcome.sha256, "outcome": outcome.outcome,
        "reason": outcome.reason, "seconds": round(outcome.seconds, 3),
    }  # fmt: skip
    once(connection, tables.outcome, row)


def loaded(store: Store, run_id: int) -> dict[str, int]:
    """What the submissions of a run hold: forms, indicators, sections, findings, cells and those nobody understood."""
    o, s = tables.outcome, tables.submission
    ids = (
        sa.select(s.c.submission_id)
        .join(o, o.c.sha256 == s.c.sha256)
        .where((o.c.run_id == run_id) & o.c.outcome.in_((READ, PARTLY)))
    )
    with store.reading() as connection:
        out = {
            table.name: connection.execute(
                sa.select(sa.func.count()).select_from(table).where(table.c.submission_id.in_(ids))
            ).scalar_one()
            for table in (tables.form, tables.indicator, tables.section, tables.finding)
        }
        sums = sa.select(sa.func.sum(s.c.cells), sa.func.sum(s.c.unexplained)).where(s.c.submission_id.in_(ids))
        cells, left = connection.execute(sums).one()
    return out | {"cells": cells or 0, "unexplained": left or 0}


def runs(store: Store, most: int = 20) -> list[sa.Row[Any]]:
    """The last runs, newest first."""
    r = tables.run
    with store.reading() as connection:
        return list(connection.execute(sa.select(r).order_by(r.c.run_id.desc()).limit(most)))
