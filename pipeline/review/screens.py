"""The screens of a year: where it stands, its units, the queue."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import process_info
from pipeline.analysts import tabular
from pipeline.review import views
from pipeline.store import accounts, contents, looks, roster, roster_sheet
from pipeline.store.looks import Wanted
from schema.errors import ZipingError

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


def years_and_one(request: Request) -> tuple[list[int], int | None]:
    """The years there are, and the one that a page is about: as it was asked, else the latest."""
    years = roster.years(views.store_of(request))
    return years, views.year_of(request) or next(iter(years), None)


def home(request: Request) -> Response:
    store, (years, year) = views.store_of(request), years_and_one(request)
    return views.page(request, "home.html", years=years, of=year, now=standing(store, year))


# ---------------------------------------------------------------- units
def units(request: Request) -> Response:
    store, (years, year) = views.store_of(request), years_and_one(request)
    came = roster.came(store, year) if year is not None else []
    state = {one.submission_id: one for one in looks.queue(store, Wanted(year, every=True))}
    names = [one.unit.name for one in came if one.listed]
    return views.page(request, "units.html", years=years, of=year, came=came, state=state, names=names)


async def load_roster(request: Request) -> Response:
    from starlette.concurrency import run_in_threadpool

    if not views.session_of(request).may(accounts.LEAD):
        return views.not_allowed(request)
    async with request.form(max_files=1, max_part_size=1 << 20) as form:
        year, file = str(form.get("year", "")), form.get("file")
        if not year.isdigit() or file is None or isinstance(file, str) or not file.filename:
            raise ZipingError("名单", "没有写明年度或没有选择文件", "请填好后再载入")
        name, data = Path(file.filename).name, await file.read()

    def work() -> None:
        with tempfile.TemporaryDirectory(dir=process_info.workplace()) as folder:
            path = Path(folder, f"名单{Path(name).suffix[:8]}")
            path.write_bytes(data)
            roster.load(views.store_of(request), int(year), roster_sheet.from_file(path))

    await run_in_threadpool(work)
    return views.to(f"/units?year={year}")


def belongs(request: Request, sent: dict[str, str]) -> Response:
    """A person says whose a submission is."""
    year, submission, unit = (sent.get(name, "") for name in ("year", "submission", "unit"))
    roster.belongs(views.store_of(request), int(year), submission, unit, views.session_of(request).person)
    return views.to(f"/units?year={year}")


def export_units(request: Request) -> Response:
    year = views.year_of(request)
    if year is None:
        raise ZipingError("名单", "没有写明年度", "请先选年度")
    book = tabular.book()
    rows = roster.as_rows(roster.came(views.store_of(request), year))
    tabular.sheet(book, f"{year}年应报单位", roster.COLUMNS, roster.COLUMNS, rows)
    return views.file(_bytes(book), f"units-{year}.xlsx", views.XLSX)


def _bytes(book: Any) -> bytes:
    with tempfile.TemporaryDirectory(dir=process_info.workplace()) as folder:
        path = Path(folder, "sheet.xlsx")
        tabular.save(book, path)
        return path.read_bytes()


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
        unread=contents.refused(store), found=looks.queue(store, chosen, _PAGE, at), total=looks.number(store, chosen), at=at,
        step=_PAGE, filter=str(request.url.query),
    )  # fmt: skip
