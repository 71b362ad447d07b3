"""Numbers, rates, dates, quantities: what people write, and never an exception for any text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalizers import money, values
from normalizers.values import day, number, quantity, rate, year


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("933.5", "933.5", ""), ("2,907.50", "2907.50", ""), ("１，２３４．５", "1234.5", ""), ("　10 分", "10", "分"),
        ("97.42%　", "97.42", "%"), ("-3", "-3", ""), ("95百分比", "95", "%"), ("0.9‰", "0.9", "‰"), ("150万", "150", "万"),
    ],
)  # fmt: skip
def test_a_cell_that_holds_a_figure(text: str, value: str, unit: str) -> None:
    found = number(text)
    assert found is not None
    assert (found.value, found.unit) == (D(value), unit)


def test_a_bracketed_note_leaves_it_a_number() -> None:
    found = number("3,679.66（含结转）")
    assert found is not None
    assert (found.value, found.note) == (D("3679.66"), "（含结转）")


@pytest.mark.parametrize("text", ["31..5", "", "约10", "10-12", "无", "1,23", "十"])
def test_what_is_no_figure_is_none(text: str) -> None:
    assert number(text) is None


def test_money_is_in_wan_and_a_rate_is_a_fraction() -> None:
    for text, expected in (("120", "120"), ("12元", "0.0012"), ("1.2亿元", "12000"), ("3万元", "3")):
        figure = number(text)
        assert figure is not None
        assert money.amount(figure, money.WAN) == D(expected)
    for text, percent, expected in (
        ("97.42%", False, "0.9742"),
        ("94", True, "0.94"),
        ("0.94", False, "0.94"),
        ("1", False, "1"),
    ):
        figure = number(text)
        assert figure is not None
        assert rate(figure, percent) == D(expected)


@pytest.mark.parametrize(
    ("text", "op", "value", "unit"),
    [
        ("30次以上", ">=", "30", "次"), ("95%以上", ">=", "0.95", "%"), ("≥95%", ">=", "0.95", "%"), ("198万", "=", "198", "万"),
        ("保障8小时工作时间", "=", "8", "小时"), ("不高于3800元", "<=", "3800", "元"), ("时间不少于60天", ">=", "60", "天"),
        ("2%以下", "<=", "0.02", "%"), ("0.9‰", "=", "0.0009", "‰"), ("三百台以上", ">=", "300", "台"),
        ("百分之九十八", "=", "0.98", "%"), ("100百分比", "=", "1", "%"), ("＜5天", "<", "5", "天"), ("超过20人", ">", "20", "人"),
        ("160家", "=", "160", "家"), ("0", "=", "0", None), ("1,200人次", "=", "1200", "人次"), ("两次", "=", "2", "次"),
        ("30个工作日内", "<=", "30", "个工作日"), ("改进率95%以上", ">=", "0.95", "%"),
        ("1.7万元/公里以内", "<=", "1.7", "万元/公里"), ("≤240元/平方米", "<=", "240", "元/平方米"),
        ("不超过35元/人/天", "<=", "35", "元/人/天"), ("12次/年", "=", "12", "次/年"), ("2.5吨/亩以上", ">=", "2.5", "吨/亩"),
    ],
)  # fmt: skip
def test_a_target_as_operator_value_and_unit(text: str, op: str, value: str, unit: str | None) -> None:
    found = quantity(text)
    assert found is not None
    assert (found.op, found.value, found.unit) == (op, D(value), unit)


@pytest.mark.parametrize(
    "text",
    ["效果显著", "会务中心5666平方米，大院67931平方米", "90%-95%", "2022年12月底前", "根据2021年工作情况确定", "12月31日前",
     "第1名", "一般", "一站式服务", None, ""],
)  # fmt: skip
def test_what_is_qualitative_or_several_quantities_or_a_date_is_none(text: str | None) -> None:
    assert quantity(text) is None


def test_operator_and_unit_of_their_own_columns_are_taken() -> None:
    target = quantity("95", "≥", "%")
    actual = quantity("96", None, "%")
    assert target is not None
    assert actual is not None
    assert (target.op, target.value, target.unit, actual.value) == (">=", D("0.95"), "%", D("0.96"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("（2021年度）", 2021), ("（  2020    年度）", 2020), ("二〇二一年度", 2021), ("2022年部门决算", 2022), ("2021年至2022年", None), ("121", None)],
)  # fmt: skip
def test_a_fiscal_year(text: str, expected: int | None) -> None:
    assert year(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021.6.8", date(2021, 6, 8)), ("2023年 3 月24日", date(2023, 3, 24)),
        ("2021-04-12", date(2021, 4, 12)), ("2021.13.45", None), ("6月8日", None),
    ],
)  # fmt: skip
def test_a_date(text: str, expected: date | None) -> None:
    assert day(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("九十八", 98), ("三百二十", 320), ("十二", 12), ("二〇", 20), ("两千零五", 2005)]
)
def test_chinese_numerals(text: str, expected: int) -> None:
    assert values.chinese_number(text) == expected


_written = st.text() | st.text(
    alphabet="0123456789.,，%‰≥≤<>=一二三十百千万元次年月日以上下内第至-（）() ", max_size=14
)


@given(_written)
def test_any_text_gives_a_value_or_none(text: str) -> None:
    for parse in (number, quantity, year, day, values.not_stated):
        parse(text)


# ---------------------------------------------------------------- what a run of small changes (mutmut) left unnoticed
@pytest.mark.parametrize(
    ("text", "percent", "computed", "fraction"),
    [
        ("5‰", False, None, "0.005"), ("97%", False, None, "0.97"), ("97.4", True, None, "0.974"), ("0.97", False, None, "0.97"),
        ("1.5", False, None, "1.5"), ("1.51", False, None, "0.0151"), ("1", True, None, "0.01"), ("1", True, "1", "0.01"),
        ("0.9", True, "0.9", "0.9"), ("90", True, "0.9", "0.90"), ("1.2", True, "1.2", "1.2"), ("0.833", False, "0.8333", "0.833"),
    ],
)  # fmt: skip
def test_a_rate_is_a_fraction(text: str, percent: bool, computed: str | None, fraction: str) -> None:
    figure = number(text)
    assert figure is not None
    assert rate(figure, percent, None if computed is None else D(computed)) == D(fraction)


def test_a_long_minus_is_a_minus_and_words_for_nothing_are_known() -> None:
    assert (number("−5") or number("0")).value == -5  # type: ignore[union-attr]
    assert values.not_stated(" 无 ")
    assert not values.not_stated("有")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2 0 2 1 年 度", 2021),
        ("（2021）", 2021),
        ("2021", 2021),
        ("二〇二一年度", 2021),
        ("二零二○年", 2020),
        ("二O一九年", 2019),
        ("二0二0年", 2020),
    ],
)
def test_a_year_however_it_is_written(text: str, told: int) -> None:
    assert year(text) == told
