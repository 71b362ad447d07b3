"""Bad and hostile files: each refused in one line that names the file and a remedy, none of them a crash."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from extractors.files import File
from pipeline.batch.run import attempt
from pipeline.extract import Extraction
from schema.errors import ZipingError
from tests.conftest import W

Docx = Callable[..., Path]


def refusal(path: Path) -> str:
    result = attempt(File(path))
    assert isinstance(result, ZipingError), "was read"
    message = str(result)
    assert "\n" not in message
    assert path.name in message
    assert "内部出错" not in message, message
    return message


def repacked(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    path.write_bytes(out.getvalue())
    return path


def only_document(content: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, old: content if name == "word/document.xml" else old


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "空.docx"
    path.touch()
    assert "空的" in refusal(path)


def test_a_text_file_named_docx(tmp_path: Path) -> None:
    path = tmp_path / "假.docx"
    path.write_text("这不是Word文件", encoding="utf-8")
    assert "没有找到自评表" in refusal(path)


@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_truncated_docx(docx: Docx, tenths: int) -> None:
    path = docx("# 项目支出绩效自评表\n| 项目名称 | 甲 |\n")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * tenths // 10])
    assert "损坏" in refusal(path)


def test_a_password_protected_docx(tmp_path: Path) -> None:
    path = tmp_path / "锁.docx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"))
    assert "密码" in refusal(path)


def test_a_docx_whose_xml_is_broken(docx: Docx) -> None:
    path = repacked(docx("| 甲 |\n"), only_document(b"<w:document><w:body>"))
    assert "XML" in refusal(path)


def test_a_docx_with_a_zip_bomb_inside(docx: Docx) -> None:
    path = docx("| 甲 |\n")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/image1.xml", bytes(64 * 1024 * 1024))
    assert "膨胀" in refusal(path)


def test_a_docx_with_an_entity_bomb(docx: Docx) -> None:
    bomb = f'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:document {W}><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>'
    assert "实体" in refusal(repacked(docx("| 甲 |\n"), only_document(bomb.encode())))


def test_a_docx_that_asks_for_a_file_of_the_machine(docx: Docx) -> None:
    xxe = f'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><w:document {W}><w:body><w:p><w:r><w:t>&f;</w:t></w:r></w:p></w:body></w:document>'
    assert "实体" in refusal(repacked(docx("| 甲 |\n"), only_document(xxe.encode("utf-16"))))


def test_a_zip_that_is_no_word_document(tmp_path: Path) -> None:
    path = tmp_path / "包.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "甲")
    assert "压缩包" in refusal(path)


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"%PDF-1.7", "损坏"), (b"Rar!\x1a", "RAR"), (b"7z\xbc\xaf'", "7z"),
        (b"\x89PNG\r\n\x1a\n", "图片"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "损坏"),
    ],
)  # fmt: skip
def test_a_kind_of_file_that_cannot_be_read(tmp_path: Path, head: bytes, word: str) -> None:
    path = tmp_path / "件.docx"
    path.write_bytes(head + bytes(100))
    assert word in refusal(path)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert "不存在" in refusal(tmp_path / "无.docx")
    assert "文件夹" in refusal(tmp_path)


def test_tables_nested_very_deep(docx: Docx) -> None:
    depth = 400
    inside = "<w:tbl><w:tr><w:tc>" * depth + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * depth
    refusal(docx(body=inside))


def test_absurd_spans_cost_no_time(docx: Docx) -> None:
    span = '<w:tcPr><w:gridSpan w:val="99999999"/></w:tcPr>'
    refusal(docx(body=f"<w:tbl><w:tr><w:tc>{span}<w:p/></w:tc></w:tr></w:tbl>"))


@pytest.mark.parametrize("seed", range(60))
def test_flipped_bytes_never_crash_the_reader(docx: Docx, seed: int) -> None:
    rng = random.Random(seed)
    path = docx("# 项目支出绩效自评表\n| 项目名称 | 甲 |\n| 一级指标 | 三级指标 |\n")
    data = bytearray(path.read_bytes())
    for _ in range(rng.randint(1, 20)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    path.write_bytes(bytes(data))
    result = attempt(File(path))
    assert isinstance(result, Extraction) or "内部出错" not in str(result), result
