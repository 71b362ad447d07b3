"""Scanned pages and pictures → the same page parts as a text PDF: lines by morphology, text by recognition.

The recogniser is the extra `ziping[scan]`; nothing is fetched.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from extractors import pdf_pages, scan_lines, scan_text
from extractors.pdf_tables import Box, Lattice, fill, lattices
from extractors.pdf_text import lines
from schema.document import Reading
from schema.errors import FileRefused

DPI = 200
A4 = 595.0  # points: the shorter side a picture of a page is taken to have
MAX_PIXELS = 60_000_000
RIM = 2.0  # points inside a cell that its own border may fill


def missing(path: Path) -> FileRefused:
    """The refusal of a scan where the recogniser is not installed."""
    return FileRefused(path, "这是扫描件，没有安装文字识别组件", "请安装 ziping[scan]，或改交Word（.docx）")


def pages(data: bytes, path: Path) -> list[pdf_pages.Page]:
    """The pages of a picture (.png, .jpg, .tif with one or more of them).

    Raises FileRefused where it is no picture, too large, or no recogniser is installed.
    """
    if not scan_text.available():
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
    """A picture as a page of paragraphs and tables. image: grey or colour pixels; scale: pixels per point."""
    grey, found = _upright(scan_lines.straight(scan_lines.grey_of(image)))
    chars = scan_text.chars(scan_text.line_by_line(grey, found), scale)
    tables = lattices(scan_lines.without_letters(scan_lines.rules(grey, scale), chars))
    outside = fill(tables, chars)
    overlooked = [word for box in _blank(tables) for word in _second_look(grey, box, scale)]
    outside += fill(tables, scan_text.chars(overlooked, scale))
    filled = [table for table in tables if any(box.chars for box in table.boxes)]
    reading = Reading(number + 1, "rapidocr", "图像页")
    return pdf_pages.laid_out(reading, grey.shape[0] / scale, filled, lines(outside))


def _upright(grey: Any) -> tuple[Any, list[scan_text.Word]]:
    """The page turned so that it can be read, and its words."""
    import cv2

    found = scan_text.words(grey)
    if scan_text.sideways(found):
        grey = scan_lines.straight(cv2.rotate(grey, cv2.ROTATE_90_CLOCKWISE))
        found = scan_text.words(grey)
    if scan_text.doubtful(found):  # a page on its head
        turned = cv2.rotate(grey, cv2.ROTATE_180)
        other = scan_text.words(turned)
        if scan_text.certainty(other) > scan_text.certainty(found):
            return turned, other
    return grey, found


def _blank(tables: list[Lattice]) -> list[Box]:
    return [box for table in tables for box in table.boxes if not box.chars]


def _second_look(grey: Any, box: Box, scale: float) -> list[scan_text.Word]:
    """What the recogniser overlooked in a cell it found no text in."""
    edges = (box.left + RIM, box.top + RIM, box.right - RIM, box.bottom - RIM)
    return scan_text.clipped(grey, *(edge * scale for edge in edges))
