"""Scoring: what is right, missed, false and wrong; rows without a partner; two folders by name."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.score import confidences, founded, pairs, same, score
from schema.errors import ScoreError
from tests.conftest import GOLD, ROOT

RECORD = json.loads((GOLD / "culture-2022.json").read_text(encoding="utf-8"))
Run = Callable[..., subprocess.CompletedProcess[str]]


def test_a_record_is_right_beside_itself() -> None:
    parts = score(RECORD, RECORD)
    assert all(part.f1 in (1.0, None) and part.errors == [] for part in parts.values())
    assert parts["fields"].right > 50


def test_a_lost_a_wrong_and_an_invented_value_are_told_apart() -> None:
    other = copy.deepcopy(RECORD)
    indicators = other["forms"][0]["indicators"]
    indicators[0]["score"], indicators[1]["weight"], indicators[1]["remark"] = None, 999, "无中生有"
    kinds = sorted((e.path.rsplit(".", 1)[1], e.kind) for e in score(other, RECORD)["fields"].errors)
    assert kinds == [("remark", "false"), ("score", "missed"), ("weight", "wrong")]


def test_a_lost_row_costs_all_its_fields_and_no_field_of_its_neighbours() -> None:
    other = copy.deepcopy(RECORD)
    lost = other["forms"][0]["indicators"].pop(0)
    errors = score(other, RECORD)["fields"].errors
    assert {e.path.rsplit(".", 1)[0] for e in errors} == {"forms[0].indicators[0]"}
    assert len(errors) == sum(v not in (None, {}) for k, v in lost.items() if k != "extra")


def test_a_number_as_text_is_not_the_number_and_blanks_do_not_count() -> None:
    assert not same("10", 10)
    assert same("产出 指标（一）", "产出指标(一)")
    assert not same("12.5", "125")


def test_a_file_that_is_not_there_scores_nothing_and_a_broken_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold" / "甲.json").write_text(json.dumps(RECORD), encoding="utf-8")
    [(name, parts)] = pairs(tmp_path, tmp_path / "gold")
    assert (name, parts["fields"].right) == ("甲", 0)
    (tmp_path / "甲.json").write_text("{", encoding="utf-8")
    with pytest.raises(ScoreError, match=r"甲\.json"):
        list(pairs(tmp_path, tmp_path / "gold"))


def test_the_command_prints_a_line_a_record_and_every_error(ziping: Run, tmp_path: Path) -> None:
    other = copy.deepcopy(RECORD)
    other["forms"][0]["indicators"][0]["score"] = 1
    (tmp_path / "甲.json").write_text(json.dumps(other), encoding="utf-8")
    done = ziping("score", "甲.json", GOLD / "culture-2022.json", "--errors")
    assert "forms[0].indicators[0].score wrong" in done.stdout, done.stderr


def test_confidence_is_founded_where_what_is_sure_is_right() -> None:
    told = founded([(0.95, True), (0.95, True), (0.99, False), (0.5, False), (None, False), (0.5, True)])
    assert (told.values, told.sure, told.sure_wrong, told.caught) == (6, 0.5, 1 / 3, 2 / 3)
    assert told.error == pytest.approx((abs(0.95 + 0.95 + 0.99 - 2) + abs(0.5 + 0.5 - 1)) / 5)
    assert founded([]) == type(told)(0, None, None, None, None)


def test_each_stated_field_is_told_where_it_stands_in_the_prediction() -> None:
    other = copy.deepcopy(RECORD)
    indicators = other["forms"][0]["indicators"]
    indicators.insert(0, {**dict.fromkeys(indicators[0]), "level3": "无中生有", "score": 3})
    told = dict(score(other, RECORD)["fields"].told)
    assert (told["forms[0].indicators[0].score"], told["forms[0].indicators[1].score"]) == (False, True)


def test_the_least_sure_of_several_sources_counts(tmp_path: Path) -> None:
    sources = [{"record": "forms[0]", "field": "duties", "confidence": sure} for sure in (0.9, 0.6)] + [
        {"record": "forms[0]", "field": "unit", "confidence": None}
    ]
    (tmp_path / "甲.json").write_text(json.dumps({"provenance": sources}), encoding="utf-8")
    assert confidences(tmp_path, "甲") == {"forms[0].duties": 0.6, "forms[0].unit": None}
    with pytest.raises(ScoreError, match=r"乙\.json"):
        confidences(tmp_path, "乙")


def test_the_command_says_how_well_confidence_is_founded(ziping: Run, tmp_path: Path) -> None:
    file = ROOT / "data" / "samples" / "forms" / "culture-2022.docx"
    for kind in ("--json", "--evidence"):
        (tmp_path / kind[2:]).mkdir()
        (tmp_path / kind[2:] / "culture-2022.json").write_text(ziping("extract", file, kind).stdout, encoding="utf-8")
    done = ziping("score", "json/culture-2022.json", GOLD / "culture-2022.json", "--evidence", "evidence")
    told = done.stdout.splitlines()[-1].split()
    assert int(told[0]) > 50, done.stdout
    assert told[-1].endswith("%")
