"""Tables that cross pages, drawn as PDF from a seed, with the table they must be read as.

What varies: columns and their widths, font size, alignment, row heights, groups merged down over one or two columns,
headings repeated or not, rows cut in two, merged cells cut in two, two tables that meet at a page's end, page numbers.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass, field

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT, MARGIN, PADDING = 595.0, 842.0, 60.0, 4.0
FONT = "STSong-Light"
_WORDS = (
    "预算 执行 绩效 指标 完成 项目 资金 管理 服务 群众 工程 质量 检查 培训 宣传 维护 安全 设备 监督 制度 建设 保障 落实 情况 "
    "年度 目标 社会 效益 生态 环境 满意 及时 规范 开展 组织 提升"
).split()

Cell = tuple[int, int, int, int, str]  # row, column, rows, columns, text


@dataclass
class Case:
    """A drawn file and the tables in it, each as its cells."""

    pdf: bytes
    tables: list[set[Cell]]
    kinds: set[str]


@dataclass
class _Row:
    cells: list[tuple[int, int, str]]  # column, columns, text
    height: float
    lines: dict[int, list[str]] = field(default_factory=dict)


def make(seed: int) -> Case:
    """The case of a seed; the same seed, the same case."""
    return _Drawing(random.Random(seed)).case()


class _Drawing:
    """One file being drawn; guards the page, the place on it and what has been drawn of each cell."""

    def __init__(self, rng: random.Random) -> None:
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
        self.rng = rng
        self.out = io.BytesIO()
        self.canvas = Canvas(self.out, pagesize=(WIDTH, HEIGHT), invariant=1)
        self.size = rng.choice([9.0, 10.0, 10.5, 12.0])
        self.page = 1
        self.y = MARGIN + rng.uniform(0, 120)
        self.numbered = rng.random() < 0.5
        self.kinds: set[str] = set()
        self.tables: list[set[Cell]] = []

    def case(self) -> Case:
        first = self._table(self.rng.randint(20, 45))
        if self.rng.random() < 0.35:
            self.kinds.add("meeting")
            self._next_page()
            self._table(self.rng.randint(3, 10), columns=first if self.rng.random() < 0.5 else None)
        self._number()
        self.canvas.save()
        return Case(self.out.getvalue(), self.tables, self.kinds)

    # -- content
    def _text(self, low: int, high: int) -> str:
        return "".join(self.rng.choice(_WORDS) for _ in range(self.rng.randint(low, high)))

    def _edges(self) -> list[float]:
        count = self.rng.randint(4, 8)
        shares = [self.rng.uniform(0.7, 1.6) for _ in range(count)]
        shares[self.rng.randrange(2, count)] += 2.0
        step = (WIDTH - 2 * MARGIN) / sum(shares)
        edges = [MARGIN]
        for share in shares:
            edges.append(edges[-1] + share * step)
        return edges

    def _table(self, rows: int, columns: list[float] | None = None) -> list[float]:
        edges = columns or self._edges()
        count = len(edges) - 1
        heading = [self._text(1, 2) + chr(ord("甲") + i) for i in range(count)]
        groups = self._groups(rows)
        inner = self._inner(groups)
        body = [
            [*(self._text(1, 2) for _ in range(2)), *(self._cell(edges, c) for c in range(2, count))]
            for _ in range(rows)
        ]
        expected: set[Cell] = {(0, c, 1, 1, text) for c, text in enumerate(heading)}
        for start, stop in groups:
            expected.add((start + 1, 0, stop - start, 1, body[start][0]))
        for start, stop in inner:
            expected.add((start + 1, 1, stop - start, 1, body[start][1]))
        expected |= {(r + 1, c, 1, 1, body[r][c]) for r in range(rows) for c in range(2, count)}
        self.tables.append(expected)
        repeat = self.rng.random() < 0.5
        may_cut = self.rng.random() < 0.6
        self._heading(heading, edges)
        starts = {start: (stop, 0) for start, stop in groups}
        inner_starts = {start: stop for start, stop in inner}
        open_cells: dict[int, tuple[float, str, bool]] = {}  # column → its top on this page, text, drawn?
        spare = [self.rng.uniform(0, 10) for _ in range(rows)]
        r = 0
        while r < rows:
            lines = {c: self._wrapped(body[r][c], edges, c) for c in range(2, count)}
            for c, begins in ((0, r in starts), (1, r in inner_starts)):
                if begins:
                    open_cells[c] = (self.y, body[r][c], False)
                    lines[c] = self._wrapped(body[r][c], edges, c)
            line = self.size * 1.3
            height = max(len(v) for v in lines.values()) * line + 2 * PADDING + spare[r]
            room = HEIGHT - MARGIN - self.y
            if height > room:
                cut = self._may_cut(lines, room, line) if may_cut else 0
                first = {c: v[:cut] if len(v) > cut else v for c, v in lines.items()} if cut else {}
                if cut:
                    self.kinds.add("cut row")
                    self._row(first, edges, room, count)
                if r not in starts or cut:
                    self.kinds.add("cut merge")
                self._close(open_cells, edges, begun=cut > 0)
                self._next_page()
                if repeat:
                    self.kinds.add("repeated heading")
                    self._heading(heading, edges)
                open_cells = {c: (self.y, text, drawn) for c, (_, text, drawn) in open_cells.items()}
                if cut:
                    rest = {c: v[cut:] for c, v in lines.items() if len(v) > cut}
                    height = max(len(v) for v in rest.values()) * line + 2 * PADDING
                    self._row({c: rest.get(c, []) for c in range(2, count)}, edges, height, count)
                else:
                    continue
            else:
                self._row(lines, edges, height, count)
            r += 1
            for c, ends in ((0, {stop for _, stop in groups}), (1, {stop for _, stop in inner})):
                if r in ends and c in open_cells:
                    self._side(c, open_cells.pop(c), edges)
        return edges

    def _cell(self, edges: list[float], column: int) -> str:
        wide = edges[column + 1] - edges[column] > 110
        if self.rng.random() < 0.12 and not wide:
            return ""
        if self.rng.random() < 0.4 and not wide:
            return str(self.rng.randint(0, 100)) + self.rng.choice(["", "%", "分"])
        return self._text(2, self.rng.choice([8, 26, 60]) if wide else 4)

    def _groups(self, rows: int) -> list[tuple[int, int]]:
        out, at = [], 0
        while at < rows:
            stop = min(at + self.rng.randint(1, 9), rows)
            out.append((at, stop))
            at = stop
        return out

    def _inner(self, groups: list[tuple[int, int]]) -> list[tuple[int, int]]:
        out = []
        for start, stop in groups:
            at = start
            while at < stop:
                end = min(at + self.rng.randint(1, 4), stop)
                out.append((at, end))
                at = end
        return out

    # -- drawing
    def _wrapped(self, text: str, edges: list[float], column: int) -> list[str]:
        room = edges[column + 1] - edges[column] - 2 * PADDING
        lines, line = [], ""
        for ch in text:
            if pdfmetrics.stringWidth(line + ch, FONT, self.size) > room and line:
                lines.append(line)
                line = ""
            line += ch
        return [*lines, line] if line else lines or [""]

    def _may_cut(self, lines: dict[int, list[str]], room: float, line: float) -> int:
        """After how many lines a row may be cut, so that at least two lines of one long text stand on each page."""
        fits = int((room - 2 * PADDING) // line)
        long = max((v for c, v in lines.items() if c > 1), key=len)
        others = max((len(v) for v in lines.values() if v is not long), default=0)
        return fits if 2 <= fits <= len(long) - 2 and others <= fits else 0

    def _heading(self, heading: list[str], edges: list[float]) -> None:
        lines = {c: self._wrapped(text, edges, c) for c, text in enumerate(heading)}
        height = max(len(v) for v in lines.values()) * self.size * 1.3 + 2 * PADDING
        for c in range(len(edges) - 1):
            self._box(edges[c], self.y, edges[c + 1], self.y + height)
            self._write(lines[c], edges[c], edges[c + 1], self.y, centre=True)
        self.y += height

    def _row(self, lines: dict[int, list[str]], edges: list[float], height: float, count: int) -> None:
        for c in range(2, count):
            self._box(edges[c], self.y, edges[c + 1], self.y + height)
            self._write(lines.get(c, []), edges[c], edges[c + 1], self.y)
        self.y += height

    def _side(self, column: int, cell: tuple[float, str, bool], edges: list[float]) -> None:
        top, text, drawn = cell
        self._box(edges[column], top, edges[column + 1], self.y)
        if not drawn:
            self._write(self._wrapped(text, edges, column), edges[column], edges[column + 1], top)

    def _close(self, cells: dict[int, tuple[float, str, bool]], edges: list[float], begun: bool) -> None:
        """The parts of merged cells that stand on the page that ends; their text stands on the first part."""
        for column, (top, text, drawn) in list(cells.items()):
            if self.y - top < 1 and not begun:
                continue
            self._box(edges[column], top, edges[column + 1], self.y)
            if not drawn:
                self._write(self._wrapped(text, edges, column), edges[column], edges[column + 1], top)
            cells[column] = (top, text, True)

    def _box(self, left: float, top: float, right: float, bottom: float) -> None:
        if bottom - top > 0.5:
            self.canvas.setLineWidth(0.6)
            self.canvas.rect(left, HEIGHT - bottom, right - left, bottom - top)

    def _write(self, lines: list[str], left: float, right: float, top: float, centre: bool = False) -> None:
        self.canvas.setFont(FONT, self.size)
        for i, line in enumerate(lines):
            width = pdfmetrics.stringWidth(line, FONT, self.size)
            x = left + PADDING if not centre else (left + right - width) / 2
            self.canvas.drawString(x, HEIGHT - (top + PADDING + self.size + i * self.size * 1.3), line)

    def _number(self) -> None:
        if self.numbered:
            self.canvas.setFont(FONT, 9)
            self.canvas.drawCentredString(WIDTH / 2, 30, f"- {self.page} -")

    def _next_page(self) -> None:
        self._number()
        self.canvas.showPage()
        self.page += 1
        self.y = MARGIN


if __name__ == "__main__":
    import sys
    from pathlib import Path

    for number in sys.argv[1:]:
        Path(f"pages-{number}.pdf").write_bytes(make(int(number)).pdf)
