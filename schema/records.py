"""The records of a submission (RECORDS.md): one frozen dataclass per list, each field written once.

Money is in 万元, rates are fractions, weights and scores are points, all `Decimal`; `None` means not
stated. The metadata of a field is its Chinese label: table comments and displays take it from there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

Extra = dict[str, str]
# Headings of a form's `extra` that a check reads again.
STATED_WEIGHT = "分值合计"
LEGEND = "评价等级标准"
CATEGORIES = frozenset(
    "output.quantity output.quality output.timeliness output.cost cost.economic cost.social cost.ecological benefit.economic "
    "benefit.social benefit.ecological benefit.sustainable satisfaction input process effect management".split()
)
SECTION_KINDS = frozenset(
    "overview spending government_fund state_capital social_insurance performance problems improvement other".split()
)


def _label(chinese: str, **more: Any) -> Any:
    return field(default=None, metadata={"label": chinese}, **more)


def _list(chinese: str) -> Any:
    return field(default=(), metadata={"label": chinese})


@dataclass(frozen=True, slots=True)
class Quantity:
    """A parsed target or actual: op is `=`, `>=`, `<=`, `>` or `<`; a rate's value is a fraction."""

    op: str
    value: Decimal
    unit: str | None


@dataclass(frozen=True, slots=True)
class Report:
    unit: str | None = _label("单位")
    fiscal_year: int | None = _label("年度")
    title: str | None = _label("标题")
    reported_on: date | None = _label("填报日期")


@dataclass(frozen=True, slots=True)
class Contacts:
    prepared_by: str | None = _label("填表人")
    phone: str | None = _label("联系电话")
    leader: str | None = _label("单位负责人")


@dataclass(frozen=True, slots=True)
class Fund:
    item: str | None = _label("资金项目")
    label: str | None = _label("原文名称")
    side: str | None = _label("收支")
    approved: Decimal | None = _label("年初预算数")
    revised: Decimal | None = _label("全年预算数")
    received: Decimal | None = _label("实际到位")
    executed: Decimal | None = _label("全年执行数")
    amount: Decimal | None = _label("金额")
    execution_rate: Decimal | None = _label("执行率")
    weight: Decimal | None = _label("分值")
    score: Decimal | None = _label("得分")
    extra: Extra | None = _label("其他")


@dataclass(frozen=True, slots=True)
class Goal:
    no: int = field(default=1, metadata={"label": "序号"})
    planned: str | None = _label("预期目标")
    actual: str | None = _label("实际完成情况")
    extra: Extra | None = _label("其他")


@dataclass(frozen=True, slots=True)
class Task:
    no: int = field(default=1, metadata={"label": "序号"})
    name: str | None = _label("任务名称")
    planned: str | None = _label("总目标")
    actual: str | None = _label("完成情况")
    reason: str | None = _label("未完成原因")
    extra: Extra | None = _label("其他")


@dataclass(frozen=True, slots=True)
class Indicator:
    level1: str | None = _label("一级指标")
    level2: str | None = _label("二级指标")
    level3: str | None = _label("三级指标")
    level4: str | None = _label("四级指标")
    level1_weight: Decimal | None = _label("一级指标分值")
    level2_weight: Decimal | None = _label("二级指标分值")
    category: str | None = _label("类别")
    target: str | None = _label("指标值")
    actual: str | None = _label("完成值")
    target_value: Quantity | None = _label("指标值（解析）")
    actual_value: Quantity | None = _label("完成值（解析）")
    weight: Decimal | None = _label("分值")
    score: Decimal | None = _label("得分")
    review_score: Decimal | None = _label("复核得分")
    coefficient: Decimal | None = _label("得分系数")
    unit: str | None = _label("度量单位")
    nature: str | None = _label("指标性质")
    definition: str | None = _label("指标说明")
    criteria: str | None = _label("评分标准")
    evidence: str | None = _label("评分依据")
    deviation: str | None = _label("偏差原因分析及改进措施")
    remark: str | None = _label("备注")
    extra: Extra | None = _label("其他")


@dataclass(frozen=True, slots=True)
class Basic:
    group: str | None = _label("分组")
    path: tuple[str, ...] = _list("项目")
    values: dict[str, Decimal | str | None] = field(default_factory=dict, metadata={"label": "数值"})


@dataclass(frozen=True, slots=True)
class Form:
    no: int = field(default=1, metadata={"label": "序号"})
    kind: str = field(default="department", metadata={"label": "表种"})
    title: str | None = _label("表名")
    fiscal_year: int | None = _label("年度")
    unit: str | None = _label("单位")
    reported_on: date | None = _label("填报日期")
    project: str | None = _label("项目名称")
    supervisor: str | None = _label("主管部门")
    implementer: str | None = _label("实施单位")
    self_score: Decimal | None = _label("自评总得分")
    grade: str | None = _label("评定等级")
    contacts: Contacts = field(default=Contacts(), metadata={"label": "联系方式"})
    annual_goal: str | None = _label("年度目标")
    duties: str | None = _label("部门职能职责概述")
    deviation: str | None = _label("偏差及原因分析")
    improvement: str | None = _label("改进措施")
    funds: tuple[Fund, ...] = _list("资金")
    goals: tuple[Goal, ...] = _list("年度总体目标")
    tasks: tuple[Task, ...] = _list("年度任务")
    indicators: tuple[Indicator, ...] = _list("指标")
    basics: tuple[Basic, ...] = _list("基础数据")
    extra: Extra | None = _label("其他")


@dataclass(frozen=True, slots=True)
class Section:
    no: int = field(default=1, metadata={"label": "序号"})
    kind: str | None = _label("类别")
    level: int = field(default=1, metadata={"label": "层级"})
    number: str | None = _label("编号")
    heading: str | None = _label("标题")
    text: str | None = _label("正文")


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not add up. form: the form's `no`, None for the whole document; where: path from that
    form (or the top) to the value; stated and computed: a figure, a text or None."""

    check: str = field(metadata={"label": "核对项"})
    form: int | None = field(metadata={"label": "表序号"})
    where: str = field(metadata={"label": "位置"})
    message: str = field(metadata={"label": "说明"})
    stated: Decimal | int | str | None = _label("所填")
    computed: Decimal | int | str | None = _label("应为")


@dataclass(frozen=True, slots=True)
class Submission:
    """One file's records, its findings and nothing about how they were read (see evidence.py)."""

    report: Report
    forms: tuple[Form, ...]
    sections: tuple[Section, ...]
    findings: tuple[Finding, ...] = ()
