"""The journal: append-only, chained by HMAC, written in the transaction of what it tells."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Protocol

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from errors import BrokenJournal
from store.base import Base, guard

GENESIS = "0" * 64


class Entry(Base):
    """One thing that happened; never changed, never deleted (a trigger refuses both)."""

    __tablename__ = "journal"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    matter: Mapped[str] = mapped_column(String(80), index=True)
    kind: Mapped[str] = mapped_column(String(60))
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    body: Mapped[dict[str, Any]]
    prev: Mapped[str] = mapped_column(String(64))
    mac: Mapped[str] = mapped_column(String(64))


class Head(Base):
    """The chain's end: one row, locked while a transaction seals its entries; it only ever moves forward."""

    __tablename__ = "journal_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    mac: Mapped[str] = mapped_column(String(64))


GUARDS = {
    "sqlite": [
        """
        create trigger journal_no_update before update on journal
        begin select raise(abort, 'journal is append-only'); end
        """,
        """
        create trigger journal_no_delete before delete on journal
        begin select raise(abort, 'journal is append-only'); end
        """,
        # INSERT OR REPLACE deletes without firing the delete trigger.
        """
        create trigger journal_no_replace before insert on journal
        when exists (select 1 from journal where seq = new.seq)
        begin select raise(abort, 'journal is append-only'); end
        """,
    ],
    "postgresql": [
        """
        create function journal_refuse() returns trigger language plpgsql as
        $$ begin raise exception 'journal is append-only'; end $$
        """,
        """
        create trigger journal_no_change before update or delete or truncate on journal
        for each statement execute function journal_refuse()
        """,
    ],
}
# The first row is made with the table: two first writers on PostgreSQL would otherwise both insert it.
HEAD = f"insert into journal_head (id, seq, mac) values (1, 0, '{GENESIS}')"  # noqa: S608 -- a constant
HEAD_GUARDS = {
    "sqlite": [
        HEAD,
        """
        create trigger journal_head_no_way_back before update on journal_head when new.seq <= old.seq
        begin select raise(abort, 'the head of the journal only moves forward'); end
        """,
        """
        create trigger journal_head_no_delete before delete on journal_head
        begin select raise(abort, 'the head of the journal only moves forward'); end
        """,
        """
        create trigger journal_head_no_replace before insert on journal_head
        begin select raise(abort, 'the head of the journal only moves forward'); end
        """,
    ],
    "postgresql": [
        HEAD,
        """
        create function journal_head_refuse() returns trigger language plpgsql as
        $$ begin raise exception 'the head of the journal only moves forward'; end $$
        """,
        """
        create trigger journal_head_no_way_back before update on journal_head
        for each row when (new.seq <= old.seq) execute function journal_head_refuse()
        """,
        """
        create trigger journal_head_no_change before insert or delete or truncate on journal_head
        for each statement execute function journal_head_refuse()
        """,
    ],
}
guard(Entry, GUARDS)
guard(Head, HEAD_GUARDS)


class _Told(Protocol):
    """What the seal covers; an `Entry`, or a plain row of its columns."""

    @property
    def seq(self) -> int: ...
    @property
    def matter(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def by(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def body(self) -> dict[str, Any]: ...
    @property
    def prev(self) -> str: ...


def write(session: Session, matter: str, kind: str, body: Mapping[str, Any], *, by: str, at: datetime) -> None:
    """Say what happened to `matter` (`incident:12`); it is sealed and stored when the transaction commits.

    `body` must be JSON; it is turned to plain JSON here, so that the seal is over what the database gives back.
    """
    plain = json.loads(json.dumps(dict(body), allow_nan=False))
    _pending(session).append(Entry(matter=matter, kind=kind, by=by, at=at, body=plain))


def seal(session: Session) -> None:
    """Chain what this transaction wrote onto the head; called just before the commit.

    Late, so that the head (one row for the whole house) is locked for the shortest time and always last:
    transactions that touch other rows in any order cannot deadlock over it.
    """
    # A savepoint's release also says "before commit"; only the outermost commit is one.
    if session.in_nested_transaction() or not session.info.get("journal"):
        return
    pending = _pending(session)
    session.info["journal"] = []
    session.flush()
    head = session.scalars(select(Head).with_for_update().execution_options(populate_existing=True)).one()
    for entry in pending:
        entry.seq, entry.prev = head.seq + 1, head.mac
        entry.mac = _mac(session.info["journal_key"], entry)
        head.seq, head.mac = entry.seq, entry.mac
        session.add(entry)


def mark_savepoint(session: Session, transaction: SessionTransaction) -> None:
    """Note how much was pending when a savepoint began."""
    if transaction.nested:
        session.info.setdefault("journal_marks", {})[transaction] = len(_pending(session))


def forget_savepoint(session: Session, transaction: SessionTransaction) -> None:
    """What was rolled back did not happen: drop what was said since the savepoint (or since the beginning)."""
    mark = session.info.get("journal_marks", {}).pop(transaction, None)
    if mark is not None or transaction.parent is None:  # a failed flush is neither; its savepoint follows
        del _pending(session)[mark or 0 :]


def entries(session: Session, matter: str) -> Sequence[Entry]:
    """What happened to `matter`, oldest first: what is stored, then what this transaction adds."""
    stored = session.scalars(select(Entry).where(Entry.matter == matter).order_by(Entry.seq)).all()
    return [*stored, *(entry for entry in _pending(session) if entry.matter == matter)]


def head(session: Session) -> tuple[int, str]:
    """The chain's end, `(seq, mac)`: post it outside the house, and hold it against `verify` later."""
    found = session.scalars(select(Head)).one()
    return found.seq, found.mac


def verify(session: Session, key: bytes, *, anchor: tuple[int, str] | None = None) -> int:
    """Walk the whole chain with `key`; give the number of entries, or raise `BrokenJournal` at the first bad one.

    `anchor` is a `head` that was kept outside: with it even a chain cut off together with its head is found.
    """
    seq, mac = 0, GENESIS
    for entry in _all(session):
        if entry.seq != seq + 1:
            raise BrokenJournal(seq=seq + 1, why="missing / 缺失")
        if entry.prev != mac or not hmac.compare_digest(entry.mac, _mac(key, entry)):
            raise BrokenJournal(seq=entry.seq, why="changed / 被改动")
        seq, mac = entry.seq, entry.mac
        if anchor is not None and seq == anchor[0] and mac != anchor[1]:
            raise BrokenJournal(seq=seq, why="rewritten / 被重写")
    if session.execute(select(Head.seq, Head.mac)).all() != [(seq, mac)]:
        raise BrokenJournal(seq=seq + 1, why="cut off / 被截断")
    if anchor is not None and seq < anchor[0]:
        raise BrokenJournal(seq=seq + 1, why="cut off / 被截断")
    return seq


def verify_some(entries: Sequence[Mapping[str, Any]], key: bytes) -> int:
    """Check entries that were taken out of the chain, in its order; give how many, or raise `BrokenJournal`.

    Each has `seq, matter, kind, by, at (ISO 8601), body, prev, mac`. Between them others may be missing: whether one
    of this matter was left out, only the whole chain can say.
    """
    before: Mapping[str, Any] = {"seq": 0, "mac": GENESIS}
    for each in entries:
        entry = SimpleNamespace(**{**each, "at": datetime.fromisoformat(each["at"])})
        if entry.seq <= before["seq"] or (entry.seq == before["seq"] + 1 and entry.prev != before["mac"]):
            raise BrokenJournal(seq=entry.seq, why="out of order / 次序有误")
        if not hmac.compare_digest(str(entry.mac), _mac(key, entry)):
            raise BrokenJournal(seq=entry.seq, why="changed / 被改动")
        before = each
    return len(entries)


def _pending(session: Session) -> list[Entry]:
    pending: list[Entry] = session.info.setdefault("journal", [])
    return pending


def _all(session: Session) -> Iterator[Any]:
    # Plain rows: an object per entry would take three times as long over a million of them.
    columns = Entry.__table__.columns
    yield from session.execute(select(*columns).order_by(Entry.seq).execution_options(yield_per=2000))


def _mac(key: bytes, entry: _Told) -> str:
    # Seconds since 1970 and sorted keys: the same bytes whichever database gave the row back.
    told = [entry.seq, entry.matter, entry.kind, entry.by, entry.at.timestamp(), entry.body, entry.prev]
    line = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, line.encode(), hashlib.sha256).hexdigest()
