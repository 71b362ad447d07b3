"""Measures layouts that nobody who writes rows or rules has seen: `python -m tests.hold_out [FOLDER] [SEEDS]`.

First sight; then what `ziping unknown` proposes for these forms, each proposal alone: it is right where the record comes nearer to
the gold and no value stands in a wrong place that did not; then the forms again with the right proposals accepted. Prints
figures only, never a heading.
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import simplejson

from data.maker import forms, word
from data.maker.layout import HOLE, Layout, all_layouts
from extractors import read
from extractors.files import File
from normalizers import normalize
from normalizers.text import squeeze
from normalizers.vocabulary import Vocabulary, folder
from pipeline.batch import run
from pipeline.extract import Extraction, as_json, as_record, sources, understand
from pipeline.learn import proposals
from pipeline.score import Founded, Score, founded, least, score
from pipeline.store.opening import open_store
from schema.checks import check
from schema.document import Document
from schema.errors import VocabularyError

HELD_OUT = Path(__file__).parents[1] / "data" / "maker" / "held_out"


@dataclass(frozen=True)
class Case:
    """A made form: its layout, its document as read, its gold, what its cells spell."""

    layout: str
    name: str
    document: Document
    gold: Any
    spellings: frozenset[str]


@dataclass
class Listed:
    """What `ziping unknown` lists: rows, those of them that are headings, labels or names of groups, and the fields proposed for headings and
    labels that the layout has in its picture: all, and the right ones."""

    rows: int = 0
    headings: int = 0
    proposed: int = 0
    named_right: int = 0

    def add(self, proposal: proposals.Proposal, pictures: list[dict[str, set[str]]]) -> None:
        names = [_once(part) for part in proposal.text.split(" / ") if part]
        meant = {field for picture in pictures for field in picture.get(names[0], ())}
        self.rows += 1
        self.headings += all(any(name in picture for picture in pictures) for name in names)
        if proposal.field is not None and proposal.block != proposals.CATEGORY and meant:
            self.proposed += 1
            self.named_right += proposal.field in meant


def _once(text: str) -> str:
    """A spelling without the characters that were typed twice."""
    return re.sub(r"(.)\1", r"\1", squeeze(text))


def pictured(layout: Layout, words: Vocabulary) -> dict[str, set[str]]:
    """What stands printed in a layout, as spellings, with the fields of the values below it or beside it."""
    groups = (name for group in layout.levels for name in (group.level1, group.level2, *group.level3))
    out: dict[str, set[str]] = {_once(words.stripped(name) or name): set() for name in groups}
    lines = [line.strip() for line in layout.picture.splitlines()]
    out |= {_once(line.split("|")[3]): set() for line in lines if line.startswith("§")}
    rows = [[_plain(cell) for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines if line.startswith("|")]
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            label = re.fullmatch(r"(?:其中[:：])?\{([\w@]+)\.label=([^{}]*)\}", cell)
            printed = re.sub(r"\{[^{}]*=([^{}]*)\}", r"\1", cell)
            if "{" in printed.removeprefix("{?") or printed in ("", "<", "^"):
                continue
            fields = {label[1].partition("@")[0]} if label else set()
            beside = next((c for c in row[column + 1 :] if c != "<"), "")
            below = next((r[column] for r in rows[number + 1 :] if column < len(r) and "{" in r[column]), "")
            for hole in HOLE.findall(f"{beside} {below}"):
                name = hole.split("=")[0]
                fields.add("extra" if "extra:" in name else name.rpartition(".")[2].rstrip("^.%") or name.rstrip("^.%"))
            for heading in printed.removeprefix("{?").removesuffix("}").split("~"):
                out.setdefault(_once(words.stripped(heading) or heading), set()).update(fields)
    return out


def _plain(cell: str) -> str:
    return cell.replace("\\n", "").replace("\\s", "").strip().removeprefix("*").strip()


@dataclass(frozen=True)
class Measured:
    """first, after: the fields' scores at first sight and with the right proposals accepted; by layout: f1 before and after;
    right and wrong: proposals by what they do to the records, idle: those that change nothing."""

    first: Score
    after: Score
    layouts: dict[str, tuple[float, float]]
    right: int
    wrong: int
    idle: int
    founded: Founded  # the confidence of the values of forms at first sight
    listed: Listed


def measure(layouts: list[Layout], seeds: int, place: Path) -> Measured:
    cases = [_case(layout, seed, place) for layout in layouts for seed in range(seeds)]
    shipped = Vocabulary(folder())
    before = {case.name: _scored(case, shipped) for case in cases}
    told = [pair for case in cases for pair in _confidences(case, shipped)]
    store = open_store(str(place / "held_out.db"))
    run.ingest([place / "forms"], store, lambda outcome: None)
    rows: list[proposals.Proposal] = []
    idle = wrong = 0
    listed, pictures = Listed(), [pictured(layout, shipped) for layout in layouts]
    for proposal in proposals.unknown(store):
        listed.add(proposal, pictures)
        if proposal.field is None:
            idle += 1
            continue
        effect = _effect(proposal, cases, before)
        if effect > 0:
            rows.append(proposal)
        else:
            wrong, idle = wrong + (effect < 0), idle + (effect == 0)
    store.close()
    accepted = Vocabulary(folder(), _rows(rows), "accepted")
    after = {case.name: _scored(case, accepted) for case in cases}
    return Measured(
        _sum(before.values()), _sum(after.values()),
        {
            layout.name: (
                _sum(before[c.name] for c in cases if c.layout == layout.name).f1 or 0.0,
                _sum(after[c.name] for c in cases if c.layout == layout.name).f1 or 0.0,
            )
            for layout in layouts
        },
        len(rows), wrong, idle, founded(told), listed,
    )  # fmt: skip


def _case(layout: Layout, seed: int, place: Path) -> Case:
    made = forms.make(layout, seed)
    path = place / "forms" / f"{layout.name}-{seed}.docx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(word.make(made.source))
    gold = simplejson.loads(simplejson.dumps(made.record, use_decimal=True), use_decimal=True)
    document, shipped = read(File(path)), Vocabulary(folder())
    spellings = frozenset(shipped.stripped(item.text) for item in document.texts())
    return Case(layout.name, path.stem, document, gold, spellings)


def _confidences(case: Case, vocabulary: Vocabulary) -> list[tuple[float | None, bool]]:
    found = understand(case.document, vocabulary)
    record = simplejson.loads(as_json(as_record(found)), use_decimal=True)
    sure = least((f"{p.record}.{p.field}", p.confidence) for p in sources(found))
    return [(sure.get(path), right) for path, right in score(record, case.gold)["fields"].told]


def _scored(case: Case, vocabulary: Vocabulary) -> Score:
    submission, evidence = normalize(case.document, vocabulary)
    found = Extraction(case.document, check(submission), evidence)
    record = simplejson.loads(as_json(as_record(found)), use_decimal=True)
    return score(record, case.gold)["fields"]


def _effect(proposal: proposals.Proposal, cases: list[Case], before: dict[str, Score]) -> int:
    """1 where the proposal brings the records nearer to their golds, -1 where it puts values in wrong places, 0 else."""
    try:
        vocabulary = Vocabulary(folder(), _rows([proposal]), "proposal")
    except VocabularyError:
        return 0  # it contradicts what is known: nobody can accept it
    gained = misplaced = 0
    spelling = vocabulary.stripped(proposal.text)
    asking = (case for case in cases if spelling in case.spellings)  # the others meet it in `after`, with all the rest
    for case in asking:
        old, new = before[case.name], _scored(case, vocabulary)
        gained += new.right - old.right
        misplaced += _false(new) - _false(old)
    return -1 if misplaced > 0 else 1 if gained > 0 or misplaced < 0 else 0


def _false(part: Score) -> int:
    return sum(error.kind != "missed" for error in part.errors)


def _rows(proposals: list[proposals.Proposal]) -> dict[str, list[proposals.Row]]:
    out: dict[str, list[proposals.Row]] = {}
    for proposal in proposals:
        out.setdefault(proposal.file, []).append(proposal.row | {"line": "0"})
    return out


def _sum(parts: Any) -> Score:
    total: Score | None = None
    for part in parts:
        total = part if total is None else total + part
    assert total is not None
    return total


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else HELD_OUT
    with tempfile.TemporaryDirectory() as name:
        found = measure(all_layouts(chosen), int(sys.argv[2]) if len(sys.argv) > 2 else 3, Path(name))
    for layout, (first, after) in found.layouts.items():
        print(f"{layout:36} {first:.3f} {after:.3f}")
    each = [first for name, (first, _) in found.layouts.items() if not name.endswith("-report") or first]
    print(f"layouts: mean {sum(each) / len(each):.4f}, worst {min(each):.4f}")
    print(f"first sight: f1 {found.first.f1:.4f}, misplaced {found.first.misplaced:.4f}")
    print(f"confidence: {found.founded}")
    print(f"unknown: {found.listed}")
    print(f"proposals: {found.right} right, {found.wrong} wrong, {found.idle} that change nothing")
    print(f"with the right ones: f1 {found.after.f1:.4f}, misplaced {found.after.misplaced:.4f}")
