"""Imported once by the fork server of a batch: what every worker needs, and the settings of garbage collector and malloc that all inherit."""

import ctypes
import gc
from contextlib import suppress

import docx  # noqa: F401
import lxml.html  # noqa: F401
import openpyxl  # noqa: F401
import pypdfium2  # noqa: F401
import sqlalchemy.dialects.sqlite.pysqlite  # noqa: F401

from pipeline.ruleset import current
from schema.packs.pack import shipped

# Bytes that a file has freed and the next one takes: given back to the system, they cost a fault for every page.
_FREED = 4 << 20
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)

current()  # the vocabulary, bound
shipped()  # the rule packs

gc.collect()
gc.freeze()  # what is there by now stays, and is looked through no more
# Often enough that what a file leaves behind does not tear up the heap: 25 MB a process.
gc.set_threshold(5_000, 5, 2)
with suppress(AttributeError):  # a C library without mallopt
    _libc = ctypes.CDLL(None)
    _libc.mallopt(_M_TRIM_THRESHOLD, _FREED)
    _libc.mallopt(_M_MMAP_THRESHOLD, _FREED)
