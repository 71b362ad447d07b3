"""A column is called by what its table holds, never by its name alone."""

from __future__ import annotations

import pytest

from pipeline.analysts.export import LISTS, column_kinds
from pipeline.analysts.query import described, free, select, titles
from pipeline.store.connection import Store
from schema.records import title


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT name, size FROM file", ["文件名", "字节数"]),
        ("SELECT name FROM task", ["任务名称"]),
        ("SELECT text FROM section", ["正文"]),
        ("SELECT text FROM basic_value", ["不是数字的内容"]),
        ("SELECT t.number AS numbering FROM section t", ["编号"]),
        ("SELECT f.name, t.name AS task FROM file f JOIN task t ON 1 = 1", ["文件名", "任务名称"]),
        ("SELECT name FROM file, task", ["文件名"]),
        ("SELECT COUNT(*) AS many FROM file", ["many"]),
        ("SELECT name FROM file JOIN task ON 1 = 1", ["name"]),
    ],
)
def test_a_column_has_the_title_of_its_own_table(sql: str, expected: list[str]) -> None:
    columns = [part.split(" AS ")[-1].split(".")[-1].strip() for part in sql.split(" FROM ")[0][7:].split(",")]
    assert titles(sql, columns) == expected


def test_every_column_that_is_taken_away_has_a_chinese_title(demo: Store) -> None:
    for wanted in LISTS:
        columns = select(demo, wanted.sql, {}, rows=1, trusted=True).columns
        assert all(column.title != name for column, name in zip(described(wanted.sql, columns), columns, strict=True))
        kinds = dict(zip(columns, column_kinds(wanted.sql, columns), strict=True))
        assert {kinds.get(name, "integer") for name in ("no", "form_no", "fiscal_year")} == {"integer"}
    assert free(demo, trusted=True, sql="SELECT name FROM file LIMIT 1").labels == ("文件名",)


def test_a_field_has_the_title_of_its_record() -> None:
    assert title("forms[0].indicators[3]", "actual") == "完成值"
    assert title("forms[0].goals[0]", "actual") == "实际完成情况"
    assert title("sections[2]", "text") == "正文"
    assert title("forms[0].contacts", "leader") == "单位负责人"
    assert title("forms[0].basics[1]", "values.年末") == "values.年末"
