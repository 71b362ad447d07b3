"""Holds the arrows: extractors read, normalizers understand, schema says what is true, pipeline carries, one room above another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median

from tests.conftest import ROOT

MAY_IMPORT = {
    "schema": {"schema"},
    "extractors": {"extractors", "schema"},
    "normalizers": {"normalizers", "schema"},
    "pipeline": {"pipeline", "extractors", "normalizers", "schema"},
}
# The rooms of pipeline, from the ground up; modules without a room lie below all of them.
FLOORS = ("", "store", "batch", "rerun", "learn", "across", "analysts", "review", "cli")


def modules(room: str) -> dict[str, Path]:
    """The modules of a room with their files, migrations left out."""
    out = {}
    for path in (ROOT / room).rglob("*.py"):
        if "versions" in path.parts and "migrations" in path.parts:
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        out[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return out


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules that one imports, wherever in it: on top, in a function, for the types alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_each_room_imports_only_what_stands_below_it() -> None:
    wrong = []
    for room, allowed in MAY_IMPORT.items():
        for path in (ROOT / room).rglob("*.py"):
            tops = {name.split(".")[0] for name in imported(path, {})} & MAY_IMPORT.keys()
            wrong += [f"{path}: {top}" for top in tops - allowed]
    assert not wrong


def test_what_reads_and_understands_knows_no_database() -> None:
    for room in ("extractors", "normalizers", "schema"):
        for name, path in modules(room).items():
            if not name.startswith("schema.relational"):
                assert not any(other.startswith(("schema.relational", "sqlalchemy")) for other in imported(path, {})), (
                    name
                )


def test_no_module_knows_itself_by_way_of_others() -> None:
    for room in MAY_IMPORT:
        known = modules(room)
        graph = {name: set(imported(path, known)) & known.keys() - {name} for name, path in known.items()}
        TopologicalSorter(graph).prepare()  # raises CycleError with the circle


def test_the_rooms_of_pipeline_stand_one_above_another() -> None:
    known = modules("pipeline")
    floor = {
        name: FLOORS.index(
            name.split(".")[1] if name.count(".") > 1 or (known[name].stem == "__init__" and "." in name) else ""
        )
        for name in known
    }
    wrong = [
        f"{name} -> {other}"
        for name, path in known.items()
        for other in imported(path, known)
        if other in known and floor[other] > floor[name]
    ]
    assert not wrong


def test_every_module_opens_with_a_sentence() -> None:
    for room in MAY_IMPORT:
        for path in (ROOT / room).rglob("*.py"):
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_no_module_is_longer_than_a_head_can_hold() -> None:
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for room in MAY_IMPORT
        for path in (ROOT / room).rglob("*.py")
    }
    assert {path.name: length for path, length in lengths.items() if length > 400} == {}
    assert median(lengths.values()) <= 130
