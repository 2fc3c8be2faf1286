"""Speak of what a version owes its people: a filing that falls due, an emergency amendment that has lapsed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from escalation.records import Deadline
from escalation.rosters import DUTY_MANAGER, PLAN_OWNER, People
from escalation.tell import tell
from playbooks.publish import filing_rings_at
from playbooks.records import Version, version

CHAT = "slack"


def filing(session: Session, due: Deadline, at: datetime, *, people: People) -> datetime | None:
    """A version is to be filed 备案: its owner is told ahead of time and when it is due, then their superior too."""
    of = version(session, due.facts["version"])
    late = due.due_at is not None and due.due_at <= at
    facts = _head(of) | {
        "due_at": due.due_at.isoformat() if due.due_at is not None else None,
        "at": at.isoformat(),
        "late": late,
        "caution": due.facts.get("caution"),
        "within": due.facts["within"],
        "source": due.facts["source"],
        "confidence": due.facts["confidence"],
    }
    for who in _whom(due.facts["owner"], of, late=late, people=people):
        key = f"{of.matter}:filing:v{of.number}:{int(at.timestamp())}:{who}"
        tell(session, of.matter, "plan_filing", facts | {"to": who}, key=key, courier=CHAT, at=at)
    return filing_rings_at(due.due_at, at)


def _whom(owner: str, of: Version, *, late: bool, people: People) -> list[str]:
    """The plan's owner, and once it is late who stands above them; who has left is answered for by those who stay."""
    person = people.people.get(owner)
    unit = next((each for each in of.units if each in people.units), next(iter(people.units)))
    if person is None:
        return [each.id for each in people.holders(PLAN_OWNER, unit) or people.holders(DUTY_MANAGER, unit)]
    above = [person.superior] if late and person.superior else []
    return [person.id, *above]


def lapsed(session: Session, of: Version, *, at: datetime) -> None:
    """An emergency amendment is over: who made it is told that the version before stands again, and to review it."""
    facts = _head(of) | {"reason": of.reason, "to": of.author, "at": at.isoformat()}
    key = f"{of.matter}:lapsed:v{of.number}"
    tell(session, of.matter, "plan_lapsed", facts, key=key, courier=CHAT, at=at)


def _head(of: Version) -> dict[str, Any]:
    return {
        "exercise": False,
        "plan": {"title": of.content["title"], "label": of.label, "code": of.code, "version": of.number},
    }
