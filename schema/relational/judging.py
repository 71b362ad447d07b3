"""The tables of rule packs: which are in force in a store, what they find, what each score should be, and what is muted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from schema.relational import columns
from schema.relational.types import Exact


def by_clause() -> list[Column[Any]]:
    """By which clause something was found."""
    return [
        Column("pack", Text, nullable=False, comment="规则包"),
        Column("rule", Text, nullable=False, comment="规则代码"),
        Column("severity", String(6), nullable=False, comment="轻重：must 必须，should 应当，may 提示"),
        Column("clause", Text, nullable=False, comment="依据的条款"),
    ]


def what_was_found() -> list[Column[Any]]:
    """Where a clause found what, and what it rests on."""
    return [
        Column("record", Text, nullable=False, comment="记录路径"),
        Column("field", Text, nullable=False, comment="字段"),
        Column("message", Text, nullable=False, comment="说明"),
        Column("stated", Text, comment="所填"),
        Column("computed", Text, comment="应为"),
        Column("cells", JSON, nullable=False, comment="所依据的值的路径"),
    ]


def tables(metadata: MetaData) -> tuple[Table, Table, Table, Table, Table]:
    """pack_use, judged, judgement, score_due, mute."""
    pack_use = Table(
        "pack_use",
        metadata,
        Column("pack", Text, primary_key=True, comment="规则包"),
        Column("in_use", Boolean, nullable=False, comment="本库是否采用"),
        Column("for_place", Text, comment="本库里用于何地；照规则包的为空"),
        Column("first_year", Integer, comment="从哪一年度起；照规则包的为空"),
        Column("last_year", Integer, comment="到哪一年度止；照规则包的为空"),
        Column("decided_by", Text, comment="决定的人"),
        Column("decided_at", String(20), nullable=False, comment="决定的时间（UTC）"),
        comment="本库采用哪些规则包；没有写的照规则包本身",
    )
    judged = Table(
        "judged",
        metadata,
        columns.submission_id(),
        Column("packs_key", String(16), nullable=False, comment="当时各条规则的代码"),
        *columns.of_submission(),
        comment="每份材料由哪些规则包核对过",
    )
    judgement = Table(
        "judgement",
        metadata,
        columns.submission_id(),
        columns.key("no", "序号"),
        *by_clause(),
        Column("form_no", Integer, comment="表序号，全文的为空"),
        *what_was_found(),
        *columns.of_submission("no"),
        Index(None, "rule"),
        comment="按规则包核对发现的问题",
    )
    score_due = Table(
        "score_due",
        metadata,
        columns.submission_id(),
        columns.key("no", "序号"),
        Column("pack", Text, nullable=False, comment="规则包"),
        Column("rule", Text, nullable=False, comment="规则代码"),
        columns.key("form_no", "表序号"),
        Column("record", Text, nullable=False, comment="记录路径"),
        Column("field", Text, nullable=False, comment="字段"),
        Column("stated", Exact, nullable=False, comment="所填得分"),
        Column("computed", Exact, nullable=False, comment="按规则包应得的分，至多"),
        Column("way", Text, nullable=False, comment="怎样得出"),
        *columns.of_submission("no"),
        comment="各项得分按规则包应为多少",
    )
    mute = Table(
        "mute",
        metadata,
        Column("rule", Text, nullable=False, comment="规则代码"),
        Column("unit_id", String(12), nullable=False, comment="单位编号"),
        Column("reason", Text, nullable=False, comment="理由"),
        Column("decided_by", Text, comment="决定的人"),
        Column("decided_at", String(20), nullable=False, comment="决定的时间（UTC）"),
        PrimaryKeyConstraint("rule", "unit_id"),
        ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], ondelete="CASCADE"),
        comment="对某单位不再提示的规则",
    )
    return pack_use, judged, judgement, score_due, mute
