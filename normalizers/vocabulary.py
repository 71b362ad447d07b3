"""Binds the vocabulary (vocabulary/*.csv, forms.yml) and finds what a heading or a label means.

Words are data, one row a spelling. What is general is code and goes before the look-up: units and notes
in brackets, numbering, colons, blanks, known typing errors.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from normalizers import roles, rows
from normalizers.layout import Confirmed
from normalizers.similarity import Index, Match, best_guess, best_match, cells_fit, telling
from normalizers.spelling import BRACKETS, as_noted, variants, whole
from normalizers.text import squeeze
from schema.errors import VocabularyError
from schema.records import CATEGORIES, LISTS, SECTION_KINDS, Contacts, Form, Kind, about

# What a heading may name, per block: the record's own fields, with what they hold, and what becomes part of one.
_NAMED = (
    Kind.TEXT,
    Kind.LINE,
    Kind.NAME,
    Kind.BODY,
    Kind.POINTS,
    Kind.MONEY,
    Kind.RATE,
    Kind.DATE,
    Kind.COUNT,
)


def _named(record: type, *without: str) -> dict[str, Kind]:
    """The fields of a record that a heading or a label may name."""
    return {n: told.kind for n, told in about(record).items() if told.kind in _NAMED and n not in ("no", *without)}


FIELDS: dict[str, dict[str, Kind]] = {
    "head": _named(Form, "title", "annual_goal") | _named(Contacts),
    "funds": _named(LISTS["funds"], "label"),
    # an adjusted goal beside the initial one; a bare 目标
    "goals": _named(LISTS["goals"], "weight") | {"adjusted": Kind.TEXT, "bare": Kind.TEXT},
    "management": _named(LISTS["management"]),
    "tasks": _named(LISTS["tasks"]),
    "indicators": _named(LISTS["indicators"]) | {"adjusted_target": Kind.LINE, "op": Kind.SIGN, "level": Kind.NAME},
}
KNOWN = frozenset(("extra", "ignore", "block"))
LABELS = frozenset(
    ("funds", "side", "basics_top", "basics_group", "total_row", "total_weight", "subtotal_row", "column_numbers", "management", "named")
)  # fmt: skip
OTHER = "other"  # the kind of a narrative section that is of no other kind
NONE = "none"  # in categories.csv and narrative.csv: known, and no code fits
COLUMNS = {
    "headings.csv": ("heading", "block", "field", "note"),
    "labels.csv": ("label", "list", "code", "side", "note"),
    "categories.csv": ("level1", "level2", "category", "note"),
    "narrative.csv": ("pattern", "kind", "note"),
}
_SUM = re.compile("(?:小计|合计|总额|总计|总数)$")


@dataclass(frozen=True, slots=True)
class Label:
    """A row label of a funds block: item code (None where none fits) and the side it belongs to."""

    item: str | None
    side: str | None


class Vocabulary:
    """The bound words. Immutable once loaded; every look-up is cached."""

    def __init__(
        self,
        folder: Traversable,
        more: Mapping[str, list[dict[str, str]]] | None = None,
        place: str = "",
        only: bool = False,
    ) -> None:
        """folder: the files; more: further rows by the file they would stand in, read at `place`; only: no rows but those.
        Raises VocabularyError."""
        more = more or {}
        self._headings: dict[tuple[str, str], str] = {}
        self._labels: dict[tuple[str, str], tuple[str, str]] = {}
        self._categories: list[tuple[re.Pattern[str], re.Pattern[str], str]] = []
        self._narrative: list[tuple[re.Pattern[str], str]] = []
        binders = {
            "headings.csv": self._bind_headings, "labels.csv": self._bind_labels,
            "categories.csv": self._bind_categories, "narrative.csv": self._bind_narrative,
        }  # fmt: skip
        for name, bind in binders.items():
            if not only:
                bind(folder.joinpath(name), rows_in(folder.joinpath(name), COLUMNS[name]))
            bind(place, more.get(name, []))
        self.forms = _forms(folder.joinpath("forms.yml"))
        self.roles = roles.load(folder.joinpath("roles.csv"))
        self.rows = rows.load(folder.joinpath("rows.csv"))
        self.layouts: tuple[Confirmed, ...] = ()  # that people have confirmed
        self._typing = re.compile("|".join(map(re.escape, self.forms["typing_errors"])))

    # -- look-ups
    @lru_cache(maxsize=8192)  # noqa: B019 - one vocabulary lives as long as the process
    def heading(self, text: str, block: str) -> str | None:
        """The field a heading names in a block; `extra`, `ignore` or `block` where it is known but no field."""
        for spelling in self.spellings(text):
            field = self._headings.get((spelling, block))
            if field:
                return as_noted(field, text) if block == "funds" else field
        return None

    @lru_cache(maxsize=2048)  # noqa: B019
    def label(self, text: str) -> Label | None:
        """What a row label of a funds block names, or None."""
        spellings = self.spellings(text)
        for spelling in [*spellings, *(_SUM.sub("", s) for s in spellings)]:
            found = self._labels.get((spelling, "funds"))
            if found:
                return Label(found[0] or None, found[1] or None)
        for rule in self.forms["items"]:
            if any(re.fullmatch(rule["pattern"], spelling) for spelling in spellings):
                return Label(rule["item"], "revenue" if rule["item"] == "other" else None)
        return None

    @lru_cache(maxsize=2048)  # noqa: B019
    def listed(self, text: str, name: str) -> str | None:
        """The code of a label in a list (`side`, `total_row`, …), `yes` where it has none; None where it is not in it."""
        for spelling in self.spellings(text):
            found = self._labels.get((spelling, name))
            if found:
                return found[0] or "yes"
        return self._side(text) if name == "side" else None

    def _side(self, text: str) -> str | None:
        """The side of a budget that a label names by its parts, where it is no heading of its figures."""
        if self.heading(text, "funds"):
            return None
        sides = (r for r in self.forms["sides"] if any(re.fullmatch(r["pattern"], s) for s in self.spellings(text)))
        return next((rule["side"] for rule in sides), None)

    def category(self, level1: str | None, level2: str | None) -> str | None:
        """The indicator category of level 1 and 2 (RECORDS.md), None where none fits."""
        found = self._category(level1 or "", level2 or "")
        return None if found == NONE else found

    def knows_category(self, level1: str | None, level2: str | None) -> bool:
        """Does a row say which category level 1 and 2 have, or that they have none?"""
        return self._category(level1 or "", level2 or "") is not None

    @lru_cache(maxsize=2048)  # noqa: B019
    def _category(self, level1: str, level2: str) -> str | None:
        return next((c for one, two, c in self._categories if one.search(level1) and two.search(level2)), None)

    def belongs(self, level1: str, level2: str) -> bool:
        """Does a row that names level 1 fit both? `社会效益指标` is no part of `产出指标`; 满意度 may stand anywhere."""
        return any(
            (one.pattern or code == "satisfaction") and one.search(level1) and two.search(level2)
            for one, two, code in self._categories
        )

    def propose_category(self, level1: str | None, level2: str | None) -> tuple[str, str] | None:
        """(category, reason) for groups that no row fits, by level 2 alone, then by level 1 alone; a person decides."""
        for name, second in ((level2, True), (level1, False), (level2, False)):
            for one, two, category in self._categories if name else ():
                if second and one.pattern == "成本":
                    continue  # 社会效益 is no cost
                pattern = two if second else one
                alone = second or not two.pattern  # 产出 has several categories, 过程 has one
                hit = pattern.search(name or "") if pattern.pattern and alone else None
                if hit is not None and category != NONE:
                    return category, f"“{name}”有“{hit.group()}”"
        return None

    def narrative(self, heading: str) -> str:
        """The kind of a narrative section by its heading's own words, but for those in brackets; `other` where none tells."""
        found = self._narrative_row(heading)
        return OTHER if found in (None, NONE) else str(found)

    def knows_narrative(self, heading: str) -> bool:
        return self._narrative_row(heading) is not None

    def _narrative_row(self, heading: str) -> str | None:
        plain = BRACKETS.sub("", squeeze(heading))
        return next((kind for pattern, kind in self._narrative if pattern.search(plain)), None)

    @lru_cache(maxsize=2048)  # noqa: B019
    def similar(self, text: str, block: str) -> Match | None:
        """The field of a block whose spelling is most like a heading that is not known; None where none is (likeness.py)."""
        spellings = self.spellings(text)
        if not spellings or any((s, block) in self._headings for s in spellings):
            return None
        alike = self._by_telling(block).get(telling(spellings[-1]), [])
        return best_match(spellings[-1], alike) or self._telling(spellings, block)

    @lru_cache(maxsize=4096)  # noqa: B019
    def likeness(self, text: str, block: str) -> dict[str, Match]:
        """Per field of a block its spelling most like a text; telling words of a field make it wholly alike."""
        spellings = self.spellings(text)
        if not spellings:
            return {}
        out = self._index(block).likeness(spellings[-1])
        told = self._telling(spellings, block)
        return out | {told.field: told} if told is not None else out

    @lru_cache(maxsize=16)  # noqa: B019
    def _index(self, block: str) -> Index:
        return Index(self.of_block(block), self.roles[block].weight)

    def _telling(self, spellings: Sequence[str], block: str) -> Match | None:
        """The field that words of a heading tell whatever stands around them (forms.yml: telling)."""
        for rule in self.forms["telling"]:
            if rule["block"] == block:
                for spelling in spellings:
                    if match := re.search(rule["pattern"], spelling):
                        return Match(rule["field"], spelling, 1.0, f"表头有“{match.group()}”")
        return None

    def similar_label(self, text: str) -> Match | None:
        """The item code whose label is most like that of a fund line that is not known; None where none is."""
        spellings = self.spellings(text)
        known = [(label, found[0]) for (label, name), found in self._labels.items() if name == "funds" and found[0]]
        return (best_match(spellings[-1], known) or best_guess(spellings[-1], known)) if spellings else None

    def guess(self, text: str, block: str, cells: tuple[str, ...]) -> Match | None:
        """The best proposal for a heading that not even `near` dares to take: a person decides."""
        spellings = self.spellings(text)
        known = [
            pair
            for pair in self.of_block(block)
            if pair[1] not in KNOWN and cells_fit(FIELDS[block].get(pair[1]), cells)
        ]
        return best_guess(spellings[-1], known) if spellings else None

    def propose(self, text: str) -> tuple[str, Match] | None:
        """(block, proposal) for a text that may be a heading of any block, for a person to decide on."""
        spellings = self.spellings(text)
        if not spellings:
            return None
        of = {block: [pair for pair in self.of_block(block) if pair[1] not in KNOWN] for block in FIELDS}
        near = [(block, found) for block, known in of.items() if (found := best_match(spellings[-1], known))]
        if not near:
            near = [(block, found) for block, known in of.items() if (found := best_guess(spellings[-1], known))]
        return max(near, key=lambda pair: pair[1].likeness, default=None)

    @lru_cache(maxsize=16)  # noqa: B019
    def of_block(self, block: str) -> list[tuple[str, str]]:
        """The spellings of a block with their fields."""
        return [(spelling, field) for (spelling, of), field in self._headings.items() if of == block]

    @lru_cache(maxsize=16)  # noqa: B019
    def _by_telling(self, block: str) -> dict[frozenset[str], list[tuple[str, str]]]:
        """The spellings of a block by the telling words that they hold: only those with the same may mean the same."""
        out: dict[frozenset[str], list[tuple[str, str]]] = {}
        for spelling, field in self.of_block(block):
            out.setdefault(telling(spelling), []).append((spelling, field))
        return out

    def stripped(self, text: str) -> str:
        """A heading as a row of the vocabulary spells it: without units, numbering, points and typing errors."""
        spellings = self.spellings(text)
        return spellings[-1] if spellings else ""

    # -- spellings
    @lru_cache(maxsize=4096)  # noqa: B019
    def spellings(self, text: str) -> tuple[str, ...]:
        """The forms in which a text is looked up, from as written to most stripped."""
        return variants(text, self.forms["typing_errors"], self._typing)

    # -- binding
    def _bind_headings(self, source: Traversable | str, rows: list[dict[str, str]]) -> None:
        for row in rows:
            block, field = row["block"], row["field"]
            if block not in FIELDS:
                raise VocabularyError(_place(source, row), f"没有“{block}”这个块", f"可用：{'、'.join(FIELDS)}")
            if field not in FIELDS[block].keys() | KNOWN:
                raise VocabularyError(_place(source, row), f"{block}块没有“{field}”字段", "请核对RECORDS.md的字段名")
            self._put(self._headings, (whole(row["heading"]), block), field, source, row)

    def _bind_labels(self, source: Traversable | str, rows: list[dict[str, str]]) -> None:
        for row in rows:
            if row["list"] not in LABELS:
                raise VocabularyError(
                    _place(source, row), f"没有“{row['list']}”这个词表", f"可用：{'、'.join(sorted(LABELS))}"
                )
            self._put(self._labels, (whole(row["label"]), row["list"]), (row["code"], row["side"]), source, row)

    def _bind_categories(self, source: Traversable | str, rows: list[dict[str, str]]) -> None:
        for row in rows:
            if row["category"] not in CATEGORIES | {NONE}:
                raise VocabularyError(
                    _place(source, row),
                    f"没有“{row['category']}”这个类别",
                    f"可用：{'、'.join(sorted(CATEGORIES))}、{NONE}",
                )
            one, two = (_pattern(row[level], source, row) for level in ("level1", "level2"))
            self._categories.append((one, two, row["category"]))

    def _bind_narrative(self, source: Traversable | str, rows: list[dict[str, str]]) -> None:
        for row in rows:
            if row["kind"] not in SECTION_KINDS | {NONE}:
                raise VocabularyError(
                    _place(source, row),
                    f"没有“{row['kind']}”这一类章节",
                    f"可用：{'、'.join(sorted(SECTION_KINDS))}、{NONE}",
                )
            self._narrative.append((_pattern(row["pattern"], source, row), row["kind"]))

    @staticmethod
    def _put(
        table: dict[Any, Any],
        key: tuple[str, str],
        value: Any,
        source: Traversable | str,
        row: dict[str, str],
    ) -> None:
        if not key[0]:
            raise VocabularyError(_place(source, row), "词条是空的", "请填写或删除这一行")
        if table.setdefault(key, value) != value:
            raise VocabularyError(
                _place(source, row), f"“{key[0]}”已另作“{table[key]}”", "同一写法在一个块里只能有一个意思"
            )


def rows_in(source: Traversable, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a file with these columns, each with its line. Raises VocabularyError."""
    with source.open("r", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        if tuple(reader.fieldnames or ()) != columns:
            raise VocabularyError(source, f"表头是{reader.fieldnames}", f"应为{','.join(columns)}")
        out = []
        for row in reader:
            if None in row or None in row.values():
                raise VocabularyError(f"{source}第{reader.line_num}行", "列数不对", f"应有{len(columns)}列")
            out.append({**row, "line": str(reader.line_num)})
        return out


def _pattern(text: str, source: Traversable | str, row: dict[str, str]) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise VocabularyError(_place(source, row), f"“{text}”不是正则表达式（{error}）", "请在特殊符号前加\\") from None


def _place(source: Traversable | str, row: dict[str, str]) -> str:
    return f"{source}第{row['line']}行"


def _forms(source: Traversable) -> dict[str, Any]:
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    wanted = (
        *("title", "kinds", "report_title", "unit_ends", "notes", "signature", "staging", "no_money"),
        *("telling", "items", "sides", "annex", "people", "typing_errors"),
    )
    missing = [name for name in wanted if name not in loaded]
    if missing:
        raise VocabularyError(source, f"缺少{'、'.join(missing)}", "请补上")
    return loaded


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that ships with ziping, bound once. Raises VocabularyError."""
    return Vocabulary(folder())


def folder() -> Traversable:
    """Where the vocabulary that ships with ziping lies."""
    return files("normalizers").joinpath("vocabulary")
