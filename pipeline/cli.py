"""The command `ziping`: words in, words out. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.store import Store

READ, REFUSED, USAGE = 0, 1, 2
_PATH = click.Path(path_type=Path)
_EPILOG = """\b
Examples:
  ziping extract 某局自评表.docx                 read one file, show its tables and findings
  ziping extract 某局自评表.docx --json          the same as JSON
  ziping ingest 2023年自评/                      read a year's folder into ziping.db
  ziping status                                  what the store holds
  ziping show 某局自评表.docx                    one submission from the store
  ziping unknown                                 headings nobody knows, as vocabulary rows
Exit codes: 0 everything was read, 1 something was refused, 2 wrong usage."""


@click.group(
    epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="ziping", message="ziping %(version)s")
def main() -> None:
    """Reads performance self-evaluation reports (绩效自评报告) into audited rows.

    A folder of Word files in, a relational store out; every figure leads back to its cell.
    """


_store_option = click.option(
    "--store", "url", metavar="URL", envvar="ZIPING_STORE", default="sqlite:///ziping.db", show_default=True,
    help="Any SQLAlchemy URL, or the path of a SQLite file. [env: ZIPING_STORE]",
)  # fmt: skip
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
            click.echo(f"ziping: {subject}: {result.reason}", err=True)
        elif out is not None:
            _write(out / names[file.path], encode(as_record(result)) + "\n")
            if verbose:
                click.echo(f"{file.path} -> {out / names[file.path]}", err=True)
        elif as_json:
            click.echo(encode(as_record(result)))
        elif evidence:
            click.echo(encode(as_evidence(result)))
        elif not quiet:
            from pipeline.display import show

            show(as_record(result), file.path.name, _console(), result.evidence.unknown)
    if out is not None and not quiet:
        click.echo(f"{len(found) - refused} of {len(found)} read, JSON in {out}", err=True)
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
        _fail(f"{folder}: 无法建立文件夹（{error.strerror}）; 请换一个--out路径")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        _fail(f"{path}: 无法写入（{error.strerror}）; 请检查权限和磁盘空间")


# ---------------------------------------------------------------- ingest
@main.command(
    epilog="""\b
Examples:
  ziping ingest 2023年自评/
  ziping ingest a.docx b.docx --store postgresql://user@host/ziping
The same bytes are read once; a run that was stopped is completed by the same command."""
)
@click.argument("paths", nargs=-1, required=True, type=_PATH)
@_store_option
@_quiet
@_verbose
def ingest(paths: tuple[Path, ...], url: str, quiet: bool, verbose: bool) -> None:
    """Read files and folders into the store."""
    from extractors import File
    from pipeline import run

    store = _open(url)
    console = _console(stderr=True)
    files = list(paths)
    total = sum(isinstance(file, File) for file in run.find(files))
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        _failing(),
        Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as bar,
    ):
        task = bar.add_task("读取", total=total)

        def seen(path: Path, outcome: str) -> None:
            bar.advance(task)
            if verbose:
                console.print(f"{outcome:8} {path}", highlight=False, markup=False)

        summary = run.ingest(files, store, seen)
    if not quiet:
        from pipeline.display import list_copies, summarize

        summarize(summary, store.shown, _console())
        with _failing():
            list_copies(store.copies(), _console())
    else:
        for path, reason in summary.refused:
            click.echo(f"ziping: {path}: {reason}", err=True)
    sys.exit(REFUSED if summary.refused else READ)


# ---------------------------------------------------------------- status, show
@main.command(
    epilog="""\b
Examples:
  ziping status
  ziping status --list --store 2023.db"""
)
@_store_option
@click.option("--list", "listed", is_flag=True, help="One line per submission, with its id.")
def status(url: str, listed: bool) -> None:
    """What the store holds, and which files it could not read."""
    store = _existing(url)
    console = _console()
    with _failing():
        counts = store.counts()
        for label, key in (
            ("文件（全部识别）", "file_read"), ("文件（部分识别）", "file_partly"), ("文件（未读取）", "file_refused"),
            ("自评材料", "submission"), ("自评表", "form"), ("资金", "fund"), ("指标", "indicator"),
            ("章节", "section"), ("核对发现", "finding"), ("未识别的单元格", "unexplained"),
        ):  # fmt: skip
            console.print(f"{label}：{counts.get(key, 0)}", highlight=False)
        for name, reason in store.refused():
            console.print(f"未读取 {name}: {reason}", highlight=False, markup=False)
        from pipeline.display import list_copies

        list_copies(store.copies(), console)
        if listed:
            from rich.table import Table

            table = Table("编号", "文件", "单位", "年度", "标题", "表", "发现", "未识别", show_edge=False)
            for row in store.submissions():
                table.add_row(*("" if value is None else str(value) for value in row))
            console.print(table)


@main.command(
    epilog="""\b
Examples:
  ziping show 3f2a                               by the beginning of its id
  ziping show 某局自评表.docx                    by its file's name
  ziping show 3f2a --json"""
)
@click.argument("submission")
@_store_option
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON.")
def show(submission: str, url: str, as_json: bool) -> None:
    """One submission as it stands in the store."""
    store = _existing(url)
    with _failing():
        record = store.load(submission)
    if as_json:
        from pipeline.extract import as_json as encode

        click.echo(encode(record))
    else:
        from pipeline.display import show as display

        display(record, submission, _console())


# ---------------------------------------------------------------- words
@main.command(
    epilog="""\b
Examples:
  ziping unknown                                 what nobody understood, most frequent first
  ziping unknown --csv new.csv                   the same as rows of the vocabulary; keep the right ones
  ziping vocabulary test new.csv                 what they would change in the store
  ziping vocabulary add new.csv"""
)
@_store_option
@click.option(
    "--csv", "target", type=_PATH, metavar="FILE", help="Write vocabulary rows to FILE, `-` for the screen."
)
def unknown(url: str, target: Path | None) -> None:
    """Headings nobody knows, and what each may mean."""
    store = _existing(url)
    from pipeline import words

    with _failing():
        proposals = words.unknown(store)
    if target is None:
        from pipeline.display import list_unknown

        list_unknown(proposals, _console())
    elif str(target) == "-":
        click.echo(words.as_csv(proposals), nl=False)
    else:
        _write(target, words.as_csv(proposals))
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
@_store_option
@click.option("--year", type=int, help="Only layouts that were never seen before this fiscal year.")
def layouts(url: str, year: int | None) -> None:
    """Forms grouped by their headings, and what is new."""
    store = _existing(url)
    from pipeline import layouts as grouped
    from pipeline.display import list_layouts

    with _failing():
        found = grouped.layouts(store.layouts())
    list_layouts([layout for layout in found if year is None or layout.first == year], _console())


@main.group()
def vocabulary() -> None:
    """Check, test and add vocabulary rows."""


@vocabulary.command()
@click.argument("file", required=False, type=_PATH)
def check(file: Path | None) -> None:
    """Say whether the vocabulary, with the rows of FILE, contradicts itself."""
    from normalizers.vocabulary import vocabulary as bound
    from pipeline import words

    with _failing():
        if file is None:
            bound()
        else:
            words.extended(file)
    click.echo("词表没有矛盾。")


@vocabulary.command()
@click.argument("file", type=_PATH)
@_store_option
def test(file: Path, url: str) -> None:
    """Show what the rows of FILE would change in the store; nothing is written."""
    _show_effect(file, _existing(url))


@vocabulary.command()
@click.argument("file", type=_PATH)
@_store_option
def add(file: Path, url: str) -> None:
    """Add the rows of FILE to the vocabulary, and show what they change in the store, where there is one."""
    from pipeline import words

    if ("://" in url and not url.startswith("sqlite:///")) or Path(url.removeprefix("sqlite:///")).is_file():
        _show_effect(file, _open(url))
    with _failing():
        added = words.add(file)
    click.echo(f"词表增加{added}条。")


def _show_effect(file: Path, store: Store) -> None:
    from pipeline import words
    from pipeline.display import list_changes

    with _failing():
        changes, gone = words.effect(store, file)
    list_changes(changes, gone, _console())


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

    with _failing():
        list_scores(list(pairs(predicted, gold)), errors, _console())


# ---------------------------------------------------------------- shared
def _console(stderr: bool = False) -> Console:
    from rich.console import Console

    stream: dict[str, Any] = {"stderr": stderr}
    if not (sys.stderr if stderr else sys.stdout).isatty():
        stream["width"] = 160
    return Console(**stream)


def _fail(message: str) -> None:
    click.echo(f"ziping: {message}", err=True)
    sys.exit(REFUSED)


def _open(url: str) -> Store:
    from pipeline.store import Store

    with _failing():
        return Store(url)


def _existing(url: str) -> Store:
    """The store at a URL; a SQLite file that is not there is not made by looking at it."""
    file = url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else url
    if ("://" not in url or file != url) and not Path(file).is_file():
        _fail(f"{file}: 没有这个数据库; 请先运行 ziping ingest，或用--store指明")
    return _open(url)


class _failing:
    """Ends the command with one line where ziping's own error comes up."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        from schema.errors import ZipingError

        if isinstance(error, ZipingError):
            _fail(str(error))


if __name__ == "__main__":
    main()
