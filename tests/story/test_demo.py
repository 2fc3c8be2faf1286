"""The demonstration a newcomer runs first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.story.house import ROOT


def test_the_demo_says_where_to_look_and_how_far_it_is(tmp_path: Path) -> None:
    """The first evening is replayed: an address to open, a bar that fills, the room and the desk to go on to."""
    command = [sys.executable, "-m", "tests.story.demo", "--quick", "--exit", "--var", str(tmp_path / "demo")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Open http://127.0.0.1:")
    assert any("·" * 28 in line for line in lines)
    assert any("█" * 28 in line for line in lines)
    assert lines[-1].endswith("/desk")
