"""`python -m tests.torture N`: kill senders N times on each engine, freeze them a tenth as often, and count."""

from __future__ import annotations

import argparse
import contextlib
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine

from tests.torture.trial import Count, Trial, a_postgresql

A_TRIAL = 20  # kills in one trial: its house stays small, and its seed is quick to repeat
HEADINGS = ("engine", "seed", "kills", "freezes", "told", "lost", "doubled", "frozen_twice", "unsettled", "unmet")


def trials(wanted: argparse.Namespace, folder: Path) -> Iterator[Count]:
    """For each engine: trials of kills, then trials of freezes."""
    rounds = [(min(A_TRIAL, wanted.kills - done), 0) for done in range(0, wanted.kills, A_TRIAL)]
    freezes = wanted.kills // 10 if wanted.freezes is None else wanted.freezes
    rounds += [(0, min(A_TRIAL, freezes - done)) for done in range(0, freezes, A_TRIAL)]
    for engine in [wanted.engine] if wanted.engine else ["sqlite", "postgresql"]:
        with _house(engine, folder) as address:
            for seed, (kills, frozen) in enumerate(rounds, start=wanted.seed):
                own = folder / f"{engine}{seed}"
                own.mkdir()
                url = f"sqlite:///{own}/house.db" if engine == "sqlite" else _new(address, f"t{seed}")
                yield Trial(url, own, seed, blind=wanted.blind).run(kills=kills, freezes=frozen)


def _house(engine: str, folder: Path) -> contextlib.AbstractContextManager[str]:
    return a_postgresql(folder) if engine == "postgresql" else contextlib.nullcontext("")


def _new(postgres: str, name: str) -> str:
    engine = create_engine(postgres.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    engine.dispose()
    return postgres.format(name)


def main(wanted: argparse.Namespace) -> int:
    """Print a line for each trial and the sum; 1 if anything was lost, doubled or left behind."""
    say = sys.stdout.write
    say(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.machine()}; 2 senders\n")
    say("".join(f"{name:>13}" for name in (*HEADINGS, "seconds")) + "\n")
    done: list[Count] = []
    with tempfile.TemporaryDirectory(prefix="torture") as folder:
        for each in trials(wanted, Path(folder)):
            done.append(each)
            say("".join(f"{getattr(each, name):>13}" for name in HEADINGS) + f"{each.seconds:>13.1f}\n")
            sys.stdout.flush()
    sums = {name: sum(getattr(each, name) for each in done) for name in HEADINGS[2:]}
    say(", ".join(f"{name} {value}" for name, value in sums.items()) + "\n")
    if sums["kills"]:
        say(f"0 in {sums['kills']} kills would bound the rate below {3 / sums['kills']:.2%} a kill (rule of three). ")
    say("A process crash, not a power cut.\n")
    return 0 if done and all(each.clean for each in done) else 1


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("kills", type=int, help="on each engine")
    parser.add_argument("--freezes", type=int, help="on each engine; a tenth of the kills unless said")
    parser.add_argument("--seed", type=int, default=1, help="of the first trial")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument("--blind", action="store_true", help="plant a fault: send again without asking")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(_wanted()))
