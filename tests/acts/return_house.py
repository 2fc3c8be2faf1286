"""A house that owes periodic returns: its clock is moved by days, and every press is one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import select

import app
from escalation.deliver import Courier, Delivered, deliver
from escalation.records import Deadline, Dispatch
from escalation.rosters import Person
from escalation.sweep import Ring, sweep
from incidents import learn, records, returns, run
from incidents.records import Return
from incidents.run import Declaration
from playbooks import publish
from store import journal
from store.database import Database
from tests.acts.incident_house import LI, NAMES, PEOPLE, RECEIPTS, WANG, ZHANG, Scene, Wire, library

CN = timezone(timedelta(hours=8))
WU = PEOPLE.person("wu.gang")  # safety: drafts the returns
ALL: Mapping[str, Ring] = app.rings(PEOPLE)  # the house's own table: plans fall due meanwhile too


def cn(month: int, day: int, hour: int = 0, minute: int = 0, *, year: int = 2026) -> datetime:
    """An instant by Beijing's clocks."""
    return datetime(year, month, day, hour, minute, tzinfo=CN)


class Office(Scene):
    """The house, seen by those who return to the authority."""

    def __init__(self, database: Database, at: datetime) -> None:
        """Furnish it, and let it watch for what falls due."""
        super().__init__(database, at)
        with database.begin() as session:
            publish.start(session, library("construction-accident"), by="chen.jing", at=at)
            returns.begin(session, at=at)

    # --- time passes ---

    def come(self, at: datetime) -> None:
        """It is `at`: what is due rings, what waits is carried, what that settled rings."""
        self.ring(at)
        self.carried(at)
        self.ring(at)

    def ring(self, at: datetime) -> None:
        """What is due rings."""
        sweep(self.database.begin, self.database.read, ALL, at=at)

    def carried(self, at: datetime) -> None:
        """What waits is carried."""
        real: dict[str, Courier] = dict(self.wires)
        shelf = {**real, "portal": self.shelf, "mail": self.shelf, "staff_mail": self.shelf}
        begin, look = self.database.begin, self.database.read
        deliver(begin, look, {False: real, True: shelf}, NAMES, worker="w", clock=lambda: at)

    def through(self, start: datetime, end: datetime) -> None:
        """Day by day, at nine in the morning and at midnight."""
        at = start
        while at <= end:
            self.come(at)
            at += timedelta(hours=9) if at.astimezone(CN).hour == 0 else timedelta(hours=15)

    # --- what happens meanwhile ---

    def accident(
        self,
        at: datetime,
        *,
        exercise: bool = False,
        unit: str = "henan",
        scenario: str = "construction_accident",
        facts: Mapping[str, Any] | None = None,
    ) -> str:
        """An accident is declared, and some of it is known."""
        told = Declaration(
            title="管道施工坍塌", scenario=scenario, unit=unit, occurred_at=at, exercise=exercise, anyway=True
        )
        with self.database.begin() as session:
            of = run.declare(session, told, people=PEOPLE, by=LI, at=at)
            if facts:
                learn.set_facts(session, of, facts, as_of=at, source="NOC", people=PEOPLE, by=ZHANG, at=at)
            return of.number

    # --- the returns ---

    def one(
        self, unit: str = "group", period: str = "2026-11", seq: int = 1, regime: str = "cn.miit.monthly"
    ) -> Return:
        """A return's row."""
        with self.database.read() as session:
            return records.periodic_of(session, regime, unit, period)[seq - 1]

    def returns(self) -> list[Return]:
        """Every return, the oldest first."""
        found: list[Return] = self.rows(Return)
        return found

    def told(self, of: Return) -> dict[str, Any]:
        """What its newest draft tells."""
        with self.database.read() as session:
            draft = records.return_draft(session, of)
            assert draft is not None
            return {**draft.facts, "drafter_id": draft.drafter, "version": draft.version}

    def text(self, of: Return) -> str:
        """Its newest draft as a letter."""
        with self.database.read() as session:
            return returns.shown(session, of, to=None)[1].text

    def act(self, act: Any, of: Return, *args: Any, at: datetime, by: Person, **more: Any) -> Any:  # noqa: ANN401
        """Press about a return."""
        with self.database.begin() as session:
            inside = records.periodic(session, of.id)
            return act(session, inside, *args, people=PEOPLE, by=by, at=at, **more)

    def signs(self, of: Return, at: datetime, *, by: Person = WANG) -> Dispatch:
        """Read and sign at once."""
        with self.database.read() as session:
            draft, letter = returns.shown(session, of, to=by)
            seen = {"version": draft.version, "digest": letter.digest, "receipts": RECEIPTS}
        signed: Dispatch = self.act(returns.sign, of, at=at, by=by, **seen)
        return signed

    def letters(self) -> list[Any]:
        """What was carried to authorities by portal and mail."""
        return [parcel for name in ("portal", "mail") for parcel in self.wires[name].carried]

    def clock(self, of: Return) -> Deadline:
        """Its deadline."""
        with self.database.read() as session:
            return session.get_one(Deadline, of.deadline_id)

    def straight(self, what: str) -> list[tuple[str, str]]:
        """Who was told `what` straight, about which return."""
        with self.database.read() as session:
            rows = session.scalars(select(Dispatch).where(Dispatch.kind == "return_news").order_by(Dispatch.id)).all()
        return [(row.facts["number"], row.facts["to"]) for row in rows if row.facts["what"] == what]

    def notes(self, of: Return) -> list[str]:
        """The kinds of its journal entries."""
        with self.database.read() as session:
            return [entry.kind for entry in journal.entries(session, of.matter)]


__all__ = ["CN", "LI", "PEOPLE", "RECEIPTS", "WANG", "WU", "ZHANG", "Delivered", "Office", "Wire", "cn"]
