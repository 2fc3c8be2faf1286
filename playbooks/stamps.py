"""What a printed page says of the version or the draft that it shows: its label, where it stands, whose hands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from escalation.rosters import People
from escalation.words import Words
from plans.records import Origin
from playbooks.machine import STATES
from playbooks.print import Stamp
from playbooks.records import Draft, Part, Version

STARTER = Words(zh="自带预案，本单位无人签发", en="a starter plan that nobody here has signed")
_OWNER = Words(zh="责任人", en="owner")
_FILED = Words(zh="备案号", en="filed as")
_UNTIL = Words(zh="{state}，应急修订，有效至 {at}", en="{state}, an emergency amendment, lives until {at}")


def stamp(of: Version | Draft, *, people: People, at: datetime) -> Stamp:
    """The stamp of a version or a draft that is printed `at`."""
    standing = _standing(of, people) if isinstance(of, Version) else STATES[of.state]
    return Stamp(label=of.label, digest=of.digest, standing=standing, hands=tuple(_hands(of, people)), at=at)


def _standing(of: Version, people: People) -> Words:
    state = STATES[of.stands]
    if of.origin is Origin.STARTER:
        return Words(zh=f"{state.zh}，{STARTER.zh}", en=f"{state.en}, {STARTER.en}")
    if of.lives_until is not None:
        day = f"{of.lives_until.astimezone(people.organisation.tz):%Y-%m-%d %H:%M}"
        return Words(zh=_UNTIL.zh.format(state=state.zh, at=day), en=_UNTIL.en.format(state=state.en, at=day))
    return state


def _hands(of: Version | Draft, people: People) -> Iterator[tuple[Words, str]]:
    yield _OWNER, people.name(str(of.content["owner"]))
    if isinstance(of, Version):
        for part, person in ((Part.AUTHOR, of.author), (Part.REVIEWER, of.reviewer), (Part.SIGNER, of.signer)):
            if person is not None:
                yield part.words, people.name(person)
        if of.filed_number:
            yield _FILED, of.filed_number
