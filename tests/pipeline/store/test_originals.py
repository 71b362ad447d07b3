"""The files' own bytes are kept by content, found again, and found wanting where they are missing or altered."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.maker import word
from pipeline import ruleset
from pipeline.batch import run
from pipeline.rerun import planning
from pipeline.ruleset import Ruleset
from pipeline.store import originals, originals_check
from pipeline.store.opening import open_store
from schema.errors import StoreError
from schema.relational import tables
from tests.pipeline.store.test_verdicts import FORM

Run = Callable[..., subprocess.CompletedProcess[str]]


def put(folder: Path) -> Path:
    folder.mkdir()
    (folder / "甲.docx").write_bytes(word.make(FORM))
    (folder / "乙.docx").write_bytes(word.make(FORM.replace("保洁", "清淤")))
    (folder / "坏.docx").write_bytes(b"PK\x03\x04 no archive")
    return folder


def test_ingest_keeps_every_file_beside_a_sqlite_store_and_check_finds_what_is_wrong(
    ziping: Run, tmp_path: Path
) -> None:
    put(tmp_path / "in")
    assert ziping("ingest", "in", "--store", "s.db").returncode == 1  # one is broken, and kept all the same
    done = ziping("originals", "check", "--store", "s.db")
    assert (done.returncode, done.stdout) == (0, "3份原文件完好，0份有问题\n")
    kept = sorted(path for path in (tmp_path / "s.db-originals").rglob("*") if path.is_file())
    kept[0].write_bytes(b"other")
    kept[1].unlink()
    done = ziping("originals", "check", "--store", "s.db")
    assert done.returncode == 1
    assert done.stdout == "1份原文件完好，2份有问题\n"
    assert "内容已变" in done.stderr
    assert "没有保存" in done.stderr
    assert "请用 ziping ingest 再读入一次原文件" in done.stderr
    ziping("ingest", "in", "--store", "s.db")  # the same bytes again: what is missing comes back
    assert "2份原文件完好，1份有问题" in ziping("originals", "check", "--store", "s.db").stdout


def test_originals_may_be_declined_or_kept_elsewhere_and_the_store_remembers(ziping: Run, tmp_path: Path) -> None:
    put(tmp_path / "in")
    ziping("ingest", "in", "--store", "s.db", "--originals", "none")
    assert not (tmp_path / "s.db-originals").exists()
    assert "没有保存原文件" in ziping("originals", "check", "--store", "s.db").stderr
    ziping("ingest", "in", "--store", "s.db", "--originals", "elsewhere")
    assert "3份原文件完好" in ziping("originals", "check", "--store", "s.db").stdout
    store = open_store(str(tmp_path / "s.db"))
    assert originals.place(store) == str(tmp_path / "elsewhere")
    store.close()
    (tmp_path / "taken").write_text("")
    done = ziping("ingest", "in", "--store", "s.db", "--originals", "taken")
    assert done.returncode == 1
    assert "原文件无法保存" in done.stderr
    assert "内部出错" not in done.stderr


def test_any_place_that_fsspec_knows_keeps_them(url: str, tmp_path: Path) -> None:
    put(tmp_path / "in")
    store = open_store(url)
    where = originals.place(store, f"memory://{tmp_path.name}")
    run.ingest([tmp_path / "in"], store, lambda outcome: None, originals=where)
    whole, lost = originals_check.check(store)
    assert (whole, lost) == (3, [])
    with store.reading() as connection:
        digest = connection.scalars(sa.select(tables.file.c.sha256)).first()
    from fsspec.core import url_to_fs

    system, path = url_to_fs(f"memory://{tmp_path.name}/{digest[:2]}/{digest}")
    system.pipe_file(path, b"other")
    assert [one.trouble for one in originals_check.check(store)[1]] == ["altered"]
    store.close()


def test_a_postgresql_store_keeps_none_unless_it_is_told_where(url: str) -> None:
    store = open_store(url)
    if store.engine.dialect.name == "postgresql":
        assert originals.place(store) is None
        with pytest.raises(StoreError, match="没有保存原文件"):
            originals_check.check(store)
    else:
        assert originals.place(store) == f"{store.engine.url.database}-originals"
    store.close()


def test_a_re_run_that_needs_a_file_reads_what_was_kept_of_it(url: str, tmp_path: Path) -> None:
    put(tmp_path / "in")
    store = open_store(url)
    run.ingest([tmp_path / "in"], store, lambda outcome: None, originals=originals.place(store, str(tmp_path / "kept")))
    shutil.rmtree(tmp_path / "in")
    today = ruleset.current()
    other = Ruleset("another", today.rules, today.words, today.vocabulary)
    assert [one.trouble for one in planning.plan(store, other, apply=True)] == [None, None]
    store.close()
