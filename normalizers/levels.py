"""The levels of an indicator: groups with the points beside their names, names without their numbers, the category they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from normalizers.draft import Draft
from normalizers.grid import Slot
from normalizers.ledger import keep
from normalizers.text import squeeze, stated_text
from normalizers.values import number
from normalizers.vocabulary import Vocabulary
from schema import numbering

_RUNNING = re.compile(r"^指标(?:\d{1,2}(?=[\u4e00-\u9fff])|[:：])")  # 指标1培训人次, 指标：培训人次
_GROUP_POINTS = re.compile(
    r"[（(\[]\s*(?:共|权重|分值|满分)?[:：]?\s*(\d+(?:\.\d+)?)\s*(?:分|%)?\s*[)）\]]$|(?<=[^\d.])(\d+(?:\.\d+)?)\s*分$"
)
_POINTS_BEFORE = re.compile(r"^[（(\[]\s*(\d+(?:\.\d+)?)\s*分\s*[)）\]](?=\S)")
_OWN_POINTS = re.compile(r"[（(]\s*(\d+(?:\.\d+)?)\s*分\s*[)）]$")
_POINTS_ALIKE = re.compile(r"[（(]\s*(\d+(?:\.\d+)?)\s*分?\s*[)）]$")  # below groups that state theirs so
_GROUPS = re.compile(r"([^\d（()）]+)[（(](\d+(?:\.\d+)?)分?[)）]")
_HOLLOW = re.compile(r"^(?:指标\s*\d*\s*[:：、.]?\s*)?(?:[/—\-…\.]*|[xX×]{2,})$|^指标\s*\d*[:：]?$")


def read(
    fields: dict[str, Slot],
    values: dict[str, object],
    others: dict[str, str],
    path: str,
    draft: Draft,
    vocabulary: Vocabulary,
    heading: Callable[[str], str],
) -> None:
    """Puts the levels that a row's cells name into its values, with points that stand beside the names and the category they make; points
    that contradict the row's own go to others. heading: of a field, as it stands in the form."""
    for level in ("level1", "level2"):
        if level in fields:
            name, points = group_name(fields[level].cell.text)
            values[level] = name
            if points is not None:
                values[f"{level}_weight"] = points
                draft.ledger.use(fields[level].cell, path, f"{level}_weight")
    if "level1" in fields:
        groups = _GROUPS.findall(squeeze(fields["level1"].cell.text))
        if len(groups) > 1:
            values["level1"], values["level1_weight"] = _own_group(groups, values.get("level2"), vocabulary)
    for level in ("level3", "level4"):
        if level in fields:
            text = stated_text(fields[level].cell.text)
            if text is not None:
                text = _name(squeeze(text)) or None
                text = None if text and _HOLLOW.match(text) else text
                grouped = "weight" not in fields and not {"level1_weight", "level2_weight"}.isdisjoint(values)
                if text and (own := (_POINTS_ALIKE if grouped else _OWN_POINTS).search(text)):
                    text = text[: own.start()]
                    weight = number(fields["weight"].cell.text) if "weight" in fields else None
                    if "weight" not in fields:  # 预算完成率（5分）
                        values["weight"] = Decimal(own[1])
                        draft.ledger.use(fields[level].cell, path, "weight")
                    elif weight is None or weight.value != Decimal(own[1]):
                        field = keep(others, f"{heading(level)}所注分值", own[1])
                        draft.ledger.use(fields[level].cell, path, field)
            values[level] = text
    first, second = values.get("level1"), values.get("level2")
    values["category"] = vocabulary.category(str(first) if first else None, str(second) if second else None)


def _own_group(groups: list[tuple[str, str]], level2: object, vocabulary: Vocabulary) -> tuple[str, Decimal]:
    """Of several groups merged into one cell the one that a row's level 2 belongs to."""
    own = vocabulary.category(None, str(level2)) if level2 else None
    for name, points in groups:
        if own and vocabulary.belongs(name, str(level2)):
            return name, Decimal(points)
    return groups[0][0], Decimal(groups[0][1])


def _name(text: str) -> str:
    """An indicator's name without its number: `指标1：…`, `1.…`, `指标1培训人次`, `指标：…`."""
    behind = numbering.behind(text, "指标", "绩效指标")
    return _RUNNING.sub("", behind if behind is not None else numbering.without(text))


def hollow(field: str, text: str) -> bool:
    """A template's own filling: `指标1：`, `……`, blanks."""
    return stated_text(text) is None or (field in ("level3", "level4") and _HOLLOW.match(squeeze(text)) is not None)


def group_name(text: str) -> tuple[str | None, Decimal | None]:
    """`产出指标（50分）`, `（50分）产出指标` → (产出指标, 50); the points None where none are stated."""
    plain = squeeze(text)
    if before := _POINTS_BEFORE.match(plain):
        return numbering.without(plain[before.end() :]) or None, Decimal(before[1])
    match = _GROUP_POINTS.search(plain)
    points = Decimal(match[1] or match[2]) if match else None
    name = numbering.without(plain[: match.start()] if match else plain)
    return (name or None) if stated_text(name) else None, points


def by_neighbours(named: Sequence[str | None], headings: Sequence[str]) -> list[str | None]:
    """The fields of columns, those of one name told apart by their neighbours: points behind each level, two columns of names, 指标说明 beside
    指标解释 (财预〔2013〕53号: how it is scored)."""
    fields = list(named)
    if fields.count("definition") > 1 and "criteria" not in fields:
        fields = [
            "criteria"
            if field == "definition" and heading.startswith("指标说明") and i and "definition" in fields[:i]
            else field
            for i, (field, heading) in enumerate(zip(fields, headings, strict=True))
        ]
    for i, field in enumerate(fields):
        if field == "level":  # a column of names whose heading does not say of which level
            fields[i] = _free_level(fields[:i], fields[i + 1 :])
        elif field == "weight" and fields.count("weight") > 1 and i and fields[i - 1] in ("level1", "level2"):
            fields[i] = f"{fields[i - 1]}_weight"
        elif field == "weight" and fields.count("weight") > 1 and i and fields[i - 1] is None:
            fields[i] = None  # the points of a column that nobody knows
        elif field == "level3" and "level3" in fields[i + 1 :] and "level2" not in fields:
            fields[i] = "level2"
    return fields


def _free_level(before: list[str | None], behind: list[str | None]) -> str | None:
    """The level of a column of names by those that its neighbours have: the first between them, the last where none has any."""
    levels = ("level1", "level2", "level3")
    high = [at for at, level in enumerate(levels) if level in before]
    low = [at for at, level in enumerate(levels) if level in behind]
    if not high and not low:
        return "level3"
    between = range(max(high, default=-1) + 1, min(low, default=len(levels)))
    return levels[between[0]] if between else None
