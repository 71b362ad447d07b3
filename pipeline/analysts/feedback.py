"""The feedback sheet: what one page per submission says that a finance bureau can send back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.analysts import query, tabular
from pipeline.reviews import path_of
from pipeline.reviews import told as told_of
from pipeline.store import contents, decisions, muting, rows, verdicts
from pipeline.store.search import places
from schema.checks import CHECKS
from schema.packs.pack import SEVERITIES
from schema.records import Finding, path_in
from schema.relational import tables
from schema.relational.views import handed_in

if TYPE_CHECKING:
    from pipeline.store.connection import Store

_FEW = 24  # findings a page has room for; the rest are counted
_RULES = 12  # and of what rule packs find


@dataclass(frozen=True, slots=True)
class Line:
    """A finding as it stands on the sheet; clause: the mark of the one it rests on."""

    no: int
    form: str
    check: str
    message: str
    stated: str
    computed: str
    place: str
    clause: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is sent back for one submission. read: what was read, as (label, figure); more: findings it has no room for; clauses:
    mark and words of each; due: by form, what the indicators should have scored whose clause is a formula; corrected: the values
    that people put right, by whom and why."""

    submission_id: str
    file: str
    unit: str
    year: str
    title: str
    read: list[tuple[str, str]]
    lines: list[Line]
    more: int
    clauses: list[tuple[str, str]]
    due: list[str]
    corrected: list[str]
    judged: list[tuple[str, str, str, str]]  # what rule packs find: severity, form, message, place; `may` is left out

    @property
    def found(self) -> int:
        """The findings in all."""
        return len(self.lines) + self.more

    @property
    def counted(self) -> str:
        """What was read, as a sentence."""
        return "；".join(f"{label}{figure}" for label, figure in self.read) + "。"


_own = partial(query.free, trusted=True)


def current(store: Store, year: int | None) -> list[str]:
    """The submissions that get a sheet, by unit and year. Raises StoreError."""
    limited = of_year(year)
    told = f"SELECT submission_id FROM v_submission{limited} ORDER BY unit, fiscal_year"
    return [row[0] for row in _own(store, told, rows=query.ALL).rows]


def of_year(year: int | None) -> str:
    return f" WHERE fiscal_year = {int(year)}" if year is not None else ""


def sheet(store: Store, wanted: str) -> Sheet:
    """The sheet of a submission, by its id, the beginning of it, or its file's name. Raises StoreError."""
    with store.reading() as connection:
        head = contents.find(connection, wanted)
        record = rows.record(connection, head.submission_id)
        s = tables.submission
        named = sa.select(handed_in(s)).where(s.c.submission_id == head.submission_id)
        unit = connection.execute(named).scalar()
        corrected = decisions.told(connection, head.submission_id)
        judged = muting.told(connection, head.submission_id, unit, _RULES)
        due = _due(connection, head.submission_id)
        misread = verdicts.misread(connection, head.submission_id)
        record["findings"] = [finding for finding in record["findings"] if _named(finding) not in misread]
        paths = {(finding["form"], finding["where"]): _record(finding) for finding in record["findings"]}
        told = {path for path, _ in paths.values()} | {row.record for row in judged}
        found = places(connection, [(head.submission_id, path) for path in told])
    findings = sorted(record["findings"], key=lambda f: (CHECKS[f["check"]].severity, f["form"] or 0))
    lines: list[Line] = []
    marks: dict[str, str] = {}
    for no, finding in enumerate(findings[:_FEW], 1):
        path, field = paths[finding["form"], finding["where"]]
        code = CHECKS[finding["check"]]
        lines.append(
            Line(
                no, f"表{finding['form']}" if finding["form"] else "全文", code.chinese, finding["message"],
                _figure(finding["stated"], field), _figure(finding["computed"], field), _where(found, head.submission_id, path, field),
                marks.setdefault(code.clause or "", chr(ord("①") + len(marks))),
            )
        )  # fmt: skip
    report, cover = record["report"], record["coverage"]
    counts = [
        ("自评表", f"{len(record['forms'])}张"),
        ("绩效指标", f"{sum(len(form['indicators']) for form in record['forms'])}项"),
        ("资金", f"{sum(len(form['funds']) for form in record['forms'])}项"),
        ("叙述章节", f"{len(record['sections'])}节"),
        ("单元格和段落", f"{cover['cells']}个，未识别{len(cover['unexplained'])}个"),
    ]
    scores = [f"表{f['no']}：{_figure(f['self_score'])}分" for f in record["forms"] if f["self_score"] is not None]
    if scores:
        counts.append(("自评总得分", "，".join(scores)))
    return Sheet(
        head.submission_id, head.name, unit or "（单位未写明）", f"{report['fiscal_year'] or '—'}",
        report["title"] or head.name, counts, lines, len(findings) - len(lines),
        [(mark, clause) for clause, mark in marks.items()], due, corrected,
        [
            (SEVERITIES[row.severity], f"表{row.form_no}" if row.form_no else "全文", f"{row.message}（{row.clause}）",
             _where(found, head.submission_id, row.record, row.field))
            for row in judged
        ],
    )  # fmt: skip


def _due(connection: sa.Connection, submission_id: str) -> list[str]:
    """What the rule packs say each form's indicators should have scored, where it is not what they did; each indicator once."""
    d = tables.score_due.c
    wanted = sa.select(d.form_no, d.record, d.stated, d.computed).where(d.submission_id == submission_id).order_by(d.no)
    forms: dict[int, dict[str, tuple[Decimal, Decimal]]] = {}
    for row in connection.execute(wanted):
        if row.stated is not None and row.form_no is not None:
            forms.setdefault(row.form_no, {}).setdefault(row.record, (row.stated, row.computed))
    out = []
    for no, scores in sorted(forms.items()):
        stated, computed = (sum(side, Decimal()) for side in zip(*scores.values(), strict=True))
        if any(one != other for one, other in scores.values()):
            out.append(f"表{no}：可按公式计算的{len(scores)}项，自评共{_figure(stated)}分，应为{_figure(computed)}分")
    return out


def _named(finding: dict[str, Any]) -> tuple[str, str, str]:
    """A finding as a verdict on it names it."""
    one = Finding(**finding)
    return path_of(one), one.check, told_of(one)


def _record(finding: dict[str, Any]) -> tuple[str, str]:
    """The record and the field that a finding is about: `indicators[0].score` of form 2 → (forms[1].indicators[0], score)."""
    record, _, field = path_in(finding["form"], finding["where"]).rpartition(".")
    return record, field


def _where(
    found: dict[tuple[str, str, str], tuple[str, int | None]], submission_id: str, record: str, field: str
) -> str:
    """The place in the file: that of the value itself, else of anything in its row."""
    place = found.get((submission_id, record, field)) or next(
        (at for (_, other, _), at in found.items() if other == record), None
    )
    if place is None:
        return ""
    return f"第{place[1]}页，{place[0]}" if place[1] else place[0]


def _figure(value: Any, field: str = "") -> str:
    """A figure as the form has it: a rate as per cent."""
    return "—" if value is None else tabular.shown(value, field)
