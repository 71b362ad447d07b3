"""Takes the store's lists away: .xlsx, CSV, Parquet, JSON Lines, or a SQLite copy; contacts stay behind unless they are asked for."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.analysts import query, tabular
from pipeline.store import search
from pipeline.store.rows import CONTACTS, batches, put
from schema import extras
from schema.errors import StoreError, ZipingError
from schema.relational import tables

if TYPE_CHECKING:
    from pipeline.store.connection import Store

FILES = {".xlsx": "xlsx", ".db": "sqlite", ".sqlite": "sqlite", ".sqlite3": "sqlite"}
_CHUNK = 20_000  # rows that are held at once
_SHEET = 1_000_000  # rows a sheet of an .xlsx takes
_PERSON = re.compile("人|电话|手机|联系|领导")
_HEAD = "n.submission_id, n.unit, n.fiscal_year"
_JOIN = "JOIN v_submission n ON n.submission_id = t.submission_id"


@dataclass(frozen=True, slots=True)
class List:
    """A list to take away: its SQL, to which a condition on `n.submission_id` is added, and its order."""

    name: str
    chinese: str
    sql: str
    order: str = "n.submission_id"


LISTS = (
    List("submissions", "自评材料", "SELECT n.* FROM v_submission n"),
    List("forms", "自评表", "SELECT n.* FROM v_form n", "n.submission_id, n.form_no"),
    List("projects", "项目", "SELECT n.* FROM v_project n", "n.submission_id, n.form_no"),
    List("funds", "资金", "SELECT n.* FROM v_fund n", "n.submission_id, n.form_no, n.no"),
    List(
        "goals", "目标", f"SELECT {_HEAD}, t.form_no, t.no, t.planned, t.actual, t.weight, t.record FROM goal t {_JOIN}",
        "t.submission_id, t.form_no, t.no",
    ),
    List(
        "management", "资金管理",
        f"SELECT {_HEAD}, t.form_no, t.no, t.item, t.detail, t.problem, t.record FROM management t {_JOIN}",
        "t.submission_id, t.form_no, t.no",
    ),
    List(
        "tasks", "任务",
        f"SELECT {_HEAD}, t.form_no, t.no, t.name, t.planned, t.actual, t.reason, t.record FROM task t {_JOIN}",
        "t.submission_id, t.form_no, t.no",
    ),
    List("indicators", "指标", "SELECT n.* FROM v_indicator n", "n.submission_id, n.form_no, n.no"),
    List(
        "basics", "基础数据",
        f"SELECT {_HEAD}, t.form_no, t.no, t.group_name, t.path, v.heading, v.number, v.text, t.record FROM basic t "
        "JOIN basic_value v ON v.submission_id = t.submission_id AND v.form_no = t.form_no AND v.basic_no = t.no "
        f"{_JOIN}",
        "t.submission_id, t.form_no, t.no, v.heading",
    ),
    List(
        "sections", "章节",
        f"SELECT {_HEAD}, t.no, t.kind, t.level, t.number AS numbering, t.heading, t.text, t.record FROM section t {_JOIN}",
        "t.submission_id, t.no",
    ),
    List(
        "corrections", "人工更正",
        f"SELECT {_HEAD}, t.record, t.field, t.raw, t.found, t.should_be, t.reason, t.person, t.made_at, t.state FROM correction t {_JOIN} "
        "AND t.withdrawn_at IS NULL",
        "t.submission_id, t.correction_id",
    ),
    List("findings", "核对发现", "SELECT n.* FROM v_finding n", "n.submission_id, n.no"),
)  # fmt: skip
_PEOPLE = List(
    "contacts", "联系方式",
    f"SELECT {_HEAD}, t.no AS form_no, t.prepared_by, t.phone, t.leader FROM form t {_JOIN}", "t.submission_id, t.no",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """Which submissions: of a year, and those for which a condition on the columns of v_submission holds; and which lists."""

    year: int | None = None
    where: str | None = None
    lists: tuple[str, ...] = ()
    contacts: bool = False
    trusted: bool = False  # the condition, on a server whose user may do more than read
    beside: tuple[
        tuple[str, tuple[str, ...], tuple[tuple[Any, ...], ...]], ...
    ] = ()  # sheets of an .xlsx: title, headings, rows

    @property
    def condition(self) -> str:
        parts = [f"fiscal_year = {int(self.year)}"] if self.year is not None else []
        parts += [f"({self.where}\n)"] if self.where else []
        return f"SELECT submission_id FROM v_submission WHERE {' AND '.join(parts)}" if parts else ""

    def chosen(self) -> list[List]:
        """Raises ZipingError where a list is not known."""
        known = {found.name: found for found in (*LISTS, *([_PEOPLE] if self.contacts else []))}
        unknown = [name for name in self.lists if name not in known]
        if unknown:
            raise ZipingError(unknown[0], "没有这个列表", f"可用：{'、'.join(known)}")
        return [known[name] for name in self.lists] if self.lists else list(known.values())


Writer = Callable[["Store", Path, Choice, list[str] | None], dict[str, int]]


def export(store: Store, out: Path, kind: str, choice: Choice) -> dict[str, int]:
    """Writes the lists to `out` (a file for xlsx and sqlite, else a folder) as they are read; gives the rows of each. Raises
    ZipingError, StoreError."""
    ids = _ids(store, choice)
    if ids == []:
        raise ZipingError(out, "没有符合条件的材料，没有写入", "请核对--year和--where")
    try:
        return _WRITERS[kind](store, out, choice, ids)
    except OSError as error:
        raise StoreError(out, f"无法写入（{error.strerror or error}）", "请检查路径、权限和磁盘空间") from None


def _rows(store: Store, wanted: List, ids: list[str] | None) -> Any:
    if ids is None:
        return query.stream(store, f"{wanted.sql} ORDER BY {wanted.order}", {})
    limited = f" WHERE n.submission_id IN ({_LISTED[store.engine.dialect.name]})"
    return query.stream(store, f"{wanted.sql}{limited} ORDER BY {wanted.order}", {"ids": json.dumps(ids)})


_LISTED = {
    "sqlite": "SELECT value FROM json_each(:ids)",
    "postgresql": "SELECT jsonb_array_elements_text(CAST(:ids AS jsonb))",
}


def _ids(store: Store, choice: Choice) -> list[str] | None:
    """The submissions that are chosen; None for all. The condition is a person's own SQL and is answered within limits."""
    if not choice.condition:
        return None
    trusted = choice.trusted or choice.where is None
    return [row[0] for row in query.select(store, choice.condition, {}, trusted=trusted).rows]


def _xlsx(store: Store, out: Path, choice: Choice, ids: list[str] | None) -> dict[str, int]:
    book, counts = tabular.book(), {}
    for wanted in choice.chosen():
        with _rows(store, wanted, ids) as (columns, rows):
            labels = query.titles(wanted.sql, columns)
            total = tabular.sheet(book, wanted.chinese, columns, labels, islice(rows, _SHEET))
            part = 1
            while total == part * _SHEET and (first := next(rows, None)) is not None:
                part += 1
                title = f"{wanted.chinese}{part}"
                total += tabular.sheet(book, title, columns, labels, chain([first], islice(rows, _SHEET - 1)))
            counts[wanted.name] = total
    for title, headings, more in choice.beside:
        tabular.sheet(book, title, headings, headings, more)
    tabular.save(book, out)
    return counts


def _text(ending: str, write: Callable[..., None]) -> Writer:
    def written(store: Store, out: Path, choice: Choice, ids: list[str] | None) -> dict[str, int]:
        out.mkdir(parents=True, exist_ok=True)
        counts = {}
        for wanted in choice.chosen():
            # Excel takes a CSV for GBK unless it begins with a mark
            code = "utf-8-sig" if ending == "csv" else "utf-8"
            with (
                _rows(store, wanted, ids) as (columns, rows),
                (out / f"{wanted.name}.{ending}").open("w", encoding=code, newline="") as file,
            ):
                counted = _Counted(rows)
                write(columns, counted, file)
                counts[wanted.name] = counted.count
        return counts

    return written


class _Counted:
    """Rows that know how many of them were taken."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self.rows, self.count = rows, 0

    def __iter__(self) -> Iterator[Any]:
        for row in self.rows:
            self.count += 1
            yield row


def _parquet(store: Store, out: Path, choice: Choice, ids: list[str] | None) -> dict[str, int]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise ZipingError("parquet", "没有安装pyarrow", extras.remedy("analysis")) from None
    kinds = {"number": pa.float64(), "integer": pa.int64(), "text": pa.string()}
    out.mkdir(parents=True, exist_ok=True)
    counts = {}
    for wanted in choice.chosen():
        with _rows(store, wanted, ids) as (columns, rows):
            told = column_kinds(wanted.sql, columns)
            schema = pa.schema([(name, kinds[kind]) for name, kind in zip(columns, told, strict=True)])
            count = 0
            with pq.ParquetWriter(out / f"{wanted.name}.parquet", schema, compression="zstd") as writer:
                while chunk := list(islice(rows, _CHUNK)):
                    count += len(chunk)
                    arrays = [
                        pa.array(_values(kind, values), kinds[kind])
                        for kind, values in zip(told, zip(*chunk, strict=True), strict=True)
                    ]
                    writer.write_batch(pa.record_batch(arrays, schema=schema))
            counts[wanted.name] = count
    return counts


_COUNTS = ("forms", "indicators", "findings", "cells", "unexplained")  # columns that views compute


def column_kinds(sql: str, columns: Sequence[str]) -> list[str]:
    """What each column of a list holds: `number`, `integer` or `text`."""
    return [
        "number" if tabular.share(name) else "integer" if name in _COUNTS else column.kind or "text"
        for name, column in zip(columns, query.described(sql, columns), strict=True)
    ]


def _values(kind: str, values: Sequence[Any]) -> list[Any]:
    if kind == "number":
        return [None if value is None else float(value) for value in values]
    if kind == "integer":
        return list(values)
    return [None if value is None else str(value) for value in values]


# ---------------------------------------------------------------- a copy
_COPIED = (
    tables.unit, tables.unit_spelling, tables.file, tables.delivery, tables.submission, tables.form, *tables.LISTS.values(),
    tables.basic, tables.basic_value, tables.section, tables.finding, tables.provenance, tables.page, tables.leftover,
    tables.unknown_heading, tables.form_layout, tables.passage, tables.assignment, tables.judgement, tables.score_due,
)  # fmt: skip
_WITH_RAW_TEXT = (tables.leftover, tables.unknown_heading)  # may hold anything, a telephone number too


def _sqlite(store: Store, out: Path, choice: Choice, ids: list[str] | None) -> dict[str, int]:
    """The current submissions with the evidence of their values, without files' paths, stored documents, versions and runs."""
    from pipeline.store.opening import open_store

    if choice.lists:
        raise ZipingError("--list", "SQLite副本总是完整的", "请去掉--list")
    if out.exists():
        raise StoreError(out, "文件已存在", "请换一个文件名，或先删除它")
    if ids is None:
        with query.stream(store, "SELECT submission_id FROM v_submission", {}) as (_, rows):
            ids = [row[0] for row in rows]
    copy = open_store(str(out))
    counts: dict[str, int] = {}
    try:
        with store.reading() as source:

            def fill(target: sa.Connection) -> None:
                for table in _COPIED:
                    if choice.contacts or table not in _WITH_RAW_TEXT:
                        counts[table.name] = _copy(source, target, table, ids, choice.contacts)
                search.index(target)

            copy.write(fill)
    finally:
        copy.close()
    with closing(sqlite3.connect(out)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # one file, that may lie on a read-only disk
    for more in ("-turn", "-wal", "-shm"):
        Path(f"{out}{more}").unlink(missing_ok=True)
    return {name: counts[table] for name, table in (("submissions", "submission"), ("indicators", "indicator"))}


def _copy(source: Any, target: Any, table: sa.Table, ids: list[str], contacts: bool) -> int:
    count = 0
    for at in range(0, max(len(ids), 1), 500):
        found = [dict(row) for row in source.execute(_of(table, ids[at : at + 500], at == 0)).mappings()]
        if table is tables.submission:
            for row in found:
                row["lookups"] = None  # for a re-run, which needs the stored documents; may hold anything
        if table is tables.delivery:
            for row in found:
                row["path"] = Path(row["path"]).name
            found = list({(row["path"], row["sha256"]): row for row in found}.values())
        if not contacts:
            found = _without_contacts(table, found)
        for batch in batches({table: found}, target.dialect):
            put(target, batch)
        count += len(found)
    return count


def _of(table: sa.Table, ids: list[str], first: bool) -> sa.Select[Any]:
    chosen = sa.select(table)
    if "submission_id" in table.c:
        return chosen.where(table.c.submission_id.in_(ids))
    if "sha256" in table.c:
        s = tables.submission
        return chosen.where(table.c.sha256.in_(sa.select(s.c.sha256).where(s.c.submission_id.in_(ids))))
    return chosen.where(sa.true() if first else sa.false())


def _without_contacts(table: sa.Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if table is tables.form:
        for row in rows:
            row |= dict.fromkeys(CONTACTS)
    if table is tables.provenance:
        place = ("submission_id", "part", "block_no", "row_no", "column_no")
        hidden = {tuple(row[p] for p in place) for row in rows if row["field"] in CONTACTS}
        rows = [row for row in rows if row["field"] not in CONTACTS and not _PERSON.search(row["field"])]
        for row in rows:
            if tuple(row[p] for p in place) in hidden:
                row["raw"] = ""
    for row in rows:
        if row.get("extra"):
            row["extra"] = {k: v for k, v in row["extra"].items() if not _PERSON.search(k)} or None
    return rows


_WRITERS: dict[str, Writer] = {
    "xlsx": _xlsx, "csv": _text("csv", tabular.to_csv), "jsonl": _text("jsonl", tabular.to_lines), "parquet": _parquet,
    "sqlite": _sqlite,
}  # fmt: skip
