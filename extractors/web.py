"""Web pages (.html, .mht) → paragraphs and tables, rowspan and colspan kept, nothing fetched."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import html
from lxml.etree import ParserError

from extractors.limits import TOO_DEEP, Exceeded
from schema.document import Cell, Origin, Paragraph, Table
from schema.errors import FileRefused

MAX_NESTING = 20  # tables in tables
MAX_DEPTH = 200  # elements in elements
MAX_SPAN = 1000
MAX_CELLS = 500_000
_LINES = frozenset("p div br li tr h1 h2 h3 h4 h5 h6 section article header footer center dd dt blockquote".split())
_SILENT = frozenset("script style head title noscript template select option".split())
_TAGS = "html head body meta title style link base table p div span center font h1 h2 h3 h4 b strong br ul ol section article main a"
_BEGINS = re.compile(rf"mime-version:|<!doctype html|<!--|<(?:{_TAGS.replace(' ', '|')})[\s/>]".encode())
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w\-]+)", re.IGNORECASE)


def blocks(data: bytes, path: Path) -> list[Paragraph | Table]:
    """The lines and tables of a page in reading order; a nested table follows the one that holds it.

    Raises FileRefused where the page holds no text.
    """
    text = decoded(_page(data))
    try:
        root = html.document_fromstring(text, parser=html.HTMLParser(no_network=True, huge_tree=False))
    except (ParserError, ValueError):
        raise FileRefused(path, "网页里没有内容", "请核对文件是否完整") from None
    walk = _Walk()
    body = root.find("body")
    walk.container(body if body is not None else root, 0)
    walk.end_line()
    return walk.out


def is_page(data: bytes) -> bool:
    """Does a file begin like a web page or a saved one?"""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return _BEGINS.match(start) is not None or (
        b"<html" in start or (b"content-type: multipart/related" in start and b"mime-version" in start)
    )


def _page(data: bytes) -> bytes:
    """The page of a saved web archive, else the file itself."""
    if b"mime-version" not in data[:4096].lower() or data.lstrip()[:1] == b"<":
        return data
    message = email.message_from_bytes(data, policy=email.policy.default)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                return content
    return data


def decoded(data: bytes) -> str:
    """A page's text: by its mark, by what it says of itself, as UTF-8, as GB18030."""
    stated = _CHARSET.search(data[:4096])
    names = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else []
    if stated:
        name = stated[1].decode("ascii", "replace").lower()
        names.append("gb18030" if name.startswith("gb") else name)
    for name in (*names, "utf-8-sig", "gb18030"):
        try:
            return re.sub(r"^\s*<\?xml[^>]*\?>", "", data.decode(name))
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("utf-8", "replace")


class _Walk:
    """One pass over a page; guards the line being put together."""

    def __init__(self) -> None:
        self.out: list[Paragraph | Table] = []
        self.line: list[str] = []
        self.tables = 0
        self.cells = 0

    def container(self, element: Any, depth: int) -> None:
        self._add(element.text)
        for child in element:
            tag = child.tag if isinstance(child.tag, str) else ""
            if tag == "table":
                self.end_line()
                self.table(child, depth)
            elif tag and tag not in _SILENT:
                if tag in _LINES:
                    self.end_line()
                if depth >= MAX_DEPTH:
                    raise Exceeded(TOO_DEEP)
                self.container(child, depth + 1)
                if tag in _LINES:
                    self.end_line()
            self._add(child.tail)

    def _add(self, text: str | None) -> None:
        if text:
            self.line.append(re.sub(r"[ \t\r\n]+", " ", text))

    def end_line(self) -> None:
        text = "".join(self.line).strip(" ")
        self.line = []
        if text:
            self.out.append(Paragraph(text, Origin("body", len(self.out) + 1)))

    def table(self, element: Any, depth: int) -> None:
        nested: list[Any] = []
        block, self.tables = len(self.out) + 1, self.tables + 1
        number = self.tables
        cells: list[Cell] = []
        taken: set[tuple[int, int]] = set()
        row = columns = 0
        for tr in _rows(element):
            column = 0
            for td in tr:
                if td.tag not in ("td", "th"):
                    continue
                while (row, column) in taken:
                    column += 1
                height, width = _span(td, "rowspan"), _span(td, "colspan")
                self.cells += height * width
                if self.cells > MAX_CELLS:
                    raise Exceeded(f"网页里的单元格超过{MAX_CELLS}个")
                taken |= {(row + i, column + k) for i in range(height) for k in range(width)}
                text = "\n".join(_cell_lines(td, nested))
                origin = Origin("body", block, number, row + 1, column + 1)
                cells.append(Cell(row, column, height, width, text, origin))
                column += width
                columns = max(columns, column)
            row += 1
        cells = [Cell(c.row, c.column, min(c.row_span, row - c.row), c.column_span, c.text, c.origin) for c in cells]
        if cells:
            self.out.append(Table(tuple(cells), row, columns, Origin("body", block, number)))
        for inner in nested:
            if depth >= MAX_NESTING:
                raise Exceeded(TOO_DEEP)
            self.table(inner, depth + 1)


def _rows(table: Any) -> Iterator[Any]:
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from (tr for tr in child if tr.tag == "tr")


def _span(cell: Any, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return min(max(int(value), 1), MAX_SPAN) if value.isdigit() else 1


def _cell_lines(cell: Any, nested: list[Any]) -> list[str]:
    lines = [""]

    def walk(element: Any, depth: int) -> None:
        lines[-1] += re.sub(r"[ \t\r\n]+", " ", element.text or "")
        for child in element:
            tag = child.tag if isinstance(child.tag, str) else ""
            if tag == "table":
                nested.append(child)
            elif tag and tag not in _SILENT:
                if tag in _LINES and (lines[-1].strip() or tag == "br"):
                    lines.append("")
                if depth >= MAX_DEPTH:
                    raise Exceeded(TOO_DEEP)
                if tag != "br":
                    walk(child, depth + 1)
                if tag in _LINES and tag != "br" and lines[-1].strip():
                    lines.append("")
            lines[-1] += re.sub(r"[ \t\r\n]+", " ", child.tail or "")

    walk(cell, 0)
    return [line.strip(" ") for line in lines if line.strip()] or [""]
