"""Reads the indicator rows below a heading band: levels, targets, points, reasons; total rows; notes."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from normalizers import goals, levels, ragged, totals
from normalizers.columns import Column, below, columns
from normalizers.draft import Draft, Unreadable
from normalizers.grid import Block, Grid, Slot
from normalizers.head import read_note
from normalizers.ledger import keep
from normalizers.starts import indicator_band, same_band
from normalizers.text import squeeze, stated_text
from normalizers.values import OPERATORS, chinese_number, not_stated, number, quantity, rate
from normalizers.vocabulary import Vocabulary
from schema.arithmetic import CENT
from schema.records import Indicator, Kind, of_kind

CARRIED = "沿用上一行的分组"
_LEVELS = ("level1", "level2", "level3", "level4")
_POINTS = of_kind(Indicator, Kind.POINTS)
_RATES = of_kind(Indicator, Kind.RATE)
_LINES = of_kind(Indicator, Kind.LINE)
_TEXTS = of_kind(Indicator, Kind.TEXT, Kind.LINE)
_FEWEST = 3  # cells of a row that states an indicator or the total
_STATES = (
    "level3",
    "level4",
    "target",
    "actual",
    "score",
    "adjusted_target",
)  # one of these makes a row an indicator


def read(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    """One indicator per row that names, measures or scores something; stated totals go to the draft."""
    band = columns(grid, block, vocabulary)
    for row in range(block.start, block.start + block.header):
        for slot in grid.filled(row):
            if any(slot is column.slot for column in band) and not vocabulary.heading(slot.text, "indicators"):
                if next(c for c in band if c.slot is slot).field is None:
                    continue  # a heading that nobody knows stays a leftover
            draft.ledger.ornament(slot.cell)
    _tell_unknown(grid, block, band, draft, vocabulary)
    headings = tuple(squeeze(column.heading) for column in band)
    if headings != draft.headings:
        draft.outline += [
            ("indicators", vocabulary.stripped(column.heading), column.field)
            for column in band
            if column.heading and column.field != "block"
        ]
    reader = _Rows(grid, block.stop, band, draft, vocabulary)
    reader.goal = goals.at_side(block, band, draft)
    reader.carried = dict(draft.groups) if headings == draft.headings else {}
    draft.headings, draft.groups = headings, {}
    rows = [grid.rows[row] for row in range(block.start + block.header, block.stop)]
    if label := reader.aligner.side_label(rows):
        draft.ledger.ornament(label.cell)
    row = block.start + block.header
    while row < block.stop:
        again = indicator_band(grid, row, vocabulary)
        if not again and same_band(grid, block, row, block.header):  # of headings that hardly anybody knows
            again = block.header
        for heading_row in range(row, row + again):  # the headings repeated after a page
            for slot in grid.filled(heading_row):
                draft.ledger.ornament(slot.cell)
        row += again
        if again:
            reader.carried = dict(draft.groups)
        if row < block.stop and not again:
            reader.row(row)
            row += 1
    reader.close()


def _tell_unknown(grid: Grid, block: Block, band: list[Column], draft: Draft, vocabulary: Vocabulary) -> None:
    """Headings whose spelling nobody knows go to the evidence, with what they were taken for or what may be meant."""
    for i, column in enumerate(band):
        if not column.heading or (column.field is not None and column.recognised is None):
            continue
        cells = tuple(below(grid, block, column, vocabulary))
        beside = tuple(band[j].heading for j in (i - 1, i + 1) if 0 <= j < len(band))
        taken = column.recognised is not None
        draft.ledger.unknown(
            column.heading, column.slot.cell, "indicators", column.proposal, taken=taken, below=cells, beside=beside
        )


class _Rows:
    """The rows of one block in order; guards what a ragged row inherits from the rows above."""

    def __init__(self, grid: Grid, stop: int, band: list[Column], draft: Draft, vocabulary: Vocabulary) -> None:
        self.grid, self.stop, self.band, self.draft, self.vocabulary = grid, stop, band, draft, vocabulary
        length = max((len(grid.rows[c.slot.cell.row]) for c in band), default=0)
        self.aligner = ragged.Aligner(band, length, vocabulary)
        self.blank_levels: list[Slot] = []
        self.held: dict[int, Slot] = {}  # the columns of a ragged row that may go on after a page
        self.parts: list[tuple[int, Slot]] = []
        self.recognised = {column.field: column.recognised for column in band}
        self.goal: tuple[int, Slot] | None = None  # the goal that the label at the side of the block names
        self.carried: dict[str, Slot] = {}  # the groups that go on below headings repeated on the next page

    def row(self, row: int) -> None:
        filled = self.grid.filled(row)
        if not filled:
            return
        first = filled[0].text
        if self._total(row, filled):
            return
        if self.vocabulary.listed(first, "subtotal_row"):
            for slot in filled:
                self.draft.ledger.ornament(slot.cell)
            return
        if len(filled) == 1 and re.match(self.vocabulary.forms["notes"], first):
            read_note([filled[0].cell], self.draft)
            return
        if row not in self.grid.ragged and any(self._runs_over(slot) for slot in filled):
            if not self._names_beside(filled):
                return  # 说明 | one text over all columns: a line of its own, left over
        if row not in self.grid.ragged:
            self._indicator(_placed(self.band, self.grid.spanning[row]))
        elif self._goes_on(filled):
            for column, slot in self.aligner.continuation(self.grid.rows[row]).items():
                self._append(column, slot)
        else:
            self.flush()
            placed = self.aligner.place(self.grid.rows[row])
            self.held = {**placed.inherited, **placed.own}

    # -- rows cut in two by a page
    def _goes_on(self, filled: list[Slot]) -> bool:
        """A ragged row without a figure, where every row before had one, is the rest of the row above."""
        scored = any(column.field in ("score", "weight") for column in self.band)
        if not (scored and self.held and self.draft.indicators) or any(number(s.cell.text) for s in filled):
            return False
        return not self.aligner.names_group(filled)

    def _append(self, column: int, slot: Slot) -> None:
        """The text of a held cell goes on in another cell."""
        before = self.held.get(column)
        if before is None:
            self.held[column] = slot
            return
        if self.band[column].field in ("level1", "level2") and levels.group_name(before.cell.text)[1] is not None:
            self.aligner.above[column] = slot  # the group named again on the next page
            self.parts.append((column, slot))
            return
        cell = replace(before.cell, text=before.cell.text + slot.cell.text)
        self.held[column] = replace(before, cell=cell)
        self.parts.append((column, slot))

    def flush(self) -> None:
        """Reads the row that was held back until it was sure to be whole."""
        if self.held:
            index = len(self.draft.indicators)
            self._indicator(self.held)
            path = f"{self.draft.path}.indicators[{index}]"
            for column, slot in self.parts:
                self.draft.ledger.use(slot.cell, path, str(self.band[column].field))
        self.held, self.parts = {}, []

    # -- totals
    def _total(self, row: int, filled: list[Slot]) -> bool:
        """`总分 | 100 | 94`: figures under the points columns; `合计 | 90.4` too."""
        label = totals.label_of(filled, self.vocabulary)
        if label is None and row not in self.grid.ragged and self._is_last(row):
            label = totals.by_full_mark(filled, _placed(self.band, self.grid.spanning[row]), self.band, self.draft)
        if label is None:
            return False
        if row in self.grid.ragged:
            self.flush()
            placed = self._proven(self.aligner.place_total(self.grid.rows[row], label))
            found = totals.Row(label, filled, placed, ragged=True)
        else:
            found = totals.Row(label, filled, _placed(self.band, self.grid.rows[row]), ragged=False)
        if not totals.is_total(found, self.band, self.draft, self.vocabulary):
            return False
        self.flush()
        totals.read(found, self.band, self.draft, self.vocabulary)
        return True

    def _is_last(self, row: int) -> bool:
        """Does no other row of indicators, nor a total, follow in the block?"""
        return all(len(self.grid.filled(below)) < _FEWEST for below in range(row + 1, self.stop))

    def _proven(self, placed: dict[int, Slot]) -> dict[int, Slot]:
        """One figure alone in a ragged total row is the score, if it is what the scores sum to."""
        score = next((i for i, column in enumerate(self.band) if column.field == "score"), None)
        figures = [(slot, figure) for slot in placed.values() if (figure := number(slot.cell.text))]
        if score is None or len(figures) != 1:
            return placed
        total, _ = totals.sums(self.draft)
        return {score: figures[0][0]} if abs(figures[0][1].value - total) <= CENT else placed

    def _runs_over(self, slot: Slot) -> bool:
        """Does a cell run over more columns than a row of the block has cells merged sideways?"""
        most = max(3, len(self.band) // 2)
        if slot.cell.column_span <= most and slot.cell.row not in self.grid.ragged:
            return False
        return sum(slot.overlap(column.left, column.right) > 0 for column in self.band) > most

    def _names_beside(self, filled: list[Slot]) -> bool:
        """Does a name stand in its own column at the left of a text that runs over the others?"""
        names = [c for c in self.band if c.field in ("level3", "level4")]
        return any(
            not self._runs_over(slot) and any(slot.overlap(c.left, c.right) >= 0.5 * (c.right - c.left) for c in names)
            for slot in filled
        )

    # -- one indicator
    def _indicator(self, placed: dict[int, Slot]) -> None:
        fields: dict[str, Slot] = {}
        extra: list[tuple[str, Slot]] = []
        for index, slot in sorted(placed.items()):
            column = self.band[index]
            if slot.blank:
                continue
            if column.field in ("ignore", "block"):
                self.draft.ledger.ornament(slot.cell)
            elif column.field in (None, "extra") or column.field in fields or self._runs_over(slot):
                extra.append((column.heading, slot))
            else:
                fields[str(column.field)] = slot
        if "adjusted_target" in fields:  # the adjusted target counts, the initial one is kept beside it
            if "target" in fields:
                extra.append((self._heading("target"), fields["target"]))
            fields["target"] = fields.pop("adjusted_target")
        if "op" in fields and squeeze(fields["op"].cell.text) not in OPERATORS:
            slot = fields.pop("op")  # `>= 98` in the column of signs
            if "target" not in fields and quantity(stated_text(slot.cell.text)) is not None:
                fields["target"] = slot
            else:
                extra.append((self._heading("op"), slot))
        stated = [f for f in _STATES if f in fields and not levels.hollow(f, fields[f].cell.text)]
        if not stated:
            said = (
                "deviation",
                "evidence",
                "remark",
                "review_score",
            )  # what is said of a row without a name stays a leftover
            self.blank_levels += [slot for field, slot in fields.items() if field not in said]
            return
        carried = self._carry(fields)
        path = f"{self.draft.path}.indicators[{len(self.draft.indicators)}]"
        self.draft.indicators.append(self._record(fields, extra, path, carried))

    def _carry(self, fields: dict[str, Slot]) -> set[str]:
        """A group goes on in rows whose own group is blank, until one names its own; also over headings repeated on the
        next page. Gives the levels that were carried."""
        if "level1" in fields and not self._same_group(fields):
            self.carried = {}
        elif "level2" in fields:
            self.carried.pop("level2", None)
            if "level1" not in fields and not self._belongs(fields["level2"]):
                self.carried = {}
        carried: dict[str, Slot] = {level: slot for level, slot in self.carried.items() if level not in fields}
        fields.update(carried)
        groups: dict[str, Slot] = {level: fields[level] for level in ("level1", "level2") if level in fields}
        self.draft.groups, self.carried = groups, dict(groups)
        return set(carried)

    def _belongs(self, level2: Slot) -> bool:
        """May the level 1 above hold this level 2? `社会效益` is no part of `产出指标`."""
        if "level1" not in self.carried:
            return True
        own = levels.group_name(level2.cell.text)[0]
        above = levels.group_name(self.carried["level1"].cell.text)[0]
        known = self.vocabulary.category(None, own) is not None
        return not known or self.vocabulary.belongs(above or "", own or "")

    def _same_group(self, fields: dict[str, Slot]) -> bool:
        before = self.carried.get("level1")
        return before is not None and before.cell is fields["level1"].cell

    def _record(
        self, fields: dict[str, Slot], extra: list[tuple[str, Slot]], path: str, carried: set[str]
    ) -> Indicator:
        ledger = self.draft.ledger
        values: dict[str, object] = {}
        others: dict[str, str] = {}
        for field, slot in fields.items():
            if field in _TEXTS:
                text = stated_text(slot.cell.text)
                values[field] = text.replace("\n", "") if text and field in _LINES else text
        for heading, slot in extra:
            if text := stated_text(slot.cell.text):
                ledger.use(slot.cell, path, keep(others, heading, text))
        levels.read(fields, values, others, path, self.draft, self.vocabulary, self._heading)
        if self.goal is not None:
            values["goal"] = self.goal[0]
            self.draft.ledger.use(self.goal[1].cell, path, "goal")
        if "goal" in fields:
            values["goal"] = self._goal(squeeze(fields["goal"].cell.text))
        self._figures(fields, values, others, path)
        for field, slot in fields.items():
            why = CARRIED if field in carried else self.recognised.get(field)
            if field == "op" or values.get(field) is not None or self._unreadable(path, field):
                ledger.use(slot.cell, path, "target_value" if field == "op" else field, why)
            else:
                ledger.ornament(slot.cell)  # a template's own filling, or a word for nothing
        op = squeeze(fields["op"].cell.text) if "op" in fields else None
        nature = str(values.get("nature") or "")
        if op is None and nature in OPERATORS:
            op = nature
        unit = str(values["unit"]) if values.get("unit") else None
        target, actual = values.get("target"), values.get("actual")
        values["target_value"] = quantity(str(target) if target else None, op, unit)
        values["actual_value"] = quantity(str(actual) if actual else None, None, unit)
        return Indicator(**values, extra=others or None)  # type: ignore[arg-type]

    def _unreadable(self, path: str, field: str) -> bool:
        return any(told.where == _where(path, field) for told in self.draft.unreadable)

    def _goal(self, text: str) -> int | None:
        """The number of the goal that a cell names: `目标2`, `2`, or the goal's own words."""
        match = re.fullmatch(r"(?:年度)?(?:绩效)?(?:目标)?([\d一二三四五六七八九十]{1,2})(?:[:：、.．].*)?", text)
        if match:
            number = Decimal(match[1]) if match[1].isdigit() else chinese_number(match[1])
            return int(number) if number else None
        named = [g.no for g in self.draft.goals if g.planned and squeeze(g.planned) == text]
        return named[0] if len(named) == 1 else None

    def _figures(self, fields: dict[str, Slot], values: dict[str, object], others: dict[str, str], path: str) -> None:
        name = str(values.get("level3") or values.get("level4") or values.get("level2") or "指标")
        for field in (*_POINTS, *_RATES):
            if field not in fields:
                continue
            text = fields[field].cell.text
            figure = number(text)
            if figure is not None and field in values and values[field] != figure.value:
                # points beside a group's name that differ from its own
                told = keep(others, self._heading(field), squeeze(text))
                self.draft.ledger.use(fields[field].cell, path, told)
            elif figure is not None:
                percent = "%" in self._heading(field)
                score, weight = values.get("score"), values.get("weight")
                share = (
                    score / weight if isinstance(score, Decimal) and isinstance(weight, Decimal) and weight else None
                )
                values[field] = rate(figure, percent, share) if field in _RATES else figure.value
                if figure.note:
                    self.draft.ledger.use(fields[field].cell, path, keep(others, "备注", figure.note))
            elif not not_stated(text):
                self.draft.unreadable.append(Unreadable(_where(path, field), name, squeeze(text)))

    def _heading(self, field: str) -> str:
        return next((column.heading for column in self.band if column.field == field), "")

    def close(self) -> None:
        """What only blank template rows held says nothing."""
        self.flush()
        for slot in self.blank_levels:
            self.draft.ledger.ornament(slot.cell)


def _placed(band: list[Column], slots: list[Slot]) -> dict[int, Slot]:
    """Each cell of a row in the one column it shares most with."""
    out: dict[int, Slot] = {}
    best: dict[int, float] = {}
    for slot in slots:
        shares = [slot.overlap(column.left, column.right) for column in band]
        most = max(shares, default=0)
        if most <= 0:
            continue
        index = next(i for i, share in enumerate(shares) if share >= 0.999 * most)
        if most > best.get(index, 0):
            out[index], best[index] = slot, most
    return out


def _where(path: str, field: str) -> str:
    """The place of a row's value in its form, as a finding names it."""
    return f"{path.partition('.')[2]}.{field}"
