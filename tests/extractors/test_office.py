"""RTF and Word 95: through LibreOffice where it is installed, else a refusal that says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import extractors
from extractors import office
from schema.document import Paragraph, Table
from schema.errors import FileRefused
from tests.conftest import eventually, missing

RTF = r"{\rtf1\ansi\ansicpg936 \u33258?\u35780?\par\trowd\cellx2000\cellx4000\intbl A\cell B\cell\row\pard end\par}"


@pytest.fixture
def rtf(tmp_path: Path) -> Path:
    path = tmp_path / "form.rtf"
    path.write_text(RTF, encoding="ascii")
    return path


def test_without_libreoffice_the_refusal_names_it(rtf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "installed", lambda: None)
    with pytest.raises(FileRefused, match="LibreOffice"):
        extractors.read(rtf)


def test_with_libreoffice_an_rtf_is_read(rtf: Path) -> None:
    if office.installed() is None:
        missing("LibreOffice (Debian: libreoffice-writer-nogui)")
    document = extractors.read(rtf)
    assert document.format == "rtf"
    assert [b.text for b in document.blocks if isinstance(b, Paragraph) and b.text] == ["自评", "end"]
    (table,) = [b for b in document.blocks if isinstance(b, Table)]
    assert [c.text for c in table.cells] == ["A", "B"]


def _stands_for_soffice(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "soffice"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setattr(office, "installed", lambda: str(program))


def test_a_conversion_that_hangs_is_ended_with_all_it_started(
    rtf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child"
    _stands_for_soffice(f"sleep 77777 &\necho $! > {child}\nsleep 77777", tmp_path, monkeypatch)
    monkeypatch.setattr(office, "TIMEOUT", 2.0)
    with pytest.raises(FileRefused, match="没有转换完"):
        extractors.read(rtf)
    assert eventually(lambda: _ended(int(child.read_text())))


def _ended(pid: int) -> bool:
    """Whether the process is gone (a zombie that waits for its parent is gone)."""
    try:
        os.kill(pid, 0)
        return Path("/proc").is_dir() and ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return True


def test_a_conversion_that_writes_nothing_is_refused(
    rtf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stands_for_soffice("exit 0", tmp_path, monkeypatch)
    with pytest.raises(FileRefused, match="没有转换成功"):
        extractors.read(rtf)
