"""A form as one that nobody has met: without its own spellings, with counts and weights that were taken without its layout; and what of a record
that was read so is right."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

import simplejson

from normalizers.spelling import LONGEST
from normalizers.vocabulary import Vocabulary, folder, vocabulary
from pipeline.extract import Extraction, as_json, as_record
from pipeline.score import score
from schema.document import Document


def forgetful(spellings: Container[str], blocks: Container[str] | None = None) -> Vocabulary:
    """The vocabulary without some spellings of headings and labels; blocks: only as headings of these."""
    words = Vocabulary(folder())
    for known in (words._headings, words._labels) if blocks is None else (words._headings,):
        for key in [key for key in known if key[0] in spellings and (blocks is None or key[1] in blocks)]:
            del known[key]  # type: ignore[attr-defined]
    return words


def spellings(document: Document) -> set[str]:
    words = vocabulary()
    return {s for item in document.texts() if len(item.text) <= 2 * LONGEST for s in words.spellings(item.text)}


def truths(found: Extraction, gold: Any) -> dict[tuple[str, str], bool]:
    """(record, field) of each value that an extraction states, and whether the gold has it there."""
    record = simplejson.loads(as_json(as_record(found)), use_decimal=True)
    parts = score(record, simplejson.loads(simplejson.dumps(gold, use_decimal=True), use_decimal=True))
    told = (told for name in ("fields", "sections") for told in parts[name].told)
    return {_place(path): right for path, right in told}


def _place(path: str) -> tuple[str, str]:
    match = re.fullmatch(r"(.*[\]s])\.(.+?)", path)
    assert match is not None, path
    return match[1], match[2]
