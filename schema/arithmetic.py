"""The sums and quotients that a form states itself: where one holds, it proves its figures; where not, it is a finding.

Sources: 财预〔2020〕10号 (项目支出绩效评价管理办法): execution rate and points; RECORDS.md, core checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from schema.checking import SELF_EVALUATION, Equation, Severity, check, of_scope
from schema.records import STATED_WEIGHT, Finding, Form, Fund, Indicator, Kind, of_kind

CENT = Decimal("0.01")  # money and points agree within this
_MONEY = of_kind(Fund, Kind.MONEY)
_FISCAL = frozenset(("fiscal", "general_public_budget", "current_appropriation"))
# Items that may be parts of other parts: levels of government and basic and project expenditure of fiscal money, levels below
# the centre of local money.
_WITHIN = (
    (_FISCAL, frozenset(("central", "provincial", "municipal", "county", "local"))),
    (_FISCAL, frozenset(("basic", "project"))),
    (frozenset(("local",)), frozenset(("provincial", "municipal", "county"))),
)  # fmt: skip
_EXECUTION = re.compile("执行率|预算执行")
_SUB_PARTS = frozenset(("personnel", "operating"))  # of basic; never counted beside it


def equations(form: Form) -> Iterator[Equation]:
    """Every equation that the figures of a form allow to be checked."""
    for made in of_scope("equation"):
        yield from made.rule(form)  # type: ignore[arg-type, misc]


def plain(value: Decimal) -> str:
    """A figure as people write it: no exponent, no trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: Decimal) -> str:
    return plain(value * 100) + "%"


# ---------------------------------------------------------------- funds
@check(
    "equation",
    "执行率计算有误",
    "execution rate",
    f"{SELF_EVALUATION}：预算执行率为实际执行数与预算数之比",
    Severity.WRONG,
)
def execution_rate(form: Form) -> Iterator[Equation]:
    """Stated rate = executed ÷ revised (÷ approved where no revised is stated), within half of the last stated
    digit. Where the base is 0 and something was executed, no stated rate can hold."""
    for i, fund in enumerate(form.funds):
        column = "revised" if fund.revised is not None else "approved"
        base = getattr(fund, column)
        if fund.execution_rate is None or fund.executed is None or base is None or base < 0:
            continue
        where = f"funds[{i}].execution_rate"
        if base == 0:
            if fund.executed > 0:
                told = f"{fund.label or '资金'}：预算数为0，执行数为{plain(fund.executed)}，执行率无从计算，所填为{percent(fund.execution_rate)}"
                finding = Finding("execution_rate", form.no, where, told, fund.execution_rate, None)
                yield Equation(False, (where, f"funds[{i}].executed", f"funds[{i}].{column}"), finding)
            continue
        computed = (fund.executed / base).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        finding = Finding("execution_rate", form.no, where, _rate_message(fund, base), fund.execution_rate, computed)
        members = (where, f"funds[{i}].executed", f"funds[{i}].{column}")
        yield Equation(_agrees(fund.execution_rate, fund.executed / base), members, finding)


def _rate_message(fund: Fund, base: Decimal) -> str:
    executed, stated = fund.executed, fund.execution_rate
    assert executed is not None and stated is not None  # noqa: PT018
    message = f"{fund.label or '资金'}：执行率应为执行数{plain(executed)}÷预算数{plain(base)}"
    for other, words in (
        (fund.approved, "年初预算数"),
        (fund.revised, "全年预算数"),
        (fund.received, "实际到位数"),
    ):
        if other is not None and other != base and other > 0 and _agrees(stated, executed / other):
            return f"{message}，所填{percent(stated)}是按{words}{plain(other)}计算的"
    return message


def _agrees(stated: Decimal, computed: Decimal) -> bool:
    exponent = stated.as_tuple().exponent
    last = Decimal(1).scaleb(min(exponent, -2)) if isinstance(exponent, int) else CENT
    return abs(stated - computed) <= last / 2


@check("equation", "资金分项与合计不符", "funds breakdown", "表内勾稽关系：各分项之和等于合计", Severity.WRONG)
def funds_breakdown(form: Form) -> Iterator[Equation]:
    """The parts of one side sum to the total in the same column, within 0.01. Sub-parts are not counted
    again; bare amounts may agree with any one of the total's figures; a single part may be less than the total, never more."""
    totals = [i for i, fund in enumerate(form.funds) if fund.item == "total"]
    if not totals:
        return
    for side, words in (("revenue", "按收入性质分"), ("expenditure", "按支出性质分"), (None, "各资金来源")):
        whole = next((i for i in totals if form.funds[i].side == side), totals[0])
        total = form.funds[whole]
        parts = _parts(form, side)
        for column in _MONEY:
            figures = {i: v for i in parts if (v := getattr(form.funds[i], column)) is not None}
            stated = _stated_totals(total, column)
            if len(figures) == 1 and column in stated:
                yield from _single(form, whole, next(iter(figures)), column)
            if len(figures) < 2 or not stated:
                continue
            sums = _sums([form.funds[i] for i in figures], list(figures.values()))
            nearest = min(stated, key=lambda name: min(abs(s - stated[name]) for s in sums))
            holds = any(abs(s - stated[nearest]) <= CENT for s in sums)
            if not holds:
                nearest = min(stated, key=lambda name: abs(stated[name] - sums[0]))
            bare = column == "amount" and total.amount is None
            against = f"{total.label or '合计'}{'的任何一栏都' if bare else plain(stated[nearest])}"
            finding = Finding(
                "funds_breakdown", form.no, f"funds[side={side}].{column}" if side else f"funds.{column}",
                f"{words}各项之和{plain(sums[0])}与{against}不相等", stated[nearest], sums[0],
            )  # fmt: skip
            members = (f"funds[{whole}].{nearest}", *(f"funds[{i}].{column}" for i in figures))
            yield Equation(holds, members, finding)


def _single(form: Form, whole: int, part: int, column: str) -> Iterator[Equation]:
    """One part alone: the others may not be told, but it is no more than the whole."""
    total, figure = getattr(form.funds[whole], column), getattr(form.funds[part], column)
    if figure > total + CENT:
        message = (
            f"{form.funds[part].label or '分项'}{plain(figure)}大于{form.funds[whole].label or '合计'}{plain(total)}"
        )
        where = f"funds[{part}].{column}"
        yield Equation(
            False, (where, f"funds[{whole}].{column}"), Finding("funds_breakdown", form.no, where, message, figure, total)
        )  # fmt: skip


def _parts(form: Form, side: str | None) -> list[int]:
    funds = form.funds
    found = [i for i, fund in enumerate(funds) if fund.item != "total" and fund.side == side]
    basic = any(funds[i].item == "basic" for i in found)
    return [i for i in found if not (basic and funds[i].item in _SUB_PARTS)]


def _stated_totals(total: Fund, column: str) -> dict[str, Decimal]:
    columns = _MONEY if column == "amount" and total.amount is None else (column,)
    return {name: value for name in columns if (value := getattr(total, name)) is not None}


def _sums(funds: list[Fund], values: list[Decimal]) -> list[Decimal]:
    """What the parts may sum to: all of them, and without those that may be parts of parts."""
    figures = list(zip(funds, values, strict=True))
    out = [sum(values, Decimal(0))]
    known = [value for fund, value in figures if fund.item is not None]
    if known and len(known) < len(figures):
        out += [sum(known, Decimal(0)), sum((v for f, v in figures if f.item is None), Decimal(0))]
    whole = [value for fund, value in figures if fund.item not in ("current_appropriation", "carried_over")]
    if len(whole) < len(figures) and any(fund.item in ("fiscal", "general_public_budget") for fund, _ in figures):
        out.append(sum(whole, Decimal(0)))
    for above, below in _WITHIN:
        inner = [(fund, value) for fund, value in figures if fund.item not in below]
        if len(inner) < len(figures) and any(fund.item in above for fund, _ in figures):
            out.append(sum((value for _, value in inner), Decimal(0)))
            out.append(sum((value for fund, value in inner if fund.item is not None), Decimal(0)))
    return out


# ---------------------------------------------------------------- points
@check(
    "equation", "分值合计不符", "weights total", f"{SELF_EVALUATION}附表：各项分值合计为100分", Severity.WRONG
)  # fmt: skip
def indicator_weights_total(form: Form) -> Iterator[Equation]:
    """Indicator weights + the execution weight sum to 100 (or the total stated); only where every indicator states a weight,
    and what does not hold only where the table is whole."""
    weights = [i.weight for i in form.indicators if i.weight is not None]
    if not weights or len(weights) < len(form.indicators):
        return
    execution = _of_execution(form, "weight")
    both = sum(weights, Decimal(0)) + sum(execution.values(), Decimal(0))
    text = (form.extra or {}).get(STATED_WEIGHT)
    stated = Decimal(text) if text else Decimal(100)
    holds = any(abs(both - total) <= CENT for total in (stated, Decimal(100)))
    if holds or form.whole:
        yield Equation(
            holds, (*(f"indicators[{i}].weight" for i in range(len(weights))), *execution),
            Finding(
                "indicator_weights_total", form.no, "indicators.weight",
                f"各项指标分值与预算执行分值之和为{plain(both)}，与总分值{plain(stated)}不相等", stated, both,
            ),
        )  # fmt: skip


def complete(form: Form) -> bool:
    """Is the table of indicators whole: by what follows it, or because all points are there?"""
    return form.whole or any(equation.holds for equation in indicator_weights_total(form))


def _of_execution(form: Form, field: str) -> dict[str, Decimal]:
    """The points of the budget execution, which the total row of the funds states, by path; none where an indicator has them."""
    return {
        f"funds[{i}].{field}": value
        for i, fund in enumerate(form.funds)
        if fund.item == "total"
        and (value := getattr(fund, field)) is not None
        and not any(_is_execution(indicator, fund) for indicator in form.indicators)
    }


def _is_execution(indicator: Indicator, fund: Fund) -> bool:
    """Does an indicator state again the points of the budget execution?"""
    named = _EXECUTION.search(indicator.level3 or indicator.level2 or "") is not None
    return named and (indicator.weight, indicator.score) == (fund.weight, fund.score)


@check(
    "equation",
    "指标组分值不符",
    "group weight",
    "表内勾稽关系：一、二级指标分值等于其下各指标分值之和",
    Severity.WRONG,
)
def group_weight(form: Form) -> Iterator[Equation]:
    """The weights of a group's indicators sum to the points its heading states; only where each of them states one, and what
    does not hold only where the table is whole."""
    whole = complete(form)
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
            if len(weights) < len(rows):
                continue
            computed = sum(weights, Decimal(0))
            name = first.level1 if level == 1 else first.level2
            where = f"indicators[{rows[0]}].level{level}_weight"
            members = [f"indicators[{i}].{field}" for i in rows for field in ("weight", f"level{level}_weight")]
            holds = abs(computed - stated) <= CENT
            if not (holds or whole):
                continue
            yield Equation(
                holds, tuple(members),
                Finding(
                    "group_weight", form.no, where,
                    f"{name}标明{plain(stated)}分，其下各指标分值之和为{plain(computed)}", stated, computed,
                ),
            )  # fmt: skip


@check(
    "equation",
    "得分合计不符",
    "scores total",
    f"{SELF_EVALUATION}：总分由各项指标得分汇总形成",
    Severity.WRONG,
)
def scores_total(form: Form) -> Iterator[Equation]:
    """Indicator scores + execution score sum to the stated total; only where an indicator states a score, and what does not hold
    only where the table is whole."""
    scores = {f"indicators[{i}].score": x.score for i, x in enumerate(form.indicators) if x.score is not None}
    if not scores or form.self_score is None:
        return
    execution = _of_execution(form, "score")
    own = sum(scores.values(), Decimal(0))
    both = own + sum(execution.values(), Decimal(0))
    with_execution = abs(form.self_score - both) <= CENT
    holds = with_execution or abs(form.self_score - own) <= CENT
    if not holds and not complete(form):
        return
    members = ("self_score", *scores, *(execution if with_execution or not holds else ()))
    message = f"各项得分之和{plain(both)}与总分{plain(form.self_score)}不相等"
    yield Equation(holds, members, Finding("scores_total", form.no, "self_score", message, form.self_score, both))
