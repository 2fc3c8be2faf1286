"""Grading what happened 定级: the event level that known facts give, which is a lower bound while facts are missing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from escalation.clocks import CONFIDENCES, Level
from escalation.conditions import Facts, drivers, holds
from escalation.criteria import Criteria, Limb


@dataclass(frozen=True, kw_only=True)
class Grade:
    """What a table of criteria says of the facts.

    `level` is the highest that a known fact reaches, None where none is reached. `significant` answers the tests that
    know only yes and no; None: the missing facts could still decide. `provisional`: facts in `unknown` are missing, so
    that the level may rise. `drivers` are the facts that made it so, `clause` the text that says so.
    """

    criteria: str
    level: Level | None
    significant: bool | None
    provisional: bool
    unknown: tuple[str, ...]
    drivers: tuple[str, ...]
    clause: str | None
    confidence: str


def grade(criteria: Criteria, facts: Facts, *, parties: Collection[str] = ()) -> Grade:
    """Grade `facts` by `criteria`; a limb that speaks only to some parties counts if one of them is in `parties`."""
    limbs = criteria.limbs(frozenset(parties))
    reached = [(level, limb) for level, limb in limbs if holds(limb.when, facts)]
    top = reached[0][0] if reached else None
    telling = [limb for level, limb in reached if level == top]
    unknown = tuple(name for name in criteria.facts(frozenset(parties)) if facts.get(name) is None)
    return Grade(
        criteria=criteria.id,
        level=top,
        significant=_significant([holds(limb.when, facts) for _, limb in limbs]) if criteria.significance else None,
        provisional=bool(unknown),
        unknown=unknown,
        drivers=tuple(dict.fromkeys(name for limb in telling for name in drivers(limb.when, facts))),
        clause="；".join(dict.fromkeys(limb.clause for limb in telling)) or None,
        confidence=_surest(telling, criteria.confidence),
    )


def _significant(answers: list[bool | None]) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False


def _surest(telling: list[Limb], default: str) -> str:
    """Any one limb is enough for the level, so the best supported one says how sure it is."""
    return max((limb.confidence for limb in telling), key=CONFIDENCES.index, default=default)
