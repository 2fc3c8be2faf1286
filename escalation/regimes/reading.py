"""Reading regimes and level criteria from their files: text in, values out, every fault at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from errors import BadRegimes
from escalation.clocks import (
    CONFIDENCES,
    After,
    Earliest,
    Every,
    FixedDate,
    IfOngoing,
    Level,
    Regime,
    Relay,
    Replaced,
    Rule,
    Start,
    UnlessOngoing,
    Wanted,
    Window,
)
from escalation.conditions import COMPARISONS, AllOf, Among, AnyOf, Compare, Condition
from escalation.criteria import Band, Criteria, Limb
from escalation.marks import Desk
from escalation.regimes.sheet import Entry, content, listed, number_text
from escalation.spans import Span

PARTIES = (
    "basic_operator_hq",
    "basic_operator_province",
    "construction_contractor",
    "cloud_operator",
    "internet_company",
    "cii_operator",
    "central_state_organ",
    "other",
    "wireless_operator",
    "voip_provider",
    "essential_entity",
    "important_entity",
    "financial_entity",
)
EVENT_CLASSES = ("work_safety", "network_operation", "cyber", "data", "disaster")
LEVELS = tuple(level.value for level in Level)

_PARTY = ("主体类型", "party")
_CLASS = ("事件类别", "event class")
_LEVEL = ("级别", "level")
_SURENESS = ("可信度", "confidence")

_T = TypeVar("_T")


def read_regimes(text: str, file: str) -> tuple[Regime, ...]:
    """The regimes of one file; raises `BadRegimes` with every fault."""
    return _read(text, file, _regime)


def read_criteria(text: str, file: str) -> tuple[Criteria, ...]:
    """The level criteria of one file, the house's or an operator's own; raises `BadRegimes` with every fault."""
    return _read(text, file, _criteria)


def _read(text: str, file: str, read: Callable[[Entry], _T]) -> tuple[_T, ...]:
    desk = Desk(file)
    values = [read(entry) for entry in listed(content(text, desk), desk, ())]
    if desk.faults:
        raise BadRegimes(desk.faults)
    return tuple(values)


# --- regimes -----------------------------------------------------------------------------------------------------


def _regime(entry: Entry) -> Regime:
    scope = entry.entry("scope")
    inherited = (entry.text("article", ""), _sure(entry, None))
    regime = Regime(
        id=entry.text("id"),
        title=entry.words("title"),
        source=entry.text("source"),
        article=inherited[0],
        confidence=inherited[1],
        effective_from=entry.day("effective_from"),
        effective_to=entry.day("effective_to"),
        verified_by=entry.maybe("verified_by"),
        verified_on=entry.day("verified_on"),
        active=entry.truth("active", default=True),
        event_classes=frozenset(scope.known("event_class", EVENT_CLASSES, _CLASS)),
        parties=frozenset(scope.known("party", PARTIES, _PARTY)),
        named_only=scope.truth("named_only"),
        criteria=entry.maybe("criteria"),
        min_level=_level(entry, "min_level"),
        trigger=_maybe_condition(entry, "trigger"),
        rules=tuple(_rules(entry, "rules", inherited)),
        by_level={Level(key): rules for key, rules in _grouped(entry, "by_level", LEVELS, _LEVEL, inherited)},
        by_party=dict(_grouped(entry, "by_party", PARTIES, _PARTY, inherited)),
        relays=tuple(_relay(relay, inherited) for relay in entry.entries("relays")),
        letters=entry.table("letters", wanted),
        notes=entry.every_words("notes"),
        penalties=entry.every_words("penalties"),
    )
    scope.close()
    return regime


def _grouped(
    entry: Entry, key: str, known: tuple[str, ...], what: tuple[str, str], inherited: tuple[str, str]
) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    groups = entry.entry(key)
    for name in groups.content:
        if entry.is_known(key, name, known, what):
            yield name, tuple(_rules(groups, name, inherited))
    groups.asked.update(groups.content)


def _rules(entry: Entry, key: str, inherited: tuple[str, str]) -> Iterator[Rule]:
    return (_rule(rule, inherited) for rule in entry.entries(key))


def _rule(entry: Entry, inherited: tuple[str, str]) -> Rule:
    article, confidence = inherited
    return Rule(
        kind=entry.text("kind"),
        recipients=entry.names("to"),
        start=_start(entry),
        article=entry.text("article", article),
        confidence=_sure(entry, confidence),
        immediate=entry.truth("immediate"),
        renews=entry.truth("renews"),
        unasked=entry.truth("unasked"),
        window=_window(entry) if "window" in entry else None,
        trigger=_maybe_condition(entry, "trigger"),
        channel=entry.maybe("channel"),
        now=entry.names("now"),
        later=entry.names("later"),
        final=entry.names("final"),
        notes=entry.every_words("notes"),
    )


def wanted(entry: Entry) -> Wanted:
    """What a notice must say, now and later: lists of field ids."""
    value = Wanted(now=entry.names("now"), later=entry.names("later"))
    entry.close()
    return value


def _sure(entry: Entry, inherited: str | None) -> str:
    confidence = entry.text("confidence", inherited)
    entry.is_known("confidence", confidence, CONFIDENCES, _SURENESS)
    return confidence


def _level(entry: Entry, key: str) -> Level | None:
    found = entry.known(key, LEVELS, _LEVEL)
    return Level(found[0]) if found else None


def _relay(entry: Entry, inherited: tuple[str, str]) -> Relay:
    return Relay(
        sender=entry.text("from"),
        recipients=entry.names("to"),
        within=entry.span("within"),
        at_least=_level(entry, "at_least"),
        article=entry.text("article", inherited[0]),
        confidence=_sure(entry, inherited[1]),
    )


def _window(entry: Entry) -> Window:
    window = entry.entry("window")
    value = Window(
        anchor=window.text("from"),
        within=_some_span(window, "within"),
        unless=tuple(
            (_some_condition(other, "when"), _some_span(other, "within")) for other in window.entries("unless")
        ),
    )
    window.close()
    return value


# --- clocks ------------------------------------------------------------------------------------------------------


def _start(entry: Entry) -> Start:
    """The clock of a rule: the key that says what kind it is, else a plain `from` and `within`."""
    for key, read in _STARTS.items():
        if key in entry:
            clock = entry.entry(key)
            start = read(clock)
            clock.close()
            return start
    return _after(entry)


def _after(entry: Entry) -> After:
    return After(anchor=entry.text("from"), within=entry.span("within"))


def _nested(entry: Entry, key: str) -> After:
    nested = entry.entry(key)
    after = _after(nested)
    nested.close()
    return after


def _earliest(entry: Entry, key: str) -> Earliest:
    return Earliest(of=tuple(_after(part) for part in entry.entries(key)))


def _replaced(entry: Entry) -> Replaced:
    normal = _earliest(entry, "earliest")
    return Replaced(normal=normal, by=_nested(entry, "by"), once=_nested(entry, "once_later_than"))


def _unless_ongoing(entry: Entry) -> UnlessOngoing:
    normal, handled = _nested(entry, "normal"), _nested(entry, "handled")
    return UnlessOngoing(normal=normal, handled=handled, progress=entry.text("progress"))


def _if_ongoing(entry: Entry) -> IfOngoing:
    return IfOngoing(normal=_nested(entry, "normal"), handled=entry.text("handled"))


def _every(entry: Entry) -> Every:
    span = _some_span(entry, "span")
    if not isinstance(span, timedelta) or not span:
        entry.fault("span", "重复间隔应为大于零的时长。", "a period must be elapsed time, more than nothing.")
        span = timedelta(days=1)
    return Every(first=_nested(entry, "first"), span=span, until=entry.text("until"))


def _fixed_date(entry: Entry) -> FixedDate:
    return FixedDate(month=int(entry.text("month", "1")), day=int(entry.text("day", "1")))


_STARTS: Mapping[str, Callable[[Entry], Start]] = {
    "earliest": lambda entry: _earliest(entry, "of"),
    "replaced": _replaced,
    "unless_ongoing": _unless_ongoing,
    "if_ongoing": _if_ongoing,
    "every": _every,
    "fixed_date": _fixed_date,
}


def _some_span(entry: Entry, key: str) -> Span:
    span = entry.span(key)
    if span is None and key not in entry:
        entry.fault(key, "缺少时长。", "a duration is missing.")
    return span or timedelta()


# --- conditions --------------------------------------------------------------------------------------------------


def _maybe_condition(entry: Entry, key: str) -> Condition | None:
    return _some_condition(entry, key) if key in entry else None


def _some_condition(entry: Entry, key: str) -> Condition:
    nested = entry.entry(key)
    condition = _condition(nested)
    nested.close()
    return condition


def _condition(entry: Entry) -> Condition:
    """`{all: […]}`, `{any: […]}`, `{fact: NAME, is: VALUE(S)}`, or `{fact: NAME(S), gte|gt: NUMBER}`."""
    condition: Condition
    if "all" in entry:
        condition = AllOf(of=tuple(_condition(part) for part in entry.entries("all")))
    elif "any" in entry:
        condition = AnyOf(of=tuple(_condition(part) for part in entry.entries("any")))
    elif "is" in entry:
        condition = Among(fact=entry.text("fact"), values=frozenset(entry.names("is")))
    else:
        condition = _compare(entry)
    return condition


def _compare(entry: Entry) -> Compare:
    by = next((name for name in COMPARISONS if name in entry), "gte")
    number = entry.text(by)
    if not number_text(number):
        entry.fault(by, "这里应为数字。", "a number is expected here.")
        number = "0"
    return Compare(facts=entry.names("fact"), by=by, number=Decimal(number))


# --- criteria ----------------------------------------------------------------------------------------------------


def _criteria(entry: Entry) -> Criteria:
    scope = entry.entry("scope")
    confidence = _sure(entry, None)
    significance = "significant" in entry
    criteria = Criteria(
        id=entry.text("id"),
        title=entry.words("title"),
        source=entry.text("source"),
        confidence=confidence,
        verified_by=entry.maybe("verified_by"),
        event_classes=frozenset(scope.known("event_class", EVENT_CLASSES, _CLASS)),
        parties=frozenset(scope.known("party", PARTIES, _PARTY)),
        significance=significance,
        bands=_yes_or_no(entry, confidence) if significance else _bands(entry, confidence),
        untested=entry.every_words("untested"),
        notes=entry.every_words("notes"),
    )
    scope.close()
    return criteria


def _yes_or_no(entry: Entry, confidence: str) -> tuple[Band, ...]:
    return (Band(level=None, limbs=_limbs(entry, "significant", confidence)),)


def _bands(entry: Entry, confidence: str) -> tuple[Band, ...]:
    """The bands, the most serious first, whatever their order in the file."""
    bands = entry.entry("levels")
    read = [
        Band(level=Level(name), limbs=_limbs(bands, name, confidence))
        for name in bands.content
        if entry.is_known("levels", name, LEVELS, _LEVEL)
    ]
    bands.asked.update(bands.content)
    return tuple(sorted(read, key=lambda band: LEVELS.index(band.level or "IV")))


def _limbs(entry: Entry, key: str, confidence: str) -> tuple[Limb, ...]:
    return tuple(
        Limb(
            when=_some_condition(limb, "when"),
            clause=limb.text("clause"),
            confidence=_sure(limb, confidence),
            parties=frozenset(limb.known("party", PARTIES, _PARTY)),
        )
        for limb in entry.entries(key)
    )
