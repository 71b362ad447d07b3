"""A file → a Document. Content decides the format, not the ending; one module per kind of file."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from extractors import legible
from extractors.limits import Exceeded
from extractors.names import title
from extractors.remote import Remote
from schema.document import Document, Paragraph, Reading, Table
from schema.errors import FileRefused

if TYPE_CHECKING:
    from extractors.pdf_pages import Page

MAX_BYTES = 200 * 1024 * 1024
_ZIPPED = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")
_NOT_READ = {
    b"Rar!": ("这是RAR压缩包，本版本不读取", "请解压后再提交"),
    b"7z\xbc\xaf": ("这是7z压缩包，本版本不读取", "请解压后再提交"),
}


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
            from extractors import bundle

            _bounded(self.path, self.size)
            data = bundle.content(self.archive, self.numbers, self.path)
        else:
            data = _bytes(self.path)
        if not data:
            raise FileRefused(self.path, "文件是空的", "请向单位重新索取")
        return data

    def is_archive(self, data: bytes) -> bool:
        """Do these bytes of it hold files of their own? Raises FileRefused where they are too many to tell."""
        from extractors import bundle

        return data.startswith(_ZIPPED) and bundle.is_bundle(data, self.path)

    def members(self, data: bytes) -> Iterator[File | FileRefused]:
        """The files of an archive whose bytes these are. Raises FileRefused where it must not be opened."""
        from extractors import bundle

        for member in bundle.members(data, self.path, len(self.numbers) + 1):
            if isinstance(member, FileRefused):
                yield member
            else:
                numbers = (*self.numbers, member.number)
                yield File(member.place, self.archive or self.path, numbers, member.size)


def read(file: Path | File) -> Document:
    """One file as a Document.

    Raises FileRefused, with file and remedy, where the file is missing, empty, too large, broken,
    locked, hostile or of a kind that is not read.
    """
    if isinstance(file, Path):
        file = File(file)
    data = file.data()
    kind, reader = _reader(file.path, data)
    try:
        blocks, pages = reader(data, file.path)
    except Exceeded as error:
        raise FileRefused(file.path, str(error), "请拆分，或用Word、Excel另存后再提交") from None
    return Document(title(file.path), kind, digest(data), tuple(legible.blocks(blocks)), tuple(pages))


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
        with open(
            os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb"
        ) as file:
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


Blocks = list[Paragraph | Table]
Reader = Callable[[bytes, Path], tuple[Blocks, list[Reading]]]


def _flowing(blocks: Callable[[bytes, Path], Blocks]) -> Reader:
    """The reader of a kind of file that has no pages."""
    return lambda data, path: (blocks(data, path), [])


def _paged(pages: Callable[[bytes, Path], list[Page]]) -> Reader:
    """The reader of a kind of file that has pages: tables over pages are joined."""

    def reader(data: bytes, path: Path) -> tuple[Blocks, list[Reading]]:
        from extractors import pdf_pages

        found = pages(data, path)
        return pdf_pages.joined(found), [page.reading for page in found]

    return reader


def _reader(path: Path, data: bytes) -> tuple[str, Reader]:
    """The kind of a file by its content, and who reads it."""
    if data.startswith(_ZIPPED):
        return _of_archive(path, data)
    if data.startswith(_OLE):
        return _of_compound(path, data)
    if b"%PDF-" in data[:1024]:
        from extractors import pdf

        return "pdf", _paged(pdf.pages)
    if data.startswith(b"{\\rtf"):
        from extractors import office

        return "rtf", _flowing(office.blocks)
    if data.startswith(_PICTURES):
        from extractors import scan

        return "image", _paged(scan.pages)
    for magic, (trouble, remedy) in _NOT_READ.items():
        if data.startswith(magic):
            raise FileRefused(path, trouble, remedy)
    from extractors import plain, web

    return ("html", _flowing(web.blocks)) if web.is_page(data) else ("text", _flowing(plain.blocks))


def _of_archive(path: Path, data: bytes) -> tuple[str, Reader]:
    """Office's own archives, told by the parts they hold."""
    from extractors import bundle

    try:
        with bundle.opened(data) as archive:
            names = archive.namelist()
    except bundle.BROKEN:
        names = []
    if any(name.startswith("xl/") for name in names):
        from extractors import sheet

        return "xlsx", _flowing(sheet.blocks)
    if names and not any(name.startswith("word/") for name in names):
        raise FileRefused(path, "这是压缩包，不是一份材料", "请用 ziping ingest 读取，或解压后再提交")
    from extractors import word

    return "docx", _flowing(word.blocks)


def _of_compound(path: Path, data: bytes) -> tuple[str, Reader]:
    """Office's old compound files, told by the streams they hold."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise FileRefused(path, "文件有打开密码", "请去掉密码后另存再提交")
    if "WordDocument".encode("utf-16-le") not in data and any(
        name.encode("utf-16-le") in data for name in ("Workbook", "Book\0")
    ):
        from extractors import sheet

        return "xls", _flowing(sheet.blocks)
    from extractors import msdoc

    return "doc", _flowing(msdoc.blocks)
