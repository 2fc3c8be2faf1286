"""What goes wrong at the desk, in the page: two editors at once, what will not do, a draft that moved, wrong hands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from escalation import rosters
from playbooks import draft, publish
from playbooks.export import yaml_text
from playbooks.records import draft_of, in_force_of, playbook_of
from tests.story.house import PEOPLE, House, standing, until
from tests.story.look import rows
from tests.story.page import Node, Person, form_of
from tests.story.plans import opened

CODE = "cable-cut"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, started_once: Path) -> Iterator[House]:
    """One house for all of them: each works on a plan of its own."""
    made: Path = tmp_path_factory.mktemp("faults") / "var"
    with standing(made, like=started_once) as started:
        yield started


def modal(person: Person) -> Node:
    """The form on top, which must be there."""
    found = person.modal()
    assert found is not None, person.notices()
    return found


def sit(house: House, slack: str, room: str = "duty-room") -> Person:
    """Somebody at a page of their own."""
    return Person(house, slack).go(room)


def begin(chen: Person, code: str, part: str = "tasks") -> None:
    """A draft of the plan's next version, one of its parts on the desk."""
    chen.say(f"/plan {code}")
    chen.press("plan_version_press")
    chen.redraw_choice("plan_piece_select", part)


def test_the_second_of_two_editors_sees_the_firsts_change_and_loses_nothing(house: House) -> None:
    """Both open T01: one changes its time, the other its text; the second save keeps both, and says what moved."""
    chen = sit(house, "U0CHENJING")
    begin(chen, CODE)
    chen.press("plan_edit_open", beside="T01")
    typed = chen.filled(**{"do.zh#1": "先核对两端光功率，再派抢修队。"})
    _colleague(house, CODE)
    answer = chen.submit(typed)
    assert "他人改了草稿" in answer["form"]
    assert "时限由" in answer["form"]
    again = modal(chen)
    assert "先核对两端光功率，再派抢修队。" in again.text, "what was typed stands in the form"
    assert "40 分钟" in _values(again), "what the other wrote stands in it too"
    assert chen.submit() == {}
    chen.redraw_choice("plan_piece_select", "overview")
    told = modal(chen).text
    assert "先核对两端光功率" in told
    assert "40 分钟内" in told
    chen.close()


def _values(form: Node) -> list[str]:
    return [each.attrs.get("value", "") for each in form.every("input")]


def _colleague(house: House, code: str) -> None:
    """Another plan owner edits the same task beside the house, as a second window would."""
    people = rosters.read(PEOPLE.read_text("utf-8"))
    database = opened(house)
    with database.begin() as session:
        of = draft_of(session, code)
        assert of is not None
        book = playbook_of(of)
        changed = replace(book, tasks=(replace(book.tasks[0], due=timedelta(minutes=40)), *book.tasks[1:]))
        by = people.person("chen.jing")
        draft.edit(session, of, changed, revision=of.revision, people=people, by=by, at=house.now)
    database.close()


def test_what_will_not_do_is_said_at_its_field_and_what_was_typed_stays(house: House) -> None:
    """A time that is none, a text that is missing: both at their fields, at once; mended, it is saved."""
    chen = sit(house, "U0CHENJING")
    begin(chen, "power-outage")
    chen.press("plan_edit_open", beside="T02")
    wrong = chen.fill(**{"due#1": "很快", "id#1": "T01", "do.zh#1": "巡视油机。"})
    assert set(wrong) == {"due#1", "id#1"}, wrong
    assert "巡视油机。" in modal(chen).text
    assert chen.fill(**{"due#1": "25分钟", "id#1": "T02"}) == {}
    chen.redraw_choice("plan_piece_select", "overview")
    assert "时限由" in modal(chen).text
    chen.close()


def test_what_was_read_is_what_is_signed(house: House) -> None:
    """The draft is edited while its reviewer reads: agreeing is refused with what moved, and nothing is signed."""
    chen = sit(house, "U0CHENJING")
    begin(chen, "dns-outage")
    chen.press("plan_edit_open", beside="T01")
    assert chen.fill(**{"due#1": "31分钟"}) == {}
    chen.press("plan_submit_open")
    assert chen.fill(whom="li.wei") == {}
    li = sit(house, "U0LIWEI", "Tocsin")
    li.press("plan_read_open", beside="请审核")
    _colleague(house, "dns-outage")
    refused = li.submit()
    assert "不能“审核”" in str(refused), refused  # it went back to the desk, with who wrote it
    assert rows(house, "select id from playbook_hand where part = 'reviewer'") == []
    li.close()
    chen.close()


def test_who_wrote_it_does_not_review_it_and_a_responder_does_not_write(house: House) -> None:
    """The author reads without an answer to give; whoever may not write is refused where they pressed."""
    chen = sit(house, "U0CHENJING")
    begin(chen, "earthquake", "overview")
    chen.press("plan_submit_open")
    assert chen.fill(whom="li.wei") == {}
    chen.press("plan_read_open")
    assert not any(modal(chen).every("button", data_action="plan_refuse_press"))
    chen.close()
    zhang = sit(house, "U0ZHANGQIANG")
    zhang.say("/plan earthquake")
    assert not zhang.there("plan_version_press")
    zhang.press("plan_desk_press")
    assert not zhang.there("plan_submit_open")
    zhang.close()
    zhang.say("/plan")
    zhang.press("plan_new_open")
    assert "权限" in modal(zhang).text
    zhang.close()


def test_a_slip_of_the_code_is_looked_for(house: House) -> None:
    """An unknown code is no dead end: the library opens with those words, and says kindly that nothing is there."""
    chen = sit(house, "U0CHENJING")
    chen.say("/plan cabel-cut")
    assert "没有找到" in modal(chen).text
    chen.fill(plan_q="海缆")  # a search turns the form into what was found
    until(lambda: "submarine-cable" in modal(chen).text, what="the submarine cable plan")
    chen.close()


def test_an_amendment_lives_72_hours_at_most(house: House) -> None:
    """Too long is said at its field; within the limit it is in force at once, and stands as one person's."""
    li = sit(house, "U0LIWEI")
    li.say("/plan cooling-failure")
    li.choose("plan_more", "amend|")
    form = modal(li)
    blocks = [each.attrs.get("data-block", "") for each in form.every("div")]
    at = next(each.partition("#")[2] for each in blocks if "#" in each)
    late = str(int(house.now.timestamp()) + 80 * 3600)
    wrong = li.fill(until=late, reason="空调厂家来人要三天", **{f"due#{at}": "45 分钟"})
    assert set(wrong) == {"until"}
    soon = str(int(house.now.timestamp()) + 20 * 3600)
    assert li.fill(until=soon, reason="空调厂家来人要三天") == {}
    until(lambda: "应急修订，待事后审核" in modal(li).text, what="the page under the form is drawn anew")
    li.close()


def test_a_draft_is_told_of_an_amendment_and_takes_it_over_in_one_press(house: House) -> None:
    """While the draft is on the desk the plan is amended: the desk says what that changed; taken over, both stand."""
    chen = sit(house, "U0CHENJING")
    begin(chen, "ice-storm")
    chen.press("plan_edit_open", beside="T02")
    assert chen.fill(**{"due#1": "33 分钟"}) == {}
    _amended(house, "ice-storm")
    chen.redraw_choice("plan_piece_select", "overview")
    told = modal(chen).text
    assert "预案已有 ice-storm v2" in told.replace("`", "")
    assert "43 分钟内" in told
    assert not chen.there("plan_submit_open")
    chen.press("plan_take_over_press")
    told = modal(chen).text
    assert "33 分钟内" in told  # of v2 only this differs now
    assert "43 分钟内" not in told
    assert chen.there("plan_submit_open")
    chen.close()


def test_another_place_shows_the_plan_that_would_start_there(house: House) -> None:
    """Zhengzhou has a plan of its own: chosen in the declaration, it is named at once; elsewhere the general one."""
    database = opened(house)
    with database.begin() as session:
        stands = in_force_of(session, "collapse", at=house.now)
        assert stands is not None
        book = playbook_of(stands)
        local = replace(book, code="collapse-zhengzhou", units=("henan.zhengzhou",))
        publish.start(session, local, by="chen.jing", at=house.now)
    database.close()
    li = sit(house, "U0LIWEI")
    li.say("/incident")
    li.redraw("scenario", book.scenario)
    assert "collapse-zhengzhou" not in modal(li).text
    li.redraw("unit", "henan.zhengzhou")
    assert "collapse-zhengzhou v1" in modal(li).text
    li.redraw("unit", "shanghai")
    assert "collapse-zhengzhou" not in modal(li).text
    assert "collapse v1" in modal(li).text
    li.close()


def _amended(house: House, code: str) -> None:
    """The duty manager amends the same plan beside the house, as a second window would."""
    people = rosters.read(PEOPLE.read_text("utf-8"))
    database = opened(house)
    with database.begin() as session:
        stands = in_force_of(session, code, at=house.now)
        assert stands is not None
        book = playbook_of(stands)
        changed = replace(book, tasks=(replace(book.tasks[0], due=timedelta(minutes=43)), *book.tasks[1:]))
        common = {"until": house.now + timedelta(hours=9), "reason": "断路", "people": people}
        publish.amend(session, changed, **common, by=people.person("li.wei"), at=house.now)
    database.close()


def test_an_item_is_removed_only_from_what_was_looked_at(house: House) -> None:
    """Somebody edits while the list lies on the desk: what was chosen on the old list is refused, with what moved."""
    chen = sit(house, "U0CHENJING")
    begin(chen, "hot-work")
    _colleague(house, "hot-work")
    listed = modal(chen).text
    box = next(modal(chen).every("select", data_action="plan_remove_select"))
    (value,) = (each.attrs["value"] for each in box.every("option") if each.attrs.get("value", "").endswith("|T02"))
    refused = chen.redraw_choice("plan_remove_select", value).text
    assert "草稿已变更" in refused, refused
    assert "40 分钟" in refused
    chen.close()
    assert "T02" in listed
    assert "T02" in _yaml(house, "hot-work")


def test_a_file_is_read_in_whole_or_not_at_all(house: House) -> None:
    """Each fault of a plan file with its line, and no change; the mended one is read in; a document's chapters too."""
    chen = sit(house, "U0CHENJING")
    begin(chen, "core-network-outage", "overview")
    text = _yaml(house, "core-network-outage")
    _give(chen, "plan.yaml", text.replace("due: PT15M", "due: soon", 1).replace("from: IV", "from: V", 1))
    until(lambda: "plan.yaml:" in modal(chen).text, what="the faults of the file")
    assert modal(chen).text.count("plan.yaml:") == 2
    chen.close()
    _give(chen, "plan.yaml", text.replace("due: PT15M", "due: PT16M", 1))
    until(lambda: "已读入" in modal(chen).text, what="the file is read")
    chen.close()
    until(lambda: "时限由“15 分钟内”改为“16 分钟内”" in modal(chen).text, what="the desk says what came of it")
    _give(chen, "预案.md", "# 核心网应急预案\n\n## 1 总则\n\n编制目的。\n\n## 2 组织机构\n\n指挥部。\n")
    until(lambda: "正文 2 章" in modal(chen).text, what="the document is read")
    chen.close()
    until(lambda: "新增正文章节" in modal(chen).text, what="the desk has its chapters")
    chen.close()


def _yaml(house: House, code: str) -> str:
    """The plan as a file, as somebody took it home."""
    database = opened(house)
    with database.read() as session:
        of = draft_of(session, code)
        assert of is not None
        said = yaml_text(playbook_of(of))
    database.close()
    return said


def _give(person: Person, name: str, text: str) -> dict[str, str]:
    """Choose a file behind the draft's ⋯ and read it in."""
    person.choose("plan_more", "upload|")
    asked = {"as": person.slack, "name": name}
    answer = person.house.web.post(f"{person.house.url}/ui/give", params=asked, data=text.encode(), timeout=20)
    answer.raise_for_status()
    return person.submit(form_of(modal(person)) | {"file|value": [str(answer.json()["file"])]})
