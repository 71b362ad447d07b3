"""How each page was read, which figures the form's own arithmetic proves, which files are copies of one report."""

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

# A final copy outranks one that says nothing, and that a draft; where two rank highest, none is preferred.
V_COPY = """
CREATE VIEW v_copy AS
SELECT subject, submission_id, unit, fiscal_year, path, stage,
       CASE WHEN standing = MAX(standing) OVER (PARTITION BY subject)
             AND COUNT(*) OVER (PARTITION BY subject, standing) = 1 THEN 1 ELSE 0 END AS preferred
FROM (
  SELECT s.subject, s.submission_id, s.unit, s.fiscal_year, d.path, d.stage,
         CASE d.stage WHEN 'final' THEN 2 WHEN 'draft' THEN 0 ELSE 1 END AS standing
  FROM submission s
  JOIN delivery d ON d.sha256 = s.sha256
) AS found
WHERE subject IN (SELECT subject FROM submission WHERE subject IS NOT NULL GROUP BY subject HAVING COUNT(*) > 1)
"""


def upgrade() -> None:
    op.add_column(
        "delivery",
        sa.Column(
            "stage",
            sa.String(length=5),
            nullable=True,
            comment="文件名所示：draft 初稿等，final 定稿等；没有写明的为空",
        ),
    )
    op.add_column(
        "submission",
        sa.Column(
            "subject",
            sa.String(length=16),
            nullable=True,
            comment="单位、年度、表种与项目的代码：相同的是同一份材料的几个文件",
        ),
    )
    op.create_index(op.f("ix_submission_subject"), "submission", ["subject"])
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
    op.execute(V_COPY)
