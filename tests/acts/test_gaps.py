"""Gaps of coverage: found with an owner and a day, told once a day in one message, closed when covered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation import rosters
from escalation.records import Dispatch, deadlines
from escalation.records import Standing as Clock
from escalation.rosters import People
from escalation.sweep import Ring, sweep
from escalation.words import Words
from plans import gaps, register, registers
from plans.coverage import Due, Reason
from plans.gaps import KIND, MATTER
from plans.records import Gap, Origin, Plan, Register, open_gaps
from plans.register import Standing
from plans.sheets import Row
from store import journal
from store.database import Database

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
DAY = timedelta(days=1)
NINE = 1  # 09:00 in Shanghai, in UTC
TITLE = {"zh": "甲", "en": "A"}


def stand(session: Session, code: str, at: datetime, **more: Any) -> Plan:  # noqa: ANN401
    """A signed plan for `cable_cut` everywhere, unless it says otherwise."""
    said = {
        "title": TITLE, "tier": "special", "organisation": "group", "units": (), "scenarios": ("cable_cut",),
        "references": {}, "owner": "chen.jing", "parent": None, "outline": False, "origin": Origin.ISSUED,
        "number": 1, "digest": "0" * 64, "review_every": None,
    } | more  # fmt: skip
    return register.stand(session, Standing(code=code, **said), by="chen.jing", at=at)


class Scene:
    """A house with one scenario, whose mornings can be rung."""

    def __init__(self, database: Database, at: datetime, people: People = PEOPLE) -> None:
        """One row of the register: `cable_cut`, anywhere, with an owner of its own."""
        self.database, self.at, self.people = database, at, people
        with database.begin() as session:
            row = Row(name="cable_cut", title=Words(zh="断缆", en="Cable cut"), owner="liu.yang")
            registers.put(session, Register.SCENARIOS, row, people=PEOPLE, by=PEOPLE.person("chen.jing"), at=at)

    def begin(self) -> gaps.Settled:
        """The first look."""
        with self.database.begin() as session:
            return gaps.begin(session, people=self.people, due_of=gaps.by_cycle, at=self.at)

    def settle(self, at: datetime) -> gaps.Settled:
        """A look at another time."""
        with self.database.begin() as session:
            return gaps.settle(session, people=self.people, due_of=gaps.by_cycle, by="chen.jing", at=at)

    def sweep(self, at: datetime) -> None:
        """Ring whatever is due."""
        rings: Mapping[str, Ring] = {
            "coverage": partial(gaps.watch, people=self.people, due_of=gaps.by_cycle),
            "gap": partial(gaps.ring, people=self.people),
        }
        sweep(self.database.begin, self.database.read, rings, at=at)

    def nine(self, days: int) -> datetime:
        """Nine in the morning in Shanghai, so many days after the first."""
        return self.at.replace(hour=NINE, minute=0) + days * DAY

    def gaps(self) -> Sequence[Gap]:
        """What is open."""
        with self.database.read() as session:
            return open_gaps(session)

    def told(self) -> list[tuple[str, str, int, int]]:
        """Whom, about whose gaps, how many, how many of them late."""
        with self.database.read() as session:
            facts = session.scalars(select(Dispatch.facts).where(Dispatch.kind == "gap_due").order_by(Dispatch.id))
            return [(each["to"], each["owner"], each["total"], each["late"]) for each in facts]


@pytest.fixture
def scene(database: Database, at: datetime) -> Scene:
    """A house with one scenario and no plan."""
    return Scene(database, at)


def test_each_empty_cell_is_a_gap_with_an_owner_and_thirty_days(scene: Scene) -> None:
    """One for each unit, owned by the plan owner of the file; looking again finds none anew."""
    assert scene.begin() == gaps.Settled(found=5, closed=0, open=5)
    found = scene.gaps()
    assert {gap.unit for gap in found} == set(PEOPLE.units)
    assert {(gap.owner, gap.reason, gap.due_at) for gap in found} == {("chen.jing", Reason.EMPTY, scene.at + 30 * DAY)}
    assert scene.settle(scene.at + DAY) == gaps.Settled(found=0, closed=0, open=5)
    with scene.database.read() as session:
        assert [entry.kind for entry in journal.entries(session, MATTER)] == ["gaps"]


def test_the_owner_is_the_units_own_then_the_one_above_then_the_entrys() -> None:
    """Zhengzhou's plan owner before Henan's before the group's; without any the entry's, then a duty manager."""
    file = (ROOT / "people.yaml").read_text("utf-8")
    local = rosters.read(file.replace("roles: {henan: [duty_manager,", "roles: {henan: [plan_owner, duty_manager,"))
    none = rosters.read(file.replace("[plan_owner, responder]", "[responder]"))
    assert gaps.owner_of(local, "henan.zhengzhou", "liu.yang") == "gao.yuan"
    assert gaps.owner_of(local, "shanghai", "liu.yang") == "chen.jing"
    assert gaps.owner_of(none, "shanghai", "liu.yang") == "liu.yang"
    assert gaps.owner_of(none, "shanghai", "has.left") == "li.wei"
    assert gaps.owner_of(replace(none, people={}), "shanghai", None) == ""


def test_a_plan_closes_the_gaps_it_covers(scene: Scene) -> None:
    """A plan of Henan closes two of five; withdrawn, they open as new gaps and the old ones stay closed."""
    scene.begin()
    with scene.database.begin() as session:
        stand(session, "p", scene.at, units=("henan",))
    assert scene.settle(scene.at + DAY) == gaps.Settled(found=0, closed=2, open=3)
    with scene.database.begin() as session:
        register.withdraw(session, "p", by="chen.jing", at=scene.at + 2 * DAY)
    assert scene.settle(scene.at + 2 * DAY) == gaps.Settled(found=2, closed=0, open=5)
    with scene.database.read() as session:
        closed = session.scalars(select(Gap).where(Gap.closed_at.is_not(None))).all()
        assert {(gap.unit, gap.closed_at) for gap in closed} == {
            ("henan", scene.at + DAY), ("henan.zhengzhou", scene.at + DAY),
        }  # fmt: skip


def test_a_starter_or_an_outline_closes_nothing_and_gives_no_more_time(scene: Scene) -> None:
    """The gap's reason changes, and names the plan; the day it is due does not move."""
    scene.begin()
    for code, more, reason in (
        ("outline", {"outline": True}, Reason.OUTLINE),
        ("starter", {"origin": Origin.STARTER}, Reason.UNSIGNED),
    ):
        with scene.database.begin() as session:
            stand(session, code, scene.at, **more)
        assert scene.settle(scene.at + DAY).closed == 0
        assert {(gap.reason, gap.plan, gap.due_at) for gap in scene.gaps()} == {(reason, code, scene.at + 30 * DAY)}


def test_a_plan_past_its_review_opens_gaps_again(scene: Scene) -> None:
    """By its own cycle of a year; reviewed anew, they are closed."""
    with scene.database.begin() as session:
        stand(session, "p", scene.at, review_every="P1Y")
    assert scene.begin().open == 0
    assert scene.settle(scene.at + 364 * DAY).open == 0
    assert scene.settle(scene.at + 366 * DAY).found == 5
    assert {gap.reason for gap in scene.gaps()} == {Reason.REVIEW_OVERDUE}
    with scene.database.begin() as session:
        plan = session.get_one(Plan, "p")
        plan.reviewed_at = scene.at + 366 * DAY
    assert scene.settle(scene.at + 366 * DAY).closed == 5


def test_a_missed_drill_is_a_gap_where_the_dates_say_so(scene: Scene) -> None:
    """Whoever knows when drills are due hands it in."""

    def drills(_session: Session, standing: Sequence[Plan], at: datetime) -> Mapping[str, Due]:
        return {plan.code: Due(review_due=at + DAY, drill_due=at) for plan in standing}

    with scene.database.begin() as session:
        stand(session, "p", scene.at)
        gaps.settle(session, people=PEOPLE, due_of=drills, by="tocsin", at=scene.at)
    assert {(gap.reason, gap.plan) for gap in scene.gaps()} == {(Reason.DRILL_OVERDUE, "p")}


def test_a_scenario_that_is_retired_leaves_no_gap(scene: Scene) -> None:
    """What cannot happen wants no plan, and nobody is reminded of it."""
    scene.begin()
    with scene.database.begin() as session:
        registers.retire(
            session, Register.SCENARIOS, "cable_cut", people=PEOPLE, by=PEOPLE.person("chen.jing"), at=scene.at
        )
    assert scene.settle(scene.at).closed == 5
    scene.sweep(scene.nine(40))
    assert scene.told() == []


def test_the_owner_hears_of_all_gaps_in_one_message_the_next_morning(scene: Scene) -> None:
    """Not at the start, but at nine; in one row, as five units want the same; and not again the same day."""
    scene.begin()
    scene.sweep(scene.at)
    assert scene.told() == []
    scene.sweep(scene.nine(1))
    scene.sweep(scene.nine(1) + timedelta(hours=5))
    assert scene.told() == [("chen.jing", "chen.jing", 5, 0)]
    with scene.database.read() as session:
        facts = session.scalars(select(Dispatch.facts).where(Dispatch.kind == "gap_due")).one()
        assert [(row["scenario"], len(row["units"]), row["more_units"], row["state"]) for row in facts["rows"]] == [
            ("cable_cut", 4, 1, "empty")
        ]


def test_reminders_come_ahead_and_daily_when_late_and_then_to_the_superior_too(scene: Scene) -> None:
    """On the first morning, 14, 7 and 1 days before, on the day; past it every morning, to both."""
    scene.begin()
    days, heard = [], 0
    for day in range(1, 34):
        scene.sweep(scene.nine(day))
        if len(scene.told()) > heard:
            days.append(day)
            heard = len(scene.told())
    assert days == [1, 16, 23, 29, 30, 31, 32, 33]
    assert scene.told()[-2:] == [("he.lin", "chen.jing", 5, 5), ("chen.jing", "chen.jing", 5, 5)]
    assert [told for told in scene.told() if told[0] == "he.lin"] == [("he.lin", "chen.jing", 5, 5)] * 3


def test_a_house_that_was_down_reminds_once(scene: Scene) -> None:
    """After ten days without a sweep there is one message, not ten."""
    scene.begin()
    scene.sweep(scene.nine(10))
    scene.sweep(scene.nine(10) + timedelta(minutes=1))
    assert scene.told() == [("chen.jing", "chen.jing", 5, 0)]


def test_a_new_gap_is_told_on_the_morning_it_is_found(scene: Scene) -> None:
    """A plan runs out of its review: the owner hears at that morning's look."""
    with scene.database.begin() as session:
        stand(session, "p", scene.at, review_every="P3D")
    scene.begin()
    for day in (1, 2, 3):
        scene.sweep(scene.nine(day))
    assert scene.told() == []
    scene.sweep(scene.nine(4))
    scene.sweep(scene.nine(4) + timedelta(seconds=1))
    assert scene.told() == [("chen.jing", "chen.jing", 5, 0)]


def test_with_the_last_gap_the_reminder_is_met(scene: Scene) -> None:
    """Covered: the deadline is met; open again later, a new one begins."""
    scene.begin()
    with scene.database.begin() as session:
        stand(session, "p", scene.at)
    scene.settle(scene.at + DAY)
    with scene.database.begin() as session:
        register.withdraw(session, "p", by="chen.jing", at=scene.at + 2 * DAY)
    scene.settle(scene.at + 2 * DAY)
    with scene.database.read() as session:
        states = [(due.name, due.seq, due.state) for due in deadlines(session, MATTER, KIND)]
    assert states == [("chen.jing", 1, Clock.MET), ("chen.jing", 2, Clock.RUNNING)]


def test_who_takes_over_is_reminded_and_who_left_is_not(scene: Scene) -> None:
    """The people file changes: open gaps go to the new owner with the days that are left."""
    scene.begin()
    file = (ROOT / "people.yaml").read_text("utf-8")
    scene.people = rosters.read(
        file.replace("[plan_owner, responder]", "[responder]").replace(
            "[responder, noc]", "[responder, noc, plan_owner]"
        )
    )
    scene.settle(scene.at)
    assert {(gap.owner, gap.due_at) for gap in scene.gaps()} == {("zhang.qiang", scene.at + 30 * DAY)}
    scene.sweep(scene.nine(1))
    assert scene.told() == [("zhang.qiang", "zhang.qiang", 5, 0)]


def test_a_restart_goes_on_as_it_was(scene: Scene) -> None:
    """Begun twice there is one morning look, and no gap twice."""
    scene.begin()
    scene.begin()
    with scene.database.read() as session:
        assert len(deadlines(session, MATTER, gaps.WATCH_KIND)) == 1
    assert len(scene.gaps()) == 5


def test_a_gap_is_never_a_drill(scene: Scene) -> None:
    """What is told of coverage is real."""
    scene.begin()
    scene.sweep(scene.nine(1))
    with scene.database.read() as session:
        assert session.scalars(select(Dispatch.exercise)).all() == [False]
