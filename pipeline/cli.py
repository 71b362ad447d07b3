"""The command `ziping`: words in, words out. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import re
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli_analysts import export, query, report, search, serve
from pipeline.cli_versions import correct, diff, history, reader, rerun, units
from pipeline.shell import (
    READ,
    REFUSED,
    Group,
    console,
    existing,
    fail,
    failing,
    is_there,
    opened,
    said,
    say,
    stopped,
    store_option,
    write,
)

if TYPE_CHECKING:
    from pipeline.executors import Executor
    from pipeline.store import Store

_PATH = click.Path(path_type=Path)


class _Place(click.ParamType):  # type: ignore[type-arg]
    """A path, or a URL of a file or folder elsewhere."""

    name = "path"

    def convert(self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ARG002
        from extractors.names import place

        return value if isinstance(value, Path) else place(value)


_EPILOG = """\b
Examples:
  ziping extract 某局自评表.docx                 read one file, show its tables and findings
  ziping extract 某局自评表.docx --json          the same as JSON
  ziping ingest 2023年自评/                      read a year's folder into ziping.db
  ziping status                                  what the store holds
  ziping show 某局自评表.docx                    one submission from the store
  ziping unknown                                 headings nobody knows, as vocabulary rows
Exit codes: 0 everything was read, 1 something was refused, 2 wrong usage, 130 stopped by Ctrl-C."""


@click.group(
    cls=Group,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="ziping", message="ziping %(version)s")
def main() -> None:
    """Reads performance self-evaluation reports (绩效自评报告) into audited rows.

    A folder of Word files in, a relational store out; every figure leads back to its cell.
    """


_quiet = click.option("--quiet", "-q", is_flag=True, help="Say only what went wrong.")
_verbose = click.option("--verbose", "-v", is_flag=True, help="Name every file as it is read.")


# ---------------------------------------------------------------- extract
@main.command(
    epilog="""\b
Examples:
  ziping extract 某局.docx                       tables and findings
  ziping extract 某局.docx --json > 某局.json    the record (RECORDS.md)
  ziping extract 某局.docx --evidence            where each value was read
  ziping extract 2023年自评/ --out json/         one JSON per file"""
)
@click.argument("paths", nargs=-1, required=True, type=_PATH)
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON (one file only).")
@click.option("--evidence", is_flag=True, help="Print where each value was read, as JSON (one file only).")
@click.option(
    "--out",
    type=_PATH,
    metavar="DIR",
    help="Write one JSON per file: STEM.json; with its ending where two share a stem.",
)
@_quiet
@_verbose
def extract(
    paths: tuple[Path, ...], as_json: bool, evidence: bool, out: Path | None, quiet: bool, verbose: bool
) -> None:
    """Read files and show what they say, without a store."""
    if (as_json or evidence) and (out or len(paths) != 1):
        raise click.UsageError("--json and --evidence take one FILE; use --out DIR for several.")
    if as_json and evidence:
        raise click.UsageError("Choose one of --json and --evidence.")
    from extractors import File
    from pipeline import run
    from pipeline.extract import Extraction, as_evidence, as_record
    from pipeline.extract import as_json as encode
    from schema.errors import ZipingError

    found = list(run.find(list(paths)))
    if (as_json or evidence) and len(found) != 1:
        raise click.UsageError(
            "--json and --evidence take one FILE; use --out DIR for an archive or a folder."
        )
    refused = 0
    names = _names([file.path for file in found if isinstance(file, File)])
    if out is not None:
        _make(out)
    for file in found:
        result = run.attempt(file) if isinstance(file, File) else file
        if not isinstance(file, File) or not isinstance(result, Extraction):
            assert isinstance(result, ZipingError)
            refused += 1
            subject = file.path if isinstance(file, File) else file.subject
            say(f"ziping: {subject}: {result.reason}")
        elif out is not None:
            write(out / names[file.path], encode(as_record(result)) + "\n")
            if verbose:
                say(f"{file.path} -> {out / names[file.path]}")
        elif as_json:
            click.echo(encode(as_record(result)))
        elif evidence:
            click.echo(encode(as_evidence(result)))
        elif not quiet:
            from pipeline.display import show

            show(as_record(result), file.path.name, console(), result.evidence.unknown)
    if out is not None and not quiet:
        say(f"{len(found) - refused} of {len(found)} read, JSON in {out}")
    sys.exit(REFUSED if refused else READ)


def _names(files: list[Path]) -> dict[Path, str]:
    """STEM.json for each file; the ending is kept where two share a stem, the folder where two share both."""
    stems: dict[str, int] = {}
    whole: dict[str, int] = {}
    for path in files:
        stems[path.stem] = stems.get(path.stem, 0) + 1
        whole[path.name] = whole.get(path.name, 0) + 1
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for path in files:
        name = f"{path.stem}.json" if stems[path.stem] == 1 else f"{path.name}.json"
        if whole[path.name] > 1:
            name = f"{path.parent.name}-{path.name}.json"
        count = 2
        while name in taken:
            name, count = f"{path.parent.name}-{path.name}-{count}.json", count + 1
        taken.add(name)
        names[path] = name
    return names


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{folder}: 无法建立文件夹（{error.strerror}）; 请换一个--out路径")


# ---------------------------------------------------------------- ingest
_UNITS = {"M": 20, "G": 30}


def _bytes(_: click.Context, __: click.Parameter, text: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([MG])B?", text.strip().upper())
    if match is None:
        raise click.BadParameter("write it as 2G or 1500M")
    return int(float(match[1]) * (1 << _UNITS[match[2]]))


@main.command(
    epilog="""\b
Examples:
  ziping ingest 2023年自评/
  ziping ingest a.docx b.docx --store postgresql://user@host/ziping
  ziping ingest 2023年自评/ --since 2024-03-01   only what was handed in since
  ziping ingest 2023年自评/ --retry-failed       also what could not be read before
  ziping ingest s3://bucket/2023/                files elsewhere, by their URL (s3 needs ziping[s3])
  ziping ingest 2023年自评/ --executor dask=tcp://scheduler:8786 --store postgresql://…
The same bytes are read once; a run that was stopped is completed by the same command.
Exit codes: 0 everything was read, 1 something was refused or failed, 2 wrong usage, 130 stopped by Ctrl-C."""
)
@click.argument("paths", nargs=-1, required=True, type=_Place())
@store_option
@click.option(
    "--jobs", "-j", type=click.IntRange(1), help="Processes at once [default: three for two cores]."
)
@click.option(
    "--timeout", type=click.FloatRange(1), default=120.0, show_default=True, help="Seconds a file may take."
)
@click.option(
    "--memory",
    default="3G",
    show_default=True,
    callback=_bytes,
    help="Memory a process may ask for, as 2G or 1500M.",
)
@click.option("--retry-failed", "retry", is_flag=True, help="Read again what could not be read before.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only files changed since this day.")
@click.option("--dry-run", is_flag=True, help="Say what would be read, and read nothing.")
@click.option(
    "--executor",
    default="processes",
    show_default=True,
    metavar="WHERE",
    help="`processes` of this machine, `dask=tcp://…` a cluster, `dask=local` one begun here.",
)
@_quiet
@_verbose
def ingest(
    paths: tuple[Path, ...], url: str, jobs: int | None, timeout: float, memory: int, retry: bool, since: datetime | None,
    dry_run: bool, executor: str, quiet: bool, verbose: bool,
) -> None:  # fmt: skip
    """Read files and folders into the store."""
    from pipeline import run
    from pipeline.display import list_copies, summarize
    from pipeline.display_versions import list_preview
    from pipeline.executors import Limits
    from pipeline.journal import Outcome, loaded

    spread = _executor(executor)
    files, after = list(paths), since.timestamp() if since else None
    if dry_run:
        store = existing(url) if is_there(url) else None
        with failing():
            list_preview(list(run.preview(files, store, retry=retry, since=after)), console())
        return
    store = opened(url)
    progress = console(stderr=True)
    total = sum(1 for _ in run.listed(files, after))
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    begun = time.monotonic()
    try:
        with (
            failing(),
            Progress(
                *columns, console=progress, disable=quiet or not progress.is_terminal, transient=True
            ) as bar,
        ):
            task = bar.add_task("读取", total=total, rate="")

            def seen(outcome: Outcome) -> None:
                done = bar.tasks[0].completed + 1
                bar.update(task, advance=1, rate=f"{done / max(time.monotonic() - begun, 0.1):.1f}份/秒")
                if verbose:
                    progress.print(f"{outcome.outcome:8} {said(outcome.path)}", highlight=False)

            def more(count: int) -> None:
                bar.update(task, total=(bar.tasks[0].total or 0) + count)

            summary = run.ingest(
                files, store, seen, executor=spread, limits=Limits(jobs or run.LIMITS.jobs, timeout, memory),
                retry=retry, since=after, more=more,
            )  # fmt: skip
    except KeyboardInterrupt:
        stopped("；已读入的都在库中，同一命令可继续")
    if not quiet:
        with failing():
            summarize(summary, loaded(store, summary.run_id), store.shown, console())
            list_copies(store.copies(), console())
    else:
        for path, reason in summary.refused:
            say(f"ziping: {path}: {reason}")
    sys.exit(REFUSED if summary.refused else READ)


def _executor(named: str) -> Executor:
    from pipeline import executors

    if named == "processes":
        return executors.processes
    if named.startswith("dask="):
        with failing():
            return executors.cluster(named.removeprefix("dask="))
    raise click.BadParameter("processes, dask=tcp://host:port or dask=local", param_hint="--executor")


# ---------------------------------------------------------------- status, show
@main.command(
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
    """What the store holds, what is stale and why, and which files it could not read."""
    store = existing(url)
    screen = console()
    from pipeline import journal, rerun
    from pipeline.display import list_copies
    from pipeline.display_versions import list_runs, list_stale, list_submissions

    with failing():
        counts = store.counts()
        for label, key in (
            ("文件（全部识别）", "file_read"), ("文件（部分识别）", "file_partly"), ("文件（未读取）", "file_refused"),
            ("文件（读取出错）", "file_failed"), ("自评材料", "submission"), ("自评表", "form"), ("资金", "fund"),
            ("指标", "indicator"), ("章节", "section"), ("核对发现", "finding"), ("未识别的单元格", "unexplained"),
        ):  # fmt: skip
            screen.print(f"{label}：{counts.get(key, 0)}", highlight=False)
        for name, reason in store.refused():
            screen.print(f"未读取 {said(name)}: {said(reason)}", highlight=False)
        list_copies(store.copies(), screen)
        list_stale(rerun.stale(store), screen)
        if listed:
            list_submissions(store.submissions(), screen)
        if runs:
            list_runs(journal.runs(store), screen)


@main.command(
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
    store = existing(url)
    with failing():
        record = store.load(submission)
    if as_json:
        from pipeline.extract import as_json as encode

        click.echo(encode(record))
    else:
        from pipeline.display import show as display

        display(record, submission, console())


# ---------------------------------------------------------------- words
@main.command(
    epilog="""\b
Examples:
  ziping unknown                                 what nobody understood, most frequent first
  ziping unknown --csv new.csv                   the same as rows of the vocabulary; keep the right ones
  ziping vocabulary test new.csv                 what they would change in the store
  ziping vocabulary add new.csv"""
)
@store_option
@click.option(
    "--csv", "target", type=_PATH, metavar="FILE", help="Write vocabulary rows to FILE, `-` for the screen."
)
def unknown(url: str, target: Path | None) -> None:
    """Headings nobody knows, and what each may mean."""
    store = existing(url)
    from pipeline import words

    with failing():
        proposals = words.unknown(store)
    if target is None:
        from pipeline.display import list_unknown

        list_unknown(proposals, console())
    elif str(target) == "-":
        click.echo(words.as_csv(proposals), nl=False)
    else:
        write(target, words.as_csv(proposals))
        click.echo(
            f"{len(proposals)} rows in {target}: keep the right ones, then ziping vocabulary test {target}",
            err=True,
        )


@main.command(
    epilog="""\b
Examples:
  ziping layouts                                 every layout, and what changed against the nearest known one
  ziping layouts --year 2024                     only those met first in 2024"""
)
@store_option
@click.option("--year", type=int, help="Only layouts that were never seen before this fiscal year.")
def layouts(url: str, year: int | None) -> None:
    """Forms grouped by their headings, and what is new."""
    store = existing(url)
    from pipeline import layouts as grouped
    from pipeline.display import list_layouts

    with failing():
        found = grouped.layouts(store.layouts())
    list_layouts([layout for layout in found if year is None or layout.first == year], console())


@main.group()
def vocabulary() -> None:
    """Check, test and add vocabulary rows."""


@vocabulary.command()
@click.argument("file", required=False, type=_PATH)
def check(file: Path | None) -> None:
    """Say whether the vocabulary, with the rows of FILE, contradicts itself."""
    from normalizers.vocabulary import vocabulary as bound
    from pipeline import words

    with failing():
        if file is None:
            bound()
        else:
            words.extended(file)
    click.echo("词表没有矛盾。")


@vocabulary.command()
@click.argument("file", type=_PATH)
@store_option
def test(file: Path, url: str) -> None:
    """Show what the rows of FILE would change in the store; nothing is written."""
    _show_effect(file, existing(url))


@vocabulary.command()
@click.argument("file", type=_PATH)
@store_option
def add(file: Path, url: str) -> None:
    """Add the rows of FILE to the vocabulary, and show what they change in the store, where there is one."""
    from pipeline import words

    if is_there(url):
        _show_effect(file, opened(url))
    with failing():
        added = words.add(file)
    click.echo(f"词表增加{added}条。")


def _show_effect(file: Path, store: Store) -> None:
    from pipeline import words
    from pipeline.display_versions import list_plan

    with failing():
        planned = words.effect(store, file)
    list_plan(planned, console(), hint="写入：ziping vocabulary add，再 ziping rerun --apply")


@main.command()
@click.argument("predicted", type=_PATH)
@click.argument("gold", type=_PATH)
@click.option("--errors", is_flag=True, help="List every field that is not right.")
def score(predicted: Path, gold: Path, errors: bool) -> None:
    """Compare records with their gold.

    Two JSON files (RECORDS.md), or two folders of them by name.
    """
    from pipeline.display import list_scores
    from pipeline.score import pairs

    with failing():
        list_scores(list(pairs(predicted, gold)), errors, console())


for command in (query, search, export, report, serve, rerun, history, diff, correct, units, reader):
    main.add_command(command)


if __name__ == "__main__":
    main()
