"""Spans of time as the rules write them: elapsed time, calendar months, Chinese working days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from errors import BadSpan
from escalation.words import Words


@dataclass(frozen=True, order=True)
class Months:
    """Calendar months; a month is not 30 days."""

    count: int


@dataclass(frozen=True, order=True)
class WorkingDays:
    """Chinese working days 工作日: neither weekend nor public holiday, and a made-up weekend 调休 counts."""

    count: int


Span = timedelta | Months | WorkingDays

LONGEST_DAYS = 36_600  # a century: longer is a slip of the pen, and overflows a date

#: How each sort of span is spelt, from end to end.
WORKING_DAYS = re.compile(r"P(\d{1,4})WD", re.ASCII)
MONTHS = re.compile(r"P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?", re.ASCII)
ELAPSED = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?", re.ASCII
)


def iso_duration(text: str) -> Span:
    """Read an ISO 8601 duration in whole numbers: `PT1H`, `P30D`, `P2W`, `P1M`, `P1Y`, and our own `P5WD`.

    Months and years are calendar months and stand alone (`P1M10D` has no fixed meaning); `P5WD` is five Chinese
    working days. Raises `BadSpan` for everything else, and for more than a century.
    """
    if found := WORKING_DAYS.fullmatch(text):
        return _not_too_long(text, WorkingDays(int(found[1])), days=int(found[1]))
    if found := MONTHS.fullmatch(text):
        count = 12 * int(found[1] or 0) + int(found[2] or 0)
        return _not_too_long(text, Months(count), days=30 * count)
    if found := ELAPSED.fullmatch(text):
        weeks, days, hours, minutes, seconds = (int(number or 0) for number in found.groups())
        span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        return _not_too_long(text, span, days=span.days)
    raise BadSpan(text=text)


def _not_too_long(text: str, span: Span, *, days: int) -> Span:
    if days > LONGEST_DAYS:
        raise BadSpan(text=text)
    return span


def iso_text(span: Span) -> str:
    """Write a span as `iso_duration` reads it, in whole seconds: `PT1H30M`, `P2DT3H`, `P1M`, `P5WD`."""
    match span:
        case Months(count=count):
            return f"P{count}M"
        case WorkingDays(count=count):
            return f"P{count}WD"
        case _:
            return _elapsed_text(span)


def _elapsed_text(span: timedelta) -> str:
    minutes, seconds = divmod(span.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days = f"{span.days}D" if span.days else ""
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    if clock or not days:
        return f"P{days}T{clock or '0S'}"
    return f"P{days}"


def span_words(span: Span) -> Words:
    """Say a span: `15 分钟` and `15 min`; `0 分钟` when there is none."""
    match span:
        case WorkingDays(count=count):
            return Words(zh=f"{count} 个工作日", en=f"{count} working days")
        case Months(count=count):
            return Words(zh=f"{count} 个月", en=f"{count} months")
        case _:
            return _elapsed_words(span)


def _elapsed_words(span: timedelta) -> Words:
    """Say elapsed time in its largest units: `1 天 6 小时`, `1 d 6 h`."""
    hours, seconds = divmod(span.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    units = ((span.days, "天", "d"), (hours, "小时", "h"), (minutes, "分钟", "min"), (seconds, "秒", "s"))
    parts = [part for part in units if part[0]] or [(0, "分钟", "min")]
    return Words(
        zh=" ".join(f"{n} {unit}" for n, unit, _ in parts),
        en=" ".join(f"{n} {unit}" for n, _, unit in parts),
    )
