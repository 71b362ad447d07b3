"""The lines of a page as they are seen on it: however they were drawn, they are found in its picture, as those of a scan are.

Borders that are rings, clipped areas, or the gaps between white cells on grey say nothing as vectors. The characters stay those of the page's own
text: nothing is recognised.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from extractors import scan, scan_lines
from extractors.pdf_marks import Area, Turn
from extractors.pdf_rules import Rule
from extractors.pdf_tables import Lattice, lattices

LEAST = 3  # filled areas beside every table: fewer are shades behind a title


def available() -> bool:
    """Is OpenCV installed?"""
    return find_spec("cv2") is not None


def beside(areas: list[Area], tables: list[Lattice]) -> bool:
    """Do so many filled areas lie beside every table that they may be cells?"""
    outside = 0
    for area in areas:
        x, y = (area.left + area.right) / 2, (area.top + area.bottom) / 2
        outside += not any(table.xs[0] <= x <= table.xs[-1] and table.top <= y <= table.bottom for table in tables)
    return outside >= LEAST


def rules(page: Any) -> list[Rule]:
    """The lines in the picture of a page, in points, y downwards. What the page writes is taken off it first, so that it must have been read
    before. Raises TooManyMarks."""
    import pypdfium2.raw as raw

    turn = Turn(page)
    for i in reversed(range(raw.FPDFPage_CountObjects(page))):
        item = raw.FPDFPage_GetObject(page, i)
        kind = raw.FPDFPageObj_GetType(item)
        if kind in (raw.FPDF_PAGEOBJ_TEXT, raw.FPDF_PAGEOBJ_IMAGE) and raw.FPDFPage_RemoveObject(page, item):
            raw.FPDFPageObj_Destroy(item)
    scale = scan.scale_of(*page.get_size())
    grey = scan_lines.grey_of(page.render(scale=scale, may_draw_forms=False).to_numpy())
    left, bottom, right, top = page.get_cropbox()
    corners = [turn.point(x, y) for x in (left, right) for y in (bottom, top)]
    aside, down = min(x for x, _ in corners), min(y for _, y in corners)
    return [
        Rule(
            rule.horizontal,
            rule.at + (down if rule.horizontal else aside),
            rule.start + (aside if rule.horizontal else down),
            rule.end + (aside if rule.horizontal else down),
        )
        for rule in scan_lines.rules(grey, scale)
    ]


def tables(page: Any) -> tuple[list[Lattice], list[Rule]]:
    """The ruled tables in the picture of a page, and its lines. One cell alone is a shade behind a text."""
    found = rules(page)
    return [table for table in lattices(found) if len(table.boxes) > 1], found
