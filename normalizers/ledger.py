"""The ledger of one document: which cell or paragraph gave which value, which says nothing, what is left."""

from __future__ import annotations

from normalizers.similarity import Match
from normalizers.text import blank
from schema.document import Cell, Document, Origin, Paragraph
from schema.evidence import Doubt, Evidence, Leftover, Provenance, Unknown

Source = Cell | Paragraph

_EXAMPLES = 5  # cells below an unknown heading, and headings beside it, that the evidence keeps


def keep(extra: dict[str, str], heading: str, text: str) -> str:
    """Keeps a text beside a record under its heading, numbered where another text stands there; gives its field (`extra.备注`)."""
    key, again = heading, 2
    while extra.get(key, text) != text:
        key, again = f"{heading} {again}", again + 1
    extra[key] = text
    return f"extra.{key}"


class Ledger:
    """Collects the claims of the readers. A use outranks an ornament; both may be stated twice."""

    def __init__(self) -> None:
        self._used: set[Origin] = set()
        self._ornament: set[Origin] = set()
        self._provenance: dict[tuple[str, str, Origin], Provenance] = {}
        self._unknown: dict[Origin, Unknown] = {}
        self._doubts: list[Doubt] = []
        self._confirmed: set[tuple[int | None, int | None]] = set()

    def use(self, source: Source, record: str, field: str, recognised: str | None = None) -> None:
        """`source` gave the value `field` of the record at path `record` (`forms[0].funds[1]`). recognised: why, where
        the heading over it is not known as written."""
        self._used.add(source.origin)
        key = (record, field, source.origin)
        sure = source.recognition if isinstance(source, Cell) else None
        self._provenance.setdefault(
            key, Provenance(record, field, source.text, source.origin, sure, recognised=recognised)
        )

    def ornament(self, source: Source) -> None:
        """`source` is known to say nothing of its own: a heading, a legend, a stamp."""
        self._ornament.add(source.origin)

    def unknown(
        self,
        text: str,
        source: Source,
        block: str,
        near: Match | None,
        *,
        taken: bool = False,
        below: tuple[str, ...] = (),
        beside: tuple[str, ...] = (),
    ) -> None:
        """A heading that the vocabulary does not hold as written. near: the field it may name; taken: it was read as that field;
        below, beside: what stands under and next to it, of which a few examples are kept."""
        field, reason = (near.field, near.reason) if near is not None else (None, None)
        self._unknown.setdefault(
            source.origin,
            Unknown(text, source.origin, block, field, reason, taken, below[:_EXAMPLES], beside[:_EXAMPLES]),
        )

    def doubt(self, source: Cell, sure: float) -> None:
        """It is not sure to what block the row of a cell belongs. sure: how sure it is, from 0 to 1."""
        self._doubts.append(Doubt(source.origin, sure))

    def confirm(self, source: Cell) -> None:
        """What the row of a cell holds is confirmed by people."""
        self._confirmed.add((source.origin.table, source.origin.row))

    def claimed(self, source: Source) -> bool:
        return source.origin in self._used or source.origin in self._ornament

    def evidence(self, document: Document) -> Evidence:
        """The closed ledger: every non-blank cell and paragraph counted once."""
        cells = used = ornament = 0
        leftovers = []
        for source in document.texts():
            if blank(source.text):
                continue
            cells += 1
            if source.origin in self._used:
                used += 1
            elif source.origin in self._ornament or (isinstance(source, Paragraph) and source.ornament):
                ornament += 1
            else:
                leftovers.append(Leftover(source.text, source.origin))
        return Evidence(
            cells,
            used,
            ornament,
            tuple(self._provenance.values()),
            tuple(leftovers),
            tuple(self._unknown.values()),
            doubts=tuple(self._doubts),
            confirmed=frozenset(self._confirmed),
        )
