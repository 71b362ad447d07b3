"""Reads what a form says of itself: label–value pairs in rows, and lines such as `填报单位：… 填报时间：…`."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from normalizers import label_value, money
from normalizers.draft import BESIDE, IN_TABLE, Draft, Value
from normalizers.grid import Block, Grid, Slot
from normalizers.ledger import Source
from normalizers.starts import joined
from normalizers.text import clean, squeeze, stated_text, width
from normalizers.titles import names_unit
from normalizers.values import day, number, year
from normalizers.vocabulary import Vocabulary
from schema import numbering
from schema.records import GRADE, LEGEND, STATED_WEIGHT

_NAMES = frozenset(("unit", "prepared_by", "leader", "supervisor", "implementer", "project"))  # a date is none
_STAMP = re.compile(r"[（(]\s*(?:盖\s*章|公\s*章|签\s*[字名章]|印\s*章|加盖[^（()）]*|签字[^（()）]*|单位公章)\s*[)）]")
_SHORT_LINE = 60  # characters of a line that states a unit or a year beside others
FULL_MARKS = frozenset(map(Decimal, (100, 105, 110, 115, 120)))
_NUMBER_BEHIND = re.compile(r"(?<=[\u4e00-\u9fff])(?=1\d{10}$|0?\d{2,4}-?\d{7,8}$)")
_COLON = re.compile(r"[:：]")
_APART = re.compile(r"^\s*([\u4e00-\u9fff（）()]{3,12})[ \u3000]+([^ :：\u3000]+)\s*$")  # 项目名称        河道保洁
_LABEL_RUN = re.compile(r"[\u4e00-\u9fff（）()/、]{2,24}$")
_BLANK_DATE = re.compile("年月日?|月日")
_MONEY_UNIT = re.compile("(?:人民币)?[百千万亿]*元[)）]?")


def read(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    """Every label–value pair of a head block. A label in a row of labels has its value below it."""
    for row in range(block.start, block.stop):
        read_row(grid, row, block, draft, vocabulary)
    label_value.read(grid, block, draft, vocabulary, head_value)


def read_row(
    grid: Grid, row: int, block: Block, draft: Draft, vocabulary: Vocabulary, funds: bool = False
) -> set[Slot]:
    """The pairs of one row; returns the slots taken. funds: fund headings may stand in the same row."""
    taken: set[Slot] = set()
    slots = grid.rows[row]
    if len(slots) > 2 and grid.heads_a_blank_row(row):
        return taken
    for index, slot in enumerate(slots):
        if slot.blank or slot in taken or draft.ledger.claimed(slot.cell):
            continue
        if re.search("[:：].", slot.text) and read_line(slot.cell, draft, vocabulary, IN_TABLE):
            taken.add(slot)
            continue
        field = vocabulary.heading(slot.text, "head")
        if funds and vocabulary.heading(slot.text, "funds") not in (None, "ignore", "extra"):
            continue
        if field is None and _joined(slot, slots[index + 1 : index + 2], draft, vocabulary):
            taken |= {slot, slots[index + 1]}
            continue
        if field is None:
            if _unlabelled(slot, draft, vocabulary) or read_line(slot.cell, draft, vocabulary, IN_TABLE):
                taken.add(slot)
            continue
        taken.add(slot)
        draft.ledger.ornament(slot.cell)
        if field == "ignore":
            beside = slots[index + 1] if index + 1 < len(slots) else None
            if beside is not None and "单位" in slot.text and (unit := money.stated(beside.text)) is not None:
                draft.unit = unit  # 金额单位 | 元
                draft.ledger.ornament(beside.cell)
                taken.add(beside)
            continue
        values = _values(slots[index + 1 :], vocabulary)
        if not any(not value.blank for value in values) and _labels_only(slots, vocabulary):
            values = _below(grid, row, slot, block, vocabulary)
        if field == "self_score" and not slots[index + 1 :]:  # 自评得分 at the end of a row, its figure below
            values = values or _below(grid, row, slot, block, vocabulary)
        value = _pick(field, values)
        if value is not None:
            taken.add(value)
            _state(field, squeeze(slot.cell.text).rstrip(":："), value.cell, draft)
            if field == "self_score":
                _beside_score(values, value, draft)
    return taken


def _joined(label: Slot, behind: list[Slot], draft: Draft, vocabulary: Vocabulary) -> bool:
    """`实施单位/联系人 | 甲站/乙某`, `单位负责人及电话 | 甲某 0921-1234`: as many values in one cell as known labels before it."""
    labels = joined(label.text, vocabulary)
    values = _parts(behind[0].cell.text) if behind else []
    if len(labels) < 2 or len(values) != len(labels):
        return False
    draft.ledger.ornament(label.cell)
    for (name, field), value in zip(labels, values, strict=True):
        if field == "extra":
            draft.add_extra(_bare(name), stated_text(value), behind[0].cell)
        elif field != "ignore":
            draft.put(field, head_value(field, value), behind[0].cell, IN_TABLE, _bare(name))
    return True


def _parts(text: str) -> list[str]:
    """The values that stand in one cell: parted by a stroke, else by blanks, else a name from the number behind it."""
    for parted in (re.split("[/／]", squeeze(text)), width(text).split(), _NUMBER_BEHIND.split(squeeze(text))):
        if len(parts := [part for part in parted if part]) > 1:
            return parts
    return [text]


def _values(after: list[Slot], vocabulary: Vocabulary) -> list[Slot]:
    """The cells behind a label up to the next label."""
    out: list[Slot] = []
    for slot in after:
        if not slot.blank and (
            vocabulary.heading(slot.text, "head")
            or vocabulary.heading(slot.text, "funds") in ("approved", "revised", "executed", "execution_rate")
        ):
            break
        out.append(slot)
    return out


def _labels_only(slots: list[Slot], vocabulary: Vocabulary) -> bool:
    return all(slot.blank or vocabulary.heading(slot.text, "head") for slot in slots)


def _below(grid: Grid, row: int, label: Slot, block: Block, vocabulary: Vocabulary) -> list[Slot]:
    if row + 1 >= block.stop:
        return []
    slot = grid.at(row + 1, label.left, label.right)
    if slot is None or slot.cell.row != row + 1 or vocabulary.heading(slot.text, "head"):
        return []
    return [slot]


def _pick(field: str, values: list[Slot]) -> Slot | None:
    filled = [slot for slot in values if not slot.blank]
    if field == "self_score":
        # `总分 | 100 | 94`, `总分 | 94 | 100`: the full mark is never less than the score
        figures = [slot for slot in values if number(slot.cell.text)]
        full = [slot for slot in figures if (figure := number(slot.cell.text)) and figure.value in FULL_MARKS]
        if len(figures) > 1 and full:
            return next((slot for slot in figures if slot is not full[0]), full[0])
        return figures[0] if figures else None
    return filled[0] if filled and values[0] is filled[0] else None


def _beside_score(values: list[Slot], score: Slot, draft: Draft) -> None:
    """What stands beside a total: the full mark before it, the grade behind it."""
    for slot in values:
        if slot is score or slot.blank:
            continue
        figure = number(slot.cell.text)
        if GRADE.fullmatch(slot.text):
            draft.put("grade", slot.text, slot.cell)
        elif figure:
            draft.add_extra(STATED_WEIGHT, str(figure.value), slot.cell)


def _unlabelled(slot: Slot, draft: Draft, vocabulary: Vocabulary) -> bool:
    """A unit's name that stands in the head without a label."""
    if slot.cell.column == 0 and draft.get("unit") is None and names_unit(slot.cell.text, vocabulary):
        draft.put("unit", clean(slot.cell.text).replace("\n", ""), slot.cell, BESIDE)
        return True
    return False


def _state(field: str, label: str, source: Source, draft: Draft) -> None:
    if field == "extra":
        text = stated_text(source.text)
        if text is None:
            draft.ledger.ornament(source)
        else:
            draft.add_extra(_bare(label), text, source)
    else:
        local = field == "supervisor" and re.match("[县区市]级", label) is not None  # beside 省级主管部门, 市级主管部门
        rank = IN_TABLE + (1 if local and label[0] == "市" else 2 if local else 0)
        draft.put(field, head_value(field, source.text), source, rank, _bare(label))


def _bare(label: str) -> str:
    return numbering.without(_STAMP.sub("", width(label))).strip(":： 。")


def head_value(field: str, text: str) -> Value | None:
    """The value of a head field as its type, None where nothing is stated."""
    text = _STAMP.sub(" ", width(text))
    if field == "self_score":
        figure = number(text)
        return figure.value if figure else None
    if field == "fiscal_year":
        return year(text)
    if field == "reported_on":
        return day(text)
    stated = stated_text(text)
    if stated is None or _BLANK_DATE.fullmatch(squeeze(stated)):
        return None
    if field in ("duties", "deviation", "improvement"):
        return stated
    return stated.replace("\n", "").strip(" :：") or None


# ---------------------------------------------------------------- lines
# A year at the end of a line, in brackets, or set apart by blanks between labels.
_YEAR_ALONE = re.compile(r"年\s*度?\s*[)）]?\s*$|[（(]\s*20\d\d\s*年?\s*度?|(?<!\d)20\d\d年度\s+\S{2,10}[:：]")


def read_line(source: Source, draft: Draft, vocabulary: Vocabulary, rank: int = BESIDE) -> bool:
    """A line of run-in labels (`填报单位（盖章）：… 填报时间：2021.6.8`) or a year; False where it is neither."""
    plain = _STAMP.sub("", width(source.text))
    if len(squeeze(plain)) <= _SHORT_LINE:
        draft.unit = money.stated(plain) or draft.unit
    pairs = run_ins(plain, vocabulary)
    stated = year(plain) if len(squeeze(plain)) <= 60 and not any(f == "reported_on" for f, _, _ in pairs) else None
    if stated is not None and _YEAR_ALONE.search(plain):
        draft.put("fiscal_year", stated, source, rank)
    elif not pairs:
        return False
    draft.ledger.ornament(source)
    for field, label, text in pairs:
        if field in _NAMES and is_date_line(squeeze(text)) is not None:
            field = "reported_on"  # 填报人（签字）：2023年3月1日
        text = re.sub(r"[（(]?\s*20\d\d\s*年\s*度\s*[)）]?\s*$", "", text)
        if field == "extra":
            value = stated_text(text)
            if value is not None:
                draft.add_extra(_bare(label), value, source)
        elif field != "ignore" and not _MONEY_UNIT.fullmatch(squeeze(text)):
            value_of = head_value(field, text)
            if value_of is not None:
                draft.put(field, value_of, source, rank, _bare(label))
    return True


def run_ins(text: str, vocabulary: Vocabulary) -> list[tuple[str, str, str]]:
    """(field, label, value) of every known label that a colon follows in a line; of one alone before its value that blanks set apart."""
    apart = _APART.match(text)
    if apart and (field := vocabulary.heading(apart[1], "head")) and vocabulary.heading(apart[2], "head") is None:
        return [(field, apart[1], apart[2])]
    marks: list[tuple[int, int, str, str]] = []
    for colon in _COLON.finditer(text):
        before = _LABEL_RUN.search(
            re.sub(
                r"(?<=[\u4e00-\u9fff])[ \u3000](?=[\u4e00-\u9fff](?:[ \u3000]|$))", "", text[: colon.start()]
            ).rstrip()
        )
        if not before:
            continue
        run = before.group()
        for cut in range(len(run) - 1):
            field = vocabulary.heading(run[cut:], "head")
            if field:
                start = text.rfind(run[cut], 0, colon.start())
                start = max(text.rfind(run[cut:], 0, colon.start()), 0) if run[cut:] in text else start
                marks.append((start, colon.end(), field, run[cut:]))
                break
    return [
        (field, label, text[end : marks[i + 1][0] if i + 1 < len(marks) else None])
        for i, (_, end, field, label) in enumerate(marks)
    ]


def legend(text: str) -> str | None:
    """A grade legend (`优秀（S≥90）、良好（90＞S≥80）…`), None where the text is none."""
    plain = squeeze(text)
    grades = GRADE.findall(plain)
    return plain if len(set(grades)) >= 3 and len(re.findall(r"\d{2,3}", plain)) >= 2 else None


def read_note(sources: list[Source], draft: Draft) -> None:
    """Notes under a form: ornament, but for the legend that says which score is which grade."""
    for source in sources:
        draft.ledger.ornament(source)
    found = legend("".join(source.text for source in sources))
    if found and LEGEND not in draft.extra:
        first = next((s for s in sources if re.search(r"优.*\d|\d.*优", s.text)), sources[0])
        draft.add_extra(LEGEND, found, first)


def is_date_line(text: str) -> date | None:
    """A line that is a date and nothing else."""
    plain = squeeze(text)
    return day(plain) if len(plain) <= 12 else None
