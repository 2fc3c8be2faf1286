"""What is due and what leaves, remembered: matters, deadlines, dispatches, places."""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Enum,
    ForeignKey,
    LargeBinary,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    exists,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from store.base import Base, UtcDateTime, frozen, guard


class Standing(enum.StrEnum):
    """Where a deadline stands; *late* is derived, never stored."""

    NOT_STARTED = "not_started"  # its anchor is unset: it waits, it is not zero
    RUNNING = "running"
    MET = "met"
    CANCELLED = "cancelled"


class State(enum.StrEnum):
    """Where a dispatch stands."""

    PENDING = "pending"
    CLAIMED = "claimed"  # a sender holds it under a lease
    DELIVERED = "delivered"
    REJECTED = "rejected"  # the receiver said no for good: a person must act
    UNCERTAIN = "uncertain"  # it may have arrived and nobody can be asked: a person must look
    WITH_PERSON = "with_person"  # it goes by hand: a person is carrying it
    SUPERSEDED = "superseded"  # a newer edit of the same card took its place
    CANCELLED = "cancelled"  # recalled before it could have arrived


NEVER = datetime.max.replace(tzinfo=UTC)
UNSETTLED = frozenset({State.PENDING, State.CLAIMED})
WORKER_MOST = 60  # characters of a sender's name


def _enum(kind: type[enum.StrEnum]) -> Enum:
    return Enum(kind, native_enum=False, length=16, values_callable=lambda members: [each.value for each in members])


class Matter(Base):
    """What deadlines and dispatches are about (`incident:12`); whether it is a drill is fixed at birth."""

    __tablename__ = "matter"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    exercise: Mapped[bool]
    born_at: Mapped[datetime]


class Deadline(Base):
    """Something due: at `ring_at` its ring is called; `(matter, kind, name, seq)` is unique for life."""

    __tablename__ = "deadline"
    __table_args__ = (UniqueConstraint("matter", "kind", "name", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    matter: Mapped[str] = mapped_column(ForeignKey("matter.name"))
    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(240))  # room for a dispatch's key and the state it settled in
    seq: Mapped[int] = mapped_column(default=1)
    state: Mapped[Standing] = mapped_column(_enum(Standing))
    anchor: Mapped[str | None] = mapped_column(String(80))
    started_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    was_due_at: Mapped[datetime | None]
    ring_at: Mapped[datetime | None] = mapped_column(index=True)
    rung: Mapped[int] = mapped_column(default=0)
    met_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @property
    def open(self) -> bool:
        """Whether anything is still to be done about it."""
        return self.state in (Standing.NOT_STARTED, Standing.RUNNING)


class Dispatch(Base):
    """One thing that leaves the house: finished facts, its courier, a key that is unique for life."""

    __tablename__ = "dispatch"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    matter: Mapped[str] = mapped_column(ForeignKey("matter.name"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    courier: Mapped[str] = mapped_column(String(20))
    exercise: Mapped[bool]
    facts: Mapped[dict[str, Any]]
    place: Mapped[str | None] = mapped_column(String(120))  # waits until this place is known, then goes there
    remembers: Mapped[str | None] = mapped_column(String(120))  # the place its receipt makes known
    latest_of: Mapped[str | None] = mapped_column(String(120))  # of several waiting edits only the newest goes
    then: Mapped[str | None] = mapped_column(String(40))  # the deadline kind rung when it is settled
    deadline_id: Mapped[int | None] = mapped_column(ForeignKey("deadline.id"))  # the deadline its receipt meets
    priority: Mapped[int] = mapped_column(default=5)  # 0 first
    state: Mapped[State] = mapped_column(_enum(State), default=State.PENDING, index=True)
    not_before: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(default=0)
    asked: Mapped[bool] = mapped_column(default=False)  # an attempt may have arrived: ask before sending again
    worker: Mapped[str | None] = mapped_column(String(WORKER_MOST))
    claimed_at: Mapped[datetime | None]  # when a courier last took it; unset while it only waits
    lease_until: Mapped[datetime | None]
    outcome: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Place(Base):
    """Where something of a matter lives outside (`room` → channel, `card` → channel and ts)."""

    __tablename__ = "place"

    matter: Mapped[str] = mapped_column(ForeignKey("matter.name"), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    ref: Mapped[dict[str, Any]]


class Kept(Base):
    """The bytes of a document that went with a notice, under their SHA-256; never changed."""

    __tablename__ = "kept"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    media_type: Mapped[str] = mapped_column(String(120))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]


class Address(Base):
    """An authority's address as a start of the house found it, and who confirmed it; a change is a row of its own."""

    __tablename__ = "address"

    id: Mapped[int] = mapped_column(primary_key=True)
    office: Mapped[str] = mapped_column(String(60), index=True)
    channel: Mapped[str] = mapped_column(String(10))  # `portal`, `mail`
    address: Mapped[str] = mapped_column(String(200))
    noted_at: Mapped[datetime]
    confirmed_by: Mapped[str | None] = mapped_column(String(60))
    confirmed_at: Mapped[datetime | None]


guard(Address, frozen("address", "office", "channel", "address", "noted_at"))
guard(Kept, frozen("kept", "digest", "media_type", "content", "at"))

GUARDS = {
    "matter": {
        "sqlite": [
            """
            create trigger matter_exercise_fixed before update of name, exercise on matter
            when old.exercise is not new.exercise or old.name is not new.name
            begin select raise(abort, 'a drill stays a drill'); end
            """,
            # INSERT OR REPLACE deletes and inserts without firing the other triggers.
            """
            create trigger matter_no_replace before insert on matter
            when exists (select 1 from matter where name = new.name)
            begin select raise(abort, 'a drill stays a drill'); end
            """,
            """
            create trigger matter_no_delete before delete on matter
            begin select raise(abort, 'a matter is kept for life'); end
            """,
        ],
        "postgresql": [
            """
            create function matter_refuse() returns trigger language plpgsql as
            $$ begin raise exception 'a drill stays a drill'; end $$
            """,
            """
            create trigger matter_exercise_fixed before update on matter for each row
            when (old.exercise is distinct from new.exercise or old.name is distinct from new.name)
            execute function matter_refuse()
            """,
            """
            create trigger matter_no_delete before delete or truncate on matter
            for each statement execute function matter_refuse()
            """,
        ],
    },
    "dispatch": {
        "sqlite": [
            """
            create trigger dispatch_fixed before update of id, key, exercise, facts on dispatch
            when old.id is not new.id or old.key is not new.key
            or old.exercise is not new.exercise or old.facts is not new.facts
            begin select raise(abort, 'what leaves is fixed when it is told'); end
            """,
            """
            create trigger dispatch_no_replace before insert on dispatch
            when exists (select 1 from dispatch where key = new.key or id = new.id)
            begin select raise(abort, 'what leaves is fixed when it is told'); end
            """,
            """
            create trigger dispatch_no_delete before delete on dispatch
            begin select raise(abort, 'a key is unique for life'); end
            """,
            """
            create trigger dispatch_stays_recalled before update of state on dispatch
            when old.state = 'cancelled' and new.state is not 'cancelled'
            begin select raise(abort, 'what was recalled never leaves'); end
            """,
            # Also by hand nobody makes a real dispatch of a drill.
            """
            create trigger dispatch_as_its_matter before insert on dispatch
            when new.exercise is not (select exercise from matter where name = new.matter)
            begin select raise(abort, 'a drill stays a drill'); end
            """,
            """
            create trigger dispatch_keeps_its_matter before update of matter on dispatch
            when old.matter is not new.matter
            begin select raise(abort, 'what leaves is fixed when it is told'); end
            """,
        ],
        "postgresql": [
            """
            create function dispatch_refuse() returns trigger language plpgsql as
            $$ begin raise exception 'what leaves is fixed when it is told'; end $$
            """,
            # json has no equality of its own; the stored text has.
            """
            create trigger dispatch_fixed before update on dispatch for each row
            when (old.id is distinct from new.id or old.key is distinct from new.key
            or old.matter is distinct from new.matter or old.exercise is distinct from new.exercise
            or old.facts::text is distinct from new.facts::text)
            execute function dispatch_refuse()
            """,
            """
            create trigger dispatch_no_delete before delete or truncate on dispatch
            for each statement execute function dispatch_refuse()
            """,
            """
            create function dispatch_recalled() returns trigger language plpgsql as
            $$ begin raise exception 'what was recalled never leaves'; end $$
            """,
            """
            create trigger dispatch_stays_recalled before update of state on dispatch for each row
            when (old.state = 'cancelled' and new.state is distinct from 'cancelled')
            execute function dispatch_recalled()
            """,
            """
            create function dispatch_as_its_matter() returns trigger language plpgsql as
            $$ begin
            if new.exercise is distinct from (select exercise from matter where name = new.matter)
            then raise exception 'a drill stays a drill'; end if;
            return new;
            end $$
            """,
            """
            create trigger dispatch_as_its_matter before insert on dispatch
            for each row execute function dispatch_as_its_matter()
            """,
        ],
    },
}
guard(Matter, GUARDS["matter"])
guard(Dispatch, GUARDS["dispatch"])


OTHER = aliased(Dispatch)  # made once: a sender asks every second, and an alias costs more than the question
SIBLING = and_(OTHER.matter == Dispatch.matter, OTHER.latest_of == Dispatch.latest_of)  # an edit of the same card


def deadline(session: Session, matter: str, kind: str, name: str, seq: int = 1) -> Deadline | None:
    """The deadline of that name, or None."""
    wanted = select(Deadline).where(
        Deadline.matter == matter, Deadline.kind == kind, Deadline.name == name, Deadline.seq == seq
    )
    return session.scalars(wanted).one_or_none()


def deadlines(session: Session, matter: str, *kinds: str) -> Sequence[Deadline]:
    """All deadlines of a matter of these kinds, the earliest due first, those not started last."""
    wanted = select(Deadline).where(Deadline.matter == matter, Deadline.kind.in_(kinds))
    found = session.scalars(wanted.order_by(Deadline.id)).all()
    return sorted(found, key=lambda each: (each.due_at or NEVER, each.id))


def ringing(session: Session, *, at: datetime, limit: int) -> Sequence[int]:
    """Ids of what is due to ring at `at`, the longest due first."""
    due = and_(Deadline.ring_at <= at, Deadline.state == Standing.RUNNING)
    return session.scalars(select(Deadline.id).where(due).order_by(Deadline.ring_at, Deadline.id).limit(limit)).all()


def next_ring_at(session: Session) -> datetime | None:
    """The earliest instant at which something rings."""
    rings = and_(Deadline.ring_at.is_not(None), Deadline.state == Standing.RUNNING)
    return session.scalars(select(Deadline.ring_at).where(rings).order_by(Deadline.ring_at).limit(1)).one_or_none()


def dispatch(session: Session, key: str) -> Dispatch | None:
    """The dispatch with that key, or None."""
    return session.scalars(select(Dispatch).where(Dispatch.key == key)).one_or_none()


def kept(session: Session, digest: str) -> Kept | None:
    """The document with that digest, or None."""
    return session.scalars(select(Kept).where(Kept.digest == digest)).one_or_none()


def addresses(session: Session) -> Sequence[Address]:
    """Every address as it was noted last, by office and channel."""
    found = {(each.office, each.channel): each for each in session.scalars(select(Address).order_by(Address.id))}
    return list(found.values())


def address(session: Session, office: str, channel: str) -> Address | None:
    """An office's address of a channel as it was noted last, or None."""
    wanted = select(Address).where(Address.office == office, Address.channel == channel)
    return session.scalars(wanted.order_by(Address.id.desc()).limit(1)).one_or_none()


def confirmed_address(session: Session, office: str, channel: str) -> Address | None:
    """The address of a channel that was confirmed last, or None."""
    wanted = select(Address).where(
        Address.office == office, Address.channel == channel, Address.confirmed_at.is_not(None)
    )
    return session.scalars(wanted.order_by(Address.id.desc()).limit(1)).one_or_none()


def firsts(session: Session, matter: str, kind: str) -> Sequence[Dispatch]:
    """The first tellings of a matter's cards of a kind: those whose receipt made a place known."""
    wanted = select(Dispatch).where(Dispatch.matter == matter, Dispatch.kind == kind, Dispatch.remembers.is_not(None))
    return session.scalars(wanted.order_by(Dispatch.id)).all()


def place(session: Session, matter: str, name: str) -> dict[str, Any] | None:
    """Where `name` of `matter` lives, or None when it is not known yet."""
    found = session.get(Place, (matter, name))
    return found.ref if found else None


def _claimable() -> ColumnElement[bool]:
    """Which dispatches may be claimed at `:at`: due, or left behind under an expired lease, and their place known.

    An edit waits while an older edit of the same card is or may be on the wire, so that the older cannot
    arrive last.
    """
    at = bindparam("at", type_=UtcDateTime())
    fresh = and_(Dispatch.state == State.PENDING, Dispatch.not_before <= at)
    left = and_(Dispatch.state == State.CLAIMED, Dispatch.lease_until <= at)
    known = exists().where(Place.matter == Dispatch.matter, Place.name == Dispatch.place)
    maybe = and_(OTHER.state == State.PENDING, OTHER.asked, OTHER.not_before > at)
    on_the_wire = exists().where(SIBLING, OTHER.id < Dispatch.id, or_(OTHER.state == State.CLAIMED, maybe))
    return and_(
        Dispatch.courier.in_(bindparam("couriers", expanding=True)),
        Dispatch.state.in_(UNSETTLED),  # the index; most rows of an old house are settled
        or_(fresh, left),
        or_(Dispatch.place.is_(None), known),
        or_(Dispatch.latest_of.is_(None), not_(on_the_wire)),
    )


# Made once: senders ask every second, and putting the question together costs more than its answer.
WAITING = select(Dispatch.id).where(_claimable()).limit(1)
NEXT = (
    select(Dispatch)
    .where(_claimable())
    .order_by(Dispatch.priority, Dispatch.id)
    .limit(1)
    .with_for_update(skip_locked=True)
    .execution_options(populate_existing=True)
)


def waiting(session: Session, couriers: Collection[str], *, at: datetime) -> bool:
    """Whether anything waits for these couriers at `at`; a look without a lock."""
    return session.scalars(WAITING, {"couriers": list(couriers), "at": at}).first() is not None


def next_claimable(session: Session, couriers: Collection[str], *, at: datetime) -> Dispatch | None:
    """The most urgent dispatch that may be claimed at `at`, locked; what another process has locked is passed over."""
    return session.scalars(NEXT, {"couriers": list(couriers), "at": at}).first()


def replaceable() -> ColumnElement[bool]:
    """Which dispatches a newer edit may replace: nobody waits for their receipt, and no place is made by them."""
    return and_(
        Dispatch.latest_of.is_not(None),
        Dispatch.remembers.is_(None),
        Dispatch.then.is_(None),
        Dispatch.deadline_id.is_(None),
    )


def outdated(session: Session, row: Dispatch) -> bool:
    """Whether a newer edit of the same card was told since, so that `row` need not go any more."""
    if row.latest_of is None:
        return False
    newer = exists().where(SIBLING, OTHER.id > Dispatch.id)
    return session.scalars(select(Dispatch.id).where(Dispatch.id == row.id, replaceable(), newer)).first() is not None
