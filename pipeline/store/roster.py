"""The units that are expected to hand in, a list a year: loaded, held against what came, exported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from normalizers.text import squeeze
from pipeline.store import units
from pipeline.store.connection import Store
from pipeline.store.roster_sheet import Unit
from schema.errors import StoreError
from schema.relational import tables
from schema.relational.views import handed_in

COLUMNS = ("单位代码", "单位名称", "其他写法", "联系人", "应报份数", "已报份数", "材料")


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a unit: the submissions (id, file) that count for it; listed: is it on the roster?"""

    unit: Unit
    submissions: tuple[tuple[str, str], ...]
    listed: bool = True

    @property
    def missing(self) -> int:
        return max(self.unit.expected - len(self.submissions), 0) if self.listed else 0


def load(store: Store, year: int, listed: Iterable[Unit]) -> tuple[int, int, int]:
    """Makes a list the roster of a year; gives how many units are new, changed, and no longer on it. What people added to other spellings of a unit
    stays."""
    t = tables.roster

    def work(connection: sa.Connection) -> tuple[int, int, int]:
        there = {unit.name: unit for unit in _listed(connection, year)}
        fresh = changed = 0
        wanted = []
        for unit in listed:
            old = there.pop(unit.name, None)
            also = tuple(dict.fromkeys((*unit.also, *(old.also if old else ()))))
            kept = Unit(unit.name, unit.code, also, unit.contact, unit.expected)
            fresh, changed = fresh + (old is None), changed + (old is not None and old != kept)
            wanted.append(kept)
        connection.execute(t.delete().where(t.c.fiscal_year == year))
        connection.execute(t.insert(), [_row(year, unit) for unit in wanted])
        return fresh, changed, len(there)

    return store.write(work)


def _row(year: int, unit: Unit) -> dict[str, Any]:
    return {
        "fiscal_year": year, "name": unit.name, "code": unit.code, "also": list(unit.also), "contact": unit.contact,
        "expected": unit.expected,
    }  # fmt: skip


def _listed(connection: sa.Connection, year: int) -> list[Unit]:
    t = tables.roster
    query = sa.select(t).where(t.c.fiscal_year == year).order_by(t.c.code.is_(None), t.c.code, t.c.name)
    return [Unit(row.name, row.code, tuple(row.also), row.contact, row.expected) for row in connection.execute(query)]


def years(store: Store) -> list[int]:
    """The years of which there is a roster or a submission, latest first."""
    r, s = tables.roster, tables.submission
    both = sa.union(sa.select(r.c.fiscal_year), sa.select(s.c.fiscal_year).where(s.c.fiscal_year.is_not(None)))
    with store.reading() as connection:
        return sorted(connection.scalars(both), reverse=True)


def is_there(store: Store, year: int) -> bool:
    """Has a year a roster?"""
    t = tables.roster
    with store.reading() as connection:
        return connection.execute(sa.select(t.c.name).where(t.c.fiscal_year == year).limit(1)).first() is not None


def came(store: Store, year: int) -> list[Came]:
    """The roster of a year with what came of each unit, those who owe most first; then units that handed in and are not on it. Whose a file is says
    the form, else a person (`units assign`), else the roster's name in its path."""
    with store.reading() as connection:
        roster = _listed(connection, year)
        spelt = dict(
            connection.execute(sa.select(tables.unit_spelling.c.spelling, tables.unit_spelling.c.unit_id)).all()
        )
        found = connection.execute(_COUNTING, {"year": year}).all()
    named: dict[str, Unit] = {}
    for unit in roster:
        for spelling in (unit.name, *unit.also):
            named.setdefault(spelling, unit)
            named.setdefault(spelt.get(spelling, spelling), unit)
    of: dict[str, list[tuple[str, str]]] = {unit.name: [] for unit in roster}
    others: dict[str, list[tuple[str, str]]] = {}
    for row in found:
        spelling = squeeze(row.unit or "")
        owner = named.get(spelling) or named.get(spelt.get(spelling, spelling)) if spelling else None
        owner = owner or _in_path(squeeze(row.path or ""), roster)
        at = of[owner.name] if owner is not None else others.setdefault(spelling or "（单位未写明）", [])
        at.append((row.submission_id, row.file))
    told = [Came(unit, tuple(of[unit.name])) for unit in roster]
    rest = [Came(Unit(name, expected=0), tuple(files), False) for name, files in sorted(others.items())]
    return sorted(told, key=lambda one: -one.missing) + rest


_COUNTING = (
    sa.select(
        tables.submission.c.submission_id, handed_in(tables.submission).label("unit"), tables.file.c.name.label("file"),
        tables.delivery.c.path,
    )
    .join(tables.file, tables.file.c.sha256 == tables.submission.c.sha256)
    .join(tables.delivery, (tables.delivery.c.sha256 == tables.submission.c.sha256) & tables.delivery.c.is_current)
    .where(tables.submission.c.fiscal_year == sa.bindparam("year"))
    .order_by(tables.file.c.name, tables.submission.c.submission_id)
)  # fmt: skip


def _in_path(path: str, roster: list[Unit]) -> Unit | None:
    """The unit whose name stands in a path; where several do, the one whose name is longest, none where two are as long."""
    named = sorted(
        {(len(spelling), unit.name) for unit in roster for spelling in (unit.name, *unit.also) if spelling in path},
        reverse=True,
    )
    if not named or (len(named) > 1 and named[0][0] == named[1][0] and named[0][1] != named[1][1]):
        return None
    return next(unit for unit in roster if unit.name == named[0][1])


def belongs(store: Store, year: int, submission_id: str, name: str, by: str | None = None) -> str:
    """A person says whose a submission is: the unit is noted for one that names none; else its spelling becomes another one of the unit on
    the roster, so that all that spell it so follow. Gives the file's name. Raises StoreError where the unit is not on the roster."""
    r, s, f = tables.roster, tables.submission, tables.file

    def work(connection: sa.Connection) -> tuple[str | None, str]:
        unit = next((unit for unit in _listed(connection, year) if unit.name == squeeze(name)), None)
        if unit is None:
            raise StoreError(name, f"不在{year}年的名单上", "请先用 ziping roster load 载入名单")
        query = sa.select(s.c.submitter, f.c.name).join(f, f.c.sha256 == s.c.sha256)
        row = connection.execute(query.where(s.c.submission_id == submission_id)).one()
        spelling = squeeze(row.submitter or "")
        if spelling and spelling not in (unit.name, *unit.also):
            of = (r.c.fiscal_year == year) & (r.c.name == unit.name)
            connection.execute(r.update().where(of).values(also=[*unit.also, spelling]))
        return spelling or None, str(row.name)

    spelling, file = store.write(work)
    return file if spelling else units.assign(store, submission_id, name, by)


def as_rows(found: Iterable[Came]) -> list[tuple[Any, ...]]:
    """What came, as a sheet of COLUMNS."""
    return [
        (
            one.unit.code, one.unit.name, "、".join(one.unit.also), one.unit.contact, one.unit.expected if one.listed else None,
            len(one.submissions), "；".join(file for _, file in one.submissions),
        )
        for one in found
    ]  # fmt: skip
