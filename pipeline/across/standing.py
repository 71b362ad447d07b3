"""What a store holds of each submission that counts now, as far as comparing asks: of whom, of when, by which names, in which version."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field

import sqlalchemy as sa

from normalizers.text import squeeze
from pipeline.store.judging import Packs
from schema.packs.judge import Force
from schema.relational import tables
from schema.relational.views import handed_in, squeezed

_S, _F = tables.submission, tables.form
_CURRENT = sa.table("v_current", sa.column("submission_id"))
_NAME = handed_in(_S)
_STANDING = (
    sa.select(
        _S.c.submission_id, _S.c.fiscal_year, _NAME.label("name"), tables.unit.c.unit_id, tables.unit.c.province, tables.unit.c.city,
        tables.unit.c.county, tables.version.c.no, tables.compared.c.texts_key, tables.compared.c.unit_key,
    )
    .join_from(_S, _CURRENT, _CURRENT.c.submission_id == _S.c.submission_id)
    .outerjoin(tables.unit_spelling, tables.unit_spelling.c.spelling == squeezed(_NAME))
    .outerjoin(tables.unit, tables.unit.c.unit_id == tables.unit_spelling.c.unit_id)
    .outerjoin(
        tables.version, (tables.version.c.submission_id == _S.c.submission_id) & tables.version.c.valid_to.is_(None)
    )
    .outerjoin(tables.compared, tables.compared.c.submission_id == _S.c.submission_id)
    .order_by(_S.c.submission_id)
)  # fmt: skip
_YEARS = sa.select(_F.c.submission_id, sa.func.max(_F.c.fiscal_year)).group_by(_F.c.submission_id)
_NAMED = sa.select(_F.c.submission_id, _F.c.unit, _F.c.supervisor, _F.c.implementer)
_SPELT = sa.select(tables.unit_spelling.c.unit_id, tables.unit_spelling.c.spelling)


@dataclass(frozen=True, slots=True)
class Standing:
    """A submission. unit: its id, None where it names none; names: those of its unit; named: every unit that its forms name; force, key: the
    clauses in force for it, and their digest; texts, beside: what it was compared by."""

    submission: str
    unit: str | None
    name: str
    year: int | None
    places: tuple[str | None, ...]
    version: str
    force: Force = field(compare=False)
    key: str
    names: tuple[str, ...]
    named: frozenset[str]
    texts: str | None
    beside: str | None


def current(connection: sa.Connection, packs: Packs) -> list[Standing]:
    """Every submission that counts now."""
    years = {row[0]: row[1] for row in connection.execute(_YEARS)}
    named: dict[str, set[str]] = defaultdict(set)
    for submission_id, *names in connection.execute(_NAMED):
        named[submission_id].update(squeeze(name) for name in names if name)
    spelt: dict[str, list[str]] = defaultdict(list)
    for unit_id, spelling in connection.execute(_SPELT):
        spelt[unit_id].append(spelling)
    out = []
    for row in connection.execute(_STANDING):
        year = row.fiscal_year or years.get(row.submission_id)
        places = (row.province, row.city, row.county, row.name)
        force, key = packs.force(places, year)
        own = spelt[row.unit_id] if row.unit_id else []
        out.append(
            Standing(
                row.submission_id, row.unit_id, row.name or "", year, places, str(row.no or 0), force, key, tuple(own),
                frozenset(named[row.submission_id]), row.texts_key, row.unit_key,
            )
        )  # fmt: skip
    return out


def of_units(standings: list[Standing]) -> dict[str, tuple[str, list[Standing]]]:
    """By unit: a digest of all that its submissions are compared by, and they themselves; those that name no unit or no year have none."""
    units: dict[str, list[Standing]] = defaultdict(list)
    for one in standings:
        if one.unit is not None and one.year is not None:
            units[one.unit].append(one)
    out = {}
    for unit, own in units.items():
        said = "|".join(f"{one.submission} {one.version} {one.key} {one.year}" for one in own)
        out[unit] = (hashlib.sha256(said.encode()).hexdigest()[:16], own)
    return out
