"""Money whose unit nothing states: in the unit in which its sum is one that another table states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from normalizers.draft import Draft, Unreadable
from schema.arithmetic import CENT
from schema.records import Fund, Kind, of_kind

_MONEY = of_kind(Fund, Kind.MONEY)
_FACTORS = (Decimal(1), Decimal("0.0001"), Decimal("0.1"), Decimal("0.01"))
_BEYOND = 1000  # a sum that is so many times the total of another table is in another unit


def settle(drafts: Sequence[Draft]) -> None:
    """Money whose unit no heading, table or line states is taken in the unit in which its sum is one that a table before it states
    in 万元; where none is and it is far beyond all of them, its figures are not read (RECORDS.md: number_unreadable)."""
    known: set[Decimal] = set()
    for draft in drafts:
        unsure = [draft.funds[i] for i in draft.unsure]
        if unsure and known and len(unsure) == len(draft.funds):
            _scale(draft, known)
        elif not unsure:
            known |= {value for fund in draft.funds if fund.item == "total" for value in _amounts(fund).values()}


def _amounts(fund: Fund) -> dict[str, Decimal]:
    return {name: value for name in _MONEY if (value := getattr(fund, name)) is not None}


def _scale(draft: Draft, known: set[Decimal]) -> None:
    totals = [fund for fund in draft.funds if fund.item == "total"]
    own = {value for fund in totals for value in _amounts(fund).values()}
    if not own:
        columns: dict[str, Decimal] = {}
        for fund in draft.funds:
            for name, value in _amounts(fund).items():
                columns[name] = columns.get(name, Decimal(0)) + value
        own = set(columns.values())
    factor = next((f for f in _FACTORS if any(abs(v * f - k) <= CENT for v in own for k in known if k)), None)
    if factor is not None:
        if factor != 1:
            draft.funds = [
                replace(fund, **{name: value * factor for name, value in _amounts(fund).items()})  # type: ignore[arg-type]
                for fund in draft.funds
            ]  # fmt: skip
        return
    if own and max(own) > _BEYOND * max(known):
        for index, fund in enumerate(draft.funds):
            for name, value in _amounts(fund).items():
                raw, label = f"{value:f}", fund.label or "资金"
                draft.unreadable.append(
                    Unreadable(f"funds[{index}].{name}", label, raw, "没有写明金额单位，与前表的合计无法对应")
                )
        draft.funds = [replace(fund, **dict.fromkeys(_amounts(fund))) for fund in draft.funds]
