"""The core checks of RECORDS.md: the form's arithmetic, and completeness that holds everywhere, one function each.

Every check takes the records and yields Findings; their messages are sentences that a reviewer can send
back as they stand. Sources: 财预〔2020〕10号 (项目支出绩效评价管理办法), 财预〔2013〕53号 (共性指标体系).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from schema.arithmetic import CENT, equations, plain
from schema.checking import CHECKS as CHECKS  # whole, once the rules of this module are registered
from schema.checking import SELF_EVALUATION, Severity, found_in_reading, of_scope
from schema.checking import check as registered
from schema.records import GRADE, LEGEND, Finding, Form, Indicator, Quantity, Submission

SAYS_NOTHING = re.compile(r"^[无没有未暂]*(?:偏差|扣分)?[。.]?$|^[/\-—]+$")


def check(submission: Submission) -> Submission:
    """The submission with what does not add up; findings of reading stay first in their forms."""
    found = list(submission.findings)
    for form in submission.forms:
        found += (equation.finding for equation in equations(form) if not equation.holds)
        for made in of_scope("form"):
            found += made.rule(form)  # type: ignore[misc, arg-type]
    for made in of_scope("submission"):
        found += made.rule(submission)  # type: ignore[misc, arg-type]
    found.sort(key=lambda finding: finding.form or 0)
    return replace(submission, findings=tuple(found))


def called(indicator: Indicator) -> str:
    return indicator.level3 or indicator.level4 or indicator.level2 or indicator.level1 or "未命名指标"


# ---------------------------------------------------------------- points
@registered(
    "form",
    "得分高于分值",
    "score over weight",
    f"{SELF_EVALUATION}：完成指标值的记所赋全部分值，得分不超过分值",
    Severity.WRONG,
)
def score_over_weight(form: Form) -> Iterator[Finding]:
    """No score exceeds its weight."""
    for i, indicator in enumerate(form.indicators):
        if indicator.score is not None and indicator.weight is not None and indicator.score > indicator.weight:
            message = f"{called(indicator)}：得分高于分值"
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


@registered("form", "等级与得分不符", "grade", "本表所附评价等级标准", Severity.UNEARNED)
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
    stated = GRADE.search(form.grade)
    if stated and stated.group()[0] != expected[0]:
        message = f"总分{plain(form.self_score)}按本表标准应为“{expected}”，所填为“{form.grade}”"
        yield Finding("grade", form.no, "grade", message, form.grade, expected)


def legend_bounds(legend: str) -> list[tuple[Decimal, str]]:
    """(lowest score, grade) of every grade a legend names."""
    out = []
    for part in re.split("[、，,；;。]", legend):
        name = GRADE.search(part)
        figures = [Decimal(f) for f in re.findall(r"(?<![\d.])\d{2,3}(?:\.\d+)?(?![\d.])", part)]
        if not name or not figures:
            continue
        below = len(figures) == 1 and re.search("以下|[<＜]|不足|低于", part)
        out.append((Decimal(0) if below else min(figures), name.group()))
    return out


# ---------------------------------------------------------------- targets and reasons
@registered(
    "form", "未达目标而得满分", "full score, missed target", f"{SELF_EVALUATION}：未完成指标值的按完成值与指标值的比例记分", Severity.UNEARNED
)  # fmt: skip
def full_score_missed_target(form: Form) -> Iterator[Finding]:
    """An indicator whose parsed actual misses its parsed target does not have full score. A plain target means at least; under a
    cost level, and where the name says that less is better, at most; compared only where both have the same unit."""
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
        if indicator.score >= indicator.weight and _missed(target, actual, at_most(indicator)):
            message = f"{called(indicator)}：完成值{indicator.actual}未达到指标值{indicator.target}，却得满分{plain(indicator.weight)}"
            yield Finding("full_score_missed_target", form.no, f"indicators[{i}].score", message, indicator.score, None)


_LESS = re.compile("控制率|变动率|下降|事故|投诉|违规")
# What is done about a bad thing, or how far it went down: there more is better.
_MORE = re.compile("下降率|下降幅度|(?:处理|办理|办结|处置|查处|回复|答复|整改|调解|化解|减少|降低|下降)(?:及时)?率")


def at_most(indicator: Indicator) -> bool:
    """Is a plain target of an indicator the most that may be: by its category, or by its name?"""
    category, name = indicator.category or "", called(indicator)
    cost = category == "output.cost" or category.startswith("cost.")
    return cost or (_LESS.search(name) is not None and _MORE.search(name) is None)


def _missed(target: Quantity, actual: Quantity, less: bool) -> bool:
    op = ("<=" if less else ">=") if target.op == "=" else target.op
    if op == ">=":
        return actual.value < target.value
    if op == ">":
        return actual.value <= target.value and actual.op not in (">",)
    if op == "<":
        return actual.value >= target.value and actual.op not in ("<",)
    return actual.value > target.value


@registered(
    "form", "扣分未说明原因", "deviation unexplained", f"{SELF_EVALUATION}：未完成绩效目标的须说明原因、提出改进措施", Severity.UNCLEAR
)  # fmt: skip
def deviation_unexplained(form: Form) -> Iterator[Finding]:
    """An indicator score below its weight has a reason: `deviation` or `evidence` says more than 无, or
    the form as a whole gives one."""
    if form.deviation and not SAYS_NOTHING.match(form.deviation):
        return
    for i, indicator in enumerate(form.indicators):
        if indicator.score is None or indicator.weight is None or indicator.score >= indicator.weight:
            continue
        reasons = [r for r in (indicator.deviation, indicator.evidence) if r and not SAYS_NOTHING.match(r)]
        if not reasons:
            message = f"{called(indicator)}：得分{plain(indicator.score)}低于分值{plain(indicator.weight)}，未说明原因"
            yield Finding(
                "deviation_unexplained", form.no, f"indicators[{i}].deviation", message, indicator.score, None
            )


# ---------------------------------------------------------------- the whole submission
@registered("submission", "年度不一致", "year mismatch", "同一份材料各处所填年度应一致（填报要求）", Severity.UNCLEAR)
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


@registered(
    "submission",
    "项目之和与部门不符",
    "projects total",
    "表间勾稽关系：部门的项目支出等于各项目之和",
    Severity.WRONG,
)
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
                yield Finding("projects_total", form.no, f"funds[item=project].{column}", message, stated, computed)
            return


# ---------------------------------------------------------------- found while reading
found_in_reading(
    "number_unreadable", "数字无法识别", "number unreadable", "应填数字的单元格须为可识别的数字（填报要求）", Severity.UNCLEAR
)  # fmt: skip
found_in_reading(
    "stated_twice", "同一项填写不一致", "stated twice", "同一张表同一项各处所填应一致（填报要求）", Severity.UNCLEAR
)  # fmt: skip
