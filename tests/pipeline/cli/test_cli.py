"""The command as a person uses it: what it prints, what it writes, how it ends."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from pipeline.cli import language, main
from pipeline.cli.common import STOPPED
from tests.conftest import SAMPLES

Run = Callable[..., subprocess.CompletedProcess[str]]
ONE = sorted(SAMPLES.glob("*.docx"))[0]


# ---------------------------------------------------------------- language
def strings(command: click.Command) -> Iterator[str]:
    """What the help of a command and of those below it says."""
    yield from (inspect.cleandoc(text) for text in (command.help, command.epilog) if text)
    yield from (param.help for param in command.params if isinstance(param, click.Option) and param.help)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            yield from strings(below)


def test_all_help_is_there_in_chinese_and_the_catalogue_is_compiled() -> None:
    place = language.FOLDER / "zh" / "LC_MESSAGES"
    with (place / "ziping.po").open("rb") as file:
        catalogue = read_po(file)
    told = {message.id: message.string for message in catalogue if message.id}
    assert [text for text in strings(main) if not told.get(text)] == []
    for one, other in told.items():
        for english, chinese in zip(
            [one] if isinstance(one, str) else one[-1:], [other] if isinstance(one, str) else other, strict=True
        ):
            assert set(re.findall(r"{\w+", chinese)) <= set(re.findall(r"{\w+", english)), english
    with (place / "ziping.mo").open("rb") as compiled:
        assert {
            m.id if isinstance(m.id, str) else tuple(m.id): m.string if isinstance(m.id, str) else tuple(m.string)
            for m in read_mo(compiled)
            if m.id
        } == told, "run `make locale`"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--lang", "zh", "ingest", "--help"), "把文件和文件夹读入数据库"),
        (("--lang", "en", "ingest", "--help"), "Read files and folders"),
        (("--lang", "zh", "score", "--help"), "两个文件夹，按文件名对应"),
        (("--lang", "zh", "ingest"), "缺少参数"),
        (("--lang", "zh", "query", "nosuch"), "没有问题nosuch"),
        (("--lang", "en", "query", "nosuch"), "No question nosuch"),
        (("--lang", "zh", "ingest", ".", "--memory", "1M"), "一个进程至少需要512M"),
    ],
)
def test_help_and_usage_errors_are_in_the_language_of_the_user(
    arguments: tuple[str, ...], said: str, ziping: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "")  # and what the command sets is taken back
    done = ziping(*arguments)
    assert said in done.stdout + done.stderr
    assert done.returncode == (0 if "--help" in arguments else 2)


def test_the_language_is_that_of_the_environment(ziping: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "库里有什么" in ziping("status", "--help").stdout
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert "What the store holds" in ziping("status", "--help").stdout


def test_extract_prints_the_forms_and_marks_what_does_not_add_up(ziping: Run) -> None:
    done = ziping("extract", *sorted(SAMPLES.glob("*.docx")))
    assert done.returncode == 0, done.stderr
    assert "核对发现" in done.stdout
    assert "〔1〕" in done.stdout
    assert "一级指标" in done.stdout


def test_extract_json_is_the_record_and_nothing_else(ziping: Run) -> None:
    record = json.loads(ziping("extract", ONE, "--json").stdout)
    assert list(record) == ["report", "forms", "sections", "findings", "coverage"]
    assert set(record["coverage"]) == {"cells", "used", "ornament", "unexplained"}


def test_extract_evidence_names_the_cell_of_every_value(ziping: Run) -> None:
    evidence = json.loads(ziping("extract", ONE, "--evidence").stdout)
    assert evidence["file"] == ONE.name
    assert {
        "record",
        "field",
        "raw",
        "confidence",
        "recognition",
        "proof",
        "suggested",
        "recognised",
        "corrected_by",
        "origin",
    } == set(evidence["provenance"][0])


def test_extract_out_writes_one_json_a_file_and_keeps_the_ending_of_twins(ziping: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(ONE, folder / "甲.docx")
    shutil.copy(ONE, folder / "甲.doc")
    shutil.copy(ONE, folder / "乙.docx")
    done = ziping("extract", folder, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["乙.json", "甲.doc.json", "甲.docx.json"]


def test_a_refused_file_is_one_line_and_exit_code_1_and_the_batch_goes_on(ziping: Run, tmp_path: Path) -> None:
    bad = tmp_path / "坏.docx"
    bad.write_bytes(b"PK\x03\x04")
    for command in (("extract", bad, ONE, "--out", tmp_path / "out"), ("ingest", bad, ONE, "--quiet")):
        done = ziping(*command)
        assert done.returncode == 1
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("ziping:")]
        assert "坏.docx" in line
        assert "请" in line
    assert (tmp_path / "out" / f"{ONE.stem}.json").is_file()


def test_a_folder_without_a_file_and_a_missing_path_are_said_so(ziping: Run, tmp_path: Path) -> None:
    empty = tmp_path / "空"
    empty.mkdir()
    for path, word in ((empty, "没有可读的文件"), (tmp_path / "无", "不存在")):
        for command in ("extract", "ingest"):
            done = ziping(command, path)
            assert done.returncode == 1, (command, done.stdout, done.stderr)
            assert word in done.stdout + done.stderr


def test_a_store_that_cannot_be_written_is_said_so(ziping: Run, tmp_path: Path) -> None:
    for store in (tmp_path / "nowhere" / "store.db", tmp_path, "/proc/ziping.db"):
        done = ziping("ingest", ONE, "--store", store)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert str(store) in done.stderr


def test_a_store_that_is_no_database_is_said_so(ziping: Run, tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("甲" * 3000, encoding="utf-8")
    done = ziping("ingest", ONE, "--store", path)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)


def test_looking_at_a_store_that_is_not_there_does_not_make_it(ziping: Run, tmp_path: Path) -> None:
    for command in (("status",), ("show", "甲")):
        done = ziping(*command, "--store", "none.db")
        assert done.returncode == 1
        assert "ziping ingest" in done.stderr
    assert not (tmp_path / "none.db").exists()


def test_ingest_status_and_show_tell_the_same_story(ziping: Run) -> None:
    assert ziping("ingest", SAMPLES).returncode == 0
    status = ziping("status", "--list").stdout
    assert f"自评材料：{len(list(SAMPLES.glob('*.docx')))}" in status
    assert ONE.name in status
    shown = json.loads(ziping("show", ONE.name, "--json").stdout)
    assert shown == json.loads(ziping("extract", ONE, "--json").stdout)
    assert "一级指标" in ziping("show", ONE.name).stdout


@pytest.mark.parametrize(
    "arguments",
    [("extract",), ("extract", ONE, ONE, "--json"), ("extract", ONE, "--json", "--evidence"), ("nosuch",), ("ingest", "--nosuch")],
)  # fmt: skip
def test_wrong_usage_ends_with_2(ziping: Run, arguments: tuple[object, ...]) -> None:
    assert ziping(*arguments).returncode == 2


def test_what_finds_nothing_leaves_nothing(ziping: Run, tmp_path: Path) -> None:
    ziping("ingest", ONE, "--store", "s.db")
    for arguments in (
        ("report", "nope.docx"), ("export", "空.xlsx", "--year", "1990"), ("export", "空", "--format", "csv", "--year", "1990"),
        ("export", "空.db", "--year", "1990"),
    ):  # fmt: skip
        done = ziping(*arguments, "--store", "s.db")
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert ziping("export", "空.xlsx", "--list", "nosuch", "--store", "s.db").returncode == 2
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(("空", "反馈"))]


def test_two_unread_files_of_one_name_are_told_apart(ziping: Run, tmp_path: Path) -> None:
    for name in "甲乙":
        (tmp_path / name).mkdir()
        (tmp_path / name / "表.docx").write_bytes(name.encode())
    said = ziping("ingest", "甲", "乙", "--store", "s.db")
    assert "单元格识别率" in said.stdout
    assert "100.00%" not in said.stdout  # of nothing
    told = ziping("status", "--store", "s.db").stdout
    assert "甲/表.docx" in told
    assert "乙/表.docx" in told


def test_every_command_has_help_with_examples(ziping: Run) -> None:
    for command in ((), ("extract",), ("ingest",), ("status",), ("show",)):
        done = ziping(*command, "--help")
        assert done.returncode == 0
        assert "Examples:" in done.stdout


def test_quiet_says_nothing_where_all_is_well_and_verbose_names_every_file(ziping: Run) -> None:
    quiet = ziping("ingest", ONE, "--quiet", "--store", "q.db")
    assert (quiet.stdout, quiet.stderr) == ("", "")
    assert ONE.name in ziping("ingest", ONE, "--verbose", "--store", "v.db").stderr


def test_help_imports_nothing_heavy(ziping: Run) -> None:
    code = "import sys, pipeline.cli; print([m for m in ('sqlalchemy','docx','lxml','rich','alembic','yaml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ})
    assert done.stdout.strip() == "[]"


def test_a_stop_that_python_swallows_is_told_again() -> None:
    code = """
import gc, os, signal, time, click
from pipeline.cli.common import Group

class Held:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000): pass

@click.group(cls=Group)
def main(): pass

@main.command()
def work():
    held = Held()
    del held
    time.sleep(60)

main(["work"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, env={**os.environ})
    assert (done.returncode, "已停止" in done.stderr) == (STOPPED, True), done.stderr
