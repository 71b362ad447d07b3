"""Headings that nobody knows as written, and why a value was put under its field where its heading is one of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

V_SOURCE = """
CREATE VIEW v_source AS
SELECT p.submission_id, p.record, p.field, f.name AS file, p.part, p.block_no, p.table_no, p.row_no,
       p.column_no, p.page_no, p.raw, p.confidence, f.sha256, p.proof, g.reader, g.reason, p.recognised
FROM provenance p
JOIN submission s ON s.submission_id = p.submission_id
JOIN file f ON f.sha256 = s.sha256
LEFT JOIN page g ON g.submission_id = p.submission_id AND g.page_no = p.page_no
"""


def upgrade() -> None:
    op.execute("DROP VIEW v_source")
    op.add_column(
        "provenance",
        sa.Column("recognised", sa.Text(), nullable=True, comment="归入该字段的依据；表头写法与词表一致的为空"),
    )
    op.create_table(
        "unknown_heading",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("text", sa.Text(), nullable=False, comment="原文"),
        sa.Column("block", sa.String(length=10), nullable=False, comment="所在的块：indicators、funds、label 等"),
        sa.Column("field", sa.Text(), nullable=True, comment="建议的字段或代码；没有建议的为空"),
        sa.Column("reason", sa.Text(), nullable=True, comment="建议的依据"),
        sa.Column("taken", sa.Boolean(), nullable=False, comment="其下的内容是否已按建议归入"),
        sa.Column("below", sa.JSON(), nullable=False, comment="其下的若干单元格"),
        sa.Column("beside", sa.JSON(), nullable=False, comment="左右的表头"),
        sa.Column("part", sa.Text(), nullable=False, comment="文件部分"),
        sa.Column("block_no", sa.Integer(), nullable=False, comment="文件中第几个段落或表格，从1起"),
        sa.Column("table_no", sa.Integer(), nullable=True, comment="第几个表格，从1起；段落为空"),
        sa.Column("row_no", sa.Integer(), nullable=True, comment="第几行，从1起；段落为空"),
        sa.Column("column_no", sa.Integer(), nullable=True, comment="第几列，从1起；段落为空"),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.submission_id"],
            name=op.f("fk_unknown_heading_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "no", name=op.f("pk_unknown_heading")),
        comment="词表里没有的表头，及其建议",
    )
    op.create_table(
        "form_layout",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("form_no", sa.Integer(), nullable=False, comment="表序号"),
        sa.Column("fingerprint", sa.String(length=12), nullable=False, comment="表头顺序的代码：相同的是同一种版式"),
        sa.Column("headings", sa.JSON(), nullable=False, comment="表头：[块, 写法, 字段]"),
        sa.ForeignKeyConstraint(
            ["submission_id", "form_no"],
            ["form.submission_id", "form.no"],
            name=op.f("fk_form_layout_form"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "form_no", name=op.f("pk_form_layout")),
        comment="每张表的版式",
    )
    op.create_index(op.f("ix_form_layout_fingerprint"), "form_layout", ["fingerprint"])
    op.execute(V_SOURCE)
