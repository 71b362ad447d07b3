"""Measures the joint reading of headings: `python -m tests.held_back`.

For each layout with the counts of the others alone (roles.csv without it): every heading that names a field held back from the
vocabulary in turn; half of a band's headings at once; all of them; columns under headings that no field is for put into a band; and each heading
of goals.
What is taken must be right, what is strange must be kept under its own words.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from data.maker import evidence, forms, unmet, word
from data.maker.layout import Layout, all_layouts
from extractors import read
from extractors.files import File
from normalizers.blocks import cut
from normalizers.columns import Column, columns
from normalizers.grid import Block, Grid
from normalizers.roles import Roles
from normalizers.vocabulary import KNOWN, Vocabulary, vocabulary
from pipeline.extract import understand
from schema.document import Cell, Document, Table

_NO_FIELD = KNOWN | {None}
Draw = Callable[[random.Random, int], str]


@dataclass(frozen=True)
class Band:
    """An indicator block of a made form, its columns as they are, the counts without its layout, a seed of its own."""

    table: Table
    block: Block
    columns: list[Column]
    roles: Roles
    seed: str

    def vocabulary(self, *without: str) -> Vocabulary:
        """The vocabulary without the spellings of some headings."""
        words = forgetful(without, ("indicators",))
        words.roles = words.roles | {"indicators": self.roles}
        return words

    def again(self, words: Vocabulary, table: Table | None = None) -> list[Column] | None:
        """The columns under another vocabulary, or in a table that was changed; None where the block is not found."""
        grid = Grid(table or self.table)
        for block in cut(grid, words, basics=False):
            if block.kind == "indicators" and block.start == self.block.start:
                return columns(grid, block, words)
        return None


def forgetful(headings: Iterable[str], blocks: Iterable[str]) -> Vocabulary:
    """The vocabulary without the spellings of some headings in some blocks."""
    shipped = vocabulary()
    return unmet.forgetful({spelling for heading in headings for spelling in shipped.spellings(heading)}, set(blocks))


def bands(layouts: list[Layout]) -> list[Band]:
    counted = evidence.by_layout(all_layouts())
    shipped, out = vocabulary(), []
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "form.docx")
        for layout in layouts:
            roles = evidence.without(counted, layout.name)["indicators"]
            for seed in (1, 2):
                path.write_bytes(word.make(forms.make(layout, seed).source))
                for table in read(File(path)).blocks:
                    for block in cut(Grid(table), shipped, basics=False) if isinstance(table, Table) else ():
                        if block.kind == "indicators" and block.stop - block.start - block.header >= 3:
                            found = columns(Grid(table), block, shipped)
                            out.append(Band(table, block, found, roles, f"{layout.name} {seed}"))
    return out


def held(band: Band, headings: list[str]) -> Iterator[str]:
    """What becomes of the columns under some headings that are held back: `right`, `wrong`, `asked`, `lost` with their table."""
    found = band.again(band.vocabulary(*headings))
    at = {(column.left, column.right): column.field for column in found or ()}
    for column in _fields(band):
        if column.heading in headings:
            field = at.get((column.left, column.right))
            told = "asked" if field in _NO_FIELD else "right" if field == column.field else "wrong"
            yield "lost" if found is None else told


def one(band: Band) -> Iterator[str]:
    for heading in dict.fromkeys(column.heading for column in _fields(band)):
        yield from held(band, [heading])


def half(band: Band) -> Iterator[str]:
    headings = list(dict.fromkeys(column.heading for column in _fields(band)))
    for turn in range(2):
        yield from held(band, random.Random(f"{band.seed} {turn}").sample(headings, (len(headings) + 1) // 2))


def all_of_them(band: Band) -> Iterator[str]:
    yield from held(band, [column.heading for column in band.columns])


def _fields(band: Band) -> list[Column]:
    """The columns whose headings are known and name a field, but for a heading in front of the whole block."""
    shipped = vocabulary()
    known = (c for c in band.columns if c.field not in _NO_FIELD and c.heading)
    return [c for c in known if shipped.heading(c.heading, "indicators") not in _NO_FIELD]


def _one_of(*texts: str) -> Draw:
    return lambda rng, row: rng.choice(texts)


def _figure(low: int, high: int, unit: str = "") -> Draw:
    return lambda rng, row: f"{rng.randint(low, high)}{unit}"


# Headings that no form of ours has, with what may stand below: figures, quantities, words and sentences as beside them.
STRANGE: dict[str, Draw] = {
    "责任科室": _one_of("办公室", "财务科", "业务科", "规划股"),
    "是否达标": _one_of("是", "否"),
    "佐证页码": _figure(1, 90),
    "数据出处": _one_of("统计报表", "工作台账", "会议纪要"),
    "上年得分": _figure(3, 10),
    "上年分值": _figure(3, 10),
    "指标编码": lambda rng, row: f"A{row:02d}",
    "完成时间": _figure(1, 12, "月"),
    "评价等次": _one_of("优", "良", "中"),
    "同比增幅": _figure(1, 30, "%"),
    "达成比例": _figure(80, 120, "%"),
    "复核意见": _one_of("同意", "基本同意", "请补充材料"),
    "权属层级": _one_of("省级", "市级", "县级"),
    "考核频次": _one_of("每年", "每季度", "每月"),
    "区县平均水平": _figure(80, 99, "%"),
    "历史最好水平": _figure(10, 99, "个"),
    "牵头部门": _one_of("甲局", "乙局", "丙中心"),
    "累计支付（万元）": _figure(10, 900, ".25"),
    "补充情况": _one_of("已按要求完成相关工作，并形成总结材料上报", "受天气影响部分工作推迟，计划下年度完成"),
    "涉及资金": _figure(1, 500),
    "计分公式": _one_of("实际/计划×分值", "按比例扣减"),
    "群众反响": _one_of("较好", "良好", "一般"),
    "归档编号": lambda rng, row: f"2022-{row:03d}",
    "审核签字": _one_of("甲", "乙"),
    "第三方评分": _figure(3, 10),
    "扣减分": _figure(0, 3),
}


def strange(band: Band) -> Iterator[str]:
    """What becomes of a column under a heading nobody knows that is put into a band: `kept`, `taken`, `lost` with its table."""
    words = band.vocabulary()
    for heading, draw in STRANGE.items():
        rng = random.Random(f"{band.seed} {heading}")
        table = _with_column(band, heading, draw, rng)
        if table is not None and words.heading(heading, "indicators") is None:
            found = band.again(words, table)
            field = next((column.field for column in found or () if column.heading == heading), None)
            yield "lost" if found is None else "kept" if field in _NO_FIELD else "taken"


def _with_column(band: Band, heading: str, draw: Draw, rng: random.Random) -> Table | None:
    """The table with a further column in its block, None where a merged cell would be cut."""
    table, block = band.table, band.block
    at = rng.choice(sorted({c.slot.cell.column for c in band.columns if c.slot.cell.column}))
    over = [cell for cell in table.cells if cell.column < at < cell.column + cell.column_span]
    if table.ragged or any(block.start <= cell.row < block.stop for cell in over):
        return None
    wider = {id(cell): replace(cell, column_span=cell.column_span + 1) for cell in over}
    moved = [
        replace(cell, column=cell.column + 1) if cell.column >= at else wider.get(id(cell), cell)
        for cell in table.cells
    ]
    origin = table.cells[0].origin
    moved.append(Cell(block.start, at, block.header, 1, heading, origin))
    moved += [Cell(row, at, 1, 1, draw(rng, row), origin) for row in range(block.start + block.header, block.stop)]
    widths = table.widths and (*table.widths[:at], max(table.widths) / 3, *table.widths[at:])
    cells = tuple(sorted(moved, key=lambda cell: (cell.row, cell.column)))
    return replace(table, cells=cells, columns=table.columns + 1, widths=widths)


def goals(layouts: list[Layout]) -> Counter[str]:
    """What becomes of each heading of goals that is held back: `right`, `wrong`, `asked`, `lost` with its band."""
    counted, out = evidence.by_layout(all_layouts()), Counter[str]()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "form.docx")
        for layout in layouts:
            path.write_bytes(word.make(forms.make(layout, 1).source))
            document, roles = read(File(path)), evidence.without(counted, layout.name)
            for heading, field in _named(document, vocabulary()).items():
                if field in ("planned", "actual"):
                    words = forgetful([heading], ["goals"])
                    words.roles = roles
                    told = _named(document, words).get(heading, "lost")
                    asked = told in (None, "extra")
                    out["right" if told == field else "asked" if asked else "lost" if told == "lost" else "wrong"] += 1
    return out


def _named(document: Document, words: Vocabulary) -> dict[str, str | None]:
    """The headings of goals, and the field that each was read as."""
    outlines = understand(document, words).evidence.outlines
    return {heading: field for outline in outlines for block, heading, field in outline.headings if block == "goals"}


MEASURES: dict[str, Callable[[Band], Iterator[str]]] = {
    "one heading held back": one, "half of them": half, "all of them": all_of_them, "a strange column": strange,
}  # fmt: skip


def measure(found: list[Band], name: str) -> Counter[str]:
    return Counter(told for band in found for told in MEASURES[name](band))


if __name__ == "__main__":
    every = bands(all_layouts())
    results = {name: measure(every, name) for name in MEASURES} | {"a heading of goals": goals(all_layouts())}
    for name, counted in results.items():
        print(
            f"{name:22} {counted.total():5}  "
            + "  ".join(f"{told} {n / counted.total():.1%}" for told, n in counted.most_common())
        )
