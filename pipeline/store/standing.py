"""How well each form was read: how many values it gave, how many of them are sure, how many its own sums contradict, what nobody read."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass

from schema.evidence import Evidence, doubtful
from schema.proof import CONTRADICTED
from schema.records import Submission

_FORM = re.compile(r"forms\[(\d+)\]")


@dataclass(slots=True)
class Standing:
    """Counts of a form: its values that a cell or line gave, those of them that are sure (0.9) and those that its sums contradict;
    unread: cells of its tables that nobody understood."""

    stated: int = 0
    sure: int = 0
    contradicted: int = 0
    unread: int = 0


def of_forms(submission: Submission, evidence: Evidence) -> dict[int, Standing]:
    """By the number of the form. A cell that nobody read is of the form that is read in its table above it, else of the table's first."""
    out = {form.no: Standing() for form in submission.forms}
    rows: dict[int, list[tuple[int, int]]] = defaultdict(list)  # by table: the rows that a form has, with its number
    for p in evidence.provenance:
        found = _FORM.match(p.record)
        if found is None:
            continue
        no = int(found[1]) + 1
        out[no].stated += 1
        out[no].sure += not doubtful(p)
        out[no].contradicted += p.proof == CONTRADICTED
        if p.origin.table is not None and p.origin.row is not None:
            rows[p.origin.table].append((p.origin.row, no))
    for told in rows.values():
        told.sort()
    for left in evidence.leftovers:
        told = rows.get(left.origin.table or 0, [])
        if told:
            above = bisect_right(told, (left.origin.row or 0, len(out))) - 1
            out[told[max(above, 0)][1]].unread += 1
    return out
