"""Bring a database to this version of the house, or say that it is not there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from errors import NotMigrated
from store.database import Database

HERE = Path(__file__).parent / "migrations"


def config(database: Database | None = None) -> Config:
    """Alembic's configuration, without a file of its own."""
    made = Config()
    made.set_main_option("script_location", str(HERE))
    if database is not None:
        made.attributes["engine"] = database.engine
    return made


def upgrade(database: Database) -> None:
    """Run every migration that is missing."""
    command.upgrade(config(database), "head")


def head() -> str:
    """The newest migration's name."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


def require_current(database: Database) -> None:
    """Refuse a database that is not at this version."""
    with database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != head():
        raise NotMigrated(found=found or "-", wanted=head())
