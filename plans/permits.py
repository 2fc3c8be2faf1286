"""Who may sign that a plan was reviewed, and put a reminder off: its owner, or a plan owner of where it stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from errors import NotPermitted
from escalation.rosters import DUTY_MANAGER, PLAN_OWNER, People, Person
from escalation.words import Words
from plans.sheets import Row

ROLE = Words(zh="预案责任人", en="plan owner")


def answers_for(by: Person, owner: str, units: Collection[str], people: People) -> bool:
    """Whether `by` answers for a plan of that owner at these units (none named: of the whole organisation)."""
    return by.id == owner or any(by.has(PLAN_OWNER, unit) for unit in where(units, people))


def require(by: Person, owner: str, units: Collection[str], people: People) -> None:
    """Refuse unless `by` answers for the plan."""
    if not answers_for(by, owner, units, people):
        raise NotPermitted(role=ROLE)


def require_entry(by: Person, before: Row | None, after: Row | None, people: People) -> None:
    """Refuse unless `by` may change an entry of a register from `before` to `after` (None: it does not stand then).

    Its owner may, and a plan owner of where it stands, or is to stand; of where nobody named, a plan owner anywhere.
    """
    if before is None and after is None:
        if not any(by.has(PLAN_OWNER, unit) for unit in people.units):
            raise NotPermitted(role=ROLE)
        return
    for row in filter(None, (before, after)):
        # Whose entry it is decides who was its owner before the change: nobody makes themselves one.
        require(by, before.owner or "" if before else "", [row.unit] if row.unit else [], people)


def where(units: Collection[str], people: People) -> Sequence[str]:
    """The units a plan stands for, those the people file knows; none named: the units that stand at the top."""
    known = [each for each in units if each in people.units]
    return known or [unit.id for unit in people.units.values() if unit.parent is None]


def owners(owner: str, units: Collection[str], people: People) -> list[Person]:
    """Who is reminded: the owner; when they left, the plan owners of its units; else who is on duty there."""
    if owner in people.people:
        return [people.person(owner)]
    for post in (PLAN_OWNER, DUTY_MANAGER):
        found = [each for unit in where(units, people) for each in people.holders(post, unit)]
        if found:
            return list({each.id: each for each in found}.values())
    return []


def superiors(owner: str, units: Collection[str], people: People) -> list[Person]:
    """Who is told when the owner does nothing: their superior; who has none in the file is told themselves."""
    named = [each.superior for each in owners(owner, units, people) if each.superior in people.people]
    return [people.person(each) for each in dict.fromkeys(named) if each is not None]
