"""How well each layout is read, year by year: what is new in a run and what of it is in doubt, and where reading fell against the year before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from pipeline.learn.layouts import Layout, Share, briefly, layouts, likeness
from schema.codes import CODES

FALL = 0.02  # a share that is so much worse than the year before is told
_SURELY = 3.0  # standard errors that it must be worse by, besides
_FEW = 3  # forms of a year that tell of their layout, and not of one unit
_SAME = 0.6  # of its headings a layout shares with the one it came from
# a new layout of whose cells fewer are read, or of whose values fewer are sure, is to be drafted
_READ, _SURE = 0.9, 0.8


@dataclass(frozen=True, slots=True)
class Fall:
    """A layout that is read worse in a year than in the one before, or than the layout before that is most like it. before: the
    layout compared with and its year; told: which shares are worse, as (name, before, now)."""

    layout: Layout
    year: int
    before: tuple[Layout, int]
    told: tuple[tuple[str, float, float], ...]

    @property
    def sentence(self) -> str:
        """What a person is told of it."""
        other, year = self.before
        against = f"{year}年" if other is self.layout else f"{year}年的版式{other.fingerprint}"
        kind, forms = CODES["kind"][self.layout.kind].chinese, self.layout.years.get(self.year, 0)
        shares = "，".join(f"{name}{before:.1%} → {now:.1%}" for name, before, now in self.told)
        changed = f"；{briefly(self.layout.changes)}" if other is not self.layout else ""
        return f"版式{self.layout.fingerprint}（{kind}，{self.year}年{forms}张）与{against}相比：{shares}{changed}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A layout that a run met first. share: how well its forms are read; file: one of its files."""

    layout: Layout
    share: Share
    file: str | None

    @property
    def doubtful(self) -> bool:
        """Is a person to look at it? Single rows of 基础数据 are never sure: there only what was not read tells."""
        return self.share.read < _READ or (self.share.sure < _SURE and self.layout.kind != "basics")


def falls(found: Sequence[Layout]) -> list[Fall]:
    """Every layout and year of a few forms or more in which a share fell, by layout and year."""
    known = {layout.fingerprint: layout for layout in found}
    return [fall for layout in found for fall in _falls(layout, known)]


def _falls(layout: Layout, known: dict[str, Layout]) -> Iterator[Fall]:
    for year, share in sorted(layout.shares.items(), key=lambda told: told[0] or 0):
        if year is None or layout.years[year] < _FEW:
            continue
        own = max((y for y in layout.shares if y is not None and y < year), default=None)
        near = known.get(layout.nearest or "") if own is None else None
        if near is not None and likeness(near.headings, layout.headings) < _SAME:
            near = None
        other = layout if own is not None else near
        at = (
            own
            if own is not None
            else max((y for y in near.shares if y is not None and y < year), default=None)
            if near
            else None
        )
        if other is None or at is None:
            continue
        before = other.shares[at]
        worse = tuple(
            (name, was, now)
            for name, was, now, count in (
                ("把握充分的值", before.sure, share.sure, share.stated),
                ("已识别", before.read, share.read, share.stated + share.unread),
                ("勾稽不矛盾", before.agreeing, share.agreeing, share.stated),
            )
            if was - now >= max(FALL, _SURELY * sqrt(max(was * (1 - was), 0.0025) / max(count, 1)))
        )  # fmt: skip
        if worse:
            yield Fall(layout, year, (other, at), worse)


def arrivals(rows: Sequence[Any], digests: Iterable[str]) -> tuple[list[Arrival], bool]:
    """The layouts (of contents.layouts) that only files of these digests have, the least sure first; were others known before?"""
    fresh = set(digests)
    before = {row.fingerprint for row in rows if row.sha256 not in fresh}
    new = [layout for layout in layouts(rows) if layout.fingerprint not in before]
    files = {
        row.fingerprint: row.path for row in sorted(rows, key=lambda row: row.path or "", reverse=True) if row.path
    }
    out = [Arrival(layout, sum(layout.shares.values(), Share()), files.get(layout.fingerprint)) for layout in new]
    return sorted(out, key=lambda arrival: min(arrival.share.sure, arrival.share.read)), bool(before)
