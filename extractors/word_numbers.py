"""Word's automatic list numbers, which the reader sees but the text does not hold."""

from __future__ import annotations

from lxml import etree

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VAL = _W + "val"
_ORDINAL = "零一二三四五六七八九"


Level = tuple[str, str, int]  # format (`chineseCounting`), text (`%1、`), first number


class Counter:
    """Counts numbered paragraphs in reading order and prints their numbers.

    levels: list → level → its definition; shared: list → the list whose counter it continues.
    """

    def __init__(self, levels: dict[str, dict[int, Level]], shared: dict[str, str]) -> None:
        self._levels = levels
        self._shared = shared
        self._counts: dict[str, dict[int, int]] = {}

    def next(self, number: str | None, level: int) -> str:
        """The number of the next paragraph of a list as Word prints it (`一、`), or an empty text."""
        if number is None or number == "0" or number not in self._levels:
            return ""
        counts = self._counts.setdefault(self._shared.get(number, number), {})
        counts[level] = counts.get(level, self._level(number, level)[2] - 1) + 1
        for deeper in [k for k in counts if k > level]:
            del counts[deeper]
        kind, text, _ = self._level(number, level)
        if kind in ("bullet", "none"):
            return ""
        for index in range(level + 1):
            value = counts.get(index, self._level(number, index)[2])
            text = text.replace(f"%{index + 1}", ordinal(value, self._level(number, index)[0]))
        return text

    def _level(self, number: str, level: int) -> Level:
        return self._levels[number].get(level, ("none", "", 1))


class Numbers:
    """The lists of one .docx: which list a paragraph belongs to, directly or by its style."""

    def __init__(self, numbering: etree._Element | None, styles: etree._Element | None) -> None:
        self._levels: dict[str, dict[int, Level]] = {}
        self._shared: dict[str, str] = {}
        self._styles: dict[str, tuple[str | None, int | None, str | None]] = {}
        self._counter = Counter(self._levels, self._shared)
        if numbering is not None:
            self._bind(numbering)
        if styles is not None:
            self._bind_styles(styles)

    def of(self, paragraph: etree._Element) -> str:
        """The number as Word prints it before this paragraph (`一、`), or an empty text."""
        number, level = self._list_of(paragraph.find(_W + "pPr"))
        return self._counter.next(number, level or 0)

    def _list_of(self, properties: etree._Element | None) -> tuple[str | None, int | None]:
        if properties is None:
            return None, None
        number, level = _list_reference(properties)
        style = properties.find(_W + "pStyle")
        name = style.get(_VAL) if style is not None else None
        seen: set[str] = set()
        while number is None and name and name not in seen:
            seen.add(name)
            number, styled, name = self._styles.get(name, (None, None, None))
            level = styled if level is None else level
        return number, level

    def _bind(self, numbering: etree._Element) -> None:
        abstract: dict[str, dict[int, Level]] = {}
        for element in numbering.iterfind(_W + "abstractNum"):
            abstract[element.get(_W + "abstractNumId") or ""] = {
                int(level.get(_W + "ilvl") or 0): _definition(level) for level in element.iterfind(_W + "lvl")
            }
        for element in numbering.iterfind(_W + "num"):
            name = element.get(_W + "numId") or ""
            reference = element.find(_W + "abstractNumId")
            base = (reference.get(_VAL) or "") if reference is not None else ""
            levels = dict(abstract.get(base, {}))
            own = False
            for override in element.iterfind(_W + "lvlOverride"):
                index = int(override.get(_W + "ilvl") or 0)
                level, start = override.find(_W + "lvl"), override.find(_W + "startOverride")
                if level is not None:
                    levels[index] = _definition(level)
                if start is not None:
                    kind, text, _ = levels.get(index, ("decimal", f"%{index + 1}.", 1))
                    levels[index] = (kind, text, _integer(start.get(_VAL), 1))
                    own = True
            self._levels[name] = levels
            self._shared[name] = f"num {name}" if own else f"abstract {base}"

    def _bind_styles(self, styles: etree._Element) -> None:
        for style in styles.iterfind(_W + "style"):
            properties = style.find(_W + "pPr")
            number, level = _list_reference(properties) if properties is not None else (None, None)
            based = style.find(_W + "basedOn")
            self._styles[style.get(_W + "styleId") or ""] = (
                number,
                level,
                based.get(_VAL) if based is not None else None,
            )


def _list_reference(properties: etree._Element) -> tuple[str | None, int | None]:
    found = properties.find(_W + "numPr")
    if found is None:
        return None, None
    number, level = found.find(_W + "numId"), found.find(_W + "ilvl")
    return (
        number.get(_VAL) if number is not None else None,
        _integer(level.get(_VAL), 0) if level is not None else None,
    )


def _definition(level: etree._Element) -> Level:
    def value(name: str, default: str) -> str:
        element = level.find(_W + name)
        return (element.get(_VAL) or default) if element is not None else default

    return value("numFmt", "decimal"), value("lvlText", ""), _integer(value("start", "1"), 1)


def _integer(text: str | None, default: int) -> int:
    return int(text) if text and text.lstrip("-").isdigit() else default


def ordinal(value: int, kind: str) -> str:
    """A list number in one of Word's formats."""
    if kind in (
        "chineseCounting",
        "chineseCountingThousand",
        "japaneseCounting",
        "taiwaneseCountingThousand",
        "ideographDigital",
        "ideographTraditional",
        "chineseLegalSimplified",
    ):
        return chinese(value)
    if kind in ("upperLetter", "lowerLetter"):
        letter = chr(ord("A") + (value - 1) % 26) * ((value - 1) // 26 + 1)
        return letter if kind == "upperLetter" else letter.lower()
    if kind in ("upperRoman", "lowerRoman"):
        return _roman(value) if kind == "upperRoman" else _roman(value).lower()
    if kind.startswith("decimalEnclosedCircle") and 1 <= value <= 20:
        return chr(ord("①") + value - 1)
    if kind == "decimalEnclosedParen" and 1 <= value <= 20:
        return chr(ord("⑴") + value - 1)
    if kind == "decimalZero":
        return f"{value:02d}"
    return str(value)


def chinese(value: int) -> str:
    """`一`, `十二`, `二十`, `一百零三`: a list number below 1,000 in Chinese numerals."""
    if not 0 < value < 1000:
        return str(value)
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    out = _ORDINAL[hundreds] + "百" if hundreds else ""
    if tens:
        out += ("" if tens == 1 and not hundreds else _ORDINAL[tens]) + "十"
    elif hundreds and ones:
        out += "零"
    return out + (_ORDINAL[ones] if ones else "")


def _roman(value: int) -> str:
    out = ""
    for number, letters in (
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ):
        while value >= number:
            out, value = out + letters, value - number
    return out
