"""How long a sheet of a register holds the one write transaction: 200 rows beside 2,000; all new, changed, the same.

Run it: `python -m tests.bench.registers`. Twenty plans lean on the first twenty entries.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from escalation import rosters
from escalation.words import Words
from plans import register, registers, sheets
from plans.records import Origin, Register
from plans.register import Standing
from plans.sheets import Row
from store import presses  # noqa: F401 -- its table is made with the others
from store.database import Database

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
BY = PEOPLE.person("chen.jing")
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def main() -> None:
    """Print both sizes, and how many times as long ten times the rows take."""
    with TemporaryDirectory() as folder:
        small, large = (measure(f"sqlite:///{folder}/{count}.db", count) for count in (200, 2000))
    for name, seconds in large.items():
        ratio = seconds / small[name]
        sys.stdout.write(f"{name}: 200 rows {small[name]:.3f} s, 2000 rows {seconds:.3f} s, ratio {ratio:.1f}\n")


def measure(url: str, count: int) -> dict[str, float]:
    """Seconds of the whole transaction, commit and journal's seals included."""
    house = Database(url, journal_key=b"bench")
    house.create()
    with house.begin() as session:
        for n in range(20):
            _lean(session, n)
    took = {}
    for name, content in (("new", sheet(count, "甲")), ("changed", sheet(count, "乙")), ("same", sheet(count, "乙"))):
        began = time.perf_counter()
        with house.begin() as session:
            registers.take(session, Register.EQUIPMENT, content, file="sheet.csv", people=PEOPLE, by=BY, at=AT)
        took[name] = time.perf_counter() - began
    house.close()
    return took


def sheet(count: int, text: str) -> bytes:
    """So many entries, each with its own text."""
    rows = (
        Row(
            name=f"device-{n}",
            title=Words(zh=f"{text}{n}", en=f"{text} {n}"),
            owner="chen.jing",
            facts={"class": "core"},
        )
        for n in range(count)
    )
    return sheets.write("equipment", rows).encode()


def _lean(session: object, n: int) -> None:
    standing = Standing(
        code=f"plan-{n}", title={"zh": "甲", "en": "A"}, tier="special", organisation="group", units=(),
        scenarios=("cable_cut",), references={"equipment": [f"device-{n}"]}, owner="chen.jing", parent=None,
        outline=False, origin=Origin.ISSUED, number=1, digest="0" * 64, review_every=None,
    )  # fmt: skip
    register.stand(session, standing, by="chen.jing", at=AT)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
