"""Drafts, signatures and versions, remembered: a version never changes once it is issued."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Enum,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from errors import NoSuchDraft, NoSuchPlan, PlanNotInForce
from escalation.rosters import People, Person
from escalation.words import Words
from plans.records import Origin
from plans.tiers import Tier
from playbooks import permits
from playbooks.machine import State
from playbooks.permits import Act
from playbooks.shape import Playbook, from_canonical
from store.base import Base, Guards, frozen, guard


class Part(enum.StrEnum):
    """What a person answers for with their signature."""

    AUTHOR = "author"
    REVIEWER = "reviewer"
    SIGNER = "signer"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _PARTS[self]


_PARTS = {
    Part.AUTHOR: Words(zh="编制", en="author"),
    Part.REVIEWER: Words(zh="审核", en="reviewer"),
    Part.SIGNER: Words(zh="签发", en="signer"),
}


def _enum(kind: type[enum.StrEnum]) -> Enum:
    return Enum(kind, native_enum=False, length=20, values_callable=lambda members: [each.value for each in members])


#: An issued version has three persons, pairwise different; an emergency amendment has an end.
_THREE = (
    "origin <> 'issued' or (author is not null and reviewer is not null and signer is not null"
    " and author <> reviewer and reviewer <> signer and author <> signer)"
)
_ENDS = "origin <> 'emergency' or (lives_until is not null and author is not null)"


_OPEN = text("closed_at is null")


class Version(Base):
    """One version of a plan, issued; a trigger refuses any change of what it says and of who answers for it."""

    __tablename__ = "playbook_version"
    __table_args__ = (
        UniqueConstraint("code", "number"),
        CheckConstraint(_THREE, name="three_persons"),
        CheckConstraint(_ENDS, name="amendment_ends"),
        # What is in force is asked at every declaration: answered from the index, whatever the versions weigh.
        Index("ix_playbook_version_life", "code", "number", "effective_at", "withdrawn_at", "lives_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    scenario: Mapped[str] = mapped_column(String(60))
    covers: Mapped[list[Any]]  # scenarios beside its own
    units: Mapped[list[Any]]  # none: all of them
    tier: Mapped[str] = mapped_column(String(20))
    outline: Mapped[bool]
    digest: Mapped[str] = mapped_column(String(64))
    origin: Mapped[Origin] = mapped_column(_enum(Origin))
    author: Mapped[str | None] = mapped_column(String(60))
    stands_for: Mapped[str | None] = mapped_column(String(60))  # whose dated deputy amended it in an emergency
    reviewer: Mapped[str | None] = mapped_column(String(60))
    signer: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str | None] = mapped_column(Text)  # why an emergency amendment was made
    issued_by: Mapped[str] = mapped_column(String(60))
    issued_at: Mapped[datetime]
    effective_at: Mapped[datetime]
    lives_until: Mapped[datetime | None]  # an emergency amendment's end
    in_force_at: Mapped[datetime | None]  # when the house acted on its taking effect
    superseded_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    filed_at: Mapped[datetime | None]
    filed_by: Mapped[str | None] = mapped_column(String(60))
    filed_with: Mapped[str | None] = mapped_column(String(120))
    filed_number: Mapped[str | None] = mapped_column(String(120))
    content: Mapped[dict[str, Any]]

    @property
    def matter(self) -> str:
        """What the plan's deadlines and journal hang on."""
        return f"plan:{self.code}"

    @property
    def label(self) -> str:
        """How it is named wherever people read it: code, version, the digest's beginning."""
        return f"{self.code} v{self.number} · {self.digest[:6]}"

    @property
    def amended_by(self) -> frozenset[str]:
        """Whose words alone an emergency amendment is: who made it, and whom they stood in for; else nobody's."""
        alone = (self.author, self.stands_for) if self.origin is Origin.EMERGENCY else ()
        return frozenset(each for each in alone if each is not None)

    @property
    def stands(self) -> State:
        """Where it stands, by what was done to it."""
        if self.withdrawn_at is not None:
            return State.WITHDRAWN
        if self.superseded_at is not None:
            return State.SUPERSEDED
        return State.ISSUED if self.in_force_at is None else State.IN_FORCE


class Draft(Base):
    """A plan being written; it ends as a version, or is withdrawn. A plan has one draft at a time."""

    __tablename__ = "playbook_draft"
    __table_args__ = (Index("uq_playbook_draft_open", "code", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    base_version_id: Mapped[int | None] = mapped_column(ForeignKey("playbook_version.id"))
    content: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[State] = mapped_column(_enum(State))
    revision: Mapped[int] = mapped_column(default=1)  # of its content: what an editor has read
    editors: Mapped[list[Any]]  # everybody whose hand is in the content, and whom they stood in for
    opened_by: Mapped[str] = mapped_column(String(60))
    opened_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(60))
    changed_at: Mapped[datetime]
    sent_back: Mapped[str | None] = mapped_column(Text)  # why, until it is submitted again
    sent_back_at: Mapped[datetime | None]  # the last time; what was signed before it counts for nothing
    closed_at: Mapped[datetime | None]
    version_id: Mapped[int | None] = mapped_column(ForeignKey("playbook_version.id"))  # what came of it
    row_version: Mapped[int] = mapped_column(default=0)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- SQLAlchemy reads a plain dict

    @property
    def matter(self) -> str:
        """What the plan's journal hangs on."""
        return f"plan:{self.code}"

    @property
    def label(self) -> str:
        """How it is named wherever people read it: code, revision, the digest's beginning."""
        return f"{self.code} · r{self.revision} · {self.digest[:6]}"

    @property
    def units(self) -> tuple[str, ...]:
        """The units it is for; none: all of them."""
        return tuple(self.content.get("units", ()))


class Revision(Base):
    """One state of a draft's content; never changed, so that what moved since somebody read it can be said."""

    __tablename__ = "playbook_revision"
    __table_args__ = (UniqueConstraint("draft_id", "revision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("playbook_draft.id"))
    revision: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


class Hand(Base):
    """One signature: who answers for which content as what, in whose stead, until when it holds; never changed."""

    __tablename__ = "playbook_hand"

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("playbook_draft.id"), index=True)
    part: Mapped[Part] = mapped_column(_enum(Part))
    person: Mapped[str] = mapped_column(String(60))
    stands_for: Mapped[str | None] = mapped_column(String(60))
    digest: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    @property
    def people(self) -> frozenset[str]:
        """The person, and whom they stood in for: neither may answer for another part."""
        return frozenset(each for each in (self.person, self.stands_for) if each)


class Comment(Base):
    """What somebody said about a draft, and about which content; never changed."""

    __tablename__ = "playbook_comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("playbook_draft.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


# --- what no SQL can change ------------------------------------------------------------------------------------------

_SAID = (
    "id", "code", "number", "scenario", "covers", "units", "tier", "outline", "digest", "origin", "author",
    "stands_for", "reviewer", "signer", "reason", "issued_by", "issued_at", "effective_at", "lives_until", "content",
)  # fmt: skip
_ONCE = {
    "in_force_at": ("in_force_at",),
    "withdrawn_at": ("withdrawn_at",),
    "filed_at": ("filed_at", "filed_by", "filed_with", "filed_number"),
}


def _set_once(table: str) -> Guards:
    """Guards that refuse any change of what is written down once, after it was."""
    refused = f"{table} never changes once written"

    def changed(differs: str) -> str:
        return " or ".join(
            f"(old.{first} is not null and ({' or '.join(f'old.{each} {differs} new.{each}' for each in columns)}))"
            for first, columns in _ONCE.items()
        )

    return {
        "sqlite": [
            f"""create trigger {table}_once before update on {table} when {changed("is not")}
            begin select raise(abort, '{refused}'); end"""
        ],
        "postgresql": [
            f"""create trigger {table}_once before update on {table} for each row
            when ({changed("is distinct from")}) execute function {table}_refuse()"""
        ],
    }


GUARDS = {
    "playbook_version": frozen("playbook_version", *_SAID),
    "playbook_version_once": _set_once("playbook_version"),
    "playbook_draft": frozen("playbook_draft", "code", "content", "digest", "state", "version_id", once="closed_at"),
    "playbook_revision": frozen("playbook_revision", "id", "draft_id", "revision", "digest", "content", "by", "at"),
    "playbook_hand": frozen(
        "playbook_hand", "id", "draft_id", "part", "person", "stands_for", "digest", "note", "given_at", "expires_at"
    ),
    "playbook_comment": frozen("playbook_comment", "id", "draft_id", "digest", "text", "by", "at"),
}
guard(Version, GUARDS["playbook_version"])
guard(Version, GUARDS["playbook_version_once"])
for _entity in (Draft, Revision, Hand, Comment):
    guard(_entity, GUARDS[_entity.__tablename__])


_HELD = "versions held"


# --- versions --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Kept:
    """A content that is known by its digest."""

    digest: str
    content: dict[str, Any] = field(compare=False)


@functools.lru_cache(maxsize=128)
def _read(kept: _Kept) -> Playbook:
    return from_canonical(kept.content)


def playbook_of(version: Version | Draft | Revision) -> Playbook:
    """The content as values; what has the same digest is read once."""
    return _read(_Kept(version.digest, version.content))


def version(session: Session, version_id: int) -> Version:
    """The version of that id, read once in a transaction: its content is large."""
    found = session.get_one(Version, version_id)
    # A session forgets what nobody holds, and every card of an incident asks for its plan.
    session.info.setdefault(_HELD, {})[version_id] = found
    return found


def numbered(session: Session, code: str, number: int) -> Version:
    """The version of a plan by its number; refuses when there is none."""
    wanted = select(Version).where(Version.code == code, Version.number == number)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NoSuchPlan(code=f"{code} v{number}")
    return found


def versions(session: Session, code: str) -> Sequence[Version]:
    """Every version of a plan, the newest first."""
    return session.scalars(select(Version).where(Version.code == code).order_by(Version.number.desc())).all()


def newest(session: Session, code: str) -> Version | None:
    """The highest version of a plan, in force or not; None when it was never issued."""
    wanted = select(Version).where(Version.code == code).order_by(Version.number.desc()).limit(1)
    return session.scalars(wanted).one_or_none()


def ever_issued(session: Session) -> frozenset[str]:
    """The code of every plan of which any version was ever issued."""
    return frozenset(session.scalars(select(Version.code).distinct()))


def latest(session: Session, code: str, *, at: datetime) -> Version | None:
    """The highest version of a plan that stands at `at`, or is to stand: what a draft must not silently undo."""
    wanted = select(Version).where(Version.code == code, _not_over(at))
    return session.scalars(wanted.order_by(Version.number.desc()).limit(1)).one_or_none()


def _alive(at: datetime) -> ColumnElement[bool]:
    """Issued, effective at `at`, and neither withdrawn nor lapsed by then: by instants, whatever has rung yet."""
    return and_(Version.effective_at <= at, _not_over(at))


def _not_over(at: datetime) -> ColumnElement[bool]:
    return and_(
        or_(Version.withdrawn_at.is_(None), Version.withdrawn_at > at),
        or_(Version.lives_until.is_(None), Version.lives_until > at),
    )


def _standing(at: datetime) -> Select[str, int]:
    """Code and number of each plan in force: of what is alive the highest number."""
    return select(Version.code, func.max(Version.number).label("number")).where(_alive(at)).group_by(Version.code)


def in_force(session: Session, *, at: datetime) -> Sequence[Version]:
    """Every version in force at `at`, by code."""
    top = _standing(at).subquery()
    wanted = select(Version).join(top, and_(Version.code == top.c.code, Version.number == top.c.number))
    return session.scalars(wanted.order_by(Version.code)).all()


def in_force_of(session: Session, code: str, *, at: datetime) -> Version | None:
    """The version of a plan in force at `at`, or None."""
    wanted = select(Version).where(Version.code == code, _alive(at)).order_by(Version.number.desc()).limit(1)
    return session.scalars(wanted).one_or_none()


def in_force_for(
    session: Session, scenario: str, *, unit: str, units_above: Sequence[str] = (), at: datetime
) -> Version:
    """The most specific plan in force for a scenario: one that names the unit, else the nearest above, else all.

    Among several a whole plan before an outline, its own scenario before one it covers too, a special plan before
    the comprehensive one and those before procedures and cards, then the latest effective. Refuses when there is none.
    """
    best = _most_specific(_heads(session, at=at), scenario, (unit, *units_above), others=False)
    if best is None:
        raise PlanNotInForce(scenario=scenario)
    return session.get_one(Version, best)


def in_force_by_scenario(
    session: Session, *, unit: str | None, units_above: Sequence[str] = (), at: datetime
) -> dict[str, Version]:
    """What `in_force_for` answers, for every scenario at once, by name; without a unit also plans of some units."""
    line = (unit, *units_above) if unit is not None else ()
    by_scenario: dict[str, list[_Head]] = {}
    for each in _heads(session, at=at):
        for scenario in dict.fromkeys((each.scenario, *each.covers)):
            by_scenario.setdefault(scenario, []).append(each)
    best = {name: _most_specific(fits, name, line, others=unit is None) for name, fits in by_scenario.items()}
    wanted = select(Version).where(Version.id.in_({each for each in best.values() if each is not None}))
    found = {version.id: version for version in session.scalars(wanted)}
    return {name: found[each] for name, each in sorted(best.items()) if each is not None}


class _Head(Protocol):
    """What is read of a version to choose among several, without the weight of its content."""

    id: int
    scenario: str
    covers: list[Any]
    units: list[Any]
    tier: str
    outline: bool
    effective_at: datetime


def _heads(session: Session, *, at: datetime) -> Sequence[Any]:
    """The heads of everything in force."""
    top = _standing(at).subquery()
    names = ("id", "scenario", "covers", "units", "tier", "outline", "effective_at")
    wanted = select(*(getattr(Version, name) for name in names))
    return session.execute(wanted.join(top, and_(Version.code == top.c.code, Version.number == top.c.number))).all()


def _most_specific(heads: Iterable[_Head], scenario: str, line: Sequence[str], *, others: bool) -> int | None:
    ranked = [
        (near, _rank(each, scenario), each.id)
        for each in heads
        if (scenario == each.scenario or scenario in each.covers)
        and (near := _nearness(each.units, line, others=others)) is not None
    ]
    return min(ranked)[2] if ranked else None


def _nearness(units: Sequence[str], line: Sequence[str], *, others: bool) -> int | None:
    """How far up the line the plan names a unit; after all of them where it names none; last or not where others."""
    if not units:
        return len(line)
    elsewhere = len(line) + 1 if others else None
    return next((n for n, each in enumerate(line) if each in units), elsewhere)


_RUNS = (Tier.SPECIAL, Tier.COMPREHENSIVE, Tier.ONSITE, Tier.ACTION_CARD)


def _rank(head: _Head, scenario: str) -> tuple[bool, bool, int, float, int]:
    return (
        head.outline,
        head.scenario != scenario,
        _RUNS.index(Tier(head.tier)),
        -head.effective_at.timestamp(),
        -head.id,
    )


# --- drafts ----------------------------------------------------------------------------------------------------------


def draft(session: Session, draft_id: int, *, lock: bool = True) -> Draft:
    """The draft of that id, locked for this transaction; refuses when there is none."""
    found = session.get(Draft, draft_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NoSuchDraft
    return found


def drafts(session: Session) -> Sequence[Draft]:
    """Every draft that is being worked on, the one changed last first."""
    wanted = select(Draft).where(Draft.closed_at.is_(None)).order_by(Draft.changed_at.desc(), Draft.id.desc())
    return session.scalars(wanted).all()


def draft_of(session: Session, code: str) -> Draft | None:
    """The draft of a plan that is being worked on, or None."""
    return session.scalars(select(Draft).where(Draft.code == code, Draft.closed_at.is_(None))).one_or_none()


def revision_of(
    session: Session, of: Draft, *, digest: str | None = None, number: int | None = None
) -> Revision | None:
    """The newest state of a draft with that digest or number, or None."""
    wanted = select(Revision).where(Revision.draft_id == of.id)
    wanted = wanted if digest is None else wanted.where(Revision.digest == digest)
    wanted = wanted if number is None else wanted.where(Revision.revision == number)
    return session.scalars(wanted.order_by(Revision.revision.desc()).limit(1)).one_or_none()


def hands(session: Session, of: Draft) -> Sequence[Hand]:
    """Every signature ever given on a draft, the oldest first."""
    return session.scalars(select(Hand).where(Hand.draft_id == of.id).order_by(Hand.id)).all()


def hand(session: Session, of: Draft, part: Part, *, at: datetime) -> Hand | None:
    """The newest signature of a part that holds at `at`: on the very content that stands, and not expired.

    Sending it back takes back whatever was signed before, also where nobody changes a word of it after.
    """
    wanted = select(Hand).where(
        Hand.draft_id == of.id, Hand.part == part, Hand.digest == of.digest, Hand.expires_at > at
    )
    if of.sent_back_at is not None:
        wanted = wanted.where(Hand.given_at > of.sent_back_at)
    return session.scalars(wanted.order_by(Hand.id.desc()).limit(1)).one_or_none()


def comments(session: Session, of: Draft) -> Sequence[Comment]:
    """What was said about a draft, the oldest first."""
    return session.scalars(select(Comment).where(Comment.draft_id == of.id).order_by(Comment.id)).all()


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A draft that waits for a person, and what they are to do."""

    draft: Draft
    act: Act


def waiting_for(session: Session, by: Person, *, people: People, at: datetime) -> tuple[Waiting, ...]:
    """What waits for a person: to mend what was sent back, to review, to sign, to issue; the oldest first."""
    return tuple(
        Waiting(draft=each, act=act)
        for each in reversed(drafts(session))
        for act in wanted(session, each, by, at=at)
        if permits.may(act, by, each.units, people=people, at=at)
    )


def wanted(session: Session, of: Draft, by: Person, *, at: datetime) -> Iterator[Act]:
    """What a draft waits for that `by` may be the one to do, as far as hands go; permits are asked elsewhere."""
    reviewed = hand(session, of, Part.REVIEWER, at=at)
    match of.state:
        case State.DRAFT:
            if of.sent_back is not None and by.id in of.editors:
                yield Act.WRITE
        case State.UNDER_REVIEW if by.id not in of.editors:
            author = hand(session, of, Part.AUTHOR, at=at)
            if author is not None and by.id in author.people:
                return
            if reviewed is None:
                yield Act.REVIEW
            elif by.id not in reviewed.people:
                yield Act.SIGN
        case State.SIGNED:
            yield Act.ISSUE
        case _:
            return
