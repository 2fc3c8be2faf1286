"""Write everything to one file, and read it back into an empty database, of either kind."""

from __future__ import annotations

import base64
import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import LargeBinary, Table, insert, select, text, update
from sqlalchemy.orm import Session

from errors import BadBackup, NotEmpty
from store import journal, migrate
from store.base import Base, UtcDateTime
from store.database import Database

FORMAT = "tocsin.backup/1"
BATCH = 500
BROKEN = (OSError, EOFError, ValueError, zlib.error)  # how a file that is no whole gzip of our lines reads


def write(database: Database, to: Path, *, at: datetime) -> int:
    """Write every row as it stands at one instant; give how many.

    The file appears whole or not at all, readable by its owner only: names, numbers and receipt tokens stand in it.
    """
    migrate.require_current(database)
    part = to.with_name(to.name + ".part")
    rows = 0
    part.unlink(missing_ok=True)  # an older one may be open to others
    with database.read() as session, _private(part) as file, gzip.open(file, "wt", encoding="utf-8") as out:
        out.write(json.dumps({"format": FORMAT, "at": at.isoformat(), "revision": migrate.head()}) + "\n")
        for table in Base.metadata.sorted_tables:
            for row in _rows(session, table):
                out.write(json.dumps([table.name, row], ensure_ascii=False) + "\n")
                rows += 1
        out.write(json.dumps({"rows": rows}) + "\n")
    _on_disk(part)
    part.replace(to)
    return rows


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _on_disk(path: Path) -> None:
    # Before it gets its name: a name must not outlive a power cut that its content did not.
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _rows(session: Session, table: Table) -> Iterator[dict[str, Any]]:
    for row in session.execute(select(table).execution_options(yield_per=BATCH)):
        yield {name: _plain(value) for name, value in row._mapping.items()}  # noqa: SLF001 -- SQLAlchemy's public name for it


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return getattr(value, "value", value)


def read(database: Database, source: Path, *, then: Callable[[Session], object] = lambda _session: None) -> int:
    """Read a backup into an empty database, all of it or nothing; give how many rows.

    `then` is done in the same transaction: what must not be forgotten when the restore is cut off after its rows.
    """
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
        then(session)
    return rows


def _lines(source: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        with gzip.open(source, "rt", encoding="utf-8") as opened:
            said = json.loads(opened.readline() or "{}")
            if not isinstance(said, dict) or said.get("format") != FORMAT or said.get("revision") != migrate.head():
                raise BadBackup(file=source, why=str(said)[:200])
            rows, told = 0, None
            for line in opened:
                found = json.loads(line)
                if isinstance(found, dict):
                    told = found["rows"]
                    continue
                rows += 1
                yield _row(found, source)
            if told != rows:
                raise BadBackup(file=source, why="cut off / 不完整")
    except BROKEN as broken:
        raise BadBackup(file=source, why=str(broken)[:200]) from None


def _row(found: Any, source: Path) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 -- JSON of any shape
    match found:
        case [str(name), dict(row)] if name in Base.metadata.tables and row.keys() <= set(_columns(name)):
            return name, row
        case _:
            raise BadBackup(file=source, why="not a row of ours / 不是本系统的数据行")


def _columns(table: str) -> Sequence[str]:
    return Base.metadata.tables[table].columns.keys()


def _put(session: Session, table: Table, row: dict[str, Any]) -> int:
    values = {name: _read(table, name, value) for name, value in row.items()}
    if table.name == "journal_head":
        # Its one row was made with its table, and moves forward only.
        if values["mac"] != journal.GENESIS:
            session.execute(update(table).where(table.c.id == 1).values(seq=values["seq"], mac=values["mac"]))
    else:
        session.execute(insert(table).values(values))
    return 1


def _read(table: Table, name: str, value: Any) -> Any:  # noqa: ANN401 -- a column of any type
    if value and isinstance(table.c[name].type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and isinstance(table.c[name].type, LargeBinary):
        return base64.b64decode(value, validate=True)
    return value


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
