"""The commands of those who review a year: review, roster, originals."""

from __future__ import annotations

import sys
from gettext import gettext as _
from pathlib import Path

import click

from pipeline.cli.common import HERE, PATH, REFUSED, existing, fail, opened, store_option
from pipeline.screen import console, markup_safe, say
from schema.visible import safe_line


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  ziping review                                  the desk at http://127.0.0.1:8002, opened by the address it prints
  ziping --words words review                    headings can be named there too
  ziping review user add 张三 --role reviewer     an account, for a network
  ziping review --host 0.0.0.0 --name zp.lan     for colleagues, under that name; with accounts
The printed address opens the desk once; behind a proxy that logs people in, use --proxy-header.""",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Who may come in; the default is this machine.")
@click.option("--port", type=click.IntRange(1, 65535), default=8002, show_default=True)
@click.option(
    "--name", "names", multiple=True, metavar="HOST", help="A name it is reached by; may be given several times."
)
@click.option(
    "--proxy-header", metavar="NAME",
    help="The header in which a trusted proxy names who asks. Nobody but the proxy may reach the desk then.",
)  # fmt: skip
@store_option
@click.pass_context
def review(
    context: click.Context, host: str, port: int, names: tuple[str, ...], proxy_header: str | None, url: str
) -> None:
    """The desk in a browser: who is missing, what is doubtful beside its source, words, findings, the table of the year."""
    context.obj = url
    if context.invoked_subcommand is not None:
        return
    from pipeline.review import views

    views.required()
    from pipeline.review.app import address, desk, serve
    from pipeline.store import accounts

    store = opened(url)
    here = host in HERE
    if not here and proxy_header is None and not accounts.listed(store):
        fail(f"{host}: 联网使用需要账号; 请先用 ziping review user add 开设，或用--proxy-header指明可信代理")
    made = desk(store, (host, *names), token=here and proxy_header is None, header=proxy_header)
    click.echo(f"{address(host, port, made.token)}  （按 Ctrl-C 结束）", err=True)
    serve(made, host, port)


@review.group()
def user() -> None:
    """Who may come to the desk over a network."""


@user.command("add")
@click.argument("name")
@click.option(
    "--role", type=click.Choice(("reader", "reviewer", "lead")), default="reviewer", show_default=True,
    help="reader looks, reviewer decides and uploads, lead also loads rosters, words and marks what was sent.",
)  # fmt: skip
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.pass_obj
def add_user(url: str, name: str, role: str, password_stdin: bool) -> None:
    """Make an account, or give it another role and password."""
    from pipeline.store import accounts

    told = sys.stdin.readline().rstrip("\n") if password_stdin else None
    password = told if told is not None else click.prompt(_("Password"), hide_input=True, confirmation_prompt=True)
    fresh = accounts.add(opened(url), name, role, password)
    click.echo(safe_line(f"{name}：{'已开设' if fresh else '已更改'}，{role}"))


@user.command("remove")
@click.argument("name")
@click.pass_obj
def remove_user(url: str, name: str) -> None:
    """Close an account."""
    from pipeline.store import accounts

    accounts.remove(existing(url), name)
    click.echo(safe_line(f"{name}：已关闭"))


@user.command("list")
@click.pass_obj
def list_users(url: str) -> None:
    """The accounts with their roles."""
    from pipeline.store import accounts

    for account in accounts.listed(existing(url)):
        click.echo(safe_line(f"{account.name}  {account.role}"))


# ---------------------------------------------------------------- roster
@click.group(
    epilog="""\b
Examples:
  ziping roster load units.xlsx --year 2023      who is expected to hand in
  ziping roster missing --year 2023              who has not
  ziping roster export 2023.xlsx --year 2023     the roster with what came
Columns: 单位名称 and, as there are, 单位代码, 其他写法, 联系人, 应报份数."""
)
def roster() -> None:
    """The units that are expected to hand in, a list a year, and what came of each."""


_year = click.option("--year", type=int, required=True, help="The fiscal year.")


@roster.command("load")
@click.argument("file", type=PATH)
@_year
@store_option
def load_roster(file: Path, year: int, url: str) -> None:
    """Make the units in FILE (.xlsx or .csv) the roster of a year."""
    from pipeline.store import roster as units
    from pipeline.store.roster_sheet import from_file

    listed = from_file(file)
    fresh, changed, gone = units.load(opened(url), year, listed)
    click.echo(f"{year}年名单：{len(listed)}个单位；新增{fresh}，改变{changed}，去掉{gone}")


@roster.command("missing")
@_year
@store_option
def missing(year: int, url: str) -> None:
    """The units that owe files, and those that handed in without being on the roster."""
    from rich.table import Table

    from pipeline.store import roster as units

    came = units.came(existing(url), year)
    if not any(one.listed for one in came):
        fail(f"{year}年没有名单; 请先用 ziping roster load 载入")
    out = Table("代码", "单位", "应报", "已报", "缺", "联系人", box=None, header_style="bold", pad_edge=False)
    owing = [one for one in came if one.missing]
    for one in owing:
        out.add_row(
            markup_safe(one.unit.code or ""), markup_safe(one.unit.name), str(one.unit.expected), str(len(one.submissions)),
            str(one.missing), markup_safe(one.unit.contact or ""),
        )  # fmt: skip
    if owing:
        console().print(out)
    click.echo(f"{sum(one.missing for one in owing)}份未报，{len(owing)}个单位")
    for one in came:
        if not one.listed:
            files = "、".join(file for _, file in one.submissions)
            click.echo(safe_line(f"不在名单上：{one.unit.name}（{files}）"))


@roster.command("export")
@click.argument("out", type=PATH)
@_year
@store_option
def export_roster(out: Path, year: int, url: str) -> None:
    """Write the roster with what came of each unit, as .xlsx or .csv."""
    from pipeline.analysts import tabular
    from pipeline.store import roster as units

    rows = units.as_rows(units.came(existing(url), year))
    try:
        if out.suffix.lower() == ".csv":
            out.write_text("\ufeff" + tabular.text("csv", units.COLUMNS, units.COLUMNS, rows), encoding="utf-8")
        else:
            book = tabular.book()
            tabular.sheet(book, f"{year}年应报单位", units.COLUMNS, units.COLUMNS, rows)
            tabular.save(book, out)
    except OSError as error:
        fail(f"{out}: 无法写入（{error.strerror}）; 请检查权限和磁盘空间")
    click.echo(safe_line(f"{out}: {len(rows)}个单位"))


# ---------------------------------------------------------------- originals
@click.group(
    epilog="""\b
Examples:
  ziping originals check                         are all files' bytes there as they came?
  ziping ingest 2023年自评/ --originals s3://bucket/originals   keep them there from now on"""
)
def originals() -> None:
    """The files' own bytes, which ingest keeps beside the store."""


@originals.command("check")
@store_option
def check_originals(url: str) -> None:
    """Find kept files that are missing or altered. Exit code 1 where there are any."""
    from pipeline.store.originals_check import check

    whole, lost = check(existing(url))
    for one in lost:
        trouble = "内容已变" if one.trouble == "altered" else "没有保存"
        say(f"ziping: {one.path or one.name}: {trouble}（{one.sha256[:16]}）; 请用 ziping ingest 再读入一次原文件")
    click.echo(f"{whole}份原文件完好，{len(lost)}份有问题")
    if lost:
        sys.exit(REFUSED)
