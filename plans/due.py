"""What falls due for plans, as finished facts: reviews, drills, filings, revisions, gaps of the coverage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from escalation.records import Deadline, Standing
from escalation.words import Words
from plans import cycles
from plans.cycles import Requirement
from plans.ical import Row
from plans.records import (
    DRILL_DUE,
    FILING,
    REVIEW_DUE,
    REVISION_DUE,
    Plan,
    Trigger,
    code_of,
    of_plans,
    open_gaps,
    open_triggers,
)

AHEAD = timedelta(days=90)


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


def rows(session: Session, *, at: datetime, within: timedelta = AHEAD) -> list[Row]:
    """Everything overdue, and everything that falls due `within`; the earliest first."""
    until = at + within
    running = and_(Deadline.ring_at.is_not(None), Deadline.state == Standing.RUNNING)
    wanted = select(Deadline).where(running, Deadline.kind.in_(_OF_KIND), Deadline.due_at <= until)
    found_due = session.scalars(wanted).all()
    standing = _standing(session, {code_of(each.matter) for each in found_due})
    dues = [each for each in found_due if each.matter in standing]
    why = _whys(session, dues)
    found = [_row(standing[each.matter], each, why, at=at) for each in dues]
    found += [_gap(each, at=at) for each in open_gaps(session) if each.due_at <= until]
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


def _row(plan: Plan, of: Deadline, whys: Mapping[int, Mapping[str, str]], *, at: datetime) -> Row:
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


def _gap(gap: Any, *, at: datetime) -> Row:  # noqa: ANN401 -- a row of the register
    cell = Words(zh=f"{gap.scenario} × {gap.unit}", en=f"{gap.scenario} × {gap.unit}")
    return Row(
        key=f"gap-{gap.id}", what=What.GAP.words, plan=gap.plan, label=gap.plan or "", title=cell, detail=None,
        sure=None, owner=gap.owner, due_at=gap.due_at, overdue=gap.due_at < at,
    )  # fmt: skip


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
