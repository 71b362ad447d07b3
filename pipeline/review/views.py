"""Pages from templates: both languages stand in the template, the browser's choice decides; what files say is text, never markup."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline.reviews import LONGEST
from schema import extras
from schema.errors import Moved, ZipingError
from schema.visible import readable

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from pipeline.review.access import Session
    from pipeline.review.drawing import Drawer
    from pipeline.store.connection import Store


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def required() -> None:
    """Raises ZipingError where what the desk needs is not installed."""
    try:
        import jinja2  # noqa: F401
        import python_multipart  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as missing:
        raise ZipingError("review", f"没有安装{missing.name}", extras.remedy("review")) from None


def store_of(request: Request) -> Store:
    found: Store = request.app.state.store
    return found


def drawer_of(request: Request) -> Drawer:
    found: Drawer = request.app.state.drawer
    return found


def session_of(request: Request) -> Session:
    found: Session = request.scope["session"]
    return found


def chinese(request: Request) -> bool:
    """Chinese, unless the browser prefers English."""
    for wanted in request.headers.get("accept-language", "zh").lower().split(","):
        if wanted.strip().startswith(("zh", "en")):
            return wanted.strip().startswith("zh")
    return True


def to(path: str) -> Response:
    """Sends the browser on to another page."""
    from starlette.responses import RedirectResponse

    return RedirectResponse(path, 303)


def year_of(request: Request) -> int | None:
    """The year that a page is asked for; None for all."""
    told = request.query_params.get("year", "")
    return int(told) if told.isdigit() else None


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page, or a part of one."""
    from starlette.responses import HTMLResponse

    zh = chinese(request)

    def t(one: str, other: str) -> str:
        return one if zh else other

    session = request.scope.get("session")
    told = _templates().get_template(template).render(
        t=t, zh=zh, session=session, may=session.may if session else lambda _: False, path=request.url.path, year=year_of(request), **values,
    )  # fmt: skip
    return HTMLResponse(told, status)


def refused(request: Request, error: ZipingError) -> Response:
    """What went wrong, in one line, where the page has room for it: the answer to every ZipingError that a handler raises."""
    status = 409 if isinstance(error, Moved) else 422
    return page(request, "message.html", status, error=error, moved=isinstance(error, Moved))


Posted = Callable[["Request", dict[str, str]], "Response"]


def posted(role: str, work: Posted) -> Callable[[Request], Awaitable[Response]]:
    """The handler of a form that only somebody with a role may send: `work` has its fields, in a thread."""

    async def handler(request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool

        if not session_of(request).may(role):
            return not_allowed(request)
        async with request.form(max_fields=20) as fields:
            sent = {name: value for name, value in fields.items() if isinstance(value, str)}
        return await run_in_threadpool(work, request, sent)

    return handler


def not_allowed(request: Request) -> Response:
    return page(
        request, "message.html", 403, error=ZipingError("review", "您的角色不能这样做", "请找负责人"), moved=False
    )


@cache
def _templates() -> Any:
    import jinja2

    found = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline.review"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_finished,
    )  # fmt: skip
    found.filters["short"] = _short
    return found


def _short(text: str) -> str:
    """A text as far as a page has room for it."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…（{len(text)}字）"


def _finished(value: Any) -> Any:
    """What a page prints: nothing in a text is obeyed but its line breaks; what is markup stays so."""
    return readable(value) if type(value) is str else "" if value is None else value


def file(data: bytes, name: str, kind: str) -> Response:
    """A file to be saved."""
    from starlette.responses import Response

    return Response(data, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})
