"""What falls due for plans, as finished facts: reviews, drills, filings, revisions, gaps of the coverage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from escalation.records import Deadline, Standing
from escalation.rosters import People
from escalation.words import Words
from plans import cycles
from plans.cycles import Requirement
from plans.ical import Row
from plans.records import (
    DRILL_DUE,
    FILING,
    REVIEW_DUE,
    REVISION_DUE,
    Gap,
    Plan,
    Register,
    Trigger,
    code_of,
    entries,
    of_plans,
    open_gaps,
    open_triggers,
    plans,
)

AHEAD = timedelta(days=90)
NAMED = 4  # units or scenarios of one row; the rest is counted


class What(StrEnum):
    """What falls due."""

    REVIEW = "review"
    DRILL = "drill"
    REVISION = "revision"
    FILING = "filing"
    GAP = "gap"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _WHATS[self]


_WHATS = {
    What.REVIEW: Words(zh="评审", en="Review"),
    What.DRILL: Words(zh="演练", en="Drill"),
    What.REVISION: Words(zh="修订", en="Revision"),
    What.FILING: Words(zh="备案", en="Filing"),
    What.GAP: Words(zh="覆盖缺口", en="Gap"),
}
_OF_KIND = {REVIEW_DUE: What.REVIEW, DRILL_DUE: What.DRILL, REVISION_DUE: What.REVISION, FILING: What.FILING}


@dataclass(frozen=True, kw_only=True, slots=True)
class Dates:
    """By when a plan is to be reviewed, and drilled (None: no rule asks it)."""

    review_due: datetime | None
    drill_due: datetime | None


def by_plan(session: Session) -> Mapping[str, Dates]:
    """The earliest open dates of each plan, by its code: what the coverage calls stale is measured by these."""
    return {code_of(matter): _dates(dues) for matter, dues in of_plans(session, REVIEW_DUE, DRILL_DUE).items()}


def _dates(dues: Iterable[Deadline]) -> Dates:
    known = [(each.kind, each.due_at) for each in dues if each.due_at is not None]
    reviews, drills = ([at for kind, at in known if kind == wanted] for wanted in (REVIEW_DUE, DRILL_DUE))
    return Dates(review_due=min(reviews, default=None), drill_due=min(drills, default=None))


def rows(session: Session, people: People, *, at: datetime, within: timedelta = AHEAD) -> list[Row]:
    """Everything overdue, and everything that falls due `within`; the earliest first."""
    until = at + within
    running = and_(Deadline.ring_at.is_not(None), Deadline.state == Standing.RUNNING)
    wanted = select(Deadline).where(running, Deadline.kind.in_(_OF_KIND), Deadline.due_at <= until)
    found_due = session.scalars(wanted).all()
    standing = _standing(session, {code_of(each.matter) for each in found_due})
    dues = [each for each in found_due if each.matter in standing]
    why = _whys(session, dues)
    found = [_row(standing[each.matter], each, why, people=people, at=at) for each in dues]
    found += _gaps(session, people, until=until, at=at)
    return sorted(found, key=lambda row: (row.due_at, row.key))


def _standing(session: Session, codes: Collection[str]) -> Mapping[str, Plan]:
    wanted = select(Plan).where(Plan.withdrawn_at.is_(None), Plan.code.in_(codes))
    return {each.matter: each for each in session.scalars(wanted)}


def mine_first(found: Sequence[Row], who: str) -> list[Row]:
    """What `who` owns, then what is others'; each as it stood."""
    return sorted(found, key=lambda row: row.owner != who)


def _whys(session: Session, dues: Iterable[Deadline]) -> Mapping[int, Mapping[str, str]]:
    ids = [each.facts["trigger"] for each in dues if each.kind == REVISION_DUE]
    found = session.execute(select(Trigger.id, Trigger.why).where(Trigger.id.in_(ids))) if ids else ()
    return {trigger: why for trigger, why in found}  # noqa: C416 -- rows are no pairs to mypy


def _row(plan: Plan, of: Deadline, whys: Mapping[int, Mapping[str, str]], *, people: People, at: datetime) -> Row:
    what = _OF_KIND[of.kind]
    rule = _rule(of)
    assert of.due_at is not None  # noqa: S101 -- the query asked for it
    return Row(
        key=f"{of.kind}-{plan.code}-{of.name}-{of.seq}",
        what=what.words,
        plan=plan.code,
        label=plan.label,
        title=Words(**plan.title),
        detail=_detail(of, rule, whys),
        sure=_sure(what, rule),
        owner=plan.owner,
        owner_name=people.name(plan.owner),
        due_at=of.due_at,
        overdue=of.due_at < at,
    )


def _detail(of: Deadline, rule: Requirement | None, whys: Mapping[int, Mapping[str, str]]) -> Words | None:
    if rule is not None:
        return rule.what
    why = whys.get(of.facts.get("trigger", 0))
    return Words(**why) if why else None


def _sure(what: What, rule: Requirement | None) -> str | None:
    if rule is not None:
        return rule.confidence
    return cycles.policy().review_confidence if what is What.REVIEW else None


def _rule(of: Deadline) -> Requirement | None:
    return next((each for each in cycles.requirements() if of.kind == DRILL_DUE and each.id == of.name), None)


# --- gaps ------------------------------------------------------------------------------------------------------------


def _gaps(session: Session, people: People, *, until: datetime, at: datetime) -> list[Row]:
    """One row for all cells that want the same of the same plan, or of none, by the same day, from the same person."""
    due_gaps = sorted((each for each in open_gaps(session) if each.due_at <= until), key=_alike)
    if not due_gaps:
        return []
    standing = {each.code: each for each in plans(session)}
    scenarios = {each.name: Words(**each.title) for each in entries(session, Register.SCENARIOS)}
    said = partial(_gap, standing=standing, scenarios=scenarios, people=people, at=at)
    return [said(list(alike)) for _, alike in groupby(due_gaps, key=_alike)]


def _alike(gap: Gap) -> tuple[str, str, datetime, str]:
    return gap.plan or gap.scenario, gap.owner, gap.due_at, gap.reason.value


def _gap(
    alike: Sequence[Gap],
    *,
    standing: Mapping[str, Plan],
    scenarios: Mapping[str, Words],
    people: People,
    at: datetime,
) -> Row:
    first, plan = alike[0], standing.get(alike[0].plan or "")
    named = [scenarios.get(each, Words(zh=each, en=each)) for each in dict.fromkeys(gap.scenario for gap in alike)]
    units = list(dict.fromkeys(gap.unit for gap in alike))
    told = [first.reason.words, _units(units, people)]
    # A plan is named by its own title: which of its scenarios want it says more only where they are not all.
    told += [_listed(named)] if plan is not None and len(named) < len(plan.scenarios) else []
    about, owner, due_at, reason = _alike(first)
    return Row(
        key=f"gap-{about}-{reason}-{owner}-{due_at:%Y%m%d}",
        what=What.GAP.words,
        plan=first.plan,
        label=plan.label if plan is not None else "",
        title=Words(**plan.title) if plan is not None else named[0],
        detail=Words(zh=" · ".join(each.zh for each in told), en=" · ".join(each.en for each in told)),
        sure=None,
        owner=owner,
        owner_name=people.name(owner) if owner else "",
        due_at=due_at,
        overdue=due_at < at,
    )


def _units(units: Sequence[str], people: People) -> Words:
    if len(units) == len(people.units) > 1:
        return Words(zh="全部单位", en="every unit")
    return _listed([people.units[each].title if each in people.units else Words(zh=each, en=each) for each in units])


def _listed(named: Sequence[Words]) -> Words:
    zh, en = "、".join(each.zh for each in named[:NAMED]), ", ".join(each.en for each in named[:NAMED])
    more = len(named) - NAMED
    return Words(zh=f"{zh} 等 {len(named)} 个", en=f"{en} and {more} more") if more > 0 else Words(zh=zh, en=en)


# --- a card's facts --------------------------------------------------------------------------------------------------


def card(session: Session, plan: Plan, of: Deadline, *, at: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """What the reminder of a deadline says."""
    rule, due_at = _rule(of), of.due_at or at
    whys = _whys(session, [of])
    detail = _detail(of, rule, whys)
    open_now = open_triggers(session, plan.code) if of.kind == REVIEW_DUE else []
    return {
        "deadline": of.id,
        "what": _OF_KIND[of.kind].value,
        "seq": of.seq,
        "stage": cycles.stage(due_at, at, zone).value,
        "due_at": due_at.isoformat(),
        "at": at.isoformat(),
        "owner": plan.owner,
        "plan": head(plan),
        "detail": _both(detail) if detail else None,
        "rule": _told(rule) if rule is not None else _review_rule(of),
        "triggers": [dict(each.why) for each in open_now],
    }


def head(plan: Plan) -> dict[str, Any]:
    """What every card and form about a plan begins with."""
    return {
        "code": plan.code,
        "title": dict(plan.title),
        "label": plan.label,
        "number": plan.number,
        "digest": plan.digest,
        "owner": plan.owner,
        "reviewed_at": plan.reviewed_at.isoformat() if plan.reviewed_at else None,
        "drilled_at": plan.drilled_at.isoformat() if plan.drilled_at else None,
        "in_force_at": plan.in_force_at.isoformat(),
    }


def _told(rule: Requirement) -> dict[str, Any]:
    return {
        "id": rule.id,
        "kinds": [_both(kind.words) for kind in cycles.DrillKind if kind in rule.kinds],
        "deliverable": _both(rule.deliverable),
        "source": f"{rule.source} {rule.article}",
        "confidence": rule.confidence,
        "policy": rule.policy,
    }


def _review_rule(of: Deadline) -> dict[str, Any] | None:
    if of.kind != REVIEW_DUE:
        return None
    policy = cycles.policy()
    return {"source": policy.review_source, "confidence": policy.review_confidence, "policy": True}


def _both(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}
