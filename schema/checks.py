"""The core checks of RECORDS.md: arithmetic and completeness that hold everywhere, one function each.

Every check takes the records and yields Findings; their messages are sentences that a reviewer can send
back as they stand. Sources: 财预〔2020〕10号 (项目支出绩效评价管理办法), 财预〔2013〕53号 (共性指标体系).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from schema.records import LEGEND, STATED_WEIGHT, Finding, Form, Fund, Indicator, Quantity, Submission

CENT = Decimal("0.01")  # money and points agree within this
_MONEY = ("approved", "revised", "received", "executed", "amount")
_SUB_PARTS = frozenset(("personnel", "operating"))  # of basic; never counted beside it
_SAYS_NOTHING = re.compile(r"^[无没有未暂]*(?:偏差|扣分)?[。.]?$|^[/\-—]+$")


def check(submission: Submission) -> Submission:
    """The submission with what does not add up; findings of reading stay first in their forms."""
    found = list(submission.findings)
    for form in submission.forms:
        for rule in FORM_CHECKS.values():
            found += rule(form)
    for whole in DOCUMENT_CHECKS.values():
        found += whole(submission)
    found.sort(key=lambda finding: finding.form or 0)
    return replace(submission, findings=tuple(found))


# ---------------------------------------------------------------- wording
def plain(value: Decimal) -> str:
    """A figure as people write it: no exponent, no trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: Decimal) -> str:
    return plain(value * 100) + "%"


def _name(indicator: Indicator) -> str:
    return indicator.level3 or indicator.level4 or indicator.level2 or indicator.level1 or "未命名指标"


# ---------------------------------------------------------------- funds
def execution_rate(form: Form) -> Iterator[Finding]:
    """Stated rate = executed ÷ revised (÷ approved where no revised is stated), within half of the last
    stated digit, where the base is above 0."""
    for i, fund in enumerate(form.funds):
        base = fund.revised if fund.revised is not None else fund.approved
        if fund.execution_rate is None or fund.executed is None or base is None or base <= 0:
            continue
        stated = fund.execution_rate
        if _agrees(stated, fund.executed / base):
            continue
        message = f"{fund.label or '资金'}：执行率应为执行数{plain(fund.executed)}÷预算数{plain(base)}"
        for other, words in (
            (fund.approved, "年初预算数"),
            (fund.revised, "全年预算数"),
            (fund.received, "实际到位数"),
        ):
            if other is not None and other != base and other > 0 and _agrees(stated, fund.executed / other):
                message += f"，所填{percent(stated)}是按{words}{plain(other)}计算的"
                break
        computed = (fund.executed / base).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        yield Finding("execution_rate", form.no, f"funds[{i}].execution_rate", message, stated, computed)


def _agrees(stated: Decimal, computed: Decimal) -> bool:
    exponent = stated.as_tuple().exponent
    last = Decimal(1).scaleb(min(exponent, -2)) if isinstance(exponent, int) else CENT
    return abs(stated - computed) <= last / 2


def funds_breakdown(form: Form) -> Iterator[Finding]:
    """The parts of one side sum to the total in the same column, within 0.01. Sub-parts are not counted
    again; bare amounts may agree with any one of the total's figures; a single part is not checked."""
    totals = [fund for fund in form.funds if fund.item == "total"]
    if not totals:
        return
    for side, words in (("revenue", "按收入性质分"), ("expenditure", "按支出性质分"), (None, "各资金来源")):
        total = next((t for t in totals if t.side == side), totals[0])
        parts = _parts([f for f in form.funds if f.item != "total" and f.side == side])
        for column in _MONEY:
            figures = [(p, v) for p in parts if (v := getattr(p, column)) is not None]
            if len(figures) < 2:
                continue
            stated = _stated_totals(total, column)
            sums = _sums(figures)
            if not stated or any(abs(s - t) <= CENT for s in sums for t in stated):
                continue
            nearest = min(stated, key=lambda t: abs(t - sums[0]))
            where = f"funds[side={side}].{column}" if side else f"funds.{column}"
            bare = column == "amount" and total.amount is None
            against = f"{total.label or '合计'}{'的任何一栏都' if bare else plain(nearest)}"
            yield Finding(
                "funds_breakdown",
                form.no,
                where,
                f"{words}各项之和{plain(sums[0])}与{against}不相等",
                nearest,
                sums[0],
            )


def _parts(funds: list[Fund]) -> list[Fund]:
    basic = any(fund.item == "basic" for fund in funds)
    return [fund for fund in funds if not (basic and fund.item in _SUB_PARTS)]


def _stated_totals(total: Fund, column: str) -> list[Decimal]:
    columns = _MONEY if column == "amount" and total.amount is None else (column,)
    return [value for name in columns if (value := getattr(total, name)) is not None]


def _sums(figures: list[tuple[Fund, Decimal]]) -> list[Decimal]:
    """What the parts may sum to: all of them, and without those that may be parts of parts."""
    out = [sum((value for _, value in figures), Decimal(0))]
    known = [value for fund, value in figures if fund.item is not None]
    if known and len(known) < len(figures):
        out += [sum(known, Decimal(0)), sum((v for f, v in figures if f.item is None), Decimal(0))]
    whole = [value for fund, value in figures if fund.item not in ("current_appropriation", "carried_over")]
    if len(whole) < len(figures) and any(
        fund.item in ("fiscal", "general_public_budget") for fund, _ in figures
    ):
        out.append(sum(whole, Decimal(0)))
    return out


# ---------------------------------------------------------------- points
def _execution_weight(form: Form) -> Decimal:
    return sum(
        (fund.weight for fund in form.funds[:] if fund.weight is not None and fund.item == "total"),
        Decimal(0),
    )


def indicator_weights_total(form: Form) -> Iterator[Finding]:
    """Indicator weights + the execution weight sum to 100 (or the total stated); only where every
    indicator states a weight."""
    weights = [i.weight for i in form.indicators if i.weight is not None]
    if not weights or len(weights) < len(form.indicators):
        return
    own = sum(weights, Decimal(0))
    both = own + _execution_weight(form)
    text = (form.extra or {}).get(STATED_WEIGHT)
    stated = Decimal(text) if text else Decimal(100)
    if any(abs(s - t) <= CENT for s in (own, both) for t in (stated, Decimal(100))):
        return
    yield Finding(
        "indicator_weights_total", form.no, "indicators.weight",
        f"各项指标分值与预算执行分值之和为{plain(both)}，与总分值{plain(stated)}不相等", stated, both,
    )  # fmt: skip


def group_weight(form: Form) -> Iterator[Finding]:
    """The weights of a group's indicators sum to the points its heading states."""
    for level in (1, 2):
        groups: dict[tuple[object, ...], list[int]] = {}
        for i, indicator in enumerate(form.indicators):
            if getattr(indicator, f"level{level}_weight") is not None:
                key = (indicator.level1,) if level == 1 else (indicator.level1, indicator.level2)
                groups.setdefault(key, []).append(i)
        for rows in groups.values():
            first = form.indicators[rows[0]]
            stated = getattr(first, f"level{level}_weight")
            weights = [w for i in rows if (w := form.indicators[i].weight) is not None]
            computed = sum(weights, Decimal(0))
            if len(weights) == len(rows) and abs(computed - stated) > CENT:
                name = first.level1 if level == 1 else first.level2
                yield Finding(
                    "group_weight", form.no, f"indicators[{rows[0]}].level{level}_weight",
                    f"{name}标明{plain(stated)}分，其下各指标分值之和为{plain(computed)}", stated, computed,
                )  # fmt: skip


def scores_total(form: Form) -> Iterator[Finding]:
    """Indicator scores + execution score sum to the stated total; only where an indicator states a score."""
    scores = [i.score for i in form.indicators if i.score is not None]
    if not scores or form.self_score is None:
        return
    execution = sum((f.score for f in form.funds if f.score is not None and f.item == "total"), Decimal(0))
    own = sum(scores, Decimal(0))
    if all(abs(form.self_score - total) > CENT for total in {own + execution, own}):
        message = f"各项得分之和{plain(own + execution)}与总分{plain(form.self_score)}不相等"
        yield Finding(
            "scores_total",
            form.no,
            "self_score",
            message,
            form.self_score,
            own + execution,
        )


def score_over_weight(form: Form) -> Iterator[Finding]:
    """No score exceeds its weight."""
    for i, indicator in enumerate(form.indicators):
        if (
            indicator.score is not None
            and indicator.weight is not None
            and indicator.score > indicator.weight
        ):
            message = f"{_name(indicator)}：得分高于分值"
            yield Finding(
                "score_over_weight",
                form.no,
                f"indicators[{i}].score",
                message,
                indicator.score,
                indicator.weight,
            )
    for i, fund in enumerate(form.funds):
        if fund.score is not None and fund.weight is not None and fund.score > fund.weight:
            message = f"{fund.label or '预算执行'}：得分高于分值"
            yield Finding("score_over_weight", form.no, f"funds[{i}].score", message, fund.score, fund.weight)


_GRADE = re.compile("优秀?|良好?|中等?|合格|及格|较差|一般|不合格|差")


def grade(form: Form) -> Iterator[Finding]:
    """The grade is the one its form's own legend gives for the score."""
    legend = (form.extra or {}).get(LEGEND)
    if not legend or form.grade is None or form.self_score is None:
        return
    bounds = legend_bounds(legend)
    fitting = [(low, name) for low, name in bounds if form.self_score >= low]
    if not fitting:
        return
    expected = max(fitting)[1]
    stated = _GRADE.search(form.grade)
    if stated and stated.group()[0] != expected[0]:
        message = f"总分{plain(form.self_score)}按本表标准应为“{expected}”，所填为“{form.grade}”"
        yield Finding("grade", form.no, "grade", message, form.grade, expected)


def legend_bounds(legend: str) -> list[tuple[Decimal, str]]:
    """(lowest score, grade) of every grade a legend names."""
    out = []
    for part in re.split("[、，,；;。]", legend):
        name = _GRADE.search(part)
        figures = [Decimal(f) for f in re.findall(r"(?<![\d.])\d{2,3}(?:\.\d+)?(?![\d.])", part)]
        if not name or not figures:
            continue
        below = len(figures) == 1 and re.search("以下|[<＜]|不足|低于", part)
        out.append((Decimal(0) if below else min(figures), name.group()))
    return out


# ---------------------------------------------------------------- targets and reasons
def full_score_missed_target(form: Form) -> Iterator[Finding]:
    """An indicator whose parsed actual misses its parsed target does not have full score. A plain target
    means at least, under a cost level at most; compared only where both have the same unit."""
    for i, indicator in enumerate(form.indicators):
        target, actual = indicator.target_value, indicator.actual_value
        if (
            target is None
            or actual is None
            or target.unit != actual.unit
            or not indicator.weight
            or indicator.score is None
        ):
            continue
        cost = bool(
            indicator.category
            and (indicator.category == "output.cost" or indicator.category.startswith("cost."))
        )
        if indicator.score >= indicator.weight and _missed(target, actual, cost):
            message = f"{_name(indicator)}：完成值{indicator.actual}未达到指标值{indicator.target}，却得满分{plain(indicator.weight)}"
            yield Finding(
                "full_score_missed_target", form.no, f"indicators[{i}].score", message, indicator.score, None
            )


def _missed(target: Quantity, actual: Quantity, cost: bool) -> bool:
    op = ("<=" if cost else ">=") if target.op == "=" else target.op
    if op == ">=":
        return actual.value < target.value
    if op == ">":
        return actual.value <= target.value and actual.op not in (">",)
    if op == "<":
        return actual.value >= target.value and actual.op not in ("<",)
    return actual.value > target.value


def deviation_unexplained(form: Form) -> Iterator[Finding]:
    """An indicator score below its weight has a reason: `deviation` or `evidence` says more than 无, or
    the form as a whole gives one."""
    if form.deviation and not _SAYS_NOTHING.match(form.deviation):
        return
    for i, indicator in enumerate(form.indicators):
        if indicator.score is None or indicator.weight is None or indicator.score >= indicator.weight:
            continue
        reasons = [r for r in (indicator.deviation, indicator.evidence) if r and not _SAYS_NOTHING.match(r)]
        if not reasons:
            message = f"{_name(indicator)}：得分{plain(indicator.score)}低于分值{plain(indicator.weight)}，未说明原因"
            yield Finding(
                "deviation_unexplained", form.no, f"indicators[{i}].deviation", message, indicator.score, None
            )


# ---------------------------------------------------------------- the whole submission
def year_mismatch(submission: Submission) -> Iterator[Finding]:
    """The fiscal years that the title, the forms and the narrative's own heading state agree."""
    stated = [("report.fiscal_year", submission.report.fiscal_year)]
    stated += [(f"forms[{form.no - 1}].fiscal_year", form.fiscal_year) for form in submission.forms]
    years = [(where, year) for where, year in stated if year is not None]
    if len({year for _, year in years}) > 1:
        first = years[0][1]
        where, other = next((w, y) for w, y in years if y != first)
        message = f"文件中所填年度不一致：{'、'.join(str(y) + '年' for y in sorted({y for _, y in years}))}"
        yield Finding("year_mismatch", None, where, message, other, first)


def projects_total(submission: Submission) -> Iterator[Finding]:
    """The project forms' approved sums agree with the project expenditure that the department form
    states, where the document holds both."""
    projects = [form for form in submission.forms if form.kind == "project"]
    totals = [fund.approved for form in projects for fund in form.funds if fund.item == "total"]
    approved = [value for value in totals if value is not None]
    if len(approved) < max(len(projects), 1):
        return
    for form in submission.forms:
        if form.kind != "department":
            continue
        for fund in form.funds:
            stated = fund.approved if fund.approved is not None else fund.amount
            if fund.item != "project" or stated is None:
                continue
            column = "approved" if fund.approved is not None else "amount"
            computed = sum(approved, Decimal(0))
            if abs(computed - stated) > CENT:
                message = f"{len(projects)}张项目支出自评表的年初预算数之和{plain(computed)}与部门项目支出{plain(stated)}不相等"
                yield Finding(
                    "projects_total", form.no, f"funds[item=project].{column}", message, stated, computed
                )
            return


FORM_CHECKS: dict[str, Callable[[Form], Iterator[Finding]]] = {
    "execution_rate": execution_rate,
    "funds_breakdown": funds_breakdown,
    "indicator_weights_total": indicator_weights_total,
    "group_weight": group_weight,
    "scores_total": scores_total,
    "score_over_weight": score_over_weight,
    "grade": grade,
    "full_score_missed_target": full_score_missed_target,
    "deviation_unexplained": deviation_unexplained,
}
DOCUMENT_CHECKS: dict[str, Callable[[Submission], Iterator[Finding]]] = {
    "year_mismatch": year_mismatch,
    "projects_total": projects_total,
}
