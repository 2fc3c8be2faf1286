"""The metronome: what makes the house look at what is due and at what waits to leave; it remembers nothing."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers import SchedulerNotRunningError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

TICK = timedelta(seconds=1)
LAST_BEAT = timedelta(seconds=1)


class Metronome:
    """Beats once a second and at every local commit: sweep what is due, deliver what waits. It remembers nothing.

    A lane that is still busy when it is woken runs once more when it is done, so no wake is lost.
    """

    def __init__(
        self,
        beats: Mapping[str, Callable[[], int]],
        clock: Callable[[], datetime],
        next_due: Callable[[], datetime | None],
    ) -> None:
        """Give each lane its work; `next_due` says when the next thing rings."""
        self.beats, self.clock, self.next_due = beats, clock, next_due
        self.woken = {name: threading.Event() for name in beats}
        self.busy = {name: threading.Lock() for name in beats}
        self.last: dict[str, datetime] = {}
        self.ended = False
        self.scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(len(beats) * 2)}, timezone=UTC)

    def start(self) -> None:
        """Begin to beat."""
        for name in self.beats:
            self.scheduler.add_job(
                self.beat, IntervalTrigger(seconds=1), args=[name], id=name, coalesce=True, max_instances=2,
                misfire_grace_time=None, next_run_time=datetime.now(UTC),
            )  # fmt: skip
        self.scheduler.start()

    def wake(self) -> None:
        """Something was committed: look at once."""
        for name, woken in self.woken.items():
            woken.set()
            self._pull_forward(name, datetime.now(UTC))

    def beat(self, name: str) -> None:
        """One lane's work, and again as long as it was woken meanwhile."""
        if self.ended or not self.busy[name].acquire(blocking=False):
            return
        try:
            while True:
                self.woken[name].clear()
                done = self.beats[name]()
                self.last[name] = self.clock()
                if name == "sweep":
                    self._ahead(rang=bool(done))
                if self.ended or not self.woken[name].is_set():
                    return
        finally:
            self.busy[name].release()

    def _ahead(self, *, rang: bool) -> None:
        """What rings before the next beat rings on time, not on the beat."""
        if rang:
            self.wake()
        due = self.next_due()
        left = due - self.clock() if due is not None else TICK
        if timedelta(0) < left < TICK:
            self._pull_forward("sweep", datetime.now(UTC) + left)

    def _pull_forward(self, name: str, to: datetime) -> None:
        with contextlib.suppress(JobLookupError):  # the house is not beating yet, or no more
            self.scheduler.modify_job(name, next_run_time=to)

    def stop(self) -> None:
        """Stop beating, and let what is under way end: what it speaks to goes after us. Not for long, though.

        Whoever does not end within `LAST_BEAT` is cut off: what was decided is stored, and asked about at the next
        start.
        """
        self.ended = True
        with contextlib.suppress(SchedulerNotRunningError):  # it never began, or was stopped already
            self.scheduler.shutdown(wait=False)
        until = time.monotonic() + LAST_BEAT.total_seconds()
        for lane in self.busy.values():
            if lane.acquire(timeout=max(0.0, until - time.monotonic())):
                lane.release()
