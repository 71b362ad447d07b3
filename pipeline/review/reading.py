"""A submission as it is decided on: its record by form, each value with its cell, how sure it is, and what people said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, cast

import sqlalchemy as sa

from pipeline import addresses, reviews
from pipeline.analysts import tabular
from pipeline.corrections import APPLIED
from pipeline.review.shown import (
    CONTRADICTED,
    CORRECTED,
    DOUBT,
    RIGHT,
    SURE,
    WAITING,
    Group,
    Part,
    Reading,
    Remark,
    Value,
)
from pipeline.reviews import FINDING, LEFTOVER, VALUE, path_of, place_text, seen_as
from pipeline.store import contents, verdicts
from pipeline.store.connection import Store
from pipeline.store.rows import origin_of, record
from schema import plain
from schema.checks import CHECKS
from schema.codes import CODES
from schema.derived import FOLLOWS
from schema.errors import CorrectionError
from schema.evidence import doubtful
from schema.records import LISTS, Contacts, Form, Kind, Report, Section, Submission, about, without_note
from schema.relational import tables
from schema.relational.views import handed_in


def reading(store: Store, submission_id: str) -> Reading:
    """A submission by its whole id. Raises StoreError."""
    with store.reading() as connection:
        head = contents.find(connection, submission_id)
        told = _Told(connection, head.submission_id)
        submission = plain.submission(record(connection, head.submission_id))
        f, s = tables.file.c, tables.submission
        kind = connection.execute(sa.select(f.format).where(f.sha256 == head.sha256)).scalar_one()
        named = sa.select(handed_in(s)).where(s.c.submission_id == head.submission_id)
        unit = connection.execute(named).scalar()
    return Reading(
        head.submission_id, head.sha256, head.name, kind, unit, head.fiscal_year,
        tuple(_parts(submission, told)), tuple(_findings(submission, told)), tuple(_leftovers(told)),
    )  # fmt: skip


class _Told:
    """What the store knows of the values of a submission beside the values themselves."""

    def __init__(self, connection: sa.Connection, submission_id: str) -> None:
        p, left, c = tables.provenance, tables.leftover, tables.correction
        of = sa.select(p).where(p.c.submission_id == submission_id).order_by(p.c.no)
        self.sources: dict[tuple[str, str], Any] = {}
        for row in connection.execute(of):
            there = self.sources.setdefault((row.record, row.field), row)
            if row.confidence is not None and (there.confidence is None or row.confidence < there.confidence):
                self.sources[row.record, row.field] = row  # of several sources the least sure
        self.left = connection.execute(
            sa.select(left).where(left.c.submission_id == submission_id).order_by(left.c.no)
        ).all()
        said = verdicts.rows(connection, submission_id)
        self.verdicts = {(row.about, row.record, row.field, row.reading): row for row in said}
        in_force = (c.c.submission_id == submission_id) & c.c.withdrawn_at.is_(None)
        self.corrections = {(row.record, row.field): row for row in connection.execute(sa.select(c).where(in_force))}

    def value(self, found: Value) -> Value:
        """A value with where it stands, how sure it is and what was said of it."""
        row = self.sources.get((found.record, found.field))
        if row is not None:
            suggested = f"{row.suggested:f}" if row.suggested is not None else None
            found = replace(
                found, cell=place_text(origin_of(row)), raw=row.raw, confidence=row.confidence, suggested=suggested,
                why=row.recognised or "",
            )  # fmt: skip
            unsure = doubtful(row) and found.field not in FOLLOWS  # which is settled with what it follows from
            state = DOUBT if unsure else CONTRADICTED if row.proof == "contradicted" else SURE
            found = replace(found, state=state)
        if (correction := self.corrections.get((found.record, found.field))) is not None:
            why = f"{correction.person}：{correction.reason}"
            if correction.state != APPLIED:
                why = f"更正为“{correction.should_be or '（无）'}”时读作“{correction.found or '（无）'}”，读数已变（{why}）"
            state = CORRECTED if correction.state == APPLIED else WAITING
            return replace(found, state=state, why=why, decision=f"correction/{correction.correction_id}")
        verdict = self.verdicts.get((VALUE, found.record, found.field, found.text))
        if verdict is not None:
            return replace(found, state=RIGHT, why=verdict.person, decision=f"verdict/{verdict.verdict_id}")
        return found


def _parts(submission: Submission, told: _Told) -> Iterator[Part]:
    yield Part("材料", (_pairs(submission, told, "材料", "report", Report),))
    for no, form in enumerate(submission.forms):
        path = f"forms[{no}]"
        groups = [
            _pairs(submission, told, "表头", path, Form),
            _pairs(submission, told, "联系人", f"{path}.contacts", Contacts),
        ]
        for name in LISTS:
            rows = getattr(form, name)
            if rows:
                title = without_note(tables.LISTS[name].comment or name) if name in tables.LISTS else "基础数据"
                groups.append(_list(told, title, f"{path}.{name}", rows))
        yield Part(f"表{form.no} {form.title or ''}".strip(), tuple(group for group in groups if group.rows))
    if submission.sections:
        yield Part("叙述", (_list(told, "章节", "sections", submission.sections),))


@cache
def _fields(kind: type) -> list[tuple[str, str, str]]:
    """The fields of a record that people decide on: name, heading, kind."""
    skipped = (Kind.QUANTITY, Kind.EXTRA)
    return [
        (name, told.short or without_note(told.label).removesuffix("代码"), str(told.kind))
        for name, told in about(kind).items()
        if told.kind not in skipped and name != "no"
    ]


@cache
def fields_of_records() -> dict[str, list[tuple[str, str]]]:
    """The fields into which people may put a value that was missed, with their names, by the last word of a record's path."""
    kinds = {"report": Report, "forms": Form, "contacts": Contacts, "sections": Section} | LISTS
    return {name: [(field, label) for field, label, _ in _fields(kind)] for name, kind in kinds.items()}


def _pairs(submission: Submission, told: _Told, title: str, path: str, kind: type) -> Group:
    try:
        one = addresses.record_at(submission, path)
    except CorrectionError:
        return Group(title, (), ())
    found = [_value(told, one, path, name, label, of) for name, label, of in _fields(kind)]
    found += _keyed(told, path, one)
    stated = tuple(value for value in found if value.text is not None or value.decision is not None)
    return Group(title, (), (stated,) if stated else (), pairs=True)


def _list(told: _Told, title: str, path: str, rows: tuple[Any, ...]) -> Group:
    """The columns that any of its rows states, or that people corrected."""
    stated = [
        (name, label, of)
        for name, label, of in _fields(cast(type, type(rows[0])))
        if any(getattr(row, name) is not None for row in rows)
        or any((f"{path}[{no}]", name) in told.corrections for no in range(len(rows)))
    ]
    table: list[dict[str, Value]] = []
    for no, row in enumerate(rows):
        at = f"{path}[{no}]"
        cells = {name: _value(told, row, at, name, label, of) for name, label, of in stated}
        if path.endswith("basics"):
            cells = {"path": _value(told, row, at, "path", "项目", "path")} | cells
        cells |= {value.field: value for value in _keyed(told, at, row)}
        table.append(cells)
    labels = {name: value.label for row in table for name, value in row.items()}
    names = list(labels)
    if path.endswith("basics"):  # their columns stand as they do in the file, whatever order the store has them in
        names.sort(key=lambda name: min((_column(row[name]) for row in table if name in row), default=0))
    return Group(title, tuple(labels[n] for n in names), tuple(tuple(row.get(n) for n in names) for row in table))


def _column(value: Value) -> int:
    """The column of the file that a value stands in; what has none stands first."""
    column = value.cell.rpartition("/")[2] if value.cell is not None else ""
    return int(column) if column and value.field.startswith("values.") else 0


def _keyed(told: _Told, path: str, one: Any) -> Iterator[Value]:
    """What a record states under headings of its own."""
    for name in ("values", "extra"):
        for key in getattr(one, name, None) or ():
            yield _value(told, one, path, f"{name}.{key}", key, "number" if name == "values" else "text")


def _value(told: _Told, one: Any, path: str, field: str, label: str, kind: str) -> Value:
    stated = addresses.field_of(one, path, field)
    text = addresses.text_of(stated)
    if field in CODES and stated in CODES[field]:
        shown = CODES[field][stated].chinese
    else:
        shown = text or "" if kind == "path" else tabular.shown(stated, field)
    return told.value(Value(path, field, label, text, shown, kind))


def _findings(submission: Submission, told: _Told) -> Iterator[Remark]:
    for finding in submission.findings:
        path = path_of(finding)
        where, _, field = path.rpartition(".")
        source = told.sources.get((where, field)) or next(
            (row for (there, _), row in told.sources.items() if there == where), None
        )
        verdict = told.verdicts.get((FINDING, path, finding.check, reviews.told(finding)))
        form = f"表{finding.form} " if finding.form else ""
        yield Remark(
            FINDING, path, finding.check, f"{form}{CHECKS[finding.check].chinese}", finding.message,
            place_text(origin_of(source)) if source is not None else None,
            verdict.verdict if verdict is not None else None,
            f"verdict/{verdict.verdict_id}" if verdict is not None else None,
            seen_as(reviews.told(finding)) or "",
        )  # fmt: skip


def _leftovers(told: _Told) -> Iterator[Remark]:
    for row in told.left:
        place = place_text(origin_of(row))
        verdict = told.verdicts.get((LEFTOVER, place, "", row.text))
        yield Remark(
            LEFTOVER, place, "", origin_of(row).chinese, row.text, place,
            verdict.verdict if verdict is not None else None,
            f"verdict/{verdict.verdict_id}" if verdict is not None else None, seen_as(row.text) or "",
        )  # fmt: skip
