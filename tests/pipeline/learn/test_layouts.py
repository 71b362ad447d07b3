"""Layouts: forms with the same headings are one; a new one is told by what changed against the nearest known."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from data.maker import word
from pipeline.batch import run
from pipeline.learn.layouts import Layout, changes, layouts
from pipeline.store import contents
from pipeline.store.opening import open_store
from pipeline.store.rows import fingerprint

Run = Callable[..., subprocess.CompletedProcess[str]]
FORM = """# 项目支出绩效自评表
（{year}年度）

| 项目名称 | {project} | < | < | < | < |
| 一级指标 | 二级指标 | 三级指标 | {target} | 分值 | {last} |
| 产出指标 | 数量指标 | 保洁里程 | ≥20公里 | 60 | 60 |
| ^ | 质量指标 | 合格率 | ≥95% | 40 | 40 |
"""


@pytest.fixture
def found(tmp_path: Path) -> list[Layout]:
    store = open_store(str(tmp_path / "s.db"))
    for name, year, project, target, last in (
        ("甲", 2023, "保洁", "年度指标值", "得分"), ("乙", 2023, "绿化", "年度指标值", "得分"),
        ("丙", 2024, "路灯", "绩效目标值", "得分"),
    ):  # fmt: skip
        folder = tmp_path / f"{year}某县"
        folder.mkdir(exist_ok=True)
        source = FORM.format(year=year, project=project, target=target, last=last)
        (folder / f"{name}.docx").write_bytes(word.make(source))
        run.ingest([folder / f"{name}.docx"], store, lambda outcome: None)
    rows = contents.layouts(store)
    store.close()
    return layouts(rows)


def test_forms_with_the_same_headings_are_one_layout_and_a_new_one_says_what_changed(
    found: list[Layout],
) -> None:
    old, new = found
    assert (old.forms, old.years, old.first, old.nearest, old.places) == (
        2,
        {2023: 2},
        2023,
        None,
        ("2023某县",),
    )
    assert (new.forms, new.first, new.nearest) == (1, 2024, old.fingerprint)
    assert new.changes == ("年度指标值 → 绩效目标值",)


def test_what_changed_is_a_spelling_a_new_heading_or_one_that_is_gone() -> None:
    old = [
        ("indicators", "年度指标值", "target"),
        ("indicators", "得分", "score"),
        ("indicators", "备注", "remark"),
    ]
    new = [
        ("indicators", "绩效目标值", "target"),
        ("indicators", "得分", "score"),
        ("indicators", "偏差度", "extra"),
    ]
    assert changes(old, new) == ["年度指标值 → 绩效目标值", "增加 偏差度", "减少 备注"]
    assert changes(old, list(reversed(old))) == ["表头相同，顺序或次数不同"]
    assert fingerprint(old) != fingerprint(list(reversed(old)))


def test_the_command_lists_them_and_only_those_of_a_year(found: list[Layout], ziping: Run) -> None:
    every = ziping("layouts", "--store", "s.db").stdout
    assert all(layout.fingerprint in every for layout in found)
    new = ziping("layouts", "--store", "s.db", "--year", "2024").stdout
    assert "年度指标值 → 绩效目标值" in new
    assert found[0].fingerprint not in new.split()[: len(new.split()) // 2]
