"""Pages as pictures for people who look at them: those of a PDF drawn by PDFium, those of a scan straightened as they were read."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractors import scan, scan_lines
from schema.errors import FileRefused

WIDTH = 1240  # pixels of a picture of a page


@dataclass(frozen=True, slots=True)
class Size:
    """A page's size in points; left, top: the place of its upper left corner in the coordinates of what was read from it."""

    width: float
    height: float
    left: float = 0.0
    top: float = 0.0


def sizes(data: bytes, path: Path, kind: str) -> list[Size]:
    """The pages of a file; none where its format has none. Raises FileRefused where it cannot be drawn."""
    if kind == "pdf":
        with _opened(data, path) as document:
            return [_size(document, number) for number in range(len(document))]
    if kind == "image":
        return [Size(w * scan.A4 / min(w, h), h * scan.A4 / min(w, h)) for w, h in _frames(data, path)]
    return []


def picture(data: bytes, path: Path, kind: str, number: int, turned: int | None) -> bytes:
    """A page as PNG, number from 0. turned: where it was read as a scan, by how many degrees it was turned for it; it is straightened as it
    was then. Raises FileRefused."""
    from PIL import Image

    if kind == "pdf":
        with _opened(data, path) as document:
            page = document[number]
            scale = min(WIDTH / max(page.get_width(), 1), scan.scale_of(*page.get_size()))
            pixels = page.render(scale=scale).to_numpy()
            page.close()
    else:
        pixels = _frame(data, path, number)
    if turned is not None:
        made = Image.fromarray(scan.turned(scan_lines.straight(scan_lines.grey_of(pixels)), turned))
    else:
        made = Image.fromarray(pixels[..., 2::-1] if pixels.ndim == 3 else pixels)  # PDFium has blue first
    if made.width > WIDTH:
        made = made.resize((WIDTH, max(1, made.height * WIDTH // made.width)))
    out = io.BytesIO()
    made.save(out, "PNG")
    return out.getvalue()


def _opened(data: bytes, path: Path) -> Any:
    import pypdfium2 as pdfium

    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError:
        raise FileRefused(path, "PDF文件已损坏或有打开密码", "请重新导出PDF") from None


def _size(document: Any, number: int) -> Size:
    from extractors.pdf_marks import Turn

    page = document[number]
    turn = Turn(page)
    left, bottom, right, top = page.get_cropbox()
    corners = [turn.point(x, y) for x in (left, right) for y in (bottom, top)]
    width, height = page.get_size()
    page.close()
    return Size(width, height, min(x for x, _ in corners), min(y for _, y in corners))


def _frames(data: bytes, path: Path) -> list[tuple[int, int]]:
    """The sizes of a picture's pages, upright."""
    from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            found: list[tuple[int, int]] = []
            for frame in ImageSequence.Iterator(image):
                if frame.width * frame.height > scan.MAX_PIXELS or len(found) >= scan.MAX_FRAMES:
                    raise FileRefused(path, "图片过大", "请以200 dpi重新扫描")
                found.append(ImageOps.exif_transpose(frame).size)
            return found
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise FileRefused(path, "图片已损坏或过大", "请重新扫描") from None


def _frame(data: bytes, path: Path, number: int) -> Any:
    import numpy as np
    from PIL import Image, ImageOps

    _frames(data, path)
    with Image.open(io.BytesIO(data)) as image:
        image.seek(number)
        return np.asarray(ImageOps.exif_transpose(image.convert("RGB")))[..., ::-1]
