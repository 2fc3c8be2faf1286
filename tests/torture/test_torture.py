"""A small kill trial in every run; `make torture N=…` is the large one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNS = {
    "sqlite": ["5", "--engine", "sqlite", "--freezes", "0"],
    "postgresql": ["5", "--engine", "postgresql", "--freezes", "0"],
    "frozen": ["0", "--engine", "sqlite", "--freezes", "1"],
    "blind": ["10", "--engine", "sqlite", "--freezes", "0", "--blind"],
}


@pytest.fixture(scope="module")
def trials() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """All at once, each in a process of its own: forking senders needs one without threads."""
    started = {
        name: subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.torture", *arguments],
            cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for name, arguments in RUNS.items()
    }  # fmt: skip
    yield started
    for process in started.values():
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("trial", "faults"),
    [("sqlite", "kills 5, freezes 0"), ("postgresql", "kills 5, freezes 0"), ("frozen", "kills 0, freezes 1")],
)
def test_killed_and_frozen_senders_lose_nothing_and_double_nothing(
    trials: dict[str, subprocess.Popen[str]], trial: str, faults: str
) -> None:
    """As an outside witness counts it: killed on both engines, and frozen until another has taken over."""
    said = trials[trial].communicate(timeout=120)[0]
    assert trials[trial].returncode == 0, said
    assert faults in said
    assert "lost 0, doubled 0" in said


def test_the_trial_catches_a_planted_fault(trials: dict[str, subprocess.Popen[str]]) -> None:
    """Senders that repeat without asking are seen by the witness: the trial can fail."""
    said = trials["blind"].communicate(timeout=120)[0]
    assert trials["blind"].returncode == 1, said
    assert "lost 0, doubled 0" not in said
