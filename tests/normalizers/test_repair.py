"""Repairs of recognised figures: offered where the form's sums allow one other reading and no second, never where a file was born digital."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal as D
from pathlib import Path

import pytest
import simplejson

from data.maker import forms, printed, scans, word
from data.maker.layout import Layout, all_layouts
from data.maker.misreadings import each, misread, recognised
from extractors import read
from extractors.files import File
from pipeline.addresses import record_at
from pipeline.extract import Extraction, as_evidence, understand
from schema.document import Document, Origin
from schema.evidence import Provenance
from schema.records import LISTS, Form, Kind, of_kind

_FIGURES = {name for kind in (Form, *LISTS.values()) for name in of_kind(kind, Kind.MONEY, Kind.RATE, Kind.POINTS)}
FORM = """# 项目支出绩效自评表
（2023年度）

| 项目名称 | 河道保洁 | < | < | < | < |
| 项目资金（万元） | | 全年预算数 | 全年执行数 | 执行率 | < |
| ^ | 年度资金总额 | 200 | 150 | 75% | < |
| ^ | 财政拨款 | 120 | 90 | 75% | < |
| ^ | 其他资金 | 80 | 60 | 75% | < |
| 一级指标 | 三级指标 | 年度指标值 | 实际完成值 | 分值 | 得分 |
| 产出指标 | 保洁里程 | ≥20公里 | 21公里 | 60 | 58 |
| 效益指标 | 投诉次数 | ≤5次 | 3次 | 40 | 37 |
| 总分 | < | < | < | 100 | 95 |
"""


def document(source: str, tmp_path: Path) -> Document:
    path = tmp_path / "form.docx"
    path.write_bytes(word.make(source))
    return read(File(path))


def offered(found: Extraction) -> list[Provenance]:
    return [p for p in found.evidence.provenance if p.suggested is not None]


def unsure(document: Document, *texts: str) -> Document:
    """The document with a recogniser's doubt of the cells with some texts, and of no other."""
    return each(document, lambda cell: replace(cell, recognition=0.7 if cell.text in texts else 0.99))


@pytest.mark.parametrize(
    ("right", "wrong", "path", "value", "checks"),
    [
        ("| 200 | 150 |", "| 290 | 150 |", "funds[0].revised", D(200), {"execution_rate", "funds_breakdown"}),
        ("| 120 | 90 |", "| 120 | 9.0 |", "funds[1].executed", D(90), {"execution_rate", "funds_breakdown"}),
        ("| 60 | 58 |", "| 60 | 53 |", "indicators[0].score", D(58), {"scores_total"}),
        ("| 100 | 95 |", "| 100 | 35 |", "self_score", D(95), {"scores_total"}),
        ("| 40 | 37 |", "| 4.0 | 37 |", "indicators[1].weight", D(40), {"indicator_weights_total"}),
    ],
)
def test_the_one_reading_that_makes_all_sums_hold_is_offered_and_not_taken(
    right: str, wrong: str, path: str, value: D, checks: set[str], tmp_path: Path
) -> None:
    assert FORM.count(right) == 1
    text = wrong.strip("| ").split(" | ")
    cell = next(t for t, was in zip(text, right.strip("| ").split(" | "), strict=True) if t != was)
    found = understand(unsure(document(FORM.replace(right, wrong), tmp_path), cell))
    (p,) = offered(found)
    assert (f"{p.record}.{p.field}", p.raw) == (f"forms[0].{path}", cell)
    assert p.suggested is not None and p.suggested.value == value  # noqa: PT018
    assert set(p.suggested.checks) == checks
    record = record_at(found.submission, p.record)
    assert getattr(record, p.field) == D(cell), "the reading stays"
    assert any(
        f"“{cell}”把握0.70，若为“{p.suggested.raw}”则全表勾稽相符" in f.message for f in found.submission.findings
    )
    (told,) = (row["suggested"] for row in as_evidence(found)["provenance"] if row["suggested"])
    assert told == {"value": value, "raw": p.suggested.raw, "checks": list(p.suggested.checks)}


def test_a_figure_born_digital_or_read_with_certainty_is_never_doubted(tmp_path: Path) -> None:
    wrong = FORM.replace("| 60 | 58 |", "| 60 | 53 |")
    path = tmp_path / "digital.docx"
    path.write_bytes(word.make(wrong))
    assert not offered(understand(read(File(path))))
    assert not offered(understand(unsure(document(wrong, tmp_path))))


def test_nothing_is_offered_where_two_readings_do_or_another_sum_stays_broken(tmp_path: Path) -> None:
    two = document(FORM.replace("| 60 | 58 |", "| 60 | 55 |").replace("| 40 | 37 |", "| 40 | 35 |"), tmp_path)
    assert not offered(understand(unsure(two, "55", "35"))), "90 for 95: 58 and 35 are no sum of it, nor are 55 and 37"
    three = FORM.replace("| 60 | 58 |", "| 60 | 33 |").replace("| 40 | 37 |", "| 40 | 33 |").replace("| 95 |", "| 71 |")
    assert not offered(understand(unsure(document(three, tmp_path), "33"))), "either may be 38"
    own = document(
        FORM.replace("| 60 | 58 |", "| 60 | 53 |").replace("75% | < |\n| ^ | 其他", "70% | < |\n| ^ | 其他"), tmp_path
    )
    assert not offered(understand(unsure(own, "53"))), "the unit's rate is wrong besides"


def test_a_score_above_its_points_is_no_repair(tmp_path: Path) -> None:
    wrong = FORM.replace("| 60 | 58 |", "| 50 | 53 |").replace("| 40 | 37 |", "| 50 | 37 |")
    assert not offered(understand(unsure(document(wrong, tmp_path), "53"))), "58 of 50"


# ---------------------------------------------------------------- made forms with a figure misread
@dataclass(frozen=True)
class Scan:
    """A form as recognised whose figures are all read right, and those of them that a sum of it reaches."""

    name: str
    document: Document
    places: tuple[tuple[Origin, object], ...]  # with what is read from them


def sane(name: str, document: Document, gold: object) -> Scan | None:
    """A scan whose sums all hold, as those of its gold do; None for another."""
    found = understand(document)
    places = tuple(
        (p.origin, getattr(record_at(found.submission, p.record), p.field))
        for p in found.evidence.provenance
        if p.field in _FIGURES and p.proof == "proven" and p.origin.table is not None
    )
    broken = any(p.proof == "contradicted" for p in found.evidence.provenance)
    return Scan(name, document, places) if places and not broken and not gold["findings"] else None  # type: ignore[index]


def made(layouts: list[Layout], folder: Path) -> Iterator[Scan]:
    for layout in layouts:
        form = forms.make(layout, 3)
        path = folder / f"{layout.name}.docx"
        path.write_bytes(word.make(form.source))
        scan = sane(layout.name, recognised(read(File(path)), layout.name), form.record)
        if scan is not None:
            yield scan


def scanned(layouts: list[Layout], folder: Path) -> Iterator[Scan]:
    """The same through a scanner and the recogniser."""
    for i, layout in enumerate(layouts):
        form, scanner = forms.make(layout, 3), scans.Scanner(dpi=150, noise=8, quality=40)
        path = folder / f"{layout.name}.pdf"
        path.write_bytes(scans.as_pdf(scans.pictures(printed.pdf(form.source), scanner, i), scanner.dpi))
        scan = sane(layout.name, read(File(path)), form.record)
        if scan is not None:
            yield scan


def counted(found: list[Scan], figures: int) -> Counter[str]:
    """What is offered for figures misread one at a time: right, wrong, none."""
    rng, out = random.Random(11), Counter[str]()
    while out.total() < figures:
        scan = rng.choice(found)
        place, before = rng.choice(scan.places)
        broken = misread(scan.document, place, str(out.total()))
        assert broken is not None
        repairs = offered(understand(broken))
        right = repairs and all(p.origin == place and p.suggested.value == before for p in repairs)  # type: ignore[union-attr]
        out["right" if right else "wrong" if repairs else "none"] += 1
    return out


def test_of_figures_misread_in_made_forms_every_repair_is_right(tmp_path: Path) -> None:
    told = counted(list(made(all_layouts()[::5], tmp_path)), 60)
    assert told["wrong"] == 0, told
    assert told["right"] >= 30, told


def test_no_repair_is_offered_for_forms_that_are_read_right(tmp_path: Path) -> None:
    """Sums that a unit got wrong are told as such, though a recogniser doubted some figures."""
    wrong = []
    for layout in all_layouts()[::4]:
        form = forms.make(layout, 5)
        path = tmp_path / f"{layout.name}.docx"
        path.write_bytes(word.make(form.source))
        wrong += [
            (layout.name, p.raw, p.suggested) for p in offered(understand(recognised(read(File(path)), layout.name)))
        ]
    assert wrong == []


@pytest.mark.soak
def test_of_500_figures_misread_in_scans_every_repair_is_right(tmp_path: Path) -> None:
    told = counted(list(scanned(all_layouts()[::3], tmp_path)), 500)
    Path("data/work").mkdir(exist_ok=True)
    Path("data/work/repairs.json").write_text(simplejson.dumps(told), encoding="utf-8")
    assert told["wrong"] <= 0.01 * (told["right"] + told["wrong"]), told
    assert told["right"] >= 250, told
