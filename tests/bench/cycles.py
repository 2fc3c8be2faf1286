"""How long the house's daily round, `/plan due` and Home's list take with 20 plans and with 2,000.

Run it: `python -m tests.bench.cycles`. The round is rung once a day under the write lock; a list is read at each Home.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from escalation import rosters, track
from plans import cycles, due, review
from plans.records import Origin, Plan
from store import presses  # noqa: F401 -- its table is made with the others
from store.database import Database

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def stand(session: Session, n: int, at: datetime) -> None:
    """A plan whose year ends on one of many days."""
    since = at - timedelta(days=n % 365)
    of = Plan(
        code=f"plan-{n}", title={"zh": f"预案{n}", "en": f"Plan {n}"}, tier="special", organisation="group", units=[],
        scenarios=["cable_cut"], references={}, owner="chen.jing", parent=None, outline=False, origin=Origin.ISSUED,
        number=20, digest="a" * 64, in_force_at=since, review_every="P1Y", reviewed_at=since,
    )  # fmt: skip
    session.add(of)
    track.open_matter(session, of.matter, exercise=False, at=since)


def measure(count: int) -> dict[str, float]:
    """Seconds of the first round, of one on which nothing changed, and of the list."""
    people = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
    terms = cycles.terms(people)
    house = Database("sqlite://", journal_key=b"bench")
    house.create()
    with house.begin() as session:
        for n in range(count):
            stand(session, n, AT)
    took = {}
    for name in ("first round", "daily round"):
        began = time.perf_counter()
        with house.begin() as session:
            review.reconcile(session, terms=terms, at=AT)
        took[name] = time.perf_counter() - began
    began = time.perf_counter()
    with house.read() as session:
        found = due.rows(session, people, at=AT)
    took[f"list of {len(found)}"] = time.perf_counter() - began
    house.close()
    return took


if __name__ == "__main__":
    for count in (20, 2000):
        told = ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in measure(count).items())
        sys.stdout.write(f"{count} plans: {told}\n")
