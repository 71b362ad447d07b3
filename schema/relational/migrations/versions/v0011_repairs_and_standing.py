"""Repairs that are proposed, by which confirmed layout a form was read, and how well."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


V_SOURCE = """
CREATE VIEW v_source AS
SELECT p.submission_id, p.record, p.field, f.name AS file, p.part, p.block_no, p.table_no, p.row_no,
       p.column_no, p.page_no, p.raw, p.confidence, f.sha256, p.proof, g.reader, g.reason, p.recognised, p.corrected_by, p.recognition,
       p.suggested, p.suggested_by
FROM provenance p
JOIN submission s ON s.submission_id = p.submission_id
JOIN file f ON f.sha256 = s.sha256
LEFT JOIN page g ON g.submission_id = p.submission_id AND g.page_no = p.page_no
"""


def upgrade() -> None:
    from schema.relational.types import Exact

    op.execute("DROP VIEW v_source")
    repairs: tuple[sa.Column[Any], ...] = (
        sa.Column("suggested", Exact(), comment="扫描识别没有把握的数若读作此数，全表勾稽相符；没有的为空，读数不改"),
        sa.Column("suggested_by", sa.Text(), comment="由哪些核对项证明，以逗号分隔"),
    )
    for column in repairs:
        op.add_column("provenance", column)
    standing: tuple[sa.Column[Any], ...] = (
        sa.Column("confirmed", sa.Text(), comment="按哪一种确认的版式读取；没有的为空"),
        sa.Column("stated", sa.Integer(), comment="读出的值的个数；由旧版整理的为空"),
        sa.Column("sure", sa.Integer(), comment="其中把握不低于0.9的"),
        sa.Column("contradicted", sa.Integer(), comment="其中与表内勾稽不符的"),
        sa.Column("unread", sa.Integer(), comment="这张表所在表格里未识别的单元格数"),
    )
    for column in standing:
        op.add_column("form_layout", column)
    op.execute(V_SOURCE)
