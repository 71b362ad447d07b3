"""Named questions against figures worked out from the gold records; free SQL that can only read, within its limits."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from data.maker.word import make
from pipeline.analysts import query
from pipeline.analysts.bounded import read_only
from pipeline.analysts.query import Answer, ask, free, questions
from pipeline.batch import run
from pipeline.store import contents
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from schema.codes import CODES
from schema.errors import StoreError, ZipingError
from tests.conftest import GOLD, ROOT, SAMPLES, YEARS_GOLD


def submitter(record: Any) -> str | None:
    """Who handed a submission in, from its gold: the unit stated, else the one 实施单位 of all forms."""
    implementers = {form["implementer"] for form in record["forms"]}
    unit: str | None = record["report"]["unit"]
    return unit or (implementers.pop() if len(implementers) == 1 else None)


RECORDS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    for folder in (GOLD, YEARS_GOLD)
    for path in sorted(folder.glob("*.json"))
    if folder is YEARS_GOLD or (SAMPLES / f"{path.stem}.docx").exists()
}
Year = tuple[str | None, int | None]  # unit and year


def rows(answer: Answer) -> list[dict[str, Any]]:
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def near(value: Any, wanted: Any) -> bool:
    return (value is None) == (wanted is None) and (value is None or abs(float(value) - float(wanted)) < 1.5e-4)


def total(form: dict[str, Any]) -> dict[str, Any]:
    return next((f for f in form["funds"] if f["item"] == "total"), {})


def base(fund: dict[str, Any]) -> Any:
    return next((fund[c] for c in ("revised", "received", "approved", "amount") if fund.get(c) is not None), None)


def forms() -> list[tuple[Year, str, dict[str, Any], dict[str, Any]]]:
    """((unit, year), submission, record, form) of every form."""
    return [
        ((submitter(r), form["fiscal_year"] or r["report"]["fiscal_year"]), name, r, form)
        for name, r in RECORDS.items()
        for form in r["forms"]
    ]


def unit_years() -> dict[Year, dict[str, Any]]:
    """What v_unit_year must say of the units that are named: worked out here from the records."""
    grouped = defaultdict(list)
    for key, _, record, form in forms():
        if key[0]:
            grouped[key].append((record, form))
    out = {}
    for key, held in grouped.items():
        whole = any(form["kind"] == "department" for _, form in held)
        counted = [form for _, form in held if form["kind"] == ("department" if whole else "project")]
        money = [(base(total(f)), total(f).get("executed")) for f in counted]
        both = [(b, e) for b, e in money if b is not None and e is not None]
        scores = [form["self_score"] for _, form in held if form["self_score"] is not None]
        found = [x for record, form in held for x in record["findings"] if x["form"] == form["no"]]
        rate = sum(e for _, e in both) / sum(b for b, _ in both) if sum(b for b, _ in both) else None
        out[key] = {
            "rate": rate, "score": sum(scores) / len(scores) if scores else None, "forms": len(held), "findings": len(found),
            "executed": sum(total(f)["executed"] for f in counted if total(f).get("executed") is not None),
        }  # fmt: skip
    return out


def test_every_question_answers_on_both_stores(demo: Store) -> None:
    assert set(questions()) == {path.stem for path in (ROOT / "pipeline" / "analysts" / "questions").glob("*.sql")}
    for name, question in questions().items():
        answer = ask(demo, name, {})
        assert answer.columns, name
        assert all(label for label in answer.labels)
        for parameter in question.parameters:  # a value that nothing has
            assert ask(demo, name, {parameter: "0000"}).rows == [], (name, parameter)


def test_execution_rates_are_those_of_the_gold(demo: Store) -> None:
    found = {(r["unit"], r["fiscal_year"]): r for r in rows(ask(demo, "execution-rate", {})) if r["unit"]}
    wanted = {key: told for key, told in unit_years().items() if told["rate"] is not None}
    assert set(found) == set(wanted)
    for key, told in wanted.items():
        assert near(found[key]["execution_rate"], round(told["rate"], 4)), key
        assert near(found[key]["executed"], told["executed"]), key
    of_2022 = rows(ask(demo, "execution-rate", {"year": "2022"}))
    assert {r["fiscal_year"] for r in of_2022} == {2022}
    assert len(of_2022) == sum(year == 2022 for _, year in wanted)
    assert [r["unit"] for r in rows(ask(demo, "execution-rate", {"year": "2022", "unit": "档案"}))] == [
        "湖南省临溪市档案馆"
    ]


def test_scores_and_findings_are_those_of_the_gold(demo: Store) -> None:
    wanted = unit_years()
    for row in rows(ask(demo, "score-and-execution", {})):
        if row["unit"]:
            told = wanted[row["unit"], row["fiscal_year"]]
            assert near(row["gap"], round(float(told["score"]) / 100 - float(told["rate"]), 4))
    told_findings = {
        (r["unit"], r["fiscal_year"]): (r["forms"], r["findings"])
        for r in rows(ask(demo, "findings-per-form", {}))
        if r["unit"]
    }
    assert told_findings == {key: (told["forms"], told["findings"]) for key, told in wanted.items()}
    gaps = [row["gap"] for row in rows(ask(demo, "score-and-execution", {}))]
    assert gaps == sorted(gaps, reverse=True)


def test_missed_targets_are_those_of_the_gold(demo: Store) -> None:
    wanted = Counter()
    for _, record in RECORDS.items():
        for finding in record["findings"]:
            if finding["check"] == "full_score_missed_target":
                form = record["forms"][finding["form"] - 1]
                i = form["indicators"][int(finding["where"].split("[")[1].split("]")[0])]
                wanted[submitter(record), i["level3"], i["target"], i["actual"]] += 1
    found = Counter((r["unit"], r["level3"], r["target"], r["actual"]) for r in rows(ask(demo, "missed-targets", {})))
    assert found == wanted
    assert len(wanted) > 50


def test_score_inflation_is_that_of_the_gold(demo: Store) -> None:
    scores = defaultdict(list)
    for (_, year), _, _, form in forms():
        if form["self_score"] is not None:
            scores[year, CODES["kind"][form["kind"]].chinese].append(form["self_score"])
    found = {(r["fiscal_year"], r["kind_zh"]): r for r in rows(ask(demo, "score-inflation", {}))}
    assert set(found) == set(scores)
    for key, told in scores.items():
        assert found[key]["forms"] == len(told)
        assert near(found[key]["share_95"], round(sum(s >= 95 for s in told) / len(told), 4))
        assert (
            near(found[key]["mean_score"], round(sum(told) / len(told), 2))
            or abs(float(found[key]["mean_score"]) - float(sum(told) / len(told))) < 0.0051
        )


def test_common_indicators_moved_budgets_and_public_spending_are_those_of_the_gold(demo: Store) -> None:
    uses = Counter(
        (i["category"], i["level3"])
        for *_, form in forms()
        for i in form["indicators"]
        if i["category"] and i["level3"]
    )
    found = {(r["category_zh"], r["level3"]): r["uses"] for r in rows(ask(demo, "common-indicators", {}))}
    for category in {category for category, _ in uses}:
        top = sorted((n for (c, _), n in uses.items() if c == category), reverse=True)[:5]
        assert (
            sorted((n for (c, _), n in found.items() if c == CODES["category"][category].chinese), reverse=True) == top
        )
    moved = sorted(
        (
            abs(total(f)["revised"] - total(f)["approved"]) for *_, f in forms()
            if f["kind"] == "project" and total(f).get("revised") is not None and total(f).get("approved")
            and total(f)["revised"] != total(f)["approved"]
        ),
        reverse=True,
    )  # fmt: skip
    assert [abs(float(r["moved"])) for r in rows(ask(demo, "moved-budgets", {}))] == pytest.approx(
        list(map(float, moved))
    )
    spent = Counter(
        (submitter(r), " / ".join(b["path"]), heading, float(value))
        for _, r in RECORDS.items() for form in r["forms"] for b in form["basics"] for heading, value in b["values"].items()
        if isinstance(value, int | Decimal) and ("三公" in " / ".join(b["path"]) or "三公" in (b["group"] or ""))
    )  # fmt: skip
    answer = rows(ask(demo, "three-public", {}))
    assert Counter((r["unit"], r["item"], r["heading"], float(r["number"])) for r in answer) == spent


def test_changes_against_last_year_are_those_of_the_gold(demo: Store) -> None:
    wanted = unit_years()
    found = rows(ask(demo, "changes", {"year": "2023"}))
    executed = {r["unit"]: (r["last_year"], r["this_year"]) for r in found if r["what"] == "全年执行数（万元）"}
    for unit, (before, after) in executed.items():
        assert near(before, wanted[unit, 2022]["executed"])
        assert near(after, wanted[unit, 2023]["executed"])
    assert len(executed) >= 8
    assert not [r for r in found if r["what"].startswith("指标值")]  # only where a unit is named
    of_one = rows(ask(demo, "changes", {"unit": "图书馆"}))
    assert {r["unit"] for r in of_one} == {"湖南省临溪市图书馆"}


def test_values_to_be_looked_at_are_listed_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "表.docx"
    path.write_bytes(
        make(
            "# 项目支出绩效自评表\n| 项目名称 | 河道保洁 | < | < | < |\n| 一级指标 | 三级指标 | 年度指标值 | 分值 | 得分 |\n"
            "| 产出指标 | 保洁里程 | 20公里 | 30 | 30 |\n| ^ | 合格率 | 95% | 由科室核实后统一填写 | 20 |\n"
            "| ^ | 出勤率 | 98% | 30 | 30 |\n| 效益指标 | 知晓率 | 90% | 20 | 20 |\n"
        )
    )
    with closing(open_store(str(tmp_path / "s.db"))) as store:
        run.ingest([path], store, lambda outcome: None)
        found = rows(ask(store, "doubtful", {}))
    assert [(r["as_read"], r["row_no"], r["column_no"]) for r in found if r["raw"].startswith("由科室")] == [
        ("weight", 4, 4)
    ]
    assert all(r["confidence"] < 0.9 for r in found)
    assert [r["confidence"] for r in found] == sorted(r["confidence"] for r in found)


def test_coverage_counts_every_form(demo: Store) -> None:
    found = rows(ask(demo, "coverage", {}))
    assert sum(int(r["forms"]) for r in found) == sum(1 for _ in forms())
    assert {float(r["share_understood"]) for r in found} == {1.0}


def test_a_parameter_that_a_question_does_not_take_is_named(demo: Store) -> None:
    with pytest.raises(ZipingError, match="没有这个参数"):
        ask(demo, "coverage", {"year": "2022"})
    with pytest.raises(ZipingError, match="没有这个问题"):
        ask(demo, "nothing", {})


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM finding",
        "UPDATE unit SET name = 'x'",
        "INSERT INTO unit (unit_id, name) VALUES ('x', 'y')",
        "DROP VIEW v_form",
        "CREATE TABLE mine (a int)",
        "CREATE TEMP TABLE mine AS SELECT 1 AS a",
        "SELECT file FROM pragma_database_list",
        "SELECT 1; DELETE FROM finding",
        "WITH gone AS (DELETE FROM finding RETURNING no) SELECT * FROM gone",
        "ATTACH DATABASE '/tmp/ziping-attached.db' AS other",
        "SELECT load_extension('/tmp/x.so')",
        "PRAGMA journal_mode = DELETE",
        "COPY unit TO PROGRAM 'cat > /tmp/ziping-copied'",
        "COPY (SELECT 1) TO '/tmp/ziping-copied'",
        "SET TRANSACTION READ WRITE",
        "VACUUM",
        "",
    ],
)
def test_free_sql_cannot_write_attach_or_load(demo: Store, sql: str) -> None:
    before = contents.counts(demo)
    with pytest.raises(StoreError, match="查询有误"):
        free(demo, trusted=True, sql=sql)
    assert contents.counts(demo) == before


def test_what_a_select_could_write_by_a_function_is_not_kept(demo: Store) -> None:
    if demo.engine.dialect.name == "postgresql":
        free(demo, trusted=True, sql="SELECT lo_create(4711)")  # PostgreSQL 15 lets it, the transaction is taken back
        assert free(demo, trusted=True, sql="SELECT COUNT(*) FROM pg_largeobject_metadata").rows == [(0,)]
        with pytest.raises(StoreError):
            free(
                demo,
                trusted=True,
                sql="SELECT set_config('transaction_read_only', 'off', true) FROM unit, pg_sleep(0)",
            )
    else:
        with pytest.raises(StoreError, match="查询有误"):
            free(demo, trusted=True, sql="SELECT zeroblob(999999999)")


def test_free_sql_ends_at_its_limits(demo: Store) -> None:
    endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT COUNT(*) FROM t"
    with pytest.raises(StoreError, match="秒内没有答完"):
        free(demo, trusted=True, sql=endless, seconds=0.3)
    answer = free(demo, trusted=True, sql="SELECT no FROM indicator", rows=7)
    assert (len(answer.rows), answer.more) == (7, True)
    assert free(demo, trusted=True, sql="SELECT 7 AS n -- 100 % done").rows == [(7,)]


def test_labels_come_from_the_dictionary() -> None:
    assert query.titles("SELECT execution_rate FROM v_unit_year", ["execution_rate"]) == ["执行率"]


def test_a_file_that_is_asked_cannot_be_written(demo: Store) -> None:
    """Whatever the authorizer lets through: the connection itself is one that only reads."""
    if demo.engine.dialect.name == "sqlite":
        with closing(read_only(Path(str(demo.engine.url.database)))) as connection:
            for statement in ("DELETE FROM finding", "CREATE TABLE mine (a)"):
                with pytest.raises(sqlite3.OperationalError, match="readonly"):
                    connection.execute(statement)
            with pytest.raises(sqlite3.OperationalError, match="attached"):
                connection.execute("ATTACH ':memory:' AS other")
