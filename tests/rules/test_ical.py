"""What falls due as a calendar file: read back by the library that calendars use, and steady from file to file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from escalation.words import Words
from plans import ical
from plans.ical import Row

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ROW = Row(
    key="plan_review-cable-cut-review-1",
    what=Words(zh="评审", en="Review"),
    plan="cable-cut",
    label="cable-cut v3 · 9f2c41",
    title=Words(zh="干线光缆中断专项预案，含“断点；会合”\n第二行", en="Trunk cable cut, with a comma; and more"),
    detail=None,
    sure="V-page",
    owner="chen.jing",
    owner_name="陈静",
    due_at=datetime(2026, 12, 15, 15, 59, 59, tzinfo=UTC),
    overdue=False,
)


def events(lang: str, *rows: Row, at: datetime = AT) -> list[Calendar]:
    """The events of the file, as another program reads them."""
    text = ical.calendar(rows, lang, zone=ZONE, at=at)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n")), "RFC 5545 folds lines at 75 octets"
    return list(Calendar.from_ical(text).walk("VEVENT"))


@pytest.mark.parametrize(
    ("lang", "begins"), [("zh", "评审：干线光缆"), ("en", "Review: Trunk cable cut, with a comma;")]
)
def test_a_row_is_a_whole_day_of_the_organisations_zone(lang: str, begins: str) -> None:
    """The day it is due there, with an alarm a week ahead; commas, breaks and Chinese come back whole."""
    (event,) = events(lang, ROW)
    assert (event["dtstart"].dt, event["dtend"].dt) == (date(2026, 12, 15), date(2026, 12, 16))
    assert str(event["summary"]).startswith(begins)
    assert "陈静" in str(event["description"])
    assert "V-page" in str(event["description"])
    (alarm,) = event.walk("VALARM")
    assert alarm["trigger"].dt == -timedelta(days=7)


def test_a_row_keeps_its_identity() -> None:
    """Imported again it changes the entry that stands, and makes no second one."""
    (one,) = events("zh", ROW)
    moved = replace(ROW, due_at=ROW.due_at + timedelta(days=30), overdue=True)
    (other,) = events("en", moved, at=AT + timedelta(days=60))
    assert one["uid"] == other["uid"]
    assert one["dtstamp"].dt < other["dtstamp"].dt
    assert str(other["summary"]).startswith("OVERDUE: ")


def test_nothing_due_is_a_calendar_without_events() -> None:
    """An empty file is still one that a calendar takes."""
    assert events("zh") == []
