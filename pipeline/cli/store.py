"""The commands that show what the store holds: status, show."""

from __future__ import annotations

import click

from pipeline.cli.common import existing, store_option
from pipeline.screen import console, markup_safe


@click.command(
    epilog="""\b
Examples:
  ziping status
  ziping status --list --store 2023.db
  ziping status --runs                           the last runs, with their numbers"""
)
@store_option
@click.option("--list", "listed", is_flag=True, help="One line per submission, with its id.")
@click.option("--runs", is_flag=True, help="The last runs, newest first.")
def status(url: str, listed: bool, runs: bool) -> None:
    """What the store holds, what is stale and why, which files it could not read, and which layouts are read worse than last year."""
    store = existing(url)
    screen = console()
    from pipeline import ruleset
    from pipeline.across import comparing
    from pipeline.cli.display import list_copies, list_falls
    from pipeline.cli.display_versions import list_runs, list_stale, list_submissions
    from pipeline.learn import drift
    from pipeline.learn import layouts as grouped
    from pipeline.rerun import planning
    from pipeline.store import contents, journal, judging

    counts = contents.counts(store)
    for label, key in (
        ("文件（全部识别）", "file_read"), ("文件（部分识别）", "file_partly"), ("文件（未读取）", "file_refused"),
        ("文件（读取出错）", "file_failed"), ("自评材料", "submission"), ("自评表", "form"), ("资金", "fund"),
        ("指标", "indicator"), ("章节", "section"), ("核对发现", "finding"), ("未识别的单元格", "unexplained"),
    ):  # fmt: skip
        screen.print(f"{label}：{counts.get(key, 0)}", highlight=False)
    for name, reason, _ in contents.refused(store):
        screen.print(f"未读取 {markup_safe(name)}: {markup_safe(reason)}", highlight=False)
    if (folder := ruleset.team()) is not None:
        words, layouts = ruleset.own_count(folder)
        screen.print(f"自己的词条：{markup_safe(str(folder))}，词条{words}条，版式{layouts}种", highlight=False)
    list_copies(contents.copies(store), screen)
    list_falls(drift.falls(grouped.layouts(contents.layouts(store))), screen)
    list_stale(planning.stale(store), screen)
    if (old := judging.stale(store)) > 0:
        screen.print(f"{old}份材料是按以前的规则包核对的：ziping packs run", highlight=False)
    if (apart := comparing.waiting(store)) > 0:
        screen.print(f"{apart}份材料还没有与其他材料比对：ziping compare", highlight=False)
    if listed:
        list_submissions(contents.submissions(store), screen)
    if runs:
        list_runs(journal.runs(store), screen)


@click.command(
    epilog="""\b
Examples:
  ziping show 3f2a                               by the beginning of its id
  ziping show 某局自评表.docx                    by its file's name
  ziping show 3f2a --json"""
)
@click.argument("submission")
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON.")
def show(submission: str, url: str, as_json: bool) -> None:
    """One submission as it stands in the store."""
    from pipeline.store import contents

    store = existing(url)
    record = contents.load(store, submission)
    if as_json:
        from pipeline.extract import as_json as encode

        click.echo(encode(record))
    else:
        from pipeline.cli.display import show as display

        display(record, submission, console())
