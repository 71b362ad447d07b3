"""Saves submissions in the relational store: one transaction each, the same bytes never twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError as UrlError
from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from pipeline import copies
from pipeline.extract import Extraction, exact
from schema import tables
from schema.document import Origin
from schema.errors import StoreError
from schema.migrations import HEAD
from schema.records import Basic, Finding, Quantity

DEFAULT_URL = "sqlite:///ziping.db"
_LISTS = {"funds": tables.fund, "goals": tables.goal, "tasks": tables.task, "indicators": tables.indicator}
VERSION = version("ziping")


class Store:
    """An open store. `url` is any SQLAlchemy URL or the path of a SQLite file.

    Opening creates the tables where they are missing, by the migrations. Raises StoreError.
    """

    def __init__(self, url: str) -> None:
        self.url = _url(url)
        try:
            self.engine = sa.create_engine(self.url)
        except (UrlError, NoSuchModuleError, ImportError) as error:
            raise StoreError(
                url, f"数据库地址不可用（{error}）", "请核对--store，例如sqlite:///ziping.db"
            ) from None
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _tune_sqlite)
            sa.event.listen(self.engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
        with self.guard():
            self._migrate()

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Turns the database's own errors into one line that names the store and the remedy."""
        try:
            yield
        except DBAPIError as error:
            trouble = str(error.orig or error).strip().splitlines()[0]
            raise StoreError(
                self.shown, f"数据库不可读写（{trouble}）", "请检查路径、权限和磁盘空间"
            ) from None

    @property
    def shown(self) -> str:
        """The store's URL without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    def _migrate(self) -> None:
        with self.engine.connect() as connection:
            if self._revision(connection) == HEAD:
                return
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
            command.upgrade(config, "head")

    def _revision(self, connection: sa.Connection) -> str | None:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()

    # ------------------------------------------------------------ writing
    def known(self, sha256: str) -> bool:
        """Is a file with these bytes in the store as read?"""
        query = sa.select(tables.submission.c.submission_id).where(tables.submission.c.sha256 == sha256)
        with self.guard(), self.engine.connect() as connection:
            return connection.execute(query).first() is not None

    def deliver(self, path: Path, sha256: str) -> None:
        """Notes that known bytes arrived under this path."""
        with self.guard(), self.engine.begin() as connection:
            self._deliver(connection, path, sha256)

    def save(self, path: Path, size: int, extraction: Extraction) -> bool:
        """Saves one submission whole or not at all; False where its bytes are there already."""
        document, evidence = extraction.document, extraction.evidence
        outcome = "partly" if evidence.leftovers else "read"
        with self.guard(), self.engine.begin() as connection:
            kept = sa.select(tables.submission.c.submission_id).where(
                tables.submission.c.sha256 == document.digest
            )
            if connection.execute(kept).first() is not None:
                self._deliver(connection, path, document.digest)
                return False
            self._put_file(connection, path, size, document.digest, document.format, outcome, None)
            for table, rows in _rows(extraction).items():
                if rows:
                    connection.execute(table.insert(), rows)
            self._deliver(connection, path, document.digest)
        return True

    def refuse(self, path: Path, size: int, sha256: str, message: str) -> None:
        """Keeps a file that could not be read in the ledger, with the reason."""
        with self.guard(), self.engine.begin() as connection:
            kept = sa.select(tables.submission.c.submission_id).where(tables.submission.c.sha256 == sha256)
            if connection.execute(kept).first() is None:
                self._put_file(connection, path, size, sha256, None, "refused", message)
                self._deliver(connection, path, sha256)

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
        found = tables.file.c.sha256 == sha256
        row = {"format": kind, "outcome": outcome, "message": message, "version": VERSION}
        if connection.execute(sa.select(tables.file.c.sha256).where(found)).first() is None:
            connection.execute(
                tables.file.insert(), {"sha256": sha256, "name": path.name, "size": size, **row}
            )
        else:
            connection.execute(tables.file.update().where(found).values(**row))

    def _deliver(self, connection: sa.Connection, path: Path, sha256: str) -> None:
        place = {"path": str(path.absolute()), "sha256": sha256}
        found = sa.select(tables.delivery.c.path).filter_by(**place)
        if connection.execute(found).first() is None:
            connection.execute(tables.delivery.insert(), place | {"stage": copies.stage(path)})

    # ------------------------------------------------------------ reading
    def counts(self) -> dict[str, int]:
        """How many files (by outcome), submissions, forms, indicators and findings the store holds."""
        with self.guard(), self.engine.connect() as connection:
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
        with self.guard(), self.engine.connect() as connection:
            rows = list(connection.execute(query))
        return [list(group) for _, group in groupby(rows, key=lambda row: row.subject)]

    def refused(self) -> list[tuple[str, str]]:
        """(name, reason) of every file that could not be read."""
        query = sa.select(tables.file.c.name, tables.file.c.message).where(tables.file.c.outcome == "refused")
        with self.guard(), self.engine.connect() as connection:
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
        with self.guard(), self.engine.connect() as connection:
            return [*connection.execute(headings), *connection.execute(others)]

    def sources(self, submissions: set[str]) -> dict[str, list[str]]:
        """The paths under which the files of submissions arrived."""
        s, d = tables.submission, tables.delivery
        query = sa.select(s.c.submission_id, d.c.path).join(d, d.c.sha256 == s.c.sha256).order_by(d.c.path)
        out: dict[str, list[str]] = {}
        with self.guard(), self.engine.connect() as connection:
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
                s.c.submission_id, f.c.name, s.c.unit, s.c.fiscal_year, s.c.title,
                forms.label("forms"), findings.label("findings"), s.c.unexplained,
            )
            .join(f, f.c.sha256 == s.c.sha256)
            .order_by(f.c.name)
        )  # fmt: skip
        with self.guard(), self.engine.connect() as connection:
            return list(connection.execute(query))

    def load(self, wanted: str) -> dict[str, Any]:
        """One submission as the record of RECORDS.md, from the tables alone. `wanted` is its id, the
        beginning of it, or its file's name. Raises StoreError where it names none or several."""
        with self.guard(), self.engine.connect() as connection:
            s, f = tables.submission, tables.file
            named = sa.select(s, f.c.name).join(f, f.c.sha256 == s.c.sha256)
            chosen = connection.execute(
                named.where(s.c.submission_id.startswith(wanted, autoescape=True) | (f.c.name == wanted))
            ).all()
            if len(chosen) != 1:
                trouble = "没有这份材料" if not chosen else f"有{len(chosen)}份材料符合"
                raise StoreError(wanted, trouble, "请用 ziping status --list 查看编号")
            return _Loader(connection, chosen[0].submission_id).record(chosen[0])


def _url(url: str) -> str:
    if "://" not in url:
        return f"sqlite:///{url}"
    for short in ("postgresql://", "postgres://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    return url


def _tune_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's own BEGIN is sent by the listener above
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=60000"):
        connection.execute(f"PRAGMA {pragma}")


# ---------------------------------------------------------------- records → rows
def _rows(extraction: Extraction) -> dict[sa.Table, list[dict[str, Any]]]:
    document, submission, evidence = extraction.document, extraction.submission, extraction.evidence
    key = {"submission_id": document.digest[:16]}
    out: dict[sa.Table, list[dict[str, Any]]] = {
        tables.submission: [
            {
                **key, "sha256": document.digest, "subject": copies.subject(submission),
                **_flat(submission.report),
                "cells": evidence.cells, "used": evidence.used, "ornament": evidence.ornament,
                "unexplained": len(evidence.leftovers),
            }
        ],
        **{table: [] for table in (tables.form, *_LISTS.values(), tables.basic, tables.basic_value)},
    }  # fmt: skip
    for index, form in enumerate(submission.forms):
        path = f"forms[{index}]"
        out[tables.form].append({**key, "record": path, **_flat(form)})
        of_form = {**key, "form_no": form.no}
        for name, table in _LISTS.items():
            for i, record in enumerate(getattr(form, name)):
                out[table].append({**of_form, "record": f"{path}.{name}[{i}]", **_flat(record), "no": i + 1})
        for i, basic in enumerate(form.basics):
            out[tables.basic].append(
                {**of_form, "record": f"{path}.basics[{i}]", "no": i + 1, **_basic(basic)}
            )
            out[tables.basic_value] += [
                {**of_form, "basic_no": i + 1, "heading": heading, "number": None, "text": None}
                | ({"number": exact(value)} if isinstance(value, Decimal) else {"text": value})
                for heading, value in basic.values.items()
            ]
    out[tables.section] = [
        {**key, "record": f"sections[{i}]", **_flat(section)} for i, section in enumerate(submission.sections)
    ]
    out[tables.finding] = [
        {**key, "no": i + 1, **_flat(finding)} for i, finding in enumerate(submission.findings)
    ]
    out[tables.provenance] = [
        {
            **key,
            "no": i + 1,
            "record": p.record,
            "field": p.field,
            "raw": p.raw,
            "confidence": p.confidence,
            "proof": p.proof,
            "recognised": p.recognised,
            **_origin(p.origin),
            **_pages(p.origin),
        }
        for i, p in enumerate(evidence.provenance)
    ]
    out[tables.page] = [
        {**key, "page_no": page.page, "reader": page.reader, "reason": page.reason} for page in document.pages
    ]
    out[tables.leftover] = [
        {**key, "no": i + 1, "text": left.text, **_origin(left.origin)}
        for i, left in enumerate(evidence.leftovers)
    ]
    out[tables.unknown_heading] = [
        {
            **key, "no": i + 1, "text": u.text, "block": u.block, "field": u.field, "reason": u.reason, "taken": u.taken,
            "below": list(u.below), "beside": list(u.beside), **_origin(u.origin),
        }
        for i, u in enumerate(evidence.unknown)
    ]  # fmt: skip
    return out


def _flat(record: Any) -> dict[str, Any]:
    """A record's own fields as the columns of its table."""
    out: dict[str, Any] = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        name = tables.column_name(type(record), field.name)
        if field.name in ("target_value", "actual_value"):
            out |= _quantity(field.name, value)
        elif dataclasses.is_dataclass(value):
            out |= _flat(value)
        elif field.name in ("stated", "computed"):
            out[name] = (
                str(exact(value)) if isinstance(value, Decimal) else None if value is None else str(value)
            )
        elif isinstance(value, Decimal):
            out[name] = exact(value)
        elif field.name == "extra":
            out[name] = value if value is not None else sa.null()
        elif not isinstance(value, tuple):
            out[name] = value
    return out


def _quantity(name: str, value: Quantity | None) -> dict[str, Any]:
    if value is None:
        return {f"{name}_op": None, name: None, f"{name}_unit": None}
    return {f"{name}_op": value.op, name: exact(value.value), f"{name}_unit": value.unit}


def _basic(basic: Basic) -> dict[str, Any]:
    return {"group_name": basic.group, "path": " / ".join(basic.path), "depth": len(basic.path)}


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "part": origin.part, "block_no": origin.block, "table_no": origin.table, "row_no": origin.row,
        "column_no": origin.column,
    }  # fmt: skip


def _pages(origin: Origin) -> dict[str, Any]:
    boxes = [[p.page, p.left, p.top, p.right, p.bottom] for p in origin.places]
    return {"page_no": boxes[0][0] if boxes else None, "boxes": boxes or sa.null()}


# ---------------------------------------------------------------- rows → record
class _Loader:
    """Reads one submission's rows back into the record they were written from."""

    def __init__(self, connection: sa.Connection, submission_id: str) -> None:
        self.connection = connection
        self.submission_id = submission_id

    def record(self, head: sa.Row[Any]) -> dict[str, Any]:
        forms = [self._form(row) for row in self._all(tables.form)]
        return {
            "report": {name: _out(getattr(head, name)) for name in ("unit", "fiscal_year", "title", "reported_on")},
            "forms": forms,
            "sections": [_back(row, ("submission_id", "record")) for row in self._all(tables.section)],
            "findings": [self._finding(row) for row in self._all(tables.finding)],
            "coverage": {
                "cells": head.cells, "used": head.used, "ornament": head.ornament,
                "unexplained": [
                    {"where": str(Origin(r.part, r.block_no, r.table_no, r.row_no, r.column_no)), "text": r.text.strip()}
                    for r in self._all(tables.leftover)
                ],
            },
        }  # fmt: skip

    def _all(self, table: sa.Table, **key: int) -> list[sa.Row[Any]]:
        query = (
            sa.select(table)
            .filter_by(submission_id=self.submission_id, **key)
            .order_by(*table.primary_key.columns)
        )
        return list(self.connection.execute(query))

    def _form(self, row: sa.Row[Any]) -> dict[str, Any]:
        form = _back(row, ("submission_id", "record"))
        form["contacts"] = {name: form.pop(name) for name in ("prepared_by", "phone", "leader")}
        for name, table in _LISTS.items():
            rows = self._all(table, form_no=row.no)
            dropped = ("submission_id", "form_no", "record") + (
                ("no",) if name in ("funds", "indicators") else ()
            )
            form[name] = [_back(r, dropped) for r in rows]
        form["basics"] = [
            {
                "group": r.group_name,
                "path": r.path.split(" / ") if r.path else [],
                "values": {
                    v.heading: _out(v.number) if v.number is not None else v.text
                    for v in self._all(tables.basic_value, form_no=row.no, basic_no=r.no)
                },
            }
            for r in self._all(tables.basic, form_no=row.no)
        ]
        return form

    @staticmethod
    def _finding(row: sa.Row[Any]) -> dict[str, Any]:
        names = {tables.column_name(Finding, f.name): f.name for f in dataclasses.fields(Finding)}
        finding = {names.get(k, k): v for k, v in row._mapping.items() if k not in ("submission_id", "no")}
        for field in ("stated", "computed"):
            finding[field] = _figure(finding[field])
        return finding


def _figure(text: str | None) -> Decimal | str | None:
    try:
        return Decimal(text) if text is not None else None
    except ArithmeticError:
        return text


def _back(row: sa.Row[Any], dropped: tuple[str, ...]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    mapping = dict(row._mapping)
    for name in ("target_value", "actual_value"):
        if name in mapping:
            op, unit = mapping.pop(f"{name}_op"), mapping.pop(f"{name}_unit")
            value = mapping[name]
            mapping[name] = {"op": op, "value": _out(value), "unit": unit} if op is not None else None
    for name, value in mapping.items():
        if name not in dropped and not (name == "extra" and value is None):
            out[name] = _out(value)
    return out


def _out(value: Any) -> Any:
    if isinstance(value, Decimal):
        return exact(value)
    return value.isoformat() if isinstance(value, date) else value
