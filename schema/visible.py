"""What is shown is what is there: signs that a terminal would obey are made visible, secrets are not shown at all."""

from __future__ import annotations

import re

HIDDEN = "***"
# What moves the cursor, turns the direction of writing, or cannot be printed; U+FEFF and the zero-width signs hide themselves.
_OBEYED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb]"
)
_BYTE = 0xDC00  # U+DC80 to U+DCFF stand for the bytes of a name that is not UTF-8 (PEP 383)
_ACCOUNT = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:/{2,}[^/?#\s:@]*):(?!\d{1,5}/)[^\s，。；、（）“”]*@")
_BARE = re.compile(
    r"(?<![\w/:@.-])([A-Za-z_][A-Za-z0-9_.+-]*):[^\s@/，。；、（）“”'\"]+@(?=[A-Za-z0-9\[])"
)  # without its scheme
_NAMED = re.compile(
    r"((?:\b|_)(?:password|passwd|passphrase|pwd|secret|token|credentials?|signature|sig|(?:access|secret|account|api)_?key)"
    r"\s*[=:]\s*)(?:'[^']*'|\"[^\"]*\"|[^&;,\s)#]+)",
    re.IGNORECASE,
)


_LINES = re.compile(rf"(?![\n\t]){_OBEYED.pattern}")


def visible(text: str) -> str:
    """The text on one line, nothing in it obeyed: a control as its picture (`␊`, `␛`), any other as `<U+202E>`, a byte of a name
    that is not UTF-8 as `<B2>`."""
    return _OBEYED.sub(_picture, text)


def readable(text: str) -> str:
    """The text for a page or a sheet: nothing in it obeyed but line breaks and tabs."""
    return _LINES.sub(_picture, text.replace("\r\n", "\n"))


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return f"<{code - _BYTE:02X}>" if _BYTE + 0x80 <= code <= _BYTE + 0xFF else f"<U+{code:04X}>"


def masked(text: str) -> str:
    """The text without the passwords of its URLs, connection strings and named secrets."""
    if "@" in text:
        text = _BARE.sub(rf"\1:{HIDDEN}@", _ACCOUNT.sub(rf"\1:{HIDDEN}@", text))
    return _NAMED.sub(rf"\1{HIDDEN}", text) if "=" in text or ":" in text else text


def safe_line(text: str) -> str:
    """A line for people: visible, without secrets."""
    return visible(masked(text))
