"""What every command shares: the store it is given, how it fails, where it prints."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import language
from pipeline.screen import say
from schema.errors import ZipingError
from schema.visible import safe_line

if TYPE_CHECKING:
    from pipeline.store.connection import Store

READ, REFUSED, USAGE, STOPPED = 0, 1, 2, 130
HERE = ("127.0.0.1", "localhost", "::1")  # hosts at which this machine alone is served
PATH = click.Path(path_type=Path)

store_option = click.option(
    "--store", "url", metavar="URL", envvar="ZIPING_STORE", default="sqlite:///ziping.db", show_default=True,
    help="Any SQLAlchemy URL, or the path of a SQLite file. [env: ZIPING_STORE]",
)  # fmt: skip

changes_option = click.option("--csv", "target", type=PATH, metavar="FILE", help="Write every changed value to FILE.")


def fail(message: str) -> None:
    say(f"ziping: {message}")
    sys.exit(REFUSED)


def stopped(note: str = "") -> None:
    """Ends the command after Ctrl-C."""
    click.echo(f"ziping: 已停止{note}", err=True)
    sys.exit(STOPPED)


def opened(url: str) -> Store:
    from pipeline.store.opening import open_store

    return open_store(url)


def is_there(url: str) -> bool:
    """Is there a store at a URL? Of a server only opening tells."""
    file = url.removeprefix("sqlite:///")
    return "://" in file or Path(file).is_file()


def existing(url: str) -> Store:
    """The store at a URL; a SQLite file that is not there is not made by looking at it."""
    if not is_there(url):
        fail(f"{url.removeprefix('sqlite:///')}: 没有这个数据库; 请先运行 ziping ingest，或用--store指明")
    return opened(url)


def write(path: Path, told: str | bytes) -> None:
    try:
        path.write_bytes(told.encode() if isinstance(told, str) else told)
    except OSError as error:
        fail(f"{path}: 无法写入（{error.strerror}）; 请检查权限和磁盘空间")


def _stop_when_told() -> None:
    """SIGTERM and, where it is heard, SIGHUP end a command as Ctrl-C does."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        signal.signal(hangup, stop)
    sys.unraisablehook = _told_again


SOON = 0.1  # seconds: what Python was doing by itself has ended


def _told_again(lost: sys.UnraisableHookArgs) -> None:
    """A stop that was told while Python called something by itself (a weak reference's callback, `__del__`) ends nothing there: it is
    told again."""
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return
    again = threading.Timer(SOON, _tell)  # where the command has not ended by then
    again.daemon = True
    again.start()


def _tell() -> None:
    """Tells the main thread to stop, whatever it waits for; a command that has ended is left to its clearing up."""
    if sys.unraisablehook is not _told_again:
        return
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGTERM)
    else:
        signal.raise_signal(signal.SIGTERM)


class Group(click.Group):
    """Commands that an error of ziping's own or Ctrl-C ends in one line, and that explain themselves in the language of their user."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        return language.translated(found) if found is not None else None

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        click.Group.format_help(language.translated(self), ctx, formatter)

    def invoke(self, ctx: click.Context) -> Any:
        _stop_when_told()
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            stopped()
        except ZipingError as error:
            fail(str(error))
        except click.ClickException as error:
            error.message = safe_line(error.message)  # type: ignore[misc]
            raise
        except (BrokenPipeError, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:  # noqa: BLE001 - the last one who can say it in one line
            from pipeline import faults

            fail(f"ziping内部出错（{type(error).__name__}）; {faults.remedy(error, 'ziping')}")
        finally:
            sys.unraisablehook = sys.__unraisablehook__
