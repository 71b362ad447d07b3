"""Across the store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mute",
        sa.Column("rule", sa.Text(), nullable=False, comment="规则代码"),
        sa.Column("unit_id", sa.String(length=12), nullable=False, comment="单位编号"),
        sa.Column("reason", sa.Text(), nullable=False, comment="理由"),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="决定的人"),
        sa.Column("decided_at", sa.String(length=20), nullable=False, comment="决定的时间（UTC）"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_mute_unit"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("rule", "unit_id", name=op.f("pk_mute")),
        comment="对某单位不再提示的规则",
    )
    op.create_table(
        "compared",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("texts_key", sa.String(length=16), nullable=True, comment="摘要所据文字的版次"),
        sa.Column("unit_key", sa.String(length=16), nullable=True, comment="比对时该单位各份材料和规则的代码"),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.submission_id"], name=op.f("fk_compared_submission"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_compared")),
        comment="每份材料比对到何处",
    )
    op.create_table(
        "comparison",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("pack", sa.Text(), nullable=False, comment="规则包"),
        sa.Column("rule", sa.Text(), nullable=False, comment="规则代码"),
        sa.Column("severity", sa.String(length=6), nullable=False, comment="轻重：must 必须，should 应当，may 提示"),
        sa.Column("clause", sa.Text(), nullable=False, comment="依据的条款"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径"),
        sa.Column("field", sa.Text(), nullable=False, comment="字段"),
        sa.Column("message", sa.Text(), nullable=False, comment="说明"),
        sa.Column("stated", sa.Text(), nullable=True, comment="所填"),
        sa.Column("computed", sa.Text(), nullable=True, comment="应为"),
        sa.Column("cells", sa.JSON(), nullable=False, comment="所依据的值的路径"),
        sa.Column("other_id", sa.String(length=16), nullable=True, comment="与之比对的自评材料编号"),
        sa.Column("other_path", sa.Text(), nullable=True, comment="在那份材料中的路径"),
        sa.Column("passages", sa.JSON(), nullable=False, comment="两份材料的原文，逐段并列"),
        sa.ForeignKeyConstraint(
            ["other_id"], ["submission.submission_id"], name="fk_comparison_other", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.submission_id"], name=op.f("fk_comparison_submission"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("submission_id", "no", name=op.f("pk_comparison")),
        comment="与其他材料比对发现的问题",
    )
    op.create_index(op.f("ix_comparison_other_id"), "comparison", ["other_id"], unique=False)
    op.create_index(op.f("ix_comparison_rule"), "comparison", ["rule"], unique=False)
    op.create_table(
        "sketch",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径"),
        sa.Column("field", sa.Text(), nullable=False, comment="字段"),
        sa.Column("length", sa.Integer(), nullable=False, comment="字数，不计标点和数字"),
        sa.Column("marks", sa.LargeBinary(), nullable=False, comment="文字片段的代码（抽样），8字节一个"),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.submission_id"], name=op.f("fk_sketch_submission"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("submission_id", "no", name=op.f("pk_sketch")),
        comment="叙述文字的摘要，供比对雷同",
    )
