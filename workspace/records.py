"""What the workspace remembers: documents in memory, written through to disk, with a change counter per person."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from workspace.cabinet import Cabinet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from workspace.refusals import Doc


class Outlet(Protocol):
    """The way from the workspace to the app: what Socket Mode is to Slack."""

    def ask(self, kind: str, payload: Doc, *, accepts_response_payload: bool) -> Doc | None:
        """Send one envelope and wait for its acknowledgement.

        Gives the acknowledgement's payload (empty when it had none), or None when none came in time.
        Raises NotConnected when no socket of the app is live.
        """

    def tell(self, event: Doc) -> None:
        """Send one event, again if it is not acknowledged; return at once."""


class Records:
    """Documents by kind and id. A stored document is never changed in place: a change stores a new one."""

    def __init__(self, *, directory: Path, clock: Callable[[], float]) -> None:
        """Read what `directory` remembers; `clock` gives Unix seconds."""
        self.directory = directory
        self.clock = clock
        self.lock = threading.RLock()
        self.closed = False
        self.outlet: Outlet | None = None
        self._cabinet = Cabinet(directory / "workspace.db")
        self._documents = self._cabinet.everything()
        self._changed = threading.Condition(self.lock)
        self._versions: dict[str, int] = {}
        self._everyone = 1
        self._depth = 0
        self._outgoing: list[Doc] = []

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock; at the outermost exit write to disk, wake who waits, and let the events go."""
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                outgoing = self._settle() if self._depth == 0 else []
        for event in outgoing:
            if self.outlet is not None:
                self.outlet.tell(event)

    def _settle(self) -> list[Doc]:
        self._cabinet.commit()
        self._changed.notify_all()
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def get(self, kind: str, key: str) -> Doc | None:
        """Find one document, or None."""
        return self._documents.get(kind, {}).get(key)

    def every(self, kind: str) -> dict[str, Doc]:
        """All documents of a kind, by id; a copy of the shelf, not of the documents."""
        with self.lock:
            return dict(self._documents.get(kind, {}))

    def put(self, kind: str, key: str, document: Doc) -> Doc:
        """Store a document, in memory and (at the end of the change) on disk."""
        self._documents.setdefault(kind, {})[key] = document
        self._cabinet.put(kind, key, document)
        return document

    def drop(self, kind: str, key: str) -> None:
        """Remove a document if it is there."""
        if self._documents.get(kind, {}).pop(key, None) is not None:
            self._cabinet.drop(kind, key)

    def next_id(self, prefix: str) -> str:
        """Make the next id with this prefix, in Slack's alphabet: `C0L0000001`."""
        count = int((self.get("counter", prefix) or {}).get("last", 0)) + 1
        self.put("counter", prefix, {"last": count})
        return f"{prefix}0L{count:07d}"

    def emit(self, event: Doc) -> None:
        """Queue an event for the app; it leaves when the change is on disk."""
        self._outgoing.append(event)

    def touch(self, people: Iterable[str] | None = None) -> None:
        """Count a change for these people, or for everyone."""
        if people is None:
            self._everyone += 1
            return
        for person in set(people):
            self._versions[person] = self._versions.get(person, 0) + 1

    def version(self, user_id: str) -> int:
        """The person's change counter: it grows whenever something they can see changed."""
        with self.lock:
            return self._everyone + self._versions.get(user_id, 0)

    def wait(self, user_id: str, seen: int, timeout: float) -> int:
        """Block until the person's counter differs from `seen`, `timeout` seconds passed, or the workspace closed."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or self.version(user_id) != seen, timeout)
            return self.version(user_id)

    def stop(self) -> None:
        """Wake everyone who waits; from then on `closed` is true and nobody waits again."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def close(self) -> None:
        """Stop, and close the file: the last act, when nobody calls any more."""
        self.stop()
        with self.lock:
            self._cabinet.commit()
            self._cabinet.close()
