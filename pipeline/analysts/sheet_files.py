"""A feedback sheet as files: .html, and .docx by a template that a bureau can edit in Word (docxtpl)."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from lxml.etree import LxmlError

from pipeline import settings
from schema import extras
from schema.errors import StoreError, ZipingError
from schema.visible import readable

if TYPE_CHECKING:
    from pipeline.analysts.feedback import Sheet

_NO_NAME = re.compile(r'[\\/:*?"<>|\s]+')


def name_of(sheet: Sheet) -> str:
    """The name of a sheet's files: unit, year and the beginning of its id."""
    return _NO_NAME.sub("_", f"{sheet.unit}_{sheet.year}_{sheet.submission_id[:6]}").strip("_")


def write(sheet: Sheet, folder: Path, kinds: tuple[str, ...]) -> list[Path]:
    """Writes a sheet as .docx and .html. Raises StoreError, and ZipingError where the settings or the template are wrong."""
    bureau = settings.bureau()
    out = []
    for kind in kinds:
        path = folder / f"{name_of(sheet)}.{kind}"
        told = page("sheet.html", sheet=sheet, bureau=bureau).encode() if kind == "html" else _word(sheet, bureau)
        try:
            path.write_bytes(told)
        except OSError as error:
            raise StoreError(path, f"无法写入（{error.strerror or error}）", "请检查权限和磁盘空间") from None
        out.append(path)
    return out


def template() -> bytes:
    """The .docx that ships: what it may say is told in docs/zh/desk.md."""
    return files("pipeline.analysts").joinpath("templates", "sheet.docx").read_bytes()


def _word(sheet: Sheet, bureau: settings.Bureau) -> bytes:
    """Raises ZipingError where there is no template, or it names what there is not."""
    docxtpl, jinja2 = _needed()
    path = bureau.template
    try:
        document = docxtpl.DocxTemplate(BytesIO(path.read_bytes() if path else template()))
        document.render({"sheet": sheet, "bureau": bureau}, _sandbox())
    except OSError as error:
        raise ZipingError(path, f"无法读取（{error.strerror or error}）", f"请检查{settings.NAME}的template") from None
    except jinja2.TemplateError as error:
        raise ZipingError(path, f"模板有误（{error}）", "可写的名称见docs/zh/desk.md“反馈单”") from None
    except (BadZipFile, KeyError, ValueError, LxmlError) as error:
        raise ZipingError(
            path or "sheet.docx",
            f"不是可用的Word模板（{type(error).__name__}）",
            "请用 ziping report --template 另取一份再改",
        ) from error
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _finished(value: Any) -> Any:
    """What is printed: nothing in a text is obeyed but its line breaks; what is markup stays so."""
    return readable(value) if type(value) is str else value


@cache
def _needed() -> tuple[Any, Any]:
    try:
        import docxtpl
        import jinja2
    except ImportError:
        raise ZipingError("report", "没有安装docxtpl或jinja2", extras.remedy("analysis")) from None
    return docxtpl, jinja2


@cache
def _sandbox() -> Any:
    """A template comes from elsewhere: it sees the sheet and nothing of this machine."""
    from jinja2.sandbox import SandboxedEnvironment

    _, jinja2 = _needed()
    return SandboxedEnvironment(autoescape=True, undefined=jinja2.StrictUndefined, finalize=_finished)


@cache
def _templates() -> Any:
    _, jinja2 = _needed()
    return jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline.analysts"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_finished,
    )  # fmt: skip


def page(name: str, **values: Any) -> str:
    """A page of templates/; what submissions say is always text, never markup."""
    told: str = _templates().get_template(name).render(**values)
    return told
