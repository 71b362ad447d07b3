"""How sure a value is, beside how sure a recogniser was of its text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


V_SOURCE = """
CREATE VIEW v_source AS
SELECT p.submission_id, p.record, p.field, f.name AS file, p.part, p.block_no, p.table_no, p.row_no,
       p.column_no, p.page_no, p.raw, p.confidence, f.sha256, p.proof, g.reader, g.reason, p.recognised, p.corrected_by, p.recognition
FROM provenance p
JOIN submission s ON s.submission_id = p.submission_id
JOIN file f ON f.sha256 = s.sha256
LEFT JOIN page g ON g.submission_id = p.submission_id AND g.page_no = p.page_no
"""


def upgrade() -> None:
    op.execute("DROP VIEW v_source")
    op.add_column(
        "provenance",
        sa.Column("recognition", sa.Float(), nullable=True, comment="文字识别的最低把握，0到1；不是识别来的为空"),
    )
    # what stood in `confidence` until now was the recogniser's; how sure the values are, a re-run says
    op.execute("UPDATE provenance SET recognition = confidence, confidence = NULL WHERE confidence IS NOT NULL")
    op.execute(V_SOURCE)
