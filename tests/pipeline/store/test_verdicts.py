"""What people say of a reading stands while its cell reads as it did, lapses otherwise, and never moves to another cell."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.maker import word
from pipeline import ruleset
from pipeline.analysts import feedback
from pipeline.batch import run
from pipeline.rerun import correcting, planning
from pipeline.rerun.correcting import Seen
from pipeline.review.reading import reading
from pipeline.review.shown import Reading
from pipeline.reviews import FINDING, LEFTOVER, MISREAD, NOTHING, RIGHT, VALUE
from pipeline.ruleset import VocabularyRows
from pipeline.store import looks, verdicts
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from pipeline.store.verdicts import Said
from schema.errors import CorrectionError, Moved
from schema.relational import tables
from tests.conftest import ROOT

FORM = """# 项目支出绩效自评表
（2023年度）

| 项目名称 | 河道保洁 | < | < | < | < |
| 主管部门 | 青禾县水务局 | < | 实施单位 | 青禾县河道所 | < |
| 项目资金（万元） | | 全年预算数 | 全年执行数 | 分值 | 执行率 |
| ^ | 年度资金总额 | 200 | 150 | 10 | 70% |
| 一级指标 | 三级指标 | 年度指标值 | 实际完成值 | 分值 | 得分 |
| 产出指标 | 保洁里程 | ≥20公里 | 20公里 | 50 | 50 |
| 效益指标 | 投诉次数 | ≤5次 | 4次 | 20 | 20 |
| ^ | 水岸环境 | 持续改善 | 持续改善 | 20 | 20 |
| 附注栏 | 此处另行报送 | < | < | < | < |
"""
PERSON = "张三"


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "form.docx").write_bytes(word.make(FORM))
    made = open_store(url)
    run.ingest([tmp_path / "form.docx"], made, lambda outcome: None)
    yield made
    made.close()


def only(store: Store) -> Reading:
    with store.reading() as connection:
        (submission_id,) = connection.scalars(sa.select(tables.submission.c.submission_id))
    return reading(store, submission_id)


def said_of(found: Reading, record: str, field: str) -> Said:
    value = next(v for v in found.values if (v.record, v.field) == (record, field))
    return Said(VALUE, record, field, RIGHT, value.text)


def test_a_verdict_is_kept_with_its_cell_shown_and_taken_back(store: Store) -> None:
    found = only(store)
    (number,) = verdicts.give(store, found.submission_id, [said_of(found, "forms[0].indicators[1]", "actual")], PERSON)
    after = next(v for v in only(store).values if (v.record, v.field) == ("forms[0].indicators[1]", "actual"))
    assert (after.state, after.why, after.decision) == ("right", PERSON, f"verdict/{number}")
    with store.reading() as connection:
        (row,) = verdicts.rows(connection, found.submission_id)
    assert (row.raw, row.reading, row.cell["table"], row.cell["column"]) == ("4次", "4次", 1, 4)
    verdicts.withdraw(store, number)
    assert only(store).open == found.open
    with pytest.raises(CorrectionError, match="没有这条有效的结论"):
        verdicts.withdraw(store, number)


def test_what_moved_since_it_was_seen_is_refused_and_nothing_is_kept(store: Store) -> None:
    found = only(store)
    record = "forms[0].indicators[1]"
    good = said_of(found, "forms[0].indicators[0]", "actual")
    with pytest.raises(Moved) as moved:
        verdicts.give(store, found.submission_id, [good, Said(VALUE, record, "actual", RIGHT, "5次")], PERSON)
    assert (moved.value.seen, moved.value.now) == ("5次", "4次")
    with store.reading() as connection:
        assert not verdicts.rows(connection, found.submission_id)
    with pytest.raises(Moved, match="读数已变"):
        correcting.add(store, found.submission_id, record, "actual", "6次", "核看", PERSON, seen=Seen("5次"))
    with pytest.raises(CorrectionError, match="没有这条核对发现"):
        verdicts.give(store, found.submission_id, [Said(FINDING, record, "rate_mismatch", RIGHT, "x")], PERSON)
    with pytest.raises(CorrectionError, match="没有未识别的内容"):
        verdicts.give(store, found.submission_id, [Said(LEFTOVER, "body/1/1/1/1", "", NOTHING, "x")], PERSON)
    with pytest.raises(CorrectionError, match="不能这样下结论"):
        verdicts.give(store, found.submission_id, [Said(VALUE, record, "actual", NOTHING, "4次")], PERSON)


def test_a_finding_and_an_unread_cell_are_settled_and_come_back_when_the_figure_changes(store: Store) -> None:
    found = only(store)
    assert [one.code for one in found.findings] == ["execution_rate"]
    assert found.leftovers
    said = [Said(FINDING, one.path, one.code, MISREAD, one.seen) for one in found.findings]
    said += [Said(LEFTOVER, one.path, "", NOTHING, one.seen) for one in found.leftovers]
    verdicts.give(store, found.submission_id, said, PERSON)
    assert {one.verdict for one in only(store).findings} == {MISREAD}
    assert feedback.sheet(store, found.submission_id).lines == []  # what we misread is not sent to the unit
    (queued,) = looks.queue(store, looks.Wanted(every=True))
    assert (queued.findings, queued.leftovers, queued.looked) == (0, 0, (PERSON,))
    record = found.findings[0].path.rpartition(".")[0]
    correcting.add(store, found.submission_id, record, "execution_rate", "80%", "另一个数", PERSON)
    after = only(store)
    assert [one.verdict for one in after.findings] == [None]  # it says something else by now
    assert {one.verdict for one in after.leftovers} == {NOTHING}
    with store.reading() as connection:
        lapsed = [row for row in verdicts.rows(connection, found.submission_id, every=True) if row.lapsed_at]
    assert [row.about for row in lapsed] == [FINDING]


def test_after_a_re_run_each_verdict_on_an_unchanged_cell_stands_and_no_other(url: str, tmp_path: Path) -> None:
    """500 verdicts, then a vocabulary that lacks some words: what each says is held against the cells as they are read then."""
    rng = random.Random(7)
    store = open_store(url)
    run.ingest([ROOT / "data" / "samples" / "forms"], store, lambda outcome: None)
    with store.reading() as connection:
        ids = list(connection.scalars(sa.select(tables.submission.c.submission_id)))
    before = {one: reading(store, one) for one in ids}
    given: dict[int, tuple[str, str, str, str | None]] = {}
    every = [(one, value) for one in ids for value in before[one].values if value.cell is not None]
    chosen = rng.sample(every, min(500, len(every)))
    for submission_id in ids:
        mine = [value for one, value in chosen if one == submission_id]
        said = [Said(VALUE, v.record, v.field, RIGHT, v.text) for v in mine]
        numbers = verdicts.give(store, submission_id, said, PERSON)
        given |= {
            number: (submission_id, str(v.cell), v.field, v.text) for number, v in zip(numbers, mine, strict=True)
        }
    words = ruleset.shipped_rows().files
    fewer = words | {"headings.csv": [row for row in words["headings.csv"] if rng.random() > 0.4]}
    planned = list(planning.plan(store, ruleset.under(VocabularyRows(fewer)), apply=True))
    assert any(one.written for one in planned)
    readings: dict[tuple[str, str, str], set[str | None]] = {}
    for submission_id in ids:
        for value in reading(store, submission_id).values:
            if value.cell is not None:
                readings.setdefault((submission_id, value.cell, value.field), set()).add(value.text)
    with store.reading() as connection:
        rows = {row.verdict_id: row for one in ids for row in verdicts.rows(connection, one, every=True)}
        places = {
            (
                row.submission_id,
                row.record,
                row.field,
            ): f"{row.part}/{row.block_no}/{_of(row.table_no)}/{_of(row.row_no)}/{_of(row.column_no)}"
            for row in connection.execute(sa.select(tables.provenance).order_by(tables.provenance.c.no.desc()))
        }
    stood = lapsed = 0
    for number, (submission_id, cell, field, text) in given.items():
        row, now = rows[number], readings.get((submission_id, cell, field))
        if row.lapsed_at is None:
            stood += 1
            assert now == {text}, (row, now)
            assert places[submission_id, row.record, row.field] == cell, row
        else:
            lapsed += 1
            assert now != {text}, row
    assert stood > 200
    assert lapsed > 20


def _of(number: int | None) -> str:
    return "" if number is None else str(number)
