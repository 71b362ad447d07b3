"""What a rule of packs is, and the registry of all of them: each is registered where it is written, with its names and its parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from schema.records import Form, Submission

# What a rule may tell a pack's sentence.
SAID = frozenset(("name", "stated", "computed", "way", "count", "other"))


@dataclass(frozen=True, slots=True)
class Told:
    """What a rule found. where: the path in the form (or the submission) it is about; words: for the sentence; members: the paths of the
    figures it rests on; other: the submission it is compared with, and there: the path in that; passages: what both say, side by side."""

    where: str
    words: Mapping[str, str]
    stated: Decimal | str | None = None
    computed: Decimal | str | None = None
    members: tuple[str, ...] = ()
    other: str | None = None
    there: str | None = None
    passages: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Other:
    """Another submission of the same unit. key: its id; year: its fiscal year."""

    key: str
    year: int
    submission: Submission


# What a rule looks at: one form, one submission, one beside the others of its unit, or all of a store.
Scope = Literal["form", "submission", "unit", "store"]
Parameters = Mapping[str, Any]
OfForm = Callable[[Form, Parameters], Iterator[Told]]
OfSubmission = Callable[[Submission, Parameters], Iterator[Told]]
OfUnit = Callable[[Submission, Sequence[Other], Parameters], Iterator[Told]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its code and names, what it does, its parameters with what they are where a pack says nothing."""

    code: str
    chinese: str
    english: str
    explains: str
    check: Any
    scope: Scope = "form"
    parameters: Parameters = field(default_factory=dict)
    kinds: Mapping[str, Callable[[Any], bool]] = field(default_factory=dict)

    def trouble(self, given: Parameters) -> str | None:
        """What is wrong with parameters; None where nothing is."""
        wrong = next((name for name, fits in self.kinds.items() if not fits(given[name])), None)
        return None if wrong is None else f"参数{wrong}不能是“{given[wrong]}”"


RULES: dict[str, Rule] = {}


def bare(name: str | None) -> str:
    """A name without the signs and blanks that are written otherwise from form to form."""
    return re.sub(r"\W", "", name or "")


def share(value: Any) -> bool:
    return isinstance(value, Decimal | int) and not isinstance(value, bool) and 0 <= value <= 1


def positive(value: Any) -> bool:
    return isinstance(value, Decimal | int) and not isinstance(value, bool) and value > 0


def pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(re.compile(value))
    except re.error:
        return False


def bands(value: Any) -> bool:
    pairs = isinstance(value, list) and all(isinstance(b, list) and len(b) == 2 and all(map(share, b)) for b in value)
    return pairs and [b[0] for b in value] == sorted((b[0] for b in value), reverse=True)


def between(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"met", "partly", "missed"}
        and all(isinstance(b, list) and len(b) == 2 and all(map(share, b)) and b[0] <= b[1] for b in value.values())
    )


def rule(
    chinese: str, english: str, scope: Scope = "form", **parameters: tuple[Any, Callable[[Any], bool]]
) -> Callable[[Any], Any]:
    """Registers a function as the rule that its name is the code of. parameters: what each is where a pack says nothing, and what it may be."""

    def register(check: Any) -> Any:
        defaults = {name: default for name, (default, _) in parameters.items()}
        kinds = {name: fits for name, (_, fits) in parameters.items()}
        code: str = check.__name__
        explains = " ".join((check.__doc__ or "").split())
        RULES[code] = Rule(code, chinese, english, explains, check, scope, defaults, kinds)
        return check

    return register
