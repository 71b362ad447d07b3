"""What people correct: a value, the cell it was read from, what was found there, what it should be, why, by whom, and when.

A correction hangs on its source cell and the cell's raw text, never on a place in a list. It is applied between reading and checking,
only while the cell is still there and reads as it did; otherwise it waits for another look, with all three: the old reading, the
correction, the new reading.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, is_dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import sqlalchemy as sa

from normalizers.text import squeeze
from normalizers.values import OPERATORS, quantity
from schema.document import Cell, Document, Origin, Paragraph, Table
from schema.errors import ZipingError
from schema.evidence import Evidence, Provenance
from schema.exact import exact, figure
from schema.records import LISTS, Form, Indicator, Kind, Submission, about, published, title, type_at

APPLIED, REVIEW, GONE = "applied", "review", "gone"
COLUMNS = ("submission", "file", "record", "field", "found", "should_be", "reason", "person")
_PATH = re.compile(r"(?:report|forms\[\d+\]|sections\[\d+\]).*\.")
_STEP = re.compile(r"([a-z_]+)(?:\[(\d+)\])?")
_MEASURED = {"target": "target_value", "actual": "actual_value"}
# What a row is called, for each list, and the words by which people name the list itself.
_NAMES = {
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


class CorrectionError(ZipingError):
    """A correction names no value, or one that cannot be what it should be."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A cell or paragraph of a file that a correction hangs on. beside: digest of what else stands in its row, None
    where an older version of ziping did not keep it (then only its place counts); anchor: the field that
    was read from it where the corrected field itself was read from nothing."""

    part: str
    block: int
    table: int | None
    row: int | None
    column: int | None
    raw: str
    beside: str | None
    anchor: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the store keeps it; the raw text has a column of its own."""
        return {
            "part": self.part, "block": self.block, "table": self.table, "row": self.row, "column": self.column,
            "beside": self.beside, "anchor": self.anchor,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction in force. found, should_be: as texts, None where nothing is stated; cell: what it hangs on, None where the
    value was read from nothing (then its record stands once in a submission)."""

    correction_id: int
    record: str
    field: str
    found: str | None
    should_be: str | None
    cell: Anchor | None = None
    person: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a correction stands after a reading: its state, what was read this time, and where its record stands now."""

    correction_id: int
    state: str
    reading: str | None
    record: str


# ---------------------------------------------------------------- the cell a correction hangs on
def anchored(
    document: Document, evidence: Evidence, record: str, field: str
) -> tuple[Anchor | None, Provenance | None]:
    """The cell that a value was read from, else one that its record was; None where nothing of the record has one."""
    own = next((p for p in evidence.provenance if (p.record, p.field) == (record, field)), None)
    found = own or _own_cell(evidence, record)
    if found is None:
        return None, None
    origin = found.origin
    return (
        Anchor(
            origin.part, origin.block, origin.table, origin.row, origin.column, found.raw, _beside(document, origin),
            None if own is not None else found.field,
        ),
        found,
    )  # fmt: skip


def _own_cell(evidence: Evidence, record: str) -> Provenance | None:
    """What was read for a record from a cell that no other record shares, its name before all; else None."""
    shared = {p.origin for p in evidence.provenance if p.record != record}
    own = [p for p in evidence.provenance if p.record == record and p.origin not in shared]
    return min(own, key=lambda p: p.field not in _NAMES.values(), default=None)


def _beside(document: Document, origin: Origin) -> str:
    """A digest of what else stands in a cell's row, whatever its number; of a paragraph, of nothing."""
    table = next(
        (b for b in document.blocks if isinstance(b, Table) and b.origin.table == origin.table), None
    )
    if table is None or origin.row is None:
        return ""
    row = origin.row - 1
    texts = [
        squeeze(cell.text)
        for cell in table.cells
        if cell.row <= row < cell.row + cell.row_span and cell.origin != origin
    ]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _sources(document: Document, cell: Anchor) -> list[Origin]:
    """The cells that may be the one a correction hangs on: with its text in a row with the same others; where there are several, the
    one that still has its place."""
    alike = [
        item.origin
        for item in document.texts()
        if item.text == cell.raw
        and item.origin.part == cell.part
        and (item.origin.table is None) == (cell.table is None)
        and (isinstance(item, Paragraph) or item.origin.column == cell.column)
        and (not isinstance(item, Cell) or cell.beside in (None, _beside(document, item.origin)))
    ]
    if len(alike) <= 1 and cell.beside is not None:
        return alike
    place = (cell.block, cell.table, cell.row, cell.column)
    return [o for o in alike if (o.block, o.table, o.row, o.column) == place]


def apply(
    document: Document, submission: Submission, evidence: Evidence, corrections: Sequence[Correction]
) -> tuple[Submission, Evidence, list[Standing]]:
    """The submission with the corrections that still hold, its provenance with a word on each, and how each stands."""
    standings, marks = [], {}
    for correction in corrections:
        records = _records(document, evidence, correction)
        number, field = correction.correction_id, correction.field
        try:
            readings = {record: value(submission, record, field) for record in records}
        except CorrectionError:
            records, readings = [], {}
        if not records:
            standings.append(Standing(number, GONE, None, correction.record))
            continue
        first = correction.record if correction.record in records else records[0]
        if any(reading != correction.found for reading in readings.values()):
            standings.append(Standing(number, REVIEW, readings[first], first))
            continue
        for record in records:
            submission = _corrected(submission, record, field, correction.should_be)
            marks[record, field] = f"更正{number}，{correction.person or '未署名'}：{correction.reason}"
        standings.append(Standing(number, APPLIED, readings[first], first))
    provenance = tuple(
        replace(p, corrected_by=marks[p.record, p.field]) if (p.record, p.field) in marks else p
        for p in evidence.provenance
    )
    return submission, replace(evidence, provenance=provenance), standings


def _records(document: Document, evidence: Evidence, correction: Correction) -> list[str]:
    """The records whose value stands in the correction's cell: a merged cell's value stands in each of its rows."""
    cell = correction.cell
    if cell is None:
        return [correction.record] if "[" not in correction.record else []
    places = _sources(document, cell)
    read_as = cell.anchor or correction.field
    found = [p.record for p in evidence.provenance if p.origin in places and p.field == read_as]
    if not found and cell.anchor is None and len(places) == 1:
        # read as another field by now, or as none: the first record of the cell says where to look
        found = [p.record for p in evidence.provenance if p.origin in places][:1]
    return list(dict.fromkeys(found))


def _corrected(submission: Submission, record: str, field: str, text: str | None) -> Submission:
    """One value put right, with what follows from it; findings about the old reading of it go."""
    submission = _set(submission, record, field, typed(_record(submission, record), record, field, text))
    row = _record(submission, record)
    if isinstance(row, Indicator) and field in (*_MEASURED, "unit", "nature"):
        for name, parsed in _MEASURED.items():
            if field in (name, "unit", "nature"):
                submission = _set(submission, record, parsed, _measured(row, name, parsed))
    form, _, where = record.partition(".")
    number = int(form.removeprefix("forms[").rstrip("]")) + 1 if form.startswith("forms[") else None
    place = f"{where}.{field}" if where else field
    told = ("number_unreadable", "stated_twice")
    kept = (f for f in submission.findings if not (f.check in told and f.form == number and f.where == place))
    return replace(submission, findings=tuple(kept))


def _measured(row: Indicator, name: str, parsed: str) -> Any:
    """A target or an actual parsed again, with the operator and unit that stand in columns of their own."""
    before = getattr(row, parsed)
    nature = row.nature if name == "target" and row.nature in OPERATORS else None
    fresh = quantity(getattr(row, name), nature, row.unit)
    if fresh is not None and before is not None and name == "target" and fresh.op == "=" and before.op != "=":
        fresh = replace(fresh, op=before.op)  # its sign stands in a cell of its own
    return fresh


# ---------------------------------------------------------------- a value by its path
def value(submission: Submission, record: str, field: str) -> str | None:
    """What a submission states at `forms[0].indicators[3]`, `score`, as a text. Raises CorrectionError where there is no such
    record or field."""
    return _text(stated(submission, record, field))


def stated(submission: Submission, record: str, field: str) -> Any:
    """The value itself at a place. Raises CorrectionError."""
    return _field(_record(submission, record), record, field)


def _record(submission: Submission, path: str) -> Any:
    found: Any = submission
    for name, index in _steps(path):
        found = getattr(found, name, None)
        if index is not None:
            found = found[index] if isinstance(found, tuple) and index < len(found) else None
        if found is None:
            raise CorrectionError(path, "没有这条记录", "请用 ziping show --json 查看路径")
    return found


def _field(record: Any, path: str, field: str) -> Any:
    for name in ("values", "extra"):
        if field.startswith(f"{name}."):
            return (getattr(record, name, None) or {}).get(field.removeprefix(f"{name}."))
    if not is_dataclass(record) or field not in published(type(record)):
        raise CorrectionError(f"{path}.{field}", "没有这个字段", "字段名见RECORDS.md")
    return getattr(record, field)


def _set(submission: Submission, path: str, field: str, value: Any) -> Submission:
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
    """A text as the type of a field. Raises CorrectionError where it is none."""
    if field.startswith("values."):
        return _typed(Decimal, f"{path}.{field}", text)
    if field.startswith("extra."):
        return text
    _field(record, path, field)
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


# ---------------------------------------------------------------- a value by the words people see
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
    return str(getattr(row, _NAMES[name]) or getattr(row, "level4", None) or "")


def check(submission: Submission, path: str, field: str, text: str | None) -> None:
    """Raises CorrectionError where a value cannot be put at a place."""
    typed(_record(submission, path), path, field, text)


def _steps(path: str) -> list[tuple[str, int | None]]:
    parts = [_STEP.fullmatch(part) for part in path.split(".")]
    if None in parts:
        raise CorrectionError(path, "路径写法不对", "例如 forms[0].indicators[3]")
    return [(p[1], int(p[2]) if p[2] else None) for p in parts if p is not None]


def _text(found: Any) -> str | None:
    if found is None:
        return None
    if isinstance(found, Decimal):
        return f"{exact(found):f}"
    return found.isoformat() if isinstance(found, date) else str(found)


# ---------------------------------------------------------------- sheets
def as_csv(rows: Iterable[sa.Row[Any]]) -> str:
    """Corrections as a sheet: those of COLUMNS, then how each stands."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, "made_at", "state", "reading"])
    writer.writerows(
        [getattr(row, name) for name in (*COLUMNS, "made_at", "state", "reading")] for row in rows
    )
    return out.getvalue()


def from_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a sheet of corrections, by COLUMNS (file, found and person may be left out). Raises CorrectionError."""
    try:
        lines = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorrectionError(path, f"更正表无法读取（{error}）", "请用UTF-8编码的CSV") from None
    needed = ("submission", "record", "field", "should_be", "reason")
    for number, line in enumerate(lines, 2):
        missing = [
            name for name in needed if line.get(name) is None or (name != "should_be" and not line[name])
        ]
        if missing:
            raise CorrectionError(
                f"{path}第{number}行", f"缺少{'、'.join(missing)}", f"表头应有{','.join(COLUMNS)}"
            )
    return lines
