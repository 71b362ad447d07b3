"""How sure a value is: what speaks against it lowers it, what a person corrected is sure, and what is said comes true on made forms."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from data.maker import doubt
from data.maker.damage import DAMAGES, damaged
from data.maker.layout import all_layouts
from data.maker.word import make
from extractors import read
from extractors.files import File
from normalizers.confidence import COLUMNS, judge, shipped, signals
from normalizers.vocabulary import folder
from pipeline.extract import Extraction, as_evidence, as_record, extract, sources, understand
from pipeline.score import founded
from schema.evidence import FACT, doubtful

Docx = Callable[..., Path]
FORM = """# 项目支出绩效自评表
| 项目名称 | 河道保洁 | < | < | < | < | < |
| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 | 分值 | 得分 |
| 产出指标 | 数量指标 | 保洁里程 | ≥20公里 | 20公里 | 30 | 30 |
| ^ | 质量指标 | 合格率 | ≥95% | 96% | 20 | 20 |
| 效益指标 | 社会效益指标 | 知晓率 | ≥90% | 91% | 30 | 30 |
| 满意度指标 | 服务对象满意度指标 | 满意率 | ≥90% | 92% | 20 | 20 |
| 总分 | < | < | < | < | 100 | 100 |
"""


def of(found: Extraction, record: str, field: str) -> float:
    (sure,) = {p.confidence for p in sources(found) if (p.record, p.field) == (record, field)}
    assert sure is not None
    return sure


def test_a_usual_form_is_sure_and_every_value_of_its_forms_is_scored(docx: Docx) -> None:
    found = extract(docx(FORM))
    told = {(p.record, p.field) for p in sources(found) if p.confidence is not None}
    assert not [p for p in sources(found) if doubtful(p)]
    for i, indicator in enumerate(as_record(found)["forms"][0]["indicators"]):
        stated = {name for name, value in indicator.items() if value not in (None, {})}
        assert {(f"forms[0].indicators[{i}]", name) for name in stated} <= told


def test_a_figure_that_cannot_be_read_is_not_sure_and_no_other_row_suffers(docx: Docx) -> None:
    found = extract(docx(FORM.replace("| 20 | 20 |\n| 效益", "| 由科室负责核实后统一填写 | 20 |\n| 效益")))
    assert of(found, "forms[0].indicators[1]", "weight") == 0
    assert of(found, "forms[0].indicators[2]", "weight") >= FACT


def test_a_heading_that_nobody_knows_lowers_its_values(docx: Docx) -> None:
    plain, novel = extract(docx(FORM)), extract(docx(FORM.replace("实际完成值", "年底实际完成值")))
    record = "forms[0].indicators[2]"
    assert of(novel, record, "actual") < of(plain, record, "actual")
    assert of(novel, record, "score") == pytest.approx(of(plain, record, "score"), abs=0.02)


def test_what_follows_from_a_value_is_no_surer_than_it(docx: Docx) -> None:
    found = extract(docx(FORM))
    record = "forms[0].indicators[0]"
    assert of(found, record, "category") == min(of(found, record, "level1"), of(found, record, "level2"))
    assert of(found, record, "target_value") == of(found, record, "target")
    (place,) = {p.origin for p in sources(found) if (p.record, p.field) == (record, "target_value")}
    assert str(place) == "table 1 row 3 column 4"


def test_a_value_that_a_person_corrected_is_sure(docx: Docx) -> None:
    found = extract(docx(FORM.replace("| 30 | 30 |\n| ^", "| 30 | 由科室核实 |\n| ^")))
    marked = tuple(replace(p, corrected_by="更正1") if p.field == "score" else p for p in found.evidence.provenance)
    again = judge(found.document, found.submission, replace(found.evidence, provenance=marked))
    assert {p.confidence for p in again.provenance if p.field == "score"} == {1.0}


def test_a_doubt_about_recognised_characters_is_kept_apart_from_confidence(docx: Docx) -> None:
    evidence = as_evidence(extract(docx(FORM)))
    assert {p["recognition"] for p in evidence["provenance"]} == {None}
    assert all(0 <= p["confidence"] <= 1 for p in evidence["provenance"])


def test_every_signal_of_a_reading_has_a_weight(tmp_path: Path) -> None:
    """A signal that was renamed would weigh nothing."""
    weights, seen = shipped(), set()
    for name in DAMAGES:
        for layout in all_layouts()[::6]:
            path = tmp_path / "form.docx"
            path.write_bytes(make(doubt.forms.make(layout, 1).source))
            if (broken := damaged(read(File(path)), name, layout.name)) is not None:
                found = understand(broken)
                seen |= {s for told in signals(broken, found.evidence, weights) for s in told}
    assert {"cell", "carried", "left over", "ragged alone", "recognised", "lacks"} <= seen
    assert seen - weights.signals.keys() <= {"of report"}  # what a cover states is not judged by made forms


def test_the_weights_are_read_as_they_are_written() -> None:
    with folder().joinpath("confidence.csv").open("r", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert tuple(rows[0]) == COLUMNS
    assert len([row for row in rows if not row["field"]]) == len(shipped().signals)


@pytest.mark.soak
def test_confidence_comes_true_on_forms_that_were_not_counted() -> None:
    """Weights of two thirds of the layouts, values of the others: held back, changed, broken, dumped, printed, scanned."""
    seen = doubt.cells()
    found = list(doubt.values(doubt.Weights({}, seen)))
    others = {layout.name for layout in all_layouts()[::3]}
    weights = doubt.fitted([value for value in found if value.layout not in others], seen)
    told = founded([(weights.share(v.signals), v.right) for v in found if v.layout in others])
    print(told)
    assert told.error is not None
    assert told.error <= 0.03
    assert (told.caught or 0) >= 0.6
