"""A .docx as an archive → its parts: checked before it is unpacked, made usual where it is a template, has macros or lost a part."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import etree

from schema.errors import FileRefused

MAX_UNPACKED = 512 * 1024 * 1024
MAX_RATIO = 200  # a document part packs 5 to 30 times; a bomb packs 1,000 times

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
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
_USUAL_KIND = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_OTHER_KINDS = (
    b"application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    b"application/vnd.ms-word.document.macroEnabled.main+xml",
    b"application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
)
_RELATION = re.compile(rb"<Relationship\b[^>]*?/?>")
_TARGET = re.compile(rb'\bTarget="([^"]*)"')


class Package:
    """The parts of an opened .docx that are read, as lxml elements."""

    def __init__(self, document: Any) -> None:
        part = document.part
        self.chunks: dict[str, bytes] = {  # pages and documents set into this one, by the name of their relation
            name: relation.target_part.blob
            for name, relation in part.rels.items()
            if relation.reltype.endswith("/aFChunk") and not relation.is_external
        }
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


def opened(data: bytes, path: Path) -> Package:
    """The parts of a .docx. Raises FileRefused where it is none, broken, locked or hostile."""
    import docx
    from docx.opc.exceptions import OpcError

    trouble = "Word文件已损坏"
    remedy = "请用Word打开后另存，或向单位重新索取"
    try:
        safe = _checked(data, path)
        return Package(docx.Document(io.BytesIO(safe)))
    except zipfile.BadZipFile:
        raise FileRefused(path, f"{trouble}（压缩结构不完整）", remedy) from None
    except etree.XMLSyntaxError as error:
        raise FileRefused(path, f"{trouble}（XML第{error.lineno}行有错）", remedy) from None
    except (*_BROKEN, OpcError) as error:
        raise FileRefused(path, f"{trouble}（{type(error).__name__}）", remedy) from None


def _checked(data: bytes, path: Path) -> bytes:
    """The bytes, once it is sure that unpacking them is safe, as python-docx opens them."""
    unusual = False
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
                unusual = unusual or _STRICT in xml or any(kind in xml for kind in _OTHER_KINDS)
                unusual = unusual or (info.filename.endswith(".rels") and bool(_lost(info.filename, xml, names)))
    return _usual(data, names) if unusual else data


def _usual(data: bytes, names: set[str]) -> bytes:
    """A document with macros, a template, Word's "Strict Open XML" or one of which a part is lost, as a plain document."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename.lower().endswith((".xml", ".rels")):
                content = content.replace(_STRICT, _W[1:-1].encode()).replace(
                    b"http://purl.oclc.org/ooxml/officeDocument/relationships",
                    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                )
            if info.filename == "[Content_Types].xml":
                for kind in _OTHER_KINDS:
                    content = content.replace(kind, _USUAL_KIND)
            for relation in _lost(info.filename, content, names) if info.filename.endswith(".rels") else ():
                content = content.replace(relation, b"")
            new.writestr(info, content)
    return out.getvalue()


def _lost(name: str, xml: bytes, names: set[str]) -> list[bytes]:
    """The relations of a part (`word/_rels/document.xml.rels`) to parts that are not in the archive: a picture that was cut out."""
    folder = posixpath.dirname(posixpath.dirname(name))
    out = []
    for found in _RELATION.finditer(xml):
        target = _TARGET.search(found[0])
        if target is None or b'TargetMode="External"' in found[0]:
            continue
        path = unquote(target[1].decode("utf-8", "replace"))
        part = path.lstrip("/") if path.startswith("/") else posixpath.normpath(posixpath.join(folder, path))
        if part not in names:
            out.append(found[0])
    return out
