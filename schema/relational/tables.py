"""The relational store: tables derived from the records, so that a field is written once. Every record has its natural key and `record`,
the path by which provenance names it (`forms[0].indicators[3]`). Numbers are exact: NUMERIC on PostgreSQL, see `Exact` for SQLite."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from schema import records
from schema.relational import columns, comparing, judging, reviewing
from schema.relational.types import Exact as Exact

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _of_form(record: type, name: str, comment: str) -> Table:
    """The table of a list inside a form."""
    return Table(
        name,
        metadata,
        columns.submission_id(),
        columns.key("form_no", "表序号"),
        columns.key("no", "序号"),
        Column("record", Text, nullable=False, comment="记录路径，与 provenance.record 对应"),
        *columns.of_record(record, skip=("no",)),
        PrimaryKeyConstraint("submission_id", "form_no", "no"),
        ForeignKeyConstraint(["submission_id", "form_no"], ["form.submission_id", "form.no"], ondelete="CASCADE"),
        comment=comment,
    )


file = Table(
    "file",
    metadata,
    Column("sha256", String(64), primary_key=True, comment="文件内容的SHA-256"),
    Column("name", Text, nullable=False, comment="文件名"),
    Column("format", Text, comment="按内容判断的格式"),
    Column("size", Integer, nullable=False, comment="字节数"),
    Column("outcome", String(8), nullable=False, comment="read 已读取，partly 有未识别的内容，refused 未读取"),
    Column("message", Text, comment="未读取的原因与办法"),
    Column("version", Text, nullable=False, comment="读取时的ziping版本"),
    comment="读过的每个文件，一份内容一行",
)
run = Table(
    "run",
    metadata,
    Column("run_id", Integer, primary_key=True, comment="运行编号"),
    Column("kind", String(10), nullable=False, comment="ingest 读入，rerun 重读，correct 更正"),
    Column("started_at", String(20), nullable=False, comment="开始时间（UTC）"),
    Column("ended_at", String(20), comment="结束时间（UTC）；中断的为空"),
    Column("person", Text, comment="运行的人"),
    Column("host", Text, comment="运行的机器"),
    Column("version", Text, nullable=False, comment="ziping版本"),
    Column("arguments", JSON, nullable=False, comment="命令的参数"),
    Column("counts", JSON, comment="各种结果的数量"),
    comment="每次运行",
)
outcome = Table(
    "outcome",
    metadata,
    Column("run_id", Integer, nullable=False, comment="运行编号"),
    Column("path", Text, nullable=False, comment="文件路径"),
    Column("sha256", String(64), comment="文件内容的SHA-256；没有读到内容的为空"),
    Column(
        "outcome",
        String(8),
        nullable=False,
        comment="read 已读取，partly 部分识别，refused 不能读取，failed 读取时出错或超限，known 库中已有",
    ),
    Column("reason", Text, comment="不能读取或出错的原因与办法"),
    Column("seconds", Float, nullable=False, comment="用时（秒）"),
    PrimaryKeyConstraint("run_id", "path"),
    ForeignKeyConstraint(["run_id"], ["run.run_id"], ondelete="CASCADE"),
    Index(None, "sha256"),
    comment="每次运行中每个文件的结果",
)
lease = Table(
    "lease",
    metadata,
    Column("sha256", String(64), primary_key=True, comment="文件内容的SHA-256"),
    Column("owner", Text, nullable=False, comment="正在读取它的进程：机器、进程号、启动时刻"),
    Column("until", Float, nullable=False, comment="到何时为止（Unix时间）"),
    comment="正在读取的文件：两次运行不读同一个文件",
)
document = Table(
    "document",
    metadata,
    Column("sha256", String(64), primary_key=True, comment="文件内容的SHA-256"),
    Column("reader_key", String(16), nullable=False, comment="读取程序的代码：不同即需重读文件"),
    Column("content", LargeBinary, nullable=False, comment="读出的段落和表格（压缩）"),
    ForeignKeyConstraint(["sha256"], ["file.sha256"], ondelete="CASCADE"),
    comment="读出的文件内容：词表改变时不必再读文件",
)
wordlist = Table(
    "wordlist",
    metadata,
    Column("words_key", String(16), primary_key=True, comment="词表的代码"),
    Column("content", LargeBinary, nullable=False, comment="词表的全部词条（压缩）"),
    comment="用过的词表",
)
delivery = Table(
    "delivery",
    metadata,
    Column("path", Text, nullable=False, comment="文件路径"),
    Column("sha256", String(64), nullable=False, comment="文件内容的SHA-256"),
    Column("stage", String(5), comment="文件名所示：draft 初稿等，final 定稿等；没有写明的为空"),
    Column("modified_at", String(20), comment="文件的修改时间（UTC）；压缩包内的为压缩包的"),
    Column("is_current", Boolean, nullable=False, server_default=false(), comment="同一份材料的几个文件中，以此为准"),
    PrimaryKeyConstraint("path", "sha256"),
    ForeignKeyConstraint(["sha256"], ["file.sha256"], ondelete="CASCADE"),
    comment="每个文件出现过的路径",
)
submission = Table(
    "submission",
    metadata,
    Column("submission_id", String(16), primary_key=True, comment="自评材料编号（文件SHA-256的前16位）"),
    Column("sha256", String(64), nullable=False, comment="文件内容的SHA-256"),
    Column("subject", String(16), comment="单位、年度、表种与项目的代码：相同的是同一份材料的几个文件"),
    *columns.of_record(records.Report),
    Column("rules_key", String(16), comment="规则的代码：不同即需重新整理"),
    Column("words_key", String(16), comment="所用词表的代码"),
    Column("lookups", Text, comment="整理时查过的写法，一行一个：块、写法；由旧版整理的为空"),
    Column("cells", Integer, nullable=False, comment="非空单元格与段落数"),
    Column("used", Integer, nullable=False, comment="其中成为数据的"),
    Column("ornament", Integer, nullable=False, comment="其中表头、说明等"),
    Column("unexplained", Integer, nullable=False, comment="其中未识别的"),
    UniqueConstraint("sha256"),
    ForeignKeyConstraint(["sha256"], ["file.sha256"], ondelete="CASCADE"),
    Index(None, "subject"),
    comment="自评材料，一份文件一行",
)
unit = Table(
    "unit",
    metadata,
    Column("unit_id", String(12), primary_key=True, comment="单位编号，不随写法改变"),
    Column("name", Text, nullable=False, comment="单位名称"),
    Column("province", Text, comment="省级，名称写明且确定的"),
    Column("city", Text, comment="地级，名称写明且确定的"),
    Column("county", Text, comment="县级，名称写明且确定的"),
    Column("place_code", String(6), comment="行政区划代码（GB/T 2260）"),
    comment="单位",
)
unit_spelling = Table(
    "unit_spelling",
    metadata,
    Column("spelling", Text, primary_key=True, comment="材料中的写法，不含空格"),
    Column("unit_id", String(12), nullable=False, comment="单位编号"),
    Column("decided_by", Text, comment="并入该单位的人；首次出现的为空"),
    Column("decided_at", String(20), comment="并入的时间（UTC）"),
    ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], ondelete="CASCADE"),
    Index(None, "unit_id"),
    comment="单位名称的各种写法",
)
assignment = Table(
    "assignment",
    metadata,
    columns.submission_id(),
    Column("name", Text, nullable=False, comment="单位名称"),
    Column("decided_by", Text, comment="指定的人"),
    Column("decided_at", String(20), nullable=False, comment="指定的时间（UTC）"),
    *columns.of_submission(),
    comment="材料没有写明报送单位时，由人指定的单位",
)
version = Table(
    "version",
    metadata,
    columns.submission_id(),
    columns.key("no", "第几版，从1起"),
    Column("run_id", Integer, comment="写入它的运行"),
    Column("valid_from", String(20), nullable=False, comment="从何时起（UTC）"),
    Column("valid_to", String(20), comment="到何时为止（UTC）；现行的为空"),
    Column("causes", JSON, nullable=False, comment="由何而来：词条、规则、更正"),
    Column("corrections", JSON(none_as_null=True), comment="这一版所用的人工更正的编号；没有的为空"),
    Column("content", LargeBinary, comment="这一版的记录（压缩）；现行的在各表中，为空"),
    *columns.of_submission("no"),
    ForeignKeyConstraint(["run_id"], ["run.run_id"], ondelete="SET NULL"),
    Index(None, "run_id"),
    comment="每份自评材料的各版",
)
Index(
    "uq_version_current",
    version.c.submission_id,
    unique=True,
    sqlite_where=version.c.valid_to.is_(None),
    postgresql_where=version.c.valid_to.is_(None),
)
correction = Table(
    "correction",
    metadata,
    Column("correction_id", Integer, primary_key=True, comment="更正编号"),
    Column("submission_id", String(16), nullable=False, comment="自评材料编号"),
    Column("record", Text, nullable=False, comment="记录路径，最近一次读到的"),
    Column("field", Text, nullable=False, comment="字段"),
    Column("cell", JSON, comment="所更正的单元格：文件部分、第几个表格、行、列、第几段；没有单元格的为空"),
    Column("page_no", Integer, comment="第几页，从1起；没有页的文件为空"),
    Column("boxes", JSON, comment="在页上的位置：[页, 左, 上, 右, 下]，单位点"),
    Column("raw", Text, comment="更正时单元格的原文"),
    Column("found", Text, comment="更正时读到的值；没有读到的为空"),
    Column("should_be", Text, comment="应为；应为空的为空"),
    Column("reason", Text, nullable=False, comment="理由"),
    Column("person", Text, nullable=False, comment="更正的人"),
    Column("made_at", String(20), nullable=False, comment="更正的时间（UTC）"),
    Column("withdrawn_at", String(20), comment="撤回的时间（UTC）；有效的为空"),
    Column("reading", Text, comment="最近一次读到的值"),
    Column("state", String(8), nullable=False, comment="applied 已用，review 读数已变、待复核，gone 记录已不存在"),
    ForeignKeyConstraint(["submission_id"], ["submission.submission_id"], ondelete="CASCADE"),
    Index(None, "submission_id"),
    comment="人工更正：不改读数，另行记录",
)
form = Table(
    "form",
    metadata,
    columns.submission_id(),
    columns.key("no", "序号"),
    Column("record", Text, nullable=False, comment="记录路径，与 provenance.record 对应"),
    *columns.of_record(records.Form, skip=("no",)),
    *columns.of_submission("no"),
    comment="自评表",
)
fund = _of_form(records.Fund, "fund", "资金，金额单位万元")
goal = _of_form(records.Goal, "goal", "年度总体目标")
management = _of_form(records.Management, "management", "资金管理情况")
task = _of_form(records.Task, "task", "年度任务")
indicator = _of_form(records.Indicator, "indicator", "绩效指标")
# By the form's field.
LISTS = {"funds": fund, "goals": goal, "management": management, "tasks": task, "indicators": indicator}
basic = Table(
    "basic",
    metadata,
    columns.submission_id(),
    columns.key("form_no", "表序号"),
    columns.key("no", "序号"),
    Column("record", Text, nullable=False, comment="记录路径，与 provenance.record 对应"),
    Column("group_name", Text, comment="分组"),
    Column("path", Text, nullable=False, comment="项目，从外到内以 / 相连"),
    Column("depth", Integer, nullable=False, comment="层级"),
    PrimaryKeyConstraint("submission_id", "form_no", "no"),
    ForeignKeyConstraint(["submission_id", "form_no"], ["form.submission_id", "form.no"], ondelete="CASCADE"),
    comment="基础数据表的行",
)
basic_value = Table(
    "basic_value",
    metadata,
    columns.submission_id(),
    columns.key("form_no", "表序号"),
    columns.key("basic_no", "行序号"),
    Column("heading", Text, nullable=False, comment="栏目，一格跨全部栏目时为空"),
    Column("number", Exact, comment="数值（百分比为小数）"),
    Column("text", Text, comment="不是数字的内容"),
    PrimaryKeyConstraint("submission_id", "form_no", "basic_no", "heading"),
    ForeignKeyConstraint(
        ["submission_id", "form_no", "basic_no"],
        ["basic.submission_id", "basic.form_no", "basic.no"],
        ondelete="CASCADE",
    ),
    comment="基础数据表的数值",
)
section = Table(
    "section",
    metadata,
    columns.submission_id(),
    columns.key("no", "序号"),
    Column("record", Text, nullable=False, comment="记录路径，与 provenance.record 对应"),
    *columns.of_record(records.Section, skip=("no",)),
    *columns.of_submission("no"),
    comment="叙述部分的章节",
)
finding = Table(
    "finding",
    metadata,
    columns.submission_id(),
    columns.key("no", "序号"),
    *columns.of_record(records.Finding),
    *columns.of_submission("no"),
    comment="核对发现的问题",
)
provenance = Table(
    "provenance",
    metadata,
    columns.submission_id(),
    columns.key("no", "序号"),
    Column("record", Text, nullable=False, comment="记录路径"),
    Column("field", Text, nullable=False, comment="字段"),
    Column("raw", Text, nullable=False, comment="原文"),
    *columns.place(),
    Column("page_no", Integer, comment="第几页，从1起；没有页的文件为空"),
    Column("boxes", JSON, comment="在页上的位置：[页, 左, 上, 右, 下]，单位点，跨页的有多个"),
    Column("confidence", Float, comment="数值正确的把握，0到1，低于0.9的请人核对；由旧版整理的为空"),
    Column("recognition", Float, comment="文字识别的最低把握，0到1；不是识别来的为空"),
    Column("corrected_by", Text, comment="更正编号、更正的人和理由；没有更正的为空"),
    Column("proof", String(12), comment="表内勾稽：proven 相符，contradicted 不符；没有勾稽关系的为空"),
    *columns.suggested(),
    Column("recognised", Text, comment="归入该字段的依据；表头写法与词表一致的为空"),
    *columns.of_submission("no"),
    Index(None, "submission_id", "record", "field"),
    comment="每个值的出处",
)
columns.index_unsure(provenance)
page = Table(
    "page",
    metadata,
    columns.submission_id(),
    columns.key("page_no", "第几页，从1起"),
    Column("reader", String(10), nullable=False, comment="由谁读取：pdfium、pdfplumber、opencv、camelot、rapidocr"),
    Column("reason", Text, comment="为什么不由第一种读取；正常读取的为空"),
    *columns.of_submission("page_no"),
    comment="有页的文件，每页怎样读取",
)
leftover = Table(
    "leftover",
    metadata,
    columns.submission_id(),
    columns.key("no", "序号"),
    Column("text", Text, nullable=False, comment="原文"),
    *columns.place(),
    *columns.of_submission("no"),
    comment="没有识别的内容",
)
unknown_heading = Table(
    "unknown_heading",
    metadata,
    columns.submission_id(),
    columns.key("no", "序号"),
    Column("text", Text, nullable=False, comment="原文"),
    Column("block", String(10), nullable=False, comment="所在的块：indicators、funds、label 等"),
    Column("field", Text, comment="建议的字段或代码；没有建议的为空"),
    Column("reason", Text, comment="建议的依据"),
    Column("taken", Boolean, nullable=False, comment="其下的内容是否已按建议归入"),
    Column("below", JSON, nullable=False, comment="其下的若干单元格"),
    Column("beside", JSON, nullable=False, comment="左右的表头"),
    *columns.place(),
    *columns.of_submission("no"),
    comment="词表里没有的表头，及其建议",
)
form_layout = Table(
    "form_layout",
    metadata,
    columns.submission_id(),
    columns.key("form_no", "表序号"),
    Column("fingerprint", String(12), nullable=False, comment="表头顺序的代码：相同的是同一种版式"),
    Column("headings", JSON, nullable=False, comment="表头：[块, 写法, 字段]"),
    *columns.standing(),
    PrimaryKeyConstraint("submission_id", "form_no"),
    ForeignKeyConstraint(["submission_id", "form_no"], ["form.submission_id", "form.no"], ondelete="CASCADE"),
    Index(None, "fingerprint"),
    comment="每张表的版式",
)
passage = Table(
    "passage",
    metadata,
    Column("passage_id", Integer, primary_key=True, comment="编号"),
    Column("submission_id", String(16), nullable=False, comment="自评材料编号"),
    Column("record", Text, nullable=False, comment="记录路径"),
    Column("field", Text, nullable=False, comment="字段"),
    Column("text", Text, nullable=False, comment="文字"),
    ForeignKeyConstraint(["submission_id"], ["submission.submission_id"], ondelete="CASCADE"),
    Index(None, "submission_id"),
    comment="指标、目标、任务和章节的文字，供全文检索",
)
code = Table(
    "code",
    metadata,
    Column("list", String(10), primary_key=True, comment="代码表：kind、category、item、side、section、check"),
    Column("code", Text, primary_key=True, comment="代码"),
    Column("no", Integer, nullable=False, comment="序号"),
    Column("chinese", Text, nullable=False, comment="中文名称"),
    Column("english", Text, nullable=False, comment="英文名称"),
    Column("clause", Text, comment="核对项所依据的条款或勾稽关系"),
    comment="各种代码的名称",
)
pack_use, judged, judgement, score_due, mute = judging.tables(metadata)
sketch, compared, comparison = comparing.tables(metadata)
setting, roster, verdict, look, claim, sent, account = reviewing.tables(metadata)
