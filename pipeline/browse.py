"""The store in a browser: Datasette with the dictionary's words, facets, the named questions and charts; it can only read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pipeline import query
from schema import tables
from schema.english import english
from schema.errors import StoreError, ZipingError
from schema.views import VIEWS

_FACETS = {
    "v_submission": ["fiscal_year", "unit", "province", "format"],
    "v_form": ["fiscal_year", "kind_zh", "unit"],
    "v_indicator": ["fiscal_year", "kind_zh", "category_zh"],
    "v_fund": ["fiscal_year", "item_zh", "kind_zh"],
    "v_project": ["fiscal_year", "unit"],
    "v_finding": ["fiscal_year", "check_zh", "unit"],
    "v_unit_year": ["fiscal_year", "province", "unit"],
}
_LABELS = {
    "unit": "name",
    "submission": "unit",
    "file": "name",
    "form": "title",
    "code": "chinese",
    "run": "started_at",
}
_HIDDEN = ("document", "wordlist", "lease", "passage")
_OTHERS = ("alembic_version", "passage_index")  # of no table of ours
_STYLE = (
    "<style>dl.column-descriptions { columns: 3; font-size: 80%; max-height: 12em; overflow: auto }</style>"
)
# Which column of a question a chart shows over which.
_CHARTS = {
    "execution-rate": ("bar", "unit", "execution_rate"),
    "score-inflation": ("bar", "fiscal_year", "share_95"),
    "score-and-execution": ("point", "execution_rate", "self_score"),
    "findings-per-form": ("bar", "unit", "per_form"),
    "moved-budgets": ("bar", "project", "moved"),
}


def application(path: Path, name: str = "ziping") -> Any:
    """The Datasette application on a SQLite file. Raises ZipingError where Datasette is not installed."""
    try:
        from datasette.app import Datasette
        from datasette.database import Database
    except ImportError:
        raise ZipingError("serve", "没有安装datasette", "请安装 ziping[analysis]") from None
    site = Datasette(
        [], metadata=metadata(name), settings={
            "allow_download": False, "allow_facet": True, "default_page_size": 50, "sql_time_limit_ms": 10_000,
            "facet_time_limit_ms": 3000, "max_returned_rows": 5000, "num_sql_threads": 4,
        },
    )  # fmt: skip
    site.add_database(Database(site, path=str(path), is_mutable=True), name=name)
    return site


def metadata(name: str) -> dict[str, Any]:
    """Titles, descriptions, facets and canned questions, from the dictionary and the questions."""
    shown: dict[str, Any] = {}
    for view in VIEWS:
        shown[view.name] = {
            "description_html": f"{view.chinese} · {view.english}{_STYLE}", "facets": _FACETS.get(view.name, []),
            "columns": {column: f"{chinese} / {english}" for column, _, chinese, english in view.columns},
        }  # fmt: skip
    for table in tables.metadata.sorted_tables:
        shown[table.name] = {
            "description_html": f"{table.comment}{_STYLE}", "hidden": table.name in _HIDDEN,
            "columns": {c.name: f"{c.comment} / {english(c)}" for c in table.columns},
        } | ({"label_column": _LABELS[table.name]} if table.name in _LABELS else {})  # fmt: skip
    for other in _OTHERS:
        shown[other] = {"hidden": True}
    asked = {}
    for question in query.questions().values():
        about = question.english
        if question.name in _CHARTS:
            mark, x, y = _CHARTS[question.name]
            kinds = {"bar": ("nominal", "quantitative"), "point": ("quantitative", "quantitative")}[mark]
            told = {
                "g.mark": mark,
                "g.x_column": x,
                "g.x_type": kinds[0],
                "g.y_column": y,
                "g.y_type": kinds[1],
            }
            about = f'{about} · <a href="/{name}/{question.name}?{_blank(question)}#{urlencode(told)}">图 chart</a>'
        asked[question.name] = {
            "sql": re.sub(r"^--.*\n", "", question.sql, flags=re.M), "title": question.chinese, "description_html": about,
            "params": list(question.parameters),
        }  # fmt: skip
    return {
        "title": "绩效自评数据库 · ziping",
        "description": "先看 v_ 开头的视图：只含现行的材料；金额为万元，比率为小数。Begin with the views v_…: what counts now.",
        "databases": {name: {"tables": shown, "queries": asked}},
    }


def _blank(question: query.Question) -> str:
    return urlencode(dict.fromkeys(question.parameters, ""))


def serve(path: Path, host: str, port: int) -> None:
    """Serves until it is stopped. Raises StoreError where the port is taken."""
    import asyncio
    import socket

    import uvicorn

    with socket.socket() as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
        except OSError as error:
            raise StoreError(
                f"{host}:{port}", f"不能监听（{error.strerror}）", "请用--port换一个端口"
            ) from None
    site = application(path)
    asyncio.run(site.invoke_startup())
    uvicorn.run(site.app(), host=host, port=port, log_level="warning")
