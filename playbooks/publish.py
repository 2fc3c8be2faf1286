"""Issue a plan, have it take effect, amend it in an emergency, withdraw it, roll it back, record its filing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import (
    AlreadyFiled,
    AmendmentOver,
    BadValue,
    NoSuchPlan,
    NotForThisPlan,
    PlanHasChildren,
    SamePerson,
    UnknownHolidays,
)
from escalation import track
from escalation.calendar import working_days_later
from escalation.records import Matter, deadline, deadlines
from escalation.rosters import People, Person
from escalation.spans import iso_text
from escalation.words import Words
from plans import cycles, register, tree, triggers
from plans.records import Origin, Plan, Review, plans
from plans.register import Standing
from playbooks import draft, lineage, permits
from playbooks.machine import State, Step, advance
from playbooks.permits import Act
from playbooks.records import (
    Draft,
    Hand,
    Part,
    Version,
    in_force_of,
    latest,
    newest,
    playbook_of,
    versions,
)
from playbooks.shape import REFERENCES, Playbook, canonical
from store import journal

# The kinds of deadlines on `plan:<code>`.
EFFECT = "plan_effect"
LAPSE = "plan_lapse"
FILING = "plan_filing"
AMENDMENT_MOST = timedelta(hours=72)
FILE_REMIND = (timedelta(days=10), timedelta(days=3), timedelta(days=1))  # ahead of the due time
PARENT_CHANGED = "law_or_standard_or_parent_plan_changed"  # 应急条例 art. 6; 令第2号 art. 36
TO_REVIEW = "other_as_decided"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Issued:
    """How a version came to be; what does not apply stands empty."""

    origin: Origin
    author: str | None = None
    stands_for: str | None = None
    reviewer: str | None = None
    signer: str | None = None
    reason: str | None = None
    effective_at: datetime
    lives_until: datetime | None = None


# --- start -----------------------------------------------------------------------------------------------------------


def start(session: Session, playbook: Playbook, *, by: str, at: datetime) -> Version:
    """Lay a starter plan that nobody here has signed; what was ever issued under its code stays as it is."""
    known = newest(session, playbook.code)
    if known is not None:
        return known
    born = _freeze(session, playbook, _Issued(origin=Origin.STARTER, effective_at=at), by=by, at=at)
    take_effect(session, born, by=by, at=at)
    return born


def _freeze(session: Session, playbook: Playbook, how: _Issued, *, by: str, at: datetime) -> Version:
    """Write the next version down; from here on nothing changes what it says."""
    before = newest(session, playbook.code)
    born = Version(
        code=playbook.code,
        number=before.number + 1 if before else 1,
        scenario=playbook.scenario,
        covers=list(playbook.covers),
        units=list(playbook.units),
        tier=playbook.tier.value,
        outline=playbook.outline,
        digest=playbook.digest,
        origin=how.origin,
        author=how.author,
        stands_for=how.stands_for,
        reviewer=how.reviewer,
        signer=how.signer,
        reason=how.reason,
        issued_by=by,
        issued_at=at,
        effective_at=how.effective_at,
        lives_until=how.lives_until,
        content=canonical(playbook),
    )
    session.add(born)
    if session.get(Matter, born.matter) is None:
        track.open_matter(session, born.matter, exercise=False, at=at)
    session.flush()
    return born


# --- issue -----------------------------------------------------------------------------------------------------------


def issue(
    session: Session,
    of: Draft,
    *,
    digest: str,
    effective_at: datetime | None = None,
    people: People,
    by: Person,
    at: datetime,
) -> Version:
    """Freeze a signed draft as the next version, in force from `effective_at` on (default: at once).

    Three persons pairwise different answer for the very content that is issued, and no signature has expired; who
    stood in for another counts as both. Refuses `PlanMoved` if it is not what was read (`digest`), `PlanOvertaken` if
    it would undo a version that came after the one it began from, and `PlanUnfit` if it does not fit the tree any more.
    """
    permits.require(Act.ISSUE, by, of.units, people=people, at=at)
    state = advance(of.state, Step.ISSUE)
    draft.still(session, of, digest)
    draft.current(session, of, at=at)
    effective_at = effective_at or at
    if effective_at < at:
        raise BadValue(field=_EFFECTIVE, expected=Words(zh="不能早于现在。", en="must not lie in the past."))
    playbook = playbook_of(of)
    draft.fit(session, playbook, people=people, at=at)
    author, reviewer, signer = _three(session, of, people=people, at=at)
    how = _Issued(
        origin=Origin.ISSUED,
        author=author.person,
        reviewer=reviewer.person,
        signer=signer.person,
        effective_at=effective_at,
    )
    born = _freeze(session, playbook, how, by=by.id, at=at)
    of.state, of.closed_at, of.version_id = state, at, born.id
    session.flush()
    persons = {
        each.part.value: {"person": each.person, "stands_for": each.stands_for} for each in (author, reviewer, signer)
    }
    told = _told(born) | {"effective_at": effective_at.isoformat(), "persons": persons}
    journal.write(session, born.matter, "issued", told, by=by.id, at=at)
    triggers.answer(session, born.code, until=author.given_at, by=by.id, at=at)
    _owe_filing(session, born, playbook, people=people, at=at)
    _comes(session, born, by=by.id, at=at)
    return born


_EFFECTIVE = Words(zh="生效时间", en="Effective from")


def _three(session: Session, of: Draft, *, people: People, at: datetime) -> tuple[Hand, Hand, Hand]:
    """The three signatures on the content that stands; refuses when one is missing, expired, or of the same person."""
    author, reviewer, signer = (draft.standing_hand(session, of, part, at=at) for part in Part)
    for one, other in ((author, reviewer), (author, signer), (reviewer, signer)):
        both = one.people & other.people
        if both:
            raise SamePerson(who=people.name(min(both)), role=one.part.words)
    return author, reviewer, signer


def _told(version: Version) -> dict[str, Any]:
    title = version.content["title"]
    return {"version": version.number, "digest": version.digest, "title": dict(title)}


def _comes(session: Session, version: Version, *, by: str, at: datetime) -> None:
    """Its effect rings at its instant, for whoever is to be told; what is due already takes effect in this press."""
    track.start(
        session,
        version.matter,
        EFFECT,
        f"v{version.number}",
        started_at=at,
        due_at=version.effective_at,
        ring_at=version.effective_at,
        facts={"version": version.id},
    )
    if version.effective_at <= at:
        take_effect(session, version, by=by, at=at)


# --- take effect -----------------------------------------------------------------------------------------------------


def take_effect(session: Session, version: Version, *, by: str, at: datetime) -> bool:
    """Act on its being in force: it supersedes what stood before and stands in the register; say whether it does.

    A version that a later one overtook while it waited stands superseded at once; twice is once.
    """
    if version.stands is not State.ISSUED or version.effective_at > at:
        return False
    standing = in_force_of(session, version.code, at=at)
    if standing is None or standing.number < version.number:
        return False
    version.in_force_at = at
    if standing.id != version.id:
        advance(version.stands, Step.SUPERSEDE)
        version.superseded_at = at
        told = _told(version) | {"by": standing.number}
        journal.write(session, version.matter, "superseded", told, by=by, at=at)
        return False
    for older in versions(session, version.code):
        if older.number < version.number and older.stands is State.IN_FORCE:
            advance(older.stands, Step.SUPERSEDE)
            older.superseded_at = at
            told = _told(older) | {"by": version.number}
            journal.write(session, older.matter, "superseded", told, by=by, at=at)
    register.stand(session, _standing(version), by=by, at=at)
    if version.number > 1:  # a first version is no change of anything that a child was written under
        _tell_children(session, version, by=by, at=at)
    return True


def _standing(version: Version) -> Standing:
    playbook = playbook_of(version)
    return Standing(
        code=playbook.code,
        title={"zh": playbook.title.zh, "en": playbook.title.en},
        tier=playbook.tier.value,
        organisation=playbook.organisation.value,
        units=playbook.units,
        scenarios=playbook.scenarios,
        references={key: list(getattr(playbook.references, key)) for key in REFERENCES},
        owner=playbook.owner,
        parent=playbook.parent,
        outline=playbook.outline,
        origin=version.origin,
        number=version.number,
        digest=version.digest,
        review_every=iso_text(playbook.review_every) if playbook.review_every is not None else None,
    )


def _tell_children(session: Session, version: Version, *, by: str, at: datetime) -> None:
    """The parent plan changed: each plan under it is to be revised, and hears where it is looser now."""
    parent = lineage.node_of(playbook_of(version))
    for code in children(session, version.code):
        child = in_force_of(session, code, at=at)
        if child is None:
            continue
        found = tree.looser(lineage.node_of(playbook_of(child)), parent)
        zh, en = ("".join(f"\n- {each.said(lang)}" for each in found) for lang in ("zh", "en"))
        why = Words(
            zh=f"上位预案{parent.named.zh}有了新版本 v{version.number}，请核对本预案。{zh}",
            en=f"The parent plan {parent.named.en} has a new version, v{version.number}: check this plan.{en}",
        )
        source = f"{version.matter}:v{version.number}:{int(at.timestamp())}"
        triggers.raise_(session, PARENT_CHANGED, source, why, [code], by=by, at=at)


def children(session: Session, code: str) -> list[str]:
    """The codes of the plans that stand under a plan."""
    return [each.code for each in plans(session) if each.parent == code]


# --- in an emergency -------------------------------------------------------------------------------------------------


def amend(
    session: Session, playbook: Playbook, *, until: datetime, reason: str, people: People, by: Person, at: datetime
) -> Version:
    """Amend a plan in force in an emergency, by one named person, until a stated instant; it is reviewed after.

    It lives 72 hours at most, counted from the first amendment since three persons last signed the plan, or another
    than who amended reviewed it and found it right, so that one amendment after another is no way round them. It may
    have no fault that the version in force has not.
    """
    before = in_force_of(session, playbook.code, at=at)
    if before is None:
        raise NoSuchPlan(code=playbook.code)
    old = playbook_of(before)
    principal = permits.require(Act.AMEND, by, _units(old, playbook), people=people, at=at)
    if not reason.strip():
        raise BadValue(field=Words(zh="理由", en="Reason"), expected=Words(zh="请写明理由。", en="must say why."))
    if playbook.digest == before.digest:
        raise NotForThisPlan(why=Words(zh="与现行版本没有差别。", en="it says the same as the version in force."))
    _not_too_long(session, playbook.code, until, people=people, at=at)
    found = set(draft.faults(session, playbook, people=people, at=at)) - set(
        draft.faults(session, old, people=people, at=at)
    )
    if found:
        raise draft.unfit(sorted(found, key=lambda each: each.zh))
    advance(State.DRAFT, Step.AMEND)
    how = _Issued(
        origin=Origin.EMERGENCY,
        author=by.id,
        stands_for=principal,
        reason=reason.strip(),
        effective_at=at,
        lives_until=until,
    )
    born = _freeze(session, playbook, how, by=by.id, at=at)
    told = _told(born) | {"until": until.isoformat(), "reason": how.reason, "stands_for": principal}
    journal.write(session, born.matter, "amended", told, by=by.id, at=at)
    _to_review(session, born, by=by.id, at=at)
    track.start(
        session,
        born.matter,
        LAPSE,
        f"v{born.number}",
        started_at=at,
        due_at=until,
        ring_at=until,
        facts={"version": born.id},
    )
    _comes(session, born, by=by.id, at=at)
    return born


def _units(old: Playbook, new: Playbook) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*old.units, *new.units))) if old.units and new.units else ()


def _not_too_long(session: Session, code: str, until: datetime, *, people: People, at: datetime) -> None:
    last = _first_amended_at(session, code, at=at) + AMENDMENT_MOST
    if until <= at:
        field = Words(zh="有效至", en="Lives until")
        raise BadValue(field=field, expected=Words(zh="应晚于现在。", en="must lie in the future."))
    if until > last:
        raise AmendmentOver(hours=int(AMENDMENT_MOST.total_seconds() // 3600), until=people.clock(last))


def _first_amended_at(session: Session, code: str, *, at: datetime) -> datetime:
    """When the running emergency began: the first amendment since three persons answered, or another reviewed it."""
    began = at
    # A review that asks for a revision finds nothing right as it stands.
    right = select(Review).where(Review.plan == code, Review.change.is_(False)).order_by(Review.reviewed_at.desc())
    reviews = session.scalars(right).all()
    for each in versions(session, code):
        reviewed = (one.reviewed_by not in each.amended_by and one.reviewed_at >= each.effective_at for one in reviews)
        if each.origin is not Origin.EMERGENCY or any(reviewed):
            break
        began = each.effective_at
    return began


def _to_review(session: Session, version: Version, *, by: str, at: datetime) -> None:
    why = Words(
        zh=f"v{version.number} 是一个人作出的应急修订（{version.reason}），须在事后审核：采纳为正式版本，或不再保留。",
        en=f"v{version.number} is one person's emergency amendment ({version.reason}): issue it, or let it go.",
    )
    triggers.raise_(
        session, TO_REVIEW, f"{version.matter}:v{version.number}:amended", why, [version.code], by=by, at=at
    )


def lapse(session: Session, version: Version, *, by: str, at: datetime) -> Version | None:
    """An emergency amendment's time is over: the version before it is in force again; answers that one.

    None where nothing changes: it was withdrawn or overtaken, or its time has not come.
    """
    if version.lives_until is None or version.lives_until > at or version.stands is not State.IN_FORCE:
        return None
    version.superseded_at = at
    before = in_force_of(session, version.code, at=at)
    told = _told(version) | {"again": before.number if before is not None else None}
    journal.write(session, version.matter, "amendment_lapsed", told, by=by, at=at)
    if before is None:
        register.withdraw(session, version.code, by=by, at=at)
        return None
    if before.stands is State.SUPERSEDED:
        advance(before.stands, Step.RESTORE)
        before.superseded_at = None
    before.in_force_at = before.in_force_at or at
    session.flush()
    register.stand(session, _standing(before), by=by, at=at)
    _tell_children(session, before, by=by, at=at)
    return before


# --- withdraw, roll back ---------------------------------------------------------------------------------------------


def withdraw(session: Session, code: str, *, reason: str, people: People, by: Person, at: datetime) -> None:
    """The plan stands no longer, in no version; what it said is kept. Refuses while plans stand under it."""
    standing = [each for each in versions(session, code) if each.withdrawn_at is None]
    if not standing:
        raise NoSuchPlan(code=code)
    units = _union(playbook_of(each) for each in standing if each.superseded_at is None)
    permits.require(Act.WITHDRAW, by, units, people=people, at=at)
    if not reason.strip():
        raise BadValue(field=Words(zh="理由", en="Reason"), expected=Words(zh="请写明理由。", en="must say why."))
    below = children(session, code)
    if below:
        raise PlanHasChildren(code=code, children=", ".join(below))
    for each in standing:
        advance(each.stands, Step.WITHDRAW)
        each.withdrawn_at = at
    session.flush()
    for due in deadlines(session, f"plan:{code}", EFFECT, LAPSE, FILING):
        track.cancel(session, due, reason.strip(), by=by.id, at=at)
    told = {"why": reason.strip(), "versions": [each.number for each in standing]}
    journal.write(session, f"plan:{code}", "plan_withdrawn", told, by=by.id, at=at)
    if session.get(Plan, code) is not None:
        register.withdraw(session, code, by=by.id, at=at)


def _union(books: Any) -> tuple[str, ...]:  # noqa: ANN401 -- playbooks, one by one
    found: dict[str, None] = {}
    for book in books:
        if not book.units:
            return ()
        found |= dict.fromkeys(book.units)
    return tuple(found)


def recall(session: Session, version: Version, *, reason: str, people: People, by: Person, at: datetime) -> None:
    """Take back a version that was issued and has not taken effect; the one in force stays."""
    permits.require(Act.WITHDRAW, by, tuple(version.units), people=people, at=at)
    if version.stands is not State.ISSUED or version.effective_at <= at:
        zh = "该版本已经生效；请发布新的版本，或撤回整个预案。"
        raise NotForThisPlan(why=Words(zh=zh, en="it has taken effect; issue another version, or withdraw the plan."))
    if not reason.strip():
        raise BadValue(field=Words(zh="理由", en="Reason"), expected=Words(zh="请写明理由。", en="must say why."))
    advance(version.stands, Step.WITHDRAW)
    version.withdrawn_at = at
    session.flush()
    for due in deadlines(session, version.matter, EFFECT, FILING):
        if due.name == f"v{version.number}":
            track.cancel(session, due, reason.strip(), by=by.id, at=at)
    told = _told(version) | {"why": reason.strip()}
    journal.write(session, version.matter, "version_recalled", told, by=by.id, at=at)


def roll_back(session: Session, version: Version, *, people: People, by: Person, at: datetime) -> Draft:
    """Open a draft equal to an old version: it becomes the newest only through review and signature."""
    base = latest(session, version.code, at=at) or newest(session, version.code)
    return draft.open(session, content=playbook_of(version), base=base, people=people, by=by, at=at)


# --- filing 备案 -----------------------------------------------------------------------------------------------------


def _owe_filing(session: Session, version: Version, playbook: Playbook, *, people: People, at: datetime) -> None:
    """Where a rule asks for its filing, it falls due so many Chinese working days after issue.

    Where those cannot be counted a person is asked.
    """
    rule = cycles.filing(playbook.tier, people.organisation.party)
    if rule is None:
        return
    facts: dict[str, Any] = {"version": version.id, "owner": playbook.owner, "caution": None}
    facts |= {"within": rule.within.count, "source": rule.source, "confidence": rule.confidence}
    try:
        due_at: datetime | None = working_days_later(version.issued_at, rule.within.count)
    except UnknownHolidays as unknown:
        due_at, facts["caution"] = None, {"zh": unknown.sentence("zh"), "en": unknown.sentence("en")}
    track.start(
        session,
        version.matter,
        FILING,
        f"v{version.number}",
        started_at=at,
        due_at=due_at,
        ring_at=filing_rings_at(due_at, at),
        facts=facts,
    )


def filing_rings_at(due_at: datetime | None, at: datetime) -> datetime:
    """When it is spoken of next: ten, three and one days ahead, at the due time, then every day.

    Where the due time could not be counted: every seven days.
    """
    if due_at is None:
        return at + timedelta(days=7)
    ahead = (due_at - each for each in (*FILE_REMIND, timedelta(0)))
    return next((each for each in ahead if each > at), at + timedelta(days=1))


def file(
    session: Session, version: Version, *, with_whom: str, number: str, people: People, by: Person, at: datetime
) -> None:
    """Record that a version was filed 备案: with whom, under which number, by whom, when; once."""
    permits.require(Act.FILE, by, tuple(version.units), people=people, at=at)
    if version.origin is not Origin.ISSUED:
        zh, en = "只有正式印发的版本才备案。", "only a version that was issued is filed."
        raise NotForThisPlan(why=Words(zh=zh, en=en))
    if version.filed_at is not None:
        when = people.clock(version.filed_at)
        raise AlreadyFiled(who=people.name(version.filed_by), when=when, number=version.filed_number)
    for field, typed in ((Words(zh="备案机关", en="Filed with"), with_whom), (Words(zh="备案号", en="Number"), number)):
        if not 0 < len(typed.strip()) <= FILED_MOST:
            raise BadValue(
                field=field, expected=Words(zh="请填写，不超过 120 字。", en="must be given, 120 characters at most.")
            )
    version.filed_at, version.filed_by = at, by.id
    version.filed_with, version.filed_number = with_whom.strip(), number.strip()
    session.flush()
    due = deadline(session, version.matter, FILING, f"v{version.number}")
    if due is not None:
        track.meet(due, at=at)
    told = {
        "version": version.number,
        "digest": version.digest,
        "with": version.filed_with,
        "number": version.filed_number,
    }
    journal.write(session, version.matter, "plan_filed", told, by=by.id, at=at)


FILED_MOST = 120  # what the columns hold
