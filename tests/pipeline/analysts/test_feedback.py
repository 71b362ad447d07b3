"""The feedback sheet says what was read and every finding with its place and clause, on one page; nothing in it is markup."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import docx as python_docx
import pypdfium2
import pytest

from pipeline.analysts import feedback
from pipeline.batch import run
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from schema.checks import CHECKS
from schema.codes import CODES
from tests.conftest import PATIENCE, SAMPLES, missing

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(str(tmp_path / "store.db"))
    run.ingest([SAMPLES / "water-2022.docx", SAMPLES / "council-2021.docx"], store, lambda outcome: None)
    return store


def test_every_check_has_a_weight_a_name_and_a_clause() -> None:
    assert set(CHECKS) == set(CODES["check"])
    assert all(made.code == code and made.chinese and made.english and made.clause for code, made in CHECKS.items())


def test_a_sheet_tells_figures_place_and_clause_the_heaviest_first(store: Store) -> None:
    sheet = feedback.sheet(store, "council-2021.docx")
    assert (sheet.unit, sheet.year) == ("临溪区文化和旅游局", "2021")
    assert [line.check for line in sheet.lines] == ["得分合计不符", "未达目标而得满分"]
    first = sheet.lines[0]
    assert first.stated != first.computed
    assert all(re.match(r"表格\d+第\d+行第\d+列", line.place) for line in sheet.lines)
    clauses = dict(sheet.clauses)
    assert "财预〔2020〕10号" in clauses[first.clause]
    assert dict(sheet.read)["绩效指标"] == "7项"


def test_the_word_sheet_is_one_page_and_holds_the_same(store: Store, tmp_path: Path) -> None:
    sheet = feedback.sheet(store, "water-2022.docx")
    word, html = feedback.write(sheet, tmp_path, ("docx", "html"))
    table = python_docx.Document(str(word)).tables[0]
    assert [row.cells[2].text for row in table.rows[1:]] == [f"【{line.check}】{line.message}" for line in sheet.lines]
    for line in sheet.lines:
        assert line.message in html.read_text(encoding="utf-8")
    if shutil.which("soffice") is None:
        missing("LibreOffice (Debian: libreoffice-writer-nogui)")
    command = [
        "soffice",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
    ]
    subprocess.run([*command, str(tmp_path), str(word)], check=True, capture_output=True, timeout=PATIENCE)
    assert len(pypdfium2.PdfDocument(word.with_suffix(".pdf"))) == 1


def test_a_submission_without_findings_says_so(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store.db"))
    run.ingest([SAMPLES / "repairs-2020.docx"], store, lambda outcome: None)
    sheet = feedback.sheet(store, "repairs-2020.docx")
    assert sheet.lines == []
    assert "核对未发现问题" in feedback.page("sheet.html", sheet=sheet)


def test_what_a_submission_says_is_never_markup(docx, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    source = f"""{EVIL}局
# 项目支出绩效自评表
（2023年度）
| 项目名称 | {EVIL} | < | < | < | < | < |
| 主管部门 | {EVIL}局 | < | < | < | < | < |
| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 | 分值 | 得分 |
| 产出指标 | 数量指标 | {EVIL} | ≥20次 | 10次 | 10 | 10 |
"""
    store = open_store(str(tmp_path / "store.db"))
    run.ingest([docx(source, name="a&b.docx")], store, lambda outcome: None)
    sheet = feedback.sheet(store, "a&b.docx")
    assert EVIL in str(sheet)
    for page in (feedback.page("sheet.html", sheet=sheet), feedback.overview(store, None)):
        assert "<script" not in page
    assert "&lt;script&gt;" in feedback.page("sheet.html", sheet=sheet)


def test_all_sheets_and_the_overview_of_a_year(ziping, demo: Store, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    url = demo.engine.url.render_as_string(hide_password=False)
    done = ziping("report", "--all", "--year", 2022, "--store", url, "--out", tmp_path / "out", "--format", "html")
    assert done.returncode == 0, done.stderr
    pages = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len(pages) == 12
    assert "总览.html" in pages
    overview = (tmp_path / "out" / "总览.html").read_text(encoding="utf-8")
    assert overview.count("<svg") == 3
    assert "湖南省临溪市图书馆" in overview
    assert ">未达目标而得满分<" in overview  # the labels of the charts are text
    assert ziping("report", "--store", url).returncode == 2
    assert "没有这份材料" in ziping("report", "nothing.docx", "--store", url).stderr


def test_a_sheet_holds_control_characters_visibly(store: Store, tmp_path: Path) -> None:
    from dataclasses import replace

    from docx import Document

    sheet = feedback.sheet(store, "council-2021.docx")
    line = replace(sheet.lines[0], message="合计\x1b有误\x07")
    (path,) = feedback.write(replace(sheet, lines=[line]), tmp_path, ("docx",))
    text = "".join(cell.text for row in Document(str(path)).tables[0].rows for cell in row.cells)
    assert "合计␛有误␇" in text
