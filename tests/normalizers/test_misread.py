"""Small forms that were once misread with nothing to show for it: each is right now, or marked."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from data.maker.word import make
from pipeline.extract import Extraction, extract
from schema.records import Form, Fund

Docx = Callable[..., Path]
PROJECT, DEPARTMENT = "# 项目支出绩效自评表\n", "# 部门整体支出绩效自评表\n"
BAND = "| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 | 分值 | 得分 |\n"
ROW = "| 产出指标 | 数量指标 | 保洁里程 | 20公里 | 20公里 | 100 | 95 |\n"


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Extraction]:
    def extracted(source: str) -> Extraction:
        path = tmp_path / "form.docx"
        path.write_bytes(make(source))
        return extract(path)

    return extracted


Read = Callable[[str], Extraction]


def form(found: Extraction) -> Form:
    return found.submission.forms[0]


def left(found: Extraction) -> list[str]:
    return [leftover.text for leftover in found.evidence.leftovers]


def checks(found: Extraction) -> list[str]:
    return [finding.check for finding in found.submission.findings]


def figures(fund: Fund) -> dict[str, Any]:
    names = ("approved", "revised", "executed", "amount", "execution_rate")
    return {name: value for name in names if (value := getattr(fund, name)) is not None}


# ---------------------------------------------------------------- money and numbers
@pytest.mark.parametrize(
    ("label", "line", "approved"),
    [
        ("项目资金（亿元）", "", "15000"), ("项目资金（千元）", "", "0.15"), ("项目资金（百万元）", "", "150"),
        ("项目资金", "金额单位：千元\n", "0.15"), ("项目资金", "（单位：元）\n", "0.00015"), ("项目资金", "", "1.5"),
    ],
)  # fmt: skip
def test_money_is_in_the_unit_that_its_label_or_a_line_states(read: Read, label: str, line: str, approved: str) -> None:
    found = read(f"{PROJECT}{line}| {label} | 年初预算数 | 全年执行数 |\n| 年度资金总额 | 1.5 | 1.5 |\n")
    assert (form(found).funds[0].approved, checks(found), left(found)) == (D(approved), [], [])


def test_two_columns_may_have_two_units(read: Read) -> None:
    found = read(f"{PROJECT}| 项目资金 | 年初预算数（元） | 全年预算数（万元） | 全年执行数（元） | 执行率 |\n"
                 "| 年度资金总额 | 1000000 | 100 | 900000 | 90% |\n")  # fmt: skip
    assert figures(form(found).funds[0]) == {
        "approved": 100,
        "revised": 100,
        "executed": 90,
        "execution_rate": D("0.9"),
    }
    assert checks(found) == []


def test_a_unit_in_a_cell_of_its_own_holds_for_the_form(read: Read) -> None:
    found = read(
        f"{PROJECT}| 项目名称 | 河道保洁 | 金额单位 | 元 |\n| 项目资金 | 年初预算数 | 全年执行数 | |\n| 年度资金总额 | 1000000 | 900000 | |\n"
    )
    assert figures(form(found).funds[0]) == {"approved": 100, "executed": 90}


def test_a_unit_that_nobody_can_convert_leaves_the_figure_out_and_says_why(read: Read) -> None:
    found = read(f"{PROJECT}| 项目资金（美元） | 年初预算数 | 全年执行数 |\n| 年度资金总额 | 1000 | 900 |\n")
    assert figures(form(found).funds[0]) == {}
    assert checks(found) == ["number_unreadable"] * 2
    assert "金额单位无法换算" in found.submission.findings[0].message


SPENDING = (
    "\n| 支出项目 | 全年预算数 | 全年执行数 |\n| 合计 | {0} | {1} |\n| 办公费 | {2} | {2} |\n| 差旅费 | {3} | {4} |\n"
)
TOTAL = f"{DEPARTMENT}| 部门整体支出（万元） | 全年预算数 | 全年执行数 |\n| 年度资金总额 | 55 | 50 |\n"


def test_a_table_under_no_unit_is_in_the_one_that_its_sum_proves(read: Read) -> None:
    found = read(TOTAL + SPENDING.format(550000, 500000, 150000, 400000, 350000))
    assert [figures(f) for f in found.submission.forms[1].funds] == [
        {"revised": 55, "executed": 50}, {"revised": 15, "executed": 15}, {"revised": 40, "executed": 35},
    ]  # fmt: skip


def test_a_table_under_no_unit_that_fits_no_other_is_not_read_as_money(read: Read) -> None:
    found = read(TOTAL + SPENDING.format(660000, 520000, 260000, 400000, 260000))
    assert all(figures(f) == {} for f in found.submission.forms[1].funds)
    assert set(checks(found)) == {"number_unreadable"}


@pytest.mark.parametrize(
    ("executed", "rate", "expected", "found_false"),
    [("1.2", "1.2", "0.012", False), ("120", "1.2", "1.2", False), ("90", "0.9", "0.9", False), ("90", "90", "0.9", False),
     ("90", "1.4", "1.4", True)],
)  # fmt: skip
def test_a_bare_rate_is_what_the_amounts_beside_it_prove(
    read: Read, executed: str, rate: str, expected: str, found_false: bool
) -> None:
    found = read(
        f"{PROJECT}| 项目资金（万元） | 全年预算数 | 全年执行数 | 执行率 |\n| 年度资金总额 | 100 | {executed} | {rate} |\n"
    )
    assert form(found).funds[0].execution_rate == D(expected)
    assert ("execution_rate" in checks(found)) is found_false


def test_a_figure_in_the_column_of_signs_is_the_target(read: Read) -> None:
    found = read(f"""{PROJECT}| 三级指标 | 指标方向 | 指标值 | 度量单位 | 实际完成值 | 分值 | 得分 |
| 合格率 | >= 98 | | % | 99 | 50 | 50 |
| 里程 | 视情况 | 20 | 公里 | 21 | 50 | 50 |
""")
    one, other = form(found).indicators
    assert (one.target, one.target_value and one.target_value.value) == (">= 98", D("0.98"))
    assert (other.target, other.extra) == ("20", {"指标方向": "视情况"})


# ---------------------------------------------------------------- rows and structure
@pytest.mark.parametrize(
    "numbers",
    [
        "1 2 3 4 5 6 7",
        "① ② ③ ④ ⑤ ⑥ ⑦",
        "A B C D E F=E/D G",
        "（1） （2） （3） （4） （5） （6） （7）",
        "栏次 1 2 3 4 5 6",
    ],
)
def test_a_row_that_counts_the_columns_is_no_indicator(read: Read, numbers: str) -> None:
    found = read(f"{PROJECT}{BAND}| {' | '.join(numbers.split())} |\n{ROW}| 总分 | < | < | < | < | 100 | 95 |\n")
    assert [i.level3 for i in form(found).indicators] == ["保洁里程"]
    assert left(found) == []


def test_words_behind_the_counting_of_columns_are_headings(read: Read) -> None:
    found = read(f"""{PROJECT}| 资金投入情况（万元） | | 行次 | 全年预算数（A） | 全年执行数（B） | 支付进度（B/A×100%） | 附件 | < |
| ^ | 列次 | 0 | 1 | 2 | 3 | 材料名称 | 存放处 |
| ^ | 年度资金总额 | 1 | 10 | 9 | 90% | | |
""")
    (total,) = form(found).funds
    assert figures(total) == {"revised": 10, "executed": 9, "execution_rate": D("0.9")}


@pytest.mark.parametrize(
    ("row", "grade", "extra"),
    [
        ("| 总分 | < | < | < | < | 100 | 95 | 等级为优秀 |", "优秀", {"分值合计": "100"}),
        (
            "| 总分 | < | < | < | < | 100 | 95 | 已在门户网站公开 |",
            None,
            {"分值合计": "100", "备注": "已在门户网站公开"},
        ),
        ("| 总分 | < | 总分值 | 100 | 总得分 | < | 95 | 优 |", "优", {"分值合计": "100"}),
        ("| 计合 | < | < | < | < | 100 | 95 | |", None, {"分值合计": "100"}),
    ],
)
def test_what_stands_beside_a_total_makes_no_indicator_of_it(
    read: Read, row: str, grade: str | None, extra: dict[str, str]
) -> None:
    found = read(f"{PROJECT}{BAND.strip()} 备注 |\n{ROW.strip()} |\n{row}\n")
    assert [i.level3 for i in form(found).indicators] == ["保洁里程"]
    assert (form(found).self_score, form(found).grade, form(found).extra) == (95, grade, extra)


def test_a_signature_in_the_total_row_is_a_contact(read: Read) -> None:
    found = read(f"{PROJECT}{BAND}{ROW}| 总分 | < | < | 单位负责人：甲某 | < | 100 | 95 |\n")
    assert (form(found).contacts.leader, form(found).self_score) == ("甲某", 95)


@pytest.mark.parametrize("row", ["| 自评总分 | < | < | 94 | < | 100 | < |", "| 自评总分 | < | < | 100 | < | 94 | < |"])
def test_the_full_mark_may_stand_before_the_score_or_behind_it(read: Read, row: str) -> None:
    found = read(f"{PROJECT}{row}\n{BAND}| 产出指标 | 数量指标 | 保洁里程 | 20公里 | 20公里 | 100 | 94 |\n")
    assert form(found).self_score == 94
    assert "scores_total" not in checks(found)


def test_an_indicator_may_be_called_a_total(read: Read) -> None:
    found = read(f"""{PROJECT}{BAND}| 产出指标 | 数量指标 | 合计 | 100人 | 98人 | 10 | 9 |
| ^ | ^ | 男性 | 50人 | 50人 | 40 | 40 |
| ^ | ^ | 女性 | 50人 | 48人 | 50 | 48 |
| 总分 | < | < | < | < | 100 | 97 |
""")
    assert [(i.level3, i.score) for i in form(found).indicators] == [("合计", 9), ("男性", 40), ("女性", 48)]
    assert form(found).self_score == 97


def test_a_figure_among_the_headings_costs_no_row(read: Read) -> None:
    found = read(f"""{PROJECT}| 一级指标 | 二级指标 | 三级指标 | 2021 | 年度指标值 | 实际完成值 | 分值 | 50 |
| 产出指标 | 数量指标 | 保洁里程 | 15 | 20公里 | 20公里 | 60 | 60 |
| 效益指标 | 社会效益指标 | 知晓率 | 80% | 90% | 91% | 40 | 38 |
""")
    assert [(i.level3, i.weight, i.score, i.extra) for i in form(found).indicators] == [
        ("保洁里程", 60, 60, {"2021": "15"}), ("知晓率", 40, 38, {"2021": "80%"}),
    ]  # fmt: skip
    assert all("把握" in (p.recognised or "") for p in found.evidence.provenance if p.field == "score")


def test_a_table_whose_headings_nobody_knows_is_read_by_its_cells_and_what_they_do_not_tell_is_kept(
    read: Read,
) -> None:
    found = read(f"""{PROJECT}| 大类 | 事项 | 应达到的 | 年底已达到 | 满 | 评 |
| 产出 | 保洁里程 | ≥20公里 | 20公里 | 60 | 60 |
| ^ | 出勤 | ≥98% | 99% | 20 | 20 |
| 效益 | 投诉下降率 | ≥10% | 9% | 20 | 16 |
""")
    rows = form(found).indicators
    assert [(i.level1, i.weight, i.score) for i in rows] == [("产出", 60, 60), ("产出", 20, 20), ("效益", 20, 16)]
    assert rows[0].extra == {"事项": "保洁里程", "应达到的": "≥20公里", "年底已达到": "20公里"}
    assert left(found) == ["事项", "应达到的", "年底已达到"]
    assert all(p.recognised for p in found.evidence.provenance if p.field in ("weight", "score"))


def test_a_row_of_data_is_no_row_of_headings(read: Read) -> None:
    rows = "".join(f"| ^ | ^ | 指标{n} | 平整 | 已平整 | 10 | 10 |\n" for n in "甲乙丙丁戊己庚辛壬")
    found = read(
        f"{PROJECT}{BAND}| 产出指标 | 质量指标 | 路面状况 | 平整 | 已平整 | 10 | 10 |\n{rows}| 总分 | < | < | < | < | 100 | 100 |\n"
    )
    assert len(form(found).indicators) == 10


def test_a_heading_over_a_name_and_its_description(read: Read) -> None:
    found = read(f"""{PROJECT}| 一级指标 | 二级指标 | 三级指标 | < | 年度指标值 | 实际完成值 | 分值 | 得分 |
| 产出指标 | 数量指标 | 保洁里程 | 反映全年保洁完成的程度 | 20公里 | 20公里 | 60 | 60 |
| 效益指标 | 社会效益指标 | 知晓率 | 反映群众对政策的了解程度 | 90% | 91% | 40 | 38 |
""")
    assert [(i.level3, i.definition) for i in form(found).indicators] == [
        ("保洁里程", "反映全年保洁完成的程度"), ("知晓率", "反映群众对政策的了解程度"),
    ]  # fmt: skip


def test_a_column_of_names_that_says_no_level_takes_the_free_one(read: Read) -> None:
    found = read(f"""{DEPARTMENT}| 项目 | 指标内容 | 年度工作目标 | 实际完成情况 | 权数 | 得分 |
| 履职 | 保洁里程 | 20公里 | 20公里 | 60 | 60 |
| 管理 | 制度建设 | 健全 | 已健全 | 40 | 40 |
""")
    assert [(i.level1, i.level3, i.target, i.weight) for i in form(found).indicators] == [
        ("履职", "保洁里程", "20公里", 60), ("管理", "制度建设", "健全", 40),
    ]  # fmt: skip


def test_a_text_over_most_columns_costs_no_row(read: Read) -> None:
    found = read(
        f"{PROJECT}{BAND.strip()} 偏差原因 |\n| 产出指标 | 数量指标 | 保洁里程 | 全年完成保洁 | < | < | < | < |\n{ROW.strip()} |\n"
    )
    assert [(i.level3, i.extra) for i in form(found).indicators] == [
        ("保洁里程", {"年度指标值": "全年完成保洁"}),
        ("保洁里程", None),
    ]


def test_two_forms_side_by_side_may_name_a_column_otherwise(read: Read) -> None:
    found = read(f"""{PROJECT}| 三级指标 | 指标值 | 完成值 | 得分 | 三级指标 | 指标值 | 完成值 | 自评得分 |
| 保洁里程 | 20公里 | 20公里 | 50 | 投诉率 | 1% | 1% | 50 |
""")
    assert [(f.kind, [i.level3 for i in f.indicators]) for f in found.submission.forms] == [
        ("project", ["保洁里程"]), ("project", ["投诉率"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "band", ["| 年度总体目标 | 预期目标 | 总体目标完成情况 |\n| ^ |", "| 总体目标 | 总体目标完成情况 |\n|"]
)
def test_a_blocks_name_may_head_what_was_reached(read: Read, band: str) -> None:
    (goal,) = form(read(f"{PROJECT}{band} 完成全年保洁 | 已全部完成 |\n")).goals
    assert (goal.planned, goal.actual) == ("完成全年保洁", "已全部完成")


@pytest.mark.parametrize(
    ("table", "extra"),
    [
        ("| 年度目标 | 2022年 | 2023年 | 2024年 |\n| ^ | 完成保洁 | --- | --- |\n", None),
        (
            "| 总体目标 | 2022年目标 | 2023年目标 | 实际完成情况 |\n| ^ | 完成保洁 | 完成绿化 | 已完成 |\n",
            {"2023年目标": "完成绿化"},
        ),
        (
            "| 年度绩效目标 | 年度 | 预期目标 | 实际完成情况 |\n| ^ | 2022年 | 完成保洁 | 已完成 |\n| ^ | 2023年 | --- | --- |\n",
            {"年度": "2022年"},
        ),
        ("| 年份 | 目标 | 实际完成情况 |\n| 2022 | 完成保洁 | 已完成 |\n", {"年份": "2022"}),
    ],
)
def test_goals_of_several_years_are_the_forms_own_and_those_kept_beside(
    read: Read, table: str, extra: dict[str, str] | None
) -> None:
    found = read(DEPARTMENT + table)
    (goal,) = form(found).goals
    assert (goal.planned, goal.extra) == ("完成保洁", extra)
    assert form(found).fiscal_year is None


def test_a_goals_points_stand_in_its_label_or_at_the_side_of_its_indicators(read: Read) -> None:
    found = read(f"{DEPARTMENT}| 年度绩效目标1（40分） | 完成保洁 |\n| 年度绩效目标2（60分） | 完成绿化 |\n")
    assert [(g.no, g.planned, g.weight) for g in form(found).goals] == [
        (1, "完成保洁", 40),
        (2, "完成绿化", 60),
    ]
    found = read(f"""{PROJECT}| 年度绩效目标1（80分） | 一级指标 | 三级指标 | 年初目标值 | 实际完成值 | 得分 |
| ^ | 产出指标 | 修路里程 | 5公里 | 5公里 | 40 |
| ^ | ^ | 架桥座数 | 2座 | 2座 | 40 |
""")
    assert [(g.no, g.weight) for g in form(found).goals] == [(1, 80)]
    assert [i.goal for i in form(found).indicators] == [1, 1]


def test_indicators_may_name_the_goal_they_serve(read: Read) -> None:
    found = read(f"""{DEPARTMENT}| 对应目标 | 一级指标 | 三级指标 | 年度指标值 | 分值 | 得分 |
| 目标1 | 产出指标 | 里程 | 20公里 | 60 | 60 |
| 目标二 | 产出指标 | 面积 | 2亩 | 40 | 40 |
""")
    assert [i.goal for i in form(found).indicators] == [1, 2]


def test_a_list_of_people_is_no_pairs_of_labels_and_values(read: Read) -> None:
    found = read(f"""{PROJECT}| 项目名称 | 河道保洁 | < | < |
| 姓名 | 职务 | 单位 | 项目评分 |
| 甲某 | 科长 | 青禾县水务局 | 95 |
""")
    assert (form(found).unit, form(found).extra) == (None, None)
    assert "甲某" in left(found)


def test_a_spending_table_under_its_own_caption_is_no_part_of_the_form_above(read: Read) -> None:
    found = read(f"""{PROJECT}{BAND}{ROW}| 总分 | < | < | < | < | 100 | 95 |

部门预算支出明细情况

| 支出科目 | 年初预算数 | 全年执行数 |
| 办公费 | 15 | 10 |
""")
    assert (len(found.submission.forms), form(found).funds) == (1, ())
    assert {"部门预算支出明细情况", "办公费", "15"} <= set(left(found))


def test_figures_that_are_no_money_are_no_funds(read: Read) -> None:
    found = read(f"""{PROJECT}| 项目资金（万元） | 年初预算数 | 全年执行数 |
| 年度资金总额 | 100 | 90 |
| 受益人数 | 1200 | 1180 |
| 项目批复文号 | 20220315 | |
""")
    assert [f.label for f in form(found).funds] == ["年度资金总额"]
    assert form(found).extra == {
        "受益人数>年初预算数": "1200",
        "受益人数>全年执行数": "1180",
        "项目批复文号>年初预算数": "20220315",
    }
    assert checks(found) == []


def test_words_for_budget_and_spending_in_rows_and_columns(read: Read) -> None:
    found = read(
        f"{PROJECT}| 项目资金（万元） | 转移支付预算数 | 实际使用情况（万元） |\n| 年度资金总额 | 100 | 90 |\n"
    )
    assert figures(form(found).funds[0]) == {"revised": 100, "executed": 90}
    found = read(f"{PROJECT}| 项目资金 | 计划投资额 | 100 | 实际使用情况（万元） | 90 |\n")
    assert figures(form(found).funds[0]) == {"approved": 100, "executed": 90}


def test_sides_merged_down_at_several_places(read: Read) -> None:
    found = read(f"""{DEPARTMENT}| 资金来源 | 财政拨款（收入） | 80 | 支出构成 | 基本支出 | 60 |
| ^ | 其他资金 | 20 | ^ | 项目支出 | 40 |
| ^ | 合计 | 100 | ^ | 合计 | 100 |
""")
    assert [(f.item, f.side, f.amount) for f in form(found).funds] == [
        ("fiscal", "revenue", 80), ("basic", "expenditure", 60), ("other", "revenue", 20), ("project", "expenditure", 40),
        ("total", "revenue", 100), ("total", "expenditure", 100),
    ]  # fmt: skip
    assert checks(found) == []


def test_sources_of_a_projects_money_are_no_side_of_a_budget(read: Read) -> None:
    found = read(
        f"{PROJECT}| 资金来源 | 年初预算数 | 全年执行数 |\n| 年度资金总额 | 100 | 90 |\n| 财政拨款 | 100 | 90 |\n"
    )
    assert {f.side for f in form(found).funds} == {None}


def test_part_rows_under_items_keep_every_column(read: Read) -> None:
    found = read(f"""{DEPARTMENT}| 年度部门预算（万元） | 资金来源 | 合计 | 基本支出 | 项目支出 |
| ^ | 年初预算数 | 100 | 60 | 40 |
| ^ | （1）财政性资金 | 90 | 60 | 30 |
""")
    part = form(found).funds[-1]
    assert (part.label, part.approved) == ("财政性资金", 90)
    assert part.extra == {"年初预算数>基本支出": "60", "年初预算数>项目支出": "30"}


def test_a_subtotal_among_headings_of_fields_is_no_line(read: Read) -> None:
    found = read(f"""{DEPARTMENT}| 财政资金使用情况 | 资金结构（万元） | < | 预算安排 | < | < | 支付情况 |
| ^ | ^ | < | 年初预算安排金额① | 年中追加金额② | 小计③=①+② | 支付金额④ |
| ^ | 1.项目支出 | < | 10 | 0 | 10 | 9 |
| ^ | 合计 | < | 10 | 0 | 10 | 9 |
""")
    assert [(f.item, f.approved, f.executed) for f in form(found).funds] == [
        ("project", 10, 9),
        ("total", 10, 9),
    ]


def test_tasks_with_columns_of_money_and_a_rate(read: Read) -> None:
    found = read(f"""{DEPARTMENT}| 年度主要任务 | 任务名称 | 主要内容 | 预算数（万元） | < | 执行数（万元） | < | 执行率 | 支出偏慢原因及改进措施 |
| ^ | ^ | ^ | 小计 | 财政拨款 | 小计 | 财政拨款 | ^ | ^ |
| ^ | 任务一：修路 | 修一条 | 3 | 2 | 3 | 2 | 100% | 雨多 |
| ^ | 金额合计 | < | 3 | 2 | 3 | 2 | 100% | |
""")
    (task,) = form(found).tasks
    assert (task.name, task.reason) == ("修路", "雨多")
    assert [(f.item, f.label, f.revised, f.executed, f.execution_rate) for f in form(found).funds] == [
        ("total", "金额合计", 3, 3, 1), ("fiscal", "财政拨款", 2, 2, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "head",
    [
        "| 填报单位 | 甲县水务局 | 预算单位 | 乙县水利局 | | | |\n",
        "填报单位：甲县水务局 填报单位：乙县水利局\n\n",
    ],
)
def test_a_second_unit_that_differs_is_told(read: Read, head: str) -> None:
    found = read(f"{PROJECT}{head}{BAND}{ROW.replace('95', '100')}")
    assert (form(found).unit, form(found).extra) == ("甲县水务局", {"单位": "乙县水利局"})
    assert checks(found) == ["stated_twice"]
    finding = found.submission.findings[0]
    assert (finding.stated, finding.computed) == ("甲县水务局", "乙县水利局")


@pytest.mark.parametrize(
    ("title", "head", "kind"),
    [
        ("", "| 项目 | 河道保洁 | 项目负责人 | 甲某 | | | |", "project"),
        ("# 部门整体支出及专项资金绩效自评表", "| 部门名称 | 甲局 | | | | | |", "department"),
        ("# 转移支付项目绩效自评表", "| 转移支付名称 | 水利资金 | | | | | |", "transfer"),
        ("# 项目绩效自评表", "| 中央主管部门 | 水利部 | | | | | |", "transfer"),
    ],
)
def test_the_kind_of_a_form_is_what_its_title_or_its_head_tells(read: Read, title: str, head: str, kind: str) -> None:
    assert form(read(f"{title}\n\n{head}\n{BAND}{ROW}")).kind == kind


def test_a_list_of_forms_on_a_cover_is_no_form(read: Read) -> None:
    found = read(
        f"# 2022年度绩效自评材料\n\n| 序号 | 名称 |\n| 1 | 部门整体支出绩效自评表 |\n| 2 | 项目支出绩效自评表 |\n\n{DEPARTMENT}{BAND}{ROW}"
    )
    assert [f.title for f in found.submission.forms] == ["部门整体支出绩效自评表"]


def test_a_grade_may_be_called_a_class(read: Read) -> None:
    assert form(read(f"{PROJECT}| 项目名称 | 河道保洁 | 评价等次 | 优 |\n")).grade == "优"


# ---------------------------------------------------------------- transfers
def test_a_transfer_form_with_how_its_money_was_managed(read: Read) -> None:
    found = read("""# 中央对地方转移支付区域绩效自评表
| 转移支付名称 | 水利资金 | < | < | < |
| 中央主管部门 | 水利部 | < | < | < |
| 地方主管部门 | 青禾县水务局 | < | 资金使用单位 | 青禾县河道所 |
| 资金投入情况（万元） | | 全年预算数（A） | 全年执行数（B） | 预算执行率（B/A×100%） |
| ^ | 年度资金总额： | 120 | 118 | 98.33% |
| ^ | 其中：中央财政资金 | 100 | 98 | 98% |
| ^ | 省级补助 | 15 | 15 | 100% |
| ^ | 县（区）级财政资金 | 5 | 5 | 100% |
| 资金管理情况 | | 情况说明 | < | 存在问题和改进措施 |
| ^ | 分配科学性 | 按因素法分配 | < | 无 |
| ^ | 下达及时性 | | < | |
| ^ | 本地加列事项 | 已办理 | < | |
""")
    assert form(found).kind == "transfer"
    assert [f.item for f in form(found).funds] == ["total", "central", "provincial", "county"]
    assert [(m.item, m.detail, m.problem) for m in form(found).management] == [
        ("分配科学性", "按因素法分配", "无"), ("本地加列事项", "已办理", None),
    ]  # fmt: skip
    assert found.submission.report.submitter == "青禾县河道所"
    assert left(found) == []


@pytest.mark.parametrize(
    ("label", "item"),
    [("中央补助", "central"), ("自治区财政资金", "provincial"), ("州财政", "municipal"), ("县区级配套资金", "county"), ("地方资金", "local"),
     ("市县财政资金", None), ("单位其他资金", "other"), ("本级其它收入", "other")],
)  # fmt: skip
def test_money_by_level_of_government(read: Read, label: str, item: str | None) -> None:
    found = read(
        f"{PROJECT}| 项目资金（万元） | 全年预算数 | 全年执行数 |\n| 年度资金总额 | 10 | 10 |\n| 其中：{label} | 10 | 10 |\n"
    )
    assert (form(found).funds[1].item, form(found).funds[1].label) == (item, label)


# ---------------------------------------------------------------- narrative
def test_a_short_numbered_line_that_ends_in_a_stop_is_a_heading_where_text_follows(read: Read) -> None:
    found = read("""一、项目资金情况
（一）资金投入情况分析。
财政下达资金一百万元。
（二）任务完成情况分析。
1.修路完成情况。
路已修好。
2.管理经验不足。
3.人员不够。
""")
    assert [(s.number, s.heading, s.text) for s in found.submission.sections] == [
        ("一、", "项目资金情况", None), ("（一）", "资金投入情况分析", "财政下达资金一百万元。"), ("（二）", "任务完成情况分析", None),
        ("1.", "修路完成情况", "路已修好。\n2.管理经验不足。\n3.人员不够。"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "kind"),
    [("其他需说明的问题", "other"), ("项目决策情况", "other"), ("项目成本（预算）控制情况", "performance"), ("资金投入情况", "spending"),
     ("存在的问题及原因分析", "problems"), ("下一步改进措施", "improvement"), ("后续工作计划", "improvement"), ("附则", "other")],
)  # fmt: skip
def test_a_section_is_of_the_kind_its_telling_word_says(read: Read, heading: str, kind: str) -> None:
    assert read(f"一、{heading}\n无。\n").submission.sections[0].kind == kind


def test_text_below_a_table_inside_a_section_is_the_sections(read: Read) -> None:
    found = read("""一、基本情况
本单位有三个科室。

| 科室 | 人数 | 职责 | 备注 |
| 办公室 | 十 | 综合 | 无 |

以上为机构设置。
填 表 须 知
1.本表由小组填写。
二、支出情况
支出平稳。
""")
    assert [(s.heading, s.text) for s in found.submission.sections] == [
        ("基本情况", "本单位有三个科室。\n以上为机构设置。"), ("支出情况", "支出平稳。"),
    ]  # fmt: skip
    assert found.submission.forms == ()


# ---------------------------------------------------------------- money: what nobody names is nobody's amount
def test_of_several_figures_that_no_heading_names_none_is_the_amount(read: Read) -> None:
    (fund,) = form(read(f"{PROJECT}| 资金总额 | 100 | 90 | 80 |\n\n{BAND}{ROW}")).funds
    assert (fund.item, fund.amount, list((fund.extra or {}).values())) == ("total", None, ["100", "90", "80"])
    (alone,) = form(read(f"{PROJECT}| 资金总额 | 100 | < | < |\n\n{BAND}{ROW}")).funds
    assert alone.amount == 100


def test_a_formula_names_no_line(read: Read) -> None:
    found = read(f"""{PROJECT}| 资金（万元） | 年初预算数 | 调整数 | 小计 | 全年执行数 |
| 财政资金 | 100 | 5 | ①+② | 90 |

{BAND}{ROW}""")
    assert [(f.label, f.approved, f.executed) for f in form(found).funds] == [("财政资金", 100, 90)]


def test_labels_with_their_figures_under_several_headings_are_amounts_of_their_side(read: Read) -> None:
    found = read(f"""{DEPARTMENT}| 预算（万元） | | 年初预算数 | 全年预算数 | 全年执行数 | 分值 | 执行率 |
| ^ | 年度资金总额 | 60 | 60 | 54 | 10 | 90% |
| ^ | 按收入性质分：60 | < | < | 按支出性质分：60 | < | < |
| ^ | 其中：一般公共预算：40 | < | < | 其中：基本支出：30 | < | < |
| ^ | 其他资金：20 | < | < | 项目支出：30 | < | < |
""")
    told = [(f.item, f.side, f.amount, f.approved) for f in form(found).funds]
    assert told[1:] == [
        ("total", "revenue", 60, None), ("total", "expenditure", 60, None), ("general_public_budget", "revenue", 40, None),
        ("basic", "expenditure", 30, None), ("other", "revenue", 20, None), ("project", "expenditure", 30, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("预算数（调整后）", "revised"),
        ("预算数（年初）", "approved"),
        ("预算安排情况（调整后）", "revised"),
        ("预算数", "revised"),
    ],
)
def test_a_note_behind_a_heading_says_which_budget_it_is(read: Read, heading: str, field: str) -> None:
    found = read(f"{PROJECT}| 资金（万元） | {heading} | 全年执行数 |\n| 年度资金总额 | 100 | 90 |\n\n{BAND}{ROW}")
    assert [getattr(f, field) for f in form(found).funds] == [100]


@pytest.mark.parametrize("label", ["年度收入情况", "本年度收入构成", "按部门收入来源分", "按资金来源划分"])
def test_a_side_is_known_by_its_parts(read: Read, label: str) -> None:
    found = read(f"""{DEPARTMENT}| {label}（万元） | < | < | < |
| 机构名称 | 收入合计 | 财政拨款 | 其他收入 |
| 本级 | 100 | 80 | 20 |
""")
    assert {f.side for f in form(found).funds} == {"revenue"}


def test_a_project_named_in_front_of_its_lines_of_money_is_the_form_s(read: Read) -> None:
    found = read(f"""{PROJECT}| 项目名称 | 资金来源渠道 | 预算数 | 到位数 |
| 消费维权宣传 | 县级财政资金 | 79 | 78 |
| 合计 | < | 79 | 78 |

{BAND}{ROW}""")
    assert form(found).project == "消费维权宣传"
    assert [(f.item, f.received) for f in form(found).funds] == [("county", 78), ("total", 78)]


# ---------------------------------------------------------------- groups, goals, lists, titles
def test_points_before_a_group_s_name_are_its_weight(read: Read) -> None:
    found = read(f"{PROJECT}{BAND}| （28分）项目决策 | （14分）\\n科学决策 | 必要性 | 充分 | 充分 | 7 | 7 |\n{ROW}")
    first = form(found).indicators[0]
    assert (first.level1, first.level1_weight, first.level2, first.level2_weight) == ("项目决策", 28, "科学决策", 14)


def test_headings_of_goals_that_nobody_knows_are_no_goal(read: Read) -> None:
    found = read(f"""{DEPARTMENT}| 年度总体目标 | 甲方愿景 | < | 乙方回顾 | < |
| ^ | 全年保持河道清洁，投诉减少。 | < | 河道清洁，投诉减少一成。 | < |

{BAND}{ROW}""")
    assert [(g.planned, g.actual) for g in form(found).goals] == []
    assert form(found).extra == {"甲方愿景": "全年保持河道清洁，投诉减少。", "乙方回顾": "河道清洁，投诉减少一成。"}


def test_a_list_that_begins_below_an_unnumbered_line_is_its_part(read: Read) -> None:
    found = read("""# 部门整体支出绩效评价基础数据表
| 经费控制情况（万元） | 上年决算数 | 本年决算数 |
| 甲类经费 | 44 | 40 |
| 1、车辆费用 | 29 | 27 |
| 2、出国费用 | 15 | 13 |
| 项目支出 | 666 | 694 |
""")
    assert [b.path for b in form(found).basics] == [
        ("甲类经费",), ("甲类经费", "车辆费用"), ("甲类经费", "出国费用"), ("项目支出",),
    ]  # fmt: skip


def test_pairs_over_a_form_whose_labels_nobody_knows_are_its_head(read: Read) -> None:
    found = read(f"{DEPARTMENT}| 区级预算单位名称 | < | 云岭区档案馆 | < | < | < | < |\n{BAND}{ROW}")
    assert form(found).unit == "云岭区档案馆"


def test_another_year_s_column_is_no_points(read: Read) -> None:
    band = BAND.replace("| 分值 |", "| 2019 | 分值 |").replace("| 得分 |", "| 自评得分 |")
    rows = [ROW.replace("| 100 | 95 |", f"| {n} | 50 | 50 |").replace("保洁", f"保洁{n}") for n in (11, 12)]
    found = read(PROJECT + band + "".join(rows))
    assert [(i.weight, i.score, i.review_score, i.extra) for i in form(found).indicators] == [
        (50, 50, None, {"2019": "11"}), (50, 50, None, {"2019": "12"}),
    ]  # fmt: skip


def test_a_table_without_a_title_is_of_the_kind_of_its_report(read: Read) -> None:
    found = read(
        f"# 2020年宣传专项项目支出绩效自评报告\n一、项目概况\n项目由本单位负责实施。\n\n{BAND}{ROW}\n二、存在的问题\n宣传形式单一。\n"
    )
    assert [(f.kind, f.title) for f in found.submission.forms] == [("project", None)]


@pytest.mark.parametrize("over", ["评价指标", "指标", "评价内容"])
def test_one_heading_over_all_levels_names_none_of_them(read: Read, over: str) -> None:
    found = read(f"""{PROJECT}| {over} | < | < | 目标值 | 完成值 | 分值 | 得分 |
| 产出指标 | 数量指标 | 保洁里程 | 20公里 | 21公里 | 30 | 30 |
| ^ | 质量指标 | 合格率 | 90% | 92% | 30 | 30 |
| 效益指标 | 社会效益 | 覆盖率 | 90% | 92% | 20 | 20 |
| 满意度指标 | 满意度 | 群众满意度 | 90% | 92% | 20 | 20 |
""")
    assert [(i.level1, i.level2, i.level3) for i in form(found).indicators] == [
        ("产出指标", "数量指标", "保洁里程"), ("产出指标", "质量指标", "合格率"), ("效益指标", "社会效益", "覆盖率"),
        ("满意度指标", "满意度", "群众满意度"),
    ]  # fmt: skip


def test_points_of_all_below_their_headings_are_no_row(read: Read) -> None:
    found = read(f"""{PROJECT}| 二、项目绩效情况 | < | < | < | < |
| 评价指标 | < | < | 指标分值 | 评价得分 |
| 一级指标 | 二级指标 | 三级指标 | 100 | 96 |
| 产出指标 | 数量指标 | 保洁里程 | 60 | 60 |
| 效益指标 | 社会效益指标 | 知晓率 | 40 | 36 |
""")
    assert [(i.level3, i.weight, i.score) for i in form(found).indicators] == [("保洁里程", 60, 60), ("知晓率", 40, 36)]


def test_a_numbered_part_of_a_form_ends_the_block_above_it(read: Read) -> None:
    found = read(f"""{PROJECT}| 一、项目概况 | < | < | < |
| 计划安排资金（万元） | 40 | 实际到位资金（万元） | 30 |
| 其中：省财政 | | 其中：省财政 | |
| 市财政 | | 市财政 | |
| 县财政 | 40 | 县财政 | 30 |
| 实际支出（万元） | 29 | < | < |
| 二、项目绩效情况 | < | < | < |
| 保洁里程 | 20 | 出勤率 | 90 |
""")
    assert [(f.item, f.approved, f.received, f.executed) for f in form(found).funds] == [
        ("total", 40, 30, 29), ("county", 40, 30, None),
    ]  # fmt: skip
    assert {"保洁里程", "20", "90"} <= {*left(found), *(form(found).extra or {}).values(), *(form(found).extra or {})}


def test_pairs_below_the_name_of_a_line_of_money_are_its_own(read: Read) -> None:
    found = read(f"""{PROJECT}| 项目资金－年度资金总额（万元） | < | < | < |
| 预算数 | 10 | *全年执行数 | 9 |
| *某某率 | 0.9 | *执行率 | 0.9 |
| 项目资金－财政拨款（万元） | < | < | < |
| 预算数 | 8 | *全年执行数 | 7 |
""")
    assert [(f.item, f.revised, f.executed, f.extra) for f in form(found).funds] == [
        ("total", 10, 9, {"*某某率": "0.9"}), ("fiscal", 8, 7, None),
    ]  # fmt: skip


def test_a_figure_below_a_heading_nobody_knows_is_no_amount(read: Read) -> None:
    found = read(f"""{PROJECT}| 项目资金 | 子项目 | 某某数额（万元） |
| ^ | 合计 | 12 |
| ^ | 其他资金 | 12 |
""")
    assert [(f.item, f.amount, f.extra) for f in form(found).funds] == [
        ("total", None, {"某某数额（万元）": "12"}), ("other", None, {"某某数额（万元）": "12"}),
    ]  # fmt: skip
    assert "某某数额（万元）" in [u.text for u in found.evidence.unknown]


@pytest.mark.parametrize("word", ["总分", "本项总评"])
def test_the_full_mark_shows_the_total_whatever_it_is_called(read: Read, word: str) -> None:
    rows = "".join(f"| 产出指标 | 数量指标 | 里程{n} | 20公里 | 20公里 | 25 | 24 |\n" for n in "甲乙丙丁")
    found = read(f"{PROJECT}{BAND}{rows}| {word} | < | < | | | 100 | 96 |\n")
    assert (len(form(found).indicators), form(found).self_score) == (4, 96)


def test_a_date_behind_the_name_of_a_person_is_when_it_was_signed(read: Read) -> None:
    found = read(f"{PROJECT}{BAND}{ROW}\n填报人（签字）：    2023年3月1日\n")
    assert (form(found).contacts.prepared_by, str(form(found).reported_on)) == (None, "2023-03-01")


@pytest.mark.parametrize(
    ("value", "leader", "phone"),
    [("甲某 0921-1234567", "甲某", "0921-1234567"), ("甲某13800000000", "甲某", "13800000000"), ("甲某", None, None)],
)
def test_two_labels_in_one_cell_have_their_values_in_one(read: Read, value: str, leader: str, phone: str) -> None:
    found = read(f"{PROJECT}| 单位负责人及电话 | {value} | < | < | < | < | < |\n{BAND}{ROW}")
    assert (form(found).contacts.leader, form(found).contacts.phone) == (leader, phone)


def test_points_behind_the_headings_of_goals_hide_no_goal(read: Read) -> None:
    found = read(f"""{PROJECT}| 年度目标完成情况 | 预期目标 | 目标实际完成情况 | 20 |
| ^ | 目标1：完成保洁。 | 目标1：保洁已完成。 | |
| ^ | 目标2：完成培训。 | 目标2：培训已完成。 | |
""")
    assert [g.actual for g in form(found).goals] == ["目标1：保洁已完成。", "目标2：培训已完成。"]


def test_a_score_may_stand_below_its_label_at_the_end_of_the_row(read: Read) -> None:
    found = read(f"""{PROJECT}| 项目名称 | 河道保洁 | < | < | < | < | 自评得分 |
| 主管部门 | 青禾县水务局 | < | < | < | < | 95 |
{BAND}{ROW}""")
    assert form(found).self_score == 95


def test_what_a_cover_says_of_the_project_is_its_forms(read: Read) -> None:
    found = read(
        f"# 财政支出绩效评价报告\n项目名称：河道保洁\n主管部门：青禾县水务局\n---\n# 项目绩效目标表\n{BAND}{ROW}"
    )
    assert (form(found).project, form(found).supervisor) == ("河道保洁", "青禾县水务局")


def test_a_cover_without_a_form_is_no_form(read: Read) -> None:
    found = read(
        "# 项目绩效自评报告\n项目名称：河道保洁\n主管部门：青禾县水务局\n一、项目概况\n河道保洁由水务局实施。\n"
    )
    assert found.submission.forms == ()


def test_a_table_inside_a_section_goes_on_with_the_form(read: Read) -> None:
    found = read("""# 项目支出绩效评价报告
一、项目概况

| 项目名称 | 河道保洁 | 资金总额 | 20 |

二、支出明细

| 支出内容 | 年初预算数 | 全年执行数 |
| 其他资金 | 20 | 19 |
""")
    (only,) = found.submission.forms
    assert [(f.item, f.executed) for f in only.funds] == [("total", None), ("other", 19)]


@pytest.mark.parametrize("caption", ["项目年度绩效目标（定量目标）", "某县自评结果（项目）"])
def test_a_line_over_the_first_table_may_be_its_title_whatever_it_ends_in(read: Read, caption: str) -> None:
    found = read(f"# {caption}\n{BAND}{ROW}")
    assert (form(found).title, form(found).kind) == (caption, "project")


def test_a_column_of_the_year_before_is_kept_beside(read: Read) -> None:
    found = read(f"""{PROJECT}| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 | 分值 | 上年得分 |
| 产出指标 | 数量指标 | 保洁里程 | 20公里 | 20公里 | 60 | 55 |
| 效益指标 | 社会效益指标 | 知晓率 | 90% | 91% | 40 | 38 |
""")
    assert [(i.score, i.extra) for i in form(found).indicators] == [
        (None, {"上年得分": "55"}),
        (None, {"上年得分": "38"}),
    ]


def test_a_colon_behind_the_word_for_an_indicator_is_no_part_of_its_name(read: Read) -> None:
    found = read(f"{PROJECT}{BAND}| 产出指标 | 数量指标 | 指标：保洁里程 | 20公里 | 20公里 | 100 | 95 |\n")
    assert form(found).indicators[0].level3 == "保洁里程"


def test_a_numbered_heading_that_ends_as_a_report_s_title_is_a_section(read: Read) -> None:
    found = read(
        "# 衔接资金项目绩效自评结果\n一、绩效目标分解下达情况\n资金已按计划下达到各乡镇。\n二、绩效自评工作开展情况\n各单位已完成自评。\n"
    )
    assert found.submission.report.title == "衔接资金项目绩效自评结果"
    assert [s.heading for s in found.submission.sections] == ["绩效目标分解下达情况", "绩效自评工作开展情况"]


def test_a_year_below_a_heading_is_not_its_column(read: Read) -> None:
    found = read(f"""{PROJECT}| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | < | 分值 | 得分 |
| ^ | ^ | ^ | 2019 | 年度指标值 | ^ | ^ |
| 产出指标 | 数量指标 | 保洁里程 | 11 | ≥20公里 | 60 | 60 |
| 效益指标 | 社会效益指标 | 知晓率 | 12 | ≥90% | 40 | 38 |
""")
    assert [i.target for i in form(found).indicators] == ["≥20公里", "≥90%"]
