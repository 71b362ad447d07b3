"""One submission beside its source; its history; its sheet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline import settings
from pipeline.analysts import feedback, sheet_files
from pipeline.rerun import changes, correcting
from pipeline.review import drawing, screens, views
from pipeline.review.reading import fields_of_records, reading
from pipeline.review.shown import Reading
from pipeline.store import accounts, contents, documents, looks, verdicts
from schema.errors import StoreError, ZipingError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def id_of(request: Request) -> str:
    """The submission that a page is about, by its whole id. Raises StoreError where there is none."""
    with views.store_of(request).reading() as connection:
        found: str = contents.find(connection, named(request)).submission_id
    return found


def named(request: Request) -> str:
    return str(request.path_params["id"])


def show(request: Request) -> Response:
    """The submission beside its source; whoever opens it holds it for a while where nobody else does."""
    store, session = views.store_of(request), views.session_of(request)
    found, holder = reading(store, named(request)), None
    if session.may(accounts.REVIEWER):
        holder = looks.claim(store, found.submission_id, session.person, session.number)
    return views.page(request, "submission.html", **_drawn(request, found), **_beside(request, found), holder=holder)


def _drawn(request: Request, found: Reading) -> dict[str, Any]:
    """The source: pictures of its pages where it has any and its bytes are there, else the document as it was read."""
    store, drawer = views.store_of(request), views.drawer_of(request)
    with store.reading() as connection:
        document = documents.document(connection, found.sha256, found.file)
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
    found = reading(views.store_of(request), named(request))
    return views.page(request, "record.html", **_beside(request, found), marks=_marks(found), fresh=True)


def picture(request: Request) -> Response:
    """A page of the file as PNG."""
    from starlette.responses import Response

    store, number = views.store_of(request), int(request.path_params["number"])
    try:
        with store.reading() as connection:
            head = contents.find(connection, named(request))
            document = documents.document(connection, head.sha256, head.name)
        of_scan = (page.turned for page in document.pages if page.page == number and page.reader == drawing.SCANNED)
        data = views.drawer_of(request).picture(
            head.name, document.format, head.sha256, number - 1, next(of_scan, None)
        )
    except (ZipingError, IndexError):
        return Response(status_code=404)
    cached = {"cache-control": "private, max-age=86400"}
    return Response(data, media_type="image/png", headers=cached)


def original(request: Request) -> Response:
    """The file as it came, to be saved and never shown."""
    from urllib.parse import quote

    from starlette.responses import Response

    with views.store_of(request).reading() as connection:
        head = contents.find(connection, named(request))
    data = views.drawer_of(request).original(head.sha256)
    if data is None:
        raise StoreError(head.name, "没有保存原文件", "请向单位索取")
    told = f"attachment; filename*=UTF-8''{quote(head.name)}"
    return Response(data, media_type="application/octet-stream", headers={"content-disposition": told})


# ---------------------------------------------------------------- what went before, and what goes out
def history(request: Request) -> Response:
    store = views.store_of(request)
    with store.reading() as connection:
        head = contents.find(connection, named(request))
        said = verdicts.rows(connection, head.submission_id, every=True)
        corrected = correcting.every(connection, head.submission_id)
    told = changes.history(store, head.submission_id)
    return views.page(request, "history.html", head=head, versions=told, verdicts=said, corrections=corrected)


def sheet(request: Request) -> Response:
    """The feedback sheet as the unit will get it."""
    store = views.store_of(request)
    told = feedback.sheet(store, named(request))
    body = sheet_files.page("sheet_body.html", sheet=told, bureau=settings.bureau())
    return views.page(request, "sheet.html", sheet=told, body=body, sent=looks.is_sent(store, told.submission_id))


def mark_sent(request: Request, _: dict[str, str]) -> Response:
    submission_id = id_of(request)
    looks.mark_sent(views.store_of(request), [submission_id], views.session_of(request).person)
    return views.to(f"/s/{submission_id}/sheet")
