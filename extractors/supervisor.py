"""Runs a command that never outlives whoever asked for it; begun by its path: `python leash.py SECONDS FOLDER COMMAND…`.

Whatever ends the process that began this one (a limit, a kill, a crash), the command and all that it started end within a moment,
and the folder is removed. Both are sessions of their own: a signal to the group of the asker must not end this one first.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress

LATE = 124  # exit code where the command took too long
_EVERY = 0.1  # seconds between two looks
_NOWHERE = subprocess.DEVNULL


def main(seconds: float, folder: str, command: list[str]) -> int:
    """The command's exit code, LATE where it was ended."""
    asker, end = os.getppid(), time.monotonic() + seconds
    process = subprocess.Popen(command, stdin=_NOWHERE, stdout=_NOWHERE, stderr=_NOWHERE, start_new_session=True)
    while process.poll() is None and os.getppid() == asker and time.monotonic() < end:
        time.sleep(_EVERY)
    code = process.poll()
    _end(process)
    if os.getppid() != asker:
        shutil.rmtree(folder, ignore_errors=True)
    return LATE if code is None else code


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the command, and what it started and left behind."""
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2], sys.argv[3:]))
