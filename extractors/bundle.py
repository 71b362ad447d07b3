"""Archives (.zip) → the files inside, each a file of its own with the archive as its place.

Nothing is unpacked to disk, and listing an archive reads none of its members. Names are read as UTF-8 where the archive says so
or they can be nothing else, else as GBK. An archive in an archive is opened, one in that is not.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from schema.errors import FileRefused

MAX_MEMBERS = 5_000
MAX_UNPACKED = 1024 * 1024 * 1024
MAX_RATIO = 500
MAX_DIRECTORY = 16 * 1024 * 1024  # bytes of an archive's list of members: reading it takes seconds, not minutes
ZIPPED = (b"PK\x03\x04", b"PK\x05\x06")  # how an archive begins
_NESTED = 2  # an archive, and one in it
_OFFICE = ("word/", "xl/", "ppt/", "docProps/", "[Content_Types].xml")
_NOTHING = ("__MACOSX/", "~$", ".DS_Store", "Thumbs.db", "desktop.ini")
_END = struct.Struct("<4s4H2LH")
_LOCATOR, _END_64 = struct.Struct("<4sLQL"), struct.Struct("<4sQ2H2L4Q")
_COMMENT = 65_535
_CHINESE = re.compile("[\u3400-\u9fff]")
# What zipfile raises on an archive that is not what it says.
BROKEN = (
    zipfile.BadZipFile,
    ValueError,
    OSError,
    EOFError,
    NotImplementedError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)


class _TooLong(ValueError):
    """An archive's list of members is too long to be read."""


class Member(NamedTuple):
    """A file in an archive: its place, its number there, and how many bytes it says it has."""

    place: Path
    number: int
    size: int


def opened(file: Path | bytes) -> zipfile.ZipFile:
    """An archive. Raises one of BROKEN."""
    stream = io.BytesIO(file) if isinstance(file, bytes) else file.open("rb")
    try:
        if _directory(stream) > MAX_DIRECTORY:
            raise _TooLong
        return zipfile.ZipFile(stream)
    except BaseException:
        stream.close()
        raise


def _directory(stream: io.BufferedReader | io.BytesIO) -> int:
    """Bytes of an archive's list of members, by its end; 0 where there is no end."""
    size = stream.seek(0, io.SEEK_END)
    begin = stream.seek(max(size - _COMMENT - _END.size - _LOCATOR.size, 0))
    tail = stream.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < _END.size:
        return 0
    told: int = _END.unpack_from(tail, at)[5]
    if tail[at - _LOCATOR.size : at - _LOCATOR.size + 4] == b"PK\6\7":
        stream.seek(min(_LOCATOR.unpack_from(tail, at - _LOCATOR.size)[2], begin + at))
        end = stream.read(_END_64.size)
        if len(end) == _END_64.size:
            told = max(told if told != 0xFFFFFFFF else 0, _END_64.unpack(end)[8])
    stream.seek(0)
    return told


def is_bundle(file: Path | bytes, path: Path) -> bool:
    """Is this an archive of files, and not one of Office's own? Raises FileRefused where it has too many to tell."""
    try:
        with opened(file) as archive:
            return not any(name.startswith(_OFFICE) for name in archive.namelist())
    except _TooLong:
        raise FileRefused(path, *TOO_MUCH) from None
    except BROKEN:
        return False


def members(file: Path | bytes, path: Path, depth: int = 1) -> Iterator[Member | FileRefused]:
    """Every file in an archive, in order of name, without reading it; one that must not be read comes as its refusal. depth: 2 for
    an archive in an archive. Raises FileRefused where the archive itself must not be opened."""
    if depth > _NESTED:
        raise FileRefused(path, "压缩包套了不止一层", "请解压后再提交")
    with opened(file) as archive:
        infos = [(n, i) for n, i in enumerate(archive.infolist()) if not i.is_dir() and not _ornament(_name(i))]
    if not infos:
        raise FileRefused(path, "压缩包里没有文件", "请核对后重新提交")
    if over(len(infos), sum(info.file_size for _, info in infos)):
        raise FileRefused(path, *TOO_MUCH)
    for number, info in sorted(infos, key=lambda numbered: _name(numbered[1])):
        place = path / _inside(_name(info))
        if info.file_size > 4 * 1024 * 1024 and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            yield FileRefused(place, "文件解压后异常膨胀", "疑似压缩炸弹，请向单位核实后重新索取")
        elif info.flag_bits & 1:
            yield FileRefused(place, "压缩包有密码", "请去掉密码后再提交")
        else:
            yield Member(place, number, info.file_size)


TOO_MUCH = ("压缩包里的文件过多或过大", "请分成几个压缩包提交")


def over(count: int, size: int) -> bool:
    """Are so many members, of so many bytes together, more than one archive may hold, those in it included?"""
    return count > MAX_MEMBERS or size > MAX_UNPACKED


def content(archive: Path, numbers: tuple[int, ...], place: Path) -> bytes:
    """The bytes of a member, by its number in an archive, or by those of the archive in it and the member there. Raises FileRefused
    where it is damaged, or another than when the archive was listed."""
    try:
        held = _held(archive, state(archive), numbers[:-1])
        info = held.infolist()[numbers[-1]]
        if not str(place).endswith(str(_inside(_name(info)))):
            raise FileRefused(place, "压缩包在读取时有变", "请再运行一次")
        return held.read(info)
    except IndexError:
        raise FileRefused(place, "压缩包在读取时有变", "请再运行一次") from None
    except BROKEN as error:
        trouble = f"压缩包里的文件已损坏（{type(error).__name__}）"
        raise FileRefused(place, trouble, "请重新压缩后提交") from None


@lru_cache(maxsize=2)
def _held(archive: Path, state: tuple[int, int], numbers: tuple[int, ...]) -> zipfile.ZipFile:
    """An archive, or the one in it of these numbers, kept open for its next member."""
    if not numbers:
        return opened(archive.read_bytes() if state == _UNKNOWN else archive)
    held = _held(archive, state, numbers[:-1])
    return opened(held.read(held.infolist()[numbers[-1]]))


_UNKNOWN = (0, 0)


def state(archive: Path) -> tuple[int, int]:
    """What tells an archive from a later one in its place; of one elsewhere, which is fetched once, nothing."""
    from extractors.remote import Remote

    if isinstance(archive, Remote):
        return _UNKNOWN
    found = archive.stat()
    return found.st_mtime_ns, found.st_size


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name: what Windows wrote in GBK and what macOS wrote in UTF-8 are stored as if they were code page 437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    with suppress(UnicodeDecodeError):
        name = raw.decode("utf-8")
        if _CHINESE.search(name):  # two bytes of GBK may be UTF-8 too, but of another script
            return name
    with suppress(UnicodeDecodeError):
        return raw.decode("gb18030")
    return info.filename


def _inside(name: str) -> Path:
    """The name as a place inside the archive: no root, no way out, on one line."""
    shown = "".join(ch if ch.isprintable() else " " for ch in name)
    parts = [part for part in shown.replace("\\", "/").split("/") if part.strip() not in ("", ".", "..")]
    return Path(*parts) if parts else Path("无名文件")


def _ornament(name: str) -> bool:
    return name.startswith(_NOTHING[0]) or name.rsplit("/", 1)[-1].startswith(_NOTHING[1:])
