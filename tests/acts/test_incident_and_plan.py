"""What an incident or a drill says of the plan it ran: a drill that counts, a fault that is to be revised."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation import track
from escalation.records import deadlines
from incidents import assess, close, picture, records, run
from incidents.machine import State as Stands
from incidents.records import Incident, Task
from plans import register
from plans.cycles import DrillKind
from plans.records import Drilled, Origin, Trigger, plan
from playbooks.records import in_force
from store.database import Database
from tests.acts.incident_house import Scene


@pytest.fixture
def scene(database: Database, at: datetime) -> Scene:
    """A house whose one plan stands in the register."""
    made = Scene(database, at)
    with database.begin() as session:
        (version,) = in_force(session, at=at)
        standing = register.Standing(
            code=version.code, title={"zh": "核心网", "en": "Core"}, tier="special", organisation="group", units=(),
            scenarios=("core_network",), references={}, owner="chen.jing", parent=None, outline=False,
            origin=Origin.ISSUED, number=1, digest=version.digest, review_every=None,
        )  # fmt: skip
        register.stand(session, standing, by="wang.fang", at=at)
    return made


def ended(scene: Scene, *, exercise: bool, **said: Any) -> str:  # noqa: ANN401 -- what the review's form says
    """From the declaration to the close, with nothing owed to anybody; its number."""
    number = scene.active("IV", "IV", exercise=exercise)
    scene.do(run.stand_down, number, {0}, note="结束", minute=10)
    scene.do(assess.review, number, {"R1": "按时"}, minute=20, **said)
    for task in [task for task in scene.rows(Task) if task.done_at is None]:
        scene.do(close.drop_task, number, task.code, "结束", minute=21)
    scene.do(_owes_nothing, number, minute=22)
    scene.do(close.close, number, minute=30)
    assert scene.incident(number).stands is Stands.CLOSED
    return number


def _owes_nothing(session: Session, of: Incident, *, by: Any, at: datetime) -> None:  # noqa: ANN401 -- a person
    for due in deadlines(session, of.matter, picture.CLOCK):
        track.cancel(session, due, "test", by=by.id, at=at)


@pytest.mark.parametrize(("said", "kind"), [({}, "tabletop"), ({"drill_kind": DrillKind.LIVE}, "live")])
def test_a_drill_counts_when_it_is_closed(scene: Scene, said: dict[str, Any], kind: str) -> None:
    """As what its review says it was, a tabletop exercise unless said; held when it was activated, not when closed."""
    number = ended(scene, exercise=True, **said)
    (row,) = scene.rows(Drilled)
    assert (row.plan, row.incident, row.kind) == ("core-network-outage", number, kind)
    assert (row.held_at, row.closed_at) == (scene.after(1), scene.after(30))
    assert scene.rows(Trigger) == []


def test_a_real_incident_is_no_drill(scene: Scene) -> None:
    """However well the plan ran, whatever the form says."""
    number = ended(scene, exercise=False, drill_kind=DrillKind.LIVE)
    assert scene.rows(Drilled) == []
    with scene.database.read() as session:
        sheet = records.latest_review(session, records.incident(session, number, lock=False))
        assert sheet is not None
        assert sheet.drill_kind is None


@pytest.mark.parametrize("exercise", [True, False])
def test_a_fault_of_the_plan_is_to_be_revised(scene: Scene, exercise: bool) -> None:
    """The review's finding opens one revision task with the incident's number; reworded it stays one."""
    number = scene.active("IV", "IV", exercise=exercise)
    scene.do(run.stand_down, number, {0}, note="结束", minute=10)
    for n, finding in enumerate(("T04 时限太短", "T04 时限太短，应为30分钟", "")):
        scene.do(assess.review, number, {"R1": "按时"}, plan_fault=finding, minute=20 + n)
    (row,) = scene.rows(Trigger)
    assert (row.plan, row.source) == ("core-network-outage", number)
    assert row.kind == "major_problem_found_in_drill_or_response"
    assert "30分钟" in row.why["zh"]
    assert ("演练" in row.why["zh"]) is exercise
    assert [entry.body["plan_fault"] for entry in scene.entries(number, "reviewed")][-1] is None


def test_an_incident_of_a_plan_outside_the_register_closes(database: Database, at: datetime) -> None:
    """Nothing counts, nothing is raised, nothing is in the way."""
    scene = Scene(database, at)
    with database.begin() as session:
        session.delete(plan(session, "core-network-outage"))
    ended(scene, exercise=True, plan_fault="电话过期")
    assert scene.rows(Drilled) == []
    with database.read() as session:
        assert session.scalars(select(Trigger)).all() == []
