"""One submission beside its source, and what is decided of it: right, corrected, misread, nothing to read, taken back."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pipeline import reviews
from pipeline.analysts import feedback
from pipeline.rerun import changes, correcting
from pipeline.rerun.correcting import Seen
from pipeline.review import drawing, screens, views
from pipeline.review.reading import Reading, fields_of_records, reading
from pipeline.store import accounts, contents, looks, verdicts
from pipeline.store.verdicts import Said
from schema.errors import StoreError, ZipingError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_REASON = "核看时对照原文更正"
_SUGGESTED = "按勾稽关系证明的更正建议更正"
_BLANK = "核看时对照原文：原文没有写"
_READERS = ("rapidocr",)  # of pages that were straightened as scans


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def show(request: Request) -> Response:
    """The submission beside its source; whoever opens it holds it for a while where nobody else does."""
    store, session = views.store_of(request), views.session_of(request)
    try:
        found = reading(store, _id(request))
        holder = (
            looks.claim(store, found.submission_id, session.person, session.number)
            if session.may(accounts.REVIEWER)
            else None
        )
        return views.page(
            request, "submission.html", **_drawn(request, found), **_beside(request, found), holder=holder
        )
    except ZipingError as error:
        return views.refused(request, error)


def _drawn(request: Request, found: Reading) -> dict[str, Any]:
    """The source: pictures of its pages where it has any and its bytes are there, else the document as it was read."""
    store, drawer = views.store_of(request), views.drawer_of(request)
    with store.reading() as connection:
        document = verdicts.document_of(connection, found.submission_id)
    trouble = None
    pages: list[drawing.Outlined] = []
    try:
        sizes = drawer.sizes(found.file, found.format, found.sha256)
        pages = drawing.outlined(document, sizes)
    except ZipingError as error:
        trouble = error.reason
    as_text = request.query_params.get("source") == "text" or not pages
    return {
        "pages": [] if as_text else pages, "blocks": list(drawing.drawn(document)) if as_text else [], "paged": bool(pages),
        "trouble": trouble, "marks": _marks(found), "fields": fields_of_records(),
    }  # fmt: skip


def _marks(found: Reading) -> dict[str, str]:
    """How each cell of the source stands: by the worst of what was read from it, `left` where nothing was."""
    order = ("doubt", "waiting", "contradicted", "corrected", "right", "sure")
    out: dict[str, str] = {}
    for value in found.values:
        if value.cell is not None:
            out[value.cell] = min(out.get(value.cell, "sure"), value.state, key=order.index)
    return out | {one.path: "left" if one.verdict is None else "right" for one in found.leftovers}


def _beside(request: Request, found: Reading) -> dict[str, Any]:
    """The record, and where to go when all of it is looked at."""
    return {"reading": found, "next": _next(request, found.submission_id), "filter": str(request.url.query)}


_LOOKED_AT = 30  # submissions of the queue, the first of which that nobody holds is the next


def _next(request: Request, submission_id: str) -> str | None:
    """The submission to go on with, within the filter the person came with: as the page was told where it asks again."""
    if re.fullmatch("[0-9a-f]{16}", told := request.headers.get("x-next", "")):
        return told
    some = looks.queue(views.store_of(request), screens.wanted(request), _LOOKED_AT)
    return next((one.submission_id for one in some if one.submission_id != submission_id and one.held is None), None)


def record(request: Request) -> Response:
    """The record alone, as it stands now."""
    try:
        found = reading(views.store_of(request), _id(request))
    except ZipingError as error:
        return views.refused(request, error)
    return views.page(request, "record.html", **_beside(request, found), marks=_marks(found), fresh=True)


def picture(request: Request) -> Response:
    """A page of the file as PNG."""
    from starlette.responses import Response

    store, number = views.store_of(request), int(request.path_params["number"])
    try:
        with store.reading() as connection:
            head = contents.find(connection, _id(request))
            document = verdicts.document_of(connection, head.submission_id)
        scanned = any(page.page == number and page.reader in _READERS for page in document.pages)
        data = views.drawer_of(request).picture(head.name, document.format, head.sha256, number - 1, scanned)
    except (ZipingError, IndexError):
        return Response(status_code=404)
    cached = {"cache-control": "private, max-age=86400"}
    return Response(data, media_type="image/png", headers=cached)


def original(request: Request) -> Response:
    """The file as it came, to be saved and never shown."""
    from urllib.parse import quote

    from starlette.responses import Response

    store = views.store_of(request)
    try:
        with store.reading() as connection:
            head = contents.find(connection, _id(request))
    except StoreError as error:
        return views.refused(request, error)
    data = views.drawer_of(request).original(head.sha256)
    if data is None:
        return views.refused(request, StoreError(head.name, "没有保存原文件", "请向单位索取"))
    told = f"attachment; filename*=UTF-8''{quote(head.name)}"
    return Response(data, media_type="application/octet-stream", headers={"content-disposition": told})


# ---------------------------------------------------------------- decisions
async def decide(request: Request) -> Response:
    """One decision, as the form of the page sends it; the page then asks for the record as it stands."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import Response

    session = views.session_of(request)
    if not session.may(accounts.REVIEWER):
        return views.not_allowed(request)
    async with request.form(max_fields=20) as form:
        told = {name: str(value) for name, value in form.items() if isinstance(value, str)}

    def work() -> Response:
        store = views.store_of(request)
        try:
            holder = looks.claim(store, _id(request), session.person, session.number)
            if holder is not None and "anyway" not in told:
                raise ZipingError(_id(request), f"{holder}正在核看这份材料", "请稍后再来，或核看别的材料")
            _decide(request, told)
        except ZipingError as error:
            return views.refused(request, error)
        return Response(status_code=204)

    return await run_in_threadpool(work)


def _decide(request: Request, told: dict[str, str]) -> None:
    store, person, submission = views.store_of(request), views.session_of(request).person, _id(request)
    what, path, field = told.get("what", ""), told.get("record", ""), told.get("field", "")
    seen = None if "unstated" in told else told.get("seen", "")
    if what in (reviews.RIGHT, reviews.MISREAD, reviews.NOTHING):
        verdicts.give(store, submission, [Said(told.get("about", ""), path, field, what, seen)], person)
    elif what == "all":
        verdicts.give(store, submission, _each(told.get("each", "")), person)
    elif what == "undo":
        kind, _, number = told.get("decision", "").partition("/")
        if kind == "verdict" and number.isdigit():
            verdicts.withdraw(store, int(number))
        elif kind == "correction" and number.isdigit():
            correcting.withdraw(store, int(number))
    elif what == "suggested":
        correcting.add(store, submission, path, field, None, _SUGGESTED, person, suggested=True, seen=Seen(seen))
    elif what == "correct":
        should_be = told.get("should_be", "").strip() or None
        reason = told.get("reason", "").strip() or (_REASON if should_be is not None else _BLANK)
        correcting.add(store, submission, path, field, should_be, reason, person, seen=Seen(seen))
    elif what == "missed":
        _missed(request, told, person)
    else:
        raise ZipingError(what or "（空）", "没有这种决定", "请刷新页面")


def _missed(request: Request, told: dict[str, str], person: str) -> None:
    """A value that was not read: put where it belongs, and its cell is settled."""
    store, submission = views.store_of(request), _id(request)
    path, _, field = told.get("into", "").rpartition("|")
    if not path:
        raise ZipingError(submission, "没有选择这个值归入哪里", "请选一个字段")
    with store.reading() as connection:
        before = verdicts.reading_of(connection, submission, path, field)
    should_be = told.get("should_be", "").strip()
    correcting.add(
        store, submission, path, field, should_be, f"核看时补录：{told.get('record', '')}", person, seen=Seen(before)
    )
    said = Said(reviews.LEFTOVER, told.get("record", ""), "", reviews.TAKEN, told.get("seen", ""))
    verdicts.give(store, submission, [said], person)


def _each(told: str) -> list[Said]:
    """What the page sends of many: a list of [about, record, field, seen]. Raises ZipingError."""
    try:
        return [
            Said(str(about), str(record), str(field), _AGREED[about], None if seen is None else str(seen))
            for about, record, field, seen in json.loads(told)
        ]
    except (ValueError, TypeError, KeyError):
        raise ZipingError("决定", "页面送来的内容不对", "请刷新页面") from None


_AGREED = {reviews.VALUE: reviews.RIGHT, reviews.FINDING: reviews.RIGHT, reviews.LEFTOVER: reviews.NOTHING}


async def preview(request: Request) -> Response:
    """What a correction would do to the findings; nothing is written."""
    from starlette.concurrency import run_in_threadpool

    async with request.form(max_fields=20) as form:
        told = {name: str(value) for name, value in form.items() if isinstance(value, str)}

    def work() -> Response:
        should_be = told.get("should_be", "").strip() or None
        try:
            gone, come = correcting.preview(
                views.store_of(request), _id(request), told.get("record", ""), told.get("field", ""), should_be
            )
        except ZipingError as error:
            return views.page(request, "preview.html", error=error, gone=[], come=[])
        return views.page(request, "preview.html", error=None, gone=gone, come=come)

    return await run_in_threadpool(work)


async def let_go(request: Request) -> Response:
    """Gives the submission back to the others."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import Response

    await run_in_threadpool(looks.let_go, views.store_of(request), _id(request), views.session_of(request).number)
    return Response(status_code=204)


# ---------------------------------------------------------------- what went before, and what goes out
def history(request: Request) -> Response:
    store = views.store_of(request)
    try:
        with store.reading() as connection:
            head = contents.find(connection, _id(request))
            said = verdicts.rows(connection, head.submission_id, every=True)
            corrected = correcting.every(connection, head.submission_id)
        told = changes.history(store, head.submission_id)
    except ZipingError as error:
        return views.refused(request, error)
    return views.page(request, "history.html", head=head, versions=told, verdicts=said, corrections=corrected)


def sheet(request: Request) -> Response:
    """The feedback sheet as the unit will get it."""
    store = views.store_of(request)
    try:
        told = feedback.sheet(store, _id(request))
    except ZipingError as error:
        return views.refused(request, error)
    return views.page(request, "sheet.html", sheet=told, sent=looks.is_sent(store, told.submission_id))


async def mark_sent(request: Request) -> Response:
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import RedirectResponse

    session = views.session_of(request)
    if not session.may(accounts.LEAD):
        return views.not_allowed(request)
    await run_in_threadpool(looks.mark_sent, views.store_of(request), [_id(request)], session.person)
    return RedirectResponse(f"/s/{_id(request)}/sheet", 303)
