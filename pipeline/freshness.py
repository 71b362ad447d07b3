"""Which submissions are stale and why: two keys, one for how a file was read, one for how its document was understood.

A changed extractor asks for the file again. A changed rule asks only for the stored document, a changed vocabulary row only for
those whose reading asked for its spelling, found or not, or met a heading nobody knows in its block, which might now be likest
to it.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

from normalizers import lookups
from normalizers.text import squeeze
from normalizers.vocabulary import COLUMNS, Vocabulary, folder

_READERS = (
    "python-docx",
    "pypdfium2",
    "pdfplumber",
    "camelot-py",
    "openpyxl",
    "xlrd",
    "lxml",
    "olefile",
    "rapidocr",
)
_RULES = (
    "records.py",
    "numbering.py",
    "checking.py",
    "arithmetic.py",
    "checks.py",
    "proof.py",
    "evidence.py",
)


@cache
def reader_key() -> str:
    """Changes where a file may be read otherwise: the extractors and the libraries they read with."""
    parts = [*_sources("extractors"), *_sources("schema", ("document.py", "numbering.py"))]
    for name in _READERS:
        try:
            parts.append(f"{name} {version(name)}".encode())
        except PackageNotFoundError:
            parts.append(f"{name} -".encode())
    return _digest(parts)


@cache
def rules_key() -> str:
    """Changes where a document may be understood otherwise under the same words: normalizers, checks, forms.yml."""
    yml = folder().joinpath("forms.yml").read_bytes()
    return _digest([*_sources("normalizers"), *_sources("schema", _RULES), yml])


@dataclass(frozen=True, slots=True)
class Words:
    """The rows of a vocabulary without their notes, by file, never changed once they are here; they are told apart by their
    key."""

    files: dict[str, list[list[str]]] = field(compare=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        told = json.dumps(self.files, ensure_ascii=False, sort_keys=True)
        object.__setattr__(self, "key", _digest([told.encode()]))


def words() -> Words:
    """The vocabulary that ships."""
    out = {}
    for name in COLUMNS:
        lines = folder().joinpath(name).read_text(encoding="utf-8").splitlines()
        out[name] = [row[:-1] for row in list(csv.reader(lines))[1:] if row]
    return Words(out)


def pack(words: Words) -> bytes:
    return zlib.compress(json.dumps(words.files, ensure_ascii=False).encode(), 9)


@lru_cache(maxsize=8)
def unpack(data: bytes) -> Words:
    return Words(json.loads(zlib.decompress(data)))


@lru_cache(maxsize=8)
def bound(words: Words) -> Vocabulary:
    """The vocabulary of given rows with the forms.yml that ships. Raises VocabularyError."""
    told = {
        name: [dict(zip(COLUMNS[name], [*row, ""], strict=True)) | {"line": "0"} for row in words.files[name]]
        for name in COLUMNS
    }
    return Vocabulary(folder(), told, "store", only=True)


@dataclass(frozen=True, slots=True)
class Row:
    """A vocabulary row that came or went."""

    file: str
    cells: tuple[str, ...]
    added: bool

    def __str__(self) -> str:
        return f"{'+' if self.added else '-'} {self.file} {','.join(self.cells)}"


def changed(before: Words, after: Words) -> list[Row]:
    """The rows by which two vocabularies differ, those that went first; the order of patterns counts too."""
    out = []
    for name in COLUMNS:
        old, new = (dict.fromkeys(map(tuple, words.files[name])) for words in (before, after))
        out += [Row(name, row, False) for row in old if row not in new]
        out += [Row(name, row, True) for row in new if row not in old]
    return out


@lru_cache(maxsize=64)
def with_row(words: Words, row: Row, order: Words) -> Words:
    """The vocabulary with one more change of `changed`; a row that comes takes its place in `order`."""
    have = [list(r) for r in words.files[row.file] if tuple(r) != row.cells]
    if row.added:
        have.append(list(row.cells))
        place = {tuple(r): i for i, r in enumerate(order.files[row.file])}
        have.sort(key=lambda r: place.get(tuple(r), -1))
    return Words({**words.files, row.file: have})


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
    return (
        spelling
        for line in lines.split("\n")
        for spelling, _, codes in [line.partition("\t")]
        if letter in codes
    )


def _sources(package: str, names: tuple[str, ...] | None = None) -> list[bytes]:
    """The syntax of a package's modules without their docstrings and comments: what runs, not what is said of it."""
    found: dict[str, bytes] = {}
    for entry in files(package).iterdir():
        if entry.name.endswith(".py") and (names is None or entry.name in names):
            found[entry.name] = _syntax(entry.read_text(encoding="utf-8"))
    return [name.encode() + found[name] for name in sorted(found)]


_DESCRIBED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _syntax(source: str) -> bytes:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, _DESCRIBED) and ast.get_docstring(node, clean=False) is not None:
            node.body[:1] = [] if len(node.body) > 1 else [ast.Pass()]
    return ast.dump(tree).encode()


def _digest(parts: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Reading:
    """With what documents are read and understood: the keys of the code, the rows of the vocabulary, and these bound."""

    reader: str
    rules: str
    words: Words
    vocabulary: Vocabulary

    @property
    def keys(self) -> dict[str, str]:
        """The columns of a submission that say how it was understood."""
        return {"rules_key": self.rules, "words_key": self.words.key}


@cache
def current() -> Reading:
    """The code and the vocabulary that ship."""
    return under(words())


def under(words: Words) -> Reading:
    """The code that ships, with a vocabulary of other rows. Raises VocabularyError."""
    return Reading(reader_key(), rules_key(), words, bound(words))
