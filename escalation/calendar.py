"""Adding a span to an instant: elapsed time, calendar months, Chinese working days."""

from __future__ import annotations

import calendar as gregorian
from datetime import UTC, date, datetime, timedelta, timezone

import chinese_calendar

from errors import NaiveInstant, UnknownHolidays
from escalation.spans import Months, Span, WorkingDays

CHINA = timezone(timedelta(hours=8))  # one zone, no summer time since 1991
ONE_DAY = timedelta(days=1)


def later(start: datetime, span: Span) -> datetime:
    """The instant `span` after `start`, in the zone of `start`.

    Elapsed spans are counted in UTC, so that a change to summer time neither adds nor takes an hour. Raises
    `NaiveInstant` for an instant without offset and `UnknownHolidays` where working days reach an unknown year.
    """
    if start.tzinfo is None:
        raise NaiveInstant(value=start.isoformat())
    match span:
        case Months(count=count):
            return months_later(start, count)
        case WorkingDays(count=count):
            return working_days_later(start, count)
        case _:
            return (start.astimezone(UTC) + span).astimezone(start.tzinfo)


def gap(end: datetime, start: datetime) -> timedelta:
    """The time that passed from `start` to `end`, negative when `end` came first.

    Two instants of one zone are otherwise compared by what the clock on the wall said, which is wrong by an hour
    across a change to or from summer time.
    """
    return end.astimezone(UTC) - start.astimezone(UTC)


def is_later(one: datetime, other: datetime) -> bool:
    """Whether `one` is strictly later than `other`, in time that passes."""
    return gap(one, other) > timedelta()


def months_later(start: datetime, count: int) -> datetime:
    """The same day and time `count` months on; the month's last day where it has no such day (31 → 28, 29 or 30)."""
    years, month = divmod(start.month - 1 + count, 12)
    year = start.year + years
    last = gregorian.monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last))


def working_days_later(start: datetime, count: int) -> datetime:
    """The same time of day on the `count`-th Chinese working day after the day of `start` (that day not counted).

    Days are days of UTC+8. The same time of day is the strict reading; a text that counts to the day's end is kept
    too. Raises `UnknownHolidays` for a year whose holidays are not published.
    """
    local = start.astimezone(CHINA)
    day = local.date()
    for _ in range(count):
        day = _next_working_day(day)
    return datetime.combine(day, local.timetz()).astimezone(start.tzinfo)


def _next_working_day(day: date) -> date:
    day += ONE_DAY
    while not is_working_day(day):
        day += ONE_DAY
    return day


def is_working_day(day: date) -> bool:
    """Whether work is done in China on `day`, made-up weekends 调休 included; `UnknownHolidays` if not known."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError as unknown:
        raise UnknownHolidays(year=day.year) from unknown


def end_of_day(day: date) -> datetime:
    """The last second of `day` in China."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=CHINA)


def month_end(at: datetime) -> datetime:
    """The last second of the month, in China, that `at` falls in: the anchor of monthly returns."""
    local = at.astimezone(CHINA)
    return end_of_day(local.date().replace(day=gregorian.monthrange(local.year, local.month)[1]))
