"""Rule packs in a store: judged when written, again when the packs change, by what a store uses; nothing of it mixes with core findings."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data.maker import word
from pipeline.batch import run
from pipeline.rerun import correcting
from pipeline.store import contents, judging, units
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from schema import plain
from schema.errors import PackError
from schema.packs.pack import load
from schema.relational import tables
from tests.conftest import ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]
FORM = """# 项目支出绩效自评表
（2022年度）

| 项目名称 | 河道保洁 | < | < | < | < |
| 主管部门 | {place}水务局 | < | 实施单位 | {place}河道所 | < |
| 项目资金（万元） | | 全年预算数 | 全年执行数 | 分值 | 得分 |
| ^ | 年度资金总额 | 200 | 150 | 10 | {execution} |
| 一级指标 | 三级指标 | 年度指标值 | 实际完成值 | 分值 | 得分 |
| 产出指标 | 保洁里程 | ≥20公里 | 20公里 | 50 | 50 |
| 效益指标 | 投诉次数 | ≤5次 | 10次 | 20 | {score} |
| ^ | 水岸环境 | 持续改善 | 部分达成 | 20 | {band} |
"""


def put(folder: Path, name: str, **told: Any) -> None:
    folder.mkdir(exist_ok=True)
    text = FORM.format(**{"place": "青禾县", "execution": "7.5", "score": 10, "band": 14, **told})
    (folder / f"{name}.docx").write_bytes(word.make(text))


@pytest.fixture
def store(url: str, tmp_path: Path) -> Store:
    store = open_store(url)
    put(tmp_path / "in", "right")
    put(tmp_path / "in", "above", execution="10", score=14)
    put(tmp_path / "in", "hubei", place="湖北省襄阳市", band=11)
    run.ingest([tmp_path / "in"], store, lambda outcome: None)
    return store


def found(store: Store) -> set[tuple[str, str, str, str | None, str | None]]:
    j, f, s = tables.judgement.c, tables.file.c, tables.submission.c
    query = sa.select(f.name, j.pack, j.rule, j.stated, j.computed).join_from(
        tables.judgement, tables.submission, s.submission_id == j.submission_id
    )
    with store.reading() as connection:
        return {tuple(row) for row in connection.execute(query.join(tables.file, f.sha256 == s.sha256))}  # type: ignore[misc]


ABOVE = {
    ("above.docx", "national-2020", "execution_score", "10", "7.5"),
    ("above.docx", "national-2020", "score_formula", "14", "10"),
}
OF_HUBEI = ("hubei.docx", "national-2020", "qualitative_band", "11", "12至16")  # which is right in 湖北


def test_a_submission_is_judged_when_it_is_written_by_the_packs_of_its_place(store: Store) -> None:
    assert found(store) == ABOVE
    assert judging.stale(store) == 0
    with store.reading() as connection:
        due = connection.execute(
            sa.text("SELECT rule, stated, computed, way FROM v_score WHERE rule = 'execution_score'")
        ).all()
        core = set(connection.scalars(sa.select(tables.finding.c.check_code)))
    assert {(row.rule, float(row.computed)) for row in due} == {("execution_score", 7.5)}
    assert len(due) == 2, "two of the three are copies of one report"
    assert not core & {"execution_score", "score_formula"}


def test_switching_a_pack_judges_again_from_the_tables_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr("extractors.read", never)
    judging.use(store, "hubei", in_use=False)
    assert judging.stale(store) == 1, "the others are of no place in 湖北"
    assert judging.again(store) == 1
    assert found(store) == ABOVE | {OF_HUBEI}
    judging.use(store, "hubei", in_use=True, place="襄阳", years=(2021, 2022))
    judging.again(store)
    assert found(store) == ABOVE
    judging.use(store, "hubei", in_use=True, place="襄阳", years=(2023, None))
    judging.again(store)
    assert found(store) == ABOVE | {OF_HUBEI}
    with pytest.raises(PackError, match="没有这个规则包"):
        judging.use(store, "nothing", in_use=True)


def test_a_correction_is_judged_with_its_value(store: Store) -> None:
    correcting.add(store, "above.docx", "forms[0].indicators[1].score", None, "10", "复核", None)
    assert found(store) == {("above.docx", "national-2020", "execution_score", "10", "7.5")}


def test_what_two_packs_find_otherwise(store: Store) -> None:
    known = {pack.name: pack for pack in judging.every()}
    told = judging.compared(store, known["national-2020"], known["hubei"])
    assert {(d.file, d.rule, d.one is None, d.other is None) for d in told} == {
        ("above.docx", "execution_score", False, True), ("above.docx", "score_formula", False, True),
        ("hubei.docx", "qualitative_band", False, True),
    }  # fmt: skip


def test_a_teams_own_pack_is_in_force_and_stales_what_was_judged(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "words" / "packs"
    own.mkdir(parents=True)
    text = (ROOT / "schema" / "packs" / "hubei.yml").read_text(encoding="utf-8")
    text = (
        text.replace("name: hubei", "name: qinghe")
        .replace("place: 湖北", "place: 青禾县")
        .replace("met: [0.8, 1]", "met: [0.9, 1]")
    )
    (own / "qinghe.yml").write_text(text.replace("partly: [0.5, 0.8]", "partly: [0.75, 0.8]"), encoding="utf-8")
    monkeypatch.setenv("ZIPING_WORDS", str(tmp_path / "words"))
    assert load(own / "qinghe.yml").name == "qinghe"
    assert judging.stale(store) == 2
    judging.again(store)
    assert {
        ("right.docx", "qinghe", "qualitative_band", "14", "15至16"),
        ("above.docx", "qinghe", "qualitative_band", "14", "15至16"),
    } < found(store)


def test_a_pack_that_is_wrong_is_told_before_anything_is_read(
    ziping: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "in", "right")
    (tmp_path / "words" / "packs").mkdir(parents=True)
    (tmp_path / "words" / "packs" / "own.yml").write_text("name: a\n", encoding="utf-8")
    monkeypatch.setenv("ZIPING_WORDS", str(tmp_path / "words"))
    told = ziping("ingest", "in", "--store", "s.db")
    assert told.returncode == 1
    assert "own.yml: 多出或缺少" in told.stderr
    assert told.stderr.count("\n") == 1


def test_the_tables_give_back_the_records_that_were_judged(store: Store) -> None:
    with store.reading() as connection:
        ids = list(connection.scalars(sa.select(tables.submission.c.submission_id)))
    for submission_id in ids:
        told = plain.submission(contents.load(store, submission_id))
        assert told.forms[0].indicators[0].target_value is not None
        assert told.report.fiscal_year == 2022


def test_who_handed_it_in_says_which_packs_hold(store: Store, tmp_path: Path) -> None:
    text = FORM.format(place="", execution="7.5", score=10, band=11)
    text = text.replace("| 主管部门 | 水务局 | < | 实施单位 | 河道所 | < |\n", "")
    (tmp_path / "nobody.docx").write_bytes(word.make(text))
    run.ingest([tmp_path / "nobody.docx"], store, lambda outcome: None)
    assert ("nobody.docx", *OF_HUBEI[1:]) in found(store)
    units.assign(store, "nobody.docx", "湖北省襄阳市河道所")
    assert found(store) == ABOVE


def test_the_commands(ziping: Run, tmp_path: Path) -> None:
    put(tmp_path / "in", "above", execution="10", score=14)
    assert "national-2020" in ziping("packs", "list").stdout
    assert "停用：" in ziping("packs", "show", "national-2020").stdout
    assert "个例子都对" in ziping("packs", "test", "guangxi").stdout
    judged = ziping("packs", "judge", "in/above.docx").stdout
    assert "预算执行得分10，按分值10×执行率75%应为7.5" in judged.replace("\n", "")
    assert "共多得6.5分" in judged
    ziping("ingest", "in", "--store", "s.db")
    off = ziping("packs", "use", "national-2020", "--off", "--store", "s.db")
    assert "不再采用。重新核对了1份材料" in off.stdout, off.stderr
    assert "没有" in ziping("packs", "show", "nothing").stderr
    assert ziping("packs", "use", "hubei", "--off", "--place", "x", "--store", "s.db").returncode == 2
    assert "重新核对了0份材料" in ziping("packs", "run", "--store", "s.db").stdout
    assert "张表的核对结果不同" in ziping("packs", "compare", "national-2020", "hubei", "--store", "s.db").stdout
