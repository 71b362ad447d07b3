"""The store in a browser: Datasette with the dictionary's words, facets, the named questions and charts; it can only read."""

from __future__ import annotations

import atexit
import re
import sqlite3
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from pipeline.analysts import bounded, query
from schema import extras
from schema.errors import StoreError, ZipingError
from schema.relational import tables
from schema.relational.english import english
from schema.relational.views import VIEWS
from schema.visible import readable

SECONDS = 10  # that a statement may take
_AT_ONCE = 4  # statements
_FACETS = {
    "v_submission": ["fiscal_year", "unit", "province", "format"],
    "v_form": ["fiscal_year", "kind_zh", "unit"],
    "v_indicator": ["fiscal_year", "kind_zh", "category_zh"],
    "v_fund": ["fiscal_year", "item_zh", "kind_zh"],
    "v_project": ["fiscal_year", "unit"],
    "v_finding": ["fiscal_year", "check_zh", "unit"],
    "v_unit_year": ["fiscal_year", "province", "unit"],
}
# The columns of a view that people read, in the order they read them.
_READ = {
    "v_finding": ("unit", "fiscal_year", "form_no", "project", "check_zh", "message", "stated", "computed", "place", "submission_id"),
    "v_judgement": ("unit", "fiscal_year", "form_no", "severity", "message", "stated", "computed", "clause", "pack", "submission_id"),
    "v_score": ("unit", "fiscal_year", "form_no", "stated", "computed", "difference", "way", "pack", "submission_id"),
}  # fmt: skip
_LABELS = {
    "unit": "name",
    "submission": "unit",
    "file": "name",
    "form": "title",
    "code": "chinese",
    "run": "started_at",
}
_OTHERS = ("alembic_version", "passage_index")  # of no table of ours
_STYLE = "<style>dl.column-descriptions { columns: 3; font-size: 80%; max-height: 12em; overflow: auto }</style>"
# Which column of a question a chart shows over which, a point a row: bars of several rows would stand upon each other and add up.
_CHARTS = {
    "execution-rate": ("unit", "execution_rate"),
    "score-inflation": ("fiscal_year", "share_95"),
    "score-and-execution": ("execution_rate", "self_score"),
    "findings-per-form": ("unit", "per_form"),
    "moved-budgets": ("project", "moved"),
}
_FIGURES = ("execution_rate",)  # columns that a chart may have figures of below, too


def required() -> None:
    """Raises ZipingError where Datasette is not installed."""
    try:
        import datasette.app  # noqa: F401
    except ImportError:
        raise ZipingError("serve", "没有安装datasette", extras.remedy("analysis")) from None


def application(path: Path, name: str = "ziping") -> Any:
    """The Datasette application on a SQLite file."""
    from datasette.app import Datasette

    site = Datasette(
        [], metadata=metadata(name), settings={
            "allow_download": False, "allow_facet": True, "default_page_size": 50, "sql_time_limit_ms": SECONDS * 1000,
            "facet_time_limit_ms": 3000, "max_returned_rows": 5000, "num_sql_threads": 4,
        },
    )  # fmt: skip
    site.add_database(_database(site, path), name=name)
    site.remove_database("_memory")  # holds nothing
    return site


def _database(site: Any, path: Path) -> Any:
    """The file as Datasette asks it: every statement in a process of its own, under limits it cannot lift."""
    import asyncio

    from datasette.database import Database, QueryInterrupted, Results

    pool = bounded.Pool(_AT_ONCE)
    atexit.register(pool.close)

    class Bounded(Database):  # type: ignore[misc]
        async def execute(
            self, sql: str, params: Any = None, truncate: bool = False, custom_time_limit: int | None = None,
            page_size: int | None = None, log_sql_errors: bool = True,  # noqa: ARG002 - as Datasette calls it
        ) -> Any:  # fmt: skip
            limit = min(custom_time_limit or SECONDS * 1000, SECONDS * 1000) / 1000
            given = dict(params or {}) if isinstance(params or {}, Mapping) else list(params)
            most = self.ds.max_returned_rows if truncate else query.ALL
            most += truncate and most == (page_size or self.ds.page_size)
            told = bounded.Statement(str(path), sql, given, limit, most, schema=True)
            try:
                found = await asyncio.wrap_future(pool.submit(told))
            except bounded.Unbounded as error:
                raise QueryInterrupted(error, sql, params) from None
            except bounded.Wrong as error:
                raise sqlite3.OperationalError(str(error)) from None
            described = [(name, *[None] * 6) for name in found.columns]
            return Results([_Row.of(found.columns, row) for row in found.rows], found.more, described)

    return Bounded(site, path=str(path), is_mutable=True)


class _Row(tuple[Any, ...]):
    """A row that is asked by number and by name, as one of sqlite3."""

    columns: tuple[str, ...]

    @classmethod
    def of(cls, columns: tuple[str, ...], values: tuple[Any, ...]) -> _Row:
        row = cls(readable(value) if isinstance(value, str) else value for value in values)
        row.columns = columns
        return row

    def keys(self) -> tuple[str, ...]:
        return self.columns

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self.columns.index(key) if isinstance(key, str) else key)


def metadata(name: str) -> dict[str, Any]:
    """Titles, descriptions, facets and canned questions, from the dictionary and the questions."""
    shown: dict[str, Any] = {}
    for view in VIEWS:
        shown[view.name] = {
            "description_html": f"{view.chinese} · {view.english}{_read(name, view.name)}{_STYLE}", "facets": _FACETS.get(view.name, []),
            "columns": {column: f"{chinese} / {english}" for column, _, chinese, english in view.columns},
        }  # fmt: skip
    for table in tables.metadata.sorted_tables:
        shown[table.name] = {
            "description_html": f"{table.comment}{_STYLE}", "hidden": True,  # below the views, folded
            "columns": {c.name: f"{c.comment} / {english(c)}" for c in table.columns},
        } | ({"label_column": _LABELS[table.name]} if table.name in _LABELS else {})  # fmt: skip
    for other in _OTHERS:
        shown[other] = {"hidden": True}
    asked = {}
    for question in query.questions().values():
        about = question.english
        if question.name in _CHARTS:
            x, y = _CHARTS[question.name]
            told = {
                "g.mark": "point",
                "g.x_column": x,
                "g.x_type": "quantitative" if x in _FIGURES else "nominal",
                "g.y_column": y,
                "g.y_type": "quantitative",
            }
            about = f'{about} · <a href="/{name}/{question.name}?{_blank(question)}#{urlencode(told)}">图 chart</a>'
        asked[question.name] = {
            "sql": re.sub(r"^--.*\n", "", question.sql, flags=re.M), "title": question.chinese, "description_html": about,
            "params": list(question.parameters), "hide_sql": True,
        }  # fmt: skip
    return {
        "title": "绩效自评数据库 · ziping",
        "description": "先看 v_ 开头的视图：只含现行的材料；金额为万元，比率为小数。Begin with the views v_…: what counts now.",
        "databases": {name: {"tables": shown, "queries": asked}},
    }


def _read(name: str, view: str) -> str:
    """The way to a view's columns as people read them; empty where it is short enough as it is."""
    if view not in _READ:
        return ""
    columns = urlencode([("_col", column) for column in _READ[view]])
    return f' · <a href="/{name}/{view}?{columns}">只看要紧的列 what people read</a>'


def _blank(question: query.Question) -> str:
    return urlencode(dict.fromkeys(question.parameters, ""))


def serve(path: Path, host: str, port: int, names: Sequence[str] = ()) -> None:
    """Serves until it is stopped. names: under which it is reached, besides addresses and this machine's own.
    Raises StoreError where the port is taken."""
    import asyncio

    import uvicorn

    free_port(host, port)
    site = application(path)
    asyncio.run(site.invoke_startup())
    uvicorn.run(
        by_its_own_name(site.app(), (host, *names)),
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
    )


def free_port(host: str, port: int) -> None:
    """Raises StoreError where nobody can listen at a port."""
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
        except OSError as error:
            raise StoreError(f"{host}:{port}", f"不能监听（{error.strerror}）", "请用--port换一个端口") from None


def by_its_own_name(site: Any, names: Sequence[str], command: str = "serve") -> Any:
    """The application, which answers only to an address, this machine's names and those given: a page elsewhere that has its own name
    point here cannot read it through a visitor's browser (DNS rebinding)."""
    import socket

    known = {
        "localhost",
        socket.gethostname().lower(),
        socket.getfqdn().lower(),
        *(name.lower() for name in names),
    }

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            told = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(told) != 1 or not _is_here(told[0], known):
                head = [(b"content-type", b"text/plain; charset=utf-8")]
                await send({"type": "http.response.start", "status": 421, "headers": head})
                body = f"请用本机的地址或名称访问; 其他名称请用 ziping {command} --name 指明\n".encode()
                await send({"type": "http.response.body", "body": body})
                return
        await site(scope, receive, send)

    return guarded


def _is_here(host: str, known: set[str]) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        return name.lower() in known
    return True
