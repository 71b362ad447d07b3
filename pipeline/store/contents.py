"""What a store holds: counts, submissions, what nobody understood, one record. Functions that only read."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import sqlalchemy as sa

from normalizers.vocabulary import OTHER
from pipeline.store.connection import Store
from pipeline.store.journal import FAILED, PARTLY, READ, REFUSED
from pipeline.store.rows import record
from schema.errors import StoreError
from schema.relational import tables, views


def counts(store: Store) -> dict[str, int]:
    """How many files (by outcome), submissions, forms, indicators and findings the store holds."""
    with store.reading() as connection:
        out = {
            f"file_{outcome}": count
            for outcome, count in connection.execute(
                sa.select(tables.file.c.outcome, sa.func.count()).group_by(tables.file.c.outcome)
            )
        }
        for table in (
            tables.submission,
            tables.form,
            tables.indicator,
            tables.fund,
            tables.finding,
            tables.section,
        ):
            out[table.name] = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        cells = sa.select(sa.func.sum(tables.submission.c.cells), sa.func.sum(tables.submission.c.unexplained))
        total, left = connection.execute(cells).one()
        out |= {"cells": total or 0, "unexplained": left or 0}
    return out


def copies(store: Store) -> list[list[sa.Row[Any]]]:
    """The files that are copies of one report, a list for each report: unit, fiscal_year, path, stage, preferred."""
    query = sa.text(
        "SELECT subject, unit, fiscal_year, path, stage, preferred FROM v_copy ORDER BY subject, preferred DESC, path"
    )
    with store.reading() as connection:
        rows = list(connection.execute(query))
    return [list(group) for _, group in groupby(rows, key=lambda row: row.subject)]


def refused(store: Store) -> list[tuple[str, str, str]]:
    """(path, reason, sha256) of every file that could not be read; its name where nothing was noted of the path."""
    f, d = tables.file, tables.delivery
    path = sa.func.coalesce(sa.func.min(d.c.path), f.c.name).label("path")
    query = sa.select(path, f.c.message, f.c.sha256).outerjoin_from(f, d, d.c.sha256 == f.c.sha256)
    query = query.where(f.c.outcome.in_((REFUSED, FAILED))).group_by(f.c.sha256, f.c.name, f.c.message)
    with store.reading() as connection:
        return [(row.path, row.message, row.sha256) for row in connection.execute(query.order_by(path))]


def unknown(store: Store) -> list[sa.Row[Any]]:
    """The headings that nobody knows, one row each: submission_id, file, text, block, field, reason, taken, below, beside,
    and its place. What is left over and short enough for a heading is among them, in block `leftover`."""
    u, left, s, f = tables.unknown_heading, tables.leftover, tables.submission, tables.file
    place = ("part", "block_no", "table_no", "row_no", "column_no")
    headings = sa.select(
        u.c.submission_id, f.c.name.label("file"), u.c.text, u.c.block, u.c.field, u.c.reason, u.c.taken, u.c.below,
        u.c.beside, *(u.c[name] for name in place),
    ).join_from(u, s, u.c.submission_id == s.c.submission_id).join(f, f.c.sha256 == s.c.sha256)  # fmt: skip
    others = sa.select(
        left.c.submission_id, f.c.name.label("file"), left.c.text, *(left.c[name] for name in place)
    ).join_from(left, s, left.c.submission_id == s.c.submission_id).join(f, f.c.sha256 == s.c.sha256)  # fmt: skip
    with store.reading() as connection:
        return [*connection.execute(headings), *connection.execute(others)]


def without_category(store: Store) -> list[sa.Row[Any]]:
    """The indicators whose groups no category fits: submission_id, file, level1, level2, below (their name), and where
    their groups are written."""
    i = tables.indicator
    wanted = i.c.category.is_(None) & (i.c.level1.is_not(None) | i.c.level2.is_not(None))
    return _read_at(store, i, (i.c.level1, i.c.level2, i.c.level3.label("below")), wanted, ("level2", "level1"))


def without_kind(store: Store) -> list[sa.Row[Any]]:
    """The narrative's first headings of no kind, known or not: submission_id, file, heading, below (None), and where they
    are written."""
    s = tables.section
    wanted = (s.c.kind == OTHER) & (s.c.level == 1) & s.c.heading.is_not(None)
    return _read_at(store, s, (s.c.heading, sa.null().label("below")), wanted, ("heading",))


def _read_at(
    store: Store, table: sa.Table, shown: tuple[Any, ...], wanted: Any, fields: tuple[str, ...]
) -> list[sa.Row[Any]]:
    """Rows of a table with the place where the first of some fields was read."""
    p, s, f = tables.provenance, tables.submission, tables.file
    order = sa.case(*((p.c.field == name, at) for at, name in enumerate(fields)))
    query = (
        sa.select(
            table.c.submission_id, f.c.name.label("file"), *shown,
            *(p.c[name] for name in ("part", "block_no", "table_no", "row_no", "column_no")),
        )
        .join_from(table, s, s.c.submission_id == table.c.submission_id)
        .join(f, f.c.sha256 == s.c.sha256)
        .join(p, (p.c.submission_id == table.c.submission_id) & (p.c.record == table.c.record))
        .where(wanted & p.c.field.in_(fields))
        .order_by(table.c.submission_id, table.c.record, order)
    )  # fmt: skip
    with store.reading() as connection:
        return list(connection.execute(query))


def layouts(store: Store) -> list[sa.Row[Any]]:
    """One row a form: fingerprint, headings, kind, fiscal_year, unit, the path its file arrived under first, and its standing (confirmed,
    stated, sure, contradicted, unread)."""
    lay, form, s, d = tables.form_layout, tables.form, tables.submission, tables.delivery
    path = sa.select(sa.func.min(d.c.path)).where(d.c.sha256 == s.c.sha256).scalar_subquery()
    query = (
        sa.select(
            lay.c.fingerprint, lay.c.headings, form.c.kind,
            sa.func.coalesce(form.c.fiscal_year, s.c.fiscal_year).label("fiscal_year"),
            sa.func.coalesce(form.c.unit, s.c.submitter).label("unit"), path.label("path"), s.c.sha256,
            *(lay.c[name] for name in ("confirmed", "stated", "sure", "contradicted", "unread")),
        )
        .join(form, (form.c.submission_id == lay.c.submission_id) & (form.c.no == lay.c.form_no))
        .join(s, s.c.submission_id == lay.c.submission_id)
        .order_by(lay.c.submission_id, lay.c.form_no)
    )  # fmt: skip
    with store.reading() as connection:
        return list(connection.execute(query))


def read_in(store: Store, run_id: int) -> set[str]:
    """The digests of the files that a run read."""
    o = tables.outcome
    query = sa.select(o.c.sha256).where((o.c.run_id == run_id) & o.c.outcome.in_((READ, PARTLY)))
    with store.reading() as connection:
        return set(connection.scalars(query))


def sources(store: Store, submission_id: str) -> list[str]:
    """The paths under which the files of a submission arrived."""
    s, d = tables.submission, tables.delivery
    query = sa.select(d.c.path).join(s, d.c.sha256 == s.c.sha256).where(s.c.submission_id == submission_id)
    with store.reading() as connection:
        return list(connection.scalars(query.order_by(d.c.path)))


def submissions(store: Store) -> list[sa.Row[Any]]:
    """One row per submission: id, file, unit, year, title, forms, findings, unexplained cells."""
    s, f = tables.submission, tables.file
    forms = sa.select(sa.func.count()).where(tables.form.c.submission_id == s.c.submission_id).scalar_subquery()
    findings = sa.select(sa.func.count()).where(tables.finding.c.submission_id == s.c.submission_id).scalar_subquery()
    query = (
        sa.select(
            s.c.submission_id, f.c.name, views.handed_in(s).label("unit"), s.c.fiscal_year, s.c.title,
            forms.label("forms"), findings.label("findings"), s.c.unexplained,
        )
        .join(f, f.c.sha256 == s.c.sha256)
        .order_by(f.c.name)
    )  # fmt: skip
    with store.reading() as connection:
        return list(connection.execute(query))


def load(store: Store, wanted: str) -> dict[str, Any]:
    """One submission as the record of RECORDS.md, from the tables alone. `wanted` is its id, the
    beginning of it, or its file's name. Raises StoreError where it names none or several."""
    with store.reading() as connection:
        head = find(connection, wanted)
        return record(connection, head.submission_id)


def find(connection: sa.Connection, wanted: str) -> sa.Row[Any]:
    """The submission of an id, of the beginning of one, or of a file's name. Raises StoreError where it names none or
    several."""
    if not wanted:
        raise StoreError("（空）", "没有写明是哪份材料", "请用 ziping status --list 查看编号")
    s, f = tables.submission, tables.file
    named = sa.select(s, f.c.name).join(f, f.c.sha256 == s.c.sha256)
    chosen = connection.execute(
        named.where(s.c.submission_id.startswith(wanted, autoescape=True) | (f.c.name == wanted))
    ).all()
    if len(chosen) != 1:
        trouble = "没有这份材料" if not chosen else f"有{len(chosen)}份材料符合"
        raise StoreError(wanted, trouble, "请用 ziping status --list 查看编号")
    return chosen[0]


def of_submission(connection: sa.Connection, submission_id: str) -> sa.Row[Any]:
    """A submission's own row with its file's name, by its whole id."""
    s, f = tables.submission, tables.file
    named = sa.select(s, f.c.name).join(f, f.c.sha256 == s.c.sha256)
    return connection.execute(named.where(s.c.submission_id == submission_id)).one()
