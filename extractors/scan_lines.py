"""A picture of a page → upright grey pixels and the ruling lines in them, by morphology."""

from __future__ import annotations

import math
from typing import Any

from extractors.pdf_tables import Rule
from extractors.pdf_text import Char

STROKE = 15.0  # points: a stroke this long is a line, or part of a large letter


def grey_of(image: Any) -> Any:
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


def without_letters(found: list[Rule], chars: list[Char]) -> list[Rule]:
    """The lines without the strokes of large letters: those that lie inside one and are no longer than it."""
    large = [c for c in chars if c.size > 0.9 * STROKE]

    def is_stroke(rule: Rule, char: Char) -> bool:
        top, bottom = char.base - 1.1 * char.size, char.base + 0.3 * char.size
        left, right = char.left - 0.3 * char.size, char.right + 0.3 * char.size
        if rule.horizontal:
            return top <= rule.at <= bottom and left <= rule.start and rule.end <= right
        return left <= rule.at <= right and top <= rule.start and rule.end <= bottom

    return [rule for rule in found if not any(is_stroke(rule, char) for char in large)]
