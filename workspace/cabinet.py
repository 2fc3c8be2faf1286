"""The workspace's own memory on disk: JSON documents by kind and id, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from workspace.refusals import Doc

TABLE = (
    "CREATE TABLE IF NOT EXISTS document "
    "(kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID"
)


class Cabinet:
    """Documents staged with `put` and `drop` reach the disk together, in one transaction, at `commit`."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path`, making it and its folder if need be."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        # NORMAL outlives kill -9 of this process; only a power cut could lose the last commits.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(TABLE)
        self._staged: dict[tuple[str, str], Doc | None] = {}

    def everything(self) -> dict[str, dict[str, Doc]]:
        """Read all documents: kind → id → document, ids in order."""
        found: dict[str, dict[str, Doc]] = {}
        for kind, key, body in self._db.execute("SELECT kind, id, body FROM document ORDER BY kind, id"):
            found.setdefault(kind, {})[key] = json.loads(body)
        return found

    def put(self, kind: str, key: str, document: Doc) -> None:
        """Stage a document."""
        self._staged[kind, key] = document

    def drop(self, kind: str, key: str) -> None:
        """Stage a removal."""
        self._staged[kind, key] = None

    def commit(self) -> None:
        """Write everything staged, all or nothing."""
        if not self._staged:
            return
        staged, self._staged = self._staged, {}
        self._db.execute("BEGIN IMMEDIATE")
        for (kind, key), document in staged.items():
            self._write(kind, key, document)
        self._db.execute("COMMIT")

    def _write(self, kind: str, key: str, document: Doc | None) -> None:
        if document is None:
            self._db.execute("DELETE FROM document WHERE kind = ? AND id = ?", (kind, key))
        else:
            body = json.dumps(document, ensure_ascii=False)
            self._db.execute("INSERT OR REPLACE INTO document VALUES (?, ?, ?)", (kind, key, body))

    def close(self) -> None:
        """Close the file; what is staged and not committed is lost."""
        self._db.close()
