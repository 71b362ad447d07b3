"""The commands of those who ask the store: query, search, export, report, serve."""

from __future__ import annotations

import sys
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.common import HERE, PATH, existing, fail, store_option, write
from pipeline.screen import console, say
from schema.errors import ZipingError
from schema.visible import readable, safe_line

if TYPE_CHECKING:
    from pipeline.analysts.query import Answer

_FORMATS = ("table", "csv", "json", "md", "xlsx")
_format = click.option(
    "--format",
    "kind",
    type=click.Choice(_FORMATS),
    help="How to print; default: table, or by the ending of --out.",
)
_trust = click.option(
    "--trust",
    is_flag=True,
    help="PostgreSQL: run this SQL also as a superuser, who could read the server's files.",
)
_out = click.option("--out", type=PATH, metavar="FILE", help="Write into a file instead of printing.")


@click.command(
    epilog="""\b
Examples:
  ziping query                                       the named questions
  ziping query execution-rate --year 2022            one of them
  ziping query changes --unit 水务局 --out 变化.xlsx  as a sheet
  ziping query --sql "SELECT unit, SUM(executed) FROM v_unit_year GROUP BY unit"
Views and columns: schema/DICTIONARY.md. Free SQL can only read."""
)
@click.argument("name", required=False)
@click.option("--sql", metavar="SELECT", help="Ask in SQL instead.")
@click.option("--year", type=int, help="Only this fiscal year.")
@click.option("--unit", metavar="TEXT", help="Only units whose name holds this.")
@click.option("--category", metavar="CODE", help="Only this category of indicators (output.quantity, …).")
@_format
@_out
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="Rows at most.")
@click.option("--timeout", type=float, default=30.0, show_default=True, help="Seconds the question may take.")
@_trust
@store_option
def query(
    name: str | None, sql: str | None, year: int | None, unit: str | None, category: str | None, kind: str | None,
    out: Path | None, limit: int, timeout: float, trust: bool, url: str,
) -> None:  # fmt: skip
    """Ask the store: a named question, or SQL."""
    from pipeline.analysts import query as asking

    if name and sql:
        raise click.UsageError(_("Give the NAME of a question or --sql, not both."))
    if not name and not sql:
        _list_questions()
        return
    given = {"year": year, "unit": unit, "category": category}
    values = {k: str(v) for k, v in given.items() if v is not None}
    if sql and values:
        raise click.UsageError(_("--year, --unit and --category go with a named question."))
    if name and name not in asking.questions():
        raise click.UsageError(
            _("No question {name}; there are: {names}.").format(name=name, names=", ".join(asking.questions()))
        )
    store = existing(url)
    answer = (
        asking.free(store, sql, rows=limit, seconds=timeout, trusted=trust)
        if sql
        else asking.ask(store, str(name), values, rows=limit, seconds=timeout)
    )
    _give(answer, kind, out, asking.questions()[name].chinese if name else "查询")
    if answer.more:
        say(f"ziping: 只列出前{limit}行; 更多请用--limit")


def _list_questions() -> None:
    from rich.markup import escape
    from rich.table import Table

    from pipeline.analysts.query import questions

    out = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("问题", "回答什么", "参数"):
        out.add_column(title)
    for question in questions().values():
        taken = " ".join(f"--{p}" for p in question.parameters)
        out.add_row(question.name, f"{escape(question.chinese)}\n[dim]{escape(question.english)}[/]", taken)
    console().print(out)


def _give(answer: Answer, kind: str | None, out: Path | None, title: str) -> None:
    """Prints an answer, or writes it into a file."""
    from pipeline.analysts import tabular

    kind = kind or (out.suffix.removeprefix(".") if out is not None else "table")
    if kind not in _FORMATS:
        raise click.UsageError(
            _("Do not know the ending of {out}; use --format {formats}.").format(out=out, formats="|".join(_FORMATS))
        )
    if kind == "xlsx":
        if out is None:
            raise click.UsageError(_("An .xlsx needs --out FILE."))
        book = tabular.book()
        tabular.sheet(
            book,
            title[:31].translate(dict.fromkeys(map(ord, "[]:*?/\\"), "、")),
            answer.columns,
            answer.labels,
            answer.rows,
        )
        try:
            tabular.save(book, out)
        except OSError as error:
            fail(f"{out}: 无法写入（{error.strerror}）; 请检查权限和磁盘空间")
    elif kind == "table":
        shown = console()
        if out is not None:
            raise click.UsageError(_("A table is printed; for a file use --format csv, json, md or xlsx."))
        if answer.rows:
            tabular.table(answer.columns, answer.labels, answer.rows, shown)
        else:
            click.echo("没有符合的记录。")
    else:
        text = tabular.text(kind, answer.columns, answer.labels, answer.rows)
        if out is None:
            click.echo(readable(text) if sys.stdout.isatty() else text, nl=False)
        else:
            write(out, ("\ufeff" if kind == "csv" else "") + text)


@click.command(
    epilog="""\b
Examples:
  ziping search 执法检查                  where any submission says it
  ziping search 满意度 --year 2022        only in one year
  ziping search 整改 --format csv         for a spreadsheet"""
)
@click.argument("word")
@click.option("--year", type=int, help="Only this fiscal year.")
@click.option("--unit", metavar="TEXT", help="Only units whose name holds this.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Hits at most.")
@_format
@_out
@store_option
def search(
    word: str, year: int | None, unit: str | None, limit: int, kind: str | None, out: Path | None, url: str
) -> None:
    """Find words in indicators, goals, tasks and sections, with the place of each."""
    from pipeline.analysts.query import Answer
    from pipeline.store.search import search as find
    from schema.records import title

    store = existing(url)
    hits = find(store, word, year=year, unit=unit, most=limit)
    more = len(hits) > limit
    columns = ("unit", "fiscal_year", "file", "where", "page", "field", "text", "submission_id", "record")
    titles = ("单位", "年度", "文件", "文件中的位置", "页", "字段", "文字", "自评材料编号", "记录路径")
    rows = [tuple(getattr(hit, name) for name in columns) for hit in hits[:limit]]
    if kind in (None, "table") and out is None:
        _show_hits(word, rows, [title(row[8], row[5]) for row in rows])
    else:
        _give(Answer(columns, titles, rows, more), kind, out, "检索")
    if more:
        say(f"ziping: 只列出前{limit}处; 更多请用--limit")


def _show_hits(word: str, rows: list[tuple[Any, ...]], fields: list[str]) -> None:
    from rich.text import Text

    shown = console()
    if not rows:
        click.echo(safe_line(f"没有找到“{word}”。"))
        return
    for row, field in zip(rows, fields, strict=True):
        unit, year, file, where, page, _, text, *_ = row
        place = f"{where or ''}{f' page {page}' if page else ''}"
        head = Text(safe_line(f"{unit or '单位未写明'} {year or ''} "), style="bold")
        head.append(safe_line(f"{file} · {place} · {field}"), style="dim")
        body = Text(safe_line(f"  {_around(text, word)}"))
        body.highlight_words([word], "bold red", case_sensitive=False)
        shown.print(head, soft_wrap=True, highlight=False)
        shown.print(body, soft_wrap=True, highlight=False)


def _around(text: str, word: str, width: int = 40) -> str:
    """The word with some characters before and behind it."""
    text = " ".join(text.split())
    at = max(text.lower().find(word.lower()), 0)
    begin, end = max(at - width, 0), at + len(word) + width
    return f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}"


@click.command(
    epilog="""\b
Examples:
  ziping export 2022.xlsx --year 2022                 one sheet a list
  ziping export tables/ --format parquet              one file a list
  ziping export 副本.db                               a SQLite copy, to give away
  ziping export 财政.xlsx --where "unit LIKE '%财政%'" --list indicators --list findings
Lists: submissions, forms, projects, funds, goals, tasks, indicators, basics, sections, findings."""
)
@click.argument("out", type=PATH)
@click.option(
    "--format", "kind", type=click.Choice(("xlsx", "csv", "parquet", "jsonl", "sqlite")),
    help="Default: by the ending (.xlsx, .db); csv, parquet and jsonl write a folder.",
)  # fmt: skip
@click.option("--year", type=int, help="Only this fiscal year.")
@click.option("--where", metavar="SQL", help="A condition on the columns of v_submission.")
@click.option("--list", "lists", multiple=True, metavar="NAME", help="Only this list; may be given several times.")
@click.option("--contacts", is_flag=True, help="Also names and telephone numbers, which are left out otherwise.")
@_trust
@store_option
def export(
    out: Path,
    kind: str | None,
    year: int | None,
    where: str | None,
    lists: tuple[str, ...],
    contacts: bool,
    trust: bool,
    url: str,
) -> None:
    """Take the lists away: .xlsx, CSV, Parquet, JSON Lines, or a SQLite copy."""
    from pipeline.analysts.export import FILES, Choice
    from pipeline.analysts.export import export as take

    kind = kind or FILES.get(out.suffix.lower())
    if kind is None:
        raise click.UsageError(
            _("What is {out} to be? Use an ending (.xlsx, .db) or --format csv, parquet or jsonl.").format(out=out)
        )
    choice = Choice(year, where, lists, contacts, trust)
    try:
        choice.chosen()
    except ZipingError as error:
        raise click.BadParameter(safe_line(str(error)), param_hint="--list") from None
    counts = take(existing(url), out, kind, choice)
    summed = "，".join(f"{name} {count}" for name, count in counts.items())
    click.echo(safe_line(f"{out}: {summed}"))


@click.command(
    epilog="""\b
Examples:
  ziping report 某局自评表.docx              one unit's sheet, .docx and .html
  ziping report --all --year 2022 --out 反馈/  a sheet for each, and 总览.html of the batch
  ziping report --template 反馈单.docx       the sheet's Word template, to be edited
A sheet says what was read and each finding with the figures, its place in the file and the clause it rests on. Bureau, contact,
deadline and a template of your own are said in ziping.toml of the folder where it is run (or ZIPING_SETTINGS): [sheet]
bureau = "…", contact = "…", deadline = 2026-12-31, template = "反馈单.docx"."""
)
@click.argument("submission", required=False)
@click.option("--all", "everything", is_flag=True, help="Every current submission, and the overview of the batch.")
@click.option("--year", type=int, help="With --all: only this fiscal year.")
@click.option("--out", type=PATH, default=Path("反馈单"), show_default=True, metavar="DIR", help="Where the files go.")
@click.option(
    "--format", "kind", type=click.Choice(("docx", "html", "both")), default="both", show_default=True,
    help="What kind of sheet.",
)  # fmt: skip
@click.option("--template", type=PATH, metavar="FILE", help="Only write the sheet's Word template there, to be edited.")
@store_option
def report(
    submission: str | None, everything: bool, year: int | None, out: Path, kind: str, template: Path | None, url: str
) -> None:
    """Write feedback sheets that can be sent back, and the overview of a batch."""
    from pipeline.analysts import feedback, overview, sheet_files

    if template is not None:
        if submission or everything:
            raise click.UsageError(_("--template goes alone."))
        if template.exists():
            fail(f"{template}: 已有这个文件; 请换一个名称")
        write(template, sheet_files.template())
        click.echo(safe_line(f"{template}: 请用Word修改，再在ziping.toml写明template"))
        return
    if bool(submission) == everything:
        raise click.UsageError(_("Give a SUBMISSION (id or file name), or --all."))
    if year is not None and not everything:
        raise click.UsageError(_("--year goes with --all."))
    kinds = ("docx", "html") if kind == "both" else (kind,)
    store = existing(url)
    wanted = [submission] if submission else feedback.current(store, year)
    if not wanted:
        fail(f"{year}: 没有这个年度的材料; 请用 ziping status --list 查看")
    with_findings, sheets = 0, dict[str, str]()
    from rich.progress import track

    screen = console(stderr=True)
    for name in track(
        wanted, "反馈单", console=screen, transient=True, disable=not (everything and screen.is_terminal)
    ):
        sheet = feedback.sheet(store, name)
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            fail(f"{out}: 无法建立文件夹（{error.strerror}）; 请检查权限")
        with_findings += bool(sheet.lines)
        written = sheet_files.write(sheet, out, kinds)
        sheets[sheet.submission_id] = written[-1].name
    if everything:
        write(out / "总览.html", overview.overview(store, year, sheets))
    if submission:
        click.echo("\n".join(safe_line(str(path)) for path in written))
    else:
        click.echo(f"{out}: {len(wanted)}份反馈单，其中{with_findings}份有核对发现；总览见 {out / '总览.html'}")


@click.command(
    epilog="""\b
Examples:
  ziping serve                               the store at http://127.0.0.1:8001
  ziping serve --host 0.0.0.0 --name zp.lan  for colleagues, under that name
  ziping serve --contacts                    with names and telephone numbers, on this machine alone
It serves a copy made at the start, without contacts, and can only read. With --contacts a SQLite store is served as it is."""
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Who may come in; the default is this machine.")
@click.option("--port", type=click.IntRange(1, 65535), default=8001, show_default=True)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="HOST",
    help="A name it is reached by; may be given several times.",
)
@click.option("--contacts", is_flag=True, help="Also names and telephone numbers.")
@store_option
def serve(host: str, port: int, names: tuple[str, ...], contacts: bool, url: str) -> None:
    """Look at the store in a browser (Datasette): tables, facets, questions, charts."""
    import tempfile

    from pipeline import process_info
    from pipeline.analysts import browse
    from pipeline.analysts.export import Choice
    from pipeline.analysts.export import export as take

    if contacts and host not in HERE:
        raise click.UsageError(_("--contacts is for this machine alone: leave it out, or leave out --host."))
    with tempfile.TemporaryDirectory(dir=process_info.workplace()) as folder:
        browse.required()
        store = existing(url)
        path = Path(str(store.engine.url.database))
        if not contacts or store.engine.dialect.name != "sqlite":
            path = Path(folder, "ziping.db")
            click.echo("正在制作副本……", err=True)
            take(store, path, "sqlite", Choice(contacts=contacts))
        click.echo(f"http://{host}:{port}  （按 Ctrl-C 结束）", err=True)
        browse.serve(path, host, port, names)
