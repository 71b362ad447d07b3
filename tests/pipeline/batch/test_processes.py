"""A run that is ended leaves nothing running and nothing lying about; a statement cannot reach the limits of its process."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from extractors import office, supervisor
from pipeline import process_info
from pipeline.analysts import bounded, query
from pipeline.batch import executors, run
from pipeline.store import contents
from pipeline.store.connection import Store
from pipeline.store.opening import let_read, open_store
from schema.errors import StoreError
from tests.conftest import PATIENCE, ROOT, SAMPLES, emptied, eventually, missing, postgres
from tests.pipeline.analysts.test_browse import served

BIN = Path(sys.executable).parent
HEAVY = "SELECT instr(zeroblob(40000000), zeroblob(20000000) || x'01')"
GREEDY = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 900) SELECT zeroblob(9000000 + n) FROM t"


# ---------------------------------------------------------------- what is left of a run
def of(mark: str) -> list[tuple[int, str]]:
    """The living processes whose environment holds a mark."""
    out = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                state = Path(f"/proc/{name}/stat").read_text().rsplit(")", 1)[1].split()[0]
                if state != "Z" and mark.encode() in Path(f"/proc/{name}/environ").read_bytes():
                    out.append((int(name), Path(f"/proc/{name}/cmdline").read_text().replace("\0", " ")[:80]))
            except OSError:
                continue
    return out


def gone(mark: str) -> bool:
    return not of(mark)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A folder that keeps every kind of process busy: workers, the recogniser, LibreOffice."""
    folder = tmp_path / "材料"
    folder.mkdir()
    for i in range(12):
        (folder / f"{i:02d}.docx").write_bytes((SAMPLES / "water-2022.docx").read_bytes() + b"%d" % i)
    if office.installed():
        (folder / "0.rtf").write_bytes(b"{\\rtf1\\ansi " + b"\\par 1" * 2_000 + b"}")
    return folder


ENDS = {
    "kill of the run": (signal.SIGKILL, False),
    "termination of the run": (signal.SIGTERM, False),
    "hang-up of the run": (signal.SIGHUP, False),
    "kill of the group": (signal.SIGKILL, True),
    "termination of the group": (signal.SIGTERM, True),
    "hang-up of the group": (signal.SIGHUP, True),
}


def _hears() -> None:
    """A hang-up is heard, whatever started the tests (nohup has it ignored, and that is inherited)."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


_SOME = ("kill of the run", "termination of the group", "hang-up of the run")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("how", [how if how in _SOME else pytest.param(how, marks=pytest.mark.soak) for how in ENDS])
def test_a_run_that_is_ended_leaves_no_process_and_no_file(how: str, inbox: Path, tmp_path: Path) -> None:
    number, group = ENDS[how]
    for moment in (0.0, 1.0) if how not in _SOME else (random.uniform(0.0, 1.0),):
        place = tmp_path / f"tmp{moment}"
        place.mkdir()
        mark = f"ZIPING_TEST_MARK={os.getpid()}-{how.replace(' ', '-')}-{moment}"
        environment = os.environ | {"TMPDIR": str(place)} | dict([mark.split("=")])
        store = tmp_path / f"{moment}.db"
        command = [BIN / "ziping", "ingest", inbox, "--store", store, "--quiet"]
        process = subprocess.Popen(
            command, env=environment, start_new_session=True, preexec_fn=_hears, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )  # fmt: skip
        assert eventually(store.exists)
        time.sleep(moment)
        assert of(mark)
        (os.killpg if group else os.kill)(process.pid, number)
        assert eventually(partial(gone, mark))
        _, said = process.communicate()
        assert "Traceback" not in said
        if number != signal.SIGKILL:
            assert process.returncode == 130
            assert "已停止" in said
        subprocess.run(command, env=environment, check=False, capture_output=True, timeout=PATIENCE)
        assert list(place.iterdir()) == []  # what a killed run left, the next one has removed
        assert not [left for left in Path("/tmp").glob(f"ziping-{process.pid}-*")]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_worker_that_is_killed_costs_its_file_and_ends_what_it_began(inbox: Path, tmp_path: Path) -> None:
    mark = f"ZIPING_TEST_MARK={os.getpid()}-worker"
    environment = os.environ | dict([mark.split("=")])
    process = subprocess.Popen(
        [BIN / "ziping", "ingest", inbox, "--store", tmp_path / "s.db", "--quiet", "--jobs", "2"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip

    def workers() -> list[int]:
        server = [pid for pid, command in of(mark) if "forkserver" in command]
        return [pid for pid in server if _parent(pid) in server]

    assert eventually(workers)
    time.sleep(random.uniform(0.0, 1.0))
    for pid in workers()[:1]:
        os.kill(pid, signal.SIGKILL)
    _, said = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in said
    assert of(mark) == []
    store = open_store(str(tmp_path / "s.db"))
    assert contents.counts(store)["submission"] >= 11 - (said.count("崩溃"))
    store.close()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def test_the_workplace_of_a_process_that_is_gone_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    process_info._workplace.cache_clear()
    gone, mine, other = (
        tmp_path / "ziping-1-1-x",
        tmp_path / f"ziping-{os.getpid()}-{process_info.begun(os.getpid())}-y",
        tmp_path / "ziping-z",
    )
    for folder in (gone, mine, other):
        (folder / "in").mkdir(parents=True)
    made = process_info.workplace()
    process_info._workplace.cache_clear()
    assert sorted(tmp_path.iterdir()) == sorted([made, mine, other])
    shutil.rmtree(made)


def test_a_command_on_the_leash_ends_with_whoever_asked_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "ordner"
    folder.mkdir()
    mark = f"ZIPING_TEST_MARK={os.getpid()}-leash"
    code = (
        "import subprocess, sys\n"
        f"subprocess.run([sys.executable, '-I', {supervisor.__file__!r}, '9999', {str(folder)!r}, 'sh', '-c', 'sleep 9999 & sleep 9999'],"
        " start_new_session=True)"
    )
    asker = subprocess.Popen([sys.executable, "-c", code], env=os.environ | dict([mark.split("=")]))
    assert eventually(lambda: sum("sleep" in command for _, command in of(mark)) >= 3)
    asker.kill()
    asker.wait()
    assert eventually(lambda: gone(mark) and not folder.exists())


def test_a_command_on_the_leash_has_its_time(tmp_path: Path) -> None:
    def ran(seconds: str, *command: str) -> int:
        return subprocess.run(
            [sys.executable, "-I", supervisor.__file__, seconds, str(tmp_path), *command],
            start_new_session=True,
            check=False,
        ).returncode

    assert ran("0.3", "sleep", "9999") == supervisor.LATE
    assert ran("9999", "sh", "-c", "exit 7") == 7
    assert tmp_path.exists()


def test_a_file_whose_time_is_up_leaves_no_libreoffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not office.installed():
        missing("LibreOffice (Debian: libreoffice-writer)")
    mark = f"ZIPING_TEST_MARK={os.getpid()}-office"
    folder = tmp_path / "材料"
    folder.mkdir()
    (folder / "慢.rtf").write_bytes(b"{\\rtf1\\ansi " + b"\\par 1" * 3_000_000 + b"}")
    place = tmp_path / "tmp"
    place.mkdir()
    done = subprocess.run(
        [BIN / "ziping", "ingest", folder, "--store", tmp_path / "s.db", "--quiet", "--timeout", "2"],
        env=os.environ | {"TMPDIR": str(place)} | dict([mark.split("=")]), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "2秒内没有读完" in done.stderr
    assert eventually(partial(gone, mark))
    if list(place.iterdir()):  # a process that was killed while it began: the next run removes what it made
        environment = os.environ | {"TMPDIR": str(place)}
        command = [BIN / "ziping", "ingest", SAMPLES / "water-2022.docx", "--store", tmp_path / "s.db", "--quiet"]
        subprocess.run(command, env=environment, check=True)
    assert list(place.iterdir()) == []


# ---------------------------------------------------------------- free SQL
@pytest.mark.parametrize(
    "sql", [HEAVY, "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t"]
)
def test_a_statement_cannot_outlast_its_time(sql: str, demo: Store) -> None:
    if demo.engine.dialect.name == "postgresql":
        sql = (
            "SELECT set_config('statement_timeout', '0', false), pg_sleep(s) FROM generate_series(1, 60) s"
            if sql == HEAVY
            else f"{sql} WHERE set_config('statement_timeout', '0', false) = '0'"
        )
    with pytest.raises(StoreError, match="1秒内没有答完"):  # either would go on for half an hour at least
        query.free(demo, sql, seconds=1, trusted=True)
    if demo.engine.dialect.name == "postgresql":
        assert eventually(lambda: not _going_on(demo))


def _going_on(store: Store) -> int:
    """The statements of others that the server still answers and that have set their time limit."""
    with store.reading() as connection:
        counted = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%statement_timeout%%' AND state = 'active' AND pid <> pg_backend_pid()"
        )
        return int(counted.scalar_one())


def test_a_statement_cannot_take_more_memory_than_it_has(demo: Store) -> None:
    greedy = (
        GREEDY
        if demo.engine.dialect.name == "sqlite"
        else "SELECT repeat('甲', 9000000 + n) FROM generate_series(1, 900) n"
    )
    with pytest.raises(StoreError, match="内存超过"):
        query.free(demo, greedy, seconds=int(PATIENCE), trusted=True)
    assert query.free(demo, "SELECT 7", trusted=True).rows == [(7,)]  # and the next one is answered


def test_a_superuser_is_refused_and_an_owner_asks_as_a_reader(postgresql: str, ziping) -> None:  # type: ignore[no-untyped-def]
    url = emptied(postgresql)
    engine = sa.create_engine(postgres(url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in (
            "DROP ROLE IF EXISTS owning",
            "CREATE ROLE owning LOGIN CREATEROLE",
            "GRANT ALL ON SCHEMA public TO owning",
        ):
            connection.exec_driver_sql(statement)
    owner = url.replace("ziping@", "owning@")
    store = open_store(owner)
    run.ingest([SAMPLES / "water-2022.docx"], store, lambda outcome: None)
    refused = ziping("query", "--sql", "SELECT 1", "--store", url)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "--trust" in refused.stderr
    assert ziping("query", "--sql", "SELECT 1", "--trust", "--store", url).returncode == 0
    assert ziping("query", "execution-rate", "--store", url).returncode == 0  # ziping's own SQL
    exported = ziping("export", "out", "--format", "csv", "--where", "1 = 1", "--store", url)
    assert "--trust" in exported.stderr
    assert query.free(store, "SELECT current_user").rows == [("owning",)]
    assert let_read(store, "asking")
    assert query.free(store, "SELECT current_user").rows == [("asking",)]
    with pytest.raises(StoreError, match=r"permission denied|查询有误"):
        query.free(store, "SELECT pg_read_file('/etc/passwd')")
    with pytest.raises(StoreError, match="查询有误"):
        query.free(store, "SELECT set_config('role', 'none', true), lo_import('/etc/passwd')")
    store.close()
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP OWNED BY owning CASCADE")
    engine.dispose()


def test_the_database_ends_a_statement_before_its_process_is_ended(demo: Store) -> None:
    """The time limit inside is the first to act, so that a process is not begun anew for every slow statement."""
    assert query.free(demo, "SELECT 1", trusted=True).rows == [(1,)]
    pool = bounded.pool()
    before = set(pool._pool._pool_manager.worker_manager.workers)
    slow = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT COUNT(*) FROM t"
    with pytest.raises(StoreError, match="没有答完"):
        query.free(demo, slow, seconds=0.3, trusted=True)
    assert set(pool._pool._pool_manager.worker_manager.workers) == before


def test_each_job_has_the_memory_it_is_allowed_and_ends_with_its_parent() -> None:
    code = (
        "from pipeline.batch.executors import processes, Limits\n"
        "from tests.pipeline.batch.test_processes import limits_of\n"
        "print(list(processes(limits_of, ['x'], Limits(1, 30.0, 2 << 30), None)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert f"({2 << 30}, {int(signal.SIGKILL)})" in told


def limits_of(_: str) -> tuple[int, int]:
    """The memory a process may ask for, and the signal it gets when its parent is gone."""
    import ctypes
    import resource

    got = ctypes.c_int()
    ctypes.CDLL(None).prctl(2, ctypes.byref(got))
    return resource.getrlimit(resource.RLIMIT_AS)[0], got.value


# ---------------------------------------------------------------- serve
def asked(address: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture(scope="module")
def store_with_contacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from data.maker.word import make
    from tests.pipeline.analysts.test_export import WITH_CONTACTS

    folder = tmp_path_factory.mktemp("contacts")
    (folder / "甲.docx").write_bytes(make(WITH_CONTACTS))
    store = open_store(str(folder / "s.db"))
    run.ingest([folder / "甲.docx"], store, lambda outcome: None)
    store.close()
    return folder / "s.db"


@pytest.fixture(scope="module")
def site(store_with_contacts: Path) -> Iterator[str]:
    with served(store_with_contacts, "--name", "zp.example") as address:
        yield address


def test_serve_answers_to_its_own_name_alone(site: str) -> None:
    port = site.rsplit(":", 1)[1]
    for name in (f"127.0.0.1:{port}", f"localhost:{port}", "zp.example", f"[::1]:{port}"):
        assert asked(site, Host=name)[0] == 200, name
    for name in (f"evil.example:{port}", "", "127.0.0.1.evil.example", "zp.example.evil"):
        status, said = asked(f"{site}/ziping.json?sql=select+1", Host=name)
        assert status in (400, 421), name
        assert "rows" not in said


def test_serve_shows_no_contacts_unless_asked(site: str, store_with_contacts: Path) -> None:
    secrets = ("0700-1234567", "0700-7654321", json.dumps("甲某某")[1:-1])
    ways = (
        "/ziping/form.json?_shape=array",
        "/ziping/provenance.json?_shape=array&_size=max",
        "/ziping/v_form.json?_shape=array",
    )
    pages = "".join(asked(site + way)[1] for way in ways)
    assert "project" in pages
    assert not [secret for secret in secrets if secret in pages]
    with served(store_with_contacts, "--contacts") as address:
        pages = "".join(asked(address + way)[1] for way in ways)
        assert all(secret in pages for secret in secrets)


def test_a_heavy_query_cannot_hold_the_browser(site: str) -> None:
    status, said = asked(f"{site}/ziping.json?sql={quote(HEAVY)}")  # which would go on for hours
    assert status == 400, said
    assert "interrupted" in said.lower() or "time limit" in said.lower()
    status, said = asked(f"{site}/ziping.json?sql={quote(GREEDY)}")
    assert status == 400
    assert asked(f"{site}/ziping.json?sql=select+7+as+n")[0] == 200


def test_a_statement_in_the_browser_has_ten_seconds() -> None:
    from pipeline.analysts import browse

    site = browse.application(Path("nothing.db"))
    assert site.setting("sql_time_limit_ms") == browse.SECONDS * 1000 == 10_000
    assert executors.processes  # the pools of a batch are others
