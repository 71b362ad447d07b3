"""Measures the thresholds of close spelling on the made forms: `python -m tests.thresholds`.

Each heading of each layout's form is held back from the vocabulary in turn; for each pair of thresholds: how many headings were
taken for their own field, how many for another, and how many values that put where they do not belong.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from data.maker.layout import all_layouts
from normalizers import similarity
from tests.test_made_forms import held_back

LIKE = (0.6, 0.65, 0.7)
AHEAD = (0.0, 0.05)


def measure(like: float, ahead: float, folder: Path) -> tuple[int, int, int]:
    """(headings taken right, taken wrong, values put in a wrong place) at two thresholds."""
    similarity.MIN_SIMILARITY, similarity.MIN_LEAD = like, ahead
    found = [case for layout in all_layouts() for case in held_back(layout, folder)]
    taken = [case for case in found if case.taken]
    right = sum(case.proposed in case.fields for case in taken)
    return right, len(taken) - right, sum(case.misplaced for case in found)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print("like  ahead  right  wrong  values misplaced")
        for like in LIKE:
            for ahead in AHEAD:
                print(f"{like:4}  {ahead:5}  {'  '.join(f'{n:5}' for n in measure(like, ahead, Path(name)))}")
