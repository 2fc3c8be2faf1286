"""How often a stranger may ask: a count a minute for each name, in memory."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

EVERY = timedelta(minutes=1)
NAMES_MOST = 10_000  # then the oldest are forgotten: a flood of names must not fill the memory


class Rate:
    """Admits `most` in any minute under one name."""

    def __init__(self, most: int) -> None:
        """Nobody has asked yet."""
        self._most = most
        self._seen: dict[str, deque[datetime]] = {}

    def admits(self, name: str, at: datetime) -> bool:
        """Whether this one is within the limit; one that is not does not count."""
        seen = self._seen.pop(name, deque())
        while seen and seen[0] <= at - EVERY:
            seen.popleft()
        admitted = len(seen) < self._most
        if admitted:
            seen.append(at)
        self._seen[name] = seen  # the newest stand last
        while len(self._seen) > NAMES_MOST:
            del self._seen[next(iter(self._seen))]
        return admitted
