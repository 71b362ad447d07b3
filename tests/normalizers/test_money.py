"""The unit of a form's money, from the line over its table."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.extract import extract

TABLE = "资金项目\t年初预算数\t全年预算数\t全年执行数\n年度资金总额\t23,000,000.00\t24,000,000.00\t24,000,000.00\n"


@pytest.mark.parametrize(
    ("line", "approved"),
    [("单位：元", "2300"), ("（单位：元）", "2300"), ("金额单位：元", "2300"), ("单位：万元", "23000000")],
)
def test_a_line_over_the_table_states_the_unit(line: str, approved: str, tmp_path: Path) -> None:
    path = tmp_path / "form.txt"
    path.write_text(f"项目支出绩效自评表\n{line}\n\n{TABLE}", encoding="utf-8")
    (form,) = extract(path).submission.forms
    assert form.funds[0].approved == Decimal(approved)
