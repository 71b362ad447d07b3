"""What goes out of a year: its findings, the sheets, the table when all is looked at."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline import process_info
from pipeline.across import comparing
from pipeline.analysts import feedback, sheet_files
from pipeline.analysts.export import Choice
from pipeline.analysts.export import export as take
from pipeline.review import views
from pipeline.review.screens import standing, years_and_one
from pipeline.store import looks, muting, roster
from pipeline.store.looks import Wanted
from schema.checks import CHECKS
from schema.errors import ZipingError
from schema.packs.pack import SEVERITIES
from schema.packs.rule import RULES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_MOST = 2000  # findings that the page lists
_FINDINGS = sa.text(
    "SELECT check_code, check_zh AS kind, unit, fiscal_year, message, submission_id FROM v_finding "
    "WHERE (CAST(:year AS INTEGER) IS NULL OR fiscal_year = :year) ORDER BY check_zh, unit, submission_id LIMIT :most"
)
_JUDGED = sa.text(
    "SELECT j.severity, j.rule AS kind, j.unit, j.fiscal_year, j.message, j.clause, j.submission_id, j.other_id, x.passages "
    "FROM v_judgement j LEFT JOIN comparison x ON x.submission_id = j.submission_id AND x.no = j.no AND x.rule = j.rule "
    "WHERE (CAST(:year AS INTEGER) IS NULL OR j.fiscal_year = :year) AND j.muted IS NULL ORDER BY j.rule, j.unit, j.submission_id LIMIT :most"
).columns(passages=sa.JSON())


def findings(request: Request) -> Response:
    """What does not add up, the heaviest kinds first; then what the rule packs find, which is none of it."""
    store, asked = views.store_of(request), {"year": views.year_of(request), "most": _MOST + 1}
    with store.reading() as connection:
        rows, judged = connection.execute(_FINDINGS, asked).all(), connection.execute(_JUDGED, asked).all()
    found = _by_kind(rows[:_MOST], lambda row: CHECKS[row.check_code].severity)
    rules = _by_kind(judged[:_MOST], lambda row: list(SEVERITIES).index(row.severity))
    full = len(rows) > _MOST or len(judged) > _MOST
    return views.page(
        request,
        "findings.html",
        years=roster.years(store),
        found=found,
        rules=rules,
        named=RULES,
        muted=muting.muted(store),
        apart=comparing.waiting(store),
        most=_MOST,
        full=full,
    )


def compare(request: Request, _: dict[str, str]) -> Response:
    """The store's submissions are held against each other, as far as they are new or changed."""
    comparing.compare(views.store_of(request))
    return views.to("/findings")


def mute(request: Request, told: dict[str, str]) -> Response:
    """A rule is not told of a unit any more, or again: on whose word, and why."""
    store, rule, unit = views.store_of(request), told.get("rule", ""), told.get("unit", "")
    if "off" in told:
        muting.unmute(store, rule, unit)
    else:
        muting.mute(store, rule, unit, told.get("reason", ""), views.session_of(request).person)
    return views.to("/findings")


def _by_kind(rows: Iterable[Any], weight: Callable[[Any], int]) -> list[tuple[str, list[Any]]]:
    """Findings by kind: the heaviest first, of equal weight the most frequent."""
    kinds: dict[str, list[Any]] = {}
    for row in rows:
        kinds.setdefault(row.kind, []).append(row)
    return sorted(kinds.items(), key=lambda item: (weight(item[1][0]), -len(item[1])))


def sheets(request: Request) -> Response:
    """All feedback sheets of a year as one archive."""
    store, year = views.store_of(request), views.year_of(request)
    out = io.BytesIO()
    with (
        tempfile.TemporaryDirectory(dir=process_info.workplace()) as folder,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for submission in feedback.current(store, year):
            for path in sheet_files.write(feedback.sheet(store, submission), Path(folder), ("docx",)):
                archive.write(path, path.name)
    return views.file(out.getvalue(), f"sheets-{year or 'all'}.zip", "application/zip")


def done(request: Request) -> Response:
    store, (years, year) = views.store_of(request), years_and_one(request)
    now = standing(store, year)
    some = looks.queue(store, Wanted(year), 20)
    return views.page(
        request,
        "done.html",
        years=years,
        of=year,
        now=now,
        open=some,
        more=now.to_look - len(some),
        undated=looks.undated(store),
    )


def export_done(request: Request) -> Response:
    """The year's table, with who looked at what; refused while something needs a look."""
    store, year = views.store_of(request), views.year_of(request)
    if year is None:
        raise ZipingError("年度表", "没有写明年度", "请先选年度")
    found = looks.queue(store, Wanted(year, every=True))
    if waiting := sum(1 for one in found if one.total):
        raise ZipingError(f"{year}年", f"还有{waiting}份材料待核看", "请先到待办里看完")
    columns = ("单位", "文件", "核看人", "反馈单已发", "自评材料编号")
    rows = tuple(
        (
            one.unit,
            one.file,
            "、".join(one.looked) or "（没有需要核看的内容）",
            "是" if one.sent else "否",
            one.submission_id,
        )
        for one in found
    )
    with tempfile.TemporaryDirectory(dir=process_info.workplace()) as folder:
        path = Path(folder, "year.xlsx")
        take(store, path, "xlsx", Choice(year=year, beside=(("核看", columns, rows),)))
        return views.file(path.read_bytes(), f"ziping-{year}.xlsx", views.XLSX)
