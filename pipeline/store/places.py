"""The province, city and county that a unit's name begins with, with the code of GB/T 2260, only where they are certain.

`places.csv` holds the divisions of 2020 and a few made since; a name that was given up before has the last year of its code in
`until` (a source of the codes: 民政部, 中华人民共和国行政区划代码).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache

from normalizers.text import squeeze
from normalizers.vocabulary import folder

_BEFORE = re.compile("^(?:中国共产党|中共|国家税务总局|国家统计局|中华人民共和国)")
_SHORT = re.compile("(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)$")


@dataclass(frozen=True, slots=True)
class Place:
    """Each None where the name does not say it for certain; code: of the smallest of the three."""

    province: str | None
    city: str | None
    county: str | None
    code: str | None


def place(unit: str | None) -> Place | None:
    """The place a unit's name begins with: `湖南省衡阳市…`, `惠东县…`. None where it begins with none, or with a name that several
    places have (`鼓楼区…`)."""
    rest = _BEFORE.sub("", squeeze(unit or ""))
    found: set[str] | None = None  # the codes that fit all names so far
    while step := _step(rest, found):
        found, rest = step
    if not found:
        return None
    return _place(found.pop() if len(found) == 1 else _common(found))


def _step(rest: str, within: set[str] | None) -> tuple[set[str], str] | None:
    """The codes of the longest name that `rest` begins with, below those of the name before it."""
    names = _names()
    for length in range(min(len(rest), _longest()), 1, -1):
        name = rest[:length]
        codes = {c for c in names.get(name, ()) if within is None or any(_below(c, w) for w in within)}
        vague = within is None and length == 2 and name.endswith("区")  # 东区, 城区: a word as well as a name
        if codes and not vague:
            return codes, rest[length:]
    if within is None:
        for short, code in _provinces().items():
            if rest.startswith(short) and _step(rest[len(short) :], {code}):
                return {code}, rest[len(short) :]
    return None


def _below(code: str, above: str) -> bool:
    return code != above and code.startswith(above.removesuffix("00").removesuffix("00"))


def _common(codes: set[str]) -> str | None:
    provinces = {code[:2] + "0000" for code in codes}
    return provinces.pop() if len(provinces) == 1 else None


def _place(code: str | None) -> Place | None:
    if code is None:
        return None
    names = _of_code()
    province, city = code[:2] + "0000", code[:4] + "00"
    return Place(
        names[province],
        names.get(city) if city != province else None,
        names[code] if not code.endswith("00") else None,
        code,
    )


@cache
def _rows() -> list[tuple[str, str, str]]:
    lines = folder().joinpath("places.csv").read_text(encoding="utf-8").splitlines()
    return [(row[0], row[1], row[2]) for row in list(csv.reader(lines))[1:]]


@cache
def _of_code() -> dict[str, str]:
    """Every code's name, its last one."""
    return {code: name for code, name, _ in sorted(_rows(), key=lambda row: row[2] or "9999")}


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """The codes of every name; where a place kept its name under a newer code, the newer."""
    out: dict[str, dict[str, tuple[str, str]]] = {}
    for code, name, until in _rows():
        kept = out.setdefault(name, {})
        key = code if not until else code[:2]
        if until and any(other.startswith(code[:2]) for other, _ in kept.values()):
            continue
        kept[key] = code, until
    return {name: tuple(code for code, _ in kept.values()) for name, kept in out.items()}


@cache
def _longest() -> int:
    return max(map(len, _names()))


@cache
def _provinces() -> dict[str, str]:
    """The short names of the provinces, which stand before a city's: 湖南, 内蒙古."""
    return {_SHORT.sub("", name): code for code, name, _ in _rows() if code.endswith("0000")}
