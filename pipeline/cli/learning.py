"""The commands that learn: unknown, layouts, vocabulary, score."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.common import PATH, REFUSED, changes_option, existing, is_there, opened, store_option, write
from pipeline.screen import console, say

if TYPE_CHECKING:
    from pipeline.store.connection import Store


@click.command(
    epilog="""\b
Examples:
  ziping unknown                                 what nobody understood, most frequent first
  ziping unknown --csv new.csv                   the same as rows of the vocabulary; keep the right ones
  ziping vocabulary test new.csv                 what they would change in the store
  ziping vocabulary add new.csv"""
)
@store_option
@click.option("--csv", "target", type=PATH, metavar="FILE", help="Write vocabulary rows to FILE, `-` for the screen.")
def unknown(url: str, target: Path | None) -> None:
    """Headings nobody knows, and what each may mean."""
    store = existing(url)
    from pipeline.learn import proposals

    found = proposals.unknown(store)
    if target is None:
        from pipeline.cli.display import list_unknown

        list_unknown(found, console())
    elif str(target) == "-":
        click.echo(proposals.as_csv(found), nl=False)
    else:
        write(target, proposals.as_csv(found))
        click.echo(
            f"{len(found)} rows in {target}: keep the right ones, then ziping vocabulary test {target}",
            err=True,
        )


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  ziping layouts                                 every layout, and what changed against the nearest known one
  ziping layouts --year 2024                     only those met first in 2024
  ziping layouts draft 某局自评表.docx > new.yml   how a form is read, to be put right by a person
  ziping layouts test new.yml                    what that would change in the store
  ziping layouts confirm new.yml                 from now on every form of that layout is read so""",
)
@store_option
@click.option("--year", type=int, help="Only layouts that were never seen before this fiscal year.")
@click.pass_context
def layouts(context: click.Context, url: str, year: int | None) -> None:
    """Forms grouped by their headings, and what is new; what people confirm of them."""
    if context.invoked_subcommand is not None:
        return
    store = existing(url)
    from pipeline.cli.display import list_layouts
    from pipeline.learn import layouts as grouped
    from pipeline.store import contents

    found = grouped.layouts(contents.layouts(store))
    list_layouts([layout for layout in found if year is None or layout.first == year], console())


@layouts.command()
@click.argument("file", type=PATH)
@click.option("--out", "target", type=PATH, metavar="FILE", help="Write the layout to FILE instead of the screen.")
def draft(file: Path, target: Path | None) -> None:
    """Write how the tables of FILE are read, as a layout that a person can put right."""
    from pipeline.learn import confirmed

    text, doubts = confirmed.draft(file)
    if target is None:
        click.echo(text, nl=False)
    else:
        write(target, text)
    click.echo(f"ziping: {f'{doubts}处待定（？）' if doubts else '没有待定之处'}", err=True)


@layouts.command("test")
@click.argument("file", type=PATH)
@changes_option
@store_option
def test_layout(file: Path, target: Path | None, url: str) -> None:
    """Show what the layout in FILE would change in the store; nothing is written."""
    from pipeline.cli.display_versions import list_plan
    from pipeline.learn import confirmed

    list_plan(
        confirmed.effect(existing(url), file),
        console(),
        target,
        hint="写入：ziping layouts confirm，再 ziping rerun --apply",
    )


@layouts.command()
@click.argument("file", type=PATH)
def confirm(file: Path) -> None:
    """Take the layout in FILE into the team's own words: every form of it is read so from now on."""
    from pipeline.learn import confirmed

    click.echo(f"已确认：{confirmed.confirm(file)}。已入库的材料请运行 ziping rerun")


@click.group()
def vocabulary() -> None:
    """Check, test and add vocabulary rows."""


@vocabulary.command()
@click.argument("file", required=False, type=PATH)
def check(file: Path | None) -> None:
    """Say whether the vocabulary, with the rows of FILE, contradicts itself."""
    from pipeline import ruleset
    from pipeline.learn import proposals

    if file is None:
        ruleset.current()
    elif wrong := proposals.contradictions(file):
        for line in wrong:
            say(line)
        sys.exit(REFUSED)
    click.echo("词表没有矛盾。")


@vocabulary.command()
@click.argument("file", type=PATH)
@changes_option
@store_option
def test(file: Path, target: Path | None, url: str) -> None:
    """Show what the rows of FILE would change in the store; nothing is written."""
    _show_effect(file, existing(url), target)


@vocabulary.command()
@click.argument("file", type=PATH)
@click.option("--over", is_flag=True, help="The rows may give a known spelling another meaning.")
@changes_option
@store_option
def add(file: Path, over: bool, target: Path | None, url: str) -> None:
    """Add the rows of FILE to the team's own words, and show what they change in the store, where there is one."""
    from pipeline import ruleset
    from pipeline.learn import proposals

    place = ruleset.own_team()
    if is_there(url):
        _show_effect(file, opened(url), target, over)
    added = proposals.add(file, over)
    click.echo(f"{place}增加{added}条。")


def _show_effect(file: Path, store: Store, target: Path | None, over: bool = False) -> None:
    from pipeline.cli.display_versions import list_plan
    from pipeline.learn import proposals

    planned = proposals.effect(store, file, over)
    list_plan(planned, console(), target, hint="写入：ziping vocabulary add，再 ziping rerun --apply")


@click.command()
@click.argument("predicted", type=PATH)
@click.argument("gold", type=PATH)
@click.option("--errors", is_flag=True, help="List every field that is not right.")
@click.option(
    "--evidence",
    type=PATH,
    help="Also how well confidence is founded: what `extract --evidence` printed, by the same name.",
)
def score(predicted: Path, gold: Path, errors: bool, evidence: Path | None) -> None:
    """Compare records with their gold.

    Two JSON files (RECORDS.md), or two folders of them by name.
    """
    from pipeline.cli.display import list_founded, list_scores
    from pipeline.score import confidences, founded, pairs

    found = list(pairs(predicted, gold))
    list_scores(found, errors, console())
    if evidence is not None:
        sure = {name: confidences(evidence, name) for name, _ in found}
        told = [(sure[name].get(path), right) for name, parts in found for path, right in parts["fields"].told]
        list_founded(founded(told), console())
