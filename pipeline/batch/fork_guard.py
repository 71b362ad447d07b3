"""Loaded first by the server from which the processes of a batch are forked: it ends with the process that began it, and what goes
wrong while one is begun, as where the run is stopped at that moment, is written into the log. Light, so that this is so at once."""

import ctypes
import os
import signal
import sys

BEGUN_BY = "ZIPING_BEGUN_BY"  # the environment variable that names the process that began it
DIES_WITH_PARENT = 1  # prctl(PR_SET_PDEATHSIG): where the thread is gone that began it


def noted(_: object, error: BaseException, __: object) -> None:
    from pipeline import faults

    faults.note(error, "forkserver")


if sys.platform == "linux" and BEGUN_BY in os.environ:
    ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != int(os.environ.pop(BEGUN_BY)):
        os._exit(1)
    sys.excepthook = noted
