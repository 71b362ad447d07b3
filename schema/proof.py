"""Which figures the form's own arithmetic proves, and which it contradicts: a mark on the place each was read from."""

from __future__ import annotations

from dataclasses import replace

from schema.arithmetic import equations
from schema.checking import Equation
from schema.evidence import UNSURE, Evidence, Provenance
from schema.records import Finding, Submission

PROVEN = "proven"
CONTRADICTED = "contradicted"
Place = tuple[str, str]  # record and field, as provenance names them


def prove(submission: Submission, evidence: Evidence) -> tuple[Submission, Evidence]:
    """Marks every figure that stands in an equation: `proven` where one holds with it, `contradicted` where none does.

    A finding over figures of which one was recognised (scans) with little certainty says which, and how it was read,
    and where another reading of it is proved (`suggested`) which, so that a person looks there before writing to the unit. Nothing is
    corrected.
    """
    doubtful = _doubtful(evidence)
    marks: dict[Place, str] = {}
    findings = {id(finding): finding for finding in submission.findings}
    for index, form in enumerate(submission.forms):
        for equation in equations(form):
            places = [_place(index, member) for member in equation.members]
            for place in places:
                if equation.holds or marks.get(place) != PROVEN:
                    marks[place] = PROVEN if equation.holds else CONTRADICTED
            unsure = [doubtful[place] for place in places if place in doubtful]
            if not equation.holds and unsure:
                _say(equation, min(unsure, key=lambda p: (p.suggested is None, p.recognition)), findings)
    provenance = tuple(
        replace(p, proof=marks[(p.record, p.field)]) if (p.record, p.field) in marks else p for p in evidence.provenance
    )
    found = tuple(findings[id(finding)] for finding in submission.findings)
    return replace(submission, findings=found), replace(evidence, provenance=provenance)


def _place(form: int, member: str) -> Place:
    record, _, field = f"forms[{form}].{member}".rpartition(".")
    return record, field


def _doubtful(evidence: Evidence) -> dict[Place, Provenance]:
    return {(p.record, p.field): p for p in evidence.provenance if p.recognition is not None and p.recognition < UNSURE}


def _say(equation: Equation, weakest: Provenance, findings: dict[int, Finding]) -> None:
    for key, finding in findings.items():
        if finding == equation.finding:  # not said yet
            raw, other = " ".join(weakest.raw.split()), weakest.suggested
            told = f"把握最低的读数是“{raw}”：{weakest.recognition:.2f}"
            if other is not None:
                told = f"读数“{raw}”把握{weakest.recognition:.2f}，若为“{' '.join(other.raw.split())}”则全表勾稽相符"
            findings[key] = replace(
                equation.finding, message=f"{equation.finding.message}（扫描识别，{told}，请核对原件）"
            )
            return
