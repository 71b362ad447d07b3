"""A pack as its YAML has it: name, place, years, and for each rule its clause, its parameters, how heavy it weighs and what is said."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from schema.codes import CODES
from schema.errors import PackError
from schema.packs import across as across  # these register their rules
from schema.packs import rules as rules
from schema.packs import whole as whole
from schema.packs import whole_store as whole_store
from schema.packs.rule import RULES, SAID

SEVERITIES = {"must": "必须", "should": "应当", "may": "提示"}  # the heaviest first
_KEYS = frozenset(("name", "title", "document", "place", "years", "rules"))
_OF_RULE = frozenset(("kinds", "clause", "severity", "says", "parameters", "uncertain", "examples"))


@dataclass(frozen=True, slots=True)
class Example:
    """A record that a rule is tried on; finds: how many findings it must give; others: the unit's other records."""

    record: Mapping[str, Any]
    finds: int
    others: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """A rule as a pack has it. kinds: of forms it looks at; says: the sentence, with what the rule tells in braces; uncertain: why it is off,
    None where it is on."""

    rule: str
    kinds: tuple[str, ...]
    clause: str
    severity: str
    says: str
    parameters: Mapping[str, Any]
    uncertain: str | None
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """Rules of a place and some years. place: a part of the names of province, city or county, None for everywhere; years: first and last fiscal
    year, None where open."""

    name: str
    title: str
    document: str
    place: str | None
    years: tuple[int | None, int | None]
    clauses: tuple[Clause, ...]

    def holds(self, places: Iterable[str | None], year: int | None) -> bool:
        """Is it in force for a unit in some places (province, city, county, its name) in a year? An unstated year is any."""
        first, last = self.years
        of_place = self.place is None or any(place and self.place in place for place in places)
        return of_place and (year is None or (first or 0) <= year <= (last or 9999))


def load(source: Path | Traversable) -> Pack:
    """One pack. Raises PackError with file, place and remedy."""
    try:
        told = yaml.load(source.read_text(encoding="utf-8"), Loader=_Exact)
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(source, f"规则包无法读取（{error}）", "请用UTF-8编码的YAML") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise PackError(source, f"{f'第{mark.line + 1}行: ' if mark else ''}不是YAML", "请检查缩进和引号") from None
    return _pack(told, source)


class _Exact(yaml.SafeLoader):
    """Figures are read digit for digit."""


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)))


_Exact.add_constructor("tag:yaml.org,2002:float", _decimal)


def _pack(told: Any, source: object) -> Pack:
    if not isinstance(told, dict) or set(told) != _KEYS:
        wrong = "、".join(sorted(set(told) ^ _KEYS)) if isinstance(told, dict) else str(told)[:40]
        raise PackError(source, f"多出或缺少“{wrong}”", f"应有：{'、'.join(sorted(_KEYS))}")
    years = told["years"]
    if not isinstance(years, list) or len(years) != 2 or not all(y is None or type(y) is int for y in years):
        raise PackError(source, f"years不能是“{years}”", "请写成[首年, 末年]，不限的写null")
    if not isinstance(told["rules"], dict) or not told["rules"]:
        raise PackError(source, "没有rules", "请至少写一条规则")
    clauses = tuple(_clause(name, of, f"{source}的{name}") for name, of in told["rules"].items())
    place = None if told["place"] is None else str(told["place"])
    return Pack(str(told["name"]), str(told["title"]), str(told["document"]), place, (years[0], years[1]), clauses)


def _clause(name: str, told: Any, place: str) -> Clause:
    rule = RULES.get(name)
    if rule is None:
        raise PackError(place, "没有这条规则", f"可用：{'、'.join(RULES)}")
    if not isinstance(told, dict) or set(told) - _OF_RULE:
        wrong = "、".join(sorted(set(told) - _OF_RULE)) if isinstance(told, dict) else str(told)[:40]
        raise PackError(place, f"不认识“{wrong}”", f"可用：{'、'.join(sorted(_OF_RULE))}")
    kinds = told.get("kinds") or list(CODES["kind"])
    if not isinstance(kinds, list) or set(kinds) - set(CODES["kind"]):
        raise PackError(place, f"没有“{kinds}”这种表", f"可用：{'、'.join(CODES['kind'])}")
    if told.get("severity") not in SEVERITIES:
        raise PackError(place, f"severity不能是“{told.get('severity')}”", f"可用：{'、'.join(SEVERITIES)}")
    if not told.get("clause") or not told.get("says"):
        raise PackError(place, "没有clause或says", "请写明依据的条款和要说的话")
    strange = [
        key for _, key, _, _ in string.Formatter().parse(str(told["says"])) if key is not None and key not in SAID
    ]
    if strange:
        raise PackError(place, f"says里没有“{'、'.join(strange)}”可用", f"可用：{'、'.join(sorted(SAID))}")
    parameters = told.get("parameters") or {}
    if not isinstance(parameters, dict) or parameters.keys() - rule.parameters.keys():
        raise PackError(place, f"没有参数“{'、'.join(map(str, parameters))}”", f"可用：{'、'.join(rule.parameters)}")
    given = dict(rule.parameters) | parameters
    if (trouble := rule.trouble(given)) is not None:
        raise PackError(place, trouble, "见规则说明 ziping packs show")
    examples = tuple(_example(one, place) for one in told.get("examples") or ())
    uncertain = told.get("uncertain")
    return Clause(
        name, tuple(kinds), str(told["clause"]), told["severity"], str(told["says"]), given,
        None if uncertain is None else str(uncertain), examples,
    )  # fmt: skip


def _example(told: Any, place: str) -> Example:
    if not isinstance(told, dict) or set(told) - {"others"} != {"record", "finds"} or type(told["finds"]) is not int:
        raise PackError(
            place, "例子写法不对", "请写record（记录）、finds（应发现几处），需要时写others（同一单位的其他记录）"
        )
    return Example(told["record"], told["finds"], tuple(told.get("others") or ()))


# ---------------------------------------------------------------- those that ship, and a team's own
@lru_cache
def shipped() -> tuple[Pack, ...]:
    """The packs that ship, by name."""
    sources = sorted((f for f in files(__package__).iterdir() if f.name.endswith(".yml")), key=lambda f: f.name)
    return tuple(load(source) for source in sources)


def packs(own: Path | None = None) -> tuple[Pack, ...]:
    """The packs that ship, and above them those of a team's own folder: one of the same name takes its place. Raises PackError."""
    stamps = tuple((str(f), f.stat().st_mtime_ns) for f in sorted(own.glob("*.yml"))) if own is not None else ()
    return _with_own(stamps)


@lru_cache(maxsize=4)
def _with_own(stamps: tuple[tuple[str, int], ...]) -> tuple[Pack, ...]:
    """The packs that ship with those of some files, read once as long as none changes."""
    found = {pack.name: pack for pack in shipped()} | {
        pack.name: pack for pack in (load(Path(name)) for name, _ in stamps)
    }
    return tuple(found.values())


def in_force(every: Sequence[Pack], places: Sequence[str | None], year: int | None) -> list[tuple[Pack, Clause]]:
    """The clauses for a unit in some places in a year: of a rule that several packs have, that of the nearest place."""
    near = [str(place) for place in places if place]
    out: dict[str, tuple[int, Pack, Clause]] = {}
    for pack in every:
        if not pack.holds(places, year):
            continue
        rank = 0 if pack.place is None else 1 + next(i for i, place in enumerate(near) if pack.place in place)
        for clause in pack.clauses:
            if clause.uncertain is None and (clause.rule not in out or out[clause.rule][0] < rank):
                out[clause.rule] = (rank, pack, clause)
    return [(pack, clause) for _, pack, clause in out.values()]
