"""`python -m data.maker [OUT]`: makes every sample of sources/ as .docx; the same source, the same bytes."""

from __future__ import annotations

import sys
from pathlib import Path

from data.maker.word import make

HERE = Path(__file__).parent


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for source in sorted((HERE / "sources").glob("*.txt")):
        (out / f"{source.stem}.docx").write_bytes(make(source.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "samples")
