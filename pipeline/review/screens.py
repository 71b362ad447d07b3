"""The screens of a year: where it stands, its units, the queue, the findings, and its end."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline import process_info
from pipeline.analysts import feedback, tabular
from pipeline.analysts.export import Choice
from pipeline.analysts.export import export as take
from pipeline.review import views
from pipeline.store import accounts, looks, roster
from pipeline.store.looks import Wanted
from schema.checks import CHECKS
from schema.errors import ZipingError
from schema.packs.rule import RULES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from pipeline.store.connection import Store

KINDS = {
    "unsure": ("没有把握的值", "values not sure"),
    "findings": ("核对发现", "findings"),
    "leftovers": ("未识别", "not understood"),
    "waiting": ("待复核的更正", "corrections to look at again"),
}
_PAGE = 50  # submissions on a page of the queue
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Standing:
    """A year in figures. unread: files that gave nothing, of all years, since an unread file has none."""

    expected: int
    received: int
    missing: int
    unread: int
    submissions: int
    to_look: int
    checked: int
    sent: int


def standing(store: Store, year: int | None) -> Standing:
    came = roster.came(store, year) if year is not None and roster.is_there(store, year) else []
    listed = [one for one in came if one.listed]
    found = looks.totals(store, year)
    return Standing(
        sum(one.unit.expected for one in listed), sum(min(len(one.submissions), one.unit.expected) for one in listed),
        sum(one.missing for one in listed), looks.unread_number(store), found.submissions, found.to_look,
        found.submissions - found.to_look, found.sent,
    )  # fmt: skip


def home(request: Request) -> Response:
    store = views.store_of(request)
    years = roster.years(store)
    year = views.year_of(request) or (years[0] if years else None)
    return views.page(request, "home.html", years=years, of=year, now=standing(store, year))


# ---------------------------------------------------------------- units
def units(request: Request) -> Response:
    store = views.store_of(request)
    years = roster.years(store)
    year = views.year_of(request) or (years[0] if years else None)
    came = roster.came(store, year) if year is not None else []
    state = {one.submission_id: one for one in looks.queue(store, Wanted(year, every=True))}
    names = [one.unit.name for one in came if one.listed]
    return views.page(request, "units.html", years=years, of=year, came=came, state=state, names=names)


async def load_roster(request: Request) -> Response:
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import RedirectResponse

    if not views.session_of(request).may(accounts.LEAD):
        return views.not_allowed(request)
    async with request.form(max_files=1, max_part_size=1 << 20) as form:
        year, file = str(form.get("year", "")), form.get("file")
        if not year.isdigit() or file is None or isinstance(file, str) or not file.filename:
            return views.refused(request, ZipingError("名单", "没有写明年度或没有选择文件", "请填好后再载入"))
        name, data = Path(file.filename).name, await file.read()

    def work() -> None:
        with tempfile.TemporaryDirectory(dir=process_info.workplace()) as folder:
            path = Path(folder, f"名单{Path(name).suffix[:8]}")
            path.write_bytes(data)
            roster.load(views.store_of(request), int(year), roster.from_file(path))

    try:
        await run_in_threadpool(work)
    except ZipingError as error:
        return views.refused(request, error)
    return RedirectResponse(f"/units?year={year}", 303)


async def belongs(request: Request) -> Response:
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import RedirectResponse

    session = views.session_of(request)
    if not session.may(accounts.REVIEWER):
        return views.not_allowed(request)
    async with request.form() as form:
        year, submission, unit = (str(form.get(name, "")) for name in ("year", "submission", "unit"))
    try:
        store = views.store_of(request)
        await run_in_threadpool(roster.belongs, store, int(year), submission, unit, session.person)
    except ZipingError as error:
        return views.refused(request, error)
    return RedirectResponse(f"/units?year={year}", 303)


def export_units(request: Request) -> Response:
    year = views.year_of(request)
    if year is None:
        return views.refused(request, ZipingError("名单", "没有写明年度", "请先选年度"))
    book = tabular.book()
    rows = roster.as_rows(roster.came(views.store_of(request), year))
    tabular.sheet(book, f"{year}年应报单位", roster.COLUMNS, roster.COLUMNS, rows)
    return _file(_bytes(book), f"units-{year}.xlsx", _XLSX)


def _bytes(book: Any) -> bytes:
    with tempfile.TemporaryDirectory(dir=process_info.workplace()) as folder:
        path = Path(folder, "sheet.xlsx")
        tabular.save(book, path)
        return path.read_bytes()


def _file(data: bytes, name: str, kind: str) -> Response:
    from starlette.responses import Response

    return Response(data, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


# ---------------------------------------------------------------- the queue
def wanted(request: Request) -> Wanted:
    """The filter that a page of the queue, or a submission opened from it, was asked with."""
    asked = request.query_params
    return Wanted(views.year_of(request), asked.get("kind", ""), asked.get("unit", ""))


def queue(request: Request) -> Response:
    store, asked = views.store_of(request), request.query_params
    chosen = wanted(request)
    at = int(asked.get("at", "0")) if asked.get("at", "0").isdigit() else 0
    return views.page(
        request, "queue.html", years=roster.years(store), kinds=KINDS, kind=chosen.kind, unit=chosen.unit,
        unread=looks.unread_files(store), found=looks.queue(store, chosen, _PAGE, at), total=looks.number(store, chosen), at=at,
        step=_PAGE, filter=str(request.url.query),
    )  # fmt: skip


# ---------------------------------------------------------------- findings, sheets, the end
_MOST = 2000  # findings that the page lists
_FINDINGS = sa.text(
    "SELECT check_code, check_zh AS kind, unit, fiscal_year, message, submission_id FROM v_finding "
    "WHERE (CAST(:year AS INTEGER) IS NULL OR fiscal_year = :year) ORDER BY check_zh, unit, submission_id LIMIT :most"
)
_JUDGED = sa.text(
    "SELECT severity, rule AS kind, unit, fiscal_year, message, clause, submission_id FROM v_judgement "
    "WHERE (CAST(:year AS INTEGER) IS NULL OR fiscal_year = :year) ORDER BY rule, unit, submission_id LIMIT :most"
)
_SEVERITIES = ("must", "should", "may")


def findings(request: Request) -> Response:
    """What does not add up, the heaviest kinds first; then what the rule packs find, which is none of it."""
    store, asked = views.store_of(request), {"year": views.year_of(request), "most": _MOST + 1}
    with store.reading() as connection:
        rows, judged = connection.execute(_FINDINGS, asked).all(), connection.execute(_JUDGED, asked).all()
    found = _by_kind(rows[:_MOST], lambda row: CHECKS[row.check_code].severity)
    rules = _by_kind(judged[:_MOST], lambda row: _SEVERITIES.index(row.severity))
    full = len(rows) > _MOST or len(judged) > _MOST
    return views.page(
        request,
        "findings.html",
        years=roster.years(store),
        found=found,
        rules=rules,
        named=RULES,
        most=_MOST,
        full=full,
    )


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
            for path in feedback.write(feedback.sheet(store, submission), Path(folder), ("docx",)):
                archive.write(path, path.name)
    return _file(out.getvalue(), f"sheets-{year or 'all'}.zip", "application/zip")


def done(request: Request) -> Response:
    store = views.store_of(request)
    years = roster.years(store)
    year = views.year_of(request) or (years[0] if years else None)
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
        return views.refused(request, ZipingError("年度表", "没有写明年度", "请先选年度"))
    found = looks.queue(store, Wanted(year, every=True))
    if waiting := sum(1 for one in found if one.total):
        return views.refused(request, ZipingError(f"{year}年", f"还有{waiting}份材料待核看", "请先到待办里看完"))
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
        try:
            take(store, path, "xlsx", Choice(year=year, beside=(("核看", columns, rows),)))
        except ZipingError as error:
            return views.refused(request, error)
        return _file(path.read_bytes(), f"ziping-{year}.xlsx", _XLSX)
