"""The recogniser (rapidocr, its models inside the wheel): pixels → words with their boxes and scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

from extractors.pdf_text import Char

LEAST_SCORE = 0.3  # below this a reading is noise
SURE = 0.9  # a reading above this is not read again
SHORT = 3  # characters of a word that may be a lone sign
TALL = 1.4  # a box so much higher than wide holds lines below each other
REACH = 2.2  # times its height that a word may lack at an end
SPECK = 3  # pixels: smaller ink is dust
_WIDE = 1.0  # relative width of a Chinese character
_NARROW = 0.55  # and of a letter or digit


@dataclass(frozen=True, slots=True)
class Word:
    """A recognised line: its box in pixels, its text, and how sure the recogniser is, from 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float
    text: str
    score: float


def available() -> bool:
    """Is the recogniser installed?"""
    return all(find_spec(name) is not None for name in ("cv2", "rapidocr", "numpy"))


def words(grey: Any) -> list[Word]:
    """The lines that the recogniser finds on a page."""
    import cv2

    found = _engine()(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), use_det=True, use_cls=False, use_rec=True)
    if found.boxes is None:
        return []
    out = []
    for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        xs, ys = [float(p[0]) for p in box], [float(p[1]) for p in box]
        out.append(Word(min(xs), min(ys), max(xs), max(ys), text, float(score)))
    return out


def one_line(grey: Any, left: int, top: int) -> Word | None:
    """The text of a clipping that holds one line; None where nothing is read. left, top: its place on the page."""
    import cv2

    height, width = grey.shape[:2]
    if height < SPECK or width < SPECK:
        return None
    found = _engine()(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), use_det=False, use_cls=False, use_rec=True)
    if not found.txts or not found.txts[0].strip() or found.scores[0] < LEAST_SCORE:
        return None
    return Word(left, top, left + width, top + height, found.txts[0], float(found.scores[0]))


def line_by_line(grey: Any, found: Iterable[Word]) -> list[Word]:
    """The words; one that runs over several lines as its lines, where more is read of them so."""
    out: list[Word] = []
    for word in found:
        parts: list[Word] = []
        if len(word.text) > 1 and word.bottom - word.top >= TALL * (word.right - word.left):
            parts = clipped(grey, word.left, word.top, word.right, word.bottom)
        out += parts if sum(len(part.text) for part in parts) > len(word.text) else [word]
    return out


def sharper(grey: Any, word: Word) -> Word:
    """A short word that was read with little certainty (a lone sign), read once more by itself: the surer reading."""
    if word.score >= SURE or len(word.text) > SHORT:
        return word
    margin = (word.bottom - word.top) / 6
    again = clipped(grey, word.left - margin, word.top - margin, word.right + margin, word.bottom + margin)
    return again[0] if len(again) == 1 and again[0].score > word.score else word


def extended(bare: Any, unread: Any, word: Word, left: float, right: float) -> Word:
    """A word with the thin characters at its ends (一 、 -) that the recogniser's box left out, if there are any.

    bare: the page without its lines; unread: where its ink stands outside all words; left, right: how far the
    word may go, in pixels.
    """
    import numpy as np

    height = word.bottom - word.top
    top, bottom = int(word.top + 0.1 * height), int(word.bottom - 0.1 * height) + 1
    low, high = int(max(word.left - REACH * height, left, 0)), int(min(word.right + REACH * height, right))
    before = np.flatnonzero(unread[top:bottom, low : int(word.left)].any(axis=0))
    after = np.flatnonzero(unread[top:bottom, int(word.right) + 1 : high].any(axis=0))
    start = word.left if len(before) < SPECK else low + float(before[0]) - SPECK
    stop = word.right if len(after) < SPECK else word.right + 1 + float(after[-1]) + SPECK
    if word.left - start < height / 4 and stop - word.right < height / 4:
        return word
    x0, y0 = max(int(start), 0), max(int(word.top), 0)
    whole = one_line(bare[y0 : int(word.bottom) + 1, x0 : int(stop) + 1], x0, y0)
    return whole if whole is not None and word.text in whole.text else word


def unread(bare: Any, found: Iterable[Word]) -> Any:
    """Where a page has ink outside all words, as True and False for every pixel."""
    ink = _ink(bare)
    for word in found:
        ink[max(int(word.top), 0) : int(word.bottom) + 1, max(int(word.left), 0) : int(word.right) + 1] = False
    return ink


def _ink(grey: Any) -> Any:
    import numpy as np

    return grey < min(float(np.median(grey)) - 60, 150)


def clipped(grey: Any, left: float, top: float, right: float, bottom: float) -> list[Word]:
    """What stands in a rectangle of a page, each of its lines recognised by itself."""
    import numpy as np

    x0, y0 = max(int(left), 0), max(int(top), 0)
    part = grey[y0 : int(bottom) + 1, x0 : int(right) + 1]
    if part.size == 0:
        return []
    ink = _ink(part)
    out = []
    runs = _runs(ink.any(axis=1), 2)
    tallest = max((stop - start for start, stop in runs), default=0)
    for start, stop in runs:
        if (start == 0 or stop == len(ink)) and stop - start < tallest / 2:
            continue  # what the clipping cut off the line above or below
        columns = np.flatnonzero(ink[start:stop].any(axis=0))
        if stop - start < SPECK or len(columns) < SPECK:
            continue
        margin = max(3, (stop - start) // 5)
        a, b = max(start - margin, 0), stop + margin
        c, d = max(int(columns[0]) - margin, 0), int(columns[-1]) + 1 + margin
        word = one_line(part[a:b, c:d], x0 + c, y0 + a)
        if word is not None:
            out.append(word)
    return out


def _runs(filled: Any, gap: int) -> list[tuple[int, int]]:
    """(start, stop) of every run of True; runs less than `gap` apart are one."""
    out: list[tuple[int, int]] = []
    for i, full in enumerate(filled):
        if not full:
            continue
        if out and i - out[-1][1] < gap:
            out[-1] = (out[-1][0], i + 1)
        else:
            out.append((i, i + 1))
    return out


def sideways(found: list[Word]) -> bool:
    """Does most of the text stand upright, as that of a page turned by a quarter does?"""
    several = [word for word in found if len(word.text) > 1]
    tall = sum(len(w.text) for w in several if w.bottom - w.top > 1.4 * (w.right - w.left))
    return len(several) > 1 and tall > 0.6 * sum(len(word.text) for word in several)


def doubtful(found: list[Word]) -> bool:
    """Text read on its head or its side gives poor scores throughout."""
    return bool(found) and certainty(found) < 0.95 * sum(len(word.text) for word in found)


def certainty(found: list[Word]) -> float:
    """How much was read, weighed by how surely."""
    return sum(word.score * len(word.text) for word in found)


def chars(found: Iterable[Word], scale: float) -> list[Char]:
    """The characters of the words in points, spread over their boxes by their usual widths. scale: pixels per
    point."""
    out: list[Char] = []
    for word in found:
        left, right, top, bottom = (
            word.left / scale, word.right / scale, word.top / scale, word.bottom / scale,
        )  # fmt: skip
        widths = [_NARROW if ch.isascii() else _WIDE for ch in word.text]
        unit = (right - left) / max(sum(widths), 0.1)
        size = min(bottom - top, 1.6 * unit) if len(word.text) > 1 else bottom - top
        base = (top + bottom) / 2 + 0.35 * size
        for ch, width in zip(word.text, widths, strict=True):
            out.append(Char(ch, left, left + width * unit, base, size, word.score))
            left += width * unit
    return out


@cache
def _engine() -> Any:
    import logging

    from rapidocr import EngineType, RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    params: dict[str, Any] = {
        "Global.log_level": "error",
        "Global.max_side_len": 4000,
        "Global.use_cls": False,
        "Global.text_score": LEAST_SCORE,
    }
    if find_spec("openvino") is not None:  # the same models, 2.4 to 3 times as fast
        params |= {"Det.engine_type": EngineType.OPENVINO, "Rec.engine_type": EngineType.OPENVINO}
    return RapidOCR(params=params)
