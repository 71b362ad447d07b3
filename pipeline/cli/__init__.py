"""The command `ziping`: words in, words out. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pipeline.cli import across, analysts, files, language, learning, packs, review, store, versions
from pipeline.cli.common import Group
from schema.extras import DISTRIBUTION

language.bind()
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
@click.option(
    "--lang", type=click.Choice(language.LANGUAGES), expose_value=False, is_eager=True, callback=language.choose,
    help="The language of help and of usage errors [default: by LANG].",
)  # fmt: skip
@click.option(
    "--words", type=click.Path(path_type=Path), envvar="ZIPING_WORDS",
    help="Folder of the team's own words and layouts, above those that ship. [env: ZIPING_WORDS]",
)  # fmt: skip
@click.version_option(package_name=DISTRIBUTION, message="ziping %(version)s")
def main(words: Path | None) -> None:
    """Reads performance self-evaluation reports (绩效自评报告) into audited rows.

    A folder of Word files in, a relational store out; every figure leads back to its cell.
    """
    os.environ["PYTHONSAFEPATH"] = "1"  # for the processes begun here: no file of the folder one stands in is code
    if words is not None:
        os.environ["ZIPING_WORDS"] = str(words.expanduser().absolute())


for command in (
    *(files.extract, files.ingest, store.status, store.show),
    *(learning.unknown, learning.layouts, learning.vocabulary, learning.score),
    *(analysts.query, analysts.search, analysts.export, analysts.report, analysts.serve),
    *(versions.rerun, versions.history, versions.diff, versions.correct, versions.units, versions.reader),
    *(packs.packs, across.compare, review.review, review.roster, review.originals),
):
    main.add_command(command)
