"""Full-text search over what submissions say: indicators, goals, tasks, sections; right for two characters and more.

Both stores keep an index of every two characters that stand together; what it finds is compared with the text itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa

from normalizers.text import grams
from pipeline.store.connection import Store
from pipeline.store.rows import SEARCHED, origin_of, passages
from schema.errors import ZipingError
from schema.relational import tables
from schema.relational.views import handed_in

_MANY = 1000  # rows taken up at once
_CHUNK = 100  # hits looked at in one go, to see which of them count now
# On PostgreSQL the first passages are looked at as they are: a word that is frequent is found there, and no list of all the
# places where it stands is drawn from the index.
_FIRST = "(SELECT MIN(passage_id) + 5000 FROM passage)"
_FOUND = {
    "sqlite": [
        "passage_index x JOIN passage p ON p.passage_id = x.rowid WHERE x.passage_index MATCH :grams AND instr(lower(p.text), :word)"
        "{} ORDER BY x.rowid"
    ],
    "postgresql": [
        f"passage p WHERE p.passage_id <= {_FIRST} AND strpos(lower(p.text), :word) > 0{{}} ORDER BY p.passage_id",
        f"passage p WHERE ziping_grams(p.text) @> ziping_grams(:word) AND strpos(lower(p.text), :word) > 0 AND p.passage_id > {_FIRST}{{}}",
    ],
}
_BEHIND = (
    "SELECT EXISTS (SELECT 1 FROM passage WHERE passage_id > (SELECT COALESCE(MAX(id), 0) FROM passage_index_docsize))"
)
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
        told = sa.select(*(table.c[name] for name in ("submission_id", "record", *names)))
        for rows in connection.execution_options(yield_per=_MANY).execute(told).mappings().partitions():
            found = [passage for row in rows for passage in passages(table, row)]
            if found:
                connection.execute(tables.passage.insert(), found)
    index(connection)


def search(store: Store, word: str, *, year: int | None = None, unit: str | None = None, most: int = 50) -> list[Hit]:
    """The first hits in what counts now, in order of reading; one more than `most` where there are more. unit: a part of its
    name. Raises ZipingError where the word has no two characters that stand together, StoreError."""
    word = word.strip().lower()
    if not grams(word):
        raise ZipingError(word or "（空）", "检索词至少要有两个相连的字", "请输入两个以上的字，例如：满意度")
    _catch_up(store)
    with store.reading() as connection:
        found = list(islice(_current(connection, _passages(connection, word, year, unit)), most + 1))
        where = places(connection, [(row.submission_id, row.record) for _, row in found])
    return [
        Hit(
            row.submission_id, owner.name, owner.unit, owner.fiscal_year, row.record, row.field, row.text,
            *where.get((row.submission_id, row.record, row.field), (None, None)),
        )
        for owner, row in found
    ]  # fmt: skip


def statements(dialect: str, filters: str = "") -> list[str]:
    """The SQL of a search, one after the other until enough is found, with the parameters :word and, on SQLite, :grams."""
    return [
        f"SELECT p.submission_id, p.record, p.field, p.text FROM {found.format(filters)}" for found in _FOUND[dialect]
    ]


def _catch_up(store: Store) -> None:
    """A run that was killed leaves passages out of SQLite's index."""
    if store.engine.dialect.name != "sqlite":
        return
    with store.reading() as connection:
        behind = connection.exec_driver_sql(_BEHIND).scalar()
    if behind:
        store.write(index)


def _passages(connection: sa.Connection, word: str, year: int | None, unit: str | None) -> Iterator[sa.Row[Any]]:
    values: dict[str, Any] = {"word": word}
    if connection.dialect.name == "sqlite":
        values["grams"] = " ".join(f'"{gram}"' for gram in grams(word).split())
    s = tables.submission
    among, filters = sa.select(s.c.submission_id), ""
    if year is not None:
        among = among.where(s.c.fiscal_year == sa.bindparam("year"))
        values["year"] = year
    if unit is not None:
        among = among.where(handed_in(s).like(sa.bindparam("unit")))
        values["unit"] = f"%{unit}%"
    if year is not None or unit is not None:
        filters = f" AND p.submission_id IN ({among})"
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL jit = off")  # it takes longer than the search
    connection = connection.execution_options(yield_per=_CHUNK)
    for query in statements(connection.dialect.name, filters):
        yield from connection.execute(sa.text(query), values)


def _current(connection: sa.Connection, rows: Iterator[sa.Row[Any]]) -> Iterator[tuple[Any, sa.Row[Any]]]:
    """(submission, passage), without the passages of files that another file of the same report has replaced."""
    s, f = tables.submission, tables.file
    unit = handed_in(s).label("unit")
    named = sa.select(s.c.submission_id, unit, s.c.fiscal_year, s.c.subject, f.c.name).join(f, f.c.sha256 == s.c.sha256)
    while chunk := list(islice(rows, _CHUNK)):
        ids = {row.submission_id for row in chunk}
        owners = {row.submission_id: row for row in connection.execute(named.where(s.c.submission_id.in_(ids)))}
        subjects = {owner.subject for owner in owners.values() if owner.subject}
        several = (
            sa.select(s.c.subject).where(s.c.subject.in_(subjects)).group_by(s.c.subject).having(sa.func.count() > 1)
        )
        doubtful = {row[0] for row in connection.execute(several)}
        current: set[str] = set()
        if doubtful:
            v = sa.table("v_current", sa.column("submission_id"), sa.column("subject"))
            found = connection.execute(sa.select(v.c.submission_id).where(v.c.subject.in_(doubtful)))
            current = {row[0] for row in found}
        for row in chunk:
            owner = owners[row.submission_id]
            if owner.subject not in doubtful or row.submission_id in current:
                yield owner, row


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
            p.c.submission_id.in_({owner for owner, _ in chunk}) & p.c.record.in_({record for _, record in chunk})
        )
        for found in connection.execute(query.order_by(p.c.submission_id, p.c.no)):
            if (found.submission_id, found.record) in wanted:
                out.setdefault(
                    (found.submission_id, found.record, found.field), (origin_of(found).chinese, found.page_no)
                )
    return out
