"""Presses on a draft: begin it, edit it part by part, compare, comment, submit, read, answer for it, send it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from bot import find
from bot.door import Fields
from bot.library import known, said, seen
from bot.press import Press
from bot.views import desk as views
from bot.views.plan_text import leaves, whole
from errors import BadEdit, FieldFault, NoSuchPlan, Refusal
from escalation import regimes
from escalation.notices import EVENT_CLASSES
from escalation.rosters import ROLE_TITLES, Person
from escalation.words import Words
from plans.tiers import OrgLevel, Tier
from playbooks import ask, draft, edits, forms, permits, publish, shelf
from playbooks.changes import changes
from playbooks.forms import NEW, Line, Part
from playbooks.machine import State
from playbooks.permits import Act
from playbooks.records import (
    Draft,
    Version,
    comments,
    draft_of,
    hand,
    in_force_of,
    latest,
    newest,
    numbered,
    playbook_of,
    revision_of,
    wanted,
)
from playbooks.records import Part as Signed
from playbooks.records import draft as one_draft
from playbooks.shape import Family, Playbook

Modal = dict[str, Any]
#: Lines whose values are known to the house by name, though a plan file may hold others.
CHOSEN = frozenset({"owner", "parent", "units"})


# --- what stands -----------------------------------------------------------------------------------------------------


def _draft(session: Session, press: Press, *, lock: bool = False) -> Draft:
    """The draft that a button carries, or that the modal remembers."""
    named = press.value.partition("|")[0] or press.private.get("draft", 0)
    return one_draft(session, int(named), lock=lock)


def facts_of(session: Session, press: Press, of: Draft) -> dict[str, Any]:
    """Everything that a modal about a draft shows."""
    against = _against(session, press, of)
    told = changes(playbook_of(against), playbook_of(of)) if against is not None else ()
    return ask.head(of) | {
        "state": of.state,
        "open": of.closed_at is None,
        "revision": of.revision,
        "editors": list(of.editors),
        "changed_at": of.changed_at.isoformat(),
        "sent_back": of.sent_back,
        "overtaken": _overtaken(session, press, of),
        "act": _act(session, press, of),
        "may_write": permits.may(Act.WRITE, press.by, of.units, people=press.people, at=press.at),
        "against": against.label if against is not None else None,
        "changes": _both(told),
        "hands": _hands(session, press, of),
        "comments": [said(each) for each in reversed(comments(session, of)[-5:])],
        "next": [],
    }


def _overtaken(session: Session, press: Press, of: Draft) -> dict[str, Any] | None:
    """What a version that came since the draft was begun changed, and what of the draft would give way to it."""
    found = draft.overtaken(session, of, at=press.at)
    if found is None:
        return None
    return {
        "number": found.by.number,
        "label": found.by.label,
        "changes": _both(found.changes),
        "gives_way": _both(found.gives_way),
        "faults": _both(found.faults),
    }


def _both(told: Iterable[Words]) -> list[dict[str, str]]:
    return [{"zh": each.zh, "en": each.en} for each in told]


def _against(session: Session, press: Press, of: Draft) -> Version | None:
    """What it is compared with: the latest version that stands or is to stand, else the newest there is."""
    found = latest(session, of.code, at=press.at) or newest(session, of.code)
    if found is not None and of.version_id == found.id:  # it is that version by now: compare with what it began from
        return session.get(Version, of.base_version_id) if of.base_version_id is not None else None
    return found


def _act(session: Session, press: Press, of: Draft) -> str:
    """What the presser may do next with it, in one word; empty where it is not theirs."""
    if of.closed_at is None and of.state is State.DRAFT:
        return "submit" if permits.may(Act.WRITE, press.by, of.units, people=press.people, at=press.at) else ""
    mine = wanted(session, of, press.by, at=press.at)
    allowed = [each for each in mine if permits.may(each, press.by, of.units, people=press.people, at=press.at)]
    return allowed[0].value if allowed else ""


def _hands(session: Session, press: Press, of: Draft) -> list[dict[str, Any]]:
    """Who answers for the content as it stands; a part that nobody answers for yet has no person."""
    found = []
    for part in Signed:
        each = hand(session, of, part, at=press.at)
        told = {"part": {"zh": part.words.zh, "en": part.words.en}, "person": each.person if each else None}
        if each is not None:
            told |= {"stands_for": each.stands_for, "note": each.note}
            told |= {"given_at": each.given_at.isoformat(), "expires_at": each.expires_at.isoformat()}
        found.append(told)
    return found


def _people(found: list[Person]) -> list[dict[str, Any]]:
    return [
        {"id": each.id, "name": each.name, "title": {"zh": each.title.zh, "en": each.title.en} if each.title else None}
        for each in found
    ]


# --- the desk --------------------------------------------------------------------------------------------------------


def desk(session: Session, press: Press) -> Modal:
    """The draft as it stands."""
    return _desk(session, press, _draft(session, press), views.OVERVIEW, 0)


def desk_again(session: Session, press: Press) -> Modal:
    """The draft as it was looked at, with what stands now."""
    kept = press.private
    of = one_draft(session, int(kept["draft"]), lock=False)
    return _desk(session, press, of, str(kept.get("part") or views.OVERVIEW), int(kept.get("leaf", 0)))


def desk_part(session: Session, press: Press) -> Modal:
    """Another part of it."""
    return _desk(session, press, one_draft(session, int(press.private["draft"]), lock=False), press.value, 0)


def desk_leaf(session: Session, press: Press) -> Modal:
    """More items of the same part."""
    of = one_draft(session, int(press.private["draft"]), lock=False)
    return _desk(session, press, of, str(press.private["part"]), int(press.value))


def desk_of_plan(session: Session, press: Press) -> Modal:
    """The draft of the plan that a button carries."""
    of = draft_of(session, press.number)
    if of is None:
        raise NoSuchPlan(code=press.number)
    return _desk(session, press, of, views.OVERVIEW, 0)


def _desk(session: Session, press: Press, of: Draft, part: str, leaf: int) -> Modal:
    book = playbook_of(of)
    items = forms.items(book, Part(part)) if part != views.OVERVIEW else ()
    own = forms.lines(book, Part(part)) if part != views.OVERVIEW else ()
    leaf = max(0, min(leaf, (len(items) - 1) // views.ITEMS))
    facts = facts_of(session, press, of) | {"labels": labels(session, book, press)}
    return views.desk(press.lang, facts=facts, part=part, items=items, lines_=own, leaf=leaf, view=seen(press))


# --- begin -----------------------------------------------------------------------------------------------------------


def begin(session: Session, press: Press) -> None:
    """A draft of the plan's next version, equal to the latest that stands or is to stand."""
    base = latest(session, press.value, at=press.at) or newest(session, press.value)
    if base is None:
        raise NoSuchPlan(code=press.value)
    draft.open(session, content=playbook_of(base), base=base, people=press.people, by=press.by, at=press.at)


def roll_back(session: Session, press: Press) -> None:
    """A draft equal to an old version."""
    old = numbered(session, press.number, int(press.arg))
    publish.roll_back(session, old, people=press.people, by=press.by, at=press.at)


def new_open(session: Session, press: Press) -> Modal:
    """A new plan, begun from one that stands."""
    stand = [{"code": each.code, "title": dict(each.title)} for each in shelf.starters(session)]
    permits.require(Act.WRITE, press.by, (), people=press.people, at=press.at)
    chosen = {"starter": press.value} if press.value else {}
    return views.new(press.lang, starters=stand, units=find.units(press.people, press.by), chosen=chosen)


def new(session: Session, press: Press) -> dict[str, Any]:
    """A draft under its own code, otherwise what the starter plan says; its desk opens in the form's place."""
    typed = press.typed
    starter = in_force_of(session, str(typed["starter"]), at=press.at)
    if starter is None:
        raise NoSuchPlan(code=str(typed["starter"]))
    heading = {
        "code": str(typed["code"]).strip(),
        "title.zh": str(typed["title_zh"]),
        "title.en": str(typed["title_en"]),
        "units": "\n".join(typed.get("units") or ()),
    }
    try:
        book = edits.put(playbook_of(starter), Part.HEAD, None, heading)
    except BadEdit as bad:
        raise _at_fields(
            bad, {"code": "code", "title.zh": "title_zh", "title.en": "title_en", "units": "units"}
        ) from None
    of = draft.open(session, content=book, people=press.people, by=press.by, at=press.at)
    return {"response_action": "update", "view": _desk(session, press, of, views.OVERVIEW, 0)}


# --- edit ------------------------------------------------------------------------------------------------------------


def edit_open(session: Session, press: Press) -> Modal:
    """The form of a part's own fields, or of one item."""
    of = _draft(session, press)
    permits.require(Act.WRITE, press.by, of.units, people=press.people, at=press.at)
    _, part, item = press.value.split("|", 2)
    book = playbook_of(of)
    lines = offered(session, book, Part(part), item or None, press)
    return _edit_form(session, press, of, book, part=Part(part), item=item or None, lines=lines)


def _edit_form(
    session: Session,
    press: Press,
    of: Draft,
    book: Playbook,
    *,
    part: Part,
    item: str | None,
    lines: tuple[Line, ...],
    moved: tuple[Words, ...] = (),
) -> Modal:
    private = {"draft": of.id, "part": part.value, "item": item, "revision": of.revision}
    private["leaf"] = press.private.get("leaf", 0)
    return views.edit(
        press.lang,
        head=ask.head(of),
        part=part,
        item=item,
        lines_=lines,
        labels=labels(session, book, press),
        moved=_both(moved),
        private=private,
    )


def offered(session: Session, book: Playbook, part: Part, item: str | None, press: Press) -> tuple[Line, ...]:
    """The lines of a form as people say them; what is known by name is chosen from, not typed."""
    named = labels(session, book, press)
    lines = forms.lines(book, part, item)
    choices = {field: tuple(titles) for field, titles in named.items() if field in CHOSEN and titles}
    lines = tuple(
        replace(line, choices=choices[line.field]) if line.field in choices and not line.choices else line
        for line in lines
    )
    return views.spoken(lines, press.lang)


def labels(session: Session, book: Playbook, press: Press) -> dict[str, dict[str, Words]]:
    """What people read for the values of a choice, by the line's name."""
    roles = {role.id: role.title for role in book.roles}
    posts = {post: Words(zh=zh, en=en) for post, (zh, en) in ROLE_TITLES.items()}
    titles = known(session)
    return titles | {
        "covers": titles["scenario"],
        "criteria": {name: each.title for name, each in regimes.all_criteria().items()},
        "regime": {name: each.title for name, each in regimes.all_regimes().items()},
        "event_class": EVENT_CLASSES,
        "owner": {each.id: Words(zh=each.name, en=each.name) for each in press.people.people.values()},
        "units": {each.id: each.title for each in press.people.units.values()},
        "role": roles,
        "decided_by": {**posts, **roles},
        "signs": posts,
        "alone.post": posts,
        "tier": {each.value: each.words for each in Tier},
        "organisation": {each.value: each.words for each in OrgLevel},
        "family": {each.value: each.words for each in Family},
    }


def edit(session: Session, press: Press) -> dict[str, Any] | None:
    """Write what the form says; where somebody was faster, the form comes back with both, and nothing is lost."""
    kept, of = press.private, _draft(session, press, lock=True)
    part, item = Part(kept["part"]), kept["item"]
    read = playbook_of(revision_of(session, of, number=int(kept["revision"])) or of)
    mine = views.changed(offered(session, read, part, item, press), press.typed)
    if of.revision != int(kept["revision"]):
        return {"response_action": "update", "view": _moved_form(session, press, of, read, mine)}
    if not mine and item != NEW:
        return None
    try:
        content = edits.put(playbook_of(of), part, item, mine)
    except BadEdit as bad:
        raise at_blocks(bad, press) from None
    draft.edit(session, of, content, revision=of.revision, people=press.people, by=press.by, at=press.at)
    return None


def _moved_form(session: Session, press: Press, of: Draft, read: Playbook, mine: Mapping[str, str]) -> Modal:
    """The form over what stands now, with the person's own words in it and what the other changed above it."""
    now, part, item = playbook_of(of), Part(press.private["part"]), press.private["item"]
    shown = offered(session, now, part, item, press)
    lines = tuple(replace(line, value=mine.get(line.field, line.value)) for line in shown)
    return _edit_form(session, press, of, now, part=part, item=item, lines=lines, moved=changes(read, now))


def at_blocks(bad: BadEdit, press: Press) -> Fields:
    """Each fault at the block of its line; what belongs to no line stands at the first."""
    blocks = [str(each["block_id"]) for each in (press.view or {}).get("blocks", ()) if each.get("type") == "input"]
    by_field = {block.partition("#")[0]: block for block in reversed(blocks)}
    return _at_fields(bad, by_field, first=blocks[0] if blocks else "")


def _at_fields(bad: BadEdit, blocks: Mapping[str, str], *, first: str = "") -> Fields:
    found: dict[str, list[FieldFault]] = {}
    first = first or next(iter(blocks.values()))
    for each in bad.faults:
        found.setdefault(blocks.get(each.field, first), []).append(each)
    refusals: dict[str, Refusal] = {block: BadEdit(tuple(faults)) for block, faults in found.items()}
    return Fields(refusals)


def remove(session: Session, press: Press) -> None:
    """Take an item out."""
    of, revision, part, item = _item(session, press)
    content = edits.removed(playbook_of(of), part, item)
    draft.edit(session, of, content, revision=revision, people=press.people, by=press.by, at=press.at)


def raise_(session: Session, press: Press) -> None:
    """Move an item up by one."""
    of, revision, part, item = _item(session, press)
    book = playbook_of(of)
    place = [each.id for each in forms.items(book, part)].index(item) + 1
    content = edits.moved(book, part, item, to=place - 1)
    draft.edit(session, of, content, revision=revision, people=press.people, by=press.by, at=press.at)


def _item(session: Session, press: Press) -> tuple[Draft, int, Part, str]:
    """The draft, the revision that the presser looked at, and what was chosen of it."""
    named, revision, part, item = press.value.split("|", 3)
    of = one_draft(session, int(named))
    draft.read(session, of, int(revision))
    return of, int(revision), Part(part), item


# --- a version in between --------------------------------------------------------------------------------------------


def take_over(session: Session, press: Press) -> None:
    """Bring what the later version changed into the draft."""
    of = _draft(session, press, lock=True)
    draft.take_over(session, of, int(press.arg), people=press.people, by=press.by, at=press.at)


def keep(session: Session, press: Press) -> None:
    """Keep the draft as it is, knowing what the later version changed."""
    of = _draft(session, press, lock=True)
    draft.keep(session, of, int(press.arg), people=press.people, by=press.by, at=press.at)


# --- say something ---------------------------------------------------------------------------------------------------


def comment_open(session: Session, press: Press) -> Modal:
    """A comment on the content as it stands."""
    return _reason_form(press, "comment", _draft(session, press))


def comment(session: Session, press: Press) -> None:
    """Say it."""
    of = _draft(session, press, lock=True)
    draft.comment(session, of, str(press.typed["reason"] or ""), people=press.people, by=press.by, at=press.at)


def difference(session: Session, press: Press) -> Modal:
    """Every change against the version in force, as sentences."""
    of = one_draft(session, int(press.arg), lock=False)
    return views.difference(press.lang, facts=facts_of(session, press, of))


def abandon_open(session: Session, press: Press) -> Modal:
    """Give the draft up."""
    return _reason_form(press, "abandon", one_draft(session, int(press.arg), lock=False))


def abandon(session: Session, press: Press) -> None:
    """Give it up; what it said is kept."""
    of = _draft(session, press, lock=True)
    draft.abandon(session, of, str(press.typed.get("reason") or ""), people=press.people, by=press.by, at=press.at)


def _reason_form(press: Press, what: str, of: Draft) -> Modal:
    private = {"draft": of.id, "digest": of.digest, "part": press.private.get("part"), "leaf": 0}
    return views.reason(press.lang, what, facts=ask.head(of), private=private)


# --- three hands -----------------------------------------------------------------------------------------------------


def submit_open(session: Session, press: Press) -> Modal:
    """Answer for it as its author; who is to review it."""
    of = _draft(session, press)
    permits.require(Act.WRITE, press.by, of.units, people=press.people, at=press.at)
    found = [
        each
        for each in press.people.people.values()
        if each.id not in {*of.editors, press.by.id}
        and permits.may(Act.REVIEW, each, of.units, people=press.people, at=press.at)
    ]
    private = {"draft": of.id, "digest": of.digest}
    return views.submit(press.lang, facts=facts_of(session, press, of), reviewers=_people(found), private=private)


def submit(session: Session, press: Press) -> None:
    """Submit it, and tell who is to review it."""
    of = _draft(session, press, lock=True)
    digest = str(press.private["digest"])
    draft.submit(session, of, digest=digest, people=press.people, by=press.by, at=press.at)
    _ask(session, press, of)


def _ask(session: Session, press: Press, of: Draft) -> None:
    whom = str(press.typed.get("whom") or "")
    ask.ask(session, of, whom=[whom] if whom else (), people=press.people, by=press.by, at=press.at)


def read(session: Session, press: Press) -> Modal:
    """The draft word for word; who is wanted next may answer for it."""
    return _reading(session, press, _draft(session, press), press.lang, 0)


def read_leaf(session: Session, press: Press) -> Modal:
    """The next leaf of it."""
    kept = press.private
    of = one_draft(session, int(kept["draft"]), lock=False)
    return _reading(session, press, of, str(kept["lang"]), int(press.value))


def read_tongue(session: Session, press: Press) -> Modal:
    """The same in the other language."""
    of = one_draft(session, int(press.private["draft"]), lock=False)
    return _reading(session, press, of, press.value, 0)


def _reading(session: Session, press: Press, of: Draft, lang: str, leaf: int) -> Modal:
    told = leaves(whole(playbook_of(of), replace(press.house.view, lang=lang), known(session)))
    leaf = max(0, min(leaf, len(told) - 1))
    facts = facts_of(session, press, of)
    if facts["act"] == Act.REVIEW:
        facts["next"] = _people(_signers(press, of))
    private = {"draft": of.id, "digest": of.digest, "lang": lang}
    return views.reading(
        press.lang,
        facts=facts,
        told=told[leaf],
        leaf=leaf,
        of=len(told),
        act=facts["act"],
        other=lang != press.lang,
        private=private,
    )


def _signers(press: Press, of: Draft) -> list[Person]:
    """Who may sign after the presser has reviewed."""
    return [
        each
        for each in press.people.people.values()
        if each.id not in {*of.editors, press.by.id}
        and permits.may(Act.SIGN, each, of.units, people=press.people, at=press.at)
    ]


def agree(session: Session, press: Press) -> None:
    """Answer for it as its reviewer, and tell who is to sign it."""
    of, note = _draft(session, press, lock=True), str(press.typed.get("note") or "")
    draft.review(
        session, of, digest=str(press.private["digest"]), agrees=True, note=note, people=press.people, by=press.by,
        at=press.at,
    )  # fmt: skip
    _ask(session, press, of)


def sign(session: Session, press: Press) -> None:
    """Answer for it as its signer, and tell who is to issue it."""
    of = _draft(session, press, lock=True)
    draft.sign(session, of, digest=str(press.private["digest"]), people=press.people, by=press.by, at=press.at)
    _ask(session, press, of)


def refuse_open(session: Session, press: Press) -> Modal:
    """Send it back, with the reason."""
    return _reason_form(press, "back", _draft(session, press))


def send_back(session: Session, press: Press) -> None:
    """Give it back to who wrote it, and tell them why."""
    of = _draft(session, press, lock=True)
    draft.send_back(session, of, str(press.typed["reason"] or ""), people=press.people, by=press.by, at=press.at)
    _ask(session, press, of)
