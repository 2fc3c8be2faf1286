"""What the cellar promises, on both engines: one writer at a time, instants in UTC, a journal nobody can bend."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from errors import BrokenJournal, NaiveInstant
from escalation import track
from escalation.records import Matter
from store import journal
from store.database import Database

KEY = b"a key for the journal of tests"
EAST = timezone(timedelta(hours=8))


def _said(database: Database, count: int, *, at: datetime) -> None:
    for number in range(1, count + 1):
        with database.begin() as session:
            journal.write(session, f"incident:{number % 2}", "noted", {"n": number, "字": "演练"}, by="p1", at=at)


def _unguarded(database: Database, *statements: str) -> None:
    """Do what somebody with the database's own password could do."""
    lift = {
        True: [
            f"drop trigger {name}"
            for name in ("journal_no_update", "journal_no_delete", "journal_no_replace", "journal_head_no_way_back")
        ],
        False: ["alter table journal disable trigger all", "alter table journal_head disable trigger all"],
    }
    with database.engine.begin() as connection:
        for statement in (*lift[database.sqlite], *statements):
            connection.exec_driver_sql(statement)


def _verified(database: Database, anchor: tuple[int, str] | None = None) -> int:
    with database.read() as session:
        return journal.verify(session, KEY, anchor=anchor)


def test_journal_is_chained_and_read_back_by_matter(database: Database, at: datetime) -> None:
    """Entries stand in the order they were written, each sealed onto the one before."""
    _said(database, 5, at=at)
    with database.read() as session:
        assert [entry.body["n"] for entry in journal.entries(session, "incident:1")] == [1, 3, 5]
        assert journal.head(session)[0] == 5
    assert _verified(database) == 5


def test_an_entry_is_stored_only_with_what_it_tells(database: Database, at: datetime) -> None:
    """A transaction that fails leaves neither its rows nor its entries."""
    with pytest.raises(ZeroDivisionError), database.begin() as session:  # noqa: PT012 -- the failure is inside
        track.open_matter(session, "incident:1", exercise=False, at=at)
        journal.write(session, "incident:1", "declared", {}, by="p1", at=at)
        assert len(journal.entries(session, "incident:1")) == 1
        _ = 1 / 0
    assert _verified(database) == 0
    with database.read() as session:
        assert session.get(Matter, "incident:1") is None


def test_a_rolled_back_savepoint_takes_its_entries_with_it(database: Database, at: datetime) -> None:
    """What a savepoint undid is not told; what stood before and after it is, once."""
    with database.begin() as session:
        journal.write(session, "m", "before", {}, by="p1", at=at)
        with pytest.raises(ZeroDivisionError), session.begin_nested():  # noqa: PT012 -- the failure is inside
            journal.write(session, "m", "undone", {}, by="p1", at=at)
            _ = 1 / 0
        with session.begin_nested():
            journal.write(session, "m", "kept", {}, by="p1", at=at)
        journal.write(session, "m", "after", {}, by="p1", at=at)
    with database.read() as session:
        assert [entry.kind for entry in journal.entries(session, "m")] == ["before", "kept", "after"]
    assert _verified(database) == 3


def test_a_body_is_sealed_as_the_database_gives_it_back(database: Database, at: datetime) -> None:
    """Tuples, whole-number keys and foreign offsets survive the way there and back."""
    with database.begin() as session:
        body = {"t": (1, 2), "d": {10: "a", 2: "b"}, "f": 0.1, "half": "\ud800"}
        journal.write(session, "m", "k", body, by="p1", at=at.astimezone(EAST).replace(microsecond=123457))
    assert _verified(database) == 1
    with pytest.raises(ValueError, match="JSON"), database.begin() as session:
        journal.write(session, "m", "k", {"n": float("nan")}, by="p1", at=at)


@pytest.mark.parametrize(
    "change",
    [
        "update journal set kind = 'other' where seq = 2",
        "delete from journal where seq = 3",
        "delete from journal",
        "update journal_head set seq = 1",
        "delete from journal_head",
    ],
)
def test_the_journal_refuses_change(database: Database, at: datetime, change: str) -> None:
    """Raw SQL can neither change nor delete an entry, nor turn the head back."""
    _said(database, 3, at=at)
    with pytest.raises(DBAPIError, match="journal"), database.engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert _verified(database) == 3


def test_the_journal_refuses_to_be_written_over(database: Database, at: datetime) -> None:
    """`INSERT OR REPLACE` (SQLite) and `TRUNCATE` (PostgreSQL), which pass a plain trigger, are refused too."""
    _said(database, 2, at=at)
    over = (
        "insert or replace into journal select seq, matter, 'other', by, at, body, prev, mac from journal"
        if database.sqlite
        else "truncate journal"
    )
    with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
        connection.exec_driver_sql(over)
    assert _verified(database) == 2


@pytest.mark.parametrize(
    "edit",
    [
        "matter = 'incident:9'",
        "kind = 'noted!'",
        "by = 'p2'",
        "at = '2027-03-01 11:59:59'",
        """body = '{"n": 4, "字": "演练"}'""",
        "prev = replace(prev, substr(prev, 1, 1), 'x')",
        "mac = replace(mac, substr(mac, 1, 1), 'x')",
        "seq = 99",
    ],
)
@pytest.mark.parametrize("seq", [1, 3, 5])
def test_verify_finds_every_edited_field(database: Database, at: datetime, edit: str, seq: int) -> None:
    """Whichever field of whichever entry was edited behind the triggers, verification stops there."""
    _said(database, 5, at=at)
    _unguarded(database, f"update journal set {edit} where seq = {seq}")  # noqa: S608 -- the tampering that is tested
    with pytest.raises(BrokenJournal) as broken:
        _verified(database)
    assert broken.value.facts["seq"] in (seq, seq + 1)


@pytest.mark.parametrize(
    ("tampering", "found_at"),
    [
        (["delete from journal where seq = 3"], 3),
        (["update journal set seq = 99 where seq = 2", "update journal set seq = 2 where seq = 3",
          "update journal set seq = 3 where seq = 99"], 2),
        (["delete from journal where seq > 3"], 4),
        (["delete from journal"], 1),
        (["delete from journal_head"], 6),
    ],
    ids=["deleted", "reordered", "cut off", "emptied", "beheaded"],
)  # fmt: skip
def test_verify_finds_tampering(database: Database, at: datetime, tampering: list[str], found_at: int) -> None:
    """Deletion, reorder and truncation break the chain at a named entry."""
    _said(database, 5, at=at)
    if database.sqlite:
        tampering = ["drop trigger journal_head_no_delete", *tampering]
    _unguarded(database, *tampering)
    with pytest.raises(BrokenJournal) as broken:
        _verified(database)
    assert broken.value.facts["seq"] == found_at


def test_an_anchor_kept_outside_finds_a_chain_cut_off_with_its_head(database: Database, at: datetime) -> None:
    """Truncating the chain and turning its head back passes the chain alone, and not the anchor."""
    _said(database, 5, at=at)
    with database.read() as session:
        anchor = journal.head(session)
        third = journal.entries(session, "incident:1")[1].mac
    turned_back = f"update journal_head set seq = 3, mac = '{third}'"  # noqa: S608 -- the tampering that is tested
    _unguarded(database, "delete from journal where seq > 3", turned_back)
    assert _verified(database) == 3
    with pytest.raises(BrokenJournal, match="cut off"):
        _verified(database, anchor)


def test_a_key_holder_who_rewrites_is_found_by_the_anchor(database: Database, at: datetime) -> None:
    """With another key nothing verifies."""
    _said(database, 2, at=at)
    with pytest.raises(BrokenJournal), database.read() as session:
        journal.verify(session, b"another key")


def test_a_naive_instant_is_refused(database: Database) -> None:
    """An instant without its offset never reaches a table."""
    naive = datetime(2027, 3, 1, 12, 0)  # noqa: DTZ001 -- the fault that is tested
    with pytest.raises((NaiveInstant, StatementError), match="no offset"), database.begin() as session:
        track.open_matter(session, "m", exercise=False, at=naive)


def test_instants_come_back_as_the_same_instant(database: Database, at: datetime) -> None:
    """Whatever the offset going in, the same microsecond comes out, in UTC."""
    local = at.astimezone(EAST).replace(microsecond=1)
    with database.begin() as session:
        track.open_matter(session, "m", exercise=False, at=local)
    with database.read() as session:
        born = session.get_one(Matter, "m").born_at
    assert born == local
    assert born.utcoffset() == timedelta(0)


def _together(*works: Callable[[], None]) -> list[BaseException]:
    faults: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as fault:  # noqa: BLE001 -- counted by the test
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return faults


def test_two_writers_that_read_first_both_succeed(database: Database, at: datetime) -> None:
    """Read, then write, from two engines at once: nobody is told that the database is locked, nothing is lost."""
    other = Database(database.engine.url.render_as_string(hide_password=False), journal_key=KEY)

    def writer(house: Database) -> Callable[[], None]:
        def write() -> None:
            for _ in range(30):
                with house.begin() as session:
                    session.execute(text("select count(*) from journal")).one()
                    journal.write(session, "m", "k", {}, by="p1", at=at)

        return write

    assert _together(writer(database), writer(other), writer(database)) == []
    other.close()
    assert _verified(database) == 90


def test_reading_does_not_block_a_writer(database: Database, at: datetime) -> None:
    """While a reader looks, a writer commits at once; the reader then sees the old or the new, never half."""
    _said(database, 1, at=at)
    with database.read() as session:
        session.execute(text("select count(*) from journal")).one()
        began = time.monotonic()
        assert _together(lambda: _said(database, 1, at=at)) == []
        assert time.monotonic() - began < 5
    assert _verified(database) == 2


def test_a_transaction_is_all_or_nothing(database: Database, at: datetime) -> None:
    """An error at the very end undoes the first row."""
    with pytest.raises(DBAPIError), database.begin() as session:  # noqa: PT012 -- the failure is inside
        track.open_matter(session, "m", exercise=False, at=at)
        session.execute(text("insert into nowhere values (1)"))
    with database.read() as session:
        assert session.get(Matter, "m") is None


def test_the_clock_is_aware_and_in_utc(database: Database) -> None:
    """The house's clock gives UTC on both engines and does not stand still."""
    first, second = database.now(), database.now()
    assert first.utcoffset() == timedelta(0)
    assert first <= second
    assert (database.file() is not None) == database.sqlite


def test_a_database_in_memory_lives_in_one_connection(at: datetime) -> None:
    """`sqlite://` holds its tables between transactions."""
    house = Database("sqlite://", journal_key=KEY)
    house.create()
    _said(house, 2, at=at)
    assert _verified(house) == 2
    assert house.file() is None


def test_sqlite_syncs_fully(tmp_path: Path) -> None:
    """Write-ahead log, full sync, foreign keys: what was acknowledged survives."""
    house = Database(f"sqlite:///{tmp_path}/house.db", journal_key=KEY)
    with house.engine.connect() as connection:
        said = [
            connection.exec_driver_sql(f"pragma {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert said == ["wal", 2, 1]
    house.close()


def test_a_fault_of_the_database_tells_no_values(database: Database) -> None:
    """What is logged of it names the statement, never the people and tokens that stood in it."""
    with pytest.raises(SQLAlchemyError) as caught, database.read() as session:
        session.execute(text("select nothing from nowhere where token = :token"), {"token": "canary-138"})
    assert "canary" not in str(caught.value)
