"""Who may do what to a plan: one literal table; in one's own right, or as the dated deputy of who may."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from errors import NotPermitted
from escalation.rosters import APPROVER, DUTY_MANAGER, PLAN_OWNER, RESPONDER, ROLE_TITLES, People, Person
from escalation.words import Words


class Act(StrEnum):
    """Everything a person can do to a plan."""

    WRITE = "write"
    COMMENT = "comment"
    REVIEW = "review"
    SIGN = "sign"
    ISSUE = "issue"
    AMEND = "amend"
    WITHDRAW = "withdraw"
    FILE = "file"


PERMITS: Mapping[Act, tuple[str, ...]] = {
    Act.WRITE: (PLAN_OWNER,),
    Act.COMMENT: (PLAN_OWNER, APPROVER, DUTY_MANAGER, RESPONDER),
    Act.REVIEW: (PLAN_OWNER, APPROVER, DUTY_MANAGER),
    Act.SIGN: (APPROVER,),  # the principal head's role 主要负责人签发 (国办发〔2024〕5号)
    Act.ISSUE: (PLAN_OWNER, APPROVER),
    Act.AMEND: (DUTY_MANAGER, APPROVER),
    Act.WITHDRAW: (APPROVER,),
    Act.FILE: (PLAN_OWNER, APPROVER),
}


def require(act: Act, by: Person, units: Collection[str], *, people: People, at: datetime) -> str | None:
    """Refuse unless `by` may do `act` at every one of `units` (none named: at every unit there is).

    Answers whom they stand in for: None where they act in their own right, else the id of the person whose dated
    deputy they are on the day of `at`.
    """
    if holds(by, PERMITS[act], units):
        return None
    for principal in principals(by, people=people, at=at):
        if holds(principal, PERMITS[act], units):
            return principal.id
    zh, en = zip(*(ROLE_TITLES[role] for role in PERMITS[act]), strict=True)
    raise NotPermitted(role=Words(zh=" / ".join(zh), en=" / ".join(en)))


def may(act: Act, by: Person, units: Collection[str], *, people: People, at: datetime) -> bool:
    """Whether `by` may do `act` at every one of `units`."""
    try:
        require(act, by, units, people=people, at=at)
    except NotPermitted:
        return False
    return True


def holds(person: Person, roles: Collection[str], units: Collection[str]) -> bool:
    """Whether `person` holds one of `roles` at every one of `units`; none named: at every unit of the file."""
    where = units or person.roles
    return bool(where) and all(any(person.has(role, unit) for role in roles) for unit in where)


def principals(by: Person, *, people: People, at: datetime) -> Iterator[Person]:
    """Whose deputy `by` is on the day of `at`, as the people file dates it, in the file's order."""
    day = at.astimezone(people.organisation.tz).date()
    for person in people.people.values():
        if any(acting.who == by.id and acting.since <= day <= acting.until for acting in person.acting):
            yield person
