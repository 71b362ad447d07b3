"""Names the columns of an indicator block: by their headings, by the most similar spelling, and where headings say nothing by their cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from normalizers.grid import Block, Grid, Slot, widest
from normalizers.similarity import cells_fit
from normalizers.values import Number, number, quantity
from normalizers.vocabulary import FIELDS, KNOWN, LONGEST, Vocabulary

LEVELS = frozenset(
    ("level1", "level2", "level3", "level4", "level")
)  # `level`: a column of names that does not say of which level


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a heading band: the field it names (None: not known), its own words, its stretch; recognised: why it is
    that field, where its spelling is not known as written."""

    field: str | None
    heading: str
    left: float
    right: float
    slot: Slot
    recognised: str | None = None


def columns(grid: Grid, block: Block, vocabulary: Vocabulary) -> list[Column]:
    """The columns of an indicator block's heading band, left to right."""
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
        beside = leaf.cell.row + leaf.cell.row_span > last + 1 and leaf is grid.spanning[last][0]
        if field is None and beside:
            field = "block"  # the label at the side of the whole block
        elif field == "block" and not beside and leaf.left > 0:
            field = named_alone(leaf)
        out.append(Column(field, leaf.text, leaf.left, leaf.right, leaf))
    band = _disambiguated(_recognised(grid, block, out, vocabulary))
    if shown_by_cells(grid, block.start, vocabulary):
        band = _by_cells(grid, block, band, [i for i, c in enumerate(band) if c.field is None], vocabulary)
    elif bare := [i for i, c in enumerate(band) if c.field is None and number(c.heading) is not None]:
        band = _by_cells(grid, block, band, bare, vocabulary)
    return _parted(grid, block, band)


def _recognised(grid: Grid, block: Block, band: list[Column], vocabulary: Vocabulary) -> list[Column]:
    """Columns whose heading is not known by the spelling most like it, where the cells below agree and no other column
    has that field."""
    taken = {column.field for column in band}
    out = []
    for column in band:
        near = vocabulary.similar(column.heading, "indicators") if column.field is None else None
        if near is None or near.field in taken or near.field in KNOWN:
            out.append(column)
        elif cells_fit(FIELDS["indicators"][near.field], below(grid, block, column, vocabulary)):
            taken.add(near.field)
            out.append(replace(column, field=near.field, recognised=near.reason))
        else:
            out.append(column)
    return out


def below(grid: Grid, block: Block, column: Column, vocabulary: Vocabulary) -> list[str]:
    """The texts that stand below a heading in its block; neither in a total row nor in a ragged one."""
    out: list[str] = []
    last = None
    for row in range(block.start + block.header, block.stop):
        filled = grid.filled(row)
        if row in grid.ragged or len(filled) < 3 or vocabulary.listed(filled[0].text, "total_row"):
            continue
        slot = widest(grid.spanning[row], column.left, column.right)
        if slot is not None and slot.cell is not last and not slot.blank:
            out.append(slot.cell.text)
        last = slot.cell if slot is not None else None
    return out


def _disambiguated(band: list[Column]) -> list[Column]:
    """Columns of one name by their neighbours: points behind each level, two columns of names."""
    fields = [column.field for column in band]
    for i, field in enumerate(fields):
        if field == "level":  # a column of names whose heading does not say of which level
            fields[i] = _free_level(fields[:i], fields[i + 1 :])
        elif field == "weight" and fields.count("weight") > 1 and i and fields[i - 1] in ("level1", "level2"):
            fields[i] = f"{fields[i - 1]}_weight"
        elif field == "weight" and fields.count("weight") > 1 and i and fields[i - 1] is None:
            fields[i] = None  # the points of a column that nobody knows
        elif field == "level3" and "level3" in fields[i + 1 :] and "level2" not in fields:
            fields[i] = "level2"
    return [replace(column, field=field) for column, field in zip(band, fields, strict=True)]


def _free_level(before: list[str | None], behind: list[str | None]) -> str | None:
    """The level of a column of names by those that its neighbours have: the first between them, the last where none has any."""
    levels = ("level1", "level2", "level3")
    high = [at for at, level in enumerate(levels) if level in before]
    low = [at for at, level in enumerate(levels) if level in behind]
    if not high and not low:
        return "level3"
    between = range(max(high, default=-1) + 1, min(low, default=len(levels)))
    return levels[between[0]] if between else None


# ---------------------------------------------------------------- what cells show where headings do not
_FEWEST = 2  # rows below a heading that show what its column holds
# Points of all indicators, with and without those of the execution.
_HUNDRED = frozenset(map(Decimal, (100, 90, 80, 70)))
_GROUP = re.compile(
    "(?:项目)?(?:产出|效益|满意度|服务满意度|投入|过程|效果|成本|决策|履职效能|管理效率|社会效应|可持续)(?:指标)?(?:类)?"
)
_SIGNED = re.compile("[≥≤＞＜><=＝]|不(?:低于|少于|高于|超过)|%|％")


def shown_by_cells(grid: Grid, row: int, vocabulary: Vocabulary) -> bool:
    """Is a row of headings that nobody knows over a block of indicators? Below it one column's figures sum to the points of all
    indicators, another's never exceed them, and groups have known names, or targets have signs."""
    heads = grid.filled(row)
    if row in grid.ragged or len(heads) < 4:
        return False
    if any(len(s.text) > LONGEST or re.search("[。；，：:]", s.text) or _measures(s.text) for s in heads):
        return False
    weight = next((slot for slot in heads if _sums_up(_cells(grid, row, slot, vocabulary))), None)
    if weight is None:
        return False
    cells = {slot: list(_cells(grid, row, slot, vocabulary)) for slot in heads}
    score = next((s for s in heads if s is not weight and _within(cells[s], cells[weight])), None)
    if score is None:
        return False
    known = sum(vocabulary.heading(slot.text, "indicators") is not None for slot in heads)
    groups = any(_share(cells[slot], _is_group) >= 0.6 for slot in heads)
    signed = any(_share(cells[slot], _is_signed) >= 0.5 for slot in heads if slot not in (weight, score))
    return known + groups + signed >= 2


def _cells(grid: Grid, row: int, head: Slot, vocabulary: Vocabulary) -> Iterator[Slot | None]:
    """What stands below a heading, a cell for each row down to the total or to a row of another form."""
    for below in range(row + head.cell.row_span, len(grid.rows)):
        filled = grid.filled(below)
        if len(filled) < 3 or below in grid.ragged or vocabulary.listed(filled[0].text, "total_row"):
            return
        yield widest(grid.spanning[below], head.left, head.right)


def _figures(cells: Iterable[Slot | None]) -> list[Decimal] | None:
    """The figures of a column that holds nothing else; None where it does."""
    out: list[Decimal] = []
    last = None
    for slot in cells:
        figure: Number | None = number(slot.cell.text) if slot is not None else None
        if slot is None or figure is None or figure.unit not in ("", "分") or slot.cell is last:
            return None
        out.append(figure.value)
        last = slot.cell
    return out if len(out) >= _FEWEST else None


def _sums_up(cells: Iterable[Slot | None]) -> bool:
    figures = _figures(cells)
    return figures is not None and sum(figures) in _HUNDRED and all(figure > 0 for figure in figures)


def _within(cells: list[Slot | None], weights: list[Slot | None]) -> bool:
    """Is no figure of a column above the points beside it?"""
    scores, points = _figures(cells), _figures(weights)
    if scores is None or points is None or len(scores) != len(points) or not any(scores):
        return False
    return all(0 <= score <= most for score, most in zip(scores, points, strict=True))


def _share(cells: list[Slot | None], holds: Callable[[str], bool]) -> float:
    texts = [slot.text for slot in cells if slot is not None and not slot.blank]
    return sum(map(holds, texts)) / len(texts) if texts else 0.0


def _is_group(text: str) -> bool:
    return _GROUP.fullmatch(re.sub(r"[（(]?\d+(?:\.\d+)?分?[)）]?$", "", text)) is not None


def _is_signed(text: str) -> bool:
    return _SIGNED.search(text) is not None and quantity(text) is not None


def _by_cells(grid: Grid, block: Block, band: list[Column], free: list[int], vocabulary: Vocabulary) -> list[Column]:
    """Columns that no heading names (free), by what stands below them: points, scores, groups and names. Targets and actuals look alike:
    they keep their headings' words."""
    if not free:
        return band
    row = block.start + block.header - 1
    cells = [list(_cells(grid, row, column.slot, vocabulary)) for column in band]
    fields = {column.field: i for i, column in enumerate(band)}
    told: dict[int, tuple[str, str]] = {}
    if "weight" not in fields and (found := [i for i in free if _sums_up(cells[i])]):
        told[found[0]] = ("weight", "其下合计为各项指标的分值")
    weight = next(iter(told), fields.get("weight"))
    if "score" not in fields and weight is not None:
        found = [i for i in free if i not in told and i > weight and _within(cells[i], cells[weight])]
        if len(found) == 1:
            told[found[0]] = ("score", "其下均不超过分值")
    if "level1" not in fields and (found := [i for i in free if _share(cells[i], _is_group) >= 0.6]):
        told[found[0]] = ("level1", "其下为一级指标名称")
    if not fields.keys() & {"level3", "level4"}:
        names = [i for i in free if i not in told and _are_names(cells[i])]
        first = min((i for i, column in enumerate(cells) if _share(column, _measures) >= 0.5), default=len(band))
        if names := [i for i in names if i < first]:
            told[names[-1]] = ("level3", "其下为各不相同的名称")
    return [
        replace(column, field=told[i][0], recognised=told[i][1]) if i in told else column
        for i, column in enumerate(band)
    ]


def _measures(text: str) -> bool:
    return number(text) is not None or quantity(text) is not None


def _are_names(cells: list[Slot | None]) -> bool:
    """Short words, another in every row."""
    texts = [slot.text for slot in cells if slot is not None and not slot.blank]
    return len(texts) >= _FEWEST and len(set(texts)) == len(texts) and all(
        len(text) <= LONGEST and number(text) is None and not re.search("[。；]", text) for text in texts
    )  # fmt: skip


# ---------------------------------------------------------------- one heading over two columns
def _parted(grid: Grid, block: Block, band: list[Column]) -> list[Column]:
    """A heading merged over a name and what describes it: the name keeps the heading's field, the text beside it is its
    definition, or keeps the heading's words where another column is one."""
    out: list[Column] = []
    for column in band:
        edges = _inner_edges(grid, block, column) if column.field in ("level3", "level4") else []
        if len(edges) != 1:
            out.append(column)
            continue
        defined = any(other.field == "definition" for other in band)
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
    if own is None and parent and leaf.blank:
        return parent
    return own
