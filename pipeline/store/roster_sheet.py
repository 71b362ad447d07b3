"""A roster as a sheet: its units, by the headings of its columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from normalizers.text import squeeze
from schema.errors import StoreError

# What a column of a roster may be called.
_HEADINGS = {
    "name": ("单位名称", "单位", "部门名称", "部门", "预算单位", "名称", "name", "unit"),
    "code": ("单位代码", "单位编码", "预算单位编码", "代码", "编码", "code"),
    "also": ("其他写法", "别名", "简称", "曾用名", "also", "aliases"),
    "contact": ("联系人", "联系方式", "联系电话", "电话", "contact"),
    "expected": ("应报份数", "应报", "份数", "expected"),
}
_APART = str.maketrans("；;，,|\n", "、、、、、、")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a year's roster. also: other spellings of its name; expected: files."""

    name: str
    code: str | None = None
    also: tuple[str, ...] = ()
    contact: str | None = None
    expected: int = 1


def from_file(path: Path) -> list[Unit]:
    """The units of a sheet (.xlsx, or .csv in UTF-8); its first row that has a heading for a unit's name heads it. Raises StoreError with
    the row and the remedy."""
    rows = _rows(path)
    head, columns = next(((no, found) for no, row in enumerate(rows) if (found := _columns(row))), (0, {}))
    if not columns:
        raise StoreError(path, "没有“单位名称”一栏", f"表头可用{'、'.join(names[0] for names in _HEADINGS.values())}")
    out: dict[str, Unit] = {}
    for no, row in enumerate(rows[head + 1 :], head + 2):
        told = {field: str(row[at]).strip() for field, at in columns.items() if at < len(row) and row[at] is not None}
        name = squeeze(told.get("name", ""))
        if not name:
            continue
        if name in out:
            raise StoreError(f"{path}第{no}行", f"单位“{name}”重复", "请合并为一行，份数写在应报份数里")
        expected = told.get("expected") or "1"
        if not expected.removesuffix(".0").isdigit():
            raise StoreError(f"{path}第{no}行", f"应报份数“{expected}”不是整数", "请改正")
        also = [squeeze(part) for part in told.get("also", "").translate(_APART).split("、")]
        out[name] = Unit(
            name, told.get("code", "").removesuffix(".0") or None, tuple(filter(None, also)), told.get("contact") or None,
            int(expected.removesuffix(".0")),
        )  # fmt: skip
    if not out:
        raise StoreError(path, "没有单位", "请在表头下面每行写一个单位")
    return list(out.values())


def _rows(path: Path) -> list[list[Any]]:
    import csv
    import zipfile

    try:
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            from openpyxl import load_workbook

            book = load_workbook(path, read_only=True, data_only=True)
            return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
        return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise StoreError(path, f"名单无法读取（{error}）", "请用.xlsx，或UTF-8编码的.csv") from None


def _columns(row: Iterable[Any]) -> dict[str, int]:
    """Which column of a heading row is what; nothing where none is the unit's name."""
    texts = [squeeze(str(cell or "")).lower() for cell in row]
    found = {
        field: texts.index(name) for field, names in _HEADINGS.items() for name in reversed(names) if name in texts
    }
    return found if "name" in found else {}
