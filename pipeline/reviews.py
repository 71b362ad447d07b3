"""What people say of a reading when they look at it: that it is right, that a finding is our misreading, that a cell holds nothing.

A verdict hangs on its source cell as a correction does (`corrections.Anchor`); it stands while that cell is there and is read as it was, and lapses
otherwise. It never moves to another cell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.addresses import value
from pipeline.corrections import Anchor, places_of, records_of
from schema.document import Document, Origin
from schema.errors import CorrectionError
from schema.evidence import Evidence
from schema.exact import exact
from schema.records import Finding, Submission, path_in
from schema.visible import readable

VALUE, FINDING, LEFTOVER = "value", "finding", "leftover"
RIGHT, MISREAD, NOTHING, TAKEN = "right", "misread", "nothing", "taken"
LONGEST = 4000  # characters of a text that a page has whole
# What can be said of what.
SAID = {VALUE: (RIGHT,), FINDING: (RIGHT, MISREAD), LEFTOVER: (NOTHING, TAKEN)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict in force. about: value, finding or leftover; record, field: where a value stands; of a finding the path of the value it
    is about, and its check; of a leftover its place (`place_text`) and nothing; reading: the value as a text, the finding as `told`, the
    cell's text; cell: None where what was looked at has none."""

    verdict_id: int
    about: str
    record: str
    field: str
    reading: str | None
    cell: Anchor | None


@dataclass(frozen=True, slots=True)
class VerdictState:
    """How a verdict stands after a reading: does it, and where its record is now."""

    verdict_id: int
    stands: bool
    record: str


def path_of(finding: Finding) -> str:
    """The path of the value that a finding is about: `forms[1].indicators[0].score`."""
    return path_in(finding.form, finding.where)


def told(finding: Finding) -> str:
    """A finding as a verdict on it names it: its message, then what is stated and what should be."""
    figures = (
        f"{exact(one):f}" if isinstance(one, Decimal) else "" if one is None else str(one)
        for one in (finding.stated, finding.computed)
    )
    return f"{finding.message}\n{'／'.join(figures)}"


def seen_as(reading: str | None) -> str | None:
    """A reading as a page has it and sends it back: signs made visible, line breaks as one sign; of one that is too long its digest."""
    if reading is None:
        return None
    text = readable(reading).replace("\r", "\n")
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" if len(text) > LONGEST else text


def place_text(origin: Origin) -> str:
    """A place in a file as one word: `body/3/1/4/2`, what is none left blank."""
    parts = (origin.part, origin.block, origin.table, origin.row, origin.column)
    return "/".join("" if part is None else str(part) for part in parts)


def standing(
    document: Document, submission: Submission, evidence: Evidence, verdicts: Sequence[Verdict]
) -> list[VerdictState]:
    """How verdicts stand after a reading."""
    findings: dict[tuple[str, str], set[str]] = {}
    for finding in submission.findings:
        findings.setdefault((path_of(finding), finding.check), set()).add(told(finding))
    left = {item.origin for item in evidence.leftovers}
    out = []
    for verdict in verdicts:
        if verdict.about == LEFTOVER:
            places = places_of(document, verdict.cell) if verdict.cell is not None else []
            stands = len(places) == 1 and places[0] in left
            out.append(VerdictState(verdict.verdict_id, stands, place_text(places[0]) if stands else verdict.record))
            continue
        of_value = verdict.about == VALUE
        record, field = (verdict.record, verdict.field) if of_value else verdict.record.rpartition(".")[::2]
        records = [record] if verdict.cell is None else records_of(document, evidence, verdict.cell, record, field)
        if of_value:
            holding = records if all(_reads(submission, one, field, verdict.reading) for one in records) else []
        else:
            holding = [one for one in records if verdict.reading in findings.get((f"{one}.{field}", verdict.field), ())]
        here = record if record in holding or not holding else holding[0]
        out.append(VerdictState(verdict.verdict_id, bool(holding), here if of_value else f"{here}.{field}"))
    return out


def _reads(submission: Submission, record: str, field: str, reading: str | None) -> bool:
    try:
        return value(submission, record, field) == reading
    except CorrectionError:
        return False
