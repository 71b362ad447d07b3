"""Which texts of different units say the same: what each holds is kept in short, and what more units have than may be is a template.

A text is taken without signs, each figure as one sign, the unit's own names left out. Its runs of `RUN` characters are hashed, and of the
hashes one of `KEPT` is kept, by its value, so that the same runs are kept of every text (FracMinHash: Irber et al., bioRxiv 2022.01.11.475838).
How many kept hashes two texts have in common tells how many characters; hashes that many units have weigh nothing. Texts are found by sorting
all hashes once: n log n.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RUN, KEPT = 12, 4
SHORT = 60  # characters: a shorter text has nothing of its own to copy
_FEW = 6  # kept hashes in common that are worth a look at both texts
_WIDE = 40  # texts with one hash that are paired: more have it only where one unit repeats itself
_GAP = 15  # characters that differ within one passage
_FIGURE = re.compile(r"\d[\d,.，]*")
_ODD = re.compile(r"\d[\d,]*(?:\.\d+)?")
Marks = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Text:
    """A text in short. unit: the number of its unit; marks: the kept hashes of its runs, sorted."""

    submission: str
    unit: int
    record: str
    field: str
    length: int
    marks: Marks


@dataclass(frozen=True, slots=True)
class Alike:
    """What two texts have in common. same: characters that are no template; passages: as both have them; figures: odd figures in both."""

    same: int
    passages: tuple[tuple[str, str], ...]
    figures: tuple[str, ...]


def bare(text: str, names: Sequence[str]) -> tuple[str, list[int]]:
    """A text without signs and the unit's own names, each figure as 0; and where each of its characters stands in the text."""
    own = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name)
    found = re.compile(
        f"(?P<own>{own})|(?P<figure>{_FIGURE.pattern})|\\w" if own else f"(?P<figure>{_FIGURE.pattern})|\\w"
    )
    out, at = [], []
    for match in found.finditer(text):
        if match.lastgroup != "own":
            out.append("0" if match.lastgroup == "figure" else match[0])
            at.append(match.start())
    return "".join(out), at


def marks(bared: str) -> Marks:
    """The kept hashes of a text's runs, each once, sorted."""
    return np.unique(_kept(_hashes(bared)))


def _hashes(bared: str) -> Marks:
    """The hash of each run of a text, in its order."""
    signs = np.frombuffer(bared.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    count = len(signs) - RUN + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    out = np.zeros(count, np.uint64)
    with np.errstate(over="ignore"):
        for i in range(RUN):
            out = out * np.uint64(0x9E3779B97F4A7C15) + signs[i : i + count]
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # splitmix64
            out = (out ^ (out >> np.uint64(shift))) * np.uint64(factor)
    return out ^ (out >> np.uint64(31))


def _kept(hashes: Marks) -> Marks:
    kept: Marks = hashes[hashes % np.uint64(KEPT) == 0]
    return kept


# ---------------------------------------------------------------- all texts
class Common:
    """Which hashes of all texts are a template, and which texts of different units have others in common."""

    def __init__(self, texts: Sequence[Text], template: int) -> None:
        """template: units that may have a hash before it is one."""
        self.texts = texts
        owners = np.repeat(np.arange(len(texts)), [len(text.marks) for text in texts])
        every = np.concatenate([text.marks for text in texts]) if texts else np.empty(0, np.uint64)
        units = np.array([text.unit for text in texts], np.int64)[owners] if texts else np.empty(0, np.int64)
        order = np.lexsort((owners, units, every))
        self._marks, self._units, self._owners = every[order], units[order], owners[order]
        first = np.ones(len(every), bool)
        first[1:] = self._marks[1:] != self._marks[:-1]
        another = first.copy()
        another[1:] |= self._units[1:] != self._units[:-1]
        self._group = np.cumsum(first) - 1
        have = np.bincount(self._group, weights=another) if len(every) else np.empty(0)
        self.template = self._marks[first][have > template]
        self._shared = ((have >= 2) & (have <= template))[self._group] if len(every) else np.empty(0, bool)

    def pairs(self) -> Iterator[tuple[Text, Text]]:
        """Texts of two units that are worth a look."""
        marks, units, owners = self._group[self._shared], self._units[self._shared], self._owners[self._shared]
        keys = []
        for apart in range(1, min(_WIDE, len(marks))):
            same = marks[apart:] == marks[:-apart]
            if not same.any():
                break
            same &= units[apart:] != units[:-apart]
            keys.append(owners[:-apart][same] * len(self.texts) + owners[apart:][same])
        if not keys:
            return
        found, counts = np.unique(np.concatenate(keys), return_counts=True)
        for key in found[counts >= _FEW]:
            one, other = divmod(int(key), len(self.texts))
            yield self.texts[one], self.texts[other]

    def alike(self, one: tuple[str, Sequence[str]], other: tuple[str, Sequence[str]]) -> Alike:
        """What two texts, each with the names of its unit, have in common that is no template."""
        (mine, my_places), (theirs, their_places) = bare(*one), bare(*other)
        told = _hashes(mine)
        own = (told % np.uint64(KEPT) == 0) & ~np.isin(told, self.template)
        same, passages, figures = 0, [], []
        for a, b, length, (a_end, b_end) in _passages(mine, theirs):
            count = int(own[a : a_end - RUN + 1].sum()) * KEPT
            if count * 4 < length:
                continue  # a template, or next to nothing
            same += min(count + RUN - 1, length)
            left, right = (
                text[places[start] : places[end - 1] + 1]
                for text, places, start, end in ((one[0], my_places, a, a_end), (other[0], their_places, b, b_end))
            )
            passages.append((left, right))
            theirs_odd = set(_odd(right))
            figures += [figure for figure in _odd(left) if figure in theirs_odd]
        return Alike(same, tuple(passages), tuple(dict.fromkeys(figures)))


def _odd(text: str) -> list[str]:
    """Figures that two units seldom have both: three digits or more that no zero ends, and no year."""
    found = (figure.replace(",", "") for figure in _ODD.findall(text))
    return [
        figure for figure in found
        if len(figure.replace(".", "").strip("0")) >= 3 and not re.fullmatch(r"(?:19|20)\d\d", figure)
    ]  # fmt: skip


def _passages(one: str, other: str) -> list[tuple[int, int, int, tuple[int, int]]]:
    """The passages that two texts have in common, a few characters that differ within them left in: where each begins in both, how many
    characters are the same, and where it ends in both."""
    places: dict[str, list[int]] = {}
    for at in range(len(other) - RUN + 1):
        places.setdefault(other[at : at + RUN], []).append(at)
    runs: list[tuple[int, int, int]] = []
    at = 0
    while at <= len(one) - RUN:
        best = max(((_length(one, other, at, b), b) for b in places.get(one[at : at + RUN], ())), default=(0, 0))
        if best[0]:
            runs.append((at, best[1], best[0]))
            at += best[0]
        else:
            at += 1
    out: list[tuple[int, int, int, tuple[int, int]]] = []
    for a, b, length in runs:
        if out and 0 <= a - out[-1][3][0] <= _GAP and 0 <= b - out[-1][3][1] <= _GAP:
            first, second, before, _ = out[-1]
            out[-1] = (first, second, before + length, (a + length, b + length))
        else:
            out.append((a, b, length, (a + length, b + length)))
    return out


def _length(one: str, other: str, a: int, b: int) -> int:
    """How many characters are the same from two places on."""
    count = 0
    while a + count < len(one) and b + count < len(other) and one[a + count] == other[b + count]:
        count += 1
    return count
