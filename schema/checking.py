"""What a check is, and the registry of all checks: a rule is registered where it is written, with its names and its clause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal, TypeVar

from schema.records import Finding, Form, Submission

SELF_EVALUATION = "《项目支出绩效评价管理办法》（财预〔2020〕10号）"  # the circular that most clauses are of


class Severity(IntEnum):
    """How heavy a finding weighs; the heaviest first."""

    WRONG = 1  # figures that do not add up
    UNEARNED = 2  # points or a grade that the form's own figures do not earn
    UNCLEAR = 3  # what is not stated, not readable or not explained


@dataclass(frozen=True, slots=True)
class Equation:
    """Figures that must agree: `members` are their paths in the form (`funds[0].executed`), `finding` is what to
    say where they do not."""

    holds: bool
    members: tuple[str, ...]
    finding: Finding


Equations = Callable[[Form], Iterator[Equation]]
OfForm = Callable[[Form], Iterator[Finding]]
OfSubmission = Callable[[Submission], Iterator[Finding]]
R = TypeVar("R", bound=Callable[..., Any])
Scope = Literal["equation", "form", "submission", "reading"]


@dataclass(frozen=True, slots=True)
class Check:
    """A check: its code, its names, the clause or equation it rests on, and its rule. scope: what the rule looks at: `equation`
    (figures of a form that prove each other), `form`, `submission`; `reading`: found while reading, there is no rule."""

    code: str
    chinese: str
    english: str
    clause: str
    severity: Severity
    scope: Scope
    rule: Equations | OfForm | OfSubmission | None = None


CHECKS: dict[str, Check] = {}


def of_scope(scope: Scope) -> list[Check]:
    """The checks that look at the same, in the order in which they are registered."""
    return [made for made in CHECKS.values() if made.scope == scope]


def check(scope: Scope, chinese: str, english: str, clause: str, severity: Severity) -> Callable[[R], R]:
    """Registers a rule as the check that its function's name is the code of."""

    def register(rule: R) -> R:
        code: str = rule.__name__
        CHECKS[code] = Check(code, chinese, english, clause, severity, scope, rule)
        return rule

    return register


def found_in_reading(code: str, chinese: str, english: str, clause: str, severity: Severity) -> None:
    """Registers a check that the normalizers make."""
    CHECKS[code] = Check(code, chinese, english, clause, severity, "reading")
