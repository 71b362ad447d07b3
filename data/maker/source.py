"""Reads a sample's source (README.md beside this file): paragraphs and tables with merged cells."""

from __future__ import annotations

from dataclasses import dataclass

LEFT, ABOVE = "<", "^"


@dataclass(frozen=True)
class Line:
    """A paragraph: kind is `text`, `title`, `break`, `level1` or `level2` (automatic numbers)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Box:
    """A table: rows of cells as written; `<` and `^` are merged with the cell at the left or above."""

    rows: tuple[tuple[str, ...], ...]


def parse(source: str) -> list[Line | Box]:
    """The parts of a source in order. Raises ValueError where a row has too many or too few cells."""
    parts: list[Line | Box] = []
    rows: list[tuple[str, ...]] = []
    after_table = False
    for number, line in enumerate([*source.splitlines(), ""], 1):
        if line.startswith("|"):
            cells = tuple(cell.strip() for cell in line.strip()[1:].removesuffix("|").split("|"))
            if rows and len(cells) != len(rows[0]):
                raise ValueError(f"line {number}: {len(cells)} cells, the table has {len(rows[0])}")
            rows.append(cells)
            continue
        if rows:
            parts.append(Box(tuple(rows)))
            rows, after_table = [], True
        if line.strip() or not after_table:
            parts.append(_line(line))
        after_table = False
    return parts[:-1] if parts and parts[-1] == Line("text", "") else parts


def _line(line: str) -> Line:
    for mark, kind in (("# ", "title"), ("1) ", "level1"), ("2) ", "level2")):
        if line.startswith(mark):
            return Line(kind, line.removeprefix(mark).strip())
    return Line("break", "") if line.strip() == "---" else Line("text", line.rstrip())
