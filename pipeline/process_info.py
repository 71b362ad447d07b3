"""Processes of this machine: which of them lives, what begins them, and the folder in which one and its helpers work."""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar, cast

T = TypeVar("T")

_LONGEST = 40  # bytes of a folder's path in which a socket (107 at most) has room in a folder of a folder
_FOLDER = re.compile(r"ziping-(\d+)-([\d?-]+)-.+")


def begun(pid: int) -> str:
    """When a process began, as the system counts; `-` where there is none, `?` where the system does not say."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return "?" if not Path("/proc").is_dir() else "-"


def owner() -> str:
    """This process, as no other ever was: machine, number, moment of its begin."""
    return f"{socket.gethostname()} {os.getpid()} {begun(os.getpid())}"


def lives(owner: str) -> bool:
    """Does an owner still run? Of another machine nobody knows."""
    host, pid, then = owner.rsplit(" ", 2)
    return host != socket.gethostname() or (then != "-" and begun(int(pid)) == then)


def lasting(work: Callable[[], T]) -> T:
    """What `work` gives, done in a thread that lasts as long as this process: a process that dies with who began it (PR_SET_PDEATHSIG) dies with the
    thread."""
    done: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def last() -> None:
        try:
            told: tuple[T | None, BaseException | None] = work(), None
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            done.put((None, error))
            return
        done.put(told)
        threading.Event().wait()

    threading.Thread(target=last, daemon=True, name="lasting").start()
    found, error = done.get()
    if error is not None:
        raise error
    return cast(T, found)


def workplace(for_sockets: bool = False) -> Path:
    """The folder for temporary files of this process and those it begins. It is removed at the end; what a process left that was
    killed is removed by the next. for_sockets: one whose name leaves room for theirs."""
    above = Path(tempfile.gettempdir())
    if for_sockets and len(os.fsencode(above)) > _LONGEST:
        above = Path("/tmp")
    return _workplace(os.getpid(), above)


@cache
def _workplace(pid: int, above: Path) -> Path:
    for left in above.glob("ziping-*"):
        found = _FOLDER.fullmatch(left.name)
        if found and found[2].isdigit() and begun(int(found[1])) != found[2]:
            shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"ziping-{pid}-{begun(pid)}-", dir=above))
    # after multiprocessing has removed its own in it (-100); a forked process is not the one that made it
    Finalize(None, shutil.rmtree, [made, True], exitpriority=-200)
    return made
