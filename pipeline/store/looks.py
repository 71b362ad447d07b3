"""What needs a person's look, and who has looked: values that are not sure, findings, unread cells, corrections whose reading has changed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from pipeline.clock import now
from pipeline.corrections import APPLIED
from pipeline.reviews import FINDING, LEFTOVER, VALUE
from pipeline.store.connection import Store, hold
from pipeline.store.journal import FAILED, REFUSED
from schema.derived import FOLLOWS
from schema.relational import reviewing, tables
from schema.relational.views import handed_in

HELD = 1800.0  # seconds that a file is held for whoever looks at it, from their last decision on
_KINDS = ("values", "findings", "leftovers", "corrections")


@dataclass(frozen=True, slots=True)
class Open:
    """A current submission and what of it still needs a look. risk: how many of its values are wrong, as their confidence has it, and one
    for each finding; looked: by whom; held: who looks at it now; sent: its sheet as it stands now was sent."""

    submission_id: str
    file: str
    unit: str | None
    year: int | None
    risk: float = 0.0
    values: int = 0
    findings: int = 0
    leftovers: int = 0
    corrections: int = 0
    held: str | None = None
    looked: tuple[str, ...] = ()
    sent: bool = False

    @property
    def total(self) -> int:
        return self.values + self.findings + self.leftovers + self.corrections


def _unsettled(about: str, *same: tuple[Any, Any]) -> sa.ColumnElement[bool]:
    """Has nobody said anything that stands of a row?"""
    v = tables.verdict.c
    standing = (v.about == about) & v.withdrawn_at.is_(None) & v.lapsed_at.is_(None)
    return ~sa.exists().where(standing, *(mine == theirs for mine, theirs in same))


def unsure() -> sa.ColumnElement[bool]:
    """The rows of provenance that need a look, whoever has looked at them; what follows from another value is settled with it."""
    return reviewing.unsure(tables.provenance) & tables.provenance.c.field.not_in(FOLLOWS)


def _open_values() -> sa.Select[Any]:
    p, v = tables.provenance.c, tables.verdict.c
    settled = _unsettled(VALUE, (v.submission_id, p.submission_id), (v.record, p.record), (v.field, p.field))
    risk = sa.func.sum(1 - sa.func.coalesce(p.confidence, 0.5))
    return sa.select(p.submission_id, sa.func.count(), risk).where(unsure() & settled).group_by(p.submission_id)


def _open_findings() -> sa.Select[Any]:
    f, v = tables.finding.c, tables.verdict.c
    of_form = sa.literal("forms[") + sa.cast(f.form_no - 1, sa.String) + "]." + f.place
    path = sa.case((f.form_no.is_(None), f.place), else_=of_form)
    begins = sa.func.substr(v.reading, 1, sa.func.length(f.message) + 1)  # what reviews.told makes of a finding
    same = ((v.submission_id, f.submission_id), (v.record, path), (v.field, f.check_code), (begins, f.message + "\n"))
    count = sa.func.count()
    return sa.select(f.submission_id, count, count).where(_unsettled(FINDING, *same)).group_by(f.submission_id)


def _open_leftovers() -> sa.Select[Any]:
    left, v = tables.leftover.c, tables.verdict.c
    place = left.part + sa.literal("")
    for column in (left.block_no, left.table_no, left.row_no, left.column_no):
        place = place + "/" + sa.func.coalesce(sa.cast(column, sa.String), "")
    settled = _unsettled(LEFTOVER, (v.submission_id, left.submission_id), (v.record, place))
    return sa.select(left.submission_id, sa.func.count(), sa.literal(0)).where(settled).group_by(left.submission_id)


def _open_corrections() -> sa.Select[Any]:
    c = tables.correction.c
    waiting = c.withdrawn_at.is_(None) & (c.state != APPLIED)
    return sa.select(c.submission_id, sa.func.count(), sa.func.count()).where(waiting).group_by(c.submission_id)


# ---------------------------------------------------------------- the queue
def queue(store: Store, year: int | None = None) -> list[Open]:
    """The current submissions, of a year or of all, with what of each still needs a look, the riskiest first."""
    s, d, f = tables.submission, tables.delivery, tables.file
    heads = (
        sa.select(s.c.submission_id, f.c.name, handed_in(s).label("unit"), s.c.fiscal_year)
        .join(f, f.c.sha256 == s.c.sha256)
        .join(d, (d.c.sha256 == s.c.sha256) & d.c.is_current)
    )
    if year is not None:
        heads = heads.where(s.c.fiscal_year == year)
    with store.reading() as connection:
        found = {row.submission_id: Open(*row) for row in connection.execute(heads)}
        for name, query in zip(
            _KINDS, (_open_values(), _open_findings(), _open_leftovers(), _open_corrections()), strict=True
        ):
            for submission_id, count, risk in connection.execute(query):
                if submission_id in found:
                    one = found[submission_id]
                    found[submission_id] = replace(one, **{name: count, "risk": one.risk + float(risk)})
        for submission_id, person in connection.execute(_HOLDING, {"now": time.time()}):
            if submission_id in found:
                found[submission_id] = replace(found[submission_id], held=person)
        for submission_id, person in connection.execute(_LOOKED):
            if submission_id in found and person not in found[submission_id].looked:
                found[submission_id] = replace(found[submission_id], looked=(*found[submission_id].looked, person))
        for submission_id in connection.scalars(_SENT):
            if submission_id in found:
                found[submission_id] = replace(found[submission_id], sent=True)
    return sorted(found.values(), key=lambda one: (-one.risk, -one.total, one.unit or "", one.file))


_HOLDING = sa.select(tables.claim.c.submission_id, tables.claim.c.person).where(
    tables.claim.c.until > sa.bindparam("now")
)
_LOOKED = sa.union(
    sa.select(tables.verdict.c.submission_id, tables.verdict.c.person).where(
        tables.verdict.c.withdrawn_at.is_(None) & tables.verdict.c.lapsed_at.is_(None)
    ),
    sa.select(tables.correction.c.submission_id, tables.correction.c.person).where(
        tables.correction.c.withdrawn_at.is_(None)
    ),
)
_SENT = (
    sa.select(tables.sent.c.submission_id)
    .join(tables.version, tables.version.c.submission_id == tables.sent.c.submission_id)
    .where(tables.version.c.valid_to.is_(None) & (tables.version.c.no == tables.sent.c.version_no))
)


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that gave nothing: its path, why and what to do, and its digest."""

    sha256: str
    path: str
    reason: str


def unread_files(store: Store) -> list[Unread]:
    """The files that could not be read, by path."""
    f, d = tables.file, tables.delivery
    path = sa.func.coalesce(sa.func.min(d.c.path), f.c.name).label("path")
    query = sa.select(f.c.sha256, path, f.c.message).outerjoin_from(f, d, d.c.sha256 == f.c.sha256)
    query = query.where(f.c.outcome.in_((REFUSED, FAILED))).group_by(f.c.sha256, f.c.name, f.c.message)
    with store.reading() as connection:
        return [Unread(row.sha256, row.path, row.message or "") for row in connection.execute(query.order_by(path))]


# ---------------------------------------------------------------- whose turn it is, and what went out
def claim(store: Store, submission_id: str, person: str, session: str) -> str | None:
    """Takes a submission for somebody's browser for a while, where nobody else has it; gives who has."""
    c = tables.claim

    def work(connection: sa.Connection) -> str | None:
        hold(connection, submission_id)
        row = connection.execute(sa.select(c).where(c.c.submission_id == submission_id)).first()
        if row is not None and row.session != session and row.until > time.time():
            return str(row.person)
        connection.execute(c.delete().where(c.c.submission_id == submission_id))
        mine = {"submission_id": submission_id, "person": person, "session": session, "until": time.time() + HELD}
        connection.execute(c.insert().values(**mine))
        return None

    return store.write(work)


def let_go(store: Store, submission_id: str, session: str) -> None:
    """Gives a submission back that a browser holds."""
    c = tables.claim
    mine = (c.c.submission_id == submission_id) & (c.c.session == session)
    store.write(lambda connection: connection.execute(c.delete().where(mine)))


def mark_sent(store: Store, submission_ids: Sequence[str], person: str) -> None:
    """Notes that the sheets of submissions went out, as these read now."""
    v, t = tables.version, tables.sent

    def work(connection: sa.Connection) -> None:
        current = sa.select(v.c.submission_id, v.c.no).where(
            v.c.valid_to.is_(None) & v.c.submission_id.in_(submission_ids)
        )
        for submission_id, no in connection.execute(current).all():
            of = (t.c.submission_id == submission_id) & (t.c.version_no == no)
            connection.execute(t.delete().where(of))
            row = {"submission_id": submission_id, "version_no": no, "person": person, "sent_at": now()}
            connection.execute(t.insert().values(**row))

    store.write(work)
