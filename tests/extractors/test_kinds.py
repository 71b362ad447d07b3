"""What kind a file is, told by what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractors import read
from extractors.files import File
from schema.document import Table
from tests.conftest import ROOT

XLS = ROOT / "data" / "formats" / "congress-2023.xls"


@pytest.mark.parametrize(
    "begins", ["<meta charset=utf-8>", "<p>说明</p>", "<div>", "<!-- 导出 -->", "<center>", "<style>td{}</style>"]
)
def test_a_web_page_may_begin_with_any_element(begins: str, tmp_path: Path) -> None:
    path = tmp_path / "form.htm"
    path.write_text(f"{begins}<table><tr><td>项目名称</td><td>河道保洁</td></tr></table>", encoding="utf-8")
    document = read(File(path))
    assert document.format == "html"
    assert any(isinstance(block, Table) for block in document.blocks)


def test_a_text_that_begins_with_a_sign_is_no_page(tmp_path: Path) -> None:
    path = tmp_path / "form.txt"
    path.write_text("<附件1>\n一、基本情况\n无。\n", encoding="utf-8")
    assert read(File(path)).format == "text"


def test_a_workbook_that_holds_a_word_document_is_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "form.xls"
    path.write_bytes(XLS.read_bytes() + "WordDocument".encode("utf-16-le").ljust(512, b"\0"))
    assert read(File(path)).format == "xls"


def test_a_pdf_that_may_not_be_copied_from_is_read_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    path, room = tmp_path / "form.pdf", tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(room))
    canvas = Canvas(str(path), encrypt=StandardEncryption("", "owner", canCopy=0))
    for row in range(6):  # a table without ruling lines, which camelot is asked for
        for column in range(5):
            canvas.drawString(60 + 100 * column, 700 - 24 * row, f"A{row}{column}")
    canvas.save()
    document = read(File(path))
    assert "A00" in " ".join(text.text for text in document.texts())
    assert list(room.iterdir()) == []
