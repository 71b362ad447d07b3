"""A layout as people confirm it: which blocks a table has, what their columns and labels are. Plain values; confirmed.py finds and binds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Part:
    """A block of a confirmed table. rows: the texts of its heading rows; columns: the field of each column under them, left to right
    (indicators); words: what other headings and labels of it mean; begins: the text of the first cell of a block without heading rows;
    until: that of the first cell behind it; form: does another form begin with it (True), or
    does it go on with the one above, whatever stands over it (False)?"""

    block: str
    rows: tuple[tuple[str, ...], ...] = ()
    columns: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    begins: str | None = None
    until: str | None = None
    form: bool | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A layout that people have confirmed, by its name. kind: of its forms, None where their title says it."""

    name: str
    kind: str | None
    tables: tuple[tuple[Part, ...], ...]
