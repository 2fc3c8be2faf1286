"""Reviews, drills and revisions fall due: what rows stand, who is told, what ends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from errors import BadValue, NothingDue, NotPermitted, ReadAnother
from escalation.records import Deadline, Standing
from escalation.rosters import People, Person
from escalation.words import Words
from plans import cycles, drill, due, register, registers, review, triggers
from plans.cycles import DrillKind
from plans.records import (
    DRILL_DUE,
    REVIEW_DUE,
    REVISION_DUE,
    Drilled,
    Entry,
    Gap,
    Origin,
    Reason,
    Register,
    Review,
    Trigger,
    open_triggers,
    plan,
)
from plans.sheets import Row
from plans.triggers import Kind
from store.database import Database
from tests.acts.plan_house import CHEN, HE, LI, PEOPLE, ZHANG, PlanHouse

FLOOD = Row(name="flood", title=Words(zh="洪水", en="Flood"))
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Shanghai


@pytest.fixture
def house(database: Database) -> PlanHouse:
    """A house in which one plan was issued today."""
    made = PlanHouse(database, START)
    made.stand()
    return made


def day(deadline: Deadline) -> date:
    """The local day it is due."""
    assert deadline.due_at is not None
    return deadline.due_at.astimezone(PEOPLE.organisation.tz).date()


def sign(
    house: PlanHouse,
    *,
    change: bool = False,
    digest: str = "a" * 64,
    by: Person = CHEN,
    finding: str = "逐条核对，无需修改",
) -> None:
    """Sign a review."""
    with house.database.begin() as session:
        of = plan(session, "cable-cut")
        review.review(session, of, digest=digest, change=change, finding=finding, terms=house.terms, by=by, at=house.at)


def snooze(house: PlanHouse, kind: str, until: datetime, *, reason: str = "等待新规发布", by: Person = CHEN) -> None:
    """Put the newest reminder of a kind off."""
    number = house.due(kind)[-1].id
    with house.database.begin() as session:
        of = session.get_one(Deadline, number)
        review.snooze(session, of, until=until, reason=reason, terms=house.terms, by=by, at=house.at)


def held(house: PlanHouse, incident: str, kind: DrillKind, ago: timedelta = timedelta(hours=3)) -> Drilled | None:
    """Close a drill of the plan."""
    told = {"held_at": house.at - ago, "closed_at": house.at, "by": "li.wei"}
    with house.database.begin() as session:
        return drill.count(session, "cable-cut", incident, kind, "a" * 64, **told)


# --- what falls due --------------------------------------------------------------------------------------------------


def test_a_plan_that_comes_into_force_is_to_be_reviewed_and_drilled(house: PlanHouse) -> None:
    """Within a beat of its issue its dates stand, and nobody was told anything yet."""
    (reviewed,), (drilled,) = house.due(REVIEW_DUE), house.due(DRILL_DUE)
    assert (day(reviewed), drilled.name, day(drilled)) == (date(2027, 11, 23), "D1", date(2027, 11, 23))
    assert house.told() == []
    house.sweep()
    assert len(house.due(REVIEW_DUE)) == 1


def test_the_owner_is_reminded_before_at_and_after_then_the_superior(house: PlanHouse) -> None:
    """Five reminders to the owner; a week past the day the superior is told too, and so on each week."""
    house.to(2027, 12, 8)
    reviews = [each.facts for each in house.told() if each.facts["what"] == "review"]
    said = [(each["to"], each["stage"], each["at"][:10]) for each in reviews]
    assert said == [
        ("chen.jing", "ahead", "2027-10-22"), ("chen.jing", "ahead", "2027-11-16"),
        ("chen.jing", "today", "2027-11-23"), ("chen.jing", "overdue", "2027-11-24"),
        ("chen.jing", "overdue", "2027-11-30"), ("he.lin", "overdue", "2027-11-30"),
        ("chen.jing", "overdue", "2027-12-07"), ("he.lin", "overdue", "2027-12-07"),
    ]  # fmt: skip
    assert [each["superior"] for each in reviews[-2:]] == [False, True]
    assert house.plan().reviewed_at == START, "a reminder is no review"
    (row,) = house.due(REVIEW_DUE)
    assert row.state is Standing.RUNNING
    assert len(house.entries("reminded")) == 12, "six mornings, of the review and of the drill"


def test_a_house_that_slept_reminds_once_and_late(house: PlanHouse) -> None:
    """Down over the whole cycle, it tells once what stands now, and goes on from there."""
    house.at = datetime(2027, 12, 1, 4, 0, tzinfo=UTC)
    house.sweep()
    reviews = [each.facts["to"] for each in house.told() if each.facts["what"] == "review"]
    assert reviews == ["chen.jing", "he.lin"]
    (row,) = house.due(REVIEW_DUE)
    assert row.ring_at == datetime(2027, 12, 7, 1, 0, tzinfo=UTC)


def test_a_signed_review_moves_the_date_and_ends_the_reminders(house: PlanHouse) -> None:
    """Reviewed without change: the row is kept, the next cycle runs from that day, the cards say that it is done."""
    house.to(2027, 11, 25)
    before = house.told()[-1].id
    sign(house)
    first, second = house.due(REVIEW_DUE)
    assert (first.state, second.state) == (Standing.MET, Standing.RUNNING)
    assert (second.seq, day(second)) == (2, date(2028, 11, 25))
    edits = [each for each in house.told(since=before) if each.facts["what"] == "review"]
    assert len(edits) == 4
    assert all(each.facts["done"]["by"] == "chen.jing" and each.place for each in edits)
    (entry,) = house.entries("plan_reviewed")
    assert entry["change"] is False
    house.to(2028, 1, 10)
    later = [each.id for each in house.told(since=before) if each.facts["what"] == "review"]
    assert later == [each.id for each in edits]


def test_a_review_is_signed_against_what_was_read(house: PlanHouse) -> None:
    """Another version came into force meanwhile: refused, and nothing is written."""
    house.stand(number=2, digest="b" * 64)
    with pytest.raises(ReadAnother) as refused:
        sign(house, digest="a" * 64)
    assert "cable-cut v2" in refused.value.sentence("en")
    with house.database.read() as session:
        assert session.scalars(select(Review)).all() == []


@pytest.mark.parametrize("by", [LI, ZHANG, HE])
def test_only_who_answers_for_the_plan_signs(house: PlanHouse, by: Person) -> None:
    """Neither the duty manager nor a superior signs for the owner."""
    with pytest.raises(NotPermitted):
        sign(house, by=by)


def test_a_review_without_a_finding_is_none(house: PlanHouse) -> None:
    """What was looked at is written down."""
    with pytest.raises(BadValue):
        sign(house, finding="  ")


def test_a_signed_review_never_changes(house: PlanHouse) -> None:
    """Not even by SQL."""
    sign(house)
    with pytest.raises(DatabaseError), house.database.begin() as session:
        session.execute(text("update plan_review set finding = 'other'"))


def test_a_new_version_counts_as_reviewed_and_one_that_stands_again_does_not(house: PlanHouse) -> None:
    """Three persons signed the new one; what stands again after an amendment lapsed was not looked at anew."""
    house.to(2027, 2, 1)
    house.stand(number=2, digest="b" * 64)
    assert [day(each) for each in house.due(REVIEW_DUE)] == [date(2027, 11, 23), date(2028, 2, 1)]
    house.to(2027, 3, 1)
    house.stand(number=3, digest="c" * 64, origin=Origin.EMERGENCY)
    house.to(2027, 3, 4)
    house.stand(number=2, digest="b" * 64)
    assert day(house.due(REVIEW_DUE)[-1]) == date(2028, 2, 1)


def test_other_rules_redate_what_runs(house: PlanHouse) -> None:
    """A shorter cycle without a new review: the same cycle ends sooner, and says what it was."""
    with house.database.begin() as session:
        plan(session, "cable-cut").review_every = "P6M"
    house.to(2026, 11, 25)
    (row,) = house.due(REVIEW_DUE)
    assert day(row) == date(2027, 5, 23)
    assert row.was_due_at is not None


def test_a_withdrawn_plan_asks_for_nothing(house: PlanHouse) -> None:
    """Its dates are cancelled with the reason, and nobody is told again."""
    with house.database.begin() as session:
        register.withdraw(session, "cable-cut", by="wang.fang", at=house.at)
    house.to(2026, 11, 25)
    assert {each.state for kind in (REVIEW_DUE, DRILL_DUE) for each in house.due(kind)} == {Standing.CANCELLED}
    house.to(2027, 12, 31)
    assert house.told() == []


def test_an_owner_who_left_is_stood_in_for(database: Database) -> None:
    """Reminders never go to nobody: the plan owners of the unit are told."""
    house = PlanHouse(database, START)
    house.stand(owner="long.gone")
    house.to(2027, 10, 25)
    assert {each.facts["to"] for each in house.told()} == {"chen.jing"}


# --- snooze ----------------------------------------------------------------------------------------------------------


def test_a_snooze_silences_until_then_and_is_in_the_journal(house: PlanHouse) -> None:
    """The owner hears nothing before; the date does not move; afterwards they hear of it again."""
    house.to(2027, 11, 17)
    before = house.told()[-1].id
    until = datetime(2027, 12, 10, 1, 0, tzinfo=UTC)
    snooze(house, REVIEW_DUE, until)
    snooze(house, DRILL_DUE, until)
    house.to(2027, 12, 13)
    reviews = [each.facts for each in house.told(since=before) if each.facts["what"] == "review"]
    assert [(each["to"], each["at"][:10]) for each in reviews] == [
        ("he.lin", "2027-11-30"), ("he.lin", "2027-12-07"), ("chen.jing", "2027-12-10"), ("he.lin", "2027-12-10"),
    ]  # fmt: skip
    assert day(house.due(REVIEW_DUE)[0]) == date(2027, 11, 23)
    entry = house.entries("snoozed")[0]
    assert (entry["reason"], entry["until"]) == ("等待新规发布", until.isoformat())


@pytest.mark.parametrize("days", [-1, 0, 31])
def test_a_snooze_is_ahead_and_not_for_ever(house: PlanHouse, days: int) -> None:
    """Not into the past, and a month at the most."""
    with pytest.raises(BadValue):
        snooze(house, REVIEW_DUE, house.at + timedelta(days=days))


def test_a_snooze_wants_a_reason_a_right_and_something_open(house: PlanHouse) -> None:
    """Nobody puts off in silence, for another, or what is done."""
    soon = house.at + timedelta(days=3)
    with pytest.raises(BadValue):
        snooze(house, REVIEW_DUE, soon, reason=" ")
    with pytest.raises(NotPermitted):
        snooze(house, REVIEW_DUE, soon, by=LI)
    done = house.due(REVIEW_DUE)[0].id
    house.to(2026, 11, 25)
    sign(house)
    told: Mapping[str, Any] = {"until": house.at + timedelta(days=3), "reason": "x", "by": CHEN, "at": house.at}
    with house.database.begin() as session:
        of = session.get_one(Deadline, done)
        with pytest.raises(NothingDue):
            review.snooze(session, of, terms=house.terms, **told)


# --- drills ----------------------------------------------------------------------------------------------------------


def test_a_drill_that_is_closed_counts_once(house: PlanHouse) -> None:
    """The rule is met when the drill is closed, and the next is due a year after it was held."""
    house.to(2027, 6, 30)
    assert held(house, "DRILL-2027-0001", DrillKind.TABLETOP) is not None
    again = held(house, "DRILL-2027-0001", DrillKind.TABLETOP)
    house.sweep()
    with house.database.read() as session:
        (row,) = session.scalars(select(Drilled)).all()
    assert again is not None
    assert (again.id, row.kind, row.digest) == (row.id, "tabletop", "a" * 64)
    assert house.plan().drilled_at == house.at - timedelta(hours=3)
    first, second = house.due(DRILL_DUE)
    assert (first.state, first.met_at, day(second)) == (Standing.MET, house.at, date(2028, 6, 30))


def test_a_drill_of_another_kind_meets_nothing(house: PlanHouse) -> None:
    """A self-check of the alarm chain is no drill of the plan; it is remembered all the same."""
    house.to(2027, 6, 30)
    held(house, "DRILL-2027-0002", DrillKind.CANARY)
    house.sweep()
    (row,) = house.due(DRILL_DUE)
    assert (row.state, day(row)) == (Standing.RUNNING, date(2027, 11, 23))


def test_a_missed_drill_is_overdue_and_nagged_about(house: PlanHouse) -> None:
    """Past its day it stands as overdue for the coverage, and a drill held late meets it late."""
    house.to(2027, 11, 25)
    with house.database.read() as session:
        dates = due.by_plan(session)["cable-cut"]
        (first, *_) = due.rows(session, PEOPLE, at=house.at)
    assert dates.drill_due is not None
    assert dates.drill_due < house.at
    assert first.overdue
    held(house, "DRILL-2027-0003", DrillKind.LIVE)
    house.sweep()
    late = house.due(DRILL_DUE)[0]
    assert late.met_at is not None
    assert late.due_at is not None
    assert late.met_at > late.due_at


def test_a_drill_of_an_unknown_plan_counts_for_nothing(house: PlanHouse) -> None:
    """Closing it does not fail."""
    told = {"held_at": house.at, "closed_at": house.at, "by": "li.wei"}
    with house.database.begin() as session:
        assert drill.count(session, "nowhere", "DRILL-1", DrillKind.LIVE, "a" * 64, **told) is None


def test_an_interconnection_plan_is_drilled_and_tested(database: Database) -> None:
    """Two rules, two dates; the joint test meets one of them."""
    house = PlanHouse(database, START)
    house.stand(scenarios=("interconnection",))
    assert {each.name: day(each) for each in house.due(DRILL_DUE)} == {
        "D1": date(2027, 11, 23), "D6.drill": date(2027, 11, 23), "D6.test": date(2027, 5, 23),
    }  # fmt: skip
    house.to(2027, 3, 1)
    held(house, "DRILL-2027-0004", DrillKind.INTERCONNECT_JOINT_TEST)
    house.sweep()
    assert {each.name for each in house.due(DRILL_DUE) if each.state is Standing.MET} == {"D6.test"}


# --- triggers --------------------------------------------------------------------------------------------------------

WHY = Words(zh="条例修订", en="the regulation was revised")


def raised(
    house: PlanHouse, source: str = "law:so708", *, why: Words = WHY, codes: tuple[str, ...] = ("cable-cut",)
) -> int:
    """Raise a trigger; how many were new."""
    told: Mapping[str, Any] = {"kind": Kind.LAW_OR_PARENT, "source": source, "why": why, "codes": codes}
    with house.database.begin() as session:
        return len(triggers.raise_(session, **told, by="li.wei", at=house.at))


def test_a_trigger_is_told_once_and_its_owner_at_once(house: PlanHouse) -> None:
    """A revision task with its reason; the same source again is no second one; an unknown plan is passed over."""
    assert raised(house, codes=("cable-cut", "nowhere", "cable-cut")) == 1
    assert raised(house) == 0
    house.sweep()
    (task,) = house.due(REVISION_DUE)
    assert task.due_at == house.at + timedelta(days=30)
    (card,) = house.told()
    assert (card.facts["to"], card.facts["what"], card.facts["detail"]) == (
        "chen.jing", "revision", {"zh": WHY.zh, "en": WHY.en},
    )  # fmt: skip
    assert raised(house, why=Words(zh="条例修订第二条", en="art. 2 was revised")) == 0
    with house.database.read() as session:
        assert open_triggers(session, "cable-cut")[0].why["zh"] == "条例修订第二条"


@pytest.mark.parametrize("how", ["version", "review"])
def test_a_version_or_a_review_answers_it(house: PlanHouse, how: str) -> None:
    """Then nobody is reminded of it again, and the card says that it is done."""
    raised(house)
    house.sweep()
    if how == "version":
        with house.database.begin() as session:
            early = triggers.answer(session, "cable-cut", until=START - timedelta(1), by="wang.fang", at=house.at)
            assert early == 0, "its author could not know of it"
            assert triggers.answer(session, "cable-cut", until=house.at, by="wang.fang", at=house.at) == 1
    else:
        sign(house)
    with house.database.read() as session:
        (row,) = session.scalars(select(Trigger)).all()
    assert row.answered_by == ("wang.fang" if how == "version" else "chen.jing")
    assert house.due(REVISION_DUE)[0].state is Standing.MET
    assert house.told()[-1].facts["done"]["by"] == row.answered_by


def test_a_review_that_asks_for_a_change_opens_a_revision_task(house: PlanHouse) -> None:
    """It is reviewed, and it wants revision: two facts; what was open stays open."""
    raised(house)
    sign(house, change=True, finding="第三章联系方式过期")
    with house.database.read() as session:
        first, second = open_triggers(session, "cable-cut")
    assert first.source == "law:so708"
    assert "第三章" in second.why["zh"]
    assert house.plan().reviewed_at == house.at


def test_what_a_plan_refers_to_and_changes_asks_for_its_revision(house: PlanHouse) -> None:
    """Equipment retired, a law changed: the plans that name it, and no others."""
    house.stand(code="other-plan", references={}, parent=None)
    entries = [("equipment", "otdr", True, Kind.RESOURCE), ("laws", "so708", False, Kind.LAW_OR_PARENT)]
    for register_, name, retired, kind in entries:
        entry = Entry(register=Register(register_), name=name, title={"zh": name, "en": name}, facts={})
        with house.database.begin() as session:
            (made,) = triggers.entries_changed(session, [entry], retired=retired, by="li.wei", at=house.at)
            assert (made.plan, made.kind) == ("cable-cut", kind.value)


def test_a_parent_that_is_withdrawn_asks_for_the_childrens_revision(house: PlanHouse) -> None:
    """Once, however often it is withdrawn."""
    house.stand(code="general-plan", tier="comprehensive", units=(), parent=None)
    for _ in range(2):
        with house.database.begin() as session:
            register.withdraw(session, "general-plan", by="wang.fang", at=house.at)
    with house.database.read() as session:
        (asked,) = open_triggers(session, "cable-cut")
    assert asked.source == "parent:general-plan v1 withdrawn"


def test_a_trigger_that_somebody_wrote_is_reminded_too(house: PlanHouse) -> None:
    """Whatever wrote the row, the round finds that nobody is reminded of it, and begins."""
    with house.database.begin() as session:
        session.add(
            Trigger(
                plan="cable-cut", kind="risk_changed", why={"zh": "新", "en": "new"}, source="x", raised_at=house.at
            )
        )
    house.to(2026, 11, 24)
    assert [each.facts["what"] for each in house.told()] == ["revision"]


# --- people ----------------------------------------------------------------------------------------------------------

NEEDS = {"cable-cut": {"noc", "transmission"}}


def without(people: People, who: str, post: str | None = None) -> People:
    """The people file after somebody left, or left a post."""
    kept = dict(people.people)
    if post is None:
        del kept[who]
    else:
        person = kept[who]
        posts = {unit: held - {post} for unit, held in person.posts.items()}
        kept[who] = replace(person, posts=posts)
    return replace(people, people=MappingProxyType(kept))


def compare(house: PlanHouse, people: People) -> list[str]:
    """Start the house with this people file; the sources of what came of it."""
    with house.database.begin() as session:
        made = triggers.compare_people(session, people, NEEDS, by="tocsin", at=house.at)
        return [each.source for each in made]


def test_the_first_look_only_remembers(house: PlanHouse) -> None:
    """Nobody can have left before anybody was seen; everything is held in the sample."""
    assert compare(house, PEOPLE) == []
    assert compare(house, PEOPLE) == []


def test_a_holder_who_left_asks_for_revision_once(house: PlanHouse) -> None:
    """Whoever left a post that the plan's roles need is named; a post that no plan needs is nobody's matter."""
    compare(house, PEOPLE)
    later = without(without(PEOPLE, "zhang.qiang", "noc"), "li.wei", "commander")
    made = compare(house, later)
    assert [each.rsplit(":", 1)[0] for each in made if each.startswith("left")] == ["left:zhang.qiang:noc"]
    assert compare(house, later) == []
    with house.database.read() as session:
        assert "张强" in open_triggers(session, "cable-cut")[-1].why["zh"]


def test_a_post_that_nobody_holds_asks_for_revision(house: PlanHouse) -> None:
    """Vacant where the plan stands: told once, also when the file never named anybody."""
    nobody = PEOPLE
    for person in PEOPLE.people.values():
        if any("transmission" in posts for posts in person.posts.values()):
            nobody = without(nobody, person.id, "transmission")
    made = compare(house, nobody)
    assert [each.rsplit(":", 1)[0] for each in made] == ["vacant:transmission@henan"]
    assert compare(house, nobody) == []


def test_an_owner_who_left_the_file_asks_for_revision(house: PlanHouse) -> None:
    """A plan without its owner is to be given another."""
    compare(house, PEOPLE)
    made = compare(house, without(PEOPLE, "chen.jing"))
    assert "left:chen.jing:owner:2026-11-23" in made


# --- what is due -----------------------------------------------------------------------------------------------------


def test_what_is_due_within_ninety_days_is_listed_mine_first(house: PlanHouse) -> None:
    """Reviews, drills, revisions, gaps; the earliest first, one's own before others'."""
    house.stand(code="general-plan", owner="wang.fang", parent=None, review_every="P6M")
    with house.database.begin() as session:
        gap = Gap(
            scenario="ice_storm", unit="henan", reason=Reason.EMPTY, owner="chen.jing", found_at=house.at,
            due_at=house.at + timedelta(days=9),
        )  # fmt: skip
        session.add(gap)
    house.to(2027, 5, 1)
    raised(house)
    with house.database.read() as session:
        found = due.rows(session, PEOPLE, at=house.at)
    assert [(each.what.en, each.owner, each.overdue) for each in found] == [
        ("Gap", "chen.jing", True), ("Review", "wang.fang", False), ("Revision", "chen.jing", False),
    ]  # fmt: skip
    assert [each.owner for each in due.mine_first(found, "wang.fang")] == ["wang.fang", "chen.jing", "chen.jing"]
    assert found[1].sure == cycles.policy().review_confidence
    assert found[0].detail == Words(zh="没有预案 · 河南省公司", en="no plan · Henan company")


def test_gaps_are_listed_by_what_closes_them_with_the_titles_people_know(house: PlanHouse) -> None:
    """All cells of one plan by one day are one row, those of no plan one a scenario; never an id that has a title."""
    with house.database.begin() as session:
        registers.put(session, Register.SCENARIOS, FLOOD, people=PEOPLE, by=CHEN, at=house.at)
        common = {"owner": "chen.jing", "found_at": house.at, "due_at": house.at + timedelta(days=9)}
        for unit in PEOPLE.units:
            unsigned = {"reason": Reason.UNSIGNED, "plan": "cable-cut"} | common
            session.add(Gap(scenario="cable_cut", unit=unit, **unsigned))
            session.add(Gap(scenario="flood", unit=unit, reason=Reason.EMPTY, **common))
    with house.database.read() as session:
        found = [each for each in due.rows(session, PEOPLE, at=house.at) if each.what.en == "Gap"]
    assert [(each.title.zh, each.detail.zh if each.detail else "") for each in found] == [
        ("干线光缆中断专项预案", "无人签发 · 全部单位"),
        ("洪水", "没有预案 · 全部单位"),
    ]
    assert [each.label for each in found] == [house.plan().label, ""]
    assert len({each.key for each in found}) == 2
