"""What nobody foresaw: told in one line, with a reference to the log that holds the rest."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import sys
import traceback
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from schema.errors import Failed, FileRefused
from schema.extras import DISTRIBUTION
from schema.visible import masked, visible

LOG = "ZIPING_LOG"  # the environment variable that names another log
_NO_MEMORY = re.compile("bad_alloc|[Ii]nsufficient memory|OutOfMemory")  # as libraries in C++ say it
_LARGEST = 16 << 20  # bytes after which a log is begun anew, the last one beside it


def log() -> Path:
    """The file that faults are written to: ZIPING_LOG, else one in the user's folder of states (XDG)."""
    if named := os.environ.get(LOG):
        return Path(named)
    if sys.platform == "win32":
        state = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return state / "ziping" / "faults.log"


def refusal(path: Path, error: Exception) -> FileRefused:
    """The refusal of a file that could not be read because of an error nobody foresaw."""
    if isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)):
        return FileRefused(path, "内存不足", "请拆分文件后重试，或用--memory放宽")
    if isinstance(error, RecursionError):
        return FileRefused(path, "文件嵌套过深", "请用Word打开后另存")
    return Failed(path, f"ziping内部出错（{type(error).__name__}）", remedy(error, path))


def remedy(error: BaseException, subject: object) -> str:
    """What a person can do about an error of ours: send the log's entry of it, which is written now."""
    reference, written = note(error, subject)
    if written is None:
        return f"请把文件发给ziping的维护者（日志{log()}无法写入）"
    return f"请把文件和日志{written}中的记录{reference}发给ziping的维护者"


def note(error: BaseException, subject: object) -> tuple[str, Path | None]:
    """Writes a traceback, without secrets; its reference, and the log, None where it cannot be written."""
    told = masked("".join(traceback.format_exception(error)))
    reference = hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:8]
    head = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {reference} ziping {version(DISTRIBUTION)} {socket.gethostname()} {os.getpid()}"
    entry = f"{head} {visible(masked(str(subject)))}\n{told}\n"
    path = log()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and path.stat().st_size > _LARGEST:
            path.replace(path.with_suffix(".old.log"))
        with path.open("a", encoding="utf-8", errors="backslashreplace") as out:
            out.write(entry)
    except (OSError, RuntimeError):
        return reference, None
    return reference, path
