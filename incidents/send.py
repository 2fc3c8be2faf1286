"""Send a letter to an authority: freeze what was read, put it on its way, prove it; the same for every letter."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import AlreadySigned, BadValue
from escalation import deliver
from escalation.notices import Notice
from escalation.records import Dispatch, State, dispatch
from escalation.rosters import Authority, People, Person
from escalation.words import Words
from incidents.deputies import Right
from incidents.records import Letter

REPEAT = Words(zh="【重复报送，前件是否送达待核实】", en="[REPEAT: it is not known whether the first one arrived] ")
AGAIN = Words(zh="【重新报送，前件被退回】", en="[SENT AGAIN: the first one was refused] ")


def require_unsigned(letter: Letter, people: People) -> None:
    """Refuse what somebody has signed already: what was signed never changes."""
    if letter.signed_at is not None and letter.signed_by is not None:
        when = letter.signed_at.astimezone(people.organisation.tz).strftime("%Y-%m-%d %H:%M")
        raise AlreadySigned(who=people.name(letter.signed_by), when=when)


def freeze(letter: Letter, version: int, rendered: Notice, *, by: Person, right: Right, at: datetime) -> None:
    """Fix what was read under the signer's name, with the token that its receipt comes back by."""
    letter.signed_by, letter.signed_at, letter.signed_alone = by.id, at, right.alone
    letter.signed_for = right.instead_of.id if right.instead_of else None
    letter.signed_draft, letter.text, letter.digest = version, rendered.text, rendered.digest
    letter.token = secrets.token_urlsafe(32)


def envelope(
    rendered: Notice, head: Mapping[str, Any], office: Authority | None, addressee: str, receipt_url: str
) -> dict[str, Any]:
    """What couriers carry: the signed words, to whom, and the body that a portal is posted.

    `head` is what the body says beside the words: `reference`, `incident`, `kind`, `seq`, `sender`, `addressee`, …
    """
    body = {
        "reference": head["reference"],
        "incident": head["incident"],
        "kind": head["kind"],
        "seq": head["seq"],
        "title": rendered.title,
        "text": rendered.text,
        "digest": rendered.digest,
        "lang": rendered.lang,
        **head,
        "receipt_url": receipt_url,
    }
    return {
        "addressee": office.id if office else addressee,
        "to": office.mail if office else None,
        "portal": office.portal if office else None,
        "digest": rendered.digest,
        "subject": rendered.title,
        "text": rendered.text,
        "receipt_url": receipt_url,
        **{name: body[name] for name in ("incident", "kind", "seq", "lang", "reference")},
        "body": json.dumps(body, ensure_ascii=False),
    }


def receipt(spoken_to: str, spoken_at: datetime, reference: str) -> dict[str, Any]:
    """The proof of what a person reported by phone or fax: who took it, and when."""
    if not spoken_to.strip():
        field = Words(zh="接报人", en="Spoken to")
        raise BadValue(field=field, expected=Words(zh="请填写接报人姓名或工号。", en="must name who took the report."))
    return {
        "spoken_to": spoken_to.strip(),
        "receipt": reference.strip(),
        "at": spoken_at.isoformat(),
        "by_hand": True,
    }


def stranded(session: Session, letter: Letter) -> Dispatch | None:
    """Its sending, if a person must decide about it: it was refused, or nobody knows whether it arrived."""
    leaving = dispatch(session, letter.dispatch_key or "")
    return leaving if leaving is not None and leaving.state in (State.UNCERTAIN, State.REJECTED) else None


def surely_here(session: Session, letter: Letter) -> bool:
    """Whether a signed letter has surely not left: nobody outside can have read it."""
    leaving = dispatch(session, letter.dispatch_key or "")
    if leaving is None:
        return False
    return leaving.state is State.CANCELLED or (leaving.state is State.PENDING and not leaving.asked)


def repeat(session: Session, leaving: Dispatch) -> tuple[str, dict[str, Any]]:
    """The key and the facts of a repeat: the same signed text under a title that says so, for every courier."""
    first = leaving.key.partition(":repeat:")[0]
    original = dispatch(session, first) or leaving
    body = json.loads(original.facts["body"])
    mark = (REPEAT if leaving.state is State.UNCERTAIN else AGAIN).said(body["lang"])
    body |= {"title": mark + body["title"], "repeat_of": first}
    told = {
        **original.facts,
        "subject": mark + original.facts["subject"],
        "body": json.dumps(body, ensure_ascii=False),
    }
    return f"{first}:repeat:{_repeats(session, first) + 1}", told


def _repeats(session: Session, key: str) -> int:
    wanted = select(Dispatch.id).where(Dispatch.key.startswith(f"{key}:repeat:", autoescape=True))
    return len(session.scalars(wanted).all())


def acknowledged(session: Session, letter: Letter, *, who: str, said_at: datetime, receipt: str, at: datetime) -> str:
    """The authority has read it: noted once, and what was read has arrived; answers who that is in the journal."""
    said_at = max(said_at, letter.signed_at or said_at)  # nobody read it before it was signed
    letter.acknowledged_at, letter.acknowledged_by = said_at, who[:120]
    by = f"authority:{who}"[:80]  # never a person of ours, whatever they call themselves
    leaving = stranded(session, letter)
    if leaving is not None:
        proof = {"receipt": receipt, "at": said_at.isoformat(), "acknowledged": True}
        deliver.confirm(session, leaving, proof, by=by, at=at)
    return by
