"""Presses about an incident: what each button opens, what each form does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot import find
from bot.door import Field, Fields, wrong
from bot.press import Press
from bot.views import modals, timeline
from bot.words import say
from errors import BeforeItBegan, OpenIncidentFits, Refusal
from escalation.duties import Duty
from escalation.records import Deadline
from escalation.words import Words
from incidents import assess, book, close, facts, learn, permits, picture, records, run
from incidents.permits import Act
from incidents.records import Assessment, Incident, Review
from incidents.run import Declaration
from plans.cycles import DrillKind
from playbooks.records import version
from playbooks.shape import Playbook, Question

Modal = dict[str, Any]
LEVELS = ("I", "II", "III", "IV")
SINCE = Words(zh="从何时起", en="Since when")


# --- declare -------------------------------------------------------------------------------------------------------


def declare_open(session: Session, press: Press) -> Modal:
    """The four fields; from the Drill button the drill switch is on."""
    now = press.at.astimezone(press.people.organisation.tz).strftime("%Y-%m-%d %H:%M")
    chosen = {"since": now, "drill": press.value == "drill", "title": press.private.get("title", "")}
    return _declaration(session, press, chosen, more=False)


def declare_from_message(session: Session, press: Press) -> Modal:
    """From a message: its text is what happened."""
    return declare_open(session, replace(press, private={"title": press.message[:150]}, value=""))


def declare_changed(session: Session, press: Press) -> Modal:
    """Another scenario, or More: the same form with what was typed, and the plan that would start under it."""
    return _declaration(session, press, _chosen(press), more=press.value == "more" or bool(press.private.get("more")))


def _declaration(session: Session, press: Press, chosen: Mapping[str, Any], *, more: bool) -> Modal:
    offered = find.scenarios(session, press.people, chosen.get("unit"), at=press.at)
    scenario = next((each for each in offered if each["id"] == chosen.get("scenario")), None)
    names = scenario["facts"] if scenario else ["users_affected", "duration_hours"]
    return modals.declare(
        press.lang,
        scenarios=offered,
        units=find.units(press.people, press.by),
        chosen=chosen,
        facts=names,
        more=more,
        view=press.house.view,
    ) | {"private_metadata": json.dumps({"more": more, "channel": press.asked_in})}


def _chosen(press: Press) -> dict[str, Any]:
    typed = press.typed
    return {
        "title": typed.get("title", ""),
        "scenario": typed.get("scenario") or None,
        "unit": typed.get("unit") or None,
        "since": typed.get("since", ""),
        "drill": "drill" in (typed.get("drill") or ()),
        **{block: text for block, text in typed.items() if block.startswith("fact:")},
    }


def declare(session: Session, press: Press) -> Modal | None:
    """Declare what the form says; if somebody was faster, show theirs first and lose nothing."""
    said = _declaration_of(press)
    try:
        run.declare(session, said, people=press.people, by=press.by, at=press.at)
    except OpenIncidentFits as twin:
        view = modals.twin(press.lang, **_twin(session, twin), private=_kept(said))
        return {"response_action": "update", "view": view}
    return None


def _twin(session: Session, twin: OpenIncidentFits) -> dict[str, Any]:
    told = {name: str(twin.facts[name]) for name in ("number", "title", "who", "when")}
    of = records.incident(session, told["number"], lock=False)
    room = find.room(session, of)
    return {**told, "state": of.state, "room": room["channel"] if room else None}


def _kept(said: Declaration) -> dict[str, Any]:
    return {
        "title": said.title,
        "scenario": said.scenario,
        "unit": said.unit,
        "occurred_at": said.occurred_at.isoformat(),
        "exercise": said.exercise,
        "facts": dict(said.facts),
        "channel": said.asked_in,
    }


def declare_anyway(session: Session, press: Press) -> None:
    """It is another incident all the same."""
    kept = dict(press.private)
    said = Declaration(
        title=kept["title"],
        scenario=kept["scenario"],
        unit=kept["unit"],
        occurred_at=datetime.fromisoformat(kept["occurred_at"]),
        exercise=bool(kept["exercise"]),
        facts=kept["facts"],
        asked_in=kept.get("channel"),
        anyway=True,
    )
    run.declare(session, said, people=press.people, by=press.by, at=press.at)


def join_room(session: Session, press: Press) -> None:
    """Join the incident that is open already."""
    run.join(session, records.incident(session, press.number), by=press.by, at=press.at)


def _declaration_of(press: Press) -> Declaration:
    typed = press.typed
    wrongs: dict[str, Refusal] = {}
    occurred_at = _instant(press, "since", SINCE, wrongs)
    known = _fact_values(press, wrongs)
    for block, title in (("scenario", "declare.scenario"), ("unit", "declare.unit"), ("title", "declare.title")):
        if not typed.get(block):
            field = Words(zh=say(title, "zh"), en=say(title, "en"))
            wrongs[block] = wrong(block, field, "必填。", "is required.").refusal
    if wrongs or occurred_at is None:
        raise Fields(wrongs)
    return Declaration(
        title=typed["title"],
        scenario=typed["scenario"],
        unit=typed["unit"],
        occurred_at=occurred_at,
        exercise="drill" in (typed.get("drill") or ()),
        facts=known,
        asked_in=press.asked_in,
    )


def _instant(press: Press, block: str, title: Words, wrongs: dict[str, Refusal]) -> datetime | None:
    typed = str(press.typed.get(block) or "").strip()
    if not typed:
        return press.at
    try:
        return facts.read_instant(title, typed, tz=press.people.organisation.tz, at=press.at)
    except Refusal as refusal:
        wrongs[block] = refusal
        return None


def _fact_values(press: Press, wrongs: dict[str, Refusal]) -> dict[str, Any]:
    found = {}
    for block, typed in press.typed.items():
        name = block.removeprefix("fact:")
        if name == block or not str(typed).strip():
            continue
        try:
            found[name] = facts.read(name, str(typed), tz=press.people.organisation.tz, at=press.at)
        except Refusal as refusal:
            wrongs[block] = refusal
    return found


# --- levels --------------------------------------------------------------------------------------------------------


def _allowed(session: Session, press: Press, act: Act) -> records.Incident:
    """The incident, if the presser may do this: told before the form, not after it was filled in."""
    of = records.incident(session, press.number, lock=False)
    permits.require(act, press.by, of.unit, commander=of.commander)
    return of


def activate_open(session: Session, press: Press) -> Modal:
    """Start the plan: the level is proposed with its reason, a person decides."""
    of = _allowed(session, press, Act.ACTIVATE)
    return _level(session, press, of, mode="activate", level=find.proposed(of))


def level_open(session: Session, press: Press) -> Modal:
    """Raise or lower; before the start it is the same form as Activate."""
    of = _allowed(session, press, Act.SET_LEVEL)
    mode = "activate" if of.response_level is None else "change"
    return _level(session, press, of, mode=mode, level=find.proposed(of))


def level_changed(session: Session, press: Press) -> Modal:
    """Another level was chosen: show what it would start, before anything starts."""
    of = records.incident(session, str(press.private["number"]), lock=False)
    level = str(press.typed.get("level") or "") or find.proposed(of)
    event_level = str(press.typed.get("event_level") or "")
    mode = str(press.private["mode"])
    return _level(session, press, of, mode=mode, level=level, event_level=event_level)


def _level(
    session: Session,
    press: Press,
    of: records.Incident,
    *,
    mode: str,
    level: str | None,
    event_level: str | None = None,
) -> Modal:
    book = picture.playbook(session, of)
    decided = of.event_level if event_level is None else event_level if event_level in LEVELS else None
    return modals.level(
        press.lang,
        head=picture.head(session, of),
        mode=mode,
        levels=find.levels(book),
        chosen=level,
        event_level=decided,
        graded=find.graded(session, of),
        preview=run.preview(session, of, level, decided, people=press.people, at=press.at) if level else None,
        reason_needed=mode == "change",
        private={"number": of.number, "mode": mode},
    )


def activate(session: Session, press: Press) -> None:
    """Start the plan at the chosen level."""
    of = records.incident(session, press.number)
    run.activate(
        session,
        of,
        press.typed["level"],
        event_level=_event_level(press),
        reason=press.typed.get("reason") or "",
        people=press.people,
        by=press.by,
        at=press.at,
    )


def set_level(session: Session, press: Press) -> None:
    """Change the level, with the reason."""
    of = records.incident(session, press.number)
    if not str(press.typed.get("reason") or "").strip():
        raise wrong("reason", Words(zh="理由", en="Reason"), "请写明理由。", "must say why.")
    run.set_level(
        session,
        of,
        press.typed["level"],
        event_level=_event_level(press),
        reason=press.typed["reason"].strip(),
        people=press.people,
        by=press.by,
        at=press.at,
    )


def _event_level(press: Press) -> str | None:
    chosen = str(press.typed.get("event_level") or "")
    return chosen if chosen in LEVELS else None


# --- roles and tasks -------------------------------------------------------------------------------------------------


def take_role(session: Session, press: Press) -> None:
    """I take it."""
    of = records.incident(session, press.number)
    run.take_role(session, of, press.arg, people=press.people, by=press.by, at=press.at)


def move_plan(session: Session, press: Press) -> None:
    """Run on the version of the plan that is in force now."""
    of = records.incident(session, press.number)
    run.move(session, of, version(session, int(press.arg)), people=press.people, by=press.by, at=press.at)


def hand_over_open(session: Session, press: Press) -> Modal:
    """Which role, to whom."""
    of = _allowed(session, press, Act.HAND_OVER)
    return modals.hand_over(
        press.lang,
        head=picture.head(session, of),
        roles=find.roles(session, of)
        or [{"role": "commander", "title": {"zh": "总指挥", "en": "Commander"}, "holder": of.commander}],
        people=find.colleagues(press.people, of.unit),
        private={"number": of.number},
        view=press.house.view,
    )


def hand_over(session: Session, press: Press) -> None:
    """Give the role over."""
    of = records.incident(session, press.number)
    to = press.people.person(press.typed["to"])
    run.hand_over(session, of, press.typed["role"], to, by=press.by, at=press.at)


def take_task(session: Session, press: Press) -> None:
    """I am on it."""
    of = records.incident(session, press.number)
    run.take_task(session, of, press.arg, people=press.people, by=press.by, at=press.at)


def task_done(session: Session, press: Press) -> None:
    """Done, one press."""
    of = records.incident(session, press.number)
    run.tick_task(session, of, press.arg, people=press.people, by=press.by, at=press.at)


def wants_evidence(session: Session, press: Press) -> Modal | None:
    """The small form of a task that wants evidence; None for one that is ticked at once."""
    of = records.incident(session, press.number, lock=False)
    task = records.task(session, of, press.arg)
    if task.evidence is None or task.done_at is not None:
        return None
    private = {"number": of.number, "code": task.code}
    head = picture.head(session, of)
    return modals.evidence(press.lang, head=head, task=picture.task_facts(task, at=press.at), private=private)


def evidence(session: Session, press: Press) -> None:
    """Tick with evidence."""
    of = records.incident(session, press.number)
    given = str(press.typed.get("evidence") or "")
    code = str(press.private["code"])
    run.tick_task(session, of, code, evidence=given, people=press.people, by=press.by, at=press.at)


def add_task_open(session: Session, press: Press) -> Modal:
    """A task that the plan does not have."""
    of = _allowed(session, press, Act.ADD_TASK)
    private = {"number": of.number, "role": press.arg}
    return modals.add_task(press.lang, head=picture.head(session, of), roles=find.roles(session, of), private=private)


def add_task(session: Session, press: Press) -> None:
    """Add it; due in so many minutes, or at a time of today."""
    of = records.incident(session, press.number)
    due_at = _due(press)
    text = str(press.typed.get("text") or "")
    run.add_task(session, of, press.typed["role"], text, due_at=due_at, by=press.by, at=press.at)


def _due(press: Press) -> datetime | None:
    typed = str(press.typed.get("due") or "").strip()
    if not typed:
        return None
    if typed.isdigit():
        return press.at + timedelta(minutes=int(typed))
    hour, _, minute = typed.replace("：", ":").partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):  # noqa: PLR2004 -- a clock
        field = Words(zh="截止", en="Due")
        raise wrong("due", field, "请填分钟数（如 30）或时刻（如 21:30）。", "must be minutes (30) or a time (21:30).")
    local = press.at.astimezone(press.people.organisation.tz).replace(hour=int(hour), minute=int(minute), second=0)
    return local if local > press.at else local + timedelta(days=1)


def drop_rest_open(session: Session, press: Press) -> Modal:
    """What is still open, and why it is not needed: once for all of it."""
    of = _allowed(session, press, Act.TICK_TASK)
    waiting = [picture.task_facts(task, at=press.at) for task in records.tasks(session, of) if task.done_at is None]
    return modals.drop_rest(press.lang, head=picture.head(session, of), tasks=waiting, private={"number": of.number})


def drop_rest(session: Session, press: Press) -> None:
    """The ticked ones are not needed; each is in the journal with the reason."""
    of = records.incident(session, press.number)
    why = str(press.typed.get("why") or "")
    for code in press.typed.get("codes") or ():
        close.drop_task(session, of, code, why, by=press.by, at=press.at)


def release_open(session: Session, press: Press) -> Modal:
    """Say why something is no longer owed."""
    of = _allowed(session, press, Act.RELEASE)
    due = session.get_one(Deadline, int(press.arg))
    private = {"number": of.number, "deadline": due.id}
    return modals.release(press.lang, head=picture.head(session, of), title=due.facts["title"], private=private)


def release(session: Session, press: Press) -> None:
    """It is not owed any more, and why."""
    of = records.incident(session, press.number)
    why = str(press.typed.get("why") or "")
    close.release(session, of, int(press.private["deadline"]), why, by=press.by, at=press.at)


def drop_task_open(session: Session, press: Press) -> Modal:
    """Say why a task is not needed."""
    of = records.incident(session, press.number, lock=False)
    task = records.task(session, of, press.arg)
    private = {"number": of.number, "code": task.code}
    head = picture.head(session, of)
    return modals.drop_task(press.lang, head=head, task=picture.task_facts(task, at=press.at), private=private)


def drop_task(session: Session, press: Press) -> None:
    """It is not needed, and why."""
    of = records.incident(session, press.number)
    why = str(press.typed.get("why") or "")
    if not why.strip():
        raise wrong("why", Words(zh="理由", en="Reason"), "请写明理由。", "must say why.")
    close.drop_task(session, of, str(press.private["code"]), why, by=press.by, at=press.at)


# --- facts and assessment --------------------------------------------------------------------------------------------


def facts_open(session: Session, press: Press) -> Modal:
    """The figures of this scenario with what superseded what."""
    of = _allowed(session, press, Act.SET_FACTS)
    return modals.facts(
        press.lang,
        head=picture.head(session, of),
        rows=find.fact_rows(session, of, press.lang, press.people),
        source_default=press.by.name,
        private={"number": of.number},
        units=find.other_units(press.people, of),
        affected=of.affected,
    )


def set_facts(session: Session, press: Press) -> None:
    """Store what was typed; what cannot be read stands at its field, and everything else is kept."""
    wrongs: dict[str, Refusal] = {}
    known = _fact_values(press, wrongs)
    as_of = _instant(press, "as_of", Words(zh="截至时间", en="As of"), wrongs)
    if wrongs or as_of is None:
        raise Fields(wrongs)
    of = records.incident(session, press.number)
    if "affected" in press.typed:
        reached = list(press.typed["affected"] or ())
        learn.reach(session, of, reached, people=press.people, by=press.by, at=press.at)
    source = str(press.typed.get("source") or press.by.name)
    note = str(press.typed.get("note") or "")
    try:
        learn.set_facts(
            session, of, known, as_of=as_of, source=source, note=note, people=press.people, by=press.by, at=press.at
        )
    except BeforeItBegan as refusal:
        raise Field(f"fact:{refusal.facts['name']}", refusal) from None


def assess_open(session: Session, press: Press) -> Modal:
    """The plan's questions, the last answers in place."""
    of = _allowed(session, press, Act.ASSESS)
    questions = picture.playbook(session, of).assessment
    return modals.assess(press.lang, **_asked(session, of, questions, records.latest_assessment(session, of)))


def _asked(
    session: Session, of: Incident, questions: Iterable[Question], newest: Assessment | Review | None
) -> dict[str, Any]:
    """What a form of the plan's questions shows, the newest answers in place."""
    answers = newest.answers if newest else {}
    rows = [{"id": each.id, "ask": picture.both(each.ask), "answer": answers.get(each.id, "")} for each in questions]
    version = newest.version if newest else 0
    return {
        "head": picture.head(session, of), "questions": rows, "version": version, "private": {"number": of.number},
    }  # fmt: skip


def do_assess(session: Session, press: Press) -> None:
    """Save the next version."""
    of = records.incident(session, press.number)
    assess.assess(session, of, _answers(press), people=press.people, by=press.by, at=press.at)


def _answers(press: Press) -> dict[str, str]:
    return {block.removeprefix("q:"): str(text or "") for block, text in press.typed.items() if block.startswith("q:")}


# --- the end ---------------------------------------------------------------------------------------------------------


def stand_down_open(session: Session, press: Press) -> Modal:
    """The plan's criteria, and what is still open with a button each."""
    of = _allowed(session, press, Act.STAND_DOWN)
    book = picture.playbook(session, of)
    return modals.stand_down(
        press.lang,
        head=picture.head(session, of),
        criteria=[picture.both(words) for words in book.stand_down],
        open=find.still_open(session, of),
        private={"number": of.number},
    )


def stand_down(session: Session, press: Press) -> None:
    """End the response."""
    of = records.incident(session, press.number)
    met = {int(value) for value in press.typed.get("criteria") or ()}
    note = str(press.typed.get("note") or "")
    unmet = len(picture.playbook(session, of).stand_down) - len(met)
    if unmet and not note.strip():
        field = Words(zh="说明", en="Note")
        raise wrong(
            "note", field, f"有 {unmet} 条终止条件未满足，请说明理由。", f"must say why: {unmet} criteria are not met."
        )
    run.stand_down(session, of, met, note=note, people=press.people, by=press.by, at=press.at)


def resume(session: Session, press: Press) -> None:
    """It is not over."""
    of = records.incident(session, press.number)
    run.resume(session, of, people=press.people, by=press.by, at=press.at)


def review_open(session: Session, press: Press) -> Modal:
    """The plan's questions afterwards."""
    of = _allowed(session, press, Act.REVIEW)
    questions, sheet = picture.playbook(session, of).review, records.latest_review(session, of)
    kinds = [{"id": kind.value, "title": picture.both(kind.words)} for kind in DrillKind] if of.exercise else []
    return modals.review(
        press.lang,
        **_asked(session, of, questions, sheet),
        plan_fault=(sheet.plan_fault if sheet else None) or "",
        kinds=kinds,
        kind=(sheet.drill_kind if sheet else None) or DrillKind.TABLETOP.value,
    )


def review(session: Session, press: Press) -> None:
    """Save the review."""
    of = records.incident(session, press.number)
    said = str(press.typed.get("drill_kind") or "")
    assess.review(
        session,
        of,
        _answers(press),
        plan_fault=str(press.typed.get("plan_fault") or ""),
        drill_kind=DrillKind(said) if said else None,
        by=press.by,
        at=press.at,
    )


def close_open(session: Session, press: Press) -> Modal:
    """Close, or in words what is still open."""
    of = _allowed(session, press, Act.CLOSE)
    standing = close.reasons(session, of)
    head = picture.head(session, of)
    if standing:
        rows = [find.reason_row(of, reason) for reason in standing]
        return modals.close_blocked(press.lang, head=head, reasons=rows)
    return modals.close_confirm(press.lang, head=head, private={"number": of.number})


def do_close(session: Session, press: Press) -> None:
    """Close it."""
    close.close(session, records.incident(session, press.number), by=press.by, at=press.at)


def cancel_open(session: Session, press: Press) -> Modal:
    """A false alarm, and why."""
    of = _allowed(session, press, Act.CANCEL)
    return modals.cancel(press.lang, head=picture.head(session, of), private={"number": of.number})


def cancel(session: Session, press: Press) -> None:
    """Cancel it."""
    why = str(press.typed.get("reason") or press.typed.get("why") or "").strip()
    run.cancel(session, records.incident(session, press.number), why, by=press.by, at=press.at)


def merge_open(session: Session, press: Press) -> Modal:
    """Into which other."""
    of = _allowed(session, press, Act.MERGE)
    others = [picture.head(session, each) for each in records.open_incidents(session) if each.id != of.id]
    others = [each for each in others if each["exercise"] == of.exercise]
    return modals.merge(press.lang, head=picture.head(session, of), others=others, private={"number": of.number})


def merge(session: Session, press: Press) -> None:
    """Merge it."""
    into = str(press.typed["into"])
    # In one order whichever way round: two who merge two incidents into each other wait, and do not deadlock.
    both = {number: records.incident(session, number) for number in sorted((press.number, into))}
    run.merge(session, both[press.number], both[into], by=press.by, at=press.at)


# --- looking ---------------------------------------------------------------------------------------------------------


def timeline_open(session: Session, press: Press) -> Modal:
    """What happened, newest last."""
    of = records.incident(session, press.number, lock=False)
    return modals.timeline(press.lang, head=picture.head(session, of), lines=lines(session, press, of), older=False)


def lines(session: Session, press: Press, of: records.Incident) -> list[dict[str, str]]:
    """The timeline's lines in the presser's language."""
    people, plan = press.people.people, picture.playbook(session, of)
    owed = list(book.duties(session, of, press.people))
    told = []
    for entry in find.timeline(session, of):
        name = people[entry.by].name if entry.by in people else entry.by
        text = timeline.sentence(entry.kind, _named(plan, owed, entry.body), name, press.lang, press.people)
        if text:  # the settling of a card's edit is nothing that happened
            told.append({"at": entry.at.isoformat(), "text": text})
    return told


def _named(plan: Playbook, owed: Iterable[Duty], body: Mapping[str, Any]) -> dict[str, Any]:
    """A journal entry with titles beside the ids it holds."""
    roles = {role.id: picture.both(role.title) for role in plan.roles}
    duties = {duty.id: picture.both(duty.title) for duty in owed}
    named = dict(body)
    if body.get("role") in roles:
        named["role_title"] = roles[body["role"]]
    if isinstance(body.get("roles"), list):
        named["roles"] = [each | {"title": roles.get(each.get("role"), each.get("role"))} for each in body["roles"]]
    key = str(body.get("key", ""))
    duty = key.split(":")[2] if key.startswith("notice:") else body.get("duty") or body.get("name")
    if duty in duties and "title" not in body:
        named["title"] = duties[duty]
    return named


def tasks_open(session: Session, press: Press) -> Modal:
    """Every task with its Done button."""
    of = records.incident(session, press.number, lock=False)
    titles = {role.id: picture.both(role.title) for role in picture.playbook(session, of).roles}
    rows = [
        picture.task_facts(task, at=press.at)
        | {"role_title": titles.get(task.role, {"zh": task.role, "en": task.role})}
        for task in records.tasks(session, of)
    ]
    return modals.tasks(press.lang, head=picture.head(session, of), rows=rows, view=press.house.view)
