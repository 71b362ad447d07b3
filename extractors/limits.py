"""What no reader goes beyond: a file that holds more is refused by name, never read in part."""

from __future__ import annotations

TOO_DEEP = "文件嵌套过深"


class Exceeded(Exception):
    """A file holds more of something than is read. The message says of what, in Chinese."""
