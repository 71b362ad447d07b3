"""Puts the blocks of tables together into forms: which form a table belongs to, and who reads what."""

from __future__ import annotations

from collections.abc import Callable

from normalizers import basics, confirmed, funds, goals, head, indicators, label_value, management, money, tasks
from normalizers.blocks import cut
from normalizers.draft import BESIDE, IN_TABLE, Draft
from normalizers.grid import Block, Grid
from normalizers.ledger import Ledger, Source
from normalizers.lookups import Lookups
from normalizers.money import Unit
from normalizers.side_by_side import apart
from normalizers.starts import without_column_numbers
from normalizers.text import clean
from normalizers.titles import bare_title, form_kind, is_caption
from normalizers.values import year
from normalizers.vocabulary import Vocabulary
from schema.document import Paragraph, Table

Reader = Callable[[Grid, Block, Draft, Vocabulary], None]
_READERS: dict[str, Reader] = {
    "head": head.read,
    "funds": funds.read,
    "goals": goals.read,
    "management": management.read,
    "tasks": tasks.read,
    "indicators": indicators.read,
    "basics": basics.read,
}
_ONCE = frozenset(("funds", "annual_goal"))
_MONEY_ONLY = frozenset(("funds", "tasks", "unknown", "staging", "note"))


class Forms:
    """The forms read so far; guards the one still open and the title that waits for its table."""

    def __init__(self, ledger: Ledger, vocabulary: Lookups) -> None:
        self.ledger = ledger
        self.vocabulary = vocabulary
        self.drafts: list[Draft] = []
        self.title: Paragraph | None = None
        self.waiting: list[Paragraph] = []  # lines between a title and its table
        self.unit: Unit | None = None  # of money, as a line since the last table states it
        self.notes: list[Source] = []
        self.covers: list[Grid | Paragraph] = []  # what is said of a form before the first one: pairs in tables, lines
        self.cover_lines: list[Paragraph] = []  # the other lines of that cover: they date the form whose cover it is
        self.entitled: Paragraph | None = (
            None  # the last title of a report before the first form: its own, or that of the form
        )
        self.titles = 0  # forms that stand under a title, so far
        self.caption: Paragraph | None = None  # a line over the table to come that is no form's title

    @property
    def current(self) -> Draft | None:
        return self.drafts[-1] if self.drafts else None

    @property
    def covered(self) -> bool:
        """Is the first form still to come, and does a cover say lines of it (`项目名称：…`)?"""
        return len(self.drafts) <= 1 and any(isinstance(cover, Paragraph) for cover in self.covers)

    # -- lines beside the tables
    def titled(self, paragraph: Paragraph) -> None:
        self.end_notes()
        if self.title is not None:  # a cover, or a list of annexes, names forms that come later
            self.ledger.ornament(self.title)
        self.title = paragraph

    def drop_title(self) -> list[Paragraph]:
        """A title that no table followed is given back with its lines."""
        lines = [*([self.title] if self.title else []), *self.waiting]
        self.title, self.waiting = None, []
        return lines

    def end_notes(self) -> None:
        if self.notes and self.current:
            head.read_note(self.notes, self.current)
        for note in self.notes:
            self.ledger.ornament(note)
        self.notes = []

    # -- tables
    def table(self, table: Table, inside: bool = False) -> bool:
        """Reads a table into forms; False where nothing in it was understood. inside: it stands in the midst of a section."""
        caption, self.caption = self.caption, None
        parts = apart(table, self.vocabulary)
        understood = any([self._table(part, i > 0, inside, caption) for i, part in enumerate(parts)])
        self.vocabulary.told = {}
        return understood

    def _table(self, table: Table, beside: bool, inside: bool, caption: Paragraph | None) -> bool:
        """beside: the form at the left of this one has just been read; caption: a line that is no title and names the table."""
        self.end_notes()
        grid = self._grid(table)
        title = bare_title(self.title.text) if self.title else None
        kind = form_kind(title, self.vocabulary) if title else None
        found = confirmed.find(grid, self.vocabulary.layouts, self.vocabulary)
        self.vocabulary.told = found.words if found else {}
        if found is not None and found.goes_on and self.current is not None and self.title is not None:
            self.ledger.ornament(self.title)
            self.title = caption = None
        blocks = cut(grid, self.vocabulary, basics=kind == "basics")
        if found is not None:
            grid.told, blocks = found.columns, confirmed.parted(found, blocks)
            covered = found.rows
            grid.doubts = {row: sure for row, sure in grid.doubts.items() if row not in covered}
            for row in covered:
                for slot in grid.filled(row)[:1]:
                    self.ledger.confirm(slot.cell)
        for row, sure in grid.doubts.items():
            self.ledger.doubt(grid.filled(row)[0].cell, sure)
        understood = any(block.kind in _READERS and block.kind != "head" for block in blocks)
        if understood and self.title is None and self.current is None and caption is not None:
            if is_caption(caption.text, self.vocabulary):  # `项目年度绩效目标（定量目标）`: titles end otherwise
                title, self.title = bare_title(caption.text), caption
        if not understood and not self.title:
            heads = any(block.kind == "head" for block in blocks)
            own = any(block.kind == "title" for block in blocks) and heads
            if inside:
                return False
            if heads and self.current is None and not own:
                self.covers.append(grid)
            if not own and (not heads or self.current is None):
                return heads
        if caption is not None and self._is_stranger(blocks):
            return False
        if self.title is not None or self.current is None:
            if not _opens_with_title(blocks):
                self._open(title, self.title).caption = caption.text if caption is not None else ""
        elif not _opens_with_title(blocks) and (beside or self._is_another(blocks, inside)):
            kind = self.current.kind if beside and self.current is not None else None
            self._open(None, None).kind = kind
        if not _opens_with_title(blocks):
            self._take_unit()
        for block in blocks:
            if found is not None and block.start in found.forms and self.current is not None and self.current.read:
                self._open(None, None)
            self._read(grid, block)
            if found is not None and self.current is not None:
                self.current.kind = self.current.kind or found.layout.kind
                self.current.confirmed = found.layout.name
        return True

    def _is_stranger(self, blocks: list[Block]) -> bool:
        """A table of money under a caption of its own, below a form that is whole, is no part of that form."""
        kinds = {block.kind for block in blocks}
        return self.title is None and self.current is not None and self.current.closed and kinds <= _MONEY_ONLY

    def _grid(self, table: Table) -> Grid:
        """The table without the rows that only count its columns."""
        grid = Grid(table)
        for slot in without_column_numbers(grid, self.vocabulary):
            self.ledger.ornament(slot.cell)
        return grid

    def _is_another(self, blocks: list[Block], inside: bool) -> bool:
        """A table without a title goes on with the form above it, unless it states again what a form has once; inside a section only where it
        also says of whom it is."""
        assert self.current is not None
        kinds = {block.kind for block in blocks}
        again = bool(kinds & self.current.read & _ONCE) and (not inside or "head" in kinds)
        return again or ("basics" in kinds) != ("basics" in self.current.read)

    def _open(self, title: str | None, source: Source | None) -> Draft:
        draft = Draft(len(self.drafts), self.ledger)
        self.drafts.append(draft)
        self.title = None
        if not draft.index:
            if source is not None or not self.covered:
                self.entitled = None
            elif self.entitled is not None:
                title, source = bare_title(self.entitled.text), self.entitled
        if source is not None and title:
            draft.title = title.replace(" ", "")
            self.titles += 1
            draft.kind = form_kind(title, self.vocabulary)
            draft.titled_by = clean(source.text)
            self.ledger.use(source, draft.path, "title")
            stated = year(source.text)
            if stated is not None:
                draft.put("fiscal_year", stated, source, IN_TABLE)
        self._take_unit()
        self._cover(draft)
        if source is not None and source is self.entitled:
            for line in self.cover_lines:
                head.read_line(line, draft, self.vocabulary, BESIDE)
        return draft

    def close(self) -> list[Paragraph]:
        """Label–value pairs in a table that no form followed are a form of their own. Gives the lines of a cover that no form took."""
        self.end_notes()
        if any(isinstance(cover, Grid) for cover in self.covers):
            self._cover(self._open(None, None))
        return [cover for cover in self.covers if isinstance(cover, Paragraph)]

    def _cover(self, draft: Draft) -> None:
        """What stands before the first form: what the form's own table states counts before it."""
        covers, self.covers = self.covers, []
        for cover in covers:
            if isinstance(cover, Paragraph):
                head.read_line(cover, draft, self.vocabulary, BESIDE)
                continue
            for block in cut(cover, self.vocabulary, basics=False):
                if block.kind == "head":
                    head.read(cover, block, draft, self.vocabulary)
                else:
                    label_value.read(cover, block, draft, self.vocabulary)

    def _take_unit(self) -> None:
        """Lines over a table hold for its form: `单位：元`, and where the title stands in the table, the year over it."""
        if self.current is None:
            return
        if self.unit is not None:
            self.current.unit, self.unit = self.unit, None
        waiting, self.waiting = self.waiting, []
        for line in waiting:
            head.read_line(line, self.current, self.vocabulary, BESIDE)

    def _read(self, grid: Grid, block: Block) -> None:
        if block.kind == "title":
            for row in range(block.start, block.stop):
                for slot in grid.filled(row):
                    if row == block.start:
                        self._open(bare_title(slot.cell.text), slot.cell)
            return
        if block.kind in ("ignore", "staging"):
            for row in range(block.start, block.stop):
                for slot in grid.filled(row):
                    self.ledger.ornament(slot.cell)
                    if block.kind == "staging":
                        self.unit = money.stated(slot.cell.text) or self.unit
            return
        draft = self.current
        assert draft is not None
        draft.read.add(block.kind)
        if block.kind == "annual_goal":
            cell = grid.filled(block.start)[0].cell
            text = clean(cell.text).replace("\n", "")
            draft.put("annual_goal", text.replace(":", "：", 1).split("：", 1)[1].strip() or None, cell)
        elif block.kind == "note":
            head.read_note([slot.cell for row in range(block.start, block.stop) for slot in grid.filled(row)], draft)
        elif block.kind in _READERS:
            _READERS[block.kind](grid, block, draft, self.vocabulary)
        if block.kind not in ("head", "basics", "management", "people"):
            above = draft.read == {"unknown"}  # pairs over all else are the form's head
            label_value.read(grid, block, draft, self.vocabulary, head.head_value if above else None)


def _opens_with_title(blocks: list[Block]) -> bool:
    first = next((block for block in blocks if block.kind != "staging"), None)
    return first is not None and first.kind == "title"
