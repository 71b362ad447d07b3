"""Columns from the fields of records, so that a field is written once, with its label, English name and kind; and those that many
tables share."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    or_,
)
from sqlalchemy import literal_column as literally

from schema import records
from schema.evidence import FACT
from schema.relational.types import Exact


def of_record(record: type, *, skip: tuple[str, ...] = ()) -> list[Column[Any]]:
    """One column per field of a record; a Quantity becomes three, contacts their own, lists are tables."""
    out: list[Column[Any]] = []
    hints = get_type_hints(record)
    told = records.about(record)
    for field in dataclasses.fields(record):
        if field.name in skip:
            continue
        kind = _base(hints[field.name])
        if kind is records.Contacts:
            out += of_record(records.Contacts)
        elif field.name in told:
            out += _of_field(record, field.name, told[field.name], kind)
    return out


def _of_field(record: type, name: str, told: records.About, kind: Any) -> list[Column[Any]]:
    def column(name: str, sql: Any, chinese: str, english: str, nullable: bool = True) -> Column[Any]:
        return Column(name, sql, comment=chinese, nullable=nullable, info={"english": english})

    if told.kind is records.Kind.QUANTITY:
        return [
            column(f"{name}_op", String(2), f"{told.label}：比较符", f"{told.english}: operator"),
            column(name, Exact, f"{told.label}：数值（百分比为小数）", f"{told.english}: figure (a rate is a fraction)"),
            column(f"{name}_unit", Text, f"{told.label}：单位", f"{told.english}: unit"),
        ]  # fmt: skip
    required = record is records.Finding and name in ("check", "where", "message")
    return [column(column_name(record, name), _SQL[kind], told.label, told.english, not required)]


# Words that SQL reserves have another name as columns.
NAMES = {"check": "check_code", "where": "place", "group": "group_name"}


def column_name(record: type, field: str) -> str:
    """The column of a field; a finding's `form` is a number, `form_no` as in every other table."""
    return "form_no" if record is records.Finding and field == "form" else NAMES.get(field, field)


_SQL: dict[Any, Any] = {str: Text, int: Integer, Decimal: Exact, date: Date, dict: JSON}


def _base(hint: Any) -> Any:
    """The plain type of an annotation; None for a list, which is a table of its own."""
    if get_origin(hint) in (UnionType, Union):
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        return _base(kinds[0]) if len(kinds) == 1 else str  # a figure or a text is stored as text
    if get_origin(hint) is tuple:
        return None
    return dict if get_origin(hint) is dict else hint


def key(name: str, comment: str) -> Column[Any]:
    return Column(name, Integer, nullable=False, comment=comment)


def submission_id() -> Column[Any]:
    return Column("submission_id", String(16), nullable=False, comment="自评材料编号")


def place() -> list[Column[Any]]:
    """Where in a file something stands."""
    return [
        Column("part", Text, nullable=False, comment="文件部分"),
        Column("block_no", Integer, nullable=False, comment="文件中第几个段落或表格，从1起"),
        Column("table_no", Integer, comment="第几个表格，从1起；段落为空"),
        Column("row_no", Integer, comment="第几行，从1起；段落为空"),
        Column("column_no", Integer, comment="第几列，从1起；段落为空"),
    ]


def suggested() -> list[Column[Any]]:
    """The one other reading of a recognised figure with which its form adds up."""
    return [
        Column("suggested", Exact, comment="扫描识别没有把握的数若读作此数，全表勾稽相符；没有的为空，读数不改"),
        Column("suggested_by", Text, comment="由哪些核对项证明，以逗号分隔"),
    ]


def standing() -> list[Column[Any]]:
    """How a form was read: by which confirmed layout, and how well."""
    return [
        Column("confirmed", Text, comment="按哪一种确认的版式读取；没有的为空"),
        Column("stated", Integer, comment="读出的值的个数；由旧版整理的为空"),
        Column("sure", Integer, comment="其中把握不低于0.9的"),
        Column("contradicted", Integer, comment="其中与表内勾稽不符的"),
        Column("unread", Integer, comment="这张表所在表格里未识别的单元格数"),
    ]


def of_submission(*columns: str) -> list[Any]:
    return [
        PrimaryKeyConstraint("submission_id", *columns),
        ForeignKeyConstraint(["submission_id"], ["submission.submission_id"], ondelete="CASCADE"),
    ]


def unsure(provenance: Any) -> ColumnElement[bool]:
    """The rows of provenance that people must look at; written out, so that a database sees that its index has just these."""
    p = provenance.c
    out: ColumnElement[bool] = or_(p.confidence < literally(str(FACT)), p.suggested.is_not(None))
    wanted: ColumnElement[bool] = out & p.corrected_by.is_(None)
    return wanted


def index_unsure(provenance: Table) -> None:
    """What people must look at, found without reading all that they need not."""
    wanted = unsure(provenance)
    Index("ix_provenance_unsure", provenance.c.submission_id, sqlite_where=wanted, postgresql_where=wanted)
