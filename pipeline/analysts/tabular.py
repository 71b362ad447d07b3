"""Rows in the formats of exports: table, CSV, JSON, JSON Lines, Markdown, a sheet of an .xlsx, Parquet.

A text that a spreadsheet would take for a formula is never one: in .xlsx it is written as text, in CSV it gets a leading '.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.extract import as_json, json_value
from pipeline.screen import markup_safe
from schema.exact import exact
from schema.visible import readable

if TYPE_CHECKING:
    from openpyxl import Workbook
    from rich.console import Console

Row = Sequence[Any]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SHARES = ("rate", "share")  # endings of columns that hold fractions
_LONGEST = 32_767  # characters a cell of a sheet takes
_WIDEST = 40
_A4 = 9  # as Excel numbers papers


def share(column: str) -> bool:
    """Does a column hold fractions that people read as per cent?"""
    return any(part in _SHARES for part in column.split("_")) or column == "gap"


def plain(value: Any) -> Any:
    """A value as text and JSON tell it: numbers exact, dates ISO."""
    return json_value(Decimal(repr(value)) if isinstance(value, float) else value)


def shown(value: Any, column: str) -> str:
    """A value as a person reads it."""
    if value is None:
        return ""
    if share(column) and isinstance(value, int | float | Decimal):
        return f"{exact(round(Decimal(str(value)) * 100, 2)):f}%"
    value = plain(value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


# ---------------------------------------------------------------- text
def table(columns: Sequence[str], labels: Sequence[str], rows: Iterable[Row], console: Console) -> None:
    from rich.table import Table

    out = Table(box=None, header_style="bold", pad_edge=False)
    rows = list(rows)
    for at, label in enumerate(labels):
        number = all(isinstance(row[at], int | float | Decimal | None) for row in rows)
        out.add_column(
            markup_safe(label), justify="right" if number and rows else "left", overflow="fold", no_wrap=number
        )
    for row in rows:
        out.add_row(*(markup_safe(shown(v, c)) for v, c in zip(row, columns, strict=True)))
    console.print(out, highlight=False)


def to_csv(columns: Sequence[str], rows: Iterable[Row], out: Any) -> None:
    """CSV with a head line; out: an open text file."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_safe(plain(value)) for value in row] for row in rows)


def _safe(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if not isinstance(value, str):
        return value
    return "'" + readable(value) if value.startswith(_FORMULA) else readable(value)


def to_lines(columns: Sequence[str], rows: Iterable[Row], out: Any) -> None:
    """JSON Lines: an object a row."""
    for row in rows:
        out.write(as_json(_object(columns, row), indent=None) + "\n")


def _object(columns: Sequence[str], row: Row) -> dict[str, Any]:
    return {c: plain(v) for c, v in zip(columns, row, strict=True)}


def text(kind: str, columns: Sequence[str], labels: Sequence[str], rows: Iterable[Row]) -> str:
    """Rows as `csv`, `json` or `md`."""
    if kind == "json":
        return as_json([_object(columns, row) for row in rows]) + "\n"
    out = io.StringIO()
    if kind == "csv":
        to_csv(columns, rows, out)
    else:
        lines = [
            labels,
            ["---"] * len(labels),
            *([shown(v, c) for v, c in zip(r, columns, strict=True)] for r in rows),
        ]
        for line in lines:
            out.write("| " + " | ".join(_cell(value) for value in line) + " |\n")
    return out.getvalue()


def _cell(value: str) -> str:
    return readable(value).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", "<br>")


# ---------------------------------------------------------------- sheets
def book() -> Workbook:
    """An .xlsx to be written row by row."""
    from openpyxl import Workbook

    return Workbook(write_only=True)


def sheet(to: Workbook, title: str, columns: Sequence[str], labels: Sequence[str], rows: Iterable[Row]) -> int:
    """A sheet with frozen headings and typed cells; how many rows. Widths come from the first hundred rows."""
    from itertools import chain, islice

    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    out = to.create_sheet(title)
    out.freeze_panes = "A2"
    out.page_setup.orientation, out.page_setup.paperSize = "landscape", _A4
    out.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    out.page_setup.fitToHeight = 0  # as many pages as there are rows for, each as wide as the sheet
    out.print_title_rows = "1:1"
    rows = iter(rows)
    first = list(islice(rows, 100))
    for at, label in enumerate(labels, 1):
        widths = [_width(label), *(_width(shown(row[at - 1], columns[at - 1])) for row in first)]
        out.column_dimensions[get_column_letter(at)].width = min(max(widths) + 2, _WIDEST)
    head = []
    for label in labels:
        cell = WriteOnlyCell(out, value=label)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDE6F0")
        head.append(cell)
    out.append(head)
    count = 0
    for row in chain(first, rows):
        out.append([_typed(out, value, column) for value, column in zip(row, columns, strict=True)])
        count += 1
    out.auto_filter.ref = f"A1:{get_column_letter(len(labels))}{count + 1}"
    return count


def _typed(out: Any, value: Any, column: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, str):
        cell = WriteOnlyCell(out, value=readable(value)[:_LONGEST])
        cell.data_type = "s"  # never a formula
        return cell
    if isinstance(value, Decimal):
        value = float(value) if value != value.to_integral_value() else int(value)
    cell = WriteOnlyCell(out, value=value)
    if share(column) and isinstance(value, int | float):
        cell.number_format = "0.00%"
    elif isinstance(value, date | datetime):
        cell.number_format = "yyyy-mm-dd"
    return cell


def _width(text: str) -> int:
    return max((sum(2 if ord(c) > 0x2E80 else 1 for c in line) for line in text.split("\n")), default=0)


def save(to: Workbook, path: Path) -> None:
    """Raises OSError."""
    to.save(path)
