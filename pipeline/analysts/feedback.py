"""The feedback sheet: one page per submission that a finance bureau can send back, and the overview of a year's batch."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.analysts import query, tabular
from pipeline.learn import drift
from pipeline.learn.layouts import layouts
from pipeline.reviews import path_of
from pipeline.reviews import told as told_of
from pipeline.store import contents, decisions, rows, verdicts
from pipeline.store.search import places
from schema import extras
from schema.checks import CHECKS
from schema.errors import StoreError, ZipingError
from schema.records import Finding, path_in
from schema.relational import tables
from schema.relational.views import handed_in
from schema.visible import readable

if TYPE_CHECKING:
    from pipeline.store.connection import Store

_ROWS, _DOTS = 15, 500  # rows of a list and points of a chart on the overview
_FEW = 24  # findings a page has room for; the rest are counted
_RULES = 12  # and of what rule packs find
_SEVERITIES = {"must": "必须", "should": "应当"}
_NO_NAME = re.compile(r'[\\/:*?"<>|\s]+')


@dataclass(frozen=True, slots=True)
class Line:
    """A finding as it stands on the sheet; clause: the mark of the one it rests on."""

    no: int
    form: str
    check: str
    message: str
    stated: str
    computed: str
    place: str
    clause: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is sent back for one submission. read: what was read, as (label, figure); more: findings it has no room for; clauses:
    mark and words of each; corrected: the values that people put right, by whom and why."""

    submission_id: str
    file: str
    unit: str
    year: str
    title: str
    read: list[tuple[str, str]]
    lines: list[Line]
    more: int
    clauses: list[tuple[str, str]]
    corrected: list[str]
    judged: list[tuple[str, str, str, str]]  # what rule packs find: severity, form, message, place; `may` is left out


_own = partial(query.free, trusted=True)


def current(store: Store, year: int | None) -> list[str]:
    """The submissions that get a sheet, by unit and year. Raises StoreError."""
    limited = _of(year)
    told = f"SELECT submission_id FROM v_submission{limited} ORDER BY unit, fiscal_year"
    return [row[0] for row in _own(store, told, rows=query.ALL).rows]


def _of(year: int | None) -> str:
    return f" WHERE fiscal_year = {int(year)}" if year is not None else ""


def sheet(store: Store, wanted: str) -> Sheet:
    """The sheet of a submission, by its id, the beginning of it, or its file's name. Raises StoreError."""
    with store.reading() as connection:
        head = contents.find(connection, wanted)
        record = rows.record(connection, head.submission_id)
        s = tables.submission
        named = sa.select(handed_in(s)).where(s.c.submission_id == head.submission_id)
        unit = connection.execute(named).scalar()
        corrected = decisions.told(connection, head.submission_id)
        judged = _judged(connection, head.submission_id)
        misread = verdicts.misread(connection, head.submission_id)
        record["findings"] = [finding for finding in record["findings"] if _named(finding) not in misread]
        paths = {(finding["form"], finding["where"]): _record(finding) for finding in record["findings"]}
        told = {path for path, _ in paths.values()} | {row.record for row in judged}
        found = places(connection, [(head.submission_id, path) for path in told])
    findings = sorted(record["findings"], key=lambda f: (CHECKS[f["check"]].severity, f["form"] or 0))
    lines: list[Line] = []
    marks: dict[str, str] = {}
    for no, finding in enumerate(findings[:_FEW], 1):
        path, field = paths[finding["form"], finding["where"]]
        code = CHECKS[finding["check"]]
        lines.append(
            Line(
                no, f"表{finding['form']}" if finding["form"] else "全文", code.chinese, finding["message"],
                _figure(finding["stated"], field), _figure(finding["computed"], field), _where(found, head.submission_id, path, field),
                marks.setdefault(code.clause or "", chr(ord("①") + len(marks))),
            )
        )  # fmt: skip
    report, cover = record["report"], record["coverage"]
    counts = [
        ("自评表", f"{len(record['forms'])}张"),
        ("绩效指标", f"{sum(len(form['indicators']) for form in record['forms'])}项"),
        ("资金", f"{sum(len(form['funds']) for form in record['forms'])}项"),
        ("叙述章节", f"{len(record['sections'])}节"),
        ("单元格和段落", f"{cover['cells']}个，未识别{len(cover['unexplained'])}个"),
    ]
    scores = [f"表{f['no']}：{_figure(f['self_score'])}分" for f in record["forms"] if f["self_score"] is not None]
    if scores:
        counts.append(("自评总得分", "，".join(scores)))
    return Sheet(
        head.submission_id, head.name, unit or "（单位未写明）", f"{report['fiscal_year'] or '—'}",
        report["title"] or head.name, counts, lines, len(findings) - len(lines),
        [(mark, clause) for clause, mark in marks.items()], corrected,
        [
            (_SEVERITIES[row.severity], f"表{row.form_no}" if row.form_no else "全文", f"{row.message}（{row.clause}）",
             _where(found, head.submission_id, row.record, row.field))
            for row in judged
        ],
    )  # fmt: skip


def _judged(connection: sa.Connection, submission_id: str) -> list[sa.Row[Any]]:
    """What the rule packs find that must or should be put right, as many as a page has room for."""
    j = tables.judgement
    wanted = (j.c.submission_id == submission_id) & (j.c.severity != "may")
    order = sa.case((j.c.severity == "must", 1), else_=2)
    return list(connection.execute(sa.select(j).where(wanted).order_by(order, j.c.no).limit(_RULES)))


def _named(finding: dict[str, Any]) -> tuple[str, str, str]:
    """A finding as a verdict on it names it."""
    one = Finding(**finding)
    return path_of(one), one.check, told_of(one)


def _record(finding: dict[str, Any]) -> tuple[str, str]:
    """The record and the field that a finding is about: `indicators[0].score` of form 2 → (forms[1].indicators[0], score)."""
    record, _, field = path_in(finding["form"], finding["where"]).rpartition(".")
    return record, field


def _where(
    found: dict[tuple[str, str, str], tuple[str, int | None]], submission_id: str, record: str, field: str
) -> str:
    """The place in the file: that of the value itself, else of anything in its row."""
    place = found.get((submission_id, record, field)) or next(
        (at for (_, other, _), at in found.items() if other == record), None
    )
    if place is None:
        return ""
    return f"第{place[1]}页，{place[0]}" if place[1] else place[0]


def _figure(value: Any, field: str = "") -> str:
    """A figure as the form has it: a rate as per cent."""
    return "—" if value is None else tabular.shown(value, field)


# ---------------------------------------------------------------- files
def name_of(sheet: Sheet) -> str:
    """The name of a sheet's files: unit, year and the beginning of its id."""
    return _NO_NAME.sub("_", f"{sheet.unit}_{sheet.year}_{sheet.submission_id[:6]}").strip("_")


def write(sheet: Sheet, folder: Path, kinds: tuple[str, ...]) -> list[Path]:
    """Writes a sheet as .docx and .html. Raises StoreError."""
    out = []
    for kind in kinds:
        path = folder / f"{name_of(sheet)}.{kind}"
        try:
            if kind == "html":
                path.write_text(page("sheet.html", sheet=sheet), encoding="utf-8")
            else:
                _word(sheet, path)
        except OSError as error:
            raise StoreError(path, f"无法写入（{error.strerror or error}）", "请检查权限和磁盘空间") from None
        out.append(path)
    return out


def _finished(value: Any) -> Any:
    """What a page prints: nothing in a text is obeyed but its line breaks; what is markup stays so."""
    return readable(value) if type(value) is str else value


@cache
def _templates() -> Any:
    try:
        import jinja2
    except ImportError:
        raise ZipingError("report", "没有安装jinja2", extras.remedy("analysis")) from None
    return jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline.analysts"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_finished,
    )  # fmt: skip


def page(template: str, **values: Any) -> str:
    """A page of templates/; what submissions say is always text, never markup."""
    told: str = _templates().get_template(template).render(**values)
    return told


def _word(sheet: Sheet, path: Path) -> None:
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    document = Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "宋体", Pt(10)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    normal.paragraph_format.space_after = Pt(2)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.8)
    section.top_margin = section.bottom_margin = Cm(1.5)
    head = document.add_paragraph()
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title = head.add_run("绩效自评材料核对反馈单")
    title.bold, title.font.size = True, Pt(16)
    document.add_paragraph(readable(f"单位：{sheet.unit}    年度：{sheet.year}    文件：{sheet.file}"))
    document.add_paragraph(
        readable("读取情况：" + "；".join(f"{label}{figure}" for label, figure in sheet.read) + "。")
    )
    if not sheet.lines:
        document.add_paragraph("核对未发现问题。")
    else:
        document.add_paragraph(f"核对发现{len(sheet.lines) + sheet.more}处，请核实后更正或说明：")
        table = document.add_table(rows=1, cols=6, style="Table Grid")
        table.autofit = False
        widths = [Cm(w) for w in (1.1, 1.2, 8.2, 2.6, 3.2, 1.1)]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for cell, words in zip(
            table.rows[0].cells, ("序号", "表", "问题", "所填／应为", "文件中的位置", "依据"), strict=True
        ):
            cell.text = ""
            cell.paragraphs[0].add_run(words).bold = True
        for line in sheet.lines:
            figures = f"{line.stated}／{line.computed}"
            told = (
                str(line.no),
                line.form,
                f"【{line.check}】{line.message}",
                figures,
                line.place,
                line.clause,
            )
            for cell, words in zip(table.add_row().cells, told, strict=True):
                cell.text = readable(words)
        for row in table.rows:
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = width
                for paragraph in cell.paragraphs:
                    paragraph.paragraph_format.space_after = Pt(0)
                    for run in paragraph.runs:
                        run.font.size = Pt(8.5)
        for mark, clause in sheet.clauses:
            document.add_paragraph(readable(f"{mark} {clause}")).runs[0].font.size = Pt(8.5)
        if sheet.more:
            document.add_paragraph(f"另有{sheet.more}处，见另附的核对清单。")
    if sheet.judged:
        document.add_paragraph("按规则包核对（不属勾稽关系），请说明：")
        for severity, form, message, place in sheet.judged:
            said = readable(f"【{severity}】{form}　{message}{f'　{place}' if place else ''}")
            document.add_paragraph(said).runs[0].font.size = Pt(8.5)
    for corrected in sheet.corrected:
        document.add_paragraph(readable(corrected)).runs[0].font.size = Pt(8.5)
    document.add_paragraph("复核人：                    日期：        年    月    日")
    document.core_properties.author, document.core_properties.title = "ziping", "绩效自评材料核对反馈单"
    document.save(str(path))


# ---------------------------------------------------------------- the overview
def overview(store: Store, year: int | None) -> str:
    """The page of a year's batch, or of all: figures, charts and the longest lists."""
    from pipeline.analysts.charts import bars, columns, dots

    told = {"year": str(year)} if year is not None else {}

    def asked(name: str, most: int = _ROWS) -> query.Answer:
        return query.ask(store, name, told, rows=most)

    limited = _of(year)
    totals = _own(
        store,
        "SELECT COUNT(*), COUNT(DISTINCT unit_id), SUM(forms), SUM(indicators), SUM(findings), SUM(cells), SUM(unexplained) "
        f"FROM v_submission{limited}",
    ).rows[0]
    checks = _own(
        store,
        f"SELECT check_zh, COUNT(*) FROM v_finding{limited} GROUP BY check_zh ORDER BY COUNT(*) DESC, check_zh",
    ).rows
    counted = _own(
        store,
        "SELECT self_score, COUNT(*) FROM v_form"
        f"{limited + ' AND' if limited else ' WHERE'} self_score IS NOT NULL GROUP BY self_score ORDER BY self_score",
        rows=query.ALL,
    ).rows
    scores: dict[str, float] = {}
    for score, count in counted:
        low = int(float(score) // 5) * 5
        name = "100" if low >= 100 else f"{low}–{low + 4}"
        scores[name] = scores.get(name, 0) + float(count)
    gaps = asked("score-and-execution", _DOTS)
    answers = {
        "findings-per-form": asked("findings-per-form"),
        "score-and-execution": replace(gaps, rows=gaps.rows[:_ROWS], more=len(gaps.rows) > _ROWS),
        "missed-targets": asked("missed-targets"),
        "moved-budgets": asked("moved-budgets"),
    }
    return page(
        "overview.html", year=year, shown=tabular.shown,
        figures=list(zip(("自评材料", "单位", "自评表", "绩效指标", "核对发现"), (v or 0 for v in totals[:5]), strict=True)),
        understood=1 - (totals[6] or 0) / totals[5] if totals[5] else None,
        falls=[fall.sentence for fall in drift.falls(layouts(contents.layouts(store))) if year in (None, fall.year)],
        lists=[(query.questions()[name].chinese, answer) for name, answer in answers.items()],
        charts=[
            ("各类问题的数量", bars([(name or "", float(count)) for name, count in checks], "核对发现")),
            ("自评总得分的分布", columns(list(scores.items()), "自评表")),
            (
                "自评得分与执行率",
                dots(
                    [(row[0] or "", float(row[3]) * 100, float(row[2])) for row in gaps.rows], "执行率（%）", "自评得分"
                ),
            ),
        ],
    )  # fmt: skip
