"""Plans that stand in the register of a house that runs, as if three persons had signed them."""

from __future__ import annotations

import app
from plans import register
from plans.records import Origin
from playbooks.records import in_force, playbook_of
from store.database import Database
from tests.story.house import House


def opened(house: House) -> Database:
    """The house's database, from beside it."""
    return app.opened(app.Settings(tocsin_var=str(house.var), database_url=house.database_url))


def enter(house: House, code: str) -> None:
    """A plan was written, reviewed and signed by three persons: it stands in the register, reviewed every year."""
    database = opened(house)
    with database.begin() as session:
        version = next(each for each in in_force(session) if each.code == code)
        book = playbook_of(version)
        said = register.Standing(
            code=code, title={"zh": book.title.zh, "en": book.title.en}, tier=book.tier.value,
            organisation=book.organisation.value, units=(), scenarios=book.scenarios, references={},
            owner=book.owner, parent=None, outline=False, origin=Origin.ISSUED, number=version.number,
            digest=version.digest, review_every="P1Y",
        )  # fmt: skip
        register.stand(session, said, by="wang.fang", at=house.now)
    database.close()
