"""Changes of the code that tests did not notice once: each is made again in a copy, and some test must fail."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, copy_of_the_code


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change: in a file, one text for another; tests: of which one must fail."""

    name: str
    file: str
    before: str
    after: str
    tests: str


SURVIVORS = (
    Survivor(
        "no SQL authorizer",
        "pipeline/analysts/bounded.py",
        "if allowed else sqlite3.SQLITE_DENY",
        "",
        "tests/pipeline/analysts/test_query.py -k free_sql_cannot",
    ),
    Survivor(
        "mode=rw",
        "pipeline/store/connection.py",
        '"mode=ro" if beside',
        '"mode=rw" if beside',
        "tests/pipeline/analysts/test_query.py -k cannot_be_written",
    ),
    Survivor(
        "contacts in extra",
        "pipeline/analysts/export.py",
        "if not _PERSON.search(k)}",
        "}",
        "tests/pipeline/analysts/test_export.py -k contacts_come_only",
    ),
    Survivor(
        "formula cells beginning with a tab or CR",
        "pipeline/analysts/tabular.py",
        ', "\\t", "\\r")',
        ")",
        "tests/pipeline/analysts/test_export.py -k formula",
    ),
    Survivor(
        "control characters on a page",
        "pipeline/analysts/sheet_files.py",
        "return readable(value) if",
        "return value if",
        "tests/pipeline/cli/test_shown.py -k files_and_pages",
    ),
    Survivor(
        "control characters in .docx",
        "pipeline/analysts/sheet_files.py",
        "undefined=jinja2.StrictUndefined, finalize=_finished)",
        "undefined=jinja2.StrictUndefined)",
        "tests/pipeline/analysts/test_feedback.py -k control",
    ),
    Survivor(
        "parent-death signal",
        "pipeline/batch/executors.py",
        "prctl(DIES_WITH_PARENT, signal.SIGKILL)",
        "prctl(DIES_WITH_PARENT, 0)",
        "tests/pipeline/batch/test_processes.py -k each_job",
    ),
    Survivor(
        "total size of a .docx",
        "extractors/word_package.py",
        "if bomb or total > MAX_UNPACKED:",
        "if bomb:",
        "tests/extractors/test_limits.py",
    ),
    Survivor(
        "zip password",
        "extractors/bundle.py",
        "elif info.flag_bits & 1:",
        "elif False:",
        "tests/extractors/test_limits.py",
    ),
    Survivor(
        "200 MB limit",
        "extractors/files.py",
        "    if size > MAX_BYTES:",
        "    if False:",
        "tests/extractors/test_limits.py",
    ),
    Survivor(
        "PDF pages",
        "extractors/pdf.py",
        "if len(document) > MAX_PAGES:",
        "if False:",
        "tests/extractors/test_limits.py",
    ),
    Survivor(
        "frames",
        "extractors/scan.py",
        "if number >= MAX_FRAMES:",
        "if False:",
        "tests/extractors/test_limits.py",
    ),
    Survivor(
        "cells of a sheet",
        "extractors/sheet.py",
        "columns > MAX_CELLS:",
        "columns < 0:",
        "tests/extractors/test_limits.py",
    ),
    Survivor(
        "cells of a page",
        "extractors/web.py",
        "if self.cells > MAX_CELLS:",
        "if False:",
        "tests/extractors/test_limits.py",
    ),
    Survivor(
        "serve's time limit",
        "pipeline/analysts/browse.py",
        "SECONDS = 10 ",
        "SECONDS = 10_000 ",
        "tests/pipeline/batch/test_processes.py -k ten_seconds",
    ),
    Survivor(
        "password masking",
        "schema/visible.py",
        'if "@" in text:',
        "if False:",
        "tests/pipeline/cli/test_shown.py -k 'masked or a_password_reaches'",
    ),
    Survivor(
        "synchronous",
        "pipeline/store/connection.py",
        '"synchronous=NORMAL"',
        '"synchronous=OFF"',
        "tests/pipeline/cli/test_shown.py -k durable",
    ),
    Survivor(
        "advisory locks",
        "pipeline/store/connection.py",
        '!= "postgresql":\n        return\n    lock',
        '!= "nothing":\n        return\n    lock',
        "tests/pipeline/store/test_store.py -k another_waits_for",
    ),
    Survivor(
        "one current version",
        "pipeline/store/versions.py",
        "    if state(connection, submission_id) != seen:",
        "    if False:",
        "tests/pipeline/store/test_together.py -k while_a_rerun_reads",
    ),
    Survivor(
        "the guard around an item",
        "pipeline/batch/run.py",
        "    except Exception as error:  # noqa: BLE001 - whatever",
        "    except ZipingError as error:  # noqa: BLE001 - whatever",
        "tests/pipeline/batch/test_holds.py -k in_this_process",
    ),
    Survivor(
        "the Host that is asked",
        "pipeline/analysts/browse.py",
        "if len(told) != 1 or not _is_here(told[0], known):",
        "if False:",
        "tests/pipeline/batch/test_processes.py -k own_name",
    ),
)


@pytest.mark.soak
@pytest.mark.parametrize("change", SURVIVORS, ids=lambda change: change.name)
def test_a_change_that_went_unnoticed_is_noticed(change: Survivor, tmp_path: Path) -> None:
    copy_of_the_code(tmp_path)
    path = tmp_path / change.file
    text = path.read_text(encoding="utf-8")
    assert text.count(change.before) == 1, f"{change.before} is not in {change.file} once: rewrite this change"
    ran = _run(tmp_path, change.tests)
    assert ran.returncode == 0, f"they fail without the change: {ran.stdout[-2000:]}"
    path.write_text(text.replace(change.before, change.after), encoding="utf-8")
    assert _run(tmp_path, change.tests).returncode == 1


def _run(place: Path, tests: str) -> subprocess.CompletedProcess[str]:
    import shlex

    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *shlex.split(tests)]
    with tempfile.TemporaryDirectory(
        prefix="z-", dir="/tmp"
    ) as short:  # where a server of its own has room for its socket
        os.chmod(short, 0o755)
        environment = os.environ | {"PYTHONPATH": str(place), "TMPDIR": short}
        return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)


def test_every_change_still_fits_the_code() -> None:
    for change in SURVIVORS:
        assert (ROOT / change.file).read_text(encoding="utf-8").count(change.before) == 1, change.name
