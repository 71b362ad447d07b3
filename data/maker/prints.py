"""A source (source.py) as the PDFs that several printers make of it, on papers of several margins and sizes of print: the pages end elsewhere
on each, and what stands on them must be read alike."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from data.maker import others, printed, word
from data.maker.printed import Paper

WAIT = 600  # seconds a printer may take over all of one paper's sources


PAPERS: Final = tuple(
    Paper(margin, size, broad)
    for broad in (False, True)
    for margin, size in ((36, 9), (48, 10.5), (62, 12), (72, 8), (81, 10.5), (90, 9))
)


def own(sources: Mapping[str, str], paper: Paper) -> Iterator[tuple[str, bytes]]:
    """As printed.py prints, each by its name. A source with a row higher than a page is left out."""
    for name, source in sources.items():
        try:
            yield name, printed.pdf(source, paper=paper)
        except ValueError:
            continue


def office(sources: Mapping[str, str], paper: Paper) -> Iterator[tuple[str, bytes]]:
    """As LibreOffice prints the .docx of each."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, source in sources.items():
            (folder / f"{name}.docx").write_bytes(word.make(source, paper.sides, paper.margin, paper.size))
        _run(
            "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf",
            "--outdir", str(folder), *(str(folder / f"{name}.docx") for name in sources),
        )  # fmt: skip
        yield from _made(folder, sources)


def browser(sources: Mapping[str, str], paper: Paper) -> Iterator[tuple[str, bytes]]:
    """As Chromium prints the page of each."""
    width, height = paper.sides
    style = (
        f"@page {{size: {width}pt {height}pt; margin: {paper.margin}pt}} body {{margin: 0}} "
        f"body, td {{font-size: {paper.size}pt}} table {{border-collapse: collapse; width: 100%}}"
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, source in sources.items():
            page = folder / f"{name}.html"
            page.write_bytes(others.web(source, style=style))
            _run(
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
                f"--user-data-dir={folder}/profile", f"--print-to-pdf={folder / name}.pdf", page.as_uri(),
            )  # fmt: skip
        yield from _made(folder, sources)


def _run(*command: str) -> None:
    subprocess.run(command, capture_output=True, timeout=WAIT, check=True, env={**os.environ, "LANG": "C.UTF-8"})


def _made(folder: Path, sources: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    for name in sources:
        yield name, (folder / f"{name}.pdf").read_bytes()


Printer = Callable[[Mapping[str, str], Paper], Iterator[tuple[str, bytes]]]
PRINTERS: Final[dict[str, Printer]] = {"own": own, "office": office, "browser": browser}
_PROGRAMS = {"office": "soffice", "browser": "chromium"}


def missing(printer: str) -> str | None:
    """The program that a printer needs and that is not on this machine."""
    program = _PROGRAMS.get(printer)
    return program if program is not None and shutil.which(program) is None else None
