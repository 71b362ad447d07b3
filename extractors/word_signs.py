"""What Word shows of elements that hold no text of their own: symbols of its fonts, boxes and lists of old forms, ruby, equations."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_VAL = _W + "val"
OFF = ("0", "false", "off", "none")  # values of a property that is not set
TICKED, EMPTY = "☑", "□"
EQUATION, EQUATIONS = _M + "oMath", _M + "oMathPara"
_PARTED = {"f": ("num", "den", "/"), "sSup": ("e", "sup", "^"), "sSub": ("e", "sub", "_")}  # of an equation, by name

# Wingdings and Wingdings 2 as forms use them: ticks and boxes, by the low byte of their code.
_SYMBOLS = {
    0xFE: "☑", 0xA8: "□", 0x6F: "□", 0xA3: "□", 0xFC: "√", 0xFD: "☒", 0x52: "☑", 0x50: "√",
    0x2A: "□", 0x54: "☒", 0x6C: "●", 0x6E: "■", 0xD8: "➢", 0xB2: "◇", 0x75: "◆",
}  # fmt: skip


def symbol(code: int) -> str:
    """The sign of a symbol font's character; its code may stand in the private area (F0FE) or not (FE). Blank where it is none of ours."""
    return _SYMBOLS.get(code & 0xFF, "") if code <= 0xFF or code >> 8 == 0xF0 else ""


def symbol_of(element: etree._Element) -> str:
    """The sign of a `w:sym`."""
    try:
        return symbol(int(element.get(_W + "char") or "", 16))
    except ValueError:
        return ""


def field(element: etree._Element) -> str:
    """What the field of an old form shows where a `w:fldChar` begins it: its box, ticked or not, or the chosen entry of its list."""
    box = element.find(f"{_W}ffData/{_W}checkBox")
    if box is not None:
        state = next((s for s in (box.find(_W + "checked"), box.find(_W + "default")) if s is not None), None)
        return TICKED if state is not None and state.get(_VAL) not in OFF else EMPTY
    choice = element.find(f"{_W}ffData/{_W}ddList")
    if choice is None:
        return ""
    entries = [entry.get(_VAL) or "" for entry in choice.iterfind(_W + "listEntry")]
    chosen = next((s for s in (choice.find(_W + "result"), choice.find(_W + "default")) if s is not None), None)
    at = (chosen.get(_VAL) or "0") if chosen is not None else "0"
    return entries[int(at)] if at.isdigit() and int(at) < len(entries) else ""


def equation(element: etree._Element) -> Iterator[str]:
    """The text of an equation on one line: `实际支出/预算数`."""
    for child in element:
        name = etree.QName(child).localname if isinstance(child.tag, str) else ""
        if child.tag == _M + "t":
            yield child.text or ""
        elif name in _PARTED and child.tag == _M + name:
            one, other, sign = _PARTED[name]
            first, second = "".join(_of(child, one)), "".join(_of(child, other))
            yield f"{_whole(first)}/{_whole(second)}" if sign == "/" else f"{first}{sign}{second}"
        else:
            yield from equation(child)


def _of(element: etree._Element, name: str) -> Iterator[str]:
    found = element.find(_M + name)
    return equation(found) if found is not None else iter(())


def _whole(text: str) -> str:
    """A part of a fraction, in brackets where it is itself a sum."""
    return f"({text})" if any(sign in text for sign in "+-＋－−") else text
