"""Word .docx → paragraphs and tables: an exact grid of merged cells, in time linear in the cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from lxml import etree

from extractors import word_signs
from extractors.limits import TOO_DEEP, Exceeded
from extractors.word_numbers import Numbers
from extractors.word_package import Package, opened
from schema.document import Cell, Origin, Paragraph, Table

MAX_NESTING = 25

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
P, R, T, TBL, TR, TC, TC_PR, TR_PR = (_W + n for n in ("p", "r", "t", "tbl", "tr", "tc", "tcPr", "trPr"))
VAL = _W + "val"
_INSIDE = {
    _W + n
    for n in (
        "sdt",
        "sdtContent",
        "ins",
        "moveTo",
        "smartTag",
        "customXml",
        "hyperlink",
        "fldSimple",
        "dir",
        "bdo",
    )
}
_GONE = {_W + n for n in ("del", "moveFrom", "instrText", "delText", "rPr", "pPr", "sdtPr", "sdtEndPr")}
_DRAWN = {_W + "drawing", _W + "pict", _W + "object", _MC + "AlternateContent"}
Others = Callable[[bytes, Path], list[Paragraph | Table]]


def blocks(data: bytes, path: Path, others: Others | None = None) -> list[Paragraph | Table]:
    """The paragraphs and tables of a .docx in reading order, page headers and footers last as ornament.

    Tracked deletions are left out, insertions taken; automatic numbers stand in the text; text boxes and nested tables follow the paragraph or
    table that holds them; what `others` reads of a page or document set into it stands in its place. Raises FileRefused.
    """
    package = opened(data, path)
    set_in = {name: others(content, path) for name, content in package.chunks.items()} if others is not None else {}
    return _Walk(Numbers(package.numbering, package.styles), set_in).document(package)


# ---------------------------------------------------------------- walking
class _Walk:
    """One pass over a document's elements; guards the running block number and the list counters."""

    def __init__(self, numbers: Numbers, chunks: Mapping[str, list[Paragraph | Table]]) -> None:
        self.numbers, self.chunks = numbers, chunks
        self.out: list[Paragraph | Table] = []
        self.tables = 0
        self.waiting: list[tuple[str, etree._Element]] = []  # text boxes and nested tables met on the way

    def document(self, package: Package) -> list[Paragraph | Table]:
        self.container(package.body, "body")
        for kind, element in package.notes:
            for note in element:
                if note.get(_W + "type") is None:
                    self.container(note, kind)
        body = len(self.out)
        for kind, element in package.ornaments:
            self.container(element, kind)
        self.out[body:] = [
            Paragraph(block.text, block.origin, ornament=True) if isinstance(block, Paragraph) else block
            for block in self.out[body:]
        ]
        return self.out

    def container(self, element: etree._Element, part: str) -> None:
        for child in element:
            if child.tag == P:
                self.out.append(Paragraph(self.paragraph(child), Origin(part, len(self.out) + 1)))
            elif child.tag == TBL:
                self.table(child, part)
            elif child.tag in _INSIDE:
                self.container(child, part)
            elif child.tag == _W + "altChunk":
                self.set_in(self.chunks.get(child.get(_ID) or "", []), part)
            else:
                continue
            self.met(part)

    def set_in(self, blocks: list[Paragraph | Table], part: str) -> None:
        """Blocks of a page or document that stands inside this one, under the numbers that they have here."""
        for block in blocks:
            number = len(self.out) + 1
            if isinstance(block, Paragraph):
                self.out.append(replace(block, origin=Origin(part, number)))
                continue
            self.tables += 1
            cells = tuple(
                replace(c, origin=Origin(part, number, self.tables, c.row + 1, c.column + 1)) for c in block.cells
            )
            self.out.append(replace(block, cells=cells, origin=Origin(part, number, self.tables)))

    def met(self, part: str) -> None:
        while self.waiting:
            kind, element = self.waiting.pop(0)
            if kind == "table":
                self.table(element, part)
            else:
                self.container(element, "textbox")

    # -- text
    def paragraph(self, element: etree._Element) -> str:
        number = self.numbers.of(element)
        return number + "".join(self.runs(element))

    def runs(self, element: etree._Element, depth: int = 0) -> Iterator[str]:
        for child in element:
            tag = child.tag
            if tag == T:
                yield child.text or ""
            elif tag == R:
                if not _hidden(child):
                    yield from self.runs(child, depth)
            elif tag in _GONE:
                continue
            elif tag == _W + "tab":
                yield "\t"
            elif tag in (_W + "br", _W + "cr"):
                if child.get(_W + "type") not in ("page", "column"):
                    yield "\n"
            elif tag == _W + "noBreakHyphen":
                yield "-"
            elif tag == _W + "sym":
                yield word_signs.symbol_of(child)
            elif tag == _W + "fldChar":
                yield word_signs.field(child)
            elif tag == _W + "ruby":  # the base, without what stands over it
                yield from (text for base in child.iterfind(_W + "rubyBase") for text in self.runs(base, depth + 1))
            elif tag in (word_signs.EQUATION, word_signs.EQUATIONS):
                yield from word_signs.equation(child)
            elif tag in _DRAWN:
                self.drawn(child)
            elif tag in _INSIDE:
                if depth >= MAX_NESTING:
                    raise Exceeded(TOO_DEEP)
                yield from self.runs(child, depth + 1)

    def drawn(self, element: etree._Element) -> None:
        """Text boxes wait until the paragraph is out; of an alternate content only the first choice."""
        if element.tag == _MC + "AlternateContent":
            element = next((e for e in element if e.tag == _MC + "Choice"), element)
        for box in element.iter(_W + "txbxContent"):
            if not any(up.tag == _W + "txbxContent" for up in box.iterancestors()):
                self.waiting.append(("box", box))

    # -- tables
    def table(self, element: etree._Element, part: str) -> None:
        block = len(self.out) + 1
        self.tables += 1
        cells: list[Cell] = []
        open_cells: dict[int, tuple[int, int]] = {}  # grid column → (index of the cell in cells, its span)
        row = columns = 0
        for tr in _children(element, TR):
            if _deleted(tr):
                continue
            column = _number(tr, TR_PR, "gridBefore")
            still_open: dict[int, tuple[int, int]] = {}
            for tc in _children(tr, TC):
                span, merge = _spans(tc)
                text = self.cell(tc)
                above = open_cells.get(column)
                if merge == "across" and cells and cells[-1].row == row:
                    _widen(cells, span)
                elif merge == "continue" and above and above[1] == span:
                    index = above[0]
                    cells[index] = _taller(cells[index], text)
                    still_open[column] = above
                else:
                    cells.append(
                        Cell(row, column, 1, span, text, Origin(part, block, self.tables, row + 1, column + 1))
                    )
                    if merge in ("restart", "continue"):
                        still_open[column] = (len(cells) - 1, span)
                column += span
            columns = max(columns, column + _number(tr, TR_PR, "gridAfter"))
            open_cells = still_open
            row += 1
        widths = tuple(int(g.get(_W + "w") or 0) for g in element.iterfind(f"{_W}tblGrid/{_W}gridCol"))
        if len(widths) != columns or not all(w > 0 for w in widths):
            widths = ()
        self.out.append(Table(tuple(cells), row, columns, Origin(part, block, self.tables), widths))

    def cell(self, tc: etree._Element) -> str:
        lines: list[str] = []
        for child in _flat(tc):
            if child.tag == P:
                lines.append(self.paragraph(child))
            elif child.tag == TBL:
                if sum(1 for _ in child.iterancestors(TBL)) >= MAX_NESTING:
                    raise Exceeded(TOO_DEEP)
                self.waiting.append(("table", child))
        return "\n".join(lines)


def _flat(element: etree._Element) -> Iterator[etree._Element]:
    for child in element:
        if child.tag in _INSIDE:
            yield from _flat(child)
        else:
            yield child


def _children(element: etree._Element, tag: str) -> Iterator[etree._Element]:
    return (child for child in _flat(element) if child.tag == tag)


def _number(element: etree._Element, properties: str, name: str) -> int:
    found = element.find(f"{properties}/{_W}{name}")
    value = (found.get(VAL) or "") if found is not None else ""
    return min(int(value), 1000) if value.isdigit() else 0


def _spans(tc: etree._Element) -> tuple[int, str]:
    span = max(_number(tc, TC_PR, "gridSpan"), 1)
    across = tc.find(f"{TC_PR}/{_W}hMerge")
    if across is not None and across.get(VAL) != "restart":
        return span, "across"
    down = tc.find(f"{TC_PR}/{_W}vMerge")
    if down is None:
        return span, ""
    return span, "restart" if down.get(VAL) == "restart" else "continue"


def _widen(cells: list[Cell], span: int) -> None:
    last = cells[-1]
    cells[-1] = Cell(last.row, last.column, last.row_span, last.column_span + span, last.text, last.origin)


def _taller(cell: Cell, more: str) -> Cell:
    """The cell one row taller. Text in a continuation cell is hidden by Word but kept by some producers."""
    text = f"{cell.text}\n{more}" if more.strip() and more.strip() not in cell.text else cell.text
    return Cell(cell.row, cell.column, cell.row_span + 1, cell.column_span, text, cell.origin)


def _hidden(run: etree._Element) -> bool:
    vanish = run.find(f"{_W}rPr/{_W}vanish")
    return vanish is not None and vanish.get(VAL) not in word_signs.OFF


def _deleted(tr: etree._Element) -> bool:
    return tr.find(f"{TR_PR}/{_W}del") is not None
