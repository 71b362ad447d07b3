"""With what a file is read and understood: a key of the extractors, a key of the rules, the rows of the vocabulary.

A submission keeps all three, so that whatever changed can be told from what it was read with (rerun/staleness.py).
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
from importlib.resources.abc import Traversable

from normalizers.vocabulary import COLUMNS, Vocabulary, folder
from schema.extras import DISTRIBUTION

VERSION = version(DISTRIBUTION)
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
    """Changes where a document may be understood otherwise under the same words: normalizers, checks, and what they weigh (roles.csv, …)."""
    data = [folder().joinpath(name).read_bytes() for name in ("forms.yml", "roles.csv", "rows.csv", "confidence.csv")]
    return _digest([*_sources("normalizers"), *_sources("schema", _RULES), *data])


@dataclass(frozen=True, slots=True)
class VocabularyRows:
    """The rows of a vocabulary without their notes, by file, never changed once they are here; they are told apart by their
    key."""

    files: dict[str, list[list[str]]] = field(compare=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        told = json.dumps(self.files, ensure_ascii=False, sort_keys=True)
        object.__setattr__(self, "key", _digest([told.encode()]))


def shipped_rows() -> VocabularyRows:
    """The vocabulary that ships."""
    out = {}
    for name in COLUMNS:
        lines = folder().joinpath(name).read_text(encoding="utf-8").splitlines()
        out[name] = [row[:-1] for row in list(csv.reader(lines))[1:] if row]
    return VocabularyRows(out)


def pack(words: VocabularyRows) -> bytes:
    return zlib.compress(json.dumps(words.files, ensure_ascii=False).encode(), 9)


@lru_cache(maxsize=8)
def unpack(data: bytes) -> VocabularyRows:
    return VocabularyRows(json.loads(zlib.decompress(data)))


@lru_cache(maxsize=8)
def bound(words: VocabularyRows) -> Vocabulary:
    """The vocabulary of given rows with the forms.yml that ships. Raises VocabularyError."""
    told = {
        name: [dict(zip(COLUMNS[name], [*row, ""], strict=True)) | {"line": "0"} for row in words.files[name]]
        for name in COLUMNS
    }
    return Vocabulary(folder(), told, "store", only=True)


def _sources(package: str, names: tuple[str, ...] | None = None) -> list[bytes]:
    """The syntax of a package's modules without their docstrings and comments: what runs, not what is said of it."""
    return [
        name.encode() + _syntax(entry.read_text(encoding="utf-8"))
        for name, entry in sorted(_modules(files(package)), key=lambda module: module[0])
        if names is None or name in names
    ]


def _modules(folder: Traversable, above: str = "") -> Iterator[tuple[str, Traversable]]:
    """The modules of a package and of those in it, by their paths below it."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _modules(entry, f"{above}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield above + entry.name, entry


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
class Ruleset:
    """With what documents are read and understood: the keys of the code, the rows of the vocabulary, and these bound."""

    reader: str
    rules: str
    words: VocabularyRows
    vocabulary: Vocabulary

    @property
    def keys(self) -> dict[str, str]:
        """The columns of a submission that say how it was understood."""
        return {"rules_key": self.rules, "words_key": self.words.key}


@cache
def current() -> Ruleset:
    """The code and the vocabulary that ship."""
    return under(shipped_rows())


def under(words: VocabularyRows) -> Ruleset:
    """The code that ships, with a vocabulary of other rows. Raises VocabularyError."""
    return Ruleset(reader_key(), rules_key(), words, bound(words))
