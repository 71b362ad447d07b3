"""The tables: derived from the records, the same as the migrations make, exact to the digit."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store.opening import open_store
from schema.relational import tables
from schema.relational.tables import Exact, metadata


def test_the_migrations_make_the_tables_the_code_writes(tmp_path: object) -> None:
    store = open_store(f"{tmp_path}/store.db")
    with store.engine.connect() as connection:
        index = {"include_name": lambda name, *_: not str(name).startswith("passage_index")}  # SQLite's own
        context = MigrationContext.configure(connection, opts={"compare_type": False, **index})
        assert compare_metadata(context, metadata) == []


def test_every_column_says_in_chinese_what_it_is() -> None:
    assert not [f"{t.name}.{c.name}" for t in metadata.tables.values() for c in t.columns if not c.comment]


def test_no_column_has_a_name_that_sql_reserves() -> None:
    reserved = {"check", "where", "group", "row", "column", "order", "table", "select", "values", "from"}
    assert not [c.name for t in metadata.tables.values() for c in t.columns if c.name in reserved]


def test_no_field_of_a_record_is_without_a_column() -> None:
    assert {"level1", "target_value", "target_value_op", "target_value_unit", "extra"} <= set(tables.indicator.c.keys())
    assert {"prepared_by", "phone", "leader", "self_score"} <= set(tables.form.c.keys())


_engine = sa.create_engine("sqlite://")
_numbers = sa.Table("n", sa.MetaData(), sa.Column("value", Exact))


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=6) | st.decimals(allow_nan=False, allow_infinity=False)
)
def test_a_decimal_comes_back_digit_for_digit(value: Decimal) -> None:
    with _engine.begin() as connection:
        _numbers.create(connection, checkfirst=True)
        connection.execute(_numbers.delete())
        connection.execute(_numbers.insert(), {"value": value})
        assert connection.execute(sa.select(_numbers.c.value)).scalar_one() == value


def test_an_amount_as_forms_state_it_is_a_number_that_sql_can_sum() -> None:
    with _engine.begin() as connection:
        _numbers.create(connection, checkfirst=True)
        connection.execute(_numbers.delete())
        connection.execute(_numbers.insert(), [{"value": Decimal("1519.94391")}, {"value": Decimal("0.05609")}])
        assert connection.execute(sa.text("SELECT sum(value), typeof(value) FROM n")).one() == (
            1520.0,
            "real",
        )
