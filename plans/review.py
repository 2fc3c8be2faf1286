"""Review plans: what falls due for each of them is kept as deadlines; a person signs that a plan was reviewed.

*Reviewed* and *reminded* are different facts: a reminder moves no date, a signed review does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from errors import BadValue, NothingDue, ReadAnother
from escalation import track
from escalation.records import Deadline, Matter, deadlines
from escalation.rosters import Person
from escalation.words import Words
from plans import cycles, permits, triggers
from plans.cycles import DrillDue, Terms
from plans.records import (
    DRILL_DUE,
    REVIEW_DUE,
    REVISION_DUE,
    ROUND_DUE,
    Plan,
    Review,
    Trigger,
    code_of,
    drills_held,
    of_plans,
    open_triggers,
    plan,
    plans,
    wanting,
)
from plans.settle import settle
from plans.triggers import Kind
from store import journal

HOUSE = "plans"  # the matter of the daily round
NAME = "review"
FINDING_MOST = 3000
FINDING = Words(zh="评审意见", en="Finding")
UNTIL, REASON = Words(zh="推迟到", en="Until"), Words(zh="理由", en="Reason")


# --- what falls due --------------------------------------------------------------------------------------------------


def begin(session: Session, *, at: datetime) -> None:
    """Begin the daily round, now; a round that goes on already is rung at once, for rules may have changed."""
    if session.get(Matter, HOUSE) is None:
        track.open_matter(session, HOUSE, exercise=False, at=at)
    due = track.start(session, HOUSE, ROUND_DUE, "daily", started_at=at, ring_at=at)
    due.ring_at = at


def reconcile(session: Session, *, terms: Terms, at: datetime) -> None:
    """Bring the deadlines of every plan to what the rules ask of it today."""
    held, asking = drills_held(session), wanting(session)
    open_now = of_plans(session, REVIEW_DUE, DRILL_DUE, REVISION_DUE)
    standing = plans(session)
    for each in standing:
        dues = open_now.get(each.matter, ())
        _follow(session, each, open_now=dues, held=held.get(each.code, {}), terms=terms, at=at)
        _revisions(session, each, asking.get(each.code, ()), dues, at=at)
    for matter in set(open_now) - {each.matter for each in standing}:
        drop(session, open_now[matter], "withdrawn", at=at)


def follow(session: Session, of: Plan, *, terms: Terms, at: datetime) -> None:
    """Bring the deadlines of one plan to what the rules ask of it now."""
    open_now = [each for each in deadlines(session, of.matter, REVIEW_DUE, DRILL_DUE, REVISION_DUE) if each.open]
    if of.withdrawn_at is not None:
        drop(session, open_now, "withdrawn", at=at)
        return
    held = drills_held(session, of.code).get(of.code, {})
    _follow(session, of, open_now=open_now, held=held, terms=terms, at=at)
    _revisions(session, of, open_triggers(session, of.code), open_now, at=at)


def drop(session: Session, dues: Sequence[Deadline], why: str, *, at: datetime) -> None:
    """Nothing is asked of the plan any more."""
    for each in dues:
        track.cancel(session, each, why, by="tocsin", at=at)


def _follow(
    session: Session,
    of: Plan,
    *,
    open_now: Sequence[Deadline],
    held: Mapping[str, datetime],
    terms: Terms,
    at: datetime,
) -> None:
    due_at = cycles.review_due(of, default=terms.policy.review_every, zone=terms.zone)
    since = of.reviewed_at or of.in_force_at
    mine = [each for each in open_now if each.kind == REVIEW_DUE]
    _keep(session, of, REVIEW_DUE, NAME, open_now=mine, since=since, due_at=due_at, terms=terms, at=at)
    drills = {each.name: each for each in open_now if each.kind == DRILL_DUE}
    asked = _drills(of, held, drills, terms)
    for each in asked:
        name = each.requirement.id
        known = [drills[name]] if name in drills else []
        _keep(session, of, DRILL_DUE, name, open_now=known, since=each.since, due_at=each.due_at, terms=terms, at=at)
    drop(session, [drills[name] for name in set(drills) - {each.requirement.id for each in asked}], "unasked", at=at)


def _drills(of: Plan, held: Mapping[str, datetime], drills: Mapping[str, Deadline], terms: Terms) -> list[DrillDue]:
    # A new version of the plan is no drill: while none was held, the period goes on from where it began.
    since = {name: each.started_at for name, each in drills.items() if each.started_at is not None}
    return cycles.drills_due(of, terms.party, requirements=terms.requirements, held=held, since=since, zone=terms.zone)


def _keep(
    session: Session,
    of: Plan,
    kind: str,
    name: str,
    *,
    open_now: Sequence[Deadline],
    since: datetime,
    due_at: datetime,
    terms: Terms,
    at: datetime,
) -> None:
    """One cycle is open at a time: what was done since ends it and begins the next; other dates re-date it."""
    for due in open_now:
        if due.started_at is None or since <= due.started_at:
            if due.due_at != due_at:
                dates = {"started_at": due.started_at, "due_at": due_at, "ring_at": _first(due_at, terms)}
                track.redate(session, due, **dates, by="tocsin", at=at)
            return
        track.meet(due, at=since)
    seq = len([each for each in deadlines(session, of.matter, kind) if each.name == name]) + 1
    track.start(
        session, of.matter, kind, name, seq=seq, anchor="since", started_at=since, due_at=due_at,
        ring_at=_first(due_at, terms),
    )  # fmt: skip


def _first(due_at: datetime, terms: Terms) -> datetime:
    return cycles.first_reminder(due_at, terms.policy.reminders, terms.zone)


def _revisions(
    session: Session, of: Plan, asking: Sequence[Trigger], open_now: Sequence[Deadline], *, at: datetime
) -> None:
    """Whoever wrote that a plan wants revision, its owner is reminded of it."""
    known = {each.name for each in open_now if each.kind == REVISION_DUE}
    for each in asking:
        if triggers.name_of(each) not in known:
            due_at = each.raised_at + cycles.policy().revise_within
            facts = {"trigger": each.id}
            track.start(
                session, of.matter, REVISION_DUE, triggers.name_of(each), started_at=each.raised_at, due_at=due_at,
                ring_at=at, facts=facts,
            )  # fmt: skip


# --- what people do about it -----------------------------------------------------------------------------------------


def review(
    session: Session, of: Plan, *, digest: str, change: bool, finding: str, terms: Terms, by: Person, at: datetime
) -> Review:
    """Sign that the plan was reviewed as it was read (`digest`), and what was found; the next review is due a cycle on.

    Without `change` every open revision task is answered: the plan was looked at and is right as it stands. With it
    a revision task is opened with the finding. Refuses `ReadAnother` when another version stands by now.
    """
    permits.require(by, of.owner, of.units, terms.people)
    if digest != of.digest:
        raise ReadAnother(read=digest[:6], label=of.label)
    text = _said(finding, FINDING)
    row = Review(plan=of.code, digest=digest, change=change, finding=text, reviewed_by=by.id, reviewed_at=at)
    session.add(row)
    session.flush()
    told = {"version": of.number, "digest": digest, "change": change, "finding": text}
    journal.write(session, of.matter, "plan_reviewed", told, by=by.id, at=at)
    _settle(session, of, by, at=at)
    of.reviewed_at = at
    if change:
        why = Words(zh=f"评审认为需要修订：{text}", en=f"the review asks for a revision: {text}")
        triggers.raise_(session, kind=Kind.OTHER, source=f"review:{row.id}", why=why, codes=[of.code], by=by.id, at=at)
    else:
        triggers.answer(session, of.code, how="reviewed", by=by.id, at=at)
    follow(session, of, terms=terms, at=at)
    return row


def _said(text: str, field: Words) -> str:
    kept = text.strip()
    if not kept:
        raise BadValue(field=field, expected=Words(zh="请写明。", en="must be written down."))
    if len(kept) > FINDING_MOST:
        zh, en = f"最多 {FINDING_MOST} 个字。", f"may have {FINDING_MOST} characters."
        raise BadValue(field=field, expected=Words(zh=zh, en=en))
    return kept


def _settle(session: Session, of: Plan, by: Person, *, at: datetime) -> None:
    for due in deadlines(session, of.matter, REVIEW_DUE):
        settle(session, due, by=by.id, at=at)


def snooze(
    session: Session, due: Deadline, *, until: datetime, reason: str, terms: Terms, by: Person, at: datetime
) -> None:
    """Remind the owner no more before `until`, and why; it stays due when it was, and the superior is told as ever.

    Refuses an instant that has passed, one further off than the policy allows, and what is done already.
    """
    of = plan(session, code_of(due.matter))
    permits.require(by, of.owner, of.units, terms.people)
    if not due.open or due.due_at is None:
        raise NothingDue
    _within(until, terms, at=at)
    text = _said(reason, REASON)
    due.facts = {**due.facts, "snoozed_until": until.isoformat()}
    due.ring_at = cycles.next_ring(due.due_at, at, terms.policy.reminders, terms.zone, snoozed_until=until)
    told = {"kind": due.kind, "name": due.name, "seq": due.seq, "until": until.isoformat(), "reason": text}
    journal.write(session, of.matter, "snoozed", told, by=by.id, at=at)


def _within(until: datetime, terms: Terms, *, at: datetime) -> None:
    most = terms.policy.snooze_most
    if not at < until <= at + most:
        zh, en = f"应在今后 {most.days} 天之内。", f"must lie within the next {most.days} days."
        raise BadValue(field=UNTIL, expected=Words(zh=zh, en=en))
