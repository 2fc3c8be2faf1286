"""A house with one small plan, and hands that press: each press is one transaction, each look reads what stands."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

import app
import playbooks.records  # noqa: F401 -- the tables of every floor
from escalation import rosters, track
from escalation.deliver import Courier, Delivered, Delivery, Outcome, Parcel, WithPerson, deliver
from escalation.records import Deadline, Dispatch, deadlines
from escalation.sweep import Ring, sweep
from escalation.words import Words
from incidents import learn, records, report, run, show
from incidents.records import Filing, Incident
from incidents.run import Declaration
from plans.tiers import Tier
from playbooks import content, draft, publish
from playbooks.records import Version, newest, version
from playbooks.shape import Playbook
from store import journal
from store.database import Database

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
LI, WANG, ZHANG, HE, GAO, CHEN = (
    PEOPLE.person(who) for who in ("li.wei", "wang.fang", "zhang.qiang", "he.lin", "gao.yuan", "chen.jing")
)
RECEIPTS = "http://127.0.0.1:8766/receipts"
ROLES = {"commander", "noc", "core", "wireless", "liaison"}
TASKS = {"T01", "T02", "T03", "T04", "T11", "T16", "T18", "T20", "T24"}
NAMES = ("slack", "paper", "portal", "mail", "staff_mail", "by_hand")
LEVEL_I = {"users_affected": 977_000, "duration_hours": 3}
RINGS: Mapping[str, Ring] = app.rings(PEOPLE)


@cache
def library(name: str) -> Playbook:
    """A starter plan, read once for the whole run."""
    return content.read((ROOT / "plans" / "library" / f"{name}.yaml").read_text("utf-8"), name)


@cache
def small() -> Playbook:
    """The core network plan with few roles and tasks; its duties, ladder and facts are whole."""
    whole = library("core-network-outage")
    roles = tuple(role for role in whole.roles if role.id in ROLES)
    return replace(whole, roles=roles, tasks=tuple(task for task in whole.tasks if task.id in TASKS))


OVERALL = "overall-plan"


@cache
def overall() -> Playbook:
    """The comprehensive plan that every other stands under; it owes nothing itself."""
    title = Words(zh="综合应急预案", en="The overall plan")
    return replace(
        small(),
        code=OVERALL,
        title=title,
        tier=Tier.COMPREHENSIVE,
        scenario=OVERALL.replace("-", "_"),
        parent=None,
        duties=(),
    )


class Wire:
    """A courier that says what it is told to say, and keeps what it carried."""

    def __init__(self, outcome: Outcome, delivery: Delivery = Delivery.DEDUPES) -> None:
        """Nothing was carried yet."""
        self.outcome, self.delivery = outcome, delivery
        self.carried: list[Parcel] = []

    def send(self, parcel: Parcel) -> Outcome:
        """Keep it."""
        self.carried.append(parcel)
        return self.outcome

    def ask(self, parcel: Parcel) -> Outcome | None:  # noqa: ARG002 -- a courier's signature
        """Nobody knows."""
        return None


class Scene:
    """One house, seen from outside."""

    def __init__(self, database: Database, at: datetime, *, people: rosters.People = PEOPLE) -> None:
        """Furnish it: the duty room and the small plan."""
        self.database, self.start, self.people = database, at, people
        with database.begin() as session:
            track.open_matter(session, show.HOUSE, exercise=False, at=at)
            publish.start(session, small(), by="chen.jing", at=at)
        self.wires: dict[str, Wire] = {
            name: Wire(Delivered(receipt={"receipt": "R"}, ref={"ts": "1"})) for name in NAMES
        }
        self.wires["by_hand"].outcome = WithPerson()
        self.shelf = Wire(Delivered(receipt={"receipt": "EXERCISE-1"}))

    def after(self, minutes: float) -> datetime:
        """So many minutes after the start."""
        return self.start + timedelta(minutes=minutes)

    def issue(
        self, book: Playbook, *, minute: float, base: Version | None = None, effective: float | None = None
    ) -> Version:
        """Write, review, sign and issue `book`, under the overall plan: its next version."""
        at = self.after(minute)
        with self.database.begin() as session:
            if book.tier is not Tier.COMPREHENSIVE:
                publish.start(session, overall(), by="chen.jing", at=at)
                book = replace(book, parent=OVERALL)
            common: dict[str, Any] = {"people": self.people, "at": at}
            base = base or newest(session, book.code)
            of = draft.open(session, content=book, base=base, by=CHEN, **common)
            draft.submit(session, of, digest=of.digest, by=CHEN, **common)
            # Who amended it in an emergency has a hand in it already.
            draft.review(session, of, digest=of.digest, agrees=True, by=HE if LI.id in of.editors else LI, **common)
            draft.sign(session, of, digest=of.digest, by=WANG, **common)
            effective_at = None if effective is None else self.after(effective)
            return publish.issue(session, of, digest=of.digest, effective_at=effective_at, by=CHEN, **common)

    def version(self, number: str) -> Version:
        """The version an incident runs on."""
        with self.database.read() as session:
            return version(session, records.incident(session, number, lock=False).version_id)

    # --- presses ---

    def declare(self, minute: float = 0, *, by: rosters.Person = LI, ago: float = 0, **said: Any) -> str:  # noqa: ANN401
        """Declare an outage that began `ago` minutes before; its number."""
        told = {"title": "核心网中断", "scenario": "core_network", "unit": "henan"} | said
        at = self.after(minute)
        declaration = Declaration(occurred_at=at - timedelta(minutes=ago), **told)
        with self.database.begin() as session:
            return run.declare(session, declaration, people=self.people, by=by, at=at).number

    def do(
        self,
        act: Callable[..., Any],
        number: str,
        *args: Any,  # noqa: ANN401
        minute: float,
        by: rosters.Person = LI,
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Press: one transaction at `minute`."""
        if "people" in inspect.signature(act).parameters:
            more["people"] = self.people
        with self.database.begin() as session:
            return act(session, records.incident(session, number), *args, by=by, at=self.after(minute), **more)

    def active(self, level: str = "II", event_level: str | None = "I", *, ago: float = 0, **said: Any) -> str:  # noqa: ANN401
        """An incident declared at minute 0 and activated at minute 1."""
        number = self.declare(ago=ago, **said)
        self.do(run.activate, number, level, event_level=event_level, minute=1)
        return number

    def facts(self, number: str, values: Mapping[str, Any], *, minute: float, by: rosters.Person = ZHANG) -> list[str]:
        """Learn something."""
        more = {"as_of": self.after(minute), "source": "NOC"}
        found: list[str] = self.do(learn.set_facts, number, values, minute=minute, by=by, **more)
        return found

    def read(
        self,
        number: str,
        duty: str,
        seq: int = 1,
        *,
        by: rosters.Person = WANG,
        instead_of: rosters.Person | None = None,
    ) -> tuple[int, str]:
        """What a reader has before them: the draft's version and digest."""
        with self.database.read() as session:
            of = records.incident(session, number, lock=False)
            notice = records.filing_of(session, of, duty, seq)
            assert notice is not None
            draft, rendered = report.shown(session, notice, to=by, instead_of=instead_of)
            return draft.version, report.seal(draft, rendered)

    def on(self, act: Callable[..., Any], number: str, duty: str, *args: Any, seq: int = 1, **more: Any) -> Any:  # noqa: ANN401
        """Press about a notice."""

        def press(session: Any, of: Incident, **rest: Any) -> Any:  # noqa: ANN401
            notice = records.filing_of(session, of, duty, seq)
            if "people" not in inspect.signature(act).parameters:
                rest.pop("people")
            return act(session, of, notice, *args, **rest)

        return self.do(press, number, people=self.people, **more)

    def sign(
        self,
        number: str,
        duty: str,
        seq: int = 1,
        *,
        minute: float,
        by: rosters.Person = WANG,
        instead_of: rosters.Person | None = None,
    ) -> Dispatch:
        """Read and sign at once."""
        version, digest = self.read(number, duty, seq, by=by, instead_of=instead_of)
        more = {"version": version, "digest": digest, "receipts": RECEIPTS}
        signed: Dispatch = self.on(report.sign, number, duty, seq=seq, minute=minute, by=by, **more)
        return signed

    # --- what goes on by itself ---

    def deliver(self, minute: float, *names: str) -> None:
        """Carry what waits, real things outside and drills to the shelf."""
        real: dict[str, Courier] = dict(self.wires)
        table = {False: real, True: {**real, "portal": self.shelf, "mail": self.shelf, "staff_mail": self.shelf}}
        begin, look = self.database.begin, self.database.read
        deliver(begin, look, table, names or NAMES, worker="w", clock=lambda: self.after(minute))

    def sweep(self, minute: float) -> int:
        """Ring what is due."""
        return sweep(self.database.begin, self.database.read, RINGS, at=self.after(minute))

    def carry(self, minute: float, *names: str) -> None:
        """Deliver, and ring what that settled."""
        self.deliver(minute, *names)
        self.sweep(minute)

    # --- what stands ---

    def incident(self, number: str) -> Incident:
        """The incident's row."""
        with self.database.read() as session:
            return records.incident(session, number, lock=False)

    def due(self, number: str, kind: str) -> dict[str, Deadline]:
        """Its deadlines of a kind, by name and sequence (`D3.2`; the first without)."""
        with self.database.read() as session:
            found = deadlines(session, records.incident(session, number, lock=False).matter, kind)
        return {each.name + (f".{each.seq}" if each.seq > 1 else ""): each for each in found}

    def filings(self, number: str) -> dict[str, Filing]:
        """Its notices, by duty and sequence."""
        with self.database.read() as session:
            found = records.filings(session, records.incident(session, number, lock=False))
        return {each.duty + (f".{each.seq}" if each.seq > 1 else ""): each for each in found}

    def dispatches(self, number: str, *kinds: str) -> list[Dispatch]:
        """Its dispatches in the order they were told; of some kinds only, when these are named."""
        with self.database.read() as session:
            of = records.incident(session, number, lock=False)
            rows = session.scalars(select(Dispatch).where(Dispatch.matter == of.matter).order_by(Dispatch.id)).all()
        return [row for row in rows if not kinds or row.kind in kinds]

    def entries(self, number: str, *kinds: str) -> list[journal.Entry]:
        """Its journal."""
        with self.database.read() as session:
            found = journal.entries(session, records.incident(session, number, lock=False).matter)
        return [entry for entry in found if not kinds or entry.kind in kinds]

    def rows(self, entity: type[Any]) -> list[Any]:
        """Every row of a table."""
        with self.database.read() as session:
            return list(session.scalars(select(entity).order_by(entity.id)))
