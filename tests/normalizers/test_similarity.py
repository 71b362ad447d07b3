"""Close spelling: only where the telling words agree, one field is ahead, and the cells below hold what the field holds."""

from __future__ import annotations

import pytest

from normalizers.similarity import best_match, cells_fit
from normalizers.vocabulary import FIELDS, KNOWN, vocabulary

KNOWN_SPELLINGS = [
    ("年度指标值", "target"),
    ("全年实际值", "actual"),
    ("偏差原因分析及改进措施", "deviation"),
    ("得分", "score"),
]


def test_the_spelling_most_like_it_gives_the_field_and_says_why() -> None:
    near = best_match("偏差原因分析和改进措施", KNOWN_SPELLINGS)
    assert near is not None
    assert near.field == "deviation"
    assert near.reason.startswith("近似“偏差原因分析及改进措施”")


@pytest.mark.parametrize("heading", ["上年指标值", "得分系数", "单位", "年度指标值未完成原因"])
def test_a_word_that_decides_the_meaning_keeps_spellings_apart(heading: str) -> None:
    assert best_match(heading, KNOWN_SPELLINGS) is None


def test_two_fields_as_like_as_each_other_give_none() -> None:
    assert best_match("年度甲值", [("年度乙值", "target"), ("年度丙值", "actual")]) is None


@pytest.mark.parametrize(
    ("field", "cells", "expected"),
    [
        ("weight", ["10", "20", ""], True),
        ("weight", ["10", "已完成"], False),
        ("weight", ["2023"], False),
        ("deviation", ["受天气影响", ""], True),
        ("deviation", ["10", "20"], False),
        ("executed", ["120.5", "1,118.30"], True),
        ("executed", ["无"], False),
        ("target", ["≥95%", "12场"], True),
        ("target", [], False),
    ],
)
def test_the_cells_below_must_agree(field: str, cells: list[str], expected: bool) -> None:
    kind = next(fields[field] for fields in FIELDS.values() if field in fields)
    assert cells_fit(kind, cells) is expected


def test_of_the_vocabulary_held_back_spelling_by_spelling_most_proposals_are_right() -> None:
    """Spelling alone; the cells below are not asked here."""
    words = vocabulary()
    for block in FIELDS:
        rows = words.of_block(block)
        told = right = 0
        for i, (spelling, field) in enumerate(rows):
            near = best_match(spelling, rows[:i] + rows[i + 1 :])
            if near is not None and field not in KNOWN:
                told, right = told + 1, right + (near.field == field)
        assert told > 10
        assert right >= 0.88 * told, (block, right, told)
