"""One press, read: who, when, on what, with what typed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.locales import Locales
from bot.views.parts import View
from escalation.links import Links
from escalation.rosters import People, Person
from store.database import Database

Body = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class House:
    """What the door needs of the house, put together by the app."""

    database: Database
    people: People
    locales: Locales
    view: View
    receipts: str
    clock: Callable[[], datetime]
    wake: Callable[[], None]
    links: Links | None = None  # None: nobody outside reads here


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """A file that was given in a form: its name, its bytes, and what was read in it before the transaction."""

    name: str
    content: bytes = field(repr=False)
    read: Any = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Press:
    """One press, read: who, when, on what, with what typed in."""

    house: House
    by: Person
    at: datetime
    value: str = ""
    channel: str | None = None
    message: str = ""
    trigger: str = ""
    view: Body | None = None
    private: Mapping[str, Any] = field(default_factory=dict)
    typed: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Given] = field(default_factory=dict)

    @property
    def lang(self) -> str:
        """The presser's language."""
        return self.by.lang

    @property
    def people(self) -> People:
        """The people file."""
        return self.house.people

    @property
    def number(self) -> str:
        """The incident's number: what the button carries, or what the modal remembers."""
        return self.value.partition("|")[0] if self.value else str(self.private.get("number", ""))

    @property
    def asked_in(self) -> str | None:
        """The channel it was pressed in; a form remembers the one it was opened from."""
        return self.channel or self.private.get("channel")

    @property
    def arg(self) -> str:
        """What the button carries beside the number."""
        return self.value.partition("|")[2]
