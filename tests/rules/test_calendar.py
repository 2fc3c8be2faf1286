"""Spans and calendars: elapsed time, months, Chinese working days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import BadSpan, NaiveInstant, UnknownHolidays
from escalation.calendar import gap, is_later, is_working_day, later, month_end
from escalation.spans import Months, Span, WorkingDays, iso_duration, iso_text

BRUSSELS = ZoneInfo("Europe/Brussels")
NEW_YORK = ZoneInfo("America/New_York")


def t(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("PT15M", timedelta(minutes=15)),
        ("PT120M", timedelta(hours=2)),
        ("P30D", timedelta(days=30)),
        ("P2W", timedelta(days=14)),
        ("P1DT3H", timedelta(days=1, hours=3)),
        ("PT0S", timedelta()),
        ("P1M", Months(1)),
        ("P1Y2M", Months(14)),
        ("P5WD", WorkingDays(5)),
    ],
)
def test_durations_are_read(text: str, span: Span) -> None:
    """Minutes, days, calendar months and working days are told apart: `PT1M` is a minute, `P1M` a month."""
    assert iso_duration(text) == span


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "1H",
        "PT1",
        "P1M10D",
        "-PT1H",
        "PT0.5H",
        "P1H",
        "PT4h",
        " PT4H",
        "PT4H\n",
        "P٣D",
        "P5WDT1H",
        "P99999D",
    ],
)
def test_other_durations_are_refused_with_a_sentence(text: str) -> None:
    """What has no fixed meaning is refused, and the sentence shows what can be written."""
    with pytest.raises(BadSpan) as refused:
        iso_duration(text)
    assert "PT4H" in refused.value.sentence("en")
    assert "P5WD" in refused.value.sentence("zh")


@given(st.one_of(st.timedeltas(timedelta(), timedelta(days=9000)), st.builds(Months, st.integers(0, 1200))))
def test_a_written_duration_reads_back(span: timedelta | Months) -> None:
    """`iso_text` writes what `iso_duration` reads, to the second."""
    whole = span - timedelta(microseconds=span.microseconds) if isinstance(span, timedelta) else span
    assert iso_duration(iso_text(whole)) == whole


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2025-01-31T10:00+01:00", "2025-02-28T10:00+01:00"),
        ("2024-01-31T10:00+01:00", "2024-02-29T10:00+01:00"),
        ("2025-03-31T10:00+01:00", "2025-04-30T10:00+01:00"),
        ("2025-02-28T10:00+01:00", "2025-03-28T10:00+01:00"),
        ("2025-12-31T10:00+01:00", "2026-01-31T10:00+01:00"),
        ("2025-07-15T23:59:59+08:00", "2025-08-15T23:59:59+08:00"),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last(start: str, due: str) -> None:
    """A month is the same day of the next month, clamped to its last day: 28, 29, 30 or 31 days, never always 30."""
    assert later(t(start), Months(1)) == t(due)


def test_a_month_is_counted_on_the_wall() -> None:
    """A calendar month keeps the time on the wall when summer time begins in between."""
    due = later(datetime(2026, 3, 10, 12, tzinfo=BRUSSELS), Months(1))
    assert (due.hour, due.utcoffset()) == (12, timedelta(hours=2))


@pytest.mark.parametrize(
    ("start", "span", "wall"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=BRUSSELS), timedelta(hours=24), "2026-03-29T13:00+02:00"),
        (datetime(2026, 10, 24, 12, tzinfo=BRUSSELS), timedelta(hours=24), "2026-10-25T11:00+01:00"),
        (datetime(2026, 3, 8, 1, 30, tzinfo=NEW_YORK), timedelta(minutes=120), "2026-03-08T04:30-04:00"),
        (datetime(2026, 11, 1, 0, 30, tzinfo=NEW_YORK), timedelta(minutes=120), "2026-11-01T01:30-05:00"),
    ],
)
def test_hours_pass_through_summer_time(start: datetime, span: timedelta, wall: str) -> None:
    """An elapsed span neither gains nor loses an hour when clocks are put forward or back."""
    assert later(start, span).isoformat(timespec="minutes") == wall
    assert gap(later(start, span), start) == span


def test_the_repeated_hour_is_told_apart() -> None:
    """In the hour that happens twice, the second passing is later than the first, whatever the wall says."""
    first = datetime(2026, 10, 25, 2, 50, tzinfo=BRUSSELS)
    second = datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=BRUSSELS)
    assert is_later(second, first)
    assert gap(second, first) == timedelta(minutes=20)


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        ("2026-02-13T10:00+08:00", 1, "2026-02-14T10:00+08:00"),  # a Saturday made up for the Spring Festival
        ("2026-02-14T10:00+08:00", 1, "2026-02-24T10:00+08:00"),  # the Spring Festival, 15 to 23 February
        ("2025-09-30T18:00+08:00", 5, "2025-10-14T18:00+08:00"),  # 1 to 8 October off, Saturday 11 October worked
        ("2026-07-03T10:00+08:00", 1, "2026-07-06T10:00+08:00"),  # a plain weekend
        ("2026-07-02T20:00+00:00", 1, "2026-07-05T20:00+00:00"),  # already Friday in China
    ],
)
def test_working_days_know_made_up_weekends(start: str, count: int, due: str) -> None:
    """Chinese working days skip holidays and count weekends that are worked 调休, by the day in China."""
    assert later(t(start), WorkingDays(count)) == t(due)


def test_an_unknown_year_is_said_not_guessed() -> None:
    """A year whose holidays are not published is refused by name, even when the count only reaches into it."""
    with pytest.raises(UnknownHolidays) as refused:
        later(t("2099-12-28T10:00+08:00"), WorkingDays(10))
    assert "2099" in refused.value.sentence("en")
    with pytest.raises(UnknownHolidays):
        is_working_day(date(1999, 5, 4))


def test_a_naive_instant_is_refused() -> None:
    """No span is added to an instant without an offset."""
    with pytest.raises(NaiveInstant):
        later(datetime(2026, 1, 1), timedelta(hours=1))  # noqa: DTZ001 - the point of the test


def test_the_month_ends_in_china() -> None:
    """The month of an instant is the one China's calendar shows: 31 July 16:30 UTC is August there."""
    assert month_end(datetime(2026, 7, 31, 16, 30, tzinfo=UTC)) == t("2026-08-31T23:59:59+08:00")
    assert month_end(t("2024-02-05T00:00+08:00")) == t("2024-02-29T23:59:59+08:00")
