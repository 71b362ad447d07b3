"""The type of columns that hold figures: decimals, digit for digit on both stores."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Dialect, Numeric, TypeDecorator, types


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
