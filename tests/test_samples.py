"""The test is a real document and its answer: every sample gives its gold record, and no figure is left over."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipeline.extract import as_json, as_record, extract
from pipeline.score import score
from schema.records import LISTS, Finding, Form, Report, Section, published
from tests.conftest import GOLD, ROOT, SAMPLES, YEARS, YEARS_GOLD, unlike

FILES = sorted(SAMPLES.glob("*.docx"))
_named = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def load(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


@_named
def test_a_sample_gives_its_gold_record(path: Path) -> None:
    gold = load((GOLD / f"{path.stem}.json").read_text(encoding="utf-8"))
    read = load(as_json(as_record(extract(path))))
    del read["coverage"]
    assert unlike(gold, read) == []


@_named
def test_no_cell_of_a_sample_is_left_unexplained(path: Path) -> None:
    coverage = as_record(extract(path))["coverage"]
    assert coverage["unexplained"] == []
    assert coverage["cells"] == coverage["used"] + coverage["ornament"]


@_named
def test_every_value_of_a_record_has_a_source(path: Path) -> None:
    """A figure or text in the record without a cell behind it would be a guess."""
    extraction = extract(path)
    sourced = {(p.record, p.field) for p in extraction.evidence.provenance}
    derived = {
        "no",
        "kind",
        "category",
        "target_value",
        "actual_value",
        "item",
        "side",
        "level",
        "number",
        "text",
    }
    for i, form in enumerate(extraction.submission.forms):
        for name in ("funds", "indicators", "goals", "tasks"):
            for k, record in enumerate(getattr(form, name)):
                for field in record.__dataclass_fields__:
                    if field in derived or getattr(record, field) in (None, {}):
                        continue
                    path = f"forms[{i}].{name}[{k}]"
                    told = [f"extra.{key}" for key in record.extra] if field == "extra" else [field]
                    assert all((path, f) in sourced for f in told), (path, told)


def test_every_sample_has_a_source_and_an_answer_and_is_what_its_source_makes() -> None:
    from data.maker.word import make

    sources = sorted((ROOT / "data" / "maker" / "sources").glob("*.txt"))
    assert [s.stem for s in sources] == [f.stem for f in FILES] == sorted(g.stem for g in GOLD.glob("*.json"))
    for source, path in zip(sources, FILES, strict=True):
        assert make(source.read_text(encoding="utf-8")) == path.read_bytes(), source.name


def test_a_gold_has_only_fields_of_the_record_format() -> None:
    for path in GOLD.glob("*.json"):
        gold = load(path.read_text(encoding="utf-8"))
        assert set(gold["report"]) <= set(published(Report))
        for form in gold["forms"]:
            assert set(form) <= set(published(Form))
            for name, record in LISTS.items():
                for row in form.get(name, []):
                    assert set(row) <= set(published(record))
        for name, record in (("sections", Section), ("findings", Finding)):
            assert all(set(row) == set(published(record)) for row in gold[name])


def test_a_record_format_is_described_field_by_field() -> None:
    text = (ROOT / "schema" / "RECORDS.md").read_text(encoding="utf-8")
    for record in (Report, Form, *LISTS.values(), Section, Finding):
        for field in published(record):
            assert re.search(rf"\b{field}\b", text), (record.__name__, field)


@pytest.mark.parametrize("path", sorted(YEARS.glob("*.docx")), ids=lambda path: path.stem)
def test_a_submission_of_the_three_years_gives_what_its_maker_wrote(path: Path) -> None:
    gold = load((YEARS_GOLD / f"{path.stem}.json").read_text(encoding="utf-8"))
    read = load(as_json(as_record(extract(path))))
    assert read["coverage"]["unexplained"] == []
    parts = score(read, gold)
    assert [error for part in parts.values() for error in part.errors] == []
