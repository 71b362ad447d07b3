"""How what was compared is shown in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from pipeline.across.comparing import Summary
from pipeline.screen import console, markup_safe
from schema.packs.pack import SEVERITIES
from schema.packs.rule import RULES


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """What is being done, on a terminal."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    screen = console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as shown:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=of)
            shown.update(tasks[what], completed=done)

        yield report


def summary(told: Summary, console: Console) -> None:
    """How much was found, by rule."""
    if told.found:
        table = Table("规则", "代码", "发现", show_edge=False)
        for code, rule in RULES.items():
            if count := told.found.get(code):
                table.add_row(rule.chinese, code, str(count))
        console.print(table)
    found = sum(told.found.values())
    console.print(
        f"比对了{told.submissions}份材料（新增或有变动的{told.changed}份），共发现{found}处。", highlight=False
    )


def listed(rows: Sequence[Any], limit: int, console: Console) -> None:
    """Each finding; of copied texts both sides beside each other."""
    for row in rows[:limit]:
        who = (row.unit or "（未写明单位）") + (f" {row.fiscal_year}年" if row.fiscal_year else "")
        muted = f"  [dim]（不再提示：{markup_safe(row.muted)}）[/]" if row.muted else ""
        console.print(
            f"\n[bold]{RULES[row.rule].chinese}[/] {SEVERITIES[row.severity]}  {markup_safe(who)}  [dim]{row.submission_id}[/]{muted}",
            highlight=False,
        )
        console.print(f"  {markup_safe(row.message)}", highlight=False)
        if row.other_id:
            console.print(f"  [dim]对方：{row.other_id} {markup_safe(row.other_path or '')}[/]", highlight=False)
        if row.passages:
            beside = Table("本材料", "对方材料", show_lines=True)
            for mine, theirs in row.passages:
                beside.add_row(markup_safe(mine), markup_safe(theirs))
            console.print(beside)
    if len(rows) > limit:
        console.print(f"\n……只列出前{limit}处，其余请用--rule、--unit、--year或--limit", highlight=False)
