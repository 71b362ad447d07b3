"""The way of a new template: it arrives, one form is drafted and put right, its effect is seen, it is confirmed, next year's files are read so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.maker import word
from pipeline import ruleset
from pipeline.batch import run
from pipeline.learn import confirmed
from pipeline.rerun.staleness import changed
from pipeline.store.opening import open_store
from schema.errors import VocabularyError
from schema.relational import tables
from tests.conftest import ROOT
from tests.new_template import walked

Run = Callable[..., subprocess.CompletedProcess[str]]
NEW = """# 项目支出绩效自评表
（{year}年度）

| 项目名称 | {project} | < | < |
| 栏甲 | 栏乙 | 栏丙 | 栏丁 |
| 保洁里程 | ≥{reach}公里 | 21公里 | 60 |
| 清运频次 | ≥95次 | 96次 | 40 |
"""
OLD = (
    NEW.replace("栏甲", "三级指标").replace("栏乙", "年度指标值").replace("栏丙", "实际完成值").replace("栏丁", "得分")
)
FIELDS = {"栏甲": "level3", "栏乙": "target", "栏丙": "actual", "栏丁": "score"}


@pytest.fixture
def ziping(tmp_path: Path) -> Run:
    """The command as people call it: its processes have the words that it is given."""

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from pipeline.cli import main; main()", *map(str, arguments)]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=120,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    return call


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the team's own words."""
    folder = tmp_path / "words"
    folder.mkdir()
    monkeypatch.setenv("ZIPING_WORDS", str(folder))
    return folder


def put_right(text: str) -> str:
    """A draft as a person puts it right."""
    told = text
    for heading, field in FIELDS.items():
        told = told.replace(f'"{heading}": "？"', f'"{heading}": {field}')
    if "block: indicators" not in told:  # not found to be one
        lines = [line for line in told.split("\n") if line and not line.startswith(("- ", " "))]
        rows = f"[{', '.join(FIELDS)}]"
        columns = "".join(f"    - {heading}: {field}\n" for heading, field in FIELDS.items())
        told = "\n".join(lines) + f"\n- - block: indicators\n    rows:\n    - {rows}\n    columns:\n{columns}"
    return told


def counted(store: str) -> int:
    with sa.create_engine(f"sqlite:///{store}").connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(tables.LISTS["indicators"])).scalar_one())


def test_one_draft_put_right_reads_all_forms_of_a_new_template_and_no_other(
    ziping: Run, words: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "2023", tmp_path / "2024"
    for folder, year in ((first, 2023), (second, 2024)):
        folder.mkdir()
        for i in range(5):
            (folder / f"甲{i}.docx").write_bytes(word.make(NEW.format(year=year, project=f"河道{i}", reach=20 + i)))
        (folder / "乙.docx").write_bytes(word.make(OLD.format(year=year, project="路灯", reach=20)))
    ziping("ingest", first, "--store", "s.db")
    assert counted(str(tmp_path / "s.db")) == 2  # of the one that is known
    drafted = ziping("layouts", "draft", first / "甲0.docx", "--out", "new.yml")
    assert "待定" in drafted.stderr, drafted.stderr
    layout = tmp_path / "new.yml"
    layout.write_text(put_right(layout.read_text(encoding="utf-8")), encoding="utf-8")
    tested = ziping("layouts", "test", layout, "--store", "s.db")
    assert "+ layouts 甲0  5份材料" in tested.stdout, tested.stderr
    assert "乙.docx" not in tested.stdout
    assert counted(str(tmp_path / "s.db")) == 2
    told = ziping("layouts", "confirm", layout)
    assert "已确认" in told.stdout, told.stderr
    assert len(list((words / "layouts").iterdir())) == 1
    assert f"{words}，词条0条，版式1种" in ziping("status", "--store", "s.db").stdout
    applied = ziping("rerun", "--store", "s.db", "--apply")
    assert "layouts 甲0" in applied.stdout, applied.stderr
    assert counted(str(tmp_path / "s.db")) == 12
    ziping("ingest", second, "--store", "s.db")
    assert counted(str(tmp_path / "s.db")) == 24
    assert ziping("rerun", "--store", "s.db").stdout.count("甲") == 0  # never asked again


def test_what_is_wrong_in_a_layout_is_told_and_nothing_is_taken(ziping: Run, words: Path, tmp_path: Path) -> None:
    (tmp_path / "form.docx").write_bytes(word.make(NEW.format(year=2023, project="河道", reach=20)))
    ziping("layouts", "draft", "form.docx", "--out", "new.yml")
    (tmp_path / "new.yml").write_text("name: 甲\ntables:\n- - block: 别的\n", encoding="utf-8")
    refused = ziping("layouts", "confirm", "new.yml")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "没有“别的”这个块" in refused.stderr
    (tmp_path / "new.yml").write_text("name: [\n", encoding="utf-8")
    assert "第2行: 不是YAML" in ziping("layouts", "confirm", "new.yml").stderr
    assert not (words / "layouts").exists()


def test_of_two_columns_of_one_field_a_person_says_what_the_second_is(ziping: Run, words: Path, tmp_path: Path) -> None:
    twice = OLD.format(year=2023, project="河道", reach=20).replace("实际完成值", "指标值")
    (tmp_path / "form.docx").write_bytes(word.make(twice))
    ziping("ingest", "form.docx", "--store", "s.db")
    drafted = ziping("layouts", "draft", "form.docx", "--out", "new.yml")
    assert "1处待定" in drafted.stderr
    text = (tmp_path / "new.yml").read_text(encoding="utf-8")
    assert re.search(r'"年度指标值": target +# 另有一列也是它', text)
    assert re.search(r'"指标值": "？" +# target：另有一列也是它', text)
    assert "还没有决定" in ziping("layouts", "test", "new.yml", "--store", "s.db").stderr
    (tmp_path / "new.yml").write_text(text.replace('"指标值": "？"', '"指标值": actual'), encoding="utf-8")
    shown = ziping("layouts", "test", "new.yml", "--store", "s.db", "--csv", "all.csv")
    assert shown.returncode == 0, shown.stderr
    changed = (tmp_path / "all.csv").read_text(encoding="utf-8")
    assert "indicators[0].actual" in changed
    assert f"将改变1份材料的{changed.count(chr(10)) - 1}个值" in shown.stdout


def test_a_layout_needs_a_folder_of_the_teams_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZIPING_WORDS", raising=False)
    file = tmp_path / "new.yml"
    file.write_text("name: 甲\ntables:\n- - block: head\n    labels: {项目名称: project}\n", encoding="utf-8")
    with pytest.raises(VocabularyError, match="没有指明"):
        confirmed.confirm(file)


def test_a_layout_taken_back_concerns_those_it_read(words: Path, tmp_path: Path) -> None:
    before = ruleset.today()
    (words / "layouts").mkdir()
    (words / "layouts" / "a.yml").write_text(
        "name: 甲\ntables:\n- - block: head\n    labels: {项目名称: project}\n", encoding="utf-8"
    )
    after = ruleset.today()
    assert [str(row) for row in changed(before, after)] == ["+ layouts 甲"]
    assert [str(row) for row in changed(after, before)] == ["- layouts 甲"]
    assert ruleset.unpack(ruleset.pack(after)) == after
    store = open_store(str(tmp_path / "s.db"))
    run.ingest([], store, lambda outcome: None)
    store.close()


@pytest.mark.parametrize("files", [4, pytest.param(40, marks=pytest.mark.soak)])
def test_the_way_of_a_new_template(files: int, tmp_path: Path) -> None:
    """New, drafted, tried, confirmed, applied; read at once in the next year; a changed column is said to be changed, and asked alone."""
    walk = walked(tmp_path, files)
    said = [step.said for step in walk.steps]
    assert "新版式" in said[0]
    assert "ziping layouts draft 2023年自评/" in said[0]
    assert f"将改变{files}份材料" in said[2]
    assert f"已改变{files}份材料" in said[4]
    assert "新版式" not in said[5]
    assert "年末情形 → 岁末实绩" in said[6]
    assert "不如上年" in said[7]
    assert "年末情形 → 岁末实绩" in said[7].replace("\n", "")
    engine = sa.create_engine(f"sqlite:///{tmp_path}/ziping.db")
    form, layout = tables.form.c, tables.form_layout.c
    with engine.connect() as connection:
        query = sa.select(form.fiscal_year, layout.confirmed, sa.func.count()).join_from(
            tables.form,
            tables.form_layout,
            (form.submission_id == layout.submission_id) & (form.no == layout.form_no),
        )
        read = [tuple(row) for row in connection.execute(query.group_by(form.fiscal_year, layout.confirmed))]
        i = tables.LISTS["indicators"].c
        whole = sa.and_(*(i[name].is_not(None) for name in ("level1", "level3", "target", "actual", "weight", "score")))
        known = sa.select(form.submission_id).where(form.fiscal_year < 2025)
        counted = sa.select(sa.func.count()).where(i.submission_id.in_(known))
        assert connection.execute(counted).scalar() == connection.execute(counted.where(whole)).scalar()
        funds = tables.LISTS["funds"].c
        stated = funds.approved.is_not(None) & funds.executed.is_not(None) & funds.execution_rate.is_not(None)
        money = sa.select(sa.func.count()).where(funds.submission_id.in_(known) & stated)
        assert connection.execute(money).scalar() == 2 * files
    assert sorted(read, key=str) == [(2023, "01", files), (2024, "01", files), (2025, None, files)]
    # an upgrade: all is understood again, by the same layout
    with engine.begin() as connection:
        connection.execute(tables.submission.update().values(rules_key="older"))
    assert "将改变0份材料" in walk.run("rerun")
    walk.run("layouts", "draft", "2025年自评/01.docx", "--out", "changed.yml")
    assert "1处待定" in walk.steps[-1].said
    if files == 40:  # what the pages of docs show
        shown = "\n".join(
            (*(step.said for step in walk.steps), walk.draft, (tmp_path / "changed.yml").read_text("utf-8"))
        )
        for page in (ROOT / "docs").glob("*/new-template.md"):
            quoted = re.findall(r"^```text\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
            assert [line for line in "".join(quoted).splitlines() if line not in shown] == []
            assert len(quoted) == 6
