"""Compares all submissions of a store that count now: what changed since is read again from the tables, what is found is kept there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from pipeline.across import groups, texts
from pipeline.across.standing import Standing, current, of_units
from pipeline.store import judging
from pipeline.store.connection import Store, hold
from pipeline.store.rows import batches, clear, put, stated
from schema import plain
from schema.exact import exactly
from schema.packs.judge import Judgement, beside, judgement
from schema.packs.pack import Clause, Pack
from schema.packs.rule import RULES, Other
from schema.packs.whole_store import Copied
from schema.relational import tables

COPIED, OUTLIER = "copied_text", "outlier"
_AT_ONCE = 200  # submissions whose texts are taken up in one transaction
_WHOLE = tuple(code for code, rule in RULES.items() if rule.scope == "store")
_P, _K = tables.passage.c, tables.sketch.c
_TEXTS = (
    sa.select(_P.record, _P.field, _P.text)
    .where(_P.submission_id == sa.bindparam("submission"))
    .order_by(_P.passage_id)
)
_TEXT = sa.select(_P.text).where(
    _P.submission_id == sa.bindparam("submission"),
    _P.record == sa.bindparam("record"),
    _P.field == sa.bindparam("field"),
)
_SKETCHES = sa.select(tables.sketch).order_by(_K.submission_id, _K.no)
_BEHIND = 10_000  # what is compared is numbered behind what one submission shows by itself
_LISTED = sa.text(
    "SELECT submission_id, unit, fiscal_year, rule, severity, message, other_id, other_path, passages, muted FROM v_comparison "
    "WHERE (CAST(:rule AS TEXT) IS NULL OR rule = :rule) AND (CAST(:unit AS TEXT) IS NULL OR unit LIKE '%' || :unit || '%') "
    "AND (CAST(:year AS INTEGER) IS NULL OR fiscal_year = :year) "
    "ORDER BY rule, unit, fiscal_year, submission_id, no LIMIT :most"
).columns(passages=sa.JSON())
_MOST = 12  # passages that are kept of two submissions

Report = Callable[[str, int, int], None]
Found = dict[str, list[Judgement]]  # by submission


@dataclass(frozen=True, slots=True)
class Summary:
    """What a comparing did: submissions compared, of these those that were new or changed, and what it found, by rule."""

    submissions: int
    changed: int
    found: dict[str, int]


def waiting(store: Store) -> int:
    """How many submissions are new or changed since the store was compared."""
    with store.reading() as connection:
        return len(_changed(current(connection, judging.used(connection, judging.ACROSS))))


def _changed(standings: list[Standing]) -> dict[str, str]:
    """The submissions that are new or changed, each with the digest of what it is compared by now."""
    keys = {one.submission: key for key, own in of_units(standings).values() for one in own}
    due = {one.submission: keys.get(one.submission, one.key) for one in standings}
    return {
        one.submission: due[one.submission]
        for one in standings
        if one.texts != one.version or one.beside != due[one.submission]
    }


def compare(store: Store, report: Report = lambda *_: None) -> Summary:
    """Compares what a store holds. report: told what is being done, how much of it is done, and of how much. Nothing of the record changes."""
    with store.reading() as connection:
        standings = current(connection, judging.used(connection, judging.ACROSS))
    changed = _changed(standings)
    _sketch(store, [one for one in standings if one.texts != one.version], report)
    stale = [own for key, own in of_units(standings).values() if any(one.beside != key for one in own)]
    with store.reading() as connection:
        near = _of_units(connection, stale, report)
        far: Found = defaultdict(list)
        for submission, found in (*_copies(connection, standings, report), *_outliers(connection, standings)):
            far[submission].append(found)
    again = {one.submission for own in stale for one in own}
    compared = [
        {"submission_id": one.submission, "texts_key": one.version, "unit_key": changed[one.submission]}
        for one in standings if one.submission in changed
    ]  # fmt: skip

    def work(connection: sa.Connection) -> None:
        hold(connection, "compare")
        _keep(connection, standings, again, near, far)
        for submission in changed:
            clear(connection, tables.compared, submission)
        for batch in batches({tables.compared: compared}, connection.dialect):
            put(connection, batch)

    store.write(work)
    counts = sa.select(tables.comparison.c.rule, sa.func.count()).group_by(tables.comparison.c.rule)
    with store.reading() as connection:
        return Summary(len(standings), len(changed), {row[0]: int(row[1]) for row in connection.execute(counts)})


def _keep(connection: sa.Connection, standings: list[Standing], again: set[str], near: Found, far: Found) -> None:
    """Puts what was found in the place of what was: of the units compared again, and of the whole store."""
    c = tables.comparison
    there = {row[0] for row in connection.execute(sa.select(c.c.submission_id).distinct())}
    connection.execute(c.delete().where(c.c.rule.in_(_WHOLE)))
    for submission in there & again | there - {one.submission for one in standings}:
        connection.execute(c.delete().where(c.c.submission_id == submission))
    numbered = sa.select(c.c.submission_id, sa.func.max(c.c.no)).group_by(c.c.submission_id)
    last = {row[0]: int(row[1]) for row in connection.execute(numbered)}
    rows = [
        _row(submission, no, one)
        for submission in near.keys() | far.keys()
        for no, one in enumerate(
            (*near.get(submission, ()), *far.get(submission, ())), last.get(submission, _BEHIND) + 1
        )
    ]
    for batch in batches({c: rows}, connection.dialect):
        put(connection, batch)


def _row(submission: str, no: int, one: Judgement) -> dict[str, Any]:
    beside = {"other_id": one.other, "other_path": one.there, "passages": [list(pair) for pair in one.passages]}
    return judging.row(submission, no, one) | beside


def listed(store: Store, rule: str | None, unit: str | None, year: int | None, most: int) -> list[sa.Row[Any]]:
    """What was found, of a rule, of units whose name has something in it, of a year: one more than `most` where there is more."""
    asked = {"rule": rule, "unit": unit, "year": year, "most": most + 1}
    with store.reading() as connection:
        return list(connection.execute(_LISTED, asked))


# ---------------------------------------------------------------- a unit's own
def _of_units(connection: sa.Connection, stale: list[list[Standing]], report: Report) -> Found:
    """What the rules find that look at the submissions of one unit."""
    out: Found = defaultdict(list)
    for done, own in enumerate(stale, 1):
        if len(own) > 1:
            read = [_read(connection, one) for one in own]
            for one, other in zip(own, read, strict=True):
                out[one.submission] += beside(other.submission, [x for x in read if x is not other], one.force)
        report("比对各单位的材料", done, len(stale))
    return out


def _read(connection: sa.Connection, one: Standing) -> Other:
    """A submission as it is compared: with its year, where its forms alone state it."""
    told = stated(connection, one.submission)
    told["report"]["fiscal_year"] = one.year
    return Other(one.submission, one.year or 0, plain.submission(told))


# ---------------------------------------------------------------- texts
def _sketch(store: Store, stale: list[Standing], report: Report) -> None:
    """Takes up the texts of submissions that are new or changed."""
    for at in range(0, len(stale), _AT_ONCE):
        part = stale[at : at + _AT_ONCE]

        def work(connection: sa.Connection, part: list[Standing] = part) -> None:
            rows = []
            for one in part:
                clear(connection, tables.sketch, one.submission)
                rows += list(_sketches(connection, one))
            for batch in batches({tables.sketch: rows}, connection.dialect):
                put(connection, batch)

        store.write(work)
        report("摘取文字", at + len(part), len(stale))


def _sketches(connection: sa.Connection, one: Standing) -> Iterator[dict[str, Any]]:
    for no, row in enumerate(connection.execute(_TEXTS, {"submission": one.submission}), 1):
        bared = texts.bare(row.text, one.names)[0] if len(row.text) >= texts.SHORT else ""
        if len(bared) >= texts.SHORT:
            yield {
                "submission_id": one.submission, "no": no, "record": row.record, "field": row.field, "length": len(bared),
                "marks": texts.marks(bared).tobytes(),
            }  # fmt: skip


def _copies(connection: sa.Connection, standings: list[Standing], report: Report) -> Iterator[tuple[str, Judgement]]:
    """What was copied, told of both submissions."""
    clauses = _clauses(standings, COPIED)
    known = {one.submission: one for one in standings if one.submission in clauses}
    if not known:
        return
    numbers: dict[str, int] = {}
    held = [
        texts.Text(
            row.submission_id, numbers.setdefault(known[row.submission_id].unit or row.submission_id, len(numbers)), row.record, row.field,
            row.length, np.frombuffer(row.marks, np.uint64),
        )
        for row in connection.execute(_SKETCHES) if row.submission_id in known
    ]  # fmt: skip
    most = max(int(clause.parameters["template"]) for _, clause in clauses.values())
    common = texts.Common(held, min(most, len(numbers) // 2))
    pairs: dict[tuple[str, str], list[tuple[texts.Text, texts.Text]]] = defaultdict(list)
    for one, other in common.pairs():
        if not _related(known[one.submission], known[other.submission]):
            pairs[one.submission, other.submission].append((one, other))
    for done, ((first, second), found) in enumerate(pairs.items(), 1):
        report("比对雷同文字", done, len(pairs))
        alike = [
            (one, other, common.alike(_own(connection, one, known), _own(connection, other, known)))
            for one, other in found
        ]
        for mine, theirs, turned in ((known[first], known[second], False), (known[second], known[first], True)):
            copied = _copied(mine, theirs, alike, turned)
            pack, clause = clauses[mine.submission]
            if copied is not None:
                with exactly():
                    for told in RULES[COPIED].check(copied, clause.parameters):
                        yield mine.submission, judgement(pack, clause, None, told)


def _related(one: Standing, other: Standing) -> bool:
    """Does one report on the other, as a department on what it supervises? Then both say the same rightly."""
    return bool(one.named.intersection(other.names) or other.named.intersection(one.names))


def _own(connection: sa.Connection, text: texts.Text, known: dict[str, Standing]) -> tuple[str, tuple[str, ...]]:
    asked = {"submission": text.submission, "record": text.record, "field": text.field}
    return connection.execute(_TEXT, asked).scalar_one(), known[text.submission].names


def _copied(
    mine: Standing, theirs: Standing, alike: Iterable[tuple[texts.Text, texts.Text, texts.Alike]], turned: bool
) -> Copied | None:
    """Everything that one submission has in common with another, as one finding at the text that has most of it."""
    found = [(other, one, same) if turned else (one, other, same) for one, other, same in alike if same.passages]
    if not found:
        return None
    text, there, _ = max(found, key=lambda pair: pair[2].same)
    passages = tuple(pair[::-1] if turned else pair for _, _, same in found for pair in same.passages)
    left = "".join(mine for mine, _ in passages)
    return Copied(
        f"{text.record}.{text.field}", theirs.submission, f"{there.record}.{there.field}", theirs.name or "（未写明单位）", theirs.year,
        sum(same.same for _, _, same in found), sum(one.length for one, _, _ in found), passages[:_MOST],
        tuple(dict.fromkeys(figure for _, _, same in found for figure in same.figures)),
        tuple(name for name in theirs.names if name in left and name not in mine.names),
    )  # fmt: skip


# ---------------------------------------------------------------- figures
def _outliers(connection: sa.Connection, standings: list[Standing]) -> Iterator[tuple[str, Judgement]]:
    clauses = _clauses(standings, OUTLIER)
    parameters = {submission: clause.parameters for submission, (_, clause) in clauses.items()}
    with exactly():
        for said, group in groups.groups(connection, standings, parameters):
            for measured, told in RULES[OUTLIER].check(group, said):
                yield measured.key, judgement(*clauses[measured.key], None, told)


def _clauses(standings: list[Standing], rule: str) -> dict[str, tuple[Pack, Clause]]:
    """By submission, the clause in force for a rule."""
    return {
        one.submission: (pack, clause) for one in standings for pack, clause in one.force if clause.rule == rule
    }  # fmt: skip
