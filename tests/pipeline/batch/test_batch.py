"""A batch: every file has one outcome, whatever it does to the process that reads it; nothing is read twice."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from extractors.files import File, find
from pipeline import process_info
from pipeline.batch import run
from pipeline.batch.cluster import _QUIET, cluster
from pipeline.batch.executors import Executor, Limits, processes, serial
from pipeline.store import contents, leases
from pipeline.store.journal import Outcome
from pipeline.store.opening import open_store
from schema.errors import ZipingError
from schema.relational import tables
from tests.conftest import PATIENCE, SAMPLES, eventually
from tests.pipeline.batch.misbehave import double, flagged, hostile
from tests.pipeline.store.test_store import rows

Run = Callable[..., subprocess.CompletedProcess[str]]
FILES = sorted(SAMPLES.glob("*.docx"))
LIMITS = Limits(2, 3.0, 2 << 30)
ITEMS = [f"item{i}" for i in range(12)] + ["crash1", "hang1", "greedy1", "crash2"]


def nothing(outcome: Outcome) -> None:
    pass


def paced(folder: Path) -> Limits:
    """Limits for files that must be read: fifty times as long as reading and storing one has just taken, on a machine however busy."""
    store = open_store(str(folder / "paced.db"))
    run.ingest([FILES[6]], store, nothing)  # which imports what reading needs
    begun = time.perf_counter()
    run.ingest([FILES[7]], store, nothing)
    return replace(LIMITS, timeout=max(5.0, 50 * (time.perf_counter() - begun)))


# ---------------------------------------------------------------- executors
@pytest.mark.parametrize("executor", [serial, processes], ids=["serial", "processes"])
def test_every_item_is_worked_once(executor: Executor) -> None:
    done = list(executor(double, iter(ITEMS[:12]), LIMITS, flagged))
    assert sorted(done) == sorted(item * 2 for item in ITEMS[:12])


def test_an_item_that_crashes_hangs_or_is_greedy_costs_itself_alone() -> None:
    done = list(hostile(processes)(double, iter(ITEMS), LIMITS, flagged))
    assert len(done) == len(ITEMS)
    assert sorted(d for d in done if d.startswith("item")) == sorted(item * 2 for item in ITEMS[:12])
    told = {d.split(":")[0]: d for d in done if ":" in d}
    assert "崩溃" in told["crash1"]
    assert "秒内没有读完" in told["hang1"]
    assert "内存超过" in told["greedy1"]


def test_items_are_taken_as_they_are_needed() -> None:
    taken = 0

    def items() -> Iterator[str]:
        nonlocal taken
        for item in ITEMS[:12] * 20:
            taken += 1
            yield item

    done = processes(double, items(), LIMITS, flagged)
    next(iter(done))
    assert taken < 30
    list(done)


# ---------------------------------------------------------------- ingest
def test_a_batch_with_hostile_files_gives_each_one_outcome(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "材料"
    folder.mkdir()
    for i, path in enumerate(FILES[:5]):
        shutil.copy(path, folder / f"{i}.docx")
    for name in ("crash.docx", "hang.docx", "greedy.docx"):
        (folder / name).write_bytes(FILES[5].read_bytes() + name.encode())
    (folder / "坏.docx").write_bytes(b"PK\x03\x04" + b"x" * 100)
    store, limits = open_store(url), paced(tmp_path)
    summary = run.ingest([folder], store, nothing, executor=hostile(), limits=limits)
    assert (summary.files, summary.read, len(summary.refused)) == (9, 5, 4)
    with store.engine.connect() as connection:
        told = dict(map(tuple, connection.execute(sa.select(tables.outcome.c.path, tables.outcome.c.outcome))))
        reasons = connection.execute(
            sa.select(tables.file.c.message).where(tables.file.c.outcome == "failed")
        ).scalars()
        assert all("; " in reason for reason in reasons)
    assert {Path(path).name: outcome for path, outcome in told.items()} == {
        **{f"{i}.docx": told[str(folder / f"{i}.docx")] for i in range(5)},
        "crash.docx": "failed", "hang.docx": "failed", "greedy.docx": "failed", "坏.docx": "refused",
    }  # fmt: skip
    assert set(told.values()) >= {"failed", "refused"}
    again = run.ingest([folder], store, nothing, executor=processes, limits=limits)
    assert (again.read, again.known, len(again.refused)) == (0, 5, 4)
    healed = run.ingest([folder], store, nothing, executor=processes, limits=limits, retry=True)
    assert healed.read + healed.known >= 5
    store.close()


def test_two_ingests_at_once_read_each_file_once(url: str, tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).parent / "ziping"),
        "ingest",
        str(SAMPLES),
        "--store",
        url,
        "--quiet",
        "--jobs",
        "1",
    ]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=PATIENCE)[1] for process in both]
    assert said == ["", ""]
    store = open_store(url)
    with store.engine.connect() as connection:
        o = tables.outcome
        counts = dict(map(tuple, connection.execute(sa.select(o.c.outcome, sa.func.count()).group_by(o.c.outcome))))
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.submission)).scalar() == len(FILES)
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.lease)).scalar() == 0
    assert counts.get("read", 0) + counts.get("partly", 0) == len(FILES)
    assert counts["known"] == len(FILES)
    store.close()


def test_a_lease_of_a_process_that_is_gone_is_taken_over(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "s.db"))
    assert leases.acquire(store, "ab", 100)
    assert leases.acquire(store, "ab", 100)  # its own
    with store.engine.begin() as connection:
        host = process_info.owner().split()[0]
        connection.execute(tables.lease.update().values(owner=f"{host} 999999999 1"))
    assert leases.acquire(store, "ab", 100)
    with store.engine.begin() as connection:
        connection.execute(tables.lease.update().values(owner="elsewhere 1 1", until=time.time() + 100))
    assert not leases.acquire(store, "ab", 100)
    with store.engine.begin() as connection:
        connection.execute(tables.lease.update().values(until=time.time() - 1))
    assert leases.acquire(store, "ab", 100)


def test_only_files_changed_since_a_day_are_read(tmp_path: Path) -> None:
    old, new = tmp_path / "旧.docx", tmp_path / "新.docx"
    for path, source in ((old, FILES[0]), (new, FILES[1])):
        shutil.copy(source, path)
    os.utime(old, (1_600_000_000, 1_600_000_000))
    found = [f.path.name for f in find([tmp_path], since=1_700_000_000) if isinstance(f, File)]
    assert found == ["新.docx"]


def test_the_command_says_what_it_would_do_and_does_nothing(ziping: Run, tmp_path: Path) -> None:
    said = ziping("ingest", SAMPLES, "--dry-run", "--store", "s.db")
    assert said.stdout == f"将读取：{len(FILES)}份\n"
    assert not (tmp_path / "s.db").exists()
    ziping("ingest", FILES[0], "--store", "s.db")
    said = ziping("ingest", SAMPLES, "--dry-run", "--store", "s.db")
    assert f"将读取：{len(FILES) - 1}份" in said.stdout
    assert "库中已有：1份" in said.stdout
    assert ziping("ingest", SAMPLES, "--memory", "much").returncode == 2
    assert ziping("ingest", SAMPLES, "--memory", "100M").returncode == 2
    assert ziping("ingest", SAMPLES, "--executor", "elsewhere").returncode == 2


def test_an_item_that_hangs_keeps_one_process_and_begins_no_other() -> None:
    before = set(forked())
    quick = [f"item{i}" for i in range(20)]
    items = ["hang1", *quick[:2], "hang2", *quick[2:], "hang3"]
    most, came = 0, list[str]()
    for result in hostile(processes)(double, items, LIMITS, flagged):
        came.append(result)
        most = max(most, len(set(forked()) - before))
    assert sorted(r for r in came if ":" not in r) == sorted(item * 2 for item in quick)
    assert sum("秒内没有读完" in r for r in came) == 3
    assert 1 <= most <= LIMITS.jobs


def test_processes_that_are_killed_while_they_wait_are_begun_anew() -> None:
    before = set(forked())

    def items() -> Iterator[str]:
        yield from ("item1", "item2")
        time.sleep(1.0)  # both are done, and nobody has one
        for pid in set(forked()) - before:
            os.kill(pid, signal.SIGKILL)
        time.sleep(1.0)
        yield from ("item3", "item4")

    assert sorted(processes(double, items(), LIMITS, flagged)) == [f"item{i}" * 2 for i in (1, 2, 3, 4)]


class Deadly:
    """Ends the process that takes it."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (1,)


def test_processes_that_end_again_and_again_are_said() -> None:
    with pytest.raises(ZipingError, match="一启动就退出"):
        list(processes(double, [Deadly(), Deadly()], LIMITS, flagged))


def test_no_file_of_the_folder_one_stands_in_is_code(tmp_path: Path) -> None:
    for name in ("docx.py", "pipeline.py", "schema.py", "socket.py", "multiprocessing.py", "pebble.py"):
        (tmp_path / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n")
    command = [Path(sys.executable).parent / "ziping", "ingest", FILES[0], "--store", "s.db", "--quiet"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "ran").exists()
    assert contents.counts(open_store(str(tmp_path / "s.db")))["submission"] == 1


def forked() -> Iterator[int]:
    """The processes that a server of this process has forked and that live."""
    me = psutil.Process()
    for child in me.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if child.ppid() != me.pid and child.status() != psutil.STATUS_ZOMBIE:
                yield child.pid


@pytest.mark.parametrize("where", ["processes", "dask=local"])
@pytest.mark.parametrize("midst", [pytest.param(False, marks=pytest.mark.soak), True])
def test_ctrl_c_stops_in_one_line_and_the_same_command_goes_on(where: str, midst: bool, tmp_path: Path) -> None:
    folder, store = tmp_path / "材料", tmp_path / "s.db"
    folder.mkdir()
    for i in range(60):
        data = FILES[i % len(FILES)].read_bytes()
        (folder / f"{i}.docx").write_bytes(data + str(i).encode())
    ziping = Path(sys.executable).parent / "ziping"
    command = [
        str(ziping), "ingest", str(folder), "--store", str(store), "--jobs", "1", "--executor", where,
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert eventually(lambda: store.exists() and (not midst or contents.counts(open_store(str(store)))["submission"]))
    os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it: to whatever runs there
    _, said = process.communicate(timeout=PATIENCE)
    if process.returncode != 0:  # it may have been done already
        assert process.returncode == 130
        whole = "ziping: 已停止；已读入的都在库中，同一命令可继续\n"
        assert said == whole or (not midst and said == "ziping: 已停止\n")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert contents.counts(open_store(str(store)))["submission"] == 60


# ---------------------------------------------------------------- a cluster
def test_a_cluster_gives_the_same_store_as_one_process(tmp_path: Path) -> None:
    one, many = open_store(str(tmp_path / "one.db")), open_store(str(tmp_path / "many.db"))
    run.ingest([SAMPLES], one, nothing)
    summary = run.ingest([SAMPLES], many, nothing, executor=cluster("local"), limits=Limits(2, 60.0, 3 << 30))
    assert summary.read == len(FILES)
    assert rows(many) == rows(one)


def test_two_clusters_of_one_machine_say_nothing_of_each_other(ziping: Run) -> None:
    with socket.socket() as other, warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        with suppress(OSError):  # another has it: as good
            other.bind(("0.0.0.0", 8787))
            other.listen()
        done = ziping("ingest", SAMPLES, "--executor", "dask=local", "--store", "s.db", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_address_without_a_cluster_is_said_in_one_line(ziping: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_QUIET, "distributed.comm.timeouts.connect", "1s")
    said = ziping("ingest", SAMPLES, "--executor", "dask=tcp://127.0.0.1:9", "--store", "s.db")
    assert said.returncode == 1
    assert "连不上dask集群" in said.stderr
    assert said.stderr.count("\n") == 1
