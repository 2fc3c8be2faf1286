"""Presses about the sealed scan of a letter: where to give it, and what became of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bot import find
from bot.door import Field, wrong
from bot.press import Given, Press
from bot.views import stamping as views
from errors import BadUpload
from escalation.words import Words
from incidents import picture, records, stamp

Modal = dict[str, Any]
SCAN = Words(zh="盖章扫描件", en="Sealed scan")


def scan_open(session: Session, press: Press) -> Modal:
    """Where to give the scan; the button carries the notice."""
    of, notice = find.filing(session, press.value)
    private = {"number": of.number, "filing": notice.id}
    return views.scan(press.lang, filing=picture.filing(session, of, notice), private=private)


def read(given: Given) -> str:
    """What it is by its first bytes; nothing else of it is read."""
    try:
        return stamp.media_type(given.name, given.content)
    except BadUpload as refused:
        raise Field("scan", refused) from None


def attach(session: Session, press: Press) -> None:
    """Send it with the letter, or after it."""
    given = press.files.get("scan")
    if given is None:
        raise wrong("scan", SCAN, "请选择一个文件。", "choose a file.")
    of = records.incident(session, str(press.private["number"]))
    notice = records.filing(session, int(press.private["filing"]))
    stamp.attach(session, of, notice, given.name, given.content, people=press.people, by=press.by, at=press.at)
