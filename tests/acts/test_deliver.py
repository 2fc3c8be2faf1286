"""Claim, call out, record: every outcome for every kind of receiver, and what a second sender may and may not do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sentry_sdk
from sqlalchemy import event

from errors import CannotConfirm
from escalation import track
from escalation.couriers.by_hand import ByHand
from escalation.couriers.shelf import Shelf
from escalation.deliver import (
    FENCE,
    LEASE,
    SEND_LIMIT,
    Courier,
    Delivered,
    Delivery,
    Fenced,
    Later,
    Lost,
    Outcome,
    Parcel,
    Rejected,
    WithPerson,
    carry,
    claim,
    confirm,
    deliver,
    record,
)
from escalation.records import Deadline, Dispatch, Standing, State, deadlines, dispatch, place, waiting
from escalation.tell import tell
from store import journal
from store.database import Database

SECOND = timedelta(seconds=1)
A, B, C = Delivery.DEDUPES, Delivery.CAN_BE_ASKED, Delivery.NEITHER


class Told:
    """A courier that answers what it was told to, and remembers what it was asked."""

    def __init__(self, delivery: Delivery, *outcomes: Outcome, answer: Outcome | None = None) -> None:
        """`outcomes` in order, then `Delivered`; `answer` to every question."""
        self.delivery = delivery
        self._outcomes: Iterator[Outcome] = iter(outcomes)
        self._answer = answer
        self.sent: list[Parcel] = []
        self.asked: list[Parcel] = []

    def send(self, parcel: Parcel) -> Outcome:
        """Answer the next outcome."""
        self.sent.append(parcel)
        return next(self._outcomes, Delivered(receipt={"receipt": "R-1"}))

    def ask(self, parcel: Parcel) -> Outcome | None:
        """Answer what was set."""
        self.asked.append(parcel)
        return self._answer


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime) -> None:
        """Stand at `at`."""
        self.at = at

    def __call__(self) -> datetime:
        """Tell the instant."""
        return self.at

    def forward(self, span: timedelta) -> None:
        """Move on."""
        self.at += span


@pytest.fixture
def clock(at: datetime) -> Clock:
    """A clock at noon."""
    return Clock(at)


@pytest.fixture
def house(database: Database, at: datetime) -> Database:
    """A house with an incident, a drill, and a deadline that a receipt can meet."""
    with database.begin() as session:
        track.open_matter(session, "m", exercise=False, at=at)
        track.open_matter(session, "drill", exercise=True, at=at)
        track.start(session, "m", "report", "first", started_at=at, due_at=at + LEASE, ring_at=at + LEASE)
    return database


def _tell(
    house: Database,
    key: str = "k",
    *,
    at: datetime,
    matter: str = "m",
    meets: bool = False,
    **how: Any,  # noqa: ANN401 -- handed on to tell()
) -> None:
    with house.begin() as session:
        due = deadlines(session, "m", "report")[0] if meets else None
        tell(session, matter, "notice", {"n": 1}, key=key, courier="c", at=at, meets=due, **how)


def _deliver(house: Database, courier: Courier, clock: Clock, *, drill: Courier | None = None) -> int:
    couriers = {False: {"c": courier}, True: {"c": drill or Shelf()}}
    return deliver(house.begin, house.read, couriers, ["c"], worker="w", clock=clock)


def _claim(house: Database, courier: Courier, clock: Clock) -> Sequence[Parcel]:
    with house.begin() as session:
        return claim(session, {False: {"c": courier}, True: {}}, ["c"], worker="w", at=clock.at)


def _record(house: Database, courier: Courier, parcel: Parcel, outcome: Outcome, clock: Clock) -> None:
    with house.begin() as session:
        record(session, courier, parcel, outcome, at=clock.at)


def _row(house: Database, key: str = "k") -> Dispatch:
    with house.read() as session:
        found = dispatch(session, key)
        assert found is not None
        return found


def _due(house: Database) -> Deadline:
    with house.read() as session:
        return deadlines(session, "m", "report")[0]


def _settled(house: Database) -> list[str]:
    with house.read() as session:
        return [each.name for each in deadlines(session, "m", "settled")]


@pytest.mark.parametrize("delivery", list(Delivery))
def test_a_receipt_settles_meets_and_is_told_in_one_transaction(
    house: Database, at: datetime, clock: Clock, delivery: Delivery
) -> None:
    """Delivered: the proof is kept, the deadline met, the ring set and the journal written, together."""
    _tell(house, at=at, meets=True, then="settled")
    clock.forward(SECOND)
    assert _deliver(house, Told(delivery), clock) == 1
    row, due = _row(house), _due(house)
    assert (row.state, row.outcome, row.settled_at, row.lease_until) == (
        State.DELIVERED, {"receipt": "R-1"}, clock.at, None,
    )  # fmt: skip
    assert (due.state, due.met_at, due.ring_at) == (Standing.MET, clock.at, None)
    assert _settled(house) == ["k#delivered"]
    with house.read() as session:
        assert [entry.kind for entry in journal.entries(session, "m")] == ["dispatch_settled"]
    assert _deliver(house, Told(delivery), clock) == 0


@pytest.mark.parametrize(
    ("delivery", "outcome", "state", "wait"),
    [
        *[(each, Rejected(why="no"), State.REJECTED, None) for each in Delivery],
        *[(each, WithPerson(), State.WITH_PERSON, None) for each in Delivery],
        *[(each, Later(why="busy"), State.PENDING, timedelta(seconds=2)) for each in Delivery],
        *[(each, Later(why="busy", wait=LEASE), State.PENDING, LEASE) for each in Delivery],
        *[(each, Fenced(), State.PENDING, timedelta(0)) for each in Delivery],
        (A, Lost(why="cut"), State.PENDING, SEND_LIMIT),
        (B, Lost(why="cut"), State.PENDING, SEND_LIMIT),
        (C, Lost(why="cut"), State.UNCERTAIN, None),
    ],
)  # fmt: skip
def test_every_outcome_of_a_first_attempt(  # noqa: PLR0917 -- a table of what follows from what
    house: Database, clock: Clock, delivery: Delivery, outcome: Outcome, state: State, wait: timedelta | None
) -> None:
    """What each outcome leaves behind; the deadline is met by none of them; a settled one rings."""
    _tell(house, at=clock.at, meets=True, then="settled")
    courier = Told(delivery)
    (parcel,) = _claim(house, courier, clock)
    assert not parcel.asked
    _record(house, courier, parcel, outcome, clock)
    row = _row(house)
    assert row.state is state
    assert row.asked is (isinstance(outcome, Lost) and delivery is not C)
    assert row.not_before == (clock.at if wait is None else clock.at + wait)
    assert _due(house).state is Standing.RUNNING
    assert _settled(house) == ([] if wait is not None else [f"k#{state.value}"])


@pytest.mark.parametrize("delivery", list(Delivery))
@pytest.mark.parametrize("first", [Later(why="busy"), Fenced()])
def test_after_an_attempt_that_surely_failed_it_is_sent_again(
    house: Database, clock: Clock, delivery: Delivery, first: Outcome
) -> None:
    """Not before its time; without a question, for nothing can have arrived; and then it is delivered."""
    _tell(house, at=clock.at)
    courier = Told(delivery, first)
    _record(house, courier, _claim(house, courier, clock)[0], first, clock)
    if isinstance(first, Later):
        assert _deliver(house, courier, clock) == 0
        clock.forward(timedelta(seconds=2))
    courier = Told(delivery)
    assert _deliver(house, courier, clock) == 1
    assert (len(courier.sent), len(courier.asked)) == (1, 0)
    assert (_row(house).state, _row(house).attempt) == (State.DELIVERED, 2)


@pytest.mark.parametrize(
    ("delivery", "answer", "asks", "sends", "state"),
    [
        (A, None, 0, 1, State.DELIVERED),
        (B, None, 1, 1, State.DELIVERED),
        (B, Delivered(receipt={"receipt": "R-0"}), 1, 0, State.DELIVERED),
        (B, Lost(why="cannot tell"), 1, 0, State.PENDING),
        (B, Later(why="asking is refused"), 1, 0, State.PENDING),
        (B, Rejected(why="gone"), 1, 0, State.REJECTED),
        (C, None, 0, 0, State.UNCERTAIN),
    ],
)
@pytest.mark.parametrize("how", ["lost", "lease"])
def test_after_an_attempt_that_may_have_arrived(  # noqa: PLR0917 -- a table of what follows from what
    house: Database,
    clock: Clock,
    how: str,
    delivery: Delivery,
    answer: Outcome | None,
    asks: int,
    sends: int,
    state: State,
) -> None:
    """A is sent again, B is asked first, C is left to a person: after an answer lost, and after a sender lost."""
    _tell(house, at=clock.at, then="settled")
    courier = Told(delivery, answer=answer)
    (parcel,) = _claim(house, courier, clock)
    if how == "lost":
        _record(house, courier, parcel, Lost(why="cut"), clock)
    clock.forward(LEASE)
    _deliver(house, courier, clock)
    assert (len(courier.asked), len(courier.sent)) == (asks, sends)
    assert _row(house).state is state
    assert _settled(house) == ([] if state is State.PENDING else [f"k#{state.value}"])


def test_a_lease_holds_until_its_last_instant(house: Database, clock: Clock) -> None:
    """Nobody takes a claimed row while its lease runs; at its end somebody does, and asks."""
    _tell(house, at=clock.at)
    courier = Told(B)
    assert len(_claim(house, courier, clock)) == 1
    clock.forward(LEASE - timedelta(microseconds=1))
    assert _claim(house, courier, clock) == []
    clock.forward(timedelta(microseconds=1))
    (parcel,) = _claim(house, courier, clock)
    assert (parcel.attempt, parcel.asked) == (2, True)


def test_a_sender_that_wakes_past_its_fence_does_not_send(house: Database, clock: Clock) -> None:
    """At the fence it still sends; past it, it leaves the row to the next, and nothing is on the wire."""
    _tell(house, at=clock.at)
    courier = Told(B)
    (parcel,) = _claim(house, courier, clock)
    clock.forward(FENCE + timedelta(microseconds=1))
    assert carry(house.begin, courier, parcel, clock=clock) == Fenced()
    assert courier.sent == []
    (again,) = _claim(house, courier, clock)
    clock.forward(FENCE)
    assert carry(house.begin, courier, again, clock=clock) == Delivered(receipt={"receipt": "R-1"})


@pytest.mark.parametrize("zombie", [Rejected(why="no"), Later(why="busy"), Lost(why="cut"), WithPerson(), Fenced()])
@pytest.mark.parametrize("meanwhile", ["claimed", "delivered"])
def test_a_zombies_failure_undoes_nothing(house: Database, clock: Clock, zombie: Outcome, meanwhile: str) -> None:
    """A sender frozen past its lease cannot change what another has done or is doing since."""
    _tell(house, at=clock.at, meets=True)
    courier = Told(A)
    (first,) = _claim(house, courier, clock)
    clock.forward(LEASE)
    (second,) = _claim(house, courier, clock)
    if meanwhile == "delivered":
        _record(house, courier, second, Delivered(), clock)
    before = _row(house)
    _record(house, courier, first, zombie, clock)
    after = _row(house)
    assert (after.state, after.attempt, after.lease_until) == (before.state, 2, before.lease_until)


@pytest.mark.parametrize("state", [State.CLAIMED, State.PENDING, State.UNCERTAIN, State.REJECTED])
def test_a_zombies_delivery_always_counts(house: Database, clock: Clock, state: State) -> None:
    """The receiver has it: that is so whatever was written down meanwhile."""
    _tell(house, at=clock.at, meets=True, then="settled")
    courier = Told(A)
    (first,) = _claim(house, courier, clock)
    with house.begin() as session:
        session.get_one(Dispatch, first.id).state = state
    _record(house, courier, first, Delivered(receipt={"receipt": "late"}), clock)
    assert _row(house).state is State.DELIVERED
    assert _due(house).state is Standing.MET
    assert _settled(house) == ["k#delivered"]


def test_two_deliveries_keep_the_first_receipt(house: Database, clock: Clock) -> None:
    """A second receipt for the same key neither rings again nor moves the instant it was met."""
    _tell(house, at=clock.at, meets=True, then="settled")
    courier = Told(A)
    (parcel,) = _claim(house, courier, clock)
    _record(house, courier, parcel, Delivered(receipt={"receipt": "1"}), clock)
    met_at = clock.at
    clock.forward(SECOND)
    _record(house, courier, parcel, Delivered(receipt={"receipt": "2"}), clock)
    assert _row(house).outcome == {"receipt": "1"}
    assert _due(house).met_at == met_at
    assert _settled(house) == ["k#delivered"]


@pytest.mark.parametrize(
    ("said", "met"),
    [
        ("2027-03-01T11:59:59+00:00", -SECOND),
        ("2027-03-01T19:59:59+08:00", -SECOND),
        ("2026-12-31T23:00:00+00:00", -2 * SECOND),
        ("2027-03-02T12:00:00+00:00", timedelta(0)),
        ("2027-03-01T11:00:00", timedelta(0)),
        ("yesterday", timedelta(0)),
        ("", timedelta(0)),
    ],
)
def test_the_receivers_own_instant_meets_the_deadline(house: Database, clock: Clock, said: str, met: timedelta) -> None:
    """Its clock is proof; what is no instant, has no offset, lies ahead of us or before the notice is not believed."""
    _tell(house, at=clock.at - 2 * SECOND, meets=True)
    _deliver(house, Told(A, Delivered(receipt={"at": said})), clock)
    assert _due(house).met_at == clock.at + met


def test_the_most_urgent_goes_first(house: Database, clock: Clock) -> None:
    """By priority, then in the order told."""
    for key, priority in (("late", 5), ("later", 5), ("statutory", 0), ("call", 1)):
        _tell(house, key, at=clock.at, priority=priority)
    courier = Told(A)
    assert _deliver(house, courier, clock) == 4
    assert [parcel.key for parcel in courier.sent] == ["statutory", "call", "late", "later"]


def test_what_is_told_while_a_slow_one_is_sent_goes_next(house: Database, clock: Clock) -> None:
    """Nothing is claimed ahead: a statutory notice overtakes all that waits."""

    class Slow(Told):
        def send(self, parcel: Parcel) -> Outcome:
            if not self.sent:
                _tell(house, "statutory", at=clock.at, priority=0)
            clock.forward(SEND_LIMIT)
            return super().send(parcel)

    for number in range(8):
        _tell(house, f"n{number}", at=clock.at)
    courier = Slow(B)
    assert _deliver(house, courier, clock) == 9
    assert [parcel.key for parcel in courier.sent][:3] == ["n0", "statutory", "n1"]
    assert {parcel.attempt for parcel in courier.sent} == {1}


def test_a_message_waits_for_its_place(house: Database, clock: Clock) -> None:
    """A card's edit goes only when the post has made the card known, and goes there."""
    _tell(house, "edit", at=clock.at, place="card", priority=0)
    _tell(house, "post", at=clock.at, remembers="card")
    courier = Told(B, Delivered(ref={"ts": "1.2"}))
    assert _deliver(house, courier, clock) == 2
    assert [(parcel.key, parcel.ref) for parcel in courier.sent] == [("post", None), ("edit", {"ts": "1.2"})]
    with house.read() as session:
        assert place(session, "m", "card") == {"ts": "1.2"}


def test_a_place_is_not_known_to_another_matter(house: Database, clock: Clock) -> None:
    """The drill's card does not answer for the incident's."""
    _tell(house, "post", at=clock.at, matter="drill", remembers="card")
    _tell(house, "edit", at=clock.at, place="card")
    courier = Told(B)
    _deliver(house, courier, clock, drill=Told(B, Delivered(ref={"ts": "1"})))
    assert courier.sent == []


def _edits(house: Database, clock: Clock) -> Parcel:
    _tell(house, "old", at=clock.at, latest_of="card")
    (parcel,) = _claim(house, Told(B), clock)
    _tell(house, "new", at=clock.at, latest_of="card")
    return parcel


def test_a_newer_edit_waits_for_the_one_on_the_wire(house: Database, clock: Clock) -> None:
    """Otherwise the older could arrive last and stay on the card."""
    old, courier = _edits(house, clock), Told(B)
    assert _deliver(house, courier, clock) == 0
    _record(house, courier, old, Delivered(), clock)
    assert _deliver(house, courier, clock) == 1
    assert (_row(house, "old").state, _row(house, "new").state) == (State.DELIVERED, State.DELIVERED)


@pytest.mark.parametrize("outcome", [Later(why="busy"), Fenced(), Lost(why="cut"), None])
def test_an_old_edit_that_failed_is_not_sent_after_the_newer(
    house: Database, clock: Clock, outcome: Outcome | None
) -> None:
    """It is superseded, whether its attempt failed, may have arrived, or its sender vanished."""
    old, courier = _edits(house, clock), Told(B)
    if outcome is not None:
        _record(house, courier, old, outcome, clock)
    clock.forward(LEASE)
    while _deliver(house, courier, clock):
        clock.forward(SECOND)
    _deliver(house, courier, clock)
    assert [parcel.key for parcel in courier.sent] == ["new"]
    assert (_row(house, "old").state, _row(house, "new").state) == (State.SUPERSEDED, State.DELIVERED)


def test_a_couriers_bug_stops_nobody_else(house: Database, clock: Clock) -> None:
    """An exception counts as *may have arrived*, and the next parcel is carried."""

    class Faulty(Told):
        def send(self, parcel: Parcel) -> Outcome:
            if parcel.key == "bad":
                raise RuntimeError
            return super().send(parcel)

    _tell(house, "bad", at=clock.at)
    _tell(house, "good", at=clock.at)
    assert _deliver(house, Faulty(C), clock) == 2
    assert (_row(house, "bad").state, _row(house, "good").state) == (State.UNCERTAIN, State.DELIVERED)


def test_a_missing_courier_stops_nobody_else(house: Database, clock: Clock) -> None:
    """What has no courier in its table is rejected and told, and what stands behind it goes."""
    _tell(house, "bad", at=clock.at, matter="drill")
    _tell(house, "good", at=clock.at)
    deliver(house.begin, house.read, {False: {"c": Told(A)}, True: {}}, ["c"], worker="w", clock=clock)
    assert (_row(house, "bad").state, _row(house, "good").state) == (State.REJECTED, State.DELIVERED)


def test_many_that_only_need_settling_do_not_hold_up_the_rest(house: Database, clock: Clock) -> None:
    """Fifty mails whose sender died become uncertain, each told, and what waits goes, in one pass."""
    for number in range(50):
        _tell(house, f"mail{number}", at=clock.at, then="settled")
    courier = Told(C)
    for _ in range(50):
        _claim(house, courier, clock)
    clock.forward(LEASE)
    _tell(house, "fresh", at=clock.at)
    assert _deliver(house, courier, clock) == 1
    assert [parcel.key for parcel in courier.sent] == ["fresh"]
    assert len(_settled(house)) == 50


def test_trouble_is_in_the_journal_even_if_nobody_waits(house: Database, clock: Clock) -> None:
    """A rejected dispatch without a ring of its own still leaves its trace."""
    _tell(house, at=clock.at)
    _deliver(house, Told(C, Rejected(why="no such address")), clock)
    with house.read() as session:
        (entry,) = journal.entries(session, "m")
    assert entry.body == {"key": "k", "state": "rejected", "why": "no such address"}


def test_the_longest_key_still_rings(house: Database, clock: Clock) -> None:
    """Two keys of 200 characters that end alike are two rings, on both engines."""
    for first in "ab":
        _tell(house, first + "x" * 199, at=clock.at, then="settled")
    assert _deliver(house, Told(C, WithPerson(), WithPerson()), clock) == 2
    assert len(_settled(house)) == 2


def test_a_drill_goes_to_the_drills_couriers(house: Database, clock: Clock) -> None:
    """Same name, other table: the real courier never sees it, and the receipt says EXERCISE."""
    _tell(house, at=clock.at, matter="drill")
    courier = Told(A)
    assert _deliver(house, courier, clock) == 1
    assert courier.sent == []
    assert _row(house).outcome["receipt"].startswith("EXERCISE-")
    assert _row(house).outcome["exercise"] is True


def test_what_goes_by_hand_waits_for_a_person_who_confirms(house: Database, clock: Clock) -> None:
    """Handed over once, met when they say when it arrived; saying it twice changes nothing."""
    _tell(house, at=clock.at, meets=True, then="settled")
    assert _deliver(house, ByHand(), clock) == 1
    assert _row(house).state is State.WITH_PERSON
    assert _due(house).state is Standing.RUNNING
    at = clock.at
    clock.forward(LEASE)
    for reference in ("phoned", "again"):
        with house.begin() as session:
            row = session.get_one(Dispatch, 1)
            confirm(session, row, {"reference": reference, "at": at.isoformat()}, by="p1", at=clock.at)
    assert _row(house).outcome == {"reference": "phoned", "at": at.isoformat(), "confirmed_by": "p1"}
    assert _due(house).met_at == at
    assert _settled(house) == ["k#with_person", "k#delivered"]


def test_an_uncertain_one_is_settled_by_a_person(house: Database, clock: Clock) -> None:
    """*It arrived* meets the deadline."""
    _tell(house, at=clock.at, meets=True, then="settled")
    _deliver(house, Told(C, Lost(why="cut")), clock)
    with house.begin() as session:
        confirm(session, session.get_one(Dispatch, 1), {"reference": "R"}, by="p1", at=clock.at)
    assert (_row(house).state, _due(house).state) == (State.DELIVERED, Standing.MET)


@pytest.mark.parametrize("state", [State.CANCELLED, State.SUPERSEDED])
def test_what_never_left_cannot_be_confirmed(house: Database, clock: Clock, state: State) -> None:
    """A recalled or replaced dispatch is not delivered by saying so."""
    _tell(house, at=clock.at, meets=True)
    with house.begin() as session:
        session.get_one(Dispatch, 1).state = state
    with pytest.raises(CannotConfirm), house.begin() as session:
        confirm(session, session.get_one(Dispatch, 1), {}, by="p1", at=clock.at)
    assert _due(house).state is Standing.RUNNING


def test_other_names_are_left_to_other_senders(house: Database, clock: Clock) -> None:
    """A sender takes only what its couriers carry."""
    _tell(house, at=clock.at)
    assert deliver(house.begin, house.read, {False: {}, True: {}}, ["other"], worker="w", clock=clock) == 0
    assert _row(house).attempt == 0


def test_nothing_is_read_before_its_time(house: Database, clock: Clock) -> None:
    """An instant before `not_before` nothing is claimed; the looking alone takes no write lock."""
    _tell(house, at=clock.at + SECOND)

    def begin() -> Any:  # noqa: ANN401 -- never reached
        raise AssertionError

    look: Callable[[], int] = lambda: deliver(  # noqa: E731 -- one line, used once
        begin, house.read, {False: {}, True: {}}, ["c"], worker="w", clock=clock
    )
    assert look() == 0


def test_claiming_reads_the_index_not_the_history(house: Database, clock: Clock) -> None:
    """Looking for work in a house with thousands of settled dispatches does not scan them (SQLite's own plan)."""
    if not house.sqlite:
        pytest.skip("PostgreSQL chooses its plan by statistics; the index is the same")
    ran: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:  # noqa: ANN401
        ran.append((statement, parameters))

    event.listen(house.engine, "before_cursor_execute", note)
    with house.read() as session:
        waiting(session, ["c"], at=clock.at)
        event.remove(house.engine, "before_cursor_execute", note)
        asked = [(statement, parameters) for statement, parameters in ran if statement.startswith("SELECT")]
        ((statement, parameters),) = asked
        plan = [row[3] for row in session.connection().exec_driver_sql(f"explain query plan {statement}", parameters)]
    assert plan
    assert not [line for line in plan if line.startswith("SCAN")], plan


def test_a_long_host_name_stops_no_sender(house: Database, clock: Clock) -> None:
    """The name of a worker is cut to its column, and its end, which tells processes apart, is kept."""
    _tell(house, at=clock.at)
    with house.begin() as session:
        worker = "h" * 63 + ":4711"
        claim(session, {False: {"c": Told(C)}, True: {}}, ["c"], worker=worker, at=clock.at)
    assert str(_row(house).worker).endswith(":4711")


def test_a_couriers_bug_is_reported(house: Database, clock: Clock) -> None:
    """Engineers hear of it, though the other parcels go on."""
    heard: list[str] = []

    def keep(event: Any, _hint: Any) -> None:  # noqa: ANN401 -- Sentry's own event
        heard.append(event["exception"]["values"][-1]["type"])

    client = sentry_sdk.Client(dsn="http://k@127.0.0.1:1/1", before_send=keep, default_integrations=False)

    class Broken(Told):
        def send(self, parcel: Parcel) -> Outcome:
            raise ZeroDivisionError(parcel.key)

    _tell(house, at=clock.at)
    with sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        _deliver(house, Broken(A), clock)
    assert heard == ["ZeroDivisionError"]
