"""What was asked of the vocabulary while a document was read, found or not: a changed row concerns only those who asked for it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from normalizers.similarity import Match
from normalizers.text import squeeze
from normalizers.vocabulary import FIELDS, KNOWN, NONE, Label, Vocabulary

# A letter for each block of headings.csv and list of labels.csv, and for the patterns of the other files.
CODES = {
    "head": "h", "funds": "f", "goals": "g", "management": "m", "tasks": "t", "indicators": "i",
    "label": "L", "side": "S", "basics_top": "B", "basics_group": "G", "total_row": "T", "total_weight": "W", "subtotal_row": "U",
    "column_numbers": "C", "management item": "M", "named": "N", "category": "c", "narrative": "n",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]")
_OF_LIST = {"funds": "label", "management": "management item"}  # lists that have the name of a block
PAIR = "\x1f"  # between level 1 and level 2


def of_list(name: str) -> str:
    """The key of `CODES` for a list of labels.csv."""
    return _OF_LIST.get(name, name)


class Lookups(Vocabulary):
    """A vocabulary that notes what it is asked; it answers as the one it stands for."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.inner = vocabulary
        self.forms = vocabulary.forms
        self.roles, self.rows = vocabulary.roles, vocabulary.rows
        self.layouts = vocabulary.layouts
        self.told: Mapping[
            str, Mapping[str, str]
        ] = {}  # by block, what people say words of the table being read mean (confirmed.py)
        self.asked: set[tuple[str, str]] = set()

    def heading(self, text: str, block: str) -> str | None:  # type: ignore[override]  # the one it stands for keeps its answers
        self.asked.add((text, block))
        return self.told.get(block, {}).get(squeeze(text)) or self.inner.heading(text, block)

    def label(self, text: str) -> Label | None:  # type: ignore[override]  # the one it stands for keeps its answers
        self.asked.add((text, "label"))
        code = self.told.get("funds", {}).get(squeeze(text), "block")
        if code == "block" or code in FIELDS["funds"]:  # it says nothing of lines
            return self.inner.label(text)
        return None if code in KNOWN else Label(None if code == NONE else code, None)

    def listed(self, text: str, name: str) -> str | None:  # type: ignore[override]  # the one it stands for keeps its answers
        self.asked.add((text, of_list(name)))
        return self.inner.listed(text, name)

    def category(self, level1: str | None, level2: str | None) -> str | None:
        self.asked.add((f"{level1 or ''}{PAIR}{level2 or ''}", "category"))
        return self.inner.category(level1, level2)

    def belongs(self, level1: str, level2: str) -> bool:
        self.asked.add((f"{level1}{PAIR}{level2}", "category"))
        return self.inner.belongs(level1, level2)

    def narrative(self, heading: str) -> str:
        self.asked.add((heading, "narrative"))
        return self.inner.narrative(heading)

    def similar(self, text: str, block: str) -> Match | None:  # type: ignore[override]  # the one it stands for keeps its answers
        self.asked.add((text, block))
        return self.inner.similar(text, block)

    def likeness(self, text: str, block: str) -> dict[str, Match]:  # type: ignore[override]
        self.asked.add((text, block))
        return self.inner.likeness(text, block)

    def similar_label(self, text: str) -> Match | None:
        self.asked.add((text, "label"))
        return self.inner.similar_label(text)

    def guess(self, text: str, block: str, cells: tuple[str, ...]) -> Match | None:
        self.asked.add((text, block))
        return self.inner.guess(text, block, cells)

    def spellings(self, text: str) -> tuple[str, ...]:  # type: ignore[override]  # the one it stands for keeps its answers
        return self.inner.spellings(text)

    def stripped(self, text: str) -> str:
        return self.inner.stripped(text)

    def noted(self) -> str:
        """Every spelling asked for with the letters of where (`CODES`), a line each, a line break at both ends. What holds no letter
        is no spelling."""
        found: dict[str, set[str]] = {}
        asked: dict[tuple[str, bool], set[str]] = {}  # by text, and whether patterns look at it as it stands
        for text, where in self.asked:
            asked.setdefault((text, where in ("category", "narrative")), set()).add(CODES[where])
        for (text, whole), codes in asked.items():
            for spelling in (text,) if whole else self.inner.spellings(text):
                if _WORD.search(spelling):
                    found.setdefault(spelling.replace("\n", " "), set()).update(codes)
        lines = (f"{spelling}\t{''.join(sorted(codes))}" for spelling, codes in sorted(found.items()))
        return "\n" + "\n".join(lines) + "\n"
