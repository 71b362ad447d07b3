"""Tells a form's title, a report's title and a unit's name from other lines."""

from __future__ import annotations

import re

from normalizers.text import clean, squeeze
from normalizers.vocabulary import Vocabulary
from schema import numbering

_YEAR_BRACKET = re.compile(r"[（(]\s*(?:20\d\d|[二〇零○一二三四五六七八九]{4})\s*年?\s*(?:度|年度)?\s*[)）]?")
_LEAD = re.compile(r"^(?:附件|附表|附|表)\s*[\d一二三四五六七八九十\-—－.]*\s*[:：、.．]?\s*")
_TAIL = re.compile(
    r"[（(]\s*(?:表\s*[\d一二三四五六七八九十]+|样表|参考|式样|表样|[一二三四五六七八九十\d]+|续表?)\s*[)）]$|[:：]$"
)
_PROSE = re.compile("[。，；！？]")


def bare_title(text: str) -> str:
    """A title without a year in brackets, numbering or 附件; its words are never changed."""
    title = clean(text).replace("\n", "")
    title = _YEAR_BRACKET.sub("", title).strip()
    before = None
    while before != title:
        before = title
        title = _TAIL.sub("", numbering.without(_LEAD.sub("", title))).strip()
    return title


def is_title(text: str, vocabulary: Vocabulary) -> bool:
    """A line or a row that names a form: `部门整体支出绩效自评表`."""
    return _fits(text, vocabulary.forms["title"])


def is_caption(text: str, vocabulary: Vocabulary) -> bool:
    """A line that holds the words of a form's title, whatever it ends in: over a table it may be one."""
    return _fits(text, {**vocabulary.forms["title"], "ends": ""})


def is_report_title(text: str, vocabulary: Vocabulary) -> bool:
    """A line that names a narrative: `部门整体支出绩效自评报告`."""
    return _fits(text, vocabulary.forms["report_title"])


def _fits(text: str, rule: dict[str, str | int]) -> bool:
    title = squeeze(bare_title(text))
    if not 4 <= len(title) <= int(rule["longest"]) or _PROSE.search(title) or re.search("[:：].", title):
        return False
    if "never" in rule and re.search(str(rule["never"]), title):
        return False
    return bool(re.search(str(rule["holds"]), title) and re.search(str(rule["ends"]), title))


def form_kind(title: str, vocabulary: Vocabulary) -> str | None:
    """The kind of form a title names, None where it names none."""
    plain = squeeze(title)
    return next((kind["kind"] for kind in vocabulary.forms["kinds"] if re.search(kind["pattern"], plain)), None)


def names_unit(text: str, vocabulary: Vocabulary) -> bool:
    """A text that is a unit's name and nothing else: `某县人民代表大会常务委员会办公室`."""
    plain = squeeze(text)
    return (
        4 <= len(plain) <= 40
        and not re.search(r"[\d:：。，；、]", plain)
        and bool(re.search(vocabulary.forms["unit_ends"], plain))
    )
