"""Scanned pages and pictures → the same page parts as a text PDF: lines by morphology, text by recognition.

The recogniser is the extra `scan`; nothing is fetched.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

from extractors import pdf_pages, scan_lines, scan_signs, scan_text
from extractors.pdf_tables import Box, Lattice, TooManyMarks, fill, lattices
from extractors.pdf_text import lines
from schema import extras
from schema.document import PageReading
from schema.errors import FileRefused

DPI = 200
A4 = 595.0  # points: the shorter side a picture of a page is taken to have
MAX_PIXELS = 60_000_000  # of a picture
MOST_PIXELS = 9_000_000  # that are recognised at once: an A3 page at 200 dpi; a larger picture is made smaller
MIN_SIDE = 100  # pixels: five lines of print
MAX_RATIO = 50  # a strip longer than this is no page
MAX_FRAMES = 500
MAX_LOOKS = 500  # cells of a page that are looked at again
# What Pillow raises on a picture that is not what it says.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
    TypeError,
    KeyError,
)
RIM = 2.0  # points inside a cell that its own border may fill
SLIGHT = 3.0  # points by which a word's box may pass the side of its cell


def missing(path: Path) -> FileRefused:
    """The refusal of a scan where the recogniser is not installed."""
    return FileRefused(path, "这是扫描件，没有安装文字识别组件", f"{extras.remedy('scan')}，或改交Word（.docx）")


def pages(data: bytes, path: Path) -> list[pdf_pages.Page]:
    """The pages of a picture (.png, .jpg, .tif with one or more of them).

    Raises FileRefused where it is no picture, too large, or no recogniser is installed.
    """
    if not scan_text.available():
        raise missing(path)
    import numpy as np
    from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

    found: list[pdf_pages.Page] = []
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data)) as picture:
            for number, frame in enumerate(ImageSequence.Iterator(picture)):
                width, height = frame.size
                if height * width > MAX_PIXELS:
                    raise FileRefused(path, f"图片过大（{width}×{height}像素）", "请以200 dpi重新扫描")
                if min(width, height) < max(MIN_SIDE, max(width, height) / MAX_RATIO):
                    raise FileRefused(path, f"图片过小或过窄（{width}×{height}像素）", "请以200 dpi重新扫描")
                if number >= MAX_FRAMES:
                    raise FileRefused(path, f"图片超过{MAX_FRAMES}页", "请拆分后再提交")
                upright = ImageOps.exif_transpose(frame.convert("RGB"))
                pixels = _bounded(np.asarray(upright)[..., ::-1])  # blue, green, red, as OpenCV has them
                found.append(laid_out(pixels, number, min(pixels.shape[:2]) / A4))
    except Image.DecompressionBombError:
        raise FileRefused(path, "图片过大", "请以200 dpi重新扫描") from None
    except TooManyMarks:
        raise FileRefused(path, "图片里的线条过多，不像表格", "请重新扫描，或改交Word（.docx）") from None
    except (UnidentifiedImageError, *_BROKEN):
        raise FileRefused(path, "图片已损坏", "请重新扫描，或改交Word（.docx）") from None
    return found


def scale_of(width: float, height: float) -> float:
    """Pixels per point at which a page of so many points is drawn: 200 dpi, fewer where it is larger than A3."""
    return float(min(DPI / 72, (MOST_PIXELS / max(width * height, 1)) ** 0.5))


def _bounded(pixels: Any) -> Any:
    """A picture with no more pixels than are recognised at once."""
    import cv2

    height, width = pixels.shape[:2]
    if height * width <= MOST_PIXELS:
        return pixels
    less = (MOST_PIXELS / (height * width)) ** 0.5
    return cv2.resize(pixels, (int(width * less), int(height * less)), interpolation=cv2.INTER_AREA)


def laid_out(image: Any, number: int, scale: float) -> pdf_pages.Page:
    """A picture as a page of paragraphs and tables. image: grey or colour pixels; scale: pixels per point."""
    grey, found, degrees = _upright(scan_lines.straight(scan_lines.grey_of(image)))
    found = [scan_text.sharper(grey, word) for word in scan_text.line_by_line(grey, found)]
    rules = scan_lines.rules(grey, scale)
    tables = lattices(scan_lines.without_letters(rules, scan_text.chars(found, scale)))
    bare = scan_lines.erased(grey, rules, scale)
    found = [part for word in found for part in _cell_by_cell(bare, word, tables, scale)]
    unread = scan_text.unread(bare, found)
    found = [scan_text.extended(bare, unread, word, *_room(word, tables, scale)) for word in found]
    outside = fill(tables, scan_text.chars([scan_signs.reshaped(bare, word) for word in found], scale))
    overlooked = [word for box in _blank(tables)[:MAX_LOOKS] for word in _second_look(bare, box, scale)]
    outside += fill(tables, scan_text.chars([scan_signs.reshaped(bare, w) for w in overlooked], scale))
    scan_signs.lone_bars(tables)
    filled = [table for table in tables if any(box.chars for box in table.boxes)]
    reading = PageReading(number + 1, "rapidocr", "图像页", degrees)
    return pdf_pages.laid_out(reading, grey.shape[0] / scale, filled, lines(outside))


def turned(grey: Any, degrees: int) -> Any:
    """A straight page turned clockwise by a multiple of 90 degrees, and straight again."""
    import numpy as np

    return scan_lines.straight(np.ascontiguousarray(np.rot90(grey, -degrees // 90))) if degrees else grey


def _upright(grey: Any) -> tuple[Any, list[scan_text.Word], int]:
    """The page turned so that it can be read, its words, and by how many degrees it was turned clockwise."""
    found = scan_text.words(grey)
    degrees = 0
    if scan_text.sideways(found):
        grey, degrees = turned(grey, 90), 90
        found = scan_text.words(grey)
        turns = [180]
    else:
        turns = [180, 90, 270]
    readings = [(grey, found, degrees)]
    for turn in turns:
        if not (scan_text.doubtful(readings[-1][1]) or scan_text.sideways(readings[-1][1])):
            break
        again = turned(grey, turn)
        readings.append((again, scan_text.words(again), (degrees + turn) % 360))
    return max(readings, key=lambda reading: (not scan_text.sideways(reading[1]), scan_text.certainty(reading[1])))


def _cell_by_cell(bare: Any, word: scan_text.Word, tables: list[Lattice], scale: float) -> list[scan_text.Word]:
    """A word that runs over the sides of cells, each cell's part of it recognised by itself."""
    left, right, middle = word.left / scale, word.right / scale, (word.top + word.bottom) / 2 / scale
    table = next((t for t in tables if t.top <= middle <= t.bottom and t.xs[0] < right and left < t.xs[-1]), None)
    if table is None:
        return [word]
    inner = [x for x in table.xs if left + SLIGHT < x < right - SLIGHT]
    boxes = [box for x in (left + SLIGHT, *inner, right - SLIGHT) if (box := table.box_at(x + 0.01, middle))]
    if len({id(box) for box in boxes}) < 2:
        return [word]
    parts = []
    for box in {id(box): box for box in boxes}.values():
        edges = max(left, box.left + RIM), word.top / scale, min(right, box.right - RIM), word.bottom / scale
        parts += scan_text.clipped(bare, *(edge * scale for edge in edges))
    return parts or [word]


def _room(word: scan_text.Word, tables: list[Lattice], scale: float) -> tuple[float, float]:
    """The left and right edge, in pixels, of the cell a word stands in; far away outside all tables."""
    x, y = (word.left + word.right) / 2 / scale, (word.top + word.bottom) / 2 / scale
    box = next((found for table in tables if (found := table.box_at(x, y)) is not None), None)
    return (0.0, 1e9) if box is None else ((box.left + 1) * scale, (box.right - 1) * scale)


def _blank(tables: list[Lattice]) -> list[Box]:
    return [box for table in tables for box in table.boxes if not box.chars]


def _second_look(bare: Any, box: Box, scale: float) -> list[scan_text.Word]:
    """What the recogniser overlooked in a cell it found no text in."""
    edges = (box.left + RIM, box.top + RIM, box.right - RIM, box.bottom - RIM)
    return scan_text.clipped(bare, *(edge * scale for edge in edges))
