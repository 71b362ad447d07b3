"""Cleaning: width, radicals, layout blanks and breaks, what says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalizers.text import blank, clean, squeeze, stated_text


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("产出\n指标", "产出指标"),
        ("１００％", "100%"),
        ("　执法检查　", "执法检查"),
        ("（一）基本情况；①完成，②“好”", "（一）基本情况；①完成，②“好”"),
        ("⻔⼾⽬标", "门户目标"),
        ("2022 年度 决算", "2022年度决算"),
        ("ISO 9001  认证", "ISO 9001认证"),
        ("目标1：召开大会\n\n目标2：服务群众", "目标1：召开大会\n目标2：服务群众"),
        ("完成全年任务。\n推进下年工作", "完成全年任务。\n推进下年工作"),
        ("甲\u200b乙\r\n丙", "甲乙丙"),
    ],
)
def test_a_text_is_its_own_words(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize("raw", ["", " 　\n", "/", "-", "—", "---", "……", "／"])
def test_a_dash_a_slash_and_dots_say_nothing(raw: str) -> None:
    assert blank(raw)
    assert stated_text(raw) is None


@pytest.mark.parametrize("raw", ["无", "0", "是", "-3.5"])
def test_what_is_stated_stays(raw: str) -> None:
    assert stated_text(raw) == raw


def test_a_templates_own_hint_is_nothing_but_words_beside_it_stay() -> None:
    assert stated_text("（100字以内）") is None
    assert stated_text("完成较好（100字以内）") == "完成较好（100字以内）"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert not any(ch.isspace() for ch in squeeze(text))
