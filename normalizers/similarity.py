"""A heading that the vocabulary does not hold: the known spelling most like it, and whether the cells below agree.

Measured (`python -m tests.thresholds`, 36 layouts, every heading held back in turn, 2026-11-21): headings taken right and wrong
at MIN_SIMILARITY 0.65, 0.70, 0.75 with MIN_LEAD 0.05: 344 and 2, 306 and 1, 295 and 1 (MIN_LEAD 0.10); at 0.85 only 87 are taken at all. By
spelling alone, each row of the vocabulary held back (tests/normalizers/test_similarity.py), of those that get a proposal 92 %, 95 %,
96 % are right: the cells below and the columns beside decide the rest. 0.70 is where more takings begin to cost wrong ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance.Indel import normalized_similarity

from normalizers.text import blank, squeeze
from normalizers.values import number
from schema.records import Kind

MIN_SIMILARITY = 0.7  # the least likeness of two spellings that may mean the same
MIN_LEAD = 0.05  # how far the best field's spelling must be ahead of the next field's
WORTH_SHOWING = 0.35  # the least likeness that is worth a person's look
_TOLD_APART = 0.8  # what is left of a likeness for each telling word that only one of two spellings has
_SHORT = 40  # characters of a name, of a target
_FEW = 0.2  # share of cells that may be otherwise than the field promises
# Words that decide what a heading means: two headings are alike only if they share them. Some stand for each other.
_TELLING = re.compile(
    "上年|去年|下年|执行|支出|到位|批复|安排|决算|追加|系数|复核|复评|折算|调整|年初|方向|符号|得分|分值|权重|分数|扣分|[一二三四]级|原因|依据|标准|材料|名称|来源|内容|内涵|数字|"
    "未|不|无|是否|比|率|差|类|及|和|与|单位|值|目标|预期|预设|计划|实际|完成|达成|指标(?=$)|说明|情况"
)
_SAME = {
    "和": "及",
    "与": "及",
    "达成": "完成",
    "实际": "完成",
    "预期": "目标",
    "预设": "目标",
    "计划": "目标",
    "分数": "分值",
}


@dataclass(frozen=True, slots=True)
class Match:
    """A proposal: the field, the known spelling it rests on, how alike they are (0 to 1)."""

    field: str
    spelling: str
    likeness: float
    why: str | None = None  # what the proposal rests on where it is no spelling

    @property
    def reason(self) -> str:
        return self.why or f"近似“{self.spelling}”（{self.likeness:.2f}）"


def best_match(spelling: str, known: Sequence[tuple[str, str]]) -> Match | None:
    """The field whose spelling is most like this one; None where none is like enough, or two fields are.

    known: (spelling, field) of one block.
    """
    told = telling(spelling)
    best: dict[str, tuple[float, str]] = {}
    for other, field in known:
        if 2 * min(len(other), len(spelling)) < MIN_SIMILARITY * (len(other) + len(spelling)) or telling(other) != told:
            continue
        likeness = normalized_similarity(other, spelling)
        if likeness > best.get(field, (0.0, ""))[0]:
            best[field] = likeness, other
    ranked = sorted(((score, field, other) for field, (score, other) in best.items()), reverse=True)
    if not ranked or ranked[0][0] < MIN_SIMILARITY:
        return None
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < MIN_LEAD:
        return None
    score, field, other = ranked[0]
    return Match(field, other, score)


def best_guess(spelling: str, known: Sequence[tuple[str, str]]) -> Match | None:
    """The field of the spelling most like this one, for a person to decide on; telling words count double."""
    told = telling(spelling)
    best = max(
        ((_shared(told, telling(other)) + normalized_similarity(spelling, other), field, other)
         for other, field in known),
        default=None,
    )  # fmt: skip
    return Match(best[1], best[2], best[0] / 2) if best is not None and best[0] / 2 >= WORTH_SHOWING else None


class Index:
    """Known spellings by their characters and pairs of neighbours, each with its weight."""

    def __init__(self, known: Sequence[tuple[str, str]], weight: Callable[[str], float]) -> None:
        """known: (spelling, field) of one block; weight: of a character or a pair. It must not depend on what is known: else a new spelling
        would change what headings are like that have nothing in common with it."""
        self._known = [(spelling, field, grams_of(spelling)) for spelling, field in known]
        self._weight = weight

    def likeness(self, spelling: str) -> dict[str, Match]:
        """Per field its most similar spelling; how alike they are: the share of weight that both have in common (0 to 1)."""
        own, told, weight = grams_of(spelling), telling(spelling), self._weight
        out: dict[str, Match] = {}
        for other, field, grams in self._known:
            both = own & grams
            if both:
                shared = sum(map(weight, both)) / sum(map(weight, own | grams))
                shared *= _TOLD_APART ** len(told ^ telling(other))
                if field not in out or shared > out[field].likeness:
                    out[field] = Match(field, other, shared)
        return out


def grams_of(spelling: str) -> frozenset[str]:
    """The characters of a spelling and its pairs of neighbours."""
    return frozenset(spelling) | {spelling[i : i + 2] for i in range(len(spelling) - 1)}


def _shared(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a | b else 0.0


def cells_fit(kind: Kind | None, cells: Sequence[str]) -> bool:
    """Do the cells below a heading hold what a field of this kind holds? Blank cells say nothing; no cell at all does not agree."""
    stated = [cell for cell in cells if not blank(cell)]
    if not stated:
        return False
    figures = [figure.value for cell in stated if (figure := number(cell)) is not None]
    share = len(figures) / len(stated)
    if kind == Kind.POINTS:
        return share >= 1 - _FEW and all(0 <= figure <= 100 for figure in figures)
    if kind in (Kind.MONEY, Kind.RATE):
        return share >= 1 - _FEW
    if kind in (Kind.TEXT, Kind.NAME):
        return share <= _FEW
    if kind == Kind.LINE:
        return sum(len(squeeze(cell)) <= _SHORT for cell in stated) >= (1 - _FEW) * len(stated)
    if kind == Kind.BODY:
        return not figures and all(4 <= len(squeeze(cell)) <= _SHORT for cell in stated)
    if kind == Kind.SIGN:
        return all(len(squeeze(cell)) <= 4 for cell in stated)
    return True


@lru_cache(maxsize=4096)
def telling(spelling: str) -> frozenset[str]:
    return frozenset(_SAME.get(word, word) for word in _TELLING.findall(spelling))
