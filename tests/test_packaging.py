"""The four import names are generic on purpose: each must have one owner, and it must be ziping."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

from tests.conftest import ROOT

ROOMS = ("extractors", "normalizers", "pipeline", "schema")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_imported_from_this_project_and_nobody_else_owns_its_name(room: str) -> None:
    module = importlib.import_module(room)
    assert Path(module.__file__ or "").is_relative_to(ROOT)
    assert set(packages_distributions().get(room, ["ziping"])) <= {"ziping"}


def test_the_wheel_holds_the_rooms_with_their_words_and_migrations(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-q",
        "-w",
        tmp_path,
        ROOT,
    ]
    subprocess.run(command, check=True, capture_output=True)
    import zipfile

    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "normalizers/vocabulary/headings.csv",
        "normalizers/vocabulary/forms.yml",
        "schema/relational/migrations/env.py",
        "schema/relational/migrations/versions/v0001_baseline.py",
        "pipeline/cli/__init__.py",
        "pipeline/analysts/questions/execution-rate.sql",
        "pipeline/analysts/templates/sheet.html",
    ):
        assert wanted in names
    assert {name.split("/")[0] for name in names if not name.startswith("ziping-")} == set(ROOMS)


def test_the_lock_pins_every_dependency_and_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    pinned = set(re.findall(r"^([a-z0-9.\-]+)==", lock, re.MULTILINE))
    for requirement in requires("ziping") or []:
        if "extra == 's3'" in requirement.replace('"', "'"):
            continue  # who reads an object store installs it himself; `make install` does not
        name = re.split(r"[\[<>=; ]", requirement)[0].lower().replace("_", "-")
        assert name in pinned, name
