"""What a bureau says of itself, in `ziping.toml`: who it is, by when and to whom a unit answers, its own template of the sheet."""

from __future__ import annotations

import datetime
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from schema.errors import ZipingError

NAME = "ziping.toml"  # in the folder where a command is run
SETTINGS = "ZIPING_SETTINGS"  # the environment's name for such a file elsewhere
_KEYS = ("bureau", "contact", "deadline", "template")


@dataclass(frozen=True, slots=True)
class Bureau:
    """What stands on every feedback sheet; empty where it is not said. deadline: as it is printed; template: a .docx in the place of the
    sheet that ships."""

    bureau: str = ""
    contact: str = ""
    deadline: str = ""
    template: Path | None = None

    @property
    def asks(self) -> str:
        """What a sheet asks of the unit: by when it answers, and whom."""
        by = f"请于{self.deadline}前答复。" if self.deadline else ""
        return f"{by}联系：{self.contact}" if self.contact else by


def bureau() -> Bureau:
    """The table `[sheet]` of the settings; without a file nothing is said. Raises ZipingError."""
    named = os.environ.get(SETTINGS)
    path = Path(named).expanduser() if named else Path(NAME)
    if not named and not path.is_file():
        return Bureau()
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ZipingError(path, f"无法读取（{error.strerror or error}）", f"请检查{SETTINGS}和权限") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ZipingError(path, f"不是UTF-8的TOML（{error}）", "请更正") from None
    if other := [key for key in told if key != "sheet"]:
        raise ZipingError(path, f"没有“{other[0]}”这一节", "可用：[sheet]")
    said = told.get("sheet", {})
    if not isinstance(said, dict):
        raise ZipingError(path, "“sheet”不是一节", "请写[sheet]")
    for key, value in said.items():
        if key not in _KEYS:
            raise ZipingError(path, f"[sheet]没有“{key}”", f"可用：{'、'.join(_KEYS)}")
        if not isinstance(value, str) and not (key == "deadline" and type(value) is datetime.date):
            raise ZipingError(path, f"[sheet]的“{key}”不是文字", "请加引号" if key != "deadline" else "请写日期或文字")
    template = said.get("template")
    deadline = said.get("deadline", "")
    if isinstance(deadline, datetime.date):
        deadline = f"{deadline.year}年{deadline.month}月{deadline.day}日"
    return Bureau(
        said.get("bureau", ""), said.get("contact", ""), deadline, path.parent / Path(template).expanduser() if template else None
    )  # fmt: skip
