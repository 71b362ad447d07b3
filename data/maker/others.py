"""A source (source.py) as a web page and a sheet: the same cells and merges as the .docx of word.py."""

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
                if [cell == LEFT for cell in rows[r + high][c + 1 : c + wide + 1]] != [True] * (wide - 1) + [False][
                    : len(row) - c - wide
                ]:
                    raise ValueError(f"“{text}”: the merged cell is no rectangle")
                high += 1
            yield r, c, high, wide, plain(text)


def web(source: str, encoding: str = "utf-8", style: str = "") -> bytes:
    """The source as an .html page. style: CSS."""
    body = []
    for part in parse(source):
        if isinstance(part, Line):
            body.append(f"<p>{html.escape(plain(part.text)).replace(chr(10), '<br>')}</p>")
            continue
        rows: list[list[str]] = [[] for _ in part.rows]
        for r, _, high, wide, text in cells(part):
            shown = html.escape(text).replace("\n", "<br>")
            rows[r].append(f'<td rowspan="{high}" colspan="{wide}">{shown}</td>')
        body.append("<table border=1>" + "".join(f"<tr>{''.join(row)}</tr>" for row in rows) + "</table>")
    styled = f"<style>{style}</style>" if style else ""
    page = f'<html><head><meta charset="{encoding}">{styled}</head><body>{"".join(body)}</body></html>'
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
                page.cell(at, 1, plain(part.text))
            at += 1
            continue
        for r in range(len(part.rows)):
            for c in range(len(part.rows[0])):
                page.cell(at + r, c + 1).border = Border(thin, thin, thin, thin)
        for r, c, high, wide, text in cells(part):
            page.cell(at + r, c + 1, text or None)
            if high > 1 or wide > 1:
                page.merge_cells(start_row=at + r, end_row=at + r + high - 1, start_column=c + 1, end_column=c + wide)
        at += len(part.rows) + 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def plain(text: str) -> str:
    """A text without the source's signs for line breaks and blanks."""
    return text.replace("\\n", "\n").replace("\\p", "\n").replace("\\s", "\u3000")
