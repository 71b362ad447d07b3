"""What the desk shows of a submission: its values, lists, forms, and what is remarked of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pipeline.reviews import LONGEST, seen_as
from schema.exact import exact
from schema.records import Kind

# How a value stands, from what needs a look to what does not.
DOUBT, WAITING, CONTRADICTED, CORRECTED, RIGHT, SURE = "doubt", "waiting", "contradicted", "corrected", "right", "sure"


@dataclass(frozen=True, slots=True)
class Value:
    """One value. text: as decisions name it, None where nothing is stated; shown: as people read it; cell: the key of the cell it was read
    from; why: what speaks against it or who decided; suggested: the other figure that the form's sums prove; decision: what can be
    taken back, `verdict/7` or `correction/3`."""

    record: str
    field: str
    label: str
    text: str | None
    shown: str
    kind: str
    cell: str | None = None
    raw: str | None = None
    state: str = SURE
    confidence: float | None = None
    why: str = ""
    suggested: str | None = None
    decision: str | None = None

    @property
    def seen(self) -> str | None:
        """The value as a decision on it sends it back."""
        return seen_as(self.text)

    @property
    def edited(self) -> str:
        """What stands in the box where it is edited: a rate as people write it; nothing of a text that a page has not whole."""
        rate = self.kind == Kind.RATE or (
            self.field.startswith("values.") and (self.raw or "").rstrip().endswith(("%", "％"))
        )
        if not rate or self.text is None:
            return self.text if self.text is not None and len(self.text) <= LONGEST else ""
        try:
            return f"{exact(Decimal(self.text).scaleb(2)):f}%"
        except InvalidOperation:
            return self.text

    @property
    def needs_look(self) -> bool:
        return self.state in (DOUBT, WAITING)


@dataclass(frozen=True, slots=True)
class Group:
    """A list of the record: its rows under their headings; a single record is one row of pairs (wide)."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Value | None, ...], ...]
    pairs: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A form, the cover or the narrative."""

    title: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding or an unread cell, with what people said of it (verdict None: nothing yet). path, code, seen: as a verdict names it."""

    about: str
    path: str
    code: str
    title: str
    text: str
    cell: str | None
    verdict: str | None = None
    decision: str | None = None
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A submission to be decided on."""

    submission_id: str
    sha256: str
    file: str
    format: str
    unit: str | None
    year: int | None
    parts: tuple[Part, ...]
    findings: tuple[Remark, ...]
    leftovers: tuple[Remark, ...]

    @property
    def values(self) -> Iterator[Value]:
        for part in self.parts:
            for group in part.groups:
                for row in group.rows:
                    yield from (value for value in row if value is not None)

    @property
    def open(self) -> int:
        """How much still needs a look."""
        remarks = (*self.findings, *self.leftovers)
        return sum(v.needs_look for v in self.values) + sum(r.verdict is None for r in remarks)
