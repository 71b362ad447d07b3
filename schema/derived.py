"""Values that no cell states: each follows from another one of its record, and so do its place and how sure it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from schema.evidence import Provenance
from schema.records import LISTS, Submission

# field: those that it follows from
FOLLOWS = {
    "kind": ("title",), "item": ("label",), "side": ("label",), "group": ("path",), "category": ("level2", "level1"),
    "target_value": ("target",), "actual_value": ("actual",),
}  # fmt: skip


def derived(submission: Submission, provenance: Iterable[Provenance]) -> Iterator[Provenance]:
    """The sources of the values of forms that follow from others: the code of a line of money from its label, the figure of a target from
    its text. The place is that of the first that has one, the confidence that of the least sure. None for a value that is not stated, or
    whose record has no such source."""
    first: dict[tuple[str, str], Provenance] = {}
    for source in provenance:
        first.setdefault((source.record, source.field), source)
    for record, path in _records(submission):
        for field, froms in FOLLOWS.items():
            if getattr(record, field, None) is None:
                continue
            found = [first[path, name] for name in froms if (path, name) in first]
            if found:
                least = min(found, key=lambda source: 1.0 if source.confidence is None else source.confidence)
                yield replace(
                    found[0], field=field, confidence=least.confidence, proof=None, corrected_by=None, suggested=None
                )


def _records(submission: Submission) -> Iterator[tuple[Any, str]]:
    for i, form in enumerate(submission.forms):
        yield form, f"forms[{i}]"
        for name in LISTS:
            for j, record in enumerate(getattr(form, name)):
                yield record, f"forms[{i}].{name}[{j}]"
