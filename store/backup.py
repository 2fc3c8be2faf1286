"""Write everything to one file, and read it back into an empty database, of either kind."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, select, text, update
from sqlalchemy.orm import Session

from errors import BadBackup, NotEmpty
from store import journal, migrate
from store.base import Base, UtcDateTime
from store.database import Database

FORMAT = "tocsin.backup/1"
BATCH = 500


def write(database: Database, to: Path, *, at: datetime) -> int:
    """Write every row as it stands at one instant; give how many. The file appears whole or not at all."""
    migrate.require_current(database)
    part = to.with_name(to.name + ".part")
    rows = 0
    with database.read() as session, gzip.open(part, "wt", encoding="utf-8") as out:
        out.write(json.dumps({"format": FORMAT, "at": at.isoformat(), "revision": migrate.head()}) + "\n")
        for table in Base.metadata.sorted_tables:
            for row in _rows(session, table):
                out.write(json.dumps([table.name, row], ensure_ascii=False) + "\n")
                rows += 1
        out.write(json.dumps({"rows": rows}) + "\n")
    part.replace(to)
    return rows


def _rows(session: Session, table: Table) -> Iterator[dict[str, Any]]:
    for row in session.execute(select(table).execution_options(yield_per=BATCH)):
        yield {name: _plain(value) for name, value in row._mapping.items()}  # noqa: SLF001 -- SQLAlchemy's public name for it


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return getattr(value, "value", value)


def read(database: Database, source: Path) -> int:
    """Read a backup into an empty database, all of it or nothing; give how many rows."""
    migrate.upgrade(database)
    tables = Base.metadata.tables
    lines = _lines(source)
    with database.begin() as session:
        for table in Base.metadata.sorted_tables:
            # The head of the journal is made with its table.
            if table.name != "journal_head" and session.execute(select(table).limit(1)).first() is not None:
                raise NotEmpty(table=table.name)
        rows = sum(_put(session, tables[name], row) for name, row in lines)
        _count_on(session, database)
    return rows


def _lines(source: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        with gzip.open(source, "rt", encoding="utf-8") as opened:
            said = json.loads(opened.readline() or "{}")
            if said.get("format") != FORMAT or said.get("revision") != migrate.head():
                raise BadBackup(file=source, why=f"{said.get('format')} {said.get('revision')}")
            rows, told = 0, None
            for line in opened:
                found = json.loads(line)
                if isinstance(found, dict):
                    told = found["rows"]
                    continue
                rows += 1
                yield found[0], found[1]
            if told != rows:
                raise BadBackup(file=source, why="cut off / 不完整")
    except (OSError, EOFError, ValueError) as broken:
        raise BadBackup(file=source, why=str(broken)[:200]) from None


def _put(session: Session, table: Table, row: dict[str, Any]) -> int:
    values = {
        name: datetime.fromisoformat(value) if value and isinstance(table.c[name].type, UtcDateTime) else value
        for name, value in row.items()
    }
    if table.name == "journal_head":
        # Its one row was made with its table, and moves forward only.
        if values["mac"] != journal.GENESIS:
            session.execute(update(table).where(table.c.id == 1).values(seq=values["seq"], mac=values["mac"]))
    else:
        session.execute(insert(table).values(values))
    return 1


def _count_on(session: Session, database: Database) -> None:
    """PostgreSQL's sequences go on after the highest id that was read."""
    if database.sqlite:
        return
    for table in Base.metadata.sorted_tables:
        key = list(table.primary_key)
        if len(key) == 1 and key[0].name == "id" and key[0].autoincrement is not False:
            session.execute(
                text(
                    f"select setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608 -- our own table names
                    f"(select coalesce(max(id), 0) + 1 from {table.name}), false)"
                )
            )
