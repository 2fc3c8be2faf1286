"""Declare and activate: what stands afterwards, who is called, and what the room is told first."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from errors import BadValue, NotPermitted, OpenIncidentFits, PlanNotInForce, Refusal, WrongState
from escalation.records import Standing
from incidents import records, run
from incidents.machine import State
from incidents.records import Fact, Incident
from store.database import Database
from tests.acts.incident_house import CHEN, GAO, HE, LEVEL_I, LI, PEOPLE, WANG, ZHANG, Scene, library, small


@pytest.fixture
def scene(database: Database, at: datetime) -> Scene:
    """A house with one small plan."""
    return Scene(database, at)


def test_four_fields_suffice(scene: Scene) -> None:
    """What, which scenario, where, since when: the plan's version, the declarer and two instants stand."""
    number = scene.declare(ago=30)
    of = scene.incident(number)
    assert (of.stands, of.number, of.declared_by, of.version_id) == (State.DECLARED, "INC-2027-0001", "li.wei", 1)
    assert (of.level, of.response_level, of.exercise) == (None, None, False)
    known = {fact.name: fact.value["is"] for fact in scene.rows(Fact)}
    assert known == {"occurred_at": scene.after(-30).isoformat(), "aware_at": scene.after(0).isoformat()}
    assert [entry.kind for entry in scene.entries(number)] == ["declared", "facts_set"]
    assert not scene.due(number, "clock")


def test_the_declarer_is_invited_first(scene: Scene) -> None:
    """Whoever declares is in the room first, each person once, the posts of the plan and the duty people after."""
    number = scene.declare(by=ZHANG)
    (invite,) = scene.dispatches(number, "room.invite")
    whom = invite.facts["whom"]
    assert whom[0] == "zhang.qiang"
    assert len(set(whom)) == len(whom)
    assert {"gao.yuan", "wang.fang"} <= set(whom)
    assert scene.incident(number).commander is None


def test_a_duty_manager_who_declares_commands(scene: Scene) -> None:
    """Somebody is in charge from the first second."""
    assert scene.incident(scene.declare(by=GAO)).commander == "gao.yuan"


def test_a_run_keeps_its_version(scene: Scene) -> None:
    """Published after the declaration, a newer version changes nothing of the incident."""
    number = scene.declare()
    scene.issue(library("core-network-outage"), minute=1)
    scene.do(run.activate, number, "II", minute=2)
    assert scene.incident(number).version_id == 1
    assert len(scene.due(number, "task")) == len(small().tasks_at("II"))
    other = scene.declare(3, anyway=True)
    assert scene.version(other).number == 2


def test_real_incidents_and_drills_have_a_series_each(scene: Scene) -> None:
    """Numbers run on within a series and a year; a drill takes none of the real ones."""
    numbers = [scene.declare(n, exercise=n == 1, anyway=True) for n in range(3)]
    assert numbers == ["INC-2027-0001", "DRILL-2027-0001", "INC-2027-0002"]
    assert scene.declare(60 * 24 * 306, anyway=True) == "INC-2028-0001"  # already 2028 in Shanghai


@pytest.mark.parametrize(
    ("unit", "twin"), [("henan", True), ("henan.zhengzhou", True), ("group", True), ("shanghai", False)]
)
def test_a_twin_on_the_same_line_is_refused(scene: Scene, unit: str, twin: bool) -> None:
    """The same scenario at the unit, above it or below it is a twin; beside it is not."""
    first = scene.declare()
    if not twin:
        assert scene.declare(5, unit=unit) != first
        return
    with pytest.raises(OpenIncidentFits) as refused:
        scene.declare(5, unit=unit)
    assert refused.value.facts["number"] == first
    assert "李伟" in refused.value.sentence("zh")
    assert scene.declare(6, unit=unit, anyway=True) == "INC-2027-0002"


def test_a_twin_is_of_the_same_day_and_the_same_earnest(scene: Scene) -> None:
    """A drill is no twin of a real one, nor is what was declared a whole day ago; a minute less is."""
    scene.declare()
    assert scene.declare(1, exercise=True) == "DRILL-2027-0001"
    with pytest.raises(OpenIncidentFits):
        scene.declare(24 * 60 - 1)
    assert scene.declare(24 * 60) == "INC-2027-0002"


def test_what_has_ended_is_no_twin(scene: Scene) -> None:
    """After a false alarm the same may be declared."""
    number = scene.declare()
    scene.do(run.cancel, number, "误报", minute=1)
    assert scene.declare(2) == "INC-2027-0002"


def test_a_refused_twin_takes_no_number(scene: Scene) -> None:
    """Also when whoever asked goes on in the same transaction, as the form does that shows the twin."""
    scene.declare()
    said = run.Declaration(title="again", scenario="core_network", unit="henan", occurred_at=scene.start)
    with scene.database.begin() as session, pytest.raises(OpenIncidentFits):
        run.declare(session, said, people=PEOPLE, by=LI, at=scene.after(1))
    assert scene.declare(2, anyway=True) == "INC-2027-0002"


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"scenario": "nothing"}, PlanNotInForce),
        ({"title": "  "}, BadValue),
        ({"title": "x" * 201}, BadValue),
        ({"unit": "nowhere"}, NotPermitted),
    ],
)
def test_what_cannot_be_declared_leaves_nothing(scene: Scene, said: dict[str, Any], refusal: type[Refusal]) -> None:
    """No plan, no title, a title too long, no such unit: refused, and nothing stands."""
    with pytest.raises(refusal):
        scene.declare(**said)
    assert scene.rows(Incident) == []


def test_a_drill_stays_a_drill(scene: Scene) -> None:
    """The flag cannot be changed, not even by hand in the database."""
    scene.declare(exercise=True)
    for table in ("incident", "matter", "dispatch"):
        with pytest.raises(DBAPIError), scene.database.begin() as session:
            session.execute(text(f"update {table} set exercise = false"))  # noqa: S608 -- our own tables


def test_two_at_once_are_one_incident(database: Database, at: datetime) -> None:
    """Two who declare the very first at the same moment: one has it, the other is shown it; no number twice."""
    scene = Scene(database, at)
    gate, met = threading.Barrier(4), []

    def press(n: int) -> None:
        gate.wait(10)
        try:
            met.append(scene.declare(n / 60, unit="henan" if n < 2 else "shanghai"))
        except OpenIncidentFits as twin:
            met.append(twin)

    threads = [threading.Thread(target=press, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    numbers = sorted(each for each in met if isinstance(each, str))
    assert numbers == ["INC-2027-0001", "INC-2027-0002"]
    assert len(met) == 4
    assert sorted(of.unit for of in scene.rows(Incident)) == ["henan", "shanghai"]


# --- activate --------------------------------------------------------------------------------------------------------


def test_tasks_and_roles_of_the_level_start(scene: Scene) -> None:
    """Each task is due so long after the press; only the level's roles are called, and nobody who commands."""
    number = scene.active("II")
    tasks = scene.due(number, "task")
    assert {name: due.due_at for name, due in tasks.items()} == {
        task.id: scene.after(1) + task.due for task in small().tasks_at("II")
    }
    assert "T24" not in tasks
    assert set(scene.due(number, "call")) == {"noc", "core", "wireless", "liaison"}
    (calls,) = scene.dispatches(number, "calls")
    assert {row["role"]: row["whom"] for row in calls.facts["rows"]}["noc"] == ["zhang.qiang"]
    assert scene.incident(number).stands is State.RESPONDING
    with pytest.raises(WrongState):
        scene.do(run.activate, number, "I", minute=2)


def test_a_lower_level_calls_fewer(scene: Scene) -> None:
    """What stands from level III is not called at IV."""
    number = scene.active("IV", None)
    assert set(scene.due(number, "call")) == {"noc", "core", "liaison"}


def test_without_a_commander_the_commander_is_called(scene: Scene) -> None:
    """Declared by a responder, nobody commands: the post is called like any other."""
    number = scene.declare(by=ZHANG)
    scene.do(run.activate, number, "II", minute=1)
    assert "commander" in scene.due(number, "call")


def test_little_stands_before_the_calls(scene: Scene) -> None:
    """Declared and activated in one breath: room, invitation, calls, then the status card, before anything else."""
    scene.active("II")
    scene.deliver(1, "slack")
    kinds = [parcel.kind for parcel in scene.wires["slack"].carried]
    before = kinds[: kinds.index("calls")]
    assert set(before) <= {"room.open", "room.invite", "status"}
    assert before[:2] == ["room.open", "room.invite"]
    assert len(before) <= 3
    assert "status" in kinds[:4]


def test_the_ladder_goes_on_until_somebody_answers(scene: Scene) -> None:
    """2 min: the holder straight; 3 more: the deputy; 5: the superior; 5: duty manager; then every 5 for ever."""
    number = scene.active("II")
    for minute, whom in ((3, "zhang.qiang"), (6, "liu.yang"), (11, "li.wei"), (16, "gao.yuan"), (21, "gao.yuan")):
        assert not [
            row for row in _called(scene, number, "noc") if row.facts["n"] > 1 and row.created_at >= scene.after(minute)
        ]
        scene.sweep(minute - 1 / 60)
        scene.sweep(minute)
        (last,) = [row for row in _called(scene, number, "noc") if row.created_at == scene.after(minute)]
        assert last.facts["to"] == whom
    scene.do(run.take_role, number, "noc", minute=22, by=ZHANG)
    before = len(_called(scene, number, "noc"))
    scene.sweep(60)
    assert len(_called(scene, number, "noc")) == before
    assert len(_called(scene, number, "core")) > 5


def _called(scene: Scene, number: str, role: str) -> list[Any]:
    return [row for row in scene.dispatches(number, "call") if row.facts["role"] == role]


def test_a_rung_that_finds_nobody_calls_the_duty_manager(scene: Scene) -> None:
    """Wireless has no deputy in the file: at that rung the duty manager is called."""
    number = scene.active("II")
    scene.sweep(3)
    scene.sweep(6)
    assert [row.facts["to"] for row in _called(scene, number, "wireless")] == ["zhao.min", "gao.yuan"]


def test_clocks_start_from_their_anchors(scene: Scene) -> None:
    """Level I: the oral report at once with an internal target, the written one 4 h after it occurred."""
    number = scene.active("II", "I", ago=30)
    clocks = scene.due(number, "clock")
    assert clocks["D1"].due_at is None
    assert clocks["D1"].facts["immediate"] is True
    assert clocks["D1"].facts["target_at"] == scene.after(-15).isoformat()
    assert clocks["D1"].ring_at == scene.after(1)  # its target has passed: it rings at once
    assert clocks["D2"].due_at == scene.after(-30 + 240)
    assert clocks["D2"].ring_at == scene.after(-30 + 120)
    assert {name for name, due in clocks.items() if due.state is Standing.NOT_STARTED} == {"D3", "D4"}
    assert clocks["D2"].facts["would_have_been_due_at"] is None
    assert clocks["D2"].facts["confidence"] == "V-page"


def test_no_level_no_clock(scene: Scene) -> None:
    """While the event level is unknown the clocks wait for it, without a due time, and nothing is drafted."""
    number = scene.active("II", None)
    assert {due.state for due in scene.due(number, "clock").values()} == {Standing.NOT_STARTED}
    assert scene.due(number, "clock")["D1"].anchor == "level"
    assert not scene.filings(number)
    scene.do(run.set_level, number, "II", event_level="II", reason="核实", minute=10)
    assert scene.due(number, "clock")["D1"].due_at is not None
    assert {duty: notice.draft for duty, notice in scene.filings(number).items()} == {"D1": 1, "D2": 1}


def test_what_runs_is_drafted(scene: Scene) -> None:
    """Each running clock has its notice with a first draft; a clock that waits has none."""
    number = scene.active()
    assert {duty: notice.draft for duty, notice in scene.filings(number).items()} == {"D1": 1, "D2": 1}
    assert len(scene.entries(number, "drafted")) == 2


def test_facts_said_at_the_declaration_are_no_rise(scene: Scene) -> None:
    """It was that serious from its beginning: level I runs from when it occurred."""
    number = scene.declare(ago=30, facts=LEVEL_I)
    assert (scene.incident(number).level, scene.incident(number).level_changed_at) == ("I", None)
    scene.do(run.activate, number, "I", minute=1)
    assert scene.due(number, "clock")["D2"].due_at == scene.after(-30 + 240)


# --- roles -----------------------------------------------------------------------------------------------------------


def test_a_role_is_taken_once(scene: Scene) -> None:
    """The second who answers reads who was faster; again by the same person is nothing."""
    number = scene.active()
    scene.do(run.take_role, number, "noc", minute=2, by=ZHANG)
    scene.do(run.take_role, number, "noc", minute=3, by=ZHANG)
    with pytest.raises(Refusal, match="张强"):
        scene.do(run.take_role, number, "noc", minute=4, by=CHEN)
    assert scene.due(number, "call")["noc"].met_at == scene.after(2)
    assert len(scene.entries(number, "role_taken")) == 1


def test_a_role_changes_hands(scene: Scene) -> None:
    """Its holder may give it, a stranger may not; both holders stay on record; command goes with the commander."""
    number = scene.active()
    scene.do(run.take_role, number, "noc", minute=2, by=ZHANG)
    with pytest.raises(Refusal):
        scene.do(run.hand_over, number, "noc", WANG, minute=3, by=CHEN)
    scene.do(run.hand_over, number, "noc", CHEN, minute=4, by=ZHANG)
    scene.do(run.hand_over, number, "commander", GAO, minute=5, by=LI)
    assert scene.incident(number).commander == "gao.yuan"
    held = [(row.role, row.person, row.until_at) for row in scene.rows(records.Holding) if row.role == "noc"]
    assert held == [("noc", "zhang.qiang", scene.after(4)), ("noc", "chen.jing", None)]


def test_command_is_not_anybodys_to_take(scene: Scene) -> None:
    """It brings rights: a responder who was not called for it is refused, a duty manager is not."""
    number = scene.declare(by=ZHANG)
    scene.do(run.activate, number, "II", minute=1)
    with pytest.raises(NotPermitted):
        scene.do(run.take_role, number, "commander", minute=2, by=CHEN)
    assert scene.incident(number).commander is None
    scene.do(run.take_role, number, "commander", minute=3, by=HE)
    assert scene.incident(number).commander == "he.lin"


def test_who_was_called_straight_is_invited(scene: Scene) -> None:
    """A deputy who was never in the room and takes the role gets there."""
    number = scene.active(unit="shanghai", title="x")
    before = len(scene.dispatches(number, "room.invite"))
    scene.do(run.take_role, number, "noc", minute=9, by=PEOPLE.person("liu.yang"))
    assert scene.dispatches(number, "room.invite")[before].facts["whom"] == ["liu.yang"]


def test_the_year_is_the_organisations(scene: Scene) -> None:
    """Half an hour before midnight in London it is next year in Shanghai."""
    assert scene.start.year == 2027
    december = datetime(2027, 12, 31, 23, 30, tzinfo=scene.start.tzinfo)
    assert scene.declare((december - scene.start) / timedelta(minutes=1)) == "INC-2028-0001"
