"""A batch: finds the files, has each read and saved under limits, and knows what became of every one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

import extractors
from extractors import File, bundle
from extractors.remote import Remote, place
from pipeline import journal
from pipeline.executors import Executor, Limits, serial
from pipeline.extract import Extraction, extract
from pipeline.journal import BUSY, FAILED, KNOWN, PARTLY, READ, REFUSED, Outcome
from pipeline.store import VERSION, Store
from schema.errors import FileRefused, ZipingError

_ARCHIVES = (".zip",)
_NO_FILES = ("~$", ".", "Thumbs.db", "desktop.ini")
LIMITS = Limits(os.cpu_count() or 1, 120.0, 3 << 30)
_PAUSE = 0.5  # seconds before a file that another run reads is looked at again


@dataclass(frozen=True, slots=True)
class Job:
    """What every file of a run needs to know. url: of the store; retry: files that could not be read before are read again."""

    url: str
    run_id: int
    retry: bool
    timeout: float


@dataclass(slots=True)
class Summary:
    """What a batch did. refused: (path, reason); partly: (path, cells not understood)."""

    run_id: int = 0
    files: int = 0
    read: int = 0
    known: int = 0
    left: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    partly: list[tuple[str, int]] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.files += 1
        self.read += outcome.outcome in (READ, PARTLY)
        self.known += outcome.outcome == KNOWN
        self.left += outcome.left
        if outcome.outcome == PARTLY:
            self.partly.append((outcome.path, outcome.left))
        if outcome.outcome in (REFUSED, FAILED):
            self.refused.append((outcome.path, outcome.reason or ""))


def find(paths: list[Path], since: float | None = None) -> Iterator[File | FileRefused]:
    """The files to read: each path that is a file, every file below a folder in order of name, every member of
    an archive. A missing path and a folder without any file come as the refusal that says so. since: only what was changed
    after this moment (Unix time).
    """
    for path in paths:
        if isinstance(path, Remote):
            yield from _elsewhere(path, since)
            continue
        if not path.is_dir():
            if _fresh(path, since):
                yield from _members(path)
            continue
        found = False
        for folder, names, files in os.walk(path):
            names[:] = sorted(name for name in names if not name.startswith("."))
            for name in sorted(files):
                if not name.startswith(_NO_FILES):
                    found = True
                    if _fresh(Path(folder, name), since):
                        yield from _members(Path(folder, name))
        if not found:
            yield FileRefused(path, "文件夹里没有可读的文件", "请核对路径，或先把文件解压到这里")


def _elsewhere(url: Remote, since: float | None) -> Iterator[File | FileRefused]:
    """The files at a URL or below it."""
    try:
        found = [p for p in (url.files() if url.is_dir() else (url,)) if not p.name.startswith(_NO_FILES)]
    except FileRefused as error:
        yield error
        return
    except OSError as error:
        yield FileRefused(url, f"无法列出（{error.strerror or error}）", "请核对地址和权限")
        return
    if not found:
        yield FileRefused(url, "那里没有可读的文件", "请核对地址")
    for path in found:
        if _fresh(path, since):
            yield from _members(path)


def _fresh(path: Path, since: float | None) -> bool:
    try:
        return since is None or path.stat().st_mtime >= since
    except OSError:
        return True  # that it cannot be looked at is said when it is read


def _members(path: Path) -> Iterator[File | FileRefused]:
    if path.suffix.lower() not in _ARCHIVES if isinstance(path, Remote) else not bundle.is_bundle(path):
        yield File(path)  # of a file elsewhere the name tells, so that it is fetched once
        return
    try:
        yield from File(path).members()
    except FileRefused as error:
        yield error


def file_at(path: Path) -> File | None:
    """The file at a path, also inside an archive that stands there; None where there is none."""
    if isinstance(path, Remote) or path.is_file():
        return File(path)
    archive = next((parent for parent in path.parents if parent.is_file()), None)
    if archive is None:
        return None
    return next((f for f in find([archive]) if isinstance(f, File) and f.path == path), None)


def attempt(file: File) -> Extraction | ZipingError:
    """Reads one file and never raises: the one place that guards a batch against what nobody foresaw."""
    path = file.path
    try:
        return extract(file)
    except ZipingError as error:
        return error
    except MemoryError:
        return FileRefused(path, "内存不足", "请拆分文件后重试")
    except RecursionError:
        return FileRefused(path, "文件嵌套过深", "请用Word打开后另存")
    except Exception as error:  # noqa: BLE001 - a batch never dies on one file
        return FileRefused(
            path, f"读取时出错（{type(error).__name__}: {error}）", "请把文件发给ziping的维护者"
        )


def ingest(
    paths: list[Path],
    store: Store,
    seen: Callable[[Outcome], None],
    *,
    executor: Executor = serial,
    limits: Limits = LIMITS,
    retry: bool = False,
    since: float | None = None,
) -> Summary:
    """Reads files into the store, each in a transaction of its own; `seen` is called with what became of each, as it comes.
    Files that could not be read before are read again only with `retry` or by another version. Raises StoreError."""
    summary = Summary()
    arguments = {"paths": [str(path.absolute()) for path in paths], "retry": retry, "jobs": limits.jobs}
    with journal.running(store, "ingest", arguments, VERSION) as run_id:
        summary.run_id = run_id
        job = Job(store.url, run_id, retry, limits.timeout)

        def told(outcome: Outcome) -> None:
            summary.add(outcome)
            seen(outcome)

        def files() -> Iterator[File]:
            for file in find(paths, since):
                if isinstance(file, File):
                    yield file
                    continue
                outcome = Outcome(file.subject, None, REFUSED, file.reason)
                store.lose(run_id, outcome)
                told(outcome)

        todo: Iterable[File] = files()
        while True:
            busy: list[File] = []
            for outcome in executor(partial(one, job), todo, limits, partial(lost, job)):
                if outcome.outcome == BUSY:
                    busy.append(File(place(outcome.path), outcome.content))
                else:
                    told(outcome)
            if not busy:
                return summary
            time.sleep(_PAUSE)
            todo = busy


def preview(
    paths: list[Path], store: Store | None, *, retry: bool = False, since: float | None = None
) -> Iterator[Outcome]:
    """What an ingest would do, file by file, without reading or writing any: `read` stands for a file that would be read."""
    for file in find(paths, since):
        if isinstance(file, FileRefused):
            yield Outcome(file.subject, None, REFUSED, file.reason)
            continue
        try:
            sha256 = extractors.digest(file.data())
        except FileRefused as error:
            yield Outcome(str(file.path), None, REFUSED, error.reason)
            continue
        standing = _standing(store, file, sha256, retry) if store is not None else None
        yield standing or Outcome(str(file.path), sha256, READ)


# ---------------------------------------------------------------- one file, in whatever process
@cache
def opened(url: str, pid: int) -> Store:  # noqa: ARG001 - a connection is not carried into a forked process
    """The store of a URL, opened once in a process."""
    return Store(url)


def one(job: Job, file: File) -> Outcome:
    """Reads one file and saves it with its outcome; `busy` where another run is reading the same bytes."""
    begun = time.perf_counter()
    store = opened(job.url, os.getpid())
    path = str(file.path)
    try:
        data = file.data()
    except FileRefused as error:
        outcome = Outcome(path, None, REFUSED, error.reason, seconds=time.perf_counter() - begun)
        store.lose(job.run_id, outcome)
        return outcome
    sha256 = extractors.digest(data)
    before = _standing(store, file, sha256, job.retry)
    if before is None and not journal.take(store, sha256, job.timeout + 60):
        return Outcome(path, sha256, BUSY, content=file.content)
    if before is None:
        before = _standing(store, file, sha256, job.retry)  # another run may have saved it just now
    if before is not None:
        before = replace(before, seconds=time.perf_counter() - begun)
        store.settle(file.path, len(data), sha256, job.run_id, before)
        return before
    result = attempt(File(file.path, data))
    seconds = time.perf_counter() - begun
    if isinstance(result, Extraction):
        left = len(result.evidence.leftovers)
        outcome = Outcome(path, sha256, journal.as_read(left), None, left, seconds)
        if not store.save(file.path, len(data), result, job.run_id, outcome):
            return replace(outcome, outcome=KNOWN)
        return outcome
    outcome = Outcome(path, sha256, REFUSED, result.reason, seconds=seconds)
    store.settle(file.path, len(data), sha256, job.run_id, outcome)
    return outcome


def _standing(store: Store, file: File, sha256: str, retry: bool) -> Outcome | None:
    """The outcome of bytes that need not be read: they are in the store, or this version could not read them before."""
    known = store.standing(sha256)
    if known is None:
        return None
    if known.outcome in (READ, PARTLY):
        return Outcome(str(file.path), sha256, KNOWN)
    if retry or known.version != VERSION:
        return None
    return Outcome(str(file.path), sha256, known.outcome, known.message)


def lost(job: Job, file: File, trouble: str, remedy: str) -> Outcome:
    """A file whose process crashed, hung or asked for too much memory, written into the store."""
    store = opened(job.url, os.getpid())
    reason = FileRefused(file.path, trouble, remedy).reason
    try:
        data = file.data()
    except FileRefused:
        outcome = Outcome(str(file.path), None, FAILED, reason)
        store.lose(job.run_id, outcome)
        return outcome
    outcome = Outcome(str(file.path), extractors.digest(data), FAILED, reason)
    store.settle(file.path, len(data), extractors.digest(data), job.run_id, outcome)
    return outcome
