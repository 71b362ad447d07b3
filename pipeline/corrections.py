"""What people correct: a value, the cell it was read from, what was found there, what it should be, why, by whom, and when.

A correction hangs on its source cell and the cell's raw text, never on a place in a list. It is applied between reading and checking,
only while the cell is still there and reads as it did; otherwise it waits for another look, with all three: the old reading, the
correction, the new reading.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from normalizers.text import squeeze
from normalizers.values import OPERATORS, quantity
from pipeline.addresses import NAMES, record_at, replaced, typed, value
from schema.document import Cell, Document, Origin, Paragraph, Table
from schema.errors import CorrectionError
from schema.evidence import Evidence, Provenance
from schema.records import Indicator, Submission

APPLIED, REVIEW, GONE = "applied", "review", "gone"
_MEASURED = {"target": "target_value", "actual": "actual_value"}


@dataclass(frozen=True, slots=True)
class Anchor:
    """A cell or paragraph of a file that a correction hangs on. beside: digest of what else stands in its row, None
    where an older version of ziping did not keep it (then only its place counts); anchor: the field that
    was read from it where the corrected field itself was read from nothing."""

    part: str
    block: int
    table: int | None
    row: int | None
    column: int | None
    raw: str
    beside: str | None
    anchor: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the store keeps it; the raw text has a column of its own."""
        return {
            "part": self.part, "block": self.block, "table": self.table, "row": self.row, "column": self.column,
            "beside": self.beside, "anchor": self.anchor,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction in force. found, should_be: as texts, None where nothing is stated; cell: what it hangs on, None where the
    value was read from nothing (then its record stands once in a submission)."""

    correction_id: int
    record: str
    field: str
    found: str | None
    should_be: str | None
    cell: Anchor | None = None
    person: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CorrectionState:
    """How a correction stands after a reading: its state, what was read this time, and where its record stands now."""

    correction_id: int
    state: str
    reading: str | None
    record: str


# ---------------------------------------------------------------- the cell a correction hangs on
def anchored(
    document: Document, evidence: Evidence, record: str, field: str
) -> tuple[Anchor | None, Provenance | None]:
    """The cell that a value was read from, else one that its record was; None where nothing of the record has one."""
    own = next((p for p in evidence.provenance if (p.record, p.field) == (record, field)), None)
    found = own or _own_cell(evidence, record)
    if found is None:
        return None, None
    origin = found.origin
    return (
        Anchor(
            origin.part, origin.block, origin.table, origin.row, origin.column, found.raw, _beside(document, origin),
            None if own is not None else found.field,
        ),
        found,
    )  # fmt: skip


def _own_cell(evidence: Evidence, record: str) -> Provenance | None:
    """What was read for a record from a cell that no other record shares, its name before all; else None."""
    shared = {p.origin for p in evidence.provenance if p.record != record}
    own = [p for p in evidence.provenance if p.record == record and p.origin not in shared]
    return min(own, key=lambda p: p.field not in NAMES.values(), default=None)


def at(document: Document, origin: Origin, raw: str) -> Anchor:
    """A cell or paragraph from which nothing was read, to hang a decision on."""
    place = (origin.part, origin.block, origin.table, origin.row, origin.column)
    return Anchor(*place, raw, _beside(document, origin))


def _beside(document: Document, origin: Origin) -> str:
    """A digest of what else stands in a cell's row, whatever its number; of a paragraph, of nothing."""
    table = next((b for b in document.blocks if isinstance(b, Table) and b.origin.table == origin.table), None)
    if table is None or origin.row is None:
        return ""
    row = origin.row - 1
    texts = [
        squeeze(cell.text)
        for cell in table.cells
        if cell.row <= row < cell.row + cell.row_span and cell.origin != origin
    ]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def places_of(document: Document, cell: Anchor) -> list[Origin]:
    """The cells that may be the one a person's decision hangs on: with its text in a row with the same others; where there are several, the
    one that still has its place."""
    alike = [
        item.origin
        for item in document.texts()
        if item.text == cell.raw
        and item.origin.part == cell.part
        and (item.origin.table is None) == (cell.table is None)
        and (isinstance(item, Paragraph) or item.origin.column == cell.column)
        and (not isinstance(item, Cell) or cell.beside in (None, _beside(document, item.origin)))
    ]
    if len(alike) <= 1 and cell.beside is not None:
        return alike
    place = (cell.block, cell.table, cell.row, cell.column)
    return [o for o in alike if (o.block, o.table, o.row, o.column) == place]


def apply(
    document: Document, submission: Submission, evidence: Evidence, corrections: Sequence[Correction]
) -> tuple[Submission, Evidence, list[CorrectionState]]:
    """The submission with the corrections that still hold, its provenance with a word on each, and how each stands."""
    standings, marks = [], {}
    for correction in corrections:
        records = _records(document, evidence, correction)
        number, field = correction.correction_id, correction.field
        try:
            readings = {record: value(submission, record, field) for record in records}
        except CorrectionError:
            records, readings = [], {}
        if not records:
            standings.append(CorrectionState(number, GONE, None, correction.record))
            continue
        first = correction.record if correction.record in records else records[0]
        if any(reading != correction.found for reading in readings.values()):
            standings.append(CorrectionState(number, REVIEW, readings[first], first))
            continue
        for record in records:
            submission = _corrected(submission, record, field, correction.should_be)
            marks[record, field] = f"更正{number}，{correction.person or '未署名'}：{correction.reason}"
        standings.append(CorrectionState(number, APPLIED, readings[first], first))
    provenance = tuple(
        replace(p, corrected_by=marks[p.record, p.field]) if (p.record, p.field) in marks else p
        for p in evidence.provenance
    )
    return submission, replace(evidence, provenance=provenance), standings


def records_of(document: Document, evidence: Evidence, cell: Anchor | None, record: str, field: str) -> list[str]:
    """The records whose value stands in the cell that a person's decision hangs on: a merged cell's value stands in each of its rows."""
    if cell is None:
        return [record] if "[" not in record else []
    places = places_of(document, cell)
    read_as = cell.anchor or field
    return list(dict.fromkeys(p.record for p in evidence.provenance if p.origin in places and p.field == read_as))


def _records(document: Document, evidence: Evidence, correction: Correction) -> list[str]:
    """The records that a correction is about; where its cell is read as another field by now, or as none, the first record of the cell says
    where to look."""
    cell = correction.cell
    found = records_of(document, evidence, cell, correction.record, correction.field)
    if found or cell is None or cell.anchor is not None:
        return found
    places = places_of(document, cell)
    return [p.record for p in evidence.provenance if p.origin in places][:1] if len(places) == 1 else []


def _corrected(submission: Submission, record: str, field: str, text: str | None) -> Submission:
    """One value put right, with what follows from it; findings about the old reading of it go."""
    submission = replaced(submission, record, field, typed(record_at(submission, record), record, field, text))
    row = record_at(submission, record)
    if isinstance(row, Indicator) and field in (*_MEASURED, "unit", "nature"):
        for name, parsed in _MEASURED.items():
            if field in (name, "unit", "nature"):
                submission = replaced(submission, record, parsed, _measured(row, name, parsed))
    form, _, where = record.partition(".")
    number = int(form.removeprefix("forms[").rstrip("]")) + 1 if form.startswith("forms[") else None
    place = f"{where}.{field}" if where else field
    told = ("number_unreadable", "stated_twice")
    kept = (f for f in submission.findings if not (f.check in told and f.form == number and f.where == place))
    return replace(submission, findings=tuple(kept))


def _measured(row: Indicator, name: str, parsed: str) -> Any:
    """A target or an actual parsed again, with the operator and unit that stand in columns of their own."""
    before = getattr(row, parsed)
    nature = row.nature if name == "target" and row.nature in OPERATORS else None
    fresh = quantity(getattr(row, name), nature, row.unit)
    if fresh is not None and before is not None and name == "target" and fresh.op == "=" and before.op != "=":
        fresh = replace(fresh, op=before.op)  # its sign stands in a cell of its own
    return fresh
