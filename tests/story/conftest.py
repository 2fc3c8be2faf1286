"""The engines a story runs on, and a look into a house's database once it has ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tests.story.house import House, standing

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


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house on SQLite, running."""
    with standing(tmp_path / "var") as started:
        yield started
