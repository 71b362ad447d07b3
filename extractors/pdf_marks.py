"""What stands on a PDF page, read with PDFium: characters, ruling lines, filled-in fields and notes."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from extractors.pdf_rules import Rule
from extractors.pdf_tables import TooManyMarks
from extractors.pdf_text import Char
from extractors.radicals import meant

MAX_OBJECTS = 60_000  # drawn objects of a page; a form has a few hundred
THIN = 3.2  # a filled rectangle thinner than this is a line
Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
RECTANGLE = 5  # a path of no more segments fills one rectangle at most
_TICK = "√"
_PATH, _PICTURE, _GROUP = 2, 3, 5  # PDFium's numbers for kinds of drawn objects


class Area(NamedTuple):
    """A filled shape that is no line: the rectangle around it, in points, y downwards."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Marks:
    """A page's characters, its straight lines, its filled areas, its height as it is read (turned upright) in points, the area in
    square points that pictures cover, and the number of its drawn objects."""

    chars: list[Char]
    rules: list[Rule]
    areas: list[Area]
    height: float
    pictured: float
    objects: int


def read(page: Any, form: Any) -> Marks:
    """The marks of a page. form: the document's form fields, None where it has none.

    Raises TooManyMarks where drawn objects pass MAX_OBJECTS.
    """
    turn = Turn(page)
    width, height = page.get_size()
    chars = _chars(page, turn)
    chars += _annotations(page, form, turn)
    items, count = _drawn(page)
    pictured = sum(_picture_area(item) for kind, item in items if kind != _PATH)
    found = _found(items, turn)
    rules = [mark for mark in found if isinstance(mark, Rule)]
    areas = [mark for mark in found if isinstance(mark, Area)]
    return Marks(chars, rules, areas, width if turn.sideways else height, pictured, count)


def _drawn(page: Any) -> tuple[list[tuple[int, Any]], int]:
    """(kind, object) of a page's paths, pictures and groups of them, and how many objects there are in all."""
    import pypdfium2.raw as raw

    count = raw.FPDFPage_CountObjects(page)
    if count > MAX_OBJECTS:
        raise TooManyMarks
    get, kind_of = raw.FPDFPage_GetObject, raw.FPDFPageObj_GetType
    items = [(kind_of(item), item) for i in range(count) if (item := get(page, i))]
    return [(kind, item) for kind, item in items if kind in (_PATH, _PICTURE, _GROUP)], count


class Turn:
    """Page coordinates with y downwards, turned upright where the page is rotated."""

    def __init__(self, page: Any) -> None:
        self.rotation = page.get_rotation()
        self.sideways = self.rotation in (90, 270)
        self.left, self.bottom, self.right, self.top = page.get_mediabox()

    def point(self, x: float, y: float) -> tuple[float, float]:
        if self.rotation == 90:
            return y - self.bottom, x - self.left
        if self.rotation == 180:
            return self.right - x, y - self.bottom
        if self.rotation == 270:
            return self.top - y, self.right - x
        return x - self.left, self.top - y


# ---------------------------------------------------------------- characters
_HIGH, _LOW = 0xD800 >> 10, 0xDC00 >> 10
_UNREADABLE = 0xFFFD


def _chars(page: Any, turn: Turn) -> list[Char]:
    import pypdfium2.raw as raw

    out: list[Char] = []
    unicode_of, origin_of, box_of = (
        raw.FPDFText_GetUnicode,
        raw.FPDFText_GetCharOrigin,
        raw.FPDFText_GetCharBox,
    )
    size_of, generated = raw.FPDFText_GetFontSize, raw.FPDFText_IsGenerated
    textpage = page.get_textpage()
    handle = textpage.raw
    x, y = ctypes.c_double(), ctypes.c_double()
    left, right, bottom, top = ctypes.c_double(), ctypes.c_double(), ctypes.c_double(), ctypes.c_double()
    upright = turn.rotation == 0
    page_left, page_top = turn.left, turn.top
    joined = False  # with the half before
    for i in range(textpage.count_chars()):
        code = unicode_of(handle, i)
        if code in (0x0D, 0x0A) or (code == 0x20 and generated(handle, i)):
            continue
        if code >> 10 in (_HIGH, _LOW):  # a half of a character: PDFium counts in UTF-16
            if joined:
                joined = False
                continue
            low = unicode_of(handle, i + 1) if code >> 10 == _HIGH else 0
            joined = low >> 10 == _LOW
            code = 0x10000 + ((code & 0x3FF) << 10 | low & 0x3FF) if joined else _UNREADABLE
        if code in (0xFFFE, 2):  # PDFium's mark for a hyphen at the end of a line
            code = 0x2D
        origin_of(handle, i, x, y)
        box_of(handle, i, left, right, bottom, top)
        size = size_of(handle, i)
        if upright:
            start, end, base = x.value - page_left, right.value - page_left, page_top - y.value
            height = top.value - bottom.value
        else:
            start, base = turn.point(x.value, y.value)
            end = turn.point(right.value, top.value if turn.sideways else y.value)[0]
            height = right.value - left.value if turn.sideways else top.value - bottom.value
            start, end = min(start, end), max(start, end)
        if not 3 <= size <= 100:
            size = max(abs(height), 6.0)
        out.append(Char(meant(chr(code)), start, end if end > start else start + 0.5 * size, base, size))
    textpage.close()
    return out


# ---------------------------------------------------------------- fields and notes
def _annotations(page: Any, form: Any, turn: Turn) -> Iterator[Char]:
    """What was typed into form fields or over the page: it is on the paper, though not in the page's own text."""
    import pypdfium2.raw as raw

    for i in range(min(raw.FPDFPage_GetAnnotCount(page), MAX_OBJECTS)):
        note = raw.FPDFPage_GetAnnot(page, i)
        if not note:
            continue
        kind = raw.FPDFAnnot_GetSubtype(note)
        text = ""
        if kind == raw.FPDF_ANNOT_WIDGET and form is not None:
            text = _field_value(raw, form, note)
        elif kind == raw.FPDF_ANNOT_FREETEXT:
            text = _utf16(raw.FPDFAnnot_GetStringValue, note, b"Contents")
        if text.strip():
            yield from _spread(raw, note, text, turn)
        raw.FPDFPage_CloseAnnot(note)


def _field_value(raw: Any, form: Any, note: Any) -> str:
    if raw.FPDFAnnot_GetFormFieldType(form, note) in (
        raw.FPDF_FORMFIELD_CHECKBOX,
        raw.FPDF_FORMFIELD_RADIOBUTTON,
    ):
        return _TICK if raw.FPDFAnnot_IsChecked(form, note) else ""
    return _utf16(raw.FPDFAnnot_GetFormFieldValue, form, note)


def _utf16(ask: Any, *about: Any) -> str:
    """A text that PDFium hands over as UTF-16 with its length asked first."""
    length = min(ask(*about, None, 0), 65_536)
    if length <= 2:
        return ""
    buffer = (ctypes.c_ushort * (length // 2))()
    ask(*about, buffer, length)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\x00")


def _spread(raw: Any, note: Any, text: str, turn: Turn) -> Iterator[Char]:
    """The characters of a text set into its rectangle, broken where the width ends."""
    rect = raw.FS_RECTF()
    if not raw.FPDFAnnot_GetRect(note, rect):
        return
    (x0, y0), (x1, y1) = turn.point(rect.left, rect.top), turn.point(rect.right, rect.bottom)
    left, right, top, bottom = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    paragraphs = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    wide = [sum(0.55 if ch.isascii() else 1.0 for ch in line) for line in paragraphs]
    size = 10.0
    while size > 3 and sum(max(1, -(-w * size // max(right - left, 1))) for w in wide) * 1.2 * size > bottom - top + 2:
        size -= 0.5
    base = top + size
    for line in paragraphs:
        at = left + 1
        for ch in line:
            step = (0.55 if ch.isascii() else 1.0) * size
            if at + step > right + 0.5 * size and at > left + 1:
                at, base = left + 1, base + 1.2 * size
            yield Char(ch, at, at + step, min(base, bottom - 0.1), size)
            at += step
        base += 1.2 * size


# ---------------------------------------------------------------- ruling lines
def _found(items: list[tuple[int, Any]], turn: Turn) -> list[Rule | Area]:
    import pypdfium2.raw as raw

    budget = [MAX_OBJECTS]
    out: list[Rule | Area] = []
    for kind, item in items:
        if kind != _PICTURE:
            out += _object_marks(raw, item, _IDENTITY, turn, budget, 0)
    return out


def _object_marks(
    raw: Any, item: Any, outer: Matrix, turn: Turn, budget: list[int], depth: int
) -> Iterator[Rule | Area]:
    budget[0] -= 1
    if budget[0] < 0:
        raise TooManyMarks
    if depth > 8:
        return
    kind = raw.FPDFPageObj_GetType(item)
    if kind == _GROUP:
        inner = _times(_matrix(raw, item), outer)
        for i in range(raw.FPDFFormObj_CountObjects(item)):
            yield from _object_marks(raw, raw.FPDFFormObj_GetObject(item, i), inner, turn, budget, depth + 1)
    elif kind == _PATH:
        yield from _path_marks(raw, item, _times(_matrix(raw, item), outer), turn, budget, depth == 0)


def _matrix(raw: Any, item: Any) -> Matrix:
    found = raw.FS_MATRIX()
    return (
        (found.a, found.b, found.c, found.d, found.e, found.f) if raw.FPDFPageObj_GetMatrix(item, found) else _IDENTITY
    )


def _times(m: Matrix, n: Matrix) -> Matrix:
    return (
        m[0] * n[0] + m[1] * n[2], m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2], m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4], m[4] * n[1] + m[5] * n[3] + n[5],
    )  # fmt: skip


def _path_marks(
    raw: Any, item: Any, matrix: Matrix, turn: Turn, budget: list[int], on_page: bool
) -> Iterator[Rule | Area]:
    """The lines of a path: its straight strokes, and filled rectangles too thin to be an area; and the areas it fills.

    on_page: PDFium gives the bounds of such a path in the page's own coordinates, in one call.
    """
    fill_mode, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(item, fill_mode, stroke)
    count = raw.FPDFPath_CountSegments(item)
    x, y = ctypes.c_float(), ctypes.c_float()
    if not stroke.value and on_page and (count <= RECTANGLE or _one_rectangle(raw, item, count, x, y)):
        yield from _subpath_marks(_bounds(raw, item, turn), False, True)
        return
    segment_of, point_of, type_of = (
        raw.FPDFPath_GetPathSegment,
        raw.FPDFPathSegment_GetPoint,
        raw.FPDFPathSegment_GetType,
    )
    begins, closes = raw.FPDF_SEGMENT_MOVETO, raw.FPDFPathSegment_GetClose
    a, b, c, d, e, f = matrix
    subpath: list[tuple[float, float]] = []
    budget[0] -= count // 4
    for i in range(min(count, MAX_OBJECTS)):
        segment = segment_of(item, i)
        point_of(segment, x, y)
        px, py = x.value, y.value
        point = turn.point(a * px + c * py + e, b * px + d * py + f)
        if type_of(segment) == begins:
            if len(subpath) > 1:
                yield from _subpath_marks(subpath, bool(stroke.value), bool(fill_mode.value))
            subpath = [point]
        else:
            subpath.append(point)
            if closes(segment):
                subpath.append(subpath[0])
    yield from _subpath_marks(subpath, bool(stroke.value), bool(fill_mode.value))


def _one_rectangle(raw: Any, item: Any, count: int, x: Any, y: Any) -> bool:
    """Is a path of two rectangles one with its inside cut out, as wide and as high as the first?"""
    if count != 2 * RECTANGLE:
        return False
    corners = []
    for i in (0, 2, 5, 7):
        raw.FPDFPathSegment_GetPoint(raw.FPDFPath_GetPathSegment(item, i), x, y)
        corners.append((x.value, y.value))
    (left, top), (right, bottom), *inner = corners
    return all(
        min(left, right) <= px <= max(left, right) and min(top, bottom) - THIN <= py <= max(top, bottom) + THIN
        for px, py in inner
    ) or all(
        min(top, bottom) <= py <= max(top, bottom) and min(left, right) - THIN <= px <= max(left, right) + THIN
        for px, py in inner
    )


def _bounds(raw: Any, item: Any, turn: Turn) -> list[tuple[float, float]]:
    """The corners of what an object fills; empty where PDFium cannot tell."""
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not raw.FPDFPageObj_GetBounds(item, left, bottom, right, top):
        return []
    low, high = turn.point(left.value, bottom.value), turn.point(right.value, top.value)
    return [low, (low[0], high[1]), high]


def _subpath_marks(points: list[tuple[float, float]], stroked: bool, filled: bool) -> Iterator[Rule | Area]:
    if len(points) < 2:
        return
    xs, ys = zip(*points, strict=True)
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    if filled and len(points) > 2 and (right - left <= THIN or bottom - top <= THIN):
        if bottom - top <= right - left:
            yield Rule(True, (top + bottom) / 2, left, right)
        else:
            yield Rule(False, (left + right) / 2, top, bottom)
        return
    if filled and len(points) > 2:
        yield Area(left, top, right, bottom)
    if stroked:
        for (x0, y0), (x1, y1) in pairwise(points):
            if abs(y1 - y0) <= 1.0 < abs(x1 - x0):
                yield Rule(True, (y0 + y1) / 2, min(x0, x1), max(x0, x1))
            elif abs(x1 - x0) <= 1.0 < abs(y1 - y0):
                yield Rule(False, (x0 + x1) / 2, min(y0, y1), max(y0, y1))


# ---------------------------------------------------------------- pictures
def _picture_area(item: Any) -> float:
    """The area in square points that a picture, or a group with one in it, covers; 0 without a picture."""
    import pypdfium2.raw as raw

    edges = [ctypes.c_float() for _ in range(4)]
    if not _holds_picture(raw, item, 0) or not raw.FPDFPageObj_GetBounds(item, *edges):
        return 0.0
    left, bottom, right, top = (edge.value for edge in edges)
    return max(right - left, 0.0) * max(top - bottom, 0.0)


def _holds_picture(raw: Any, item: Any, depth: int) -> bool:
    kind = raw.FPDFPageObj_GetType(item)
    if kind != _GROUP or depth > 4:
        return bool(kind == _PICTURE)
    inner = range(min(raw.FPDFFormObj_CountObjects(item), 200))
    return any(_holds_picture(raw, raw.FPDFFormObj_GetObject(item, i), depth + 1) for i in inner)


def hidden(page: Any) -> bool:
    """Is a page's text drawn so that nobody sees it?"""
    import pypdfium2.raw as raw

    seen = unseen = 0
    for i in range(min(raw.FPDFPage_CountObjects(page), MAX_OBJECTS)):
        item = raw.FPDFPage_GetObject(page, i)
        if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_TEXT:
            if raw.FPDFTextObj_GetTextRenderMode(item) == raw.FPDF_TEXTRENDERMODE_INVISIBLE:
                unseen += 1
            else:
                seen += 1
    return unseen > seen
