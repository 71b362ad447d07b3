"""A layout and a seed → the source of a form (source.py) and the record that must be read from it (schema/RECORDS.md)."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any

from data.maker import invent
from data.maker.layout import HOLE, Group, Layout
from data.maker.source import ABOVE, LEFT
from schema.records import LISTS, Fund, Indicator, Kind, about, of_kind

_MONEY = of_kind(Fund, Kind.MONEY)
_TO_ONE_WAN = {"万元": Decimal(1), "元": Decimal(10000), "千元": Decimal(10), "百万元": Decimal("0.01")}
_ROW = "|*"
_ROWS = {
    "goal": "goals",
    "management": "management",
    "task": "tasks",
}  # rows that a layout numbers: goal1, task2
_INDICATOR = [name for name in about(Indicator) if name != "extra"]


@dataclass(frozen=True)
class Faults:
    """What is wrong with a made form on purpose; each share is drawn per form."""

    blank_rows: float = 0.3  # a template row that nobody filled in
    wide: float = 0.2  # digits in full width
    thousands: float = 0.2  # 1,234.50
    columns: float = 0.3  # two columns of the indicators have changed places
    typing: float = 0.15  # a character of an indicator heading stands twice
    wrong_sum: float = 0.15  # a stated total that does not add up: the gold has the finding
    generous: float = 0.0  # an indicator that missed its target has full marks: the gold has the finding


@dataclass
class Made:
    """A made form: its source and its record."""

    source: str
    record: dict[str, Any]


@dataclass(frozen=True)
class Year:
    """One of several years of the same form: its head, indicators and money are those of the seed; what was spent and scored is the
    year's own. told: values of the head; growth: of all money."""

    year: int
    told: dict[str, Any] = field(default_factory=dict)
    growth: Decimal = Decimal(1)


def make(layout: Layout, seed: int, faults: Faults = Faults(), year: int | Year | None = None) -> Made:
    """The form of a seed; the same layout, seed and year, the same form."""
    rng = random.Random(f"{layout.name} {seed}")
    if isinstance(year, Year):
        annual = random.Random(f"{layout.name} {seed} {year.year}")
        return _Form(layout, rng, faults, year.year, annual, year.told, year.growth).made()
    return _Form(layout, rng, faults, year or layout.year, rng).made()


def joined(forms: list[Made]) -> Made:
    """Several forms as one document, a page each."""
    first = forms[0].record
    record: dict[str, Any] = {"report": first["report"], "forms": [], "sections": [], "findings": []}
    for made in forms:
        shift = len(record["forms"])
        record["forms"] += [{**form, "no": form["no"] + shift} for form in made.record["forms"]]
        record["sections"] += [{**s, "no": len(record["sections"]) + s["no"]} for s in made.record["sections"]]
        record["findings"] += [{**f, "form": f["form"] + shift} for f in made.record["findings"]]
    return Made("\n---\n".join(made.source for made in forms), record)


@dataclass
class _Form:
    """One form being filled in; guards what was drawn for each field, so that it is drawn once."""

    layout: Layout
    rng: random.Random
    faults: Faults
    year: int
    annual: random.Random  # for what is the year's own
    told: dict[str, Any] = field(default_factory=dict)
    growth: Decimal = Decimal(1)
    head: dict[str, Any] = field(default_factory=dict)
    cover: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    funds: dict[str, dict[str, Any]] = field(default_factory=dict)
    others: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)  # goals and tasks
    basics: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    indicators: list[dict[str, Any]] = field(default_factory=list)
    prints: list[dict[str, str]] = field(default_factory=list)  # what each indicator's row shows
    sections: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    _open: bool = False  # do the lines being drawn belong to the last section?

    def made(self) -> Made:
        self.values = invent.head(self.rng, self.year) | self.told
        self.thousands = self.rng.random() < self.faults.thousands
        self.wide = self.rng.random() < self.faults.wide
        self.blank = self.rng.random() < self.faults.blank_rows
        self._money()
        self._indicators()
        self._score()
        lines = [line for drawn in self._lines() for line in drawn]
        return Made("\n".join(lines) + "\n", self._record())

    # ---------------------------------------------------------------- money
    def _money(self) -> None:
        asked: dict[str, set[str]] = {}
        for hole in self.layout.holes():
            owner, dot, about = hole.split("=")[0].partition(".")
            if dot and not (_row_of(owner) or owner.startswith(("basic:", "extra:", "report", "?"))):
                asked.setdefault(owner, set()).add(about)
        figures = self._figures(list(asked))
        for owner, names in asked.items():
            item, _, side = (part.rstrip("0123456789") for part in owner.partition("@"))
            line: dict[str, Any] = {
                "item": None if item == "none" else item,
                "label": None,
                "side": side or None,
            }
            line |= {f: figures[owner][f] for f in _MONEY if f in names}
            if "execution_rate" in names:
                base = figures[owner]["revised" if "revised" in names or "received" in names else "approved"]
                line["execution_rate"] = (figures[owner]["executed"] / base).quantize(Decimal("0.0001"))
            if "weight" in names:
                line["weight"] = Decimal(10)
            if "score" in names:
                rate = figures[owner]["executed"] / figures[owner]["revised"]
                line["score"] = (line.get("weight", Decimal(10)) * min(rate, Decimal(1))).quantize(Decimal("0.01"))
            line |= {name: invent.answer(self.rng, name) for name in sorted(names) if name.startswith("extra:")}
            self.funds[owner] = line

    def _figures(self, lines: list[str]) -> dict[str, dict[str, Decimal]]:
        """What every money line states: drawn for the parts, summed up for the totals."""
        tree = {total: [p for p in parts if p in lines] for total, parts in self.layout.funds.items()}
        out: dict[str, dict[str, Decimal]] = {}
        for owner in lines:
            if not tree.get(owner):
                approved = _grown(invent.amount(self.rng), self.growth)
                revised = approved if self.rng.random() < 0.7 else approved + invent.amount(self.rng) % 20
                out[owner] = {
                    "approved": approved, "revised": revised, "received": revised, "amount": approved,
                    "executed": invent.spent(self.annual, revised),
                }  # fmt: skip
        while missing := [t for t in lines if t not in out]:
            ready = [t for t in missing if all(p in out for p in tree[t])]
            if not ready:
                raise ValueError(f"{self.layout.name}: funds go in circles: {missing}")
            for total in ready:
                out[total] = {f: sum((out[p][f] for p in tree[total]), Decimal(0)) for f in _MONEY}
        return out

    # ---------------------------------------------------------------- indicators
    def _indicators(self) -> None:
        names = {h.split("=")[0].rstrip("^.%") for h in self.layout.holes(rows=True)}
        if not names:
            return
        numeric = "figure" in names
        apart = numeric or ("unit" in names and "target" in names)
        reasons = bool(names & {"deviation", "evidence"}) or "deviation" in self.layout.holes()
        used: set[str] = set()
        rows: list[tuple[Group, invent.Measure]] = []
        for group in self.layout.levels:
            count = len(group.level3) or self.rng.randint(1, 3)
            for i in range(count):
                prescribed = group.level3[i] if group.level3 else None
                rows.append((group, invent.measure(self.rng, group.code, prescribed, numeric, used)))
        points = 100 - sum(int(f.get("weight") or 0) for f in self.funds.values())
        for (group, measure), weight in zip(rows, self._shares(points, len(rows)), strict=True):
            self._indicator(group, measure, weight, names, apart, reasons)
        for level, key in (("level1", "level1_weight"), ("level2", "level2_weight")):
            if key in names or key in set(self.layout.holes()):
                self._group_points(level, key)

    def _shares(self, points: int, count: int) -> list[Decimal]:
        each, rest = divmod(points, count)
        return [Decimal(each + (1 if i < rest else 0)) for i in range(count)]

    def _indicator(
        self, group: Group, m: invent.Measure, weight: Decimal, names: set[str], apart: bool, reasons: bool
    ) -> None:
        lost = reasons and weight >= 2 and self.annual.random() < 0.15
        generous = not lost and m.op == "≥" and self.annual.random() < self.faults.generous
        if generous:
            m = replace(m, actual=(m.target * Decimal("0.9")).to_integral_value())  # type: ignore[operator]
        figure, done = _digits(m.target), _digits(m.actual)
        score = weight - 1 if lost else weight
        if m.op is None:
            target, actual = m.words
            value = done_value = None
        else:
            sign = m.op if "op" in names or "nature" in names or m.op != "=" else ""
            target = figure if apart else f"{sign}{figure}{m.unit}"
            actual = done if "actual_figure" in names else f"{done}{m.unit}"
            scale = Decimal("0.01") if m.unit == "%" else Decimal(1)
            split = "op" in names or "nature" in names or not apart
            op = {"≥": ">=", "≤": "<=", "=": "="}[m.op if split else "="]
            value = {"op": op, "value": m.target * scale, "unit": m.unit}  # type: ignore[operator]
            done_value = {"op": "=", "value": m.actual * scale, "unit": m.unit}  # type: ignore[operator]
        record: dict[str, Any] = dict.fromkeys(_INDICATOR)
        told = {
            "level1": group.level1 or None, "level2": group.level2 or None, "level3": m.name, "weight": weight, "score": score,
            "review_score": score, "coefficient": (score / weight).quantize(Decimal("0.01")), "unit": m.unit or None,
            "nature": (m.op or "定性") if apart and "op" not in names else "定性" if m.op is None else "定量",
            "target": target, "actual": actual,
        }  # fmt: skip
        for name in of_kind(Indicator, Kind.TEXT):
            if name != "deviation":
                told[name] = invent.sentence(self.rng, name)
        for name in of_kind(Indicator, Kind.LINE):
            told.setdefault(name, invent.line(random.Random(f"{m.name} {name}"), m.unit))
        if lost:
            told["deviation"] = invent.sentence(self.rng, "deviation")
        shown = {"figure": figure, "actual_figure": done, "op": m.op or ""} | {
            k: _digits(v) if isinstance(v, Decimal) else v or "" for k, v in told.items()
        }
        shown["deviation"] = shown.get("deviation") or self.rng.choice(("", "", "无"))
        told["deviation"] = shown["deviation"] or None
        asked = {"figure": "target", "actual_figure": "actual"}
        for name in names:
            key = asked.get(name, name)
            if key in record:
                record[key] = told.get(key)
        extras = {n.removeprefix("extra:"): invent.answer(self.rng, n) for n in sorted(names) if n.startswith("extra:")}
        shown |= {f"extra:{k}": v for k, v in extras.items()}
        record |= {"category": group.code, "level1": told["level1"], "level2": told["level2"]}
        if "target" in names or "figure" in names:
            record["target_value"] = value if "unit" in names or not apart else None
        if "actual" in names or "actual_figure" in names:
            record["actual_value"] = done_value if "unit" in names or "actual" in names else None
        if extras:
            record["extra"] = extras
        if generous and record["target_value"] and record["actual_value"] and record["weight"] == record["score"]:
            where = f"indicators[{len(self.indicators)}].score"
            self.findings.append(
                {
                    "check": "full_score_missed_target",
                    "form": 1,
                    "where": where,
                    "stated": score,
                    "computed": None,
                }
            )
        self.indicators.append(record)
        self.prints.append(shown)

    def _group_points(self, level: str, key: str) -> None:
        totals: dict[Any, Decimal] = {}
        where = [(r["level1"],) if level == "level1" else (r["level1"], r["level2"]) for r in self.indicators]
        for place, record in zip(where, self.indicators, strict=True):
            totals[place] = totals.get(place, Decimal(0)) + record["weight"]
        for place, record, shown in zip(where, self.indicators, self.prints, strict=True):
            record[key] = totals[place]
            shown[key] = _digits(totals[place])

    # ---------------------------------------------------------------- totals
    def _score(self) -> None:
        scores = [i["score"] for i in self.indicators] + [f.get("score") for f in self.funds.values()]
        if not self.indicators or "self_score" not in set(self.layout.holes()):
            return
        total = sum((s for s in scores if s is not None), Decimal(0)) or Decimal(self.rng.randint(85, 99))
        if self.annual.random() < self.faults.wrong_sum and any(i["score"] is not None for i in self.indicators):
            stated = total - 5 if total > 50 else total + 5
            self.findings.append(
                {
                    "check": "scores_total",
                    "form": 1,
                    "where": "self_score",
                    "stated": stated,
                    "computed": total,
                }
            )
            total = stated
        self.values["self_score"] = total

    # ---------------------------------------------------------------- the picture
    def _goal_at_side(self) -> int | None:
        """The goal whose points the headings of the indicators state (`{goal1.weight=40}` at their side)."""
        lines = self.layout.picture.splitlines()
        first = next((i for i, line in enumerate(lines) if line.startswith(_ROW)), 0)
        found = re.search(r"\{goal(\d+)\.weight", lines[first - 1]) if first else None
        return int(found[1]) if found else None

    def _picture(self) -> list[str]:
        """The layout's lines, with the columns and headings of the indicators as this form has them."""
        lines = self.layout.picture.splitlines()
        loops = [i for i, line in enumerate(lines) if line.startswith(_ROW)]
        if not loops or loops[0] == 0 or not lines[loops[0] - 1].startswith("|"):
            return lines
        start, stop = loops[0] - 1, loops[-1] + 1
        while stop < len(lines) and lines[stop].startswith("|"):
            stop += 1
        rows = [_parted(line) for line in lines[start:stop]]
        free = [c for c in range(len(rows[0][1])) if all(_alone(cells, c) for _, cells in rows)]
        if self.rng.random() < self.faults.columns and len(free) > 1:
            a, b = self.rng.sample(free, 2)
            for _, cells in rows:
                cells[a], cells[b] = cells[b], cells[a]
        long = [c for c in free if len(rows[0][1][c]) > 3 and not HOLE.search(rows[0][1][c])]
        if self.rng.random() < self.faults.typing and long:
            c = self.rng.choice(long)
            words = rows[0][1][c]
            at = self.rng.randrange(1, len(words))
            rows[0][1][c] = words[:at] + words[at - 1] + words[at:]
        return lines[:start] + [f"{mark} {' | '.join(cells)} |" for mark, cells in rows] + lines[stop:]

    def _lines(self) -> list[list[str]]:
        out: list[list[str]] = []
        pending: list[str] = []
        for line in [*self._picture(), ""]:
            if line.startswith(_ROW):
                pending.append(line)
                continue
            if pending:
                out.append(self._rows(pending))
                pending = []
            if line.startswith("§"):
                out.append([self._section(line)])
            else:
                drawn = HOLE.sub(lambda m: self._value(m[1]), line)
                if not line.startswith(("|", "#", "---")) and line.strip() and self._open:
                    self._more(drawn.strip())
                self._open = self._open and not line.startswith(("|", "#", "---"))
                out.append([drawn])
        return out

    def _rows(self, pictures: list[str]) -> list[str]:
        out: list[str] = []
        before: dict[str, Any] = {}
        for i, record in enumerate(self.indicators):
            begins1 = i == 0 or record["level1"] != before.get("level1")
            begins2 = begins1 or record["level2"] != before.get("level2")
            for picture in pictures:
                kind = re.match(r"\|\*(level[12])?", picture)[1]  # type: ignore[index]
                if (kind == "level1" and not begins1) or (kind == "level2" and not begins2):
                    continue
                body = "|" + picture[2 + len(kind or "") :]
                cell = partial(self._cell, i, begins1, begins2)
                row = HOLE.sub(lambda m, cell=cell: cell(m[1]), body)  # type: ignore[misc]
                out.append(_merged(row))
            before = record
        if self.blank and len(pictures) == 1 and out:
            cells = len(out[-1].strip()[1:].removesuffix("|").split("|"))
            first = [c.strip() for c in out[-1].strip()[1:].removesuffix("|").split("|")]
            out.append(
                "| "
                + " | ".join(c if (c in (ABOVE, LEFT) and k > 0) or c == ABOVE else "" for k, c in enumerate(first))
                + " |"
            )
            assert len(first) == cells
        return out

    def _cell(self, i: int, begins1: bool, begins2: bool, hole: str) -> str:
        name = hole.split("=")[0]
        text = self.prints[i].get(name.rstrip("^.%"), "")
        if name.endswith("%") and text:
            text = f"{_digits(Decimal(text) * 100)}%"
        begins = begins1 if name.startswith("level1") else begins2
        if name.endswith("^") and not begins:
            return "\0"
        if name.endswith(".") and not begins:
            return ""
        return self._full(text) if _is_figure(text) else text

    def _value(self, hole: str) -> str:
        name, given, words = hole.partition("=")
        if name.startswith("?"):
            return self.rng.choice(name[1:].split("~"))
        if name.startswith("basic:"):
            return self._basic(name.removeprefix("basic:"))
        if name.startswith("extra:"):
            text = words if given else invent.answer(self.rng, name)
            self.extra[name.removeprefix("extra:")] = text
            return text
        owner, dot, about = name.partition(".")
        if dot and (row := _row_of(owner)):
            line = self.others.setdefault(row[0], {}).setdefault(row[1], {})
            if about == "weight":
                line[about] = Decimal(words)
            else:
                line[about] = words if given else invent.answer(self.rng, about)
            return words or str(line[about])
        if dot and owner != "report":
            return self._fund(owner, about, words)
        told = self.cover if owner == "report" else self.head
        name = about if owner == "report" else name
        if given:
            if "YYYY" in words:
                words = words.replace("YYYY", str(self.year))
                told["fiscal_year"] = self.year
            told[name] = Decimal(words) if name == "self_score" else words
            return words
        value = self.values.get(name)
        told[name] = value
        if isinstance(value, Decimal):
            return self._full(_digits(value))
        if name == "reported_on":
            year, month, day = str(value).split("-")
            return f"{year}年{int(month)}月{int(day)}日"
        return str(value or "")

    def _fund(self, owner: str, about: str, words: str) -> str:
        line = self.funds[owner]
        if words:  # its label, or what stands in one of its cells
            line[about] = words
        value = line[about]
        if not isinstance(value, Decimal):
            return str(value or "")
        if about == "execution_rate":
            text = {
                "percent": f"{_digits(value * 100)}%", "number": _digits(value * 100), "fraction": _digits(value),
            }[self.layout.rate]  # fmt: skip
            return self._full(text)
        if about in _MONEY:
            shown = value * _TO_ONE_WAN[self.layout.money]
            return self._full(f"{shown:,.2f}" if self.thousands else _digits(shown))
        return self._full(_digits(value))

    def _basic(self, name: str) -> str:
        path, _, heading = name.rpartition(".")
        value = Decimal(self.annual.randint(1, 900))
        self.basics.setdefault(tuple(path.split(">")), {})[heading] = value
        return self._full(_digits(value))

    def _full(self, text: str) -> str:
        """A figure as a typist may write it: in full width."""
        return text.translate(_WIDE) if self.wide and self.rng.random() < 0.3 else text

    # ---------------------------------------------------------------- narrative
    def _section(self, line: str) -> str:
        kind, level, number, heading, *text = [part.strip() for part in line[1:].split("|")]
        drawn = text[0] if text else None
        self.sections.append(
            {"no": len(self.sections) + 1, "kind": None if kind in ("null", "") else kind, "level": int(level), "number": number,
             "heading": heading.rstrip("。："), "text": drawn}
        )  # fmt: skip
        self._open = True
        return f"{number}{heading}{drawn or ''}"

    def _more(self, text: str) -> None:
        section = self.sections[-1]
        section["text"] = text if section["text"] is None else f"{section['text']}\n{text}"

    # ---------------------------------------------------------------- the record
    def _record(self) -> dict[str, Any]:
        form: dict[str, Any] = {"no": 1, "kind": self.layout.kind}
        for name in (
            "title",
            "fiscal_year",
            "unit",
            "reported_on",
            "project",
            "supervisor",
            "implementer",
            "self_score",
            "grade",
        ):
            form[name] = self.head.get(name)
        form["contacts"] = {name: self.head.get(name) for name in ("prepared_by", "phone", "leader")}
        for name in ("annual_goal", "duties", "deviation", "improvement"):
            form[name] = self.head.get(name)
        form["funds"] = [_without_extra(line) for line in self.funds.values()]
        for name, plural in _ROWS.items():
            told = [key for key in about(LISTS[plural]) if key not in ("no", "extra")]
            form[plural] = [
                {"no": n} | {key: row.get(key) for key in told} | _extra(row)
                for n, row in enumerate(self.others.get(name, {}).values(), 1)
            ]
        if (goal := self._goal_at_side()) is not None:
            for indicator in self.indicators:
                indicator["goal"] = goal
        form["indicators"] = self.indicators
        form["basics"] = [{"group": p[0], "path": list(p[1:]), "values": v} for p, v in self.basics.items()]
        if self.extra:
            form["extra"] = self.extra
        report = {name: self.cover.get(name) or form[name] for name in ("unit", "fiscal_year", "title", "reported_on")}
        forms = [] if self.layout.kind == "report" else [form]
        return {"report": report, "forms": forms, "sections": self.sections, "findings": self.findings}


def _row_of(owner: str) -> tuple[str, str] | None:
    """(`goal`, `1`) of `goal1`; None where a hole's owner is no numbered row."""
    match = re.fullmatch(rf"({'|'.join(_ROWS)})(\d+)", owner)
    return (match[1], match[2]) if match else None


def _without_extra(line: dict[str, Any]) -> dict[str, Any]:
    record = {k: line.get(k) for k in ("item", "label", "side", *_MONEY, "execution_rate", "weight", "score")}
    return record | _extra(line)


def _extra(line: dict[str, Any]) -> dict[str, Any]:
    extra = {k.removeprefix("extra:"): v for k, v in line.items() if k.startswith("extra:")}
    return {"extra": extra} if extra else {}


def _parted(line: str) -> tuple[str, list[str]]:
    """A row's mark (`|`, `|*`, `|*level1`) and its cells."""
    mark = re.match(r"\|(?:\*(?:level[12])?)?", line)[0]  # type: ignore[index]
    return mark, [cell.strip() for cell in line[len(mark) :].strip().removesuffix("|").split("|")]


def _alone(cells: list[str], column: int) -> bool:
    """Is a cell merged with none, so that it may change places?"""
    beside = cells[column + 1] if column + 1 < len(cells) else ""
    text = cells[column]
    return text not in (ABOVE, LEFT) and beside != LEFT and not re.search(r"level[12]|\^\}", text)


def _merged(row: str) -> str:
    """A row with the cells that go on from the row above: the mark stands for all that was in them."""
    cells = [cell.strip() for cell in row.strip()[1:].removesuffix("|").split("|")]
    return "| " + " | ".join(ABOVE if "\0" in cell else cell for cell in cells) + " |"


_WIDE = str.maketrans("0123456789.%", "０１２３４５６７８９．％")


def _is_figure(text: str) -> bool:
    return bool(re.fullmatch(r"[\d.]+%?", text))


def _grown(amount: Decimal, growth: Decimal) -> Decimal:
    return amount if growth == 1 else (amount * growth).quantize(Decimal("0.01"))


def _digits(value: Decimal | None) -> str:
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
