"""Records from their plain form: what RECORDS.md has as JSON, as the dataclasses of records.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from schema.records import Submission


def submission(record: Mapping[str, Any]) -> Submission:
    """A record of RECORDS.md as a submission; what a list's records are numbered by may be left out. Raises ValueError where a field is none
    of its record, or a value is not of its field's type."""
    told = {"report": {}, "forms": (), "sections": (), "findings": ()} | {
        k: v for k, v in record.items() if k != "coverage"
    }
    found: Submission = _record(Submission, told)
    return found


def _record(kind: Any, told: Mapping[str, Any]) -> Any:
    readers = _readers(kind)
    if unknown := told.keys() - readers.keys():
        raise ValueError(f"{kind.__name__}: {', '.join(sorted(unknown))}")
    return kind(**{name: None if value is None else readers[name](value) for name, value in told.items()})


@cache
def _readers(kind: Any) -> dict[str, Callable[[Any], Any]]:
    """By field of a record, what makes its value of its plain form."""
    hints = get_type_hints(kind)
    return {field.name: _reader(hints[field.name], field.name) for field in fields(kind)}


def _reader(hint: Any, name: str) -> Callable[[Any], Any]:
    if get_origin(hint) in (Union, UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        return _reader(kinds[0], name) if len(kinds) == 1 else _figure
    if get_origin(hint) is tuple:
        return partial(_list, get_args(hint)[0], name)
    if get_origin(hint) is dict:
        return lambda told: {str(key): _figure(item) for key, item in told.items()}
    if is_dataclass(hint):
        return partial(_record, hint)
    return partial({Decimal: _decimal, date: _date}.get(hint, partial(_plain, hint)), name)


def _list(kind: Any, name: str, told: Any) -> Any:
    if is_dataclass(kind) and "no" in _readers(kind):  # type: ignore[arg-type]
        return tuple(_record(kind, {"no": no} | dict(item)) for no, item in enumerate(told, 1))
    read = _reader(kind, name)
    return tuple(map(read, told))


def _decimal(name: str, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{name}: {value}")
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _date(_: str, value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _plain(kind: Any, name: str, value: Any) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{name}: {value}")
    return value


def _figure(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value
