"""Presses on versions: issue one, recall or withdraw it, record its filing, amend a plan in an emergency."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot import drafts
from bot.door import Field
from bot.library import row_of, seen
from bot.press import Press
from bot.views import desk as views
from errors import AmendmentOver, BadEdit, BadValue, NoSuchPlan, NotForThisPlan
from escalation.words import Words
from playbooks import ask, edits, forms, permits, publish
from playbooks.forms import Part
from playbooks.permits import Act
from playbooks.records import Version, in_force_of, newest, numbered, playbook_of
from playbooks.records import draft as one_draft

Modal = dict[str, Any]
LIVES = timedelta(hours=24)  # proposed; the law of the house is in publish.amend
UNTIL = Words(zh="有效至", en="Lives until")


def _instant(press: Press, block: str) -> datetime | None:
    """The instant that was picked; none where nothing was."""
    picked = press.typed.get(block)
    return datetime.fromtimestamp(int(picked), UTC) if picked else None


# --- issue -----------------------------------------------------------------------------------------------------------


def issue_open(session: Session, press: Press) -> Modal:
    """Issue it at once, or from a stated instant."""
    of = one_draft(session, int(press.number or press.private["draft"]), lock=False)
    permits.require(Act.ISSUE, press.by, of.units, people=press.people, at=press.at)
    told, private = drafts.facts_of(session, press, of), {"draft": of.id, "digest": of.digest}
    return views.issue(press.lang, facts=told, private=private, view=seen(press))


def issue(session: Session, press: Press) -> None:
    """Freeze it as the next version, and tell those whose names stand under it."""
    of = one_draft(session, int(press.private["draft"]))
    effective_at = _instant(press, "effective_at")
    try:
        version = publish.issue(
            session, of, digest=str(press.private["digest"]), effective_at=effective_at, people=press.people,
            by=press.by, at=press.at,
        )  # fmt: skip
    except BadValue as early:
        raise Field("effective_at", early) from None
    ask.issued(session, of, version, people=press.people, by=press.by, at=press.at)


# --- withdraw, recall, file ------------------------------------------------------------------------------------------


def withdraw_open(session: Session, press: Press) -> Modal:
    """The plan is to stand no longer."""
    of = _version(session, press, press.arg)
    permits.require(Act.WITHDRAW, press.by, tuple(of.units), people=press.people, at=press.at)
    return views.reason(press.lang, "withdraw", facts=head(of), private=_kept(press, of))


def withdraw(session: Session, press: Press) -> None:
    """It stands no longer, in no version."""
    code, why = str(press.private["code"]), str(press.typed["reason"] or "")
    publish.withdraw(session, code, reason=why, people=press.people, by=press.by, at=press.at)


def recall_open(session: Session, press: Press) -> Modal:
    """A version that has not taken effect is to be taken back."""
    of = numbered(session, press.number, int(press.arg))
    permits.require(Act.WITHDRAW, press.by, tuple(of.units), people=press.people, at=press.at)
    return views.reason(press.lang, "recall", facts=head(of), private=_kept(press, of))


def recall(session: Session, press: Press) -> None:
    """Take it back; the version in force stays."""
    of = numbered(session, str(press.private["code"]), int(press.private["version"]))
    why = str(press.typed["reason"] or "")
    publish.recall(session, of, reason=why, people=press.people, by=press.by, at=press.at)


def file_open(session: Session, press: Press) -> Modal:
    """With whom and under which number it was filed 备案."""
    of = _version(session, press, press.arg or press.value)
    permits.require(Act.FILE, press.by, tuple(of.units), people=press.people, at=press.at)
    return views.filing(press.lang, facts=head(of), private=_kept(press, of))


def file(session: Session, press: Press) -> None:
    """Record it; the reminders stop."""
    of = numbered(session, str(press.private["code"]), int(press.private["version"]))
    with_whom, number = (str(press.typed[each] or "") for each in ("with_whom", "number"))
    publish.file(session, of, with_whom=with_whom, number=number, people=press.people, by=press.by, at=press.at)


def _version(session: Session, press: Press, code: str) -> Version:
    found = in_force_of(session, code, at=press.at) or newest(session, code)
    if found is None:
        raise NoSuchPlan(code=code)
    return found


def head(of: Version) -> dict[str, Any]:
    """What a form about a version begins with."""
    return {"code": of.code, "title": dict(of.content["title"]), "label": of.label, "number": of.number}


def _kept(press: Press, of: Version) -> dict[str, Any]:
    return {"code": of.code, "version": of.number, "part": press.private.get("part", Part.HEAD)}


# --- in an emergency -------------------------------------------------------------------------------------------------


def amend_open(session: Session, press: Press) -> Modal:
    """One thing of the plan in force, to be amended at once by one person."""
    row = row_of(session, press, press.arg)
    permits.require(Act.AMEND, press.by, row.units, people=press.people, at=press.at)
    return _amend_form(session, press, press.arg, Part.TASKS, None)


def amend_part(session: Session, press: Press) -> Modal:
    """Another part of the plan."""
    return _amend_form(session, press, str(press.private["code"]), Part(press.value), None)


def amend_item(session: Session, press: Press) -> Modal:
    """Another item of the part."""
    return _amend_form(session, press, str(press.private["code"]), Part(press.private["part"]), press.value)


def _amend_form(session: Session, press: Press, code: str, part: Part, item: str | None) -> Modal:
    of = _version(session, press, code)
    book = playbook_of(of)
    items = forms.items(book, part)
    item = item or (items[0].id if items and not forms.lines(book, part) else None)
    # The mark of this drawing: Slack keeps what stands in a field of the same name.
    private = {"code": code, "digest": of.digest, "part": part.value, "item": item, "at": int(press.at.timestamp())}
    until = int((press.at + LIVES).timestamp())
    return views.amend(
        press.lang,
        facts=head(of),
        part=part,
        item=item,
        items=items,
        lines_=drafts.offered(session, book, part, item, press),
        labels=drafts.labels(session, book, press),
        until=until,
        private=private,
    )


def amend(session: Session, press: Press) -> None:
    """The amendment is in force at once, for a stated time; it is reviewed after."""
    kept = press.private
    before = _version(session, press, str(kept["code"]))
    if before.digest != kept["digest"]:
        zh, en = (
            "现行版本刚刚变了；请重新打开再修订。",
            "the version in force has just changed; open it again, then amend.",
        )
        raise NotForThisPlan(why=Words(zh=zh, en=en))
    part, item, book = Part(kept["part"]), kept["item"], playbook_of(before)
    until = _instant(press, "until")
    if until is None:
        raise Field("until", BadValue(field=UNTIL, expected=Words(zh="请填写。", en="must be given.")))
    mine = views.changed(drafts.offered(session, book, part, item, press), press.typed)
    try:
        content = edits.put(book, part, item, mine)
    except BadEdit as bad:
        raise drafts.at_blocks(bad, press) from None
    try:
        publish.amend(
            session, content, until=until, reason=str(press.typed["reason"] or ""), people=press.people, by=press.by,
            at=press.at,
        )  # fmt: skip
    except AmendmentOver as over:
        raise Field("until", over) from None
