"""The command that compares what a store holds across units and years."""

from __future__ import annotations

from gettext import gettext as _

import click

from pipeline.cli.common import existing, store_option
from pipeline.screen import console


@click.command(
    epilog="""\b
Examples:
  ziping compare                                 compares what is new; how much it found, by rule
  ziping compare --rule copied_text              and each copied text, both sides beside each other
  ziping compare --unit 水务局 --year 2023        and everything found of one unit
Which rules there are: ziping packs show across; without one of them for a unit: ziping packs mute."""
)
@store_option
@click.option("--rule", metavar="RULE", help="List what this rule found.")
@click.option("--unit", metavar="NAME", help="List what was found of units whose name has this in it.")
@click.option("--year", type=int, help="List what was found of this fiscal year.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="List no more than this.")
def compare(url: str, rule: str | None, unit: str | None, year: int | None, limit: int) -> None:
    """Compare submissions across units and years: copied texts, amounts that differ between files, targets lowered, figures unlike their kind.

    What was found before and still holds stays; only what is new or changed is read again, from the store alone. No record changes."""
    from pipeline.across import comparing
    from pipeline.cli import display_across
    from pipeline.store.judging import ACROSS
    from schema.packs.rule import RULES

    known = [code for code, one in RULES.items() if one.scope in ACROSS]
    if rule is not None and rule not in known:
        raise click.BadParameter(_("known: {}").format("、".join(known)), param_hint="--rule")
    store = existing(url)
    if store.writable:
        with display_across.progress() as report:
            summary = comparing.compare(store, report)
        display_across.summary(summary, console())
    if not store.writable or rule or unit or year:
        display_across.listed(comparing.listed(store, rule, unit, year, limit), limit, console())
