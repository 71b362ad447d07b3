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
from pipeline.store.rows import batches, put
from schema.derived import FOLLOWS
from schema.relational import columns, tables
from schema.relational.views import handed_in

HELD = 1800.0  # seconds that a file is held for whoever looks at it, from their last decision on


@dataclass(frozen=True, slots=True)
class Open:
    """A current submission and what of it still needs a look. risk: how many of its values are wrong, as their confidence has it, and one
    for each finding; looked: by whom; held: who looks at it now; sent: its sheet as it stands now was sent."""

    submission_id: str
    file: str
    unit: str | None
    year: int | None
    risk: float
    unsure: int
    findings: int
    leftovers: int
    waiting: int
    total: int
    held: str | None = None
    looked: tuple[str, ...] = ()
    sent: bool = False


def _unsettled(about: str, *same: tuple[Any, Any]) -> sa.ColumnElement[bool]:
    """Has nobody said anything that stands of a row?"""
    v = tables.verdict.c
    standing = (v.about == about) & v.withdrawn_at.is_(None) & v.lapsed_at.is_(None)
    return ~sa.exists().where(standing, *(mine == theirs for mine, theirs in same))


def unsure() -> sa.ColumnElement[bool]:
    """The rows of provenance that need a look, whoever has looked at them; what follows from another value is settled with it."""
    return columns.unsure(tables.provenance) & tables.provenance.c.field.not_in(FOLLOWS)


def _open_values() -> sa.Select[Any]:
    p, v = tables.provenance.c, tables.verdict.c
    settled = _unsettled(VALUE, (v.submission_id, p.submission_id), (v.record, p.record), (v.field, p.field))
    risk = sa.func.sum(1 - sa.func.coalesce(p.confidence, 0.5))
    return sa.select(p.submission_id, sa.func.count(), risk).where(unsure() & settled)


def _open_findings() -> sa.Select[Any]:
    f, v = tables.finding.c, tables.verdict.c
    of_form = sa.literal("forms[") + sa.cast(f.form_no - 1, sa.String) + "]." + f.place
    path = sa.case((f.form_no.is_(None), f.place), else_=of_form)
    begins = sa.func.substr(v.reading, 1, sa.func.length(f.message) + 1)  # what reviews.told makes of a finding
    same = ((v.submission_id, f.submission_id), (v.record, path), (v.field, f.check_code), (begins, f.message + "\n"))
    return sa.select(f.submission_id, sa.func.count(), sa.func.count()).where(_unsettled(FINDING, *same))


def _open_leftovers() -> sa.Select[Any]:
    left, v = tables.leftover.c, tables.verdict.c
    place = left.part + sa.literal("")
    for column in (left.block_no, left.table_no, left.row_no, left.column_no):
        place = place + "/" + sa.func.coalesce(sa.cast(column, sa.String), "")
    settled = _unsettled(LEFTOVER, (v.submission_id, left.submission_id), (v.record, place))
    return sa.select(left.submission_id, sa.func.count(), sa.literal(0)).where(settled)


def _open_corrections() -> sa.Select[Any]:
    c = tables.correction.c
    waiting = c.withdrawn_at.is_(None) & (c.state != APPLIED)
    return sa.select(c.submission_id, sa.func.count(), sa.func.count()).where(waiting)


_COUNTED = {"unsure": _open_values(), "findings": _open_findings(), "leftovers": _open_leftovers(), "waiting": _open_corrections()}  # fmt: skip
KINDS = tuple(_COUNTED)


def count(connection: sa.Connection, submission_id: str | None = None) -> None:
    """Counts anew what of a submission needs a look, in the transaction that changed it; without one, of all: for a store that an older
    version has written."""
    found: dict[str, dict[str, float]] = {}
    s, t = tables.submission, tables.look
    every = sa.select(s.c.submission_id)
    if submission_id is not None:
        every = every.where(s.c.submission_id == submission_id)
    for one in connection.scalars(every):
        found[one] = dict.fromkeys((*KINDS, "risk"), 0)
    for name, query in _COUNTED.items():
        of = next(iter(query.selected_columns))
        wanted = query.where(of == submission_id) if submission_id is not None else query
        for one, number, risk in connection.execute(wanted.group_by(of)):
            found[one][name], found[one]["risk"] = number, found[one]["risk"] + float(risk)
    old = t.delete() if submission_id is None else t.delete().where(t.c.submission_id == submission_id)
    connection.execute(old)
    rows = [{"submission_id": one, **told, "total": sum(told[name] for name in KINDS)} for one, told in found.items()]
    for batch in batches({t: rows}, connection.dialect):
        put(connection, batch)


# ---------------------------------------------------------------- the queue
@dataclass(frozen=True, slots=True)
class Wanted:
    """Which submissions: of a year; that need a look, of one kind where one is named (KINDS); of units whose name holds a text."""

    year: int | None = None
    kind: str = ""
    unit: str = ""
    every: bool = False  # also those that need none


def queue(store: Store, wanted: Wanted = Wanted(), most: int | None = None, at: int = 0) -> list[Open]:
    """Current submissions with what of each still needs a look, the riskiest first. most, at: so many, from so far on."""
    s, f, t = tables.submission.c, tables.file.c, tables.look.c
    shown = (
        f.name,
        handed_in(tables.submission).label("unit"),
        s.fiscal_year,
        t.risk,
        *(t[name] for name in KINDS),
        t.total,
    )
    query = _of(wanted, s.submission_id, *shown)
    query = query.order_by(t.risk.desc(), t.total.desc(), s.submission_id).limit(most).offset(at)
    with store.reading() as connection:
        found = {row.submission_id: Open(*row) for row in connection.execute(query)}
        ids = list(found) if most is not None else None
        for submission_id, person in connection.execute(_among(_HOLDING, ids), {"now": time.time()}):
            if submission_id in found:
                found[submission_id] = replace(found[submission_id], held=person)
        for looked in _LOOKED:
            for submission_id, person in connection.execute(_among(looked, ids)):
                if submission_id in found and person not in found[submission_id].looked:
                    found[submission_id] = replace(found[submission_id], looked=(*found[submission_id].looked, person))
        for (submission_id,) in connection.execute(_among(_SENT, ids)):
            if submission_id in found:
                found[submission_id] = replace(found[submission_id], sent=True)
    return list(found.values())


def _of(wanted: Wanted, *columns: Any) -> sa.Select[Any]:
    s, f, d, t = tables.submission, tables.file, tables.delivery, tables.look
    query = (
        sa.select(*columns)
        .select_from(t)
        .join(s, s.c.submission_id == t.c.submission_id)
        .join(f, f.c.sha256 == s.c.sha256)
        .join(d, (d.c.sha256 == s.c.sha256) & d.c.is_current)
    )
    if not wanted.every:
        query = query.where((t.c[wanted.kind] if wanted.kind in KINDS else t.c.total) > 0)
    if wanted.year is not None:
        query = query.where(s.c.fiscal_year == wanted.year)
    if wanted.unit:
        query = query.where(handed_in(s).contains(wanted.unit, autoescape=True))
    return query


def _among(query: sa.Select[Any], ids: list[str] | None) -> sa.Select[Any]:
    """Of a query whose first column is a submission's id, the rows of these."""
    return query if ids is None else query.where(next(iter(query.selected_columns)).in_(ids))


@dataclass(frozen=True, slots=True)
class Totals:
    """How many submissions there are, how many of them need a look, and of how many the sheet as it stands was sent."""

    submissions: int
    to_look: int
    sent: int


def totals(store: Store, year: int | None = None) -> Totals:
    """The figures of a year, or of all."""
    count_of = sa.func.count()
    every, needy = Wanted(year, every=True), Wanted(year)
    sent = _of(every, count_of).where(tables.look.c.submission_id.in_(_SENT))
    with store.reading() as connection:
        return Totals(
            *(connection.execute(query).scalar_one() for query in (_of(every, count_of), _of(needy, count_of), sent))
        )


def number(store: Store, wanted: Wanted) -> int:
    """How many submissions a queue has."""
    with store.reading() as connection:
        return int(connection.execute(_of(wanted, sa.func.count())).scalar_one())


def undated(store: Store) -> int:
    """How many submissions that state no year need a look: they belong to no year's table."""
    query = _of(Wanted(), sa.func.count()).where(tables.submission.c.fiscal_year.is_(None))
    with store.reading() as connection:
        return int(connection.execute(query).scalar_one())


def is_sent(store: Store, submission_id: str) -> bool:
    """Was the sheet of a submission, as it stands now, sent?"""
    with store.reading() as connection:
        return connection.execute(_among(_SENT, [submission_id])).first() is not None


_HOLDING = sa.select(tables.claim.c.submission_id, tables.claim.c.person).where(
    tables.claim.c.until > sa.bindparam("now")
)
_LOOKED = (
    sa.select(tables.verdict.c.submission_id, tables.verdict.c.person).where(
        tables.verdict.c.withdrawn_at.is_(None) & tables.verdict.c.lapsed_at.is_(None)
    ).distinct(),
    sa.select(tables.correction.c.submission_id, tables.correction.c.person).where(
        tables.correction.c.withdrawn_at.is_(None)
    ).distinct(),
)  # fmt: skip
_SENT = (
    sa.select(tables.sent.c.submission_id)
    .join(tables.version, tables.version.c.submission_id == tables.sent.c.submission_id)
    .where(tables.version.c.valid_to.is_(None) & (tables.version.c.no == tables.sent.c.version_no))
)


def unread_number(store: Store) -> int:
    """How many files could not be read."""
    f = tables.file.c
    with store.reading() as connection:
        query = sa.select(sa.func.count()).where(f.outcome.in_((REFUSED, FAILED)))
        return int(connection.execute(query).scalar_one())


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
