"""What columns hold and what they stand behind, by the field they name: counts learnt from made forms, read as log odds.

The counts lie in vocabulary/roles.csv; `make evidence` renews them (data/maker/evidence.py). A field that was seen seldom says little: its
counts are mixed with those of all fields together.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources.abc import Traversable
from math import log

from normalizers.text import blank, squeeze
from normalizers.values import number, quantity
from schema import numbering

START, END = "^", "$"  # what stands before the first column and behind the last one
EXTRA = "extra"  # a column that no field of ours is for
COLUMNS = ("block", "role", "evidence", "value", "count")

# How much each evidence counts beside the others, chosen on the made forms with each layout held out of the counts in turn.
_CELLS, _RUN, _DISTINCT = 0.6, 0.5, 0.3
_ENOUGH = 4  # cells that say as much as any more of their column: they are not independent
_MOST = 12  # cells that are looked at
_OF_ANY = 0.3  # a column of no field may hold anything: what its cells say counts less
_PRIOR = {"cell": 2.0, "run": 2.0, "distinct": 2.0, "after": 3.0}  # columns that all fields together count for
_COMMON = 0.3  # the weight of what stands in every spelling
_RARELY = 0.02  # the least share of a role behind another: layouts are many, those counted few
TEXTS = frozenset(("phrase", "described", "text"))  # kinds of what is longer than a name
_SIGNS = frozenset("≥≤＞＜><=＝")
_GROUP = re.compile(
    "(?:项目)?(?:产出|效益|满意度|服务满意度|投入|过程|效果|成本|决策|履职效能|管理效率|社会效应|可持续)(?:指标|目标)?(?:类)?"
)
_PART_OF_GROUP = re.compile(
    "(?:(?:产出)?(?:数量|质量|时效|成本)|(?:经济|社会|生态|环境)(?:效益|成本)|可持续(?:影响|发展)|(?:服务对象|社会公众|社会公众或服务对象|受益对象)满意度)(?:指标|目标)?"
)
_MEASURE = re.compile(
    "[百千]?万?元|[万亿]|[%％‰]|百分[比点]|个?百分点|个|只|件|项|次|期|批|场|份|篇|部|本|册|条|处|座|栋|间|所|家|户|人|名|位|例|台|套|辆|艘|架|头|株|棵|盏|块|张|片|根|眼|口|"
    "人次|场次|批次|户次|班次|人天|课时|学时|小时|分钟|天|日|周|月|季度?|年|个月|工作日|分|元/.{1,4}|[个人户件次份吨米亩]/.{1,4}|"
    "[千平立]?方?[米克]|平方公里|公里|千米|米|厘米|毫米|公顷|亩|万亩|吨|万吨|公斤|千克|克|升|度|千瓦时?|立方"
)
_NOTED_POINTS = re.compile(r"[（(]\d+(?:\.\d+)?分?[)）]$")
_POINTS_BEHIND = re.compile(r"[（(]?\d+(?:\.\d+)?分?[)）]?$")


@dataclass(frozen=True, slots=True)
class Look:
    """What stands below a heading. kinds: of its cells, a merged one once; run: have rows a cell of their own there (`each`, `some`,
    `few`); distinct: are their texts different ones (`all`, `many`, `same`); `none` where there is too little to say."""

    kinds: tuple[str, ...]
    run: str
    distinct: str


def look(cells: Sequence[str], rows: int) -> Look:
    """The look of a column: its cells down the rows, those merged over several once; rows: how many rows it stands in."""
    share = len(cells) / rows if rows else 0.0
    run = "none" if not rows else "each" if share >= 0.9 else "some" if share >= 0.45 else "few"
    texts = [text for cell in cells if (text := squeeze(cell))]
    apart = len(set(texts)) / len(texts) if len(texts) > 1 else None
    distinct = "none" if apart is None else "all" if apart == 1 else "many" if apart >= 0.5 else "same"
    return Look(tuple(kind_of(cell) for cell in cells[:_MOST]), run, distinct)


@lru_cache(maxsize=8192)
def kind_of(text: str) -> str:
    """The kind of a cell's text: a figure's, a quantity's, that of a group's name or of its part's, of a measure, else by its length."""
    if blank(text):
        return "blank"
    plain = squeeze(text)
    figure = number(plain)
    if figure is not None:
        if figure.unit not in ("", "分"):
            return "percent" if figure.unit == "%" else "quantity"
        return "points" if 0 <= figure.value <= 100 else "figure"
    if plain[0] in _SIGNS:
        return "signed" if len(plain) > 1 else "sign"
    if is_group(plain):
        return "group"
    if _PART_OF_GROUP.fullmatch(_POINTS_BEHIND.sub("", _name(plain))):
        return "part of group"
    if _MEASURE.fullmatch(plain):
        return "measure"
    plain = _name(plain)
    if quantity(plain) is not None:
        return "quantity" if len(plain) <= 15 else "described"
    return next((name for name, most in (("word", 4), ("name", 12), ("phrase", 25)) if len(plain) <= most), "text")


def _name(text: str) -> str:
    """A name without its list number and its points, which make no quantity of it: `指标1：保洁里程`, `决策（20分）`."""
    behind = numbering.behind(text, "指标", "目标", "任务")
    return _NOTED_POINTS.sub("", numbering.without(behind if behind is not None else text)) or text


def is_group(text: str) -> bool:
    """Is a text the name of a level 1 as most forms have it: `产出指标（50分）`?"""
    return _GROUP.fullmatch(_POINTS_BEHIND.sub("", text)) is not None


class Roles:
    """The counts of one block, as log odds against all its fields together."""

    def __init__(self, counts: Iterable[tuple[str, str, str, float]]) -> None:
        """counts: (role, evidence, value, count); the value of `after` is the role before; `part`: in how many spellings of the vocabulary a
        character or a pair of neighbours stands, `spelling`: how many there are."""
        self._parts: dict[str, float] = {}
        self._spellings = 0.0
        self._counts: dict[str, dict[str, Counter[str]]] = {name: defaultdict(Counter) for name in _PRIOR}
        for role, evidence, value, count in counts:
            if evidence == "part":
                self._parts[value] = count
            elif evidence == "spelling":
                self._spellings = count
            elif evidence == "after":  # of what stands behind a role
                self._counts[evidence][value][role] += count  # type: ignore[assignment]
            else:
                self._counts[evidence][role][value] += count  # type: ignore[assignment]
        self._all = {name: sum(of.values(), Counter[str]()) for name, of in self._counts.items()}
        self.names = tuple(sorted({*self._counts["cell"], EXTRA}))

    def cells(self, role: str, seen: Look) -> float:
        """How much better than any field's a role's columns explain what stands below."""
        odds = _RUN * self._odds("run", role, seen.run) + _DISTINCT * self._odds("distinct", role, seen.distinct)
        if seen.kinds:
            mean = sum(self._odds("cell", role, kind) for kind in seen.kinds) / len(seen.kinds)
            odds += _CELLS * min(len(seen.kinds), _ENOUGH) * mean
        return odds * (_OF_ANY if role == EXTRA else 1.0)

    @lru_cache(maxsize=4096)  # noqa: B019 - the counts live as long as the vocabulary
    def order(self, before: str, role: str) -> float:
        """The log of how often a role stands behind another; whatever was never seen there may be there once."""
        return log(max(self._share("after", before, role), _RARELY))

    def weight(self, part: str) -> float:
        """How much a character or pair of a heading tells: the rarer, the more."""
        return log((self._spellings + 1) / (self._parts.get(part, 0.0) + 1)) + _COMMON

    @lru_cache(maxsize=4096)  # noqa: B019
    def _odds(self, evidence: str, role: str, value: str) -> float:
        return log(self._share(evidence, role, value) / self._of_all(evidence, value))

    def _share(self, evidence: str, given: str, value: str) -> float:
        counted, prior = self._counts[evidence].get(given, Counter()), _PRIOR[evidence]
        return (counted[value] + prior * self._of_all(evidence, value)) / (counted.total() + prior)

    def _of_all(self, evidence: str, value: str) -> float:
        counted = self._all[evidence]
        return (counted[value] + 0.5) / (counted.total() + 0.5 * (len(counted) + 1))


def load(source: Traversable) -> dict[str, Roles]:
    """The counts of each block in roles.csv."""
    counts: dict[str, list[tuple[str, str, str, float]]] = defaultdict(list)
    with source.open("r", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            counts[row["block"]].append((row["role"], row["evidence"], row["value"], float(row["count"])))
    return {block: Roles(rows) for block, rows in counts.items()}
