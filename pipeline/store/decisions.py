"""The corrections that people made, as the store keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from pipeline.corrections import APPLIED, Anchor, Correction, CorrectionState
from schema.records import title
from schema.relational import tables


def _rows_in_force(connection: sa.Connection, submission_id: str) -> Sequence[sa.Row[Any]]:
    c = tables.correction
    query = sa.select(c).where((c.c.submission_id == submission_id) & c.c.withdrawn_at.is_(None))
    return connection.execute(query.order_by(c.c.correction_id)).all()


def in_force(connection: sa.Connection, submission_id: str) -> list[Correction]:
    return [
        Correction(
            row.correction_id, row.record, row.field, row.found, row.should_be,
            Anchor(raw=row.raw, **row.cell) if row.cell is not None else None, row.person, row.reason,
        )
        for row in _rows_in_force(connection, submission_id)
    ]  # fmt: skip


def ids(connection: sa.Connection, submission_id: str) -> list[int]:
    """The corrections in force for a submission, by their numbers."""
    c = tables.correction
    query = sa.select(c.c.correction_id).where((c.c.submission_id == submission_id) & c.c.withdrawn_at.is_(None))
    return list(connection.execute(query.order_by(c.c.correction_id)).scalars())


def told(connection: sa.Connection, submission_id: str) -> list[str]:
    """A sentence for each value of a submission that people put right: what was read, what it is, by whom and why."""
    return [
        f"人工更正{row.correction_id}：{title(row.record, row.field)}读作“{row.found or '（无）'}”，{row.person}更正为"
        f"“{row.should_be or '（无）'}”（{row.reason}）{'' if row.state == APPLIED else '，读数已变，待复核'}"
        for row in _rows_in_force(connection, submission_id)
    ]


def keep(connection: sa.Connection, standings: Iterable[CorrectionState]) -> None:
    """Writes how corrections stand after a reading."""
    c = tables.correction
    for standing in standings:
        row = {"state": standing.state, "reading": standing.reading, "record": standing.record}
        connection.execute(c.update().where(c.c.correction_id == standing.correction_id).values(**row))
