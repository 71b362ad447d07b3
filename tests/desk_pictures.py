"""Draws the pictures of the desk that README.md and docs/ show, from the samples: `python -m tests.desk_pictures`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline.store import looks, roster
from pipeline.store.roster_sheet import Unit
from tests.conftest import ROOT
from tests.pipeline.review.test_browser import Served

PLACE = ROOT / "docs" / "images"
SIZE = {"width": 1180, "height": 660}
YEAR = 2022
# A unit that owes a file, and one whose name stands otherwise in its form.
MORE = ["青禾县审计局", "青禾县市场监督管理局"]


def main() -> None:
    from playwright.sync_api import sync_playwright

    ziping = Path(sys.executable).parent / "ziping"
    PLACE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        shutil.copytree(ROOT / "data" / "samples", folder / "samples")
        subprocess.run([ziping, "ingest", "samples", "--store", "s.db", "--quiet"], cwd=folder, check=True)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        served = Served(folder, browser)
        store, page = served.store, served.page(SIZE)
        units = sorted({one.unit for one in looks.queue(store, looks.Wanted(YEAR, every=True)) if one.unit})
        roster.load(store, YEAR, map(Unit, units[:-2] + MORE))
        try:
            page.goto(served.address)
            here = f"http://127.0.0.1:{served.port}"
            page.goto(f"{here}/units?year={YEAR}")
            page.screenshot(path=str(PLACE / "units.png"))
            page.goto(f"{here}/words")
            page.locator("form.word button").nth(2).click()
            page.wait_for_selector(".effect p")
            page.screenshot(path=str(PLACE / "words.png"))
            one = next(found.submission_id for found in looks.queue(store, looks.Wanted(YEAR)) if found.unsure)
            page.goto(f"{here}/s/{one}?year={YEAR}")
            page.wait_for_selector(".current")
            page.wait_for_timeout(500)
            page.screenshot(path=str(PLACE / "submission.png"))
        finally:
            browser.close()
            served.close()
            store.close()


if __name__ == "__main__":
    main()
