"""The engine and the transaction: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, StaticPool, create_engine, event, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from errors import OldSqlite
from store import journal
from store.base import Base

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=30000",
    "recursive_triggers=ON",  # INSERT OR REPLACE deletes: with this the guards against deleting hear of it
)
READING = {"reading": True}
ONE_INSTANT = {"isolation_level": "REPEATABLE READ"}  # what is read together stood together, as in SQLite's snapshot
OLDEST_SQLITE = (3, 35, 0)  # RETURNING and partial indexes as we use them


class Database:
    """One engine, and `begin()`: a session inside one transaction, committed at the end or not at all."""

    def __init__(self, url: str, *, journal_key: bytes) -> None:
        """Open `url` (`sqlite:///…` or `postgresql+psycopg://…`); `journal_key` seals the journal."""
        self.url = make_url(url)
        self.engine = _engine(self.url)
        self.sqlite = self.engine.dialect.name == "sqlite"
        self._sessions = sessionmaker(self.engine, expire_on_commit=False, info={"journal_key": journal_key})
        event.listen(self._sessions, "before_commit", journal.seal)
        event.listen(self._sessions, "after_transaction_create", journal.mark_savepoint)
        event.listen(self._sessions, "after_soft_rollback", journal.forget_savepoint)
        # SQLite has one writer; queueing here instead of in its busy loop keeps the tail short.
        self._writer: contextlib.AbstractContextManager[Any] = (
            threading.RLock() if self.sqlite else contextlib.nullcontext()
        )

    @contextlib.contextmanager
    def begin(self) -> Iterator[Session]:
        """Give a session in a transaction that may write; commit at the end, roll back on any error."""
        with self._writer, self._sessions.begin() as session:
            yield session

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that only looks; it takes no write lock and commits nothing."""
        with self._sessions() as session:
            session.connection(execution_options=READING if self.sqlite else ONE_INSTANT)
            yield session  # closing rolls back, and leaves what was read readable

    def now(self) -> datetime:
        """Tell the time: the database's on PostgreSQL (one clock for all processes), the host's on SQLite."""
        if self.sqlite:
            return datetime.now(UTC)
        with self.engine.connect() as connection:
            instant: datetime = connection.execute(text("select clock_timestamp()")).scalar_one()
            return instant.astimezone(UTC)

    def create(self) -> None:
        """Make every table that is imported, and its guards, in an empty database (tests; the house migrates)."""
        with self.engine.begin() as connection:
            Base.metadata.create_all(connection)

    def file(self) -> Path | None:
        """The SQLite file, or None on PostgreSQL and in memory."""
        if not self.sqlite or self.url.database in (None, "", ":memory:"):
            return None
        return Path(str(self.url.database))

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def _engine(url: URL) -> Engine:
    # A statement's parameters are people's names and receipt tokens: a fault that is logged must not tell them.
    if not url.drivername.startswith("sqlite"):
        return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True, hide_parameters=True)
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise OldSqlite(found=sqlite3.sqlite_version, wanted=".".join(map(str, OLDEST_SQLITE)))
    # In memory a database lives in its one connection.
    one = {} if url.database and url.database != ":memory:" else {"poolclass": StaticPool}
    waits = {"timeout": 30, "check_same_thread": False}
    engine = create_engine(url, connect_args=waits, hide_parameters=True, **one)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: object) -> None:  # noqa: ANN401 -- the driver's own connection
    # pysqlite must not open transactions by itself: BEGIN IMMEDIATE is ours to send (see _on_begin).
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Any) -> None:  # noqa: ANN401 -- SQLAlchemy's connection, either kind
    # A deferred BEGIN that reads and then writes fails with "database is locked" whatever the timeout.
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
