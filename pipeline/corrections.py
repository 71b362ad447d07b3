"""What people correct: a value in a record, what was found there, what it should be, why, by whom, and when.

A correction stands beside the reading and is applied between reading and checking, only while what was found is still what is
read; where the reading has changed it waits for another look, with all three: the old reading, the correction, the new reading.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import sqlalchemy as sa

from schema import tables
from schema.errors import ZipingError
from schema.evidence import Evidence
from schema.records import Submission

APPLIED, REVIEW, GONE = "applied", "review", "gone"
COLUMNS = ("submission", "file", "record", "field", "found", "should_be", "reason", "person")
_STEP = re.compile(r"([a-z_]+)(?:\[(\d+)\])?")


class CorrectionError(ZipingError):
    """A correction names no value, or one that cannot be what it should be."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction in force. found, should_be: as texts, None where nothing is stated."""

    correction_id: int
    record: str
    field: str
    found: str | None
    should_be: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a correction stands after a reading: its state, and what was read this time."""

    correction_id: int
    state: str
    reading: str | None


def in_force(connection: sa.Connection, submission_id: str) -> list[Correction]:
    c = tables.correction
    query = (
        sa.select(c.c.correction_id, c.c.record, c.c.field, c.c.found, c.c.should_be)
        .where((c.c.submission_id == submission_id) & c.c.withdrawn_at.is_(None))
        .order_by(c.c.correction_id)
    )
    return [Correction(*row) for row in connection.execute(query)]


def keep(connection: sa.Connection, standings: Iterable[Standing]) -> None:
    """Writes how corrections stand after a reading."""
    c = tables.correction
    for standing in standings:
        row = {"state": standing.state, "reading": standing.reading}
        connection.execute(c.update().where(c.c.correction_id == standing.correction_id).values(**row))


def apply(
    submission: Submission, evidence: Evidence, corrections: Sequence[Correction]
) -> tuple[Submission, Evidence, list[Standing]]:
    """The submission with the corrections that still hold, its provenance with a word on each, and how each stands."""
    standings, marks = [], {}
    for correction in corrections:
        try:
            reading = value(submission, correction.record, correction.field)
        except CorrectionError:
            standings.append(Standing(correction.correction_id, GONE, None))
            continue
        if reading != correction.found:
            standings.append(Standing(correction.correction_id, REVIEW, reading))
            continue
        submission = _set(submission, correction.record, correction.field, correction.should_be)
        standings.append(Standing(correction.correction_id, APPLIED, reading))
        marks[correction.record, correction.field] = (
            f"人工更正{correction.correction_id}：读作“{correction.found or ''}”"
        )
    provenance = tuple(
        replace(p, recognised=marks[p.record, p.field]) if (p.record, p.field) in marks else p
        for p in evidence.provenance
    )
    return submission, replace(evidence, provenance=provenance), standings


# ---------------------------------------------------------------- a value by its path
def value(submission: Submission, record: str, field: str) -> str | None:
    """What a submission states at `forms[0].indicators[3]`, `score`, as a text. Raises CorrectionError where there is no such
    record or field."""
    return _text(stated(submission, record, field))


def stated(submission: Submission, record: str, field: str) -> Any:
    """The value itself at a place. Raises CorrectionError."""
    return _field(_record(submission, record), record, field)


def _record(submission: Submission, path: str) -> Any:
    found: Any = submission
    for name, index in _steps(path):
        found = getattr(found, name, None)
        if index is not None:
            found = found[index] if isinstance(found, tuple) and index < len(found) else None
        if found is None:
            raise CorrectionError(path, "没有这条记录", "请用 ziping show --json 查看路径")
    return found


def _field(record: Any, path: str, field: str) -> Any:
    for name in ("values", "extra"):
        if field.startswith(f"{name}."):
            return (getattr(record, name, None) or {}).get(field.removeprefix(f"{name}."))
    if not is_dataclass(record) or field not in {f.name for f in fields(record)}:
        raise CorrectionError(f"{path}.{field}", "没有这个字段", "字段名见RECORDS.md")
    return getattr(record, field)


def _set(submission: Submission, path: str, field: str, text: str | None) -> Submission:
    def inside(node: Any, steps: list[tuple[str, int | None]]) -> Any:
        if not steps:
            if field.startswith("values."):
                return replace(
                    node, values=node.values | {field.removeprefix("values."): _typed(Decimal, path, text)}
                )
            return replace(node, **{field: typed(node, path, field, text)})
        (name, index), rest = steps[0], steps[1:]
        below = getattr(node, name)
        if index is None:
            return replace(node, **{name: inside(below, rest)})
        made = tuple(inside(item, rest) if i == index else item for i, item in enumerate(below))
        return replace(node, **{name: made})

    changed: Submission = inside(submission, _steps(path))
    return changed


def typed(record: Any, path: str, field: str, text: str | None) -> Any:
    """A text as the type of a field. Raises CorrectionError where it is none."""
    if field.startswith("values."):
        return _typed(Decimal, f"{path}.{field}", text)
    _field(record, path, field)
    kinds = [k for k in get_args(get_type_hints(type(record))[field]) if k is not NoneType]
    return _typed(kinds[0] if kinds else get_type_hints(type(record))[field], f"{path}.{field}", text)


def _typed(kind: Any, place: str, text: str | None) -> Any:
    if text is None:
        return None
    try:
        if kind is Decimal:
            return Decimal(text)
        if kind is int:
            return int(text)
        if kind is date:
            return date.fromisoformat(text)
    except (InvalidOperation, ValueError):
        wanted = {Decimal: "数字", int: "整数", date: "日期（2022-12-31）"}[kind]
        raise CorrectionError(place, f"“{text}”不是{wanted}", "请改写--to") from None
    if kind is not str:
        raise CorrectionError(place, "这个字段不能更正", "请更正它的各个部分")
    return text


def check(submission: Submission, path: str, field: str, text: str | None) -> None:
    """Raises CorrectionError where a value cannot be put at a place."""
    typed(_record(submission, path), path, field, text)


def _steps(path: str) -> list[tuple[str, int | None]]:
    parts = [_STEP.fullmatch(part) for part in path.split(".")]
    if None in parts:
        raise CorrectionError(path, "路径写法不对", "例如 forms[0].indicators[3]")
    return [(p[1], int(p[2]) if p[2] else None) for p in parts if p is not None]


def _text(found: Any) -> str | None:
    if found is None:
        return None
    if isinstance(found, Decimal):
        return f"{found.normalize():f}"
    return found.isoformat() if isinstance(found, date) else str(found)


# ---------------------------------------------------------------- sheets
def as_csv(rows: Iterable[sa.Row[Any]]) -> str:
    """Corrections as a sheet: those of COLUMNS, then how each stands."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, "made_at", "state", "reading"])
    writer.writerows(
        [getattr(row, name) for name in (*COLUMNS, "made_at", "state", "reading")] for row in rows
    )
    return out.getvalue()


def from_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a sheet of corrections, by COLUMNS (file, found and person may be left out). Raises CorrectionError."""
    try:
        lines = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorrectionError(path, f"更正表无法读取（{error}）", "请用UTF-8编码的CSV") from None
    needed = ("submission", "record", "field", "should_be", "reason")
    for number, line in enumerate(lines, 2):
        missing = [
            name for name in needed if line.get(name) is None or (name != "should_be" and not line[name])
        ]
        if missing:
            raise CorrectionError(
                f"{path}第{number}行", f"缺少{'、'.join(missing)}", f"表头应有{','.join(COLUMNS)}"
            )
    return lines
