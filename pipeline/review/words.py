"""What nobody knows: unknown headings with what is proposed, the effect of an answer on the store, and the answer applied."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from normalizers.vocabulary import FIELDS
from pipeline import process_info, ruleset
from pipeline.batch import run
from pipeline.batch.executors import by_number
from pipeline.learn import proposals
from pipeline.learn.proposals import CATEGORIES, HEADINGS, LABELS, Proposal
from pipeline.rerun import planning
from pipeline.rerun.planning import Planned
from pipeline.review import views
from pipeline.store.connection import Store
from schema.codes import CODES
from schema.errors import ZipingError
from schema.records import LISTS, title

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_MOST = 100  # headings that the page lists
_ROWS = 40  # changed values that the page lists


def show(request: Request) -> Response:
    found = proposals.unknown(views.store_of(request))
    options = {one: options_of(one) for one in found[:_MOST]}
    return views.page(
        request,
        "words.html",
        found=found[:_MOST],
        more=len(found) - _MOST,
        options=options,
        folder=ruleset.team(),
        blocks=BLOCKS,
    )


def number(request: Request) -> Response:
    """How many there are; asked by pages that shall not wait for it."""
    from starlette.responses import PlainTextResponse

    return PlainTextResponse(str(len(proposals.unknown(views.store_of(request)))))


def options_of(one: Proposal) -> list[tuple[str, str]]:
    """What a spelling may be, as (code, name): the fields of its block, the categories, the kinds of sections, the lines of money."""
    if one.file == CATEGORIES:
        return [(code, told.chinese) for code, told in CODES["category"].items()]
    if one.file == LABELS:
        return [(code, told.chinese) for code, told in CODES["item"].items()]
    if one.file != HEADINGS:
        return [(code, told.chinese) for code, told in CODES["section"].items()]
    path = f"forms[0].{one.block}[0]" if one.block in LISTS else "forms[0]"
    named = [(name, _OTHERS.get(name) or title(path, name)) for name in (*FIELDS.get(one.block, ()), "extra", "ignore")]
    return sorted(dict(named).items(), key=lambda item: item[1])


_OTHERS = {
    "extra": "保留原文", "ignore": "无须读取", "adjusted": "调整后目标", "bare": "目标（未分预期与完成）", "adjusted_target": "调整后指标值",
    "op": "比较符", "level": "各级指标", "prepared_by": "填表人", "phone": "联系电话", "leader": "单位负责人",
}  # fmt: skip
BLOCKS = {
    "head": "表头", "funds": "资金", "goals": "目标", "management": "管理", "tasks": "任务", "indicators": "指标", "label": "资金项目",
    "category": "指标类别", "section": "章节", "leftover": "未识别",
}  # fmt: skip


@contextmanager
def _rows(store: Store, sent: dict[str, str]) -> Iterator[Path]:
    """The one row that a person decided on, as a file of `ziping vocabulary add`. Raises ZipingError."""
    text, block, field = (sent.get(name, "") for name in ("text", "block", "field"))
    found = next((one for one in proposals.unknown(store) if (one.text, one.block) == (text, block)), None)
    if found is None:
        raise ZipingError(text, "已经没有这个未识别的表头", "请刷新页面")
    if not field:
        raise ZipingError(text, "没有选择字段", "请先选它是什么")
    with tempfile.TemporaryDirectory(dir=process_info.workplace()) as folder:
        path = Path(folder, "words.csv")
        path.write_text(proposals.as_csv([replace(found, field=field)]), encoding="utf-8")
        yield path


def effect(request: Request, sent: dict[str, str]) -> Response:
    """What an answer would change in the store; nothing is written."""
    store = views.store_of(request)
    with _rows(store, sent) as path:
        planned = proposals.effect(store, path)
    kept = {name: sent.get(name, "") for name in ("text", "block", "field")}
    return told(request, planned, applied=False, action="/words/apply", sent=kept)


def apply(request: Request, sent: dict[str, str]) -> Response:
    """Writes an answer into the team's own words, and reads again what it touches."""
    store = views.store_of(request)
    with _rows(store, sent) as path:
        proposals.add(path)
    return told(request, read_again(store), applied=True)


def read_again(store: Store) -> list[Planned]:
    """Understands again what today's words concern, as `ziping rerun --apply` does."""
    return list(planning.plan(store, executor=by_number, limits=run.LIMITS, apply=True))


def told(
    request: Request,
    planned: Sequence[Planned],
    applied: bool,
    action: str = "",
    sent: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """What changes, or has changed; action, sent: where it can be applied, and what is sent there."""
    changed = [change for one in planned for _, change in one.changes]
    files = sum(one.written if applied else bool(one.changes) for one in planned)
    return views.page(
        request, "effect.html", changed=changed[:_ROWS], more=len(changed) - _ROWS, files=files, applied=applied, action=action,
        sent=sent,
    )  # fmt: skip
