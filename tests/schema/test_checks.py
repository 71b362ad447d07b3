"""Each core check: a case that holds and a case that does not, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal as D

import pytest

from schema import arithmetic, checks
from schema.records import LEGEND, STATED_WEIGHT, Finding, Form, Fund, Indicator, Quantity, Report, Submission


def broken(rule: Callable[[Form], Iterator[arithmetic.Equation]], form: Form) -> list[Finding]:
    return [equation.finding for equation in rule(form) if not equation.holds]


def total(**values: object) -> Fund:
    return Fund(item="total", label="年度资金总额", **values)  # type: ignore[arg-type]


def indicator(**values: object) -> Indicator:
    return Indicator(**{"level1": "产出指标", "level2": "数量指标", "level3": "巡查次数", **values})  # type: ignore[arg-type]


def test_an_execution_rate_within_half_of_its_last_digit_holds() -> None:
    form = Form(funds=(total(revised=D("1139.61"), executed=D("1110.2"), execution_rate=D("0.9742")),))
    assert not list(broken(arithmetic.execution_rate, form))


def test_a_wrong_execution_rate_names_the_base_that_explains_it() -> None:
    fund = total(approved=D(81), revised=D("110.63"), executed=D("110.63"), execution_rate=D("1.3658"))
    (finding,) = broken(arithmetic.execution_rate, Form(funds=(fund,)))
    assert finding.message == "年度资金总额：执行率应为执行数110.63÷预算数110.63，所填136.58%是按年初预算数81计算的"
    assert (finding.stated, finding.computed, finding.where) == (D("1.3658"), D(1), "funds[0].execution_rate")


def test_a_rate_over_a_budget_of_nothing_cannot_hold_where_something_was_spent() -> None:
    def form(executed: int) -> Form:
        return Form(funds=(total(revised=D(0), executed=D(executed), execution_rate=D(1)),))

    (finding,) = broken(arithmetic.execution_rate, form(207))
    assert (finding.stated, finding.computed) == (D(1), None)
    assert finding.message == "年度资金总额：预算数为0，执行数为207，执行率无从计算，所填为100%"
    assert not broken(arithmetic.execution_rate, form(0))


def test_a_part_alone_may_be_less_than_the_total_and_never_more() -> None:
    def form(approved: int) -> Form:
        return Form(funds=(total(approved=D(0)), Fund(item="other", label="其他资金", approved=D(approved))))

    (finding,) = broken(arithmetic.funds_breakdown, form(90))
    assert (finding.where, finding.stated, finding.computed) == ("funds[1].approved", D(90), D(0))
    assert not broken(arithmetic.funds_breakdown, form(0))


def test_indicator_points_of_100_beside_points_of_execution_are_too_many() -> None:
    def form(name: str) -> Form:
        rows = (indicator(weight=D(90)), indicator(level3=name, weight=D(10), score=D(9)))
        return Form(funds=(total(weight=D(10), score=D(9)),), indicators=rows)

    (finding,) = broken(arithmetic.indicator_weights_total, form("培训人次"))
    assert (finding.stated, finding.computed) == (D(100), D(110))
    assert not broken(arithmetic.indicator_weights_total, form("预算执行率"))  # the same points, told again


def test_a_table_that_may_be_cut_off_is_not_accused_of_its_sums() -> None:
    rows = (indicator(weight=D(60), score=D(55), level1_weight=D(70)),)
    for rule in (arithmetic.indicator_weights_total, arithmetic.scores_total, arithmetic.group_weight):
        assert broken(rule, Form(indicators=rows, self_score=D(90)))
        assert not broken(rule, Form(indicators=rows, self_score=D(90), whole=False))


@pytest.mark.parametrize(
    ("name", "target", "actual", "missed"),
    [
        ("财政供养人员控制率", "1", "0.92", False),
        ("三公经费变动率", "0", "0.1", True),
        ("安全事故数", "0", "2", True),
        ("投诉办结率", "0.95", "1", False),
        ("投诉下降率", "0.1", "0.05", True),
        ("培训人次", "100", "92", True),
    ],
)
def test_where_a_name_says_that_less_is_better_a_plain_target_is_the_most(
    name: str, target: str, actual: str, missed: bool
) -> None:
    row = indicator(
        level3=name, weight=D(10), score=D(10), target_value=Quantity("=", D(target), None),
        actual_value=Quantity("=", D(actual), None),
    )  # fmt: skip
    assert bool(list(checks.full_score_missed_target(Form(indicators=(row,))))) is missed


def test_parts_that_do_not_sum_to_the_total_are_found_per_column() -> None:
    parts = (
        total(approved=D(100), executed=D(90)),
        Fund(item="fiscal", label="财政拨款", approved=D(60), executed=D(60)),
        Fund(item="other", label="其他资金", approved=D(40), executed=D(20)),
    )
    (finding,) = broken(arithmetic.funds_breakdown, Form(funds=parts))
    assert finding.where == "funds.executed"
    assert (finding.stated, finding.computed) == (D(90), D(80))


def test_personnel_under_basic_is_not_counted_again_and_bare_amounts_fit_any_total() -> None:
    funds = (
        total(approved=D(90), executed=D(100)),
        Fund(item="basic", label="基本支出", side="expenditure", amount=D(70)),
        Fund(item="personnel", label="人员经费", side="expenditure", amount=D(50)),
        Fund(item="project", label="项目支出", side="expenditure", amount=D(30)),
    )
    assert not list(broken(arithmetic.funds_breakdown, Form(funds=funds)))


def test_basic_and_project_expenditure_may_be_parts_of_the_fiscal_money_beside_other_money() -> None:
    def funds(basic: int) -> Form:
        parts = (("fiscal", 90), ("project", 60), ("basic", basic), ("other", 10))
        return Form(funds=(total(approved=D(100)), *(Fund(item=i, label=i, approved=D(v)) for i, v in parts)))

    assert not list(broken(arithmetic.funds_breakdown, funds(30)))
    short = replace(funds(30), funds=funds(30).funds[:-1])
    (finding,) = broken(arithmetic.funds_breakdown, short)
    assert (finding.stated, finding.computed) == (D(100), D(180))


def test_a_side_with_one_part_is_not_checked() -> None:
    funds = (total(approved=D(90)), Fund(item="fiscal", label="财政拨款", approved=D(80)))
    assert not list(broken(arithmetic.funds_breakdown, Form(funds=funds)))


def test_weights_and_execution_weight_sum_to_a_hundred_or_the_stated_total() -> None:
    rows = tuple(indicator(level3=f"指标{i}", weight=D(30)) for i in range(3))
    assert not list(broken(arithmetic.indicator_weights_total, Form(funds=(total(weight=D(10)),), indicators=rows)))
    assert not list(broken(arithmetic.indicator_weights_total, Form(indicators=rows, extra={STATED_WEIGHT: "90"})))
    (finding,) = broken(arithmetic.indicator_weights_total, Form(indicators=rows))
    assert (finding.stated, finding.computed) == (D(100), D(90))


def test_weights_are_not_summed_where_an_indicator_states_none() -> None:
    assert not list(broken(arithmetic.indicator_weights_total, Form(indicators=(indicator(weight=D(30)), indicator()))))


def test_a_groups_points_are_the_sum_of_its_indicators() -> None:
    rows = (indicator(level1_weight=D(50), weight=D(20)), indicator(level1_weight=D(50), weight=D(20)))
    (finding,) = broken(arithmetic.group_weight, Form(indicators=rows))
    assert finding.message == "产出指标标明50分，其下各指标分值之和为40"


def test_scores_sum_to_the_stated_total_with_or_without_execution() -> None:
    rows = (indicator(score=D(50)), indicator(score=D(40)))
    assert not list(
        broken(arithmetic.scores_total, Form(self_score=D(99), funds=(total(score=D(9)),), indicators=rows))
    )
    assert not list(
        broken(arithmetic.scores_total, Form(self_score=D(90), funds=(total(score=D(9)),), indicators=rows))
    )
    (finding,) = broken(arithmetic.scores_total, Form(self_score=D(98), funds=(total(score=D(9)),), indicators=rows))
    assert (finding.stated, finding.computed) == (D(98), D(99))


def test_a_score_above_its_weight_is_found() -> None:
    (finding,) = checks.score_over_weight(Form(indicators=(indicator(weight=D(5), score=D(7)),)))
    assert finding.where == "indicators[0].score"


@pytest.mark.parametrize(
    ("legend", "score", "grade", "expected"),
    [
        ("优秀（S≥90）、良好（90>S≥80）、较差（80>S≥60）、差（S<60）", 94, "优秀", None),
        ("优秀（S≥90）、良好（90>S≥80）、较差（80>S≥60）、差（S<60）", 84, "优秀", "良好"),
        ("90（含）-100分为优、80（含）-90分为良、60（含）-80分为中、60分以下为差", 79, "良", "中"),
        ("90（含）-100分为优、80（含）-90分为良、60（含）-80分为中、60分以下为差", 59, "差", None),
    ],
)
def test_the_grade_is_the_one_the_forms_own_legend_gives(
    legend: str, score: int, grade: str, expected: str | None
) -> None:
    found = list(checks.grade(Form(self_score=D(score), grade=grade, extra={LEGEND: legend})))
    assert [finding.computed for finding in found] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("op", "target", "actual", "category", "missed"),
    [
        ("=", "1", "0.95", "satisfaction", True),
        ("=", "198", "165", "output.cost", False),
        ("=", "165", "198", "cost.economic", True),
        (">=", "0.95", "0.96", "output.quality", False),
        ("<=", "0.02", "0.001", "benefit.social", False),
        ("<=", "0.02", "0.03", "benefit.social", True),
    ],
)
def test_full_score_for_a_missed_target(op: str, target: str, actual: str, category: str, missed: bool) -> None:
    row = indicator(
        category=category, target="甲", actual="乙", weight=D(5), score=D(5),
        target_value=Quantity(op, D(target), "%"), actual_value=Quantity("=", D(actual), "%"),
    )  # fmt: skip
    assert bool(list(checks.full_score_missed_target(Form(indicators=(row,))))) is missed


def test_targets_in_another_unit_are_not_compared() -> None:
    row = indicator(
        weight=D(5), score=D(5), target_value=Quantity(">=", D(30), "次"), actual_value=Quantity("=", D(1), "%")
    )  # fmt: skip
    assert not list(checks.full_score_missed_target(Form(indicators=(row,))))


@pytest.mark.parametrize(("reason", "found"), [(None, 1), ("无", 1), ("无偏差", 1), ("项目推迟到下年", 0)])
def test_a_score_below_its_weight_has_a_reason(reason: str | None, found: int) -> None:
    row = indicator(weight=D(5), score=D(4), deviation=reason)
    assert len(list(checks.deviation_unexplained(Form(indicators=(row,))))) == found


def test_a_reason_for_the_whole_form_counts_for_its_indicators() -> None:
    row = indicator(weight=D(5), score=D(4))
    assert not list(checks.deviation_unexplained(Form(indicators=(row,), deviation="受疫情影响")))


def test_years_that_differ_are_one_finding_for_the_whole_document() -> None:
    submission = Submission(Report(fiscal_year=2022), (Form(fiscal_year=2021),), ())
    (finding,) = checks.year_mismatch(submission)
    assert (finding.form, finding.stated, finding.computed) == (None, 2021, 2022)


def test_project_forms_sum_to_the_departments_project_expenditure() -> None:
    department = Form(no=1, kind="department", funds=(Fund(item="project", label="项目支出", amount=D(30)),))
    projects = tuple(Form(no=i, kind="project", funds=(total(approved=D(20)),)) for i in (2, 3))
    (finding,) = checks.projects_total(Submission(Report(), (department, *projects), ()))
    assert (finding.form, finding.stated, finding.computed) == (1, D(30), D(40))
    assert not list(checks.projects_total(Submission(Report(), (department,), ())))


def test_findings_come_in_the_order_of_the_forms() -> None:
    forms = (Form(no=1), Form(no=2, indicators=(indicator(weight=D(1), score=D(2)),)), Form(no=3))
    found = checks.check(Submission(Report(), forms, ())).findings
    assert [finding.form for finding in found] == sorted(finding.form or 0 for finding in found)
