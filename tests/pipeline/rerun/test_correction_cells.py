"""A correction stays on its cell: whatever rows come, go or change places between two readings, it lands on no other."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from data.maker.word import make
from extractors import read
from extractors.files import File
from pipeline import addresses, corrections
from pipeline.corrections import APPLIED, Anchor, Correction
from pipeline.extract import Extraction, understand
from schema.document import Cell, Document, Table
from schema.errors import CorrectionError

HISTORIES = 1000  # in `make soak`; a tenth in `make test`
HEAD = "| 一级指标 | 三级指标 | 年度指标值 | 实际完成值 | 分值 | 得分 |\n"
# Names that are near each other, and one that stands twice; the commonest score there is.
NAMES = ("培训人次", "培训场次", "巡查次数", "维修设备", "培训人次", "抽检批次", "开展活动")


def source(rows: Sequence[tuple[str, int]]) -> str:
    lines = (f"| 产出指标 | {name} | {target}次 | {target}次 | 10 | 10 |\n" for name, target in rows)
    return f"# 项目支出绩效自评表\n{HEAD}{''.join(lines)}| 总分 | < | < | < | 100 | 70 |\n"


def document(rows: Sequence[tuple[str, int]], folder: Path) -> Document:
    path = folder / "form.docx"
    path.write_bytes(make(source(rows)))
    return read(File(path))


def corrected(found: Extraction, made: Document, index: int, to: str) -> Correction:
    record = f"forms[0].indicators[{index}]"
    cell, _ = corrections.anchored(made, found.evidence, record, "score")
    assert cell is not None
    told = Anchor(raw=cell.raw, **cell.as_json())  # as it comes back from a store
    return Correction(1, record, "score", "10", to, told, "甲某", "盖章件")


def history(rng: random.Random, folder: Path) -> str | None:
    """One history: rows, a correction of one of them, the rows otherwise, the correction again. Gives what is wrong, None where the
    correction is on its own row or waits for a person."""
    rows = [(rng.choice(NAMES), rng.randint(1, 3)) for _ in range(rng.randint(2, 6))]
    at = rng.randrange(len(rows))
    first = document(rows, folder)
    correction = corrected(understand(first), first, at, "7")
    changed = list(rows)
    for _ in range(rng.randint(1, 3)):
        move = rng.randrange(4)
        if move == 0:
            changed.insert(rng.randrange(len(changed) + 1), (rng.choice(NAMES), rng.randint(1, 3)))
        elif move == 1 and len(changed) > 1:
            changed.pop(rng.randrange(len(changed)))
        elif move == 2:
            rng.shuffle(changed)
        else:
            k = rng.randrange(len(changed))
            changed[k] = (changed[k][0], changed[k][1] + 1)
    again = understand(document(changed, folder), corrections=[correction])
    (standing,) = again.corrections
    touched = [i for i in again.submission.forms[0].indicators if i.score == Decimal(7)]
    if standing.state != APPLIED:
        return None if not touched else f"{rows} {at} {changed}: waits, and yet {touched[0].level3} was changed"
    wrong = [i for i in touched if (i.level3, i.target) != (rows[at][0], f"{rows[at][1]}次")]
    return f"{rows} {at} {changed}: on {wrong[0].level3} {wrong[0].target}" if wrong or len(touched) != 1 else None


@pytest.mark.parametrize("seed", range(HISTORIES // 10))
def test_a_correction_is_on_its_own_row_or_waits(seed: int, tmp_path: Path) -> None:
    assert history(random.Random(seed), tmp_path) is None


@pytest.mark.soak
def test_a_correction_is_on_its_own_row_or_waits_a_thousand_times(tmp_path: Path) -> None:
    assert [found for seed in range(HISTORIES) if (found := history(random.Random(seed), tmp_path))] == []


def test_the_same_cell_read_otherwise_waits_and_its_row_is_told(tmp_path: Path) -> None:
    made = document([("培训人次", 1), ("巡查次数", 2)], tmp_path)
    correction = corrected(understand(made), made, 1, "7")
    (table,) = (block for block in made.blocks if isinstance(block, Table))

    def otherwise(cell: Cell) -> Cell:
        return replace(cell, text="9") if cell.origin.row == 3 and cell.column == 5 else cell

    other = replace(table, cells=tuple(map(otherwise, table.cells)))
    again = understand(
        replace(made, blocks=tuple(other if b is table else b for b in made.blocks)), corrections=[correction]
    )
    (standing,) = again.corrections
    assert (standing.state, standing.reading) == (corrections.GONE, None)
    assert [i.score for i in again.submission.forms[0].indicators] == [10, 9]


def test_what_follows_from_a_corrected_value_is_worked_out_again(tmp_path: Path) -> None:
    made = document([("培训人次", 3), ("巡查次数", 2)], tmp_path)
    found = understand(made)
    cell, _ = corrections.anchored(made, found.evidence, "forms[0].indicators[0]", "actual")
    correction = Correction(4, "forms[0].indicators[0]", "actual", "3次", "1次", cell, "甲某", "台账为1次")
    again = understand(made, corrections=[correction])
    first = again.submission.forms[0].indicators[0]
    assert first.actual_value is not None
    assert (first.actual, first.actual_value.value) == ("1次", 1)
    assert "full_score_missed_target" in {f.check for f in again.submission.findings}
    (source_,) = [p for p in again.evidence.provenance if p.corrected_by]
    assert (source_.field, source_.raw, source_.corrected_by) == ("actual", "3次", "更正4，甲某：台账为1次")


def test_a_finding_about_the_old_reading_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "form.docx"
    path.write_bytes(make(source([("培训人次", 3)]).replace("| 10 | 10 |", "| 10 | 1..0 |")))
    made = read(File(path))
    found = understand(made)
    assert "number_unreadable" in {f.check for f in found.submission.findings}
    cell, _ = corrections.anchored(made, found.evidence, "forms[0].indicators[0]", "score")
    again = understand(
        made, corrections=[Correction(1, "forms[0].indicators[0]", "score", None, "10", cell, "甲某", "笔误")]
    )
    assert "number_unreadable" not in {f.check for f in again.submission.findings}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("三级指标 巡查次数 得分", ("forms[0].indicators[1]", "score")),
        ("巡查次数 完成值", ("forms[0].indicators[1]", "actual")),
        ("表1 自评总得分", ("forms[0]", "self_score")),
        ("forms[0].indicators[0].weight", ("forms[0].indicators[0]", "weight")),
        ("forms[0].indicators[0].extra.备注 2.1", ("forms[0].indicators[0]", "extra.备注 2.1")),
        ("forms[0].basics[3].values.2021年", ("forms[0].basics[3]", "values.2021年")),
        ("report.unit", ("report", "unit")),
    ],
)
def test_a_value_is_named_by_the_words_on_the_page(words: str, expected: tuple[str, str], tmp_path: Path) -> None:
    found = understand(document([("培训人次", 1), ("巡查次数", 2)], tmp_path))
    assert addresses.located(found.submission, words) == expected


@pytest.mark.parametrize("words", ["培训人次 得分", "没有这项 得分", "巡查次数 没有这栏"])
def test_words_that_name_none_or_several_are_refused(words: str, tmp_path: Path) -> None:
    found = understand(document([("培训人次", 1), ("培训人次", 2), ("巡查次数", 2)], tmp_path))
    with pytest.raises(CorrectionError):
        addresses.located(found.submission, words)
