"""A batch: finds the files, reads each, saves what was read, and counts what happened to every one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import extractors
from extractors import File, bundle
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


def find(paths: list[Path]) -> Iterator[File | FileRefused]:
    """The files to read: each path that is a file, every file below a folder in order of name, every member of
    an archive. A missing path and a folder without any file come as the refusal that says so.
    """
    for path in paths:
        if not path.is_dir():
            yield from _members(path)
            continue
        found = False
        for folder, names, files in os.walk(path):
            names[:] = sorted(name for name in names if not name.startswith("."))
            for name in sorted(files):
                if not name.startswith(_NO_FILES):
                    found = True
                    yield from _members(Path(folder, name))
        if not found:
            yield FileRefused(path, "文件夹里没有可读的文件", "请核对路径，或先把文件解压到这里")


def _members(path: Path) -> Iterator[File | FileRefused]:
    if not bundle.is_bundle(path):
        yield File(path)
        return
    try:
        yield from File(path).members()
    except FileRefused as error:
        yield error


def attempt(file: File) -> Extraction | ZipingError:
    """Reads one file and never raises: the one place that guards a batch against what nobody foresaw."""
    path = file.path
    try:
        return extract(file)
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
    for file in find(paths):
        if isinstance(file, FileRefused):
            summary.refused.append((file.subject, file.reason))
            continue
        summary.files += 1
        seen(file.path, _one(file, store, summary))
    return summary


def _one(file: File, store: Store, summary: Summary) -> str:
    try:
        data = file.data()
    except FileRefused as error:
        summary.refused.append((str(file.path), error.reason))
        return "refused"
    sha256 = extractors.digest(data)
    if store.known(sha256):
        store.deliver(file.path, sha256)
        summary.known += 1
        return "known"
    result = attempt(File(file.path, data))
    if isinstance(result, Extraction):
        if not store.save(file.path, len(data), result):
            summary.known += 1
            return "known"
        summary.add(file.path, result)
        return "read"
    summary.refused.append((str(file.path), result.reason))
    store.refuse(file.path, len(data), sha256, result.reason)
    return "refused"
