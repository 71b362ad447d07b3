"""Which block the rows of made forms belong to, by what is seen of them: the weights of normalizers/rows.py.

The kinds are those that are read where every heading is known and the record is right by the gold; what is seen is seen with ever more of
the form's headings and labels held back, as in a form that nobody has met.
"""

from __future__ import annotations

import csv
import io
import random
import tempfile
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from data.maker import forms, word
from data.maker.layout import all_layouts
from data.maker.unmet import forgetful, spellings, truths
from extractors import read
from extractors.files import File
from normalizers import rows
from normalizers.blocks import cut
from normalizers.grid import Grid
from normalizers.rows import Rows
from normalizers.seen import given, seen
from normalizers.starts import starts
from normalizers.vocabulary import Vocabulary, vocabulary
from pipeline.extract import understand
from schema.document import Document, Table

HELD_BACK = (0.0, 0.0, 0.1, 0.3, 0.5, 0.8, 0.3, 0.5)  # shares of a form's headings and labels, one reading each
_SEEDS = (1, 2)
_STRENGTH = 1.0  # of the regularisation
_LEAST = 0.05  # a weight below it is left out


@dataclass(frozen=True)
class Row:
    """One row: of which layout's form, what is seen of it and given above it, the kind of its block."""

    layout: str
    things: tuple[str, ...]
    kind: str


def found() -> list[Row]:
    """The rows of the made forms that are read right."""
    layouts, out = all_layouts(), []
    documents: dict[tuple[str, int], Document] = {}
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "form.docx")
        for layout in layouts:
            for seed in _SEEDS:
                made = forms.make(layout, seed)
                path.write_bytes(word.make(made.source))
                document = read(File(path))
                if all(truths(understand(document, vocabulary()), made.record).values()):
                    documents[layout.name, seed] = document
    spelt = {key: spellings(document) for key, document in documents.items()}
    common = Counter(spelling for layout in layouts for spelling in set().union(*_of(spelt, layout.name)))
    for layout in layouts:
        for turn, share in enumerate(HELD_BACK):
            key = layout.name, _SEEDS[turn % len(_SEEDS)]
            if key in documents:
                rng = random.Random(f"rows of {layout.name} {share} {turn}")
                held = {s for s in sorted(spelt[key]) if (turn and common[s] == 1) or rng.random() < share}
                out += _told(layout.name, documents[key], forgetful(held))
    return out


def _of(spelt: dict[tuple[str, int], set[str]], layout: str) -> list[set[str]]:
    return [spelt[layout, seed] for seed in _SEEDS if (layout, seed) in spelt]


def _told(layout: str, document: Document, words: Vocabulary) -> list[Row]:
    out = []
    for table in document.blocks:
        if not isinstance(table, Table):
            continue
        kinds = {
            row: block.kind
            for block in cut(Grid(table), vocabulary(), basics=False)
            for row in range(block.start, block.stop)
        }
        grid, before, band = Grid(table), None, 0
        for row, kind in kinds.items():
            if row < band or row >= len(grid.rows) or not grid.filled(row):
                continue
            begun, header = starts(grid, row, words, before, False)
            things = seen(grid, row, words)
            out.append(Row(layout, (*things, *given(things, before, begun)), kind))
            before, band = kind, row + header if begun == kind else 0  # the lower rows of a band go with it
    return out


def without(told: list[Row], layouts: Container[str]) -> Rows:
    """The weights as they would be had some layouts not been seen."""
    return Rows(fitted([row for row in told if row.layout not in layouts]))


def fitted(told: list[Row]) -> list[tuple[str, str, float]]:
    """(evidence, kind, weight) under which the kinds of the rows are likeliest."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    names = DictVectorizer()
    features = names.fit_transform([dict.fromkeys(row.things, 1.0) for row in told])
    model = LogisticRegression(C=_STRENGTH, max_iter=2000, fit_intercept=False)
    model.fit(features, [row.kind for row in told])
    return [
        (str(evidence), str(kind), float(weight))
        for evidence, weights in zip(names.get_feature_names_out(), model.coef_.T, strict=True)
        for kind, weight in zip(model.classes_, weights, strict=True)
        if abs(weight) >= _LEAST
    ]


def text() -> str:
    """rows.csv as it is to be."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(rows.COLUMNS)
    lines.writerows((evidence, kind, round(weight, 2)) for evidence, kind, weight in sorted(fitted(found())))
    return out.getvalue()
