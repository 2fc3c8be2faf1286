"""Report to the authority: draft, ask, sign exactly what was read, send, prove, acknowledge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import FieldsMissing, NoSuchDuty, NotPermitted, NotSent, SignerIsDrafter, StaleDraft, UnknownReceipt
from escalation import addresses, deliver, notices
from escalation.duties import OTHERS, Courier, Duty
from escalation.duties import Notice as Letter
from escalation.notices import Notice
from escalation.records import Deadline, Dispatch, Standing, State, dispatch
from escalation.rosters import People, Person
from escalation.tell import tell
from escalation.words import Words
from incidents import book, carry, deputies, enclose, machine, permits, picture, records, send, show, stamp
from incidents import destination as where
from incidents import facts as names
from incidents.deputies import Right
from incidents.destination import Destination, destination
from incidents.permits import Act
from incidents.records import Draft, Filing, Incident, Task
from store import journal

ORAL = "oral"
SETTLED_RING = "notice_settled"
NO_POST = "nobody"  # of a duty that nobody signs alone
#: What a person announces of their own accord is sent whole or not at all; a correction says what it corrects.
SAID_BY_A_PERSON = frozenset({*OTHERS, Letter.CORRECTION})
NOBODY = datetime(9999, 1, 1, tzinfo=UTC)  # from when nobody may sign alone: there is no due time to wait for


# --- drafting ----------------------------------------------------------------------------------------------------


def redraft_all(session: Session, of: Incident, *, people: People, by: str | None = None, at: datetime) -> None:
    """Draft what is owed and has no draft; write unsigned drafts again when anything they tell has moved (`by` whom).

    Not only the facts: a draft that tells yesterday's level must not be signed either.
    """
    for notice in records.filings(session, of):
        if notice.signed_at is None and session.get_one(Deadline, notice.deadline_id).open:
            redraft(session, of, notice, people=people, by=by, at=at)


def redraft(
    session: Session,
    of: Incident,
    notice: Filing,
    *,
    people: People,
    by: str | None = None,
    after: Draft | None = None,
    at: datetime,
) -> Draft:
    """The newest draft, written anew if anything it tells has changed since; `by` whom, if that is known.

    A notice that follows one that was recalled begins `after` its last draft: with its words, under its drafter.
    """
    before = records.newest_draft(session, notice)
    typed = before or after
    written = carry.words(carry.carried(session, of, notice), typed, asked(session, of, notice))
    told = content(session, of, notice, written, people=people, at=at)
    if before is not None and before.facts_revision == of.facts_revision and _same(before.facts, told):
        return before
    if before is None and after is not None:
        by = after.drafter
    drafter = by if by is not None and by in people.people else _drafter(session, of, typed)
    return _store(session, of, notice, told, written, drafter=drafter, people=people, at=at)


def write(
    session: Session,
    of: Incident,
    notice: Filing,
    written: Mapping[str, str],
    *,
    people: People,
    by: Person,
    at: datetime,
) -> Draft:
    """Write a person's own words into a draft: they are its drafter now, and may not sign it."""
    permits.require(Act.DRAFT, by, of.unit, commander=of.commander)
    _at_hand(session, of, notice, people)
    kept = {name: written.get(name, "").strip() for name in asked(session, of, notice)}
    told = content(session, of, notice, kept, people=people, at=at)
    revised = notice.sent_back is not None
    draft = _store(session, of, notice, told, kept, drafter=by.id, people=people, at=at)
    if revised and notice.asked and notice.asked != by.id:
        facts = picture.filing(session, of, notice) | {"by": by.id}
        show.news(session, of, "sign_asked", facts, to=notice.asked, at=at)
    return draft


def asked(session: Session, of: Incident, notice: Filing) -> tuple[str, ...]:
    """The texts that a person may write for it: those of every report, and those that its own list asks."""
    mine = notices.texts(notice.regime, notice.kind, book.duty(session, of, notice.duty).notice.value)
    row = records.added_as(session, of, notice.duty)
    if row is None or row.corrects is None:
        return mine
    # What the notice said in words is put right by writing it anew; why it was wrong stands first.
    first = asked(session, of, session.get_one(Filing, row.corrects))
    return tuple(dict.fromkeys((*notices.CORRECTING, *mine, *first)))


def _store(
    session: Session,
    of: Incident,
    notice: Filing,
    told: dict[str, Any],
    written: dict[str, str],
    *,
    drafter: str,
    people: People,
    at: datetime,
) -> Draft:
    told["drafter"] = people.person(drafter).name
    rendered = notices.render(told)
    told["script"] = rendered.text  # what the call sheet reads aloud; rendered once
    told["missing"] = {
        "sure": rendered.sure,
        "now": [picture.plain(each) for each in rendered.missing_now],
        "later": [picture.plain(each) for each in rendered.missing_later],
        "contradictions": [picture.plain(each) for each in rendered.contradictions],
        **held(session, of, notice, rendered, at=at),
    }
    notice.draft += 1
    notice.sent_back = None
    draft = Draft(
        filing_id=notice.id,
        version=notice.draft,
        facts_revision=of.facts_revision,
        facts=told,
        written=written,
        drafter=drafter,
        at=at,
    )
    session.add(draft)
    session.flush()
    body = {
        "filing": notice.id,
        "duty": notice.duty,
        "seq": notice.seq,
        "draft": draft.version,
        "digest": rendered.digest,
    }
    journal.write(session, of.matter, "drafted", body, by=drafter, at=at)
    show.filing(session, of, notice, at=at)
    return draft


def _same(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    # Who drafted and the cut-off are said of a draft, they are not what it tells.
    apart = {"cutoff_at", "drafter", "missing", "script"}
    return {k: v for k, v in before.items() if k not in apart} == {k: v for k, v in now.items() if k not in apart}


def _drafter(session: Session, of: Incident, before: Draft | None) -> str:
    """Who last changed the draft or what it tells; the house itself never is."""
    changes = [(of.declared_at, of.declared_by)]
    changes += [(fact.at, fact.by) for fact in records.fact_history(session, of)[:1]]
    assessed = records.latest_assessment(session, of)
    if assessed is not None:
        changes.append((assessed.at, assessed.by))
    done = select(Task).where(Task.incident_id == of.id, Task.done_at.is_not(None)).order_by(Task.done_at.desc())
    changes += [
        (task.done_at, task.done_by) for task in session.scalars(done.limit(1)) if task.done_at and task.done_by
    ]
    if before is not None:
        changes.append((before.at, before.drafter))
    return max(changes)[1]


def hands(session: Session, of: Incident, notice: Filing) -> frozenset[str]:
    """Whose hand is in the newest draft: who made it, who wrote its words, whose figures it tells, who assessed.

    Somebody else's later tick or figure does not wash a hand clean. Only when the event began and was declared is not
    held against its declarer, and what the house notes of a decision is its drafter's.
    """
    draft = records.newest_draft(session, notice)
    if draft is None:
        return frozenset()
    assessed = records.latest_assessment(session, of)
    figures = [
        fact.by
        for fact in records.current_facts(session, of).values()
        if fact.name not in names.OWN and not (fact.revision == 1 and names.KINDS[fact.name].sort is names.Sort.INSTANT)
    ]
    words = carry.hands(session, draft)
    return frozenset([draft.drafter, *figures, *words, *([assessed.by] if assessed else [])])


def content(
    session: Session, of: Incident, notice: Filing, written: Mapping[str, str], *, people: People, at: datetime
) -> dict[str, Any]:
    """Everything a notice may tell, as finished facts; instants as ISO 8601, unknown as None."""
    plan = picture.playbook(session, of)
    duty = book.duty(session, of, notice.duty)
    office = book.office(people, of, duty)
    head = picture.head(session, of)
    needless = records.dropped(session, of)  # settled without being done: a notice never says that they were done
    work = [task for task in records.tasks(session, of) if task.code not in needless]
    titles = {role.id: picture.both(role.title) for role in plan.roles}
    assessed = picture.assessment(session, of, plan)
    told = {
        "exercise": of.exercise,
        "organisation": picture.both(people.organisation.title),
        "unit": picture.both(people.units[of.unit].title),
        "affected": [picture.both(people.units[unit].title) for unit in of.affected],
        "addressee": picture.both(office.title if office else duty.addressee.words),
        "number": of.number,
        "reference": f"{of.number}/{duty.id}/{notice.seq}",
        "regime": duty.regime,
        "notice": duty.notice.value,
        "kind": duty.kind,
        "seq": notice.seq,
        "event": of.title,
        "scenario": head["scenario"],
        "event_class": list(plan.event_class),
        "declared_at": picture.iso(of.declared_at),
        "activated_at": picture.iso(of.activated_at),
        "stood_down_at": picture.iso(of.stood_down_at),
        "event_level": of.level,
        "event_level_decided": of.event_level is not None,
        "response_level": of.response_level,
        # Read from the journal, so only for the one letter that tells it.
        "response_level_before": picture.level_before(session, of) if duty.notice is Letter.LEVEL_CHANGE else None,
        "plan": {"title": head["plan"]["title"], "label": head["plan"]["label"]},
        "facts": _known(session, of),
        "previous": _previous(session, of, notice),
        "written": dict(written),
        "carried": {name: said for name, said in carry.carried(session, of, notice).items() if name in written},
        "assessment": assessed["answers"] if assessed else [],
        "tasks_done": [
            {
                "do": task.words,
                "done_at": picture.iso(task.done_at),
                "role": titles.get(task.role, _plain_role(task)),
                "given": task.given,
            }
            for task in work
            if task.done_at is not None
        ],
        "tasks_open": [{"do": task.words, "due_at": picture.iso(task.due_at)} for task in work if task.done_at is None],
        "contact": _contact(session, of, people),
        "drafter": "",
        "signer": None,
        "cutoff_at": picture.iso(at),
        "zone": people.organisation.zone,
        "to": destination(duty, office),
    }
    return told | {"corrects": _corrected(session, of, notice, told)}


def _corrected(session: Session, of: Incident, notice: Filing, told: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a correction puts right: the notice as it was signed, and what is otherwise now."""
    row = records.added_as(session, of, notice.duty)
    if row is None or row.corrects is None:
        return None
    first = session.get_one(Filing, row.corrects)
    draft = records.signed_draft(session, first)
    leaving = dispatch(session, first.dispatch_key or "")
    return {
        "reference": draft.facts["reference"],
        "title": leaving.facts["subject"] if leaving else draft.facts["reference"],
        "digest": first.digest,
        "sent_at": picture.iso(session.get_one(Deadline, first.deadline_id).met_at),
        "receipt": leaving.outcome.get("receipt") if leaving else None,
        "written": dict(draft.written),
        "changes": notices.changed(draft.facts, told),
    }


def _plain_role(task: Task) -> dict[str, str]:
    return {"zh": task.role, "en": task.role}


def _known(session: Session, of: Incident) -> dict[str, Any]:
    told: dict[str, Any] = {
        name: {"value": None, "as_of": None, "source": "", "note": "", "before": []} for name in names.KINDS
    }
    for fact in reversed(records.fact_history(session, of)):
        known = told[fact.name]
        before = known["before"]
        if known["as_of"] is not None:
            before = [{"value": known["value"], "as_of": known["as_of"]}, *before]
        value, as_of = fact.value["is"], picture.iso(fact.as_of)
        told[fact.name] = {"value": value, "as_of": as_of, "source": fact.source, "note": fact.note, "before": before}
    return told


def _previous(session: Session, of: Incident, notice: Filing) -> dict[str, Any] | None:
    """The last notice of the same regime that reached the same authority in writing."""
    filed = carry.before(session, of, notice)
    if not filed:
        return None
    last = filed[-1]
    draft = records.signed_draft(session, last)
    leaving = dispatch(session, last.dispatch_key or "")
    return {
        "reference": draft.facts["reference"],
        "sent_at": picture.iso(session.get_one(Deadline, last.deadline_id).met_at),
        "receipt": leaving.outcome.get("receipt") if leaving else None,
        "seq": last.seq,
        "facts": {name: known["value"] for name, known in draft.facts["facts"].items()},
    }


def _contact(session: Session, of: Incident, people: People) -> dict[str, str]:
    held = records.holders(session, of)
    who = held.get("external_liaison") or held.get("liaison") or of.commander or of.declared_by
    person = people.person(who)
    return {"name": person.name, "phone": person.phone or people.organisation.phone}


# --- reading and signing -------------------------------------------------------------------------------------------


def shown(
    session: Session, notice: Filing, *, to: Person | None, instead_of: Person | None = None
) -> tuple[Draft, Notice]:
    """The newest draft exactly as it would leave under `to`'s name, with its digest; None: under nobody's yet.

    A deputy's name stands with that of whom they sign `instead_of`.
    """
    draft = records.newest_draft(session, notice)
    if draft is None:
        raise StaleDraft(moved=Words(zh="还没有草稿", en="there is no draft yet"))
    lang, principal = notices.lang_of(notice.regime), instead_of.name if instead_of else None
    return draft, notices.render(
        {**draft.facts, "signer": deputies.signed_as(to.name, principal, lang) if to else None}
    )


def ask_to_sign(
    session: Session, of: Incident, notice: Filing, whom: Person, *, people: People, by: Person, at: datetime
) -> None:
    """Ask a person to read and sign: they are told straight, with the clock."""
    permits.require(Act.ASK_TO_SIGN, by, of.unit, commander=of.commander)
    _at_hand(session, of, notice, people)
    notice.asked = whom.id
    journal.write(session, of.matter, "asked_to_sign", {"filing": notice.id, "whom": whom.id}, by=by.id, at=at)
    show.news(session, of, "sign_asked", picture.filing(session, of, notice) | {"by": by.id}, to=whom.id, at=at)
    show.filing(session, of, notice, at=at)


def send_back(
    session: Session, of: Incident, notice: Filing, why: str, *, people: People, by: Person, at: datetime
) -> None:
    """Refuse to sign, with the reason: the drafter is told."""
    may_sign(session, of, notice, people=people, by=by, at=at, refusing=True)
    _at_hand(session, of, notice, people)
    notice.sent_back, notice.asked = why, by.id  # who sent it back reads the next draft
    journal.write(session, of.matter, "sent_back", {"filing": notice.id, "why": why}, by=by.id, at=at)
    draft = records.newest_draft(session, notice)
    if draft is not None:
        facts = picture.filing(session, of, notice) | {"by": by.id, "why": why}
        show.news(session, of, "sent_back", facts, to=draft.drafter, at=at)
    show.filing(session, of, notice, at=at)


def sign(
    session: Session,
    of: Incident,
    notice: Filing,
    *,
    version: int,
    digest: str,
    receipts: str,
    people: People,
    by: Person,
    spoken: bool = False,
    at: datetime,
) -> Dispatch:
    """Freeze what was read under the signer's name and put it on its way; what was shown is what is sent.

    `digest` is the `seal` of what was read: its words and its address. A changed address that no second person has
    confirmed is refused, unless it is `spoken` to somebody who answers.

    Refuses `StaleDraft` when anything moved since `version` was read, `SignerIsDrafter` when the four eyes are
    two (unless the plan names the signer for signing alone and that time has come: the journal says so).
    `receipts` is the address that the authority's receipt comes back to.
    """
    _at_hand(session, of, notice, people)
    right = may_sign(session, of, notice, people=people, by=by, at=at)
    draft, rendered = shown(session, notice, to=by, instead_of=right.instead_of)
    duty = book.duty(session, of, notice.duty)
    _still_there(draft, destination(duty, book.office(people, of, duty)))
    _still(session, of, notice, draft, rendered, version=version, digest=digest)
    if not spoken and not of.exercise:
        to = draft.facts["to"]
        addresses.require_confirmed(session, to["office"], to["courier"], to["address"])
    wanting, _ = _wanting(session, notice, duty, rendered, at=at)
    if wanting:
        raise FieldsMissing(fields=_listed(wanting))
    send.freeze(notice, draft.version, rendered, by=by, right=right, at=at)
    enclosed = _enclosed(session, of, notice, duty, draft, rendered=rendered, people=people, at=at)
    leaving = _send(session, of, notice, duty, rendered, enclosed=enclosed, receipts=receipts, people=people, at=at)
    body = {"filing": notice.id, "duty": notice.duty, "seq": notice.seq, "digest": notice.digest}
    body |= {"to": draft.facts["to"], "seal": digest, "alone": right.alone, "instead_of": notice.signed_for}
    journal.write(session, of.matter, "signed", body, by=by.id, at=at)
    show.filing(session, of, notice, at=at)
    show.status(session, of, at=at)
    _papers(session, of, notice, draft, lang=rendered.lang, enclosed=enclosed, people=people, at=at)
    return leaving


def _papers(
    session: Session,
    of: Incident,
    notice: Filing,
    draft: Draft,
    *,
    lang: str,
    enclosed: list[dict[str, str]],
    people: People,
    at: datetime,
) -> None:
    """Its documents for the room; where none went with it, they are drawn when they are carried: no press waits."""
    if notice.kind == ORAL:
        return  # what was said on the telephone is no paper
    apart = {"missing", "script"}
    told = {name: value for name, value in draft.facts.items() if name not in apart}
    facts = {
        "told": told | {"signer": _signer(notice, people, lang)},
        "enclosed": enclosed,
        "digest": notice.digest,
        "sender": people.organisation.id,
        "signed_at": picture.iso(notice.signed_at),
    }
    show.papers(session, of, notice, facts, at=at)


def held(session: Session, of: Incident, notice: Filing, rendered: Notice, *, at: datetime) -> dict[str, Any]:
    """Whether what is missing now holds the signature up, until when, and on which forms it is filled in."""
    duty = book.duty(session, of, notice.duty)
    wanting, until = _wanting(session, notice, duty, rendered, at=at)
    return {
        "holds": bool(wanting),
        "until": picture.iso(until),
        "lacks": list(rendered.lacks),
        "forms": picture.forms(rendered.lacks),
    }


def _wanting(
    session: Session, notice: Filing, duty: Duty, rendered: Notice, *, at: datetime
) -> tuple[tuple[Words, ...], datetime | None]:
    """What must be there before it may be signed, and the instant from which it need not be (None: never).

    A final report must be whole. Any other waits for what a list that somebody has read wants now, until the time at
    which one person may sign alone: from then on being late is worse than a gap (a first report with gaps is lawful).
    """
    if duty.notice is Letter.FINAL or duty.notice in SAID_BY_A_PERSON:
        return rendered.missing_now, None
    start = alone_from(session, notice, duty, at=at)
    if start <= at:
        return (), None
    return rendered.wanting, None if start == NOBODY else start


def _signer(notice: Filing, people: People, lang: str) -> str:
    """Whose name stands below it, and in whose stead."""
    principal = people.name(notice.signed_for) if notice.signed_for else None
    return deputies.signed_as(people.name(notice.signed_by), principal, lang)


def _enclosed(
    session: Session,
    of: Incident,
    notice: Filing,
    duty: Duty,
    draft: Draft,
    *,
    rendered: Notice,
    people: People,
    at: datetime,
) -> list[dict[str, str]]:
    """What goes with it by mail; a portal takes the text, and nobody carries files to a telephone."""
    if duty.courier is not Courier.MAIL:
        return []
    sender = people.organisation.id
    signer = _signer(notice, people, rendered.lang)
    return enclose.enclose(session, of, notice, draft, rendered, signer=signer, sender=sender, at=at)


def _send(
    session: Session,
    of: Incident,
    notice: Filing,
    duty: Duty,
    rendered: Notice,
    *,
    enclosed: list[dict[str, str]],
    receipts: str,
    people: People,
    at: datetime,
) -> Dispatch:
    office = book.office(people, of, duty)
    body = {
        "reference": f"{of.number}/{duty.id}/{notice.seq}",
        "incident": of.number,
        "kind": notice.kind,
        "seq": notice.seq,
        "sender": people.organisation.title.said(rendered.lang),
        "addressee": (office.title if office else duty.addressee.words).said(rendered.lang),
        **_names_what_it_corrects(session, of, notice),
    }
    due = session.get_one(Deadline, notice.deadline_id)
    until = stamp.hold_until(office, duty, due, at=at)
    told = {
        "filing": notice.id,
        "token": notice.token,
        "enclosed": enclosed,
        "seal": stamp.wanted(office, duty, until, enclosed),
        **send.envelope(rendered, body, office, duty.addressee.value, f"{receipts}/{notice.token}"),
    }
    notice.dispatch_key = _key(of, notice)
    return tell(
        session,
        of.matter,
        "notice",
        {"filing": notice.id, **told},
        key=notice.dispatch_key,
        courier=duty.courier.value,
        then=SETTLED_RING,
        meets=due,
        priority=show.FIRST,
        not_before=until,
        at=at,
    )


def _key(of: Incident, notice: Filing) -> str:
    """One key a notice, for life; what stands in the place of a recalled one has a key of its own."""
    key = f"notice:{of.number}:{notice.duty}:{notice.seq}"
    return key if notice.take == 1 else f"{key}:take:{notice.take}"


def _names_what_it_corrects(session: Session, of: Incident, notice: Filing) -> dict[str, Any]:
    row = records.added_as(session, of, notice.duty)
    if row is None or row.corrects is None:
        return {}
    first = session.get_one(Filing, row.corrects)
    return {"corrects": {"reference": f"{of.number}/{first.duty}/{first.seq}", "digest": first.digest}}


def _at_hand(session: Session, of: Incident, notice: Filing, people: People) -> None:
    """Refuse unless the notice is still to be signed: not signed yet, its clock running, its incident not over."""
    session.refresh(notice, with_for_update=True)
    machine.require_open(of.stands, Words(zh="处理报告", en="work on a notice"))
    send.require_unsigned(notice, people)
    due = session.get_one(Deadline, notice.deadline_id)
    if due.state is not Standing.RUNNING:
        raise NoSuchDuty(duty=Words(**due.facts["title"]))


def may_sign(
    session: Session, of: Incident, notice: Filing, *, people: People, by: Person, at: datetime, refusing: bool = False
) -> Right:
    """By what right `by` signs: their own, or as somebody's dated deputy; refuses who may not sign at all.

    Neither a deputy nor whom they stand in for may have drafted it. `refusing`: to send it back or take it back, which
    a drafter may.
    """
    duty = book.duty(session, of, notice.duty)
    drafters = frozenset() if refusing else hands(session, of, notice)
    whose = deputies.standing_for(by, people, at=at)
    for each in whose:
        if each.has(duty.signs, of.unit) and not drafters & {by.id, each.id}:
            return Right(alone=False, instead_of=_another(each, by))
    entitled = [each for each in whose if each.has(duty.alone.post, of.unit)]
    if entitled and alone_from(session, notice, duty, at=at) <= at:
        return Right(alone=True, instead_of=_another(entitled[0], by))
    wrote = [
        each for each in whose if {by.id, each.id} & drafters and (each in entitled or each.has(duty.signs, of.unit))
    ]
    if wrote:
        drafter = by.name if by.id in drafters else wrote[0].name
        raise SignerIsDrafter(drafter=drafter, alone=_alone_said(session, notice, duty, people, at=at))
    deputies.require_day(by, of.unit, duty.signs, people=people)
    raise NotPermitted(role=duty.signs)


def _another(whose: Person, by: Person) -> Person | None:
    return None if whose is by else whose


def alone_from(session: Session, notice: Filing, duty: Duty, *, at: datetime) -> datetime:
    """From when the person the plan names may sign alone: `before` ahead of the due time; at once if due at once.

    Where no due time is known and nothing says at once: never (`NOBODY`).
    """
    due = session.get_one(Deadline, notice.deadline_id)
    if duty.alone.post == NO_POST:
        return NOBODY
    if due.due_at is not None:
        return due.due_at - duty.alone.before
    return at if due.facts.get("immediate") else NOBODY


def _alone_said(session: Session, notice: Filing, duty: Duty, people: People, *, at: datetime) -> Words:
    start = alone_from(session, notice, duty, at=at)
    if start == NOBODY:
        return Words(zh="此件没有截止时刻，不能单独签发", en="it has no due time, so nobody may sign alone")
    when = start.astimezone(people.organisation.tz).strftime("%m-%d %H:%M")
    role = permits.ROLE_TITLES.get(duty.alone.post, (duty.alone.post, duty.alone.post))
    return Words(zh=f"{when} 起{role[0]}可以单独签发", en=f"from {when} the {role[1]} may sign alone")


def _still(
    session: Session, of: Incident, notice: Filing, draft: Draft, rendered: Notice, *, version: int, digest: str
) -> None:
    """Refuse if the newest draft is not the one that was read, or the facts moved under it; say what moved."""
    if (draft.version, seal(draft, rendered), draft.facts_revision) == (version, digest, of.facts_revision):
        return
    read = session.scalars(select(Draft).where(Draft.filing_id == notice.id, Draft.version == version)).one_or_none()
    raise StaleDraft(moved=moved(read, draft))


def _still_there(draft: Draft, now: Destination) -> None:
    """Refuse if the address book changed since it was drafted, naming the old address and the new one."""
    if draft.facts["to"] != now:
        raise StaleDraft(moved=where.moved(draft.facts["to"], now))


def seal(draft: Draft, rendered: Notice) -> str:
    """What the signer of a draft signs: the words as they were shown, and where they go."""
    return where.seal(rendered.digest, draft.facts["to"])


def moved(read: Draft | None, now: Draft) -> Words:
    """What changed between the draft that was read and the one that stands."""
    before, after = (read.facts if read else {}), now.facts
    changed = [
        names.KINDS[name].title
        for name, known in after["facts"].items()
        if before.get("facts", {}).get(name, {}).get("value") != known["value"]
    ]
    if before.get("affected") != after.get("affected"):
        changed.append(Words(zh="涉及的单位", en="the units concerned"))
    if read is not None and before["to"] != after["to"]:
        changed.append(where.moved(before["to"], after["to"]))
    if before.get("written") != after["written"]:
        changed.append(Words(zh="文字内容", en="the wording"))
    if before.get("event_level") != after["event_level"] or before.get("response_level") != after["response_level"]:
        changed.append(Words(zh="级别", en="the level"))
    changed = changed or [Words(zh="处置进展", en="progress of the response")]
    return Words(zh="、".join(each.zh for each in changed), en=", ".join(each.en for each in changed))


def _listed(fields: tuple[Words, ...]) -> Words:
    return Words(zh="、".join(each.zh for each in fields), en=", ".join(each.en for each in fields))


# --- what was sent, and what is known now ---------------------------------------------------------------------------


def note_moved(session: Session, of: Incident, *, at: datetime) -> None:
    """Note on each office's last notice what it says and is otherwise now; its card follows.

    Only the last one of its regime: a later notice has told the new figure, a correction has put it right.
    """
    last: dict[tuple[str, tuple[str, str]], Filing] = {}
    signed = [each for each in records.filings(session, of) if each.signed_at is not None]
    for notice in sorted(signed, key=lambda each: (each.signed_at, each.id)):
        last[notice.regime, book.towards(session, of, notice.duty)] = notice
    standing = {notice.id for notice in last.values()}
    now = {"facts": _known(session, of), "event_level": of.level}
    for notice in signed:
        told = _moved(records.signed_draft(session, notice).facts, now) if notice.id in standing else []
        if told != notice.moved:
            notice.moved = told
            show.filing(session, of, notice, at=at)


def as_filed(session: Session, of: Incident, notice: Filing) -> dict[str, Any]:
    """What a signed notice said, for who corrects it: its text, its words by name, and what is otherwise now.

    `changes` are figures, times and the level that are known differently, `{"name", "was", "now"}`, whether a later
    notice has told them or not.
    """
    if notice.signed_at is None:
        raise NotSent(title=Words(**session.get_one(Deadline, notice.deadline_id).facts["title"]))
    draft = records.signed_draft(session, notice)
    now = {"facts": _known(session, of), "event_level": of.level}
    return {
        "reference": draft.facts["reference"],
        "text": notice.text,
        "written": {name: text for name, text in draft.written.items() if text},
        "changes": notices.changed(draft.facts, now),
    }


def _moved(sent: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a notice said and is otherwise now; `wrong` where it was not right when it was sent."""
    return [each | {"wrong": _was_wrong(each["name"], sent, now)} for each in notices.changed(sent, now)]


def _was_wrong(name: str, sent: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """An instant never moves by itself; a figure was wrong if the new one speaks of a time that was reported."""
    if name not in names.KINDS:
        return False
    as_of = now["facts"][name]["as_of"]
    reported = datetime.fromisoformat(as_of) <= datetime.fromisoformat(sent["cutoff_at"]) if as_of else True
    return names.KINDS[name].sort is names.Sort.INSTANT or reported


# --- after the sending ---------------------------------------------------------------------------------------------


def phoned(
    session: Session,
    of: Incident,
    notice: Filing,
    *,
    spoken_to: str,
    spoken_at: datetime,
    reference: str,
    version: int,
    digest: str,
    receipts: str,
    people: People,
    by: Person,
    at: datetime,
) -> None:
    """A person read the script to the authority: signed by who read it (an oral report waits for nobody)."""
    if notice.signed_at is None:
        sign(
            session,
            of,
            notice,
            version=version,
            digest=digest,
            receipts=receipts,
            people=people,
            by=by,
            spoken=True,
            at=at,
        )
    confirm_by_hand(session, of, notice, spoken_to=spoken_to, spoken_at=spoken_at, reference=reference, by=by, at=at)


def confirm_by_hand(
    session: Session,
    of: Incident,
    notice: Filing,
    *,
    spoken_to: str,
    spoken_at: datetime,
    reference: str,
    by: Person,
    at: datetime,
) -> None:
    """A person says whom they told and when: that is the receipt, and it meets the clock at that instant."""
    permits.require(Act.CONFIRM_BY_HAND, by, of.unit, commander=of.commander)
    receipt = send.receipt(spoken_to, spoken_at, reference)
    leaving = dispatch(session, notice.dispatch_key or "")
    if leaving is None:
        raise StaleDraft(moved=Words(zh="尚未签发", en="it is not signed yet"))
    if leaving.state is State.DELIVERED:
        return
    deliver.confirm(session, leaving, receipt, by=by.id, at=at)
    show.filing(session, of, notice, at=at)


def resend(session: Session, of: Incident, notice: Filing, *, by: Person, at: datetime) -> Dispatch | None:
    """Send an uncertain notice again, marked as a repeat: a person's decision, never the machine's."""
    permits.require(Act.SETTLE_UNCERTAIN, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="重新报送", en="send again"))
    session.refresh(notice, with_for_update=True)  # of two who press at once, the second finds the repeat
    leaving = send.stranded(session, notice)
    if leaving is None or notice.recalled_at is not None:
        return None
    _second_person(session, of, notice, by=by, at=at)
    notice.dispatch_key, told = send.repeat(session, leaving)
    journal.write(session, of.matter, "resent", {"filing": notice.id, "key": notice.dispatch_key}, by=by.id, at=at)
    again = tell(
        session,
        of.matter,
        "notice",
        told,
        key=notice.dispatch_key,
        courier=leaving.courier,
        then=SETTLED_RING,
        meets=session.get_one(Deadline, notice.deadline_id),
        priority=show.FIRST,
        at=at,
    )
    show.filing(session, of, notice, at=at)
    return again


def _second_person(session: Session, of: Incident, notice: Filing, *, by: Person, at: datetime) -> None:
    """The signer sends it again alone only when the plan lets them sign alone by now: no first notice waits for two."""
    duty = book.duty(session, of, notice.duty)
    if by.has(duty.alone.post, of.unit) and alone_from(session, notice, duty, at=at) <= at:
        return
    signed = Words(zh="签发了它", en="signed it")
    permits.require_another(by, notice.signed_by, Words(zh="再次报送", en="Sending a notice again"), signed)


def acknowledge(session: Session, token: str, *, who: str, receipt: str, said_at: datetime, at: datetime) -> Filing:
    """The authority says that it has read the notice; a token that we never made is refused.

    What was read has arrived: a sending whose outcome nobody knew is settled by it.
    """
    notice = session.scalars(select(Filing).where(Filing.token == token)).one_or_none()
    if notice is None or notice.recalled_at is not None:  # nobody was ever given that link
        raise UnknownReceipt
    # The incident first, as every press locks.
    of = session.get_one(Incident, notice.incident_id, with_for_update=True, populate_existing=True)
    session.refresh(notice, with_for_update=True)
    if notice.acknowledged_at is not None:
        return notice
    by = send.acknowledged(session, notice, who=who, said_at=said_at, receipt=receipt, at=at)
    body = {"filing": notice.id, "duty": notice.duty, "seq": notice.seq, "receipt": receipt}
    journal.write(session, of.matter, "acknowledged", body, by=by, at=at)
    show.filing(session, of, notice, at=at)
    return notice
