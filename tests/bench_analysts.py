"""What analysts wait for on 10,000 submissions (about 375,000 indicators), as ratios to one scan of the indicator table: `make bench`."""

from __future__ import annotations

import resource
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from pipeline.analysts import query
from pipeline.analysts.export import Choice, export
from pipeline.batch import run
from pipeline.store import contents, documents, search
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from pipeline.store.rows import batches, put
from schema.relational import tables
from tests.bench import best
from tests.conftest import ROOT, server

TIMES = 256  # each of the 39 samples
_TABLES = (
    tables.unit, tables.unit_spelling, tables.file, tables.delivery, tables.submission, tables.form, tables.fund, tables.goal,
    tables.task, tables.indicator, tables.basic, tables.basic_value, tables.section, tables.finding, tables.provenance,
    tables.form_layout, tables.passage,
)  # fmt: skip
_IDS = {"submission_id": 16, "sha256": 64, "subject": 16, "unit_id": 12}
_NAMES = {(tables.unit, "name"), (tables.unit_spelling, "spelling"), (tables.submission, "unit")}
# One scan: every column of every row is looked at once.
SCAN = f"SELECT {', '.join(f'MAX({c.name})' for c in tables.indicator.c if not isinstance(c.type, sa.JSON))} FROM indicator"


def multiplied(store: Store, times: int, more: tuple[sa.Table, ...] = ()) -> None:
    """Gives a store every submission `times` times, each time of other units. more: tables that are filled too."""
    with store.reading() as connection:
        held = {t: [dict(row) for row in connection.execute(sa.select(t)).mappings()] for t in (*_TABLES, *more)}
    for k in range(1, times):
        fresh = {t: [_again(t, row, k) for row in rows] for t, rows in held.items()}
        with store.engine.begin() as connection:
            for batch in batches(fresh, store.engine.dialect):
                put(connection, batch)
    store.write(search.index)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if store.engine.dialect.name == "postgresql" else "ANALYZE")


def _again(table: sa.Table, row: dict[str, Any], k: int) -> dict[str, Any]:
    out = {name: f"{k:04x}{value[4:]}" if name in _IDS and value else value for name, value in row.items()}
    for of, name in _NAMES:
        if of is table and row[name]:
            out[name] = f"{row[name]}{k}"
    if table is tables.delivery:
        out["path"] = f"/{k}{row['path']}"
    out.pop("passage_id", None)
    if table is tables.document:  # it knows its own digest
        out["content"] = documents.pack(replace(documents.unpack(row["content"]), digest=out["sha256"]))
    return out


def measure(store: Store, folder: Path) -> None:
    kind = store.engine.dialect.name
    counts = contents.counts(store)
    scan = best(partial(query.free, store, SCAN), 3)
    print(
        f"\n{kind}: {counts['submission']} submissions, {counts['indicator']} indicators; one scan of them {scan:.3f} s"
    )
    worst = 0.0
    for name in query.questions():
        given = {"unit": "图书馆7"} if name == "changes" else {}
        took = best(partial(query.ask, store, name, given, seconds=600), 3)
        worst = max(worst, took / scan)
        print(f"  query {name}: {took:.3f} s, {took / scan:.2f} x the scan")
    for word in ("满意", "数字化", "森林防火"):
        took = best(partial(search.search, store, word), 3)
        print(f"  search {word}: {took:.4f} s, {took / scan:.3f} x the scan")
    with store.reading() as connection:
        read = best(
            lambda: [len(c) for c in pd.read_sql(sa.text("SELECT * FROM indicator"), connection, chunksize=20_000)],
            1,
        )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = best(lambda: export(store, folder / kind, "parquet", Choice(lists=("indicators",))), 1)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / before
    print(
        f"  export indicators to Parquet: {took:.2f} s, {took / read:.2f} x pandas reading them; greatest memory {grown:.2f} x"
    )


def main(times: int = TIMES) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "server").mkdir()
        with server(folder / "server") as postgresql:
            for url in (str(folder / "store.db"), postgresql):
                store = open_store(url)
                run.ingest([ROOT / "data" / "samples"], store, lambda outcome: None)
                multiplied(store, times)
                measure(store, folder)
                store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES)
