"""Statutory clocks: what the reporting regimes ask, from which instant, by when, and where each stands at `at`.

Nothing here knows of incidents: instants, facts and filings come in as plain mappings, obligations go out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from errors import TocsinError, UnknownHolidays
from escalation.calendar import CHINA, end_of_day, gap, is_later, later
from escalation.conditions import Condition, Facts, holds
from escalation.spans import Span
from escalation.words import Words

#: Written as an obligation's anchor where the level decides and nobody has set one.
LEVEL = "level"
#: The marks, from the least sure up: from memory, part of it seen, on some page, the article itself read.
CONFIDENCES = ("MEM", "V-part", "V-page", "V-text")
UNVERIFIED = CONFIDENCES[0]

#: Instants by name, among them `submitted_at[kind]` of the same regime.
Moments = Mapping[str, datetime]
Filings = Mapping[str, datetime | Sequence[datetime]]


class Level(StrEnum):
    """How serious what happened is 事件级别: I 特别重大, II 重大, III 较大, IV 一般."""

    I = "I"  # noqa: E741 - the law's own numeral
    II = "II"
    III = "III"
    IV = "IV"

    @property
    def rank(self) -> int:
        """4 for I down to 1 for IV, so that a larger number is more serious."""
        return {"I": 4, "II": 3, "III": 2, "IV": 1}[self.value]

    def reaches(self, other: Level) -> bool:
        """Whether this level is as serious as `other`, or more."""
        return self.rank >= other.rank


class State(StrEnum):
    """Where a clock stands."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    LATE = "late"
    MET = "met"


# --- how a clock starts ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class After:
    """`within` after the anchor; without `within` the text gives no number (at once, or none that was found)."""

    anchor: str
    within: Span | None = None


@dataclass(frozen=True, kw_only=True)
class Earliest:
    """The earliest of several; it starts when all of their anchors are set."""

    of: tuple[After, ...]


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """As `normal`, but `by` alone where the anchor of `by` falls later than `once`. DORA, (EU) 2025/301 art. 5(2)."""

    normal: Earliest
    by: After
    once: After


@dataclass(frozen=True, kw_only=True)
class UnlessOngoing:
    """As `normal`, but after `handled` where handling ends later than that. NIS2, (EU) 2022/2555 art. 23(4)(d), (e).

    While the end of handling is not known, a filed `progress` report says that the incident is ongoing.
    """

    normal: After
    handled: After
    progress: str


@dataclass(frozen=True, kw_only=True)
class IfOngoing:
    """As `normal`, owed only where handling ends later than that; not known before `handled` is set."""

    normal: After
    handled: str


@dataclass(frozen=True, kw_only=True)
class Every:
    """Again every `span` after `first`, while `until` is unset or later; a late filing does not move the next."""

    first: After
    span: timedelta
    until: str


@dataclass(frozen=True, kw_only=True)
class FixedDate:
    """The end of a day of the running year, in China: 15 December of the notice's year."""

    month: int
    day: int


Start = After | Earliest | Replaced | UnlessOngoing | IfOngoing | Every | FixedDate


@dataclass(frozen=True, kw_only=True)
class Due:
    """One reading of a clock: the anchor that governs, when it was set, when it runs out.

    `anchored_at` None: the anchor is unset. `due_at` None: not started, at once, or no number (then `caution`
    may say why).
    """

    anchor: str
    anchored_at: datetime | None = None
    due_at: datetime | None = None
    caution: TocsinError | None = None


def due(start: Start, moments: Moments, *, at: datetime) -> tuple[Due, ...]:
    """Read a clock: one `Due`, several for a recurring clock, none where nothing is owed."""
    match start:
        case IfOngoing():
            return _if_ongoing(start, moments)
        case Every():
            return tuple(_every(start, moments, at))
        case _:
            return (_single(start, moments, at),)


def _single(start: After | Earliest | Replaced | UnlessOngoing | FixedDate, moments: Moments, at: datetime) -> Due:
    match start:
        case After():
            return _after(start, moments)
        case Earliest():
            return _earliest(start, moments)
        case Replaced():
            return _replaced(start, moments)
        case UnlessOngoing():
            return _unless_ongoing(start, moments)
        case FixedDate(month=month, day=day):
            year = at.astimezone(CHINA).year
            return Due(anchor="fixed_date", anchored_at=at, due_at=end_of_day(date(year, month, day)))
        case _:
            assert_never(start)


def _after(start: After, moments: Moments) -> Due:
    anchored_at = moments.get(start.anchor)
    if anchored_at is None or start.within is None:
        return Due(anchor=start.anchor, anchored_at=anchored_at)
    try:
        return Due(anchor=start.anchor, anchored_at=anchored_at, due_at=later(anchored_at, start.within))
    except UnknownHolidays as caution:
        return Due(anchor=start.anchor, anchored_at=anchored_at, caution=caution)


def _earliest(start: Earliest, moments: Moments) -> Due:
    readings = [_after(part, moments) for part in start.of]
    waiting = next((reading for reading in readings if reading.due_at is None), None)
    return waiting or min(readings, key=_ends)


def _ends(reading: Due) -> float:
    """When it runs out, as a number that orders; never, for one without a due time."""
    return reading.due_at.timestamp() if reading.due_at else float("inf")


def _replaced(start: Replaced, moments: Moments) -> Due:
    limit = _after(start.once, moments).due_at
    by = moments.get(start.by.anchor)
    if limit is not None and by is not None and is_later(by, limit):
        return _after(start.by, moments)
    return _earliest(start.normal, moments)


def _unless_ongoing(start: UnlessOngoing, moments: Moments) -> Due:
    normal = _after(start.normal, moments)
    handled_at = moments.get(start.handled.anchor)
    if normal.due_at is None:
        return normal
    if handled_at is None:
        ongoing = f"submitted_at[{start.progress}]" in moments
        return Due(anchor=start.handled.anchor) if ongoing else normal
    return _after(start.handled, moments) if is_later(handled_at, normal.due_at) else normal


def _if_ongoing(start: IfOngoing, moments: Moments) -> tuple[Due, ...]:
    normal = _after(start.normal, moments)
    handled_at = moments.get(start.handled)
    if normal.due_at is None:
        return (normal,)
    if handled_at is None:
        return (Due(anchor=start.handled),)
    return (normal,) if is_later(handled_at, normal.due_at) else ()


def _every(start: Every, moments: Moments, at: datetime) -> Iterator[Due]:
    """Each repetition up to `at`, and the next one."""
    first = _after(start.first, moments)
    if first.due_at is None:
        yield first
        return
    until = moments.get(start.until)
    due_at = later(first.due_at, start.span)
    while until is None or is_later(until, due_at):
        yield replace(first, due_at=due_at)
        if is_later(due_at, at):
            return
        due_at = later(due_at, start.span)


# --- what a regime asks ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Window:
    """The duty exists only if its anchor falls within a span of another instant; `unless` gives other spans."""

    anchor: str
    within: Span
    unless: tuple[tuple[Condition, Span], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One report that a regime asks for.

    `immediate`: 立即, 及时, "without delay": no number. `renews`: each new anchor asks anew, so that an older filing
    does not meet it. `unasked`: stays out of sight until its anchor is set. `now`, `later`, `final`: ids of the
    fields wanted in this report at once, to follow, and at the end.
    """

    kind: str
    recipients: tuple[str, ...]
    start: Start
    article: str
    confidence: str
    immediate: bool = False
    renews: bool = False
    unasked: bool = False
    window: Window | None = None
    trigger: Condition | None = None
    channel: str | None = None
    now: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    final: tuple[str, ...] = ()
    notes: tuple[Words, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The ids of the fields that a notice must say now, and of those that may follow."""

    now: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Relay:
    """What an authority passes on, and how fast: information, never our deadline."""

    sender: str
    recipients: tuple[str, ...]
    within: Span | None
    at_least: Level | None
    article: str
    confidence: str


@dataclass(frozen=True, kw_only=True)
class Regime:
    """One text that asks for reports, with its source and how sure it is.

    `event_classes` and `parties` empty: any. `named_only`: answered only where somebody names it. `by_party` keeps
    the rules of the strictest party that matches, else of `other`. `letters` says, by notice, what is wanted of a
    notice whose kind no rule asks for. `verified_by` is for a person with the text.
    """

    id: str
    title: Words
    source: str
    article: str
    confidence: str
    effective_from: date | None
    effective_to: date | None
    verified_by: str | None
    verified_on: date | None
    active: bool
    event_classes: frozenset[str]
    parties: frozenset[str]
    named_only: bool
    criteria: str | None
    min_level: Level | None
    trigger: Condition | None
    rules: tuple[Rule, ...]
    by_level: Mapping[Level, tuple[Rule, ...]] = field(default_factory=dict)
    by_party: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    relays: tuple[Relay, ...] = ()
    letters: Mapping[str, Wanted] = field(default_factory=dict)
    notes: tuple[Words, ...] = ()
    penalties: tuple[Words, ...] = ()

    @property
    def every_rule(self) -> tuple[Rule, ...]:
        """All rules, of whatever party and level."""
        graded = (rule for rules in self.by_level.values() for rule in rules)
        of_parties = (rule for rules in self.by_party.values() for rule in rules)
        return (*graded, *of_parties, *self.rules)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of report this regime knows, each once, in its own order."""
        return tuple(dict.fromkeys(rule.kind for rule in self.every_rule))

    def in_force(self, day: date) -> bool:
        """Whether the text was in force on `day`; an unknown first or last day is open."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_to is None or day <= self.effective_to)


@dataclass(frozen=True, kw_only=True)
class Rise:
    """When the event's level changed, and from what; `before` None means that the older level is not known."""

    at: datetime
    before: Level | None = None


@dataclass(frozen=True, kw_only=True)
class Obligation:
    """One report owed to one recipient, and where its clock stands.

    `late_by` is how late it was filed or, unfiled, how late it is now. `would_have_been_due_at` is the due time
    had the level stood from the start. `caution` says why a due time could not be computed.
    """

    regime: str
    kind: str
    seq: int
    recipient: str
    state: State
    anchor: str
    anchored_at: datetime | None
    due_at: datetime | None
    would_have_been_due_at: datetime | None
    filed_at: datetime | None
    late_by: timedelta | None
    immediate: bool
    active: bool
    source: str
    article: str
    confidence: str
    channel: str | None
    now: tuple[str, ...]
    later: tuple[str, ...]
    final: tuple[str, ...]
    caution: TocsinError | None = None

    @property
    def key(self) -> str:
        """What names this obligation within its matter: `regime/kind/seq/recipient`."""
        return f"{self.regime}/{self.kind}/{self.seq}/{self.recipient}"


# --- what is owed ------------------------------------------------------------------------------------------------


def owed(
    regimes: Iterable[Regime],
    *,
    parties: Collection[str],
    event_classes: Collection[str],
    levels: Mapping[str, Level],
    level_changed: Mapping[str, Rise],
    instants: Moments,
    submitted: Mapping[str, Filings],
    facts: Facts,
    at: datetime,
    named: Collection[str] | None = None,
    sureness: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Obligation, ...]:
    """Everything owed at `at`, one obligation for each recipient and sequence, in the order of the regimes.

    `levels` and `level_changed` are by regime or criteria id, `submitted` by regime and kind (one instant or
    several). `named` answers exactly those regimes, whoever the party is and whatever happened. An anchor that is
    unset leaves its clock not started; a level that is unknown leaves what depends on it waiting for `level`.
    `sureness` is how sure each level is: what depends on a level is no surer than the level. Calendar months are
    counted in the zone that the instants are given in.
    """
    chosen = applicable(regimes, parties=parties, event_classes=event_classes, day=_began(instants, at), named=named)
    return tuple(
        obligation
        for regime in chosen
        for obligation in _Question(
            regime=regime,
            parties=frozenset(parties),
            level=levels.get(regime.id) or levels.get(regime.criteria or ""),
            level_confidence=sureness.get(regime.id) or sureness.get(regime.criteria or ""),
            rise=level_changed.get(regime.id) or level_changed.get(regime.criteria or ""),
            instants=instants,
            filings=_sorted_filings(submitted.get(regime.id, {})),
            facts=facts,
            at=at,
        ).answer()
    )


def applicable(
    regimes: Iterable[Regime],
    *,
    parties: Collection[str],
    event_classes: Collection[str],
    day: date,
    named: Collection[str] | None = None,
) -> tuple[Regime, ...]:
    """The regimes that speak to these parties about such an event on `day`; with `named`, exactly those."""
    if named is not None:
        return tuple(regime for regime in regimes if regime.id in named)
    return tuple(
        regime
        for regime in regimes
        if regime.active
        and not regime.named_only
        and regime.in_force(day)
        and (not regime.parties or regime.parties & set(parties))
        and (not regime.event_classes or regime.event_classes & set(event_classes))
    )


def _began(instants: Moments, at: datetime) -> date:
    """The first day anything is known of: which text was in force is asked of that day."""
    known = [instants[name] for name in ("occurred_at", "detected_at", "discovered_at", "aware_at") if name in instants]
    return min(known, default=at).date()


def _sorted_filings(filings: Filings) -> Mapping[str, tuple[datetime, ...]]:
    return {
        kind: (filed,) if isinstance(filed, datetime) else tuple(sorted(filed))
        for kind, filed in filings.items()
        if filed
    }


@dataclass(frozen=True, kw_only=True)
class _Question:
    """What is asked about one regime, and everything known to answer it."""

    regime: Regime
    parties: frozenset[str]
    level: Level | None
    level_confidence: str | None
    rise: Rise | None
    instants: Moments
    filings: Mapping[str, tuple[datetime, ...]]
    facts: Facts
    at: datetime

    @property
    def moments(self) -> Moments:
        """The instants, and when each kind was first filed."""
        return {**self.instants, **{f"submitted_at[{kind}]": filed[0] for kind, filed in self.filings.items()}}

    @property
    def active(self) -> bool:
        return self.regime.active and self.regime.in_force(_began(self.instants, self.at))

    @property
    def _graded_regime(self) -> bool:
        """Whether the level decides what this regime asks."""
        return bool(self.regime.by_level) or self.regime.min_level is not None

    def answer(self) -> Iterator[Obligation]:
        """Every obligation of this regime; the sequence counts on where two rules share a kind."""
        seqs: dict[str, int] = {}
        for rule, waits in self._rules():
            for reading in self._readings(rule, waits=waits):
                seqs[rule.kind] = seqs.get(rule.kind, 0) + 1
                yield from self._obligations(rule, reading, seqs[rule.kind])

    # --- which rules ---

    def _rules(self) -> Iterator[tuple[Rule, bool]]:
        """The rules that speak, and whether each still waits for the level."""
        for rule, waits in (*self._graded(), *self._ungraded()):
            if self._triggered(rule) or rule.kind in self.filings:
                yield rule, waits

    def _triggered(self, rule: Rule) -> bool:
        """Only a plain no silences a rule, and never one that nobody has verified."""
        triggers = (trigger for trigger in (self.regime.trigger, rule.trigger) if trigger)
        return rule.confidence == UNVERIFIED or all(holds(trigger, self.facts) is not False for trigger in triggers)

    def _ungraded(self) -> Iterator[tuple[Rule, bool]]:
        """The rules that all levels share, if the regime's least level is reached."""
        least = self.regime.min_level
        for rule in (*self._of_party(), *self.regime.rules):
            if least is None or (self.level is not None and self.level.reaches(least)):
                yield rule, False
            elif self.level is None or rule.confidence == UNVERIFIED:
                yield rule, True
            elif rule.kind in self.filings:
                yield rule, False

    def _of_party(self) -> tuple[Rule, ...]:
        """The rules of the strictest party that matches, else of `other`."""
        rules = self.regime.by_party
        matching = [rules[party] for party in rules if party in self.parties]
        return min(matching, key=_shortest, default=rules.get("other", ()))

    def _graded(self) -> Iterator[tuple[Rule, bool]]:
        """The rules of the level; without one, each kind once, waiting; what was filed at another level stays."""
        by_level = self.regime.by_level
        if not by_level:
            return
        mine = by_level.get(self.level, ()) if self.level else ()
        yield from ((rule, False) for rule in mine)
        others = {rule.kind: rule for level in reversed(tuple(by_level)) for rule in by_level[level]}
        for kind in self.regime.kinds:
            if kind in others and kind not in {rule.kind for rule in mine} and (not self.level or kind in self.filings):
                yield others[kind], self.level is None

    # --- what each says ---

    def _readings(self, rule: Rule, *, waits: bool) -> Iterator[tuple[Due, datetime | None]]:
        """Each `Due` of a rule, with the due time it would have had."""
        if waits:
            yield Due(anchor=LEVEL), None
            return
        for reading in due(rule.start, self.moments, at=self.at):
            unset = reading.anchored_at is None
            if (unset and rule.unasked) or not self._in_window(rule.window, reading.anchored_at):
                continue
            yield self._raised(rule, reading)

    def _in_window(self, window: Window | None, anchored_at: datetime | None) -> bool:
        """Whether the anchor (or, unset, the present) lies in the window; open while the window's start is unknown."""
        start = self.moments.get(window.anchor) if window else None
        if window is None or start is None:
            return True
        span = next((span for condition, span in window.unless if holds(condition, self.facts)), window.within)
        return not is_later(anchored_at or self.at, later(start, span))

    def _raised(self, rule: Rule, reading: Due) -> tuple[Due, datetime | None]:
        """Restart a clock that the level's rise has called into being after its anchor."""
        if not self._called_by_rise(rule, reading) or self.rise is None or not isinstance(rule.start, After):
            return reading, None
        restarted = _after(rule.start, {rule.start.anchor: self.rise.at})
        restarted = replace(restarted, anchor="level_changed_at")
        return self._no_later_than_before(rule, restarted), reading.due_at

    def _called_by_rise(self, rule: Rule, reading: Due) -> bool:
        if self.rise is None or not self._graded_regime or rule.renews or reading.anchored_at is None:
            return False
        return (
            is_later(self.rise.at, reading.anchored_at)
            and not reading.anchor.startswith("submitted_at[")
            and self._new(rule)
        )

    def _new(self, rule: Rule) -> bool:
        """Whether the older level did not ask this; an older level that is not known asked nothing."""
        before = self.rise.before if self.rise else None
        if before is None or self.level is None:
            return True
        if before.reaches(self.level):
            return False
        if self.regime.min_level and not self.regime.by_level:
            return not before.reaches(self.regime.min_level)
        return all(
            (old.kind, old.start, old.immediate) != (rule.kind, rule.start, rule.immediate) for old in self._old()
        )

    def _old(self) -> tuple[Rule, ...]:
        before = self.rise.before if self.rise else None
        return self.regime.by_level.get(before, ()) if before else ()

    def _no_later_than_before(self, rule: Rule, restarted: Due) -> Due:
        """A rise never gives more time than the older level did."""
        old = [
            _after(old.start, self.moments)
            for old in self._old()
            if old.kind == rule.kind and isinstance(old.start, After)
        ]
        return restarted if restarted.due_at is None else min((restarted, *old), key=_ends)

    # --- what it comes to ---

    def _obligations(self, rule: Rule, reading: tuple[Due, datetime | None], seq: int) -> Iterator[Obligation]:
        clock, would_have_been = reading
        filed_at = self._filed(rule, clock, seq)
        state, late_by = _standing(clock, filed_at, self.at)
        for recipient in rule.recipients:
            yield Obligation(
                regime=self.regime.id,
                kind=rule.kind,
                seq=seq,
                recipient=recipient,
                state=state,
                anchor=clock.anchor,
                anchored_at=clock.anchored_at,
                due_at=clock.due_at,
                would_have_been_due_at=would_have_been,
                filed_at=filed_at,
                late_by=late_by,
                immediate=rule.immediate,
                active=self.active,
                source=self.regime.source,
                article=rule.article,
                confidence=self._confidence(rule),
                channel=rule.channel,
                now=rule.now,
                later=rule.later,
                final=rule.final,
                caution=clock.caution,
            )

    def _confidence(self, rule: Rule) -> str:
        """The rule's own mark, or the level's where the rule hangs on it and the level is less sure."""
        if self.level_confidence is None or not self._graded_regime:
            return rule.confidence
        return min(rule.confidence, self.level_confidence, key=CONFIDENCES.index)

    def _filed(self, rule: Rule, clock: Due, seq: int) -> datetime | None:
        """The filing that meets it: the `seq`-th of its kind; for a rule that renews, the first since its anchor."""
        filed = self.filings.get(rule.kind, ())
        if not rule.renews:
            return filed[seq - 1] if len(filed) >= seq else None
        return next((at for at in filed if clock.anchored_at is not None and not is_later(clock.anchored_at, at)), None)


def _shortest(rules: tuple[Rule, ...]) -> timedelta:
    spans = (rule.start.within for rule in rules if isinstance(rule.start, After))
    return min((span for span in spans if isinstance(span, timedelta)), default=timedelta.max)


def _standing(clock: Due, filed_at: datetime | None, at: datetime) -> tuple[State, timedelta | None]:
    """The state, and by how much it was or is late."""
    late_by = gap(filed_at or at, clock.due_at) if clock.due_at else timedelta()
    overdue = late_by if late_by > timedelta() else None
    if filed_at is not None:
        return State.MET, overdue
    if clock.anchored_at is None:
        return State.NOT_STARTED, None
    return (State.LATE, overdue) if overdue else (State.RUNNING, None)


# --- when to ring ------------------------------------------------------------------------------------------------


class RingName(StrEnum):
    """What a ring says: half the time is gone, most of it (80 %), it is due, it is past due."""

    HALF = "half"
    MOST = "most"
    DUE = "due"
    PAST_DUE = "past_due"


@dataclass(frozen=True, kw_only=True)
class Ring:
    """One reminder: when, and what it says."""

    at: datetime
    name: RingName


_NAGS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60))
_HOUR = timedelta(hours=1)


def rings(started_at: datetime, due_at: datetime) -> Iterator[Ring]:
    """Every reminder of a clock, without end: at 50 %, 80 %, due, 5, 15 and 30 min past due, then hourly past due."""
    span = gap(due_at, started_at)
    if span > timedelta():
        yield Ring(at=later(started_at, span / 2), name=RingName.HALF)
        yield Ring(at=later(started_at, span * 4 / 5), name=RingName.MOST)
    yield Ring(at=due_at, name=RingName.DUE)
    for nag in _NAGS:
        yield Ring(at=later(due_at, nag), name=RingName.PAST_DUE)
    hours = 1
    while True:
        hours += 1
        yield Ring(at=later(due_at, hours * _HOUR), name=RingName.PAST_DUE)


def next_ring(started_at: datetime, due_at: datetime, after: datetime) -> Ring:
    """The first reminder strictly later than `after`; there always is one, for late is better than never."""
    missed = max(gap(after, due_at) // _HOUR, 0)
    if missed > 1:
        return Ring(at=later(due_at, (missed + 1) * _HOUR), name=RingName.PAST_DUE)
    return next(ring for ring in rings(started_at, due_at) if is_later(ring.at, after))
