"""Text dumps → paragraphs and tables: one cell a line after a tab, tab-separated rows, Markdown pipe tables.

A dump has lost the spans of merged cells, so every row of its tables is ragged.
"""

from __future__ import annotations

import re
from pathlib import Path

from schema.document import Cell, Origin, Paragraph, Table
from schema.errors import FileRefused

_BOOKMARK = re.compile(r"\[bookmark: [^\]]*\]")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_MARKUP = re.compile(r"^\s*<\?xml", re.IGNORECASE)


def blocks(data: bytes, path: Path) -> list[Paragraph | Table]:
    """The paragraphs and ragged tables of a text dump in UTF-8 or GB18030. Raises FileRefused."""
    text = _decoded(data, path)
    if _MARKUP.match(text):
        raise FileRefused(path, "这是XML文件，本版本不读取", "请用Word打开后另存为.docx")
    return _Lines(_BOOKMARK.sub("", text).splitlines()).read()


def _decoded(data: bytes, path: Path) -> str:
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text and sum(ch < " " and ch not in "\t\n\r\f\v\x07" for ch in text[:4096]) < 8:
            return text
    raise FileRefused(path, "内容既不是Word文档也不是文本", "请核对文件是否损坏，或用Word另存为.docx")


Row = list[str]


class _Lines:
    """Reads the lines of a dump in order; `at` is the next line."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0
        self.out: list[Paragraph | Table] = []
        self.tables = 0

    def read(self) -> list[Paragraph | Table]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.lstrip().startswith("|") and line.count("|") >= 2:
                self.add_table(self.pipes())
            elif self.separated(self.at):
                self.add_table(self.rows_of_tabs())
            elif line.startswith("\t"):
                self.add_table(self.cells_of_lines())
            else:
                self.out.append(Paragraph(line.strip(), Origin("body", len(self.out) + 1)))
                self.at += 1
        return self.out

    # -- Markdown: | a | b |
    def pipes(self) -> list[Row]:
        rows: list[Row] = []
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            if line.startswith("|"):
                if not _RULE.match(line):
                    cells = line.strip("|").split("|") if line.endswith("|") else line[1:].split("|")
                    rows.append([_BREAK.sub("\n", cell.strip()) for cell in cells])
            elif line or not self.goes_on(lambda at: self.lines[at].lstrip().startswith("|")):
                break
            self.at += 1
        return rows

    # -- a row a line: a <tab> b
    def separated(self, at: int) -> bool:
        line = self.lines[at]
        if "\t" in line.strip("\t") or (line.strip("\t").strip() == "" and line.count("\t") > 1):
            return True
        if not line.startswith("\t") and line.endswith("\t\t"):  # one merged cell, then only tabs
            return at + 1 < len(self.lines) and "\t" in self.lines[at + 1].strip("\t")
        return line.startswith("\t\t") and line.strip() != ""

    def rows_of_tabs(self) -> list[Row]:
        rows: list[Row] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if self.separated(self.at):
                rows.append([cell.strip() for cell in line.split("\t")])
            elif line.strip() or not self.goes_on(self.separated):
                break
            self.at += 1
        return rows

    def goes_on(self, same: object) -> bool:
        """After blank lines the same kind of table goes on: it was cut by a page."""
        at = self.at
        while at < len(self.lines) and not self.lines[at].strip():
            at += 1
        return at < len(self.lines) and callable(same) and bool(same(at))

    # -- a cell a line: <tab>a; a blank line ends the row
    def cells_of_lines(self) -> list[Row]:
        rows: list[Row] = []
        row: Row = []
        blanks = 0
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line == "":  # a line of blanks is a cell's own blank paragraph
                blanks += 1
            elif line.startswith("\t"):
                if blanks:
                    rows.append(row)
                    row = []
                row.append(line[1:])
                blanks = 0
            elif not row or (blanks >= 2 and not self.row_goes_on(row, rows)):
                break
            else:
                row[-1] += "\n" * (blanks + 1) + line
                blanks = 0
            self.at += 1
        rows.append(row)
        return _rejoined([r for r in rows if r])

    def row_goes_on(self, row: Row, rows: list[Row]) -> bool:
        """Behind blank lines: does the text belong to a cell, because the cells after it complete the row?"""
        at = self.at
        while at < len(self.lines) and not self.lines[at].startswith("\t"):
            at += 1
        if at - self.at > 12:
            return False
        cells = 0
        while at < len(self.lines) and self.lines[at] != "":
            cells += self.lines[at].startswith("\t")
            at += 1
        return bool(rows) and len(row) + cells == len(rows[-1]) > len(row)

    def add_table(self, rows: list[Row]) -> None:
        block = len(self.out) + 1
        self.tables += 1
        cells = tuple(
            Cell(r, c, 1, 1, text, Origin("body", block, self.tables, r + 1, c + 1))
            for r, row in enumerate(rows)
            for c, text in enumerate(row)
        )
        columns = max((len(row) for row in rows), default=0)
        self.out.append(
            Table(cells, len(rows), columns, Origin("body", block, self.tables), (), frozenset(range(len(rows))))
        )


def _rejoined(rows: list[Row]) -> list[Row]:
    """A row that a cell's blank paragraph cut in two is one row again, if it then fits both neighbours."""
    out: list[Row] = []
    at = 0
    while at < len(rows):
        both = len(rows[at]) + len(rows[at + 1]) if at + 2 < len(rows) else 0
        before = len(out[-1]) if out else 0
        if both == before >= 3 and (both == len(rows[at + 2]) > 3 or len(rows[at + 1]) == 1):
            out.append(rows[at] + rows[at + 1])
            at += 2
        else:
            out.append(rows[at])
            at += 1
    return out
