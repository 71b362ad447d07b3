"""Drift: a layout that is read worse than the year before is told, one that is new is told when it comes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.maker import word
from pipeline.analysts import overview
from pipeline.batch import run
from pipeline.learn import drift
from pipeline.learn.layouts import layouts
from pipeline.store import contents
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from schema.relational import tables

Run = Callable[..., subprocess.CompletedProcess[str]]
FORM = """# 项目支出绩效自评表
（{year}年度）

| 项目名称 | {project} | < | < | < | < |
| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | {actual} | 分值 |
| 产出指标 | 数量指标 | 保洁里程 | ≥20公里 | {done} | 60 |
| ^ | 质量指标 | 合格率 | ≥95% | 96% | 40 |
"""
STRANGE = """# 项目支出绩效自评表
（{year}年度）

| 项目名称 | {project} | < | < | < |
| 任务方向 | 考察要点 | 应达水平 | 年末情形 | 满额 |
| 做了多少 | 保洁里程 | ≥20公里 | 21公里 | 60 |
| 成效如何 | 投诉下降 | ≥10% | 12% | 40 |
"""


def put(folder: Path, form: str, year: int, count: int, actual: str = "实际完成值", done: str = "21公里") -> None:
    folder.mkdir(exist_ok=True)
    for i in range(count):
        text = form.format(year=year, project=f"河道保洁{year}{i}", actual=actual, done=done)
        (folder / f"{year}-{i}.docx").write_bytes(word.make(text))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "s.db"))


def falls(store: Store) -> list[drift.Fall]:
    return drift.falls(layouts(contents.layouts(store)))


def test_how_well_a_form_is_read_is_kept_with_its_layout(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "2023", FORM, 2023, 1)
    run.ingest([tmp_path / "2023"], store, lambda outcome: None)
    with store.reading() as connection:
        row = connection.execute(sa.select(tables.form_layout)).one()
        p = tables.provenance.c
        stated = connection.execute(sa.select(sa.func.count()).where(p.record.startswith("forms["))).scalar_one()
    assert row.confirmed is None
    assert (row.contradicted, row.unread) == (0, 0)
    assert 10 < row.sure <= row.stated < stated  # those that follow from others are not counted


def test_the_same_form_under_a_heading_nobody_knows_is_told_with_what_changed(
    store: Store, ziping: Run, tmp_path: Path
) -> None:
    put(tmp_path / "2023", FORM, 2023, 6)
    put(tmp_path / "2024", FORM, 2024, 6, actual="栏甲", done="见附件第三页所述情形，以验收单为准")
    run.ingest([tmp_path / "2023"], store, lambda outcome: None)
    assert falls(store) == []
    run.ingest([tmp_path / "2024"], store, lambda outcome: None)
    (fall,) = falls(store)
    assert (fall.year, fall.before[1]) == (2024, 2023)
    assert "实际完成值 → 栏甲" in fall.sentence or "增加 栏甲" in fall.sentence
    assert "2024年6张" in fall.sentence
    assert fall.sentence in ziping("status", "--store", "s.db").stdout.replace("\n", "")
    assert fall.sentence in overview.overview(store, 2024)
    assert fall.sentence not in overview.overview(store, 2023)


def test_a_form_or_two_of_a_year_tell_nothing_of_their_layout(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "2023", FORM, 2023, 6)
    put(tmp_path / "2024", FORM, 2024, 2, actual="栏甲", done="见附件第三页所述情形，以验收单为准")
    run.ingest([tmp_path / "2023", tmp_path / "2024"], store, lambda outcome: None)
    assert falls(store) == []


def test_as_good_as_last_year_or_another_form_altogether_is_no_fall(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "2023", FORM, 2023, 3)
    put(tmp_path / "2024", FORM, 2024, 3)
    put(tmp_path / "2025", STRANGE, 2025, 3)
    run.ingest([tmp_path / name for name in ("2023", "2024", "2025")], store, lambda outcome: None)
    assert falls(store) == []


def test_a_batch_says_which_layouts_are_new_and_how_sure_it_is_of_them(ziping: Run, tmp_path: Path) -> None:
    put(tmp_path / "2023", FORM, 2023, 2)
    first = ziping("ingest", "2023", "--store", "s.db").stdout
    assert "新版式" not in first, "all are new, and read well"
    put(tmp_path / "2024", STRANGE, 2024, 3)
    second = ziping("ingest", "2024", "--store", "s.db").stdout
    assert "新版式1种，其中1种没有读好" in second
    assert "ziping layouts draft" in second
    assert "2024-0.docx" in second.replace("\n", "")
    assert "新版式" not in ziping("ingest", "2024", "--store", "s.db").stdout, "known by now"


def test_what_an_older_version_read_is_not_compared(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "2023", FORM, 2023, 6)
    put(tmp_path / "2024", FORM, 2024, 6, actual="栏甲", done="见附件第三页所述情形，以验收单为准")
    run.ingest([tmp_path / "2023", tmp_path / "2024"], store, lambda outcome: None)
    blank = dict.fromkeys(("stated", "sure", "contradicted", "unread"))
    old = sa.select(tables.form.c.submission_id).where(tables.form.c.fiscal_year == 2023)
    store.write(
        lambda c: c.execute(
            tables.form_layout.update().where(tables.form_layout.c.submission_id.in_(old)).values(**blank)
        )
    )
    assert falls(store) == []
