"""A batch: finds the files, has each read and saved under limits, and knows what became of every one."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

from extractors import bundle
from extractors.files import File, digest, find, listed
from extractors.names import kept
from pipeline import faults
from pipeline.batch.executors import Executor, Limits, serial
from pipeline.extract import Extraction, extract
from pipeline.ruleset import VERSION
from pipeline.store import journal, judging, leases, saving
from pipeline.store import originals as kept_bytes
from pipeline.store.connection import PATIENCE, Store, patiently
from pipeline.store.journal import FAILED, KNOWN, LATER, PARTLY, READ, REFUSED, Outcome
from pipeline.store.opening import open_store
from schema.errors import Failed, FileRefused, StoreError, ZipingError

_CORES = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
LIMITS = Limits(_CORES + (_CORES + 1) // 2, 120.0, 3 << 30)  # one job in three may hang, and the cores are still busy
_PAUSE = 0.5  # seconds before a file that another run reads is looked at again


@dataclass(frozen=True, slots=True)
class Job:
    """What every file of a run needs to know. url: of the store; retry: files that could not be read before are read again; originals: where
    the files' bytes are kept, None where they are not."""

    url: str
    run_id: int
    retry: bool
    timeout: float
    originals: str | None = None

    @property
    def patience(self) -> float:
        """Seconds that the store's server is waited for, so that it is not the file that is said to take too long."""
        return min(PATIENCE, self.timeout / 2)


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


# ---------------------------------------------------------------- a batch
def attempt(file: File) -> Extraction | ZipingError:
    """Reads one file and never raises."""
    try:
        return extract(file)
    except ZipingError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a batch never dies on one file
        return faults.refusal(file.path, error)


def ingest(
    paths: list[Path],
    store: Store,
    seen: Callable[[Outcome], None],
    *,
    executor: Executor = serial,
    limits: Limits = LIMITS,
    retry: bool = False,
    since: float | None = None,
    more: Callable[[int], None] | None = None,
    originals: str | None = None,
) -> Summary:
    """Reads files into the store, each in a transaction of its own; `seen` is called with what became of each, as it comes, `more`
    with how many an archive held. Files that could not be read before are read again only with `retry` or by another version. originals: where
    the bytes of each are kept. Raises StoreError, PackError."""
    judging.every()  # a pack that is wrong is told before anything is read
    summary = Summary()
    arguments = {"paths": [kept(path.absolute()) for path in paths], "retry": retry, "jobs": limits.jobs}
    with journal.running(store, "ingest", arguments, VERSION) as run_id:
        summary.run_id = run_id
        job = Job(store.url, run_id, retry, limits.timeout, originals)
        held = _Held()

        def told(outcome: Outcome) -> None:
            summary.add(outcome)
            seen(outcome)

        def readable(found: Iterable[File | FileRefused]) -> Iterator[File]:
            for file in found:
                if isinstance(file, File):
                    yield file
                    continue
                outcome = Outcome(file.subject, None, REFUSED, file.reason)
                saving.save_unreadable(store, run_id, outcome)
                told(outcome)

        todo: Iterable[File | FileRefused] = listed(paths, since)
        while True:
            later: list[File | FileRefused] = []
            waits = False
            for outcome in executor(partial(one, job), readable(todo), limits, partial(lost, job)):
                if outcome.outcome != LATER:
                    told(outcome)
                    continue
                waits |= outcome.sha256 is not None
                found = held.allowed(outcome)
                if more is not None:
                    more(len(found) - 1)
                later += found
            if not later:
                return summary
            if waits:
                time.sleep(_PAUSE)
            todo = later


class _Held:
    """How much each archive of a run has turned out to hold, those in it included."""

    def __init__(self) -> None:
        self.so_far: dict[Path, tuple[int, int]] = {}

    def allowed(self, outcome: Outcome) -> tuple[File | FileRefused, ...]:
        """What is to be read later for an outcome: the file that waits, or the members of an archive; of one that holds too much with
        those before it, its refusal."""
        members = [file for file in outcome.later if isinstance(file, File) and file.archive is not None]
        if outcome.sha256 is not None or not members:
            return outcome.later
        archive = members[0].archive
        assert archive is not None
        count, size = self.so_far.get(archive, (0, 0))
        count, size = count + len(outcome.later), size + sum(member.size for member in members)
        if bundle.over(count, size):
            return (FileRefused(outcome.path, *bundle.TOO_MUCH),)
        self.so_far[archive] = count, size
        return outcome.later


def preview(
    paths: list[Path], store: Store | None, *, retry: bool = False, since: float | None = None
) -> Iterator[Outcome]:
    """What an ingest would do, file by file, without reading or writing any: `read` stands for a file that would be read."""
    for file in find(paths, since):
        if isinstance(file, FileRefused):
            yield Outcome(file.subject, None, REFUSED, file.reason)
            continue
        try:
            sha256 = digest(file.data())
        except FileRefused as error:
            yield Outcome(kept(file.path), None, REFUSED, error.reason)
            continue
        standing = _known_outcome(store, file, sha256, retry) if store is not None else None
        yield standing or Outcome(kept(file.path), sha256, READ)


# ---------------------------------------------------------------- one file, in whatever process
def opened(url: str, pid: int, patience: float = PATIENCE) -> Store:
    """The store of a URL, opened once in a process; patience: seconds that its server is waited for."""
    return kept_open(url, pid, patience)


@cache
def kept_open(url: str, pid: int, patience: float) -> Store:  # noqa: ARG001 - a connection is not forked
    return patiently(lambda: open_store(url, patience), patience)


def one(job: Job, file: File) -> Outcome:
    """Reads one file and saves it with its outcome; `later` for an archive, and where another run is reading the same bytes. Raises
    what concerns the store and not the file."""
    begun = time.perf_counter()
    store = opened(job.url, os.getpid(), job.patience)
    try:
        return _one(job, file, store, begun)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, it costs this file alone
        refused = error if isinstance(error, FileRefused) else faults.refusal(file.path, error)
    outcome = Outcome(kept(file.path), None, _as(refused), refused.reason, seconds=time.perf_counter() - begun)
    return _noted(job, file, store, outcome)


def _one(job: Job, file: File, store: Store, begun: float) -> Outcome:
    path = kept(file.path)
    data = file.data()
    if file.is_archive(data):
        return Outcome(path, None, LATER, later=tuple(file.members(data)))
    sha256 = digest(data)
    kept_bytes.keep(job.originals, sha256, data)
    before = _known_outcome(store, file, sha256, job.retry)
    if before is None and not leases.acquire(store, sha256, job.timeout + 60):
        return Outcome(path, sha256, LATER, later=(file,))
    if before is None:
        before = _known_outcome(store, file, sha256, job.retry)  # another run may have saved it just now
    if before is not None:
        before = replace(before, seconds=time.perf_counter() - begun)
        saving.save_outcome(store, file.path, len(data), sha256, job.run_id, before)
        return before
    result = attempt(replace(file, content=data))
    seconds = time.perf_counter() - begun
    if isinstance(result, Extraction):
        left = len(result.evidence.leftovers)
        outcome = Outcome(path, sha256, journal.as_read(left), None, left, seconds)
        if not saving.save(store, file.path, len(data), result, job.run_id, outcome):
            return replace(outcome, outcome=KNOWN)
        return outcome
    outcome = Outcome(path, sha256, _as(result), result.reason, seconds=seconds)
    saving.save_outcome(store, file.path, len(data), sha256, job.run_id, outcome)
    return outcome


def _as(error: ZipingError) -> str:
    """The outcome of a file that was not read: by its own fault, or by ours."""
    return FAILED if isinstance(error, Failed) else REFUSED


def _known_outcome(store: Store, file: File, sha256: str, retry: bool) -> Outcome | None:
    """The outcome of bytes that need not be read: they are in the store, or this version could not read them before."""
    known = saving.known(store, sha256)
    if known is None:
        return None
    if known.outcome in (READ, PARTLY):
        return Outcome(kept(file.path), sha256, KNOWN)
    if retry or known.version != VERSION:
        return None
    return Outcome(kept(file.path), sha256, known.outcome, known.message)


def lost(job: Job, file: File, trouble: str, remedy: str) -> Outcome:
    """A file whose process crashed, hung or asked for too much memory, written into the store."""
    store = opened(job.url, os.getpid(), job.patience)
    return _noted(job, file, store, Outcome(kept(file.path), None, FAILED, f"{trouble}; {remedy}"))


def _noted(job: Job, file: File, store: Store, outcome: Outcome) -> Outcome:
    """A file that was not read, written into the store: with its bytes where they can be had, so that they are known again."""
    try:
        data = file.data()
    except (FileRefused, MemoryError):
        saving.save_unreadable(store, job.run_id, outcome)
        return outcome
    sha256 = digest(data)
    outcome = replace(outcome, sha256=sha256)
    saving.save_outcome(store, file.path, len(data), sha256, job.run_id, outcome)
    return outcome
