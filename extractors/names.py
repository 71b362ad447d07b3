"""Names of files: paths and URLs as text that any store takes, and back to the very bytes; as people read them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from extractors.remote import Remote
from schema.visible import masked

_BYTE = re.compile("[\udc80-\udcff]")
_HALF = re.compile("[\ud800-\udfff]")
_WRITTEN = re.compile("<([0-9A-F]{2}|D[89A-F][0-9A-F]{2})>")


def place(text: str) -> Path:
    """A path as `kept` writes it, or a URL as one."""
    if "://" in text:
        return Remote(text)
    return Path(_WRITTEN.sub(lambda m: chr(int(m[1], 16) + (0xDC00 if len(m[1]) == 2 and m[1] >= "80" else 0)), text))


def kept(path: Path) -> str:
    """A path as text for a store, a journal or another process. A name that is not UTF-8 keeps its bytes (`<B2><E2>.docx`), a URL
    loses its password."""
    text = masked(str(path)) if isinstance(path, Remote) else _WRITTEN.sub(r"<3C>\1>", str(path))
    return _HALF.sub(lambda m: f"<{ord(m[0]) - 0xDC00:02X}>" if _BYTE.match(m[0]) else f"<{ord(m[0]):04X}>", text)


def title(path: Path) -> str:
    """A file's own name for people: what an old Windows wrote is GBK."""
    if not _HALF.search(path.name):
        return path.name
    try:
        name = os.fsencode(path.name).decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return kept(Path(path.name))
    return name if name.isprintable() else kept(Path(path.name))
