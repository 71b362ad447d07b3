"""Two forms side by side in one table → a table for each."""

from __future__ import annotations

from dataclasses import replace

from normalizers.vocabulary import Vocabulary
from schema.document import Cell, Table

FEWEST = 3  # headings that must repeat


def apart(table: Table, vocabulary: Vocabulary) -> list[Table]:
    """The forms of a table from left to right; the table itself where it holds one.

    Two forms stand side by side where a row of indicator headings holds the same headings twice and only cells over the whole
    width cross the column between them; those belong to both.
    """
    if table.ragged:  # its columns are running numbers
        return [table]
    edge = next((edge for row in range(table.rows) if (edge := _edge(table, row, vocabulary)) is not None), None)
    if edge is None:
        return [table]
    over = [cell for cell in table.cells if cell.column < edge < cell.column + cell.column_span]
    if any(cell.column_span < table.columns for cell in over):
        return [table]
    left = [_whole(cell, edge) if cell in over else cell for cell in table.cells if cell.column < edge]
    right = [
        _whole(cell, table.columns - edge) if cell in over else replace(cell, column=cell.column - edge)
        for cell in table.cells
        if cell.column >= edge or cell in over
    ]
    return [
        replace(table, cells=tuple(left), columns=edge, widths=table.widths[:edge]),
        replace(table, cells=tuple(right), columns=table.columns - edge, widths=table.widths[edge:]),
    ]


def _edge(table: Table, row: int, vocabulary: Vocabulary) -> int | None:
    """The column at which the headings of a row begin again; None where they do not."""
    cells = sorted((c for c in table.cells if c.row == row and c.text.strip()), key=lambda cell: cell.column)
    half = len(cells) // 2
    if len(cells) % 2 or half < FEWEST:
        return None
    first, second = cells[:half], cells[half:]
    same = all(_alike(a, b, vocabulary) for a, b in zip(first, second, strict=True))
    known = sum(vocabulary.heading(cell.text, "indicators") is not None for cell in first)
    return second[0].column if same and known >= FEWEST else None


def _alike(one: Cell, other: Cell, vocabulary: Vocabulary) -> bool:
    """Do two headings say the same: in the same words, or naming the same field?"""
    field = vocabulary.heading(one.text, "indicators")
    named = field is not None and field == vocabulary.heading(other.text, "indicators")
    return named or vocabulary.stripped(one.text) == vocabulary.stripped(other.text)


def _whole(cell: Cell, columns: int) -> Cell:
    return replace(cell, column=0, column_span=columns)
