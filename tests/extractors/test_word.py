"""The .docx reader: the exact grid, and everything Word shows that plain text does not hold."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import extractors
from schema.document import Document, Paragraph, Table
from schema.errors import FileRefused

Docx = Callable[..., Path]


def table(document: Document) -> Table:
    return next(block for block in document.blocks if isinstance(block, Table))


def grid(document: Document) -> list[tuple[int, int, int, int, str]]:
    return [(c.row, c.column, c.row_span, c.column_span, c.text) for c in table(document).cells]


def lines(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"


def test_merged_cells_keep_their_place_and_spans(docx: Docx) -> None:
    source = "| 项目资金 | 年初预算数 | < |\n| ^ | 总数 | 其中 |\n| ^ | 10 | 5 |\n"
    assert grid(extractors.read(docx(source))) == [
        (0, 0, 3, 1, "项目资金"), (0, 1, 1, 2, "年初预算数"),
        (1, 1, 1, 1, "总数"), (1, 2, 1, 1, "其中"), (2, 1, 1, 1, "10"), (2, 2, 1, 1, "5"),
    ]  # fmt: skip


def test_columns_skipped_before_and_after_a_row_are_counted(docx: Docx) -> None:
    body = (
        f"<w:tbl><w:tr>{cell('甲')}{cell('乙')}{cell('丙')}</w:tr>"
        f"<w:tr><w:trPr><w:gridBefore w:val='1'/><w:gridAfter w:val='1'/></w:trPr>{cell('丁')}</w:tr></w:tbl>"
    )
    read = table(extractors.read(docx(body=body)))
    assert (read.columns, read.cells[-1].column) == (3, 1)


def test_a_continuation_without_a_cell_above_is_a_cell_of_its_own(docx: Docx) -> None:
    body = f"<w:tbl><w:tr>{cell('甲', '<w:vMerge/>')}{cell('乙')}</w:tr></w:tbl>"
    assert [c[4] for c in grid(extractors.read(docx(body=body)))] == ["甲", "乙"]


def test_old_horizontal_merges_widen_the_cell(docx: Docx) -> None:
    merged = cell("甲", '<w:hMerge w:val="restart"/>') + cell("", "<w:hMerge/>") + cell("乙")
    assert grid(extractors.read(docx(body=f"<w:tbl><w:tr>{merged}</w:tr></w:tbl>"))) == [
        (0, 0, 1, 2, "甲"), (0, 2, 1, 1, "乙"),
    ]  # fmt: skip


def test_a_nested_table_follows_the_table_that_holds_it(docx: Docx) -> None:
    inner = f"<w:tbl><w:tr>{cell('内')}</w:tr></w:tbl>"
    body = f"<w:tbl><w:tr><w:tc><w:p><w:r><w:t>外</w:t></w:r></w:p>{inner}<w:p/></w:tc></w:tr></w:tbl>"
    tables = [b for b in extractors.read(docx(body=body)).blocks if isinstance(b, Table)]
    assert [[c.text.strip() for c in t.cells] for t in tables] == [["外"], ["内"]]


def test_deleted_text_is_gone_and_inserted_text_is_there(docx: Docx) -> None:
    body = (
        "<w:p><w:r><w:t>得分</w:t></w:r><w:del><w:r><w:delText>90</w:delText><w:t>90</w:t></w:r></w:del>"
        "<w:ins><w:r><w:t>95</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>旧</w:t></w:r></w:moveFrom></w:p>"
    )
    assert lines(extractors.read(docx(body=body))) == ["得分95"]


def test_a_deleted_row_is_gone(docx: Docx) -> None:
    body = f"<w:tbl><w:tr>{cell('留')}</w:tr><w:tr><w:trPr><w:del/></w:trPr>{cell('删')}</w:tr></w:tbl>"
    assert [c[4] for c in grid(extractors.read(docx(body=body)))] == ["留"]


def test_content_controls_are_looked_into_at_every_depth(docx: Docx) -> None:
    def control(inside: str) -> str:
        return f"<w:sdt><w:sdtPr/><w:sdtContent>{inside}</w:sdtContent></w:sdt>"

    run = control("<w:r><w:t>值</w:t></w:r>")
    body = control(f"<w:p>{run}</w:p>") + f"<w:tbl>{control('<w:tr>' + control(cell('格')) + '</w:tr>')}</w:tbl>"
    document = extractors.read(docx(body=body))
    assert lines(document) == ["值"]
    assert [c[4] for c in grid(document)] == ["格"]


def test_text_boxes_are_read_once_though_word_writes_them_twice(docx: Docx) -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>盒中字</w:t></w:r></w:p></w:txbxContent>"
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    body = (
        f"<w:p><w:r><w:t>前</w:t><mc:AlternateContent {mc}><mc:Choice Requires='wps'><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    document = extractors.read(docx(body=body))
    assert lines(document) == ["前", "盒中字"]
    assert document.blocks[1].origin.part == "textbox"


def test_automatic_numbers_stand_in_the_text(docx: Docx) -> None:
    source = "1) 基本情况\n正文。\n2) 收入情况\n2) 支出情况\n1) 存在问题\n2) 管理方面\n"
    assert lines(extractors.read(docx(source))) == [
        "一、基本情况", "正文。", "（一）收入情况", "（二）支出情况", "二、存在问题", "（一）管理方面",
    ]  # fmt: skip


def test_fields_hidden_text_symbols_and_breaks(docx: Docx) -> None:
    body = (
        "<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r>"
        "<w:r><w:sym w:font='Wingdings 2' w:char='F052'/><w:t>是</w:t><w:br/><w:t>否</w:t><w:br w:type='page'/>"
        "<w:noBreakHyphen/></w:r></w:p>"
    )
    assert lines(extractors.read(docx(body=body))) == ["☑是\n否-"]


def test_page_headers_are_ornament(tmp_path: Path) -> None:
    import docx as library

    document = library.Document()
    document.add_paragraph("正文")
    document.sections[0].header.paragraphs[0].text = "某局文件"
    path = tmp_path / "header.docx"
    document.save(str(path))
    read = extractors.read(path)
    assert [(b.text, b.ornament) for b in read.blocks if isinstance(b, Paragraph) and b.text] == [
        ("正文", False), ("某局文件", True),
    ]  # fmt: skip


def test_strict_open_xml_is_read_like_any_other(docx: Docx, tmp_path: Path) -> None:
    import zipfile

    path, strict = docx("| 甲 | 乙 |\n"), tmp_path / "strict.docx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(strict, "w") as new:
        for name in old.namelist():
            content = old.read(name).replace(
                b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                b"http://purl.oclc.org/ooxml/wordprocessingml/main",
            )
            new.writestr(
                name,
                content.replace(
                    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                    b"http://purl.oclc.org/ooxml/officeDocument/relationships",
                ),
            )
    assert [c[4] for c in grid(extractors.read(strict))] == ["甲", "乙"]


def test_content_decides_and_not_the_ending(docx: Docx, tmp_path: Path) -> None:
    renamed = tmp_path / "form.txt"
    renamed.write_bytes(docx("| 甲 | 乙 |\n").read_bytes())
    assert extractors.read(renamed).format == "docx"


def test_reading_is_linear_in_the_number_of_cells(docx: Docx) -> None:
    def seconds(rows: int) -> float:
        path = docx("\n".join("| 产出指标 | 数量指标 | 巡查次数 | 12次 | 12次 | 10 | 10 | |" for _ in range(rows)))
        start = time.process_time()
        extractors.read(path)
        return time.process_time() - start

    seconds(50)
    small, large = min(seconds(400) for _ in range(3)), min(seconds(3200) for _ in range(3))
    assert large < 8 * small * 4  # quadratic would be 64 times


@pytest.mark.parametrize("text", ["", "纯文本"])
def test_what_is_no_zip_is_no_word_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "empty.docx"
    path.write_text(text, encoding="utf-8")
    if text:
        assert extractors.read(path).format == "text"
    else:
        with pytest.raises(FileRefused, match="空的"):
            extractors.read(path)


# ---------------------------------------------------------------- what holds no text of its own
MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def run(inside: str) -> str:
    return f"<w:r>{inside}</w:r>"


def legacy(inside: str) -> str:
    return run(f'<w:fldChar w:fldCharType="begin"><w:ffData>{inside}</w:ffData></w:fldChar>')


@pytest.mark.parametrize(
    ("inside", "shown"),
    [
        (run('<w:sym w:font="Wingdings" w:char="F0FE"/>'), "☑"),
        (run('<w:sym w:font="Wingdings" w:char="00FE"/><w:sym w:font="Wingdings" w:char="A8"/>'), "☑□"),
        (run('<w:sym w:font="Wingdings" w:char="nothing"/>'), ""),
        (legacy("<w:checkBox><w:sizeAuto/><w:default w:val='0'/></w:checkBox>"), "□"),
        (legacy("<w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox>"), "☑"),
        (legacy("<w:checkBox><w:default w:val='1'/><w:checked w:val='0'/></w:checkBox>"), "□"),
        (legacy("<w:ddList><w:result w:val='1'/><w:listEntry w:val='优'/><w:listEntry w:val='良'/></w:ddList>"), "良"),
        (legacy("<w:ddList><w:listEntry w:val='优'/><w:listEntry w:val='良'/></w:ddList>"), "优"),
        (run(f"<w:ruby><w:rt>{run('<w:t>jī</w:t>')}</w:rt><w:rubyBase>{run('<w:t>绩</w:t>')}</w:rubyBase></w:ruby>"), "绩"),
        (
            f"<m:oMath {MATH}><m:f><m:num><m:r><m:t>执行数-结转</m:t></m:r></m:num><m:den><m:r><m:t>预算数</m:t></m:r></m:den></m:f>"
            "<m:r><m:t>×100%</m:t></m:r></m:oMath>",
            "(执行数-结转)/预算数×100%",
        ),
        (
            f"<m:oMathPara {MATH}><m:oMath><m:sSup><m:e><m:r><m:t>m</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup>"
            "</m:sSup></m:oMath></m:oMathPara>",
            "m^2",
        ),
    ],
)  # fmt: skip
def test_signs_boxes_lists_ruby_and_equations_are_read(docx: Docx, inside: str, shown: str) -> None:
    assert lines(extractors.read(docx(body=f"<w:p>{inside}</w:p>"))) == [shown]


# ---------------------------------------------------------------- packages
def packed(path: Path, changed: dict[str, bytes]) -> Path:
    """The .docx with parts changed or added."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**parts, **changed}.items():
            archive.writestr(name, content)
    return path


def part(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


@pytest.mark.parametrize(
    "kind",
    [
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
        b"application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    ],
)
def test_a_template_and_a_document_with_macros_are_documents(docx: Docx, kind: bytes) -> None:
    path = docx("一、基本情况\n")
    types = part(path, "[Content_Types].xml")
    usual = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    assert usual in types
    assert (
        lines(extractors.read(packed(path, {"[Content_Types].xml": types.replace(usual, kind)})))[0] == "一、基本情况"
    )


def related(path: Path, relation: str) -> dict[str, bytes]:
    name = "word/_rels/document.xml.rels"
    return {name: part(path, name).replace(b"</Relationships>", f"{relation}</Relationships>".encode())}


def test_a_document_whose_picture_is_lost_is_read(docx: Docx) -> None:
    path = docx("一、基本情况\n")
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    changed = related(path, f'<Relationship Id="rId9" Type="{kind}" Target="media/image1.png"/>')
    assert lines(extractors.read(packed(path, changed)))[0] == "一、基本情况"


CHUNK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def test_a_page_set_into_a_document_stands_in_its_place(docx: Docx) -> None:
    path = docx(
        body=f'<w:p>{run("<w:t>前</w:t>")}</w:p><w:altChunk xmlns:r="{RELATED}" r:id="rId9"/><w:p>{run("<w:t>后</w:t>")}</w:p>'
    )
    page = "<p>中</p><table><tr><td rowspan=2>甲</td><td>乙</td></tr><tr><td>丙</td></tr></table>"
    types = part(path, "[Content_Types].xml").replace(
        b"</Types>", b'<Default Extension="html" ContentType="text/html"/></Types>'
    )
    changed = related(path, f'<Relationship Id="rId9" Type="{CHUNK}" Target="page.html"/>')
    read = extractors.read(packed(path, {**changed, "[Content_Types].xml": types, "word/page.html": page.encode()}))
    assert lines(read) == ["前", "中", "后"]
    assert grid(read) == [(0, 0, 2, 1, "甲"), (0, 1, 1, 1, "乙"), (1, 1, 1, 1, "丙")]
    assert [block.origin.block for block in read.blocks] == [1, 2, 3, 4]
    assert {(c.origin.block, c.origin.table) for c in table(read).cells} == {(3, 1)}


def test_documents_set_into_each_other_without_end_are_refused(docx: Docx) -> None:
    path = docx(body=f'<w:altChunk xmlns:r="{RELATED}" r:id="rId9"/>')
    types = part(path, "[Content_Types].xml").replace(
        b"</Types>", b'<Default Extension="docx" ContentType="application/x"/></Types>'
    )
    changed = related(path, f'<Relationship Id="rId9" Type="{CHUNK}" Target="inner.docx"/>')
    inner = docx("一、基本情况\n", name="inner.docx").read_bytes()
    for _ in range(8):
        inner = packed_bytes(path, {**changed, "[Content_Types].xml": types, "word/inner.docx": inner})
    path.write_bytes(inner)
    with pytest.raises(FileRefused, match="嵌套"):
        extractors.read(path)


def packed_bytes(path: Path, changed: dict[str, bytes]) -> bytes:
    copy = path.with_name("copy.docx")
    copy.write_bytes(path.read_bytes())
    return packed(copy, changed).read_bytes()
