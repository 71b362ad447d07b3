"""A submission held against the packs in force: what they find, and what each score should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from schema.errors import PackError
from schema.exact import exactly
from schema.packs import scoring
from schema.packs.pack import Clause, Example, Pack
from schema.packs.rule import RULES, Other, Told
from schema.plain import submission as of_plain
from schema.records import Form, Submission

FORMULA, EXECUTION = "score_formula", "execution_score"
Force = Sequence[tuple[Pack, Clause]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule of a pack found. form: its number, None for the whole submission; where: the path in it; cells: the paths in the submission of
    what it rests on; other, there, passages: the submission it is compared with, the path in that, and what both say."""

    pack: str
    rule: str
    severity: str
    clause: str
    form: int | None
    where: str
    message: str
    stated: Decimal | str | None
    computed: Decimal | str | None
    cells: tuple[str, ...]
    other: str | None = None
    there: str | None = None
    passages: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreDue:
    """A stated score beside what it should be under a pack. where: the path of the score in the form; way: the way there."""

    pack: str
    rule: str
    form: int
    where: str
    stated: Decimal
    computed: Decimal
    way: str


def judge(submission: Submission, force: Force) -> list[Judgement]:
    """What the clauses in force find, in their order; within a clause in the order of the forms."""
    with exactly():
        return [
            judgement(pack, clause, form, told) for pack, clause in force for form, told in _told(submission, clause)
        ]


def beside(submission: Submission, others: Sequence[Other], force: Force) -> list[Judgement]:
    """What the clauses in force find in a submission beside the others of its unit."""
    with exactly():
        return [
            judgement(pack, clause, None, told)
            for pack, clause in force
            if RULES[clause.rule].scope == "unit" and _fits(submission, clause)
            for told in RULES[clause.rule].check(submission, others, clause.parameters)
        ]


def _fits(submission: Submission, clause: Clause) -> bool:
    return any(form.kind in clause.kinds for form in submission.forms)


def _told(submission: Submission, clause: Clause) -> list[tuple[Form | None, Told]]:
    rule = RULES[clause.rule]
    if rule.scope in ("unit", "store"):
        return []  # of several submissions: pipeline/across
    if rule.scope == "submission":
        return [(None, told) for told in rule.check(submission, clause.parameters)] if _fits(submission, clause) else []
    forms = [form for form in submission.forms if form.kind in clause.kinds]
    return [(form, told) for form in forms for told in rule.check(form, clause.parameters)]


def judgement(pack: Pack, clause: Clause, form: Form | None, told: Told) -> Judgement:
    """What a rule told, in its pack's words."""
    words = dict.fromkeys(("name", "stated", "computed", "way", "count", "other"), "") | dict(told.words)
    cells = told.members if form is None else tuple(f"forms[{form.no - 1}].{path}" for path in told.members)
    return Judgement(
        pack.name, clause.rule, clause.severity, clause.clause, None if form is None else form.no, told.where,
        clause.says.format(**words), told.stated, told.computed, cells, told.other, told.there,
        told.passages,
    )  # fmt: skip


def dues(submission: Submission, force: Force) -> list[ScoreDue]:
    """What each score that can be told should be: of indicators by `score_formula`, of the budget execution by `execution_score`."""
    found = {clause.rule: (pack, clause) for pack, clause in force}
    out: list[ScoreDue] = []
    with exactly():
        for form in submission.forms:
            if FORMULA in found and form.kind in found[FORMULA][1].kinds:
                pack, clause = found[FORMULA]
                out += [
                    ScoreDue(pack.name, FORMULA, form.no, where, stated, due.computed, due.way)
                    for where, (stated, due) in scoring.scores(form, clause.parameters).items()
                ]
            if EXECUTION in found and form.kind in found[EXECUTION][1].kinds:
                pack, clause = found[EXECUTION]
                out += [
                    ScoreDue(pack.name, EXECUTION, form.no, where, stated, due.computed, due.way)
                    for where, stated, due in scoring.executions(form, clause.parameters["bands"])
                ]
    return out


def tried(pack: Pack) -> int:
    """Tries every clause of a pack on the examples that stand in it; gives how many. Raises PackError where one finds more or less than it
    says."""
    count = 0
    for clause in pack.clauses:
        for number, example in enumerate(clause.examples, 1):
            place = f"{pack.name}的{clause.rule}的例{number}"
            try:
                found = _tried(example, pack, clause)
            except (ValueError, TypeError, AttributeError) as error:
                raise PackError(place, f"不是记录（{error}）", "字段见 schema/RECORDS.md") from None
            if len(found) != example.finds:
                said = "；".join(judgement.message for judgement in found)
                raise PackError(
                    place,
                    f"应发现{example.finds}处，发现{len(found)}处{f'：{said}' if said else ''}",
                    "请改规则参数或例子",
                )
            count += 1
    return count


def _tried(example: Example, pack: Pack, clause: Clause) -> list[Judgement]:
    record = of_plain(example.record)
    others = [of_plain(one) for one in example.others]
    beside_it = [Other(str(no), one.report.fiscal_year or 0, one) for no, one in enumerate(others, 1)]
    return judge(record, [(pack, clause)]) + beside(record, beside_it, [(pack, clause)])
