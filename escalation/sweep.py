"""Ring what is due: late is better than never, and once is enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import sentry_sdk
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.records import Deadline, Standing, ringing

log = structlog.get_logger()

Begin = Callable[[], AbstractContextManager[Session]]
Ring = Callable[[Session, Deadline, datetime], datetime | None]

BATCH = 100
PARKED = timedelta(minutes=1)
MOMENT = timedelta(milliseconds=1)


def sweep(begin: Begin, read: Begin, rings: Mapping[str, Ring], *, at: datetime) -> int:
    """Ring everything whose `ring_at` has come; give how many rang.

    Looks first without the write lock. A batch is one transaction; if one ring in it fails, the batch is
    rolled back and rung one by one, so that a faulty ring delays nobody but itself.
    """
    with read() as session:
        due = ringing(session, at=at, limit=BATCH)
    rang = 0
    while due:
        before, rang = rang, rang + _ring_batch(begin, rings, due, at=at)
        if len(due) < BATCH or rang == before:  # nothing rang: another process holds these rows
            break
        with read() as session:
            due = ringing(session, at=at, limit=BATCH)
    return rang


def _ring_batch(begin: Begin, rings: Mapping[str, Ring], due: Sequence[int], *, at: datetime) -> int:
    try:
        with begin() as session:
            return sum(ring_one(session, rings, each, at=at) for each in due)
    except Exception as fault:  # one of the three edges: whatever a ring raises, the others still ring
        if len(due) == 1:
            log.exception("ring failed", deadline=due[0])
            sentry_sdk.capture_exception(fault)
            _park(begin, due[0], at=at)
            return 0
    return sum(_ring_batch(begin, rings, [each], at=at) for each in due)


def ring_one(session: Session, rings: Mapping[str, Ring], deadline_id: int, *, at: datetime) -> bool:
    """Ring one deadline if it is still due, and note when it rings next.

    A ring that is behind (its next instant has passed too) rings again at the next sweep, after all the others.
    """
    wanted = select(Deadline).where(Deadline.id == deadline_id).with_for_update(skip_locked=True)
    # An earlier ring of the batch may have read this row before another process changed it.
    due = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if due is None or due.ring_at is None or due.ring_at > at or due.state is not Standing.RUNNING:
        return False
    next_at = rings[due.kind](session, due, at)
    due.rung += 1
    due.ring_at = max(next_at, at + MOMENT) if next_at and due.state is Standing.RUNNING else None
    return True


def _park(begin: Begin, deadline_id: int, *, at: datetime) -> None:
    # Not lost: it rings again in a minute, and the fault was reported.
    with begin() as session:
        due = session.get(Deadline, deadline_id)
        if due is not None and due.ring_at is not None and due.ring_at <= at:
            due.ring_at = at + PARKED
