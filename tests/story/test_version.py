"""A version changes while an incident runs: its room hears it in sentences, and moves by one press of its commander."""

from __future__ import annotations

from dataclasses import replace

from escalation.words import Words
from playbooks.records import numbered, playbook_of
from tests.story.house import House, until
from tests.story.look import rows
from tests.story.plans import enter, opened
from tests.story.team import Team

SAID = {"title": "郑东机房进水", "scenario": "flood_typhoon", "unit": "henan"}


def test_the_room_hears_of_a_new_version_and_moves_by_one_press(house: House) -> None:
    """Issued by three beside the running house: told at the next beat, nothing moves, one press and it has moved."""
    team = Team(house)
    assert team.declare("gao", **SAID) == {}
    team.gao.go("inc-")
    assert team.activate("gao", "IV", event_level="II") == {}
    before = _runs_on(house)
    database = opened(house)
    with database.read() as session:
        tasks = playbook_of(numbered(session, "flood-typhoon", before)).tasks
    database.close()
    first = replace(tasks[0], do=Words(zh="先确认人员安全再抽水", en="first the people, then the pumps"))
    enter(house, "flood-typhoon", tasks=(first, *tasks[1:]))
    until(lambda: "先确认人员安全再抽水" in team.gao.log(), 20, what="the room hears what changed")
    assert "不会自动改变" in team.gao.log()
    assert _runs_on(house) == before
    team.zhang.press("plan_move_press")  # not his to decide: told to him alone, nothing moves
    until(lambda: "您没有执行此操作的权限" in team.zhang.log(), what="the refusal")
    assert _runs_on(house) == before
    team.gao.press("plan_move_press")
    until(lambda: "已改用" in team.gao.log(), what="the room hears that it has moved")
    house.settle()
    assert _runs_on(house) == before + 1
    assert not team.gao.there("plan_move_press")


def _runs_on(house: House) -> int:
    wanted = "select v.number from incident i join playbook_version v on v.id = i.version_id"
    return int(rows(house, wanted)[0]["number"])
