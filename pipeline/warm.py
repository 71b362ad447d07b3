"""Loaded once by the server from which the processes of a batch are forked, so that none of them begins cold."""

import docx  # noqa: F401
import lxml.html  # noqa: F401
import openpyxl  # noqa: F401
import pypdfium2  # noqa: F401
import sqlalchemy.dialects.sqlite.pysqlite  # noqa: F401

import pipeline.rerun  # noqa: F401
from pipeline.freshness import current

current()  # the vocabulary, bound
