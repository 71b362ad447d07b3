"""The store in a browser: start page, a facet, a question, a chart, seen by a real one; it can only read and shows text as text."""

from __future__ import annotations

import html
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.analysts import browse
from pipeline.analysts.query import questions
from pipeline.batch import run
from pipeline.store.opening import open_store
from tests.conftest import PATIENCE, eventually, missing
from tests.pipeline.analysts.test_feedback import EVIL

FORM = f"""# 项目支出绩效自评表
（2023年度）
| 项目名称 | {EVIL} | < | < | < |
| 一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 |
| 产出指标 | 数量指标 | {EVIL} | ≥20次 | 21次 |
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, templates: Callable[[str], Path]) -> Iterator[str]:
    """The address of a served store: all samples and one submission that carries a script."""
    from data.maker.word import make

    folder = tmp_path_factory.mktemp("site")
    (folder / "evil.docx").write_bytes(make(FORM))
    shutil.copy(templates("demo"), folder / "demo.db")
    run.ingest([folder / "evil.docx"], open_store(str(folder / "demo.db")), lambda outcome: None)
    with served(folder / "demo.db") as address:
        yield address


@contextmanager
def served(store: Path, *options: str) -> Iterator[str]:
    """The address at which the command serves a store."""
    port = free()
    command = [
        Path(sys.executable).parent / "ziping",
        "serve",
        "--store",
        store,
        "--port",
        str(port),
        *options,
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        assert eventually(lambda: server.poll() is not None or answers(address))
        assert server.poll() is None
        yield address
    finally:
        server.terminate()
        server.wait()


def free() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=PATIENCE).read()
    except OSError:  # not yet there
        return False
    return True


def seen(address: str) -> str:
    """The page as a browser has it after its scripts have run."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        missing("Chromium (Debian: chromium)")
    command = [str(browser), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    command += ["--virtual-time-budget=8000", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout


def test_the_start_page_leads_to_views_and_questions(site: str) -> None:
    assert "绩效自评数据库" in seen(site)
    page = seen(f"{site}/ziping")
    assert "v_indicator" in page
    for question in questions().values():
        assert question.chinese in page


def test_a_facet_counts(site: str) -> None:
    page = seen(f"{site}/ziping/v_submission?province=湖南省")
    assert "12 rows" in page
    assert "facet-info" in page
    assert "湖南省临溪市档案馆" in page


def test_a_question_answers_and_draws_its_chart(site: str) -> None:
    link = browse.metadata("ziping")["databases"]["ziping"]["queries"]["execution-rate"]["description_html"]
    href = link.split('href="')[1].split('"')[0].replace("year=", "year=2022", 1)
    page = seen(site + href)
    assert "各单位各年度的预算执行率" in page
    assert "青禾县体育中心" in page
    assert 'class="marks"' in page or "vega-embed" in page


def test_a_script_in_a_submission_is_text(site: str) -> None:
    for path in (
        "v_indicator?level3__contains=script",
        "indicator?level3__contains=script",
        "v_form?project__contains=script",
    ):
        page = seen(f"{site}/ziping/{path}")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert EVIL not in page


def test_nothing_can_be_written(site: str) -> None:
    for sql in ("DELETE+FROM+form", "ATTACH+'x'+AS+y", "PRAGMA+writable_schema=1", "CREATE+TABLE+x(a)"):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{site}/ziping?sql={sql}", timeout=PATIENCE)
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{site}/ziping.db", timeout=PATIENCE)


def test_contacts_are_for_this_machine_alone(ziping, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    done = ziping("serve", "--contacts", "--host", "0.0.0.0", "--store", "nothing.db")
    assert done.returncode == 2
    assert "--contacts" in done.stderr


def test_a_port_that_is_taken_is_named(ziping, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    open_store(str(tmp_path / "store.db"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = ziping("serve", "--port", taken.getsockname()[1], "--store", tmp_path / "store.db")
    assert done.returncode == 1
    assert "--port" in done.stderr


@pytest.mark.parametrize("view", sorted(browse._READ))
def test_the_wide_views_lead_to_what_people_read_of_them(site: str, view: str) -> None:
    page = seen(f"{site}/ziping/{view}")
    link = re.search(rf'href="(/ziping/{view}\?_col=[^"]+)"', page)
    assert link
    narrow = seen(site + html.unescape(link[1]))
    assert re.findall(r"<th [^>]*data-column=\"(\w+)\"", narrow) == list(browse._READ[view])


def test_the_statement_of_a_question_is_folded(site: str) -> None:
    page = seen(f"{site}/ziping/coverage")
    assert "_show_sql" in page  # the way to see it
    assert 'id="sql-query"' not in page
    assert 'id="sql-query"' in seen(f"{site}/ziping/coverage?_show_sql=1")
