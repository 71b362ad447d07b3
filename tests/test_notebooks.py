"""The notebooks run on the demo data from top to end, tell figures, and are kept without outputs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import PATIENCE, ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, templates: Callable[[str], Path]) -> Path:
    return Path(shutil.copy(templates("demo"), tmp_path_factory.mktemp("demo")))


def test_there_are_three_notebooks_without_outputs() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03"]
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            assert cell.cell_type == "markdown" or (cell.outputs, cell.execution_count) == ([], None)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_it_says(path: Path, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIPING_STORE", str(demo))
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=PATIENCE, resources={"metadata": {"path": str(path.parent)}}).execute()
    shown = str([cell.get("outputs") for cell in book.cells])
    for word in {
        "01": ("39份材料", "湖南省临溪市档案馆", "image/svg+xml", "执行率"),
        "02": ("年底反馈", "125盏", "将改变1份材料", "新版式", "已改变6份材料", "村民满意率"),
        "03": ("项指标没有达到目标却得满分", "image/svg+xml", "自评总得分"),
    }[path.stem[:2]]:
        assert word in shown, word
    assert "Traceback" not in shown
    assert os.environ["ZIPING_STORE"] == str(demo)
