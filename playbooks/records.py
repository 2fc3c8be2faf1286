"""Published versions, remembered: a version never changes once it is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from errors import PlanNotInForce
from playbooks.shape import Playbook, from_canonical
from store.base import Base, frozen, guard


class Version(Base):
    """One published version of a playbook; a trigger refuses any change of its content."""

    __tablename__ = "playbook_version"
    __table_args__ = (UniqueConstraint("code", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), index=True)
    number: Mapped[int]
    scenario: Mapped[str] = mapped_column(String(60), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]
    published_by: Mapped[str] = mapped_column(String(60))
    published_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]

    @property
    def label(self) -> str:
        """How it is named wherever people read it: code, version, the digest's beginning."""
        return f"{self.code} v{self.number} · {self.digest[:6]}"


GUARDS = frozen("playbook_version", "code", "number", "scenario", "digest", "content", "published_by", "published_at")
guard(Version, GUARDS)


def playbook_of(version: Version) -> Playbook:
    """The version's content as values."""
    return from_canonical(version.content)


def version(session: Session, version_id: int) -> Version:
    """The version of that id."""
    return session.get_one(Version, version_id)


def in_force(session: Session) -> Sequence[Version]:
    """Every version in force, by code."""
    wanted = select(Version).where(Version.superseded_at.is_(None)).order_by(Version.code)
    return session.scalars(wanted).all()


def in_force_for(session: Session, scenario: str) -> Version:
    """The version in force for a scenario; refuses when no plan stands for it."""
    wanted = select(Version).where(Version.scenario == scenario, Version.superseded_at.is_(None))
    found = session.scalars(wanted.order_by(Version.published_at.desc(), Version.id.desc()).limit(1)).one_or_none()
    if found is None:
        raise PlanNotInForce(scenario=scenario)
    return found


def newest(session: Session, code: str) -> Version | None:
    """The highest version of a plan, in force or not; None when it was never published."""
    wanted = select(Version).where(Version.code == code).order_by(Version.number.desc()).limit(1)
    return session.scalars(wanted).one_or_none()
