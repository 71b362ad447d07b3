"""Sheets (.xlsx, .xls) → one table a sheet, numbers as the sheet shows them, hidden rows and sheets left out.

A percentage is shown as one (0.9742 formatted 0.00% is 97.42%); every other number keeps its digits.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from extractors.limits import Exceeded
from schema.document import Cell, Origin, Paragraph, Table
from schema.errors import FileRefused

MAX_UNPACKED = 64 * 1024 * 1024
MAX_CELLS = 500_000
# What zipfile, openpyxl and xlrd raise on a file that is not what it says.
_BROKEN = (
    zipfile.BadZipFile, AssertionError, AttributeError, EOFError, IndexError, KeyError, NotImplementedError, OSError,
    OverflowError, RecursionError, RuntimeError, SyntaxError, TypeError, ValueError, struct.error, zlib.error,
)  # fmt: skip
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\bref=[\"']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})[\"']")
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')

Grid = dict[tuple[int, int], str]
Spans = dict[tuple[int, int], tuple[int, int]]  # upper left corner → rows, columns


def blocks(data: bytes, path: Path) -> list[Paragraph | Table]:
    """One table for every sheet that is shown and holds something. Raises FileRefused."""
    found = _modern(data, path) if data.startswith(b"PK") else _old(data, path)
    out: list[Paragraph | Table] = []
    tables = 0
    for sheet in found:
        for first, last in _stretches(sheet):
            block = len(out) + 1
            if last == first and (line := _line(sheet, first)) is not None:
                out.append(Paragraph(line, Origin(f"sheet {sheet.name}", block)))
            else:
                tables += 1
                out.append(_table(sheet, first, last, block, tables))
    return out


@dataclass(slots=True)
class _Sheet:
    """A sheet's cells as text, its merged ranges, its hidden rows and those with ruled cells (from 0)."""

    name: str
    grid: Grid
    spans: Spans
    hidden: set[int]
    ruled: set[int]
    filled: dict[int, list[int]] = field(init=False)  # row → its columns that hold something

    def __post_init__(self) -> None:
        self.filled = {}
        for (row, column), text in sorted(self.grid.items()):
            if text.strip() and row not in self.hidden:
                self.filled.setdefault(row, []).append(column)


def _stretches(sheet: _Sheet) -> Iterator[tuple[int, int]]:
    """(first, last) row of each table, and of each line that stands alone outside them."""
    if not sheet.filled:
        return
    covered = {
        r + i
        for (r, c), (height, _) in sheet.spans.items()
        if (r, c) in sheet.grid and height > 1
        for i in range(height)
    }
    rows = sorted(sheet.filled)
    wide = [row for row in rows if len(sheet.filled[row]) > 1]
    alone = {
        row for row in rows
        if len(sheet.filled[row]) == 1 and row not in covered
        and (not wide or (not wide[0] < row < wide[-1] and row not in sheet.ruled) or _stands_apart(sheet, row))
    }  # fmt: skip
    begun: int | None = None
    for row in rows:
        if row in alone:
            if begun is not None:
                yield begun, row - 1
            yield row, row
            begun = None
        elif begun is None:
            begun = row
    if begun is not None:
        last = max(
            rows[-1],
            *(r + h - 1 for (r, c), (h, _) in sheet.spans.items() if (r, c) in sheet.grid and r >= begun),
            0,
        )
        yield begun, last


def _stands_apart(sheet: _Sheet, row: int) -> bool:
    """A row of one text between tables: not ruled where tables are, else beside a row that is empty."""
    if sheet.ruled:
        return row not in sheet.ruled
    merged = (row, sheet.filled[row][0]) in sheet.spans
    return not merged and not (row - 1 in sheet.filled and row + 1 in sheet.filled)


def _line(sheet: _Sheet, row: int) -> str | None:
    return sheet.grid[row, sheet.filled[row][0]] if len(sheet.filled.get(row, ())) == 1 else None


def _merged_too_far(content: bytes) -> str | None:
    """The merged range of a sheet with which they cover more cells than a sheet may hold; openpyxl would make each of them."""
    from openpyxl.utils import range_boundaries

    covered = 0
    for ref in _MERGED.findall(content):
        left, top, right, bottom = (int(edge or 0) for edge in range_boundaries(ref.decode()))
        covered += (right - left + 1) * (bottom - top + 1)
        if covered > MAX_CELLS:
            return str(ref.decode())
    return None


def _modern(data: bytes, path: Path) -> list[_Sheet]:
    import openpyxl

    trouble, remedy = "表格文件已损坏", "请用Excel打开后另存，或向单位重新索取"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            total = 0
            for info in archive.infolist():
                total += info.file_size
                if total > MAX_UNPACKED:
                    raise FileRefused(path, f"文件解压后过大（{info.filename}）", "请删除多余的空行和格式后另存")
                content = archive.read(info) if info.filename.endswith((".xml", ".rels")) else b""
                if b"<!ENTITY" in content:
                    raise FileRefused(path, f"文件含有实体定义（{info.filename}）", "疑似恶意文件，请向单位核实")
                if (merged := _merged_too_far(content)) is not None:
                    raise FileRefused(
                        path, f"合并的单元格超过{MAX_CELLS}个（{merged}）", "请取消整列、整表的合并后另存"
                    )
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
    except FileRefused:
        raise
    except _BROKEN as error:
        raise FileRefused(path, f"{trouble}（{type(error).__name__}）", remedy) from None
    out: list[_Sheet] = []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        if sheet.max_row * sheet.max_column > 50 * MAX_CELLS:
            raise FileRefused(path, f"工作表“{sheet.title}”过大", "请删除多余的空行和格式后另存")
        hidden = {number - 1 for number, row in sheet.row_dimensions.items() if row.hidden}
        grid = {
            (cell.row - 1, cell.column - 1): _shown(cell.value, cell.number_format)
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        }
        spans = {
            (r.min_row - 1, r.min_col - 1): (r.max_row - r.min_row + 1, r.max_col - r.min_col + 1)
            for r in sheet.merged_cells.ranges
        }
        ruled = {row[0].row - 1 for row in sheet.iter_rows() if sum(_bordered(cell.border) for cell in row) > 1}
        out.append(_Sheet(sheet.title, grid, spans, hidden, ruled))
    return out


def _old(data: bytes, path: Path) -> list[_Sheet]:
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
        return [_old_sheet(book, sheet) for sheet in book.sheets() if not sheet.visibility]
    except xlrd.XLRDError as error:
        if "encrypt" in str(error).lower() or "password" in str(error).lower():
            raise FileRefused(path, "文件有打开密码", "请去掉密码后另存再提交") from None
        raise FileRefused(path, "表格文件已损坏", "请用Excel另存为.xlsx") from None
    except (*_BROKEN, xlrd.compdoc.CompDocError, xlrd.formula.FormulaError) as error:
        raise FileRefused(path, f"表格文件已损坏（{type(error).__name__}）", "请用Excel另存为.xlsx") from None


def _old_sheet(book: Any, sheet: Any) -> _Sheet:
    import xlrd

    nothing = (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR)
    grid: Grid = {}
    for r in range(sheet.nrows):
        for c in range(sheet.row_len(r)):
            cell = sheet.cell(r, c)
            if cell.ctype not in nothing:
                grid[r, c] = _old_value(book, cell)
    spans = {(r0, c0): (r1 - r0, c1 - c0) for r0, r1, c0, c1 in sheet.merged_cells}
    hidden = {r for r, info in sheet.rowinfo_map.items() if info.hidden}
    ruled = {r for r in range(sheet.nrows) if sum(_old_border(book, sheet, r)) > 1}
    return _Sheet(sheet.name, grid, spans, hidden, ruled)


def _bordered(border: Any) -> bool:
    return any(side is not None and side.style for side in (border.top, border.bottom, border.left, border.right))


def _old_border(book: Any, sheet: Any, row: int) -> list[bool]:
    out = []
    for cell in sheet.row(row):
        border = book.xf_list[cell.xf_index].border if cell.xf_index is not None else None
        out.append(border is not None and bool(border.top_line_style or border.bottom_line_style))
    return out


def _old_value(book: Any, cell: Any) -> str:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        return _shown(xlrd.xldate_as_datetime(cell.value, book.datemode), "")
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "是" if cell.value else "否"
    key = book.xf_list[cell.xf_index].format_key if cell.xf_index is not None else 0
    form = book.format_map.get(key)
    return _shown(cell.value, form.format_str if form else "")


def _shown(value: object, form: str) -> str:
    """A cell's value as text: a percentage as shown, a date in ISO form, other numbers with their digits."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (int, float)):
        plain = _QUOTED.sub("", form or "")
        if "%" in plain:
            return _digits(value * 100) + "%"
        return _digits(value)
    return str(value)


def _digits(value: float) -> str:
    """The digits a sheet knows of a number: 15, without the noise of binary fractions."""
    text = f"{value:.15g}"
    return f"{Decimal(text):f}" if "e" in text else text


def _table(sheet: _Sheet, first: int, last: int, block: int, number: int) -> Table:
    columns = 1 + max(
        c + sheet.spans.get((r, c), (1, 1))[1] - 1 for r, cs in sheet.filled.items() if first <= r <= last for c in cs
    )
    if (last - first + 1) * columns > MAX_CELLS:
        raise Exceeded(f"工作表“{sheet.name}”的单元格超过{MAX_CELLS}个")
    rows = [r for r in range(first, last + 1) if r not in sheet.hidden]
    at = {r: i for i, r in enumerate(rows)}
    covered: set[tuple[int, int]] = set()
    cells: list[Cell] = []
    for r in rows:
        for c in range(columns):
            if (r, c) in covered:
                continue
            height, width = sheet.spans.get((r, c), (1, 1))
            height, width = min(height, last - r + 1), min(width, columns - c)
            covered |= {(rr, cc) for rr in range(r, r + height) for cc in range(c, c + width)}
            shown = sum(rr in at for rr in range(r, r + height))
            origin = Origin(f"sheet {sheet.name}", block, number, r + 1, c + 1)
            cells.append(Cell(at[r], c, max(shown, 1), width, sheet.grid.get((r, c), ""), origin))
    return Table(tuple(cells), len(rows), columns, Origin(f"sheet {sheet.name}", block, number))
