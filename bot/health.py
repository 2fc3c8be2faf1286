"""What must be sound for the house to be of use: each check says None, or what is wrong."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from errors import TocsinError
from store import migrate
from store.database import Database

DISK_LEAST = 50 * 1024 * 1024  # bytes
SKEW_MOST = timedelta(seconds=2)
BEAT_MOST = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class Vitals:
    """What readiness looks at; the callables are looked at anew each time."""

    database: Database
    var: Path
    clock: Callable[[], datetime]
    host_clock: Callable[[], datetime]
    last_sweep: Callable[[], datetime | None]
    connected: Callable[[], bool]


def readiness(vitals: Vitals) -> Mapping[str, str | None]:
    """Every check by name; None is sound."""
    return {
        "database": _fault_of(lambda: _write(vitals.database)),
        "migrations": _fault_of(lambda: migrate.require_current(vitals.database)),
        "disk": None if shutil.disk_usage(vitals.var).free > DISK_LEAST else "less than 50 MB free",
        "metronome": _beating(vitals),
        "chat": None if vitals.connected() else "not connected",
        "clock": _skew(vitals),
    }


def _fault_of(look: Callable[[], object]) -> str | None:
    try:
        look()
    except (SQLAlchemyError, TocsinError, OSError) as fault:
        return type(fault).__name__
    return None


class _Undone(Exception):
    pass


def _write(database: Database) -> None:
    """Write a row and take it back: a full disk or a lost lock shows here, not at the next press."""
    with contextlib.suppress(_Undone), database.begin() as session:
        session.execute(text("insert into press (key, at) values ('readyz', '2000-01-01 00:00:00')"))
        raise _Undone


def _beating(vitals: Vitals) -> str | None:
    last = vitals.last_sweep()
    if last is None or vitals.clock() - last > BEAT_MOST:
        return "the metronome does not beat"
    return None


def _skew(vitals: Vitals) -> str | None:
    skew = abs(vitals.database.now() - vitals.host_clock())
    return None if skew < SKEW_MOST else f"{skew.total_seconds():.1f} s"
