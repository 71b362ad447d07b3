"""The dictionary is what the definitions say, in both languages, and PostgreSQL shows it."""

from __future__ import annotations

import sqlalchemy as sa

from pipeline.store.opening import open_store
from schema.codes import CODES
from schema.records import CATEGORIES, SECTION_KINDS
from schema.relational import dictionary, tables
from schema.relational.views import VIEWS
from tests.conftest import ROOT, emptied


def test_the_page_is_the_one_the_definitions_make() -> None:
    written = (ROOT / "schema" / "DICTIONARY.md").read_text(encoding="utf-8")
    assert written == dictionary.page(), "run: .venv/bin/python -m schema.relational.dictionary > schema/DICTIONARY.md"


def test_every_code_of_the_records_has_a_name() -> None:
    assert set(CODES["category"]) == CATEGORIES
    assert set(CODES["section"]) == SECTION_KINDS


def test_a_view_has_the_columns_it_says(tmp_path: object) -> None:
    store = open_store(f"{tmp_path}/store.db")
    with store.reading() as connection:
        for view in VIEWS:
            names = list(connection.execute(sa.text(f"SELECT * FROM {view.name}")).keys())
            assert names == [name for name, *_ in view.columns]
            assert len(set(names)) == len(names)


def test_postgresql_keeps_the_comments_of_tables_and_views(postgresql: str) -> None:
    store = open_store(emptied(postgresql))
    query = sa.text(
        "SELECT col_description(c.oid, a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relname = :name AND a.attnum > 0"
    )
    with store.reading() as connection:
        for name in ("v_unit_year", "indicator"):
            told = [row[0] for row in connection.execute(query, {"name": name})]
            assert told
            assert all(" / " in (words or "") for words in told)


def test_a_view_counts_only_what_is_current(tmp_path: object) -> None:
    assert all("v_current" in view.sql for view in VIEWS)
    assert "code" in tables.metadata.tables
