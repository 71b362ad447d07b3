"""Shared means of the tests: documents made on the spot, the samples, a PostgreSQL server."""

from __future__ import annotations

import itertools
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest
import simplejson

from pipeline.faults import LOG
from pipeline.score import differences

if TYPE_CHECKING:
    from pipeline.store.connection import Store

T = TypeVar("T")
ROOT = Path(__file__).parents[1]
SAMPLES, GOLD = ROOT / "data" / "samples" / "forms", ROOT / "data" / "gold" / "forms"
YEARS, YEARS_GOLD = ROOT / "data" / "samples" / "years", ROOT / "data" / "gold" / "years"
sys.path.insert(0, str(ROOT))  # data.maker is no installed package

PATIENCE = 1200.0  # seconds after which a test gives up on what comes in a moment where nothing else runs
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def pytest_xdist_auto_num_workers() -> int:
    """Three for two cores, as in a batch: a third of the tests wait for what they have begun."""
    return max((os.cpu_count() or 1) * 3 // 2, 2)


@pytest.fixture(scope="session", autouse=True)
def faults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The log of faults of this test run, its commands included."""
    path = tmp_path_factory.mktemp("log") / "faults.log"
    before = os.environ.get(LOG)
    os.environ[LOG] = str(path)
    yield path
    if before is None:
        del os.environ[LOG]
    else:
        os.environ[LOG] = before


@pytest.fixture
def docx(tmp_path: Path) -> Callable[..., Path]:
    """Writes a .docx: from a maker's source, or from the inside of w:body where `body` is given."""
    from data.maker.word import make, package

    def write(source: str = "", *, body: str = "", name: str = "form.docx") -> Path:
        path = tmp_path / name
        xml = f'<?xml version="1.0" encoding="UTF-8"?><w:document {W}><w:body>{body}</w:body></w:document>'
        path.write_bytes(package(xml) if body else make(source))
        return path

    return write


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def ziping(tmp_path: Path) -> Run:
    """Runs the command in this process, in a folder of its own, and returns what it said."""
    from click.testing import CliRunner

    from pipeline.cli import main

    def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        words = [str(argument) for argument in arguments]
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
        with chdir(cwd or tmp_path), pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONSAFEPATH", os.environ.get("PYTHONSAFEPATH", ""))  # the command sets it
            done = CliRunner().invoke(main, words)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    return run


def eventually(holds: Callable[[], object]) -> bool:
    """Waits until something holds, however busy the machine is; False where it still does not when patience is at its end."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def share(cases: Iterable[T], every: int) -> list[Any]:
    """Parameters of which `make test` tries every n-th and `make soak` the others."""
    return [pytest.param(case, marks=() if i % every == 0 else pytest.mark.soak) for i, case in enumerate(cases)]


def copy_of_the_code(place: Path) -> None:
    """Puts all that tests need into a folder where it may be changed."""
    for room in ("extractors", "normalizers", "pipeline", "schema", "tests", "data", "docs"):
        left_out = shutil.ignore_patterns("__pycache__", "held_out", "work")
        shutil.copytree(ROOT / room, place / room, ignore=left_out)
    for name in ("pyproject.toml", "README.md", "README.zh-CN.md", "CHANGELOG.md", "Makefile"):
        shutil.copy(ROOT / name, place / name)


def as_nobody(work: Callable[[], T], folder: Path) -> T:
    """What work gives in a process of a user to whom nothing belongs, who may pass down to a folder; work must be a function that
    forking carries over."""
    for above in (folder, *folder.parents):
        if above.stat().st_uid == os.geteuid() and above.stat().st_mode & 0o555 != 0o555:
            above.chmod(above.stat().st_mode | 0o555)
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            told = pickle.dumps((True, work()))
        except BaseException as error:  # noqa: BLE001 - it is raised on the other side
            told = pickle.dumps((False, error))
        with os.fdopen(into, "wb") as pipe:
            pipe.write(told)
        os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        done, told = pickle.loads(pipe.read())
    os.waitpid(child, 0)
    if not done:
        raise told
    return cast("T", told)


def unlike(gold: Any, read: Any) -> list[str]:
    """Where a record that was read is not the gold, a line each: path, gold, read. What is derived and not stated does not count."""
    told = (
        {**read, "report": {k: v for k, v in read["report"].items() if k != "submitter"}} if "report" in read else read
    )
    return [f"{path}: gold {one!r}, read {other!r}" for path, one, other in differences(gold, told)]


def missing(what: str) -> None:
    """A test that lacks a program is skipped with the remedy; in CI that is a failure."""
    message = f"{what} is missing: run `make test` as root on Debian, or install it"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def postgres(url: str) -> str:
    """A PostgreSQL URL with its driver."""
    return url.replace("postgresql://", "postgresql+psycopg://")


def emptied(url: str) -> str:
    """The same URL, its database empty."""
    import sqlalchemy as sa

    engine = sa.create_engine(postgres(url))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return url


# ---------------------------------------------------------------- stores
@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """SQLite stores that are made once for all processes of a test run and copied: `empty`, and `demo` with all of data/samples."""
    from filelock import FileLock

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent

    def made(name: str) -> Path:
        path = folder / f"{name}.db"
        with FileLock(f"{path}.lock"):
            if not path.exists():
                fill(str(folder / f"{name}.new"), name)
                (folder / f"{name}.new").rename(path)
        return path

    return made


def fill(url: str, name: str) -> None:
    """Makes a store: with nothing in it, or with all of data/samples."""
    from pipeline.batch import run
    from pipeline.store.opening import open_store

    store = open_store(url)
    if name == "demo":
        run.ingest([ROOT / "data" / "samples"], store, lambda outcome: None)
    with store.reading() as connection:
        if connection.dialect.name == "sqlite":  # so that the file alone is the store
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of each kind that holds all of data/samples, for tests that only read it."""
    from pipeline.store.opening import open_store

    with ExitStack() as stack:
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("databases")("demo"))
        else:
            url = str(tmp_path_factory.mktemp("demo") / "demo.db")
            shutil.copy(request.getfixturevalue("templates")("demo"), url)
        store = open_store(url)
        yield store
        store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty store of each kind."""
    if request.param == "postgresql":
        with request.getfixturevalue("databases")("empty") as copy:
            yield copy
        return
    path = tmp_path / "store.db"
    shutil.copy(request.getfixturevalue("templates")("empty"), path)
    yield str(path)


@pytest.fixture(scope="session")
def databases(postgresql: str) -> Callable[[str], AbstractContextManager[str]]:
    """The URLs of databases on the server that are copied from one that is made once: `empty`, or `demo` with all of data/samples."""
    import sqlalchemy as sa

    engine = sa.create_engine(postgres(postgresql).replace("/ziping?", "/postgres?"), isolation_level="AUTOCOMMIT")
    numbers, there = itertools.count(), set[str]()

    def run(statement: str) -> None:
        with engine.connect() as connection:
            connection.execute(sa.text(statement))

    @contextmanager
    def copied(name: str) -> Iterator[str]:
        original, copy = f"{name}_template", f"{name}_{next(numbers)}"
        if name not in there:
            run(f"CREATE DATABASE {original}")
            fill(postgresql.replace("/ziping?", f"/{original}?"), name)
            run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{original}'")
            there.add(name)
        run(f"CREATE DATABASE {copy} TEMPLATE {original}")
        yield postgresql.replace("/ziping?", f"/{copy}?")
        run(f"DROP DATABASE {copy} WITH (FORCE)")

    return copied


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an empty database on a PostgreSQL server of this test run's own."""
    with server(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A PostgreSQL server in a folder: the URL of an empty database."""
    made = Server(folder)
    made.start()
    try:
        made.run(f"createdb -h {folder} -p {made.port} -U ziping ziping")
        yield made.url
    finally:
        made.stop()


class Server:
    """A PostgreSQL server in a folder, reached by its socket there."""

    def __init__(self, folder: Path) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        self.binaries = found[-1].parent if found else Path(shutil.which("initdb") or "").parent
        if not (self.binaries / "initdb").is_file():
            missing("PostgreSQL 15 (Debian: postgresql-15)")
        self.root = os.geteuid() == 0
        if self.root:  # the server refuses to run as root
            for path in (folder, *folder.parents[:3]):
                path.chmod(0o755)
            shutil.chown(folder, "postgres")
        self.folder, self.port = folder, str(20000 + os.getpid() % 20000)
        self.url = f"postgresql://ziping@/ziping?host={folder}&port={self.port}"
        self.run(f"initdb -D {folder}/data -A trust -U ziping -E UTF8 --locale=C.UTF-8")

    def run(self, command: str) -> None:
        prefix = ["su", "postgres", "-c"] if self.root else ["sh", "-c"]
        subprocess.run([*prefix, f"{self.binaries}/{command}"], check=True, capture_output=True, cwd=self.folder)

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c fsync=off -c listen_addresses=''"
        self.run(f'pg_ctl -D {self.folder}/data -w -t {PATIENCE:.0f} -o "{options}" -l {self.folder}/log start')

    def stop(self) -> None:
        self.run(f"pg_ctl -D {self.folder}/data -m immediate stop")


@pytest.fixture
def restartable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server of a test's own, with an empty database."""
    made = Server(tmp_path_factory.mktemp("restartable"))
    made.start()
    made.run(f"createdb -h {made.folder} -p {made.port} -U ziping ziping")
    yield made
    made.stop()


def plain(record: Any) -> Any:
    """A record as its JSON says it."""
    return simplejson.loads(simplejson.dumps(record, use_decimal=True), use_decimal=True)
