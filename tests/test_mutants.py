"""Small changes of the code, one at a time (mutmut): how many of them some test notices. `[tool.mutmut]` in pyproject.toml says which code, by
which tests."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT, copy_of_the_code

SURVIVORS = ROOT / "data" / "work" / "mutants.txt"


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="mutmut forks")
def test_most_changes_of_values_rules_and_store_are_noticed(tmp_path: Path) -> None:
    copy_of_the_code(tmp_path)
    mutmut = Path(sys.executable).parent / "mutmut"
    subprocess.run([mutmut, "run"], cwd=tmp_path, check=True, capture_output=True)
    told = subprocess.run(
        [mutmut, "results", "--all", "true"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    results = [line.strip().rsplit(": ", 1) for line in told.stdout.splitlines() if ": " in line]
    counted = Counter(outcome for _, outcome in results)
    SURVIVORS.parent.mkdir(parents=True, exist_ok=True)
    SURVIVORS.write_text("".join(f"{name}\n" for name, outcome in results if outcome == "survived"), encoding="utf-8")
    print(f"\n{dict(counted)}; the survivors are in {SURVIVORS}; `mutmut show NAME` in a copy shows one")
    assert counted["killed"] >= 0.5 * (counted["killed"] + counted["survived"])
