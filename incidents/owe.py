"""Work out what is owed to whom by when, and keep the clocks true to it: met stays met, open ones are re-dated."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from errors import TocsinError, UnknownHolidays
from escalation import clocks, regimes, track
from escalation.calendar import later
from escalation.clocks import Level, Obligation, Rise
from escalation.duties import ClockKind, Duty, filing_of
from escalation.records import Deadline, Standing, deadline, deadlines
from escalation.rosters import People
from incidents import book as duties
from incidents import grading, machine, picture, records, report
from incidents.facts import KINDS, Sort
from incidents.picture import CLOCK
from incidents.records import Filing, Incident
from playbooks.shape import Playbook, duty_of
from store import journal

AT_ONCE_TARGET = timedelta(minutes=15)  # internal: the law says 立即 and gives no number
UNCOUNTED_TARGET = timedelta(days=1)  # internal: working days of a year whose holidays are not published yet


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    """One clock of one duty, as it stands by what is known now."""

    duty: Duty
    seq: int
    anchor: str
    anchored_at: datetime | None
    due_at: datetime | None
    would_have_been_due_at: datetime | None
    immediate: bool
    target_at: datetime | None
    source: str
    article: str
    confidence: str
    caution: dict[str, str] | None  # in both languages: why there is no due time


def owe(session: Session, of: Incident, *, people: People, by: str, at: datetime) -> None:
    """Start what is newly owed, re-date what is open, leave what is met; drafts follow the facts.

    Nothing owed disappears by itself: an open clock that the rules no longer ask for (the level fell) stays, and is
    marked so that a person decides. What has ended owes nothing new, whatever receipt still comes in.
    """
    if of.stands not in machine.OPEN:
        return
    book = picture.playbook(session, of)
    standing = list(owed(session, of, book, people=people, at=at))
    for each in standing:
        due = _keep(session, of, each, people=people, by=by, at=at)
        _file(session, of, each, due)
    _mark_unasked(session, of, standing)
    report.redraft_all(session, of, people=people, by=by, at=at)
    report.note_moved(session, of, at=at)


def would_start(
    session: Session, of: Incident, book: Playbook, event_level: str | None, *, people: People, at: datetime
) -> int:
    """How many statutory clocks an event level would start that do not run yet."""
    running = {due.name for due in deadlines(session, of.matter, CLOCK) if due.state is not Standing.NOT_STARTED}
    found = obligations(session, of, book, event_level, people=people, at=at)
    asked = {(each.regime, each.kind) for each in found if each.anchored_at is not None}
    statutory = [duty for duty in book.duties if not duty.clock.internal]
    return sum((duty.regime, duty.kind) in asked and duty.id not in running for duty in statutory)


def obligations(
    session: Session,
    of: Incident,
    book: Playbook,
    level: str | None,
    *,
    people: People,
    at: datetime,
    everywhere: bool = False,
) -> tuple[Obligation, ...]:
    """What the regimes of the incident's duties ask at an event level; `everywhere`: every regime that applies."""
    facts = {name: fact.value["is"] for name, fact in records.current_facts(session, of).items()}
    named = None if everywhere else {duty.regime for duty in (*book.duties, *_added(session, of))}
    others = _graded_elsewhere(book, named, facts, people)
    return clocks.owed(
        regimes.all_regimes().values(),
        parties=people.organisation.party,
        event_classes=book.event_class,
        levels={name: found.level for name, found in others.items() if found.level}
        | ({book.criteria: Level(level)} if level else {}),
        sureness={name: found.confidence for name, found in others.items() if found.level},
        level_changed=_rise(of, book),
        instants=instants(session, of),
        submitted=filed(session, of),
        facts=facts,
        at=at,
        named=named,
    )


def _added(session: Session, of: Incident) -> list[Duty]:
    return [duty_of(row.duty) for row in records.added(session, of)]


def _graded_elsewhere(
    book: Playbook, named: Collection[str] | None, facts: Mapping[str, Any], people: People
) -> Mapping[str, grading.Grade]:
    """What the facts give by the other regimes' scales: the event level stands on the plan's own scale only."""
    asking = regimes.all_regimes() if named is None else named
    wanted = {regimes.regime(name).criteria for name in asking} - {None, book.criteria}
    return {
        name: grading.grade(criteria, facts, parties=people.organisation.party)
        for name, criteria in regimes.all_criteria().items()
        if name in wanted
    }


def owed(session: Session, of: Incident, book: Playbook, *, people: People, at: datetime) -> Iterator[Owed]:
    """Every clock of the plan's duties, statutory ones by their regime, internal ones by the plan's own targets."""
    moments = instants(session, of)
    decided = {row.code: row.at for row in records.added(session, of)}
    statutory = obligations(session, of, book, of.level, people=people, at=at)
    for duty in duties.duties(session, of, people):
        if duty.clock.internal:
            known = {**moments, duties.DECIDED: decided[duty.id]} if duty.id in decided else moments
            yield from _internal(session, of, duty, known, filed(session, of, duty), at=at)
        else:
            yield from _statutory(session, of, duty, statutory)


def _statutory(session: Session, of: Incident, duty: Duty, obligations: tuple[Obligation, ...]) -> Iterator[Owed]:
    seen: set[int] = set()
    for each in obligations:
        if (each.regime, each.kind) != (duty.regime, duty.kind) or each.seq in seen:
            continue
        seen.add(each.seq)
        yield Owed(
            duty=duty,
            seq=_seq(session, of, duty, each),
            anchor=each.anchor,
            anchored_at=each.anchored_at,
            due_at=each.due_at,
            would_have_been_due_at=each.would_have_been_due_at,
            immediate=each.immediate,
            target_at=_reminder(each),
            source=each.source,
            article=each.article,
            confidence=each.confidence,
            caution=_both(each.caution),
        )


def _reminder(each: Obligation) -> datetime | None:
    """When to remind of what has no due time: soon of what is owed at once, daily where it could not be counted."""
    if each.anchored_at is None or each.due_at is not None:
        return None
    if each.immediate:
        return each.anchored_at + AT_ONCE_TARGET
    return each.anchored_at + UNCOUNTED_TARGET if each.caution else None


def _seq(session: Session, of: Incident, duty: Duty, each: Obligation) -> int:
    """Which number it has; where a new anchor asks anew (casualties changed again), one more than what was filed."""
    if not any(rule.renews for rule in regimes.regime(duty.regime).every_rule if rule.kind == duty.kind):
        return each.seq
    last = max(
        (due for due in deadlines(session, of.matter, CLOCK) if due.name == duty.id),
        key=lambda due: due.seq,
        default=None,
    )
    if last is None:
        return each.seq
    anew = last.met_at is not None and each.anchored_at is not None and each.anchored_at > last.met_at
    return last.seq + 1 if anew else last.seq


def _internal(
    session: Session,
    of: Incident,
    duty: Duty,
    moments: Mapping[str, datetime],
    submitted: Mapping[str, Mapping[str, list[datetime]]],
    *,
    at: datetime,
) -> Iterator[Owed]:
    """The plan's own target; a recurring one runs from the last report, one at a time, until its end is known."""
    clock = duty.clock
    mine = submitted.get(duty.regime, {}).get(duty.kind, [])
    seq = len(mine) + 1 if clock.kind is ClockKind.EVERY else 1
    start = (
        mine[-1] if clock.kind is ClockKind.EVERY and mine else _anchored(clock.anchor or "", duty, moments, submitted)
    )
    if clock.kind is ClockKind.EVERY and clock.until in moments:
        _end(session, of, duty, seq, at=at)
        return
    target, caution = _target(start, duty)
    immediate = clock.kind is ClockKind.IMMEDIATE
    yield Owed(
        duty=duty,
        seq=seq,
        anchor=clock.anchor or "",
        anchored_at=start,
        due_at=None if immediate else target,
        would_have_been_due_at=None,
        immediate=immediate,
        target_at=target if immediate else start + UNCOUNTED_TARGET if start and caution else None,
        source="",
        article="",
        confidence="",
        caution=caution,
    )


def _end(session: Session, of: Incident, duty: Duty, seq: int, *, at: datetime) -> None:
    # Service is back: the next follow-up is no longer wanted, the final report is. What is signed is on its way.
    waiting = deadline(session, of.matter, CLOCK, duty.id, seq)
    notice = records.filing_of(session, of, duty.id, seq)
    if waiting is not None and (notice is None or notice.signed_at is None):
        track.cancel(session, waiting, f"{duty.clock.until}", by="tocsin", at=at)


def _target(start: datetime | None, duty: Duty) -> tuple[datetime | None, dict[str, str] | None]:
    if start is None or duty.clock.span is None:
        return None, None
    try:
        return later(start, duty.clock.span), None
    except UnknownHolidays as unknown:
        return None, _both(unknown)


def _both(caution: TocsinError | None) -> dict[str, str] | None:
    return {lang: caution.sentence(lang) for lang in ("zh", "en")} if caution else None


def _anchored(
    anchor: str, duty: Duty, moments: Mapping[str, datetime], submitted: Mapping[str, Mapping[str, list[datetime]]]
) -> datetime | None:
    kind = filing_of(anchor)
    if kind is None:
        return moments.get(anchor)
    return next(iter(submitted.get(duty.regime, {}).get(kind, [])), None)


def _rise(of: Incident, book: Playbook) -> Mapping[str, Rise]:
    if of.level_changed_at is None:
        return {}
    before = Level(of.level_before) if of.level_before else None
    return {book.criteria: Rise(at=of.level_changed_at, before=before)}


def instants(session: Session, of: Incident) -> Mapping[str, datetime]:
    """Every instant that is known; an unset one is not in it."""
    known = {
        name: datetime.fromisoformat(fact.value["is"])
        for name, fact in records.current_facts(session, of).items()
        if KINDS[name].sort is Sort.INSTANT and fact.value["is"] is not None
    }
    if of.level_changed_at is not None:
        known["level_changed_at"] = of.level_changed_at
    return known


def filed(session: Session, of: Incident, duty: Duty | None = None) -> Mapping[str, Mapping[str, list[datetime]]]:
    """When each kind of notice reached its authority, by regime: only what has a receipt counts.

    Of the unit that `duty` speaks for alone, if it is given: each province's office has its own follow-ups.
    """
    found: dict[str, dict[str, list[datetime]]] = {}
    for notice in records.filings(session, of):
        due = session.get_one(Deadline, notice.deadline_id)
        apart = duty is not None and duties.unit_of(of, notice.duty) != duties.unit_of(of, duty.id)
        if due.met_at is not None and not apart:
            found.setdefault(notice.regime, {}).setdefault(notice.kind, []).append(due.met_at)
    return {regime: {kind: sorted(times) for kind, times in kinds.items()} for regime, kinds in found.items()}


def _keep(session: Session, of: Incident, each: Owed, *, people: People, by: str, at: datetime) -> Deadline:
    due = deadline(session, of.matter, CLOCK, each.duty.id, each.seq)
    facts = _facts(of, each, people)
    ring_at = _ring_at(each, at)
    if due is None:
        due = track.start(
            session,
            of.matter,
            CLOCK,
            each.duty.id,
            seq=each.seq,
            anchor=each.anchor,
            started_at=each.anchored_at,
            due_at=each.due_at,
            ring_at=ring_at,
            facts=facts,
        )
        if each.anchored_at is not None:
            told = {"title": facts["title"], "due": picture.iso(each.due_at), "anchor": each.anchor}
            journal.write(session, of.matter, "clock_started", told, by=by, at=at)
        return due
    if due.state is Standing.CANCELLED:
        # It had ended (service was back) and is owed after all: it starts again under its own number.
        due.state, due.started_at, due.due_at = Standing.NOT_STARTED, None, None
    if due.open:
        due.anchor, due.facts = each.anchor, facts
        track.redate(session, due, started_at=each.anchored_at, due_at=each.due_at, ring_at=ring_at, by=by, at=at)
    return due


def _ring_at(each: Owed, at: datetime) -> datetime | None:
    until = each.due_at or each.target_at
    if each.anchored_at is None or until is None:
        return None
    # Already late when it is first heard of: it rings at once, marked late.
    return at if until <= at else clocks.next_ring(each.anchored_at, until, at).at


def _facts(of: Incident, each: Owed, people: People) -> dict[str, Any]:
    office = duties.office(people, of, each.duty)
    return {
        "duty": each.duty.id,
        "title": picture.both(each.duty.title),
        "recipient": picture.both(office.title if office else each.duty.addressee.words),
        "phone": office.phone if office else None,
        "courier": each.duty.courier.value,
        "internal": each.duty.clock.internal,
        "immediate": each.immediate,
        "target_at": picture.iso(each.target_at),
        "would_have_been_due_at": picture.iso(each.would_have_been_due_at),
        "source": each.source,
        "article": each.article,
        "confidence": each.confidence,
        "caution": each.caution,
        "unasked": False,
    }


def _file(session: Session, of: Incident, each: Owed, due: Deadline) -> None:
    if due.state is not Standing.RUNNING or records.filing_of(session, of, each.duty.id, each.seq) is not None:
        return
    notice = Filing(
        incident_id=of.id,
        duty=each.duty.id,
        regime=each.duty.regime,
        kind=each.duty.kind,
        seq=each.seq,
        deadline_id=due.id,
        draft=0,
        signed_alone=False,
    )
    session.add(notice)
    session.flush()


def _mark_unasked(session: Session, of: Incident, standing: list[Owed]) -> None:
    asked = {(each.duty.id, each.seq) for each in standing}
    for due in deadlines(session, of.matter, CLOCK):
        if due.open and (due.name, due.seq) not in asked and not due.facts.get("unasked"):
            due.facts = {**due.facts, "unasked": True}
