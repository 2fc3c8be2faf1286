"""How long the commands that read files take, start and all: `python -m tests.bench.lint`.

Each is run as a person runs it, in turn with the bare interpreter, so that a busy machine slows both: the ratio is the
figure that can be compared between machines. Best and median of 15.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
PLANS = sorted(str(path) for path in (ROOT / "plans" / "library").glob("*.yaml"))
TURNS = 15
COMMANDS = {
    "the interpreter alone": ["-c", "pass"],
    "plans lint, one plan": ["app.py", "plans", "lint", PLANS[0]],
    f"plans lint, {len(PLANS)} plans": ["app.py", "plans", "lint", *PLANS],
    "plans diff": ["app.py", "plans", "diff", PLANS[0], PLANS[-1]],
    "plans lint, the letters": ["app.py", "plans", "lint", "templates/notices"],
}


def took(command: list[str]) -> float:
    """Seconds of the wall that one run of a command takes."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, check=True)
    return time.perf_counter() - began


def main() -> int:
    """Print a line a command; 1 when a plan takes longer than 0.2 s at its best."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(TURNS):
        for name, command in COMMANDS.items():
            times[name].append(took(command))
    bare = min(times["the interpreter alone"])
    for name, each in times.items():
        figures = f"best {min(each):.3f} s  median {median(each):.3f} s  {min(each) / bare:.1f} times the interpreter"
        sys.stdout.write(f"{name:28} {figures}\n")
    return int(min(times["plans lint, one plan"]) > 0.2)


if __name__ == "__main__":
    sys.exit(main())
