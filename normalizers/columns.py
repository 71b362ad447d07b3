"""Names the columns of an indicator block: by their headings where these are known; the others by one joint reading of the whole band."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from normalizers import band
from normalizers.assignment import Decision
from normalizers.grid import Block, Grid, Slot, widest
from normalizers.levels import by_neighbours
from normalizers.roles import EXTRA, Look, kind_of, look
from normalizers.similarity import WORTH_SHOWING, Match
from normalizers.spelling import LONGEST
from normalizers.text import blank
from normalizers.values import number, year
from normalizers.vocabulary import KNOWN, Vocabulary

# `level`: a column of names that does not say of which level
LEVELS = frozenset(("level1", "level2", "level3", "level4", "level"))
MEASURED = frozenset("target actual weight score review_score criteria definition evidence deviation".split())
# What a whole reading says.
# what a block of indicators has, one of each, and what it costs a reading to be without: names, what is to be reached, points
_NEEDED = (
    (frozenset(("level3", "level4")), -6.0),
    (frozenset(("target", "actual", "criteria", "definition")), -3.0),
    (frozenset(("weight", "score")), -2.0),
)
_NO_GROUPS = -6.0  # points beside a group's name that are not merged as the name is
_HUNDRED = frozenset(
    map(Decimal, (100, 90, 80, 70))
)  # points of all indicators, with and without those of the execution
_ADDS_UP, _ADDS_UP_NOT = 2.0, -0.5
_WITHIN, _ABOVE = 2.0, -4.0  # scores beside their weights
_FEWEST = 2  # rows below headings nobody knows that make a block
MAX_HEADER = 4  # rows of headings
# so much better is a row of them read as this block's headings than as those of none where it clearly heads one, and where it is likely to
_CLEARLY, _LIKELY = 20.0, 8.0
_NONE = (0, 0.0)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a heading band: the field it names (None: not known), its own words, its stretch; recognised: why it is that field, where
    its spelling is not known as written; proposal: the field that the joint reading has it for, whether taken or not."""

    field: str | None
    heading: str
    left: float
    right: float
    slot: Slot
    recognised: str | None = None
    proposal: Match | None = None
    several: bool = False  # its heading stands over other columns too and names none of them


def columns(grid: Grid, block: Block, vocabulary: Vocabulary) -> list[Column]:
    """The columns of an indicator block's heading band, left to right."""
    told = grid.told.get(block.start, ())  # by a person, for the layout
    for found in (named(grid, block, vocabulary), _by_cells(grid, block)) if told else ():
        if len(told) == len(found):
            return [replace(column, field=field, several=False) for column, field in zip(found, told, strict=True)]
    return _parted(grid, block, _decided(grid, block, vocabulary))


def named(grid: Grid, block: Block, vocabulary: Vocabulary) -> list[Column]:
    """The columns with the fields that their headings name as they are known."""
    last = block.start + block.header - 1
    out: list[Column] = []
    for leaf in _leaves(grid, block):
        above = [
            slot
            for row in range(block.start, last + 1)
            if (slot := _over(grid, row, leaf)) is not None and slot.cell is not leaf.cell
        ]
        parents = [f for slot in dict.fromkeys(above) if (f := vocabulary.heading(slot.text, "indicators"))]
        field = _column_field(leaf, parents, vocabulary)
        over_names = field == "block" or field in LEVELS or (field is None and _like_names(leaf, vocabulary))
        beside = leaf.cell.row + leaf.cell.row_span > last + 1 and leaf is grid.spanning[last][0]
        if field is None and beside:
            field = "block"  # the label at the side of the whole block
        elif (
            over_names
            and not leaf.blank
            and (parts := _several(grid, block, leaf, grouped=field in ("level3", "level4")))
        ):
            out += [Column(None, leaf.text, left, right, leaf, several=True) for left, right in parts]
            continue
        elif field == "block" and not beside and leaf.left > 0:
            field = named_alone(leaf)
        out.append(Column(field, leaf.text, leaf.left, leaf.right, leaf))
    fields = by_neighbours([column.field for column in out], [column.heading for column in out])
    return [replace(column, field=field) for column, field in zip(out, fields, strict=True)]


def _by_cells(grid: Grid, block: Block) -> list[Column]:
    """The columns of a block as the cells of its first row are, whether headings stand over each, over several of them, or over none."""
    out, last = [], block.start + block.header - 1
    for slot in grid.spanning[block.start + block.header] if block.start + block.header < block.stop else ():
        head = grid.at(last, slot.left, slot.right) if block.header else None
        out.append(Column(None, head.text if head else "", slot.left, slot.right, head or slot))
    return out


def below(grid: Grid, block: Block, column: Column, vocabulary: Vocabulary) -> list[str]:
    """The texts that stand below a heading in its block; neither in a total row nor in a ragged one."""
    return [text for text in _cells(list(_rows(grid, block, vocabulary)), column) if not blank(text)]


# ---------------------------------------------------------------- headings nobody knows
def looks(grid: Grid, block: Block, vocabulary: Vocabulary) -> list[tuple[Column, Look]]:
    """The columns with the fields that their headings name as they are known, and what stands below each."""
    found = _Band(grid, block, named(grid, block, vocabulary), vocabulary)
    return list(zip(found.columns, found.looks, strict=True))


class _Band:
    """The columns of a block as their headings name them, to be read jointly; guards what is below each, worked out once."""

    def __init__(self, grid: Grid, block: Block, columns: list[Column], vocabulary: Vocabulary) -> None:
        self.vocabulary, self.columns = vocabulary, columns
        rows = list(_rows(grid, block, vocabulary))
        cells = [_cells(rows, column) for column in self.columns]
        self.looks = [look(texts, len(rows)) for texts in cells]
        self._counts = [len(texts) for texts in cells]
        self._figures = [_figures(rows, column) for column in self.columns]

    def read(self, lenient: bool = False) -> tuple[list[Decision], float]:
        pairs = zip(self.columns, self.looks, strict=True)
        headed = [band.Headed(c.heading, c.field, seen, c.several) for c, seen in pairs]
        return band.read("indicators", headed, self.vocabulary, self._whole, lenient, _UNHEADED)

    def _whole(self, roles: Sequence[str]) -> float:
        """What a reading as a whole says: a column of names, points of groups merged as their names are, weights that sum to the points of
        all indicators, no score above its weight."""
        at = {role: i for i, role in enumerate(roles)}
        said = sum(lost for fields, lost in _NEEDED if not at.keys() & fields)
        for level, points in (("level1", "level1_weight"), ("level2", "level2_weight")):
            if level in at and points in at and not self._merged_alike(at[level], at[points]):
                said += _NO_GROUPS
        held = at.get("weight", at.get("score"))
        if held is None:
            return said
        weights = self._figures[held]
        total = sum(weight for weight in weights if weight is not None)
        if weights and None not in weights:  # of one column alone it says that it holds points, not which
            said += _ADDS_UP if total in _HUNDRED else _ADDS_UP_NOT
        if "weight" in at and "score" in at:
            scores = self._figures[at["score"]]
            both = [(w, s) for w, s in zip(weights, scores, strict=True) if w is not None and s is not None]
            said += (_WITHIN if all(s <= w for w, s in both) else _ABOVE) if both else 0.0
        return said

    def _merged_alike(self, one: int, other: int) -> bool:
        """Have two columns about as many cells of their own?"""
        fewer, more = sorted((self._counts[one], self._counts[other]))
        return fewer >= 0.7 * more


def _decided(grid: Grid, block: Block, vocabulary: Vocabulary) -> list[Column]:
    """The columns; those that no known heading names as the joint reading of the band has them, where it is sure."""
    columns = named(grid, block, vocabulary)
    if all(column.field or not _may_be_named(grid, block, column) for column in columns):
        return columns
    decisions, _ = _Band(grid, block, columns, vocabulary).read()
    roles = {decision.role for decision in decisions}
    return [
        _taken(column, decision, vocabulary, roles) if column.field is None else column
        for column, decision in zip(columns, decisions, strict=True)
    ]


def _may_be_named(grid: Grid, block: Block, column: Column) -> bool:
    """Has a column a heading, or, without one, texts below: a level whose heading was left out?"""
    if column.heading or block.stop - block.start <= block.header:
        return bool(column.heading)
    rows = range(block.start + block.header, block.stop)
    return any((slot := grid.at(row, column.left, column.right)) is not None and not slot.blank for row in rows)


def _taken(column: Column, decision: Decision, vocabulary: Vocabulary, roles: set[str]) -> Column:
    """A column as the joint reading has it: under its field where that is sure enough, else with a proposal. roles: of all columns."""
    match = band.proposal(column.heading, decision, "indicators", vocabulary)
    if match is None:
        return column
    # another year's figures are no field of ours, nor tells a figure over points which points they are, but for those beside them
    other_year = year(column.heading) is not None or _LAST_YEAR.search(column.heading)
    told = not other_year and (number(column.heading) is None or {"weight", "score"} <= roles)
    if told and band.sure(match, decision):
        return replace(column, field=match.field, recognised=match.reason, proposal=match)
    return replace(column, proposal=match)


Row = list[Slot]  # the cells that stand in a row


def _rows(grid: Grid, block: Block, vocabulary: Vocabulary) -> Iterator[Row]:
    """The rows of a block that hold an indicator each, whole: neither totals nor ragged ones."""
    for row in range(block.start + block.header, block.stop):
        filled = grid.filled(row)
        if row not in grid.ragged and len(filled) >= 3 and not vocabulary.listed(filled[0].text, "total_row"):
            yield grid.spanning[row]


def _cells(rows: list[Row], column: Column) -> list[str]:
    """The texts below a heading, that of a cell merged over several rows once."""
    slots = [widest(row, column.left, column.right) for row in rows]
    return [
        slot.cell.text
        for before, slot in pairwise([None, *slots])
        if slot and (not before or slot.cell is not before.cell)
    ]


def _figures(rows: list[Row], column: Column) -> list[Decimal | None]:
    slots = [widest(row, column.left, column.right) for row in rows]
    return [f.value if slot is not None and (f := number(slot.cell.text)) is not None else None for slot in slots]


_BLOCKS = ("indicators", "head", "funds", "tasks", "goals", "management")
_LAST_YEAR = re.compile("[上去前]一?年")
_UNHEADED = frozenset(("level1", "level2", "level3", EXTRA))  # what a column whose heading was left out may be
_POINTS = frozenset(("weight", "score", "review_score"))
_ANYWHERE = frozenset(("weight", "score"))
_SENTENCE = re.compile("[。；，：:]")
_VALUES = frozenset(("percent", "signed", "sign", "group", "quantity"))  # no heading
_FIGURES = frozenset(("points", "figure"))  # a year may be one among others


def shown_by_all(grid: Grid, row: int, vocabulary: Vocabulary) -> int:
    """How many rows of headings stand in a row over a block of indicators, though hardly one of them is known; 0 where none does: read
    jointly, they must be clearly better explained as this block's than as those of none."""
    header, lead = _shown(grid, row, vocabulary)
    return header if lead >= _CLEARLY else 0


def supposed(grid: Grid, row: int, vocabulary: Vocabulary) -> int:
    """The same where it is likely and not clear: what is read of such a block is a guess."""
    header, lead = _shown(grid, row, vocabulary)
    return header if _LIKELY <= lead < _CLEARLY else 0


def _shown(grid: Grid, row: int, vocabulary: Vocabulary) -> tuple[int, float]:
    """The rows of headings, and how much better they are explained as this block's than as those of none."""
    return grid.once("indicators by all", row, lambda: _shown_by_all(grid, row, vocabulary))


def _shown_by_all(grid: Grid, row: int, vocabulary: Vocabulary) -> tuple[int, float]:
    heads = grid.filled(row)
    if row in grid.ragged or len(heads) < 4:
        return _NONE
    kinds = [kind_of(slot.text) for slot in heads]
    if any(len(s.text) > LONGEST or _SENTENCE.search(s.text) for s in heads) or _VALUES.intersection(kinds):
        return _NONE
    if 3 * sum(kind in _FIGURES for kind in kinds) > len(heads):
        return _NONE
    known = {block: _known(heads, block, vocabulary) for block in _BLOCKS}
    most = max(known.values())
    if most > known["indicators"] and 2 * most >= len(heads):
        return _NONE  # the headings of another block
    deep = max(slot.cell.row_span for slot in heads[1:])
    block = _under(grid, row, deep if deep <= MAX_HEADER else 1, vocabulary)
    rows = list(_rows(grid, block, vocabulary))
    if len(rows) < _FEWEST or 2 * sum(_of_money(row, vocabulary) for row in rows) >= len(rows):
        return _NONE
    decisions, lead = _Band(grid, block, named(grid, block, vocabulary), vocabulary).read(lenient=True)
    told = {decision.role for decision in decisions}
    if not told & LEVELS or not told & MEASURED or len(told & (MEASURED | LEVELS)) < 3:
        return _NONE
    return block.header, lead


def _of_money(row: Row, vocabulary: Vocabulary) -> bool:
    """Is a row a line of money, by its label?"""
    return any(vocabulary.label(slot.text) is not None for slot in row[:3] if not slot.blank)


def _known(heads: Sequence[Slot], block: str, vocabulary: Vocabulary) -> int:
    """How many headings name fields of a block; points and scores alone are those of any block."""
    fields = [field for slot in heads if (field := vocabulary.heading(slot.text, block)) not in KNOWN | {None}]
    return len(fields) if set(fields) - _ANYWHERE else 0


def _under(grid: Grid, row: int, header: int, vocabulary: Vocabulary) -> Block:
    """The rows below headings, as far down as the label at their side, to the total or to a row of another form."""
    side = grid.filled(row)[0].cell
    last = row + side.row_span if side.column == 0 and side.row_span > header else len(grid.rows)
    stop = row + header
    while (
        stop < min(last, len(grid.rows)) and stop not in grid.ragged and len(filled := grid.filled(stop)) not in (1, 2)
    ):
        if stop > row + header and filled and vocabulary.listed(filled[0].text, "total_row"):
            break  # one that stands right below the headings is no end
        stop += 1
    return Block("indicators", row, stop, header)


# ---------------------------------------------------------------- one heading over two columns
def _parted(grid: Grid, block: Block, columns: list[Column]) -> list[Column]:
    """A heading merged over a name and what describes it: the name keeps the heading's field, the text beside it is its
    definition, or keeps the heading's words where another column is one."""
    out: list[Column] = []
    for column in columns:
        edges = _inner_edges(grid, block, column) if column.field in ("level3", "level4") else []
        if len(edges) != 1:
            out.append(column)
            continue
        defined = any(other.field == "definition" for other in columns)
        out += [
            replace(column, right=edges[0]),
            replace(
                column, left=edges[0], field="extra" if defined else "definition",
                recognised=None if defined else "与名称同一表头，其下为说明文字",
            ),
        ]  # fmt: skip
    return out


def _inner_edges(grid: Grid, block: Block, column: Column) -> list[float]:
    """Where most rows part the stretch of a heading in two: a short text, then one that is longer."""
    edges: dict[float, int] = {}
    rows = 0
    for row in range(block.start + block.header, block.stop):
        under = [s for s in grid.spanning[row] if s.overlap(column.left, column.right) > 0]
        inside = [s for s in under if s.left >= column.left and s.right <= column.right]
        rows += bool(under) and row not in grid.ragged
        if len(inside) == len(under) == 2 and len(inside[1].text) > len(inside[0].text) > 0:
            edges[inside[1].left] = edges.get(inside[1].left, 0) + 1
    return [edge for edge, count in edges.items() if count >= max(1, 0.6 * rows)]


def _like_names(leaf: Slot, vocabulary: Vocabulary) -> bool:
    """Is a heading nobody knows like those over names?"""
    alike = vocabulary.likeness(leaf.text, "indicators") if len(leaf.text) <= LONGEST else {}
    return any(alike[level].likeness >= WORTH_SHOWING for level in LEVELS & alike.keys())


def _several(grid: Grid, block: Block, leaf: Slot, grouped: bool) -> list[tuple[float, float]]:
    """The stretches of the columns below one heading (评价指标 over all levels); none where most rows have one cell there. grouped: two columns
    only where the first is one of groups, merged down."""
    edges: Counter[float] = Counter()
    first: set[int] = set()
    rows = 0
    for row in range(block.start + block.header, block.stop):
        under = [s for s in grid.spanning[row] if s.overlap(leaf.left, leaf.right) > 0]
        if len(grid.filled(row)) >= 3 and row not in grid.ragged and under and under[0].left >= leaf.left:
            rows += 1
            edges.update(s.left for s in under if s.left > leaf.left)
            first.add(under[0].cell.row)
    inner = sorted(edge for edge, count in edges.items() if count >= max(1, 0.6 * rows))
    if grouped and len(inner) == 1 and len(first) > 0.7 * rows:
        return []  # a name and what describes it
    return list(pairwise([leaf.left, *inner, leaf.right])) if inner else []


def _over(grid: Grid, row: int, leaf: Slot) -> Slot | None:
    """The heading over a leaf; in a ragged row a blank place belongs to the heading at its left."""
    slot = widest(grid.spanning[row], leaf.left, leaf.right)
    if slot is None or row not in grid.ragged or not slot.blank:
        return slot
    return next((s for s in reversed(grid.rows[row]) if s.left <= slot.left and not s.blank), None)


def _leaves(grid: Grid, block: Block) -> list[Slot]:
    last = block.start + block.header - 1
    if last not in grid.ragged:
        return grid.spanning[last]
    # A ragged band: for every place the lowest filled cell, each as wide as up to the next one.
    lowest: dict[int, Slot] = {}
    for row in range(block.start, last + 1):
        if len(grid.filled(row)) > 1:
            lowest.update({i: slot for i, slot in enumerate(grid.rows[row]) if not slot.blank})
    return [lowest[i] for i in sorted(lowest)]


def named_alone(leaf: Slot) -> str | None:
    """A block's own name as the heading of a column of its own: 评价指标 holds names, 年度绩效目标 what is to be reached."""
    if leaf.text.endswith("指标"):
        return "level3"
    return "target" if leaf.text.endswith(("目标", "值")) else None


def _column_field(leaf: Slot, parents: list[str], vocabulary: Vocabulary) -> str | None:
    own = vocabulary.heading(leaf.text, "indicators")
    parent = next((f for f in reversed(parents) if f not in ("block", "ignore", "extra")), None)
    if own == "ignore" and parent and leaf.text in ("名称", "值", "数值", "内容"):
        return parent
    if own in LEVELS and parent in LEVELS:  # 一级指标 over 指标内容 | 分值
        return parent
    if own == "weight" and parent in ("level1", "level2"):
        return f"{parent}_weight"
    points = parent in _POINTS and year(leaf.text) is None and number(leaf.cell.text) is not None  # of all, below 分值
    if own is None and parent and (leaf.blank or points):
        return parent
    return own
