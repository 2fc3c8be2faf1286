"""Presses about a periodic return: read, sign, ask, send back, write, hand over, send again, correct."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from bot import find
from bot.door import Field, Fields, wrong
from bot.press import Press
from bot.views import returns as views
from bot.views.parts import esc, section
from errors import Refusal, StaleDraft
from escalation.words import Words
from incidents import facts as known
from incidents import periods, picture, records, returns
from incidents.periods import Every
from incidents.records import Return

Modal = dict[str, Any]


def refresh(session: Session, press: Press) -> None:
    """Before it is read: the draft tells what is on record now."""
    of = records.periodic(session, int(press.value))
    if of.signed_at is None:
        returns.redraft(session, of, people=press.people, at=press.at)


def read(session: Session, press: Press) -> Modal:
    """The text exactly as it would leave; the signer may sign, the drafter may ask."""
    of = _look(session, press)
    mode = _mode(session, press, of)
    rendered = _rendered(session, press, of, signs=mode == "sign")
    role, but = periods.rule(of.regime).signs, returns.hands(session, of)
    return views.reading(
        press.lang,
        facts=_facts(session, press, of),
        rendered=rendered,
        aid=returns.shown(session, of, to=None, lang="en")[1].text if press.lang == "en" else None,
        mode="fill" if of.signed_at is None and rendered.get("holds") else mode,
        approvers=find.approvers(press.people, of.unit, role, but=but),
        private=_private(session, press, of),
        view=press.house.view,
    )


def _look(session: Session, press: Press) -> Return:
    return records.periodic(session, int(press.value or press.private["return"]), lock=False)


def _facts(session: Session, press: Press, of: Return) -> dict[str, Any]:
    return returns.facts(session, of, press.people, at=press.at)


def _mode(session: Session, press: Press, of: Return) -> str:
    if of.signed_at is not None:
        return "wait"
    try:
        returns.may_sign(session, of, by=press.by)
    except Refusal:
        return "ask" if returns.may_draft(of, press.by) else "wait"
    return "sign"


def _rendered(session: Session, press: Press, of: Return, *, signs: bool) -> dict[str, Any]:
    draft, letter = returns.shown(session, of, to=press.by if signs else None)
    return {
        "title": letter.title,
        "text": of.text or letter.text,
        "digest": of.digest or letter.digest,
        "version": draft.version,
        "sure": letter.sure,
        "missing_now": [picture.plain(each) for each in letter.missing_now],
        "missing_later": [picture.plain(each) for each in letter.missing_later],
        "contradictions": [picture.plain(each) for each in letter.contradictions],
        **{name: draft.facts["missing"][name] for name in ("holds", "forms") if name in draft.facts["missing"]},
    }


def _private(session: Session, press: Press, of: Return) -> dict[str, Any]:
    rendered = _rendered(session, press, of, signs=True)
    return {"return": of.id, "version": rendered["version"], "digest": rendered["digest"]}


def sign(session: Session, press: Press) -> Modal | None:
    """Sign what was read, and send it; if it moved meanwhile, show what moved and the text as it stands now."""
    of = _locked(session, press)
    try:
        returns.sign(session, of, **_seen(press), people=press.people, by=press.by, at=press.at)
    except StaleDraft as stale:
        returns.redraft(session, of, people=press.people, at=press.at)
        anew = read(session, replace(press, value=str(of.id)))
        anew["blocks"] = [section(f"⚠️ {esc(stale.sentence(press.lang))}"), *anew["blocks"]]
        return {"response_action": "update", "view": anew}
    return None


def _seen(press: Press) -> dict[str, Any]:
    """What the reader had before them, and where the receipt comes back to."""
    version, digest = int(press.private["version"]), str(press.private["digest"])
    return {"version": version, "digest": digest, "receipts": press.house.receipts}


def ask(session: Session, press: Press) -> None:
    """Ask an approver."""
    whom = press.people.person(press.typed["whom"])
    returns.ask_to_sign(session, _locked(session, press), whom, people=press.people, by=press.by, at=press.at)


def send_back_open(session: Session, press: Press) -> Modal:
    """Why it goes back."""
    of = _look(session, press)
    return views.refusing(press.lang, facts=_facts(session, press, of), private={"return": of.id})


def send_back(session: Session, press: Press) -> dict[str, str]:
    """Send it back with the reason; the reading underneath closes too."""
    of = _locked(session, press)
    returns.send_back(session, of, _why(press), people=press.people, by=press.by, at=press.at)
    return {"response_action": "clear"}


def _why(press: Press) -> str:
    why = str(press.typed.get("why") or "").strip()
    if not why:
        raise wrong("why", Words(zh="理由", en="Reason"), "请写明理由。", "must say why.")
    return why


def edit_open(session: Session, press: Press) -> Modal:
    """What a person adds to what is counted."""
    of = _look(session, press)
    draft = records.return_draft(session, of)
    yearly = periods.rule(of.regime).every is Every.YEAR
    written = dict(draft.written) if draft else {}
    facts = _facts(session, press, of)
    return views.writing(press.lang, facts=facts, written=written, yearly=yearly, private={"return": of.id})


def write(session: Session, press: Press) -> None:
    """Write it; the writer is its drafter now."""
    of = _locked(session, press)
    draft = records.return_draft(session, of)
    # What the form does not ask stays as it was.
    kept = dict(draft.written) if draft else {}
    typed = {name: str(press.typed[name] or "") for name in returns.TYPED if name in press.typed}
    wrong_ones = dict(returns.faults(typed))
    if wrong_ones:
        raise Fields(wrong_ones)
    returns.write(session, of, kept | typed, people=press.people, by=press.by, at=press.at)


def phone_open(session: Session, press: Press) -> Modal:
    """The text to hand over by phone or fax, and who took it; an unsigned one is read and signed first."""
    of = _look(session, press)
    if of.signed_at is None:
        return read(session, press)
    now = press.at.astimezone(press.people.organisation.tz).strftime("%Y-%m-%d %H:%M")
    rendered = _rendered(session, press, of, signs=False)
    facts = _facts(session, press, of)
    return views.phoning(press.lang, facts=facts, rendered=rendered, now_text=now, private={"return": of.id})


def phoned(session: Session, press: Press) -> None:
    """It was handed over to somebody: that is the receipt."""
    title = Words(zh="通话时间", en="Spoken at")
    try:
        said, tz = str(press.typed.get("spoken_at") or ""), press.people.organisation.tz
        spoken_at = known.read_instant(title, said, tz=tz, at=press.at)
    except Refusal as refusal:
        raise Field("spoken_at", refusal) from None
    returns.confirm_by_hand(
        session,
        _locked(session, press),
        spoken_to=str(press.typed.get("spoken_to") or ""),
        spoken_at=min(spoken_at, press.at),
        reference=str(press.typed.get("reference") or ""),
        people=press.people,
        by=press.by,
        at=press.at,
    )


def resend(session: Session, press: Press) -> None:
    """Send it again, marked as a repeat."""
    of = records.periodic(session, int(press.value))
    returns.resend(session, of, people=press.people, by=press.by, at=press.at)


def correct_open(session: Session, press: Press) -> Modal:
    """What was wrong."""
    of = _look(session, press)
    return views.correcting(press.lang, facts=_facts(session, press, of), private={"return": of.id})


def correct(session: Session, press: Press) -> None:
    """Begin the correction; it is drafted at once from what is on record now."""
    returns.correct(session, _locked(session, press), _why(press), people=press.people, by=press.by, at=press.at)


def _locked(session: Session, press: Press) -> Return:
    return records.periodic(session, int(press.private["return"]))
