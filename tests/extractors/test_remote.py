"""Files elsewhere: read by their URL, named by it, refused in one line."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

from extractors.files import File, find
from extractors.names import place
from extractors.remote import Remote
from pipeline.batch import run
from pipeline.store import contents
from pipeline.store.opening import open_store
from tests.conftest import SAMPLES

Run = Callable[..., subprocess.CompletedProcess[str]]
FILES = sorted(SAMPLES.glob("*.docx"))


def test_a_url_is_a_path_with_its_own_words() -> None:
    url = place("s3://bucket/2023/某局.docx")
    assert isinstance(url, Remote)
    assert (str(url), url.name, str(url.absolute())) == (
        "s3://bucket/2023/某局.docx",
        "某局.docx",
        "s3://bucket/2023/某局.docx",
    )
    assert pickle.loads(pickle.dumps(url)) == url
    assert not isinstance(place("2023/某局.docx"), Remote)


def test_a_folder_elsewhere_is_read_as_one_here(tmp_path: Path) -> None:
    here, there = open_store(str(tmp_path / "here.db")), open_store(str(tmp_path / "there.db"))
    run.ingest([SAMPLES], here, lambda outcome: None)
    summary = run.ingest([place(f"file://{SAMPLES}")], there, lambda outcome: None)
    assert (summary.read, summary.refused) == (len(FILES), [])
    assert contents.counts(there) == contents.counts(here)


def test_members_of_an_archive_by_its_chained_url(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "年.zip", "w") as archive:
        for path in FILES[:2]:
            archive.write(path, f"材料/{path.name}")
    found = list(find([place(f"zip://材料::file://{tmp_path}/年.zip")]))
    assert all(isinstance(file, File) for file in found)
    assert [file.data() for file in found if isinstance(file, File)] == [p.read_bytes() for p in FILES[:2]]


def test_an_archive_elsewhere_is_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "年.zip", "w") as archive:
        archive.write(FILES[0], FILES[0].name)
    found = list(find([place(f"file://{tmp_path}/年.zip")]))
    assert [str(f.path) for f in found if isinstance(f, File)] == [f"file://{tmp_path}/年.zip/{FILES[0].name}"]


def test_what_is_not_there_is_said_in_one_line(ziping: Run, tmp_path: Path) -> None:
    shutil.copy(FILES[0], tmp_path / "a.docx")
    for url in ("nosuch://bucket/a.docx", f"file://{tmp_path}/b.docx"):
        said = ziping("ingest", url, "--store", "s.db", "--quiet")
        assert (said.returncode, said.stderr.count("\n")) == (1, 1), said.stderr
        assert url in said.stderr
    assert ziping("ingest", f"file://{tmp_path}/a.docx", "--store", "s.db").returncode == 0
