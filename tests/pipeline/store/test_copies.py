"""Drafts and finals of one report: told by what they are about and by the names they came under."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.batch import run
from pipeline.extract import extract
from pipeline.store import contents, units
from pipeline.store.connection import Store
from pipeline.store.copies import stage, subject
from pipeline.store.opening import open_store
from tests.conftest import ROOT, SAMPLES

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("某局自评表（初稿）.docx", "draft"), ("报送/某局自评表.docx", "final"), ("某局自评表定稿.pdf", "final"),
        ("某局自评表.docx", None), ("定稿/某局自评表送审稿.doc", "draft"), ("材料.zip/盖章件/表.pdf", "final"),
        ("未定稿.docx", "draft"),
    ],
)  # fmt: skip
def test_a_name_says_draft_or_final_or_nothing(path: str, expected: str | None) -> None:
    assert stage(Path(path)) == expected


def test_copies_have_one_subject_whatever_their_figures_and_other_reports_another() -> None:
    one = extract(SAMPLES / "council-2021.docx").submission
    corrected = replace(one, forms=tuple(replace(form, self_score=None) for form in one.forms))
    next_year = replace(one, report=replace(one.report, fiscal_year=2022))
    assert subject(one) == subject(corrected) is not None
    assert subject(next_year) != subject(one)
    nobody = tuple(replace(form, unit=None, implementer=None) for form in one.forms)
    assert subject(replace(one, report=replace(one.report, unit=None, submitter=None), forms=nobody)) is None


def test_the_store_lists_the_copies_of_a_report_and_prefers_the_final_one(ziping: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    formats = ROOT / "data" / "formats"
    shutil.copy(SAMPLES / "council-2021.docx", folder / "自评表初稿.docx")
    shutil.copy(formats / "council-2021.pdf", folder / "自评表盖章.pdf")
    shutil.copy(formats / "council-2021.xlsx", folder / "自评表.xlsx")
    shutil.copy(SAMPLES / "water-2022.docx", folder / "另一单位.docx")
    done = ziping("ingest", folder, "--store", tmp_path / "s.db")
    assert done.returncode == 0, done.stderr
    assert "同一份材料有3个文件" in done.stdout
    ((first, *others),) = contents.copies(open_store(f"{tmp_path}/s.db"))
    assert (Path(first.path).name, first.stage, first.preferred) == ("自评表盖章.pdf", "final", 1)
    assert {(row.stage, row.preferred) for row in others} == {("draft", 0), (None, 0)}
    assert "定稿，以此为准" in ziping("status", "--store", tmp_path / "s.db").stdout


def test_a_corrected_copy_handed_in_later_is_current_and_the_first_is_kept(ziping: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    first, second = folder / "a.docx", folder / "b.pdf"
    shutil.copy(SAMPLES / "council-2021.docx", first)
    shutil.copy(ROOT / "data" / "formats" / "council-2021.pdf", second)
    os.utime(first, (1_700_000_000, 1_700_000_000))
    os.utime(second, (1_700_000_100, 1_700_000_100))
    ziping("ingest", folder, "--store", tmp_path / "s.db")
    store = open_store(f"{tmp_path}/s.db")
    assert current(store) == ["a.docx"]  # the same day: the better source
    later = folder / "c.xlsx"
    shutil.copy(ROOT / "data" / "formats" / "council-2021.xlsx", later)
    os.utime(later, (1_710_000_000, 1_710_000_000))
    ziping("ingest", folder, "--store", tmp_path / "s.db")
    assert current(store) == ["c.xlsx"]
    assert len(contents.submissions(store)) == 3


def current(store: Store) -> list[str]:
    with store.reading() as connection:
        return [Path(row.path).name for row in connection.execute(sa.text("SELECT path FROM v_current"))]


FORM = """# 部门整体支出绩效自评表
填报单位：{unit}

| 一级指标 | 三级指标 | 分值 | 得分 |
| 产出 | 甲 | 10 | {score} |
"""


def test_a_new_spelling_of_a_unit_is_proposed_and_merged_only_by_a_person(
    docx: Callable[..., Path], ziping: Run, tmp_path: Path
) -> None:
    store = open_store(f"{tmp_path}/s.db")
    for i, unit in enumerate(("青川县人民代表大会常务委员会办公室", "青川县人大常委会办公室", "白鹭市水务局")):
        text = FORM.format(unit=unit, score=i)
        path = docx(text, name=f"{i}.docx")
        run.ingest([path], store, lambda outcome: None)
    assert [row.name for row in units.listed(store)] == [
        "白鹭市水务局",
        "青川县人大常委会办公室",
        "青川县人民代表大会常务委员会办公室",
    ]
    (pair,) = units.similar_pairs(store)
    assert {pair.keep_name, pair.join_name} == {
        "青川县人大常委会办公室",
        "青川县人民代表大会常务委员会办公室",
    }
    shown = ziping("units", "--store", "s.db").stdout
    assert f"ziping units merge {pair.keep} {pair.join}" in shown
    assert ziping("units", "merge", pair.keep, pair.join, "--store", "s.db").stdout.startswith("1种写法并入")
    assert len({row.unit_id for row in units.listed(store)}) == 2
    assert units.similar_pairs(store) == []
    assert ziping("units", "merge", pair.keep, "nosuch", "--store", "s.db").returncode == 1


NAMELESS = """# 项目支出绩效自评表
| 项目名称 | 渠道清淤 | < | < |
| 一级指标 | 三级指标 | 分值 | 得分 |
| 产出 | 清淤长度 | 10 | 10 |
"""


def test_who_handed_in_what_names_no_unit_is_said_by_a_person(
    docx: Callable[..., Path], ziping: Run, tmp_path: Path
) -> None:
    store = open_store(f"{tmp_path}/s.db")
    run.ingest([docx(NAMELESS, name="无名.docx")], store, lambda outcome: None)
    run.ingest([docx(FORM.format(unit="白鹭市水务局", score=1), name="有名.docx")], store, lambda outcome: None)
    for name in ("青禾县水利局", "青禾县水务局"):  # said again, the later counts
        told = ziping("units", "assign", "无名.docx", name, "--store", "s.db")
        assert (told.returncode, told.stdout) == (0, f"无名.docx的报送单位记为{name}。\n")
    with store.reading() as connection:
        units_ = connection.execute(sa.text("SELECT unit FROM v_submission ORDER BY unit")).scalars().all()
    assert sorted(units_) == ["白鹭市水务局", "青禾县水务局"]
    refused = ziping("units", "assign", "有名.docx", "青禾县水务局", "--store", "s.db")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "材料写明了报送单位“白鹭市水务局”" in refused.stderr
