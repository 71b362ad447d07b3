"""Figures of forms beside those of their kind: execution rate, score, and what one output costs, by kind of unit, place and year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from pipeline.across.standing import Standing
from schema.codes import CODES
from schema.packs.rule import Parameters, bare
from schema.packs.whole_store import Measured, kind_of
from schema.relational import tables

_F, _M, _I = tables.form.c, tables.fund.c, tables.indicator.c
_FORMS = sa.select(_F.submission_id, _F.no, _F.kind, _F.self_score, _F.record)
_TOTALS = (
    sa.select(_M.submission_id, _M.form_no, _M.approved, _M.revised, _M.executed, _M.record)
    .where(_M.item == "total")
    .order_by(_M.submission_id, _M.form_no, _M.no)
)
_OUTPUTS = sa.select(_I.submission_id, _I.form_no, _I.level3, _I.actual_value, _I.actual_value_unit, _I.record).where(
    _I.category == "output.quantity"
)


def groups(
    connection: sa.Connection, standings: Sequence[Standing], parameters: Mapping[str, Parameters]
) -> Iterator[tuple[Parameters, list[Measured]]]:
    """Each group with the parameters it is judged by. parameters: by submission, those in force; one without has no part."""
    known = {one.submission: one for one in standings if one.submission in parameters and one.year is not None}
    found: dict[tuple[str, ...], list[Measured]] = defaultdict(list)
    totals: dict[tuple[str, int], Any] = {}
    for line in connection.execute(_TOTALS):
        totals.setdefault((line.submission_id, line.form_no), line)
    for row in connection.execute(_FORMS):
        one = known.get(row.submission_id)
        kind = kind_of(one.name, parameters[one.submission]["kinds"]) if one is not None else None
        if one is None or kind is None:
            continue
        place = next((place for place in one.places[2::-1] if place), "")
        said = f"{place}{kind}{one.year}年{CODES['kind'][row.kind].chinese}"
        if row.self_score is not None:
            found["自评得分", said].append(
                Measured(one.submission, f"{row.record}.self_score", "自评得分", row.self_score, said)
            )
        total = totals.get((row.submission_id, row.no))
        base = None if total is None else total.revised if total.revised is not None else total.approved
        if total is not None and base is not None and base > 0 and total.executed is not None:
            found["执行率", said].append(
                Measured(one.submission, f"{total.record}.executed", "执行率", total.executed / base, said)
            )
    for measured in _costs(connection, known, totals):
        found["单位成本", measured.group].append(measured)
    for group in found.values():
        yield parameters[group[0].key], group


def _costs(
    connection: sa.Connection,
    known: Mapping[str, Standing],
    totals: Mapping[tuple[str, int], Any],
) -> Iterator[Measured]:
    """What one output cost, of forms that count one thing only: money spent ÷ what was done, by the indicator's name, its unit and the year."""
    outputs: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for row in connection.execute(_OUTPUTS):
        outputs[row.submission_id, row.form_no].append(row)
    for (submission, form), rows in outputs.items():
        total, one = totals.get((submission, form)), known.get(submission)
        done: Decimal | None = rows[0].actual_value
        if (
            one is None
            or total is None
            or len(rows) != 1
            or not total.executed
            or not done
            or done <= 0
            or not rows[0].level3
        ):
            continue
        name = bare(rows[0].level3)
        said = f"{one.year}年“{name}”（万元/{rows[0].actual_value_unit or '个'}）"
        yield Measured(submission, f"{rows[0].record}.actual", "单位成本", total.executed / done, said)
