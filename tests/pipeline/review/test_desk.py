"""The desk's answers: every screen, who may do what, what a decision does, what is refused, what is inert."""

from __future__ import annotations

import html
import io
import random
import re
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from data.maker import word
from data.maker.reports import reports
from pipeline.batch import run
from pipeline.review import access, uploads
from pipeline.review.app import Desk, address, desk
from pipeline.review.reading import reading
from pipeline.store import accounts, looks, originals, originals_check, roster
from pipeline.store.connection import Store
from pipeline.store.opening import open_store
from pipeline.store.roster_sheet import Unit
from schema.visible import readable
from tests.conftest import PATIENCE
from tests.pipeline.store.test_verdicts import FORM

HERE = "http://127.0.0.1"
OURS = {"sec-fetch-site": "same-origin"}
EVIL = '<script>alert("x")</script>\u202e=1+1'


def client(made: Desk, language: str = "zh-CN") -> TestClient:
    return TestClient(made.app, base_url=HERE, headers=OURS | {"accept-language": language}, follow_redirects=True)


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "保洁.docx").write_bytes(word.make(FORM))
    (tmp_path / "in" / "坏.docx").write_bytes(b"PK\x03\x04 no archive")
    made = open_store(url)
    run.ingest(
        [tmp_path / "in"], made, lambda outcome: None, originals=originals.place(made, str(tmp_path / "originals"))
    )
    yield made
    made.close()


@pytest.fixture
def made(store: Store) -> Iterator[Desk]:
    found = desk(store)
    yield found
    found.close()


@pytest.fixture
def owner(made: Desk) -> TestClient:
    """A browser that came in by the token."""
    browser = client(made)
    assert browser.get(f"/enter?token={made.token}").status_code == 200
    return browser


def only(store: Store) -> str:
    return looks.queue(store, looks.Wanted(every=True))[0].submission_id


def said(store: Store, record: str, field: str) -> dict[str, str]:
    value = next(v for v in reading(store, only(store)).values if (v.record, v.field) == (record, field))
    told = {"about": "value", "record": record, "field": field}
    return told | ({"unstated": "1"} if value.text is None else {"seen": value.text})


ACTUAL = ("forms[0].indicators[1]", "actual")


# ---------------------------------------------------------------- who comes in
def test_the_token_opens_once_and_nobody_else_sees_anything(made: Desk, store: Store) -> None:
    stranger = client(made)
    assert stranger.get("/queue", follow_redirects=False).headers["location"] == "/login"
    assert stranger.post(f"/s/{only(store)}/decide", data={}).status_code == 401
    assert stranger.get("/enter?token=wrong").status_code == 403
    first = client(made)
    answer = first.get(f"/enter?token={made.token}", follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert first.get("/queue").status_code == 200
    assert stranger.get(f"/enter?token={made.token}").status_code == 403
    assert first.post("/logout").status_code == 200
    assert first.get("/queue", follow_redirects=False).status_code == 303


def test_accounts_log_in_with_their_role_and_wrong_passwords_must_wait(
    made: Desk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add(store, "张三", accounts.READER, "a long password")
    accounts.add(store, "李四", accounts.REVIEWER, "another password")
    browser = client(made)
    assert "账号或密码不对" in browser.post("/login", data={"name": "张三", "password": "wrong"}).text
    assert browser.post("/login", data={"name": "张三", "password": "a long password"}).status_code == 200
    assert "张三" in browser.get("/").text
    path = f"/s/{only(store)}/decide"
    assert browser.post(path, data=said(store, *ACTUAL) | {"what": "right"}).status_code == 403
    assert browser.post("/upload", files={"files": ("a.docx", b"x")}).status_code == 403
    other = client(made)
    other.post("/login", data={"name": "李四", "password": "another password"})
    assert other.post(path, data=said(store, *ACTUAL) | {"what": "right"}).status_code == 204
    assert other.post(f"/s/{only(store)}/sent").status_code == 403
    assert other.post("/words/apply", data={}).status_code == 403
    for _ in range(access.TRIES):
        client(made).post("/login", data={"name": "李四", "password": "wrong"})
    assert client(made).post("/login", data={"name": "李四", "password": "another password"}).status_code == 403
    later = time.monotonic() + access.PAUSE + 1
    monkeypatch.setattr(access.time, "monotonic", lambda: later)
    assert client(made).post("/login", data={"name": "李四", "password": "another password"}).status_code == 200


def test_passwords_are_kept_as_digests_and_a_short_one_is_refused(store: Store) -> None:
    from schema.errors import StoreError

    assert accounts.add(store, "张三", accounts.LEAD, "a long password")
    assert not accounts.add(store, "张三", accounts.READER, "a longer password")
    assert accounts.known(store, "张三", "a long password") is None
    assert accounts.known(store, "张三", "a longer password") == accounts.Account("张三", accounts.READER)
    assert accounts.known(store, "王五", "a longer password") is None
    with pytest.raises(StoreError, match="密码不足10个字符"):
        accounts.add(store, "张三", accounts.READER, "short")
    accounts.remove(store, "张三")
    assert accounts.listed(store) == []
    with pytest.raises(StoreError, match="没有这个账号"):
        accounts.remove(store, "张三")


def test_behind_a_proxy_the_header_names_who_asks(store: Store) -> None:
    accounts.add(store, "wang", accounts.LEAD, "a long password")
    made = desk(store, token=False, header="X-Remote-User")
    assert made.token is None
    browser = client(made)
    assert browser.get("/queue", follow_redirects=False).status_code == 303
    assert "负责" in browser.get("/", headers={"x-remote-user": "wang"}).text
    assert "查看" in browser.get("/", headers={"x-remote-user": "somebody"}).text
    made.close()


def test_another_page_another_name_and_another_origin_are_refused(made: Desk, owner: TestClient, store: Store) -> None:
    path, told = f"/s/{only(store)}/decide", said(store, *ACTUAL) | {"what": "right"}
    assert owner.post(path, data=told, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert owner.post(path, data=told, headers={"sec-fetch-site": "none"}).status_code == 403
    bare = TestClient(made.app, base_url=HERE, cookies=owner.cookies)  # a browser that does not say
    assert bare.post(path, data=told).status_code == 403
    assert bare.post(path, data=told, headers={"origin": "http://evil.example"}).status_code == 403
    assert bare.post(path, data=told, headers={"origin": HERE}).status_code == 204
    assert owner.get("/", headers={"host": "evil.example"}).status_code == 421
    assert "ziping review --name" in owner.get("/", headers={"host": "evil.example"}).text
    for url in ("/", "/login", "/static/desk.js", "/queue"):
        head = owner.get(url).headers
        assert "default-src 'none'" in head["content-security-policy"]
        assert "unsafe" not in head["content-security-policy"]
        assert head["x-content-type-options"] == "nosniff"
    assert address("::1", 8002, "t") == "http://[::1]:8002/enter?token=t"
    assert address("127.0.0.1", 8002, None) == "http://127.0.0.1:8002/login"


# ---------------------------------------------------------------- screens and decisions
@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_every_screen_answers_in_either_language(made: Desk, owner: TestClient, store: Store, language: str) -> None:
    owner.headers["accept-language"] = language
    roster.load(store, 2023, [Unit("青禾县河道所"), Unit("青禾县审计局")])
    one = only(store)
    screens = [
        "/",
        "/units",
        "/units?year=2023",
        "/upload",
        "/queue",
        "/queue?kind=findings&unit=青禾&year=2023",
        "/words",
        "/findings",
        "/done",
    ]
    for url in (
        *screens,
        f"/s/{one}",
        f"/s/{one}/record",
        f"/s/{one}/history",
        f"/s/{one}/sheet",
        f"/s/{one}?source=text",
    ):
        answer = owner.get(url)
        assert answer.status_code == 200, url
        assert ("待看" in answer.text or "待办" in answer.text) is (language == "zh-CN"), url
    assert owner.get("/s/0000000000000000").status_code == 422
    assert owner.get(f"/s/{one}/page/1.png").status_code == 404  # a Word file has no pages


def test_what_nobody_foresaw_is_one_line_with_a_reference_to_the_log(
    made: Desk, store: Store, monkeypatch: pytest.MonkeyPatch, faults: Path
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("unforeseen")

    browser = TestClient(made.app, base_url=HERE, headers=OURS, raise_server_exceptions=False)
    browser.get(f"/enter?token={made.token}")
    monkeypatch.setattr(looks, "totals", broken)
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "内部出错（RuntimeError）" in answer.text
    assert "unforeseen" in faults.read_text(encoding="utf-8")
    assert "unforeseen" not in answer.text


def test_decisions_are_written_shown_and_taken_back(owner: TestClient, store: Store) -> None:
    path = f"/s/{only(store)}/decide"
    before = reading(store, only(store)).open
    assert owner.post(path, data=said(store, *ACTUAL) | {"what": "right"}).status_code == 204
    answer = owner.get(f"/s/{only(store)}/record")
    assert 'class="value right"' in answer.text
    decision = re.search(r'data-undo="(verdict/\d+)"', answer.text)
    assert decision is not None
    owner.post(path, data={"what": "undo", "decision": decision[1]})
    assert 'class="value right"' not in owner.get(f"/s/{only(store)}/record").text
    assert "没有这条有效的结论" in owner.post(path, data={"what": "undo", "decision": decision[1]}).text
    rate = said(store, "forms[0].funds[0]", "execution_rate")
    seen = owner.post(f"/s/{only(store)}/preview", data=rate | {"should_be": "75%"}).text
    assert "不再有：" in seen
    assert reading(store, only(store)).open == before
    owner.post(path, data=rate | {"what": "correct", "should_be": "75%", "reason": "看原件"})
    assert 'class="value corrected"' in owner.get(f"/s/{only(store)}/record").text
    assert reading(store, only(store)).findings == ()  # its finding goes
    assert "更正为“75%”（看原件）" in owner.get(f"/s/{only(store)}/sheet").text
    assert "看原件" in owner.get(f"/s/{only(store)}/history").text
    assert "不是数字" in owner.post(path, data=rate | {"what": "correct", "should_be": "两", "seen": "0.75"}).text
    gone = said(store, *ACTUAL) | {"what": "correct", "should_be": ""}
    assert owner.post(path, data=gone).status_code == 204
    assert said(store, *ACTUAL)["unstated"] == "1"
    for wrong in ({"what": "nothing of the kind"}, {}, {"what": "all", "each": "no list"}):
        assert owner.post(path, data=wrong).status_code == 422
    assert owner.post("/s/0000000000000000/decide", data=gone).status_code == 422


def test_all_of_a_kind_are_settled_at_once(owner: TestClient, store: Store) -> None:
    import json

    found = reading(store, only(store))
    each = [["leftover", one.path, "", one.seen] for one in found.leftovers]
    each += [["finding", one.path, one.code, one.seen] for one in found.findings]
    each += [["value", v.record, v.field, v.text] for v in found.values if v.needs_look]
    owner.post(f"/s/{only(store)}/decide", data={"what": "all", "each": json.dumps(each)})
    assert reading(store, only(store)).open == 0


def test_a_stale_decision_gets_409_with_both_readings(made: Desk, owner: TestClient, store: Store) -> None:
    path, told = f"/s/{only(store)}/decide", said(store, *ACTUAL)
    owner.post(path, data=told | {"what": "correct", "should_be": "3次"})
    for what in ("right", "correct"):
        answer = owner.post(path, data=told | {"what": what, "should_be": "2次"})
        assert answer.status_code == 409
        assert "所见“4次”，现为“3次”" in answer.text


def test_two_people_do_not_take_the_same_submission(made: Desk, owner: TestClient, store: Store) -> None:
    accounts.add(store, "李四", accounts.REVIEWER, "another password")
    other = client(made)
    other.post("/login", data={"name": "李四", "password": "another password"})
    one = only(store)
    assert "正在核看这份材料" not in owner.get(f"/s/{one}").text
    assert "正在核看这份材料" in other.get(f"/s/{one}").text
    answer = other.post(f"/s/{one}/decide", data=said(store, *ACTUAL) | {"what": "right"})
    assert answer.status_code == 422
    assert "正在核看这份材料" in answer.text
    owner.post(f"/s/{one}/let-go")
    assert "正在核看这份材料" not in other.get(f"/s/{one}").text


def test_a_missed_value_is_put_where_it_belongs(owner: TestClient, store: Store) -> None:
    left = reading(store, only(store)).leftovers
    told = {"what": "missed", "about": "leftover", "record": left[0].path, "field": "", "seen": left[0].text}
    path = f"/s/{only(store)}/decide"
    assert "没有选择这个值归入哪里" in owner.post(path, data=told | {"should_be": "x"}).text
    answer = owner.post(path, data=told | {"into": "forms[0].indicators[2]|remark", "should_be": "另行报送"})
    assert answer.status_code == 204
    found = reading(store, only(store))
    assert said(store, "forms[0].indicators[2]", "remark")["seen"] == "另行报送"
    assert found.leftovers[0].verdict == "taken"


def test_a_roster_is_loaded_a_file_assigned_and_the_year_exported_when_all_is_looked_at(
    owner: TestClient, store: Store
) -> None:
    csv = "单位名称,应报份数\n青禾县河道管理所,1\n青禾县审计局,1\n".encode()
    page = owner.post("/units/load", data={"year": "2023"}, files={"file": ("名单.csv", csv)})
    assert "缺" in page.text
    assert "青禾县河道所" in page.text
    one = only(store)
    owner.post("/units/belongs", data={"year": "2023", "submission": one, "unit": "青禾县河道管理所"})
    listed = {c.unit.name: c.missing for c in roster.came(store, 2023)}
    assert listed == {"青禾县审计局": 1, "青禾县河道管理所": 0}
    sheet = load_workbook(io.BytesIO(owner.get("/units/export?year=2023").content)).worksheets[0]
    assert sheet.cell(2, 2).value == "青禾县审计局"
    wrong = owner.post("/units/load", data={"year": "2023"}, files={"file": ("名单.csv", b"a,b\n1,2\n")})
    assert "没有“单位名称”一栏" in wrong.text
    assert "份材料待核看" in owner.get("/done/export?year=2023").text
    test_all_of_a_kind_are_settled_at_once(owner, store)
    owner.post(f"/s/{one}/sent")
    book = load_workbook(io.BytesIO(owner.get("/done/export?year=2023").content))
    looked = [[cell.value for cell in row] for row in book["核看"].iter_rows(min_row=2)]
    assert looked[0][1:4] == ["保洁.docx", looked[0][2], "是"]
    assert looked[0][2]
    with zipfile.ZipFile(io.BytesIO(owner.get("/sheets.zip?year=2023").content)) as sheets:
        assert [name.endswith(".docx") for name in sheets.namelist()] == [True]


LABEL = FORM.replace("实施单位", "经办单位")


def test_a_word_and_a_layout_are_seen_in_their_effect_and_then_applied(
    owner: TestClient, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(owner, ("甲.docx", word.make(LABEL)), ("乙.docx", word.make(LABEL.replace("保洁", "清淤"))))
    told = {"text": "经办单位", "block": "head", "field": "implementer"}
    assert "没有指明自己的词条文件夹" in owner.get("/words").text
    assert "没有指明" in owner.post("/words/apply", data=told).text
    (tmp_path / "words").mkdir()
    monkeypatch.setenv("ZIPING_WORDS", str(tmp_path / "words"))
    assert "经办单位" in owner.get("/words").text
    assert int(owner.get("/words/number").text) > 0
    assert "没有选择字段" in owner.post("/words/effect", data=told | {"field": ""}).text
    assert "已经没有这个未识别的表头" in owner.post("/words/effect", data=told | {"text": "没有"}).text
    assert "将改变 2 份材料" in owner.post("/words/effect", data=told).text
    assert "经办单位" in owner.get("/words").text
    assert "2 份材料已重新整理" in owner.post("/words/apply", data=told).text
    assert "经办单位" not in owner.get("/words").text
    assert "经办单位,head,implementer" in (tmp_path / "words" / "headings.csv").read_text(encoding="utf-8")
    one = next(found.submission_id for found in looks.queue(store, looks.Wanted(every=True)) if found.file == "乙.docx")
    page = owner.get(f"/s/{one}/layout").text
    layout = html.unescape(page.partition('spellcheck="false">')[2].partition("</textarea>")[0])
    assert '"三级指标": level3' in layout
    changed = layout.replace('"实际完成值": actual', '"实际完成值": baseline')
    assert changed != layout
    effect = owner.post(f"/s/{one}/layout/effect", data={"text": changed}).text
    assert "份材料" in effect
    assert "baseline" in effect
    assert "不是YAML" in owner.post(f"/s/{one}/layout/effect", data={"text": "a: ["}).text
    assert "已采用" in owner.post(f"/s/{one}/layout/apply", data={"text": changed}).text
    values = {(v.record, v.field): v.text for v in reading(store, one).values}
    assert values["forms[0].indicators[1]", "baseline"] == "4次"


def test_the_file_itself_is_given_to_be_saved_and_never_shown(owner: TestClient, store: Store) -> None:
    answer = owner.get(f"/s/{only(store)}/file")
    assert answer.content[:2] == b"PK"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


# ---------------------------------------------------------------- what comes in
def uploaded(browser: TestClient, *files: tuple[str, bytes], **more: Any) -> str:
    """The page of an upload when it has ended."""
    page = browser.post("/upload", files=[("files", file) for file in files], data=more).text
    number = re.search(r"/upload/([0-9a-f]+)", page)
    return ended(browser, number[1]) if number is not None else page


def ended(browser: TestClient, number: str) -> str:
    """The page of an upload as soon as everything in it was read."""
    end = time.monotonic() + PATIENCE
    page = browser.get(f"/upload/{number}").text
    while "hx-trigger" in page and time.monotonic() < end:
        time.sleep(0.2)
        page = browser.get(f"/upload/{number}").text
    return page


def test_files_and_archives_are_read_and_each_tells_what_became_of_it(owner: TestClient, store: Store) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("2023/清淤.docx", word.make(FORM.replace("保洁", "清淤")))
        out.writestr("2023/空.docx", b"")
    page = uploaded(
        owner, ("收件.zip", archive.getvalue()), ("../../保洁.docx", word.make(FORM)), ("坏.pdf", b"%PDF-1.4 x")
    )
    assert "读完" in page
    assert page.count("不能读取") == 2
    assert "库中已有" in page
    assert "清淤.docx" in page
    assert "文件是空的" in page
    assert looks.totals(store).submissions == 2
    whole, lost = originals_check.check(store)
    assert (whole, lost) == (4, [])
    assert "没有选择文件" in uploaded(owner)


def test_a_file_that_could_not_be_read_is_read_again_from_its_kept_bytes(
    owner: TestClient, store: Store, tmp_path: Path
) -> None:
    page = owner.get("/queue").text
    sha256 = re.search(r'name="sha256" value="([0-9a-f]{64})"', page)
    assert sha256
    (tmp_path / "in" / "坏.docx").unlink()  # the folder it came from has moved
    assert again(owner, sha256[1]).count("不能读取") == 1
    for wrong in ("", "0" * 64):
        assert "没有这个读不了的文件" in owner.post("/retry", data={"sha256": wrong}).text
    shutil.rmtree(tmp_path / "originals")
    assert "原文件没有保存" in owner.post("/retry", data={"sha256": sha256[1]}).text


def again(browser: TestClient, sha256: str) -> str:
    """The page of a second reading when it has ended."""
    number = re.search(r"/upload/([0-9a-f]+)", browser.post("/retry", data={"sha256": sha256}).text)
    assert number
    return ended(browser, number[1])


def test_an_upload_is_bounded_and_stays_in_its_folder(
    owner: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    assert "文件超过" in uploaded(owner, ("大.docx", b"x" * 2000))
    monkeypatch.setattr(uploads, "MOST_AT_ONCE", 1000)
    assert "一次超过" in uploaded(owner, ("大.docx", b"x" * 2000))
    for name in (
        "../../etc/passwd",
        "/etc/passwd",
        "..\\..\\x.docx",
        "a/\x00b.docx",
        "....//x",
        "",
        "长" * 400 + ".docx",
    ):
        target = uploads._target(tmp_path, name)
        assert target.resolve().is_relative_to(tmp_path.resolve())
        assert target != tmp_path
    assert uploads._target(tmp_path, "a/b/c.docx") == tmp_path / "a" / "b" / "c.docx"


def test_what_a_file_says_is_text_on_every_screen(owner: TestClient, store: Store) -> None:
    form = (
        FORM.replace("青禾县河道所", EVIL).replace("保洁里程", EVIL).replace("附注栏", EVIL).replace("持续改善", EVIL)
    )
    uploaded(owner, (f"{EVIL[:8]}.docx", word.make(form)))
    evil = next(one.submission_id for one in looks.queue(store) if one.file != "保洁.docx")
    urls = [
        "/",
        "/units",
        "/queue",
        "/words",
        "/findings",
        "/done",
        f"/s/{evil}",
        f"/s/{evil}/record",
        f"/s/{evil}/sheet",
        f"/s/{evil}/history",
    ]
    for url in urls:
        text = owner.get(url).text
        assert "<script>alert" not in text, url
        assert "\u202e" not in text, url
    told = said_of(store, evil)
    assert owner.post(f"/s/{evil}/decide", data=told).status_code == 204


def test_what_shows_beside_others_is_found_at_the_desk_and_muted_there(owner: TestClient, store: Store) -> None:
    made = reports(12, 1, seed=6)
    for no, one in enumerate(made):
        told = "\n".join(f"{'一二三四五六七八九十'[i]}、第{i}方面\n{text}" for i, text in enumerate(one.sections))
        uploaded(
            owner,
            (
                f"{no}.docx",
                word.make(f"# {one.unit}2023年度部门整体支出绩效自评报告\n填报单位：{one.unit}\n\n{told}\n"),
            ),
        )
    page = owner.get("/findings").text
    assert "13 份材料还没有与其他单位、其他年度的材料比对" in page
    assert "两边的原文" not in page
    assert owner.post("/compare").status_code == 200
    page = owner.get("/findings").text
    assert "还没有与其他单位" not in page
    assert page.count("两边的原文") == 2  # one for each of the two
    taker = next(one for one in made if one.copied)
    assert taker.sections[taker.copied[2]][60:90] in page  # type: ignore[index]
    told = {"rule": "copied_text", "unit": taker.unit, "reason": ""}
    assert "没有写明理由" in owner.post("/mute", data=told).text
    assert owner.post("/mute", data=told | {"reason": "同一中介<b>起草</b>"}).status_code == 200
    page = owner.get("/findings").text
    assert page.count("两边的原文") == 1
    assert "同一中介&lt;b&gt;起草" in page
    assert owner.post("/mute", data=told | {"off": "1"}).status_code == 200
    assert owner.get("/findings").text.count("两边的原文") == 2


def test_a_cell_of_nine_megabytes_and_an_image_bomb_go_the_whole_way(owner: TestClient, store: Store) -> None:
    from PIL import Image

    long = "".join(map(chr, random.Random(1).choices(range(0x4E00, 0x9FA5), k=3_000_000)))
    bomb = io.BytesIO()
    Image.new("1", (40_000, 40_000)).save(bomb, "PNG")
    page = uploaded(
        owner,
        ("长.docx", word.make(FORM.replace("保洁", "疏浚").replace("持续改善", long, 1))),
        ("图.png", bomb.getvalue()),
    )
    assert "图片过大" in page
    one = next(found for found in looks.queue(store, looks.Wanted(every=True)) if found.file == "长.docx")
    answer = owner.get(f"/s/{one.submission_id}")
    assert len(answer.content) < 300_000
    assert "…（3000000字）" in answer.text
    value = next(v for v in reading(store, one.submission_id).values if len(v.text or "") > 1_000_000)
    told = {"what": "right", "about": "value", "record": value.record, "field": value.field, "seen": value.seen or ""}
    assert told["seen"].startswith("sha256:")
    assert owner.post(f"/s/{one.submission_id}/decide", data=told).status_code == 204
    assert owner.post(f"/s/{one.submission_id}/decide", data=told | {"seen": "sha256:0"}).status_code == 409


def said_of(store: Store, submission: str) -> dict[str, str]:
    """A decision on an unread cell with signs that a page shows otherwise, as a browser sends it."""
    left = next(one for one in reading(store, submission).leftovers if "\u202e" in one.text)
    return {"what": "nothing", "about": "leftover", "record": left.path, "field": "", "seen": readable(left.text)}
