"""A database that many processes share: opened, read, and written one transaction after another, whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError as UrlError
from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from normalizers.text import grams
from schema import extras
from schema.errors import StoreAway, StoreBusy, StoreError
from schema.visible import masked

if sys.platform == "win32":
    fcntl = None
else:
    import fcntl

T = TypeVar("T")
PATIENCE = 60.0  # seconds that a server which went away is waited for
TOLD_AFTER = 10.0  # seconds after which a writer that waits says for whom
_LONGEST_PAUSE = 5.0  # seconds between two tries
_TRIES = 100
_OWNER = 120  # characters that name who writes: always as many, so that nothing of a longer name is left
# By SQLSTATE (PostgreSQL): who is away or busy, and what a person can do about the rest.
_AWAY = ("08", "57P")
_BUSY = ("40001", "40P01", "55P03")
_REMEDIES = (
    (("53100",), "磁盘已满", "请腾出数据库服务器的磁盘空间，再运行同一命令"),
    (("53",), "数据库服务器资源不足", "请检查服务器的连接数和内存"),
    (("28", "3D"), "不能登录", "请核对--store中的用户、密码和数据库名"),
    (("42501", "25006"), "没有权限", "请用有写权限的用户，或请管理员授权"),
)
logging.getLogger("psycopg").addHandler(
    logging.NullHandler()
)  # what it warns of is raised as well, and said in our words
_SECOND = "uq_version_current"  # a second version of a submission that would be current
_NO_LOGIN = re.compile("authentication|password|pg_hba|(?:role|database) .* does not exist")
# By what SQLite says.
_SAID = (
    ("readonly", "数据库是只读的", "请检查文件和文件夹的写权限"),
    ("full", "磁盘已满", "请腾出磁盘空间，再运行同一命令"),
    ("disk I/O", "磁盘读写出错", "请检查磁盘，再运行同一命令"),
    ("locked", "其他程序占用数据库", "请关闭正在写它的程序，再运行同一命令"),
    ("unable to open", "打不开", "请检查路径和权限"),
    ("malformed", "数据库文件已损坏", "请用备份恢复（见README）"),
    ("not a database", "这不是SQLite数据库", "请核对--store"),
)


class Store:
    """An open store: a database by its URL: any SQLAlchemy URL, or the path of a SQLite file. A SQLite file that must not be written, or that lies
    where nothing may be, can be read. Raises StoreError."""

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self.url = _url(url)
        self.patience = patience
        self.writable = True
        try:
            made = sa.make_url(self.url)
            options: dict[str, Any] = {"pool_pre_ping": True}
            if made.get_backend_name() == "sqlite":
                path = made.database
                self.writable = not path or path == ":memory:" or _may_write(Path(path))
                options = {} if self.writable else {"creator": lambda: open_to_read(Path(str(path)))}
            self.engine = sa.create_engine(made, **options)
        except (UrlError, NoSuchModuleError, ImportError, ValueError) as error:  # a port that is no number
            driver = getattr(error, "name", None) == "psycopg"
            remedy = extras.remedy("postgresql") if driver else "请核对--store，例如sqlite:///ziping.db"
            raise StoreError(url, f"数据库地址不可用（{error}）", remedy) from None
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _tuned if self.writable else _readied)
            sa.event.listen(self.engine, "begin", _begin)

    def close(self) -> None:
        self.engine.dispose()

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return masked(self.url)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Turns what the database says of itself into one line that names it and the remedy; what is wrong with a statement or its
        values stays as it is."""
        try:
            yield
        except DBAPIError as error:
            told = self._told(error)
            if told is None:
                raise
            raise told from None

    def _told(self, error: DBAPIError) -> StoreError | None:
        said = (str(error.orig or error).strip() or type(error.orig).__name__).splitlines()[0]
        if isinstance(error.orig, sqlite3.Error):
            for word, trouble, remedy in _SAID:
                if word in said:
                    return StoreError(self.shown, f"{trouble}（{said}）", remedy)
            return None
        state = getattr(error.orig, "sqlstate", None) or ""
        if not state and _NO_LOGIN.search(said):
            return StoreError(self.shown, f"不能登录（{said}）", "请核对--store中的用户、密码和数据库名")
        if state.startswith(_BUSY) or _SECOND in said:
            return StoreBusy(self.shown, f"与其他写入冲突（{said}）", "请再运行同一命令")
        for states, trouble, remedy in _REMEDIES:
            if state.startswith(states):
                return StoreError(self.shown, f"{trouble}（{said}）", remedy)
        if error.connection_invalidated or state.startswith(_AWAY) or (not state and _connecting(error)):
            return StoreAway(self.shown, f"数据库服务器连不上（{said}）", "请确认服务器在运行，再运行同一命令")
        return None

    # ------------------------------------------------------------ reading and writing
    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that only reads: on SQLite it waits for nobody who writes. Raises StoreError."""
        with self.guard(), self.engine.connect().execution_options(reading=True) as connection:
            yield connection

    def ask(self, work: Callable[[sa.Connection], T]) -> T:
        """What `work` reads; a server that went away is waited for. Raises StoreError."""

        def once() -> T:
            with self.reading() as connection:
                return work(connection)

        return patiently(once, self.patience)

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        """What `work` gives, done in a transaction, whole or not at all; done again where the server went away or another writer was in
        its way, so it must be a function of the database alone. Raises StoreError."""

        def once() -> T:
            with self.guard(), self._write_lock(), self.engine.begin() as connection:
                return work(connection)

        if not self.writable:
            raise StoreError(self.shown, "数据库是只读的", "请检查文件和文件夹的写权限")
        return patiently(once, self.patience)

    @contextmanager
    def _write_lock(self) -> Iterator[None]:
        """One process after another: SQLite itself only looks again and again, ever more seldom, whether it may write."""
        file = self.engine.url.database if self.engine.dialect.name == "sqlite" else None
        if fcntl is None or not file or file == ":memory:":
            yield
            return
        try:
            queue = open(os.open(f"{file}-turn", os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0)  # noqa: SIM115 - held until the turn is over
        except OSError as error:
            raise StoreError(self.shown, f"打不开（{error.strerror}）", "请检查路径和权限") from None
        with queue:  # closing it lets the next one
            try:
                fcntl.flock(queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._wait_for_lock(queue, f"{file}-turn")
            queue.write(f"{socket.gethostname()} {os.getpid()}".ljust(_OWNER).encode())
            yield

    def _wait_for_lock(self, queue: Any, name: str) -> None:
        """Waits for the turn; after a while it says, once in a process, who has it."""
        late = threading.Timer(TOLD_AFTER, self._name_holder, [name])
        late.daemon = True
        late.start()
        try:
            fcntl.flock(queue, fcntl.LOCK_EX)
        finally:
            late.cancel()

    _said = False

    def _name_holder(self, turn: str) -> None:
        if Store._said:
            return
        Store._said = True
        with suppress(OSError, ValueError):
            host, pid = Path(turn).read_text().split()
            sys.stderr.write(f"ziping: {self.shown}: 主机{host}上的进程{pid}正在写这个数据库; 等它写完，或结束它\n")


def _connecting(error: DBAPIError) -> bool:
    """Did it fail before there was a connection that could say more?"""
    return type(error.orig).__name__ in ("OperationalError", "InterfaceError")


def patiently(work: Callable[[], T], seconds: float) -> T:
    """What `work` gives, tried again where the server is away, ever more seldom and for some seconds, or where another writer was in
    the way. Raises StoreError."""
    begun, pause = time.monotonic(), 0.1
    while True:
        try:
            return work()
        except StoreAway as error:
            waited = time.monotonic() - begun
            if waited + pause > seconds:
                told = f"{error.trouble}，等了{waited:.0f}秒" if waited >= 1 else error.trouble
                raise StoreAway(error.subject, told, error.remedy) from None
        except StoreBusy:
            if time.monotonic() - begun > seconds:
                raise
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def hold(connection: sa.Connection, *names: str, shared: bool = False) -> None:
    """Keeps others from what these names stand for until the transaction ends; shared: only those who hold it alone. SQLite has one
    writer at a time anyway."""
    if connection.dialect.name != "postgresql":
        return
    lock = sa.func.pg_advisory_xact_lock_shared if shared else sa.func.pg_advisory_xact_lock
    for name in sorted(set(names)):
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        connection.execute(sa.select(lock(sa.cast(number, sa.BigInteger))))


# ---------------------------------------------------------------- URLs and SQLite
def _url(url: str) -> str:
    if "://" not in url:
        return f"sqlite:///{url}"
    return re.sub(r"^postgres(?:ql)?://", "postgresql+psycopg://", url, flags=re.IGNORECASE)


def _may_write(path: Path) -> bool:
    """May a SQLite file be written, with the files beside it; may one that is not there be made?"""
    folder = os.access(path.absolute().parent, os.W_OK)
    return folder and os.access(path, os.W_OK) if path.exists() else True


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection to a file that cannot be written. Where nothing can lie beside it, it is read as one that nobody changes."""
    beside = os.access(path.absolute().parent, os.W_OK) or Path(f"{path}-wal").exists()
    mode = "mode=ro" if beside else "mode=ro&immutable=1"
    return sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, timeout=60, check_same_thread=False)


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reading") else "BEGIN IMMEDIATE")


def _readied(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's own BEGIN is sent by the listener above
    connection.create_function("ziping_grams", 1, grams, deterministic=True)


def _tuned(connection: Any, _: Any) -> None:
    _readied(connection, _)
    for pragma in ("busy_timeout=60000", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    for left in range(
        _TRIES, -1, -1
    ):  # a new file's mode is changed by one process at a time, and SQLite does not wait for it
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if not left or "locked" not in str(error):
                raise
            time.sleep(0.1)
