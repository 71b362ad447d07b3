"""The work of a batch over a dask cluster: each worker has the processes of one machine, under the same limits as anywhere."""

from __future__ import annotations

import logging
import pickle
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from typing import Any

from pipeline.batch.executors import Executor, Item, Limits, Pool, Result, undisturbed
from schema import extras
from schema.errors import ZipingError

BATCH = 20  # items a worker's thread is given at once
_NAME = "ziping-"  # of the plugins; the client's own name follows
_QUIET = {  # a cluster begun here that looks at itself fifty times a second costs a twentieth of two processors
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.comm.timeouts.connect": "10s",
}
_UNSEEN = {
    "dashboard_address": "127.0.0.1:0"
}  # its HTTP server: else port 8787 of every interface, with a warning where two run


def cluster(address: str) -> Executor:
    """Over the workers of a dask cluster at `address`, or of one begun here (`local`). Raises ZipingError where it is no address; it is
    raised later where it is not there."""
    if "@" in address:
        raise ZipingError(address, "dask集群的地址里没有用户和密码", "请用tls://和dask的证书（见README）")
    return partial(_spread, address)


def _spread(
    address: str,
    work: Callable[[Item], Result],
    items: Iterable[Item],
    limits: Limits,
    lost: Callable[[Item, str, str], Result],
) -> Iterator[Result]:
    job, waiting = pickle.dumps((work, lost)), iter(items)
    with _client(address, limits.jobs) as client, _processes(client, limits) as plugin:
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
                future = client.submit(_batch, plugin, job, packed, key=f"ziping-{uuid.uuid4()}", retries=3)
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


@contextmanager
def _client(address: str, jobs: int) -> Iterator[Any]:
    """A client of the cluster at an address, or of one begun here that ends with it: one worker with as many threads as jobs."""
    try:
        import dask
        from dask.distributed import Client, LocalCluster
    except ImportError:
        raise ZipingError("dask", "没有安装dask.distributed", extras.remedy("dask")) from None
    dask.config.set(_QUIET)
    own = None
    try:
        with undisturbed():
            if address == "local":
                own = LocalCluster(
                    n_workers=1, threads_per_worker=jobs, processes=False, dashboard_address=None, memory_limit=0,
                    silence_logs=logging.CRITICAL, scheduler_kwargs=_UNSEEN,
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


@contextmanager
def _processes(client: Any, limits: Limits) -> Iterator[str]:
    """Gives each worker, also one that comes later, its processes for as long as this run lasts; the name of the plugin that owns them.
    Those of a run whose client is gone are ended first. Raises ZipingError where a worker may begin no process."""
    from dask.distributed import WorkerPlugin

    class Processes(WorkerPlugin):
        """The processes of a worker, as many as it has threads: they begin and end with it."""

        def setup(self, worker: Any) -> None:
            self.pool = Pool(Limits(worker.state.nthreads, limits.timeout, limits.memory))

        def teardown(self, worker: Any) -> None:  # noqa: ARG002 - the same signature
            self.pool.stop()

    for left in client.run_on_scheduler(_left):
        client.unregister_worker_plugin(left)
    if any(client.run(_daemonic).values()):
        trouble = "dask worker不能启动读取文件的进程"
        raise ZipingError("dask", trouble, "请用 dask worker --no-nanny 启动每台机器上的worker")
    name = _NAME + client.id
    client.register_plugin(Processes(), name=name)
    try:
        yield name
    finally:
        with suppress(Exception):  # a cluster that is gone has no processes
            client.unregister_worker_plugin(name)


def _left(dask_scheduler: Any) -> list[str]:
    """The plugins of runs whose client is gone."""
    ours = [name for name in dask_scheduler.worker_plugins if name.startswith(_NAME)]
    return [name for name in ours if name.removeprefix(_NAME) not in dask_scheduler.clients]


def _daemonic() -> bool:
    import multiprocessing

    return bool(multiprocessing.current_process().daemon)


def _batch(plugin: str, job: bytes, items: list[bytes]) -> list[bytes]:
    """What a thread of a worker does: it hands items to the worker's processes, which alone load what the work needs."""
    from dask.distributed import get_worker

    owner: Any = get_worker().plugins[plugin]
    return list(owner.pool.results(partial(_work, job), items, partial(_lost, job)))


def _work(job: bytes, item: bytes) -> bytes:
    return pickle.dumps(pickle.loads(job)[0](pickle.loads(item)))


def _lost(job: bytes, item: bytes, trouble: str, remedy: str) -> bytes:
    return pickle.dumps(pickle.loads(job)[1](pickle.loads(item), trouble, remedy))
