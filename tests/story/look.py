"""A look into a house's database, reading only: what it keeps is compared with what the witnesses saw."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import create_engine, text

from tests.story.house import House

FILINGS = """
    select f.duty, f.seq, f.text, f.digest, f.token, f.acknowledged_by, d.due_at, d.met_at, d.state
    from filing f join deadline d on d.id = f.deadline_id where f.signed_at is not null order by f.id
"""
CARDS = "select kind, state, key, matter from dispatch where courier = 'slack' order by id"
INCIDENTS = "select number, state, exercise, commander, id from incident order by id"


@dataclass(frozen=True, kw_only=True)
class Filed:
    """One signed notice as the house keeps it."""

    duty: str
    seq: int
    text: str
    digest: str
    token: str
    acknowledged_by: str | None
    due_at: datetime | None
    met_at: datetime | None
    state: str


def rows(house: House, statement: str) -> list[dict[str, Any]]:
    """What a select gives."""
    engine = create_engine(house.database_url or f"sqlite:///{house.var / 'tocsin.db'}")
    try:
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(statement)).mappings()]
    finally:
        engine.dispose()


def filings(house: House) -> list[Filed]:
    """Every signed notice."""
    found = rows(house, FILINGS)
    for row in found:
        row["due_at"], row["met_at"] = _instant(row["due_at"]), _instant(row["met_at"])
    return [Filed(**row) for row in found]


def told(value: object) -> Any:  # noqa: ANN401 -- a JSON column: text on one engine, a document on the other
    """A JSON column."""
    return json.loads(value) if isinstance(value, str) else value


def _instant(said: datetime | str | None) -> datetime | None:
    if said is None:
        return None
    instant = datetime.fromisoformat(said) if isinstance(said, str) else said
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
