"""Questions to the store: named ones (questions/*.sql) and free SQL, read-only, within limits of rows and time."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from schema import tables
from schema.errors import StoreError, ZipingError
from schema.records import without_note
from schema.views import VIEWS

if TYPE_CHECKING:
    from pipeline.store import Store

ROWS = 1000  # rows an answer has at most, unless told otherwise
ALL = 10**9  # rows: no limit
SECONDS = 30.0  # seconds a question may take, unless told otherwise
PARAMETERS = ("year", "unit", "category")  # what a named question may ask for; '' stands for any
_STEPS = 10_000  # SQLite's steps between two looks at the clock
_LARGEST = 50 << 20  # bytes a value may have
_FROM = re.compile(
    r"\b(?:FROM|JOIN)\s+(\w+)(?:\s+(?:AS\s+)?(?!(?:ON|WHERE|JOIN|LEFT|CROSS|GROUP|ORDER|LIMIT)\b)(\w+))?",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^-- (?:(\w+): )?(.+?) / (.+)$")
_ALLOWED = frozenset(
    (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
)


@dataclass(frozen=True, slots=True)
class Question:
    """A named question. parameters: those of PARAMETERS that it takes; labels: column → Chinese."""

    name: str
    chinese: str
    english: str
    sql: str
    parameters: tuple[str, ...]
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """columns: names; labels: their Chinese titles; more: there were more rows than asked for."""

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    more: bool


@cache
def questions() -> dict[str, Question]:
    """Every named question."""
    found = sorted(files("pipeline").joinpath("questions").iterdir(), key=lambda entry: entry.name)
    return {q.name: q for q in map(_question, found) if q is not None}


def _question(entry: Any) -> Question | None:
    if not entry.name.endswith(".sql"):
        return None
    sql = entry.read_text(encoding="utf-8")
    head = [match for line in sql.splitlines() if (match := _HEAD.match(line))]
    return Question(
        entry.name.removesuffix(".sql"), head[0][2], head[0][3], sql,
        tuple(name for name in PARAMETERS if f":{name}" in sql), {match[1]: match[2] for match in head[1:] if match[1] not in PARAMETERS},
    )  # fmt: skip


def ask(
    store: Store, name: str, values: dict[str, str], *, rows: int = ROWS, seconds: float = SECONDS
) -> Answer:
    """The answer to a named question. values: its parameters, those left out stand for any. Raises ZipingError, StoreError."""
    question = questions().get(name)
    if question is None:
        raise ZipingError(name, "没有这个问题", f"可用：{'、'.join(questions())}")
    unknown = [given for given in values if given not in question.parameters]
    if unknown:
        takes = "、".join(f"--{p}" for p in question.parameters) or "没有参数"
        raise ZipingError(f"--{unknown[0]}", f"问题{name}没有这个参数", f"可用：{takes}")
    given = {p: values.get(p, "") for p in question.parameters}
    with select(store, question.sql, given, seconds=seconds) as (columns, found):
        return _answer(question.sql, columns, found, rows, question.labels)


def free(store: Store, sql: str, *, rows: int = ROWS, seconds: float = SECONDS) -> Answer:
    """The answer to a SELECT. Raises StoreError where it is none, takes too long or is not right."""
    with select(store, sql, {}, seconds=seconds) as (columns, found):
        return _answer(sql, columns, found, rows, {})


def _answer(
    sql: str, columns: tuple[str, ...], found: Iterator[tuple[Any, ...]], rows: int, labels: dict[str, str]
) -> Answer:
    out = list(islice(found, rows + 1))
    known = titles(sql, columns)
    return Answer(
        columns, tuple(map(lambda n, t: labels.get(n) or t, columns, known)), out[:rows], len(out) > rows
    )


@cache
def _columns() -> dict[str, dict[str, Column]]:
    """Every table and view with its columns."""
    known: dict[str, dict[str, Column]] = {
        t.name: {c.name: Column(without_note(c.comment or c.name), _kind(c)) for c in t.columns}
        for t in tables.metadata.sorted_tables
    }
    for view in VIEWS:
        known[view.name] = {
            name: Column(
                without_note(chinese), next((t[name].kind for t in known.values() if name in t), None)
            )
            for name, _, chinese, _ in view.columns
        }
    return known


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table or view: its Chinese title; kind: `number`, `integer`, `text`, None where only its values tell."""

    title: str
    kind: str | None


def _kind(column: sa.Column[Any]) -> str:
    if isinstance(column.type, tables.Exact):
        return "number"
    return "integer" if isinstance(column.type, sa.Integer) else "text"


def described(sql: str, columns: Sequence[str]) -> list[Column]:
    """The columns of a SELECT, by the tables it names: `name` of `file` is no `name` of `task`. A column that two of them have under
    different titles goes by its own name, unless the statement says whose it is (`t.name`, `t.number AS numbering`)."""
    named = {
        (match[2] or match[1]).lower(): match[1].lower()
        for match in _FROM.finditer(sql)
        if match[1].lower() in _columns()
    }
    out = []
    for column in columns:
        said = re.search(rf"\b(\w+)\.(\w+)\s+AS\s+{re.escape(column)}\b", sql, re.IGNORECASE) or re.search(
            rf"\b(\w+)\.({re.escape(column)})\b", sql, re.IGNORECASE
        )
        owner = named.get(said[1].lower()) if said else None
        owned = _columns()[owner].get(said[2]) if owner and said else None
        found = {t[column] for name in set(named.values()) if column in (t := _columns()[name])}
        out.append(owned or (found.pop() if len(found) == 1 else Column(column, None)))
    return out


def titles(sql: str, columns: Sequence[str]) -> list[str]:
    """The Chinese titles of the columns of a SELECT; a column's own name where it has none."""
    return [column.title for column in described(sql, columns)]


# ---------------------------------------------------------------- reading only
@contextmanager
def select(
    store: Store, sql: str, values: dict[str, str], *, seconds: float = SECONDS
) -> Iterator[tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    """Columns and rows of one SELECT, on a connection that can neither write nor reach another database or file. Rows come as they
    are read. Raises StoreError."""
    begun = time.monotonic()
    reader = _postgresql if store.engine.dialect.name == "postgresql" else _sqlite
    try:
        with reader(store, sql.strip().rstrip(";"), values, seconds) as found:
            yield found
    except (DBAPIError, sqlite3.Error, sqlite3.Warning) as error:
        trouble = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if time.monotonic() - begun >= seconds:
            raise StoreError("query", f"{seconds:g}秒内没有答完", "请缩小范围，或用--timeout放宽") from None
        raise StoreError(
            "query", f"查询有误（{trouble}）", "只接受一条SELECT；表和列见 schema/DICTIONARY.md"
        ) from None


@contextmanager
def _sqlite(
    store: Store, sql: str, values: dict[str, str], seconds: float
) -> Iterator[tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    connection = _read_only(str(store.engine.url.database))
    try:
        end = time.monotonic() + seconds
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        connection.set_authorizer(_authorize)
        cursor = connection.execute(sql, values)
        if cursor.description is None:
            raise sqlite3.Warning("not a SELECT")
        yield tuple(column[0] for column in cursor.description), cursor
    finally:
        connection.close()


def _read_only(path: str) -> sqlite3.Connection:
    """A connection to a SQLite file that cannot write it."""
    from urllib.parse import quote

    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=60)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    return connection


def _authorize(action: int, _: str | None, second: str | None, *__: Any) -> int:
    allowed = action in _ALLOWED and (second or "").lower() != "load_extension"
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


@contextmanager
def _postgresql(
    store: Store, sql: str, values: dict[str, str], seconds: float
) -> Iterator[tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    """A cursor on the server takes only one SELECT or VALUES, and in a transaction that only reads nothing can be written."""
    with store.engine.connect() as connection, connection.begin() as transaction:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
        if values:
            told = sa.text(sql).bindparams(
                *(sa.bindparam(name, value, sa.Text()) for name, value in values.items())
            )
            result = connection.execution_options(stream_results=True, max_row_buffer=500).execute(told)
        else:
            result = connection.execution_options(
                stream_results=True, max_row_buffer=500, no_parameters=True
            ).exec_driver_sql(sql)
        try:
            yield tuple(result.keys()), (tuple(row) for row in result)
        finally:
            result.close()
            transaction.rollback()
