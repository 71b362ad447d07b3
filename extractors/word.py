"""Word .docx → paragraphs and tables: an exact grid of merged cells, in time linear in the cells."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from extractors.limits import TOO_DEEP, Exceeded
from extractors.word_numbers import Numbers
from schema.document import Cell, Origin, Paragraph, Table
from schema.errors import FileRefused

MAX_UNPACKED = 512 * 1024 * 1024
MAX_RATIO = 200  # a document part packs 5 to 30 times; a bomb packs 1,000 times
MAX_NESTING = 25

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
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
# What zipfile and python-docx raise on a file that is not what it says.
_BROKEN = (
    KeyError,
    ValueError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    AttributeError,
    zlib.error,
)
_OFF = ("0", "false", "off", "none")

# Wingdings and Wingdings 2 as forms use them: ticks and boxes.
_SYMBOLS = {
    "F0FE": "☑", "F0A8": "□", "F06F": "□", "F0A3": "□", "F0FC": "√", "F0FD": "☒", "F052": "☑", "F050": "√",
    "F02A": "□", "F054": "☒", "F06C": "●", "F06E": "■", "F0D8": "➢", "F0B2": "◇", "F075": "◆",
}  # fmt: skip


def blocks(data: bytes, path: Path) -> list[Paragraph | Table]:
    """The paragraphs and tables of a .docx in reading order, page headers and footers last as ornament.

    Tracked deletions are left out, insertions taken; automatic numbers stand in the text; text boxes and
    nested tables follow the paragraph or table that holds them. Raises FileRefused.
    """
    package = _open(data, path)
    return _Walk(Numbers(package.numbering, package.styles)).document(package)


# ---------------------------------------------------------------- opening
class _Package:
    """The parts of an opened .docx that are read, as lxml elements."""

    def __init__(self, document: Any) -> None:
        part = document.part
        self.body: etree._Element = document.element.body
        self.styles = self._element(part, "styles")
        self.numbering = self._element(part, "numbering")
        self.notes = [(k, e) for k in ("footnotes", "endnotes") if (e := self._element(part, k)) is not None]
        self.ornaments = [(kind, element) for kind in ("header", "footer") for element in self._elements(part, kind)]

    @classmethod
    def _element(cls, part: Any, kind: str) -> etree._Element | None:
        return next(iter(cls._elements(part, kind)), None)

    @staticmethod
    def _elements(part: Any, kind: str) -> list[etree._Element]:
        found = []
        for relation in part.rels.values():
            if relation.reltype.endswith("/" + kind) and not relation.is_external:
                target = relation.target_part
                element = getattr(target, "element", None)
                found.append(element if element is not None else _parse(target.blob))
        return found


def _parse(xml: bytes) -> etree._Element:
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))


def _open(data: bytes, path: Path) -> _Package:
    import docx
    from docx.opc.exceptions import OpcError

    trouble = "Word文件已损坏"
    remedy = "请用Word打开后另存，或向单位重新索取"
    try:
        safe = _checked(data, path)
        return _Package(docx.Document(io.BytesIO(safe)))
    except zipfile.BadZipFile:
        raise FileRefused(path, f"{trouble}（压缩结构不完整）", remedy) from None
    except etree.XMLSyntaxError as error:
        raise FileRefused(path, f"{trouble}（XML第{error.lineno}行有错）", remedy) from None
    except (*_BROKEN, OpcError) as error:
        raise FileRefused(path, f"{trouble}（{type(error).__name__}）", remedy) from None


def _checked(data: bytes, path: Path) -> bytes:
    """The bytes, once it is sure that unpacking them is safe; Strict OOXML names become the usual ones."""
    strict = False
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        if "[Content_Types].xml" not in names or not any(n.startswith("word/") for n in names):
            raise FileRefused(path, "这是压缩包或其他Office文件，不是Word文档", "请解压，或用Word另存为.docx")
        total = 0
        for info in archive.infolist():
            if info.flag_bits & 1:
                raise FileRefused(path, "文件有打开密码", "请去掉密码后另存再提交")
            total += info.file_size
            bomb = info.file_size > 4 * 1024 * 1024 and info.file_size > MAX_RATIO * max(info.compress_size, 1)
            if bomb or total > MAX_UNPACKED:
                raise FileRefused(
                    path, f"文件解压后异常膨胀（{info.filename}）", "疑似压缩炸弹，请向单位核实后重新索取"
                )
        for info in archive.infolist():
            if info.filename.lower().endswith((".xml", ".rels")):
                xml = archive.read(info)
                if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml or b"<\x00!\x00D" in xml or b"\x00<\x00!\x00D" in xml:
                    raise FileRefused(
                        path,
                        f"文件含有实体定义（{info.filename}）",
                        "Word不会写出这种内容，疑似恶意文件，请向单位核实",
                    )
                strict = strict or _STRICT in xml
    return _transitional(data) if strict else data


def _transitional(data: bytes) -> bytes:
    """Word's "Strict Open XML" with the namespaces and relation types of the usual form."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename.lower().endswith((".xml", ".rels")):
                content = content.replace(_STRICT, _W[1:-1].encode()).replace(
                    b"http://purl.oclc.org/ooxml/officeDocument/relationships",
                    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                )
            new.writestr(info, content)
    return out.getvalue()


# ---------------------------------------------------------------- walking
class _Walk:
    """One pass over a document's elements; guards the running block number and the list counters."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.out: list[Paragraph | Table] = []
        self.tables = 0
        self.waiting: list[tuple[str, etree._Element]] = []  # text boxes and nested tables met on the way

    def document(self, package: _Package) -> list[Paragraph | Table]:
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
            else:
                continue
            self.met(part)

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
                yield _SYMBOLS.get((child.get(_W + "char") or "").upper(), "")
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
    return vanish is not None and vanish.get(VAL) not in _OFF


def _deleted(tr: etree._Element) -> bool:
    return tr.find(f"{TR_PR}/{_W}del") is not None
