"""Write a plan: open a draft, edit, comment, submit, review, sign, send back, abandon."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy.orm import Session

from errors import (
    BadEdit,
    BadValue,
    DraftStands,
    FieldFault,
    HandMissing,
    NotForThisPlan,
    PlanMoved,
    PlanOvertaken,
    PlanUnfit,
    SamePerson,
)
from escalation.rosters import People, Person
from escalation.words import Words
from plans import tree
from plans.records import Origin, plans
from plans.tiers import OrgLevel, Tier
from plans.tree import Node
from playbooks import lineage, merge, permits
from playbooks.changes import changes
from playbooks.machine import State, Step, advance
from playbooks.permits import Act
from playbooks.records import (
    Comment,
    Draft,
    Hand,
    Part,
    Revision,
    Version,
    draft_of,
    hand,
    in_force_of,
    latest,
    newest,
    playbook_of,
    revision_of,
    versions,
)
from playbooks.shape import Playbook, canonical
from store import journal

HOLDS = timedelta(days=30)  # how long a signature holds
SHOWN = 12  # changes said in a refusal; the rest is counted


# --- write -----------------------------------------------------------------------------------------------------------


def open(  # noqa: A001 -- a draft is opened; no file is in these rooms
    session: Session,
    *,
    content: Playbook,
    base: Version | None = None,
    people: People,
    by: Person,
    at: datetime,
) -> Draft:
    """Begin a draft: of a new plan, or of the next version of `base`'s plan; one at a time for each plan.

    Refuses `DraftStands` where the plan has one already, and a new plan under the code of one that was ever issued.
    """
    old = playbook_of(base).units if base is not None else ()
    principal = permits.require(Act.WRITE, by, _all_units(old, content.units), people=people, at=at)
    standing = draft_of(session, content.code)
    if standing is not None:
        when, who = people.clock(standing.changed_at), people.name(standing.changed_by)
        raise DraftStands(code=content.code, who=who, when=when)
    _same_plan(content.code, base, newest(session, content.code))
    born = Draft(
        code=content.code,
        base_version_id=base.id if base is not None else None,
        content=canonical(content),
        digest=content.digest,
        state=State.DRAFT,
        revision=1,
        editors=_with(_alone(session, content, base), by, principal),
        opened_by=by.id,
        opened_at=at,
        changed_by=by.id,
        changed_at=at,
    )
    session.add(born)
    session.flush()
    _keep(session, born, by=by, at=at)
    told = {"draft": born.id, "digest": born.digest, "base": base.number if base is not None else None}
    journal.write(session, born.matter, "draft_opened", told, by=by.id, at=at)
    return born


def _alone(session: Session, content: Playbook, base: Version | None) -> list[str]:
    """Whose words alone are in it: who amended the plan in an emergency has a hand in what begins from that."""
    if base is None:
        return []
    before = (each for each in versions(session, content.code) if each.number <= base.number)
    running = takewhile(lambda each: each.origin is Origin.EMERGENCY, before)
    return [*(who for each in running for who in sorted(each.amended_by)), *_word_for_word(session, content)]


def _word_for_word(session: Session, content: Playbook) -> list[str]:
    """Who said this very content in an emergency."""
    taken = (each for each in versions(session, content.code) if each.digest == content.digest)
    return [who for each in taken for who in sorted(each.amended_by)]


def _all_units(old: Collection[str], new: Collection[str]) -> tuple[str, ...]:
    """Where the writer must be allowed: at the units of both; a plan for all units is for all of them."""
    return tuple(dict.fromkeys((*old, *new))) if old and new else ()


def _same_plan(code: str, base: Version | None, newest_: Version | None) -> None:
    if base is not None and base.code != code:
        zh, en = (
            f"编号应为 {base.code}，而内容写的是 {code}。",
            f"the code is {base.code}, and the content says {code}.",
        )
        raise NotForThisPlan(why=Words(zh=zh, en=en))
    if base is None and newest_ is not None:
        zh = f"编号 {code} 已有预案（v{newest_.number}）；请在它的基础上修改，或换一个编号。"
        raise NotForThisPlan(
            why=Words(zh=zh, en=f"{code} is a plan already (v{newest_.number}): change that one, or take another code.")
        )


def _with(editors: Iterable[str], by: Person, principal: str | None) -> list[str]:
    return list(dict.fromkeys((*editors, by.id, *([principal] if principal else []))))


def _keep(session: Session, of: Draft, *, by: Person, at: datetime) -> None:
    kept = Revision(draft_id=of.id, revision=of.revision, digest=of.digest, content=of.content, by=by.id, at=at)
    session.add(kept)
    session.flush()


def edit(
    session: Session, of: Draft, content: Playbook, *, revision: int, people: People, by: Person, at: datetime
) -> Draft:
    """Write new content over the revision that was read; every signature on the old one is void.

    Refuses `PlanMoved` with what another changed since `revision`: nothing is written over unseen.
    """
    principal = permits.require(Act.WRITE, by, _all_units(of.units, content.units), people=people, at=at)
    if content.code != of.code:
        zh, en = f"编号应为 {of.code}，不能更改。", f"the code is {of.code}; it cannot change."
        raise NotForThisPlan(why=Words(zh=zh, en=en))
    read(session, of, revision)
    state = advance(of.state, Step.EDIT)
    if content.digest == of.digest:
        return of
    said = changes(playbook_of(of), content)
    of.state, of.editors = state, _with(of.editors, by, principal)
    _write(session, of, content, by=by, at=at)
    told = {"draft": of.id, "revision": of.revision, "digest": of.digest, "changes": _plain(said)}
    journal.write(session, of.matter, "draft_edited", told, by=by.id, at=at)
    return of


def read(session: Session, of: Draft, revision: int) -> None:
    """Refuse `PlanMoved`, with what another changed, where `revision` is not what stands."""
    if revision != of.revision:
        raise _moved(of, revision_of(session, of, number=revision))


def _write(session: Session, of: Draft, content: Playbook, *, by: Person, at: datetime) -> None:
    of.revision, of.content, of.digest = of.revision + 1, canonical(content), content.digest
    of.changed_by, of.changed_at = by.id, at
    session.flush()
    _keep(session, of, by=by, at=at)


def _moved(of: Draft, read: Revision | None) -> PlanMoved:
    """The refusal that says what moved since `read`."""
    unknown = Words(zh="内容与您阅读的不同。", en="the content is not what you read.")
    said = changes(playbook_of(read), playbook_of(of)) if read is not None else ()
    said = said or (unknown,)
    refusal = PlanMoved(changes=_joined(said), revision=of.revision)
    refusal.facts["listed"] = said
    return refusal


def _joined(said: tuple[Words, ...]) -> Words:
    more = len(said) - SHOWN
    zh = " ".join(each.zh for each in said[:SHOWN]) + (f" 另有 {more} 处。" if more > 0 else "")
    en = " ".join(each.en for each in said[:SHOWN]) + (f" And {more} more." if more > 0 else "")
    return Words(zh=zh, en=en)


def _plain(said: Iterable[Words]) -> list[Mapping[str, str]]:
    return [{"zh": each.zh, "en": each.en} for each in said]


def comment(session: Session, of: Draft, text: str, *, people: People, by: Person, at: datetime) -> Comment:
    """Say something about the content as it stands."""
    permits.require(Act.COMMENT, by, of.units, people=people, at=at)
    _open(of, Words(zh="评论", en="comment on"))
    said = Comment(draft_id=of.id, digest=of.digest, text=_said(text, Words(zh="评论", en="Comment")), by=by.id, at=at)
    session.add(said)
    session.flush()
    journal.write(session, of.matter, "draft_commented", {"draft": of.id, "text": said.text}, by=by.id, at=at)
    return said


def _open(of: Draft, doing: Words) -> None:
    if of.closed_at is not None:
        zh, en = f"草稿已结束，不能{doing.zh}。", f"the draft is closed; one cannot {doing.en} it any more."
        raise NotForThisPlan(why=Words(zh=zh, en=en))


def _said(text: str, field: Words) -> str:
    if not text.strip():
        raise BadValue(field=field, expected=Words(zh="请写明。", en="must not be empty."))
    return text.strip()


# --- overtaken -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Overtaken:
    """A version came after the one a draft began from: what it changed, and of the draft what would give way to it.

    `both` is the draft with those changes taken over; None where the two make no plan together, for `faults`.
    """

    by: Version
    changes: tuple[Words, ...]
    gives_way: tuple[Words, ...]
    both: Playbook | None
    faults: tuple[Words, ...]


def overtaken(session: Session, of: Draft, *, at: datetime) -> Overtaken | None:
    """What came in between, where a later version than the draft's base stands or is to stand; else None."""
    base = session.get(Version, of.base_version_id) if of.base_version_id is not None else None
    now = latest(session, of.code, at=at)
    if of.closed_at is not None or now is None or now.number <= (base.number if base is not None else 0):
        return None
    began = base or revision_of(session, of, number=1)
    return _overtaken(playbook_of(began or of), playbook_of(of), now)


def _overtaken(base: Playbook, mine: Playbook, now: Version) -> Overtaken:
    theirs = playbook_of(now)
    both: Playbook | None = None
    way: tuple[Words, ...] = ()
    faults: tuple[Words, ...] = ()
    try:
        both = merge.taken_over(base, mine, theirs)
        way = merge.gave_way(base, mine, theirs, both)
    except BadEdit as bad:
        faults = tuple(Words(zh=each.zh, en=each.en) for each in bad.faults)
    return Overtaken(by=now, changes=changes(base, theirs), gives_way=way, both=both, faults=faults)


def current(session: Session, of: Draft, *, at: datetime) -> None:
    """Refuse `PlanOvertaken`, with what the later version changed, where issuing the draft would silently undo it."""
    found = overtaken(session, of, at=at)
    if found is not None:
        raise _undoing(found)


def _undoing(found: Overtaken) -> PlanOvertaken:
    same = Words(zh="文本与草稿开始时的版本相同。", en="it says what the draft began from.")
    said = found.changes or (same,)
    refusal = PlanOvertaken(now=found.by.label, changes=_joined(said))
    refusal.facts["listed"] = said
    return refusal


def take_over(session: Session, of: Draft, number: int, *, people: People, by: Person, at: datetime) -> Draft:
    """Bring into the draft what version `number`, which came since it was begun, changed; the draft goes on from that.

    Whoever amended it in an emergency has a hand in the content from here on. Refuses `BadEdit` where the two
    together make no plan, and `PlanOvertaken` where another version than `number` came.
    """
    found = _came(session, of, number, people=people, by=by, at=at)
    if found.both is None:
        raise BadEdit(tuple(FieldFault(field="", zh=each.zh, en=each.en) for each in found.faults))
    everywhere = _all_units(of.units, found.both.units)
    principal = permits.require(Act.WRITE, by, everywhere, people=people, at=at)
    hands = [*of.editors, *_alone(session, found.both, found.by)]
    if found.both.digest != of.digest:
        _write(session, of, found.both, by=by, at=at)
    _go_on(session, of, found, _with(hands, by, principal), how="taken", by=by, at=at)
    return of


def keep(session: Session, of: Draft, number: int, *, people: People, by: Person, at: datetime) -> Draft:
    """Keep the draft as it is, knowing what version `number`, which came since it was begun, changed.

    What was signed before counts for nothing: who signed did not know it. Refuses `PlanOvertaken` as `take_over` does.
    """
    found = _came(session, of, number, people=people, by=by, at=at)
    principal = permits.require(Act.WRITE, by, of.units, people=people, at=at)
    hands = [*of.editors, *_word_for_word(session, playbook_of(of))]
    _go_on(session, of, found, _with(hands, by, principal), how="kept", by=by, at=at)
    return of


def _came(session: Session, of: Draft, number: int, *, people: People, by: Person, at: datetime) -> Overtaken:
    """What came in between, where it is what `by` read."""
    permits.require(Act.WRITE, by, of.units, people=people, at=at)
    _open(of, Words(zh="修改", en="change"))
    found = overtaken(session, of, at=at)
    if found is None:
        zh, en = "草稿已以最新的版本为基础。", "the draft goes on from the latest version already."
        raise NotForThisPlan(why=Words(zh=zh, en=en))
    if found.by.number != number:
        raise _undoing(found)
    return found


def _go_on(
    session: Session, of: Draft, found: Overtaken, editors: list[str], *, how: str, by: Person, at: datetime
) -> None:
    of.state, of.sent_back_at = advance(of.state, Step.EDIT), at
    of.base_version_id, of.editors = found.by.id, editors
    session.flush()
    told = {"draft": of.id, "version": found.by.number, "digest": of.digest, "how": how}
    told |= {"changes": _plain(found.changes), "gave_way": _plain(found.gives_way if how == "taken" else ())}
    journal.write(session, of.matter, "draft_rebased", told, by=by.id, at=at)


# --- three hands -----------------------------------------------------------------------------------------------------


def submit(session: Session, of: Draft, *, digest: str, people: People, by: Person, at: datetime) -> Hand:
    """Answer for it as its author, and ask for review; refuses `PlanUnfit` with every fault at once."""
    principal = permits.require(Act.WRITE, by, of.units, people=people, at=at)
    state = advance(of.state, Step.SUBMIT)
    still(session, of, digest)
    current(session, of, at=at)
    fit(session, playbook_of(of), people=people, at=at)
    of.state, of.sent_back = state, None
    return _sign(session, of, Part.AUTHOR, principal, by=by, at=at)


def review(
    session: Session, of: Draft, *, digest: str, agrees: bool, note: str = "", people: People, by: Person, at: datetime
) -> Hand | None:
    """Answer for it as its reviewer, or send it back with the reason; refuses whoever has a hand in the content."""
    principal = permits.require(Act.REVIEW, by, of.units, people=people, at=at)
    state = advance(of.state, Step.REVIEW)
    still(session, of, digest)
    # Who submits answers for every word, also who never wrote one of them.
    _apart(of, filter(None, [hand(session, of, Part.AUTHOR, at=at)]), by, principal, people)
    if not agrees:
        _back(session, of, note, by=by, at=at)
        return None
    current(session, of, at=at)
    of.state = state
    return _sign(session, of, Part.REVIEWER, principal, note=note, by=by, at=at)


def sign(session: Session, of: Draft, *, digest: str, people: People, by: Person, at: datetime) -> Hand:
    """Answer for it as its signer, the third person: neither of those who wrote it, nor who reviewed it."""
    principal = permits.require(Act.SIGN, by, of.units, people=people, at=at)
    state = advance(of.state, Step.SIGN)
    still(session, of, digest)
    current(session, of, at=at)
    given = [standing_hand(session, of, part, at=at) for part in (Part.AUTHOR, Part.REVIEWER)]
    _apart(of, given, by, principal, people)
    of.state = state
    return _sign(session, of, Part.SIGNER, principal, by=by, at=at)


def send_back(session: Session, of: Draft, reason: str, *, people: People, by: Person, at: datetime) -> None:
    """Give it back to who wrote it, with the reason; what was signed holds no longer, changed or not."""
    permits.require(Act.REVIEW, by, of.units, people=people, at=at)
    _back(session, of, reason, by=by, at=at)


def abandon(session: Session, of: Draft, reason: str = "", *, people: People, by: Person, at: datetime) -> None:
    """Give the draft up; what it said is kept."""
    permits.require(Act.WRITE, by, of.units, people=people, at=at)
    _open(of, Words(zh="放弃", en="abandon"))
    of.state, of.closed_at = advance(of.state, Step.WITHDRAW), at
    session.flush()
    told = {"draft": of.id, "digest": of.digest, "why": reason.strip()}
    journal.write(session, of.matter, "draft_abandoned", told, by=by.id, at=at)


def _back(session: Session, of: Draft, reason: str, *, by: Person, at: datetime) -> None:
    why = _said(reason, Words(zh="理由", en="Reason"))
    of.state, of.sent_back, of.sent_back_at = advance(of.state, Step.SEND_BACK), why, at
    session.flush()
    told = {"draft": of.id, "digest": of.digest, "why": why}
    journal.write(session, of.matter, "draft_sent_back", told, by=by.id, at=at)


def _sign(
    session: Session, of: Draft, part: Part, principal: str | None, *, note: str = "", by: Person, at: datetime
) -> Hand:
    given = Hand(
        draft_id=of.id,
        part=part,
        person=by.id,
        stands_for=principal,
        digest=of.digest,
        note=note.strip(),
        given_at=at,
        expires_at=at + HOLDS,
    )
    session.add(given)
    session.flush()
    told = {"draft": of.id, "part": part.value, "digest": of.digest, "stands_for": principal, "note": given.note}
    journal.write(session, of.matter, "draft_signed", told, by=by.id, at=at)
    return given


def still(session: Session, of: Draft, digest: str) -> None:
    """Refuse to answer for anything but what stands: what was read is what is signed, and issued."""
    if digest != of.digest:
        raise _moved(of, revision_of(session, of, digest=digest))


def standing_hand(session: Session, of: Draft, part: Part, *, at: datetime) -> Hand:
    """The signature of a part that holds at `at`; refuses when there is none."""
    found = hand(session, of, part, at=at)
    if found is None:
        raise HandMissing(role=part.words, days=HOLDS.days)
    return found


def _apart(of: Draft, given: Iterable[Hand], by: Person, principal: str | None, people: People) -> None:
    """Refuse who has a hand in it already, also through whom they stand in for, or who stood in for them."""
    mine = {by.id, principal} - {None}
    taken = dict.fromkeys(of.editors, Part.AUTHOR.words)
    taken |= {who: each.part.words for each in given for who in each.people}
    for who in (by.id, principal):
        if who in mine and who in taken:
            raise SamePerson(who=people.name(who), role=taken[who])


# --- whether it fits -------------------------------------------------------------------------------------------------


def fit(session: Session, content: Playbook, *, people: People, at: datetime) -> None:
    """Refuse `PlanUnfit` with everything that keeps the content from standing among the other plans."""
    found = faults(session, content, people=people, at=at)
    if found:
        raise unfit(found)


def unfit(found: Collection[Words]) -> PlanUnfit:
    """The refusal that lists them, one a line."""
    zh, en = ("\n".join(f"- {each.said(lang)}" for each in found) for lang in ("zh", "en"))
    refusal = PlanUnfit(n=len(found), faults=Words(zh=zh, en=en))
    refusal.facts["listed"] = tuple(found)
    return refusal


def faults(session: Session, content: Playbook, *, people: People, at: datetime) -> tuple[Words, ...]:
    """Everything wrong with a plan's place: its units, its parent and clocks, the ids of its duties."""
    before = [playbook_of(each) for each in versions(session, content.code)]
    return (
        *lineage.unknown_units(content, people.units),
        *tree.faults(lineage.node_of(content), around(session, content, at=at)),
        *lineage.reused(content, before),
    )


def around(session: Session, content: Playbook, *, at: datetime) -> dict[str, Node]:
    """The plans in force that the place of `content` hangs on: those above it, and every comprehensive one."""
    found = dict(_roots(session))
    above = content.parent
    while above is not None and above != content.code:
        standing = in_force_of(session, above, at=at)
        if standing is None or (above in found and found[above].duties):
            break
        book = playbook_of(standing)
        found[above] = lineage.node_of(book)
        above = book.parent
    found.pop(content.code, None)
    return found


def _roots(session: Session) -> Iterator[tuple[str, Node]]:
    for each in plans(session):
        if each.tier == Tier.COMPREHENSIVE:
            yield each.code, _light(each)


def _light(each: Any) -> Node:  # noqa: ANN401 -- a row of the register
    return Node(
        code=each.code,
        title=Words(**each.title),
        tier=Tier(each.tier),
        organisation=OrgLevel(each.organisation),
        parent=each.parent,
    )
