"""What is taken away: the same figures in every kind of file, no formula, no contacts unless they are asked for."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from pipeline.analysts import tabular
from pipeline.analysts.export import LISTS, Choice, export
from pipeline.analysts.query import free
from pipeline.batch import run
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from pipeline.store.search import search
from schema.errors import StoreError, ZipingError

FORM = """# 项目支出绩效自评表
（2023年度）
| 项目名称 | =HYPERLINK("x") | < | < | < |
| 主管部门 | @某局 | < | < | < |
| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 |
| 产出指标 | 数量指标 | +巡查次数 | -5% | =1+1 |

填表人：甲某    联系电话：0700-1234567
"""


WITH_CONTACTS = FORM.replace("甲某", "甲某某").replace(
    "| 主管部门 |", "| 项目负责人及联系电话 | 乙某某 0700-7654321 | < | < | < |\n| 主管部门 |"
)


def test_the_kinds_of_file_hold_the_same(demo: Store, tmp_path: Path) -> None:
    counts = {kind: export(demo, tmp_path / kind, kind, Choice()) for kind in ("csv", "jsonl", "parquet")}
    counts["xlsx"] = export(demo, tmp_path / "all.xlsx", "xlsx", Choice())
    assert len({json.dumps(told) for told in counts.values()}) == 1
    book = openpyxl.load_workbook(tmp_path / "all.xlsx")
    for name, chinese in ((found.name, found.chinese) for found in LISTS):
        wanted = (
            free(demo, trusted=True, sql=f"SELECT COUNT(*) FROM v_{name[:-1]}").rows[0][0]
            if name in ("forms", "funds", "indicators")
            else None
        )
        read = pq.read_table(tmp_path / "parquet" / f"{name}.parquet")
        with (tmp_path / "csv" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
            plain = list(csv.DictReader(lines))
        objects = [json.loads(line) for line in (tmp_path / "jsonl" / f"{name}.jsonl").read_text().splitlines()]
        sheet = book[chinese]
        assert len(plain) == len(objects) == read.num_rows == sheet.max_row - 1
        assert wanted in (None, len(plain))
    scores = pq.read_table(tmp_path / "parquet" / "indicators.parquet").column("score")
    assert str(scores.type) == "double"
    objects = [json.loads(line) for line in (tmp_path / "jsonl" / "indicators.jsonl").read_text().splitlines()]
    assert [o["score"] for o in objects] == pytest.approx(scores.to_pylist())


def test_a_sheet_has_frozen_headings_chinese_titles_and_typed_cells(demo: Store, tmp_path: Path) -> None:
    export(demo, tmp_path / "all.xlsx", "xlsx", Choice(year=2022))
    book = openpyxl.load_workbook(tmp_path / "all.xlsx")
    assert book.sheetnames == [found.chinese for found in LISTS]
    sheet = book["资金"]
    assert sheet.freeze_panes == "A2"
    titles = {cell.value: cell.column for cell in sheet[1]}
    assert {"单位", "年度", "年初预算数", "执行率"} <= set(titles)
    rates = [
        row[titles["执行率"] - 1] for row in sheet.iter_rows(min_row=2) if row[titles["执行率"] - 1].value is not None
    ]
    assert rates
    assert {cell.number_format for cell in rates} == {"0.00%"}
    assert all(isinstance(cell.value, int | float) for cell in rates)
    assert {row[titles["年度"] - 1].value for row in sheet.iter_rows(min_row=2)} == {2022}


def test_a_condition_and_single_lists(demo: Store, tmp_path: Path) -> None:
    choice = Choice(where="unit LIKE '%档案%'", lists=("indicators", "findings"), trusted=True)
    counts = export(demo, tmp_path / "out", "csv", choice)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["findings.csv", "indicators.csv"]
    with (tmp_path / "out" / "indicators.csv").open(encoding="utf-8-sig", newline="") as lines:
        units = [row["unit"] for row in csv.DictReader(lines)]
    assert (set(units), len(units)) == ({"湖南省临溪市档案馆"}, counts["indicators"])
    with pytest.raises(StoreError, match="查询有误"):
        export(demo, tmp_path / "bad", "csv", Choice(where="1=1); DELETE FROM form --", trusted=True))
    with pytest.raises(ZipingError, match="没有这个列表"):
        export(demo, tmp_path / "bad", "csv", Choice(lists=("nothing",)))


def test_a_copy_answers_like_the_store_and_holds_no_contact(demo: Store, tmp_path: Path) -> None:
    with demo.reading() as connection:
        told = connection.exec_driver_sql("SELECT prepared_by, phone FROM form WHERE phone IS NOT NULL").all()
    assert told
    export(demo, tmp_path / "copy.db", "sqlite", Choice())
    copy = open_store(str(tmp_path / "copy.db"))
    for sql in ("SELECT unit, fiscal_year, forms, indicators, findings FROM v_submission ORDER BY submission_id",
                "SELECT COUNT(*), SUM(score) FROM v_indicator"):  # fmt: skip
        assert [tuple(map(str, r)) for r in free(copy, trusted=True, sql=sql).rows] == [
            tuple(map(str, r)) for r in free(demo, trusted=True, sql=sql).rows
        ]
    assert len(search(copy, "满意", most=1000)) == len(search(demo, "满意", most=1000))
    copy.close()
    for part in ("copy.db", "copy.db-wal"):
        if (tmp_path / part).exists():
            held = (tmp_path / part).read_bytes()
            assert not [phone for _, phone in told if phone and phone.encode() in held]
    with pytest.raises(StoreError, match="文件已存在"):
        export(demo, tmp_path / "copy.db", "sqlite", Choice())


def test_contacts_come_only_when_asked_for(docx, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    store = open_store(str(tmp_path / "store.db"))
    run.ingest([docx(WITH_CONTACTS)], store, lambda outcome: None)
    for contacts in (False, True):
        for kind in ("csv", "jsonl", "xlsx", "sqlite"):
            out = tmp_path / f"{contacts}-{kind}"
            export(store, out, kind, Choice(contacts=contacts))
        texts = b"".join(
            p.read_bytes()
            for p in tmp_path.rglob("*")
            if p.is_file() and str(p).startswith(str(tmp_path / f"{contacts}-"))
        )
        for told in ("0700-1234567", "甲某某", "乙某某", "0700-7654321"):
            escaped = json.dumps(told)[1:-1].encode()
            assert (told.encode() in texts or escaped in texts) == contacts, told
    with sqlite3.connect(tmp_path / "False-sqlite") as copy:
        assert copy.execute("SELECT prepared_by, phone FROM form").fetchall() == [(None, None)]


def test_no_text_becomes_a_formula(docx, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    store = open_store(str(tmp_path / "store.db"))
    run.ingest([docx(FORM)], store, lambda outcome: None)
    export(store, tmp_path / "all.xlsx", "xlsx", Choice())
    export(store, tmp_path / "csv", "csv", Choice())
    book = openpyxl.load_workbook(tmp_path / "all.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows(min_row=2) for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert '=HYPERLINK("x")' in [cell.value for cell in cells]
    for path in (tmp_path / "csv").iterdir():
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.reader(lines):
                assert not [v for v in row if v.startswith(("=", "+", "@"))]
                assert not [v for v in row if v.startswith("-") and not v[1:].replace(".", "").isdigit()]
    assert "'=HYPERLINK" in (tmp_path / "csv" / "forms.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-x", "@SUM(A1)", "\t=1+1", "\r=1+1"])
def test_no_cell_of_a_csv_is_a_formula(cell: str) -> None:
    out = io.StringIO()
    tabular.to_csv(("a",), [(cell,)], out)
    ((_,), (written,)) = csv.reader(io.StringIO(out.getvalue()))
    assert written.startswith("'")
