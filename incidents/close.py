"""Close an incident, or say in coded reasons what is still open and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from errors import BadValue, CannotClose, NoSuchDuty
from escalation import track
from escalation.duties import Notice
from escalation.records import Deadline, Standing, deadlines
from escalation.rosters import Person
from escalation.words import Words
from incidents import book, machine, permits, picture, records, show
from incidents.machine import State, Step
from incidents.permits import Act
from incidents.records import TASK, Incident
from plans import drill
from plans.cycles import DrillKind
from playbooks.records import version
from store import journal


class Code(StrEnum):
    """Why an incident cannot close; stable, for scripts and tests."""

    NOT_STOOD_DOWN = "NOT_STOOD_DOWN"
    NOT_REVIEWED = "NOT_REVIEWED"
    TASKS_OPEN = "TASKS_OPEN"
    NOTICE_NOT_FILED = "NOTICE_NOT_FILED"
    FINAL_REPORT_NOT_FILED = "FINAL_REPORT_NOT_FILED"
    NOTICE_IN_FLIGHT = "NOTICE_IN_FLIGHT"
    LEVEL_UNDETERMINED = "LEVEL_UNDETERMINED"
    NOTICE_UNASKED = "NOTICE_UNASKED"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One thing that is still open; `filing` or `step` says which button mends it."""

    code: Code
    words: Words
    filing: int | None = None
    deadline: int | None = None
    step: str | None = None


def reasons(session: Session, of: Incident) -> list[Reason]:
    """Everything that keeps it from closing, each with what to do; empty when it can close."""
    return [*_state(of), *_level(of), *_tasks(session, of), *_notices(session, of)]


def _level(of: Incident) -> Iterator[Reason]:
    # Without an event level nobody has said whether statutory notices were owed: that is a person's decision.
    if of.level is None and of.activated_at is not None:
        words = Words(zh="事件级别未定：请在“级别”中判定", en="the event level is undetermined: decide it under Level")
        yield Reason(code=Code.LEVEL_UNDETERMINED, words=words, step="level")


def _state(of: Incident) -> Iterator[Reason]:
    if of.stands in (State.DECLARED, State.RESPONDING):
        words = Words(zh="响应尚未终止：请先“终止响应”", en="the response is not over: press Stand down first")
        yield Reason(code=Code.NOT_STOOD_DOWN, words=words, step="stand_down")
    elif of.stands is State.STOOD_DOWN:
        words = Words(zh="尚未复盘：请填写复盘", en="not reviewed yet: fill in the review")
        yield Reason(code=Code.NOT_REVIEWED, words=words, step="review")


def _tasks(session: Session, of: Incident) -> Iterator[Reason]:
    waiting = [task.code for task in records.tasks(session, of) if task.done_at is None]
    if waiting:
        shown, more = waiting[:6], "…" if len(waiting) > 6 else ""  # noqa: PLR2004 -- what fits a line
        zh = f"还有 {len(waiting)} 项任务未完成（{'、'.join(shown)}{more}）：请逐项完成，或说明不再需要"
        verb = "task is" if len(waiting) == 1 else "tasks are"
        en = f"{len(waiting)} {verb} open ({', '.join(shown)}{more}): tick them, or say why they are not needed"
        yield Reason(code=Code.TASKS_OPEN, words=Words(zh=zh, en=en), step="tasks")


def _notices(session: Session, of: Incident) -> Iterator[Reason]:
    by_deadline = {notice.deadline_id: notice for notice in records.filings(session, of)}
    for due in deadlines(session, of.matter, picture.CLOCK):
        notice = by_deadline.get(due.id)
        if due.state is not Standing.RUNNING:
            if due.state is Standing.NOT_STARTED and _is_final(session, of, due) and _was_reported(session, of, due):
                yield _not_filed(due, None, Code.FINAL_REPORT_NOT_FILED)
            continue
        if due.facts.get("unasked"):
            yield _unasked(due)
        elif notice is not None and notice.signed_at is not None:
            title = due.facts["title"]
            words = Words(
                zh=f"“{title['zh']}”已签发但还没有回执：请等待回执或电话确认",
                en=f"“{title['en']}” is signed but has no receipt: wait for it, or confirm by phone",
            )
            yield Reason(code=Code.NOTICE_IN_FLIGHT, words=words, filing=notice.id)
        else:
            final = _is_final(session, of, due)
            code = Code.FINAL_REPORT_NOT_FILED if final else Code.NOTICE_NOT_FILED
            yield _not_filed(due, notice.id if notice else None, code)


def _unasked(due: Deadline) -> Reason:
    title = due.facts["title"]
    words = Words(
        zh=f"“{title['zh']}”按现行级别不再要求：请报送，或由签发人说明不再报送的理由",
        en=f"“{title['en']}” is no longer asked at this level: file it, or have an approver say why it is not owed",
    )
    return Reason(code=Code.NOTICE_UNASKED, words=words, deadline=due.id, step="release")


def _not_filed(due: Deadline, filing: int | None, code: Code) -> Reason:
    title = due.facts["title"]
    if due.state is Standing.NOT_STARTED:
        words = Words(
            zh=f"“{title['zh']}”尚未开始计时（等待 {due.anchor}）：请先在“更新事实”中填写",
            en=f"“{title['en']}” has not started (waits for {due.anchor}): set it under Update facts",
        )
        return Reason(code=code, words=words, step="facts")
    words = Words(zh=f"“{title['zh']}”尚未报送：请签发", en=f"“{title['en']}” is not filed: sign it")
    return Reason(code=code, words=words, filing=filing)


def _is_final(session: Session, of: Incident, due: Deadline) -> bool:
    return book.duty(session, of, due.name).notice is Notice.FINAL


def _was_reported(session: Session, of: Incident, final: Deadline) -> bool:
    """Whether a notice of the same regime was signed: where nothing was reported, there is nothing to conclude."""
    regime_of = {duty.id: duty.regime for duty in picture.playbook(session, of).duties}
    signed = (notice.duty for notice in records.filings(session, of) if notice.signed_at is not None)
    return any(regime_of.get(duty) == regime_of.get(final.name) for duty in signed)


def close(session: Session, of: Incident, *, by: Person, at: datetime) -> None:
    """Close it; refuses `CannotClose` with every reason at once."""
    permits.require(Act.CLOSE, by, of.unit, commander=of.commander)
    standing = reasons(session, of)
    if standing:
        zh = "；".join(f"{reason.words.zh} [{reason.code}]" for reason in standing)
        en = "; ".join(f"{reason.words.en} [{reason.code}]" for reason in standing)
        raise CannotClose(reasons=Words(zh=zh, en=en), codes=[reason.code.value for reason in standing])
    of.state = machine.advance(of.stands, Step.CLOSE).value
    of.ended_at = at
    for due in deadlines(session, of.matter, picture.CLOCK, TASK):
        track.cancel(session, due, "closed", by=by.id, at=at)
    journal.write(session, of.matter, "closed", {}, by=by.id, at=at)
    if of.exercise:
        _count(session, of, by=by, at=at)
    show.news(session, of, "closed", {"by": by.id}, at=at)
    show.status(session, of, at=at)
    show.duty_room(session, at=at)


def _count(session: Session, of: Incident, *, by: Person, at: datetime) -> None:
    """A drill that is closed counts for the plan it ran, as what its review says it was."""
    ran, sheet = version(session, of.version_id), records.latest_review(session, of)
    kind = DrillKind(sheet.drill_kind) if sheet is not None and sheet.drill_kind else DrillKind.TABLETOP
    held_at = of.activated_at or of.declared_at
    drill.count(session, ran.code, of.number, kind, ran.digest, held_at=held_at, closed_at=at, by=by.id)


def release(session: Session, of: Incident, deadline_id: int, why: str, *, by: Person, at: datetime) -> None:
    """Say that a clock the rules no longer ask for is not owed, and why: only such a clock, only with a reason."""
    permits.require(Act.RELEASE, by, of.unit, commander=None)
    due = next((each for each in deadlines(session, of.matter, picture.CLOCK) if each.id == deadline_id), None)
    if due is None or not due.open or not due.facts.get("unasked"):
        raise NoSuchDuty(duty=Words(**due.facts["title"]) if due else deadline_id)
    graded = Words(zh="定了这一级别", en="decided this level")
    permits.require_another(by, picture.graded_by(session, of), Words(zh="免除报送", en="Releasing a notice"), graded)
    if not why.strip():
        field = Words(zh="理由", en="Reason")
        raise BadValue(field=field, expected=Words(zh="请写明理由。", en="must say why."))
    track.cancel(session, due, why.strip(), by=by.id, at=at)
    show.status(session, of, at=at)


def drop_task(session: Session, of: Incident, code: str, why: str, *, by: Person, at: datetime) -> None:
    """Say that a task is not needed, and why: it is settled without being done."""
    permits.require(Act.TICK_TASK, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="取消任务", en="drop a task"))
    if not why.strip():
        raise BadValue(field=Words(zh="理由", en="Reason"), expected=Words(zh="请写明理由。", en="must say why."))
    task = records.task(session, of, code)
    if task.done_at is not None:
        return
    task.done_by, task.done_at, task.given = by.id, at, why
    for due in deadlines(session, of.matter, TASK):
        if due.name == code:
            track.cancel(session, due, why, by=by.id, at=at)
    journal.write(session, of.matter, "task_dropped", {"code": code, "do": task.words, "why": why}, by=by.id, at=at)
    show.tasks(session, of, [task.role], at=at)
    show.status(session, of, at=at)
