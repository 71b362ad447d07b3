"""A year's inbox of damaged and crafted files through the command's own pool: one outcome each, nothing dies, the good are loaded."""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from pipeline.store.opening import open_store
from schema.relational import tables
from tests.conftest import ROOT, SAMPLES
from tests.extractors.test_damaged import OTHERS, flipped
from tests.pipeline.batch.test_holds import listing, paper, pdf_of, zipped
from tests.pipeline.batch.test_kept import filled

BIN = Path(sys.executable).parent
FORMATS = ROOT / "data" / "formats"
FEW, MANY = 1, 300  # mutations of a format in `make test` and in `make soak`
GOOD = [(SAMPLES / name).read_bytes() for name in ("water-2022.docx", "culture-2022.docx", "council-2021.docx")]
BASES: dict[str, Callable[[], bytes]] = {
    "docx": (SAMPLES / "culture-2022.docx").read_bytes,
    **{
        name.rsplit(".", 1)[1]: (FORMATS / name).read_bytes
        for name in (
            "justice-2020.doc",
            "culture-2022.pdf",
            "culture-2022.xlsx",
            "culture-2022.xls",
            "culture-2022.html",
        )
    },
    "zip": OTHERS["bundle.zip"],
    "jpg": OTHERS["photo.jpg"],
    "txt": lambda: "一、项目概况\n新建管网3公里。\n二、资金情况\n年初预算20万元，支出18万元。\n".encode(),
    "rtf": lambda: b"{\\rtf1\\ansi\\ansicpg936 " + "一、项目概况\n".encode("gb18030") + b"\\par abc}",
    "mht": lambda: (
        b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html; charset=utf-8\n\n"
        + (FORMATS / "culture-2022.html").read_bytes()
        + b"\n--b--\n"
    ),
}
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


# ---------------------------------------------------------------- crafted files
def _with(base: bytes, part: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(base)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return out.getvalue()


def _docx(body: str) -> bytes:
    document = f'<?xml version="1.0"?><w:document {_W}><w:body>{body}</w:body></w:document>'
    return _with(GOOD[1], "word/document.xml", document.encode())


def _xlsx(part: str, content: str) -> bytes:
    return _with((FORMATS / "culture-2022.xlsx").read_bytes(), part, content.encode())


def _stream(content: bytes, more: bytes = b"") -> bytes:
    packed = zlib.compress(content)
    return b"<<%s/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (more, len(packed), packed)


def _page(content: bytes, box: bytes = b"0 0 595 842", means: bytes = b"", *more: bytes) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>%s>>>>" % (
        box,
        means,
    )
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    return pdf_of(
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, _stream(content), font, *more
    )  # fmt: skip


def _picture(width: int, height: int) -> bytes:
    head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 1/ColorSpace/DeviceGray" % (
        width,
        height,
    )
    return _stream(bytes(width * height // 8), head)


def _nested_bomb() -> bytes:
    inner = zipped({"a.txt": bytes(60 << 20)})
    middle = zipped({f"{i}.zip": inner for i in range(10)})
    return zipped({**{f"{i}.zip": middle for i in range(10)}, "zz.docx": GOOD[2] + b"1"})


def _overlapping() -> bytes:
    """Four thousand entries of one member."""
    packer = zlib.compressobj(9, 8, -15)
    whole = bytes(260_000)
    packed = packer.compress(whole) + packer.flush()
    crc = zlib.crc32(whole)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, crc, len(packed), len(whole), 1, 0) + b"a" + packed
    entry = struct.pack(
        "<IHHHHHHIIIHHHHHII",
        0x02014B50,
        20,
        20,
        0,
        8,
        0,
        0,
        crc,
        len(packed),
        len(whole),
        1,
        0,
        0,
        0,
        0,
        0,
        0,
    )
    directory = (entry + b"a") * 4000
    return local + directory + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 4000, 4000, len(directory), len(local), 0)


def _entities(kind: str) -> str:
    told = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10 if i else "lol" * 10}">' for i in range(10))
    return f"<!DOCTYPE {kind} [{told}]>"


def _forms(count: int) -> bytes:
    """A page of forms, each of which draws the next ten times."""
    more = []
    for i in range(count):
        text = b"/X Do " * 10 if i < count - 1 else b"BT /F 12 Tf (abcdef) Tj ET"
        means = b"/Type/XObject/Subtype/Form/BBox[0 0 999 999]/Resources<</Font<</F 5 0 R>>/XObject<</X %d 0 R>>>>" % (
            7 + i
        )
        more.append(_stream(text, means))
    return _page(b"/X Do", b"0 0 595 842", b"/XObject<</X 6 0 R>>", *more)


def crafted() -> Iterator[tuple[str, bytes]]:
    """(name, content) of every crafted file."""
    yield "empty.docx", b""
    yield "head.docx", b"PK\x03\x04"
    yield "nul.txt", b"\0" * 5000
    yield "nul.html", b"<html><body><p>\0\0</p></body></html>"
    yield "ole.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096)
    yield "ole.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"W\0o\0r\0k\0b\0o\0o\0k\0" * 200
    yield "odd.png", b"\x89PNG\r\n\x1a\n" + os.urandom(200)
    yield "odd.tif", b"II*\0\x08\0\0\0\xff\xff" + os.urandom(200)
    yield "odd.jpg", b"\xff\xd8\xff\xe0" + os.urandom(200)
    yield "nestbomb.zip", _nested_bomb()
    yield "entries.zip", listing(700_000)
    yield "overlap.zip", _overlapping()
    yield "names.zip", zipped({
        name: GOOD[0] + b"%d" % i
        for i, name in enumerate(("../../evil.docx", "/etc/evil.docx", "C:\\x\\y.docx", "x\ny.docx", "\x1b[31mz.docx", "\u202excod.docx", ".", "a/" * 300 + "d.docx"))  # noqa: E501
    })  # fmt: skip
    yield "lzma.zip", zipped({"a.docx": GOOD[1] + b"l"}, zipfile.ZIP_LZMA)[:-30]
    yield "bz2.zip", zipped({"a.docx": GOOD[1] + b"b"}, zipfile.ZIP_BZIP2)
    yield "empty.zip", zipped({})
    link = io.BytesIO()
    with zipfile.ZipFile(link, "w") as archive:
        member = zipfile.ZipInfo("link.docx")
        member.external_attr = 0o120777 << 16
        archive.writestr(member, "/etc/passwd")
    yield "link.zip", link.getvalue()
    yield "three.zip", zipped({"a.zip": zipped({"b.zip": zipped({"c.docx": GOOD[0] + b"c"})})})
    yield (
        "locked.docx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"),
    )
    yield "packed.rar", b"Rar!\x1a\x07\x01\x00" + os.urandom(100)
    yield "packed.7z", b"7z\xbc\xaf\x27\x1c" + os.urandom(100)
    for depth in (24, 26, 200, 5000):
        yield (
            f"nest{depth}.docx",
            _docx("<w:tbl><w:tr><w:tc>" * depth + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * depth),
        )
    yield (
        "sdt.docx",
        _docx("<w:sdt><w:sdtContent>" * 120 + "<w:p><w:r><w:t>甲</w:t></w:r></w:p>" + "</w:sdtContent></w:sdt>" * 120),
    )
    yield (
        "rows.docx",
        _docx("<w:tbl>" + "<w:tr><w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc></w:tr>" * 30_000 + "</w:tbl>"),
    )
    yield (
        "span.docx",
        _docx('<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="99999999"/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>'),
    )
    yield "surrogate.docx", _docx("<w:p><w:r><w:t>一、&#55362;&#57271;</w:t></w:r></w:p>")
    yield "controls.docx", _docx("<w:p><w:r><w:t>&#1;&#0;</w:t></w:r></w:p>")
    yield "noroot.docx", _with(GOOD[1], "word/document.xml", b"")
    yield "norels.docx", _with(GOOD[1], "word/_rels/document.xml.rels", b"<Relationships/>")
    yield "rels.docx", _with(GOOD[1], "_rels/.rels", b"")
    for kind, part in (
        ("worksheet", "xl/worksheets/sheet1.xml"),
        ("sst", "xl/sharedStrings.xml"),
        ("workbook", "xl/workbook.xml"),
    ):
        yield (
            f"entity-{kind}.xlsx",
            _xlsx(part, f'<?xml version="1.0"?>{_entities(kind)}<{kind} {_S}>&a9;</{kind}>'),
        )
    yield (
        "far.xlsx",
        _xlsx(
            "xl/worksheets/sheet1.xml",
            f'<worksheet {_S}><dimension ref="A1:XFD1048576"/><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>',  # noqa: E501
        ),
    )
    yield (
        "merged.xlsx",
        _xlsx(
            "xl/worksheets/sheet1.xml",
            f'<worksheet {_S}><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>',  # noqa: E501
        ),
    )
    yield (
        "cells.xlsx",
        _xlsx(
            "xl/worksheets/sheet1.xml",
            f"<worksheet {_S}><sheetData>"
            + "".join(
                f'<row r="{i}"><c r="A{i}"><v>{i}</v></c><c r="T{i}"><v>1e308</v></c></row>' for i in range(1, 2_001)
            )
            + "</sheetData></worksheet>",
        ),
    )
    yield (
        "number.xlsx",
        _xlsx(
            "xl/worksheets/sheet1.xml",
            f'<worksheet {_S}><sheetData><row r="1"><c r="A1"><v>1e999</v></c><c r="B1"><v>-1e308</v></c></row></sheetData></worksheet>',
        ),
    )
    for depth in (300, 10_000):
        yield f"div{depth}.html", ("<html><body>" + "<div>" * depth + "甲").encode()
        yield f"table{depth}.html", ("<html><body>" + "<table><tr><td>" * depth + "甲").encode()
    yield "span.html", b"<html><body><table>" + b'<tr><td rowspan="999999" colspan="999999">a</td></tr>' * 900
    yield (
        "cells.html",
        ("<html><body><table>" + "<tr>" + "<td>甲</td>" * 50 + "</tr>" + "<tr><td>乙</td></tr>" * 20_000).encode(),
    )
    yield "size.pdf", _page(b"BT /F 12 Tf (abc) Tj ET", b"0 0 1000000000 1000000000")
    yield "turned.pdf", _page(b"BT /F 12 Tf (abc) Tj ET", b"0 0 -595 -842")
    yield "recursion.pdf", _page(b"/X Do", b"0 0 595 842", b"/XObject<</X 6 0 R>>", _stream(
        b"/X Do /X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>"))  # fmt: skip
    yield "forms.pdf", _forms(30)
    yield (
        "image.pdf",
        _page(b"q 595 0 0 842 0 0 cm /I Do Q", b"0 0 595 842", b"/XObject<</I 6 0 R>>", _picture(30_000, 30_000)),
    )
    yield (
        "scan.pdf",
        _page(b"q 500 0 0 500 0 0 cm /I Do Q", b"0 0 5900 5900", b"/XObject<</I 6 0 R>>", _picture(800, 800)),
    )
    yield (
        "pages.pdf",
        pdf_of(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[%s]/Count 10000>>" % b" ".join(b"%d 0 R" % (3 + i) for i in range(10_000)),
            *[b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"] * 10_000,
        ),
    )
    yield (
        "count.pdf",
        pdf_of(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 2147483647>>"),
    )
    yield (
        "rules.pdf",
        _page(b"".join(b"%d %d m %d %d l S " % (i % 590, i % 830, i * 7 % 590, i % 830) for i in range(100_000))),
    )
    yield (
        "chars.pdf",
        _page(
            b"BT /F 1 Tf "
            + b"".join(b"1 0 0 1 %d %d Tm (abcdefghijklmnopqrst) Tj " % (i % 590, i % 830) for i in range(20_000))
            + b"ET"
        ),
    )
    yield "halves.pdf", paper(b"BT /F 12 Tf 60 700 Td (ABA) Tj ET")
    yield "stream.pdf", _page(b"0 " * 40_000_000)
    yield (
        "locked.pdf",
        b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R/Encrypt<</Filter/Standard/V 9>>>>",
    )
    for figure in ("1" + "0" * 40, "9" * 2000):
        yield (
            f"figure{len(figure)}.html",
            f"<html><body><p>项目支出绩效自评表</p><table><tr><td>一级指标</td><td>三级指标</td><td>指标值</td></tr><tr><td>产出指标</td><td>甲</td><td>{figure}</td></tr></table>".encode(),
        )


# ---------------------------------------------------------------- the tree of a run
class Watch(threading.Thread):
    """The most memory that a process and all it began have held together (proportional share), and how much each grew."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process, self.peak, self.samples = psutil.Process(pid), 0, 0

    def run(self) -> None:
        while self.process.is_running():
            held = 0
            try:
                for one in (self.process, *self.process.children(recursive=True)):
                    try:
                        held += one.memory_full_info().pss
                    except psutil.Error:
                        continue
            except psutil.Error:
                return
            self.peak, self.samples = max(self.peak, held), self.samples + 1
            time.sleep(0.25)


def inbox(folder: Path, count: int, seed: int, step: int = 1) -> int:
    """Fills a folder with so many mutations of each format and every step-th crafted file; how many files it holds, the good ones
    with them."""
    folder.mkdir()
    files = 0
    for ending, base in BASES.items():
        whole = base()
        for i in range(count):
            (folder / f"{ending}-{i:03d}.{ending}").write_bytes(flipped(whole, seed + i))
            files += 1
    for name, content in islice(crafted(), seed % step, None, step):
        (folder / f"x-{name}").write_bytes(content)
        files += 1
    for i, content in enumerate(GOOD):
        (folder / f"好{i}.docx").write_bytes(content)
    return files + len(GOOD)


def through_the_command(folder: Path, url: str, files: int, jobs: int) -> int:
    """Reads the folder by the command; the most memory that all its processes held together, in bytes."""
    command = [BIN / "ziping", "ingest", folder, "--store", url, "--jobs", str(jobs), "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watch = Watch(process.pid)
    watch.start()
    _, said = process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in said
    assert "内部出错" not in said, [line for line in said.splitlines() if "内部出错" in line]
    store = open_store(url)
    o = tables.outcome.c
    with store.reading() as connection:
        rows = connection.execute(sa.select(o.path, o.outcome, o.reason)).all()
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.lease)).scalar_one() == 0
    store.close()
    told = {row.path: row for row in rows}
    assert len(told) == len(rows)
    for path in folder.iterdir():  # an archive that was opened is told by its members
        inside = [p for p in told if p == str(path) or p.startswith(f"{path}/")]
        assert inside, path
    for i in range(len(GOOD)):
        assert told[str(folder / f"好{i}.docx")].outcome in ("read", "partly", "known")
    assert watch.samples > 3
    assert len(list(folder.iterdir())) == files
    return watch.peak


def test_damaged_and_crafted_files_cost_themselves_alone(tmp_path: Path) -> None:
    files = inbox(tmp_path / "材料", FEW, random.randrange(10**6), 9)
    through_the_command(tmp_path / "材料", str(tmp_path / "s.db"), files, 2)


@pytest.mark.soak
def test_thousands_of_damaged_and_crafted_files_cost_themselves_alone(url: str, tmp_path: Path) -> None:
    files = inbox(tmp_path / "材料", MANY, 0)
    peak = through_the_command(tmp_path / "材料", url, files, 2)
    assert peak <= 2 * (3 << 30) + (500 << 20)


# ---------------------------------------------------------------- a long run
class Growth(threading.Thread):
    """What each process of a run holds (RSS), again and again; a page that it shared and has written to counts once, before and after."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process(pid)
        self.held: dict[int, list[tuple[float, int]]] = {}

    def run(self) -> None:
        while self.process.is_running():
            try:
                for one in (self.process, *self.process.children(recursive=True)):
                    try:
                        self.held.setdefault(one.pid, []).append((time.monotonic(), one.memory_info().rss))
                    except psutil.Error:
                        continue
            except psutil.Error:
                return
            time.sleep(0.5)


@pytest.mark.soak
def test_no_process_grows_in_the_second_half_of_three_thousand_files(tmp_path: Path) -> None:
    folder = filled(tmp_path / "材料", 3000)
    command = [BIN / "ziping", "ingest", folder, "--store", tmp_path / "s.db", "--jobs", "2", "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    watch = Growth(process.pid)
    begun = time.monotonic()
    watch.start()
    assert process.wait() == 0
    half, end = begun + (time.monotonic() - begun) / 2, time.monotonic()
    grown = {}
    for pid, held in watch.held.items():
        later = [size for at, size in held if half <= at <= end - 1]
        if len(later) >= 20:  # it lived through most of it
            begin, last = sorted(later[:7])[3], sorted(later[-7:])[3]  # what it holds between files
            grown[pid] = last / begin - 1
    print("\ngrowth in the second half:", *(f"{by:.1%}" for by in grown.values()))
    assert len(grown) >= 4  # the command, the server, two workers
    assert max(grown.values()) <= 0.03, grown
