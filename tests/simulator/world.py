"""One thread, a clock of its own, two senders, three receivers, and everything that can go wrong, from one seed.

The senders are the house's own `sweep` and `deliver` on a real SQLite in memory. Wherever they touch the outside
(the clock, the beginning and the end of a transaction, the wire) this world may stop them for good (`Crash`),
freeze them while the other sender goes on, or lose what is on the way.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from escalation import track
from escalation.deliver import (
    LEASE,
    SEND_LIMIT,
    Delivered,
    Delivery,
    Later,
    Lost,
    Outcome,
    Parcel,
    Rejected,
    deliver,
)
from escalation.records import UNSETTLED, Deadline, Dispatch, Standing, State, next_ring_at, ringing
from escalation.sweep import sweep
from escalation.tell import tell
from store import journal
from store.database import Database

START = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KEY = b"simulator"
CLASSES = {"a": Delivery.DEDUPES, "b": Delivery.CAN_BE_ASKED, "c": Delivery.NEITHER}
NAMES = tuple(CLASSES)
TROUBLE = (State.UNCERTAIN, State.REJECTED)
Deliver = Callable[..., int]
Sweep = Callable[..., int]


class Crash(BaseException):
    """The sender is gone, at this very step: no `except Exception` and no clean-up of ours sees it."""


class Broken(AssertionError):
    """A promise was not kept; the message names the seed, the dispatch and the promise."""


@dataclass(frozen=True, kw_only=True)
class House:
    """What is tried: the house's own verbs, or a variant of them with a fault planted."""

    deliver: Deliver = deliver
    sweep: Sweep = sweep
    classes: Mapping[str, Delivery] = field(default_factory=lambda: CLASSES)
    # Whether a sender may freeze between its last look at the clock and the wire. No fence can see that: a receiver
    # that dedupes is safe all the same, one that can only be asked may then get a thing twice.
    freeze_on_the_wire: bool = False


class Receiver:
    """The other end of one wire: what arrived, in order, with the instant it arrived."""

    def __init__(self, *, dedupes: bool) -> None:
        """Nothing has arrived."""
        self.dedupes = dedupes
        self.arrived: list[str] = []
        self._underway: list[tuple[datetime, str]] = []

    def take(self, key: str) -> None:
        """It is here; a receiver that knows the key already does nothing again."""
        if not (self.dedupes and key in self.arrived):
            self.arrived.append(key)

    def takes_later(self, key: str, at: datetime) -> None:
        """The sender has given up on it, and it is still underway."""
        self._underway.append((at, key))

    def until(self, at: datetime) -> None:
        """Let everything arrive that was underway and is due."""
        for due, key in sorted(self._underway):
            if due <= at:
                self.take(key)
        self._underway = [each for each in self._underway if each[0] > at]


class Wire:
    """A courier over a bad line."""

    def __init__(self, world: World, name: str, delivery: Delivery) -> None:
        """`name`: the receiver's."""
        self.world, self.name, self.delivery = world, name, delivery
        self.receiver = world.receivers[name]

    def send(self, parcel: Parcel) -> Outcome:
        """Try; much can happen on the way there and on the way back."""
        world = self.world
        world.attempts += 1
        world.step(freeze=self.name != "b" or world.house.freeze_on_the_wire)
        if parcel.key in world.refused:
            return Rejected(why="refused")
        fate = world.fate("request lost", "busy", "slow", "slow", p=0.16)
        if fate == "request lost":
            return Lost(why=fate)
        if fate == "busy":
            return Later(why=fate)
        if fate == "slow":
            self.receiver.takes_later(parcel.key, world.now + SEND_LIMIT * world.rng.random() * 0.9)
            return Lost(why=fate)
        self.receiver.until(world.now)
        self.receiver.take(parcel.key)
        world.now += 3 * SECOND * world.rng.random()
        world.step()
        if world.fate("answer lost", p=0.15):
            return Lost(why="answer lost")
        return Delivered(receipt={"receipt": parcel.key}, ref={"ts": parcel.key})

    def ask(self, parcel: Parcel) -> Outcome | None:
        """Whether it is here by now."""
        world = self.world
        world.step()
        self.receiver.until(world.now)
        fate = world.fate("cannot tell", "busy", p=0.1)
        if fate is not None:
            return Later(why=fate) if fate == "busy" else Lost(why=fate)
        here = parcel.key in self.receiver.arrived
        return Delivered(receipt={"receipt": parcel.key}, ref={"ts": parcel.key}) if here else None


class World:
    """Everything one seed decides."""

    def __init__(self, seed: int, house: House, base: Base) -> None:
        """An empty house at noon."""
        self.seed, self.house = seed, house
        self.rng = random.Random(seed)  # noqa: S311 -- chance, not secrecy
        self.now = START
        self.faults = True
        self.refused: set[str] = set()
        # Two of five stories a seed: each stays short, and every pair comes up.
        self.cast = set(self.rng.sample(["a1", "b1", "c1", "bell", "card"], 2))
        self.receivers = {name: Receiver(dedupes=name == "a") for name in CLASSES}
        self.database = base.empty()
        wires = {name: Wire(self, name, delivery) for name, delivery in house.classes.items()}
        self._couriers = {False: wires, True: {}}
        self._depth = 0
        self.crashes = self.attempts = 0

    # --- the seams: everything a sender does passes one of these ---------------------------------------------

    def clock(self) -> datetime:
        """Tell the time; before it is told, a sender may die or freeze."""
        self.step()
        self.now += timedelta(milliseconds=self.rng.randrange(1, 50))
        return self.now

    @contextlib.contextmanager
    def begin(self) -> Iterator[Session]:
        """A transaction; its sender may die before it, just before its commit, and just after."""
        self.step()
        with self.database.begin() as session:
            yield session
            self._die()
        self.step()

    def step(self, *, freeze: bool = True) -> None:
        """Here a sender may die, or freeze while the other goes on."""
        self._die()
        if freeze and self.faults and self.rng.random() < 0.08:
            self.now += self.rng.choice([SECOND, SECOND, 20 * SECOND, LEASE, 2 * LEASE])
            if self._depth < 2:
                self.work()

    def _die(self) -> None:
        if self.faults and self.rng.random() < 0.03:
            self.crashes += 1
            raise Crash

    def fate(self, *fates: str, p: float) -> str | None:
        """One of `fates` with the chance `p`, or none."""
        return self.rng.choice(fates) if self.faults and self.rng.random() < p else None

    # --- what happens ----------------------------------------------------------------------------------------

    def work(self) -> None:
        """One round of one sender; a crash ends the round, and the next begins as a new process would."""
        self._depth += 1
        try:
            self.house.sweep(self.begin, self.database.read, RINGS, at=self.clock())
            sender, read = f"w{self._depth}", self.database.read
            self.house.deliver(self.begin, read, self._couriers, NAMES, worker=sender, clock=self.clock)
        except Crash:
            pass
        finally:
            self._depth -= 1

    def run(self) -> None:
        """Tell a few things, let everything go wrong for a while, then let the house come to rest, and judge."""
        self._tell()
        for round_ in range(4):
            if round_ == 1 and "card" in self.cast:
                self._edit("edit2")
            self.work()
            self.now += self.rng.choice([SECOND, 5 * SECOND, 30 * SECOND])
        self.faults = False
        for _ in range(12):
            if self._at_rest():
                break
            self.now += LEASE + SECOND
            self.work()
        for receiver in self.receivers.values():
            receiver.until(self.now)
        Judge(self).judge()

    def _tell(self) -> None:
        with self.database.begin() as session:
            track.open_matter(session, "m", exercise=False, at=self.now)
            for name in sorted(self.cast & {"a1", "b1", "c1"}):
                self._report(session, name)
            if "bell" in self.cast:
                track.start(session, "m", "bell", "bell", started_at=self.now, ring_at=self.now + SECOND)
            if "card" in self.cast:
                tell(session, "m", "card", {}, key="post", courier="b", at=self.now, remembers="card")
        if "card" in self.cast:
            self._edit("edit1")

    def _report(self, session: Session, name: str) -> None:
        due = track.start(session, "m", "report", name, started_at=self.now, due_at=self.now + LEASE)
        tell(session, "m", "n", {}, key=name, courier=name[0], at=self.now, meets=due, then="settled")
        if self.rng.random() < 0.1:
            self.refused.add(name)

    def _edit(self, key: str) -> None:
        with self.database.begin() as session:
            tell(session, "m", "card", {}, key=key, courier="b", at=self.now, place="card", latest_of="card")

    def _at_rest(self) -> bool:
        with self.database.read() as session:
            waiting = session.query(Dispatch.id).where(Dispatch.state.in_(UNSETTLED)).first()
            return waiting is None and next_ring_at(session) is None


def bell(session: Session, due: Deadline, at: datetime) -> datetime | None:
    """Ring three times, and say each time so."""
    tell(session, due.matter, "ring", {}, key=f"ring:{due.rung}", courier="a", at=at)
    return at + 10 * SECOND if due.rung < 2 else None


def settled(session: Session, due: Deadline, at: datetime) -> datetime | None:
    """Tell a person when something was not simply delivered."""
    if due.name.endswith(TROUBLE):
        tell(session, due.matter, "page", {}, key=f"page:{due.facts['key']}", courier="a", at=at)
    return None


RINGS = {"bell": bell, "settled": settled}


class Judge:
    """Holds what stands in the house against what arrived outside."""

    def __init__(self, world: World) -> None:
        """Read everything once."""
        self.world = world
        with world.database.read() as session:
            self.rows = {row.key: row for row in session.query(Dispatch)}
            self.reports = {row.name: row for row in session.query(Deadline).where(Deadline.kind == "report")}
            self.unrung = ringing(session, at=world.now, limit=10)
            journal.verify(session, KEY)
            entries = [entry.body for entry in journal.entries(session, "m") if entry.kind == "dispatch_settled"]
        self.delivered = [body["key"] for body in entries if body["state"] == State.DELIVERED]

    def judge(self) -> None:
        """Every promise, for every dispatch."""
        for key, row in self.rows.items():
            self._must(row.state not in UNSETTLED, key, "comes to rest")
            getattr(self, f"_class_{row.courier}")(key, row)
            if key in self.reports:
                self._met(key, row)
                self._told(key, row)
        self._must(not self.unrung, "deadlines", "nothing due is left unrung")
        if "bell" in self.world.cast:
            rung = self._arrived("a", "ring")
            self._must(sorted(rung) == ["ring:0", "ring:1", "ring:2"], "bell", "rings three times")
        if "card" in self.world.cast:
            self._cards()

    def _class_a(self, key: str, row: Dispatch) -> None:
        self._exactly_once("a", key, row)

    def _class_b(self, key: str, row: Dispatch) -> None:
        if row.state is not State.SUPERSEDED:
            self._exactly_once("b", key, row)

    def _class_c(self, key: str, row: Dispatch) -> None:
        count = self._count("c", key)
        self._must(count <= 1, key, "is never repeated by machine")
        self._must(row.state in (State.DELIVERED, *TROUBLE), key, "is delivered, or a person is asked")
        if row.state is State.DELIVERED:
            self._must(count == 1, key, "is not called delivered unless it is")

    def _exactly_once(self, name: str, key: str, row: Dispatch) -> None:
        refused = key in self.world.refused
        self._must(row.state is (State.REJECTED if refused else State.DELIVERED), key, "ends as its receiver said")
        self._must(self._count(name, key) == (0 if refused else 1), key, "has its effect exactly once")

    def _met(self, key: str, row: Dispatch) -> None:
        met = self.reports[key].state is Standing.MET
        self._must(met == (row.state is State.DELIVERED), key, "meets its deadline exactly when there is a receipt")
        self._must(self.delivered.count(key) <= 1, key, "is not undone and delivered again")
        if met:
            self._must(self._count(row.courier, key) == 1, key, "does not meet a deadline without arriving")

    def _told(self, key: str, row: Dispatch) -> None:
        pages = self._count("a", f"page:{key}")
        if row.state in TROUBLE:
            self._must(pages == 1, key, "is told to a person, once")

    def _cards(self) -> None:
        shown = self._arrived("b", "edit")
        self._must(shown[-1:] == ["edit2"], "card", "ends with the newest edit")
        first = self.world.receivers["b"].arrived
        self._must(first.index("post") < first.index(shown[0]), "card", "is posted before it is edited")

    def _count(self, name: str, key: str) -> int:
        return self.world.receivers[name].arrived.count(key)

    def _arrived(self, name: str, prefix: str) -> list[str]:
        return [key for key in self.world.receivers[name].arrived if key.startswith(prefix)]

    def _must(self, kept: object, key: str, promise: str) -> None:
        if not kept:
            row = self.rows.get(key)
            stands = f" ({row.state}, attempt {row.attempt}, {row.outcome})" if row else ""
            raise Broken(f"seed {self.world.seed}: {key} {promise}{stands}")


class Base:
    """One database in memory for all seeds: its pages are set back between them, its statements stay compiled."""

    def __init__(self) -> None:
        """Make the tables once."""
        self._database = Database("sqlite://", journal_key=KEY)
        self._database.create()
        self._blank = sqlite3.connect(":memory:")
        self._driver().backup(self._blank)

    def empty(self) -> Database:
        """The database, as it was when it was made."""
        self._blank.backup(self._driver())
        return self._database

    def _driver(self) -> sqlite3.Connection:
        connection = self._database.engine.raw_connection()
        try:
            driver = connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            return driver
        finally:
            connection.close()


def first_broken(house: House, seeds: range, base: Base) -> Broken | None:
    """The first seed in `seeds` under which `house` breaks a promise, or None."""
    for seed in seeds:
        try:
            World(seed, house, base).run()
        except Broken as broken:
            return broken
    return None


def try_house(seeds: range) -> str:
    """Try the house under `seeds` in a process of its own; the first broken promise, or nothing."""
    return str(first_broken(House(), seeds, Base()) or "")
