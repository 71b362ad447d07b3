"""How the work of a batch is spread: one after another, over processes of this machine, or over a dask cluster.

All three have one signature. Work is done where it is sent and writes its own result to the store; what comes back is small. An
item whose process crashed, hung or asked for too much memory costs that item alone.
"""

from __future__ import annotations

import ctypes
import logging
import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from multiprocessing import forkserver, resource_tracker
from multiprocessing.util import get_temp_dir
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from pipeline import faults, living
from pipeline.batch.tied import BEGUN_BY, DIES_WITH_PARENT
from schema import extras
from schema.errors import StoreError, ZipingError

Item = TypeVar("Item")
Result = TypeVar("Result")

RECYCLED = 2000  # items after which a process makes room for a new one; a new one has to warm its caches for some hundreds
SPARE = 2  # items more than jobs, waiting for the next free process
BREAKS = 3  # times in a row that a pool may break before the run ends
LISTENS = 0.5  # seconds that a wait for the next result lasts at most; where waits cannot be interrupted (Windows), Ctrl-C is heard then
BATCH = 20  # items a cluster's worker is given at once
_UNWATCHED = {  # by a cluster begun here: looking at itself fifty times a second costs it a twentieth of two processors
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
}
_BEGINNING = threading.Lock()
_NONE: Any = object()
_PRELOADED = ["pipeline.batch.tied", "pipeline.rerun.planning", "pipeline.batch.warm"]


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
    pool = _Pool(limits)
    try:
        yield from pool.results(work, items, lost)
        pool.close()
    except BaseException:
        pool.stop()
        raise


class _Pool:
    """Processes under the limits, and the items that were given to them."""

    def __init__(self, limits: Limits) -> None:
        from pebble import ProcessPool

        context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
        if sys.platform == "linux":
            _serve()
        self.limits = limits
        self.begun: dict[Any, Any] = {}
        self.stopped = False
        self.broken = 0  # how often in a row
        self._made = partial(
            ProcessPool, max_workers=limits.jobs, max_tasks=RECYCLED, initializer=begin,
            initargs=(limits.memory, os.getpid(), str(living.workplace())), context=context,
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
        ended: SimpleQueue[Any] = SimpleQueue()
        while True:
            while len(self.begun) < self.limits.jobs + SPARE:
                item = again.pop() if again else next(waiting, _NONE)
                if item is _NONE:
                    break
                self._begin(work, item).add_done_callback(ended.put)
            if not self.begun:
                return
            with suppress(Empty):
                future = ended.get(timeout=LISTENS)
                item = self.begun.pop(future)
                if not self.stopped and _given_back(future):
                    again.append(item)
                    continue
                self.broken = 0
                trouble = _trouble(future, self.limits)
                yield future.result() if trouble is None else lost(item, *trouble)

    def _begin(self, work: Callable[[Any], Any], item: Any) -> Any:
        if not self.active:
            with _undisturbed(), _BEGINNING:
                self.active = self.processes.active  # which begins them
        try:
            future = self.processes.schedule(work, args=(item,), timeout=self.limits.timeout)
        except RuntimeError:
            if self.stopped:
                raise
            self._renew()
            return self._begin(work, item)
        self.begun[future] = item
        return future

    def _renew(self) -> None:
        """Other processes in the place of those that ended while none of them had an item, as where the system has killed them. Raises
        ZipingError where that happens again and again."""
        self.broken += 1
        if self.broken > BREAKS:
            raise ZipingError("ziping", "读取文件的进程一启动就退出", "请用--memory放宽，或用--jobs减少进程")
        with _BEGINNING:
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
        for future in list(self.begun):
            future.cancel()
        self.processes.join()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C waits, and never reaches the processes that are begun meanwhile: to end them is their parent's matter."""
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
    """Begins the server from which processes are forked, from a thread that lasts as long as this process: it dies with that."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(_PRELOADED)
    usual, tempfile.tempdir = tempfile.tempdir, str(living.workplace(for_sockets=True))
    get_temp_dir()  # of multiprocessing: where its sockets lie
    tempfile.tempdir = usual
    begun: SimpleQueue[BaseException | None] = SimpleQueue()

    def serve() -> None:
        try:
            with _undisturbed():
                os.environ[BEGUN_BY] = str(os.getpid())
                forkserver.ensure_running()
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            begun.put(error)
            return
        finally:
            os.environ.pop(BEGUN_BY, None)
        begun.put(None)
        threading.Event().wait()

    threading.Thread(target=serve, daemon=True, name="forkserver").start()
    error = begun.get()
    if error is not None:
        raise error


def begin(memory: int, parent: int, folder: str) -> None:
    """A process of the pool begins: its memory is bounded, Ctrl-C is its parent's matter, it never outlives its parent, and what it
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


# ---------------------------------------------------------------- a cluster
def cluster(address: str) -> Executor:
    """Over the workers of a dask cluster at `address`, or of one begun here (`local`). Raises ZipingError where it is no address; it is
    raised later where it is not there."""
    if "@" in address:
        raise ZipingError(address, "dask集群的地址里没有用户和密码", "请用tls://和dask的证书（见README）")
    return partial(_clustered, address)


def _clustered(
    address: str,
    work: Callable[[Item], Result],
    items: Iterable[Item],
    limits: Limits,
    lost: Callable[[Item, str, str], Result],
) -> Iterator[Result]:
    one = Limits(1, limits.timeout, limits.memory)
    what = pickle.dumps((work, lost, uuid.uuid4()))  # of this run and no other
    waiting = iter(items)
    with _client(address, limits.jobs) as client:
        from dask.distributed import as_completed

        with client.as_current():
            results = as_completed(with_results=True, raise_errors=False)
        begun: dict[Any, list[Item]] = {}

        def more() -> None:
            while len(begun) < 2 * max(sum(client.nthreads().values()), 1):  # workers may come and go
                batch = list(islice(waiting, BATCH))
                if not batch:
                    return
                packed = [pickle.dumps(item) for item in batch]
                future = client.submit(_batch, packed, one, what, pure=False, retries=3)
                begun[future] = batch
                results.add(future)

        try:
            more()
            for future, result in results:
                batch = begun.pop(future)
                more()
                if isinstance(result, list):
                    yield from map(pickle.loads, result)
                else:  # its workers died again and again
                    for item in batch:
                        yield lost(item, f"集群没有读完（{result}）", "请用--retry-failed重试")
        finally:
            client.cancel(list(begun))
            with suppress(Exception):  # a worker that is gone has no processes
                client.run(_let_go, what)


@contextmanager
def _client(address: str, workers: int) -> Iterator[Any]:
    """A client of the cluster at an address, or of one begun here that ends with it; the workers of the latter are threads, since
    they only hand on."""
    try:
        import dask
        from dask.distributed import Client, LocalCluster
    except ImportError:
        raise ZipingError("dask", "没有安装dask.distributed", extras.remedy("dask")) from None
    dask.config.set(_UNWATCHED | {"distributed.comm.timeouts.connect": "10s"})
    own = None
    try:
        with _undisturbed():
            if address == "local":
                own = LocalCluster(
                    n_workers=workers, threads_per_worker=1, processes=False, dashboard_address=None, memory_limit=0,
                    silence_logs=logging.CRITICAL,
                )  # fmt: skip
            client = Client(own or address, set_as_default=False)
    except OSError as error:
        raise ZipingError(address, f"连不上dask集群（{error}）", "请核对--executor的地址") from None
    try:
        yield client
    finally:
        client.close()
        if own is not None:
            own.close()


def _batch(items: list[bytes], limits: Limits, what: bytes) -> list[bytes]:
    """What a thread of a cluster's worker does: the same processes as on one machine, under the same limits, kept from batch to
    batch. It only hands on, so that what the work needs is loaded in these processes alone."""
    multiprocessing.current_process().daemon = False  # a daemon could begin none; these end with it anyway
    mine = threading.get_ident(), limits
    pool = _KEPT[mine][1] if mine in _KEPT else _Pool(limits)
    _KEPT[mine] = what, pool
    if what in _OVER:  # looked at last: what comes to an end after this finds them
        return []
    try:
        return list(pool.results(partial(_work, what), items, partial(_lost, what)))
    except BaseException:
        _KEPT.pop(mine, None)
        pool.stop()
        raise


def _work(what: bytes, item: bytes) -> bytes:
    return pickle.dumps(pickle.loads(what)[0](pickle.loads(item)))


def _lost(what: bytes, item: bytes, trouble: str, remedy: str) -> bytes:
    return pickle.dumps(pickle.loads(what)[1](pickle.loads(item), trouble, remedy))


def _let_go(what: bytes) -> None:
    """Ends the processes that a cluster's worker has kept for a run; what is still on its way to them is not begun."""
    _OVER.add(what)
    for mine, (last, pool) in list(_KEPT.items()):
        if last == what:
            _KEPT.pop(mine, None)
            pool.stop()


# By thread of a cluster's worker: the run that they last worked for, and its processes.
_KEPT: dict[tuple[int, Limits], tuple[bytes, _Pool]] = {}
_OVER: set[bytes] = set()
