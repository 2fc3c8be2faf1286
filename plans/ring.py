"""What happens when something of a plan falls due: each function is one ring, called inside its transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from escalation import track
from escalation.records import Deadline
from escalation.rosters import Person
from escalation.tell import tell
from plans import cycles, due, permits, review
from plans.cycles import Terms
from plans.records import Plan, code_of
from store import journal

BEFORE_REMINDERS = timedelta(hours=5)  # into the day, so that what is told in the morning is of that day


def falls_due(session: Session, of: Deadline, at: datetime, *, terms: Terms) -> datetime | None:
    """A review, a drill or a revision of a plan falls due: its owner is told, after a while their superior too.

    Rings before, on and after its day for as long as it is not done; only a person's act ends it.
    """
    plan = session.get(Plan, code_of(of.matter))
    if plan is None or plan.withdrawn_at is not None or of.due_at is None:
        track.cancel(session, of, "withdrawn", by="tocsin", at=at)
        return None
    whom = _whom(plan, of, terms, at)
    facts = due.card(session, plan, of, at=at, zone=terms.zone)
    for person, superior in whom:
        _tell(session, plan, of, {**facts, "to": person.id, "superior": superior}, at=at)
    told = {"kind": of.kind, "name": of.name, "seq": of.seq, "whom": [each.id for each, _ in whom]}
    journal.write(session, plan.matter, "reminded", told, by="tocsin", at=at)
    return cycles.next_ring(of.due_at, at, terms.policy.reminders, terms.zone, snoozed_until=_snoozed(of))


def _whom(plan: Plan, of: Deadline, terms: Terms, at: datetime) -> list[tuple[Person, bool]]:
    """Who is told, and whether as the superior of who should have done it."""
    snoozed_until = _snoozed(of)
    quiet = snoozed_until is not None and at < snoozed_until
    told = [] if quiet else [(each, False) for each in permits.owners(plan.owner, plan.units, terms.people)]
    if of.due_at is not None and at >= cycles.superior_from(of.due_at, terms.policy.reminders, terms.zone):
        already = {each.id for each, _ in told}
        above = permits.superiors(plan.owner, plan.units, terms.people)
        told += [(each, True) for each in above if each.id not in already]
    return told


def _snoozed(of: Deadline) -> datetime | None:
    said = of.facts.get("snoozed_until")
    return datetime.fromisoformat(said) if said else None


def _tell(session: Session, plan: Plan, of: Deadline, facts: dict[str, Any], *, at: datetime) -> None:
    name = f"due:{of.id}:{of.rung}:{facts['to']}"
    # Numbers run again after a restore; the instant keeps a new message from being taken for a lost one.
    key = f"{plan.matter}:{name}:{int(at.timestamp())}"
    tell(session, plan.matter, "plan_due", facts, key=key, courier="slack", remembers=name, at=at)


def look(session: Session, of: Deadline, at: datetime, *, terms: Terms) -> datetime | None:
    """Look again at what falls due: each morning at every plan, or at one plan of which something changed."""
    if of.matter == review.HOUSE:
        review.reconcile(session, terms=terms, at=at)
        return cycles.end_of(at.astimezone(terms.zone).date(), terms.zone) + BEFORE_REMINDERS
    track.meet(of, at=at)
    plan = session.get(Plan, code_of(of.matter))
    if plan is not None:
        review.follow(session, plan, terms=terms, at=at)
    return None
