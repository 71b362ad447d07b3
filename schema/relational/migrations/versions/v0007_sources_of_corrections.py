"""Corrections hang on their cell; the file that counts of a report is marked; who handed in what names no unit; look-ups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


V_CURRENT = """
CREATE VIEW v_current AS
SELECT s.subject, s.submission_id, d.path, d.stage, d.modified_at
FROM delivery d
JOIN submission s ON s.sha256 = d.sha256
WHERE d.is_current
"""
V_COPY = """
CREATE VIEW v_copy AS
SELECT s.subject, s.submission_id, s.submitter AS unit, s.fiscal_year, d.path, d.stage,
       CASE WHEN d.is_current THEN 1 ELSE 0 END AS preferred, d.modified_at
FROM submission s
JOIN delivery d ON d.sha256 = s.sha256
WHERE s.subject IN (SELECT subject FROM submission WHERE subject IS NOT NULL GROUP BY subject HAVING COUNT(*) > 1)
"""
V_SOURCE = """
CREATE VIEW v_source AS
SELECT p.submission_id, p.record, p.field, f.name AS file, p.part, p.block_no, p.table_no, p.row_no,
       p.column_no, p.page_no, p.raw, p.confidence, f.sha256, p.proof, g.reader, g.reason, p.recognised, p.corrected_by
FROM provenance p
JOIN submission s ON s.submission_id = p.submission_id
JOIN file f ON f.sha256 = s.sha256
LEFT JOIN page g ON g.submission_id = p.submission_id AND g.page_no = p.page_no
"""


def upgrade() -> None:
    current = op.get_bind().execute(sa.text("SELECT submission_id, path FROM v_current")).all()
    for view in ("v_copy", "v_current", "v_source"):
        op.execute(f"DROP VIEW {view}")
    op.create_table(
        "assignment",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("name", sa.Text(), nullable=False, comment="单位名称"),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="指定的人"),
        sa.Column("decided_at", sa.String(length=20), nullable=False, comment="指定的时间（UTC）"),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.submission_id"],
            name=op.f("fk_assignment_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_assignment")),
        comment="材料没有写明报送单位时，由人指定的单位",
    )
    op.add_column(
        "correction",
        sa.Column(
            "cell",
            sa.JSON(),
            nullable=True,
            comment="所更正的单元格：文件部分、第几个表格、行、列、第几段；没有单元格的为空",
        ),
    )
    op.add_column(
        "correction",
        sa.Column("page_no", sa.Integer(), nullable=True, comment="第几页，从1起；没有页的文件为空"),
    )
    op.add_column(
        "correction",
        sa.Column("boxes", sa.JSON(), nullable=True, comment="在页上的位置：[页, 左, 上, 右, 下]，单位点"),
    )
    op.add_column("correction", sa.Column("raw", sa.Text(), nullable=True, comment="更正时单元格的原文"))
    op.add_column(
        "delivery",
        sa.Column(
            "is_current",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="同一份材料的几个文件中，以此为准",
        ),
    )
    op.drop_column("document", "spellings")
    op.add_column(
        "provenance",
        sa.Column("corrected_by", sa.Text(), nullable=True, comment="更正编号、更正的人和理由；没有更正的为空"),
    )
    op.add_column(
        "submission",
        sa.Column(
            "lookups",
            sa.Text(),
            nullable=True,
            comment="整理时查过的写法，一行一个：块、写法；由旧版整理的为空",
        ),
    )
    for view in (V_CURRENT, V_COPY, V_SOURCE):
        op.execute(view)
    connection = op.get_bind()
    mark = sa.text(
        "UPDATE delivery SET is_current = :yes WHERE path = :path AND sha256 = "
        "(SELECT sha256 FROM submission WHERE submission_id = :submission)"
    )
    for submission, path in current:
        connection.execute(mark, {"yes": True, "path": path, "submission": submission})
    _submitters(connection)
    _cells(connection)


def _submitters(connection: sa.Connection) -> None:
    """Who handed in what is there: the unit stated, else the one 实施单位 of all forms."""
    connection.execute(
        sa.text(
            "UPDATE submission SET submitter = COALESCE(unit, (SELECT MIN(f.implementer) FROM form f "
            "WHERE f.submission_id = submission.submission_id HAVING COUNT(*) = COUNT(f.implementer) "
            "AND COUNT(DISTINCT f.implementer) = 1))"
        )
    )


def _cells(connection: sa.Connection) -> None:
    """The corrections that are there hang on the cell that their value was read from; what stands in its row was not kept."""
    found = connection.execute(
        sa.text(
            "SELECT c.correction_id, p.part, p.block_no, p.table_no, p.row_no, p.column_no, p.raw FROM correction c "
            "JOIN provenance p ON p.submission_id = c.submission_id AND p.record = c.record AND p.field = c.field"
        )
    ).all()
    correction = sa.table("correction", sa.column("correction_id"), sa.column("cell", sa.JSON), sa.column("raw"))
    for number, part, block, table, row, column, raw in found:
        cell = {
            "part": part, "block": block, "table": table, "row": row, "column": column, "beside": None, "anchor": None,
        }  # fmt: skip
        connection.execute(correction.update().where(correction.c.correction_id == number).values(cell=cell, raw=raw))
