"""The columns under a band of headings, read jointly: what each heading is like, what its cells hold, what stands beside it, and what the block
as a whole says of the reading."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from math import exp

from normalizers.assignment import Decision, assign, baseline
from normalizers.roles import EXTRA, Look
from normalizers.similarity import WORTH_SHOWING, Match
from normalizers.values import number
from normalizers.vocabulary import KNOWN, Vocabulary

_DOUBT = 0.1  # a runner-up that a person is told of
SURE = 0.9  # a column whose heading is not known is taken for a field from here on

# What a heading says of its column, in the logs of the other evidence (roles.py). Chosen on the made forms, each layout held out.
_EXACT = 8.0  # a known spelling
# the log odds of a field rise from -_HEADING to it, steepest where likeness says nothing (tests/normalizers/test_joint.py)
_HEADING, _EVEN, _STEEP = 6.0, 0.28, 14.0
_OF_NONE = 2.0  # a heading nobody knows is often of no field of ours


@dataclass(frozen=True, slots=True)
class Headed:
    """A column as its heading names it: its words, the field where it is known, what stands below; several: the heading stands over more than one
    column and says nothing of each."""

    heading: str
    field: str | None
    look: Look
    several: bool = False

    @property
    def free(self) -> bool:
        """Is its field to be decided?"""
        return self.field is None


def read(
    block: str,
    columns: Sequence[Headed],
    vocabulary: Vocabulary,
    whole: Callable[[Sequence[str]], float],
    lenient: bool = False,
    unheaded: Container[str] = (EXTRA,),
) -> tuple[list[Decision], float]:
    """A role for each column, and how much better the best reading is than that of a band of no field. whole: what a block says for the roles
    of all its columns; lenient: headings may speak for a role but not against it; unheaded: the roles a column without a heading may have."""
    scores = _scores(block, columns, vocabulary, lenient, unheaded)
    order = vocabulary.roles[block].order
    decisions, best = assign(scores, order, whole, KNOWN)
    return decisions, best - baseline(scores, order, EXTRA)


def _scores(
    block: str, columns: Sequence[Headed], vocabulary: Vocabulary, lenient: bool, unheaded: Container[str]
) -> list[Mapping[str, float]]:
    """What speaks for each role of each column: one with a known heading has no choice."""
    roles = vocabulary.roles[block]
    taken = {column.field for column in columns}
    free = [role for role in roles.names if role in KNOWN or role not in taken]
    out: list[Mapping[str, float]] = []
    for column in columns:
        if not column.free:
            role = column.field or EXTRA
            out.append({role: 0.0 if role in KNOWN else _EXACT + roles.cells(role, column.look)})
            continue
        if column.several or not column.heading:  # the heading says nothing
            out.append({role: roles.cells(role, column.look) for role in free if column.heading or role in unheaded})
            continue
        alike = vocabulary.likeness(column.heading, block)
        least = 0.0 if lenient or number(column.heading) is not None else -_HEADING  # a year, points: no words
        said = {role: max(_heading(role, alike), least) for role in free}
        out.append({role: said[role] + roles.cells(role, column.look) for role in free})
    return out


def _heading(role: str, alike: Mapping[str, Match]) -> float:
    """What a heading says for a role by the likeness of its most similar spelling; for no field of ours it says nothing, or that it is like
    others of that kind."""
    shared = alike[role].likeness if role in alike else 0.0
    said = _HEADING * (2 / (1 + exp(_STEEP * (_EVEN - shared))) - 1)
    return max(said, 0.0) + _OF_NONE if role == EXTRA else said


def sure(match: Match | None, decision: Decision) -> bool:
    """Is a proposal what the best reading has, and so sure that the column is taken for its field?"""
    return match is not None and match.field == decision.role and match.likeness >= SURE


def proposal(heading: str, decision: Decision, block: str, vocabulary: Vocabulary) -> Match | None:
    """The field that a joint reading has a heading for, or has next to none of ours; None where there is none. likeness: how sure that is."""
    told = [(decision.role, decision.sure), *([decision.other] if decision.other else [])]
    role, sure = next(((role, sure) for role, sure in told if role not in KNOWN), (EXTRA, 0.0))
    if role == EXTRA or sure < _DOUBT:
        return None
    near = vocabulary.likeness(heading, block).get(role)
    alike = f"{near.reason}；" if near is not None and near.likeness >= WORTH_SHOWING else ""
    other = next(
        (f"，其次{said}（{odds:.2f}）" for said, odds in told if said not in KNOWN | {role} and odds >= _DOUBT), ""
    )
    return Match(role, near.spelling if near else "", sure, f"{alike}整表判断，把握{sure:.2f}{other}")
