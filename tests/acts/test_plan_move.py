"""A version changes while an incident runs: told in sentences, moved only by a person; what is met stays met."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from errors import NotForThisPlan, NotPermitted, WrongState
from escalation import call
from escalation.records import Dispatch, Standing
from escalation.words import Words
from incidents import close, records, report, run
from incidents.records import Task
from playbooks import publish
from playbooks import records as plans
from playbooks.records import Version
from playbooks.shape import Playbook, ResponseLevel
from store import journal
from store.database import Database
from tests.acts.incident_house import CHEN, GAO, HE, LI, PEOPLE, WANG, ZHANG, Scene, library, small

SMALL = small()
FIRST, SECOND, THIRD = SMALL.tasks_at("II")[:3]


@pytest.fixture
def scene(database: Database, at: Any) -> Scene:  # noqa: ANN401
    """A house with the small plan."""
    return Scene(database, at)


def newer(**changed: Any) -> Playbook:  # noqa: ANN401
    """The small plan, changed."""
    return replace(SMALL, **changed)


def reworded() -> Playbook:
    """The first task reads otherwise, the second is due later, the third is gone, one is new."""
    whole = library("core-network-outage")
    new = next(
        task for task in whole.tasks if task not in SMALL.tasks and task.role in {role.id for role in SMALL.roles}
    )
    rest = tuple(task for task in SMALL.tasks if task not in (FIRST, SECOND, THIRD))
    first = replace(FIRST, do=Words(zh="先打电话", en="phone first"))
    second = replace(SECOND, due=SECOND.due + timedelta(minutes=5))
    return newer(tasks=(first, second, replace(new, start=ResponseLevel.IV), *rest))


def tasks(scene: Scene, number: str) -> dict[str, Task]:
    """Its tasks by code."""
    with scene.database.read() as session:
        found = records.tasks(session, records.incident(session, number, lock=False))
        return {task.code: task for task in found}


def cards(scene: Scene, number: str) -> list[Dispatch]:
    """What the room was told of its plan."""
    return list(scene.dispatches(number, "plan_changed"))


def move(scene: Scene, number: str, to: Version, *, minute: float, **more: Any) -> None:  # noqa: ANN401
    """The commander's press."""
    scene.do(run.move, number, to, minute=minute, **more)


def test_told_and_nothing_moves(scene: Scene) -> None:
    """Incidents on the older version hear each change as a sentence, once; the version, tasks and clocks stay."""
    number, other = scene.active(), scene.declare(2, unit="shanghai")
    before = tasks(scene, number)
    scene.issue(reworded(), minute=10)
    scene.sweep(10)
    scene.sweep(11)
    (told,) = cards(scene, number)
    assert len(cards(scene, other)) == 1
    assert (told.place, told.facts["moved"]) == ("room", None)
    said = [each["en"] for each in told.facts["changes"]]
    assert any("phone first" in each for each in said)
    assert any(f"task {THIRD.id} is gone" in each for each in said)
    assert scene.version(number).number == 1
    assert {code: task.due_at for code, task in tasks(scene, number).items()} == {
        code: task.due_at for code, task in before.items()
    }
    newest = scene.declare(12, anyway=True)
    assert scene.version(newest).number == 2
    assert cards(scene, newest) == []


def test_what_is_over_is_not_told(scene: Scene) -> None:
    """A cancelled incident hears nothing."""
    number = scene.active()
    scene.do(run.cancel, number, "误报", minute=5, by=HE)
    scene.issue(reworded(), minute=10)
    scene.sweep(10)
    assert cards(scene, number) == []


def test_told_when_it_takes_effect(scene: Scene) -> None:
    """A version that waits for its instant is told then, and cannot be moved to before."""
    number = scene.active()
    two = scene.issue(reworded(), minute=10, effective=60)
    scene.sweep(59)
    assert cards(scene, number) == []
    with pytest.raises(NotForThisPlan):
        move(scene, number, two, minute=59)
    scene.sweep(60)
    assert len(cards(scene, number)) == 1


def test_moved_by_a_person(scene: Scene) -> None:
    """Open tasks follow the new version, done ones stay, those it has no more are settled and marked, new begin."""
    number = scene.active()
    start = tasks(scene, number)
    done = next(code for code in start if code not in (FIRST.id, SECOND.id, THIRD.id))
    scene.do(run.tick_task, number, done, evidence="工单", minute=5)
    two = scene.issue(reworded(), minute=10)
    scene.sweep(10)
    move(scene, number, two, minute=20)
    now = tasks(scene, number)
    assert scene.version(number).number == 2
    assert now[FIRST.id].words["zh"] == "先打电话"
    assert now[FIRST.id].due_at == start[FIRST.id].due_at
    assert now[SECOND.id].due_at == start[SECOND.id].due_at + timedelta(minutes=5)
    assert (now[THIRD.id].left_at, now[THIRD.id].done_at) == (scene.after(20), scene.after(20))
    assert (now[done].done_at, now[done].left_at) == (scene.after(5), None)
    (new,) = set(now) - set(start)
    fresh = next(task for task in reworded().tasks if task.id == new)
    assert now[new].due_at == scene.after(20) + fresh.due
    dues = scene.due(number, "task")
    assert dues[THIRD.id].state is Standing.CANCELLED
    assert dues[SECOND.id].ring_at == now[SECOND.id].due_at
    assert dues[done].state is Standing.MET
    edit = cards(scene, number)[-1]
    assert edit.facts["moved"] == {
        "by": "li.wei",
        "at": scene.after(20).isoformat(),
        "added": 1,
        "changed": 2,
        "left": 1,
    }
    with scene.database.read() as session:
        kinds = [entry.kind for entry in journal.entries(session, records.incident(session, number, lock=False).matter)]
    assert kinds.count("plan_changed") == kinds.count("plan_moved") == 1


def test_a_notice_does_not_say_that_what_left_was_done(scene: Scene) -> None:
    """A task that left with the old version is in no list of what was done."""
    number = scene.active()
    two = scene.issue(reworded(), minute=10)
    move(scene, number, two, minute=20)
    with scene.database.read() as session:
        of = records.incident(session, number, lock=False)
        assert THIRD.id in records.dropped(session, of)
        (notice, *_) = records.filings(session, of)
        told = report.content(session, of, notice, {}, people=PEOPLE, at=scene.after(21))
    words = {"zh": THIRD.do.zh, "en": THIRD.do.en}
    assert words not in [each["do"] for each in (*told["tasks_done"], *told["tasks_open"])]


def test_met_clocks_stay_met_and_new_duties_begin(scene: Scene) -> None:
    """A filed notice is filed; a duty that is new starts its clock; one that is gone stays until a person says so."""
    number = scene.active()
    scene.sign(number, "D2", minute=3)
    scene.carry(4, "portal", "mail")
    met_at = scene.due(number, "clock")["D2"].met_at
    assert met_at is not None
    gone = next(name for name, due in scene.due(number, "clock").items() if due.state is Standing.RUNNING)
    kept = tuple(duty for duty in SMALL.duties if duty.id not in (gone, "D2"))
    renamed = replace(next(duty for duty in SMALL.duties if duty.id == gone), id="D91", addressee=WHOM)
    two = scene.issue(newer(duties=(*kept, renamed)), minute=10)
    move(scene, number, two, minute=20)
    clocks = scene.due(number, "clock")
    assert (clocks["D2"].state, clocks["D2"].met_at) == (Standing.MET, met_at)
    assert clocks["D91"].state is Standing.RUNNING
    assert clocks[gone].state is Standing.RUNNING
    assert clocks[gone].facts["unasked"] is True
    scene.facts(number, {"users_affected": 5}, minute=21)  # every draft is written anew, the gone duty's too
    assert scene.read(number, gone)[0] >= 1
    due = clocks[gone].id
    scene.do(close.release, number, due, "新版预案不再要求", minute=22, by=WANG)
    assert scene.due(number, "clock")[gone].state is Standing.CANCELLED


WHOM = next(
    duty.addressee for duty in library("datacentre-fire-power").duties if duty.addressee.value == "emergency_authority"
)


def test_roles_follow(scene: Scene) -> None:
    """A role that the new version has no more is called no longer; one that is new is called at once."""
    whole = library("core-network-outage")
    number = scene.active()
    calling = {name for name, due in scene.due(number, call.KIND).items() if due.open}
    gone = min(calling - {"commander"})
    fresh = next(role for role in whole.roles if role not in SMALL.roles)
    roles = (*(role for role in SMALL.roles if role.id != gone), replace(fresh, start=ResponseLevel.IV))
    work = tuple(task for task in SMALL.tasks if task.role != gone)
    two = scene.issue(newer(roles=roles, tasks=work), minute=10)
    move(scene, number, two, minute=20)
    calls = scene.due(number, call.KIND)
    assert calls[gone].state is Standing.CANCELLED
    assert calls[fresh.id].open


def test_an_amendment_and_the_way_back(scene: Scene) -> None:
    """A task that left with an amendment comes back with the version that stands again, and begins anew."""
    number = scene.active()
    with scene.database.begin() as session:
        more: dict[str, Any] = {"until": scene.after(60), "reason": "断路", "people": PEOPLE, "by": LI}
        content = newer(tasks=tuple(task for task in SMALL.tasks if task != FIRST))
        two = publish.amend(session, content, **more, at=scene.after(10))
    scene.sweep(10)
    move(scene, number, two, minute=20)
    assert tasks(scene, number)[FIRST.id].left_at == scene.after(20)
    scene.sweep(60)
    told = cards(scene, number)[-1].facts
    assert (told["before"]["number"], told["now"]["number"], told["moved"]) == (2, 1, None)
    with scene.database.read() as session:
        one = plans.numbered(session, two.code, 1)
    move(scene, number, one, minute=70)
    again = tasks(scene, number)[FIRST.id]
    assert (again.left_at, again.done_at, again.due_at) == (None, None, scene.after(70) + FIRST.due)
    due = scene.due(number, "task")[FIRST.id]
    assert (due.state, due.ring_at) == (Standing.RUNNING, again.due_at)
    with pytest.raises(NotForThisPlan):
        move(scene, number, two, minute=71)


def test_who_may_move_it(scene: Scene) -> None:
    """The commander or a duty manager of the place; nobody else, to no other plan, not what is over; twice is once."""
    number = scene.active()
    two = scene.issue(reworded(), minute=10)
    for who in (ZHANG, WANG, CHEN):
        with pytest.raises(NotPermitted):
            move(scene, number, two, minute=11, by=who)
    with scene.database.read() as session:
        overall = plans.in_force_of(session, "overall-plan", at=scene.after(11))
    assert overall is not None
    with pytest.raises(NotForThisPlan):
        move(scene, number, overall, minute=11)
    move(scene, number, two, minute=12, by=GAO)
    told = len(cards(scene, number))
    move(scene, number, two, minute=13)
    assert len(cards(scene, number)) == told
    scene.do(run.cancel, number, "误报", minute=14, by=HE)
    with pytest.raises(WrongState):
        move(scene, number, two, minute=15)


def test_before_it_is_activated(scene: Scene) -> None:
    """A declared incident moves too; its tasks come from the new version when it is activated."""
    number = scene.declare()
    two = scene.issue(reworded(), minute=10)
    move(scene, number, two, minute=11)
    assert tasks(scene, number) == {}
    scene.do(run.activate, number, "II", minute=12)
    assert set(tasks(scene, number)) == {task.id for task in reworded().tasks_at("II")}


def test_a_lowered_level_keeps_its_tasks(scene: Scene) -> None:
    """What the plan has at a more serious level than now is not taken for gone."""
    number = scene.active()
    scene.do(run.set_level, number, "IV", reason="缓和", minute=5)
    two = scene.issue(newer(title=Words(zh="改名", en="Renamed")), minute=10)
    move(scene, number, two, minute=11)
    assert all(task.left_at is None for task in tasks(scene, number).values())
