"""`python -m tests.simulator N [FIRST]`: try N seeds from FIRST on, and name every one that breaks a promise."""

from __future__ import annotations

import logging
import sys
import time

import structlog

from tests.simulator.mutants import MUTANTS
from tests.simulator.world import Base, House, first_broken


def main(count: int, first: int = 0) -> int:
    """Try the house, then each planted fault; give 1 if a promise broke or a fault passed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    base, began = Base(), time.monotonic()
    seeds = range(first, first + count)
    broken = [str(each) for seed in seeds if (each := first_broken(House(), range(seed, seed + 1), base))]
    span = time.monotonic() - began
    say = sys.stdout.write
    say(f"{count} seeds from {first}: {len(broken)} broken, {span:.1f} s, {count / span:.0f} seeds/s\n")
    say("".join(f"{each}\n" for each in broken[:20]))
    found = {name: first_broken(mutant, range(1000), base) for name, mutant in MUTANTS.items()}
    for name, caught in found.items():
        say(f"  {name:45} {caught or 'PASSED 1000 SEEDS'}\n")
    return 1 if broken or None in found.values() else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
