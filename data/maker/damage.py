"""Forms as they must not come and do: a document with one thing broken in its largest table, so that some of it can hardly be read right.

What is read from such a document, right and wrong, shows how far a reading can be relied on (doubt.py)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from schema.document import Cell, Document, Table

_FIRST, _SECOND = "甲乙丙丁宏远常备实质外围随附", "口径档位条目形态列项量次"  # of headings that nobody has
Rows = list[list[Cell]]
Damage = Callable[[Rows, random.Random], None]


def damaged(document: Document, name: str, seed: str) -> Document | None:
    """The document with one damage to its largest table, None where the damage does not fit it."""
    tables = [block for block in document.blocks if isinstance(block, Table)]
    largest = max(tables, key=lambda table: len(table.cells), default=None)
    if largest is None:
        return None
    rows: Rows = [[] for _ in range(largest.rows)]
    for cell in largest.cells:
        rows[cell.row].append(cell)
    before = [list(row) for row in rows]
    DAMAGES[name](rows, random.Random(f"{name} {seed}"))
    if rows == before:
        return None
    broken = _table(largest, rows)
    return replace(document, blocks=tuple(broken if block is largest else block for block in document.blocks))


def _table(table: Table, rows: Rows) -> Table:
    """The table of some rows, numbered anew; a row in which cells are missing has lost its columns."""
    cells, ragged = [], set(table.ragged)
    hanging: list[int] = []  # of the rows below, the columns that merged cells still cover
    for number, row in enumerate(rows):
        covered = hanging.pop(0) if hanging else 0
        for cell in row:
            cells.append(replace(cell, row=number))
            for below in range(1, cell.row_span):
                while len(hanging) < below:
                    hanging.append(0)
                hanging[below - 1] += cell.column_span
        if row and covered + sum(cell.column_span for cell in row) != table.columns:
            ragged.add(number)
    return replace(table, cells=tuple(cells), rows=len(rows), ragged=frozenset(ragged))


def _alone(rows: Rows) -> list[int]:
    """Rows below and above which nothing is merged into them."""
    out, until = [], 0
    for number, row in enumerate(rows):
        if number >= until and len(row) > 2 and all(cell.row_span == 1 for cell in row):
            out.append(number)
        until = max([until, *(number + cell.row_span for cell in row)])
    return out


def _words(rows: Rows) -> list[tuple[int, int]]:
    """The cells of rows that are all words, many and short: headings, mostly."""
    return [
        (r, c)
        for r, row in enumerate(rows)
        if len(row) > 3 and all(cell.text and len(cell.text) < 16 and not cell.text[0].isdigit() for cell in row)
        for c in range(len(row))
    ]


def blank_heading(rows: Rows, rng: random.Random) -> None:
    for r, c in rng.sample(_words(rows), min(1, len(_words(rows)))):
        rows[r][c] = replace(rows[r][c], text="")


def strange_headings(rows: Rows, rng: random.Random) -> None:
    found = _words(rows)
    for r, c in rng.sample(found, min(rng.randint(1, 5), len(found))):
        rows[r][c] = replace(rows[r][c], text=rng.choice(_FIRST) + rng.choice(_FIRST) + rng.choice(_SECOND))


def no_headings(rows: Rows, rng: random.Random) -> None:
    found = sorted({r for r, _ in _words(rows)} & set(_alone(rows)))
    if found:
        del rows[rng.choice(found)]


def lost_cells(rows: Rows, rng: random.Random) -> None:
    """A cell is missing in some rows; those behind it move up."""
    found = [r for r, row in enumerate(rows) if len(row) > 4]
    for r in rng.sample(found, min(rng.randint(1, 4), len(found))):
        c = rng.randrange(1, len(rows[r]))
        rows[r] = [*rows[r][:c], *(replace(cell, column=cell.column - 1) for cell in rows[r][c + 1 :])]


def shifted_cells(rows: Rows, rng: random.Random) -> None:
    """The texts of some rows stand one cell too far to the left, the last one is blank."""
    found = [r for r in _alone(rows) if len(rows[r]) > 4]
    for r in rng.sample(found, min(rng.randint(1, 3), len(found))):
        row, c = rows[r], rng.randrange(1, len(rows[r]) - 1)
        texts = [*(cell.text for cell in row[:c]), *(cell.text for cell in row[c + 1 :]), ""]
        rows[r] = [replace(cell, text=text) for cell, text in zip(row, texts, strict=True)]


def glued_rows(rows: Rows, rng: random.Random) -> None:
    """Two rows are one: a line between them was not seen."""
    alone = set(_alone(rows))
    found = [r for r in alone if r + 1 in alone and len(rows[r]) == len(rows[r + 1])]
    if found:
        r = rng.choice(sorted(found))
        both = zip(rows[r], rows[r + 1], strict=True)
        rows[r] = [replace(one, text=f"{one.text}\n{other.text}".strip()) for one, other in both]
        del rows[r + 1]


def glued_columns(rows: Rows, rng: random.Random) -> None:
    """Two neighbouring cells are one in every row that has both."""
    most = max(len(row) for row in rows)
    column = rng.randrange(1, most)
    for r, row in enumerate(rows):
        at = next((i for i, cell in enumerate(row) if cell.column == column and i + 1 < len(row)), None)
        if at is not None and row[at].row_span == row[at + 1].row_span:
            one, other = row[at], row[at + 1]
            text = f"{one.text} {other.text}".strip()
            joined = replace(one, text=text, column_span=one.column_span + other.column_span)
            rows[r] = [*row[:at], joined, *row[at + 2 :]]


def cut_row(rows: Rows, rng: random.Random) -> None:
    """A row is two: the end of each longer text stands in the next."""
    found = [r for r in _alone(rows) if any(len(cell.text) > 6 for cell in rows[r])]
    if found:
        r = rng.choice(found)
        heads = [cell.text if len(cell.text) <= 6 else cell.text[: len(cell.text) // 2] for cell in rows[r]]
        tails = [cell.text[len(head) :] for cell, head in zip(rows[r], heads, strict=True)]
        below = [replace(cell, text=tail) for cell, tail in zip(rows[r], tails, strict=True)]
        rows[r] = [replace(cell, text=head) for cell, head in zip(rows[r], heads, strict=True)]
        rows.insert(r + 1, below)


def merged_groups_lost(rows: Rows, _: random.Random) -> None:
    """No cell is merged down any more: what it covered is gone from the rows below."""
    for r, row in enumerate(rows):
        rows[r] = [replace(cell, row_span=1) for cell in row]


DAMAGES: dict[str, Damage] = {
    damage.__name__: damage
    for damage in (
        blank_heading, strange_headings, no_headings, lost_cells, shifted_cells, glued_rows, glued_columns, cut_row, merged_groups_lost,
    )
}  # fmt: skip
