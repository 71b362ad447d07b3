"""A form that is changed without changing what it says gives the same record, or marks what it no longer knows."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson

from data.maker import word
from data.maker.changes import NAMES, changed, every
from data.maker.forms import Made
from data.maker.layout import all_layouts
from pipeline.extract import Extraction, as_json, as_record, extract
from pipeline.score import score

LAYOUTS = {layout.name: layout for layout in all_layouts()}
SEEDS = 2
SAMPLE = 400  # of the changed forms in `make test`
RIGHT = 0.99  # the least share of changed forms that are right or marked


def troubles(extraction: Extraction, made: Made) -> list[str]:
    """What is wrong in the record of a changed form and not marked: a value that is not the form's, a value lost without a trace,
    a finding that the unit does not deserve or that is missing."""
    read = simplejson.loads(as_json(as_record(extraction)), use_decimal=True)
    gold = simplejson.loads(simplejson.dumps(made.record, use_decimal=True), use_decimal=True)
    parts = score(read, gold)
    kept = " ".join([left.text for left in extraction.evidence.leftovers] + list(_beside(read)))
    out = []
    for error in parts["fields"].errors:
        if error.kind != "missed":
            out.append(f"{error.path}: gold {error.gold!r}, read {error.predicted!r}")
        elif isinstance(error.gold, str | Decimal | int) and _text(error.gold) not in kept:
            out.append(f"{error.path}: {error.gold!r} is lost")
    return out + [f"finding: gold {e.gold}, read {e.predicted}" for e in parts["findings"].errors]


def _text(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _beside(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [
            *map(str, (node.get("extra") or {}).values()),
            *(text for part in node.values() for text in _beside(part)),
        ]
    return [text for part in node for text in _beside(part)] if isinstance(node, list) else []


def measured(cases: list[tuple[str, int, str]], folder: Path) -> tuple[int, dict[tuple[str, int, str], list[str]]]:
    """How many forms were changed, and those that are neither right nor marked."""
    count, bad = 0, {}
    for name, seed, change in cases:
        made = changed(LAYOUTS[name], seed, change)
        if made is None:
            continue
        path = folder / "changed.docx"
        path.write_bytes(word.make(made.source))
        count += 1
        if found := troubles(extract(path), made):
            bad[name, seed, change] = found
    return count, bad


def told(bad: dict[tuple[str, int, str], list[str]]) -> str:
    by = Counter(change for _, _, change in bad)
    return "\n".join([str(by), *(f"{case}: {found[:2]}" for case, found in list(bad.items())[:20])])


def test_there_are_enough_changes_and_each_fits_several_layouts() -> None:
    assert len(NAMES) >= 25
    fits = Counter(
        change for name, seed, change in every(list(LAYOUTS.values()), range(1)) if changed(LAYOUTS[name], seed, change)
    )
    assert not [name for name in NAMES if fits[name] < 3], fits


def test_changed_forms_are_read_as_before_or_marked(tmp_path: Path) -> None:
    cases = random.Random(15).sample(list(every(list(LAYOUTS.values()), range(SEEDS))), SAMPLE)
    count, bad = measured(cases, tmp_path)
    assert count > SAMPLE / 3
    assert len(bad) <= (1 - RIGHT) * count, told(bad)


@pytest.mark.soak
def test_all_changed_forms_are_read_as_before_or_marked(tmp_path: Path) -> None:
    count, bad = measured(list(every(list(LAYOUTS.values()), range(SEEDS))), tmp_path)
    print(
        f"\n{count} changed forms, {count - len(bad)} right or marked ({1 - len(bad) / count:.4f})",
        told(bad),
        sep="\n",
    )
    assert len(bad) <= (1 - RIGHT) * count
