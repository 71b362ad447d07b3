"""One value of a submission: by its path (`forms[0].indicators[3]`, `score`) or by the words people see, read, typed and replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from types import NoneType
from typing import Any, cast, get_args, get_type_hints

from normalizers.text import squeeze
from schema.errors import CorrectionError
from schema.exact import exact, figure
from schema.records import LISTS, Form, Kind, Submission, about, published, title, type_at

_PATH = re.compile(r"(?:report|forms\[\d+\]|sections\[\d+\]).*\.")
_PERCENT = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*[%％]\s*")
_STEP = re.compile(r"([a-z_]+)(?:\[(\d+)\])?")
# What a row is called, for each list, and the words by which people name the list itself.
NAMES = {
    "funds": "label",
    "management": "item",
    "tasks": "name",
    "indicators": "level3",
    "sections": "heading",
}
_KINDS = {
    "资金": "funds",
    "目标": "goals",
    "管理事项": "management",
    "任务": "tasks",
    "指标": "indicators",
    "三级指标": "indicators",
    "章节": "sections",
}


def value(submission: Submission, record: str, field: str) -> str | None:
    """What a submission states at `forms[0].indicators[3]`, `score`, as a text. Raises CorrectionError where there is no such
    record or field."""
    return text_of(stated(submission, record, field))


def stated(submission: Submission, record: str, field: str) -> Any:
    """The value itself at a place. Raises CorrectionError."""
    return field_of(record_at(submission, record), record, field)


def record_at(submission: Submission, path: str) -> Any:
    found: Any = submission
    for name, index in _steps(path):
        found = getattr(found, name, None)
        if index is not None:
            found = found[index] if isinstance(found, tuple) and index < len(found) else None
        if found is None:
            raise CorrectionError(path, "没有这条记录", "请用 ziping show --json 查看路径")
    return found


def field_of(record: Any, path: str, field: str) -> Any:
    """The value of a record's field. Raises CorrectionError."""
    for name in ("values", "extra"):
        if field.startswith(f"{name}."):
            return (getattr(record, name, None) or {}).get(field.removeprefix(f"{name}."))
    if not is_dataclass(record) or field not in published(type(record)):
        raise CorrectionError(f"{path}.{field}", "没有这个字段", "字段名见RECORDS.md")
    return getattr(record, field)


def replaced(submission: Submission, path: str, field: str, value: Any) -> Submission:
    def inside(node: Any, steps: list[tuple[str, int | None]]) -> Any:
        if not steps:
            name, _, key = field.partition(".")
            told = (getattr(node, name) or {}) | {key: value} if key else value
            return replace(node, **{name: told})
        (name, index), rest = steps[0], steps[1:]
        below = getattr(node, name)
        if index is None:
            return replace(node, **{name: inside(below, rest)})
        made = tuple(inside(item, rest) if i == index else item for i, item in enumerate(below))
        return replace(node, **{name: made})

    changed: Submission = inside(submission, _steps(path))
    return changed


def typed(record: Any, path: str, field: str, text: str | None) -> Any:
    """A text as the type of a field; a rate may be written as a fraction or as per cent. Raises CorrectionError where it is none."""
    told = about(cast(type, type(record))).get(field)
    percent = _PERCENT.fullmatch(text) if text is not None else None
    if percent is not None and (field.startswith("values.") or (told is not None and told.kind is Kind.RATE)):
        text = f"{Decimal(percent[1]).scaleb(-2):f}"
    if field.startswith("values."):
        return _typed(Decimal, f"{path}.{field}", text)
    if field.startswith("extra."):
        return text
    field_of(record, path, field)
    kinds = [k for k in get_args(get_type_hints(type(record))[field]) if k is not NoneType]
    return _typed(kinds[0] if kinds else get_type_hints(type(record))[field], f"{path}.{field}", text)


def _typed(kind: Any, place: str, text: str | None) -> Any:
    if text is None:
        return None
    try:
        if kind is Decimal:
            value = figure(text)
            if value is None:
                raise ValueError(text)
            return value
        if kind is int:
            return int(text)
        if kind is date:
            return date.fromisoformat(text)
    except (InvalidOperation, ValueError):
        wanted = {Decimal: "数字", int: "整数", date: "日期（2022-12-31）"}[kind]
        raise CorrectionError(place, f"“{text}”不是{wanted}", "请改写--to") from None
    if kind is not str:
        raise CorrectionError(place, "这个字段不能更正", "请更正它的各个部分")
    return text


def located(submission: Submission, words: str) -> tuple[str, str]:
    """The record and field that words name, apart by blanks: what the row is called and the field's title, before them, where it
    must be said, the form (表2) and the list (三级指标): `三级指标 取水许可检查 得分`, `表2 自评总得分`. A path does as well. Raises
    CorrectionError where they name none or several."""
    if _PATH.match(words):
        # the keys of values and extra are headings, which may hold any sign
        keyed = re.search(r"\.(?=(?:values|extra)\.)", words)
        record, field = (words[: keyed.start()], words[keyed.end() :]) if keyed else words.rsplit(".", 1)
        return record, field
    parts = [squeeze(part) for part in words.split()]
    form = next((int(p[1:]) for p in parts if re.fullmatch(r"表\d+", p)), None)
    said = next((_KINDS[p] for p in parts[:-1] if p in _KINDS), None)
    named = [p for p in parts[:-1] if p not in _KINDS and not re.fullmatch(r"表\d+", p)]
    found = []
    for path, name in _rows(submission):
        of = re.match(r"forms\[(\d+)\]", path)
        fits = (form is None or (of is not None and int(of[1]) + 1 == form)) and (
            said is None or f"{said}[" in path.rpartition(".")[2]
        )
        if fits and all(n in squeeze(name) for n in named) and (bool(named) is bool(name)):
            told = about(type_at(path) or Form).items()
            fields = [f for f, a in told if a.kind is not Kind.QUANTITY and parts[-1] in (title(path, f), f)]
            found += [(path, name, field) for field in fields]
    exact = [f for f in found if named and squeeze(f[1]) == "".join(named)]
    chosen = exact or found
    if len(chosen) != 1:
        several = "、".join(f"{path}.{field}（{name}）" for path, name, field in chosen[:5])
        trouble = "没有这样的值" if not chosen else f"有{len(chosen)}处符合：{several}"
        raise CorrectionError(words, trouble, "请写行名和栏名，例如 三级指标 取水许可检查 得分，或写路径")
    return chosen[0][0], chosen[0][2]


def _rows(submission: Submission) -> Iterator[tuple[str, str]]:
    """(path, what people call it) of every record; what a form or the report states of itself is called nothing."""
    yield "report", ""
    for i, form in enumerate(submission.forms):
        yield f"forms[{i}]", ""
        yield f"forms[{i}].contacts", ""
        for name in LISTS:
            for k, row in enumerate(getattr(form, name)):
                yield f"forms[{i}].{name}[{k}]", _called(name, row)
    for k, section in enumerate(submission.sections):
        yield f"sections[{k}]", _called("sections", section)


def _called(name: str, row: Any) -> str:
    if name == "basics":
        return str(row.path[-1]) if row.path else row.group or ""
    if name == "goals":
        return f"目标{row.no}"
    return str(getattr(row, NAMES[name]) or getattr(row, "level4", None) or "")


def check(submission: Submission, path: str, field: str, text: str | None) -> None:
    """Raises CorrectionError where a value cannot be put at a place."""
    typed(record_at(submission, path), path, field, text)


def _steps(path: str) -> list[tuple[str, int | None]]:
    parts = [_STEP.fullmatch(part) for part in path.split(".")]
    if None in parts:
        raise CorrectionError(path, "路径写法不对", "例如 forms[0].indicators[3]")
    return [(p[1], int(p[2]) if p[2] else None) for p in parts if p is not None]


def text_of(found: Any) -> str | None:
    """A value of a record as decisions name it; None where nothing is stated."""
    if found is None:
        return None
    if isinstance(found, Decimal):
        return f"{exact(found):f}"
    if isinstance(found, tuple):  # the path of a basic datum
        return " / ".join(found)
    return found.isoformat() if isinstance(found, date) else str(found)
