"""The four import names are generic on purpose: each must have one owner, and it must be ziping."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
import yaml

from schema.extras import DISTRIBUTION
from tests.conftest import ROOT

ROOMS = ("extractors", "normalizers", "pipeline", "schema")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_imported_from_this_project_and_nobody_else_owns_its_name(room: str) -> None:
    module = importlib.import_module(room)
    assert Path(module.__file__ or "").is_relative_to(ROOT)
    assert set(packages_distributions().get(room, [DISTRIBUTION])) == {DISTRIBUTION}


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
    assert {name.split("/")[0] for name in names if not name.startswith("ziping_reports-")} == set(ROOMS)


def test_the_lock_pins_every_dependency_and_names_no_registry() -> None:
    locks = {
        name: (ROOT / f"requirements{name}.lock").read_text(encoding="utf-8") for name in ("", "-run", "-notebooks")
    }
    pinned = {name: dict(re.findall(r"^([a-z0-9.\-]+)==([^ ;]+)", lock, re.MULTILINE)) for name, lock in locks.items()}
    assert "://" not in "".join(locks.values())
    for requirement in requires(DISTRIBUTION) or []:
        name = re.split(r"[\[<>=; ]", requirement)[0].lower().replace("_", "-")
        extra = re.search(r"extra == ['\"](\w+)", requirement)
        if extra is None or extra[1] not in ("s3", "notebooks", "dev"):  # the first is for who has an object store
            assert name in pinned["-run"], name
        assert (extra is not None and extra[1] in ("s3", "notebooks")) or name in pinned[""], name
    for name in ("-run", "-notebooks"):  # what two of them pin, they pin alike; NumPy has a version for each Python
        both = (pinned[""].keys() & pinned[name].keys()) - {"numpy"}
        assert {p: pinned[""][p] for p in both} == {p: pinned[name][p] for p in both}


# ---------------------------------------------------------------- a container
def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile: (instruction, its words)."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    told = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    return [(name, " ".join(words.split())) for name, words in told]


def test_the_dockerfile_copies_what_is_there_pins_its_base_and_runs_as_nobody_in_particular() -> None:
    known = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "ENTRYPOINT", "CMD"}
    told = instructions()
    assert {name for name, _ in told} <= known
    assert all(re.match(r"[\w./-]+:\d[\w.-]+(?: AS \w+)?$", words) for name, words in told if name == "FROM")
    let_in = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    copied = {w for name, words in told if name == "COPY" and "--from" not in words for w in words.split()[:-1]}
    assert copied == let_in
    assert all((ROOT / path).exists() for path in copied)
    with (ROOT / "pyproject.toml").open("rb") as file:
        packages = tomllib.load(file)["tool"]["setuptools"]["packages"]
    assert {package.split(".")[0] for package in packages} <= copied
    last = {name: words for name, words in told}
    assert last["USER"] != "root"
    assert json.loads(last["ENTRYPOINT"]) == ["ziping"]


def test_the_compose_file_waits_for_its_server_and_holds_no_password() -> None:
    services = yaml.safe_load((ROOT / "compose.yml").read_text(encoding="utf-8"))["services"]
    assert set(services) == {"db", "ingest"}
    assert "healthcheck" in services["db"]
    assert services["ingest"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    secrets = (services["db"]["environment"]["POSTGRES_PASSWORD"], services["ingest"]["environment"]["PGPASSWORD"])
    assert all(secret.startswith("${POSTGRES_PASSWORD:?") for secret in secrets)
    assert all(volume.endswith(":ro") for volume in services["ingest"]["volumes"])


@pytest.mark.soak
def test_the_image_is_built_and_reads_a_file() -> None:
    tool = next(
        (
            t
            for t in ("docker", "podman")
            if shutil.which(t) and not subprocess.run([t, "info"], capture_output=True).returncode
        ),
        None,
    )
    if tool is None:
        pytest.skip("neither docker nor podman runs here")
    subprocess.run([tool, "build", "--quiet", "--tag", "ziping-tested", "."], cwd=ROOT, check=True)
    forms = f"{ROOT}/data/samples/forms:/forms:ro"
    command = [tool, "run", "--rm", "--volume", forms, "ziping-tested", "extract", "/forms/water-2022.docx"]
    assert "核对发现" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
