"""Which block the words of a row begin, by what is known: what blocks.py weighs against all else that is seen of the row.

The first test that holds answers, in this order: a staging line, a list of people, a band of indicator headings, a title, a goal in words,
资金管理情况, a band of tasks, of goals, funds, 基础数据, a goal beside its label, a head field, a note."""

from __future__ import annotations

import re
from itertools import pairwise

from normalizers.columns import LEVELS, MAX_HEADER, MEASURED, named_alone, shown_by_all
from normalizers.fund_columns import begins, over_pairs
from normalizers.grid import Block, Grid, Slot
from normalizers.roles import TEXTS, is_group, kind_of
from normalizers.spelling import LONGEST
from normalizers.titles import is_title
from normalizers.values import number, year
from normalizers.vocabulary import Vocabulary
from schema import numbering

_FUND_COLUMNS = frozenset(("approved", "revised", "received", "executed", "execution_rate"))
_LINES = 2  # of money that show a heading over them
_MARKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_COLUMN_MARK = re.compile(r"[（(]?(\d{1,2}|[A-Z①-⑳])[)）]?(?:[=＝].*)?")
_JOINTS = re.compile("[/／、及和与]")  # between labels in one cell
_OF_YEAR = re.compile(r"20\d\d年度?(?:(?:绩效|预期|年度)?目标)?")
_ANNUAL_GOAL = re.compile(r"^(?:项目)?年度(?:绩效)?目标\d*[:：].+")


def starts(grid: Grid, row: int, vocabulary: Vocabulary, current: str | None, basics: bool) -> tuple[str | None, int]:
    """The kind of block that begins in a row and the rows of its heading band; (None, 0): the block goes on."""
    filled = grid.filled(row)
    if not filled:
        return None, 0
    if current is None and len(filled) == 1 and re.search(vocabulary.forms["staging"], filled[0].text):
        return "staging", 1
    if _part(grid, filled, vocabulary, current, basics):
        return "staging", 1
    if _people(filled, vocabulary) or (current == "people" and len(filled) > 2):
        return ("people" if current != "people" else None), 0
    band = indicator_band(grid, row, vocabulary)
    if band or (current != "indicators" and (band := shown_by_all(grid, row, vocabulary))):
        return "indicators", band
    if (
        len(filled) == 1
        and is_title(filled[0].cell.text, vocabulary)
        and not vocabulary.heading(filled[0].text, "indicators")
    ):
        return "title", 1
    if len(filled) == 1 and _ANNUAL_GOAL.match(filled[0].text) and _band_follows(grid, row, vocabulary):
        return "annual_goal", 1
    if current == "basics" or basics:
        return ("head", 1) if _head_row(filled, vocabulary, strict=True) and current is None else (None, 0)
    if _management_row(filled, vocabulary):
        return ("management" if current != "management" else None), 0
    if _band(filled, vocabulary, "tasks", "name", ("planned", "actual", "reason")):
        return "tasks", max(slot.cell.row_span for slot in filled[1:])
    if _band(filled, vocabulary, "goals", "planned", ("actual",)) or _goal_columns(grid, row, vocabulary):
        return "goals", 1
    if _goal_years(filled, vocabulary):
        return "goals", 1
    if _tasks_unread(filled, vocabulary):
        return "unknown", filled[0].cell.row_span
    if _funds_starts(grid, row, vocabulary, current):
        return "funds", 0
    if current != "indicators" and vocabulary.listed(filled[0].text, "basics_group") and len(filled) > 1:
        return "basics", 0
    if _goal_row(filled, vocabulary, current):
        return "goals", 0
    if current == "goals" and len(filled) == 1 and filled[0].left > 0 and year(filled[0].text) is not None:
        return None, 0  # a year of which no goal is stated
    if current != "head" and not (current == "indicators" and vocabulary.listed(filled[0].text, "total_row")):
        if _head_row(filled, vocabulary, strict=current in ("indicators", "funds", "goals", "tasks")):
            return "head", 0
        if current in ("indicators", "goals", "tasks") and _note(filled, vocabulary):
            return "note", 0
    return None, 0


def same_band(grid: Grid, block: Block, row: int, header: int) -> bool:
    """Do some rows repeat the heading band that a block began with?"""

    def headings(start: int, depth: int) -> set[str]:
        return {slot.text for r in range(start, min(start + depth, len(grid.rows))) for slot in grid.filled(r)}

    old, new = headings(block.start, block.header), headings(row, header)
    return len(old & new) >= 0.7 * max(len(new), 1)


def _part(grid: Grid, filled: list[Slot], vocabulary: Vocabulary, current: str | None, basics: bool) -> bool:
    """`二、项目绩效情况` over all columns: what follows is another part of the form. A group of indicators or of 基础数据 is none."""
    text = filled[0].text
    numbered = numbering.parse(text)
    if len(filled) != 1 or numbered is None or numbered.level != 1 or basics or current == "basics":
        return False
    alone = filled[0].left <= 0 and filled[0].right >= grid.width and len(text) <= LONGEST
    name = numbered.rest
    known = vocabulary.listed(text, "basics_group") or vocabulary.label(text) or vocabulary.listed(text, "side")
    group = is_group(name) or vocabulary.category(name, None) is not None
    return (
        alone
        and not known
        and not group
        and not re.search("[。；，：:]", text)
        and not vocabulary.heading(text, "head")
    )


def _people(filled: list[Slot], vocabulary: Vocabulary) -> bool:
    """`姓名 | 职务 | 单位 | 项目评分`: the headings of a list of people; what stands below them is no pair of label and value."""
    return len(filled) > 2 and any(re.search(vocabulary.forms["people"], slot.text) for slot in filled)


def _note(filled: list[Slot], vocabulary: Vocabulary) -> bool:
    return len(filled) == 1 and re.match(vocabulary.forms["notes"], filled[0].text) is not None


def _band_follows(grid: Grid, row: int, vocabulary: Vocabulary) -> bool:
    if row + 1 == len(grid.rows):
        return False
    return (indicator_band(grid, row + 1, vocabulary) or shown_by_all(grid, row + 1, vocabulary)) > 0


# ---------------------------------------------------------------- heading bands
def indicator_band(grid: Grid, row: int, vocabulary: Vocabulary) -> int:
    """How many rows of headings an indicator block begins with in this row; 0 where none begins."""
    return grid.once("indicators by words", row, lambda: _indicator_band(grid, row, vocabulary))


def _indicator_band(grid: Grid, row: int, vocabulary: Vocabulary) -> int:
    fields: set[str] = set()
    depth = 0
    for at in range(row, min(row + MAX_HEADER, len(grid.rows))):
        filled = grid.filled(at)
        if at > row:  # the points of the whole block may stand below 分值 and 得分
            filled = [slot for slot in filled if number(slot.cell.text) is None] if len(filled) > 2 else filled
        found = _heading_fields(filled, vocabulary)
        if found is None:
            break
        fields |= found
        depth += 1
    fits = bool(fields & LEVELS) and len(fields & (LEVELS | MEASURED)) >= 3 and bool(fields & MEASURED)
    if not fits or not depth:
        return 0
    # headings merged down: what stands beside their lower rows is the band's too, known or not
    deep = max(
        (
            slot.cell.row_span
            for slot in grid.filled(row)
            if vocabulary.heading(slot.text, "indicators") in LEVELS | MEASURED
        ),
        default=1,
    )
    return max(depth, deep) if deep <= MAX_HEADER else depth


def column_numbers(filled: list[Slot], vocabulary: Vocabulary) -> list[Slot]:
    """The cells of `栏次 | 1 | 2 | 3`, `① | ② | ③`, `A | B | C=B/A`: a row that counts the columns below their headings; none where
    it does not. Behind a label that says so words may follow the numbers: they are headings."""
    label = bool(filled) and vocabulary.listed(filled[0].text, "column_numbers") is not None
    marks = [(slot, match) for slot in filled if (match := _COLUMN_MARK.fullmatch(slot.text))]
    others = [slot for slot in filled[label:] if not _COLUMN_MARK.fullmatch(slot.text)]
    if len(marks) < 3 or (others and (not label or any(number(slot.cell.text) for slot in others))):
        return []
    at = [_MARKS.find(match[1]) if not match[1].isdecimal() else int(match[1]) for _, match in marks]
    if {b - a for a, b in pairwise(at)} != {1} or not (label or at[0] in (1, 2) or not marks[0][1][1].isdecimal()):
        return []
    return [*filled[:label], *(slot for slot, _ in marks)]


def without_column_numbers(grid: Grid, vocabulary: Vocabulary) -> list[Slot]:
    """Sets aside the cells that only count a table's columns, and gives them."""
    out: list[Slot] = []
    for row in range(len(grid.rows)):
        counting = column_numbers(grid.filled(row), vocabulary)
        grid.set_aside(row, counting)
        out += counting
    return out


def _heading_fields(filled: list[Slot], vocabulary: Vocabulary) -> set[str] | None:
    """The indicator fields a row of headings names; None where it is no row of headings. A figure among them (a year, points) is a
    heading that nobody knows."""
    if not filled or 3 * sum(number(slot.cell.text) is not None for slot in filled) > len(filled):
        return None
    fields = [vocabulary.heading(slot.text, "indicators") for slot in filled]
    known = sum(field is not None for field in fields)
    if 0.4 * len(filled) <= known < 0.6 * len(filled):
        known += sum(
            f is None and vocabulary.similar(s.text, "indicators") is not None
            for f, s in zip(fields, filled, strict=True)
        )
    named = {named_alone(s) for f, s in zip(fields, filled, strict=True) if f == "block" and s.left > 0}
    return {f for f in {*fields, *named} if f} if known >= 0.6 * len(filled) else None


def _band(filled: list[Slot], vocabulary: Vocabulary, block: str, first: str, others: tuple[str, ...]) -> bool:
    """A row of headings: `first` and one of `others` stand in it, and most of what follows is known, all of it short."""
    fields = band_fields(filled, vocabulary, block, first, others)
    if first not in fields or not any(field in others for field in fields):
        return False
    at = fields.index(first)
    unknown = [slot.text for slot, field in zip(filled[at:], fields[at:], strict=True) if field is None]
    if block == "goals" and unknown and number(unknown[-1]) is not None:
        unknown.pop()  # the points of all goals, behind their headings
    most = 1.0 if block == "tasks" else 0.4  # a name with a plan or a result is a task whatever stands beside it
    return len(unknown) <= most * len(fields[at:]) and all(
        len(text) <= LONGEST and number(text) is None and not re.search("[。；，]", text) for text in unknown
    )


def of_year(text: str) -> bool:
    """A heading that names a year, or the goals of one: `2023年`, `2023年度目标`."""
    return _OF_YEAR.fullmatch(text) is not None


def _goal_years(filled: list[Slot], vocabulary: Vocabulary) -> bool:
    """`年度目标 | 2022年 | 2023年 | 2024年`: a goal for each of several years."""
    rest = [slot for slot in filled if not of_year(slot.text)]
    named = [vocabulary.heading(slot.text, "goals") for slot in rest]
    return len(filled) - len(rest) >= 2 and "block" in named[:1] and None not in named


def _goal_columns(grid: Grid, row: int, vocabulary: Vocabulary) -> bool:
    """`年度目标 | 预期目标 | (a heading nobody knows)` over a row of texts, with or without a label at the side of both: one names goals, every
    heading is short, and a longer text stands below one that is known, or below each. An unknown one must not become a goal."""
    filled = grid.filled(row)
    if not 2 <= len(filled) <= 3 or row + 1 >= len(grid.rows) or any(len(slot.text) > LONGEST for slot in filled):
        return False
    fields = [vocabulary.heading(slot.text, "goals") for slot in filled]
    beside = filled[0].cell.row_span > 1
    heads, named = (filled[1:], fields[1:]) if beside else (filled, fields)
    if len(heads) != 2 or None not in named or not {"block", "planned", "actual"} & set(fields):
        return False
    below = [slot for slot in grid.filled(row + 1) if slot.cell is not filled[0].cell]
    longer = [
        any(slot.overlap(head.left, head.right) > 0 and len(slot.text) > len(head.text) for slot in below)
        for head in heads
    ]
    if beside and fields[0] == "block":
        return any(longer) if {"planned", "actual", "block"} & set(named) else all(longer)
    return all(longer) and len(below) == 2 and all(kind_of(slot.text) in TEXTS for slot in below)


def band_fields(
    filled: list[Slot], vocabulary: Vocabulary, block: str, first: str, others: tuple[str, ...]
) -> list[str | None]:
    """The fields of a row of headings. A block's own name before the others stands for `first`, as in
    `年度绩效目标 | 实际完成情况`."""
    fields = [vocabulary.heading(slot.text, block) for slot in filled]
    if len(fields) <= 3:  # 年份 | 目标 | 实际完成情况
        fields = ["planned" if field == "bare" else field for field in fields]
    if first not in fields:
        at = next((i for i, field in enumerate(fields) if field in others), 0)
        if at and fields[at - 1] == "block":
            fields[at - 1] = first
    if block == "goals" and len(fields) > 1 and fields[-1] == "block" and "actual" not in fields:
        if "完成" in filled[-1].text and fields[-2] in ("planned", "block"):  # 预期目标 | 总体目标完成情况
            fields[-2:] = ["planned", "actual"]
    return fields


def _tasks_unread(filled: list[Slot], vocabulary: Vocabulary) -> bool:
    """`年度主要任务 | (a heading nobody knows) | … | 预算数 | 执行数`: the money of tasks must not become funds."""
    first = filled[0]
    named = vocabulary.heading(first.text, "tasks") == "name" and vocabulary.heading(first.text, "funds") is None
    return named and first.cell.row_span > 1 and len(filled) > 2


def _funds_starts(grid: Grid, row: int, vocabulary: Vocabulary, current: str | None) -> bool:
    filled = grid.filled(row)
    fields = {vocabulary.heading(slot.text, "funds") for slot in filled}
    if len(fields & _FUND_COLUMNS) >= 2 or (
        fields & _FUND_COLUMNS and fields & {"weight", "score"} and len(filled) > 3
    ):
        return current != "funds"
    if current in (None, "title", "staging", "unknown") and _over_lines(grid, row, vocabulary):
        return True
    if current != "funds" and sum(vocabulary.label(slot.text) is not None for slot in filled) >= 3:
        return not any(number(slot.cell.text) for slot in filled)
    if current in ("indicators", "tasks", "funds", "basics"):
        return False
    line = over_pairs(grid, row, vocabulary)
    if begins(grid, row, vocabulary) or (line is not None and line.item is not None):
        return True
    if len(filled) == 1 and vocabulary.listed(filled[0].text, "side"):
        return True  # 年度收入情况, over a row of items
    if any(
        vocabulary.heading(left.text, "funds") in _FUND_COLUMNS and number(right.cell.text) is not None
        for left, right in pairwise(filled)
    ):
        return vocabulary.heading(filled[0].text, "head") is None
    if "block" in fields and vocabulary.heading(filled[0].text, "funds") == "block" and len(filled) > 1:
        return vocabulary.heading(filled[0].text, "goals") is None or bool(fields & _FUND_COLUMNS)
    if any(vocabulary.listed(slot.text, "side") for slot in filled) and len(filled) <= 6 and len(filled) > 1:
        return not any(vocabulary.heading(slot.text, "head") for slot in filled)
    return any(
        vocabulary.label(left.text) is not None
        and number(right.cell.text) is not None
        and vocabulary.heading(left.text, "head") is None
        for left, right in pairwise(filled)
    )


def _over_lines(grid: Grid, row: int, vocabulary: Vocabulary) -> bool:
    """`支出内容 | 实际支出数 | 会计凭证号` over lines each with a name and a figure below the one heading of money that is known."""
    filled = grid.filled(row)
    heads = [slot for slot in filled[1:] if vocabulary.heading(slot.text, "funds") in _FUND_COLUMNS]
    if not heads or row + _LINES >= len(grid.rows) or any(number(slot.cell.text) is not None for slot in filled):
        return False
    for below in range(row + 1, row + 1 + _LINES):
        names = grid.filled(below)
        cells = [grid.at(below, head.left, head.right) for head in heads]
        figures = all(cell is not None and number(cell.cell.text) is not None for cell in cells)
        if not figures or number(names[0].cell.text) is not None or len(names[0].text) > LONGEST:
            return False
    return True


def _management_row(filled: list[Slot], vocabulary: Vocabulary) -> bool:
    """`资金管理情况 | … | 情况说明 | 存在问题和改进措施`, or a row that begins with one of its items."""
    fields = {vocabulary.heading(slot.text, "management") for slot in filled}
    heads = "block" in fields and bool(fields & {"detail", "problem"})
    return heads or (len(filled) > 1 and any(vocabulary.listed(slot.text, "management") for slot in filled[:2]))


def _goal_row(filled: list[Slot], vocabulary: Vocabulary, current: str | None) -> bool:
    """`整体绩效目标 | text` or `预期目标 | text`: a goal label with its text beside it."""
    if current in ("indicators", "goals", "basics", "tasks") or len(filled) < 2:
        return False
    labels = [slot for slot in filled if vocabulary.heading(slot.text, "goals") in ("block", "planned", "actual")]
    return filled[0] in labels and vocabulary.heading(filled[0].text, "head") is None


def _head_row(filled: list[Slot], vocabulary: Vocabulary, strict: bool) -> bool:
    """Does the row state head fields? strict: its first cell must be the label, as in `综合评定等级 | 优`."""
    slots = filled[:1] if strict else filled
    if any(len(slot.text) <= LONGEST and vocabulary.heading(slot.text, "head") for slot in slots):
        return True
    if any(run_in_label(slot.text, vocabulary) or len(joined(slot.text, vocabulary)) > 1 for slot in slots):
        return True
    return (
        len(filled) == 1
        and len(filled[0].text) <= 40
        and (year(filled[0].text) is not None or bool(re.search(vocabulary.forms["staging"], filled[0].text)))
    )


def joined(text: str, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """(label, head field) of every label in one cell: `单位负责人及电话`; none where one of them is not known."""
    labels = _JOINTS.split(text)
    fields = [vocabulary.heading(label, "head") for label in labels]
    return [(label, str(field)) for label, field in zip(labels, fields, strict=True)] if None not in fields else []


def run_in_label(text: str, vocabulary: Vocabulary) -> str | None:
    """The head field of a text that begins `label：`, as in `填报单位：…`."""
    match = re.match(r"^([^:：]{2,20})[:：]", text)
    return vocabulary.heading(match[1], "head") if match else None
