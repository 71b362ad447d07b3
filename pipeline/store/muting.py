"""Rules that are not told of a unit any more, because someone said why; and what is left to tell."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from normalizers.text import squeeze
from pipeline.clock import now
from pipeline.clock import person as person_here
from pipeline.store.connection import Store
from pipeline.store.rows import once
from schema.errors import StoreError
from schema.packs.rule import RULES
from schema.relational import tables

_M, _U, _S = tables.mute.c, tables.unit.c, tables.unit_spelling.c
_LISTED = (
    sa.select(_M.rule, _U.name, _M.reason, _M.decided_by, _M.decided_at, _M.unit_id)
    .join_from(tables.mute, tables.unit, _U.unit_id == _M.unit_id)
    .order_by(_U.name, _M.rule)
)
_COUNTED = sa.text("SELECT rule, unit_id, COUNT(*) FROM v_judgement WHERE muted IS NOT NULL GROUP BY rule, unit_id")
_SAID = "no, rule, severity, message, clause, record, field"
_TOLD = sa.text(
    f"SELECT severity, form_no, message, clause, record, field FROM (SELECT {_SAID}, form_no FROM judgement "
    f"WHERE submission_id = :submission UNION ALL SELECT {_SAID}, NULL FROM comparison WHERE submission_id = :submission) j "
    "WHERE severity <> 'may' AND NOT EXISTS (SELECT 1 FROM mute m JOIN unit_spelling u ON u.unit_id = m.unit_id "
    "WHERE m.rule = j.rule AND u.spelling = :unit) ORDER BY CASE severity WHEN 'must' THEN 1 ELSE 2 END, no LIMIT :most"
)


def mute(store: Store, rule: str, unit: str, reason: str, by: str | None = None) -> str:
    """Does not tell a rule of a unit any more; what it finds stays in the store. unit: one of its names. Gives the unit's name. Raises
    StoreError."""
    if rule not in RULES:
        raise StoreError(rule, "没有这条规则", f"可用：{'、'.join(RULES)}")
    if not reason.strip():
        raise StoreError(rule, "没有写明理由", "请用--reason写明为什么不再提示")

    def work(connection: sa.Connection) -> str:
        found = _unit(connection, unit)
        row = {
            "rule": rule,
            "unit_id": found.unit_id,
            "reason": reason.strip(),
            "decided_by": by or person_here(),
            "decided_at": now(),
        }
        if not once(connection, tables.mute, row):
            connection.execute(tables.mute.update().where(_of(rule, found.unit_id)).values(**row))
        return str(found.name)

    return store.write(work)


def unmute(store: Store, rule: str, unit: str) -> str:
    """Tells a rule of a unit again; gives the unit's name. Raises StoreError where it was not muted."""

    def work(connection: sa.Connection) -> str:
        found = _unit(connection, unit)
        if not connection.execute(tables.mute.delete().where(_of(rule, found.unit_id))).rowcount:
            raise StoreError(rule, f"对“{found.name}”没有停止提示", "见 ziping packs muted")
        return str(found.name)

    return store.write(work)


def _of(rule: str, unit_id: str) -> sa.ColumnElement[bool]:
    return (_M.rule == rule) & (_M.unit_id == unit_id)


def _unit(connection: sa.Connection, name: str) -> Any:
    query = sa.select(_U.unit_id, _U.name).join_from(tables.unit, tables.unit_spelling, _S.unit_id == _U.unit_id)
    found = connection.execute(query.where(_S.spelling == squeeze(name))).first()
    if found is None:
        raise StoreError(name, "库中没有这个单位", "请照材料里的写法写，见 ziping units")
    return found


def muted(store: Store) -> list[tuple[Any, int]]:
    """Every rule that is not told of a unit, with its reason and how much of it there is."""
    with store.reading() as connection:
        counts = {(row[0], row[1]): int(row[2]) for row in connection.execute(_COUNTED)}
        return [(row, counts.get((row.rule, row.unit_id), 0)) for row in connection.execute(_LISTED)]


def told(connection: sa.Connection, submission_id: str, unit: str | None, most: int) -> list[sa.Row[Any]]:
    """What the rule packs find of a submission of a unit that must or should be put right, alone and beside others."""
    asked = {"submission": submission_id, "unit": squeeze(unit or ""), "most": most}
    return list(connection.execute(_TOLD, asked))
