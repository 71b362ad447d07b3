"""Nothing is lost, doubled or half visible: kills at any moment, any order of events, two stores, a cluster."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from dask.distributed import Client, LocalCluster

from data.maker import forms, word
from data.maker.layout import all_layouts
from pipeline import ruleset
from pipeline.batch import run
from pipeline.batch.cluster import cluster
from pipeline.batch.executors import Limits
from pipeline.extract import extract
from pipeline.rerun import correcting, planning
from pipeline.ruleset import Ruleset
from pipeline.store import contents
from pipeline.store.opening import open_store
from schema.relational import tables
from tests.conftest import PATIENCE, SAMPLES, emptied, eventually
from tests.pipeline.store.test_store import rows

BIN = Path(sys.executable).parent
FORGOTTEN = [
    ["主管部门", "head", "supervisor"],
    ["当年财政拨款", "funds", "current_appropriation", ""],
    ["年度资金总额", "funds", "total", ""],
]
FEW, MANY = 1, 50  # kills of one kind in `make test` and in `make soak`
Run = Callable[..., "subprocess.CompletedProcess[str]"]
Rows = dict[str, list[tuple[object, ...]]]


def older(forgotten: list[list[str]]) -> Ruleset:
    """Today's code with a vocabulary that has not learned some rows yet."""
    held = ruleset.shipped_rows().files.items()
    words = ruleset.VocabularyRows({name: [row for row in rows if row not in forgotten] for name, rows in held})
    return ruleset.under(words)


class As:
    """In this process, files are read as under a reading."""

    def __init__(self, reading: Ruleset) -> None:
        self.reading, self.patch = reading, pytest.MonkeyPatch()

    def __enter__(self) -> None:
        self.patch.setattr("pipeline.batch.run.extract", lambda file: extract(file, self.reading.vocabulary))
        self.patch.setattr("pipeline.store.saving.current", lambda: self.reading)
        self.patch.setattr("pipeline.ruleset.current", lambda: self.reading)

    def __exit__(self, *_: object) -> None:
        self.patch.undo()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives the URL of an empty store, as often as it is asked."""
    count = 0

    def url() -> str:
        nonlocal count
        if request.param == "postgresql":
            return emptied(request.getfixturevalue("postgresql"))
        count += 1
        return str(tmp_path / f"store{count}.db")

    return url


def kills(arguments: list[str], moments: list[float], seconds: float) -> None:
    """Runs a command and kills it with its processes at each of some moments (shares of its time), then lets it end."""
    for moment in moments:
        process = subprocess.Popen(
            arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(moment * seconds)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(arguments, check=False, capture_output=True)


def timed(arguments: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(arguments, check=True, capture_output=True)
    return time.perf_counter() - begun


def killed_ingests(url: Callable[[], str], count: int, seed: int) -> tuple[Rows, Rows]:
    rng = random.Random(seed)
    whole = url()
    command = [str(BIN / "ziping"), "ingest", str(SAMPLES), "--quiet", "--store"]
    seconds = timed([*command, whole])
    expected = rows(open_store(whole))
    disturbed = url()
    kills([*command, disturbed], [rng.uniform(0.2, 1.0) for _ in range(count)], seconds)
    return rows(open_store(disturbed)), expected


def killed_reruns(url: Callable[[], str], count: int, seed: int) -> tuple[Rows, Rows]:
    rng = random.Random(seed)
    command = [str(BIN / "ziping"), "rerun", "--apply", "--store"]

    def aged() -> str:
        found = url()
        with As(older(FORGOTTEN)):
            run.ingest([SAMPLES], open_store(found), lambda outcome: None)
        return found

    whole = aged()
    seconds = timed([*command, whole])
    expected = rows(open_store(whole))
    disturbed = aged()
    kills([*command, disturbed], [rng.uniform(0.2, 1.0) for _ in range(count)], seconds)
    return rows(open_store(disturbed)), expected


def same(found: Rows, expected: Rows) -> None:
    for name in expected:
        assert found[name] == expected[name], name


def test_a_killed_ingest_is_completed(place: Callable[[], str]) -> None:
    same(*killed_ingests(place, FEW, 1))


def test_a_killed_rerun_is_completed(place: Callable[[], str]) -> None:
    found, expected = killed_reruns(place, FEW, 2)
    assert len(expected["version"]) > len(expected["submission"])
    same(found, expected)


@pytest.mark.soak
def test_ingests_and_reruns_killed_at_many_moments_are_completed(place: Callable[[], str]) -> None:
    for seed in range(MANY // 5):
        same(*killed_ingests(place, 5, seed))
        same(*killed_reruns(place, 5, seed))


def test_a_reader_sees_the_old_version_or_the_new_one(tmp_path: Path) -> None:
    """While a re-run is applied, every look at a submission finds it whole."""
    url = str(tmp_path / "s.db")
    with As(older(FORGOTTEN)):
        run.ingest([SAMPLES], open_store(url), lambda outcome: None)
    store, reader = open_store(url), open_store(url)
    query = sa.select(tables.submission.c.submission_id)
    with reader.reading() as connection:
        ids = [row[0] for row in connection.execute(query)]
    before = {i: contents.load(reader, i) for i in ids}
    done, seen = threading.Event(), []

    def look() -> None:
        while not done.is_set():
            for i in ids:
                seen.append((i, contents.load(reader, i)))

    watcher = threading.Thread(target=look)
    watcher.start()
    list(planning.plan(store, apply=True))
    done.set()
    watcher.join()
    after = {i: contents.load(reader, i) for i in ids}
    assert len(seen) > len(ids)
    assert all(record in (before[i], after[i]) for i, record in seen)


# ---------------------------------------------------------------- any order of events
def built_in_any_order(seed: int, place: Path) -> tuple[Rows, Rows]:
    """A store grown by events drawn from a seed, and one built at once from what was there in the end."""
    rng = random.Random(seed)
    layouts = rng.sample([layout for layout in all_layouts() if layout.kind == "project"], 4)
    inbox, late = place / "材料", place / "后到"
    for folder in (inbox, late):
        folder.mkdir(parents=True)
    files = []
    for i, layout in enumerate(layouts):
        path = (inbox if i < 2 else late) / f"{i}.docx"
        path.write_bytes(word.make(forms.make(layout, seed + i).source))
        files.append(path)
    forgotten = rng.sample(FORGOTTEN, rng.randint(1, 3))
    grown = open_store(str(place / "grown.db"))
    corrected: list[tuple[str, str, str, str]] = []
    learned = False
    events = ["late", "learn", "correct", "again", "correct"]
    rng.shuffle(events)
    with As(older(forgotten)):
        run.ingest([inbox], grown, lambda outcome: None)
    for event in events:
        reading = ruleset.current() if learned else older(forgotten)
        with As(reading):
            if event == "late":
                run.ingest([late], grown, lambda outcome: None)
            elif event == "again":
                shutil.copy(files[0], inbox / "副本.docx")
                run.ingest([inbox], grown, lambda outcome: None)
            elif event == "correct":
                name = f"{rng.randint(0, 1)}.docx"
                record, field, value = rng.choice(
                    [
                        ("forms[0]", "project", "更正的项目"),
                        ("forms[0].indicators[0]", "level3", "更正的指标"),
                        ("forms[0]", "grade", "良"),
                    ]
                )
                correcting.add(grown, name, record, field, value, "复核", "丁某")
                corrected = [c for c in corrected if c[:3] != (name, record, field)] + [(name, record, field, value)]
        if event == "learn":
            list(planning.plan(grown, apply=True))
            learned = True
    if not learned:
        list(planning.plan(grown, apply=True))
    anew = open_store(str(place / "anew.db"))
    run.ingest([inbox, late], anew, lambda outcome: None)
    for name, record, field, value in corrected:
        correcting.add(anew, name, record, field, value, "复核", "丁某")
    return rows(grown), rows(anew)


def compared(found: Rows, expected: Rows) -> None:
    for name in expected:
        if name == "correction":  # those that a later one replaced are kept too
            assert set(expected[name]) <= set(found[name])
        elif name != "version":  # the way there is another
            assert list(map(_unnumbered, found[name])) == list(map(_unnumbered, expected[name])), name


def _unnumbered(row: tuple[object, ...]) -> tuple[object, ...]:
    """A row that names no correction by its number: one that replaced another has a later one."""
    return tuple(re.sub(r"^人工更正\d+", "人工更正", v) if isinstance(v, str) else v for v in row)


@pytest.mark.parametrize("seed", range(4))
def test_a_store_grown_in_any_order_is_the_store_built_at_once(seed: int, tmp_path: Path) -> None:
    compared(*built_in_any_order(seed, tmp_path))


@pytest.mark.soak
def test_stores_grown_in_many_orders_are_the_stores_built_at_once(tmp_path: Path) -> None:
    for seed in range(100):
        compared(*built_in_any_order(seed, tmp_path / str(seed)))


# ---------------------------------------------------------------- a cluster
@pytest.fixture
def begun(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a cluster of two workers, of one thread and of two, and the workers."""
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment, "cwd": tmp_path}
    port = 21000 + os.getpid() % 10000
    address = f"tcp://127.0.0.1:{port}"
    scheduler = subprocess.Popen(
        [BIN / "dask", "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"], **quiet
    )
    begin = [BIN / "dask", "worker", address, "--no-dashboard", "--no-nanny", "--nthreads"]
    workers = [subprocess.Popen([*begin, threads], start_new_session=True, **quiet) for threads in "12"]
    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
    yield address, workers
    for process in (*workers, scheduler):  # dask's worker may not hear of a polite end; what it began dies with it
        process.kill()
        process.wait()


def filled(inbox: Path, count: int) -> Path:
    inbox.mkdir()
    layouts = all_layouts()
    for i in range(count):
        layout = layouts[i % len(layouts)]
        (inbox / f"{i:03d}.docx").write_bytes(word.make(forms.make(layout, i).source))
    return inbox


def test_a_cluster_that_loses_a_worker_gives_the_same_store(
    begun: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, workers = begun
    inbox = filled(tmp_path / "材料", 120)
    one, many = open_store(str(tmp_path / "one.db")), open_store(str(tmp_path / "many.db"))
    run.ingest([inbox], one, lambda outcome: None)
    at: list[int] = []

    def kill() -> None:
        """Kills a worker in the midst of its first files."""
        while not at or at[-1] < 10:
            with many.reading() as connection:
                at.append(connection.execute(sa.select(sa.func.count()).select_from(tables.outcome)).scalar_one())
            time.sleep(0.02)
        os.killpg(workers[0].pid, signal.SIGKILL)

    killed = threading.Thread(target=kill)
    try:
        killed.start()
        summary = run.ingest(
            [inbox], many, lambda outcome: None, executor=cluster(address), limits=Limits(2, 60.0, 3 << 30)
        )
        assert summary.refused == []
        assert at[-1] < 100
    finally:
        killed.join()
    same(rows(many), rows(one))


def plugins(dask_scheduler: Any) -> list[str]:
    """Those of ziping that a cluster's workers have."""
    return [name for name in dask_scheduler.worker_plugins if name.startswith("ziping")]


def test_a_worker_that_may_begin_no_process_is_said_in_one_line(ziping: Run) -> None:
    with LocalCluster(n_workers=1, processes=True, dashboard_address=None, silence_logs=50) as watched:
        done = ziping("ingest", SAMPLES, "--executor", f"dask={watched.scheduler_address}", "--quiet")
    assert done.returncode == 1
    assert "--no-nanny" in done.stderr
    assert done.stderr.count("\n") == 1


def test_two_runs_on_one_cluster_do_not_end_each_other_and_end_what_a_killed_one_left(
    begun: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    inboxes = [filled(tmp_path / f"材料{count}", count) for count in (30, 90)]
    command = [BIN / "ziping", "ingest", "--executor", f"dask={begun[0]}", "--store"]
    killed = subprocess.Popen([*command, tmp_path / "killed.db", inboxes[1]], stdout=subprocess.DEVNULL)
    with Client(begun[0], set_as_default=False) as client:
        assert eventually(lambda: client.run_on_scheduler(plugins))
        killed.kill()
        killed.wait()
        left = client.run_on_scheduler(plugins)
    both = [
        subprocess.Popen([*command, f"{inbox}.db", inbox], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for inbox in inboxes
    ]
    for process in both:
        _, said = process.communicate(timeout=PATIENCE)
        assert (process.returncode, said) == (0, b"")
    with Client(begun[0], set_as_default=False) as client:
        assert (len(left), client.run_on_scheduler(plugins)) == (1, [])
    for inbox in inboxes:
        assert "file_failed" not in contents.counts(open_store(f"{inbox}.db"))
