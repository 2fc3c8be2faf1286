"""Level criteria as data: which facts make an event how serious, by which clause, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

from escalation.clocks import Level
from escalation.conditions import Condition, reads
from escalation.words import Words


@dataclass(frozen=True, kw_only=True)
class Limb:
    """One way to reach a band: a condition, the clause that says so, and how sure that clause is."""

    when: Condition
    clause: str
    confidence: str
    parties: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Band:
    """A level and the limbs that reach it, any one of which is enough; `level` None where the test is yes or no."""

    level: Level | None
    limbs: tuple[Limb, ...]


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """A table that grades an event; bands stand from the most serious down.

    `significance`: the text asks only whether an incident is significant (EU, FCC). `untested`: limbs of the text
    that no fact of ours can answer, so that a no is a no to the rest only.
    """

    id: str
    title: Words
    source: str
    confidence: str
    verified_by: str | None
    event_classes: frozenset[str]
    parties: frozenset[str]
    significance: bool
    bands: tuple[Band, ...]
    untested: tuple[Words, ...] = ()
    notes: tuple[Words, ...] = ()

    def limbs(self, parties: frozenset[str]) -> tuple[tuple[Level | None, Limb], ...]:
        """Every limb that speaks to these parties, with its level, the most serious first."""
        return tuple(
            (band.level, limb)
            for band in self.bands
            for limb in band.limbs
            if not limb.parties or limb.parties & parties
        )

    def facts(self, parties: frozenset[str]) -> tuple[str, ...]:
        """The facts the table reads for these parties, each once, in its own order."""
        return tuple(dict.fromkeys(name for _, limb in self.limbs(parties) for name in reads(limb.when)))
