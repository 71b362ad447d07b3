"""Corrections in a store: added, listed, taken back; the submission is understood again at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipeline import addresses, corrections, reviews, ruleset
from pipeline.clock import now
from pipeline.clock import person as person_here
from pipeline.extract import as_record, understand
from pipeline.rerun import changes, planning
from pipeline.ruleset import VERSION
from pipeline.store import contents, decisions, journal, looks, rows, versions
from pipeline.store.connection import Store, hold
from schema import plain
from schema.errors import CorrectionError, Moved
from schema.exact import exact
from schema.relational import tables


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person saw where they correct: a value as a text, None where nothing was stated."""

    reading: str | None


COLUMNS = ("submission", "file", "record", "field", "found", "should_be", "reason", "person")


def add(
    store: Store,
    submission: str,
    record: str,
    field: str | None,
    should_be: str | None,
    reason: str,
    person: str | None,
    suggested: bool = False,
    seen: Seen | None = None,
) -> str:
    """Corrects one value and says what was found there. record, field: where it stands; without a field, record is a path or the
    words that people see (`addresses.located`). suggested: it should be the figure that the form's sums prove
    (provenance.suggested). seen: what the person saw there. Raises CorrectionError, Moved where it reads otherwise by now, StoreError."""
    with journal.running(store, "correct", {"record": record, "field": field}, VERSION) as run_id:
        return store.write(
            lambda connection: _add(
                connection, submission, record, field, should_be, reason, person, suggested, seen, run_id
            )
        )


def _add(
    connection: sa.Connection, submission: str, record: str, field: str | None, should_be: str | None,
    reason: str, person: str | None, suggested: bool, seen: Seen | None, run_id: int,
) -> str:  # fmt: skip
    """All of it in one transaction: a correction that is in force is in the record too."""
    c = tables.correction
    hold(connection, contents.find(connection, submission).submission_id)
    head = contents.find(connection, submission)
    before = rows.record(connection, head.submission_id)
    document, words = versions.basis(connection, head)
    reading = understand(document, ruleset.bound(words))
    if field is None:
        record, field = addresses.located(reading.submission, record)
    found = addresses.value(reading.submission, record, field)
    if seen is not None:
        stands = addresses.value(plain.submission(before), record, field)
        if reviews.seen_as(stands) != reviews.seen_as(seen.reading):
            raise Moved(f"{record}.{field}", seen.reading, stands)
    cell, source = corrections.anchored(document, reading.evidence, record, field)
    if suggested:
        should_be = _suggested(connection, head.submission_id, record, field)
    addresses.check(reading.submission, record, field, should_be)
    if cell is None and "[" in record:
        raise CorrectionError(f"{record}.{field}", "这条记录没有自己的单元格", "请更正它所在的行或表的其他字段")
    for other in decisions.in_force(connection, head.submission_id):
        if (other.cell, other.field) == (cell, field) and (cell is not None or other.record == record):
            _withdraw(connection, other.correction_id)  # a later word on the same value takes its place
    box = rows.pages_of(source.origin) if source is not None else {"page_no": None, "boxes": None}
    row = {
        "submission_id": head.submission_id, "record": record, "field": field, "found": found,
        "cell": cell.as_json() if cell is not None else None, "raw": cell.raw if cell is not None else None, **box,
        "should_be": should_be, "reason": reason, "person": person or person_here() or "", "made_at": now(),
        "reading": found, "state": corrections.APPLIED,
    }  # fmt: skip
    connection.execute(c.insert().values(**row))
    _again(connection, head.submission_id, run_id, before)
    return f"{head.name} {record}.{field}：读作{found or '（无）'}，更正为{should_be or '（无）'}"


def _again(connection: sa.Connection, submission_id: str, run_id: int, before: dict[str, Any]) -> None:
    """Understands a submission again under the corrections now in force, with the words it was understood by, inside the transaction
    that keeps others from it. before: its record until now. Raises NothingFound, StoreError."""
    head = contents.of_submission(connection, submission_id)
    document, words = versions.basis(connection, head)
    today = ruleset.current()
    reading = ruleset.Ruleset(today.reader, head.rules_key, words, today.vocabulary)
    in_force = decisions.in_force(connection, submission_id)
    extraction = understand(document, ruleset.bound(words), in_force)
    changed = any(True for _ in changes.changes(submission_id, head.name, before, as_record(extraction)))
    fresh = versions.prepare(extraction, reading, connection.dialect)
    if changed:
        versions.supersede(connection, fresh, before, run_id, [planning.CORRECTED])
    elif not rows.same(connection, submission_id, fresh.rows):
        versions.overwrite(connection, fresh)
    else:
        versions.mark_current(connection, fresh, reading)
    decisions.keep(connection, extraction.corrections)
    looks.count(connection, submission_id)


def _suggested(connection: sa.Connection, submission_id: str, record: str, field: str) -> str:
    """The figure that is suggested for a value as it stands. Raises CorrectionError where none is."""
    p = tables.provenance
    told = (p.c.submission_id == submission_id) & (p.c.record == record) & (p.c.field == field)
    value = connection.execute(sa.select(p.c.suggested).where(told & p.c.suggested.is_not(None))).scalar()
    if value is None:
        raise CorrectionError(f"{record}.{field}", "没有更正建议", "请用--to写明，建议见 ziping query doubtful")
    return f"{exact(value):f}"


def preview(
    store: Store, submission_id: str, record: str, field: str, should_be: str | None
) -> tuple[list[str], list[str]]:
    """What a correction would do to the findings of a submission, nothing being written: those that would go, those that would come. Raises
    CorrectionError, StoreError."""
    with store.reading() as connection:
        head = contents.of_submission(connection, submission_id)
        document, words = versions.basis(connection, head)
        before = decisions.in_force(connection, submission_id)
    vocabulary = ruleset.bound(words)
    now_stands = understand(document, vocabulary, before)
    addresses.check(now_stands.submission, record, field, should_be)
    plainly = understand(document, vocabulary)
    cell, _ = corrections.anchored(document, plainly.evidence, record, field)
    found = addresses.value(plainly.submission, record, field)
    kept = [one for one in before if (one.cell, one.field) != (cell, field)]
    tried = corrections.Correction(0, record, field, found, should_be, cell)
    after = understand(document, vocabulary, [*kept, tried])
    old = [finding.message for finding in now_stands.submission.findings]
    new = [finding.message for finding in after.submission.findings]
    return [one for one in old if one not in new], [one for one in new if one not in old]


def withdraw(store: Store, number: int) -> str:
    """Takes a correction back. Raises CorrectionError where it is not in force."""
    with journal.running(store, "correct", {"withdraw": number}, VERSION) as run_id:
        return store.write(lambda connection: _take_back(connection, number, run_id))


def _take_back(connection: sa.Connection, number: int, run_id: int) -> str:
    c = tables.correction
    wanted = sa.select(c).where((c.c.correction_id == number) & c.c.withdrawn_at.is_(None))
    row = connection.execute(wanted).first()
    if row is not None:
        hold(connection, row.submission_id)
        row = connection.execute(wanted).first()  # nobody else has taken it back meanwhile
    if row is None:
        raise CorrectionError(f"更正{number}", "没有这条有效的更正", "请用 ziping correct list 查看编号")
    _withdraw(connection, number)
    _again(connection, row.submission_id, run_id, rows.record(connection, row.submission_id))
    return f"更正{number}已撤回：{row.record}.{row.field}"


def listed(store: Store, review: bool = False) -> list[sa.Row[Any]]:
    """The corrections in force with their submission's id and file; review: only those that wait for another look."""
    c, s, f = tables.correction, tables.submission, tables.file
    query = (
        sa.select(c, c.c.submission_id.label("submission"), f.c.name.label("file"))
        .join(s, s.c.submission_id == c.c.submission_id)
        .join(f, f.c.sha256 == s.c.sha256)
        .where(c.c.withdrawn_at.is_(None))
        .order_by(f.c.name, c.c.correction_id)
    )
    if review:
        query = query.where(c.c.state != corrections.APPLIED)
    with store.reading() as connection:
        return list(connection.execute(query))


def every(connection: sa.Connection, submission_id: str) -> Sequence[sa.Row[Any]]:
    """Every correction of a submission, those taken back too, in the order they were made."""
    c = tables.correction
    query = sa.select(c).where(c.c.submission_id == submission_id).order_by(c.c.correction_id)
    return connection.execute(query).all()


def _withdraw(connection: sa.Connection, number: int) -> None:
    c = tables.correction
    connection.execute(c.update().where(c.c.correction_id == number).values(withdrawn_at=now()))


def as_csv(rows: Iterable[sa.Row[Any]]) -> str:
    """Corrections as a sheet: those of COLUMNS, then how each stands."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, "made_at", "state", "reading"])
    writer.writerows([getattr(row, name) for name in (*COLUMNS, "made_at", "state", "reading")] for row in rows)
    return out.getvalue()


def from_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a sheet of corrections, by COLUMNS (file, found and person may be left out). Raises CorrectionError."""
    try:
        lines = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorrectionError(path, f"更正表无法读取（{error}）", "请用UTF-8编码的CSV") from None
    needed = ("submission", "record", "field", "should_be", "reason")
    for number, line in enumerate(lines, 2):
        missing = [name for name in needed if line.get(name) is None or (name != "should_be" and not line[name])]
        if missing:
            raise CorrectionError(f"{path}第{number}行", f"缺少{'、'.join(missing)}", f"表头应有{','.join(COLUMNS)}")
    return lines
