"""What a person sees: lines on a terminal, safe whatever a file holds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from schema.visible import safe_line

if TYPE_CHECKING:
    from rich.console import Console


def console(stderr: bool = False) -> Console:
    from rich.console import Console

    stream: dict[str, Any] = {"stderr": stderr, "emoji": False}  # `1:100:1` is a ratio
    if not (sys.stderr if stderr else sys.stdout).isatty():
        stream["width"] = 160
    return Console(**stream)


def markup_safe(value: object) -> str:
    """What a file or a person wrote, for a console: text and never markup, on one line, nothing in it obeyed, no secrets."""
    from rich.markup import escape

    return escape(safe_line(str(value)))


def say(message: str) -> None:
    """A line for whoever runs the command, besides its output."""
    click.echo(safe_line(message), err=True)
