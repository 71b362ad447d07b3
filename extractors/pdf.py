"""Text PDF → paragraphs and tables, page by page: characters and ruling lines read with PDFium."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from extractors import pdf_pages, scan
from extractors.pdf_tables import Char, Rule, fill, lattices, lines
from schema.document import Paragraph, Table
from schema.errors import FileRefused

MAX_PAGES = 3000
MAX_OBJECTS = 60_000  # drawn objects of a page; a form has a few hundred
MAX_SIDE = 6000.0  # points: two metres
THIN = 3.2  # a filled rectangle thinner than this is a line
Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def blocks(data: bytes, path: Path) -> list[Paragraph | Table]:
    """The paragraphs and tables of a PDF in reading order, tables over pages joined.

    Raises FileRefused where the file is broken, locked, a scan, or its fonts say not which characters they draw.
    """
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise FileRefused(path, "PDF有打开密码", "请去掉密码后另存再提交") from None
        raise FileRefused(path, "PDF文件已损坏", "请重新导出PDF，或改交Word（.docx）") from None
    try:
        if len(document) > MAX_PAGES:
            raise FileRefused(path, f"PDF有{len(document)}页", f"请拆分，上限{MAX_PAGES}页")
        pages = [_page(document, number, path) for number in range(len(document))]
    finally:
        document.close()
    if not any(page.lines or page.tables for page in pages):
        raise FileRefused(path, "PDF里没有文字", "请核对是否交错了文件")
    return pdf_pages.joined(pages)


def _page(document: Any, number: int, path: Path) -> pdf_pages.Page:
    import pypdfium2 as pdfium

    try:
        page = document[number]
    except pdfium.PdfiumError:
        raise FileRefused(path, f"PDF第{number + 1}页已损坏", "请重新导出PDF，或改交Word（.docx）") from None
    try:
        width, height = page.get_size()
        if width > MAX_SIDE or height > MAX_SIDE:
            raise FileRefused(
                path, f"PDF第{number + 1}页尺寸异常（{width:.0f}×{height:.0f}点）", "请重新导出PDF"
            )
        turn = _Turn(page)
        chars = list(_chars(page, turn))
        if sum(not c.text.isspace() for c in chars) < 5 and _has_picture(page):
            return _scanned(page, number, path)
        if chars and sum(c.text in "\x00\ufffd" or "\ue000" <= c.text <= "\uf8ff" for c in chars) > 0.3 * len(
            chars
        ):
            raise FileRefused(
                path,
                f"PDF第{number + 1}页的字体没有字符对照，文字不可读",
                "请用Word另存为PDF，或改交Word（.docx）",
            )
        tables = lattices(list(_rules(page, turn, path, number)))
        outside = fill(tables, chars)
        tables = [t for t in tables if any(box.chars for box in t.boxes)]
        return pdf_pages.laid_out(number, height if not turn.sideways else width, tables, lines(outside))
    finally:
        page.close()


def _has_picture(page: Any) -> bool:
    import pypdfium2.raw as raw

    kinds = (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM)
    return any(
        raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(page, i)) in kinds
        for i in range(raw.FPDFPage_CountObjects(page))
    )


def _scanned(page: Any, number: int, path: Path) -> pdf_pages.Page:
    """A page without text: its picture, recognised."""
    if not scan.available():
        raise scan.missing(path)
    width, height = page.get_size()
    scale = min(scan.DPI / 72, (scan.MAX_PIXELS / max(width * height, 1)) ** 0.5)
    image = page.render(scale=scale).to_numpy()
    return scan.laid_out(image, number, scale)


class _Turn:
    """Page coordinates with y downwards, turned upright where the page is rotated."""

    def __init__(self, page: Any) -> None:
        self.rotation = page.get_rotation()
        self.sideways = self.rotation in (90, 270)
        left, bottom, right, top = page.get_mediabox()
        self.left, self.bottom, self.right, self.top = left, bottom, right, top

    def point(self, x: float, y: float) -> tuple[float, float]:
        if self.rotation == 90:
            return y - self.bottom, x - self.left
        if self.rotation == 180:
            return self.right - x, y - self.bottom
        if self.rotation == 270:
            return self.top - y, self.right - x
        return x - self.left, self.top - y


def _chars(page: Any, turn: _Turn) -> Iterator[Char]:
    import pypdfium2.raw as raw

    textpage = page.get_textpage()
    handle = textpage.raw
    x, y = ctypes.c_double(), ctypes.c_double()
    left, right, bottom, top = ctypes.c_double(), ctypes.c_double(), ctypes.c_double(), ctypes.c_double()
    for i in range(textpage.count_chars()):
        if raw.FPDFText_IsGenerated(handle, i):
            continue
        code = raw.FPDFText_GetUnicode(handle, i)
        if code in (0x0D, 0x0A):
            continue
        if code in (0xFFFE, 2):  # PDFium's mark for a hyphen at the end of a line
            code = 0x2D
        raw.FPDFText_GetCharOrigin(handle, i, x, y)
        raw.FPDFText_GetCharBox(handle, i, left, right, bottom, top)
        size = raw.FPDFText_GetFontSize(handle, i)
        x0, base = turn.point(x.value, y.value)
        x1, _ = (
            turn.point(max(right.value, x.value), y.value)
            if not turn.sideways
            else turn.point(x.value, top.value)
        )
        height = abs(top.value - bottom.value) if not turn.sideways else abs(right.value - left.value)
        size = size if 3 <= size <= 100 else max(height, 6.0)
        yield Char(chr(code), min(x0, x1), max(x0, x1) if x1 != x0 else x0 + 0.5 * size, base, size)
    textpage.close()


# ---------------------------------------------------------------- ruling lines
def _rules(page: Any, turn: _Turn, path: Path, number: int) -> Iterator[Rule]:
    import pypdfium2.raw as raw

    budget = [MAX_OBJECTS]
    for i in range(raw.FPDFPage_CountObjects(page)):
        yield from _object_rules(raw, raw.FPDFPage_GetObject(page, i), _IDENTITY, turn, budget, 0)
    if budget[0] < 0:
        raise FileRefused(path, f"PDF第{number + 1}页的图形过多", "请重新导出PDF，或改交Word（.docx）")


def _object_rules(
    raw: Any, item: Any, outer: Matrix, turn: _Turn, budget: list[int], depth: int
) -> Iterator[Rule]:
    budget[0] -= 1
    if budget[0] < 0 or depth > 8:
        return
    kind = raw.FPDFPageObj_GetType(item)
    if kind == raw.FPDF_PAGEOBJ_FORM:
        inner = _times(_matrix(raw, item), outer)
        for i in range(raw.FPDFFormObj_CountObjects(item)):
            yield from _object_rules(raw, raw.FPDFFormObj_GetObject(item, i), inner, turn, budget, depth + 1)
    elif kind == raw.FPDF_PAGEOBJ_PATH:
        yield from _path_rules(raw, item, _times(_matrix(raw, item), outer), turn, budget)


def _matrix(raw: Any, item: Any) -> Matrix:
    found = raw.FS_MATRIX()
    return (
        (found.a, found.b, found.c, found.d, found.e, found.f)
        if raw.FPDFPageObj_GetMatrix(item, found)
        else _IDENTITY
    )


def _times(m: Matrix, n: Matrix) -> Matrix:
    return (
        m[0] * n[0] + m[1] * n[2], m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2], m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4], m[4] * n[1] + m[5] * n[3] + n[5],
    )  # fmt: skip


def _path_rules(raw: Any, item: Any, matrix: Matrix, turn: _Turn, budget: list[int]) -> Iterator[Rule]:
    """The lines of a path: its straight strokes, and filled rectangles too thin to be an area."""
    fill_mode, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(item, fill_mode, stroke)
    x, y = ctypes.c_float(), ctypes.c_float()
    subpath: list[tuple[float, float]] = []
    count = raw.FPDFPath_CountSegments(item)
    budget[0] -= count // 4
    for i in range(min(count, MAX_OBJECTS)):
        segment = raw.FPDFPath_GetPathSegment(item, i)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        a, b, c, d, e, f = matrix
        point = turn.point(a * x.value + c * y.value + e, b * x.value + d * y.value + f)
        if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_MOVETO:
            yield from _subpath_rules(subpath, bool(stroke.value), bool(fill_mode.value))
            subpath = [point]
        else:
            subpath.append(point)
            if raw.FPDFPathSegment_GetClose(segment):
                subpath.append(subpath[0])
    yield from _subpath_rules(subpath, bool(stroke.value), bool(fill_mode.value))


def _subpath_rules(points: list[tuple[float, float]], stroked: bool, filled: bool) -> Iterator[Rule]:
    if len(points) < 2:
        return
    left, right = min(p[0] for p in points), max(p[0] for p in points)
    top, bottom = min(p[1] for p in points), max(p[1] for p in points)
    if filled and len(points) > 2 and (right - left <= THIN or bottom - top <= THIN):
        if bottom - top <= right - left:
            yield Rule(True, (top + bottom) / 2, left, right)
        else:
            yield Rule(False, (left + right) / 2, top, bottom)
    elif stroked:
        for (x0, y0), (x1, y1) in pairwise(points):
            if abs(y1 - y0) <= 1.0 < abs(x1 - x0):
                yield Rule(True, (y0 + y1) / 2, min(x0, x1), max(x0, x1))
            elif abs(x1 - x0) <= 1.0 < abs(y1 - y0):
                yield Rule(False, (x0 + x1) / 2, min(y0, y1), max(y0, y1))
