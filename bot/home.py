"""Home: what is mine, what is open, what is due; shown when it is opened and after each press on it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot import find
from bot.press import Press
from escalation.tell import tell
from incidents import show


def show_home(session: Session, press: Press) -> None:
    """Publish the presser's Home as it stands."""
    facts = find.home(session, press.by, press.people, at=press.at) | {"to": press.by.id}
    key = f"home:{press.by.id}:{press.at.isoformat()}"
    tell(
        session, show.HOUSE, "home", facts, key=key, courier=show.CHAT, latest_of=f"home:{press.by.id}", priority=1,
        at=press.at,
    )  # fmt: skip
