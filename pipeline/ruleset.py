"""With what a file is read and understood: a key of the extractors, a key of the rules, the rows of the vocabulary.

A submission keeps all three, so that whatever changed can be told from what it was read with (rerun/staleness.py).
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import CodeType

from normalizers import confirmed
from normalizers.layout import Confirmed
from normalizers.spelling import whole
from normalizers.vocabulary import COLUMNS, Vocabulary, folder, rows_in
from normalizers.vocabulary import vocabulary as shipped
from schema.errors import VocabularyError
from schema.extras import DISTRIBUTION

VERSION = version(DISTRIBUTION)
WORDS = "ZIPING_WORDS"  # the environment's name for the folder of a team's own words
LAYOUTS = "layouts"  # in that folder, and among the rows of a vocabulary
SPELT = ("headings.csv", "labels.csv")  # files whose rows are found by their spelling
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


def team() -> Path | None:
    """The folder of the team's own words (ZIPING_WORDS), None where there is none. Raises VocabularyError where it is not there."""
    named = os.environ.get(WORDS)
    if not named:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise VocabularyError(folder, "没有这个词条文件夹", "请新建它，或改正--words（环境变量ZIPING_WORDS）")
    return folder


def own_count(folder: Path) -> tuple[int, int]:
    """How many words and how many layouts stand in a team's folder. Raises VocabularyError."""
    return sum(len(own_rows(folder / name, columns)) for name, columns in COLUMNS.items()), len(_layouts(folder))


def _layouts(folder: Path) -> list[Path]:
    return sorted((folder / LAYOUTS).glob("*.yml"))


def own_team() -> Path:
    """The folder of the team's own words, for what is to be written there. Raises VocabularyError where none is named."""
    if (folder := team()) is None:
        raise VocabularyError(
            "词条文件夹", "没有指明", "请用--words（或环境变量ZIPING_WORDS）指明一个文件夹，升级不会动它"
        )
    return folder


def today() -> VocabularyRows:
    """The vocabulary that ships, below the team's own: a spelling that both have means what the team says."""
    return _today(team())


def _today(own: Path | None) -> VocabularyRows:
    return shipped_rows() if own is None else with_team(shipped_rows(), own)


def with_team(shipped: VocabularyRows, folder: Path) -> VocabularyRows:
    """A vocabulary below what stands in a team's folder: files named as those that ship, and layouts/*.yml. Raises VocabularyError."""
    own = {
        name: [[row[column] for column in columns[:-1]] for row in own_rows(folder / name, columns)]
        for name, columns in COLUMNS.items()
    }
    layouts = [layout_row(layout_of(path)) for path in _layouts(folder)]
    return overlaid(shipped, own | ({LAYOUTS: layouts} if layouts else {}))


def overlaid(words: VocabularyRows, own: Mapping[str, list[list[str]]]) -> VocabularyRows:
    """A vocabulary with rows above it: a spelling of theirs means in its block what they say, their patterns come first, a layout of theirs stands in
    place of one of its name."""
    out = {name: list(rows) for name, rows in words.files.items()}
    for name, rows in own.items():
        below = out.get(name, [])
        if name == LAYOUTS:
            named = {row[0] for row in rows}
            out[name] = [row for row in below if row[0] not in named] + rows
        elif name in SPELT:
            taken = {(whole(row[0]), row[1]) for row in rows}
            out[name] = [row for row in below if (whole(row[0]), row[1]) not in taken] + rows
        else:
            out[name] = rows + [row for row in below if row not in rows]
    return VocabularyRows(out)


def own_rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a team's file, each with its line; none where it is not there. Raises VocabularyError."""
    try:
        return rows_in(path, columns) if path.exists() else []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise VocabularyError(path, f"词条文件无法读取（{error}）", "请用UTF-8编码的CSV") from None


def layout_row(layout: Confirmed) -> list[str]:
    """A confirmed layout as a row of a vocabulary: its name, its content."""
    return [layout.name, json.dumps(confirmed.plain(layout), ensure_ascii=False, sort_keys=True)]


def layout_of(path: Path) -> Confirmed:
    """A layout as it stands in its file, checked. Raises VocabularyError."""
    import yaml

    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise VocabularyError(path, f"版式文件无法读取（{error}）", "请用UTF-8编码保存") from None
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        place = f"{path}第{line + 1}行" if line is not None else str(path)
        raise VocabularyError(place, "不是YAML", "请照 ziping layouts draft 写出的样子填写") from None
    return confirmed.bound(told, path, codes(shipped_rows()))


def codes(words: VocabularyRows) -> set[str]:
    """The codes that a line of money may have."""
    return {row[2] for row in words.files["labels.csv"] if row[1] == "funds"}


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
    vocabulary = Vocabulary(folder(), told, "store", only=True)
    layouts = words.files.get(LAYOUTS, [])
    vocabulary.layouts = tuple(confirmed.bound(json.loads(content), name, codes(words)) for name, content in layouts)
    return vocabulary


def _sources(package: str, names: tuple[str, ...] | None = None) -> list[bytes]:
    """A package's modules without their docstrings and comments: what runs, not what is said of it."""
    return [
        name.encode() + _runs(entry.read_text(encoding="utf-8"))
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


def _runs(source: str) -> bytes:
    """What the compiler makes of a module, without the texts of docstrings, names of files and lines: a fourth of the time of its syntax tree."""
    return repr(_parts(compile(source, "", "exec", dont_inherit=True, optimize=2))).encode()


def _parts(code: CodeType) -> tuple[object, ...]:
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    return code.co_code, code.co_exceptiontable, names, counts, [_constant(value) for value in code.co_consts]


def _constant(value: object) -> object:
    if isinstance(value, CodeType):
        return _parts(value)
    return sorted(map(repr, value)) if isinstance(value, frozenset) else value


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


def current() -> Ruleset:
    """The code that ships, and today's vocabulary: bound anew where a file of the team's own has changed."""
    own = team()
    return _current(own, () if own is None else tuple(_stamps(own)))


@lru_cache(maxsize=2)
def _current(own: Path | None, stamps: tuple[tuple[str, int, int], ...]) -> Ruleset:
    del stamps  # another state of the folder is another question
    return under(_today(own))


def _stamps(folder: Path) -> Iterator[tuple[str, int, int]]:
    """What tells one state of a team's folder from another: names, times and sizes of its files."""
    for path in (*(folder / name for name in COLUMNS), *_layouts(folder)):
        try:
            seen = path.stat()
        except FileNotFoundError:
            continue
        yield str(path), seen.st_mtime_ns, seen.st_size


def words() -> Vocabulary:
    """Today's vocabulary: that which ships, or with the team's own words."""
    return shipped() if team() is None else current().vocabulary


def under(words: VocabularyRows) -> Ruleset:
    """The code that ships, with a vocabulary of other rows. Raises VocabularyError."""
    return Ruleset(reader_key(), rules_key(), words, bound(words))
