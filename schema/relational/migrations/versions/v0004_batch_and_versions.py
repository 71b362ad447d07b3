"""Runs and their outcomes, documents kept for a changed vocabulary, versions of every submission, corrections by people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


# Which of the files of one report counts: a final copy before one that says nothing, that before a draft; a file with a text
# before a scan; the later day; the better source; the path decides what is alike in all this.
V_CURRENT = """
CREATE VIEW v_current AS
SELECT subject, submission_id, path, stage, modified_at FROM (
  SELECT s.subject, s.submission_id, d.path, d.stage, d.modified_at,
         ROW_NUMBER() OVER (
           PARTITION BY COALESCE(s.subject, s.submission_id)
           ORDER BY CASE d.stage WHEN 'final' THEN 0 WHEN 'draft' THEN 2 ELSE 1 END,
                    CASE WHEN EXISTS (SELECT 1 FROM page g WHERE g.submission_id = s.submission_id AND g.reader = 'rapidocr')
                         THEN 1 ELSE 0 END,
                    SUBSTR(COALESCE(d.modified_at, ''), 1, 10) DESC,
                    CASE f.format WHEN 'docx' THEN 0 WHEN 'doc' THEN 1 WHEN 'xlsx' THEN 2 WHEN 'xls' THEN 3
                                  WHEN 'html' THEN 4 WHEN 'rtf' THEN 5 WHEN 'pdf' THEN 6 ELSE 7 END,
                    d.path
         ) AS place
  FROM submission s
  JOIN file f ON f.sha256 = s.sha256
  JOIN delivery d ON d.sha256 = s.sha256
) AS ranked
WHERE place = 1
"""
V_COPY = """
CREATE VIEW v_copy AS
SELECT s.subject, s.submission_id, s.unit, s.fiscal_year, d.path, d.stage,
       CASE WHEN c.submission_id = s.submission_id AND c.path = d.path THEN 1 ELSE 0 END AS preferred, d.modified_at
FROM submission s
JOIN delivery d ON d.sha256 = s.sha256
JOIN v_current c ON c.subject = s.subject
WHERE s.subject IN (SELECT subject FROM submission WHERE subject IS NOT NULL GROUP BY subject HAVING COUNT(*) > 1)
"""


def upgrade() -> None:
    op.execute("DROP VIEW v_copy")
    op.add_column(
        "delivery",
        sa.Column(
            "modified_at",
            sa.String(length=20),
            nullable=True,
            comment="文件的修改时间（UTC）；压缩包内的为压缩包的",
        ),
    )
    op.create_table(
        "unit",
        sa.Column("unit_id", sa.String(length=12), nullable=False, comment="单位编号，不随写法改变"),
        sa.Column("name", sa.Text(), nullable=False, comment="单位名称"),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_unit")),
        comment="单位",
    )
    op.create_table(
        "unit_spelling",
        sa.Column("spelling", sa.Text(), nullable=False, comment="材料中的写法，不含空格"),
        sa.Column("unit_id", sa.String(length=12), nullable=False, comment="单位编号"),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="并入该单位的人；首次出现的为空"),
        sa.Column("decided_at", sa.String(length=20), nullable=True, comment="并入的时间（UTC）"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_unit_spelling_unit"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("spelling", name=op.f("pk_unit_spelling")),
        comment="单位名称的各种写法",
    )
    op.create_index(op.f("ix_unit_spelling_unit_id"), "unit_spelling", ["unit_id"])
    op.create_table(
        "run",
        sa.Column("run_id", sa.Integer(), nullable=False, comment="运行编号"),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="ingest 读入，rerun 重读，correct 更正"),
        sa.Column("started_at", sa.String(length=20), nullable=False, comment="开始时间（UTC）"),
        sa.Column("ended_at", sa.String(length=20), nullable=True, comment="结束时间（UTC）；中断的为空"),
        sa.Column("person", sa.Text(), nullable=True, comment="运行的人"),
        sa.Column("host", sa.Text(), nullable=True, comment="运行的机器"),
        sa.Column("version", sa.Text(), nullable=False, comment="ziping版本"),
        sa.Column("arguments", sa.JSON(), nullable=False, comment="命令的参数"),
        sa.Column("counts", sa.JSON(), nullable=True, comment="各种结果的数量"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run")),
        comment="每次运行",
    )
    op.create_table(
        "outcome",
        sa.Column("run_id", sa.Integer(), nullable=False, comment="运行编号"),
        sa.Column("path", sa.Text(), nullable=False, comment="文件路径"),
        sa.Column("sha256", sa.String(length=64), nullable=True, comment="文件内容的SHA-256；没有读到内容的为空"),
        sa.Column(
            "outcome", sa.String(length=8), nullable=False,
            comment="read 已读取，partly 部分识别，refused 不能读取，failed 读取时出错或超限，known 库中已有",
        ),
        sa.Column("reason", sa.Text(), nullable=True, comment="不能读取或出错的原因与办法"),
        sa.Column("seconds", sa.Float(), nullable=False, comment="用时（秒）"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name=op.f("fk_outcome_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "path", name=op.f("pk_outcome")),
        comment="每次运行中每个文件的结果",
    )  # fmt: skip
    op.create_index(op.f("ix_outcome_sha256"), "outcome", ["sha256"])
    op.create_table(
        "lease",
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="文件内容的SHA-256"),
        sa.Column("owner", sa.Text(), nullable=False, comment="正在读取它的进程：机器、进程号、启动时刻"),
        sa.Column("until", sa.Float(), nullable=False, comment="到何时为止（Unix时间）"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_lease")),
        comment="正在读取的文件：两次运行不读同一个文件",
    )
    op.create_table(
        "document",
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="文件内容的SHA-256"),
        sa.Column("reader_key", sa.String(length=16), nullable=False, comment="读取程序的代码：不同即需重读文件"),
        sa.Column("spellings", sa.Text(), nullable=False, comment="其中可能是表头的写法，一行一个"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="读出的段落和表格（压缩）"),
        sa.ForeignKeyConstraint(["sha256"], ["file.sha256"], name=op.f("fk_document_file"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_document")),
        comment="读出的文件内容：词表改变时不必再读文件",
    )
    op.create_table(
        "wordlist",
        sa.Column("words_key", sa.String(length=16), nullable=False, comment="词表的代码"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="词表的全部词条（压缩）"),
        sa.PrimaryKeyConstraint("words_key", name=op.f("pk_wordlist")),
        comment="用过的词表",
    )
    for name, comment in (("rules_key", "规则的代码：不同即需重新整理"), ("words_key", "所用词表的代码")):
        op.add_column("submission", sa.Column(name, sa.String(length=16), nullable=True, comment=comment))
    op.create_table(
        "version",
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("no", sa.Integer(), nullable=False, comment="第几版，从1起"),
        sa.Column("run_id", sa.Integer(), nullable=True, comment="写入它的运行"),
        sa.Column("valid_from", sa.String(length=20), nullable=False, comment="从何时起（UTC）"),
        sa.Column("valid_to", sa.String(length=20), nullable=True, comment="到何时为止（UTC）；现行的为空"),
        sa.Column("causes", sa.JSON(), nullable=False, comment="由何而来：词条、规则、更正"),
        sa.Column("content", sa.LargeBinary(), nullable=True, comment="这一版的记录（压缩）；现行的在各表中，为空"),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.submission_id"],
            name=op.f("fk_version_submission"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name=op.f("fk_version_run"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("submission_id", "no", name=op.f("pk_version")),
        comment="每份自评材料的各版",
    )
    op.create_index(op.f("ix_version_run_id"), "version", ["run_id"])
    op.create_table(
        "correction",
        sa.Column("correction_id", sa.Integer(), nullable=False, comment="更正编号"),
        sa.Column("submission_id", sa.String(length=16), nullable=False, comment="自评材料编号"),
        sa.Column("record", sa.Text(), nullable=False, comment="记录路径"),
        sa.Column("field", sa.Text(), nullable=False, comment="字段"),
        sa.Column("found", sa.Text(), nullable=True, comment="更正时读到的值；没有读到的为空"),
        sa.Column("should_be", sa.Text(), nullable=True, comment="应为；应为空的为空"),
        sa.Column("reason", sa.Text(), nullable=False, comment="理由"),
        sa.Column("person", sa.Text(), nullable=False, comment="更正的人"),
        sa.Column("made_at", sa.String(length=20), nullable=False, comment="更正的时间（UTC）"),
        sa.Column("withdrawn_at", sa.String(length=20), nullable=True, comment="撤回的时间（UTC）；有效的为空"),
        sa.Column("reading", sa.Text(), nullable=True, comment="最近一次读到的值"),
        sa.Column(
            "state", sa.String(length=8), nullable=False,
            comment="applied 已用，review 读数已变、待复核，gone 记录已不存在",
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.submission_id"], name=op.f("fk_correction_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_correction")),
        comment="人工更正：不改读数，另行记录",
    )  # fmt: skip
    op.create_index(op.f("ix_correction_submission_id"), "correction", ["submission_id"])
    op.execute(V_CURRENT)
    op.execute(V_COPY)
    # What an older version read has one version: the time it was read is not known.
    op.execute(
        "INSERT INTO version (submission_id, no, valid_from, causes) SELECT submission_id, 1, '', '[]' FROM submission"
    )
