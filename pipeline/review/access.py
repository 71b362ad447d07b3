"""Who comes in, and what a request must show: the token of the start, an account, or the name that a trusted proxy gives."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from pipeline.analysts.browse import by_its_own_name
from pipeline.store import accounts
from pipeline.store.accounts import LEAD, READER, ROLES
from pipeline.store.connection import Store

COOKIE = "ziping"
LASTS = 12 * 3600.0  # seconds after a session's last request
MOST_NAMES = 1000  # whose wrong passwords are remembered at once
TRIES, PAUSE = 5, 60.0  # wrong passwords of a name before it must wait, and how many seconds
_SAFE = ("GET", "HEAD")
_OPEN = ("/login", "/enter", "/static/")
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
App = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(slots=True)
class Session:
    """Somebody who came in. number: tells browsers apart, also those of one person."""

    person: str
    role: str
    number: str
    until: float

    def may(self, role: str) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


class Door:
    """Lets people in and knows them again; forgets all when the server ends. owner: who comes with the token; header: of a trusted proxy, that names
    who asks."""

    def __init__(self, store: Store, owner: str, token: str | None, header: str | None = None) -> None:
        self.store, self.owner, self.header = store, owner, header
        self._token = token
        self._sessions: dict[str, Session] = {}
        self._wrong: dict[str, tuple[int, float]] = {}

    def enter(self, token: str) -> str | None:
        """The cookie for whoever brings the token, which opens once."""
        if self._token is None or not secrets.compare_digest(token.encode(), self._token.encode()):
            return None
        self._token = None
        return self._begin(self.owner, LEAD)

    def log_in(self, name: str, password: str) -> str | None:
        """The cookie for an account; None where name and password do not belong together, or there were too many tries."""
        count, last = self._wrong.get(name, (0, 0.0))
        if count >= TRIES and time.monotonic() - last < PAUSE:
            return None
        account = accounts.known(self.store, name, password)
        if account is None:
            recent = [(key, one) for key, one in self._wrong.items() if time.monotonic() - one[1] < PAUSE]
            self._wrong = dict(recent[-MOST_NAMES:]) | {name: (count + 1, time.monotonic())}
            return None
        self._wrong.pop(name, None)
        return self._begin(account.name, account.role)

    def log_out(self, cookie: str) -> None:
        self._sessions.pop(cookie, None)

    def _begin(self, person: str, role: str) -> str:
        now = time.monotonic()
        self._sessions = {key: one for key, one in self._sessions.items() if one.until > now}
        cookie = secrets.token_urlsafe(32)
        self._sessions[cookie] = Session(person, role, secrets.token_hex(16), now + LASTS)
        return cookie

    def known(self, headers: dict[str, str]) -> Session | None:
        """Who sends a request, by its headers (names in lower case)."""
        if self.header is not None and (name := headers.get(self.header.lower())):
            account = accounts.named(self.store, name)
            return Session(name, account.role if account else READER, f"proxy {name}", 0.0)
        session = self._sessions.get(cookie_of(headers))
        if session is None or session.until < time.monotonic():
            return None
        session.until = time.monotonic() + LASTS
        return session


def cookie_of(headers: dict[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def guarded(app: App, door: Door, names: Sequence[str]) -> App:
    """The application behind its door: a request from another page, of an unknown name or of nobody known is refused, every answer says that
    nothing from elsewhere belongs to it. A session stands in the request's scope."""

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def told(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                more = [(k.encode(), v.encode()) for k, v in _HEADERS.items() if k.encode() not in given]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        headers = {name.decode("latin-1").lower(): value.decode("utf-8", "replace") for name, value in scope["headers"]}
        if scope["method"] not in _SAFE and not _same_origin(headers):
            await _answer(told, 403, "这个请求不是从本页面发出的 / not from this page")
            return
        session = door.known(headers)
        if session is None and not scope["path"].startswith(_OPEN):
            if scope["method"] in _SAFE and "hx-request" not in headers:
                await _answer(told, 303, "", [(b"location", b"/login")])
            else:
                await _answer(told, 401, "请重新登录 / please log in again")
            return
        scope["session"] = session
        await app(scope, receive, told)

    out: App = by_its_own_name(inner, names, "review")
    return out


def _same_origin(headers: dict[str, str]) -> bool:
    """Does the browser say that a page of ours sent this?"""
    if (site := headers.get("sec-fetch-site")) is not None:
        return site == "same-origin"
    origin = headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == headers.get("host")


async def _answer(send: Any, status: int, text: str, more: Sequence[tuple[bytes, bytes]] = ()) -> None:
    head = [(b"content-type", b"text/plain; charset=utf-8"), *more]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": text.encode()})
