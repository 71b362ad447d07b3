"""What holds for all forms of a layout: a form drafted as it is read, put right, its effect on the store seen, confirmed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import process_info, ruleset
from pipeline.learn import confirmed
from pipeline.review import views, words
from pipeline.review.submission import named
from pipeline.store import contents
from schema.errors import StoreError
from schema.visible import visible

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def show(request: Request) -> Response:
    """The layout of a submission's forms as they are read now, with what a person must decide marked."""
    with views.store_of(request).reading() as connection:
        head = contents.find(connection, named(request))
    data = views.drawer_of(request).original(head.sha256)
    if data is None:
        raise StoreError(head.name, "没有保存原文件", "请再运行 ziping ingest，或放回原文件")
    with tempfile.TemporaryDirectory(dir=process_info.workplace()) as folder:
        name = Path(visible(head.name).replace("/", "_"))
        file = Path(folder, f"{name.stem[:60]} {head.submission_id[:6]}{name.suffix}")
        file.write_bytes(data)
        text, asked = confirmed.draft(file)
    return views.page(request, "layout.html", head=head, text=text, asked=asked, folder=ruleset.team())


def effect(request: Request, sent: dict[str, str]) -> Response:
    """What the layout would change in the store; nothing is written."""
    text = sent.get("text", "")
    with _file(text) as file:
        planned = confirmed.effect(views.store_of(request), file)
    action = f"{request.url.path.rpartition('/')[0]}/apply"
    return words.told(request, planned, applied=False, action=action, sent={"text": text})


def apply(request: Request, sent: dict[str, str]) -> Response:
    """Takes the layout into the team's own words, and reads again what it touches."""
    with _file(sent.get("text", "")) as file:
        confirmed.confirm(file)
    return words.told(request, words.read_again(views.store_of(request)), applied=True)


@contextmanager
def _file(text: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=process_info.workplace()) as folder:
        file = Path(folder, "layout.yml")
        file.write_text(text.replace("\r\n", "\n"), encoding="utf-8")
        yield file
