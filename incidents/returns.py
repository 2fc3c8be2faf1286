"""Return to the authority every month and every year: open, draft, remind, sign what was read, send, prove, correct."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import (
    BadValue,
    FieldsMissing,
    NoSuchDuty,
    NotPermitted,
    ReturnNotDrafted,
    ReturnNotFiled,
    SignerIsDrafter,
    StaleDraft,
)
from escalation import addresses, deliver, returns, track
from escalation.notices import Notice
from escalation.records import Deadline, Dispatch, Matter, Standing, State, dispatch
from escalation.rosters import DUTY_MANAGER, Authority, People, Person
from escalation.tell import tell
from escalation.words import Words
from incidents import gather, periods, permits, picture, records, send, show, tally
from incidents.deputies import Right
from incidents.periods import Every, Period, Rule
from incidents.permits import Act
from incidents.records import Return, ReturnDraft
from store import journal

KIND = "return"
OPENING = "return_opening"
SETTLED = "return_settled"
MATTER = "returns"  # what watches for the next one
HOUSE = "tocsin"
HELD = timedelta(milliseconds=200)
UNIT_MOST = 40  # characters of a unit in a matter's name
#: What a person may type: words, and figures that the house keeps no record of.
WORDS = ("summary", "works", "problems", "next", "note")
TYPED = (*WORDS, *tally.HAZARDS, "hazards_source")

_TYPED = {
    **{name: tally.TITLES[name] for name in tally.HAZARDS},
    "hazards_source": Words(zh="隐患数据来源", en="source of the hazard figures"),
    "summary": gather.SUMMARY,
}


# --- opening ---------------------------------------------------------------------------------------------------------


def begin(session: Session, *, at: datetime) -> None:
    """Watch for what falls due; called at each start, since the people file may name further offices by then."""
    if session.get(Matter, MATTER) is None:
        track.open_matter(session, MATTER, exercise=False, at=at)
    due = track.start(session, MATTER, OPENING, MATTER, started_at=at, ring_at=at)
    due.ring_at = at


def opening(session: Session, due: Deadline, at: datetime, *, people: People) -> datetime | None:
    """Open every return whose time has come, however late; rings again when the next one is to be opened.

    What was due before the house began to watch is not opened: nobody here knows whether it was filed.
    """
    tz = people.organisation.tz
    for rule in periods.rules().values():
        for period in rule.owed(tz, since=due.started_at or at, at=at):
            for unit in rule.units(people):
                if not records.periodic_of(session, rule.regime, unit, period.name):
                    _open(session, rule, period, unit, people=people, at=at)
    return min(rule.next_opening(at, tz) for rule in periods.rules().values())


def _open(session: Session, rule: Rule, period: Period, unit: str, *, people: People, at: datetime) -> Return:
    matter = f"return:{rule.regime}:{_short(unit)}:{period.name}"
    track.open_matter(session, matter, exercise=False, at=at)
    due_at = rule.due_at(period, people.organisation.tz)
    due = track.start(
        session, matter, KIND, rule.kind, anchor="month_end", started_at=at, due_at=due_at, ring_at=at,
        facts=_clock(rule, period, unit, people),
    )  # fmt: skip
    of = Return(
        regime=rule.regime, unit=unit, period=period.name, seq=1, matter=matter, deadline_id=due.id, page=_page()
    )
    session.add(of)
    session.flush()
    told = {"title": title(of), "due": due_at.isoformat(), "confidence": rule.due_by(period).confidence}
    journal.write(session, matter, "return_opened", told, by=HOUSE, at=at)
    return of


def _page() -> str:
    return secrets.token_urlsafe(24)


def _short(unit: str) -> str:
    return unit if len(unit) <= UNIT_MOST else f"{unit[:30]}~{hashlib.sha256(unit.encode()).hexdigest()[:8]}"


def _clock(rule: Rule, period: Period, unit: str, people: People) -> dict[str, Any]:
    office, day = people.authority(rule.addressee, unit), rule.due_by(period)
    return {
        "regime": rule.regime,
        "kind": rule.kind,
        "title": _title(rule, period),
        "recipient": picture.both(office.title if office else rule.addressee.words),
        "courier": _courier(office),
        "phone": office.phone if office else None,
        "confidence": day.confidence,
        "source": day.source,
        "internal": False,
        "immediate": False,
    }


def _courier(office: Authority | None) -> str:
    if office is not None and office.portal:
        return "portal"
    return "mail" if office is not None and office.mail else "by_hand"


def _title(rule: Rule, period: Period) -> dict[str, str]:
    return {name: f"{rule.title.said(name)} · {period.words.said(name)}" for name in ("zh", "en")}


def title(of: Return) -> dict[str, str]:
    """What a return is called, in both languages."""
    return _title(periods.rule(of.regime), periods.named(of.period))


# --- falling due -----------------------------------------------------------------------------------------------------


def ring(session: Session, due: Deadline, at: datetime, *, people: People) -> datetime | None:
    """Draft it when its time has come; remind ahead, on the day, and every morning until the authority has it."""
    wanted = select(Return).where(Return.deadline_id == due.id).with_for_update(skip_locked=True)
    of = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if of is None:
        return at + HELD  # somebody is at work on it: rung again in a moment, never waited for
    rule, period, tz = periods.rule(of.regime), periods.named(of.period), people.organisation.tz
    if not of.draft and (of.corrects or at >= rule.drafted_at(period, tz)):
        redraft(session, of, people=people, at=at)
    reminders = rule.reminders(period, tz) if of.corrects is None else ()
    if _reminded(due, reminders, at):
        what = "late" if due.due_at is not None and at > due.due_at else "due"
        _news(session, of, what, _concerned(session, of, people), people=people, at=at)
        told = {"title": title(of), "late": what == "late"}
        journal.write(session, of.matter, "return_reminded", told, by=HOUSE, at=at)
        card(session, of, people=people, at=at)
    due.facts = {**due.facts, "rung_at": at.isoformat()}
    return periods.next_morning(at, tz) if of.corrects else rule.next_ring(period, at, tz)


def _reminded(due: Deadline, reminders: Iterable[datetime], at: datetime) -> bool:
    said = due.facts.get("rung_at")
    last = datetime.fromisoformat(said) if said else None
    if due.due_at is None or at > due.due_at:
        return last is not None or due.due_at is not None  # a correction was told of when it was begun
    return any(instant <= at and (last is None or instant > last) for instant in reminders)


def _concerned(session: Session, of: Return, people: People) -> list[str]:
    """Who is reminded: who drafts it and, once there is a draft, who was asked to sign or may."""
    rule, draft = periods.rule(of.regime), records.return_draft(session, of)
    drafter = draft.drafter if draft else gather.drafter(rule, of, people)
    signers = [of.asked] if of.asked else [each.id for each in people.holders(rule.signs, of.unit)]
    whom = [drafter, *(signers if of.draft else ())]
    return [who for who in dict.fromkeys(whom) if who in people.people]


# --- drafting --------------------------------------------------------------------------------------------------------


def redraft(session: Session, of: Return, *, people: People, by: str | None = None, at: datetime) -> ReturnDraft:
    """The newest draft, written anew if anything it tells has changed since; typed words and figures are kept."""
    before = records.return_draft(session, of)
    if before is None:
        _require_time(of, people, at)
    written = _written(session, of, before)
    told = gather.content(session, of, written, people=people, at=at)
    if before is not None and gather.same(before.facts, told):
        return before
    drafter = by or (before.drafter if before else gather.drafter(periods.rule(of.regime), of, people)) or HOUSE
    return _store(session, of, told, written, drafter=drafter, people=people, at=at)


def _require_time(of: Return, people: People, at: datetime) -> None:
    drafted_at = periods.rule(of.regime).drafted_at(periods.named(of.period), people.organisation.tz)
    if at < drafted_at:
        raise ReturnNotDrafted(title=Words(**title(of)), when=people.clock(drafted_at))


def _written(session: Session, of: Return, before: ReturnDraft | None) -> dict[str, str]:
    if before is None and of.corrects is not None:
        first = records.periodic(session, of.corrects, lock=False)
        before = records.return_draft(session, first, first.signed_draft)
    return dict(before.written) if before else dict.fromkeys(TYPED, "")


def write(
    session: Session, of: Return, written: Mapping[str, str], *, people: People, by: Person, at: datetime
) -> ReturnDraft:
    """Write a person's words and figures into a draft: they are its drafter now, and may not sign it."""
    _may_draft(of, by)
    _at_hand(session, of, people)
    _require_time(of, people, at)
    kept = {name: str(written.get(name) or "").strip() for name in TYPED}
    for _, bad in faults(kept):
        raise bad
    told = gather.content(session, of, kept, people=people, at=at)
    revised = of.sent_back is not None
    draft = _store(session, of, told, kept, drafter=by.id, people=people, at=at)
    if revised and of.asked and of.asked != by.id:
        _news(session, of, "asked", [of.asked], people=people, at=at, by=by.id)
    return draft


def faults(written: Mapping[str, str]) -> Iterator[tuple[str, BadValue]]:
    """What is wrong with what was typed, by field: a figure that is none, figures without their source."""
    typed = {name: written.get(name, "").strip() for name in (*tally.HAZARDS, "hazards_source")}
    whole = Words(zh="应为不小于0的整数。", en="must be a whole number, 0 or more.")
    for name in tally.HAZARDS:
        if typed[name] and not (typed[name].isascii() and typed[name].isdecimal()):
            yield name, BadValue(field=_TYPED[name], expected=whole)
    if any(typed[name] for name in tally.HAZARDS) and not typed["hazards_source"]:
        wanted = Words(zh="填了数字就要写明来源。", en="must say where the figures come from.")
        yield "hazards_source", BadValue(field=_TYPED["hazards_source"], expected=wanted)


def _store(
    session: Session, of: Return, told: dict[str, Any], written: dict[str, str], *, drafter: str, people: People,
    at: datetime,
) -> ReturnDraft:  # fmt: skip
    told["drafter"] = people.name(drafter)
    rendered = returns.render(told)
    of.draft += 1
    of.sent_back = None
    draft = ReturnDraft(return_id=of.id, version=of.draft, facts=told, written=written, drafter=drafter, at=at)
    session.add(draft)
    session.flush()
    body = {"title": title(of), "draft": draft.version, "digest": rendered.digest, "nil": told["nil"]}
    journal.write(session, of.matter, "drafted", body, by=drafter, at=at)
    card(session, of, people=people, at=at)
    return draft


def hands(session: Session, of: Return) -> frozenset[str]:
    """Whose hand is in it: everybody who drafted any version; a later one does not wash a hand clean."""
    return frozenset(session.scalars(select(ReturnDraft.drafter).where(ReturnDraft.return_id == of.id)))


# --- reading and signing ---------------------------------------------------------------------------------------------


def shown(session: Session, of: Return, *, to: Person | None, lang: str | None = None) -> tuple[ReturnDraft, Notice]:
    """The newest draft exactly as it would leave under `to`'s name; with `lang` its reading aid in that language."""
    draft = records.return_draft(session, of)
    if draft is None:
        raise StaleDraft(moved=Words(zh="还没有草稿", en="there is no draft yet"))
    return draft, returns.render({**draft.facts, "signer": to.name if to else None}, lang=lang)


def ask_to_sign(session: Session, of: Return, whom: Person, *, people: People, by: Person, at: datetime) -> None:
    """Ask a person to read and sign; they are told straight."""
    _may_draft(of, by)
    _at_hand(session, of, people)
    of.asked = whom.id
    journal.write(session, of.matter, "asked_to_sign", {"title": title(of), "whom": whom.id}, by=by.id, at=at)
    _news(session, of, "asked", [whom.id], people=people, at=at, by=by.id)
    card(session, of, people=people, at=at)


def send_back(session: Session, of: Return, why: str, *, people: People, by: Person, at: datetime) -> None:
    """Refuse to sign, with the reason: the drafter is told."""
    by.require(of.unit, periods.rule(of.regime).signs)
    _at_hand(session, of, people)
    of.sent_back, of.asked = why, by.id  # who sent it back reads the next draft
    journal.write(session, of.matter, "sent_back", {"title": title(of), "why": why}, by=by.id, at=at)
    draft = records.return_draft(session, of)
    if draft is not None and draft.drafter in people.people:
        _news(session, of, "sent_back", [draft.drafter], people=people, at=at, by=by.id)
    card(session, of, people=people, at=at)


def sign(
    session: Session, of: Return, *, version: int, digest: str, receipts: str, people: People, by: Person, at: datetime
) -> Dispatch:
    """Freeze what was read under the signer's name and send it; what was shown is what is sent.

    Refuses `StaleDraft` when the draft or anything it tells moved since it was read, `SignerIsDrafter` whose hand is
    in it: no return is so urgent that one person may send it alone.
    """
    _at_hand(session, of, people)
    may_sign(session, of, by=by)
    draft, rendered = shown(session, of, to=by)
    _still(session, of, draft, (version, digest), rendered, people=people, at=at)
    if periods.rule(of.regime).every is Every.YEAR and not draft.written.get("summary"):
        raise FieldsMissing(fields=_TYPED["summary"])
    office = people.authority(periods.rule(of.regime).addressee, of.unit)
    if office is not None:
        way = _courier(office)
        addresses.require_confirmed(session, office.id, way, getattr(office, way, None))
    send.freeze(of, draft.version, rendered, by=by, right=Right(alone=False), at=at)
    leaving = _send(session, of, rendered, receipts=receipts, people=people, at=at)
    body = {"title": title(of), "seq": of.seq, "digest": of.digest, "alone": False, "nil": draft.facts["nil"]}
    journal.write(session, of.matter, "signed", body, by=by.id, at=at)
    card(session, of, people=people, at=at)
    return leaving


def may_sign(session: Session, of: Return, *, by: Person) -> None:
    """Refuse who may not sign it."""
    by.require(of.unit, periods.rule(of.regime).signs)
    if by.id in hands(session, of):
        nobody = Words(zh="月报和年度总结不能单独签发", en="nobody signs a periodic return alone")
        raise SignerIsDrafter(drafter=by.name, alone=nobody)


def _still(
    session: Session,
    of: Return,
    draft: ReturnDraft,
    read: tuple[int, str],
    rendered: Notice,
    *,
    people: People,
    at: datetime,
) -> None:
    """Refuse if the newest draft is not the one that was read, or the records moved under it."""
    now = gather.content(session, of, draft.written, people=people, at=at)
    if (draft.version, rendered.digest) == read and gather.same(draft.facts, now):
        return
    before = records.return_draft(session, of, read[0])
    raise StaleDraft(moved=moved(before.facts if before else {}, now))


def moved(before: Mapping[str, Any], now: Mapping[str, Any]) -> Words:
    """What changed between what was read and what stands."""
    was = before.get("now", {})
    changed = [words for name, words in tally.TITLES.items() if was.get(name) != now["now"].get(name)]
    if before.get("written") != now["written"]:
        changed.append(Words(zh="填写的内容", en="what was typed"))
    if before.get("last_at") != now["last_at"]:
        changed.append(Words(zh="统计截止日", en="the last day that is counted"))
    changed = changed or [Words(zh="所列事件", en="the incidents listed")]
    return Words(zh="、".join(each.zh for each in changed), en=", ".join(each.en for each in changed))


def _send(session: Session, of: Return, rendered: Notice, *, receipts: str, people: People, at: datetime) -> Dispatch:
    rule = periods.rule(of.regime)
    office = people.authority(rule.addressee, of.unit)
    head = {
        "reference": of.number,
        "incident": of.number.removesuffix(f"-{of.seq}") if of.seq > 1 else of.number,
        "kind": rule.kind,
        "seq": of.seq,
        "sender": people.organisation.title.said(rendered.lang),
        "addressee": (office.title if office else rule.addressee.words).said(rendered.lang),
        **_corrects(session, of),
    }
    told = send.envelope(rendered, head, office, rule.addressee.value, f"{receipts}/{of.token}")
    of.dispatch_key = f"{of.matter}:{of.seq}"
    return tell(
        session, of.matter, "notice", {"return": of.id, **told}, key=of.dispatch_key, courier=_courier(office),
        then=SETTLED, meets=session.get_one(Deadline, of.deadline_id), at=at,
    )  # fmt: skip


def _corrects(session: Session, of: Return) -> dict[str, Any]:
    if of.corrects is None:
        return {}
    first = records.periodic(session, of.corrects, lock=False)
    return {"corrects": {"reference": first.number, "digest": first.digest}}


def _at_hand(session: Session, of: Return, people: People) -> None:
    """Refuse unless it is still to be signed."""
    session.refresh(of, with_for_update=True)
    send.require_unsigned(of, people)
    if session.get_one(Deadline, of.deadline_id).state is not Standing.RUNNING:
        raise NoSuchDuty(duty=Words(**title(of)))


def may_draft(of: Return, by: Person) -> bool:
    """Whether `by` may write it: who holds the post that drafts it, or may draft any notice."""
    return by.has(periods.rule(of.regime).drafts, of.unit) or permits.may(Act.DRAFT, by, of.unit)


def _may_draft(of: Return, by: Person) -> None:
    if not may_draft(of, by):
        raise NotPermitted(role=periods.rule(of.regime).drafts)


# --- after the sending -----------------------------------------------------------------------------------------------


def settled(session: Session, due: Deadline, at: datetime, *, people: People) -> datetime | None:
    """It was delivered, failed, or hangs between: who drafted and who signed are told, and what to do next."""
    leaving = dispatch(session, due.facts["key"])
    wanted = select(Return).where(Return.deadline_id == leaving.deadline_id) if leaving else None
    of = session.scalars(wanted.with_for_update(skip_locked=True)).one_or_none() if wanted is not None else None
    if of is None:
        return at + HELD  # somebody is at work on it
    track.meet(due, at=at)
    draft = records.return_draft(session, of)
    whom = [draft.drafter if draft else None, of.signed_by]
    if leaving is not None and leaving.state in (State.REJECTED, State.UNCERTAIN) and leaving.key == of.dispatch_key:
        whom += [each.id for each in people.holders(DUTY_MANAGER, of.unit)]
        _news(session, of, "failed", whom, people=people, at=at)
    elif leaving is not None and leaving.state is State.DELIVERED:
        _news(session, of, "delivered", whom, people=people, at=at)
    card(session, of, people=people, at=at)
    return None


def confirm_by_hand(
    session: Session,
    of: Return,
    *,
    spoken_to: str,
    spoken_at: datetime,
    reference: str,
    people: People,
    by: Person,
    at: datetime,
) -> None:
    """A person says to whom they handed or told it and when: that is the receipt, and it meets the day."""
    permits.require(Act.CONFIRM_BY_HAND, by, of.unit)
    receipt = send.receipt(spoken_to, spoken_at, reference)
    leaving = dispatch(session, of.dispatch_key or "")
    if leaving is None:
        raise StaleDraft(moved=Words(zh="尚未签发", en="it is not signed yet"))
    if leaving.state is not State.DELIVERED:
        deliver.confirm(session, leaving, receipt, by=by.id, at=at)
        card(session, of, people=people, at=at)


def resend(session: Session, of: Return, *, people: People, by: Person, at: datetime) -> Dispatch | None:
    """Send an uncertain or refused return again, marked as a repeat: a second person decides it, never the machine."""
    permits.require(Act.SETTLE_UNCERTAIN, by, of.unit)
    session.refresh(of, with_for_update=True)
    leaving = send.stranded(session, of)
    if leaving is None:
        return None
    sending = Words(zh="再次报送", en="Sending a return again")
    permits.require_another(by, of.signed_by, sending, Words(zh="签发了它", en="signed it"))
    of.dispatch_key, told = send.repeat(session, leaving)
    journal.write(session, of.matter, "resent", {"title": title(of), "key": of.dispatch_key}, by=by.id, at=at)
    again = tell(
        session, of.matter, "notice", told, key=of.dispatch_key, courier=leaving.courier, then=SETTLED,
        meets=session.get_one(Deadline, of.deadline_id), at=at,
    )  # fmt: skip
    card(session, of, people=people, at=at)
    return again


def acknowledge(
    session: Session, token: str, *, who: str, receipt: str, said_at: datetime, people: People, at: datetime
) -> Return | None:
    """The authority says that it has read the return; None for a token that belongs to none."""
    wanted = select(Return).where(Return.token == token).with_for_update()
    of = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if of is None or of.acknowledged_at is not None:
        return of
    by = send.acknowledged(session, of, who=who, said_at=said_at, receipt=receipt, at=at)
    journal.write(session, of.matter, "acknowledged", {"title": title(of), "receipt": receipt}, by=by, at=at)
    card(session, of, people=people, at=at)
    return of


def correct(session: Session, first: Return, why: str, *, people: People, by: Person, at: datetime) -> Return:
    """Begin the correction of a filed return: a return of its own that names it; what was filed stays as it is.

    One correction at a time: while one is being written, that one is answered.
    """
    _may_draft(first, by)
    session.refresh(first, with_for_update=True)
    last = records.periodic_of(session, first.regime, first.unit, first.period)[-1]
    if last.corrects is not None and last.signed_at is None:
        return last
    met = session.get_one(Deadline, last.deadline_id)
    if met.state is not Standing.MET:
        raise ReturnNotFiled(title=Words(**title(last)))
    of = _correction(session, last, why, at=at)
    told = {"title": title(of), "number": last.number, "why": why}
    journal.write(session, of.matter, "return_corrected", told, by=by.id, at=at)
    redraft(session, of, people=people, by=by.id, at=at)
    return of


def _correction(session: Session, last: Return, why: str, *, at: datetime) -> Return:
    seq, name = last.seq + 1, session.get_one(Deadline, last.deadline_id)
    due = track.start(session, last.matter, KIND, name.name, seq=seq, started_at=at, ring_at=at, facts=name.facts)
    due.facts = {key: value for key, value in name.facts.items() if key != "rung_at"}
    of = Return(
        regime=last.regime, unit=last.unit, period=last.period, seq=seq, matter=last.matter, deadline_id=due.id,
        corrects=last.id, why=why, page=_page(),
    )  # fmt: skip
    session.add(of)
    session.flush()
    return of


# --- what is told ----------------------------------------------------------------------------------------------------


def facts(session: Session, of: Return, people: People, *, at: datetime) -> dict[str, Any]:
    """A return as a card shows it: the clock, the draft, the figures in short, the sending, what it corrects."""
    due = session.get_one(Deadline, of.deadline_id)
    draft = records.return_draft(session, of)
    leaving = dispatch(session, of.dispatch_key) if of.dispatch_key else None
    first = records.periodic(session, of.corrects, lock=False) if of.corrects else None
    later = records.periodic_of(session, of.regime, of.unit, of.period)[-1]
    return {
        "return": of.id,
        "page": of.page,
        "filing": of.id,  # the name that a letter's buttons carry
        "number": of.number,
        "title": title(of),
        "unit": of.unit,
        "unit_title": picture.both(people.units[of.unit].title) if of.unit in people.units else of.unit,
        "period": of.period,
        "exercise": False,
        "commander": None,
        "clock": {**due.facts, "due_at": picture.iso(due.due_at), "met_at": picture.iso(due.met_at)},
        "state": "late" if due.open and due.due_at is not None and due.due_at < at else due.state.value,
        "drafted_at": picture.iso(_drafted_at(of, people)),
        "draft": of.draft,
        "missing": draft.facts["missing"] if draft else {},
        "drafter": draft.drafter if draft else gather.drafter(periods.rule(of.regime), of, people),
        "nil": draft.facts["nil"] if draft else None,
        "figures": {name: draft.facts["now"][name] for name in ("count", "deaths", "network", "drills")}
        if draft
        else {},
        "stale": False,
        "asked": of.asked,
        "sent_back": of.sent_back,
        "signed_by": of.signed_by,
        "signed_at": picture.iso(of.signed_at),
        "signed_alone": of.signed_alone,
        "digest": of.digest,
        "sending": picture.sending(leaving),
        "acknowledged_at": picture.iso(of.acknowledged_at),
        "acknowledged_by": of.acknowledged_by,
        "corrects": first.number if first else None,
        "correction": None,
        "moved": [],  # a filed return that no longer agrees with the records is told by the next one
        "why": of.why,
        "corrected_by": later.number if later.id != of.id else None,
        "at": at.isoformat(),
    }


def _drafted_at(of: Return, people: People) -> datetime:
    return periods.rule(of.regime).drafted_at(periods.named(of.period), people.organisation.tz)


def card(session: Session, of: Return, *, people: People, at: datetime) -> None:
    """The return's one message in the duty room, from draft to receipt; nothing where no duty room was furnished."""
    if session.get(Matter, show.HOUSE) is None or not of.draft:
        return
    of.edits += 1
    name = f"return:{of.id}"
    key = f"{show.HOUSE}:{name}"
    edit = dispatch(session, key) is not None
    tell(
        session, show.HOUSE, "return_card", facts(session, of, people, at=at), courier=show.CHAT, at=at,
        key=f"{key}:{of.edits}" if edit else key, place=name if edit else "room", remembers=None if edit else name,
        latest_of=name if edit else None,
    )  # fmt: skip


def _news(
    session: Session,
    of: Return,
    what: str,
    whom: Iterable[str | None],
    *,
    people: People,
    at: datetime,
    by: str | None = None,
) -> None:
    """Straight to those whom it concerns: `due`, `late`, `asked`, `sent_back`, `delivered` or `failed`."""
    told = facts(session, of, people, at=at) | {"what": what, "by": by}
    for who in dict.fromkeys(each for each in whom if each in people.people):
        of.edits += 1
        key = f"{of.matter}:{of.seq}:{what}:{who}:{of.edits}:{int(at.timestamp())}"[-200:]
        tell(session, of.matter, "return_news", {**told, "to": who}, key=key, courier=show.CHAT, at=at)


def waiting(session: Session, people: People, by: Person, *, at: datetime) -> list[dict[str, Any]]:
    """The returns that wait for `by`: drafts that they write, and what they may sign."""
    open_ = [of for of in records.periodic_returns(session) if of.signed_at is None and of.draft]
    return [facts(session, of, people, at=at) | {"mine": mine} for of in open_ if (mine := _mine(session, of, by))]


def _mine(session: Session, of: Return, by: Person) -> str | None:
    touched = by.id in hands(session, of)
    if touched:
        return "draft"
    signs = by.has(periods.rule(of.regime).signs, of.unit)
    return "sign" if signs and (of.asked in (None, by.id)) else None
