"""A submission as rows of the store's tables, and back as the record of RECORDS.md."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa

from normalizers.text import grams
from pipeline.extract import Extraction, json_value, sources
from pipeline.store import copies, standing
from schema.document import Origin
from schema.exact import exact
from schema.records import (
    LISTS,
    Basic,
    Contacts,
    Finding,
    Form,
    Indicator,
    Kind,
    Quantity,
    Report,
    Section,
    about,
    of_kind,
)
from schema.relational import columns, tables

# What a full-text search finds.
SEARCHED = {
    table: tuple(name for name, told in about(record).items() if told.searched)
    for record, table in (
        (Form, tables.form), (Section, tables.section), *((LISTS[name], table) for name, table in tables.LISTS.items()),
    )
}  # fmt: skip
CONTACTS = tuple(about(Contacts))
_QUANTITIES = of_kind(Indicator, Kind.QUANTITY)
_KEYS = ("rules_key", "words_key", "lookups")
# The rows of one submission, by table, in the order in which they may be written.
Rows = dict[sa.Table, list[dict[str, Any]]]


# ---------------------------------------------------------------- records → rows
def rows(extraction: Extraction, keys: dict[str, str]) -> Rows:
    """The rows of one submission; keys: by which it was understood."""
    document, submission, evidence = extraction.document, extraction.submission, extraction.evidence
    key = {"submission_id": document.digest[:16]}
    out: Rows = {
        tables.submission: [
            {
                **key, "sha256": document.digest, "subject": copies.subject(submission),
                **_flat(submission.report),
                "cells": evidence.cells, "used": evidence.used, "ornament": evidence.ornament,
                "unexplained": len(evidence.leftovers), "lookups": evidence.lookups, **keys,
            }
        ],
        **{table: [] for table in (tables.form, *tables.LISTS.values(), tables.basic, tables.basic_value)},
    }  # fmt: skip
    for index, form in enumerate(submission.forms):
        path = f"forms[{index}]"
        out[tables.form].append({**key, "record": path, **_flat(form)})
        of_form = {**key, "form_no": form.no}
        for name, table in tables.LISTS.items():
            for i, record in enumerate(getattr(form, name)):
                out[table].append({**of_form, "record": f"{path}.{name}[{i}]", **_flat(record), "no": i + 1})
        for i, basic in enumerate(form.basics):
            out[tables.basic].append({**of_form, "record": f"{path}.basics[{i}]", "no": i + 1, **_basic(basic)})
            out[tables.basic_value] += [
                {**of_form, "basic_no": i + 1, "heading": heading, "number": None, "text": None}
                | ({"number": exact(value)} if isinstance(value, Decimal) else {"text": value})
                for heading, value in basic.values.items()
            ]
    out[tables.section] = [
        {**key, "record": f"sections[{i}]", **_flat(section)} for i, section in enumerate(submission.sections)
    ]
    out[tables.finding] = [{**key, "no": i + 1, **_flat(finding)} for i, finding in enumerate(submission.findings)]
    out[tables.provenance] = [
        {
            **key,
            "no": i + 1,
            "record": p.record,
            "field": p.field,
            "raw": p.raw,
            "confidence": p.confidence,
            "recognition": p.recognition,
            "proof": p.proof,
            "recognised": p.recognised,
            "corrected_by": p.corrected_by,
            "suggested": p.suggested and exact(p.suggested.value),
            "suggested_by": p.suggested and ",".join(p.suggested.checks),
            **_origin(p.origin),
            **pages_of(p.origin),
        }
        for i, p in enumerate(sources(extraction))
    ]
    out[tables.passage] = [passage for table in SEARCHED for row in out[table] for passage in passages(table, row)]
    out[tables.page] = [
        {**key, "page_no": page.page, "reader": page.reader, "reason": page.reason} for page in document.pages
    ]
    out[tables.leftover] = [
        {**key, "no": i + 1, "text": left.text, **_origin(left.origin)} for i, left in enumerate(evidence.leftovers)
    ]
    standings = standing.of_forms(submission, evidence)
    out[tables.form_layout] = [
        {
            **key, "form_no": outline.form, "fingerprint": fingerprint(outline.headings),
            "headings": [list(heading) for heading in outline.headings], "confirmed": outline.confirmed,
            **dataclasses.asdict(standings[outline.form]),
        }
        for outline in evidence.outlines
    ]  # fmt: skip
    out[tables.unknown_heading] = [
        {
            **key, "no": i + 1, "text": u.text, "block": u.block, "field": u.field, "reason": u.reason, "taken": u.taken,
            "below": list(u.below), "beside": list(u.beside), **_origin(u.origin),
        }
        for i, u in enumerate(evidence.unknown)
    ]  # fmt: skip
    return out


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one table as the database's driver takes them: made before anybody has to wait for the store."""

    table: sa.Table
    statement: str
    values: list[Any]


def batches(fresh: Rows, dialect: sa.Dialect) -> list[Batch]:
    """The rows of a submission in the order in which they may be written; a table without rows is left out."""
    out = []
    for table, found in fresh.items():
        if found:
            statement, order, told = _insert(table, tuple(found[0]), dialect)
            if told:
                found = [row | {n: tell(row[n]) for n, tell in told.items() if row[n] is not None} for row in found]
            out.append(Batch(table, statement, [tuple(map(row.get, order)) for row in found] if order else found))
    return out


@lru_cache(maxsize=128)
def _insert(
    table: sa.Table, names: tuple[str, ...], dialect: sa.Dialect
) -> tuple[str, tuple[str, ...], dict[str, Callable[[Any], Any]]]:
    """The statement, the order of its values (empty where they go by name), and how the values of some columns are told."""
    compiled = table.insert().compile(dialect=dialect, column_keys=list(names))
    processors = {name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names}
    told: dict[str, Any] = {name: processor for name, processor in processors.items() if processor is not None}
    return str(compiled), tuple(getattr(compiled, "positiontup", None) or ()), told


def put(connection: sa.Connection, batch: Batch) -> None:
    """Writes rows of a batch."""
    connection.exec_driver_sql(batch.statement, batch.values)


def _flat(record: Any) -> dict[str, Any]:
    """A record's own fields as the columns of its table."""
    out: dict[str, Any] = {}
    kind: type = type(record)
    for field, what in about(kind).items():
        value = getattr(record, field)
        name = columns.column_name(kind, field)
        if what.kind is Kind.QUANTITY:
            out |= _quantity(field, value)
        elif what.kind is Kind.NUMBER:
            out[name] = str(exact(value)) if isinstance(value, Decimal) else None if value is None else str(value)
        else:
            out[name] = exact(value) if isinstance(value, Decimal) else value
    return out | (_flat(record.contacts) if isinstance(record, Form) else {})


def _quantity(name: str, value: Quantity | None) -> dict[str, Any]:
    if value is None:
        return {f"{name}_op": None, name: None, f"{name}_unit": None}
    return {f"{name}_op": value.op, name: exact(value.value), f"{name}_unit": value.unit}


def _basic(basic: Basic) -> dict[str, Any]:
    return {"group_name": basic.group, "path": " / ".join(basic.path), "depth": len(basic.path)}


def fingerprint(headings: Iterable[Sequence[str | None]]) -> str:
    """Twelve hexadecimal digits; the same for forms with the same headings in the same order."""
    spelt = "\n".join(f"{block}:{spelling}" for block, spelling, _ in headings)
    return hashlib.sha256(spelt.encode()).hexdigest()[:12]


def passages(table: sa.Table, row: Mapping[Any, Any]) -> Iterator[dict[str, Any]]:
    """The rows of `passage` that a row of another table gives."""
    for name in SEARCHED[table]:
        if row[name] and grams(row[name]):
            yield {
                "submission_id": row["submission_id"], "record": row["record"], "field": name, "text": row[name],
            }  # fmt: skip


def origin_of(row: Any) -> Origin:
    """Where something stands in its file, from the columns of a row that say so."""
    return Origin(row.part, row.block_no, row.table_no, row.row_no, row.column_no)


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "part": origin.part, "block_no": origin.block, "table_no": origin.table, "row_no": origin.row,
        "column_no": origin.column,
    }  # fmt: skip


def pages_of(origin: Origin) -> dict[str, Any]:
    """The columns that say where on its page something stands."""
    boxes = [[p.page, p.left, p.top, p.right, p.bottom] for p in origin.places]
    return {"page_no": boxes[0][0] if boxes else None, "boxes": boxes or None}


def add(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> None:
    """Writes one row."""
    for batch in batches({table: [row]}, connection.dialect):
        put(connection, batch)


def once(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
    """Writes one row unless its key is there; another process may be writing it at the same moment. Was it written?"""
    (batch,) = batches({table: [row]}, connection.dialect)
    return connection.exec_driver_sql(f"{batch.statement} ON CONFLICT DO NOTHING", batch.values).rowcount == 1


def same(connection: sa.Connection, submission_id: str, fresh: Rows) -> bool:
    """Do the tables hold these very rows of a submission, whatever it was understood by?"""
    for table, wanted in fresh.items():
        names, query = _held(table)
        there = connection.execute(query, {"submission": submission_id}).all()
        if len(there) != len(wanted):
            return False
        made = (tuple(row[name] for name in names) for row in wanted)
        if sorted(map(tuple, there), key=repr) != sorted(made, key=repr):
            return False
    return True


@cache
def _held(table: sa.Table) -> tuple[list[str], sa.Select[Any]]:
    names = [c.name for c in table.columns if c.name not in (*_KEYS, "passage_id")]
    return names, sa.select(*(table.c[name] for name in names)).where(_of_submission(table))


def _of_submission(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.submission_id == sa.bindparam("submission")


def clear(connection: sa.Connection, table: sa.Table, submission_id: str) -> None:
    """Takes a submission's rows out of a table."""
    connection.execute(_cleared(table), {"submission": submission_id})


@cache
def _cleared(table: sa.Table) -> sa.Delete:
    return table.delete().where(_of_submission(table))


# ---------------------------------------------------------------- rows → record
def record(connection: sa.Connection, submission_id: str) -> dict[str, Any]:
    """The current record of a submission, by its whole id."""
    return _Loader(connection, submission_id).record()


def stated(connection: sa.Connection, submission_id: str) -> dict[str, Any]:
    """Of the current record of a submission, what its cover, its forms and its text state."""
    return _Loader(connection, submission_id).stated()


class _Loader:
    """Reads one submission's rows back into the record they were written from."""

    def __init__(self, connection: sa.Connection, submission_id: str) -> None:
        self.connection = connection
        self.submission_id = submission_id

    def stated(self) -> dict[str, Any]:
        (head,) = self._all(tables.submission)
        forms = [self._form(row) for row in self._all(tables.form)]
        report = {name: json_value(getattr(head, name)) for name in about(Report)}
        sections = [_back(row, ("submission_id", "record")) for row in self._all(tables.section)]
        return {"report": report, "forms": forms, "sections": sections}

    def record(self) -> dict[str, Any]:
        (head,) = self._all(tables.submission)
        return {
            **self.stated(),
            "findings": [self._finding(row) for row in self._all(tables.finding)],
            "coverage": {
                "cells": head.cells, "used": head.used, "ornament": head.ornament,
                "unexplained": [
                    {"where": str(origin_of(r)), "text": r.text.strip()}
                    for r in self._all(tables.leftover)
                ],
            },
        }  # fmt: skip

    def _all(self, table: sa.Table, **key: int) -> list[sa.Row[Any]]:
        query = _rows_of(table, tuple(key))
        return list(self.connection.execute(query, {"submission": self.submission_id, **key}))

    def _form(self, row: sa.Row[Any]) -> dict[str, Any]:
        form = _back(row, ("submission_id", "record"))
        form["contacts"] = {name: form.pop(name) for name in CONTACTS}
        for name, table in tables.LISTS.items():
            rows = self._all(table, form_no=row.no)
            dropped = ("submission_id", "form_no", "record") + (() if "no" in about(LISTS[name]) else ("no",))
            form[name] = [_back(r, dropped) for r in rows]
        values: dict[int, dict[str, Any]] = defaultdict(dict)
        for v in self._all(tables.basic_value, form_no=row.no):
            values[v.basic_no][v.heading] = json_value(v.number) if v.number is not None else v.text
        form["basics"] = [
            {"group": r.group_name, "path": r.path.split(" / ") if r.path else [], "values": values[r.no]}
            for r in self._all(tables.basic, form_no=row.no)
        ]
        return form

    @staticmethod
    def _finding(row: sa.Row[Any]) -> dict[str, Any]:
        names = {columns.column_name(Finding, f.name): f.name for f in dataclasses.fields(Finding)}
        finding = {names.get(k, k): v for k, v in row._mapping.items() if k not in ("submission_id", "no")}
        for field in ("stated", "computed"):
            finding[field] = _figure(finding[field])
        return finding


@cache
def _rows_of(table: sa.Table, names: tuple[str, ...]) -> sa.Select[Any]:
    wanted = (_of_submission(table), *(table.c[name] == sa.bindparam(name) for name in names))
    return sa.select(table).where(*wanted).order_by(*table.primary_key.columns)


def _figure(text: str | None) -> Decimal | str | None:
    try:
        return Decimal(text) if text is not None else None
    except ArithmeticError:
        return text


def _back(row: sa.Row[Any], dropped: tuple[str, ...]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    mapping = dict(row._mapping)
    for name in _QUANTITIES:
        if name in mapping:
            op, unit = mapping.pop(f"{name}_op"), mapping.pop(f"{name}_unit")
            value = mapping[name]
            mapping[name] = {"op": op, "value": json_value(value), "unit": unit} if op is not None else None
    for name, value in mapping.items():
        if name not in dropped and not (name == "extra" and value is None):
            out[name] = json_value(value)
    return out
