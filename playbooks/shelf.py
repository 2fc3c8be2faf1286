"""The library as one looks through it: every plan and draft with where it stands, searched, filtered, in its tree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.rosters import People
from escalation.words import Words
from plans import due
from plans.records import FILING, Origin, Plan, Register, entries, of_plans, wanting
from plans.tiers import OrgLevel, Tier
from playbooks.machine import State
from playbooks.records import Draft, Version


class Flag(StrEnum):
    """What stands beside a plan's state."""

    STARTER = "starter"
    EMERGENCY = "emergency"
    OUTLINE = "outline"
    REVIEW_OVERDUE = "review_overdue"
    REVISION = "revision"
    FILED = "filed"
    NOT_FILED = "not_filed"
    COMING = "coming"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One plan of the library; `number` is None for a plan that was never issued, `draft` is the draft in work."""

    code: str
    title: Words
    tier: Tier
    organisation: OrgLevel
    parent: str | None
    units: tuple[str, ...]
    scenarios: tuple[str, ...]
    owner: str
    state: State
    number: int | None = None
    digest: str = ""
    review_due: datetime | None = None
    flags: tuple[Flag, ...] = ()
    coming_at: datetime | None = None
    draft: int | None = None
    draft_state: State | None = None
    depth: int = 0

    @property
    def states(self) -> tuple[State, ...]:
        """Every state one would look for it under."""
        coming = (State.ISSUED,) if Flag.COMING in self.flags else ()
        return tuple(each for each in (self.state, *coming, self.draft_state) if each is not None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What one looks for; empty is everything that was not withdrawn."""

    words: str = ""
    tier: str = ""
    unit: str = ""
    state: str = ""


# --- what there is ---------------------------------------------------------------------------------------------------


def rows(session: Session, *, at: datetime) -> list[Row]:
    """Every plan that stands or stood, and every draft of one that was never issued, in the order of the tree."""
    drafts = {each.code: each for each in session.execute(_DRAFTS).all()}
    issued = _issued(session)
    dates, revised = due.by_plan(session), wanting(session)
    owed = {(matter, each.name) for matter, dues in of_plans(session, FILING).items() for each in dues}
    found = []
    for each in session.scalars(select(Plan).order_by(Plan.code)):
        reviewed = dates.get(each.code)
        review_due = reviewed.review_due if reviewed is not None else None
        row = _standing(each, issued.get(each.code, ()), review_due, wants=each.code in revised, owes=owed, at=at)
        found.append(_with_draft(row, drafts.pop(each.code, None)))
    stand = {each.code for each in found}
    found += [_born(session.get_one(Draft, each.id), each) for each in drafts.values()]
    waits = {code: each for code, each in issued.items() if code not in stand and code not in drafts}
    found += [_to_come(session.get_one(Version, each[-1].id)) for each in waits.values()]
    return tree(found)


_DRAFTS = select(Draft.id, Draft.code, Draft.state).where(Draft.closed_at.is_(None))


def _issued(session: Session) -> Mapping[str, Sequence[Any]]:
    """What was issued and neither overtaken nor withdrawn, by code: a version in force, and one to come."""
    columns = (Version.id, Version.code, Version.number, Version.filed_at, Version.in_force_at, Version.effective_at)
    wanted = select(*columns).where(Version.superseded_at.is_(None), Version.withdrawn_at.is_(None))
    found: dict[str, list[Any]] = {}
    for each in session.execute(wanted):
        found.setdefault(each.code, []).append(each)
    return found


def _standing(
    of: Plan,
    issued: Sequence[Any],
    review_due: datetime | None,
    *,
    wants: bool,
    owes: Collection[tuple[str, str]],
    at: datetime,
) -> Row:
    coming = next((each for each in issued if each.in_force_at is None and each.number > of.number), None)
    filed = any(each.number == of.number and each.filed_at is not None for each in issued)
    withdrawn = of.withdrawn_at is not None
    told = {
        Flag.STARTER: of.origin is Origin.STARTER,
        Flag.EMERGENCY: of.origin is Origin.EMERGENCY,
        Flag.OUTLINE: of.outline,
        Flag.REVISION: wants,
        Flag.REVIEW_OVERDUE: review_due is not None and review_due < at,
        Flag.FILED: filed,
        Flag.NOT_FILED: (of.matter, f"v{of.number}") in owes,
        Flag.COMING: coming is not None,
    }
    return Row(
        code=of.code,
        title=Words(**of.title),
        tier=Tier(of.tier),
        organisation=OrgLevel(of.organisation),
        parent=of.parent,
        units=tuple(of.units),
        scenarios=tuple(of.scenarios),
        owner=of.owner,
        state=State.WITHDRAWN if withdrawn else State.IN_FORCE,
        number=of.number,
        digest=of.digest,
        review_due=None if withdrawn else review_due,
        flags=() if withdrawn else tuple(flag for flag, stands in told.items() if stands),
        coming_at=coming.effective_at if coming is not None else None,
    )


def _with_draft(row: Row, draft: Any) -> Row:  # noqa: ANN401 -- a row of three columns, or None
    return row if draft is None else replace(row, draft=draft.id, draft_state=draft.state)


def _born(of: Draft, head: Any) -> Row:  # noqa: ANN401 -- a row of three columns
    """A draft of a plan that was never issued."""
    return _with_draft(_first(of.code, of.content, of.digest, of.state), head)


def _to_come(of: Version) -> Row:
    """A first version that waits for its instant."""
    row = _first(of.code, of.content, of.digest, of.stands)
    return replace(row, number=of.number, coming_at=of.effective_at, flags=(Flag.COMING,))


def _first(code: str, content: Mapping[str, Any], digest: str, state: State) -> Row:
    return Row(
        code=code,
        title=Words(**content["title"]),
        tier=Tier(content["tier"]),
        organisation=OrgLevel(content.get("organisation", OrgLevel.GROUP)),
        parent=content.get("parent"),
        units=tuple(content.get("units", ())),
        scenarios=tuple(dict.fromkeys((content["scenario"], *content.get("covers", ())))),
        owner=content["owner"],
        state=state,
        digest=digest,
    )


# --- the tree --------------------------------------------------------------------------------------------------------


def tree(found: Iterable[Row]) -> list[Row]:
    """Each plan under its parent plan, the higher tier and organisation first; `depth` counts those above it."""
    by_code = {each.code: each for each in found}
    below: dict[str | None, list[Row]] = {}
    for each in by_code.values():
        above = each.parent if each.parent in by_code and each.parent != each.code else None
        below.setdefault(above, []).append(each)
    ordered = list(_walked(None, below, 0))
    seen = {each.code for each in ordered}
    # Drafts may name each other as parents until they are submitted: nothing of that is lost from sight.
    return [*ordered, *(each for each in by_code.values() if each.code not in seen)]


def _walked(above: str | None, below: Mapping[str | None, Sequence[Row]], depth: int) -> Iterator[Row]:
    for each in sorted(below.get(above, ()), key=_rank):
        yield replace(each, depth=depth)
        yield from _walked(each.code, below, depth + 1)


def _rank(row: Row) -> tuple[int, int, str]:
    return tuple(Tier).index(row.tier), row.organisation.rank, row.code


# --- looking for something -------------------------------------------------------------------------------------------


def sought(found: Iterable[Row], asked: Asked, *, people: People, scenarios: Mapping[str, Words]) -> list[Row]:
    """Those that hold every word asked for, of the tier, the unit (or one above it) and the state asked for."""
    words = asked.words.casefold().split()
    line = {each.id for each in people.line_of(asked.unit)} if asked.unit in people.units else set()
    return [
        each
        for each in found
        if (asked.tier in ("", each.tier))
        and (not asked.unit or not each.units or line.intersection(each.units))
        and (asked.state in each.states if asked.state else each.state is not State.WITHDRAWN)
        and (not words or _holds(_haystack(each, people, scenarios), words))
    ]


def _holds(text: str, words: Iterable[str]) -> bool:
    return all(word in text for word in words)


def _haystack(row: Row, people: People, scenarios: Mapping[str, Words]) -> str:
    """All that a plan can be found by: title, code, scenario, owner, tier, in both languages."""
    known = (scenarios[each] for each in row.scenarios if each in scenarios)
    named = [row.title, row.tier.words, row.organisation.words, *known]
    plain = [row.code, *row.scenarios, row.owner, people.name(row.owner), row.tier.value]
    return " ".join([*plain, *(text for words in named for text in (words.zh, words.en))]).casefold()


def scenario_titles(session: Session) -> dict[str, Words]:
    """What each scenario of the register is called."""
    return {each.name: Words(**each.title) for each in entries(session, Register.SCENARIOS)}


def starters(session: Session) -> Sequence[Plan]:
    """The starter plans that stand: what a new plan may begin from."""
    wanted = select(Plan).where(Plan.withdrawn_at.is_(None), Plan.outline.is_(False))
    return session.scalars(wanted.order_by(Plan.code)).all()
