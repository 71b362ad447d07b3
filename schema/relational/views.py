"""The views that analysts read: one per family of questions, only what counts now (v_current), names in Chinese and English.

They are made anew whenever a store is brought to a newer revision, so that a view is written in one place; a change to one comes
with a revision of its own, even where no table changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from schema import records
from schema.codes import CODES
from schema.relational import tables
from schema.relational.english import english


@dataclass(frozen=True, slots=True)
class View:
    """columns: (name, SQL, Chinese, English) of each; body: what follows FROM."""

    name: str
    chinese: str
    english: str
    columns: tuple[tuple[str, str, str, str], ...]
    body: str

    @property
    def sql(self) -> str:
        shown = ",\n  ".join(f"{sql} AS {name}" for name, sql, _, _ in self.columns)
        return f"CREATE VIEW {self.name} AS\nSELECT\n  {shown}\nFROM {self.body}"


_UNIT = (
    ("unit_id", "su.unit_id", "单位编号", "unit id"),
    ("unit", "COALESCE(su.name, s.submitter, sn.name)", "单位", "unit"),
    ("province", "su.province", "省级，单位名称写明且确定的", "province, where certain"),
    ("city", "su.city", "地级，单位名称写明且确定的", "prefecture, where certain"),
    ("county", "su.county", "县级，单位名称写明且确定的", "county, where certain"),
    ("place_code", "su.place_code", "行政区划代码（GB/T 2260）", "division code (GB/T 2260)"),
)
_SUBMISSION = (
    ("submission_id", "s.submission_id", "自评材料编号", "submission id"),
    *_UNIT,
    ("fiscal_year", "s.fiscal_year", "年度", "fiscal year"),
)
_OF_FORM = (
    ("submission_id", "s.submission_id", "自评材料编号", "submission id"),
    ("form_no", "f.no", "表序号", "number of the form"),
    *_UNIT,
    ("fiscal_year", "COALESCE(f.fiscal_year, s.fiscal_year)", "年度", "fiscal year"),
    ("kind", "f.kind", "表种代码", "kind of form, code"),
    ("kind_zh", "k.chinese", "表种", "kind of form, Chinese"),
    ("kind_en", "k.english", "表种（英文）", "kind of form, English"),
    ("project", "f.project", "项目名称", "project"),
)
_CURRENT = """JOIN v_current c ON c.submission_id = s.submission_id
LEFT JOIN assignment sn ON sn.submission_id = s.submission_id
LEFT JOIN unit_spelling sp ON sp.spelling = REPLACE(REPLACE(COALESCE(s.submitter, sn.name), ' ', ''), '\u3000', '')
LEFT JOIN unit su ON su.unit_id = sp.unit_id"""
_WITH_SUBMISSION = f"""JOIN submission s ON s.submission_id = f.submission_id
{_CURRENT}
LEFT JOIN code k ON k.list = 'kind' AND k.code = f.kind"""
_FROM_FORM = f"form f\n{_WITH_SUBMISSION}"


def squeezed(name: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A name as `unit_spelling` has it: without blanks."""
    return sa.func.replace(sa.func.replace(name, " ", ""), "\u3000", "")


def handed_in(submission: Any) -> sa.ColumnElement[Any]:
    """Who handed a submission in: as the submission says, else as a person said; for queries that look beside the views."""
    a = tables.assignment
    said = sa.select(a.c.name).where(a.c.submission_id == submission.c.submission_id).scalar_subquery()
    return sa.func.coalesce(submission.c.submitter, said)


def _from_list(table: str, short: str) -> str:
    """A list inside a form, with its form and submission."""
    form = f"JOIN form f ON f.submission_id = {short}.submission_id AND f.no = {short}.form_no"
    return f"{table} {short}\n{form}\n{_WITH_SUBMISSION}"


def _count(table: str, more: str = "") -> str:
    return f"(SELECT COUNT(*) FROM {table} n WHERE n.submission_id = s.submission_id{more})"


def _same(short: str, table: sa.Table, *names: str) -> tuple[tuple[str, str, str, str], ...]:
    """Columns of a table under their own names and words."""
    return tuple((name, f"{short}.{name}", str(table.c[name].comment), english(table.c[name])) for name in names)


def _own(short: str, record: type, table: sa.Table, *without: str) -> tuple[tuple[str, str, str, str], ...]:
    """The columns of a record's fields that views show, but for those that a view has under another name."""
    shown = [name for name, told in records.about(record).items() if told.view and name not in without]
    return _same(short, table, *shown)


_COUNTED = (
    ("indicators", _count("indicator", " AND n.form_no = f.no"), "指标数", "number of indicators"),
    ("findings", _count("finding", " AND n.form_no = f.no"), "核对发现数", "number of findings"),
)


_TOLD = "submission_id, no, pack, rule, severity, clause, message, stated, computed, record, field"
_JUDGED = f"""(SELECT {_TOLD}, form_no, NULL AS other_id, NULL AS other_path FROM judgement
UNION ALL SELECT {_TOLD}, NULL AS form_no, other_id, other_path FROM comparison)"""
_OTHER = (
    *_same("j", tables.comparison, "other_id", "other_path"),
    ("muted", "m.reason", "不再提示的理由，提示的为空", "why it is not told of this unit any more"),
)
_MUTED = "LEFT JOIN mute m ON m.rule = j.rule AND m.unit_id = su.unit_id"
_BASE = "COALESCE(t.revised, t.received, t.approved, t.amount)"
_TOTAL = """LEFT JOIN fund t ON t.submission_id = f.submission_id AND t.form_no = f.no AND t.no = (
  SELECT MIN(x.no) FROM fund x WHERE x.submission_id = f.submission_id AND x.form_no = f.no AND x.item = 'total')"""
_MONEY = (
    ("approved", "t.approved", "年初预算数，万元", "approved budget, 10,000 yuan"),
    ("revised", "t.revised", "全年预算数，万元", "revised budget, 10,000 yuan"),
    ("executed", "t.executed", "全年执行数，万元", "executed, 10,000 yuan"),
    (
        "execution_rate",
        f"CASE WHEN {_BASE} > 0 THEN 1.0 * t.executed / {_BASE} END",
        "执行率：执行数÷全年预算数（没有的用到位数、年初预算数）",
        "execution rate: executed ÷ revised (where not stated: received, approved)",
    ),
)


def _of_counting(column: str, beside: str | None = None) -> str:
    """The sum over the forms whose money counts for their unit; only those that state `beside` too."""
    both = f" AND {beside} IS NOT NULL" if beside else ""
    return f"SUM(CASE WHEN counts = 1{both} THEN {column} END)"


_WITH_BOTH = _of_counting("base", "executed")
VIEWS = (
    View(
        "v_submission", "现行的自评材料，一份一行", "current submissions, one row each",
        (
            *_SUBMISSION,
            *_own("s", records.Report, tables.submission),
            ("file", "fi.name", "文件名", "file name"),
            ("format", "fi.format", "文件格式", "file format"),
            ("path", "c.path", "文件路径", "path of the file"),
            ("stage", "c.stage", "文件名所示：draft 初稿，final 定稿", "draft or final, by the file's name"),
            ("forms", _count("form"), "自评表数", "number of forms"),
            ("indicators", _count("indicator"), "指标数", "number of indicators"),
            ("findings", _count("finding"), "核对发现数", "number of findings"),
            ("cells", "s.cells", "非空单元格与段落数", "non-blank cells and paragraphs"),
            ("unexplained", "s.unexplained", "其中未识别的", "of these not understood"),
        ),
        f"submission s\n{_CURRENT}\nJOIN file fi ON fi.sha256 = s.sha256",
    ),
    View(
        "v_form", "自评表，一张一行", "forms, one row each",
        (
            *_OF_FORM,
            *_own("f", records.Form, tables.form),
            ("layout", "l.fingerprint", "版式代码", "layout fingerprint"),
            *_COUNTED,
            ("record", "f.record", "记录路径", "path of the record"),
        ),
        f"{_FROM_FORM}\nLEFT JOIN form_layout l ON l.submission_id = f.submission_id AND l.form_no = f.no",
    ),
    View(
        "v_indicator", "绩效指标，一项一行", "indicators, one row each",
        (
            *_OF_FORM,
            ("no", "i.no", "指标序号", "number of the indicator"),
            *_own("i", records.Indicator, tables.indicator),
            ("category_zh", "g.chinese", "类别", "category, Chinese"),
            ("category_en", "g.english", "类别（英文）", "category, English"),
            ("target_op", "i.target_value_op", "指标值：比较符", "target: operator"),
            ("target_value", "i.target_value", "指标值：数值（百分比为小数）", "target: figure (a rate is a fraction)"),
            ("actual_value", "i.actual_value", "完成值：数值（百分比为小数）", "actual: figure (a rate is a fraction)"),
            ("value_unit", "i.target_value_unit", "指标值：单位", "target: unit"),
            (
                "rate_achieved",
                "CASE WHEN i.target_value > 0 AND COALESCE(i.target_value_unit, '') = COALESCE(i.actual_value_unit, '') "
                "THEN 1.0 * i.actual_value / i.target_value END",
                "完成率：完成值÷指标值，单位相同的才有",
                "actual ÷ target, where both have the same unit",
            ),
            ("score_rate", "CASE WHEN i.weight > 0 THEN 1.0 * i.score / i.weight END", "得分率", "score ÷ weight"),
            ("record", "i.record", "记录路径", "path of the record"),
        ),
        f"{_from_list('indicator', 'i')}\nLEFT JOIN code g ON g.list = 'category' AND g.code = i.category",
    ),
    View(
        "v_fund", "资金，一项一行，万元", "money lines, one row each, 10,000 yuan",
        (
            *_OF_FORM,
            ("no", "t.no", "资金序号", "number of the line"),
            *_own("t", records.Fund, tables.fund),
            ("item_zh", "m.chinese", "资金项目", "item, Chinese"),
            ("item_en", "m.english", "资金项目（英文）", "item, English"),
            ("stated_rate", "t.execution_rate", "所填执行率", "execution rate as stated"),
            _MONEY[3],
            ("record", "t.record", "记录路径", "path of the record"),
        ),
        f"{_from_list('fund', 't')}\nLEFT JOIN code m ON m.list = 'item' AND m.code = t.item",
    ),
    View(
        "v_project", "项目支出自评表，一个项目一行", "project forms, one row each",
        (
            *_OF_FORM,
            *_same("f", tables.form, "supervisor", "implementer"),
            *_MONEY,
            ("self_score", "f.self_score", "自评总得分", "self-assessed total score"),
            *_COUNTED,
        ),
        f"{_FROM_FORM}\n{_TOTAL}\nWHERE f.kind = 'project'",
    ),
    View(
        "v_finding", "核对发现，一项一行", "findings, one row each",
        (
            *_SUBMISSION,
            ("no", "d.no", "序号", "number of the finding"),
            ("form_no", "d.form_no", "表序号，全文的为空", "number of the form; null for the whole document"),
            ("kind", "f.kind", "表种代码", "kind of form, code"),
            ("project", "f.project", "项目名称", "project"),
            ("check_code", "d.check_code", "核对项代码", "check, code"),
            ("check_zh", "h.chinese", "核对项", "check, Chinese"),
            ("check_en", "h.english", "核对项（英文）", "check, English"),
            ("clause", "h.clause", "依据", "the clause it rests on"),
            *_same("d", tables.finding, "place", "message", "stated", "computed"),
        ),
        f"finding d\nJOIN submission s ON s.submission_id = d.submission_id\n{_CURRENT}\n"
        "LEFT JOIN form f ON f.submission_id = d.submission_id AND f.no = d.form_no\n"
        "LEFT JOIN code h ON h.list = 'check' AND h.code = d.check_code",
    ),
    View(
        "v_judgement", "按规则包核对发现的问题，一项一行", "what rule packs find, one row each",
        (
            *_SUBMISSION,
            *_same("j", tables.judgement, "no", "form_no", "pack", "rule", "severity", "clause", "message", "stated", "computed", "record", "field"),
            *_OTHER,
        ),
        f"{_JUDGED} j\nJOIN submission s ON s.submission_id = j.submission_id\n{_CURRENT}\n{_MUTED}",
    ),
    View(
        "v_comparison", "与其他材料比对发现的问题，一项一行", "what shows beside other submissions, one row each",
        (
            *_SUBMISSION,
            *_same("j", tables.comparison, "no", "pack", "rule", "severity", "clause", "message", "stated", "computed", "record", "field"),
            *_OTHER,
            ("other_unit", "COALESCE(o.submitter, a.name)", "对方单位", "unit of the other submission"),
            ("other_year", "o.fiscal_year", "对方年度", "fiscal year of the other submission"),
            *_same("j", tables.comparison, "passages"),
        ),
        f"comparison j\nJOIN submission s ON s.submission_id = j.submission_id\n{_CURRENT}\n{_MUTED}\n"
        "LEFT JOIN submission o ON o.submission_id = j.other_id\nLEFT JOIN assignment a ON a.submission_id = j.other_id",
    ),
    View(
        "v_score", "各项得分与按规则包应得的分，一项一行", "scores and what they should be under the rule packs, one row each",
        (
            *_SUBMISSION,
            *_same("d", tables.score_due, "no", "form_no", "pack", "rule", "stated", "computed"),
            ("difference", "d.stated - d.computed", "多得的分", "points above it"),
            *_same("d", tables.score_due, "way", "record", "field"),
        ),
        f"score_due d\nJOIN submission s ON s.submission_id = d.submission_id\n{_CURRENT}",
    ),
    View(
        "v_unit_year", "单位各年度，一个单位一年一行", "units by year, one row each",
        (
            *((name, name, chinese, english) for name, _, chinese, english in (*_UNIT, _SUBMISSION[-1])),
            ("submissions", "COUNT(DISTINCT submission_id)", "自评材料数", "number of submissions"),
            ("forms", "COUNT(*)", "自评表数", "number of forms"),
            ("approved", _of_counting("approved"), "年初预算数，万元：有部门整体表的取其总额，否则为各项目之和",
             "approved budget, 10,000 yuan: of the department's form, else of its projects together"),
            ("revised", _of_counting("revised"), "全年预算数，万元", "revised budget, 10,000 yuan"),
            ("executed", _of_counting("executed"), "全年执行数，万元", "executed, 10,000 yuan"),
            ("execution_rate", f"CASE WHEN {_WITH_BOTH} > 0 THEN 1.0 * {_of_counting('executed', 'base')} / {_WITH_BOTH} END",
             "执行率：预算与执行都写明的各表之和相除", "execution rate over the forms that state both budget and execution"),
            ("self_score", "AVG(1.0 * self_score)", "自评总得分，几张表的取平均", "self-assessed score, the mean of several forms"),
            ("indicators", "SUM(indicators)", "指标数", "number of indicators"),
            ("findings", "SUM(findings)", "各表的核对发现数", "number of findings in the forms"),
        ),
        f"""(
  SELECT q.*, CASE WHEN kind = 'department' OR (kind = 'project' AND departments = 0) THEN 1 ELSE 0 END AS counts
  FROM (
    SELECT s.submission_id, {", ".join(f"{sql} AS {name}" for name, sql, _, _ in (*_UNIT, *_COUNTED))},
      COALESCE(f.fiscal_year, s.fiscal_year) AS fiscal_year, f.kind, f.self_score, t.approved, t.revised, t.executed, {_BASE} AS base,
      SUM(CASE WHEN f.kind = 'department' THEN 1 ELSE 0 END) OVER (
        PARTITION BY COALESCE(su.unit_id, s.submission_id), COALESCE(f.fiscal_year, s.fiscal_year)) AS departments
    FROM {_FROM_FORM}
    {_TOTAL}
  ) q
) u
"""
        "GROUP BY COALESCE(unit_id, submission_id), unit_id, unit, province, city, county, place_code, fiscal_year",
    ),
)  # fmt: skip


def drop(connection: sa.Connection) -> None:
    """Takes the views away, before the tables under them are changed."""
    for view in reversed(VIEWS):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {view.name}")


def create(connection: sa.Connection) -> None:
    """Makes the views and fills the table of codes, as this version has them."""
    drop(connection)
    connection.execute(tables.code.delete())
    connection.execute(
        tables.code.insert(),
        [
            {
                "list": name,
                "code": code,
                "no": no,
                "chinese": c.chinese,
                "english": c.english,
                "clause": c.clause,
            }
            for name, codes in CODES.items()
            for no, (code, c) in enumerate(codes.items(), 1)
        ],
    )
    for view in VIEWS:
        connection.exec_driver_sql(view.sql)
