"""Presses about what falls due for plans: sign a review, put a reminder off, look, take the calendar home."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.door import Field
from bot.press import Press
from bot.views import modals, reviews
from bot.words import say
from errors import BadValue, NothingDue
from escalation.records import Deadline
from escalation.tell import tell
from escalation.words import Words
from incidents import show
from plans import cycles, due, ical, permits, review
from plans.records import Plan, plan

Modal = dict[str, Any]
SNOOZES = (3, 7, 14, 28)  # days; the policy's limit is checked where it is signed


def _page(press: Press, of: Plan) -> str:
    return f"{press.house.view.page_url}plans/{of.code}/{of.number}?lang={press.lang}"


def _allowed(session: Session, press: Press, code: str) -> Plan:
    of = plan(session, code)
    permits.require(press.by, of.owner, of.units, press.people)
    return of


def review_open(session: Session, press: Press) -> Modal:
    """Reviewed, and right as it stands."""
    return _review_form(session, press, change=False)


def revise_open(session: Session, press: Press) -> Modal:
    """Reviewed, and to be revised."""
    return _review_form(session, press, change=True)


def _review_form(session: Session, press: Press, *, change: bool) -> Modal:
    of = _allowed(session, press, press.number)
    return modals.plan_review(press.lang, plan=due.head(of), change=change, url=_page(press, of), view=press.house.view)


def do_review(session: Session, press: Press) -> None:
    """Sign the review against what was read when the form was opened."""
    kept = press.private
    of = plan(session, str(kept["code"]))
    finding, terms = str(press.typed.get("finding") or ""), cycles.terms(press.people)
    review.review(
        session, of, digest=str(kept["digest"]), change=bool(kept["change"]), finding=finding, terms=terms,
        by=press.by, at=press.at,
    )  # fmt: skip


def snooze_open(session: Session, press: Press) -> Modal:
    """A few mornings to choose from."""
    of = _allowed(session, press, press.number)
    deadline = session.get_one(Deadline, int(press.arg))
    if not deadline.open:
        raise NothingDue
    return modals.plan_snooze(
        press.lang, plan=due.head(of), deadline=deadline.id, days=_mornings(press), view=press.house.view
    )


def _mornings(press: Press) -> list[dict[str, str]]:
    terms = cycles.terms(press.people)
    today = press.at.astimezone(terms.zone).date()
    found = []
    for n in SNOOZES:
        morning = cycles.named(today + n * cycles.ONE_DAY, terms.policy.reminders, terms.zone, early=False)
        found.append({"text": f"{morning.astimezone(terms.zone):%Y-%m-%d %H:%M}", "at": morning.isoformat()})
    return list({each["at"]: each for each in found}.values())


def do_snooze(session: Session, press: Press) -> None:
    """Put it off."""
    deadline = session.get_one(Deadline, int(press.private["deadline"]), with_for_update=True)
    until, reason = datetime.fromisoformat(press.typed["until"]), str(press.typed.get("reason") or "")
    if not reason.strip():
        expected = Words(zh="请写明理由。", en="must say why.")
        raise Field("reason", BadValue(field=review.REASON, expected=expected))
    terms = cycles.terms(press.people)
    review.snooze(session, deadline, until=until, reason=reason, terms=terms, by=press.by, at=press.at)


def due_list(session: Session, press: Press) -> Modal:
    """What is due within 90 days and what is overdue, one's own first."""
    rows = due.mine_first(due.rows(session, press.people, at=press.at), press.by.id)
    return reviews.due_list(press.lang, rows=rows, mine=press.by.id, view=press.house.view)


def calendar(session: Session, press: Press) -> None:
    """The same as a calendar file, to the presser's direct messages."""
    zone = press.people.organisation.tz
    text = ical.calendar(due.rows(session, press.people, at=press.at), press.lang, zone=zone, at=press.at)
    facts = {
        "to": press.by.id,
        "filename": "tocsin-plans-due.ics",
        "title": say("duelist.file", press.lang),
        "comment": say("duelist.attached", press.lang, when=press.people.clock(press.at)),
        "content": text,
    }
    key = f"calendar:{press.by.id}:{press.at.isoformat()}"
    tell(session, show.HOUSE, "plan_calendar", facts, key=key, courier=show.CHAT, priority=show.SOON, at=press.at)
