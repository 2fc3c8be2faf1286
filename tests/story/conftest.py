"""The engines a story runs on, and a look into a house's database once it has ended."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tests.story.house import House, furnished, standing

_made = iter(range(10_000))


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """The address of an empty database; empty for SQLite under the house's own folder."""
    if request.param == "sqlite":
        return ""
    address: str = request.getfixturevalue("postgres")
    name = f"story{next(_made)}"
    made = create_engine(address.format("postgres"), isolation_level="AUTOCOMMIT")
    with made.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    made.dispose()
    return address.format(name)


@pytest.fixture(scope="session")
def started_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a house after its first start, made once for every process of the run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / "started-once.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = shared / "started-once"
        return made if made.exists() else furnished(shared / "first").rename(made)


@pytest.fixture
def house(tmp_path: Path, started_once: Path) -> Iterator[House]:
    """A house on SQLite, running."""
    with standing(tmp_path / "var", like=started_once) as started:
        yield started
