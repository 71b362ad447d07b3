"""Characters of a page → lines, paragraphs and the text of a cell. Coordinates are points, y downwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from schema import numbering

_BEGINS = re.compile(r"(?:目标|指标)\d+[:：]|附件|说明[:：]")
_LABELS = re.compile(r"[一-鿿（）]{2,10}[:：]\S*\s+[一-鿿（）]{2,10}[:：]")  # 填表人：… 联系电话：…
_SENTENCE_ENDS = ("。", "；", ";", "！", "？", "：", ":", "”", "）", ")")
# By which share of its size print differs from other print; a recogniser is less exact than that.
OTHER_PRINT = 0.2
WIDE, BLANK = 0.9, 0.18  # of its size: a gap that parts any two characters, and one that parts two of a line set solid
SOLID = 0.08  # of its size: the gaps between the characters of such a line are narrower, half of them at least
_IN_READING_ORDER = attrgetter("base", "left")


class Char(NamedTuple):
    """A character with its left and right edge, its baseline, its font size, and how sure a recogniser
    is of it (1 where nothing was recognised)."""

    text: str
    left: float
    right: float
    base: float
    size: float
    score: float = 1.0


class Line:
    """Characters on one baseline, left to right; one drawn twice to look bold counts once."""

    __slots__ = ("base", "chars", "left", "right", "size", "text")

    def __init__(self, chars: list[Char]) -> None:
        self.base = chars[0].base
        chars.sort(key=attrgetter("left"))
        self.chars = chars = _drawn_once(chars)
        text, last_right, largest = "", chars[0].left, 0.0
        left = right = None
        for word, start, end, _, size, _ in chars:
            if size > largest:
                largest = size
            gap = start - last_right
            if (
                gap > BLANK * size
                and text
                and text[-1] not in " \u3000"
                and (gap > WIDE * size or _parts(chars, word, text[-1]))
            ):
                text += " "
            text += word
            last_right = end
            if not word.isspace():
                left = start if left is None else left
                right = end if right is None or end > right else right
        self.size = largest
        self.text = text
        self.left: float = chars[0].left if left is None else left
        self.right: float = chars[-1].right if right is None else right


def _parts(chars: list[Char], word: str, before: str) -> bool:
    """Does a narrow gap before a character part it from the one before: two of a script without blanks, in a line that is set solid?"""
    if not (_is_han(word) and _is_han(before)) or chars[0].score < 1:
        return False
    gaps = sorted((b.left - a.right) / a.size for a, b in pairwise(chars) if _is_han(a.text) and _is_han(b.text))
    return gaps[len(gaps) // 2] < SOLID


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def lines(chars: Sequence[Char]) -> list[Line]:
    """The characters as lines, top to bottom; blank lines are none."""
    if not chars:
        return []
    groups: list[list[Char]] = []
    base = size = -1.0
    for char in sorted(chars, key=_IN_READING_ORDER):
        if groups and char.base == base and char.size == size:
            groups[-1].append(char)
            continue
        for group in reversed(groups[-4:]):
            if char.base - group[0].base < 0.45 * min(group[0].size, char.size):
                group.append(char)
                break
        else:
            groups.append([char])
            base, size = char.base, char.size
    return [line for line in map(Line, groups) if not line.text.isspace()]


def _drawn_once(chars: list[Char]) -> list[Char]:
    """Without the second of two same characters almost in the same place; two points side by side are two."""
    out: list[Char] = []
    earlier = before = None
    for char in chars:
        if (before is None or before.text != char.text or not _on_top(before, char)) and (
            earlier is None or earlier.text != char.text or not _on_top(earlier, char)
        ):
            out.append(char)
        earlier, before = before, char
    return out


def _on_top(before: Char, char: Char) -> bool:
    return char.left - before.left < min(0.12 * char.size, 0.4 * (char.right - char.left))


def paragraphs(found: list[Line], right: float) -> list[list[Line]]:
    """Lines as paragraphs: a line that fills the width up to `right` goes on in the next one."""
    out: list[list[Line]] = []
    counted = Counted()
    for line in found:
        if out and wrapped(out[-1][-1], line, right, counted):
            out[-1].append(line)
        else:
            out.append([line])
            counted.note(line.text)
    return out


class Counted:
    """The list numbers that paragraphs began with so far: whether a number goes on with them."""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}  # level → the last number of it

    def note(self, text: str) -> None:
        """A paragraph begins with this text."""
        if (found := numbering.parse(text.strip())) is not None:
            self._last[found.level] = found.value

    def continued_by(self, found: numbering.Numbered) -> bool:
        """Is it the next number of a list, or the first of one?"""
        return found.value == 1 or self._last.get(found.level) == found.value - 1


def wrapped(line: Line, following: Line, right: float, counted: Counted) -> bool:
    """Was the line broken only because the next word did not fit? A line in other print was not; a number that begins the next one
    begins a paragraph where it goes on with the list, or a sentence has ended."""
    text = line.text.rstrip()
    first = next((c for c in following.chars if not c.text.isspace()), following.chars[0])
    return (
        right - line.right < (first.right - first.left) + 0.75 * line.size
        and following.left < line.left + 1.6 * line.size
        and not text.endswith(("：", ":"))
        and not _begins(following.text.strip(), text, counted)
        and abs(line.size - following.size) <= OTHER_PRINT * max(line.size, following.size)
    )


def _begins(text: str, before: str, counted: Counted) -> bool:
    """Does a text begin as a paragraph does: with a list number, or a word that opens one?"""
    found = numbering.parse(text)
    if found is None:
        return _BEGINS.match(text) is not None or _LABELS.match(text) is not None
    return before.endswith(_SENTENCE_ENDS) or counted.continued_by(found)


def stripped(found: list[Line]) -> str:
    """The lines of a paragraph as one text; blanks that indent it stay."""
    return "".join(line.text.strip() if i else line.text.rstrip() for i, line in enumerate(found))
