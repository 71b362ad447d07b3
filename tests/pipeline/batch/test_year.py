"""A year's batch: ten thousand made submissions in one run, some of them hostile; then one heading learned."""

from __future__ import annotations

import os
import random
import shutil
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.maker import forms, others, printed, word
from data.maker.layout import all_layouts
from pipeline import ruleset
from pipeline.batch import run
from pipeline.batch.executors import Limits, processes
from pipeline.rerun import planning
from pipeline.ruleset import VocabularyRows
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from schema.relational import tables
from tests.pipeline.batch.misbehave import hostile

HOSTILE = 0.02
WRITERS = [("docx", word.make)] * 6 + [("xlsx", others.sheet)] * 2 + [("pdf", printed.pdf)] * 2
SPECIAL = "甲乙丙专用口径"  # a heading that one in a hundred holds
OLD_WORD = sorted((Path(__file__).parents[3] / "data" / "formats").glob("*.doc"))


def make(folder: Path, count: int, bad: bool) -> int:
    """`count` files of mixed kinds; with `bad`, one in fifty crashes, hangs, is greedy or garbage. Gives how many are bad."""
    rng = random.Random(count)
    layouts, hurt = all_layouts(), 0
    folder.mkdir()
    for i in range(count):
        name = f"{i:05d}"
        if bad and rng.random() < HOSTILE:
            hurt += 1
            kind = ("crash", "hang", "greedy", "garbage")[hurt % 4]
            data = rng.randbytes(3000) if kind == "garbage" else word.make(f"# 项目支出绩效自评表\n{kind}{i}")
            (folder / f"{name}-{kind}.docx").write_bytes((b"PK\x03\x04" if kind == "garbage" else b"") + data)
            continue
        if i % 20 == 7:  # the old binary: the same cases, told apart by bytes behind their end
            source = OLD_WORD[i % len(OLD_WORD)]
            (folder / f"{name}.doc").write_bytes(source.read_bytes() + f"{i}".encode())
            continue
        text = forms.make(layouts[i % len(layouts)], i).source
        if i % 100 == 3:
            text = _special(i)
        ending, write = WRITERS[(i // len(layouts)) % len(WRITERS)]
        (folder / f"{name}.{ending}").write_bytes(write(text))
    return hurt


def _special(i: int) -> str:
    return f"""# 项目支出绩效自评表
| 项目名称 | 河道保洁{i} | < | < | < | < |
| 一级指标 | 二级指标 | 三级指标 | {SPECIAL} | 分值 | 得分 |
| 产出指标 | 数量指标 | 保洁里程 | ≥20公里 | 60 | 60 |
| ^ | 质量指标 | 合格率 | ≥95% | 40 | 40 |
"""


def batch(folder: Path, count: int, timeout: float) -> None:
    limits = Limits(3, timeout, 2 << 30)
    good, bad = folder / "好", folder / "全"
    make(good, count, bad=False)
    hurt = make(bad, count, bad=True)
    plain = open_store(str(folder / "plain.db"))
    begun = time.perf_counter()
    summary = run.ingest([good], plain, lambda outcome: None, executor=processes, limits=limits)
    alone = time.perf_counter() - begun
    assert (summary.files, summary.refused) == (count, [])

    memory: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            memory.append(_resident())

    threading.Thread(target=watch).start()
    store, told = open_store(str(folder / "store.db")), Counter[str]()
    begun = time.perf_counter()
    summary = run.ingest(
        [bad], store, lambda outcome: told.update([outcome.outcome]), executor=hostile(), limits=limits
    )
    seconds = time.perf_counter() - begun
    over.set()
    assert summary.files == count
    assert (told["refused"] + told["failed"], told["read"] + told["partly"]) == (hurt, count - hurt)
    with store.reading() as connection:
        o = tables.outcome
        assert connection.execute(sa.select(sa.func.count()).select_from(o)).scalar() == count
        assert connection.execute(sa.select(sa.func.count(sa.distinct(o.c.path)))).scalar() == count
    rate = (count - hurt) / seconds / (count / alone)
    growth = max(memory[len(memory) // 2 :]) / max(memory[: len(memory) // 2]) if len(memory) > 3 else 1.0
    print(f"\n{count} files, {hurt} hostile: {seconds:.0f} s, without them {alone:.0f} s; throughput {rate:.2f}")
    print(f"memory of the parent, second half of the run beside the first: {growth:.2f}")

    learned(store, seconds)


def learned(store: Store, first: float) -> None:
    """One heading that one in a hundred submissions hold."""
    files = ruleset.shipped_rows().files
    words = VocabularyRows({**files, "headings.csv": [*files["headings.csv"], [SPECIAL, "indicators", "target"]]})
    reading = ruleset.under(words)
    opened, watching = list[str](), [True]
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if watching and event == "open" else None)
    begun = time.perf_counter()
    planned = list(planning.plan(store, reading, apply=True))
    seconds = time.perf_counter() - begun
    watching.clear()  # a hook stays for good
    endings = (".docx", ".doc", ".xlsx", ".pdf")
    assert [path for path in opened if path.endswith(endings)] == []
    with store.reading() as connection:
        v = tables.version
        again = connection.execute(sa.select(sa.func.count()).select_from(v).where(v.c.no == 2)).scalar_one()
        whole = connection.execute(sa.select(sa.func.count()).select_from(tables.submission)).scalar_one()
        hold = connection.execute(
            sa.select(sa.func.count())
            .select_from(tables.submission)
            .where(tables.submission.c.lookups.contains(SPECIAL))
        ).scalar_one()
    assert again == hold == sum(bool(p.changes) for p in planned)
    print(f"one heading of {hold} in {whole} submissions: {seconds:.2f} s, {seconds / first:.2%} of the first ingest")
    begun = time.perf_counter()
    assert list(planning.plan(store, reading, apply=True)) == []
    print(f"nothing changed: {time.perf_counter() - begun:.2f} s")


def _resident() -> int:
    with open("/proc/self/statm") as told:
        return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the parent's memory is read from /proc (Linux)")
def test_a_small_years_batch(tmp_path: Path) -> None:
    batch(tmp_path, 200, timeout=10.0)


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the parent's memory is read from /proc (Linux)")
def test_a_years_batch_of_ten_thousand(tmp_path: Path) -> None:
    batch(tmp_path, 10_000, timeout=5.0)
    shutil.rmtree(tmp_path)
