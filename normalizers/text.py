"""Cleans what a cell or paragraph says: width, radicals, layout blanks and breaks (RECORDS.md, general rules)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from schema import numbering

# CJK Radicals Supplement characters that PDF fonts yield for whole characters; Unicode gives them no
# compatibility mapping (the Kangxi radicals U+2F00..2FD5 have one, NFKC does those).
_RADICALS = str.maketrans(
    "⺀⺁⺆⺇⺈⺊⺌⺍⺕⺙⺟⺠⺡⺢⺣⺤⺥⺧⺩⺪⺫⺬⺭⺮⺯⺰⺲⺴⺶⺷⺸⺺⺻⺼⻁⻂⻃⻄⻅⻆⻈⻉⻋⻌⻍⻎⻏⻐⻓⻔⻖⻘⻙⻚⻛⻜⻝⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳",
    "冫厂冂几刀卜小小彐攵母民氵氺灬爪爫牛王疋目示礻竹糹纟罒羊羊羊羊聿聿月虎衤西西见角讠贝车辶辶辶阝钅长门阝青韦页风飞食饣饣马骨鬼鱼鸟卤麦黄齐齿龙龟",
)
# The simplified form of a Kangxi radical whose NFKC is the traditional character.
_SIMPLIFIED = str.maketrans("⼾", "户")
# NFKC would turn these into something else than what is written.
_KEEP = frozenset("，。；：？！、（）【】《》〈〉“”‘’「」『』…—～·￥²³㎡")
_CIRCLED = re.compile("[①-⑳㉑-㉟㊱-㊿❶-❿⑴-⒇]")
_FULL_STOP_DIGITS = re.compile(r"(?<=\d)．(?=\d)")

_CJK = r"[\u3001-\u303f\u3400-\u9fff\uf900-\ufaff\uff01-\uff5e①-⑳“”‘’…—]"
_BLANK_AT_CJK = re.compile(rf"(?<={_CJK})[^\S\n]+|[^\S\n]+(?={_CJK})")
_BLANKS = re.compile(r"[^\S\n]+")
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00ad\x00-\x08\x0b-\x1f\x7f]")

# A line break is kept where the words say that a new paragraph begins or the old one ended.
_BEGINS = re.compile(
    r"^(?:[❶-❿]|\d{1,2}\s*[)）](?!\d)|(?:目标|指标|任务|注|说明|附|第)\s*[\d一二三四五六七八九十]*\s*[:：、章条]"
    r"|[一二三四五六七八九十]是|[-•●·■◆])"
)
_ENDED = re.compile(r"[。；;：:！？!?）)]$")

OF_WHICH = re.compile(r"^其\s*中[:：\-—－–]?")  # before the label of a part of the line above
NOTHING = re.compile(r"^(?:[/／\\\-—–－_~～.…·*]+|-{2,}|无数据)$")
_HINT_WHOLE = re.compile(r"^(?:请|说明|简要|简述|概述|填写)[^。；\n]{0,40}[（(][^（()）]*\d+\s*字[^（()）]*[)）]$")
HINT = re.compile(
    r"[（(][^（()）]*(?:\d+\s*字(?:以内|左右|以上)|请(?:填写|简要|说明|对照|注明|勾选)|填写说明|可(?:另)?附页|自行(?:增减|添加))[^（()）]*[)）]"
    r"|^[…\.·]{2,}$"
)


@lru_cache(maxsize=2048)
def width(text: str) -> str:
    """NFKC but for Chinese punctuation and circled numbers; radicals become characters."""
    if text.isascii():
        return text
    text = _FULL_STOP_DIGITS.sub(".", text.translate(_SIMPLIFIED))
    return "".join(
        ch if ch in _KEEP or _CIRCLED.match(ch) else unicodedata.normalize("NFKC", ch) for ch in text
    ).translate(_RADICALS)


@lru_cache(maxsize=2048)
def clean(text: str) -> str:
    """The words of a text: layout blanks and breaks gone, real paragraph breaks kept as `\\n`."""
    lines = []
    for line in _INVISIBLE.sub("", width(text).replace("\r", "\n").replace("\t", " ")).split("\n"):
        line = _BLANKS.sub(" ", _BLANK_AT_CJK.sub("", line)).strip()
        if line:
            lines.append(line)
    if not lines:
        return ""
    out = lines[0]
    for previous, line in pairwise(lines):
        out += _joint(previous, line) + line
    return out


def _joint(before: str, after: str) -> str:
    if numbering.parse(after) or _BEGINS.match(after) or (_ENDED.search(before) and len(before) > 3):
        return "\n"
    return "" if re.match(_CJK, after) or re.search(_CJK + "$", before) else " "


@lru_cache(maxsize=2048)
def squeeze(text: str) -> str:
    """One line without any blank: headings, names, labels."""
    return re.sub(r"\s+", "", clean(text))


def blank(text: str) -> bool:
    """True where a cell says nothing: blanks, a dash, a slash, dots."""
    if not text or text.isspace():
        return True
    words = squeeze(text)
    return not words or NOTHING.match(words) is not None


@lru_cache(maxsize=2048)
def stated_text(text: str) -> str | None:
    """The cleaned text; None where it says nothing or only repeats the template's own hint."""
    if blank(text):
        return None
    cleaned = clean(text)
    if _HINT_WHOLE.match(cleaned):
        return None
    rest = HINT.sub("", cleaned).strip()
    return cleaned if rest and not NOTHING.match(rest) else None


_RUN = re.compile(r"[^\W_]{2,}")


def grams(text: str) -> str:
    """Every two letters or characters that stand together, once each, a blank between: what a text is found by."""
    runs = _RUN.findall(text.lower())
    return " ".join(dict.fromkeys(run[i : i + 2] for run in runs for i in range(len(run) - 1)))
