"""Units of money: what a cell, a heading or a line says of them, and a figure in 万元."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from normalizers.text import width
from normalizers.values import Number

_FACTORS = {
    "元": "0.0001", "百元": "0.01", "千元": "0.1", "万元": "1", "万": "1", "十万元": "10", "百万元": "100", "百万": "100",
    "千万元": "1000", "千万": "1000", "亿元": "10000", "亿": "10000",
}  # fmt: skip
_KNOWN = "|".join(sorted(_FACTORS, key=len, reverse=True))
_FOREIGN = r"[\u4e00-\u9fff]{0,2}(?:美元|欧元|日元|港元|韩元|澳元|美金|港币|外币|英镑|卢布)|USD|US\$|EUR|HKD|\$|€"
_UNIT = rf"(?:人民币)?(?:(?P<foreign>{_FOREIGN})|(?P<known>{_KNOWN}))"
_STATED = (
    re.compile(rf"单位\s*[:：]\s*{_UNIT}(?![\u4e00-\u9fff/／])", re.IGNORECASE),
    re.compile(
        rf"[（(\[【]\s*(?:(?:金额|计量)?单位\s*[:：为]?)?\s*{_UNIT}\s*(?:[，,；;、][^（()）]*)?[)）\]】]",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<=[\u4e00-\u9fff)）])\s*[/／:：]\s*{_UNIT}$|(?<=[数额款金资投出入算])(?P<end>[百千]?万元|千元|亿元)$",
        re.IGNORECASE,
    ),
    re.compile(rf"^{_UNIT}$", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of money as stated; factor: 万元 to one of it, None where nobody knows."""

    name: str
    factor: Decimal | None


UNKNOWN_UNIT = "的金额单位无法换算为万元"
WAN = Unit("万元", Decimal(1))


def stated(text: str) -> Unit | None:
    """The unit of money that a heading, a label or a line states: `项目资金（万元）`, `单位：千元`, `预算数/元`; None where it
    states none."""
    plain = width(text).strip()
    for pattern in _STATED:
        match = pattern.search(plain)
        if match is not None:
            groups = match.groupdict()
            known = groups.get("known") or groups.get("end")
            return Unit(known, Decimal(_FACTORS[known])) if known else Unit(str(groups["foreign"]), None)
    return None


def own(figure: Number) -> Unit | None:
    """The unit that a figure states behind itself: `3.5亿元`."""
    return Unit(figure.unit, Decimal(_FACTORS[figure.unit])) if figure.unit in _FACTORS else None


def amount(figure: Number, unit: Unit) -> Decimal | None:
    """In 万元: the figure's own unit rules, else the one that holds for it. None where the unit is not known."""
    factor = (own(figure) or unit).factor
    if factor is None:
        return None
    return figure.value * factor if factor != 1 else figure.value
