"""Publish a playbook: freeze it under the next number, and supersede what stood before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from escalation.words import Words
from playbooks.records import Version, newest
from playbooks.shape import Playbook, canonical
from store import journal


def publish(session: Session, playbook: Playbook, *, by: str, at: datetime) -> Version:
    """Freeze `playbook` as the next version; the same content again is the version that already stands.

    Incidents that run on the version before keep it: nothing here touches them.
    """
    before = newest(session, playbook.code)
    if before is not None and before.digest == playbook.digest and before.superseded_at is None:
        return before
    if before is not None:
        before.superseded_at = at
    frozen = Version(
        code=playbook.code,
        number=before.number + 1 if before else 1,
        scenario=playbook.scenario,
        digest=playbook.digest,
        content=canonical(playbook),
        published_by=by,
        published_at=at,
    )
    session.add(frozen)
    session.flush()
    told = {"version": frozen.number, "digest": frozen.digest, "title": _both(playbook.title)}
    journal.write(session, f"plan:{frozen.code}", "published", told, by=by, at=at)
    return frozen


def _both(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}
