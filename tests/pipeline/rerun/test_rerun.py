"""The re-run: only what changed is looked at, shown before it is written, kept when it is replaced."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.maker import word
from normalizers.lookups import CODES
from pipeline import ruleset
from pipeline.batch import run
from pipeline.rerun import changes, planning, staleness
from pipeline.rerun.planning import Planned
from pipeline.rerun.staleness import Row
from pipeline.ruleset import Ruleset, VocabularyRows
from pipeline.store import contents
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from schema.errors import StoreError
from schema.relational import tables
from tests.conftest import ROOT
from tests.normalizers.test_unknown import FORM
from tests.pipeline.store.test_store import rows

Run = Callable[..., subprocess.CompletedProcess[str]]
ROW = ["乙方承诺值", "indicators", "target"]


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    """Three submissions; 甲 and 乙 hold a heading nobody knows, 丙 does not. Their files are gone."""
    opened = filled(url, tmp_path / "材料")
    shutil.rmtree(tmp_path / "材料")
    yield opened
    opened.close()


def filled(url: str, folder: Path) -> Store:
    folder.mkdir()
    for name, target in (("甲", "乙方承诺值"), ("乙", "乙方承诺值"), ("丙", "年度指标值")):
        source = FORM.format(funds="全年执行数", target=target).replace("河道保洁", f"{name}项目")
        (folder / f"{name}.docx").write_bytes(word.make(source))
        os.utime(folder / f"{name}.docx", (1_700_000_000, 1_700_000_000))
    opened = open_store(url)
    run.ingest([folder], opened, lambda outcome: None)
    return opened


def learned(*added: list[str], file: str = "headings.csv") -> Ruleset:
    """Today's code with further vocabulary rows."""
    files = ruleset.shipped_rows().files
    return ruleset.under(VocabularyRows({**files, file: [*files[file], *added]}))


def changed(planned: Sequence[Planned]) -> set[tuple[str, str]]:
    return {(c.file, c.path) for p in planned for _, c in p.changes}


def test_a_rerun_with_nothing_changed_looks_at_nothing_and_writes_nothing(store: Store) -> None:
    before = rows(store)
    assert planning.stale(store) == []
    assert list(planning.plan(store, apply=True)) == []
    assert rows(store) == before
    with store.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.run)).scalar() == 1


def test_one_heading_concerns_only_the_submissions_that_hold_it(store: Store) -> None:
    found = planning.stale(store, learned(ROW))
    assert [(f.file, f.causes) for f in found] == [
        ("乙.docx", ["+ headings.csv 乙方承诺值,indicators,target"]),
        ("甲.docx", ["+ headings.csv 乙方承诺值,indicators,target"]),
    ]


def test_the_plan_shows_every_value_and_writes_nothing(store: Store) -> None:
    before = rows(store)
    planned = list(planning.plan(store, learned(ROW)))
    assert ("甲.docx", "forms[0].indicators[0].target") in changed(planned)
    assert {cause for p in planned for cause, _ in p.changes} == {"+ headings.csv 乙方承诺值,indicators,target"}
    assert rows(store) == before


def test_what_is_applied_is_a_new_version_and_the_old_one_is_kept(store: Store) -> None:
    old = contents.load(store, "甲.docx")
    assert all(p.written for p in planning.plan(store, learned(ROW), apply=True))
    assert contents.load(store, "甲.docx")["forms"][0]["indicators"][0]["target"] == "≥20公里"
    first, second = changes.history(store, "甲.docx")
    assert (first.no, second.no, second.causes) == (1, 2, ["+ headings.csv 乙方承诺值,indicators,target"])
    assert first.valid_to is not None
    assert second.valid_to is None
    assert len(changes.history(store, "丙.docx")) == 1
    found = list(changes.diff(store, 1, 2))
    assert {c.file for c in found} == {"甲.docx", "乙.docx"}
    told = [(c.path, c.before, c.after) for c in found if c.file == "甲.docx"]
    assert ("forms[0].indicators[0].target", None, "≥20公里") in told
    assert ("forms[0].indicators[0].extra.乙方承诺值", "≥20公里", None) in told
    with store.engine.begin() as connection:  # as if the first reading had been of last year
        v = tables.version
        connection.execute(
            v.update().where(v.c.no == 1).values(valid_from="2025-01-01T00:00:00Z", valid_to="2025-06-01T00:00:00Z")
        )
    assert changes.at(store, "甲.docx", "2025-03-01") == old
    with pytest.raises(StoreError, match="还没有"):
        changes.at(store, "甲.docx", "2024-03-01")


def test_after_it_is_applied_nothing_is_stale(store: Store) -> None:
    reading = learned(ROW)
    list(planning.plan(store, reading, apply=True))
    assert planning.stale(store, reading) == []
    assert list(planning.plan(store, reading, apply=True)) == []


def test_a_rerun_gives_the_rows_of_a_store_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = learned(ROW)
    grown = filled(str(tmp_path / "grown.db"), tmp_path / "a")
    list(planning.plan(grown, reading, apply=True))
    monkeypatch.setattr("pipeline.batch.run.extract", lambda file: run_extract(file, reading))
    monkeypatch.setattr("pipeline.store.saving.current", lambda: reading)
    shutil.rmtree(tmp_path / "a")
    anew = filled(str(tmp_path / "anew.db"), tmp_path / "a")
    one, two = rows(grown), rows(anew)
    for name in ("version", "document"):  # a version more; the spellings of the older words
        one.pop(name), two.pop(name)
    assert one == two


def run_extract(file: object, reading: Ruleset) -> object:
    from pipeline.extract import extract

    return extract(file, reading.vocabulary)  # type: ignore[arg-type]


def test_parts_may_be_left_out_and_stay_stale(store: Store) -> None:
    reading = learned(ROW, ["丙方口径值", "indicators", "actual"])
    planned = list(planning.plan(store, reading, reject=["甲.docx"], apply=True))
    assert {p.file for p in planned} == {"乙.docx"}
    assert [f.file for f in planning.stale(store, reading) if f.rows] == ["甲.docx"] or {
        f.file for f in planning.stale(store, reading)
    } == {"甲.docx", "乙.docx"}
    assert contents.load(store, "甲.docx")["forms"][0]["indicators"][0]["target"] is None
    list(planning.plan(store, reading, only=["乙方承诺值"], apply=True))
    assert contents.load(store, "甲.docx")["forms"][0]["indicators"][0]["target"] == "≥20公里"


def test_each_changed_value_belongs_to_one_row(store: Store) -> None:
    reading = learned(ROW, ["全年执行数甲", "funds", "executed"])
    planned = list(planning.plan(store, reading))
    causes = {c.path: cause for p in planned for cause, c in p.changes if p.file == "甲.docx"}
    assert causes["forms[0].indicators[0].target"] == "+ headings.csv 乙方承诺值,indicators,target"


def test_changed_rules_concern_every_submission_and_open_no_file(store: Store) -> None:
    today = ruleset.current()
    other = Ruleset(today.reader, "another", today.words, today.vocabulary)
    planned = list(planning.plan(store, other))
    assert [p.trouble for p in planned] == [None, None, None]
    assert changed(planned) == set()


def test_a_changed_extractor_asks_for_the_file_and_says_where_it_is_gone(store: Store) -> None:
    today = ruleset.current()
    other = Ruleset("another", today.rules, today.words, today.vocabulary)
    planned = list(planning.plan(store, other, apply=True))
    assert all(p.trouble is not None and "原文件已不在原处" in p.trouble for p in planned)
    assert len(planning.stale(store, other)) == 3


def test_the_commands_show_then_apply(ziping: Run, tmp_path: Path) -> None:
    filled(str(tmp_path / "s.db"), tmp_path / "材料").close()
    shown = ziping("rerun", "--store", "s.db")
    assert (shown.returncode, shown.stdout) == (0, "将改变0份材料的0个值；0份重新整理后没有不同。\n")
    assert "读入" in ziping("history", "甲.docx", "--store", "s.db").stdout
    assert '"forms"' in ziping("history", "甲.docx", "--at", "2100-01-01", "--store", "s.db").stdout
    assert "没有这次运行" in ziping("diff", "1", "7", "--store", "s.db").stderr
    assert "ingest" in ziping("status", "--runs", "--store", "s.db").stdout


def test_comments_docstrings_and_spaces_change_no_key() -> None:
    plain = '"""Of rates."""\ndef rate(a, b):\n    "a through b"\n    return a / b\n'
    told = '"""Rates."""\n\n\ndef rate(a,  b):\n    """A fraction."""\n    # of what\n    return a / b\n'
    assert ruleset._runs(told) == ruleset._runs(plain)
    assert ruleset._runs(plain.replace("/", "*")) != ruleset._runs(plain)


def test_every_block_and_list_of_the_vocabulary_is_noted_under_a_letter_of_its_own() -> None:
    files = ruleset.shipped_rows().files
    for name in ("headings.csv", "labels.csv"):
        assert {staleness.code(Row(name, tuple(row), True)) for row in files[name]} <= set(CODES.values())
    assert len(set(CODES.values())) == len(CODES)


def test_what_was_looked_up_is_kept_and_a_row_concerns_only_who_asked_for_it(store: Store) -> None:
    """A row taken away concerns those who found it; one that comes, those who asked for it in vain in its block."""
    with store.reading() as connection:
        s, f = tables.submission, tables.file
        kept = dict(connection.execute(sa.select(f.c.name, s.c.lookups).join(s, s.c.sha256 == f.c.sha256)).all())
    assert all("\n乙方承诺值\t" in kept[name] for name in ("甲.docx", "乙.docx"))
    assert "乙方承诺值" not in kept["丙.docx"]
    row = Row("headings.csv", ("乙方承诺值", "indicators", "target"), True)
    letter = staleness.code(row)
    asked = staleness.asked(row, ruleset.current().vocabulary)
    assert [name for name in sorted(kept) if staleness.noted(kept[name], asked, letter)] == [
        "乙.docx",
        "甲.docx",
    ]
    files = ruleset.shipped_rows().files
    less = [r for r in files["headings.csv"] if r[:2] != ["年度指标值", "indicators"]]
    without = ruleset.under(VocabularyRows({**files, "headings.csv": less}))
    assert "丙.docx" in {found.file for found in planning.stale(store, without)}


@pytest.mark.parametrize("package", ["extractors", "normalizers"])
def test_a_key_knows_every_module_of_its_package(package: str) -> None:
    there = {path.relative_to(ROOT / package).as_posix() for path in (ROOT / package).rglob("*.py")}
    assert {name for name, _ in ruleset._modules(files(package))} == there
