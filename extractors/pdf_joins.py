"""A table at the top of a page and the one at the end of the page before → one table: cut rows and merged cells rejoined.

Decided by what stands on the pages alone: edges, repeated rows, lines that were broken for want of room. A page is only ever held
against the table's first rows, its last row and what is counted of the rest, so that a table costs as much a page however long it is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter

from extractors.pdf_tables import Box, Lattice
from schema.document import Cell, Origin, Place, Table

_SCORE = attrgetter("score")
_FIGURE = re.compile(r"^[\d.,%‰\-]+分?$")
NEAR = 4.0  # edges of one table on two pages differ by less
CUT = 26.0  # a row that was cut leaves no room for another line
_IN_BRACKETS = re.compile(r"^\s*[（(][^（()）]*[)）]\s*$")
MAX_HEADING = 4
MISPLACED = 20.0  # points by which a scanned page may lie askew of the one before


_Edges = tuple[float, float]


@dataclass(slots=True)
class _Part:
    """A cell of a joined table: where its parts stand, and their texts."""

    row: int
    column: int
    row_span: int
    column_span: int
    texts: list[str]
    places: list[Place]
    left: float
    right: float
    open: bool  # its last line was broken for want of room
    lines: int
    score: float

    @property
    def text(self) -> str:
        return "\n".join(text for text in self.texts if text)

    @property
    def edges(self) -> _Edges:
        return self.left, self.right


@dataclass(slots=True)
class Whole:
    """A table as joined so far."""

    xs: list[float]
    rows: int = 0
    parts: list[_Part] = field(default_factory=list)
    repeats: bool = False  # its heading stands again on every page
    bottom: float = 0.0  # where it ends on its last page
    first: list[_Part] = field(default_factory=list)  # those of the rows that may be its heading
    last: list[_Part] = field(default_factory=list)  # those that end where it ends: the only ones that may go on
    # Of the others, by their left and right edges: how many have a text, of which how many are figures, and who merges rows.
    texts: Counter[_Edges] = field(default_factory=Counter)
    figures: Counter[_Edges] = field(default_factory=Counter)
    merging: set[_Edges] = field(default_factory=set)

    def take(self, parts: list[_Part]) -> None:
        """Parts of the next page, as they stand after joining."""
        self.parts += parts
        self.first += [part for part in parts if part.row <= MAX_HEADING]
        ends = [*self.last, *parts]
        self.rows = max((part.row + part.row_span for part in ends), default=0)
        self.last = [part for part in ends if part.row + part.row_span == self.rows]
        for part in ends:
            if part.row + part.row_span == self.rows:
                continue
            if part.text:
                self.texts[part.edges] += 1
                self.figures[part.edges] += bool(_FIGURE.match(part.text.strip()))
            if part.row_span > 1:
                self.merging.add(part.edges)

    def row_texts(self, row: int) -> list[str]:
        """The texts of one of its first rows."""
        return [part.text for part in self.first if part.row == row]

    def counted(self, left: float, right: float) -> tuple[int, int]:
        """How many cells between these edges have a text, and how many of those are figures."""
        own = [part.text.strip() for part in self.last if part.text and _same((left, right), part.edges)]
        alike = [edges for edges in self.texts if _same((left, right), edges)]
        texts = len(own) + sum(self.texts[edges] for edges in alike)
        return texts, sum(bool(_FIGURE.match(text)) for text in own) + sum(self.figures[e] for e in alike)

    def merges(self, parts: list[_Part], cell: _Part) -> bool:
        """Does a cell between the edges of this one run over several rows, in the table or among the parts of the next page?"""
        return any(_same(edges, cell.edges) for edges in self.merging) or any(
            part.row_span > 1 and _same(part.edges, cell.edges) for part in (*self.last, *parts)
        )


def begin(table: Lattice, page: int) -> Whole:
    """A table that may go on on the next page."""
    whole = Whole(list(table.xs), bottom=table.bottom)
    whole.take([_part(box, page, 0, whole.xs) for box in table.boxes])
    return whole


def _part(box: Box, page: int, rows: int, xs: list[float]) -> _Part:
    column, last = _nearest(xs, box.left), _nearest(xs, box.right)
    found = box.lines
    full = bool(found) and box.limit - found[-1].right < 1.25 * found[-1].size
    goes_on = full and not _FIGURE.match(found[-1].text.strip())
    place = Place(page + 1, round(box.left, 1), round(box.top, 1), round(box.right, 1), round(box.bottom, 1))
    return _Part(
        box.row + rows,
        column,
        box.row_span,
        max(last - column, 1),
        [box.text],
        [place],
        box.left,
        box.right,
        goes_on,
        len(found),
        min(map(_SCORE, box.chars), default=1.0),
    )


def _nearest(xs: list[float], x: float) -> int:
    at = bisect_left(xs, x)
    return at - 1 if at == len(xs) or (at and x - xs[at - 1] <= xs[at] - x) else at


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
    parts = [_part(box, page, shift, whole.xs) for box in table.boxes if box.row >= repeated]
    if not parts:
        return True
    seam = [part for part in parts if part.row == whole.rows]
    pairs = [(above, below) for below in seam for above in whole.last if _same(above.edges, below.edges)]
    if _cut_row(pairs, seam, room):
        _rejoin_row(whole, parts, pairs)
    else:
        _rejoin_merged(whole, parts, pairs)
    return True


def _begins_anew(whole: Whole, table: Lattice, room: float) -> bool:
    """Is a table's first row a row of headings of its own? It is filled throughout, and has words where the
    table before has figures, or would have found room on the page before."""
    first = [box for box in table.boxes if box.row == 0]
    texts = ["".join(box.text.split()) for box in first]
    if len(first) < 3 or not all(texts) or any(_FIGURE.match(text) for text in texts):
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


def _same(one: _Edges, other: _Edges) -> bool:
    return abs(one[0] - other[0]) <= NEAR and abs(one[1] - other[1]) <= NEAR


def _cut_row(pairs: list[tuple[_Part, _Part]], seam: list[_Part], room: float) -> bool:
    """Was a row cut in two? It reached the end of the page, some text goes on below the seam, and no cell holds
    two texts of its own."""
    if len(pairs) < len(seam) or room > CUT:
        return False
    both = [(a, b) for a, b in pairs if a.text and b.text]
    one_sided = sum(bool(a.text) != bool(b.text) for a, b in pairs)
    if any(below.text and not above.text for above, below in pairs):
        return False  # what stands only below the seam began there
    if len(both) == 1 and one_sided >= 2 and both[0][0].lines > 2:
        return True  # a long text goes on, the others stood on one page
    return bool(both) and all(a.open for a, _ in both) and len(both) < max(len(pairs), 2)


def _rejoin_row(whole: Whole, parts: list[_Part], pairs: list[tuple[_Part, _Part]]) -> None:
    gone = {id(below) for _, below in pairs}
    for above, below in pairs:
        _append(above, below)
        above.row_span += below.row_span - 1
    for part in parts:
        part.row -= 1
    whole.take([part for part in parts if id(part) not in gone])


def _append(above: _Part, below: _Part) -> None:
    above.places += below.places
    above.score = min(above.score, below.score)
    if above.text and below.text and above.open:
        above.texts = [above.text + below.text]
    else:
        above.texts.append(below.text)
    above.open = below.open if below.text else above.open


def _rejoin_merged(whole: Whole, parts: list[_Part], pairs: list[tuple[_Part, _Part]]) -> None:
    """A merged cell cut in two: blank below or with the end of its text there, at the left of what is new in a column that
    merges cells, or below a cell of several rows."""
    ends = {id(below) for above, below in pairs if above.text and _ends(above, below)}
    starts = [part.column for part in parts if part.row == whole.rows and part.text and id(part) not in ends]
    first = min(starts, default=0)
    gone: set[int] = set()
    for above, below in pairs:
        merges = above.column == 0 or whole.merges(parts, below)
        leading = below.column < first and merges
        blank = not below.text or id(below) in ends
        if (blank and (leading or (above.row_span > 1 and above.text))) or (
            below.text and not above.text and above.row_span > 1 and above.column == 0
        ):
            _append(above, below)
            above.row_span += below.row_span
            gone.add(id(below))
    whole.take([part for part in parts if id(part) not in gone])


def _ends(above: _Part, below: _Part) -> bool:
    """Is a cell's text the end of the one above the seam? Words in brackets, or one character below a full line."""
    return bool(_IN_BRACKETS.match(below.text)) or (above.open and len(below.text.strip()) == 1)


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
