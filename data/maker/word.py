"""A sample's source → the bytes of a .docx with exact merged cells, the same bytes every time."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

from data.maker.source import ABOVE, LEFT, Box, Line, parse

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_WIDTH = 9000  # twips: the text width of an A4 page

_TYPES = (
    _HEAD + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
    '<Override PartName="/word/numbering.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/>'
    "</Types>"
)
_RELS = (
    _HEAD + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
    "</Relationships>"
)
_DOCUMENT_RELS = (
    _HEAD + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/>'
    "</Relationships>"
)
_NUMBERING = (
    _HEAD + f'<w:numbering {_W}><w:abstractNum w:abstractNumId="0">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>'
    '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
)
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


def make(
    source: str, sides: tuple[float, float] | None = None, margin: float | None = None, size: float | None = None
) -> bytes:
    """The .docx of a source. sides: width and height of its paper, margin: on all sides of it, size: of its print, all in points and Word's own
    where not given. Raises ValueError where the source is wrong."""
    body = "".join(_paragraph(part) if isinstance(part, Line) else _table(part) for part in parse(source))
    wide, high = (round(20 * side) for side in sides) if sides else (11906, 16838)
    around = ("top", "right", "bottom", "left", "header", "footer")
    margins = "".join(f' w:{side}="{20 * margin:.0f}"' for side in around) if margin is not None else ""
    section = f'<w:sectPr><w:pgSz w:w="{wide}" w:h="{high}"/>{f"<w:pgMar{margins}/>" if margins else ""}</w:sectPr>'
    if size is not None:
        body = body.replace("<w:r>", f'<w:r><w:rPr><w:sz w:val="{2 * size:.0f}"/></w:rPr>')
    if sides is not None and margin is not None:
        body = body.replace("<w:tblPr>", f'<w:tblPr><w:tblW w:w="{wide - 40 * margin:.0f}" w:type="dxa"/>')
    return package(f"{_HEAD}<w:document {_W} {_R}><w:body>{body}{section}</w:body></w:document>")


def package(document: str) -> bytes:
    """The bytes of a .docx around a document.xml."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _RELS),
            ("word/document.xml", document),
            ("word/_rels/document.xml.rels", _DOCUMENT_RELS),
            ("word/numbering.xml", _NUMBERING),
        ):
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _paragraph(line: Line) -> str:
    if line.kind == "break":
        return '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'
    properties = {
        "title": '<w:pPr><w:jc w:val="center"/></w:pPr>',
        "level1": '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>',
        "level2": '<w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr>',
    }.get(line.kind, "")
    return f"<w:p>{properties}{_run(line.text)}</w:p>"


def _run(text: str) -> str:
    lines = text.replace("\\s", "\u3000").split("\\n")
    inner = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in lines)
    return f"<w:r>{inner}</w:r>" if text else ""


def _table(box: Box) -> str:
    columns = len(box.rows[0])
    width = _WIDTH // columns
    grid = f'<w:gridCol w:w="{width}"/>' * columns
    rows = "".join(f"<w:tr>{_row(box, r, width)}</w:tr>" for r in range(len(box.rows)))
    return (
        f"<w:tbl><w:tblPr><w:tblBorders>{_BORDERS}</w:tblBorders></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
    )


def _row(box: Box, r: int, width: int) -> str:
    out, c, row = "", 0, box.rows[r]
    while c < len(row):
        span = 1
        while c + span < len(row) and row[c + span] == LEFT:
            span += 1
        below = box.rows[r + 1] if r + 1 < len(box.rows) else ()
        merge = ""
        if row[c] == ABOVE:
            merge = "<w:vMerge/>"
        elif below and below[c] == ABOVE:
            merge = '<w:vMerge w:val="restart"/>'
        spans = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
        properties = f'<w:tcPr><w:tcW w:w="{width * span}" w:type="dxa"/>{spans}{merge}</w:tcPr>'
        text = "" if row[c] in (ABOVE, LEFT) else row[c]
        out += f"<w:tc>{properties}{''.join(f'<w:p>{_run(p)}</w:p>' for p in text.split(chr(92) + 'p'))}</w:tc>"
        c += span
    return out
