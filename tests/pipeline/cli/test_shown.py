"""What is shown is what is there: every cell as written, every control made visible, no secret anywhere; a store that is only read."""

from __future__ import annotations

import html
import shutil
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.maker.word import make
from pipeline.analysts import query
from pipeline.batch import run
from pipeline.cli import display
from pipeline.store import contents, search
from pipeline.store.opening import open_store
from schema import visible
from schema.document import Origin
from schema.errors import StoreError, ZipingError
from schema.relational import tables
from tests.conftest import ROOT, SAMPLES, as_nobody
from tests.pipeline.analysts.test_browse import served
from tests.pipeline.batch.test_processes import asked

Run = Callable[..., subprocess.CompletedProcess[str]]
BIN = Path(sys.executable).parent
RAW = ("\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\ufeff")
HOSTILE = "甲\x1b[31m乙\x07\x9b2J\u202e丙\u2066丁\ufeff戊"
SECRET = "k4n4ry-pw"


# ---------------------------------------------------------------- texts
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1:100:1", "1:100:1"), ("a\nb\tc\r\x1b[0m\x7f", "a␊b␉c␍␛[0m␡"), ("\u202e倒", "<U+202E>倒"), ("\udcb2", "<B2>"),
        ("\ud842", "<U+D842>"), ("\x85\u2028\u200b", "<U+0085><U+2028><U+200B>"),
    ],
)  # fmt: skip
def test_what_a_terminal_would_obey_is_made_visible(text: str, told: str) -> None:
    assert visible.visible(text) == told
    assert visible.readable(text).replace("\n", "␊").replace("\t", "␉") == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"mysql://u:{SECRET}@h", "mysql://u:***@h"), (f"Postgresql://u:{SECRET}@h:5432/d", "Postgresql://u:***@h:5432/d"),
        (f"postgresql://h/d?user=u&password={SECRET}&x=1", "postgresql://h/d?user=u&password=***&x=1"),
        (f"ftp://user:{SECRET}@h/a.docx", "ftp://user:***@h/a.docx"), (f"postgresql://u:a@{SECRET}@h/d", "postgresql://u:***@h/d"),
        (f"postgresql://u:a/{SECRET}@h/d", "postgresql://u:***@h/d"), (f"no 'u:{SECRET}@h:1'", "no 'u:***@h:1'"),
        (f"连不上（password='{SECRET} x' y）", "连不上（password=*** y）"),
        ("http://127.0.0.1:8001/a@b", "http://127.0.0.1:8001/a@b"), ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("比例1:100@2，见a@b.cn", "比例1:100@2，见a@b.cn"),
    ],
)  # fmt: skip
def test_a_secret_of_a_url_is_masked_and_the_rest_stands(text: str, told: str) -> None:
    assert visible.masked(text) == told
    assert str(ZipingError(text, text, text)) == f"{told}: {told}; {told}"


# ---------------------------------------------------------------- on a screen, a sheet, a page
@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose names and cells hold what a terminal, a page or a spreadsheet would obey."""
    folder = tmp_path_factory.mktemp("hostile")
    source = """# 项目支出绩效自评表
（2023年度）
| 项目名称 | 【】 | < | < | < | < |
| 主管部门 | 【】局 | < | < | < | < |
| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 | 备注 |
| 产出指标 | 数量指标 | 【】比例 | 1:100:1 | 1:100:1 | :smile: [bold]x[/] |
"""
    (folder / f"{HOSTILE}\n.docx").write_bytes(make(source))
    store = open_store(str(folder / "s.db"))
    run.ingest([folder / f"{HOSTILE}\n.docx"], store, lambda outcome: None)
    with store.engine.begin() as connection:  # as an older ziping, or another program, may have written it
        for table, column in (
            (tables.form, "project"), (tables.indicator, "level3"), (tables.passage, "text"),
            (tables.unit, "name"), (tables.finding, "message"),
        ):  # fmt: skip
            cell = table.c[column]
            connection.execute(table.update().values({column: sa.func.replace(cell, "【】", HOSTILE)}))
        search.index(connection)
    store.close()
    return folder / "s.db"


def raw(text: str | bytes) -> list[str]:
    held = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return [repr(sign) for sign in RAW if sign.encode() in held]


@pytest.mark.parametrize(
    "command",
    [
        ["status", "--list"], ["status", "--runs"], ["query", "--sql", "SELECT * FROM v_form"],
        ["query", "--sql", "SELECT * FROM v_indicator"], ["query", "--sql", "SELECT * FROM v_indicator", "--format", "md"],
        ["query", "--sql", "SELECT name FROM file", "--format", "csv"], ["search", "比例"], ["units"], ["show", "{id}"],
        ["history", "{id}"], ["rerun"], ["unknown"], ["show", "{hostile}"], ["query", "--sql", "SELECT '{hostile}' AS \"{hostile}\""],
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_command_prints_what_a_terminal_obeys(command: list[str], hostile: Path, ziping: Run) -> None:
    with sqlite3.connect(hostile) as connection:
        (found,) = connection.execute("SELECT submission_id FROM submission").fetchone()
    told = [part.format(id=found, hostile=HOSTILE.replace("\ufeff", "")) for part in command]
    done = ziping(*told, "--store", hostile)
    assert "Traceback" not in done.stderr
    assert raw(done.stdout + done.stderr) == []


def test_a_ratio_is_no_picture_and_markup_is_text(hostile: Path, ziping: Run) -> None:
    said = ziping("query", "--sql", "SELECT target, remark FROM indicator", "--store", hostile).stdout
    assert "1:100:1" in said
    assert ":smile: [bold]x[/]" in said
    shown = ziping("extract", hostile.parent / f"{HOSTILE}\n.docx")
    assert "1:100:1" in shown.stdout, shown.stderr


def test_files_and_pages_hold_nothing_that_is_obeyed(hostile: Path, ziping: Run, tmp_path: Path) -> None:
    for out in ("all.xlsx", "反馈"):
        command = ["export", out] if out.endswith("xlsx") else ["report", "--all", "--out", out]
        assert ziping(*command, "--store", hostile, cwd=tmp_path).returncode == 0
    assert ziping("export", "csv", "--format", "csv", "--store", hostile, cwd=tmp_path).returncode == 0
    for path in tmp_path.rglob("*"):
        if path.suffix in (".xlsx", ".docx"):
            with zipfile.ZipFile(path) as archive:
                text = b"".join(archive.read(name) for name in archive.namelist() if name.endswith("xml"))
        elif path.is_file():
            text = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        else:
            continue
        told = html.unescape(text.decode())
        assert raw(told) == [], path
        if path.name in ("all.xlsx", "forms.csv"):
            assert "␛[31m" in told, path
    with served(hostile) as address:
        for way in (
            "/ziping/v_form",
            "/ziping/v_indicator",
            "/ziping?sql=select+*+from+v_form",
            "/ziping/v_form.json",
        ):
            page = asked(address + way)[1]
            assert raw(page) == [], way
            assert not [sign for sign in ("\\u001b", "\\u202e") if sign in page], way


# ---------------------------------------------------------------- secrets
PLACES = {
    "a driver nobody knows": ["status", "--store", f"nosuch://u:{SECRET}@h"],
    "a driver that is not installed": ["status", "--store", f"mysql://u:{SECRET}@h/d"],
    "letters in capitals": ["status", "--store", f"Postgresql://u:{SECRET}@127.0.0.1:1/d"],
    "a server that is not there": ["ingest", str(SAMPLES), "--store", f"postgresql://u:{SECRET}@127.0.0.1:1/d"],
    "a password in the query": ["status", "--store", f"postgresql://127.0.0.1:1/d?user=u&password={SECRET}"],
    "a URL that is none": ["status", "--store", f"postgresql://u:{SECRET}@h:notaport/d"],
    "a folder elsewhere": ["ingest", f"ftp://u:{SECRET}@127.0.0.1:1/2023/", "--store", "s.db"],
    "a file elsewhere, told": ["ingest", f"ftp://u:{SECRET}@127.0.0.1:1/a.docx", "--store", "s.db", "-v"],
    "a look only": ["ingest", f"ftp://u:{SECRET}@127.0.0.1:1/a.docx", "--store", "s.db", "--dry-run"],
    "a scheme nobody knows": ["ingest", f"nosuch://u:{SECRET}@h/a.docx", "--store", "s.db"],
    "a cluster": ["ingest", str(SAMPLES), "--store", "s.db", "--executor", f"dask=tcp://u:{SECRET}@127.0.0.1:1"],
    "a place too many": ["status", f"postgresql://u:{SECRET}@h/d"],
    "a command that is none": [f"postgresql://u:{SECRET}@h/d"],
    "a question": ["query", "execution-rate", "--store", f"postgresql://u:{SECRET}@127.0.0.1:1/d"],
    "a browser": ["serve", "--store", f"postgresql://u:{SECRET}@127.0.0.1:1/d"],
    "an export": ["export", "out.xlsx", "--store", f"postgresql://u:{SECRET}@127.0.0.1:1/d"],
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_password_reaches_no_output_journal_or_log(place: str, ziping: Run, tmp_path: Path, faults: Path) -> None:
    done = ziping(*PLACES[place], cwd=tmp_path)
    assert done.returncode in ((0,) if "--dry-run" in PLACES[place] else (1, 2)), done.stdout
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert (done.stderr + done.stdout).strip()
    for path in (*tmp_path.rglob("*"), *faults.parent.rglob("*")):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


def test_a_password_reaches_no_record_of_a_file_that_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder elsewhere that is there: nothing of its account is in the store."""
    from fsspec.implementations.memory import MemoryFileSystem

    from extractors import names, remote

    system = MemoryFileSystem()
    system.pipe_file("/2023/a.docx", (SAMPLES / "water-2022.docx").read_bytes())
    monkeypatch.setattr(
        remote,
        "_opened",
        lambda url: (system, "/2023/" if url.rstrip("/").endswith("2023") else "/2023/a.docx"),
    )
    monkeypatch.setattr(remote.Remote, "_url", lambda self, system, name: f"ftp://u:{SECRET}@h{name}")
    store = open_store(str(tmp_path / "s.db"))
    summary = run.ingest([names.place(f"ftp://u:{SECRET}@h/2023/")], store, lambda outcome: None)
    assert (summary.read, summary.refused) == (1, [])
    store.close()
    for path in tmp_path.iterdir():
        assert SECRET.encode() not in path.read_bytes(), path
    with sqlite3.connect(tmp_path / "s.db") as connection:
        assert "***@h" in connection.execute("SELECT path FROM delivery").fetchone()[0]


def test_a_traceback_in_the_log_holds_no_secret(faults: Path) -> None:
    from pipeline.faults import refusal

    refusal(Path("甲.docx"), KeyError(f"postgresql://u:{SECRET}@h/d is not here"))
    written = faults.read_text()
    assert "u:***@h/d is not here" in written
    assert SECRET not in written


# ---------------------------------------------------------------- a store that is only read
@pytest.mark.parametrize("closed", ["file", "folder", "both"])
def test_a_store_that_cannot_be_written_is_read_and_asked(closed: str, tmp_path: Path) -> None:
    folder = tmp_path / "库"
    folder.mkdir()
    store = open_store(str(folder / "s.db"))
    run.ingest([SAMPLES / "water-2022.docx"], store, lambda outcome: None)
    run.kept_open.cache_clear()
    store.close()
    (folder / "s.db-turn").unlink()
    with sqlite3.connect(folder / "s.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    (folder / "s.db").chmod(0o444 if closed != "folder" else 0o666)
    folder.chmod(0o555 if closed != "file" else 0o777)

    def looks() -> tuple[int, int, int, str]:
        opened = open_store(str(folder / "s.db"))
        counted = contents.counts(opened)["submission"]
        hits = len(search.search(opened, "水库"))
        with query.stream(opened, "SELECT unit FROM v_submission", {}) as (_, rows):
            found = list(rows)
        try:
            opened.write(lambda connection: None)
            said = ""
        except StoreError as error:
            said = str(error)
        return counted, hits, len(found), said

    counted, hits, found, said = as_nobody(looks, folder)
    folder.chmod(0o755)
    assert (counted, found) == (1, 1)
    assert hits >= 0
    assert "只读" in said
    assert "磁盘" not in said


def test_a_store_of_an_older_version_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "库"
    folder.mkdir()
    open_store(str(folder / "s.db")).close()
    with sqlite3.connect(folder / "s.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0005'")
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    (folder / "s.db").chmod(0o444)
    folder.chmod(0o555)
    with pytest.raises(StoreError, match="只读") as told:
        as_nobody(lambda: open_store(str(folder / "s.db")), folder)
    folder.chmod(0o755)
    assert "0005" in str(told.value)


def test_a_writer_that_waits_says_for_whom(tmp_path: Path) -> None:
    url = tmp_path / "s.db"
    open_store(str(url)).close()
    code = (
        "import sys; from pipeline.store import connection; from pipeline.store.opening import open_store\n"
        "connection.TOLD_AFTER = 0.3; store = open_store(sys.argv[1])\n"
        "store.write(lambda connection: (print('has it', flush=True), sys.stdin.readline()))"
    )

    def writer() -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, "-c", code, url], stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT
        )

    first = writer()
    assert first.stdout is not None
    assert first.stdout.readline() == "has it\n"
    second = writer()
    assert second.stderr is not None
    assert f"进程{first.pid}正在写这个数据库" in second.stderr.readline()
    assert first.communicate("\n") == ("", "")
    assert second.communicate("\n") == ("has it\n", "")
    assert writer().communicate("\n") == ("has it\n", "")


def test_a_store_is_as_durable_as_it_says(tmp_path: Path) -> None:
    """A committed transaction survives the process (WAL, synchronous=NORMAL); keys hold."""
    store = open_store(str(tmp_path / "s.db"))
    with store.reading() as connection:
        told = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert told == ["wal", 1, 1]
    store.close()


# ---------------------------------------------------------------- backup and restore, as the README says
def test_a_backup_made_while_a_run_writes_is_whole_and_restored(tmp_path: Path) -> None:
    url, copy = tmp_path / "s.db", tmp_path / "copy.db"
    process = subprocess.Popen([BIN / "ziping", "ingest", SAMPLES, "--store", url, "--quiet"])
    whole = 0
    while process.poll() is None:
        time.sleep(0.1)
        if not url.exists():
            continue
        copy.unlink(missing_ok=True)
        with sqlite3.connect(url) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        target.close()
        with sqlite3.connect(copy) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        whole += 1
    assert whole
    shutil.copy(copy, tmp_path / "restored.db")
    subprocess.run([BIN / "ziping", "ingest", SAMPLES, "--store", tmp_path / "restored.db", "--quiet"], check=True)
    restored, run_through = open_store(str(tmp_path / "restored.db")), open_store(str(url))
    assert contents.counts(restored) == contents.counts(run_through)
    for store in (restored, run_through):
        store.close()


@pytest.mark.parametrize(
    "origin",
    [
        Origin("body", 5),
        Origin("body", 3, 1, 2, 9),
        Origin("header1", 1),
        Origin("Sheet table 2", 4, 2, 10, 1),
    ],
)
def test_the_place_of_what_was_not_read_is_said_as_every_other_place(origin: Origin) -> None:
    assert display._place(str(origin)) == origin.chinese
