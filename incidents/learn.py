"""Learn something of an incident: facts keep their history, the event level follows, and the clocks follow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from errors import BadValue, BeforeItBegan
from escalation import regimes
from escalation.rosters import People, Person
from escalation.words import Words
from incidents import grading, machine, owe, permits, picture, records, show
from incidents.facts import AFTERWARDS, KINDS, OWN, RANKS
from incidents.permits import Act
from incidents.records import Fact, Incident
from store import journal

SOURCE_MOST = 120  # what the column holds


def set_facts(
    session: Session,
    of: Incident,
    values: Mapping[str, Any],
    *,
    as_of: datetime,
    source: str,
    note: str = "",
    people: People,
    by: Person,
    at: datetime,
) -> list[str]:
    """Store what was learnt beside what it supersedes; give the names that changed.

    The incident is graded anew (unknown is not zero, so the grade is a lower bound), clocks whose anchor moved
    are re-dated, and unsigned drafts are written again with the new figures.
    """
    permits.require(Act.SET_FACTS, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="更新事实", en="update the facts"))
    _readable(values, source)
    known = records.current_facts(session, of)
    _in_order({name: fact.value["is"] for name, fact in known.items()} | dict(values), values, people)
    changed = {name: value for name, value in values.items() if name not in known or known[name].value["is"] != value}
    if not changed:
        return []
    write(session, of, changed, as_of=as_of, source=source, note=note, by=by.id, at=at)
    told = {"values": changed, "as_of": picture.iso(as_of), "source": source, "note": note}
    journal.write(session, of.matter, "facts_set", told, by=by.id, at=at)
    grade(session, of, people=people, at=at)
    owe.owe(session, of, people=people, by=by.id, at=at)
    show.status(session, of, at=at)
    return list(changed)


def reach(session: Session, of: Incident, units: Sequence[str], *, people: People, by: Person, at: datetime) -> bool:
    """Say which further units the incident reaches: each one's own office is owed what the plan owes to such an office.

    What is owed already stays owed; give whether anything changed.
    """
    permits.require(Act.SET_FACTS, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="更新涉及的单位", en="update the units concerned"))
    reached = [unit for unit in dict.fromkeys(units) if unit != of.unit]
    if any(unit not in people.units for unit in reached):
        field = Words(zh="涉及的单位", en="Units concerned")
        raise BadValue(field=field, expected=Words(zh="请在所列单位中选择。", en="must be among the units listed."))
    if sorted(reached) == sorted(of.affected):
        return False
    told = {"units": [picture.both(people.units[unit].title) for unit in reached]}
    of.affected, of.facts_revision = reached, of.facts_revision + 1
    journal.write(session, of.matter, "reached", told, by=by.id, at=at)
    owe.owe(session, of, people=people, by=by.id, at=at)
    show.status(session, of, at=at)
    return True


def _readable(values: Mapping[str, Any], source: str) -> None:
    """Refuse what no fact is called, what the house records itself, and a source that does not fit its column."""
    for name in values:
        if name not in KINDS or name in OWN:
            raise BadValue(field=name, expected=Words(zh="不是可以填写的事实。", en="is no fact that can be typed."))
    if len(source) > SOURCE_MOST:
        expected = Words(zh=f"最多 {SOURCE_MOST} 个字。", en=f"may have {SOURCE_MOST} characters.")
        raise BadValue(field=Words(zh="来源", en="Source"), expected=expected)


def _in_order(known: Mapping[str, Any], said: Mapping[str, Any], people: People) -> None:
    """Refuse an end that lies before the beginning: clocks hang on both."""
    if not known.get("occurred_at"):
        return
    began = datetime.fromisoformat(known["occurred_at"])
    for name in AFTERWARDS:
        moved = name in said or "occurred_at" in said
        if moved and known.get(name) and datetime.fromisoformat(known[name]) < began:
            raise BeforeItBegan(field=KINDS[name].title, began=people.clock(began), name=name)


def write(
    session: Session,
    of: Incident,
    values: Mapping[str, Any],
    *,
    as_of: datetime,
    source: str,
    note: str = "",
    by: str,
    at: datetime,
) -> None:
    """Add the rows of one revision."""
    of.facts_revision += 1
    for name, value in values.items():
        row = Fact(
            incident_id=of.id,
            revision=of.facts_revision,
            name=name,
            value={"is": value},
            as_of=as_of,
            source=source,
            note=note,
            by=by,
            at=at,
        )
        session.add(row)
    session.flush()


def grade(session: Session, of: Incident, *, people: People, at: datetime) -> None:
    """Grade the event from what is known; a higher grade than before is told to the room with its reason."""
    book = picture.playbook(session, of)
    before, graded_before = of.level, of.graded.get("level")
    facts = {name: fact.value["is"] for name, fact in records.current_facts(session, of).items()}
    found = grading.grade(regimes.criteria(book.criteria), facts, parties=people.organisation.party)
    of.graded = _told(found)
    note_rise(of, before, at=at)
    # A person's decision wins; when the facts come to say more than it, everybody hears, and a person decides again.
    now = of.graded.get("level")
    outgrown = RANKS[now] > max(RANKS[graded_before], RANKS[of.event_level])
    if outgrown or RANKS[of.level] > RANKS[before]:
        told = {"event_level": now, "before": before, "graded": of.graded, "decided": of.event_level}
        journal.write(session, of.matter, "event_graded", told, by="tocsin", at=at)
        if of.activated_at is not None:
            show.news(session, of, "graded", told, at=at)


def note_rise(of: Incident, before: str | None, *, at: datetime) -> None:
    """Remember when the event level rose and from what: a rise starts the higher level's clocks."""
    if RANKS[of.level] > RANKS[before]:
        of.level_before, of.level_changed_at = before, at


def _told(found: grading.Grade) -> dict[str, Any]:
    told = asdict(found)
    return {name: picture.plain(value) for name, value in told.items()}
