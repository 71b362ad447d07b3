"""How a heading or a label is spelt: without blanks, quotes, numbering, notes in brackets, points and typing errors."""

from __future__ import annotations

import re
from collections.abc import Mapping

from normalizers.text import OF_WHICH, squeeze
from schema import numbering

LONGEST = 30  # a heading is never longer; what is longer is text
BRACKETS = re.compile(r"[（(\[【][^（()）\[\]【】]*[)）\]】]")

_PART = re.compile(rf"{OF_WHICH.pattern}|^(?:加|减)[:：]")
_ENDS = re.compile(r"[:：。*＊★▲]+$|^[*＊★▲]+")
_FORMULA = re.compile(r"[①-⑳](?:=.*)?$|(?<=[\u4e00-\u9fff])[A-Z](?:=.*)?$")
_RUNNING = re.compile(r"(?<=目标)\d{1,2}$")
_POINTS = re.compile(r"\d+(?:\.\d+)?分$")
_QUOTES = re.compile("[“”‘’\"'「」]")
_DOUBLED = re.compile(r"([\u4e00-\u9fff])\1")  # a character typed twice
_NOTED = re.compile(r"[（(](年初|年中调整|调整)后?(?:预算)?数?[)）]")


def whole(text: str) -> str:
    """A text as a row of the vocabulary has it."""
    words = _QUOTES.sub("", squeeze(text)).replace("(", "（").replace(")", "）")
    return _ENDS.sub("", words)


def variants(text: str, errors: Mapping[str, str], typing: re.Pattern[str]) -> tuple[str, ...]:
    """The forms in which a text is looked up, from as written to most stripped. errors: typing errors and what is right, which `typing` finds; a
    character typed twice is one."""
    written = whole(text)
    if not written or len(written) > LONGEST * 2:
        return ()
    plain = _PART.sub("", numbering.without(written))
    bare = BRACKETS.sub("", plain)
    bare = _FORMULA.sub("", _ENDS.sub("", bare))
    out = [written, plain, bare, bare.split("（")[0], _RUNNING.sub("", _POINTS.sub("", bare))]
    if typing.search(written):
        out += [typing.sub(lambda match: errors[match.group()], spelling) for spelling in out]
    told = list(dict.fromkeys(s for s in out if s and len(s) <= LONGEST))
    for doubled in _DOUBLED.finditer(told[-1]) if told else ():
        told.insert(-1, told[-1][: doubled.start()] + told[-1][doubled.start() + 1 :])
    return tuple(dict.fromkeys(told))


def as_noted(field: str, text: str) -> str:
    """A budget's field as the note behind its heading has it: `预算数（调整后）`, `预算数（年初）`."""
    noted = _NOTED.search(text) if field in ("approved", "revised") else None
    return field if noted is None else "approved" if noted[1] == "年初" else "revised"
