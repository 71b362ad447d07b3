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
from normalizers import columns
from normalizers.blocks import cut
from normalizers.grid import Grid
from normalizers.roles import COLUMNS, END, EXTRA, START
from normalizers.similarity import grams_of
from normalizers.vocabulary import vocabulary
from schema.document import Table

BLOCK = "indicators"
SEEDS = range(2)  # forms of a layout

Counts = Counter[tuple[str, str, str]]  # (role, evidence, value)


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
    """In how many spellings of the block a character, or a pair of neighbours, stands."""
    known = vocabulary().of_block(BLOCK)
    out = Counts(("", "part", part) for spelling, _ in known for part in grams_of(spelling))
    out["", "spelling", ""] = len(known)
    return out


def _count(grid: Grid, out: Counts) -> None:
    words = vocabulary()
    for block in cut(grid, words, basics=False):
        if block.kind != BLOCK:
            continue
        before = START
        for column, seen in columns.looks(grid, block, words):
            role = column.field or EXTRA
            for kind in seen.kinds:
                out[role, "cell", kind] += 1 / len(seen.kinds)  # type: ignore[assignment]
            out[role, "run", seen.run] += 1
            out[role, "distinct", seen.distinct] += 1
            out[role, "after", before] += 1
            before = role
        out[END, "after", before] += 1


def text() -> str:
    """roles.csv as it is to be."""
    told = io.StringIO()
    rows = csv.writer(told, lineterminator="\n")
    rows.writerow(COLUMNS)
    found = sorted((counts(all_layouts()) + parts()).items())
    rows.writerows((BLOCK, *key, round(count, 1)) for key, count in found if round(count, 1))
    return told.getvalue()
