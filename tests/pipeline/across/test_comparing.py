"""A store compared across units and years: what is found, what is compared again, what is muted; both stores alike."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.maker import word
from data.maker.reports import reports
from pipeline.across import comparing
from pipeline.analysts import feedback, query
from pipeline.batch import run
from pipeline.rerun import correcting
from pipeline.store import contents, judging, muting, units
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from schema.errors import StoreError
from schema.relational import tables

Run = Callable[..., subprocess.CompletedProcess[str]]
PROJECT = """# 项目支出绩效自评表
（{year}年度）

| 项目名称 | {project} | < | < | < | < |
| 主管部门 | {department} | < | 实施单位 | {unit} | < |
| 项目资金（万元） | | 全年预算数 | 全年执行数 | 分值 | 得分 |
| ^ | 年度资金总额 | 200 | {executed} | 10 | 10 |
| 一级指标 | 三级指标 | 年度指标值 | 实际完成值 | 分值 | 得分 |
| 产出指标 | 保洁里程 | ≥{target}公里 | {actual}公里 | 50 | 50 |
| 效益指标 | 投诉次数 | ≤5次 | 4次 | 20 | 20 |
| 满意度指标 | 群众满意度 | ≥90% | 95% | 20 | 20 |
"""
NUMBERS = "一二三四五六七八九十"


def put(folder: Path, name: str, source: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.docx").write_bytes(word.make(source))


def project(folder: Path, name: str, **told: object) -> None:
    usual = {
        "year": 2023, "project": "河道保洁", "unit": "青禾县河道所", "department": "青禾县水务局", "executed": 190, "target": 20, "actual": 22,
    }  # fmt: skip
    put(folder, name, PROJECT.format(**usual | told))


def report(folder: Path, name: str, unit: str, sections: tuple[str, ...], year: int = 2023) -> None:
    told = "\n".join(f"{NUMBERS[i]}、第{NUMBERS[i]}方面情况\n{text}" for i, text in enumerate(sections))
    put(folder, name, f"# {unit}{year}年度部门整体支出绩效自评报告\n填报单位：{unit}\n\n{told}\n")


def ingest(store: Store, folder: Path) -> None:
    run.ingest([folder], store, lambda outcome: None)


def found(store: Store) -> set[tuple[str, str, str | None]]:
    """(file, rule, the other file) of everything found."""
    c, f, s = tables.comparison.c, tables.file.alias(), tables.submission.alias()
    of, so = tables.file.alias(), tables.submission.alias()
    told = (
        sa.select(f.c.name, c.rule, of.c.name)
        .join_from(tables.comparison, s, s.c.submission_id == c.submission_id)
        .join(f, f.c.sha256 == s.c.sha256)
        .outerjoin(so, so.c.submission_id == c.other_id)
        .outerjoin(of, of.c.sha256 == so.c.sha256)
    )
    with store.reading() as connection:
        return {
            (a.removesuffix(".docx"), rule, b and b.removesuffix(".docx")) for a, rule, b in connection.execute(told)
        }


@pytest.fixture
def store(url: str) -> Store:
    return open_store(url)


def test_copied_sections_are_found_on_both_sides_and_templates_are_not(
    store: Store, tmp_path: Path, ziping: Run
) -> None:
    made = reports(24, 3, seed=5)
    for no, one in enumerate(made):
        report(tmp_path / "in", str(no), one.unit, one.sections)
    ingest(store, tmp_path / "in")
    summary = comparing.compare(store)
    pairs = [(str(no), str(one.copied[0])) for no, one in enumerate(made) if one.copied]
    wanted = {(a, "copied_text", b) for pair in pairs for a, b in (pair, pair[::-1])}
    assert found(store) == wanted
    assert (summary.submissions, summary.changed, summary.found) == (24, 24, {"copied_text": 6})
    rows = comparing.listed(store, "copied_text", None, None, 50)
    taker = next(row for row in rows if row.unit == made[int(pairs[0][0])].unit)
    section = made[int(pairs[0][0])].sections[made[int(pairs[0][0])].copied[2]]  # type: ignore[index]
    assert all(mine in section for mine, _ in taker.passages)
    assert taker.message.startswith(f"与{made[int(pairs[0][1])].unit}2023年的材料有")
    said = ziping("compare", "--rule", "copied_text", "--limit", "1", "--store", store.shown)
    if "://" not in store.shown:
        assert "本材料" in said.stdout
        assert "只列出前1处" in said.stdout


def test_what_a_department_takes_from_those_it_reports_on_is_no_copy(store: Store, tmp_path: Path) -> None:
    texts = [one.sections[4] * 2 for one in reports(12, 0, seed=2)]
    for no, text in enumerate(texts[:10]):
        report(tmp_path / "in", str(no), f"青禾县第{no}局", (text,))
    for name, department in (("of it", "青禾县第0局"), ("of another", "青禾县第1局")):
        form = PROJECT.format(
            year=2023, project="甲", unit=f"青禾县{(name == 'of it' and '东') or '西'}站", department=department, executed=190, target=20,
            actual=22,
        )  # fmt: skip
        put(tmp_path / "in", name, f"{form}\n一、项目实施情况\n{texts[0]}\n")
    ingest(store, tmp_path / "in")
    comparing.compare(store)
    copies = {(a, b) for a, rule, b in found(store) if rule == "copied_text"}
    assert ("of another", "0") in copies
    assert ("of it", "0") not in copies


def test_a_units_files_and_years_are_held_against_each_other(store: Store, tmp_path: Path) -> None:
    project(tmp_path / "in", "2022", year=2022, target=25, actual=26)
    project(tmp_path / "in", "2023")
    put(
        tmp_path / "in", "2023 report",
        PROJECT.format(year=2023, project="河道保洁", unit="青禾县河道所", department="青禾县水务局", executed=180, target=20, actual=22)
        + "\n" + PROJECT.format(year=2023, project="岸线整治", unit="青禾县河道所", department="青禾县水务局", executed=50, target=3, actual=3),
    )  # fmt: skip
    project(tmp_path / "in", "other", unit="青禾县码头所", executed=100)
    ingest(store, tmp_path / "in")
    comparing.compare(store)
    assert found(store) == {
        ("2023", "amounts_differ", "2023 report"), ("2023 report", "amounts_differ", "2023"), ("2023", "target_lowered", "2022"),
        ("2023 report", "target_lowered", "2022"),
    }  # fmt: skip


def test_only_what_changed_is_compared_again(store: Store, tmp_path: Path) -> None:
    project(tmp_path / "in", "2022", year=2022, target=25, actual=26)
    project(tmp_path / "in", "other", unit="青禾县码头所", project="码头维护")
    ingest(store, tmp_path / "in")
    assert comparing.waiting(store) == 2
    assert comparing.compare(store).found == {}
    assert comparing.waiting(store) == 0
    project(tmp_path / "in", "2023")
    ingest(store, tmp_path / "in")
    assert comparing.waiting(store) == 2  # it, and the other of its unit
    summary = comparing.compare(store)
    assert (summary.changed, summary.found) == (2, {"target_lowered": 1})
    before = found(store)
    assert comparing.compare(store).changed == 0
    assert found(store) == before
    with store.reading() as connection:
        submission = contents.find(connection, "2023.docx").submission_id
    correcting.add(store, submission, "forms[0].indicators[0]", "target", "≥24公里", "看错", "张某")
    assert comparing.waiting(store) == 2
    assert comparing.compare(store).found == {}  # 24 is less than a tenth below 25


def test_a_merged_unit_is_compared_as_one(store: Store, tmp_path: Path) -> None:
    project(tmp_path / "in", "2022", year=2022, target=25, actual=26, unit="青禾县河道管理所")
    project(tmp_path / "in", "2023")
    ingest(store, tmp_path / "in")
    assert comparing.compare(store).found == {}
    told = {row.name: row.unit_id for row in units.listed(store)}
    muting.mute(store, "target_lowered", "青禾县河道管理所", "当年河段移交")
    units.merge(store, told["青禾县河道所"], told["青禾县河道管理所"])
    assert comparing.compare(store).found == {"target_lowered": 1}
    ((row, count),) = muting.muted(store)
    assert (row.name, row.reason, count) == ("青禾县河道所", "当年河段移交", 1)


def test_what_lies_outside_its_kind_is_told_with_the_group(store: Store, tmp_path: Path) -> None:
    for no, executed in enumerate((190, 188, 195, 192, 186, 194, 189, 30, 191)):
        project(
            tmp_path / "in", str(no), unit=f"青禾县第{no}小学", project=f"校舍维修{no}", executed=executed, actual=22
        )
    ingest(store, tmp_path / "in")
    comparing.compare(store)
    assert found(store) == {("7", "outlier", None)}
    (row,) = comparing.listed(store, "outlier", None, None, 5)
    assert row.message == "执行率15%，同类9份（学校2023年项目支出）的中位数为95%"  # no province names the county


def test_a_muted_rule_is_not_told_of_its_unit_and_is_listed(store: Store, tmp_path: Path, ziping: Run) -> None:
    project(tmp_path / "in", "2023")
    project(tmp_path / "in", "2023 again", executed=180, project="河道保洁", year=2023)
    put(tmp_path / "in", "more", PROJECT.format(
        year=2023, project="河道保洁", unit="青禾县河道所", department="青禾县水务局", executed=170, target=20, actual=22
    ) + "\n" + PROJECT.format(year=2023, project="乙", unit="青禾县河道所", department="青禾县水务局", executed=5, target=2, actual=2))  # fmt: skip
    ingest(store, tmp_path / "in")
    comparing.compare(store)
    with store.reading() as connection:
        submission = contents.find(connection, "more.docx").submission_id
    assert any("全年执行数" in message for _, _, message, _ in feedback.sheet(store, submission).judged)
    assert any(row[3] == "amounts_differ" for row in query.ask(store, "judgements", {}).rows)
    assert muting.mute(store, "amounts_differ", "青禾县 河道所", " 两期资金 ", "张某") == "青禾县河道所"
    assert not any("全年执行数" in message for _, _, message, _ in feedback.sheet(store, submission).judged)
    assert not any(row[3] == "amounts_differ" for row in query.ask(store, "judgements", {}).rows)
    assert query.ask(store, "comparisons", {}).rows == []
    ((row, count),) = muting.muted(store)
    assert (row.rule, row.reason, row.decided_by, count) == ("amounts_differ", "两期资金", "张某", 2)
    assert all(row.muted == "两期资金" for row in comparing.listed(store, None, None, None, 9))
    assert muting.unmute(store, "amounts_differ", "青禾县河道所") == "青禾县河道所"
    assert query.ask(store, "comparisons", {}).rows != []
    for wrong in (("nothing", "青禾县河道所", "因"), ("outlier", "没有的局", "因"), ("outlier", "青禾县河道所", " ")):
        with pytest.raises(StoreError):
            muting.mute(store, *wrong)
    with pytest.raises(StoreError, match="没有停止提示"):
        muting.unmute(store, "outlier", "青禾县河道所")


def test_a_pack_that_is_switched_off_finds_nothing_more(store: Store, tmp_path: Path) -> None:
    project(tmp_path / "in", "2022", year=2022, target=25, actual=26)
    project(tmp_path / "in", "2023")
    ingest(store, tmp_path / "in")
    assert comparing.compare(store).found == {"target_lowered": 1}
    judging.use(store, "across", False)
    assert comparing.compare(store).found == {}
    assert judging.stale(store) == 0  # what needs no other submission is not touched by it


def test_the_command_compares_lists_and_says_what_is_wrong(tmp_path: Path, ziping: Run) -> None:
    project(tmp_path / "in", "2022", year=2022, target=25, actual=26)
    project(tmp_path / "in", "2023")
    ziping("ingest", "in", "--store", "s.db", "--quiet")
    assert "2份材料还没有与其他材料比对：ziping compare" in ziping("status", "--store", "s.db").stdout
    said = ziping("compare", "--store", "s.db", "--unit", "河道所")
    assert (said.returncode, said.stderr) == (0, "")
    assert "比对了2份材料（新增或有变动的2份），共发现1处" in said.stdout
    assert "保洁里程：指标值为≥20公里，上年为≥25公里，上年已完成26公里" in said.stdout
    assert "还没有与其他材料比对" not in ziping("status", "--store", "s.db").stdout
    assert ziping("compare", "--store", "s.db", "--rule", "weight_zero").returncode == 2
    assert ziping("compare", "--store", "none.db").returncode == 1
    assert (
        "不再提示"
        in ziping("packs", "mute", "target_lowered", "青禾县河道所", "--reason", "移交", "--store", "s.db").stdout
    )
    assert "移交" in ziping("packs", "muted", "--store", "s.db").stdout
    assert "不再提示：移交" in ziping("compare", "--store", "s.db", "--year", "2023").stdout
    assert "恢复提示" in ziping("packs", "mute", "target_lowered", "青禾县河道所", "--off", "--store", "s.db").stdout
    assert "没有停止提示" in ziping("packs", "muted", "--store", "s.db").stdout
