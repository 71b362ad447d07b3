"""The rows of a table parted into blocks: by their words, and by what else is seen of them where the words say nothing."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from pathlib import Path

import pytest

from data.maker import unmet
from extractors import read
from extractors.files import File
from normalizers.blocks import cut
from normalizers.grid import Grid
from normalizers.rows import Rows
from normalizers.seen import given, seen
from normalizers.vocabulary import Vocabulary, vocabulary
from pipeline.extract import extract
from schema.document import Table
from schema.evidence import doubtful

Docx = Callable[..., Path]

FORM = """# 项目支出绩效自评表

| 项目名称 | 河道保洁 | < | < | < | < | < |
| 项目资金（万元） | | 年初预算数 | 全年执行数 | 分值 | 执行率 | 得分 |
| ^ | 年度资金总额 | 20 | 19 | 10 | 95% | 9.5 |
| ^ | 其他资金 | 20 | 19 | | | |
| 年度总体目标 | 预期目标 | < | < | 实际完成情况 | < | < |
| ^ | 完成全县河道的日常保洁，按时清运垃圾，群众反映良好，水质改善。 | < | < | 全县河道的日常保洁已按计划完成，垃圾日产日清，水质有所改善。 | < | < |
| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 | 分值 | 得分 |
| 产出指标 | 数量指标 | 保洁里程 | 20公里 | 20公里 | 50 | 50 |
| 效益指标 | 社会效益指标 | 知晓率 | 90% | 91% | 40 | 38 |
| 总分 | < | < | | | 100 | 97.5 |
"""
GOALS = ("年度总体目标", "预期目标", "实际完成情况")


def kinds(path: Path, words: Vocabulary) -> list[str]:
    """The kind of each row's block."""
    (table,) = [block for block in read(File(path)).blocks if isinstance(block, Table)]
    return [block.kind for block in cut(Grid(table), words, basics=False) for _ in range(block.start, block.stop)]


def without(*headings: str) -> Vocabulary:
    return unmet.forgetful({spelling for heading in headings for spelling in vocabulary().spellings(heading)})


def test_the_rows_of_a_usual_form(docx: Docx) -> None:
    assert kinds(docx(FORM), vocabulary()) == ["head", *["funds"] * 3, *["goals"] * 2, *["indicators"] * 4]


def test_goals_whose_headings_nobody_knows_are_no_money(docx: Docx) -> None:
    assert kinds(docx(FORM), without(*GOALS)) == ["head", *["funds"] * 3, *["goals"] * 2, *["indicators"] * 4]


def test_goals_below_headings_like_known_ones_are_read_and_money_is_not_harmed(docx: Docx) -> None:
    found = extract(docx(FORM), without(*GOALS))
    (form,) = found.submission.forms
    assert [(fund.item, fund.executed) for fund in form.funds] == [("total", 19), ("other", 19)]
    assert [goal.actual for goal in form.goals] == ["全县河道的日常保洁已按计划完成，垃圾日产日清，水质有所改善。"]
    assert all(p.recognised for p in found.evidence.provenance if p.record.endswith("goals[0]"))


@pytest.mark.parametrize("text", ["完成保洁", "完成全县河道的日常保洁，按时清运垃圾。"])
def test_the_row_below_known_headings_is_theirs_whatever_it_looks_like(docx: Docx, text: str) -> None:
    path = docx(f"# 项目支出绩效自评表\n\n| 年度目标 | 预期目标 | 实际完成情况 |\n| ^ | {text} | 8 |\n")
    assert kinds(path, vocabulary()) == ["goals", "goals"]


def test_a_row_that_may_belong_elsewhere_makes_its_values_doubtful(docx: Docx) -> None:
    found = extract(
        docx(FORM), without(*GOALS, "全年执行数", "年初预算数", "年度资金总额", "其他资金", "项目资金", "执行率")
    )
    rows = {(doubt.origin.table, doubt.origin.row) for doubt in found.evidence.doubts}
    unsure = {(d.origin.table, d.origin.row) for d in found.evidence.doubts if d.sure < 0.9}
    assert rows
    assert all(0 <= doubt.sure < 0.98 for doubt in found.evidence.doubts)
    assert all(doubtful(p) for p in found.evidence.provenance if (p.origin.table, p.origin.row) in unsure)


def test_all_that_is_known_leaves_no_doubt(docx: Docx) -> None:
    assert extract(docx(FORM)).evidence.doubts == ()


# ---------------------------------------------------------------- the parts
def test_how_likely_the_kinds_are_sums_to_one() -> None:
    weights = Rows([("cells 2", "head", 1.0), ("cells 2", "funds", -1.0), ("below head", "head", 2.0)])
    likely = weights.likely(weights.weigh(["cells 2", "never seen"]), ["below head"])
    assert sum(map(exp, likely.values())) == pytest.approx(1)
    assert likely["head"] - likely["funds"] == pytest.approx(4)


def test_what_is_seen_of_a_row(docx: Docx) -> None:
    (table,) = [block for block in read(File(docx(FORM))).blocks if isinstance(block, Table)]
    grid = Grid(table)
    things = seen(grid, 2, vocabulary())  # ^ | 年度资金总额 | 20 | 19 | 10 | 95% | 9.5
    assert {"cells 6", "figures half", "side", "item first", "longest 10", "signs"} <= set(things)
    assert "goes on with funds" in given(things, "funds", None)
    assert given(things, "funds", "goals") == ["below funds", "begins goals"]
    unknown = seen(grid, 4, without(*GOALS))
    assert not [thing for thing in unknown if thing.startswith("goals:")]


def test_the_weights_that_ship_know_what_rows_show(docx: Docx) -> None:
    (table,) = [block for block in read(File(docx(FORM))).blocks if isinstance(block, Table)]
    grid, words = Grid(table), vocabulary()
    things = [thing for row in range(len(grid.rows)) for thing in seen(grid, row, words)]
    known = [thing for thing in things if any(words.rows.weigh([thing]))]
    assert len(known) >= 0.9 * len(things)
