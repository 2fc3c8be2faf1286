"""Bring a database to this version of the house, or say that it is not there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from errors import NotMigrated
from store.database import Database

if TYPE_CHECKING:  # a house that is at this version starts without Alembic
    from alembic.config import Config

HERE = Path(__file__).parent / "migrations"
HEAD = "0001"  # the newest migration; a test holds this line to the scripts


def config(database: Database | None = None) -> Config:
    """Alembic's configuration, without a file of its own."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(HERE))
    if database is not None:
        made.attributes["engine"] = database.engine
    return made


def upgrade(database: Database) -> None:
    """Run every migration that is missing."""
    if revision(database) == HEAD:
        return
    from alembic import command

    command.upgrade(config(database), "head")


def head() -> str:
    """The newest migration's name."""
    return HEAD


def revision(database: Database) -> str | None:
    """Where a database stands, as Alembic wrote it down; None before its first migration."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("select version_num from alembic_version")).scalars().all()
    return ",".join(sorted(found)) or None


def require_current(database: Database) -> None:
    """Refuse a database that is not at this version."""
    found = revision(database)
    if found != HEAD:
        raise NotMigrated(found=found or "-", wanted=HEAD)
