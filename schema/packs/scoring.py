"""What a score should be: of the budget execution and of an indicator, by the formula and its variants that a pack names.

Sources: 财预〔2020〕10号 (a target that is met has all points, one that is not its share); RULES.md 5, 13 to 16.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from schema.arithmetic import CENT, percent, plain
from schema.checks import at_most
from schema.records import Form, Fund, Indicator, Quantity

MONEY = ("approved", "revised", "executed")  # what a form says of its total
_EXECUTION = re.compile("预算执行率|资金执行率|预算执行进度|^执行率$")
_OUTCOMES = (  # (what an actual in words says of its target, by which of a pack's bands)
    ("missed", re.compile("未达成|未达到|未完成|没有完成|未实现|效果较差")),
    ("partly", re.compile("部分达成|部分完成|部分实现|基本达成|基本完成|基本达到")),
    ("met", re.compile("达成|达到|完成|实现")),
)


@dataclass(frozen=True, slots=True)
class Due:
    """What a score should be. way: the way there in a sentence; members: the figures it rests on, by their paths in the form."""

    computed: Decimal
    way: str
    members: tuple[str, ...]


def slack(stated: Decimal) -> Decimal:
    """How far a stated score may lie from the computed one: half of the last digit written, a hundredth at least."""
    exponent = stated.as_tuple().exponent
    last = Decimal(1).scaleb(min(exponent, 0) if isinstance(exponent, int) else 0)
    return max(last / 2, CENT)


def total(form: Form) -> tuple[int, Fund] | None:
    """The line of all money and its place; None where a form has none."""
    return next(((i, fund) for i, fund in enumerate(form.funds) if fund.item == "total"), None)


def rate(form: Form) -> tuple[Decimal, tuple[str, ...]] | None:
    """The execution rate by the form's figures, not above 1, and what it rests on; None where it cannot be told."""
    found = total(form)
    if found is None:
        return None
    i, fund = found
    column = "revised" if fund.revised is not None else "approved"
    base = getattr(fund, column)
    if base is None or base <= 0 or fund.executed is None or fund.executed < 0:
        return None
    return min(fund.executed / base, Decimal(1)), (f"funds[{i}].executed", f"funds[{i}].{column}")


def is_execution(indicator: Indicator) -> bool:
    """Is an indicator the budget execution itself?"""
    return _EXECUTION.search(indicator.level3 or indicator.level2 or "") is not None


def of_execution(form: Form, weight: Decimal, bands: list[list[Decimal]]) -> Due | None:
    """The points of the budget execution: its weight times the rate, or where bands are given, (lowest rate, share of the weight) from the
    best down, times the share of the band that the rate is in."""
    found = rate(form)
    if found is None:
        return None
    share, members = found
    if bands:
        given = next((part for low, part in bands if share >= low), Decimal(0))
        return Due(_cents(weight * given), f"执行率{percent(_fourth(share))}在{percent(given)}一档", members)
    return Due(_cents(weight * share), f"分值{plain(weight)}×执行率{percent(_fourth(share))}", members)


def executions(form: Form, bands: list[list[Decimal]]) -> list[tuple[str, Decimal, Due]]:
    """(path, stated, due) of the points of the budget execution: on the line of all money, else of the one indicator that it is."""
    found = total(form)
    lines = [(f"funds[{found[0]}]", found[1].weight, found[1].score)] if found else []
    if not lines or lines[0][1] is None or lines[0][2] is None:
        rows = [(i, x) for i, x in enumerate(form.indicators) if is_execution(x)]
        lines = [(f"indicators[{i}]", x.weight, x.score) for i, x in rows] if len(rows) == 1 else []
    out = []
    for path, weight, score in lines:
        due = of_execution(form, weight, bands) if weight and score is not None else None
        if due is not None and score is not None:
            members = (f"{path}.score", f"{path}.weight", *due.members)
            out.append((f"{path}.score", score, Due(due.computed, due.way, members)))
    return out


def of_indicator(indicator: Indicator, reverse: str) -> Due | None:
    """The points of an indicator whose target and actual can be compared; None where they cannot. reverse: of a target that is the most that may
    be, `ratio` (target ÷ actual) or `linear` (none left at twice the target), which is never more."""
    target, actual, weight = indicator.target_value, indicator.actual_value, indicator.weight
    if target is None or actual is None or not weight or weight < 0 or target.unit != actual.unit:
        return None
    at = ("target", "actual", "weight")
    if target.op in ("<=", "<") or (target.op == "=" and at_most(indicator)):
        return _reverse(target, actual, weight, reverse, at)
    if target.value <= 0:
        return None
    share = min(max(actual.value, Decimal(0)) / target.value, Decimal(1))
    way = f"分值{plain(weight)}×完成值{_said(actual)}÷指标值{_said(target)}，不超过分值"
    return Due(_cents(weight * share), way, at)


def _reverse(target: Quantity, actual: Quantity, weight: Decimal, variant: str, at: tuple[str, ...]) -> Due | None:
    if actual.value <= target.value:
        return Due(weight, f"完成值{_said(actual)}不超过指标值{_said(target)}，得分值{plain(weight)}", at)
    if target.value <= 0:
        return None
    if variant == "linear":
        due, named = weight * max(2 - actual.value / target.value, Decimal(0)), "超出一倍扣完"
    else:
        due, named = weight * target.value / actual.value, "按指标值÷完成值"
    return Due(_cents(due), f"完成值{_said(actual)}超过指标值{_said(target)}，{named}", at)


def outcome(indicator: Indicator) -> str | None:
    """What an actual in words says of its target: `met`, `partly`, `missed`; None where it says none of them, or a figure."""
    text = indicator.actual or ""
    if indicator.target_value is not None or indicator.actual_value is not None or len(text) > 20:
        return None
    return next((name for name, pattern in _OUTCOMES if pattern.search(text)), None)


def scores(form: Form, parameters: Mapping[str, Any]) -> dict[str, tuple[Decimal, Due]]:
    """By path, the stated score and what it should be, of every indicator that can be told. parameters: those of `score_formula`."""
    out = {}
    for i, indicator in enumerate(form.indicators):
        due = None if is_execution(indicator) else of_indicator(indicator, parameters["reverse"])
        if due is not None and indicator.score is not None:
            members = tuple(f"indicators[{i}].{name}" for name in due.members)
            out[f"indicators[{i}].score"] = (indicator.score, Due(due.computed, due.way, members))
    return out


def _said(value: Quantity) -> str:
    return percent(value.value) if value.unit == "%" else f"{plain(value.value)}{value.unit or ''}"


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def _fourth(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.0001"), ROUND_HALF_UP)
