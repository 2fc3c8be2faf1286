"""Who signs in whose stead: the dated deputies of the people file, the day they stand in, how they are named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from errors import DeputyOutOfDates
from escalation.rosters import People, Person
from playbooks.permits import principals


@dataclass(frozen=True, kw_only=True, slots=True)
class Right:
    """By what right somebody signs: alone or not, in their own right or as the deputy of `instead_of`."""

    alone: bool
    instead_of: Person | None = None


def standing_for(by: Person, people: People, *, at: datetime) -> tuple[Person, ...]:
    """The persons whose rights `by` has on the day of `at`: their own first, then those they stand in for."""
    return (by, *principals(by, people=people, at=at))


def signers(people: People, unit: str, role: str, *, at: datetime) -> Iterator[tuple[Person, Person | None]]:
    """Everybody who may sign at `unit` on the day of `at`, each once, with whom they stand in for (None: nobody)."""
    for person in people.people.values():
        for whose in standing_for(person, people, at=at):
            if whose.has(role, unit):
                yield person, None if whose is person else whose
                break


def signed_as(by: str, instead_of: str | None, lang: str) -> str:
    """A signer's name as a letter has it: `王芳 代 李伟`."""
    if instead_of is None:
        return by
    return f"{by} 代 {instead_of}" if lang == "zh" else f"{by} on behalf of {instead_of}"


def require_day(by: Person, unit: str, role: str, *, people: People) -> None:
    """Refuse, naming the dates, who is a deputy on other days; whoever is none is not refused here."""
    for person in people.people.values():
        for acting in person.acting:
            if acting.who == by.id and person.has(role, unit):
                raise DeputyOutOfDates(who=person.name, since=acting.since, until=acting.until)
