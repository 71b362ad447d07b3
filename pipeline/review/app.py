"""The desk's addresses, each with its handler; and the server."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pipeline import faults
from pipeline.analysts.browse import free_port
from pipeline.clock import person
from pipeline.review import deciding, ending, layouts, screens, submission, uploads, views, words
from pipeline.review.access import COOKIE, App, Door, cookie_of, guarded
from pipeline.review.drawing import Drawer
from pipeline.review.uploads import Uploads
from pipeline.store.accounts import LEAD, READER, REVIEWER
from pipeline.store.connection import Store
from schema.errors import ZipingError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Desk:
    """The application, and the address at which its owner comes in once."""

    app: App
    token: str | None
    close: Any


def desk(store: Store, names: Sequence[str] = (), *, token: bool = True, header: str | None = None) -> Desk:
    """The desk of a store. names: under which it is reached, besides addresses and this machine's own; token: does one open it, once;
    header: in which a trusted proxy names who asks."""
    from starlette.applications import Starlette
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    drawer, made = Drawer(store), secrets.token_urlsafe(24) if token else None
    door = Door(store, person() or "lead", made, header)

    def get(path: str, work: Any) -> Route:
        return Route(path, work, methods=["GET"])

    def post(path: str, work: Any) -> Route:
        return Route(path, work, methods=["POST"])

    def form(path: str, role: str, work: views.Posted) -> Route:
        return post(path, views.posted(role, work))

    app = Starlette(
        routes=[
            get("/", screens.home),
            get("/units", screens.units), post("/units/load", screens.load_roster), form("/units/belongs", REVIEWER, screens.belongs),
            get("/units/export", screens.export_units),
            get("/upload", uploads.show), post("/upload", uploads.receive), get("/upload/{number}", uploads.progress),
            form("/retry", REVIEWER, uploads.again),
            get("/queue", screens.queue),
            get("/s/{id}", submission.show), get("/s/{id}/record", submission.record), form("/s/{id}/decide", REVIEWER, deciding.decide),
            form("/s/{id}/preview", READER, deciding.preview), post("/s/{id}/let-go", deciding.let_go),
            get("/s/{id}/page/{number:int}.png", submission.picture), get("/s/{id}/file", submission.original),
            get("/s/{id}/history", submission.history), get("/s/{id}/sheet", submission.sheet),
            form("/s/{id}/sent", LEAD, submission.mark_sent),
            get("/s/{id}/layout", layouts.show), form("/s/{id}/layout/effect", READER, layouts.effect),
            form("/s/{id}/layout/apply", LEAD, layouts.apply),
            get("/words", words.show), get("/words/number", words.number), form("/words/effect", READER, words.effect),
            form("/words/apply", LEAD, words.apply),
            get("/findings", ending.findings), form("/mute", LEAD, ending.mute), form("/compare", LEAD, ending.compare),
            get("/sheets.zip", ending.sheets), get("/done", ending.done), get("/done/export", ending.export_done),
            get("/login", _login), post("/login", _log_in), post("/logout", _log_out), get("/enter", _enter),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={ZipingError: views.refused, Exception: _broken},  # type: ignore[dict-item]
    )  # fmt: skip
    app.state.store, app.state.drawer, app.state.uploads, app.state.door = store, drawer, Uploads(store), door
    return Desk(guarded(app, door, names), made, drawer.close)


def _broken(request: Request, error: Exception) -> Response:
    """What nobody foresaw, in one line, with a reference to the log."""
    told = ZipingError("ziping", f"内部出错（{type(error).__name__}）", faults.remedy(error, request.url.path))
    return views.page(request, "message.html", 500, error=told, moved=False)


def _door(request: Request) -> Door:
    found: Door = request.app.state.door
    return found


def _enter(request: Request) -> Response:
    cookie = _door(request).enter(request.query_params.get("token", ""))
    return _in(cookie) if cookie is not None else views.page(request, "login.html", 403, wrong="token")


def _login(request: Request) -> Response:
    return views.page(request, "login.html", wrong=None)


async def _log_in(request: Request) -> Response:
    from starlette.concurrency import run_in_threadpool

    async with request.form(max_fields=5) as form:
        name, password = str(form.get("name", "")), str(form.get("password", ""))
    cookie = await run_in_threadpool(_door(request).log_in, name, password)
    return _in(cookie) if cookie is not None else views.page(request, "login.html", 403, wrong="password")


async def _log_out(request: Request) -> Response:
    _door(request).log_out(cookie_of(dict(request.headers)))
    return views.to("/login")


def _in(cookie: str) -> Response:
    answer = views.to("/")
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", path="/")
    return answer


def serve(made: Desk, host: str, port: int) -> None:
    """Serves until it is stopped. Raises StoreError where the port is taken."""
    import uvicorn

    free_port(host, port)
    try:
        uvicorn.run(made.app, host=host, port=port, log_level="warning", server_header=False, access_log=False)
    finally:
        made.close()


def address(host: str, port: int, token: str | None) -> str:
    """Where people come in."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/" + (f"enter?{urlencode({'token': token})}" if token else "login")
