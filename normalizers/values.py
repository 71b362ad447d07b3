"""Numbers, rates, points, dates, years and quantities out of what people write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from normalizers.text import squeeze, width
from schema.exact import figure
from schema.records import Quantity

_NUMBER = r"[-+−]?(?:\d{1,3}(?:[,，]\d{3})+|\d+)(?:\.\d+)?"
_PERCENT = r"[%％﹪]|百分比"
_NOT_STATED = frozenset(("无", "不适用", "不涉及", "未填", "N/A", "n/a", "NA", "空"))


@dataclass(frozen=True, slots=True)
class Number:
    """A parsed figure. unit: what was written behind it (`%`, `分`, `元`), note: its bracketed note."""

    value: Decimal
    unit: str = ""
    note: str | None = None


_FIGURE = re.compile(
    rf"^[¥￥]?(?P<number>{_NUMBER})(?P<unit>{_PERCENT}|‰|个?百分点|分|[百千]?万元?|亿元?|[百千]?元|人|个|户|名|次)?(?P<note>[（(].*[)）])?[。.]?$"
)


@lru_cache(maxsize=2048)
def number(text: str) -> Number | None:
    """The one figure of a cell; None where the text is no figure. `3,679.66（含结转）` keeps its note."""
    match = _FIGURE.match(squeeze(text))
    value = figure(_plain(match["number"])) if match else None
    if match is None or value is None:
        return None
    unit = match["unit"] or ""
    if unit and re.fullmatch(_PERCENT, unit):
        unit = "%"
    return Number(value, unit, match["note"])


def _plain(written: str) -> str:
    """A number without what people put between its digits."""
    return re.sub("[,，]", "", written).replace("−", "-")


def not_stated(text: str) -> bool:
    """True where a number cell says in words that there is none."""
    return squeeze(text) in _NOT_STATED


def rate(figure: Number, percent: bool = False, computed: Decimal | None = None) -> Decimal:
    """A fraction. A bare figure is what the form's own figures prove, `computed`, to the digits that are written; else a
    percentage where its heading says so (percent), or where it is above 1.5."""
    if figure.unit == "‰":
        return figure.value.scaleb(-3)
    if figure.unit == "%":
        return figure.value.scaleb(-2)
    hundredth = figure.value.scaleb(-2)
    readings = (hundredth, figure.value) if percent else (figure.value, hundredth)
    if computed is not None:
        proven = [reading for reading in readings if _to_its_digits(computed, reading) == reading]
        if proven and not (percent and figure.value.as_tuple().exponent == 0):
            return proven[0]
    return hundredth if percent or abs(figure.value) > Decimal("1.5") else figure.value


def _to_its_digits(value: Decimal, like: Decimal) -> Decimal:
    exponent = like.as_tuple().exponent
    return value.quantize(Decimal(1).scaleb(min(exponent, -2) if isinstance(exponent, int) else -2), ROUND_HALF_UP)


_YEAR_PHRASE = re.compile(r"(?<!\d)(20[0-4]\d)\s*(?:财政)?年")
_CHINESE_YEAR = re.compile("[二贰][〇零○O0]([〇零○一二三四五六七八九O0])([〇零○一二三四五六七八九O0])年")


def year(text: str) -> int | None:
    """A fiscal year: `（2021年度）`, `2021年`, `二〇二一年度`; None where there is none or more than one."""
    plain = re.sub(r"\s+", "", width(text))
    plain = _CHINESE_YEAR.sub(lambda m: f"20{_digit(m[1])}{_digit(m[2])}年", plain)
    found = set(_YEAR_PHRASE.findall(plain)) or set(re.findall(r"^[（(]?(20[0-4]\d)[)）]?$", plain))
    return int(found.pop()) if len(found) == 1 else None


def _digit(ch: str) -> int:
    return "〇一二三四五六七八九".find(ch) if ch not in "零○O0" else 0


_DATE = re.compile(r"(?<!\d)(20\d\d)[年./\-、](\d{1,2})[月./\-、](\d{1,2})日?(?!\d)")


def day(text: str) -> date | None:
    """A calendar date: `2021.6.8`, `2023年3月24日`, `2021-04-12`; None where it is none."""
    match = _DATE.search(re.sub(r"\s+", "", width(text)))
    if not match:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


# ---------------------------------------------------------------- quantities: {op, value, unit}
_BEFORE = {
    ">=": ("大于等于", "大于或等于", "不低于", "不少于", "不小于", "至少", "≥", "≧", "⩾", ">=", "＞＝"),
    "<=": (
        "小于等于",
        "小于或等于",
        "不高于",
        "不超过",
        "不超出",
        "不多于",
        "不大于",
        "不得超过",
        "不超",
        "控制在",
        "至多",
        "≤",
        "≦",
        "⩽",
        "<=",
    ),
    ">": ("大于", "超过", "高于", "多于", "＞", ">"),
    "<": ("小于", "低于", "少于", "＜", "<"),
    "=": ("等于", "=", "＝"),
}
_AFTER = {">=": ("及以上", "以上", "或以上"), "<=": ("及以下", "以下", "以内", "之内", "内")}
OPERATORS = {word: op for op, spelled in _BEFORE.items() for word in spelled}
_OP_BEFORE = re.compile("|".join(sorted((re.escape(w) for ws in _BEFORE.values() for w in ws), key=len, reverse=True)))
_OP_AFTER = re.compile("^(?:" + "|".join(w for ws in _AFTER.values() for w in sorted(ws, key=len, reverse=True)) + ")")
_WORD_OP = {word: op for table in (_BEFORE, _AFTER) for op, spelled in table.items() for word in spelled}

_MEASURES = (
    "平方公里 平方千米 平方米 立方米 公里 千米 米 公顷 亩 万亩 万吨 吨 公斤 千克 千瓦时 千瓦 兆瓦 度 升 毫升 "
    "厘米 毫米 微克/立方米 人次/年 次/年 次/月 元/人 元/月 元/年 元/天 元/人/年 元/人/月 元/平方米 "
    "万元/年 人/次 人次 万人次 万人 户次 车次 班次 场次 批次 频次 件次 台次 例次 亿元 万元 千元 元 亿 万 "
    "个工作日 工作日 个月 小时 分钟 秒 天 日 周 季度 季 年 学时 课时 岁 人 名 位 个 项 次 件 份 份数 "
    "册 本 期 篇 条 家 户 户数 台 套 辆 艘 架 台套 台(套) 台（套） 处 座 间 栋 幢 所 批 场 轮 回 届 "
    "组 支 队 只 头 株 棵 块 张 幅 盏 颗 笔 宗 例 起 部 种 类 门 道 段 根 片 面 枚 把 副 双 对 袋 "
    "个百分点 百分点 箱 桶 瓶 盒 包 村 镇 乡 县 街 社区 学校 班 床 眼 口 孔 路 单位 点 分 级 倍 人年 标段 平台 系统 "
    "对象 户籍 mm cm m km m2 m3 km2 m² m³ ㎡ kg t kw kwh mb gb ℃ °C "
).split()
_MEASURE = "(?:" + "|".join(sorted((re.escape(w) for w in _MEASURES), key=len, reverse=True)) + ")"
_UNIT = re.compile(
    rf"^(?P<rate>{_PERCENT}|‰)|^(?P<unit>[万亿]?{_MEASURE}(?:[/／*×·每][万亿]?{_MEASURE}){{0,3}})",
    re.IGNORECASE,
)
_CHINESE_DIGITS = "零〇一二两三四五六七八九"
_CHINESE_NUMBER = re.compile(r"[零〇一二两三四五六七八九十百千]+")
_CALENDAR = re.compile(
    r"(?:(?<!\d)20\d\d年度?)?(?<![\d.])(?:1[0-2]|0?[1-9])月?[-—－~～至到](?:20\d\d年)?(?:1[0-2]|0?[1-9])月(?:份|底|末)?"  # 1-12月
    r"|(?<!\d)20\d\d[年./\-]\d{1,2}[月./\-]\d{1,2}日?"  # 2022年6月30日, 2022.6.30
    r"|(?<!\d)20\d\d年度?(?:\d{1,2}月(?:份|底|\d{1,2}日)?)?"  # 2022年, 2022年12月底
    r"|(?<![\d.])(?:1[0-2]|0?[1-9])月(?:份|底|末|初|[上中下]旬|\d{1,2}[日号])?"  # 12月底前, 10月完工
)


@lru_cache(maxsize=2048)
def quantity(text: str | None, op: str | None = None, unit: str | None = None) -> Quantity | None:
    """A target or actual as {op, value, unit}; None where it is qualitative or names several quantities.

    op and unit: what stands in columns of their own. A year or a calendar date is no quantity.
    """
    if not text:
        return None
    plain = _CALENDAR.sub("", squeeze(text))
    found = list(re.finditer(_NUMBER, plain))
    if not found:
        return _chinese(plain, op, unit)
    if len(found) != 1:
        return None
    at = found[0]
    before, after = plain[: at.start()], plain[at.end() :]
    if before.endswith(("第", "十", "百")) or re.match(r"[、.．](?!$)|[)）](?=\w)", after):
        return None
    sign = at.group()
    if sign[0] in "-−" and before and not _OP_BEFORE.search(before):
        sign = sign[1:]
    value = figure(_plain(sign))
    return _quantity(value, before, after, op, unit) if value is not None else None


def _quantity(value: Decimal, before: str, after: str, op: str | None, unit: str | None) -> Quantity | None:
    hundredth = before.endswith("百分之")
    measure = _UNIT.match(after)
    if measure:
        after = after[measure.end() :]
    per = measure["rate"] if measure else ("%" if hundredth else None)
    written = (measure["unit"] if measure else None) if not per else None
    if per is None and written is None and unit and not number(unit):
        stated = squeeze(unit)
        match = _UNIT.match(stated)
        per, written = (match["rate"], None if match["rate"] else stated) if match else (None, stated)
    if per is None and measure is None and written is None:
        rest = _OP_AFTER.sub("", after)
        if re.fullmatch(r"[\u4e00-\u9fff]{1,3}", rest) and rest not in ("左右", "余", "多") and not before:
            written = rest
            after = after[len(rest) :] if after.startswith(rest) else ""
    if per == "‰":
        value, written = value.scaleb(-3), "‰"
    elif per:
        value, written = value.scaleb(-2), "%"
    return Quantity(_operator(before, after, op), value, written)


def _operator(before: str, after: str, op: str | None) -> str:
    behind = _OP_AFTER.match(after)
    ahead = [m for m in _OP_BEFORE.finditer(before) if len(before) - m.end() <= 6]
    if op and squeeze(op) in OPERATORS:
        return OPERATORS[squeeze(op)]
    if re.match(r"[≥≧⩾]|>=", after):
        return ">="
    if re.match(r"[≤≦⩽]|<=", after):
        return "<="
    if ahead:
        return _WORD_OP[ahead[-1].group()]
    if behind:
        return _WORD_OP[behind.group()]
    return "="


_CHINESE_WHOLE = re.compile(
    rf"^(?P<before>(?:{_OP_BEFORE.pattern})?)(?P<hundred>百分之)?(?P<number>{_CHINESE_NUMBER.pattern})(?P<after>.*)$"
)


def _chinese(plain: str, op: str | None, unit: str | None) -> Quantity | None:
    """`三百台以上`, `百分之九十八`, `两次`: only where the whole text is the quantity."""
    match = _CHINESE_WHOLE.match(plain)
    if not match:
        return None
    value = chinese_number(match["number"])
    after = match["after"]
    measure = _UNIT.match(after)
    rest = after[measure.end() :] if measure else after
    if value is None or not (measure or match["hundred"]) or (rest and not _OP_AFTER.fullmatch(rest)):
        return None
    return _quantity(value, match["before"] + (match["hundred"] or ""), after, op, unit)


def chinese_number(text: str) -> Decimal | None:
    """`三百二十` → 320, `九十八` → 98, `二〇` → 20; None where it is no numeral."""
    total = digit = 0
    positional = all(ch in _CHINESE_DIGITS for ch in text)
    for ch in text:
        if ch in _CHINESE_DIGITS:
            value = "〇一二三四五六七八九".find({"零": "〇", "两": "二"}.get(ch, ch))
            digit = digit * 10 + value if positional else value
        elif ch in "十百千":
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[ch]
            digit = 0
        else:
            return None
    return Decimal(total + digit)
