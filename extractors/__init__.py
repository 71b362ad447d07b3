"""A file → a Document. Content decides the format, not the ending; one module per kind of file."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schema.document import Document, Paragraph, Reading, Table
from schema.errors import FileRefused

if TYPE_CHECKING:
    from extractors.pdf_pages import Page

MAX_BYTES = 200 * 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")
_NOT_READ = {
    b"Rar!": ("这是RAR压缩包，本版本不读取", "请解压后再提交"),
    b"7z\xbc\xaf": ("这是7z压缩包，本版本不读取", "请解压后再提交"),
}


@dataclass(frozen=True, slots=True)
class File:
    """A file to read: its place, and its bytes where they come out of an archive."""

    path: Path
    content: bytes | None = None

    def data(self) -> bytes:
        """The bytes. Raises FileRefused where they are missing, empty or too many."""
        data = _bytes(self.path) if self.content is None else self.content
        if not data:
            raise FileRefused(self.path, "文件是空的", "请向单位重新索取")
        return data

    def members(self) -> Iterator[File | FileRefused]:
        """The files of an archive. Raises FileRefused where it must not be opened."""
        from extractors import bundle

        data = self.data()
        for member in bundle.members(data, self.path):
            yield member if isinstance(member, FileRefused) else File(*member)


def read(file: Path | File) -> Document:
    """One file as a Document.

    Raises FileRefused, with file and remedy, where the file is missing, empty, too large, broken,
    locked, hostile or of a kind that is not read.
    """
    if isinstance(file, Path):
        file = File(file)
    data = file.data()
    kind, reader = _reader(file.path, data)
    blocks, pages = reader(data, file.path)
    return Document(file.path.name, kind, digest(data), tuple(blocks), tuple(pages))


def digest(data: bytes) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            trouble = f"文件过大（{size // 1048576} MB）"
            raise FileRefused(path, trouble, f"请拆分或压缩图片，上限{MAX_BYTES // 1048576} MB")
        return path.read_bytes()
    except FileNotFoundError:
        raise FileRefused(path, "文件不存在", "请核对路径") from None
    except IsADirectoryError:
        raise FileRefused(path, "这是文件夹", "请用 ziping ingest 或 --out 读取文件夹") from None
    except OSError as error:
        raise FileRefused(path, f"文件无法读取（{error.strerror}）", "请检查权限后重试") from None


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
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
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
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error):
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
    from extractors import legacy_word

    return "doc", _flowing(legacy_word.blocks)
