"""Three years of ten units' submissions, each a department's form with projects, some with basic data: what trends, drift and
findings are shown on. No unit, sentence or figure is real; places of the units are invented, their provinces exist."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from data.maker.forms import Faults, Made, Year, joined, make
from data.maker.layout import all_layouts

YEARS = (2021, 2022, 2023)
_PROJECT = "central-2020-project"
_BASICS = "hunan-2022-basics"


@dataclass(frozen=True)
class Unit:
    """layout: of its department's form; growth: of its money from year to year; generous: share of missed targets with full marks."""

    key: str
    name: str
    layout: str
    seed: int
    growth: str
    generous: float
    projects: tuple[str, ...]
    basics: bool = False


UNITS = (
    Unit("archives", "湖南省临溪市档案馆", "henan-2022-department", 11, "1.06", 0.0, ("馆藏档案数字化", "库房温湿度改造"), True),
    Unit("library", "湖南省临溪市图书馆", "henan-2022-department", 12, "1.10", 0.1, ("公共阅读推广",), True),
    Unit("forestry", "湖南省临溪市林业局", "gansu-2022-department", 13, "0.95", 0.0, ("森林防火巡护", "苗圃改造"), True),
    Unit("transport", "湖南省临溪市交通运输局", "gansu-2022-department", 14, "1.20", 0.3, ("农村公路养护", "站牌更新")),
    Unit("audit", "四川省云麓县审计局", "liaoning-2021-department", 15, "1.02", 0.0, ("重点项目审计",)),
    Unit("civil-affairs", "四川省云麓县民政局", "liaoning-2021-department", 16, "1.08", 0.2, ("养老服务补助", "社区食堂补助")),
    Unit("statistics", "四川省云麓县统计局", "henan-zhengzhou-2022-department", 17, "1.15", 0.1, ("经济普查",)),
    Unit("environment", "青禾县环境监测站", "gansu-lanzhou-2021-department", 18, "0.90", 0.0, ("空气监测站运行", "水质监测")),
    Unit("weather", "青禾县气象局", "jiangxi-2017-department", 19, "1.00", 0.2, ("人工增雨作业",)),
    Unit("sports", "青禾县体育中心", "gansu-lanzhou-2021-department", 20, "1.30", 0.4, ("全民健身活动", "体育场馆开放补助")),
)  # fmt: skip


def submissions() -> dict[str, Made]:
    """Every submission by its name, `archives-2021`; always the same."""
    layouts = {layout.name: layout for layout in all_layouts()}
    out = {}
    for unit in UNITS:
        for nth, year in enumerate(YEARS):
            faults = Faults(
                blank_rows=0.1,
                wide=0.0,
                thousands=0.1,
                columns=0.0,
                typing=0.0,
                wrong_sum=0.15,
                generous=unit.generous,
            )
            growth = Decimal(unit.growth) ** nth
            told = {"unit": unit.name, "supervisor": unit.name, "implementer": unit.name}
            department = make(layouts[unit.layout], unit.seed, faults, Year(year, told, growth))
            forms = [department]
            for i, project in enumerate(unit.projects):
                of_project = Year(year, {**told, "project": project})
                seed = unit.seed * 10 + i
                share = _project_money(department) / len(unit.projects)
                size = share / _total(make(layouts[_PROJECT], seed, faults, of_project), "total")
                forms.append(make(layouts[_PROJECT], seed, faults, replace(of_project, growth=size)))
            if unit.basics:
                forms.append(make(layouts[_BASICS], unit.seed, faults, Year(year, told, growth)))
            out[f"{unit.key}-{year}"] = _compared(joined(forms))
    return out


def _total(form: Made, item: str) -> Decimal:
    """The first approved sum of an item; 0 where the form states none."""
    found = (f.get("approved") or f.get("amount") for f in form.record["forms"][0]["funds"] if f["item"] == item)
    return next((money for money in found if money), Decimal(0))


def _project_money(department: Made) -> Decimal:
    """What the department's form states for projects, or a third of all."""
    return _total(department, "project") or _total(department, "total") / 3


def _compared(submission: Made) -> Made:
    """With the finding that projects do not add up to what the department states for them."""
    department, *others = submission.record["forms"]
    stated = next((f for f in department["funds"] if f["item"] == "project"), None)
    column = next((c for c in ("approved", "amount") if stated and stated.get(c)), None)
    totals = [f["approved"] for form in others for f in form["funds"] if f["item"] == "total"]
    if stated is not None and column is not None and abs(sum(totals) - stated[column]) > Decimal("0.01"):
        where = f"funds[item=project].{column}"
        found = {
            "check": "projects_total",
            "form": 1,
            "where": where,
            "stated": stated[column],
            "computed": sum(totals),
        }
        submission.record["findings"].append(found)
        submission.record["findings"].sort(key=lambda finding: finding["form"])
    return submission
