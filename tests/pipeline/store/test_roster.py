"""Who is expected, who has handed in, and whose a file is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data.maker import word
from pipeline.batch import run
from pipeline.store import roster
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from pipeline.store.roster_sheet import Unit, from_file
from schema.errors import StoreError

Run = Callable[..., subprocess.CompletedProcess[str]]
FORM = """# 部门整体支出绩效自评表
（2023年度）
{unit}
| 一级指标 | 三级指标 | 年度指标值 | 实际完成值 |
| 产出指标 | {name} | ≥20公里 | 20公里 |
"""


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    made = open_store(url)
    for path, unit in (
        ("青禾县水务局/整体.docx", "| 部门名称 | 青禾县水务局 | < | < |"),
        ("收件/1.docx", "| 部门名称 | 青禾县城管局 | < | < |"),
        ("青禾县档案馆 2023/自评.docx", ""),
        ("收件/2.docx", ""),
    ):
        target = tmp_path / "in" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(word.make(FORM.format(unit=unit, name=path.partition("/")[0])))
    run.ingest([tmp_path / "in"], made, lambda outcome: None)
    yield made
    made.close()


LISTED = [
    Unit("青禾县水务局", "001", expected=2),
    Unit("青禾县城市管理和综合执法局", "002"),
    Unit("青禾县档案馆", "003", contact="办公室"),
    Unit("青禾县审计局", "004"),
]


def told(store: Store) -> dict[str, tuple[list[str], int]]:
    return {one.unit.name: ([file for _, file in one.submissions], one.missing) for one in roster.came(store, 2023)}


def test_a_file_is_its_forms_units_else_that_of_its_path_else_whose_a_person_says(store: Store) -> None:
    assert roster.load(store, 2023, LISTED) == (4, 0, 0)
    assert told(store) == {
        "青禾县水务局": (["整体.docx"], 1),
        "青禾县城市管理和综合执法局": ([], 1),
        "青禾县审计局": ([], 1),
        "青禾县档案馆": (["自评.docx"], 0),
        "青禾县城管局": (["1.docx"], 0),
        "（单位未写明）": (["2.docx"], 0),
    }
    assert [one.unit.name for one in roster.came(store, 2023)][:3] == [
        "青禾县水务局",
        "青禾县城市管理和综合执法局",
        "青禾县审计局",
    ]
    others = {one.unit.name: one.submissions[0][0] for one in roster.came(store, 2023) if not one.listed}
    assert roster.belongs(store, 2023, others["青禾县城管局"], "青禾县城市管理和综合执法局", "李四") == "1.docx"
    assert roster.belongs(store, 2023, others["（单位未写明）"], "青禾县审计局", "李四") == "2.docx"
    assert told(store)["青禾县城市管理和综合执法局"] == (["1.docx"], 0)
    assert told(store)["青禾县审计局"] == (["2.docx"], 0)
    with pytest.raises(StoreError, match="不在2023年的名单上"):
        roster.belongs(store, 2023, others["青禾县城管局"], "青禾县税务局")


def test_a_roster_loaded_again_keeps_what_people_added(store: Store) -> None:
    roster.load(store, 2023, LISTED)
    others = {one.unit.name: one.submissions[0][0] for one in roster.came(store, 2023) if not one.listed}
    roster.belongs(store, 2023, others["青禾县城管局"], "青禾县城市管理和综合执法局")
    assert roster.load(store, 2023, [*LISTED[1:], Unit("青禾县供销社")]) == (1, 0, 1)
    assert told(store)["青禾县城市管理和综合执法局"] == (["1.docx"], 0)
    assert roster.years(store) == [2023]


def test_a_sheet_is_read_by_its_headings_and_what_is_wrong_is_named_with_its_row(ziping: Run, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in (
        ["青禾县2023年应报单位"],
        ["序号", "单位编码", "预算单位", "简称", "份数", "电话"],
        [1, 101, "青禾县 水务局", "水务局；县水利局", 2, None],
        [2, None, None, None, None, None],
        [3, 102, "青禾县审计局", None, None, "办公室"],
    ):
        book.worksheets[0].append(row)
    book.save(tmp_path / "units.xlsx")
    assert from_file(tmp_path / "units.xlsx") == [
        Unit("青禾县水务局", "101", ("水务局", "县水利局"), None, 2),
        Unit("青禾县审计局", "102", (), "办公室", 1),
    ]
    done = ziping("roster", "load", "units.xlsx", "--year", "2023", "--store", "s.db")
    assert done.stdout == "2023年名单：2个单位；新增2，改变0，去掉0\n"
    assert "3份未报，2个单位" in ziping("roster", "missing", "--year", "2023", "--store", "s.db").stdout
    assert "没有名单" in ziping("roster", "missing", "--year", "2022", "--store", "s.db").stderr
    assert ziping("roster", "export", "out.csv", "--year", "2023", "--store", "s.db").returncode == 0
    assert "101,青禾县水务局,水务局、县水利局,,2,0," in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert ziping("roster", "export", "out.xlsx", "--year", "2023", "--store", "s.db").returncode == 0
    assert [unit.name for unit in from_file(tmp_path / "out.xlsx")] == ["青禾县水务局", "青禾县审计局"]
    for text, said in (
        ("部门,备注\n", "没有单位"),
        ("甲,乙\n1,2\n", "没有“单位名称”一栏"),
        ("单位名称\n青禾县水务局\n青禾县水务局\n", "第3行: 单位“青禾县水务局”重复"),
        ("单位名称,份数\n青禾县水务局,两\n", "第2行: 应报份数“两”不是整数"),
    ):
        (tmp_path / "wrong.csv").write_text(text, encoding="utf-8")
        done = ziping("roster", "load", "wrong.csv", "--year", "2023", "--store", "s.db")
        assert done.returncode == 1
        assert said in done.stderr
    (tmp_path / "wrong.xlsx").write_bytes(b"no archive")
    assert "名单无法读取" in ziping("roster", "load", "wrong.xlsx", "--year", "2023", "--store", "s.db").stderr
