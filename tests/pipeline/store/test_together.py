"""Two at once: what two processes do to a store is what some order of their acts would have done; a write that breaks leaves no half."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data.maker import word
from pipeline.batch import run
from pipeline.extract import as_json
from pipeline.rerun import correcting, planning
from pipeline.store import contents, units
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from pipeline.store.rows import record
from schema.errors import StoreError, ZipingError
from schema.relational import tables
from tests.conftest import PATIENCE, emptied, eventually, postgres
from tests.pipeline.batch.test_kept import FORGOTTEN, As, older
from tests.pipeline.rerun.test_rerun import filled
from tests.pipeline.store.test_store import rows

BIN = Path(sys.executable).parent
FEW, MANY = 5, 200  # schedules in `make test` and in `make soak`
FORM = """{unit}
# 项目支出绩效自评表
（2023年度）
| 项目名称 | {name} | < | < | < | < |
| 主管部门 | {unit} | < | < | < | < |
| 项目资金（万元） | < | 年初预算数 | 全年预算数 | 全年执行数 | < |
| 年度资金总额 | < | 20 | 20 | 18 | < |
| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 | 得分 |
| 产出指标 | 数量指标 | {name}次数 | ≥20次 | 21次 | 10 |
| 效益指标 | 社会效益指标 | {name}满意率 | ≥90% | 92% | 9 |
"""
Act = tuple[str, ...]


# ---------------------------------------------------------------- the store's state, whatever numbers it was given
def state(store: Store) -> dict[str, Any]:
    """What a store says, without the times and numbers of its making: records, versions, corrections, units, deliveries."""
    c, v, s, d = tables.correction, tables.version, tables.submission, tables.delivery
    u, n = tables.unit, tables.unit_spelling
    with store.reading() as connection:
        said = {
            row.correction_id: f"{row.submission_id} {row.record} {row.field} {row.should_be} {row.state} {row.withdrawn_at is None}"
            for row in connection.execute(sa.select(c))
        }
        return {
            "records": {
                i: json.loads(as_json(record(connection, i))) for i in connection.execute(sa.select(s.c.submission_id)).scalars()
            },
            "corrections": sorted(said.values()),
            "made with": sorted(
                (row.submission_id, sorted(said[k] for k in row.corrections or ()))
                for row in connection.execute(sa.select(v).where(v.c.valid_to.is_(None)))
            ),
            "versions": sorted(
                (row.submission_id, row.no, row.causes, row.valid_to is None) for row in connection.execute(sa.select(v))
            ),
            "units": sorted(
                map(tuple, connection.execute(sa.select(u.c.name, n.c.spelling).join_from(u, n, u.c.unit_id == n.c.unit_id, isouter=True)))
            ),
            "deliveries": sorted(map(tuple, connection.execute(sa.select(d.c.path, d.c.is_current)))),
        }  # fmt: skip


def broken(told: dict[str, Any]) -> list[str]:
    """What no store may say: more or less than one current version, a correction in force that its version was made without."""
    current: dict[str, int] = {}
    for submission, _, _, last in told["versions"]:
        current[submission] = current.get(submission, 0) + last
    out = [f"{i}: {n} current versions" for i, n in current.items() if n != 1]
    for submission, used in told["made with"]:
        in_force = [x for x in told["corrections"] if x.startswith(submission) and x.endswith("True")]
        if in_force != used:
            out.append(f"{submission}: in force {in_force}, made with {used}")
    return out


# ---------------------------------------------------------------- acts
@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of two submissions that a re-run changes, one of them corrected, and files that are to come."""
    folder = tmp_path_factory.mktemp("together")
    for place, names in (("材料", "甲乙"), ("后到", "甲丙")):
        (folder / place).mkdir()
        for name in names:
            source = FORM.format(name=f"{name}项目", unit=f"青禾县{'水务局' if name != '乙' else '水务管理局'}")
            path = folder / place / f"{name}{'定稿' if place == '后到' else ''}.docx"
            path.write_bytes(word.make(source.replace("21次", "22次") if place == "后到" else source))
            os.utime(path, (1_700_000_000, 1_700_000_000))
    _made(folder, str(folder / "base.db"))
    with sqlite3.connect(folder / "base.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # it is copied as a file
    return folder


def _made(folder: Path, url: str) -> None:
    store = open_store(url)
    with As(older(FORGOTTEN)):
        run.ingest([folder / "材料"], store, lambda outcome: None)
        correcting.add(store, "甲.docx", "forms[0]", "project", "更正的项目", "复核", "丁某")
    store.close()


def drawn(rng: random.Random) -> list[list[Act]]:
    """What each of two processes does."""
    acts: list[Act] = [
        ("rerun",), ("rerun",), ("withdraw", "1"), ("merge",), ("ingest", "甲定稿.docx"), ("ingest", "丙定稿.docx"),
        ("correct", "甲.docx", "forms[0]", "project", f"项目{rng.randint(1, 2)}"),
        ("correct", "甲.docx", "forms[0].indicators[1]", "level3", f"指标{rng.randint(1, 2)}"),
        ("correct", "乙.docx", "forms[0].indicators[0]", "level3", f"指标{rng.randint(1, 2)}"),
    ]  # fmt: skip
    return [rng.sample(acts, rng.randint(1, 2)) for _ in range(2)]


def does(store: Store, folder: Path, act: Act) -> str:
    """Does an act; what came of it."""
    try:
        if act[0] == "rerun":
            return str([p.trouble for p in planning.plan(store, apply=True) if p.trouble])
        if act[0] == "ingest":
            return str(run.ingest([folder / "后到" / act[1]], store, lambda outcome: None).refused)
        if act[0] == "withdraw":
            return correcting.withdraw(store, int(act[1]))
        if act[0] == "merge":
            keep, join = (units.unit_id(f"青禾县{name}") for name in ("水务局", "水务管理局"))
            return str(units.merge(store, keep, join))
        _, name, record_, field, value = act
        correcting.add(store, name, record_, field, value, "复核", "丁某")
        return "corrected"
    except ZipingError as error:
        return error.trouble


def _plays(url: str, folder: Path, acts: list[Act], seed: int, ready: Any, out: Any) -> None:
    rng = random.Random(seed)
    store = open_store(url)
    ready.wait(30)
    told = []
    for act in acts:
        time.sleep(rng.random() * 0.03)
        told.append(does(store, folder, act))
    out.put((seed, told))


def at_once(url: str, folder: Path, plan: list[list[Act]], seed: int) -> dict[str, Any]:
    """What a store says after two processes have done each its acts."""
    context = multiprocessing.get_context("fork")
    ready, out = context.Barrier(2), context.Queue()
    both = [
        context.Process(target=_plays, args=(url, folder, acts, 2 * seed + i, ready, out))
        for i, acts in enumerate(plan)
    ]
    for process in both:
        process.start()
    told = dict(out.get(timeout=PATIENCE) for _ in both)
    for process in both:
        process.join(60)
    store = open_store(url)
    said = state(store) | {"told": [told[2 * seed], told[2 * seed + 1]]}
    store.close()
    return said


def in_order(folder: Path, plan: list[list[Act]], place: Path) -> Iterator[dict[str, Any]]:
    """What a store says after each order of the acts that keeps that of either process."""
    one, other = plan
    for number, firsts in enumerate(combinations(range(len(one) + len(other)), len(one))):
        copy = place / f"order{number}.db"
        shutil.copy(folder / "base.db", copy)
        store, told = open_store(str(copy)), ([], [])  # type: ignore[var-annotated]
        queues = [list(one), list(other)]
        for at in range(len(one) + len(other)):
            whose = 0 if at in firsts else 1
            told[whose].append(does(store, folder, queues[whose].pop(0)))
        yield state(store) | {"told": list(told)}
        store.close()


def scheduled(seed: int, server: str | None, folder: Path, place: Path) -> None:
    """Plays the schedule of a seed, and compares."""
    plan = drawn(random.Random(seed))
    place.mkdir()
    if server is None:
        url = str(place / "both.db")
        shutil.copy(folder / "base.db", url)
    else:
        url = copied(server)
    found = at_once(url, folder, plan, seed)
    assert broken(found) == [], plan
    wanted = list(in_order(folder, plan, place))
    assert found in wanted, (plan, _nearest(found, wanted))
    shutil.rmtree(place)


def _nearest(found: dict[str, Any], wanted: list[dict[str, Any]]) -> str:
    parts = [{k: (found[k], order[k]) for k in found if found[k] != order[k]} for order in wanted]
    return str(min(parts, key=lambda part: (len(part), len(str(part)))))[:3000]


@pytest.fixture(scope="module")
def server(base: Path, postgresql: str) -> str:
    """A PostgreSQL server with a database like base.db, to be copied."""
    _made(base, emptied(postgresql))
    _copy(postgresql, "ziping", "base")
    return postgresql


def copied(url: str) -> str:
    """Another database of the same server that holds the same."""
    _copy(url, "base", "copied")
    return url.replace("/ziping?", "/copied?")


def _copy(url: str, one: str, other: str) -> None:
    engine = sa.create_engine(postgres(url.replace("/ziping?", "/postgres?")), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {other} WITH (FORCE)")
        connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{one}'")
        connection.exec_driver_sql(f"CREATE DATABASE {other} TEMPLATE {one}")
    engine.dispose()


@pytest.mark.parametrize("seed", range(FEW))
def test_two_processes_at_a_sqlite_store_do_what_some_order_does(seed: int, base: Path, tmp_path: Path) -> None:
    scheduled(seed, None, base, tmp_path / "s")


@pytest.mark.parametrize("seed", range(FEW))
def test_two_processes_at_a_postgresql_store_do_what_some_order_does(
    seed: int, base: Path, server: str, tmp_path: Path
) -> None:
    scheduled(seed, server, base, tmp_path / "s")


@pytest.mark.soak
def test_two_hundred_schedules_on_either_store(base: Path, server: str, tmp_path: Path) -> None:
    for seed in range(MANY):
        scheduled(seed, None, base, tmp_path / f"sqlite{seed}")
        scheduled(seed, server, base, tmp_path / f"postgresql{seed}")


# ---------------------------------------------------------------- the races that were found
def test_two_reruns_at_once_leave_one_current_version(base: Path, server: str) -> None:
    url = copied(server)
    command = [BIN / "ziping", "rerun", "--apply", "--store", url]
    for _ in range(3):
        both = [
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)
        ]
        assert [(p.communicate()[1], p.returncode) for p in both] == [("", 0)] * 2
    store = open_store(url)
    assert broken(state(store)) == []
    store.close()


def test_a_second_current_version_is_refused_by_either_store(url: str, tmp_path: Path) -> None:
    store = filled(url, tmp_path / "材料")
    with store.reading() as connection:
        held = dict(connection.execute(sa.select(tables.version).limit(1)).mappings().one())
    with pytest.raises((sa.exc.IntegrityError, StoreError)), store.engine.begin() as connection:
        connection.execute(tables.version.insert().values(**held | {"no": held["no"] + 1}))
    store.close()


def test_a_correction_made_while_a_rerun_reads_is_in_the_record(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with As(older(FORGOTTEN)):
        store = filled(url, tmp_path / "材料")
    write, done = planning._write, []

    def slow(*arguments: Any) -> bool:
        if not done:
            done.append(True)
            other = open_store(url)
            correcting.add(other, arguments[4].file, "forms[0]", "project", "更正的项目", "盖章件", "丁某")
            other.close()
        return write(*arguments)

    monkeypatch.setattr(planning, "_write", slow)
    planned = list(planning.plan(store, apply=True))
    assert done
    assert not any(p.trouble for p in planned)
    told = state(store)
    assert broken(told) == []
    assert "更正的项目" in [form["project"] for r in told["records"].values() for form in r["forms"]]
    assert list(planning.plan(store, apply=True)) == []
    store.close()


def test_a_version_that_lacks_a_correction_is_stale_and_healed(url: str, tmp_path: Path) -> None:
    """As a store of an older ziping may hold one: marked as applied, and lost."""
    store = filled(url, tmp_path / "材料")
    correcting.add(store, "甲.docx", "forms[0]", "project", "更正的项目", "盖章件", "丁某")
    with store.engine.begin() as connection:
        connection.execute(tables.version.update().values(corrections=None))
        connection.execute(tables.form.update().values(project="读作的项目"))
    assert [found.causes for found in planning.stale(store)] == [[planning.CORRECTED]]
    (planned,) = planning.plan(store, apply=True)
    assert planned.written
    assert broken(state(store)) == []
    assert contents.load(store, "甲.docx")["forms"][0]["project"] == "更正的项目"
    store.close()


# ---------------------------------------------------------------- a write that breaks
class Breaks:
    """The nth statement of a store raises, as the database would."""

    def __init__(self, store: Store, error: Callable[[], Exception]) -> None:
        self.left, self.error, self.engine = -1, error, store.engine
        for name in ("do_execute", "do_executemany"):
            sa.event.listen(store.engine, name, self)

    def __call__(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            raise self.error()


def _full(url: str) -> Callable[[], Exception]:
    if "://" not in url:
        return lambda: sqlite3.OperationalError("database or disk is full")
    import psycopg

    return lambda: psycopg.errors.DiskFull("could not extend file: No space left on device")


def _ours(url: str) -> Callable[[], Exception]:
    return lambda: KeyError("nobody foresaw this")


@pytest.mark.parametrize("what", [_full, _ours], ids=["disk full", "an error of ours"])
def test_whatever_statement_of_a_submission_breaks_nothing_is_half_visible(
    what: Callable[[str], Callable[[], Exception]], url: str, base: Path, tmp_path: Path
) -> None:
    path = base / "材料" / "甲.docx"
    whole = open_store(str(tmp_path / "whole.db"))
    run.ingest([path], whole, lambda outcome: None)
    expected, all_of_it = state(whole), rows(whole)
    store = open_store(url)
    breaks, count = Breaks(store, what(url)), 0
    of_submission = [t for t in tables.metadata.sorted_tables if "submission_id" in t.c]
    while True:
        count += 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(run, "opened", lambda *_: store)
            breaks.left = count
            try:
                run.ingest([path], store, lambda outcome: None, retry=True)
                ended = breaks.left > 0
            except (StoreError, KeyError):
                ended = False
            breaks.left = -1
            held = rows(store)
            there = {t.name: len(held[t.name]) for t in of_submission}
            assert there in ({name: 0 for name in there}, {name: len(all_of_it[name]) for name in there}), count
            run.ingest([path], store, lambda outcome: None, retry=True)
        assert state(store) == expected, count
        if ended:
            break
        _clear(store)
    assert count > 25
    store.close()


def _clear(store: Store) -> None:
    with store.engine.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            if table not in (tables.code, tables.wordlist):
                connection.execute(table.delete())


@pytest.mark.parametrize("what", [_full, _ours], ids=["disk full", "an error of ours"])
def test_some_statement_of_a_rerun_breaks_and_the_old_or_the_new_stands(
    what: Callable[[str], Callable[[], Exception]], base: Path, server: str, tmp_path: Path
) -> None:
    assert reruns_that_break(what, base, None, tmp_path, 9) > 25
    reruns_that_break(what, base, server, tmp_path, 50)


@pytest.mark.soak
@pytest.mark.parametrize("what", [_full, _ours], ids=["disk full", "an error of ours"])
def test_whatever_statement_of_a_rerun_breaks_the_old_or_the_new_stands(
    what: Callable[[str], Callable[[], Exception]], base: Path, server: str, tmp_path: Path
) -> None:
    assert reruns_that_break(what, base, None, tmp_path, 1) > 25
    assert reruns_that_break(what, base, server, tmp_path, 1) > 25


def reruns_that_break(
    what: Callable[[str], Callable[[], Exception]], base: Path, server: str | None, place: Path, step: int
) -> int:
    """Re-runs of which each breaks at a later statement, until one has no more of them; at which it ended."""
    count = 1
    while True:
        if server is None:
            shutil.copy(base / "base.db", place / f"{count}.db")
        url = str(place / f"{count}.db") if server is None else copied(server)
        store = open_store(url)
        before = state(store)
        breaks = Breaks(store, what(url))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(run, "opened", lambda *_, store=store: store)
            breaks.left = count
            try:
                list(planning.plan(store, apply=True))
                ended = breaks.left > 0
            except (StoreError, KeyError):
                ended = False
            breaks.left = -1
            between = state(store)
            list(planning.plan(store, apply=True))
        after = state(store)
        assert broken(between) == []
        for i, held in between["records"].items():
            assert held in (before["records"][i], after["records"][i]), count
        assert after["records"] == expected_rerun(base, place), count
        store.close()
        if ended:
            return count
        count += step


def expected_rerun(base: Path, place: Path) -> dict[str, Any]:
    """What a re-run that nothing disturbs makes of the store."""
    if str(base) not in _WHOLE:
        shutil.copy(base / "base.db", place / "whole.db")
        store = open_store(str(place / "whole.db"))
        list(planning.plan(store, apply=True))
        _WHOLE[str(base)] = state(store)["records"]
        store.close()
    return _WHOLE[str(base)]


_WHOLE: dict[str, dict[str, Any]] = {}


# ---------------------------------------------------------------- a server that goes away
def test_a_server_that_restarts_in_the_midst_is_waited_for(restartable: Any, base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "材料"
    folder.mkdir()
    for i in range(30):
        source = FORM.format(name=f"项目{i}", unit="青禾县水务局")
        (folder / f"{i:02d}.docx").write_bytes(word.make(source))
    process = subprocess.Popen(
        [BIN / "ziping", "ingest", folder, "--store", restartable.url, "--quiet", "--jobs", "1"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert eventually(lambda: _holds(restartable.url) >= 3)
    restartable.stop()
    time.sleep(1)
    restartable.start()
    _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (0, "")
    assert contents.counts(open_store(restartable.url))["submission"] == 30


def test_a_server_that_stays_away_is_named_and_the_same_command_completes(
    restartable: Any, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = restartable.url
    store = open_store(url, patience=0.5)
    restartable.stop()
    with pytest.raises(StoreError, match="连不上") as told:
        run.ingest([base / "材料"], store, lambda outcome: None)
    assert "磁盘" not in str(told.value)
    assert "再运行同一命令" in str(told.value)
    restartable.start()
    summary = run.ingest([base / "材料"], store, lambda outcome: None)
    assert (summary.read, summary.refused) == (2, [])
    store.close()


def _holds(url: str) -> int:
    """The submissions in a store that another process may just be making."""
    try:
        store = open_store(url)
        found = contents.counts(store)["submission"]
        store.close()
    except StoreError:
        return 0
    return found
