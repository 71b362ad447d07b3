"""The tables of the first release and the view v_source."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.relational.tables import Exact

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

V_SOURCE = """
CREATE VIEW v_source AS
SELECT p.submission_id, p.record, p.field, f.name AS file, p.part, p.block_no, p.table_no, p.row_no,
       p.column_no, p.page_no, p.raw, p.confidence, f.sha256
FROM provenance p
JOIN submission s ON s.submission_id = p.submission_id
JOIN file f ON f.sha256 = s.sha256
"""


def upgrade() -> None:
    op.create_table(
        "file",
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="文件内容的SHA-256"),
        sa.Column("name", sa.Text(), nullable=False, comment="文件名"),
        sa.Column("format", sa.Text(), nullable=True, comment="按内容判断的格式"),
        sa.Column("size", sa.Integer(), nullable=False, comment="字节数"),
        sa.Column(
            "outcome",
            sa.String(length=8),
            nullable=False,
            comment="read 已读取，partly 有未识别的内容，refused 未读取",
        ),
        sa.Column("message", sa.Text(), nullable=True, comment="未读取的原因与办法"),
        sa.Column("version", sa.Text(), nullable=False, comment="读取时的ziping版本"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_file")),
        comment="读过的每个文件，一份内容一行",
    )
    op.create_table(
        "delivery",
        sa.Column("path", sa.Text(), nullable=False, comment="文件路径"),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="文件内容的SHA-256"),
        sa.ForeignKeyConstraint(["sha256"], ["file.sha256"], name=op.f("fk_delivery_file"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("path", "sha256", name=op.f("pk_delivery")),
        comment="每个文件出现过的路径",
    )
    op.create_table(
        "submission",
        sa.Column(
            "submission_id",
            sa.String(length=16),
            nullable=False,
            comment="自评材料编号（文件SHA-256的前16位）",
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="文件内容的SHA-256"),
        sa.Column("unit", sa.Text(), nullable=True, comment="单位"),
        sa.Column("fiscal_year", sa.Integer(), nullable=True, comment="年度"),
        sa.Column("title", sa.Text(), nullable=True, comment="标题"),
        sa.Column("reported_on", sa.Date(), nullable=True, comment="填报日期"),
        sa.Column("cells", sa.Integer(), nullable=False, comment="非空单元格与段落数"),
        sa.Column("used", sa.Integer(), nullable=False, comment="其中成为数据的"),
        sa.Column("ornament", sa.Integer(), nullable=False, comment="其中表头、说明等"),
        sa.Column("unexplained", sa.Integer(), nullable=False, comment="其中未识别的"),
        sa.ForeignKeyConstraint(["sha256"], ["file.sha256"], name=op.f("fk_submission_file"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_submission")),
        sa.UniqueConstraint("sha256", name=op.f("uq_submission_sha256")),
        comment="自评材料，一份文件一行",
    )
    op.create_table(
        "finding",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("check_code", sa.Text(), nullable=False, comment="核对项"),
        sa.Column("form_no", sa.Integer(), nullable=True, comment="表序号"),
        sa.Column("place", sa.Text(), nullable=False, comment="位置"),
        sa.Column("message", sa.Text(), nullable=False, comment="说明"),
        sa.Column("stated", sa.Text(), nullable=True, comment="所填"),
        sa.Column("computed", sa.Text(), nullable=True, comment="应为"),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.submission_id"],
            name=op.f("fk_finding_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "no", name=op.f("pk_finding")),
        comment="核对发现的问题",
    )
    op.create_table(
        "form",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径，与 provenance.record 对应"),
        sa.Column("kind", sa.Text(), nullable=True, comment="表种"),
        sa.Column("title", sa.Text(), nullable=True, comment="表名"),
        sa.Column("fiscal_year", sa.Integer(), nullable=True, comment="年度"),
        sa.Column("unit", sa.Text(), nullable=True, comment="单位"),
        sa.Column("reported_on", sa.Date(), nullable=True, comment="填报日期"),
        sa.Column("project", sa.Text(), nullable=True, comment="项目名称"),
        sa.Column("supervisor", sa.Text(), nullable=True, comment="主管部门"),
        sa.Column("implementer", sa.Text(), nullable=True, comment="实施单位"),
        sa.Column("self_score", Exact(), nullable=True, comment="自评总得分"),
        sa.Column("grade", sa.Text(), nullable=True, comment="评定等级"),
        sa.Column("prepared_by", sa.Text(), nullable=True, comment="填表人"),
        sa.Column("phone", sa.Text(), nullable=True, comment="联系电话"),
        sa.Column("leader", sa.Text(), nullable=True, comment="单位负责人"),
        sa.Column("annual_goal", sa.Text(), nullable=True, comment="年度目标"),
        sa.Column("duties", sa.Text(), nullable=True, comment="部门职能职责概述"),
        sa.Column("deviation", sa.Text(), nullable=True, comment="偏差及原因分析"),
        sa.Column("improvement", sa.Text(), nullable=True, comment="改进措施"),
        sa.Column("extra", sa.JSON(), nullable=True, comment="其他"),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.submission_id"],
            name=op.f("fk_form_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "no", name=op.f("pk_form")),
        comment="自评表",
    )
    op.create_table(
        "leftover",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("text", sa.Text(), nullable=False, comment="原文"),
        sa.Column("part", sa.Text(), nullable=False, comment="文件部分"),
        sa.Column("block_no", sa.Integer(), nullable=False, comment="文件中第几个段落或表格，从1起"),
        sa.Column("table_no", sa.Integer(), nullable=True, comment="第几个表格，从1起；段落为空"),
        sa.Column("row_no", sa.Integer(), nullable=True, comment="第几行，从1起；段落为空"),
        sa.Column("column_no", sa.Integer(), nullable=True, comment="第几列，从1起；段落为空"),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.submission_id"],
            name=op.f("fk_leftover_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "no", name=op.f("pk_leftover")),
        comment="没有识别的内容",
    )
    op.create_table(
        "provenance",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径"),
        sa.Column("field", sa.Text(), nullable=False, comment="字段"),
        sa.Column("raw", sa.Text(), nullable=False, comment="原文"),
        sa.Column("part", sa.Text(), nullable=False, comment="文件部分"),
        sa.Column("block_no", sa.Integer(), nullable=False, comment="文件中第几个段落或表格，从1起"),
        sa.Column("table_no", sa.Integer(), nullable=True, comment="第几个表格，从1起；段落为空"),
        sa.Column("row_no", sa.Integer(), nullable=True, comment="第几行，从1起；段落为空"),
        sa.Column("column_no", sa.Integer(), nullable=True, comment="第几列，从1起；段落为空"),
        sa.Column("page_no", sa.Integer(), nullable=True, comment="第几页，从1起；没有页的文件为空"),
        sa.Column(
            "boxes",
            sa.JSON(),
            nullable=True,
            comment="在页上的位置：[页, 左, 上, 右, 下]，单位点，跨页的有多个",
        ),
        sa.Column("confidence", sa.Float(), nullable=True, comment="文字识别的最低把握，0到1；不是识别来的为空"),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.submission_id"],
            name=op.f("fk_provenance_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "no", name=op.f("pk_provenance")),
        comment="每个值的出处",
    )
    op.create_index(
        op.f("ix_provenance_submission_id_record_field"),
        "provenance",
        ["submission_id", "record", "field"],
        unique=False,
    )
    op.create_table(
        "section",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径，与 provenance.record 对应"),
        sa.Column("kind", sa.Text(), nullable=True, comment="类别"),
        sa.Column("level", sa.Integer(), nullable=True, comment="层级"),
        sa.Column("number", sa.Text(), nullable=True, comment="编号"),
        sa.Column("heading", sa.Text(), nullable=True, comment="标题"),
        sa.Column("text", sa.Text(), nullable=True, comment="正文"),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.submission_id"],
            name=op.f("fk_section_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "no", name=op.f("pk_section")),
        comment="叙述部分的章节",
    )
    op.create_table(
        "basic",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("form_no", sa.Integer(), nullable=False, comment="表序号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径，与 provenance.record 对应"),
        sa.Column("group_name", sa.Text(), nullable=True, comment="分组"),
        sa.Column("path", sa.Text(), nullable=False, comment="项目，从外到内以 / 相连"),
        sa.Column("depth", sa.Integer(), nullable=False, comment="层级"),
        sa.ForeignKeyConstraint(
            ["submission_id", "form_no"],
            ["form.submission_id", "form.no"],
            name=op.f("fk_basic_form"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "form_no", "no", name=op.f("pk_basic")),
        comment="基础数据表的行",
    )
    op.create_table(
        "fund",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("form_no", sa.Integer(), nullable=False, comment="表序号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径，与 provenance.record 对应"),
        sa.Column("item", sa.Text(), nullable=True, comment="资金项目"),
        sa.Column("label", sa.Text(), nullable=True, comment="原文名称"),
        sa.Column("side", sa.Text(), nullable=True, comment="收支"),
        sa.Column("approved", Exact(), nullable=True, comment="年初预算数"),
        sa.Column("revised", Exact(), nullable=True, comment="全年预算数"),
        sa.Column("received", Exact(), nullable=True, comment="实际到位"),
        sa.Column("executed", Exact(), nullable=True, comment="全年执行数"),
        sa.Column("amount", Exact(), nullable=True, comment="金额"),
        sa.Column("execution_rate", Exact(), nullable=True, comment="执行率"),
        sa.Column("weight", Exact(), nullable=True, comment="分值"),
        sa.Column("score", Exact(), nullable=True, comment="得分"),
        sa.Column("extra", sa.JSON(), nullable=True, comment="其他"),
        sa.ForeignKeyConstraint(
            ["submission_id", "form_no"],
            ["form.submission_id", "form.no"],
            name=op.f("fk_fund_form"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "form_no", "no", name=op.f("pk_fund")),
        comment="资金，金额单位万元",
    )
    op.create_table(
        "goal",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("form_no", sa.Integer(), nullable=False, comment="表序号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径，与 provenance.record 对应"),
        sa.Column("planned", sa.Text(), nullable=True, comment="预期目标"),
        sa.Column("actual", sa.Text(), nullable=True, comment="实际完成情况"),
        sa.Column("extra", sa.JSON(), nullable=True, comment="其他"),
        sa.ForeignKeyConstraint(
            ["submission_id", "form_no"],
            ["form.submission_id", "form.no"],
            name=op.f("fk_goal_form"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "form_no", "no", name=op.f("pk_goal")),
        comment="年度总体目标",
    )
    op.create_table(
        "indicator",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("form_no", sa.Integer(), nullable=False, comment="表序号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径，与 provenance.record 对应"),
        sa.Column("level1", sa.Text(), nullable=True, comment="一级指标"),
        sa.Column("level2", sa.Text(), nullable=True, comment="二级指标"),
        sa.Column("level3", sa.Text(), nullable=True, comment="三级指标"),
        sa.Column("level4", sa.Text(), nullable=True, comment="四级指标"),
        sa.Column("level1_weight", Exact(), nullable=True, comment="一级指标分值"),
        sa.Column("level2_weight", Exact(), nullable=True, comment="二级指标分值"),
        sa.Column("category", sa.Text(), nullable=True, comment="类别"),
        sa.Column("target", sa.Text(), nullable=True, comment="指标值"),
        sa.Column("actual", sa.Text(), nullable=True, comment="完成值"),
        sa.Column("target_value_op", sa.String(length=2), nullable=True, comment="指标值（解析）：比较符"),
        sa.Column("target_value", Exact(), nullable=True, comment="指标值（解析）：数值（百分比为小数）"),
        sa.Column("target_value_unit", sa.Text(), nullable=True, comment="指标值（解析）：单位"),
        sa.Column("actual_value_op", sa.String(length=2), nullable=True, comment="完成值（解析）：比较符"),
        sa.Column("actual_value", Exact(), nullable=True, comment="完成值（解析）：数值（百分比为小数）"),
        sa.Column("actual_value_unit", sa.Text(), nullable=True, comment="完成值（解析）：单位"),
        sa.Column("weight", Exact(), nullable=True, comment="分值"),
        sa.Column("score", Exact(), nullable=True, comment="得分"),
        sa.Column("review_score", Exact(), nullable=True, comment="复核得分"),
        sa.Column("coefficient", Exact(), nullable=True, comment="得分系数"),
        sa.Column("unit", sa.Text(), nullable=True, comment="度量单位"),
        sa.Column("nature", sa.Text(), nullable=True, comment="指标性质"),
        sa.Column("definition", sa.Text(), nullable=True, comment="指标说明"),
        sa.Column("criteria", sa.Text(), nullable=True, comment="评分标准"),
        sa.Column("evidence", sa.Text(), nullable=True, comment="评分依据"),
        sa.Column("deviation", sa.Text(), nullable=True, comment="偏差原因分析及改进措施"),
        sa.Column("remark", sa.Text(), nullable=True, comment="备注"),
        sa.Column("extra", sa.JSON(), nullable=True, comment="其他"),
        sa.ForeignKeyConstraint(
            ["submission_id", "form_no"],
            ["form.submission_id", "form.no"],
            name=op.f("fk_indicator_form"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "form_no", "no", name=op.f("pk_indicator")),
        comment="绩效指标",
    )
    op.create_table(
        "task",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("form_no", sa.Integer(), nullable=False, comment="表序号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径，与 provenance.record 对应"),
        sa.Column("name", sa.Text(), nullable=True, comment="任务名称"),
        sa.Column("planned", sa.Text(), nullable=True, comment="总目标"),
        sa.Column("actual", sa.Text(), nullable=True, comment="完成情况"),
        sa.Column("reason", sa.Text(), nullable=True, comment="未完成原因"),
        sa.Column("extra", sa.JSON(), nullable=True, comment="其他"),
        sa.ForeignKeyConstraint(
            ["submission_id", "form_no"],
            ["form.submission_id", "form.no"],
            name=op.f("fk_task_form"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "form_no", "no", name=op.f("pk_task")),
        comment="年度任务",
    )
    op.create_table(
        "basic_value",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("form_no", sa.Integer(), nullable=False, comment="表序号"),
        sa.Column("basic_no", sa.Integer(), nullable=False, comment="行序号"),
        sa.Column("heading", sa.Text(), nullable=False, comment="栏目，一格跨全部栏目时为空"),
        sa.Column("number", Exact(), nullable=True, comment="数值（百分比为小数）"),
        sa.Column("text", sa.Text(), nullable=True, comment="不是数字的内容"),
        sa.ForeignKeyConstraint(
            ["submission_id", "form_no", "basic_no"],
            ["basic.submission_id", "basic.form_no", "basic.no"],
            name=op.f("fk_basic_value_basic"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "form_no", "basic_no", "heading", name=op.f("pk_basic_value")),
        comment="基础数据表的数值",
    )
    op.execute(V_SOURCE)


def downgrade() -> None:
    op.execute("DROP VIEW v_source")
    for table in (
        "basic_value",
        "task",
        "indicator",
        "goal",
        "fund",
        "basic",
        "section",
        "provenance",
        "leftover",
        "form",
        "finding",
        "submission",
        "delivery",
        "file",
    ):
        op.drop_table(table)
