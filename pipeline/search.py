"""Full-text search over what submissions say: indicators, goals, tasks, sections; right for two characters and more.

Both stores keep an index of every two characters that stand together; what it finds is compared with the text itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from normalizers.text import grams
from pipeline.rows import SEARCHED
from schema import tables
from schema.document import Origin
from schema.errors import ZipingError

if TYPE_CHECKING:
    from pipeline.store import Store

_CHUNK = 200  # hits looked at in one go, to see which of them count now
_FOUND = {
    "sqlite": "passage_index x JOIN passage p ON p.passage_id = x.rowid WHERE x.passage_index MATCH :grams AND instr(lower(p.text), :word)",
    "postgresql": "passage p WHERE ziping_grams(p.text) @> ziping_grams(:word) AND strpos(lower(p.text), :word) > 0",
}
_BEHIND = "SELECT EXISTS (SELECT 1 FROM passage WHERE passage_id > (SELECT COALESCE(MAX(id), 0) FROM passage_index_docsize))"
_CATCH_UP = """INSERT INTO passage_index(rowid, grams) SELECT passage_id, ziping_grams(text) FROM passage
WHERE passage_id > (SELECT COALESCE(MAX(id), 0) FROM passage_index_docsize) ORDER BY passage_id"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that holds the word. record, field: as in RECORDS.md; where: its place in the file, page: where it has pages."""

    submission_id: str
    file: str
    unit: str | None
    fiscal_year: int | None
    record: str
    field: str
    text: str
    where: str | None
    page: int | None


def index(connection: sa.Connection) -> None:
    """Brings SQLite's index up to the passages, inside a transaction; PostgreSQL keeps its own."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_CATCH_UP)


def gather(connection: sa.Connection) -> None:
    """Takes up the passages of all submissions: for a store that an older version has written."""
    for table, names in SEARCHED.items():
        for row in connection.execute(sa.select(table)).mappings().all():
            found = [
                {
                    "submission_id": row["submission_id"],
                    "record": row["record"],
                    "field": name,
                    "text": row[name],
                }
                for name in names
                if row[name] and grams(row[name])
            ]
            if found:
                connection.execute(tables.passage.insert(), found)
    index(connection)


def search(
    store: Store, word: str, *, year: int | None = None, unit: str | None = None, most: int = 50
) -> list[Hit]:
    """The first hits in what counts now, in order of reading; one more than `most` where there are more. unit: a part of its
    name. Raises ZipingError where the word has no two characters that stand together, StoreError."""
    word = word.strip().lower()
    if not grams(word):
        raise ZipingError(word or "（空）", "检索词至少要有两个相连的字", "请输入两个以上的字，例如：满意度")
    _catch_up(store)
    with store.reading() as connection:
        found = list(islice(_current(connection, _passages(connection, word, year, unit)), most + 1))
        where = places(connection, [(row.submission_id, row.record) for row in found])
    return [
        Hit(
            row.submission_id, row.file, row.unit, row.fiscal_year, row.record, row.field, row.text,
            *where.get((row.submission_id, row.record, row.field), (None, None)),
        )
        for row in found
    ]  # fmt: skip


def statement(dialect: str, filters: str = "") -> str:
    """The SQL of a search, with the parameters :grams (SQLite) and :word."""
    # PostgreSQL reads what its index found in the order of the table, that of reading, and stops where enough is found
    order = " ORDER BY x.rowid" if dialect == "sqlite" else ""
    return (
        "SELECT p.submission_id, p.record, p.field, p.text, s.unit, s.fiscal_year, s.subject, f.name AS file FROM "
        + _FOUND[dialect].replace(
            " WHERE ",
            " JOIN submission s ON s.submission_id = p.submission_id JOIN file f ON f.sha256 = s.sha256 WHERE ",
        )
        + filters
        + order
    )


def _catch_up(store: Store) -> None:
    """A run that was killed leaves passages out of SQLite's index."""
    if store.engine.dialect.name != "sqlite":
        return
    with store.reading() as connection:
        behind = connection.exec_driver_sql(_BEHIND).scalar()
    if behind:
        with store.writing() as connection:
            index(connection)


def _passages(
    connection: sa.Connection, word: str, year: int | None, unit: str | None
) -> Iterator[sa.Row[Any]]:
    filters, values = "", {"word": word}
    if connection.dialect.name == "sqlite":
        values["grams"] = " ".join(f'"{gram}"' for gram in grams(word).split())
    if year is not None:
        filters += " AND s.fiscal_year = :year"
        values["year"] = year  # type: ignore[assignment]
    if unit is not None:
        filters += " AND s.unit LIKE :unit"
        values["unit"] = f"%{unit}%"
    query = sa.text(statement(connection.dialect.name, filters))
    yield from connection.execution_options(yield_per=_CHUNK).execute(query, values)


def _current(connection: sa.Connection, rows: Iterator[sa.Row[Any]]) -> Iterator[sa.Row[Any]]:
    """Without the passages of files that another file of the same report has replaced."""
    s = tables.submission
    while chunk := list(islice(rows, _CHUNK)):
        subjects = {row.subject for row in chunk if row.subject}
        several = (
            sa.select(s.c.subject)
            .where(s.c.subject.in_(subjects))
            .group_by(s.c.subject)
            .having(sa.func.count() > 1)
        )
        doubtful = [row[0] for row in connection.execute(several)]
        current: set[str] = set()
        if doubtful:
            v = sa.table("v_current", sa.column("submission_id"), sa.column("subject"))
            current = {
                row[0]
                for row in connection.execute(sa.select(v.c.submission_id).where(v.c.subject.in_(doubtful)))
            }
        yield from (row for row in chunk if row.subject not in doubtful or row.submission_id in current)


def places(
    connection: sa.Connection, records: list[tuple[str, str]]
) -> dict[tuple[str, str, str], tuple[str, int | None]]:
    """Where the values of records, given as (submission_id, record), stand: (submission_id, record, field) → (place, page)."""
    p = tables.provenance
    out: dict[tuple[str, str, str], tuple[str, int | None]] = {}
    wanted = set(records)
    for start in range(0, len(records), _CHUNK):
        chunk = records[start : start + _CHUNK]
        query = sa.select(p).where(
            p.c.submission_id.in_({owner for owner, _ in chunk})
            & p.c.record.in_({record for _, record in chunk})
        )
        for found in connection.execute(query.order_by(p.c.submission_id, p.c.no)):
            if (found.submission_id, found.record) in wanted:
                place = Origin(found.part, found.block_no, found.table_no, found.row_no, found.column_no)
                out.setdefault((found.submission_id, found.record, found.field), (str(place), found.page_no))
    return out
