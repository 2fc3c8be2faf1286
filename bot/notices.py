"""Presses about a notice: read, sign, ask, send back, write, phone, send again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from bot import find
from bot.door import Field, wrong
from bot.press import Press
from bot.views import modals
from bot.views.parts import esc, section
from errors import Refusal, StaleDraft
from escalation.duties import Addressee
from escalation.duties import Notice as Letter
from escalation.records import Deadline
from escalation.words import Words
from incidents import add, book, facts, permits, picture, records, report
from incidents.deputies import Right
from incidents.permits import Act
from incidents.records import Filing, Incident

Modal = dict[str, Any]


def refresh(session: Session, press: Press) -> None:
    """Before it is read: the draft tells what is known now."""
    of, notice = _pressed(session, press)
    if notice.signed_at is None and session.get_one(Deadline, notice.deadline_id).open:
        report.redraft(session, of, notice, people=press.people, at=press.at)


def read(session: Session, press: Press) -> Modal:
    """The text exactly as it would leave; the signer may sign, the drafter may ask."""
    of, notice = find.filing(session, press.value or str(press.private["filing"]))  # a form that lay on it knows it too
    duty = book.duty(session, of, notice.duty)
    alone_from = report.alone_from(session, notice, duty, at=press.at)
    right = _right(session, press, of, notice)
    rendered = _rendered(session, press, of, notice, right)
    mode = "wait" if notice.signed_at is not None else "sign" if right else "ask"
    return modals.notice(
        press.lang,
        filing=picture.filing(session, of, notice),
        rendered=rendered,
        mode="fill" if rendered["holds"] else mode,
        approvers=find.signers(press.people, of.unit, duty.signs, but=report.hands(session, of, notice), at=press.at),
        alone_from=None if alone_from == report.NOBODY else picture.iso(alone_from),
        private=_private(session, press, of, notice, right),
        view=press.house.view,
    )


def _right(session: Session, press: Press, of: Incident, notice: Filing) -> Right | None:
    """By what right the presser may sign it now; None where they may not."""
    if notice.signed_at is not None:
        return None
    try:
        return report.may_sign(session, of, notice, people=press.people, by=press.by, at=press.at)
    except Refusal:
        return None


def _rendered(session: Session, press: Press, of: Incident, notice: Filing, right: Right | None) -> dict[str, Any]:
    """The text as it would leave by that right, and whether what it lacks holds it up at this instant."""
    to, instead_of = (press.by, right.instead_of) if right else (None, None)
    told = find.rendered(session, notice, to=to, instead_of=instead_of)
    if notice.signed_at is not None:
        return told | {"holds": False}
    _, letter = report.shown(session, notice, to=to, instead_of=instead_of)
    return told | report.held(session, of, notice, letter, at=press.at)


def _private(session: Session, press: Press, of: Incident, notice: Filing, right: Right | None) -> dict[str, Any]:
    rendered = find.rendered(session, notice, to=press.by, instead_of=right.instead_of if right else None)
    return {"number": of.number, "filing": notice.id, "version": rendered["version"], "digest": rendered["seal"]}


def sign(session: Session, press: Press) -> Modal | None:
    """Sign what was read, and send it; if it moved meanwhile, show what moved and the text as it stands now."""
    of, notice = _locked(session, press)
    try:
        report.sign(
            session,
            of,
            notice,
            version=int(press.private["version"]),
            digest=str(press.private["digest"]),
            receipts=press.house.receipts,
            people=press.people,
            by=press.by,
            at=press.at,
        )
    except StaleDraft as stale:
        report.redraft(session, of, notice, people=press.people, at=press.at)  # its address may be what moved
        anew = read(session, replace(press, value=str(notice.id)))
        anew["blocks"] = [section(f"⚠️ {esc(stale.sentence(press.lang))}"), *anew["blocks"]]
        return {"response_action": "update", "view": anew}
    return None


def ask(session: Session, press: Press) -> None:
    """Ask an approver."""
    of, notice = _locked(session, press)
    whom = press.people.person(press.typed["whom"])
    report.ask_to_sign(session, of, notice, whom, people=press.people, by=press.by, at=press.at)


def send_back_open(session: Session, press: Press) -> Modal:
    """Why it goes back."""
    of, notice = find.filing(session, press.value)
    private = {"number": of.number, "filing": notice.id}
    return modals.send_back(press.lang, filing=picture.filing(session, of, notice), private=private)


def send_back(session: Session, press: Press) -> dict[str, str]:
    """Send it back with the reason; the reading underneath closes too."""
    of, notice = _locked(session, press)
    why = str(press.typed.get("why") or "").strip()
    if not why:
        raise wrong("why", Words(zh="理由", en="Reason"), "请写明理由。", "must say why.")
    report.send_back(session, of, notice, why, people=press.people, by=press.by, at=press.at)
    return {"response_action": "clear"}


def edit_open(session: Session, press: Press) -> Modal:
    """The words a person adds to what is derived."""
    of, notice = find.filing(session, press.value)
    draft = records.newest_draft(session, notice)
    written = dict(draft.written) if draft else {}
    private = {"number": of.number, "filing": notice.id}
    asked = report.asked(session, of, notice)
    filing = picture.filing(session, of, notice)
    said = draft.facts.get("carried", {}) if draft else {}
    carried = {name: each["reference"] for name, each in said.items()}
    return modals.edit_draft(press.lang, filing=filing, asked=asked, written=written, carried=carried, private=private)


def edit(session: Session, press: Press) -> None:
    """Write it; the writer is its drafter now."""
    of, notice = _locked(session, press)
    written = {name: str(press.typed.get(name) or "") for name in report.asked(session, of, notice)}
    report.write(session, of, notice, written, people=press.people, by=press.by, at=press.at)


def phone_open(session: Session, press: Press) -> Modal:
    """The script to read aloud, and who took it."""
    of, notice = find.filing(session, press.value)
    right = _right(session, press, of, notice)
    rendered = _rendered(session, press, of, notice, right)
    if notice.signed_at is None and (rendered["holds"] or right is None):
        # Told before the number is shown: who may not sign it does not phone it; the form asks somebody who may.
        return read(session, press)
    due = session.get_one(Deadline, notice.deadline_id)
    now = press.at.astimezone(press.people.organisation.tz).strftime("%Y-%m-%d %H:%M")
    return modals.phone(
        press.lang,
        filing=picture.filing(session, of, notice),
        rendered=rendered,
        phone=due.facts.get("phone"),
        now_text=now,
        private=_private(session, press, of, notice, right),
    )


def phoned(session: Session, press: Press) -> None:
    """It was read aloud to somebody: that is the receipt."""
    of, notice = _locked(session, press)
    title = Words(zh="通话时间", en="Spoken at")
    try:
        spoken_at = facts.read_instant(
            title, str(press.typed.get("spoken_at") or ""), tz=press.people.organisation.tz, at=press.at
        )
    except Refusal as refusal:
        raise Field("spoken_at", refusal) from None
    report.phoned(
        session,
        of,
        notice,
        spoken_to=str(press.typed.get("spoken_to") or ""),
        spoken_at=min(spoken_at, press.at),
        reference=str(press.typed.get("reference") or ""),
        version=int(press.private["version"]),
        digest=str(press.private["digest"]),
        receipts=press.house.receipts,
        people=press.people,
        by=press.by,
        at=press.at,
    )


def resend(session: Session, press: Press) -> None:
    """Send it again, marked as a repeat."""
    of, notice = _pressed(session, press)
    report.resend(session, of, notice, by=press.by, at=press.at)


# --- notices beside the plan's ---------------------------------------------------------------------------------------


def correct_open(session: Session, press: Press) -> Modal:
    """What it said and is otherwise now, and why it was wrong; what is drafted of it already stands in the form."""
    of, notice = find.filing(session, press.value)
    permits.require(Act.DRAFT, press.by, of.unit, commander=of.commander)
    private = {"number": of.number, "filing": notice.id}
    view = replace(press.house.view, lang=press.lang)
    made = add.drafted(session, notice)
    draft = records.newest_draft(session, made) if made else None
    return modals.correct(
        press.lang,
        filing=picture.filing(session, of, notice),
        filed=report.as_filed(session, of, notice),
        written=draft.written if draft else {},
        private=private,
        view=view,
    )


def correct(session: Session, press: Press) -> None:
    """Draft the correction; another reads and signs it."""
    of, notice = _locked(session, press)
    why = str(press.typed.get("why") or "")
    if not why.strip():
        raise wrong("why", Words(zh="更正原因", en="Why it was wrong"), "请写明原因。", "must say why.")
    said = {block.removeprefix("said:"): str(text or "") for block, text in press.typed.items() if "said:" in block}
    words = {**said, "corrected": str(press.typed.get("corrected") or "")}
    made = add.correct(session, of, notice, why, words, people=press.people, by=press.by, at=press.at)
    draft = records.newest_draft(session, made)
    if draft is None or "changes" in draft.facts["missing"]["lacks"]:
        what = Words(zh="更正的内容", en="What is corrected")
        raise wrong(
            "corrected",
            what,
            "请写明哪一项、原报什么、应为什么。",
            "must say which item, what it said, what it should be.",
        )


def reports_open(session: Session, press: Press) -> Modal:
    """The one schedule of an incident over all regimes."""
    of = records.incident(session, press.number, lock=False)
    status = picture.status(session, of, at=press.at)
    return modals.reports(
        press.lang,
        head=picture.head(session, of),
        clocks=status["clocks"],
        forgotten=find.forgotten(session, of, press.people, at=press.at),
        at=press.at.isoformat(),
        view=replace(press.house.view, lang=press.lang),
    )


def file_owed(session: Session, press: Press) -> None:
    """Take what the plan forgot among what the incident owes."""
    of = records.incident(session, press.number)
    regime, kind, recipient = press.arg.split("|")
    add.file(session, of, regime, kind, recipient, people=press.people, by=press.by, at=press.at)


def announce_open(session: Session, press: Press) -> Modal:
    """Which letter, to which of the unit's offices."""
    of = records.incident(session, press.number, lock=False)
    permits.require(Act.DRAFT, press.by, of.unit, commander=of.commander)
    kinds = [{"id": each.value, "title": picture.both(each.words)} for each in add.announcements(of)]
    offices = [{"id": to.value, "title": picture.both(office.title)} for to, office in add.offices(of, press.people)]
    private, head = {"number": of.number}, picture.head(session, of)
    return modals.announce(press.lang, head=head, kinds=kinds, offices=offices, private=private)


def announce(session: Session, press: Press) -> dict[str, str]:
    """Draft it; what it must say is filled in under *Edit*. The schedule underneath closes too."""
    of = records.incident(session, press.number)
    notice, to = Letter(press.typed["kind"]), Addressee(press.typed["to"])
    add.announce(session, of, notice, to, people=press.people, by=press.by, at=press.at)
    return {"response_action": "clear"}


def _pressed(session: Session, press: Press) -> tuple[Incident, Filing]:
    """What a button carries, locked: the incident first, as every press locks."""
    of, notice = find.filing(session, press.value)
    of = records.incident(session, of.number)
    return of, records.filing(session, notice.id)


def _locked(session: Session, press: Press) -> tuple[Incident, Filing]:
    of = records.incident(session, str(press.private["number"]))
    return of, records.filing(session, int(press.private["filing"]))
