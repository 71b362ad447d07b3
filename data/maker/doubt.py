"""How often values of made forms come true, by what is seen of them: the weights of normalizers/confidence.py.

The forms are read as one that nobody has met is: without the spellings that only their own layout has, then with more and more of its
headings and labels held back, changed as people and printers do (changes.py), broken (damage.py), as text dumps, as PDF and as scans. Each
value is right or wrong by the gold.
"""

from __future__ import annotations

import csv
import io
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

import simplejson

from data.maker import changes, evidence, forms, printed, rows, scans, word
from data.maker.damage import DAMAGES, damaged
from data.maker.forms import Made
from data.maker.layout import Layout, all_layouts
from data.maker.unmet import forgetful, spellings, truths
from extractors import read
from extractors.files import File
from normalizers import confidence
from normalizers.confidence import COLUMNS, Signals, Weights, top
from normalizers.vocabulary import Vocabulary, vocabulary
from pipeline.extract import understand
from schema.document import Document, Table
from schema.errors import NothingFound

ROOT = Path(__file__).parents[2]
HELD_BACK = (0.0, 0.0, 0.1, 0.3, 0.5, 0.8)  # shares of a form's headings and labels, one reading each
SCANNED = 4  # of so many layouts one is read as a scan: a recogniser is slow
_SEEDS = (1, 2)
_GROUPS = 6  # of layouts, for each of which the rows are weighed without it
_SCANNER = scans.Scanner()
_STRENGTH = 1.0  # of the regularisation: signals that are seen seldom weigh little
_CAUTION = 2.0  # what a wrong value counts beside a right one


@dataclass(frozen=True)
class Value:
    """One value that was read: of which layout's form, in which case it was read, what is seen of it, is it right?"""

    layout: str
    case: str
    field: str
    signals: Signals
    right: bool


def values(weights: Weights) -> Iterator[Value]:
    """Every value of the forms read; weights: those of the cells."""
    layouts = all_layouts()
    made = {layout.name: [forms.make(layout, seed) for seed in _SEEDS] for layout in layouts}
    with tempfile.TemporaryDirectory() as place:
        prints = _Prints(Path(place))
        documents = {name: [prints.word(one) for one in each] for name, each in made.items()}
        spelt = {name: set().union(*map(spellings, each)) for name, each in documents.items()}
        common = Counter(spelling for each in spelt.values() for spelling in each)
        for name, document, made_so in _samples():
            yield from _told((name, "as it is"), document, made_so, vocabulary(), weights)
            for damage in DAMAGES:
                if (broken := damaged(document, damage, name)) is not None:
                    yield from _told((name, damage), broken, made_so, vocabulary(), weights)
        unmet = _Unmet(layouts)
        for number, layout in enumerate(layouts):
            own = {spelling for spelling in spelt[layout.name] if common[spelling] == 1}
            for turn, share in enumerate(HELD_BACK):
                rng = random.Random(f"{layout.name} {share} {turn}")
                without = own | {spelling for spelling in sorted(spelt[layout.name]) if rng.random() < share}
                words, one = unmet.vocabulary(layout, without if turn else ()), turn % len(_SEEDS)
                case, document = (layout.name, f"held back {share}"), documents[layout.name][one]
                yield from _told(case, document, made[layout.name][one], words, weights)
            first, plain = made[layout.name][0], unmet.vocabulary(layout, own)
            yield from _told((layout.name, "pdf"), prints.pdf(first), first, plain, weights)
            for one, document in enumerate(documents[layout.name]):
                yield from _told((layout.name, "dump"), prints.dump(document), made[layout.name][one], plain, weights)
            if number % SCANNED == 0:
                yield from _told((layout.name, "scan"), prints.scan(first), first, plain, weights)
            for name in DAMAGES:
                for one, document in enumerate(documents[layout.name]):
                    if (broken := damaged(document, name, f"{layout.name} {one}")) is not None:
                        yield from _told((layout.name, name), broken, made[layout.name][one], plain, weights)
            for change in changes.NAMES:
                if (changed := changes.changed(layout, 3, change)) is not None:
                    yield from _told((layout.name, change), prints.word(changed), changed, plain, weights)


class _Unmet:
    """The vocabulary as it would be had a layout not been met; guards the counts of each, and the weights by groups of layouts left out."""

    def __init__(self, layouts: list[Layout]) -> None:
        counts = evidence.by_layout(layouts)
        self._roles = {layout.name: evidence.without(counts, layout.name) for layout in layouts}
        told = rows.found()
        self._rows = {}
        for group in range(_GROUPS):
            names = {layout.name for layout in layouts[group::_GROUPS]}
            weights = rows.without(told, names)
            self._rows |= dict.fromkeys(names, weights)

    def vocabulary(self, layout: Layout, spellings: Container[str]) -> Vocabulary:
        """Without some spellings, too."""
        words = forgetful(spellings)
        words.roles = self._roles[layout.name]
        words.rows = self._rows[layout.name]
        return words


def _samples() -> Iterator[tuple[str, Document, Made]]:
    """The samples whose golds are written by hand: real forms' layouts and ways of filling them in."""
    for gold in sorted((ROOT / "data" / "gold" / "forms").glob("*.json")):
        record = simplejson.loads(gold.read_text(encoding="utf-8"), use_decimal=True)
        yield gold.stem, read(File(ROOT / "data" / "samples" / "forms" / f"{gold.stem}.docx")), Made("", record)


@dataclass(frozen=True)
class _Prints:
    """Made forms as documents."""

    place: Path

    def word(self, made: Made) -> Document:
        return self._read("form.docx", word.make(made.source))

    def pdf(self, made: Made) -> Document:
        return self._read("form.pdf", printed.pdf(made.source))

    def scan(self, made: Made) -> Document:
        pictures = scans.pictures(printed.pdf(made.source), _SCANNER)
        return self._read("form.pdf", scans.as_pdf(pictures, _SCANNER.dpi))

    def dump(self, document: Document) -> Document:
        """As a text dump, which has lost the spans of merged cells."""
        lines: list[str] = []
        for block in document.blocks:
            if isinstance(block, Table):
                rows: dict[int, list[str]] = defaultdict(list)
                for cell in block.cells:
                    rows[cell.row].append(cell.text.replace("\n", "<br>"))
                lines += ["", *(f"| {' | '.join(rows[row])} |" for row in sorted(rows)), ""]
            else:
                lines.append(block.text)
        return self._read("form.txt", "\n".join(lines).encode())

    def _read(self, name: str, content: bytes) -> Document:
        path = self.place / name
        path.write_bytes(content)
        return read(File(path))


def _told(
    case: tuple[str, str], document: Document, made: Made, words: Vocabulary, weights: Weights
) -> Iterator[Value]:
    try:
        found = understand(document, words)
    except NothingFound:  # a form of which so much is held back is refused: nothing of it is a value
        return
    right = truths(found, made.record)
    for p, seen in zip(found.evidence.provenance, confidence.signals(document, found.evidence, weights), strict=True):
        if (told := right.get((p.record, top(p.field)))) is not None:
            yield Value(*case, confidence.field_of(p), seen, told)


def cells() -> dict[str, Counter[str]]:
    """By field, how often its cells were of each kind where it was read right from a made form as it is."""
    out: dict[str, Counter[str]] = defaultdict(Counter)
    with tempfile.TemporaryDirectory() as place:
        prints = _Prints(Path(place))
        made = [forms.make(layout, seed) for layout in all_layouts() for seed in _SEEDS]
        documents = [*((prints.word(one), one) for one in made), *((document, one) for _, document, one in _samples())]
        for document, one in documents:
            found = understand(document, vocabulary())
            right = truths(found, one.record)
            for p in found.evidence.provenance:
                if right.get((p.record, top(p.field))):
                    out[confidence.field_of(p)][confidence.cell_of(p.raw)] += 1
    return out


def fitted(found: list[Value], seen: dict[str, Counter[str]]) -> Weights:
    """The weights under which the values that were read come true as often as is said."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    names = DictVectorizer()
    rows = names.fit_transform([dict(value.signals) for value in found])
    weighed = [1.0 if value.right else _CAUTION for value in found]
    model = LogisticRegression(C=_STRENGTH, max_iter=5000, fit_intercept=False)
    model.fit(rows, [value.right for value in found], sample_weight=weighed)
    told = dict(zip(names.get_feature_names_out(), model.coef_[0], strict=True))
    return Weights({name: float(weight) for name, weight in told.items()}, seen)


def text() -> str:
    """confidence.csv as it is to be."""
    seen = cells()
    return written(fitted(list(values(Weights({}, seen))), seen))


def written(weights: Weights) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(("", name, round(weight, 2)) for name, weight in sorted(weights.signals.items()))
    rows.writerows(
        (field, kind, count) for field, kinds in sorted(weights.cells.items()) for kind, count in sorted(kinds.items())
    )
    return out.getvalue()
