"""The core checks of RECORDS.md: the form's arithmetic, and completeness that holds everywhere, one function each.

Every check takes the records and yields Findings; their messages are sentences that a reviewer can send
back as they stand. Sources: 财预〔2020〕10号 (项目支出绩效评价管理办法), 财预〔2013〕53号 (共性指标体系).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from schema.arithmetic import CENT, equations, plain
from schema.records import LEGEND, Finding, Form, Indicator, Quantity, Submission

_SAYS_NOTHING = re.compile(r"^[无没有未暂]*(?:偏差|扣分)?[。.]?$|^[/\-—]+$")


def check(submission: Submission) -> Submission:
    """The submission with what does not add up; findings of reading stay first in their forms."""
    found = list(submission.findings)
    for form in submission.forms:
        found += (equation.finding for equation in equations(form) if not equation.holds)
        for rule in FORM_CHECKS.values():
            found += rule(form)
    for whole in DOCUMENT_CHECKS.values():
        found += whole(submission)
    found.sort(key=lambda finding: finding.form or 0)
    return replace(submission, findings=tuple(found))


def _name(indicator: Indicator) -> str:
    return indicator.level3 or indicator.level4 or indicator.level2 or indicator.level1 or "未命名指标"


# ---------------------------------------------------------------- points
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
    "score_over_weight": score_over_weight,
    "grade": grade,
    "full_score_missed_target": full_score_missed_target,
    "deviation_unexplained": deviation_unexplained,
}
DOCUMENT_CHECKS: dict[str, Callable[[Submission], Iterator[Finding]]] = {
    "year_mismatch": year_mismatch,
    "projects_total": projects_total,
}
