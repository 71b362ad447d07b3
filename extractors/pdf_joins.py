"""A table at the top of a page and the one at the end of the page before → one table: cut rows and merged cells rejoined.

Decided by what stands on the pages alone: edges, repeated rows, what is seen at the seam (pdf_seams.py).
"""

from __future__ import annotations

from extractors.pdf_parts import FIGURE, MAX_HEADING, NEAR, Part, Whole, part_of, same
from extractors.pdf_seams import amid, broken, ends, one_row
from extractors.pdf_tables import Lattice
from schema.document import Cell, Origin, Table

MISPLACED = 20.0  # points by which a scanned page may lie askew of the one before


def begin(table: Lattice, page: int) -> Whole:
    """A table that may go on on the next page."""
    whole = Whole(list(table.xs), bottom=table.bottom)
    whole.take([part_of(box, page, 0, whole.xs) for box in table.boxes])
    return whole


def shift(table: Lattice, xs: list[float]) -> None:
    """Moves a scanned table sideways to where the one before it stood, if it is as wide."""
    by = xs[0] - table.xs[0]
    stretch = (xs[-1] - xs[0]) / max(table.xs[-1] - table.xs[0], 1.0)
    if abs(by) > MISPLACED or abs(stretch - 1) > 0.02:
        return
    for box in table.boxes:
        box.move(xs[0], table.xs[0], stretch)
    table.xs = [xs[0] + (x - table.xs[0]) * stretch for x in table.xs]


def goes_on(whole: Whole, table: Lattice, page: int, room: float) -> bool:
    """Joins a table at the top of a page to the one at the end of the page before, if it is the same.

    room: points left free below the table on the page before."""
    if abs(whole.xs[0] - table.xs[0]) > NEAR or abs(whole.xs[-1] - table.xs[-1]) > NEAR:
        return False
    rows = _rows(table)
    repeated = _repeated_heading(whole, rows)
    if repeated is None:
        return False
    fresh = [x for x in table.xs if all(abs(x - old) > NEAR for old in whole.xs)]
    first = rows[repeated] if repeated < len(rows) else []
    if (not repeated and len(fresh) > 0.34 * len(table.xs)) or (fresh and len(first) == 1 and not repeated):
        return False
    if not repeated and (whole.repeats or _begins_anew(whole, table, room)):
        return False
    whole.repeats = whole.repeats or repeated > 0
    _take_edges(whole, fresh)
    whole.bottom = table.bottom
    shift = whole.rows - repeated
    parts = [part_of(box, page, shift, whole.xs) for box in table.boxes if box.row >= repeated]
    if not parts:
        return True
    seam = [part for part in parts if part.row == whole.rows]
    pairs = [(above, below) for below in seam for above in whole.last if same(above.edges, below.edges)]
    if len(pairs) == len(seam) and one_row(whole, pairs, room):
        _rejoin_row(whole, parts, pairs)
    else:
        _rejoin_merged(whole, parts, pairs)
    return True


def _begins_anew(whole: Whole, table: Lattice, room: float) -> bool:
    """Is a table's first row a row of headings of its own? It is filled throughout, and has words where the
    table before has figures, or would have found room on the page before."""
    first = [box for box in table.boxes if box.row == 0]
    texts = ["".join(box.text.split()) for box in first]
    if len(first) < 3 or not all(texts) or any(FIGURE.match(text) for text in texts):
        return False
    figures = 0
    for box in first:
        above, numbers = whole.counted(box.left, box.right)
        figures += above > 2 and numbers > 0.8 * above
    return figures > 0 or table.ys[1] - table.ys[0] < room - 3


def _rows(table: Lattice) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(len(table.ys) - 1)]
    for box in table.boxes:
        rows[box.row].append("".join(box.text.split()))
    return rows


def _repeated_heading(whole: Whole, rows: list[list[str]]) -> int | None:
    """How many leading rows repeat the table's heading; None where another table of the same form begins,
    whose labels are the same and whose values are not."""
    count = 0
    while count < min(len(rows), whole.rows, MAX_HEADING + 1):
        own = ["".join(text.split()) for text in whole.row_texts(count)]
        if own != rows[count] or not any(own):
            break
        count += 1
    if count == 0:
        return 0
    if count > MAX_HEADING:
        return None
    if count < len(rows) and count < whole.rows:
        own = [text for text in ("".join(t.split()) for t in whole.row_texts(count)) if text]
        new = [text for text in rows[count] if text]
        if own and new and own[0] == new[0] and len(new) <= 4:
            return None
    return count


def _take_edges(whole: Whole, fresh: list[float]) -> None:
    """New column edges divide the columns they stand in."""
    for x in fresh:
        at = next(i for i, old in enumerate(whole.xs) if old > x)
        whole.xs.insert(at, x)
        for part in whole.parts:
            if part.column >= at:
                part.column += 1
            elif part.column + part.column_span >= at:
                part.column_span += 1


def _rejoin_row(whole: Whole, parts: list[Part], pairs: list[tuple[Part, Part]]) -> None:
    gone = {id(below) for _, below in pairs}
    for above, below in pairs:
        _append(above, below)
        above.row_span += below.row_span - 1
    for part in parts:
        part.row -= 1
    whole.take([part for part in parts if id(part) not in gone])


def _append(above: Part, below: Part) -> None:
    above.places += below.places
    above.score = min(above.score, below.score)
    if above.text and below.text and (broken(above, below) != "loose" or amid(above.text, below.text)):
        above.texts = [above.text + below.text]
    else:
        above.texts.append(below.text)
    if below.text:
        above.room = below.room
    above.hangs = below.hangs


def _rejoin_merged(whole: Whole, parts: list[Part], pairs: list[tuple[Part, Part]]) -> None:
    """A merged cell cut in two: blank below or with the end of its text there, at the left of what is new in a column that
    merges cells, or below a cell of several rows."""
    ended = {id(below) for above, below in pairs if above.text and ends(whole, above, below)}
    starts = [part.column for part in parts if part.row == whole.rows and part.text and id(part) not in ended]
    first = min(starts, default=0)
    gone: set[int] = set()
    for above, below in pairs:
        merges = above.column == 0 or whole.merges(parts, below)
        leading = below.column < first and merges
        blank = not below.text or id(below) in ended
        if (blank and (leading or (above.row_span > 1 and above.text))) or (
            below.text and not above.text and above.row_span > 1 and above.column == 0
        ):
            _append(above, below)
            above.row_span += below.row_span
            gone.add(id(below))
    whole.take([part for part in parts if id(part) not in gone])


def as_table(whole: Whole, block: int, number: int) -> Table:
    cells = tuple(
        Cell(
            part.row, part.column, part.row_span, part.column_span, part.text,
            Origin("body", block, number, part.row + 1, part.column + 1, tuple(part.places)),
            round(part.score, 3) if part.score < 1 else None,
        )
        for part in sorted(whole.parts, key=lambda part: (part.row, part.column))
    )  # fmt: skip
    widths = tuple(max(round(10 * (b - a)), 1) for a, b in zip(whole.xs, whole.xs[1:], strict=False))
    return Table(cells, whole.rows, len(whole.xs) - 1, Origin("body", block, number), widths)
