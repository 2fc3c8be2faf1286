"""The migrations make what the tables say: every column, every index, every guard, on both engines."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from errors import NotMigrated
from store import migrate
from store.base import Base
from store.database import Database

ROOT = Path(__file__).parents[2]
KEY = b"k"
SQLITE_GUARDS = "select name, sql from sqlite_master where type = 'trigger'"
POSTGRES_GUARDS = """
    select tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all select proname, pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def twins(request: pytest.FixtureRequest, tmp_path: Path, tables: None) -> Iterator[tuple[Database, Database]]:  # noqa: ARG001
    """A database made by the migrations, and one made from the tables."""
    names = ["migrated", "declared"]
    if request.param == "sqlite":
        urls = [f"sqlite:///{tmp_path}/{name}.db" for name in names]
    else:
        address: str = request.getfixturevalue("postgres")
        engine = create_engine(address.format("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in names:
                connection.exec_driver_sql(f"drop database if exists {name} with (force)")
                connection.exec_driver_sql(f"create database {name}")
        engine.dispose()
        urls = [address.format(name) for name in names]
    migrated, declared = (Database(url, journal_key=KEY) for url in urls)
    migrate.upgrade(migrated)
    declared.create()
    yield migrated, declared
    migrated.close()
    declared.close()


def _guards(database: Database) -> dict[str, str]:
    asked = SQLITE_GUARDS if database.sqlite else POSTGRES_GUARDS
    with database.engine.connect() as connection:
        return {name: re.sub(r"\s+", " ", sql) for name, sql in connection.exec_driver_sql(asked)}


def test_migrated_tables_are_the_declared_tables(twins: tuple[Database, Database]) -> None:
    """Nothing to add, nothing to drop, nothing to alter."""
    with twins[0].engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_migrated_guards_are_the_declared_guards(twins: tuple[Database, Database]) -> None:
    """A guard that a migration forgot would let a drill out in production and in no test."""
    migrated, declared = map(_guards, twins)
    assert migrated == declared
    assert {"matter_exercise_fixed", "dispatch_fixed"} <= set(declared)


def test_the_migrated_house_is_current_and_its_journal_begins(twins: tuple[Database, Database]) -> None:
    """After the upgrade the house may start, and the journal's head stands."""
    migrated, _ = twins
    migrate.require_current(migrated)
    with migrated.engine.connect() as connection:
        assert connection.exec_driver_sql("select id, seq from journal_head").all() == [(1, 0)]


def test_a_start_knows_the_newest_migration_without_reading_the_scripts() -> None:
    """The name that a start compares with is the one that Alembic finds; a migration that is forgotten fails here."""
    assert ScriptDirectory.from_config(migrate.config()).get_heads() == [migrate.HEAD]


def test_an_older_database_is_named_and_brought_up(tmp_path: Path) -> None:
    """One that stands elsewhere is refused by both names; one without a version has everything before it."""
    database = Database(f"sqlite:///{tmp_path}/old.db", journal_key=KEY)
    assert migrate.revision(database) is None
    with pytest.raises(NotMigrated):
        migrate.require_current(database)
    migrate.upgrade(database)
    assert migrate.revision(database) == migrate.HEAD
    with database.engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '0000'")
    with pytest.raises(NotMigrated) as refused:
        migrate.require_current(database)
    assert "0000" in str(refused.value.sentence("en"))
    database.close()


def test_processes_that_start_together_migrate_once(postgres: str) -> None:
    """Three processes on one empty PostgreSQL: one makes the tables, the others wait and find them made."""
    engine = create_engine(postgres.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("drop database if exists together with (force)")
        connection.exec_driver_sql("create database together")
    engine.dispose()
    environ = {**os.environ, "DATABASE_URL": postgres.format("together"), "TOCSIN_JOURNAL_KEY": "k"}
    command = [sys.executable, str(ROOT / "app.py"), "migrate"]
    started = [subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [each.wait(60) for each in started] == [0, 0, 0]
