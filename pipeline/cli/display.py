"""What a person reads in the terminal: a table per form with findings marked, and summaries."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.batch.run import Summary
from pipeline.learn.drift import Arrival, Fall
from pipeline.learn.layouts import Layout, Share, briefly
from pipeline.learn.proposals import Proposal
from pipeline.score import Founded, Score
from pipeline.screen import markup_safe
from schema.codes import CODES
from schema.evidence import Provenance, Unknown, doubtful
from schema.exact import exact
from schema.records import LISTS, Form, Kind, about, of_kind, title

_KINDS = {name: code.chinese for name, code in CODES["kind"].items()}
_PARAGRAPHS = ("goals", "tasks")  # lists that are shown as lines, not as tables


def _shown(record: type) -> tuple[tuple[str, str], ...]:
    """(field, heading) of what a screen shows of a record."""
    return tuple((name, told.short) for name, told in about(record).items() if told.short)


_HEAD = _shown(Form)
_LISTED = 20  # places that a screen lists
_NEW = 5  # new layouts that a batch tells of
_NUMBERS = {name for kind in LISTS.values() for name in of_kind(kind, Kind.MONEY, Kind.RATE, Kind.POINTS)}


def show(
    record: dict[str, Any],
    name: str,
    console: Console,
    unknown: Sequence[Unknown] = (),
    read: Sequence[Provenance] = (),
) -> None:
    """A submission as tables, one form after the other; what a finding is about is marked with its number, and at the end
    stands what was taken for a field by likeness, which values are not sure, and what was not understood. read: where each value was read."""
    report, findings = record["report"], record["findings"]
    console.rule(f"[bold]{markup_safe(name)}", align="left")
    line = "  ".join(str(report[k]) for k in ("title", "unit", "fiscal_year", "reported_on") if report[k])
    console.print(markup_safe(line))
    for form in record["forms"]:
        _form(form, [(i + 1, f) for i, f in enumerate(findings) if f["form"] == form["no"]], console)
    for section in record["sections"]:
        indent = "  " * (section["level"] - 1)
        length = f"（{len(section['text'])}字）" if section["text"] else ""
        console.print(
            f"{indent}[bold]{markup_safe(section['number'] or '')}{markup_safe(section['heading'])}[/]{length}"
        )
    if findings:
        console.print("\n[bold red]核对发现：")
        for i, finding in enumerate(findings):
            place = f"表{finding['form']}" if finding["form"] else "全文"
            console.print(f"  [red]〔{i + 1}〕[/] {place} {markup_safe(finding['message'])}")
    _coverage(record["coverage"], console, unknown, sorted(filter(doubtful, read), key=lambda p: p.confidence or 0.0))


def _form(form: dict[str, Any], findings: list[tuple[int, dict[str, Any]]], console: Console) -> None:
    marks: dict[str, list[int]] = {}
    for number, finding in findings:
        marks.setdefault(finding["where"].split(".")[0], []).append(number)
    named = _KINDS[form["kind"]]
    console.print(f"\n[bold cyan]表{form['no']} {markup_safe(form['title'] or '（无标题）')}[/]  [dim]{named}[/]")
    for key, label in _HEAD:
        if form[key] is not None:
            console.print(f"  [dim]{label}：[/]{markup_safe(_cell(key, form[key]))}{_mark(marks.get(key))}")
    for name, kind in LISTS.items():
        if name == "basics":
            _basics(form[name], console)
        elif name in _PARAGRAPHS:
            for row in form[name]:
                told = (f"[dim]{label}：[/]{markup_safe(short(row[key]))}" for key, label in _shown(kind) if row[key])
                console.print("  " + "  ".join(told))
        else:
            _list(form[name], _shown(kind), name, marks, console)


def _list(
    rows: list[dict[str, Any]],
    columns: tuple[tuple[str, str], ...],
    name: str,
    marks: dict[str, list[int]],
    console: Console,
) -> None:
    used = [(key, label) for key, label in columns if any(row.get(key) is not None for row in rows)]
    if not used:
        return
    table = Table(*[label for _, label in used], show_edge=False, header_style="bold", pad_edge=True)
    for column, (key, _) in zip(table.columns, used, strict=True):
        column.justify = "right" if key in _NUMBERS else "left"
        column.overflow = "fold"
    before: dict[str, Any] = {}
    for i, row in enumerate(rows):
        found = marks.get(f"{name}[{i}]", []) + (
            marks.get(f"{name}[side={row.get('side')}]", []) if row.get("item") == "total" or row.get("side") else []
        )
        cells = []
        for key, _ in used:
            value = row.get(key)
            repeated = key in ("level1", "level2") and value == before.get(key)
            cells.append("" if value is None or repeated else markup_safe(_cell(key, value)))
        cells[-1] += _mark(found)
        table.add_row(*cells)
        before = row
    console.print(table)


def _basics(rows: list[dict[str, Any]], console: Console) -> None:
    group, table = None, None
    for row in rows:
        headings = list(row["values"])
        if table is None or row["group"] != group or headings != table[1]:
            if table is not None and headings != [""]:
                console.print(table[0])
                table = None
            if table is None:
                group = row["group"]
                table = (
                    Table(
                        markup_safe(group or "项目"), *map(markup_safe, headings), show_edge=False, header_style="bold"
                    ),
                    headings,
                )
        values = ["" if v is None else markup_safe(short(str(v))) for v in row["values"].values()]
        table[0].add_row(
            "　" * max(len(row["path"]) - 1, 0) + markup_safe(row["path"][-1] if row["path"] else ""), *values
        )
    if table is not None:
        console.print(table[0])


def _mark(numbers: list[int] | None) -> str:
    return f" [bold red]{''.join(f'〔{n}〕' for n in numbers)}[/]" if numbers else ""


def _cell(key: str, value: Any) -> str:
    if key == "execution_rate":
        return f"{exact(value.scaleb(2)):f}%" if isinstance(value, Decimal) else str(value)
    if key == "side":
        return CODES["side"][value].chinese
    return f"{value:f}" if isinstance(value, Decimal) else short(str(value), 60)


def short(text: str | None, length: int = 40) -> str:
    if not text:
        return "—"
    return text if len(text) <= length else text[: length - 1] + "…"


def _coverage(
    coverage: dict[str, Any], console: Console, unknown: Sequence[Unknown], unsure: Sequence[Provenance]
) -> None:
    left = coverage["unexplained"]
    share = 1 - len(left) / coverage["cells"] if coverage["cells"] else 1
    console.print(f"\n[dim]{coverage['cells']}个单元格和段落，已识别{share:.1%}[/]")
    for heading in unknown:
        if heading.taken:
            console.print(
                f"  [yellow]近似归入[/] {heading.origin.chinese}：{markup_safe(heading.text)} → {heading.field}，{markup_safe(heading.reason or '')}"
            )
    for p in unsure[:_LISTED]:
        repair = f"，若为“{markup_safe(' '.join(p.suggested.raw.split()))}”则全表勾稽相符" if p.suggested else ""
        where, value = f"{p.origin.chinese} {title(p.record, p.field)}", short(" ".join(p.raw.split()))
        console.print(
            f"  [yellow]请核对[/] {markup_safe(where)}：{markup_safe(value)}（把握{p.confidence:.2f}{repair}）"
        )
    _more(len(unsure), console)
    for item in left[:_LISTED]:
        console.print(f"  [yellow]未识别[/] {markup_safe(_place(item['where']))}：{markup_safe(short(item['text']))}")
    _more(len(left), console)


def _place(where: str) -> str:
    """A place of RECORDS.md as people say it: `table 1 row 2 column 9` as 表格1第2行第9列, `paragraph 5` as 第5段."""
    where = re.sub(r"\btable (\d+) row (\d+) column (\d+)$", r"表格\1第\2行第\3列", where)
    return re.sub(r"\bparagraph (\d+)$", r"第\1段", where)


def _more(count: int, console: Console) -> None:
    if count > _LISTED:
        console.print(f"  [yellow]……另有{count - _LISTED}处，见 --evidence")


def summarize(summary: Summary, loaded: dict[str, int], store: str, console: Console) -> None:
    """The one summary at the end of a batch."""
    table = Table(show_header=False, show_edge=False, box=None)
    table.add_column(style="dim")
    table.add_column(justify="right")
    covered = f"{1 - loaded['unexplained'] / loaded['cells']:.2%}" if loaded["cells"] else "—"
    for label, value in (
        ("文件", summary.files), ("新读入", summary.read), ("库中已有", summary.known), ("未读取", len(summary.refused)),
        ("自评表", loaded["form"]), ("指标", loaded["indicator"]), ("章节", loaded["section"]),
        ("核对发现", loaded["finding"]), ("单元格识别率", covered), ("数据库", store),
    ):  # fmt: skip
        table.add_row(label, str(value))
    console.print(table)
    for path, count in sorted(summary.partly, key=lambda told: -told[1])[:_LISTED]:
        console.print(f"[yellow]部分识别[/] {markup_safe(path)}：{count}处未识别")
    if len(summary.partly) > _LISTED:
        console.print(f"  [yellow]……另有{len(summary.partly) - _LISTED}份部分识别，见 ziping status --list")
    for path, reason in summary.refused:
        console.print(f"[red]未读取[/] {markup_safe(path)}: {markup_safe(reason)}")


_STAGES = {"draft": "初稿", "final": "定稿", None: "未写明"}


def list_copies(groups: list[list[Any]], console: Console) -> None:
    """The files that are copies of one report, and which of them counts."""
    for rows in groups:
        console.print(
            f"[yellow]同一份材料有{len(rows)}个文件[/] {markup_safe(rows[0].unit or '单位未写明')} {rows[0].fiscal_year}年度",
            highlight=False,
        )
        for row in rows:
            mark = "，以此为准" if row.preferred else ""
            console.print(f"  {_STAGES[row.stage]}{mark} {markup_safe(row.path)}", highlight=False)


def list_unknown(proposals: list[Proposal], console: Console) -> None:
    """What nobody understood: the spelling, the field proposed, the evidence."""
    if not proposals:
        console.print("没有不认识的表头。")
        return
    table = Table("写法", "块", "建议字段", "依据", "份数", "补全", "其下", "旁边", "例", show_edge=False)
    for p in proposals:
        field = "[dim]没有建议[/]" if p.field is None else markup_safe(p.field) + ("（已归入）" if p.taken else "")
        table.add_row(
            markup_safe(p.text), p.block, field, markup_safe(p.reason or ""), str(p.submissions), str(p.completes),
            markup_safe("、".join(short(c) for c in p.below)), markup_safe("、".join(p.beside)), markup_safe(p.example),
        )  # fmt: skip
    console.print(table)
    console.print("写成词条：ziping unknown --csv new.csv")


def list_layouts(found: list[Layout], console: Console) -> None:
    """A layout a row: where and when it was met, how well it is read, and what is otherwise than in the nearest known before it."""
    table = Table("版式", "表种", "表数", "年度", "把握充分", "已识别", "文件夹", "最接近", "不同之处", show_edge=False)
    for layout in found:
        years = "、".join(
            f"{year or '未写明'}×{count}" for year, count in sorted(layout.years.items(), key=lambda y: y[0] or 0)
        )
        table.add_row(
            layout.fingerprint + (f" [dim]已确认：{markup_safe('、'.join(layout.confirmed))}[/]" if layout.confirmed else ""),
            _KINDS.get(layout.kind, layout.kind), str(layout.forms), years,
            *(_latest(layout, of) for of in (lambda share: share.sure, lambda share: share.read)),
            markup_safe("、".join(layout.places)), layout.nearest or "首见", markup_safe(briefly(layout.changes)),
        )  # fmt: skip
    console.print(table)


def _latest(layout: Layout, of: Callable[[Share], float]) -> str:
    """A share in the latest year; `—` where an older version read the forms."""
    told = max(layout.shares.items(), key=lambda told: told[0] or 0, default=None)
    return f"{of(told[1]):.1%}" if told is not None else "—"


def list_falls(found: Sequence[Fall], console: Console) -> None:
    """A line for each layout that is read worse than the year before."""
    for fall in found:
        console.print(f"[yellow]不如上年[/] {markup_safe(fall.sentence)}", highlight=False)


def list_arrivals(found: Sequence[Arrival], others: bool, console: Console) -> None:
    """What layouts a batch brought for the first time, and those of them that are to be looked at. others: were any known before?"""
    doubtful = [arrival for arrival in found if arrival.doubtful]
    if others and found:
        console.print(f"新版式{len(found)}种，其中{len(doubtful)}种没有读好；ziping layouts 列出", highlight=False)
    for arrival in doubtful[:_NEW]:
        layout, share = arrival.layout, arrival.share
        near = f"；与{layout.nearest}相比：{briefly(layout.changes)}" if layout.nearest else ""
        console.print(
            f"[yellow]新版式[/] {layout.fingerprint}（{_KINDS.get(layout.kind, layout.kind)}，{layout.forms}张）："
            f"把握充分的值{share.sure:.1%}，已识别{share.read:.1%}{markup_safe(near)}",
            highlight=False,
        )
        if arrival.file and (path := Path(arrival.file)).is_file():
            here = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
            console.print(f"  照一份起草：ziping layouts draft {markup_safe(str(here))} --out new.yml", highlight=False)
    if len(doubtful) > _NEW:
        console.print(f"  ……另有{len(doubtful) - _NEW}种，见 ziping layouts", highlight=False)


def list_scores(scores: list[tuple[str, dict[str, Score]]], errors: bool, console: Console) -> None:
    """F1 of every record and of all together; `—` where neither side states anything."""
    table = Table("文件", "字段", "章节", "核对发现", "封面", "填错位置", show_edge=False)
    total: dict[str, Score] = {}
    for name, parts in scores:
        total = {k: total[k] + part if k in total else part for k, part in parts.items()}
        table.add_row(markup_safe(name), *(_f1(part) for part in parts.values()), f"{parts['fields'].misplaced:.2%}")
    if len(scores) > 1:
        table.add_row("全部", *(_f1(part) for part in total.values()), f"{total['fields'].misplaced:.2%}")
    console.print(table)
    if errors:
        for name, parts in scores:
            for part in parts.values():
                for e in part.errors:
                    line = f"{name} {e.path} {e.kind}：应为{short(str(e.gold))}，读作{short(str(e.predicted))}"
                    console.print(markup_safe(line), highlight=False)


def list_founded(found: Founded, console: Console) -> None:
    """How well the confidence of the values of forms is founded; `—` where there is nothing to count."""
    table = Table("值", "把握≥0.9的", "其中有误的", "有误而把握不足的", "校准误差", show_edge=False)
    shares = (found.sure, found.sure_wrong, found.caught, found.error)
    table.add_row(str(found.values), *("—" if share is None else f"{share:.2%}" for share in shares))
    console.print(table)


def _f1(part: Score) -> str:
    return "—" if part.f1 is None else f"{part.f1:.3f}"
