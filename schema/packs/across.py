"""The rules that look beside one submission: at the unit's others of the year and of the years before. One that cannot be decided from what is
stated says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from schema.arithmetic import plain
from schema.checks import at_most, called
from schema.packs import scoring
from schema.packs.rule import Other, Parameters, Told, bare, positive, rule, share
from schema.records import Form, Indicator, Submission, path_in, title

_FIGURE = re.compile(r"\d+(?:\.\d+)?")
Row = tuple[int, Indicator]


def _same(form: Form, other: Form) -> bool:
    """Are two forms of one thing: the same project, or the department as a whole?"""
    if form.kind != other.kind or form.kind not in ("project", "transfer", "department"):
        return False
    return form.kind == "department" or (bool(form.project) and bare(form.project) == bare(other.project))


def _pairs(own: Submission, other: Other) -> Iterator[tuple[Form, Form]]:
    """The forms of both that are the only ones of their thing in either."""
    for form in own.forms:
        theirs = [there for there in other.submission.forms if _same(form, there)]
        if len(theirs) == 1 and sum(_same(form, mine) for mine in own.forms) == 1:
            yield form, theirs[0]


def _rows(form: Form) -> dict[str, Row]:
    """The indicators whose name stands once in a form, by it."""
    out: dict[str, list[Row]] = {}
    for i, indicator in enumerate(form.indicators):
        if name := bare(indicator.level3):
            out.setdefault(name, []).append((i, indicator))
    return {name: rows[0] for name, rows in out.items() if len(rows) == 1}


def _title(form: Form) -> str:
    return form.project or "部门整体"


# ---------------------------------------------------------------- in one year
@rule("两份材料金额不同", "amounts differ between files", scope="unit")
def amounts_differ(own: Submission, others: Sequence[Other], p: Parameters) -> Iterator[Told]:  # noqa: ARG001
    """What two files of a unit say of one project, or of the department as a whole, in one year is the same money: budget, revised budget and
    execution of the total, within half of the last digit written."""
    for other in others:
        if other.year != own.report.fiscal_year:
            continue
        for form, there in _pairs(own, other):
            mine, theirs = scoring.total(form), scoring.total(there)
            if mine is None or theirs is None:
                continue
            for field in scoring.MONEY:
                one, two = getattr(mine[1], field), getattr(theirs[1], field)
                if one is not None and two is not None and abs(one - two) > max(scoring.slack(one), scoring.slack(two)):
                    line = f"funds[{mine[0]}]"
                    path, at = path_in(form.no, f"{line}.{field}"), path_in(there.no, f"funds[{theirs[0]}].{field}")
                    words = {"name": _title(form), "way": title(line, field), "stated": plain(one), "other": plain(two)}
                    yield Told(path, words, one, two, (path,), other.key, at)


@rule("项目合计超过部门项目支出", "projects exceed the department's", scope="unit")
def projects_exceed_department(own: Submission, others: Sequence[Other], p: Parameters) -> Iterator[Told]:  # noqa: ARG001
    """What the project forms of a unit's files of a year spent together is not more than the department's form of that year says of project
    expenditure. Less says nothing: not every project hands in a form."""
    lines = [
        (form, i, fund.executed)
        for form in own.forms if form.kind == "department"
        for i, fund in enumerate(form.funds)
        if fund.item == "project" and fund.side != "revenue" and fund.executed is not None
    ]  # fmt: skip
    if len(lines) != 1:
        return
    form, i, whole = lines[0]
    spent: dict[str, tuple[Decimal, str, str]] = {}
    for key, submission in ((None, own), *((x.key, x.submission) for x in others if x.year == own.report.fiscal_year)):
        for project in submission.forms:
            found = scoring.total(project) if project.kind == "project" and project.project else None
            if found is not None and found[1].executed is not None:
                at = path_in(project.no, f"funds[{found[0]}].executed")
                spent.setdefault(bare(project.project), (found[1].executed, key or "", at))
    together = sum((executed for executed, _, _ in spent.values()), Decimal(0))
    elsewhere = [(key, at) for _, key, at in spent.values() if key]
    if elsewhere and whole >= 0 and together - whole > scoring.slack(whole) * (len(spent) + 1):
        words = {"count": str(len(spent)), "computed": plain(together), "stated": plain(whole)}
        path = path_in(form.no, f"funds[{i}].executed")
        own_cells = tuple(at for _, key, at in spent.values() if not key)
        yield Told(path, words, whole, together, (path, *own_cells), *elsewhere[0])


# ---------------------------------------------------------------- from year to year
def _before(own: Submission, others: Sequence[Other], years: int = 1) -> Iterator[tuple[Other, Form, Form]]:
    """The forms of the same thing so many years ago."""
    year = own.report.fiscal_year
    for other in others:
        if year is not None and other.year == year - years:
            for form, there in _pairs(own, other):
                yield other, form, there


@rule("目标低于上年", "target lowered", scope="unit", least=(Decimal("0.1"), share))
def target_lowered(own: Submission, others: Sequence[Other], p: Parameters) -> Iterator[Told]:
    """A target that was met the year before is not set lower by `least` of it (of a most that may be: higher). Same thing, same name, same
    measure; a target that was missed may well be lowered."""
    for other, form, there in _before(own, others):
        earlier = _rows(there)
        for name, (i, indicator) in _rows(form).items():
            j, last = earlier.get(name, (0, None))
            now, then = indicator.target_value, last.target_value if last is not None else None
            if last is None or now is None or then is None or now.unit != then.unit or then.value <= 0:
                continue
            most = now.op in ("<=", "<") or at_most(indicator)
            if most != (then.op in ("<=", "<") or at_most(last)) or not _met(last, most):
                continue
            moved = (now.value - then.value) / then.value * (1 if most else -1)
            if moved >= p["least"]:
                path = path_in(form.no, f"indicators[{i}].target")
                words = {
                    "name": called(indicator), "stated": indicator.target or "", "other": last.target or "",
                    "way": last.actual or "",
                }  # fmt: skip
                at = path_in(there.no, f"indicators[{j}].target")
                yield Told(path, words, indicator.target, last.target, (path,), other.key, at)


def _met(indicator: Indicator, most: bool) -> bool:
    target, actual = indicator.target_value, indicator.actual_value
    if target is None or actual is None or target.unit != actual.unit:
        return False
    return actual.value <= target.value if most else actual.value >= target.value


@rule("历史值与上年不符", "baseline differs from last year", scope="unit")
def baseline_differs(own: Submission, others: Sequence[Other], p: Parameters) -> Iterator[Told]:  # noqa: ARG001
    """The value of an earlier year that a form states beside its target (历史值) is the actual that the unit stated the year before, where both
    are one figure."""
    for other, form, there in _before(own, others):
        earlier = _rows(there)
        for name, (i, indicator) in _rows(form).items():
            j, last = earlier.get(name, (0, None))
            figures = [_FIGURE.findall(text or "") for text in (indicator.baseline, last.actual if last else None)]
            if last is None or any(len(found) != 1 for found in figures):
                continue
            one, two = (Decimal(found[0]) for found in figures)
            rates = [("%" in (text or "") or "％" in (text or "")) for text in (indicator.baseline, last.actual)]
            if rates[0] == rates[1] and abs(one - two) > max(scoring.slack(one), scoring.slack(two)):
                path = path_in(form.no, f"indicators[{i}].baseline")
                words = {"name": called(indicator), "stated": indicator.baseline or "", "other": last.actual or ""}
                at = path_in(there.no, f"indicators[{j}].actual")
                yield Told(path, words, indicator.baseline, last.actual, (path,), other.key, at)


@rule("指标多年未变", "indicators recycled", scope="unit", years=(3, positive), least=(5, positive))
def indicators_recycled(own: Submission, others: Sequence[Other], p: Parameters) -> Iterator[Told]:
    """The indicators of a form, `least` or more, are not the same by name, target and actual through `years` years."""
    years = int(p["years"])
    found: dict[int, list[tuple[Other, Form, int]]] = {}
    for back in range(1, years):
        for other, form, there in _before(own, others, back):
            if _stated(form) == _stated(there) and len(form.indicators) >= p["least"]:
                found.setdefault(form.no, []).append((other, there, back))
    for form in own.forms:
        same = {back: (other, there) for other, there, back in found.get(form.no, ())}
        if len(same) == years - 1:
            other, there = same[1]
            words = {"name": _title(form), "count": str(len(form.indicators)), "way": str(years)}
            path = path_in(form.no, "indicators")
            cells = tuple(path_in(form.no, f"indicators[{i}].actual") for i in range(len(form.indicators)))
            yield Told(path, words, Decimal(years), None, cells, other.key, path_in(there.no, "indicators"))


def _stated(form: Form) -> list[tuple[str, str, str]]:
    return [(bare(x.level3), bare(x.target), bare(x.actual)) for x in form.indicators]
