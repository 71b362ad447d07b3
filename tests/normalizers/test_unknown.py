"""Headings nobody knows: taken by likeness with a reason, else kept under their own words; never a guess."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from pipeline.extract import Extraction, extract

Docx = Callable[..., Path]
FORM = """# 项目支出绩效自评表
| 项目名称 | 河道保洁 | < | < | < | < |
| 项目资金（万元） | | 年初预算数 | 全年预算数 | {funds} | 执行率 |
| ^ | 年度资金总额 | 100 | 110 | 99 | 90% |
| 一级指标 | 二级指标 | 三级指标 | {target} | 分值 | 得分 |
| 产出指标 | 数量指标 | 保洁里程 | ≥20公里 | 60 | 60 |
| ^ | 质量指标 | 合格率 | ≥95% | 40 | 40 |
| 合计 | < | < | < | 100 | 100 |
"""


def read(docx: Docx, funds: str = "全年执行数", target: str = "年度指标值") -> Extraction:
    return extract(docx(FORM.format(funds=funds, target=target)))


def recognised(extraction: Extraction) -> set[tuple[str, str]]:
    return {(p.field, p.recognised or "") for p in extraction.evidence.provenance if p.recognised}


def test_a_heading_close_to_a_known_one_is_taken_and_the_provenance_says_why(docx: Docx) -> None:
    found = read(docx, target="本年度指标值")
    assert [i.target for i in found.submission.forms[0].indicators] == ["≥20公里", "≥95%"]
    assert {field for field, _ in recognised(found)} == {"target"}
    assert all("近似" in reason for _, reason in recognised(found))
    assert [(u.text, u.field, u.taken) for u in found.evidence.unknown] == [("本年度指标值", "target", True)]


def test_a_heading_like_no_other_keeps_its_own_words(docx: Docx) -> None:
    found = read(docx, target="乙方承诺")
    assert [i.target for i in found.submission.forms[0].indicators] == [None, None]
    assert found.submission.forms[0].indicators[0].extra == {"乙方承诺": "≥20公里"}
    assert [(u.text, u.taken, u.below) for u in found.evidence.unknown] == [("乙方承诺", False, ("≥20公里", "≥95%"))]


def test_money_under_a_heading_nobody_knows_is_no_amount(docx: Docx) -> None:
    """It looked like a bare amount that no heading names."""
    silent = (
        FORM.replace("| 执行率 |", "| 说明 |")
        .replace("| 90% |", "| 无 |")
        .format(funds="甲方口径", target="年度指标值")
    )
    total = extract(docx(silent)).submission.forms[0].funds[0]
    assert (total.amount, total.executed) == (None, None)
    assert total.extra == {"甲方口径": "99", "说明": "无"}
    known = read(docx).submission.forms[0].funds[0]
    assert known.executed == Decimal(99)


def test_an_execution_rate_shows_which_figure_was_executed(docx: Docx) -> None:
    found = read(docx, funds="甲方口径")
    assert found.submission.forms[0].funds[0].executed == Decimal(99)
    assert [(field, why[:6]) for field, why in recognised(found)] == [("executed", "整表判断，把")]
    (told,) = found.evidence.unknown
    assert (told.text, told.field, told.taken, told.below) == ("甲方口径", "executed", True, ("99",))


def test_headings_of_money_nobody_knows_are_found_over_lines_that_are_known(docx: Docx) -> None:
    source = """# 项目支出绩效自评表
| 项目名称 | 河道保洁 | < | < | < |
| 资金（万元） | | 年初安排额 | 调整后安排额 | 年内支出额 | 支出占比 |
| ^ | 年度资金总额 | 100 | 110 | 99 | 90% |
| ^ | 其中：财政拨款 | 90 | 100 | 95 | 95% |
""".replace("河道保洁 | < | < | < |", "河道保洁 | < | < | < | < |")
    total, part = extract(docx(source)).submission.forms[0].funds
    assert (total.item, total.revised, total.executed, total.execution_rate) == ("total", 110, 99, Decimal("0.9"))
    assert (part.item, part.amount) == ("fiscal", None)


def test_a_heading_known_to_say_nothing_is_not_listed_as_unknown_and_its_figures_are_kept(docx: Docx) -> None:
    found = read(docx, funds="拨付情况")
    assert found.evidence.unknown == ()
    total = found.submission.forms[0].funds[0]
    assert (total.executed, total.extra) == (None, {"拨付情况": "99"})


def test_an_unknown_heading_of_a_goal_is_no_goal(docx: Docx) -> None:
    source = FORM.format(funds="全年执行数", target="年度指标值").replace(
        "| 一级指标",
        "| 年度总体目标 | 甲方愿景 | < | < | 实际完成情况 | < |\n| ^ | 全年保持河道清洁。 | < | < | 已完成。 | < |\n| 一级指标",
        1,
    )
    goal = extract(docx(source)).submission.forms[0].goals
    assert [(g.planned, g.actual, g.extra) for g in goal] == [(None, "已完成。", {"甲方愿景": "全年保持河道清洁。"})]


def test_the_cells_below_and_what_the_band_lacks_make_a_proposal_that_nothing_is_read_by(docx: Docx) -> None:
    found = read(docx, target="当年应达水平")
    told = {u.text: (u.field, (u.reason or "")[:9], u.taken) for u in found.evidence.unknown}
    assert told == {"当年应达水平": ("target", "整表判断，把握0.", False)}
    assert [i.target for i in found.submission.forms[0].indicators] == [None, None]


def test_a_group_goes_on_in_rows_that_leave_it_blank(docx: Docx) -> None:
    source = FORM.format(funds="全年执行数", target="年度指标值").replace("| ^ | 质量指标 |", "|  | 质量指标 |")
    found = extract(docx(source))
    second = found.submission.forms[0].indicators[1]
    assert (second.level1, second.level2, second.category) == ("产出指标", "质量指标", "output.quality")
    assert ("level1", "沿用上一行的分组") in recognised(found)


def test_a_group_does_not_go_on_in_a_row_that_cannot_be_its(docx: Docx) -> None:
    source = FORM.format(funds="全年执行数", target="年度指标值").replace("| ^ | 质量指标 |", "|  | 社会效益指标 |")
    second = extract(docx(source)).submission.forms[0].indicators[1]
    assert (second.level1, second.category) == (None, "benefit.social")


def test_a_line_over_all_columns_is_no_indicator(docx: Docx) -> None:
    source = FORM.format(funds="全年执行数", target="年度指标值").replace(
        "| 合计", "| 甲方备忘 | 另见附件材料 | < | < | < | < |\n| 合计"
    )
    found = extract(docx(source))
    assert len(found.submission.forms[0].indicators) == 2
    assert {left.text for left in found.evidence.leftovers} == {"甲方备忘"}
    assert (found.submission.forms[0].extra or {})["甲方备忘"] == "另见附件材料"


def test_the_money_of_tasks_under_a_heading_nobody_knows_is_no_fund(docx: Docx) -> None:
    source = FORM.format(funds="全年执行数", target="年度指标值").replace(
        "| 一级指标",
        "| 年度主要任务 | 甲方事项 | 完成情况 | < | 预算数 | 执行数 |\n| ^ | 路灯养护 | 已完成 | < | 12.5 | 12 |\n| 一级指标",
        1,
    )
    found = extract(docx(source))
    assert [fund.label for fund in found.submission.forms[0].funds] == ["年度资金总额"]
    assert "甲方事项" in {left.text for left in found.evidence.leftovers} | {u.text for u in found.evidence.unknown}


def test_a_label_nobody_knows_keeps_its_value_under_its_own_words(docx: Docx) -> None:
    source = FORM.format(funds="全年执行数", target="年度指标值").replace(
        "| 项目名称 | 河道保洁 | < | < | < | < |",
        "| 甲方编号 | A-17 | < | < | 乙方归口 | 三处 |\n| 项目名称 | 河道保洁 | < | < | 丙方口径 | 年报 |",
    )
    found = extract(docx(source))
    form = found.submission.forms[0]
    assert form.project == "河道保洁"
    assert form.extra == {"甲方编号": "A-17", "乙方归口": "三处", "丙方口径": "年报", "分值合计": "100"}
    assert {u.text for u in found.evidence.unknown} == {"甲方编号", "乙方归口", "丙方口径"}
    assert {left.text for left in found.evidence.leftovers} == {"甲方编号", "乙方归口", "丙方口径"}


def test_a_label_close_to_a_known_one_is_taken_where_its_value_fits(docx: Docx) -> None:
    row = "| 项目名称 | 河道保洁 | < | < | 项目的主管部门 | {value} |"
    source = FORM.format(funds="全年执行数", target="年度指标值")
    source = source.replace("| 项目名称 | 河道保洁 | < | < | < | < |", row)
    found = extract(docx(source.replace("{value}", "青川市水务局")))
    assert found.submission.forms[0].supervisor == "青川市水务局"
    assert ("supervisor", "近似“项目主管部门”（0.92）") in recognised(found)
    figure = extract(docx(source.replace("{value}", "12.5")))
    assert figure.submission.forms[0].supervisor is None
    assert (figure.submission.forms[0].extra or {})["项目的主管部门"] == "12.5"


def test_a_column_of_tasks_nobody_knows_keeps_its_own_words(docx: Docx) -> None:
    source = FORM.format(funds="全年执行数", target="年度指标值").replace(
        "| 一级指标",
        "| 年度主要任务 | 任务名称 | 主要内容 | < | 甲方口径 | 完成情况 |\n| ^ | 路灯养护 | 更换灯具 | < | 全口径 | 已完成 |\n| 一级指标",
        1,
    )
    found = extract(docx(source))
    (task,) = found.submission.forms[0].tasks
    assert (task.name, task.extra) == ("路灯养护", {"甲方口径": "全口径"})
    assert [u.text for u in found.evidence.unknown] == ["甲方口径"]
