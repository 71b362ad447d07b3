"""Nothing in silence: what a record says has a source, what a source gave stands in the record, what a heading may name is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from data.maker import forms, word
from data.maker.layout import Layout, all_layouts
from normalizers.text import clean, squeeze, stated_text
from normalizers.vocabulary import FIELDS, vocabulary
from pipeline import addresses
from pipeline.extract import Extraction, extract
from schema.evidence import Provenance
from schema.records import Kind, Quantity
from tests.conftest import SAMPLES

_FIGURES = re.compile(r"\d+(?:\.\d+)?")
_CHINESE = re.compile("[零〇一二两三四五六七八九十百千]")


def broken(extraction: Extraction) -> Iterator[str]:
    """Every provenance whose field holds nothing, or nothing that its raw text can say."""
    unreadable = {
        (f"forms[{(f.form or 1) - 1}].{f.where}") for f in extraction.submission.findings if f.check == "number_unreadable"
    }  # fmt: skip
    for source in extraction.evidence.provenance:
        place = f"{source.record}.{source.field}"
        value = addresses.stated(extraction.submission, source.record, source.field)
        if value is None or value == ():
            if place not in unreadable and stated_text(source.raw) is not None:
                yield f"{place} has no value, though its source says {source.raw!r}"
        elif not follows(value, source):
            yield f"{place} is {value!r}, which {source.raw!r} does not say"


def follows(value: Any, source: Provenance) -> bool:
    raw = squeeze(source.raw)
    if isinstance(value, str):
        plain = squeeze(value)
        parts = [squeeze(part) for part in clean(value).split("\n")]
        return plain in raw or all(part in raw for part in parts) or raw in plain or _kept_words(plain, raw)
    if isinstance(value, bool | int) and not isinstance(value, Decimal):
        return str(value) in raw or _CHINESE.search(raw) is not None
    if isinstance(value, Decimal):
        digits = {f"{abs(value):f}".replace(".", "").strip("0")}
        stated = {m.replace(".", "").strip("0") for m in _FIGURES.findall(raw.replace(",", "").replace("，", ""))}
        return bool(digits & stated) or (not value and bool(stated)) or _CHINESE.search(raw) is not None
    if isinstance(value, date):
        return str(value.year) in raw or "二" in raw
    if isinstance(value, Quantity):
        return True  # derived from target, operator and unit, each with a source of its own
    return isinstance(value, tuple)


def _kept_words(plain: str, raw: str) -> bool:
    """Are the words left after the template's own are taken out those of the cell, in order?"""
    at = 0
    for ch in plain:
        at = raw.find(ch, at) + 1
        if at == 0:
            return False
    return True


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.docx")), ids=lambda path: path.stem)
def test_what_a_sample_gave_stands_in_its_record(path: Path) -> None:
    assert list(broken(extract(path))) == []


@pytest.mark.parametrize("layout", all_layouts(), ids=lambda layout: layout.name)
def test_what_a_made_form_gave_stands_in_its_record(layout: Layout, tmp_path: Path) -> None:
    for seed in range(3):
        path = tmp_path / f"{seed}.docx"
        path.write_bytes(word.make(forms.make(layout, seed).source))
        extraction = extract(path)
        assert list(broken(extraction)) == []
        evidence = extraction.evidence
        assert evidence.used + evidence.ornament + len(evidence.leftovers) == evidence.cells


# ---------------------------------------------------------------- every field that a heading may name
_CELLS = {
    Kind.POINTS: "7", Kind.MONEY: "7", Kind.RATE: "70%", Kind.COUNT: "2021年", Kind.DATE: "2022年3月1日", Kind.BODY: "青禾县水务局",
    Kind.SIGN: "≥",
}  # fmt: skip
_FORMS = {
    "head": "| {h} | {c} | < | < |\n| 一级指标 | 三级指标 | 指标值 | 得分 |\n| 产出指标 | 里程 | 20公里 | 9 |\n",
    "funds": "| 项目资金（万元） | {h} | {more} |\n| 年度资金总额 | {c} | 5 |\n",
    "goals": "| {more} | {h} |\n| 完成绿化 | {c} |\n",
    "management": "| 资金管理情况 | {more} | {h} |\n| ^ | 分配科学性 | {c} |\n",
    "tasks": "| {more} | {h} |\n| 修路 | {c} |\n",
    "indicators": "| 一级指标 | {h} | 二级指标 | {more} | 指标性质 | 备注 |\n| 产出指标 | {c} | 数量指标 | 30 | 定量 | 无 |\n",
}
_OWN = {
    "adjusted": "| 预期目标 | {h} | 实际完成情况 |\n| 完成绿化 | {c} | 已完成 |\n",
    "bare": "| 年份 | {h} | 实际完成情况 |\n| 2022 | {c} | 已完成 |\n",
}
_BESIDE = {
    "funds": ("全年执行数", "全年预算数"), "goals": ("预期目标", "实际完成情况"), "management": ("管理事项", "情况说明"),
    "tasks": ("任务名称", "完成情况"), "indicators": ("得分", "分值"),
}  # fmt: skip
_ELSEWHERE = {
    "adjusted": "planned",
    "adjusted_target": "target",
    "op": "target_value",
    "level": "level3",
    "bare": "planned",
}


@pytest.mark.parametrize(("block", "field"), [(block, field) for block, known in FIELDS.items() for field in known])
def test_every_field_that_a_heading_may_name_is_read(block: str, field: str, tmp_path: Path) -> None:
    """One that the vocabulary knows and no reader lists would be claimed and lost."""
    known = vocabulary()
    spelling = next((s for s, f in known.of_block(block) if f == field and known.heading(s, block) == field), None)
    assert spelling is not None, f"no row of headings.csv names {field} in {block}"
    named = [known.heading(more, block) for more in _BESIDE.get(block, ())]
    more = next((m for m, f in zip(_BESIDE.get(block, ()), named, strict=True) if f != field), "")
    cell = "目标1" if field == "goal" else _CELLS.get(FIELDS[block][field], "按时完成全部工作")
    path = tmp_path / "form.docx"
    path.write_bytes(
        word.make("# 项目支出绩效自评表\n" + _OWN.get(field, _FORMS[block]).format(h=spelling, c=cell, more=more))
    )
    extraction = extract(path)
    told = {p.field: addresses.value(extraction.submission, p.record, p.field) for p in extraction.evidence.provenance}
    wanted = _ELSEWHERE.get(field, field)
    assert wanted in told or any(cell == p.raw for p in extraction.evidence.provenance), told
    assert wanted not in told or told[wanted] is not None or field == "op"
    assert cell not in [left.text for left in extraction.evidence.leftovers]
