"""The text-dump reader: rows and cells of the three ways that programs write a table as text."""

from __future__ import annotations

from pathlib import Path

import pytest

import extractors
from schema.document import Paragraph, Table
from schema.errors import FileRefused


def read(tmp_path: Path, text: str, encoding: str = "utf-8") -> tuple[list[list[list[str]]], list[str]]:
    path = tmp_path / "dump.txt"
    path.write_bytes(text.encode(encoding))
    blocks = extractors.read(path).blocks
    tables = []
    for block in blocks:
        if isinstance(block, Table):
            assert block.ragged == set(range(block.rows))
            tables.append([[c.text for c in block.cells if c.row == r] for r in range(block.rows)])
    return tables, [b.text for b in blocks if isinstance(b, Paragraph) and b.text]


def test_a_cell_a_line_after_a_tab_and_a_blank_line_between_rows(tmp_path: Path) -> None:
    tables, lines = read(tmp_path, "标题\n\t甲\n\t乙\n\n\t1\n\t2\n接着\n\n\n说明：完\n")
    assert tables == [[["甲", "乙"], ["1", "2\n接着"]]]
    assert lines == ["标题", "说明：完"]


def test_a_blank_paragraph_inside_a_cell_does_not_cut_the_row(tmp_path: Path) -> None:
    row = "\n".join(f"\t{i}" for i in range(8))
    tables, _ = read(tmp_path, f"{row}\n\n{row}\n\n\t0\n\t1\n\t2\n\t3\n\t4\n\t5\n\t6\n\n\t7\n\n{row}\n\n\n完\n")
    assert [len(r) for r in tables[0]] == [8, 8, 8, 8]


def test_blank_lines_inside_a_cell_are_told_from_the_end_of_the_table(tmp_path: Path) -> None:
    text = "\t甲\n\t乙\n\t丙\n\n\t产出\n\n\n\n效益\n\t数量\n\t次数\n\n\n填表人：\n"
    tables, lines = read(tmp_path, text)
    assert tables == [[["甲", "乙", "丙"], ["产出\n\n\n\n效益", "数量", "次数"]]]
    assert lines == ["填表人："]


def test_rows_of_tabs_go_on_over_a_page(tmp_path: Path) -> None:
    tables, _ = read(tmp_path, "甲\t乙\n1\t2\n\n3\t4\n\n说明\n")
    assert tables == [[["甲", "乙"], ["1", "2"], ["3", "4"]]]


def test_pipes_with_rules_and_breaks(tmp_path: Path) -> None:
    tables, _ = read(tmp_path, "| 甲 | 乙 |\n|---|:--|\n| a<br>b |  |\n")
    assert tables == [[["甲", "乙"], ["a\nb", ""]]]


def test_gb18030_is_read_and_bookmarks_are_dropped(tmp_path: Path) -> None:
    assert read(tmp_path, "[bookmark: _GoBack]自评表\n", "gb18030")[1] == ["自评表"]


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 4, b"\x00\x01\x02" * 100, b"<?xml version='1.0'?><w:wordDocument/>"]
)
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "noise.txt"
    path.write_bytes(data)
    with pytest.raises(FileRefused):
        extractors.read(path)
