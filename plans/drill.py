"""Count a drill that was held and closed for the plan that it ran."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.records import deadlines
from plans import cycles, triggers
from plans.cycles import DrillKind
from plans.records import DRILL_DUE, Drilled, Plan
from plans.settle import settle
from store import journal


def count(
    session: Session,
    code: str,
    incident: str,
    kind: DrillKind,
    digest: str,
    *,
    held_at: datetime,
    closed_at: datetime,
    by: str,
) -> Drilled | None:
    """Let the drill `incident` count for the plan; the same drill twice counts once, and every rule it meets is met.

    None for a plan that the register never knew: closing a drill must not fail for it.
    """
    plan = session.get(Plan, code)
    if plan is None:
        return None
    wanted = select(Drilled).where(Drilled.plan == code, Drilled.incident == incident)
    before = session.scalars(wanted).one_or_none()
    if before is not None:
        return before
    row = Drilled(plan=code, incident=incident, kind=kind.value, digest=digest, held_at=held_at, closed_at=closed_at)
    session.add(row)
    plan.drilled_at = max(held_at, plan.drilled_at or held_at)
    met = _meet(session, plan, kind, held_at=held_at, by=by, at=closed_at)
    told = {"incident": incident, "kind": kind.value, "digest": digest, "held_at": held_at.isoformat(), "met": met}
    journal.write(session, plan.matter, "drilled", told, by=by, at=closed_at)
    triggers.look_again(session, plan, at=closed_at)
    session.flush()
    return row


def _meet(session: Session, plan: Plan, kind: DrillKind, *, held_at: datetime, by: str, at: datetime) -> list[str]:
    """The rules whose drill this was, by id; a drill held before the period began meets nothing of it."""
    asked = {each.id for each in cycles.requirements() if kind in each.kinds}
    met = []
    for due in deadlines(session, plan.matter, DRILL_DUE):
        if due.open and due.name in asked and due.started_at is not None and held_at > due.started_at:
            settle(session, due, by=by, at=at)
            met.append(due.name)
    return met
