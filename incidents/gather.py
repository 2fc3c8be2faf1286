"""What a periodic return tells, gathered from what the house remembers: incidents, drills, plans, the one before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from escalation.records import NEVER, Matter
from escalation.returns import MOST_ROWS
from escalation.rosters import People
from escalation.words import Words
from incidents import periods, picture, records, tally
from incidents.machine import State
from incidents.periods import Every, Period, Rule
from incidents.records import Draft, Fact, Filing, Incident, Return
from incidents.tally import Case
from plans import records as plans
from plans.records import Drilled, Gap, Origin, Plan
from playbooks.records import playbook_of, version
from playbooks.shape import Playbook

Facts = dict[str, Any]

#: What is said of a draft; it is not what the draft tells.
APART = frozenset({"cutoff_at", "drafter", "missing"})
ONE_SECOND = timedelta(seconds=1)
MONTHLY = ("count", "deaths", "network", "drills")
SUMMARY = Words(zh="主要工作", en="main work")


def content(session: Session, of: Return, written: Mapping[str, str], *, people: People, at: datetime) -> Facts:
    """Everything a return may tell, as finished facts; instants as ISO 8601 in UTC, unknown as None."""
    rule, period, tz = periods.rule(of.regime), periods.named(of.period), people.organisation.tz
    units = below(people, of.unit)
    since = known_from(session)
    start, end = period.starts_at(tz), period.ends_at(tz)
    until = min(end, at)
    first = min(period.whole_year.starts_at(tz), period.before.starts_at(tz))
    cases = gathered(session, units, first, at)
    here = tally.within(cases, start, until)
    now = tally.figures(here)
    told = {
        **_head(rule, of, people),
        "from_at": start.isoformat(),
        "last_at": _last(until, tz),
        "known_from": since.isoformat(),
        "covered": since <= start,
        "year_covered": since <= period.whole_year.starts_at(tz),
        "nil": since <= start and not now["count"]["known"],
        "now": now,
        "year": tally.figures(tally.within(cases, period.whole_year.starts_at(tz), until)),
        "months": _months(cases, period, since, until, tz=tz),
        "by_class": tally.by_class(here),
        "major": _rows(tally.major(here)),
        "ungraded": len(tally.ungraded(here)),
        "ordinary": _rows(tally.ordinary(here)),
        "drills": tally.drills(here),
        "plans": _plans(session, units, start, until),
        **_previous(session, of, cases, people=people),
        "corrects": _corrected(session, of, now),
        "written": dict(written),
        "cutoff_at": at.isoformat(),
    }
    return told | {"missing": _missing(told)}


def _months(cases: Sequence[Case], period: Period, since: datetime, until: datetime, *, tz: ZoneInfo) -> list[Facts]:
    """The year's months so far, each with what it counts; none for a monthly return, which has its own."""
    if period.month is not None:
        return []
    found, month = [], Period(year=period.year, month=1)
    while month.year == period.year and month.starts_at(tz) < until:
        held = tally.figures(tally.within(cases, month.starts_at(tz), min(month.ends_at(tz), until)))
        known = since <= month.starts_at(tz)
        told = {name: held[name] if known or held[name]["known"] else None for name in MONTHLY}
        found.append({"month": picture.both(month.words), **told})
        month = month.next
    return found


def _head(rule: Rule, of: Return, people: People) -> Facts:
    period = periods.named(of.period)
    return {
        "exercise": False,  # nothing of an exercise is returned as real: drills are counted as drills
        "organisation": picture.both(people.organisation.title),
        "unit": picture.both(people.units[of.unit].title),
        "addressee": _addressee(rule, of, people),
        "reference": of.number,
        "regime": of.regime,
        "kind": rule.kind,
        "seq": of.seq,
        "period": picture.both(period.words),
        "before": picture.both(period.before.words),
        "contact": _contact(rule, of, people),
        "drafter": "",
        "signer": None,
        "zone": people.organisation.zone,
    }


def _missing(told: Facts) -> Facts:
    gaps = [picture.both(each) for each in tally.missing(told)]
    if periods.rule(told["regime"]).every is Every.YEAR and not told["written"].get("summary"):
        # An annual summary is not signed without it; what only the records lack waits.
        held: Facts = {"now": [picture.both(SUMMARY)], "later": gaps, "holds": True, "forms": ["words"]}
    else:
        held = {"now": gaps, "later": []}
    return held | {
        "contradictions": [picture.both(each) for each in tally.contradictions(told)],
    }


def same(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether two contents tell the same."""
    return {k: v for k, v in before.items() if k not in APART} == {k: v for k, v in now.items() if k not in APART}


def below(people: People, unit: str) -> list[str]:
    """The unit and every unit under it."""
    return [each for each in people.units if any(above.id == unit for above in people.line_of(each))]


def known_from(session: Session) -> datetime:
    """Since when the house remembers anything: what was before is unknown, and never zero."""
    return session.scalars(select(func.min(Matter.born_at))).one() or NEVER


def _last(until: datetime, tz: ZoneInfo) -> str:
    """The last day that is counted, as an instant of it, so that a day more is something else and an hour is not."""
    last = (until - ONE_SECOND).astimezone(tz).date()
    return periods.midnight(last, tz).isoformat()


def _addressee(rule: Rule, of: Return, people: People) -> dict[str, str]:
    office = people.authority(rule.addressee, of.unit)
    return picture.both(office.title if office else rule.addressee.words)


def drafter(rule: Rule, of: Return, people: People) -> str | None:
    """Who drafts it: the first holder of the post, else the duty manager; None where nobody holds either."""
    held = people.holders(rule.drafts, of.unit) or people.holders("duty_manager", of.unit)
    return held[0].id if held else None


def _contact(rule: Rule, of: Return, people: People) -> dict[str, str | None]:
    person = people.people.get(drafter(rule, of, people) or "")
    phone = person.phone if person else ""
    return {"name": person.name if person else None, "phone": phone or people.organisation.phone}


# --- incidents and drills as cases -----------------------------------------------------------------------------------


def gathered(session: Session, units: Collection[str], start: datetime, at: datetime) -> list[Case]:
    """Every incident and drill of these units declared from `start` to `at`, called off ones left out, as cases.

    What occurred from `start` on was declared after it; which period a case falls in is decided by its occurrence.
    """
    wanted = (
        Incident.unit.in_(units),
        Incident.declared_at >= start,
        Incident.declared_at <= at,
        Incident.state != State.CANCELLED.value,
    )
    found = session.scalars(select(Incident).where(*wanted).order_by(Incident.id)).all()
    known: dict[int, dict[str, Any]] = {}
    for fact in session.scalars(select(Fact).join(Incident).where(*wanted).order_by(Fact.revision, Fact.id)):
        known.setdefault(fact.incident_id, {})[fact.name] = fact.value["is"]
    drilled = select(Drilled).join(Incident, Incident.number == Drilled.incident).where(*wanted)
    kinds = {each.incident: each.kind for each in session.scalars(drilled)}
    causes = _causes(session, wanted)
    books: dict[int, Playbook] = {}
    return [
        _case(of, _book(session, of, books), known.get(of.id, {}), causes.get(of.id), kinds.get(of.number))
        for of in found
    ]


def _book(session: Session, of: Incident, books: dict[int, Playbook]) -> Playbook:
    if of.version_id not in books:
        books[of.version_id] = playbook_of(version(session, of.version_id))
    return books[of.version_id]


def _case(of: Incident, book: Playbook, known: Mapping[str, Any], cause: str | None, drill: str | None) -> Case:
    occurred = None if of.exercise else known.get("occurred_at")
    return Case(
        number=of.number,
        title=of.title,
        scenario=book.scenario_title,
        classes=frozenset(book.event_class),
        exercise=of.exercise,
        at=datetime.fromisoformat(occurred) if occurred else of.declared_at,
        occurred=occurred is not None,
        level=of.level,
        facts=known,
        cause=cause,
        drill=drill,
    )


def _causes(session: Session, wanted: Sequence[Any]) -> dict[int, str]:
    """What was last written of the cause, by incident; what was taken back says nothing."""
    drafts = select(Filing.incident_id, Draft.written).join(Filing, Draft.filing_id == Filing.id)
    drafts = drafts.where(Filing.recalled_at.is_(None))
    rows = session.execute(drafts.join(Incident, Incident.id == Filing.incident_id).where(*wanted).order_by(Draft.id))
    return {incident: written["cause"] for incident, written in rows if written.get("cause")}


def _rows(cases: list[Case]) -> Facts:
    return {"rows": tally.listed(cases[:MOST_ROWS]), "more": max(0, len(cases) - MOST_ROWS)}


# --- the plans -------------------------------------------------------------------------------------------------------


def _plans(session: Session, units: Collection[str], start: datetime, until: datetime) -> Facts | None:
    """How the plan register stands for these units; None while no plan was ever entered."""
    stood = session.scalars(select(Plan).where(Plan.in_force_at < until)).all()
    if not stood:
        return None
    standing = [each for each in stood if each.withdrawn_at is None or each.withdrawn_at >= until]
    ours = [each for each in standing if not each.units or set(each.units) & set(units)]
    codes = {each.code for each in ours}
    reviews = session.scalars(
        select(plans.Review).where(plans.Review.reviewed_at >= start, plans.Review.reviewed_at < until)
    )
    gaps = session.scalars(select(Gap).where(Gap.found_at < until, Gap.unit.in_(units))).all()
    return {
        "standing": len(ours),
        "issued": sum(each.origin is not Origin.STARTER for each in ours),
        "starter": sum(each.origin is Origin.STARTER for each in ours),
        "revised": sum(each.origin is not Origin.STARTER and each.in_force_at >= start for each in ours),
        "reviewed": sum(each.plan in codes for each in reviews),
        "gaps": sum(each.closed_at is None or each.closed_at >= until for each in gaps),
    }


# --- the one before, and the one it corrects -------------------------------------------------------------------------


def _previous(session: Session, of: Return, cases: Sequence[Case], *, people: People) -> Facts:
    """The figures of the period before: as they were filed, else as the records have them, else unknown."""
    before, tz = periods.named(of.period).before, people.organisation.tz
    start, end = before.starts_at(tz), before.ends_at(tz)
    now = tally.figures(tally.within(cases, start, end))
    last = signed(session, of.regime, of.unit, before.name)
    if last is not None:
        filed = _signed_facts(session, last)["now"]
        return {"then": filed, "then_from": _filed(last), "previous": {"filed": filed, "now": now}}
    if known_from(session) <= start:
        said = Words(zh="未报送，按现有记录", en="not filed; from the records")
        return {"then": now, "then_from": picture.both(said), "previous": None}
    said = Words(zh="本系统尚无记录", en="before this record begins")
    return {"then": dict.fromkeys(now), "then_from": picture.both(said), "previous": None}


def _filed(last: Return) -> dict[str, str]:
    return {"zh": f"取自已报送的{last.number}", "en": f"as filed in {last.number}"}


def signed(session: Session, regime: str, unit: str, period: str) -> Return | None:
    """The return of a period as it was last signed, corrections included; None while none was."""
    found = [each for each in records.periodic_of(session, regime, unit, period) if each.signed_at is not None]
    return found[-1] if found else None


def _signed_facts(session: Session, of: Return) -> Facts:
    draft = records.return_draft(session, of, of.signed_draft)
    return draft.facts if draft else {}


def _corrected(session: Session, of: Return, now: Facts) -> Facts | None:
    if of.corrects is None:
        return None
    first = records.periodic(session, of.corrects, lock=False)
    filed = _signed_facts(session, first)["now"]
    return {
        "reference": first.number,
        "signed_at": picture.iso(first.signed_at),
        "digest": first.digest,
        "why": of.why,
        "changes": [
            {"name": name, "title": picture.both(title), "was": filed.get(name), "now": now.get(name)}
            for name, title in tally.TITLES.items()
            if filed.get(name) != now.get(name)
        ],
    }
