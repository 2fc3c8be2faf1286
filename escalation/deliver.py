"""Carry what leaves: claim with a lease, call out, record the outcome."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, assert_never

import sentry_sdk
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import CannotConfirm
from escalation import track
from escalation.records import (
    UNSETTLED,
    WORKER_MOST,
    Deadline,
    Dispatch,
    Place,
    State,
    next_claimable,
    outdated,
    place,
    waiting,
)
from escalation.sweep import Begin
from store import journal

log = structlog.get_logger()

LEASE = timedelta(seconds=60)  # at least four times the longest send (10 s)
FENCE = LEASE / 2  # past it a sender must not send: its lease may be gone before the receiver answers
SEND_LIMIT = timedelta(seconds=10)
TROUBLE = frozenset({State.REJECTED, State.UNCERTAIN})  # always in the journal, whoever waits for it
DEAD_AT_ONCE = 100  # rows that only need settling, in one claim: bounds how long SQLite's writer is held


class Delivery(enum.Enum):
    """What a courier's receiver can do about a repeat."""

    DEDUPES = "A"  # it recognises our key: send again
    CAN_BE_ASKED = "B"  # ask, fence, send
    NEITHER = "C"  # never repeated by machine: a person is told


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """A claimed dispatch, as its courier sees it."""

    id: int
    key: str
    matter: str
    kind: str
    courier: str
    exercise: bool
    facts: Mapping[str, Any]
    ref: Mapping[str, Any] | None
    attempt: int
    asked: bool
    fence_at: datetime


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """The receiver has it; `receipt` is its proof, `ref` what the place it made is called outside."""

    receipt: Mapping[str, Any] = field(default_factory=dict)
    ref: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """The receiver said no for good."""

    why: str


@dataclass(frozen=True, kw_only=True)
class Later:
    """The receiver surely did not take it; try again after `wait`."""

    why: str
    wait: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Lost:
    """Nobody knows whether the receiver took it."""

    why: str


@dataclass(frozen=True, kw_only=True)
class Doubtful:
    """The receiver answered, and yet not that it took this very thing: whatever its class, a person must look."""

    why: str


@dataclass(frozen=True, kw_only=True)
class WithPerson:
    """A person carries it from here."""


@dataclass(frozen=True, kw_only=True)
class Fenced:
    """The sender woke too late to send safely; the lease runs out and another takes over."""


Outcome = Delivered | Rejected | Later | Lost | Doubtful | WithPerson | Fenced


class Courier(Protocol):
    """One way out of the house."""

    delivery: Delivery

    def send(self, parcel: Parcel) -> Outcome:
        """Call out, within `SEND_LIMIT`."""

    def ask(self, parcel: Parcel) -> Outcome | None:
        """Whether an earlier attempt arrived: `Delivered`, None for surely not, `Lost` when it cannot be told."""


Couriers = Mapping[bool, Mapping[str, Courier]]  # by exercise: a drill has couriers of its own
Clock = Callable[[], datetime]


def deliver(
    begin: Begin,
    read: Begin,
    couriers: Couriers,
    names: Collection[str],
    *,
    worker: str,
    clock: Clock,
    lease: timedelta = LEASE,
) -> int:
    """Carry everything that waits for the couriers in `names`; give how many were called out for.

    One at a time: a parcel never ages under its lease behind a slow one, and what is most urgent goes next.
    The time is read outside the transactions: an instant that is too old only makes a lease shorter.
    """
    carried = 0
    while True:
        at = clock()
        with read() as session:
            if not waiting(session, names, at=at):
                return carried
        with begin() as session:
            parcels = claim(session, couriers, names, worker=worker, at=at, lease=lease)
        for parcel in parcels:
            carry(begin, couriers[parcel.exercise][parcel.courier], parcel, clock=clock)
        carried += len(parcels)
        if not parcels:
            return carried


def claim(
    session: Session,
    couriers: Couriers,
    names: Collection[str],
    *,
    worker: str,
    at: datetime,
    limit: int = 1,
    lease: timedelta = LEASE,
) -> Sequence[Parcel]:
    """Take up to `limit` of what waits under a lease, the most urgent first; commit before calling out.

    A row left under an expired lease whose receiver can neither dedupe nor be asked is never taken again:
    it becomes `uncertain` and a person is told.
    """
    parcels: list[Parcel] = []
    for _ in range(limit + DEAD_AT_ONCE):
        row = next_claimable(session, names, at=at)
        if row is None:
            break
        if not _dead(session, row, couriers[row.exercise].get(row.courier), at=at):
            parcels.append(_take(session, row, worker=worker, at=at, lease=lease))
        if len(parcels) == limit:
            break
    return parcels


def _dead(session: Session, row: Dispatch, courier: Courier | None, *, at: datetime) -> bool:
    if courier is None:
        _settle(session, row, State.REJECTED, {"why": f"no courier {row.courier}"}, at=at)
    elif outdated(session, row):  # it was on the wire when the newer edit was told
        _settle(session, row, State.SUPERSEDED, {}, at=at)
    elif row.state is State.CLAIMED and courier.delivery is Delivery.NEITHER:
        _settle(session, row, State.UNCERTAIN, {"why": "the sender stopped while sending"}, at=at)
    return row.state not in UNSETTLED


def _take(session: Session, row: Dispatch, *, worker: str, at: datetime, lease: timedelta) -> Parcel:
    row.asked = row.asked or row.state is State.CLAIMED
    # The end of a long host name tells processes apart; PostgreSQL refuses what does not fit the column.
    row.state, row.worker, row.lease_until = State.CLAIMED, worker[-WORKER_MOST:], at + lease
    row.claimed_at = at
    row.attempt += 1
    return Parcel(
        id=row.id,
        key=row.key,
        matter=row.matter,
        kind=row.kind,
        courier=row.courier,
        exercise=row.exercise,
        facts=row.facts,
        ref=place(session, row.matter, row.place) if row.place else None,
        attempt=row.attempt,
        asked=row.asked,
        fence_at=at + lease / 2,
    )


def carry(begin: Begin, courier: Courier, parcel: Parcel, *, clock: Clock) -> Outcome:
    """Call out for one parcel, outside any transaction, and record what came of it."""
    try:
        outcome = _call_out(courier, parcel, clock=clock)
    except Exception as fault:  # one of the three edges: a courier's bug must not stop the other parcels
        log.exception("courier failed", key=parcel.key, courier=parcel.courier)
        sentry_sdk.capture_exception(fault)
        outcome = Lost(why=type(fault).__name__)
    at = clock()
    with begin() as session:
        record(session, courier, parcel, outcome, at=at)
    return outcome


def _call_out(courier: Courier, parcel: Parcel, *, clock: Clock) -> Outcome:
    if parcel.asked and courier.delivery is Delivery.CAN_BE_ASKED:
        answer = courier.ask(parcel)
        if answer is not None:
            return answer
    if clock() > parcel.fence_at:
        return Fenced()
    return courier.send(parcel)


def record(session: Session, courier: Courier, parcel: Parcel, outcome: Outcome, *, at: datetime) -> None:
    """Write down what came of one attempt; the receipt meets its deadline in the same transaction.

    A delivery always counts. Any other outcome counts only while the attempt still holds the row: a sender
    that was frozen past its lease must not undo what another has done since.
    """
    wanted = select(Dispatch).where(Dispatch.id == parcel.id).with_for_update()
    row = session.scalars(wanted.execution_options(populate_existing=True)).one()
    if isinstance(outcome, Delivered):
        if row.state in (*UNSETTLED, State.UNCERTAIN, State.REJECTED):
            _received(session, row, outcome, at=at)
    elif row.state is State.CLAIMED and row.attempt == parcel.attempt:
        _failed(session, row, courier, outcome, at=at)


def _received(session: Session, row: Dispatch, outcome: Delivered, *, at: datetime) -> None:
    if row.remembers and outcome.ref is not None:
        session.merge(Place(matter=row.matter, name=row.remembers, ref=dict(outcome.ref)))
    _settle(session, row, State.DELIVERED, outcome.receipt, left_at=row.created_at, at=at)


def _failed(
    session: Session,
    row: Dispatch,
    courier: Courier,
    outcome: Rejected | Later | Lost | Doubtful | WithPerson | Fenced,
    *,
    at: datetime,
) -> None:
    match outcome:
        case Rejected():
            _settle(session, row, State.REJECTED, {"why": outcome.why}, at=at)
        case Doubtful():
            _settle(session, row, State.UNCERTAIN, {"why": outcome.why}, at=at)
        case WithPerson():
            _settle(session, row, State.WITH_PERSON, {}, at=at)
        case Later() | Fenced() if outdated(session, row):
            _settle(session, row, State.SUPERSEDED, {}, at=at)
        case Later():
            _retry(row, outcome.why, outcome.wait or _backoff(row.attempt), at=at)
        case Lost() if courier.delivery is Delivery.NEITHER:
            _settle(session, row, State.UNCERTAIN, {"why": outcome.why}, at=at)
        case Lost():
            row.asked = True
            # Asked only when the lost attempt can no longer be working its way in.
            _retry(row, outcome.why, max(SEND_LIMIT, _backoff(row.attempt)), at=at)
        case Fenced():
            _retry(row, "woke too late", timedelta(0), at=at)
        case _:
            assert_never(outcome)


def confirm(session: Session, row: Dispatch, receipt: Mapping[str, Any], *, by: str, at: datetime) -> None:
    """A person says that it arrived (phoned, faxed, or looked up after an uncertain sending); once is enough.

    Refuses with `CannotConfirm` what was recalled or replaced: it never left.
    """
    session.refresh(row, with_for_update=True)
    if row.state in (State.CANCELLED, State.SUPERSEDED):
        raise CannotConfirm(key=row.key, state=row.state.value)
    if row.state is State.DELIVERED:
        return
    _settle(session, row, State.DELIVERED, {**receipt, "confirmed_by": by}, at=at)


def _settle(
    session: Session,
    row: Dispatch,
    state: State,
    outcome: Mapping[str, Any],
    *,
    left_at: datetime | None = None,
    at: datetime,
) -> None:
    row.state, row.outcome, row.settled_at, row.lease_until = state, dict(outcome), at, None
    if state is State.DELIVERED and row.deadline_id is not None:
        met_at = _delivered_at(outcome, left_at, at)
        track.meet(session.get_one(Deadline, row.deadline_id, with_for_update=True), at=met_at)
    if row.then is not None:
        name = f"{row.key}#{state.value}"
        track.start(session, row.matter, row.then, name, started_at=at, ring_at=at, facts={"key": row.key})
    if row.then is not None or state in TROUBLE:
        told = {"key": row.key, "state": state.value, **outcome}
        journal.write(session, row.matter, "dispatch_settled", told, by=f"courier:{row.courier}", at=at)


def _delivered_at(outcome: Mapping[str, Any], left_at: datetime | None, at: datetime) -> datetime:
    # The receiver's own clock is proof, unless it is no instant at all, says that tomorrow has been, or that
    # what a machine carried had arrived before it left: a clock that runs behind must not make a late notice early.
    said = outcome.get("at")
    if not isinstance(said, str):
        return at
    try:
        instant = datetime.fromisoformat(said)
    except ValueError:
        return at
    if instant.utcoffset() is None:
        return at
    return min(instant if left_at is None else max(instant, left_at), at)


def _retry(row: Dispatch, why: str, wait: timedelta, *, at: datetime) -> None:
    row.state, row.not_before, row.lease_until = State.PENDING, at + wait, None
    row.outcome = {"why": why, "attempt": row.attempt}


def _backoff(attempt: int) -> timedelta:
    return timedelta(seconds=min(300, 2 ** min(attempt, 9)))


def doubt(session: Session, neither: Collection[str], *, at: datetime) -> int:
    """After a restore: whatever had not settled when the backup was made may have arrived since; give how many.

    Receivers that dedupe or can be asked are asked before anything is sent; for `neither` a person must look.
    """
    rows = session.scalars(select(Dispatch).where(Dispatch.state.in_(UNSETTLED))).all()
    for row in rows:
        row.asked, row.lease_until, row.worker = True, None, None
        if row.courier in neither:
            _settle(session, row, State.UNCERTAIN, {"why": "restored from a backup"}, at=at)
        else:
            row.state = State.PENDING
    return len(rows)
