"""How the work of a batch is spread: one after another, over processes of this machine, or over a dask cluster.

All three have one signature. Work is done where it is sent and writes its own result to the store; what comes back is small. An
item whose process crashed, hung or asked for too much memory costs that item alone.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Protocol, TypeVar

from schema.errors import ZipingError

Item = TypeVar("Item")
Result = TypeVar("Result")

RECYCLED = 1000  # items after which a process makes room for a new one; a new one has to warm its caches
SPARE = 2  # items more than jobs, waiting for the next free process
LATE = 0.15  # seconds after which an item that may be hanging no longer keeps another from being begun
BATCH = 20  # items a cluster's worker is given at once
_PRELOADED = ["pipeline.warm"]
_DIES_WITH_PARENT = 1  # prctl(PR_SET_PDEATHSIG)


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
    """Over processes of this machine (pebble), each under the limits: one a job, and as many in reserve. For each item that takes
    long the reserve begins another, so that those that hang do not hold up the rest."""
    pools = [_Pool(limits)]
    try:
        yield from _spread(pools, work, items, limits, lost)
        for pool in pools:
            pool.processes.close()
    except BaseException:
        for pool in pools:
            pool.processes.stop()
        raise
    finally:
        for pool in pools:
            pool.processes.join()


def _spread(
    pools: list[_Pool],
    work: Callable[[Item], Result],
    items: Iterable[Item],
    limits: Limits,
    lost: Callable[[Item, str, str], Result],
) -> Iterator[Result]:
    """Over the first pool; over a second, which is made and added where items take long."""
    waiting = iter(items)
    while True:
        late = sum(time.monotonic() - since > LATE for pool in pools for _, since in pool.begun.values())
        if late and len(pools) == 1:
            pools.append(_Pool(limits))
        for pool, most in zip(
            pools, (limits.jobs + SPARE, min(late, limits.jobs) + bool(late)), strict=False
        ):
            pool.begin(work, islice(waiting, max(most - len(pool.begun), 0)))
        begun = [future for pool in pools for future in pool.begun]
        if not begun:
            return
        done, _ = wait(begun, timeout=LATE / 2, return_when=FIRST_COMPLETED)
        for pool in pools:
            for future in done & pool.begun.keys():
                item, _ = pool.begun.pop(future)
                trouble = _trouble(future, limits)
                yield future.result() if trouble is None else lost(item, *trouble)


class _Pool:
    """Processes, and the items that were given to them and since when."""

    def __init__(self, limits: Limits) -> None:
        from pebble import ProcessPool

        context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
        if sys.platform == "linux":
            context.set_forkserver_preload(_PRELOADED)
        self.timeout = limits.timeout
        self.begun: dict[Any, tuple[Any, float]] = {}
        self.processes = ProcessPool(
            max_workers=limits.jobs, max_tasks=RECYCLED, initializer=_begin, initargs=(limits.memory, os.getpid()),
            context=context,
        )  # fmt: skip

    def begin(self, work: Callable[[Any], Any], items: Iterable[Any]) -> None:
        for item in items:
            future = self.processes.schedule(work, args=(item,), timeout=self.timeout)
            self.begun[future] = item, time.monotonic()


def _trouble(future: Any, limits: Limits) -> tuple[str, str] | None:
    """Trouble and remedy of an item that was not finished. Raises what stops a whole batch: an error of the store."""
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
    raise error


def _begin(memory: int, parent: int) -> None:
    """A process of the pool begins: its memory is bounded, Ctrl-C is its parent's matter, and it never outlives its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
        if os.getppid() == 1 or not os.path.exists(f"/proc/{parent}"):
            os._exit(1)
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


# ---------------------------------------------------------------- a cluster
def cluster(address: str) -> Executor:
    """Over the workers of a dask cluster at `address`, or of one begun here (`local`). Raises ZipingError where it is not there."""
    return partial(_clustered, address)


def _clustered(
    address: str,
    work: Callable[[Item], Result],
    items: Iterable[Item],
    limits: Limits,
    lost: Callable[[Item, str, str], Result],
) -> Iterator[Result]:
    try:
        import dask
        from dask.distributed import Client, LocalCluster, as_completed
    except ImportError:
        raise ZipingError("dask", "没有安装dask.distributed", "请安装 ziping[dask]") from None
    dask.config.set(
        {
            "distributed.worker.daemon": False, "distributed.comm.timeouts.connect": "10s",
            "distributed.worker.profile.enabled": False,  # it would look at every worker a hundred times a second
        }
    )  # fmt: skip
    own = (
        LocalCluster(n_workers=limits.jobs, threads_per_worker=1, dashboard_address=None)
        if address == "local"
        else None
    )
    try:
        client = Client(own or address, set_as_default=False)
    except OSError as error:
        raise ZipingError(address, f"连不上dask集群（{error}）", "请核对--executor的地址") from None
    one = Limits(1, limits.timeout, limits.memory)
    waiting = iter(items)
    try:
        with client.as_current():
            results = as_completed(with_results=True, raise_errors=False)
        begun: dict[Any, list[Item]] = {}

        def more() -> None:
            batch = list(islice(waiting, BATCH))
            if batch:
                future = client.submit(_batch, work, batch, one, lost, pure=False, retries=3)
                begun[future] = batch
                results.add(future)

        for _ in range(2 * max(len(client.scheduler_info()["workers"]), 1)):
            more()
        for future, result in results:
            batch = begun.pop(future)
            if isinstance(result, list):
                yield from result
            else:  # its workers died again and again
                for item in batch:
                    yield lost(item, f"集群没有读完（{result}）", "请用--retry-failed重试")
            more()
    finally:
        with suppress(Exception):  # a worker that is gone has no processes
            client.run(_let_go)
        client.close()
        if own is not None:
            own.close()


def _batch(
    work: Callable[[Item], Result],
    items: list[Item],
    limits: Limits,
    lost: Callable[[Item, str, str], Result],
) -> list[Result]:
    """What a cluster's worker does: the same processes as on one machine, under the same limits, kept from batch to batch."""
    pools = _KEPT[limits] = _KEPT.get(limits) or [_Pool(limits)]
    try:
        return list(_spread(pools, work, items, limits, lost))
    except BaseException:
        for pool in _KEPT.pop(limits):
            pool.processes.stop()
        raise


def _let_go() -> None:
    """Ends the processes that a cluster's worker has kept."""
    while _KEPT:
        for pool in _KEPT.popitem()[1]:
            pool.processes.stop()
            pool.processes.join()


_KEPT: dict[Limits, list[_Pool]] = {}  # of a cluster's worker, until it ends
