"""The record of a form does not depend on the printer: how it draws lines, how wide its margins are, where its pages end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import simplejson

from data.maker import forms, printed
from data.maker.layout import all_layouts
from extractors import read
from extractors.files import File
from pipeline.extract import as_json, as_record, extract
from pipeline.score import score

LAYOUTS = all_layouts()
SHARE = 12  # of so many layouts one is printed in every style; in `make soak` all


def plain(record: Any) -> Any:
    return simplejson.loads(simplejson.dumps(record, use_decimal=True), use_decimal=True)


@pytest.mark.parametrize("share", [SHARE, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("style", printed.STYLES)
def test_however_lines_are_drawn_a_form_gives_back_its_record(style: str, share: int, tmp_path: Path) -> None:
    wrong = []
    for layout in LAYOUTS[::share]:
        made = forms.make(layout, 0)
        path = tmp_path / "form.pdf"
        path.write_bytes(printed.pdf(made.source, style))
        parts = score(plain(simplejson.loads(as_json(as_record(extract(path))), use_decimal=True)), plain(made.record))
        wrong += [(layout.name, error) for name, part in parts.items() if name != "report" for error in part.errors]
    assert wrong == []


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
