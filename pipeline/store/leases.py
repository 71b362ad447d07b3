"""Which files somebody is reading right now: a lease by content, for some seconds, so that no other process reads the same bytes."""

from __future__ import annotations

import time

import sqlalchemy as sa

from pipeline import process_info
from pipeline.store.connection import Store, hold
from pipeline.store.rows import once
from schema.relational import tables

_FREED = tables.lease.delete().where(tables.lease.c.sha256 == sa.bindparam("digest"))


def acquire(store: Store, sha256: str, seconds: float) -> bool:
    """Takes the bytes for this process, for some seconds; False where another process that lives has them."""
    moment = time.time()
    row = {"owner": process_info.owner(), "until": moment + seconds}

    def work(connection: sa.Connection) -> bool:
        hold(connection, sha256[:16])
        fresh = {"sha256": sha256, **row}
        if once(connection, tables.lease, fresh):
            return True
        held = connection.execute(sa.select(tables.lease).where(tables.lease.c.sha256 == sha256)).first()
        if held is None:  # freed just now
            return once(connection, tables.lease, fresh)
        if held.owner != row["owner"] and held.until > moment and process_info.lives(held.owner):
            return False
        connection.execute(tables.lease.update().where(tables.lease.c.sha256 == sha256).values(**row))
        return True

    return store.write(work)


def release(connection: sa.Connection, sha256: str) -> None:
    connection.execute(_FREED, {"digest": sha256})
