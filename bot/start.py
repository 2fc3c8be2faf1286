"""Furnish the house at its start: the starter plans, the duty room, the members of the local workspace."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy.orm import Session

from bot.press import House
from escalation import addresses, track
from escalation.records import Matter, Place, place
from escalation.rosters import People
from escalation.tell import tell
from incidents import records, report, returns, show
from plans import gaps, registers, review, triggers
from playbooks import content, publish
from playbooks.records import ever_issued, in_force, playbook_of

log = structlog.get_logger()
DUTY_ROOM = "duty-room"


def members(people: People) -> dict[str, Any]:
    """The people file as the local workspace reads it."""
    return {
        "team": {"id": "T0LOCAL", "name": people.organisation.title.zh, "domain": "tocsin-local"},
        "members": [
            {
                "id": person.slack,
                "name": person.id,
                "real_name": person.name,
                "email": person.email,
                "phone": person.phone,
                "locale": person.locale,
                "title": f"{person.title.zh} · {person.title.en}" if person.title else "",
            }
            for person in people.people.values()
            if person.slack
        ],
        "channels": [{"name": DUTY_ROOM, "topic": "值班室 · Duty room", "members": "all"}],
    }


def stock(session: Session, shelves: Path, *, people: People, at: datetime) -> None:
    """Put what an empty house begins with on its shelves: starter plans, starter registers, the gaps they leave.

    `shelves` is the folder that holds `library` and `registers`. Nothing of it needs chat.
    """
    if session.get(Matter, show.HOUSE) is None:
        track.open_matter(session, show.HOUSE, exercise=False, at=at)
    known = ever_issued(session)
    for path in sorted((shelves / "library").glob("*.yaml")):
        # Only what was never issued: an upgrade must not change a plan under anybody's feet. A file bears its code.
        if path.stem not in known:
            book = content.read(path.read_text("utf-8"), path.name)
            publish.start(session, book, by=book.owner, at=at)
    registers.start(session, shelves / "registers", people=people, by="tocsin", at=at)
    needs = {each.code: {role.post for role in playbook_of(each).roles} for each in in_force(session, at=at)}
    triggers.compare_people(session, people, needs, by="tocsin", at=at)
    review.begin(session, at=at)
    gaps.begin(session, people=people, at=at)
    returns.begin(session, at=at)
    if addresses.note(session, people, at=at):
        for of in records.open_incidents(session):  # drafts say where they go, and their cards what is unconfirmed
            report.redraft_all(session, records.incident(session, of.number), people=people, at=at)


def furnish(house: House, shelves: Path, client: WebClient) -> None:
    """Stock the shelves, and lay the duty room's card."""
    with house.database.begin() as session:
        stock(session, shelves, people=house.people, at=house.clock())
    _learn_locales(house, client)
    channel = _duty_room(client)
    if channel is not None:
        with house.database.begin() as session:
            _lay_card(session, house, channel)


def _learn_locales(house: House, client: WebClient) -> None:
    try:
        cursor = ""
        while True:
            page = client.users_list(include_locale=True, limit=200, cursor=cursor)
            house.locales.learn(page["members"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return
    except (SlackApiError, OSError) as fault:
        log.warning("no locales", fault=type(fault).__name__)


def _duty_room(client: WebClient) -> str | None:
    """The duty room's channel, found or made; None when chat cannot be reached: everything else starts all the same."""
    try:
        cursor: str | None = ""
        while cursor is not None:
            page = client.conversations_list(limit=200, cursor=cursor, exclude_archived=True)
            for channel in page["channels"]:
                if channel["name"] == DUTY_ROOM:
                    client.conversations_join(channel=channel["id"])
                    return str(channel["id"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
        return str(client.conversations_create(name=DUTY_ROOM)["channel"]["id"])
    except (SlackApiError, OSError) as fault:
        log.warning("no duty room", fault=type(fault).__name__)
        return None


def _lay_card(session: Session, house: House, channel: str) -> None:
    at = house.clock()
    session.merge(Place(matter=show.HOUSE, name="room", ref={"channel": channel}))
    if place(session, show.HOUSE, "duty_card") is None:
        facts = {"open": [], "at": at.isoformat()}
        key = "house:duty_card"
        tell(
            session, show.HOUSE, "duty_card", facts, key=key, courier=show.CHAT, place="room", remembers="duty_card",
            priority=show.NORMAL, at=at,
        )  # fmt: skip
        tell(
            session, show.HOUSE, "room.pin", {}, key=f"{key}:pin", courier=show.CHAT, place="duty_card",
            priority=show.WHENEVER, at=at,
        )  # fmt: skip
    else:
        show.duty_room(session, at=at)
