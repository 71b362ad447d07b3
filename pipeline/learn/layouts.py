"""Forms grouped by layout: the fingerprint of their headings, where each was met first, and what changed against the nearest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz.distance.Indel import normalized_similarity

Heading = tuple[str, str, str | None]  # block, spelling, field
NAMED = 3  # folders and units that a listing names
MANY = 10  # changes of a layout


@dataclass(frozen=True, slots=True)
class Share:
    """How well some forms are read: their values, of these the sure ones (0.9) and those that sums contradict; cells nobody read."""

    stated: int = 0
    certain: int = 0
    contradicted: int = 0
    unread: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(
            self.stated + other.stated, self.certain + other.certain, self.contradicted + other.contradicted,
            self.unread + other.unread,
        )  # fmt: skip

    @property
    def sure(self) -> float:
        """The share of the values that are sure; 1 where there is none."""
        return self.certain / self.stated if self.stated else 1.0

    @property
    def read(self) -> float:
        """The share of what was read among what was to be read."""
        return self.stated / (self.stated + self.unread) if self.stated + self.unread else 1.0

    @property
    def agreeing(self) -> float:
        """The share of the values that no sum contradicts."""
        return 1 - self.contradicted / self.stated if self.stated else 1.0


@dataclass(frozen=True, slots=True)
class Layout:
    """The forms of one layout. years: fiscal year → forms (None: not stated); first: its earliest year; places: the folders its
    files came from; nearest, changes: the layout known before it that is most like it, and what is otherwise (None, () for the
    first of its kind); shares: fiscal year → how well its forms are read, of those that say it; confirmed: the names of the confirmed
    layouts that they are read by."""

    fingerprint: str
    kind: str
    headings: tuple[Heading, ...]
    years: dict[int | None, int]
    places: tuple[str, ...]
    first: int | None
    nearest: str | None
    changes: tuple[str, ...]
    shares: dict[int | None, Share]
    confirmed: tuple[str, ...] = ()

    @property
    def forms(self) -> int:
        return sum(self.years.values())


def layouts(rows: Iterable[Any]) -> list[Layout]:
    """The layouts of a store (contents.layouts), by kind and first year. A layout counts as known before another of its kind if it
    was met in an earlier year, or in the same year in more forms."""
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(row.fingerprint, []).append(row)
    order = sorted(
        groups.values(),
        key=lambda group: (group[0].kind, _first(group) or 9999, -len(group), group[0].fingerprint),
    )
    out: list[Layout] = []
    for group in order:
        headings = tuple((str(b), str(s), f) for b, s, f in group[0].headings)
        before = [known for known in out if known.kind == group[0].kind]
        near = max(before, key=lambda known: likeness(known.headings, headings), default=None)
        places = Counter(Path(row.path).parent.name for row in group if row.path)
        out.append(
            Layout(
                group[0].fingerprint, group[0].kind, headings, dict(Counter(row.fiscal_year for row in group)),
                tuple(place for place, _ in places.most_common(NAMED)), _first(group),
                near.fingerprint if near else None, tuple(changes(near.headings, headings)) if near else (), _shares(group),
                tuple(sorted({row.confirmed for row in group if row.confirmed})),
            )
        )  # fmt: skip
    return out


def _shares(group: Sequence[Any]) -> dict[int | None, Share]:
    out: dict[int | None, Share] = {}
    for row in group:
        if row.stated is not None:  # an older version did not count
            told = Share(row.stated, row.sure, row.contradicted, row.unread)
            out[row.fiscal_year] = out.get(row.fiscal_year, Share()) + told
    return out


def changes(old: Sequence[Heading], new: Sequence[Heading]) -> list[str]:
    """What a reader of forms must know: a heading spelled otherwise, one that is new, one that is gone; order last."""
    out = []
    before, after = Counter(h[:2] for h in old), Counter(h[:2] for h in new)
    gone = [h for h in old if not after[h[:2]]]
    fresh = [h for h in new if not before[h[:2]]]
    for heading in fresh:
        same = next(
            (h for h in gone if h[0] == heading[0] and h[2] == heading[2] and h[2] not in (None, "extra")),
            next(
                (
                    h
                    for h in gone
                    if heading[2] is None and h[0] == heading[0] and _beside(old, h) == _beside(new, heading)
                ),
                None,
            ),
        )
        if same is not None:
            gone.remove(same)
            out.append(f"{same[1]} → {heading[1]}")
        else:
            out.append(f"增加 {heading[1]}")
    out += [f"减少 {heading[1]}" for heading in gone]
    return out or ["表头相同，顺序或次数不同"]


def _beside(headings: Sequence[Heading], heading: Heading) -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
    """The headings on both sides of one."""
    at = next(i for i, other in enumerate(headings) if other[:2] == heading[:2])
    before = headings[at - 1][:2] if at else None
    return before, headings[at + 1][:2] if at + 1 < len(headings) else None


def briefly(changes: Sequence[str]) -> str:
    """Changes of a layout as a line names them, the first few."""
    more = f"；……另有{len(changes) - MANY}处" if len(changes) > MANY else ""
    return "；".join(changes[:MANY]) + more


def _first(group: list[Any]) -> int | None:
    return min((row.fiscal_year for row in group if row.fiscal_year is not None), default=None)


def likeness(a: Sequence[Heading], b: Sequence[Heading]) -> float:
    """How many of their headings two layouts share, in order, from 0 to 1."""
    return normalized_similarity([h[:2] for h in a], [h[:2] for h in b])
