"""Records from their plain form: what RECORDS.md has as JSON, as the dataclasses of records.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
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
    hints = _hints(kind)
    if unknown := told.keys() - hints.keys():
        raise ValueError(f"{kind.__name__}: {', '.join(sorted(unknown))}")
    return kind(**{name: _value(hints[name], value, name) for name, value in told.items()})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _value(hint: Any, value: Any, name: str) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        return _value(kinds[0], value, name) if len(kinds) == 1 else _figure(value)
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        return tuple(_numbered(inner, item, no, name) for no, item in enumerate(value, 1))
    if get_origin(hint) is dict:
        return {str(key): _figure(item) for key, item in value.items()}
    if is_dataclass(hint):
        return _record(hint, value)
    if hint is Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise ValueError(f"{name}: {value}")
        return value if isinstance(value, Decimal) else Decimal(str(value))
    if hint is date:
        return value if isinstance(value, date) else date.fromisoformat(value)
    if not isinstance(value, hint):
        raise ValueError(f"{name}: {value}")
    return value


def _numbered(kind: Any, item: Any, no: int, name: str) -> Any:
    if is_dataclass(kind) and isinstance(item, Mapping) and "no" in _hints(kind):  # type: ignore[arg-type]
        return _record(kind, {"no": no} | dict(item))
    return _value(kind, item, name)


def _figure(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value
