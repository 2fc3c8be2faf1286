"""Every notice an incident may owe: the plan's duties, the same in each further province, and what a person added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy.orm import Session

from escalation.duties import Duty
from escalation.rosters import Authority, People
from incidents import picture, records
from incidents.records import Incident
from playbooks.shape import duty_of

AT = "@"  # `D2@shanghai`: the plan's duty D2, towards the office of the unit shanghai
DECIDED = "decided_at"  # what an added notice's clock runs from: somebody decided that it goes


def duties(session: Session, of: Incident, people: People) -> Iterator[Duty]:
    """Every duty: one notice per office, however many units share it."""
    for duty in picture.playbook(session, of).duties:
        told = set()
        for unit in (of.unit, *of.affected):
            there = people.authority(duty.addressee, unit)
            if unit == of.unit:
                yield duty
            elif there is not None and there.id not in told:
                yield replace(duty, id=f"{duty.id}{AT}{unit}")
            told.add(there.id if there else None)
    yield from (duty_of(row.duty) for row in records.added(session, of))


def duty(session: Session, of: Incident, code: str) -> Duty:
    """The duty of a notice, be it that of an older version of the plan; refuses where there is none."""
    row = records.added_as(session, of, code)
    if row is not None:
        return duty_of(row.duty)
    return replace(picture.duty(session, of, code.partition(AT)[0]), id=code)


def unit_of(of: Incident, code: str) -> str:
    """The unit whose office a duty's notice goes to."""
    return code.partition(AT)[2] or of.unit


def towards(session: Session, of: Incident, code: str) -> tuple[str, str]:
    """To whom a duty's notice goes: the kind of office and the unit it is for, whichever office that is today."""
    return duty(session, of, code).addressee.value, unit_of(of, code)


def office(people: People, of: Incident, duty: Duty) -> Authority | None:
    """The office a duty's notice goes to, or None while the people file names none."""
    return people.authority(duty.addressee, unit_of(of, duty.id))
