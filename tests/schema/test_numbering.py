"""List numbers: what is one, what only looks like one, and which number it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema import numbering

_DIGITS = "一二三四五六七八九"


def chinese(number: int) -> str:
    """1 to 99 as 二十三 is written."""
    tens, ones = divmod(number, 10)
    ten = "" if tens == 0 else "十" if tens == 1 else _DIGITS[tens - 1] + "十"
    return ten + (_DIGITS[ones - 1] if ones else "")


@given(st.integers(1, 99), st.sampled_from("、.．，"))
def test_a_number_of_the_first_level_is_read_back(number: int, stop: str) -> None:
    told = numbering.parse(f"{chinese(number)}{stop}项目概况")
    assert told == (1, f"{chinese(number)}{stop}", "项目概况", number)


@given(st.integers(1, 99), st.sampled_from(["（{}）", "({})", "（{}）、"]))
def test_a_number_in_brackets_is_read_back(number: int, form: str) -> None:
    for level, written in ((2, chinese(number)), (4, str(number))):
        told = numbering.parse(f"{form.format(written)} 资金使用情况")
        assert told is not None
        assert (told.level, told.rest, told.value) == (level, "资金使用情况", number)


@given(st.integers(1, 999), st.sampled_from("、.．"))
def test_a_plain_number_is_read_back(number: int, stop: str) -> None:
    told = numbering.parse(f"{number}{stop}数量指标")
    assert told is not None
    assert (told.level, told.rest, told.value) == (3, "数量指标", number)


@pytest.mark.parametrize(("sign", "value"), [("①", 1), ("⑳", 20), ("⑴", 1), ("⑿", 12)])
def test_an_enclosed_number_is_read_back(sign: str, value: int) -> None:
    told = numbering.parse(f"{sign}维修道路")
    assert told is not None
    assert (told.rest, told.value) == ("维修道路", value)


@pytest.mark.parametrize(
    "text", ["2.5公里", "2021年完成", "一般公共预算", "三公经费", "十个乡镇", "（略）", "1至12月", "", "12"]
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert numbering.parse(text) is None


@given(st.text(max_size=30))
def test_nothing_of_a_text_is_lost(text: str) -> None:
    told = numbering.parse(text)
    if told is not None:
        assert "".join((told.number + told.rest).split()) == "".join(text.split())
    assert text.endswith(numbering.without(text))


def test_all_numbers_before_a_text_are_taken_off() -> None:
    assert numbering.without("（一）1.①产出指标") == "产出指标"


@pytest.mark.parametrize(
    ("text", "words", "rest"),
    [
        ("指标1：巡查次数", ("指标",), "巡查次数"),
        ("任务二、清淤", ("指标", "任务"), "清淤"),
        ("1）巡查次数", ("",), "巡查次数"),
        ("指标体系", ("指标",), None),
        ("指标1.5公里", ("指标",), None),
        ("巡查次数", ("指标", ""), None),
    ],
)
def test_what_stands_behind_a_word_and_its_number(text: str, words: tuple[str, ...], rest: str | None) -> None:
    assert numbering.behind(text, *words) == rest
