"""Presses already taken: a redelivery finds its key here and repeats nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.base import Base


class Taken(Base):
    """One press that was taken, by the key its sender gave it."""

    __tablename__ = "press"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    at: Mapped[datetime]


def first(session: Session, key: str, *, at: datetime) -> bool:
    """Whether this press comes for the first time; if so it is taken with this transaction.

    Two deliveries at the same instant: the second one's insert fails its transaction, and with it its act.
    """
    if session.get(Taken, key) is not None:
        return False
    session.add(Taken(key=key, at=at))
    session.flush()
    return True
