"""How long `/plan`, a page of it and a search take with 20 plans and with 2,000, each of 20 versions.

Run it: `python -m tests.bench.plans`. What is measured is everything but the wire: the queries and the modal.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot import library
from bot.locales import Locales
from bot.press import House, Press
from bot.views.parts import View
from escalation import rosters, track
from plans import cycles, review
from plans.records import Origin
from playbooks import content, publish
from playbooks.records import Version
from playbooks.shape import Playbook, canonical
from store import presses  # noqa: F401 -- its table is made with the others
from store.database import Database

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
VERSIONS = 20


def main() -> None:
    """Print both libraries."""
    book = content.read((ROOT / "plans" / "library" / "cable-cut.yaml").read_text("utf-8"), "cable-cut.yaml")
    for count in (20, 2000):
        told = ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in measure(book, count).items())
        sys.stdout.write(f"{count} plans × {VERSIONS} versions: {told}\n")


def measure(book: Playbook, count: int) -> dict[str, float]:
    """Seconds of each look, the best of three."""
    house = Database("sqlite://", journal_key=b"bench")
    house.create()
    with house.begin() as session:
        for n in range(count):
            _stand(session, replace(book, code=f"plan-{n}", parent=None))
        review.reconcile(session, terms=cycles.terms(PEOPLE), at=AT)
    press = _press(house)
    looks: dict[str, Callable[[Session], Any]] = {
        "library": lambda session: library.library(session, press),
        "search": lambda session: library.looked_for(session, press, "光缆 19"),
        "one plan": lambda session: library.page(session, replace(press, value="plan-7")),
    }
    took = {name: min(_timed(house, look) for _ in range(3)) for name, look in looks.items()}
    house.close()
    return took


def _timed(house: Database, look: Callable[[Session], Any]) -> float:
    with house.read() as session:
        began = time.perf_counter()
        assert look(session)["type"] == "modal"
        return time.perf_counter() - began


def _stand(session: Session, book: Playbook) -> None:
    """A plan whose nineteen older versions are superseded and whose twentieth stands."""
    at = AT - timedelta(days=365)
    issued: dict[str, Any] = {
        "origin": Origin.ISSUED,
        "author": "chen.jing",
        "reviewer": "li.wei",
        "signer": "wang.fang",
    }
    common = {"code": book.code, "scenario": book.scenario, "covers": list(book.covers), "units": list(book.units)}
    common |= {
        "tier": book.tier.value,
        "outline": False,
        "content": canonical(book),
        "issued_by": "chen.jing",
        **issued,
    }
    common |= dict.fromkeys(("issued_at", "effective_at", "in_force_at", "superseded_at"), at)
    older = [common | {"number": n, "digest": book.digest} for n in range(1, VERSIONS)]
    session.execute(insert(Version), older)
    newest = Version(**common | {"number": VERSIONS, "digest": book.digest, "in_force_at": None, "superseded_at": None})
    session.add(newest)
    track.open_matter(session, newest.matter, exercise=False, at=at)
    session.flush()
    publish.take_effect(session, newest, by="chen.jing", at=AT)


def _press(house: Database) -> Press:
    view = View(people=PEOPLE, lang="zh", page_url="http://127.0.0.1/")
    stands = House(
        database=house, people=PEOPLE, locales=Locales(), view=view, receipts="", clock=lambda: AT, wake=lambda: None
    )
    return Press(house=stands, by=PEOPLE.person("chen.jing"), at=AT)


if __name__ == "__main__":
    main()
