"""Saves submissions in the relational store: one transaction each, the same bytes never twice."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from extractors.names import kept, title
from normalizers.vocabulary import OTHER
from pipeline import copies, journal, search, units, versions
from pipeline.database import PATIENCE, Database, hold
from pipeline.extract import Extraction
from pipeline.freshness import current
from pipeline.journal import FAILED, REFUSED, Outcome
from pipeline.rows import batches, once, put, record, rows
from schema import dictionary, tables, views
from schema.errors import StoreError
from schema.migrations import HEAD

DEFAULT_URL = "sqlite:///ziping.db"
VERSION = version("ziping")
_SUBMITTED = sa.select(tables.submission.c.submission_id).where(
    tables.submission.c.sha256 == sa.bindparam("digest")
)
_STANDING = sa.select(tables.file.c.outcome, tables.file.c.message, tables.file.c.version).where(
    tables.file.c.sha256 == sa.bindparam("digest")
)
_SUBMITTERS = "0007"  # the revision since which units are those who handed something in
_ANALYSTS = "0005"  # the revision since which units have places and texts are searched


class Store(Database):
    """An open store. `url` is any SQLAlchemy URL or the path of a SQLite file; patience: seconds that its server is waited for.

    Opening creates the tables where they are missing, by the migrations. Raises StoreError.
    """

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        super().__init__(url, patience)
        with self.guard():
            self._migrate()

    def _migrate(self) -> None:
        with self.engine.connect().execution_options(reading=True) as connection:
            found = self._revision(connection)
            if found == HEAD:
                return
        if not self.writable:
            trouble = (
                "这里没有ziping的数据库" if found is None else f"数据库的版本{found}需要升级，而它是只读的"
            )
            raise StoreError(self.shown, trouble, "请在可写的位置用 ziping status 打开一次，再复制到这里")
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(tables.__file__).parent / "migrations"))
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":  # two first ingests at once: one of them migrates
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(7240519)"))
            found = self._revision(connection)
            if found == HEAD:
                return
            if found is not None and found > HEAD:
                raise StoreError(self.shown, f"数据库由更新的ziping写成（版本{found}）", "请升级ziping")
            config.attributes["connection"] = connection
            views.drop(connection)
            command.upgrade(config, "head")
            views.create(connection)
            if found is not None and found < _SUBMITTERS:
                units.gather(connection)
            if found is not None and found < _ANALYSTS:
                units.locate(connection)
                search.gather(connection)
            if connection.dialect.name == "postgresql":
                for statement in dictionary.comments():
                    connection.exec_driver_sql(statement)

    def _revision(self, connection: sa.Connection) -> str | None:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()

    def let_read(self, role: str) -> bool:
        """Lets a role of a PostgreSQL server read every table and view, and nothing else; makes the role where there is none (it may
        then log in, its password is the server's matter). True where it was made. Raises StoreError."""
        if self.engine.dialect.name != "postgresql":
            raise StoreError(self.shown, "只有PostgreSQL有角色", "SQLite请用文件权限，或发一份副本")
        quoted = self.engine.dialect.identifier_preparer.quote(role)

        def work(connection: sa.Connection) -> bool:
            there = connection.execute(
                sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}
            ).first()
            schema = connection.execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
            for statement in (
                *([] if there else [f"CREATE ROLE {quoted} LOGIN"]),
                f"GRANT USAGE ON SCHEMA {schema} TO {quoted}",
                f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {quoted}",
                f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {quoted}",
            ):
                connection.exec_driver_sql(statement)
            with (
                suppress(ProgrammingError),
                connection.begin_nested(),
            ):  # the owner asks as this role where he may
                connection.exec_driver_sql(f"GRANT {quoted} TO CURRENT_USER")
            return there is None

        return self.write(work)

    # ------------------------------------------------------------ writing
    def standing(self, sha256: str) -> Any:
        """What is known of a file's bytes, as a row: outcome, message, version; None where they were never seen."""
        return self.ask(lambda connection: connection.execute(_STANDING, {"digest": sha256}).first())

    def save(
        self,
        path: Path,
        size: int,
        extraction: Extraction,
        run_id: int | None = None,
        outcome: Outcome | None = None,
    ) -> bool:
        """Saves one submission whole or not at all, with its outcome in a run; False where its bytes are there already."""
        document, reading = extraction.document, current()
        standing = journal.as_read(len(extraction.evidence.leftovers))
        fresh, document_row = (
            batches(rows(extraction, reading.keys), self.engine.dialect),
            versions.kept(document, reading),
        )
        delivered = _delivery(path, document.digest)

        def work(connection: sa.Connection) -> bool:
            hold(connection, document.digest[:16])
            there = connection.execute(_SUBMITTED, {"digest": document.digest}).first() is not None
            if not there:
                self._put_file(connection, path, size, document.digest, document.format, standing, None)
                versions.keep(connection, document_row, reading)
                for batch in fresh:
                    put(connection, batch)
                versions.begin(connection, document.digest[:16], run_id, [])
                units.know(connection, extraction.submission.report.submitter)
            if _deliver(connection, delivered) or not there:
                copies.mark(connection, copies.key(connection, document.digest))
            self._end(connection, document.digest, run_id, outcome)
            return not there

        return self.write(work)

    def settle(self, path: Path, size: int, sha256: str, run_id: int, outcome: Outcome) -> None:
        """Notes what became of a file that gave no new submission: known, refused or failed."""
        delivered = _delivery(path, sha256)

        def work(connection: sa.Connection) -> None:
            hold(connection, sha256[:16])
            if (
                outcome.outcome in (REFUSED, FAILED)
                and not connection.execute(_SUBMITTED, {"digest": sha256}).first()
            ):
                self._put_file(connection, path, size, sha256, None, outcome.outcome, outcome.reason)
            if _deliver(connection, delivered):
                copies.mark(connection, copies.key(connection, sha256))
            self._end(connection, sha256, run_id, outcome)

        self.write(work)

    def lose(self, run_id: int, outcome: Outcome) -> None:
        """Notes a file whose bytes could not be read at all."""
        self.write(lambda connection: journal.note(connection, run_id, outcome))

    def _end(
        self, connection: sa.Connection, sha256: str, run_id: int | None, outcome: Outcome | None
    ) -> None:
        journal.free(connection, sha256)
        if run_id is not None and outcome is not None:
            journal.note(connection, run_id, outcome)

    def _put_file(
        self,
        connection: sa.Connection,
        path: Path,
        size: int,
        sha256: str,
        kind: str | None,
        outcome: str,
        message: str | None,
    ) -> None:
        row = {"format": kind, "outcome": outcome, "message": message, "version": VERSION}
        if not once(connection, tables.file, {"sha256": sha256, "name": title(path), "size": size, **row}):
            connection.execute(tables.file.update().where(tables.file.c.sha256 == sha256).values(**row))

    # ------------------------------------------------------------ reading
    def counts(self) -> dict[str, int]:
        """How many files (by outcome), submissions, forms, indicators and findings the store holds."""
        with self.reading() as connection:
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
                out[table.name] = connection.execute(
                    sa.select(sa.func.count()).select_from(table)
                ).scalar_one()
            cells = sa.select(
                sa.func.sum(tables.submission.c.cells), sa.func.sum(tables.submission.c.unexplained)
            )
            total, left = connection.execute(cells).one()
            out |= {"cells": total or 0, "unexplained": left or 0}
        return out

    def copies(self) -> list[list[sa.Row[Any]]]:
        """The files that are copies of one report, a list for each report: unit, fiscal_year, path, stage, preferred."""
        query = sa.text(
            "SELECT subject, unit, fiscal_year, path, stage, preferred FROM v_copy ORDER BY subject, preferred DESC, path"
        )
        with self.reading() as connection:
            rows = list(connection.execute(query))
        return [list(group) for _, group in groupby(rows, key=lambda row: row.subject)]

    def refused(self) -> list[tuple[str, str]]:
        """(name, reason) of every file that could not be read."""
        query = sa.select(tables.file.c.name, tables.file.c.message).where(
            tables.file.c.outcome.in_((REFUSED, FAILED))
        )
        with self.reading() as connection:
            return [(row.name, row.message) for row in connection.execute(query.order_by(tables.file.c.name))]

    def unknown(self) -> list[sa.Row[Any]]:
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
        with self.reading() as connection:
            return [*connection.execute(headings), *connection.execute(others)]

    def without_category(self) -> list[sa.Row[Any]]:
        """The indicators whose groups no category fits: submission_id, file, level1, level2, below (their name), and where
        their groups are written."""
        i = tables.indicator
        wanted = i.c.category.is_(None) & (i.c.level1.is_not(None) | i.c.level2.is_not(None))
        return self._read_at(
            i, (i.c.level1, i.c.level2, i.c.level3.label("below")), wanted, ("level2", "level1")
        )

    def without_kind(self) -> list[sa.Row[Any]]:
        """The narrative's first headings of no kind, known or not: submission_id, file, heading, below (None), and where they
        are written."""
        s = tables.section
        wanted = (s.c.kind == OTHER) & (s.c.level == 1) & s.c.heading.is_not(None)
        return self._read_at(s, (s.c.heading, sa.null().label("below")), wanted, ("heading",))

    def _read_at(
        self, table: sa.Table, shown: tuple[Any, ...], wanted: Any, fields: tuple[str, ...]
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
        with self.reading() as connection:
            return list(connection.execute(query))

    def layouts(self) -> list[sa.Row[Any]]:
        """One row a form: fingerprint, headings, kind, fiscal_year, unit, and the path its file arrived under first."""
        lay, form, s, d = tables.form_layout, tables.form, tables.submission, tables.delivery
        path = sa.select(sa.func.min(d.c.path)).where(d.c.sha256 == s.c.sha256).scalar_subquery()
        query = (
            sa.select(
                lay.c.fingerprint, lay.c.headings, form.c.kind,
                sa.func.coalesce(form.c.fiscal_year, s.c.fiscal_year).label("fiscal_year"),
                sa.func.coalesce(form.c.unit, s.c.submitter).label("unit"), path.label("path"),
            )
            .join(form, (form.c.submission_id == lay.c.submission_id) & (form.c.no == lay.c.form_no))
            .join(s, s.c.submission_id == lay.c.submission_id)
            .order_by(lay.c.submission_id, lay.c.form_no)
        )  # fmt: skip
        with self.reading() as connection:
            return list(connection.execute(query))

    def sources(self, submissions: set[str]) -> dict[str, list[str]]:
        """The paths under which the files of submissions arrived."""
        s, d = tables.submission, tables.delivery
        query = sa.select(s.c.submission_id, d.c.path).join(d, d.c.sha256 == s.c.sha256).order_by(d.c.path)
        out: dict[str, list[str]] = {}
        with self.reading() as connection:
            for submission_id, path in connection.execute(query):
                if submission_id in submissions:
                    out.setdefault(submission_id, []).append(path)
        return out

    def submissions(self) -> list[sa.Row[Any]]:
        """One row per submission: id, file, unit, year, title, forms, findings, unexplained cells."""
        s, f = tables.submission, tables.file
        forms = (
            sa.select(sa.func.count())
            .where(tables.form.c.submission_id == s.c.submission_id)
            .scalar_subquery()
        )
        findings = (
            sa.select(sa.func.count())
            .where(tables.finding.c.submission_id == s.c.submission_id)
            .scalar_subquery()
        )
        query = (
            sa.select(
                s.c.submission_id, f.c.name, views.handed_in(s).label("unit"), s.c.fiscal_year, s.c.title,
                forms.label("forms"), findings.label("findings"), s.c.unexplained,
            )
            .join(f, f.c.sha256 == s.c.sha256)
            .order_by(f.c.name)
        )  # fmt: skip
        with self.reading() as connection:
            return list(connection.execute(query))

    def load(self, wanted: str) -> dict[str, Any]:
        """One submission as the record of RECORDS.md, from the tables alone. `wanted` is its id, the
        beginning of it, or its file's name. Raises StoreError where it names none or several."""
        with self.reading() as connection:
            head = self.find(connection, wanted)
            return record(connection, head.submission_id)

    def find(self, connection: sa.Connection, wanted: str) -> sa.Row[Any]:
        """The submission of an id, of the beginning of one, or of a file's name. Raises StoreError where it names none or
        several."""
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


def _deliver(connection: sa.Connection, row: dict[str, Any]) -> bool:
    """Notes where a file was; what the first releases did not note of it, as it is now. Did anything change?"""
    if once(connection, tables.delivery, row):
        return True
    d = tables.delivery
    there = (d.c.path == row["path"]) & (d.c.sha256 == row["sha256"]) & d.c.modified_at.is_(None)
    told = {name: row[name] for name in ("stage", "modified_at")}
    return (
        row["modified_at"] is not None
        and connection.execute(d.update().where(there).values(told)).rowcount > 0
    )


def _delivery(path: Path, sha256: str) -> dict[str, Any]:
    """The row that tells where a file was."""
    return {
        "path": kept(path.absolute()), "sha256": sha256, "stage": copies.stage(path), "modified_at": copies.modified(path),
        "is_current": False,
    }  # fmt: skip
