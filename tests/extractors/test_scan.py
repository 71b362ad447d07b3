"""Scans as they come: askew, turned, coarse, stamped. The figures are those of the form, or a finding says otherwise."""

from __future__ import annotations

import io
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from data.maker import printed
from data.maker.scans import Scanner, as_pdf, pictures
from extractors import read, scan
from extractors.files import File
from extractors.pdf_rules import Rule
from extractors.pdf_text import Char
from extractors.pictures import picture, sizes
from extractors.scan_lines import without_letters
from pipeline.batch.run import attempt
from pipeline.extract import Extraction, as_json, as_record, extract
from pipeline.review import drawing
from schema.document import Table
from tests.conftest import GOLD, ROOT, share, unlike
from tests.test_formats import same

SCANNERS = {
    "coarse, askew": ("council-2021", Scanner(150, -1.5, noise=10, quality=35)),
    "fine": ("council-2021", Scanner(300, 0.6)),
    "on its side": ("culture-2022", Scanner(200, 0.3, turn=90)),
    "stamped": ("culture-2022", Scanner(200, 0.5, noise=6, quality=50, stamp=True)),
    "on its head": ("culture-2022", Scanner(200, -0.3, turn=180)),
    "on its other side, stamped": ("council-2021", Scanner(200, -0.4, turn=270, stamp=True)),
}

SHORT = """# 项目支出绩效自评表
| 项目名称 | 河道保洁 | < | < | < | < |
| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 分值 | 得分 |
| 产出指标 | 数量指标 | 保洁里程 | ≥20公里 | 60 | 58 |
| ^ | 质量指标 | 合格率 | ≥95% | 40 | 40 |
"""


def gold(name: str) -> Any:
    return same(json.loads((GOLD / f"{name}.json").read_text(encoding="utf-8"), parse_float=Decimal))


def record(extraction: Extraction) -> Any:
    return same(json.loads(as_json(as_record(extraction)), parse_float=Decimal))


def scanned(name: str, scanner: Scanner) -> list[bytes]:
    return pictures((ROOT / "data" / "formats" / f"{name}.pdf").read_bytes(), scanner)


@pytest.mark.parametrize("kind", share(SCANNERS, 3))
def test_a_scan_gives_the_record_of_its_form(kind: str, tmp_path: Path) -> None:
    name, scanner = SCANNERS[kind]
    path = tmp_path / "scan.pdf"
    path.write_bytes(as_pdf(scanned(name, scanner), scanner.dpi))
    read, wanted = record(extract(path)), gold(name)
    assert unlike(plain(wanted, scanner), plain(read, scanner)) == []


def plain(value: Any, scanner: Scanner) -> Any:
    """The stated parts of a record; under a stamp a comma may be lost."""

    def without(node: Any) -> Any:
        if isinstance(node, str):
            return re.sub("[,，。]", "", node)
        if isinstance(node, dict):
            return {key: without(item) for key, item in node.items()}
        return [without(item) for item in node] if isinstance(node, list) else node

    parts = {part: value[part] for part in ("report", "forms", "findings")}
    return without(parts) if scanner.stamp else parts


@pytest.mark.parametrize("turn", share((270, 90, 180), 3))
def test_a_page_on_its_side_is_read_as_the_upright_one(turn: int, tmp_path: Path) -> None:
    upright, turned = tmp_path / "upright.pdf", tmp_path / "turned.pdf"
    upright.write_bytes(printed.pdf(SHORT))
    turned.write_bytes(as_pdf(pictures(upright.read_bytes(), Scanner(200, turn=turn)), 200))
    read = record(extract(turned))
    assert len(read["forms"][0]["indicators"]) == 2
    assert unlike(record(extract(upright)), read) == []


@pytest.mark.parametrize("turn", share((90, 180, 270), 3))
def test_a_turned_page_is_drawn_as_it_was_read_with_each_cell_in_its_place(turn: int, tmp_path: Path) -> None:
    path = tmp_path / "turned.pdf"
    upright = printed.pdf(SHORT)
    path.write_bytes(as_pdf(pictures(upright, Scanner(200, turn=turn)), 200))
    document = read(File(path))
    (page,) = document.pages
    assert page.turned in (90, 180, 270)
    (outlined,) = drawing.outlined(document, sizes(path.read_bytes(), path, "pdf"))
    path.with_name("upright.pdf").write_bytes(upright)
    text = read(File(path.with_name("upright.pdf")))
    (wanted,) = drawing.outlined(text, sizes(upright, path, "pdf"))
    found, cells = ({key: box for key, *box in one.spots if key.split("/")[2]} for one in (outlined, wanted))
    assert len(cells) > 15
    assert found.keys() >= cells.keys()
    for key, box in cells.items():
        assert found[key] == pytest.approx(box, abs=0.02), key
    drawn = Image.open(io.BytesIO(picture(path.read_bytes(), path, "pdf", 0, page.turned))).convert("L")
    seen = Image.open(io.BytesIO(picture(upright, path, "pdf", 0, None))).convert("L").resize(drawn.size)
    blurred = [np.asarray(one.filter(ImageFilter.GaussianBlur(6)), float).ravel() for one in (drawn, seen)]
    assert np.corrcoef(*blurred)[0, 1] > 0.8  # and not on its head


def test_a_photographed_page_is_read_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "page.jpg"
    path.write_bytes(scanned("council-2021", Scanner(200, 0.8))[0])
    extraction = extract(path)
    assert unlike({"forms": gold("council-2021")["forms"]}, {"forms": record(extraction)["forms"]}) == []
    (page,) = extraction.document.pages
    assert (page.reader, page.reason) == ("rapidocr", "图像页")


def test_a_page_of_pictures_among_pages_of_text_is_read_page_by_page(tmp_path: Path) -> None:
    import pypdfium2 as pdfium

    mixed = pdfium.PdfDocument((ROOT / "data" / "formats" / "culture-2022.pdf").read_bytes())
    picture = pdfium.PdfDocument(as_pdf(scanned("council-2021", Scanner(200, 0.4))[:1], 200))
    mixed.import_pages(picture)
    path = tmp_path / "mixed.pdf"
    mixed.save(path)
    extraction = extract(path)
    assert [page.reader for page in extraction.document.pages] == ["pdfium", "pdfium", "rapidocr"]
    titles = [form.title for form in extraction.submission.forms]
    assert titles == ["项目支出绩效自评表", "部门整体绩效目标自评表"]


def test_without_the_recogniser_a_scan_is_refused_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extractors.scan_text.available", lambda: False)
    path = tmp_path / "scan.pdf"
    path.write_bytes(as_pdf(scanned("council-2021", Scanner(100))[:1], 100))
    told = str(attempt(File(path)))
    assert "-m pip install" in told
    assert "rapidocr" in told
    assert "ziping[" not in told  # that name is another's on the public index


def test_the_strokes_of_large_letters_are_no_lines_and_a_line_beside_one_is() -> None:
    letter = Char("门", 100, 122, 50, 22)
    strokes = [Rule(False, 102, 31, 50), Rule(False, 120, 30, 51), Rule(True, 31, 102, 120)]
    border = Rule(False, 97, 24, 56)
    assert without_letters([*strokes, border], [letter]) == [border]


SIGNS = """# 项目支出绩效自评表

| 一级指标 | 二级指标 | 三级指标 | 符号 | 年度指标值 | 度量单位 | 实际完成值 | 分值 | 得分 | 备注 |
| 产出指标 | 数量指标 | 保洁里程 | ≥ | 20 | 公里 | 21 | 20 | 20 | / |
| ^ | 质量指标 | 合格率 | ≤ | 1 | ‰ | 0.9‰ | 11 | 1 | — |
| ^ | 时效指标 | 及时率 | ＝ | 100 | % | 100 | 20 | 20 | / |
| 效益指标 | 社会效益指标 | 就业 | — | / | / | / | / | / | / |
| ^ | 生态效益指标 | 绿化 | = | 7 | 亩 | 1 | 1 | 1 | / |
| 总分 | < | < | < | < | < | < | 100 | 95 | |
"""


@pytest.mark.parametrize("scanner", [Scanner(150, -0.8, quality=40), Scanner(200, 0.4, quality=60)])
def test_a_lone_stroke_is_told_from_a_one_by_its_ink(scanner: Scanner, tmp_path: Path) -> None:
    """`/` and `—` are where nothing was to fill in; read as 1 they would be a score."""
    path = tmp_path / "scan.pdf"
    path.write_bytes(as_pdf(pictures(printed.pdf(SIGNS), scanner), scanner.dpi))
    (table,) = (block for block in read(File(path)).blocks if isinstance(block, Table))
    cells = {(cell.row, cell.column): cell.text for cell in table.cells}
    wanted = [line.strip("| \n").split(" | ") for line in SIGNS.splitlines()[2:]]
    told = [
        (text, cells[row, column])
        for row, line in enumerate(wanted)
        for column, text in enumerate(line)
        if text in ("/", "—", "1")
    ]
    assert len(told) == 16
    assert [pair for pair in told if (pair[0] == "1") != (pair[1] == "1")] == []
    blank = sum(not read for _, read in told)  # at 150 dpi a dash may be too faint to be seen
    assert blank <= (scanner.dpi == 150)


# ---------------------------------------------------------------- what a page may cost
@pytest.mark.parametrize(("width", "height"), [(595, 842), (842, 1191), (1226, 1800), (6000, 6000), (1, 1)])
def test_no_page_is_drawn_larger_than_is_recognised_at_once(width: float, height: float) -> None:
    scale = scan.scale_of(width, height)
    assert width * height * scale**2 <= scan.MOST_PIXELS * 1.001
    assert scale == pytest.approx(scan.DPI / 72) or width * height > 842 * 1191


def test_a_photograph_is_made_smaller_before_it_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    seen: list[tuple[int, ...]] = []
    monkeypatch.setattr(
        scan, "laid_out", lambda pixels, number, scale: seen.append((*pixels.shape[:2], round(scale, 2)))
    )
    path = tmp_path / "photo.png"
    Image.new("RGB", (4000, 3000), "white").save(path)
    scan.pages(path.read_bytes(), path)
    (height, width, scale) = seen[0]
    assert height * width <= scan.MOST_PIXELS
    assert scale == pytest.approx(height / scan.A4, abs=0.01)
