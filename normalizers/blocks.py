"""Parts a table into blocks: title, head, funds, goals, tasks, indicators, basics.

All rows are parted jointly: what the words of a row begin (starts.py) weighs most, what else is seen of it (seen.py, rows.py) may outvote it, and the
parting of the whole table that is likeliest is taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import exp, log

from normalizers.columns import supposed
from normalizers.fund_columns import begins
from normalizers.grid import Block, Grid
from normalizers.roles import TEXTS, kind_of
from normalizers.seen import given, seen
from normalizers.spelling import LONGEST
from normalizers.starts import indicator_band, same_band, starts
from normalizers.values import number
from normalizers.vocabulary import Vocabulary

_WORDS = 2.2  # what the words of a row say against all other kinds, beside the weights of rows.csv
_FREE = ("head", "goals", "tasks", "unknown")  # may begin without any word that is known
_NEVER = log(0.0001)  # a kind that no weight is for
_TOLD = frozenset(("title", "staging", "people", "annual_goal", "management", "note"))  # only their words tell
_SUPPOSED = 4.0  # what it costs to take headings that nobody knows for those of indicators, where the cells below do not say so clearly
_GUESSED = 0.6  # how sure rows below them are
_LIKELY = log(0.05)  # a kind that is likelier than that is followed
_SURE = 0.98  # a row is where it belongs, as good as surely
_WIDE = 4  # partings that are followed at once


@dataclass(frozen=True, slots=True)
class _Parting:
    """The rows so far, parted: the last block, still open, and what stands before it."""

    score: float
    block: Block | None = None
    before: _Parting | None = None

    @property
    def kind(self) -> str | None:
        return self.block.kind if self.block else None

    def blocks(self) -> list[Block]:
        out: list[Block] = []
        at: _Parting | None = self
        while at is not None and at.block is not None:
            out.append(at.block)
            at = at.before
        return out[::-1]

    def goes_on(self, deep: int, said: float) -> _Parting:
        assert self.block is not None
        return replace(self, score=self.score + said, block=replace(self.block, stop=self.block.stop + deep))


def cut(grid: Grid, vocabulary: Vocabulary, basics: bool) -> list[Block]:
    """The blocks of a table in reading order; rows that fit none form blocks of kind `unknown`.

    basics: the table stands under the title of a 基础数据表, where every other row is a row of figures.
    """
    reader = _Reader(grid, vocabulary, basics)
    open_at: dict[int, dict[str | None, _Parting]] = {0: {None: _Parting(0.0)}}
    for row in range(len(grid.rows)):
        here = open_at.pop(row, {}).values()
        for parting in sorted(here, key=lambda p: -p.score)[:_WIDE]:
            for after, deep in reader.after(parting, row):
                others = open_at.setdefault(min(row + deep, len(grid.rows)), {})
                if after.kind not in others or after.score > others[after.kind].score:
                    others[after.kind] = after
    blocks = max(open_at[len(grid.rows)].values(), key=lambda p: p.score).blocks() if grid.rows else []
    grid.doubts = dict(reader.doubts(blocks))
    return blocks


class _Reader:
    """The rows of one table; guards what is seen of each, worked out once."""

    def __init__(self, grid: Grid, vocabulary: Vocabulary, basics: bool) -> None:
        self.grid, self.vocabulary, self.basics = grid, vocabulary, basics
        self.weights = vocabulary.rows
        self._seen: dict[int, tuple[tuple[str, ...], list[float]]] = {}
        self._begin: dict[tuple[int, str | None], tuple[str | None, int]] = {}

    def after(self, parting: _Parting, row: int) -> Iterator[tuple[_Parting, int]]:
        """The partings that may follow in a row, and how many rows each takes."""
        if not self.grid.filled(row):
            yield (parting.goes_on(1, 0.0) if parting.block else parting), 1
            return
        begun, header = self._begins(row, parting.kind)
        deep = max(header, 1)
        kind = begun
        if begun is None and parting.kind in (None, "title", "staging"):
            kind = "basics" if self.basics else "unknown"
        if kind == parting.kind == "indicators" and parting.block and same_band(self.grid, parting.block, row, header):
            kind = None  # the headings again, after a page
        told = self._told(row, begun, parting.block) or (kind or parting.kind) in _TOLD
        likely = {} if told else self._likely(row, parting.kind, begun)
        said = 0.0 if told else likely.get(str(kind or parting.kind), _NEVER)
        if kind is None:
            yield parting.goes_on(deep, said), deep
        else:
            yield self._begun(parting, Block(kind, row, row + deep, header), said), deep
        if told:
            return
        goes_on = likely.get(str(parting.kind), _NEVER)
        if kind is not None and parting.kind not in (None, "title", "staging") and goes_on > _LIKELY:
            yield parting.goes_on(1, goes_on - _WORDS), 1
        if (
            parting.kind != "indicators"
            and kind != "indicators"
            and (band := supposed(self.grid, row, self.vocabulary))
        ):
            yield self._begun(parting, Block("indicators", row, row + band, band), -_SUPPOSED), band
        for free in _FREE:
            if free not in (kind, parting.kind) and likely.get(free, _NEVER) > _LIKELY:
                yield self._begun(parting, self._freely(free, row), likely[free] - _WORDS), 1

    def doubts(self, blocks: list[Block]) -> Iterator[tuple[int, float]]:
        """The rows of which it is not sure to what block they belong, and how sure it is (0 to 1)."""
        if self.basics:
            return
        before = None
        for block in blocks:
            band = range(block.start, block.start + max(block.header, 1))
            guess = block.kind == "indicators" and self._begins(block.start, before)[0] != "indicators"
            for row in range(block.start, block.stop):
                begun, _ = self._begins(row, before)
                told = row in band[1:] or block.kind in _TOLD or self._told(row, begun, block)
                if guess and row not in band[1:] and self.grid.filled(row):
                    yield row, _GUESSED
                elif self.grid.filled(row) and not told:
                    sure = exp(self._likely(row, before, begun).get(block.kind, _NEVER))
                    if sure < _SURE:
                        yield row, sure
                before = block.kind

    def _begins(self, row: int, current: str | None) -> tuple[str | None, int]:
        """What the words of a row begin below a block (starts.py), asked once."""
        if (row, current) not in self._begin:
            self._begin[row, current] = starts(self.grid, row, self.vocabulary, current, self.basics)
        return self._begin[row, current]

    def _likely(self, row: int, current: str | None, begun: str | None) -> Mapping[str, float]:
        if row not in self._seen:
            things = seen(self.grid, row, self.vocabulary)
            self._seen[row] = things, self.weights.weigh(things)
        things, weighed = self._seen[row]
        return self.weights.likely(weighed, given(things, current, begun))

    def _told(self, row: int, begun: str | None, block: Block | None) -> bool:
        """Do known words say to what block a row belongs, or is it the first row below the headings of one? Headings nobody knows are a guess."""
        if self.basics or (begun is None and block is not None and block.header and row == block.start + block.header):
            return True
        if begun == "indicators":
            return indicator_band(self.grid, row, self.vocabulary) > 0
        return begun is not None and not (begun == "funds" and begins(self.grid, row, self.vocabulary))

    def _begun(self, parting: _Parting, block: Block, said: float) -> _Parting:
        if block.kind == "head" and parting.kind == "unknown" and parting.block:
            block = replace(block, start=parting.block.start)  # lines above the first label that somebody knows
            return _Parting(parting.score + said, block, parting.before)
        return _Parting(parting.score + said, block, parting)

    def _freely(self, kind: str, row: int) -> Block:
        """A block that no word of its row begins: goals under headings nobody knows, a head where one of its labels is known, else one of which
        nothing is known."""
        if kind == "head" and any(thing.startswith("head:") for thing in self._seen[row][0]):
            return Block("head", row, row + 1)
        if kind == "goals" and self._heads(row):
            return Block("goals", row, row + 1, 1)
        return Block("unknown", row, row + 1)

    def _heads(self, row: int) -> bool:
        """Does a row look like two headings over longer texts, behind a label at their side or without one?"""
        filled = self.grid.filled(row)
        below = self.grid.filled(row + 1) if row + 1 < len(self.grid.rows) else []
        short = all(len(s.text) <= LONGEST and number(s.cell.text) is None for s in filled)
        heads = filled[1:] if filled and filled[0].cell.row_span > 1 else filled
        return short and len(heads) == 2 and any(kind_of(slot.text) in TEXTS for slot in below)
