"""What a command opens before it does anything: the folder, the database and its key, the people, the clock."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from console.line import say
from errors import AnotherInstance

if TYPE_CHECKING:  # what a command does not need, it does not wait for
    from console.settings import Settings
    from escalation.rosters import People
    from store.database import Database

ROOT = Path(__file__).parents[1]


def opened(settings: Settings) -> Database:
    """The database the settings name; SQLite under `TOCSIN_VAR` by default."""
    from bot.watch import logs
    from store.database import Database

    logs(os.environ.get("TOCSIN_LOG", "INFO"))  # whoever works on it may log, and standard output is the answer's

    settings.var.mkdir(parents=True, exist_ok=True)
    url = settings.database_url or f"sqlite:///{settings.var / 'tocsin.db'}"
    return Database(url, journal_key=journal_key(settings))


def clock_of(settings: Settings, database: Database) -> Callable[[], datetime]:
    """The house's clock: the database's; in a rehearsal moved by what `TOCSIN_CLOCK` says (`{"offset_s": …}`)."""
    if not settings.tocsin_clock:
        return database.now
    path = Path(settings.tocsin_clock)

    def moved() -> datetime:
        offset = json.loads(path.read_text("utf-8"))["offset_s"] if path.is_file() else 0
        return database.now() + timedelta(seconds=offset)

    return moved


def journal_key(settings: Settings) -> bytes:
    """The key that seals the journal: set, or made once and kept beside the database (never in it)."""
    if settings.tocsin_journal_key:
        return settings.tocsin_journal_key.encode()
    path = settings.var / "journal.key"
    if not path.exists():
        settings.var.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), open(path, "x", opener=private) as made:
            made.write(secrets.token_hex(32))
    return path.read_text("utf-8").strip().encode()


def private(path: str, flags: int) -> int:
    """Open a file that only its owner reads; for `open(…, opener=private)`."""
    return os.open(path, flags, 0o600)


def people_of(settings: Settings) -> People:
    """The people file, read."""
    from escalation import rosters

    path = Path(settings.tocsin_people)
    path = path if path.is_file() else ROOT / path
    return rosters.read(path.read_text("utf-8"), str(path))


@contextlib.contextmanager
def alone(database: Database) -> Iterator[None]:
    """Refuse a second instance on the same SQLite file."""
    file = database.file()
    if file is None:
        yield
        return
    with Path(f"{file}.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AnotherInstance(file=file) from None
        yield


def standing(settings: Settings, people: People, lang: str) -> Database:
    """The house's database; where none was made yet, one in memory, stocked as the house would be."""
    from bot import start
    from store import migrate
    from store.database import Database

    if settings.database_url or (settings.var / "tocsin.db").exists():
        database = opened(settings)
        migrate.require_current(database)
        return database
    said = {
        "zh": "数据库还没有建立：以下按自带预案回答。",
        "en": "No database yet: this is answered from the starter set.",
    }
    say(said[lang], to=sys.stderr)
    database = Database("sqlite://", journal_key=b"nothing of this is kept")
    migrate.upgrade(database)
    with database.begin() as session:
        start.stock(session, ROOT / "plans", people=people, at=clock_of(settings, database)())
    return database
