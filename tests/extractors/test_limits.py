"""Every limit of a file: one more than it allows is refused by name, and what it allows is read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import extractors
from extractors import bundle, files, pdf, scan, sheet, web, word_package
from extractors.files import File
from extractors.names import kept, place, title
from schema.document import Table
from schema.errors import FileRefused
from tests.conftest import ROOT, SAMPLES

FORMATS = ROOT / "data" / "formats"
DOCX = SAMPLES / "water-2022.docx"


def refusal(path: Path) -> str:
    with pytest.raises(FileRefused) as told:
        extractors.read(path)
    return told.value.trouble


def test_a_file_of_more_than_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = DOCX.stat().st_size
    assert files.MAX_BYTES == 200 * 1024 * 1024
    monkeypatch.setattr(files, "MAX_BYTES", size)
    assert extractors.read(DOCX).blocks
    monkeypatch.setattr(files, "MAX_BYTES", size - 1)
    assert "文件过大" in refusal(DOCX)
    with zipfile.ZipFile(tmp_path / "包.zip", "w") as archive:
        archive.write(DOCX, "a.docx")
    monkeypatch.setattr(files, "MAX_BYTES", size * 2)
    (member,) = File(tmp_path / "包.zip").members((tmp_path / "包.zip").read_bytes())
    assert isinstance(member, File)
    assert member.data() == DOCX.read_bytes()
    monkeypatch.setattr(files, "MAX_BYTES", size - 1)
    with pytest.raises(FileRefused, match="文件过大"):
        member.data()


def test_a_file_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size is asked first, and not believed: /proc says 0 of what is endless."""
    endless = Path("/proc/kallsyms")
    if not endless.exists():
        pytest.skip("there is no /proc")
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    with pytest.raises(FileRefused, match="文件过大"):
        files._bytes(endless)


def test_a_docx_whose_parts_are_too_large_together(monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(DOCX) as archive:
        whole = sum(info.file_size for info in archive.infolist())
    assert word_package.MAX_UNPACKED == 512 * 1024 * 1024
    monkeypatch.setattr(word_package, "MAX_UNPACKED", whole)
    assert extractors.read(DOCX).blocks
    monkeypatch.setattr(word_package, "MAX_UNPACKED", whole - 1)
    assert "膨胀" in refusal(DOCX)


def test_a_sheet_whose_parts_or_cells_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    path = FORMATS / "culture-2022.xlsx"
    assert (sheet.MAX_UNPACKED, sheet.MAX_CELLS) == (64 * 1024 * 1024, 500_000)
    with monkeypatch.context() as patch:
        patch.setattr(sheet, "MAX_UNPACKED", 1000)
        assert "过大" in refusal(path)
    for name in ("culture-2022.xlsx", "culture-2022.xls"):
        with monkeypatch.context() as patch:
            patch.setattr(sheet, "MAX_CELLS", 1)
            assert "过大" in (told := refusal(FORMATS / name)) or "超过1个" in told, name
    assert extractors.read(path).blocks


def test_a_page_of_the_web_with_too_many_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    path = FORMATS / "culture-2022.html"
    cells = sum(len(block.cells) for block in extractors.read(path).blocks if isinstance(block, Table))
    assert web.MAX_CELLS == 500_000
    monkeypatch.setattr(web, "MAX_CELLS", cells // 2)
    assert f"超过{cells // 2}个" in refusal(path)


def test_what_is_nested_too_deep_is_refused_and_not_read_in_part(tmp_path: Path, docx: Callable[..., Path]) -> None:
    row = "<table><tr><td>甲"
    (tmp_path / "深.html").write_text("<html><body><p>一、概况</p>" + row * 25, encoding="utf-8")
    (tmp_path / "层.html").write_text("<html><body>" + "<div>" * 220 + "甲", encoding="utf-8")
    inside = "<w:tbl><w:tr><w:tc>" * 30 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 30
    controls = "<w:p>" + "<w:smartTag>" * 30 + "<w:r><w:t>甲</w:t></w:r>" + "</w:smartTag>" * 30 + "</w:p>"
    paths = [tmp_path / "深.html", tmp_path / "层.html"]
    paths += [docx(body=body, name=f"{i}.docx") for i, body in enumerate((inside, controls))]
    assert [refusal(path) for path in paths] == ["文件嵌套过深"] * 4


def test_a_pdf_of_too_many_pages_or_of_a_page_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    path = FORMATS / "culture-2022.pdf"
    document = extractors.read(path)
    assert (pdf.MAX_PAGES, pdf.MAX_SIDE) == (3000, 6000.0)
    with monkeypatch.context() as patch:
        patch.setattr(pdf, "MAX_PAGES", len(document.pages) - 1)
        assert f"{len(document.pages)}页" in refusal(path)
    with monkeypatch.context() as patch:
        patch.setattr(pdf, "MAX_SIDE", 500.0)
        assert "尺寸异常" in refusal(path)


def test_a_picture_of_too_many_frames_or_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Image.new("L", (400, 500), 255) for _ in range(3)]
    path = tmp_path / "三页.tiff"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert (scan.MAX_FRAMES, scan.MAX_PIXELS) == (500, 60_000_000)
    with monkeypatch.context() as patch:
        patch.setattr(scan, "MAX_FRAMES", 2)
        assert "超过2页" in refusal(path)
    with monkeypatch.context() as patch:
        patch.setattr(scan, "MAX_PIXELS", 400 * 500 - 1)
        assert "图片" in refusal(path)


# ---------------------------------------------------------------- archives
def members(data: bytes) -> list[str]:
    return [f.trouble if isinstance(f, FileRefused) else f.place.name for f in bundle.members(data, Path("包.zip"))]


def packed(count: int = 1) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(count):
            archive.writestr(f"{i}.txt", "文" * 100)
    return out.getvalue()


def test_a_member_with_a_password_is_refused_by_name() -> None:
    data = bytearray(packed(2))
    at = data.rfind(b"PK\1\2")  # the second in the list
    data[at + 8] |= 1
    assert members(bytes(data)) == ["0.txt", "压缩包有密码"]


def test_an_archive_of_too_many_members_bytes_or_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed(3)
    assert (bundle.MAX_MEMBERS, bundle.MAX_UNPACKED) == (5_000, 1 << 30)
    for name, most in (("MAX_MEMBERS", 2), ("MAX_UNPACKED", 899)):
        with monkeypatch.context() as patch:
            patch.setattr(bundle, name, most)
            with pytest.raises(FileRefused, match="过多或过大"):
                members(data)
            patch.setattr(bundle, name, most + 1)
            assert len(members(data)) == 3
    monkeypatch.setattr(bundle, "MAX_DIRECTORY", 100)
    with pytest.raises(FileRefused, match="过多或过大"):
        bundle.is_bundle(data, Path("包.zip"))


def test_an_archive_that_is_another_by_the_time_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "包.zip"
    path.write_bytes(packed(2))
    first, second = File(path).members(path.read_bytes())
    assert isinstance(first, File)
    assert isinstance(second, File)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("别.txt", "别的")
    for file in (first, second):
        with pytest.raises(FileRefused, match="有变"):
            file.data()


# ---------------------------------------------------------------- names
@pytest.mark.parametrize(
    "name", [b"\262\342.docx", b"<B2>.docx", b"<3C>B2>", b"\xff<", "好.docx".encode(), b"<D842>", b"a<b>c"]
)
def test_a_name_is_kept_to_the_byte(name: bytes) -> None:
    import os

    path = Path("/材料", os.fsdecode(name))
    text = kept(path)
    text.encode()
    assert os.fsencode(place(text)) == os.fsencode(path)
    title(path).encode()
