"""Submissions held against the rule packs of a store: judged when they are written, and again when the packs change; no file is opened."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from pipeline import ruleset
from pipeline.clock import now
from pipeline.clock import person as person_here
from pipeline.store.connection import Store
from pipeline.store.rows import batches, clear, put, stated
from schema import plain
from schema.arithmetic import plain as figure
from schema.errors import PackError
from schema.exact import exact
from schema.packs import pack as shipped
from schema.packs.judge import Force, Judgement, ScoreDue, dues, judge
from schema.packs.pack import Pack, in_force
from schema.packs.rule import RULES, Scope
from schema.records import Submission, path_in
from schema.relational import tables
from schema.relational.views import squeezed

ALONE: tuple[Scope, ...] = ("form", "submission")  # rules that need no other submission
ACROSS: tuple[Scope, ...] = ("unit", "store")
PACKS = "packs"  # the folder of a team's own, in its folder of words
_AT_ONCE = 200  # submissions judged in one transaction
_USED = sa.select(tables.pack_use)
_PLACES = (
    sa.select(tables.unit.c.province, tables.unit.c.city, tables.unit.c.county)
    .join(tables.unit_spelling, tables.unit_spelling.c.unit_id == tables.unit.c.unit_id)
    .where(tables.unit_spelling.c.spelling == sa.bindparam("spelling"))
)
_NAMED = sa.select(tables.assignment.c.name).where(tables.assignment.c.submission_id == sa.bindparam("submission"))
_WHO = sa.func.coalesce(tables.submission.c.submitter, tables.assignment.c.name)
_STANDING = (
    sa.select(
        tables.submission.c.submission_id, tables.submission.c.fiscal_year, _WHO.label("name"), tables.judged.c.packs_key,
        tables.unit.c.province, tables.unit.c.city, tables.unit.c.county,
    )
    .outerjoin_from(tables.submission, tables.judged, tables.judged.c.submission_id == tables.submission.c.submission_id)
    .outerjoin(tables.assignment, tables.assignment.c.submission_id == tables.submission.c.submission_id)
    .outerjoin(
        tables.unit_spelling,
        tables.unit_spelling.c.spelling == squeezed(_WHO),
    )
    .outerjoin(tables.unit, tables.unit.c.unit_id == tables.unit_spelling.c.unit_id)
    .order_by(tables.submission.c.submission_id)
)  # fmt: skip


def every() -> tuple[Pack, ...]:
    """The packs that ship, and the team's own. Raises PackError."""
    folder = ruleset.team()
    return shipped.packs(folder / PACKS if folder is not None else None)


class Packs:
    """The packs that a store uses, for the places and years that it says, as far as their rules look at some scopes; works out once what is in
    force together."""

    def __init__(self, packs: Sequence[Pack], scopes: Sequence[Scope]) -> None:
        self.packs = packs
        self._scopes = scopes
        self._keys: dict[tuple[int, ...], str] = {}

    def force(self, places: Sequence[str | None], year: int | None) -> tuple[Force, str]:
        """The clauses for a place and a year, and a digest of all that they say."""
        every = in_force(self.packs, places, year)
        found = [(pack, clause) for pack, clause in every if RULES[clause.rule].scope in self._scopes]
        own = tuple(id(clause) for _, clause in found)
        if own not in self._keys:
            said = repr([(pack.name, clause) for pack, clause in found])
            self._keys[own] = hashlib.sha256(said.encode()).hexdigest()[:16]
        return found, self._keys[own]


def used(connection: sa.Connection, scopes: Sequence[Scope] = ALONE) -> Packs:
    """What a store uses: all packs, but for those it has switched off, each where the store or the pack says. scopes: of which rules."""
    said = {row.pack: row for row in connection.execute(_USED)}
    out = []
    for pack in every():
        row = said.get(pack.name)
        if row is None:
            out.append(pack)
        elif row.in_use:
            years = (row.first_year or pack.years[0], row.last_year or pack.years[1])
            out.append(replace(pack, place=row.for_place or pack.place, years=years))
    return Packs(out, scopes)


# ---------------------------------------------------------------- one submission
def write(connection: sa.Connection, submission_id: str, submission: Submission, packs: Packs | None = None) -> None:
    """Judges a submission that was written in this transaction, and keeps what was found in the place of what was."""
    packs = packs or used(connection)
    force, key = packs.force(_places(connection, submission_id, submission), submission.report.fiscal_year)
    found: dict[sa.Table, list[dict[str, Any]]] = {
        tables.judgement: [
            row(submission_id, no, one) | {"form_no": one.form} for no, one in enumerate(judge(submission, force), 1)
        ],
        tables.score_due: [_due_row(submission_id, no, one) for no, one in enumerate(dues(submission, force), 1)],
        tables.judged: [{"submission_id": submission_id, "packs_key": key}],
    }
    for table in found:
        clear(connection, table, submission_id)
    for batch in batches(found, connection.dialect):
        put(connection, batch)


def anew(connection: sa.Connection, submission_id: str, packs: Packs | None = None) -> None:
    """Judges a submission again, as it stands in the tables."""
    write(connection, submission_id, plain.submission(stated(connection, submission_id)), packs)


def _places(connection: sa.Connection, submission_id: str, submission: Submission) -> tuple[str | None, ...]:
    """Province, city and county of the unit that handed a submission in, where they are known, and its name, which may say a place too."""
    name = submission.report.submitter or connection.execute(_NAMED, {"submission": submission_id}).scalar()
    if name is None:
        return (None, None, None, None)
    row = connection.execute(_PLACES, {"spelling": name.replace(" ", "").replace("\u3000", "")}).first()
    return (*(row or (None, None, None)), name)


def _path(form: int | None, where: str) -> dict[str, str]:
    """The record and the field that a path in a form, or in the submission, names."""
    head, _, field = path_in(form, where).rpartition(".")
    return {"record": head, "field": field}


def row(submission_id: str, no: int, one: Judgement) -> dict[str, Any]:
    """What was found as the tables of findings have it, without what each has besides."""
    return {
        "submission_id": submission_id, "no": no, "pack": one.pack, "rule": one.rule, "severity": one.severity, "clause": one.clause,
        **_path(one.form, one.where), "message": one.message, "stated": _text(one.stated), "computed": _text(one.computed),
        "cells": list(one.cells),
    }  # fmt: skip


def _due_row(submission_id: str, no: int, one: ScoreDue) -> dict[str, Any]:
    return {
        "submission_id": submission_id, "no": no, "pack": one.pack, "rule": one.rule, "form_no": one.form, **_path(one.form, one.where),
        "stated": exact(one.stated), "computed": exact(one.computed), "way": one.way,
    }  # fmt: skip


def _text(value: Decimal | str | None) -> str | None:
    return figure(value) if isinstance(value, Decimal) else value


# ---------------------------------------------------------------- a store
def stale(store: Store) -> int:
    """How many submissions were judged by other clauses than are in force for them today, or by none."""
    with store.reading() as connection:
        return len(_stale(connection, used(connection)))


def _stale(connection: sa.Connection, packs: Packs) -> list[str]:
    """The submissions for which other clauses are in force than they were judged by."""
    return [
        row.submission_id
        for row in connection.execute(_STANDING)
        if packs.force((row.province, row.city, row.county, row.name), row.fiscal_year)[1] != row.packs_key
    ]


def again(store: Store) -> int:
    """Judges what is stale again, from the tables alone; gives how many."""
    with store.reading() as connection:
        waiting = _stale(connection, used(connection))
    for at in range(0, len(waiting), _AT_ONCE):
        part = waiting[at : at + _AT_ONCE]

        def work(connection: sa.Connection, part: list[str] = part) -> None:
            packs = used(connection)
            for submission_id in part:
                anew(connection, submission_id, packs)

        store.write(work)
    return len(waiting)


def use(
    store: Store, name: str, in_use: bool, place: str | None = None, years: tuple[int | None, int | None] = (None, None),
    person: str | None = None,
) -> None:  # fmt: skip
    """Says whether, where and in which years a store uses a pack. Raises PackError where there is none of that name."""
    if name not in (known := [pack.name for pack in every()]):
        raise PackError(name, "没有这个规则包", f"可用：{'、'.join(known)}")
    row = {
        "pack": name, "in_use": in_use, "for_place": place, "first_year": years[0], "last_year": years[1],
        "decided_by": person or person_here(), "decided_at": now(),
    }  # fmt: skip

    def work(connection: sa.Connection) -> None:
        connection.execute(tables.pack_use.delete().where(tables.pack_use.c.pack == name))
        connection.execute(tables.pack_use.insert().values(**row))

    store.write(work)


def listed(store: Store) -> list[tuple[Pack, bool, int]]:
    """Every pack as the store uses it, whether it does, and how many findings it has there."""
    counts: Counter[str] = Counter()
    with store.reading() as connection:
        for table in (tables.judgement, tables.comparison):
            for row in connection.execute(sa.select(table.c.pack, sa.func.count()).group_by(table.c.pack)):
                counts[row[0]] += int(row[1])
        now_used = {pack.name: pack for pack in used(connection).packs}
    return [(now_used.get(pack.name, pack), pack.name in now_used, counts[pack.name]) for pack in every()]


@dataclass(frozen=True, slots=True)
class Difference:
    """A form of which one pack finds otherwise than another. rule: which; one, other: what each says (None: nothing)."""

    file: str
    form: int | None
    rule: str
    one: str | None
    other: str | None


def compared(store: Store, one: Pack, other: Pack) -> list[Difference]:
    """What two packs find otherwise in a store, each alone and everywhere: by file, form and place."""
    f, s = tables.file.c, tables.submission.c
    out: list[Difference] = []
    with store.reading() as connection:
        query = sa.select(s.submission_id, f.name).join_from(tables.submission, tables.file, f.sha256 == s.sha256)
        for submission_id, file in connection.execute(query.order_by(f.name)).all():
            submission = plain.submission(stated(connection, submission_id))
            found = [
                {(x.form, x.where, x.rule): x.message for x in judge(submission, _alone(pack))} for pack in (one, other)
            ]
            for key in sorted(found[0].keys() | found[1].keys(), key=str):
                said = found[0].get(key), found[1].get(key)
                if said[0] != said[1]:
                    out.append(Difference(file, key[0], key[2], *said))
    return out


def _alone(pack: Pack) -> Force:
    return [(pack, clause) for clause in pack.clauses if clause.uncertain is None]
