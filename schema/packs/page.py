"""RULES.md: every rule of the packs that ship, with its clauses, parameters and examples. `python -m schema.packs.page` prints it; a test holds
the file to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from schema.packs.judge import judge
from schema.packs.pack import SEVERITIES, Clause, Pack, shipped
from schema.packs.rule import RULES
from schema.plain import submission


def page() -> str:
    """The whole page."""
    out = [
        "# 规则包 · Rule packs", "",
        "Made by `python -m schema.packs.page` from `schema/packs/*.yml`. A rule that cannot be decided from what is stated says nothing; one that "
        "is off says why. Where several packs have a rule, that of the nearest place counts.", "",
        "| 规则包 | 名称 | 文件 | 地方 | 年度 |", "| --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for pack in shipped():
        first, last = pack.years
        out.append(
            f"| `{pack.name}` | {pack.title} | {pack.document} | {pack.place or '各地'} | {first or ''}—{last or ''} |"
        )
    for code, rule in RULES.items():
        out += ["", f"## {rule.chinese} · {rule.english}", "", f"`{code}`. {rule.explains}", ""]
        for pack, clause in _clauses(code):
            out += list(_told(pack, clause))
    return "\n".join(out) + "\n"


def _clauses(code: str) -> Iterator[tuple[Pack, Clause]]:
    return ((pack, clause) for pack in shipped() for clause in pack.clauses if clause.rule == code)


def _told(pack: Pack, clause: Clause) -> Iterator[str]:
    yield f"- **{pack.name}** · {SEVERITIES[clause.severity]} {clause.severity} · {clause.clause}"
    if clause.parameters:
        yield f"    - 参数：`{yaml.safe_dump(_plain(clause.parameters), allow_unicode=True, default_flow_style=True, width=10_000).strip()}`"
    if clause.uncertain is not None:
        yield f"    - 停用：{clause.uncertain}"
    for example in clause.examples:
        found = judge(submission(example.record), [(pack, clause)])
        if found:
            yield f"    - 例：{'；'.join(one.message for one in found)}"


def _plain(told: Any) -> Any:
    if isinstance(told, Mapping):
        return {key: _plain(value) for key, value in told.items()}
    return (
        [_plain(value) for value in told]
        if isinstance(told, list)
        else told
        if isinstance(told, int | str)
        else float(told)
    )


if __name__ == "__main__":
    print(page(), end="")
