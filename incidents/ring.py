"""What happens when something of an incident falls due: each function is one ring, called inside its transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from escalation import clocks, track
from escalation.records import Deadline, Dispatch, State, dispatch
from escalation.rosters import DUTY_MANAGER, People
from escalation.tell import tell
from incidents import machine, owe, picture, reader, records, show, stamp
from incidents.records import Filing, Incident
from playbooks import publish, remind
from playbooks import records as versions
from playbooks.records import Version
from store import journal

CHAT_SILENT = timedelta(seconds=60)  # a chat message older than this and not delivered: chat is down
TASK_NAG = timedelta(hours=1)
HELD = timedelta(milliseconds=200)


def clock(session: Session, due: Deadline, at: datetime, *, people: People) -> datetime | None:
    """A clock warns at 50 %, 80 %, due, and past due for ever; late rings are marked late, none is skipped."""
    of = records.incident_of(session, due.matter)
    if of is None:
        return at + HELD  # somebody is at work on it: rung again in a moment, never waited for
    until = due.due_at or _instant(due.facts.get("target_at"))
    if due.started_at is None or until is None or of.stands not in machine.OPEN:
        return None
    name = _name(due.started_at, until, at)
    notice = records.filing_by(session, due.id)
    told = {"clock": picture.clock(session, due, at=at), "ring": name, "left_s": (until - at).total_seconds()}
    told["who"] = _who(of, notice, people)
    show.news(session, of, "clock", told, at=at, priority=show.FIRST)
    journal.write(
        session, of.matter, "clock_rang", {"name": due.name, "seq": due.seq, "ring": name}, by="tocsin", at=at
    )
    if name != "half" and _chat_silent(session, at=at):
        _mail(session, of, told, people=people, at=at)
    show.status(session, of, at=at)
    return clocks.next_ring(due.started_at, until, at).at


def _name(started_at: datetime, due_at: datetime, at: datetime) -> str:
    if at > due_at:
        return "past_due"
    if at == due_at:
        return "due"
    return "most" if at - started_at >= (due_at - started_at) * 4 / 5 else "half"


def _instant(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None


def _who(of: Incident, notice: Filing | None, people: People) -> list[str]:
    """Whom the warning names: who was asked to sign, and who commands."""
    asked = notice.asked if notice is not None else None
    signers = [person.id for person in people.holders("approver", of.unit)]
    return list(dict.fromkeys(who for who in (asked, of.commander, *signers[:1]) if who))


def _chat_silent(session: Session, *, at: datetime) -> bool:
    stuck = exists().where(
        Dispatch.courier == show.CHAT,
        # Tried and not through: what only waits for its room says nothing about chat.
        or_(Dispatch.state == State.CLAIMED, and_(Dispatch.state == State.PENDING, Dispatch.attempt > 0)),
        Dispatch.created_at <= at - CHAT_SILENT,
    )
    return bool(session.scalar(select(stuck)))


def _mail(session: Session, of: Incident, told: dict[str, Any], *, people: People, at: datetime) -> None:
    """Chat is silent: those who must know get it by mail."""
    for who in told["who"]:
        person = people.person(who)
        if person.email:
            of.edits += 1
            key = f"{of.matter}:staff_mail:{of.edits}"
            facts = {**picture.head(session, of), **told, "person": who, "to": person.email}
            tell(session, of.matter, "clock", facts, key=key, courier="staff_mail", priority=show.FIRST, at=at)


def task(session: Session, due: Deadline, at: datetime) -> datetime | None:
    """A task is due: its card shows it late, and who is on it is told straight, every hour until it is done."""
    of = records.incident_of(session, due.matter)
    if of is None:
        return at + HELD  # somebody is at work on it: rung again in a moment, never waited for
    if of.stands is not machine.State.RESPONDING:
        return None
    work = records.task(session, of, due.name)
    whom = work.assignee or records.holders(session, of).get(work.role) or of.commander or of.declared_by
    show.news(session, of, "task_due", picture.task_facts(work, at=at), to=whom, at=at, priority=show.NORMAL)
    show.tasks(session, of, [work.role], at=at)
    show.status(session, of, at=at)
    return at + TASK_NAG


def notice_settled(session: Session, due: Deadline, at: datetime, *, people: People) -> datetime | None:
    """A notice was delivered, failed, or hangs between: the same message says so, and what to do next."""
    of = records.incident_of(session, due.matter)
    if of is None:
        return at + HELD  # somebody is at work on it: rung again in a moment, never waited for
    leaving = dispatch(session, due.facts["key"])
    _done(due, at)
    if leaving is None:
        return None
    # By its deadline: what was sent again goes by another key, and the first one may still prove to have arrived.
    if leaving.kind == stamp.SCAN:
        show.filing(session, of, records.filing(session, leaving.facts["filing"]), at=at)  # it says whether it arrived
        return None
    notice = records.filing_by(session, leaving.deadline_id)
    if notice is None:
        return None
    if leaving.state is State.DELIVERED:
        facts = picture.filing(session, of, notice)
        show.news(session, of, "notice_delivered", facts, at=at)
        if leaving.facts.get("seal") and notice.scan is None and not leaving.outcome.get("by_hand"):
            told = {"filing": notice.id, "duty": notice.duty, "seq": notice.seq}
            journal.write(session, of.matter, "left_unsealed", told, by="tocsin", at=at)
        if leaving.outcome.get("by_hand") is None:  # who took a call has read it
            reader.watch(session, of, notice, people=people, at=at)
        owe.owe(session, of, people=people, by="tocsin", at=at)
    elif leaving.state in (State.REJECTED, State.UNCERTAIN) and leaving.key == notice.dispatch_key:
        _alarm(session, of, notice, leaving, people=people, at=at)
    show.filing(session, of, notice, at=at)
    show.status(session, of, at=at)
    return None


def unread(session: Session, due: Deadline, at: datetime, *, people: People) -> datetime | None:
    """A first notice arrived and nobody there says so: it is no report yet; its signer and the duty managers hear."""
    of = records.incident_of(session, due.matter)
    if of is None:
        return at + HELD  # somebody is at work on it: rung again in a moment, never waited for
    notice = records.filing(session, due.facts["filing"])
    if notice.acknowledged_at is not None:
        track.meet(due, at=notice.acknowledged_at)
        return None
    if of.stands not in machine.OPEN:
        return None
    due.facts = {**due.facts, "told_at": picture.iso(at)}
    session.flush()
    facts = picture.filing(session, of, notice)
    whom = [notice.signed_by, *(each.id for each in people.holders(DUTY_MANAGER, of.unit))]
    for who in dict.fromkeys(each for each in whom if each):
        show.news(session, of, "notice_unread", facts, to=who, at=at, priority=show.FIRST)
    told = {"filing": notice.id, "duty": notice.duty, "seq": notice.seq}
    journal.write(session, of.matter, "unread", told, by="tocsin", at=at)
    show.filing(session, of, notice, at=at)
    return at + timedelta(seconds=due.facts["within_s"])


def _alarm(session: Session, of: Incident, notice: Filing, leaving: Dispatch, *, people: People, at: datetime) -> None:
    """A notice failed or is uncertain: the room and the people who can act are told at once, with the phone number."""
    kind = "notice_failed" if leaving.state is State.REJECTED else "notice_uncertain"
    facts = picture.filing(session, of, notice)
    show.news(session, of, kind, facts, at=at, priority=show.FIRST)
    whom = [of.commander, notice.signed_by, *(each.id for each in people.holders(DUTY_MANAGER, of.unit))]
    for who in dict.fromkeys(each for each in whom if each):
        show.news(session, of, kind, facts, to=who, at=at, priority=show.FIRST)


def room_settled(session: Session, due: Deadline, at: datetime, *, people: People) -> datetime | None:
    """The room was made, or could not be: then the declarer and the duty managers are told straight."""
    of = records.incident_of(session, due.matter)
    if of is None:
        return at + HELD  # somebody is at work on it: rung again in a moment, never waited for
    leaving = dispatch(session, due.facts["key"])
    _done(due, at)
    if leaving is None:
        return None
    facts = {"state": leaving.state.value, "why": leaving.outcome.get("why")}
    if leaving.state is State.DELIVERED:
        show.duty_room(session, at=at)
        if leaving.facts.get("asked_in"):
            show.opened(session, of, leaving.facts["asked_in"], leaving.outcome["channel"], at=at)
        return None
    whom = [of.declared_by, *(each.id for each in people.holders(DUTY_MANAGER, of.unit))]
    for who in dict.fromkeys(whom):
        show.news(session, of, "room_failed", facts, to=who, at=at, priority=show.FIRST)
    return None


def plan_effect(session: Session, due: Deadline, at: datetime) -> datetime | None:
    """A version takes effect; incidents that run on an older one are told what changed, and stay on theirs."""
    version = versions.version(session, due.facts["version"])
    publish.take_effect(session, version, by="tocsin", at=at)
    standing = versions.in_force_of(session, version.code, at=at)
    if standing is not None and standing.id == version.id and not _told_all(session, standing, at=at):
        return at  # somebody is at work on one of them: rung again at once, never waited for
    _done(due, at)
    return None


def plan_lapse(session: Session, due: Deadline, at: datetime) -> datetime | None:
    """An emergency amendment's time is over; incidents that run on it are told which version stands again."""
    version = versions.version(session, due.facts["version"])
    if publish.lapse(session, version, by="tocsin", at=at) is not None:
        remind.lapsed(session, version, at=at)
    standing = versions.in_force_of(session, version.code, at=at)
    if standing is not None and not _told_all(session, standing, at=at):
        return at  # as above
    _done(due, at)
    return None


def _told_all(session: Session, now: Version, *, at: datetime) -> bool:
    """Tell each open incident of the plan that runs on another version, once; False while one is being worked on."""
    waiting = False
    for matter in records.running_on_others(session, now):
        of = records.incident_of(session, matter)
        if of is None:
            waiting = True
            continue
        facts = picture.plan_change(versions.version(session, of.version_id), now)
        if dispatch(session, f"{of.matter}:{show.told_of(facts)}") is None:
            show.plan_changed(session, of, facts, at=at)
            told = {"before": facts["before"]["label"], "now": now.label, "changes": facts["changes"]}
            journal.write(session, of.matter, "plan_changed", told, by="tocsin", at=at)
    return not waiting


def _done(due: Deadline, at: datetime) -> None:
    track.meet(due, at=at)
