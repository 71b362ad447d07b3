"""Draws the pictures of the desk that README.md and docs/ show, from the samples: `python -m tests.desk_pictures`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline.store import looks
from pipeline.store.opening import open_store
from tests.conftest import ROOT
from tests.pipeline.analysts.test_browse import free

PLACE = ROOT / "docs" / "images"
SIZE = {"width": 1180, "height": 660}
YEAR = 2022
# A unit that owes a file, and one whose name stands otherwise in its form.
MORE = ["青禾县审计局", "青禾县市场监督管理局"]


def main() -> None:
    from playwright.sync_api import sync_playwright

    ziping = Path(sys.executable).parent / "ziping"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "words").mkdir()
        shutil.copytree(ROOT / "data" / "samples", folder / "samples")
        subprocess.run([ziping, "ingest", "samples", "--store", "2022.db", "--quiet"], cwd=folder, check=True)
        store = open_store(str(folder / "2022.db"))
        found = looks.queue(store, looks.Wanted(YEAR, every=True))
        listed = "\n".join(sorted({one.unit for one in found if one.unit})[:-2] + MORE)
        (folder / "units.csv").write_text(f"单位名称\n{listed}\n", encoding="utf-8")
        subprocess.run(
            [ziping, "roster", "load", "units.csv", "--year", str(YEAR), "--store", "2022.db"], cwd=folder, check=True
        )
        port = free()
        command = [ziping, "--words", "words", "review", "--store", "2022.db", "--port", str(port)]
        server = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        assert server.stderr is not None
        address = re.search(r"http://\S+", server.stderr.readline())
        assert address is not None
        PLACE.mkdir(exist_ok=True)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                page = browser.new_context(viewport=SIZE, locale="zh-CN").new_page()
                for _ in range(50):
                    try:
                        page.goto(address[0])
                        break
                    except Exception:  # noqa: BLE001 - the server is not there yet
                        page.wait_for_timeout(200)
                here = f"http://127.0.0.1:{port}"
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
                browser.close()
        finally:
            server.terminate()
            server.wait()
            store.close()


if __name__ == "__main__":
    main()
