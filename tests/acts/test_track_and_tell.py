"""Deadlines and dispatches, before anything leaves: decided twice is done once, and nothing is lost on the way."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from escalation import track
from escalation.records import Dispatch, Standing, State, deadline, deadlines, dispatch, next_ring_at, ringing
from escalation.tell import recall, tell
from store import journal
from store.database import Database

HOUR = timedelta(hours=1)


@pytest.fixture
def house(database: Database, at: datetime) -> Database:
    """A house with one real incident."""
    with database.begin() as session:
        track.open_matter(session, "m", exercise=False, at=at)
    return database


def test_the_same_deadline_started_twice_is_due_once(house: Database, at: datetime) -> None:
    """The second start finds the first and changes nothing of it."""
    with house.begin() as session:
        first = track.start(session, "m", "report", "first", started_at=at, due_at=at + HOUR, ring_at=at + HOUR / 2)
        again = track.start(session, "m", "report", "first", started_at=at, due_at=at + 9 * HOUR, ring_at=at)
        assert again is first
        track.start(session, "m", "report", "first", seq=2, started_at=at, due_at=at + 2 * HOUR)
    with house.read() as session:
        assert [each.due_at for each in deadlines(session, "m", "report")] == [at + HOUR, at + 2 * HOUR]


def test_a_deadline_without_its_anchor_has_not_started(house: Database, at: datetime) -> None:
    """It waits, does not ring, stands last, and starts when its anchor is known."""
    with house.begin() as session:
        track.start(session, "m", "report", "final", anchor="restored_at", ring_at=at)
        track.start(session, "m", "report", "first", started_at=at, due_at=at + HOUR, ring_at=at + HOUR)
    with house.begin() as session:
        assert ringing(session, at=at + 9 * HOUR, limit=10) == [2]
        assert next_ring_at(session) == at + HOUR
        first, final = deadlines(session, "m", "report")
        assert (first.name, final.state, final.due_at) == ("first", Standing.NOT_STARTED, None)
        track.redate(session, final, started_at=at, due_at=at + 2 * HOUR, ring_at=at + HOUR, by="p1", at=at)
        assert final.state is Standing.RUNNING
        assert final.was_due_at is None


def test_a_moved_deadline_shows_what_it_was(house: Database, at: datetime) -> None:
    """Redating keeps the old due time, begins its rings anew, and is told in the journal once."""
    with house.begin() as session:
        due = track.start(session, "m", "report", "first", started_at=at, due_at=at + HOUR, ring_at=at)
        due.rung = 3
        for _ in range(2):
            track.redate(session, due, started_at=at - HOUR, due_at=at, ring_at=at, by="p1", at=at)
    with house.read() as session:
        due = deadlines(session, "m", "report")[0]
        assert (due.due_at, due.was_due_at, due.rung) == (at, at + HOUR, 0)
        assert [entry.kind for entry in journal.entries(session, "m")] == ["deadline_moved"]


def test_a_met_deadline_is_never_opened_again(house: Database, at: datetime) -> None:
    """After it was met, nothing re-dates, cancels or meets it again."""
    with house.begin() as session:
        due = track.start(session, "m", "report", "first", started_at=at, due_at=at + HOUR, ring_at=at)
        track.meet(due, at=at)
        track.meet(due, at=at + HOUR)
        track.redate(session, due, started_at=at, due_at=at + 2 * HOUR, ring_at=at, by="p1", at=at)
        track.cancel(session, due, "no more", by="p1", at=at)
    with house.read() as session:
        due = deadlines(session, "m", "report")[0]
        assert (due.state, due.met_at, due.ring_at, due.due_at) == (Standing.MET, at, None, at + HOUR)
        assert journal.entries(session, "m") == []


def test_a_cancelled_deadline_keeps_its_reason(house: Database, at: datetime) -> None:
    """It rings no more, and the journal says why."""
    with house.begin() as session:
        due = track.start(session, "m", "report", "first", started_at=at, due_at=at + HOUR, ring_at=at)
        track.cancel(session, due, "false alarm", by="p1", at=at)
    with house.read() as session:
        assert ringing(session, at=at + HOUR, limit=10) == []
        assert journal.entries(session, "m")[0].body["why"] == "false alarm"
        found = deadline(session, "m", "report", "first")
        assert found is not None
        assert found.state is Standing.CANCELLED


def test_the_same_key_told_twice_is_one_dispatch(house: Database, at: datetime) -> None:
    """What was told first stands, whatever the second says."""
    with house.begin() as session:
        first = tell(session, "m", "card", {"n": 1}, key="k", courier="slack", at=at)
        assert tell(session, "m", "card", {"n": 2}, key="k", courier="mail", at=at) is first
    with house.read() as session:
        found = dispatch(session, "k")
        assert found is not None
        assert (found.facts, found.courier, found.state) == ({"n": 1}, "slack", State.PENDING)


@pytest.mark.parametrize("exercise", [True, False])
def test_whether_it_is_a_drill_is_read_from_the_matter(database: Database, at: datetime, exercise: bool) -> None:
    """No caller can get it wrong: there is no argument for it."""
    with database.begin() as session:
        track.open_matter(session, "m", exercise=exercise, at=at)
        assert tell(session, "m", "card", {}, key="k", courier="slack", at=at).exercise is exercise


def _edit(house: Database, key: str, *, at: datetime, **how: str) -> None:
    with house.begin() as session:
        tell(session, "m", "card", {"key": key}, key=key, courier="slack", latest_of="card", at=at, **how)


def _states(house: Database) -> dict[str, State]:
    with house.read() as session:
        return {row.key: row.state for row in session.query(Dispatch)}


def test_of_several_waiting_edits_only_the_newest_goes(house: Database, at: datetime) -> None:
    """An older edit that still waits is superseded; edits of another card and the post itself are not."""
    _edit(house, "post", at=at, remembers="card")
    _edit(house, "e1", at=at)
    _edit(house, "e2", at=at)
    with house.begin() as session:
        tell(session, "m", "card", {}, key="other", courier="slack", latest_of="another card", at=at)
    assert _states(house) == {
        "post": State.PENDING, "e1": State.SUPERSEDED, "e2": State.PENDING, "other": State.PENDING,
    }  # fmt: skip


def test_an_edit_somebody_waits_for_is_not_superseded(house: Database, at: datetime) -> None:
    """What rings when it is settled, or meets a deadline, goes even when a newer edit stands behind it."""
    _edit(house, "awaited", at=at, then="settled")
    with house.begin() as session:
        due = track.start(session, "m", "report", "first", started_at=at)
        tell(session, "m", "card", {}, key="meets", courier="slack", latest_of="card", meets=due, at=at)
    _edit(house, "newest", at=at)
    assert set(_states(house).values()) == {State.PENDING}


@pytest.mark.parametrize("attempts", [0, 3])
def test_what_has_surely_not_arrived_can_be_recalled(house: Database, at: datetime, attempts: int) -> None:
    """A recall takes back what never left, or never reached its receiver, and says so in the journal, once."""
    _edit(house, "k", at=at)
    with house.begin() as session:
        row = session.get_one(Dispatch, 1)
        row.attempt = attempts
        assert recall(session, row, "wrong unit", by="p1", at=at)
        assert row.state is State.CANCELLED
        assert not recall(session, row, "again", by="p1", at=at)
    with house.read() as session:
        assert [entry.body for entry in journal.entries(session, "m")] == [{"key": "k", "why": "wrong unit"}]


@pytest.mark.parametrize(("state", "asked"), [(State.CLAIMED, False), (State.PENDING, True), (State.DELIVERED, False)])
def test_what_may_have_arrived_cannot_be_recalled(house: Database, at: datetime, state: State, asked: bool) -> None:
    """Also a row that waits for its second attempt, after a first whose answer was lost."""
    _edit(house, "k", at=at)
    with house.begin() as session:
        row = session.get_one(Dispatch, 1)
        row.state, row.attempt, row.asked = state, 1, asked
        assert not recall(session, row, "wrong unit", by="p1", at=at)
        assert row.state is state
