"""One file → its records and evidence; and the JSON of RECORDS.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, is_dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import extractors
from extractors.files import File
from normalizers import normalize
from normalizers.confidence import judge
from normalizers.repair import suggest
from normalizers.vocabulary import Vocabulary
from pipeline import ruleset
from pipeline.corrections import Correction, CorrectionState, apply
from schema.checks import check
from schema.derived import derived
from schema.document import Document
from schema.errors import NothingFound
from schema.evidence import Evidence, Provenance
from schema.exact import exact, exactly
from schema.proof import prove
from schema.records import Submission, published


@dataclass(frozen=True, slots=True)
class Extraction:
    """One file, read: the document as it was, what it says, and where each value stood."""

    document: Document
    submission: Submission
    evidence: Evidence
    corrections: tuple[CorrectionState, ...] = ()  # how each correction stands that people made to it


def extract(file: Path | File, words: Vocabulary | None = None) -> Extraction:
    """Reads one file; words: another vocabulary than today's. Raises FileRefused or NothingFound."""
    document = extractors.read(file)
    try:
        return understand(document, words)
    except NothingFound as nothing:
        place = file.path if isinstance(file, File) else file
        raise NothingFound(place, nothing.trouble, nothing.remedy) from None


def understand(
    document: Document, words: Vocabulary | None = None, corrections: Sequence[Correction] = ()
) -> Extraction:
    """What a document says: read by the normalizers, corrected by people, checked. Raises NothingFound."""
    asked = _Same(document), _Same(words or ruleset.words())
    return _checked(*asked, corrections) if corrections else _plainly(*asked)


def _checked(document: _Same, words: _Same, corrections: Sequence[Correction] = ()) -> Extraction:
    with exactly():
        submission, evidence = _normalized(document, words)
        submission, evidence, standings = apply(document.one, submission, evidence, corrections)
        submission, evidence = prove(check(submission), suggest(submission, evidence))
    return Extraction(document.one, submission, judge(document.one, submission, evidence), tuple(standings))


class _Same:
    """A thing that is told from others by being itself and no other."""

    __slots__ = ("one",)

    def __init__(self, one: Any) -> None:
        self.one = one

    def __hash__(self) -> int:
        return id(self.one)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.one is other.one


# A person decides on the same submission again and again, under other corrections.
@lru_cache(maxsize=1)
def _normalized(document: _Same, words: _Same) -> tuple[Submission, Evidence]:
    with exactly():
        return normalize(document.one, words.one)


@lru_cache(maxsize=1)
def _plainly(document: _Same, words: _Same) -> Extraction:
    return _checked(document, words)


def sources(extraction: Extraction) -> tuple[Provenance, ...]:
    """Where each value was read; then, where those stand that follow from others."""
    read = extraction.evidence.provenance
    return (*read, *derived(extraction.submission, read))


def json_value(value: Any) -> Any:
    """A single value as JSON tells it: a number with the digits that count, a date as ISO."""
    if isinstance(value, Decimal):
        return exact(value)
    return value.isoformat() if isinstance(value, date) else value


def as_record(extraction: Extraction) -> dict[str, Any]:
    """The contract of RECORDS.md as plain lists and dicts; numbers stay Decimal."""
    submission, evidence = extraction.submission, extraction.evidence
    record: dict[str, Any] = {
        name: _plain(getattr(submission, name)) for name in ("report", "forms", "sections", "findings")
    }
    record["coverage"] = {
        "cells": evidence.cells,
        "used": evidence.used,
        "ornament": evidence.ornament,
        "unexplained": [{"where": str(left.origin), "text": left.text.strip()} for left in evidence.leftovers],
    }
    return record


def as_json(value: Any, indent: int | None = 1) -> str:
    """JSON with exact numbers, readable Chinese."""
    import simplejson

    return simplejson.dumps(value, ensure_ascii=False, use_decimal=True, indent=indent)


def as_evidence(extraction: Extraction) -> dict[str, Any]:
    """Where each value was read (record, field, raw text, place), how each page was read, and what nobody read."""
    return {
        "file": extraction.document.name,
        "format": extraction.document.format,
        "sha256": extraction.document.digest,
        "pages": [_plain(reading) for reading in extraction.document.pages],
        "provenance": [
            {
                "record": p.record,
                "field": p.field,
                "raw": p.raw,
                "confidence": p.confidence,
                "recognition": p.recognition,
                "proof": p.proof,
                "recognised": p.recognised,
                "corrected_by": p.corrected_by,
                "suggested": _plain(p.suggested),
                "origin": _plain(p.origin),
            }
            for p in sources(extraction)
        ],
        "unknown": [_plain(heading) for heading in extraction.evidence.unknown],
        "unexplained": [{"text": left.text, "origin": _plain(left.origin)} for left in extraction.evidence.leftovers],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if is_dataclass(value):
        plain = {name: _plain(getattr(value, name)) for name in published(type(value))}
        if plain.get("extra", 0) is None:
            del plain["extra"]
        return plain
    return json_value(value)
