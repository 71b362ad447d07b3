"""`python -m data.maker [OUT]` makes every sample of sources/ and years.py; `gold` only the golds of years.py; `evidence` the counts
of the joint reading; `rows` the weights of what is seen of rows; `confidence` those of how sure values are; `forms OUT` forms of every layout."""

from __future__ import annotations

import argparse
import json
from decimal import Decimal
from pathlib import Path

from data.maker import doubt, evidence, forms, others, printed, rows, word, years
from data.maker.layout import FOLDER, all_layouts

HERE = Path(__file__).parent
SAMPLES = str(HERE.parent / "samples")
GOLD = HERE.parent / "gold" / "years"
VOCABULARY = HERE.parents[1] / "normalizers" / "vocabulary"
WRITERS = {"docx": word.make, "html": others.web, "xlsx": others.sheet, "pdf": printed.pdf}


def samples(out: Path, gold: Path) -> None:
    """Every sample as .docx: of sources/ those whose gold is written by hand, of years.py with theirs."""
    for name in ("forms", "years"):
        (out / name).mkdir(parents=True, exist_ok=True)
    for source in sorted((HERE / "sources").glob("*.txt")):
        (out / "forms" / f"{source.stem}.docx").write_bytes(word.make(source.read_text(encoding="utf-8")))
    for name, submission in years.submissions().items():
        (out / "years" / f"{name}.docx").write_bytes(word.make(submission.source))
    golds(gold)


def golds(out: Path) -> None:
    """The golds that follow from years.py; those of sources/ are kept by hand."""
    out.mkdir(parents=True, exist_ok=True)
    for name, submission in years.submissions().items():
        (out / f"{name}.json").write_text(_json(submission.record), encoding="utf-8")


def _json(record: object) -> str:
    return json.dumps(record, ensure_ascii=False, indent=1, default=_number) + "\n"


def made(out: Path, seeds: int, layouts: Path) -> int:
    """OUT/KIND/LAYOUT-SEED.KIND for every layout, seed and kind of file, and OUT/gold; how many forms."""
    for name in (*WRITERS, "gold"):
        (out / name).mkdir(parents=True, exist_ok=True)
    count = 0
    for layout in all_layouts(layouts):
        for seed in range(seeds):
            form = forms.make(layout, seed)
            name = f"{layout.name}-{seed}"
            (out / "gold" / f"{name}.json").write_text(_json(form.record), encoding="utf-8")
            for kind, writer in WRITERS.items():
                (out / kind / f"{name}.{kind}").write_bytes(writer(form.source))
            count += 1
    return count


def _number(value: object) -> float | int:
    assert isinstance(value, Decimal)
    return int(value) if value == value.to_integral_value() else float(value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m data.maker", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        default=SAMPLES,
        help="`forms`, `gold`, `evidence`, `rows`, `confidence`, or where the samples go",
    )
    parser.add_argument("out", nargs="?", type=Path, help="where the forms go")
    parser.add_argument("--seeds", type=int, default=20, help="forms a layout (default 20)")
    parser.add_argument("--layouts", type=Path, default=FOLDER, help="where the layouts lie (default: layouts/)")
    told = parser.parse_args()
    if told.what == "forms":
        if told.out is None:
            parser.error("forms needs a folder: python -m data.maker forms OUT")
        print(f"{made(told.out, told.seeds, told.layouts)} forms in {told.out}")
    elif told.what == "evidence":
        (VOCABULARY / "roles.csv").write_text(evidence.text(), encoding="utf-8")
    elif told.what == "rows":
        (VOCABULARY / "rows.csv").write_text(rows.text(), encoding="utf-8")
    elif told.what == "confidence":
        (VOCABULARY / "confidence.csv").write_text(doubt.text(), encoding="utf-8")
    elif told.what == "gold":
        golds(GOLD)
    else:
        samples(Path(told.what), GOLD if told.what == SAMPLES else Path(told.what) / "gold")
