"""What a duty of a plan owes, in words: by when at which event level, by which rule, and how sure that rule is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from escalation import regimes
from escalation.clocks import (
    After,
    Earliest,
    Every,
    FixedDate,
    IfOngoing,
    Level,
    Regime,
    Replaced,
    Rule,
    Start,
    UnlessOngoing,
)
from escalation.duties import ClockKind, Duty
from escalation.spans import Span, span_words
from escalation.words import Words
from playbooks.changes import anchor_words, clock_words

LONGEST_IN_HOURS, HOUR_S = timedelta(days=5), 3600
UNSEEN = "article not seen"  # as the regimes write it
INTERNAL = Words(zh="内部目标，非法定时限", en="an internal target, not the law's")
_UNSEEN = Words(zh="未见条文", en=UNSEEN)
_UNKNOWN = Words(zh="该制度没有这种报告，请核对", en="the regime knows no such report: check it")
_UNVERIFIED = Words(zh="未由人核实", en="verified by nobody")
_AT_ONCE = Words(zh="立即（没有数字）", en="at once (no number)")
_NO_NUMBER = Words(zh="未查到时限数字", en="no number was found")


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    """A duty's clock, one line a rule; the rule it goes by; how sure that is."""

    clock: tuple[Words, ...]
    source: Words
    sure: Words


def owed(duty: Duty) -> Owed:
    """Say by when a duty is owed: its own target, or what its regime asks at each event level."""
    if duty.clock.kind is not ClockKind.STATUTORY:
        return Owed(clock=(clock_words(duty.clock),), source=INTERNAL, sure=INTERNAL)
    regime = regimes.regime(duty.regime)
    found = list(_rules(regime, duty.kind))
    article = _UNSEEN if regime.article == UNSEEN else Words(zh=regime.article, en=regime.article)
    source = Words(zh=f"{regime.source} {article.zh}".strip(), en=f"{regime.source} {article.en}".strip())
    return Owed(clock=tuple(_lines(found)) or (_UNKNOWN,), source=source, sure=_sure(regime, found))


_Found = tuple[Level | None, Rule]


def _rules(regime: Regime, kind: str) -> Iterator[_Found]:
    """The rules of a kind, each with the event level that it is for; None: any."""
    graded = [(level, rule) for level, rules in regime.by_level.items() for rule in rules]
    any_level = [*regime.rules, *(rule for rules in regime.by_party.values() for rule in rules)]
    for level, rule in (*graded, *((None, rule) for rule in any_level)):
        if rule.kind == kind:
            yield level, rule


def _lines(found: list[_Found]) -> Iterator[Words]:
    """One line for all levels of which the same is asked."""
    levels: dict[Words, list[str]] = {}
    for level, rule in found:
        levels.setdefault(_when(rule), []).append(level.value if level else "")
    for said, named in levels.items():
        graded = [each for each in dict.fromkeys(named) if each]
        if graded:
            zh, en = f"事件 {'、'.join(graded)} 级：{said.zh}", f"event level {', '.join(graded)}: {said.en}"
            yield Words(zh=zh, en=en)
        else:
            yield said


def _when(rule: Rule) -> Words:
    if rule.immediate:
        start = _anchor(rule.start)
        return Words(zh=f"{start.zh}{_AT_ONCE.zh}", en=f"{_AT_ONCE.en}{start.en}")
    return start_words(rule.start)


def _anchor(start: Start) -> Words:
    match start:
        case After(anchor=anchor):
            said = anchor_words(anchor)
            return Words(zh=f"自{said.zh}起", en=f", from {said.en}")
        case _:
            return Words(zh="", en="")


def start_words(start: Start) -> Words:  # noqa: PLR0911 -- one answer a form
    """Say when a regime's clock ends, in the words of its form."""
    match start:
        case After():
            return _after(start)
        case Earliest(of=several):
            each = [_after(one) for one in several]
            zh, en = "；".join(one.zh for one in each), "; ".join(one.en for one in each)
            return Words(zh=f"以先到者为准：{zh}", en=f"whichever is first: {en}")
        case Replaced(normal=normal, by=by, once=once):
            usual, other, late = start_words(normal), _after(by), _after(once)
            zh = f"{usual.zh}；若晚于“{late.zh}”才认定，则{other.zh}"
            return Words(zh=zh, en=f"{usual.en}; where that falls after “{late.en}”, {other.en}")
        case UnlessOngoing(normal=normal, handled=handled):
            usual, other = _after(normal), _after(handled)
            return Words(zh=f"{usual.zh}；届时仍在处置的，{other.zh}", en=f"{usual.en}; while ongoing, {other.en}")
        case IfOngoing(normal=normal):
            usual = _after(normal)
            return Words(zh=f"届时仍在处置的，{usual.zh}", en=f"while still ongoing, {usual.en}")
        case Every(first=first, span=span, until=until):
            begun, again, end = _after(first), _span(span), anchor_words(until)
            zh = f"{begun.zh}，此后每 {again.zh}一次，至{end.zh}为止"
            return Words(zh=zh, en=f"{begun.en}, then every {again.en} until {end.en}")
        case FixedDate(month=month, day=day):
            return Words(zh=f"每年 {month} 月 {day} 日前", en=f"by {day:02}-{month:02} (day-month) of the year")
        case _:
            assert_never(start)


def _after(start: After) -> Words:
    anchor = anchor_words(start.anchor)
    if start.within is None:
        return Words(zh=f"自{anchor.zh}起，{_NO_NUMBER.zh}", en=f"from {anchor.en}; {_NO_NUMBER.en}")
    span = _span(start.within)
    return Words(zh=f"自{anchor.zh}起 {span.zh}内", en=f"within {span.en} from {anchor.en}")


def _span(span: Span) -> Words:
    """A span as the law counts it: 24 hours are not called a day."""
    if isinstance(span, timedelta) and span.days and span < LONGEST_IN_HOURS and not span.seconds % HOUR_S:
        hours = int(span.total_seconds()) // HOUR_S
        return Words(zh=f"{hours} 小时", en=f"{hours} h")
    return span_words(span)


def _sure(regime: Regime, found: list[_Found]) -> Words:
    """How sure the rules of a kind are: the least sure of them, and whether a person verified the text."""
    marks = [rule.confidence for _, rule in found] or [regime.confidence]
    words = regimes.titles().confidences
    weakest = max(marks, key=lambda mark: tuple(words).index(mark))
    said = words[weakest]
    if regime.verified_by:
        return said
    return Words(zh=f"{said.zh}；{_UNVERIFIED.zh}", en=f"{said.en}; {_UNVERIFIED.en}")
