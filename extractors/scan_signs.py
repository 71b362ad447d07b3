"""Lone signs of a scan by the shape of their ink: a stroke that slants is no 1, one that lies is a dash, bars under an angle are ≥."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from extractors.pdf_tables import Box, Lattice
from extractors.scan_text import SPECK, Word

_STROKES = frozenset("1lI|丨/\\／一-—–―ー_~'’、,.Jj]tf")  # what a recogniser makes of a lone stroke
_EQUAL = frozenset("=＝")
_PER_MILLE = re.compile(r"(?<=\d)[%％][0oOｏ](?!\d)|^[%％][0oOｏ]$")
FAINT = 40  # grey levels between a stroke and the paper: less is no stroke
LYING = 2.2  # a stroke so much wider than high is a dash
SLANT = 0.18  # how far to the left a slash goes for each step down; 1 and l stand upright
_NUMERALS = frozenset("二三四五六七八九十")


def reshaped(bare: Any, word: Word) -> Word:
    """The word, where it is a lone sign as its ink shows it. bare: the page without its lines."""
    text = _PER_MILLE.sub("‰", word.text)
    if len(text) == 1 and text in _STROKES | _EQUAL:
        ink = _bounded(bare, word)
        if ink is not None:
            text = _bars(ink) if text in _EQUAL else _stroke(ink, text)
    return word if text == word.text else replace(word, text=text)


def _bounded(bare: Any, word: Word) -> Any:
    """The ink of a word, True and False, cut to its edges; None where there is hardly any."""
    import numpy as np

    part = bare[max(int(word.top), 0) : int(word.bottom) + 1, max(int(word.left), 0) : int(word.right) + 1]
    if part.size == 0:
        return None
    darkest, paper = float(part.min()), float(np.median(part))
    if paper - darkest < FAINT:
        return None
    ink = part < (darkest + paper) / 2
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows) == 0 or max(len(rows), len(columns)) < SPECK:
        return None
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _stroke(ink: Any, read: str) -> str:
    """What a lone stroke is: `—`, `/`, or what was read."""
    height, width = ink.shape
    if width >= LYING * height:
        return "一" if read == "一" else "—"
    return "/" if -_slope(ink) >= SLANT else "1" if read in "1lI|丨" else read


def _slope(ink: Any) -> float:
    """How far the middle of the ink goes to the right from one row to the next, over the whole of it."""
    import numpy as np

    rows = np.flatnonzero(ink.any(axis=1))
    if len(rows) < SPECK:
        return 0.0
    middles = np.array([np.flatnonzero(ink[row]).mean() for row in rows])
    return float(np.polyfit(rows, middles, 1)[0])


def _bars(ink: Any) -> str:
    """`=`, `≥` or `≤`: above the lowest bar another bar lies, or an angle that points to the right or to the left."""
    import numpy as np

    height, width = ink.shape
    if height < 2 * SPECK:
        return "="
    upper = ink[: max(int(0.7 * height), SPECK)]
    spread = [np.flatnonzero(row) for row in upper if row.any()]
    bars = [columns for columns in spread if columns[-1] - columns[0] >= 0.8 * width]
    if len(bars) >= 0.5 * len(spread):
        return "="
    middles = np.array([columns.mean() for columns in spread])
    third = max(len(middles) // 3, 1)
    inner, outer = middles[third:-third].mean(), np.concatenate([middles[:third], middles[-third:]]).mean()
    if abs(inner - outer) < 0.1 * width:
        return "="
    return "≥" if inner > outer else "≤"


def lone_bars(tables: list[Lattice]) -> None:
    """`一` alone in a cell is a dash, unless its column counts on with 二, 三."""
    for table in tables:
        counted = {box.left for box in table.boxes if _text(box) in _NUMERALS}
        for box in table.boxes:
            if _text(box) == "一" and box.left not in counted:
                box.chars[:] = [char._replace(text="—") if char.text == "一" else char for char in box.chars]


def _text(box: Box) -> str:
    return "".join(char.text for char in box.chars).strip()
