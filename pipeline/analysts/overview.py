"""The overview of a year's batch: figures, charts, the longest lists, and the way to each sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from pipeline.analysts import query, tabular
from pipeline.analysts.feedback import of_year
from pipeline.analysts.sheet_files import page
from pipeline.learn import drift
from pipeline.learn.layouts import layouts
from pipeline.store import contents
from schema.packs.pack import SEVERITIES
from schema.packs.rule import RULES

if TYPE_CHECKING:
    from pipeline.store.connection import Store

_ROWS, _DOTS = 15, 500  # rows of a list and points of a chart
_own = partial(query.free, trusted=True)


def overview(store: Store, year: int | None, sheets: Mapping[str, str] = MappingProxyType({})) -> str:
    """The page of a year's batch, or of all: figures, charts, the longest lists, and each submission with its sheet. sheets: the file of
    each sheet, by submission."""
    from pipeline.analysts.charts import bars, columns, dots

    told = {"year": str(year)} if year is not None else {}

    def asked(name: str, most: int = _ROWS) -> query.Answer:
        return query.ask(store, name, told, rows=most)

    limited = of_year(year)
    totals = _own(
        store,
        "SELECT COUNT(*), COUNT(DISTINCT unit_id), SUM(forms), SUM(indicators), SUM(findings), SUM(cells), SUM(unexplained) "
        f"FROM v_submission{limited}",
    ).rows[0]
    checks = _own(
        store,
        f"SELECT check_zh, COUNT(*) FROM v_finding{limited} GROUP BY check_zh ORDER BY COUNT(*) DESC, check_zh",
    ).rows
    counted = _own(
        store,
        "SELECT self_score, COUNT(*) FROM v_form"
        f"{limited + ' AND' if limited else ' WHERE'} self_score IS NOT NULL GROUP BY self_score ORDER BY self_score",
        rows=query.ALL,
    ).rows
    scores: dict[str, float] = {}
    for score, count in counted:
        low = int(float(score) // 5) * 5
        name = "100" if low >= 100 else f"{low}–{low + 4}"
        scores[name] = scores.get(name, 0) + float(count)
    judged = _own(
        store,
        "SELECT severity, rule, COUNT(*), COUNT(DISTINCT unit_id), SUM(CASE WHEN muted IS NULL THEN 0 ELSE 1 END) "
        f"FROM v_judgement{limited} GROUP BY severity, rule",
        rows=query.ALL,
    ).rows
    gaps = asked("score-and-execution", _DOTS)
    answers = {
        "findings-per-form": asked("findings-per-form"),
        "score-and-execution": replace(gaps, rows=gaps.rows[:_ROWS], more=len(gaps.rows) > _ROWS),
        "missed-targets": asked("missed-targets"),
        "moved-budgets": asked("moved-budgets"),
    }
    each = _own(
        store,
        f"SELECT submission_id, unit, fiscal_year, file, findings FROM v_submission{limited} ORDER BY findings DESC, unit",
        rows=query.ALL,
    ).rows
    return page(
        "overview.html", year=year, shown=tabular.shown, unread=contents.refused(store),
        each=[(unit or file, told or "—", findings, sheets.get(one)) for one, unit, told, file, findings in each],
        figures=list(zip(("自评材料", "单位", "自评表", "绩效指标", "核对发现"), (v or 0 for v in totals[:5]), strict=True)),
        understood=1 - (totals[6] or 0) / totals[5] if totals[5] else None,
        falls=[fall.sentence for fall in drift.falls(layouts(contents.layouts(store))) if year in (None, fall.year)],
        judged=[
            (SEVERITIES[severity], RULES[rule].chinese if rule in RULES else rule, count, units, muted)
            for severity, rule, count, units, muted in sorted(judged, key=lambda row: (list(SEVERITIES).index(row[0]), -int(row[2])))
        ],
        lists=[(query.questions()[name].chinese, answer) for name, answer in answers.items()],
        charts=[
            ("各类问题的数量", bars([(name or "", float(count)) for name, count in checks], "核对发现")),
            ("自评总得分的分布", columns(list(scores.items()), "自评表")),
            (
                "自评得分与执行率",
                dots(
                    [(row[0] or "", float(row[3]) * 100, float(row[2])) for row in gaps.rows], "执行率（%）", "自评得分"
                ),
            ),
        ],
    )  # fmt: skip
