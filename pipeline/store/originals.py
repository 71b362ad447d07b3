"""The files' own bytes, kept by their content: a folder beside a SQLite store, any place that fsspec knows, or none."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from extractors.files import File, digest, file_at
from extractors.names import place as told_place
from pipeline.store.connection import Store
from pipeline.store.rows import once
from schema.errors import FileRefused, StoreError, ZipingError
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


def file_of(store: Store, sha256: str, name: str) -> File | None:
    """A file as it came: where it arrived, else as it was kept; None where it is not there, or is another by now."""
    d = tables.delivery
    with store.reading() as connection:
        paths = list(connection.scalars(sa.select(d.c.path).where(d.c.sha256 == sha256).order_by(d.c.path)))
    for path in paths:
        file = file_at(told_place(path))
        with suppress(FileRefused):
            if file is not None and digest(data := file.data()) == sha256:
                return replace(file, content=data)
    kept_bytes = kept(place(store), sha256)
    return File(Path(name), content=kept_bytes) if kept_bytes is not None else None


def _remote(where: str, sha256: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        system, path = url_to_fs(where)
    except (ImportError, ValueError) as error:
        raise ZipingError(where, f"不能用这个地址（{error}）", "s3地址需要安装 ziping-reports[s3]") from None
    return system, f"{path.rstrip('/')}/{sha256[:2]}/{sha256}"


def is_there(where: str, sha256: str) -> bool:
    """Is anything kept for a file, whatever it is by now?"""
    if "://" in where:
        system, path = _remote(where, sha256)
        return bool(system.exists(path))
    return Path(where, sha256[:2], sha256).exists()
