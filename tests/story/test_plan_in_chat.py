"""A plan owner who has never seen YAML: from a starter plan to a version in force, with three hands, in the page."""

from __future__ import annotations

from tests.story.house import House, until
from tests.story.look import rows
from tests.story.page import Node, Person
from tests.story.team import Team

CODE = "flood-typhoon"
SAID = {"title": "郑东机房进水", "scenario": "flood_typhoon", "unit": "henan"}


def modal(person: Person) -> Node:
    """The form on top, which must be there."""
    found = person.modal()
    assert found is not None, person.notices()
    return found


def test_three_people_bring_a_changed_task_into_force_and_an_incident_moves_to_it(house: House) -> None:
    """Starter, draft, one task's time, submit, review, sign, issue, in force; the incident hears it and moves."""
    team = Team(house)
    assert team.declare("gao", **SAID) == {}
    team.gao.go("inc-")
    assert team.activate("gao", "IV", event_level="II") == {}
    chen = team.at_duty_room("chen")
    chen.presses = 0
    assert chen.say(f"/plan {CODE}") is not None
    assert "示范预案" in modal(chen).text
    chen.press("plan_version_press")
    chen.redraw_choice("plan_piece_select", "tasks")
    chen.press("plan_edit_open", beside="T01")
    assert chen.fill(**{"due#1": "20 分钟"}) == {}
    chen.redraw_choice("plan_piece_select", "overview")
    assert "时限由“15 分钟内”改为“20 分钟内”" in modal(chen).text
    chen.press("plan_submit_open")
    assert chen.fill(whom="li.wei") == {}
    assert "审核中" in modal(chen).text
    chen.close()
    assert chen.presses <= 9, chen.presses
    li = team.at_duty_room("li").go("Tocsin")
    li.presses = 0
    li.press("plan_read_open", beside="请审核")
    assert "20 分钟内" in modal(li).text
    assert li.fill(whom="wang.fang", note="同意") == {}
    assert li.presses == 2
    wang = team.at_duty_room("wang").go("Tocsin")
    wang.presses = 0
    wang.press("plan_read_open", beside="请签发")
    assert wang.submit() == {}
    assert wang.presses == 2
    chen.go("Tocsin").presses = 0
    chen.press("plan_issue_open", beside="可以印发")
    assert chen.submit() == {}
    assert chen.presses == 2
    until(lambda: team.gao.there("plan_move_press"), 20, what="the incident hears of v2")
    assert "20 分钟内" in team.gao.log()
    team.gao.press("plan_move_press")
    until(lambda: "已改用" in team.gao.log(), what="it has moved")
    (stands,) = rows(house, "select number, origin from plan_register where code = 'flood-typhoon'")
    assert (stands["number"], stands["origin"]) == (2, "issued")
    hands = rows(house, "select part, person from playbook_hand order by id")
    assert [(each["part"], each["person"]) for each in hands] == [
        ("author", "chen.jing"),
        ("reviewer", "li.wei"),
        ("signer", "wang.fang"),
    ]
