"""Holds the arrows: extractors read, normalizers understand, schema says what is true, pipeline carries."""

from __future__ import annotations

import ast

from tests.conftest import ROOT

MAY_IMPORT = {
    "schema": {"schema"},
    "extractors": {"extractors", "schema"},
    "normalizers": {"normalizers", "schema"},
    "pipeline": {"pipeline", "extractors", "normalizers", "schema"},
}


def test_each_room_imports_only_what_stands_below_it() -> None:
    wrong = []
    for room, allowed in MAY_IMPORT.items():
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                tops = {name.split(".")[0] for name in names} & MAY_IMPORT.keys()
                wrong += [f"{path}: {top}" for top in tops - allowed]
    assert not wrong


def test_every_module_opens_with_a_sentence() -> None:
    for room in MAY_IMPORT:
        for path in (ROOT / room).rglob("*.py"):
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_no_module_is_longer_than_a_head_can_hold() -> None:
    for room in MAY_IMPORT:
        for path in (ROOT / room).rglob("*.py"):
            if "migrations" not in path.parts:
                assert len(path.read_text(encoding="utf-8").splitlines()) <= 500, path
