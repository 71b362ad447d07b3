"""Reads the total row of an indicator block: the full mark, the score, the grade, and what is said beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from normalizers import head
from normalizers.columns import LEVELS, Column
from normalizers.draft import TOTAL_ROW, Draft
from normalizers.grid import Slot
from normalizers.text import stated_text
from normalizers.values import number
from normalizers.vocabulary import Vocabulary
from schema.arithmetic import CENT
from schema.records import GRADE, STATED_WEIGHT, Fund, Indicator

_FEWEST = 3  # indicators that a total sums up
_GRADED = re.compile(rf"(?:等级|等次|档次|评级|评价结果|自评结果|结果)(?:为|是|[:：])?({GRADE.pattern})$")


@dataclass(frozen=True, slots=True)
class Row:
    """A row that may be a total row. label: the cell that says so; filled: its cells that are not blank; placed: those of them
    with their columns, where the row's places are known."""

    label: Slot
    filled: list[Slot]
    placed: dict[int, Slot]
    ragged: bool


def label_of(filled: list[Slot], vocabulary: Vocabulary) -> Slot | None:
    """The cell that calls a row the total, among its first three."""
    return next((s for s in filled[:3] if vocabulary.listed(s.text, "total_row")), None)


def by_full_mark(filled: list[Slot], placed: dict[int, Slot], band: list[Column], draft: Draft) -> Slot | None:
    """The label of a row that is the total though its word for it is not known: one text in front of figures, the full mark of all indicators
    among them, which no single one can have."""
    words = [slot for slot in filled if number(slot.cell.text) is None]
    figures = {
        band[i].field: number(slot.cell.text) for i, slot in placed.items() if slot in filled and slot not in words
    }
    full = figures.get("weight")
    if len(words) != 1 or words[0] is not filled[0] or full is None or full.value != 100:
        return None
    weighed = [indicator for indicator in draft.indicators if indicator.weight]
    return words[0] if len(weighed) >= _FEWEST else None


def is_total(row: Row, band: list[Column], draft: Draft, vocabulary: Vocabulary) -> bool:
    """Is it the total, and no indicator that is called 合计? An indicator stands in the column of names with a target or an actual
    of its own, or another name stands beside it."""
    column = next((i for i, slot in row.placed.items() if slot is row.label), None)
    fields = {band[i].field: slot for i, slot in row.placed.items() if slot is not row.label}
    if row.ragged:
        names = [s for s in row.filled if s is not row.label and _is_name(s, vocabulary)]
        return not names or _adds_up(row, draft)
    named = any(_is_name(slot, vocabulary) for field, slot in fields.items() if field in LEVELS)
    if named:
        return False
    alone = column is not None and band[column].field in ("level3", "level4") and not _spans(row.label, band)
    return not (alone and {"target", "actual"} & fields.keys()) or _adds_up(row, draft)


def read(row: Row, band: list[Column], draft: Draft, vocabulary: Vocabulary) -> None:
    """Puts what the row states into the form: under the points columns, behind labels of its own (`总得分 | 97.4`), by what the
    indicators sum to; words beside go to the form's extra."""
    draft.closed = True
    for slot in row.filled:
        draft.ledger.ornament(slot.cell)
    rest = [slot for slot in row.filled if slot is not row.label]
    labelled = _labelled(row, vocabulary)
    for field, slot in labelled:
        _state(field, slot, row.label, draft)
    taken = {slot for _, slot in labelled}
    place = {slot: band[i] for i, slot in row.placed.items()}
    for slot in rest:
        figure = number(slot.cell.text)
        column = place.get(slot)
        if slot in taken or vocabulary.listed(slot.text, "total_weight") or _says_score(slot, vocabulary):
            continue
        if (grade := _grade(slot)) is not None:
            draft.put("grade", grade, slot.cell, TOTAL_ROW)
        elif (
            figure is None and head.run_ins(slot.cell.text, vocabulary) and head.read_line(slot.cell, draft, vocabulary)
        ):
            continue  # 单位负责人：…
        elif figure is None:
            heading = column.heading if column is not None and column.heading else row.label.text
            draft.add_extra(heading, stated_text(slot.cell.text), slot.cell)
        elif not labelled:
            _state(_field(figure.value, column, draft), slot, row.label, draft, column)
        else:
            draft.add_extra(column.heading if column else row.label.text, slot.text, slot.cell)


def _state(field: str, slot: Slot, label: Slot, draft: Draft, column: Column | None = None) -> None:
    figure = number(slot.cell.text)
    assert figure is not None
    if field == "self_score":
        draft.put("self_score", figure.value, slot.cell, TOTAL_ROW, label.text)
    elif field == "weight":
        draft.add_extra(STATED_WEIGHT, str(figure.value), slot.cell)
    else:
        draft.add_extra(column.heading if column is not None and column.heading else label.text, slot.text, slot.cell)


def _labelled(row: Row, vocabulary: Vocabulary) -> list[tuple[str, Slot]]:
    """`总分 | 总分值 | 100 | 总得分 | 97.4`: figures behind labels in the row; none where only the row's own label stands there."""
    out: list[tuple[str, Slot]] = []
    field = None
    for slot in row.filled:
        if slot is row.label:
            continue
        if number(slot.cell.text) is not None:
            if field is not None:
                out.append((field, slot))
            field = None
        else:
            weight = vocabulary.listed(slot.text, "total_weight") is not None
            field = "weight" if weight else "self_score" if _says_score(slot, vocabulary) else None
    return out


def _says_score(slot: Slot, vocabulary: Vocabulary) -> bool:
    """得分 in a total row is that of the whole form, as 总得分 is."""
    known = vocabulary.heading(slot.text, "head") == "self_score"
    return known or vocabulary.heading(slot.text, "indicators") == "score"


def _field(value: Decimal, column: Column | None, draft: Draft) -> str:
    """What a figure of a total row is: by its column, else by what the indicators sum to."""
    if column is not None and column.field in ("weight", "score"):
        return "self_score" if column.field == "score" else "weight"
    if column is not None and column.field in LEVELS:
        return "weight"  # the points of the groups, under their names
    if column is not None and column.field in (
        "review_score",
        "level1_weight",
        "level2_weight",
        "coefficient",
    ):
        return "extra"
    scores, weights = sums(draft)
    if value == 100 or abs(value - weights) <= CENT:
        return "weight"
    return "self_score" if abs(value - scores) <= CENT else "extra"


def sums(draft: Draft) -> tuple[Decimal, Decimal]:
    """What the indicators' scores and weights sum to, with those of the budget execution."""
    rows: list[Indicator | Fund] = [
        *draft.indicators,
        *(fund for fund in draft.funds if fund.item == "total"),
    ]
    return (
        sum((r.score for r in rows if r.score is not None), Decimal(0)),
        sum((r.weight for r in rows if r.weight is not None), Decimal(0)),
    )


def _adds_up(row: Row, draft: Draft) -> bool:
    """Are the figures of the row what the indicators sum to?"""
    totals = {total for total in sums(draft) if total}
    figures = [figure.value for slot in row.filled if (figure := number(slot.cell.text)) is not None]
    return bool(figures) and all(any(abs(f - t) <= CENT for t in {*totals, Decimal(100)}) for f in figures)


def _grade(slot: Slot) -> str | None:
    """The grade that a cell states, alone (`优`) or behind a word for it (`评价结果为优`)."""
    behind = _GRADED.search(slot.text)
    return slot.text if GRADE.fullmatch(slot.text) else behind[1] if behind else None


def _is_name(slot: Slot, vocabulary: Vocabulary) -> bool:
    known = vocabulary.listed(slot.text, "total_weight") or vocabulary.listed(slot.text, "total_row")
    said = known or _says_score(slot, vocabulary) or _grade(slot)
    return number(slot.cell.text) is None and len(slot.text) > 3 and not slot.text.endswith("分") and not said


def _spans(label: Slot, band: list[Column]) -> bool:
    """Does the label run over several columns of names?"""
    return sum(label.overlap(c.left, c.right) > 0 for c in band if c.field in LEVELS) > 1
