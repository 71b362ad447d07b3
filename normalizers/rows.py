"""How likely a table's row belongs to each kind of block, by what is seen of it (seen.py).

The weights lie in vocabulary/rows.csv, one for each thing seen and kind; `make evidence` fits them to made forms of which ever more headings
are held back (data/maker/rows.py)."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib.resources.abc import Traversable
from math import exp, log

COLUMNS = ("evidence", "kind", "weight")


class Rows:
    """The weights, and what they make of a row."""

    def __init__(self, weights: Iterable[tuple[str, str, float]]) -> None:
        told: dict[str, dict[str, float]] = defaultdict(dict)
        for evidence, kind, weight in weights:
            told[evidence][kind] = weight
        self.kinds = tuple(sorted({kind for of in told.values() for kind in of}))
        self._weights = {evidence: tuple(of.get(kind, 0.0) for kind in self.kinds) for evidence, of in told.items()}

    def weigh(self, things: Iterable[str]) -> list[float]:
        """What all things together say for each of `kinds`."""
        found = [self._weights[thing] for thing in things if thing in self._weights]
        return [sum(of) for of in zip(*found, strict=True)] if found else [0.0] * len(self.kinds)

    def likely(self, weighed: Iterable[float], further: Iterable[str]) -> Mapping[str, float]:
        """The log of how likely each kind is. weighed: of what is seen of the row; further: what is given above it."""
        if not self.kinds:  # before the first fit
            return {}
        sums = [a + b for a, b in zip(weighed, self.weigh(further), strict=True)]
        most = max(sums)
        whole = most + log(sum(exp(value - most) for value in sums))
        return {kind: value - whole for kind, value in zip(self.kinds, sums, strict=True)}


def load(source: Traversable) -> Rows:
    with source.open("r", encoding="utf-8") as lines:
        return Rows((row["evidence"], row["kind"], float(row["weight"])) for row in csv.DictReader(lines))
