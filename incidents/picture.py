"""What stands now, as finished facts for a card: read once, in the transaction that changed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from errors import NoSuchDuty
from escalation import regimes
from escalation.duties import Duty
from escalation.records import Deadline, Dispatch, State, address, confirmed_address, deadline, deadlines, dispatch
from escalation.words import Words
from incidents import machine, records
from incidents.facts import KINDS, OWN
from incidents.records import Added, Draft, Filing, Incident, Task
from playbooks.changes import changes
from playbooks.records import Version, playbook_of, version, versions
from playbooks.shape import Playbook
from store import journal

Facts = dict[str, Any]

CLOCK = "clock"
SOON = timedelta(hours=1)
LATE_FIRST = 12  # open tasks shown on a role's card; the rest are counted


def both(words: Words) -> dict[str, str]:
    """A text in both languages, JSON-able."""
    return {"zh": words.zh, "en": words.en}


def plain(value: object) -> Any:  # noqa: ANN401 -- JSON of any shape
    """Any value of the nouns, JSON-able."""
    match value:
        case Words():
            return both(value)
        case StrEnum():
            return value.value
        case tuple() | list():
            return [plain(each) for each in value]
        case datetime():
            return value.isoformat()
        case _:
            return value


def iso(instant: datetime | None) -> str | None:
    """An instant, JSON-able."""
    return instant.isoformat() if instant else None


def playbook(session: Session, of: Incident) -> Playbook:
    """The plan it runs on: the version stamped at declaration, whatever was published since."""
    return playbook_of(version(session, of.version_id))


def duty(session: Session, of: Incident, duty_id: str) -> Duty:
    """A duty of the plan it runs on; one that only an older version had is still what its notice is owed by."""
    running = version(session, of.version_id)
    found = _duty_in(running, duty_id)
    if found is None:
        found = next(filter(None, (_duty_in(each, duty_id) for each in versions(session, running.code))), None)
    if found is None:
        raise NoSuchDuty(duty=duty_id)
    return found


def _duty_in(version: Version, duty_id: str) -> Duty | None:
    return next((each for each in playbook_of(version).duties if each.id == duty_id), None)


def head(session: Session, of: Incident) -> Facts:
    """What every card of an incident begins with."""
    plan = version(session, of.version_id)
    book = playbook_of(plan)
    return {
        "id": of.id,
        "number": of.number,
        "title": of.title,
        "exercise": of.exercise,
        "unit": of.unit,
        "scenario": both(book.scenario_title),
        "plan": {"title": both(book.title), "label": plan.label, "code": plan.code, "version": plan.number},
        "state": of.state,
        "response_level": of.response_level,
        "commander": of.commander,
    }


def plan_change(before: Version, now: Version) -> Facts:
    """What a reader of the version an incident runs on must know of the one in force, one sentence a change."""
    said = changes(playbook_of(before), playbook_of(now))
    return {
        "before": {"id": before.id, "number": before.number, "label": before.label},
        "now": {"id": now.id, "number": now.number, "label": now.label, "origin": now.origin.value},
        "lives_until": iso(now.lives_until),
        "reason": now.reason,
        "changes": [both(each) for each in said],
        "moved": None,
    }


def status(session: Session, of: Incident, *, at: datetime) -> Facts:
    """The status card: levels, clocks, roles, tasks, figures, and the one next step."""
    book = playbook(session, of)
    notices = {each.deadline_id: each for each in records.filings(session, of)}
    clocks = [_clock(session, each, notices.get(each.id), at=at) for each in deadlines(session, of.matter, CLOCK)]
    work = records.tasks(session, of)
    return {
        **head(session, of),
        "event_level": of.level,
        "event_level_decided": of.event_level is not None,
        "graded": of.graded,
        "declared_by": of.declared_by,
        "declared_at": iso(of.declared_at),
        "activated_at": iso(of.activated_at),
        "level_decided": level_decided(session, of),
        "restored_at": restored_at(session, of),
        "stood_down_at": iso(of.stood_down_at),
        "roles": roles(session, of, book),
        "clocks": clocks,
        "tasks": tally(work, at=at),
        "figures": figures(session, of, book),
        "assessment": assessment(session, of, book),
        "merged_into": of.merged_into,
        "next": next_step(of, clocks, work, at=at),
        "at": iso(at),
    }


def roles(session: Session, of: Incident, book: Playbook) -> list[Facts]:
    """The roles wanted at its level, and who holds each (None: vacant)."""
    if of.response_level is None:
        return []
    held = records.holders(session, of)
    return [
        {"role": role.id, "title": both(role.title), "holder": held.get(role.id)}
        for role in book.roles_at(of.response_level)
    ]


def clock(session: Session, due: Deadline, *, at: datetime) -> Facts:
    """One clock: what is owed to whom by when, by which rule, and how sure that is."""
    return _clock(session, due, records.filing_by(session, due.id), at=at)


def _clock(session: Session, due: Deadline, notice: Filing | None, *, at: datetime) -> Facts:
    late = due.open and due.due_at is not None and due.due_at <= at
    met_late = due.met_at is not None and due.due_at is not None and due.met_at > due.due_at
    return {
        **due.facts,
        "id": due.id,
        "name": due.name,
        "seq": due.seq,
        "state": "late" if late else due.state.value,
        "anchor": due.anchor,
        "started_at": iso(due.started_at),
        "due_at": iso(due.due_at),
        "was_due_at": iso(due.was_due_at),
        "met_at": iso(due.met_at),
        "late": late or met_late,
        "filing": notice.id if notice else None,
        "signed": notice is not None and notice.signed_at is not None,
        "fill": _to_fill(session, notice, at=at),
    }


#: Which form a missing thing is filled in on; what stands on none (an office, a contact) is the people file's.
_FORMS: Mapping[str, str] = {
    **{name: "facts" for name in KINDS if name not in OWN},
    **dict.fromkeys(("event", "impact", "measures", "cause", "next", "requests", "changes"), "words"),
    **dict.fromkeys(("event_level", "response_level", "level_before", "classified_at", "level_changed_at"), "level"),
    "noticed_at": "facts",
}


def forms(lacks: Iterable[str]) -> list[str]:
    """The forms on which these are filled in, each once: `words`, `facts`, `level`."""
    texts = regimes.lists().texts
    found = {"words" if name in texts else _FORMS.get(name) for name in lacks}
    return [form for form in ("words", "facts", "level") if form in found]


def holds(missing: Mapping[str, Any], *, at: datetime) -> bool:
    """Whether a draft's gaps keep it from being signed at `at`."""
    until = missing.get("until")
    return bool(missing.get("holds")) and (until is None or at < datetime.fromisoformat(until))


def _to_fill(session: Session, notice: Filing | None, *, at: datetime) -> list[str]:
    """The forms that stand between a draft and its signature; none when it may be signed."""
    draft = records.newest_draft(session, notice) if notice is not None and notice.signed_at is None else None
    missing = draft.facts.get("missing", {}) if draft is not None else {}
    return list(missing["forms"]) or ["words"] if holds(missing, at=at) else []


def tally(work: Iterable[Task], *, at: datetime) -> Facts:
    """How many tasks there are, are done, are late."""
    work = list(work)
    late = [task for task in work if task.done_at is None and task.due_at <= at]
    return {"total": len(work), "done": sum(task.done_at is not None for task in work), "late": len(late)}


def role_title(session: Session, of: Incident, role_id: str) -> dict[str, str]:
    """A role's title as the plan has it; a role that the plan does not know is named by its id."""
    for role in playbook(session, of).roles:
        if role.id == role_id:
            return both(role.title)
    return {"zh": role_id, "en": role_id}


def role_tasks(session: Session, of: Incident, role_id: str, *, at: datetime) -> Facts:
    """One role's card: its open tasks by due time (late ones are the earliest), the done ones as a count."""
    book = playbook(session, of)
    work = records.tasks(session, of, role_id)
    waiting = [task for task in work if task.done_at is None]
    known = {role.id: role for role in book.roles}
    title = both(known[role_id].title) if role_id in known else {"zh": role_id, "en": role_id}
    return {
        **head(session, of),
        "role": role_id,
        "role_title": title,
        "brief": both(known[role_id].brief) if role_id in known else None,
        "holder": records.holders(session, of).get(role_id),
        "open": [task_facts(task, at=at) for task in waiting[:LATE_FIRST]],
        "more": max(0, len(waiting) - LATE_FIRST),
        "tasks": tally(work, at=at),
    }


def task_facts(task: Task, *, at: datetime) -> Facts:
    """One task as a line."""
    return {
        "code": task.code,
        "role": task.role,
        "do": task.words,
        "evidence": task.evidence,
        "due_at": iso(task.due_at),
        "late": task.done_at is None and task.due_at <= at,
        "assignee": task.assignee,
        "done_by": task.done_by,
        "done_at": iso(task.done_at),
        "given": task.given,
    }


def figures(session: Session, of: Incident, book: Playbook) -> list[Facts]:
    """The facts this scenario asks for, unknown ones too, each with what it superseded."""
    found, history = [], records.fact_history(session, of)
    for name in book.facts:
        past = [each for each in history if each.name == name]
        known = past[0] if past else None
        found.append(
            {
                "name": name,
                "value": known.value["is"] if known else None,
                "as_of": iso(known.as_of) if known else None,
                "source": known.source if known else None,
                "before": past[1].value["is"] if len(past) > 1 else None,
            }
        )
    return found


def assessment(session: Session, of: Incident, book: Playbook) -> Facts | None:
    """The newest assessment with the plan's questions, or None."""
    newest = records.latest_assessment(session, of)
    if newest is None:
        return None
    answers = [
        {"ask": both(question.ask), "answer": newest.answers[question.id]}
        for question in book.assessment
        if newest.answers.get(question.id)
    ]
    return {"version": newest.version, "by": newest.by, "at": iso(newest.at), "answers": answers}


def level_decided(session: Session, of: Incident) -> Facts | None:
    """Who decided the response level that stands, and when."""
    decided = [entry for entry in journal.entries(session, of.matter) if entry.kind in ("activated", "level_set")]
    return {"by": decided[-1].by, "at": iso(decided[-1].at)} if decided else None


def level_before(session: Session, of: Incident) -> str | None:
    """The response level before its last change; None while it never changed."""
    changes = [entry for entry in journal.entries(session, of.matter) if entry.kind == "level_set"]
    return changes[-1].body.get("before") if changes else None


def graded_by(session: Session, of: Incident) -> str | None:
    """Who decided the event level that stands; None while only the facts have graded it."""
    decided = [entry.by for entry in journal.entries(session, of.matter) if entry.kind == "event_level_set"]
    return decided[-1] if decided else None


def restored_at(session: Session, of: Incident) -> str | None:
    """When service came back, or None while nobody has said so."""
    known = records.current_facts(session, of).get("restored_at")
    return known.value["is"] if known else None


def next_step(of: Incident, clocks: Iterable[Mapping[str, Any]], work: Iterable[Task], *, at: datetime) -> Facts:
    """The one primary button: the next right thing. What is owed to the authority comes before tidying up."""
    if of.stands is machine.State.DECLARED:
        return {"step": "activate"}
    if of.stands not in machine.OPEN:
        return {"step": "none"}
    owed = next((each for each in clocks if _to_sign(each, at=at)), None)
    if owed is not None:
        step = "fill" if owed["fill"] else "sign"
        return {"step": step, "filing": owed["filing"], "title": owed["title"], "forms": owed["fill"]}
    if of.stands is machine.State.RESPONDING:
        return {"step": "facts"}
    if any(task.done_at is None for task in work):
        return {"step": "tasks"}
    return {"step": "review" if of.stands is machine.State.STOOD_DOWN else "close"}


def _to_sign(clock: Mapping[str, Any], *, at: datetime) -> bool:
    """Whether signing it is the next right thing; a follow-up that is hours away is not yet."""
    if clock["state"] not in ("running", "late") or clock["filing"] is None or clock["signed"]:
        return False
    due_at = datetime.fromisoformat(clock["due_at"]) if clock["due_at"] else at
    return not clock["internal"] or due_at - at <= SOON


def filing(session: Session, of: Incident, notice: Filing) -> Facts:
    """A notice's message: draft, asked, signed, sent, receipted, or failed with its next step."""
    due = session.get_one(Deadline, notice.deadline_id)
    added = records.added(session, of)
    leaving = dispatch(session, notice.dispatch_key) if notice.dispatch_key else None
    draft = records.newest_draft(session, notice)
    return {
        **head(session, of),
        "filing": notice.id,
        "duty": notice.duty,
        "seq": notice.seq,
        "clock": {**due.facts, "due_at": iso(due.due_at), "met_at": iso(due.met_at), "state": due.state.value},
        "draft": notice.draft,
        "missing": dict(draft.facts.get("missing", {})) if draft else {},
        "drafter": draft.drafter if draft else None,
        "stale": draft is not None and notice.signed_at is None and draft.facts_revision != of.facts_revision,
        "asked": notice.asked,
        "sent_back": notice.sent_back,
        "signed_by": notice.signed_by,
        "signed_at": iso(notice.signed_at),
        "signed_alone": notice.signed_alone,
        "signed_for": notice.signed_for,
        "recalled": recalled(notice),
        "seal": sealed(session, notice, leaving),
        "unconfirmed": unconfirmed(session, draft) if notice.signed_at is None and not of.exercise else None,
        "digest": notice.digest,
        "sending": sending(leaving),
        "acknowledged_at": iso(notice.acknowledged_at),
        "acknowledged_by": notice.acknowledged_by,
        "unread": notice.acknowledged_at is None and _told_unread(session, of, notice),
        "moved": list(notice.moved),
        "correction": _correction(session, notice, added),
        "corrects": _corrects(session, of, notice, added),
        "carried": _carried(draft),
    }


def _carried(draft: Draft | None) -> list[Facts]:
    """The texts that a report has taken over as they stood, each with the notice it stands in: somebody reads them.

    None of a correction: what it does not change it does not tell.
    """
    if draft is None or draft.facts["corrects"]:
        return []
    carried = draft.facts.get("carried", {})
    same = {name: said for name, said in carried.items() if draft.written.get(name) == said["text"]}
    return [{"name": name, "reference": said["reference"]} for name, said in same.items()]


def recalled(notice: Filing) -> Facts | None:
    """Who took a signed notice back before it left, when and why; None where nobody did."""
    if notice.recalled_at is None:
        return None
    return {"by": notice.recalled_by, "at": iso(notice.recalled_at), "why": notice.recalled_why}


def sealed(session: Session, notice: Filing, leaving: Dispatch | None) -> Facts | None:
    """The sealed scan that a letter wants: until when it waits, what is printed, who gave it; None: none is wanted."""
    wanted = leaving.facts.get("seal") if leaving else None
    if not wanted or leaving is None or leaving.outcome.get("by_hand"):
        return None
    sent = dispatch(session, notice.scan["key"]) if notice.scan else None
    held = leaving.state is State.PENDING and notice.scan is None and wanted["until"] is not None
    until = iso(leaving.not_before) if held else wanted["until"]  # its clock may have moved since it was signed
    return {
        **wanted,
        "until": until,
        "held": held,
        "scan": notice.scan,
        "scan_state": sent.state.value if sent else None,
    }


def unconfirmed(session: Session, draft: Draft | None) -> Facts | None:
    """The changed address that a draft goes to and that nobody has confirmed; None where there is none."""
    to = draft.facts["to"] if draft else {}
    row = address(session, to["office"], to["courier"]) if to.get("office") else None
    if row is None or row.confirmed_at is not None:
        return None
    before = confirmed_address(session, row.office, row.channel)
    return {"id": row.id, "was": before.address if before else None, "now": row.address}


def _told_unread(session: Session, of: Incident, notice: Filing) -> bool:
    """Whether people were told that nobody there acknowledges it."""
    if notice.signed_at is None and notice.dispatch_key is None:
        return False
    waiting = deadline(session, of.matter, "unread", notice.duty, notice.seq)
    return waiting is not None and "told_at" in waiting.facts


def _corrects(session: Session, of: Incident, notice: Filing, added: Sequence[Added]) -> str | None:
    """The number of the notice that this one puts right."""
    row = next((each for each in added if each.code == notice.duty), None)
    first = session.get_one(Filing, row.corrects) if row is not None and row.corrects is not None else None
    return f"{of.number}/{first.duty}/{first.seq}" if first else None


def _correction(session: Session, notice: Filing, added: Sequence[Added]) -> Facts | None:
    """The newest correction of a notice: its id, and whether it is signed."""
    if all(each.corrects != notice.id for each in added):
        return None
    found = records.corrections(session, notice)
    return {"filing": found[-1].id, "signed": found[-1].signed_at is not None} if found else None


def script(session: Session, of: Incident, notice: Filing) -> Facts:
    """A notice with the words to read aloud: as it was signed, else as it is drafted now."""
    draft = records.newest_draft(session, notice)
    text = notice.text or (draft.facts["script"] if draft else "")
    return filing(session, of, notice) | {"script": text}


def sending(leaving: Dispatch | None) -> Facts | None:
    """Where a sending stands: its state, its courier, its receipt."""
    if leaving is None:
        return None
    return {
        "state": leaving.state.value,
        "courier": leaving.courier,
        "outcome": leaving.outcome,
        "attempt": leaving.attempt,
        "settled_at": iso(leaving.settled_at),
    }
