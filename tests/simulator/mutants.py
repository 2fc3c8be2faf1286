"""The house with a fault planted: each is a mistake somebody could make, put together from the house's own steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from escalation import deliver as real
from escalation import track
from escalation.deliver import (
    LEASE,
    Clock,
    Courier,
    Couriers,
    Delivered,
    Delivery,
    Fenced,
    Lost,
    Outcome,
    Parcel,
    claim,
)
from escalation.records import Deadline, Dispatch, Standing, State, ringing, waiting
from escalation.sweep import Begin, Ring
from tests.simulator.world import CLASSES, House

Claim = Callable[..., Sequence[Parcel]]
CallOut = Callable[[Courier, Parcel, Clock], Outcome]
Record = Callable[..., None]


def call_out(courier: Courier, parcel: Parcel, clock: Clock) -> Outcome:
    """The house's own: ask, fence, send."""
    return real._call_out(courier, parcel, clock=clock)


@dataclass(frozen=True, kw_only=True)
class Steps:
    """`deliver` as a list of steps, any of which can be another; unchanged it is the house's own."""

    claim: Claim = claim
    call_out: CallOut = call_out
    record: Record = real.record
    claimed: Callable[[Session, Sequence[Parcel], datetime], None] = lambda *_: None

    def __call__(  # noqa: D102
        self, begin: Begin, read: Begin, couriers: Couriers, names: Collection[str], *, worker: str, clock: Clock
    ) -> int:
        carried = 0
        while True:
            at = clock()
            with read() as session:
                if not waiting(session, names, at=at):
                    return carried
            with begin() as session:
                parcels = self.claim(session, couriers, names, worker=worker, at=at)
                self.claimed(session, parcels, at)
            for parcel in parcels:
                courier = couriers[parcel.exercise][parcel.courier]
                outcome = self.call_out(courier, parcel, clock)
                at = clock()
                with begin() as session:
                    self.record(session, courier, parcel, outcome, at=at)
            carried += len(parcels)
            if not parcels:
                return carried


def _mark_first(session: Session, parcels: Sequence[Parcel], at: datetime) -> None:
    for parcel in parcels:
        session.get_one(Dispatch, parcel.id).state = State.DELIVERED
        row = session.get_one(Dispatch, parcel.id)
        if row.deadline_id is not None:
            track.meet(session.get_one(Deadline, row.deadline_id), at=at)


def _meet_at_claim(session: Session, parcels: Sequence[Parcel], at: datetime) -> None:
    for parcel in parcels:
        row = session.get_one(Dispatch, parcel.id)
        if row.deadline_id is not None:
            track.meet(session.get_one(Deadline, row.deadline_id), at=at)


def _no_fence(courier: Courier, parcel: Parcel, clock: Clock) -> Outcome:
    if parcel.asked and courier.delivery is Delivery.CAN_BE_ASKED:
        answer = courier.ask(parcel)
        if answer is not None:
            return answer
    clock()
    return courier.send(parcel)


def _no_question(courier: Courier, parcel: Parcel, clock: Clock) -> Outcome:
    return Fenced() if clock() > parcel.fence_at else courier.send(parcel)


def _lost_is_delivered(courier: Courier, parcel: Parcel, clock: Clock) -> Outcome:
    outcome = call_out(courier, parcel, clock)
    return Delivered() if isinstance(outcome, Lost) else outcome


def _impatient_claim(
    session: Session, couriers: Couriers, names: Collection[str], *, worker: str, at: datetime
) -> Sequence[Parcel]:
    return claim(session, couriers, names, worker=worker, at=at + LEASE)


def _zombie_undoes(session: Session, courier: Courier, parcel: Parcel, outcome: Outcome, *, at: datetime) -> None:
    row = session.get_one(Dispatch, parcel.id)
    if isinstance(outcome, Delivered):
        real._received(session, row, outcome, at=at)
    else:
        real._failed(session, row, courier, outcome, at=at)


def _ask_at_once(session: Session, courier: Courier, parcel: Parcel, outcome: Outcome, *, at: datetime) -> None:
    real.record(session, courier, parcel, outcome, at=at)
    row = session.get_one(Dispatch, parcel.id)
    if row.state is State.PENDING:
        row.not_before = at


def _says_nothing(session: Session, courier: Courier, parcel: Parcel, outcome: Outcome, *, at: datetime) -> None:
    row = session.get_one(Dispatch, parcel.id)
    if not isinstance(outcome, Delivered):
        row.then = None
    real.record(session, courier, parcel, outcome, at=at)


def _rung_before_ringing(begin: Begin, read: Begin, rings: Mapping[str, Ring], *, at: datetime) -> int:
    with read() as session:
        due = ringing(session, at=at, limit=100)
    for each in due:
        with begin() as session:
            row = session.get_one(Deadline, each)
            row.ring_at = None
        with begin() as session:
            row = session.get_one(Deadline, each)
            next_at = rings[row.kind](session, row, at)
            row.rung += 1
            row.ring_at = next_at if row.state is Standing.RUNNING else None
    return len(due)


def _once(*, b: Delivery = CLASSES["b"], c: Delivery = CLASSES["c"]) -> Mapping[str, Delivery]:
    return {**CLASSES, "b": b, "c": c}


SAME = House(deliver=Steps())  # no fault: what is caught below is the fault, not the taking apart
MUTANTS = {
    "marked first, sent later": House(deliver=Steps(claimed=_mark_first)),
    "retried blindly": House(classes=_once(b=Delivery.DEDUPES)),
    "not asked before sending again": House(deliver=Steps(call_out=_no_question)),
    "asked without a fence": House(deliver=Steps(call_out=_no_fence)),
    "asked while it may still arrive": House(deliver=Steps(record=_ask_at_once)),
    "a lease ignored": House(deliver=Steps(claim=_impatient_claim)),
    "a zombie's failure undoes a delivery": House(deliver=Steps(record=_zombie_undoes)),
    "mail repeated by machine": House(classes=_once(c=Delivery.DEDUPES)),
    "an unknown outcome taken for a delivery": House(deliver=Steps(call_out=_lost_is_delivered)),
    "a deadline met by sending": House(deliver=Steps(claimed=_meet_at_claim)),
    "nobody told of trouble": House(deliver=Steps(record=_says_nothing)),
    "a ring struck off before it rang": House(sweep=_rung_before_ringing),
}
