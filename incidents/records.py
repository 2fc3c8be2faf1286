"""Incidents, remembered: what was declared, known, done, decided and filed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Select, String, Text, UniqueConstraint, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from errors import NoSuchDuty, NoSuchIncident, NoSuchTask
from escalation.records import Standing, deadlines
from incidents.machine import OPEN, State
from playbooks.records import Version
from store.base import Base, frozen, guard

TASK = "task"  # the kind of a task's deadline


class Number(Base):
    """The last number given in a year, of real incidents and of drills: locked while one is declared."""

    __tablename__ = "incident_number"

    series: Mapped[str] = mapped_column(String(20), primary_key=True)
    last: Mapped[int]


class Incident(Base):
    """One incident; its version of the plan is stamped at declaration and moves only by a person's act."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    scenario: Mapped[str] = mapped_column(String(60))
    affected: Mapped[list[Any]] = mapped_column(default=list)  # further units it reaches: each one's office is told
    unit: Mapped[str] = mapped_column(String(60))
    exercise: Mapped[bool]
    state: Mapped[str] = mapped_column(String(20), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("playbook_version.id"))
    response_level: Mapped[str | None] = mapped_column(String(4))
    event_level: Mapped[str | None] = mapped_column(String(4))  # a person's decision; it wins over the grade
    graded: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what the known facts give, a lower bound
    level_before: Mapped[str | None] = mapped_column(String(4))  # the event level before its last rise
    level_changed_at: Mapped[datetime | None]  # when it rose; unset while it never did
    commander: Mapped[str | None] = mapped_column(String(60))
    declared_by: Mapped[str] = mapped_column(String(60))
    declared_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    stood_down_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    merged_into: Mapped[str | None] = mapped_column(String(40))
    facts_revision: Mapped[int] = mapped_column(default=0)
    edits: Mapped[int] = mapped_column(default=0)  # numbers what is told, so that each telling has its own key
    row_version: Mapped[int] = mapped_column(default=0)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- SQLAlchemy reads a plain dict

    @property
    def matter(self) -> str:
        """The name its deadlines, dispatches and journal entries go by."""
        return f"incident:{self.id}"

    @property
    def stands(self) -> State:
        """Its state, as a value."""
        return State(self.state)

    @property
    def level(self) -> str | None:
        """The event level that counts: decided by a person, else graded from what is known."""
        return self.event_level or self.graded.get("level")


class Fact(Base):
    """One thing learnt; never changed: a later one supersedes it and both stay visible."""

    __tablename__ = "fact"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    revision: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))
    value: Mapped[dict[str, Any]]  # {"is": …}: JSON keeps numbers, flags and null apart
    as_of: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


class Task(Base):
    """One thing to do, with its words copied from the plan as they stood."""

    __tablename__ = "task"
    __table_args__ = (UniqueConstraint("incident_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    code: Mapped[str] = mapped_column(String(20))
    role: Mapped[str] = mapped_column(String(60))
    words: Mapped[dict[str, Any]]
    evidence: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime]
    assignee: Mapped[str | None] = mapped_column(String(60))
    done_by: Mapped[str | None] = mapped_column(String(60))
    done_at: Mapped[datetime | None]
    given: Mapped[str | None] = mapped_column(Text)
    left_at: Mapped[datetime | None]  # when the incident moved to a version of the plan that has it no longer
    added_by: Mapped[str] = mapped_column(String(60))
    added_at: Mapped[datetime]


class Holding(Base):
    """Who holds a role, since when; nobody is overwritten: a hand-over ends one row and begins another."""

    __tablename__ = "holding"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    role: Mapped[str] = mapped_column(String(60))
    person: Mapped[str] = mapped_column(String(60))
    since_at: Mapped[datetime]
    until_at: Mapped[datetime | None]


class Assessment(Base):
    """One version of the situation assessment (分析研判)."""

    __tablename__ = "assessment"
    __table_args__ = (UniqueConstraint("incident_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    version: Mapped[int]
    answers: Mapped[dict[str, Any]]
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


class Review(Base):
    """One version of the review after the response (复盘)."""

    __tablename__ = "incident_review"
    __table_args__ = (UniqueConstraint("incident_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    version: Mapped[int]
    answers: Mapped[dict[str, Any]]
    plan_fault: Mapped[str | None] = mapped_column(Text)  # what the plan itself got wrong: it wants revision
    drill_kind: Mapped[str | None] = mapped_column(String(40))  # of a drill only: what it was
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


class Letter:
    """What is remembered of whatever is drafted, read, signed by another person and sent to an authority."""

    draft: Mapped[int] = mapped_column(default=0)  # the newest draft's version; 0 while there is none
    asked: Mapped[str | None] = mapped_column(String(60))
    sent_back: Mapped[str | None] = mapped_column(Text)
    signed_by: Mapped[str | None] = mapped_column(String(60))
    signed_at: Mapped[datetime | None]
    signed_alone: Mapped[bool] = mapped_column(default=False)
    signed_for: Mapped[str | None] = mapped_column(String(60))  # whose dated deputy signed it
    signed_draft: Mapped[int | None]
    text: Mapped[str | None] = mapped_column(Text)
    digest: Mapped[str | None] = mapped_column(String(64))
    dispatch_key: Mapped[str | None] = mapped_column(String(200))
    token: Mapped[str | None] = mapped_column(String(64), unique=True)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(120))
    moved: Mapped[list[Any]] = mapped_column(default=list)  # what it said and is otherwise now: {name, was, now, wrong}


class Added(Base):
    """A duty that a person added: a correction, an announcement, or what a regime asks and the plan does not name."""

    __tablename__ = "incident_duty"
    __table_args__ = (UniqueConstraint("incident_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    code: Mapped[str] = mapped_column(String(60))
    duty: Mapped[dict[str, Any]]  # as a playbook keeps one
    corrects: Mapped[int | None] = mapped_column(ForeignKey("filing.id"))  # the notice that it puts right
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


class Filing(Letter, Base):
    """One notice that is owed: its drafts, its signature, its sending.

    One that was recalled before it left stays as it was signed; the next `take` stands in its place.
    """

    __tablename__ = "filing"
    __table_args__ = (UniqueConstraint("incident_id", "duty", "seq", "take"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    duty: Mapped[str] = mapped_column(String(60))
    regime: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(40))
    seq: Mapped[int]
    take: Mapped[int] = mapped_column(default=1)
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"))
    scan: Mapped[dict[str, Any] | None]  # the sealed scan: {name, media_type, digest, by, at, went, key}
    recalled_by: Mapped[str | None] = mapped_column(String(60))
    recalled_at: Mapped[datetime | None]
    recalled_why: Mapped[str | None] = mapped_column(Text)


class Draft(Base):
    """One version of a notice's content, as it was shown; never changed."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("filing_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id"))
    version: Mapped[int]
    facts_revision: Mapped[int]
    facts: Mapped[dict[str, Any]]
    written: Mapped[dict[str, Any]]  # what a person wrote into it: summary, cause, measures, next steps
    drafter: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


class Return(Letter, Base):
    """One periodic return that a unit owes for a period; a correction of it is a return of its own, `seq` 2 and on."""

    __tablename__ = "periodic_return"
    __table_args__ = (UniqueConstraint("regime", "unit", "period", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    regime: Mapped[str] = mapped_column(String(60))
    unit: Mapped[str] = mapped_column(String(60))
    period: Mapped[str] = mapped_column(String(20))  # `2026-10`, `2026`
    seq: Mapped[int] = mapped_column(default=1)
    matter: Mapped[str] = mapped_column(ForeignKey("matter.name"), index=True)
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"))
    corrects: Mapped[int | None] = mapped_column(ForeignKey("periodic_return.id"))
    why: Mapped[str | None] = mapped_column(Text)  # what was wrong with the one it corrects
    page: Mapped[str] = mapped_column(String(64), unique=True)  # what its documents are asked for by; nobody guesses it
    edits: Mapped[int] = mapped_column(default=0)  # numbers what is told of it

    @property
    def number(self) -> str:
        """How it is named wherever people read it."""
        name = f"RET-{self.period}-{self.regime.rpartition('.')[2].upper()}-{self.unit}"
        return name if self.seq == 1 else f"{name}-{self.seq}"


class ReturnDraft(Base):
    """One version of a return's content, as it was shown; never changed."""

    __tablename__ = "return_draft"
    __table_args__ = (UniqueConstraint("return_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("periodic_return.id"))
    version: Mapped[int]
    facts: Mapped[dict[str, Any]]
    written: Mapped[dict[str, Any]]  # what a person typed: words, and figures that no record of the house has
    drafter: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


SIGNED = ("text", "digest", "signed_by", "signed_for", "signed_at", "signed_draft", "token")
GUARDS = {
    "incident": frozen("incident", "number", "exercise", "declared_by", "declared_at"),
    "fact": frozen("fact", "incident_id", "revision", "name", "value", "as_of", "source", "note", "by", "at"),
    "assessment": frozen("assessment", "incident_id", "version", "answers", "by", "at"),
    "incident_review": frozen("incident_review", "incident_id", "version", "answers", "by", "at"),
    "draft": frozen("draft", "filing_id", "version", "facts_revision", "facts", "written", "drafter", "at"),
    "incident_duty": frozen("incident_duty", "incident_id", "code", "duty", "corrects", "by", "at"),
    "filing": frozen("filing", *SIGNED, once="signed_at"),
    "periodic_return": frozen("periodic_return", *SIGNED, once="signed_at"),
    "return_draft": frozen("return_draft", "return_id", "version", "facts", "written", "drafter", "at"),
}
for _entity in (Incident, Fact, Assessment, Review, Draft, Added, Filing, Return, ReturnDraft):
    guard(_entity, GUARDS[_entity.__tablename__])


def incident(session: Session, number: str, *, lock: bool = True) -> Incident:
    """The incident of that number, locked for this transaction; refuses when there is none."""
    wanted = select(Incident).where(Incident.number == number.upper().strip())
    found = session.scalars(_locked(wanted) if lock else wanted).one_or_none()
    if found is None:
        raise NoSuchIncident(number=number)
    return found


def _locked(wanted: Select[Incident], *, skip: bool = False) -> Select[Incident]:
    # What was read before the lock may have been changed by who held it: read again.
    return wanted.with_for_update(skip_locked=skip).execution_options(populate_existing=True)


def incident_of(session: Session, matter: str) -> Incident | None:
    """The incident behind a matter's name (`incident:12`), locked; None while another transaction holds it.

    For rings, which hold their deadline: a press locks the incident first and its deadlines after, so a ring that
    waited for the incident could wait for ever.
    """
    wanted = select(Incident).where(Incident.id == int(matter.partition(":")[2]))
    return session.scalars(_locked(wanted, skip=True)).one_or_none()


def series(session: Session, name: str) -> Number:
    """The series of that name, locked for this transaction; two that come first make it once."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(Number).values(series=name, last=0).on_conflict_do_nothing())
    return session.get_one(Number, name, with_for_update=True)


def open_incidents(session: Session) -> Sequence[Incident]:
    """What is not closed or cancelled, the newest first."""
    wanted = select(Incident).where(Incident.state.in_([state.value for state in OPEN]))
    return session.scalars(wanted.order_by(Incident.id.desc())).all()


def running_on_others(session: Session, now: Version) -> Sequence[str]:
    """The matters of the open incidents that run on another version of the plan of `now`, without their locks."""
    others = select(Version.id).where(Version.code == now.code, Version.id != now.id)
    wanted = select(Incident).where(
        Incident.version_id.in_(others), Incident.state.in_([state.value for state in OPEN])
    )
    return [each.matter for each in session.scalars(wanted.order_by(Incident.id))]


def current_facts(session: Session, of: Incident) -> Mapping[str, Fact]:
    """The latest of each fact, by name."""
    wanted = select(Fact).where(Fact.incident_id == of.id).order_by(Fact.revision, Fact.id)
    return {fact.name: fact for fact in session.scalars(wanted)}


def fact_history(session: Session, of: Incident, name: str | None = None) -> Sequence[Fact]:
    """Everything learnt, newest first; of one fact when `name` is given."""
    wanted = select(Fact).where(Fact.incident_id == of.id)
    if name is not None:
        wanted = wanted.where(Fact.name == name)
    return session.scalars(wanted.order_by(Fact.revision.desc(), Fact.id.desc())).all()


def dropped(session: Session, of: Incident) -> frozenset[str]:
    """The codes of the tasks that somebody said are not needed: settled, and yet not done."""
    return frozenset(due.name for due in deadlines(session, of.matter, TASK) if due.state is Standing.CANCELLED)


def tasks(session: Session, of: Incident, role: str | None = None) -> Sequence[Task]:
    """Its tasks by due time; of one role when `role` is given."""
    wanted = select(Task).where(Task.incident_id == of.id)
    if role is not None:
        wanted = wanted.where(Task.role == role)
    return session.scalars(wanted.order_by(Task.due_at, Task.code)).all()


def task(session: Session, of: Incident, code: str) -> Task:
    """The task of that code; refuses when there is none."""
    wanted = select(Task).where(Task.incident_id == of.id, Task.code == code)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NoSuchTask(number=of.number, task=code)
    return found


def holders(session: Session, of: Incident) -> Mapping[str, str]:
    """Who holds which role now."""
    wanted = select(Holding).where(Holding.incident_id == of.id, Holding.until_at.is_(None)).order_by(Holding.id)
    return {holding.role: holding.person for holding in session.scalars(wanted)}


def holding(session: Session, of: Incident, role: str) -> Holding | None:
    """The standing holding of a role, or None while it is vacant."""
    wanted = select(Holding).where(Holding.incident_id == of.id, Holding.role == role, Holding.until_at.is_(None))
    return session.scalars(wanted).one_or_none()


def latest_assessment(session: Session, of: Incident) -> Assessment | None:
    """The newest assessment, or None."""
    wanted = select(Assessment).where(Assessment.incident_id == of.id).order_by(Assessment.version.desc())
    return session.scalars(wanted.limit(1)).one_or_none()


def latest_review(session: Session, of: Incident) -> Review | None:
    """The newest review, or None."""
    wanted = select(Review).where(Review.incident_id == of.id).order_by(Review.version.desc())
    return session.scalars(wanted.limit(1)).one_or_none()


def filings(session: Session, of: Incident) -> Sequence[Filing]:
    """Its notices as they stand, in the order they came to be owed; what was recalled is none of them."""
    return [notice for notice in every_filing(session, of) if notice.recalled_at is None]


def every_filing(session: Session, of: Incident) -> Sequence[Filing]:
    """Its notices and those that were recalled before they left."""
    return session.scalars(select(Filing).where(Filing.incident_id == of.id).order_by(Filing.id)).all()


def filing_by(session: Session, deadline_id: int | None) -> Filing | None:
    """The notice that stands for a clock, or None."""
    wanted = select(Filing).where(Filing.deadline_id == deadline_id, Filing.recalled_at.is_(None))
    return session.scalars(wanted).one_or_none()


def filing(session: Session, filing_id: int, *, lock: bool = True) -> Filing:
    """One notice, locked for this transaction (after its incident, as everybody locks); refuses when there is none."""
    found = session.get(Filing, filing_id, with_for_update=lock or None)
    if found is None:
        raise NoSuchDuty(duty=filing_id)
    return found


def filing_of(session: Session, of: Incident, duty: str, seq: int) -> Filing | None:
    """The notice that stands of a duty and sequence, or None."""
    wanted = select(Filing).where(Filing.incident_id == of.id, Filing.duty == duty, Filing.seq == seq)
    return session.scalars(wanted.where(Filing.recalled_at.is_(None))).one_or_none()


def added(session: Session, of: Incident) -> Sequence[Added]:
    """The duties that people added, in their order."""
    return session.scalars(select(Added).where(Added.incident_id == of.id).order_by(Added.id)).all()


def added_as(session: Session, of: Incident, code: str) -> Added | None:
    """The added duty of that code, or None where the plan has it."""
    return session.scalars(select(Added).where(Added.incident_id == of.id, Added.code == code)).one_or_none()


def corrections(session: Session, of: Filing) -> Sequence[Filing]:
    """The notices that put this one right, in their order."""
    wanted = select(Filing).join(Added, (Added.incident_id == Filing.incident_id) & (Added.code == Filing.duty))
    wanted = wanted.where(Added.corrects == of.id, Filing.recalled_at.is_(None))
    return session.scalars(wanted.order_by(Filing.id)).all()


def signed_draft(session: Session, of: Filing) -> Draft:
    """The draft that was signed."""
    return session.scalars(select(Draft).where(Draft.filing_id == of.id, Draft.version == of.signed_draft)).one()


def newest_draft(session: Session, of: Filing) -> Draft | None:
    """The newest draft of a notice, or None."""
    wanted = select(Draft).where(Draft.filing_id == of.id).order_by(Draft.version.desc()).limit(1)
    return session.scalars(wanted).one_or_none()


def periodic(session: Session, return_id: int, *, lock: bool = True) -> Return:
    """One periodic return, locked for this transaction; refuses when there is none."""
    found = session.get(Return, return_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NoSuchDuty(duty=return_id)
    return found


def periodic_of(session: Session, regime: str, unit: str, period: str) -> Sequence[Return]:
    """The return of a unit for a period and its corrections, in their order."""
    wanted = select(Return).where(Return.regime == regime, Return.unit == unit, Return.period == period)
    return session.scalars(wanted.order_by(Return.seq)).all()


def periodic_returns(session: Session) -> Sequence[Return]:
    """Every return, the newest period first."""
    return session.scalars(select(Return).order_by(Return.period.desc(), Return.id.desc())).all()


def return_draft(session: Session, of: Return, version: int | None = None) -> ReturnDraft | None:
    """That draft of a return, the newest when no version is named; or None."""
    wanted = select(ReturnDraft).where(ReturnDraft.return_id == of.id)
    if version is not None:
        wanted = wanted.where(ReturnDraft.version == version)
    return session.scalars(wanted.order_by(ReturnDraft.version.desc()).limit(1)).one_or_none()
