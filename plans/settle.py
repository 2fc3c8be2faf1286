"""Settle what fell due for a plan: it is met, and the reminders that lie in people's chats say so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from escalation import track
from escalation.records import Deadline, firsts
from escalation.tell import tell


def settle(session: Session, due: Deadline, *, by: str, at: datetime) -> None:
    """Meet it; each reminder of it is edited to say that it is done, by whom and when, and its buttons go."""
    if not due.open:
        return
    track.meet(due, at=at)
    for first in firsts(session, due.matter, "plan_due"):
        if first.facts["deadline"] == due.id and first.remembers is not None:
            facts = {**first.facts, "done": {"by": by, "at": at.isoformat()}}
            tell(
                session, due.matter, "plan_due", facts, key=f"{first.key}:done", courier="slack",
                place=first.remembers, latest_of=first.remembers, at=at,
            )  # fmt: skip
