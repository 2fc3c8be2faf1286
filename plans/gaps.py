"""Follow the gaps of the coverage matrix: find them, name who is to close them by when, remind, close."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from errors import UnknownHolidays
from escalation import track
from escalation.calendar import later
from escalation.records import Deadline, Matter, deadlines
from escalation.rosters import DUTY_MANAGER, PLAN_OWNER, People
from escalation.spans import iso_duration
from escalation.tell import tell
from escalation.words import Words
from plans import coverage
from plans.coverage import Charge, Cover, Due, Listed, Matrix, Reason, Scenario, Thing
from plans.due import by_plan
from plans.records import Entry, Gap, Origin, Plan, Register, entries, open_gaps, plans
from store import journal

KIND = "gap"  # an owner's reminder
WATCH_KIND = "coverage"  # the look that the house takes every morning
MATTER = "coverage"
ROWS_TOLD, UNITS_TOLD = 40, 4
#: Policy where a plan names no cycle of its own (rules of plans, periodic assessment: every three years).
REVIEW_EVERY = "P3Y"

#: By when each plan is to be reviewed and drilled, by its code.
DueOf = Callable[[Session, Sequence[Plan], datetime], Mapping[str, Due]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What a reconciliation found: gaps that are new, gaps that were closed, gaps that stand."""

    found: int
    closed: int
    open: int


# --- looking ---------------------------------------------------------------------------------------------------------


def by_cycle(session: Session, standing: Sequence[Plan], at: datetime) -> Mapping[str, Due]:
    """By when each plan is to be reviewed by its own cycle, else the house's; drills are not asked about."""
    del session, at
    return {plan.code: Due(review_due=_review_due(plan)) for plan in standing}


def as_noted(session: Session, standing: Sequence[Plan], at: datetime) -> Mapping[str, Due]:
    """By when each plan is to be reviewed and drilled, as the house follows it; by its cycle until it is followed."""
    followed = {
        code: Due(review_due=dates.review_due, drill_due=dates.drill_due)
        for code, dates in by_plan(session).items()
        if dates.review_due is not None
    }
    return {**by_cycle(session, standing, at), **followed}


def _review_due(plan: Plan) -> datetime | None:
    try:
        return later(plan.reviewed_at or plan.in_force_at, iso_duration(plan.review_every or REVIEW_EVERY))
    except UnknownHolidays:  # a cycle in working days of a year that nobody has published: nobody knows
        return None


def look(session: Session, *, people: People, at: datetime, due_of: DueOf = as_noted) -> Matrix:
    """The matrix as it stands: every scenario of the register beside every unit of the people file."""
    standing = plans(session)
    register = sorted(entries(session, Register.SCENARIOS), key=lambda entry: entry.id)  # as they were entered
    rows = [Scenario(id=entry.name, title=_words(entry), unit=entry.unit) for entry in register]
    dates = due_of(session, standing, at)
    return coverage.matrix(map(cover, standing), rows, list(people.units.values()), due=dates, at=at)


def lists(session: Session, found: Matrix) -> tuple[Listed, ...]:
    """The lists of equipment, posts and sites held against the matrix."""
    registers = (Register.EQUIPMENT, Register.POSTS, Register.SITES)
    things = [_thing(entry) for register in registers for entry in entries(session, register)]
    return coverage.listed(things, map(cover, plans(session)), found)


def charges(session: Session) -> Mapping[tuple[str, str], Charge]:
    """Who is to close each gap by when."""
    return {(gap.scenario, gap.unit): Charge(owner=gap.owner, due_at=gap.due_at) for gap in open_gaps(session)}


def cover(plan: Plan) -> Cover:
    """What a plan of the register offers to the matrix."""
    return Cover(
        code=plan.code,
        label=plan.label,
        number=plan.number,
        scenarios=tuple(plan.scenarios),
        units=tuple(plan.units),
        outline=plan.outline,
        signed=plan.origin is not Origin.STARTER,
        drilled_at=plan.drilled_at,
        references=frozenset((register, name) for register, names in plan.references.items() for name in names),
    )


def _thing(entry: Entry) -> Thing:
    named = tuple(entry.facts.get("scenarios", ()))
    return Thing(
        register=entry.register.value, id=entry.name, title=_words(entry), unit=entry.unit, scenarios=named
    )  # fmt: skip


def _words(entry: Entry) -> Words:
    return Words(zh=entry.title["zh"], en=entry.title["en"])


# --- settling --------------------------------------------------------------------------------------------------------


def begin(session: Session, *, people: People, at: datetime, due_of: DueOf = as_noted) -> Settled:
    """Take the first look, and one every morning from now on; found again after a restart, it goes on as it was."""
    settled = settle(session, people=people, due_of=due_of, by="tocsin", at=at)
    if not any(due.open for due in deadlines(session, MATTER, WATCH_KIND)):
        track.start(session, MATTER, WATCH_KIND, "daily", started_at=at, ring_at=_tomorrow(people, at))
    return settled


def watch(session: Session, due: Deadline, at: datetime, *, people: People, due_of: DueOf = as_noted) -> datetime:
    """The morning's look: gaps are found and closed, and owners of new ones hear of them at once."""
    del due
    settle(session, people=people, due_of=due_of, by="tocsin", at=at, tell_at=at)
    return _tomorrow(people, at)


def settle(
    session: Session,
    *,
    people: People,
    by: str,
    at: datetime,
    tell_at: datetime | None = None,
    due_of: DueOf = as_noted,
) -> Settled:
    """Look, and reconcile the gaps with what was seen."""
    found = look(session, people=people, due_of=due_of, at=at)
    return reconcile(session, found, people=people, by=by, at=at, tell_at=tell_at)


def reconcile(
    session: Session, found: Matrix, *, people: People, by: str, at: datetime, tell_at: datetime | None = None
) -> Settled:
    """Make the gaps be those of the matrix: new ones get an owner and 30 days, covered ones are closed.

    A gap that stays keeps its due date whatever its reason becomes. Owners of new gaps hear of them at `tell_at`,
    by default the next morning.
    """
    _locked(session, at)
    standing = {(gap.scenario, gap.unit): gap for gap in open_gaps(session)}
    wanted = list(_wanted(session, found, people))
    new = [_open(session, each, at=at) for each in wanted if each.cell not in standing]
    moved = [standing[each.cell] for each in wanted if each.cell in standing and each.moves(standing[each.cell])]
    cells = {each.cell for each in wanted}
    closed = [gap for cell, gap in standing.items() if cell not in cells]
    for gap in closed:
        gap.closed_at = at
    session.flush()
    _note(session, {"found": new, "changed": moved, "closed": closed}, by=by, at=at)
    _remind_all(session, tell_at=tell_at or _tomorrow(people, at), by=by, at=at)
    return Settled(found=len(new), closed=len(closed), open=len(wanted))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wanted:
    """A gap as the matrix has it."""

    cell: tuple[str, str]
    reason: Reason
    plan: str | None
    owner: str

    def moves(self, gap: Gap) -> bool:
        """Bring a gap that stands up to date; whether that changed it."""
        before = (gap.reason, gap.plan, gap.owner)
        gap.reason, gap.plan, gap.owner = self.reason, self.plan, self.owner
        return before != (self.reason, self.plan, self.owner)


def _wanted(session: Session, found: Matrix, people: People) -> Iterator[_Wanted]:
    of_entry = {entry.name: entry.owner for entry in entries(session, Register.SCENARIOS)}
    for scenario, unit, cell, reason in found.gaps:
        owner = owner_of(people, unit, of_entry.get(scenario))
        yield _Wanted(cell=(scenario, unit), reason=reason, plan=cell.plan, owner=owner)


def _open(session: Session, wanted: _Wanted, *, at: datetime) -> Gap:
    scenario, unit = wanted.cell
    gap = Gap(scenario=scenario, unit=unit, found_at=at, due_at=at + coverage.CLOSE_WITHIN)
    wanted.moves(gap)
    session.add(gap)
    return gap


def owner_of(people: People, unit: str, entry_owner: str | None) -> str:
    """Who is to close a gap at `unit`: its plan owner, else the one above, else the entry's owner.

    Where there is none of them, the duty manager; an empty name where the people file names nobody at all.
    """
    known = [entry_owner] if entry_owner in people.people else []
    found = [
        *(person.id for person in people.holders(PLAN_OWNER, unit)),
        *known,
        *(person.id for person in people.holders(DUTY_MANAGER, unit)),
    ]
    return str(found[0]) if found else ""


def _locked(session: Session, at: datetime) -> None:
    """Two that reconcile at once would find the same gap twice: the second waits for the first."""
    if session.get(Matter, MATTER, with_for_update=True) is None:
        track.open_matter(session, MATTER, exercise=False, at=at)


def _note(session: Session, what: Mapping[str, Sequence[Gap]], *, by: str, at: datetime) -> None:
    if any(what.values()):
        told = {kind: [_said(gap) for gap in gaps] for kind, gaps in what.items()}
        journal.write(session, MATTER, "gaps", told, by=by, at=at)


def _said(gap: Gap) -> dict[str, Any]:
    return {
        "scenario": gap.scenario,
        "unit": gap.unit,
        "reason": gap.reason.value,
        "plan": gap.plan,
        "owner": gap.owner,
        "due_at": gap.due_at.isoformat(),
    }


# --- reminding -------------------------------------------------------------------------------------------------------


def _remind_all(session: Session, *, tell_at: datetime, by: str, at: datetime) -> None:
    """One deadline an owner: started with their first gap, moved with their earliest, met with their last."""
    earliest: dict[str, datetime] = {}
    for gap in open_gaps(session):
        if gap.owner:
            earliest.setdefault(gap.owner, gap.due_at)
    before = deadlines(session, MATTER, KIND)
    running = {due.name: due for due in before if due.open}
    for owner, due in running.items():
        if owner not in earliest:
            track.meet(due, at=at)
        elif due.due_at != earliest[owner]:
            ring_at = min(filter(None, (due.ring_at, tell_at)))
            track.redate(
                session, due, started_at=due.started_at, due_at=earliest[owner], ring_at=ring_at, by=by, at=at
            )  # fmt: skip
    for owner in earliest.keys() - running.keys():
        seq = sum(due.name == owner for due in before) + 1
        track.start(
            session, MATTER, KIND, owner, seq=seq, started_at=at, due_at=earliest[owner], ring_at=tell_at
        )  # fmt: skip


def ring(session: Session, due: Deadline, at: datetime, *, people: People) -> datetime | None:
    """Remind an owner of all their gaps in one message; of those past due their superior hears too, every morning."""
    mine = [gap for gap in open_gaps(session) if gap.owner == due.name]
    if not mine:
        track.meet(due, at=at)
        return None
    late = [gap for gap in mine if gap.due_at <= at]
    owner = people.people.get(due.name)
    told = [due.name] if owner else []
    if owner and owner.superior and late:
        told.append(owner.superior)
        _tell(session, due.name, late, to=owner.superior, people=people, at=at)
    if owner:
        _tell(session, due.name, mine, to=due.name, people=people, at=at)
    body = {"owner": due.name, "to": told, "open": len(mine), "late": len(late)}
    journal.write(session, MATTER, "gaps_reminded", body, by="tocsin", at=at)
    return coverage.remind_at([gap.due_at for gap in mine], at, people.organisation.tz)


def _tell(session: Session, owner: str, gaps: Sequence[Gap], *, to: str, people: People, at: datetime) -> None:
    rows = list(_rows(session, gaps, people, at))
    facts = {
        "to": to,
        "owner": owner,
        "total": len(gaps),
        "late": sum(gap.due_at <= at for gap in gaps),
        "rows": rows[:ROWS_TOLD],
        "more": max(0, len(rows) - ROWS_TOLD),
        "at": at.isoformat(),
    }
    day = at.astimezone(people.organisation.tz).date()
    # Of one owner's gaps nobody hears twice a day.
    tell(session, MATTER, "gap_due", facts, key=f"{MATTER}:gap_due:{owner}:{to}:{day}", courier="slack", at=at)


def _rows(session: Session, gaps: Sequence[Gap], people: People, at: datetime) -> Iterator[dict[str, Any]]:
    """One row for all units of a scenario that want the same by the same day."""
    titles = {entry.name: entry.title for entry in entries(session, Register.SCENARIOS)}
    ordered = sorted(gaps, key=lambda gap: (*_alike(gap), gap.unit))
    for (due_at, scenario, reason), alike in groupby(ordered, key=_alike):
        of = list(alike)
        yield {
            "scenario": scenario,
            "title": titles.get(scenario, {"zh": scenario, "en": scenario}),
            "units": [_unit(each.unit, people) for each in of[:UNITS_TOLD]],
            "all_units": len(of) == len(people.units) > 1,
            "more_units": max(0, len(of) - UNITS_TOLD),
            "state": Reason(reason).value,
            "plan": of[0].plan,
            "due_at": due_at.isoformat(),
            "late": due_at <= at,
        }


def _alike(gap: Gap) -> tuple[datetime, str, str]:
    return gap.due_at, gap.scenario, gap.reason.value


def _unit(unit: str, people: People) -> dict[str, str]:
    found = people.units.get(unit)
    return {"zh": found.title.zh, "en": found.title.en} if found else {"zh": unit, "en": unit}


def _tomorrow(people: People, at: datetime) -> datetime:
    zone = people.organisation.tz
    return coverage.morning(at.astimezone(zone).date() + timedelta(days=1), zone)
