"""What is decided of a submission: right, corrected, misread, nothing to read, put in, taken back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pipeline import reviews
from pipeline.rerun import correcting
from pipeline.rerun.correcting import Seen
from pipeline.review import views
from pipeline.review.submission import id_of
from pipeline.store import looks, verdicts
from pipeline.store.connection import Store
from pipeline.store.verdicts import Said
from schema.errors import ZipingError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_REASON = "核看时对照原文更正"
_SUGGESTED = "按勾稽关系证明的更正建议更正"
_BLANK = "核看时对照原文：原文没有写"


def decide(request: Request, told: dict[str, str]) -> Response:
    """One decision, as the form of the page sends it; the page then asks for the record as it stands."""
    from starlette.responses import Response

    store, session, submission = views.store_of(request), views.session_of(request), id_of(request)
    holder = looks.claim(store, submission, session.person, session.number)
    if holder is not None:
        raise ZipingError(submission, f"{holder}正在核看这份材料", "请稍后再来，或核看别的材料")
    _decide(store, submission, session.person, told)
    return Response(status_code=204)


def _decide(store: Store, submission: str, person: str, told: dict[str, str]) -> None:
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
        _missed(store, submission, person, told)
    else:
        raise ZipingError(what or "（空）", "没有这种决定", "请刷新页面")


def _missed(store: Store, submission: str, person: str, told: dict[str, str]) -> None:
    """A value that was not read: put where it belongs, and its cell is settled."""
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


def preview(request: Request, told: dict[str, str]) -> Response:
    """What a correction would do to the findings; nothing is written."""
    store, path, should_be = views.store_of(request), told.get("record", ""), told.get("should_be", "").strip()
    try:
        gone, come = correcting.preview(store, id_of(request), path, told.get("field", ""), should_be or None)
    except ZipingError as error:
        return views.page(request, "preview.html", error=error, gone=[], come=[])
    return views.page(request, "preview.html", error=None, gone=gone, come=come)


def let_go(request: Request) -> Response:
    """Gives the submission back to the others."""
    from starlette.responses import Response

    looks.let_go(views.store_of(request), id_of(request), views.session_of(request).number)
    return Response(status_code=204)
