"""Add a notice that the plan does not ask for: a correction, an announcement, or what a regime asks all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from errors import BadValue, NoSuchDuty, NotSent
from escalation import regimes
from escalation.clocks import Obligation, State
from escalation.duties import OTHERS, Addressee, Alone, ClockKind, Courier, Duty, DutyClock, Notice
from escalation.records import Deadline
from escalation.rosters import Authority, People, Person
from escalation.words import Words
from incidents import book, machine, owe, permits, picture, records, report
from incidents.permits import Act
from incidents.records import Added, Filing, Incident
from playbooks.shape import duty_content
from store import journal

CORRECTED_WITHIN = timedelta(minutes=15)  # internal: what is wrong is put right at once
ANNOUNCED_WITHIN = timedelta(hours=1)  # internal
NOBODY_ALONE = Alone(post=report.NO_POST, before=timedelta())
#: Announcements that speak of a drill are sent of a drill alone.
OF_DRILLS = frozenset({Notice.DRILL, Notice.DRILL_SUMMARY})


def correct(
    session: Session,
    of: Incident,
    notice: Filing,
    why: str,
    words: Mapping[str, str] | None = None,
    *,
    people: People,
    by: Person,
    at: datetime,
) -> Filing:
    """Draft the correction of a notice that was sent: a notice of its own, to the same office, signed by another.

    The notice itself is never changed. A correction that is not signed yet is found, not made twice. It begins with
    what the notice said in words; `words` are texts as they should be, by name, and `corrected` what else is wrong.
    """
    permits.require(Act.DRAFT, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="更正报告", en="correct a notice"))
    session.refresh(notice, with_for_update=True)
    if notice.recalled_at is not None or session.get_one(Deadline, notice.deadline_id).met_at is None:
        raise NotSent(title=_title(session, notice))
    made = drafted(session, notice) or _correction(session, of, notice, people=people, by=by, at=at)
    if why.strip() or words:
        draft = records.newest_draft(session, made)
        written = {**(draft.written if draft else {}), **(words or {}), "wrong_because": why}
        report.write(session, of, made, written, people=people, by=by, at=at)
    return made


def drafted(session: Session, notice: Filing) -> Filing | None:
    """The correction of a notice that is drafted and not signed yet, or None."""
    standing = [each for each in records.corrections(session, notice) if each.signed_at is None]
    return standing[-1] if standing else None


def _correction(session: Session, of: Incident, notice: Filing, *, people: People, by: Person, at: datetime) -> Filing:
    wrong = book.duty(session, of, notice.duty)
    title = _title(session, notice)
    duty = replace(
        wrong,
        id=_code(session, of, book.unit_of(of, notice.duty)),
        kind="correction",
        notice=Notice.CORRECTION,
        title=Words(zh=f"更正：{title.zh}"[:60], en=f"Correction: {title.en}"[:60]),
        clock=DutyClock(kind=ClockKind.IMMEDIATE, anchor=book.DECIDED, span=CORRECTED_WITHIN),
        alone=NOBODY_ALONE,
    )
    _add(session, of, duty, corrects=notice, people=people, by=by, at=at)
    return _filing(session, of, duty)


def _title(session: Session, notice: Filing) -> Words:
    return Words(**session.get_one(Deadline, notice.deadline_id).facts["title"])


def announcements(of: Incident) -> tuple[Notice, ...]:
    """What may be announced of it: a drill's own letters of a drill alone."""
    return tuple(each for each in OTHERS if of.exercise or each not in OF_DRILLS)


def offices(of: Incident, people: People) -> Iterator[tuple[Addressee, Authority]]:
    """The offices of the incident's unit, each once: only these are written to."""
    found: set[str] = set()
    for addressee in Addressee:
        office = people.authority(addressee, of.unit)
        if office is not None and office.id not in found:
            found.add(office.id)
            yield addressee, office


def announce(
    session: Session, of: Incident, notice: Notice, to: Addressee, *, people: People, by: Person, at: datetime
) -> Filing:
    """Draft a warning, the start, change or end of the response, a drill, a hazard: to an office of the unit."""
    permits.require(Act.DRAFT, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="起草通知", en="draft a notice"))
    office = dict(offices(of, people)).get(to)
    if notice not in announcements(of) or office is None:
        raise BadValue(field=Words(zh="文种和收报机关", en="Kind and addressee"), expected=_CHOICES)
    first = picture.playbook(session, of).duties[0]
    duty = Duty(
        id=_code(session, of, of.unit),
        regime=_home(session, of),
        kind=notice.value,
        notice=notice,
        title=notice.words,
        addressee=to,
        courier=_courier(office),
        clock=DutyClock(kind=ClockKind.IMMEDIATE, anchor=book.DECIDED, span=ANNOUNCED_WITHIN),
        signs=first.signs,
        alone=NOBODY_ALONE,
    )
    _add(session, of, duty, corrects=None, people=people, by=by, at=at)
    return _filing(session, of, duty)


_CHOICES = Words(zh="请在所列的文种和机关中选择。", en="must be among the kinds and offices listed.")


def _home(session: Session, of: Incident) -> str:
    """The regime whose language an announcement is written in: one of the country's own, where the plan has one."""
    named = [duty.regime for duty in picture.playbook(session, of).duties]
    return next((each for each in named if each.startswith("cn.")), named[0])


def _courier(office: Authority) -> Courier:
    if office.portal:
        return Courier.PORTAL
    return Courier.MAIL if office.mail else Courier.BY_HAND


# --- what the plan forgot --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Forgotten:
    """What a regime asks of this party in such an event, and no duty of the plan names; `addressee` None: no office."""

    owed: Obligation
    addressee: Addressee | None


def forgotten(session: Session, of: Incident, *, people: People, at: datetime) -> Iterator[Forgotten]:
    """What the regimes ask and neither the plan nor a person has named: nothing is hidden because a plan forgot it."""
    if of.stands not in machine.OPEN:
        return
    named = list(book.duties(session, of, people))
    told = {(duty.regime, duty.kind, _office_id(people, of, duty.addressee)) for duty in named}
    seen = set()
    plan = picture.playbook(session, of)
    for each in owe.obligations(session, of, plan, of.level, people=people, at=at, everywhere=True):
        addressee = _addressee(people, of, each.recipient)
        key = (each.regime, each.kind, _office_id(people, of, addressee) if addressee else each.recipient)
        if each.state is State.MET or key in told or key in seen:
            continue
        seen.add(key)
        yield Forgotten(owed=each, addressee=addressee)


def _addressee(people: People, of: Incident, recipient: str) -> Addressee | None:
    name = regimes.titles().addressees.get(recipient)
    found = Addressee(name) if name else None
    return found if found is not None and people.authority(found, of.unit) is not None else None


def _office_id(people: People, of: Incident, addressee: Addressee) -> str:
    office = people.authority(addressee, of.unit)
    return office.id if office else addressee.value


def file(
    session: Session, of: Incident, regime: str, kind: str, recipient: str, *, people: People, by: Person, at: datetime
) -> Filing | None:
    """Take what the plan forgot among what the incident owes; its clock is the regime's own.

    None while its clock has not started: it is owed and shown, and drafted once it runs.
    """
    permits.require(Act.DRAFT, by, of.unit, commander=of.commander)
    wanted = (regime, kind, recipient)
    for each in forgotten(session, of, people=people, at=at):
        if (each.owed.regime, each.owed.kind, each.owed.recipient) == wanted and each.addressee is not None:
            duty = _duty(session, of, each, each.addressee, people)
            _add(session, of, duty, corrects=None, people=people, by=by, at=at)
            return records.filing_of(session, of, duty.id, 1)
    raise NoSuchDuty(duty=regimes.titles().kinds.get(kind, Words(zh=kind, en=kind)))


def _duty(session: Session, of: Incident, each: Forgotten, addressee: Addressee, people: People) -> Duty:
    kind, text = regimes.titles().kinds[each.owed.kind], regimes.regime(each.owed.regime).title
    office, first = people.authority(addressee, of.unit), picture.playbook(session, of).duties[0]
    return Duty(
        id=_code(session, of, of.unit),
        regime=each.owed.regime,
        kind=each.owed.kind,
        notice=Notice(regimes.titles().letters.get(each.owed.kind, Notice.FIRST.value)),
        title=Words(zh=f"{text.zh}：{kind.zh}"[:60], en=f"{text.en}: {kind.en}"[:60]),
        addressee=addressee,
        courier=_courier(office) if office else Courier.BY_HAND,
        clock=DutyClock(kind=ClockKind.STATUTORY),
        signs=first.signs,
        alone=first.alone,
    )


# --- the row ---------------------------------------------------------------------------------------------------------


def _code(session: Session, of: Incident, unit: str) -> str:
    code = f"X{len(records.added(session, of)) + 1}"
    return code if unit == of.unit else f"{code}{book.AT}{unit}"


def _add(
    session: Session,
    of: Incident,
    duty: Duty,
    *,
    corrects: Filing | None,
    people: People,
    by: Person,
    at: datetime,
) -> None:
    row = Added(
        incident_id=of.id,
        code=duty.id,
        duty=duty_content(duty),
        corrects=corrects.id if corrects else None,
        by=by.id,
        at=at,
    )
    session.add(row)
    session.flush()
    told = {"duty": duty.id, "title": picture.both(duty.title), "corrects": row.corrects}
    journal.write(session, of.matter, "notice_added", told, by=by.id, at=at)
    owe.owe(session, of, people=people, by=by.id, at=at)


def _filing(session: Session, of: Incident, duty: Duty) -> Filing:
    """What was added and runs from this moment: its notice is drafted already."""
    found = records.filing_of(session, of, duty.id, 1)
    if found is None:
        raise NoSuchDuty(duty=duty.title)
    return found
