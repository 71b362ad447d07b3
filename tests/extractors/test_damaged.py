"""Every format truncated and with flipped bytes: read or refused in one line, never a crash."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
import zlib
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from data.maker.scans import Scanner, pictures
from extractors.files import File
from pipeline.batch.run import attempt, find
from pipeline.extract import Extraction, as_evidence, as_json, as_record, extract
from pipeline.store import documents
from schema.errors import FileRefused, ZipingError
from tests.conftest import ROOT, SAMPLES

FORMATS = ROOT / "data" / "formats"
CASES = [
    SAMPLES / "culture-2022.docx",
    *(
        FORMATS / name
        for name in (
            "justice-2020.doc", "culture-2022.pdf", "culture-2022.xlsx", "culture-2022.xls", "culture-2022.html",
        )
    ),
]  # fmt: skip
FLIPS = 40  # a format
MANY_FLIPS = 600  # a format in `make soak`


def survives(path: Path, of: Path | None = None) -> Extraction | ZipingError:
    """Reads the file, or the last member of the bundle. What is refused is refused in one line that names the file. What is read is
    sound; where the format has checksums it is what the undamaged file says, or nothing. of: the undamaged file."""
    result: Extraction | ZipingError | None = None
    for found in find([path]):
        result = attempt(found) if isinstance(found, File) else found
        if not isinstance(result, Extraction):
            message = str(result)
            assert "\n" not in message
            assert path.name in message
            assert "内部出错" not in message, message
        else:
            sound(result)
            if of is not None and of.suffix in _CHECKED:
                assert as_record(result) == undamaged(of)
    assert result is not None
    return result


_CHECKED = (".docx", ".xlsx")  # a member of a ZIP that was changed is noticed


@cache
def undamaged(path: Path) -> dict[str, Any]:
    return as_record(extract(path))


def sound(read: Extraction) -> None:
    """Whatever a damaged file says now, nothing is made up: every value stands in its cell, and all of it can be stored and told."""
    document = documents.unpack(documents.pack(read.document))
    assert document == read.document
    there: dict[Any, str] = {}
    for item in document.texts():
        there[item.origin] = there.get(item.origin, "") + item.text
    for value in read.evidence.provenance:
        assert value.raw in there[value.origin], value
    as_json(as_record(read)).encode()
    json.dumps(as_evidence(read), default=str, ensure_ascii=False).encode()
    assert "\0" not in "".join(there.values())


@pytest.fixture(autouse=True)
def blind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No recogniser where bytes are damaged at random: what it makes of a picture is another matter, and it takes a second."""
    if "soak" not in request.keywords:
        nothing = SimpleNamespace(boxes=None, txts=None, scores=None)
        monkeypatch.setattr("extractors.scan_text._engine", lambda: lambda *_, **__: nothing)


def flipped(whole: bytes, seed: int) -> bytes:
    rng = random.Random(seed)
    data = bytearray(whole)
    for _ in range(rng.randint(1, 60)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_truncated_file(case: Path, tenths: int, tmp_path: Path) -> None:
    data = case.read_bytes()
    path = tmp_path / case.name
    path.write_bytes(data[: len(data) * tenths // 10])
    survives(path, case)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
@pytest.mark.parametrize("seed", range(FLIPS))
def test_a_file_with_flipped_bytes(case: Path, seed: int, tmp_path: Path) -> None:
    path = tmp_path / case.name
    path.write_bytes(flipped(case.read_bytes(), seed))
    survives(path, case)


@pytest.mark.soak
@pytest.mark.parametrize("case", [*CASES, FORMATS / "congress-2023.pdf"], ids=lambda path: path.name)
def test_hundreds_of_files_with_flipped_bytes(case: Path, tmp_path: Path) -> None:
    path = tmp_path / case.name
    for seed in range(FLIPS, FLIPS + MANY_FLIPS):
        path.write_bytes(flipped(case.read_bytes(), seed))
        survives(path, case)


def bundled() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("culture-2022.html", "justice-2020.doc"):
            archive.write(FORMATS / name, name)
    return out.getvalue()


def photographed() -> bytes:
    """A small picture of the head of a form: a recogniser's second a flip is too much for hundreds."""
    from PIL import Image

    whole = Image.open(io.BytesIO(pictures((FORMATS / "council-2021.pdf").read_bytes(), Scanner(100))[0]))
    out = io.BytesIO()
    whole.crop((80, 120, 520, 260)).save(out, "JPEG")
    return out.getvalue()


OTHERS = {"bundle.zip": bundled, "photo.jpg": photographed}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_truncated_bundle_and_picture(name: str, tenths: int, tmp_path: Path) -> None:
    data = OTHERS[name]()
    path = tmp_path / name
    path.write_bytes(data[: len(data) * tenths // 10])
    survives(path)


@pytest.mark.parametrize("name", OTHERS)
def test_a_bundle_and_a_picture_with_flipped_bytes(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    data = OTHERS[name]()
    for seed in range(FLIPS // 4):
        path.write_bytes(flipped(data, seed))
        survives(path)


@pytest.mark.soak
@pytest.mark.parametrize("name", OTHERS)
def test_hundreds_of_bundles_and_pictures_with_flipped_bytes(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    data = OTHERS[name]()
    for seed in range(FLIPS, FLIPS + MANY_FLIPS):
        path.write_bytes(flipped(data, seed))
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


def test_a_pdf_page_of_a_hundred_thousand_lines_is_refused(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    path = tmp_path / "lines.pdf"
    canvas = Canvas(str(path))
    canvas._code.append("\n".join(f"{i % 595} {i % 842} m {i * 7 % 595} {i * 3 % 842} l S" for i in range(100_000)))
    canvas.save()
    assert "图形过多" in str(survives(path))


def png(width: int, height: int, rows: int) -> bytes:
    """A black and white picture that says it is so large; `rows` of its lines are there."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes((width + 7) // 8 + 1) * rows, 9))
    return b"\x89PNG\r\n\x1a\n" + header + body + chunk(b"IEND", b"")


def test_a_picture_of_a_billion_pixels_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png(30_000, 30_000, 30_000))
    assert "图片过大" in str(survives(path))


def test_a_picture_cut_off_and_a_picture_that_is_none(tmp_path: Path) -> None:
    whole = pictures((FORMATS / "council-2021.pdf").read_bytes(), Scanner(60))[0]
    for name, data in (("cut.jpg", whole[: len(whole) // 2]), ("none.jpg", b"\xff\xd8\xff" + bytes(300))):
        path = tmp_path / name
        path.write_bytes(data)
        assert "图片已损坏" in str(survives(path))


@pytest.mark.parametrize("table", ["sectors", "short sectors"])
def test_a_doc_whose_sectors_go_in_circles(table: str, tmp_path: Path) -> None:
    """[MS-CFB] 2.3 and 2.4: the sector tables are chains; here every link leads back to the first of its stream."""
    data = bytearray((FORMATS / "justice-2020.doc").read_bytes())
    first = struct.unpack_from("<I", data, 0x4C if table == "sectors" else 0x3C)[0]
    at = 512 * (first + 1)
    for i in range(128):
        link = struct.unpack_from("<I", data, at + 4 * i)[0]
        if link < 0xFFFFFFFA:
            struct.pack_into("<I", data, at + 4 * i, max(i - 1, 0))
    path = tmp_path / "circle.doc"
    path.write_bytes(bytes(data))
    survives(path)


def remade(path: Path, part: str, content: bytes) -> None:
    """The file with one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    path.write_bytes(out.getvalue())


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@pytest.mark.soak
def test_a_sheet_with_a_million_styled_empty_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    path.write_bytes((FORMATS / "culture-2022.xlsx").read_bytes())
    rows = b"".join(b'<row r="%d" s="1" customFormat="1"/>' % i for i in range(1, 1_000_001))
    sheet = f"<worksheet {MAIN}><sheetData>".encode() + rows + b"</sheetData></worksheet>"
    remade(path, "xl/worksheets/sheet1.xml", sheet)
    survives(path)


@pytest.mark.parametrize("ref", ["A1:XFD1048576", "A1:A1048576"])
def test_a_sheet_merged_to_its_ends(ref: str, tmp_path: Path) -> None:
    """openpyxl would make every cell of the range."""
    path = tmp_path / "merged.xlsx"
    path.write_bytes((FORMATS / "culture-2022.xlsx").read_bytes())
    sheet = f'<worksheet {MAIN}><sheetData/><mergeCells count="1"><mergeCell ref="{ref}"/></mergeCells></worksheet>'
    remade(path, "xl/worksheets/sheet1.xml", sheet.encode())
    with pytest.raises(FileRefused, match=f"合并的单元格超过500000个（{ref}）"):
        extract(path)


def test_a_sheet_that_asks_for_a_file_of_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "xxe.xlsx"
    path.write_bytes((FORMATS / "culture-2022.xlsx").read_bytes())
    secret = tmp_path / "secret.txt"
    secret.write_text("机密", encoding="utf-8")
    remade(
        path,
        "xl/worksheets/sheet1.xml",
        f'<!DOCTYPE x [<!ENTITY f SYSTEM "file://{secret}">]><worksheet {MAIN}><sheetData><row r="1"><c r="A1" t="inlineStr">'
        "<is><t>&f;</t></is></c></row></sheetData></worksheet>".encode(),
    )
    result = survives(path)
    assert "机密" not in str(result.document if isinstance(result, Extraction) else result)


@pytest.mark.parametrize("size", [(383, 47), (45_752, 140)])
def test_a_picture_that_is_a_strip_is_refused(size: tuple[int, int], tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "strip.png"
    Image.new("L", size, 255).save(path)
    assert "图片过小" in str(survives(path))


def test_a_member_whose_name_has_a_line_break_is_named_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("坏\n的.docx", b"PK\x03\x04")
    survives(path)
