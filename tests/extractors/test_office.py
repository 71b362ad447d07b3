"""RTF and Word 95: through LibreOffice where it is installed, else a refusal that says so."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import extractors
from extractors import office
from schema.document import Paragraph, Table
from schema.errors import FileRefused
from tests.conftest import missing

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


def test_a_conversion_that_hangs_is_ended_with_all_it_started(
    rtf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang = tmp_path / "soffice"
    hang.write_text("#!/bin/sh\nsleep 77777 &\nsleep 77777\n", encoding="ascii")
    hang.chmod(0o755)
    monkeypatch.setattr(office, "installed", lambda: str(hang))
    monkeypatch.setattr(office, "TIMEOUT", 0.5)
    with pytest.raises(FileRefused, match="没有转换完"):
        extractors.read(rtf)
    assert subprocess.run(["pgrep", "-f", "sleep 77777"], capture_output=True).returncode == 1


def test_a_conversion_that_writes_nothing_is_refused(
    rtf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = tmp_path / "soffice"
    nothing.write_text("#!/bin/sh\nexit 0\n", encoding="ascii")
    nothing.chmod(0o755)
    monkeypatch.setattr(office, "installed", lambda: str(nothing))
    with pytest.raises(FileRefused, match="没有转换成功"):
        extractors.read(rtf)
