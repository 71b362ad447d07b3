"""The data dictionary: every table, view and column in Chinese and English, from the definitions themselves.

`python -m schema.relational.dictionary` prints DICTIONARY.md; a test holds the file to it. On PostgreSQL the same words are the comments.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from schema.relational import tables
from schema.relational.english import TABLES, english
from schema.relational.views import VIEWS


def comments() -> Iterator[str]:
    """The statements by which PostgreSQL keeps the comments of tables and views in both languages."""
    for what, words in _told():
        yield f"COMMENT ON {what} IS '{words.replace(chr(39), chr(39) * 2)}'"


def _told() -> Iterator[tuple[str, str]]:
    for table in tables.metadata.sorted_tables:
        yield f"TABLE {table.name}", f"{table.comment} / {TABLES[table.name]}"
        for column in table.columns:
            yield f"COLUMN {table.name}.{column.name}", f"{column.comment} / {english(column)}"
    for view in VIEWS:
        yield f"VIEW {view.name}", f"{view.chinese} / {view.english}"
        for name, _, chinese, told in view.columns:
            yield f"COLUMN {view.name}.{name}", f"{chinese} / {told}"


def page() -> str:
    """DICTIONARY.md."""
    out = [
        "# 数据字典 · Data dictionary", "",
        "Made by `python -m schema.relational.dictionary`. "
        "Analysts read the views (`v_…`): they hold what counts now. Money is in 万元 (10,000 yuan),"
        " rates are fractions, scores and weights are points; null means not stated.", "",
    ]  # fmt: skip
    for view in VIEWS:
        out += [f"## {view.name}", f"{view.chinese} · {view.english}", "", "| column | 含义 | meaning |", "| --- | --- | --- |"]  # fmt: skip
        out += [f"| `{name}` | {chinese} | {told} |" for name, _, chinese, told in view.columns] + [""]
    for table in tables.metadata.sorted_tables:
        out += [f"## {table.name}", f"{table.comment} · {TABLES[table.name]}", ""]
        out += ["| column | type | 含义 | meaning |", "| --- | --- | --- | --- |"]
        keys = table.primary_key.columns
        for c in table.columns:
            kind = f"{_type(c)}{'，主键' if c.name in keys else ''}"
            out.append(f"| `{c.name}` | {kind} | {c.comment} | {english(c)} |")
        out.append("")
    return "\n".join(out)


def _type(column: sa.Column[object]) -> str:
    return {"Exact": "number", "Text": "text", "String": "text", "Integer": "integer", "Date": "date"}.get(
        type(column.type).__name__, type(column.type).__name__.lower()
    )


if __name__ == "__main__":
    print(page(), end="")
