"""How long the coverage matrix takes, for 20 plans and for 2,000: `python -m tests.bench.coverage`.

60 scenarios × 40 units, 20 versions a plan, each with a whole plan's content, on SQLite on disk. Medians of 9, and the
first.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median

from sqlalchemy import insert

from escalation import rosters
from escalation.rosters import People, Unit
from escalation.words import Words
from plans import coverage, gaps, picture
from plans.records import Entry, Origin, Plan, Register
from playbooks import content
from playbooks.records import Version
from playbooks.shape import canonical
from store import migrate
from store.database import Database

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SCENARIOS, UNITS, VERSIONS, TIMES = 60, 40, 20, 9
LIMIT_S = 1.0


def main() -> int:
    """Measure both libraries; 1 when the large one takes a second or more."""
    slow = 0
    for count in (20, 2000):
        with tempfile.TemporaryDirectory() as folder:
            slow += _measure(count, Path(folder))
    return 1 if slow else 0


def _measure(count: int, folder: Path) -> int:
    database, people = Database(f"sqlite:///{folder}/bench.db", journal_key=b"bench"), _people()
    migrate.upgrade(database)
    _fill(database, count, people)

    def look() -> coverage.Matrix:
        with database.read() as session:
            return gaps.look(session, people=people, due_of=gaps.by_cycle, at=AT)

    def settle() -> None:
        with database.begin() as session:
            gaps.settle(session, people=people, due_of=gaps.by_cycle, by="bench", at=AT)

    found = look()
    sys.stdout.write(f"{count} plans × {VERSIONS} versions, {len(found.cells)} cells: {found.counts}\n")
    took = {
        "matrix from the database": _timed(look),
        "matrix and JSON": _timed(lambda: coverage.as_json(look(), charges={})),
        "reconcile gaps": _timed(settle),
        "picture, all phone pages": _timed(lambda: picture.pages(found, people.organisation, "zh")),
    }
    for what, (first, later) in took.items():
        sys.stdout.write(f"  {what}: {later * 1000:.0f} ms (first {first * 1000:.0f} ms)\n")
    database.close()
    return int(took["matrix from the database"][1] >= LIMIT_S)


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    spent = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        spent.append(time.perf_counter() - began)
    return spent[0], median(spent)


def _people() -> People:
    people = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
    units = {"group": people.units["group"]}
    for n in range(UNITS - 1):
        above = "group" if n % 4 == 0 else f"u{n - n % 4}"  # a province, and three cities below it
        units[f"u{n}"] = Unit(id=f"u{n}", title=Words(zh=f"单位 {n}", en=f"Unit {n}"), parent=above, authorities={})
    return replace(people, units=units)


def _fill(database: Database, count: int, people: People) -> None:
    """The same chance every time: most plans for a few units, one in five unsigned, one in twenty an outline."""
    chance = Random(7)  # noqa: S311 -- the same rows every time
    units = list(people.units)
    with database.begin() as session:
        session.execute(insert(Entry), [_entry(n) for n in range(SCENARIOS)])
        session.execute(insert(Plan), [_plan(n, chance, units) for n in range(count)])
    for rows in _versions(count):
        with database.begin() as session:
            session.execute(insert(Version), rows)


def _entry(n: int) -> dict[str, object]:
    title = {"zh": f"场景 {n}", "en": f"Scenario {n}"}
    return {"register": Register.SCENARIOS, "name": f"s{n}", "title": title, "facts": {}}


def _plan(n: int, chance: Random, units: list[str]) -> dict[str, object]:
    code = f"plan-{n}"
    return {
        "code": code, "title": {"zh": code, "en": code}, "tier": "special", "organisation": "group",
        "units": chance.sample(units, chance.choice((0, 1, 1, 2, 3))),
        "scenarios": [f"s{each}" for each in chance.sample(range(SCENARIOS), chance.choice((1, 1, 2)))],
        "references": {"equipment": [f"e{each}" for each in range(5)]}, "owner": "chen.jing", "parent": None,
        "outline": chance.random() < 0.05, "origin": Origin.STARTER if chance.random() < 0.2 else Origin.ISSUED,
        "number": VERSIONS, "digest": f"{n:064x}", "in_force_at": AT - timedelta(days=chance.randrange(1500)),
    }  # fmt: skip


def _versions(count: int) -> Iterator[list[dict[str, object]]]:
    """Every version of every plan, each with a whole plan's content, 50 plans at a time."""
    path = ROOT / "plans" / "library" / "submarine-cable.yaml"
    whole = canonical(content.read(path.read_text("utf-8"), path.name))
    for first in range(0, count, 50):
        yield [
            {
                "code": f"plan-{n}", "number": number, "scenario": f"s{n % SCENARIOS}",
                "covers": [], "units": [], "tier": "special", "outline": False, "digest": f"{n:060x}{number:04x}",
                "content": whole,
                "origin": Origin.STARTER, "issued_by": "chen.jing", "issued_at": AT, "effective_at": AT,
                "in_force_at": AT, "superseded_at": AT if number < VERSIONS else None,
            }
            for n in range(first, min(first + 50, count))
            for number in range(1, VERSIONS + 1)
        ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
