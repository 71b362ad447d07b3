"""Corrections of versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


# Two re-runs at once could leave a submission with two current versions, both of the same reading: the last one is current.
_ONE_CURRENT = """UPDATE version SET valid_to = (
  SELECT MIN(later.valid_from) FROM version later
  WHERE later.submission_id = version.submission_id AND later.no > version.no
) WHERE valid_to IS NULL AND EXISTS (
  SELECT 1 FROM version later WHERE later.submission_id = version.submission_id AND later.no > version.no
)"""


def upgrade() -> None:
    op.execute(_ONE_CURRENT)
    op.add_column(
        "version",
        sa.Column(
            "corrections",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="这一版所用的人工更正的编号；没有的为空",
        ),
    )
    op.create_index(
        "uq_version_current",
        "version",
        ["submission_id"],
        unique=True,
        sqlite_where=sa.text("valid_to IS NULL"),
        postgresql_where=sa.text("valid_to IS NULL"),
    )
