"""Questions to the store: named ones (questions/*.sql) and free SQL, read-only, within limits of rows and time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.analysts import bounded
from schema.errors import StoreError, ZipingError
from schema.records import without_note
from schema.relational import tables
from schema.relational.views import VIEWS

if TYPE_CHECKING:
    from pipeline.store.connection import Store

ROWS = 1000  # rows an answer has at most, unless told otherwise
ALL = 10**9  # rows: no limit
SECONDS = 30.0  # seconds a question may take, unless told otherwise
PARAMETERS = ("year", "unit", "category")  # what a named question may ask for; '' stands for any
_FROM = re.compile(
    r"\b(?:FROM|JOIN)\s+(\w+)(?:\s+(?:AS\s+)?(?!(?:ON|WHERE|JOIN|LEFT|CROSS|GROUP|ORDER|LIMIT)\b)(\w+))?",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^-- (?:(\w+): )?(.+?) / (.+)$")


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
    found = sorted(files("pipeline.analysts").joinpath("questions").iterdir(), key=lambda entry: entry.name)
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


def ask(store: Store, name: str, values: dict[str, str], *, rows: int = ROWS, seconds: float = SECONDS) -> Answer:
    """The answer to a named question. values: its parameters, those left out stand for any. Raises ZipingError, StoreError."""
    question = questions().get(name)
    if question is None:
        raise ZipingError(name, "没有这个问题", f"可用：{'、'.join(questions())}")
    unknown = [given for given in values if given not in question.parameters]
    if unknown:
        takes = "、".join(f"--{p}" for p in question.parameters) or "没有参数"
        raise ZipingError(f"--{unknown[0]}", f"问题{name}没有这个参数", f"可用：{takes}")
    given = {p: values.get(p, "") for p in question.parameters}
    found = select(store, question.sql, given, rows=rows, seconds=seconds, trusted=True)
    return _answer(question.sql, found, question.labels)


def free(store: Store, sql: str, *, rows: int = ROWS, seconds: float = SECONDS, trusted: bool = False) -> Answer:
    """The answer to a SELECT. Raises StoreError where it is none, takes too long or too much, or is not right."""
    return _answer(sql, select(store, sql, {}, rows=rows, seconds=seconds, trusted=trusted), {})


def _answer(sql: str, found: bounded.Found, labels: dict[str, str]) -> Answer:
    known = titles(sql, found.columns)
    shown = tuple(map(lambda n, t: labels.get(n) or t, found.columns, known))
    return Answer(found.columns, shown, found.rows, found.more)


@cache
def _columns() -> dict[str, dict[str, Column]]:
    """Every table and view with its columns."""
    known: dict[str, dict[str, Column]] = {
        t.name: {c.name: Column(without_note(c.comment or c.name), _kind(c)) for c in t.columns}
        for t in tables.metadata.sorted_tables
    }
    for view in VIEWS:
        known[view.name] = {
            name: Column(without_note(chinese), next((t[name].kind for t in known.values() if name in t), None))
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
def select(
    store: Store,
    sql: str,
    values: dict[str, str],
    *,
    rows: int = ALL,
    seconds: float = SECONDS,
    trusted: bool = False,
) -> bounded.Found:
    """Columns and rows of one SELECT, answered where it can neither write nor reach another database or file, within limits that it
    cannot lift. trusted: on a server also as a user who may do more than that. Raises StoreError."""
    url = store.engine.url
    database = store.url if store.engine.dialect.name == "postgresql" else str(url.database)
    told = bounded.Statement(database, sql.strip().rstrip(";"), values, seconds, rows, trusted)
    try:
        return bounded.pool().select(told)
    except bounded.Unbounded as error:
        if str(error) == "time":
            raise StoreError("query", f"{seconds:g}秒内没有答完", "请缩小范围，或用--timeout放宽") from None
        trouble = f"查询所需内存超过{bounded.MEMORY >> 20} MB"
        raise StoreError("query", trouble, "请缩小范围，或用 ziping export 导出") from None
    except bounded.TooMighty:
        raise StoreError(
            store.shown, "这个用户在服务器上的权限过大（超级用户，或可读写服务器上的文件），不用它执行自由查询",
            "请用 ziping reader 建立的只读角色，或加--trust",
        ) from None  # fmt: skip
    except bounded.Wrong as error:
        raise StoreError("query", f"查询有误（{error}）", "只接受一条SELECT；表和列见 schema/DICTIONARY.md") from None


@contextmanager
def stream(
    store: Store, sql: str, values: dict[str, str]
) -> Iterator[tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    """Columns and rows of a SELECT of ziping's own, however many, as they are read. Raises StoreError."""
    if store.engine.dialect.name == "sqlite":
        with closing(bounded.read_only(Path(str(store.engine.url.database)))) as connection:
            cursor = connection.execute(sql, values)
            yield tuple(column[0] for column in cursor.description), cursor
        return
    with store.reading() as connection:
        options = connection.execution_options(stream_results=True, max_row_buffer=500)
        result = options.execute(sa.text(sql), values)
        yield tuple(result.keys()), (tuple(row) for row in result)
