"""Processes of this machine: which of them lives, and the folder in which one and its helpers work."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import socket
import tempfile
from functools import cache
from pathlib import Path

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


def workplace() -> Path:
    """The folder for temporary files of this process and those it begins. It is removed at the end; what a process left that was
    killed is removed by the next."""
    return _workplace(os.getpid())


@cache
def _workplace(pid: int) -> Path:
    above = Path(tempfile.gettempdir())
    for left in above.glob("ziping-*"):
        found = _FOLDER.fullmatch(left.name)
        if found and found[2].isdigit() and begun(int(found[1])) != found[2]:
            shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"ziping-{pid}-{begun(pid)}-"))
    atexit.register(_remove, made, pid)
    return made


def _remove(folder: Path, pid: int) -> None:
    if os.getpid() == pid:  # a forked process is not the one that made it
        shutil.rmtree(folder, ignore_errors=True)
