"""A batch: finds the files, reads each, saves what was read, and counts what happened to every one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import extractors
from pipeline.extract import Extraction, extract
from pipeline.store import Store
from schema.errors import FileRefused, ZipingError

_NO_FILES = ("~$", ".", "Thumbs.db", "desktop.ini")


@dataclass(slots=True)
class Summary:
    """What a batch did. refused: (path, reason); partly: (path, cells not understood)."""

    files: int = 0
    read: int = 0
    known: int = 0
    forms: int = 0
    indicators: int = 0
    sections: int = 0
    findings: int = 0
    cells: int = 0
    unexplained: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    partly: list[tuple[str, int]] = field(default_factory=list)

    def add(self, path: Path, extraction: Extraction) -> None:
        submission, evidence = extraction.submission, extraction.evidence
        self.read += 1
        self.forms += len(submission.forms)
        self.indicators += sum(len(form.indicators) for form in submission.forms)
        self.sections += len(submission.sections)
        self.findings += len(submission.findings)
        self.cells += evidence.cells
        self.unexplained += len(evidence.leftovers)
        if evidence.leftovers:
            self.partly.append((str(path), len(evidence.leftovers)))


def find(paths: list[Path]) -> Iterator[Path | FileRefused]:
    """The files to read: each path that is a file, and every file below a folder, in order of name.

    A missing path and a folder without any file come as the refusal that says so.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = False
        for folder, names, files in os.walk(path):
            names[:] = sorted(name for name in names if not name.startswith("."))
            for name in sorted(files):
                if not name.startswith(_NO_FILES):
                    found = True
                    yield Path(folder, name)
        if not found:
            yield FileRefused(path, "文件夹里没有可读的文件", "请核对路径，或先把文件解压到这里")


def attempt(path: Path) -> Extraction | ZipingError:
    """Reads one file and never raises: the one place that guards a batch against what nobody foresaw."""
    try:
        return extract(path)
    except ZipingError as error:
        return error
    except MemoryError:
        return FileRefused(path, "内存不足", "请拆分文件后重试")
    except RecursionError:
        return FileRefused(path, "文件嵌套过深", "请用Word打开后另存")
    except Exception as error:  # noqa: BLE001 - a batch never dies on one file
        return FileRefused(
            path, f"读取时出错（{type(error).__name__}: {error}）", "请把文件发给ziping的维护者"
        )


def ingest(paths: list[Path], store: Store, seen: Callable[[Path, str], None]) -> Summary:
    """Reads files into the store; `seen` is called with each path and its outcome. Raises StoreError."""
    summary = Summary()
    for path in find(paths):
        if isinstance(path, FileRefused):
            summary.refused.append((path.subject, path.reason))
            continue
        summary.files += 1
        seen(path, _one(path, store, summary))
    return summary


def _one(path: Path, store: Store, summary: Summary) -> str:
    try:
        sha256 = extractors.digest(path)
    except FileRefused as error:
        summary.refused.append((str(path), error.reason))
        return "refused"
    if store.known(sha256):
        store.deliver(path, sha256)
        summary.known += 1
        return "known"
    result = attempt(path)
    if isinstance(result, Extraction):
        if not store.save(path, result):
            summary.known += 1
            return "known"
        summary.add(path, result)
        return "read"
    summary.refused.append((str(path), result.reason))
    store.refuse(path, sha256, result.reason)
    return "refused"
