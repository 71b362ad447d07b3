"""How sure it is that each value is right under its field: what speaks for and against it, weighed as it came true on made forms.

The weights lie in vocabulary/confidence.csv; `make evidence` fits them (data/maker/doubt.py) on made forms whose headings were held back and
whose layout was changed or broken, read with all mistakes that this makes. A figure is about the share of such values that are right, a
little low rather than high: a wrong one counted twice.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources.abc import Traversable
from math import exp, log, log1p

from normalizers.indicators import CARRIED
from normalizers.roles import kind_of
from normalizers.vocabulary import folder
from schema.document import Document, Table
from schema.evidence import Evidence, Provenance
from schema.records import Submission

# Of confidence.csv: a signal's weight, or, where a field is given, how often its cells are of a kind.
COLUMNS = ("field", "signal", "number")

_FEW = 3  # records of a list that show what a record of it has
_MOST, _SELDOM = 0.8, 0.2  # of the records of a list
_SEEN, _RARE = 4.0, 0.03  # values that a field must have been seen with; the least share of a kind that was not
_OF_FIELD = 2.0  # cells of its own column that what is usual for a field counts as much as
_FIGURES = frozenset(("blank", "points", "figure", "percent", "quantity", "signed", "sign"))  # words are words
# What speaks for and against a column's field, which is beyond doubt where people confirmed it; the rest speaks of the cell.
_OF_THE_COLUMN = frozenset(("carried", "recognised", "column", "headings unknown", "left over", "lacks", "odd", "few"))
_INDEX = re.compile(r"\[\d+\]")

Signals = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Weights:
    """signals: how much each weighs, in log odds; cells: (field, kind of cell) → how often it was right on made forms."""

    signals: Mapping[str, float]
    cells: Mapping[str, Mapping[str, float]]

    def fit(self, field: str, kind: str, others: Mapping[str, int]) -> float:
        """How usual a kind of cell is for a field, beside the most usual one, in logs; 0 for a field that was never seen. others: what else
        stands in its column, by kind: what is usual there is usual."""
        kinds = self.cells.get(field, {})
        total, here = sum(kinds.values()), sum(others.values())
        if total < _SEEN:
            return 0.0

        def share(kind: str) -> float:
            return (_OF_FIELD * max(kinds.get(kind, 0.0) / total, _RARE) + others.get(kind, 0)) / (_OF_FIELD + here)

        return log(share(kind)) - log(max(map(share, {kind, *kinds, *others})))

    def share(self, signals: Signals) -> float:
        odds = sum(self.signals.get(name, 0.0) * value for name, value in signals.items())
        return 1 / (1 + exp(-odds))


def cell_of(raw: str) -> str:
    """The kind of a cell (roles.py); how long words are tells nothing: that differs from place to place."""
    kind = kind_of(raw)
    return kind if kind in _FIGURES else "words"


def judge(document: Document, submission: Submission, evidence: Evidence) -> Evidence:
    """The evidence with the confidence of every value, to three places: what is seen of it, times how sure it is to what block its row belongs
    (what a layout of people holds, by its cell alone); 1 for what a person corrected, 0 for a figure that cannot be read."""
    weights = shipped()
    unreadable = {
        (f"forms[{finding.form - 1}].{finding.where.rpartition('.')[0]}", finding.where.rpartition(".")[2])
        for finding in submission.findings
        if finding.check == "number_unreadable" and finding.form is not None
    }
    rows = {(doubt.origin.table, doubt.origin.row): doubt.sure for doubt in evidence.doubts}
    told = zip(evidence.provenance, signals(document, evidence, weights), strict=True)
    sure = (
        1.0 if p.corrected_by
        else 0.0 if (p.record, p.field) in unreadable
        else round(weights.share(found) * rows.get((p.origin.table, p.origin.row), 1.0), 3)
        for p, found in told
    )  # fmt: skip
    read = zip(evidence.provenance, sure, strict=True)
    return replace(evidence, provenance=tuple(replace(p, confidence=confidence) for p, confidence in read))


def signals(document: Document, evidence: Evidence, weights: Weights) -> list[Signals]:
    """What is seen of each value's source, in the order of the provenance."""
    left = Counter(leftover.origin.table for leftover in evidence.leftovers)
    beside = {(leftover.origin.table, leftover.origin.row) for leftover in evidence.leftovers}
    unknown = Counter(heading.origin.table for heading in evidence.unknown if not heading.taken)
    tables = {block.origin.table: block for block in document.blocks if isinstance(block, Table)}
    has: dict[str, set[str]] = defaultdict(set)
    for p in evidence.provenance:
        has[p.record].add(top(p.field))
    usual, seldom = _habits(has)
    columns: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for p in evidence.provenance:
        columns[_column(p)][cell_of(p.raw)] += 1
    means = {
        (rows, field): sum(
            weights.fit(f"{_listed(rows)}.{top(field)}", kind, {}) * count for kind, count in column.items()
        )
        / column.total()
        for (rows, field), column in columns.items()
    }
    unlike = _unlike(evidence)
    strange = Counter(record for record, _ in unlike)
    out: list[Signals] = []
    for p in evidence.provenance:
        origin, own = p.origin, _listed(p.record)
        column = columns[_column(p)]
        cell = weights.fit(field_of(p), cell_of(p.raw), column - Counter([cell_of(p.raw)]))
        found = {"always": 1.0, f"of {own}": 1.0, "cell": cell, "column": means[_column(p)]}
        if p.recognised is not None:
            found["carried" if p.recognised == CARRIED else "recognised"] = 1.0
        if p.proof is not None:
            found[p.proof] = 1.0
        if origin.table is None:
            found["line"] = 1.0
        else:
            found["left over"] = log1p(left[origin.table])
            found["left over in its row"] = float((origin.table, origin.row) in beside)
            found["headings unknown"] = log1p(unknown[origin.table])
            table = tables[origin.table]
            if origin.row is not None and origin.row - 1 in table.ragged:
                found["ragged" if 2 * len(table.ragged) > table.rows else "ragged alone"] = 1.0
        if (p.record, p.field) in unlike:
            found["unlike its column"] = 1.0
        if others := strange[p.record] - ((p.record, p.field) in unlike):
            found["beside what is unlike"] = log1p(others)
        if p.recognition is not None:
            found["scan"] = 1.0
            found["recognition"] = -log(max(1.0 - p.recognition, 0.001))
        if own in usual:
            found["lacks"] = float(min(3, len(usual[own] - has[p.record])))
            found["odd"] = float(top(p.field) in seldom[own])
        else:
            found["few"] = 1.0
        if (origin.table, origin.row) in evidence.confirmed:
            found = {name: seen for name, seen in found.items() if name not in _OF_THE_COLUMN}
        out.append(found)
    return out


def _unlike(evidence: Evidence) -> set[tuple[str, str]]:
    """The values (record, field) whose cells are of another kind than most of their field in the same list."""
    kinds: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for p in evidence.provenance:
        if p.record.endswith("]"):
            kinds[_column(p)].append((p.record, cell_of(p.raw)))
    out = set()
    for (_, field), told in kinds.items():
        counted = Counter(kind for _, kind in told)
        if len(told) > _FEW and max(counted.values()) >= _MOST * len(told):
            usual = counted.most_common(1)[0][0]
            out |= {(record, field) for record, kind in told if kind != usual}
    return out


def _habits(has: Mapping[str, set[str]]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By list: the fields that most of its records have, and those that hardly any has."""
    lists: dict[str, list[set[str]]] = defaultdict(list)
    for record, fields in has.items():
        if record.endswith("]"):
            lists[_listed(record)].append(fields)
    usual: dict[str, set[str]] = {}
    seldom: dict[str, set[str]] = {}
    for rows, each in lists.items():
        if len(each) >= _FEW:
            counted = Counter(field for fields in each for field in fields)
            usual[rows] = {field for field, count in counted.items() if count >= _MOST * len(each)}
            seldom[rows] = {field for field, count in counted.items() if count <= _SELDOM * len(each)}
    return usual, seldom


def field_of(p: Provenance) -> str:
    """The field of a value, whatever its record's place: `forms.indicators.score`."""
    return f"{_listed(p.record)}.{top(p.field)}"


def _column(p: Provenance) -> tuple[str, str]:
    """What stands in one column of a form: (`forms[0].indicators`, `score`)."""
    return p.record.rpartition("[")[0] if p.record.endswith("]") else p.record, p.field


def top(field: str) -> str:
    """`values` of `values.2021年决算数`: each form has headings of its own there."""
    return field.partition(".")[0]


def _listed(record: str) -> str:
    """`forms.indicators` of `forms[0].indicators[3]`."""
    return _INDEX.sub("", record)


@lru_cache
def shipped() -> Weights:
    """The weights that ship."""
    return load(folder().joinpath("confidence.csv"))


def load(source: Traversable) -> Weights:
    told: dict[str, float] = {}
    cells: dict[str, dict[str, float]] = defaultdict(dict)
    with source.open("r", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["field"]:
                cells[row["field"]][row["signal"]] = float(row["number"])
            else:
                told[row["signal"]] = float(row["number"])
    return Weights(told, dict(cells))
