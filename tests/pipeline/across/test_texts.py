"""Copied texts among made reports: what is found, what is not, templates; the rule's bounds."""

from __future__ import annotations

import random

import pytest

from data.maker.reports import MadeReport, reports
from pipeline.across import texts
from schema.packs.pack import shipped
from schema.packs.rule import RULES, Told
from schema.packs.whole_store import Copied, Measured

ACROSS = next(pack for pack in shipped() if pack.name == "across")
PARAMETERS = {clause.rule: clause.parameters for clause in ACROSS.clauses}


def found(made: list[MadeReport]) -> tuple[set[frozenset[int]], int]:
    """The pairs of reports that the rule finds, as pairs of numbers; and how many hashes are a template."""
    held, told = [], {}
    for no, report in enumerate(made):
        for s, section in enumerate(report.sections):
            bared = texts.bare(section, [report.unit])[0]
            held.append(texts.Text(str(no), no, f"sections[{s}]", "text", len(bared), texts.marks(bared)))
            told[str(no), f"sections[{s}]"] = (section, [report.unit])
    common = texts.Common(held, min(int(PARAMETERS["copied_text"]["template"]), len(made) // 2))
    out = set()
    for one, other in common.pairs():
        alike = common.alike(told[one.submission, one.record], told[other.submission, other.record])
        copied = Copied("", "", "", "", None, alike.same, one.length, alike.passages, alike.figures)
        if list(RULES["copied_text"].check(copied, PARAMETERS["copied_text"])):
            out.add(frozenset((one.unit, other.unit)))
    return out, len(common.template)


@pytest.mark.parametrize(
    ("count", "copies"),
    [(400, 20), pytest.param(3000, 60, marks=pytest.mark.soak), pytest.param(9000, 60, marks=pytest.mark.soak)],
)
def test_copies_among_made_reports_are_found_and_templates_are_not(count: int, copies: int) -> None:
    made = reports(count, copies, seed=7)
    truth = {frozenset((no, report.copied[0])) for no, report in enumerate(made) if report.copied}
    pairs, template = found(made)
    assert len(pairs & truth) >= 0.95 * len(truth)
    assert len(pairs & truth) >= 0.98 * len(pairs)
    assert template  # what all open and end with was learnt as such


def test_reports_that_share_a_template_alone_are_no_copies() -> None:
    for count in (2, 3, 6, 40):
        assert found(reports(count, 0))[0] == set()


def test_where_there_are_two_units_nobody_can_say_what_is_a_template() -> None:
    assert found(reports(2, 1))[0] == set()


def test_a_text_is_taken_without_signs_figures_and_the_units_own_names() -> None:
    bared, places = texts.bare("甲局2023年，投入1,200.5万元（甲局自筹）。", ["甲局"])
    assert bared == "0年投入0万元自筹"
    assert [places[bared.index(sign)] for sign in "年自"] == [6, 22]
    assert texts.bare("甲局。", []) == ("甲局", [0, 1])
    assert len(texts.marks("短")) == 0


def test_what_two_texts_have_in_common_is_told_in_their_own_words_with_odd_figures() -> None:
    rng = random.Random(3)
    own = "".join(chr(0x4E00 + rng.randrange(5000)) for _ in range(200))
    theirs = f"另一个开头{own[:90]}1,347.6万元{own[90:150]}完全不同的结尾"
    mine = f"本单位的开头{own[:90]}1347.6万元{own[90:95]}，改{own[96:150]}"
    bared = [texts.bare(text, [])[0] for text in (mine, theirs)]
    common = texts.Common([texts.Text(str(n), n, "", "", len(b), texts.marks(b)) for n, b in enumerate(bared)], 5)
    alike = common.alike((mine, []), (theirs, []))
    assert alike.figures == ("1347.6",)
    assert alike.passages == ((mine[4:], theirs[3:-7]),)  # both begin with 开头
    assert 120 <= alike.same <= 165


@pytest.mark.parametrize(
    ("same", "length", "figures", "names", "finds"),
    [
        (60, 400, (), (), True), (59, 300, (), (), False), (60, 401, (), (), False),
        (40, 200, ("1347.6",), (), True), (40, 200, (), ("乙局",), True), (39, 200, ("1347.6",), ("乙局",), False),
    ],
)  # fmt: skip
def test_how_much_is_a_copy(
    same: int, length: int, figures: tuple[str, ...], names: tuple[str, ...], finds: bool
) -> None:
    copied = Copied(
        "sections[0].text", "b", "sections[1].text", "乙局", 2022, same, length, (("甲", "乙"),), figures, names
    )
    told: list[Told] = list(RULES["copied_text"].check(copied, PARAMETERS["copied_text"]))
    assert bool(told) is finds
    if told:
        assert (told[0].other, told[0].there, told[0].passages) == ("b", "sections[1].text", (("甲", "乙"),))
        assert all(sign in told[0].words["way"] for sign in (*figures, *names))


def rates(*values: str) -> list[Measured]:
    from decimal import Decimal

    return [Measured(str(i), f"forms[{i}]", "执行率", Decimal(value), "某县学校") for i, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "outside"),
    [
        (("0.95", "0.97", "0.96", "0.98", "0.94", "0.95", "0.97", "0.31"), ["7"]),
        (("0.95", "0.97", "0.96", "0.98", "0.94", "0.95", "0.31"), []),  # too few to compare with
        (("0.95", "0.95", "0.95", "0.95", "0.95", "0.95", "0.95", "0.31"), []),  # no spread to measure by
        (("0.95", "0.97", "0.96", "0.98", "0.94", "0.95", "0.97", "0.80"), []),  # far, but not far apart
        (("0.2", "0.4", "0.6", "0.8", "1", "0.3", "0.5", "0.9"), []),
    ],
)
def test_what_lies_outside_its_kind(values: tuple[str, ...], outside: list[str]) -> None:
    told = list(RULES["outlier"].check(rates(*values), PARAMETERS["outlier"]))
    assert [measured.key for measured, _ in told] == outside
    assert all(one.words["computed"] == "95.5%" and one.words["stated"] == "31%" for _, one in told)
