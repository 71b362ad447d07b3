"""Unknown headings of a store as vocabulary rows: proposed, tested against the store, added, refused."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from data.maker import word
from normalizers import vocabulary as module
from pipeline import ruleset
from pipeline.batch import run
from pipeline.learn import proposals
from pipeline.rerun.changes import Change
from pipeline.store import contents
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from schema.errors import VocabularyError
from tests.normalizers.test_unknown import FORM

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two submissions with one unknown heading each, one of them with a second."""
    folder = tmp_path / "材料"
    folder.mkdir()
    (folder / "甲.docx").write_bytes(word.make(FORM.format(funds="全年执行数", target="乙方承诺值")))
    silent = FORM.replace("| 90% |", "| 无 |")  # a rate would show what the heading means
    (folder / "乙.docx").write_bytes(word.make(silent.format(funds="丙方账面", target="乙方承诺值")))
    opened = open_store(str(tmp_path / "s.db"))
    run.ingest([folder], opened, lambda outcome: None)
    return opened


def test_unknown_headings_come_most_frequent_first_with_their_evidence(store: Store) -> None:
    first, second = proposals.unknown(store)
    assert (first.text, first.block, first.submissions, first.completes) == ("乙方承诺值", "indicators", 2, 1)
    assert first.below == ("≥20公里", "≥95%")
    assert first.example.endswith("表格1第4行第4列")
    assert (second.text, second.block, second.submissions, second.completes) == ("丙方账面", "funds", 1, 0)


def test_the_rows_are_rows_of_the_vocabulary(store: Store) -> None:
    rows = list(csv.DictReader(io.StringIO(proposals.as_csv(proposals.unknown(store)))))
    assert [(row["heading"], row["block"]) for row in rows] == [
        ("乙方承诺值", "indicators"),
        ("丙方账面", "funds"),
    ]


def effect(store: Store, path: Path) -> list[Change]:
    """The values that the rows of a file would change."""
    return [change for planned in proposals.effect(store, path) for _, change in planned.changes]


def rows(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_what_a_row_would_change_is_shown_and_nothing_is_written(store: Store, tmp_path: Path) -> None:
    new = rows(
        tmp_path / "new.csv",
        "heading,block,field,note\n乙方承诺值,indicators,target,\n丙方账面,funds,,没有把握\n",
    )
    changes = effect(store, new)
    targets = [(c.file, c.path, c.before, c.after) for c in changes if c.path.endswith("[0].target")]
    assert sorted(targets) == [
        ("乙.docx", "forms[0].indicators[0].target", None, "≥20公里"),
        ("甲.docx", "forms[0].indicators[0].target", None, "≥20公里"),
    ]
    assert contents.load(store, "甲.docx")["forms"][0]["indicators"][0]["target"] is None


def test_what_a_row_would_change_needs_no_file(store: Store, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "材料")
    new = rows(tmp_path / "new.csv", "heading,block,field,note\n乙方承诺值,indicators,target,\n")
    assert {change.file for change in effect(store, new)} == {"甲.docx", "乙.docx"}


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("heading,block,field,note\n得分,indicators,target,\n", "已另作"),
        ("heading,block,field,note\n甲,indicators,没有,\n", "没有“没有”字段"),
        ("heading,block,field,note\n甲,没有,target,\n", "没有“没有”这个块"),
        ("甲,indicators,target\n", "没有表头或列数不对"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(text: str, trouble: str, tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match=trouble) as refused:
        proposals.extended(rows(tmp_path / "bad.csv", text))
    assert "第" in str(refused.value)


def test_rows_are_added_once_to_the_folder_of_the_team_without_the_file_they_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = rows(
        tmp_path / "new.csv",
        "heading,block,field,note\n乙方承诺值,indicators,target,2份；例：某单位.docx\n\nlabel,list,code,side,note\n丙方账面,funds,other,,\n",
    )
    with pytest.raises(VocabularyError, match="没有指明"):
        proposals.add(new)
    monkeypatch.setenv("ZIPING_WORDS", str(tmp_path / "nowhere"))
    with pytest.raises(VocabularyError, match="没有这个词条文件夹"):
        proposals.add(new)
    (tmp_path / "words").mkdir()
    monkeypatch.setenv("ZIPING_WORDS", str(tmp_path / "words"))
    assert (proposals.add(new), proposals.add(new)) == (2, 0)
    assert (tmp_path / "words" / "headings.csv").read_text(
        encoding="utf-8"
    ) == "heading,block,field,note\n乙方承诺值,indicators,target,\n"
    assert (tmp_path / "words" / "labels.csv").read_text(encoding="utf-8").endswith("丙方账面,funds,other,,\n")
    assert ruleset.under(ruleset.today()).vocabulary.heading("乙方承诺值", "indicators") == "target"


def test_the_words_of_the_team_stand_above_those_that_ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIPING_WORDS", str(tmp_path))
    new = rows(
        tmp_path / "new.csv",
        "heading,block,field,note\n得分,indicators,review_score,\n自评分,indicators,weight,\n全新,indicators,score,\n",
    )
    assert [line.partition("第")[2][:2] for line in proposals.contradictions(new)] == ["2行", "3行"]
    with pytest.raises(VocabularyError, match="另有1处"):
        proposals.add(new)
    assert proposals.add(new, over=True) == 3
    words = ruleset.under(ruleset.today()).vocabulary
    assert words.heading("得分", "indicators") == "review_score"
    assert words.heading("得分", "funds") == module.vocabulary().heading(
        "得分", "funds"
    )  # another block uses it as before


@pytest.mark.parametrize(
    ("name", "text", "trouble"),
    [
        ("headings.csv", "heading,block\n甲,indicators\n", "应为heading,block,field,note"),
        ("headings.csv", "heading,block,field,note\n甲,indicators\n", "第2行.*列数不对"),
    ],
)
def test_a_wrong_file_of_the_team_is_told_with_its_place(
    name: str, text: str, trouble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("ZIPING_WORDS", str(tmp_path))
    with pytest.raises(VocabularyError, match=trouble):
        ruleset.today()


def test_the_commands_say_what_they_do(store: Store, ziping: Run, tmp_path: Path) -> None:
    store.close()
    listed = ziping("unknown", "--store", "s.db")
    assert "乙方承诺值" in listed.stdout, listed.stderr
    assert "heading,block,field,note" in ziping("unknown", "--store", "s.db", "--csv", "-").stdout
    new = rows(tmp_path / "new.csv", "heading,block,field,note\n乙方承诺值,indicators,target,\n")
    assert ziping("vocabulary", "check", new).stdout == "词表没有矛盾。\n"
    shown = ziping("vocabulary", "test", new, "--store", "s.db")
    assert "乙.docx forms[0].indicators[0].target：（无） → ≥20公里" in shown.stdout, shown.stderr
    bad = ziping(
        "vocabulary",
        "check",
        rows(tmp_path / "bad.csv", "heading,block,field,note\n得分,indicators,target,\n"),
    )
    assert bad.returncode == 1
    assert bad.stderr.count("\n") == 1


def test_groups_and_headings_of_the_narrative_that_no_row_fits_are_proposed_and_added(
    docx: Callable[..., Path], tmp_path: Path
) -> None:
    source = (
        FORM.format(funds="全年执行数", target="年度指标值")
        .replace("产出指标", "甲方履职")
        .replace("数量指标", "乙方数量")
        .replace("质量指标", "乙方质量")
    )
    path = docx(source + "\n一、甲方往事\n该单位有过一段往事。\n")
    opened = open_store(str(tmp_path / "t.db"))
    run.ingest([path], opened, lambda outcome: None)
    found = {(p.block, p.text): p for p in proposals.unknown(opened)}
    groups = found["category", "甲方履职 / 乙方数量"]
    assert (groups.field, groups.reason) == ("output.quantity", "“乙方数量”有“数量”")
    assert groups.example.endswith("第2列")
    assert found["section", "甲方往事"].field is None
    text = proposals.as_csv(found.values())
    assert "level1,level2,category,note\n^甲方履职$,^乙方数量$,output.quantity," in text
    new = rows(tmp_path / "new.csv", text.replace("^甲方往事$,,", "^甲方往事$,none,"))
    assert {(c.path, c.after) for c in effect(opened, new)} == {
        ("forms[0].indicators[0].category", "output.quantity"),
        ("forms[0].indicators[1].category", "output.quality"),
    }
    assert proposals.extended(new).knows_narrative("甲方往事")
