"""Archives (.zip) → the files inside, each a file of its own with the archive as its place.

Nothing is unpacked to disk. Names are read as UTF-8 where the archive says so, else as GBK; an archive inside an
archive is opened once; limits on number, size and ratio hold for all of it.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from schema.errors import FileRefused

MAX_MEMBERS = 5_000
MAX_UNPACKED = 1024 * 1024 * 1024
MAX_RATIO = 500
_OFFICE = ("word/", "xl/", "ppt/", "docProps/", "[Content_Types].xml")
_NOTHING = ("__MACOSX/", "~$", ".DS_Store", "Thumbs.db", "desktop.ini")


def is_bundle(file: Path | bytes) -> bool:
    """Is this an archive of files, and not one of Office's own?"""
    try:
        with zipfile.ZipFile(io.BytesIO(file) if isinstance(file, bytes) else file) as archive:
            return not any(name.startswith(_OFFICE) for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error):
        return False


def members(data: bytes, path: Path) -> Iterator[tuple[Path, bytes] | FileRefused]:
    """(place, bytes) of every file in an archive, in order of name; a member that cannot be read comes as its
    refusal. Raises FileRefused where the archive itself must not be opened."""
    yield from _members(data, path, [MAX_MEMBERS], [MAX_UNPACKED], nested=False)


def _members(
    data: bytes, path: Path, count: list[int], size: list[int], nested: bool
) -> Iterator[tuple[Path, bytes] | FileRefused]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = [i for i in archive.infolist() if not i.is_dir() and not _ornament(_name(i))]
        if not infos:
            yield FileRefused(path, "压缩包里没有文件", "请核对后重新提交")
        for info in sorted(infos, key=_name):
            place = path / _inside(_name(info))
            count[0] -= 1
            size[0] -= info.file_size
            if count[0] < 0 or size[0] < 0:
                raise FileRefused(path, "压缩包里的文件过多或过大", "请分成几个压缩包提交")
            if info.file_size > 4 * 1024 * 1024 and info.file_size > MAX_RATIO * max(info.compress_size, 1):
                yield FileRefused(place, "文件解压后异常膨胀", "疑似压缩炸弹，请向单位核实后重新索取")
                continue
            if info.flag_bits & 1:
                yield FileRefused(place, "压缩包有密码", "请去掉密码后再提交")
                continue
            try:
                content = archive.read(info)
            except (
                zipfile.BadZipFile,
                zlib.error,
                EOFError,
                OSError,
                NotImplementedError,
                ValueError,
            ) as error:
                yield FileRefused(
                    place, f"压缩包里的文件已损坏（{type(error).__name__}）", "请重新压缩后提交"
                )
                continue
            if is_bundle(content):
                if nested:
                    yield FileRefused(place, "压缩包套了不止一层", "请解压后再提交")
                else:
                    yield from _members(content, place, count, size, nested=True)
            else:
                yield place, content


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name: what Windows wrote in GBK is stored as if it were code page 437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.filename


def _inside(name: str) -> Path:
    """The name as a place inside the archive: no root, no way out, on one line."""
    shown = "".join(ch if ch.isprintable() else " " for ch in name)
    parts = [part for part in shown.replace("\\", "/").split("/") if part.strip() not in ("", ".", "..")]
    return Path(*parts) if parts else Path("无名文件")


def _ornament(name: str) -> bool:
    return name.startswith(_NOTHING[0]) or name.rsplit("/", 1)[-1].startswith(_NOTHING[1:])
