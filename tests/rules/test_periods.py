"""Months and years as the organisation's clocks have them, and the days on which returns are drafted, due, reminded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from errors import BadRegimes, NoSuchRegime
from escalation import regimes, rosters
from incidents import periods
from incidents.periods import Every, Period, named, period_at
from tests.acts.incident_house import PEOPLE

CN = ZoneInfo("Asia/Shanghai")
MONTHLY, ANNUAL = periods.rule("cn.miit.monthly"), periods.rule("cn.miit.annual")


def cn(*at: int) -> datetime:
    """An instant by Beijing's clocks."""
    return datetime(*at, tzinfo=CN)  # type: ignore[arg-type, misc]


def month(name: str) -> Period:
    """The month of that name."""
    return named(name)


@pytest.mark.parametrize(
    ("name", "last_at"),
    [
        ("2026-01", "2026-01-31T23:59:59+08:00"),
        ("2026-02", "2026-02-28T23:59:59+08:00"),
        ("2028-02", "2028-02-29T23:59:59+08:00"),
        ("2026-04", "2026-04-30T23:59:59+08:00"),
        ("2026-12", "2026-12-31T23:59:59+08:00"),
        ("2026", "2026-12-31T23:59:59+08:00"),
    ],
)
def test_a_period_ends_with_its_last_second(name: str, last_at: str) -> None:
    """Months of 28, 29, 30 and 31 days and the year: the last second is in it, the next is not."""
    ends_at = named(name).ends_at(CN)
    assert ends_at - timedelta(seconds=1) == datetime.fromisoformat(last_at)
    every = Every.YEAR if named(name).month is None else Every.MONTH
    assert period_at(every, ends_at - timedelta(microseconds=1), CN) == named(name)
    assert period_at(every, ends_at, CN) == named(name).next
    assert named(name).next.before == named(name)


def test_the_organisations_zone_decides_the_month() -> None:
    """The same instant is October in London and November in Shanghai."""
    at = datetime(2026, 10, 31, 16, 30, tzinfo=UTC)
    assert period_at(Every.MONTH, at, CN).name == "2026-11"
    assert period_at(Every.MONTH, at, ZoneInfo("Europe/London")).name == "2026-10"


def test_a_month_with_a_change_of_the_clocks_is_an_hour_shorter_or_longer() -> None:
    """March has 743 hours in Paris and October 745: nothing is counted twice and nothing is lost."""
    paris = ZoneInfo("Europe/Paris")
    hours = {name: (month(name).ends_at(paris) - month(name).starts_at(paris)) / timedelta(hours=1) for name in
             ("2026-03", "2026-07", "2026-10")}  # fmt: skip
    assert hours == {"2026-03": 743, "2026-07": 744, "2026-10": 745}
    assert month("2026-03").ends_at(paris) == month("2026-04").starts_at(paris)


def test_a_month_that_begins_at_an_hour_that_does_not_exist_begins_at_the_leap() -> None:
    """In Asunción the clocks went from 0:00 to 1:00 on 1 October 2023: October begins where September ends."""
    asuncion = ZoneInfo("America/Asuncion")
    assert month("2023-10").starts_at(asuncion) == datetime(2023, 10, 1, 4, 0, tzinfo=UTC)
    assert period_at(Every.MONTH, datetime(2023, 10, 1, 3, 59, 59, tzinfo=UTC), asuncion).name == "2023-09"
    assert period_at(Every.MONTH, datetime(2023, 10, 1, 4, 0, tzinfo=UTC), asuncion).name == "2023-10"


def test_the_monthly_return_is_drafted_at_the_months_end_and_due_early_in_the_next() -> None:
    """Drafted as October ends, due on the fifth of November, reminded five and two days before and on the day."""
    october = month("2026-10")
    assert MONTHLY.drafted_at(october, CN) == cn(2026, 11, 1)
    assert MONTHLY.due_at(october, CN) == cn(2026, 11, 5, 23, 59, 59)
    assert MONTHLY.reminders(october, CN) == (cn(2026, 10, 31, 9), cn(2026, 11, 3, 9), cn(2026, 11, 5, 9))
    assert MONTHLY.opens_at(october, CN) == cn(2026, 10, 31, 9)


def test_the_day_of_the_month_is_from_memory_and_says_so() -> None:
    """The duty was read in the text, the day in none: its mark is not raised."""
    assert MONTHLY.due_by(month("2026-10")).confidence == "MEM"
    assert regimes.regime("cn.miit.monthly").confidence == "V-text"


@pytest.mark.parametrize(("year", "confidence"), [(2025, "V-text"), (2024, "MEM"), (2026, "MEM"), (2027, "MEM")])
def test_the_annual_day_is_sure_only_in_the_year_whose_notice_was_read(year: int, confidence: str) -> None:
    """15 December is that of the 2025 notice; another year's notice decides, and until it is read the mark is low."""
    period = Period(year=year)
    assert ANNUAL.due_at(period, CN) == cn(year, 12, 15, 23, 59, 59)
    assert ANNUAL.due_by(period).confidence == confidence
    assert ANNUAL.reminders(period, CN)[0] == cn(year, 12, 10, 9)


def test_a_day_that_the_month_does_not_have_is_its_last() -> None:
    """The thirty-first of February is its end."""
    assert periods.Day(day=31).of(month("2026-01")) == date(2026, 2, 28)
    assert periods.Day(day=31, month=2).of(Period(year=2028)) == date(2028, 2, 29)


def test_it_rings_at_each_step_and_past_due_every_morning() -> None:
    """After the day it rings at nine, every day, for ever."""
    october, at, seen = month("2026-10"), cn(2026, 10, 30), []
    for _ in range(6):
        at = MONTHLY.next_ring(october, at, CN)
        seen.append(at)
    days = [cn(2026, 10, 31, 9), cn(2026, 11, 1), cn(2026, 11, 3, 9), cn(2026, 11, 5, 9), cn(2026, 11, 6, 9)]
    assert seen == [*days, cn(2026, 11, 7, 9)]


def test_mornings_stay_at_nine_across_a_change_of_the_clocks() -> None:
    """The day before and after the change, by the clock on the wall."""
    paris = ZoneInfo("Europe/Paris")
    first = periods.next_morning(datetime(2026, 3, 28, 6, 0, tzinfo=UTC), paris)
    second = periods.next_morning(first, paris)
    assert [each.astimezone(paris).hour for each in (first, second)] == [9, 9]
    assert second - first == timedelta(hours=23)


def test_what_was_due_before_the_house_stood_is_not_owed_to_it() -> None:
    """A house that begins on 6 November does not ask for October's return; one that begins on the fifth does."""
    at = cn(2026, 11, 6, 12)
    assert [each.name for each in MONTHLY.owed(CN, since=at, at=at)] == []
    assert [each.name for each in MONTHLY.owed(CN, since=cn(2026, 11, 5, 12), at=at)] == ["2026-10"]


def test_none_is_left_out_however_long_the_house_stood_still() -> None:
    """Three months later every month in between is owed, the oldest first."""
    owed = MONTHLY.owed(CN, since=cn(2026, 9, 20), at=cn(2027, 1, 3))
    assert [each.name for each in owed] == ["2026-09", "2026-10", "2026-11", "2026-12"]


def test_the_next_opening_is_after_now() -> None:
    """At an opening itself the next one is meant."""
    assert MONTHLY.next_opening(cn(2026, 10, 31, 8), CN) == cn(2026, 10, 31, 9)
    assert MONTHLY.next_opening(cn(2026, 10, 31, 9), CN) == cn(2026, 11, 30, 9)
    assert ANNUAL.next_opening(cn(2026, 12, 2), CN) == cn(2027, 12, 1)


def test_units_that_have_the_office_themselves_owe_it() -> None:
    """The group and each province with an administration of its own; a branch is in its province's return."""
    assert MONTHLY.units(PEOPLE) == ("group", "henan", "shanghai")
    assert ANNUAL.units(PEOPLE) == ("group",)


def test_another_kind_of_party_owes_none() -> None:
    """A cloud operator is not asked for the telecom operators' return by these rules."""
    text = (periods.FILE.parents[1] / "people.yaml").read_text("utf-8")
    other = rosters.read(text.replace("[basic_operator_province, basic_operator_hq]", "[cloud_operator]"))
    assert MONTHLY.units(other) == ()


def test_a_wrong_file_names_every_fault_with_its_line() -> None:
    """An unknown regime, a day beyond the month, no confidence, an unknown key: all at once."""
    text = periods.FILE.read_text("utf-8").replace("- regime: cn.miit.monthly", "- regime: cn.miit.weekly")
    text = text.replace("due: {day: 5, confidence: MEM,", "due: {day: 50,").replace(
        "signs: approver", "sings: approver"
    )
    with pytest.raises(BadRegimes) as refused:
        periods.read(text, "returns.yaml")
    told = str(refused.value)
    assert all(part in told for part in ("cn.miit.weekly", "1 to 31", "how sure", "sings"))
    assert "returns.yaml:" in told


def test_an_unknown_regime_is_refused() -> None:
    """Its sentence names those that are known."""
    with pytest.raises(NoSuchRegime, match=r"cn\.miit\.monthly"):
        periods.rule("cn.so493")
