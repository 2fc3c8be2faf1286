"""What is due rings: late rather than never, once, and a faulty ring delays nobody but itself."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sentry_sdk
from sqlalchemy.orm import Session

from escalation import track
from escalation.records import Deadline, Dispatch, Standing, deadlines
from escalation.sweep import BATCH, PARKED, Ring, sweep
from escalation.tell import tell
from store.database import Database

HOUR = timedelta(hours=1)


@pytest.fixture
def house(database: Database, at: datetime) -> Database:
    """A house with one real incident."""
    with database.begin() as session:
        track.open_matter(session, "m", exercise=False, at=at)
    return database


def _start(house: Database, name: str, *, ring_at: datetime, kind: str = "bell") -> None:
    with house.begin() as session:
        track.start(session, "m", kind, name, started_at=ring_at, ring_at=ring_at)


def bell(session: Session, due: Deadline, at: datetime) -> datetime | None:
    """Tell that it rang, and how often."""
    tell(session, due.matter, "card", {"rung": due.rung}, key=f"{due.name}:{due.rung}", courier="slack", at=at)
    return None


def _rang(house: Database) -> list[str]:
    with house.read() as session:
        return [row.key for row in session.query(Dispatch).order_by(Dispatch.id)]


def _sweep(house: Database, rings: Mapping[str, Ring], *, at: datetime) -> int:
    return sweep(house.begin, house.read, rings, at=at)


def test_what_is_due_rings_once_and_what_is_not_waits(house: Database, at: datetime) -> None:
    """At the very instant it rings; a second sweep finds nothing; a microsecond early it does not."""
    _start(house, "now", ring_at=at)
    _start(house, "soon", ring_at=at + timedelta(microseconds=1))
    assert [_sweep(house, {"bell": bell}, at=at) for _ in range(2)] == [1, 0]
    assert _rang(house) == ["now:0"]
    assert _sweep(house, {"bell": bell}, at=at + HOUR) == 1


def test_nothing_is_skipped_for_being_late(house: Database, at: datetime) -> None:
    """After three days of downtime everything rings, the longest due first."""
    for hours in (3, 1, 2):
        _start(house, f"h{hours}", ring_at=at + hours * HOUR)
    assert _sweep(house, {"bell": bell}, at=at + 72 * HOUR) == 3
    assert _rang(house) == ["h1:0", "h2:0", "h3:0"]


def test_more_than_a_batch_rings_in_one_sweep(house: Database, at: datetime) -> None:
    """Two batches and a half all ring, each once."""
    count = 2 * BATCH + 50
    with house.begin() as session:
        for number in range(count):
            track.start(session, "m", "bell", f"n{number}", started_at=at, ring_at=at)
    assert _sweep(house, {"bell": bell}, at=at) == count
    assert len(set(_rang(house))) == count


def test_a_ring_says_when_it_rings_next(house: Database, at: datetime) -> None:
    """The next instant is kept; a ring that met its deadline rings no more, whatever it answers."""
    _start(house, "again", ring_at=at)
    _start(house, "met", ring_at=at, kind="last")

    def again(session: Session, due: Deadline, at: datetime) -> datetime | None:
        bell(session, due, at)
        return at + HOUR

    def last(_session: Session, due: Deadline, at: datetime) -> datetime | None:
        track.meet(due, at=at)
        return at + HOUR

    assert _sweep(house, {"bell": again, "last": last}, at=at) == 2
    assert _sweep(house, {"bell": again, "last": last}, at=at + HOUR) == 1
    assert _rang(house) == ["again:0", "again:1"]
    with house.read() as session:
        assert [each.ring_at for each in deadlines(session, "m", "bell", "last")] == [at + 2 * HOUR, None]


def test_a_ring_that_is_behind_catches_up_without_starving_the_others(house: Database, at: datetime) -> None:
    """A hundred rings whose next instant is always past do not keep a sweep busy for ever, nor stop another."""
    with house.begin() as session:
        for number in range(BATCH):
            track.start(session, "m", "behind", f"b{number}", started_at=at, ring_at=at - HOUR)
    _start(house, "other", ring_at=at)

    def behind(_session: Session, _due: Deadline, at: datetime) -> datetime | None:
        return at - HOUR

    rings = {"behind": behind, "bell": bell}
    assert _sweep(house, rings, at=at) == BATCH + 1
    assert _sweep(house, rings, at=at + timedelta(seconds=1)) == BATCH
    assert _rang(house) == ["other:0"]


def test_a_failing_ring_delays_nobody(house: Database, at: datetime) -> None:
    """Its neighbours ring exactly once in the same sweep; it leaves no half-done row and rings again in a minute."""
    for name in ("a", "b", "c"):
        _start(house, name, ring_at=at, kind="faulty" if name == "b" else "bell")

    def faulty(session: Session, due: Deadline, at: datetime) -> datetime | None:
        bell(session, due, at)
        raise RuntimeError

    assert _sweep(house, {"bell": bell, "faulty": faulty}, at=at) == 2
    assert _rang(house) == ["a:0", "c:0"]
    assert _sweep(house, {"bell": bell, "faulty": bell}, at=at + PARKED) == 1
    assert _rang(house)[-1] == "b:0"


def test_an_unknown_kind_is_parked_not_lost(house: Database, at: datetime) -> None:
    """A deadline whose ring this version does not know waits for one that does."""
    _start(house, "new", ring_at=at, kind="from a newer version")
    assert _sweep(house, {}, at=at) == 0
    assert _sweep(house, {"from a newer version": bell}, at=at + PARKED) == 1


def test_a_cancelled_deadline_does_not_ring_in_the_batch_that_cancelled_it(house: Database, at: datetime) -> None:
    """A ring may cancel its neighbour; the neighbour, read before, does not ring."""
    _start(house, "first", ring_at=at - HOUR, kind="cancels")
    _start(house, "second", ring_at=at)

    def cancels(session: Session, due: Deadline, at: datetime) -> datetime | None:
        for each in deadlines(session, due.matter, "bell"):
            track.cancel(session, each, "over", by="ring", at=at)
        return None

    assert _sweep(house, {"bell": bell, "cancels": cancels}, at=at) == 1
    assert _rang(house) == []


def test_a_not_started_deadline_with_a_ring_time_cannot_wedge_the_sweep(house: Database, at: datetime) -> None:
    """A batch full of them does not loop, and what is due behind them rings."""
    with house.begin() as session:
        for number in range(BATCH + 1):
            track.start(session, "m", "bell", f"n{number}", ring_at=at - HOUR)
    _start(house, "due", ring_at=at)
    assert _sweep(house, {"bell": bell}, at=at) == 1


def test_two_sweeps_at_once_ring_each_once(house: Database, at: datetime) -> None:
    """Two processes on one database share the work without ringing anything twice."""
    with house.begin() as session:
        for number in range(120):
            track.start(session, "m", "bell", f"n{number}", started_at=at, ring_at=at)
    other = Database(house.engine.url.render_as_string(hide_password=False), journal_key=b"k")
    rang: list[int] = []

    def run(house: Database) -> None:
        rang.append(_sweep(house, {"bell": bell}, at=at))

    threads = [threading.Thread(target=run, args=(each,)) for each in (house, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    other.close()
    with house.read() as session:
        rung = [each.rung for each in deadlines(session, "m", "bell")]
    rang.append(_sweep(house, {"bell": bell}, at=at))  # rows one held while the other looked
    assert sum(rang) == 120
    assert len(_rang(house)) == 120
    assert max(rung) == 1
    with house.read() as session:
        assert {each.state for each in deadlines(session, "m", "bell")} == {Standing.RUNNING}


def test_a_ring_that_fails_is_reported(house: Database, at: datetime) -> None:
    """Engineers hear of it once a try, by the fault itself; a kind that nobody rings is such a fault too."""
    heard: list[str] = []

    def keep(event: Any, _hint: Any) -> None:  # noqa: ANN401 -- Sentry's own event
        heard.append(event["exception"]["values"][-1]["type"])

    client = sentry_sdk.Client(dsn="http://k@127.0.0.1:1/1", before_send=keep, default_integrations=False)
    _start(house, "lost", kind="of nobody", ring_at=at)
    with sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        assert _sweep(house, {"bell": bell}, at=at) == 0
    assert heard == ["KeyError"]
