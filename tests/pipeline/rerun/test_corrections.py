"""Corrections by people: beside the reading, while it holds; for another look when it does not."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.rerun import changes, correcting, planning
from pipeline.store import contents
from pipeline.store.connection import Store
from schema.errors import CorrectionError
from tests.pipeline.rerun.test_rerun import ROW, filled, learned

Run = Callable[..., subprocess.CompletedProcess[str]]
SCORE = ("forms[0].indicators[0]", "score")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return filled(str(tmp_path / "s.db"), tmp_path / "材料")


def score(store: Store, file: str = "甲.docx") -> Decimal:
    found: Decimal = contents.load(store, file)["forms"][0]["indicators"][0]["score"]
    return found


def test_a_correction_counts_and_what_was_read_stays_beside_it(store: Store) -> None:
    said = correcting.add(store, "甲.docx", *SCORE, "55", "盖章件为55", "丁某")
    assert said == "甲.docx forms[0].indicators[0].score：读作60，更正为55"
    assert score(store) == 55
    (row,) = correcting.listed(store)
    assert (row.found, row.should_be, row.reading, row.state, row.person) == (
        "60",
        "55",
        "60",
        "applied",
        "丁某",
    )
    assert [v.causes for v in changes.history(store, "甲.docx")] == [[], ["人工更正"]]


def test_the_checks_see_the_corrected_value(store: Store) -> None:
    correcting.add(store, "甲.docx", *SCORE, "55", "盖章件为55", None)
    assert "scores_total" in {f["check"] for f in contents.load(store, "甲.docx")["findings"]}


def test_a_correction_survives_a_rerun_while_the_reading_holds(store: Store) -> None:
    correcting.add(store, "甲.docx", *SCORE, "55", "盖章件为55", None)
    list(planning.plan(store, learned(ROW), apply=True))
    assert score(store) == 55
    assert contents.load(store, "甲.docx")["forms"][0]["indicators"][0]["target"] == "≥20公里"


def test_a_correction_whose_reading_changed_waits_for_another_look(store: Store) -> None:
    correcting.add(store, "甲.docx", "forms[0].indicators[0]", "target", "≥25公里", "漏填", None)
    assert contents.load(store, "甲.docx")["forms"][0]["indicators"][0]["target"] == "≥25公里"
    list(planning.plan(store, learned(ROW), apply=True))
    assert contents.load(store, "甲.docx")["forms"][0]["indicators"][0]["target"] == "≥20公里"
    (row,) = correcting.listed(store, review=True)
    assert (row.found, row.should_be, row.reading, row.state) == (None, "≥25公里", "≥20公里", "review")


def test_a_later_word_takes_the_earlier_ones_place_and_may_be_taken_back(store: Store) -> None:
    correcting.add(store, "甲.docx", *SCORE, "55", "盖章件", None)
    correcting.add(store, "甲.docx", *SCORE, "50", "复核", None)
    (row,) = correcting.listed(store)
    assert (row.found, row.should_be, score(store)) == ("60", "50", 50)
    correcting.withdraw(store, row.correction_id)
    assert score(store) == 60
    assert correcting.listed(store) == []
    with pytest.raises(CorrectionError):
        correcting.withdraw(store, row.correction_id)


@pytest.mark.parametrize(
    ("record", "field", "value", "trouble"),
    [
        ("forms[0].indicators[9]", "score", "1", "没有这条记录"),
        ("forms[0].indicators[0]", "nosuch", "1", "没有这个字段"),
        ("forms[0].indicators[0]", "score", "很好", "不是数字"),
        ("forms[0].indicators[0]", "target_value", "1", "不能更正"),
        ("forms[0]", "fiscal_year", "二零", "不是整数"),
        ("forms[0]!", "title", "x", "路径写法不对"),
    ],
)
def test_a_correction_of_nothing_is_refused_in_one_line(
    store: Store, record: str, field: str, value: str, trouble: str
) -> None:
    with pytest.raises(CorrectionError, match=trouble):
        correcting.add(store, "甲.docx", record, field, value, "理由", None)
    assert correcting.listed(store) == []


def test_corrections_go_out_and_come_in_as_a_sheet(store: Store, ziping: Run, tmp_path: Path) -> None:
    store.close()
    done = ziping(
        "correct",
        "add",
        "甲.docx",
        "forms[0].indicators[0].score",
        "--to",
        "55",
        "--reason",
        "盖章件",
        "--store",
        "s.db",
    )
    assert "更正为55" in done.stdout, done.stderr
    ziping("correct", "list", "--csv", "out.csv", "--store", "s.db")
    sheet = (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert "甲.docx,forms[0].indicators[0],score,60,55,盖章件" in sheet
    other = "submission,record,field,should_be,reason\n乙.docx,forms[0].indicators[0],score,58,盖章件\n乙.docx,forms[9],title,x,错\n"
    (tmp_path / "in.csv").write_text(other, encoding="utf-8")
    loaded = ziping("correct", "load", "in.csv", "--store", "s.db")
    assert (loaded.returncode, loaded.stdout) == (1, "更正1处，1处没有采用。\n")
    assert "第3行" in loaded.stderr
    assert "58" in ziping("correct", "list", "--store", "s.db").stdout
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert ziping("correct", "load", "bad.csv", "--store", "s.db").stderr.count("\n") == 1
