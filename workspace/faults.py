"""What goes wrong between an app and Slack, on demand: slowness, rate limits, lost answers; and what was called."""

from __future__ import annotations

import random
import threading
from collections import deque
from dataclasses import dataclass, fields, replace
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workspace.refusals import Doc

# Slack's tiers, in calls a minute; a minute's worth may come at once.
TIERS = {1: 1, 2: 20, 3: 50, 4: 100, 5: 600}
POSTS_EACH_S, POSTS_BURST = 1.0, 3.0
CALLS_KEPT = 10_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Which faults are on.

    `latency_ms`: wait before each answer. `rate_limits`: keep Slack's tiers and 1 message a second a channel.
    `lose_answers`: share (0–1) of calls that are done and then not answered. `drop_sockets_s`: age in seconds at which
    a socket is refreshed, 0 for never.
    """

    latency_ms: float = 0
    rate_limits: bool = False
    lose_answers: float = 0
    drop_sockets_s: float = 0

    @classmethod
    def read(cls, raw: Mapping[str, object], base: Settings) -> Settings:
        """Give `base` with the changes of a JSON object; raises ValueError naming what is wrong."""
        names = {each.name for each in fields(cls)}
        unknown = sorted(set(raw) - names)
        if unknown:
            raise ValueError(f"unknown fault: {', '.join(unknown)}")
        changes: dict[str, object] = {}
        for name, value in raw.items():
            if name == "rate_limits":
                changes[name] = _switch(name, value)
            else:
                changes[name] = _figure(name, value, most=1 if name == "lose_answers" else None)
        return replace(base, **changes)  # type: ignore[arg-type] # each was checked just above


def _switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false")  # noqa: TRY004 - one kind of error for one bad document
    return value


def _figure(name: str, value: object, *, most: float | None) -> float:
    bad = isinstance(value, bool) or not isinstance(value, int | float)
    if bad or value < 0 or (most is not None and value > most):  # type: ignore[operator]
        raise ValueError(f"{name} must be a number from 0" + (f" to {most:g}" if most is not None else ""))
    return float(value)  # type: ignore[arg-type]


@dataclass(kw_only=True)
class Bucket:
    """A token bucket: `each_s` calls a second, `burst` at once."""

    each_s: float
    burst: float
    held: float
    at: float

    def take(self, now: float) -> float:
        """Take one call; give 0, or the seconds until one may come."""
        self.held = min(self.burst, self.held + (now - self.at) * self.each_s)
        self.at = now
        if self.held >= 1:
            self.held -= 1
            return 0.0
        return (1 - self.held) / self.each_s


class Faults:
    """The faults that are on, live, and the log of calls. Thread-safe."""

    def __init__(self, settings: Settings | None = None, *, seed: int = 0) -> None:
        """Start with these settings; `seed` decides which answers are lost."""
        self._lock = threading.Lock()
        self._settings = settings or Settings()
        # Which answers are lost must repeat from run to run; nothing secret hangs on it.
        self._random = random.Random(seed)  # noqa: S311
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._calls: deque[Doc] = deque(maxlen=CALLS_KEPT)
        self._count = 0

    @property
    def settings(self) -> Settings:
        """What is on now."""
        return self._settings

    def change(self, raw: Mapping[str, object]) -> Settings:
        """Change some of the settings from a JSON object; raises ValueError and changes nothing if one is wrong."""
        with self._lock:
            self._settings = Settings.read(raw, self._settings)
            if not self._settings.rate_limits:
                self._buckets.clear()
            return self._settings

    def wait_for(self, method: str, channel: str, tier: int, now: float) -> int:
        """Give 0 when the call may pass, else Slack's Retry-After in whole seconds."""
        with self._lock:
            if not self._settings.rate_limits:
                return 0
            key = (method, channel) if tier == 0 else (method, "")
            rate = POSTS_EACH_S if tier == 0 else TIERS[tier] / 60
            burst = POSTS_BURST if tier == 0 else float(TIERS[tier])
            bucket = self._buckets.setdefault(key, Bucket(each_s=rate, burst=burst, held=burst, at=now))
            return ceil(bucket.take(now))

    def loses(self) -> bool:
        """Say whether this answer is lost."""
        with self._lock:
            share = self._settings.lose_answers
            return share > 0 and self._random.random() < share

    def note(self, call: Doc) -> None:
        """Add a call to the log: `{method, at, ok, error, ms, args}`; it gets its number `n`."""
        with self._lock:
            self._count += 1
            self._calls.append({"n": self._count, **call})

    def calls(self) -> list[Doc]:
        """The log, oldest first, the last 10 000."""
        with self._lock:
            return list(self._calls)

    def reset(self) -> None:
        """Forget the log; numbers start at 1 again."""
        with self._lock:
            self._calls.clear()
            self._count = 0
