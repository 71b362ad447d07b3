"""The old .doc: what ends a paragraph, numbers that a style gives, text boxes. tests/extractors/files/styled-2023.doc was made with python-docx
(three sections, headings numbered by their styles, a text box, a page break in a paragraph) and saved as .doc by LibreOffice 7.4."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractors import read
from extractors.files import File
from extractors.msdoc.styles import styles
from schema.document import Paragraph

STYLED = Path(__file__).parent / "files" / "styled-2023.doc"


@pytest.fixture(scope="module")
def paragraphs() -> list[Paragraph]:
    return [b for b in read(File(STYLED)).blocks if isinstance(b, Paragraph) and b.text.strip()]


def test_a_section_ends_a_paragraph_and_styles_number_headings(paragraphs: list[Paragraph]) -> None:
    assert [b.text for b in paragraphs if b.origin.part == "body"] == [
        "白鹭市测绘院2023年度部门整体支出绩效自评报告",
        "一、部门概况",
        "（一）机构设置",
        "本院内设三个科室。",
        "二、资金使用情况",
        "全年预算一百万元，执行九十八万元。",
        "三、存在的问题",
        "无。",
        "以上。",
    ]


def test_the_text_of_a_box_is_read(paragraphs: list[Paragraph]) -> None:
    assert [b.text for b in paragraphs if b.origin.part == "textbox"] == ["填报人：甲某"]


@pytest.mark.parametrize("broken", [b"", b"\x04", b"\x12\x00\xff\xff\x0a\x00" + b"\xff" * 40])
def test_a_broken_style_sheet_has_no_styles(broken: bytes) -> None:
    assert styles(broken) == {}
