"""Harmless changes to made forms: what people and printers do to a form that leaves what it says as it was.

Each gives the changed source and the record that must be read from it: the same one, or the same one with what the change adds.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from data.maker import forms
from data.maker.forms import Faults, Made
from data.maker.layout import Layout
from data.maker.source import ABOVE, LEFT

Record = dict[str, Any]
PLAIN = Faults(blank_rows=0, wide=0, thousands=0, columns=0, typing=0, wrong_sum=0)


@dataclass
class Sheet:
    """The source of a made form, and where its indicators stand. head, first, last: lines of the headings' last row, of the first
    and of the last indicator."""

    lines: list[str]
    record: Record
    rng: random.Random
    head: int = 0
    first: int = 0
    last: int = 0
    cells: dict[int, list[str]] = field(default_factory=dict)  # of the table of the indicators, by line

    @property
    def source(self) -> str:
        for at, row in self.cells.items():
            self.lines[at] = "| " + " | ".join(row) + " |"
        return "\n".join(self.lines) + "\n"

    @property
    def form(self) -> Record:
        found: Record = self.record["forms"][0]
        return found

    def rows(self) -> range:
        return range(self.first, self.last + 1)

    def insert(self, at: int, row: list[str]) -> None:
        """Puts a row into the table before a line."""
        self.lines[:] = self.source.rstrip("\n").split("\n")
        self.lines.insert(at, "| " + " | ".join(row) + " |")
        self.cells = {k + (k >= at): v for k, v in self.cells.items()} | {at: row}
        self.first, self.last, self.head = (k + (k >= at) for k in (self.first, self.last, self.head))

    def insert_column(self, at: int, heading: str, value: Callable[[int], str]) -> None:
        """Puts a column into the table: its heading, a value for each indicator; elsewhere the cell at its left runs over it."""
        for line, row in self.cells.items():
            told = value(line - self.first) if line in self.rows() else heading if line == self.head else LEFT
            row.insert(at, told)

    def alone(self, column: int) -> bool:
        """Is a column of the indicators merged with none, so that it may be moved, and is the one behind it not merged into it?"""
        span = range(self.head, self.last + 1)
        beside = column + 1 < len(self.cells[self.head])
        return all(
            self.cells[k][column] not in (ABOVE, LEFT) and not (beside and self.cells[k][column + 1] == LEFT)
            for k in span
        )

    def text_at(self, line: int, column: int) -> str:
        """The text of a cell, that of the cell it goes on from where it is merged."""
        while self.cells[line][column] in (ABOVE, LEFT):
            if self.cells[line][column] == ABOVE:
                line -= 1
            else:
                column -= 1
        return self.cells[line][column]

    def columns(self, *headings: str) -> list[int]:
        return [c for c, text in enumerate(self.cells[self.head]) if re.search("|".join(headings), text)]

    def totals(self) -> list[int]:
        """The lines of total rows below the indicators."""
        return [k for k in self.cells if k > self.last and re.match("总分|合计|总计|得分合计", self.cells[k][0])]


def sheet(layout: Layout, seed: int) -> Sheet | None:
    """A made form to be changed; None where it has no plain block of indicators."""
    made = forms.make(layout, seed, PLAIN)
    if not made.record["forms"] or not made.record["forms"][0]["indicators"]:
        return None
    names = {i["level3"] for i in made.record["forms"][0]["indicators"]}
    lines = made.source.rstrip("\n").split("\n")
    found = Sheet(lines, copy.deepcopy(made.record), random.Random(f"{layout.name} {seed} changed"))
    told = [k for k, line in enumerate(lines) if line.startswith("|") and any(_bare(c) in names for c in _parted(line))]
    if len(told) != len(found.form["indicators"]) or told != list(range(told[0], told[-1] + 1)) or told[0] == 0:
        return None
    found.first, found.last, found.head = told[0], told[-1], told[0] - 1
    start = stop = told[0]
    while start and lines[start - 1].startswith("|"):
        start -= 1
    while stop < len(lines) and lines[stop].startswith("|"):
        stop += 1
    found.cells = {k: _parted(lines[k]) for k in range(start, stop)}
    if found.head not in found.cells or len({len(row) for row in found.cells.values()}) != 1:
        return None
    return found


def _parted(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip()[1:].removesuffix("|").split("|")]


def _bare(text: str) -> str:
    return re.sub(r"^(?:指标\d*[:：]|\d+[.、])\s*", "", text)


# ---------------------------------------------------------------- the changes
def _counting(s: Sheet, marks: list[str]) -> None:
    row, at = [], 0
    for column, below in enumerate(s.cells[s.first]):
        if below == ABOVE or s.cells[s.head][column] == LEFT:
            row.append(ABOVE if below == ABOVE else LEFT)
        else:
            row.append(marks[at])
            at += 1
    s.insert(s.first, row)


def column_numbers(s: Sheet) -> bool:
    _counting(s, [str(n) for n in range(1, 40)])
    return True


def column_letters(s: Sheet) -> bool:
    _counting(s, list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    return True


def column_circles(s: Sheet) -> bool:
    _counting(s, [chr(ord("①") + n) for n in range(20)])
    return True


def remark_beside_the_total(s: Sheet) -> bool:
    for line in s.totals():
        if s.cells[line][-1] == "":
            s.cells[line][-1] = "已按要求在门户网站公开"
            return True
    return False


def grade_beside_the_total(s: Sheet) -> bool:
    for line in s.totals():
        if s.cells[line][-1] == "" and s.form["grade"] is None:
            s.cells[line][-1] = "优"
            s.form["grade"] = "优"
            return True
    return False


def _free_place(s: Sheet) -> int:
    """A place for a new column: behind one that no merged cell of the headings or the rows runs over."""
    places = [c + 1 for c in range(1, len(s.cells[s.head])) if s.alone(c)]
    return s.rng.choice(places) if places else len(s.cells[s.head])


def year_column(s: Sheet) -> bool:
    s.insert_column(_free_place(s), "2019", lambda n: str(11 + n))
    return True


def unknown_column(s: Sheet) -> bool:
    s.insert_column(_free_place(s), "甲方口径", lambda n: f"口径{'甲乙丙丁'[n % 4]}")
    return True


def blank_column(s: Sheet) -> bool:
    s.insert_column(len(s.cells[s.head]), "", lambda _: "")
    return True


def running_numbers(s: Sheet) -> bool:
    if s.cells[s.first][0] == ABOVE:
        return False
    for line, row in s.cells.items():
        told = str(line - s.first + 1) if line in s.rows() else "序号" if line == s.head else None
        row.insert(0, told if told is not None else row[0])
        if told is None:
            row[1] = LEFT
    return all(row[2] != ABOVE or line in s.rows() for line, row in s.cells.items() if line != s.head)


def weight_and_score_change_places(s: Sheet) -> bool:
    found = [c for c in s.columns("分值|权重|得分|自评分") if s.alone(c)]
    if len(found) < 2:
        return False
    _swap(s, found[0], found[-1])
    return True


def two_columns_change_places(s: Sheet) -> bool:
    found = [c for c in range(1, len(s.cells[s.head])) if s.alone(c)]
    if len(found) < 2:
        return False
    _swap(s, *s.rng.sample(found, 2))
    return True


def _swap(s: Sheet, a: int, b: int) -> None:
    below = [line for line in s.totals() if all(s.cells[line][c] not in (LEFT, ABOVE) for c in (a, b))]
    for line in (s.head, *s.rows(), *below):
        row = s.cells[line]
        row[a], row[b] = row[b], row[a]


def operators_apart(s: Sheet) -> bool:
    found = [c for c in s.columns("指标值|目标值") if s.alone(c)]
    if len(found) != 1 or s.columns("符号|性质|运算|方向") or s.columns("单位"):
        return False
    column, signs = found[0], []
    for line, indicator in zip(s.rows(), s.form["indicators"], strict=True):
        match = re.match("[≥≤＞＜=＝]", s.cells[line][column])
        signs.append(match[0] if match else "")
        if match:
            s.cells[line][column] = indicator["target"] = s.cells[line][column][1:]
    s.insert_column(column, "符号", lambda n: signs[n])
    for line in s.cells:
        if line not in s.rows() and line != s.head:  # the cell at the left runs over the new column
            row = s.cells[line]
            row[column], row[column + 1] = (row[column + 1], LEFT) if row[column + 1] != LEFT else (LEFT, LEFT)
    return any(signs)


def headings_again(s: Sheet) -> bool:
    if s.last == s.first or ABOVE in s.cells[s.head][1:]:
        return False
    at = s.rng.randrange(s.first + 1, s.last + 1)
    side = s.cells[s.first][0] == ABOVE
    before = [
        s.text_at(at, c) if cell == ABOVE and not (side and c == 0) else cell for c, cell in enumerate(s.cells[at])
    ]
    head = [ABOVE if side and c == 0 else cell for c, cell in enumerate(s.cells[s.head])]
    s.cells[at] = before
    s.insert(at, head)
    return True


def signature_below(s: Sheet) -> bool:
    if any(s.form["contacts"].values()):
        return False
    s.lines.append("")
    s.lines.append("填表人：戊某        联系电话：0700-1234567")
    s.form["contacts"] |= {"prepared_by": "戊某", "phone": "0700-1234567"}
    return s.lines[-3].startswith("|")


def note_below(s: Sheet) -> bool:
    s.lines += ["", "注：1.本表一式两份。", "2.得分一档最多不能超过该指标分值上限。"]
    return True


def page_number_below(s: Sheet) -> bool:
    s.lines += ["", "- 3 -"]
    return True


def merged_groups_are_blank(s: Sheet) -> bool:
    side = s.cells[s.first][0] == ABOVE
    found = False
    for line in s.rows():
        for c, cell in enumerate(s.cells[line]):
            if cell == ABOVE and not (side and c == 0):
                s.cells[line][c], found = "", True
    return found and not any(re.search("标准|说明|解释|依据|原因", text) for text in s.cells[s.head])


def headings_on_two_lines(s: Sheet) -> bool:
    for c, text in enumerate(s.cells[s.head]):
        if len(text) > 3 and "\\n" not in text:
            s.cells[s.head][c] = text[:2] + "\\n" + text[2:]
    return True


def headings_with_blanks(s: Sheet) -> bool:
    for c, text in enumerate(s.cells[s.head]):
        if text in ("分值", "得分", "权重", "备注"):
            s.cells[s.head][c] = " ".join(text)
    return True


def narrow_brackets(s: Sheet) -> bool:
    for line in range(min(s.cells), s.first):
        s.cells[line] = [text.replace("（", "(").replace("）", ")") for text in s.cells[line]]
    return True


def starred_headings(s: Sheet) -> bool:
    s.cells[s.head] = [f"{t}*" if t not in (ABOVE, LEFT, "") and "{" not in t else t for t in s.cells[s.head]]
    return True


def points_in_the_headings(s: Sheet) -> bool:
    s.cells[s.head] = [f"{t}（分）" if t in ("分值", "得分", "自评得分", "权重") else t for t in s.cells[s.head]]
    return True


def a_template_row_left_blank(s: Sheet) -> bool:
    side = s.cells[s.last][0] == ABOVE
    s.insert(s.last + 1, [ABOVE if side and c == 0 else "" for c in range(len(s.cells[s.last]))])
    return True


def blanks_are_dashes(s: Sheet) -> bool:
    sign = s.rng.choice(["/", "—", "-", "——", "……"])
    found = False
    for line in s.rows():
        for c, cell in enumerate(s.cells[line]):
            if cell == "" and s.text_at(s.head, c) and not re.search("级指标|指标名称", s.text_at(s.head, c)):
                s.cells[line][c], found = sign, True
    return found


def a_blank_row_in_the_table(s: Sheet) -> bool:
    at = max(s.cells) + 1
    s.insert(at, ["" for _ in s.cells[s.head]])
    return True


def subtotal_of_a_group(s: Sheet) -> bool:
    weights = s.columns("^分值$|^权重$|^权重分值$")
    if len(weights) != 1 or weights[0] < 3:
        return False
    side = s.cells[s.last][0] == ABOVE
    width = len(s.cells[s.head])
    row = [ABOVE] if side else []
    row += ["小计", *[LEFT] * (weights[0] - len(row) - 1)]
    row += [""] * (width - len(row))
    row[weights[0]] = str(sum(i["weight"] for i in s.form["indicators"] if i["weight"] is not None))
    s.insert(s.last + 1, row)
    return True


def title_in_the_table(s: Sheet) -> bool:
    at = next((k for k, line in enumerate(s.lines) if line.startswith("# ")), None)
    start = min(s.cells)
    between = s.lines[(at or 0) + 1 : start]
    if at is None or start - at > 4 or any(line.strip() and "年度" not in line for line in between):
        return False
    title = s.lines[at].removeprefix("# ")
    s.insert(start, [title, *[LEFT] * (len(s.cells[s.head]) - 1)])
    s.lines[at] = ""
    return True


def a_page_break_above(s: Sheet) -> bool:
    at = next((k for k, line in enumerate(s.lines) if line.startswith("# ")), 0)
    s.lines.insert(at, "---")
    s.cells = {k + 1: v for k, v in s.cells.items()}
    return True


def parts_of_the_money_change_places(s: Sheet) -> bool:
    funds = s.form["funds"]
    found = [
        (k, i) for k in s.cells for i, f in enumerate(funds) if f["label"] and s.cells[k] and _is_part(s.cells[k], f)
    ]
    pairs = [(a, b) for a, b in pairwise(found) if a[0] + 1 == b[0] and a[1] + 1 == b[1]]
    plain = [
        p
        for p in pairs
        if all(funds[i]["item"] not in ("total", "basic", "personnel", "operating", "fiscal") for _, i in p)
    ]
    if not plain or any(funds[i]["side"] for _, i in plain[0]):
        return False
    (a, i), (b, j) = plain[0]
    if [c in (ABOVE, LEFT) for c in s.cells[a]] != [c in (ABOVE, LEFT) for c in s.cells[b]]:
        return False
    s.cells[a], s.cells[b] = s.cells[b], s.cells[a]
    funds[i], funds[j] = funds[j], funds[i]
    for line in (a, b):
        s.cells[line] = [re.sub("^其中[:：]", "", text) for text in s.cells[line]]
    return True


def _is_part(cells: list[str], fund: Record) -> bool:
    return any(re.sub(r"^其中[:：]|[:：]$", "", text) == fund["label"] for text in cells)


CHANGES: dict[str, Callable[[Sheet], bool]] = {
    change.__name__: change
    for change in (
        column_numbers, column_letters, column_circles, remark_beside_the_total, grade_beside_the_total, year_column,
        unknown_column, blank_column, running_numbers, weight_and_score_change_places, two_columns_change_places, operators_apart,
        headings_again,
        signature_below, note_below, page_number_below, merged_groups_are_blank, headings_on_two_lines, headings_with_blanks,
        narrow_brackets, starred_headings, points_in_the_headings, a_template_row_left_blank, blanks_are_dashes,
        a_blank_row_in_the_table, subtotal_of_a_group, title_in_the_table, a_page_break_above, parts_of_the_money_change_places,
    )
}  # fmt: skip


# Changes of the whole form: how it is made.
def _money(unit: str) -> Callable[[Layout, int], Made | None]:
    def made(layout: Layout, seed: int) -> Made | None:
        plain = layout.picture.count("万元") == layout.picture.count("（万元）") > 0
        if layout.money != "万元" or not plain or layout.kind == "basics" or "task" in layout.picture:
            return None
        return forms.make(
            replace(layout, money=unit, picture=layout.picture.replace("（万元）", f"（{unit}）")),
            seed,
            PLAIN,
        )

    return made


def _rate(kind: str) -> Callable[[Layout, int], Made | None]:
    def made(layout: Layout, seed: int) -> Made | None:
        if "execution_rate" not in layout.picture or re.search("率[^|]*%", layout.picture):
            return None
        return forms.make(replace(layout, rate=kind), seed, PLAIN)

    return made


def _faults(**faults: float) -> Callable[[Layout, int], Made | None]:
    return lambda layout, seed: forms.make(layout, seed, replace(PLAIN, **faults))


_OTHER_UNIT = "望江县水务局"


def second_unit(layout: Layout, seed: int) -> Made | None:
    """A second statement of the unit that differs: the first counts, both are told."""
    made = forms.make(layout, seed, PLAIN)
    if not made.record["forms"] or made.record["forms"][0]["unit"] is None or "# " not in made.source:
        return None
    if made.record["forms"][0]["unit"] == _OTHER_UNIT:
        return None
    lines = made.source.split("\n")
    at = next(k for k, line in enumerate(lines) if line.startswith("|"))
    record = copy.deepcopy(made.record)
    record["findings"].append({"check": "stated_twice", "form": 1, "where": "unit", "stated": None, "computed": None})
    source = "\n".join([*lines[:at], f"填报单位：{_OTHER_UNIT}", *([""] if at and lines[at - 1] else []), *lines[at:]])
    return Made(source, record) if "填报单位" not in made.source else None


WHOLE: dict[str, Callable[[Layout, int], Made | None]] = {
    "money_in_yuan": _money("元"), "money_in_thousands": _money("千元"), "money_in_millions": _money("百万元"),
    "rates_as_numbers": _rate("number"), "rates_as_fractions": _rate("fraction"), "digits_in_full_width": _faults(wide=1.0),
    "thousands_separators": _faults(thousands=1.0), "a_typing_error": _faults(typing=1.0), "second_unit": second_unit,
}  # fmt: skip
NAMES = (*CHANGES, *WHOLE)


def changed(layout: Layout, seed: int, name: str) -> Made | None:
    """A made form after a change; None where the change is none for it."""
    if name in WHOLE:
        return WHOLE[name](layout, seed)
    found = sheet(layout, seed)
    if found is None or not CHANGES[name](found):
        return None
    return Made(found.source, found.record)


def every(layouts: list[Layout], seeds: range) -> Iterator[tuple[str, int, str]]:
    for layout in layouts:
        for seed in seeds:
            for name in NAMES:
                yield layout.name, seed, name
