"""Which of the files' bytes that a store keeps are missing or altered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from pipeline.store import originals
from pipeline.store.connection import Store
from schema.errors import StoreError
from schema.relational import tables


@dataclass(frozen=True, slots=True)
class Lost:
    """A file whose bytes are not as they came: `missing`, or `altered`."""

    name: str
    path: str | None
    sha256: str
    trouble: str


def check(store: Store) -> tuple[int, list[Lost]]:
    """How many files' bytes are there as they came, and those that are not. Raises StoreError where none are kept."""
    where = originals.place(store)
    if where is None:
        raise StoreError(store.shown, "没有保存原文件", "请用 ziping ingest --originals 指明存放处")
    whole, lost = 0, []
    for row in _files(store):
        if originals.kept(where, row.sha256) is not None:
            whole += 1
        else:
            lost.append(
                Lost(row.name, row.path, row.sha256, "altered" if originals.is_there(where, row.sha256) else "missing")
            )
    return whole, lost


def _files(store: Store) -> list[sa.Row[Any]]:
    f, d = tables.file, tables.delivery
    path = sa.select(sa.func.min(d.c.path)).where(d.c.sha256 == f.c.sha256).scalar_subquery().label("path")
    with store.reading() as connection:
        return list(connection.execute(sa.select(f.c.sha256, f.c.name, path).order_by(f.c.name)))
