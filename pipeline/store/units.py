"""Units and the spellings of their names: a new spelling is a unit of its own until someone merges it into an existing one."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import sqlalchemy as sa
from rapidfuzz.distance.Indel import normalized_similarity

from normalizers.text import squeeze
from pipeline.clock import now, person
from pipeline.store import contents, judging
from pipeline.store.connection import Store, hold
from pipeline.store.places import place
from pipeline.store.rows import once
from schema.errors import StoreError
from schema.relational import tables
from schema.relational.views import handed_in, squeezed

ALIKE = 0.75  # the least likeness of two names worth a person's look
_SPELT = sa.select(tables.unit_spelling).where(tables.unit_spelling.c.spelling == sa.bindparam("spelling"))
_SAID = {"人民代表大会常务委员会": "人大常委会", "中国共产党": "中共", "人民政府": "政府", "委员会": "委"}


_PROVINCE = re.compile(r"^[\u4e00-\u9fff]{2,3}省(?=.)")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two units whose names are alike; a person decides whether they are one."""

    keep: str
    keep_name: str
    join: str
    join_name: str
    likeness: float


def unit_id(spelling: str) -> str:
    """The id of a unit by the first spelling of its name."""
    return hashlib.sha256(spelling.encode()).hexdigest()[:12]


def register(connection: sa.Connection, name: str | None) -> None:
    """Notes a unit's name as a submission spells it; a spelling seen before changes nothing."""
    spelling = squeeze(name or "")
    if not spelling or connection.execute(_SPELT, {"spelling": spelling}).first():
        return
    key = unit_id(spelling)
    for table, row in (
        (tables.unit, {"unit_id": key, "name": spelling, **_place(spelling)}),
        (tables.unit_spelling, {"spelling": spelling, "unit_id": key}),
    ):
        once(connection, table, row)


def _place(name: str) -> dict[str, str | None]:
    """The columns of a unit that say where it is; none where that is not certain."""
    at = place(name)
    if at is None:
        return {}
    return {"province": at.province, "city": at.city, "county": at.county, "place_code": at.code}


def gather(connection: sa.Connection) -> None:
    """Notes the units of every submission: for a store that an older version has written."""
    for (name,) in connection.execute(sa.select(tables.submission.c.submitter).distinct()).all():
        register(connection, name)


def assign(store: Store, wanted: str, name: str, by: str | None = None) -> str:
    """Says which unit handed in a submission that names none; gives its file's name. by: who says so, if not whoever runs this. Raises
    StoreError where it names one."""

    def work(connection: sa.Connection) -> str:
        head = contents.find(connection, wanted)
        hold(connection, head.submission_id)
        head = contents.find(connection, wanted)
        if head.submitter is not None:
            raise StoreError(
                head.name, f"材料写明了报送单位“{head.submitter}”", "单位名称有误的请用 ziping correct add"
            )
        row = {
            "submission_id": head.submission_id,
            "name": squeeze(name),
            "decided_by": by or person(),
            "decided_at": now(),
        }
        if not once(connection, tables.assignment, row):
            a = tables.assignment
            connection.execute(a.update().where(a.c.submission_id == head.submission_id).values(**row))
        register(connection, name)
        judging.anew(connection, head.submission_id)
        return str(head.name)

    return store.write(work)


def geocode(connection: sa.Connection) -> None:
    """Says where every unit is: for a store that an older version has written."""
    u = tables.unit
    for row in connection.execute(sa.select(u.c.unit_id, u.c.name)).all():
        if told := _place(row.name):
            connection.execute(u.update().where(u.c.unit_id == row.unit_id).values(**told))


def listed(store: Store) -> list[sa.Row[Any]]:
    """One row a spelling: unit_id, name, spelling, and how many submissions are spelled so."""
    u, s, m = tables.unit, tables.unit_spelling, tables.submission
    count = sa.select(sa.func.count()).where(squeezed(handed_in(m)) == s.c.spelling).scalar_subquery()
    query = (
        sa.select(u.c.unit_id, u.c.name, s.c.spelling, count.label("submissions"))
        .join(s, s.c.unit_id == u.c.unit_id)
        .order_by(u.c.name, s.c.spelling)
    )
    with store.reading() as connection:
        return list(connection.execute(query))


def similar_pairs(store: Store) -> list[Pair]:
    """Units whose names may be spellings of one, most alike first: nothing in the shorter name is otherwise than in the longer (审计局 and 统计局
    are two bureaus), both end alike (a bureau's own station is another unit), and neither names another place."""
    rows = {row.unit_id: row for row in listed(store)}
    places: dict[str, list[tuple[str, sa.Row[Any]]]] = {}
    for row in sorted(rows.values(), key=lambda row: (-row.submissions, row.name)):
        short = _short(row.name)
        places.setdefault(short[:2], []).append((short, row))
    out = []
    for names in places.values():
        for (one, a), (other, b) in combinations(names, 2):
            if one[-2:] == other[-2:] and _within(*sorted((one, other), key=len)):
                likeness = normalized_similarity(one, other)
                if likeness >= ALIKE:
                    out.append(Pair(a.unit_id, a.name, b.unit_id, b.name, likeness))
    return sorted(out, key=lambda pair: -pair.likeness)


def _within(short: str, long: str) -> bool:
    """Do the characters of a name stand in a longer one, in their order?"""
    rest = iter(long)
    return all(sign in rest for sign in short)


def merge(store: Store, keep: str, join: str) -> int:
    """Says that one unit is another: its spellings become the other's, and what is muted of it. Gives how many spellings. Raises StoreError."""
    u, s, m = tables.unit, tables.unit_spelling, tables.mute

    def work(connection: sa.Connection) -> int:
        hold(connection, "units")
        for key in (keep, join):
            if connection.execute(sa.select(u.c.unit_id).where(u.c.unit_id == key)).first() is None:
                raise StoreError(key, "没有这个单位", "请用 ziping units 查看编号")
        if keep == join:
            raise StoreError(keep, "两个编号是同一个单位", "请核对编号")
        moved = connection.execute(
            s.update().where(s.c.unit_id == join).values(unit_id=keep, decided_by=person(), decided_at=now())
        ).rowcount
        kept = sa.select(m.c.rule).where(m.c.unit_id == keep)
        connection.execute(m.update().where((m.c.unit_id == join) & m.c.rule.not_in(kept)).values(unit_id=keep))
        connection.execute(u.delete().where(u.c.unit_id == join))
        return int(moved)

    return store.write(work)


def _short(name: str) -> str:
    name = _PROVINCE.sub("", name)
    for long, short in _SAID.items():
        name = name.replace(long, short)
    return name
