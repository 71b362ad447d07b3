"""The feedback sheet says what was read and every finding with its place and clause, on one page; nothing in it is markup."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import docx as python_docx
import pypdfium2
import pytest

from pipeline import settings
from pipeline.analysts import feedback, overview, query, sheet_files
from pipeline.batch import run
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from schema.checks import CHECKS
from schema.codes import CODES
from schema.errors import ZipingError
from tests.conftest import PATIENCE, SAMPLES, missing

EVIL = "<script>alert(1)</script>"
SETTINGS = """[sheet]
bureau = "青禾县财政局绩效股"
contact = "绩效股{{ 1 }}<b>"
deadline = 2026-12-31
"""


def told(sheet: feedback.Sheet) -> str:
    return sheet_files.page("sheet.html", sheet=sheet, bureau=settings.Bureau())


def text_of(word: Path) -> str:
    return "\n".join(paragraph.text for paragraph in python_docx.Document(str(word)).paragraphs)


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
    word, html = sheet_files.write(sheet, tmp_path, ("docx", "html"))
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
    assert "核对未发现问题" in told(sheet)


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
    for page in (told(sheet), overview.overview(store, None)):
        assert "<script" not in page
    assert "&lt;script&gt;" in told(sheet)


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
    (path,) = sheet_files.write(replace(sheet, lines=[line]), tmp_path, ("docx",))
    text = "".join(cell.text for row in Document(str(path)).tables[0].rows for cell in row.cells)
    assert "合计␛有误␇" in text


def test_bureau_contact_and_deadline_stand_on_both_kinds_of_sheet(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sheet = feedback.sheet(store, "council-2021.docx")
    bare, _ = sheet_files.write(sheet, tmp_path, ("docx", "html"))
    assert "答复" not in text_of(bare)  # nothing is said where nothing is set
    Path("ziping.toml").write_text(SETTINGS, encoding="utf-8")
    word, html = sheet_files.write(sheet, tmp_path, ("docx", "html"))
    asks = "请于2026年12月31日前答复。联系：绩效股{{ 1 }}<b>"  # said as it stands, neither obeyed nor markup
    assert asks in text_of(word)
    assert "青禾县财政局绩效股" in text_of(word)
    page = html.read_text(encoding="utf-8")
    assert asks.replace("<b>", "&lt;b&gt;") in page
    assert "青禾县财政局绩效股" in page


def test_what_the_score_should_be_is_summed_by_form(store: Store, tmp_path: Path) -> None:
    sheet = feedback.sheet(store, "council-2021.docx")
    rows = query.free(
        store, f"SELECT form_no, stated, computed FROM v_score WHERE submission_id = '{sheet.submission_id}'"
    ).rows
    assert rows
    forms = {row[0] for row in rows if row[1] != row[2]}
    assert len(sheet.due) == len(forms)
    for no in forms:
        stated, computed = (sum(row[side] for row in rows if row[0] == no) for side in (1, 2))
        of_form = next(line for line in sheet.due if line.startswith(f"表{no}："))
        assert (
            of_form
            == f"表{no}：可按公式计算的{sum(r[0] == no for r in rows)}项，自评共{stated:g}分，应为{computed:g}分"
        )
        assert of_form in told(sheet)


def test_a_bureau_edits_the_template(ziping, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    assert ziping("report", "--template", "own.docx").returncode == 0
    again = ziping("report", "--template", "own.docx")
    assert (again.returncode, "已有这个文件" in again.stderr) == (1, True)
    document = python_docx.Document("own.docx")
    document.paragraphs[0].runs[0].text = "{{ bureau.bureau }}核查单"
    document.save("own.docx")
    Path("ziping.toml").write_text(SETTINGS + 'template = "own.docx"\n', encoding="utf-8")
    (word,) = sheet_files.write(feedback.sheet(store, "water-2022.docx"), tmp_path, ("docx",))
    assert text_of(word).startswith("青禾县财政局绩效股核查单")


@pytest.mark.parametrize(
    ("settings_file", "template", "trouble"),
    [
        ("[sheet\n", None, "不是UTF-8的TOML"),
        ("[letter]\n", None, "没有“letter”这一节"),
        ("sheet = 1\n", None, "“sheet”不是一节"),
        ("[sheet]\nburo = 'x'\n", None, "[sheet]没有“buro”"),
        ("[sheet]\ncontact = 12\n", None, "“contact”不是文字"),
        ("[sheet]\ntemplate = 'none.docx'\n", None, "无法读取"),
        ("[sheet]\ntemplate = 'own.docx'\n", b"no Word", "不是可用的Word模板"),
        ("[sheet]\ntemplate = 'own.docx'\n", "{{ sheet.nothing }}", "模板有误"),
        ("[sheet]\ntemplate = 'own.docx'\n", "{% for %}", "模板有误"),
        ("[sheet]\ntemplate = 'own.docx'\n", "{{ sheet.__class__.__mro__ }}", "模板有误"),
    ],
)
def test_wrong_settings_and_templates_are_told_in_one_line(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings_file: str, template: str | bytes | None, trouble: str
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("ziping.toml").write_text(settings_file, encoding="utf-8")
    if isinstance(template, bytes):
        Path("own.docx").write_bytes(template)
    elif template is not None:
        document = python_docx.Document()
        document.add_paragraph(template)
        document.save("own.docx")
    with pytest.raises(ZipingError, match=re.escape(trouble)):
        sheet_files.write(feedback.sheet(store, "water-2022.docx"), tmp_path, ("docx",))


def test_the_overview_leads_to_each_sheet_and_names_what_was_not_read(ziping, store: Store, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "notes.txt").write_text("没有表", encoding="utf-8")
    url = store.engine.url.render_as_string(hide_password=False)
    assert ziping("ingest", tmp_path / "notes.txt", "--store", url).returncode == 1
    assert ziping("report", "--all", "--store", url, "--out", tmp_path / "out").returncode == 0
    page = (tmp_path / "out" / "总览.html").read_text(encoding="utf-8")
    assert "notes.txt" in page
    linked = [unquote(found) for found in re.findall(r'href="([^"]+)"', page)]
    assert len(linked) == 2
    assert all((tmp_path / "out" / name).is_file() for name in linked)
