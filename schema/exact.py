"""Decimals digit for digit: in arithmetic and as text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, localcontext

MOST_DIGITS = 320  # of a figure: what has more, before the point and after it, is none (a spreadsheet's own end at 309)
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
