"""How each page was read, and which figures the form's own arithmetic proves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

V_SOURCE = """
CREATE VIEW v_source AS
SELECT p.submission_id, p.record, p.field, f.name AS file, p.part, p.block_no, p.table_no, p.row_no,
       p.column_no, p.page_no, p.raw, p.confidence, f.sha256, p.proof, g.reader, g.reason
FROM provenance p
JOIN submission s ON s.submission_id = p.submission_id
JOIN file f ON f.sha256 = s.sha256
LEFT JOIN page g ON g.submission_id = p.submission_id AND g.page_no = p.page_no
"""


def upgrade() -> None:
    op.create_table(
        "page",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("page_no", sa.Integer(), nullable=False, comment="第几页，从1起"),
        sa.Column(
            "reader",
            sa.String(length=10),
            nullable=False,
            comment="由谁读取：pdfium、pdfplumber、camelot、rapidocr",
        ),
        sa.Column("reason", sa.Text(), nullable=True, comment="为什么不由第一种读取；正常读取的为空"),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.submission_id"],
            name=op.f("fk_page_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "page_no", name=op.f("pk_page")),
        comment="有页的文件，每页怎样读取",
    )
    op.execute("DROP VIEW v_source")
    op.add_column(
        "provenance",
        sa.Column(
            "proof",
            sa.String(length=12),
            nullable=True,
            comment="表内勾稽：proven 相符，contradicted 不符；没有勾稽关系的为空",
        ),
    )
    op.execute(V_SOURCE)
