"""One file's trouble costs that file: every hostile name and content has one outcome through the command, and the good are read."""

from __future__ import annotations

import io
import os
import sqlite3
import struct
import subprocess
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from extractors import files
from extractors.files import File
from extractors.names import place
from pipeline.batch import run
from pipeline.batch.executors import processes, serial
from pipeline.store import rows
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from schema.relational import tables
from tests.conftest import SAMPLES, as_nobody
from tests.pipeline.batch.misbehave import MISTAKEN, mistaken

Run = Callable[..., subprocess.CompletedProcess[str]]
GOOD = (SAMPLES / "water-2022.docx").read_bytes()
OTHER = (SAMPLES / "culture-2022.docx").read_bytes()
FUNDS = """# 项目支出绩效自评表
（2023年度）
| 项目名称 | {name} | < | < | < | < |
| 项目资金（万元） | < | 年初预算数 | 全年预算数 | 全年执行数 | < |
| 年度资金总额 | < | {amount} | {amount} | {amount} | < |
| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 | 偏差原因 |
| 产出指标 | 数量指标 | 维护次数 | ≥20次 | 21次 | 无 |
"""


def told(store: Store) -> dict[str, tuple[str, str | None]]:
    """What became of each path: outcome and reason."""
    o = tables.outcome.c
    with store.reading() as connection:
        return {
            row.path: (row.outcome, row.reason) for row in connection.execute(sa.select(o.path, o.outcome, o.reason))
        }


def ingested(ziping: Run, folder: Path, url: str, *more: str) -> tuple[dict[str, tuple[str, str | None]], str]:
    """The outcomes of the command on a folder, by path below it, and what it said; never a traceback."""
    done = ziping("ingest", folder, "--store", url, *more)
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    assert done.returncode in (0, 1)
    store = open_store(url)
    out = {path.removeprefix(f"{folder}/"): outcome for path, outcome in told(store).items()}
    store.close()
    return out, done.stdout + done.stderr


# ---------------------------------------------------------------- names
def test_a_name_that_is_not_utf8_is_read_kept_and_shown(ziping: Run, url: str, tmp_path: Path) -> None:
    folder = tmp_path / "材料"
    folder.mkdir()
    (folder / os.fsdecode(b"\262\342.docx")).write_bytes(GOOD)
    (folder / "<B2>.docx").write_bytes(OTHER)
    (folder / "坏\n\x1b[31m\u202e.docx").write_bytes(b"PK\x03\x04xx")
    outcomes, said = ingested(ziping, folder, url)
    assert {path: outcome for path, (outcome, _) in outcomes.items()} == {
        "<B2><E2>.docx": "read", "<3C>B2>.docx": "read", "坏\n\x1b[31m\u202e.docx": "refused",
    }  # fmt: skip
    assert "坏␊␛[31m<U+202E>.docx" in said
    assert "\x1b" not in said
    store = open_store(url)
    with store.reading() as connection:
        names = set(connection.execute(sa.select(tables.file.c.name)).scalars())
    assert {"测.docx", "<B2>.docx"} <= names
    assert files.file_at(place(f"{folder}/<B2><E2>.docx")) is not None
    assert ziping("ingest", folder, "--store", url).returncode == 1  # and known the next time
    assert "未读取" in ziping("status", "--store", url).stdout
    assert ziping("show", "测.docx", "--store", url).returncode == 0
    store.close()


def test_only_regular_files_are_read_and_links_by_rule(ziping: Run, tmp_path: Path) -> None:
    folder = tmp_path / "材料"
    (folder / "下级").mkdir(parents=True)
    (folder / "下级" / "好.docx").write_bytes(GOOD)
    os.mkfifo(folder / "管道.docx")
    (folder / "零.docx").symlink_to("/dev/zero")
    (folder / "断.docx").symlink_to("没有.docx")
    (folder / "连.docx").symlink_to(folder / "下级" / "好.docx")
    (folder / "圈").symlink_to(folder)
    outcomes, said = ingested(ziping, folder, str(tmp_path / "s.db"), "--jobs", "1")
    assert {path: outcome for path, (outcome, _) in outcomes.items()} == {
        "下级/好.docx": outcomes["下级/好.docx"][0], "连.docx": outcomes["连.docx"][0],
        "管道.docx": "refused", "零.docx": "refused", "断.docx": "refused", "圈": "refused",
    }  # fmt: skip
    assert sorted(outcomes[path][0] for path in ("下级/好.docx", "连.docx")) == ["known", "read"]
    assert said.count("不是普通文件") == 2
    assert "没有跟进" in said


def test_a_folder_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "材料"
    (folder / "锁").mkdir(parents=True)
    (folder / "好.docx").write_bytes(GOOD)
    (folder / "锁").chmod(0)
    found = as_nobody(lambda: [f.path if isinstance(f, File) else f.reason for f in files.listed([folder])], folder)
    (folder / "锁").chmod(0o755)
    assert found == [folder / "好.docx", "文件夹无法打开（Permission denied）; 请检查权限后重试"]


# ---------------------------------------------------------------- texts and figures
def test_halves_of_characters_and_nul_are_told_and_stored(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from extractors import plain
    from extractors.plain import blocks

    def halved(data: bytes, path: Path):  # type: ignore[no-untyped-def]
        from dataclasses import replace

        found = blocks(data, path)
        return [
            replace(b, text=b.text.replace("甲", "\ud842\udfb7").replace("乙", "\ud842").replace("丙", "丙\0"))
            for b in found
        ]

    monkeypatch.setattr(plain, "blocks", halved)
    path = tmp_path / "文.txt"
    path.write_text("一、项目概况\n甲乙丙\n二、资金情况\n无。\n", encoding="utf-8")
    store = open_store(url)
    summary = run.ingest([path], store, lambda outcome: None)
    assert (summary.read, summary.refused) == (1, [])
    with store.reading() as connection:
        assert "𠮷\ufffd丙" in list(connection.execute(sa.select(tables.section.c.text)).scalars())
    store.close()


def test_a_character_in_two_halves_is_one_in_a_pdf(tmp_path: Path) -> None:
    from extractors import read

    path = tmp_path / "字.pdf"
    path.write_bytes(paper(b"BT /F 12 Tf 60 700 Td (ABA) Tj ET"))
    assert "".join(item.text for item in read(path).texts()) == "𠮷祥𠮷"


def paper(content: bytes) -> bytes:
    """A page whose letter A is 𠮷 and B is 祥."""
    names = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def
1 begincodespacerange <00> <FF> endcodespacerange
2 beginbfchar <41> <D842DFB7> <42> <7965> endbfchar
endcmap CMapName currentdict /CMap defineresource pop end end"""
    return pdf_of(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(names), names),
    )


def pdf_of(*objects: bytes) -> bytes:
    """A PDF of numbered objects, the first its catalogue."""
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return out + head + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))


@pytest.mark.parametrize(
    "amount", ["1" + "0" * 28, "123456789012345678901234567890.12", "9" * 300, "0." + "0" * 40 + "1"]
)
def test_a_figure_of_any_length_is_kept_to_the_digit(
    amount: str, url: str, ziping: Run, docx: Callable[..., Path], tmp_path: Path
) -> None:
    path = docx(FUNDS.format(name="水库", amount=amount))
    outcomes, _ = ingested(ziping, path.parent, url)
    assert outcomes[path.name][0] == "read"
    store = open_store(url)
    with store.reading() as connection:
        (submission,) = connection.execute(sa.select(tables.submission.c.submission_id)).scalars()
        held = rows.record(connection, submission)
    (fund,) = held["forms"][0]["funds"]
    assert [fund[name] for name in ("approved", "revised", "executed")] == [Decimal(amount)] * 3
    assert held["findings"] == []
    store.close()
    import simplejson

    read = simplejson.loads(ziping("extract", path, "--json").stdout, use_decimal=True)
    assert Decimal(read["forms"][0]["funds"][0]["executed"]) == Decimal(amount)


def test_what_no_figure_can_be_is_marked_and_not_rounded(ziping: Run, docx: Callable[..., Path]) -> None:
    import simplejson

    done = ziping(
        "extract",
        docx(FUNDS.format(name="水库", amount="7").replace("7 | < |", f"{'7' * 400} | < |")),
        "--json",
    )
    assert done.returncode == 0, done.stderr
    read = simplejson.loads(done.stdout)
    assert read["forms"][0]["funds"][0]["executed"] is None
    assert [left["text"] for left in read["coverage"]["unexplained"]] == ["7" * 400]


# ---------------------------------------------------------------- archives
def zipped(entries: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def listing(count: int) -> bytes:
    """An archive whose list names so many members (zip64)."""
    one = struct.Struct("<IHHHHHHIIIHHHHHII")
    directory = b"".join(
        one.pack(0x02014B50, 20, 20, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0) + b"%07d" % i for i in range(count)
    )
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    end = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, len(directory), len(local))
    locator = struct.pack("<IIQI", 0x07064B50, 0, len(local) + len(directory), 1)
    last = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 65535, 65535, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return local + directory + end + locator + last


def test_damaged_and_oversize_archives_cost_themselves_alone(ziping: Run, tmp_path: Path) -> None:
    folder = tmp_path / "材料"
    folder.mkdir()
    damaged = bytearray(zipped({"a.docx": GOOD}, zipfile.ZIP_LZMA))
    at = damaged.find(b"a.docx") + 6
    damaged[at + 20 : at + 200] = bytes(180)
    (folder / "坏.zip").write_bytes(damaged)
    greedy = bytearray(zipped({"a.docx": GOOD}, zipfile.ZIP_LZMA))
    greedy[at + 5 : at + 9] = b"\xff\xff\xff\xff"  # a dictionary of 4 GB
    (folder / "贪.zip").write_bytes(greedy)
    filled = os.urandom(4096) + bytes(60_000)
    inner = zipped({f"{i}.txt": filled * 6500 for i in range(3)})
    (folder / "套.zip").write_bytes(zipped({"a-大.zip": inner, "b-好.docx": OTHER}, zipfile.ZIP_STORED))
    (folder / "多.zip").write_bytes(listing(700_000))
    (folder / "好.docx").write_bytes(GOOD)
    outcomes, _ = ingested(ziping, folder, str(tmp_path / "s.db"))
    assert {path: outcome for path, (outcome, _) in outcomes.items()} == {
        "坏.zip/a.docx": "refused", "贪.zip/a.docx": outcomes["贪.zip/a.docx"][0],
        "套.zip/a-大.zip": "refused", "套.zip/b-好.docx": "read", "多.zip": "refused", "好.docx": "read",
    }  # fmt: skip
    assert "已损坏" in (outcomes["坏.zip/a.docx"][1] or "")
    assert "过多或过大" in (outcomes["套.zip/a-大.zip"][1] or "")
    assert "过多或过大" in (outcomes["多.zip"][1] or "")


def test_archives_in_an_archive_count_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from extractors import bundle

    monkeypatch.setattr(bundle, "MAX_MEMBERS", 7)
    inner = zipped({f"{i}.txt": b"%d" % i for i in range(4)})
    path = tmp_path / "包.zip"
    path.write_bytes(zipped({"甲.zip": inner, "乙.zip": inner[:-1] + b"\0", "丙.docx": GOOD}))
    store = open_store(str(tmp_path / "s.db"))
    run.ingest([path], store, lambda outcome: None)
    outcomes = {p.removeprefix(f"{path}/"): outcome for p, (outcome, _) in told(store).items()}
    assert outcomes["丙.docx"] == "read"
    assert sum("/" in p for p in outcomes) == 4  # of one; the other is refused by its name
    assert sorted(p for p in outcomes if p.endswith(".zip")) in (["甲.zip"], ["乙.zip"])


# ---------------------------------------------------------------- errors of ours
@pytest.mark.parametrize("where", MISTAKEN)
def test_an_error_of_ours_is_an_outcome_with_a_reference_to_the_log(
    where: str, url: str, tmp_path: Path, faults: Path
) -> None:
    folder = tmp_path / "材料"
    folder.mkdir()
    (folder / "好.docx").write_bytes(GOOD)
    (folder / f"{where}.docx").write_bytes(OTHER)
    store = open_store(url)
    for attempt in range(2):
        summary = run.ingest([folder], store, lambda outcome: None, executor=mistaken(processes))
        assert summary.read + summary.known == 1
        ((path, reason),) = summary.refused
        assert path == str(folder / f"{where}.docx")
        assert "ziping内部出错（KeyError）" in reason, reason
        reference = reason.split("记录")[-1].split("发给")[0]
        assert f" {reference} " in faults.read_text()
        assert "KeyError" in faults.read_text()
        assert told(store)[path][0] == "failed", attempt
    with store.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.lease)).scalar_one() == 0
    store.close()


def test_an_error_of_ours_costs_its_file_in_this_process_too(tmp_path: Path) -> None:
    """Where no pool stands between, the item guards itself."""
    (tmp_path / "rows.docx").write_bytes(OTHER)
    store = open_store(str(tmp_path / "s.db"))
    summary = run.ingest([tmp_path / "rows.docx"], store, lambda outcome: None, executor=mistaken(serial))
    assert "内部出错" in summary.refused[0][1]
    store.close()


def test_an_error_of_ours_outside_any_file_is_one_line(ziping: Run, tmp_path: Path) -> None:
    open_store(str(tmp_path / "s.db")).close()
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("DROP TABLE finding")
    done = ziping("status", "--store", tmp_path / "s.db")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "ziping内部出错" in done.stderr
