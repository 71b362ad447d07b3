"""List numbers as people write them: 一、 （一） 1. （1） ①, and numbers behind a word (指标1：)."""

from __future__ import annotations

import re
from typing import NamedTuple

_CHINESE = "一二三四五六七八九十"
_STYLES = (
    (1, rf"第[{_CHINESE}]{{1,3}}(?:部分|章)\s*[:：、]?|[{_CHINESE}]{{1,3}}\s*[、.．，]"),
    (2, rf"[（(]\s*[{_CHINESE}]{{1,3}}\s*[)）]\s*[、.．]?"),
    (3, r"\d{1,3}\s*[、.．](?!\d)"),
    (4, r"[（(]\s*\d{1,3}\s*[)）]\s*[、.．]?|[⑴-⒇]"),
    (5, r"[①-⑳]"),
)
_PATTERN = re.compile("|".join(f"(?P<l{level}>{style})" for level, style in _STYLES))
_BLANK = re.compile(r"\s*")
_COUNT = rf"\s*([\d{_CHINESE}]{{1,3}})\s*[、.．:：)）](?!\d)\s*"


class Numbered(NamedTuple):
    """A text that begins with a list number. level: 1 一、 2 （一） 3 1. 4 （1） 5 ①; number: as written; rest: the words behind it;
    value: which number it is."""

    level: int
    number: str
    rest: str
    value: int


def parse(text: str) -> Numbered | None:
    """The list number a text begins with; None where it begins with none. `2.5公里` and `2021年` begin with none."""
    match = _PATTERN.match(text)
    if match is None or match.lastgroup is None:
        return None
    behind = _BLANK.match(text, match.end())
    rest = text[behind.end() if behind else match.end() :]
    return Numbered(int(match.lastgroup[1:]), match.group().strip(), rest, _count(match.group()))


def _count(number: str) -> int:
    """Which number a list number is: （十二） is 12."""
    figures = re.findall(r"\d+", number)
    if figures:
        return int(figures[0])
    enclosed = next((ord(ch) for ch in number if "①" <= ch <= "⒇"), None)
    if enclosed is not None:
        return enclosed - ord("①" if enclosed <= ord("⑳") else "⑴") + 1
    tens, ten, ones = "".join(ch for ch in number if ch in _CHINESE).partition("十")
    if not ten:
        return _CHINESE.find(tens[:1]) + 1
    return 10 * (_CHINESE.find(tens) + 1 if tens else 1) + (_CHINESE.find(ones) + 1 if ones else 0)


def without(text: str) -> str:
    """The text without the list numbers that it begins with, however many."""
    while (found := parse(text)) is not None:
        text = found.rest
    return text


def behind(text: str, *words: str) -> str | None:
    """What stands behind a word and its number (`指标1：`, `任务2、`), or behind a number and a bracket or colon alone where ''
    is among the words; None where the text does not begin so."""
    match = re.match(rf"(?:{'|'.join(map(re.escape, words))}){_COUNT}", text)
    return text[match.end() :] if match else None
