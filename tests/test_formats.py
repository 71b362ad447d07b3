"""The same form gives the same record whatever file it arrives in: one gold answer a case, every format."""

from __future__ import annotations

import json
import re
import zipfile
from decimal import Decimal
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from data.maker.scans import Scanner, as_pdf, pictures
from extractors.files import File, find
from pipeline.extract import Extraction, as_json, as_record, extract
from tests.conftest import GOLD, ROOT, SAMPLES, share, unlike

FILES = sorted((ROOT / "data" / "formats").iterdir())
# A page is set by its producer: where a line ends, and full width in a scan, is not the form's.
_LAYOUT = re.compile(r"\s+")
_WIDTHS = str.maketrans("（），：；", "(),:;")


def same(value: Any) -> Any:
    """A record without what only the setting of a page put into its texts."""
    if isinstance(value, str):
        return _LAYOUT.sub("", value.translate(_WIDTHS))
    if isinstance(value, list):
        return [same(item) for item in value]
    if isinstance(value, dict):
        return {same(key): same(item) for key, item in value.items()}
    return value


def _parts(record: Any, *more: str) -> Any:
    return {part: record[part] for part in ("report", "forms", "findings", *more)}


FOUR = ("council-2021", "culture-2022", "repairs-2020", "congress-2023")


@cache
def extracted(path: Path) -> Extraction:
    """A file of data/formats, read once."""
    return extract(path)


@pytest.mark.parametrize("name", share(FOUR, 4))
def test_a_scan_of_its_print_gives_the_gold_record(name: str, tmp_path: Path) -> None:
    scanner = Scanner(200, 0.5, noise=5, quality=55)
    path = tmp_path / f"{name}-scan.pdf"
    path.write_bytes(as_pdf(pictures((ROOT / "data" / "formats" / f"{name}.pdf").read_bytes(), scanner), 200))
    read = json.loads(as_json(as_record(extract(path))), parse_float=Decimal)
    gold = json.loads((GOLD / f"{name}.json").read_text(encoding="utf-8"), parse_float=Decimal)
    assert unlike(same(_parts(gold)), same(_parts(read))) == []


def test_a_page_saved_with_all_its_parts_gives_the_record_of_the_page(tmp_path: Path) -> None:
    page = ROOT / "data" / "formats" / "culture-2022.html"
    whole = MIMEMultipart("related", type="text/html")
    whole["Content-Location"] = "file:///C:/culture.html"
    whole.attach(MIMEText(page.read_bytes().decode("gb18030"), "html", "gb18030"))
    whole.attach(MIMEImage(b"\x89PNG", "png"))
    path = tmp_path / "culture-2022.mht"
    path.write_bytes(whole.as_bytes())
    read, alone = as_record(extract(path)), as_record(extract(page))
    assert read["forms"]
    assert read == alone


def test_the_members_of_an_archive_give_the_records_of_the_files(tmp_path: Path) -> None:
    path = tmp_path / "报送.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in FOUR:
            archive.write(SAMPLES / f"{name}.docx", f"材料/{name}.docx")
    members = [file for file in find([path]) if isinstance(file, File)]
    assert [member.path.stem for member in members] == sorted(FOUR)
    for member in members:
        read, alone = extract(member), extract(SAMPLES / member.path.name)
        assert as_record(read) == as_record(alone)
        assert read.document.digest == alone.document.digest


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_form_gives_its_gold_record_in_every_format(path: Path) -> None:
    gold = json.loads(
        (GOLD / f"{path.stem.removesuffix('-scan')}.json").read_text(encoding="utf-8"), parse_float=Decimal
    )
    read = json.loads(as_json(as_record(extracted(path))), parse_float=Decimal)
    if path.suffix == ".doc":
        del read["coverage"]
        assert unlike(gold, read) == []
        return
    if path.suffix in (".xlsx", ".xls", ".html"):
        for record in (gold, read):  # neither holds Word's automatic numbers
            record["sections"] = []
    assert unlike(same(_parts(gold, "sections")), same(_parts(read, "sections"))) == []


def test_a_scan_keeps_the_recognisers_score_and_every_page_its_boxes() -> None:
    scanned = extracted(ROOT / "data" / "formats" / "council-2021-scan.pdf").evidence.provenance
    scores = [p.recognition for p in scanned if p.field == "score"]
    assert scores
    assert all(score is not None and 0 < score <= 1 for score in scores)
    printed = extracted(ROOT / "data" / "formats" / "water-2022.pdf").evidence.provenance
    assert all(p.recognition is None for p in printed)
    assert all(p.origin.places for p in printed)
    assert len({place.page for p in printed for place in p.origin.places}) > 3


def test_a_cell_cut_by_a_page_keeps_both_of_its_places() -> None:
    printed = extracted(ROOT / "data" / "formats" / "water-2022.pdf").evidence.provenance
    assert any(len(p.origin.places) > 1 for p in printed)
