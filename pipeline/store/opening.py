"""Opens a store: makes its tables where they are missing, by the migrations, and fills in what an older version did not write."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from pipeline.store import looks, search, units
from pipeline.store.connection import PATIENCE, Store
from schema.errors import StoreError
from schema.relational import dictionary, tables, views
from schema.relational.migrations import HEAD

_SUBMITTERS = "0007"  # the revision since which units are those who handed something in
_DESK = "0013"  # the revision since which it is counted what needs a look
_ANALYSTS = "0005"  # the revision since which units have places and texts are searched


def open_store(url: str, patience: float = PATIENCE) -> Store:
    """The store at `url`, any SQLAlchemy URL or the path of a SQLite file; patience: seconds that its server is waited for. Raises
    StoreError."""
    store = Store(url, patience)
    with store.guard():
        _migrate(store)
    return store


def _migrate(store: Store) -> None:
    with store.engine.connect().execution_options(reading=True) as connection:
        found = _revision(connection)
        if found == HEAD:
            return
    if not store.writable:
        trouble = "这里没有ziping的数据库" if found is None else f"数据库的版本{found}需要升级，而它是只读的"
        raise StoreError(store.shown, trouble, "请在可写的位置用 ziping status 打开一次，再复制到这里")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(tables.__file__).parent / "migrations"))
    with store.engine.begin() as connection:
        if connection.dialect.name == "postgresql":  # two first ingests at once: one of them migrates
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7240519)"))
        found = _revision(connection)
        if found == HEAD:
            return
        if found is not None and found > HEAD:
            raise StoreError(store.shown, f"数据库由更新的ziping写成（版本{found}）", "请升级ziping")
        config.attributes["connection"] = connection
        views.drop(connection)
        command.upgrade(config, "head")
        views.create(connection)
        if found is not None and found < _SUBMITTERS:
            units.gather(connection)
        if found is not None and found < _DESK:
            looks.count(connection)
        if found is not None and found < _ANALYSTS:
            units.geocode(connection)
            search.gather(connection)
        if connection.dialect.name == "postgresql":
            for statement in dictionary.comments():
                connection.exec_driver_sql(statement)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def let_read(store: Store, role: str) -> bool:
    """Lets a role of a PostgreSQL server read every table and view but the desk's accounts, and nothing else; makes the role where there is
    none (it may then log in, its password is the server's matter). True where it was made. Raises StoreError."""
    if store.engine.dialect.name != "postgresql":
        raise StoreError(store.shown, "只有PostgreSQL有角色", "SQLite请用文件权限，或发一份副本")
    quoted = store.engine.dialect.identifier_preparer.quote(role)

    def work(connection: sa.Connection) -> bool:
        there = connection.execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first()
        schema = connection.execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
        for statement in (
            *([] if there else [f"CREATE ROLE {quoted} LOGIN"]),
            f"GRANT USAGE ON SCHEMA {schema} TO {quoted}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {quoted}",
            f"REVOKE ALL ON account, claim FROM {quoted}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {quoted}",
        ):
            connection.exec_driver_sql(statement)
        with (
            suppress(ProgrammingError),
            connection.begin_nested(),
        ):  # the owner asks as this role where he may
            connection.exec_driver_sql(f"GRANT {quoted} TO CURRENT_USER")
        return there is None

    return store.write(work)
