"""The tables of what is compared across a store: what texts hold, in short, and what was found."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKeyConstraint, Index, Integer, LargeBinary, MetaData, String, Table, Text

from schema.relational import columns, judging


def tables(metadata: MetaData) -> tuple[Table, Table, Table]:
    """sketch, compared, comparison."""
    sketch = Table(
        "sketch",
        metadata,
        columns.submission_id(),
        columns.key("no", "序号"),
        Column("record", Text, nullable=False, comment="记录路径"),
        Column("field", Text, nullable=False, comment="字段"),
        Column("length", Integer, nullable=False, comment="字数，不计标点和数字"),
        Column("marks", LargeBinary, nullable=False, comment="文字片段的代码（抽样），8字节一个"),
        *columns.of_submission("no"),
        comment="叙述文字的摘要，供比对雷同",
    )
    compared = Table(
        "compared",
        metadata,
        columns.submission_id(),
        Column("texts_key", String(16), comment="摘要所据文字的版次"),
        Column("unit_key", String(16), comment="比对时该单位各份材料和规则的代码"),
        *columns.of_submission(),
        comment="每份材料比对到何处",
    )
    comparison = Table(
        "comparison",
        metadata,
        columns.submission_id(),
        columns.key("no", "序号"),
        *judging.by_clause(),
        *judging.what_was_found(),
        Column("other_id", String(16), comment="与之比对的自评材料编号"),
        Column("other_path", Text, comment="在那份材料中的路径"),
        Column("passages", JSON, nullable=False, comment="两份材料的原文，逐段并列"),
        *columns.of_submission("no"),
        ForeignKeyConstraint(
            ["other_id"], ["submission.submission_id"], name="fk_comparison_other", ondelete="CASCADE"
        ),
        Index(None, "rule"),
        Index(None, "other_id"),
        comment="与其他材料比对发现的问题",
    )
    return sketch, compared, comparison
