"""The rules that look at all submissions of a store: texts that were copied, figures that lie outside what is usual. What each is given is found
by pipeline/across."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

from schema.arithmetic import percent, plain
from schema.packs.rule import Parameters, Told, pattern, positive, rule, share

_SPREAD = Decimal("1.4826")  # of a normal distribution: its standard deviation ÷ its median deviation


@dataclass(frozen=True, slots=True)
class Copied:
    """A text of one unit that stands in a text of another. where, there: both by their paths; same: characters they have in common that are
    nobody else's, of `length`; passages: those, side by side; figures: odd figures in both; names: the other's name in this text."""

    where: str
    other: str
    there: str
    unit: str
    year: int | None
    same: int
    length: int
    passages: tuple[tuple[str, str], ...]
    figures: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of a form beside those of its group. key: what it is of; where: its path; group: what it is compared with, in words."""

    key: str
    where: str
    measure: str
    value: Decimal
    group: str


def _each(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A parameter that is such values by name."""
    return lambda value: isinstance(value, dict) and all(map(fits, value.values()))


@rule(
    "文字雷同", "copied text", scope="store",
    least=(60, positive), marked=(40, positive), part=(Decimal("0.15"), share), template=(5, positive),
)  # fmt: skip
def copied_text(copied: Copied, p: Parameters) -> Iterator[Told]:
    """No text of one unit stands in another's: `least` characters or more, and `part` of the text, that no more than `template` units have
    (what more have, or
    half of the store, is a template); `marked` characters are enough where odd figures are the same or the other's own name was left in.
    Figures, signs and the unit's own name are not counted."""
    if copied.same < (p["marked"] if copied.figures or copied.names else p["least"]):
        return
    if Decimal(copied.same) / max(copied.length, 1) < p["part"]:
        return
    signs = [f"相同的数字{'、'.join(copied.figures[:3])}"] if copied.figures else []
    signs += [f"文中写有“{copied.names[0]}”"] if copied.names else []
    words = {
        "name": copied.unit, "other": f"{copied.year}年" if copied.year else "", "count": str(copied.same),
        "way": "".join(f"，{sign}" for sign in signs),
    }  # fmt: skip
    yield Told(
        copied.where, words, Decimal(copied.same), None, (copied.where,), copied.other, copied.there, copied.passages
    )


def _shown(measured: Measured, value: Decimal) -> str:
    return percent(value.quantize(Decimal("0.0001"))) if measured.measure == "执行率" else plain(round(value, 2))


@rule(
    "偏离同类单位", "outlier among its kind", scope="store", least=(8, positive), far=(Decimal("3.5"), positive),
    apart=({"执行率": Decimal("0.2"), "自评得分": Decimal(10), "单位成本": Decimal(1)}, _each(positive)), kinds=({}, _each(pattern)),
)  # fmt: skip
def outlier(group: Sequence[Measured], p: Parameters) -> Iterator[tuple[Measured, Told]]:
    """A figure of a form (execution rate, score, cost of one output) does not lie `far` from the median of `least` or more of its kind, counted
    in median deviations as standard deviations (Iglewicz & Hoaglin 1993), and not `apart` from it (of a cost: in parts of the median).
    kinds: kind of unit → its names (a pattern); units of one kind, one place and one year are a group."""
    if len(group) < p["least"]:
        return
    middle = median(one.value for one in group)
    spread = median(abs(one.value - middle) for one in group) * _SPREAD
    for one in group:
        away = abs(one.value - middle)
        bound = p["apart"].get(one.measure, Decimal(0)) * (middle if one.measure == "单位成本" else 1)
        if spread > 0 and away / spread >= p["far"] and away >= bound:
            words = {
                "name": one.measure, "stated": _shown(one, one.value), "computed": _shown(one, middle), "count": str(len(group)),
                "other": one.group,
            }  # fmt: skip
            yield one, Told(one.where, words, one.value, middle, (one.where,))


def kind_of(name: str, kinds: Mapping[str, str]) -> str | None:
    """The kind of a unit by its name; None where no pattern fits."""
    return next((kind for kind, names in kinds.items() if re.search(names, name)), None)
