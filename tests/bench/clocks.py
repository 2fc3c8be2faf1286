"""How many obligations a second the clock engine answers: `python -m tests.bench.clocks`.

One province's operator with a network failure, a work-safety accident and a network-security incident at once under
every regime that speaks to it; then the same case under every regime there is, by name. Medians of 9 rounds.
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from dataclasses import replace

from escalation import regimes
from incidents.cases import Case, clock_rows, read_case

ROUNDS, TIMES = 9, 50
CASE = """
party: basic_operator_province
event_class: [network_operation, work_safety, cyber]
facts: {users_affected: 977000, duration_hours: 5, deaths: 3, cables_down: null}
instants:
  occurred_at: 2026-07-21T10:00+08:00
  aware_at: 2026-07-21T10:20+08:00
  submitted_at:
    cn.telecom2009: {brief_written: 2026-07-21T14:30+08:00}
now: 2026-07-21T15:00+08:00
"""


def main() -> None:
    """Print for each case: obligations answered, milliseconds a case, obligations a second."""
    mixed = read_case(CASE)
    everything = replace(mixed, named=frozenset(regimes.ids()))
    print(f"{'case':28} {'owed':>6} {'ms a case':>10} {'owed/s':>10}")
    for name, case in (("three kinds at once", mixed), ("every regime by name", everything)):
        count, took = _measured(case)
        print(f"{name:28} {count:>6} {took * 1000:>10.2f} {count / took:>10.0f}")
    print(f"{ROUNDS} rounds of {TIMES}; Python {sys.version.split()[0]}, {platform.machine()}")


def _measured(case: Case) -> tuple[int, float]:
    count = len(clock_rows(case))
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(TIMES):
            clock_rows(case)
        took.append((time.perf_counter() - began) / TIMES)
    return count, statistics.median(took)


if __name__ == "__main__":
    main()
