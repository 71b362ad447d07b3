"""The store: nothing twice, nothing half, every number exact and led back to its cell; on SQLite and PostgreSQL."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline.batch import run
from pipeline.extract import as_json, as_record, extract
from pipeline.rerun import planning
from pipeline.store import contents, journal, saving
from pipeline.store.connection import Store, hold
from pipeline.store.journal import Outcome
from pipeline.store.opening import open_store
from pipeline.store.search import search
from schema.errors import StoreError
from schema.relational import tables
from tests.conftest import ROOT, SAMPLES, emptied, share

FILES = sorted(SAMPLES.glob("*.docx"))


def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the journal's, in an order of their own; of versions what does not tell the time."""
    journal = (tables.run, tables.outcome, tables.lease)
    timeless = {
        tables.version: ("submission_id", "no", "causes"),
        tables.unit_spelling: ("spelling", "unit_id"),
        tables.passage: ("submission_id", "record", "field", "text"),
        tables.correction: ("record", "field", "should_be", "state"),
    }
    with store.engine.connect() as connection:
        return {
            t.name: sorted(
                (
                    tuple(map(str, row))
                    for row in connection.execute(sa.select(*(t.c[c] for c in timeless.get(t, t.c.keys()))))
                ),
                key=repr,
            )
            for t in tables.metadata.sorted_tables
            if t not in journal
        }


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


def ingest(store: Store, *paths: Path) -> run.Summary:
    return run.ingest(list(paths), store, lambda outcome: None)


def test_every_record_comes_back_from_the_tables_as_it_was_extracted(store: Store) -> None:
    ingest(store, SAMPLES)
    for path in FILES:
        written = json.loads(as_json(as_record(extract(path))), parse_float=Decimal)
        assert json.loads(as_json(contents.load(store, path.name)), parse_float=Decimal) == written


def test_ingesting_twice_adds_no_row(store: Store) -> None:
    ingest(store, SAMPLES)
    before = rows(store)
    summary = ingest(store, SAMPLES)
    assert (summary.read, summary.known) == (0, len(FILES))
    assert rows(store) == before


def test_the_same_bytes_under_another_name_are_one_submission_delivered_twice(store: Store, tmp_path: Path) -> None:
    copy = tmp_path / "副本.docx"
    shutil.copy(FILES[0], copy)
    ingest(store, FILES[0], copy)
    kept = rows(store)
    assert (len(kept["file"]), len(kept["submission"]), len(kept["delivery"])) == (1, 1, 2)


def test_a_file_that_cannot_be_read_stays_in_the_ledger_and_the_batch_goes_on(store: Store, tmp_path: Path) -> None:
    bad = tmp_path / "坏.docx"
    bad.write_bytes(FILES[0].read_bytes()[:1000])
    summary = ingest(store, bad, FILES[0], tmp_path / "无.docx")
    assert (summary.read, len(summary.refused)) == (1, 2)
    assert contents.refused(store)[0][0] == str(bad)
    assert contents.counts(store)["file_refused"] == 1


def test_a_file_that_was_refused_once_can_be_read_later(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "form.docx"
    shutil.copy(FILES[0], path)
    with journal.running(store, "ingest", {}, "0") as run_id:
        digest = extract(path).document.digest
        saving.save_outcome(
            store, path, 1, digest, run_id, journal.Outcome(str(path), digest, "failed", "内存不足; 请重试")
        )
    again = ingest(store, path)
    assert again.refused == [(str(path), "内存不足; 请重试")]  # not tried again unasked
    run.ingest([path], store, lambda outcome: None, retry=True)
    assert contents.counts(store).get("file_failed", 0) == 0
    assert contents.counts(store)["submission"] == 1


def test_every_number_leads_back_to_its_cell_by_one_join(store: Store) -> None:
    ingest(store, SAMPLES)
    query = """
        SELECT i.submission_id, i.record, i.score, s.file, s.table_no, s.row_no, s.column_no, s.raw
        FROM indicator i
        LEFT JOIN v_source s ON s.submission_id = i.submission_id AND s.record = i.record AND s.field = 'score'
        WHERE i.score IS NOT NULL
    """
    with store.engine.connect() as connection:
        found = connection.execute(sa.text(query)).all()
    assert len(found) > 20
    for row in found:
        assert None not in (row.file, row.table_no, row.row_no, row.column_no)
        assert str(Decimal(str(row.score)).normalize()) == str(Decimal(row.raw.strip(" \u3000分")).normalize())


@pytest.mark.parametrize(("table", "columns"), [
    (tables.fund, ("approved", "revised", "received", "executed", "amount", "execution_rate", "weight", "score")),
    (tables.indicator, ("weight", "score", "review_score", "coefficient", "level1_weight", "level2_weight")),
])  # fmt: skip
def test_no_number_is_without_a_source(store: Store, table: sa.Table, columns: tuple[str, ...]) -> None:
    ingest(store, SAMPLES)
    with store.engine.connect() as connection:
        sourced = set(connection.execute(sa.select(tables.provenance.c["submission_id", "record", "field"])))
        for row in connection.execute(sa.select(table)):
            for column in columns:
                if getattr(row, column) is not None:
                    assert (row.submission_id, row.record, column) in sourced, (row.record, column)


def test_a_store_written_by_a_newer_version_is_not_touched(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="更新的ziping"):
        open_store(store.engine.url.render_as_string(hide_password=False))


def test_a_url_that_names_no_database_is_said_so() -> None:
    for url in ("nosuch://host/x", "://"):
        with pytest.raises(StoreError):
            open_store(url)


def test_a_driver_that_is_not_installed_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError) as told:
        open_store("postgresql+psycopg://u@h/d")
    assert f"{sys.executable} -m pip install 'psycopg[binary]" in str(told.value)


def test_two_submissions_of_one_name_must_be_told_apart(store: Store, tmp_path: Path) -> None:
    alike = [tmp_path / name / "表.docx" for name in "甲乙"]
    for path, source in zip(alike, FILES, strict=False):
        path.parent.mkdir()
        shutil.copy(source, path)
    ingest(store, *alike)
    with pytest.raises(StoreError, match="2份"):
        contents.load(store, "表.docx")
    with pytest.raises(StoreError, match="没有写明"):
        contents.load(store, "")
    with pytest.raises(StoreError, match="没有"):
        contents.load(store, "nosuch")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, list[tuple[Any, ...]]], float]:
    """The rows of an ingest that nobody stopped, and how long it took as a process."""
    path = tmp_path_factory.mktemp("whole") / "store.db"
    start = time.perf_counter()
    subprocess.run([*ZIPING, "ingest", SAMPLES, "--store", path, "--quiet"], check=True)
    return rows(open_store(str(path))), time.perf_counter() - start


ZIPING = [str(Path(sys.executable).parent / "ziping")]


@pytest.mark.parametrize("seed", share(range(20), 10))
def test_an_ingest_killed_at_any_moment_is_completed_by_the_same_command(
    seed: int, tmp_path: Path, undisturbed: tuple[dict[str, list[tuple[Any, ...]]], float]
) -> None:
    expected, seconds = undisturbed
    command = [*ZIPING, "ingest", str(SAMPLES), "--store", str(tmp_path / "store.db"), "--quiet"]
    process = subprocess.Popen(command)
    time.sleep(random.Random(seed).uniform(0.1, 1.0) * seconds)
    process.kill()
    process.wait()
    subprocess.run(command, check=True)
    assert rows(open_store(str(tmp_path / "store.db"))) == expected


def test_a_reader_never_sees_half_a_submission(tmp_path: Path) -> None:
    """While a submission is written, another connection sees none of it; then all of it."""
    store = open_store(str(tmp_path / "store.db"))
    seen: list[int] = []

    def watch(*_: object) -> None:
        with sa.create_engine(f"sqlite:///{tmp_path}/store.db").connect() as other:
            seen.append(other.execute(sa.select(sa.func.count()).select_from(tables.provenance)).scalar_one())

    writer = run.opened(store.url, os.getpid()).engine
    sa.event.listen(writer, "after_cursor_execute", watch)
    ingest(store, FILES[0])
    sa.event.remove(writer, "after_cursor_execute", watch)
    assert len(seen) > 15
    assert set(seen) == {0}
    assert contents.counts(store)["submission"] == 1


def test_any_callable_may_watch_the_progress(tmp_path: Path) -> None:
    outcomes: list[str] = []
    seen: Callable[[Outcome], None] = lambda outcome: outcomes.append(outcome.outcome)  # noqa: E731
    run.ingest([FILES[0], FILES[0]], open_store(str(tmp_path / "s.db")), seen)
    assert outcomes == ["read", "known"]


def older(path: Path, revision: str, *statements: str) -> Store:
    """The store that a release of a revision has left with some rows, opened by this one."""
    from alembic import command
    from alembic.config import Config

    engine = sa.create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(tables.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()
    return open_store(str(path))


FILE = "INSERT INTO file (sha256, name, size, outcome, version) VALUES ('a', '表.docx', 1, 'read', '0.1.0')"


def test_a_store_of_0_4_0_gains_places_and_texts_to_search(tmp_path: Path) -> None:
    opened = older(
        tmp_path / "old.db", "0004", FILE,
        "INSERT INTO submission (submission_id, sha256, unit, cells, used, ornament, unexplained) VALUES ('a', 'a', '南京市财政局', 1, 1, 0, 0)",
        "INSERT INTO unit (unit_id, name) VALUES ('u', '南京市财政局')",
        "INSERT INTO unit_spelling (spelling, unit_id) VALUES ('南京市财政局', 'u')",
        "INSERT INTO form (submission_id, no, record, kind) VALUES ('a', 1, 'forms[0]', 'project')",
        "INSERT INTO indicator (submission_id, form_no, no, record, level3) VALUES ('a', 1, 1, 'forms[0].indicators[0]', '巡查次数')",
    )  # fmt: skip
    assert [hit.text for hit in search(opened, "巡查")] == ["巡查次数"]
    with opened.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT city, place_code FROM unit")).all() == [("南京市", "320100")]
        assert connection.execute(sa.text("SELECT COUNT(*) FROM code")).scalar_one() > 40
    opened.close()


@pytest.mark.parametrize("revision", ["0004", "0005"])
def test_an_older_store_gains_submitters_current_files_and_the_cells_of_its_corrections(
    revision: str, tmp_path: Path
) -> None:
    submission = (
        "INSERT INTO submission (submission_id, sha256, unit, subject, cells, used, ornament, unexplained) VALUES "
    )
    form = "INSERT INTO form (submission_id, no, record, kind, implementer) VALUES "
    opened = older(
        tmp_path / "old.db", revision, FILE, FILE.replace("'a'", "'b'").replace("表", "乙"), FILE.replace("'a'", "'c'"),
        "INSERT INTO delivery (path, sha256) VALUES ('/甲.docx', 'a'), ('/乙.docx', 'b'), ('/丙.docx', 'c')",
        f"{submission} ('a', 'a', '青禾县水务局', 'x', 1, 1, 0, 0), ('b', 'b', NULL, 'x', 1, 1, 0, 0), ('c', 'c', NULL, 'y', 1, 1, 0, 0)",
        f"{form} ('a', 1, 'forms[0]', 'project', '青禾县水文站'), ('b', 1, 'forms[0]', 'project', '青禾县水文站')",
        f"{form} ('c', 1, 'forms[0]', 'project', '青禾县水文站'), ('c', 2, 'forms[1]', 'project', NULL)",
        "INSERT INTO provenance (submission_id, no, record, field, raw, part, block_no, table_no, row_no, column_no) "
        "VALUES ('a', 1, 'forms[0]', 'self_score', '9l', 'body', 3, 1, 4, 7)",
        "INSERT INTO correction (correction_id, submission_id, record, field, found, should_be, reason, person, made_at, state) "
        "VALUES (1, 'a', 'forms[0]', 'self_score', NULL, '91', '盖章件', '甲某', '2026-01-01T00:00:00Z', 'applied')",
    )  # fmt: skip
    with opened.engine.connect() as connection:
        told = connection.execute(sa.text("SELECT submission_id, submitter FROM submission ORDER BY 1")).all()
        current_ = connection.execute(sa.text("SELECT path FROM v_current ORDER BY 1")).scalars().all()
        cell, raw = connection.execute(sa.select(tables.correction.c.cell, tables.correction.c.raw)).one()
        known = connection.execute(sa.text("SELECT spelling FROM unit_spelling ORDER BY 1")).scalars().all()
    assert told == [("a", "青禾县水务局"), ("b", "青禾县水文站"), ("c", None)]
    assert len(current_) == 2  # one of each report
    assert "/丙.docx" in current_
    assert (raw, cell["block"], cell["row"], cell["column"]) == ("9l", 3, 4, 7)
    assert {"青禾县水务局", "青禾县水文站"} <= set(known)
    opened.close()


def test_a_store_of_0_3_0_gains_submitters_and_current_files(tmp_path: Path) -> None:
    opened = older(
        tmp_path / "old.db", "0003", FILE,
        "INSERT INTO delivery (path, sha256, stage) VALUES ('/甲初稿.docx', 'a', 'draft'), ('/甲.docx', 'a', NULL)",
        "INSERT INTO submission (submission_id, sha256, unit, subject, cells, used, ornament, unexplained) "
        "VALUES ('a', 'a', NULL, 'x', 1, 1, 0, 0)",
        "INSERT INTO form (submission_id, no, record, kind, implementer) VALUES ('a', 1, 'forms[0]', 'project', '青禾县水文站')",
        "INSERT INTO fund (submission_id, form_no, no, record, item, approved) VALUES ('a', 1, 1, 'forms[0].funds[0]', 'total', 12.5)",
    )  # fmt: skip
    with opened.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT submitter FROM submission")).scalars().all() == ["青禾县水文站"]
        assert connection.execute(sa.text("SELECT path FROM v_current")).scalars().all() == ["/甲.docx"]
        assert connection.execute(sa.text("SELECT unit, approved FROM v_fund")).all() == [("青禾县水文站", 12.5)]
        assert connection.execute(sa.text("SELECT name FROM unit")).scalars().all() == ["青禾县水文站"]
    opened.close()


def test_what_a_recogniser_was_sure_of_is_no_longer_called_confidence(tmp_path: Path) -> None:
    opened = older(
        tmp_path / "old.db", "0009", FILE,
        "INSERT INTO submission (submission_id, sha256, unit, subject, cells, used, ornament, unexplained) "
        "VALUES ('a', 'a', NULL, 'x', 1, 1, 0, 0)",
        "INSERT INTO provenance (submission_id, no, record, field, raw, part, block_no, confidence) "
        "VALUES ('a', 1, 'forms[0]', 'self_score', '91', 'body', 3, 0.75), ('a', 2, 'forms[0]', 'unit', '水务局', 'body', 2, NULL)",
    )  # fmt: skip
    with opened.engine.connect() as connection:
        told = connection.execute(sa.text("SELECT raw, confidence, recognition FROM v_source ORDER BY raw")).all()
    assert told == [("91", None, 0.75), ("水务局", None, None)]
    opened.close()


def test_a_store_of_the_first_release_is_migrated_and_keeps_its_rows(tmp_path: Path) -> None:
    opened = older(
        tmp_path / "old.db", "0001", FILE, "INSERT INTO delivery (path, sha256) VALUES ('/材料/表.docx', 'a')"
    )
    with opened.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT path, stage FROM delivery")).all() == [("/材料/表.docx", None)]
    ingest(opened, FILES[0])
    with opened.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT COUNT(*) FROM submission")).scalar() == 1
    opened.close()


def test_a_reader_may_look_and_not_touch(
    postgresql: str, ziping: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    owner = open_store(emptied(postgresql))
    ingest(owner, FILES[0])
    for _ in range(2):
        assert "不能修改" in ziping("reader", "analysts", "--store", postgresql).stdout
    url = postgresql.replace("postgresql://ziping@", "postgresql+psycopg://analysts@")
    with sa.create_engine(url).connect() as connection:
        assert connection.execute(sa.text("SELECT COUNT(*) FROM v_source")).scalar_one() > 0
        for statement in ("DELETE FROM finding", "CREATE TABLE mine (a int)", "UPDATE fund SET approved = 1"):
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                connection.execute(sa.text(statement))
            connection.rollback()


def test_a_sqlite_store_has_no_roles(ziping: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    open_store(str(tmp_path / "s.db")).close()
    said = ziping("reader", "analysts", "--store", "s.db")
    assert (said.returncode, said.stderr.count("\n")) == (1, 1)
    assert "只有PostgreSQL有角色" in said.stderr


def test_what_one_transaction_holds_another_waits_for(postgresql: str) -> None:
    store = open_store(emptied(postgresql))

    def taken(name: str, shared: bool) -> bool:
        with store.engine.connect() as other, other.begin():
            other.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
            try:
                hold(other, name, shared=shared)
            except sa.exc.OperationalError:
                return False
        return True

    with store.engine.connect() as connection, connection.begin():
        hold(connection, "甲", "乙")
        assert [taken("甲", False), taken("乙", True), taken("丙", False)] == [False, False, True]
    with store.engine.connect() as connection, connection.begin():
        hold(connection, "甲", shared=True)
        assert [taken("甲", True), taken("甲", False)] == [True, False]
    assert taken("甲", False)
    store.close()


@pytest.mark.parametrize("release", ["0.1.0", "0.3.0", "0.5.1"])
def test_a_store_of_a_release_that_is_migrated_and_rerun_is_as_one_that_is_fresh(release: str, tmp_path: Path) -> None:
    """tests/stores holds what these releases made of three samples, unchanged but for compression."""
    inbox, old = tmp_path / "材料", tmp_path / "old.db"
    inbox.mkdir()
    for name in ("water-2022.docx", "council-2021.docx", "repairs-2020.docx"):
        shutil.copy2(SAMPLES / name, inbox)
        os.utime(inbox / name, (1_700_000_000, 1_700_000_000))
    old.write_bytes(gzip.decompress((ROOT / "tests" / "stores" / f"{release}.db.gz").read_bytes()))
    with sqlite3.connect(old) as connection:  # the folder of then is another now
        connection.execute("UPDATE delivery SET path = replace(path, '/tmp/old/in', ?)", (str(inbox),))
        if release != "0.1.0":  # which did not note when a file was changed
            connection.execute("UPDATE delivery SET modified_at = '2023-11-14T22:13:20Z'")
    connection.close()
    upgraded, fresh = open_store(str(old)), open_store(str(tmp_path / "fresh.db"))
    planned = list(planning.plan(upgraded, apply=True))
    assert not [p.trouble for p in planned if p.trouble]
    assert list(planning.plan(upgraded, apply=True)) == []
    run.ingest([inbox], upgraded, lambda outcome: None)
    run.ingest([inbox], fresh, lambda outcome: None)
    found, expected = rows(upgraded), rows(fresh)
    for name in expected:
        if name not in ("version", "alembic_version"):
            assert found[name] == expected[name], name
    for store in (upgraded, fresh):
        store.close()
