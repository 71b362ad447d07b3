"""Loaded first by the server from which the processes of a batch are forked: it ends with the process that began it."""

from pipeline.executors import die_with_parent

die_with_parent()
