"""The authority's side of a notice: looked at, asked about, a new link wanted; nobody of ours presses here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import BadValue, UnknownReceipt
from escalation import track
from escalation.duties import Notice as Kind
from escalation.records import Dispatch, dispatch
from escalation.rosters import People
from escalation.tell import tell
from escalation.words import Words
from incidents import book, machine, picture, records, send, show
from incidents.records import TASK, Filing, Incident, Task
from playbooks.shape import Playbook
from store import journal

UNREAD = "unread"
UNREAD_AFTER = timedelta(minutes=30)  # a first notice; the people file may say otherwise for an office
ANSWER_WITHIN = timedelta(hours=1)
LIAISON = "external_liaison"
QUESTION_MOST = 2000  # characters
NEW_LINK = {
    "zh": ("报告查阅链接 {number}", "您索取了新的查阅链接，见下。未索取的请忽略本邮件。\n"),
    "en": ("Link to notice {number}", "A new link was asked for; it follows. If you did not ask, ignore this.\n"),
}


def notice_of(session: Session, token: str) -> tuple[Incident, Filing]:
    """The notice with that token and its incident, locked as every press locks; refuses what was never sent."""
    wanted = select(Filing.incident_id).where(Filing.token == token, Filing.recalled_at.is_(None))
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise UnknownReceipt
    of = session.get_one(Incident, found, with_for_update=True, populate_existing=True)
    return of, session.scalars(select(Filing).where(Filing.token == token).with_for_update()).one()


def sent(session: Session, notice: Filing) -> Dispatch:
    """The first sending of a signed notice: what is shown is what was sent; refuses when nothing was."""
    leaving = dispatch(session, (notice.dispatch_key or "").partition(":repeat:")[0])
    if leaving is None:
        raise UnknownReceipt
    return leaving


def others(session: Session, of: Incident, notice: Filing) -> Sequence[Filing]:
    """The other notices of the same incident under the same regime that left for the same office, oldest first."""
    to = sent(session, notice).facts["addressee"]
    signed = [each for each in records.filings(session, of) if each.signed_at is not None and each.id != notice.id]
    same = [each for each in signed if each.regime == notice.regime and sent(session, each).facts["addressee"] == to]
    return [each for each in same if each.acknowledged_at or not send.surely_here(session, each)]


def looked(session: Session, of: Incident, notice: Filing, what: str, *, at: datetime) -> None:
    """Somebody opened the page, or a document of it: in the journal, and no acknowledgement."""
    body = {"filing": notice.id, "duty": notice.duty, "seq": notice.seq, "what": what}
    journal.write(session, of.matter, "looked", body, by="authority:link", at=at)


def ask_back(session: Session, token: str, *, who: str, question: str, people: People, at: datetime) -> Task | None:
    """The authority asks: a task for the liaison, and everybody in the room hears it.

    An incident that is over gets no task any more; the question is told and kept all the same.
    """
    of, notice = notice_of(session, token)
    asked = question.strip()[:QUESTION_MOST]
    if not asked:
        title = Words(zh="问题", en="Question")
        raise BadValue(field=title, expected=Words(zh="请写明要问什么。", en="must say what is asked."))
    role = _liaison(picture.playbook(session, of))
    task = _task(session, of, role, who, asked, at=at) if of.stands in machine.OPEN else None
    body = {"filing": notice.id, "duty": notice.duty, "seq": notice.seq, "question": asked}
    journal.write(session, of.matter, "asked_back", body, by=f"authority:{who}"[:80], at=at)
    told = picture.filing(session, of, notice) | {"who": who, "question": asked, "code": task.code if task else None}
    show.news(session, of, "question", told, at=at, priority=show.FIRST)
    holder = records.holders(session, of).get(role) or of.commander
    for whom in dict.fromkeys(each for each in (holder, notice.signed_by) if each in people.people):
        show.news(session, of, "question", told, to=whom, at=at, priority=show.FIRST)
    if task is not None:
        show.tasks(session, of, [role], at=at)
        show.status(session, of, at=at)
    return task


def _liaison(book: Playbook) -> str:
    """The role that speaks with the outside; a plan without one has its first role, who commands."""
    return next((role.id for role in book.roles if role.post == LIAISON), book.roles[0].id)


def _task(session: Session, of: Incident, role: str, who: str, asked: str, *, at: datetime) -> Task:
    code = f"Q{sum(task.code.startswith('Q') for task in records.tasks(session, of)) + 1:02d}"
    due_at = at + ANSWER_WITHIN
    task = Task(
        incident_id=of.id,
        code=code,
        role=role,
        words={"zh": f"答复机关（{who}）：{asked}", "en": f"Answer the authority ({who}): {asked}"},
        evidence=None,
        due_at=due_at,
        added_by="authority",
        added_at=at,
    )
    session.add(task)
    session.flush()
    track.start(session, of.matter, TASK, code, started_at=at, due_at=due_at, ring_at=due_at)
    return task


def another_link(session: Session, token: str, *, at: datetime) -> bool:
    """Send a new link to the address that the notice went to, never to one that is typed; once a day is enough.

    False where the notice did not go to a mail address.
    """
    of, notice = notice_of(session, token)
    first = sent(session, notice)
    to, lang = first.facts.get("to"), first.facts["lang"]
    if not to:
        return False
    subject, text = NEW_LINK[lang]
    told = {"to": to, "subject": subject.format(number=of.number), "text": text, "token": token, "lang": lang}
    short = hashlib.sha256(token.encode()).hexdigest()[:16]
    key = f"link:{short}:{at.date().isoformat()}"
    tell(session, of.matter, "notice_link", told, key=key, courier="mail", priority=show.SOON, at=at)
    journal.write(session, of.matter, "link_asked", {"filing": notice.id}, by="authority:link", at=at)
    return True


def watch(session: Session, of: Incident, notice: Filing, *, people: People, at: datetime) -> None:
    """A first notice arrived: from now it is waited for that somebody there says so."""
    duty = book.duty(session, of, notice.duty)
    if notice.acknowledged_at is not None or duty.notice is not Kind.FIRST:
        return
    office = book.office(people, of, duty)
    within = office.reads_within if office is not None and office.reads_within is not None else UNREAD_AFTER
    facts = {"filing": notice.id, "within_s": within.total_seconds()}
    ring_at = at + within
    track.start(
        session, of.matter, UNREAD, notice.duty, seq=notice.seq, started_at=at, due_at=ring_at, ring_at=ring_at,
        facts=facts,
    )  # fmt: skip
