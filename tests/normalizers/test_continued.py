"""Groups that go on over repeated headings, and a heading nobody knows beside one that is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.extract import extract

Docx = Callable[..., Path]
HEADINGS = "| 绩效指标 | 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 | 分值 | 得分 |\n"
FIRST = (
    "| ^ | 产出指标（60分） | 数量指标 | 清淤长度 | 12公里 | 12公里 | 30 | 30 |\n"
    "| ^ | ^ | 质量指标 | 验收合格率 | 100% | 100% | 10 | 10 |\n"
)
SECOND = (
    "| ^ |  |  | 返工率 | ≤2% | 1% | 10 | 10 |\n"
    "| ^ | ^ | 时效指标 | 按期完工率 | 100% | 100% | 10 | 10 |\n"
    "| ^ | 效益指标（40分） | 社会效益指标 | 受益人口 | 3万人 | 3万人 | 40 | 40 |\n"
)


def levels(path: Path) -> list[tuple[str | None, str | None, str | None]]:
    (form,) = extract(path).submission.forms
    return [(i.level1, i.level2, i.level3) for i in form.indicators]


EXPECTED = [
    ("产出指标", "数量指标", "清淤长度"), ("产出指标", "质量指标", "验收合格率"), ("产出指标", "质量指标", "返工率"),
    ("产出指标", "时效指标", "按期完工率"), ("效益指标", "社会效益指标", "受益人口"),
]  # fmt: skip


def test_a_group_goes_on_in_the_blank_cells_of_a_continued_table(docx: Docx) -> None:
    path = docx(
        f"# 项目支出绩效自评表\n\n| 项目名称 | 河道清淤 | < | < | < | < | < | < |\n{HEADINGS}{FIRST}\n续表\n{HEADINGS}{SECOND}"
    )
    assert levels(path) == EXPECTED
    assert not [f for f in extract(path).submission.findings if f.check == "group_weight"]


def test_a_group_goes_on_below_headings_repeated_in_the_same_table(docx: Docx) -> None:
    path = docx(
        f"# 项目支出绩效自评表\n\n| 项目名称 | 河道清淤 | < | < | < | < | < | < |\n{HEADINGS}{FIRST}{HEADINGS}{SECOND}"
    )
    assert levels(path) == EXPECTED


def test_a_blank_group_at_the_head_of_a_form_takes_nothing_from_the_form_before(docx: Docx) -> None:
    first = f"# 项目支出绩效自评表\n\n| 项目名称 | 河道清淤 | < | < | < | < | < | < |\n{HEADINGS}{FIRST}"
    second = f"\n# 项目支出绩效自评表\n\n| 项目名称 | 堤防加固 | < | < | < | < | < | < |\n{HEADINGS}{SECOND}"
    forms = extract(docx(first + second)).submission.forms
    assert [form.indicators[0].level1 for form in forms] == ["产出指标", None]


def test_a_heading_nobody_knows_beside_the_planned_goal_is_no_goal(docx: Docx) -> None:
    path = docx(
        "# 项目支出绩效自评表\n\n| 项目名称 | 河道清淤 | < | < | < | < | < | < |\n"
        "| 年度总体目标 | 预期目标 | < | < | 年末回望与总览 | < | < | < |\n"
        "| ^ | 完成城区河道清淤十二公里，改善水质。 | < | < | 已完成河道清淤十二公里，水质达到四类。 | < | < | < |\n"
        f"{HEADINGS}{FIRST}"
    )
    extraction = extract(path)
    (goal,) = extraction.submission.forms[0].goals
    assert (goal.planned, goal.actual) == ("完成城区河道清淤十二公里，改善水质。", None)
    assert goal.extra == {"年末回望与总览": "已完成河道清淤十二公里，水质达到四类。"}
    assert [left.text for left in extraction.evidence.leftovers] == ["年末回望与总览"]
