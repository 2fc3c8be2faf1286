"""A house with plans that stand in the register, and a clock that tests move: each step is one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from escalation import rosters
from escalation.records import NEVER, Deadline, Dispatch
from escalation.rosters import People
from escalation.sweep import Ring, sweep
from plans import cycles, register, review
from plans import ring as plan_ring
from plans.cycles import Terms
from plans.records import ROUND_DUE, Origin, Plan, plan
from plans.register import Standing
from store import journal
from store.database import Database

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
CHEN, HE, LI, WANG, ZHANG = (
    PEOPLE.person(who) for who in ("chen.jing", "he.lin", "li.wei", "wang.fang", "zhang.qiang")
)
STANDING = Standing(
    code="cable-cut",
    title={"zh": "干线光缆中断专项预案", "en": "Trunk cable cut"},
    tier="special",
    organisation="province",
    units=("henan",),
    scenarios=("cable_cut",),
    references={"equipment": ["otdr"], "laws": ["so708"]},
    owner="chen.jing",
    parent="general-plan",
    outline=False,
    origin=Origin.ISSUED,
    number=1,
    digest="a" * 64,
    review_every="P1Y",
)


def rings(terms: Terms) -> Mapping[str, Ring]:
    """What the app rings for plans."""
    falls_due = partial(plan_ring.falls_due, terms=terms)
    kinds: dict[str, Ring] = dict.fromkeys(("plan_review", "plan_drill", "plan_revision"), falls_due)
    return {**kinds, "plan_round": partial(plan_ring.look, terms=terms)}


class PlanHouse:
    """One house, its plans, its people."""

    def __init__(self, database: Database, at: datetime, people: People = PEOPLE) -> None:
        """Nothing stands yet; the daily round begins."""
        self.database, self.at, self.terms = database, at, cycles.terms(people)
        with database.begin() as session:
            review.begin(session, at=at)
        self.sweep()

    def stand(self, **changed: Any) -> Standing:  # noqa: ANN401 -- any field of it
        """A version comes into force now, and the house looks at what falls due for it."""
        standing = replace(STANDING, **changed)
        with self.database.begin() as session:
            register.stand(session, standing, by="wang.fang", at=self.at)
        self.sweep()
        return standing

    def to(self, year: int, month: int, day: int, hour: int = 12) -> datetime:
        """Move the clock to a local hour, stopping wherever something of a plan rings on the way."""
        then = datetime(year, month, day, hour, tzinfo=self.terms.zone)
        while self.at < then:
            self.at = min(self._next(), then)
            self.sweep()
        return self.at

    def _next(self) -> datetime:
        """The next ring of a plan; the house's own round rings where the clock stops."""
        wanted = select(Deadline.ring_at).where(Deadline.kind != ROUND_DUE, Deadline.ring_at > self.at)
        with self.database.read() as session:
            return session.scalars(wanted.order_by(Deadline.ring_at).limit(1)).first() or NEVER

    def sweep(self) -> None:
        """Ring all that is due."""
        while sweep(self.database.begin, self.database.read, rings(self.terms), at=self.at):
            pass

    def plan(self, code: str = "cable-cut") -> Plan:
        """A plan's row."""
        with self.database.read() as session:
            return plan(session, code)

    def due(self, kind: str, code: str = "cable-cut") -> list[Deadline]:
        """Its deadlines of a kind, the oldest first."""
        wanted = select(Deadline).where(Deadline.kind == kind, Deadline.matter == f"plan:{code}").order_by(Deadline.id)
        with self.database.read() as session:
            return list(session.scalars(wanted))

    def told(self, *, since: int = 0) -> Sequence[Dispatch]:
        """The reminders that were put on their way."""
        wanted = select(Dispatch).where(Dispatch.kind == "plan_due", Dispatch.id > since).order_by(Dispatch.id)
        with self.database.read() as session:
            return session.scalars(wanted).all()

    def entries(self, kind: str, code: str = "cable-cut") -> list[dict[str, Any]]:
        """What the journal says of a plan."""
        with self.database.read() as session:
            return [each.body for each in journal.entries(session, f"plan:{code}") if each.kind == kind]
