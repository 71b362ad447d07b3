"""Pages in their order → one document: tables joined over pages, cut rows and merged cells rejoined.

Decided by what stands on the pages alone: edges, repeated rows, lines that were broken for want of room.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from operator import attrgetter
from statistics import median

from extractors.pdf_tables import Box, Lattice
from extractors.pdf_text import Counted, Line, stripped, wrapped
from schema.document import Cell, Origin, Paragraph, Place, Reading, Table

_PAGE_NUMBER = re.compile(
    r"^[-—－~\s]*(?:第\s*)?\d{1,4}\s*(?:页)?(?:\s*[/／共]\s*(?:共\s*)?\d{1,4}\s*页?)?[-—－~\s]*$"
)
_SCORE = attrgetter("score")
_FIGURE = re.compile(r"^[\d.,%‰\-]+分?$")
NEAR = 4.0  # edges of one table on two pages differ by less
CUT = 26.0  # a row that was cut leaves no room for another line
MISPLACED = 20.0  # points by which a scanned page may lie askew of the one before
_IN_BRACKETS = re.compile(r"^\s*[（(][^（()）]*[)）]\s*$")
MAX_HEADING = 4
TITLE = 1.15  # a title is printed so much larger than the text


@dataclass(slots=True)
class Text:
    """A paragraph outside every table: its lines, and where they stand."""

    lines: list[Line]
    places: list[Place] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """What a page shows: paragraphs and tables, and the page numbers at its edges."""

    reading: Reading
    texts: list[Text]
    tables: list[Lattice]
    ornaments: list[Line]
    height: float = 0.0

    @property
    def number(self) -> int:
        """Counted from 0."""
        return self.reading.page - 1

    @property
    def scanned(self) -> bool:
        """Laid on the glass by hand: its edges may stand elsewhere than the page before's."""
        return self.reading.reader == "rapidocr"

    @property
    def lines(self) -> list[Line]:
        return [line for text in self.texts for line in text.lines] + self.ornaments

    def items(self) -> list[Text | Lattice]:
        """Paragraphs and tables from top to bottom."""
        placed: list[tuple[float, Text | Lattice]] = [(text.lines[0].base, text) for text in self.texts]
        placed += [(table.top, table) for table in self.tables]
        return [item for _, item in sorted(placed, key=lambda pair: pair[0])]


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


@dataclass(slots=True)
class _Whole:
    """A table as joined so far."""

    xs: list[float]
    rows: int = 0
    parts: list[_Part] = field(default_factory=list)
    repeats: bool = False  # its heading stands again on every page
    bottom: float = 0.0  # where it ends on its last page

    def last_row(self) -> list[_Part]:
        return [part for part in self.parts if part.row + part.row_span == self.rows]

    def row_texts(self, row: int) -> list[str]:
        return [part.text for part in self.parts if part.row == row]


def laid_out(reading: Reading, height: float, tables: list[Lattice], found: list[Line]) -> Page:
    """A page's lines as paragraphs between its tables; page numbers at its edges set apart."""
    numbers = [
        line for line in found
        if _PAGE_NUMBER.match(line.text.strip()) and (line.base > 0.88 * height or line.base < 0.1 * height)
    ]  # fmt: skip
    body = [line for line in found if line not in numbers]
    parts: list[Text] = []
    edges = sorted(t.top for t in tables)
    for low, high in zip([-1e9, *edges], [*edges, 1e9], strict=True):
        between = [line for line in body if low <= line.base < high]
        parts += [Text([line]) for line in between]
    return Page(reading, parts, tables, numbers, height)


def joined(pages: list[Page]) -> list[Paragraph | Table]:
    """The blocks of a document. A page number is ornament and stands last."""
    every = [line for page in pages for text in page.texts for line in text.lines]
    right = max(
        [line.right for line in every] + [t.xs[-1] for page in pages for t in page.tables], default=0.0
    )
    bottom = _text_area(pages)
    left = min([line.left for line in every] + [t.xs[0] for page in pages for t in page.tables], default=0.0)
    out: list[_Whole | Text] = []
    counted, usual = Counted(), median(line.size for line in every) if every else 0.0
    for page in pages:
        for index, item in enumerate(page.items()):
            before = out[-1] if out else None
            if isinstance(item, Lattice):
                first = index == 0 and isinstance(before, _Whole)
                if page.scanned and first and isinstance(before, _Whole):
                    _shift(item, before.xs)
                if not (
                    first
                    and isinstance(before, _Whole)
                    and _goes_on(before, item, page.number, bottom - before.bottom)
                ):
                    out.append(_begin(item, page.number))
                continue
            item.places = [_place(page.number, item.lines)]
            last = before.lines[-1] if isinstance(before, Text) else None
            full = last is not None and (
                (last.left < left + 3 * last.size and wrapped(last, item.lines[0], right, counted))
                or _one_title(last, item.lines[0], left, right, usual)
            )
            if isinstance(before, Text) and full:
                before.lines += item.lines
                before.places += item.places
            else:
                out.append(item)
                counted.note(item.lines[0].text)
    blocks: list[Paragraph | Table] = []
    tables = 0
    for whole in out:
        if isinstance(whole, _Whole):
            tables += 1
            blocks.append(_table(whole, len(blocks) + 1, tables))
        else:
            origin = Origin("body", len(blocks) + 1, places=tuple(whole.places))
            blocks.append(Paragraph(stripped(whole.lines), origin))
    for page in pages:
        for line in page.ornaments:
            origin = Origin("page number", len(blocks) + 1, places=(_place(page.number, [line]),))
            blocks.append(Paragraph(line.text.strip(), origin, ornament=True))
    return blocks


def _one_title(line: Line, following: Line, left: float, right: float, usual: float) -> bool:
    """Are two lines a title that did not fit on one: in larger print than the text, both in the middle, close together?"""
    middle, size = (left + right) / 2, line.size
    return (
        min(size, following.size) > TITLE * usual
        and abs(size - following.size) <= 0.1 * size
        and all(abs((one.left + one.right) / 2 - middle) < size for one in (line, following))
        and line.right - line.left > 0.6 * (right - left)
        and 0 < following.base - line.base < 2.5 * size
    )


def _text_area(pages: list[Page]) -> float:
    """How far down the pages are filled: as far as anything stands, or as far from the edge as at the top."""
    tables = [t for page in pages for t in page.tables]
    top = min(
        [t.top for t in tables]
        + [line.base - line.size for page in pages for text in page.texts for line in text.lines],
        default=0.0,
    )
    low = max([t.bottom for t in tables], default=0.0)
    height = max((page.height for page in pages), default=0.0)
    return max(low, height - top)


def _place(page: int, found: list[Line]) -> Place:
    top = min(line.base - line.size for line in found)
    return Place(
        page + 1, round(min(line.left for line in found), 1), round(top, 1),
        round(max(line.right for line in found), 1), round(max(line.base for line in found), 1),
    )  # fmt: skip


# ---------------------------------------------------------------- joining
def _begin(table: Lattice, page: int) -> _Whole:
    whole = _Whole(list(table.xs), len(table.ys) - 1, bottom=table.bottom)
    whole.parts = [_part(box, page, 0, whole.xs) for box in table.boxes]
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


def _shift(table: Lattice, xs: list[float]) -> None:
    """Moves a scanned table sideways to where the one before it stood, if it is as wide."""
    by = xs[0] - table.xs[0]
    stretch = (xs[-1] - xs[0]) / max(table.xs[-1] - table.xs[0], 1.0)
    if abs(by) > MISPLACED or abs(stretch - 1) > 0.02:
        return
    for box in table.boxes:
        box.move(xs[0], table.xs[0], stretch)
    table.xs = [xs[0] + (x - table.xs[0]) * stretch for x in table.xs]


def _goes_on(whole: _Whole, table: Lattice, page: int, room: float) -> bool:
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
    pairs = [(above, below) for below in seam for above in whole.last_row() if _same_columns(above, below)]
    if _cut_row(pairs, seam, room):
        _rejoin_row(whole, parts, pairs)
    else:
        _rejoin_merged(whole, parts, pairs)
    whole.rows = max((part.row + part.row_span for part in whole.parts), default=0)
    return True


def _begins_anew(whole: _Whole, table: Lattice, room: float) -> bool:
    """Is a table's first row a row of headings of its own? It is filled throughout, and has words where the
    table before has figures, or would have found room on the page before."""
    first = [box for box in table.boxes if box.row == 0]
    texts = ["".join(box.text.split()) for box in first]
    if len(first) < 3 or not all(texts) or any(_FIGURE.match(text) for text in texts):
        return False
    figures = 0
    for box in first:
        above = [
            p.text
            for p in whole.parts
            if abs(p.left - box.left) <= NEAR and abs(p.right - box.right) <= NEAR and p.text
        ]
        figures += len(above) > 2 and sum(bool(_FIGURE.match(t.strip())) for t in above) > 0.8 * len(above)
    return figures > 0 or table.ys[1] - table.ys[0] < room - 3


def _rows(table: Lattice) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(len(table.ys) - 1)]
    for box in table.boxes:
        rows[box.row].append("".join(box.text.split()))
    return rows


def _repeated_heading(whole: _Whole, rows: list[list[str]]) -> int | None:
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


def _take_edges(whole: _Whole, fresh: list[float]) -> None:
    """New column edges divide the columns they stand in."""
    for x in fresh:
        at = next(i for i, old in enumerate(whole.xs) if old > x)
        whole.xs.insert(at, x)
        for part in whole.parts:
            if part.column >= at:
                part.column += 1
            elif part.column + part.column_span >= at:
                part.column_span += 1


def _same_columns(a: _Part, b: _Part) -> bool:
    return abs(a.left - b.left) <= NEAR and abs(a.right - b.right) <= NEAR


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


def _rejoin_row(whole: _Whole, parts: list[_Part], pairs: list[tuple[_Part, _Part]]) -> None:
    gone = {id(below) for _, below in pairs}
    for above, below in pairs:
        _append(above, below)
        above.row_span += below.row_span - 1
    whole.parts += [part for part in parts if id(part) not in gone]
    for part in parts:
        part.row -= 1


def _append(above: _Part, below: _Part) -> None:
    above.places += below.places
    above.score = min(above.score, below.score)
    if above.text and below.text and above.open:
        above.texts = [above.text + below.text]
    else:
        above.texts.append(below.text)
    above.open = below.open if below.text else above.open


def _rejoin_merged(whole: _Whole, parts: list[_Part], pairs: list[tuple[_Part, _Part]]) -> None:
    """A merged cell cut in two: blank below or with the end of its text there, at the left of what is new in a column that
    merges cells, or below a cell of several rows."""
    ends = {id(below) for above, below in pairs if above.text and _ends(above, below)}
    starts = [part.column for part in parts if part.row == whole.rows and part.text and id(part) not in ends]
    first = min(starts, default=0)
    gone: set[int] = set()
    for above, below in pairs:
        merges = above.column == 0 or any(
            part.row_span > 1 and _same_columns(part, below) for part in (*whole.parts, *parts)
        )
        leading = below.column < first and merges
        blank = not below.text or id(below) in ends
        if (blank and (leading or (above.row_span > 1 and above.text))) or (
            below.text and not above.text and above.row_span > 1 and above.column == 0
        ):
            _append(above, below)
            above.row_span += below.row_span
            gone.add(id(below))
    whole.parts += [part for part in parts if id(part) not in gone]


def _ends(above: _Part, below: _Part) -> bool:
    """Is a cell's text the end of the one above the seam? Words in brackets, or one character below a full line."""
    return bool(_IN_BRACKETS.match(below.text)) or (above.open and len(below.text.strip()) == 1)


def _table(whole: _Whole, block: int, number: int) -> Table:
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
