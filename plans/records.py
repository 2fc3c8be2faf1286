"""The plan register, remembered: what stands, the risk registers, reviews, drills, and what is not covered."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Enum, String, UniqueConstraint, and_, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from errors import NoSuchPlan
from escalation.records import Deadline, Standing
from plans.coverage import Reason
from store.base import Base, frozen, guard

#: Kinds of deadline of a plan; each has a ring.
REVIEW_DUE = "plan_review"
DRILL_DUE = "plan_drill"
REVISION_DUE = "plan_revision"
ROUND_DUE = "plan_round"  # no person's: the house looks again at what falls due
FILING = "plan_filing"  # started and rung by who issues a plan


class Origin(enum.StrEnum):
    """How the version in force came to be."""

    STARTER = "starter"  # delivered with the product; nobody of this organisation has signed it
    ISSUED = "issued"  # written, reviewed and signed by three persons
    EMERGENCY = "emergency"  # amended by one named person, for a stated time


class Register(enum.StrEnum):
    """What the entries of a register are; the first three are the notice's three lists 三项清单."""

    SCENARIOS = "scenarios"  # 极端事故场景
    EQUIPMENT = "equipment"  # 关键网络设备
    POSTS = "posts"  # 高危操作岗位
    SITES = "sites"
    UNITS = "units"
    LAWS = "laws"


def _enum(kind: type[enum.StrEnum], length: int = 20) -> Enum:
    return Enum(
        kind, native_enum=False, length=length, values_callable=lambda members: [each.value for each in members]
    )


class Plan(Base):
    """A plan that stands, or stood: what the register shows of its version in force."""

    __tablename__ = "plan_register"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[dict[str, Any]]
    tier: Mapped[str] = mapped_column(String(20))
    organisation: Mapped[str] = mapped_column(String(20))
    units: Mapped[list[Any]]  # none: all of them
    scenarios: Mapped[list[Any]]
    references: Mapped[dict[str, Any]] = mapped_column("leans_on")  # REFERENCES is a word of SQL
    owner: Mapped[str] = mapped_column(String(60))
    parent: Mapped[str | None] = mapped_column(String(40), index=True)
    outline: Mapped[bool]
    origin: Mapped[Origin] = mapped_column(_enum(Origin))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    in_force_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    review_every: Mapped[str | None] = mapped_column(String(20))  # ISO 8601; None: the house's own
    reviewed_at: Mapped[datetime | None]  # a person signed that it was reviewed; a reminder is another fact
    drilled_at: Mapped[datetime | None]

    @property
    def matter(self) -> str:
        """What its deadlines and its journal hang on."""
        return f"plan:{self.code}"

    @property
    def label(self) -> str:
        """How it is named wherever people read it: code, version, the digest's beginning."""
        return f"{self.code} v{self.number} · {self.digest[:6]}"


class Entry(Base):
    """One entry of a register; retired ones are kept."""

    __tablename__ = "register_entry"
    __table_args__ = (UniqueConstraint("register", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    register: Mapped[Register] = mapped_column(_enum(Register))
    name: Mapped[str] = mapped_column(String(60))
    title: Mapped[dict[str, Any]]
    unit: Mapped[str | None] = mapped_column(String(60))  # where it stands; None: everywhere
    owner: Mapped[str | None] = mapped_column(String(60))
    facts: Mapped[dict[str, Any]]
    retired_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=0)

    # Two who write at once: the second looks again at what stands, and nobody is written over unseen.
    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- SQLAlchemy reads a plain dict


class Gap(Base):
    """A cell of the coverage matrix that is empty or stale, with who is to close it by when."""

    __tablename__ = "coverage_gap"

    id: Mapped[int] = mapped_column(primary_key=True)
    scenario: Mapped[str] = mapped_column(String(60))
    unit: Mapped[str] = mapped_column(String(60))
    reason: Mapped[Reason] = mapped_column(_enum(Reason))
    plan: Mapped[str | None] = mapped_column(String(40))
    owner: Mapped[str] = mapped_column(String(60))
    found_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Review(Base):
    """A review that a person signed: with a change to come, or without."""

    __tablename__ = "plan_review"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[str] = mapped_column(String(40), index=True)
    digest: Mapped[str] = mapped_column(String(64))  # of the version that was read
    change: Mapped[bool]  # whether a new version is to come of it
    finding: Mapped[str]
    reviewed_by: Mapped[str] = mapped_column(String(60))
    reviewed_at: Mapped[datetime]


class Trigger(Base):
    """Something that makes a plan want revision; open until a version, or a signed review, answers it."""

    __tablename__ = "revision_trigger"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[str] = mapped_column(String(40), index=True)
    kind: Mapped[str] = mapped_column(String(60))  # of rules §c.2
    why: Mapped[dict[str, Any]]  # a sentence in both languages
    source: Mapped[str] = mapped_column(String(120))  # what happened: unique with the plan, so it is told once
    raised_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(String(60))

    __table_args__ = (UniqueConstraint("plan", "source"),)


class Drilled(Base):
    """A drill that was held and closed, as it counts for a plan."""

    __tablename__ = "plan_drilled"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[str] = mapped_column(String(40), index=True)
    incident: Mapped[str] = mapped_column(String(40))  # the drill's own number
    kind: Mapped[str] = mapped_column(String(40))  # of interfaces: tabletop, live, …
    digest: Mapped[str] = mapped_column(String(64))  # of the version that was drilled
    held_at: Mapped[datetime]
    closed_at: Mapped[datetime]


class PeopleSeen(Base):
    """Who held which post when the people file was last looked at: one row, so that a change of it is seen."""

    __tablename__ = "plan_people_seen"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holders: Mapped[dict[str, Any]]  # person → unit → posts
    vacant: Mapped[list[Any]]  # `code:post@unit` that a plan needs and nobody held
    seen_at: Mapped[datetime]


REVIEW_GUARDS = frozen("plan_review", "plan", "digest", "change", "finding", "reviewed_by", "reviewed_at")
DRILLED_GUARDS = frozen("plan_drilled", "plan", "incident", "kind", "digest", "held_at", "closed_at")
guard(Review, REVIEW_GUARDS)
guard(Drilled, DRILLED_GUARDS)


def plan(session: Session, code: str) -> Plan:
    """The plan of that code; refuses when none ever stood."""
    found = session.get(Plan, code)
    if found is None:
        raise NoSuchPlan(code=code)
    return found


def plans(session: Session) -> Sequence[Plan]:
    """Every plan that stands, by code."""
    return session.scalars(select(Plan).where(Plan.withdrawn_at.is_(None)).order_by(Plan.code)).all()


def entries(session: Session, register: Register) -> Sequence[Entry]:
    """What stands in a register, by name."""
    wanted = select(Entry).where(Entry.register == register, Entry.retired_at.is_(None))
    return session.scalars(wanted.order_by(Entry.name)).all()


def open_gaps(session: Session) -> Sequence[Gap]:
    """Every gap that is not closed, the earliest due first."""
    return session.scalars(select(Gap).where(Gap.closed_at.is_(None)).order_by(Gap.due_at, Gap.id)).all()


def open_triggers(session: Session, code: str) -> Sequence[Trigger]:
    """What makes a plan want revision, the oldest first."""
    wanted = select(Trigger).where(Trigger.plan == code, Trigger.answered_at.is_(None))
    return session.scalars(wanted.order_by(Trigger.id)).all()


def wanting(session: Session) -> Mapping[str, Sequence[Trigger]]:
    """What makes each plan want revision, by the plan's code, the oldest first."""
    found: dict[str, list[Trigger]] = {}
    for each in session.scalars(select(Trigger).where(Trigger.answered_at.is_(None)).order_by(Trigger.id)):
        found.setdefault(each.plan, []).append(each)
    return found


def reviews(session: Session, code: str) -> Sequence[Review]:
    """The reviews of a plan that people signed, the newest first."""
    return session.scalars(select(Review).where(Review.plan == code).order_by(Review.id.desc())).all()


def drills_held(session: Session, code: str | None = None) -> Mapping[str, Mapping[str, datetime]]:
    """When a drill of each kind was last held, by plan; of one plan only, where its code is given."""
    wanted = select(Drilled.plan, Drilled.kind, func.max(Drilled.held_at)).group_by(Drilled.plan, Drilled.kind)
    if code is not None:
        wanted = wanted.where(Drilled.plan == code)
    found: dict[str, dict[str, datetime]] = {}
    for plan_, kind, held_at in session.execute(wanted):
        found.setdefault(plan_, {})[kind] = held_at
    return found


def of_plans(session: Session, *kinds: str) -> Mapping[str, Sequence[Deadline]]:
    """The open deadlines of plans of some kinds, by the plan's matter, in the order they were started."""
    # What runs rings: the index on `ring_at` spares the deadlines that ended.
    running = and_(Deadline.ring_at.is_not(None), Deadline.state == Standing.RUNNING)
    wanted = select(Deadline).where(running, Deadline.kind.in_(kinds))
    found: dict[str, list[Deadline]] = {}
    for each in session.scalars(wanted.order_by(Deadline.id)):
        found.setdefault(each.matter, []).append(each)
    return found


def code_of(matter: str) -> str:
    """The plan's code that a matter names."""
    return matter.partition(":")[2]
