"""Files that people drop into the desk: read as `ziping ingest` reads them, under the same limits, with what became of each."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pipeline import faults, process_info
from pipeline.batch import run
from pipeline.batch.executors import Limits, processes
from pipeline.review import views
from pipeline.store import accounts, contents, originals
from pipeline.store.connection import Store
from pipeline.store.journal import Outcome
from schema.errors import ZipingError
from schema.visible import visible

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

MOST_FILES = 2000
MOST_BYTES = 200 << 20  # of a file
MOST_AT_ONCE = 4 << 30
_CHUNK = 1 << 20
_LONGEST = 200  # bytes of a file's name
_KEPT = 20  # uploads that are remembered
_SAID = {"read": 0, "partly": 1, "known": 2, "refused": 3, "failed": 4}


@dataclass(slots=True)
class Upload:
    """What people dropped at one time. done: the outcome of each file so far; trouble: why the reading ended before its end."""

    number: str
    person: str
    total: int
    done: list[Outcome] = field(default_factory=list)
    ended: bool = False
    trouble: str | None = None

    @property
    def sorted(self) -> list[Outcome]:
        """What went wrong first."""
        return sorted(self.done, key=lambda one: (-_SAID.get(one.outcome, 9), one.path))


class Uploads:
    """Those of a server, the latest last; one is read after the other."""

    def __init__(self, store: Store, limits: Limits = run.LIMITS) -> None:
        self.store, self.limits = store, limits
        self.known: dict[str, Upload] = {}
        self._turn = threading.Lock()

    def begin(self, folder: Path, total: int, person: str, retry: bool) -> Upload:
        """Reads what lies in a folder, which is removed afterwards, in a thread of its own."""
        upload = Upload(secrets.token_hex(8), person, total)
        self.known[upload.number] = upload
        while len(self.known) > _KEPT:
            self.known.pop(next(iter(self.known)))
        threading.Thread(target=self._read, args=(upload, folder, retry), daemon=True).start()
        return upload

    def _read(self, upload: Upload, folder: Path, retry: bool) -> None:
        def more(count: int) -> None:
            upload.total += count

        try:
            with self._turn:
                run.ingest(
                    [folder], self.store, upload.done.append, executor=processes, limits=self.limits, retry=retry, more=more,
                    originals=originals.place(self.store),
                )  # fmt: skip
        except ZipingError as error:
            upload.trouble = error.reason
        except Exception as error:  # noqa: BLE001 - whatever it was, the page is told, and the server goes on
            upload.trouble = faults.refusal(Path("上传"), error).reason
        finally:
            upload.ended = True
            shutil.rmtree(folder, ignore_errors=True)


def _uploads(request: Request) -> Uploads:
    found: Uploads = request.app.state.uploads
    return found


def show(request: Request) -> Response:
    return views.page(request, "upload.html", uploads=list(reversed(_uploads(request).known.values())))


def progress(request: Request) -> Response:
    """What became of the files of an upload so far; asked again and again until it ends."""
    upload = _uploads(request).known.get(request.path_params["number"])
    if upload is None:
        raise ZipingError("上传", "没有这次上传（服务重新启动过）", "请看待办")
    return views.page(request, "progress.html", upload=upload, named=_named)


async def receive(request: Request) -> Response:
    from starlette.concurrency import run_in_threadpool

    session = views.session_of(request)
    if not session.may(accounts.REVIEWER):
        return views.not_allowed(request)
    if not request.headers.get("content-length", "").isdigit() or int(request.headers["content-length"]) > MOST_AT_ONCE:
        raise ZipingError("上传", f"一次超过{MOST_AT_ONCE >> 30} GB", "请分几次上传，或用 ziping ingest 读入")
    folder = Path(await run_in_threadpool(tempfile.mkdtemp, prefix="上传-", dir=process_info.workplace()))
    count = 0
    try:
        async with request.form(max_files=MOST_FILES, max_fields=10, max_part_size=_CHUNK) as form:
            for _, item in form.multi_items():
                if isinstance(item, str) or not item.filename:
                    continue
                await _keep(item, _target(folder, item.filename))
                count += 1
            retry = "retry" in form
        if not count:
            raise ZipingError("上传", "没有选择文件", "请把文件或压缩包拖到页面上")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    upload = _uploads(request).begin(folder, count, session.person, retry)
    return views.page(request, "progress.html", upload=upload, named=_named)


def again(request: Request, told: dict[str, str]) -> Response:
    """Reads a file once more that could not be read, from its kept bytes or where it came from."""
    store, sha256 = views.store_of(request), told.get("sha256", "")
    path = next((path for path, _, one in contents.refused(store) if one == sha256), None)
    if path is None:
        raise ZipingError(sha256[:16] or "（空）", "没有这个读不了的文件", "请刷新页面")
    name = PurePosixPath(path).name
    file = originals.file_of(store, sha256, name)
    if file is None:
        raise ZipingError(name, "原文件没有保存，也不在原处", "请重新上传，并勾选“以前读不了的也再读”")
    folder = Path(tempfile.mkdtemp(prefix="上传-", dir=process_info.workplace()))
    _target(folder, name).write_bytes(file.data())
    _uploads(request).begin(folder, 1, views.session_of(request).person, retry=True)
    return views.to("/upload")


def _named(path: str) -> str:
    """The path of a file as whoever dropped it knows it."""
    _, _, rest = path.partition("上传-")
    return rest.partition("/")[2] or path


def _target(folder: Path, name: str) -> Path:
    """Where a file is put: under its own name, and the folders it came in, inside the folder and nowhere else. Two of one name both stay."""
    parts = [visible(part) for part in PurePosixPath(name.replace("\\", "/")).parts]
    parts = [_short(part) for part in parts if part.strip() not in ("", "/", ".", "..")]
    target = folder.joinpath(*(parts[-6:] or ["文件"]))
    count = 2
    while target.exists():
        target = target.with_name(f"{count}-{parts[-1] if parts else '文件'}")
        count += 1
    return target


def _short(name: str) -> str:
    """The end of a name that a file system has room for: its ending tells what it is."""
    return name.strip().encode()[-_LONGEST:].decode(errors="ignore")


async def _keep(item: Any, target: Path) -> None:
    """Writes a file as it comes. Raises ZipingError where it is too large."""
    from starlette.concurrency import run_in_threadpool

    await run_in_threadpool(target.parent.mkdir, parents=True, exist_ok=True)
    size = 0
    with target.open("wb") as out:
        while data := await item.read(_CHUNK):
            size += len(data)
            if size > MOST_BYTES:
                raise ZipingError(target.name, f"文件超过{MOST_BYTES >> 20} MB", "请拆分，或用 ziping ingest 读入")
            await run_in_threadpool(out.write, data)
