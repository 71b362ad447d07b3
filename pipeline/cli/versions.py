"""The commands that show and change what was read before: rerun, history, diff, correct."""

from __future__ import annotations

import sys
from gettext import gettext as _
from pathlib import Path

import click

from pipeline.cli.common import PATH, REFUSED, changes_option, existing, store_option, write
from pipeline.screen import console, say
from schema.errors import ZipingError
from schema.visible import safe_line


@click.command(
    epilog="""\b
Examples:
  ziping rerun                                   what would change, and why; nothing is written
  ziping rerun --apply                           write it, each submission as a new version
  ziping rerun --apply --only 乙方承诺值          one vocabulary row alone
  ziping rerun --apply --reject 某局自评表.docx   all but one submission
CAUSE is a vocabulary row's words, 读取程序有变, 整理规则有变, a submission's id or its file's name.
Exit codes: 0 all was understood again, 1 something could not be, 2 wrong usage."""
)
@store_option
@click.option("--apply", is_flag=True, help="Write the changes, as new versions.")
@click.option("--only", multiple=True, metavar="CAUSE", help="Take this cause or submission alone; may be repeated.")
@click.option("--reject", multiple=True, metavar="CAUSE", help="Leave this cause or submission out; may be repeated.")
@click.option("--jobs", type=click.IntRange(1), help="Processes at once [default: three for two cores].")
@changes_option
def rerun(
    url: str,
    apply: bool,
    only: tuple[str, ...],
    reject: tuple[str, ...],
    jobs: int | None,
    target: Path | None,
) -> None:
    """Understand stale submissions again: show what would change, then apply it."""
    from dataclasses import replace

    from pipeline.batch.executors import by_number
    from pipeline.batch.run import LIMITS
    from pipeline.cli.display_versions import list_plan
    from pipeline.rerun import planning as again

    store = existing(url)
    limits = replace(LIMITS, jobs=jobs or LIMITS.jobs)
    planned = list(again.plan(store, only=only, reject=reject, executor=by_number, limits=limits, apply=apply))
    list_plan(planned, console(), target, apply, "写入：ziping rerun --apply（--only、--reject可以取舍）")
    sys.exit(REFUSED if any(p.trouble for p in planned) else 0)


@click.command(
    epilog="""\b
Examples:
  ziping history 某局自评表.docx                 its versions, when and why each came
  ziping history 3f2a --at 2023-05-01            the record that stood on that day, as JSON"""
)
@click.argument("submission")
@store_option
@click.option("--at", "moment", metavar="DATE", help="Print the record of that day (2023-05-01) or moment (UTC).")
def history(submission: str, url: str, moment: str | None) -> None:
    """The versions of a submission, or the record that stood at a date."""
    from pipeline.cli.display_versions import list_versions
    from pipeline.extract import as_json
    from pipeline.rerun import changes

    store = existing(url)
    if moment is None:
        list_versions(changes.history(store, submission), console())
    else:
        click.echo(as_json(changes.at(store, submission, moment)))


@click.command(
    epilog="""\b
Examples:
  ziping diff 3 7                                what runs 4 to 7 changed
Run numbers: ziping status --runs"""
)
@click.argument("first", type=int)
@click.argument("second", type=int)
@store_option
def diff(first: int, second: int, url: str) -> None:
    """What is otherwise after one run than after another."""
    from pipeline.cli.display_versions import list_changes
    from pipeline.rerun import changes

    store = existing(url)
    found = list(changes.diff(store, first, second))
    list_changes(found, console())


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  ziping units                                   every unit with its spellings, and which may be one
  ziping units merge 3f2a9c1b0d4e 77aa01c2be55   the second is the first
  ziping units assign 某项目自评表.docx 青禾县水务局   who handed in what names no unit""",
)
@store_option
@click.pass_context
def units(context: click.Context, url: str) -> None:
    """Units, the spellings of their names, and which of them may be one."""
    context.obj = url
    if context.invoked_subcommand is not None:
        return
    from pipeline.cli.display_versions import list_units
    from pipeline.store import units as known

    store = existing(url)
    list_units(known.listed(store), known.similar_pairs(store), console())


@units.command()
@click.argument("keep")
@click.argument("join")
@store_option
def merge(keep: str, join: str, url: str) -> None:
    """Say that JOIN is KEEP, by their ids."""
    from pipeline.store import units as known

    store = existing(url)
    click.echo(safe_line(f"{known.merge(store, keep, join)}种写法并入{keep}。"))


@units.command()
@click.argument("submission")
@click.argument("name")
@store_option
def assign(submission: str, name: str, url: str) -> None:
    """Say that the unit NAME handed in a SUBMISSION that names none."""
    from pipeline.store import units as known

    store = existing(url)
    click.echo(safe_line(f"{known.assign(store, submission, name)}的报送单位记为{name}。"))


@click.command(
    epilog="""\b
Examples:
  ziping reader analysts --store postgresql://owner@db/ziping"""
)
@click.argument("role")
@store_option
def reader(role: str, url: str) -> None:
    """Let a PostgreSQL role read the store and change nothing."""
    from pipeline.store.opening import let_read

    store = existing(url)
    made = let_read(store, role)
    click.echo(safe_line(f"角色{role}{'已建立，' if made else ''}可以读取全部表和视图，不能修改。"))


@click.group()
def correct() -> None:
    """Corrections by people: add, list, load, withdraw."""


@correct.command(
    epilog="""\b
Examples:
  ziping correct add 某局自评表.docx "三级指标 取水许可检查 得分" --to 9.5 --reason 盖章件为9.5
  ziping correct add 某局自评表.docx forms[0].indicators[3].score --to 9.5 --reason 盖章件为9.5
  ziping correct add 某局自评表.pdf forms[0].self_score --suggested --reason 已核对原件
  ziping correct add 3f2a report.unit --reason 单位名称无法确认        (no --to: not stated)"""
)
@click.argument("submission")
@click.argument("value")
@store_option
@click.option("--to", "should_be", metavar="VALUE", help="What it should be; without it: nothing is stated there.")
@click.option("--suggested", is_flag=True, help="It is the figure suggested (ziping query doubtful).")
@click.option("--reason", required=True, help="Why.")
@click.option("--by", "person", metavar="NAME", help="Who says so [default: the user who runs it].")
def add(
    submission: str, value: str, url: str, should_be: str | None, suggested: bool, reason: str, person: str | None
) -> None:  # fmt: skip
    """Correct one value, named by its path or by the words on the page: the row and the column; what was read stays beside it."""
    from pipeline.rerun import correcting

    if suggested and should_be is not None:
        raise click.UsageError(_("give --to or --suggested, not both"))
    store = existing(url)
    said = correcting.add(store, submission, value, None, should_be, reason, person, suggested)
    click.echo(safe_line(said))


@correct.command("list")
@store_option
@click.option("--csv", "target", type=PATH, metavar="FILE", help="Write them to FILE, as `load` reads them.")
@click.option("--review", is_flag=True, help="Only those that wait for another look.")
def listed(url: str, target: Path | None, review: bool) -> None:
    """The corrections in force, and how each stands."""
    from pipeline.cli.display_versions import list_corrections
    from pipeline.rerun import correcting

    store = existing(url)
    rows = correcting.listed(store, review)
    if target is not None:
        write(target, correcting.as_csv(rows))
    else:
        list_corrections(rows, console())


@correct.command()
@click.argument("file", type=PATH)
@store_option
def load(file: Path, url: str) -> None:
    """Add the corrections of a CSV file: submission,record,field,should_be,reason,person."""
    from pipeline.rerun import correcting

    store = existing(url)
    refused = 0
    rows = correcting.from_csv(file)
    for number, row in enumerate(rows, 2):
        try:
            correcting.add(
                store, row["submission"], row["record"], row["field"], row["should_be"] or None, row["reason"],
                row.get("person") or None,
            )  # fmt: skip
        except ZipingError as error:
            say(f"ziping: {file}第{number}行：{error}")
            refused += 1
    click.echo(f"更正{len(rows) - refused}处，{refused}处没有采用。")
    sys.exit(REFUSED if refused else 0)


@correct.command()
@click.argument("number", type=int)
@store_option
def withdraw(number: int, url: str) -> None:
    """Take a correction back; the reading counts again."""
    from pipeline.rerun import correcting

    store = existing(url)
    click.echo(safe_line(correcting.withdraw(store, number)))
