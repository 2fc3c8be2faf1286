"""Call people up a ladder until somebody acknowledges: a message sent is not a person reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from escalation import track
from escalation.ladders import Ladder, Via, Whom, wait_before
from escalation.records import Deadline, Dispatch, State, deadlines, dispatch
from escalation.rosters import DUTY_MANAGER, People, Person
from escalation.tell import tell
from store import journal

KIND = "call"
SETTLED = "call_settled"
NOT_TOLD = frozenset({State.REJECTED, State.UNCERTAIN})


def steps(ladder: Ladder, post: str, unit: str, people: People) -> list[dict[str, Any]]:
    """Who is called on each rung for `post` at `unit`, found now and kept: `[{wait_s, via, whom: [person id]}]`.

    A rung that finds nobody (no deputy in the file) calls the duty managers instead: a rung is never empty
    as long as anybody is on duty.
    """
    holders = people.holders(post, unit)
    found = []
    for n, rung in enumerate(ladder.rungs):
        whom = _whom(rung.whom, holders, unit, people) or people.holders(DUTY_MANAGER, unit)
        wait = wait_before(ladder, n).total_seconds()
        found.append({"wait_s": wait, "via": rung.via.value, "whom": [person.id for person in whom]})
    return found


def _whom(whom: Whom, holders: Sequence[Person], unit: str, people: People) -> Sequence[Person]:
    match whom:
        case Whom.HOLDER:
            return holders
        case Whom.DEPUTY:
            return [people.person(deputy) for holder in holders for deputy in holder.deputies]
        case Whom.SUPERIOR:
            return [people.person(holder.superior) for holder in holders if holder.superior]
        case Whom.DUTY_MANAGER:
            return people.holders(DUTY_MANAGER, unit)


def begin(
    session: Session, matter: str, role: str, rungs: Sequence[Mapping[str, Any]], ladder: Ladder, *,
    card: Mapping[str, Any], at: datetime,
) -> Deadline:  # fmt: skip
    """Note that the first rung is being called now; the ladder goes on by itself until `answer`.

    A role that is being called already goes on as it was; one that was answered before is called anew.
    """
    before = [each for each in deadlines(session, matter, KIND) if each.name == role]
    for calling in before:
        if calling.open:
            return calling
    facts = {"rungs": list(rungs), "repeat_s": ladder.repeat.total_seconds(), "card": dict(card)}
    first_wait = timedelta(seconds=rungs[1]["wait_s"]) if len(rungs) > 1 else ladder.repeat
    return track.start(
        session, matter, KIND, role, seq=len(before) + 1, started_at=at, ring_at=at + first_wait, facts=facts
    )


def ring(session: Session, due: Deadline, at: datetime) -> datetime:
    """Call the next rung; past the last one the last is called again, for ever."""
    n = due.rung + 1
    rungs = due.facts["rungs"]
    rung = rungs[min(n, len(rungs) - 1)]
    card = {**due.facts["card"], "role": due.name, "n": n + 1, "whom": rung["whom"], "since": _since(due)}
    for key, facts, place in _addressed(due, n, rung, card):
        tell(session, due.matter, "call", facts, key=key, courier="slack", place=place, then=SETTLED, priority=0, at=at)
    told = {"role": due.name, "whom": rung["whom"], "via": rung["via"], "n": n + 1}
    journal.write(session, due.matter, "called", told, by="tocsin", at=at)
    repeat = due.facts["repeat_s"]
    return at + timedelta(seconds=rungs[n + 1]["wait_s"] if n + 1 < len(rungs) else repeat)


def settled(session: Session, due: Deadline, at: datetime) -> None:
    """A call was told, or could not be: when nobody of a rung could be told, the next rung is called at once."""
    told = dispatch(session, due.facts["key"])
    track.meet(due, at=at)
    calling = next(
        (each for each in deadlines(session, due.matter, KIND) if each.open and told in _told(session, each)), None
    )
    if calling is not None and all(each.state in NOT_TOLD for each in _told(session, calling)):
        calling.ring_at = at


def _told(session: Session, calling: Deadline) -> list[Dispatch]:
    """The dispatches of the rung that is being called."""
    n, rungs = calling.rung, calling.facts["rungs"]
    rung = rungs[min(n, len(rungs) - 1)]
    keys = (key for key, _, _ in _addressed(calling, n, rung, {}))
    return [found for key in keys if (found := dispatch(session, key))]


def _addressed(
    due: Deadline, n: int, rung: Mapping[str, Any], card: Mapping[str, Any]
) -> list[tuple[str, dict[str, Any], str | None]]:
    again = f".{due.seq}" if due.seq > 1 else ""
    key = f"{due.matter}:call:{due.name}{again}:{n}"
    if rung["via"] == Via.ROOM.value:
        return [(key, dict(card), "room")]
    return [(f"{key}:{person}", {**card, "to": person}, None) for person in rung["whom"]]


def _since(due: Deadline) -> str | None:
    return due.started_at.isoformat() if due.started_at else None


def answer(session: Session, matter: str, role: str, *, at: datetime) -> None:
    """Somebody holds the role: stop calling."""
    for calling in deadlines(session, matter, KIND):
        if calling.name == role:
            track.meet(calling, at=at)
