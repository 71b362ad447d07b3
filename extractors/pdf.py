"""PDF → pages of paragraphs and tables: each page read the fast way, by a second reader, or as a picture."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from extractors import pdf_marks, pdf_pages, pdf_reference, pdf_seen, scan, scan_text
from extractors.pdf_tables import Lattice, TooManyMarks, doubt, fill, lattices
from extractors.pdf_text import Char, lines
from schema import extras
from schema.document import PageReading
from schema.errors import FileRefused

MAX_PAGES = 3000
MAX_SIDE = 6000.0  # points: two metres
OUTLINES = 200  # drawn objects without a text: letters drawn as curves
MANY = 4000  # rules of a page; the second reader takes minutes over more
FEW = 5  # fewer characters than this are no text of a page
PICTURED = 0.6  # share of a page that its picture covers where the page is a scan
_STRANGE = re.compile("[\x00\ufffd\ue000-\uf8ff]")
LITTLE = 60  # characters that a scanner or a reader's stamp adds to a scanned page


def pages(data: bytes, path: Path) -> list[pdf_pages.Page]:
    """The pages of a PDF, each with its reader.

    Raises FileRefused where the file is broken, locked, a scan that nobody can recognise, or its fonts say not
    which characters they draw.
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
        document.init_forms()
        form = document.formenv.raw if document.formenv else None
        found = [_Page(document, number, path, data, form).read() for number in range(len(document))]
    finally:
        document.close()
    if not any(page.lines or page.tables for page in found):
        raise FileRefused(path, "PDF里没有文字", "请核对是否交错了文件")
    return found


class _Page:
    """One page being read; guards that PDFium's page is closed."""

    def __init__(self, document: Any, number: int, path: Path, data: bytes, form: Any) -> None:
        self.document, self.number, self.path, self.data, self.form = document, number, path, data, form

    def read(self) -> pdf_pages.Page:
        import pypdfium2 as pdfium

        try:
            page = self.document[self.number]
        except pdfium.PdfiumError:
            raise self._refused("已损坏") from None
        try:
            return self._read(page)
        except TooManyMarks:
            raise self._refused("的图形过多") from None
        finally:
            page.close()

    def _read(self, page: Any) -> pdf_pages.Page:
        width, height = page.get_size()
        if width > MAX_SIDE or height > MAX_SIDE:
            raise self._refused(f"尺寸异常（{width:.0f}×{height:.0f}点）")
        marks = pdf_marks.read(page, self.form)
        if _is_scan(page, marks, width * height):
            return self._scanned(page)
        if _unreadable(marks.chars):
            raise FileRefused(
                self.path,
                f"PDF第{self.number + 1}页的字体没有字符对照，文字不可读",
                "请用Word另存为PDF，或改交Word（.docx）",
            )
        reading, tables, outside = self._ruled(page, marks)
        try:
            unruled = pdf_reference.columned(self.data, self.number, marks.height, lines(outside))
        except pdf_reference.NotInstalled:
            unruled, why = [], "可能有没有框线的表格，没有安装camelot，按文字读取"
            reading = replace(reading, reason=f"{reading.reason}；{why}" if reading.reason else why)
        if unruled:
            outside = fill(unruled, outside)
            tables = sorted([*tables, *unruled], key=lambda table: table.top)
            reading = PageReading(self.number + 1, "camelot", "表格没有框线")
        return pdf_pages.laid_out(reading, marks.height, [t for t in tables if _holds_text(t)], lines(outside))

    def _ruled(self, page: Any, marks: pdf_marks.Marks) -> tuple[PageReading, list[Lattice], list[Char]]:
        """The ruled tables of a page, filled, and the characters outside; by another reader where something speaks against the first."""
        reading = PageReading(self.number + 1, "pdfium")
        tables = lattices(marks.rules)
        outside = fill(tables, marks.chars)
        why = doubt(tables, outside, marks.rules)
        if why is not None and len(marks.rules) < MANY:
            second = pdf_reference.plumbed(self.data, self.number)
            if second is not None and len(second[1]) >= len(marks.chars):
                beside = fill(*second)
                if doubt(second[0], beside, marks.rules) is None:
                    return PageReading(self.number + 1, "pdfplumber", why), second[0], beside
        shapes = pdf_seen.beside(marks.areas, tables)
        if not (why or shapes):
            return reading, tables, outside
        why = why or "框线画成色块"
        if not pdf_seen.available():
            return replace(reading, reason=f"{why}，没有安装OpenCV，{extras.remedy('scan')}"), tables, outside
        seen, lines_seen = pdf_seen.tables(page)
        beside = fill(seen, marks.chars)
        still = doubt(seen, beside, lines_seen)
        if seen and (still is None or not tables):
            return replace(reading, reader="opencv", reason=f"{why}；{still}" if still else why), seen, beside
        if marks.rules or tables:
            reading = replace(reading, reason=f"{why}，其他读法也没有更好")
        return reading, tables, outside

    def _scanned(self, page: Any) -> pdf_pages.Page:
        """A page without text of its own: its picture, recognised."""
        if not scan_text.available():
            raise scan.missing(self.path)
        width, height = page.get_size()
        scale = scan.scale_of(width, height)
        return scan.laid_out(page.render(scale=scale).to_numpy(), self.number, scale)

    def _refused(self, trouble: str) -> FileRefused:
        return FileRefused(self.path, f"PDF第{self.number + 1}页{trouble}", "请重新导出PDF，或改交Word（.docx）")


def _holds_text(table: Lattice) -> bool:
    return any(box.chars for box in table.boxes)


def _is_scan(page: Any, marks: pdf_marks.Marks, area: float) -> bool:
    """Is what the page says in a picture? It has no text, little beside a picture over most of it, or text that is
    not seen (a recogniser's, laid behind a scan)."""
    if len(marks.chars) > 10 * LITTLE and not marks.pictured:
        return False
    written = sum(not char.text.isspace() for char in marks.chars)
    if written < FEW:
        return marks.pictured > 0 or marks.objects > OUTLINES
    return marks.pictured > PICTURED * area and (written < LITTLE or pdf_marks.hidden(page))


def _unreadable(chars: list[Char]) -> bool:
    """Do the fonts name no characters? Private and unknown codes stand for what nobody can tell."""
    return len(_STRANGE.findall("".join(char.text for char in chars))) > 0.3 * len(chars)
