"""Invents what a form says: names, figures that add up, indicators with targets that are met. Nothing in it is real."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_PLACES = "青禾县 云麓区 临溪市 望江县 松岭区 白鹭市 石桥县 南浦区".split()
_OFFICES = "水务局 文化和旅游局 司法局 教育局 市场监督管理局 档案馆 卫生健康局 图书馆 城市管理局 气象局".split()
_PROJECTS = "河道保洁服务 校舍维修改造 公共阅读推广 基层法律援助 食品安全抽检 档案数字化 村卫生室补助 路灯养护 应急物资储备 人才培训".split()
_PEOPLE = "甲某 乙某 丙某 丁某 戊某".split()
_PLANS = (
    "完成年度各项工作任务，保障单位正常运转。", "按计划完成采购和验收，改善服务条件。", "组织开展各类活动，提高群众知晓率。",
    "推进重点工程建设，按期投入使用。", "落实日常巡查制度，及时处理问题。",
)  # fmt: skip
_DONE = (
    "各项任务均已完成，达到预期目标。", "采购和验收已按时完成，运行正常。", "活动按计划开展，群众反映良好。",
    "工程已完工并通过验收。", "巡查记录完整，问题均已处理。",
)  # fmt: skip
_REASONS = (
    "受天气影响，部分工作推迟，今后将提前安排。",
    "招标时间较长，下一年度将加快进度。",
    "需求测算不够准确，今后加强前期调研。",
)
_RULES = (
    "完成目标得满分，未完成按比例扣分。",
    "达到目标值得满分，每低一个百分点扣一分。",
    "符合要求的得满分，否则不得分。",
)
_MEANINGS = ("反映工作完成的程度。", "用以考核项目实施的效果。", "反映资金使用的规范程度。")
_THINGS = {
    "output.quantity": (("培训人次", "人次"), ("巡查次数", "次"), ("维修设备数量", "台"), ("开展活动场次", "场"), ("抽检样品数", "批次")),
    "output.quality": (("验收合格率", "%"), ("设备完好率", "%"), ("任务完成率", "%"), ("资料归档率", "%")),
    "output.timeliness": (("任务按时完成率", "%"), ("资金拨付及时率", "%"), ("响应时限", "小时")),
    "output.cost": (("项目总成本", "万元"), ("单位成本控制数", "元"), ("成本控制率", "%")),
    "cost.economic": (("经济成本总额", "万元"), ("人均培训成本", "元"), ("采购成本控制率", "%")),
    "cost.social": (("投诉数量", "件"), ("社会成本占比", "%")),
    "cost.ecological": (("污染物排放量", "吨"), ("能耗上限", "千瓦时")),
    "benefit.economic": (("带动就业人数", "人"), ("节约资金率", "%"), ("增收金额", "万元")),
    "benefit.social": (("政策知晓率", "%"), ("受益群众人数", "人"), ("服务覆盖率", "%")),
    "benefit.ecological": (("水质达标率", "%"), ("绿化面积", "平方米")),
    "benefit.sustainable": (("管护机制覆盖率", "%"), ("设备使用年限", "年")),
    "satisfaction": (("服务对象满意度", "%"), ("群众满意率", "%"), ("职工满意度", "%")),
}  # fmt: skip
_SOFT = (("有所提升", "明显提升"), ("持续改善", "持续改善"), ("健全", "已健全"), ("较好", "良好"))
_AT_MOST = frozenset(("output.cost", "cost.economic", "cost.social", "cost.ecological"))
_HOURS = "响应时限"


@dataclass(frozen=True)
class Measure:
    """An indicator's name with its target and actual: op and figures None where it is qualitative."""

    name: str
    op: str | None
    target: Decimal | None
    actual: Decimal | None
    unit: str
    words: tuple[str, str]


def unit(rng: random.Random) -> str:
    return rng.choice(_PLACES) + rng.choice(_OFFICES)


def head(rng: random.Random, year: int) -> dict[str, Any]:
    """Values of a form's head, one for every field a layout may ask for."""
    place = rng.choice(_PLACES)
    return {
        "fiscal_year": year, "unit": place + rng.choice(_OFFICES), "project": rng.choice(_PROJECTS),
        "supervisor": place + rng.choice(_OFFICES), "implementer": place + rng.choice(_OFFICES),
        "prepared_by": rng.choice(_PEOPLE), "phone": f"0{rng.randint(100, 999)}-{rng.randint(2000000, 8999999)}",
        "leader": rng.choice(_PEOPLE), "reported_on": f"{year + 1}-{rng.randint(1, 6):02d}-{rng.randint(1, 28):02d}",
        "annual_goal": rng.choice(_PLANS), "duties": "负责辖区内相关公共服务和监督管理工作。",
        "deviation": rng.choice(_REASONS), "improvement": "加强预算编制管理，加快执行进度。", "grade": "优",
    }  # fmt: skip


def sentence(rng: random.Random, about: str) -> str:
    """An invented sentence for a text field."""
    pools = {
        "planned": _PLANS, "actual": _DONE, "evidence": _DONE, "detail": _DONE, "problem": _REASONS,
        "item": _PROJECTS, "reason": _REASONS, "deviation": _REASONS,
        "criteria": _RULES, "definition": _MEANINGS, "remark": ("见附件",), "name": _PROJECTS,
    }  # fmt: skip
    return rng.choice(pools[about])


def line(rng: random.Random, unit: str) -> str:
    """A figure with its unit, as a column of figures beside the target may hold it."""
    return f"{rng.randint(1, 90)}{unit}"


def answer(rng: random.Random, heading: str) -> str:
    """What stands under a heading that no field holds: a figure where it asks for one."""
    heading = heading.removeprefix("extra:")
    if heading in ("planned", "actual", "reason", "name", "detail", "problem", "item"):
        return sentence(rng, heading)
    if re.search("率|比例|占比", heading):
        return f"{rng.randint(60, 100)}%"
    if re.search("额|资金|结余|结转|预算|支出|收入|决算|执行数|万元", heading):
        return f"{rng.randint(10, 9000) / 10:g}"
    if re.search("人数|编制|编码|代码|电话|数量|个数", heading):
        return str(rng.randint(11, 99999))
    return rng.choice(("已落实", "是", "综合科", "常年"))


def amount(rng: random.Random) -> Decimal:
    """Money in 万元: round, with one digit or with two."""
    whole = rng.choice((rng.randint(1, 60), rng.randint(60, 999), rng.randint(1000, 9999)))
    return Decimal(whole) + Decimal(rng.choice((0, 0, rng.randint(1, 9) * 10, rng.randint(1, 99)))) / 100


def spent(rng: random.Random, money: Decimal) -> Decimal:
    share = rng.choice((100, 100, rng.randint(80, 99)))
    return (money * share / 100).quantize(Decimal("0.01"))


def measure(rng: random.Random, code: str | None, name: str | None, numeric: bool, used: set[str]) -> Measure:
    """What an indicator of a category measures; name: where the form prescribes it; numeric: never qualitative."""
    things = _THINGS.get(
        code or "", (("任务完成率", "%"), ("制度执行率", "%"), ("预算完成率", "%"), ("公开及时率", "%"))
    )
    thing, unit = rng.choice(things)
    if name is not None:
        thing, unit = name, "%"
    elif thing in used:
        thing = f"{rng.choice(('重点', '年度', '本级', '基层', '日常', '专项'))}{thing}"
        while thing in used:
            thing = rng.choice("新续增补") + thing
    used.add(thing)
    if not numeric and rng.random() < 0.2:
        return Measure(thing, None, None, None, "", rng.choice(_SOFT))
    most = code in _AT_MOST or thing.endswith(_HOURS)
    if unit == "%":
        target = Decimal(100 if rng.random() < 0.4 else rng.randint(85, 99))
        actual = target - (rng.randint(0, 5) if most else 0) if target == 100 else target + (-1 if most else 1)
    elif unit in ("万元", "元", "吨", "千瓦时"):
        target = amount(rng)
        actual = spent(rng, target) if most else target + 1
    else:
        target = Decimal(rng.randint(2, 400))
        actual = target - rng.randint(0, 1) if most else target + rng.randint(0, 5)
    op = "≤" if most else rng.choice("≥≥=") if actual == target else "≥"
    return Measure(thing, op, target, actual, unit, ("", ""))
