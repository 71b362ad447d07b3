"""A file → a Document. Content decides the format, not the ending; one module per kind of file."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from extractors import bundle, sanitize
from extractors.files import File, digest
from extractors.limits import TOO_DEEP, Exceeded
from extractors.names import title
from schema.document import Document, PageReading, Paragraph, Table
from schema.errors import FileRefused

if TYPE_CHECKING:
    from extractors.pdf_pages import Page

MAX_SET_IN = 5  # documents in documents
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")
_NOT_READ = {
    b"Rar!": ("这是RAR压缩包，本版本不读取", "请解压后再提交"),
    b"7z\xbc\xaf": ("这是7z压缩包，本版本不读取", "请解压后再提交"),
}


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
    return Document(title(file.path), kind, digest(data), tuple(sanitize.blocks(blocks)), tuple(pages))


Blocks = list[Paragraph | Table]
Reader = Callable[[bytes, Path], tuple[Blocks, list[PageReading]]]


def _flowing(blocks: Callable[[bytes, Path], Blocks]) -> Reader:
    """The reader of a kind of file that has no pages."""
    return lambda data, path: (blocks(data, path), [])


def _paged(pages: Callable[[bytes, Path], list[Page]]) -> Reader:
    """The reader of a kind of file that has pages: tables over pages are joined."""

    def reader(data: bytes, path: Path) -> tuple[Blocks, list[PageReading]]:
        from extractors import pdf_pages

        found = pages(data, path)
        return pdf_pages.joined(found), [page.reading for page in found]

    return reader


def _reader(path: Path, data: bytes, depth: int = 0) -> tuple[str, Reader]:
    """The kind of a file by its content, and who reads it. depth: in how many others it is set."""
    if data.startswith(bundle.ZIPPED):
        return _of_archive(path, data, depth)
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


def _of_archive(path: Path, data: bytes, depth: int) -> tuple[str, Reader]:
    """Office's own archives, told by the parts they hold."""
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

    return "docx", _flowing(partial(word.blocks, others=partial(_set_in, depth=depth + 1)))


def _set_in(data: bytes, path: Path, depth: int) -> Blocks:
    """What is set into a document: another one, a page, a text."""
    if depth > MAX_SET_IN:
        raise Exceeded(TOO_DEEP)
    return _reader(path, data, depth)[1](data, path)[0]


def _streams(data: bytes) -> list[str]:
    """The streams of a compound file itself, without those of files set into it; none where it is broken: its reader says so."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return [entry[0] for entry in ole.listdir() if len(entry) == 1]
    except (OSError, ValueError, IndexError, RecursionError, struct.error):
        return []


def _of_compound(path: Path, data: bytes) -> tuple[str, Reader]:
    """Office's old compound files, told by the streams they hold."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise FileRefused(path, "文件有打开密码", "请去掉密码后另存再提交")
    if any(name.lower() in ("workbook", "book") for name in _streams(data)):
        from extractors import sheet

        return "xls", _flowing(sheet.blocks)
    from extractors import msdoc

    return "doc", _flowing(msdoc.blocks)
