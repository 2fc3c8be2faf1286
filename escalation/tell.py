"""Put something on its way: a row in the outbox, in the transaction that decided it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, not_, update
from sqlalchemy.orm import Session

from escalation.records import Deadline, Dispatch, Matter, State, dispatch, replaceable
from store import journal


def tell(
    session: Session,
    matter: str,
    kind: str,
    facts: Mapping[str, Any],
    *,
    key: str,
    courier: str,
    at: datetime,
    place: str | None = None,
    remembers: str | None = None,
    latest_of: str | None = None,
    then: str | None = None,
    meets: Deadline | None = None,
    priority: int = 5,
    not_before: datetime | None = None,
) -> Dispatch:
    """Store what leaves; the same `key` twice is one dispatch.

    `facts` are finished: nothing is looked up when it is sent. Whether it is a drill is read from the matter,
    so no caller can get it wrong. What is not urgent may leave later, `not_before` some instant.
    """
    found = dispatch(session, key)
    if found is not None:
        return found
    if latest_of is not None:
        _supersede(session, matter, latest_of, at=at)
    leaving = Dispatch(
        key=key,
        matter=matter,
        kind=kind,
        courier=courier,
        exercise=session.get_one(Matter, matter).exercise,
        facts=dict(facts),
        place=place,
        remembers=remembers,
        latest_of=latest_of,
        then=then,
        deadline_id=meets.id if meets else None,
        priority=priority,
        state=State.PENDING,
        not_before=not_before or at,
        attempt=0,
        created_at=at,
        outcome={},
    )
    session.add(leaving)
    session.flush()
    return leaving


def recall(session: Session, leaving: Dispatch, why: str, *, by: str, at: datetime) -> bool:
    """Take it back, if it has surely not arrived; say whether that was still possible.

    What failed before it left (its receiver is down) is taken back too; what may have arrived (`asked`) is not.
    """
    recalled = _taken(session, leaving, State.CANCELLED, at=at)
    if recalled:
        session.refresh(leaving)
        journal.write(session, leaving.matter, "recalled", {"key": leaving.key, "why": why}, by=by, at=at)
    return recalled


def replace(session: Session, leaving: Dispatch, *, at: datetime) -> bool:
    """Let something newer go in its place, if it has surely not arrived; say whether that was still possible."""
    replaced = _taken(session, leaving, State.SUPERSEDED, at=at)
    if replaced:
        session.refresh(leaving)
    return replaced


def _taken(session: Session, leaving: Dispatch, state: State, *, at: datetime) -> bool:
    """Decided by the row itself: a courier that comes at the same instant either has it or finds it gone."""
    waits = and_(Dispatch.id == leaving.id, Dispatch.state == State.PENDING, not_(Dispatch.asked))
    taken = session.execute(update(Dispatch).where(waits).values(state=state, settled_at=at))
    return bool(taken.rowcount)  # type: ignore[attr-defined]  # an UPDATE always counts its rows


def _supersede(session: Session, matter: str, latest_of: str, *, at: datetime) -> None:
    # Only what waits: an edit that is or may be on the wire is settled by its sender, and the newer waits for it.
    waiting = and_(
        Dispatch.matter == matter,
        Dispatch.latest_of == latest_of,
        Dispatch.state == State.PENDING,
        not_(Dispatch.asked),
    )
    session.execute(update(Dispatch).where(waiting, replaceable()).values(state=State.SUPERSEDED, settled_at=at))
