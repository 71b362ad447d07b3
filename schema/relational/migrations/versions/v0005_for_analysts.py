"""What analysts ask by: places of units, names of codes, texts that are searched by two characters and more.

What an older store holds is filled in by the store that opens it (pipeline/store/opening.py): the migration knows no words.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# The index holds every two characters of a text; `ziping_grams` is the store's own function, on SQLite given by its connection.
# There passages are indexed many at once, at the end of a run (pipeline/store/search.py); PostgreSQL indexes each as it comes.
_SQLITE = (
    "CREATE VIRTUAL TABLE passage_index USING fts5(grams, content='', detail=none)",
    """CREATE TRIGGER passage_gone AFTER DELETE ON passage
WHEN old.passage_id <= (SELECT MAX(id) FROM passage_index_docsize) BEGIN
  INSERT INTO passage_index(passage_index, rowid, grams) VALUES ('delete', old.passage_id, ziping_grams(old.text));
END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION ziping_grams(words text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
  SELECT COALESCE(array_agg(DISTINCT a || b), '{}') FROM (
    SELECT a, lead(a) OVER (ORDER BY n) AS b FROM string_to_table(lower(words), NULL) WITH ORDINALITY AS t(a, n)
  ) AS pairs WHERE b IS NOT NULL
$$""",
    "CREATE INDEX ix_passage_grams ON passage USING gin (ziping_grams(text))",
)


def upgrade() -> None:
    for name, kind, comment in (
        ("province", sa.Text(), "省级，名称写明且确定的"),
        ("city", sa.Text(), "地级，名称写明且确定的"),
        ("county", sa.Text(), "县级，名称写明且确定的"),
        ("place_code", sa.String(length=6), "行政区划代码（GB/T 2260）"),
    ):
        op.add_column("unit", sa.Column(name, kind, nullable=True, comment=comment))
    op.create_table(
        "code",
        sa.Column("list", sa.String(length=10), nullable=False, comment="代码表：kind、category、item、side、section、check"),
        sa.Column("code", sa.Text(), nullable=False, comment="代码"),
        sa.Column("no", sa.Integer(), nullable=False, comment="序号"),
        sa.Column("chinese", sa.Text(), nullable=False, comment="中文名称"),
        sa.Column("english", sa.Text(), nullable=False, comment="英文名称"),
        sa.Column("clause", sa.Text(), nullable=True, comment="核对项所依据的条款或勾稽关系"),
        sa.PrimaryKeyConstraint("list", "code", name=op.f("pk_code")),
        comment="各种代码的名称",
    )  # fmt: skip
    op.create_table(
        "passage",
        sa.Column("passage_id", sa.Integer(), nullable=False, comment="编号"),
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径"),
        sa.Column("field", sa.Text(), nullable=False, comment="字段"),
        sa.Column("text", sa.Text(), nullable=False, comment="文字"),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.submission_id"], name=op.f("fk_passage_submission"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("passage_id", name=op.f("pk_passage")),
        comment="指标、目标、任务和章节的文字，供全文检索",
    )  # fmt: skip
    op.create_index(op.f("ix_passage_submission_id"), "passage", ["submission_id"])
    connection = op.get_bind()
    for statement in _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE:
        connection.exec_driver_sql(statement)
