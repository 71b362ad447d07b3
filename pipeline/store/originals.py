"""The files' own bytes, kept by their content: a folder beside a SQLite store, any place that fsspec knows, or none."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipeline.store.connection import Store
from pipeline.store.rows import once
from schema.errors import StoreError, ZipingError
from schema.relational import tables

NONE = "none"
_SETTING = "originals"


def place(store: Store, wanted: str | None = None) -> str | None:
    """Where a store's originals are: a folder or a URL, None where they are not kept. wanted: where they are to be from now on
    (`none`: nowhere), which the store remembers; without it as it was, by default beside a SQLite file, on a server nowhere."""
    t = tables.setting
    if wanted is not None:
        told = wanted if "://" in wanted or wanted == NONE else str(Path(wanted).expanduser().absolute())

        def work(connection: sa.Connection) -> None:
            if not once(connection, t, {"name": _SETTING, "value": told}):
                connection.execute(t.update().where(t.c.name == _SETTING).values(value=told))

        store.write(work)
    said = store.ask(lambda connection: connection.execute(sa.select(t.c.value).where(t.c.name == _SETTING)).scalar())
    if said is not None:
        return None if said == NONE else str(said)
    return beside(store)


def beside(store: Store) -> str | None:
    """The folder beside a SQLite file."""
    file = store.engine.url.database
    if store.engine.dialect.name != "sqlite" or not file or file == ":memory:":
        return None
    return str(Path(f"{file}-originals").absolute())


def keep(where: str | None, sha256: str, data: bytes) -> None:
    """Keeps a file's bytes, once. Raises StoreError where they cannot be written."""
    if where is None:
        return
    try:
        if "://" in where:
            system, path = _remote(where, sha256)
            if not system.exists(path):
                system.makedirs(path.rpartition("/")[0], exist_ok=True)
                system.pipe_file(path, data)
            return
        target = Path(where, sha256[:2], sha256)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            made = target.with_name(f"{sha256}.{os.getpid()}")
            made.write_bytes(data)
            made.replace(target)
    except OSError as error:
        remedy = "请检查权限和磁盘空间，或用--originals none不保存原文件"
        raise StoreError(where, f"原文件无法保存（{error.strerror or error}）", remedy) from None


def kept(where: str | None, sha256: str) -> bytes | None:
    """A file's bytes as they were kept; None where they are not there or are others by now."""
    if where is None:
        return None
    try:
        if "://" in where:
            system, path = _remote(where, sha256)
            data: bytes = system.cat_file(path)
        else:
            data = Path(where, sha256[:2], sha256).read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


def _remote(where: str, sha256: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        system, path = url_to_fs(where)
    except (ImportError, ValueError) as error:
        raise ZipingError(where, f"不能用这个地址（{error}）", "s3地址需要安装 ziping-reports[s3]") from None
    return system, f"{path.rstrip('/')}/{sha256[:2]}/{sha256}"


@dataclass(frozen=True, slots=True)
class Lost:
    """A file whose bytes are not as they came: `missing`, or `altered`."""

    name: str
    path: str | None
    sha256: str
    trouble: str


def check(store: Store) -> tuple[int, list[Lost]]:
    """How many files' bytes are there as they came, and those that are not. Raises StoreError where none are kept."""
    where = place(store)
    if where is None:
        raise StoreError(store.shown, "没有保存原文件", "请用 ziping ingest --originals 指明存放处")
    whole, lost = 0, []
    for row in _files(store):
        if kept(where, row.sha256) is not None:
            whole += 1
        else:
            lost.append(Lost(row.name, row.path, row.sha256, "altered" if _there(where, row.sha256) else "missing"))
    return whole, lost


def _there(where: str, sha256: str) -> bool:
    if "://" in where:
        system, path = _remote(where, sha256)
        return bool(system.exists(path))
    return Path(where, sha256[:2], sha256).exists()


def _files(store: Store) -> list[sa.Row[Any]]:
    f, d = tables.file, tables.delivery
    path = sa.select(sa.func.min(d.c.path)).where(d.c.sha256 == f.c.sha256).scalar_subquery().label("path")
    with store.reading() as connection:
        return list(connection.execute(sa.select(f.c.sha256, f.c.name, path).order_by(f.c.name)))
