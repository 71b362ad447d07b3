"""Rule packs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.relational.tables import Exact

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pack_use",
        sa.Column("pack", sa.Text(), nullable=False, comment="规则包"),
        sa.Column("in_use", sa.Boolean(), nullable=False, comment="本库是否采用"),
        sa.Column("for_place", sa.Text(), nullable=True, comment="本库里用于何地；照规则包的为空"),
        sa.Column("first_year", sa.Integer(), nullable=True, comment="从哪一年度起；照规则包的为空"),
        sa.Column("last_year", sa.Integer(), nullable=True, comment="到哪一年度止；照规则包的为空"),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="决定的人"),
        sa.Column("decided_at", sa.String(length=20), nullable=False, comment="决定的时间（UTC）"),
        sa.PrimaryKeyConstraint("pack", name=op.f("pk_pack_use")),
        comment="本库采用哪些规则包；没有写的照规则包本身",
    )
    op.create_table(
        "judged",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("packs_key", sa.String(length=16), nullable=False, comment="当时各条规则的代码"),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.submission_id"], name=op.f("fk_judged_submission"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_judged")),
        comment="每份材料由哪些规则包核对过",
    )
    op.create_table(
        "judgement",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("pack", sa.Text(), nullable=False, comment="规则包"),
        sa.Column("rule", sa.Text(), nullable=False, comment="规则代码"),
        sa.Column("severity", sa.String(length=6), nullable=False, comment="轻重：must 必须，should 应当，may 提示"),
        sa.Column("clause", sa.Text(), nullable=False, comment="依据的条款"),
        sa.Column("form_no", sa.Integer(), nullable=True, comment="表序号，全文的为空"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径"),
        sa.Column("field", sa.Text(), nullable=False, comment="字段"),
        sa.Column("message", sa.Text(), nullable=False, comment="说明"),
        sa.Column("stated", sa.Text(), nullable=True, comment="所填"),
        sa.Column("computed", sa.Text(), nullable=True, comment="应为"),
        sa.Column("cells", sa.JSON(), nullable=False, comment="所依据的值的路径"),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.submission_id"], name=op.f("fk_judgement_submission"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("submission_id", "no", name=op.f("pk_judgement")),
        comment="按规则包核对发现的问题",
    )
    op.create_index(op.f("ix_judgement_rule"), "judgement", ["rule"], unique=False)
    op.create_table(
        "score_due",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("pack", sa.Text(), nullable=False, comment="规则包"),
        sa.Column("rule", sa.Text(), nullable=False, comment="规则代码"),
        sa.Column("form_no", sa.Integer(), nullable=False, comment="表序号"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径"),
        sa.Column("field", sa.Text(), nullable=False, comment="字段"),
        sa.Column("stated", Exact(), nullable=False, comment="所填得分"),
        sa.Column("computed", Exact(), nullable=False, comment="按规则包应得的分，至多"),
        sa.Column("way", sa.Text(), nullable=False, comment="怎样得出"),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.submission_id"], name=op.f("fk_score_due_submission"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("submission_id", "no", name=op.f("pk_score_due")),
        comment="各项得分按规则包应为多少",
    )
