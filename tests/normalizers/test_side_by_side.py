"""Two forms side by side in one table are two forms; a table whose headings repeat by chance is one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.extract import extract

Docx = Callable[..., Path]
TWO = """| 项目支出绩效自评表（2022年度） | < | < | < | < | < | < | < | < | < |
| 项目名称 | 河道保洁 | < | < | < | 项目名称 | 路灯养护 | < | < | < |
| 一级指标 | 二级指标 | 三级指标 | 指标值 | 得分 | 一级指标 | 二级指标 | 三级指标 | 指标值 | 得分 |
| 产出指标 | 数量指标 | 保洁里程 | ≥20公里 | 60 | 产出指标 | 数量指标 | 路灯盏数 | ≥300盏 | 50 |
| ^ | 质量指标 | 合格率 | ≥95% | 40 | ^ | 质量指标 | 亮灯率 | ≥98% | 50 |
"""


def test_two_forms_side_by_side_are_cut_apart(docx: Docx) -> None:
    found = extract(docx(TWO))
    forms = found.submission.forms
    assert [(form.project, form.title, form.fiscal_year) for form in forms] == [
        ("河道保洁", "项目支出绩效自评表", 2022), ("路灯养护", "项目支出绩效自评表", 2022),
    ]  # fmt: skip
    assert [[i.level3 for i in form.indicators] for form in forms] == [
        ["保洁里程", "合格率"],
        ["路灯盏数", "亮灯率"],
    ]
    assert [[str(i.score) for i in form.indicators] for form in forms] == [["60", "40"], ["50", "50"]]
    assert forms[1].indicators[1].level1 == "产出指标"
    assert found.evidence.leftovers == ()
    source = next(p for p in found.evidence.provenance if (p.record, p.field) == ("forms[1].indicators[0]", "score"))
    assert (source.raw, source.origin.column) == ("50", 10)


def test_a_cell_that_runs_over_the_middle_keeps_the_table_together(docx: Docx) -> None:
    source = TWO.replace("| 项目名称 | 河道保洁 | < | < | < | 项目名称 | 路灯养护 | < | < | < |",
                         "| 项目名称 | 河道保洁 | < | < | < | < | < | 年度 | 2022 | < |")  # fmt: skip
    assert len(extract(docx(source)).submission.forms) == 1
