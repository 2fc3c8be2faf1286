"""kill -9 in the middle of an emergency: at every named step, and at seeded instants, the end is the same."""

from __future__ import annotations

from pathlib import Path

from tests.story import kill
from tests.story.house import standing


def test_a_house_killed_at_every_named_step_ends_as_the_one_that_was_not(tmp_path: Path, started_once: Path) -> None:
    """Seven kills in one emergency: one notice at the desk, no message twice, the same end."""
    with standing(tmp_path / "var", like=started_once) as house:
        wanted, _ = kill.unkilled(house)
        end, killed = kill.named(house)
        assert len(killed) == len(kill.MOMENTS)
        assert end == wanted
        house.stop()
        assert house.run("journal", "verify").returncode == 0


def test_a_house_killed_at_seeded_instants_ends_as_the_one_that_was_not(tmp_path: Path, started_once: Path) -> None:
    """Two instants that a seed decides: whatever was being pressed, the end is the same."""
    with standing(tmp_path / "var", like=started_once) as house:
        wanted, lasts_s = kill.unkilled(house)
        for seed in range(1, 3):
            end, how = kill.at_random(house, seed, lasts_s)
            assert end == wanted, how
