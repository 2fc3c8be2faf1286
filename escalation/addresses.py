"""Watch the authorities' addresses: what the people file changed goes unused until an approver has confirmed it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from errors import AddressMoved, AddressUnconfirmed, NotPermitted
from escalation.records import Address, address, addresses, confirmed_address
from escalation.rosters import APPROVER, People, Person
from escalation.words import Words
from store import journal

HOUSE = "tocsin"
CHANNELS = ("portal", "mail")  # what a machine sends to; who is phoned hears who answers


def note(session: Session, people: People, *, at: datetime) -> list[Address]:
    """Compare the people file with what was noted before; give what changed since, confirmed or not.

    Called at each start. At the first start what is there counts as confirmed: nothing was sent anywhere yet. What is
    changed back to the address last confirmed is confirmed again.
    """
    first = not addresses(session)
    changed = [
        _noted(session, office, channel, now, first=first, at=at)
        for office, channel, now in _named(people)
        if (last := address(session, office, channel)) is None or last.address != now
    ]
    return [] if first else changed


def _named(people: People) -> Iterator[tuple[str, str, str]]:
    for office in people.authorities.values():
        for channel in CHANNELS:
            named = getattr(office, channel)
            if named:
                yield office.id, channel, named


def _noted(session: Session, office: str, channel: str, now: str, *, first: bool, at: datetime) -> Address:
    before = confirmed_address(session, office, channel)
    row = Address(office=office, channel=channel, address=now, noted_at=at)
    if first or (before is not None and before.address == now):
        row.confirmed_by, row.confirmed_at = (HOUSE if before is None else before.confirmed_by), at
    session.add(row)
    session.flush()
    if not first:
        told = {"office": office, "channel": channel, "was": before.address if before else None, "now": now}
        journal.write(session, HOUSE, "address_changed", told, by=HOUSE, at=at)
    return row


def unconfirmed(session: Session) -> list[Address]:
    """The addresses that nobody has confirmed since they changed."""
    return [each for each in addresses(session) if each.confirmed_at is None]


def confirm(
    session: Session, office: str, channel: str, shown: str, *, people: People, by: Person, at: datetime
) -> Address:
    """A second person confirms a changed address: an approver of a unit that answers to the office.

    Refuses `AddressMoved` when it is not the one that was shown; once is enough.
    """
    if not any(by.has(APPROVER, unit.id) for unit in people.units.values() if office in unit.authorities.values()):
        raise NotPermitted(role=APPROVER)
    row = address(session, office, channel)
    if row is None or row.address != shown:
        raise AddressMoved(now=row.address if row else "—")
    session.refresh(row, with_for_update=True)
    if row.confirmed_at is None:
        row.confirmed_by, row.confirmed_at = by.id, at
        told = {"office": office, "channel": channel, "now": shown}
        journal.write(session, HOUSE, "address_confirmed", told, by=by.id, at=at)
    return row


def require_confirmed(session: Session, office: str | None, channel: str, to: str | None) -> None:
    """Refuse to send to an address that changed and that nobody has confirmed since.

    Where nothing was ever noted (a house before its first start) nothing can have changed.
    """
    # Where there is no address the courier refuses, a person is told, and the report is phoned.
    if office is None or to is None or channel not in CHANNELS or not addresses(session):
        return
    row = address(session, office, channel)
    if row is None or row.address != to or row.confirmed_at is None:
        before = confirmed_address(session, office, channel)
        none = Words(zh="（无）", en="(none)")
        raise AddressUnconfirmed(office=office, was=before.address if before else none, now=to)
