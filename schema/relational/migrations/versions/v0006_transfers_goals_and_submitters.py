"""Transfers goals and submitters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.relational.tables import Exact

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "management",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("form_no", sa.Integer(), nullable=False, comment="表序号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径，与 provenance.record 对应"),
        sa.Column("item", sa.Text(), nullable=True, comment="管理事项"),
        sa.Column("detail", sa.Text(), nullable=True, comment="情况说明"),
        sa.Column("problem", sa.Text(), nullable=True, comment="存在问题和改进措施"),
        sa.ForeignKeyConstraint(
            ["submission_id", "form_no"],
            ["form.submission_id", "form.no"],
            name=op.f("fk_management_form"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "form_no", "no", name=op.f("pk_management")),
        comment="资金管理情况",
    )
    op.add_column("goal", sa.Column("weight", Exact(), nullable=True, comment="分值"))
    op.add_column("indicator", sa.Column("goal", sa.Integer(), nullable=True, comment="所属目标"))
    op.add_column("submission", sa.Column("submitter", sa.Text(), nullable=True, comment="报送单位"))
