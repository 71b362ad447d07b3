"""Which files are copies of one report: a draft and a final, a Word file and its print."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

from extractors.remote import Remote
from schema.records import Submission

DRAFT, FINAL = "draft", "final"
_DRAFT = re.compile("初稿|草稿|底稿|讨论稿|征求意见|送审稿|修改稿|未定稿|待定")
_FINAL = re.compile("定稿|终稿|最终|正式|盖章|签章|上报|报送|公开")
_BLANK = re.compile(r"\s+")


def stage(path: Path) -> str | None:
    """`draft` or `final` where the name of the file, or of the folder or archive it lies in, says so; None otherwise."""
    for name in (path.name, path.parent.name):
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
    unit = report.unit or next((u for form in forms if (u := form.unit or form.implementer)), None)
    year = report.fiscal_year or next((form.fiscal_year for form in forms if form.fiscal_year), None)
    if unit is None or year is None:
        return None
    parts = sorted(f"{form.kind}:{form.project or ''}" for form in forms)
    key = _BLANK.sub("", "|".join([unit, str(year), *parts]))
    return hashlib.sha256(key.encode()).hexdigest()[:16]
