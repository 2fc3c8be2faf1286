"""The desk's log: the witness of what arrived, on disk before anybody is answered."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def _entry(line: bytes) -> dict[str, Any] | None:
    """Read one line; None for what a kill left torn."""
    try:
        entry: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return entry


class Log:
    """An append-only file of JSON lines, forced to disk before anyone is answered."""

    def __init__(self, path: Path) -> None:
        """Open the log at `path`; a last line torn by a kill is closed off, and never read as an entry."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        torn = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
        self._out = path.open("ab")
        if torn:
            self._out.write(b"\n")

    def append(self, entry: Mapping[str, Any]) -> int:
        """Write one entry and wait until the disk has it; answer where in the file it stands."""
        place = self._out.tell()
        self._out.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self._out.flush()
        os.fsync(self._out.fileno())
        return place

    def placed(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the whole entries with their places in the file, oldest first."""
        self._out.flush()
        place = 0
        with self._path.open("rb") as lines:
            for line in lines:
                entry = _entry(line)
                if entry is not None:
                    yield place, entry
                place += len(line)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the whole entries, oldest first."""
        return (entry for _, entry in self.placed())

    def at(self, place: int) -> dict[str, Any]:
        """Read the entry at a place that `append` or `placed` gave."""
        with self._path.open("rb") as lines:
            lines.seek(place)
            entry: dict[str, Any] = json.loads(lines.readline())
            return entry

    def close(self) -> None:
        """Close the file."""
        self._out.close()
