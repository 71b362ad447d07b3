"""The desk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("name", sa.Text(), nullable=False, comment="姓名或账号"),
        sa.Column("role", sa.String(length=8), nullable=False, comment="reader 查看，reviewer 核看，lead 负责"),
        sa.Column("password", sa.Text(), nullable=False, comment="密码的散列（scrypt）"),
        sa.Column("made_at", sa.String(length=20), nullable=False, comment="设立的时间（UTC）"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_account")),
        comment="核看台的账号",
    )
    op.create_table(
        "roster",
        sa.Column("fiscal_year", sa.Integer(), nullable=False, comment="年度"),
        sa.Column("name", sa.Text(), nullable=False, comment="单位名称，不含空格"),
        sa.Column("code", sa.Text(), nullable=True, comment="单位代码"),
        sa.Column("also", sa.JSON(), nullable=False, comment="该单位的其他写法"),
        sa.Column("contact", sa.Text(), nullable=True, comment="联系人或电话"),
        sa.Column("expected", sa.Integer(), nullable=False, comment="应报份数"),
        sa.PrimaryKeyConstraint("fiscal_year", "name", name=op.f("pk_roster")),
        comment="应报送的单位，每年一份名单",
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.Text(), nullable=False, comment="设置：originals 原文件存放处"),
        sa.Column("value", sa.Text(), nullable=False, comment="内容"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
        comment="本库的设置",
    )
    op.create_table(
        "claim",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("person", sa.Text(), nullable=False, comment="正在核看的人"),
        sa.Column("session", sa.String(length=64), nullable=False, comment="其浏览器的代码"),
        sa.Column("until", sa.Float(), nullable=False, comment="到何时为止（Unix时间）"),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.submission_id"], name=op.f("fk_claim_submission"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_claim")),
        comment="正在核看的材料：两个人不核看同一份",
    )
    op.create_table(
        "look",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column(
            "risk", sa.Float(), nullable=False, comment="风险：没有把握的值可能错的个数，加核对发现和待复核的更正"
        ),
        sa.Column("unsure", sa.Integer(), nullable=False, comment="没有把握、还没有人看过的值"),
        sa.Column("findings", sa.Integer(), nullable=False, comment="还没有人看过的核对发现"),
        sa.Column("leftovers", sa.Integer(), nullable=False, comment="还没有人看过的未识别内容"),
        sa.Column("waiting", sa.Integer(), nullable=False, comment="读数已变、待复核的更正"),
        sa.Column("total", sa.Integer(), nullable=False, comment="以上各项之和"),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.submission_id"], name=op.f("fk_look_submission"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_look")),
        comment="每份材料还有多少需要人看",
    )
    op.create_index(op.f("ix_look_risk"), "look", ["risk"], unique=False)
    op.create_table(
        "sent",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("version_no", sa.Integer(), nullable=False, comment="所发的是第几版"),
        sa.Column("person", sa.Text(), nullable=False, comment="标为已发的人"),
        sa.Column("sent_at", sa.String(length=20), nullable=False, comment="标为已发的时间（UTC）"),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.submission_id"], name=op.f("fk_sent_submission"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("submission_id", "version_no", name=op.f("pk_sent")),
        comment="已发出的反馈单",
    )
    op.create_table(
        "verdict",
        sa.Column("verdict_id", sa.Integer(), nullable=False, comment="结论编号"),
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column(
            "about",
            sa.String(length=8),
            nullable=False,
            comment="所看的是：value 值，finding 核对发现，leftover 未识别的内容",
        ),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径，最近一次读到的；未识别的内容为空字符串"),
        sa.Column("field", sa.Text(), nullable=False, comment="字段；核对发现为核对项代码；未识别的内容为空字符串"),
        sa.Column(
            "cell",
            sa.JSON(),
            nullable=True,
            comment="所看的单元格：文件部分、第几个表格、行、列、第几段；没有单元格的为空",
        ),
        sa.Column("raw", sa.Text(), nullable=True, comment="当时单元格的原文"),
        sa.Column("reading", sa.Text(), nullable=True, comment="当时读到的值，或核对发现的说明"),
        sa.Column(
            "verdict",
            sa.String(length=8),
            nullable=False,
            comment="right 无误，misread 是误读，nothing 无须读取，taken 已由人补录",
        ),
        sa.Column("person", sa.Text(), nullable=False, comment="下结论的人"),
        sa.Column("made_at", sa.String(length=20), nullable=False, comment="下结论的时间（UTC）"),
        sa.Column("withdrawn_at", sa.String(length=20), nullable=True, comment="撤回的时间（UTC）；没有撤回的为空"),
        sa.Column(
            "lapsed_at", sa.String(length=20), nullable=True, comment="读数或单元格有变而失效的时间（UTC）；有效的为空"
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.submission_id"], name=op.f("fk_verdict_submission"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("verdict_id", name=op.f("pk_verdict")),
        comment="人工核看的结论；读数有变即失效",
    )
    op.create_index(op.f("ix_verdict_submission_id"), "verdict", ["submission_id"], unique=False)
    op.create_index(
        "ix_provenance_unsure",
        "provenance",
        ["submission_id"],
        unique=False,
        sqlite_where=sa.text("(confidence < 0.9 OR suggested IS NOT NULL) AND corrected_by IS NULL"),
        postgresql_where=sa.text("(confidence < 0.9 OR suggested IS NOT NULL) AND corrected_by IS NULL"),
    )
    if op.get_bind().dialect.name == "postgresql":  # roles that may read every table may not read these two
        op.execute(
            """DO $$ DECLARE r text; BEGIN
            FOR r IN SELECT DISTINCT grantee::text FROM information_schema.role_table_grants
              WHERE table_schema = current_schema() AND table_name = 'account' AND grantee <> CURRENT_USER
            LOOP EXECUTE format('REVOKE ALL ON account, claim FROM %I', r); END LOOP; END $$"""
        )
