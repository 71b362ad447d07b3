"""Files that lie elsewhere, by their URL (fsspec): `s3://bucket/2023/某局.docx`, `zip://某局.docx::/data/2023.zip`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import PosixPath
from typing import Any

from schema import extras
from schema.errors import FileRefused

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.]*):/+")
_LOCAL = ("file", "local")


class Remote(PosixPath):
    """A URL that is used as a path: it has a name, a parent, a size and bytes."""

    def __str__(self) -> str:
        return _SCHEME.sub(lambda m: m[1] + (":///" if m[1] in _LOCAL else "://"), super().__str__())

    @property
    def name(self) -> str:
        """The file's own name; of a chain (`zip://a/b.docx::s3://…`) that of its first link."""
        return PosixPath(str(self).partition("::")[0]).name

    def absolute(self) -> Remote:
        return self

    def is_file(self) -> bool:
        return not self.is_dir()

    def is_dir(self) -> bool:
        system, path = self._system()
        return bool(self._asked(system.isdir, path))

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:  # noqa: ARG002
        """Size and time of change; 0 where the other side does not say."""
        system, path = self._system()
        told = self._asked(system.info, path)
        when = told.get("mtime") or told.get("LastModified") or 0
        seconds = when.timestamp() if hasattr(when, "timestamp") else float(when)
        return os.stat_result((0, 0, 0, 0, 0, 0, int(told.get("size") or 0), seconds, seconds, seconds))

    def read_bytes(self) -> bytes:
        system, path = self._system()
        data: bytes = self._asked(system.cat_file, path)
        return data

    def files(self) -> Iterator[Remote]:
        """Every file below, in order of name."""
        system, path = self._system()
        for name in sorted(self._asked(system.find, path)):
            yield Remote(self._url(system, name))

    def _url(self, system: Any, name: str) -> str:
        """The URL of a file below: with the rest of a chain (`zip://…::/data/2023.zip`)."""
        _, chained, rest = str(self).partition("::")
        return f"{system.unstrip_protocol(name)}{chained}{rest}"

    def _system(self) -> tuple[Any, str]:
        return _opened(str(self))

    def _asked(self, ask: Any, path: str) -> Any:
        try:
            return ask(path)
        except FileNotFoundError:
            raise
        except (OSError, ValueError, RuntimeError) as error:
            raise OSError(None, f"{type(error).__name__}: {error}") from None


@cache
def _opened(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs

        system, path = url_to_fs(url)
    except (ImportError, ValueError, OSError) as error:
        raise FileRefused(url, f"地址不可用（{error}）", f"请核对地址；s3：{extras.remedy('s3')}") from None
    return system, path
