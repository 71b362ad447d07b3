"""How right a record is beside its gold: precision, recall and F1 over the fields that are stated.

A field counts as right where both records state it alike, as missed where only the gold does, as false where only the
predicted record does; both silent counts nothing. Rows are aligned in order so that as many fields as possible agree; a row
without a partner counts with all its fields. Text is compared in compatibility form (NFKC) without blanks, numbers exactly.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import simplejson

from schema import records
from schema.errors import ScoreError
from schema.evidence import FACT

_NOT_COUNTED = frozenset(("no", "extra", *records.LISTS))
_EMPTY: dict[str, Any] = {"report": {}, "forms": [], "sections": [], "findings": []}
_BLANK = re.compile(r"\s+")
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Error:
    """One field that is not right: where it stands in the gold (or, without a partner, in the prediction)."""

    path: str
    gold: Any
    predicted: Any

    @property
    def kind(self) -> str:
        """`missed`, `false`, or `wrong` where both state something else."""
        return "missed" if self.predicted is None else "false" if self.gold is None else "wrong"


@dataclass(slots=True)
class Score:
    """Counts of one list of fields, and what was not right in it. told: (place in the prediction, is it right?) of each field that the
    prediction states."""

    right: int
    errors: list[Error]
    told: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def f1(self) -> float | None:
        """None where neither record states anything. A field stated otherwise is both missed and false."""
        twice = 2 * self.right + sum(2 if e.kind == "wrong" else 1 for e in self.errors)
        return 2 * self.right / twice if twice else None

    @property
    def misplaced(self) -> float:
        """The share of the stated fields whose value the gold does not have there."""
        false = sum(e.kind != "missed" for e in self.errors)
        return false / (self.right + false) if self.right + false else 0.0

    def __add__(self, other: Score) -> Score:
        return Score(self.right + other.right, self.errors + other.errors, self.told + other.told)


def score(predicted: Record, gold: Record) -> dict[str, Score]:
    """The scores of `fields` (forms and the rows in them), `sections`, `findings` and `report`, of two records as
    `ziping extract --json` prints them. Raises KeyError where a list is absent."""
    total = Score(0, [])
    for ours, theirs, path, own in aligned(predicted["forms"], gold["forms"], "forms", _form_fields):
        total += _compared(_form_fields(ours), _form_fields(theirs), path, own)
        for name, kind in records.LISTS.items():
            names = [f.name for f in fields(kind) if f.name not in _NOT_COUNTED]
            total += _rows(ours.get(name) or [], theirs.get(name) or [], f"{path}.{name}", names, f"{own}.{name}")
    told = [f.name for f in fields(records.Section) if f.name != "no"]
    return {
        "fields": total,
        "sections": _rows(predicted["sections"], gold["sections"], "sections", told),
        "findings": _findings(predicted["findings"], gold["findings"]),
        "report": _compared(_stated_report(predicted["report"]), _stated_report(gold["report"]), "report"),
    }


@dataclass(frozen=True, slots=True)
class Founded:
    """How well confidence is founded. values: how many there are; sure: the share of them at 0.9 or more; sure_wrong: the share of these
    that are wrong; caught: the share of the wrong ones below 0.9 or not scored; error: how far confidence and truth are apart (expected
    calibration error over ten bins), of those scored. None where there is nothing to count."""

    values: int
    sure: float | None
    sure_wrong: float | None
    caught: float | None
    error: float | None


def founded(told: Sequence[tuple[float | None, bool]]) -> Founded:
    """told: (confidence, is it right?) of each value."""
    sure = [right for confidence, right in told if confidence is not None and confidence >= FACT]
    wrong = [confidence for confidence, right in told if not right]
    scored = [(confidence, right) for confidence, right in told if confidence is not None]
    apart: dict[int, float] = defaultdict(float)
    for confidence, right in scored:
        apart[min(int(confidence * 10), 9)] += confidence - right
    return Founded(
        len(told),
        len(sure) / len(told) if told else None,
        sure.count(False) / len(sure) if sure else None,
        sum(c is None or c < FACT for c in wrong) / len(wrong) if wrong else None,
        sum(map(abs, apart.values())) / len(scored) if scored else None,
    )


def confidences(evidence: Path, name: str) -> dict[str, float | None]:
    """The confidence of each value by its place (`forms[0].funds[1].approved`), of a file that `extract --evidence` printed, or of NAME.json in a
    folder of them; the least where a value has several sources. Raises ScoreError."""
    told = _json(evidence / f"{name}.json" if evidence.is_dir() else evidence)
    sources = told.get("provenance") or []
    return least((f"{source['record']}.{source['field']}", source.get("confidence")) for source in sources)


def least(sources: Iterable[tuple[str, Any]]) -> dict[str, float | None]:
    """By place the least confidence of its sources. sources: (place, confidence)."""
    out: dict[str, float | None] = {}
    for place, sure in sources:
        known = [float(c) for c in (sure, out.get(place, sure)) if c is not None]
        out[place] = min(known, default=None)
    return out


def pairs(predicted: Path, gold: Path) -> Iterator[tuple[str, dict[str, Score]]]:
    """(name, scores) of two files, or of every gold file of a folder; a record that is not there scores as an empty one.
    Raises ScoreError where a gold cannot be read."""
    golds = sorted(gold.glob("*.json")) if gold.is_dir() else [gold]
    if not golds:
        raise ScoreError(gold, "没有标准答案（*.json）", "请核对文件夹")
    for path in golds:
        other = predicted / path.name if gold.is_dir() else predicted
        told = _loaded(other) if other.is_file() or not gold.is_dir() else _EMPTY
        yield path.stem, score(told, _loaded(path))


def _json(path: Path) -> Any:
    try:
        return simplejson.loads(path.read_text(encoding="utf-8"), use_decimal=True)
    except (OSError, ValueError) as error:
        raise ScoreError(path, f"无法读取（{type(error).__name__}）", "应为 ziping extract 的输出") from None


def _loaded(path: Path) -> Record:
    record = _json(path)
    if not isinstance(record, dict) or not _EMPTY.keys() <= record.keys():
        raise ScoreError(path, "不是自评材料的记录", "应为 ziping extract --json 的输出")
    return record


def _stated_report(report: Record) -> Record:
    """The report without who handed it in, which no document states."""
    return {name: value for name, value in report.items() if name != "submitter"}


def _form_fields(form: Record) -> Record:
    flat = {name: form.get(name) for name in records.published(records.Form) if name not in _NOT_COUNTED}
    contacts = flat.pop("contacts", None) or {}
    return flat | {f"contacts.{name}": value for name, value in contacts.items()}


def _rows(ours: list[Record], theirs: list[Record], path: str, names: list[str], own: str | None = None) -> Score:
    def told(row: Record) -> Record:
        return {name: row.get(name) for name in names}

    total = Score(0, [])
    for one, other, place, at in aligned(ours, theirs, path, told, own):
        total += _compared(told(one), told(other), place, at)
    return total


def _compared(ours: Record, theirs: Record, path: str, own: str | None = None) -> Score:
    """own: the place of `ours` in its record, where it is another."""
    out = Score(0, [])
    for name in dict.fromkeys([*theirs, *ours]):
        a, b = ours.get(name), theirs.get(name)
        right = same(a, b)
        if right:
            out.right += stated(b)
        else:
            out.errors.append(Error(f"{path}.{name}", b if stated(b) else None, a if stated(a) else None))
        if stated(a):
            out.told.append((f"{own or path}.{name}", right))
    return out


def aligned(
    ours: Sequence[Record], theirs: Sequence[Record], path: str, told: Any, own: str | None = None
) -> Iterator[tuple[Record, Record, str, str]]:
    """Pairs in order with the most agreeing fields, and the place of each in `theirs` and in `ours`; a row without a partner is paired with
    an empty one. own: the path of `ours`, where it is another."""
    own = own or path
    a, b = [told(row) for row in ours], [told(row) for row in theirs]
    agree = [[sum(stated(y[k]) and same(x.get(k), y[k]) for k in y) for y in b] for x in a]
    best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            paired = best[i + 1][j + 1] + agree[i][j] if agree[i][j] else 0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    i = j = 0
    while i < len(a) or j < len(b):
        if i < len(a) and j < len(b) and agree[i][j] and best[i][j] == best[i + 1][j + 1] + agree[i][j]:
            yield ours[i], theirs[j], f"{path}[{j}]", f"{own}[{i}]"
            i, j = i + 1, j + 1
        elif j == len(b) or (i < len(a) and best[i][j] == best[i + 1][j]):
            yield ours[i], {}, f"{path}[+{i}]", f"{own}[{i}]"
            i += 1
        else:
            yield {}, theirs[j], f"{path}[{j}]", own
            j += 1


def _findings(ours: list[Record], theirs: list[Record]) -> Score:
    """Findings as a multiset of check and form; those of a rule pack are not counted."""
    left = [(f["check"], f.get("form")) for f in ours if not f.get("pack")]
    out = Score(0, [])
    for key in [(f["check"], f.get("form")) for f in theirs if not f.get("pack")]:
        if key in left:
            left.remove(key)
            out.right += 1
        else:
            out.errors.append(Error("findings", key, None))
    out.errors += [Error("findings", None, key) for key in left]
    return out


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, value in old, value in new) of everything two records state otherwise, to the letter; rows are paired by what they
    agree in, a value that is not stated is None."""
    if old == new:
        return
    if (isinstance(old, dict) or isinstance(new, dict)) and "op" not in (old or new):
        one, other = old or {}, new or {}
        for key in dict.fromkeys([*one, *other]):
            yield from differences(one.get(key), other.get(key), f"{path}.{key}" if path else key)
    elif _is_rows(old) or _is_rows(new):
        for other, one, place, _ in aligned(new or [], old or [], path, _own):
            yield from differences(one, other, place)
    elif stated(old) or stated(new):
        yield path, old if stated(old) else None, new if stated(new) else None


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _own(row: Record) -> Record:
    """What rows are paired by: their values, not the lists in them."""
    return {key: value for key, value in row.items() if key != "no" and not _is_rows(value)}


def same(a: Any, b: Any) -> bool:
    """Do two values say the same? A number as text is not the number."""
    if isinstance(a, str) and isinstance(b, str):
        return _plain(a) == _plain(b)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return all(same(a.get(k), b.get(k)) for k in a.keys() | b.keys())
    return bool(a == b) or not (stated(a) or stated(b))


def _plain(text: str) -> str:
    return _BLANK.sub("", unicodedata.normalize("NFKC", text))


def stated(value: Any) -> bool:
    """Does a value say anything?"""
    return value is not None and value not in ("", [], {}, ())
