"""What falls due as an iCalendar file (RFC 5545), for people's own calendars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from escalation.words import Words

if TYPE_CHECKING:  # the library is loaded when somebody asks for a calendar
    from icalendar import Alarm, Event

ONE_DAY = timedelta(days=1)
ALARM_BEFORE = timedelta(days=7)
PRODUCT = "-//Tocsin//plans due//"
NAME = Words(zh="预案与演练到期", en="Plans and drills due")
OVERDUE = Words(zh="【已超期】", en="OVERDUE: ")
NOBODY = Words(zh="无人", en="nobody")
OWNER, RULE = Words(zh="责任人", en="Owner"), Words(zh="依据可信度", en="Confidence of the rule")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One thing that falls due for a plan; `key` is its own for life, `sure` how sure the rule behind it is."""

    key: str
    what: Words
    plan: str | None
    label: str
    title: Words
    detail: Words | None
    sure: str | None
    owner: str
    owner_name: str
    due_at: datetime
    overdue: bool

    def line(self, lang: str) -> str:
        """What it is, in one line."""
        colon = "：" if lang == "zh" else ": "
        detail = f" · {self.detail.said(lang)}" if self.detail else ""
        return f"{self.what.said(lang)}{colon}{self.title.said(lang)}{detail}"


def calendar(rows: Sequence[Row], lang: str, *, zone: ZoneInfo, at: datetime) -> str:
    """The rows as whole days of `zone`, each with an alarm a week ahead; a row keeps its identity in every file."""
    from icalendar import Calendar

    made = Calendar()
    made.add("prodid", f"{PRODUCT}{lang.upper()}")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", NAME.said(lang))
    for row in rows:
        made.add_component(_event(row, lang, zone=zone, at=at))
    return str(made.to_ical().decode("utf-8"))


def _event(row: Row, lang: str, *, zone: ZoneInfo, at: datetime) -> Event:
    day = row.due_at.astimezone(zone).date()
    line = (OVERDUE.said(lang) if row.overdue else "") + row.line(lang)
    from icalendar import Event

    event = Event()
    event.add("uid", f"{row.key}@tocsin")
    event.add("dtstamp", at.astimezone(UTC))
    event.add("dtstart", day)
    event.add("dtend", day + ONE_DAY)
    event.add("summary", line)
    event.add("description", _description(row, lang))
    event.add("categories", [row.what.said(lang)])
    event.add("transp", "TRANSPARENT")
    event.add_component(_alarm(line))
    return event


def _description(row: Row, lang: str) -> str:
    told = [row.label, f"{OWNER.said(lang)}: {row.owner_name or NOBODY.said(lang)}"]
    told += [f"{RULE.said(lang)}: {row.sure}"] if row.sure else []
    return "\n".join(each for each in told if each)


def _alarm(line: str) -> Alarm:
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", line)
    alarm.add("trigger", -ALARM_BEFORE)
    return alarm
