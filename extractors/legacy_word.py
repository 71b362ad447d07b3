"""Legacy Word .doc (97 to 2003) → paragraphs and tables with exact merged cells, read from the binary itself.

Source: [MS-DOC]. The text is a table of pieces; properties stand in 512-byte pages keyed by the place of a
paragraph's or run's last character; a table's grid stands in the property of each row's end mark.
"""

from __future__ import annotations

import io
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import olefile

from extractors import office
from extractors.word_numbers import Counter, Level
from schema.document import Cell, Origin, Paragraph, Table
from schema.errors import FileRefused

MAX_CHARACTERS = 20_000_000
_NEAR = 15  # twips: column edges of one table differ by less

# Pairs (offset, length) in the file information block, by number.
_CHPX, _PAPX, _CLX, _LISTS, _OVERRIDES = 12, 13, 33, 73, 74
# Property modifiers (sprm) that are read.
_IN_TABLE, _ROW_END, _DEPTH, _INNER_CELL, _INNER_ROW_END = 0x2416, 0x2417, 0x6649, 0x244B, 0x244C
_LIST_LEVEL, _LIST, _HUGE = 0x260A, 0x460B, 0x6646
_TABLE, _VERTICAL, _MERGE = 0xD608, 0xD62B, 0x5624
_DELETED, _HIDDEN, _SYMBOL = 0x0800, 0x083C, 0x6A09
_OPERAND = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
_FORMATS = {
    0: "decimal", 1: "upperRoman", 2: "lowerRoman", 3: "upperLetter", 4: "lowerLetter", 10: "ideographDigital",
    11: "japaneseCounting", 18: "decimalEnclosedCircle", 22: "decimalZero", 23: "bullet", 33: "japaneseCounting",
    35: "chineseCountingThousand", 37: "chineseCounting", 38: "chineseLegalSimplified", 39: "chineseCountingThousand",
    255: "none",
}  # fmt: skip
_TICKS = {
    0xF0FE: "☑",
    0xF0A8: "□",
    0xF06F: "□",
    0xF0A3: "□",
    0xF0FC: "√",
    0xF052: "☑",
    0xF050: "√",
    0xF06C: "●",
    0xF06E: "■",
}

Properties = dict[int, bytes]


def blocks(data: bytes, path: Path) -> list[Paragraph | Table]:
    """The paragraphs and tables of a .doc in reading order; nested tables follow the one that holds them.

    Raises FileRefused where the file is no Word document, too old, locked or broken.
    """
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            if not ole.exists("WordDocument"):
                raise FileRefused(path, "这是旧版Office文件，但不是Word文档", "请另存为.docx")
            streams = {
                name: ole.openstream(name).read() if ole.exists(name) else b""
                for name in ("WordDocument", "0Table", "1Table", "Data")
            }
        return _Assembler(_File(streams, path)).read()
    except FileRefused:
        raise
    except _TooOld:
        return office.blocks(data, path)
    except (OSError, struct.error, IndexError, ValueError, KeyError, OverflowError, RecursionError) as error:
        raise FileRefused(
            path, f"Word文件已损坏（{type(error).__name__}）", "请用Word打开后另存为.docx"
        ) from None


class _TooOld(Exception):
    """Word 95 or older: another format under the same ending."""


@dataclass(slots=True)
class _Run:
    """A paragraph as stored: its characters after fields and revisions, and its properties."""

    text: str
    mark: str
    properties: Properties

    @property
    def depth(self) -> int:
        depth = self.properties.get(_DEPTH)
        if depth:
            return min(int.from_bytes(depth[:4], "little", signed=True), 16)
        return 1 if self.flag(_IN_TABLE) else 0

    def flag(self, sprm: int) -> bool:
        return bool(self.properties.get(sprm, b"\0")[0])


class _File:
    """The streams of a .doc: pieces of text, pages of properties, lists."""

    def __init__(self, streams: dict[str, bytes], path: Path) -> None:
        self.main, self.data = streams["WordDocument"], streams["Data"]
        ident, flags = self._u16(0), self._u16(10)
        if ident == 0xA5DC or self._u16(2) < 101:
            raise _TooOld
        if ident != 0xA5EC:
            raise FileRefused(path, "Word文件已损坏（文件头不对）", "请用Word打开后另存为.docx")
        if flags & 0x0100:
            raise FileRefused(path, "文件有打开密码", "请去掉密码后另存再提交")
        self.table = streams["1Table"] if flags & 0x0200 else streams["0Table"]
        self.length = struct.unpack_from("<i", self.main, 76)[0]
        if not 0 <= self.length <= MAX_CHARACTERS:
            raise FileRefused(path, "Word文件已损坏（文字长度不对）", "请用Word打开后另存为.docx")
        self.pieces = list(self._pieces())
        self.paragraph_pages = self._pages(_PAPX, self._papx)
        self.run_pages = self._pages(_CHPX, self._chpx)
        self.paragraph_ends = [end for _, end, _ in self.paragraph_pages]
        self.run_ends = [end for _, end, _ in self.run_pages]

    def _u16(self, at: int) -> int:
        return int(struct.unpack_from("<H", self.main, at)[0])

    def part(self, number: int) -> bytes:
        """One of the parts that the file information block points to in the table stream."""
        at, length = struct.unpack_from("<II", self.main, 154 + 8 * number)
        return self.table[at : at + length]

    # -- text
    def _pieces(self) -> Iterator[tuple[int, int, int, bool]]:
        """(first character, end, place in the stream, two bytes a character?) of every piece."""
        clx, at = self.part(_CLX), 0
        while at < len(clx) and clx[at] == 1:
            at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
        length = struct.unpack_from("<I", clx, at + 1)[0]
        plc = clx[at + 5 : at + 5 + length]
        count = (length - 4) // 12
        ends = struct.unpack_from(f"<{count + 1}I", plc)
        for i in range(count):
            place = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * i + 2)[0]
            narrow = bool(place & 0x40000000)
            place = (place & 0x3FFFFFFF) // 2 if narrow else place
            yield ends[i], ends[i + 1], place, not narrow

    def characters(self) -> Iterator[tuple[str, int]]:
        """(character, place in the stream) of the main text."""
        for first, end, place, wide in self.pieces:
            count = min(end, self.length) - first
            if count <= 0:
                continue
            width = 2 if wide else 1
            raw = self.main[place : place + count * width]
            text = raw.decode("utf-16-le" if wide else "cp1252", "replace")
            if len(text) != len(raw) // width:  # surrogate pairs: keep one place per unit
                text = "".join(chr(u) for u in struct.unpack(f"<{len(raw) // 2}H", raw))
            for i, ch in enumerate(text):
                yield ch, place + i * width

    # -- properties
    def _pages(self, number: int, entry: object) -> list[tuple[int, int, Properties]]:
        plc = self.part(number)
        count = (len(plc) - 4) // 8
        out: list[tuple[int, int, Properties]] = []
        for i in range(max(count, 0)):
            page = struct.unpack_from("<I", plc, 4 * (count + 1) + 4 * i)[0] & 0x3FFFFF
            block = self.main[page * 512 : page * 512 + 512]
            if len(block) < 512:
                continue
            runs = block[511]
            places = struct.unpack_from(f"<{runs + 1}I", block)
            for k in range(runs):
                assert callable(entry)
                out.append((places[k], places[k + 1], entry(block, runs, k)))
        return sorted(out, key=lambda item: item[1])

    def _papx(self, block: bytes, runs: int, k: int) -> Properties:
        at = 2 * block[4 * (runs + 1) + 13 * k]
        if at == 0:
            return {}
        size = 2 * block[at] - 1 if block[at] else 2 * block[at + 1]
        at += 1 if block[at] else 2
        found = _modifiers(block[at + 2 : at + size])
        huge = found.get(_HUGE)
        if huge:
            place = int.from_bytes(huge[:4], "little")
            length = struct.unpack_from("<H", self.data, place)[0]
            found = {**_modifiers(self.data[place + 2 : place + 2 + length]), **found}
        return found

    def _chpx(self, block: bytes, runs: int, k: int) -> Properties:
        at = 2 * block[4 * (runs + 1) + k]
        return _modifiers(block[at + 1 : at + 1 + block[at]]) if at else {}

    def _at(self, pages: list[tuple[int, int, Properties]], ends: list[int], place: int) -> Properties:
        index = bisect_right(ends, place)
        return pages[index][2] if index < len(pages) and pages[index][0] <= place else {}

    # -- paragraphs
    def runs(self) -> Iterator[_Run]:
        """Every paragraph and cell end in order: fields show their result, deleted and hidden text is gone."""
        text: list[str] = []
        fields: list[bool] = []  # for each open field: has its result begun?
        for ch, place in self.characters():
            if ch in "\r\x07":
                yield _Run("".join(text), ch, self._at(self.paragraph_pages, self.paragraph_ends, place))
                text = []
            elif ch == "\x13":
                fields.append(False)
            elif ch == "\x14" and fields:
                fields[-1] = True
            elif ch == "\x15" and fields:
                fields.pop()
            elif all(fields):
                shown = self._shown(ch, place)
                if shown:
                    text.append(shown)
        if text:
            yield _Run("".join(text), "\r", {})

    def _shown(self, ch: str, place: int) -> str:
        properties = self._at(self.run_pages, self.run_ends, place)
        if properties.get(_DELETED, b"\0")[0] == 1 or properties.get(_HIDDEN, b"\0")[0] == 1:
            return ""
        if _SYMBOL in properties and ch in "(\x28":
            return _TICKS.get(struct.unpack_from("<H", properties[_SYMBOL], 2)[0], "")
        if ch == "\x0b":
            return "\n"
        if ch == "\x1e":
            return "-"
        return ch if ch >= " " or ch == "\t" else ""


def _modifiers(raw: bytes) -> Properties:
    """The property modifiers of a list, the last of each kind; a broken tail is left out."""
    out: Properties = {}
    at = 0
    while at + 2 <= len(raw):
        sprm = raw[at] | raw[at + 1] << 8
        at += 2
        size = _OPERAND.get(sprm >> 13)
        if size is None:
            if at >= len(raw):
                break
            if sprm == _TABLE:
                size = (raw[at] | raw[at + 1] << 8) - 1 if at + 1 < len(raw) else 0
                at += 2
            else:
                size = raw[at]
                at += 1
        operand = raw[at : at + size]
        if sprm in (_VERTICAL, _MERGE) and sprm in out:
            operand = out[sprm] + operand
        out[sprm] = operand
        at += size
    return out


# ---------------------------------------------------------------- lists
def _lists(file: _File) -> Counter:
    """The document's numbered lists; a document without them numbers nothing."""
    try:
        return _bound_lists(file)
    except (struct.error, IndexError):
        return Counter({}, {})


def _bound_lists(file: _File) -> Counter:
    lists, overrides = file.part(_LISTS), file.part(_OVERRIDES)
    if len(lists) < 2 or len(overrides) < 4:
        return Counter({}, {})
    start = struct.unpack_from("<I", file.main, 154 + 8 * _LISTS)[0]
    count = struct.unpack_from("<H", lists)[0]
    at = start + 2 + 28 * count
    definitions: dict[int, dict[int, Level]] = {}
    for i in range(count):
        name = struct.unpack_from("<i", lists, 2 + 28 * i)[0]
        levels: dict[int, Level] = {}
        for level in range(1 if lists[2 + 28 * i + 26] & 1 else 9):
            levels[level], at = _list_level(file.table, at)
        definitions[name] = levels
    bound: dict[str, dict[int, Level]] = {}
    shared: dict[str, str] = {}
    for i in range(struct.unpack_from("<I", overrides)[0]):
        name = struct.unpack_from("<i", overrides, 4 + 16 * i)[0]
        bound[str(i + 1)] = definitions.get(name, {})
        shared[str(i + 1)] = f"list {name}"
    return Counter(bound, shared)


def _list_level(table: bytes, at: int) -> tuple[Level, int]:
    first, kind = struct.unpack_from("<iB", table, at)
    papx, chpx = table[at + 25], table[at + 24]
    at += 28 + papx + chpx
    length = struct.unpack_from("<H", table, at)[0]
    raw = table[at + 2 : at + 2 + 2 * length].decode("utf-16-le", "replace")
    text = "".join(f"%{ord(ch) + 1}" if ord(ch) < 9 else ch for ch in raw)
    return (_FORMATS.get(kind, "decimal"), text, first), at + 2 + 2 * length


# ---------------------------------------------------------------- tables
@dataclass(slots=True)
class _Row:
    edges: list[int]
    flags: list[int]
    texts: list[str]


@dataclass(slots=True)
class _Open:
    """A table being read at one depth of nesting."""

    lines: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    rows: list[_Row] = field(default_factory=list)


class _Assembler:
    """Puts the paragraphs of a file together into blocks; guards the tables still open at each depth."""

    def __init__(self, file: _File) -> None:
        self.file = file
        self.numbers = _lists(file)
        self.out: list[Paragraph | Table] = []
        self.open: dict[int, _Open] = {}
        self.nested: list[list[_Row]] = []
        self.tables = 0

    def read(self) -> list[Paragraph | Table]:
        for run in self.file.runs():
            depth = run.depth
            for deeper in sorted((d for d in self.open if d > depth), reverse=True):
                self._close(deeper)
            text = self._number(run) + run.text
            if depth == 0:
                self.out.append(Paragraph(text, Origin("body", len(self.out) + 1)))
            else:
                self._in_table(run, depth, text)
        for deeper in sorted(self.open, reverse=True):
            self._close(deeper)
        return self.out

    def _number(self, run: _Run) -> str:
        wanted = run.properties.get(_LIST)
        if not wanted:
            return ""
        level = run.properties.get(_LIST_LEVEL, b"\0")[0]
        return self.numbers.next(str(int.from_bytes(wanted[:2], "little")), min(level, 8))

    def _in_table(self, run: _Run, depth: int, text: str) -> None:
        table = self.open.setdefault(depth, _Open())
        row_end = run.flag(_ROW_END) if depth == 1 else run.flag(_INNER_ROW_END)
        cell_end = run.mark == "\x07" if depth == 1 else run.flag(_INNER_CELL)
        if row_end:
            edges, flags = _grid(run.properties, len(table.cells))
            table.rows.append(_Row(edges, flags, table.cells))
            table.cells, table.lines = [], []
        else:
            table.lines.append(text)
            if cell_end:
                table.cells.append("\n".join(table.lines))
                table.lines = []

    def _close(self, depth: int) -> None:
        table = self.open.pop(depth)
        if depth > 1:
            self.nested.append(table.rows)
            return
        for rows in [table.rows, *self.nested]:
            if rows:
                self.tables += 1
                self.out.append(_table(rows, len(self.out) + 1, self.tables))
        self.nested = []


def _grid(properties: Properties, count: int) -> tuple[list[int], list[int]]:
    """The column edges of a row and, per cell, its merge flags (1: goes on from the left, 2: from above,
    4: may go on below)."""
    raw = properties.get(_TABLE, b"")
    cells = raw[0] if raw else 0
    if not cells or len(raw) < 1 + 2 * (cells + 1):
        return [1000 * i for i in range(count + 1)], [0] * count
    edges = list(struct.unpack_from(f"<{cells + 1}h", raw, 1))
    flags = []
    for i in range(cells):
        at = 1 + 2 * (cells + 1) + 20 * i
        grf = raw[at] | raw[at + 1] << 8 if at + 1 < len(raw) else 0
        vertical = grf >> 5 & 3
        flags.append((1 if grf & 3 == 1 else 0) | (2 if vertical == 1 else 4 if vertical == 3 else 0))
    vertical_marks = properties.get(_VERTICAL, b"")
    for k in range(0, len(vertical_marks) - 1, 2):
        cell, mark = vertical_marks[k], vertical_marks[k + 1]
        if cell < cells:
            flags[cell] = flags[cell] & 1 | (2 if mark == 1 else 4 if mark == 3 else 0)
    merges = properties.get(_MERGE, b"")
    for k in range(0, len(merges) - 1, 2):
        for cell in range(merges[k] + 1, min(merges[k + 1], cells)):
            flags[cell] |= 1
    return edges, flags


def _table(rows: list[_Row], block: int, number: int) -> Table:
    xs: list[int] = []
    for edge in sorted({edge for row in rows for edge in row.edges}):
        if not xs or edge - xs[-1] > _NEAR:
            xs.append(edge)

    if len(xs) < 2:
        xs = [0, 1000]

    def column(edge: int) -> int:
        return min(range(len(xs)), key=lambda i: abs(xs[i] - edge))

    cells: list[Cell] = []
    above: dict[tuple[int, int], int] = {}  # (column, span) of a cell that may go on below → its index
    for r, row in enumerate(rows):
        still: dict[tuple[int, int], int] = {}
        for i, text in enumerate(row.texts[: len(row.edges) - 1]):
            left = min(column(row.edges[i]), len(xs) - 2)
            right = max(column(row.edges[i + 1]), left + 1)
            if row.flags[i] & 1 and cells and cells[-1].row == r:
                last = cells[-1]
                cells[-1] = Cell(r, last.column, 1, max(right - last.column, 1), last.text, last.origin)
                continue
            key = (left, right - left)
            if row.flags[i] & 2 and key in above:
                index = above[key]
                top = cells[index]
                cells[index] = Cell(
                    top.row, top.column, r - top.row + 1, top.column_span, top.text, top.origin
                )
                still[key] = index
                continue
            origin = Origin("body", block, number, r + 1, left + 1)
            cells.append(Cell(r, left, 1, key[1], text, origin))
            if row.flags[i] & 6:
                still[key] = len(cells) - 1
        above = still
    widths = tuple(max(b - a, 1) for a, b in pairwise(xs))
    return Table(tuple(cells), len(rows), len(xs) - 1, Origin("body", block, number), widths)
