"""Archives: each member a file of its own; names in GBK, archives in archives, limits, ways out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from extractors import bundle
from extractors.files import find
from schema.errors import FileRefused
from tests.conftest import SAMPLES

FORM = (SAMPLES / "culture-2022.docx").read_bytes()


class _Unmarked(zipfile.ZipInfo):
    """A member whose name does not say in which encoding it is: Windows writes it in GBK, macOS in UTF-8."""

    encoding = "gb18030"

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode(self.encoding), self.flag_bits & ~0x800


def archive(entries: dict[str, bytes], encoding: str | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            if encoding is not None:
                info = _Unmarked(name)
                info.encoding = encoding
            made.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def found(tmp_path: Path, data: bytes) -> list[str]:
    path = tmp_path / "包.zip"
    path.write_bytes(data)
    return [str(f.path.relative_to(tmp_path)) if not isinstance(f, FileRefused) else f.trouble for f in find([path])]


def test_every_member_is_a_file_with_the_archive_as_its_place(tmp_path: Path) -> None:
    assert found(tmp_path, archive({"乙/表.docx": FORM, "甲.docx": FORM})) == [
        "包.zip/乙/表.docx",
        "包.zip/甲.docx",
    ]


def test_names_that_windows_wrote_in_gbk_are_read(tmp_path: Path) -> None:
    assert found(tmp_path, archive({"某局自评表.docx": FORM}, encoding="gb18030")) == ["包.zip/某局自评表.docx"]


@pytest.mark.parametrize("name", ["某局自评表.docx", "模板模块.docx", "联通.docx", "a.docx"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_names_without_a_mark_are_read_as_macos_and_windows_wrote_them(
    name: str, encoding: str, tmp_path: Path
) -> None:
    assert found(tmp_path, archive({name: FORM}, encoding)) == [f"包.zip/{name}"]


def test_an_archive_in_an_archive_is_opened_once(tmp_path: Path) -> None:
    inner = archive({"表.docx": FORM})
    assert found(tmp_path, archive({"内.zip": inner})) == ["包.zip/内.zip/表.docx"]
    assert found(tmp_path, archive({"外.zip": archive({"内.zip": inner})})) == ["压缩包套了不止一层"]


def test_a_member_cannot_leave_its_archive(tmp_path: Path) -> None:
    assert found(tmp_path, archive({"../../etc/passwd": b"x", "C:\\a\\b.docx": FORM})) == [
        "包.zip/etc/passwd", "包.zip/C:/a/b.docx",
    ]  # fmt: skip


def test_ornaments_are_left_out_and_an_empty_archive_is_said_so(tmp_path: Path) -> None:
    assert found(tmp_path, archive({"__MACOSX/._a": b"x", "~$表.docx": b"x", "表.docx": FORM})) == ["包.zip/表.docx"]
    assert found(tmp_path, archive({"__MACOSX/._a": b"x"})) == ["压缩包里没有文件"]


def test_a_bomb_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    data = archive({"炸弹.docx": bytes(80 * 1024 * 1024), "表.docx": FORM})
    assert sorted(found(tmp_path, data)) == ["包.zip/表.docx", "文件解压后异常膨胀"]


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "MAX_MEMBERS", 2)
    assert found(tmp_path, archive({f"{i}.docx": FORM for i in range(3)}))[-1] == "压缩包里的文件过多或过大"


def test_an_archive_with_any_ending_is_opened_and_an_office_file_is_not(tmp_path: Path) -> None:
    path = tmp_path / "包.docx"
    path.write_bytes(archive({"表.docx": FORM}))
    assert [f.path.name for f in find([path]) if not isinstance(f, FileRefused)] == ["表.docx"]
    assert [f.path for f in find([SAMPLES / "culture-2022.docx"]) if not isinstance(f, FileRefused)] == [
        SAMPLES / "culture-2022.docx"
    ]


def test_the_command_reads_an_archive_into_the_store(ziping: Callable[..., object], tmp_path: Path) -> None:
    (tmp_path / "包.zip").write_bytes(archive({"甲/表.docx": FORM, "乙/坏.docx": b"PK"}))
    done = ziping("ingest", tmp_path / "包.zip", "--store", "s.db")
    assert done.returncode == 1  # type: ignore[attr-defined]
    listed = ziping("status", "--list", "--store", "s.db").stdout  # type: ignore[attr-defined]
    assert "自评材料：1" in listed
    assert "坏.docx" in listed


def test_a_member_that_says_it_is_ten_gigabytes_is_refused_unopened(tmp_path: Path) -> None:
    """[APPNOTE 4.4.9] the size in the central directory; Zip64 (4.5.3) holds what four bytes cannot."""
    info = zipfile.ZipInfo("大.docx")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(info, FORM)
        info.file_size = 10 * 1024**3
    assert found(tmp_path, out.getvalue()) == ["压缩包里的文件过多或过大"]
