"""Another reading of a recognised figure under which the whole form adds up: proposed beside what was read, never taken.

Offered only for a figure that the recogniser itself was unsure of, where one change (a digit for one that looks like it, the decimal
point, a lost minus) of one cell makes every equation of the form hold (schema/arithmetic.py) and no other change does. Where a file was
born digital its figures are what the unit wrote: there a sum that does not hold is the unit's error and nothing is offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from normalizers.text import width
from schema.arithmetic import equations
from schema.checking import Equation, Severity, of_scope
from schema.evidence import UNSURE, Evidence, Provenance, Repair
from schema.exact import exact, figure
from schema.records import Form, Fund, Kind, Submission, of_kind

# Digits that recognisers take for each other in poor scans.
_ALIKE = {
    "0": "689", "1": "47", "2": "7", "3": "589", "4": "19", "5": "3689", "6": "0589", "7": "12", "8": "035697", "9": "03458",
}  # fmt: skip
_SIGNED = frozenset(of_kind(Fund, Kind.MONEY))  # what may be less than nothing; points may not
_NUMERAL = re.compile(r"[-−]?\d[\d,，]*(?:\.\d+)?")
_STEP = re.compile(r"(\w+)\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A recognised cell that gave one field of one record or, merged, of several. places: (record in the form, field)."""

    places: tuple[tuple[str, str], ...]
    value: Decimal
    raw: str


def suggest(submission: Submission, evidence: Evidence) -> Evidence:
    """The evidence with the one repair of each form that does not add up, on every value read from the repaired cell; unchanged where
    nothing was recognised with doubt."""
    unsure = [
        p for p in evidence.provenance if p.recognition is not None and p.recognition < UNSURE and not p.corrected_by
    ]
    found: dict[tuple[str, str], Repair] = {}
    for index, form in enumerate(submission.forms):
        path = f"forms[{index}]"
        own = [p for p in unsure if p.record == path or p.record.startswith(f"{path}.")]
        offered = _only(form, _cells(form, path, own)) if own else None
        if offered is not None:
            cell, repair = offered
            found |= {(f"{path}.{record}" if record else path, field): repair for record, field in cell.places}
    provenance = (replace(p, suggested=found.get((p.record, p.field), p.suggested)) for p in evidence.provenance)
    return replace(evidence, provenance=tuple(provenance)) if found else evidence


def _cells(form: Form, path: str, own: Iterable[Provenance]) -> list[_Cell]:
    cells: dict[tuple[Any, str], _Cell] = {}
    for p in own:
        record = p.record[len(path) + 1 :]
        value = _get(form, record, p.field)
        if isinstance(value, Decimal):
            before = cells.get((p.origin, p.field))
            places = (*(before.places if before else ()), (record, p.field))
            cells[p.origin, p.field] = _Cell(places, value, p.raw)
    return list(cells.values())


def _only(form: Form, cells: Sequence[_Cell]) -> tuple[_Cell, Repair] | None:
    """The one change of one cell after which everything holds; None where nothing is broken, or none or several changes do it."""
    made = list(equations(form))
    broken = [set(equation.members) for equation in made if not equation.holds]
    if not broken:
        return None
    in_all = set.intersection(*broken)
    found: list[tuple[_Cell, Repair]] = []
    for cell in cells:
        if not any(_member(*place) in in_all for place in cell.places):
            continue
        told: dict[Decimal, str] = {}
        for value, raw in _readings(cell):
            told.setdefault(exact(value), raw)
        for value, raw in told.items():
            proofs = _proofs(made, form, _with(form, cell, value), cell)
            if proofs:
                found.append((cell, Repair(value, raw, proofs)))
            if len(found) > 1:
                return None
    return found[0] if found else None


def _proofs(before: Sequence[Equation], form: Form, other: Form, cell: _Cell) -> tuple[str, ...]:
    """The checks that held not and hold with the cell's other value; none unless everything does that held before or was broken."""
    members = {_member(*place) for place in cell.places}
    after = {_key(equation): equation for equation in equations(other)}
    held = {_key(equation) for equation in before if equation.holds}
    if not all(equation.holds for equation in after.values()) or not held <= after.keys():
        return ()
    wrong = _wrong(other)
    if wrong & members or wrong - _wrong(form):
        return ()
    proven = (
        key[0] for key in map(_key, before) if key not in held and key in after and members & set(after[key].members)
    )
    return tuple(dict.fromkeys(proven))


def _key(equation: Equation) -> tuple[str, str]:
    return equation.finding.check, equation.finding.where


def _wrong(form: Form) -> set[str]:
    """The figures of a form that cannot be, beside its sums: scores above their points."""
    of_form = (made for made in of_scope("form") if made.severity is Severity.WRONG)
    return {finding.where for made in of_form for finding in made.rule(form)}  # type: ignore[misc, arg-type, union-attr]


def _readings(cell: _Cell) -> Iterator[tuple[Decimal, str]]:
    """(value, text) of the cell with one change in the numeral that its value was read from."""
    text = width(cell.raw)
    for at in _NUMERAL.finditer(text):
        written = _plain(at.group())
        read = figure(written)
        scale = _scale(cell.value, read) if read is not None else None
        if scale is None:
            continue
        for other in _changed(written, signed=cell.places[0][1] in _SIGNED):
            value = figure(other)
            if value is not None and value != read:
                yield value.scaleb(scale), text[: at.start()] + other + text[at.end() :]
        return


def _plain(written: str) -> str:
    return re.sub("[,，]", "", written).replace("−", "-")


def _scale(value: Decimal, read: Decimal) -> int | None:
    """By what power of ten a value is the number written: -2 for a rate in per cent; None where it is none."""
    if value == 0 or read == 0:
        return 0 if value == read else None
    quotient = exact(value / read)
    _, digits, exponent = quotient.as_tuple()
    return int(exponent) + len(digits) - 1 if digits[0] == 1 and not any(digits[1:]) and quotient > 0 else None


def _changed(written: str, signed: bool) -> Iterator[str]:
    """A numeral with one digit that looks alike, with its decimal point at another place, with none, with one; signed: with a minus."""
    for i, ch in enumerate(written):
        for other in _ALIKE.get(ch, ""):
            yield from _numeral(written[:i] + other + written[i + 1 :])
    sign = "-" if written.startswith("-") else ""
    digits = re.sub(r"[-.]", "", written)
    for i in range(1, len(digits) + 1):
        yield from _numeral(sign + digits[:i] + ("." + digits[i:] if i < len(digits) else ""))
    if signed and not sign:
        yield "-" + written


def _numeral(text: str) -> Iterator[str]:
    """A numeral that people write: no zeros before its whole part."""
    if not re.match(r"-?0\d", text):
        yield text


def _with(form: Form, cell: _Cell, value: Decimal) -> Form:
    for record, field in cell.places:
        step = _STEP.fullmatch(record)
        if step is None:
            form = replace(form, **{field: value})  # type: ignore[arg-type]
        else:
            name, at = step[1], int(step[2])
            rows = tuple(
                replace(row, **{field: value}) if i == at else row for i, row in enumerate(getattr(form, name))
            )
            form = replace(form, **{name: rows})  # type: ignore[arg-type]
    return form


def _get(form: Form, record: str, field: str) -> Any:
    step = _STEP.fullmatch(record)
    if record and step is None:
        return None  # people to ask
    row: Any = getattr(form, step[1])[int(step[2])] if step else form
    return getattr(row, field, None)


def _member(record: str, field: str) -> str:
    return f"{record}.{field}" if record else field
