"""How rule packs, what they find and what they say otherwise are shown in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.screen import markup_safe
from pipeline.store.judging import Difference
from schema.arithmetic import plain
from schema.packs.judge import Judgement, ScoreDue
from schema.packs.pack import SEVERITIES, Pack
from schema.packs.rule import RULES

_COLOURS = {"must": "red", "should": "yellow", "may": "dim"}
_LISTED = 50  # differences that a screen lists


def list_packs(found: Sequence[tuple[Pack, bool, int]], console: Console) -> None:
    table = Table("规则包", "名称", "文件", "地方", "年度", "规则", "采用", "发现", show_edge=False)
    for pack, used, count in found:
        off = sum(clause.uncertain is not None for clause in pack.clauses)
        rules = f"{len(pack.clauses) - off}条" + (f"，另{off}条停用" if off else "")
        table.add_row(
            *map(markup_safe, (pack.name, pack.title, pack.document, pack.place or "各地", _years(pack), rules)),
            "是" if used else "否", str(count),
        )  # fmt: skip
    console.print(table)


def _years(pack: Pack) -> str:
    first, last = pack.years
    return f"{first or ''}—{last or ''}"


def show_pack(pack: Pack, console: Console) -> None:
    console.print(f"[bold]{markup_safe(pack.title)}[/]  {markup_safe(pack.document)}", highlight=False)
    console.print(f"{markup_safe(pack.place or '各地')}，{_years(pack)}年度", highlight=False)
    for clause in pack.clauses:
        rule = RULES[clause.rule]
        console.print(f"\n[bold]{rule.chinese}[/]  {clause.rule}  {SEVERITIES[clause.severity]}", highlight=False)
        console.print(f"  {markup_safe(clause.clause)}", highlight=False)
        console.print(f"  [dim]{markup_safe(rule.explains)}[/]", highlight=False)
        if clause.parameters:
            console.print(f"  参数：{markup_safe(_parameters(clause.parameters))}", highlight=False)
        if clause.uncertain is not None:
            console.print(f"  [yellow]停用：{markup_safe(clause.uncertain)}[/]", highlight=False)


def _parameters(told: Mapping[str, Any]) -> str:
    return "；".join(f"{name}={_said(value)}" for name, value in told.items())


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + "，".join(f"{key}: {_said(of)}" for key, of in value.items()) + "}"
    if isinstance(value, list):
        return "[" + "，".join(map(_said, value)) + "]"
    return str(value)


def list_muted(found: Sequence[tuple[Any, int]], console: Console) -> None:
    """The rules that are not told of a unit."""
    if not found:
        console.print("没有停止提示的规则。", highlight=False)
        return
    table = Table("单位", "规则", "理由", "决定的人", "时间", "发现", show_edge=False)
    for row, count in found:
        name = f"{RULES[row.rule].chinese} {row.rule}" if row.rule in RULES else row.rule
        table.add_row(*map(markup_safe, (row.name, name, row.reason, row.decided_by or "", row.decided_at, str(count))))
    console.print(table)


def list_judgements(name: str, found: Sequence[Judgement], scores: Sequence[ScoreDue], console: Console) -> None:
    """What the packs find in one file; then the scores that are not what they should be."""
    console.rule(f"[bold]{markup_safe(name)}", align="left")
    for one in sorted(found, key=lambda one: list(SEVERITIES).index(one.severity)):
        place = f"表{one.form}" if one.form else "全文"
        mark = f"[{_COLOURS[one.severity]}]{SEVERITIES[one.severity]}[/]"
        console.print(f"{mark} {place} {markup_safe(one.message)}  [dim]{markup_safe(one.clause)}[/]", highlight=False)
    above = sum((due.stated - due.computed for due in scores if due.stated > due.computed), Decimal(0))
    told = f"能核算的得分{len(scores)}项" + (f"，共多得{plain(above)}分" if above else "")
    console.print(f"按规则包发现{len(found)}处；{told}。", highlight=False)


def list_differences(one: Pack, other: Pack, found: Sequence[Difference], console: Console) -> None:
    """What two packs say otherwise: first by which parameters they differ, then form by form."""
    mine, theirs = ({clause.rule: clause for clause in pack.clauses} for pack in (one, other))
    for rule in dict.fromkeys((*mine, *theirs)):
        said = [of[rule].parameters if rule in of and of[rule].uncertain is None else None for of in (mine, theirs)]
        if said[0] != said[1]:
            left, right = ("没有这条" if told is None else _parameters(told) or "没有参数" for told in said)
            console.print(
                f"[bold]{RULES[rule].chinese}[/] {rule}：{markup_safe(left)} ／ {markup_safe(right)}", highlight=False
            )
    for difference in found[:_LISTED]:
        place = f"表{difference.form}" if difference.form else "全文"
        left, right = (markup_safe(told or "没有发现") for told in (difference.one, difference.other))
        console.print(
            f"  {markup_safe(difference.file)} {place} {RULES[difference.rule].chinese}：{left} ／ {right}",
            highlight=False,
        )
    if len(found) > _LISTED:
        console.print(f"  ……另有{len(found) - _LISTED}处", highlight=False)
    forms = len({(difference.file, difference.form) for difference in found})
    console.print(f"{forms}张表的核对结果不同，共{len(found)}处。", highlight=False)
