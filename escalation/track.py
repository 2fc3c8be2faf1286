"""Follow what is due: open a matter, start a deadline, re-date, meet, cancel it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.records import Deadline, Dispatch, Matter, Standing, State, deadline
from store import journal


def open_matter(session: Session, matter: str, *, exercise: bool, at: datetime) -> Matter:
    """Give birth to a matter; whether it is a drill is decided here and nowhere else."""
    born = Matter(name=matter, exercise=exercise, born_at=at)
    session.add(born)
    session.flush()
    return born


def start(
    session: Session,
    matter: str,
    kind: str,
    name: str,
    *,
    seq: int = 1,
    anchor: str | None = None,
    started_at: datetime | None = None,
    due_at: datetime | None = None,
    ring_at: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Deadline:
    """Start a deadline, or find it: the same thing decided twice is due once.

    Without `started_at` it is kept as *not started*: shown as waiting, never guessed.
    """
    found = deadline(session, matter, kind, name, seq)
    if found is not None:
        return found
    begun = Deadline(
        matter=matter,
        kind=kind,
        name=name,
        seq=seq,
        state=Standing.NOT_STARTED if started_at is None else Standing.RUNNING,
        anchor=anchor,
        started_at=started_at,
        due_at=due_at,
        ring_at=ring_at,
        rung=0,
        facts=dict(facts or {}),
    )
    session.add(begun)
    session.flush()
    return begun


def redate(
    session: Session,
    due: Deadline,
    *,
    started_at: datetime | None,
    due_at: datetime | None,
    ring_at: datetime | None,
    by: str,
    at: datetime,
) -> None:
    """Move an open deadline to a corrected anchor; what it was due at before stays visible."""
    if not due.open or (due.started_at, due.due_at) == (started_at, due_at):
        return
    moved = {"name": due.name, "seq": due.seq, "was": _said(due.due_at), "due": _said(due_at)}
    if due.due_at is not None and due_at is not None and due_at < due.due_at:
        _sooner(session, due, due.due_at - due_at, at=at)
    if due.due_at is not None:
        due.was_due_at = due.due_at
    due.started_at, due.due_at, due.ring_at = started_at, due_at, ring_at
    due.state = Standing.NOT_STARTED if started_at is None else Standing.RUNNING
    due.rung = 0
    journal.write(session, due.matter, "deadline_moved", moved, by=by, at=at)


def _sooner(session: Session, due: Deadline, by: timedelta, *, at: datetime) -> None:
    """What waits, never tried, to meet a deadline that moved earlier leaves as much earlier."""
    waiting = (Dispatch.state == State.PENDING, Dispatch.attempt == 0, Dispatch.not_before > at)
    for row in session.scalars(select(Dispatch).where(Dispatch.deadline_id == due.id, *waiting)):
        row.not_before = max(at, row.not_before - by)


def meet(due: Deadline, *, at: datetime) -> None:
    """It was done at `at`; a met deadline is never opened again."""
    if due.open:
        due.state, due.met_at, due.ring_at = Standing.MET, at, None


def cancel(session: Session, due: Deadline, why: str, *, by: str, at: datetime) -> None:
    """It is no longer owed; the reason stays in the journal."""
    if not due.open:
        return
    due.state, due.ring_at = Standing.CANCELLED, None
    told = {"name": due.name, "seq": due.seq, "why": why}
    journal.write(session, due.matter, "deadline_cancelled", told, by=by, at=at)


def _said(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
