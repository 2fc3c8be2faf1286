"""Presses about the authorities' addresses: what changed in the people file, confirmed by a second person."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bot.press import Press
from bot.views import addresses as views
from bot.words import say
from errors import AddressMoved
from escalation import addresses
from escalation.records import Address, confirmed_address
from incidents import picture, records, show
from incidents.records import Filing

Modal = dict[str, Any]


def _told(session: Session, press: Press, row: Address) -> dict[str, Any]:
    before, office = confirmed_address(session, row.office, row.channel), press.people.authorities.get(row.office)
    title = picture.both(office.title) if office else {"zh": row.office, "en": row.office}
    return {
        "id": row.id,
        "title": title,
        "channel": row.channel,
        "was": before.address if before else None,
        "now": row.address,
    }


def listing(session: Session, press: Press) -> Any:  # noqa: ANN401 -- a command's answer
    """`/report addresses`: what changed and waits for a second person, each with a button."""
    rows = [_told(session, press, each) for each in addresses.unconfirmed(session)]
    if not rows:
        return say("address.none", press.lang)
    return {"text": say("address.head", press.lang), "blocks": views.listing(press.lang, rows)}


def confirm_open(session: Session, press: Press) -> Modal:
    """The old address, the new one, and how to make sure of it."""
    row = session.get(Address, int(press.value))
    if row is None:
        raise AddressMoved(now="—")
    private = {"office": row.office, "channel": row.channel, "now": row.address}
    return views.confirm(press.lang, _told(session, press, row), private=private)


def confirm(session: Session, press: Press) -> None:
    """Confirm what was shown; the cards of the notices that wait for it follow."""
    said = press.private
    shown = (str(said["office"]), str(said["channel"]), str(said["now"]))
    row = addresses.confirm(session, *shown, people=press.people, by=press.by, at=press.at)
    for of in records.open_incidents(session):
        for notice in records.filings(session, of):
            if notice.signed_at is None and _goes_to(session, notice, row):
                show.filing(session, records.incident(session, of.number), notice, at=press.at)


def _goes_to(session: Session, notice: Filing, row: Address) -> bool:
    draft = records.newest_draft(session, notice)
    to = draft.facts["to"] if draft is not None else {}
    return (to.get("office"), to.get("courier")) == (row.office, row.channel)
