"""The rules that look at a whole submission: its forms beside each other, beside its basic data and beside its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schema.arithmetic import percent, plain
from schema.checks import called
from schema.packs import scoring
from schema.packs.rule import Parameters, Told, pattern, positive, rule, share
from schema.records import Form, Section, Submission, title


@rule("全部满分", "all full marks", scope="submission", least=(10, positive))
def all_full_marks(submission: Submission, p: Parameters) -> Iterator[Told]:
    """Where `least` or more indicators of a submission are scored and every one has all its points, the evaluation is a formality."""
    scored = [
        (f"forms[{form.no - 1}].indicators[{i}].score", x.score, x.weight)
        for form in submission.forms for i, x in enumerate(form.indicators)
        if x.weight and x.score is not None
    ]  # fmt: skip
    if len(scored) >= p["least"] and all(score >= weight for _, score, weight in scored):
        yield Told(
            "forms", {"count": str(len(scored))}, Decimal(len(scored)), None, tuple(path for path, _, _ in scored)
        )


# ---------------------------------------------------------------- the basic data
def _ratios(value: Any) -> bool:
    """By name of the indicator (a pattern) two figures of the basic data: above and below the line, each by its row and its column; change: the
    one above is told as what it differs by."""
    return isinstance(value, list) and all(
        isinstance(one, dict)
        and {"name", "above", "below"} <= one.keys() <= {"name", "above", "below", "change"}
        and pattern(one["name"])
        and all(
            isinstance(one[of], dict) and one[of].keys() <= {"row", "column"} and all(map(pattern, one[of].values()))
            for of in ("above", "below")
        )
        for one in value
    )


@rule(
    "指标与基础数据不符", "ratio recomputed", scope="submission", points=(Decimal("0.01"), share),
    ratios=([{"name": "(?:财政供养|在职)人员控制率", "above": {"row": "在职人数"}, "below": {"row": "编制数"}}], _ratios),
)  # fmt: skip
def ratio_recomputed(submission: Submission, p: Parameters) -> Iterator[Told]:
    """A common indicator is what the 基础数据表 of the same submission makes it (财预〔2013〕53号), within `points`: a figure above another, each
    the only one of its row and column ({year} and {last} in a column are the fiscal year and the one before)."""
    for form in submission.forms:
        for i, x in enumerate(form.indicators):
            stated = x.actual_value
            wanted = next((one for one in p["ratios"] if re.search(one["name"], called(x))), None)
            if stated is None or stated.unit != "%" or wanted is None:
                continue
            above, below = (_basic(submission, wanted[of]) for of in ("above", "below"))
            if above is None or below is None or below[1] <= 0:
                continue
            difference = f"（{plain(above[1])}-{plain(below[1])}）" if wanted.get("change") else plain(above[1])
            computed = (above[1] - (below[1] if wanted.get("change") else 0)) / below[1]
            if abs(stated.value - computed) > p["points"]:
                shown = percent(computed.quantize(Decimal("0.0001")))
                words = {
                    "name": called(x),
                    "stated": x.actual or "",
                    "computed": shown,
                    "way": f"{difference}÷{plain(below[1])}",
                }
                path = f"forms[{form.no - 1}].indicators[{i}].actual"
                yield Told(path, words, x.actual, shown, (path, above[0], below[0]))


def _basic(submission: Submission, wanted: Mapping[str, str]) -> tuple[str, Decimal] | None:
    """The one figure of the basic data in a row and a column, and its row's path; None where there is none or several. What names a figure may
    head its column as well as its row."""
    year = submission.report.fiscal_year
    years = {"{year}": str(year or "0"), "{last}": str(year - 1 if year else "0")}
    row, column = (wanted.get(of) for of in ("row", "column"))
    for key, told in years.items():
        column = column.replace(key, told) if column is not None else None
    found = [
        (f"forms[{form.no - 1}].basics[{i}]", value)
        for form in submission.forms for i, basic in enumerate(form.basics)
        for heading, value in basic.values.items()
        if isinstance(value, Decimal) and _is(row, column, basic.path[-1] if basic.path else basic.group or "", heading)
    ]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _is(row: str | None, column: str | None, name: str, heading: str) -> bool:
    if column is None and row is not None:
        return bool(re.fullmatch(row, name) or re.fullmatch(row, heading))
    return bool((row is None or re.fullmatch(row, name)) and (column is None or re.fullmatch(column, heading)))


# ---------------------------------------------------------------- the text
_SCORE = re.compile(
    r"(?<![标目出益理行度率项])(?:绩效)?自评(?:总|综合)?(?:得分|评分|分值?)(?:合计)?[为是:：]?(\d{1,3}(?:\.\d{1,2})?)分"
)
_RATE = re.compile(
    r"(?:整体支出|部门整体|总体|全年预算|年度预算|资金总体?)(?:的)?(?:预算)?执行率(?:为|是|达到?|:|：)?(\d{1,3}(?:\.\d{1,2})?)[%％]"
)
_WHOLE = re.compile(
    r"(?:年度资金总额|部门整体支出|整体支出|资金总额|支出总额)((?:(?!其中|基本支出|项目支出)[^。；;\n])*)"
)
_AMOUNT = re.compile(
    r"(?:^|[，,、]|资金)(年初预算|全年预算|调整后?预算|全年执行|实际支出|执行)数?(?:为|是|共|共计|合计)?(\d[\d,]*(?:\.\d+)?)(亿元|万元|元)"
)
_FIELDS = {
    "年初预算": "approved",
    "全年预算": "revised",
    "调整预算": "revised",
    "调整后预算": "revised",
}  # else executed
_SCALE = {"元": Decimal("0.0001"), "万元": Decimal(1), "亿元": Decimal(10000)}
_MAIN = ("department", "project", "transfer")


@dataclass(frozen=True, slots=True)
class _Said:
    """What the text says of something, once. where: the section's path; value, slack: in the form's measure."""

    where: str
    written: str
    value: Decimal
    slack: Decimal


@rule("正文与表不符", "text against the form", scope="submission")
def narrative_mismatch(submission: Submission, p: Parameters) -> Iterator[Told]:  # noqa: ARG001
    """What the text says of the whole (self-assessed score, rate of execution, budget, revised budget and execution of the total) is what the
    form says, within half of the last digit written; where the submission has one form of the whole, and the text says one figure of it."""
    forms = [form for form in submission.forms if form.kind in _MAIN]
    main = [form for form in forms if form.kind == "department"] or forms
    if len(main) != 1:
        return
    at = f"forms[{main[0].no - 1}]"
    for name, said, path, stated in _beside(submission.sections, main[0]):
        if all(abs(said.value - figure) > max(said.slack, scoring.slack(figure)) for figure in stated):
            shown = [percent(figure / 100) if name == "执行率" else plain(figure) for figure in stated]
            words = {"name": name, "stated": said.written, "computed": "或".join(dict.fromkeys(shown))}
            yield Told(said.where, words, said.written, words["computed"], (said.where, f"{at}.{path}"))


def _beside(sections: tuple[Section, ...], form: Form) -> Iterator[tuple[str, _Said, str, list[Decimal]]]:
    """What the text says of the whole, with its name, the place in the form and what the form says there: a rate may be of either budget."""
    score = _only(_found(sections, _SCORE))
    if form.self_score is not None and score is not None:
        yield "自评得分", score, "self_score", [form.self_score]
    found = scoring.total(form)
    if found is None:
        return
    i, fund = found
    rate = _only(_found(sections, _RATE))
    if rate is not None and fund.executed is not None:
        bases = [base for base in (fund.revised, fund.approved) if base is not None and base > 0]
        if bases:
            shares = [(fund.executed / base * 100).quantize(Decimal("0.01")) for base in bases]
            yield "执行率", rate, f"funds[{i}].executed", shares
    amounts = list(_amounts(sections))
    for field in scoring.MONEY:
        stated = getattr(fund, field)
        amount = _only([said for said_of, said in amounts if said_of == field])
        if stated is not None and amount is not None:
            yield title(f"funds[{i}]", field), amount, f"funds[{i}].{field}", [stated]


def _amounts(sections: tuple[Section, ...]) -> Iterator[tuple[str, _Said]]:
    """The money that sentences about the whole tell, with the column it is of; what they tell of its parts is left out."""
    for i, section in enumerate(sections):
        for whole in _WHOLE.finditer(section.text or ""):
            for match in _AMOUNT.finditer(whole[1]):
                value, scale = Decimal(match[2].replace(",", "")), _SCALE[match[3]]
                written = match[0].lstrip("，,、")
                yield (
                    _FIELDS.get(match[1], "executed"),
                    _Said(f"sections[{i}].text", written, value * scale, scoring.slack(value) * scale),
                )


def _found(sections: tuple[Section, ...], what: re.Pattern[str]) -> list[_Said]:
    """All that the text says by a pattern whose group is a figure."""
    return [
        _Said(f"sections[{i}].text", match[0], Decimal(match[1]), scoring.slack(Decimal(match[1])))
        for i, section in enumerate(sections) for match in what.finditer(section.text or "")
    ]  # fmt: skip


def _only(told: list[_Said]) -> _Said | None:
    """What is said, where all that is said is one figure."""
    return told[0] if len({said.value for said in told}) == 1 else None


_COUNT = re.compile(
    r"(?<![\d.])(\d{1,3})个项目(?:支出)?(?:均|全部|都|也)?(?:已)?(?:按要求)?(?:开展|进行|完成|纳入|实施)了?(?:单位|部门)?(?:绩效)?自评"
)


@rule("项目数不符", "number of projects", scope="submission")
def projects_count(submission: Submission, p: Parameters) -> Iterator[Told]:  # noqa: ARG001
    """As many projects as the text says were evaluated have a form, where the submission has any; and the text says one number."""
    forms = [form for form in submission.forms if form.kind == "project"]
    said = _only(_found(submission.sections, _COUNT))
    if forms and said is not None and said.value != len(forms):
        words = {"stated": plain(said.value), "computed": str(len(forms))}
        cells = (said.where, *(f"forms[{form.no - 1}].project" for form in forms))
        yield Told(said.where, words, said.value, Decimal(len(forms)), cells)
