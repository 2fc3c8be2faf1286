"""Tell who is wanted next for a draft: to review, to sign, to issue, to mend it; and that it was issued."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from escalation import track
from escalation.records import Matter
from escalation.rosters import People, Person
from escalation.tell import tell
from playbooks import permits
from playbooks.machine import State
from playbooks.permits import Act
from playbooks.records import Draft, Part, Version, hand, wanted

CHAT = "slack"


def askable(session: Session, of: Draft, act: Act, *, people: People, at: datetime) -> list[Person]:
    """Everybody of the people file who may do `act` to the draft as it stands, in the file's order."""
    return [
        each
        for each in people.people.values()
        if act in wanted(session, of, each, at=at) and permits.may(act, each, of.units, people=people, at=at)
    ]


def next_act(session: Session, of: Draft, *, at: datetime) -> Act | None:
    """What the draft waits for; None while it is being written, and once it is closed."""
    match of.state:
        case State.UNDER_REVIEW:
            return Act.REVIEW if hand(session, of, Part.REVIEWER, at=at) is None else Act.SIGN
        case State.SIGNED:
            return Act.ISSUE
        case State.DRAFT:
            return Act.WRITE if of.sent_back is not None else None
        case _:
            return None


def ask(
    session: Session, of: Draft, *, whom: Collection[str] = (), people: People, by: Person, at: datetime
) -> list[str]:
    """Tell who is wanted next, `whom` alone where they are among those who may; answers whom it told."""
    act = next_act(session, of, at=at)
    if act is None:
        return []
    may = [each.id for each in askable(session, of, act, people=people, at=at)]
    asked = [each for each in may if each in whom] or _nearest(session, of, act, may, at=at)
    facts = head(of) | {"act": act.value, "by": by.id, "at": at.isoformat(), "why": of.sent_back}
    _tell(session, of.matter, f"draft{of.id}:{act.value}", facts, asked, at=at)
    return asked


def _nearest(session: Session, of: Draft, act: Act, may: list[str], *, at: datetime) -> list[str]:
    """Where nobody was named: who wrote it is the first to issue or mend it, everybody who may is asked the rest."""
    author = hand(session, of, Part.AUTHOR, at=at)
    hands = [author.person] if author is not None else [of.changed_by]
    return [each for each in may if act in (Act.ISSUE, Act.WRITE) and each in hands] or may


def issued(session: Session, of: Draft, version: Version, *, people: People, by: Person, at: datetime) -> None:
    """Those whose names stand under a version hear that it was issued, and from when it is in force."""
    facts = head(of) | {
        "act": "issued",
        "by": by.id,
        "at": at.isoformat(),
        "why": None,
        "label": version.label,
        "effective_at": version.effective_at.isoformat(),
    }
    named = (version.author, version.reviewer, version.signer, str(version.content["owner"]))
    whom = dict.fromkeys(each for each in named if each is not None and each in people.people and each != by.id)
    _tell(session, of.matter, f"draft{of.id}:issued", facts, list(whom), at=at)


def head(of: Draft) -> dict[str, Any]:
    """What every card about a draft begins with."""
    return {
        "exercise": False,
        "draft": of.id,
        "code": of.code,
        "title": dict(of.content["title"]),
        "label": of.label,
        "digest": of.digest,
    }


def _tell(session: Session, matter: str, key: str, facts: dict[str, Any], whom: list[str], *, at: datetime) -> None:
    if whom and session.get(Matter, matter) is None:
        track.open_matter(session, matter, exercise=False, at=at)
    for who in whom:
        named = f"{matter}:{key}:{int(at.timestamp())}:{who}"
        tell(session, matter, "plan_step", facts | {"to": who}, key=named, courier=CHAT, at=at)
