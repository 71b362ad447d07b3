"""Reads the narrative: numbered headings, the text below them, headings run in with their text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from normalizers.ledger import Ledger
from normalizers.text import clean, squeeze
from normalizers.vocabulary import Vocabulary
from schema import numbering
from schema.document import Paragraph
from schema.records import Section

_ENDS = re.compile("[。；;！？!?，,、]$")
_RUN_IN = re.compile(r"^([^。；;：:，,！？!?]{2,16})[。：:](.+)$", re.DOTALL)
_SHORT = re.compile(r"[^，,；;。：:！!？?\d]{2,30}")
_BRACKETS = re.compile("[（(][^（()）]*[)）]")
_LONGEST = {1: 80, 2: 80}  # by level, without what stands in brackets
_USUAL = 45


@dataclass(frozen=True, slots=True)
class Heading:
    """A numbered heading: its level by the style of its number, the number as written, its words, and
    the text that runs in behind it."""

    level: int
    number: str
    words: str
    text: str | None


def heading(line: str, following: str | None = None) -> Heading | None:
    """A line as a heading; None where it is text. A numbered sentence that ends in 。 or ； is text, but for a short one in which
    nothing is parted or counted and that a text or a deeper number follows (`（一）资金投入情况分析。`). following: the paragraph
    below it, None where there is none."""
    numbered = numbering.parse(clean(line))
    if numbered is None or not numbered.rest:
        return None
    level, number, rest, _ = numbered
    if rest.endswith("。") and _SHORT.fullmatch(rest[:-1]) and _goes_deeper(level, following):
        return Heading(level, number, rest[:-1], None)
    run_in = _RUN_IN.match(rest)
    if (
        not _ENDS.search(rest)
        and len(_BRACKETS.sub("", rest)) <= _LONGEST.get(level, _USUAL)
        and not (run_in and level > 2)
    ):
        parted = "，" in rest and not _is_sentence(following)  # 3.内容是否相符，目标是否合理, over a text
        if level >= 3 and (len(rest) > 30 or re.search("[；。]", rest) or parted):
            return None
        if run_in and len(run_in[2]) > 12:
            return Heading(level, number, run_in[1], run_in[2])
        return Heading(level, number, rest.rstrip(":："), None)
    if run_in and len(run_in[2]) >= 4:
        return Heading(level, number, run_in[1], run_in[2])
    return None


def _is_sentence(following: str | None) -> bool:
    text = clean(following) if following is not None else ""
    return text.endswith("。") and numbering.parse(text) is None


def _goes_deeper(level: int, following: str | None) -> bool:
    """Is the paragraph below a heading its text, or a heading of its own parts?"""
    if following is None:
        return False
    below = numbering.parse(clean(following))
    return below is None or below.level > level


@dataclass(slots=True)
class Narrative:
    """The sections read so far; `open` while paragraphs still belong to the last one."""

    ledger: Ledger
    vocabulary: Vocabulary
    sections: list[Section] = field(default_factory=list)
    closing: list[Paragraph] = field(default_factory=list)  # signatures and dates, which are no text
    open: bool = False
    _head: Heading | None = None
    _lines: list[str] = field(default_factory=list)
    _held: list[Paragraph] = field(default_factory=list)  # lines that close the report, if no text follows

    def begin(self, found: Heading, source: Paragraph) -> None:
        self._take_held()  # another heading follows: what looked like the end was text
        self.close()
        path = f"sections[{len(self.sections)}]"
        self._head, self.open = found, True
        self.ledger.use(source, path, "heading")
        if found.text:
            self._lines.append(found.text)
            self.ledger.use(source, path, "text")

    def add(self, source: Paragraph, closing: bool) -> None:
        """A line of the open section; held back where it looks like what closes a report."""
        if closing:
            self._held.append(source)
            return
        self._held.append(source)
        self._take_held()

    def _take_held(self) -> None:
        for line in self._held:
            self._lines.append(clean(line.text))
            self.ledger.use(line, f"sections[{len(self.sections)}]", "text")
        self._held = []

    def close(self) -> None:
        if self._head is not None:
            self.sections.append(
                Section(
                    no=len(self.sections) + 1,
                    kind=self.vocabulary.narrative(squeeze(self._head.words)),
                    level=self._head.level,
                    number=self._head.number,
                    heading=self._head.words,
                    text="\n".join(self._lines) or None,
                )
            )
        self.closing += self._held
        self._head, self.open = None, False
        self._lines, self._held = [], []
