"""Work that goes wrong on purpose, by the name of its file: for the tests of executors and the soak."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.batch.executors import Executor, Limits, processes

CRASH, HANG, GREEDY = "crash", "hang", "greedy"


def misbehave(work: Callable[[Any], Any], item: Any) -> Any:
    """Crashes, hangs or asks for 3 GB where the item's name says so; else works."""
    name = str(getattr(item, "path", item))
    if CRASH in name:
        os._exit(1)
    if HANG in name:
        time.sleep(600)
    if GREEDY in name:
        return len(bytearray(3 << 30))
    return work(item)


def hostile(within: Executor = processes) -> Executor:
    """An executor whose work misbehaves."""

    def run(work: Any, items: Any, limits: Limits, lost: Any) -> Any:
        return within(partial(misbehave, work), items, limits, lost)

    return run


def double(item: str) -> str:
    return item * 2


def flagged(item: str, trouble: str, remedy: str) -> str:
    return f"{item}: {trouble}"


MISTAKEN = ("reading", "rows", "packing", "storing")


def _stumble(work: Callable[[Any], Any], item: Any) -> Any:
    """Works with an error of ours in one of its parts, by the name of the file."""
    from unittest.mock import patch

    from pipeline.batch import run
    from pipeline.store import saving, versions

    name = Path(str(item.path)).stem
    places = {
        "reading": (run, "extract"), "rows": (saving, "rows"), "packing": (versions, "document_row"), "storing": (saving, "put"),
    }  # fmt: skip
    if name not in places:
        return work(item)
    with patch.object(*places[name], side_effect=KeyError("nobody foresaw this")):
        return work(item)


def mistaken(within: Executor) -> Executor:
    """An executor whose work has errors of ours in it."""

    def run(work: Any, items: Any, limits: Limits, lost: Any) -> Any:
        return within(partial(_stumble, work), items, limits, lost)

    return run
