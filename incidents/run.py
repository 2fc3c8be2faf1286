"""Run an incident: declare, activate, change level, roles, tasks, stand down, cancel, merge."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from errors import (
    AlreadyDone,
    BadValue,
    EvidenceWanted,
    NotForThisPlan,
    NotTheHolder,
    OpenIncidentFits,
    SameIncident,
)
from escalation import call, track
from escalation.records import Standing, deadline, deadlines, dispatch
from escalation.rosters import DUTY_MANAGER, People, Person
from escalation.tell import recall, tell
from escalation.words import Words
from incidents import learn, machine, owe, permits, picture, records, show
from incidents.machine import State, Step
from incidents.permits import Act
from incidents.records import TASK, Holding, Incident, Task
from playbooks.records import Version, in_force_for, in_force_of, playbook_of, version
from playbooks.shape import Playbook
from playbooks.shape import Role as PlanRole
from playbooks.shape import Task as PlanTask
from store import journal

COMMANDER = "commander"
FITS_WITHIN = timedelta(hours=24)
ADDED_DUE = timedelta(hours=1)
TITLE_MOST = 200  # what the column holds


@dataclass(frozen=True, kw_only=True, slots=True)
class Declaration:
    """What somebody says has happened; `facts` may be empty, `anyway` declares although another one fits."""

    title: str
    scenario: str
    unit: str
    occurred_at: datetime
    exercise: bool = False
    asked_in: str | None = None  # the channel it was declared from: where the declarer is told of the room
    facts: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    anyway: bool = False


# --- declare -------------------------------------------------------------------------------------------------------


def declare(session: Session, said: Declaration, *, people: People, by: Person, at: datetime) -> Incident:
    """Open an incident on the version in force, with a room, a status card and the duty people, the declarer first.

    Refuses `OpenIncidentFits` when one for the same scenario and place is already open (somebody was faster),
    unless `said.anyway`. Whether it is a drill is decided here and never again.
    """
    permits.require(Act.DECLARE, by, said.unit)
    if not 0 < len(said.title.strip()) <= TITLE_MOST:
        title = Words(zh="发生了什么", en="What happened")
        raise BadValue(field=title, expected=Words(zh="请用一句话说明。", en="must say it in one sentence."))
    above = [unit.id for unit in people.line_of(said.unit)][1:]
    plan = in_force_for(session, said.scenario, unit=said.unit, units_above=above, at=at)
    # Whoever declares at the same moment waits here, and then sees this one.
    series = records.series(session, _series(said, at.astimezone(people.organisation.tz).year))
    if not said.anyway:
        _refuse_twin(session, said, people=people, at=at)
    series.last += 1
    number = f"{series.series}-{series.last:04d}"
    of = Incident(
        number=number,
        title=said.title.strip(),
        scenario=said.scenario,
        unit=said.unit,
        exercise=said.exercise,
        state=State.DECLARED.value,
        version_id=plan.id,
        graded={},
        commander=None,
        declared_by=by.id,
        declared_at=at,
        facts_revision=0,
        edits=0,
    )
    session.add(of)
    session.flush()
    track.open_matter(session, of.matter, exercise=of.exercise, at=at)
    told = {"title": of.title, "number": number, "plan": plan.label, "exercise": of.exercise, "unit": of.unit}
    journal.write(session, of.matter, "declared", told, by=by.id, at=at)
    _first_facts(session, of, said, people=people, by=by, at=at)
    _take_command(session, of, by, at=at)
    _open_room(session, of, playbook_of(plan), asked_in=said.asked_in, people=people, by=by, at=at)
    return of


def _series(said: Declaration, year: int) -> str:
    return f"{'DRILL' if said.exercise else 'INC'}-{year}"


def _refuse_twin(session: Session, said: Declaration, *, people: People, at: datetime) -> None:
    for other in records.open_incidents(session):
        same_thing = other.scenario == said.scenario and other.exercise == said.exercise
        if same_thing and at - other.declared_at < FITS_WITHIN and _same_place(other.unit, said.unit, people):
            when, who = people.clock(other.declared_at), people.name(other.declared_by)
            raise OpenIncidentFits(number=other.number, title=other.title, who=who, when=when)


def _same_place(one: str, other: str, people: People) -> bool:
    """Whether one unit is the other or stands above it; a unit that has left the file is only itself."""
    if one not in people.units:
        return one == other
    return one in {unit.id for unit in people.line_of(other)} or other in {unit.id for unit in people.line_of(one)}


def _first_facts(
    session: Session, of: Incident, said: Declaration, *, people: People, by: Person, at: datetime
) -> None:
    # Declaring is becoming aware; a corrected instant re-dates what hangs on it.
    known = {"occurred_at": said.occurred_at.isoformat(), "aware_at": at.isoformat(), **said.facts}
    source = said.source or by.name
    learn.write(session, of, known, as_of=at, source=source, by=by.id, at=at)
    told = {"values": known, "as_of": at.isoformat(), "source": source, "note": ""}
    journal.write(session, of.matter, "facts_set", told, by=by.id, at=at)
    learn.grade(session, of, people=people, at=at)
    # The first grade is no rise: the event was that serious from its beginning.
    of.level_before, of.level_changed_at = None, None


def _take_command(session: Session, of: Incident, by: Person, *, at: datetime) -> None:
    if by.has(COMMANDER, of.unit) or by.has(DUTY_MANAGER, of.unit):
        of.commander = by.id
        _hold(session, of, COMMANDER, by.id, at=at)


def _open_room(
    session: Session, of: Incident, book: Playbook, *, asked_in: str | None, people: People, by: Person, at: datetime
) -> None:
    invited = _invited(of, book.roles, people, first=by)
    head = picture.head(session, of)
    key = f"{of.matter}:room"
    day = at.astimezone(people.organisation.tz).strftime("%m%d")
    name = f"{'drill' if of.exercise else 'inc'}-{day}-{of.number[-4:]}-{book.code}"
    opening = head | {"name": name, "asked_in": asked_in}
    tell(
        session, of.matter, "room.open", opening, key=key, courier=show.CHAT, remembers="room", then="room_settled",
        priority=show.FIRST, at=at,
    )  # fmt: skip
    show.room(session, of, "room.invite", {"whom": invited}, at=at, priority=show.FIRST)
    show.status(session, of, at=at, priority=1)
    show.room(session, of, "room.topic", head, at=at, priority=show.WHENEVER)
    show.room(session, of, "room.pin", {}, at=at, priority=show.WHENEVER)
    show.room(session, of, "room.bookmark", head, at=at, priority=show.WHENEVER)


def _invited(of: Incident, roles: Iterable[PlanRole], people: People, *, first: Person) -> list[str]:
    posts = [first.id]
    posts += [person.id for role in roles for person in people.holders(role.post, of.unit)]
    posts += [person.id for role in (DUTY_MANAGER, "approver") for person in people.holders(role, of.unit)]
    return list(dict.fromkeys(posts))


# --- levels --------------------------------------------------------------------------------------------------------


def activate(
    session: Session,
    of: Incident,
    level: str,
    *,
    event_level: str | None = None,
    reason: str = "",
    people: People,
    by: Person,
    at: datetime,
) -> None:
    """Start the plan at a response level: roles are called, tasks are due, clocks start, all at once."""
    permits.require(Act.ACTIVATE, by, of.unit, commander=of.commander)
    of.state = machine.advance(of.stands, Step.ACTIVATE).value
    of.activated_at = at
    _decide_event_level(session, of, event_level, rises=False, by=by, at=at)
    of.response_level = level
    told = {"level": level, "event_level": of.level, "reason": reason}
    journal.write(session, of.matter, "activated", told, by=by.id, at=at)
    _start_level(session, of, None, level, people=people, by=by, at=at)
    owe.owe(session, of, people=people, by=by.id, at=at)
    show.status(session, of, at=at)
    show.duty_room(session, at=at)


def set_level(
    session: Session,
    of: Incident,
    level: str,
    *,
    event_level: str | None = None,
    reason: str,
    people: People,
    by: Person,
    at: datetime,
) -> None:
    """Raise or lower the response level (and decide the event level): starts what is added, restarts nothing.

    Once the response is over only the event level can still be decided: what is owed, and closing, hang on it.
    """
    permits.require(Act.SET_LEVEL, by, of.unit, commander=of.commander)
    over = of.stands in (State.STOOD_DOWN, State.REVIEWED) and event_level is not None and level == of.response_level
    if of.stands is not State.RESPONDING and not over:
        machine.refuse(of.stands, Words(zh="调整级别", en="change the level"))
    before, event_before = of.response_level, of.level
    _decide_event_level(session, of, event_level, rises=True, by=by, at=at)
    of.response_level = level
    told = {
        "level": level,
        "before": before,
        "event_level": of.level,
        "event_before": event_before,
        "reason": reason,
    }
    journal.write(session, of.matter, "level_set", told, by=by.id, at=at)
    started = {} if over else _start_level(session, of, before, level, people=people, by=by, at=at)
    show.news(session, of, "level", told | started | {"by": by.id}, at=at, priority=show.FIRST)
    owe.owe(session, of, people=people, by=by.id, at=at)
    show.status(session, of, at=at)
    show.duty_room(session, at=at)


def _decide_event_level(
    session: Session, of: Incident, level: str | None, *, rises: bool, by: Person, at: datetime
) -> None:
    """A person's decision wins over the grade; None leaves what stands."""
    if level is None or level == of.event_level:
        return
    before = of.level
    of.event_level = level
    if rises and before is not None:
        learn.note_rise(of, before, at=at)
    learn.write(session, of, {"classified_at": at.isoformat()}, as_of=at, source=by.name, by=by.id, at=at)
    journal.write(session, of.matter, "event_level_set", {"level": level, "before": before}, by=by.id, at=at)


def preview(
    session: Session, of: Incident, level: str, event_level: str | None, *, people: People, at: datetime
) -> dict[str, int]:
    """What these levels would start: tasks, roles to call, statutory clocks; it touches nothing already met."""
    book = picture.playbook(session, of)
    known = _called_or_held(session, of)
    have = {task.code for task in records.tasks(session, of)}
    return {
        "tasks": sum(task.id not in have for task in book.tasks_at(level)),
        "roles": sum(role.id not in known for role in book.roles_at(level)),
        "clocks": owe.would_start(session, of, book, event_level or of.level, people=people, at=at),
    }


def _called_or_held(session: Session, of: Incident) -> set[str]:
    calling = {due.name for due in deadlines(session, of.matter, call.KIND) if due.open}
    return {*records.holders(session, of)} | calling


def _start_level(
    session: Session, of: Incident, before: str | None, level: str, *, people: People, by: Person, at: datetime
) -> dict[str, Any]:
    book = picture.playbook(session, of)
    called = _call_roles(session, of, book, level, people=people, by=by, at=at)
    added = _add_tasks(session, of, book, level, by=by, at=at)
    show.tasks(session, of, dict.fromkeys(task.role for task in added), at=at)
    if before is not None and called:
        newcomers = _invited(of, called, people, first=by)
        show.room(session, of, "room.invite", {"whom": newcomers}, at=at, priority=show.FIRST)
    return {"started_tasks": len(added), "called": [role.id for role in called]}


def _call_roles(
    session: Session, of: Incident, book: Playbook, level: str, *, people: People, by: Person, at: datetime
) -> list[PlanRole]:
    """Call every role of the level that nobody holds: one message now, each role's own ladder from here on.

    Who is being called already is not called from the beginning again.
    """
    known = _called_or_held(session, of)
    wanted = [role for role in book.roles_at(level) if role.id not in known]
    rows = []
    head = picture.head(session, of)
    for role in wanted:
        rungs = call.steps(book.ladder, role.post, of.unit, people)
        title = picture.both(role.title)
        rows.append({"role": role.id, "title": title, "brief": picture.both(role.brief), "whom": rungs[0]["whom"]})
        card = head | {"title_of_role": title, "brief": picture.both(role.brief)}
        call.begin(session, of.matter, role.id, rungs, book.ladder, card=card, at=at)
    if rows:
        told = {"roles": [{"role": row["role"], "whom": row["whom"]} for row in rows]}
        journal.write(session, of.matter, "roles_called", told, by=by.id, at=at)
        show.calls(session, of, {"rows": rows, "level": level}, at=at)
    return wanted


def _add_tasks(session: Session, of: Incident, book: Playbook, level: str, *, by: Person, at: datetime) -> list[Task]:
    have = {task.code for task in records.tasks(session, of)}
    added = []
    for wanted in book.tasks_at(level):
        if wanted.id in have:
            continue
        evidence = picture.both(wanted.evidence) if wanted.evidence else None
        words = picture.both(wanted.do)
        due_at = at + wanted.due
        added.append(
            _task(
                session,
                of,
                code=wanted.id,
                role=wanted.role,
                words=words,
                evidence=evidence,
                due_at=due_at,
                by=by,
                at=at,
            )
        )
    return added


def _task(
    session: Session,
    of: Incident,
    *,
    code: str,
    role: str,
    words: dict[str, str],
    evidence: dict[str, str] | None,
    due_at: datetime,
    by: Person,
    at: datetime,
) -> Task:
    task = Task(
        incident_id=of.id,
        code=code,
        role=role,
        words=words,
        evidence=evidence,
        due_at=due_at,
        added_by=by.id,
        added_at=at,
    )
    session.add(task)
    session.flush()
    track.start(session, of.matter, TASK, code, started_at=at, due_at=due_at, ring_at=due_at)
    return task


# --- roles ---------------------------------------------------------------------------------------------------------


def take_role(session: Session, of: Incident, role: str, *, people: People, by: Person, at: datetime) -> None:
    """Answer the call: hold the role from now on, and the calling stops."""
    permits.require(Act.TAKE_ROLE, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="承担岗位", en="take a role"))
    held = records.holding(session, of, role)
    if held is not None and held.person == by.id:
        return
    if held is not None:
        raise AlreadyDone(who=people.name(held.person), when=people.clock(held.since_at))
    if role == COMMANDER:
        _may_command(session, of, by)
    _hold(session, of, role, by.id, at=at)
    call.answer(session, of.matter, role, at=at)
    journal.write(session, of.matter, "role_taken", {"role": role, "person": by.id}, by=by.id, at=at)
    # A deputy or a superior was called straight, and never invited.
    if by.id not in _invited(of, picture.playbook(session, of).roles, people, first=people.person(of.declared_by)):
        show.room(session, of, "room.invite", {"whom": [by.id]}, at=at, priority=show.SOON)
    _show_role(session, of, role, at=at)


def _may_command(session: Session, of: Incident, by: Person) -> None:
    """Command brings rights with it: whom the people file names for it may take it, and who was called for it."""
    calls = [due for due in deadlines(session, of.matter, call.KIND) if due.name == COMMANDER and due.open]
    called = {who for due in calls for rung in due.facts["rungs"] for who in rung["whom"]}
    if by.id not in called:
        by.require(of.unit, COMMANDER, DUTY_MANAGER)


def hand_over(session: Session, of: Incident, role: str, to: Person, *, by: Person, at: datetime) -> None:
    """Give a role to another: only its holder, the commander or a duty manager may; both names stay on record."""
    permits.require(Act.HAND_OVER, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="移交岗位", en="hand a role over"))
    held = records.holding(session, of, role)
    commands = of.commander == by.id or by.has(DUTY_MANAGER, of.unit)
    if not commands and (held is None or held.person != by.id):
        raise NotTheHolder(role=role)
    if held is not None:
        held.until_at = at
        session.flush()
    _hold(session, of, role, to.id, at=at)
    call.answer(session, of.matter, role, at=at)
    told = {"role": role, "from": held.person if held else None, "to": to.id}
    journal.write(session, of.matter, "handed_over", told, by=by.id, at=at)
    show.room(session, of, "room.invite", {"whom": [to.id]}, at=at, priority=show.SOON)
    title = picture.role_title(session, of, role)
    show.news(session, of, "handed_over", told | {"by": by.id, "role_title": title}, to=to.id, at=at)
    _show_role(session, of, role, at=at)


def _hold(session: Session, of: Incident, role: str, person: str, *, at: datetime) -> None:
    session.add(Holding(incident_id=of.id, role=role, person=person, since_at=at))
    if role == COMMANDER:
        of.commander = person
    session.flush()


def _show_role(session: Session, of: Incident, role: str, *, at: datetime) -> None:
    if records.tasks(session, of, role):
        show.tasks(session, of, [role], at=at)
    show.calls_again(session, of, role, at=at)
    show.status(session, of, at=at)


# --- tasks ---------------------------------------------------------------------------------------------------------


def add_task(
    session: Session, of: Incident, role: str, text: str, *, due_at: datetime | None, by: Person, at: datetime
) -> Task:
    """Add a task that the plan does not have."""
    permits.require(Act.ADD_TASK, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="增加任务", en="add a task"))
    if not text.strip():
        field_ = Words(zh="任务", en="Task")
        raise BadValue(field=field_, expected=Words(zh="请写明要做什么。", en="must say what is to be done."))
    code = f"X{sum(task.code.startswith('X') for task in records.tasks(session, of)) + 1:02d}"
    words = {"zh": text.strip(), "en": text.strip()}
    due_at = due_at or at + ADDED_DUE
    task = _task(session, of, code=code, role=role, words=words, evidence=None, due_at=due_at, by=by, at=at)
    journal.write(session, of.matter, "task_added", {"code": code, "role": role, "do": words}, by=by.id, at=at)
    show.tasks(session, of, [role], at=at)
    show.status(session, of, at=at)
    return task


def take_task(session: Session, of: Incident, code: str, *, people: People, by: Person, at: datetime) -> None:
    """Say that one is on it."""
    permits.require(Act.TAKE_TASK, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="领取任务", en="take a task"))
    task = records.task(session, of, code)
    _not_done(task, people)
    task.assignee = by.id
    journal.write(session, of.matter, "task_taken", {"code": code, "do": task.words}, by=by.id, at=at)
    show.tasks(session, of, [task.role], at=at)


def tick_task(
    session: Session, of: Incident, code: str, *, evidence: str = "", people: People, by: Person, at: datetime
) -> Task:
    """Tick a task; one that wants evidence is refused without it."""
    permits.require(Act.TICK_TASK, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="完成任务", en="tick a task"))
    task = records.task(session, of, code)
    _not_done(task, people)
    if task.evidence and not evidence.strip():
        raise EvidenceWanted(evidence=Words(zh=task.evidence["zh"], en=task.evidence["en"]))
    task.done_by, task.done_at, task.given = by.id, at, evidence.strip() or None
    due = deadline(session, of.matter, TASK, code)
    if due is not None:
        track.meet(due, at=at)
    told = {"code": code, "do": task.words, "evidence": task.given}
    journal.write(session, of.matter, "task_done", told, by=by.id, at=at)
    show.tasks(session, of, [task.role], at=at)
    show.status(session, of, at=at)
    return task


def _not_done(task: Task, people: People) -> None:
    if task.done_at is not None:
        raise AlreadyDone(who=people.name(task.done_by), when=people.clock(task.done_at))


# --- another version of the plan ------------------------------------------------------------------------------------

LEFT = Words(zh="新版预案不再列入", en="no longer in the plan")


def move(session: Session, of: Incident, to: Version, *, people: People, by: Person, at: datetime) -> None:
    """Run on the version of its plan that is in force now: a person decides, and everybody is told.

    What is done stays done, what is met stays met. Open tasks read as the new version has them, tasks and duties
    that are new begin now, open tasks that it has no longer are settled and marked so; a clock that it no longer
    asks for stays until a person says that it is not owed. Refuses a version that is not in force.
    """
    permits.require(Act.MOVE, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="改用新版本", en="move to another version"))
    before = version(session, of.version_id)
    if before.id == to.id:
        return
    _may_move(session, before, to, at=at)
    facts = picture.plan_change(before, to)
    of.version_id = to.id
    told = {"before": before.label, "now": to.label, "changes": facts["changes"]}
    journal.write(session, of.matter, "plan_moved", told, by=by.id, at=at)
    counts = _move_work(session, of, playbook_of(before), playbook_of(to), people=people, by=by, at=at)
    learn.grade(session, of, people=people, at=at)
    owe.owe(session, of, people=people, by=by.id, at=at)
    moved = {"by": by.id, "at": at.isoformat(), **counts}
    show.plan_changed(session, of, facts | {"moved": moved}, at=at)
    head = picture.head(session, of)
    show.room(session, of, "room.topic", head, at=at, priority=show.WHENEVER)
    show.room(session, of, "room.bookmark", head, at=at, priority=show.WHENEVER)
    show.status(session, of, at=at)
    show.duty_room(session, at=at)


def _may_move(session: Session, before: Version, to: Version, *, at: datetime) -> None:
    if to.code != before.code:
        zh, en = f"{to.label} 是另一份预案。", f"{to.label} is another plan."
        raise NotForThisPlan(why=Words(zh=zh, en=en))
    standing = in_force_of(session, to.code, at=at)
    if standing is None or standing.id != to.id:
        now = standing.label if standing is not None else "—"
        zh, en = f"{to.label} 已不是现行版本（现行：{now}）。", f"{to.label} is not in force (now: {now})."
        raise NotForThisPlan(why=Words(zh=zh, en=en))


def _move_work(
    session: Session, of: Incident, old: Playbook, new: Playbook, *, people: People, by: Person, at: datetime
) -> dict[str, int]:
    """Roles and tasks follow the new version while the response runs; how many tasks were added, changed, left."""
    if of.stands is not State.RESPONDING or of.response_level is None:
        return {"added": 0, "changed": 0, "left": 0}
    wanted = {role.id for role in new.roles}
    for due in deadlines(session, of.matter, call.KIND):
        if due.open and due.name not in wanted:
            track.cancel(session, due, LEFT.zh, by=by.id, at=at)
    changed, left = _move_tasks(session, of, old, new, by=by, at=at)
    level = of.response_level
    added = _start_level(session, of, level, level, people=people, by=by, at=at)["started_tasks"]
    return {"added": added, "changed": changed, "left": left}


def _move_tasks(
    session: Session, of: Incident, old: Playbook, new: Playbook, *, by: Person, at: datetime
) -> tuple[int, int]:
    before, after = ({task.id: task for task in book.tasks} for book in (old, new))
    roles: dict[str, None] = {}
    changed = left = 0
    for task in records.tasks(session, of):
        was, now = before.get(task.code), after.get(task.code)
        role = task.role
        if task.left_at is not None and now is not None:
            _come_back(session, of, task, now, at=at)
            changed += 1
        elif task.done_at is not None or was == now:
            continue  # done stays done; unchanged, or a task that no plan has
        elif now is None:
            _leave(session, of, task, by=by, at=at)
            left += 1
        else:
            _reword(session, of, task, was, now, by=by, at=at)
            changed += 1
        roles |= dict.fromkeys((role, task.role))
    session.flush()
    show.tasks(session, of, roles, at=at)
    return changed, left


def _leave(session: Session, of: Incident, task: Task, *, by: Person, at: datetime) -> None:
    """Settled without being done, and marked: the plan does not ask for it any more."""
    task.done_by, task.done_at, task.given, task.left_at = by.id, at, f"{LEFT.zh} / {LEFT.en}", at
    due = deadline(session, of.matter, TASK, task.code)
    if due is not None:
        track.cancel(session, due, LEFT.zh, by=by.id, at=at)
    told = {"code": task.code, "do": task.words, "why": picture.both(LEFT)}
    journal.write(session, of.matter, "task_dropped", told, by=by.id, at=at)


def _come_back(session: Session, of: Incident, task: Task, now: PlanTask, *, at: datetime) -> None:
    """It had left with an older version, and is asked for again: it begins anew."""
    task.done_by = task.done_at = task.given = task.left_at = None
    _say(task, now)
    task.due_at = at + now.due
    due = deadline(session, of.matter, TASK, task.code)
    if due is not None:
        due.state, due.started_at, due.due_at, due.ring_at = Standing.RUNNING, at, task.due_at, task.due_at


def _reword(
    session: Session, of: Incident, task: Task, was: PlanTask | None, now: PlanTask, *, by: Person, at: datetime
) -> None:
    _say(task, now)
    if was is not None and was.due != now.due:
        task.due_at = task.added_at + now.due
        due = deadline(session, of.matter, TASK, task.code)
        if due is not None:
            track.redate(
                session, due, started_at=task.added_at, due_at=task.due_at, ring_at=task.due_at, by=by.id, at=at
            )


def _say(task: Task, now: PlanTask) -> None:
    task.role, task.words = now.role, picture.both(now.do)
    task.evidence = picture.both(now.evidence) if now.evidence else None


# --- the end -------------------------------------------------------------------------------------------------------


def stand_down(
    session: Session, of: Incident, met: Collection[int], *, note: str = "", people: People, by: Person, at: datetime
) -> None:
    """End the response: the plan's criteria that are met are on record, and what is owed afterwards starts."""
    permits.require(Act.STAND_DOWN, by, of.unit, commander=of.commander)
    of.state = machine.advance(of.stands, Step.STAND_DOWN).value
    of.stood_down_at = at
    book = picture.playbook(session, of)
    criteria = [picture.both(words) | {"met": n in met} for n, words in enumerate(book.stand_down)]
    journal.write(session, of.matter, "stood_down", {"criteria": criteria, "note": note}, by=by.id, at=at)
    learn.write(session, of, {"response_ended_at": at.isoformat()}, as_of=at, source=by.name, by=by.id, at=at)
    _stop_calling(session, of, at=at)
    show.news(session, of, "stood_down", {"criteria": criteria, "note": note, "by": by.id}, at=at)
    owe.owe(session, of, people=people, by=by.id, at=at)
    show.status(session, of, at=at)
    show.duty_room(session, at=at)


def resume(session: Session, of: Incident, *, people: People, by: Person, at: datetime) -> None:
    """It is not over: respond again at the level that stood; tasks and clocks go on as they were."""
    permits.require(Act.RESUME, by, of.unit, commander=of.commander)
    of.state = machine.advance(of.stands, Step.RESUME).value
    of.stood_down_at = None
    learn.write(session, of, {"response_ended_at": None}, as_of=at, source=by.name, by=by.id, at=at)
    journal.write(session, of.matter, "resumed", {}, by=by.id, at=at)
    show.news(session, of, "resumed", {"by": by.id}, at=at)
    _go_on(session, of, people=people, by=by, at=at)
    owe.owe(session, of, people=people, by=by.id, at=at)
    show.status(session, of, at=at)
    show.duty_room(session, at=at)


def _go_on(session: Session, of: Incident, *, people: People, by: Person, at: datetime) -> None:
    """What was quiet while the response was over: late tasks ring again, roles that nobody holds are called anew."""
    for due in deadlines(session, of.matter, TASK):
        if due.open and due.due_at is not None:
            due.ring_at = max(due.due_at, at)
    if of.response_level is not None:
        _call_roles(session, of, picture.playbook(session, of), of.response_level, people=people, by=by, at=at)


def join(session: Session, of: Incident, *, by: Person, at: datetime) -> None:
    """Come into the room of what is open already, instead of declaring it twice."""
    permits.require(Act.JOIN, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="加入", en="join"))
    show.room(session, of, "room.invite", {"whom": [by.id]}, at=at, priority=show.FIRST)
    journal.write(session, of.matter, "joined", {}, by=by.id, at=at)


def cancel(session: Session, of: Incident, why: str, *, by: Person, at: datetime) -> None:
    """A false alarm: nothing is owed any more, and the reason stays."""
    permits.require(Act.CANCEL, by, of.unit, commander=of.commander)
    if not why.strip():
        raise BadValue(field=Words(zh="理由", en="Reason"), expected=Words(zh="请写明理由。", en="must say why."))
    _two_heads(session, of, by=by)
    of.state = machine.advance(of.stands, Step.CANCEL).value
    _finish(session, of, why, by=by, at=at)
    journal.write(session, of.matter, "cancelled", {"why": why}, by=by.id, at=at)
    show.news(session, of, "cancelled", {"why": why, "by": by.id}, at=at)
    show.status(session, of, at=at)
    show.duty_room(session, at=at)  # last: every press shares this one card, and must not wait for a row behind it


def merge(session: Session, of: Incident, into: Incident, *, by: Person, at: datetime) -> None:
    """The same thing was declared twice: this one is cancelled and points to the other."""
    permits.require(Act.MERGE, by, of.unit, commander=of.commander)
    if of.id == into.id:
        raise SameIncident(why=Words(zh="两者是同一事件。", en="they are one and the same."))
    if of.exercise != into.exercise:
        raise SameIncident(why=Words(zh="演练与真实事件不能合并。", en="a drill and a real incident stay apart."))
    if into.stands not in machine.OPEN:
        raise SameIncident(why=Words(zh="目标事件已结束。", en="the other one is over."))
    of.state = machine.advance(of.stands, Step.CANCEL).value
    of.merged_into = into.number
    _finish(session, of, f"→ {into.number}", by=by, at=at)
    journal.write(session, of.matter, "merged", {"into": into.number}, by=by.id, at=at)
    journal.write(session, into.matter, "absorbed", {"number": of.number, "title": of.title}, by=by.id, at=at)
    show.news(session, of, "merged", {"into": into.number, "by": by.id}, at=at)
    show.status(session, of, at=at)
    show.duty_room(session, at=at)


def _two_heads(session: Session, of: Incident, *, by: Person) -> None:
    """What a regulator is owed is not called off by the one who declared it; a drill owes nobody anything."""
    owed = any(due.open and due.due_at is not None for due in deadlines(session, of.matter, picture.CLOCK))
    if owed and not of.exercise:
        declared = Words(zh="上报了此事件", en="declared it")
        what = Words(zh="有报送时限正在计时，判为误报", en="Calling it a false alarm while notices are owed")
        permits.require_another(by, of.declared_by, what, declared)


def _finish(session: Session, of: Incident, why: str, *, by: Person, at: datetime) -> None:
    of.ended_at = at
    for due in deadlines(session, of.matter, picture.CLOCK, TASK, call.KIND):
        track.cancel(session, due, why, by=by.id, at=at)
    # Signed and not yet on its way: a false alarm is not reported. What a courier holds already leaves.
    for notice in records.filings(session, of):
        leaving = dispatch(session, notice.dispatch_key) if notice.dispatch_key else None
        if leaving is not None and recall(session, leaving, why, by=by.id, at=at):
            show.filing(session, of, notice, at=at)


def _stop_calling(session: Session, of: Incident, *, at: datetime) -> None:
    for due in deadlines(session, of.matter, call.KIND):
        track.meet(due, at=at)
