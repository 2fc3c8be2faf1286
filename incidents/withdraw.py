"""Take back what was signed, while no courier has it; the same duty is drafted anew and signed again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from errors import AlreadyRecalled, BadValue, NotSigned, TooLateToRecall
from escalation.duties import Courier
from escalation.records import Deadline, Dispatch, State, dispatch
from escalation.rosters import People, Person
from escalation.tell import recall
from escalation.words import Words
from incidents import machine, records, report, show
from incidents.records import Filing, Incident
from store import journal


def withdraw(
    session: Session, of: Incident, notice: Filing, why: str, *, people: People, by: Person, at: datetime
) -> Filing:
    """Take a signed notice back and draft its duty anew: the next take, with a key of its own; its clock runs on.

    Refuses `TooLateToRecall` from the moment a courier has it: the dispatch's own row decides, so that a recall and a
    courier that come at once cannot both win. What was recalled never leaves.
    """
    machine.require_open(of.stands, Words(zh="撤回报告", en="take a notice back"))
    session.refresh(notice, with_for_update=True)
    report.may_sign(session, of, notice, people=people, by=by, at=at, refusing=True)
    if not why.strip():
        raise BadValue(field=Words(zh="理由", en="Reason"), expected=Words(zh="请写明理由。", en="must say why."))
    leaving = _leaving(session, notice, people)
    # A repeat is not the first that may have arrived; what was refused at the other end never leaves by itself.
    first = leaving.key == notice_key(leaving)
    refused = first and leaving.state is State.REJECTED
    if not first or not (refused or recall(session, leaving, why.strip(), by=by.id, at=at)):
        session.refresh(leaving)
        raise _too_late(leaving, people)
    if refused:
        told = {"key": leaving.key, "why": why.strip()}
        journal.write(session, leaving.matter, "recalled", told, by=by.id, at=at)
    papers = dispatch(session, show.papers_key(of, notice))
    if papers is not None:
        recall(session, papers, why.strip(), by=by.id, at=at)
    notice.recalled_by, notice.recalled_at, notice.recalled_why = by.id, at, why.strip()
    session.flush()
    anew = _anew(session, of, notice, people=people, at=at)
    show.filing(session, of, notice, at=at)
    show.status(session, of, at=at)
    return anew


def notice_key(leaving: Dispatch) -> str:
    """The key of a notice's first sending."""
    return leaving.key.partition(":repeat:")[0]


def _leaving(session: Session, notice: Filing, people: People) -> Dispatch:
    if notice.recalled_at is not None:
        raise AlreadyRecalled(who=people.name(notice.recalled_by), when=people.clock(notice.recalled_at))
    leaving = dispatch(session, notice.dispatch_key or "")
    if leaving is None:
        raise NotSigned(title=Words(**session.get_one(Deadline, notice.deadline_id).facts["title"]))
    return leaving


def _too_late(leaving: Dispatch, people: People) -> TooLateToRecall:
    taken_at = leaving.claimed_at or leaving.settled_at or leaving.created_at
    return TooLateToRecall(courier=Courier(leaving.courier).words, when=people.clock(taken_at))


def _anew(session: Session, of: Incident, notice: Filing, *, people: People, at: datetime) -> Filing:
    """The next take of the same notice for the same clock; its words are carried on, and so is whose they are."""
    before = records.signed_draft(session, notice)
    anew = Filing(
        incident_id=of.id,
        duty=notice.duty,
        regime=notice.regime,
        kind=notice.kind,
        seq=notice.seq,
        take=notice.take + 1,
        deadline_id=notice.deadline_id,
        draft=0,
        signed_alone=False,
    )
    session.add(anew)
    session.flush()
    report.redraft(session, of, anew, people=people, after=before, at=at)
    return anew
