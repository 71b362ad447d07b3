"""The narrative: which line is a heading, which is text, and where a section ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from normalizers.sections import heading
from pipeline.extract import extract

Docx = Callable[..., Path]


@pytest.mark.parametrize(
    ("line", "level", "number", "words", "text"),
    [
        ("一、基本情况", 1, "一、", "基本情况", None),
        ("（二）项目支出情况", 2, "（二）", "项目支出情况", None),
        ("(三)绩效目标", 2, "(三)", "绩效目标", None),
        ("1.资金到位情况", 3, "1.", "资金到位情况", None),
        ("（一）经济性评价。日常公用经费控制在预算之内，没有超支。", 2, "（一）", "经济性评价", "日常公用经费控制在预算之内，没有超支。"),
    ],
)  # fmt: skip
def test_a_numbered_line_is_a_heading(line: str, level: int, number: str, words: str, text: str | None) -> None:
    found = heading(line)
    assert found is not None
    assert (found.level, found.number, found.words, found.text) == (level, number, words, text)


@pytest.mark.parametrize(
    "line",
    [
        "1.财务工作人员项目管理能力有限，专业技术知识有待提高。",
        "2、指标名称分值确定，按个数平均；",
        "目标1：通过预算执行；",
        "无。",
        "2.5万元",
        "一是加强领导",
    ],
)
def test_a_numbered_sentence_is_text(line: str) -> None:
    assert heading(line) is None


def test_sections_end_at_the_annexes_and_their_forms(docx: Docx) -> None:
    source = (
        "青禾县水务局\n# 部门整体支出绩效自评报告\n（2022年度）\n2023年3月24日\n\n1) 基本情况\n有科室三个。\n2) 支出情况\n无。\n"
        "七、存在的问题\n1.管理经验不足。\n青禾县水务局\n2023年3月24日\n附件1\n# 部门整体支出绩效自评表\n| 部门名称 | 青禾县水务局 |\n"
    )
    record = extract(docx(source)).submission
    assert [(s.kind, s.level, s.number, s.heading, s.text) for s in record.sections] == [
        ("overview", 1, "一、", "基本情况", "有科室三个。"),
        ("spending", 2, "（一）", "支出情况", "无。"),
        ("problems", 1, "七、", "存在的问题", "1.管理经验不足。"),
    ]
    assert record.report.unit == "青禾县水务局"
    assert (record.report.title, record.report.fiscal_year) == ("部门整体支出绩效自评报告", 2022)
    assert str(record.report.reported_on) == "2023-03-24"


def test_a_report_without_any_table_has_sections_and_no_forms(docx: Docx) -> None:
    record = extract(docx("# 项目绩效自评报告\n一、项目概况\n正文。\n")).submission
    assert (len(record.forms), len(record.sections), record.findings) == (0, 1, ())
