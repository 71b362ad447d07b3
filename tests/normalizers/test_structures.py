"""Layouts as whole provinces use them, each in its smallest form."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from pipeline.extract import extract
from schema.records import Form, Submission

Docx = Callable[..., Path]


def form(docx: Docx, source: str) -> Form:
    return extract(docx(source)).submission.forms[0]


def submission(docx: Docx, source: str) -> Submission:
    return extract(docx(source)).submission


def test_a_level_over_a_name_and_its_points(docx: Docx) -> None:
    found = form(
        docx,
        """# 部门整体支出绩效自评表
| 一级指标 | < | 二级指标 | < | 三级指标 | < | 评分标准 | 得分 |
| 指标内容 | 分值 | 指标内容 | 分值 | 指标内容 | 分值 | ^ | ^ |
| 投入 | 60 | 预算配置 | 60 | 在职人员控制率 | 60 | 不超编制得满分 | 60 |
| 过程 | 40 | 预算执行 | 40 | 预算完成率 | 40 | 达到得满分 | 38 |
""",
    )
    assert [(i.level1, i.level1_weight, i.level2, i.level3, i.weight) for i in found.indicators] == [
        ("投入", 60, "预算配置", "在职人员控制率", 60),
        ("过程", 40, "预算执行", "预算完成率", 40),
    ]


def test_headings_over_two_rows_whose_lower_words_nobody_knows(docx: Docx) -> None:
    (found,) = form(
        docx,
        """# 项目支出绩效自评表
| 一级指标 | 三级指标 | 指标值 | 得分 | 甲方口径 | < |
| ^ | ^ | ^ | ^ | 达到 | 未达到 |
| 产出指标 | 保洁里程 | 20公里 | 10 | 是 | 否 |
""",
    ).indicators
    assert (found.level3, found.extra) == ("保洁里程", {"达到": "是", "未达到": "否"})


def test_a_blocks_own_name_may_head_a_column(docx: Docx) -> None:
    (found,) = form(
        docx,
        """# 项目支出绩效自评表
| 一级指标 | 评价指标 | 年度绩效目标 | 得分 |
| 产出指标 | 保洁里程 | 20公里 | 10 |
""",
    ).indicators
    assert (found.level3, found.target) == ("保洁里程", "20公里")


def test_points_behind_a_name_are_its_weight_where_no_column_has_them(docx: Docx) -> None:
    (found,) = form(
        docx,
        """# 部门整体支出绩效自评表
| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 得分 |
| 产出指标 | 数量指标 | 保洁里程（20分） | 20公里 | 18 |
""",
    ).indicators
    assert (found.level3, found.weight, found.score) == ("保洁里程", 20, 18)


def test_fields_named_beside_a_figure_hold_for_the_figures_below(docx: Docx) -> None:
    funds = form(
        docx,
        """# 项目支出绩效自评表
| 项目名称 | 河道保洁 | < | < |
| 年初预算数（万元） | 100 | 全年执行数（万元） | 90 |
| 其中：财政拨款 | 60 | 其中：财政拨款 | 55 |
| 其他资金 | 40 | 其他资金 | 35 |
""",
    ).funds
    assert [(f.item, f.approved, f.executed) for f in funds] == [
        ("total", 100, 90),
        ("fiscal", 60, 55),
        ("other", 40, 35),
    ]


def test_a_label_nobody_knows_among_fields_keeps_its_figures(docx: Docx) -> None:
    funds = form(
        docx,
        """# 项目支出绩效自评表
| 项目名称 | 河道保洁 | < | < |
| 甲方概算 | 100 | 全年执行数 | 90 |
| 其中：财政拨款 | 60 | 其中：财政拨款 | 55 |
""",
    ).funds
    assert [(f.item, f.amount, f.executed, f.extra) for f in funds] == [
        ("total", None, 90, {"甲方概算": "100"}),
        ("fiscal", None, 55, {"甲方概算": "60"}),
    ]


def test_a_label_that_could_name_a_field_heads_a_line_of_figures(docx: Docx) -> None:
    total, basic = form(
        docx,
        """# 部门整体支出绩效自评表
| 部门整体支出（万元） | | 年初预算数 | 全年预算数 | 全年执行数 |
| ^ | 全年支出 | 100 | 110 | 90 |
| ^ | 基本支出 | 100 | 110 | 90 |
""",
    ).funds
    assert (total.item, total.label, total.approved, total.executed) == ("total", "全年支出", 100, 90)
    assert basic.item == "basic"


def test_a_side_with_its_first_label_behind_it(docx: Docx) -> None:
    funds = form(
        docx,
        """# 部门整体支出绩效自评表
| 预算执行情况（万元） | | 年初预算数 | 全年执行数 |
| ^ | 年度预算总额 | 100 | 90 |
| ^ | 1、资金来源：（1）财政拨款 | 80 | 72 |
| ^ | （2）其他资金 | 20 | 18 |
| ^ | 2、资金结构：（1）基本支出 | 100 | 90 |
""",
    ).funds
    assert [(f.label, f.side, f.item) for f in funds] == [
        ("年度预算总额", None, "total"),
        ("财政拨款", "revenue", "fiscal"),
        ("其他资金", "revenue", "other"),
        ("基本支出", "expenditure", "basic"),
    ]


def test_two_cells_below_one_heading_are_no_goal(docx: Docx) -> None:
    goals = form(
        docx,
        """# 部门整体支出绩效自评表
| 年度总体目标 | 预期目标 | < | 实际完成情况 |
| ^ | 保持清洁。 | < | 已完成。 |
| 甲方定量 | 质量指标 | ≥95% | 96% |
""",
    ).goals
    assert [(g.planned, g.actual) for g in goals] == [("保持清洁。", "已完成。")]


def test_pairs_before_the_first_form_belong_to_it(docx: Docx) -> None:
    found = form(
        docx,
        """# 河道保洁绩效评价报告

| 项目名称 | 河道保洁 |
| 主管部门 | 青川市水务局 |

下面是各项指标。

| 一级指标 | 二级指标 | 三级指标 | 分值 | 得分 |
| 产出指标 | 数量指标 | 保洁里程 | 100 | 98 |
""",
    )
    assert (found.kind, found.project, found.supervisor) == ("project", "河道保洁", "青川市水务局")
    assert len(found.indicators) == 1


def test_numbered_lines_over_the_tables_of_a_titled_form_are_no_sections(docx: Docx) -> None:
    found = submission(
        docx,
        """# 项目支出绩效自评表
一、单位信息

| 项目名称 | 河道保洁 | 主管部门 | 青川市水务局 |

二、指标得分

| 一级指标 | 二级指标 | 三级指标 | 分值 | 得分 |
| 产出指标 | 数量指标 | 保洁里程 | 100 | 98 |
""",
    )
    assert [(f.title, f.kind, len(f.indicators)) for f in found.forms] == [("项目支出绩效自评表", "project", 1)]
    assert found.sections == ()


def test_headings_over_blank_rows_state_nothing(docx: Docx) -> None:
    found = form(
        docx,
        """# 项目支出绩效自评表
| 项目名称 | 河道保洁 | < |
| 一级指标 | 三级指标 | 得分 |
| 产出指标 | 保洁里程 | 10 |
| 姓名 | 单位 | 评审意见 |
| | | |
""",
    )
    assert found.unit is None


def test_a_line_below_a_form_with_a_label_nobody_knows_is_kept(docx: Docx) -> None:
    source = """# 项目支出绩效自评表
| 一级指标 | 三级指标 | 分值 | 得分 |
| 产出指标 | 保洁里程 | 10 | 10 |
甲方评语：较好
"""
    found = extract(docx(source))
    assert found.submission.forms[0].extra == {"甲方评语": "较好"}
    assert [u.text for u in found.evidence.unknown] == ["甲方评语"]


def test_amounts_whose_total_word_is_another_are_known(docx: Docx) -> None:
    funds = form(
        docx,
        """# 部门整体支出绩效自评表
| 部门名称 | 青川市水务局 | < | < |
| 人员经费总计 | 60 | 公用经费总额 | 40 |
""",
    ).funds
    assert [(f.item, f.amount) for f in funds] == [("personnel", Decimal(60)), ("operating", Decimal(40))]


def test_formulas_behind_a_heading_are_no_part_of_it(docx: Docx) -> None:
    (fund,) = form(
        docx,
        """# 部门整体支出绩效自评表
| 资金（万元） | 年初预算数① | 全年预算数② | 全年执行数③ | 执行率（%）④=③/② |
| 年度资金总额 | 100 | 110 | 99 | 90 |
""",
    ).funds
    assert (fund.approved, fund.revised, fund.executed, fund.execution_rate) == (100, 110, 99, Decimal("0.9"))


def test_the_sum_of_the_tasks_money_is_money_of_the_form(docx: Docx) -> None:
    found = form(
        docx,
        """# 部门整体支出绩效自评表
| 部门名称 | 青川市水务局 | < | < | < | < | < |
| 年度主要任务 | 任务名称 | 完成情况 | 预算数（万元） | < | 执行数（万元） | < |
| ^ | ^ | ^ | 总额 | 财政拨款 | 总额 | 财政拨款 |
| ^ | 路灯养护 | 已完成 | 12 | 10 | 11 | 9 |
| ^ | 河道清淤 | 已完成 | 8 | 8 | 8 | 8 |
| ^ | 金额合计 | < | 20 | 18 | 19 | 17 |
""",
    )
    assert [t.name for t in found.tasks] == ["路灯养护", "河道清淤"]
    assert [(f.item, f.revised or f.approved, f.executed) for f in found.funds] == [
        ("total", 20, 19),
        ("fiscal", 18, 17),
    ]


def test_a_label_at_the_side_of_the_tasks_is_none_of_them(docx: Docx) -> None:
    (task,) = form(
        docx,
        """# 部门整体支出绩效自评表
| 部门名称 | 青川市水务局 | < | < | < |
| 本年工作任务完成情况 | 任务名称 | 任务目标 | 预算数 | 完成情况 |
| ^ | 路灯养护 | 更换灯具 | 12 | 已完成 |
""",
    ).tasks
    assert (task.name, task.actual) == ("路灯养护", "已完成")


def test_a_line_such_as_an_annex_in_the_first_row_opens_no_form(docx: Docx) -> None:
    found = submission(
        docx,
        """| 附件2 | < |
| 项目支出绩效自评表 | < |
| 项目名称 | 河道保洁 |
""",
    )
    assert [(f.title, f.project) for f in found.forms] == [("项目支出绩效自评表", "河道保洁")]


def test_named_matters_below_the_funds_keep_their_words(docx: Docx) -> None:
    found = extract(
        docx(
            """# 项目支出绩效自评表
| 项目名称 | 河道保洁 | < | < | < |
| 项目资金（万元） | < | | 全年预算数 | 全年执行数 |
| ^ | < | 年度资金总额 | 100 | 90 |
| 甲方建设 | < | | 乙方说明 | 丙方打算 |
| ^ | < | 资金渠道 | 一般公共预算 | |
| ^ | < | 采购合规 | 合规 | |
"""
        )
    )
    form = found.submission.forms[0]
    assert form.extra == {"资金渠道": "一般公共预算", "采购合规": "合规"}
    assert [f.label for f in form.funds] == ["年度资金总额"]


def test_a_text_under_a_heading_nobody_knows_belongs_to_its_line(docx: Docx) -> None:
    (fund,) = form(
        docx,
        """# 项目支出绩效自评表
| 项目资金（万元） | | 全年预算数 | 全年执行数 | 得分 | 测算口径 |
| ^ | 年度资金总额 | 100 | 90 | 9 | 按合同金额测算，分两次支付。 |
""",
    ).funds
    assert fund.extra == {"测算口径": "按合同金额测算，分两次支付。"}


def test_a_templates_hint_is_no_text(docx: Docx) -> None:
    found = form(
        docx,
        """# 项目支出绩效自评表
| 项目名称 | 说明理由（100字以内） |
| 主管部门 | 青川市水务局 |
""",
    )
    assert (found.project, found.supervisor) == (None, "青川市水务局")


def test_tasks_among_columns_nobody_knows_are_tasks_and_their_money_is_no_fund(docx: Docx) -> None:
    found = form(
        docx,
        """# 部门整体支出绩效自评表
| 部门名称 | 青川市水务局 | < | < | < | < | < | < | < |
| 重点任务 | 甲方牵头 | 工作内容 | 乙方经费（万元） | < | < | 丙方经费（万元） | 丁方快慢 | 戊方缘由 |
| ^ | ^ | ^ | 基本支出 | 项目支出 | 上年结转 | ^ | ^ | ^ |
| 路灯养护 | 养护处 | 更换灯具 | 12 | 10 | 2 | 11 | 92% | 采购较晚 |
""",
    )
    assert [(t.name, t.planned) for t in found.tasks] == [("路灯养护", "更换灯具")]
    assert found.tasks[0].extra is not None
    assert found.tasks[0].extra["基本支出"] == "12"
    assert found.funds == ()
