"""What people at the desk wait for on 10,000 submissions, as ratios to one indexed query: `make bench`."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa
from starlette.testclient import TestClient

from pipeline.batch import run
from pipeline.review.app import desk
from pipeline.review.reading import reading
from pipeline.store import looks, originals
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from schema.relational import tables
from tests.bench_analysts import TIMES, multiplied
from tests.conftest import ROOT, server

DECISIONS = 40


def median(work: Callable[[], object], times: int = 5) -> float:
    def once() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return statistics.median(once() for _ in range(times))


def measure(store: Store) -> None:
    """Prints the median seconds of each screen and decision, and how many times one indexed query that is."""
    made = desk(store)
    browser = TestClient(made.app, base_url="http://127.0.0.1", headers={"sec-fetch-site": "same-origin"})
    browser.get(f"/enter?token={made.token}")
    queue = looks.queue(store)
    one = next(found.submission_id for found in queue if found.unsure >= 5)
    p = tables.provenance.c
    asked = sa.select(p.raw).where(
        (p.submission_id == one) & (p.record == "forms[0].indicators[3]") & (p.field == "score")
    )
    indexed = median(lambda: store.ask(lambda connection: connection.execute(asked).all()), 50)
    print(f"\n{store.engine.dialect.name}: {len(queue)} submissions; one indexed query {indexed * 1000:.2f} ms")

    def told(name: str, seconds: float) -> None:
        print(f"  {name}: {seconds * 1000:.0f} ms, {seconds / indexed:.0f} x one indexed query")

    for name, url in (
        ("/", "/"),
        ("/queue", "/queue"),
        ("/queue of a year", "/queue?year=2022"),
        ("/s/ID", f"/s/{one}"),
    ):
        assert browser.get(url).status_code == 200
        told(name, median(lambda url=url: browser.get(url)))
    told("a decision: right", statistics.median(_decided(browser, store, queue, "right")))
    corrected = list(zip(*_corrected(browser, store, queue), strict=True))
    told("what a correction would change", statistics.median(corrected[0]))
    told("a decision: corrected", statistics.median(corrected[1]))
    made.close()


def _decided(browser: TestClient, store: Store, queue: list[looks.Open], what: str) -> Iterator[float]:
    """Seconds of one decision on each of many submissions."""
    for found in [found for found in queue if found.unsure][:DECISIONS]:
        yield _posted(browser, f"/s/{found.submission_id}/decide", _doubtful(store, found) | {"what": what})


def _corrected(browser: TestClient, store: Store, queue: list[looks.Open]) -> Iterator[tuple[float, float]]:
    """Seconds of what the page asks while a person types the value, and of the correction itself, on each of many submissions."""
    for found in [found for found in queue if found.unsure][-DECISIONS:]:
        data = _doubtful(store, found) | {"what": "correct", "should_be": "1"}
        yield (
            _posted(browser, f"/s/{found.submission_id}/preview", data),
            _posted(browser, f"/s/{found.submission_id}/decide", data),
        )


def _doubtful(store: Store, found: looks.Open) -> dict[str, str]:
    value = next(value for value in reading(store, found.submission_id).values if value.needs_look)
    return {"about": "value", "record": value.record, "field": value.field, "seen": value.text or ""}


def _posted(browser: TestClient, url: str, data: dict[str, str]) -> float:
    start = time.perf_counter()
    answer = browser.post(url, data=data)
    seconds = time.perf_counter() - start
    assert answer.status_code in (200, 204), answer.text
    return seconds


def filled(url: str) -> Store:
    store = open_store(url)
    originals.place(store, originals.NONE)
    run.ingest([ROOT / "data" / "samples"], store, lambda outcome: None)
    multiplied(store, TIMES, (tables.document, tables.version, tables.leftover, tables.look))
    return store


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        Path(name, "server").mkdir()
        measure(filled(str(Path(name, "desk.db"))))
        with server(Path(name, "server")) as url:
            measure(filled(url))


if __name__ == "__main__":
    main()
