"""Figures that the form's own sums prove or contradict, and what a finding says of a recognised one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

from schema.arithmetic import equations
from schema.checks import check
from schema.document import Origin
from schema.evidence import Evidence, Provenance
from schema.proof import prove
from schema.records import Form, Fund, Indicator, Report, Submission

FORM = Form(
    self_score=D(95),
    funds=(
        Fund(
            "total",
            "资金总额",
            revised=D(200),
            executed=D(150),
            execution_rate=D("0.75"),
            weight=D(10),
            score=D(7),
        ),
    ),
    indicators=(
        Indicator(level1="产出", level1_weight=D(60), weight=D(60), score=D(58)),
        Indicator(level1="效益", weight=D(30), score=D(30)),
    ),
)


def evidence(form: Form, recognition: float | None = None) -> Evidence:
    places = {member.rpartition(".")[::2] for equation in equations(form) for member in equation.members}
    provenance = tuple(
        Provenance(f"forms[0].{record}" if record else "forms[0]", field, "8", Origin("body", 1), recognition)
        for record, field in sorted(places)
    )
    return Evidence(0, 0, 0, (*provenance, Provenance("forms[0]", "title", "表", Origin("body", 1))), ())


def proofs(form: Form) -> dict[str, str | None]:
    _, marked = prove(check(Submission(Report(), (form,), ())), evidence(form))
    return {f"{p.record}.{p.field}".removeprefix("forms[0]."): p.proof for p in marked.provenance}


def test_every_figure_of_a_sum_that_holds_is_proven_and_nothing_else() -> None:
    marks = proofs(FORM)
    assert marks.pop("title") is None
    assert set(marks.values()) == {"proven"}
    assert {"self_score", "funds[0].executed", "indicators[1].score", "indicators[0].level1_weight"} <= set(marks)


def test_a_figure_that_one_sum_contradicts_and_another_proves_is_proven() -> None:
    first, second = FORM.indicators
    marks = proofs(replace(FORM, indicators=(first, replace(second, weight=D(35)))))
    assert marks["indicators[0].weight"] == "proven", "its group's points agree"
    assert marks["indicators[1].weight"] == "contradicted"
    assert marks["self_score"] == "proven"


def test_a_finding_over_recognised_figures_names_the_least_certain_reading() -> None:
    form = replace(FORM, self_score=D(98))
    sure = evidence(form, 0.99)
    doubtful = replace(
        sure,
        provenance=tuple(
            replace(p, raw="30", recognition=0.61) if p.record.endswith("indicators[1]") else p for p in sure.provenance
        ),
    )
    submission, _ = prove(check(Submission(Report(), (form,), ())), doubtful)
    (finding,) = [f for f in submission.findings if f.check == "scores_total"]
    assert finding.message.endswith("（扫描识别，把握最低的读数是“30”：0.61，请核对原件）")
    assert finding.stated == D(98), "nothing is corrected"
    printed, _ = prove(check(Submission(Report(), (form,), ())), sure)
    assert "识别" not in "".join(f.message for f in printed.findings)
