"""Layout descriptions (layouts/README.md): the picture of a form with its values taken out, loaded and bound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from schema.records import CATEGORIES, LISTS, Report, about

FOLDER = Path(__file__).parent / "layouts"
HOLE = re.compile(r"\{([^{}]*)\}")
FORM = frozenset(
    "title fiscal_year unit project supervisor implementer self_score grade prepared_by phone leader reported_on annual_goal duties "
    "deviation improvement".split()
)
_DERIVED = {"no", "side", "extra", "category", "target_value", "actual_value"}
FIELDS = {name: frozenset(about(record)) - _DERIVED for name, record in LISTS.items()}
INDICATOR = FIELDS["indicators"] | {"op", "figure", "actual_figure"}


@dataclass(frozen=True)
class Group:
    """Level 1 and 2 as printed, the category of their indicators, and level 3 where the form prescribes it."""

    level1: str
    level2: str
    code: str | None
    level3: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """A form without its values. rate: how an execution rate is printed; money: 万元 or 元."""

    name: str
    place: str
    year: int
    kind: str
    picture: str
    money: str = "万元"
    rate: str = "percent"
    funds: dict[str, list[str]] = field(default_factory=dict)
    levels: tuple[Group, ...] = ()
    held_out: bool = False

    def holes(self, rows: bool = False) -> Iterator[str]:
        """What stands in the braces of the picture; rows: of the repeated rows, else of all others."""
        for line in self.picture.splitlines():
            if line.lstrip().startswith("|*") is rows:
                yield from HOLE.findall(line)


def load(path: Path) -> Layout:
    """One layout. Raises ValueError with the file and what is wrong with it."""
    told: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    unknown = told.keys() - {
        "place", "year", "kind", "note", "money", "rate", "funds", "levels", "picture", "held_out",
    }  # fmt: skip
    if unknown or not {"place", "year", "kind", "picture"} <= told.keys():
        raise ValueError(f"{path}: unknown or missing keys ({', '.join(sorted(unknown)) or 'place year kind picture'})")
    layout = Layout(
        path.stem, told["place"], int(told["year"]), told["kind"], told["picture"], told.get("money", "万元"),
        told.get("rate", "percent"), told.get("funds") or {}, tuple(_groups(path, told.get("levels") or {})),
        bool(told.get("held_out")),
    )  # fmt: skip
    for hole in layout.holes():
        if not _known(hole):
            raise ValueError(f"{path}: {{{hole}}} names no field of a form")
    for hole in layout.holes(rows=True):
        name = hole.split("=")[0].rstrip("^.%")
        if name not in INDICATOR and not name.startswith(("extra:", "?")):
            raise ValueError(f"{path}: {{{hole}}} names no field of an indicator")
    return layout


def all_layouts(folder: Path = FOLDER) -> list[Layout]:
    return [load(path) for path in sorted(folder.glob("*.yml"))]


def _groups(path: Path, levels: dict[str, Any]) -> Iterator[Group]:
    for level1, below in levels.items():
        for level2, told in below.items():
            named = told if isinstance(told, dict) else {"code": told}
            code = named.get("code")
            if code is not None and code not in CATEGORIES:
                raise ValueError(f"{path}: {code} is no category")
            yield Group(str(level1), str(level2), code, tuple(map(str, named.get("level3") or ())))


def _known(hole: str) -> bool:
    name = hole.split("=")[0]
    if name.startswith(("?", "extra:", "basic:")) or name in FORM or name in ("level1", "level1_weight"):
        return True
    owner, _, name = name.partition(".")
    if owner == "report":
        return name in about(Report)
    name = "label" if name.startswith("extra:") else name
    row = re.fullmatch(r"(goal|task|management)\d+", owner)
    if row:
        return name in FIELDS[row[1] if row[1] == "management" else f"{row[1]}s"] or name == "label"
    return name in FIELDS["funds"]
