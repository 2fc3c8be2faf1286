"""A house in which everything happens once: every dispatch it tells, every journal entry it writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import escalation.records
import playbooks.records  # noqa: F401 -- the tables of every floor
from bot.views.parts import View
from escalation import call, rosters, track
from escalation.deliver import Delivered, Delivery, Outcome, Parcel, Rejected, deliver
from escalation.records import Dispatch
from incidents import assess, close, learn, picture, reader, records, report, ring, run, show
from plans import cycles, drill, gaps, register, registers, review, triggers
from plans import ring as plan_ring
from plans.records import Origin
from plans.tiers import Tier
from playbooks import content, draft, publish, remind
from playbooks.records import newest
from store import journal
from store.base import Base
from store.database import Database

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LI, WANG, ZHANG, CHEN = (PEOPLE.person(who) for who in ("li.wei", "wang.fang", "zhang.qiang", "chen.jing"))
RECEIPTS = "http://127.0.0.1:8766/receipts"


def view(lang: str = "zh", *, local: bool = False) -> View:
    """A view of the sample people."""
    return View(people=PEOPLE, lang=lang, page_url="http://127.0.0.1:8765/", local=local)


def after(minutes: float) -> datetime:
    """So many minutes later."""
    return AT + timedelta(minutes=minutes)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the house said: dispatches as (kind, facts), journal entries as (kind, body, by)."""

    dispatches: list[tuple[str, dict[str, Any]]]
    entries: list[tuple[str, dict[str, Any], str]]
    filings: list[dict[str, Any]]
    status: list[dict[str, Any]]


@cache
def told() -> Told:
    """Tell it all, once for every test."""
    house = Database("sqlite://", journal_key=b"a key for the journal of tests")
    Base.metadata.create_all(house.engine)
    with house.begin() as session:
        track.open_matter(session, show.HOUSE, exercise=False, at=AT)
        for path in sorted((ROOT / "plans" / "library").glob("*.yaml")):
            publish.start(session, content.read(path.read_text("utf-8"), path.name), by="tocsin", at=before(0))
    _plans(house)
    with house.begin() as session:
        _gaps(session)
    numbers = [_live(house, exercise=exercise) for exercise in (False, True)]
    _cancel(house)
    with house.begin() as session:
        _plans_due(session)
    return _all(house, numbers)


def _gaps(session: Session) -> None:
    """A matrix with gaps, told to their owner, and past their day to the superior."""
    registers.start(session, ROOT / "plans" / "registers", people=PEOPLE, by="tocsin", at=AT)
    gaps.begin(session, people=PEOPLE, due_of=gaps.by_cycle, at=AT)
    for due in escalation.records.deadlines(session, gaps.MATTER, gaps.KIND):
        for days in (1, 31):
            gaps.ring(session, due, after(days * 24 * 60), people=PEOPLE)


def _plans_due(session: Session) -> None:
    """One plan of which everything falls due: told ahead, on its day, too late, to the superior, and as done."""
    terms = cycles.terms(PEOPLE)
    told = {"zh": "互联预案 <!channel> & *粗*", "en": "Interconnection plan"}
    standing = register.Standing(
        code="interconnection", title=told, tier="special", organisation="group", units=(),
        scenarios=("interconnection",), references={}, owner=CHEN.id, parent=None, outline=False,
        origin=Origin.EMERGENCY, number=1, digest="c" * 64, review_every="P1Y",
    )  # fmt: skip
    plan = register.stand(session, standing, by=CHEN.id, at=AT)
    review.follow(session, plan, terms=terms, at=AT)
    drill.count(
        session, plan.code, "DRILL-2026-0009", cycles.DrillKind.TABLETOP, plan.digest, held_at=after(60),
        closed_at=after(90), by=LI.id,
    )  # fmt: skip
    triggers.found_by(session, plan.code, "INC-1", "联系人 <@U0LIWEI> 已调离", exercise=False, by=LI.id, at=AT)
    triggers.found_by(session, plan.code, "INC-1", "联系人已调离", exercise=False, by=LI.id, at=AT)
    for kind in ("plan_review", "plan_drill", "plan_revision"):
        for due in escalation.records.deadlines(session, plan.matter, kind):
            for late in (-timedelta(days=20), -timedelta(hours=9), timedelta(days=9)):
                due.rung += 1
                plan_ring.falls_due(session, due, (due.due_at or AT) + late, terms=terms)
    late = after(60 * 24 * 380)
    due = escalation.records.deadlines(session, plan.matter, "plan_review")[0]
    review.snooze(session, due, until=late + timedelta(days=5), reason="等新规", terms=terms, by=CHEN, at=late)
    for change in (True, False):
        review.review(session, plan, digest=plan.digest, change=change, finding="核对", terms=terms, by=CHEN, at=late)


def _live(house: Database, *, exercise: bool) -> str:
    with house.begin() as session:
        number = _declared(session, exercise=exercise).number
    for act in (_activated, _known, _rung, _signed, _raised, _worked, _reported, _ended):
        with house.begin() as session:
            act(session, records.incident(session, number))
        _send(house)
    return number


def _declared(session: Session, *, exercise: bool, anyway: bool = False) -> records.Incident:
    said = run.Declaration(
        title="东海段双缆阻断 <!channel> & *粗*",
        scenario="submarine_cable",
        unit="shanghai",
        occurred_at=after(-60),
        exercise=exercise,
        anyway=anyway,
    )
    return run.declare(session, said, people=PEOPLE, by=LI, at=AT)


def _activated(session: Session, of: records.Incident) -> None:
    run.activate(session, of, "III", reason="双缆阻断", people=PEOPLE, by=LI, at=after(3))
    show.duty_room(session, at=after(3))


def _known(session: Session, of: records.Incident) -> None:
    for n, users in enumerate((80_000, 977_000)):
        known = {"users_affected": users, "duration_hours": 3}
        learn.set_facts(session, of, known, as_of=after(5 + n), source="NOC", people=PEOPLE, by=ZHANG, at=after(6 + n))


def _rung(session: Session, of: records.Incident) -> None:
    for due in escalation.records.deadlines(session, of.matter, picture.CLOCK):
        for hours in (0.5, 40):
            ring.clock(session, due, after(60 * hours), people=PEOPLE)
    for due in escalation.records.deadlines(session, of.matter, "call")[:2]:
        call.ring(session, due, after(8))
        call.ring(session, due, after(9))
    for due in escalation.records.deadlines(session, of.matter, "task")[:2]:
        ring.task(session, due, after(300))


def _signed(session: Session, of: records.Incident) -> None:
    notices = records.filings(session, of)
    report.write(session, of, notices[0], {"summary": "双缆阻断"}, people=PEOPLE, by=LI, at=after(10))
    report.ask_to_sign(session, of, notices[0], WANG, people=PEOPLE, by=LI, at=after(11))
    report.send_back(session, of, notices[0], "缺少原因 <@U0LIWEI>", people=PEOPLE, by=WANG, at=after(12))
    for notice in notices:
        draft, letter = report.shown(session, notice, to=WANG)
        seen = {"version": draft.version, "digest": report.seal(draft, letter), "receipts": RECEIPTS}
        if not letter.missing_now:
            report.sign(session, of, notice, **seen, people=PEOPLE, by=WANG, at=after(13))


def _raised(session: Session, of: records.Incident) -> None:
    run.set_level(session, of, "II", event_level="I", reason="影响扩大", people=PEOPLE, by=LI, at=after(20))
    run.take_role(session, of, "noc", people=PEOPLE, by=ZHANG, at=after(21))
    run.hand_over(session, of, "commander", ZHANG, by=LI, at=after(22))
    run.hand_over(session, of, "commander", LI, by=ZHANG, at=after(23))


def _worked(session: Session, of: records.Incident) -> None:
    first, second, third = records.tasks(session, of)[:3]
    run.take_task(session, of, first.code, people=PEOPLE, by=LI, at=after(24))
    run.tick_task(session, of, first.code, evidence="工单 7", people=PEOPLE, by=LI, at=after(25))
    close.drop_task(session, of, second.code, "不适用", by=LI, at=after(26))
    run.add_task(session, of, third.role, "加开一条路由", due_at=None, by=LI, at=after(27))
    book = picture.playbook(session, of)
    answers = {question.id: "东段" for question in book.assessment}
    assess.assess(session, of, answers, people=PEOPLE, by=ZHANG, at=after(28))


def _reported(session: Session, of: records.Incident) -> None:
    for notice in records.filings(session, of):
        leaving = escalation.records.dispatch(session, notice.dispatch_key or "")
        if leaving is not None and leaving.state is escalation.records.State.REJECTED:
            report.resend(session, of, notice, by=LI, at=after(30))
        elif leaving is not None and leaving.state is escalation.records.State.WITH_PERSON:
            report.confirm_by_hand(
                session, of, notice, spoken_to="值守 12 号", spoken_at=after(29), reference="电 7", by=LI, at=after(30)
            )
        elif notice.token and leaving is not None and leaving.state is escalation.records.State.DELIVERED:
            asked = {"who": "省局值守", "question": "影响哪些区县？<!channel>", "people": PEOPLE, "at": after(31)}
            reader.ask_back(session, notice.token, **asked)
            report.acknowledge(session, notice.token, who="省局值守", receipt="HN-1", said_at=after(31), at=after(31))


def _ended(session: Session, of: records.Incident) -> None:
    people = {"people": PEOPLE, "by": LI}
    run.stand_down(session, of, {0}, note="业务恢复", **people, at=after(40))
    run.resume(session, of, **people, at=after(41))
    run.stand_down(session, of, {0, 1}, **people, at=after(42))
    book = picture.playbook(session, of)
    assess.review(session, of, {question.id: "改" for question in book.review}, by=LI, at=after(50))
    for task in records.tasks(session, of):
        close.drop_task(session, of, task.code, "结束", by=LI, at=after(51))
    show.news(session, of, "closed", {"by": LI.id}, at=after(52))
    show.news(session, of, "room_failed", {"state": "rejected", "why": "restricted_action"}, to=LI.id, at=after(52))


def before(minutes: float) -> datetime:
    """More than a year before everything else, so many minutes later."""
    return after(minutes) - timedelta(days=400)


def _plans(house: Database) -> None:
    """A plan is written, sent back, issued and filed, amended while an incident runs, moved to, and withdrawn."""
    common: dict[str, Any] = {"people": PEOPLE, "at": before(100)}
    with house.begin() as session:
        said = run.Declaration(title="核心网中断", scenario="core_network", unit="henan", occurred_at=before(98))
        number = run.declare(session, said, people=PEOPLE, by=LI, at=before(99)).number
        run.activate(session, records.incident(session, number), "III", people=PEOPLE, by=LI, at=before(99))
    with house.begin() as session:
        whole = content.read((ROOT / "plans" / "library" / "core-network-outage.yaml").read_text("utf-8"))
        top = replace(whole, code="overall-plan", tier=Tier.COMPREHENSIVE, scenario="overall", parent=None, duties=())
        publish.start(session, top, by="chen.jing", at=before(99))
        book = replace(whole, parent="overall-plan", tasks=whole.tasks[1:])
        of = draft.open(session, content=book, base=newest(session, book.code), by=CHEN, **common)
        draft.edit(session, of, replace(book, tasks=whole.tasks[2:]), revision=1, by=CHEN, **common)
        draft.comment(session, of, "请核对 <!channel>", by=LI, **common)
        draft.submit(session, of, digest=of.digest, by=CHEN, **common)
        draft.send_back(session, of, "缺少电话", by=LI, **common)
        common["at"] = before(101)  # a signature given when it was sent back, or before, counts for nothing
        draft.submit(session, of, digest=of.digest, by=CHEN, **common)
        draft.review(session, of, digest=of.digest, agrees=True, by=LI, **common)
        draft.sign(session, of, digest=of.digest, by=WANG, **common)
        two = publish.issue(session, of, digest=of.digest, by=CHEN, **common)
        publish.file(session, two, with_whom="省应急管理厅", number="2026-7", by=CHEN, **common)
        until = {"until": before(200), "reason": "电缆船改道 <!channel>"}
        late = draft.open(session, content=replace(book, source=("x",)), base=two, by=CHEN, **common)
        three = publish.amend(session, replace(book, tasks=whole.tasks[3:]), **until, by=LI, **common)
        draft.keep(session, late, three.number, by=CHEN, **common)
        draft.abandon(session, late, by=CHEN, **common)
        _effects(session, before(101))
        run.move(session, records.incident(session, number), three, people=PEOPLE, by=LI, at=before(102))
    with house.begin() as session:
        run.cancel(session, records.incident(session, number), "误报", by=LI, at=before(202))
        _effects(session, before(201))
        due = escalation.records.deadline(session, "plan:core-network-outage", "plan_filing", "v2")
        assert due is not None
        for days in (27, 60):
            remind.filing(session, due, before(60 * 24 * days), people=PEOPLE)
        due.due_at, due.facts = None, {**due.facts, "caution": {"zh": "2028 年未知。", "en": "2028 is not known."}}
        remind.filing(session, due, before(60 * 24 * 90), people=PEOPLE)
        session.expire(due)
        again = publish.roll_back(session, two, by=CHEN, **common)
        draft.abandon(session, again, "不需要", by=CHEN, **common)
        publish.withdraw(session, "core-network-outage", reason="停用", by=WANG, **common)
        later = {"effective_at": before(500)}
        last = _signed_anew(session, replace(top, code="later-plan", scenario="later"), later, **common)
        publish.recall(session, last, reason="写错了", by=WANG, **common)


def _signed_anew(session: Session, book: Any, later: dict[str, Any], **common: Any) -> Any:  # noqa: ANN401
    of = draft.open(session, content=book, by=CHEN, **common)
    draft.submit(session, of, digest=of.digest, by=CHEN, **common)
    draft.review(session, of, digest=of.digest, agrees=True, by=LI, **common)
    draft.sign(session, of, digest=of.digest, by=WANG, **common)
    return publish.issue(session, of, digest=of.digest, by=CHEN, **later, **common)


def _effects(session: Session, at: datetime) -> None:
    wanted = select(escalation.records.Deadline).where(escalation.records.Deadline.matter == "plan:core-network-outage")
    for due in session.scalars(wanted.order_by(escalation.records.Deadline.id)).all():
        if due.open and due.kind == "plan_effect":
            ring.plan_effect(session, due, at)
        elif due.open and due.kind == "plan_lapse" and due.ring_at <= at:
            ring.plan_lapse(session, due, at)


def _cancel(house: Database) -> None:
    with house.begin() as session:
        one, two = (_declared(session, exercise=False, anyway=True) for _ in range(2))
        run.merge(session, one, two, by=LI, at=after(1))
        run.cancel(session, two, "误报", by=LI, at=after(2))


class _Portal:
    """A receiver that takes the first and refuses the next, in turn."""

    delivery = Delivery.DEDUPES

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = [*outcomes]

    def send(self, parcel: Parcel) -> Outcome:
        del parcel
        self.outcomes.append(self.outcomes[0])
        return self.outcomes.pop(0)

    def ask(self, parcel: Parcel) -> None:
        del parcel


def _send(house: Database) -> None:
    from escalation.couriers.by_hand import ByHand

    outcomes = (Delivered(receipt={"receipt": "HN-2026-1182"}), Rejected(why="格式不符"))
    couriers = {"portal": _Portal(*outcomes), "mail": _Portal(*reversed(outcomes)), "by_hand": ByHand()}
    both = {False: couriers, True: couriers}
    deliver(house.begin, house.begin, both, list(couriers), worker="test", clock=lambda: after(14))
    for kind, act in (("notice_settled", ring.notice_settled), ("unread", ring.unread)):
        _ring(house, {kind: partial(act, people=PEOPLE)})


def _ring(house: Database, rings: Mapping[str, Any]) -> None:
    with house.begin() as session:
        wanted = select(escalation.records.Deadline).where(escalation.records.Deadline.kind.in_(rings))
        for due in session.scalars(wanted):
            if due.open:
                rings[due.kind](session, due, after(15))


def _all(house: Database, numbers: list[str]) -> Told:
    with house.begin() as session:
        rows = session.scalars(select(Dispatch).order_by(Dispatch.id)).all()
        entries = session.scalars(select(journal.Entry).order_by(journal.Entry.seq)).all()
        found = [records.incident(session, number, lock=False) for number in numbers]
        return Told(
            dispatches=[(row.kind, row.facts) for row in rows],
            entries=[(entry.kind, entry.body, entry.by) for entry in entries],
            filings=[picture.filing(session, of, notice) for of in found for notice in records.filings(session, of)],
            status=[picture.status(session, of, at=after(60)) for of in found],
        )


def cards() -> Iterator[tuple[str, dict[str, Any]]]:
    """What is told in chat: every dispatch that has a card."""
    from bot.views.cards import CARDS

    return ((kind, facts) for kind, facts in told().dispatches if kind in CARDS)
