"""Headings nobody knows are read with their whole band: right or left to a person; a known spelling is never outvoted."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from pathlib import Path

import pytest

from data.maker import evidence
from data.maker.layout import all_layouts
from normalizers.assignment import assign
from normalizers.band import SURE
from normalizers.roles import Roles, kind_of, look
from normalizers.vocabulary import folder, vocabulary
from pipeline.extract import Extraction, extract
from tests.held_back import Band, bands, goals, measure

Docx = Callable[..., Path]
LAYOUTS = all_layouts()


# ---------------------------------------------------------------- measured on made forms, the counts without the form's own layout
@pytest.fixture(scope="module")
def some() -> list[Band]:
    return bands(LAYOUTS[::4])


@pytest.fixture(scope="module")
def every() -> list[Band]:
    return bands(LAYOUTS)


FOUND = ["some", pytest.param("every", marks=pytest.mark.soak)]


@pytest.mark.parametrize("found", FOUND)
@pytest.mark.parametrize("name", ["one heading held back", "half of them"])
def test_headings_held_back_are_read_right_or_asked_for(name: str, found: str, request: pytest.FixtureRequest) -> None:
    counted = measure(request.getfixturevalue(found), name)
    assert counted["right"] >= 0.9 * counted.total(), counted
    assert counted["wrong"] <= 0.005 * counted.total(), counted
    assert counted["lost"] == 0


@pytest.mark.parametrize("found", FOUND)
def test_a_column_that_no_field_is_for_keeps_its_own_words(found: str, request: pytest.FixtureRequest) -> None:
    counted = measure(request.getfixturevalue(found), "a strange column")
    assert counted.total() > 100
    assert counted["taken"] <= 0.01 * counted.total(), counted
    assert counted["lost"] == 0


def test_headings_of_goals_held_back_are_read_right_or_asked_for() -> None:
    counted = goals(LAYOUTS[::2])
    assert counted["right"] >= 0.7 * counted.total(), counted
    assert counted["wrong"] == 0


# ---------------------------------------------------------------- the parts
def test_the_counts_are_those_of_the_made_forms() -> None:
    shipped = folder().joinpath("roles.csv").read_text(encoding="utf-8")
    assert shipped == evidence.text(), "run `make evidence`"


def test_each_role_is_given_once_and_a_known_one_stands() -> None:
    scores = [{"target": 0.0}, {"target": 9.0, "actual": 1.0}, {"extra": 0.5, "actual": 1.0}]
    decisions, best = assign(scores, lambda before, role: 0.0, lambda roles: 0.0, {"extra"})
    assert [d.role for d in decisions] == ["target", "actual", "extra"]
    assert best == pytest.approx(1.5)
    assert decisions[0].sure == pytest.approx(1.0)
    assert all(0 < d.sure <= 1 + 1e-9 for d in decisions)


def test_what_a_whole_reading_says_decides_between_equals_and_the_other_is_named() -> None:
    either = {"weight": 0.0, "score": 0.0}
    decisions, _ = assign([either, either], lambda before, role: 0.0, lambda r: log(9) * (r[0] == "weight"), ())
    assert [d.role for d in decisions] == ["weight", "score"]
    assert decisions[0].sure == pytest.approx(0.9)
    assert decisions[0].other is not None
    assert decisions[0].other[0] == "score"


@pytest.mark.parametrize(
    ("text", "kind"),
    [("—", "blank"), ("12.5%", "percent"), ("8", "points"), ("1200", "figure"), ("≥95%", "signed"), ("≥", "sign"),
     ("产出指标（50分）", "group"), ("平方公里", "measure"), ("20公里", "quantity"), ("优", "word"), ("保洁里程达标", "name")],
)  # fmt: skip
def test_kinds_of_cells(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_the_look_of_a_column() -> None:
    assert look([], 0).run == "none"
    assert (look(["产出指标"], 6).run, look(["甲", "乙", "丙"], 3).run) == ("few", "each")
    assert (look(["甲", "乙"], 2).distinct, look(["8", "8", "8", "9"], 4).distinct) == ("all", "many")


def test_what_was_never_counted_tells_nothing_for_a_field() -> None:
    roles = Roles([("target", "cell", "signed", 9.0), ("actual", "cell", "quantity", 9.0)])
    signed = look(["≥5公里", "≥9公里"], 2)
    assert roles.cells("target", signed) > 0 > roles.cells("actual", signed)


def test_a_new_spelling_changes_nothing_for_headings_that_have_nothing_in_common_with_it() -> None:
    from pipeline import ruleset

    files = ruleset.shipped_rows().files
    more = ruleset.VocabularyRows(
        {**files, "headings.csv": [*files["headings.csv"], ["甲乙丙丁", "indicators", "target"]]}
    )
    wider = ruleset.bound(more)
    assert wider.likeness("本年应达水平", "indicators") == vocabulary().likeness("本年应达水平", "indicators")
    assert wider.likeness("甲乙丙", "indicators")["target"].spelling == "甲乙丙丁"


# ---------------------------------------------------------------- forms
NOVEL = """# 项目支出绩效自评表
| 项目名称 | 河道保洁 | < | < | < | < |
| 大类 | 事项名称 | 应达到的 | 年底完成 | 满分 | 评定得分 |
| 产出 | 保洁里程 | ≥20公里 | 20公里 | 60 | 60 |
| ^ | 出勤 | ≥98% | 99% | 20 | 20 |
| 效益 | 投诉下降率 | ≥10% | 9% | 20 | 16 |
"""


def form(docx: Docx, source: str) -> Extraction:
    return extract(docx(source))


def test_a_reading_that_is_not_sure_proposes_the_field_and_keeps_the_words(docx: Docx) -> None:
    found = form(docx, NOVEL.replace("应达到的", "情形").replace("≥20公里", "平稳").replace("≥98%", "良好"))
    (told,) = [u for u in found.evidence.unknown if u.text == "情形"]
    assert (told.field, told.taken) == ("target", False)
    assert "把握" in (told.reason or "")
    first = found.submission.forms[0].indicators[0]
    assert (first.target, (first.extra or {})["情形"]) == (None, "平稳")


def test_a_table_none_of_whose_headings_is_known_goes_on_below_them_on_the_next_page(docx: Docx) -> None:
    rows = NOVEL.splitlines()
    again = "\n".join([*rows[:5], rows[2], *rows[5:]]) + "\n"
    once, twice = form(docx, NOVEL).submission.forms[0], form(docx, again).submission.forms[0]
    assert len(once.indicators) == len(twice.indicators) == 3


def test_a_goal_in_words_over_headings_nobody_knows_is_the_form_s(docx: Docx) -> None:
    goal = "| 年度绩效目标：河道常年清洁，投诉逐年减少。 | < | < | < | < | < |\n"
    rows = NOVEL.splitlines(keepends=True)
    read = form(docx, "".join([*rows[:2], goal, *rows[2:]])).submission.forms[0]
    assert read.annual_goal == "河道常年清洁，投诉逐年减少。"
    assert len(read.indicators) == 3


def test_a_taken_column_says_how_sure_it_is(docx: Docx) -> None:
    found = form(docx, NOVEL.replace("年底完成", "年底实际完成值"))
    why = {p.recognised for p in found.evidence.provenance if p.field == "actual"}
    assert len(why) == 1
    told = why.pop() or ""
    assert told.startswith("近似“")
    assert float(told.rsplit("把握", 1)[1]) >= SURE
