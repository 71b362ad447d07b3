"""The commands of rule packs: what they hold, what they find, where they are used."""

from __future__ import annotations

import sys
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.common import PATH, REFUSED, existing, store_option
from pipeline.screen import console, say
from schema.errors import PackError, ZipingError
from schema.visible import safe_line

if TYPE_CHECKING:
    from schema.packs.pack import Pack


@click.group(
    epilog="""\b
Examples:
  ziping packs list                              every pack, where and when it is in force
  ziping packs show national-2020                its rules: clause, what they do, parameters, examples
  ziping packs judge 某局自评表.docx              what the packs find in one file, without a store
  ziping packs use hubei --off                   this store does without it; what was found is judged again
  ziping packs compare national-2020 hubei       which forms they judge otherwise
  ziping packs mute all_full_marks 某局 --reason 已现场核实
A pack of your own is a YAML file in the folder packs of ZIPING_WORDS; one of the same name takes the place of one that ships."""
)
def packs() -> None:
    """Rules of the place and the year: packs that say what a reviewer looks for."""


@packs.command("list")
@store_option
def listed(url: str) -> None:
    """Every pack, where and when it is in force, and what it found in the store."""
    from pipeline.cli.common import is_there
    from pipeline.cli.display_packs import list_packs
    from pipeline.store import judging

    if is_there(url):
        store = existing(url)
        list_packs(judging.listed(store), console())
        if (count := judging.stale(store)) > 0:
            click.echo(f"{count}份材料是按以前的规则包核对的：ziping packs run")
    else:
        list_packs([(pack, True, 0) for pack in judging.every()], console())


@packs.command()
@click.argument("name")
def show(name: str) -> None:
    """The rules of a pack: what they do, on what clause they rest, their parameters, and those that are off."""
    from pipeline.cli.display_packs import show_pack

    show_pack(_named(name), console())


@packs.command()
@click.argument("pack")
def test(pack: str) -> None:
    """Check a pack (a name, or a YAML file): its form, its parameters, and every example that stands in it."""
    from schema.packs.judge import tried
    from schema.packs.pack import load

    found = load(Path(pack)) if Path(pack).is_file() else _named(pack)
    click.echo(safe_line(f"{found.name}：{len(found.clauses)}条规则，{tried(found)}个例子都对。"))


@packs.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@click.option("--place", help="Province, city or county that the packs are chosen by.")
def judge(files: tuple[Path, ...], place: str | None) -> None:
    """What the packs find in FILES, and what each score should be, without a store."""
    from pipeline.cli.display_packs import list_judgements
    from pipeline.extract import extract
    from pipeline.store import judging
    from schema.packs.judge import dues
    from schema.packs.judge import judge as judged
    from schema.packs.pack import in_force

    refused = False
    for file in files:
        try:
            found = extract(file).submission
        except ZipingError as error:
            say(f"ziping: {error}")
            refused = True
            continue
        force = in_force(judging.every(), (place,), found.report.fiscal_year)
        list_judgements(file.name, judged(found, force), dues(found, force), console())
    sys.exit(REFUSED if refused else 0)


@packs.command()
@click.argument("one")
@click.argument("other")
@store_option
def compare(one: str, other: str, url: str) -> None:
    """Which forms of the store two packs judge otherwise; nothing is written."""
    from pipeline.cli.display_packs import list_differences
    from pipeline.store import judging

    first, second = _named(one), _named(other)
    list_differences(first, second, judging.compared(existing(url), first, second), console())


@packs.command()
@click.argument("name")
@store_option
@click.option("--off", is_flag=True, help="The store does without it.")
@click.option("--place", help="Where this store uses it, otherwise than the pack says.")
@click.option("--from", "first", type=int, metavar="YEAR", help="From which fiscal year on.")
@click.option("--until", "last", type=int, metavar="YEAR", help="Until which fiscal year.")
@click.option("--by", "person", metavar="NAME", help="Who says so [default: the user who runs it].")
def use(
    name: str, url: str, off: bool, place: str | None, first: int | None, last: int | None, person: str | None
) -> None:
    """Say whether, where and in which years the store uses a pack; what is in it is judged again."""
    from pipeline.store import judging

    if off and (place or first or last):
        raise click.UsageError(_("--off takes no place and no years"))
    store = existing(url)
    judging.use(store, name, not off, place, (first, last), person)
    click.echo(safe_line(f"{name}：{'不再采用' if off else '采用'}。重新核对了{judging.again(store)}份材料。"))


@packs.command()
@store_option
def run(url: str) -> None:
    """Judge again what was judged by other packs than today's; no file is opened."""
    from pipeline.store import judging

    click.echo(f"重新核对了{judging.again(existing(url))}份材料。")


@packs.command()
@click.argument("rule")
@click.argument("unit")
@store_option
@click.option("--reason", default="", help="Why: it is kept with the unit and shown by `muted`.")
@click.option("--off", is_flag=True, help="Tell it of the unit again.")
@click.option("--by", "person", metavar="NAME", help="Who says so [default: the user who runs it].")
def mute(rule: str, unit: str, url: str, reason: str, off: bool, person: str | None) -> None:
    """Do not tell a RULE (of a pack, or of `ziping compare`) of a UNIT any more. What it finds stays in the store, marked."""
    from pipeline.store import muting

    if off and (reason or person):
        raise click.UsageError(_("--off takes no reason"))
    store = existing(url)
    if off:
        click.echo(safe_line(f"{rule}：对{muting.unmute(store, rule, unit)}恢复提示。"))
    else:
        click.echo(safe_line(f"{rule}：对{muting.mute(store, rule, unit, reason, person)}不再提示。"))


@packs.command()
@store_option
def muted(url: str) -> None:
    """Which rules are not told of which units, why, who said so, and how much they found."""
    from pipeline.cli.display_packs import list_muted
    from pipeline.store import muting

    list_muted(muting.muted(existing(url)), console())


def _named(name: str) -> Pack:
    from pipeline.store import judging

    every = {pack.name: pack for pack in judging.every()}
    if name not in every:
        raise PackError(name, "没有这个规则包", f"可用：{'、'.join(every)}")
    return every[name]
