"""What needs a look is counted by submission, held by one person at a time, and sent as it stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from pipeline.rerun import correcting
from pipeline.review.reading import reading
from pipeline.store import looks, roster
from pipeline.store.connection import Store
from pipeline.store.looks import Wanted
from schema.relational import tables

EVERY = Wanted(every=True)


def test_the_queue_counts_what_the_desk_shows(demo: Store) -> None:
    queue = looks.queue(demo, EVERY)
    assert [one.risk for one in queue] == sorted((one.risk for one in queue), reverse=True)
    for one in queue:
        found = reading(demo, one.submission_id)
        assert one.unsure == sum(value.needs_look for value in found.values), one.file
        assert (one.findings, one.leftovers) == (len(found.findings), len(found.leftovers)), one.file
        assert one.total == found.open, one.file
    years = roster.years(demo)
    assert years == sorted(years, reverse=True)
    of_years = [looks.queue(demo, Wanted(year)) for year in years]
    assert sum(map(len, of_years)) + looks.undated(demo) == len([one for one in queue if one.total])
    assert [len(found) for found in of_years] == [looks.totals(demo, year).to_look for year in years]
    assert looks.number(demo, Wanted(kind="unsure")) == len([one for one in queue if one.unsure])
    assert looks.queue(demo, Wanted(unit="图书"), 2, 1) == looks.queue(demo, Wanted(unit="图书"))[1:3]
    assert looks.queue(demo, Wanted(unit="%")) == []


def test_what_an_older_version_wrote_is_counted_when_the_store_is_opened(small: Store) -> None:
    before = looks.queue(small, EVERY)
    small.write(lambda connection: connection.execute(tables.look.delete()))
    assert looks.queue(small, EVERY) == []
    small.write(looks.count)
    assert looks.queue(small, EVERY) == before


@pytest.fixture
def small(url: str) -> Iterator[Store]:
    from pipeline.batch import run
    from pipeline.store.opening import open_store
    from tests.conftest import ROOT

    store = open_store(url)
    run.ingest(sorted((ROOT / "data" / "samples" / "years").glob("library-202*.docx")), store, lambda outcome: None)
    yield store
    store.close()


def test_one_browser_holds_a_submission_until_it_lets_go(small: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (found.submission_id for found in looks.queue(small, EVERY)[:2])
    assert looks.claim(small, one, "张三", "a") is None
    assert looks.claim(small, one, "李四", "b") == "张三"
    assert looks.claim(small, one, "张三", "c") == "张三"  # the same person elsewhere
    assert looks.claim(small, other, "李四", "b") is None
    assert {found.held for found in looks.queue(small, EVERY)} >= {"张三", "李四"}
    looks.let_go(small, one, "b")
    assert looks.claim(small, one, "李四", "b") == "张三"
    looks.let_go(small, one, "a")
    assert looks.claim(small, one, "李四", "b") is None
    later = looks.time.time() + looks.HELD + 1
    monkeypatch.setattr(looks.time, "time", lambda: later)
    assert looks.claim(small, one, "张三", "a") is None  # nobody has decided anything for so long


def test_a_sheet_counts_as_sent_while_its_submission_reads_as_it_did(small: Store) -> None:
    chosen = looks.queue(small, EVERY)[0].submission_id
    looks.mark_sent(small, [chosen], "张三")
    looks.mark_sent(small, [chosen], "李四")
    assert [one.submission_id for one in looks.queue(small, EVERY) if one.sent] == [chosen]
    i = tables.indicator.c
    with small.reading() as connection:
        record = connection.scalar(sa.select(i.record).where(i.submission_id == chosen).limit(1))
    correcting.add(small, chosen, str(record), "remark", "另有说明", "核看", "张三")
    assert not any(one.sent for one in looks.queue(small, EVERY))


def test_corrections_whose_reading_changed_are_in_the_queue(small: Store) -> None:
    chosen = looks.queue(small, EVERY)[0].submission_id
    i, c = tables.indicator.c, tables.correction
    with small.reading() as connection:
        record = connection.scalar(sa.select(i.record).where(i.submission_id == chosen).limit(1))
    correcting.add(small, chosen, str(record), "remark", "另有说明", "核看", "张三")
    small.write(lambda connection: connection.execute(c.update().values(state="review")))
    small.write(looks.count)
    (found,) = [one for one in looks.queue(small, EVERY) if one.submission_id == chosen]
    assert found.waiting == 1
    waiting = [value for value in reading(small, chosen).values if value.state == "waiting"]
    assert [value.field for value in waiting] == ["remark"]
