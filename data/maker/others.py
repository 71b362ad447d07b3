"""A source (source.py) as a web page, a sheet and a PDF: the same cells and merges as the .docx of word.py."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator

from data.maker.source import ABOVE, LEFT, Box, Line, parse


def cells(box: Box) -> Iterator[tuple[int, int, int, int, str]]:
    """(row, column, rows, columns, text) of every cell; `\\n` is a line break, `\\n` too where a paragraph ends."""
    rows = box.rows
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            if text in (ABOVE, LEFT):
                continue
            wide = 1
            while c + wide < len(row) and row[c + wide] == LEFT:
                wide += 1
            high = 1
            while r + high < len(rows) and rows[r + high][c] == ABOVE:
                if [cell == LEFT for cell in rows[r + high][c + 1 : c + wide + 1]] != [True] * (wide - 1) + [
                    False
                ][: len(row) - c - wide]:
                    raise ValueError(f"“{text}”: the merged cell is no rectangle")
                high += 1
            yield r, c, high, wide, _plain(text)


def web(source: str, encoding: str = "utf-8") -> bytes:
    """The source as an .html page."""
    body = []
    for part in parse(source):
        if isinstance(part, Line):
            body.append(f"<p>{html.escape(_plain(part.text)).replace(chr(10), '<br>')}</p>")
            continue
        rows: list[list[str]] = [[] for _ in part.rows]
        for r, _, high, wide, text in cells(part):
            shown = html.escape(text).replace("\n", "<br>")
            rows[r].append(f'<td rowspan="{high}" colspan="{wide}">{shown}</td>')
        body.append("<table border=1>" + "".join(f"<tr>{''.join(row)}</tr>" for row in rows) + "</table>")
    page = f'<html><head><meta charset="{encoding}"></head><body>{"".join(body)}</body></html>'
    return page.encode(encoding)


def sheet(source: str) -> bytes:
    """The source as an .xlsx of one sheet; figures stay text, as most units type them."""
    import openpyxl
    from openpyxl.styles import Border, Side

    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    thin = Side(style="thin")
    at = 1
    for part in parse(source):
        if isinstance(part, Line):
            if part.text:
                page.cell(at, 1, _plain(part.text))
            at += 1
            continue
        for r in range(len(part.rows)):
            for c in range(len(part.rows[0])):
                page.cell(at + r, c + 1).border = Border(thin, thin, thin, thin)
        for r, c, high, wide, text in cells(part):
            page.cell(at + r, c + 1, text or None)
            if high > 1 or wide > 1:
                page.merge_cells(
                    start_row=at + r, end_row=at + r + high - 1, start_column=c + 1, end_column=c + wide
                )
        at += len(part.rows) + 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def pdf(source: str) -> bytes:
    """The source as a PDF with ruled tables; on larger paper where a merged cell is higher than the page, since this printer
    cuts none in two (pages.py does)."""
    from reportlab.lib.pagesizes import A2, A3, A4, landscape
    from reportlab.platypus.doctemplate import LayoutError

    for paper in (landscape(A4), A3, A2):
        try:
            return _printed(source, *paper)
        except LayoutError:
            continue
    raise ValueError("a merged cell is higher than any page")


def _printed(source: str, width: float, height: float) -> bytes:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table, TableStyle

    font = "STSong-Light"
    pdfmetrics.registerFont(UnicodeCIDFont(font))
    body = ParagraphStyle("body", fontName=font, fontSize=10, leading=14, wordWrap="CJK")
    title = ParagraphStyle("title", body, fontSize=14, leading=20, alignment=1)
    small = ParagraphStyle("cell", body, fontSize=8, leading=10)
    flow: list[object] = []
    for part in parse(source):
        if isinstance(part, Line):
            if part.kind == "break":
                flow.append(PageBreak())
            elif part.text:
                flow.append(Paragraph(_marked(part.text), title if part.kind == "title" else body))
            continue
        grid: list[list[object]] = [[""] * len(part.rows[0]) for _ in part.rows]
        style: list[tuple[object, ...]] = [
            ("GRID", (0, 0), (-1, -1), 0.5, "black"), ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ]  # fmt: skip
        for r, c, high, wide, text in cells(part):
            grid[r][c] = Paragraph(_marked(text), small)
            if high > 1 or wide > 1:
                style.append(("SPAN", (c, r), (c + wide - 1, r + high - 1)))
        columns = len(part.rows[0])
        flow.append(Table(grid, [(width - 100) / columns] * columns, style=TableStyle(style)))
    out = io.BytesIO()
    SimpleDocTemplate(
        out,
        pagesize=(width, height),
        leftMargin=50,
        rightMargin=50,
        topMargin=50,
        bottomMargin=50,
        invariant=1,
    ).build(flow)
    return out.getvalue()


def _plain(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\p", "\n").replace("\\s", "\u3000")


def _marked(text: str) -> str:
    return html.escape(_plain(text)).replace("\n", "<br/>")
