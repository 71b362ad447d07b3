"""Where a page's end cuts a table: did it cut the row in two, or does another row begin below?

Each thing that is seen at the seam speaks for or against it, as log odds; what speaks together is added up. The weights were learnt by logistic
regression from made forms printed by LibreOffice, Chromium and our own printer on papers of many margins, where the form's .docx says which rows
there are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from extractors.pdf_parts import FIGURE, Part, Whole
from schema import numbering

ALWAYS = 0.9  # share of a column's cells that have a text where no row leaves it blank
SEEN = 3  # cells of a column that say whether rows leave it blank
MOST = 6  # times that say as much as any more: cells of one row are not independent
FULL, LOOSE = (
    0.3,
    1.0,
)  # characters of room, beyond what the next word needs, in a line that was broken and in one that was not
_OPENS, _CLOSES = "（(《“【[", "）)》”】]"
_GOES_ON = re.compile(r"[，。；：、！？）》”】,;:!?)\]]")
_ELLIPSIS = re.compile(r"[….·]+")
_IN_BRACKETS = re.compile(r"[（(][^（()）]*[)）]")
_BEGINS = re.compile(r"(?:目标|指标|任务)\s*\d")

Pairs = Sequence[tuple[Part, Part]]

WEIGHTS: dict[str, float] = {
    "any": -2.2,
    "room": -1.9,  # eight points of it
    "unclosed": 2.0,
    "alone": 3.5,
    "nothing goes on": -20.0,
    "full": 0.2,
    "tight": -1.6,
    "loose": -7.6,
    "short": 1.7,
    "amid": 1.0,
    "begins": -0.5,
    "figure": -1.6,
    "figures": -12.0,
    "only above": 1.9,
    "only above, as never": 2.6,
    "only below": -1.6,
    "only below, as never": -0.9,
    "merged tight": -0.7,
    "merged loose": -0.3,
}


def one_row(whole: Whole, pairs: Pairs, room: float) -> bool:
    """Is the first row of a page the rest of the table's last row? pairs: the cells that end above the seam, each with that below it between
    the same edges; room: points left free below the table"""
    return sum(WEIGHTS.get(name, 0.0) * count for name, count in signs(whole, pairs, room).items()) > 0


def signs(whole: Whole, pairs: Pairs, room: float) -> Counter[str]:
    """What is seen at a seam, and how often."""
    seen: Counter[str] = Counter({"any": 1})
    seen["room"] = min(int(max(room, 0.0) // 8), 6)
    for above, below in pairs:
        merged = above.row_span > 1 or below.row_span > 1
        for name in _of_pair(whole, above, below):
            name = f"merged {name}" if merged else name
            seen[name] = min(seen[name] + 1, 1 if "loose" in name else MOST)
    seen["alone"] = sum(bool(below.text) for _, below in pairs) == 1
    seen["unclosed"] = any(above.hangs and above.row_span == 1 for above, _ in pairs)
    seen["nothing goes on"] = not any(seen[name] for name in ("amid", "full", "tight", "loose"))
    return seen


def _of_pair(whole: Whole, above: Part, below: Part) -> list[str]:
    """What two cells above each other say."""
    cells, texts = whole.filled(above.edges)
    always = cells >= SEEN and texts >= ALWAYS * cells
    if above.text and below.text:
        return _of_texts(above, below)
    if not above.text and not below.text:
        return []
    side = "above" if above.text else "below"
    return [f"only {side}, as never" if always else f"only {side}"]


def broken(above: Part, below: Part) -> str:
    """Was the last line of a cell broken for want of room: would the first word of the other have found some?"""
    spare = above.room - below.first
    return "full" if spare < FULL else "loose" if spare > LOOSE else "tight"


def amid(above: str, below: str) -> bool:
    """Does a text end in the midst of what must go on: within brackets, or before a mark that never begins a line?"""
    opened = sum(above.count(sign) for sign in _OPENS) - sum(above.count(sign) for sign in _CLOSES)
    closed = sum(below.count(sign) for sign in _CLOSES) - sum(below.count(sign) for sign in _OPENS)
    return (opened > 0 and closed > 0) or _GOES_ON.match(below) is not None


def ends(whole: Whole, above: Part, below: Part) -> bool:
    """Is a merged cell's text below the seam the end of that above it? It goes on where brackets are open, where the last line above had no room
    for the next word nor its cell for another line, and where the column's other texts end otherwise than that above."""
    text = below.text.strip()
    if amid(above.text, text) or _IN_BRACKETS.fullmatch(text):
        return True
    if numbering.parse(text) is not None or broken(above, below) != "full" or above.space >= 1:
        return False
    if len(text) == 1:
        return True
    others, alike = whole.ending_so(above)
    return others >= SEEN and not alike and whole.ending_so(below)[1] * 2 >= others


def _of_texts(above: Part, below: Part) -> list[str]:
    first, then = above.text.strip(), below.text.strip()
    if FIGURE.match(first) and FIGURE.match(then):
        return ["figures"]
    if _ELLIPSIS.fullmatch(then):
        return []
    if amid(first, then) or _IN_BRACKETS.fullmatch(then):
        return ["amid"]
    out = [broken(above, below)] if not _IN_BRACKETS.fullmatch(first) else []
    if numbering.parse(then) is not None or _BEGINS.match(then):
        out.append("begins")
    if FIGURE.match(first) or FIGURE.match(then):
        out.append("figure")
    if len(then) <= 2 and "loose" not in out:
        out.append("short")
    return out
