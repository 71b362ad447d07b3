"""What the columns of made forms hold and stand behind: the counts that the joint reading weighs (normalizers/vocabulary/roles.csv)."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from data.maker import forms, word
from data.maker.layout import Layout, all_layouts
from extractors import read
from extractors.files import File
from normalizers import columns, fund_columns, goals
from normalizers.blocks import cut
from normalizers.grid import Grid
from normalizers.roles import COLUMNS, END, EXTRA, START, Look, Roles
from normalizers.similarity import grams_of
from normalizers.vocabulary import vocabulary
from schema.document import Table

BLOCKS = ("indicators", "funds", "goals")  # that are read jointly
SEEDS = range(2)  # forms of a layout
_NONE = 1e-6

Counts = Counter[tuple[str, str, str, str]]  # (block, role, evidence, value)


def counts(layouts: Iterable[Layout]) -> Counts:
    """The counts of the forms of some layouts, of columns whose headings are all known. A column counts once, whatever its length."""
    out: Counts = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "form.docx")
        for layout in layouts:
            for seed in SEEDS:
                path.write_bytes(word.make(forms.make(layout, seed).source))
                for table in read(File(path)).blocks:
                    if isinstance(table, Table):
                        _count(Grid(table), out)
    return out


def parts() -> Counts:
    """In how many spellings of a block a character, or a pair of neighbours, stands."""
    out = Counts()
    for block in BLOCKS:
        known = vocabulary().of_block(block)
        out.update((block, "", "part", part) for spelling, _ in known for part in grams_of(spelling))
        out[block, "", "spelling", ""] = len(known)
    return out


def by_layout(layouts: Iterable[Layout]) -> dict[str, Counts]:
    """The counts of each layout."""
    return {layout.name: counts([layout]) for layout in layouts}


def without(counted: dict[str, Counts], layout: str) -> dict[str, Roles]:
    """The counts of each block as they would be had a layout not been seen."""
    rest = sum((each for name, each in counted.items() if name != layout), parts())
    return {
        block: Roles((*key[1:], count) for key, count in rest.items() if key[0] == block and count > _NONE)
        for block in BLOCKS
    }


def _count(grid: Grid, out: Counts) -> None:
    words = vocabulary()
    for block in cut(grid, words, basics=False):
        if block.kind == "indicators":
            _add("indicators", [(c.field or EXTRA, seen) for c, seen in columns.looks(grid, block, words)], out)
        elif block.kind == "goals" and block.header:
            _add("goals", [(field or EXTRA, seen) for field, seen in goals.looks(grid, block, words)], out)
        elif block.kind == "funds":
            for row in range(block.start, block.stop):
                found = fund_columns.columns(grid, row, block.stop, words)
                if sum(column.field in fund_columns.FIELDS for column in found) >= 2:
                    fields = [c.field if c.field in fund_columns.FIELDS else EXTRA for c in found]
                    _add("funds", [(field, c.look) for field, c in zip(fields, found, strict=True)], out)


def _add(block: str, found: list[tuple[str, Look]], out: Counts) -> None:
    before = START
    for role, seen in found:
        for kind in seen.kinds:
            out[block, role, "cell", kind] += 1 / len(seen.kinds)  # type: ignore[assignment]
        out[block, role, "run", seen.run] += 1
        out[block, role, "distinct", seen.distinct] += 1
        out[block, role, "after", before] += 1
        before = role
    out[block, END, "after", before] += 1


def text() -> str:
    """roles.csv as it is to be."""
    told = io.StringIO()
    rows = csv.writer(told, lineterminator="\n")
    rows.writerow(COLUMNS)
    found = sorted((counts(all_layouts()) + parts()).items())
    rows.writerows((*key, round(count, 1)) for key, count in found if round(count, 1))
    return told.getvalue()
