"""Reads the annual tasks: one row a task, its list number split from its name."""

from __future__ import annotations

from decimal import Decimal

from normalizers import money
from normalizers.draft import Draft, Unreadable
from normalizers.grid import Block, Grid, Slot, widest
from normalizers.ledger import keep
from normalizers.text import stated_text
from normalizers.values import number, rate
from normalizers.vocabulary import Vocabulary
from schema import numbering
from schema.records import Fund, Kind, Task, of_kind

_FIGURES = of_kind(Fund, Kind.MONEY, Kind.RATE)
_FIELDS = ("name", "planned", "actual", "reason")


def read(grid: Grid, block: Block, draft: Draft, vocabulary: Vocabulary) -> None:
    """One task for every row below the headings that names or describes one."""
    heads = [slot for slot in grid.spanning[block.start + block.header - 1] if not slot.blank]
    fields = {slot: _field(grid, block, slot, vocabulary) for slot in heads}
    if len([field for field in fields.values() if field == "name"]) > 1:
        fields[heads[0]] = "ignore"  # the block's own label at its side, before 任务名称
    elif heads and len(heads) > 2 and heads[0].cell.row_span > block.header and "name" in list(fields.values())[1:]:
        fields[heads[0]] = "ignore"
    reasons = _recognised(grid, block, fields, draft, vocabulary)
    for row in range(block.start, block.start + block.header):
        for slot in grid.filled(row):
            if fields.get(slot) is not None or slot not in fields:
                draft.ledger.ornament(slot.cell)
    draft.outline += [("tasks", vocabulary.stripped(head.text), fields[head]) for head in heads]
    for row in range(block.start + block.header, block.stop):
        filled = grid.filled(row)
        if filled and any(vocabulary.listed(slot.text, "total_row") for slot in filled[:2]):
            _total(grid, block, row, heads, draft, vocabulary)
            continue
        texts: dict[str, str] = {}
        extra: dict[str, str] = {}
        path = f"{draft.path}.tasks[{len(draft.tasks)}]"
        cells: list[tuple[str, Slot, str | None]] = []
        for slot in grid.spanning[row]:
            head = widest(heads, slot.left, slot.right)
            text = stated_text(slot.cell.text)
            if head is None or text is None or slot is head:
                continue
            field = fields[head]
            if field in _FIELDS and field not in texts:
                texts[field] = text
                cells.append((field, slot, reasons.get(head)))
            elif field in ("extra", None):
                cells.append((keep(extra, _key(grid, block, head, heads), text), slot, None))
            elif field == "ignore":
                draft.ledger.ornament(slot.cell)
        if texts:
            for field, slot, reason in cells:
                draft.ledger.use(slot.cell, path, field, reason)
            name = _name(texts["name"]) if "name" in texts else None
            draft.tasks.append(
                Task(
                    len(draft.tasks) + 1,
                    name,
                    texts.get("planned"),
                    texts.get("actual"),
                    texts.get("reason"),
                    extra or None,
                )
            )


def _name(text: str) -> str:
    """A task's name without its list number: `任务1：…`, `（一）…`, `2、…`."""
    return numbering.without(numbering.behind(text, "任务", "") or text).replace("\n", "")


def _total(grid: Grid, block: Block, row: int, heads: list[Slot], draft: Draft, vocabulary: Vocabulary) -> None:
    """The sum of all tasks' money is money of the form: a fund for each column heading that names one, its figures under the
    headings above (`预算数` over `总额 | 财政拨款 | 其他资金`)."""
    lines: dict[str, dict[str, Decimal]] = {}
    cells: dict[str, list[tuple[str, Slot]]] = {}
    label = next(slot for slot in grid.filled(row)[:2] if vocabulary.listed(slot.text, "total_row"))
    draft.ledger.ornament(label.cell)
    for slot in grid.filled(row):
        figure, head = number(slot.cell.text), widest(heads, slot.left, slot.right)
        over = grid.at(block.start, slot.left, slot.right)
        if figure is None or head is None or over is None:
            continue
        field = vocabulary.heading(over.text, "funds")
        summed = over.cell is head.cell or _names_total(head.text, vocabulary)
        name = label.text if summed else head.text
        if field == "execution_rate":
            lines.setdefault(name, {})[field] = rate(figure, "%" in over.text)
            cells.setdefault(name, []).append((field, slot))
        elif field in _FIGURES and field not in lines.get(name, {}):
            unit = next((u for s in (head, over) if (u := money.stated(s.text))), draft.unit or money.WAN)
            value = money.amount(figure, unit)
            if value is None:
                draft.unreadable.append(
                    Unreadable(f"funds[{len(draft.funds)}].{field}", name, slot.text, money.UNKNOWN_UNIT)
                )
                continue
            lines.setdefault(name, {})[field] = value
            cells.setdefault(name, []).append((field, slot))
    for name, values in lines.items():
        found = vocabulary.label(name)
        whole = name == label.text or vocabulary.listed(name, "total_row") is not None
        path = f"{draft.path}.funds[{len(draft.funds)}]"
        item = found.item if found else "total" if whole else None
        draft.funds.append(Fund(item=item, label=name, **values))  # type: ignore[arg-type]
        for field, slot in cells[name]:
            draft.ledger.use(slot.cell, path, field)


def _names_total(heading: str, vocabulary: Vocabulary) -> bool:
    """小计, 总额 over the figures of all parts."""
    found = vocabulary.label(heading)
    return found is not None and found.item == "total"


def _key(grid: Grid, block: Block, head: Slot, heads: list[Slot]) -> str:
    """The words of a column; those above them too where two columns have the same (`预算数>总额`)."""
    over = grid.at(block.start, head.left, head.right)
    again = sum(other.text == head.text for other in heads) > 1
    return f"{over.text}>{head.text}" if again and over is not None and over.cell is not head.cell else head.text


def _recognised(
    grid: Grid, block: Block, fields: dict[Slot, str | None], draft: Draft, vocabulary: Vocabulary
) -> dict[Slot, str]:
    """Puts headings nobody knows under the field of the most similar spelling, where no other has it; gives the reasons. What stands
    below the others keeps the heading's own words."""
    reasons: dict[Slot, str] = {}
    for head in [head for head, field in fields.items() if field is None]:
        cells = tuple(
            slot.cell.text
            for row in range(block.start + block.header, block.stop)
            for slot in grid.filled(row)
            if slot.overlap(head.left, head.right) > 0
        )
        near = vocabulary.similar(head.text, "tasks")
        sure = near is not None and near.field in _FIELDS and near.field not in fields.values()
        near = near or vocabulary.guess(head.text, "tasks", cells)
        if near is not None and sure:
            fields[head], reasons[head] = near.field, near.reason
        beside = tuple(other.text for other in fields if other is not head)
        draft.ledger.unknown(head.text, head.cell, "tasks", near, taken=sure, below=cells, beside=beside)
    return reasons


def _field(grid: Grid, block: Block, head: Slot, vocabulary: Vocabulary) -> str | None:
    """The field of a column of headings: its own, else that of the heading over it."""
    own = vocabulary.heading(head.text, "tasks")
    over = grid.at(block.start, head.left, head.right)
    if own is None and vocabulary.heading(head.text, "funds") in (*_FIGURES, "weight", "score"):
        return "extra"  # a task's money keeps its heading's words
    return own if own is not None or over is None else vocabulary.heading(over.text, "tasks")
