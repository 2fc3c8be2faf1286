"""Conditions on facts, answered yes, no, or not known: a fact that is missing is never read as zero."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, assert_never

#: What is known of an event, by the fact's name; None and absence both mean not known.
Facts = Mapping[str, Any]

#: The comparisons a text makes: 以上 is `gte`, 超过 and "more than" are `gt`.
COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {"gte": operator.ge, "gt": operator.gt}


@dataclass(frozen=True, kw_only=True)
class Compare:
    """The sum of `facts` (counts, yuan, hours: never negative) against a number, with the text's own operator."""

    facts: tuple[str, ...]
    by: str
    number: Decimal


@dataclass(frozen=True, kw_only=True)
class Among:
    """A fact is one of `values` (written as text; a truth is `true` or `false`)."""

    fact: str
    values: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class AllOf:
    """Every one of these."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, kw_only=True)
class AnyOf:
    """At least one of these."""

    of: tuple[Condition, ...]


Condition = Compare | Among | AllOf | AnyOf


def holds(condition: Condition, facts: Facts) -> bool | None:
    """Whether the condition holds; None when the facts that are missing could still decide it."""
    match condition:
        case Compare():
            return _compared(condition, facts)
        case Among(fact=fact, values=values):
            value = facts.get(fact)
            return None if value is None else _spelled(value) in values
        case AllOf(of=of):
            return _every([holds(part, facts) for part in of])
        case AnyOf(of=of):
            return _some([holds(part, facts) for part in of])
        case _:
            assert_never(condition)


def _compared(condition: Compare, facts: Facts) -> bool | None:
    """What is known is a lower bound of the sum: enough to say yes, not enough to say no."""
    known = [Decimal(str(facts[name])) for name in condition.facts if facts.get(name) is not None]
    if known and COMPARISONS[condition.by](sum(known, Decimal()), condition.number):
        return True
    return False if len(known) == len(condition.facts) else None


def _every(answers: list[bool | None]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


def _some(answers: list[bool | None]) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def reads(condition: Condition) -> tuple[str, ...]:
    """The facts a condition looks at, each once, in its own order."""
    match condition:
        case Compare(facts=facts):
            return facts
        case Among(fact=fact):
            return (fact,)
        case AllOf(of=of) | AnyOf(of=of):
            return tuple(dict.fromkeys(name for part in of for name in reads(part)))
        case _:
            assert_never(condition)


def drivers(condition: Condition, facts: Facts) -> tuple[str, ...]:
    """The known facts that make the condition hold; none when it does not."""
    if not holds(condition, facts):
        return ()
    match condition:
        case Compare(facts=names):
            return tuple(name for name in names if facts.get(name))
        case Among(fact=fact):
            return (fact,)
        case AllOf(of=of) | AnyOf(of=of):
            return tuple(dict.fromkeys(name for part in of for name in drivers(part, facts)))
        case _:
            assert_never(condition)
