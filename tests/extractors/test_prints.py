"""The record of a form does not depend on the printer: how it draws lines, how wide its margins are, where its pages end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.maker import forms, printed, prints, word
from data.maker.layout import all_layouts
from extractors import read
from extractors.files import File
from pipeline.extract import as_record, extract
from pipeline.score import score
from tests.conftest import plain

LAYOUTS = all_layouts()
SHARE = 12  # of so many layouts one is printed in every style; in `make soak` all


def read_from(path: Path) -> Any:
    return plain(as_record(extract(path)))


@pytest.mark.parametrize("share", [SHARE, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("style", printed.STYLES)
def test_however_lines_are_drawn_a_form_gives_back_its_record(style: str, share: int, tmp_path: Path) -> None:
    wrong = []
    for layout in LAYOUTS[::share]:
        made = forms.make(layout, 0)
        path = tmp_path / "form.pdf"
        path.write_bytes(printed.pdf(made.source, style))
        parts = score(read_from(path), plain(made.record))
        wrong += [(layout.name, error) for name, part in parts.items() if name != "report" for error in part.errors]
    assert wrong == []


# `make test` prints few forms by our own printer; LibreOffice is quick, a browser takes two seconds a form.
# alike: the share of prints on which a form reads as its .docx does.
SWEEPS = [
    pytest.param("own", SHARE, 0.98, id="own"),
    pytest.param("own", 1, 0.995, id="own-all", marks=pytest.mark.soak),
    pytest.param("office", 1, 0.995, id="office-all", marks=pytest.mark.soak),
    pytest.param("browser", 6, 0.98, id="browser-some", marks=pytest.mark.soak),
]


@pytest.mark.parametrize(("printer", "share", "alike"), SWEEPS)
def test_wherever_pages_end_a_form_reads_as_its_word_file_does(
    printer: str, share: int, alike: float, tmp_path: Path
) -> None:
    if (program := prints.missing(printer)) is not None:
        pytest.skip(f"{program} is not installed")
    sources = {layout.name: forms.make(layout, 0).source for layout in LAYOUTS[::share]}
    wanted = {}
    for name, source in sources.items():
        (tmp_path / f"{name}.docx").write_bytes(word.make(source))
        wanted[name] = read_from(tmp_path / f"{name}.docx")
    printed_so, wrong = 0, []
    for paper in prints.PAPERS:
        for name, content in prints.PRINTERS[printer](sources, paper):
            printed_so += 1
            path = tmp_path / "form.pdf"
            path.write_bytes(content)
            if any(part.errors for part in score(read_from(path), wanted[name]).values()):
                wrong.append((name, paper))
    assert printed_so > 0.9 * len(sources) * len(prints.PAPERS)
    assert len(wrong) <= (1 - alike) * printed_so, wrong


@pytest.mark.parametrize("style", ["ring", "clipped", "grey"])
def test_lines_that_no_vector_says_are_found_in_the_picture_and_the_page_says_so(style: str, tmp_path: Path) -> None:
    path = tmp_path / "form.pdf"
    path.write_bytes(printed.pdf(forms.make(LAYOUTS[0], 0).source, style))
    readings = read(File(path)).pages
    assert {page.reader for page in readings} == {"opencv"}
    assert all(page.reason for page in readings)


def test_without_opencv_such_a_page_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractors.pdf_seen.available", lambda: False)
    path = tmp_path / "form.pdf"
    path.write_bytes(printed.pdf(forms.make(LAYOUTS[0], 0).source, "ring"))
    assert all("OpenCV" in str(page.reason) for page in read(File(path)).pages)
