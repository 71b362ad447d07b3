"""The rules that packs use: few and general, each with its parameters. A rule that cannot be decided from what is stated says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from schema.arithmetic import percent, plain
from schema.checks import SAYS_NOTHING, at_most, called
from schema.packs import scoring
from schema.packs.rule import Parameters, Told, bands, bare, between, pattern, positive, rule, share
from schema.records import Form

_NO_SURVEY = re.compile("(?:无|没有|未收到|零)(?:任何)?投诉")
_SAVES = re.compile("节约|节支|下降|降低|压减|减少")
_SURVEYED = re.compile("问卷|调查|回访|抽样|访谈")


def _reasons(*texts: str | None) -> bool:
    return any(text and not SAYS_NOTHING.match(text) for text in texts)


# ---------------------------------------------------------------- points
@rule("预算执行得分", "execution score", bands=([], bands))
def execution_score(form: Form, p: Parameters) -> Iterator[Told]:
    """The points of the budget execution are its weight times the rate (executed ÷ revised, at most 1), or the share of the band that the rate
    is in; within half of the last digit written."""
    for path, stated, due in scoring.executions(form, p["bands"]):
        if abs(stated - due.computed) > scoring.slack(stated):
            words = {"name": "预算执行", "stated": plain(stated), "computed": plain(due.computed), "way": due.way}
            yield Told(path, words, stated, due.computed, due.members)


@rule("指标得分", "indicator score", reverse=("ratio", lambda v: v in ("ratio", "linear")))
def score_formula(form: Form, p: Parameters) -> Iterator[Told]:
    """An indicator that misses its target has no more than its share: weight × actual ÷ target, of a target that is the most that may be by
    `reverse`. A lower score is never told: a unit may deduct more."""
    for path, (stated, due) in scoring.scores(form, p).items():
        if stated > due.computed + scoring.slack(stated):
            indicator = form.indicators[int(path[11 : path.index("]")])]
            words = {
                "name": called(indicator),
                "stated": plain(stated),
                "computed": plain(due.computed),
                "way": due.way,
            }
            yield Told(path, words, stated, due.computed, (path, *due.members))


@rule(
    "定性指标分档", "band of an indicator in words",
    bands=({"met": [Decimal("0.8"), Decimal(1)], "partly": [Decimal("0.6"), Decimal("0.8")], "missed": [Decimal(0), Decimal("0.6")]}, between),
)  # fmt: skip
def qualitative_band(form: Form, p: Parameters) -> Iterator[Told]:
    """An indicator whose actual says in words that its target is met, partly met or missed has the share of its weight that its band allows;
    the bounds of a band are in it."""
    named = {"met": "达成", "partly": "部分达成", "missed": "未达成"}
    for i, indicator in enumerate(form.indicators):
        found = scoring.outcome(indicator)
        if found is None or not indicator.weight or indicator.score is None:
            continue
        low, high = p["bands"][found]
        part = indicator.score / indicator.weight
        if not low <= part <= high:
            words = {
                "name": called(indicator), "stated": plain(indicator.score), "way": f"完成情况为“{indicator.actual}”（{named[found]}）",
                "computed": f"{plain(low * indicator.weight)}至{plain(high * indicator.weight)}",
            }  # fmt: skip
            members = tuple(f"indicators[{i}].{name}" for name in ("score", "weight", "actual"))
            yield Told(f"indicators[{i}].score", words, indicator.score, words["computed"], members)


@rule("分值为零", "weight of nothing")
def weight_zero(form: Form, p: Parameters) -> Iterator[Told]:  # noqa: ARG001
    """Every indicator weighs something."""
    for i, indicator in enumerate(form.indicators):
        if indicator.weight is not None and indicator.weight == 0:
            yield Told(
                f"indicators[{i}].weight",
                {"name": called(indicator)},
                indicator.weight,
                None,
                (f"indicators[{i}].weight",),
            )


@rule("超额完成未说明", "overshoot unexplained", least=(Decimal("1.3"), positive), of_nothing=(Decimal(30), positive))
def overshoot_unexplained(form: Form, p: Parameters) -> Iterator[Told]:
    """An actual of `least` times its target or more (`of_nothing` or more where the target is 0) is explained: a target that was set too low."""
    if _reasons(form.deviation):
        return
    for i, indicator in enumerate(form.indicators):
        target, actual = indicator.target_value, indicator.actual_value
        if (
            target is None
            or actual is None
            or target.unit != actual.unit
            or target.op in ("<=", "<")
            or at_most(indicator)
        ):
            continue
        far = (
            actual.value >= p["of_nothing"]
            if target.value == 0
            else target.value > 0 and actual.value >= p["least"] * target.value
        )
        if far and not _reasons(indicator.deviation, indicator.evidence, indicator.remark):
            words = {"name": called(indicator), "stated": indicator.actual or "", "other": indicator.target or ""}
            members = (f"indicators[{i}].actual", f"indicators[{i}].target")
            yield Told(f"indicators[{i}].actual", words, indicator.actual, indicator.target, members)


@rule("满分而无依据", "full score without values")
def full_score_without_values(form: Form, p: Parameters) -> Iterator[Told]:  # noqa: ARG001
    """Of a form that states actuals, indicators with neither target nor actual do not have full score; one finding for the form."""
    if not any(indicator.actual for indicator in form.indicators):
        return
    hollow = [
        i for i, x in enumerate(form.indicators)
        if x.weight and x.score is not None and x.score >= x.weight and not (x.target or x.actual or x.evidence or x.criteria)
        and not scoring.is_execution(x)
    ]  # fmt: skip
    if hollow:
        words = {"count": str(len(hollow)), "name": "、".join(called(form.indicators[i]) for i in hollow[:5])}
        members = tuple(f"indicators[{i}].score" for i in hollow)
        yield Told("indicators", words, Decimal(len(hollow)), Decimal(0), members)


# ---------------------------------------------------------------- what indicators are
@rule("成本指标方向", "direction of a cost")
def cost_sign(form: Form, p: Parameters) -> Iterator[Told]:  # noqa: ARG001
    """A cost has no least: `≥` would reward spending."""
    for i, indicator in enumerate(form.indicators):
        category = indicator.category or ""
        costs = category == "output.cost" or category.startswith("cost.")
        name, target = called(indicator), indicator.target_value
        if costs and target is not None and target.op in (">=", ">") and target.unit != "%" and not _SAVES.search(name):
            words = {"name": name, "stated": indicator.target or ""}
            yield Told(f"indicators[{i}].target", words, indicator.target, None, (f"indicators[{i}].target",))


@rule("指标重复", "duplicate indicator")
def duplicate_indicator(form: Form, p: Parameters) -> Iterator[Told]:  # noqa: ARG001
    """One indicator stands once: not with points under two heads."""
    first: dict[str, int] = {}
    for i, indicator in enumerate(form.indicators):
        name = bare(indicator.level3)
        if not name or not indicator.weight:
            continue
        before = first.setdefault(name, i)
        other = form.indicators[before]
        if before != i and (other.level1, other.level2) != (indicator.level1, indicator.level2):
            words = {"name": called(indicator), "other": f"{other.level1 or ''}{other.level2 or ''}"}
            members = (f"indicators[{before}].level3", f"indicators[{i}].level3")
            yield Told(f"indicators[{i}].level3", words, indicator.level3, None, members)


@rule(
    "指标归类不当",
    "indicator under another head",
    names=({}, lambda v: isinstance(v, dict) and all(map(pattern, v.values()))),
)
def indicator_misfit(form: Form, p: Parameters) -> Iterator[Told]:
    """No name stands under a head that it does not belong to. names: category → names (a pattern) that it does not have."""
    for i, indicator in enumerate(form.indicators):
        names = p["names"].get(indicator.category or "")
        if names and re.search(names, indicator.level3 or ""):
            words = {"name": called(indicator), "other": indicator.level2 or indicator.level1 or ""}
            yield Told(
                f"indicators[{i}].level3",
                words,
                indicator.level3,
                None,
                (f"indicators[{i}].level3", f"indicators[{i}].level2"),
            )


@rule("满意度未调查", "satisfaction without a survey")
def survey_missing(form: Form, p: Parameters) -> Iterator[Told]:  # noqa: ARG001
    """That nobody complained is no survey of satisfaction."""
    for i, x in enumerate(form.indicators):
        texts = (x.actual, x.evidence, x.deviation, x.remark)
        told = next((text for text in texts if text and _NO_SURVEY.search(text)), None)
        surveyed = any(text and _SURVEYED.search(text) for text in texts)
        if x.category == "satisfaction" and told is not None and not surveyed and x.score:
            words = {"name": called(x), "stated": told[:40]}
            yield Told(
                f"indicators[{i}].score",
                words,
                x.score,
                Decimal(0),
                (f"indicators[{i}].score", f"indicators[{i}].actual"),
            )


@rule(
    "指标值空泛",
    "hollow target",
    words=("明显|显著|有效|进一步|较好|良好|逐步", pattern),
    categories=(["output.quantity"], lambda v: isinstance(v, list)),
)
def hollow_target(form: Form, p: Parameters) -> Iterator[Told]:
    """A target of what is counted is a figure, not a word."""
    for i, x in enumerate(form.indicators):
        if (
            x.category in p["categories"]
            and x.target
            and x.target_value is None
            and re.search(p["words"], x.target)
            and not re.search(r"\d", x.target)
        ):
            yield Told(
                f"indicators[{i}].target",
                {"name": called(x), "stated": x.target},
                x.target,
                None,
                (f"indicators[{i}].target",),
            )


_DAY = re.compile(r"(?:已?于)?(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?(?:前|完成|完工|竣工|验收|通过验收)*")
_COMPLETED, _ACCEPTED = re.compile("(?:完工|竣工|完成)(?:时间|日期|时限)"), re.compile("验收(?:时间|日期)")


@rule("日期矛盾", "dates in conflict")
def date_conflict(form: Form, p: Parameters) -> Iterator[Told]:  # noqa: ARG001
    """A day that an actual names has come when the form is filled in; and nothing is accepted before it is completed. Only whole dates count."""
    days = {i: day for i, x in enumerate(form.indicators) if (day := _day(x.actual)) is not None}
    if form.reported_on is not None:
        for i, day in days.items():
            if day > form.reported_on:
                words = {"way": "晚于填报日期", "other": form.reported_on.isoformat()}
                yield _conflict(form, i, words, f"indicators[{i}].actual", "reported_on")
    completed = [i for i in days if _COMPLETED.search(called(form.indicators[i]))]
    accepted = [i for i in days if _ACCEPTED.search(called(form.indicators[i]))]
    if len(completed) == len(accepted) == 1 and days[accepted[0]] < days[completed[0]]:
        (i,), (j,) = accepted, completed
        words = {"way": f"早于{called(form.indicators[j])}", "other": days[j].isoformat()}
        yield _conflict(form, i, words, f"indicators[{i}].actual", f"indicators[{j}].actual")


def _day(text: str | None) -> date | None:
    """The day that a text names and nothing else; None where it is none, or one that no calendar has."""
    found = _DAY.fullmatch(text.strip()) if text else None
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _conflict(form: Form, i: int, words: dict[str, str], *members: str) -> Told:
    indicator = form.indicators[i]
    told = {"name": called(indicator), "stated": indicator.actual or ""} | words
    return Told(f"indicators[{i}].actual", told, indicator.actual, words["other"], members)


# ---------------------------------------------------------------- money
@rule("预算调整未说明", "budget moved unexplained", least=(Decimal("0.3"), positive))
def budget_moved_unexplained(form: Form, p: Parameters) -> Iterator[Told]:
    """A revised budget that lies `least` of the approved one away from it, or money spent above the revised one, is explained."""
    found = scoring.total(form)
    if found is None or _reasons(form.deviation, form.improvement):
        return
    i, fund = found
    if fund.approved and fund.revised is not None and fund.approved > 0:
        moved = abs(fund.revised - fund.approved) / fund.approved
        if moved >= p["least"]:
            words = {
                "stated": plain(fund.revised),
                "other": plain(fund.approved),
                "way": percent(moved.quantize(Decimal("0.0001"))),
            }
            yield Told(
                f"funds[{i}].revised",
                words,
                fund.revised,
                fund.approved,
                (f"funds[{i}].revised", f"funds[{i}].approved"),
            )


@rule("未花钱而全完成", "nothing spent, all done", most=(Decimal("0.05"), share), least=(3, positive))
def zero_spend_full_output(form: Form, p: Parameters) -> Iterator[Told]:
    """Where hardly any money was spent (`most` of the budget), not all of `least` or more outputs can be done in full."""
    found = scoring.rate(form)
    if found is None or found[0] > p["most"]:
        return
    outputs = [
        (i, x)
        for i, x in enumerate(form.indicators)
        if (x.category or "").startswith("output.") and x.category != "output.cost"
    ]
    counted = [
        (i, due)
        for i, x in outputs
        if (due := scoring.of_indicator(x, "ratio")) is not None and due.computed == x.weight
    ]
    if len(counted) >= p["least"] and len(counted) == len(outputs):
        words = {"way": percent(found[0].quantize(Decimal("0.0001"))), "count": str(len(counted))}
        yield Told("indicators", words, None, None, (*found[1], *(f"indicators[{i}].actual" for i, _ in counted)))
