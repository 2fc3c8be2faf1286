"""Plans of a house that runs, written, reviewed and signed by three persons beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import app
from escalation import rosters
from escalation.spans import Months
from playbooks import draft, publish
from playbooks.records import in_force_of, playbook_of
from store.database import Database
from tests.story.house import PEOPLE, House

TEAM = rosters.read(PEOPLE.read_text("utf-8"))
CHEN, LI, WANG = (TEAM.person(who) for who in ("chen.jing", "li.wei", "wang.fang"))


def opened(house: House) -> Database:
    """The house's database, from beside it."""
    return app.opened(app.Settings(tocsin_var=str(house.var), database_url=house.database_url))


def enter(house: House, code: str, **changed: Any) -> None:  # noqa: ANN401 -- any part of a plan
    """The next version of a starter plan stands, issued by three persons, and is reviewed every year."""
    database, at = opened(house), house.now
    with database.begin() as session:
        base = in_force_of(session, code, at=at)
        assert base is not None
        content = replace(playbook_of(base), review_every=Months(12), **changed)
        common: dict[str, Any] = {"people": TEAM, "at": at}
        of = draft.open(session, content=content, base=base, by=CHEN, **common)
        draft.submit(session, of, digest=of.digest, by=CHEN, **common)
        draft.review(session, of, digest=of.digest, agrees=True, by=LI, **common)
        draft.sign(session, of, digest=of.digest, by=WANG, **common)
        publish.issue(session, of, digest=of.digest, by=CHEN, **common)
    database.close()
