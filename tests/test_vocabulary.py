"""The vocabulary is tested like code: bound at load, contradictions refused, general rules before the look-up."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from normalizers.vocabulary import Vocabulary, vocabulary
from schema.errors import VocabularyError
from tests.conftest import ROOT

SHIPPED = ROOT / "normalizers" / "vocabulary"


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str, str], Path]:
    """A copy of the vocabulary with lines added to one of its files."""

    def change(name: str, lines: str) -> Path:
        folder = tmp_path / "vocabulary"
        shutil.copytree(SHIPPED, folder)
        (folder / name).write_text((folder / name).read_text(encoding="utf-8") + lines, encoding="utf-8")
        return folder

    return change


@pytest.mark.parametrize(
    ("heading", "block", "field"),
    [
        ("全年执行数\n（部门决算数）", "funds", "executed"), ("执行率（B/A）", "funds", "execution_rate"), ("执行数（B）", "funds", "executed"),
        ("年度\n指标值", "indicators", "target"), ("指标名称\n(三级指标)", "indicators", "level3"), ("权重（%）", "indicators", "weight"),
        ("填报单位（盖章）：", "head", "unit"), ("1. 财供人数", "head", "extra"), ("项目资金\n（万元）", "funds", "block"),
        ("得分(20分*执行率)", "funds", "score"), ("没有见过的栏目", "indicators", None),
    ],
)  # fmt: skip
def test_units_brackets_numbering_and_blanks_go_before_the_look_up(heading: str, block: str, field: str | None) -> None:
    assert vocabulary().heading(heading, block) == field


def test_a_known_typing_error_is_read_through() -> None:
    assert vocabulary().listed("按指出性质分：", "side") == "expenditure"


@pytest.mark.parametrize(
    ("level1", "level2", "category"),
    [
        ("产出指标", "数量指标", "output.quantity"), ("产出指标", "成本指标", "output.cost"), ("成本指标", "经济成本指标", "cost.economic"),
        ("成本指标", "生态环境成本指标", "cost.ecological"), ("效益指标", "可持续影响指标", "benefit.sustainable"),
        ("效益指标", "服务对象满意度指标", "satisfaction"), ("满意度指标", None, "satisfaction"), ("投入", "目标设定", "input"),
        ("过程", "预算执行", "process"), ("预算编制情况", "预算编制", "management"), ("预算使用效益", "经济性", "effect"),
        (None, "社会效益指标", "benefit.social"), ("加减分项", None, None), (None, None, None),
    ],
)  # fmt: skip
def test_the_category_comes_from_level_1_and_2(level1: str | None, level2: str | None, category: str | None) -> None:
    assert vocabulary().category(level1, level2) == category


@pytest.mark.parametrize(
    ("name", "line", "trouble"),
    [
        ("headings.csv", "某栏目,nosuch,target,\n", "没有“nosuch”"),
        ("headings.csv", "某栏目,indicators,nosuch,\n", "没有“nosuch”"),
        ("headings.csv", "实际完成值,indicators,target,\n", "已另作"),
        ("headings.csv", "某栏目,indicators\n", "列数"),
        ("headings.csv", ",indicators,target,\n", "空的"),
        ("labels.csv", "某资金,nosuch,,,\n", "没有“nosuch”"),
        ("labels.csv", "基本支出,funds,project,expenditure,\n", "已另作"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(
    changed: Callable[[str, str], Path], name: str, line: str, trouble: str
) -> None:
    with pytest.raises(VocabularyError, match=trouble) as caught:
        Vocabulary(changed(name, line))
    assert name in str(caught.value)
    assert "行" in str(caught.value)


def test_a_missing_part_of_the_form_rules_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "v")
    (tmp_path / "v" / "forms.yml").write_text("kinds: []\n", encoding="utf-8")
    with pytest.raises(VocabularyError, match="缺少"):
        Vocabulary(tmp_path / "v")


def test_one_added_row_is_understood_at_once(changed: Callable[[str, str], Path]) -> None:
    assert vocabulary().heading("年末达成数", "indicators") is None
    words = Vocabulary(changed("headings.csv", "年末达成数,indicators,actual,\n"))
    assert words.heading("年末达成数（人）", "indicators") == "actual"


def test_no_word_stands_in_two_fields_of_a_block_and_files_end_with_a_line() -> None:
    for path in SHIPPED.glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        assert text.endswith("\n"), path
        rows = [line.split(",")[:2] for line in text.splitlines()]
        if path.name in ("headings.csv", "labels.csv"):
            assert len(rows) == len({tuple(row) for row in rows}), path


def test_a_character_typed_twice_is_a_typing_error() -> None:
    words = vocabulary()
    assert words.heading("指标名名称", "indicators") == words.heading("指标名称", "indicators")
    assert words.heading("（一）年度指指标值（20分）", "indicators") == "target"
    assert words.heading("指指标名名称", "indicators") is None  # one is a slip, two are another word
    assert words.stripped("指标名名称") == "指标名名称"  # layouts are told apart by what is written
