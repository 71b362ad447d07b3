"""Every format truncated and with flipped bytes: read or refused in one line, never a crash."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from extractors import File
from pipeline.extract import Extraction
from pipeline.run import attempt
from tests.conftest import ROOT

FORMATS = ROOT / "data" / "formats"
CASES = [
    FORMATS / name
    for name in ("justice-2020.doc", "culture-2022.pdf", "culture-2022.xlsx", "culture-2022.html")
]
FLIPS = 40  # a format; `make soak` is the place for thousands


def survives(path: Path) -> None:
    result = attempt(File(path))
    if not isinstance(result, Extraction):
        message = str(result)
        assert "\n" not in message
        assert path.name in message
        assert "读取时出错" not in message, message


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_truncated_file(case: Path, tenths: int, tmp_path: Path) -> None:
    data = case.read_bytes()
    path = tmp_path / case.name
    path.write_bytes(data[: len(data) * tenths // 10])
    survives(path)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
@pytest.mark.parametrize("seed", range(FLIPS))
def test_a_file_with_flipped_bytes(case: Path, seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    data = bytearray(case.read_bytes())
    for _ in range(rng.randint(1, 60)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    path = tmp_path / case.name
    path.write_bytes(bytes(data))
    survives(path)


def test_a_page_with_ten_thousand_nested_tables(tmp_path: Path) -> None:
    path = tmp_path / "nested.html"
    path.write_text("<html><body>" + "<table><tr><td>" * 10_000 + "甲", encoding="utf-8")
    survives(path)


def test_a_page_that_names_a_file_fetches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "remote.html"
    path.write_text(
        '<html><body><img src="http://127.0.0.1:9/x"><p>一、情况</p><p>甲</p></body></html>', encoding="utf-8"
    )
    assert isinstance(attempt(File(path)), Extraction)


def test_a_sheet_with_a_hundred_thousand_styled_empty_rows(tmp_path: Path) -> None:
    import openpyxl
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["A2"], sheet["B2"] = "项目支出绩效自评表", "项目名称", "甲"
    for row in range(3, 100_000, 10):
        sheet.cell(row, 1).font = Font(bold=True)
    path = tmp_path / "rows.xlsx"
    book.save(path)
    survives(path)


def test_a_pdf_that_goes_in_circles_and_one_of_ten_metres(tmp_path: Path) -> None:
    circle = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj\ntrailer<</Root 1 0 R>>"
    huge = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 28346 28346]>>endobj\ntrailer<</Root 1 0 R>>"
    )
    for name, data in (("circle.pdf", circle), ("huge.pdf", huge)):
        path = tmp_path / name
        path.write_bytes(data)
        survives(path)
