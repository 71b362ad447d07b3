"""Confirmed layouts: drafted from one form as it is read, tested against the store, taken into the team's own words."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import extractors
from normalizers.drafting import DraftedPart, DraftedTable, Meaning, drafted, undecided
from normalizers.layout import Confirmed
from normalizers.text import blank
from pipeline import ruleset
from pipeline.extract import understand
from schema.document import Document, Table
from schema.errors import NothingFound, VocabularyError
from schema.evidence import doubtful

if TYPE_CHECKING:  # drafting and confirming need no store
    from pipeline.rerun.planning import Planned
    from pipeline.store.connection import Store

UNDECIDED = "？"


def draft(file: Path) -> tuple[str, int]:
    """A form as the YAML of a layout, and how many things in it a person has to decide. Raises FileRefused, and VocabularyError where the file
    holds no table."""
    document = extractors.read(file)
    tables = drafted(document, ruleset.words(), _unread(document))
    if not any(part for table in tables for part in table.parts):
        raise VocabularyError(file, "文件里没有表格", "请换一份有这种表的材料")
    kind = next((table.kind for table in tables if table.kind is not None), None)
    lines = [
        f"# 照{file.name}读出的版式。带“{UNDECIDED}”的没有人认识，请写上字段（保留原文写extra，无须读取写ignore），不对的请改正；",
        "# 没有写到的块照常读取。改好后：ziping layouts test、ziping layouts confirm。字段见 schema/RECORDS.md，写法见 docs/zh/new-template.md。",
        f"name: {_quoted(file.stem)}",
        f"kind: {kind or 'project'}{'' if kind else '  # 标题没有说明，请核对'}",
        "tables:",
    ]
    seen: set[tuple[DraftedPart, ...]] = set()
    for table in tables:
        if table.parts and table.parts not in seen:
            seen.add(table.parts)
            lines += _table(table)
    return "\n".join(lines) + "\n", undecided(tables)


def _unread(document: Document) -> dict[int, set[int]]:
    """By table, the rows of which half or more was left or is not sure; both from 1."""
    try:
        evidence = understand(document).evidence
    except NothingFound:
        return {}
    read = {p.origin: doubtful(p) for p in evidence.provenance}
    bad = Counter((o.table, o.row) for o, unsure in read.items() if unsure)
    bad.update((left.origin.table, left.origin.row) for left in evidence.leftovers)
    filled = Counter(
        (cell.origin.table, cell.origin.row)
        for block in document.blocks
        if isinstance(block, Table)
        for cell in block.cells
        if not blank(cell.text)
    )
    out: dict[int, set[int]] = defaultdict(set)
    for (table, row), count in bad.items():
        if table is not None and row is not None and 2 * count >= filled[table, row]:
            out[table].add(row)
    return out


def _table(table: DraftedTable) -> Iterator[str]:
    """The lines of a table; rows that nobody understood are shown to a person, who may make a block of them."""
    begun = False
    for part in table.parts:
        yield from (f"    # 没有读懂：{' | '.join(row)[:120]}" for row in part.shown)
        if part.shown:
            continue
        yield f"{'  ' if begun else '- '}- block: {part.block}{'' if begun else f'  # 表格{table.number}'}"
        begun = True
        if part.begins is not None:
            yield "    # 像是资金，请核对；不是就删去这一块"
            yield f"    from: {_quoted(part.begins)}"
        if part.rows:
            yield "    rows:"
            yield from (f"    - [{', '.join(map(_quoted, row))}]" for row in part.rows)
        if part.columns:
            yield "    columns:"
            yield from (f"    - {_decision(meaning)}" for meaning in part.columns)
        if part.labels:
            yield "    labels:"
            yield from (f"      {_decision(meaning)}" for meaning in part.labels)


def _decision(meaning: Meaning) -> str:
    note = f"  # {meaning.note}" if meaning.note else ""
    return f"{_quoted(meaning.text)}: {meaning.field or _quoted(UNDECIDED)}{note}"


def _quoted(text: str) -> str:
    """A text as YAML reads it back, whatever is in it."""
    return json.dumps(text, ensure_ascii=False)


def effect(store: Store, file: Path) -> list[Planned]:
    """What a layout would change in the store, understood again from its stored documents; nothing is written. Raises VocabularyError, StoreError."""
    from pipeline.rerun.planning import plan

    row = ruleset.layout_row(ruleset.layout_of(file))
    return list(plan(store, ruleset.under(ruleset.overlaid(ruleset.today(), {ruleset.LAYOUTS: [row]}))))


def confirm(file: Path) -> Path:
    """Takes a layout into the team's own words; gives the file it stands in. A layout of the same name is replaced. Raises VocabularyError."""
    layout = ruleset.layout_of(file)
    folder = ruleset.own_team() / ruleset.LAYOUTS
    target = folder / f"{_file_name(layout)}.yml"
    try:
        folder.mkdir(exist_ok=True)
        target.write_text(file.read_text(encoding="utf-8-sig"), encoding="utf-8")
    except OSError as error:
        raise VocabularyError(target, f"无法写入（{error.strerror}）", "请检查权限和磁盘空间") from None
    return target


def _file_name(layout: Confirmed) -> str:
    """The name of a layout without the signs that part folders."""
    return "".join("-" if ch in '/\\:*?"<>|' else ch for ch in layout.name).strip(". ")[:80] or "layout"
