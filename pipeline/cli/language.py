"""Help and usage errors in the language of whoever runs a command: by LANGUAGE, LC_ALL, LANG, or by `--lang`.

English stands in the code, Chinese in `locale/zh/LC_MESSAGES/ziping.po`, which `make locale` compiles. What is said of files is Chinese
in both.
"""

from __future__ import annotations

import copy
import gettext
import inspect
import os
from pathlib import Path
from typing import TypeVar

import click

LANGUAGES = ("zh", "en")
FOLDER = Path(__file__).parent / "locale"
Command = TypeVar("Command", bound=click.Command)


def bind() -> None:
    """Makes gettext, which click asks too, look into our catalogue."""
    gettext.bindtextdomain("ziping", FOLDER)
    gettext.textdomain("ziping")


def choose(_: click.Context, __: click.Parameter, language: str | None) -> None:
    """`--lang`: whatever the environment says."""
    if language is not None:
        os.environ["LANGUAGE"] = language


def translated(command: Command) -> Command:
    """A copy of a command, and of those below it, whose help is in the language of the moment."""
    made = copy.copy(command)
    made._help_option = None  # click keeps it in the language in which it was first asked for
    if made.help is not None:
        made.help = gettext.gettext(inspect.cleandoc(made.help))
        made.short_help = made.help.partition("\n")[0].rstrip("。.")
    made.epilog = gettext.gettext(made.epilog) if made.epilog else made.epilog
    made.params = [copy.copy(param) for param in made.params]
    for param in made.params:
        if isinstance(param, click.Option) and param.help:
            param.help = gettext.gettext(param.help)
    if isinstance(made, click.Group):
        made.commands = {name: translated(below) for name, below in made.commands.items()}
    return made
