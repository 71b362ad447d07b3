"""Walks the way of a new template and times it: `python -m tests.new_template [FILES]`.

A county's form that nobody has met arrives in 40 files (data/maker writes them): ingest says that it is new and how sure it is, one form is
drafted and put right, its effect on the store is seen, it is confirmed and applied; the next year's files are read by it at once, and those of the
year after, whose template has changed, are said to be otherwise. Prints each command with what it says, as docs/*/year.md shows it.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data.maker.word import make
from tests.conftest import ROOT

FILES = 40
_FORM = """# 县级财政项目绩效自评表
（{year}年度）

| 项目名称 | {project} | < | < | < | < |
| 主管部门 | 青禾县水务局 | < | 经办单位 | {unit} | < |
| 资金概况（万元） | 安排数 | < | 支用数 | < | 支用进度 |
| ^ | {approved} | < | {executed} | < | {rate}% |
| 任务方向 | 考察要点 | 应达水平 | 年末情形 | 满额 | 自定 |
{rows}
| 合计 | < | < | < | 100 | {total} |
"""
# What a person answers where the draft asks: the heading or label, its field.
ANSWERS = {
    "经办单位": "implementer", "安排数": "approved", "支用数": "executed", "支用进度": "execution_rate", "任务方向": "level1", "考察要点": "level3",
    "应达水平": "target", "年末情形": "actual", "满额": "weight", "自定": "score",
}  # fmt: skip
_GROUPS = (
    ("做了多少", ("保洁里程", "清运频次", "巡查次数")),
    ("成效如何", ("投诉下降", "水质改善")),
    ("群众评价", ("村民满意率",)),
)
_PLACES = "东河西河南渠北渠上湾下湾柳溪石桥"


@dataclass(frozen=True)
class Step:
    """A command, what it printed, how long it took."""

    command: tuple[str, ...]
    said: str
    seconds: float


def form(year: int, number: int, changed: bool = False) -> str:
    """A form of the template, filled; changed: as the template is after a year."""
    rng = random.Random(f"{year} {number}")
    approved = rng.randint(40, 400)
    executed = approved * rng.randint(80, 100) // 100
    rate = f"{executed / approved * 100:.2f}"
    kept = [
        (group, name)
        for group, names in _GROUPS
        for name in names
        if name in ("保洁里程", "村民满意率") or rng.random() < 0.7
    ]
    points = [100 // len(kept)] * len(kept)
    points[0] += 100 - sum(points)
    rows, before, total = [], "", 0
    for (group, name), point in zip(kept, points, strict=True):
        score = point - rng.choice((0, 0, 0, 1))
        total += score
        reach = rng.randint(10, 90)
        rows.append(
            f"| {'^' if group == before else group} | {name} | ≥{reach}% | {min(reach + 3, 100)}% | {point} | {score} |"
        )
        before = group
    place = _PLACES[2 * (number % 8) : 2 * (number % 8) + 2]
    text = _FORM.format(
        year=year, project=f"{place}河道保洁{number}期", unit=f"青禾县{place}河道所", approved=approved, executed=executed, rate=rate,
        rows="\n".join(rows), total=total,
    )  # fmt: skip
    return text.replace("年末情形", "岁末实绩") if changed else text


def put_right(draft: str) -> tuple[str, int]:
    """A draft as a person puts it right, and how many answers that took."""
    answers = 0
    lines = []
    for line in draft.split("\n"):
        asked = re.match(r'(\s+(?:- )?)"(.+?)": "？"', line)
        if asked:
            line = f'{asked[1]}"{asked[2]}": {ANSWERS[asked[2]]}'
            answers += 1
        lines.append(line)
    return "\n".join(lines), answers


class Walk:
    """The steps in a folder of their own; collects what each said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps: list[Step] = []
        self.answers = 0
        self.draft = ""
        (folder / "words").mkdir()
        self.environment = {k: v for k, v in os.environ.items() if "COLOR" not in k} | {
            "ZIPING_WORDS": "words", "ZIPING_STORE": "ziping.db", "PYTHONPATH": str(ROOT), "COLUMNS": "120", "LANG": "zh_CN.UTF-8",
        }  # fmt: skip

    def put(self, year: int, files: int, changed: bool = False) -> None:
        place = self.folder / f"{year}年自评"
        place.mkdir()
        for number in range(files):
            (place / f"{number + 1:02}.docx").write_bytes(make(form(year, number, changed)))

    def run(self, *command: str) -> str:
        begun = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", "from pipeline.cli import main; main()", *command],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        said = done.stdout + done.stderr
        self.steps.append(Step(command, said, time.perf_counter() - begun))
        return said

    def teach(self) -> None:
        """From the first ingest to the applied re-run."""
        self.run("ingest", "2023年自评")
        self.run("layouts", "draft", "2023年自评/01.docx", "--out", "new.yml")
        layout = self.folder / "new.yml"
        self.draft = layout.read_text(encoding="utf-8")
        text, self.answers = put_right(self.draft)
        layout.write_text(text, encoding="utf-8")
        self.run("layouts", "test", "new.yml")
        self.run("layouts", "confirm", "new.yml")
        self.run("rerun", "--apply")

    def next_years(self) -> None:
        self.run("ingest", "2024年自评")
        self.run("ingest", "2025年自评")
        self.run("status")

    @property
    def ratio(self) -> float:
        """The time of all that follows the first ingest until the re-run is applied, beside that of the ingest."""
        first, *others = (step.seconds for step in self.steps[:5])
        return sum(others) / first


def walked(folder: Path, files: int) -> Walk:
    walk = Walk(folder)
    walk.put(2023, files)
    walk.put(2024, files)
    walk.put(2025, files, changed=True)
    walk.teach()
    walk.next_years()
    return walk


def _told(walk: Walk) -> Iterator[str]:
    for step in walk.steps:
        yield f"$ ziping {' '.join(step.command)}"
        yield step.said


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        found = walked(Path(name), int(sys.argv[1]) if len(sys.argv) > 1 else FILES)
    print("\n".join(_told(found)))
    print(f"{found.answers} answers; " + ", ".join(f"{step.command[0]} {step.seconds:.1f} s" for step in found.steps))
    print(f"draft, test, confirm and re-run take {found.ratio:.2f} of the first ingest")
