"""A picture of a page → upright grey pixels and the ruling lines in them, by morphology."""

from __future__ import annotations

import math
from typing import Any

from extractors.pdf_rules import Placed, Rule, joined
from extractors.pdf_tables import TooManyMarks
from extractors.pdf_text import Char

MAX_STROKES = 20_000  # a page of small print has two thousand
SIDE = 18.0  # points: the line that a short one ends at is longer than this
STROKE = 8.0  # points: a shorter stroke is no line
LONG = 60.0  # points: a longer stroke is no letter's
MARK = 1.3  # points on both sides of a line that its ink may fill
ALIGNED = 0.6  # points: pieces of one line lie no further aside
WHOLE = 0.9  # share of a line that must be inked
MEETS = 1.6  # points between the end of a line and the one across that it meets


def grey_of(image: Any) -> Any:
    """Grey pixels; red ink (stamps) fades, black ink stays."""
    import cv2

    if image.ndim == 2:
        return image
    blue, green, red = cv2.split(image)[:3]
    grey = cv2.cvtColor(cv2.merge((blue, green, red)), cv2.COLOR_BGR2GRAY)
    stamped = cv2.subtract(red, cv2.max(blue, green)) > 60
    if stamped.any():
        grey[stamped] = red[stamped]  # the red of a stamp is bright in its own channel
    return grey


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


def straight(grey: Any) -> Any:
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


def rules(grey: Any, scale: float) -> list[Rule]:
    """The ruling lines of an upright page, in points. scale: pixels per point. Raises TooManyMarks."""
    ink = _ink(grey)
    across, down = _strokes(ink, True, scale), _strokes(ink, False, scale)
    if len(across) + len(down) > MAX_STROKES:
        raise TooManyMarks
    lines: list[Rule] = []
    for strokes, others in ((across, down), (down, across)):
        sides = Placed(rule for rule in others if rule.end - rule.start > SIDE)
        whole = [rule for rule in strokes if _is_line(rule, sides)]
        taken = set(whole)
        mended = _mended([rule for rule in strokes if rule not in taken])
        lines += whole + [rule for rule in mended if _is_line(rule, sides)]
    return lines


def _is_line(rule: Rule, sides: Placed) -> bool:
    """Is a stroke longer than any letter's, or does it run from one line across it to another?"""
    return rule.end - rule.start > LONG or all(
        any(side.start - MEETS <= rule.at <= side.end + MEETS for side in sides.between(end - MEETS, end + MEETS))
        for end in (rule.start, rule.end)
    )


def _mended(pieces: list[Rule]) -> list[Rule]:
    """Lines put together from the pieces that noise left of them: nearly all of a line is there, of words not."""
    out, placed = [], Placed(pieces)
    for line in joined(pieces, ALIGNED):
        if line.end - line.start <= SIDE:
            continue
        inked = sum(
            r.end - r.start
            for r in placed.between(line.at - ALIGNED, line.at + ALIGNED)
            if line.start <= r.start and r.end <= line.end
        )
        if inked >= WHOLE * (line.end - line.start):
            out.append(line)
    return out


def _strokes(ink: Any, horizontal: bool, scale: float) -> list[Rule]:
    import cv2

    shortest = STROKE * scale
    count, _, stats, _ = cv2.connectedComponentsWithStats(_long(ink, horizontal, int(shortest)))
    out = []
    for x, y, w, h in (tuple(int(v) for v in stats[i][:4]) for i in range(1, count)):
        if horizontal and w > shortest and h < 5 * scale:
            out.append(Rule(True, (y + h / 2) / scale, x / scale, (x + w) / scale))
        elif not horizontal and h > shortest and w < 5 * scale:
            out.append(Rule(False, (x + w / 2) / scale, y / scale, (y + h) / scale))
    return out


def erased(grey: Any, lines: list[Rule], scale: float) -> Any:
    """The page without its ruling lines, which a recogniser takes for 1 or 一."""
    out = grey.copy()
    for rule in lines:
        low, high = int((rule.at - MARK) * scale), int((rule.at + MARK) * scale) + 1
        start, end = int(rule.start * scale), int(rule.end * scale) + 1
        if rule.horizontal:
            out[max(low, 0) : high, start:end] = 255
        else:
            out[start:end, max(low, 0) : high] = 255
    return out


def without_letters(found: list[Rule], chars: list[Char]) -> list[Rule]:
    """The lines without the strokes of large letters, which meet each other: those inside one, no longer than it."""
    large = [c for c in chars if c.right - c.left > STROKE and not c.text.isascii()]

    def is_stroke(rule: Rule, char: Char) -> bool:
        size = char.right - char.left
        if rule.end - rule.start > 1.05 * size:
            return False
        left, right = char.left - 0.2 * size, char.right + 0.2 * size
        top, bottom = char.base - 1.05 * size, char.base + 0.2 * size
        if rule.horizontal:
            return top <= rule.at <= bottom and left <= rule.start and rule.end <= right
        return left <= rule.at <= right and top <= rule.start and rule.end <= bottom

    return [rule for rule in found if not any(is_stroke(rule, char) for char in large)]
