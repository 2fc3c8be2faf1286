"""A backup is whole, and after a restore nothing is sent twice."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from errors import BadBackup, NotEmpty
from escalation import track
from escalation.deliver import Delivered, Delivery, Outcome, Parcel, deliver, doubt
from escalation.records import Dispatch, Matter, State, dispatch
from escalation.tell import tell
from store import backup, journal, migrate
from store.database import Database

KEY = b"a key for the journal of tests"
NAMES = ("portal", "slack", "mail")

Fresh = Callable[[], Database]


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fresh]:
    """Makes empty, migrated databases of one kind."""
    made: list[Database] = []

    def one() -> Database:
        name = f"backup_{len(made)}_{tmp_path.name.replace('-', '_')}"
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / name}.db"
        else:
            address: str = request.getfixturevalue("postgres")
            url = address.format(name)
            admin = Database(address.format("postgres"), journal_key=KEY)
            with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f'create database "{name}"'))
            admin.close()
        made.append(Database(url, journal_key=KEY))
        migrate.upgrade(made[-1])
        return made[-1]

    yield one
    for each in made:
        each.close()


class Receiver:
    """Stands outside, outlives every restore, and remembers each key it took."""

    def __init__(self, delivery: Delivery) -> None:
        """Nothing was taken yet."""
        self.delivery = delivery
        self.sent: list[str] = []
        self.taken: set[str] = set()

    def send(self, parcel: Parcel) -> Outcome:
        """Take it."""
        self.sent.append(parcel.key)
        self.taken.add(parcel.key)
        return Delivered(receipt={"receipt": "R1"})

    def ask(self, parcel: Parcel) -> Outcome | None:
        """Whether it was taken."""
        return Delivered(receipt={"receipt": "R1"}) if parcel.key in self.taken else None


def three_notices(database: Database, at: datetime) -> None:
    """One sending of each class waits, and something is in the journal."""
    with database.begin() as session:
        track.open_matter(session, "incident:1", exercise=False, at=at)
        for courier in NAMES:
            facts = {"to": "x", "digest": "d", "body": "{}"}
            tell(session, "incident:1", "notice", facts, key=f"n:{courier}", courier=courier, then="settled", at=at)
        journal.write(session, "incident:1", "signed", {"digest": "d"}, by="wang.fang", at=at)


def carry_all(database: Database, receivers: dict[str, Receiver], at: datetime) -> None:
    """Deliver everything that waits."""
    table = {False: receivers, True: receivers}
    deliver(database.begin, database.read, table, NAMES, worker="w", clock=lambda: at)


def test_after_a_restore_nothing_is_sent_twice(fresh: Fresh, tmp_path: Path, at: datetime) -> None:
    """What was delivered after the backup is deduped, asked about, or held for a person: never sent blindly again."""
    receivers = {
        "portal": Receiver(Delivery.DEDUPES),
        "slack": Receiver(Delivery.CAN_BE_ASKED),
        "mail": Receiver(Delivery.NEITHER),
    }
    old = fresh()
    three_notices(old, at)
    backup.write(old, tmp_path / "b.gz", at=at)
    carry_all(old, receivers, at + timedelta(seconds=1))
    assert {name: len(receiver.sent) for name, receiver in receivers.items()} == dict.fromkeys(NAMES, 1)

    new = fresh()
    backup.read(new, tmp_path / "b.gz")
    with new.begin() as session:
        assert doubt(session, ("mail", "staff_mail"), at=at + timedelta(minutes=5)) == 3
    carry_all(new, receivers, at + timedelta(minutes=6))

    assert len(receivers["slack"].sent) == 1, "asked, found, not sent again"
    assert len(receivers["mail"].sent) == 1, "nobody can be asked: a person looks"
    assert receivers["portal"].taken == {"n:portal"}, "the same key: the portal takes it once"
    with new.read() as session:
        states = {row.courier: row.state for row in session.scalars(select(Dispatch))}
    assert states == {"portal": State.DELIVERED, "slack": State.DELIVERED, "mail": State.UNCERTAIN}


def test_everything_comes_back_as_it_was(fresh: Fresh, tmp_path: Path, at: datetime) -> None:
    """Every row, the drill flag and the journal's chain survive; the chain goes on from there."""
    old, new = fresh(), fresh()
    three_notices(old, at)
    written = backup.write(old, tmp_path / "b.gz", at=at)
    assert backup.read(new, tmp_path / "b.gz") == written
    with new.begin() as session:
        assert session.get_one(Matter, "incident:1").exercise is False
        row = dispatch(session, "n:portal")
        assert row is not None
        assert row.facts == {"to": "x", "digest": "d", "body": "{}"}
        journal.write(session, "incident:1", "closed", {}, by="li.wei", at=at)
    with new.read() as session:
        assert journal.verify(session, KEY) == 2


def test_a_backup_is_read_into_an_empty_house_only(fresh: Fresh, tmp_path: Path, at: datetime) -> None:
    """A house that holds anything is left as it is."""
    old, new = fresh(), fresh()
    three_notices(old, at)
    backup.write(old, tmp_path / "b.gz", at=at)
    with new.begin() as session:
        track.open_matter(session, "incident:9", exercise=True, at=at)
    with pytest.raises(NotEmpty):
        backup.read(new, tmp_path / "b.gz")
    with new.read() as session:
        assert session.scalars(select(Matter.name)).all() == ["incident:9"]


@pytest.mark.parametrize("harm", ["cut", "other", "noise", "torn", "row", "column"])
def test_a_file_that_is_no_whole_backup_changes_nothing(fresh: Fresh, tmp_path: Path, at: datetime, harm: str) -> None:
    """A file that was cut off, is of another version, or is something else is refused whole."""
    old, new = fresh(), fresh()
    three_notices(old, at)
    path = tmp_path / "b.gz"
    backup.write(old, path, at=at)
    lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
    match harm:
        case "cut":
            path.write_bytes(gzip.compress("".join(lines[:-2]).encode()))
        case "other":
            path.write_bytes(gzip.compress("".join([lines[0].replace("0001", "9999"), *lines[1:]]).encode()))
        case "torn":
            packed = bytearray(path.read_bytes())
            packed[len(packed) // 2] ^= 0xFF
            path.write_bytes(packed)
        case "row":
            path.write_bytes(gzip.compress("".join([lines[0], '["nowhere", {}]\n', *lines[1:]]).encode()))
        case "column":
            path.write_bytes(gzip.compress("".join([lines[0], '["matter", {"evil": 1}]\n', *lines[1:]]).encode()))
        case _:
            path.write_bytes(b"not a backup")
    with pytest.raises(BadBackup):
        backup.read(new, path)
    with new.read() as session:
        assert session.scalars(select(Matter)).all() == []


def test_a_backup_is_readable_by_its_owner_only(fresh: Fresh, tmp_path: Path, at: datetime) -> None:
    """Names, phone numbers and receipt tokens stand in it, whatever the umask, also where an older part lay about."""
    (tmp_path / "b.gz.part").write_text("left by a crash", "utf-8")
    (tmp_path / "b.gz.part").chmod(0o666)
    backup.write(fresh(), tmp_path / "b.gz", at=at)
    assert (tmp_path / "b.gz").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "b.gz.part").exists()


def test_what_follows_a_restore_is_one_with_it(fresh: Fresh, tmp_path: Path, at: datetime) -> None:
    """If doubting what was on its way fails, nothing was restored: no row may ever stand there undoubted."""
    old, new = fresh(), fresh()
    three_notices(old, at)
    backup.write(old, tmp_path / "b.gz", at=at)
    with pytest.raises(ZeroDivisionError):
        backup.read(new, tmp_path / "b.gz", then=lambda session: doubt(session, ("mail",), at=at) // 0)
    with new.read() as session:
        assert session.scalars(select(Matter)).all() == []
    backup.read(new, tmp_path / "b.gz", then=lambda session: doubt(session, ("mail",), at=at))
    with new.read() as session:
        mailed = dispatch(session, "n:mail")
        assert mailed is not None
        assert mailed.state is State.UNCERTAIN


def test_a_running_incident_comes_back_with_its_clocks(fresh: Fresh, tmp_path: Path, at: datetime) -> None:
    """An incident with tasks, drafts and clocks is restored and goes on."""
    old, new = fresh(), fresh()
    with old.begin() as session:
        track.open_matter(session, "incident:7", exercise=True, at=at)
        track.start(session, "incident:7", "clock", "D1", started_at=at, due_at=at + timedelta(hours=4), ring_at=at)
    backup.write(old, tmp_path / "b.gz", at=at)
    backup.read(new, tmp_path / "b.gz")
    with new.begin() as session:
        again = track.start(session, "incident:7", "clock", "D1", started_at=at, due_at=at)
        assert again.due_at == at + timedelta(hours=4), "found, not started anew"
        fresh_one = track.start(session, "incident:7", "clock", "D2", started_at=at, due_at=at)
        assert fresh_one.id > again.id, "ids go on after the highest that was read"
