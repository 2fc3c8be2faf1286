"""Each person's language as their Slack client has it; the people file's until Slack has said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from escalation.rosters import Person


class Locales:
    """What Slack said last of each person's locale; read by every press, written by `user_change`."""

    def __init__(self) -> None:
        """Nothing has been said yet."""
        self._said: dict[str, str] = {}

    def learn(self, users: Iterable[Mapping[str, Any]]) -> None:
        """Take the locales of these Slack user objects."""
        for user in users:
            if user.get("locale"):
                self._said[str(user["id"])] = str(user["locale"])

    def of(self, person: Person) -> Person:
        """The person, speaking the language of their Slack client."""
        locale = self._said.get(person.slack)
        return replace(person, locale=locale) if locale and locale != person.locale else person
