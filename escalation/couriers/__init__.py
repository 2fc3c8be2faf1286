"""The ways out of the house; only `app.py` knows them."""

from __future__ import annotations

from escalation.deliver import Rejected

DRILL = Rejected(why="an exercise never leaves the house / 演练不得外发")
