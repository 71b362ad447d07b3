"""How the work of a batch is spread: one after another, or over processes of this machine; over a dask cluster: `cluster.py`.

All have one signature. Work is done where it is sent and writes its own result to the store; what comes back is small. An
item whose process crashed, hung or asked for too much memory costs that item alone.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import forkserver, resource_tracker
from multiprocessing.util import get_temp_dir
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from pipeline import faults, process_info
from pipeline.batch.fork_guard import BEGUN_BY, DIES_WITH_PARENT
from schema.errors import StoreError, ZipingError

Item = TypeVar("Item")
Result = TypeVar("Result")

# Items after which a process makes room for a new one; a new one has to warm its caches for some hundreds.
RECYCLED = 2000
FEW = 100  # submissions that are understood sooner than processes are begun
SPARE = 2  # items more than jobs, waiting for the next free process
BREAKS = 3  # times in a row that a pool may break before the run ends
LISTENS = 0.5  # seconds that a wait for the next result lasts at most; where waits cannot be interrupted (Windows), Ctrl-C is heard then
_BEGINNING = threading.Lock()
_NONE: Any = object()
_PRELOADED = ["pipeline.batch.fork_guard", "pipeline.rerun.planning", "pipeline.batch.preload"]


@dataclass(frozen=True, slots=True)
class Limits:
    """jobs: processes at once; timeout: seconds an item may take; memory: bytes a process may ask for."""

    jobs: int
    timeout: float
    memory: int


class Executor(Protocol):
    """Does `work` for every item, in no order. lost: the result of an item that could not be finished, from the trouble and its
    remedy; work and lost must be functions of a module, or partials of them."""

    def __call__(
        self,
        work: Callable[[Any], Any],
        items: Iterable[Any],
        limits: Limits,
        lost: Callable[[Any, str, str], Any],
    ) -> Iterator[Any]: ...


def serial(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    limits: Limits,  # noqa: ARG001 - the same signature
    lost: Callable[[Item, str, str], Result],  # noqa: ARG001
) -> Iterator[Result]:
    """In this process, without any protection: for tests and for looking at one file with a debugger."""
    yield from map(work, items)


def processes(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    limits: Limits,
    lost: Callable[[Item, str, str], Result],
) -> Iterator[Result]:
    """Over as many processes of this machine as there are jobs (pebble), each under the limits. An item that hangs keeps one of
    them from the others until its time is over, no longer."""
    pool = Pool(limits)
    try:
        yield from pool.results(work, items, lost)
        pool.close()
    except BaseException:
        pool.stop()
        raise


def by_number(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    limits: Limits,
    lost: Callable[[Item, str, str], Result],
) -> Iterator[Result]:
    """Over processes, but where the items are so few that they are done sooner than processes are begun."""
    known = list(items)
    yield from (processes if len(known) > FEW else serial)(work, known, limits, lost)


class Pool:
    """As many processes as there are jobs, under the limits; several threads may give them items."""

    def __init__(self, limits: Limits) -> None:
        from pebble import ProcessPool

        context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
        if sys.platform == "linux":
            _serve()
        self.limits = limits
        self.given = set[Any]()  # futures of the items that have not ended
        self.stopped = False
        self.broken = 0  # how often in a row
        self._made = partial(
            ProcessPool, max_workers=limits.jobs, max_tasks=RECYCLED, initializer=begin,
            initargs=(limits.memory, os.getpid(), str(process_info.workplace())), context=context,
        )  # fmt: skip
        self.active, self.processes = False, self._made()

    def results(
        self,
        work: Callable[[Any], Any],
        items: Iterable[Any],
        lost: Callable[[Any, str, str], Any],
    ) -> Iterator[Any]:
        """What `work` makes of each item, in the order in which they end."""
        waiting, again = iter(items), list[Any]()
        begun: dict[Any, Any] = {}
        ended: SimpleQueue[Any] = SimpleQueue()
        while True:
            while len(begun) < self.limits.jobs + SPARE:
                item = again.pop() if again else next(waiting, _NONE)
                if item is _NONE:
                    break
                future = self._begin(work, item)
                begun[future] = item
                future.add_done_callback(ended.put)
            if not begun:
                return
            with suppress(Empty):
                future = ended.get(timeout=LISTENS)
                item = begun.pop(future)
                self.given.discard(future)
                if not self.stopped and _given_back(future):
                    again.append(item)
                    continue
                self.broken = 0
                trouble = _trouble(future, self.limits)
                yield future.result() if trouble is None else lost(item, *trouble)

    def _begin(self, work: Callable[[Any], Any], item: Any) -> Any:
        while True:
            processes = self.processes
            if not self.active:
                with undisturbed(), _BEGINNING:
                    self.active = processes.active  # which begins them
            try:
                future = processes.schedule(work, args=(item,), timeout=self.limits.timeout)
            except RuntimeError:
                if self.stopped:
                    raise
                self._renew(processes)
            else:
                self.given.add(future)
                return future

    def _renew(self, ended: Any) -> None:
        """Other processes in the place of those that ended while none of them had an item, as where the system has killed them. Raises
        ZipingError where that happens again and again."""
        with _BEGINNING:
            if self.processes is not ended:  # another thread has seen it before
                return
            self.broken += 1
            if self.broken > BREAKS:
                raise ZipingError("ziping", "读取文件的进程一启动就退出", "请用--memory放宽，或用--jobs减少进程")
            self.processes.stop()
            self.processes.join()
            self.active, self.processes = False, self._made()

    def close(self) -> None:
        """Ends the processes, which have nothing left to do."""
        self.processes.close()
        self.processes.join()

    def stop(self) -> None:
        """Ends the processes at once; whoever waits for an item is told."""
        with _BEGINNING:  # what is about to run would not hear of it
            if self.stopped:
                return
            self.stopped = True
            self.processes.stop()
        for future in list(self.given):
            future.cancel()
        self.processes.join()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Blocks SIGINT (Ctrl-C) meanwhile, so that processes started here never receive it: the parent ends them."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    resource_tracker.ensure_running()  # it must outlive a hang-up; its start would let Ctrl-C through again
    signal.pthread_sigmask(signal.SIG_SETMASK, before | {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _given_back(future: Any) -> bool:
    """Was an item given back because the pool broke, and not because of the item?"""
    return future.cancelled() or isinstance(future.exception(), BrokenProcessPool)


def _trouble(future: Any, limits: Limits) -> tuple[str, str] | None:
    """Trouble and remedy of an item that was not finished. Raises what stops a whole batch: an error of the store, a stop."""
    from pebble import ProcessExpired

    error = future.exception()
    if error is None:
        return None
    if isinstance(error, TimeoutError):
        return f"{limits.timeout:g}秒内没有读完", "请拆分文件，或用--timeout放宽"
    if isinstance(error, MemoryError):
        return f"所需内存超过{limits.memory >> 20} MB", "请拆分文件，或用--memory放宽"
    if isinstance(error, ProcessExpired):
        return f"读取它的进程崩溃（{error.exitcode}）", "请用Word打开后另存，再用--retry-failed重试"
    if isinstance(error, StoreError) or not isinstance(error, Exception):
        raise error
    return f"ziping内部出错（{type(error).__name__}）", faults.remedy(error, "executor")


@cache
def _serve() -> None:
    """Begins the server from which processes are forked."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(_PRELOADED)
    usual, tempfile.tempdir = tempfile.tempdir, str(process_info.workplace(for_sockets=True))
    get_temp_dir()  # of multiprocessing: where its sockets lie
    tempfile.tempdir = usual

    def serve() -> None:
        try:
            with undisturbed():
                os.environ[BEGUN_BY] = str(os.getpid())
                forkserver.ensure_running()
        finally:
            os.environ.pop(BEGUN_BY, None)

    process_info.lasting(serve)


def begin(memory: int, parent: int, folder: str) -> None:
    """A process of the pool begins: its memory is bounded, the parent handles SIGINT, it never outlives its parent, and what it
    leaves behind lies in its parent's folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL)
        if not os.path.exists(f"/proc/{parent}"):  # it was gone before it could be said
            os._exit(1)
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
