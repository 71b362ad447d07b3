"""The verdicts of people who look at readings, as the store keeps them: given, taken back, and looked at again where the reading changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from pipeline import addresses, corrections, reviews
from pipeline.clock import now
from pipeline.corrections import Anchor
from pipeline.extract import Extraction, sources
from pipeline.reviews import LEFTOVER, VALUE, Verdict, path_of, place_text, seen_as, told
from pipeline.store import contents, documents, looks
from pipeline.store.connection import Store, hold
from pipeline.store.rows import origin_of, record
from schema import plain
from schema.document import Cell, Document, Origin, Paragraph
from schema.errors import CorrectionError, Moved
from schema.evidence import Evidence, Leftover, Provenance
from schema.records import Submission
from schema.relational import tables

_PLACE = ("part", "block_no", "table_no", "row_no", "column_no")


def _standing() -> sa.ColumnElement[bool]:
    """Of the table's rows, those that neither were taken back nor have lapsed."""
    v = tables.verdict.c
    return v.withdrawn_at.is_(None) & v.lapsed_at.is_(None)


def rows(connection: sa.Connection, submission_id: str, every: bool = False) -> Sequence[sa.Row[Any]]:
    """The verdicts on a submission, those in force or every one, in the order they were given."""
    v = tables.verdict
    wanted = v.c.submission_id == submission_id
    query = sa.select(v).where(wanted if every else wanted & _standing())
    return connection.execute(query.order_by(v.c.verdict_id)).all()


def misread(connection: sa.Connection, submission_id: str) -> set[tuple[str | None, ...]]:
    """The findings of a submission that people found to be our misreading: the path, the check and the finding as `reviews.told`."""
    found = (row for row in rows(connection, submission_id) if row.verdict == reviews.MISREAD)
    return {(row.record, row.field, row.reading) for row in found}


def restand(connection: sa.Connection, extraction: Extraction) -> None:
    """Lets lapse what no longer holds of a submission read otherwise, and follows what moved, in the transaction that writes the reading."""
    there = rows(connection, extraction.document.digest[:16])
    if not there:
        return
    given = [
        Verdict(
            row.verdict_id, row.about, row.record, row.field, row.reading,
            Anchor(raw=row.raw, **row.cell) if row.cell is not None else None,
        )
        for row in there
    ]  # fmt: skip
    before = {row.verdict_id: row.record for row in there}
    t = tables.verdict
    evidence = replace(extraction.evidence, provenance=sources(extraction))
    for state in reviews.standing(extraction.document, extraction.submission, evidence, given):
        of = t.update().where(t.c.verdict_id == state.verdict_id)
        if not state.stands:
            connection.execute(of.values(lapsed_at=now()))
        elif state.record != before[state.verdict_id]:
            connection.execute(of.values(record=state.record))


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says: of a value, a finding or an unread cell, named as `reviews.Verdict` names them. seen: what they saw there, as a text."""

    about: str
    record: str
    field: str
    verdict: str
    seen: str | None


def give(store: Store, submission_id: str, said: Sequence[Said], person: str) -> list[int]:
    """Keeps what somebody says of a submission, all of it or nothing; gives the verdicts' numbers. Raises Moved where something reads otherwise by
    now, CorrectionError where there is no such thing."""
    for one in said:
        if one.verdict not in reviews.SAID.get(one.about, ()):
            raise CorrectionError(
                f"{one.record}.{one.field}", f"不能这样下结论（{one.about} {one.verdict}）", "请刷新页面"
            )

    def work(connection: sa.Connection) -> list[int]:
        hold(connection, submission_id)
        here = _Here(connection, submission_id)
        kept = [_keep(connection, here, one, person) for one in said]
        looks.count(connection, submission_id)
        return kept

    return store.write(work)


def _keep(connection: sa.Connection, here: _Here, said: Said, person: str) -> int:
    cell, reading = here.looked_at(said)
    if seen_as(reading) != seen_as(said.seen):
        raise Moved(f"{said.record}.{said.field}", said.seen, reading)
    t = tables.verdict
    same = (t.c.submission_id == here.submission_id) & (t.c.about == said.about) & _standing()
    same &= (t.c.record == said.record) & (t.c.field == said.field)
    connection.execute(t.update().where(same).values(withdrawn_at=now()))  # a later word takes its place
    row = {
        "submission_id": here.submission_id, "about": said.about, "record": said.record, "field": said.field,
        "cell": cell.as_json() if cell is not None else None, "raw": cell.raw if cell is not None else None,
        "reading": reading, "verdict": said.verdict, "person": person, "made_at": now(),
    }  # fmt: skip
    return int(connection.execute(t.insert().values(**row)).inserted_primary_key[0])  # type: ignore[index]


def withdraw(store: Store, number: int) -> None:
    """Takes a verdict back. Raises CorrectionError where it is not in force."""
    t = tables.verdict

    def work(connection: sa.Connection) -> None:
        of = (t.c.verdict_id == number) & _standing()
        submission_id = connection.execute(sa.select(t.c.submission_id).where(of)).scalar()
        if submission_id is None or not connection.execute(t.update().where(of).values(withdrawn_at=now())).rowcount:
            raise CorrectionError(f"结论{number}", "没有这条有效的结论", "请刷新页面")
        looks.count(connection, submission_id)

    store.write(work)


def reading_of(connection: sa.Connection, submission_id: str, path: str, field: str) -> str | None:
    """A value as it stands in the store, as a text. Raises CorrectionError."""
    return addresses.value(_submission(connection, submission_id), path, field)


def _submission(connection: sa.Connection, submission_id: str) -> Submission:
    return plain.submission(record(connection, submission_id))


class _Here:
    """A submission as it stands in the store: what is looked at is found in it."""

    def __init__(self, connection: sa.Connection, submission_id: str) -> None:
        self.submission_id = submission_id
        head = contents.of_submission(connection, submission_id)
        self.document = documents.document(connection, head.sha256, head.name)
        self.submission = _submission(connection, submission_id)
        self.evidence = _evidence(connection, submission_id, self.document)

    def looked_at(self, said: Said) -> tuple[Anchor | None, str | None]:
        """The cell of what is looked at, and what it reads now. Raises CorrectionError."""
        if said.about == LEFTOVER:
            item = self._unread(said.record)
            return corrections.at(self.document, item.origin, item.text), item.text
        if said.about == VALUE:
            cell, _ = corrections.anchored(self.document, self.evidence, said.record, said.field)
            return cell, addresses.value(self.submission, said.record, said.field)
        there = [told(f) for f in self.submission.findings if (path_of(f), f.check) == (said.record, said.field)]
        if not there:
            raise CorrectionError(said.record, "没有这条核对发现", "请刷新页面")
        path, _, name = said.record.rpartition(".")
        cell, _ = corrections.anchored(self.document, self.evidence, path, name)
        return cell, next((one for one in there if seen_as(one) == seen_as(said.seen)), there[0])

    def _unread(self, place: str) -> Paragraph | Cell:
        places = {place_text(left.origin) for left in self.evidence.leftovers}
        found = next((item for item in self.document.texts() if place_text(item.origin) == place), None)
        if found is None or place not in places:
            raise CorrectionError(place, "这里没有未识别的内容", "请刷新页面")
        return found


def _evidence(connection: sa.Connection, submission_id: str, document: Document) -> Evidence:
    """Where the values of a submission stand and what nobody read, as far as decisions hang on it."""
    p, left = tables.provenance, tables.leftover
    places = {place_text(item.origin): item.origin for item in document.texts()}

    def origin(row: Any) -> Origin:
        bare = origin_of(row)
        return places.get(place_text(bare), bare)

    read = sa.select(p.c.record, p.c.field, p.c.raw, *(p.c[name] for name in _PLACE)).order_by(p.c.no)
    unread = sa.select(left.c.text, *(left.c[name] for name in _PLACE))
    found = connection.execute(read.where(p.c.submission_id == submission_id))
    read_from = tuple(Provenance(row.record, row.field, row.raw, origin(row)) for row in found)
    lost = connection.execute(unread.where(left.c.submission_id == submission_id))
    return Evidence(0, 0, 0, read_from, tuple(Leftover(row.text, origin(row)) for row in lost))
