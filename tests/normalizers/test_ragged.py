"""Rows that lost their merged cells: what stands left of every heading."""

from __future__ import annotations

from pathlib import Path

from pipeline.extract import Extraction, extract

ROWS = [
    "\t一级指标\t二级指标\t三级指标\t年度指标值\t实际完成值\t分值\t得分",
    "业务工作80分\t产出指标\t数量指标\t巡查次数\t20次\t21次\t40\t40",
    "\t\t质量指标\t巡查合格率\t90%\t95%\t40\t40",
    "群众满意率\t80%\t85%\t20\t20",
]


def _read(rows: list[str], folder: Path) -> Extraction:
    path = folder / "form.txt"
    path.write_text("项目支出绩效自评表\n\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return extract(path)


def test_the_label_at_the_side_of_the_block_takes_no_column(tmp_path: Path) -> None:
    read = _read(ROWS, tmp_path)
    assert read.evidence.leftovers == ()
    (form,) = read.submission.forms
    assert [(i.level1, i.level3, i.target, i.weight, i.score) for i in form.indicators] == [
        ("产出指标", "巡查次数", "20次", 40, 40),
        ("产出指标", "巡查合格率", "90%", 40, 40),
        ("产出指标", "群众满意率", "80%", 20, 20),
    ]


def test_a_second_text_left_of_the_headings_is_no_label(tmp_path: Path) -> None:
    rows = [*ROWS[:2], ROWS[2].replace("\t", "另一类\t", 1), ROWS[3]]
    assert _read(rows, tmp_path).evidence.leftovers
