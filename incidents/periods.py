"""Periodic returns as data: which are owed, for which months or years, drafted and due when, and how sure that is."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import assert_never
from zoneinfo import ZoneInfo

from errors import BadRegimes, NoSuchRegime
from escalation import regimes
from escalation.duties import Addressee
from escalation.marks import Desk
from escalation.regimes.sheet import Entry, content, listed
from escalation.rosters import People
from escalation.words import Words

FILE = Path(__file__).parent / "returns.yaml"
#: Reminders stand so many days before the day it is due, in the morning; past due every day, until it is filed.
AHEAD = (5, 2, 0)
MORNING = time(9)
ONE_DAY, ONE_SECOND = timedelta(days=1), timedelta(seconds=1)
MONTHS = 12
_MONTHS = tuple(calendar.month_name)


class Every(StrEnum):
    """How often a return is owed."""

    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Period:
    """A calendar month, or a calendar year where `month` is None, as the organisation's own clocks have it."""

    year: int
    month: int | None = None

    @property
    def name(self) -> str:
        """`2026-10`, `2026`."""
        return f"{self.year:04}" if self.month is None else f"{self.year:04}-{self.month:02}"

    @property
    def words(self) -> Words:
        """What people read for it."""
        if self.month is None:
            return Words(zh=f"{self.year}年", en=f"{self.year}")
        return Words(zh=f"{self.year}年{self.month}月", en=f"{_MONTHS[self.month]} {self.year}")

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month or 1, 1)

    @property
    def next(self) -> Period:
        """The period after it."""
        if self.month is None:
            return Period(year=self.year + 1)
        years, month = divmod(self.month, MONTHS)
        return Period(year=self.year + years, month=month + 1)

    @property
    def before(self) -> Period:
        """The period before it."""
        if self.month is None:
            return Period(year=self.year - 1)
        return Period(year=self.year, month=self.month - 1) if self.month > 1 else Period(year=self.year - 1, month=12)

    @property
    def whole_year(self) -> Period:
        """The year it lies in."""
        return Period(year=self.year)

    def starts_at(self, tz: ZoneInfo) -> datetime:
        """The instant it begins."""
        return midnight(self.first, tz)

    def ends_at(self, tz: ZoneInfo) -> datetime:
        """The instant the next one begins: what happens then is not in it."""
        return midnight(self.next.first, tz)


def named(name: str) -> Period:
    """The period of a name that `Period.name` made."""
    year, _, month = name.partition("-")
    return Period(year=int(year), month=int(month) if month else None)


def period_at(every: Every, at: datetime, tz: ZoneInfo) -> Period:
    """The month or year that `at` falls in, by the clocks of `tz`."""
    day = at.astimezone(tz).date()
    match every:
        case Every.MONTH:
            return Period(year=day.year, month=day.month)
        case Every.YEAR:
            return Period(year=day.year)
        case _:
            assert_never(every)


def midnight(day: date, tz: ZoneInfo) -> datetime:
    """The instant `day` begins in `tz`, in UTC: the first of two midnights, the leap itself where there is none."""
    return datetime.combine(day, time.min, tzinfo=tz).astimezone(UTC)


# --- when ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """A day as the rules name it: of the month after a month, or of the year itself; and how sure it is."""

    day: int
    month: int | None = None
    confidence: str = ""
    source: str = ""

    def of(self, period: Period) -> date:
        """That day; the month's last where it has no such day."""
        if self.month is None:
            first = period.next.first
            return first.replace(day=min(self.day, calendar.monthrange(first.year, first.month)[1]))
        return date(period.year, self.month, min(self.day, calendar.monthrange(period.year, self.month)[1]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One return that is owed again and again.

    `drafts` is the post whose holder drafts it, `signs` the role that signs; `notices` are the days of the years whose
    own notice was read.
    """

    regime: str
    kind: str
    every: Every
    addressee: Addressee
    party: frozenset[str]
    drafts: str
    signs: str
    drafted: Day
    due: Day
    notices: Mapping[int, Day]

    @property
    def title(self) -> Words:
        """What the return is called."""
        return regimes.regime(self.regime).title

    def due_by(self, period: Period) -> Day:
        """The day it is due: that of the year's own notice if somebody has read it."""
        return self.notices.get(period.year, self.due)

    def due_at(self, period: Period, tz: ZoneInfo) -> datetime:
        """The last second of the day it is due."""
        return midnight(self.due_by(period).of(period) + ONE_DAY, tz) - ONE_SECOND

    def drafted_at(self, period: Period, tz: ZoneInfo) -> datetime:
        """The instant it is drafted by itself."""
        return midnight(self.drafted.of(period), tz)

    def reminders(self, period: Period, tz: ZoneInfo) -> tuple[datetime, ...]:
        """The instants of the reminders ahead and on the day, in their order."""
        day = self.due_by(period).of(period)
        return tuple(_morning(day - timedelta(days=ahead), tz) for ahead in AHEAD)

    def opens_at(self, period: Period, tz: ZoneInfo) -> datetime:
        """The instant from which it is worked on: its draft or its first reminder, whichever comes first."""
        return min(self.drafted_at(period, tz), *self.reminders(period, tz))

    def next_ring(self, period: Period, at: datetime, tz: ZoneInfo) -> datetime:
        """The next instant after `at` at which something is to be done about it; past due the next morning."""
        ahead = (self.drafted_at(period, tz), *self.reminders(period, tz))
        return min((instant for instant in ahead if instant > at), default=next_morning(at, tz))

    def owed(self, tz: ZoneInfo, *, since: datetime, at: datetime) -> Iterator[Period]:
        """Every period that is to be worked on at `at`, the oldest first; what was due before `since` is not ours."""
        found = []
        period = period_at(self.every, at, tz).next
        while self.due_at(period, tz) >= since:
            if self.opens_at(period, tz) <= at:
                found.append(period)
            period = period.before
        yield from reversed(found)

    def next_opening(self, at: datetime, tz: ZoneInfo) -> datetime:
        """The next instant after `at` from which a further period is worked on."""
        period = period_at(self.every, at, tz).before
        while self.opens_at(period, tz) <= at:
            period = period.next
        return self.opens_at(period, tz)

    def units(self, people: People) -> tuple[str, ...]:
        """The units that owe it: those for which the people file names the office itself."""
        if not self.party & set(people.organisation.party):
            return ()
        return tuple(unit.id for unit in people.units.values() if self.addressee in unit.authorities)


def _morning(day: date, tz: ZoneInfo) -> datetime:
    return datetime.combine(day, MORNING, tzinfo=tz).astimezone(UTC)


def next_morning(at: datetime, tz: ZoneInfo) -> datetime:
    """The next instant after `at` at which reminders go."""
    today = at.astimezone(tz).date()
    return next(each for day in (today, today + ONE_DAY) if (each := _morning(day, tz)) > at)


# --- the file --------------------------------------------------------------------------------------------------------


@cache
def rules() -> Mapping[str, Rule]:
    """Every return that may be owed, by its regime."""
    return {each.regime: each for each in read(FILE.read_text("utf-8"), FILE.name)}


def rule(regime: str) -> Rule:
    """The return of that regime; raises `NoSuchRegime`."""
    if regime not in rules():
        raise NoSuchRegime(regime=regime, known=", ".join(rules()))
    return rules()[regime]


def read(text: str, file: str) -> tuple[Rule, ...]:
    """Read a file of returns; raises `BadRegimes` naming every fault with its line and column."""
    desk = Desk(file)
    found = tuple(_rule(entry) for entry in listed(content(text, desk), desk, ()))
    if desk.faults:
        raise BadRegimes(desk.faults)
    return tuple(each for each in found if each is not None)


def _rule(entry: Entry) -> Rule | None:
    known = entry.known("regime", regimes.ids(), ("制度", "regime"))
    every = entry.known("every", tuple(Every), ("周期", "period"))
    addressee = entry.known("addressee", tuple(Addressee), ("收报机关", "addressee"))
    year = "year" in every
    said = {
        "kind": entry.text("kind"),
        "party": frozenset(entry.names("party")),
        "drafts": entry.text("drafts"),
        "signs": entry.text("signs"),
        "drafted": _closed(entry.entry("drafted"), year=year, sure=False),
        "due": _closed(entry.entry("due"), year=year, sure=True),
        "notices": {_number(each, "year", 9999): _day(each, year=year, sure=True) for each in entry.entries("notices")},
    }
    if not (known and every and addressee):
        return None
    return Rule(regime=known[0], every=Every(every[0]), addressee=Addressee(addressee[0]), **said)  # type: ignore[arg-type]


def _closed(entry: Entry, *, year: bool, sure: bool) -> Day:
    day = _day(entry, year=year, sure=sure)
    entry.close()
    return day


def _day(entry: Entry, *, year: bool, sure: bool) -> Day:
    day = Day(
        day=_number(entry, "day", 31),
        month=_number(entry, "month", MONTHS) if year else None,
        confidence=next(iter(entry.known("confidence", regimes.titles().confidences, ("可信度", "confidence"))), ""),
        source=entry.text("source", "" if not sure else None),
    )
    if sure and not day.confidence:
        entry.fault("confidence", "请写明可信度。", "say how sure it is.")
    return day


def _number(entry: Entry, key: str, most: int) -> int:
    value = entry.text(key)
    if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= most):
        entry.fault(key, f"应为1至{most}的整数。", f"write a whole number from 1 to {most}.")
        return 1
    return int(value)
