"""Say that a plan wants revision, and why: the law asks for it "及时" when what the plan leans on has changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation import track
from escalation.records import Matter, deadlines
from escalation.rosters import People
from escalation.words import Words
from plans import cycles, permits
from plans.records import (
    REVISION_DUE,
    ROUND_DUE,
    Entry,
    PeopleSeen,
    Plan,
    Register,
    Trigger,
    open_triggers,
    plans,
)
from plans.settle import settle
from store import journal


class Kind(StrEnum):
    """What makes a plan want revision (国务院令第708号 art. 6; 应急管理部令第2号 art. 36)."""

    LAW_OR_PARENT = "law_or_standard_or_parent_plan_changed"
    COMMAND = "command_structure_changed"
    RISK = "risk_changed"
    RESOURCE = "key_resource_changed"
    FOUND = "major_problem_found_in_drill_or_response"
    OTHER = "other_as_decided"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _KINDS[self]


_KINDS = {
    Kind.LAW_OR_PARENT: Words(zh="法律、标准或上位预案变化", en="A law, a standard or the parent plan changed"),
    Kind.COMMAND: Words(zh="应急指挥机构或职责调整", en="The command structure or its people changed"),
    Kind.RISK: Words(zh="安全风险变化", en="The risk changed"),
    Kind.RESOURCE: Words(zh="重要应急资源变化", en="A key resource changed"),
    Kind.FOUND: Words(zh="演练或处置中发现重大问题", en="A drill or a response found a problem"),
    Kind.OTHER: Words(zh="其他需要修订的情形", en="Another reason, as decided"),
}
OF_REGISTER = {
    Register.SCENARIOS: Kind.RISK,
    Register.EQUIPMENT: Kind.RESOURCE,
    Register.POSTS: Kind.RISK,
    Register.SITES: Kind.RESOURCE,
    Register.UNITS: Kind.COMMAND,
    Register.LAWS: Kind.LAW_OR_PARENT,
}
SOURCE_MOST = 120  # what the column holds


def raise_(
    session: Session, kind: str, source: str, why: Words, codes: Collection[str], *, by: str, at: datetime
) -> list[Trigger]:
    """Open a revision task on each plan of `codes` that stands; give those that are new.

    One `source` is told once a plan, for life. The same source with other words, while the task is open, changes the
    words: what was found is often written better the second time.
    """
    found = [
        _raise(session, code, kind=Kind(kind), source=source[:SOURCE_MOST], why=why, by=by, at=at)
        for code in dict.fromkeys(codes)
    ]
    return [each for each in found if each is not None]


def _raise(
    session: Session, code: str, *, kind: Kind, source: str, why: Words, by: str, at: datetime
) -> Trigger | None:
    plan = session.get(Plan, code)
    if plan is None or plan.withdrawn_at is not None:
        return None
    told = {"zh": why.zh, "en": why.en}
    before = session.scalars(select(Trigger).where(Trigger.plan == code, Trigger.source == source)).one_or_none()
    if before is not None:
        _reword(session, plan, before, told, by=by, at=at)
        return None
    made = Trigger(plan=code, kind=kind.value, why=told, source=source, raised_at=at)
    session.add(made)
    session.flush()
    journal.write(
        session, plan.matter, "revision_required", {"kind": kind.value, "why": told, "source": source}, by=by, at=at
    )
    due_at = at + cycles.policy().revise_within
    facts = {"trigger": made.id}
    track.start(
        session, plan.matter, REVISION_DUE, name_of(made), started_at=at, due_at=due_at, ring_at=at, facts=facts
    )
    return made


def _reword(session: Session, plan: Plan, before: Trigger, told: dict[str, str], *, by: str, at: datetime) -> None:
    if before.answered_at is None and before.why != told:
        before.why = told
        journal.write(session, plan.matter, "revision_reworded", {"why": told, "source": before.source}, by=by, at=at)


def name_of(trigger: Trigger) -> str:
    """The name of the deadline of its revision task."""
    return f"trigger:{trigger.id}"


def answer(
    session: Session, code: str, *, by: str, at: datetime, until: datetime | None = None, how: str = "version"
) -> int:
    """A version was issued, or a review was signed (`how`): what was raised up to `until` is done; how many there were.

    Without `until` all of it; an issued version answers only what its author could know.
    """
    waiting = [each for each in open_triggers(session, code) if until is None or each.raised_at <= until]
    matter = f"plan:{code}"
    dues = {each.name: each for each in deadlines(session, matter, REVISION_DUE)}
    for each in waiting:
        each.answered_at, each.answered_by = at, by
        if name_of(each) in dues:
            settle(session, dues[name_of(each)], by=by, at=at)
        journal.write(session, matter, "revision_answered", {"source": each.source, "how": how}, by=by, at=at)
    return len(waiting)


# --- what changed ----------------------------------------------------------------------------------------------------


def entries_changed(
    session: Session, changed: Collection[Entry], *, retired: bool, by: str, at: datetime
) -> list[Trigger]:
    """Entries of a register changed or were retired: every plan that names one of them wants revision."""
    standing = plans(session) if changed else ()
    named = ((each, [plan.code for plan in standing if _names(plan, each)]) for each in changed)
    return [
        made for each, codes in named if codes for made in _entry(session, each, codes, retired=retired, by=by, at=at)
    ]


def _entry(
    session: Session, entry: Entry, codes: Collection[str], *, retired: bool, by: str, at: datetime
) -> list[Trigger]:
    title = entry.title
    zh, en = ("已停用", "was retired") if retired else ("已变更", "changed")
    why = Words(zh=f"预案引用的“{title['zh']}”{zh}", en=f"“{title['en']}”, which the plan refers to, {en}")
    source = f"{entry.register.value}:{entry.name}:{at.isoformat()}"
    return raise_(session, kind=OF_REGISTER[entry.register], source=source, why=why, codes=codes, by=by, at=at)


def _names(plan: Plan, entry: Entry) -> bool:
    match entry.register:
        case Register.SCENARIOS:
            return entry.name in plan.scenarios
        case Register.UNITS:
            return entry.name in plan.units
        case _:
            return entry.name in plan.references.get(entry.register.value, ())


def parent_withdrawn(session: Session, parent: Plan, *, by: str, at: datetime) -> list[Trigger]:
    """A plan stands no longer: every plan that names it as its parent 上位预案 wants revision."""
    why = Words(zh=f"上位预案 {parent.label} 已废止", en=f"the parent plan {parent.label} was withdrawn")
    source = f"parent:{parent.code} v{parent.number} withdrawn"
    codes = [each.code for each in plans(session) if each.parent == parent.code]
    return raise_(session, Kind.LAW_OR_PARENT, source, why, codes, by=by, at=at)


def found_by(
    session: Session, code: str, number: str, finding: str, *, exercise: bool, by: str, at: datetime
) -> list[Trigger]:
    """The review of a drill or of an incident found what the plan got wrong."""
    zh, en = ("演练", "Drill") if exercise else ("事件", "Incident")
    why = Words(zh=f"{zh} {number} 复盘发现：{finding}", en=f"{en} {number}, in its review: {finding}")
    return raise_(session, kind=Kind.FOUND, source=number, why=why, codes=[code], by=by, at=at)


# --- who left --------------------------------------------------------------------------------------------------------


def compare_people(
    session: Session, people: People, needs: Mapping[str, Collection[str]], *, by: str, at: datetime
) -> list[Trigger]:
    """Hold the people file against what it said when last looked at; give the revision tasks that came of it.

    `needs`: the posts that the roles of each plan need, by the plan's code. A plan wants revision when somebody who
    held such a post where it stands holds it no more, when its owner left, and when nobody holds a post it needs.
    """
    wanted = select(PeopleSeen).where(PeopleSeen.id == 1).with_for_update()
    before = session.scalars(wanted).one_or_none()
    standing = plans(session)
    vacant = sorted(_vacant(standing, needs, people))
    known = before.vacant if before is not None else []
    made = [_nobody(session, each, by=by, at=at) for each in vacant if each not in known]
    if before is not None:
        made += [_left(session, *each, people=people, by=by, at=at) for each in _lost(before, standing, needs, people)]
    session.merge(PeopleSeen(id=1, holders=_holders(people), vacant=vacant, seen_at=at))
    return [each for found in made for each in found]


def _holders(people: People) -> dict[str, dict[str, list[str]]]:
    return {each.id: {unit: sorted(posts) for unit, posts in each.posts.items()} for each in people.people.values()}


def _vacant(standing: Collection[Plan], needs: Mapping[str, Collection[str]], people: People) -> Iterator[str]:
    for plan in standing:
        for unit in permits.where(plan.units, people):
            for post in needs.get(plan.code, ()):
                if not _held_near(post, unit, people):
                    yield f"{plan.code}:{post}@{unit}"


def _held_near(post: str, unit: str, people: People) -> bool:
    """Whether anybody holds it at the unit, above it, or below it: an incident there would find them."""
    if people.holders(post, unit):
        return True
    below = [each for each in people.units if unit in (above.id for above in people.line_of(each))]
    return any(post in each.posts.get(where, ()) for each in people.people.values() for where in below)


def _nobody(session: Session, vacancy: str, *, by: str, at: datetime) -> list[Trigger]:
    code, _, where = vacancy.partition(":")
    post, _, unit = where.partition("@")
    why = Words(
        zh=f"预案需要的岗位“{post}”在 {unit} 无人担任",
        en=f"nobody at {unit} holds the post “{post}” that the plan needs",
    )
    source = f"vacant:{where}:{at.date().isoformat()}"
    return raise_(session, kind=Kind.COMMAND, source=source, why=why, codes=[code], by=by, at=at)


def _lost(
    before: PeopleSeen, standing: Collection[Plan], needs: Mapping[str, Collection[str]], people: People
) -> Iterator[tuple[str, str, list[str]]]:
    """Who holds a post no more, which post (empty: they left), and the plans that need it or that they own."""
    for who, held in before.holders.items():
        person = people.people.get(who)
        if person is None and (owned := [each.code for each in standing if each.owner == who]):
            yield who, "", owned
        for unit, posts in held.items():
            kept = person.posts.get(unit, frozenset()) if person is not None else frozenset()
            for post in sorted(set(posts) - kept):
                codes = [
                    each.code for each in standing if post in needs.get(each.code, ()) and _near(each, unit, people)
                ]
                if codes:
                    yield who, post, codes


def _near(plan: Plan, unit: str, people: People) -> bool:
    """Whether a holder at `unit` would be called by the plan: it stands there, above or below."""
    if not plan.units or unit not in people.units:
        return True
    line = {each.id for each in people.line_of(unit)}
    return any(
        each in line or unit in {up.id for up in people.line_of(each)} for each in plan.units if each in people.units
    )


def _left(
    session: Session, who: str, post: str, codes: list[str], *, people: People, by: str, at: datetime
) -> list[Trigger]:
    name = people.name(who)
    if post:
        why = Words(zh=f"{name} 不再担任“{post}”", en=f"{name} holds the post “{post}” no more")
    else:
        why = Words(zh=f"预案责任人 {name} 已不在名册中", en=f"the plan's owner {name} is no longer in the people file")
    source = f"left:{who}:{post or 'owner'}:{at.date().isoformat()}"
    return raise_(session, kind=Kind.COMMAND, source=source, why=why, codes=codes, by=by, at=at)


# --- looked at again -------------------------------------------------------------------------------------------------


def look_again(session: Session, plan: Plan, *, at: datetime) -> None:
    """Let the house see at its next beat what falls due for this plan from now on."""
    if session.get(Matter, plan.matter) is not None:
        track.start(session, plan.matter, ROUND_DUE, at.isoformat(), started_at=at, due_at=at, ring_at=at)
