"""What stood in a submission at any earlier time, and what a run or another reading changes in it, value by value."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import simplejson
import sqlalchemy as sa

from pipeline.extract import as_json
from pipeline.score import differences
from pipeline.store import contents
from pipeline.store.connection import Store
from pipeline.store.rows import record
from pipeline.store.versions import Record
from schema.errors import StoreError
from schema.relational import tables


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


def history(store: Store, wanted: str) -> list[sa.Row[Any]]:
    """The versions of a submission, oldest first: no, run_id, valid_from, valid_to, causes."""
    with store.reading() as connection:
        submission_id = contents.find(connection, wanted).submission_id
        v = tables.version
        query = sa.select(v.c.no, v.c.run_id, v.c.valid_from, v.c.valid_to, v.c.causes)
        return list(connection.execute(query.where(v.c.submission_id == submission_id).order_by(v.c.no)))


def at(store: Store, wanted: str, moment: str) -> Record:
    """The record that stood at a moment (ISO date, or date and time in UTC; a date is its end). Raises StoreError where
    there was none yet."""
    moment = f"{moment}T23:59:59Z" if len(moment) == 10 else moment
    with store.reading() as connection:
        head = contents.find(connection, wanted)
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
                sa.select(s, f.c.name).join(f, f.c.sha256 == s.c.sha256).where(s.c.submission_id == submission_id)
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
