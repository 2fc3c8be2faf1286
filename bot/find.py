"""Find what a press is about, and what its modal must show: reading only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import WhichIncident
from escalation import call, regimes
from escalation.records import Place, deadlines
from escalation.rosters import People, Person
from incidents import add, close, deputies, destination, facts, picture, records, report, returns
from incidents.permits import Act, may
from incidents.records import Filing, Incident
from plans import due as falling
from plans import permits
from plans.records import Register, entries
from playbooks import ask
from playbooks.records import in_force_by_scenario, playbook_of, waiting_for
from playbooks.shape import Playbook
from store import journal

Facts = dict[str, Any]
#: Asked in every scenario: what clocks hang on.
INSTANTS = (
    "occurred_at",
    "aware_at",
    "restored_at",
    "site_reported_to_head_at",
    "casualty_changed_at",
    "handled_at",
)


def here(session: Session, channel: str | None, number: str = "") -> Incident:
    """The incident named, else the one whose room this is (over or not), else the only one that is open.

    In the room of one incident nothing ever falls on another.
    """
    if number:
        return records.incident(session, number, lock=False)
    for room in session.scalars(select(Place).where(Place.name == "room", Place.matter.startswith("incident:"))):
        if channel is not None and room.ref.get("channel") == channel:
            return session.get_one(Incident, int(room.matter.partition(":")[2]))
    standing = records.open_incidents(session)
    if len(standing) == 1:
        return standing[0]
    raise WhichIncident(numbers=" · ".join(each.number for each in standing) or "—")


def scenarios(session: Session, people: People, unit: str | None, *, at: datetime) -> list[Facts]:
    """Every scenario that a plan in force stands for at `unit` (None: not chosen yet), with the plan that would run."""
    above = [each.id for each in people.line_of(unit)][1:] if unit is not None and unit in people.units else []
    running = in_force_by_scenario(session, unit=unit, units_above=above, at=at)
    titles = {each.name: each.title for each in entries(session, Register.SCENARIOS)}
    books = {version.id: playbook_of(version) for version in running.values()}
    titles |= {book.scenario: picture.both(book.scenario_title) for book in books.values()}
    return [
        {
            "id": scenario,
            "title": titles.get(scenario, {"zh": scenario, "en": scenario}),
            "plan": version.label,
            "plan_title": picture.both(books[version.id].title),
            "facts": list(books[version.id].facts),
        }
        for scenario, version in running.items()
    ]


def units(people: People, by: Person) -> list[Facts]:
    """The units, the presser's own first."""
    own = [unit for unit in by.posts if unit in people.units]
    ordered = [*own, *(unit for unit in people.units if unit not in own)]
    return [{"id": unit, "title": picture.both(people.units[unit].title)} for unit in ordered]


def levels(book: Playbook) -> list[Facts]:
    """The plan's response levels with their criteria."""
    return [{"level": rule.level.value, "when": picture.both(rule.when)} for rule in book.levels]


def graded(session: Session, of: Incident) -> Facts:
    """The grade of the facts, with the drivers' values."""
    known = records.current_facts(session, of)
    drivers = of.graded.get("drivers") or []
    values = {name: known[name].value["is"] for name in drivers if name in known}
    return {**of.graded, "values": values}


def proposed(of: Incident) -> str | None:
    """The response level to propose: the one that stands, else the graded event level; None when nobody can say."""
    return of.response_level or of.level


def fact_rows(session: Session, of: Incident, lang: str, people: People) -> list[Facts]:
    """What the facts form asks: the scenario's counts, then the instants that may be corrected."""
    book = picture.playbook(session, of)
    wanted = (*book.facts, *INSTANTS, *_lacked(session, of))
    return [_fact_row(session, of, name, lang, people) for name in dict.fromkeys(wanted)]


def _lacked(session: Session, of: Incident) -> list[str]:
    """The facts that a notice waits for before it can be signed, whether the scenario asks for them or not."""
    drafts = [records.newest_draft(session, each) for each in records.filings(session, of) if each.signed_at is None]
    held = [draft.facts.get("missing", {}) for draft in drafts if draft is not None]
    names = [name for missing in held if missing.get("holds") for name in missing["lacks"]]
    return [name for name in names if name in facts.KINDS and name not in facts.OWN]


def _fact_row(session: Session, of: Incident, name: str, lang: str, people: People) -> Facts:
    kind = facts.KINDS[name]
    tz = people.organisation.tz
    past = records.fact_history(session, of, name)
    history = [
        {
            "value": facts.said(name, fact.value["is"], lang, tz=tz),
            "as_of": picture.iso(fact.as_of),
            "source": fact.source,
            "by": people.person(fact.by).name,
        }
        for fact in past[:3]
    ]
    return {
        "name": name,
        "title": picture.both(kind.title),
        "unit": picture.both(kind.unit),
        "sort": kind.sort.value,
        "current": history[0]["value"] if history else None,
        "history": history,
    }


def other_units(people: People, of: Incident) -> list[Facts]:
    """The units with offices of their own that an incident may reach besides its own; those it reaches first."""
    apart = [unit for unit, each in people.units.items() if each.authorities and unit not in (of.unit, *of.affected)]
    return [{"id": unit, "title": picture.both(people.units[unit].title)} for unit in (*of.affected, *apart)]


def forgotten(session: Session, of: Incident, people: People, *, at: datetime) -> list[Facts]:
    """What a regime asks and the plan does not name, as clocks are told; `file` is what a button carries, if any."""
    found = []
    for each in add.forgotten(session, of, people=people, at=at):
        owed, words = each.owed, regimes.titles()
        kind = words.kinds[owed.kind]
        text = regimes.regime(owed.regime).title
        found.append(
            {
                "title": {"zh": f"{text.zh}：{kind.zh}", "en": f"{text.en}: {kind.en}"},
                "recipient": picture.both(words.recipients[owed.recipient]),
                "seq": owed.seq,
                "state": owed.state.value,
                "anchor": owed.anchor,
                "due_at": picture.iso(owed.due_at),
                "would_have_been_due_at": picture.iso(owed.would_have_been_due_at),
                "immediate": owed.immediate,
                "source": owed.source,
                "article": owed.article,
                "confidence": owed.confidence,
                "late": owed.late_by is not None,
                "file": f"{of.number}|{owed.regime}|{owed.kind}|{owed.recipient}" if each.addressee else None,
            }
        )
    return found


def roles(session: Session, of: Incident) -> list[Facts]:
    """The roles of its level with their holders."""
    return picture.roles(session, of, picture.playbook(session, of))


def colleagues(people: People, unit: str) -> list[Facts]:
    """Everybody who may act at a unit."""
    found = [person for person in people.people.values() if may(Act.TAKE_ROLE, person, unit)]
    return [
        {"id": person.id, "name": person.name, "title": picture.both(person.title) if person.title else None}
        for person in found
    ]


def approvers(people: People, unit: str, role: str, *, but: Collection[str]) -> list[Facts]:
    """Who may sign at a unit in their own right, without those whose hand is in the draft."""
    found = [each for each in people.people.values() if each.has(role, unit) and each.id not in but]
    return [{"id": each.id, "name": each.name} for each in found]


def signers(people: People, unit: str, role: str, *, but: Collection[str], at: datetime) -> list[Facts]:
    """Who may sign a notice on the day of `at`, dated deputies among them.

    Neither who stands in nor whom they stand in for may have a hand in the draft.
    """
    return [
        {"id": by.id, "name": by.name} | ({"title": {"zh": f"代 {of.name}", "en": f"for {of.name}"}} if of else {})
        for by, of in deputies.signers(people, unit, role, at=at)
        if not {by.id, (of or by).id} & set(but)
    ]


def filing(session: Session, press_value: str) -> tuple[Incident, Filing]:
    """The notice a button carries, with its incident."""
    notice = records.filing(session, int(press_value), lock=False)
    return session.get_one(Incident, notice.incident_id), notice


def rendered(session: Session, notice: Filing, *, to: Person | None, instead_of: Person | None = None) -> Facts:
    """The newest draft as it would leave under `to`'s name (None: not signed yet); a signed one as it left."""
    draft, letter = report.shown(session, notice, to=to, instead_of=instead_of)
    return {
        "title": letter.title,
        "text": notice.text or letter.text,
        "digest": notice.digest or letter.digest,
        "version": draft.version,
        "seal": report.seal(draft, letter),
        "to": picture.both(destination.said(draft.facts["to"])),
        "missing_now": [picture.plain(each) for each in letter.missing_now],
        "missing_later": [picture.plain(each) for each in letter.missing_later],
        "contradictions": [picture.plain(each) for each in letter.contradictions],
        "sure": letter.sure,
    }


def timeline(session: Session, of: Incident) -> list[Any]:
    """Its journal, oldest first."""
    return list(journal.entries(session, of.matter))


def still_open(session: Session, of: Incident) -> list[Facts]:
    """What is still open at stand-down, each with the button that mends it."""
    return [
        reason_row(of, reason) for reason in close.reasons(session, of) if reason.step not in ("stand_down", "review")
    ]


def reason_row(of: Incident, reason: close.Reason) -> Facts:
    """A reason with the button that mends it."""
    buttons: Mapping[str, tuple[str, str]] = {
        "stand_down": ("stand_down_open", of.number),
        "review": ("review_open", of.number),
        "facts": ("facts_open", of.number),
        "level": ("level_open", of.number),
    }
    buttons = {
        **buttons,
        "tasks": ("drop_rest_open", of.number),
        "release": ("release_open", f"{of.number}|{reason.deadline}"),
    }
    action, value = buttons.get(reason.step or "", ("notice_read", str(reason.filing or "")))
    return {"code": reason.code.value, "text": picture.both(reason.words), "action_id": action, "value": value}


def mine(session: Session, by: Person, *, at: datetime) -> list[Facts]:
    """My roles and open tasks across open incidents."""
    found = []
    for of in records.open_incidents(session):
        held = [role for role in roles(session, of) if role["holder"] == by.id]
        names = {role["role"] for role in held}
        work = [
            picture.task_facts(task, at=at)
            for task in records.tasks(session, of)
            if task.done_at is None and (task.assignee == by.id or (task.assignee is None and task.role in names))
        ]
        if held or work:
            found.append({"head": picture.head(session, of), "roles": held, "tasks": work})
    return found


def room(session: Session, of: Incident) -> Mapping[str, Any] | None:
    """Where its room is, or None while it is being made."""
    found = session.get(Place, (of.matter, "room"))
    return found.ref if found else None


def called(session: Session, by: Person) -> list[Facts]:
    """The roles that somebody is called for and has not taken: nobody who is called reads that nothing waits."""
    found = []
    for of in records.open_incidents(session):
        for due in deadlines(session, of.matter, call.KIND):
            rungs = due.facts.get("rungs", ())
            if due.open and any(by.id in rung["whom"] for rung in rungs[: due.rung + 1]):
                title = picture.role_title(session, of, due.name)
                found.append({"head": picture.head(session, of), "role": due.name, "role_title": title})
    return found


def home(session: Session, by: Person, people: People, *, at: datetime) -> Facts:
    """What Home shows: mine, to sign, open incidents, due, on duty."""
    standing = records.open_incidents(session)
    notices = [(of, notice) for of in standing for notice in records.filings(session, of) if notice.signed_at is None]
    whose = deputies.standing_for(by, people, at=at)
    to_sign = [
        picture.filing(session, of, notice)
        for of, notice in notices
        if notice.draft and (notice.asked == by.id or any(each.has("approver", of.unit) for each in whose))
    ]
    unit = next(iter(by.posts), next(iter(people.units)))
    return {
        "called": called(session, by),
        "to_activate": [
            picture.head(session, of)
            for of in standing
            if of.activated_at is None and may(Act.ACTIVATE, by, of.unit, commander=of.commander)
        ],
        "sent_back": [
            picture.filing(session, of, notice)
            for of, notice in notices
            if notice.sent_back and by.id in report.hands(session, of, notice)
        ],
        "plans": [
            ask.head(each.draft) | {"act": each.act.value} for each in waiting_for(session, by, people=people, at=at)
        ],
        "mine": mine(session, by, at=at),
        "returns": returns.waiting(session, people, by, at=at),
        "to_sign": to_sign,
        "open": [picture.status(session, of, at=at) | {"room": room(session, of)} for of in standing],
        "due": _due(session, by, people, at=at),
        "on_duty": on_duty(people, unit),
        "at": picture.iso(at),
    }


def _due(session: Session, by: Person, people: People, *, at: datetime) -> list[Facts]:
    """What falls due for plans: one's own; whoever answers for plans of the whole organisation sees all, mine first."""
    rows = falling.mine_first(falling.rows(session, people, at=at), by.id)
    everything = permits.answers_for(by, "", (), people)
    return [
        {"text": {lang: row.line(lang) for lang in ("zh", "en")}, "at": picture.iso(row.due_at), "overdue": row.overdue}
        for row in rows
        if everything or row.owner == by.id
    ]


def on_duty(people: People, unit: str) -> list[Facts]:
    """Who holds the posts that matter first."""
    posts = ("duty_manager", "approver", "noc", "transmission", "power", "external_liaison")
    return [{"role": post, "people": [each.id for each in people.holders(post, unit)]} for post in posts]
