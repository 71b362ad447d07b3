"""How a re-run, versions, runs and corrections are shown in a terminal."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from pipeline.cli.common import write
from pipeline.cli.display import short
from pipeline.rerun.changes import Change
from pipeline.rerun.planning import Planned, Stale
from pipeline.screen import markup_safe
from pipeline.store.journal import Outcome
from pipeline.store.units import Pair
from schema.exact import exact

_MOST = 5  # examples of a cause
_KINDS = {"added": "新增", "removed": "消失", "changed": "改变"}
_STATES = {"applied": "已用", "review": "读数已变，待复核", "gone": "记录已不存在"}
_OUTCOMES = {
    "read": "将读取", "known": "库中已有", "refused": "不能读取", "failed": "以前读取出错，需--retry-failed",
}  # fmt: skip


def list_plan(
    planned: Sequence[Planned], console: Console, target: Path | None = None, applied: bool = False, hint: str = ""
) -> None:
    """What a re-run changes: by cause with counts and examples, then by field, then what could not be understood again. target: a file for
    every changed value."""
    if target is not None:
        write(target, plan_csv(planned))
    told = [(cause, change) for p in planned for cause, change in p.changes]
    causes: dict[str, list[Change]] = {}
    for cause, change in told:
        causes.setdefault(cause, []).append(change)
    for cause, changes in sorted(causes.items(), key=lambda pair: -len(pair[1])):
        kinds = Counter(change.kind for change in changes)
        counts = "，".join(f"{_KINDS[kind]}{kinds[kind]}" for kind in _KINDS if kinds[kind])
        files = len({change.submission_id for change in changes})
        console.print(f"[bold]{markup_safe(cause)}[/]  {files}份材料：{counts}", highlight=False)
        for change in changes[:_MOST]:
            console.print(f"  {markup_safe(_line(change))}", highlight=False)
        if len(changes) > _MOST:
            console.print(f"  ……另有{len(changes) - _MOST}处，全部见--csv", highlight=False)
    if told:
        fields = Counter(change.field for _, change in told)
        console.print(
            "按字段：" + "，".join(f"{name} {count}" for name, count in fields.most_common(12)),
            highlight=False,
        )
    for p in planned:
        if p.trouble is not None:
            console.print(f"[red]没有重读[/] {markup_safe(p.file)}：{markup_safe(p.trouble)}")
    files = len({change.submission_id for _, change in told})
    same = sum(not p.changes and p.trouble is None for p in planned)
    verb = "已改变" if applied else "将改变"
    console.print(f"{verb}{files}份材料的{len(told)}个值；{same}份重新整理后没有不同。", highlight=False)
    if told and not applied and hint:
        console.print(hint, highlight=False)


def plan_csv(planned: Sequence[Planned]) -> str:
    """Every changed value as a row: submission, file, cause, kind, path, before, after."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["submission", "file", "cause", "kind", "path", "before", "after"])
    for p in planned:
        for cause, c in p.changes:
            writer.writerow([c.submission_id, c.file, cause, c.kind, c.path, _plain(c.before), _plain(c.after)])
    return out.getvalue()


def list_changes(changes: Sequence[Change], console: Console) -> None:
    """Changed values, a line each."""
    for change in changes:
        console.print(markup_safe(_line(change)), highlight=False)
    files = len({change.submission_id for change in changes})
    console.print(f"共{files}份材料的{len(changes)}个值不同。", highlight=False)


def _line(change: Change) -> str:
    before, after = (short(_plain(v)) if v is not None else "（无）" for v in (change.before, change.after))
    return f"{change.file} {change.path}：{before} → {after}"


def _plain(value: Any) -> str:
    if isinstance(value, dict) and "op" in value:
        scale = {"%": 100, "‰": 1000}.get(value["unit"], 1)  # a rate is kept as a fraction
        return f"{value['op']}{exact(Decimal(value['value']) * scale):f}{value['unit'] or ''}"
    return "" if value is None else str(value)


def list_stale(found: Sequence[Stale], console: Console) -> None:
    """How many submissions a re-run would look at, by cause."""
    if not found:
        return
    causes = Counter(cause for stale in found for cause in stale.causes)
    console.print(f"[yellow]待重读[/] {len(found)}份：ziping rerun 先看会有什么不同", highlight=False)
    for cause, count in causes.most_common(10):
        console.print(f"  {markup_safe(cause)}：{count}份", highlight=False)


def list_submissions(rows: Sequence[sa.Row[Any]], console: Console) -> None:
    table = Table("编号", "文件", "单位", "年度", "标题", "表", "发现", "未识别", show_edge=False)
    for row in rows:
        table.add_row(*("" if value is None else markup_safe(str(value)) for value in row))
    console.print(table)


def list_runs(rows: Sequence[sa.Row[Any]], console: Console) -> None:
    table = Table("编号", "命令", "开始（UTC）", "结束（UTC）", "谁", "版本", "结果", show_edge=False)
    for row in rows:
        counts = "，".join(f"{name} {count}" for name, count in (row.counts or {}).items())
        table.add_row(
            str(row.run_id), row.kind, row.started_at, row.ended_at or "中断或进行中",
            markup_safe(f"{row.person or ''}@{row.host or ''}"), row.version, counts,
        )  # fmt: skip
    console.print(table)


def list_versions(rows: Sequence[sa.Row[Any]], console: Console) -> None:
    table = Table("版", "运行", "从（UTC）", "到（UTC）", "由何而来", show_edge=False)
    for row in rows:
        table.add_row(
            str(row.no), "" if row.run_id is None else str(row.run_id), row.valid_from or "0.4.0以前",
            row.valid_to or "现行", markup_safe("；".join(row.causes) or "读入"),
        )  # fmt: skip
    console.print(table)


def list_corrections(rows: Sequence[sa.Row[Any]], console: Console) -> None:
    """Corrections with the old reading, what it should be, and what is read now."""
    table = Table(
        "编号",
        "文件",
        "位置",
        "当时读作",
        "应为",
        "现在读作",
        "状态",
        "理由",
        "谁",
        "何时（UTC）",
        show_edge=False,
    )
    for row in rows:
        table.add_row(
            str(row.correction_id), markup_safe(row.file), markup_safe(f"{row.record}.{row.field}"), markup_safe(row.found or "（无）"),
            markup_safe(row.should_be or "（无）"), markup_safe(row.reading or "（无）"), _STATES[row.state], markup_safe(row.reason),
            markup_safe(row.person), row.made_at,
        )  # fmt: skip
    console.print(table)


def list_units(rows: Sequence[sa.Row[Any]], pairs: Sequence[Pair], console: Console) -> None:
    """Units with their spellings, and pairs that a person may find to be one."""
    table = Table("编号", "单位", "写法", "份数", show_edge=False)
    for row in rows:
        table.add_row(row.unit_id, markup_safe(row.name), markup_safe(row.spelling), str(row.submissions))
    console.print(table)
    for pair in pairs:
        console.print(
            f"[yellow]可能是同一单位[/]（{pair.likeness:.2f}） {markup_safe(pair.keep_name)}、{markup_safe(pair.join_name)}："
            f"ziping units merge {pair.keep} {pair.join}",
            highlight=False,
        )


def list_preview(outcomes: Sequence[Outcome], console: Console) -> None:
    """What an ingest would do, counted, and what it could not read."""
    for outcome, count in Counter(o.outcome for o in outcomes).most_common():
        console.print(f"{_OUTCOMES[outcome]}：{count}份", highlight=False)
    for o in outcomes:
        if o.reason is not None:
            console.print(f"[red]{_OUTCOMES[o.outcome]}[/] {markup_safe(o.path)}: {markup_safe(o.reason)}")
