"""The desk in a real browser (Chromium by Playwright): from an uploaded archive to the year's table, by the keyboard; two people at once;
nothing is asked for elsewhere."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from data.maker import others, printed, scans, word
from pipeline.store import accounts, looks
from pipeline.store.opening import open_store
from tests.conftest import eventually, missing
from tests.pipeline.review.test_desk import EVIL

WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
# A form of the year: what stands in braces differs from unit to unit.
FORM = """# 项目支出绩效自评表
（2023年度）

| 项目名称 | {unit}管护 | < | < | < | < |
| 主管部门 | 青禾县水务局 | < | {label} | {unit} | < |
| 项目资金（万元） | | 全年预算数 | 全年执行数 | 分值 | 执行率 |
| ^ | 年度资金总额 | 200 | 150 | 10 | {rate} |
| 一级指标 | 三级指标 | 年度指标值 | 实际完成值 | 分值 | 得分 |
| 产出指标 | 保洁里程 | ≥20公里 | 20公里 | 50 | 50 |
| 效益指标 | 投诉次数 | ≤5次 | 4次 | 20 | 20 |
| ^ | 水岸环境 | 持续改善 | 持续改善 | 20 | 20 |
"""
UNITS = [f"青禾县{name}所" for name in ("东河", "西河", "南渠", "北渠", "上湾", "下湾", "柳溪", "石桥", "桃源", "竹林")]


def archive() -> bytes:
    """Ten forms: six of Word, two PDF, one scan, one web page; one has a wrong rate, four a label nobody knows."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for number, unit in enumerate(UNITS):
            told = FORM.format(
                unit=unit, rate="70%" if number == 0 else "75%", label="经办单位" if 2 <= number < 6 else "实施单位"
            )
            if number < 6:
                made.writestr(f"2023/{unit}.docx", word.make(told))
            elif number < 8:
                made.writestr(f"2023/{unit}.pdf", printed.pdf(told))
            elif number == 8:
                pages = scans.pictures(printed.pdf(told), scans.Scanner())
                made.writestr(f"2023/{unit}.pdf", scans.as_pdf(pages, scans.Scanner().dpi))
            else:
                made.writestr(f"2023/{unit}.html", others.web(told))
    return out.getvalue()


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        missing("Chromium (Debian: chromium)")
    return str(found)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield made
        made.close()


class Served:
    """The command `ziping review` over a store, and browsers that come to it; what they asked for elsewhere and what failed in them."""

    def __init__(self, folder: Path, browser: Any) -> None:
        from tests.pipeline.analysts.test_browse import free

        self.folder, self.browser = folder, browser
        self.foreign: list[str] = []
        self.errors: list[str] = []
        (folder / "words").mkdir()
        self.port = free()
        command = [
            Path(sys.executable).parent / "ziping",
            "--words",
            "words",
            "review",
            "--store",
            "s.db",
            "--port",
            str(self.port),
        ]
        self.process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        found = re.search(r"http://\S+", line)
        assert found is not None, line
        self.address = found[0]
        assert eventually(self.answers)

    def answers(self) -> bool:
        import socket

        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def store(self) -> Any:
        return open_store(str(self.folder / "s.db"))

    def page(self, size: dict[str, int] = WIDE, **more: Any) -> Any:
        context = self.browser.new_context(viewport=size, locale="zh-CN", accept_downloads=True, **more)
        page = context.new_page()
        page.set_default_timeout(60_000)
        here = f"http://127.0.0.1:{self.port}/"
        page.on("request", lambda asked: self.foreign.append(asked.url) if not asked.url.startswith(here) else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if "Content Security" in said.text else None)
        return page

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


@pytest.fixture
def served(tmp_path: Path, browser: Any) -> Iterator[Served]:
    made = Served(tmp_path, browser)
    yield made
    made.close()
    assert not made.foreign
    assert not made.errors


def left(page: Any) -> int:
    return int(page.locator("#record").get_attribute("data-open"))


def press(page: Any, *keys: str) -> None:
    """Keys that decide, each after the record has come anew for the one before it."""
    for key in keys:
        before = page.locator("#desk").get_attribute("data-shown")
        page.keyboard.press(key)
        page.wait_for_selector(f"#desk:not([data-shown='{before}'])" if before else "#desk[data-shown]")


def test_a_year_from_an_archive_to_its_table(served: Served, shot: Callable[[Any, str], None]) -> None:
    page = served.page()
    page.goto(served.address)
    base = f"http://127.0.0.1:{served.port}"
    # the roster, and what came
    (served.folder / "units.csv").write_text(
        "单位名称\n" + "\n".join([*UNITS, "青禾县审计局"]) + "\n", encoding="utf-8"
    )
    page.goto(f"{base}/units")
    page.fill("input[name=year]", "2023")
    page.set_input_files("input[name=file]", served.folder / "units.csv")
    page.click("text=载入")
    assert page.locator("tr.missing").count() == 11
    (served.folder / "收件.zip").write_bytes(archive())
    page.goto(f"{base}/upload")
    page.set_input_files("input[name=files] >> nth=0", served.folder / "收件.zip")
    page.click("form#drop button")
    page.wait_for_selector("text=读完", timeout=180_000)
    assert page.locator(".upload tr").count() == 10
    assert page.locator(".upload tr.refused, .upload tr.failed").count() == 0
    shot(page, "upload")
    page.goto(f"{base}/units?year=2023")
    assert page.locator("tr.missing").count() == 1
    shot(page, "units")
    # a label is named once, the four forms that have it follow
    page.goto(f"{base}/words")
    form = page.locator("form.word", has_text="经办单位")
    form.locator("select").select_option("implementer")
    form.locator("button").click()
    page.wait_for_selector("text=采用并重新整理")
    shot(page, "words")
    page.click("text=采用并重新整理")
    page.wait_for_selector("text=4 份材料已重新整理")
    # the wrong rate is corrected by keys alone: its finding goes
    page.goto(f"{base}/queue?year=2023")
    shot(page, "queue")
    page.click(f"table.queue a:has-text('{UNITS[0]}')")
    page.wait_for_selector(".current")
    finding = page.locator(".remarks li.open")
    assert finding.count() == 1
    shot(page, "submission")
    page.locator(".value[data-field=execution_rate]").click()
    page.keyboard.press("e")
    page.keyboard.type("75%")
    page.wait_for_selector("#effect .gone")
    press(page, "Enter")
    assert page.locator(".remarks li").count() == 0
    assert page.locator(".value.corrected").inner_text().startswith("75%")
    press(page, "u")
    page.wait_for_selector(".remarks li.open")
    press(page, "Enter")  # and the finding is so after all
    assert page.locator(".remarks li.settled").count() == 1
    # all that is left, by keys alone
    for _ in range(60):
        page.wait_for_selector("#record")
        if left(page):
            press(page, "b")
        elif page.locator("#next").count():
            here = page.url
            page.keyboard.press("n")
            page.wait_for_url(lambda url, here=here: url != here)
        else:
            break
    assert not any(one.total for one in looks.queue(served.store, looks.Wanted(2023, every=True)))
    page.goto(f"{base}/s/{looks.queue(served.store, looks.Wanted(2023, every=True))[0].submission_id}/sheet")
    shot(page, "sheet")
    page.click("text=标为已发")
    page.goto(f"{base}/done?year=2023")
    shot(page, "done")
    with page.expect_download() as download:
        page.click("text=导出年度表")
    download.value.save_as(served.folder / "year.xlsx")
    from openpyxl import load_workbook

    book = load_workbook(served.folder / "year.xlsx")
    assert book["核看"].max_row == 11
    scores = [row for row in book["指标"].iter_rows(min_row=2, values_only=True)]
    assert len(scores) == 30


def test_a_page_shows_the_cell_of_a_value_and_a_cell_its_value(
    served: Served, shot: Callable[[Any, str], None]
) -> None:
    from pipeline.batch import run
    from pipeline.store import originals

    told = FORM.format(unit=UNITS[0], rate="70%", label="实施单位")
    (served.folder / "in").mkdir()
    (served.folder / "in" / "a.pdf").write_bytes(printed.pdf(told))
    store = served.store
    run.ingest([served.folder / "in"], store, lambda outcome: None, originals=originals.place(store))
    page = served.page()
    page.goto(served.address)
    page.goto(f"http://127.0.0.1:{served.port}/s/{looks.queue(store)[0].submission_id}")
    page.wait_for_selector(".page img")
    assert eventually(lambda: page.locator(".page img").evaluate("image => image.naturalWidth") > 0)
    page.locator(".value[data-field=executed]").click()
    marked = page.locator(".page i.marked")
    assert marked.count() == 1
    box, picture = marked.bounding_box(), page.locator(".page img").bounding_box()
    assert 0.3 < (box["x"] - picture["x"]) / picture["width"] < 0.8
    shot(page, "page")
    page.locator(".page i[data-mark=contradicted]").first.click()
    assert page.locator("#record .current").count() == 1


def test_the_second_browser_sees_who_holds_a_file_and_a_stale_decision_is_told(served: Served, tmp_path: Path) -> None:
    from pipeline.batch import run

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.docx").write_bytes(word.make(FORM.format(unit=UNITS[0], rate="70%", label="实施单位")))
    store = served.store
    run.ingest([tmp_path / "in"], store, lambda outcome: None)
    accounts.add(store, "李四", accounts.REVIEWER, "another password")
    one = looks.queue(store)[0].submission_id
    first, second = served.page(), served.page()
    first.goto(served.address)
    first.goto(f"http://127.0.0.1:{served.port}/s/{one}")
    first.wait_for_selector(".current")
    second.goto(f"http://127.0.0.1:{served.port}/s/{one}")
    second.fill("input[name=name]", "李四")
    second.fill("input[name=password]", "another password")
    second.click("text=登录 >> nth=-1")
    second.goto(f"http://127.0.0.1:{served.port}/s/{one}")
    assert "正在核看这份材料" in second.locator("#holder").inner_text()
    second.locator(".value[data-field=actual]").first.click()
    assert second.locator(".decide button").count() == 0  # to look, not to decide
    # what the first browser shows is no longer so
    from pipeline.rerun import correcting

    correcting.add(store, one, "forms[0].indicators[1]", "actual", "3次", "另一处更正", "王五")
    first.locator(".value[data-field=actual] >> nth=1").click()
    with first.expect_response(re.compile("/decide")) as answer:
        first.keyboard.press("0")
    assert answer.value.status == 409
    first.wait_for_selector("#message >> text=所见“4次”，现为“3次”")


def test_what_files_say_is_inert_in_a_browser(served: Served, tmp_path: Path) -> None:
    from pipeline.batch import run

    (tmp_path / "in").mkdir()
    made = FORM.format(unit=EVIL, rate="75%", label=EVIL).replace("持续改善", "长" * 200_000)
    (tmp_path / "in" / "evil.docx").write_bytes(word.make(made))
    store = served.store
    run.ingest([tmp_path / "in"], store, lambda outcome: None)
    page = served.page()
    page.on("dialog", lambda dialog: served.errors.append(dialog.message))
    page.goto(served.address)
    one = next(found.submission_id for found in looks.queue(store))
    for url in ("", "units", "queue", "words", "findings", f"s/{one}", f"s/{one}/history", f"s/{one}/sheet"):
        page.goto(f"http://127.0.0.1:{served.port}/{url}")
    page.goto(f"http://127.0.0.1:{served.port}/s/{one}")
    assert "<script>alert" in page.locator("#source").inner_text()
    page.goto(f"http://127.0.0.1:{served.port}/s/{one}")
    while left(page):
        press(page, "b")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1366", "390"])
def test_every_screen_fits_a_laptop_and_a_phone(
    served: Served, size: dict[str, int], shot: Callable[[Any, str], None]
) -> None:
    from pipeline.batch import run
    from tests.conftest import ROOT

    store = served.store
    run.ingest(sorted((ROOT / "data" / "samples" / "years").glob("*-2022.docx"))[:6], store, lambda outcome: None)
    page = served.page(size)
    page.goto(served.address)
    one = looks.queue(store)[0].submission_id
    for url in (
        "",
        "units",
        "upload",
        "queue",
        "words",
        "findings",
        "done",
        f"s/{one}",
        f"s/{one}/history",
        f"s/{one}/sheet",
    ):
        page.goto(f"http://127.0.0.1:{served.port}/{url}")
        shot(
            page,
            f"{size['width']}-{url.rpartition('/')[2] if not url.startswith('s/') or url.count('/') > 1 else 'submission'}",
        )
        if size is NARROW:
            assert page.evaluate("document.documentElement.scrollWidth") <= 400, url


@pytest.fixture
def shot(request: pytest.FixtureRequest) -> Callable[[Any, str], None]:
    """Keeps a picture of a page where ZIPING_SHOTS names a folder, to be looked at."""
    folder = os.environ.get("ZIPING_SHOTS")

    def take(page: Any, name: str) -> None:
        if folder:
            Path(folder).mkdir(exist_ok=True)
            page.screenshot(path=str(Path(folder, f"{request.node.name}-{name}.png".replace("/", "_"))))

    return take
