"""Tell the chat what stands: each telling is a row, and of several waiting edits only the newest goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from escalation.records import Matter, dispatch, firsts, place
from escalation.tell import tell
from incidents import picture, records
from incidents.records import Filing, Incident

CHAT = "slack"
FIRST, SOON, NORMAL, WHENEVER = 0, 2, 5, 8
CAN_WAIT = timedelta(seconds=10)


def news(
    session: Session,
    of: Incident,
    kind: str,
    facts: Mapping[str, Any],
    *,
    at: datetime,
    priority: int = SOON,
    to: str | None = None,
) -> None:
    """A new message in the incident's room (or straight to the person `to`): only for what must notify."""
    of.edits += 1
    told = {**picture.head(session, of), **facts} | ({"to": to} if to else {})
    where = None if to else "room"
    # Numbers run again after a restore; the instant keeps a new message from being taken for a lost one.
    key = f"{of.matter}:{kind}:{of.edits}:{int(at.timestamp())}"
    tell(session, of.matter, kind, told, key=key, courier=CHAT, place=where, priority=priority, at=at)


def status(session: Session, of: Incident, *, at: datetime, priority: int = SOON) -> None:
    """The one status card: posted once, edited ever after; the call sheet on paper follows it."""
    facts = picture.status(session, of, at=at)
    _card(session, of, "status", facts, "card", priority=priority, at=at)
    if of.activated_at is not None:
        _sheet(session, of, facts, at=at)


def tasks(session: Session, of: Incident, roles: Collection[str], *, at: datetime) -> None:
    """One message a role: posted once, edited as its tasks are done."""
    for role in roles:
        _card(session, of, "tasks", picture.role_tasks(session, of, role, at=at), f"tasks:{role}", at=at)


def filing(session: Session, of: Incident, notice: Filing, *, at: datetime) -> None:
    """One message a notice: from draft to receipt it stays the same message."""
    _card(session, of, "filing", picture.filing(session, of, notice), f"filing:{notice.id}", at=at, priority=SOON)


def papers_key(of: Incident, notice: Filing) -> str:
    """The key of what shares a notice's documents."""
    return f"{of.matter}:papers:{notice.id}"


def papers(session: Session, of: Incident, notice: Filing, facts: Mapping[str, Any], *, at: datetime) -> None:
    """A signed notice's documents, below its message: once, for a notice is signed once."""
    key = papers_key(of, notice)
    tell(
        session, of.matter, "notice_papers", facts, key=key, courier=CHAT, place=f"filing:{notice.id}",
        priority=NORMAL, at=at,
    )  # fmt: skip


def plan_changed(session: Session, of: Incident, facts: Mapping[str, Any], *, at: datetime) -> None:
    """Another version of its plan is in force: one message a change, edited when the incident has moved to it."""
    told = {**picture.head(session, of), **facts}
    _card(session, of, "plan_changed", told, told_of(facts), at=at, priority=SOON)


def told_of(facts: Mapping[str, Any]) -> str:
    """The name of the message that tells of a change from one version to another."""
    return f"plan:{facts['before']['id']}:{facts['now']['id']}"


def calls(session: Session, of: Incident, facts: Mapping[str, Any], *, at: datetime) -> None:
    """The call to every vacant role of a level: one message, edited as the roles are taken."""
    of.edits += 1
    told = {**picture.head(session, of), **facts}
    _card(session, of, "calls", told, f"calls:{of.edits}", at=at, priority=FIRST)


def calls_again(session: Session, of: Incident, role: str, *, at: datetime) -> None:
    """Somebody holds the role: the call that asked for it says who, and its button goes."""
    held = records.holders(session, of)
    for first in firsts(session, of.matter, "calls"):
        rows = [row | {"holder": held.get(row["role"])} for row in first.facts["rows"]]
        if any(row["role"] == role for row in rows):
            told = {**picture.head(session, of), "level": first.facts["level"], "rows": rows}
            _card(session, of, "calls", told, str(first.remembers), at=at, priority=NORMAL)


def _card(
    session: Session,
    of: Incident,
    kind: str,
    facts: Mapping[str, Any],
    name: str,
    *,
    at: datetime,
    priority: int = NORMAL,
) -> None:
    of.edits += 1
    key = f"{of.matter}:{name}"
    if dispatch(session, key) is not None:
        edit = f"{key}:{of.edits}"
        tell(
            session,
            of.matter,
            kind,
            facts,
            key=edit,
            courier=CHAT,
            place=name,
            latest_of=name,
            priority=priority,
            at=at,
        )
    else:
        tell(
            session,
            of.matter,
            kind,
            facts,
            key=key,
            courier=CHAT,
            place="room",
            remembers=name,
            priority=priority,
            at=at,
        )


def room(session: Session, of: Incident, order: str, facts: Mapping[str, Any], *, at: datetime, priority: int) -> None:
    """Something about the room itself: invite, topic, pin, bookmark; none of them may stop the rest.

    What can wait waits a few seconds, so that nothing stands before the calls when the plan is activated at once.
    """
    of.edits += 1
    where = "card" if order == "room.pin" else "room"
    key = f"{of.matter}:{order}:{of.edits}"
    tell(
        session,
        of.matter,
        order,
        facts,
        key=key,
        courier=CHAT,
        place=where,
        priority=priority,
        at=at,
        not_before=_not_before(priority, at),
    )


def _not_before(priority: int, at: datetime) -> datetime:
    return at + CAN_WAIT if priority == WHENEVER else at


def _sheet(session: Session, of: Incident, facts: Mapping[str, Any], *, at: datetime) -> None:
    """Who to phone, at which number, with what to read aloud: lies printable on disk."""
    told = {"status": facts, "filings": [picture.script(session, of, each) for each in records.filings(session, of)]}
    key = f"{of.matter}:sheet:{of.edits}"
    tell(
        session, of.matter, "call_sheet", told, key=key, courier="paper", latest_of="call_sheet", priority=NORMAL, at=at
    )


def opened(session: Session, of: Incident, asked_in: str, channel: str, *, at: datetime) -> None:
    """Tell the declarer, where they declared, which room it is."""
    told = {**picture.head(session, of), "person": of.declared_by, "channel": asked_in, "room": channel}
    tell(session, of.matter, "opened", told, key=f"{of.matter}:opened", courier=CHAT, priority=SOON, at=at)


HOUSE = "house"  # the matter of what belongs to no incident: the duty room


def duty_room(session: Session, *, at: datetime) -> None:
    """The duty room's card: what is open, edited whenever that changes; nothing where no duty room was furnished."""
    if session.get(Matter, HOUSE) is None:
        return
    facts = {"open": [picture.head(session, each) for each in records.open_incidents(session)]}
    rooms = {each["number"]: place(session, f"incident:{each['id']}", "room") for each in facts["open"]}
    told = {"open": [each | {"room": rooms[each["number"]]} for each in facts["open"]], "at": picture.iso(at)}
    key = f"{HOUSE}:duty_card:{at.isoformat()}"
    tell(
        session, HOUSE, "duty_card", told, key=key, courier=CHAT, place="duty_card", latest_of="duty_card",
        priority=WHENEVER, at=at, not_before=_not_before(WHENEVER, at),
    )  # fmt: skip
