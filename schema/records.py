"""The records of a submission (RECORDS.md): one frozen dataclass per list, each field written once.

Money is in 万元, rates are fractions, weights and scores are points, all `Decimal`; `None` means not
stated. What a field is (`About`) stands with it: reader, tables, views, dictionary, screens and the maker of forms take it from
there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

Extra = dict[str, str]
# Headings of a form's `extra` that a check reads again.
STATED_WEIGHT = "分值合计"
LEGEND = "评价等级标准"
_UNPUBLISHED = ("whole",)  # what checks need to know of a form and no record tells
# Grades as forms and their legends name them.
GRADE = re.compile("优秀?|良好?|中等?|合格|及格|较差|一般|不合格|差")
CATEGORIES = frozenset(
    "output.quantity output.quality output.timeliness output.cost cost.economic cost.social cost.ecological benefit.economic "
    "benefit.social benefit.ecological benefit.sustainable satisfaction input process effect management".split()
)
SECTION_KINDS = frozenset(
    "overview spending government_fund state_capital social_insurance performance problems improvement other".split()
)


class Kind(StrEnum):
    """What a field holds, and so how its cells are read and shown."""

    TEXT = "text"  # words, their paragraphs kept
    LINE = "line"  # words on one line
    SIGN = "sign"  # an operator in a column of its own; no record has it
    NAME = "name"  # the name of a group or a row, on one line
    BODY = "body"  # the name of a unit or a project
    CODE = "code"
    COUNT = "count"  # a running number, a level, a year
    POINTS = "points"
    MONEY = "money"  # 万元
    RATE = "rate"  # a fraction
    NUMBER = "number"  # a figure or a text, as a finding states it
    DATE = "date"
    QUANTITY = "quantity"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class About:
    """What a field is. label, english: its comment in the store; short: its heading on a screen, empty where screens leave it out;
    searched: does full-text search find it; view: do the analysts' views show it."""

    label: str
    english: str
    kind: Kind
    short: str = ""
    searched: bool = False
    view: bool = False


def _field(
    label: str,
    english: str,
    kind: Kind = Kind.TEXT,
    *,
    short: str = "",
    searched: bool = False,
    view: bool = False,
    **more: Any,
) -> Any:
    told = About(label, english, kind, short, searched, view)
    return field(**{"default": None} | more, metadata={"about": told})


def _no() -> Any:
    return _field("序号", "number, from 1", Kind.COUNT, default=1)


def _extra() -> Any:
    return _field("其他", "what the form states beside, heading to text", Kind.EXTRA)


@cache
def about(record: type) -> dict[str, About]:
    """The single fields of a record in order; lists of other records are not among them."""
    return {f.name: f.metadata["about"] for f in fields(record) if "about" in f.metadata}


def published(record: type) -> tuple[str, ...]:
    """The fields of a record that are told to the outside, lists of other records too."""
    return _published(record)


@cache
def _published(record: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(record) if f.name not in _UNPUBLISHED)


def of_kind(record: type, *kinds: Kind) -> tuple[str, ...]:
    """The names of a record's fields of some kinds, in order."""
    return tuple(name for name, told in about(record).items() if told.kind in kinds)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A parsed target or actual: op is `=`, `>=`, `<=`, `>` or `<`; a rate's value is a fraction."""

    op: str
    value: Decimal
    unit: str | None


# fmt: off
@dataclass(frozen=True, slots=True)
class Report:
    unit: str | None = _field("单位", "unit", Kind.BODY)
    fiscal_year: int | None = _field("年度", "fiscal year", Kind.COUNT)
    title: str | None = _field("标题", "title", view=True)
    reported_on: date | None = _field("填报日期", "reported on", Kind.DATE, view=True)
    submitter: str | None = _field("报送单位", "who handed it in, derived", Kind.BODY, view=True)


@dataclass(frozen=True, slots=True)
class Contacts:
    prepared_by: str | None = _field("填表人", "prepared by (contact)", Kind.LINE)
    phone: str | None = _field("联系电话", "telephone (contact)", Kind.LINE)
    leader: str | None = _field("单位负责人", "head of the unit (contact)", Kind.LINE)


@dataclass(frozen=True, slots=True)
class Fund:
    item: str | None = _field("资金项目代码", "item, code", Kind.CODE, view=True)
    label: str | None = _field("原文名称", "label as written", Kind.NAME, short="资金", view=True)
    side: str | None = _field("收支：revenue 收入，expenditure 支出", "revenue or expenditure", Kind.CODE, short="收支", view=True)
    approved: Decimal | None = _field("年初预算数，万元", "approved budget, 10,000 yuan", Kind.MONEY, short="年初预算", view=True)
    revised: Decimal | None = _field("全年预算数，万元", "revised budget, 10,000 yuan", Kind.MONEY, short="全年预算", view=True)
    received: Decimal | None = _field("实际到位，万元", "received, 10,000 yuan", Kind.MONEY, short="到位", view=True)
    executed: Decimal | None = _field("全年执行数，万元", "executed, 10,000 yuan", Kind.MONEY, short="执行数", view=True)
    amount: Decimal | None = _field("金额（没有写明是预算还是执行），万元", "amount, not named, 10,000 yuan", Kind.MONEY, short="金额", view=True)
    execution_rate: Decimal | None = _field("执行率", "execution rate, a fraction", Kind.RATE, short="执行率")
    weight: Decimal | None = _field("分值", "weight, points", Kind.POINTS, short="分值", view=True)
    score: Decimal | None = _field("得分", "score, points", Kind.POINTS, short="得分", view=True)
    extra: Extra | None = _extra()


@dataclass(frozen=True, slots=True)
class Goal:
    no: int = _no()
    planned: str | None = _field("预期目标", "planned", searched=True, short="预期目标")
    actual: str | None = _field("实际完成情况", "actual as written", searched=True, short="完成情况")
    weight: Decimal | None = _field("分值", "weight, points", Kind.POINTS)
    extra: Extra | None = _extra()


@dataclass(frozen=True, slots=True)
class Management:
    no: int = _no()
    item: str | None = _field("管理事项", "item of management, as written", Kind.NAME, short="管理事项", searched=True)
    detail: str | None = _field("情况说明", "how it was managed", short="情况说明", searched=True)
    problem: str | None = _field("存在问题和改进措施", "problems and measures", short="存在问题和改进措施", searched=True)


@dataclass(frozen=True, slots=True)
class Task:
    no: int = _no()
    name: str | None = _field("任务名称", "name", searched=True, short="任务")
    planned: str | None = _field("总目标", "planned", searched=True, short="总目标")
    actual: str | None = _field("完成情况", "actual as written", searched=True, short="完成情况")
    reason: str | None = _field("未完成原因", "reason", searched=True, short="未完成原因")
    extra: Extra | None = _extra()


@dataclass(frozen=True, slots=True)
class Indicator:
    level1: str | None = _field("一级指标", "level 1", Kind.NAME, short="一级指标", view=True)
    level2: str | None = _field("二级指标", "level 2", Kind.NAME, short="二级指标", view=True)
    level3: str | None = _field("三级指标", "level 3", Kind.NAME, short="三级指标", searched=True, view=True)
    level4: str | None = _field("四级指标", "level 4", Kind.NAME, searched=True, view=True)
    level1_weight: Decimal | None = _field("一级指标分值", "points of level 1", Kind.POINTS)
    level2_weight: Decimal | None = _field("二级指标分值", "points of level 2", Kind.POINTS)
    category: str | None = _field("类别代码", "category, code", Kind.CODE, view=True)
    target: str | None = _field("指标值", "target as written", Kind.LINE, short="指标值", searched=True, view=True)
    actual: str | None = _field("完成值", "actual as written", Kind.LINE, short="完成值", searched=True, view=True)
    target_value: Quantity | None = _field("指标值（解析）", "target", Kind.QUANTITY)
    actual_value: Quantity | None = _field("完成值（解析）", "actual", Kind.QUANTITY)
    weight: Decimal | None = _field("分值", "weight, points", Kind.POINTS, short="分值", view=True)
    score: Decimal | None = _field("得分", "score, points", Kind.POINTS, short="得分", view=True)
    review_score: Decimal | None = _field("复核得分", "score of the review, points", Kind.POINTS, short="复核", view=True)
    goal: int | None = _field("所属目标", "number of the goal it serves", Kind.COUNT)
    coefficient: Decimal | None = _field("得分系数", "coefficient, a fraction", Kind.RATE)
    unit: str | None = _field("度量单位", "unit", Kind.LINE)
    nature: str | None = _field("指标性质", "nature of the indicator", Kind.LINE)
    baseline: str | None = _field("历史值", "value of an earlier year, as written", Kind.LINE, short="历史值", searched=True, view=True)
    definition: str | None = _field("指标说明", "definition", searched=True)
    criteria: str | None = _field("评分标准", "scoring criteria", searched=True)
    evidence: str | None = _field("评分依据", "evidence for the score", short="评分依据", searched=True)
    deviation: str | None = _field("偏差原因分析及改进措施", "deviation and its reason", short="偏差原因", searched=True, view=True)
    remark: str | None = _field("备注", "remark", searched=True)
    extra: Extra | None = _extra()


@dataclass(frozen=True, slots=True)
class Basic:
    group: str | None = _field("分组", "group", Kind.NAME)
    path: tuple[str, ...] = field(default=(), metadata={"label": "项目"})
    values: dict[str, Decimal | str | None] = field(default_factory=dict, metadata={"label": "数值"})


@dataclass(frozen=True, slots=True)
class Form:
    no: int = _no()
    kind: str = _field("表种代码", "kind, code", Kind.CODE, default="department")
    title: str | None = _field("表名", "title", view=True)
    fiscal_year: int | None = _field("年度", "fiscal year", Kind.COUNT, short="年度")
    unit: str | None = _field("单位", "unit", Kind.BODY, short="单位")
    reported_on: date | None = _field("填报日期", "reported on", Kind.DATE, short="填报日期")
    project: str | None = _field("项目名称", "project", Kind.BODY, short="项目", searched=True)
    supervisor: str | None = _field("主管部门", "supervising department", Kind.BODY, short="主管部门", view=True)
    implementer: str | None = _field("实施单位", "implementing unit", Kind.BODY, short="实施单位", view=True)
    self_score: Decimal | None = _field("自评总得分", "self-assessed total score, points", Kind.POINTS, short="自评总得分", view=True)
    grade: str | None = _field("评定等级", "grade", Kind.LINE, short="等级", view=True)
    contacts: Contacts = field(default=Contacts())
    annual_goal: str | None = _field("年度目标", "annual goal", Kind.LINE, short="年度目标", searched=True)
    duties: str | None = _field("部门职能职责概述", "duties of the department", short="职能职责", searched=True)
    deviation: str | None = _field("偏差及原因分析", "deviation and its reason", short="偏差及原因", searched=True)
    improvement: str | None = _field("改进措施", "measures of improvement", short="改进措施", searched=True)
    funds: tuple[Fund, ...] = ()
    goals: tuple[Goal, ...] = ()
    management: tuple[Management, ...] = ()
    tasks: tuple[Task, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    basics: tuple[Basic, ...] = ()
    extra: Extra | None = _extra()
    whole: bool = True  # does what follows the indicators show that none is cut off? No column of the store


LISTS: dict[str, type] = {  # the lists of a form by the name of their field
    "funds": Fund, "goals": Goal, "management": Management, "tasks": Task, "indicators": Indicator, "basics": Basic,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    no: int = _no()
    kind: str = _field("类别", "kind, code", Kind.CODE, default="other")
    level: int = _field("层级", "level", Kind.COUNT, default=1)
    number: str | None = _field("编号", "number as written", Kind.LINE)
    heading: str | None = _field("标题", "heading", Kind.LINE, searched=True)
    text: str | None = _field("正文", "text", searched=True)


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not add up. form: the form's `no`, None for the whole document; where: path from that
    form (or the top) to the value; stated and computed: a figure, a text or None."""

    check: str = _field("核对项", "check, code", Kind.CODE, default="")
    form: int | None = _field("表序号", "number of the form", Kind.COUNT)
    where: str = _field("位置", "place in the form", Kind.LINE, default="")
    message: str = _field("说明", "message", default="")
    stated: Decimal | int | str | None = _field("所填", "as stated", Kind.NUMBER)
    computed: Decimal | int | str | None = _field("应为", "as it should be", Kind.NUMBER)


# fmt: on
_TOP: dict[str, type] = {"report": Report, "forms": Form, "sections": Section, "findings": Finding}
_OF_PATH = re.compile(r"([a-z]+)(?:\[\d+\])?$")


def type_at(path: str) -> type | None:
    """The record type at a path: `forms[0].indicators[3]` is an Indicator; None where the path names none."""
    match = _OF_PATH.search(path)
    if match is None:
        return None
    return Contacts if match[1] == "contacts" else LISTS.get(match[1]) or _TOP.get(match[1])


def path_in(form: int | None, where: str) -> str:
    """The path from the top of a place in a form, by the form's number: `score` of form 2 is `forms[1].score`; without a form the place
    itself."""
    return where if form is None else f"forms[{form - 1}].{where}"


def title(path: str, field: str) -> str:
    """The Chinese title of a field of the record at a path, without its note; the field's own name where it has none."""
    record = type_at(path)
    told = about(record).get(field) if record is not None else None
    return without_note(told.label) if told is not None else field


def without_note(label: str) -> str:
    """A label or a comment up to its note: `全年执行数，万元` is 全年执行数."""
    return re.split("[，：（]", label)[0]


@dataclass(frozen=True, slots=True)
class Submission:
    """One file's records, its findings and nothing about how they were read (see evidence.py)."""

    report: Report
    forms: tuple[Form, ...]
    sections: tuple[Section, ...]
    findings: tuple[Finding, ...] = ()
