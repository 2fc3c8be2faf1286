"""Levels, facts, tasks and the end: what starts, what stays, what is told, and that the end is quiet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from errors import (
    AlreadyDone,
    BadValue,
    BeforeItBegan,
    CannotClose,
    EvidenceWanted,
    NoSuchDuty,
    NoSuchIncident,
    NoSuchTask,
    NotPermitted,
    Refusal,
    SameIncident,
    SecondPersonWanted,
    WrongState,
)
from escalation import notices
from escalation.deliver import Rejected
from escalation.records import Deadline, Dispatch, Standing, State
from incidents import assess, close, picture, records, report, run
from incidents.machine import State as Stands
from incidents.records import Assessment, Fact, Incident, Task
from incidents.run import Declaration
from store import journal
from store.database import Database
from tests.acts.incident_house import CHEN, GAO, HE, LEVEL_I, LI, PEOPLE, RECEIPTS, RINGS, WANG, ZHANG, Scene, small
from tests.conftest import KEY

ANSWERS = {"Q1": "误操作", "Q2": " "}


@pytest.fixture
def scene(database: Database, at: datetime) -> Scene:
    """A house with one small plan."""
    return Scene(database, at)


# --- levels ----------------------------------------------------------------------------------------------------------


def test_raising_starts_only_what_is_added(scene: Scene) -> None:
    """New tasks are due from the press, new roles are called; what ran or was answered is not touched."""
    number = scene.active("IV", "III")
    scene.do(run.take_role, number, "noc", minute=2, by=ZHANG)
    before = {name: (due.due_at, due.state, due.ring_at) for name, due in scene.due(number, "task").items()}
    calls = {name: due.ring_at for name, due in scene.due(number, "call").items()}
    scene.do(run.set_level, number, "II", reason="扩大", minute=10)
    tasks = scene.due(number, "task")
    added = {task.id for task in small().tasks_at("II")} - {task.id for task in small().tasks_at("IV")}
    assert set(tasks) - set(before) == added
    assert {name: (due.due_at, due.state, due.ring_at) for name, due in tasks.items() if name in before} == before
    assert all(tasks[task.id].due_at == scene.after(10) + task.due for task in small().tasks if task.id in added)
    after = {name: due.ring_at for name, due in scene.due(number, "call").items()}
    assert {name: after[name] for name in calls} == calls
    assert set(after) - set(calls) == {"wireless"}
    (level,) = scene.dispatches(number, "level")
    assert level.facts["called"] == ["wireless"]


def test_lowering_stops_nothing_silently(scene: Scene) -> None:
    """Tasks and calls of the higher level go on; nobody is called again; the reason stands in the journal."""
    number = scene.active("II")
    tasks, calls = scene.due(number, "task"), len(scene.dispatches(number, "calls"))
    scene.do(run.set_level, number, "IV", reason="缓解", minute=10)
    assert set(scene.due(number, "task")) == set(tasks)
    assert {due.state for due in scene.due(number, "call").values()} == {Standing.RUNNING}
    assert len(scene.dispatches(number, "calls")) == calls
    assert scene.entries(number, "level_set")[0].body["reason"] == "缓解"


def test_a_rise_restarts_no_clock_that_hung_on_the_old_level(scene: Scene) -> None:
    """From III to I: what was met stays met; the written report runs 4 h from the rise, and no later than before."""
    number = scene.active("III", "III", ago=30)
    scene.sign(number, "D1", minute=5)
    more = {"spoken_to": "刘", "spoken_at": scene.after(6), "reference": ""}
    scene.on(report.confirm_by_hand, number, "D1", minute=6, **more)
    assert scene.due(number, "clock")["D2"].due_at == scene.after(-30 + 24 * 60)
    scene.do(run.set_level, number, "I", event_level="I", reason="核实", minute=60)
    clocks = scene.due(number, "clock")
    assert clocks["D1"].met_at == scene.after(6)
    assert (clocks["D2"].started_at, clocks["D2"].due_at) == (scene.after(60), scene.after(60 + 240))
    assert clocks["D2"].was_due_at == scene.after(-30 + 24 * 60)
    assert clocks["D2"].facts["would_have_been_due_at"] == scene.after(-30 + 240).isoformat()
    of = scene.incident(number)
    assert (of.level_before, of.level_changed_at) == ("III", scene.after(60))


def test_a_late_rise_gives_no_more_time(scene: Scene) -> None:
    """An hour before the 24 h of level III are over, level I does not give four new hours."""
    number = scene.active("III", "III")
    scene.do(run.set_level, number, "I", event_level="I", reason="核实", minute=23 * 60)
    assert scene.due(number, "clock")["D2"].due_at == scene.after(24 * 60)


def test_what_the_lower_level_does_not_ask_is_marked(scene: Scene) -> None:
    """Level IV asks for no notice: the running clocks stay and are marked; asked again, the mark goes."""
    number = scene.active("II", "III")
    scene.do(run.set_level, number, "II", event_level="IV", reason="核实", minute=10)
    clocks = scene.due(number, "clock")
    assert {name: (clocks[name].state, clocks[name].facts["unasked"]) for name in ("D1", "D2")} == {
        "D1": (Standing.RUNNING, True),
        "D2": (Standing.RUNNING, True),
    }
    scene.do(run.set_level, number, "II", event_level="III", reason="又核实", minute=20)
    assert scene.due(number, "clock")["D2"].facts["unasked"] is False


def test_after_the_response_only_the_event_level_is_decided(scene: Scene) -> None:
    """Closing asks for it, so it can be given then; the response level cannot be moved any more."""
    number = scene.active("II", None)
    scene.do(run.stand_down, number, {0}, minute=10)
    with pytest.raises(WrongState):
        scene.do(run.set_level, number, "I", event_level="III", reason="x", minute=11)
    with pytest.raises(WrongState):
        scene.do(run.set_level, number, "II", reason="x", minute=11)
    scene.do(run.set_level, number, "II", event_level="IV", reason="核实", minute=12)
    assert scene.incident(number).level == "IV"
    assert scene.incident(number).stands is Stands.STOOD_DOWN


# --- facts -----------------------------------------------------------------------------------------------------------


def test_facts_keep_their_history(scene: Scene) -> None:
    """A later value supersedes and both stay, with time, source and name; the same value again is nothing."""
    number = scene.active()
    assert scene.facts(number, {"users_affected": 100}, minute=2) == ["users_affected"]
    assert scene.facts(number, {"users_affected": 100}, minute=3) == []
    scene.facts(number, {"users_affected": 90, "duration_hours": 0}, minute=4, by=CHEN)
    with scene.database.read() as session:
        of = records.incident(session, number, lock=False)
        history = [(f.value["is"], f.by, f.at) for f in records.fact_history(session, of, "users_affected")]
        shown = {row["name"]: row for row in picture.figures(session, of, small())}
    assert history == [(90, "chen.jing", scene.after(4)), (100, "zhang.qiang", scene.after(2))]
    assert (shown["users_affected"]["value"], shown["users_affected"]["before"]) == (90, 100)
    assert shown["duration_hours"]["value"] == 0
    assert shown["user_minutes"]["value"] is None


def test_a_fact_is_never_rewritten(scene: Scene) -> None:
    """Not even by hand in the database."""
    number = scene.active()
    scene.facts(number, {"users_affected": 100}, minute=2)
    for sql in ("update fact set revision = 9", "delete from fact", "update assessment set version = 2"):
        if "assessment" in sql:
            scene.do(assess.assess, number, ANSWERS, minute=3)
        with pytest.raises(Exception, match="never changes"), scene.database.begin() as session:
            session.execute(text(sql))


def test_a_grade_is_a_lower_bound(scene: Scene) -> None:
    """Unknown is not zero: without the duration level I is not reached, and what is missing is named."""
    number = scene.active("II", None)
    scene.facts(number, {"users_affected": 977_000}, minute=2)
    graded = scene.incident(number).graded
    assert (graded["level"], graded["provisional"]) == (None, True)
    assert "duration_hours" in graded["unknown"]
    assert scene.incident(number).level is None
    assert scene.due(number, "clock")["D2"].state is Standing.NOT_STARTED


def test_a_rise_by_facts_starts_the_clocks_from_that_instant(scene: Scene) -> None:
    """Graded I at minute 60: written report 4 h from then, beside what it would have been; the room hears why."""
    number = scene.active("II", None, ago=30)
    scene.facts(number, LEVEL_I, minute=60)
    due = scene.due(number, "clock")["D2"]
    assert due.due_at == scene.after(60 + 240)
    assert due.facts["would_have_been_due_at"] == scene.after(-30 + 240).isoformat()
    (graded,) = scene.dispatches(number, "graded")
    assert (graded.facts["event_level"], graded.facts["before"]) == ("I", None)
    assert set(scene.filings(number)) == {"D1", "D2"}


def test_a_persons_level_wins_over_the_grade(scene: Scene) -> None:
    """Facts that give I beside a decision for III: III stands, and what the facts give is shown."""
    number = scene.active("II", "III")
    scene.facts(number, LEVEL_I, minute=5)
    of = scene.incident(number)
    assert (of.level, of.graded["level"], of.level_changed_at) == ("III", "I", None)


def test_a_corrected_beginning_moves_what_is_open(scene: Scene) -> None:
    """It began an hour earlier: the open clock moves and shows both; what was met stays as it was met."""
    number = scene.active()
    scene.sign(number, "D1", minute=2)
    more = {"spoken_to": "刘", "spoken_at": scene.after(3), "reference": ""}
    scene.on(report.confirm_by_hand, number, "D1", minute=3, **more)
    met = scene.due(number, "clock")["D1"]
    scene.facts(number, {"occurred_at": scene.after(-60).isoformat()}, minute=10)
    clocks = scene.due(number, "clock")
    assert (clocks["D2"].due_at, clocks["D2"].was_due_at) == (scene.after(-60 + 240), scene.after(240))
    assert (clocks["D1"].met_at, clocks["D1"].started_at) == (met.met_at, met.started_at)
    assert scene.entries(number, "deadline_moved")[-1].body["was"] == scene.after(240).isoformat()


@pytest.mark.parametrize("values", [{"nonsense": 1}, {"classified_at": "2027-03-01T00:00:00+00:00"}])
def test_only_known_facts_are_taken(scene: Scene, values: dict[str, Any]) -> None:
    """A name that is no fact is refused, and so is what the house notes itself."""
    number = scene.active()
    before = len(scene.rows(Fact))
    with pytest.raises(BadValue):
        scene.facts(number, values, minute=2)
    assert len(scene.rows(Fact)) == before


def test_assessments_are_versions(scene: Scene) -> None:
    """Each is kept; blanks are not answers."""
    number = scene.active()
    for minute in (2, 3):
        scene.do(assess.assess, number, ANSWERS, minute=minute, by=CHEN)
    assert [(row.version, row.answers) for row in scene.rows(Assessment)] == [
        (1, {"Q1": "误操作"}),
        (2, {"Q1": "误操作"}),
    ]


# --- tasks -----------------------------------------------------------------------------------------------------------


def test_a_task_is_one_press(scene: Scene) -> None:
    """Taken, ticked: met, in the journal; ticked or taken again it says by whom and when."""
    number = scene.active()
    scene.do(run.take_task, number, "T02", minute=2, by=ZHANG)
    scene.do(run.tick_task, number, "T02", minute=3, by=ZHANG)
    assert scene.due(number, "task")["T02"].met_at == scene.after(3)
    for act in (run.tick_task, run.take_task):
        with pytest.raises(AlreadyDone, match="张强"):
            scene.do(act, number, "T02", minute=4, by=CHEN)
    assert len(scene.entries(number, "task_done")) == 1
    with pytest.raises(NoSuchTask):
        scene.do(run.tick_task, number, "T99", minute=4)


def test_evidence_is_wanted(scene: Scene) -> None:
    """A task that asks for it is not ticked with blanks."""
    number = scene.active()
    with pytest.raises(EvidenceWanted):
        scene.do(run.tick_task, number, "T03", minute=2, evidence="  ")
    assert scene.due(number, "task")["T03"].state is Standing.RUNNING
    assert scene.do(run.tick_task, number, "T03", minute=3, evidence=" 12万 ").given == "12万"


def test_tasks_are_added_and_dropped(scene: Scene) -> None:
    """What the plan lacks is added under its own code; what is not needed is dropped with a reason, never without."""
    number = scene.active()
    codes = [scene.do(run.add_task, number, "noc", f" 查{n} ", due_at=None, minute=2).code for n in range(2)]
    assert codes == ["X01", "X02"]
    assert scene.due(number, "task")["X01"].due_at == scene.after(62)
    with pytest.raises(BadValue):
        scene.do(run.add_task, number, "noc", " ", due_at=None, minute=2)
    with pytest.raises(BadValue):
        scene.do(close.drop_task, number, "X01", " ", minute=3)
    scene.do(close.drop_task, number, "X01", "已并入X02", minute=3)
    assert scene.due(number, "task")["X01"].state is Standing.CANCELLED
    assert scene.entries(number, "task_dropped")[0].body["why"] == "已并入X02"


def test_a_late_task_nags_every_hour(scene: Scene) -> None:
    """Its assignee, else its role's holder, else the commander is told straight until it is done."""
    number = scene.active()
    scene.do(run.take_task, number, "T02", minute=2, by=ZHANG)
    for minute in (16, 76, 136):
        scene.sweep(minute - 0.1)
        scene.sweep(minute)
    told = [row for row in scene.dispatches(number, "task_due") if row.facts["code"] == "T02"]
    assert [(row.facts["to"], row.created_at) for row in told] == [
        ("zhang.qiang", scene.after(m)) for m in (16, 76, 136)
    ]
    others = {row.facts["to"] for row in scene.dispatches(number, "task_due") if row.facts["code"] != "T02"}
    assert others == {"li.wei"}
    scene.do(run.tick_task, number, "T02", minute=140, by=ZHANG)
    scene.sweep(200)
    assert len([row for row in scene.dispatches(number, "task_due") if row.facts["code"] == "T02"]) == 3


def test_where_nobody_is_in_charge_the_declarer_hears(scene: Scene) -> None:
    """No assignee, no holder, no commander: somebody is told all the same."""
    number = scene.declare(by=ZHANG)
    scene.do(run.activate, number, "II", minute=1)
    scene.sweep(30)
    assert {row.facts["to"] for row in scene.dispatches(number, "task_due")} == {"zhang.qiang"}


# --- the end ---------------------------------------------------------------------------------------------------------


def test_standing_down_ends_the_calling_and_leaves_what_is_owed(scene: Scene) -> None:
    """Criteria are on record, nobody is called any more, statutory clocks run on."""
    number = scene.active()
    scene.do(run.stand_down, number, {0, 2}, note="观察", minute=10)
    entry = scene.entries(number, "stood_down")[0]
    assert [each["met"] for each in entry.body["criteria"]] == [True, False, True, False, False]
    assert {due.state for due in scene.due(number, "call").values()} == {Standing.MET}
    assert scene.due(number, "clock")["D2"].state is Standing.RUNNING
    assert scene.incident(number).stood_down_at == scene.after(10)


def test_who_cannot_be_told_is_not_waited_for(scene: Scene) -> None:
    """Chat refuses everybody of a rung: the next rung is called at once, not when its wait is over."""
    number = scene.active()
    scene.carry(1.5)
    scene.wires["slack"].outcome = Rejected(why="user_not_found")
    for minute in (3, 3.1, 3.2):
        scene.carry(minute)
    called = [row.facts["n"] for row in scene.dispatches(number, "call") if row.facts["role"] == "core"]
    assert set(called) == {2, 3}  # the second at its time, the third because nobody heard the second


def test_resumed_it_goes_on(scene: Scene) -> None:
    """Late tasks ring again, and roles that nobody holds are called anew up their ladder."""
    number = scene.active()
    scene.do(run.take_role, number, "noc", minute=2, by=ZHANG)
    scene.sweep(3)
    scene.do(run.stand_down, number, set(), minute=10)
    scene.sweep(120)
    assert not scene.dispatches(number, "task_due")
    scene.do(run.resume, number, minute=130)
    scene.sweep(132)
    assert {row.facts["code"] for row in scene.dispatches(number, "task_due")} >= {"T01", "T02"}
    again = [row for row in scene.dispatches(number, "call") if row.created_at == scene.after(132)]
    assert {row.facts["role"] for row in again} == {"core", "wireless", "liaison"}
    scene.do(run.take_role, number, "core", minute=133, by=CHEN)
    assert scene.due(number, "call")["core.2"].state is Standing.MET
    of = scene.incident(number)
    assert (of.stands, of.stood_down_at, of.response_level) == (Stands.RESPONDING, None, "II")


def _codes(scene: Scene, number: str, *, minute: float) -> set[str]:
    with pytest.raises(CannotClose) as refused:
        scene.do(close.close, number, minute=minute)
    return set(refused.value.facts["codes"])


def test_closing_says_everything_that_is_open(database: Database) -> None:
    """Each reason has its code; one after the other they go, and then it closes and is quiet.

    A final report is wanted from the moment that something was reported, and not where nothing was.
    """
    scene = Scene(database, datetime.fromisoformat("2026-09-07T01:00:00+00:00"))
    number = scene.active("IV", None)
    late = {"TASKS_OPEN", "LEVEL_UNDETERMINED"}
    assert _codes(scene, number, minute=2) == late | {"NOT_STOOD_DOWN"}
    scene.do(run.stand_down, number, {0}, minute=3)
    assert _codes(scene, number, minute=4) == late | {"NOT_REVIEWED"}
    for answer in ("第一版", "第二版"):
        scene.do(assess.review, number, {"R1": answer}, minute=5)
    assert _codes(scene, number, minute=6) == late
    scene.do(run.set_level, number, "IV", event_level="III", reason="核实", minute=7)
    for task in [task for task in scene.rows(Task) if task.done_at is None]:
        scene.do(close.drop_task, number, task.code, "结束", minute=8)
    assert _codes(scene, number, minute=9) == {"NOTICE_NOT_FILED"}
    scene.sign(number, "D1", minute=10)
    scene.sign(number, "D2", minute=10)
    assert _codes(scene, number, minute=11) == {"NOTICE_IN_FLIGHT", "FINAL_REPORT_NOT_FILED"}
    _file_everything(scene, number)
    scene.do(close.close, number, minute=40)
    assert scene.incident(number).stands is Stands.CLOSED
    _assert_quiet(scene, number)


def _file_everything(scene: Scene, number: str) -> None:
    more = {"spoken_to": "刘", "spoken_at": scene.after(12), "reference": ""}
    scene.on(report.confirm_by_hand, number, "D1", minute=12, **more)
    scene.facts(number, LEVEL_I | {"restored_at": scene.after(13).isoformat(), "affects_911": False}, minute=14)
    scene.facts(
        number, {"inter_operator_voice_total_block_hours": 0, "user_minutes": 9, "direct_loss_yuan": 0}, minute=15
    )
    scene.carry(16, "portal")
    words = dict.fromkeys(notices.WRITTEN, "写明")
    scene.on(report.write, number, "D4", words, minute=17, by=ZHANG)
    scene.sign(number, "D4", minute=18)
    scene.carry(19, "portal")


def _assert_quiet(scene: Scene, number: str) -> None:
    """Whatever is rung afterwards says nothing and never rings again."""
    before = len(scene.dispatches(number))
    scene.sweep(10_000)
    assert len(scene.dispatches(number)) == before
    at = scene.after(20_000)
    with scene.database.begin() as session:
        matter = records.incident(session, number).matter
        for kind in ("clock", "task"):
            for due in session.query(Deadline).where(Deadline.matter == matter, Deadline.kind == kind):
                assert RINGS[kind](session, due, at) is None


def test_a_false_alarm_is_quiet(scene: Scene) -> None:
    """Clocks, tasks and calls are cancelled with the reason; nothing rings, and nothing can be done to it."""
    number = scene.active()
    scene.do(run.cancel, number, "误报", minute=5, by=GAO)
    for kind in ("clock", "task", "call"):
        assert {due.state for due in scene.due(number, kind).values()} == {Standing.CANCELLED}
    assert scene.entries(number, "cancelled")[0].body["why"] == "误报"
    _assert_quiet(scene, number)
    for act in _acts():
        before = len(scene.entries(number))
        with pytest.raises(WrongState):
            act(scene, number)
        assert len(scene.entries(number)) == before


def _acts() -> list[Callable[[Scene, str], object]]:
    """Every act that works on an incident, with arguments that an open one would take."""
    return [
        lambda s, n: s.do(run.activate, n, "I", minute=9),
        lambda s, n: s.do(run.set_level, n, "I", reason="r", minute=9),
        lambda s, n: s.do(run.take_role, n, "noc", minute=9, by=ZHANG),
        lambda s, n: s.do(run.hand_over, n, "noc", GAO, minute=9),
        lambda s, n: s.do(run.add_task, n, "noc", "查", due_at=None, minute=9),
        lambda s, n: s.do(run.take_task, n, "T02", minute=9),
        lambda s, n: s.do(run.tick_task, n, "T02", minute=9),
        lambda s, n: s.do(close.drop_task, n, "T02", "r", minute=9),
        lambda s, n: s.facts(n, {"users_affected": 7}, minute=9),
        lambda s, n: s.do(assess.assess, n, ANSWERS, minute=9),
        lambda s, n: s.do(run.stand_down, n, {0}, minute=9),
        lambda s, n: s.do(run.resume, n, minute=9),
        lambda s, n: s.do(assess.review, n, {"R1": "x"}, minute=9),
        lambda s, n: s.do(run.cancel, n, "r", minute=9),
        lambda s, n: s.on(report.write, n, "D2", {}, minute=9),
        lambda s, n: s.on(report.ask_to_sign, n, "D2", WANG, minute=9),
        lambda s, n: s.on(report.send_back, n, "D2", "r", minute=9, by=WANG),
        lambda s, n: s.on(report.resend, n, "D2", minute=9),
        lambda s, n: s.sign(n, "D2", minute=9),
    ]


def test_the_same_thing_declared_twice_is_merged(scene: Scene) -> None:
    """One is cancelled and points to the other, whose journal says what it took in."""
    one, other = scene.active(), scene.declare(2, anyway=True)
    scene.do(lambda s, of, **k: run.merge(s, of, records.incident(s, other), **k), one, minute=3)
    of = scene.incident(one)
    assert (of.stands, of.merged_into) == (Stands.CANCELLED, other)
    assert scene.entries(other, "absorbed")[0].body["number"] == one
    _assert_quiet(scene, one)
    assert scene.incident(other).stands is Stands.DECLARED


def test_what_does_not_belong_together_is_not_merged(scene: Scene) -> None:
    """Not with itself, not a drill with a real one, not into what is over."""
    real, drill, over = scene.declare(), scene.declare(exercise=True), scene.declare(1, unit="shanghai")
    scene.do(run.cancel, over, "误报", minute=2)
    for into in (real, drill, over):
        with pytest.raises(SameIncident):
            scene.do(lambda s, of, n=into, **k: run.merge(s, of, records.incident(s, n), **k), real, minute=3)
    assert scene.incident(real).stands is Stands.DECLARED


def test_the_duty_room_follows(scene: Scene) -> None:
    """What is over leaves the duty room's card."""
    number = scene.active()
    scene.do(run.cancel, number, "误报", minute=5, by=GAO)
    with scene.database.read() as session:
        cards = session.query(Dispatch).where(Dispatch.kind == "duty_card").order_by(Dispatch.id).all()
    assert [[each["number"] for each in card.facts["open"]] for card in cards] == [[number], []]


def test_nobody_without_the_right_does_anything(scene: Scene) -> None:
    """Somebody who holds no role is refused by every act before anything else is looked at."""
    number = scene.active()
    nobody = type(ZHANG)(
        **{name: getattr(ZHANG, name) for name in ZHANG.__slots__} | {"id": "x", "roles": {}, "posts": {}}
    )
    said = Declaration(title="x", scenario="core_network", unit="henan", occurred_at=scene.start)
    acts: list[Callable[[Any, Any], object]] = [
        lambda s, of: run.set_level(s, of, "I", reason="r", people=PEOPLE, by=nobody, at=scene.start),
        lambda s, of: run.take_role(s, of, "core", people=PEOPLE, by=nobody, at=scene.start),
        lambda s, of: run.tick_task(s, of, "T02", people=PEOPLE, by=nobody, at=scene.start),
        lambda s, of: run.cancel(s, of, "r", by=nobody, at=scene.start),
        lambda s, of: close.close(s, of, by=nobody, at=scene.start),
        lambda s, of: assess.review(s, of, {}, by=nobody, at=scene.start),
        lambda s, _: run.declare(s, said, people=PEOPLE, by=nobody, at=scene.start),
    ]
    for act in acts:
        with pytest.raises(NotPermitted), scene.database.begin() as session:
            act(session, records.incident(session, number))


def test_an_incident_that_is_not_there(scene: Scene) -> None:
    """Its number is in the refusal; small letters find it all the same."""
    number = scene.declare()
    with scene.database.begin() as session:
        assert records.incident(session, f" {number.lower()} ").number == number
        with pytest.raises(NoSuchIncident, match="INC-9"):
            records.incident(session, "INC-9")


# --- drills ----------------------------------------------------------------------------------------------------------


def test_a_drill_never_leaves_the_house(database: Database) -> None:
    """Through every act of a whole life, and whatever failed: each dispatch is an exercise, nothing real was sent."""
    scene = Scene(database, datetime.fromisoformat("2026-09-07T01:00:00+00:00"))
    number = scene.active("IV", "III", exercise=True)
    scene.do(run.take_role, number, "noc", minute=2, by=ZHANG)
    scene.do(run.hand_over, number, "noc", CHEN, minute=2, by=ZHANG)
    scene.do(run.set_level, number, "II", event_level="I", reason="r", minute=3)
    scene.do(run.add_task, number, "noc", "查", due_at=None, minute=3)
    scene.do(run.take_task, number, "T02", minute=3, by=ZHANG)
    scene.do(run.tick_task, number, "T02", minute=4, by=ZHANG)
    scene.do(assess.assess, number, ANSWERS, minute=5)
    scene.on(report.write, number, "D2", {"summary": "x"}, minute=5, by=ZHANG)
    scene.on(report.ask_to_sign, number, "D2", WANG, minute=6, by=ZHANG)
    scene.on(report.send_back, number, "D2", "r", minute=6, by=WANG)
    scene.sign(number, "D1", minute=9)
    scene.sign(number, "D2", minute=9)
    scene.shelf.outcome = type(scene.shelf.outcome)(receipt={"receipt": "EXERCISE-1"})
    for minute in (10, 70, 200, 400):
        scene.carry(minute)
    _file_everything(scene, number)
    scene.do(run.stand_down, number, {0}, minute=410)
    scene.do(run.resume, number, minute=411)
    scene.sweep(500)
    scene.do(run.cancel, number, "演练结束", minute=510)
    scene.carry(520)
    rows = scene.dispatches(number)
    assert len({row.kind for row in rows}) > 15
    assert {row.exercise for row in rows} == {True}
    assert not scene.wires["portal"].carried
    assert not scene.wires["mail"].carried
    assert "【演练】" in next(row for row in rows if row.kind == "notice").facts["text"]
    assert {row.state for row in rows if row.kind == "notice"} <= {State.DELIVERED}


def test_the_journal_holds(scene: Scene) -> None:
    """After all this the chain is whole, and each entry names who and when."""
    number = scene.active()
    scene.facts(number, LEVEL_I, minute=2)
    scene.sign(number, "D2", minute=3)
    scene.carry(4)
    with scene.database.read() as session:
        assert journal.verify(session, KEY) > 8
    assert {entry.by for entry in scene.entries(number, "activated", "facts_set", "signed")} == {
        "li.wei", "zhang.qiang", "wang.fang",
    }  # fmt: skip


# --- two at once -----------------------------------------------------------------------------------------------------


def test_a_ring_waits_for_nobody(database: Database, at: datetime) -> None:
    """While a press holds the incident its clock is rung again a moment later; neither waits for the other."""
    if database.sqlite:
        pytest.skip("SQLite has one writer")
    scene = Scene(database, at)
    number = scene.active()
    before = len(scene.dispatches(number, "clock"))
    with database.begin() as session:
        records.incident(session, number)
        ringing = threading.Thread(target=scene.sweep, args=(125,))
        ringing.start()
        ringing.join(10)
        assert not ringing.is_alive()
    assert len(scene.dispatches(number, "clock")) == before
    scene.sweep(126)
    assert len(scene.dispatches(number, "clock")) > before


def test_presses_and_rings_at_once_lose_nothing(scene: Scene) -> None:
    """Six people press on one incident while it rings: every press is in the journal, none is told of a fault."""
    number = scene.active()
    faults: list[BaseException] = []

    def press(n: int) -> None:
        try:
            for k in range(3):
                scene.facts(number, {"users_affected": 1000 * n + k + 1}, minute=125 + k)
        except Exception as fault:  # noqa: BLE001 -- any fault at all fails the test
            faults.append(fault)

    def bell() -> None:
        for k in range(8):
            scene.sweep(125 + k)

    threads = [threading.Thread(target=press, args=(n,)) for n in range(6)] + [threading.Thread(target=bell)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not faults
    assert len(scene.entries(number, "facts_set")) == 18 + 1
    revisions = [fact.revision for fact in scene.rows(Fact) if fact.name == "users_affected"]
    assert len(set(revisions)) == 18


def test_what_was_read_before_the_lock_is_read_again(database: Database, at: datetime) -> None:
    """A press that found the incident before it locked it works on what stands now, not on what it saw."""
    if database.sqlite:
        pytest.skip("SQLite has one writer")
    scene = Scene(database, at)
    number = scene.active()
    with database.begin() as session:
        seen = records.incident(session, number, lock=False)
        scene.do(run.stand_down, number, {0}, minute=2)
        assert records.incident(session, number).stands is Stands.STOOD_DOWN
        assert seen.stands is Stands.STOOD_DOWN
        run.resume(session, seen, people=PEOPLE, by=LI, at=scene.after(3))
    assert scene.incident(number).stands is Stands.RESPONDING


def test_a_fault_leaves_nothing(scene: Scene) -> None:
    """A refusal late in an act takes everything back: state, rows and journal."""
    number = scene.active()
    before = (len(scene.dispatches(number)), len(scene.entries(number)), scene.incident(number).edits)
    version, digest = scene.read(number, "D2")
    more = {"version": version, "digest": digest + "x", "receipts": RECEIPTS}
    with pytest.raises(Refusal):
        scene.on(report.sign, number, "D2", minute=5, by=WANG, **more)
    assert (len(scene.dispatches(number)), len(scene.entries(number)), scene.incident(number).edits) == before
    assert len(scene.rows(Incident)) == 1


def test_who_lowered_the_level_does_not_release_what_fell_with_it(scene: Scene) -> None:
    """Four eyes: lowering a level and saying that its notice is not owed are two persons' decisions."""
    number = scene.active("II", "I")
    scene.do(run.set_level, number, "II", event_level="IV", reason="核实后降级", minute=10, by=HE)
    fallen = [due for due in scene.due(number, "clock").values() if due.open and due.facts["unasked"]]
    with pytest.raises(SecondPersonWanted):
        scene.do(close.release, number, fallen[0].id, "按四级月报", minute=12, by=HE)
    scene.do(close.release, number, fallen[0].id, "按四级月报", minute=12, by=WANG)


def test_what_the_level_no_longer_asks_is_released_with_a_reason(scene: Scene) -> None:
    """Only an approver says that a fallen duty is not owed, only with a reason, and only of such a duty."""
    number = scene.active("II", "I")
    scene.do(run.set_level, number, "II", event_level="IV", reason="核实后降级", minute=10)
    fallen = [due for due in scene.due(number, "clock").values() if due.open and due.facts["unasked"]]
    assert fallen
    with pytest.raises(NotPermitted):
        scene.do(close.release, number, fallen[0].id, "不需要", minute=11, by=ZHANG)
    with pytest.raises(BadValue):
        scene.do(close.release, number, fallen[0].id, "  ", minute=11, by=WANG)
    with pytest.raises(NoSuchDuty):
        scene.do(close.release, number, 999_999, "不需要", minute=11, by=WANG)
    scene.do(close.release, number, fallen[0].id, "按四级月报", minute=12, by=WANG)
    released = next(due for due in scene.due(number, "clock").values() if due.id == fallen[0].id)
    assert (released.state, released.ring_at) == (Standing.CANCELLED, None)


def test_a_false_alarm_takes_back_what_has_not_left(scene: Scene) -> None:
    """A signed notice that no courier has claimed is recalled with the incident: nobody is told of a false alarm."""
    number = scene.active("II", "I")
    scene.sign(number, "D2", minute=5)
    scene.do(run.cancel, number, "误报", minute=6, by=GAO)
    assert [each.state for each in scene.dispatches(number, "notice")] == [State.CANCELLED]


def test_a_false_alarm_does_not_unsay_what_has_left(scene: Scene) -> None:
    """What the authority has received stays received."""
    number = scene.active("II", "I")
    scene.sign(number, "D2", minute=5)
    scene.carry(6)
    scene.do(run.cancel, number, "误报", minute=7, by=GAO)
    assert [each.state for each in scene.dispatches(number, "notice")] == [State.DELIVERED]


def test_what_is_owed_is_not_called_off_by_who_declared_it(scene: Scene) -> None:
    """Four eyes on a false alarm while a notice is owed; a drill owes nobody, and its declarer may end it."""
    number = scene.active("II", "I")
    with pytest.raises(SecondPersonWanted):
        scene.do(run.cancel, number, "误报", minute=5)
    assert scene.incident(number).stands is Stands.RESPONDING
    scene.do(run.cancel, number, "误报", minute=6, by=WANG)
    assert scene.incident(number).stands is Stands.CANCELLED


def test_an_end_before_the_beginning_is_refused(scene: Scene) -> None:
    """Service cannot be back before it was lost; what was said by mistake can be taken back to unknown."""
    number = scene.active("II", "I", ago=60)
    with pytest.raises(BeforeItBegan):
        scene.facts(number, {"restored_at": scene.after(-90).isoformat()}, minute=5)
    scene.facts(number, {"restored_at": scene.after(4).isoformat()}, minute=6)
    with pytest.raises(BeforeItBegan):
        scene.facts(number, {"occurred_at": scene.after(5).isoformat()}, minute=7)
    scene.facts(number, {"restored_at": None}, minute=8)
    values = [fact.value["is"] for fact in scene.rows(Fact) if fact.name == "restored_at"]
    assert values == [scene.after(4).isoformat(), None]


def test_the_call_says_who_answered(scene: Scene) -> None:
    """The message that called the roles is edited when one is taken: its button must not invite a second."""
    number = scene.active("II", "I")
    scene.do(run.take_role, number, "noc", minute=2, by=ZHANG)
    first, again = scene.dispatches(number, "calls")
    assert (again.place, again.remembers) == (first.remembers, None)
    assert {row["role"]: row["holder"] for row in again.facts["rows"]}["noc"] == "zhang.qiang"


def test_the_preview_counts_what_would_start(scene: Scene) -> None:
    """Only roles that nobody holds or is called for, tasks that are not there, clocks that do not run."""
    number = scene.declare()

    def ahead(level: str, event_level: str | None) -> dict[str, int]:
        with scene.database.read() as session:
            of = records.incident(session, number, lock=False)
            return run.preview(session, of, level, event_level, people=PEOPLE, at=scene.after(1))

    assert ahead("IV", None)["clocks"] == 0
    assert ahead("II", "I")["clocks"] == 2
    scene.do(run.activate, number, "II", event_level="I", minute=1)
    assert ahead("II", "I") == {"tasks": 0, "roles": 0, "clocks": 0}
