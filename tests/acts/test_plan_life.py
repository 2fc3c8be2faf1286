"""The life of a plan on a real database: three hands on one content, a version that never changes, what rings after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from errors import (
    AlreadyFiled,
    AmendmentOver,
    BadEdit,
    BadValue,
    DraftStands,
    HandMissing,
    NotForThisPlan,
    NotPermitted,
    PlanHasChildren,
    PlanMoved,
    PlanNotInForce,
    PlanOvertaken,
    PlanUnfit,
    SamePerson,
    WrongPlanState,
)
from escalation.duties import ClockKind, DutyClock
from escalation.records import Dispatch, Standing, deadline
from escalation.rosters import Acting, People, Person
from escalation.words import Words
from plans import cycles
from plans import records as register
from plans import review as plan_review
from plans.records import Origin, open_triggers
from plans.tiers import Tier
from playbooks import draft, publish
from playbooks import records as plans
from playbooks.machine import State
from playbooks.permits import Act
from playbooks.records import Draft, Part, Version
from playbooks.shape import Playbook
from store import journal
from store.database import Database
from tests.acts.incident_house import CHEN, GAO, HE, LI, OVERALL, PEOPLE, WANG, ZHANG, Scene, overall, small

MATTER = "plan:core-network-outage"
CODE = "core-network-outage"


def book(title: str = "核心网中断应急预案", **changed: Any) -> Playbook:  # noqa: ANN401
    """The small plan under the overall one."""
    return replace(small(), parent=OVERALL, title=Words(zh=title, en=title), **changed)


@pytest.fixture
def scene(database: Database, at: datetime) -> Scene:
    """A house with the overall plan and the small one, neither signed by anybody."""
    with database.begin() as session:
        publish.start(session, overall(), by="chen.jing", at=at)
    return Scene(database, at)


class Desk:
    """One draft, and who presses what about it; each press is one transaction."""

    def __init__(self, scene: Scene, content: Playbook | None = None, *, people: People = PEOPLE) -> None:
        """Open it at minute 0, by the plan's owner, from the version in force."""
        self.scene, self.people = scene, people
        with scene.database.begin() as session:
            content = content or book("第二版")
            base = plans.newest(session, content.code)
            self.id = draft.open(session, content=content, base=base, people=people, by=CHEN, at=scene.start).id
        self.digest = self.look().digest

    def look(self) -> Draft:
        """The draft as it stands."""
        with self.scene.database.read() as session:
            return plans.draft(session, self.id, lock=False)

    def press(self, act: Callable[..., Any], *args: Any, by: Person, minute: float = 1, **more: Any) -> Any:  # noqa: ANN401
        """One press."""
        with self.scene.database.begin() as session:
            of = plans.draft(session, self.id)
            return act(session, of, *args, people=self.people, by=by, at=self.scene.after(minute), **more)

    def submit(self, by: Person = CHEN, *, minute: float = 1) -> None:
        """As it stands."""
        self.press(draft.submit, digest=self.look().digest, by=by, minute=minute)

    def review(self, by: Person = LI, *, minute: float = 2, **more: Any) -> None:  # noqa: ANN401
        """As it stands."""
        self.press(draft.review, by=by, minute=minute, **({"digest": self.look().digest, "agrees": True} | more))

    def sign(self, by: Person = WANG, *, minute: float = 3, digest: str | None = None) -> None:
        """As it stands, or as it was read."""
        self.press(draft.sign, digest=digest or self.look().digest, by=by, minute=minute)

    def signed(self) -> Desk:
        """By the three."""
        self.submit()
        self.review()
        self.sign()
        return self

    def edit(self, content: Playbook, *, revision: int | None = None, by: Person = CHEN, minute: float = 1) -> None:
        """Over what stands, or over what was read."""
        revision = self.look().revision if revision is None else revision
        self.press(draft.edit, content, revision=revision, by=by, minute=minute)

    def issue(
        self, *, minute: float = 4, effective: float | None = None, by: Person = CHEN, digest: str | None = None
    ) -> Version:
        """From an instant, or at once; as it stands, or as it was read."""
        effective_at, digest = None if effective is None else self.scene.after(effective), digest or self.look().digest
        issued: Version = self.press(publish.issue, digest=digest, by=by, minute=minute, effective_at=effective_at)
        return issued


def standing(scene: Scene, minute: float, code: str = CODE) -> int | None:
    """The number of the version in force at a minute."""
    with scene.database.read() as session:
        found = plans.in_force_of(session, code, at=scene.after(minute))
        return found.number if found is not None else None


def version(scene: Scene, number: int) -> Version:
    """A version as it stands."""
    with scene.database.read() as session:
        return plans.numbered(session, CODE, number)


def row(scene: Scene) -> register.Plan:
    """What the register says."""
    with scene.database.read() as session:
        return register.plan(session, CODE)


def kinds(scene: Scene) -> list[str]:
    """What the plan's journal says happened, in order."""
    with scene.database.read() as session:
        return [entry.kind for entry in journal.entries(session, MATTER)]


# --- three hands -----------------------------------------------------------------------------------------------------


def test_a_starter_plan_is_nobodys(scene: Scene) -> None:
    """It stands from the first day, and nobody is said to have written, reviewed or signed it; it is laid once."""
    with scene.database.begin() as session:
        again = publish.start(session, book("另一份"), by="chen.jing", at=scene.after(1))
    assert (again.number, again.origin, again.digest) == (1, Origin.STARTER, small().digest)
    assert (again.author, again.reviewer, again.signer) == (None, None, None)
    assert (row(scene).origin, row(scene).reviewed_at) == (Origin.STARTER, None)


def test_from_draft_to_in_force(scene: Scene) -> None:
    """Written by one, reviewed by another, signed by a third: the next version stands, and everything is on record."""
    two = Desk(scene).signed().issue()
    assert (two.number, two.author, two.reviewer, two.signer) == (2, "chen.jing", "li.wei", "wang.fang")
    assert (two.origin, two.stands) == (Origin.ISSUED, State.IN_FORCE)
    assert version(scene, 1).stands is State.SUPERSEDED
    assert (row(scene).number, row(scene).digest, row(scene).reviewed_at) == (2, two.digest, scene.after(4))
    happened = ["draft_opened", "draft_signed", "draft_signed", "draft_signed", "issued", "superseded", "in_force"]
    assert kinds(scene)[1:] == happened
    with scene.database.read() as session:
        assert plans.drafts(session) == []
        issued = next(entry for entry in journal.entries(session, MATTER) if entry.kind == "issued")
    assert issued.body["persons"]["reviewer"] == {"person": "li.wei", "stands_for": None}


@pytest.mark.parametrize(
    ("reviewer", "signer"),
    [(CHEN, WANG), (LI, CHEN), (WANG, WANG), (HE, HE)],
    ids=["author reviews", "author signs", "reviewer signs", "one head for both"],
)
def test_three_different_persons(scene: Scene, reviewer: Person, signer: Person) -> None:
    """Nobody answers twice: the refusal names who and as what, and nothing stands after it."""
    chief = replace(CHEN, roles={unit: held | {"approver"} for unit, held in CHEN.roles.items()})
    who = {each.id: chief if each is CHEN else each for each in (reviewer, signer)}
    desk = Desk(scene)
    desk.submit()
    answers_twice = desk.sign
    if reviewer is CHEN:
        answers_twice, signer = desk.review, reviewer
    else:
        desk.review(who[reviewer.id])
    with pytest.raises(SamePerson) as refused:
        answers_twice(who[signer.id])
    assert signer.name in refused.value.sentence("zh")
    assert desk.look().state is State.UNDER_REVIEW


def test_who_only_edited_does_not_review(scene: Scene) -> None:
    """An editor's hand is in the content, whoever submits it."""
    owner = replace(LI, roles={unit: held | {"plan_owner"} for unit, held in LI.roles.items()})
    desk = Desk(scene)
    desk.edit(book("第三稿"), by=owner)
    desk.submit()
    with pytest.raises(SamePerson):
        desk.review(owner)
    desk.review(HE)


@pytest.mark.parametrize("who", ["signs for the author", "author signs for another"])
def test_a_deputy_counts_as_both(scene: Scene, who: str) -> None:
    """Who stands in for somebody with a hand in it has that hand too, and the other way round."""
    days = {"since": date(2027, 2, 1), "until": date(2027, 4, 1)}
    author = replace(CHEN, roles={unit: held | {"approver"} for unit, held in CHEN.roles.items()})
    if who == "signs for the author":
        author = replace(author, acting=(Acting(who="zhang.qiang", **days),))
        people = replace(PEOPLE, people={**PEOPLE.people, "chen.jing": author})
        signer = ZHANG
    else:
        wang = replace(WANG, acting=(Acting(who="chen.jing", **days),))
        people = replace(PEOPLE, people={**PEOPLE.people, "wang.fang": wang})
        signer = CHEN
    desk = Desk(scene, people=people)
    desk.submit()
    desk.review()
    with pytest.raises(SamePerson):
        desk.sign(signer)


def test_a_dated_deputy_signs_and_is_on_record(scene: Scene) -> None:
    """Where the file dates it, a deputy signs in another's stead; both names stand."""
    wang = replace(WANG, acting=(Acting(who="zhang.qiang", since=date(2027, 3, 1), until=date(2027, 3, 1)),))
    desk = Desk(scene, people=replace(PEOPLE, people={**PEOPLE.people, "wang.fang": wang}))
    desk.submit()
    desk.review()
    desk.sign(ZHANG)
    two = desk.issue()
    assert two.signer == "zhang.qiang"
    with scene.database.read() as session:
        hand = plans.hands(session, plans.draft(session, desk.id, lock=False))[-1]
    assert (hand.part, hand.stands_for) == (Part.SIGNER, "wang.fang")


@pytest.mark.parametrize("part", ["review", "sign", "issue", "write"])
def test_who_may_not(scene: Scene, part: str) -> None:
    """Each act wants its role at every unit of the plan."""
    desk = Desk(scene)
    road: list[tuple[str, Callable[[], Any], Callable[[], Any]]] = [
        ("write", desk.submit, lambda: desk.edit(book("别人的"), by=LI)),
        ("review", desk.review, lambda: desk.review(GAO)),  # duty manager of Henan alone
        ("sign", desk.sign, lambda: desk.sign(LI)),
        ("issue", desk.issue, lambda: desk.issue(by=ZHANG)),
    ]
    for name, goes_on, refused in road:
        if name == part:
            with pytest.raises(NotPermitted):
                refused()
            return
        goes_on()


def test_a_signature_is_on_what_was_read(scene: Scene) -> None:
    """A draft that moved is not signed: the refusal says what moved, in sentences, in both languages."""
    desk = Desk(scene)
    desk.submit()
    read = desk.look().digest
    task = small().tasks[0]
    desk.edit(book("第二版", tasks=(replace(task, due=task.due + timedelta(minutes=7)), *small().tasks[1:])))
    assert desk.look().state is State.DRAFT
    desk.submit()
    with pytest.raises(PlanMoved) as refused:
        desk.review(digest=read)
    assert task.id in refused.value.sentence("zh")
    assert "instead of" in refused.value.sentence("en")
    assert len(refused.value.facts["listed"]) == 1
    desk.review()
    with pytest.raises(PlanMoved):
        desk.sign(digest=read)


def test_an_edit_voids_what_was_signed(scene: Scene) -> None:
    """After an edit the same road is walked again; the old signatures stay on record and count for nothing."""
    desk = Desk(scene).signed()
    desk.edit(book("又改"), minute=4)
    with pytest.raises(WrongPlanState):
        desk.issue(minute=5)
    desk.submit(minute=6)
    with pytest.raises(HandMissing):
        desk.sign(minute=7)
    # Back to the very words that were signed: the reviewer's signature on them still holds, the state does not.
    desk.edit(book("第二版"), minute=8)
    desk.submit(minute=9)
    desk.sign(minute=10)
    assert desk.issue(minute=11).number == 2


def test_a_signature_expires(scene: Scene) -> None:
    """After thirty days whoever signed answers for it no more: signed again, or not issued."""
    desk = Desk(scene).signed()
    minutes = 30 * 24 * 60
    with pytest.raises(HandMissing) as refused:
        desk.issue(minute=minutes + 1.5)
    assert "编制" in refused.value.sentence("zh")
    assert desk.issue(minute=minutes + 0.5).number == 2


def test_sent_back_with_a_reason(scene: Scene) -> None:
    """A reviewer who does not agree says why; the author sees it waiting, and the road begins again."""
    desk = Desk(scene)
    desk.submit()
    with pytest.raises(BadValue):
        desk.review(agrees=False)
    desk.review(agrees=False, note="缺少电话")
    assert (desk.look().state, desk.look().sent_back) == (State.DRAFT, "缺少电话")
    assert waiting(scene, CHEN) == [Act.WRITE]
    desk.submit()
    assert desk.look().sent_back is None


def test_sending_back_takes_back_what_was_signed(scene: Scene) -> None:
    """Whoever agreed and then sent it back agrees no more, though not a word changes until it is submitted again."""
    desk = Desk(scene)
    desk.submit()
    desk.review(minute=2)
    desk.press(draft.send_back, "电话是错的", by=LI, minute=3)
    desk.submit(minute=4)
    assert Act.REVIEW in waiting(scene, HE)
    with pytest.raises(HandMissing):
        desk.sign(minute=5)
    desk.review(HE, minute=5)
    desk.sign(minute=6)
    assert desk.issue(minute=7).reviewer == HE.id


def test_who_submits_does_not_review(scene: Scene) -> None:
    """Who submits answers as its author, also who wrote no word of it: review is for another."""
    owner = replace(LI, roles={"group": frozenset({"plan_owner"})})
    desk = Desk(scene)
    desk.submit(owner)
    assert waiting(scene, owner) == []
    with pytest.raises(SamePerson):
        desk.review(owner)


def test_what_was_read_is_what_is_issued(scene: Scene) -> None:
    """Who read one text issues no other one, though three persons signed that other one meanwhile."""
    desk = Desk(scene).signed()
    read = desk.look().digest
    desk.edit(book("又改"), minute=4)
    desk.submit(minute=5)
    desk.review(minute=6)
    desk.sign(minute=7)
    with pytest.raises(PlanMoved):
        desk.issue(minute=8, digest=read)
    assert desk.issue(minute=8).number == 2


def waiting(scene: Scene, by: Person) -> list[Act]:
    """What waits for a person."""
    with scene.database.read() as session:
        return [each.act for each in plans.waiting_for(session, by, people=PEOPLE, at=scene.after(5))]


def test_what_waits_for_whom(scene: Scene) -> None:
    """Each step waits for those who may take it, and for nobody who has a hand in it."""
    desk = Desk(scene)
    assert waiting(scene, LI) == []
    desk.submit()
    assert (waiting(scene, LI), waiting(scene, WANG), waiting(scene, CHEN)) == ([Act.REVIEW], [Act.REVIEW], [])
    desk.review(HE)
    assert (waiting(scene, HE), waiting(scene, WANG), waiting(scene, LI)) == ([], [Act.SIGN], [])
    desk.sign()
    assert (waiting(scene, CHEN), waiting(scene, GAO)) == ([Act.ISSUE], [])


def test_two_editors_at_once(scene: Scene) -> None:
    """The second is shown what the first changed, and nothing of it is written over."""
    desk = Desk(scene)
    desk.edit(book("甲改的"), revision=1)
    with pytest.raises(PlanMoved) as refused:
        desk.edit(book("乙改的"), revision=1)
    assert "甲改的" in refused.value.sentence("zh")
    assert desk.look().content["title"]["zh"] == "甲改的"
    desk.edit(book("甲改的"), revision=2)  # the same words: nothing moved
    assert desk.look().revision == 2


def test_one_draft_a_plan(scene: Scene) -> None:
    """A second draft is refused with who has the first; abandoned, its place is free and what it said is kept."""
    desk = Desk(scene)
    with pytest.raises(DraftStands):
        Desk(scene)
    desk.press(draft.comment, "请核对电话", by=ZHANG)
    desk.press(draft.abandon, "不需要", by=CHEN)
    with pytest.raises(WrongPlanState):
        desk.edit(book("晚了"), revision=1)
    with pytest.raises(NotForThisPlan):
        desk.press(draft.comment, "晚了", by=ZHANG)
    other = Desk(scene)
    assert other.id != desk.id
    assert desk.look().content["title"]["zh"] == "第二版"


def test_a_code_is_a_plans_for_life(scene: Scene) -> None:
    """A new plan does not take the code of an old one, and an edit does not change the code."""
    with scene.database.begin() as session, pytest.raises(NotForThisPlan):
        draft.open(session, content=book(), people=PEOPLE, by=CHEN, at=scene.start)
    with pytest.raises(NotForThisPlan):
        Desk(scene).edit(book(code="another-plan"))


# --- whether it fits -------------------------------------------------------------------------------------------------


def test_every_fault_at_once(scene: Scene) -> None:
    """An orphan with an unknown unit and a reused duty id hears all three at submission."""
    reused = replace(small().duties[0], kind=small().duties[-1].kind, regime=small().duties[-1].regime)
    lone = replace(small(), parent=None, units=("nowhere",), duties=(reused, *small().duties[1:-1]))
    owner = replace(CHEN, roles={**CHEN.roles, "nowhere": frozenset({"plan_owner"})})
    with scene.database.begin() as session:
        base = plans.newest(session, CODE)
        of = draft.open(session, content=lone, base=base, people=PEOPLE, by=owner, at=scene.start)
        with pytest.raises(PlanUnfit) as refused:
            draft.submit(session, of, digest=of.digest, people=PEOPLE, by=owner, at=scene.start)
    assert refused.value.facts["n"] == 3
    said = refused.value.sentence("zh")
    assert all(each in said for each in ("nowhere", "上位预案", reused.id))


def test_no_looser_than_the_parent(scene: Scene) -> None:
    """Where the parent sets a clock, a lower plan with a longer one is refused; a stricter parent flags the lower."""
    tight = DutyClock(kind=ClockKind.WITHIN, anchor="aware_at", span=timedelta(minutes=30))
    loose = replace(tight, span=timedelta(hours=1))
    duty = small().duties[0]
    top = replace(overall(), title=Words(zh="新综合", en="New top"), duties=(replace(duty, clock=tight),))
    Desk(scene, replace(book("二"), duties=(replace(duty, clock=loose),))).signed().issue()
    Desk(scene, top).signed().issue(minute=5)
    with scene.database.read() as session:
        (trigger,) = open_triggers(session, CODE)
    assert trigger.kind == "law_or_standard_or_parent_plan_changed"
    assert duty.id in trigger.why["zh"]
    with pytest.raises(PlanUnfit):
        Desk(scene, replace(book("三"), duties=(replace(duty, clock=loose),))).submit(minute=6)


def test_a_first_version_is_no_change(scene: Scene) -> None:
    """Starter plans are laid in any order: the parent that comes after its child makes nobody revise anything."""
    with scene.database.begin() as session:
        publish.start(session, replace(book(), code="child-plan", parent="late-plan"), by="chen.jing", at=scene.start)
        publish.start(session, replace(overall(), code="late-plan"), by="chen.jing", at=scene.start)
        assert open_triggers(session, "child-plan") == []


def test_an_issued_version_answers_what_was_raised_before(scene: Scene) -> None:
    """What was raised before the author signed is answered by the version, what came after is not."""
    scene.issue(book("二"), minute=-2)
    scene.issue(overall_two(), minute=-1)
    desk = Desk(scene, book("三"))
    desk.submit(minute=1)
    scene.issue(overall_two("再改"), minute=2)
    desk.review(minute=3)
    desk.sign(minute=4)
    desk.issue(minute=5)
    with scene.database.read() as session:
        (trigger,) = open_triggers(session, CODE)
    assert trigger.raised_at == scene.after(2)


def overall_two(title: str = "新综合") -> Playbook:
    """The overall plan, changed."""
    return replace(overall(), title=Words(zh=title, en=title), tier=Tier.COMPREHENSIVE)


# --- taking effect ---------------------------------------------------------------------------------------------------


def test_it_takes_effect_at_its_instant(scene: Scene) -> None:
    """Issued for later, the old version runs until then: by the instant itself, and the ring writes it down."""
    two = Desk(scene).signed().issue(effective=60)
    assert two.stands is State.ISSUED
    assert (standing(scene, 59.9), standing(scene, 60)) == (1, 2)
    assert row(scene).number == 1
    scene.sweep(59)
    assert version(scene, 2).stands is State.ISSUED
    scene.sweep(60)
    assert (version(scene, 2).stands, version(scene, 1).stands) == (State.IN_FORCE, State.SUPERSEDED)
    assert row(scene).number == 2
    scene.sweep(61)
    assert kinds(scene).count("in_force") == 2


def test_the_past_is_no_time_to_take_effect(scene: Scene) -> None:
    """A version is not issued backwards."""
    with pytest.raises(BadValue):
        Desk(scene).signed().issue(minute=4, effective=3)


def test_a_later_version_overtakes_one_that_waits(scene: Scene) -> None:
    """What was issued later stands, also when the earlier one's instant comes after."""
    Desk(scene).signed().issue(effective=60)
    Desk(scene, book("第三版")).signed().issue(minute=5)
    scene.sweep(60)
    assert (standing(scene, 61), row(scene).number) == (3, 3)
    assert version(scene, 2).stands is State.SUPERSEDED


def test_taken_back_before_it_takes_effect(scene: Scene) -> None:
    """A version that waits can be taken back with a reason; one in force cannot, and what stands goes on."""
    Desk(scene).signed().issue(effective=60)
    with scene.database.begin() as session:
        common = {"people": PEOPLE, "by": WANG, "at": scene.after(10)}
        publish.recall(session, plans.numbered(session, CODE, 2), reason="写错了", **common)
        with pytest.raises(NotForThisPlan):
            publish.recall(session, plans.numbered(session, CODE, 1), reason="写错了", **common)
    scene.sweep(60)
    assert (standing(scene, 61), version(scene, 2).stands) == (1, State.WITHDRAWN)


def test_withdrawn_for_good(scene: Scene) -> None:
    """The plan stands in no version; one with plans under it is refused, with their names."""
    common = {"reason": "停用", "people": PEOPLE, "by": WANG, "at": scene.after(5)}
    Desk(scene).signed().issue()  # under the overall plan
    with scene.database.begin() as session, pytest.raises(PlanHasChildren) as refused:
        publish.withdraw(session, OVERALL, **common)
    assert CODE in str(refused.value)
    with scene.database.begin() as session:
        publish.withdraw(session, CODE, **common)
    assert standing(scene, 6) is None
    assert row(scene).withdrawn_at == scene.after(5)
    with pytest.raises(PlanNotInForce):
        scene.declare(6)


def test_rolled_back_by_the_same_road(scene: Scene) -> None:
    """A new draft equal to the old version; it becomes the third version by three hands, with the first's digest."""
    two = Desk(scene).signed().issue()
    Desk(scene, book("第三版")).signed().issue(minute=5)
    with scene.database.begin() as session:
        of = publish.roll_back(session, two, people=PEOPLE, by=CHEN, at=scene.after(6))
        assert (of.digest, of.base_version_id) == (two.digest, plans.numbered(session, CODE, 3).id)
        common: dict[str, Any] = {"people": PEOPLE, "at": scene.after(7)}
        draft.submit(session, of, digest=of.digest, by=CHEN, **common)
        draft.review(session, of, digest=of.digest, agrees=True, by=LI, **common)
        draft.sign(session, of, digest=of.digest, by=WANG, **common)
        four = publish.issue(session, of, digest=of.digest, by=CHEN, **common)
    assert (four.number, four.digest) == (4, two.digest)


# --- in an emergency -------------------------------------------------------------------------------------------------


def amend(scene: Scene, content: Playbook, *, minute: float, until: float, by: Person = LI) -> Version:
    """One person amends the plan for a time."""
    with scene.database.begin() as session:
        return publish.amend(
            session,
            content,
            until=scene.after(until),
            reason="道路中断",
            people=PEOPLE,
            by=by,
            at=scene.after(minute),
        )


def test_an_emergency_amendment_lives_and_lapses(scene: Scene) -> None:
    """One named person, a stated time; then the version before is in force again, by its instant, and both hear."""
    Desk(scene).signed().issue()
    three = amend(scene, book("改道"), minute=10, until=70)
    assert (three.origin, three.author, three.reviewer) == (Origin.EMERGENCY, "li.wei", None)
    assert (standing(scene, 10), row(scene).origin) == (3, Origin.EMERGENCY)
    assert (standing(scene, 69.9), standing(scene, 70)) == (3, 2)
    reviewed_at = row(scene).reviewed_at
    scene.sweep(70)
    assert (version(scene, 3).stands, version(scene, 2).stands) == (State.SUPERSEDED, State.IN_FORCE)
    assert (row(scene).number, row(scene).origin, row(scene).reviewed_at) == (2, Origin.ISSUED, reviewed_at)
    with scene.database.read() as session:
        (trigger,) = open_triggers(session, CODE)
        told = [each for each in session.query(Dispatch) if each.kind == "plan_lapsed"]
    assert "应急修订" in trigger.why["zh"]
    assert [each.facts["to"] for each in told] == ["li.wei"]
    assert scene.version(scene.declare(80)).number == 2


def test_an_amendment_is_no_way_round_the_three(scene: Scene) -> None:
    """72 hours from the first one, however many follow; nobody else may, without a reason nobody may."""
    hours = 60
    with pytest.raises(AmendmentOver):
        amend(scene, book("一"), minute=0, until=72 * hours + 1)
    with pytest.raises(NotPermitted):
        amend(scene, book("一"), minute=0, until=hours, by=ZHANG)
    amend(scene, book("一"), minute=0, until=24 * hours)
    amend(scene, book("二"), minute=hours, until=72 * hours)
    with pytest.raises(AmendmentOver):
        amend(scene, book("三"), minute=2 * hours, until=72 * hours + 1)
    scene.sweep(72 * hours)
    assert standing(scene, 72 * hours) == 1
    with pytest.raises(AmendmentOver):
        amend(scene, book("四"), minute=73 * hours, until=74 * hours)
    scene.issue(book("正式"), minute=74 * hours)
    assert amend(scene, book("五"), minute=75 * hours, until=80 * hours).number == 5


def test_who_amended_does_not_review_their_own_words(scene: Scene) -> None:
    """A draft that begins from an emergency amendment holds that one person's words: two others answer for them."""
    three = amend(scene, book("改道"), minute=0, until=60)
    desk = Desk(scene, book("改道"))
    assert (desk.look().digest, desk.look().editors) == (three.digest, ["li.wei", "chen.jing"])
    desk.submit()
    with pytest.raises(SamePerson):
        desk.review(LI)
    desk.review(HE)
    desk.sign()
    assert desk.issue().number == 3


def test_a_review_by_who_amended_wins_no_time(scene: Scene) -> None:
    """The 72 hours go on when who amended signs a review, and when a review says that the plan is to be revised."""
    hours, terms = 60, cycles.terms(PEOPLE)
    three = amend(scene, book("一"), minute=0, until=72 * hours)
    owner = replace(LI, roles={"group": frozenset({"plan_owner"})})
    for by, change in ((owner, False), (CHEN, True)):
        with scene.database.begin() as session:
            of, finding = register.plan(session, CODE), {"change": change, "finding": "核对"}
            plan_review.review(session, of, digest=three.digest, **finding, terms=terms, by=by, at=scene.after(hours))
        with pytest.raises(AmendmentOver):
            amend(scene, book("二"), minute=2 * hours, until=73 * hours)
    with scene.database.begin() as session:
        of, finding = register.plan(session, CODE), {"change": False, "finding": "核对"}
        plan_review.review(session, of, digest=three.digest, **finding, terms=terms, by=CHEN, at=scene.after(hours))
    assert amend(scene, book("二"), minute=2 * hours, until=73 * hours).number == 3


def test_an_amendment_adds_no_fault(scene: Scene) -> None:
    """In an emergency too a plan does not come to stand under nobody, or under a parent that is not there."""
    scene.issue(book("二"), minute=0)
    with pytest.raises(PlanUnfit):
        amend(scene, replace(book("三"), parent="gone"), minute=1, until=60)
    with pytest.raises(NotForThisPlan):
        amend(scene, book("二"), minute=1, until=60)


def test_a_signed_version_ends_the_amendment(scene: Scene) -> None:
    """Once three persons have issued the next version, the amendment's end changes nothing any more."""
    amend(scene, book("改道"), minute=0, until=60)
    scene.issue(book("正式"), minute=10)
    scene.sweep(60)
    assert (standing(scene, 61), row(scene).number) == (3, 3)
    assert "amendment_lapsed" not in kinds(scene)


def test_a_card_owes_no_filing(scene: Scene) -> None:
    """An on-site procedure of a network operator is issued without a filing to remind of; its record may be kept."""
    with scene.database.begin() as session:
        publish.start(
            session, replace(book("现场"), code="on-site", tier=Tier.ONSITE), by="chen.jing", at=scene.after(0)
        )
        base = plans.newest(session, "on-site")
        made = replace(book("现场二"), code="on-site", tier=Tier.ONSITE)
        common: dict[str, Any] = {"people": PEOPLE, "at": scene.after(1)}
        of = draft.open(session, content=made, base=base, by=CHEN, **common)
        draft.submit(session, of, digest=of.digest, by=CHEN, **common)
        draft.review(session, of, digest=of.digest, agrees=True, by=LI, **common)
        draft.sign(session, of, digest=of.digest, by=WANG, **common)
        two = publish.issue(session, of, digest=of.digest, by=CHEN, **common)
        assert deadline(session, two.matter, publish.FILING, "v2") is None
        publish.file(session, two, with_whom="省应急管理厅", number="1", by=CHEN, **common)


# --- a version in between --------------------------------------------------------------------------------------------


def longer(content: Playbook, task: str, minutes: int) -> Playbook:
    """The plan with another time for one task."""
    tasks = (replace(each, due=timedelta(minutes=minutes)) if each.id == task else each for each in content.tasks)
    return replace(content, tasks=tuple(tasks))


def test_a_draft_does_not_silently_undo_an_amendment(scene: Scene) -> None:
    """Neither submitted, reviewed, signed nor issued over what was amended meanwhile; it is said what that was."""
    scene.issue(book(), minute=0)
    desk = Desk(scene, longer(book(), "T02", 7)).signed()
    amend(scene, longer(book(), "T01", 45), minute=5, until=600)
    with pytest.raises(PlanOvertaken) as refused:
        desk.issue(minute=6)
    assert "T01" in refused.value.sentence("zh")
    assert "v3" in refused.value.sentence("en")
    desk.edit(longer(book(), "T02", 8), minute=7)
    with pytest.raises(PlanOvertaken):
        desk.submit(minute=8)
    assert (standing(scene, 9), desk.look().state) == (3, State.DRAFT)


def test_what_came_in_between_is_taken_over(scene: Scene) -> None:
    """The draft goes on from the later version, with both changes in it; who amended it has a hand in it."""
    scene.issue(book(), minute=0)
    desk = Desk(scene, longer(book(), "T02", 7)).signed()
    three = amend(scene, longer(book(), "T01", 45), minute=5, until=600)
    desk.press(draft.take_over, 3, by=CHEN, minute=6)
    of = desk.look()
    assert (of.base_version_id, of.state, of.editors) == (three.id, State.DRAFT, ["chen.jing", "li.wei"])
    assert plans.playbook_of(of) == longer(longer(book(), "T01", 45), "T02", 7)
    desk.submit(minute=7)
    with pytest.raises(SamePerson):
        desk.review(LI, minute=8)
    desk.review(HE, minute=8)
    desk.sign(minute=9)
    four = desk.issue(minute=10)
    assert (four.number, four.digest, standing(scene, 601)) == (4, of.digest, 4)


def test_where_both_changed_the_same_it_is_said(scene: Scene) -> None:
    """The later version's text stands, and what of the draft gives way to it is named before anybody presses."""
    scene.issue(book(), minute=0)
    desk = Desk(scene, longer(longer(book(), "T01", 30), "T02", 7))
    amend(scene, longer(book(), "T01", 45), minute=5, until=600)
    with scene.database.read() as session:
        found = draft.overtaken(session, desk.look(), at=scene.after(6))
    assert found is not None
    assert [each.en[:8] for each in found.changes] == ["task T01"]
    assert [each.en[:8] for each in found.gives_way] == ["task T01"]
    assert found.both == longer(longer(book(), "T01", 45), "T02", 7)


def test_ones_own_is_kept_knowingly(scene: Scene) -> None:
    """The draft stays word for word; whoever signed it did not know, so the three sign again; the journal says it."""
    scene.issue(book(), minute=0)
    desk = Desk(scene, longer(book(), "T02", 7)).signed()
    amend(scene, longer(book(), "T01", 45), minute=5, until=600)
    before = desk.look().digest
    desk.press(draft.keep, 3, by=CHEN, minute=6)
    assert (desk.look().digest, desk.look().state) == (before, State.DRAFT)
    with scene.database.read() as session:
        assert plans.hand(session, desk.look(), Part.SIGNER, at=scene.after(6)) is None
        (told,) = [each.body for each in journal.entries(session, MATTER) if each.kind == "draft_rebased"]
    assert (told["how"], told["version"], len(told["changes"])) == ("kept", 3, 1)
    desk.submit(minute=7)
    desk.review(minute=8)
    desk.sign(minute=9)
    assert desk.issue(minute=10).digest == before


def test_only_what_was_read_is_taken_or_kept(scene: Scene) -> None:
    """A second amendment since the desk was drawn is told first; with nothing in between there is nothing to press."""
    scene.issue(book(), minute=0)
    desk = Desk(scene, longer(book(), "T02", 7))
    with pytest.raises(NotForThisPlan):
        desk.press(draft.keep, 2, by=CHEN, minute=1)
    amend(scene, longer(book(), "T01", 45), minute=5, until=600)
    amend(scene, longer(book(), "T01", 50), minute=6, until=600)
    for act in (draft.take_over, draft.keep):
        with pytest.raises(PlanOvertaken):
            desk.press(act, 3, by=CHEN, minute=7)
        with pytest.raises(NotPermitted):
            desk.press(act, 4, by=ZHANG, minute=7)
    desk.press(draft.take_over, 4, by=CHEN, minute=7)
    assert desk.look().editors == ["chen.jing", "li.wei"]


def test_an_amendment_that_lapsed_is_undone_by_nobody(scene: Scene) -> None:
    """Once its time is over the draft is issued as it is: nothing that stands is lost."""
    scene.issue(book(), minute=0)
    desk = Desk(scene, longer(book(), "T02", 7))
    amend(scene, longer(book(), "T01", 45), minute=5, until=60)
    scene.sweep(60)
    desk.submit(minute=61)
    desk.review(minute=62)
    desk.sign(minute=63)
    assert desk.issue(minute=64).number == 4


def test_two_changes_that_make_no_plan_are_not_joined(scene: Scene) -> None:
    """A task that the amendment adds for a role that the draft took out: it is said, and one's own can be kept."""
    scene.issue(book(), minute=0)
    gone = book().tasks[0].role
    left = tuple(each for each in book().tasks if each.role != gone)
    other = next(each.id for each in book().roles if each.id != gone)
    rest = replace(
        book(),
        tasks=left or (replace(book().tasks[0], role=other),),
        roles=tuple(each for each in book().roles if each.id != gone),
        levels=tuple(replace(each, decided_by="duty_manager") for each in book().levels),
    )
    desk = Desk(scene, rest)
    added = (*book().tasks, replace(book().tasks[0], id="T90"))
    amend(scene, replace(book(), tasks=added), minute=5, until=600)
    with scene.database.read() as session:
        found = draft.overtaken(session, desk.look(), at=scene.after(6))
    assert found is not None
    assert (found.both, bool(found.faults)) == (None, True)
    with pytest.raises(BadEdit):
        desk.press(draft.take_over, 3, by=CHEN, minute=6)
    desk.press(draft.keep, 3, by=CHEN, minute=6)


def test_a_version_that_waits_is_not_undone_either(scene: Scene) -> None:
    """A draft begun from the version in force, while a later one waits, is told of it before it is issued."""
    desk = Desk(scene, book("第二版")).signed()
    desk.issue(effective=60)
    with scene.database.begin() as session:
        one = plans.numbered(session, CODE, 1)
        of = draft.open(session, content=book("第三版"), base=one, people=PEOPLE, by=CHEN, at=scene.after(5))
        with pytest.raises(PlanOvertaken):
            draft.submit(session, of, digest=of.digest, people=PEOPLE, by=CHEN, at=scene.after(6))


def test_a_deputy_amends_in_anothers_stead(scene: Scene) -> None:
    """Both names are on record; neither may review the other's words, and a review by either wins no time."""
    li = replace(LI, acting=(Acting(who="zhang.qiang", since=date(2027, 3, 1), until=date(2027, 3, 9)),))
    people = replace(PEOPLE, people={**PEOPLE.people, "li.wei": li})
    common: dict[str, Any] = {"until": scene.after(600), "reason": "断路", "people": people, "by": ZHANG}
    with scene.database.begin() as session:
        two = publish.amend(session, book("改道"), **common, at=scene.after(1))
    assert (two.author, two.stands_for, two.amended_by) == ("zhang.qiang", "li.wei", {"zhang.qiang", "li.wei"})
    with scene.database.read() as session:
        (told,) = [each.body for each in journal.entries(session, MATTER) if each.kind == "amended"]
    assert told["stands_for"] == "li.wei"
    desk = Desk(scene, book("改道二"), people=people)
    assert desk.look().editors == ["li.wei", "zhang.qiang", "chen.jing"]


# --- which plan runs -------------------------------------------------------------------------------------------------


def test_the_most_specific_plan_runs(scene: Scene) -> None:
    """One that names the unit, else one that names a unit above it, else the one for all."""
    for code, units in (("core-henan", ("henan",)), ("core-zhengzhou", ("henan.zhengzhou",))):
        with scene.database.begin() as session:
            local = replace(book(), code=code, units=units)
            publish.start(session, local, by="chen.jing", at=scene.after(1))
    runs = {unit: scene.version(scene.declare(2, unit=unit, anyway=True)).code for unit in PEOPLE.units}
    assert runs == {
        "group": CODE,
        "henan": "core-henan",
        "henan.zhengzhou": "core-zhengzhou",
        "shanghai": CODE,
        "dc.huadong": CODE,
    }


def test_a_whole_plan_before_an_outline_and_a_scenario_it_covers(scene: Scene) -> None:
    """A plan runs for what it covers too; one whose own scenario it is comes first, an outline last."""
    with scene.database.begin() as session:
        for code, more in {
            "aaa-outline": {"scenario": "signalling_storm", "outline": True},
            "bbb-covers": {"covers": ("signalling_storm",), "scenario": "other_thing"},
        }.items():
            publish.start(session, replace(book(), code=code, **more), by="chen.jing", at=scene.after(1))
    assert scene.version(scene.declare(2, scenario="signalling_storm")).code == "bbb-covers"
    with scene.database.begin() as session:
        own = replace(book(), code="ccc-own", scenario="signalling_storm")
        publish.start(session, own, by="chen.jing", at=scene.after(3))
        by_scenario = plans.in_force_by_scenario(session, unit=None, at=scene.after(3))
    assert scene.version(scene.declare(4, scenario="signalling_storm", anyway=True)).code == "ccc-own"
    assert by_scenario["signalling_storm"].code == "ccc-own"
    assert set(by_scenario) == {"signalling_storm", "other_thing", "core_network", "overall_plan"}


# --- filing 备案 -----------------------------------------------------------------------------------------------------


def test_filed_within_twenty_working_days(database: Database) -> None:
    """Counted with 调休 from issue; the owner is reminded ahead and when it is late, with their superior; then quiet.

    20 working days after Monday the 21st of September 2026: the National Day holiday is not counted, made-up
    Saturdays are.
    """
    start = datetime(2026, 9, 21, 2, 0, tzinfo=UTC)
    scene = Scene(database, start)
    scene.issue(book("二"), minute=0)
    with database.read() as session:
        due = deadline(session, MATTER, publish.FILING, "v2")
    assert due is not None
    assert due.due_at == datetime(2026, 10, 26, 2, 0, tzinfo=UTC)
    days = 35
    for day in range(days + 3):
        scene.sweep(day * 24 * 60)
    told = _reminded(database)
    ahead = [(facts["to"], facts["late"]) for facts in told]
    assert ahead[:3] == [("chen.jing", False)] * 3
    assert ("he.lin", True) in ahead
    with database.begin() as session:
        common = {"people": PEOPLE, "by": CHEN, "at": scene.after((days + 3) * 24 * 60)}
        two = plans.numbered(session, CODE, 2)
        publish.file(session, two, with_whom="省应急管理厅", number="豫应急备〔2026〕7号", **common)
        with pytest.raises(AlreadyFiled):
            publish.file(session, two, with_whom="别处", number="8", **common)
        with pytest.raises(NotForThisPlan):
            publish.file(session, plans.numbered(session, CODE, 1), with_whom="省厅", number="1", **common)
    scene.sweep((days + 9) * 24 * 60)
    assert len(_reminded(database)) == len(told)


def _reminded(database: Database) -> list[dict[str, Any]]:
    with database.read() as session:
        rows = session.query(Dispatch).filter(Dispatch.kind == "plan_filing").order_by(Dispatch.id)
        return [each.facts for each in rows]


def test_uncounted_working_days_are_said(scene: Scene) -> None:
    """In a year whose holidays nobody has published the due date is not invented: it is said, and nagged about."""
    scene.issue(book("二"), minute=0)
    with scene.database.read() as session:
        due = deadline(session, MATTER, publish.FILING, "v2")
    assert due is not None
    assert (due.due_at, due.state) == (None, Standing.RUNNING)
    scene.sweep(8 * 24 * 60)
    (told,) = _reminded(scene.database)
    assert "2027" in told["caution"]["en"]


# --- what no SQL can do ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "update playbook_version set content = '{}' where number = 2",
        "update playbook_version set digest = 'x' where number = 2",
        "update playbook_version set signer = 'li.wei' where number = 2",
        "update playbook_version set origin = 'starter' where number = 2",
        "update playbook_version set effective_at = issued_at, number = 9 where number = 2",
        "update playbook_version set filed_number = '8' where number = 2",
        "update playbook_version set filed_at = null where number = 2",
        "update playbook_version set in_force_at = null where number = 2",
        "delete from playbook_version where number = 2",
        "update playbook_hand set person = 'he.lin'",
        "update playbook_hand set digest = 'x'",
        "delete from playbook_hand",
        "update playbook_revision set content = '{}'",
        "update playbook_comment set text = 'x'",
        "update playbook_draft set content = '{}'",
        "delete from playbook_draft",
    ],
)
def test_what_is_issued_never_changes(scene: Scene, statement: str) -> None:
    """Raw SQL that changes or deletes what was issued, signed or said is refused, on either engine."""
    desk = Desk(scene)
    desk.press(draft.comment, "看过", by=ZHANG)
    two = desk.signed().issue()
    with scene.database.begin() as session:
        common = {"people": PEOPLE, "by": CHEN, "at": scene.after(5)}
        publish.file(session, plans.numbered(session, CODE, 2), with_whom="省厅", number="7", **common)
    with (
        pytest.raises(DBAPIError, match="never changes once written"),
        scene.database.engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)
    assert (version(scene, 2).digest, version(scene, 2).content["title"]["zh"]) == (two.digest, "第二版")


@pytest.mark.parametrize(
    ("author", "reviewer", "signer"), [("a", "a", "b"), ("a", "b", "b"), ("a", "b", "a"), ("a", "b", None)]
)
def test_no_version_is_written_without_three(scene: Scene, author: str, reviewer: str, signer: str | None) -> None:
    """The table itself refuses an issued version that two persons answer for."""
    one = version(scene, 1)
    forged = {each.name: getattr(one, each.name) for each in Version.__table__.columns if each.name != "id"}
    forged |= {"number": 7, "origin": Origin.ISSUED, "author": author, "reviewer": reviewer, "signer": signer}
    with pytest.raises(DBAPIError, match="three_persons"), scene.database.begin() as session:
        session.add(Version(**forged))
