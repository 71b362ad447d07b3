"""Decimals digit for digit: in arithmetic, as text, and in a store that has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, localcontext
from typing import Any

from sqlalchemy import Dialect, Numeric, TypeDecorator, types

MOST_DIGITS = (
    320  # of a figure: what has more, before the point and after it, is none (a spreadsheet's own end at 309)
)
_PRECISION = 3 * MOST_DIGITS  # products of two figures and long sums are exact


def exact(value: Decimal) -> Decimal:
    """A number with the digits that count, however many: 3393.90 is 3393.9, 1.00 is 1."""
    text = f"{value:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def figure(text: str) -> Decimal | None:
    """The number that a text writes; None where it is not finite or has more than MOST_DIGITS digits. Raises
    decimal.InvalidOperation where it writes no number at all."""
    value = Decimal(text)
    return value if value.is_finite() and _digits(value) <= MOST_DIGITS else None


def _digits(value: Decimal) -> int:
    """How many digits a finite number has when written out."""
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    return max(len(digits), len(digits) + exponent, -exponent)


@contextmanager
def exactly() -> Iterator[None]:
    """Inside it arithmetic with figures rounds nothing."""
    with localcontext() as context:
        context.prec = _PRECISION
        yield


class _Untyped(types.UserDefinedType[Any]):
    """A SQLite column without a declared type: it keeps REAL as REAL and TEXT as TEXT."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return ""


class Exact(TypeDecorator[Decimal]):
    """A decimal that comes back digit for digit.

    SQLite has no decimals. A number that a float holds exactly as written (up to 15 digits: every amount
    a form states) is stored as REAL or INTEGER, so that SQL can sum and compare it; a longer one is
    stored as its text.
    """

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        return dialect.type_descriptor(_Untyped() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        if value == value.to_integral_value() and abs(value) < 2**53:
            return int(value)
        near = float(value)
        return near if Decimal(repr(near)) == value else f"{value:f}"

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        if value is None:
            return None
        return value if isinstance(value, Decimal) else Decimal(str(value))
