"""Drafts and finals of one report: told by what they are about and by the names they came under."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.copies import stage, subject
from pipeline.extract import extract
from pipeline.store import Store
from tests.conftest import SAMPLES

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("某局自评表（初稿）.docx", "draft"), ("报送/某局自评表.docx", "final"), ("某局自评表定稿.pdf", "final"),
        ("某局自评表.docx", None), ("定稿/某局自评表送审稿.doc", "draft"), ("材料.zip/盖章件/表.pdf", "final"),
        ("未定稿.docx", "draft"),
    ],
)  # fmt: skip
def test_a_name_says_draft_or_final_or_nothing(path: str, expected: str | None) -> None:
    assert stage(Path(path)) == expected


def test_copies_have_one_subject_whatever_their_figures_and_other_reports_another() -> None:
    one = extract(SAMPLES / "council-2021.docx").submission
    corrected = replace(one, forms=tuple(replace(form, self_score=None) for form in one.forms))
    next_year = replace(one, report=replace(one.report, fiscal_year=2022))
    assert subject(one) == subject(corrected) is not None
    assert subject(next_year) != subject(one)
    nobody = tuple(replace(form, unit=None, implementer=None) for form in one.forms)
    assert subject(replace(one, report=replace(one.report, unit=None), forms=nobody)) is None


def test_the_store_lists_the_copies_of_a_report_and_prefers_the_final_one(
    ziping: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    formats = SAMPLES.parent / "formats"
    shutil.copy(SAMPLES / "council-2021.docx", folder / "自评表初稿.docx")
    shutil.copy(formats / "council-2021.pdf", folder / "自评表盖章.pdf")
    shutil.copy(formats / "council-2021.xlsx", folder / "自评表.xlsx")
    shutil.copy(SAMPLES / "water-2022.docx", folder / "另一单位.docx")
    done = ziping("ingest", folder, "--store", tmp_path / "s.db")
    assert done.returncode == 0, done.stderr
    assert "同一份材料有3个文件" in done.stdout
    ((first, *others),) = Store(f"{tmp_path}/s.db").copies()
    assert (Path(first.path).name, first.stage, first.preferred) == ("自评表盖章.pdf", "final", 1)
    assert {(row.stage, row.preferred) for row in others} == {("draft", 0), (None, 0)}
    assert "定稿，以此为准" in ziping("status", "--store", tmp_path / "s.db").stdout
