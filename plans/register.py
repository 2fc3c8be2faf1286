"""Keep the plan register: a version comes into force, a plan is withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from escalation import track
from escalation.records import Matter
from plans import triggers
from plans.records import Origin, Plan, plan
from store import journal


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the register must know of the version that comes into force."""

    code: str
    title: Mapping[str, str]
    tier: str
    organisation: str
    units: tuple[str, ...]
    scenarios: tuple[str, ...]
    references: Mapping[str, Any]
    owner: str
    parent: str | None
    outline: bool
    origin: Origin
    number: int
    digest: str
    review_every: str | None


def stand(session: Session, standing: Standing, *, by: str, at: datetime) -> Plan:
    """Enter the version that is in force from `at` on; what was reviewed and drilled before stays known.

    A new version that three persons signed counts as reviewed; a starter plan does not, nor does a version that
    stands again.
    """
    found = session.get(Plan, standing.code)
    newer = found is None or standing.number > found.number
    if found is None:
        found = Plan(code=standing.code)
        session.add(found)
    _enter(found, standing)
    found.in_force_at, found.withdrawn_at = at, None
    if newer and standing.origin is Origin.ISSUED:
        found.reviewed_at = at
    if session.get(Matter, found.matter) is None:
        track.open_matter(session, found.matter, exercise=False, at=at)
    session.flush()
    told = {"version": standing.number, "digest": standing.digest, "origin": standing.origin.value}
    journal.write(session, found.matter, "in_force", told, by=by, at=at)
    triggers.look_again(session, found, at=at)
    return found


def _enter(found: Plan, standing: Standing) -> None:
    found.title, found.tier, found.organisation = dict(standing.title), standing.tier, standing.organisation
    found.units, found.scenarios = list(standing.units), list(standing.scenarios)
    found.references, found.owner, found.parent = dict(standing.references), standing.owner, standing.parent
    found.outline, found.origin = standing.outline, standing.origin
    found.number, found.digest, found.review_every = standing.number, standing.digest, standing.review_every


def withdraw(session: Session, code: str, *, by: str, at: datetime) -> Plan:
    """It stands no longer; what it was is kept."""
    found = plan(session, code)
    if found.withdrawn_at is None:
        found.withdrawn_at = at
        journal.write(session, found.matter, "withdrawn", {"version": found.number}, by=by, at=at)
        triggers.parent_withdrawn(session, found, by=by, at=at)
        triggers.look_again(session, found, at=at)
    return found
