"""Speed and memory beside named tools, as ratios from one run: `make bench`, or `python -m tests.bench FILE ...`.

Seconds are the best of five on this machine and mean nothing elsewhere; the ratios do.
"""

from __future__ import annotations

import ctypes
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import docx
import pdfplumber
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from docx2python import docx2python

import extractors
from extractors import scan, scan_lines, scan_text
from pipeline.extract import extract
from tests.conftest import ROOT, SAMPLES

CHARACTERS_A_PAGE = 470  # a 21-page report of fourteen forms, printed, holds 9,900


def best(work: Callable[[], object], times: int = 5) -> float:
    def once() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return min(once() for _ in range(times))


def row_cells(path: Path) -> list[str]:
    """python-docx's own walk, row by row."""
    return [cell.text for table in docx.Document(str(path)).tables for row in table.rows for cell in row.cells]


def table_cell(path: Path) -> list[str]:
    """python-docx's walk cell by cell, as most tutorials write it."""
    out = []
    for table in docx.Document(str(path)).tables:
        for r in range(len(table.rows)):
            out += [table.cell(r, c).text for c in range(len(table.columns))]
    return out


def pages(path: Path) -> float:
    return max(sum(len(item.text.strip()) for item in extractors.read(path).texts()) / CHARACTERS_A_PAGE, 1)


def measure_word(path: Path) -> None:
    count = pages(path)
    first = best(lambda: extract(path), 1)  # nothing looked up before
    read = best(lambda: extractors.read(path))
    whole = best(lambda: extract(path))
    print(f"{path.name} ({count:.1f} page-equivalents)")
    print(f"  file to Document   {read:.4f} s a document, {read / count:.4f} s a page")
    print(f"  file to record     {whole:.4f} s a document, {whole / count:.4f} s a page; {first:.4f} s the first time")
    for name, other in (
        ("docx2python", best(lambda: docx2python(str(path)).text, 3)),
        ("python-docx row.cells", best(lambda: row_cells(path), 3)),
        ("python-docx table.cell()", best(lambda: table_cell(path), 1)),
    ):
        print(f"  {name:24} {other:.4f} s: file to Document {read / other:.3f} x, file to record {whole / other:.3f} x")


def plumber(path: Path) -> None:
    with pdfplumber.open(path) as document:
        for page in document.pages:
            page.extract_tables()
            page.close()


def bare(data: bytes) -> None:
    """Only what a reading cannot do without: every character's code, place, box and size, every path's bounds."""
    x, y = ctypes.c_double(), ctypes.c_double()
    box = [ctypes.c_double() for _ in range(4)]
    bounds = [ctypes.c_float() for _ in range(4)]
    document = pdfium.PdfDocument(data)
    for page in document:
        text = page.get_textpage()
        for i in range(text.count_chars()):
            raw.FPDFText_GetUnicode(text.raw, i)
            raw.FPDFText_GetCharOrigin(text.raw, i, x, y)
            raw.FPDFText_GetCharBox(text.raw, i, *box)
            raw.FPDFText_GetFontSize(text.raw, i)
        for i in range(raw.FPDFPage_CountObjects(page)):
            item = raw.FPDFPage_GetObject(page, i)
            if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_PATH:
                raw.FPDFPageObj_GetBounds(item, *bounds)
        text.close()
        page.close()
    document.close()


def measure_pdf(path: Path) -> tuple[float, ...]:
    """Seconds: file to Document, file to record, pdfplumber, the bare read."""
    data = path.read_bytes()
    with_pages = pdfium.PdfDocument(data)
    count = len(with_pages)
    with_pages.close()
    read = best(lambda: extractors.read(path))
    whole = best(lambda: extract(path))
    reference, least = best(lambda: plumber(path), 2), best(lambda: bare(data))
    print(f"{path.name} ({count} pages): {read / count:.4f} s a page")
    print(
        f"  pdfplumber.extract_tables {reference:.4f} s: file to Document {read / reference:.3f} x, file to record {whole / reference:.3f} x"
    )
    print(f"  bare pypdfium2 read       {least:.4f} s: file to Document {read / least:.2f} x")
    return read, whole, reference, least


def measure_pdfs(paths: list[Path]) -> None:
    """Each PDF, and all of them: a file's opening weighs much on one of two pages."""
    read, whole, reference, least = (sum(times) for times in zip(*map(measure_pdf, paths), strict=True))
    print(
        f"all {len(paths)} PDFs: {read / reference:.3f} x pdfplumber.extract_tables, {read / least:.2f} x the bare read; "
        f"file to record {whole / reference:.3f} x"
    )


def measure_scan(path: Path) -> None:
    document = pdfium.PdfDocument(path.read_bytes())
    for number, page in enumerate(document):
        image = page.render(scale=scan.DPI / 72).to_numpy()
        grey = scan_lines.grey_of(image)
        alone = best(lambda grey=grey: scan_text.words(grey), 3)  # type: ignore[misc]
        whole = best(lambda image=image: scan.laid_out(image, 0, scan.DPI / 72), 3)  # type: ignore[misc]
        print(f"{path.name} page {number + 1}: {whole:.2f} s, {whole / alone:.2f} x the recogniser alone")
    document.close()


def measure_doc(path: Path) -> None:
    read = best(lambda: extractors.read(path))
    if shutil.which("soffice") is None:
        print(f"{path.name}: {read:.4f} s (no LibreOffice here to measure against)")
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "docx",
            "--outdir", folder, str(path),
        ]  # fmt: skip
        office = best(lambda: subprocess.run(command, check=True, capture_output=True), 3)
    print(f"{path.name}: {read:.4f} s, {read / office:.4f} x a LibreOffice conversion ({office:.2f} s)")


def measure_memory(paths: list[Path], files: int = 200) -> None:
    """Resident memory of one process over many PDFs, after the first round has warmed it up."""
    for path in paths:
        extract(path)
    before = resident()
    for i in range(files):
        extract(paths[i % len(paths)])
    after = resident()
    print(f"memory over {files} PDFs: {before:.0f} MB to {after:.0f} MB, {100 * (after - before) / before:+.1f} %")


def resident() -> float:
    """Megabytes, from /proc (Linux)."""
    pages_used = int(Path("/proc/self/statm").read_text().split()[1])
    return pages_used * resource.getpagesize() / 1e6


MEASURES = {".docx": measure_word, ".doc": measure_doc}


def measure(path: Path) -> None:
    if path.suffix == ".pdf":
        measure_scan(path)
    elif path.suffix in MEASURES:
        MEASURES[path.suffix](path)
    else:
        print(f"{path.name}: not measured")


def measure_batch(count: int = 3200, rounds: int = 3) -> None:
    """A batch of made files (.docx, .xlsx, .pdf, .doc) over two jobs beside one process, round after round since a machine is not
    equally fast all the time; then hostile files beside none, and a re-run after one learned heading beside the first ingest."""
    from pipeline.batch import run
    from pipeline.batch.cluster import cluster
    from pipeline.batch.executors import Limits, processes, serial
    from pipeline.store.opening import open_store
    from tests.pipeline.batch.test_year import batch, make

    several = {"processes": processes, "cluster": cluster("local")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "in", count, bad=False)
        found: dict[str, list[float]] = {label: [] for label in several}
        for number in range(rounds):
            took = {}
            for label, executor in {"serial": serial, **several}.items():
                store = open_store(str(folder / f"{label}{number}.db"))
                begun = time.perf_counter()
                limits = Limits(1 if executor is serial else 2, 60.0, 3 << 30)
                run.ingest([folder / "in"], store, lambda outcome: None, executor=executor, limits=limits)
                took[label] = time.perf_counter() - begun
            for label, ratios in found.items():
                ratios.append(took["serial"] / took[label])
            print(f"batch of {count}: " + ", ".join(f"{label} {s:.1f} s" for label, s in took.items()))
        for label, ratios in found.items():
            print(f"  {label}, two jobs: {statistics.median(ratios):.2f} x one process (the middle of {rounds})")
        batch(folder, count)


def start() -> None:
    ziping = Path(sys.executable).parent / "ziping"
    bare = best(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
    command = best(lambda: subprocess.run([ziping, "--help"], check=True, capture_output=True))
    print(f"ziping --help {command:.3f} s: {command / bare:.1f} x python -c pass")


def main(paths: list[Path]) -> None:
    start()
    printed = [path for path in paths if path.suffix == ".pdf" and "scan" not in path.stem]
    for path in paths:
        if path not in printed:
            measure(path)
    if printed:
        measure_pdfs(printed)
        measure_memory(printed)


if __name__ == "__main__":
    given = [Path(name) for name in sys.argv[1:]]
    largest = sorted(SAMPLES.glob("*.docx"), key=lambda p: -p.stat().st_size)[:3]
    formats = sorted(p for p in (ROOT / "data" / "formats").iterdir() if p.suffix in (*MEASURES, ".pdf"))
    main(given or largest + formats)
    if not given:
        measure_batch()
        from tests import bench_analysts, bench_desk

        bench_analysts.main()
        bench_desk.main()
