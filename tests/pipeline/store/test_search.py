"""Full-text search: right for two characters on both stores, with the place of each hit, by an index."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.batch import run
from pipeline.store import search
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from schema.errors import ZipingError
from tests.conftest import ROOT, emptied

FORM = """# 项目支出绩效自评表
（2023年度）
| 项目名称 | {project} | < | < | < |
| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 |
| 产出指标 | 数量指标 | {name} | ≥20次 | 21次 |
"""


@pytest.mark.parametrize("word", ["满意", "满意度", "路灯", "PM2.5", "森林防火", "pm2", "的满"])
def test_a_search_finds_what_the_texts_hold(demo: Store, word: str) -> None:
    with demo.reading() as connection:
        p = sa.text("SELECT submission_id, record, field, text FROM passage")
        wanted = {tuple(row[:3]) for row in connection.execute(p) if word.lower() in row.text.lower()}
    found = search.search(demo, word, most=10**6)
    assert {(hit.submission_id, hit.record, hit.field) for hit in found} == wanted
    for hit in found[:20]:
        assert word.lower() in hit.text.lower()
        assert hit.where


def test_a_search_is_limited_to_a_year_and_a_unit(demo: Store) -> None:
    found = search.search(demo, "满意", year=2022, unit="图书馆", most=1000)
    assert {(hit.fiscal_year, hit.unit) for hit in found} == {(2022, "湖南省临溪市图书馆")}
    assert len(search.search(demo, "满意", most=3)) == 4  # one more, so that it is known that there are more


@pytest.mark.parametrize("word", ["", "人", " 1 ", "。。"])
def test_a_word_of_one_character_is_refused_with_a_remedy(demo: Store, word: str) -> None:
    with pytest.raises(ZipingError, match="两个"):
        search.search(demo, word)


def test_a_sign_of_the_index_is_only_a_sign(demo: Store) -> None:
    for word in ('满意"度', "满意*", "满意' OR 1=1 --", "NEAR(满意)", "满意%"):
        assert search.search(demo, word) == []


def test_the_plan_uses_the_index(demo: Store) -> None:
    dialect = demo.engine.dialect.name
    values = {"word": "满意", "grams": '"满意"'} if dialect == "sqlite" else {"word": "满意"}
    explain = "EXPLAIN QUERY PLAN " if dialect == "sqlite" else "EXPLAIN "
    with demo.reading() as connection:
        if dialect == "postgresql":
            connection.execute(sa.text("SET LOCAL enable_seqscan = off"))  # these few rows are read faster without
        plan = str(connection.execute(sa.text(explain + search.statements(dialect)[-1]), values).all())
    assert ("VIRTUAL TABLE INDEX" if dialect == "sqlite" else "ix_passage_grams") in plan


def test_the_index_follows_what_is_read_again_and_what_a_killed_run_left(docx, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    store = open_store(str(tmp_path / "store.db"))
    path = docx(FORM.format(project="公园维护", name="执法检查次数"))
    run.ingest([path], store, lambda outcome: None)
    assert [hit.text for hit in search.search(store, "执法检查")] == ["执法检查次数"]
    with store.engine.begin() as connection:  # as where a re-run has read otherwise
        connection.execute(sa.text("DELETE FROM passage WHERE text = '执法检查次数'"))
        connection.execute(
            sa.text(
                "INSERT INTO passage (submission_id, record, field, text) SELECT submission_id, record, 'level3', '巡查次数' FROM indicator"
            )
        )
    assert search.search(store, "执法检查") == []
    assert [hit.text for hit in search.search(store, "巡查")] == ["巡查次数"]


def test_a_replaced_file_is_not_found(docx, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    store = open_store(str(tmp_path / "store.db"))
    for name, says in (("初稿.docx", "旧的说法"), ("定稿.docx", "新的说法")):
        source = FORM.format(project="公园维护", name=says).replace(
            "| 一级", "| 主管部门 | 青禾县园林局 | < | < | < |\n| 一级", 1
        )
        run.ingest([docx(f"青禾县园林局\n{source}", name=name)], store, lambda outcome: None)
    with store.reading() as connection:
        subjects = connection.execute(sa.text("SELECT COUNT(DISTINCT subject), COUNT(*) FROM submission")).one()
    if tuple(subjects) == (1, 2):
        assert [hit.text for hit in search.search(store, "说法")] == ["新的说法"]
    else:
        pytest.fail(f"the two files are no copies of one report: {subjects}")


def test_postgresql_keeps_its_own_index(postgresql: str) -> None:
    store = open_store(emptied(postgresql))
    run.ingest([ROOT / "data" / "samples" / "forms" / "water-2022.docx"], store, lambda outcome: None)
    assert search.search(store, "河道")
