"""What no SQL can do, on both engines: turn a drill into the real thing, change what leaves, or free a key."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.exc import DBAPIError

from escalation import track
from escalation.records import Dispatch, Matter
from escalation.tell import tell
from store.database import Database


@pytest.fixture
def drill(database: Database, at: datetime) -> Database:
    """A house with a drill that has told something, and a real incident."""
    with database.begin() as session:
        track.open_matter(session, "drill:1", exercise=True, at=at)
        track.open_matter(session, "incident:1", exercise=False, at=at)
        tell(session, "drill:1", "notice", {"body": "【演练】"}, key="k1", courier="portal", at=at)
    return database


def _refused(database: Database, statement: str) -> None:
    with (
        pytest.raises(DBAPIError, match=r"drill stays|leaves is fixed|for life"),
        database.engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)
    with database.read() as session:
        assert session.get_one(Matter, "drill:1").exercise is True
        row = session.get_one(Dispatch, 1)
        assert (row.key, row.matter, row.exercise, row.facts) == ("k1", "drill:1", True, {"body": "【演练】"})


@pytest.mark.parametrize(
    "statement",
    [
        "update matter set exercise = false where name = 'drill:1'",
        "update matter set exercise = not exercise",
        "update matter set name = 'incident:2' where name = 'incident:1'",
        "update dispatch set exercise = false",
        "update dispatch set facts = '{}'",
        "update dispatch set key = 'k2'",
        "update dispatch set matter = 'incident:1'",
        "update dispatch set id = 7",
        "delete from dispatch",
        "delete from matter where name = 'incident:1'",
    ],
)
def test_a_drill_stays_a_drill_and_what_leaves_is_fixed(drill: Database, statement: str) -> None:
    """Raw SQL that changes or deletes a fixed field is refused, and the row stands as it was."""
    _refused(drill, statement)


def test_a_row_cannot_be_written_over(drill: Database) -> None:
    """`INSERT OR REPLACE` (SQLite) and `TRUNCATE` (PostgreSQL) are no way round the guards."""
    if not drill.sqlite:
        _refused(drill, "truncate dispatch")
        _refused(drill, "truncate matter cascade")
        return
    _refused(drill, "insert or replace into matter select name, 0, born_at from matter where name = 'drill:1'")
    columns = "facts, matter, kind, courier, exercise, priority, state, not_before, attempt, asked, outcome, created_at"
    for row in ("1, 'k2'", "2, 'k1'"):
        over = f"insert or replace into dispatch (id, key, {columns}) select {row}, {columns} from dispatch"  # noqa: S608
        _refused(drill, over)


def test_a_real_dispatch_of_a_drill_cannot_be_inserted(drill: Database) -> None:
    """Whoever writes the row, its flag is that of its matter."""
    columns = "facts, matter, kind, courier, priority, state, not_before, attempt, asked, outcome, created_at"
    copied = f"insert into dispatch (id, key, exercise, {columns}) select 2, 'k2', false, {columns} from dispatch"  # noqa: S608
    _refused(drill, copied)


def test_what_may_change_still_changes(drill: Database) -> None:
    """The guards leave the state, the lease and the outcome alone."""
    with drill.begin() as session:
        row = session.get_one(Dispatch, 1)
        row.worker, row.attempt, row.outcome = "w", 3, {"why": "x"}
    with drill.read() as session:
        assert session.get_one(Dispatch, 1).attempt == 3
