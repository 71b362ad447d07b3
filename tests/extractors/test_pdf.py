"""One table however a producer draws it: kinds of borders, orders of text, turned pages, fields, notes, second readers."""

from __future__ import annotations

import io
import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pdfplumber
import pypdfium2 as pdfium
import pytest
from reportlab.lib.colors import black
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

import extractors
from data.maker import printed
from extractors.files import File
from pipeline.batch.run import attempt
from schema.document import Document, Paragraph, Table
from schema.errors import ZipingError
from tests.conftest import ROOT

XS = [60, 160, 330, 400, 470]
ROWS = [
    ["一级指标", "三级指标", "分值", "得分"],
    ["产出指标", "巡查次数", "10", "9.5"],
    ["效益指标", "投诉下降率", "20", "20"],
    ["满意度", "群众满意度", "10", "9"],
]
YS = [780 - 24 * i for i in range(len(ROWS) + 1)]
Draw = Callable[[Canvas], None]
pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))


def strokes(canvas: Canvas) -> None:
    for x in XS:
        canvas.line(x, YS[0], x, YS[-1])
    for y in YS:
        canvas.line(XS[0], y, XS[-1], y)


def thin_rectangles(canvas: Canvas) -> None:
    for x in XS:
        canvas.rect(x - 0.3, YS[-1], 0.6, YS[0] - YS[-1], stroke=0, fill=1)
    for y in YS:
        canvas.rect(XS[0], y - 0.3, XS[-1] - XS[0], 0.6, stroke=0, fill=1)


def one_path(canvas: Canvas) -> None:
    path = canvas.beginPath()
    for x in XS:
        path.moveTo(x, YS[0])
        path.lineTo(x, YS[-1])
    for y in YS:
        path.moveTo(XS[0], y)
        path.lineTo(XS[-1], y)
    canvas.drawPath(path)


def cell_by_cell(canvas: Canvas) -> None:
    for left, right in itertools.pairwise(XS):
        for top, bottom in itertools.pairwise(YS):
            canvas.rect(left, bottom, right - left, top - bottom)


def inside_a_form_object(canvas: Canvas) -> None:
    canvas.beginForm("grid")
    strokes(canvas)
    canvas.endForm()
    canvas.saveState()
    canvas.translate(5, -5)
    canvas.doForm("grid")
    canvas.restoreState()


def double(canvas: Canvas) -> None:
    strokes(canvas)
    canvas.translate(1.8, 1.8)
    strokes(canvas)
    canvas.translate(-1.8, -1.8)


def dashed(canvas: Canvas) -> None:
    canvas.setDash(3, 2)
    strokes(canvas)
    canvas.setDash()


def without_sides(canvas: Canvas) -> None:
    for x in XS[1:-1]:
        canvas.line(x, YS[0], x, YS[-1])
    for y in YS:
        canvas.line(XS[0], y, XS[-1], y)


def no_lines(canvas: Canvas) -> None:
    pass


def by_row(canvas: Canvas) -> None:
    canvas.setFont("STSong-Light", 10)
    for row, top in zip(ROWS, YS, strict=False):
        for text, left in zip(row, XS, strict=False):
            canvas.drawString(left + 4, top - 16, text)


def each_character_in_any_order(canvas: Canvas) -> None:
    canvas.setFont("STSong-Light", 10)
    marks = [
        (left + 4 + pdfmetrics.stringWidth(text[:i], "STSong-Light", 10), top - 16, ch)
        for row, top in zip(ROWS, YS, strict=False)
        for text, left in zip(row, XS, strict=False)
        for i, ch in enumerate(text)
    ]
    random.Random(3).shuffle(marks)
    for x, y, ch in marks:
        canvas.drawString(x, y, ch)


def by_column(canvas: Canvas) -> None:
    canvas.setFont("STSong-Light", 10)
    for column, left in enumerate(XS[:-1]):
        for row, top in zip(ROWS, YS, strict=False):
            canvas.drawString(left + 4, top - 16, row[column])


def touching_the_borders(canvas: Canvas) -> None:
    canvas.setFont("STSong-Light", 10)
    for row, top in zip(ROWS, YS, strict=False):
        for text, left, right in zip(row, XS, XS[1:], strict=False):
            canvas.drawRightString(right - 0.2, top - 10.4, text)
            assert left < right


def bold_drawn_twice(canvas: Canvas) -> None:
    by_row(canvas)
    canvas.translate(0.4, 0)
    by_row(canvas)
    canvas.translate(-0.4, 0)


def full_width_blanks(canvas: Canvas) -> None:
    canvas.setFont("STSong-Light", 10)
    for row, top in zip(ROWS, YS, strict=False):
        for text, left in zip(row, XS, strict=False):
            canvas.drawString(left + 4, top - 16, "\u3000" + text + "\u3000")


def drawn(*layers: Draw, size: tuple[float, float] = (595, 842)) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1)
    canvas.setStrokeColor(black)
    for layer in layers:
        layer(canvas)
    canvas.save()
    return out.getvalue()


def read(data: bytes, tmp_path: Path) -> Document:
    path = tmp_path / "form.pdf"
    path.write_bytes(data)
    return extractors.read(path)


def grids(document: Document) -> list[list[list[str]]]:
    return [
        [["".join(c.text.split()) for c in block.cells if c.row == row] for row in range(block.rows)]
        for block in document.blocks
        if isinstance(block, Table)
    ]


@pytest.mark.parametrize(
    "borders",
    [
        strokes, thin_rectangles, one_path, cell_by_cell, inside_a_form_object, double, dashed, without_sides,
    ],
    ids=lambda draw: draw.__name__,
)  # fmt: skip
def test_a_grid_is_read_whatever_draws_its_lines(borders: Draw, tmp_path: Path) -> None:
    document = read(drawn(borders, by_row), tmp_path)
    assert grids(document) == [ROWS]
    assert [(page.reader, page.reason) for page in document.pages] == [("pdfium", None)]


@pytest.mark.parametrize(
    "text",
    [
        by_row,
        each_character_in_any_order,
        by_column,
        touching_the_borders,
        bold_drawn_twice,
        full_width_blanks,
    ],
    ids=lambda draw: draw.__name__,
)
def test_a_grid_is_read_whatever_order_its_text_is_in(text: Draw, tmp_path: Path) -> None:
    assert grids(read(drawn(strokes, text), tmp_path)) == [ROWS]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_is_read_as_it_is_seen(degrees: int, tmp_path: Path) -> None:
    """The page lies turned by /Rotate; what is drawn on it is turned back, so that a reader sees it upright."""
    width, height = (842, 595) if degrees in (90, 270) else (595, 842)
    back: dict[int, Draw] = {
        90: lambda c: c.transform(0, 1, -1, 0, 842, 0),
        180: lambda c: c.transform(-1, 0, 0, -1, 595, 842),
        270: lambda c: c.transform(0, -1, 1, 0, 0, 595),
    }
    document = pdfium.PdfDocument(drawn(back[degrees], strokes, by_row, size=(width, height)))
    document[0].set_rotation(degrees)
    out = io.BytesIO()
    document.save(out)
    assert grids(read(out.getvalue(), tmp_path)) == [ROWS]


def test_a_page_across_with_a_line_at_its_head_and_foot_and_two_tables(tmp_path: Path) -> None:
    def frame(canvas: Canvas) -> None:
        canvas.line(40, 560, 800, 560)
        canvas.line(40, 30, 800, 30)

    def second(canvas: Canvas) -> None:
        canvas.translate(0, -150)
        strokes(canvas)
        by_row(canvas)

    def lower(canvas: Canvas) -> None:
        canvas.translate(0, -260)

    data = drawn(frame, lower, strokes, by_row, second, size=(842, 595))
    assert grids(read(data, tmp_path)) == [ROWS, ROWS]


def test_filled_in_fields_and_notes_typed_over_the_page_are_read(tmp_path: Path) -> None:
    def form(canvas: Canvas) -> None:
        strokes(canvas)
        canvas.setFont("STSong-Light", 10)
        for text, left in zip(ROWS[0], XS, strict=False):
            canvas.drawString(left + 4, YS[0] - 16, text)
        canvas.acroForm.textfield(value="98.5", x=XS[3] + 2, y=YS[2] + 3, width=60, height=18, name="score")
        canvas.acroForm.checkbox(checked=True, x=XS[2] + 2, y=YS[2] + 3, size=14, name="done")
        canvas.acroForm.checkbox(checked=False, x=XS[2] + 2, y=YS[3] + 3, size=14, name="open")
        canvas.freeTextAnnotation("巡查次数", "0 g", [XS[1] + 2, YS[2] + 2, XS[2] - 2, YS[1] - 2])

    (grid,) = grids(read(drawn(form), tmp_path))
    assert grid[1] == ["", "巡查次数", "√", "98.5"]
    assert grid[2] == ["", "", "", ""]


def test_a_font_without_characters_is_refused_and_nothing_is_invented(tmp_path: Path) -> None:
    path = tmp_path / "private.pdf"

    def private(canvas: Canvas) -> None:
        canvas.setFont("STSong-Light", 10)
        canvas.drawString(80, 700, "\ue001\ue002\ue003\ue004\ue005\ue006\ue007\ue008")

    path.write_bytes(drawn(strokes, private))
    refused = attempt(File(path))
    assert isinstance(refused, ZipingError)
    assert "没有字符对照" in str(refused)


def test_without_camelot_a_table_without_lines_is_read_as_text_and_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extractors.pdf_reference.available", lambda: False)
    (page,) = read(drawn(no_lines, by_row), tmp_path).pages
    assert page.reader == "pdfium"
    assert "没有安装camelot" in str(page.reason)


def test_a_table_without_lines_is_read_with_camelots_cells_and_says_so(tmp_path: Path) -> None:
    document = read(drawn(no_lines, by_row), tmp_path)
    assert grids(document) == [ROWS]
    (page,) = document.pages
    assert (page.reader, page.reason) == ("camelot", "表格没有框线")


def test_words_apart_that_are_no_table_stay_paragraphs(tmp_path: Path) -> None:
    def signatures(canvas: Canvas) -> None:
        canvas.setFont("STSong-Light", 10)
        canvas.drawString(60, 700, "填表人：甲")
        canvas.drawString(300, 700, "联系电话：0")
        canvas.drawString(60, 660, "本年度各项工作按计划完成，资金使用规范。")

    document = read(drawn(signatures), tmp_path)
    assert all(isinstance(block, Paragraph) for block in document.blocks)


def test_a_page_that_fails_its_own_test_says_which_reader_was_believed(tmp_path: Path) -> None:
    def stray(canvas: Canvas) -> None:
        strokes(canvas)
        canvas.line(XS[1] + 40, YS[1], XS[1] + 40, YS[2] + 14)  # runs into a cell and ends there
        canvas.line(XS[1], YS[2] + 12, XS[1] + 60, YS[2] + 12)

    document = read(drawn(stray, by_row), tmp_path)
    (page,) = document.pages
    assert page.reason is not None
    assert page.reason.startswith("表格线没有围成完整的单元格")
    texts = [text for grid in grids(document) for row in grid for text in row if text]
    assert sorted(texts) == sorted(text for row in ROWS for text in row)


@pytest.mark.parametrize("path", sorted((ROOT / "data" / "formats").glob("*.pdf")), ids=lambda path: path.name)
def test_pdfplumber_sees_the_same_cells_on_every_page(path: Path) -> None:
    """The oracle: every cell of one page that pdfplumber reads has the same text here."""
    if "scan" in path.name:
        return
    ours = {"".join(item.text.split()) for item in extractors.read(path).texts()}
    joined = "".join(sorted(ours))
    with pdfplumber.open(path) as document:
        cells = [
            "".join(cell.split())
            for page in document.pages
            for table in page.extract_tables()
            for row in table
            for cell in row
            if cell and cell.strip()
        ]
    assert len(cells) > 20
    missing = [cell for cell in cells if cell not in ours and cell not in joined]
    assert not missing


LINES = """# 青禾县水务局二〇二二年度农村饮水安全工程维修养护项目支出绩效自评报告及自评表
（2022年度）

一、项目概况
本项目由青禾县水务局组织实施，全年共维修养护农村供水工程三十二处，改造管网十八公里，更换水泵四台，覆盖全县五个乡镇，受益群众三千余户，共计
12、13、14号泵站完成改造，运行正常。
（一）实施情况。
1.完成招标。
2.完成施工。
二、支出情况
支出平稳。
"""


def test_lines_are_paragraphs_where_a_number_counts_on_and_a_title_of_two_lines_is_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / "lines.pdf"
    path.write_bytes(printed.pdf(LINES))
    read = [block.text for block in extractors.read(File(path)).blocks if isinstance(block, Paragraph)]
    told = LINES.replace("# ", "").replace("共计\n", "共计").splitlines()
    assert [text for text in read if text] == [line for line in told if line]
