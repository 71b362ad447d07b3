"""Which files are copies of one report: a draft and a final, a Word file and its print."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from extractors.names import title
from extractors.remote import Remote
from pipeline.store.connection import hold
from schema.records import Submission
from schema.relational import tables

DRAFT, FINAL = "draft", "final"
_DRAFT = re.compile("初稿|草稿|底稿|讨论稿|征求意见|送审稿|修改稿|未定稿|待定")
_FINAL = re.compile("定稿|终稿|最终|正式|盖章|签章|上报|报送|公开")
_BLANK = re.compile(r"\s+")


def stage(path: Path) -> str | None:
    """`draft` or `final` where the name of the file, or of the folder or archive it lies in, says so; None otherwise."""
    for name in (title(path), title(path.parent)):
        if _DRAFT.search(name):
            return DRAFT
        if _FINAL.search(name):
            return FINAL
    return None


def modified(path: Path) -> str | None:
    """When the file at a path was changed, or the archive it lies in: UTC to the second; None where nobody can say."""
    places = (path,) if isinstance(path, Remote) else (path, *path.parents)
    try:
        found = next((place for place in places if place.is_file()), None)
    except OSError:
        found = None
    if found is None or not found.stat().st_mtime:
        return None
    return datetime.fromtimestamp(found.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def subject(submission: Submission) -> str | None:
    """What a submission is about, as a key: unit (of a project form its implementer), year, kinds and projects of its
    forms. Two files with the same key are copies of one report, whatever their figures. None where the unit or
    the year is not stated."""
    report, forms = submission.report, submission.forms
    unit = report.submitter or next((u for form in forms if (u := form.unit or form.implementer)), None)
    year = report.fiscal_year or next((form.fiscal_year for form in forms if form.fiscal_year), None)
    if unit is None or year is None:
        return None
    parts = sorted(f"{form.kind}:{form.project or ''}" for form in forms)
    key = _BLANK.sub("", "|".join([unit, str(year), *parts]))
    return hashlib.sha256(key.encode()).hexdigest()[:16]


# Which of the files of one report counts: a final copy before one that says nothing, that before a draft; a file with a text
# before a scan; the later day; the better source; the path decides what is alike in all this.
_BEST = sa.text(
    """SELECT d.path, d.sha256 FROM submission s
JOIN file f ON f.sha256 = s.sha256
JOIN delivery d ON d.sha256 = s.sha256
WHERE s.subject = :key OR (s.subject IS NULL AND s.submission_id = :key)
ORDER BY CASE d.stage WHEN 'final' THEN 0 WHEN 'draft' THEN 2 ELSE 1 END,
  CASE WHEN EXISTS (SELECT 1 FROM page g WHERE g.submission_id = s.submission_id AND g.reader = 'rapidocr') THEN 1 ELSE 0 END,
  SUBSTR(COALESCE(d.modified_at, ''), 1, 10) DESC,
  CASE f.format WHEN 'docx' THEN 0 WHEN 'doc' THEN 1 WHEN 'xlsx' THEN 2 WHEN 'xls' THEN 3
                WHEN 'html' THEN 4 WHEN 'rtf' THEN 5 WHEN 'pdf' THEN 6 ELSE 7 END,
  d.path
LIMIT 1"""
)
_KEY = sa.select(sa.func.coalesce(tables.submission.c.subject, tables.submission.c.submission_id)).where(
    tables.submission.c.sha256 == sa.bindparam("digest")
)
_OF_KEY = sa.select(tables.submission.c.sha256).where(
    (tables.submission.c.subject == sa.bindparam("key"))
    | (tables.submission.c.subject.is_(None) & (tables.submission.c.submission_id == sa.bindparam("key")))
)
_IS_BEST = (tables.delivery.c.path == sa.bindparam("best_path")) & (
    tables.delivery.c.sha256 == sa.bindparam("best_sha256")
)
_UNMARK = (
    tables.delivery.update()
    .where(tables.delivery.c.sha256.in_(_OF_KEY) & tables.delivery.c.is_current & ~_IS_BEST)
    .values(is_current=False)
)
_MARK = tables.delivery.update().where(_IS_BEST & ~tables.delivery.c.is_current).values(is_current=True)


def key(connection: sa.Connection, sha256: str) -> str | None:
    """What the files of one report share: the subject, for a file without one its own id; None where it gave no submission."""
    found: str | None = connection.execute(_KEY, {"digest": sha256}).scalar()
    return found


def mark(connection: sa.Connection, *keys: str | None) -> None:
    """Marks the file that counts for each of these reports, inside the transaction that changed one of its files."""
    for one in sorted({k for k in keys if k is not None}):
        hold(connection, f"report {one}")
        best = connection.execute(_BEST, {"key": one}).first()
        if best is not None:
            connection.execute(_UNMARK, {"key": one, "best_path": best.path, "best_sha256": best.sha256})
            connection.execute(_MARK, {"best_path": best.path, "best_sha256": best.sha256})
