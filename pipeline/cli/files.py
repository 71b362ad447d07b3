"""The commands that read files: extract, ingest."""

from __future__ import annotations

import re
import sys
import time
from datetime import datetime
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.common import PATH, READ, REFUSED, existing, fail, is_there, opened, stopped, store_option, write
from pipeline.screen import console, markup_safe, say

if TYPE_CHECKING:
    from pipeline.batch.executors import Executor


class _Place(click.ParamType):  # type: ignore[type-arg]
    """A path, or a URL of a file or folder elsewhere."""

    name = "path"

    def convert(self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ARG002
        from extractors.names import place

        return value if isinstance(value, Path) else place(value)


_quiet = click.option("--quiet", "-q", is_flag=True, help="Say only what went wrong.")
_verbose = click.option("--verbose", "-v", is_flag=True, help="Name every file as it is read.")


# ---------------------------------------------------------------- extract
@click.command(
    epilog="""\b
Examples:
  ziping extract 某局.docx                       tables and findings
  ziping extract 某局.docx --json > 某局.json    the record (RECORDS.md)
  ziping extract 某局.docx --evidence            where each value was read
  ziping extract 2023年自评/ --out json/         one JSON per file"""
)
@click.argument("paths", nargs=-1, required=True, type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON (one file only).")
@click.option("--evidence", is_flag=True, help="Print where each value was read, as JSON (one file only).")
@click.option(
    "--out",
    type=PATH,
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
        raise click.UsageError(_("--json and --evidence take one FILE; use --out DIR for several."))
    if as_json and evidence:
        raise click.UsageError(_("Choose one of --json and --evidence."))
    from extractors.files import File, find
    from pipeline.batch import run
    from pipeline.extract import Extraction, as_evidence, as_record
    from pipeline.extract import as_json as encode
    from schema.errors import ZipingError

    found = list(find(list(paths)))
    if (as_json or evidence) and len(found) != 1:
        raise click.UsageError(_("--json and --evidence take one FILE; use --out DIR for an archive or a folder."))
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
            from pipeline.cli.display import show

            show(as_record(result), file.path.name, console(), result.evidence.unknown, result.evidence.provenance)
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
_LEAST = 512 << 20  # bytes of memory without which nothing is read


def _bytes(__: click.Context, ___: click.Parameter, text: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([MG])B?", text.strip().upper())
    if match is None:
        raise click.BadParameter(_("write it as 2G or 1500M"))
    size = int(float(match[1]) * (1 << _UNITS[match[2]]))
    if size < _LEAST:
        raise click.BadParameter(_("a process needs 512M at least"))
    return size


@click.command(
    epilog="""\b
Examples:
  ziping ingest 2023年自评/
  ziping ingest a.docx b.docx --store postgresql://user@host/ziping
  ziping ingest 2023年自评/ --since 2024-03-01   only what was handed in since
  ziping ingest 2023年自评/ --retry-failed       also what could not be read before
  ziping ingest s3://bucket/2023/                files elsewhere, by their URL (s3 needs the extra s3)
  ziping ingest 2023年自评/ --executor dask=tcp://scheduler:8786 --store postgresql://…
The same bytes are read once; a run that was stopped is completed by the same command.
Exit codes: 0 everything was read, 1 something was refused or failed, 2 wrong usage, 130 stopped by Ctrl-C."""
)
@click.argument("paths", nargs=-1, required=True, type=_Place())
@store_option
@click.option("--jobs", "-j", type=click.IntRange(1), help="Processes at once [default: three for two cores].")
@click.option("--timeout", type=click.FloatRange(1), default=120.0, show_default=True, help="Seconds a file may take.")
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
@click.option(
    "--originals", metavar="WHERE",
    help="Where the files' bytes are kept, a folder or a URL; `none`: nowhere. The store remembers it. "
    "[default: beside a SQLite store; on a server nowhere]",
)  # fmt: skip
@_quiet
@_verbose
def ingest(
    paths: tuple[Path, ...], url: str, jobs: int | None, timeout: float, memory: int, retry: bool, since: datetime | None,
    dry_run: bool, executor: str, originals: str | None, quiet: bool, verbose: bool,
) -> None:  # fmt: skip
    """Read files and folders into the store."""
    from extractors.files import listed
    from pipeline.batch import run
    from pipeline.batch.executors import Limits
    from pipeline.cli.display import list_arrivals, list_copies, summarize
    from pipeline.cli.display_versions import list_preview
    from pipeline.learn import drift
    from pipeline.store import contents
    from pipeline.store import originals as kept_bytes
    from pipeline.store.journal import Outcome, loaded

    spread = _executor(executor)
    files, after = list(paths), since.timestamp() if since else None
    if dry_run:
        store = existing(url) if is_there(url) else None
        list_preview(list(run.preview(files, store, retry=retry, since=after)), console())
        return
    store = opened(url)
    progress = console(stderr=True)
    total = sum(1 for _ in listed(files, after))
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    begun = time.monotonic()
    try:
        with (
            Progress(*columns, console=progress, disable=quiet or not progress.is_terminal, transient=True) as bar,
        ):
            task = bar.add_task("读取", total=total, rate="")

            def seen(outcome: Outcome) -> None:
                done = bar.tasks[0].completed + 1
                bar.update(task, advance=1, rate=f"{done / max(time.monotonic() - begun, 0.1):.1f}份/秒")
                if verbose:
                    progress.print(f"{outcome.outcome:8} {markup_safe(outcome.path)}", highlight=False)

            def more(count: int) -> None:
                bar.update(task, total=(bar.tasks[0].total or 0) + count)

            summary = run.ingest(
                files, store, seen, executor=spread, limits=Limits(jobs or run.LIMITS.jobs, timeout, memory),
                retry=retry, since=after, more=more, originals=kept_bytes.place(store, originals),
            )  # fmt: skip
    except KeyboardInterrupt:
        stopped("；已读入的都在库中，同一命令可继续")
    if not quiet:
        summarize(summary, loaded(store, summary.run_id), store.shown, console())
        list_copies(contents.copies(store), console())
        list_arrivals(*drift.arrivals(contents.layouts(store), contents.read_in(store, summary.run_id)), console())
    else:
        for path, reason in summary.refused:
            say(f"ziping: {path}: {reason}")
    sys.exit(REFUSED if summary.refused else READ)


def _executor(named: str) -> Executor:
    from pipeline.batch.cluster import cluster
    from pipeline.batch.executors import processes

    if named == "processes":
        return processes
    if named.startswith("dask="):
        return cluster(named.removeprefix("dask="))
    raise click.BadParameter(_("processes, dask=tcp://host:port or dask=local"), param_hint="--executor")
