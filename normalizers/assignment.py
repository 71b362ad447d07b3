"""One joint reading of things that stand in a row: each gets a role, all evidence together, most roles once, and how sure that is."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from math import exp

from normalizers.roles import END, START

BEAM = 60  # readings that are followed at once

Order = Callable[[str, str], float]


@dataclass(frozen=True, slots=True)
class Decision:
    """role: of the best reading; sure: the share of all readings that agree (0 to 1); other: the next best role with its share, None
    where there is none."""

    role: str
    sure: float
    other: tuple[str, float] | None = None


def assign(
    scores: Sequence[Mapping[str, float]],
    order: Order,
    whole: Callable[[Sequence[str]], float],
    often: Container[str],
) -> tuple[list[Decision], float]:
    """A role for each thing, and the score of the best reading; scores add up as logs.

    scores: per thing, what speaks for each role it may have (one role alone is given, whatever else has it); order: what speaks for a
    role behind another; whole: what speaks for a complete reading; often: roles that several things may have.
    """
    paths: list[tuple[float, tuple[str, ...]]] = [(0.0, (START,))]
    for score in scores:
        paths = heapq.nlargest(
            BEAM,
            (
                (total + value + order(path[-1], role), (*path, role))
                for total, path in paths
                for role, value in score.items()
                if len(score) == 1 or role in often or role not in path
            ),
        )
    done = sorted(((total + order(path[-1], END) + whole(path[1:]), path[1:]) for total, path in paths), reverse=True)
    best, roles = done[0]
    weights = [exp(total - best) for total, _ in done]
    share = 1 / sum(weights)
    decisions = []
    for at, role in enumerate(roles):
        shares = Counter[str]()
        for weight, (_, path) in zip(weights, done, strict=True):
            shares[path[at]] += share * weight  # type: ignore[assignment]
        others = [(name, share) for name, share in shares.most_common(2) if name != role]
        decisions.append(Decision(role, shares[role], others[0] if others else None))
    return decisions, best


def baseline(scores: Sequence[Mapping[str, float]], order: Order, role: str) -> float:
    """The score of the reading that gives all things one role."""
    before, total = START, 0.0
    for score in scores:
        total += score.get(role, 0.0) + order(before, role)
        before = role
    return total + order(before, END)
