"""By which rows two vocabularies differ, and whom a row concerns.

A changed extractor asks for the file again. A changed rule asks only for the stored document, a changed vocabulary row only for
those whose reading asked for its spelling, found or not, or met a heading nobody knows in its block, which might now be like
it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from normalizers import lookups
from normalizers.similarity import WORTH_SHOWING, Index
from normalizers.text import squeeze
from normalizers.vocabulary import COLUMNS, Vocabulary
from pipeline.ruleset import LAYOUTS, VocabularyRows


@dataclass(frozen=True, slots=True)
class Row:
    """A vocabulary row that came or went."""

    file: str
    cells: tuple[str, ...]
    added: bool

    def __str__(self) -> str:
        told = self.cells[:1] if self.file == LAYOUTS else self.cells
        return f"{'+' if self.added else '-'} {self.file} {','.join(told)}"


def changed(before: VocabularyRows, after: VocabularyRows) -> list[Row]:
    """The rows by which two vocabularies differ, those that went first; the order of patterns counts too."""
    out = []
    for name in (*COLUMNS, LAYOUTS):
        old, new = (dict.fromkeys(map(tuple, words.files.get(name, []))) for words in (before, after))
        out += [Row(name, row, False) for row in old if row not in new]
        out += [Row(name, row, True) for row in new if row not in old]
    return out


@lru_cache(maxsize=64)
def with_row(words: VocabularyRows, row: Row, order: VocabularyRows) -> VocabularyRows:
    """The vocabulary with one more change of `changed`; a row that comes takes its place in `order`."""
    have = [list(r) for r in words.files.get(row.file, []) if tuple(r) != row.cells]
    if row.added:
        have.append(list(row.cells))
        place = {tuple(r): i for i, r in enumerate(order.files.get(row.file, []))}
        have.sort(key=lambda r: place.get(tuple(r), -1))
    return VocabularyRows({**words.files, row.file: have})


# ---------------------------------------------------------------- whom a row concerns
def asked(row: Row, vocabulary: Vocabulary) -> set[str]:
    """The spellings under which a row of headings.csv or labels.csv is found."""
    return set(vocabulary.spellings(row.cells[0])) | {squeeze(row.cells[0])}


def code(row: Row) -> str:
    """The letter under which look-ups note where such a row is asked for."""
    where = row.cells[1]
    return lookups.CODES[lookups.of_list(where) if row.file == "labels.csv" else where]


def noted(lines: str, spellings: set[str], letter: str) -> bool:
    """Was one of the spellings looked up there?"""
    return any(
        letter in lines[at:].split("\n", 1)[0]
        for spelling in spellings
        if (start := lines.find(f"\n{spelling}\t")) >= 0 and (at := start + len(spelling) + 2)
    )


def noted_patterns(lines: str, letter: str) -> Iterator[str]:
    """The texts that patterns were matched against."""
    return (spelling for line in lines.split("\n") for spelling, _, codes in [line.partition("\t")] if letter in codes)


def read_otherwise(text: str, block: str, before: Vocabulary, after: Vocabulary) -> bool:
    """Is a heading nobody knows like another spelling than it was?"""
    if block in before.roles:  # its headings are read jointly: every likeness counts
        return before.likeness(text, block) != after.likeness(text, block)
    return block != "label" and before.similar(text, block) != after.similar(text, block)


def alike(texts: Iterable[str], row: Row, vocabulary: Vocabulary) -> Iterator[str]:
    """The texts that have enough in common with the spelling of a row to be a heading because of it."""
    index = Index([(vocabulary.stripped(row.cells[0]), row.cells[2])], vocabulary.roles[row.cells[1]].weight)
    for text in texts:
        if any(match.likeness >= WORTH_SHOWING for match in index.likeness(vocabulary.stripped(text)).values()):
            yield text


def may_be_of(row: Row, noted: str, vocabulary: Vocabulary) -> bool:
    """May a table be of a confirmed layout, by what was looked up when it was read: all that stands in the heading rows of one of its tables,
    or, where it has none, one of its labels?"""

    def asked(text: str) -> bool:
        spelling = vocabulary.stripped(text)
        return f"\n{spelling}\t" in noted or not any(map(str.isalpha, spelling))

    for parts in json.loads(row.cells[1])["tables"]:
        heads = [text for part in parts for line in part["rows"] for text in line]
        labels = [text for part in parts for text in part["labels"]]
        if all(map(asked, heads)) and (heads or any(map(asked, labels))):
            return True
    return False
