"""One SELECT in a process of its own: nothing it says reaches its limits of time and memory, and it can only read."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import sqlite3
import tempfile
import time
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline import process_info
from pipeline.batch.executors import begin

if TYPE_CHECKING:
    import sqlalchemy as sa

MEMORY = 1 << 30  # bytes that a statement and its answer may need
_LARGEST = 50 << 20  # bytes a value may have
_STEPS = 10_000  # SQLite's steps between two looks at the clock
_GRACE = 0.5  # seconds in which a database may end a statement by itself
_ALLOWED = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE))
_TOLD = frozenset(
    (
        "database_list",
        "foreign_key_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "schema_version",
        "table_info",
        "table_xinfo",
    )
)
_MAY_MORE = """SELECT current_setting('is_superuser') = 'on' OR pg_has_role(current_user, 'pg_read_server_files', 'MEMBER')
  OR pg_has_role(current_user, 'pg_write_server_files', 'MEMBER')
  OR pg_has_role(current_user, 'pg_execute_server_program', 'MEMBER')"""
# A role that may read the store and not write it, which the user may take on.
_READER = """SELECT quote_ident(r.rolname) FROM pg_roles r
  WHERE r.rolname <> current_user AND NOT r.rolsuper AND r.rolname !~ '^pg_' AND pg_has_role(current_user, r.oid, 'MEMBER')
  AND has_table_privilege(r.oid, 'submission', 'SELECT') AND NOT has_table_privilege(r.oid, 'submission', 'INSERT')
  ORDER BY r.rolname LIMIT 1"""


class Wrong(Exception):
    """The statement is not one that is answered; the message is the database's."""


class Unbounded(Exception):
    """The statement took more time or memory than it may; the message says which."""


class TooMighty(Exception):
    """The user may do more on the server than a free statement should be able to."""


class Found(NamedTuple):
    """What a SELECT gives: names of columns, rows, and whether there were more than asked for."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    more: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT with its values. database: the path of a SQLite file, or a PostgreSQL URL; rows: at most; trusted: it is ziping's own, or
    a person vouches for it; schema: it may ask how tables are made, as a browser of tables does."""

    database: str
    sql: str
    values: dict[str, Any] | list[Any] | tuple[Any, ...]
    seconds: float
    rows: int
    trusted: bool = False
    schema: bool = False


class Pool:
    """Processes that answer statements, one each at a time. One that a statement has brought to its limits is ended."""

    def __init__(self, processes: int = 1) -> None:
        from pebble import ProcessPool

        self._folder = tempfile.TemporaryDirectory(dir=process_info.workplace())
        self._count = 0
        self._pool = ProcessPool(
            max_workers=processes, initializer=begin, initargs=(MEMORY, os.getpid(), self._folder.name),
            context=multiprocessing.get_context("spawn"),
        )  # fmt: skip
        process_info.lasting(lambda: self._pool.active)  # which begins them

    def submit(self, statement: Statement) -> Future[Found]:
        """The answer to come. It raises Wrong, Unbounded, TooMighty."""
        self._count += 1
        note = os.path.join(self._folder.name, str(self._count))
        begun = self._pool.schedule(_select, args=(statement, note), timeout=statement.seconds + _GRACE)
        out: Future[Found] = Future()
        begun.add_done_callback(lambda done: self._hand_over(done, out, statement, note))
        return out

    def select(self, statement: Statement) -> Found:
        """The answer. Raises Wrong, Unbounded, TooMighty."""
        return self.submit(statement).result()

    def close(self) -> None:
        self._pool.stop()
        self._pool.join()
        self._folder.cleanup()

    def _hand_over(self, done: Any, out: Future[Found], statement: Statement, note: str) -> None:
        from pebble import ProcessExpired

        error = None if done.cancelled() else done.exception()
        if done.cancelled():
            out.cancel()
        elif error is None:
            out.set_result(done.result())
        elif isinstance(error, TimeoutError):
            _end_on_server(statement, note)
            out.set_exception(Unbounded("time"))
        elif isinstance(error, (MemoryError, ProcessExpired)):
            _end_on_server(statement, note)
            out.set_exception(Unbounded("memory"))
        else:
            out.set_exception(error)


@cache
def pool() -> Pool:
    """The process that answers the statements of a command."""
    made = Pool()
    atexit.register(made.close)
    return made


# ---------------------------------------------------------------- in the process
def _select(statement: Statement, note: str) -> Found:
    if "://" in statement.database:
        return _postgresql(statement, note)
    with closing(read_only(Path(statement.database))) as connection:
        return _sqlite(connection, statement)


def read_only(path: Path) -> sqlite3.Connection:
    """A connection to a SQLite file that cannot write it, nor reach another."""
    from pipeline.store.connection import open_to_read

    connection = open_to_read(path)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    return connection


def _sqlite(connection: sqlite3.Connection, statement: Statement) -> Found:
    end = time.monotonic() + statement.seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    connection.set_authorizer(_authorize_schema if statement.schema else _authorize)
    try:
        cursor = connection.execute(statement.sql, statement.values)
        if cursor.description is None:
            raise Wrong("not a SELECT")
        rows = cursor.fetchmany(statement.rows + 1)
    except (sqlite3.Error, sqlite3.Warning) as error:
        if time.monotonic() > end:
            raise Unbounded("time") from None
        raise Wrong(str(error)) from None
    columns = tuple(column[0] for column in cursor.description)
    return Found(columns, rows[: statement.rows], len(rows) > statement.rows)


def _authorize(action: int, _: str | None, second: str | None, *__: Any) -> int:
    allowed = action in _ALLOWED and (second or "").lower() != "load_extension"
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _authorize_schema(action: int, first: str | None, second: str | None, *__: Any) -> int:
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _TOLD:
        return sqlite3.SQLITE_OK
    return _authorize(action, first, second)


def _postgresql(statement: Statement, note: str) -> Found:
    """In a transaction that only reads, as a role that may only read where there is one."""
    import sqlalchemy as sa
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    engine = sa.create_engine(statement.database, poolclass=sa.pool.NullPool)
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            Path(note).write_text(str(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()))
            if not statement.trusted and connection.exec_driver_sql(_MAY_MORE).scalar():
                raise TooMighty
            reader = connection.exec_driver_sql(_READER).scalar()
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(statement.seconds * 1000)}")
            if reader is not None:
                connection.exec_driver_sql(f"SET LOCAL ROLE {reader}")
            result = _streamed(connection, statement)
            rows = [tuple(row) for row in islice(result, statement.rows + 1)]  # a few at once, then more
            found = Found(tuple(result.keys()), rows[: statement.rows], len(rows) > statement.rows)
            result.close()
            transaction.rollback()
            return found
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == "57014":
            raise Unbounded("time") from None
        raise Wrong((str(error.orig).strip() or "?").splitlines()[0]) from None
    except SQLAlchemyError as error:
        raise Wrong(str(error).splitlines()[0]) from None
    finally:
        engine.dispose()


def _streamed(connection: sa.Connection, statement: Statement) -> sa.CursorResult[Any]:
    """A cursor on the server: it takes only one SELECT or VALUES, and rows come as they are asked for."""
    import sqlalchemy as sa

    options: dict[str, Any] = {"stream_results": True, "max_row_buffer": 500}
    if isinstance(statement.values, dict) and statement.values:
        bound = (sa.bindparam(name, value, sa.Text()) for name, value in statement.values.items())
        return connection.execution_options(**options).execute(sa.text(statement.sql).bindparams(*bound))
    return connection.execution_options(**options, no_parameters=True).exec_driver_sql(statement.sql)


def _end_on_server(statement: Statement, note: str) -> None:
    """Ends what a statement still does on a server after its process is gone."""
    if "://" not in statement.database:
        return
    import sqlalchemy as sa

    with suppress(Exception):  # a server that is away has ended it
        pid = int(Path(note).read_text())
        engine = sa.create_engine(statement.database, poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        engine.dispose()
