"""Plans on paper, registers and coverage at the page: presses counted, what is wrong stands at its field."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
import requests
from sqlalchemy import select

from plans.records import Entry, Register, entries
from store import journal
from store.journal import Entry as Noted
from tests.story.house import House, standing, until
from tests.story.page import Node, Person, form_of
from tests.story.plans import opened
from tests.story.team import Team

HEAD = "id,zh,en,unit,owner,class,fallback_zh,fallback_en,scenarios\n"


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory, started_once: Path) -> Iterator[House]:
    """One house for all of them: each leaves what the others do not look at."""
    with standing(tmp_path_factory.mktemp("papers") / "var", like=started_once) as house:
        yield house


def entry(house: House, name: str) -> dict[str, Any] | None:
    """An entry of the register of equipment as the database has it."""
    database = opened(house)
    with database.read() as session:
        found = next((each for each in entries(session, Register.EQUIPMENT) if each.name == name), None)
        told = None if found is None else {"title": found.title, "owner": found.owner, "facts": dict(found.facts)}
    database.close()
    return told


def uploaded(person: Person, ending: str, nth: int = -1) -> bytes:
    """The newest file of this ending in a person's messages with Tocsin."""
    person.go("Tocsin")

    def links() -> list[Node]:
        rows = [row for each in person.messages() for row in each.every("p", **{"class": "file"})]
        return [row for row in rows if ending.upper() in row.text.upper()]

    row = until(links, 20, what=f"a {ending} in the messages")[nth]
    link = next(row.every("a")).attrs["href"]
    answer = person.house.web.get(person.house.url + link, timeout=20)
    answer.raise_for_status()
    return bytes(answer.content)


def give(person: Person, name: str, content: str) -> str:
    """Put a file into the form, as the page's script does; its id, which the form then holds."""
    asked = {"as": person.slack, "name": name}
    answer: requests.Response = person.house.web.post(
        f"{person.house.url}/ui/give", params=asked, data=content.encode(), timeout=20
    )
    return str(answer.json()["file"])


def with_file(person: Person, file_id: str) -> dict[str, list[str]]:
    """The form on top, with this file in it."""
    modal = person.modal()
    assert modal is not None, "no form is open"
    return form_of(modal) | {"sheet|value": [file_id]}


def told_no(person: Person, sentence: str) -> bool:
    """Whether a refusal reached the presser, over the form or in their own messages."""
    modal = person.modal()
    if modal is not None and sentence in modal.text:
        return True
    return sentence in person.log()


def test_a_plan_and_a_card_are_printed_by_anybody(papers: House) -> None:
    """One line of typing a page: the PDF is in one's own messages, in one's own language or the one that was named."""
    sun = Team(papers).at_duty_room("sun")
    sun.say("/plan print power-outage 动力抢修")
    until(lambda: "马上发到您与 Tocsin 的私信里" in sun.log(), 10, what="the answer")
    assert sun.presses == 1
    pages = pypdf.PdfReader(io.BytesIO(uploaded(sun, "pdf"))).pages
    assert len(pages) == 1
    assert "138-5550-0008" in pages[0].extract_text(), "his own unit's contacts"
    sun.go("duty-room").say("/plan print power-outage nobody")
    until(lambda: "没有角色“nobody”" in sun.log(), 10, what="the refusal")
    sun.say("/plan print no-such-plan")
    until(lambda: "no-such-plan" in sun.log(), 10, what="the other refusal")
    sun.say("/plan print")
    until(lambda: "请写明预案编号" in sun.log(), 10, what="how to ask")


def test_the_coverage_picture_leads_from_a_gap_to_a_plan(papers: House) -> None:
    """Picture, gaps with owner and day, and behind each button what stands and how to print it: three presses."""
    chen = Team(papers).at_duty_room("chen")
    chen.say("/plan coverage henan")
    assert uploaded(chen, "png").startswith(b"\x89PNG")
    until(lambda: "预案覆盖缺口" in chen.log(), 15, what="the list of gaps")
    assert "责任人 陈静 · 期限" in chen.log()
    assert "上海" not in next(each.text for each in chen.messages() if "预案覆盖缺口" in each.text)
    modal = chen.press("plan_for_gap", beside="干线光缆中断")
    assert modal is not None
    assert "自带预案还没有人签发" in modal.text
    chen.press("print_open")
    assert chen.fill(what="role:commander", lang="en") == {}
    text = pypdf.PdfReader(io.BytesIO(uploaded(chen, "pdf"))).pages[0].extract_text()
    assert "Action card" in text
    assert chen.presses == 4
    chen.close()
    chen.go("duty-room").say("/plan coverage hennan")
    until(lambda: "有：henan" in chen.log(), 10, what="the nearest unit")


def test_an_entry_is_added_changed_and_retired(papers: House) -> None:
    """A form a step; what is wrong stands at its field, nothing typed is lost; each step is in the journal."""
    chen = Team(papers).at_duty_room("chen")
    chen.say("/plan registers equipment")
    chen.press("entry_add_open")
    wrong = chen.fill(id="New Thing", zh="新设备", en="New thing", fallback_zh="只有中文", scenarios=["cable_cut"])
    assert set(wrong) == {"id", "fallback_en"}
    modal = chen.modal()
    assert modal is not None
    assert "新设备" in str([each.attrs.get("value") for each in modal.every("input")])
    chen.fill(id="new-thing", fallback_en="Both now")
    until(lambda: entry(papers, "new-thing"), 10, what="the entry")
    assert entry(papers, "new-thing") == {
        "title": {"zh": "新设备", "en": "New thing"},
        "owner": None,
        "facts": {"fallback": {"zh": "只有中文", "en": "Both now"}, "scenarios": ["cable_cut"]},
    }
    chen.redraw("entry_find", "新设备")
    chen.choose("entry_more", "change|equipment|new-thing")
    chen.fill(owner="chen.jing")
    until(lambda: (entry(papers, "new-thing") or {}).get("owner") == "chen.jing", 10, what="the owner")
    chen.choose("entry_more", "retire|equipment|new-thing")
    chen.submit()
    until(lambda: entry(papers, "new-thing") is None, 10, what="it is retired")
    database = opened(papers)
    with database.read() as session:
        kinds = session.scalars(
            select(Noted.kind).where(Noted.matter == "register:equipment", Noted.by == "chen.jing")
        ).all()
        kept = session.scalars(select(Entry).where(Entry.name == "new-thing")).one()
        assert kept.retired_at is not None
        assert journal.verify(session, app_key(papers)) > 0
    database.close()
    assert list(kinds) == ["entry_put", "entry_put", "entry_retired"]


def app_key(house: House) -> bytes:
    """The key that seals this house's journal."""
    return (house.var / "journal.key").read_text("utf-8").strip().encode()


def test_two_who_change_one_entry_lose_nothing(papers: House) -> None:
    """The second is shown what the first made of it, keeps what they typed, and saving again makes it theirs."""
    team = Team(papers)
    chen, liu = team.at_duty_room("chen"), team.at_duty_room("liu")

    def open_it(who: Person) -> None:
        who.say("/plan registers equipment")
        who.redraw("entry_find", "udm-pair")
        who.choose("entry_more", "change|equipment|udm-pair")

    open_it(chen)
    chen.fill(owner="liu.yang")
    until(lambda: (entry(papers, "udm-pair") or {}).get("owner") == "liu.yang", 10, what="its owner")
    chen.choose("entry_more", "change|equipment|udm-pair")
    open_it(liu)
    liu.fill(zh="责任人改的")
    until(lambda: (entry(papers, "udm-pair") or {})["title"]["zh"] == "责任人改的", 10, what="the owner's change")
    chen.fill(zh="第二个人改的")
    modal = until(lambda: (m := chen.modal()) and "责任人改的" in m.text and m, 10, what="what the first made of it")
    assert "第二个人改的" in str([each.attrs.get("value") for each in modal.every("input")])
    assert (entry(papers, "udm-pair") or {})["title"]["zh"] == "责任人改的"
    chen.submit()
    until(lambda: (entry(papers, "udm-pair") or {})["title"]["zh"] == "第二个人改的", 10, what="saved again")


def test_who_may_not_is_told_before_they_type(papers: House) -> None:
    """A responder may look and take the sheet home; adding and uploading are refused in words."""
    wu = Team(papers).at_duty_room("wu")
    wu.say("/plan registers sites")
    wu.press("register_sheet_press")
    assert "id,zh,en,unit,owner" in uploaded(wu, "csv").decode("utf-8-sig")
    wu.press("entry_add_open")
    until(lambda: told_no(wu, "需要“预案责任人”角色"), 10, what="the refusal")


def test_a_sheet_is_taken_whole_or_not_at_all(papers: House) -> None:
    """Every fault at once, with line and column, and nothing changed; then the mended sheet, and what it did."""
    chen = Team(papers).at_duty_room("chen")
    chen.say("/plan registers equipment")
    chen.press("register_upload_open")
    bad = HEAD + "good-1,甲,A,,,,,,\nX 2,乙,,hen,,,,,cable_ct\n"
    wrong = chen.submit(with_file(chen, give(chen, "bad.csv", bad)))
    assert set(wrong) == {"sheet"}
    assert all(where in wrong["sheet"] for where in ("bad.csv:3:1", "bad.csv:3:3", "bad.csv:3:4", "bad.csv:3:9"))
    assert entry(papers, "good-1") is None
    good = HEAD + "good-1,甲,A,henan,,core,,,cable_cut\n"
    chen.submit(with_file(chen, give(chen, "good.csv", good)))
    modal = until(lambda: (m := chen.modal()) and "已导入 good.csv" in m.text and m, 10, what="what it did")
    assert "新增 1 条" in modal.text
    assert entry(papers, "good-1") is not None


def test_nobody_gives_another_s_file(papers: House) -> None:
    """A file's id that somebody else uploaded is no file in one's own form."""
    team = Team(papers)
    chen, wu = team.at_duty_room("chen"), team.at_duty_room("wu")
    theirs = give(wu, "theirs.csv", HEAD + "stolen,甲,A,,,,,,\n")
    chen.say("/plan registers equipment")
    chen.press("register_upload_open")
    assert set(chen.submit(with_file(chen, theirs))) == {"sheet"}
    assert entry(papers, "stolen") is None


def test_what_is_typed_wrong_names_the_nearest(papers: House) -> None:
    """A register, however it is called, and the nearest to a slip of the pen; units are kept elsewhere."""
    chen = Team(papers).at_duty_room("chen")
    modal = chen.say("/plan registers 重要局站")
    assert modal is not None
    assert "局站" in modal.text
    chen.close()
    chen.say("/plan registers sitse")
    until(lambda: "没有清单“sitse”。有：sites" in chen.log(), 10, what="the nearest register")
    chen.say("/plan registers units")
    until(lambda: "people.yaml" in chen.log(), 10, what="where units are kept")
