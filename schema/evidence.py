"""Where each value was read, and what nobody read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from schema.document import Origin

FACT = 0.9  # a value whose confidence is less is to be looked at by a person
UNSURE = 0.9  # a recogniser's score below which a person should look; of 2,316 right readings 2 % lie below


@dataclass(frozen=True, slots=True)
class Repair:
    """Another reading of a recognised figure, offered beside what was read. value: the figure as the record has it (万元, a fraction), raw:
    the cell's text with it; checks: the equations (by their checks' codes) that hold with it and not without."""

    value: Decimal
    raw: str
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """One value's source. record: path of the record (`forms[0].indicators[3]`); field: its field
    (`score`); raw: the cell's or paragraph's text as written; recognition: how sure a recogniser was of that text (scans), from 0 to 1;
    confidence: how sure it is that the value is right under its field, from 0 to 1, None where nobody has said; proof: `proven` where the
    form's own arithmetic holds with the figure, `contradicted` where it does not, None where no equation reaches it; recognised: why the
    value was put under its field where the heading's spelling is not known as written, None where it is; corrected_by: which
    correction put the value right, by whom and why; suggested: the one other reading with which the whole form adds up."""

    record: str
    field: str
    raw: str
    origin: Origin
    recognition: float | None = None
    confidence: float | None = None
    proof: str | None = None
    recognised: str | None = None
    corrected_by: str | None = None
    suggested: Repair | None = None


def doubtful(source: Provenance) -> bool:
    """Is a value to be looked at by a person?"""
    return source.suggested is not None or (source.confidence is not None and source.confidence < FACT)


@dataclass(frozen=True, slots=True)
class Leftover:
    """A non-blank cell or paragraph that no record took and that is not known to say nothing."""

    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Unknown:
    """A heading that the vocabulary does not hold. block: where it stands (`indicators`); field: the field proposed, None
    where none is; reason: what the proposal rests on; taken: were its cells put under that field; below: some of the
    cells it heads; beside: the headings next to it."""

    text: str
    origin: Origin
    block: str
    field: str | None
    reason: str | None
    taken: bool
    below: tuple[str, ...]
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The headings of one form in reading order, as (block, spelling, field): what makes two forms the same layout; of
    a form without any, what it states of itself. confirmed: the layout
    that people confirmed and by which it was read, None where none was."""

    form: int  # the form's number
    headings: tuple[tuple[str, str, str | None], ...]
    confirmed: str | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A row of a table of which it is not sure to what block of a form it belongs. origin: its first cell; sure: how sure it is (0 to 1)."""

    origin: Origin
    sure: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """The ledger of one document: `cells` non-blank cells and paragraphs, each of them `used`,
    `ornament` or one of `leftovers`; `unknown`: the headings among them that nobody knows as written; doubts, confirmed: what the
    confidence of values rests on besides, the second the rows (table, row) that a layout of people holds."""

    cells: int
    used: int
    ornament: int
    provenance: tuple[Provenance, ...]
    leftovers: tuple[Leftover, ...]
    unknown: tuple[Unknown, ...] = ()
    outlines: tuple[Outline, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    confirmed: frozenset[tuple[int | None, int | None]] = frozenset()
    lookups: str = ""  # the spellings that were looked up, found or not (normalizers/lookups.py)
