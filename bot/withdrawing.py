"""Presses that take a signed notice back before a courier has it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bot import find
from bot.door import wrong
from bot.press import Press
from bot.views import withdrawing as views
from escalation.words import Words
from incidents import picture, records
from incidents import withdraw as act

Modal = dict[str, Any]


def withdraw_open(session: Session, press: Press) -> Modal:
    """What taking it back means, and why; the button carries the notice."""
    of, notice = find.filing(session, press.value)
    private = {"number": of.number, "filing": notice.id}
    return views.withdraw(press.lang, filing=picture.filing(session, of, notice), private=private)


def withdraw(session: Session, press: Press) -> None:
    """Take it back; the next draft of the same duty stands in the room."""
    of = records.incident(session, str(press.private["number"]))
    notice = records.filing(session, int(press.private["filing"]))
    why = str(press.typed.get("why") or "")
    if not why.strip():
        raise wrong("why", Words(zh="理由", en="Reason"), "请写明理由。", "must say why.")
    act.withdraw(session, of, notice, why, people=press.people, by=press.by, at=press.at)
