"""Scanned pages and pictures → the same page parts as a text PDF: lines by morphology, text by recognition.

The recogniser (rapidocr, models inside its wheel) is the extra `ziping[scan]`; nothing is fetched.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

from extractors import pdf_pages
from extractors.pdf_tables import Rule, fill, lattices
from extractors.pdf_text import Char, lines
from schema.document import Reading
from schema.errors import FileRefused

DPI = 200
A4 = 595.0  # points: the shorter side a picture of a page is taken to have
MAX_PIXELS = 60_000_000
STROKE = 15.0  # points: a stroke this long is a line and no part of a character
_WIDE = 1.0  # relative width of a Chinese character
_NARROW = 0.55  # and of a letter or digit


def available() -> bool:
    """Is the recogniser installed?"""
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in ("cv2", "rapidocr", "numpy"))


def missing(path: Path) -> FileRefused:
    """The refusal of a scan where the recogniser is not installed."""
    return FileRefused(path, "这是扫描件，没有安装文字识别组件", "请安装 ziping[scan]，或改交Word（.docx）")


def page(image: Any, scale: float) -> tuple[list[Rule], list[Char], float, float]:
    """(lines, characters, width, height) of a picture of a page, in points. image: grey or colour pixels,
    scale: pixels per point."""
    import cv2

    upright = _straight(_grey(image))
    found = _recognised(upright)
    if _sideways(found):
        upright = _straight(cv2.rotate(upright, cv2.ROTATE_90_CLOCKWISE))
        found = _recognised(upright)
    if _doubtful(found):  # a page on its head
        turned = cv2.rotate(upright, cv2.ROTATE_180)
        other = _recognised(turned)
        if _certainty(other) > _certainty(found):
            upright, found = turned, other
    height, width = upright.shape[:2]
    return _rules(upright, scale), _chars(found, scale), width / scale, height / scale


def pages(data: bytes, path: Path) -> list[pdf_pages.Page]:
    """The pages of a picture (.png, .jpg, .tif with one or more of them).

    Raises FileRefused where it is no picture, too large, or no recogniser is installed.
    """
    if not available():
        raise missing(path)
    import cv2
    import numpy as np

    _, images = cv2.imdecodemulti(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if not images:
        raise FileRefused(path, "图片已损坏", "请重新扫描，或改交Word（.docx）")
    found = []
    for number, image in enumerate(images):
        height, width = image.shape[:2]
        if height * width > MAX_PIXELS:
            raise FileRefused(path, f"图片过大（{width}×{height}像素）", "请以200 dpi重新扫描")
        found.append(laid_out(image, number, min(height, width) / A4))
    return found


def laid_out(image: Any, number: int, scale: float) -> pdf_pages.Page:
    """A picture as a page of paragraphs and tables. scale: pixels per point."""
    rules, chars, _, height = page(image, scale)
    tables = lattices(rules)
    outside = fill(tables, chars)
    filled = [table for table in tables if any(box.chars for box in table.boxes)]
    return pdf_pages.laid_out(Reading(number + 1, "rapidocr", "图像页"), height, filled, lines(outside))


def _recognised(grey: Any) -> Any:
    import cv2

    return _engine()(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))


@cache
def _engine() -> Any:
    import logging

    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR(
        params={"Global.log_level": "error", "Global.max_side_len": 4000, "Global.use_cls": False}
    )


def _grey(image: Any) -> Any:
    """Grey pixels; red ink (stamps) fades, black ink stays."""
    import numpy as np

    if image.ndim == 2:
        return image
    colour = image[..., :3]
    red, rest = colour[..., 2].astype(np.int16), colour[..., :2].max(axis=2).astype(np.int16)
    grey = colour.max(axis=2)  # the red of a stamp is bright in its own channel
    stamped = red - rest > 60
    plain = (0.114 * colour[..., 0] + 0.587 * colour[..., 1] + 0.299 * colour[..., 2]).astype(np.uint8)
    return np.where(stamped, grey, plain).astype(np.uint8)


# ---------------------------------------------------------------- lines
def _ink(grey: Any) -> Any:
    import cv2

    return cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 12)


def _long(ink: Any, horizontal: bool, length: int) -> Any:
    """Only the strokes of a length: opening with a long kernel, specks of noise closed before."""
    import cv2

    size = (length, 1) if horizontal else (1, length)
    gap = (3, 1) if horizontal else (1, 3)
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, gap))
    return cv2.morphologyEx(closed, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, size))


def _straight(grey: Any) -> Any:
    """The page with its long lines level, in two passes: the second refines what the first found."""
    import cv2

    for _ in range(2):
        angle = _slope(grey)
        if abs(angle) < 0.02:
            break
        height, width = grey.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
        grey = cv2.warpAffine(grey, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
    return grey


def _slope(grey: Any) -> float:
    """Degrees by which the long horizontal strokes of a page fall to the right (median by length)."""
    import cv2
    import numpy as np

    ink = _ink(grey)
    length = max(grey.shape[1] // 30, 20)
    strokes = _long(ink, True, length)
    joined = cv2.dilate(strokes, cv2.getStructuringElement(cv2.MORPH_RECT, (length, 5)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    slopes: list[tuple[float, float]] = []
    for i in range(1, count):
        x, y, w, h = stats[i][:4]
        if w < grey.shape[1] * 0.15 or h > w * 0.15:
            continue
        ys, xs = np.nonzero((labels[y : y + h, x : x + w] == i) & (strokes[y : y + h, x : x + w] > 0))
        if len(xs) > 50:
            slopes.append((math.degrees(math.atan(np.polyfit(xs, ys, 1)[0])), float(w)))
    if not slopes:
        return 0.0
    slopes.sort()
    half, so_far = sum(w for _, w in slopes) / 2, 0.0
    for slope, w in slopes:
        so_far += w
        if so_far >= half:
            return slope if abs(slope) < 10 else 0.0
    return 0.0


def _rules(grey: Any, scale: float) -> list[Rule]:
    import cv2

    ink = _ink(grey)
    out: list[Rule] = []
    for horizontal in (True, False):
        shortest = STROKE * scale
        strokes = _long(ink, horizontal, int(shortest))
        count, _, stats, _ = cv2.connectedComponentsWithStats(strokes)
        for x, y, w, h in (stats[i][:4] for i in range(1, count)):
            if horizontal and w > shortest and h < 5 * scale:
                out.append(Rule(True, (y + h / 2) / scale, x / scale, (x + w) / scale))
            elif not horizontal and h > shortest and w < 5 * scale:
                out.append(Rule(False, (x + w / 2) / scale, y / scale, (y + h) / scale))
    return out


# ---------------------------------------------------------------- text
def _sideways(found: Any) -> bool:
    """Do most of the text boxes stand upright, as lines of a page turned by a quarter do?"""
    if found.boxes is None or len(found.boxes) < 4:
        return False
    tall = sum(
        _extent(box)[1] > 1.8 * _extent(box)[0]
        for box, text in zip(found.boxes, found.txts, strict=True)
        if len(text) > 3
    )
    long = sum(len(text) > 3 for text in found.txts)
    return long > 3 and tall > 0.6 * long


def _doubtful(found: Any) -> bool:
    """Text read on its head gives poor scores throughout."""
    return (
        found.scores is not None
        and len(found.scores) > 3
        and float(sum(found.scores)) / len(found.scores) < 0.88
    )


def _certainty(found: Any) -> float:
    if found.scores is None:
        return 0.0
    return sum(float(score) * len(text) for text, score in zip(found.txts, found.scores, strict=True))


def _extent(box: Any) -> tuple[float, float]:
    xs, ys = [p[0] for p in box], [p[1] for p in box]
    return max(xs) - min(xs), max(ys) - min(ys)


def _chars(found: Any, scale: float) -> list[Char]:
    """The characters of every recognised line, spread over its box by their usual widths."""
    if found.boxes is None:
        return []
    out: list[Char] = []
    for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        left, right = min(p[0] for p in box) / scale, max(p[0] for p in box) / scale
        top, bottom = min(p[1] for p in box) / scale, max(p[1] for p in box) / scale
        widths = [_NARROW if ch.isascii() else _WIDE for ch in text]
        unit = (right - left) / max(sum(widths), 0.1)
        size = min(bottom - top, 1.6 * unit) if len(text) > 1 else bottom - top
        at = left
        for ch, width in zip(text, widths, strict=True):
            out.append(Char(ch, at, at + width * unit, (top + bottom) / 2 + 0.35 * size, size, float(score)))
            at += width * unit
    return out
