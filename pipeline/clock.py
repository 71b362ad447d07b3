"""When something is written, and by whom."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime


def now() -> str:
    """The time of day as the store writes it: UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def person() -> str | None:
    """Who runs this, as the system names them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None
