"""The name under which ziping is installed, and what a person runs where an extra is not: the command that works from where they are.

The name `ziping` on the public index is somebody else's package, so that neither is called so.
"""

from __future__ import annotations

import re
import shlex
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, requires

DISTRIBUTION = "ziping-reports"


@cache
def remedy(extra: str) -> str:
    """A remedy: the command that installs what an extra of pyproject.toml stands for beside this very ziping."""
    try:
        listed = requires(DISTRIBUTION) or ()
    except PackageNotFoundError:
        listed = ()
    of_extra = re.compile(rf"extra == ['\"]{re.escape(extra)}['\"]")
    wanted = [line.partition(";")[0].strip() for line in listed if of_extra.search(line)]
    return f"请运行 {shlex.join([sys.executable, '-m', 'pip', 'install', *wanted])}"
