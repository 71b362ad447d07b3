"""Tables that cross pages, drawn from seeds: cut rows, cut merged cells, repeated headings, tables that meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.maker.pages import Case, Cell, make
from extractors import pdf, pdf_pages
from schema.document import Table

CASES, ALL_CASES = 100, 600  # in `make test` and in `make soak`


def read(case: Case) -> list[set[Cell]]:
    return [
        {(c.row, c.column, c.row_span, c.column_span, "".join(c.text.split())) for c in block.cells}
        for block in pdf_pages.joined(pdf.pages(case.pdf, Path("pages.pdf")))
        if isinstance(block, Table)
    ]


@pytest.mark.parametrize("cases", [CASES, pytest.param(ALL_CASES, marks=pytest.mark.soak)])
def test_tables_over_pages_are_stitched_right_in_99_of_100(cases: int) -> None:
    wrong = [seed for seed in range(cases) if read(case := make(seed)) != case.tables]
    assert len(wrong) <= cases // 100, f"python -m data.maker.pages SEED draws them: {wrong}"


def test_the_cases_hold_every_kind_of_seam_and_come_back_from_their_seed() -> None:
    kinds = [make(seed).kinds for seed in range(60)]
    for kind in ("cut row", "cut merge", "repeated heading", "meeting"):
        assert sum(kind in found for found in kinds) >= 5, kind
    assert make(7).pdf == make(7).pdf


def test_a_row_that_ends_full_at_the_pages_end_is_not_taken_for_a_cut_one() -> None:
    case = make(167)
    assert read(case) == case.tables
