"""What is a file to read: a path, a folder, a URL, an archive → the files there, and the bytes of each.

Whatever cannot be read comes as the refusal that says so, in its place among the others; nothing is left out in silence but the
working files of systems and programs.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from extractors import bundle
from extractors.remote import Remote
from schema.errors import FileRefused

MAX_BYTES = 200 * 1024 * 1024
_ARCHIVES = (".zip",)
_NO_FILES = ("~$", ".", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class File:
    """A file to read: its place; archive, numbers: the archive that it is in and its number there, or the number of the archive in
    that and its number in it; content: its bytes where they were read already."""

    path: Path
    archive: Path | None = None
    numbers: tuple[int, ...] = ()
    size: int = 0  # bytes that the archive says it has
    content: bytes | None = None

    def data(self) -> bytes:
        """The bytes. Raises FileRefused where they are missing, empty, too many or no file's."""
        if self.content is not None:
            data = self.content
        elif self.archive is not None:
            _bounded(self.path, self.size)
            data = bundle.content(self.archive, self.numbers, self.path)
        else:
            data = _bytes(self.path)
        if not data:
            raise FileRefused(self.path, "文件是空的", "请向单位重新索取")
        return data

    def is_archive(self, data: bytes) -> bool:
        """Do these bytes of it hold files of their own? Raises FileRefused where they are too many to tell."""
        return data.startswith(bundle.ZIPPED) and bundle.is_bundle(data, self.path)

    def members(self, data: bytes) -> Iterator[File | FileRefused]:
        """The files of an archive whose bytes these are. Raises FileRefused where it must not be opened."""
        for member in bundle.members(data, self.path, len(self.numbers) + 1):
            if isinstance(member, FileRefused):
                yield member
            else:
                numbers = (*self.numbers, member.number)
                yield File(member.place, self.archive or self.path, numbers, member.size)


def listed(paths: list[Path], since: float | None = None) -> Iterator[File | FileRefused]:
    """The files at paths, archives unopened: each path that is a file, every file below a folder in order of name. A folder that
    cannot be opened or is empty, and a link to a folder, come as the refusal that says so. since: only what was changed after this
    moment (Unix time)."""
    for path in paths:
        yield from _elsewhere(path, since) if isinstance(path, Remote) else _here(path, since)


def _here(path: Path, since: float | None) -> Iterator[File | FileRefused]:
    if not os.path.isdir(path):
        if _fresh(path, since):
            yield File(path)
        return
    found = False
    closed: list[OSError] = []
    for folder, names, files in os.walk(path, onerror=closed.append):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in names:
            if os.path.islink(os.path.join(folder, name)):
                remedy = "如需读取，请直接给出它指向的文件夹"
                yield FileRefused(Path(folder, name), "这是指向文件夹的链接，没有跟进", remedy)
        for name in sorted(files):
            if not name.startswith(_NO_FILES):
                found = True
                if _fresh(Path(folder, name), since):
                    yield File(Path(folder, name))
    for error in closed:
        yield FileRefused(error.filename, f"文件夹无法打开（{error.strerror}）", "请检查权限后重试")
    if not found and not closed:
        yield FileRefused(path, "文件夹里没有可读的文件", "请核对路径，或先把文件解压到这里")


def _elsewhere(url: Remote, since: float | None) -> Iterator[File | FileRefused]:
    """The files at a URL or below it."""
    try:
        found = [p for p in (url.files() if url.is_dir() else (url,)) if not p.name.startswith(_NO_FILES)]
    except FileRefused as error:
        yield error
        return
    except OSError as error:
        yield FileRefused(url, f"无法列出（{error.strerror or error}）", "请核对地址和权限")
        return
    if not found:
        yield FileRefused(url, "那里没有可读的文件", "请核对地址")
    for path in found:
        if _fresh(path, since):
            yield File(path)


def _fresh(path: Path, since: float | None) -> bool:
    try:
        return since is None or path.stat().st_mtime >= since
    except OSError:
        return True  # that it cannot be looked at is said when it is read


def find(paths: list[Path], since: float | None = None) -> Iterator[File | FileRefused]:
    """The files at paths as `listed`, and in the place of an archive those in it."""
    for file in listed(paths, since):
        yield from _opened(file) if isinstance(file, File) else (file,)


def _opened(file: File) -> Iterator[File | FileRefused]:
    """The file itself; of an archive the files in it, and in one of those."""
    try:
        if isinstance(file.path, Remote) or file.numbers:  # by its name, so that what is no archive is not fetched
            may_be = file.path.suffix.lower() in _ARCHIVES
        else:
            may_be = os.path.isfile(file.path) and bundle.is_bundle(file.path, file.path)
        if not may_be or not file.is_archive(data := file.data()):
            yield file
            return
        for member in file.members(data):
            yield from _opened(member) if isinstance(member, File) else (member,)
    except FileRefused as error:
        yield error


def file_at(path: Path) -> File | None:
    """The file at a path, also inside an archive that stands there; None where there is none."""
    if isinstance(path, Remote) or path.is_file():
        return File(path)
    archive = next((parent for parent in path.parents if parent.is_file()), None)
    if archive is None:
        return None
    return _within(archive, bundle.state(archive)).get(path)


@lru_cache(maxsize=2)
def _within(archive: Path, state: tuple[int, int]) -> dict[Path, File]:  # noqa: ARG001 - of which it is kept
    """The files in an archive by their places, listed once for all that are asked for."""
    return {file.path: file for file in find([archive]) if isinstance(file, File)}


def digest(data: bytes) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _bounded(path: Path, size: int) -> None:
    if size > MAX_BYTES:
        trouble = f"文件过大（{size // 1048576} MB）"
        raise FileRefused(path, trouble, f"请拆分或压缩图片，上限{MAX_BYTES // 1048576} MB")


def _bytes(path: Path) -> bytes:
    try:
        if isinstance(path, Remote):
            _bounded(path, path.stat().st_size)
            return path.read_bytes()
        # without waiting for the other end of a pipe
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb") as file:
            state = os.fstat(file.fileno())
            if stat.S_ISDIR(state.st_mode):
                raise IsADirectoryError
            if not stat.S_ISREG(state.st_mode):
                raise FileRefused(path, "不是普通文件（管道、设备或套接字）", "请提交文件本身")
            _bounded(path, state.st_size)
            data = file.read(MAX_BYTES + 1)
            _bounded(path, len(data))  # it may have grown
            return data
    except FileNotFoundError:
        raise FileRefused(path, "文件不存在", "请核对路径") from None
    except IsADirectoryError:
        raise FileRefused(path, "这是文件夹", "请用 ziping ingest 或 --out 读取文件夹") from None
    except (OSError, ValueError) as error:
        trouble = getattr(error, "strerror", None) or str(error)
        raise FileRefused(path, f"文件无法读取（{trouble}）", "请检查权限后重试") from None
