"""Loaded first by the server from which the processes of a batch are forked: it ends with the process that began it, and what goes
wrong while one is begun, as where the run is stopped at that moment, is written into the log."""

import sys

from pipeline import faults
from pipeline.executors import die_with_parent

die_with_parent()
sys.excepthook = lambda _, error, __: faults.note(error, "forkserver")
