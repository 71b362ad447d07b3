"""The tables of those who review: who is expected, what people found right, who holds a file, what was sent, who may come in."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from schema.relational import columns


def tables(metadata: MetaData) -> tuple[Table, ...]:
    """setting, roster, verdict, look, claim, sent, account."""
    setting = Table(
        "setting",
        metadata,
        Column("name", Text, primary_key=True, comment="设置：originals 原文件存放处"),
        Column("value", Text, nullable=False, comment="内容"),
        comment="本库的设置",
    )
    roster = Table(
        "roster",
        metadata,
        columns.key("fiscal_year", "年度"),
        Column("name", Text, nullable=False, comment="单位名称，不含空格"),
        Column("code", Text, comment="单位代码"),
        Column("also", JSON, nullable=False, comment="该单位的其他写法"),
        Column("contact", Text, comment="联系人或电话"),
        Column("expected", Integer, nullable=False, comment="应报份数"),
        PrimaryKeyConstraint("fiscal_year", "name"),
        comment="应报送的单位，每年一份名单",
    )
    verdict = Table(
        "verdict",
        metadata,
        Column("verdict_id", Integer, primary_key=True, comment="结论编号"),
        columns.submission_id(),
        Column(
            "about", String(8), nullable=False, comment="所看的是：value 值，finding 核对发现，leftover 未识别的内容"
        ),
        Column("record", Text, nullable=False, comment="记录路径，最近一次读到的；未识别的内容为空字符串"),
        Column("field", Text, nullable=False, comment="字段；核对发现为核对项代码；未识别的内容为空字符串"),
        Column("cell", JSON, comment="所看的单元格：文件部分、第几个表格、行、列、第几段；没有单元格的为空"),
        Column("raw", Text, comment="当时单元格的原文"),
        Column("reading", Text, comment="当时读到的值，或核对发现的说明"),
        Column(
            "verdict",
            String(8),
            nullable=False,
            comment="right 无误，misread 是误读，nothing 无须读取，taken 已由人补录",
        ),
        Column("person", Text, nullable=False, comment="下结论的人"),
        Column("made_at", String(20), nullable=False, comment="下结论的时间（UTC）"),
        Column("withdrawn_at", String(20), comment="撤回的时间（UTC）；没有撤回的为空"),
        Column("lapsed_at", String(20), comment="读数或单元格有变而失效的时间（UTC）；有效的为空"),
        ForeignKeyConstraint(["submission_id"], ["submission.submission_id"], ondelete="CASCADE"),
        Index(None, "submission_id"),
        comment="人工核看的结论；读数有变即失效",
    )
    look = Table(
        "look",
        metadata,
        columns.submission_id(),
        Column("risk", Float, nullable=False, comment="风险：没有把握的值可能错的个数，加核对发现和待复核的更正"),
        columns.key("unsure", "没有把握、还没有人看过的值"),
        columns.key("findings", "还没有人看过的核对发现"),
        columns.key("leftovers", "还没有人看过的未识别内容"),
        columns.key("waiting", "读数已变、待复核的更正"),
        columns.key("total", "以上各项之和"),
        *columns.of_submission(),
        Index(None, "risk"),
        comment="每份材料还有多少需要人看",
    )
    claim = Table(
        "claim",
        metadata,
        columns.submission_id(),
        Column("person", Text, nullable=False, comment="正在核看的人"),
        Column("session", String(64), nullable=False, comment="其浏览器的代码"),
        Column("until", Float, nullable=False, comment="到何时为止（Unix时间）"),
        *columns.of_submission(),
        comment="正在核看的材料：两个人不核看同一份",
    )
    sent = Table(
        "sent",
        metadata,
        columns.submission_id(),
        columns.key("version_no", "所发的是第几版"),
        Column("person", Text, nullable=False, comment="标为已发的人"),
        Column("sent_at", String(20), nullable=False, comment="标为已发的时间（UTC）"),
        *columns.of_submission("version_no"),
        comment="已发出的反馈单",
    )
    account = Table(
        "account",
        metadata,
        Column("name", Text, primary_key=True, comment="姓名或账号"),
        Column("role", String(8), nullable=False, comment="reader 查看，reviewer 核看，lead 负责"),
        Column("password", Text, nullable=False, comment="密码的散列（scrypt）"),
        Column("made_at", String(20), nullable=False, comment="设立的时间（UTC）"),
        comment="核看台的账号",
    )
    return setting, roster, verdict, look, claim, sent, account
