"""The binary of a .doc: pieces of text, pages of properties, the paragraphs as they are stored."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from extractors.msdoc.properties import DELETED, DEPTH, HIDDEN, HUGE, IN_TABLE, SYMBOL, Properties, modifiers
from extractors.msdoc.styles import styles
from extractors.word_signs import symbol
from schema.errors import FileRefused

MAX_CHARACTERS = 20_000_000

# Pairs (offset, length) in the file information block, by number.
_STYLES, _CHPX, _PAPX, _CLX, LISTS, OVERRIDES = 1, 12, 13, 33, 73, 74


class TooOld(Exception):
    """Word 95 or older: another format under the same ending."""


@dataclass(slots=True)
class Run:
    """A paragraph as stored: its characters after fields and revisions, and its properties."""

    text: str
    mark: str
    properties: Properties

    @property
    def depth(self) -> int:
        depth = self.properties.get(DEPTH)
        if depth:
            return min(int.from_bytes(depth[:4], "little", signed=True), 16)
        return 1 if self.flag(IN_TABLE) else 0

    def flag(self, sprm: int) -> bool:
        return bool(self.properties.get(sprm, b"\0")[0])


class File:
    """The streams of a .doc: pieces of text, pages of properties, lists."""

    def __init__(self, streams: dict[str, bytes], path: Path) -> None:
        self.main, self.data = streams["WordDocument"], streams["Data"]
        ident, flags = self._u16(0), self._u16(10)
        if ident == 0xA5DC or self._u16(2) < 101:
            raise TooOld
        if ident != 0xA5EC:
            raise FileRefused(path, "Word文件已损坏（文件头不对）", "请用Word打开后另存为.docx")
        if flags & 0x0100:
            raise FileRefused(path, "文件有打开密码", "请去掉密码后另存再提交")
        self.table = streams["1Table"] if flags & 0x0200 else streams["0Table"]
        self.stories = self._stories(path)
        self.pieces = list(self._pieces())
        self.styles = styles(self.part(_STYLES))
        self.paragraph_pages = self._pages(_PAPX, self._papx)
        self.run_pages = self._pages(_CHPX, self._chpx)
        self.paragraph_ends = [end for _, end, _ in self.paragraph_pages]
        self.run_ends = [end for _, end, _ in self.run_pages]

    def _stories(self, path: Path) -> list[tuple[str, int, int]]:
        """(part, first character, end) of the body, of notes and of text boxes; what headers and comments hold lies between."""
        body, footnotes, headers, _, comments, endnotes, boxes = struct.unpack_from("<7i", self.main, 76)
        lengths = {
            "body": body,
            "footnotes": footnotes,
            "headers": headers,
            "comments": comments,
            "endnotes": endnotes,
            "textbox": boxes,
        }
        if min(lengths.values()) < 0 or sum(lengths.values()) > MAX_CHARACTERS:
            raise FileRefused(path, "Word文件已损坏（文字长度不对）", "请用Word打开后另存为.docx")
        out, at = [], 0
        for part, length in lengths.items():
            if length and part not in ("headers", "comments"):
                out.append((part, at, at + length))
            at += length
        return out

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

    def characters(self, start: int, stop: int) -> Iterator[tuple[str, int]]:
        """(character, place in the stream) of the characters from `start` to `stop`."""
        for begins, end, place, wide in self.pieces:
            first = max(begins, start)
            count = min(end, stop) - first
            if count <= 0:
                continue
            width = 2 if wide else 1
            place += (first - begins) * width
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
        style = self.styles.get(int.from_bytes(block[at : at + 2], "little"), {})
        found = {**style, **modifiers(block[at + 2 : at + size])}
        huge = found.get(HUGE)
        if huge:
            place = int.from_bytes(huge[:4], "little")
            length = struct.unpack_from("<H", self.data, place)[0]
            found = {**modifiers(self.data[place + 2 : place + 2 + length]), **found}
        return found

    def _chpx(self, block: bytes, runs: int, k: int) -> Properties:
        at = 2 * block[4 * (runs + 1) + k]
        return modifiers(block[at + 1 : at + 1 + block[at]]) if at else {}

    def _at(self, pages: list[tuple[int, int, Properties]], ends: list[int], place: int) -> Properties:
        index = bisect_right(ends, place)
        return pages[index][2] if index < len(pages) and pages[index][0] <= place else {}

    # -- paragraphs
    def runs(self, start: int, stop: int) -> Iterator[Run]:
        """Every paragraph and cell end between two characters: fields show their result, deleted and hidden text is gone."""
        text: list[str] = []
        fields: list[bool] = []  # for each open field: has its result begun?
        ends = {
            end - width for end in self.paragraph_ends for width in (1, 2)
        }  # where paragraphs end, a section's last by \x0c
        for ch, place in self.characters(start, stop):
            if ch in "\r\x07" or (ch == "\x0c" and place in ends):
                yield Run("".join(text), ch, self._at(self.paragraph_pages, self.paragraph_ends, place))
                text = []
            elif ch == "\x0c":  # the page ends within a paragraph
                text.append("\n")
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
            yield Run("".join(text), "\r", {})

    def _shown(self, ch: str, place: int) -> str:
        properties = self._at(self.run_pages, self.run_ends, place)
        if properties.get(DELETED, b"\0")[0] == 1 or properties.get(HIDDEN, b"\0")[0] == 1:
            return ""
        if SYMBOL in properties and ch in "(\x28":
            return symbol(struct.unpack_from("<H", properties[SYMBOL], 2)[0])
        if ch == "\x0b":
            return "\n"
        if ch == "\x1e":
            return "-"
        return ch if ch >= " " or ch == "\t" else ""
