"""Keep the risk registers 风险清单: put an entry, retire one, take a sheet in, give one out, begin with starters."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import KeptElsewhere, NoSuchEntry
from escalation.rosters import People, Person
from escalation.words import Words
from plans import permits, sheets, triggers
from plans.records import Entry, Register, entries
from plans.sheets import Known, Row
from store import journal

#: In this order: the others name scenarios.
STARTERS = (Register.SCENARIOS, Register.EQUIPMENT, Register.POSTS, Register.SITES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What a sheet did to a register: names of entries that are new, that changed, and how many stayed as they were."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    same: int


def put(session: Session, register: Register, row: Row, *, people: People, by: Person, at: datetime) -> Entry:
    """Enter `row`, or change the entry of its name, a retired one standing again; the same again writes nothing.

    Every plan that leans on an entry that changed wants revision. Refuses who answers neither for the entry nor for
    where it stands.
    """
    if register is Register.UNITS:
        raise KeptElsewhere
    found = _find(session, register, row.name)
    before = row_of(found) if found is not None and found.retired_at is None else None
    if before != _plain(row):
        permits.require_entry(by, before, row, people)
    return _put(session, register, row, by=by.id, at=at)


def _put(session: Session, register: Register, row: Row, *, by: str, at: datetime) -> Entry:
    found = _find(session, register, row.name)
    named = {row.name: found} if found is not None else {}
    standing = {name: row_of(each) for name, each in named.items() if each.retired_at is None}
    _take(session, register, [row], named, standing, by=by, at=at)
    return found or session.scalars(select(Entry).where(Entry.register == register, Entry.name == row.name)).one()


def retire(
    session: Session, register: Register, name: str, *, people: People, by: Person, at: datetime
) -> Sequence[str]:
    """Let an entry stand no longer; every plan that leans on it wants revision. Answers those plans' codes.

    Refuses what is not there, or retired already, and who answers neither for it nor for where it stands.
    """
    found = _find(session, register, name)
    if found is None or found.retired_at is not None:
        raise NoSuchEntry(register=register.value, name=name)
    permits.require_entry(by, row_of(found), None, people)
    found.retired_at = at
    raised = triggers.entries_changed(session, [found], retired=True, by=by.id, at=at)
    told = {"name": name, "title": found.title, "plans": [each.plan for each in raised]}
    journal.write(session, matter(register), "entry_retired", told, by=by.id, at=at)
    return [each.plan for each in raised]


def take(
    session: Session, register: Register, content: bytes, *, file: str, people: People, by: Person, at: datetime
) -> Taken:
    """Take a whole sheet in, or refuse it with every fault at once and write nothing.

    What the sheet leaves out stays as it is: nothing retires by being forgotten. Refuses who answers neither for an
    entry that it changes nor for where that stands.
    """
    found, known = _entries(session, register), _scenarios(session)
    standing = {name: row_of(each) for name, each in found.items() if each.retired_at is None}
    rows = _read(register, content, file=file, people=people, scenarios=known, standing=standing)
    for row in rows:
        if standing.get(row.name) != _plain(row):
            permits.require_entry(by, standing.get(row.name), row, people)
    taken = _take(session, register, rows, found, standing, by=by.id, at=at)
    told = {"file": file, "digest": hashlib.sha256(content).hexdigest(), "rows": len(rows)}
    told |= {"new": len(taken.new), "changed": len(taken.changed), "same": taken.same}
    journal.write(session, matter(register), "sheet_taken", told, by=by.id, at=at)
    return taken


def read_csv(session: Session, register: Register, content: bytes, *, file: str, people: People) -> tuple[Row, ...]:
    """The rows of a sheet, its names held against the people file and the scenarios that stand."""
    standing = {entry.name: row_of(entry) for entry in entries(session, register)}
    return _read(register, content, file=file, people=people, scenarios=_scenarios(session), standing=standing)


def _read(
    register: Register,
    content: bytes,
    *,
    file: str,
    people: People,
    scenarios: Collection[str],
    standing: Mapping[str, Row],
) -> tuple[Row, ...]:
    if register is Register.UNITS:
        raise KeptElsewhere
    known = Known(units=people.units.keys(), people=people.people.keys(), scenarios=scenarios, standing=standing)
    return sheets.read(content, register, known, file)


def _scenarios(session: Session) -> frozenset[str]:
    wanted = select(Entry.name).where(Entry.register == Register.SCENARIOS, Entry.retired_at.is_(None))
    return frozenset(session.scalars(wanted))


def as_csv(session: Session, register: Register) -> str:
    """What stands in a register, as a sheet that `take` reads back without a change."""
    if register is Register.UNITS:
        raise KeptElsewhere
    return sheets.write(register, map(row_of, entries(session, register)))


def start(session: Session, folder: Path, *, people: People, by: str, at: datetime) -> int:
    """Fill registers that never held anything from the starter sheets of `folder`; how many entries that made.

    The starter sheets were written for the sample people file: what stands at a unit that this one does not know
    is left out, an owner it does not know is nobody.
    """
    # Only while the house is new: once a register was touched, it is the organisation's own.
    new = [register for register in STARTERS if not _touched(session, register)]
    return sum(_begin(session, register, folder, people=people, by=by, at=at) for register in new)


def _begin(session: Session, register: Register, folder: Path, *, people: People, by: str, at: datetime) -> int:
    path = folder / f"{register.value}.csv"
    scenarios = {entry.name for entry in entries(session, Register.SCENARIOS)}
    known = Known(units=None, people=None, scenarios=scenarios)
    rows = [
        replace(row, owner=row.owner if row.owner in people.people else None)
        for row in sheets.read(path.read_bytes(), register, known, path.name)
        if row.unit is None or row.unit in people.units
    ]
    return len(_take(session, register, rows, {}, {}, by=by, at=at).new)


def _take(
    session: Session,
    register: Register,
    rows: Iterable[Row],
    found: Mapping[str, Entry],
    standing: Mapping[str, Row],
    *,
    by: str,
    at: datetime,
) -> Taken:
    """Write the rows that say anything new over the entries `found` (retired ones too), all with one flush."""
    new: list[str] = []
    changed: list[Entry] = []
    same = 0
    for row in map(_plain, rows):
        before = standing.get(row.name)
        if before == row:
            same += 1
            continue
        entry = found.get(row.name) or Entry(register=register, name=row.name)
        _write(entry, row)
        session.add(entry)
        journal.write(session, matter(register), "entry_put", _told(row), by=by, at=at)
        changed += [entry] if before is not None else []
        new += [row.name] if before is None else []
    session.flush()
    triggers.entries_changed(session, changed, retired=False, by=by, at=at)
    return Taken(new=tuple(new), changed=tuple(each.name for each in changed), same=same)


def _write(entry: Entry, row: Row) -> None:
    entry.title, entry.unit, entry.owner = _both(row.title), row.unit, row.owner
    entry.facts, entry.retired_at = dict(row.facts), None


def matter(register: Register) -> str:
    """What the journal of a register hangs on."""
    return f"register:{register.value}"


def row_of(entry: Entry) -> Row:
    """An entry as people write it."""
    title = Words(zh=entry.title["zh"], en=entry.title["en"])
    return Row(name=entry.name, title=title, unit=entry.unit, owner=entry.owner, facts=dict(entry.facts))


def _entries(session: Session, register: Register) -> dict[str, Entry]:
    """Everything that ever stood in a register, by name."""
    return {each.name: each for each in session.scalars(select(Entry).where(Entry.register == register))}


def _find(session: Session, register: Register, name: str) -> Entry | None:
    return session.scalars(select(Entry).where(Entry.register == register, Entry.name == name)).one_or_none()


def _touched(session: Session, register: Register) -> bool:
    return session.scalars(select(Entry.id).where(Entry.register == register).limit(1)).first() is not None


def _plain(row: Row) -> Row:
    """The row as the database gives it back: lists for tuples, dictionaries for mappings."""
    return replace(row, facts={name: _json(value) for name, value in row.facts.items()})


def _json(value: Any) -> Any:  # noqa: ANN401 -- JSON of any shape
    return list(value) if isinstance(value, tuple) else value


def _both(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _told(row: Row) -> dict[str, Any]:
    return {"name": row.name, "title": _both(row.title), "unit": row.unit, "owner": row.owner, "facts": row.facts}


# --- what a retired entry asks for -----------------------------------------------------------------------------------

#: Of the revision triggers (生产安全事故应急条例 art. 6) the one that each register's entry is.
